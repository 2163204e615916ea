/* A generator of random well-typed scripts that knows what they print.
 *
 * A script is a tree of statements and expressions with their types. script.c writes it as text for sonde, exec.c and
 * eval.c carry it out here, by the integer rules of the language's reference (§7.2, §7.3, §8.3; division, remainder and
 * right shift signed when an operand is). What the two print must agree. Everything lives in one arena per script. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MAX_PARTS = 5, MAX_VARS = 256, MAX_MAPS = 24, MAX_PROBES = 3 };

enum type_class { T_INT, T_BOOL, T_STR, T_TUPLE, T_RECORD };

struct ty {
    enum type_class kind;
    unsigned bits;  /* of an integer */
    bool is_signed; /* an integer's sign; set for literals that take any side, too */
    bool is_flex;   /* non-negative literal: takes the side of its partner */
    unsigned n;     /* parts of a tuple or record */
    const struct ty *part[MAX_PARTS];
    const char *name[MAX_PARTS];
};

/* Integers are kept extended to 64 bits by the sign of their type. */
struct val {
    uint64_t i;
    const char *s;
    const struct val *part;
};

enum expr_kind {
    E_INT,
    E_BOOL,
    E_STR,
    E_VAR,
    E_MAP,
    E_UNARY,
    E_BINARY,
    E_TERNARY,
    E_IF,
    E_CAST,
    E_TUPLE,
    E_PART,
    E_BLOCK,
    E_INCDEC,
    E_CHAR,
    E_STRLEN,
    E_STRNCMP,
    E_HAS_KEY,
    E_LEN,
    E_CONTAINS
};

enum op {
    O_ADD,
    O_SUB,
    O_MUL,
    O_DIV,
    O_MOD,
    O_AND,
    O_OR,
    O_XOR,
    O_SHL,
    O_SHR,
    O_EQ,
    O_NE,
    O_LT,
    O_GT,
    O_LE,
    O_GE,
    O_LAND,
    O_LOR,
    O_NEG,
    O_NOT,
    O_BNOT,
    O_NOPS
};

struct expr {
    enum expr_kind kind;
    const struct ty *type;
    bool is_literal; /* folded when all its operands are */
    enum op op;
    bool is_prefix;
    uint64_t i; /* literal, part's index */
    const char *s;
    struct var *var;
    struct map *map;
    unsigned n;
    struct expr *k[MAX_PARTS]; /* operands; of a map: its key */
    struct stmt *body;         /* of a block: statements before its value k[0] */
};

struct var {
    char name[12];
    const struct ty *type;
    bool is_counter; /* 64 bits: += and ++ leave its type alone */
    bool is_fixed;   /* of a loop: not assigned */
    struct val value;
};

enum agg { A_NONE, A_COUNT, A_SUM, A_MIN, A_MAX, A_AVG, A_STATS };

struct entry {
    struct val key, value; /* aggregations: value.i is the extreme or sum */
    uint64_t n;
    struct entry *next;
};

struct map {
    char name[12];
    const struct ty *key, *value; /* key: NULL for one value */
    enum agg agg;
    bool is_hidden; /* being filled by a loop whose order is open */
    struct entry *entries;
};

enum stmt_kind {
    S_LET,
    S_SET,
    S_OP,
    S_INCDEC,
    S_MAP_SET,
    S_MAP_OP,
    S_AGG,
    S_DELETE,
    S_IF,
    S_RANGE,
    S_EACH,
    S_WHILE,
    S_UNROLL,
    S_BLOCK,
    S_PRINT,
    S_PRINTF,
    S_BREAK,
    S_CONTINUE,
    S_RETURN,
    S_DISCARD,
    S_FIND
};

struct conv {
    char spec[16];    /* with its percent sign */
    const char *text; /* in front of it */
};

struct stmt {
    enum stmt_kind kind;
    bool is_removed; /* while a failing script is cut down */
    bool is_typed;   /* let $x: T */
    enum op op;
    bool is_prefix;
    struct var *var;
    struct map *map;
    uint64_t count; /* unroll */
    unsigned n;
    struct expr *e[8];
    struct conv conv[8];
    struct stmt *body, *other, *next;
};

struct script {
    unsigned nprobes;
    bool is_end[MAX_PROBES];
    struct expr *predicate[MAX_PROBES]; /* or NULL */
    struct stmt *probe[MAX_PROBES];
    unsigned nmaps;
    struct map *maps[MAX_MAPS];
};

