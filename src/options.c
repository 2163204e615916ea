/* The command line. Words are matched by hand rather than by getopt_long, because the words behind "--" must be told
 * from the others ($1 or --name=value) and the order of all of them is kept; the messages are getopt's, since wrappers
 * look for them. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/vec.h"

enum option_id {
#define GROUP(title)
#define OPTION(id, short_name, long_name, word, help) OPT_##id,
#define HIDDEN(id, short_name, long_name, word)       OPT_##id,
#include "options.def"
};

struct row {
    enum option_id id;
    char short_name;
    const char *long_name, *word, *help;
    const char *group; /* rows that start a section of --help */
};

static const struct row rows[] = {
#define GROUP(title)                                  { .group = title },
#define OPTION(id, short_name, long_name, word, help) { OPT_##id, short_name, long_name, word, help, NULL },
#define HIDDEN(id, short_name, long_name, word)       { OPT_##id, short_name, long_name, word, NULL, NULL },
#include "options.def"
};
enum { NROWS = sizeof rows / sizeof *rows };

/* ---- help ---------------------------------------------------------------------------------- */

static void show_row(FILE *out, const struct row *r) {
    char flags[80];
    int n = 0;
    if (r->short_name)
        n += snprintf(flags, sizeof flags, "-%c%s", r->short_name, r->long_name ? ", " : "");
    if (r->long_name)
        n += snprintf(flags + n, sizeof flags - (size_t)n, "--%s", r->long_name);
    if (r->word)
        n += snprintf(flags + n, sizeof flags - (size_t)n, " %s", r->word);
    if (n <= 20)
        fprintf(out, "    %-20s %s\n", flags, r->help);
    else
        fprintf(out, "    %s\n%25s%s\n", flags, "", r->help);
}

void options_usage(FILE *out) {
    fputs("sonde - a tracing language for Linux, compatible with bpftrace\n\n"
          "USAGE:\n"
          "    sonde [options] FILE [words] [-- words and --name=value]\n"
          "    sonde [options] -e 'program' [words] [-- words and --name=value]\n"
          "    sonde [options] -            the script comes from standard input\n"
          "    sonde -l ['pattern']\n",
          out);
    for (const struct row *r = rows; r < rows + NROWS; r++)
        if (r->group)
            fprintf(out, "\n%s:\n", r->group);
        else if (r->help)
            show_row(out, r);
    fputs("\nEXAMPLES:\n"
          "    sonde -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'\n"
          "        system calls by thread name, printed on Ctrl-C\n"
          "    sonde -e 'profile:hz:99 { @[kstack] = count(); }'\n"
          "        where the kernel spends its time\n"
          "    sonde -lv 'tracepoint:sched:*'\n"
          "        the scheduler's tracepoints and their arguments\n",
          out);
}

/* ---- errors -------------------------------------------------------------------------------- */

__attribute__((format(printf, 1, 2))) static bool fail(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fputs("ERROR: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return false;
}

/* For wrong usage of the words themselves: the message, then how it is done. */
__attribute__((format(printf, 1, 2))) static bool misuse(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    options_usage(stderr);
    return false;
}

/* ---- one flag ------------------------------------------------------------------------------ */

static bool set_pid(int *pid, const char *text) {
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 0);
    if (end == text)
        return fail("Failed to parse pid: invalid integer: %s", text);
    if (*end)
        return fail("Failed to parse pid: invalid trailing bytes: %s", text);
    if (errno || v < 1 || v > 0x400000)
        return fail("Pid out of range: %s", text);
    *pid = (int)v;
    return true;
}

static bool set_format(struct options *o, const char *name) {
    for (const struct sink_ops *const *s = sinks; *s; s++)
        if (strcmp((*s)->name, name) == 0) {
            o->format = *s;
            return true;
        }
    fail("Invalid output format \"%s\"", name);
    fputs("Valid formats: ", stderr);
    for (const struct sink_ops *const *s = sinks; *s; s++)
        fprintf(stderr, "%s'%s'", s == sinks ? "" : ", ", (*s)->name);
    fputc('\n', stderr);
    return false;
}

