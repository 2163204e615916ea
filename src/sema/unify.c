/* Types of literals, and the smallest type that two values share (reference §7.2, §7.3).
 *
 * A non-negative literal has the smallest signed type that holds it, marked is_literal: next to an unsigned value it
 * takes that side. Everything else keeps its sign. */
#include "sema/state.h"

#include <string.h>

#define LITERAL(bytes, sign) \
    { .kind = TY_INT, .size = (bytes), .align = (bytes), .is_signed = (sign), .is_literal = true }
static const struct type literals[] = { LITERAL(1, true), LITERAL(2, true), LITERAL(4, true), LITERAL(8, true),
                                        LITERAL(8, false) };

const struct type *sema_literal_type(uint64_t value, bool is_negative) {
    if (is_negative) {
        int64_t v = (int64_t)value;
        return v >= INT8_MIN ? &type_int8 : v >= INT16_MIN ? &type_int16 : v >= INT32_MIN ? &type_int32 : &type_int64;
    }
    return &literals[value <= INT8_MAX    ? 0
                     : value <= INT16_MAX ? 1
                     : value <= INT32_MAX ? 2
                     : value <= INT64_MAX ? 3
                                          : 4];
}

static const struct type *literal_of_size(uint32_t size, bool is_signed) {
    return &literals[!is_signed ? 4 : size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3];
}

const char *say(struct sema *s, const struct type *t) { return type_str(s->arena, t); }

const char *say_value(struct sema *s, const struct node *n) {
    return n->type->kind == TY_NONE && !is_shapeless(n) ? "void" : say(s, n->type);
}

const char *type_word(const struct type *t) { return type_ops[t->kind].name; }

bool type_is_signed(const struct type *t) {
    return (t->kind == TY_INT || is_castable(t)) && t->is_signed && !t->is_literal;
}

const struct type *type_of_copy(const struct type *t) {
    return is_castable(t) ? type_int(8, t->kind != TY_COUNT && t->is_signed) : t;
}

bool int_fits(const struct type *from, const struct type *to) {
    bool from_signed = type_is_signed(from), to_signed = to->kind == TY_INT && to->is_signed;
    if (from->is_literal)
        return from->size <= to->size && (from->is_signed || !to_signed);
    if (from_signed == to_signed)
        return from->size <= to->size;
    return to_signed && from->size < to->size;
}

const struct type *with_space(struct sema *s, const struct type *t, enum addr_space as) {
    return t->as == as ? t : type_with_as(s->arena, t, as);
}

/* Two integers, at least one not a literal: the smallest type with room for both; uint64 and signed give int64. */
static const struct type *unify_ints(const struct type *a, const struct type *b) {
    if (a->is_literal && b->is_literal)
        return !a->is_signed || !b->is_signed ? literal_of_size(8, false)
                                              : literal_of_size(a->size > b->size ? a->size : b->size, true);
    if (b->is_literal) {
        const struct type *t = a;
        a = b;
        b = t;
    }
    uint32_t size = a->size > b->size ? a->size : b->size;
    if (a->is_literal)
        return type_int(size, b->is_signed);
    if (a->is_signed == b->is_signed)
        return type_int(size, a->is_signed);
    uint32_t of_unsigned = a->is_signed ? b->size : a->size, of_signed = a->is_signed ? a->size : b->size;
    return type_int(of_unsigned < of_signed ? of_signed : of_unsigned >= 4 ? 8 : of_unsigned * 2, true);
}

static const struct type *unify_tuples(struct sema *s, const struct type *a, const struct type *b) {
    if (a->nfields != b->nfields)
        return NULL;
    const struct type **elems = ARENA_ARRAY(s->arena, const struct type *, a->nfields);
    const char **names = ARENA_ARRAY(s->arena, const char *, a->nfields);
    bool same = true;
    for (uint32_t i = 0; i < a->nfields; i++) {
        uint32_t offset;
        const struct field *f = &a->fields[i];
        const struct field *g = a->kind == TY_RECORD ? type_field(b, f->name, &offset) : &b->fields[i];
        if (!g || !(elems[i] = sema_unify(s, f->type, g->type)))
            return NULL;
        names[i] = f->name;
        same = same && elems[i] == f->type;
    }
    if (same)
        return a;
    return a->kind == TY_RECORD ? type_record(s->arena, names, elems, a->nfields)
                                : type_tuple(s->arena, elems, a->nfields);
}

