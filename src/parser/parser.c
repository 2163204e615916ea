/* Entry points of the parser. */
#include "parser/parser.h"

#include "lexer/literals.h"
#include "parser.tab.h"
#include "parser/parse.h"

struct script *parse_script(struct arena *a, struct source *src, const char *const *params, size_t nparams,
                            struct diag *d) {
    struct script *s = ARENA_NEW(a, struct script);
    s->arena = a;
    s->source = src;
    struct parse p = { .arena = a, .src = src, .diag = d, .script = s, .params = params, .nparams = nparams };
    p.lexer = lexer_new(a, src, d, s);
    syntax_parse(&p);
    lexer_free(p.lexer);
    return s;
}

struct node *parse_expression(struct arena *a, struct source *src, struct diag *d) {
    struct parse p = { .arena = a, .src = src, .diag = d, .start = T_START_EXPRESSION };
    unsigned nerrors = d->nerrors;
    p.lexer = lexer_new(a, src, d, NULL);
    lexer_start_in_body(p.lexer);
    bool ok = syntax_parse(&p) == 0;
    lexer_free(p.lexer);
    return ok && d->nerrors == nerrors ? p.expression : NULL;
}

bool parse_integer(const char *text, size_t len, bool allow_sign, uint64_t *value, bool *is_negative, struct arena *a,
                   const char **error) {
    size_t sign = allow_sign && len && (*text == '-' || *text == '+');
    *is_negative = sign && *text == '-';
    struct literal_error e = literal_integer(a, text + sign, len - sign, value);
    *error = e.is_suffix ? arena_printf(a, "invalid trailing bytes: %.*s", (int)len, text) : e.message;
    if (!*error && *is_negative && *value > (uint64_t)INT64_MAX + 1)
        *error = arena_printf(a, "underflow error, minimum value is -9223372036854775808: %.*s", (int)len, text);
    if (*is_negative)
        *value = -*value;
    return !*error;
}
