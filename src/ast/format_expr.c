/* Expressions in the house style. What is too long for a line is broken: lists so that the last lines are full,
 * binaries behind the operator, conditionals before ? and :. */
#include "ast/format.h"

#include <stdlib.h>
#include <string.h>

void format_string(struct strbuf *out, const char *s, size_t len) {
    static const char special[] = "\n\t\r\\\"", letters[] = "ntr\\\"";
    strbuf_addc(out, '"');
    for (size_t i = 0; i < len; i++) {
        const char *at = s[i] ? strchr(special, s[i]) : NULL;
        if (at)
            strbuf_printf(out, "\\%c", letters[at - special]);
        else if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] > 0x7e)
            strbuf_printf(out, "\\x%02x", (unsigned char)s[i]);
        else
            strbuf_addc(out, s[i]);
    }
    strbuf_addc(out, '"');
}

static bool is_comparison(enum op op) { return op >= OP_EQ && op <= OP_GE; }

/* Higher binds tighter (reference §8.1). */
static int precedence(enum op op) {
    static const int levels[] = {
        [OP_LOR] = 1, [OP_LAND] = 2, [OP_OR] = 3,  [OP_XOR] = 4,  [OP_AND] = 5,  [OP_EQ] = 6,
        [OP_NE] = 6,  [OP_LT] = 7,   [OP_GT] = 7,  [OP_LE] = 7,   [OP_GE] = 7,   [OP_SHL] = 8,
        [OP_SHR] = 8, [OP_ADD] = 9,  [OP_SUB] = 9, [OP_MUL] = 10, [OP_DIV] = 10, [OP_MOD] = 10,
    };
    return (size_t)op < sizeof levels / sizeof *levels ? levels[op] : 0;
}

/* Things that stand next to an operator without parentheses. */
static bool is_plain(const struct node *n) {
    switch (n->kind) {
    case N_UNARY:
    case N_INCDEC:
    case N_BINARY:
    case N_TERNARY:
    case N_IF:
    case N_BLOCK:
    case N_CAST:
    case N_RECORD: return false;
    case N_COMPTIME: return is_plain(n->inner.expr);
    case N_INT:
    case N_STR:
    case N_BOOL:
    case N_IDENT:
    case N_VAR:
    case N_MAP:
    case N_PARAM:
    case N_CALL:
    case N_FIELD:
    case N_TUPLE_AT:
    case N_INDEX:
    case N_TUPLE:
    case N_TYPE:
    case N_SIZEOF:
    case N_OFFSETOF:
    case N_TYPEOF:
    case N_TYPEINFO:
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
    case N_SUBPROG:
    case N_MAP_DECL:
    case N_CONFIG:
    case N_IMPORT:
    case N_CDEF:
    case N_NKINDS: return true;
    }
    return true;
}

void format_operand(struct format *f, const struct node *n) {
    bool plain = is_plain(n);
    strbuf_adds(f->out, plain ? "" : "(");
    format_expr(f, n);
    strbuf_adds(f->out, plain ? "" : ")");
}

/* Chains of && and || and comparisons inside of other operators read well without parentheses; everything else gets
 * them, needed or not. */
static bool binary_operand_is_bare(enum op parent, const struct node *n, bool is_right) {
    if (n->kind != N_BINARY)
        return is_plain(n);
    enum op op = n->binary.op;
    if (op == parent && (op == OP_LAND || op == OP_LOR))
        return true;
    return is_comparison(op) && precedence(op) >= precedence(parent) + (is_right && is_comparison(parent));
}

static void add_binary_operand(struct format *f, enum op parent, const struct node *n, bool is_right) {
    if (binary_operand_is_bare(parent, n, is_right)) {
        format_expr(f, n);
        return;
    }
    strbuf_addc(f->out, '(');
    format_expr(f, n);
    strbuf_addc(f->out, ')');
}

/* The text of something on one line; false when it holds a block of several lines. */
struct measured {
    struct strbuf text;
    bool is_line;
};

typedef void write_fn(struct format *f, const void *what);

static struct measured measure(struct format *f, write_fn *write, const void *what) {
    struct measured m = { 0 };
    struct format flat = *f;
    flat.out = &m.text;
    flat.is_flat = true;
    write(&flat, what);
    m.is_line = !m.text.s || !memchr(m.text.s, '\n', m.text.len);
    return m;
}

