/* Types in struct program's JSON. Types that need no parameters are written by name, the others as objects whose
 * members are left out when zero. 64-bit numbers are strings: a JSON number is a double. Reading checks what the
 * decoder relies on, because program files may come from anywhere: members lie within their parents. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/arena.h"
#include "types/sketch.h"
#include "types/type.h"

static const char *const kind_names[TY_NKINDS] = {
    [TY_NONE] = "none",
    [TY_POISON] = "poison",
    [TY_BOOL] = "bool",
    [TY_INT] = "int",
    [TY_ENUM] = "enum",
    [TY_FLOAT] = "float",
    [TY_PTR] = "ptr",
    [TY_ARRAY] = "array",
    [TY_STRUCT] = "struct",
    [TY_STRING] = "string",
    [TY_BUFFER] = "buffer",
    [TY_TUPLE] = "tuple",
    [TY_RECORD] = "record",
    [TY_KSTACK] = "kstack",
    [TY_USTACK] = "ustack",
    [TY_KSYM] = "ksym",
    [TY_USYM] = "usym",
    [TY_USERNAME] = "username",
    [TY_INET] = "inet",
    [TY_MAC] = "mac",
    [TY_TIMESTAMP] = "timestamp",
    [TY_CGROUP_PATH] = "cgroup",
    [TY_TSMODE] = "tsmode",
    [TY_COUNT] = "count",
    [TY_SUM] = "sum",
    [TY_MIN] = "min",
    [TY_MAX] = "max",
    [TY_AVG] = "avg",
    [TY_STATS] = "stats",
    [TY_HIST] = "hist",
    [TY_LHIST] = "lhist",
    [TY_TSERIES] = "tseries",
    [TY_QUANTILE] = "quantile",
    [TY_DISTINCT] = "distinct",
};

static const struct {
    const char *name;
    const struct type *type;
} simple_types[] = {
    { "none", &type_none },          { "poison", &type_poison }, { "bool", &type_bool },
    { "int8", &type_int8 },          { "int16", &type_int16 },   { "int32", &type_int32 },
    { "int64", &type_int64 },        { "uint8", &type_uint8 },   { "uint16", &type_uint16 },
    { "uint32", &type_uint32 },      { "uint64", &type_uint64 }, { "char", &type_char },
    { "ksym", &type_ksym },          { "usym", &type_usym },     { "username", &type_username },
    { "inet", &type_inet },          { "mac", &type_mac },       { "timestamp", &type_timestamp },
    { "cgroup", &type_cgroup_path }, { "count", &type_count },   { "tsmode", &type_tsmode },
    { "distinct", &type_distinct },
};
enum { NSIMPLE = sizeof simple_types / sizeof simple_types[0] };

static const char *simple_name(const struct type *t) {
    for (size_t i = 0; i < NSIMPLE; i++) {
        const struct type *s = simple_types[i].type;
        if (t->kind == s->kind && t->size == s->size && t->is_signed == s->is_signed && t->is_char == s->is_char)
            return simple_types[i].name;
    }
    return NULL;
}

/* ---- writing ------------------------------------------------------------------------------ */

static void add_num(cJSON *o, const char *key, uint32_t v) {
    if (v)
        cJSON_AddNumberToObject(o, key, v);
}

static void add_flag(cJSON *o, const char *key, bool v) {
    if (v)
        cJSON_AddTrueToObject(o, key);
}

static cJSON *wide(uint64_t v) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, (int64_t)v);
    return cJSON_CreateString(digits);
}

static void add_wide(cJSON *o, const char *key, int64_t v) {
    if (v)
        cJSON_AddItemToObject(o, key, wide((uint64_t)v));
}

static cJSON *field_to_json(const struct field *f) {
    cJSON *o = cJSON_CreateObject();
    if (f->name)
        cJSON_AddStringToObject(o, "name", f->name);
    cJSON_AddItemToObject(o, "type", type_to_json(f->type));
    add_num(o, "offset", f->offset);
    add_num(o, "bit_offset", f->bit_offset);
    add_num(o, "bit_size", f->bit_size);
    add_num(o, "home", f->home);
    add_flag(o, "common", f->is_common);
    add_flag(o, "relative", f->is_relative);
    return o;
}

