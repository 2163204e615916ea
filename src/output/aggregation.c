/* Folded cells of aggregations: the numbers in them, and their text. */
#include <string.h>

#include "output/show.h"
#include "types/sketch.h"

/* Averages are truncated toward zero. */
static uint64_t average(const struct type *t, const struct avg_cell *c) {
    if (c->n == 0)
        return 0;
    return t->is_signed ? (uint64_t)((int64_t)c->total / (int64_t)c->n) : c->total / c->n;
}

static struct avg_cell load_avg(const void *cell) {
    struct avg_cell c;
    memcpy(&c, cell, sizeof c);
    return c;
}

struct number aggregation_number(const struct type *t, const void *cell) {
    struct avg_cell c;
    switch (t->kind) {
    case TY_COUNT: return (struct number){ load_unsigned(cell, 8), false };
    case TY_SUM: return (struct number){ load_unsigned(cell, 8), t->is_signed };
    case TY_MIN:
    case TY_MAX: /* nothing there yet reads as 0 */
        c = load_avg(cell);
        return (struct number){ c.n ? c.total : 0, t->is_signed };
    case TY_AVG:
    case TY_STATS: c = load_avg(cell); return (struct number){ average(t, &c), t->is_signed };
    case TY_HIST:
    case TY_LHIST: return (struct number){ hist_total(t, cell), false };
    case TY_QUANTILE: return (struct number){ quantile_at(cell, t->enumerators[0].value), false };
    case TY_DISTINCT: return (struct number){ distinct_estimate(cell), false };
    case TY_NONE: /* the others are no aggregations, or not one number */
    case TY_POISON:
    case TY_BOOL:
    case TY_INT:
    case TY_ENUM:
    case TY_FLOAT:
    case TY_PTR:
    case TY_ARRAY:
    case TY_STRUCT:
    case TY_STRING:
    case TY_BUFFER:
    case TY_TUPLE:
    case TY_RECORD:
    case TY_KSTACK:
    case TY_USTACK:
    case TY_KSYM:
    case TY_USYM:
    case TY_USERNAME:
    case TY_INET:
    case TY_MAC:
    case TY_TIMESTAMP:
    case TY_CGROUP_PATH:
    case TY_TSMODE:
    case TY_TSERIES:
    case TY_NKINDS: break;
    }
    return (struct number){ 0 };
}

static void show_stats(struct strbuf *out, const struct type *t, const void *cell, int64_t div, bool json) {
    void (*show)(struct strbuf *, uint64_t, bool) = json ? json_int : show_int;
    struct avg_cell c = load_avg(cell);
    strbuf_adds(out, json ? "{\"count\": " : "{ .count = ");
    show(out, c.n, false);
    strbuf_adds(out, json ? ", \"average\": " : ", .average = ");
    show(out, divide(average(t, &c), t->is_signed, div), t->is_signed);
    strbuf_adds(out, json ? ", \"total\": " : ", .total = ");
    show(out, c.total, t->is_signed);
    strbuf_adds(out, json ? "}" : " }");
}

/* Percentiles are divided, the count is not. */
static void show_quantile(struct strbuf *out, const struct type *t, const uint64_t *counts, int64_t div, bool json) {
    void (*show)(struct strbuf *, uint64_t, bool) = json ? json_int : show_int;
    strbuf_adds(out, json ? "{\"count\": " : "{ .count = ");
    show(out, quantile_count(counts), false);
    for (uint32_t i = 0; i < t->nenumerators; i++) {
        strbuf_adds(out, json ? ", \"" : ", .");
        strbuf_adds(out, t->enumerators[i].name);
        strbuf_adds(out, json ? "\": " : " = ");
        show(out, divide(quantile_at(counts, t->enumerators[i].value), false, div), false);
    }
    strbuf_adds(out, json ? "}" : " }");
}

void show_aggregation(struct strbuf *out, const struct type *t, const void *cell, int64_t div, bool json) {
    if (t->kind == TY_STATS) {
        show_stats(out, t, cell, div, json);
        return;
    }
    if (t->kind == TY_QUANTILE) {
        show_quantile(out, t, cell, div, json);
        return;
    }
    struct number n = aggregation_number(t, cell);
    uint64_t v = divide(n.v, n.is_signed, div);
    if (json)
        json_int(out, v, n.is_signed);
    else
        show_int(out, v, n.is_signed);
}
