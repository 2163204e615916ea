/* The table of aggregations, and what they share.
 *
 * A cell belongs to one CPU, and BPF programs of a kind do not interrupt each other there: plain loads and stores do. */
#include "maps/kinds.h"

#include <string.h>

const struct map_kind *const map_kinds[] = {
    &kind_count, &kind_sum, &kind_min, &kind_max, &kind_avg, &kind_stats, &kind_hist, &kind_lhist, &kind_tseries,
    &kind_quantile, &kind_distinct, NULL,
};

const struct map_kind *map_kind_find(const char *name) {
    for (size_t i = 0; map_kinds[i]; i++)
        if (!strcmp(map_kinds[i]->name, name))
            return map_kinds[i];
    return NULL;
}

const struct map_kind *map_kind_of(const struct type *t) {
    for (size_t i = 0; map_kinds[i]; i++)
        if (map_kinds[i]->type == t->kind)
            return map_kinds[i];
    return NULL;
}

/* ---- arguments ----------------------------------------------------------------------------- */

bool kind_int_argument(struct sema *s, const struct node *call, uint32_t i) {
    const struct type *t = call->call.args.v[i]->type;
    if (t->kind == TY_POISON)
        return false;
    if (type_is_intlike(t) || type_ops[t->kind].is_castable)
        return true;
    sema_error(s, call, D_BAD_ARGUMENT, "%s() only supports integer arguments (%s provided)", call->call.name,
               type_str(s->arena, t));
    return false;
}

bool kind_literal(struct sema *s, const struct node *call, uint32_t i, int64_t *value) {
    const struct node *a = call->call.args.v[i];
    if (sema_const_int(a, value))
        return true;
    if (a->type->kind != TY_POISON)
        sema_error(s, call, D_BAD_ARGUMENT, "%s() expects a int literal (%s provided)", call->call.name,
                   type_ops[a->type->kind].name);
    return false;
}

bool kind_is_signed(const struct node *call) {
    const struct type *t = call->call.args.v[0]->type;
    if (type_is_agg(t))
        return kind_result(t)->is_signed;
    return t->kind == TY_INT && t->is_signed;
}

const struct type *kind_result(const struct type *t) {
    return t->kind != TY_COUNT && t->is_signed ? &type_int64 : &type_uint64;
}

/* ---- code ---------------------------------------------------------------------------------- */

LLVMValueRef kind_value(struct codegen *cg, const struct node *call) { return cg_expr_i64(cg, call->call.args.v[0]); }

LLVMValueRef kind_word(struct codegen *cg, struct value cell, uint32_t i) {
    return cg_load_int(cg, cg_ptr_add(cg, cell.v, i * 8), 64);
}

void kind_set_word(struct codegen *cg, struct value cell, uint32_t i, LLVMValueRef v) {
    cg_store_int(cg, cg_ptr_add(cg, cell.v, i * 8), v);
}

void kind_add_word(struct codegen *cg, struct value cell, uint32_t i, LLVMValueRef v) {
    kind_set_word(cg, cell, i, cg_arith(cg, A_ADD, kind_word(cg, cell, i), v));
}

/* A chain of shifts without a branch: a comparison would be one, and each of them would double the paths of the
 * verifier. The sign of a negated number tells whether it is 0. */
LLVMValueRef kind_log2(struct codegen *cg, LLVMValueRef v) {
    LLVMValueRef p = cg_i64(cg, 0);
    for (unsigned half = 32; half; half /= 2) {
        LLVMValueRef upper = cg_arith(cg, A_LSHR, v, cg_i64(cg, half));
        LLVMValueRef beyond = cg_arith(cg, A_LSHR, cg_arith(cg, A_SUB, cg_i64(cg, 0), upper), cg_i64(cg, 63));
        LLVMValueRef step = cg_arith(cg, A_MUL, beyond, cg_i64(cg, half));
        v = cg_arith(cg, A_LSHR, v, step);
        p = cg_arith(cg, A_ADD, p, step);
    }
    return p;
}

void kind_count_bucket(struct codegen *cg, struct value cell, LLVMValueRef index, uint32_t n) {
    struct cg_if in = cg_if(cg, cg_cmp(cg, C_ULT, index, cg_i64(cg, n)));
    LLVMValueRef p = cg_ptr_add_v(cg, cell.v, cg_arith(cg, A_SHL, index, cg_i64(cg, 3)));
    struct value bucket = cg_mem(p, &type_uint64);
    kind_add_word(cg, bucket, 0, cg_i64(cg, 1));
    cg_end(cg, &in);
}

/* ---- user space ---------------------------------------------------------------------------- */

void kind_fold_words(void *acc, const void *cell, size_t n) {
    uint64_t *to = acc;
    const uint64_t *from = cell;
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

bool kind_any_word(const void *acc, size_t n) {
    const uint64_t *w = acc;
    for (size_t i = 0; i < n; i++)
        if (w[i])
            return true;
    return false;
}
