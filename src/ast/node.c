/* Making and copying nodes.
 *
 * node_clone copies the whole union first and then replaces what points elsewhere: node children through
 * node_children, and the few plain arrays (parameters, names, paths) that a clone may share because nobody
 * writes to them after parsing. */
#include "ast/ast.h"

struct node *node_new(struct arena *a, enum node_kind kind, struct span span) {
    struct node *n = ARENA_NEW(a, struct node);
    n->kind = kind;
    n->span = span;
    n->depth = 1;
    return n;
}

static void measure_child(struct node **child, void *ctx) {
    uint32_t *max = ctx;
    if ((*child)->depth > *max)
        *max = (*child)->depth;
}

void node_measure(struct node *n) {
    uint32_t max = 0;
    node_children(n, measure_child, &max);
    n->depth = max + 1;
}

/* The chain of a copied span: its own expansions stay innermost, `from` goes to the outer end. Spans of one macro
 * body mostly have no chain of their own, so nothing is allocated for them. */
static const struct span *chain_append(struct arena *a, const struct span *chain, const struct span *from) {
    if (!chain)
        return from;
    struct span *copy = ARENA_NEW(a, struct span);
    *copy = *chain;
    copy->from = chain_append(a, chain->from, from);
    return copy;
}

struct clone {
    struct arena *arena;
    const struct span *from;
};

static struct node *clone(const struct node *n, struct clone *c);

static void clone_child(struct node **child, void *ctx) { *child = clone(*child, ctx); }

static void copy_vec(struct arena *a, node_vec *v) {
    node_vec copy = { 0 };
    if (v->n) {
        copy.v = ARENA_ARRAY(a, struct node *, v->n);
        copy.n = copy.cap = v->n;
        for (size_t i = 0; i < v->n; i++)
            copy.v[i] = v->v[i];
    }
    *v = copy;
}

/* Arrays of children must be the clone's own before node_children writes through them; what sema notes goes. */
static void unshare(struct node *n, struct arena *a) {
    switch (n->kind) {
    case N_CALL:
        copy_vec(a, &n->call.args);
        n->call.builtin = NULL;
        n->call.data = NULL;
        break;
    case N_BLOCK: copy_vec(a, &n->block.stmts); break;
    case N_TUPLE:
    case N_RECORD: copy_vec(a, &n->tuple.items); break;
    case N_TYPE: {
        struct type_spec *spec = ARENA_NEW(a, struct type_spec);
        *spec = *n->tspec.spec;
        n->tspec.spec = spec;
        break;
    }
    case N_SUBPROG: {
        typeof(n->subprog.params) params = arena_alloc(a, sizeof *params * n->subprog.nparams);
        for (size_t i = 0; i < n->subprog.nparams; i++)
            params[i] = n->subprog.params[i];
        n->subprog.params = params;
        break;
    }
    case N_CONFIG: {
        struct config_entry *entries = ARENA_ARRAY(a, struct config_entry, n->config.n);
        for (size_t i = 0; i < n->config.n; i++)
            entries[i] = n->config.entries[i];
        n->config.entries = entries;
        break;
    }
    case N_IDENT: n->ident.builtin = NULL; break;
    case N_VAR: n->var.var = NULL; break;
    case N_MAP: n->map.map = NULL; break;
    case N_FIELD:
        n->field.field = NULL;
        n->field.offset = 0;
        break;
    case N_INT:
    case N_STR:
    case N_BOOL:
    case N_PARAM:
    case N_UNARY:
    case N_INCDEC:
    case N_BINARY:
    case N_TERNARY:
    case N_IF:
    case N_TUPLE_AT:
    case N_INDEX:
    case N_CAST:
    case N_SIZEOF:
    case N_OFFSETOF:
    case N_TYPEOF:
    case N_TYPEINFO:
    case N_COMPTIME:
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
    case N_MAP_DECL:
    case N_IMPORT:
    case N_CDEF:
    case N_NKINDS: break;
    }
}

static struct node *clone(const struct node *n, struct clone *c) {
    struct node *copy = ARENA_NEW(c->arena, struct node);
    *copy = *n;
    copy->type = NULL;
    copy->is_const = false;
    copy->const_value = 0;
    copy->const_str = NULL;
    copy->const_len = 0;
    if (c->from)
        copy->span.from = chain_append(c->arena, n->span.from, c->from);
    unshare(copy, c->arena);
    node_children(copy, clone_child, c);
    return copy;
}

struct node *node_clone(struct arena *a, const struct node *n, const struct span *from) {
    struct clone c = { a, from };
    return clone(n, &c);
}
