/* Inside of the expansion pass: what its files share. */
#ifndef SONDE_EXPAND_EXPANDER_H
#define SONDE_EXPAND_EXPANDER_H

#include "expand/expand.h"

/* Macros inside of macros, and nodes made from them: both can grow without bound from a few lines. */
#define EXPAND_MAX_NESTING 100
#define EXPAND_MAX_NODES   200000

struct macro_def {
    struct node *node; /* N_MACRO */
    bool is_library;
    struct macro_def *next; /* same name */
};

/* The macros being expanded around the current place, innermost first. */
struct frame {
    const struct macro_def *def;
    const struct frame *up;
    unsigned depth;
};

/* The same for macros of the C preamble. */
struct c_frame {
    const char *name;
    const struct c_frame *up;
};

struct expander {
    struct arena *arena;
    struct script *script;
    const struct expand_options *opt;
    struct diag *diag;
    struct hmap user, library; /* name to struct macro_def */
    struct hmap library_files; /* macro name to struct stdlib_file, for files not parsed yet */
    bool is_indexed;
    const struct frame *frame;
    const struct c_frame *c_frame;
    bool in_str;     /* inside of the first argument of str() */
    bool gave_up;    /* a limit was hit and reported */
    unsigned serial; /* of expansions, for names of variables */
    size_t nodes;    /* made by expansions so far */
};

/* ---- imports.c ----------------------------------------------------------------------------- */

/* Replaces the imports of the root script by what they name; returns how many items in front came from them. */
size_t import_all(struct expander *x);

/* ---- macros.c: definitions and lookup ------------------------------------------------------ */

/* Checks the definition and makes it known. */
void macro_define(struct expander *x, struct node *n, bool is_library);
/* The definition that a call means. NULL when the name is none of a macro's, or *failed after a report. */
const struct macro_def *macro_lookup(struct expander *x, const struct node *call, const char *name,
                                     const node_vec *args, bool *failed);

/* ---- library.c ----------------------------------------------------------------------------- */

struct macro_def *library_find(struct expander *x, const char *name);

/* ---- apply.c ------------------------------------------------------------------------------- */

/* The body of a macro with its arguments in place. `raw` are the arguments before expansion. NULL after an error. */
struct node *macro_apply(struct expander *x, const struct macro_def *def, const struct span *call, const node_vec *args,
                         const node_vec *raw);

/* Counts the nodes of a tree that is about to be copied; false, after a report, when expansions have made too many. */
bool expander_charge(struct expander *x, struct span at, const struct node *tree);

/* ---- cmacro.c ------------------------------------------------------------------------------ */

/* Puts the value of a C macro in the place of its name, *place; expand is what expands the value in turn. */
void cmacro_expand(struct expander *x, struct node **place, node_fn *expand);
/* The same where the name was read as a type. */
void cmacro_operand(struct expander *x, struct node **place);

/* ---- positional.c -------------------------------------------------------------------------- */

struct node *positional_value(struct expander *x, const struct node *param);

#endif
