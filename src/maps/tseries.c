/* tseries(n, interval, buckets[, agg]): not there yet. The row keeps the name known, so that its use is refused in place
 * of being an unknown function. */
#include "maps/kinds.h"

static const struct type *check(struct sema *s, struct node *call) {
    return sema_error(s, call, D_UNSUPPORTED, "tseries() is not supported yet");
}

static uint32_t cell_size(const struct type *t) {
    (void)t;
    return 8;
}

static void update(struct codegen *cg, const struct node *call, const struct type *t, struct value cell) {
    (void)cg, (void)call, (void)t, (void)cell;
}

static void fold(const struct type *t, void *acc, const void *cell) { (void)t, (void)acc, (void)cell; }

static int64_t number(const struct type *t, const void *acc) {
    (void)t, (void)acc;
    return 0;
}

static bool has_value(const struct type *t, const void *acc) {
    (void)t, (void)acc;
    return false;
}

const struct map_kind kind_tseries = { "tseries", TY_TSERIES, "any,any,any,?any", check, cell_size, update,
                                       fold,      number,     has_value,          NULL,  NULL };
