/* The table of kinds, the types that need no arena, and the constructors. */
#include "types/type.h"

#include <stdalign.h>
#include <string.h>

#include "types/sketch.h"

const struct type_ops type_ops[TY_NKINDS] = {
    /*                  name            scalar agg    castable storable printable */
    [TY_NONE] = { "void", false, false, false, false, false },
    /* Poison may stand anywhere without causing another message. */
    [TY_POISON] = { "none", false, false, false, true, true },
    [TY_BOOL] = { "bool", true, false, false, true, true },
    [TY_INT] = { "int", true, false, false, true, true },
    [TY_ENUM] = { "int", true, false, false, true, true },
    [TY_FLOAT] = { "none", false, false, false, false, false },
    [TY_PTR] = { "pointer", true, false, false, true, true },
    [TY_ARRAY] = { "array", false, false, false, true, true },
    [TY_STRUCT] = { "c_type", false, false, false, true, true },
    [TY_STRING] = { "string", false, false, false, true, true },
    [TY_BUFFER] = { "buffer", false, false, false, true, true },
    [TY_TUPLE] = { "tuple", false, false, false, true, true },
    [TY_RECORD] = { "record", false, false, false, true, true },
    [TY_KSTACK] = { "kstack", false, false, false, true, true },
    [TY_USTACK] = { "ustack", false, false, false, true, true },
    [TY_KSYM] = { "ksym_t", true, false, false, true, true },
    [TY_USYM] = { "usym_t", false, false, false, true, true },
    [TY_USERNAME] = { "username_t", true, false, false, true, true },
    [TY_INET] = { "inet", false, false, false, true, true },
    [TY_MAC] = { "mac_address", false, false, false, true, true },
    [TY_TIMESTAMP] = { "timestamp", false, false, false, true, true },
    [TY_CGROUP_PATH] = { "cgroup_path_t", false, false, false, true, true },
    [TY_TSMODE] = { "timestamp_mode", false, false, false, false, false },
    [TY_COUNT] = { "count_t", false, true, true, false, true },
    [TY_SUM] = { "sum_t", false, true, true, false, true },
    [TY_MIN] = { "min_t", false, true, true, false, true },
    [TY_MAX] = { "max_t", false, true, true, false, true },
    [TY_AVG] = { "avg_t", false, true, true, false, true },
    [TY_STATS] = { "stats_t", false, true, false, false, true },
    [TY_HIST] = { "hist_t", false, true, false, false, true },
    [TY_LHIST] = { "lhist_t", false, true, false, false, true },
    [TY_TSERIES] = { "tseries_t", false, true, false, false, true },
    [TY_QUANTILE] = { "quantile_t", false, true, false, false, true },
    [TY_DISTINCT] = { "distinct_t", false, true, false, false, true },
};

#define FIXED(kind_, size_, align_) { .kind = (kind_), .size = (size_), .align = (align_) }
#define INT(bytes, sign)            { .kind = TY_INT, .size = (bytes), .align = (bytes), .is_signed = (sign) }

const struct type type_none = FIXED(TY_NONE, 0, 1);
const struct type type_poison = FIXED(TY_POISON, 0, 1);
const struct type type_bool = FIXED(TY_BOOL, 1, 1);
const struct type type_int8 = INT(1, true);
const struct type type_int16 = INT(2, true);
const struct type type_int32 = INT(4, true);
const struct type type_int64 = INT(8, true);
const struct type type_uint8 = INT(1, false);
const struct type type_uint16 = INT(2, false);
const struct type type_uint32 = INT(4, false);
const struct type type_uint64 = INT(8, false);
const struct type type_char = { .kind = TY_INT, .size = 1, .align = 1, .is_char = true };
const struct type type_ksym = FIXED(TY_KSYM, 8, 8);
const struct type type_usym = FIXED(TY_USYM, sizeof(struct usym_value), alignof(struct usym_value));
const struct type type_username = FIXED(TY_USERNAME, 8, 8);
const struct type type_mac = FIXED(TY_MAC, 6, 1);
const struct type type_timestamp = FIXED(TY_TIMESTAMP, sizeof(struct timestamp_value), alignof(struct timestamp_value));
const struct type type_cgroup_path =
    FIXED(TY_CGROUP_PATH, sizeof(struct cgroup_path_value), alignof(struct cgroup_path_value));
const struct type type_inet = FIXED(TY_INET, sizeof(struct inet_value), alignof(struct inet_value));
const struct type type_distinct = FIXED(TY_DISTINCT, DISTINCT_REGISTERS, 8);
const struct type type_count = FIXED(TY_COUNT, sizeof(struct count_cell), alignof(struct count_cell));
const struct type type_tsmode = FIXED(TY_TSMODE, 0, 1);

static const struct type *copy(struct arena *a, struct type t) {
    struct type *p = ARENA_NEW(a, struct type);
    *p = t;
    return p;
}

const struct type *type_int(unsigned size, bool is_signed) {
    switch (size) {
    case 1: return is_signed ? &type_int8 : &type_uint8;
    case 2: return is_signed ? &type_int16 : &type_uint16;
    case 4: return is_signed ? &type_int32 : &type_uint32;
    default: return is_signed ? &type_int64 : &type_uint64;
    }
}

