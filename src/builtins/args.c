/* Values of the probe that fired: its name, its arguments, its registers, its context. */
#include "builtins/common.h"

#include <ctype.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "probes/usdt_args.h"
#include "runtime/runtime.h"
#include "symbols/symbols.h"

/* ---- registers ---------------------------------------------------------------------------- */

struct reg_name {
    const char *name;
    int offset;
};

/* Byte offsets in the pt_regs that BPF programs see (struct user_pt_regs on arm64). */
#if defined(__x86_64__)
static const struct reg_name registers[] = {
    { "r15", 0 },  { "r14", 8 },  { "r13", 16 }, { "r12", 24 },    { "bp", 32 },  { "bx", 40 },  { "r11", 48 },
    { "r10", 56 }, { "r9", 64 },  { "r8", 72 },  { "ax", 80 },     { "cx", 88 },  { "dx", 96 },  { "si", 104 },
    { "di", 112 }, { "ip", 128 }, { "cs", 136 }, { "flags", 144 }, { "sp", 152 }, { "ss", 160 }, { "pc", 128 },
};
static const int argument_registers[] = { 112, 104, 96, 88, 72, 64 };
enum { RESULT_REGISTER = 80, IP_REGISTER = 128, CS_REGISTER = 136 };
const char *reg_architecture(void) { return "x86_64"; }
#elif defined(__aarch64__)
static const struct reg_name registers[] = {
    { "r0", 0 },    { "r1", 8 },    { "r2", 16 },   { "r3", 24 },   { "r4", 32 },   { "r5", 40 },      { "r6", 48 },
    { "r7", 56 },   { "r8", 64 },   { "r9", 72 },   { "r10", 80 },  { "r11", 88 },  { "r12", 96 },     { "r13", 104 },
    { "r14", 112 }, { "r15", 120 }, { "r16", 128 }, { "r17", 136 }, { "r18", 144 }, { "r19", 152 },    { "r20", 160 },
    { "r21", 168 }, { "r22", 176 }, { "r23", 184 }, { "r24", 192 }, { "r25", 200 }, { "r26", 208 },    { "r27", 216 },
    { "r28", 224 }, { "r29", 232 }, { "r30", 240 }, { "sp", 248 },  { "pc", 256 },  { "pstate", 264 },
};
static const int argument_registers[] = { 0, 8, 16, 24, 32, 40, 48, 56 };
enum { RESULT_REGISTER = 0, IP_REGISTER = 256 };
const char *reg_architecture(void) { return "arm64"; }
#else
#    error "register names of this architecture are missing"
#endif

int reg_offset(const char *name) {
    for (size_t i = 0; i < sizeof registers / sizeof *registers; i++)
        if (!strcmp(name, registers[i].name))
            return registers[i].offset;
    return -1;
}

int reg_of_argument(unsigned n) {
    return n < sizeof argument_registers / sizeof *argument_registers ? argument_registers[n] : -1;
}

int reg_of_result(void) { return RESULT_REGISTER; }
int reg_of_ip(void) { return IP_REGISTER; }

static const struct type *check_reg(struct sema *s, struct node *n) {
    const char *name;
    size_t len;
    if (!(s->block->provider->flags & PF_HAS_REGS))
        return sema_error(s, n, D_NOT_HERE, "reg can not be used with \"%s\" probes", s->block->provider->name);
    if (!sema_const_str(arg(n, 0), &name, &len))
        return sema_error(s, n, D_BAD_ARGUMENT, "reg() expects a string literal (%s provided)",
                          type_label(arg(n, 0)->type));
    if (reg_offset(name) < 0)
        return sema_error(s, n, D_BAD_ARGUMENT, "'%s' is not a valid register on this architecture (%s)", name,
                          reg_architecture());
    s->block->use.reg = true;
    return &type_uint64;
}

static struct value emit_reg(struct codegen *cg, const struct node *n) {
    const char *name = "";
    size_t len;
    sema_const_str(arg(n, 0), &name, &len);
    return cg_reg(cg_regs_word(cg, (unsigned)reg_offset(name)), n->type);
}