static bool set_buffering(struct options *o, const char *mode) {
    static const char *const names[] = { [BUFFER_LINE] = "line", [BUFFER_FULL] = "full", [BUFFER_NONE] = "none" };
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], mode) == 0) {
            o->buffering = (enum buffering)i;
            return true;
        }
    return fail("USAGE: -B must be either 'line', 'full', or 'none'.");
}

static bool set_mode(struct options *o, const char *name) {
    static const struct {
        const char *name;
        enum mode mode;
    } modes[] = {
        { "codegen", MODE_CODEGEN }, { "compiler-bench", MODE_COMPILER_BENCH },
        { "bench", MODE_BENCH },     { "test", MODE_TEST },
        { "format", MODE_FORMAT },
    };
    for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(modes[i].name, name) == 0) {
            o->mode = modes[i].mode;
            return true;
        }
    return fail("USAGE: --mode can only be 'codegen', 'compiler-bench', 'bench', 'test' or 'format'.");
}

/* Calls set for each word of a comma-separated list until it returns false. */
static bool each_word(struct options *o, const char *list,
                      bool (*set)(struct options *o, const char *word, size_t len)) {
    for (;;) {
        size_t len = strcspn(list, ",");
        if (!set(o, list, len))
            return false;
        if (!list[len])
            return true;
        list += len + 1;
    }
}

static bool set_stage(struct options *o, const char *word, size_t len) {
    static const struct {
        const char *name;
        unsigned show;
    } stages[] = {
        { "ast", SHOW_AST },
        { "types", SHOW_TYPES },
        { "ir", SHOW_IR_OPT },
        { "codegen", SHOW_IR },
        { "codegen-opt", SHOW_IR_OPT },
        { "asm", SHOW_ASM },
        { "dis", SHOW_ASM },
        { "program", SHOW_PROGRAM },
        { "libbpf", SHOW_LIBBPF },
        { "verifier", SHOW_VERIFIER },
        { "parse", SHOW_PARSE },
        { "all",
          SHOW_AST | SHOW_TYPES | SHOW_IR | SHOW_IR_OPT | SHOW_ASM | SHOW_PROGRAM | SHOW_LIBBPF | SHOW_VERIFIER },
    };
    for (unsigned i = 0; i < sizeof stages / sizeof *stages; i++)
        if (strlen(stages[i].name) == len && memcmp(stages[i].name, word, len) == 0) {
            o->show |= stages[i].show;
            return true;
        }
    return fail("USAGE: invalid option for -d: %.*s", (int)len, word);
}

static bool set_no_feature(struct options *o, const char *word, size_t len) {
    const struct {
        const char *name;
        bool *flag;
    } features[] = {
        { "kprobe_multi", &o->no_kprobe_multi },
        { "kprobe_session", &o->no_kprobe_session },
        { "uprobe_multi", &o->no_uprobe_multi },
    };
    for (unsigned i = 0; i < sizeof features / sizeof *features; i++)
        if (strlen(features[i].name) == len && memcmp(features[i].name, word, len) == 0) {
            *features[i].flag = true;
            return true;
        }
    return fail("USAGE: --no-feature can only have values 'kprobe_multi,kprobe_session,uprobe_multi'.");
}

static bool set_stop(struct options *o, const char *name) {
    static const char *const names[] = { "parse", "expand", "sema", "codegen" };
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            o->stop = (enum stop)i;
            return true;
        }
    return fail("USAGE: --stop-after can only be 'parse', 'expand', 'sema' or 'codegen'.");
}

static bool add_dwarf_pid(struct options *o, struct arena *a, const char *text) {
    int pid;
    if (!set_pid(&pid, text))
        return false;
    VEC_PUSH(a, &o->dwarf_pids, pid);
    return true;
}

