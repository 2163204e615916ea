/* The tree as S-expressions, for -d ast and golden tests.
 *
 * Statements and top-level items take a line each, expressions are written flat, so a golden test reads like the
 * script. Leaves are written as in the script; `:type` follows where sema has put one. */
#include "ast/ast.h"
#include "ast/format.h"
#include "support/strbuf.h"

static void flat(struct strbuf *out, const struct node *n);

static void flat_child(struct node **child, void *ctx) {
    strbuf_addc(ctx, ' ');
    flat(ctx, *child);
}

static void add_type(struct strbuf *out, const struct node *n) {
    if (!n->type || n->type->kind == TY_NONE)
        return;
    strbuf_addc(out, ':');
    type_format(out, n->type);
}

static bool is_leaf(const struct node *n) {
    switch (n->kind) {
    case N_INT:
    case N_STR:
    case N_BOOL:
    case N_IDENT:
    case N_VAR:
    case N_PARAM:
    case N_TYPE: return true;
    case N_MAP: return !n->map.key;
    case N_CALL:
    case N_UNARY:
    case N_INCDEC:
    case N_BINARY:
    case N_TERNARY:
    case N_IF:
    case N_BLOCK:
    case N_FIELD:
    case N_TUPLE_AT:
    case N_INDEX:
    case N_CAST:
    case N_TUPLE:
    case N_RECORD:
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
    case N_SUBPROG:
    case N_MAP_DECL:
    case N_CONFIG:
    case N_IMPORT:
    case N_CDEF:
    case N_NKINDS: return false;
    }
    return false;
}

static void add_names(struct strbuf *out, const char *const *names, size_t n, const char *prefix) {
    for (size_t i = 0; i < n; i++)
        strbuf_printf(out, "%s%s", prefix, names[i]);
}

static void add_op(struct strbuf *out, enum op op, const char *after) {
    strbuf_printf(out, " %s%s", op_str(op), after);
}

/* What a node holds beside its children. */
static void add_details(struct strbuf *out, const struct node *n) {
    switch (n->kind) {
    case N_MAP: strbuf_printf(out, " %s", n->map.name); break;
    case N_CALL: strbuf_printf(out, " %s", n->call.name); break;
    case N_UNARY: add_op(out, n->unary.op, ""); break;
    case N_INCDEC: add_op(out, n->incdec.op, n->incdec.is_prefix ? " prefix" : ""); break;
    case N_BINARY: add_op(out, n->binary.op, ""); break;
    case N_ASSIGN: add_op(out, n->assign.op, "="); break;
    case N_IF: strbuf_adds(out, n->cond.is_comptime ? " comptime" : ""); break;
    case N_FIELD: strbuf_printf(out, " %s%s", n->field.is_arrow ? "->" : ".", n->field.name); break;
    case N_TUPLE_AT: strbuf_printf(out, " %llu", (unsigned long long)n->tuple_at.index); break;
    case N_TUPLE: strbuf_adds(out, n->tuple.is_keys ? " keys" : ""); break;
    case N_RECORD: add_names(out, n->tuple.names, n->tuple.items.n, " ."); break;
    case N_OFFSETOF:
        strbuf_addc(out, ' ');
        add_names(out, n->intro.path, n->intro.npath, ".");
        break;
    case N_MACRO:
        strbuf_printf(out, " %s", n->macro.name);
        for (size_t i = 0; i < n->macro.nparams; i++)
            strbuf_printf(out, " %s%s", n->macro.params[i].kind == MP_VAR ? "$" : "", n->macro.params[i].name);
        break;
    case N_SUBPROG: strbuf_printf(out, " %s", n->subprog.name); break;
    case N_MAP_DECL:
        strbuf_printf(out, " %s %s %llu", n->mapdecl.name, n->mapdecl.kind, (unsigned long long)n->mapdecl.max_entries);
        break;
    case N_PROBE:
        for (size_t i = 0; i < n->probe.points.n; i++) {
            const struct attach_point *ap = n->probe.points.v[i];
            strbuf_printf(out, " %s%s%s", ap->user_name ? ap->user_name : "", ap->user_name ? "=" : "", ap->text);
        }
        break;
    case N_IMPORT:
    case N_CDEF:
        strbuf_addc(out, ' ');
        format_string(out, n->str.s, n->str.len);
        break;
    case N_CONFIG:
    case N_INT:
    case N_STR:
    case N_BOOL:
    case N_IDENT:
    case N_VAR:
    case N_PARAM:
    case N_TERNARY:
    case N_BLOCK:
    case N_INDEX:
    case N_CAST:
    case N_TYPE:
    case N_SIZEOF:
    case N_TYPEOF:
    case N_TYPEINFO:
    case N_COMPTIME:
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
    case N_NKINDS: break;
    }
}

static void flat_block(struct strbuf *out, const struct node *n) {
    strbuf_adds(out, "(block");
    for (size_t i = 0; i < n->block.stmts.n; i++)
        flat_child((struct node **)&n->block.stmts.v[i], out);
    if (n->block.value) {
        strbuf_adds(out, " => ");
        flat(out, n->block.value);
    }
    strbuf_addc(out, ')');
}