static bool fits(struct format *f, const struct measured *m, size_t extra) {
    return m->is_line && format_column(f) + m->text.len + extra <= FORMAT_WIDTH;
}

static void break_to(struct format *f, size_t column) {
    strbuf_addc(f->out, '\n');
    strbuf_fill(f->out, ' ', column);
}

static void write_expr(struct format *f, const void *what) { format_expr(f, what); }

/* ---- lists --------------------------------------------------------------------------------- */

struct list {
    const node_vec *items;
    const char *const *names; /* of a record, or NULL */
};

static void write_item(struct format *f, const struct list *l, size_t i) {
    if (!l->names) {
        format_expr(f, l->items->v[i]);
        return;
    }
    strbuf_printf(f->out, "%s=", l->names[i]);
    format_operand(f, l->items->v[i]);
}

static void write_list(struct format *f, const void *what) {
    const struct list *l = what;
    for (size_t i = 0; i < l->items->n; i++) {
        strbuf_adds(f->out, i ? ", " : "");
        write_item(f, l, i);
    }
}

struct item {
    const struct list *list;
    size_t i;
};

static void write_one_item(struct format *f, const void *what) {
    const struct item *item = what;
    write_item(f, item->list, item->i);
}

/* Decides where lines start: the last line takes as many elements as fit, then the one before it, and so on. */
static void pack(const size_t *width, bool *starts_line, size_t n, size_t align, size_t separator) {
    size_t used = align + 1; /* the closing bracket */
    for (size_t i = n; i-- > 0;) {
        if (i + 1 < n && used + width[i] + separator > FORMAT_WIDTH) {
            starts_line[i + 1] = true;
            used = align;
        }
        used += width[i] + (i + 1 < n ? separator : 0);
    }
}

static void broken_list(struct format *f, const struct list *l, bool is_line) {
    size_t align = format_column(f), n = l->items->n;
    size_t *width = calloc(n + 1, sizeof *width);
    bool *starts_line = calloc(n + 1, sizeof *starts_line);
    for (size_t i = 0; i < n; i++) {
        struct item item = { l, i };
        struct measured m = measure(f, write_one_item, &item);
        width[i] = m.text.len;
        strbuf_free(&m.text);
    }
    if (is_line)
        pack(width, starts_line, n, align, 2);
    for (size_t i = 0; i < n; i++) {
        strbuf_adds(f->out, i ? "," : "");
        if (starts_line[i])
            break_to(f, align);
        else
            strbuf_adds(f->out, i ? " " : "");
        write_item(f, l, i);
    }
    free(width);
    free(starts_line);
}

static void format_list(struct format *f, const node_vec *items, const char *const *names, const char *open,
                        const char *close) {
    struct list l = { items, names };
    strbuf_adds(f->out, open);
    struct measured m = { 0 };
    if (!f->is_flat)
        m = measure(f, write_list, &l);
    if (f->is_flat)
        write_list(f, &l);
    else if (fits(f, &m, 1))
        strbuf_adds(f->out, strbuf_str(&m.text));
    else
        broken_list(f, &l, m.is_line);
    strbuf_adds(f->out, close);
    strbuf_free(&m.text);
}

static void format_tuple(struct format *f, const struct node *n) {
    bool one = n->kind == N_TUPLE && n->tuple.items.n == 1;
    format_list(f, &n->tuple.items, n->tuple.names, "(", one ? ",)" : ")");
}

static void format_map(struct format *f, const struct node *n) {
    strbuf_adds(f->out, n->map.name);
    const struct node *key = n->map.key;
    if (!key)
        return;
    if (key->kind == N_TUPLE && key->tuple.items.n > 1) {
        format_list(f, &key->tuple.items, NULL, "[", "]");
        return;
    }
    node_vec one = { (struct node **)&key, 1, 1 };
    format_list(f, &one, NULL, "[", "]");
}

/* ---- operators ----------------------------------------------------------------------------- */

