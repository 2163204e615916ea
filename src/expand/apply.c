/* One use of a macro: a copy of the body with arguments in place of parameters.
 *
 * Hygiene: variables that the body itself assigns are renamed, a new name for each use, so that nothing outside of the
 * body sees them. Variables it only reads are the caller's, as in bpftrace. Maps must be parameters. */
#include <string.h>

#include "expand/expander.h"

struct application {
    struct expander *x;
    const struct macro_def *def;
    const node_vec *args, *raw;
    struct hmap own; /* variables of the body: old name to new */
    unsigned serial;
};

/* The argument for a parameter of this kind and name, or NULL. */
static struct node *argument(const struct application *app, int kind, const char *name, const node_vec *from) {
    const struct node *m = app->def->node;
    for (size_t i = 0; i < m->macro.nparams; i++)
        if ((int)m->macro.params[i].kind == kind && strcmp(m->macro.params[i].name, name) == 0)
            return from->v[i];
    return NULL;
}

static void count(struct node **child, void *ctx) {
    size_t *n = ctx;
    ++*n;
    node_children(*child, count, n);
}

/* Charges n nodes; false when the script has made too many already. */
static bool charge(struct expander *x, struct span at, size_t n) {
    x->nodes += n;
    if (x->nodes <= EXPAND_MAX_NODES)
        return true;
    if (!x->gave_up)
        diag_error(x->diag, D_LIMIT, at, "macros expand to too much code");
    x->gave_up = true;
    return false;
}

bool expander_charge(struct expander *x, struct span at, const struct node *tree) {
    size_t n = 0;
    struct node *start = (struct node *)tree;
    count(&start, &n);
    return charge(x, at, n);
}

static struct span span_to(struct span at, uint32_t hi) {
    at.hi = hi;
    return at;
}

/* ---- variables of the body ----------------------------------------------------------------- */

static void add_own(struct application *app, const struct node *var) {
    if (!var || var->kind != N_VAR || argument(app, MP_VAR, var->var.name, app->args) ||
        hmap_get(&app->own, var->var.name))
        return;
    const char *name = arena_printf(app->x->arena, "%s@%s.%u", var->var.name, app->def->node->macro.name, app->serial);
    hmap_put(&app->own, var->var.name, (void *)name);
}

static void find_own(struct node **child, void *ctx) {
    struct application *app = ctx;
    struct node *n = *child;
    if (n->kind == N_ASSIGN) {
        add_own(app, n->assign.lvalue);
    } else if (n->kind == N_INCDEC) {
        add_own(app, n->incdec.lvalue);
    } else if (n->kind == N_FOR_MAP || n->kind == N_FOR_RANGE) {
        add_own(app, n->forloop.var);
    } else if (n->kind == N_CALL && strcmp(n->call.name, "find") == 0 && n->call.args.n == 3) {
        add_own(app, n->call.args.v[2]);
    } else if (n->kind == N_LET) {
        if (argument(app, MP_VAR, n->let.var->var.name, app->args))
            diag_error(app->x->diag, D_MACRO, span_to(n->span, n->let.var->span.hi),
                       "Variable declaration shadows macro arg $%s", n->let.var->var.name);
        add_own(app, n->let.var);
    }
    node_children(n, find_own, app);
}

/* ---- substitution -------------------------------------------------------------------------- */

static void substitute(struct node **child, void *ctx);

static void put_argument(struct application *app, struct node **place, const struct node *arg) {
    if (expander_charge(app->x, app->def->node->span, arg))
        *place = node_clone(app->x->arena, arg, NULL);
}

static void substitute_var(struct application *app, struct node *n) {
    const struct node *arg = argument(app, MP_VAR, n->var.name, app->args);
    const char *own = hmap_get(&app->own, n->var.name);
    if (arg)
        n->var.name = arg->var.name;
    else if (own)
        n->var.name = own;
}

