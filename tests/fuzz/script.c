/* The tree as a script. Operators get parentheses: their precedence is a matter for other tests. */
#include <string.h>

#include "fuzz.h"

static const char *const op_text[O_NOPS] = { "+",  "-", "*", "/",  "%",  "&",  "|",  "^", "<<", ">>", "==",
                                             "!=", "<", ">", "<=", ">=", "&&", "||", "-", "!",  "~" };

static void statements(const struct stmt *s, FILE *out, unsigned indent);

static void write_expr(const struct expr *e, FILE *out);

static void list(const struct expr *e, FILE *out) {
    bool record = e->type->kind == T_RECORD;
    for (unsigned i = 0; i < e->n; i++) {
        fprintf(out, "%s%s%s", i ? ", " : "", record ? e->type->name[i] : "", record ? "=" : "");
        write_expr(e->k[i], out);
    }
}

static void map_ref(const struct map *m, const struct expr *key, FILE *out) {
    fprintf(out, "@%s", m->name);
    if (!key)
        return;
    fputc('[', out);
    if (key->kind == E_TUPLE && key->type->kind == T_TUPLE && key->n > 1)
        list(key, out);
    else
        write_expr(key, out);
    fputc(']', out);
}

static void call(const char *name, const struct expr *e, const char *tail, FILE *out) {
    fprintf(out, "%s(", name);
    for (unsigned i = 0; i < e->n; i++) {
        if (i)
            fputs(", ", out);
        write_expr(e->k[i], out);
    }
    fprintf(out, "%s)", tail);
}

static void part(const struct expr *e, FILE *out) {
    const struct ty *base = e->k[0]->type;
    write_expr(e->k[0], out);
    if (base->kind == T_RECORD)
        fprintf(out, ".%s", base->name[e->i]);
    else
        fprintf(out, ".%u", (unsigned)e->i);
}

static void ternary(const struct expr *e, FILE *out) {
    fputc('(', out);
    write_expr(e->k[0], out);
    fputs(e->n == 2 ? " ?" : " ? ", out);
    if (e->n == 3)
        write_expr(e->k[1], out);
    fputs(e->n == 2 ? ": " : " : ", out);
    write_expr(e->k[e->n - 1], out);
    fputc(')', out);
}

static void block(const struct expr *e, FILE *out) {
    fputs("{ ", out);
    statements(e->body, out, 0);
    write_expr(e->k[0], out);
    fputs(" }", out);
}

static void write_expr(const struct expr *e, FILE *out) {
    switch (e->kind) {
    case E_INT: fputs(e->s, out); break;
    case E_BOOL: fputs(e->s ? e->s : e->i ? "true" : "false", out); break;
    case E_STR: fprintf(out, "\"%s\"", e->s); break;
    case E_VAR: fprintf(out, "$%s", e->var->name); break;
    case E_MAP: map_ref(e->map, e->n ? e->k[0] : NULL, out); break;
    case E_UNARY:
        fprintf(out, "(%s(", op_text[e->op]);
        write_expr(e->k[0], out);
        fputs("))", out);
        break;
    case E_BINARY:
        fputc('(', out);
        write_expr(e->k[0], out);
        fprintf(out, " %s ", op_text[e->op]);
        write_expr(e->k[1], out);
        fputc(')', out);
        break;
    case E_TERNARY: ternary(e, out); break;
    case E_IF:
        fputs("(if ", out);
        write_expr(e->k[0], out);
        fputs(" { ", out);
        write_expr(e->k[1], out);
        fputs(" } else { ", out);
        write_expr(e->k[2], out);
        fputs(" })", out);
        break;
    case E_CAST:
        fprintf(out, "((%s)(", ty_text(e->type));
        write_expr(e->k[0], out);
        fputs("))", out);
        break;
    case E_TUPLE:
        fputc('(', out);
        list(e, out);
        fputs(e->n == 1 && e->type->kind == T_TUPLE ? ",)" : ")", out);
        break;
    case E_PART: part(e, out); break;
    case E_BLOCK: block(e, out); break;
    case E_INCDEC:
        fprintf(out, e->is_prefix ? "%2$s$%1$s" : "$%s%s", e->var->name, e->op == O_ADD ? "++" : "--");
        break;
    case E_CHAR: break;
    case E_STRLEN: call("strlen", e, "", out); break;
    case E_STRNCMP: {
        char tail[40];
        snprintf(tail, sizeof tail, ", %u) == 0", (unsigned)e->i);
        fputc('(', out);
        call("strncmp", e, tail, out);
        break;
    }
    case E_CONTAINS: call("strcontains", e, "", out); break;
    case E_HAS_KEY:
        fprintf(out, "has_key(@%s, ", e->map->name);
        write_expr(e->k[0], out);
        fputc(')', out);
        break;
    case E_LEN: fprintf(out, "len(@%s)", e->map->name); break;
    }
}

static void assignment(const char *op, const struct expr *value, FILE *out) {
    fprintf(out, " %s ", op);
    write_expr(value, out);
}