const struct type *last_pointee(struct sema *s, const struct type *both, const struct type *t, unsigned *at) {
    unsigned number = ++s->state->assignments;
    if (!both || both->kind != TY_PTR || t->kind != TY_PTR || number < *at)
        return both;
    *at = number;
    return type_equal(both, t) ? both : with_space(s, t, both->as);
}

static const struct type *unify_pointers(struct sema *s, const struct type *a, const struct type *b) {
    return a->as == AS_NONE && b->as != AS_NONE ? with_space(s, a, b->as) : a;
}

/* An enum stays one only among its own. */
static const struct type *plain_int(const struct type *t) { return t->kind == TY_ENUM ? &type_uint64 : t; }

static const struct type *unify_aggs(struct sema *s, const struct type *a, const struct type *b) {
    if (a->kind == b->kind && a->is_signed != b->is_signed && a->kind != TY_TSERIES)
        return a->is_signed ? a : b;
    (void)s;
    return type_equal(a, b) ? a : NULL;
}

const struct type *sema_unify(struct sema *s, const struct type *a, const struct type *b) {
    if (!a || is_poison(a))
        return b;
    if (!b || is_poison(b) || a == b)
        return a;
    if (type_is_agg(a) && a->kind == b->kind)
        return unify_aggs(s, a, b);
    a = type_of_copy(a);
    b = type_of_copy(b);
    if (a->kind == TY_ENUM && b->kind == TY_ENUM && type_equal(a, b))
        return a;
    a = plain_int(a);
    b = plain_int(b);
    if (a->kind != b->kind)
        return NULL;
    switch ((int)a->kind) {
    case TY_INT: return unify_ints(a, b);
    case TY_PTR: return unify_pointers(s, a, b);
    case TY_TUPLE:
    case TY_RECORD: return unify_tuples(s, a, b);
    case TY_STRING:
    case TY_BUFFER:
        /* Where a longer copy lies says nothing: strings are read when they are evaluated. */
        return a->size >= b->size ? a : b;
    default: return type_equal(a, b) ? a : NULL;
    }
}

/* What a ternary with a constant condition comes down to. */
static const struct node *chosen(const struct node *n) {
    const struct node *c = n->cond.cond;
    bool yes = c->const_str ? c->const_len > 0 : c->const_value != 0;
    return yes ? (n->cond.yes ? n->cond.yes : c) : n->cond.no;
}

bool is_literal_node(const struct node *n) {
    while (n->is_const && (n->kind == N_COMPTIME || n->kind == N_TERNARY || n->kind == N_IF))
        n = n->kind == N_COMPTIME ? n->inner.expr : chosen(n);
    return n->is_const && n->kind != N_CAST && n->kind != N_CALL && n->kind != N_IDENT && n->type->kind != TY_ENUM;
}

void warn_int_cast(struct sema *s, struct span at, const struct type *from, const struct type *to) {
    from = type_of_copy(from);
    if (to->kind != TY_INT || !type_is_intlike(from) || from->kind == TY_BOOL || int_fits(from, to))
        return;
    diag_warn(
        s->diag, D_SIGN, at,
        "Expression of type: %s being cast to type: %s. This may cause unexpected results. Use an explicit cast to "
        "suppress this warning.",
        say(s, from->kind == TY_ENUM ? &type_uint64 : from), say(s, to));
}

static bool literal_fits(const struct node *n, const struct type *to) {
    if (!is_literal_node(n) || n->const_str || to->kind != TY_INT || to->size == 8)
        return false;
    int64_t v = (int64_t)n->const_value, top = (int64_t)1 << (8 * to->size - to->is_signed);
    return v < top && v >= (to->is_signed ? -top : 0);
}

void warn_conversion(struct sema *s, const struct node *value, const struct type *to) {
    if (!s->is_final || !value || !value->type || !to || type_is_agg(value->type) || literal_fits(value, to))
        return;
    if ((value->kind == N_TUPLE || value->kind == N_RECORD) && to->kind == value->type->kind) {
        for (uint32_t i = 0; i < value->tuple.items.n && i < to->nfields; i++) {
            uint32_t offset;
            const struct field *f =
                value->kind == N_TUPLE ? &to->fields[i] : type_field(to, value->tuple.names[i], &offset);
            if (f)
                warn_conversion(s, value->tuple.items.v[i], f->type);
        }
        return;
    }
    warn_int_cast(s, value_span(value), value->type, to);
}
