/* The run of a program, from load to ledger (reference §1.1), and what deliver functions of builtins may ask for. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/rt.h"

/* ---- for deliver functions ----------------------------------------------------------------- */

const struct program *runtime_program(struct runtime *rt) { return rt->program; }
struct sink *runtime_sink(struct runtime *rt) { return &rt->sink; }
const struct resolver *runtime_resolver(struct runtime *rt) { return &rt->resolver; }
const struct runtime_options *runtime_options(struct runtime *rt) { return rt->opt; }

void runtime_exit(struct runtime *rt, int code) {
    rt->is_exiting = rt->is_over = true;
    rt->exit_code = code & 0xff;
}

const struct format_plan *runtime_plan(struct runtime *rt, const struct event_site *site, uint32_t first) {
    struct format_plan **plan = &rt->plans[site->id];
    if (!*plan)
        *plan = format_plan_new(rt->arena, site->format, site->format_len, site->record, first);
    return *plan;
}

struct strbuf *runtime_buffer(struct runtime *rt) {
    strbuf_reset(&rt->buffer);
    return &rt->buffer;
}

/* ---- set-up -------------------------------------------------------------------------------- */

static bool open_output(struct runtime *rt) {
    const struct runtime_options *o = rt->opt;
    rt->sink = (struct sink){ .ops = o->format,
                              .resolver = &rt->resolver,
                              .fd = STDOUT_FILENO,
                              .err_fd = STDERR_FILENO,
                              .buffering = o->buffering,
                              .quiet = o->quiet,
                              .no_warnings = o->no_warnings,
                              .color = rt->diag->color };
    if (!o->output_file)
        return true;
    rt->sink.fd = open(o->output_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (rt->sink.fd >= 0) {
        rt->owns_output = true;
        return true;
    }
    diag_error(rt->diag, D_GENERIC, (struct span){ 0 }, "Failed to open output file: \"%s\": %s", o->output_file,
               strerror(errno));
    return false;
}

static void open_delivery(struct runtime *rt) {
    size_t n = rt->program->events.n;
    rt->deliver = ARENA_ARRAY(rt->arena, deliver_fn *, n);
    rt->plans = ARENA_ARRAY(rt->arena, struct format_plan *, n);
    for (size_t i = 0; i < n; i++) {
        const struct builtin *b = builtin_find(rt->program->events.v[i]->call);
        rt->deliver[i] = b ? b->deliver : NULL;
    }
}

static void runtime_close(struct runtime *rt) {
    detach_all(rt);
    detach_finish(rt);
    poll_close(rt);
    unload_object(rt);
    resolver_close(rt);
    strbuf_free(&rt->buffer);
    strbuf_free(&rt->held);
    sink_free(&rt->sink);
    if (rt->owns_output)
        close(rt->sink.fd);
    arena_free(rt->arena);
}

/* ---- phases -------------------------------------------------------------------------------- */

/* Nothing to wait for. */
static bool is_only_special(const struct program *p) {
    for (VEC_EACH(prog, &p->progs))
        if (prog->attach != ATTACH_BEGIN && prog->attach != ATTACH_END && prog->attach != ATTACH_ITER)
            return false;
    return true;
}

static void announce(struct runtime *rt) {
    if (!rt->opt->quiet)
        rt->sink.ops->attached(&rt->sink, rt->nattached);
    if (!getenv("__BPFTRACE_NOTIFY_PROBES_ATTACHED"))
        return;
    static const char word[] = "__BPFTRACE_NOTIFY_PROBES_ATTACHED\n";
    sink_flush(&rt->sink, true);
    if (write(STDOUT_FILENO, word, sizeof word - 1) < 0)
        rt->sink.write_failed = true;
}

static bool is_testing(const struct runtime *rt) { return rt->opt->is_test_mode || rt->opt->is_bench_mode; }

/* Begin probes run before anything is attached, but their output comes behind the notice. After an exit() in one of
 * them nothing needs to be attached any more. */
static bool begin(struct runtime *rt) {
    attach_prepare(rt);
    globals_start(rt);
    rt->is_holding = true;
    if (!rt->opt->dry_run)
        run_special(rt, ATTACH_BEGIN, poll_drain);
    if (rt->is_exiting)
        rt->nattached = (uint32_t)rt->program->probes.n;
    else if (!filters_start(rt) || !attach_all(rt))
        return false;
    diag_flush(rt->diag, stderr); /* warnings about probes left out */
    return true;
}

/* Detaching comes before the end probes, so that they see maps that stand still. */
static void end(struct runtime *rt) {
    detach_all(rt);
    poll_drain(rt);
    rt->is_over = false;
    run_special(rt, ATTACH_END, NULL);
    poll_drain(rt);
    rt->sink.ops->end(&rt->sink);
    if (rt->program->config.print_maps_on_exit && !is_testing(rt))
        print_all_maps(rt);
    sink_flush(&rt->sink, true);
    report_losses(rt);
}

/* Nothing is attached: begin probes, the tests one by one, end probes. */
static int test(struct runtime *rt) {
    bool ok = true;
    globals_start(rt);
    run_special(rt, ATTACH_BEGIN, poll_drain);
    rt->is_exiting = rt->is_over = false;
    if (rt->opt->is_test_mode)
        ok = testing_run(rt);
    else
        testing_bench(rt);
    end(rt);
    return ok ? rt->exit_code : 1;
}

/* Everything behind the load. */
static int trace(struct runtime *rt) {
    if (is_testing(rt))
        return test(rt);
    if (!begin(rt))
        return 255;
    if (rt->opt->dry_run)
        return 0;
    announce(rt);
    poll_replay(rt);
    if (!rt->is_exiting) {
        if (rt->opt->child)
            child_release(rt->opt->child);
        run_iterators(rt);
        if (!rt->is_exiting && !is_only_special(rt->program))
            poll_loop(rt);
    }
    end(rt);
    return rt->exit_code;
}

int runtime_run(struct program *p, const void *elf, size_t elf_size, const struct runtime_options *opt,
                struct diag *d) {
    struct runtime rt = { .program = p, .opt = opt, .diag = d, .arena = arena_new(), .signal_fd = -1, .target_fd = -1 };
    int status = 255;
    resolver_open(&rt);
    open_delivery(&rt);
    if (!open_output(&rt))
        status = 1;
    else if (load_object(&rt, elf, elf_size) && poll_open(&rt))
        status = trace(&rt);
    sink_flush(&rt.sink, true);
    runtime_close(&rt);
    return status;
}
