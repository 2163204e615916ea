/* Runs a compiled program: load, attach, poll, deliver, drain, detach. Sees struct program and the BPF object only. */
#ifndef SONDE_RUNTIME_RUNTIME_H
#define SONDE_RUNTIME_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "output/output.h"
#include "program/program.h"
#include "support/diag.h"
#include "symbols/symbols.h"

struct runtime;

struct runtime_options {
    int pid;             /* -p */
    const char *cgroup;  /* --cgroup, or NULL */
    const char *command; /* -c: already started stopped by child_start; see child */
    struct child *child;
    const char *output_file; /* -o, or NULL */
    const struct sink_ops *format;
    enum buffering buffering;
    bool quiet, verbose, dry_run, no_warnings, debug_libbpf, debug_verifier;
    bool is_test_mode, is_bench_mode;
};

/* The child of -c: forked early, waits for release before its exec. */
struct child;
struct child *child_start(const char *command, struct diag *d); /* NULL after an error (reference §20 -c) */
pid_t child_pid(const struct child *c);
void child_release(struct child *c);
void child_stop(struct child *c); /* SIGTERM when it still runs; reaps; frees */

/* Opens a folder of the cgroup v2 hierarchy; NULL, or what is wrong with it (*fd is -1 then). */
const char *cgroup_open(const char *path, int *fd);

/* The whole run; returns the exit status (reference §1.3). Load and attach errors go to d with the script's places. */
int runtime_run(struct program *p, const void *elf, size_t elf_size, const struct runtime_options *opt, struct diag *d);

/* ---- for deliver functions of builtins ------------------------------------------------------ */

const struct program *runtime_program(struct runtime *rt);
struct sink *runtime_sink(struct runtime *rt);
const struct resolver *runtime_resolver(struct runtime *rt);
const struct runtime_options *runtime_options(struct runtime *rt);
struct symbols *runtime_symbols(struct runtime *rt);
/* Keeps the frames of stack `id` (program->stack_maps number `kind`) for when it is shown. */
void runtime_keep_stack(struct runtime *rt, uint32_t kind, uint64_t id, uint64_t nframes, const void *frames);
/* Ends the run after this event; the last code wins. */
void runtime_exit(struct runtime *rt, int code);
/* Prints a map as it is now. */
void runtime_print_map(struct runtime *rt, uint32_t map, uint64_t top, int64_t div);
void runtime_clear_map(struct runtime *rt, uint32_t map);
void runtime_zero_map(struct runtime *rt, uint32_t map);
/* The plan of a format call site, made on first use; cached by site. */
const struct format_plan *runtime_plan(struct runtime *rt, const struct event_site *site, uint32_t first);
/* Runs a shell command to its end with its standard output added to `out`; signals reach it as if we had none blocked.
 * The status is waitpid's, -1 when it could not be started (errno). */
int runtime_command(struct runtime *rt, const char *command, struct strbuf *out);
/* A reusable buffer, empty. */
struct strbuf *runtime_buffer(struct runtime *rt);

/* What this kernel can do, probed on first use (--info, plans of providers). */
struct kernel_features {
    bool btf, uprobe_multi, kprobe_multi, kprobe_session, ringbuf, kprobes, fentry, iter, map_lookup_batch,
        lookup_percpu_elem, get_func_ip, attach_cookie, loop, open_coded_iterators, dpath, get_tai_ns, module_btf;
};
const struct kernel_features *kernel_features(void);
/* Of these the one that decides how events are sent; asks the kernel only where its version leaves a doubt. */
bool kernel_has_ringbuf(void);

#endif
