/* Arguments as places of bytes, for everything that reads strings, buffers and arrays. */
#include "builtins/common.h"

const char *type_label(const struct type *t) {
    if (!t)
        return "none";
    if (t->kind == TY_PTR)
        return "pointer";
    if (t->kind == TY_BOOL)
        return "bool";
    return type_ops[t->kind].name ? type_ops[t->kind].name : "none";
}

static bool is_address(const struct type *t) { return t->kind == TY_PTR || type_is_intlike(t) || type_is_agg(t); }

enum addr_space arg_space(struct sema *s, const struct node *a) {
    if (!a || !a->type || !is_address(a->type))
        return AS_NONE;
    if (a->type->kind == TY_PTR && (a->type->is_ctx || a->type->is_btf_trusted))
        return AS_KERNEL;
    enum addr_space as = a->type->as; /* integers have one after kptr() and uptr() */
    if (as == AS_NONE && a->type->kind != TY_PTR)
        as = sema_int_space(s);
    if (as == AS_NONE && s->is_final)
        diag_warn(s->diag, D_ADDRSPACE, (struct span){ 0 }, "Addrspace is not set");
    return as;
}

struct bytes arg_bytes(struct codegen *cg, const struct node *a, enum addr_space int_space) {
    const struct type *t = a->type;
    if (t->kind == TY_PTR) {
        LLVMValueRef addr = cg_expr_i64(cg, a);
        if (t->as == AS_BPF || t->is_ctx)
            return (struct bytes){ .at = cg_i64_to_ptr(cg, addr) };
        return (struct bytes){ .at = addr, .is_remote = true, .as = t->as };
    }
    if (is_address(t))
        return (struct bytes){ .at = cg_expr_i64(cg, a), .is_remote = true, .as = int_space };
    struct value v = cg_expr(cg, a);
    if (v.place == IN_REGISTER)
        v = cg_load(cg, v);
    return (struct bytes){ .at = v.v, .is_remote = v.place == REMOTE, .as = v.as };
}

LLVMValueRef bytes_here(struct codegen *cg, const struct node *at, struct bytes b, uint32_t size) {
    if (!b.is_remote)
        return b.at;
    LLVMValueRef mem = cg_scratch(cg, size);
    cg_probe_read(cg, at, mem, cg_i64(cg, size), b.at, b.as, false);
    return mem;
}
