/* tseries(n, interval, buckets[, aggregation]): one value for each of the last intervals of wall-clock time.
 *
 * A cell is a ring of slots, one an interval, found by the interval's number modulo their count. A slot whose time is of
 * another interval is overwritten, so nothing has to be cleared as time goes on. */
#include "maps/kinds.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_INTERVALS = 1000000, SLOT_WORDS = sizeof(struct tseries_slot) / 8 };

static const char *const agg_names[] = {
    [TSERIES_AVG] = "avg", [TSERIES_MAX] = "max", [TSERIES_MIN] = "min", [TSERIES_SUM] = "sum", NULL,
};

/* ---- checks -------------------------------------------------------------------------------- */

static bool number_argument(struct sema *s, const struct node *call, uint32_t i, const char *what, int64_t *value) {
    if (!sema_const_int(call->call.args.v[i], value) || *value < 0) {
        sema_error(s, call, D_BAD_ARGUMENT, "tseries: invalid %s value (must be non-negative literal)", what);
        return false;
    }
    if (*value)
        return true;
    sema_error(s, call, D_BAD_ARGUMENT, "tseries() %s must be >= 1 (0 provided)", what);
    return false;
}

static bool agg_argument(struct sema *s, const struct node *call, uint32_t *agg) {
    const char *name;
    size_t len;
    *agg = TSERIES_LAST;
    if (call->call.args.n < 4)
        return true;
    if (!sema_const_str(call->call.args.v[3], &name, &len)) {
        sema_error(s, call, D_BAD_ARGUMENT, "tseries() expects a string literal (%s provided)",
                   type_ops[call->call.args.v[3]->type->kind].name);
        return false;
    }
    for (uint32_t i = TSERIES_LAST + 1; agg_names[i]; i++)
        if (!strcmp(agg_names[i], name))
            *agg = i;
    if (*agg == TSERIES_LAST)
        sema_error(s, call, D_BAD_ARGUMENT,
                   "tseries() expects one of the following aggregation functions: avg, max, min, sum (\"%s\" provided)",
                   name);
    return *agg != TSERIES_LAST;
}

static const struct type *check(struct sema *s, struct node *call) {
    int64_t interval, buckets;
    uint32_t agg;
    sema_unstable(s, call, "tseries", s->program->config.unstable_tseries);
    if (s->program->config.unstable_tseries == UNSTABLE_ERROR || !kind_int_argument(s, call, 0) ||
        !number_argument(s, call, 1, "interval_ns", &interval) ||
        !number_argument(s, call, 2, "num_intervals", &buckets) || !agg_argument(s, call, &agg))
        return &type_poison;
    if (buckets > MAX_INTERVALS)
        return sema_error(s, call, D_BAD_ARGUMENT, "tseries() num_intervals must be < %d (%lld provided)",
                          MAX_INTERVALS, (long long)buckets);
    return type_tseries(s->arena, interval, (uint32_t)buckets, agg, kind_is_signed(call));
}

static uint32_t cell_size(const struct type *t) { return (uint32_t)t->max * sizeof(struct tseries_slot); }

/* ---- code ---------------------------------------------------------------------------------- */

/* For tests: the scalar map that BPFTRACE_DUMMY_TS_MAP names is the clock. */
static LLVMValueRef dummy_clock(struct codegen *cg) {
    const char *name = getenv("BPFTRACE_DUMMY_TS_MAP");
    const struct program *p = cg_checked(cg)->program;
    for (size_t i = 0; name && i < p->maps.n; i++) {
        const struct map_info *m = p->maps.v[i];
        if (!strcmp(m->name, name) && m->storage == MAP_GLOBAL && m->value->kind == TY_INT)
            return cg_zext(cg, cg_load_int(cg, cg_global(cg, m->offset), m->value->size * 8));
    }
    return NULL;
}

/* Nanoseconds since 1970. */
static LLVMValueRef clock_now(struct codegen *cg) {
    LLVMValueRef now = dummy_clock(cg);
    if (now)
        return now;
    LLVMValueRef distance = cg_load_int(cg, cg_global(cg, cg_checked(cg)->program->wall_offset), 64);
    return cg_arith(cg, A_ADD, CG_HELPER0(cg, BPF_FUNC_ktime_get_boot_ns), distance);
}

