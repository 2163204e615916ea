/* Expressions: one line a form, the work is in the file of its subject. */
#include "sema/state.h"

#include <stdarg.h>
#include <string.h>

const struct type *sema_error(struct sema *s, const struct node *n, enum diag_tag tag, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(s->arena, fmt, ap);
    va_end(ap);
    diag_error(s->diag, tag, n->span, "%s", text);
    return &type_poison;
}

static const struct type *type_int_literal(struct node *n) {
    set_constant(n, sema_literal_type(n->num.value, false), n->num.value);
    return n->type;
}

static const struct type *type_str_literal(struct sema *s, struct node *n) {
    uint64_t max = s->program->config.max_strlen;
    if (n->str.len + 1 > max && !s->state->is_format)
        return sema_error(s, n, D_LIMIT, "String is too long (over %llu bytes): %s", (unsigned long long)max, n->str.s);
    n->is_const = true;
    n->const_str = n->str.s;
    n->const_len = n->str.len;
    return type_string(s->arena, (uint32_t)n->str.len + 1);
}

/* An element of a tuple or record: castable aggregations as integers. */
static const struct type *type_element(struct sema *s, struct node *n) {
    const struct type *t = sema_expr(s, n);
    if (is_poison(t) || is_castable(t) || type_ops[t->kind].is_storable)
        return type_of_copy(t);
    if (type_is_agg(t))
        return sema_error(s, n, D_TYPE_MISMATCH, "Map type %s cannot exist inside a tuple.", say(s, t));
    return sema_error(s, n, D_TYPE_MISMATCH, "Value '%s' cannot exist inside a tuple.",
                      t->kind == TY_NONE ? "void" : say(s, t));
}

static const struct type *type_tuple_expr(struct sema *s, struct node *n) {
    size_t count = n->tuple.items.n;
    if (!count)
        return &type_none;
    const struct type **elems = ARENA_ARRAY(s->arena, const struct type *, count);
    bool known = true;
    for (size_t i = 0; i < count; i++) {
        elems[i] = type_element(s, n->tuple.items.v[i]);
        known = known && !is_poison(elems[i]);
    }
    if (!known)
        return &type_poison;
    const struct type *t = n->kind == N_RECORD ? type_record(s->arena, n->tuple.names, elems, (uint32_t)count)
                                               : type_tuple(s->arena, elems, (uint32_t)count);
    return check_size(s, t, n->span) ? t : &type_poison;
}

static bool is_written_out(const struct node *n) {
    switch ((int)n->kind) {
    case N_INT:
    case N_STR:
    case N_BOOL: return true;
    case N_UNARY: return n->is_const && is_written_out(n->unary.operand);
    case N_BINARY: return n->is_const && is_written_out(n->binary.left) && is_written_out(n->binary.right);
    default: return false;
    }
}

/* Behind a condition made of literals only one side is looked at: it takes the node's place. */
static bool take_side(struct node *n) {
    const struct node *c = n->cond.cond;
    if (!is_written_out(c))
        return false;
    bool truth = c->const_str ? c->const_len > 0 : c->const_value != 0;
    struct node taken = *(!truth ? n->cond.no : n->cond.yes ? n->cond.yes : c);
    *n = taken;
    return true;
}

/* Folds when the condition and the taken side are known. */
static void fold_ternary(struct node *n, const struct type *t) {
    const struct node *c = n->cond.cond;
    if (!c->is_const)
        return;
    bool truth = c->const_str ? c->const_len > 0 : c->const_value != 0;
    const struct node *taken = !truth ? n->cond.no : n->cond.yes ? n->cond.yes : c;
    if (taken->is_const)
        copy_constant(n, taken, t);
}

