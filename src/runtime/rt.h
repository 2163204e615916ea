/* Inside of the runtime: the one struct that its files share, and what each of them offers. Private to runtime/.
 *
 * Life of a run (run.c): load → begin probes → attach → release the child → poll → detach → end probes →
 * drain → maps and ledger. Everything it owns hangs on struct runtime and is released by runtime_close in reverse
 * order. */
#ifndef SONDE_RUNTIME_RT_H
#define SONDE_RUNTIME_RT_H

#include <signal.h>

#include "builtins/builtin.h"
#include "runtime/runtime.h"
#include "support/hmap.h"

struct bpf_object;
struct bpf_link;
struct bpf_program;
struct ring_buffer;
struct perf_buffer;
struct user_names;
struct cgroups;

/* One hook in the kernel. `link` alone, or a perf event with or without a link. */
struct attachment {
    int link;      /* BPF link, or -1 */
    int event;     /* perf event, or -1 */
    bool is_timer; /* an overflow event: disabling it ends its programs */
    bool is_slow;  /* closing it waits for all CPUs */
    bool is_iterator;
    uint32_t prog; /* kernel's id of the program, for is_slow */
};

typedef int ring_record_fn(void *ctx, void *data, size_t size);
typedef void deliver_fn(struct runtime *rt, const struct event_site *site, const void *data, size_t size);

struct runtime {
    struct program *program;
    const struct runtime_options *opt;
    struct diag *diag;
    struct arena *arena; /* of this run */

    /* load.c */
    const void *elf;
    size_t elf_size;
    struct bpf_object *object;
    struct bpf_program **progs; /* by number of program->progs */
    int *prog_fds;
    bool *has_multi_link; /* one link for all places of the program */
    int *map_fds;         /* by number of program->maps; -1: lives in the globals */
    uint8_t *globals;     /* the map's memory, shared with the programs */
    size_t globals_size;
    char *logs; /* verifier output: log_size bytes a program, only touched when one is rejected */
    size_t logs_size;

    /* attach.c */
    VEC(struct attachment) attached;
    uint32_t nattached; /* probes, for the notice */
    bool is_detached;
    struct closer *closer; /* detach.c: threads at work */
    char online[4096];     /* CPUs, as "0-3,6" */

    /* poll.c */
    struct ring_buffer *ring; /* ring.c: this or perf_buffer, or neither */
    struct perf_buffer *perf_buffer;
    ring_record_fn *on_record;
    struct strbuf sample; /* the record at hand, aligned */
    int signal_fd, target_fd; /* pidfd of -p or -c, else -1 */
    sigset_t old_mask;
    bool is_masked;
    uint64_t lost_seen;

    /* delivery */
    deliver_fn **deliver; /* by number of program->events */
    struct format_plan **plans;
    struct strbuf buffer;
    unsigned in_batch; /* records since the last flush */
    size_t batch_left; /* bytes in the ring that are to be taken before it is looked at again */
    /* What begin probes sent is delivered once everything is attached and that has been said: records, each behind its
     * size. */
    bool is_holding;
    struct strbuf held;
    unsigned nerrors; /* reported by the test that is running */
    bool is_exiting;
    bool is_over; /* a script's exit() was delivered: what other probes still send is not wanted, until the end probes */
    int exit_code;

    /* output and names */
    struct sink sink;
    bool owns_output;
    struct resolver resolver;
    struct symbols *symbols;
    struct hmap stacks; /* struct stack_key → frames */
    struct user_names *users;
    struct cgroups *cgroups;
    struct arena *names;    /* of users and cgroups */
    int64_t boot_offset_ns; /* wall clock - CLOCK_BOOTTIME */
    int64_t tai_offset_ns;  /* CLOCK_TAI - wall clock */
};

/* load.c: opens, sizes and loads the object; false after errors (in rt->diag). */
bool load_object(struct runtime *rt, const void *elf, size_t elf_size);
void unload_object(struct runtime *rt);
/* verifier.c: what the verifier says about program `prog`, at the script's line. */
void report_rejection(struct runtime *rt, uint32_t prog, const char *log, int error);
/* privileges.c: why BPF is refused, in words: the missing capability, lockdown, … In the run's arena. */
const char *missing_privilege(struct arena *a);

