/* Script text to tokens.
 *
 * The scanner proper is lexer.l. This header is what the parser sees: one call a token. A few decisions need more than
 * one token of context and are therefore made here and not in the grammar:
 *   - outside of bodies, raw attach-point text and C definitions are single tokens (T_ATTACH, T_CDEF);
 *   - the slash that closes a predicate (the one right before the body) is T_PRED_CLOSE;
 *   - a parenthesis that starts a cast is T_CAST_OPEN, one that starts a type in sizeof & co. T_TYPE_OPEN;
 *   - after an error, everything up to the end of the current top-level item becomes one T_RESYNC. */
#ifndef SONDE_LEXER_LEXER_H
#define SONDE_LEXER_LEXER_H

#include "ast/ast.h"

/* Brackets of all kinds that may be open at once. */
#define LEX_MAX_NESTING 400

struct lexer;

/* What a token carries beside its place. */
struct token {
    const char *text; /* names without sigil ('@' stays); decoded strings; as written for integers, '…' and C text */
    size_t len;
    const char *raw; /* strings and integers: as written */
    uint64_t value;  /* integers, positional parameters */
};

struct macro_params;
struct path;
/* Semantic values of tokens and grammar symbols. */
union syntax_value {
    struct token token;
    enum op op;
    struct node *node;
    node_vec nodes;
    struct type_spec *spec;
    struct record_items *record;
    struct names *names;
    struct macro_param param;
    struct macro_params *params;
    struct probe_points *points;
    struct config_entries *entries;
};

/* `comments` collects comments; `shebang` gets the first line when it is one. */
struct lexer *lexer_new(struct arena *a, const struct source *src, struct diag *d, struct script *script);
/* Starts inside a body, for single expressions. */
void lexer_start_in_body(struct lexer *lx);
void lexer_free(struct lexer *lx);
int lexer_next(struct lexer *lx, union syntax_value *value, struct span *at);

/* For the wording and the recovery of syntax errors. */
int lexer_before(const struct lexer *lx); /* the token before the last one */
struct span lexer_before_span(const struct lexer *lx);
void lexer_recover(struct lexer *lx);       /* the next token is T_RESYNC or the end */
bool lexer_gave_up(const struct lexer *lx); /* NUL byte or nested too deeply: reported, only the end follows */

#endif
