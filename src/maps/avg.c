/* avg(n), stats(n): total and number of values. They differ in how they are shown, and stats does not read as a number. */
#include "maps/kinds.h"

static const struct type *check(struct sema *s, struct node *call, enum type_kind kind) {
    if (!kind_int_argument(s, call, 0))
        return &type_poison;
    return type_agg(s->arena, kind, kind_is_signed(call));
}

static const struct type *check_avg(struct sema *s, struct node *call) { return check(s, call, TY_AVG); }
static const struct type *check_stats(struct sema *s, struct node *call) { return check(s, call, TY_STATS); }

static uint32_t cell_size(const struct type *t) {
    (void)t;
    return sizeof(struct avg_cell);
}

static void update(struct codegen *cg, const struct node *call, const struct type *t, struct value cell) {
    (void)t;
    kind_add_word(cg, cell, 0, kind_value(cg, call));
    kind_add_word(cg, cell, 1, cg_i64(cg, 1));
}

static void fold(const struct type *t, void *acc, const void *cell) {
    (void)t;
    kind_fold_words(acc, cell, 2);
}

/* Truncated toward zero. The quotient of INT64_MIN by -1 cannot come up: counts are positive. */
static int64_t number(const struct type *t, const void *acc) {
    const struct avg_cell *c = acc;
    if (!c->n)
        return 0;
    return t->is_signed ? (int64_t)c->total / (int64_t)c->n : (int64_t)(c->total / c->n);
}

static bool has_value(const struct type *t, const void *acc) {
    (void)t;
    return ((const struct avg_cell *)acc)->n;
}

static void read_fold(struct codegen *cg, const struct type *t, struct value acc, struct value cell) {
    (void)t;
    kind_add_word(cg, acc, 0, kind_word(cg, cell, 0));
    kind_add_word(cg, acc, 1, kind_word(cg, cell, 1));
}

/* BPF divides by zero to zero, which is what an empty average reads as. Division of signed numbers is newer than most
 * kernels: divide the magnitudes. */
static struct value read_avg(struct codegen *cg, const struct type *t, struct value acc) {
    LLVMValueRef total = kind_word(cg, acc, 0), n = kind_word(cg, acc, 1), zero = cg_i64(cg, 0);
    LLVMValueRef divisor = cg_select(cg, cg_cmp(cg, C_EQ, n, zero), cg_i64(cg, 1), n);
    if (!t->is_signed)
        return cg_reg(cg_arith(cg, A_UDIV, total, divisor), kind_result(t));
    LLVMValueRef sign = cg_arith(cg, A_ASHR, total, cg_i64(cg, 63)); /* 0 or -1 */
    LLVMValueRef magnitude = cg_arith(cg, A_SUB, cg_arith(cg, A_XOR, total, sign), sign);
    LLVMValueRef q = cg_arith(cg, A_UDIV, magnitude, divisor);
    return cg_reg(cg_arith(cg, A_SUB, cg_arith(cg, A_XOR, q, sign), sign), kind_result(t));
}

/* The folded cell itself, for print(@m[k]). */
static struct value read_stats(struct codegen *cg, const struct type *t, struct value acc) {
    (void)cg;
    return cg_mem(acc.v, t);
}

const struct map_kind kind_avg = { "avg", TY_AVG, "any",     check_avg, cell_size, update,
                                   fold,  number, has_value, read_fold, read_avg };
const struct map_kind kind_stats = { "stats", TY_STATS, "any",     check_stats, cell_size, update,
                                     fold,    number,   has_value, read_fold,   read_stats };