static void add_lists(cJSON *o, const struct type *t) {
    if (t->nfields) {
        cJSON *fields = cJSON_AddArrayToObject(o, "fields");
        for (uint32_t i = 0; i < t->nfields; i++)
            cJSON_AddItemToArray(fields, field_to_json(&t->fields[i]));
    }
    if (t->nenumerators) {
        cJSON *names = cJSON_AddObjectToObject(o, "values");
        for (uint32_t i = 0; i < t->nenumerators; i++)
            cJSON_AddItemToObject(names, t->enumerators[i].name, wide(t->enumerators[i].value));
    }
}

/* What a pointer points to need not be known to print the pointer, and may be the struct it is in. */
static struct type reduced(const struct type *t) {
    struct type r = *t;
    if (t->kind == TY_STRUCT) {
        r.is_incomplete = true;
        r.size = 0;
        r.nfields = 0;
    }
    r.nenumerators = 0;
    return r;
}

struct cJSON *type_to_json(const struct type *t) {
    const char *simple = simple_name(t);
    if (simple)
        return cJSON_CreateString(simple);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "kind", kind_names[t->kind]);
    add_num(o, "size", t->size);
    add_num(o, "align", t->align);
    add_flag(o, "signed", t->is_signed);
    add_flag(o, "char", t->is_char);
    add_flag(o, "union", t->is_union);
    add_flag(o, "args", t->is_args);
    add_flag(o, "incomplete", t->is_incomplete);
    if (t->name)
        cJSON_AddStringToObject(o, "name", t->name);
    if (t->elem) {
        struct type elem = t->kind == TY_PTR ? reduced(t->elem) : *t->elem;
        cJSON_AddItemToObject(o, "elem", type_to_json(&elem));
    }
    add_num(o, "count", t->count);
    add_num(o, "as", t->as);
    add_lists(o, t);
    add_num(o, "mode", t->stack_mode);
    add_num(o, "limit", t->limit);
    add_num(o, "bits", t->bits);
    add_wide(o, "min", t->min);
    add_wide(o, "max", t->max);
    add_wide(o, "step", t->step);
    return o;
}

/* ---- reading ------------------------------------------------------------------------------ */

static uint32_t get_num(const cJSON *o, const char *key) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsNumber(v) && v->valuedouble > 0 && v->valuedouble <= UINT32_MAX ? (uint32_t)v->valuedouble : 0;
}

static bool get_flag(const cJSON *o, const char *key) { return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, key)); }

static int64_t get_wide(const cJSON *v) { return cJSON_IsString(v) ? strtoll(v->valuestring, NULL, 10) : 0; }

static const char *get_str(struct arena *a, const cJSON *o, const char *key) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(v) ? arena_strdup(a, v->valuestring) : NULL;
}

static bool read_fields(struct arena *a, const cJSON *list, struct type *t) {
    t->nfields = (uint32_t)cJSON_GetArraySize(list);
    t->fields = ARENA_ARRAY(a, struct field, t->nfields);
    struct field *f = t->fields;
    const cJSON *o;
    cJSON_ArrayForEach(o, list) {
        f->name = get_str(a, o, "name");
        f->type = type_from_json(a, cJSON_GetObjectItemCaseSensitive(o, "type"));
        f->offset = get_num(o, "offset");
        f->bit_offset = (uint8_t)get_num(o, "bit_offset");
        f->bit_size = (uint8_t)get_num(o, "bit_size");
        f->home = get_num(o, "home") <= FIELD_SYSCALL_ARG ? get_num(o, "home") : FIELD_MEMORY;
        f->is_common = get_flag(o, "common");
        f->is_relative = get_flag(o, "relative");
        if (!f->type || (t->kind == TY_RECORD && !f->name))
            return false;
        if (!t->is_args && (uint64_t)f->offset + f->type->size > t->size)
            return false;
        f++;
    }
    return true;
}

static void read_enumerators(struct arena *a, const cJSON *list, struct type *t) {
    t->nenumerators = (uint32_t)cJSON_GetArraySize(list);
    t->enumerators = ARENA_ARRAY(a, struct enumerator, t->nenumerators);
    struct enumerator *e = t->enumerators;
    const cJSON *o;
    cJSON_ArrayForEach(o, list) {
        *e++ =
            (struct enumerator){ .name = arena_strdup(a, o->string ? o->string : ""), .value = (uint64_t)get_wide(o) };
    }
}

