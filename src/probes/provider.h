/* Axis 2: probe providers. One file and one line in probes.c each. */
#ifndef SONDE_PROBES_PROVIDER_H
#define SONDE_PROBES_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ast/ast.h"
#include "program/program.h"
#include "support/diag.h"
#include "support/wildcard.h"
#include "types/typedb.h"

struct codegen;

/* What providers may ask about the run. */
struct probe_env {
    struct arena *arena;
    struct typedb *types;
    struct diag *diag;
    const struct config *config;
    int pid;       /* -p, 0 none */
    int child_pid; /* -c, 0 none */
    bool is_unsafe;
    const char *probe_filter;
    const char *traceable_functions; /* --traceable-functions: file that replaces the kernel's list; NULL */
    /* Private to probes/ (probes/common.h): what was read so far. NULL at first; keep it between calls. It holds files
     * and memory of its own: probe_env_done() gives them back. */
    struct probe_cache *cache;
};
void probe_env_done(struct probe_env *env);

/* Facts about a block that decide how it can be attached; the checker fills them while it types the body. */
struct block_use {
    bool args, args_whole, ctx, argn, retval, func, probe, reg, kstack, ustack, pid_filter, process_filter, cookie, sync_helpers;
    uint64_t fields; /* bit n: field n of args is used (n < 64) */
};

/* A probe block together with the attach points that one compilation of its body serves. Made by sema. */
struct block {
    struct node *node; /* N_PROBE; body and predicate are typed */
    const struct provider *provider;
    VEC(struct probe) probes;
    const struct type *args;   /* struct behind `args`, with field homes for the chosen attach; or NULL */
    const struct type *retval; /* type of `retval`, or NULL */
    struct block_use use;
    /* Filled by provider->plan: */
    enum attach_kind attach;
    uint32_t prog_type, attach_type;
    bool is_multi, sleepable;
    const char *attach_btf_name;
    uint32_t prog; /* index in program->progs, by codegen */
};

/* What a context value means in a provider's programs; -1 bits are answered by flags. */
enum provider_flags {
    PF_HAS_REGS = 1 << 0, /* ctx is (or begins with) struct pt_regs: reg(), argN from registers */
    PF_HAS_ARGN = 1 << 1,
    PF_HAS_RETVAL = 1 << 2,
    PF_HAS_ARGS = 1 << 3,
    PF_HAS_FUNC_KSYM = 1 << 4,
    PF_HAS_FUNC_USYM = 1 << 5,
    PF_HAS_CTX = 1 << 6,
    PF_USER_SPACE = 1 << 7, /* integer casts point to user memory */
    PF_KERNEL_SPACE = 1 << 8,
    PF_NO_WILDCARD = 1 << 9,
    PF_SPECIAL = 1 << 10,       /* begin, end, self, test, bench: probetype and -p filtering */
    PF_PID_BY_ATTACH = 1 << 11, /* -p narrows at attach instead of by predicate */
    PF_NO_LIST = 1 << 12,
    PF_NO_PROCESS = 1 << 13, /* fires on nobody's behalf: -p, --cgroup and --follow do not apply */
};

struct listing {
    void (*line)(struct listing *l, const char *probe, const char *const *params, size_t nparams);
    bool verbose;
    void *ctx;
};

struct provider {
    const char *name;       /* "tracepoint" */
    const char *short_name; /* "t" or NULL */
    const char *alias;      /* "kfunc" or NULL */
    const char *probetype;  /* what `probetype` gives: "special", "tracepoint", … */
    unsigned flags;
    /* Interprets the attach point and appends one struct probe per match (wildcards expanded, in the order of the
     * reference). Reports wrong forms itself and returns false; "nothing matches" is true with nothing appended. */
    bool (*targets)(struct probe_env *env, const struct attach_point *ap, struct block *b);
    /* Struct behind `args` for one probe; NULL when there is none (the checker reports it). *retval likewise. */
    const struct type *(*args)(struct probe_env *env, const struct probe *p, const struct type **retval);
    /* Type of ctx; NULL = void pointer. */
    const struct type *(*ctx)(struct probe_env *env, const struct probe *p);
    /* Chooses the cheapest attach for a typed block (b->use is complete): fills attach, prog_type, …, and the homes of
     * b->args (copy the struct before changing it). */
    void (*plan)(struct probe_env *env, struct block *b);
    /* Code at the start of the program: filter and cookie (sets the probe index through cg_set_probe_index). NULL when
     * there is nothing to do. */
    void (*prologue)(struct codegen *cg, const struct block *b);
    /* Listing for -l: pattern already split, parts[0] being the provider; a pattern of one part, or NULL, lists
     * everything. One part behind the provider is the event or function, whatever the target ("*:sched_switch").
     * Providers with PF_NO_LIST are asked by name only, never for a provider pattern with wildcards. */
    void (*list)(struct probe_env *env, const struct attach_point *pattern, struct listing *out);
    const char *help;
    /* Whether one BPF program could serve both probes of this provider (same attach kind); NULL: always. A body is
     * compiled once for all probes that can share. */
    bool (*can_share)(const struct probe *a, const struct probe *b);
    /* Whether a program that serves both can know which of them fired (table in the prologue, attach cookies); NULL:
     * never. A body that asks (`probe`, `func`, uaddr) is compiled for each probe where it is not so. */
    bool (*tells_apart)(const struct probe *a, const struct probe *b);
};

extern const struct provider *const providers[]; /* ends with NULL */
/* By name, alias or short name as written (names without regard to case, short names as they are). NULL when unknown. */
const struct provider *provider_find(const char *written);

/* When an attach point matched nothing: the name nearest to what was written, as a hint ("did you mean"), or NULL. */
const char *provider_nearest(struct probe_env *env, const struct attach_point *ap);
/* The <rest> of the reference's "No matches for <provider> <rest>." ("sched:sched_swich", "vfs_read" for vfs_read+4). */
const char *provider_rest(struct probe_env *env, const struct attach_point *ap);

#endif
