/* lhist(n, min, max, step): counts by equal steps, with a bucket below and one above. */
#include "maps/kinds.h"

enum { MAX_BUCKETS = 1000 };

static const struct type *check(struct sema *s, struct node *call) {
    int64_t min, max, step;
    if (!kind_int_argument(s, call, 0))
        return &type_poison;
    const struct node *low = call->call.args.v[1];
    if (low->type->kind != TY_POISON && !sema_const_int(low, &min))
        return sema_error(s, call, D_BAD_ARGUMENT, "lhist: invalid min value (must be non-negative literal)");
    if (!kind_literal(s, call, 1, &min) || !kind_literal(s, call, 2, &max) || !kind_literal(s, call, 3, &step))
        return &type_poison;
    if (step < 1)
        return sema_error(s, call, D_BAD_ARGUMENT, "lhist() step must be >= 1 (%lld provided)", (long long)step);
    if (min < 0)
        return sema_error(s, call, D_BAD_ARGUMENT, "lhist: invalid min value (must be non-negative literal)");
    if (max <= min)
        return sema_error(s, call, D_BAD_ARGUMENT, "lhist() min must be less than max (provided min %lld and max %lld)",
                          (long long)min, (long long)max);
    int64_t buckets = (max - min) / step;
    if (buckets > MAX_BUCKETS)
        return sema_error(s, call, D_BAD_ARGUMENT, "lhist() too many buckets, must be <= %d (would need %lld)",
                          MAX_BUCKETS, (long long)buckets);
    if (!buckets)
        return sema_error(s, call, D_BAD_ARGUMENT,
                          "lhist() step is too large for the given range (provided step %lld for range %lld)",
                          (long long)step, (long long)(max - min));
    return type_lhist(s->arena, min, max, step);
}

static uint32_t cell_size(const struct type *t) { return type_lhist_buckets(t) * 8; }

/* Only values that are not below min are divided. All are taken as signed, 2^63 and more too, as in hist(). */
static void update(struct codegen *cg, const struct node *call, const struct type *t, struct value cell) {
    uint32_t n = type_lhist_buckets(t);
    LLVMValueRef v = kind_value(cg, call), index = cg_slot(cg, cg_i64(cg, 0));
    LLVMValueRef min = cg_i64(cg, (uint64_t)t->min);
    struct cg_if in = cg_if(cg, cg_cmp(cg, C_SGE, v, min));
    LLVMValueRef steps = cg_arith(cg, A_UDIV, cg_arith(cg, A_SUB, v, min), cg_i64(cg, (uint64_t)t->step));
    LLVMValueRef over = cg_cmp(cg, C_UGE, steps, cg_i64(cg, n - 2));
    LLVMValueRef at = cg_select(cg, over, cg_i64(cg, n - 1), cg_arith(cg, A_ADD, steps, cg_i64(cg, 1)));
    cg_slot_set(cg, index, at);
    cg_end(cg, &in);
    kind_count_bucket(cg, cell, cg_slot_get(cg, index), n);
}

static void fold(const struct type *t, void *acc, const void *cell) {
    kind_fold_words(acc, cell, type_lhist_buckets(t));
}

static int64_t number(const struct type *t, const void *acc) {
    const uint64_t *b = acc;
    uint64_t total = 0;
    for (uint32_t i = 0; i < type_lhist_buckets(t); i++)
        total += b[i];
    return (int64_t)total;
}

static bool has_value(const struct type *t, const void *acc) { return kind_any_word(acc, type_lhist_buckets(t)); }

const struct map_kind kind_lhist = { "lhist", TY_LHIST, "int,any,any,any", check, cell_size, update,
                                     fold,    number,   has_value,         NULL,  NULL };
