/* Hashes of values. */
#include "codegen/cg.h"

/* h ^ h >> 33, multiplied */
static LLVMValueRef stir(struct codegen *cg, LLVMValueRef h, uint64_t factor) {
    h = cg_arith(cg, A_XOR, h, cg_arith(cg, A_LSHR, h, cg_i64(cg, 33)));
    return cg_arith(cg, A_MUL, h, cg_i64(cg, factor));
}

/* Two rounds of multiplying and folding: every bit of the result depends on every bit of h (the finalizer of
 * MurmurHash3, in the public domain). */
static LLVMValueRef finish(struct codegen *cg, LLVMValueRef h) {
    h = stir(cg, h, UINT64_C(0xff51afd7ed558ccd));
    h = stir(cg, h, UINT64_C(0xc4ceb9fe1a85ec53));
    return cg_arith(cg, A_XOR, h, cg_arith(cg, A_LSHR, h, cg_i64(cg, 33)));
}

/* Objects lie in memory like map keys: bytes behind a string's NUL and between elements are zero. */
LLVMValueRef cg_hash(struct codegen *cg, const struct node *n, uint64_t seed) {
    const struct type *t = n->type;
    if (type_is_scalar(t) || type_is_agg(t))
        return finish(cg, cg_arith(cg, A_ADD, cg_expr_i64(cg, n), cg_i64(cg, seed)));
    uint32_t size = (t->size + 7) & ~7u;
    LLVMValueRef mem = cg_scratch(cg, size), h = cg_slot(cg, cg_i64(cg, seed));
    bool outer = cg->clean_strings;
    cg_memzero(cg, mem, size);
    cg->clean_strings = type_has_string(t);
    cg_expr_into(cg, n, mem, t);
    cg->clean_strings = outer;
    struct cg_loop l = cg_loop(cg, size / 8);
    LLVMValueRef word = cg_load_int(cg, cg_ptr_add_v(cg, mem, cg_arith(cg, A_SHL, l.i, cg_i64(cg, 3))), 64);
    cg_slot_set(cg, h, stir(cg, cg_arith(cg, A_XOR, cg_slot_get(cg, h), word), UINT64_C(0x9e3779b97f4a7c15)));
    cg_loop_end(cg, &l);
    return finish(cg, cg_slot_get(cg, h));
}
