/* syscalls:* events as raw tracepoints.
 *
 * A perf tracepoint costs 50 to 90 ms to detach, and each is a program of its own. Every syscalls:sys_enter_X event is
 * the raw tracepoint sys_enter seen through a number, so that one raw program with a table from number to probe serves
 * any of them; sys_exit likewise. What the events do with their arguments follows from the raw ones:
 *
 *   sys_enter: ctx[0] = struct pt_regs *, ctx[1] = number; the arguments are in the registers
 *   sys_exit:  ctx[0] = struct pt_regs *, ctx[1] = result; the number is in the registers
 *
 * The events ignore system calls of 32-bit programs on a 64-bit kernel, whose numbers mean other calls; so do we. */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "codegen/codegen.h"
#include "probes/common.h"
#include "probes/syscalls.h"

struct syscall {
    const char *name;
    int x86_64, arm64;
};

static const struct syscall syscalls[] = {
#define SYSCALL(name, x86_64, arm64) { #name, x86_64, arm64 },
#include "probes/syscall_table.h"
#undef SYSCALL
};

#if defined(__aarch64__)
enum { REGS_NUMBER = 280, NUMBER_BITS = 32, REGS_MODE = 264 }; /* syscallno; pstate */
#else
enum { REGS_NUMBER = 120, NUMBER_BITS = 64, TS_COMPAT = 2 }; /* orig_ax; bit of thread_info.status */
#endif

static int number_of(const struct syscall *s) {
#if defined(__aarch64__)
    return s->arm64;
#else
    return s->x86_64;
#endif
}

static int by_name(const void *key, const void *elem) { return strcmp(key, ((const struct syscall *)elem)->name); }

int syscall_number(const char *name) {
    const struct syscall *s = bsearch(name, syscalls, sizeof syscalls / sizeof *syscalls, sizeof *syscalls, by_name);
    return s ? number_of(s) : -1;
}

/* Where the kernel's function, which events are named after, is not called what programs call it. */
static const char *user_name(const char *event) {
    static const char *const renamed[][2] = {
        { "arm64_personality", "personality" },
        { "fadvise64_64", "fadvise64" },
        { "newfstat", "fstat" },
        { "newlstat", "lstat" },
        { "newstat", "stat" },
        { "newuname", "uname" },
        { "sendfile64", "sendfile" },
        { "umount", "umount2" },
    };
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (!strcmp(event, renamed[i][0]))
            return renamed[i][1];
    return event;
}

bool syscall_nth(size_t i, struct syscall_name *out) {
    if (i >= sizeof syscalls / sizeof *syscalls)
        return false;
    *out = (struct syscall_name){ user_name(syscalls[i].name), syscalls[i].name, number_of(&syscalls[i]) };
    return true;
}

enum syscall_side syscall_of_event(const char *event, uint64_t *number) {
    bool is_enter = !strncmp(event, "sys_enter_", 10), is_exit = !strncmp(event, "sys_exit_", 9);
    int n = is_enter ? syscall_number(event + 10) : is_exit ? syscall_number(event + 9) : -1;
    if (n < 0)
        return SYSCALL_NONE;
    *number = (uint64_t)n;
    return is_enter ? SYSCALL_ENTER : SYSCALL_EXIT;
}

/* As written: the plan replaces probe.event by the raw tracepoint's name. */
static const char *event_of(const struct probe *p) { return strrchr(p->name, ':') + 1; }

/* ---- plan -------------------------------------------------------------------------------------- */

static bool uses_field(const struct block *b, uint32_t i) {
    return b->use.args_whole || (i < 64 ? b->use.fields >> i & 1 : b->use.args);
}

/* A copy of the block's args with other homes; `home` gives one field its new one, or refuses it. */
typedef bool home_fn(struct field *f, unsigned *position);

