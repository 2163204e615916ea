/* What the files of this room share: making probes, refusing wrong forms, and things of the system read once. */
#ifndef SONDE_PROBES_COMMON_H
#define SONDE_PROBES_COMMON_H

#include "probes/provider.h"
#include "support/hmap.h"
#include "symbols/symbols.h"

/* ---- making probes --------------------------------------------------------------------------- */

/* Appends a probe of the block's provider. The result is good until the next one is appended. */
struct probe *probe_add(struct probe_env *env, struct block *b, const struct attach_point *ap, const char *provider,
                        const char *name);
/* Parts behind the provider. */
static inline size_t ap_nargs(const struct attach_point *ap) { return ap->nparts ? ap->nparts - 1 : 0; }
/* The i-th part behind the provider, from 0; "" when there are fewer. */
const char *ap_arg(const struct attach_point *ap, size_t i);

/* Reports a wrong form at the attach point; always false, so that callers can return it. */
bool probe_error(struct probe_env *env, const struct attach_point *ap, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Unless the number of parts behind the provider is lo or hi (or between): "… probe type requires <wanted> arguments,
 * found N" and false. */
bool probe_count(struct probe_env *env, const struct attach_point *ap, const char *provider, size_t lo, size_t hi,
                 const char *wanted);
/* An integer in the language's own syntax; else "<what>: <reason>" and false. */
bool probe_integer(struct probe_env *env, const struct attach_point *ap, const char *text, const char *what,
                   uint64_t *value, bool *is_negative);

/* ---- the system, read once (cache.c) --------------------------------------------------------- */

/* "category:event" of every tracepoint, sorted; n = 0 when tracefs cannot be read. */
size_t system_events(struct probe_env *env, const char *const **events);
/* Whether tracefs has this event: one system call. */
bool system_has_event(const char *category, const char *event);
/* NULL when this process may look at tracefs, else what keeps it from that, in the arena. */
const char *system_tracefs_refusal(struct probe_env *env);
/* Whether the event was made at run time (kprobe, uprobe, synthetic and event probes): no tracepoint is behind it. */
bool system_is_dynamic_event(struct probe_env *env, const char *category, const char *event);
/* Path of a file of tracefs, in env->arena. */
const char *system_tracefs(struct probe_env *env, const char *file);

struct kernel_function {
    const char *name;
    const char *module; /* "vmlinux" for the kernel's own */
};
/* Functions that can be traced, sorted by name, without doubles. From available_filter_functions, else from kallsyms
 * (is_exact is false then: some of them may turn out to be notrace). */
size_t system_functions(struct probe_env *env, const struct kernel_function **functions, bool *is_exact);
/* The first function of that name from index *i on; false when there is none. */
bool system_function(struct probe_env *env, const char *name, size_t *i);
bool system_has_module(struct probe_env *env, const char *module);

/* Raw tracepoints that BPF can attach to, from BTF's strings (without parsing BTF), sorted by name. module: "vmlinux",
 * or the kernel module whose BTF names it. */
struct raw_tracepoint {
    const char *name, *module;
};
size_t system_raw_tracepoints(struct probe_env *env, const struct raw_tracepoint **list);
/* The same for one name, without looking at all of them; NULL when unknown. Gives the module. */
const char *system_raw_tracepoint(struct probe_env *env, const char *name);
/* Names X of the kernel's bpf_iter__X structs, sorted. */
size_t system_iterators(struct probe_env *env, const char *const **names);

/* BPF programs with BTF in the kernel, by id (0: any) and name. */
struct bpf_program_info {
    uint32_t id;
    const char *name;
};
size_t system_bpf_programs(struct probe_env *env, uint64_t id, const char *pattern, struct bpf_program_info **out);

/* Executable files mapped by a process, or by any when pid is 0, by path; those of other mount namespaces as
 * /proc/PID/root/PATH. */
size_t system_mapped_files(struct probe_env *env, int pid, const char *const **paths);

/* An ELF file, kept open until probe_env_done(); NULL when it cannot be read. */
struct elf_file *system_elf(struct probe_env *env, const char *path);
/* Kernel symbols. */
struct symbols *system_symbols(struct probe_env *env);

/* ---- listing ---------------------------------------------------------------------------------- */

/* The parts of a pattern behind the provider, joined with colons; "*" for none. In env->arena. */
const char *pattern_text(struct probe_env *env, const struct attach_point *pattern);
void list_line(struct listing *l, const char *probe); /* without parameters */

/* ---- providers --------------------------------------------------------------------------------- */

extern const struct provider provider_begin, provider_end, provider_self, provider_test, provider_bench,
    provider_interval, provider_profile, provider_software, provider_hardware, provider_tracepoint,
    provider_rawtracepoint, provider_kprobe, provider_kretprobe, provider_fentry, provider_fexit, provider_uprobe,
    provider_uretprobe, provider_usdt, provider_syscall, provider_watchpoint, provider_iter;

/* Pointer to the program's own context, a struct by this name; NULL without BTF. */
const struct type *ctx_pointer(struct probe_env *env, const char *name);
const struct type *ctx_pt_regs(struct probe_env *env, const struct probe *p);
const struct type *ctx_perf_event(struct probe_env *env, const struct probe *p);
/* Prologue of programs whose probes are told apart by attach cookies. */
void prologue_cookie(struct codegen *cg, const struct block *b);
bool tells_apart_by_cookie(const struct probe *a, const struct probe *b);
/* For programs that serve one probe each. */
bool never_share(const struct probe *a, const struct probe *b);

#endif
