/* Every access to a field, element or pointee goes through here: by fixed offsets of this kernel's types today. */
#include "codegen/cg.h"

#include <linux/bpf.h>

/* Memory has enums in C's size, values of them have 8 bytes: what to load for a value of type t. */
static const struct type *stored(const struct type *in_memory, const struct type *t) {
    return in_memory->kind == TY_ENUM ? type_int(in_memory->size, in_memory->is_signed) : t;
}

/* The value of type t that v, loaded as the stored type, stands for. */
static struct value as_value(struct codegen *cg, struct value v, const struct type *t) {
    return t->kind == TY_ENUM && v.type != t ? cg_reg(cg_to_i64(cg, cg_load(cg, v)), t) : v;
}

static struct value behind(struct codegen *cg, struct value pointer, const struct type *pointee) {
    const struct type *pt = pointer.type;
    LLVMValueRef addr = cg_to_i64(cg, pointer);
    if (pt->as == AS_BPF || pt->is_ctx || pt->is_btf_trusted)
        return cg_mem(cg_i64_to_ptr(cg, addr), pointee);
    return cg_remote(addr, pointee, pt->as);
}

/* What lies behind a pointer. Pointers into BPF memory and the context are followed directly. */
struct value cg_deref(struct codegen *cg, struct value pointer, const struct type *pointee) {
    return as_value(cg, behind(cg, pointer, stored(pointer.type->elem, pointee)), pointee);
}

static struct value at_offset(struct codegen *cg, struct value base, uint64_t offset, const struct type *t) {
    if (base.place == REMOTE) {
        LLVMValueRef addr = offset ? cg_arith(cg, A_ADD, base.v, cg_i64(cg, offset)) : base.v;
        return cg_remote(addr, t, base.as);
    }
    return cg_mem(cg_ptr_add(cg, base.v, offset), t);
}

/* Bits of a little-endian word that holds the field; zero-extended even when declared signed (reference §7.7). */
static struct value bitfield(struct codegen *cg, struct value base, uint64_t offset, const struct field *f,
                             const struct type *t) {
    unsigned end = f->bit_offset + f->bit_size, bytes = end <= 8 ? 1 : end <= 16 ? 2 : end <= 32 ? 4 : 8;
    struct value word = cg_load(cg, at_offset(cg, base, offset, type_int(bytes, false)));
    LLVMValueRef v = cg_arith(cg, A_LSHR, cg_zext(cg, word.v), cg_i64(cg, f->bit_offset));
    uint64_t mask = f->bit_size >= 64 ? ~0ull : (1ull << f->bit_size) - 1;
    v = cg_arith(cg, A_AND, v, cg_i64(cg, mask));
    return cg_reg(cg_trunc(cg, v, t->size * 8), t);
}

/* x86_64 and arm64 offsets of the six system call arguments in struct pt_regs (arch/…/include/asm/ptrace.h). */
static unsigned syscall_arg_offset(unsigned k) {
#if defined(__x86_64__)
    static const unsigned char at[] = { 112, 104, 96, 56, 72, 64 }; /* di si dx r10 r8 r9 */
    return at[k];
#else
    return k * 8;
#endif
}

/* Argument k of the system call being entered, from the pt_regs that slot 0 of raw sys_enter points to. */
static LLVMValueRef syscall_arg(struct codegen *cg, unsigned k) {
    LLVMValueRef tmp = cg_alloca(cg, cg->i64);
    LLVMValueRef regs = cg_ctx_slot(cg, 0);
    cg_probe_read(cg, NULL, tmp, cg_i64(cg, 8), cg_arith(cg, A_ADD, regs, cg_i64(cg, syscall_arg_offset(k))), AS_KERNEL,
                  false);
    return LLVMBuildLoad2(cg->b, cg->i64, tmp, "");
}

static struct value scalar_or_mem(struct codegen *cg, LLVMValueRef word, const struct type *t) {
    if (type_is_scalar(t))
        return cg_reg(cg_trunc(cg, word, t->size * 8), t);
    /* A small struct passed by value: the slot's bytes. */
    LLVMValueRef mem = cg_alloca(cg, cg->i64);
    LLVMBuildStore(cg->b, word, mem);
    return cg_mem(mem, t);
}

