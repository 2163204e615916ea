/* --test and --bench: programs of `test` and `bench` probes, run one after the other (reference §23).
 *
 * Each runs through BPF_PROG_TEST_RUN; how long it took the kernel counts itself (BPF_ENABLE_STATS), so that the way there
 * and back does not show. What a test prints is kept aside in a file in memory and shown when it fails. */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "runtime/rt.h"
#include "support/strbuf.h"

#define GREEN "\033[32m"
#define RED   "\033[31m"
#define PLAIN "\033[0m"

enum { BENCH_MAX = 40000, BENCH_MS = 200 };

struct measured {
    uint64_t ns, runs;
};

static struct measured measure(int prog) {
    struct bpf_prog_info info = { 0 };
    uint32_t size = sizeof info;
    if (bpf_prog_get_info_by_fd(prog, &info, &size))
        return (struct measured){ 0 };
    return (struct measured){ info.run_time_ns, info.run_cnt };
}

static const char *name_of(const struct runtime *rt, const struct prog *p) {
    return rt->program->probes.v[p->first_probe].event;
}

static bool is_json(const struct runtime *rt) { return rt->opt->format == &sink_json; }

static void say(struct runtime *rt, const char *color, const char *head, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void say(struct runtime *rt, const char *color, const char *head, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    strbuf_printf(&rt->sink.out, "%s[%s]" PLAIN " ", color, head);
    strbuf_vprintf(&rt->sink.out, fmt, ap);
    strbuf_addc(&rt->sink.out, '\n');
    va_end(ap);
}

/* ---- one test ------------------------------------------------------------------------------ */

/* Everything that is written in between goes to a file in memory, as text whatever the format. */
struct capture {
    struct sink outside;
    int fd;
};

static void count_error(struct sink *s, const struct event_site *site, const char *text, size_t len, bool is_warning,
                        int retcode) {
    struct runtime *rt = (struct runtime *)((char *)s - offsetof(struct runtime, sink));
    rt->nerrors += !is_warning;
    sink_text.error(s, site, text, len, is_warning, retcode);
}

static void capture_begin(struct runtime *rt, struct capture *c, struct sink_ops *ops) {
    *ops = sink_text;
    ops->error = count_error;
    sink_flush(&rt->sink, true);
    c->outside = rt->sink;
    c->fd = memfd_create("sonde-test", MFD_CLOEXEC);
    rt->sink = (struct sink){
        .ops = ops, .resolver = &rt->resolver, .fd = c->fd, .err_fd = c->fd, .no_warnings = c->outside.no_warnings
    };
}

static void capture_end(struct runtime *rt, struct capture *c, struct strbuf *text) {
    char block[4096];
    ssize_t n;
    sink_flush(&rt->sink, true);
    sink_free(&rt->sink);
    rt->sink = c->outside;
    lseek(c->fd, 0, SEEK_SET);
    while ((n = read(c->fd, block, sizeof block)) > 0)
        strbuf_add(text, block, (size_t)n);
    close(c->fd);
}

/* Fails by a return value, an error or an exit(). */
static bool run_test(struct runtime *rt, int prog, uint64_t *ns, struct strbuf *output) {
    struct capture c;
    struct sink_ops ops;
    struct measured before = measure(prog);
    LIBBPF_OPTS(bpf_test_run_opts, opts);
    rt->nerrors = 0;
    capture_begin(rt, &c, &ops);
    int error = bpf_prog_test_run_opts(prog, &opts);
    poll_drain(rt);
    capture_end(rt, &c, output);
    bool ok = !error && !opts.retval && !rt->nerrors && !rt->is_exiting;
    rt->is_exiting = rt->is_over = false;
    rt->exit_code = 0;
    *ns = measure(prog).ns - before.ns;
    return ok;
}

static void add_duration(struct strbuf *out, uint64_t ns) {
    static const struct {
        const char *unit;
        uint64_t ns;
    } units[] = { { "s", 1000000000 }, { "ms", 1000000 }, { "μs", 1000 }, { "ns", 1 } };
    size_t i = 0;
    while (i < 3 && ns < 10 * units[i].ns)
        i++;
    strbuf_printf(out, "%llu %s", (unsigned long long)(ns / units[i].ns), units[i].unit);
}

static void report_json(struct runtime *rt, const char *name, uint64_t ns, bool passed, const struct strbuf *output) {
    struct strbuf *out = &rt->sink.out;
    strbuf_adds(out, "{\"type\": \"test_result\", \"data\": {");
    json_string(out, name, strlen(name));
    strbuf_printf(out, ": {\"duration\": %llu, \"passed\": %s, \"output\": ", (unsigned long long)ns,
                  passed ? "true" : "false");
    json_string(out, strbuf_str(output), output->len);
    strbuf_adds(out, "}}}\n");
}

static void report_text(struct runtime *rt, const char *name, uint64_t ns, bool passed, const struct strbuf *output) {
    struct strbuf took = { 0 };
    add_duration(&took, ns);
    if (!passed)
        strbuf_add(&rt->sink.out, strbuf_str(output), output->len);
    say(rt, passed ? GREEN : RED, passed ? "       OK " : "  FAILED  ", "%s (%s)", name, took.s);
    strbuf_free(&took);
}

static bool test(struct runtime *rt, uint32_t i) {
    const char *name = name_of(rt, &rt->program->progs.v[i]);
    struct strbuf output = { 0 };
    uint64_t ns;
    if (!is_json(rt))
        say(rt, GREEN, " RUN      ", "%s", name);
    bool passed = run_test(rt, rt->prog_fds[i], &ns, &output);
    (is_json(rt) ? report_json : report_text)(rt, name, ns, passed, &output);
    strbuf_free(&output);
    sink_flush(&rt->sink, false);
    return passed;
}

/* ---- all of them --------------------------------------------------------------------------- */

static const char *plural(size_t n) { return n == 1 ? "" : "s"; }

static void summary(struct runtime *rt, const bool *failed, size_t ntests, size_t nfailed) {
    const struct program *p = rt->program;
    say(rt, GREEN, "==========", "%zu test%s ran.", ntests, plural(ntests));
    say(rt, GREEN, "  PASSED  ", "%zu test%s.", ntests - nfailed, plural(ntests - nfailed));
    if (!nfailed)
        return;
    say(rt, RED, "  FAILED  ", "%zu test%s, listed below:", nfailed, plural(nfailed));
    for (size_t i = 0; i < p->progs.n; i++)
        if (failed[i])
            say(rt, RED, "  FAILED  ", "%s", name_of(rt, &p->progs.v[i]));
}

static int stats_on(void) { return bpf_enable_stats(BPF_STATS_RUN_TIME); }

bool testing_run(struct runtime *rt) {
    const struct program *p = rt->program;
    bool *failed = ARENA_ARRAY(rt->arena, bool, p->progs.n);
    size_t ntests = 0, nfailed = 0;
    for (VEC_EACH(prog, &p->progs))
        ntests += prog->attach == ATTACH_TEST;
    if (!ntests)
        return true;
    int stats = stats_on();
    if (!is_json(rt))
        say(rt, GREEN, "==========", "Running %zu tests.", ntests);
    for (uint32_t i = 0; i < p->progs.n; i++)
        if (p->progs.v[i].attach == ATTACH_TEST)
            nfailed += failed[i] = !test(rt, i);
    if (!is_json(rt))
        summary(rt, failed, ntests, nfailed);
    if (stats >= 0)
        close(stats);
    return nfailed == 0;
}

/* ---- bench --------------------------------------------------------------------------------- */

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Until it has run often or long enough. What it prints is thrown away as it comes. */
static struct measured bench(struct runtime *rt, int prog) {
    struct capture c;
    struct sink_ops ops;
    struct strbuf nothing = { 0 };
    uint64_t until = now_ms() + BENCH_MS;
    struct measured before = measure(prog);
    LIBBPF_OPTS(bpf_test_run_opts, opts);
    capture_begin(rt, &c, &ops);
    for (unsigned i = 0; i < BENCH_MAX && now_ms() < until; i++) {
        if (bpf_prog_test_run_opts(prog, &opts))
            break;
        if (i % 256 == 255)
            poll_drain(rt);
    }
    poll_drain(rt);
    capture_end(rt, &c, &nothing);
    strbuf_free(&nothing);
    rt->is_exiting = rt->is_over = false;
    struct measured after = measure(prog);
    return (struct measured){ after.ns - before.ns, after.runs - before.runs };
}

void testing_bench(struct runtime *rt) {
    const struct program *p = rt->program;
    struct strbuf *out = &rt->sink.out;
    int stats = stats_on();
    if (!is_json(rt))
        strbuf_printf(out, "%-41s%-15s%s\n%.66s\n", "Benchmark", "Time(ns)", "Iterations",
                      "------------------------------------------------------------------");
    for (uint32_t i = 0; i < p->progs.n; i++) {
        if (p->progs.v[i].attach != ATTACH_BENCH)
            continue;
        struct measured m = bench(rt, rt->prog_fds[i]);
        const char *name = name_of(rt, &p->progs.v[i]);
        unsigned long long average = m.runs ? m.ns / m.runs : 0, runs = m.runs;
        if (is_json(rt)) {
            strbuf_adds(out, "{\"type\": \"benchmark_result\", \"data\": {");
            json_string(out, name, strlen(name));
            strbuf_printf(out, ": {\"average\": %llu, \"iters\": %llu}}}\n", average, runs);
        } else {
            strbuf_printf(out, "%-41s%-15llu%llu\n", name, average, runs);
        }
        sink_flush(&rt->sink, false);
    }
    if (stats >= 0)
        close(stats);
}
