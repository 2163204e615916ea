/* Numbers to names, by tables in the object's constants: strerror, signal_name, syscall_name. */
#include "builtins/common.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 64, NSIGNALS = 65, NERRORS = 134, NSYSCALLS = 512 };
static const struct type type_name = { .kind = TY_STRING, .size = NAME_SIZE, .align = 1 };

/* ---- tables --------------------------------------------------------------------------------- */

struct name_table {
    char (*rows)[NAME_SIZE]; /* the last one is for what has no name */
    uint32_t n;              /* without it */
};

static struct name_table name_table(struct arena *a, uint32_t n, const char *unknown) {
    struct name_table t = { arena_alloc_array(a, NAME_SIZE, n + 1), n };
    for (uint32_t i = 0; i <= n; i++)
        strcpy(t.rows[i], unknown);
    return t;
}

static void set_name(struct name_table *t, int number, const char *name) {
    if (number < 0 || (uint32_t)number >= t->n || !name)
        return;
    memset(t->rows[number], 0, NAME_SIZE);
    memcpy(t->rows[number], name, strnlen(name, NAME_SIZE - 1));
}

static struct name_table errors(struct arena *a) {
    struct name_table t = name_table(a, NERRORS, "Unknown error");
#define ERROR(number, text) set_name(&t, number, text);
#include "builtins/error_names.def"
#undef ERROR
    return t;
}

static struct name_table signals(struct arena *a) {
    struct name_table t = name_table(a, NSIGNALS, "N/A");
    for (int i = 0; i < NSIGNALS; i++)
        set_name(&t, i, strsignal(i));
    return t;
}

/* System calls are listed under the names of their trace events. */
struct syscall {
    const char *name;
    int x86_64, arm64;
};
static const struct syscall syscalls[] = {
#define SYSCALL(name, x86_64, arm64) { #name, x86_64, arm64 },
#include "probes/syscall_table.h"
#undef SYSCALL
    /* what user space calls differently */
    { "stat", 4, -1 },
    { "fstat", 5, 80 },
    { "lstat", 6, -1 },
    { "sendfile", 40, 71 },
    { "uname", 63, 160 },
    { "umount2", 166, 39 },
    { "personality", -1, 92 },
    /* what has a number only */
    { "_sysctl", 156, -1 },
    { "create_module", 174, -1 },
    { "get_kernel_syms", 177, -1 },
    { "query_module", 178, -1 },
    { "nfsservctl", 180, 42 },
    { "getpmsg", 181, -1 },
    { "putpmsg", 182, -1 },
    { "afs_syscall", 183, -1 },
    { "tuxcall", 184, -1 },
    { "security", 185, -1 },
    { "set_thread_area", 205, -1 },
    { "get_thread_area", 211, -1 },
    { "epoll_ctl_old", 214, -1 },
    { "epoll_wait_old", 215, -1 },
    { "vserver", 236, -1 },
};

static struct name_table syscall_names(struct arena *a) {
    struct name_table t = name_table(a, NSYSCALLS, "Unknown syscall");
    for (size_t i = 0; i < sizeof syscalls / sizeof *syscalls; i++)
#if defined(__x86_64__)
        set_name(&t, syscalls[i].x86_64, syscalls[i].name);
#else
        set_name(&t, syscalls[i].arm64, syscalls[i].name);
#endif
    return t;
}

/* ---- code ----------------------------------------------------------------------------------- */

/* The argument as an int of C; unsigned, so that negative ones are beyond every table. */
static LLVMValueRef number(struct codegen *cg, const struct node *n) {
    return cg_arith(cg, A_AND, cg_expr_i64(cg, arg(n, 0)), cg_i64(cg, UINT32_MAX));
}

static struct value name_at(struct codegen *cg, struct name_table t, LLVMValueRef i) {
    LLVMValueRef rows = cg_rodata(cg, t.rows, (size_t)(t.n + 1) * NAME_SIZE);
    LLVMValueRef known = cg_cmp(cg, C_ULT, i, cg_i64(cg, t.n));
    LLVMValueRef row = cg_select(cg, known, i, cg_i64(cg, t.n));
    return cg_mem(cg_ptr_add_v(cg, rows, cg_arith(cg, A_MUL, row, cg_i64(cg, NAME_SIZE))), &type_name);
}

static struct arena *arena_of(struct codegen *cg) { return cg_checked(cg)->program->arena; }

static struct value emit_strerror(struct codegen *cg, const struct node *n) {
    LLVMValueRef code = cg_sext(cg, cg_trunc(cg, cg_expr_i64(cg, arg(n, 0)), 32)); /* negative ones are welcome */
    LLVMValueRef sign = cg_arith(cg, A_ASHR, code, cg_i64(cg, 63));
    return name_at(cg, errors(arena_of(cg)), cg_arith(cg, A_SUB, cg_arith(cg, A_XOR, code, sign), sign));
}

static struct value emit_signal_name(struct codegen *cg, const struct node *n) {
    return name_at(cg, signals(arena_of(cg)), number(cg, n));
}

static struct value emit_syscall_name(struct codegen *cg, const struct node *n) {
    return name_at(cg, syscall_names(arena_of(cg)), number(cg, n));
}

const struct builtin builtins_names[] = {
    { "strerror", "int", 0, &type_name, NULL, emit_strerror, NULL, NULL, "what an error number means" },
    { "signal_name", "int", 0, &type_name, NULL, emit_signal_name, NULL, NULL, "what a signal number means" },
    { "syscall_name", "int", 0, &type_name, NULL, emit_syscall_name, NULL, NULL, "name of a system call's number" },
    { 0 },
};
