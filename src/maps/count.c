/* count(): how often. A cell is one number. */
#include "maps/kinds.h"

static const struct type *check(struct sema *s, struct node *call) {
    (void)s, (void)call;
    return &type_count;
}

static uint32_t cell_size(const struct type *t) {
    (void)t;
    return sizeof(struct count_cell);
}

static void update(struct codegen *cg, const struct node *call, const struct type *t, struct value cell) {
    (void)call, (void)t;
    kind_add_word(cg, cell, 0, cg_i64(cg, 1));
}

static void fold(const struct type *t, void *acc, const void *cell) {
    (void)t;
    kind_fold_words(acc, cell, 1);
}

static int64_t number(const struct type *t, const void *acc) {
    (void)t;
    return (int64_t)((const struct count_cell *)acc)->n;
}

static bool has_value(const struct type *t, const void *acc) {
    (void)t;
    return kind_any_word(acc, 1);
}

static void read_fold(struct codegen *cg, const struct type *t, struct value acc, struct value cell) {
    (void)t;
    kind_add_word(cg, acc, 0, kind_word(cg, cell, 0));
}

static struct value read_result(struct codegen *cg, const struct type *t, struct value acc) {
    return cg_reg(kind_word(cg, acc, 0), kind_result(t));
}

const struct map_kind kind_count = { "count", TY_COUNT, "",        check,     cell_size,  update,
                                     fold,    number,   has_value, read_fold, read_result };

/* sum(n): the same cell. Wraps around at 64 bits. A sum of zeros cannot be told from none in the cell alone: has_value
 * follows the reference, where a zero sum of a keyed map is an entry (the runtime asks only for keyless maps, which have
 * a flag of their own). */
static const struct type *check_sum(struct sema *s, struct node *call) {
    if (!kind_int_argument(s, call, 0))
        return &type_poison;
    return type_agg(s->arena, TY_SUM, kind_is_signed(call));
}

static void update_sum(struct codegen *cg, const struct node *call, const struct type *t, struct value cell) {
    (void)t;
    kind_add_word(cg, cell, 0, kind_value(cg, call));
}

const struct map_kind kind_sum = { "sum", TY_SUM, "any",     check_sum, cell_size,  update_sum,
                                   fold,  number, has_value, read_fold, read_result };