/* Whether user mode was interrupted. The probes without registers run in the kernel, but for those that bpftrace runs in
 * its own process. */
static const struct type *check_usermode(struct sema *s, struct node *n) {
    s->block->use.reg = true;
    if (!(s->block->provider->flags & PF_HAS_REGS))
        sema_set_int(n, &type_int8, s->block->provider->flags & PF_SPECIAL ? 1 : 0);
    return &type_int8;
}

static struct value emit_usermode(struct codegen *cg, const struct node *n) {
#if defined(__x86_64__)
    LLVMValueRef ring = cg_arith(cg, A_AND, cg_regs_word(cg, CS_REGISTER), cg_i64(cg, 3));
    return cg_reg(cg_arith(cg, A_AND, ring, cg_i64(cg, 1)), n->type); /* rings 0 and 3 are all there are */
#else
    return cg_reg(cg_i64(cg, 0), n->type);
#endif
}

/* ---- arguments, result, context ----------------------------------------------------------- */

static bool is_syscall(const struct block *b) { return !strcmp(b->provider->name, "syscall"); }

static bool is_syscall_return(const struct block *b) {
    return is_syscall(b) && b->probes.n && !strncmp(b->probes.v[0].event, "sys_exit", 8);
}

static const struct type *check_args(struct sema *s, struct node *n) {
    struct block *b = s->block;
    if (!(b->provider->flags & PF_HAS_ARGS))
        return sema_error(s, n, D_NOT_HERE,
                          "The args builtin can only be used with tracepoint, rawtracepoint, fentry/fexit, and uprobe "
                          "probes (%s used here)",
                          b->provider->probetype ? b->provider->probetype : b->provider->name);
    if (!b->args && is_syscall_return(b))
        return sema_error(
            s, n, D_NOT_HERE,
            "The arguments of a system call are known where it begins, not where it returns: keep them in a "
            "map from there, by tid");
    if (!b->args)
        return sema_error(s, n, D_NOT_HERE, "No description of the arguments of \"%s\" was found",
                          b->probes.n ? b->probes.v[0].name : b->provider->name);
    b->use.args = true;
    return b->args;
}

static struct value emit_args(struct codegen *cg, const struct node *n) {
    (void)n;
    return cg_mem(cg_ctx(cg), cg_block(cg)->args);
}

static unsigned arg_number(const struct node *n) { return (unsigned)atoi(n->call.name + strlen("arg")); }

static bool has_raw_slots(enum attach_kind k) { return k == ATTACH_RAW_TP || k == ATTACH_TP_BTF; }

static const struct type *check_argn(struct sema *s, struct node *n) {
    struct block *b = s->block;
    if (!(b->provider->flags & PF_HAS_ARGN))
        return sema_error(s, n, D_NOT_HERE,
                          "The %s builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes", n->call.name);
    if (!strcmp(b->provider->name, "usdt")) {
        const struct type *t = usdt_arg_type(s->diag, n, b, arg_number(n));
        return t ? t : &type_poison;
    }
    if (b->provider->flags & PF_HAS_REGS && reg_of_argument(arg_number(n)) < 0)
        return sema_error(s, n, D_BAD_ARGUMENT, "%s doesn't support %s", reg_architecture(), n->call.name);
    b->use.argn = true;
    return &type_uint64;
}

static struct value emit_argn(struct codegen *cg, const struct node *n) {
    unsigned i = arg_number(n);
    if (cg_block(cg)->attach == ATTACH_USDT)
        return cg_reg(usdt_arg_emit(cg, n, i), n->type);
    if (has_raw_slots(cg_block(cg)->attach))
        return cg_reg(cg_ctx_slot(cg, i), n->type);
    return cg_reg(cg_regs_word(cg, (unsigned)reg_of_argument(i)), n->type);
}