struct fuzz {
    struct chunk *memory;
    uint64_t random;
    struct script script;
    struct var *vars[MAX_VARS]; /* in scope */
    unsigned nvars, names;
    unsigned writable_from; /* inside loops of open order only variables from here on are assigned */
    unsigned turns;         /* how often the code being made runs, at most */
    unsigned budget;        /* statements left */
    unsigned in_loop, quiet, in_unroll;
    /* execution */
    FILE *out;
    uint64_t steps;
};

/* memory.c: memory and chance */
void *fuzz_alloc(struct fuzz *f, size_t size);
void fuzz_release(struct fuzz *f);
char *fuzz_format(struct fuzz *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
unsigned fuzz_below(struct fuzz *f, unsigned n);
bool fuzz_chance(struct fuzz *f, unsigned percent);
uint64_t fuzz_number(struct fuzz *f);
const char *fuzz_string(struct fuzz *f);

/* type.c */
const struct ty *ty_int(unsigned bits, bool is_signed);
const struct ty *ty_literal(uint64_t value, bool is_negative);
const struct ty *ty_bool(void);
const struct ty *ty_str(void);
const struct ty *ty_tuple(struct fuzz *f, const struct ty *const *parts, unsigned n, const char *const *names);
bool ty_is_signed(const struct ty *t);
bool ty_same(const struct ty *a, const struct ty *b);
const struct ty *ty_unify(const struct ty *a, const struct ty *b);
const struct ty *ty_result(enum op op, const struct ty *a, const struct ty *b);
const struct ty *ty_random_int(struct fuzz *f);
const struct ty *ty_random(struct fuzz *f, unsigned depth);
uint64_t ty_wrap(const struct ty *t, uint64_t v);
const char *ty_text(const struct ty *t);

/* expr.c: expressions of exactly a type, that fit into one, of any integer type */
struct expr *gen_of(struct fuzz *f, const struct ty *t, unsigned depth);
struct expr *gen_fit(struct fuzz *f, const struct ty *t, unsigned depth);
struct expr *gen_int(struct fuzz *f, unsigned depth);
struct expr *gen_bool(struct fuzz *f, unsigned depth);
struct expr *expr_new(struct fuzz *f, enum expr_kind kind, const struct ty *t);
struct expr *expr_var(struct fuzz *f, struct var *v);
struct expr *expr_cast(struct fuzz *f, const struct ty *t, struct expr *e);
struct expr *expr_plain(struct fuzz *f, const struct ty *t);
struct expr *expr_binary(struct fuzz *f, enum op op, struct expr *a, struct expr *b);

/* stmt.c */
struct stmt *gen_lets(struct fuzz *f, unsigned n);
struct var *var_new(struct fuzz *f, const struct ty *t);
struct stmt *stmt_new(struct fuzz *f, enum stmt_kind kind);
struct stmt *gen_block(struct fuzz *f, unsigned n);
void gen_script(struct fuzz *f);

/* output.c: print and printf */
struct stmt *gen_print(struct fuzz *f);

/* script.c */
void script_write(const struct script *s, FILE *out);

/* eval.c, exec.c: what it prints */
struct val eval(struct fuzz *f, const struct expr *e);
struct val convert(struct fuzz *f, const struct ty *from, const struct ty *to, struct val v);
uint64_t eval_op(enum op op, uint64_t a, uint64_t b, bool is_signed, bool left_signed);
bool fold(enum op op, int64_t a, int64_t b, int64_t *result);
bool exec_block(struct fuzz *f, const struct stmt *first);
bool script_run(struct fuzz *f, FILE *out);

/* maps.c */
struct entry *map_find(const struct map *m, const struct val *key);
struct entry *map_get(struct fuzz *f, struct map *m, const struct val *key);
void map_delete(struct map *m, const struct val *key);
void map_aggregate(struct fuzz *f, struct map *m, const struct val *key, uint64_t v);
uint64_t map_number(const struct map *m, const struct entry *e);
void maps_show(const struct script *s, FILE *out);

/* show.c */
bool val_equal(const struct ty *t, const struct val *a, const struct val *b);
void val_show(const struct ty *t, const struct val *v, FILE *out);
void val_show_key(const struct ty *t, const struct val *v, FILE *out);
void val_printf(const struct conv *c, const struct ty *t, const struct val *v, FILE *out);

/* check.c */
struct outcome {
    char what[16]; /* empty: as expected */
    char text[600];
};
struct outcome check_script(struct fuzz *f, const char *sonde, const char *dir);
void reduce_script(struct fuzz *f, const char *sonde, const char *dir, const struct outcome *was);

#endif
