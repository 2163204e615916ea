/* Builders of statements and blocks.
 *
 * A block has a value when its last element is an expression without ';'. Where a block is used as a statement, its
 * value is turned into one as well, so that later stages find values only where something takes them. Bodies of
 * macros keep theirs: whether it is used depends on the call. */
#include "parser/parse.h"

static bool ends_in_block(const struct node *n) { return n->kind == N_IF || n->kind == N_BLOCK; }

/* Kinds in front of N_ASSIGN are expressions. */
static bool is_expression(const struct node *n) { return n->kind < N_ASSIGN; }

static bool has_value(const struct node *n) {
    if (n->kind == N_BLOCK)
        return n->block.value;
    if (n->kind == N_IF)
        return n->cond.no && has_value(n->cond.yes) && has_value(n->cond.no);
    return is_expression(n);
}

void build_drop_value(struct parse *p, struct node *n) {
    if (n->kind == N_IF) {
        build_drop_value(p, n->cond.yes);
        if (n->cond.no)
            build_drop_value(p, n->cond.no);
    } else if (n->kind == N_BLOCK && n->block.value) {
        struct node *value = n->block.value;
        n->block.value = NULL;
        build_add_expr(p, &n->block.stmts, value);
    }
}

void build_add_expr(struct parse *p, node_vec *items, struct node *expr) {
    if (ends_in_block(expr))
        build_drop_value(p, expr);
    else
        expr = build_inner(p, N_EXPR_STMT, expr->span, expr);
    VEC_PUSH(p->arena, items, expr);
}

void build_add_bare(struct parse *p, node_vec *items, struct node *expr, bool is_last, struct span next) {
    if (is_last) {
        VEC_PUSH(p->arena, items, expr);
        return;
    }
    if (!ends_in_block(expr) && !p->missed_semicolon) {
        syntax_error_at(p, next, "expected ';'");
        p->missed_semicolon = true;
    }
    build_add_expr(p, items, expr);
}

struct node *build_block(struct parse *p, struct span at, node_vec items) {
    struct node *n = node_new(p->arena, N_BLOCK, at);
    n->block.stmts = items;
    if (items.n && is_expression(items.v[items.n - 1])) {
        struct node *last = items.v[items.n - 1];
        n->block.stmts.n--;
        if (has_value(last))
            n->block.value = last;
        else
            build_add_expr(p, &n->block.stmts, last);
    }
    return build_done(p, n);
}

struct node *build_inner(struct parse *p, enum node_kind kind, struct span at, struct node *expr) {
    struct node *n = node_new(p->arena, kind, at);
    n->inner.expr = expr;
    return build_done(p, n);
}

/* What stands on the left of an assignment is parsed as an expression; only some are places. */
static bool check_target(struct parse *p, struct span at, const struct node *target, struct span op_at) {
    if (target->kind == N_VAR || target->kind == N_MAP)
        return true;
    if (target->kind == N_FIELD || target->kind == N_TUPLE_AT)
        syntax_error_at(p, at,
                        "Tuples and records are immutable once created. Consider creating a new value and assigning it "
                        "instead.");
    else if (target->kind == N_INDEX)
        syntax_error_at(p, at, "invalid assignment target");
    else
        syntax_error_at(p, op_at, "expected ';'");
    return false;
}

struct node *build_assign(struct parse *p, struct span at, struct node *target, enum op op, struct span op_at,
                          struct node *value) {
    if (op == OP_NONE && target->kind == N_IDENT && target->ident.name[0] == '_' && !target->ident.name[1])
        return build_inner(p, N_DISCARD, at, value);
    if (!check_target(p, at, target, op_at))
        return build_inner(p, N_DISCARD, at, value);
    struct node *n = node_new(p->arena, N_ASSIGN, at);
    n->assign.op = op;
    n->assign.lvalue = target;
    n->assign.value = value;
    return build_done(p, n);
}

struct node *build_let(struct parse *p, struct span at, struct node *var, struct node *tspec, struct node *value) {
    struct node *n = node_new(p->arena, N_LET, at);
    n->let.var = var;
    n->let.tspec = tspec;
    n->let.value = value;
    return build_done(p, n);
}

struct node *build_loop(struct parse *p, enum node_kind kind, struct span at, struct node *cond, struct node *body) {
    struct node *n = node_new(p->arena, kind, at);
    build_drop_value(p, body);
    n->loop.cond = cond;
    n->loop.body = body;
    return build_done(p, n);
}

struct node *build_range(struct parse *p, struct span at, struct node *from, struct node *to) {
    struct node *n = node_new(p->arena, N_FOR_RANGE, at);
    n->forloop.from = from;
    n->forloop.to = to;
    return n;
}

struct node *build_for(struct parse *p, struct span at, struct node *var, struct node *range, struct node *body,
                       bool has_parens) {
    struct node *n = range;
    build_drop_value(p, body);
    if (range->kind == N_MAP) {
        n = node_new(p->arena, N_FOR_MAP, at);
        n->forloop.map = range;
    }
    n->span = at;
    n->forloop.var = var;
    n->forloop.body = body;
    n->forloop.has_parens = has_parens;
    return build_done(p, n);
}