static void lvalue(const struct stmt *s, FILE *out) {
    if (s->map)
        map_ref(s->map, s->e[0], out);
    else
        fprintf(out, "$%s", s->var->name);
}

static void aggregate(const struct stmt *s, FILE *out) {
    static const char *const names[] = { "", "count", "sum", "min", "max", "avg", "stats" };
    map_ref(s->map, s->e[0], out);
    fprintf(out, " = %s(", names[s->map->agg]);
    if (s->map->agg != A_COUNT)
        write_expr(s->e[1], out);
    fputc(')', out);
}

static void formatted(const struct stmt *s, FILE *out) {
    fputs("printf(\"", out);
    for (unsigned i = 0; i < s->n; i++)
        fprintf(out, "%s%s", s->conv[i].text, s->conv[i].spec);
    fputs("\\n\"", out);
    for (unsigned i = 0; i < s->n; i++) {
        fputs(", ", out);
        write_expr(s->e[i], out);
    }
    fputc(')', out);
}

static void inner(const struct stmt *s, FILE *out, unsigned indent) {
    fputs(" {\n", out);
    statements(s, out, indent + 1);
    fprintf(out, "%*s}", (int)indent * 2, "");
}

/* Statements that end with a block. */
static bool structured(const struct stmt *s, FILE *out, unsigned indent) {
    switch ((int)s->kind) {
    case S_IF:
        fputs("if ", out);
        write_expr(s->e[0], out);
        inner(s->body, out, indent);
        if (s->other) {
            fputs(" else", out);
            inner(s->other, out, indent);
        }
        return true;
    case S_FIND:
        fprintf(out, "if find(@%s, ", s->map->name);
        write_expr(s->e[0], out);
        fprintf(out, ", $%s)", s->var->name);
        inner(s->body, out, indent);
        if (s->other) {
            fputs(" else", out);
            inner(s->other, out, indent);
        }
        return true;
    case S_RANGE:
        fprintf(out, "for $%s : ", s->var->name);
        write_expr(s->e[0], out);
        fputs("..", out);
        write_expr(s->e[1], out);
        break;
    case S_EACH: fprintf(out, "for $%s : @%s", s->var->name, s->map->name); break;
    case S_WHILE:
        fputs("while ", out);
        write_expr(s->e[0], out);
        break;
    case S_UNROLL: fprintf(out, "unroll %u", (unsigned)s->count); break;
    case S_BLOCK: break;
    default: return false;
    }
    inner(s->body, out, indent);
    return true;
}

static void let_text(const struct stmt *s, FILE *out) {
    fprintf(out, s->is_typed || s->is_prefix ? "let $%s" : "$%s", s->var->name);
    if (s->is_typed)
        fprintf(out, ": %s", ty_text(s->var->type));
    assignment("=", s->e[0], out);
}

static void simple(const struct stmt *s, FILE *out) {
    char op[4];
    switch ((int)s->kind) {
    case S_LET: let_text(s, out); break;
    case S_SET:
        lvalue(s, out);
        assignment("=", s->e[0], out);
        break;
    case S_MAP_SET:
        lvalue(s, out);
        assignment("=", s->e[1], out);
        break;
    case S_OP:
    case S_MAP_OP:
        snprintf(op, sizeof op, "%s=", op_text[s->op]);
        lvalue(s, out);
        assignment(op, s->e[1], out);
        break;
    case S_INCDEC:
        if (s->is_prefix)
            fputs(s->op == O_ADD ? "++" : "--", out);
        lvalue(s, out);
        if (!s->is_prefix)
            fputs(s->op == O_ADD ? "++" : "--", out);
        break;
    case S_AGG: aggregate(s, out); break;
    case S_DELETE:
        fprintf(out, "_ = delete(@%s%s", s->map->name, s->e[0] ? ", " : "");
        if (s->e[0])
            write_expr(s->e[0], out);
        fputc(')', out);
        break;
    case S_PRINT:
        fputs("print(", out);
        write_expr(s->e[0], out);
        fputc(')', out);
        break;
    case S_PRINTF: formatted(s, out); break;
    case S_BREAK: fputs("break", out); break;
    case S_CONTINUE: fputs("continue", out); break;
    case S_RETURN: fputs("return", out); break;
    case S_DISCARD:
        fputc('_', out);
        assignment("=", s->e[0], out);
        break;
    default: break;
    }
}

static void statements(const struct stmt *s, FILE *out, unsigned indent) {
    for (; s; s = s->next) {
        if (s->is_removed)
            continue;
        fprintf(out, "%*s", (int)indent * 2, "");
        if (!structured(s, out, indent)) {
            simple(s, out);
            fputc(';', out);
        }
        fputc(indent ? '\n' : ' ', out);
    }
}

void script_write(const struct script *s, FILE *out) {
    for (unsigned i = 0; i < s->nprobes; i++) {
        fputs(s->is_end[i] ? "end" : "begin", out);
        if (s->predicate[i]) {
            fputs(" /", out);
            write_expr(s->predicate[i], out);
            fputs("/", out);
        }
        inner(s->probe[i], out, 0);
        fputc('\n', out);
    }
}
