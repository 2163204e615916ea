/* Macro definitions: checks, and finding the one that a call means. */
#include <string.h>

#include "expand/expander.h"

/* Values that the language itself defines for all code; a parameter of that name could never be reached. */
static bool is_reserved_value(const char *name) {
    static const char *const names[] = { "pid", "tid", "nsecs", "args", "ctx", "kstack", "ustack", NULL };
    if (strncmp(name, "arg", 3) == 0 && name[3] >= '0' && name[3] <= '9')
        return true;
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void check_params(struct expander *x, const struct node *n) {
    struct hmap seen;
    hmap_init(&seen, x->arena);
    for (size_t i = 0; i < n->macro.nparams; i++) {
        const struct macro_param *p = &n->macro.params[i];
        const char *key = arena_printf(x->arena, "%s%s", p->kind == MP_VAR ? "$" : "", p->name);
        if (p->kind == MP_EXPR && is_reserved_value(p->name))
            diag_error(x->diag, D_MACRO, p->span, "syntax: builtin '%s' can't be used as a macro argument", p->name);
        if (hmap_put(&seen, key, x)) {
            diag_error(x->diag, D_MACRO, p->span, "Ident for macro argument has already been used: %s", p->name);
            return;
        }
    }
}

struct flow {
    struct expander *x;
    unsigned loops; /* around the current statement */
};

/* A macro must not steer the code around its call. */
static void check_flow(struct node **child, void *ctx) {
    struct flow *f = ctx;
    struct node *n = *child;
    bool is_loop = n->kind == N_WHILE || n->kind == N_UNROLL || n->kind == N_FOR_MAP || n->kind == N_FOR_RANGE;
    if (n->kind == N_RETURN || ((n->kind == N_BREAK || n->kind == N_CONTINUE) && !f->loops))
        diag_error(f->x->diag, D_MACRO, n->span, "'%s' statement is not allowed in a macro", node_kind_name(n->kind));
    f->loops += is_loop;
    node_children(n, check_flow, f);
    f->loops -= is_loop;
}

static struct macro_def *by_arity(struct macro_def *def, size_t nparams) {
    while (def && def->node->macro.nparams != nparams)
        def = def->next;
    return def;
}

void macro_define(struct expander *x, struct node *n, bool is_library) {
    struct hmap *table = is_library ? &x->library : &x->user;
    struct macro_def *first = hmap_get(table, n->macro.name);
    const struct macro_def *same = is_library ? NULL : by_arity(first, n->macro.nparams);
    if (same) {
        diag_error(x->diag, D_MACRO, n->span, "Redefinition of macro: %s", n->macro.name);
        diag_note(x->diag, same->node->span, "This is the original definition.");
        return;
    }
    struct flow flow = { x, 0 };
    check_params(x, n);
    check_flow(&n->macro.body, &flow);
    struct macro_def *def = ARENA_NEW(x->arena, struct macro_def);
    def->node = n;
    def->is_library = is_library;
    if (!first) {
        hmap_put(table, n->macro.name, def);
        return;
    }
    while (first->next)
        first = first->next;
    first->next = def;
}

/* ---- lookup -------------------------------------------------------------------------------- */

static bool kind_matches(const struct macro_param *p, const struct node *arg) {
    if (p->kind == MP_VAR)
        return arg->kind == N_VAR;
    if (p->kind == MP_MAP)
        return arg->kind == N_MAP && !arg->map.key;
    return true;
}

/* First argument of the wrong kind, or the number of arguments. */
static size_t first_mismatch(const struct macro_def *def, const node_vec *args) {
    size_t i = 0;
    while (i < args->n && kind_matches(&def->node->macro.params[i], args->v[i]))
        i++;
    return i;
}

static const char *kind_of_arg(const struct node *arg) {
    if (arg->kind == N_VAR)
        return "a variable";
    return arg->kind == N_MAP && !arg->map.key ? "a map" : "an expression";
}

static void report_kind(struct expander *x, const struct node *call, const struct macro_def *def,
                        const node_vec *args) {
    size_t i = first_mismatch(def, args);
    const struct macro_param *p = &def->node->macro.params[i];
    diag_error(x->diag, D_MACRO, call->span, "Call to %s() has arguments that do not match any definition.",
               def->node->macro.name);
    diag_note(x->diag, args->v[i]->span, "Mismatched arg. %s() expects %s for arg %s%s but got %s.",
              def->node->macro.name, p->kind == MP_VAR ? "a variable" : "a map", p->kind == MP_VAR ? "$" : "", p->name,
              kind_of_arg(args->v[i]));
    diag_note(x->diag, p->span, "This is the argument in the closest definition.");
}

static void report_count(struct expander *x, const struct node *call, const struct macro_def *def, size_t got) {
    while (def->next)
        def = def->next;
    diag_error(x->diag, D_MACRO, call->span, "Call to %s() has arguments that do not match any definition.",
               def->node->macro.name);
    diag_note(x->diag, def->node->span,
              "The closest definition of %s() has a different number of arguments. Expected: %zu but got %zu",
              def->node->macro.name, def->node->macro.nparams, got);
}

/* Several library macros may differ in the kinds of their parameters alone. */
static const struct macro_def *best(struct macro_def *defs, const node_vec *args) {
    const struct macro_def *closest = NULL;
    for (struct macro_def *d = by_arity(defs, args->n); d; d = by_arity(d->next, args->n)) {
        if (first_mismatch(d, args) == args->n)
            return d;
        closest = d;
    }
    return closest;
}

const struct macro_def *macro_lookup(struct expander *x, const struct node *call, const char *name,
                                     const node_vec *args, bool *failed) {
    bool in_library = x->frame && x->frame->def->is_library;
    struct macro_def *defs = in_library ? NULL : hmap_get(&x->user, name);
    const struct macro_def *def = best(defs, args);
    if (!def) {
        if (x->opt->is_builtin && x->opt->is_builtin(name))
            return NULL;
        struct macro_def *library = library_find(x, name);
        def = best(library, args);
        if (!defs)
            defs = library;
    }
    if (!defs)
        return NULL;
    if (!def)
        report_count(x, call, defs, args->n);
    else if (first_mismatch(def, args) < args->n)
        report_kind(x, call, def, args);
    else
        return def;
    *failed = true;
    return NULL;
}
