/* Text to tree. */
#ifndef SONDE_PARSER_PARSER_H
#define SONDE_PARSER_PARSER_H

#include "ast/ast.h"

/* Parses a whole script. Syntax errors go to d; the result is then incomplete but walkable. Positional parameters in
 * attach points are substituted from params (missing ones are empty). Never recurses deeper than a fixed bound: nesting
 * beyond it is a syntax error. Identifiers and keywords: reference §2, grammar: §3. */
struct script *parse_script(struct arena *a, struct source *src, const char *const *params, size_t nparams,
                            struct diag *d);
/* One expression, for #define values and imports of single macros. NULL after an error. */
struct node *parse_expression(struct arena *a, struct source *src, struct diag *d);

/* Attach-point text starting at `text` (reference §12.1); *consumed gets the number of bytes read. Splits at colons
 * outside quotes, removes quotes. NULL after an error. */
struct attach_point *parse_attach_point(struct arena *a, const struct source *src, uint32_t offset, size_t *consumed,
                                        const char *const *params, size_t nparams, struct diag *d);

/* Integer literal syntax of reference §2.3, for the lexer, positional parameters, getopt and attach points: the whole
 * of text[0..len) must be one. *value of a negative number is its two's complement. On failure returns false and *error
 * gets the reference's message. */
bool parse_integer(const char *text, size_t len, bool allow_sign, uint64_t *value, bool *is_negative, struct arena *a,
                   const char **error);

#endif
