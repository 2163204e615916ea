/* The syntax tree. Built by the parser, rewritten by expand, annotated by sema, read by codegen.
 * All nodes live in the program's arena. */
#ifndef SONDE_AST_AST_H
#define SONDE_AST_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/arena.h"
#include "support/diag.h"
#include "support/vec.h"
#include "types/type.h"

enum node_kind {
#define NODE(kind, name) N_##kind,
#include "ast/nodes.def"
#undef NODE
    N_NKINDS
};
const char *node_kind_name(enum node_kind k);

enum op {
    OP_NONE,
    /* binary, also in compound assignment */
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_AND,
    OP_OR,
    OP_XOR,
    OP_SHL,
    OP_SHR,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_GT,
    OP_LE,
    OP_GE,
    OP_LAND,
    OP_LOR,
    /* unary */
    OP_NEG,
    OP_NOT /* ! */,
    OP_BNOT /* ~ */,
    OP_DEREF,
    OP_ADDR,
    /* incdec */
    OP_INC,
    OP_DEC
};
const char *op_str(enum op op); /* "+", "<<", … */

struct node;
typedef VEC(struct node *) node_vec;

/* A type as written: base name and suffixes, resolved by sema. */
struct type_spec {
    enum { TS_NAME, TS_STRUCT, TS_UNION, TS_ENUM, TS_TYPEOF } base;
    const char *name;     /* TS_NAME … TS_ENUM */
    struct node *operand; /* TS_TYPEOF: expression, or a N_TYPE node */
    struct type_suffix {
        bool is_pointer;
        bool has_count; /* "[]" without a number sizes itself */
        uint64_t count;
    } *suffixes; /* read left to right: T*[4] is an array of pointers */
    size_t nsuffixes;
};

/* One attach point as written, after splitting at colons; probes/ providers interpret the parts. */
struct attach_point {
    struct span span;
    const char *text;      /* as written, parameters substituted, without a user name */
    const char *user_name; /* name=… or NULL */
    const char **parts;    /* parts[0] = provider as written; unquoted */
    size_t nparts;
};

/* Resolved by sema: see sema/sema.h for what they hold. */
struct variable;
struct map_info;
struct builtin;

