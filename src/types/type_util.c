/* Questions about types: equality, fields, enumerators, and their notation in diagnostics. */
#include <inttypes.h>
#include <string.h>

#include "support/strbuf.h"
#include "types/type.h"

static bool same_name(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool same_fields(const struct type *a, const struct type *b) {
    if (a->nfields != b->nfields)
        return false;
    for (uint32_t i = 0; i < a->nfields; i++) {
        const struct field *f = &a->fields[i], *g = &b->fields[i];
        if (f->offset != g->offset || f->bit_offset != g->bit_offset || f->bit_size != g->bit_size ||
            !same_name(f->name, g->name) || !type_equal(f->type, g->type))
            return false;
    }
    return true;
}

/* A tag stands for its members: comparing those as well would not end for a list of itself. */
static bool same_struct(const struct type *a, const struct type *b) {
    if (a->is_union != b->is_union || !same_name(a->name, b->name))
        return false;
    if (a->is_incomplete || b->is_incomplete)
        return true;
    return a->size == b->size && (a->name || same_fields(a, b));
}

static bool same_enum(const struct type *a, const struct type *b) {
    if (a->size != b->size || !same_name(a->name, b->name))
        return false;
    if (a->name)
        return true;
    if (a->nenumerators != b->nenumerators)
        return false;
    for (uint32_t i = 0; i < a->nenumerators; i++)
        if (a->enumerators[i].value != b->enumerators[i].value ||
            strcmp(a->enumerators[i].name, b->enumerators[i].name) != 0)
            return false;
    return true;
}

bool type_equal(const struct type *a, const struct type *b) {
    if (a == b)
        return true;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case TY_INT: return a->size == b->size && a->is_signed == b->is_signed;
    case TY_ENUM: return same_enum(a, b);
    case TY_PTR: return type_equal(a->elem, b->elem);
    case TY_ARRAY: /* of char: a string; of uint8: not one */
        return a->count == b->count && a->elem->is_char == b->elem->is_char && type_equal(a->elem, b->elem);
    case TY_STRUCT: return same_struct(a, b);
    case TY_TUPLE:
    case TY_RECORD: return same_fields(a, b);
    case TY_STRING:
    case TY_BUFFER:
    case TY_FLOAT: return a->size == b->size;
    case TY_KSTACK:
    case TY_USTACK: return a->stack_mode == b->stack_mode && a->limit == b->limit;
    case TY_SUM:
    case TY_MIN:
    case TY_MAX:
    case TY_AVG:
    case TY_STATS: return a->is_signed == b->is_signed;
    case TY_HIST: return a->bits == b->bits;
    case TY_LHIST:
    case TY_TSERIES:
        return a->min == b->min && a->max == b->max && a->step == b->step && a->bits == b->bits &&
               a->is_signed == b->is_signed;
    case TY_QUANTILE: return same_enum(a, b);
    case TY_NONE:
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
    return true;
}

const struct field *type_field(const struct type *t, const char *name, uint32_t *offset) {
    for (uint32_t i = 0; i < t->nfields; i++) {
        const struct field *f = &t->fields[i];
        if (f->name && f->name[0] && strcmp(f->name, name) == 0) {
            *offset = f->offset;
            return f;
        }
    }
    for (uint32_t i = 0; i < t->nfields; i++) {
        const struct field *f = &t->fields[i];
        if (!f->name || f->name[0] || f->type->kind != TY_STRUCT)
            continue;
        const struct field *inner = type_field(f->type, name, offset);
        if (inner) {
            *offset += f->offset;
            return inner;
        }
    }
    return NULL;
}

const char *type_enumerator(const struct type *t, uint64_t value) {
    for (uint32_t i = 0; i < t->nenumerators; i++)
        if (t->enumerators[i].value == value)
            return t->enumerators[i].name;
    return NULL;
}

static void format_list(struct strbuf *out, const struct type *t) {
    for (uint32_t i = 0; i < t->nfields; i++) {
        if (i)
            strbuf_addc(out, ',');
        type_format(out, t->fields[i].type);
    }
}

static void format_struct(struct strbuf *out, const struct type *t) {
    strbuf_adds(out, t->is_union ? "union " : "struct ");
    if (t->name) {
        strbuf_adds(out, t->name);
        return;
    }
    strbuf_addc(out, '{');
    format_list(out, t);
    strbuf_addc(out, '}');
}

static void format_record(struct strbuf *out, const struct type *t) {
    strbuf_adds(out, "record { ");
    for (uint32_t i = 0; i < t->nfields; i++) {
        strbuf_printf(out, "%s.%s = ", i ? ", " : "", t->fields[i].name ? t->fields[i].name : "");
        type_format(out, t->fields[i].type);
    }
    strbuf_adds(out, " }");
}

/* Dimensions in C's order: the outermost first. */
static void format_array(struct strbuf *out, const struct type *t) {
    const struct type *base = t;
    while (base->kind == TY_ARRAY && !(base->elem->is_char))
        base = base->elem;
    if (base->kind == TY_ARRAY) { /* of char */
        strbuf_printf(out, "string[%" PRIu32 "]", base->count);
    } else {
        type_format(out, base);
    }
    for (; t != base; t = t->elem)
        strbuf_printf(out, "[%" PRIu32 "]", t->count);
}

static void format_stack(struct strbuf *out, const struct type *t) {
    static const char *const modes[] = { "bpftrace", "perf", "raw", "build_id" };
    strbuf_printf(out, "%s_%s_%" PRIu32, type_ops[t->kind].name, modes[t->stack_mode], t->limit);
}

void type_format(struct strbuf *out, const struct type *t) {
    switch (t->kind) {
    case TY_INT: strbuf_printf(out, "%sint%" PRIu32, t->is_signed ? "" : "u", t->size * 8); break;
    case TY_ENUM: strbuf_printf(out, "enum %s", t->name ? t->name : "{}"); break;
    case TY_PTR:
        if (t->elem->kind == TY_NONE)
            strbuf_adds(out, "void");
        else
            type_format(out, t->elem);
        strbuf_adds(out, " *");
        break;
    case TY_ARRAY: format_array(out, t); break;
    case TY_STRUCT: format_struct(out, t); break;
    case TY_STRING: /* size 0: not known yet */
        strbuf_adds(out, "string");
        if (t->size)
            strbuf_printf(out, "[%" PRIu32 "]", t->size);
        break;
    case TY_BUFFER:
    case TY_INET: strbuf_printf(out, "%s[%" PRIu32 "]", type_ops[t->kind].name, t->size); break;
    case TY_TUPLE:
        strbuf_addc(out, '(');
        format_list(out, t);
        strbuf_addc(out, ')');
        break;
    case TY_RECORD: format_record(out, t); break;
    case TY_KSTACK:
    case TY_USTACK: format_stack(out, t); break;
    case TY_SUM:
    case TY_MIN:
    case TY_MAX:
    case TY_AVG:
    case TY_STATS: strbuf_printf(out, "%s%s", t->is_signed ? "" : "u", type_ops[t->kind].name); break;
    case TY_NONE: strbuf_adds(out, "none"); break;
    case TY_POISON:
    case TY_BOOL:
    case TY_FLOAT:
    case TY_KSYM:
    case TY_USYM:
    case TY_USERNAME:
    case TY_MAC:
    case TY_TIMESTAMP:
    case TY_CGROUP_PATH:
    case TY_TSMODE:
    case TY_COUNT:
    case TY_HIST:
    case TY_LHIST:
    case TY_TSERIES:
    case TY_QUANTILE:
    case TY_DISTINCT: strbuf_adds(out, type_ops[t->kind].name); break;
    case TY_NKINDS: break;
    }
}

const char *type_str(struct arena *a, const struct type *t) {
    struct strbuf text = { 0 };
    type_format(&text, t);
    return strbuf_finish(&text, a);
}
