/* Hooking programs up: one function for each attach kind, one loop over the programs. Order is the script's: of two
 * probes on one event the earlier one runs first. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/rt.h"

void attach_keep(struct runtime *rt, struct attachment a) { VEC_PUSH(rt->arena, &rt->attached, a); }

int attach_keep_link(struct runtime *rt, struct bpf_link *link, bool is_slow) {
    if (!link)
        return -errno;
    int fd = dup(bpf_link__fd(link));
    if (fd < 0) {
        int error = -errno;
        bpf_link__destroy(link);
        return error;
    }
    attach_keep(rt, (struct attachment){ .link = fd, .event = -1, .is_slow = is_slow });
    bpf_link__destroy(link);
    return 0;
}

uint64_t attach_cookie(const struct prog *prog, const struct probe *p) {
    return prog->is_multi && kernel_features()->attach_cookie ? p->cookie : 0;
}

int attach_pid(const struct runtime *rt) {
    if (rt->program->followed_symbol)
        return -1;
    if (rt->opt->child)
        return (int)child_pid(rt->opt->child);
    return rt->opt->pid ? rt->opt->pid : -1;
}

/* ---- the simple kinds ---------------------------------------------------------------------- */

static uint32_t number_of(const struct runtime *rt, const struct prog *prog) {
    return (uint32_t)(prog - rt->program->progs.v);
}

static int attach_raw(struct runtime *rt, const struct prog *prog, const char *event) {
    int link = bpf_raw_tracepoint_open(event, rt->prog_fds[number_of(rt, prog)]);
    if (link < 0)
        return link;
    attach_keep(rt, (struct attachment){ .link = link, .event = -1 });
    return 0;
}

/* A program that tells its probes apart by itself is attached once for each tracepoint behind them. */
static bool is_attached_before(const struct runtime *rt, const struct prog *prog, const struct probe *p) {
    for (const struct probe *q = &rt->program->probes.v[prog->first_probe]; prog->is_multi && q < p; q++)
        if (strcmp(q->event, p->event) == 0)
            return true;
    return false;
}

static int attach_raw_tracepoint(struct runtime *rt, const struct prog *prog, const struct probe *p) {
    return is_attached_before(rt, prog, p) ? 0 : attach_raw(rt, prog, p->event);
}

/* BTF-typed raw tracepoints, fentry, fexit: the target was fixed at load. */
static int attach_by_btf(struct runtime *rt, const struct prog *prog, const struct probe *p) {
    (void)p;
    return attach_raw(rt, prog, NULL);
}

static int attach_nothing(struct runtime *rt, const struct prog *prog, const struct probe *p) {
    (void)rt, (void)prog, (void)p;
    return 0;
}

typedef int attach_fn(struct runtime *rt, const struct prog *prog, const struct probe *p);

static attach_fn *attacher(enum attach_kind kind) {
    switch (kind) {
    case ATTACH_BEGIN:
    case ATTACH_END:
    case ATTACH_SIGNAL:
    case ATTACH_TEST:
    case ATTACH_BENCH:
    case ATTACH_FOLLOW: return attach_nothing; /* filters.c */
    case ATTACH_RAW_TP: return attach_raw_tracepoint;
    case ATTACH_TP_BTF:
    case ATTACH_FENTRY:
    case ATTACH_FEXIT: return attach_by_btf;
    case ATTACH_PERF_TP: return attach_perf_tracepoint;
    case ATTACH_PERF_EVENT:
    case ATTACH_WATCHPOINT: return attach_perf_event;
    case ATTACH_UPROBE:
    case ATTACH_URETPROBE:
    case ATTACH_USDT: return attach_uprobe;
    case ATTACH_KPROBE:
    case ATTACH_KRETPROBE: return attach_kprobe;
    case ATTACH_ITER: return attach_iter;
    }
    return attach_nothing;
}

/* ---- all of them --------------------------------------------------------------------------- */

/* What went wrong in words, where the error number alone says little. */
static const char *reason(struct runtime *rt, const struct probe *p, int error) {
    const char *why = error == -EPERM || error == -EACCES ? missing_privilege(rt->arena) : NULL;
    enum attach_kind kind = rt->program->progs.v[p->prog].attach;
    if (why)
        return why;
    if (kind == ATTACH_PERF_EVENT && (error == -ENOENT || error == -EOPNOTSUPP))
        return "this machine has no such counter (virtual machines often have none)";
    if (kind == ATTACH_PERF_EVENT && error == -EINVAL && p->perf.freq)
        return "the rate may be above the kernel's limit, /proc/sys/kernel/perf_event_max_sample_rate";
    if (kind == ATTACH_PERF_EVENT && error == -EINVAL)
        return "the kernel refuses this event or period";
    if (kind == ATTACH_WATCHPOINT && error == -ENOSPC)
        return "all debug registers of the processor are in use";
    if ((kind == ATTACH_KPROBE || kind == ATTACH_KRETPROBE) && !kernel_features()->kprobes)
        return "this kernel was built without kprobes";
    if (error == -ESRCH && attach_pid(rt) > 0)
        return "the process is gone";
    return strerror(-error);
}

