/* Names, types, checks: from the expanded tree to typed blocks and the skeleton of struct program.
 *
 * Order of passes (sema.c): config → map declarations → attach points to blocks (providers) → inference rounds over all
 * blocks, muted, until variable, map and key types settle → one last round that reports → plan of each block → map
 * storage and event sites numbered. */
#ifndef SONDE_SEMA_SEMA_H
#define SONDE_SEMA_SEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ast/ast.h"
#include "builtins/builtin.h"
#include "maps/map_kind.h"
#include "probes/provider.h"
#include "program/program.h"
#include "support/hmap.h"

/* A scratch variable: one per declaration and block. */
struct variable {
    const char *name;
    const struct type *type; /* settled after inference; NULL before the first assignment */
    bool is_fixed;           /* let $x: T */
    bool is_assigned, is_read;
    bool is_address_taken;   /* &$x: must live in memory */
    bool is_captured;        /* used inside a loop body that becomes a callback: must live in memory */
    struct span span;
    void *codegen; /* its home */
};

/* A function of the script: fn name($a: T, …): R { … }. */
struct function {
    const char *name;
    struct node *node;      /* N_SUBPROG; parameters are variables of fixed type */
    const struct type *ret; /* type_none: void */
    struct block block;     /* what stands for a probe's while the body is typed: it has no context */
    VEC(struct function *) callees;
    LLVMValueRef copy; /* codegen: code for the program number copy_prog */
    uint32_t copy_prog;
};

struct sema_options {
    bool is_safe;        /* no --unsafe */
    bool is_test_mode, is_bench_mode;
    int pid, child_pid;
    uint32_t ncpus;
    const char *probe_filter, *traceable_functions;
    const char *const *named; /* words after --: "name=value", for getopt; NULL-terminated */
    int verbose;
    bool follows, in_cgroup; /* --follow, --cgroup */
    bool report_reads; /* -k */
};

/* Result: program and the typed blocks for codegen. */
struct checked {
    struct program *program;
    struct typedb *types;
    VEC(struct block *) blocks; /* in attach order */
    int pid;             /* -p: blocks with use.pid_filter run for this process only */
    bool follows;        /* --follow: blocks with use.process_filter run for -p or -c and its descendants */
    bool in_cgroup;      /* --cgroup: and for processes in a cgroup */
    bool report_reads;   /* -k: failed reads and lookups become run-time errors */
};

/* NULL after errors (in d). `config` comes with environment applied on top by the caller through config_set. */
struct checked *sema_check(struct script *s, struct typedb *types, const struct config *config,
                           const struct sema_options *opt, struct diag *d);

/* ---- for checks of builtins and map kinds -------------------------------------------------- */

struct sema {
    struct arena *arena;
    struct diag *diag; /* muted during inference rounds */
    struct typedb *types;
    struct program *program;
    const struct sema_options *opt;
    struct block *block;  /* being typed */
    bool is_final;        /* last round: every type is settled */
    bool changed;         /* a type was widened in this round */
    unsigned comptime;    /* >0: inside sizeof & co. */
    struct checked *out;
    struct sema_state *state; /* private */
};

/* Types `n` and returns n->type (type_poison after an error). */
const struct type *sema_expr(struct sema *s, struct node *n);
/* Constant integer (literals, folded expressions, sizeof, …) without reporting. */
bool sema_const_int(const struct node *n, int64_t *value);
bool sema_const_str(const struct node *n, const char **s, size_t *len);
/* Turns n into a constant: codegen will not look inside. */
void sema_set_int(struct node *n, const struct type *t, uint64_t value);
void sema_set_str(struct sema *s, struct node *n, const char *str, size_t len);
/* The event site of an async call: made on first use, kept in call.data, numbered by its place in program->events. Its
 * record is a tuple of `types`. Only call it with s->is_final; before that it returns NULL. */
struct event_site *sema_event(struct sema *s, struct node *call, const struct type *const *types, uint32_t n);
/* Checks a format call from argument `first` on: format literal at args[first], the rest its arguments (reference §16
 * errors), and makes the event site. */
const struct type *sema_format_call(struct sema *s, struct node *call, uint32_t first);
/* Reports unless the block's provider has one of these flags. `what` is the name in the message. */
bool sema_require(struct sema *s, const struct node *n, unsigned provider_flags, const char *what);
/* Marks the use of an unstable feature: error or warning as configured. */
void sema_unstable(struct sema *s, const struct node *n, const char *feature, enum unstable level);
/* A key given apart from its map (has_key(@m, k)): takes part in the map's key type, or reports the mismatch. `map` is
 * N_MAP without key. False for scalar maps (unreported) and after errors. */
bool sema_map_key(struct sema *s, const struct node *map, struct node *key);
/* push(@q, value): the value (typed) takes part in the type of what the queue or stack holds. False after an error. */
bool sema_map_push(struct sema *s, struct node *map, const struct node *value);
/* Whether the map is known to have no keys; before the last round info->key alone does not tell. */
bool sema_map_is_scalar(const struct map_info *map);
/* For arguments of kind `var`: the call assigns a value of type t to the variable; unknown ones are reported. */
void sema_assign_var(struct sema *s, struct node *var, const struct type *t);
/* Marks a stack type as in use: its BPF map is registered in program->stack_maps. */
void sema_stack_map(struct sema *s, const struct type *stack);
/* The address space an integer cast to a pointer gets in this block. */
enum addr_space sema_int_space(const struct sema *s);
/* Smallest common type (reference §7.3), or NULL when they do not go together. */
const struct type *sema_unify(struct sema *s, const struct type *a, const struct type *b);
/* Integer types of literals and binary operations. */
const struct type *sema_literal_type(uint64_t value, bool is_negative);
/* Makes sure that program->stack_maps has a map for this stack type (by limit and build_id). */
void sema_stack_map(struct sema *s, const struct type *stack);
/* Error bound to a node: shorthand that returns &type_poison. */
const struct type *sema_error(struct sema *s, const struct node *n, enum diag_tag tag, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- config (sema/config.c) ---------------------------------------------------------------- */

void config_defaults(struct config *c);
/* Sets one key from text (environment) or a node's value; returns NULL or the error text of reference §5 in arena. */
const char *config_set(struct config *c, struct arena *a, const char *key, const char *text, bool from_env, const char **warning);
/* Environment BPFTRACE_* over c: NULL or error text. */
const char *config_from_env(struct config *c, struct arena *a);

#endif
