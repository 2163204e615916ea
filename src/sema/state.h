/* What the files of this room share. Nothing outside of src/sema includes it. */
#ifndef SONDE_SEMA_STATE_H
#define SONDE_SEMA_STATE_H

#include "sema/sema.h"

/* A variable with what only the checker needs. Starts with the public part: `struct variable *` converts back. */
struct local {
    struct variable var;
    struct span declared;   /* "let $x", or the first assignment */
    bool is_let, is_loop;   /* how it came to be */
    const struct type *open; /* let $x: string: the kind is fixed, the size comes from the values */
    unsigned callback;      /* depth of loop bodies where it was declared */
    unsigned pointee_at;    /* the assignment that says what it points to: the last one */
};

struct scope {
    struct scope *outer;
    VEC(struct local *) locals;
};

/* A map with what only the checker needs; same trick. */
struct map_entry {
    struct map_info info;
    bool is_used;   /* met in a block: has its place in program->maps */
    bool is_settled; /* scalar or keyed is known */
    bool is_keyed;
    bool is_target; /* assigned somewhere */
    bool is_refused; /* … an aggregation of another map: no reason to guess a type */
    unsigned pointee_at; /* as in struct local */
    struct span declared;
    struct span first_write; /* its name where it is assigned first */
};

struct sema_state {
    struct probe_env env;
    struct hmap maps;         /* name → struct map_entry */
    struct scope *scope;
    VEC(struct local *) locals; /* of the block being typed, in order of declaration */
    VEC(struct block *) blocks; /* all that are typed */
    VEC(struct block *) idle;   /* typed, but not to be run: test probes without --test, … */
    VEC(struct function *) functions;
    struct function *function; /* being typed */
    unsigned loops;           /* loops around the current statement that break leaves */
    unsigned for_loops;       /* of these and others, `for` */
    unsigned callbacks;       /* loop bodies that become functions of their own */
    unsigned assignments;     /* of pointers, counted in each round */
    bool is_format;           /* typing a format string: may be longer than max_strlen */
    const struct node *last_stmt; /* of the block being typed */
    const struct node *field_base; /* `args` there is not the whole of it */
};

/* ---- types (unify.c) ----------------------------------------------------------------------- */

/* In muted rounds a type may not be known yet; poison stands for it as it does after errors. */
static inline bool is_poison(const struct type *t) { return t->kind == TY_POISON; }
static inline bool is_castable(const struct type *t) { return type_ops[t->kind].is_castable; }
/* int, bool, enum, or an aggregation that reads as an integer. */
static inline bool reads_as_int(const struct type *t) { return type_is_intlike(t) || is_castable(t); }
/* Signed for good: not a non-negative literal, which takes the side of its partner. */
bool type_is_signed(const struct type *t);
/* What a value has as a type where it is kept: castable aggregations become integers. */
const struct type *type_of_copy(const struct type *t);
/* Whether every value of `from` is one of `to` (integers). */
bool int_fits(const struct type *from, const struct type *to);
/* Pointers of one place: what the last assignment of a round says they point to counts. *at: its number. */
const struct type *last_pointee(struct sema *s, const struct type *both, const struct type *t, unsigned *at);
/* "int", "string": the word for a type in argument errors. */
const char *type_word(const struct type *t);
const char *say(struct sema *s, const struct type *t);
const char *say_value(struct sema *s, const struct node *n); /* its type; calls without a value are "void" */
/* Warns when an integer changes its value by going from its type to `to`: at the parts of tuples, too. */
void warn_int_cast(struct sema *s, struct span at, const struct type *from, const struct type *to);
void warn_conversion(struct sema *s, const struct node *value, const struct type *to);
/* A literal as such, not behind a cast. */
bool is_literal_node(const struct node *n);
/* What reading a C object in memory of this space gives: char arrays are strings, enums have 8 bytes. */
const struct type *type_of_read(struct sema *s, const struct type *t, enum addr_space as);
const struct type *with_space(struct sema *s, const struct type *t, enum addr_space as);

/* ---- constants (fold.c) -------------------------------------------------------------------- */

/* Replace the node by its value where operands are known; false when they are not. An error leaves n->type poison. */
bool fold_binary(struct sema *s, struct node *n);
bool fold_unary(struct sema *s, struct node *n);
void fold_cast(struct node *n);
void set_constant(struct node *n, const struct type *t, uint64_t value);
void copy_constant(struct node *n, const struct node *from, const struct type *t);

/* ---- expressions --------------------------------------------------------------------------- */

