/* Builders of expressions. */
#include "parser/parse.h"

#include <string.h>

struct node *build_done(struct parse *p, struct node *n) {
    node_measure(n);
    if (n->depth > AST_MAX_DEPTH && !p->too_deep) {
        p->too_deep = true;
        diag_error(p->diag, D_LIMIT, n->span, "syntax: nested too deeply: more than %d levels", AST_MAX_DEPTH);
    }
    return n;
}

struct node *build_int(struct parse *p, struct span at, struct token t) {
    struct node *n = node_new(p->arena, N_INT, at);
    n->num.value = t.value;
    n->num.is_unsigned_literal = t.value > INT64_MAX;
    n->num.text = t.raw;
    return n;
}

struct node *build_str(struct parse *p, struct span at, struct token t) {
    struct node *n = node_new(p->arena, N_STR, at);
    n->str.s = t.text;
    n->str.len = t.len;
    n->str.text = t.raw;
    return n;
}

struct node *build_bool(struct parse *p, struct span at, bool value) {
    struct node *n = node_new(p->arena, N_BOOL, at);
    n->num.value = value;
    n->num.text = value ? "true" : "false";
    return n;
}

struct node *build_ident(struct parse *p, struct span at, struct token t) {
    struct node *n = node_new(p->arena, N_IDENT, at);
    n->ident.name = t.text;
    return n;
}

struct node *build_var(struct parse *p, struct span at, struct token t) {
    struct node *n = node_new(p->arena, N_VAR, at);
    n->var.name = t.text;
    return n;
}

struct node *build_param(struct parse *p, struct span at, uint64_t index) {
    struct node *n = node_new(p->arena, N_PARAM, at);
    n->param.index = index;
    return n;
}

struct node *build_map(struct parse *p, struct span at, struct token t, node_vec keys, struct span keys_at) {
    struct node *n = node_new(p->arena, N_MAP, at);
    n->map.name = t.text;
    if (keys.n == 1) {
        n->map.key = keys.v[0];
    } else if (keys.n > 1) {
        n->map.key = build_tuple(p, keys_at, keys);
        n->map.key->tuple.is_keys = true;
    }
    return build_done(p, n);
}

struct node *build_call(struct parse *p, struct span at, struct token t, node_vec args) {
    struct node *n = node_new(p->arena, N_CALL, at);
    n->call.name = t.text;
    n->call.args = args;
    return build_done(p, n);
}

static bool is_place(const struct node *n) { return n->kind == N_VAR || n->kind == N_MAP; }

struct node *build_unary(struct parse *p, struct span at, enum op op, struct node *operand) {
    struct node *n = node_new(p->arena, N_UNARY, at);
    n->unary.op = op;
    n->unary.operand = operand;
    if (op == OP_ADDR && (!is_place(operand) || (operand->kind == N_MAP && operand->map.key)))
        syntax_error_at(p, operand->span, "address-of operator (&) can only be used on a map or variable");
    return build_done(p, n);
}

struct node *build_incdec(struct parse *p, struct span at, enum op op, bool is_prefix, struct node *operand,
                          struct span blame) {
    if (!is_place(operand)) {
        syntax_error_at(p, blame, "increment/decrement requires a variable or map");
        return operand;
    }
    struct node *n = node_new(p->arena, N_INCDEC, at);
    n->incdec.op = op;
    n->incdec.is_prefix = is_prefix;
    n->incdec.lvalue = operand;
    return build_done(p, n);
}

struct node *build_binary(struct parse *p, struct span at, enum op op, struct node *left, struct node *right) {
    struct node *n = node_new(p->arena, N_BINARY, at);
    n->binary.op = op;
    n->binary.left = left;
    n->binary.right = right;
    return build_done(p, n);
}

struct node *build_ternary(struct parse *p, struct span at, struct node *cond, struct node *yes, struct node *no) {
    struct node *n = node_new(p->arena, N_TERNARY, at);
    n->cond.cond = cond;
    n->cond.yes = yes;
    n->cond.no = no;
    return build_done(p, n);
}

struct node *build_if(struct parse *p, struct span at, bool is_comptime, struct node *cond, struct node *yes,
                      struct node *no) {
    struct node *n = node_new(p->arena, N_IF, at);
    n->cond.is_comptime = is_comptime;
    n->cond.cond = cond;
    n->cond.yes = yes;
    n->cond.no = no;
    return build_done(p, n);
}

struct node *build_field(struct parse *p, struct span at, struct node *base, struct token name, bool is_arrow) {
    struct node *n = node_new(p->arena, N_FIELD, at);
    n->field.base = base;
    n->field.name = name.text;
    n->field.is_arrow = is_arrow;
    return build_done(p, n);
}

struct node *build_tuple_at(struct parse *p, struct span at, struct node *base, struct token index) {
    struct node *n = node_new(p->arena, N_TUPLE_AT, at);
    n->tuple_at.base = base;
    n->tuple_at.index = index.value;
    return build_done(p, n);
}

struct node *build_index(struct parse *p, struct span at, struct node *base, struct node *index) {
    struct node *n = node_new(p->arena, N_INDEX, at);
    n->index.base = base;
    n->index.index = index;
    return build_done(p, n);
}

struct node *build_cast(struct parse *p, struct span at, struct node *target, struct node *operand) {
    struct node *n = node_new(p->arena, N_CAST, at);
    n->cast.target = target;
    n->cast.operand = operand;
    return build_done(p, n);
}

struct node *build_tuple(struct parse *p, struct span at, node_vec items) {
    struct node *n = node_new(p->arena, N_TUPLE, at);
    n->tuple.items = items;
    return build_done(p, n);
}

void check_record_name(struct parse *p, struct span name, struct span value, const struct record_items *items,
                       const char *text) {
    for (VEC_EACH(other, &items->names))
        if (!strcmp(*other, text)) {
            syntax_error_at(p, span_join(name, value), "Named argument list already contains name: %s", text);
            return;
        }
}

struct node *build_record(struct parse *p, struct span at, const struct record_items *items) {
    struct node *n = node_new(p->arena, N_RECORD, at);
    n->tuple.items = items->values;
    n->tuple.names = items->names.v;
    return build_done(p, n);
}

struct node *build_intro(struct parse *p, enum node_kind kind, struct span at, struct node *operand,
                         const struct names *path) {
    struct node *n = node_new(p->arena, kind, at);
    n->intro.operand = operand;
    if (path) {
        n->intro.path = path->list.v;
        n->intro.npath = path->list.n;
    }
    return build_done(p, n);
}

struct node *build_comptime(struct parse *p, struct span at, struct node *operand) {
    return build_inner(p, N_COMPTIME, at, operand);
}