/* attach.c: reads what attaching needs from files, so that it does not show up in what is traced. */
void attach_prepare(struct runtime *rt);
/* All probes of a kind that is hooked up by attaching; false when the run cannot go on. */
bool attach_all(struct runtime *rt);
/* iterators.c: runs those that are attached, once. */
void run_iterators(struct runtime *rt);
/* detach.c: when it returns no program runs any more; slow hooks are then still being closed. */
void detach_all(struct runtime *rt);
/* Waits for these, too. */
void detach_finish(struct runtime *rt);
/* Programs that run by BPF_PROG_TEST_RUN: begin, end, self. */
void run_special(struct runtime *rt, enum attach_kind kind, void (*between)(struct runtime *rt));
/* attach_perf.c, attach_uprobe.c, attach_kprobe.c: one probe, or n probes of a program from its number
 * `first` on. 0 or -errno; what is attached
 * is added. */
void attach_perf_prepare(struct runtime *rt);
int attach_perf_event(struct runtime *rt, const struct prog *prog, const struct probe *p);
int attach_perf_tracepoint(struct runtime *rt, const struct prog *prog, const struct probe *p);
int attach_iter(struct runtime *rt, const struct prog *prog, const struct probe *p); /* iterators.c */
int attach_uprobe(struct runtime *rt, const struct prog *prog, const struct probe *p);
int attach_uprobe_multi(struct runtime *rt, const struct prog *prog, uint32_t first, uint32_t n);
int attach_kprobe(struct runtime *rt, const struct prog *prog, const struct probe *p);
int attach_kprobe_multi(struct runtime *rt, const struct prog *prog, uint32_t first, uint32_t n);
void attach_keep(struct runtime *rt, struct attachment a);
/* Takes the fd out of libbpf's link and frees the rest. */
int attach_keep_link(struct runtime *rt, struct bpf_link *link, bool is_slow);
/* What tells the probes of one program apart; 0 where the kernel has no cookies (before 5.15): there such programs do
 * not ask which probe it is. */
uint64_t attach_cookie(const struct prog *prog, const struct probe *p);
/* -p, -c: the process that probes which can be narrowed at attach are narrowed to, else -1. */
int attach_pid(const struct runtime *rt);

/* filters.c: --cgroup and --follow; false after errors */
bool filters_start(struct runtime *rt);

/* testing.c: --test (whether all have passed) and --bench */
bool testing_run(struct runtime *rt);
void testing_bench(struct runtime *rt);

/* ring.c: the transport of records. ring_take calls fn for those that are there. */
bool ring_open(struct runtime *rt, ring_record_fn *fn);
void ring_close(struct runtime *rt);
int ring_fd(const struct runtime *rt); /* to wait for records; -1: there are none */
void ring_take(struct runtime *rt);

/* poll.c */
bool poll_open(struct runtime *rt);
void poll_close(struct runtime *rt);
void poll_loop(struct runtime *rt);
/* Delivers what is in the ring now. */
void poll_drain(struct runtime *rt);
/* Delivers what was held. */
void poll_replay(struct runtime *rt);
/* Whether SIGINT or SIGTERM has come; takes note of other signals. */
bool poll_signals(struct runtime *rt);

/* globals.c */
bool map_in_globals(const struct map_info *m);
/* Writes what the programs expect to find: start time, child. */
void globals_start(struct runtime *rt);
/* The value of a scalar map folded into `out` (cell_size bytes); false when it has none. */
bool globals_read(const struct runtime *rt, const struct map_info *m, void *out);
void globals_count_loss(struct runtime *rt, enum loss_cause cause, uint32_t subject);
void globals_clear(struct runtime *rt, const struct map_info *m, bool keep_set);
/* What exit() stored: its code + 1, or 0. */
uint64_t globals_exit(const struct runtime *rt);
uint64_t losses_of(const struct runtime *rt, enum loss_cause cause);
/* The ledger: everything that was counted as lost. */
void report_losses(struct runtime *rt);

/* maps.c: every entry, folded over CPUs; memory in `a`. */
void map_drain(struct runtime *rt, uint32_t map, struct arena *a, struct map_snapshot *out);
/* Every map, by name; what is empty is the sink's affair. */
void print_all_maps(struct runtime *rt);

/* resolver.c, stacks.c, names.c */
void resolver_open(struct runtime *rt);
void resolver_close(struct runtime *rt);
void resolve_stack(void *ctx, struct strbuf *out, const struct type *t, const struct stack_value *v, unsigned indent);
void resolve_username(void *ctx, struct strbuf *out, uint64_t uid);
void resolve_cgroup_path(void *ctx, struct strbuf *out, const struct cgroup_path_value *v);
void resolve_timestamp(void *ctx, struct strbuf *out, const struct timestamp_value *v);
/* File behind a probe number + 1, for symbols of processes that are gone. */
const char *probe_file(const struct runtime *rt, uint32_t probe);

/* child.c */
int child_fd(const struct child *c); /* pidfd */

#endif
