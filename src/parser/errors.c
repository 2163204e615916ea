/* Wording of syntax errors. The parser knows every token it could have gone on with; the choice among them follows what
 * a reader would have put there. */
#include "parser/parse.h"

#include "parser.tab.h"

void syntax_error_at(struct parse *p, struct span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(p->arena, fmt, ap);
    va_end(ap);
    diag_error(p->diag, D_SYNTAX, at, "syntax: %s", text);
    p->nsyntax++;
}

struct expected {
    const int *tokens;
    int n;
};

static bool has(const struct expected *e, int token) {
    for (int i = 0; i < e->n; i++)
        if (e->tokens[i] == token)
            return true;
    return false;
}

/* An operand could have started here. */
static bool has_expression(const struct expected *e) { return has(e, T_INT) && has(e, T_VAR) && has(e, T_PARAM); }

/* Places that are recognised by the token in front of them. */
static const char *after_token(int before, int token, const struct expected *e) {
    switch (before) {
    case T_IMPORT: return "expected string after 'import'";
    case T_STR: return e->n == 1 && has(e, ';') ? "expected ';' after import" : NULL;
    case T_MACRO: return "expected macro name";
    case T_LET:
        return has(e, T_VAR) ? "expected variable after 'let'"
                             : "root-level let statements need to be map declarations, e.g. let @a = hash(2);";
    case T_ELSE: return "expected '{' or 'if' after 'else'";
    case '.': return "expected field name after '.'";
    case T_ARROW: return "expected field name after '->'";
    default: return token == T_END && has(e, '}') && !has(e, ';') ? "expected '}'" : NULL;
    }
}

/* Places that are recognised by a kind of name that fits nowhere else. */
static const char *by_names(const struct expected *e) {
    if (has_expression(e))
        return NULL;
    if (has(e, T_ATTACH))
        return "expected attach point";
    if (has(e, T_VAR) && has(e, T_MAP))
        return "expected macro argument ($var, @map, or identifier)";
    if (has(e, T_VAR))
        return has(e, '(') || e->n == 1 ? "expected variable in for loop" : "expected variable in function argument";
    if (has(e, T_INT))
        return has(e, T_STR) ? "expected string, int, boolean, or ident"
               : has(e, ']') ? "expected ']'"
                             : "expected positive integer for map declaration max entries";
    if (has(e, T_STRUCT))
        return "expected type name";
    return NULL;
}

static const char *by_punctuation(const struct expected *e) {
    static const struct {
        int token;
        const char *text;
    } order[] = { { ';', "expected ';'" }, { '{', "expected '{'" }, { ')', "expected ')'" },
                  { ']', "expected ']'" }, { T_ASSIGN_OP, NULL },   { ':', "expected ':'" },
                  { ',', "expected ','" }, { '(', "expected '('" }, { T_TYPE_OPEN, "expected '('" },
                  { '=', "expected '='" }, { '}', "expected '}'" } };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (has(e, order[i].token) && order[i].text)
            return order[i].text;
    return NULL;
}

static const char *wording(struct parse *p, int token, const struct expected *e) {
    int before = lexer_before(p->lexer);
    const char *text = after_token(before, token, e);
    if (!text && has(e, T_PRED_CLOSE))
        text = "expected '/' to close predicate";
    if (!text)
        text = by_names(e);
    if (!text && has_expression(e) && !has(e, ';'))
        text = "expected expression";
    if (!text && has(e, T_DOTDOT))
        text = "expected map or range in for loop";
    if (!text && has(e, T_IDENT) && !has(e, ';'))
        text = before == '{' || before == ';' ? "expected config key" : "expected identifier";
    if (!text)
        text = by_punctuation(e);
    return text ? text : "unexpected input";
}

void syntax_unexpected(struct parse *p, struct span at, int token, const int *expected, int n) {
    struct expected e = { expected, n };
    if (token == T_BAD)
        p->nsyntax++; /* the lexer has said what is wrong */
    if (token == T_BAD || p->too_deep || lexer_gave_up(p->lexer))
        return;
    if (lexer_before(p->lexer) == T_LET && !has(&e, T_VAR))
        at = lexer_before_span(p->lexer);
    syntax_error_at(p, at, "%s", wording(p, token, &e));
}