struct node {
    enum node_kind kind;
    uint32_t depth; /* height of the tree below, counted by the parser, which bounds it: walkers may recurse */
    struct span span;
    const struct type *type; /* sema: type of the value; &type_none for statements and void */
    /* sema: value known at compile time. An int/bool/enum constant, or a string constant. Codegen uses it instead of
     * the node. */
    bool is_const;
    uint64_t const_value;
    const char *const_str; /* string constants: NUL-terminated, const_len bytes */
    size_t const_len;
    union {
        struct {
            uint64_t value;
            bool is_unsigned_literal;
            const char *text; /* as written */
        } num;
        struct {
            const char *s;
            size_t len;
            const char *text; /* as written, with quotes */
        } str;
        struct {
            const char *name;
            const struct builtin *builtin; /* sema */
        } ident;
        struct {
            const char *name;     /* without $ */
            struct variable *var; /* sema */
        } var;
        struct {
            const char *name;     /* with @ */
            struct node *key;     /* or NULL; several keys are one N_TUPLE */
            struct map_info *map; /* sema */
        } map;
        struct {
            uint64_t index;
        } param;
        struct {
            const char *name;
            node_vec args;
            const struct builtin *builtin; /* sema */
            void *data;                    /* sema → codegen, owned by the builtin's check (e.g. its event site) */
        } call;
        struct {
            enum op op;
            struct node *operand;
        } unary;
        struct {
            enum op op;
            bool is_prefix;
            struct node *lvalue;
        } incdec;
        struct {
            enum op op;
            struct node *left, *right;
        } binary;
        struct {
            struct node *cond, *yes /* NULL: "a ?: b" */, *no;
            bool is_comptime;
        } cond;
        struct {
            node_vec stmts;
            struct node *value; /* trailing expression or NULL */
        } block;
        struct {
            struct node *base;
            const char *name;
            bool is_arrow;
            const struct field *field;
            uint32_t offset; /* sema: total offset */
        } field;
        struct {
            struct node *base;
            uint64_t index;
        } tuple_at;
        struct {
            struct node *base, *index;
        } index;
        struct {
            struct node *target; /* N_TYPE */
            struct node *operand;
        } cast;
        struct {
            node_vec items;
            const char **names; /* N_RECORD */
            bool is_keys;       /* made from @m[a, b] */
        } tuple;
        struct {
            struct type_spec *spec;
        } tspec; /* .type of the node: resolved */
        struct {
            struct node *operand; /* N_TYPE or expression */
            const char **path;
            size_t npath;
        } intro;
        struct {
            struct node *expr;
        } inner;
        struct {
            enum op op;
            struct node *lvalue, *value;
        } assign;
        struct {
            struct node *var;   /* N_VAR */
            struct node *tspec; /* N_TYPE or NULL */
            struct node *value; /* or NULL */
        } let;
        struct {
            struct node *cond;
            struct node *body;
        } loop; /* unroll: cond = count */
        struct {
            struct node *var; /* N_VAR */
            struct node *map; /* FOR_MAP: N_MAP without key */
            struct node *from, *to;
            struct node *body;
            bool has_parens;
        } forloop;
        struct {
            VEC(struct attach_point *) points;
            struct node *predicate; /* or NULL */
            struct node *body;
        } probe;
        struct {
            const char *name;
            struct macro_param {
                enum { MP_EXPR, MP_VAR, MP_MAP } kind;
                const char *name;
                struct span span;
            } *params;
            size_t nparams;
            struct node *body;
        } macro;
        struct {
            const char *name;
            struct {
                struct node *var, *tspec;
            } *params;
            size_t nparams;
            struct node *ret, *body;
        } subprog;
        struct {
            const char *name;
            const char *kind;
            uint64_t max_entries;
            struct span kind_span;
        } mapdecl;
        struct {
            struct config_entry {
                const char *key;
                struct node *value; /* INT STR BOOL IDENT */
                struct span span;
            } *entries;
            size_t n;
        } config;
    };
};

/* A whole script after parsing, and after imports have been joined. */
struct script {
    struct arena *arena;
    struct source *source;
    const char *shebang;          /* first line or NULL, for the formatter */
    node_vec items;               /* top-level nodes in source order */
    VEC(struct comment) comments; /* for the formatter, by offset */
};

/* No tree is higher than this, before or after macro expansion. */
#define AST_MAX_DEPTH 1000

struct node *node_new(struct arena *a, enum node_kind kind, struct span span);
/* Sets n->depth from the children's; call it when they are in place. */
void node_measure(struct node *n);
/* Deep copy; annotations of sema are not copied. `from`, when not NULL, becomes the innermost expansion site of every
 * copied span. */
struct node *node_clone(struct arena *a, const struct node *n, const struct span *from);

/* Calls fn on each direct child (expressions, statements, types), in evaluation order; the child may be replaced
 * through the pointer. NULL children are skipped. */
typedef void node_fn(struct node **child, void *ctx);
void node_children(struct node *n, node_fn *fn, void *ctx);
/* Pre-order walk; pre returns false to skip the children. */
typedef bool node_pre(struct node *n, void *ctx);
void node_walk(struct node *n, node_pre *pre, void *ctx);

struct strbuf;
/* S-expression with types once known; for goldens and -d ast. */
void ast_dump(struct strbuf *out, const struct node *n, int indent);
void ast_dump_script(struct strbuf *out, const struct script *s);
/* The formatter: script text in the house style of bpftrace --fmt (reference §22). */
void ast_format_script(struct strbuf *out, const struct script *s);
/* One node, in formatter style, for -d types and diagnostics. */
void ast_format(struct strbuf *out, const struct node *n);

struct comment {
    struct span span;
    const char *text; /* without // or the block markers */
    bool is_block;
};

#endif
