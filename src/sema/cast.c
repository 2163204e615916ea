/* Casts (reference §7.4). */
#include "sema/state.h"

/* "(T)": where a cast is reported. */
struct span cast_span(const struct node *n) {
    struct span at = n->span;
    if (n->cast.target->span.src == at.src && n->cast.target->span.hi < at.hi)
        at.hi = n->cast.target->span.hi + 1; /* the closing parenthesis */
    return at;
}

struct span value_span(const struct node *n) { return n->kind == N_CAST ? cast_span(n) : n->span; }

static const struct type *refuse(struct sema *s, const struct node *n, const struct type *from, const struct type *to) {
    diag_error(s->diag, D_BAD_CAST, cast_span(n), "Cannot cast from \"%s\" to \"%s\"",
               from->kind == TY_NONE ? "void" : say(s, from), say(s, to));
    return &type_poison;
}

static bool is_int_array(const struct type *t) {
    return t->kind == TY_ARRAY && (t->elem->kind == TY_INT || t->elem->kind == TY_BOOL);
}

static bool is_open(const struct node *target) {
    const struct type_spec *spec = target->tspec.spec;
    return spec->nsuffixes && !spec->suffixes[spec->nsuffixes - 1].is_pointer &&
           !spec->suffixes[spec->nsuffixes - 1].has_count;
}

/* To an array of integers: the same bytes. T[] takes its size from what is cast, literals the size of the array. */
static const struct type *to_array(struct sema *s, struct node *n, const struct type *from, const struct type *to) {
    const struct node *e = n->cast.operand;
    uint32_t width = to->elem->size;
    if (to->elem->kind != TY_INT && to->elem->kind != TY_BOOL)
        return type_equal(from, to) ? to : refuse(s, n, from, to);
    bool is_bytes = reads_as_int(from) || (from->kind == TY_STRING && width == 1) ||
                    (from->kind == TY_ARRAY && type_equal(from->elem, to->elem));
    uint32_t size = type_of_copy(from)->size;
    if (!is_bytes || !width)
        return refuse(s, n, from, to);
    if (is_open(n->cast.target)) {
        if (size % width)
            return refuse(s, n, from, to);
        return with_space(s, type_array(s->arena, to->elem, size / width), from->as);
    }
    bool is_literal = e->is_const && !e->const_str && is_literal_node(e) && to->size <= 8;
    return size == to->size || is_literal ? with_space(s, to, from->as) : refuse(s, n, from, to);
}

static const struct type *to_int(struct sema *s, struct node *n, const struct type *from, const struct type *to) {
    if (reads_as_int(from) || from->kind == TY_PTR)
        return to;
    if (from->kind == TY_USERNAME || from->kind == TY_KSYM)
        return to;
    if (is_int_array(from) && from->size == to->size && to->kind == TY_INT)
        return to;
    return refuse(s, n, from, to);
}

static const struct type *to_enum(struct sema *s, struct node *n, const struct type *from, const struct type *to) {
    const struct node *e = n->cast.operand;
    if (!reads_as_int(from))
        return refuse(s, n, from, to);
    if (e->is_const && !type_enumerator(to, e->const_value))
        diag_error(s->diag, D_BAD_CAST, cast_span(n), "Enum: %s doesn't contain a variant value of %lld",
                   to->name ? to->name : "", (long long)e->const_value);
    return to;
}

static const struct type *to_pointer(struct sema *s, struct node *n, const struct type *from, const struct type *to) {
    if (from->kind == TY_PTR)
        return with_space(s, to, from->as != AS_NONE ? from->as : sema_int_space(s));
    if (reads_as_int(from) || from->kind == TY_KSYM)
        return with_space(s, to, sema_int_space(s));
    return refuse(s, n, from, to);
}

static const struct type *to_string(struct sema *s, struct node *n, const struct type *from, const struct type *to) {
    if (from->kind != TY_STRING || (to->size && from->size > to->size))
        return refuse(s, n, from, to);
    return to->size ? with_space(s, to, from->as) : from;
}

static const struct type *convert(struct sema *s, struct node *n, const struct type *from, const struct type *to) {
    switch ((int)to->kind) {
    case TY_NONE: return to;
    case TY_BOOL:
    case TY_INT: return to_int(s, n, from, to);
    case TY_ENUM: return to_enum(s, n, from, to);
    case TY_PTR: return to_pointer(s, n, from, to);
    case TY_ARRAY: return to_array(s, n, from, to);
    case TY_STRING: return to_string(s, n, from, to);
    case TY_USERNAME: return reads_as_int(from) ? to : refuse(s, n, from, to);
    default: return type_equal(from, to) && !type_is_agg(to) ? to : refuse(s, n, from, to);
    }
}

static void warn_needless(struct sema *s, const struct node *n, const struct type *from, const struct type *to) {
    if (s->is_final && type_equal(from, to) && !is_castable(from))
        diag_warn(s->diag, D_GENERIC, cast_span(n), "Unnecessary cast: expression is already of type %s", say(s, to));
}

const struct type *type_cast(struct sema *s, struct node *n) {
    const struct type *to = resolve_type(s, n->cast.target);
    const struct type *from = sema_expr(s, n->cast.operand);
    if (is_poison(to) || is_poison(from))
        return to->kind == TY_ARRAY ? &type_poison : to;
    const struct type *t = convert(s, n, from, to);
    if (is_poison(t) || !check_size(s, t, cast_span(n)))
        return &type_poison;
    warn_needless(s, n, from, t);
    n->type = t;
    fold_cast(n);
    return t;
}