/* A field of `args`: it says itself where it is. */
static struct value args_field(struct codegen *cg, const struct field *f, const struct type *t) {
    LLVMValueRef ctx = cg_ctx(cg);
    switch (f->home) {
    case FIELD_MEMORY:
        if (f->bit_size)
            return bitfield(cg, cg_mem(ctx, t), f->offset, f, t);
        if (type_is_scalar(t)) {
            const struct type *st = stored(f->type, t);
            LLVMValueRef v = LLVMBuildLoad2(cg->b, cg_int_type(cg, st->size * 8), cg_ptr_add(cg, ctx, f->offset), "");
            LLVMSetVolatile(v, true);
            return as_value(cg, cg_reg(v, st), t);
        }
        return cg_mem(cg_ptr_add(cg, ctx, f->offset), t);
    case FIELD_DATA_LOC: {
        LLVMValueRef word = LLVMBuildLoad2(cg->b, cg->i32, cg_ptr_add(cg, ctx, f->offset), "");
        LLVMSetVolatile(word, true);
        LLVMValueRef at = cg_arith(cg, A_AND, cg_zext(cg, word), cg_i64(cg, 0xffff));
        LLVMValueRef addr = cg_arith(cg, A_ADD, cg_ptr_to_i64(cg, ctx), at);
        return type_is_scalar(t) ? cg_reg(cg_trunc(cg, addr, t->size * 8), t) : cg_remote(addr, t, AS_KERNEL);
    }
    case FIELD_CTX_ARG:
        return scalar_or_mem(cg, cg_ctx_slot(cg, f->offset / 8), t);
    case FIELD_REGISTER:
        return scalar_or_mem(cg, cg_regs_word(cg, f->offset), t);
    case FIELD_SYSCALL_ARG:
        return scalar_or_mem(cg, syscall_arg(cg, f->offset), t);
    }
    return cg_void();
}

static bool is_args(const struct node *n) {
    return n->type && n->type->kind == TY_STRUCT && n->type->is_args && n->kind == N_CALL;
}

struct value cg_field_of(struct codegen *cg, const struct node *n) {
    const struct node *base = n->field.base;
    const struct field *f = n->field.field;
    if (is_args(base))
        return args_field(cg, f, n->type);
    struct value v = cg_expr(cg, base);
    if (v.type->kind == TY_PTR)
        v = cg_deref(cg, v, v.type->elem);
    if (v.place == IN_REGISTER)
        return cg_reg(v.v, n->type);
    if (f && f->bit_size)
        return bitfield(cg, v, n->field.offset, f, n->type);
    return as_value(cg, at_offset(cg, v, n->field.offset, f ? stored(f->type, n->type) : n->type), n->type);
}

/* a[i] behind a base with a known count: out of range gives zero and a run-time warning. */
static struct value checked_element(struct codegen *cg, const struct node *n, struct value base, LLVMValueRef i,
                                    const struct type *t, uint64_t count) {
    LLVMValueRef out = cg_scratch(cg, t->size < 8 ? 8 : t->size);
    struct cg_if in = cg_if(cg, cg_cmp(cg, C_ULT, i, cg_i64(cg, count)));
    LLVMValueRef offset = cg_arith(cg, A_MUL, i, cg_i64(cg, t->size));
    if (base.place == REMOTE)
        cg_store(cg, cg_remote(cg_arith(cg, A_ADD, base.v, offset), t, base.as), out, t);
    else
        cg_store(cg, cg_mem(cg_ptr_add_v(cg, base.v, offset), t), out, t);
    cg_else(cg, &in);
    cg_memzero(cg, out, t->size);
    cg_runtime_error(cg, n, NULL, "Array access out of bounds. This can lead to unexpected results.", NULL);
    cg_end(cg, &in);
    return cg_mem(out, t);
}

static struct value at_index(struct codegen *cg, struct value base, LLVMValueRef i, uint32_t step,
                             const struct type *t) {
    LLVMValueRef offset = cg_arith(cg, A_MUL, i, cg_i64(cg, step));
    return base.place == REMOTE ? cg_remote(cg_arith(cg, A_ADD, base.v, offset), t, base.as)
                                : cg_mem(cg_ptr_add_v(cg, base.v, offset), t);
}

/* The element as it is stored. */
static struct value element(struct codegen *cg, const struct node *n, struct value v) {
    const struct node *index = n->index.index;
    const struct type *t = v.type->elem ? stored(v.type->elem, n->type) : n->type; /* strings have no element type */
    if (v.type->kind == TY_PTR) {
        uint32_t step = v.type->elem->size ? v.type->elem->size : 1;
        return at_index(cg, behind(cg, v, t), cg_expr_i64(cg, index), step, t);
    }
    if (v.place == IN_REGISTER)
        v = cg_load(cg, v);
    uint64_t count = v.type->kind == TY_ARRAY ? v.type->count : v.type->kind == TY_STRING ? v.type->size : 0;
    if (index->is_const)
        return at_offset(cg, v, index->const_value * t->size, t);
    LLVMValueRef i = cg_expr_i64(cg, index);
    if (!count) /* flexible array: no bound is known */
        return at_index(cg, v, i, t->size, t);
    return checked_element(cg, n, v, i, t, count);
}

struct value cg_index_of(struct codegen *cg, const struct node *n) {
    return as_value(cg, element(cg, n, cg_expr(cg, n->index.base)), n->type);
}