static const struct type *check_retval(struct sema *s, struct node *n) {
    struct block *b = s->block;
    if (!(b->provider->flags & PF_HAS_RETVAL))
        return sema_error(s, n, D_NOT_HERE,
                          "The retval builtin can only be used with 'kretprobe' and 'uretprobe' and 'fentry' probes%s",
                          !strcmp(b->provider->name, "tracepoint") ? " (try to use args.ret instead)" : "");
    if (is_syscall(b) && !is_syscall_return(b))
        return sema_error(s, n, D_NOT_HERE, "What a system call returns is not known where it begins: use %s:return",
                          b->probes.n ? b->probes.v[0].name : "syscall:NAME");
    b->use.retval = true;
    return b->retval ? b->retval : &type_uint64;
}

/* fexit: the word behind those of the arguments, which may take several (structs by value). */
static unsigned result_slot(const struct type *args) {
    if (!args || !args->nfields)
        return 0;
    const struct field *last = &args->fields[args->nfields - 1];
    return last->offset / 8 + (last->type->size + 7) / 8;
}

static struct value emit_retval(struct codegen *cg, const struct node *n) {
    const struct block *b = cg_block(cg);
    LLVMValueRef v = b->attach == ATTACH_FEXIT    ? cg_ctx_slot(cg, result_slot(b->args))
                     : b->attach == ATTACH_RAW_TP ? cg_ctx_slot(cg, 1) /* sys_exit(regs, result) */
                                                  : cg_regs_word(cg, RESULT_REGISTER);
    if (type_is_scalar(n->type))
        return cg_reg(cg_trunc(cg, v, n->type->size * 8), n->type);
    return cg_remote(v, n->type, AS_KERNEL);
}

static const struct type *check_ctx(struct sema *s, struct node *n) {
    struct block *b = s->block;
    if (!strcmp(b->provider->name, "tracepoint"))
        return sema_error(s, n, D_NOT_HERE, "Use args instead of ctx in tracepoint");
    if (!(b->provider->flags & PF_HAS_CTX))
        return sema_error(s, n, D_NOT_HERE, "The ctx builtin can not be used with '%s' probes", b->provider->name);
    b->use.ctx = true;
    struct probe_env env = { .arena = s->arena,
                             .types = s->types,
                             .diag = s->diag,
                             .config = &s->program->config,
                             .pid = s->opt->pid,
                             .child_pid = s->opt->child_pid,
                             .is_unsafe = !s->opt->is_safe,
                             .probe_filter = s->opt->probe_filter };
    const struct type *t = b->provider->ctx && b->probes.n ? b->provider->ctx(&env, &b->probes.v[0]) : NULL;
    if (t && t->kind == TY_PTR)
        return t;
    struct type *pointer = ARENA_NEW(s->arena, struct type);
    *pointer = *type_ptr(s->arena, t ? t : &type_none, AS_KERNEL);
    pointer->is_ctx = true;
    return pointer;
}

static struct value emit_ctx(struct codegen *cg, const struct node *n) {
    return cg_reg(cg_ptr_to_i64(cg, cg_ctx(cg)), n->type);
}

/* ---- the probe itself --------------------------------------------------------------------- */

static size_t longest_name(const struct block *b) {
    size_t max = 0;
    for (VEC_EACH(p, &b->probes))
        max = strlen(p->name) > max ? strlen(p->name) : max;
    return max;
}

/* One probe: a literal. Several: a row of a table. */
static const struct type *check_probe(struct sema *s, struct node *n) {
    struct block *b = s->block;
    if (b->probes.n == 1) {
        sema_set_str(s, n, b->probes.v[0].name, strlen(b->probes.v[0].name));
        return n->type;
    }
    b->use.probe = true;
    return type_string(s->arena, (uint32_t)longest_name(b) + 1);
}