static void combine(struct codegen *cg, const struct type *t, struct value slot, LLVMValueRef v) {
    LLVMValueRef old = kind_word(cg, slot, 1);
    enum cond below = t->is_signed ? C_SLT : C_ULT;
    switch ((enum tseries_agg)t->bits) {
    case TSERIES_LAST: break;
    case TSERIES_MIN: v = cg_select(cg, cg_cmp(cg, below, v, old), v, old); break;
    case TSERIES_MAX: v = cg_select(cg, cg_cmp(cg, below, old, v), v, old); break;
    case TSERIES_AVG:
    case TSERIES_SUM: v = cg_arith(cg, A_ADD, old, v); break;
    }
    kind_set_word(cg, slot, 1, v);
    kind_add_word(cg, slot, 2, cg_i64(cg, 1));
}

/* LLVM knows that a remainder is below its divisor and would leave the comparison out that tells the verifier. */
static LLVMValueRef forget_range(struct codegen *cg, LLVMValueRef v) {
    LLVMValueRef slot = cg_slot(cg, v);
    cg_store_volatile(cg, slot, v);
    return cg_load_volatile(cg, slot, 64);
}

static void update(struct codegen *cg, const struct node *call, const struct type *t, struct value cell) {
    LLVMValueRef v = kind_value(cg, call), now = clock_now(cg);
    LLVMValueRef step = cg_i64(cg, (uint64_t)t->step), n = cg_i64(cg, (uint64_t)t->max);
    LLVMValueRef number = cg_arith(cg, A_UDIV, now, step), start = cg_arith(cg, A_MUL, number, step);
    LLVMValueRef index = forget_range(cg, cg_arith(cg, A_UREM, number, n));
    struct cg_if in = cg_if(cg, cg_cmp(cg, C_ULT, index, n));
    LLVMValueRef at = cg_ptr_add_v(cg, cell.v, cg_arith(cg, A_MUL, index, cg_i64(cg, SLOT_WORDS * 8)));
    struct value slot = cg_mem(at, &type_uint64);
    LLVMValueRef age = cg_arith(cg, A_SUB, kind_word(cg, slot, 0), start);
    struct cg_if other = cg_if(cg, cg_cmp(cg, C_UGE, age, step));
    kind_set_word(cg, slot, 1, v);
    kind_set_word(cg, slot, 2, cg_i64(cg, 1));
    cg_else(cg, &other);
    combine(cg, t, slot, v);
    cg_end(cg, &other);
    kind_set_word(cg, slot, 0, now);
    cg_end(cg, &in);
}

/* ---- user space ---------------------------------------------------------------------------- */

static bool is_below(const struct type *t, uint64_t a, uint64_t b) {
    return t->is_signed ? (int64_t)a < (int64_t)b : a < b;
}

static void fold_value(const struct type *t, struct tseries_slot *to, const struct tseries_slot *from) {
    switch ((enum tseries_agg)t->bits) {
    case TSERIES_LAST: to->value = from->time >= to->time ? from->value : to->value; break;
    case TSERIES_MIN: to->value = is_below(t, from->value, to->value) ? from->value : to->value; break;
    case TSERIES_MAX: to->value = is_below(t, to->value, from->value) ? from->value : to->value; break;
    case TSERIES_AVG:
    case TSERIES_SUM: to->value += from->value; break;
    }
    to->n += from->n;
    to->time = from->time > to->time ? from->time : to->time;
}

/* Of two slots in the same place the one of the later interval counts; the other one has gone out of the window. */
static void fold(const struct type *t, void *acc, const void *cell) {
    struct tseries_slot *to = acc;
    const struct tseries_slot *from = cell;
    uint64_t step = (uint64_t)t->step;
    for (int64_t i = 0; i < t->max; i++) {
        if (!from[i].n || (to[i].n && from[i].time / step < to[i].time / step))
            continue;
        if (!to[i].n || from[i].time / step > to[i].time / step)
            to[i] = from[i];
        else
            fold_value(t, &to[i], &from[i]);
    }
}

/* Maps of these are ordered by their keys. */
static int64_t number(const struct type *t, const void *acc) {
    (void)t, (void)acc;
    return 0;
}

static bool has_value(const struct type *t, const void *acc) {
    const struct tseries_slot *slot = acc;
    for (int64_t i = 0; i < t->max; i++)
        if (slot[i].n)
            return true;
    return false;
}

const struct map_kind kind_tseries = { "tseries", TY_TSERIES, "int,any,any,?any", check, cell_size, update,
                                       fold,      number,     has_value,          NULL,  NULL };