/* Written like a place and its value, though the value is evaluated first. */
static void flat_assign(struct strbuf *out, const struct node *n) {
    strbuf_adds(out, "(assign");
    add_details(out, n);
    strbuf_addc(out, ' ');
    flat(out, n->assign.lvalue);
    strbuf_addc(out, ' ');
    flat(out, n->assign.value);
    strbuf_addc(out, ')');
}

static void flat_let(struct strbuf *out, const struct node *n) {
    const struct node *parts[] = { n->let.var, n->let.tspec, n->let.value };
    strbuf_adds(out, "(let");
    for (size_t i = 0; i < 3; i++) {
        strbuf_adds(out, parts[i] ? " " : "");
        if (parts[i])
            flat(out, parts[i]);
    }
    strbuf_addc(out, ')');
}

static void flat(struct strbuf *out, const struct node *n) {
    if (is_leaf(n)) {
        ast_format(out, n);
    } else if (n->kind == N_BLOCK) {
        flat_block(out, n);
    } else if (n->kind == N_ASSIGN) {
        flat_assign(out, n);
    } else if (n->kind == N_LET) {
        flat_let(out, n);
    } else {
        strbuf_printf(out, "(%s", node_kind_name(n->kind));
        add_details(out, n);
        node_children((struct node *)n, flat_child, out);
        strbuf_addc(out, ')');
    }
    add_type(out, n);
}

static void lines(struct strbuf *out, const struct node *n, int indent);

static void new_line(struct strbuf *out, int indent) {
    strbuf_addc(out, '\n');
    strbuf_fill(out, ' ', (size_t)indent);
}

static void block_lines(struct strbuf *out, const struct node *n, int indent) {
    for (size_t i = 0; i < n->block.stmts.n; i++) {
        new_line(out, indent);
        lines(out, n->block.stmts.v[i], indent);
    }
    if (n->block.value) {
        new_line(out, indent);
        strbuf_adds(out, "=> ");
        flat(out, n->block.value);
    }
}

/* A statement that holds blocks: its head flat, then each block indented below. */
static void nested(struct strbuf *out, const struct node *n, const struct node *const *head, size_t nhead,
                   const struct node *body, const struct node *other, int indent) {
    strbuf_printf(out, "(%s", node_kind_name(n->kind));
    add_details(out, n);
    for (size_t i = 0; i < nhead; i++) {
        if (head[i]) {
            strbuf_addc(out, ' ');
            flat(out, head[i]);
        }
    }
    block_lines(out, body, indent + 2);
    if (other) {
        new_line(out, indent + 1);
        strbuf_adds(out, "else");
        if (other->kind == N_BLOCK) {
            block_lines(out, other, indent + 2);
        } else {
            new_line(out, indent + 2);
            lines(out, other, indent + 2);
        }
    }
    strbuf_addc(out, ')');
}

static void lines(struct strbuf *out, const struct node *n, int indent) {
    if (n->kind == N_BLOCK) {
        nested(out, n, NULL, 0, n, NULL, indent);
    } else if (n->kind == N_IF && n->cond.yes->kind == N_BLOCK) {
        nested(out, n, (const struct node *[]){ n->cond.cond }, 1, n->cond.yes, n->cond.no, indent);
    } else if (n->kind == N_WHILE || n->kind == N_UNROLL) {
        nested(out, n, (const struct node *[]){ n->loop.cond }, 1, n->loop.body, NULL, indent);
    } else if (n->kind == N_FOR_MAP || n->kind == N_FOR_RANGE) {
        const struct node *head[] = { n->forloop.var, n->forloop.map, n->forloop.from, n->forloop.to };
        nested(out, n, head, 4, n->forloop.body, NULL, indent);
    } else if (n->kind == N_PROBE) {
        nested(out, n, (const struct node *[]){ n->probe.predicate }, 1, n->probe.body, NULL, indent);
    } else if (n->kind == N_MACRO) {
        nested(out, n, NULL, 0, n->macro.body, NULL, indent);
    } else {
        flat(out, n);
    }
}

static void config_lines(struct strbuf *out, const struct node *n, int indent) {
    strbuf_adds(out, "(config");
    for (size_t i = 0; i < n->config.n; i++) {
        new_line(out, indent + 2);
        strbuf_printf(out, "%s ", n->config.entries[i].key);
        flat(out, n->config.entries[i].value);
    }
    strbuf_addc(out, ')');
}

void ast_dump(struct strbuf *out, const struct node *n, int indent) {
    strbuf_fill(out, ' ', (size_t)indent);
    if (n->kind == N_CONFIG)
        config_lines(out, n, indent);
    else
        lines(out, n, indent);
}

void ast_dump_script(struct strbuf *out, const struct script *s) {
    for (size_t i = 0; i < s->items.n; i++) {
        ast_dump(out, s->items.v[i], 0);
        strbuf_addc(out, '\n');
    }
}
