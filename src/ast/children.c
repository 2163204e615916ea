/* The one place that knows where a node keeps its children; walkers, cloning and depth are built on it. */
#include "ast/ast.h"

struct visit {
    node_fn *fn;
    void *ctx;
};

static void one(struct visit *v, struct node **child) {
    if (*child)
        v->fn(child, v->ctx);
}

static void many(struct visit *v, node_vec *list) {
    for (size_t i = 0; i < list->n; i++)
        one(v, &list->v[i]);
}

static void children_of_top_level(struct node *n, struct visit *v) {
    if (n->kind == N_PROBE) {
        one(v, &n->probe.predicate);
        one(v, &n->probe.body);
    } else if (n->kind == N_MACRO) {
        one(v, &n->macro.body);
    } else if (n->kind == N_SUBPROG) {
        for (size_t i = 0; i < n->subprog.nparams; i++) {
            one(v, &n->subprog.params[i].var);
            one(v, &n->subprog.params[i].tspec);
        }
        one(v, &n->subprog.ret);
        one(v, &n->subprog.body);
    } else if (n->kind == N_CONFIG) {
        for (size_t i = 0; i < n->config.n; i++)
            one(v, &n->config.entries[i].value);
    }
}

static void children_of_loop(struct node *n, struct visit *v) {
    if (n->kind == N_WHILE || n->kind == N_UNROLL) {
        one(v, &n->loop.cond);
        one(v, &n->loop.body);
        return;
    }
    one(v, &n->forloop.map);
    one(v, &n->forloop.from);
    one(v, &n->forloop.to);
    one(v, &n->forloop.var);
    one(v, &n->forloop.body);
}

void node_children(struct node *n, node_fn *fn, void *ctx) {
    struct visit v = { fn, ctx };
    switch (n->kind) {
    case N_MAP: one(&v, &n->map.key); break;
    case N_CALL: many(&v, &n->call.args); break;
    case N_UNARY: one(&v, &n->unary.operand); break;
    case N_INCDEC: one(&v, &n->incdec.lvalue); break;
    case N_BINARY:
        one(&v, &n->binary.left);
        one(&v, &n->binary.right);
        break;
    case N_TERNARY:
    case N_IF:
        one(&v, &n->cond.cond);
        one(&v, &n->cond.yes);
        one(&v, &n->cond.no);
        break;
    case N_BLOCK:
        many(&v, &n->block.stmts);
        one(&v, &n->block.value);
        break;
    case N_FIELD: one(&v, &n->field.base); break;
    case N_TUPLE_AT: one(&v, &n->tuple_at.base); break;
    case N_INDEX:
        one(&v, &n->index.base);
        one(&v, &n->index.index);
        break;
    case N_CAST:
        one(&v, &n->cast.target);
        one(&v, &n->cast.operand);
        break;
    case N_TUPLE:
    case N_RECORD: many(&v, &n->tuple.items); break;
    case N_TYPE: one(&v, &n->tspec.spec->operand); break;
    case N_SIZEOF:
    case N_OFFSETOF:
    case N_TYPEOF:
    case N_TYPEINFO: one(&v, &n->intro.operand); break;
    case N_COMPTIME:
    case N_DISCARD:
    case N_EXPR_STMT:
    case N_RETURN: one(&v, &n->inner.expr); break;
    case N_ASSIGN: /* the value is computed before the place it goes to */
        one(&v, &n->assign.value);
        one(&v, &n->assign.lvalue);
        break;
    case N_LET:
        one(&v, &n->let.value);
        one(&v, &n->let.tspec);
        one(&v, &n->let.var);
        break;
    case N_WHILE:
    case N_UNROLL:
    case N_FOR_MAP:
    case N_FOR_RANGE: children_of_loop(n, &v); break;
    case N_PROBE:
    case N_MACRO:
    case N_SUBPROG:
    case N_CONFIG: children_of_top_level(n, &v); break;
    case N_INT:
    case N_STR:
    case N_BOOL:
    case N_IDENT:
    case N_VAR:
    case N_PARAM:
    case N_BREAK:
    case N_CONTINUE:
    case N_MAP_DECL:
    case N_IMPORT:
    case N_CDEF:
    case N_NKINDS: break;
    }
}

struct walk {
    node_pre *pre;
    void *ctx;
};

static void walk_child(struct node **child, void *ctx) {
    struct walk *w = ctx;
    node_walk(*child, w->pre, w->ctx);
}

void node_walk(struct node *n, node_pre *pre, void *ctx) {
    struct walk w = { pre, ctx };
    if (n && pre(n, ctx))
        node_children(n, walk_child, &w);
}
