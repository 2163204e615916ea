/* Loops. Bodies of `for` become functions of their own: variables from outside that they use are captured. */
#include "sema/state.h"

void type_while(struct sema *s, struct node *n) {
    struct diagnostic *g =
        diag_warn(s->diag, D_DEPRECATED, n->span, "While loops are deprecated and may be removed in the future.");
    diag_hint(s->diag, g,
              "For loops support ranges (e.g. `for ($x : $start..$end) { ... }`), and can be used in place of while. "
              "These are more easily proven to be bounded by the verifier.");
    sema_expr(s, n->loop.cond);
    check_condition(s, n, n->loop.cond);
    s->state->loops++;
    type_stmt(s, n->loop.body);
    s->state->loops--;
}

void type_unroll(struct sema *s, struct node *n) {
    int64_t count;
    sema_expr(s, n->loop.cond);
    bool known = sema_const_int(n->loop.cond, &count);
    if (!known && s->is_final)
        sema_error(s, n, D_BAD_ARGUMENT, "invalid unroll value");
    else if (known && count < 0)
        sema_error(s, n, D_BAD_ARGUMENT, "invalid unroll value");
    else if (known && count < 1)
        sema_error(s, n, D_BAD_ARGUMENT, "unroll minimum value is 1");
    else if (known && count > 100)
        sema_error(s, n, D_BAD_ARGUMENT, "unroll maximum value is 100");
    type_stmt(s, n->loop.body);
}

/* The loop variable in a scope around the body. */
static void type_body(struct sema *s, struct node *n, const struct type *t) {
    struct scope sc;
    struct node *var = n->forloop.var;
    scope_open(s, &sc);
    s->state->loops++;
    s->state->for_loops++;
    s->state->callbacks++;
    struct local *old = scope_find(s, var->var.name);
    if (old) {
        diag_error(s->diag, D_SCOPE, var->span, "Loop declaration shadows existing variable: $%s", var->var.name);
        diag_note(s->diag, old->declared,
                  old->is_loop  ? "This is the loop variable."
                  : old->is_let ? "This is the initial declaration."
                                : "This is the initial assignment.");
    } else {
        struct local *v = scope_declare(s, var, var->span);
        v->is_loop = v->var.is_assigned = true;
        settle_variable(s, v, t, var->span, NULL);
        var->type = v->var.type ? v->var.type : &type_poison;
    }
    type_stmt(s, n->forloop.body);
    s->state->callbacks--;
    s->state->for_loops--;
    s->state->loops--;
    scope_close(s);
}

static bool check_bound(struct sema *s, const struct node *n, const struct node *bound, const char *which) {
    const struct type *t = bound->type;
    if (is_poison(t))
        return false;
    if (reads_as_int(t) && t->kind != TY_BOOL)
        return true;
    struct span at = n->span;
    at.hi = n->forloop.to->span.hi;
    diag_error(s->diag, D_TYPE_MISMATCH, at, "Loop range requires an integer for the %s value", which);
    return false;
}

static const struct type *range_type(struct sema *s, struct node *n) {
    sema_expr(s, n->forloop.from);
    sema_expr(s, n->forloop.to);
    bool from = check_bound(s, n, n->forloop.from, "start"), to = check_bound(s, n, n->forloop.to, "end");
    if (!from || !to)
        return &type_poison;
    const struct type *t = sema_unify(s, type_of_copy(n->forloop.from->type), type_of_copy(n->forloop.to->type));
    return t ? t : &type_poison;
}

/* (key, value), aggregations as their number. */
static const struct type *pair_type(struct sema *s, struct node *n) {
    struct node *map = n->forloop.map;
    const struct map_entry *m = map_whole(s, map);
    if (m->is_settled && !m->is_keyed)
        return sema_error(s, map, D_BAD_OPERAND,
                          "%s has no explicit keys (scalar map), and cannot be used for iteration", m->info.name);
    if (!m->info.key || !m->info.value)
        return &type_poison;
    if (type_is_agg(m->info.value) && !is_castable(m->info.value))
        return sema_error(s, map, D_BAD_OPERAND, "Loop expression does not support type: %s", say(s, m->info.value));
    const struct type *elems[] = { m->info.key, type_of_copy(m->info.value) };
    return type_tuple(s->arena, elems, 2);
}

void type_for_loop(struct sema *s, struct node *n) {
    type_body(s, n, n->kind == N_FOR_MAP ? pair_type(s, n) : range_type(s, n));
}