/* The index is cut with a mask, which the verifier understands and LLVM has no reason to drop. */
LLVMValueRef probe_table(struct codegen *cg, const void *rows, size_t n, size_t row_size) {
    size_t room = 1;
    while (room < n)
        room *= 2;
    char *all = arena_alloc(cg_checked(cg)->program->arena, room * row_size);
    memcpy(all, rows, n * row_size);
    LLVMValueRef table = cg_rodata(cg, all, room * row_size);
    LLVMValueRef i = cg_arith(cg, A_AND, cg_probe_index(cg), cg_i64(cg, room - 1));
    return cg_ptr_add_v(cg, table, cg_arith(cg, A_MUL, i, cg_i64(cg, row_size)));
}

static struct value emit_probe(struct codegen *cg, const struct node *n) {
    const struct block *b = cg_block(cg);
    size_t width = (n->type->size + 7) & ~7u;
    char *rows = arena_alloc(cg_checked(cg)->program->arena, b->probes.n * width);
    for (size_t i = 0; i < b->probes.n; i++)
        strncpy(rows + i * width, b->probes.v[i].name, n->type->size - 1);
    return cg_mem(probe_table(cg, rows, b->probes.n, width), n->type);
}

static const struct type *check_probetype(struct sema *s, struct node *n) {
    const struct provider *p = s->block->provider;
    const char *name = p->probetype ? p->probetype : p->name;
    sema_set_str(s, n, name, strlen(name));
    return n->type;
}

static const struct type *check_func(struct sema *s, struct node *n) {
    struct block *b = s->block;
    b->use.func = true;
    if (b->provider->flags & PF_HAS_FUNC_KSYM) {
        s->program->uses_ksym = true;
        return &type_ksym;
    }
    if (b->provider->flags & PF_HAS_FUNC_USYM) {
        s->program->uses_usym = true;
        return &type_usym;
    }
    return sema_error(s, n, D_NOT_HERE, "The func builtin can not be used with '%s' probes", b->provider->name);
}

/* Kernels before 5.15 cannot be asked. A program of one probe is of one function, though, which has an address. */
static LLVMValueRef address_of_function(struct codegen *cg) {
    struct symbols *syms = symbols_new(false);
    uint64_t address = symbols_kernel_address(syms, cg_block(cg)->probes.v[0].event);
    symbols_free(syms);
    return cg_i64(cg, address);
}

/* Entry probes have it in a register; where that holds something else, the kernel is asked. */
LLVMValueRef emit_func_ip(struct codegen *cg) {
    const struct block *b = cg_block(cg);
    enum attach_kind k = b->attach;
    if (k == ATTACH_UPROBE || k == ATTACH_KPROBE || k == ATTACH_USDT)
        return cg_regs_word(cg, IP_REGISTER);
    if (!kernel_features()->get_func_ip && b->provider->flags & PF_HAS_FUNC_KSYM && b->probes.n == 1 &&
        b->probes.v[0].event)
        return address_of_function(cg);
    return CG_HELPER(cg, BPF_FUNC_get_func_ip, cg_ctx(cg));
}

void emit_usym(struct codegen *cg, LLVMValueRef dest, LLVMValueRef addr) {
    LLVMValueRef pid = cg_arith(cg, A_LSHR, CG_HELPER0(cg, BPF_FUNC_get_current_pid_tgid), cg_i64(cg, 32));
    cg_see_process_once(cg, pid);
    cg_store_int(cg, dest, cg_zext(cg, addr));
    cg_store_int(cg, cg_ptr_add(cg, dest, offsetof(struct usym_value, pid)), cg_trunc(cg, pid, 32));
    cg_store_int(cg, cg_ptr_add(cg, dest, offsetof(struct usym_value, probe)), cg_i32(cg, 0));
}

/* Of all probes on one function the first stands for it, so that `func` is one map key in whatever process and program
 * it comes from. */
static uint32_t first_on_function(const struct program *p, uint32_t probe) {
    const struct probe *mine = &p->probes.v[probe];
    for (uint32_t i = 0; i < probe; i++) {
        const struct probe *other = &p->probes.v[i];
        if (other->event && mine->event && other->target && mine->target && !strcmp(other->event, mine->event) &&
            !strcmp(other->target, mine->target))
            return i;
    }
    return probe;
}

