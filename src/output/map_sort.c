/* Order of a map's entries (reference §17.3): by value where values are numbers, else by key; ties by key, so that the
 * same content always gives the same output. Every entry gets a 64-bit rank once; keys are compared only within a
 * rank. */
#include <stdlib.h>
#include <string.h>

#include "output/show.h"

struct ranked {
    uint64_t rank; /* compared as unsigned */
    struct map_entry entry;
};

static const uint64_t sign_bit = UINT64_C(1) << 63;

static uint64_t rank_of(const struct type *t, const void *value) {
    struct number n;
    switch (t->kind) {
    case TY_BOOL:
    case TY_ENUM:
    case TY_INT: return load_scalar(t, value) ^ (t->kind == TY_INT && t->is_signed ? sign_bit : 0);
    case TY_COUNT:
    case TY_SUM:
    case TY_AVG:
    case TY_STATS:
    case TY_HIST:
    case TY_LHIST:
    case TY_QUANTILE:
    case TY_DISTINCT: n = aggregation_number(t, value); return n.v ^ (n.is_signed ? sign_bit : 0);
    case TY_MIN: /* as bpftrace: negative ones come last */
    case TY_MAX: return aggregation_number(t, value).v;
    case TY_NONE: /* the others keep the order of their keys */
    case TY_POISON:
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
    return 0;
}

/* ---- keys --------------------------------------------------------------------------------- */

static int compare_keys(const struct type *t, const char *a, const char *b);

static int compare_fields(const struct type *t, const char *a, const char *b) {
    int c = 0;
    for (uint32_t i = 0; i < t->nfields && c == 0; i++)
        c = compare_keys(t->fields[i].type, a + t->fields[i].offset, b + t->fields[i].offset);
    return c;
}

static int compare_elements(const struct type *t, const char *a, const char *b) {
    int c = 0;
    for (uint32_t i = 0; i < t->count && c == 0; i++)
        c = compare_keys(t->elem, a + (size_t)i * t->elem->size, b + (size_t)i * t->elem->size);
    return c;
}

static int compare_keys(const struct type *t, const char *a, const char *b) {
    uint64_t x, y;
    switch (t->kind) {
    case TY_INT: /* all of them as signed: bpftrace does not look */
        x = load_extended(a, t->size, true) ^ sign_bit;
        y = load_extended(b, t->size, true) ^ sign_bit;
        return (x > y) - (x < y);
    case TY_BOOL:
    case TY_ENUM:
    case TY_PTR:
    case TY_KSYM:
    case TY_USERNAME:
        x = load_unsigned(a, t->size);
        y = load_unsigned(b, t->size);
        return (x > y) - (x < y);
    case TY_TUPLE:
    case TY_RECORD: return compare_fields(t, a, b);
    case TY_ARRAY: return is_char_array(t) ? strncmp(a, b, t->size) : compare_elements(t, a, b);
    case TY_STRING: return strncmp(a, b, t->size);
    case TY_NONE: /* for the others any fixed order will do */
    case TY_POISON:
    case TY_FLOAT:
    case TY_STRUCT:
    case TY_BUFFER:
    case TY_KSTACK:
    case TY_USTACK:
    case TY_USYM:
    case TY_INET:
    case TY_MAC:
    case TY_TIMESTAMP:
    case TY_CGROUP_PATH:
    case TY_TSMODE:
    case TY_COUNT:
    case TY_SUM:
    case TY_MIN:
    case TY_MAX:
    case TY_AVG:
    case TY_STATS:
    case TY_HIST:
    case TY_LHIST:
    case TY_TSERIES:
    case TY_QUANTILE:
    case TY_DISTINCT:
    case TY_NKINDS: break;
    }
    return memcmp(a, b, t->size);
}

static int compare(const void *left, const void *right, void *key_type) {
    const struct ranked *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank > b->rank ? 1 : -1;
    return key_type ? compare_keys(key_type, a->entry.key, b->entry.key) : 0;
}

void map_sort(struct map_snapshot *m) {
    m->is_sorted = true;
    if (m->n < 2)
        return;
    struct ranked *ranked = calloc(m->n, sizeof *ranked);
    if (!ranked)
        out_of_memory();
    for (size_t i = 0; i < m->n; i++)
        ranked[i] = (struct ranked){ m->by_key ? 0 : rank_of(m->map->value, m->entries[i].value), m->entries[i] };
    qsort_r(ranked, m->n, sizeof *ranked, compare, (void *)(uintptr_t)m->map->key);
    for (size_t i = 0; i < m->n; i++)
        m->entries[i] = ranked[i].entry;
    free(ranked);
}