/* The operands of "a && b && c", from left to right, however they nest. */
static void collect(node_vec *out, enum op op, const struct node *n, struct arena *a) {
    if (n->kind != N_BINARY || n->binary.op != op) {
        VEC_PUSH(a, out, (struct node *)n);
        return;
    }
    collect(out, op, n->binary.left, a);
    collect(out, op, n->binary.right, a);
}

struct operand {
    enum op op;
    const struct node *node;
    bool is_right;
};

static void write_operand(struct format *f, const void *what) {
    const struct operand *o = what;
    add_binary_operand(f, o->op, o->node, o->is_right);
}

/* Lines are filled like those of a list. */
static void broken_chain(struct format *f, const struct node *n) {
    struct arena *a = arena_new();
    node_vec operands = { 0 };
    enum op op = n->binary.op;
    collect(&operands, op, n, a);
    size_t align = format_column(f);
    size_t *width = ARENA_ARRAY(a, size_t, operands.n);
    bool *starts_line = ARENA_ARRAY(a, bool, operands.n);
    for (size_t i = 0; i < operands.n; i++) {
        struct measured m = measure(f, write_operand, &(struct operand){ op, operands.v[i], i > 0 });
        width[i] = m.text.len;
        strbuf_free(&m.text);
    }
    pack(width, starts_line, operands.n, align, strlen(op_str(op)) + 2);
    for (size_t i = 0; i < operands.n; i++) {
        if (i)
            strbuf_printf(f->out, " %s", op_str(op));
        if (starts_line[i])
            break_to(f, align);
        else if (i)
            strbuf_addc(f->out, ' ');
        add_binary_operand(f, op, operands.v[i], i > 0);
    }
    arena_free(a);
}

static void format_binary(struct format *f, const struct node *n) {
    size_t align = format_column(f);
    enum op op = n->binary.op;
    struct measured m = { 0 };
    if (!f->is_flat && (op == OP_LAND || op == OP_LOR)) {
        m = measure(f, write_expr, n);
        bool broken = m.is_line && !fits(f, &m, 0);
        strbuf_free(&m.text);
        if (broken) {
            broken_chain(f, n);
            return;
        }
    }
    add_binary_operand(f, op, n->binary.left, false);
    strbuf_printf(f->out, " %s", op_str(op));
    m = (struct measured){ 0 };
    if (!f->is_flat)
        m = measure(f, write_expr, n->binary.right);
    if (f->is_flat || !m.is_line || fits(f, &m, binary_operand_is_bare(op, n->binary.right, true) ? 1 : 3))
        strbuf_addc(f->out, ' ');
    else
        break_to(f, align);
    add_binary_operand(f, op, n->binary.right, true);
    strbuf_free(&m.text);
}

static void format_ternary(struct format *f, const struct node *n) {
    const struct node *yes = n->cond.yes ? n->cond.yes : n->cond.cond;
    struct measured m = { 0 };
    if (!f->is_flat) {
        m = measure(f, write_expr, n);
        if (m.is_line && !fits(f, &m, 0)) {
            format_operand(f, n->cond.cond);
            break_to(f, f->indent);
            strbuf_adds(f->out, "? ");
            format_operand(f, yes);
            break_to(f, f->indent);
            strbuf_adds(f->out, ": ");
            format_operand(f, n->cond.no);
            strbuf_free(&m.text);
            return;
        }
        strbuf_free(&m.text);
    }
    format_operand(f, n->cond.cond);
    strbuf_adds(f->out, " ? ");
    format_operand(f, yes);
    strbuf_adds(f->out, " : ");
    format_operand(f, n->cond.no);
}

static void format_prefix(struct format *f, const char *op, const struct node *operand) {
    strbuf_adds(f->out, op);
    format_operand(f, operand);
}

static void format_incdec(struct format *f, const struct node *n) {
    if (n->incdec.is_prefix)
        strbuf_adds(f->out, op_str(n->incdec.op));
    format_expr(f, n->incdec.lvalue);
    if (!n->incdec.is_prefix)
        strbuf_adds(f->out, op_str(n->incdec.op));
}

/* ---- types and introspection --------------------------------------------------------------- */