static bool report(struct runtime *rt, const struct probe *p, int error) {
    struct diagnostic *g;
    switch (rt->program->config.missing_probes) {
    case MISSING_IGNORE: return true;
    case MISSING_WARN:
        g = diag_warn(rt->diag, D_ATTACH, p->span, "Unable to attach probe: %s. Skipping.", p->name);
        diag_hint(rt->diag, g, "%s", reason(rt, p, error));
        return true;
    case MISSING_ERROR: break;
    }
    g = diag_error(rt->diag, D_ATTACH, p->span,
                   "Unable to attach probe: %s. If this is expected, set the 'missing_probes' config variable to "
                   "'warn'.",
                   p->name);
    diag_hint(rt->diag, g, "%s", reason(rt, p, error));
    return false;
}

/* All places at once; if the kernel refuses, one by one, to learn which of them it is. */
/* Copies of one USDT mark are one probe to the user. */
static void count(struct runtime *rt, const struct prog *prog, const struct probe *p) {
    /* Where programs cannot tell them apart each copy has its own. */
    for (const struct probe *q = rt->program->probes.v; prog->attach == ATTACH_USDT && q < p; q++)
        if (q->span.src == p->span.src && q->span.lo == p->span.lo && !strcmp(q->name, p->name))
            return;
    rt->nattached++;
}

static bool attach_group(struct runtime *rt, const struct prog *prog) {
    bool is_kernel = prog->attach == ATTACH_KPROBE || prog->attach == ATTACH_KRETPROBE;
    int (*attach)(struct runtime *rt, const struct prog *prog, uint32_t first, uint32_t n) =
        is_kernel ? attach_kprobe_multi : attach_uprobe_multi;
    size_t before = rt->attached.n;
    if (!attach(rt, prog, 0, prog->nprobes)) {
        for (uint32_t i = 0; i < prog->nprobes; i++)
            count(rt, prog, &rt->program->probes.v[prog->first_probe + i]);
        return true;
    }
    for (; rt->attached.n > before; rt->attached.n--)
        close(rt->attached.v[rt->attached.n - 1].link);
    for (uint32_t i = 0; i < prog->nprobes; i++) {
        int error = attach(rt, prog, i, 1);
        if (error && !report(rt, &rt->program->probes.v[prog->first_probe + i], error))
            return false;
        if (!error)
            count(rt, prog, &rt->program->probes.v[prog->first_probe + i]);
    }
    return true;
}

/* The kernel runs what hangs on one uprobe from the last attached to the first; scripts expect the order they name. */
static bool runs_last_first(const struct prog *prog) {
    return prog->attach == ATTACH_UPROBE || prog->attach == ATTACH_URETPROBE || prog->attach == ATTACH_USDT;
}

static void say_trying(const struct runtime *rt, const struct probe *p) {
    if (rt->opt->verbose)
        fprintf(stderr, "Trying to attach probe: %s\n", p->name);
}

static bool attach_program(struct runtime *rt, const struct prog *prog) {
    attach_fn *attach = attacher(prog->attach);
    const struct probe *probes = &rt->program->probes.v[prog->first_probe];
    for (uint32_t i = 0; i < prog->nprobes && attach != attach_nothing; i++)
        say_trying(rt, &probes[i]);
    if (rt->has_multi_link[number_of(rt, prog)])
        return attach_group(rt, prog);
    for (uint32_t i = 0; i < prog->nprobes; i++) {
        const struct probe *p = &probes[runs_last_first(prog) ? prog->nprobes - 1 - i : i];
        int error = attach(rt, prog, p);
        if (error && !report(rt, p, error))
            return false;
        if (!error)
            count(rt, prog, p);
    }
    return true;
}

void attach_prepare(struct runtime *rt) { attach_perf_prepare(rt); }

bool attach_all(struct runtime *rt) {
    size_t n = rt->program->progs.n;
    for (size_t i = 0; i < 2 * n; i++) { /* forwards, then backwards */
        const struct prog *prog = &rt->program->progs.v[i < n ? i : 2 * n - 1 - i];
        if (runs_last_first(prog) != (i >= n))
            continue;
        if (poll_signals(rt)) /* Ctrl-C during a long attach */
            return true;
        if (!attach_program(rt, prog))
            return false;
    }
    if (rt->nattached || !rt->program->probes.n)
        return true;
    diag_error(rt->diag, D_ATTACH, (struct span){ 0 }, "Attachment failed for all probes.");
    return false;
}

/* ---- programs that are run by hand --------------------------------------------------------- */

void run_special(struct runtime *rt, enum attach_kind kind, void (*between)(struct runtime *rt)) {
    const struct program *p = rt->program;
    bool is_named = kind == ATTACH_BEGIN || kind == ATTACH_END;
    for (size_t i = 0; i < p->progs.n; i++) {
        if (p->progs.v[i].attach != kind)
            continue;
        if (rt->opt->verbose && is_named)
            fprintf(stderr, "Attaching '%s' probe\n", kind == ATTACH_BEGIN ? "begin" : "end");
        LIBBPF_OPTS(bpf_test_run_opts, opts);
        bpf_prog_test_run_opts(rt->prog_fds[i], &opts);
        if (between)
            between(rt);
        if (kind == ATTACH_BEGIN && rt->is_exiting)
            return;
    }
}
