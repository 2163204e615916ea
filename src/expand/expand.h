/* From the parsed script to one tree without imports, macros and positional parameters. */
#ifndef SONDE_EXPAND_EXPAND_H
#define SONDE_EXPAND_EXPAND_H

#include "ast/ast.h"
#include "support/hmap.h"

struct expand_options {
    const char *const *params; /* $1 … */
    size_t nparams;
    /* Builtin names a macro parameter must not take, and that library macros yield to: NULL-terminated. */
    bool (*is_builtin)(const char *name);
    /* The C preamble: reads it, once all imports have joined theirs, and answers what an object-like macro stands for
     * (NULL: no such macro), and what its value is in C when its text is nothing in the language. May be NULL. */
    void (*read_preamble)(void *ctx, const struct script *s);
    const char *(*c_macro)(void *ctx, const char *name);
    const char *(*c_value)(void *ctx, const char *name);
    void *ctx;
};

/* Imports: joins imported scripts in front (begin/end probes of imports first), each path once; the standard library's
 * files come from stdlib_files (embedded). Macros: user macros first, then the library's, matched by name and
 * parameters, hygienic (reference §14.1). Library files are parsed only when one of their macros is used: an index of
 * macro names is kept instead. Positional parameters outside attach points become N_INT or N_STR nodes (reference
 * §15.7) whose str form stays available through str($1): the node N_PARAM stays when it is the direct argument of
 * str(), with call.args[0] replaced by N_STR. Config and map declarations stay as items.
 * Identifiers that are macros of the C preamble become the expressions they stand for.
 * Errors go to d. */
void expand_script(struct script *s, const struct expand_options *opt, struct diag *d);

#endif