static void format_type(struct format *f, const struct type_spec *t) {
    static const char *const prefix[] = { "", "struct ", "union ", "enum ", "" };
    if (t->base == TS_TYPEOF) {
        strbuf_adds(f->out, "typeof(");
        format_expr(f, t->operand);
        strbuf_addc(f->out, ')');
    } else {
        strbuf_printf(f->out, "%s%s", prefix[t->base], t->name);
    }
    for (size_t i = 0; i < t->nsuffixes; i++) {
        if (t->suffixes[i].is_pointer)
            strbuf_addc(f->out, '*');
        else if (t->suffixes[i].has_count)
            strbuf_printf(f->out, "[%llu]", (unsigned long long)t->suffixes[i].count);
        else
            strbuf_adds(f->out, "[]");
    }
}

/* A bare name or an element would be read as a type: "sizeof((x)[1])" keeps its parentheses. */
static bool reads_as_type(const struct node *n) {
    if (n->kind == N_INDEX)
        return n->index.index->kind == N_INT && reads_as_type(n->index.base);
    return n->kind == N_IDENT;
}

static void format_intro(struct format *f, const struct node *n) {
    bool parens = reads_as_type(n->intro.operand);
    strbuf_printf(f->out, parens ? "%s((" : "%s(", node_kind_name(n->kind));
    format_expr(f, n->intro.operand);
    strbuf_adds(f->out, parens ? ")" : "");
    for (size_t i = 0; i < n->intro.npath; i++)
        strbuf_printf(f->out, i ? ".%s" : ", %s", n->intro.path[i]);
    strbuf_addc(f->out, ')');
}

void format_expr(struct format *f, const struct node *n) {
    switch (n->kind) {
    case N_INT:
        if (n->num.text)
            strbuf_adds(f->out, n->num.text);
        else
            strbuf_addu(f->out, n->num.value);
        break;
    case N_STR:
        if (n->str.text)
            strbuf_adds(f->out, n->str.text);
        else
            format_string(f->out, n->str.s, n->str.len);
        break;
    case N_BOOL: strbuf_adds(f->out, n->num.value ? "true" : "false"); break;
    case N_IDENT: strbuf_adds(f->out, n->ident.name); break;
    case N_VAR: strbuf_printf(f->out, "$%s", n->var.name); break;
    case N_MAP: format_map(f, n); break;
    case N_PARAM:
        if (n->param.index)
            strbuf_printf(f->out, "$%llu", (unsigned long long)n->param.index);
        else
            strbuf_adds(f->out, "$#");
        break;
    case N_CALL:
        strbuf_adds(f->out, n->call.name);
        format_list(f, &n->call.args, NULL, "(", ")");
        break;
    case N_UNARY: format_prefix(f, op_str(n->unary.op), n->unary.operand); break;
    case N_INCDEC: format_incdec(f, n); break;
    case N_BINARY: format_binary(f, n); break;
    case N_TERNARY: format_ternary(f, n); break;
    case N_IF: format_if(f, n); break;
    case N_BLOCK: format_block_expr(f, n); break;
    case N_FIELD:
        format_operand(f, n->field.base);
        strbuf_printf(f->out, ".%s", n->field.name);
        break;
    case N_TUPLE_AT:
        format_operand(f, n->tuple_at.base);
        strbuf_printf(f->out, ".%llu", (unsigned long long)n->tuple_at.index);
        break;
    case N_INDEX:
        format_operand(f, n->index.base);
        strbuf_addc(f->out, '[');
        format_operand(f, n->index.index);
        strbuf_addc(f->out, ']');
        break;
    case N_CAST:
        strbuf_addc(f->out, '(');
        format_expr(f, n->cast.target);
        strbuf_addc(f->out, ')');
        format_operand(f, n->cast.operand);
        break;
    case N_TUPLE:
    case N_RECORD: format_tuple(f, n); break;
    case N_TYPE: format_type(f, n->tspec.spec); break;
    case N_SIZEOF:
    case N_OFFSETOF:
    case N_TYPEOF:
    case N_TYPEINFO: format_intro(f, n); break;
    case N_COMPTIME: format_prefix(f, "comptime ", n->inner.expr); break;
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
    case N_IMPORT: format_stmt(f, n); break;
    case N_PROBE:
    case N_MACRO:
    case N_SUBPROG:
    case N_MAP_DECL:
    case N_CONFIG:
    case N_CDEF:
    case N_NKINDS: break;
    }
}
