/* min(n), max(n): the smallest and the largest. The first value is always taken, so a cell also says whether it has one. */
#include "maps/kinds.h"

static const struct type *check(struct sema *s, struct node *call, enum type_kind kind) {
    if (!kind_int_argument(s, call, 0))
        return &type_poison;
    return type_agg(s->arena, kind, kind_is_signed(call));
}

static const struct type *check_min(struct sema *s, struct node *call) { return check(s, call, TY_MIN); }
static const struct type *check_max(struct sema *s, struct node *call) { return check(s, call, TY_MAX); }

static uint32_t cell_size(const struct type *t) {
    (void)t;
    return sizeof(struct minmax_cell);
}

/* The comparison by which a value replaces the one kept. */
static enum cond better(const struct type *t) {
    if (t->kind == TY_MIN)
        return t->is_signed ? C_SLT : C_ULT;
    return t->is_signed ? C_SGT : C_UGT;
}

static void keep_better(struct codegen *cg, const struct type *t, struct value cell, LLVMValueRef v) {
    LLVMValueRef one = cg_i64(cg, 1);
    struct cg_if first = cg_if_unlikely(cg, cg_cmp(cg, C_EQ, kind_word(cg, cell, 1), cg_i64(cg, 0)));
    kind_set_word(cg, cell, 0, v);
    kind_set_word(cg, cell, 1, one);
    cg_else(cg, &first);
    struct cg_if replaces = cg_if(cg, cg_cmp(cg, better(t), v, kind_word(cg, cell, 0)));
    kind_set_word(cg, cell, 0, v);
    cg_end(cg, &replaces);
    cg_end(cg, &first);
}

static void update(struct codegen *cg, const struct node *call, const struct type *t, struct value cell) {
    keep_better(cg, t, cell, kind_value(cg, call));
}

static bool replaces(const struct type *t, uint64_t v, uint64_t kept) {
    if (t->kind == TY_MIN)
        return t->is_signed ? (int64_t)v < (int64_t)kept : v < kept;
    return t->is_signed ? (int64_t)v > (int64_t)kept : v > kept;
}

static void fold(const struct type *t, void *acc, const void *cell) {
    struct minmax_cell *to = acc;
    const struct minmax_cell *from = cell;
    if (from->is_set && (!to->is_set || replaces(t, from->value, to->value)))
        *to = *from;
}

static int64_t number(const struct type *t, const void *acc) {
    (void)t;
    return (int64_t)((const struct minmax_cell *)acc)->value;
}

static bool has_value(const struct type *t, const void *acc) {
    (void)t;
    return ((const struct minmax_cell *)acc)->is_set;
}

static void read_fold(struct codegen *cg, const struct type *t, struct value acc, struct value cell) {
    struct cg_if set = cg_if(cg, cg_cmp(cg, C_NE, kind_word(cg, cell, 1), cg_i64(cg, 0)));
    keep_better(cg, t, acc, kind_word(cg, cell, 0));
    cg_end(cg, &set);
}

static struct value read_result(struct codegen *cg, const struct type *t, struct value acc) {
    return cg_reg(kind_word(cg, acc, 0), kind_result(t));
}

const struct map_kind kind_min = { "min", TY_MIN, "any",     check_min, cell_size,  update,
                                   fold,  number, has_value, read_fold, read_result };
const struct map_kind kind_max = { "max", TY_MAX, "any",     check_max, cell_size,  update,
                                   fold,  number, has_value, read_fold, read_result };
