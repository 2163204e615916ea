/* Scratch variables: block scope, no shadowing, one type each, settled over the rounds (reference §7.3, §10). */
#include "sema/state.h"

#include <string.h>

void scope_open(struct sema *s, struct scope *sc) {
    *sc = (struct scope){ .outer = s->state->scope };
    s->state->scope = sc;
}

void scope_close(struct sema *s) { s->state->scope = s->state->scope->outer; }

struct local *scope_find(struct sema *s, const char *name) {
    for (struct scope *sc = s->state->scope; sc; sc = sc->outer)
        for (VEC_EACH(v, &sc->locals))
            if (!strcmp((*v)->var.name, name))
                return *v;
    return NULL;
}

static void shadowing(struct sema *s, const struct node *var, struct span at, const struct local *first) {
    diag_error(s->diag, D_SCOPE, at, "Variable $%s was already declared. Variable shadowing is not allowed.",
               var->var.name);
    diag_note(s->diag, first->declared, "This is the initial %s.", first->is_let ? "declaration" : "assignment");
}

struct local *scope_declare(struct sema *s, struct node *var, struct span declared) {
    struct local *old = scope_find(s, var->var.name);
    if (old) {
        shadowing(s, var, declared, old);
        var->var.var = &old->var;
        return NULL;
    }
    struct local *v = (struct local *)var->var.var;
    if (!v) {
        v = ARENA_NEW(s->arena, struct local);
        v->var.name = var->var.name;
        v->var.span = var->span;
        v->declared = declared;
        var->var.var = &v->var;
    }
    v->callback = s->state->callbacks;
    v->var.is_assigned = v->var.is_read = false;
    VEC_PUSH(s->arena, &s->state->scope->locals, v);
    VEC_PUSH(s->arena, &s->state->locals, v);
    return v;
}

static const char *nearest_variable(struct sema *s, const char *name) {
    VEC(const char *) names = { 0 };
    for (struct scope *sc = s->state->scope; sc; sc = sc->outer)
        for (VEC_EACH(v, &sc->locals))
            VEC_PUSH(s->arena, &names, (*v)->var.name);
    return diag_nearest(name, names.v, names.n);
}

static struct local *look_up(struct sema *s, struct node *n) {
    struct local *v = scope_find(s, n->var.name);
    if (!v) {
        struct diagnostic *g =
            diag_error(s->diag, D_UNDEFINED_VAR, n->span, "Undefined or undeclared variable: $%s", n->var.name);
        const char *near = nearest_variable(s, n->var.name);
        if (near)
            diag_hint(s->diag, g, "did you mean $%s?", near);
        return NULL;
    }
    n->var.var = &v->var;
    if (v->callback < s->state->callbacks)
        v->var.is_captured = true;
    return v;
}

const struct type *type_var(struct sema *s, struct node *n) {
    struct local *v = look_up(s, n);
    if (!v)
        return &type_poison;
    v->var.is_read = true;
    if (!v->var.is_assigned && !s->comptime)
        diag_warn(s->diag, D_UNDEFINED_VAR, n->span, "Variable used before it was assigned: $%s", n->var.name);
    if (v->var.type)
        return v->var.type;
    if (s->is_final && !v->var.is_assigned)
        diag_error(s->diag, D_UNDEFINED_VAR, n->span, "Could not resolve the type of this variable");
    return &type_poison;
}

/* ---- types of variables -------------------------------------------------------------------- */

static void mismatch(struct sema *s, const struct local *v, const struct type *t, struct span at) {
    const char *old = v->open ? type_word(v->open) : say(s, v->var.type);
    diag_error(s->diag, D_TYPE_MISMATCH, at,
               "Type mismatch for $%s: trying to assign value of type '%s' when variable already has a type '%s'",
               v->var.name, say(s, t), old);
}

/* let $x: T: literals must lie in T's range; other integers are converted, with a warning. */
bool variable_fits(struct sema *s, const struct local *v, const struct type *t, const struct node *value) {
    const struct type *to = v->var.type;
    if (to->kind == TY_INT && (t->kind == TY_INT || t->kind == TY_ENUM)) {
        if (!value || !is_literal_node(value))
            return true;
        return int_fits(t, to) ||
               (t->is_literal && !to->is_signed && to->size < 8 && value->const_value < 1ull << (8 * to->size));
    }
    if (to->kind == TY_STRING && t->kind == TY_STRING)
        return t->size <= to->size;
    if (to->kind == TY_PTR && t->kind == TY_PTR)
        return true;
    if (to->kind == TY_ENUM)
        return t->kind == TY_ENUM || t->kind == TY_INT;
    const struct type *both = sema_unify(s, to, t);
    return both && type_equal(both, to);
}

bool settle_variable(struct sema *s, struct local *v, const struct type *t, struct span at, const struct node *value) {
    if (is_poison(t))
        return true;
    if (v->var.is_fixed) {
        if (!variable_fits(s, v, t, value)) {
            mismatch(s, v, t, at);
            return false;
        }
        if (v->var.type->kind == TY_PTR && v->var.type->as == AS_NONE)
            v->var.type = with_space(s, v->var.type, t->as);
        return true;
    }
    const struct type *both = last_pointee(s, sema_unify(s, v->var.type, t), t, &v->pointee_at);
    if (!both || (v->open && t->kind != v->open->kind)) {
        mismatch(s, v, t, at);
        return false;
    }
    bool same = v->var.type && type_equal(both, v->var.type) && both->is_literal == v->var.type->is_literal &&
                both->as == v->var.type->as;
    if (!same) {
        v->var.type = both;
        s->changed = true;
    }
    return true;
}

/* Forms that have no value because of how they are written, not because of what they call. */
bool is_shapeless(const struct node *n) { return n->kind == N_BLOCK || n->kind == N_IF || n->kind == N_TUPLE; }

/* What can not be kept in a variable says so. */
static bool check_storable(struct sema *s, const struct type *t, struct span at, const struct node *value) {
    if (t->kind == TY_NONE && value && !is_shapeless(value)) {
        diag_error(s->diag, D_TYPE_MISMATCH, at, "Value 'void' cannot be assigned to a scratch variable.");
        return false;
    }
    if (t->kind == TY_NONE || t->kind == TY_FLOAT) {
        diag_error(s->diag, D_TYPE_MISMATCH, at, "Invalid expression for assignment");
        return false;
    }
    if (!is_castable(t) && !type_ops[t->kind].is_storable) {
        diag_error(s->diag, D_TYPE_MISMATCH, at, "Value '%s' cannot be assigned to a scratch variable.", say(s, t));
        return false;
    }
    return true;
}

void assign_variable(struct sema *s, struct node *var, const struct type *t, struct span at, const struct node *value) {
    struct local *v = scope_find(s, var->var.name);
    bool storable = is_poison(t) || check_storable(s, t, at, value);
    if (!v)
        v = scope_declare(s, var, at);
    if (!v)
        return;
    var->var.var = &v->var;
    if (v->callback < s->state->callbacks)
        v->var.is_captured = true;
    v->var.is_assigned = true;
    bool fits = storable && settle_variable(s, v, type_of_copy(t), at, value);
    var->type = v->var.type ? v->var.type : &type_poison;
    if (fits && v->var.type)
        warn_conversion(s, value, v->var.type);
}

void sema_assign_var(struct sema *s, struct node *var, const struct type *t) {
    if (look_up(s, var))
        assign_variable(s, var, t, var->span, NULL);
    else
        var->type = &type_poison;
}