static bool set_reports(struct options *o) {
    if (o->report_reads)
        return fail("USAGE: -kk has been deprecated. Use a single -k for runtime warnings for errors in map lookups "
                    "and probe reads.");
    o->report_reads = true;
    return true;
}

static bool apply(struct options *o, struct arena *a, enum option_id id, const char *arg) {
    switch (id) {
    case OPT_PROGRAM: o->program = arg; return true;
    case OPT_LIST: o->list = true; return true;
    case OPT_VERBOSE: o->verbose++; return true;
    case OPT_HELP: o->request = REQUEST_HELP; return true;
    case OPT_VERSION: o->request = REQUEST_VERSION; return true;
    case OPT_INFO: o->request = REQUEST_INFO; return true;
    case OPT_PID: return set_pid(&o->pid, arg);
    case OPT_CMD: o->command = arg; return true;
    case OPT_FOLLOW: o->follows = true; return true;
    case OPT_CGROUP: o->cgroup = arg; return true;
    case OPT_DWARF_PID: return add_dwarf_pid(o, a, arg);
    case OPT_USDT_FILE: return true; /* the kernel counts references to semaphores: it always works that way */
    case OPT_OUTPUT: o->output_file = arg; return true;
    case OPT_FORMAT: return set_format(o, arg);
    case OPT_BUFFER: return set_buffering(o, arg);
    case OPT_QUIET: o->quiet = true; return true;
    case OPT_WARNINGS: return set_reports(o);
    case OPT_NO_WARNINGS: o->no_warnings = true; return true;
    case OPT_INCLUDE_DIR: VEC_PUSH(a, &o->include_dirs, arg); return true;
    case OPT_INCLUDE: VEC_PUSH(a, &o->includes, arg); return true;
    case OPT_DEBUGINFO: o->debuginfo = arg; return true;
    case OPT_TRACEABLE: o->traceable = arg; return true;
    case OPT_UNSAFE: o->is_unsafe = true; return true;
    case OPT_NO_FEATURE: return each_word(o, arg, set_no_feature);
    case OPT_MODE: return set_mode(o, arg);
    case OPT_TEST: o->mode = MODE_TEST; return true;
    case OPT_BENCH: o->mode = MODE_BENCH; return true;
    case OPT_PROBE_FILTER: o->probe_filter = arg; return true;
    case OPT_FMT: o->mode = MODE_FORMAT; return true;
    case OPT_DRY_RUN: o->is_dry_run = true; return true;
    case OPT_VERIFY_IR: o->verify_ir = true; return true;
    case OPT_DEBUG: return each_word(o, arg, set_stage);
    case OPT_EMIT_ELF:
        o->emit_elf = arg;
        o->is_dry_run = true;
        return true;
    case OPT_EMIT_LLVM: o->emit_llvm = arg; return true;
    case OPT_STOP_AFTER: return set_stop(o, arg);
    }
    return true;
}

/* ---- words --------------------------------------------------------------------------------- */

struct words {
    struct options *o;
    struct arena *a;
    int argc;
    char **argv;
    int next;
    VEC(const char *) plain, named;
};

static const struct row *find_short(char c) {
    for (const struct row *r = rows; r < rows + NROWS; r++)
        if (!r->group && r->short_name == c)
            return r;
    return NULL;
}

/* Exact names, or beginnings that only one flag has. */
static const struct row *find_long(const char *name, size_t len, bool *is_ambiguous) {
    const struct row *found = NULL;
    *is_ambiguous = false;
    for (const struct row *r = rows; r < rows + NROWS; r++) {
        if (r->group || !r->long_name || strncmp(r->long_name, name, len) != 0)
            continue;
        if (!r->long_name[len])
            return r;
        *is_ambiguous |= found != NULL;
        found = r;
    }
    return *is_ambiguous ? NULL : found;
}

static bool ambiguous(const struct words *w, const char *name, size_t len) {
    fprintf(stderr, "%s: option '--%.*s' is ambiguous; possibilities:", w->argv[0], (int)len, name);
    for (const struct row *r = rows; r < rows + NROWS; r++)
        if (!r->group && r->long_name && strncmp(r->long_name, name, len) == 0)
            fprintf(stderr, " '--%s'", r->long_name);
    return misuse("%s", "");
}