static void substitute_map(struct application *app, struct node *n) {
    const struct node *arg = argument(app, MP_MAP, n->map.name, app->args);
    if (arg)
        n->map.name = arg->map.name;
    else
        diag_error(app->x->diag, D_MACRO, span_to(n->span, n->span.lo + (uint32_t)strlen(n->map.name)),
                   "Unhygienic access to map: %s. Maps must be passed into the macro as arguments.", n->map.name);
}

/* A parameter where a type is wanted: the argument is typeof(…). */
static void substitute_type(struct application *app, struct type_spec *spec) {
    const struct node *arg = argument(app, MP_EXPR, spec->name, app->args);
    if (!arg)
        return;
    if (arg->kind != N_TYPEOF) {
        diag_error(app->x->diag, D_MACRO, arg->span,
                   "Invalid replacement for macro '%s' type parameter '%s' which makes up the type '%s%s'",
                   app->def->node->macro.name, spec->name, spec->name, spec->nsuffixes ? "*" : "");
        return;
    }
    put_argument(app, &spec->operand, arg->intro.operand);
    spec->base = TS_TYPEOF;
    spec->name = NULL;
}

/* sizeof(t) and the like take types and values: "t" alone may be either. */
static bool substitute_operand(struct application *app, struct node **place) {
    const struct node *operand = *place;
    if (operand->kind != N_TYPE || operand->tspec.spec->base != TS_NAME || operand->tspec.spec->nsuffixes)
        return false;
    const struct node *arg = argument(app, MP_EXPR, operand->tspec.spec->name, app->args);
    if (!arg)
        return false;
    put_argument(app, place, arg->kind == N_TYPEOF ? arg->intro.operand : arg);
    return true;
}

/* offsetof(t, m): a member can be passed by its name. */
static void substitute_path(struct application *app, struct node *n) {
    const char **path = ARENA_ARRAY(app->x->arena, const char *, n->intro.npath);
    for (size_t i = 0; i < n->intro.npath; i++) {
        const struct node *arg = argument(app, MP_EXPR, n->intro.path[i], app->raw);
        path[i] = arg && arg->kind == N_IDENT ? arg->ident.name : n->intro.path[i];
    }
    n->intro.path = path;
}

/* Places that hold a type or a value. */
static struct node **operand_of(struct node *n) {
    if (n->kind == N_SIZEOF || n->kind == N_OFFSETOF || n->kind == N_TYPEOF || n->kind == N_TYPEINFO)
        return &n->intro.operand;
    return n->kind == N_TYPE && n->tspec.spec->base == TS_TYPEOF ? &n->tspec.spec->operand : NULL;
}

/* What comes from an argument is not looked into again: it belongs to the caller. */
static void substitute(struct node **child, void *ctx) {
    struct application *app = ctx;
    struct node *n = *child, **operand = operand_of(n);
    const struct node *arg = n->kind == N_IDENT ? argument(app, MP_EXPR, n->ident.name, app->args) : NULL;
    if (arg) {
        put_argument(app, child, arg);
        return;
    }
    if (n->kind == N_VAR)
        substitute_var(app, n);
    else if (n->kind == N_MAP)
        substitute_map(app, n);
    else if (n->kind == N_OFFSETOF)
        substitute_path(app, n);
    if (n->kind == N_TYPE && n->tspec.spec->base == TS_NAME)
        substitute_type(app, n->tspec.spec);
    else if (!operand || !substitute_operand(app, operand))
        node_children(n, substitute, app);
}

struct node *macro_apply(struct expander *x, const struct macro_def *def, const struct span *call, const node_vec *args,
                         const node_vec *raw) {
    struct application app = { .x = x, .def = def, .args = args, .raw = raw, .serial = ++x->serial };
    unsigned nerrors = x->diag->nerrors;
    if (!expander_charge(x, *call, def->node->macro.body))
        return NULL;
    struct span *from = ARENA_NEW(x->arena, struct span);
    *from = *call;
    struct node *body = node_clone(x->arena, def->node->macro.body, from);
    hmap_init(&app.own, x->arena);
    find_own(&body, &app);
    substitute(&body, &app);
    return x->diag->nerrors == nerrors ? body : NULL;
}