const struct type *type_ptr(struct arena *a, const struct type *elem, enum addr_space as) {
    return copy(a, (struct type){ .kind = TY_PTR, .size = 8, .align = 8, .elem = elem, .as = as });
}

const struct type *type_array(struct arena *a, const struct type *elem, uint32_t count) {
    struct type t = { .kind = TY_ARRAY, .align = elem->align, .elem = elem, .count = count };
    if (__builtin_mul_overflow(elem->size, count, &t.size))
        t.size = UINT32_MAX; /* too large for every use, and not by accident small */
    return copy(a, t);
}

const struct type *type_string(struct arena *a, uint32_t size) {
    return copy(a, (struct type)FIXED(TY_STRING, size, 1));
}

const struct type *type_buffer(struct arena *a, uint32_t capacity) {
    return copy(a, (struct type)FIXED(TY_BUFFER, capacity + 4, 4));
}

/* C layout: every element at the next multiple of its alignment, the whole padded to the largest alignment. */
static const struct type *aggregate(struct arena *a, enum type_kind kind, const char *const *names,
                                    const struct type *const *elems, uint32_t n) {
    struct type *t = ARENA_NEW(a, struct type);
    *t = (struct type){ .kind = kind, .align = 1, .fields = ARENA_ARRAY(a, struct field, n), .nfields = n };
    for (uint32_t i = 0; i < n; i++) {
        uint32_t align = elems[i]->align ? elems[i]->align : 1;
        t->size = (t->size + align - 1) / align * align;
        t->fields[i] = (struct field){ .name = names ? names[i] : NULL, .type = elems[i], .offset = t->size };
        t->size += elems[i]->size;
        t->align = align > t->align ? align : t->align;
    }
    t->size = (t->size + t->align - 1) / t->align * t->align;
    return t;
}

const struct type *type_tuple(struct arena *a, const struct type *const *elems, uint32_t n) {
    return aggregate(a, TY_TUPLE, NULL, elems, n);
}

const struct type *type_record(struct arena *a, const char *const *names, const struct type *const *elems, uint32_t n) {
    return aggregate(a, TY_RECORD, names, elems, n);
}

const struct type *type_stack(struct arena *a, enum type_kind kind, enum stack_mode mode, uint32_t limit) {
    uint32_t size = kind == TY_USTACK ? sizeof(struct stack_value) : offsetof(struct stack_value, pid);
    return copy(
        a, (struct type){
               .kind = kind, .size = size, .align = alignof(struct stack_value), .stack_mode = mode, .limit = limit });
}

const struct type *type_agg(struct arena *a, enum type_kind kind, bool is_signed) {
    uint32_t size = kind == TY_SUM || kind == TY_COUNT ? sizeof(struct count_cell)
                    : kind == TY_MIN || kind == TY_MAX ? sizeof(struct minmax_cell)
                                                       : sizeof(struct avg_cell);
    return copy(a, (struct type){ .kind = kind, .size = size, .align = 8, .is_signed = is_signed });
}

uint32_t type_hist_buckets(const struct type *t) { return ((64 - t->bits) << t->bits) + 1; }

uint32_t type_lhist_buckets(const struct type *t) {
    uint64_t range = (uint64_t)t->max - (uint64_t)t->min;
    return (uint32_t)(range / (uint64_t)(t->step > 0 ? t->step : 1)) + 2;
}

const struct type *type_hist(struct arena *a, uint32_t bits) {
    struct type t = { .kind = TY_HIST, .align = 8, .bits = bits };
    t.size = 8 * type_hist_buckets(&t);
    return copy(a, t);
}

const struct type *type_lhist(struct arena *a, int64_t min, int64_t max, int64_t step) {
    struct type t = { .kind = TY_LHIST, .align = 8, .min = min, .max = max, .step = step };
    t.size = 8 * type_lhist_buckets(&t);
    return copy(a, t);
}

const struct type *type_tseries(struct arena *a, int64_t interval, uint32_t buckets, uint32_t agg, bool is_signed) {
    return copy(
        a, (struct type){
               .kind = TY_TSERIES, .align = 8, .is_signed = is_signed, .bits = agg, .max = buckets, .step = interval });
}

const struct type *type_quantile(struct arena *a, const uint64_t *percents, uint32_t n) {
    struct type t = { .kind = TY_QUANTILE, .size = QUANTILE_CELL, .align = 8, .nenumerators = n };
    t.enumerators = ARENA_ARRAY(a, struct enumerator, n);
    for (uint32_t i = 0; i < n; i++)
        t.enumerators[i] = (struct enumerator){ arena_printf(a, "p%u", (unsigned)percents[i]), percents[i] };
    return copy(a, t);
}

const struct type *type_with_as(struct arena *a, const struct type *t, enum addr_space as) {
    struct type changed = *t;
    changed.as = as;
    return copy(a, changed);
}

const struct type *type_enum_value(struct arena *a, const struct type *t) {
    struct type value = *t;
    value.size = value.align = 8;
    value.is_signed = false;
    return copy(a, value);
}
