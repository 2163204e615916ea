/* Builders of top-level items: probes, macros, declarations, and the order in which they may come. */
#include "parser/parse.h"

#include <string.h>

#include "parser/parser.h"

void build_item(struct parse *p, struct node *n) {
    p->seen_body = true;
    VEC_PUSH(p->arena, &p->script->items, n);
}

static void add_head(struct parse *p, struct node *n) { VEC_PUSH(p->arena, &p->script->items, n); }

void build_cdef(struct parse *p, struct span at, struct token t) {
    if (p->seen_body)
        syntax_error_at(p, at, "C definitions must appear before probes and functions");
    t.raw = t.text;
    struct node *n = build_str(p, at, t);
    n->kind = N_CDEF;
    add_head(p, n);
}

void build_config(struct parse *p, struct span at, struct span keyword, const struct config_entries *entries) {
    if (p->seen_body)
        syntax_error_at(p, keyword, "config must appear before probes and functions");
    else if (p->seen_config)
        syntax_error_at(p, keyword, "duplicate config block");
    p->seen_config = true;
    struct node *n = node_new(p->arena, N_CONFIG, at);
    n->config.entries = entries->list.v;
    n->config.n = entries->list.n;
    add_head(p, build_done(p, n));
}

void build_import(struct parse *p, struct span at, struct span keyword, struct token path) {
    if (p->seen_body)
        syntax_error_at(p, keyword, "root imports must appear before probes and functions");
    struct node *n = build_str(p, at, path);
    n->kind = N_IMPORT;
    add_head(p, n);
}

struct attach_point *build_point(struct parse *p, struct span at) {
    size_t consumed;
    return parse_attach_point(p->arena, p->src, at.lo, &consumed, p->params, p->nparams, p->diag);
}

void build_probe(struct parse *p, struct span at, const struct probe_points *points, struct node *predicate,
                 struct node *body) {
    struct node *n = node_new(p->arena, N_PROBE, at);
    build_drop_value(p, body);
    for (size_t i = 0; i < points->list.n; i++)
        if (points->list.v[i])
            VEC_PUSH(p->arena, &n->probe.points, points->list.v[i]);
    n->probe.predicate = predicate;
    n->probe.body = body;
    build_item(p, build_done(p, n));
}

struct node *build_macro(struct parse *p, struct span at, struct token name, const struct macro_params *params,
                         struct node *body) {
    struct node *n = node_new(p->arena, N_MACRO, at);
    n->macro.name = name.text;
    n->macro.params = params->list.v;
    n->macro.nparams = params->list.n;
    n->macro.body = body;
    return build_done(p, n);
}

struct node *build_subprog(struct parse *p, struct span at, struct token name, node_vec params, struct node *ret,
                           struct node *body) {
    struct node *n = node_new(p->arena, N_SUBPROG, at);
    build_drop_value(p, body);
    n->subprog.name = name.text;
    n->subprog.nparams = params.n / 2;
    n->subprog.params = arena_alloc(p->arena, sizeof *n->subprog.params * n->subprog.nparams);
    for (size_t i = 0; i < n->subprog.nparams; i++) {
        n->subprog.params[i].var = params.v[2 * i];
        n->subprog.params[i].tspec = params.v[2 * i + 1];
    }
    n->subprog.ret = ret;
    n->subprog.body = body;
    return build_done(p, n);
}

void build_mapdecl(struct parse *p, struct span at, struct token name, struct token kind, struct span kind_at,
                   struct token count) {
    struct node *n = node_new(p->arena, N_MAP_DECL, at);
    n->mapdecl.name = name.text;
    n->mapdecl.kind = kind.text;
    n->mapdecl.kind_span = kind_at;
    n->mapdecl.max_entries = count.value;
    build_item(p, n);
}
