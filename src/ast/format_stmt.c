/* Statements and blocks in the house style. */
#include "ast/format.h"

#include <string.h>

/* A line each, indented; the closing brace goes back to the indentation of the line that opened. */
static void block_lines(struct format *f, const struct node *n) {
    f->indent += 2;
    for (size_t i = 0; i < n->block.stmts.n; i++) {
        const struct node *s = n->block.stmts.v[i];
        format_lead(f, s->span.lo);
        format_stmt(f, s);
        if (f->last_end < s->span.hi) /* the span of a loop is its head */
            f->last_end = s->span.hi;
    }
    if (n->block.value) {
        format_lead(f, n->block.value->span.lo);
        format_expr(f, n->block.value);
        f->last_end = n->block.value->span.hi;
    }
}

static bool has_comment_inside(const struct format *f, const struct node *n) {
    if (!f->script || f->next_comment >= f->script->comments.n)
        return false;
    uint32_t lo = f->script->comments.v[f->next_comment].span.lo;
    return lo > n->span.lo && lo < n->span.hi;
}

/* Comments before the closing brace belong to the block. */
static void close_block(struct format *f, const struct node *n) {
    while (has_comment_inside(f, n))
        format_lead(f, n->span.hi);
    f->indent -= 2;
    if (f->out->len && f->out->s[f->out->len - 1] == ' ') { /* format_lead has begun a line for what comes next */
        while (f->out->len && f->out->s[f->out->len - 1] == ' ')
            f->out->len--;
        f->out->s[f->out->len] = '\0';
        strbuf_fill(f->out, ' ', f->indent);
    } else {
        format_newline(f);
    }
    strbuf_addc(f->out, '}');
    f->last_end = n->span.hi;
}

void format_block(struct format *f, const struct node *n) {
    if (!n->block.stmts.n && !n->block.value && !has_comment_inside(f, n)) {
        strbuf_adds(f->out, "{}");
        f->last_end = n->span.hi;
        return;
    }
    strbuf_addc(f->out, '{');
    if (f->last_end < n->span.lo + 1)
        f->last_end = n->span.lo + 1;
    block_lines(f, n);
    close_block(f, n);
}

/* "{ value }" where the block has nothing but a short value. */
static bool is_short(const struct format *f, const struct node *n) {
    return n->kind == N_BLOCK && !n->block.stmts.n && n->block.value && n->block.value->kind != N_BLOCK &&
           n->block.value->kind != N_IF && !has_comment_inside(f, n);
}

void format_block_expr(struct format *f, const struct node *n) {
    if (!is_short(f, n)) {
        size_t indent = f->indent, column = format_column(f);
        if (f->indent > column)
            f->indent = column;
        format_block(f, n);
        f->indent = indent;
        return;
    }
    strbuf_adds(f->out, "{ ");
    format_expr(f, n->block.value);
    strbuf_adds(f->out, " }");
    f->last_end = n->span.hi;
}

static bool is_simple(const struct node *n) {
    return n->kind != N_UNARY && n->kind != N_BINARY && n->kind != N_TERNARY && n->kind != N_CAST &&
           n->kind != N_INCDEC && n->kind != N_RECORD && n->kind != N_IF && n->kind != N_BLOCK;
}

/* Simple conditions go without parentheses. */
static void condition(struct format *f, const struct node *n) {
    strbuf_adds(f->out, is_simple(n) ? " " : " (");
    format_expr(f, n);
    strbuf_adds(f->out, is_simple(n) ? " " : ") ");
}

void format_if(struct format *f, const struct node *n) {
    bool one_line = n->cond.no && is_short(f, n->cond.yes) && is_short(f, n->cond.no);
    void (*block)(struct format *, const struct node *) = one_line ? format_block_expr : format_block;
    strbuf_adds(f->out, n->cond.is_comptime ? "if comptime" : "if");
    condition(f, n->cond.cond);
    block(f, n->cond.yes);
    if (!n->cond.no)
        return;
    strbuf_adds(f->out, " else ");
    if (n->cond.no->kind == N_IF)
        format_if(f, n->cond.no);
    else
        block(f, n->cond.no);
}