/* Uprobes know their function before they fire: no address, no process. */
static void emit_uprobe_func(struct codegen *cg, LLVMValueRef dest) {
    const struct block *b = cg_block(cg);
    const struct program *p = cg_checked(cg)->program;
    uint32_t n = (uint32_t)b->probes.n, first = p->progs.v[b->prog].first_probe;
    uint32_t room = 1; /* a power of two: an index with a mask is what the verifier understands best */
    while (room < n)
        room *= 2;
    struct usym_value *table = calloc(room, sizeof *table);
    if (!table)
        out_of_memory();
    for (uint32_t i = 0; i < n; i++) {
        uint32_t probe = first_on_function(p, first + i);
        table[i] = (struct usym_value){ .addr = p->probes.v[probe].offset, .probe = probe + 1 };
    }
    LLVMValueRef rows = cg_rodata(cg, table, room * sizeof *table);
    free(table);
    LLVMValueRef i = cg_arith(cg, A_AND, cg_probe_index(cg), cg_i64(cg, room - 1));
    LLVMValueRef row = n > 1 ? cg_ptr_add_v(cg, rows, cg_arith(cg, A_MUL, i, cg_i64(cg, sizeof *table))) : rows;
    cg_store_int(cg, dest, cg_load_int(cg, row, 64));
    LLVMValueRef rest = n > 1 ? cg_ptr_add_v(cg, row, cg_i64(cg, 8)) : cg_ptr_add(cg, row, 8);
    cg_store_int(cg, cg_ptr_add(cg, dest, 8), cg_load_int(cg, rest, 64));
}

static bool is_uprobe(const struct block *b) { return b->attach == ATTACH_UPROBE || b->attach == ATTACH_URETPROBE; }

static void emit_func_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    (void)t;
    if (n->type->kind == TY_KSYM)
        cg_store_int(cg, dest, emit_func_ip(cg));
    else if (is_uprobe(cg_block(cg)))
        emit_uprobe_func(cg, dest);
    else
        emit_usym(cg, dest, emit_func_ip(cg));
}

static struct value emit_func(struct codegen *cg, const struct node *n) {
    if (n->type->kind == TY_KSYM)
        return cg_reg(emit_func_ip(cg), n->type);
    LLVMValueRef v = cg_scratch(cg, sizeof(struct usym_value));
    emit_func_into(cg, n, v, n->type);
    return cg_mem(v, n->type);
}

#define ARGN(name) \
    { name, "", BF_VALUE, NULL, check_argn, emit_argn, NULL, NULL, "an argument of the probed function, by position" }

const struct builtin builtins_args[] = {
    { "args", "", BF_VALUE, NULL, check_args, emit_args, NULL, NULL, "the probe's arguments by name: args.count" },
    ARGN("arg0"),
    ARGN("arg1"),
    ARGN("arg2"),
    ARGN("arg3"),
    ARGN("arg4"),
    ARGN("arg5"),
    ARGN("arg6"),
    ARGN("arg7"),
    ARGN("arg8"),
    ARGN("arg9"),
    { "retval", "", BF_VALUE, NULL, check_retval, emit_retval, NULL, NULL, "what the probed function returned" },
    { "ctx", "", BF_VALUE, NULL, check_ctx, emit_ctx, NULL, NULL, "the BPF program's context" },
    { "reg", "any", 0, NULL, check_reg, emit_reg, NULL, NULL, "a register by name: reg(\"ip\")" },
    { "usermode", "", BF_VALUE, NULL, check_usermode, emit_usermode, NULL, NULL,
      "1 when user mode was interrupted, else 0" },
    { "probe", "", BF_VALUE, NULL, check_probe, emit_probe, NULL, NULL, "full name of the probe" },
    { "probetype", "", BF_VALUE | BF_COMPTIME, NULL, check_probetype, NULL, NULL, NULL, "kind of the probe" },
    { "func", "", BF_VALUE, NULL, check_func, emit_func, emit_func_into, NULL, "name of the probed function" },
    { 0 },
};
