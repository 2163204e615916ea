/* The pass itself: imports, then one walk over all code that replaces macro calls and positional parameters.
 *
 * Arguments are expanded where the call stands, before they are put into the body; then the body is expanded in its own
 * surroundings. So library code never sees macros of the user, except inside of what the user passed. */
#include "expand/expand.h"

#include <string.h>

#include "expand/expander.h"

static void expand_node(struct node **place, void *ctx);

static void give_up(struct expander *x, struct span at, const char *what) {
    if (!x->gave_up)
        diag_error(x->diag, D_LIMIT, at, "%s", what);
    x->gave_up = true;
}

/* A body that is only a value stands for that value; others stay blocks, with a scope of their own. */
static struct node *unwrap(struct node *body, struct span call) {
    if (body->block.value && !body->block.stmts.n)
        return body->block.value;
    body->span = call;
    return body;
}

static bool is_recursive(struct expander *x, const struct macro_def *def, struct span at) {
    const struct frame *f = x->frame;
    while (f && f->def != def)
        f = f->up;
    if (!f)
        return false;
    const char *chain = def->node->macro.name;
    for (f = x->frame;; f = f->up) {
        chain = arena_printf(x->arena, "%s > %s", f->def->node->macro.name, chain);
        if (f->def == def)
            break;
    }
    diag_error(x->diag, D_MACRO, at, "Recursive macro call detected. Call chain: %s", chain);
    return true;
}

static void expand_call(struct expander *x, struct node **place, const char *name, const node_vec *args,
                        const node_vec *raw) {
    bool failed = false;
    struct node *call = *place;
    const struct macro_def *def = macro_lookup(x, call, name, args, &failed);
    if (!def || failed || is_recursive(x, def, call->span))
        return;
    struct frame frame = { def, x->frame, x->frame ? x->frame->depth + 1 : 1 };
    if (frame.depth > EXPAND_MAX_NESTING) {
        give_up(x, call->span, "macros are nested too deeply");
        return;
    }
    struct node *body = macro_apply(x, def, &call->span, args, raw);
    if (!body)
        return;
    bool in_str = x->in_str;
    x->frame = &frame;
    x->in_str = false;
    expand_node(&body, x);
    x->frame = frame.up;
    x->in_str = in_str;
    *place = unwrap(body, call->span);
}

/* str($1) takes the text of a parameter, whatever it looks like, and so does str($1 + n). */
static void expand_args(struct expander *x, struct node *call) {
    bool is_str = strcmp(call->call.name, "str") == 0, in_str = x->in_str;
    for (size_t i = 0; i < call->call.args.n; i++) {
        const struct node *arg = call->call.args.v[i];
        x->in_str = is_str && i == 0 && (arg->kind == N_PARAM || arg->kind == N_BINARY);
        expand_node(&call->call.args.v[i], x);
    }
    x->in_str = in_str;
}

static node_vec copy(struct arena *a, const node_vec *v) {
    node_vec out = { 0 };
    for (size_t i = 0; i < v->n; i++)
        VEC_PUSH(a, &out, v->v[i]);
    return out;
}

/* A macro that gives nothing is a statement. */
static void unwrap_statement(struct node **place) {
    struct node *inner = (*place)->inner.expr;
    if (inner->kind == N_BLOCK && !inner->block.value)
        *place = inner;
}

static void expand_children(struct expander *x, struct node *n) {
    bool in_str = x->in_str;
    x->in_str = in_str && n->kind == N_BINARY;
    node_children(n, expand_node, x);
    x->in_str = in_str;
}

static void expand_node(struct node **place, void *ctx) {
    struct expander *x = ctx;
    struct node *n = *place;
    if (x->gave_up)
        return;
    if (n->kind == N_CALL) {
        node_vec raw = copy(x->arena, &n->call.args);
        expand_args(x, n);
        expand_call(x, place, n->call.name, &n->call.args, &raw);
    } else if (n->kind == N_IDENT) {
        node_vec none = { 0 };
        expand_call(x, place, n->ident.name, &none, &none);
        if (*place == n)
            cmacro_expand(x, place, expand_node);
    } else if (n->kind == N_PARAM) {
        *place = positional_value(x, n);
    } else if (n->kind == N_IMPORT) {
        diag_error(x->diag, D_IMPORT, n->span,
                   "Import statements that are not at the top level are reserved for the standard library.");
    } else {
        if (n->kind == N_SIZEOF || n->kind == N_TYPEINFO)
            cmacro_operand(x, &n->intro.operand);
        expand_children(x, n);
        if (n->kind == N_EXPR_STMT)
            unwrap_statement(place);
    }
    node_measure(*place);
    if ((*place)->depth > AST_MAX_DEPTH)
        give_up(x, (*place)->span, "nested too deeply after macro expansion");
}

static void define_macros(struct expander *x, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (x->script->items.v[i]->kind == N_MACRO)
            macro_define(x, x->script->items.v[i], false);
}

static void drop_macros(struct script *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->items.n; i++)
        if (s->items.v[i]->kind != N_MACRO)
            s->items.v[n++] = s->items.v[i];
    s->items.n = n;
}

void expand_script(struct script *s, const struct expand_options *opt, struct diag *d) {
    struct expander x = { .arena = s->arena, .script = s, .opt = opt, .diag = d };
    hmap_init(&x.user, s->arena);
    hmap_init(&x.library, s->arena);
    hmap_init(&x.library_files, s->arena);
    size_t nimported = import_all(&x);
    unsigned nerrors = d->nerrors;
    if (opt->read_preamble)
        opt->read_preamble(opt->ctx, s);
    if (d->nerrors != nerrors)
        return;
    define_macros(&x, nimported, s->items.n);
    define_macros(&x, 0, nimported);
    drop_macros(s);
    for (size_t i = 0; i < s->items.n && !x.gave_up; i++)
        if (s->items.v[i]->kind == N_PROBE || s->items.v[i]->kind == N_SUBPROG)
            expand_node(&s->items.v[i], &x);
}