static bool move_fields(struct probe_env *env, struct block *b, home_fn *home) {
    if (!b->args || !b->use.args)
        return true;
    struct type *t = ARENA_NEW(env->arena, struct type);
    *t = *b->args;
    t->fields = ARENA_ARRAY(env->arena, struct field, t->nfields);
    unsigned position = 0;
    for (uint32_t i = 0; i < t->nfields; i++) {
        t->fields[i] = b->args->fields[i];
        if (!t->fields[i].is_common && !home(&t->fields[i], &position) && uses_field(b, i))
            return false;
    }
    b->args = t;
    return true;
}

static void at_slot(struct field *f, unsigned slot) {
    f->home = FIELD_CTX_ARG;
    f->offset = slot * 8;
}

static bool home_enter(struct field *f, unsigned *position) {
    if (!strcmp(f->name, "__syscall_nr") || !strcmp(f->name, "nr")) {
        at_slot(f, 1);
        return true;
    }
    /* Newer kernels append copies of the strings, which are not among the arguments. */
    if (f->home == FIELD_DATA_LOC || *position >= 6)
        return false;
    f->home = FIELD_SYSCALL_ARG;
    f->offset = (*position)++;
    return true;
}

static bool home_exit(struct field *f, unsigned *position) {
    (void)position;
    if (strcmp(f->name, "ret") != 0)
        return false;
    at_slot(f, 1);
    return true;
}

static bool home_raw_enter(struct field *f, unsigned *position) {
    (void)position;
    if (strcmp(f->name, "id") != 0)
        return false;
    at_slot(f, 1);
    return true;
}

static void plan_raw(struct block *b, const char *event) {
    b->attach = ATTACH_RAW_TP;
    b->prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
    for (VEC_EACH(p, &b->probes))
        p->event = event;
}

/* A probe written twice fires twice, which a table cannot do. */
static bool has_doubles(const struct block *b) {
    uint8_t seen[1024] = { 0 };
    for (VEC_EACH(p, &b->probes)) {
        uint64_t number = 0;
        syscall_of_event(event_of(p), &number);
        if (number >= sizeof seen || seen[number]++)
            return true;
    }
    return false;
}

void syscalls_plan_numbers(struct block *b, enum syscall_side side) {
    b->is_multi = b->probes.n > 1;
    plan_raw(b, side == SYSCALL_ENTER ? "sys_enter" : "sys_exit");
}

bool syscalls_plan(struct probe_env *env, struct block *b) {
    enum syscall_side side = SYSCALL_NONE;
    for (VEC_EACH(p, &b->probes)) {
        uint64_t number;
        enum syscall_side s = syscall_of_event(event_of(p), &number);
        if (s == SYSCALL_NONE || (side != SYSCALL_NONE && s != side))
            return false;
        side = s;
    }
    if (has_doubles(b) || !move_fields(env, b, side == SYSCALL_ENTER ? home_enter : home_exit))
        return false;
    for (VEC_EACH(p, &b->probes))
        syscall_of_event(event_of(p), &p->id);
    syscalls_plan_numbers(b, side);
    return true;
}

bool raw_syscalls_plan(struct probe_env *env, struct block *b) {
    for (VEC_EACH(p, &b->probes))
        if (strcmp(p->event, b->probes.v[0].event) != 0)
            return false;
    const char *event = b->probes.v[0].event;
    bool is_enter = !strcmp(event, "sys_enter");
    if (!is_enter && strcmp(event, "sys_exit") != 0)
        return false;
    if (!move_fields(env, b, is_enter ? home_raw_enter : home_exit))
        return false;
    plan_raw(b, event);
    return true;
}

/* ---- code -------------------------------------------------------------------------------------- */

static LLVMValueRef read_regs(struct codegen *cg, unsigned offset) {
    LLVMValueRef word = cg_scratch(cg, 8);
    LLVMValueRef addr = cg_arith(cg, A_ADD, cg_ctx_slot(cg, 0), cg_i64(cg, offset));
    CG_HELPER(cg, BPF_FUNC_probe_read_kernel, word, cg_i64(cg, 8), addr);
    return cg_load_int(cg, word, 64);
}