const struct type *type_binary(struct sema *s, struct node *n);            /* ops.c */
const struct type *type_unary(struct sema *s, struct node *n);
const struct type *type_incdec(struct sema *s, struct node *n);
/* Result of lt op rt for integers and pointers; NULL when the operator does not apply. */
const struct type *arithmetic_type(struct sema *s, enum op op, const struct type *lt, const struct type *rt);
bool check_condition(struct sema *s, const struct node *at, const struct node *cond);
const struct type *type_field_access(struct sema *s, struct node *n);      /* access.c */
const struct type *type_tuple_at(struct sema *s, struct node *n);
const struct type *type_index(struct sema *s, struct node *n);
const struct type *type_deref(struct sema *s, struct node *n);
const struct type *type_call(struct sema *s, struct node *n);              /* call.c */
const struct type *type_ident(struct sema *s, struct node *n);
void check_arguments(struct sema *s, struct node *n, const char *spec, bool *ok);
const struct type *type_intro(struct sema *s, struct node *n);             /* intro.c */
const struct type *type_cast(struct sema *s, struct node *n);              /* cast.c */
struct span cast_span(const struct node *n);
struct span value_span(const struct node *n); /* of a cast: the same; else the node's own */
/* Reports types that no memory of ours can hold, and strings beyond max_strlen. */
bool check_size(struct sema *s, const struct type *t, struct span at);
const struct type *resolve_type(struct sema *s, struct node *n);           /* spec.c; n is N_TYPE */
const struct type *type_var(struct sema *s, struct node *n);               /* scope.c */
/* Types the operand of sizeof and its like: a type or an expression that is not evaluated. */
const struct type *type_operand(struct sema *s, struct node *n);

/* ---- variables (scope.c) ------------------------------------------------------------------- */

void scope_open(struct sema *s, struct scope *sc);
void scope_close(struct sema *s);
bool is_shapeless(const struct node *n);
struct local *scope_find(struct sema *s, const char *name);
/* The variable declared by this node, made in the first round and kept. NULL after an error (shadowing). */
struct local *scope_declare(struct sema *s, struct node *var, struct span declared);
/* $x = value: `at` is the whole statement, `value` the node or NULL. */
/* Whether a variable of fixed type takes a value of type t. */
bool variable_fits(struct sema *s, const struct local *v, const struct type *t, const struct node *value);
void assign_variable(struct sema *s, struct node *var, const struct type *t, struct span at, const struct node *value);
/* Widens the variable's type to hold t; false after a mismatch. */
bool settle_variable(struct sema *s, struct local *v, const struct type *t, struct span at, const struct node *value);

/* ---- maps (map.c) -------------------------------------------------------------------------- */

struct map_entry *map_of(struct sema *s, struct node *n);
/* Types a map used as a whole (argument of a function, loop). */
struct map_entry *map_whole(struct sema *s, struct node *n);
const struct type *type_map(struct sema *s, struct node *n);
void assign_map(struct sema *s, struct node *n);
/* Value type of the map takes in t. */
bool map_take_value(struct sema *s, struct map_entry *m, const struct type *t, struct span at);
/* `at` is the whole: N_ASSIGN or N_INCDEC. */
const struct type *modify_map(struct sema *s, struct node *map, enum op op, struct node *value, const struct node *at);
/* After the rounds have come to rest: gives maps that only count themselves a type. True when it did. */
bool maps_default(struct sema *s);
bool maps_have_types(const struct sema *s);
void map_declarations(struct sema *s, const struct script *script);
void maps_check_declared(struct sema *s);

/* Reports `lvalue op= value` (N_ASSIGN) whose types do not go together. */
void refuse_modification(struct sema *s, const struct node *n, const struct type *cur, const struct type *t);

/* ---- statements (stmt.c) ------------------------------------------------------------------- */

void type_stmt(struct sema *s, struct node *n);
void type_stmts(struct sema *s, struct node *block);
const struct type *type_block_expr(struct sema *s, struct node *n);
const struct type *type_if(struct sema *s, struct node *n);
void type_probe(struct sema *s, struct block *b);
void type_for_loop(struct sema *s, struct node *n);                        /* loop.c */
void type_while(struct sema *s, struct node *n);
void type_unroll(struct sema *s, struct node *n);

/* Whether control never gets behind the statement. */
bool stmt_leaves(const struct node *n);

/* ---- functions of the script (function.c) -------------------------------------------------- */

void declare_functions(struct sema *s, const struct script *script);
struct function *function_find(const struct sema *s, const char *name);
void type_function(struct sema *s, struct function *f);
const struct type *type_function_call(struct sema *s, struct node *n, struct function *f);
void type_function_return(struct sema *s, struct node *n);
/* Refuses what needs a probe, after the call was typed. */
const struct type *check_in_function(struct sema *s, const struct node *call, const struct type *t);

/* ---- top level ----------------------------------------------------------------------------- */

void config_block(struct sema *s, const struct script *script);            /* config_block.c */
void make_blocks(struct sema *s, const struct script *script);             /* blocks.c */
/* Words behind "--" that no getopt asks for, and "-- --help"; script_options.c. */
void script_options_check(struct sema *s, const struct script *script);
void plan_blocks(struct sema *s);                                          /* plan.c */
void lay_out_maps(struct sema *s);                                         /* storage.c */

#endif
