/* sonde: the pipeline. Each stage is one call; a stage that has reported errors ends the run. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "codegen/codegen.h"
#include "expand/expand.h"
#include "info.h"
#include "list.h"
#include "options.h"
#include "parser/parser.h"
#include "runtime/runtime.h"
#include "sema/sema.h"
#include "support/strbuf.h"
#include "types/cimport.h"

/* Exit statuses (reference §1.3). */
enum { OK = 0, BAD_SCRIPT = 1, BAD_CONFIG = 2, BAD_RUN = 255 };

/* Everything of one run; lives in `arena`. */
struct session {
    struct arena *arena;
    struct options opt;
    struct diag *diag;
    struct config config;
    struct typedb *types;
    struct child *child;
    struct script *script;
    struct checked *checked;
    struct object object;
    bool is_bad_preamble; /* an error in the script's C part: it has an exit status of its own */
};

/* Shows what has been reported so far; true when there is an error among it. */
static bool failed(struct session *s) {
    for (VEC_EACH(d, &s->diag->list))
        s->is_bad_preamble |= d->level == DIAG_ERROR && d->tag == D_CDEF;
    diag_flush(s->diag, stderr);
    return s->diag->nerrors > 0;
}

__attribute__((format(printf, 2, 3))) static int error(int status, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fputs("ERROR: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return status;
}

/* ---- the script's text --------------------------------------------------------------------- */

static bool read_all(int fd, struct strbuf *out) {
    char block[1 << 16];
    ssize_t n;
    while ((n = read(fd, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        strbuf_add(out, block, (size_t)n);
    }
    return true;
}

static struct source *read_file(struct session *s, const char *path) {
    bool is_stdin = strcmp(path, "-") == 0;
    struct strbuf text = { 0 };
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !read_all(fd, &text)) {
        error(BAD_SCRIPT, "failed to open file '%s': %s", path, strerror(errno));
        strbuf_free(&text);
        return NULL;
    }
    if (!is_stdin)
        close(fd);
    size_t len = text.len;
    return source_new(s->arena, is_stdin ? "stdin" : path, strbuf_finish(&text, s->arena), len);
}

static struct source *open_source(struct session *s) {
    const char *program = s->opt.program;
    return program ? source_new(s->arena, "stdin", program, strlen(program)) : read_file(s, s->opt.file);
}

/* ---- stages -------------------------------------------------------------------------------- */

static bool shows(const struct session *s, enum stage stage) { return s->opt.show & stage; }

static void show(struct strbuf *text) {
    fwrite(strbuf_str(text), 1, text->len, stdout);
    fflush(stdout);
    strbuf_free(text);
}

/* -d ast shows the tree once: where the run stops, or as parsed. */
static void show_ast(struct session *s, enum stop stage) {
    struct strbuf text = { 0 };
    bool is_last = stage == s->opt.stop || (s->opt.stop > STOP_SEMA && stage == STOP_PARSE);
    if (!(shows(s, SHOW_AST) && is_last) && !(shows(s, SHOW_TYPES) && stage == STOP_SEMA))
        return;
    ast_dump_script(&text, s->script);
    show(&text);
}

static bool is_builtin(const char *name) { return builtin_find(name) != NULL; }

/* ---- the C preamble ------------------------------------------------------------------------ */

static void read_preamble(void *ctx, const struct script *script) {
    struct session *s = ctx;
    VEC(struct cimport_piece) pieces = { 0 };
    for (VEC_EACH(item, &script->items))
        if ((*item)->kind == N_CDEF)
            VEC_PUSH(s->arena, &pieces, (struct cimport_piece){ (*item)->str.s, (*item)->str.len, (*item)->span });
    const struct options *o = &s->opt;
    struct cimport_options opt = { o->include_dirs.v, o->include_dirs.n, o->includes.v, o->includes.n };
    cimport(s->types, &opt, pieces.v, pieces.n, s->diag);
}

static const char *c_macro(void *ctx, const char *name) {
    struct session *s = ctx;
    return typedb_macro(s->types, name);
}

static const char *c_value(void *ctx, const char *name) {
    struct session *s = ctx;
    return typedb_macro_value(s->types, name);
}

static bool front_end(struct session *s, struct source *source) {
    const struct options *o = &s->opt;
    s->script = parse_script(s->arena, source, o->params, o->nparams, s->diag);
    if (failed(s))
        return false;
    show_ast(s, STOP_PARSE);
    if (o->stop == STOP_PARSE || o->mode == MODE_FORMAT)
        return true;
    struct expand_options opt = { .params = o->params,
                                  .nparams = o->nparams,
                                  .is_builtin = is_builtin,
                                  .read_preamble = read_preamble,
                                  .c_macro = c_macro,
                                  .c_value = c_value,
                                  .ctx = s };
    expand_script(s->script, &opt, s->diag);
    if (failed(s))
        return false;
    show_ast(s, STOP_EXPAND);
    return true;
}

/* What BPF programs are laid out for: CPU numbers are below it. */
static uint32_t possible_cpus(void) {
    uint32_t n = 1, have = (uint32_t)sysconf(_SC_NPROCESSORS_CONF);
    char text[4096];
    int fd = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (len > 0) { /* "0-3,6": the last number is the highest */
        text[len] = 0;
        const char *last = text + strcspn(text, "\n");
        while (last > text && last[-1] >= '0' && last[-1] <= '9')
            last--;
        have = (uint32_t)strtoul(last, NULL, 10) + 1;
    }
    while (n < have)
        n *= 2;
    return n;
}

static bool check(struct session *s) {
    const struct options *o = &s->opt;
    struct sema_options opt = {
        .is_safe = !o->is_unsafe,
        .is_test_mode = o->mode == MODE_TEST,
        .is_bench_mode = o->mode == MODE_BENCH,
        .pid = o->pid,
        .follows = o->follows,
        .in_cgroup = o->cgroup,
        .child_pid = s->child ? (int)child_pid(s->child) : 0,
        .ncpus = possible_cpus(),
        .probe_filter = o->probe_filter,
        .traceable_functions = o->traceable,
        .named = o->named,
        .verbose = o->verbose,
        .report_reads = o->report_reads,
    };
    s->checked = sema_check(s->script, s->types, &s->config, &opt, s->diag);
    if (failed(s) || !s->checked)
        return false;
    show_ast(s, STOP_SEMA);
    return true;
}

static bool write_file(const char *path, const void *data, size_t size) {
    FILE *f = fopen(path, "we");
    bool ok = f && fwrite(data, 1, size, f) == size;
    if (f && fclose(f))
        ok = false;
    if (!ok)
        error(BAD_SCRIPT, "Failed to write \"%s\": %s", path, strerror(errno));
    return ok;
}

static bool write_llvm(const struct session *s) {
    char path[4096];
    snprintf(path, sizeof path, "%s.original.ll", s->opt.emit_llvm);
    if (!write_file(path, s->object.ir, strlen(s->object.ir)))
        return false;
    snprintf(path, sizeof path, "%s.optimized.ll", s->opt.emit_llvm);
    return write_file(path, s->object.ir_opt, strlen(s->object.ir_opt));
}

static bool generate(struct session *s) {
    const struct options *o = &s->opt;
    struct codegen_options opt = { .dump_ir = shows(s, SHOW_IR) || o->emit_llvm,
                                   .dump_ir_opt = shows(s, SHOW_IR_OPT) || o->emit_llvm,
                                   .dump_asm = shows(s, SHOW_ASM),
                                   .verify = o->verify_ir };
    bool ok = codegen_object(s->checked, &opt, &s->object, s->diag);
    if (failed(s) || !ok)
        return false;
    if (shows(s, SHOW_IR))
        fputs(s->object.ir, stdout);
    if (shows(s, SHOW_IR_OPT))
        fputs(s->object.ir_opt, stdout);
    if (shows(s, SHOW_ASM) && s->object.assembly)
        fputs(s->object.assembly, stdout);
    if (shows(s, SHOW_PROGRAM))
        puts(program_to_json(s->checked->program, s->arena));
    fflush(stdout);
    return (!o->emit_elf || write_file(o->emit_elf, s->object.elf, s->object.size)) &&
           (!o->emit_llvm || write_llvm(s));
}

/* ---- the run ------------------------------------------------------------------------------- */

/* For the tests: runs what is left of the program after a journey through JSON, which must be all of it. */
static struct program *round_trip(struct session *s) {
    struct program *p = s->checked->program;
    if (!getenv("SONDE_ROUND_TRIP"))
        return p;
    const char *why = NULL, *text = program_to_json(p, s->arena);
    struct program *back = program_from_json(s->arena, text, &why);
    const char *again = back ? program_to_json(back, s->arena) : "";
    if (back && strcmp(again, text) == 0) {
        for (size_t i = 0; i < p->probes.n; i++) /* places do not travel */
            back->probes.v[i].span = p->probes.v[i].span;
        return back;
    }
    error(BAD_RUN, "the program does not survive its JSON: %s\n%s\n%s", why ? why : "the second text differs", text, again);
    return NULL;
}

static int run(struct session *s) {
    const struct options *o = &s->opt;
    struct program *program = round_trip(s);
    if (!program)
        return BAD_RUN;
    struct runtime_options opt = {
        .pid = o->pid,
        .cgroup = o->cgroup,
        .command = o->command,
        .child = s->child,
        .output_file = o->output_file,
        .format = o->format,
        .buffering = o->buffering,
        .quiet = o->quiet,
        .verbose = o->verbose > 0,
        .dry_run = o->is_dry_run,
        .no_warnings = o->no_warnings,
        .debug_libbpf = shows(s, SHOW_LIBBPF),
        .debug_verifier = shows(s, SHOW_VERIFIER),
        .is_test_mode = o->mode == MODE_TEST,
        .is_bench_mode = o->mode == MODE_BENCH,
    };
    int status = runtime_run(program, s->object.elf, s->object.size, &opt, s->diag);
    diag_flush(s->diag, stderr);
    return status;
}

static int compile_status(const struct session *s) {
    return s->is_bad_preamble ? BAD_CONFIG : s->diag->has_attach_error ? BAD_RUN : BAD_SCRIPT;
}

static int no_probes(const struct session *s) {
    for (VEC_EACH(item, &s->script->items))
        if ((*item)->kind == N_PROBE)
            for (VEC_EACH(ap, &(*item)->probe.points))
                if (strcmp((*ap)->parts[0], "test") == 0 || strcmp((*ap)->parts[0], "bench") == 0)
                    return error(BAD_RUN, "No probes attached; use --test to run test probes.");
    puts("No probes to attach");
    return BAD_SCRIPT;
}

static int format(struct session *s) {
    struct strbuf text = { 0 };
    ast_format_script(&text, s->script);
    show(&text);
    return OK;
}

/* The limits on programs, told at the first one's attach point, and on probes. */
static bool within_limits(const struct session *s) {
    const struct checked *c = s->checked;
    const struct config *config = &c->program->config;
    size_t nprobes = 0;
    for (VEC_EACH(b, &c->blocks))
        nprobes += (*b)->probes.n;
    if (c->blocks.n > config->max_bpf_progs) {
        struct diagnostic *g = diag_error(
            s->diag, D_LIMIT, c->blocks.v[0]->node->probe.points.v[0]->span,
            "Your program is trying to generate more than %zu BPF programs, which exceeds the current limit of %" PRIu64,
            c->blocks.n, config->max_bpf_progs);
        diag_hint(s->diag, g, "You can increase the limit through the BPFTRACE_MAX_BPF_PROGS environment variable.");
        diag_flush(s->diag, stderr);
        return false;
    }
    if (nprobes <= config->max_probes)
        return true;
    error(BAD_SCRIPT,
          "Can't attach to %zu probes because it exceeds the current limit of %" PRIu64 " probes.\n"
          "You can increase the limit through the BPFTRACE_MAX_PROBES environment variable, but BE CAREFUL since a high "
          "number of probes attached can cause your system to crash.",
          nprobes, config->max_probes);
    return false;
}

static int compile_and_run(struct session *s, struct source *source) {
    const struct options *o = &s->opt;
    if (!front_end(s, source))
        return compile_status(s);
    if (o->mode == MODE_FORMAT)
        return format(s);
    if (o->stop <= STOP_EXPAND)
        return OK;
    if (!check(s))
        return compile_status(s);
    if (o->list)
        return list_program(s->checked, s->arena, s->diag, o);
    if (!s->checked->blocks.n)
        return no_probes(s);
    if (!within_limits(s))
        return BAD_SCRIPT;
    if (o->stop == STOP_SEMA)
        return OK;
    if (!generate(s))
        return compile_status(s);
    if (o->stop == STOP_CODEGEN || o->mode == MODE_CODEGEN || o->mode == MODE_COMPILER_BENCH)
        return OK;
    return run(s);
}

/* ---- before the script --------------------------------------------------------------------- */

/* BPFTRACE_COLOR: auto (a terminal), always, never. */
static bool wants_color(void) {
    const char *v = getenv("BPFTRACE_COLOR");
    if (v && strcmp(v, "always") == 0)
        return true;
    if (v && strcmp(v, "never") == 0)
        return false;
    if (v && strcmp(v, "auto") != 0)
        fprintf(stderr,
                "WARNING: Invalid env value! The valid values of `BPFTRACE_COLOR` are [auto|always|never]. The current "
                "value is %s!\n",
                v);
    return isatty(STDERR_FILENO);
}

static bool pid_exists(int pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0 && errno != ENOSYS) {
        error(BAD_SCRIPT, "Failed to attach to pid: Unable to open pidfd (%s)", strerror(errno));
        return false;
    }
    if (fd >= 0)
        close(fd);
    return true;
}

static bool cgroup_exists(const char *path) {
    int fd;
    const char *why = cgroup_open(path, &fd);
    if (why)
        error(BAD_SCRIPT, "Failed to use cgroup '%s': %s", path, why);
    else
        close(fd);
    return !why;
}

static bool is_regex(const char *text) {
    regex_t re;
    int bad = regcomp(&re, text, REG_EXTENDED | REG_NOSUB);
    if (bad) {
        char why[256];
        regerror(bad, &re, why, sizeof why);
        error(BAD_RUN, "Invalid --probe-filter regex '%s': %s", text, why);
        return false;
    }
    regfree(&re);
    return true;
}

static int with_script(struct session *s) {
    if (s->opt.probe_filter && !is_regex(s->opt.probe_filter))
        return BAD_RUN;
    struct source *source = open_source(s);
    if (!source)
        return BAD_SCRIPT;
    if (s->opt.command && !(s->child = child_start(s->opt.command, s->diag))) {
        failed(s);
        return BAD_SCRIPT;
    }
    int status = compile_and_run(s, source);
    child_stop(s->child);
    object_free(&s->object);
    return status;
}

/* -l without -e: a file is a program whose probes are listed, anything else a pattern. */
static int list(struct session *s) {
    struct stat st;
    const char *pattern = s->opt.pattern;
    if (pattern && !stat(pattern, &st) && S_ISREG(st.st_mode)) {
        s->opt.file = pattern;
        return with_script(s);
    }
    size_t len = pattern ? strlen(pattern) : 0;
    bool names_script = len > 3 && strcmp(pattern + len - 3, ".bt") == 0;
    if (names_script || (pattern && strchr(pattern, '/') && !strchr(pattern, ':')))
        fprintf(stderr,
                "WARNING: It appears that '%s' is a filename but the file does not exist. Treating '%s' as a search "
                "pattern.\n",
                pattern, pattern);
    return list_pattern(s->arena, s->types, &s->config, s->diag, &s->opt);
}

static int session_run(struct session *s) {
    const struct options *o = &s->opt;
    config_defaults(&s->config);
    if (!kernel_has_ringbuf())
        s->config.output = OUTPUT_PERFBUF;
    const char *bad = config_from_env(&s->config, s->arena);
    if (bad)
        return error(BAD_CONFIG, "%s", bad);
    if ((o->pid && !pid_exists(o->pid)) || (o->cgroup && !cgroup_exists(o->cgroup)))
        return BAD_SCRIPT;
    s->types = typedb_new(s->arena);
    int status = o->list && !o->program ? list(s) : with_script(s);
    typedb_free(s->types);
    return status;
}

static int answer(enum request request) {
    switch (request) {
    case REQUEST_HELP: options_usage(stdout); break;
    case REQUEST_VERSION: puts("sonde v" SONDE_VERSION); break;
    case REQUEST_INFO: show_info(stdout); break;
    case REQUEST_RUN: break;
    }
    return OK;
}

int main(int argc, char **argv) {
    struct session s = { .arena = arena_new() };
    int status = BAD_SCRIPT;
    if (options_parse(&s.opt, s.arena, argc, argv)) {
        s.diag = diag_new(s.arena);
        s.diag->no_warnings = s.opt.no_warnings;
        s.diag->color = wants_color();
        s.diag->show_tags = getenv("SONDE_DIAG_TAGS") != NULL;
        status = s.opt.request == REQUEST_RUN ? session_run(&s) : answer(s.opt.request);
    }
    arena_free(s.arena);
    return status;
}