static LLVMValueRef syscall_id(struct codegen *cg, const struct block *b) {
    if (!strcmp(b->probes.v[0].event, "sys_enter"))
        return cg_ctx_slot(cg, 1);
    LLVMValueRef nr = read_regs(cg, REGS_NUMBER);
    return NUMBER_BITS == 32 ? cg_zext(cg, cg_trunc(cg, nr, 32)) : nr;
}

static void return_if(struct codegen *cg, LLVMValueRef i1) {
    struct cg_if c = cg_if(cg, i1);
    cg_return(cg);
    cg_end(cg, &c);
}

#if !defined(__aarch64__)
/* Where struct thread_info, the first member of a task, has `status`: behind `flags`, and since 5.11 `syscall_work`. */
static unsigned status_offset(void) {
    struct utsname u;
    unsigned major = 0, minor = 0;
    uname(&u);
    sscanf(u.release, "%u.%u", &major, &minor);
    return major > 5 || (major == 5 && minor >= 11) ? 16 : 8;
}
#endif

/* Leaves for system calls of the 32-bit kind: of another mode of the CPU on arm64; on x86 any program can make them
 * (int 0x80), and the kernel notes them in the thread's status. */
static void skip_compat(struct codegen *cg) {
#if defined(__aarch64__)
    LLVMValueRef mode = cg_arith(cg, A_AND, read_regs(cg, REGS_MODE), cg_i64(cg, 0x10));
    return_if(cg, cg_cmp(cg, C_NE, mode, cg_i64(cg, 0)));
#else
    if (access("/proc/sys/abi/vsyscall32", F_OK) != 0)
        return; /* this kernel has none */
    LLVMValueRef word = cg_scratch(cg, 8);
    LLVMValueRef task = CG_HELPER0(cg, BPF_FUNC_get_current_task);
    CG_HELPER(cg, BPF_FUNC_probe_read_kernel, word, cg_i64(cg, 4),
              cg_arith(cg, A_ADD, task, cg_i64(cg, status_offset())));
    LLVMValueRef compat = cg_arith(cg, A_AND, cg_zext(cg, cg_load_int(cg, word, 32)), cg_i64(cg, TS_COMPAT));
    return_if(cg, cg_cmp(cg, C_NE, compat, cg_i64(cg, 0)));
#endif
}

/* number → index among the block's probes + 1, 0: not ours */
static void dispatch_by_table(struct codegen *cg, const struct block *b, LLVMValueRef id) {
    uint64_t max = 0;
    for (VEC_EACH(p, &b->probes))
        max = p->id > max ? p->id : max;
    uint16_t *table = calloc(max + 1, sizeof *table);
    if (!table)
        out_of_memory();
    for (size_t i = 0; i < b->probes.n; i++)
        table[b->probes.v[i].id] = (uint16_t)(i + 1);
    return_if(cg, cg_cmp(cg, C_UGT, id, cg_i64(cg, max)));
    LLVMValueRef rows = cg_rodata(cg, table, (max + 1) * sizeof *table);
    LLVMValueRef row = cg_ptr_add_v(cg, rows, cg_arith(cg, A_SHL, id, cg_i64(cg, 1)));
    LLVMValueRef index = cg_zext(cg, cg_load_int(cg, row, 16));
    return_if(cg, cg_cmp(cg, C_EQ, index, cg_i64(cg, 0)));
    cg_set_probe_index(cg, cg_arith(cg, A_SUB, index, cg_i64(cg, 1)));
    free(table);
}

void syscalls_prologue(struct codegen *cg, const struct block *b) {
    LLVMValueRef id = syscall_id(cg, b);
    if (b->probes.n > 1)
        dispatch_by_table(cg, b, id);
    else
        return_if(cg, cg_cmp(cg, C_NE, id, cg_i64(cg, b->probes.v[0].id)));
    skip_compat(cg);
}