static bool long_option(struct words *w, const char *name) {
    size_t len = strcspn(name, "=");
    const char *value = name[len] ? name + len + 1 : NULL;
    bool is_ambiguous;
    const struct row *r = find_long(name, len, &is_ambiguous);
    if (is_ambiguous)
        return ambiguous(w, name, len);
    if (!r)
        return misuse("%s: unrecognized option '--%s'", w->argv[0], name);
    if (value && !r->word)
        return misuse("%s: option '--%s' doesn't allow an argument", w->argv[0], r->long_name);
    if (r->word && !value) {
        if (w->next == w->argc)
            return misuse("%s: option '--%s' requires an argument", w->argv[0], r->long_name);
        value = w->argv[w->next++];
    }
    return apply(w->o, w->a, r->id, value);
}

/* "-lv", "-p12", "-p 12" */
static bool short_options(struct words *w, const char *letters) {
    for (; *letters; letters++) {
        const struct row *r = find_short(*letters);
        if (!r)
            return misuse("%s: invalid option -- '%c'", w->argv[0], *letters);
        if (!r->word) {
            if (!apply(w->o, w->a, r->id, NULL))
                return false;
            continue;
        }
        if (letters[1])
            return apply(w->o, w->a, r->id, letters + 1);
        if (w->next == w->argc)
            return misuse("%s: option requires an argument -- '%c'", w->argv[0], *letters);
        return apply(w->o, w->a, r->id, w->argv[w->next++]);
    }
    return true;
}

static bool read_words(struct words *w) {
    bool is_behind = false; /* "--" was there */
    while (w->next < w->argc) {
        const char *word = w->argv[w->next++];
        bool is_plain = word[0] != '-' || !word[1];
        if (is_behind && strncmp(word, "--", 2) == 0)
            VEC_PUSH(w->a, &w->named, word);
        else if (is_behind || is_plain)
            VEC_PUSH(w->a, &w->plain, word);
        else if (strcmp(word, "--") == 0)
            is_behind = true;
        else if (!(word[1] == '-' ? long_option(w, word + 2) : short_options(w, word + 1)))
            return false;
        if (w->o->request != REQUEST_RUN)
            return true;
    }
    VEC_PUSH(w->a, &w->named, NULL);
    w->o->named = w->named.v;
    return true;
}

/* Which word is the script, and which are its parameters. */
static bool take_script(struct words *w) {
    struct options *o = w->o;
    size_t first = 0;
    if (o->program) {
        if (!*o->program)
            return fail("USAGE: filename or -e 'program' required.");
    } else if (o->list) {
        o->pattern = w->plain.n ? w->plain.v[0] : NULL;
        first = w->plain.n ? 1 : 0;
        if (w->plain.n > 1) {
            options_usage(stderr);
            return false;
        }
    } else {
        if (w->plain.n == 0) {
            if (w->argc > 1)
                return fail("USAGE: filename or -e 'program' required.");
            options_usage(stderr);
            return false;
        }
        o->file = w->plain.v[0];
        first = 1;
    }
    o->params = w->plain.v ? w->plain.v + first : NULL;
    o->nparams = w->plain.n - first;
    return true;
}

bool options_parse(struct options *o, struct arena *a, int argc, char **argv) {
    *o = (struct options){ .format = &sink_text, .stop = STOP_NEVER };
    struct words w = { .o = o, .a = a, .argc = argc, .argv = argv, .next = 1 };
    if (!read_words(&w))
        return false;
    if (o->request != REQUEST_RUN)
        return true;
    if (o->pid && o->command) {
        fail("USAGE: Cannot use both -c and -p.");
        options_usage(stderr);
        return false;
    }
    if (o->follows && !o->pid && !o->command)
        return fail("USAGE: --follow needs -p or -c.");
    return take_script(&w);
}