static bool find_kind(const cJSON *o, enum type_kind *kind) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, "kind");
    for (int k = 0; cJSON_IsString(v) && k < TY_NKINDS; k++) {
        *kind = (enum type_kind)k;
        if (strcmp(kind_names[k], v->valuestring) == 0)
            return true;
    }
    return false;
}

/* Whether sizes and parameters are as the constructors would have made them. */
static bool is_sound(const struct type *t) {
    bool is_power_of_2 = t->align && (t->align & (t->align - 1)) == 0;
    switch (t->kind) {
    case TY_INT:
    case TY_ENUM: return t->size == 1 || t->size == 2 || t->size == 4 || t->size == 8;
    case TY_PTR: return t->elem && t->size == 8;
    case TY_ARRAY: return t->elem && (uint64_t)t->elem->size * t->count == t->size;
    case TY_BUFFER: return t->size >= 4;
    case TY_TUPLE:
    case TY_RECORD: return is_power_of_2;
    case TY_KSTACK:
    case TY_USTACK:
        return t->stack_mode <= STACK_BUILD_ID &&
               t->size == (t->kind == TY_USTACK ? sizeof(struct stack_value) : offsetof(struct stack_value, pid));
    case TY_HIST: return t->bits <= 5 && t->size == 8 * type_hist_buckets(t);
    case TY_LHIST: return t->step > 0 && t->max > t->min && t->size == 8 * type_lhist_buckets(t);
    case TY_SUM: return t->size == sizeof(struct count_cell);
    case TY_MIN:
    case TY_MAX:
    case TY_AVG:
    case TY_STATS: return t->size == sizeof(struct avg_cell);
    case TY_TSERIES: return t->step > 0 && t->max > 0 && t->max <= 1000000 && t->bits <= TSERIES_SUM;
    case TY_QUANTILE: return t->size == QUANTILE_CELL && t->nenumerators > 0;
    case TY_STRUCT:
    case TY_STRING:
    case TY_FLOAT: return true;
    case TY_NONE: /* these are never written as objects */
    case TY_POISON:
    case TY_BOOL:
    case TY_KSYM:
    case TY_USYM:
    case TY_USERNAME:
    case TY_INET:
    case TY_MAC:
    case TY_TIMESTAMP:
    case TY_CGROUP_PATH:
    case TY_TSMODE:
    case TY_COUNT:
    case TY_DISTINCT:
    case TY_NKINDS: break;
    }
    return false;
}

static const struct type *simple_from_json(const char *name) {
    for (size_t i = 0; i < NSIMPLE; i++)
        if (strcmp(simple_types[i].name, name) == 0)
            return simple_types[i].type;
    return NULL;
}

const struct type *type_from_json(struct arena *a, const struct cJSON *j) {
    if (cJSON_IsString(j))
        return simple_from_json(j->valuestring);
    struct type *t = ARENA_NEW(a, struct type);
    if (!cJSON_IsObject(j) || !find_kind(j, &t->kind))
        return NULL;
    t->size = get_num(j, "size");
    t->align = get_num(j, "align");
    t->is_signed = get_flag(j, "signed");
    t->is_char = get_flag(j, "char");
    t->is_union = get_flag(j, "union");
    t->is_args = get_flag(j, "args");
    t->is_incomplete = get_flag(j, "incomplete");
    t->name = get_str(a, j, "name");
    const cJSON *elem = cJSON_GetObjectItemCaseSensitive(j, "elem");
    if (elem && !(t->elem = type_from_json(a, elem)))
        return NULL;
    t->count = get_num(j, "count");
    t->as = get_num(j, "as") <= AS_BPF ? get_num(j, "as") : AS_NONE;
    if (!read_fields(a, cJSON_GetObjectItemCaseSensitive(j, "fields"), t))
        return NULL;
    read_enumerators(a, cJSON_GetObjectItemCaseSensitive(j, "values"), t);
    t->stack_mode = get_num(j, "mode");
    t->limit = get_num(j, "limit");
    t->bits = get_num(j, "bits");
    t->min = get_wide(cJSON_GetObjectItemCaseSensitive(j, "min"));
    t->max = get_wide(cJSON_GetObjectItemCaseSensitive(j, "max"));
    t->step = get_wide(cJSON_GetObjectItemCaseSensitive(j, "step"));
    return is_sound(t) ? t : NULL;
}