static void range_bound(struct format *f, const struct node *n) {
    bool plain = n->kind == N_INT || n->kind == N_PARAM;
    strbuf_adds(f->out, plain ? "" : "(");
    format_expr(f, n);
    strbuf_adds(f->out, plain ? "" : ")");
}

static void for_loop(struct format *f, const struct node *n) {
    strbuf_printf(f->out, "for $%s : ", n->forloop.var->var.name);
    if (n->kind == N_FOR_MAP) {
        format_expr(f, n->forloop.map);
    } else {
        range_bound(f, n->forloop.from);
        strbuf_adds(f->out, "..");
        range_bound(f, n->forloop.to);
    }
    strbuf_addc(f->out, ' ');
    format_block(f, n->forloop.body);
}

static void let(struct format *f, const struct node *n) {
    strbuf_printf(f->out, "let $%s", n->let.var->var.name);
    if (n->let.tspec) {
        strbuf_adds(f->out, " : ");
        format_expr(f, n->let.tspec);
    }
    if (n->let.value) {
        strbuf_adds(f->out, " = ");
        format_expr(f, n->let.value);
    }
    strbuf_addc(f->out, ';');
}

void format_stmt(struct format *f, const struct node *n) {
    switch (n->kind) {
    case N_ASSIGN:
        format_expr(f, n->assign.lvalue);
        strbuf_printf(f->out, " %s= ", op_str(n->assign.op));
        format_expr(f, n->assign.value);
        strbuf_addc(f->out, ';');
        break;
    case N_LET: let(f, n); break;
    case N_DISCARD:
        strbuf_adds(f->out, "_ = ");
        format_expr(f, n->inner.expr);
        strbuf_addc(f->out, ';');
        break;
    case N_EXPR_STMT:
        format_expr(f, n->inner.expr);
        strbuf_addc(f->out, ';');
        break;
    case N_IF: format_if(f, n); break;
    case N_BLOCK: format_block(f, n); break;
    case N_WHILE:
        strbuf_adds(f->out, "while");
        condition(f, n->loop.cond);
        format_block(f, n->loop.body);
        break;
    case N_UNROLL:
        strbuf_adds(f->out, "unroll (");
        format_operand(f, n->loop.cond);
        strbuf_adds(f->out, ") ");
        format_block(f, n->loop.body);
        break;
    case N_FOR_MAP:
    case N_FOR_RANGE: for_loop(f, n); break;
    case N_BREAK: strbuf_adds(f->out, "break;"); break;
    case N_CONTINUE: strbuf_adds(f->out, "continue;"); break;
    case N_RETURN:
        strbuf_adds(f->out, n->inner.expr ? "return " : "return");
        if (n->inner.expr)
            format_operand(f, n->inner.expr);
        strbuf_addc(f->out, ';');
        break;
    case N_IMPORT: strbuf_printf(f->out, "import %s;", n->str.text); break;
    case N_INT:
    case N_STR:
    case N_BOOL:
    case N_IDENT:
    case N_VAR:
    case N_MAP:
    case N_PARAM:
    case N_CALL:
    case N_UNARY:
    case N_INCDEC:
    case N_BINARY:
    case N_TERNARY:
    case N_FIELD:
    case N_TUPLE_AT:
    case N_INDEX:
    case N_CAST:
    case N_TUPLE:
    case N_RECORD:
    case N_TYPE:
    case N_SIZEOF:
    case N_OFFSETOF:
    case N_TYPEOF:
    case N_TYPEINFO:
    case N_COMPTIME: format_expr(f, n); break;
    case N_PROBE:
    case N_MACRO:
    case N_SUBPROG:
    case N_MAP_DECL:
    case N_CONFIG:
    case N_CDEF:
    case N_NKINDS: break;
    }
}