static const struct type *branches(struct sema *s, struct node *n, const struct type *yes, const struct type *no) {
    if (is_poison(yes) || is_poison(no))
        return is_poison(yes) ? no : yes;
    if (yes->kind == TY_NONE && no->kind == TY_NONE)
        return &type_none;
    const struct type *t = sema_unify(s, yes, no);
    if (!t || type_is_agg(t))
        t = sema_unify(s, type_of_copy(yes), type_of_copy(no));
    if (!t)
        return sema_error(s, n, D_TYPE_MISMATCH,
                          "Branches must return the same type or compatible types: have '%s' and '%s'", say(s, yes),
                          say(s, no));
    return t;
}

static const struct type *type_ternary(struct sema *s, struct node *n) {
    const struct type *cond = sema_expr(s, n->cond.cond);
    check_condition(s, n, n->cond.cond);
    if (take_side(n))
        return sema_expr(s, n);
    const struct type *yes = n->cond.yes ? sema_expr(s, n->cond.yes) : type_of_copy(cond);
    const struct type *t = branches(s, n, yes, sema_expr(s, n->cond.no));
    if (!is_poison(t))
        fold_ternary(n, t);
    return t;
}

static const struct type *type_comptime(struct sema *s, struct node *n) {
    const struct type *t = sema_expr(s, n->inner.expr);
    if (n->inner.expr->is_const)
        copy_constant(n, n->inner.expr, t);
    else if (s->is_final && !is_poison(t) && n->inner.expr->kind != N_RECORD)
        return sema_error(s, n, D_COMPTIME, "Unable to resolve comptime expression");
    return t;
}

static const struct type *type_misplaced(struct sema *s, struct node *n) {
    if (n->kind == N_TYPEOF)
        return sema_error(
            s, n, D_BAD_ARGUMENT,
            "When used as a call argument, `typeof` builtin only valid for macro calls that are expecting "
            "a type parameter");
    return sema_error(s, n, D_INTERNAL, "%s is not an expression", node_kind_name(n->kind));
}

static const struct type *dispatch(struct sema *s, struct node *n) {
    switch (n->kind) {
    case N_INT: return type_int_literal(n);
    case N_STR: return type_str_literal(s, n);
    case N_BOOL: set_constant(n, &type_bool, n->num.value); return &type_bool;
    case N_IDENT: return type_ident(s, n);
    case N_VAR: return type_var(s, n);
    case N_MAP: return type_map(s, n);
    case N_PARAM: set_constant(n, sema_literal_type(0, false), 0); return n->type;
    case N_CALL: return type_call(s, n);
    case N_UNARY: return type_unary(s, n);
    case N_INCDEC: return type_incdec(s, n);
    case N_BINARY: return type_binary(s, n);
    case N_TERNARY: return type_ternary(s, n);
    case N_IF: return type_if(s, n);
    case N_BLOCK: return type_block_expr(s, n);
    case N_FIELD: return type_field_access(s, n);
    case N_TUPLE_AT: return type_tuple_at(s, n);
    case N_INDEX: return type_index(s, n);
    case N_CAST: return type_cast(s, n);
    case N_TUPLE:
    case N_RECORD: return type_tuple_expr(s, n);
    case N_SIZEOF:
    case N_OFFSETOF:
    case N_TYPEINFO: return type_intro(s, n);
    case N_COMPTIME: return type_comptime(s, n);
    case N_TYPE:
    case N_TYPEOF:
    case N_ASSIGN:
    case N_LET:
    case N_DISCARD:
    case N_EXPR_STMT:
    case N_WHILE:
    case N_UNROLL:
    case N_FOR_MAP:
    case N_FOR_RANGE:
    case N_BREAK:
    case N_CONTINUE:
    case N_RETURN:
    case N_PROBE:
    case N_MACRO:
    case N_SUBPROG:
    case N_MAP_DECL:
    case N_CONFIG:
    case N_IMPORT:
    case N_CDEF:
    case N_NKINDS: break;
    }
    return type_misplaced(s, n);
}

const struct type *sema_expr(struct sema *s, struct node *n) {
    n->is_const = false;
    n->const_str = NULL;
    n->type = &type_poison;
    const struct type *t = dispatch(s, n);
    n->type = t;
    return t;
}
