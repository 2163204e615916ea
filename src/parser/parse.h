/* What the grammar's actions share: the state of one parse, and one builder per production that does more than
 * collect. Private to src/parser. */
#ifndef SONDE_PARSER_PARSE_H
#define SONDE_PARSER_PARSE_H

#include "ast/ast.h"
#include "lexer/lexer.h"

/* Syntax errors after which the rest of a script is not looked at. */
#define PARSE_MAX_ERRORS 20

struct parse {
    struct arena *arena;
    const struct source *src;
    struct diag *diag;
    struct lexer *lexer;
    struct script *script;
    const char *const *params;
    size_t nparams;
    struct node *expression;     /* result of parse_expression */
    int start;                   /* T_START_EXPRESSION once, to select the start symbol; 0 for scripts */
    bool seen_config, seen_body; /* order of top-level parts */
    bool missed_semicolon;       /* reported for this item: more would follow from the same slip */
    bool too_deep;
    unsigned nsyntax; /* syntax errors so far */
};

struct record_items {
    VEC(const char *) names;
    node_vec values;
};
struct names {
    VEC(const char *) list;
};
struct macro_params {
    VEC(struct macro_param) list;
};
struct probe_points {
    VEC(struct attach_point *) list;
};
struct config_entries {
    VEC(struct config_entry) list;
};

int syntax_parse(struct parse *p);

/* ---- build.c: expressions ------------------------------------------------------------------ */

/* Every node goes through here when its children are in place: counts depth, and reports trees that are too high. */
struct node *build_done(struct parse *p, struct node *n);
struct node *build_int(struct parse *p, struct span at, struct token t);
struct node *build_str(struct parse *p, struct span at, struct token t);
struct node *build_bool(struct parse *p, struct span at, bool value);
struct node *build_ident(struct parse *p, struct span at, struct token t);
struct node *build_var(struct parse *p, struct span at, struct token t);
struct node *build_param(struct parse *p, struct span at, uint64_t index);
/* No keys: the map itself; several: a tuple. */
struct node *build_map(struct parse *p, struct span at, struct token t, node_vec keys, struct span keys_at);
struct node *build_call(struct parse *p, struct span at, struct token t, node_vec args);
struct node *build_unary(struct parse *p, struct span at, enum op op, struct node *operand);
struct node *build_incdec(struct parse *p, struct span at, enum op op, bool is_prefix, struct node *operand,
                          struct span blame);
struct node *build_binary(struct parse *p, struct span at, enum op op, struct node *left, struct node *right);
struct node *build_ternary(struct parse *p, struct span at, struct node *cond, struct node *yes, struct node *no);
struct node *build_if(struct parse *p, struct span at, bool is_comptime, struct node *cond, struct node *yes,
                      struct node *no);
struct node *build_field(struct parse *p, struct span at, struct node *base, struct token name, bool is_arrow);
struct node *build_tuple_at(struct parse *p, struct span at, struct node *base, struct token index);
struct node *build_index(struct parse *p, struct span at, struct node *base, struct node *index);
struct node *build_cast(struct parse *p, struct span at, struct node *target, struct node *operand);
struct node *build_tuple(struct parse *p, struct span at, node_vec items);
/* `text`, the next name, must not be among those that are there. */
void check_record_name(struct parse *p, struct span name, struct span value, const struct record_items *items,
                       const char *text);
struct node *build_record(struct parse *p, struct span at, const struct record_items *items);
struct node *build_intro(struct parse *p, enum node_kind kind, struct span at, struct node *operand,
                         const struct names *path);
struct node *build_comptime(struct parse *p, struct span at, struct node *operand);

/* ---- build_type.c -------------------------------------------------------------------------- */

struct type_spec *build_spec(struct parse *p, int base, const char *name, struct node *operand);
void build_suffix(struct parse *p, struct type_spec *spec, bool is_pointer, bool has_count, uint64_t count);
struct node *build_type(struct parse *p, struct span at, struct type_spec *spec);

/* ---- build_stmt.c: statements and blocks --------------------------------------------------- */

/* A block under construction is a list whose last element may be a bare expression: one without ';'. */
struct node *build_block(struct parse *p, struct span at, node_vec items);
void build_add_expr(struct parse *p, node_vec *items, struct node *expr);
void build_add_bare(struct parse *p, node_vec *items, struct node *expr, bool is_last, struct span next);
struct node *build_assign(struct parse *p, struct span at, struct node *target, enum op op, struct span op_at,
                          struct node *value);
struct node *build_let(struct parse *p, struct span at, struct node *var, struct node *tspec, struct node *value);
struct node *build_inner(struct parse *p, enum node_kind kind, struct span at, struct node *expr);
struct node *build_loop(struct parse *p, enum node_kind kind, struct span at, struct node *cond, struct node *body);
/* map or from..to; at is the head without the body */
struct node *build_for(struct parse *p, struct span at, struct node *var, struct node *range, struct node *body,
                       bool has_parens);
struct node *build_range(struct parse *p, struct span at, struct node *from, struct node *to);
/* The value of a block that is used as a statement becomes a statement as well. */
void build_drop_value(struct parse *p, struct node *n);

/* ---- build_top.c: top-level items ---------------------------------------------------------- */

void build_cdef(struct parse *p, struct span at, struct token t);
void build_config(struct parse *p, struct span at, struct span keyword, const struct config_entries *entries);
void build_import(struct parse *p, struct span at, struct span keyword, struct token path);
struct attach_point *build_point(struct parse *p, struct span at);
void build_probe(struct parse *p, struct span at, const struct probe_points *points, struct node *predicate,
                 struct node *body);
struct node *build_macro(struct parse *p, struct span at, struct token name, const struct macro_params *params,
                         struct node *body);
struct node *build_subprog(struct parse *p, struct span at, struct token name, node_vec params, struct node *ret,
                           struct node *body);
void build_mapdecl(struct parse *p, struct span at, struct token name, struct token kind, struct span kind_at,
                   struct token count);
void build_item(struct parse *p, struct node *n);

/* ---- errors.c ------------------------------------------------------------------------------ */

void syntax_error_at(struct parse *p, struct span at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Words a syntax error from what the grammar would have accepted: a list of bison symbols' token numbers. */
void syntax_unexpected(struct parse *p, struct span at, int token, const int *expected, int n);

#endif
