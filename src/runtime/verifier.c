/* What the verifier has against a program, told at the script's own line.
 *
 * The log ends with the reason, a line of statistics behind it. Kernels since 6.9 put "; text @ file:line" in front of the
 * instructions of each source line; for older ones, and for the column, the line records of the object (.BTF.ext) are
 * looked up by the number of the last instruction that was followed. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/rt.h"

struct complaint {
    const char *reason; /* last line of the log that says something */
    size_t reason_len;
    const char *file; /* NULL: unknown */
    size_t file_len;
    unsigned line;
};

/* ---- reading the log ----------------------------------------------------------------------- */

static bool starts_with(const char *s, size_t len, const char *prefix) {
    size_t n = strlen(prefix);
    return len >= n && memcmp(s, prefix, n) == 0;
}

/* Lines that say how far the verifier came or what it did, not why it stopped. */
static bool is_remark(const char *s, size_t len) {
    static const char *const prefixes[] = { "processed ", "verification time ", "stack depth ", "insns_state ", "max_states ",
                                            "mark_precise: ", "parent ", "last_idx ", "regs=", "func#", "from ", "; ",
                                            "arg#", "Global function", "Validating ", "-- " };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (starts_with(s, len, prefixes[i]))
            return true;
    return len == 0 || (isdigit((unsigned char)s[0]) && memchr(s, ':', len > 8 ? 8 : len)); /* an instruction */
}

/* "; text @ stdin:3" */
static void read_place(struct complaint *c, const char *s, size_t len) {
    const char *at = NULL;
    for (size_t i = 0; i + 2 < len; i++)
        if (memcmp(s + i, " @ ", 3) == 0 || (i == 1 && memcmp(s + i, "@ ", 2) == 0))
            at = s + i + (s[i] == ' ' ? 3 : 2);
    const char *colon = at ? memrchr(at, ':', (size_t)(s + len - at)) : NULL;
    if (!colon)
        return;
    c->file = at;
    c->file_len = (size_t)(colon - at);
    c->line = (unsigned)strtoul(colon + 1, NULL, 10);
}

static struct complaint read_log(const char *log) {
    struct complaint c = { 0 };
    while (*log) {
        size_t len = strcspn(log, "\n");
        if (starts_with(log, len, "; "))
            read_place(&c, log, len);
        else if (!is_remark(log, len)) {
            c.reason = log;
            c.reason_len = len;
        }
        log += len + (log[len] == '\n');
    }
    return c;
}

/* ---- in words ------------------------------------------------------------------------------ */

struct explanation {
    const char *needle, *hint;
};

static const struct explanation explanations[] = {
    { "Too large", "a BPF program has 512 bytes of stack: set on_stack_limit lower in the config block" },
    { "invalid write to stack", "a BPF program has 512 bytes of stack: set on_stack_limit lower in the config block" },
    { "program is too large", "the verifier follows every turn of a loop and gave up: make the loop shorter, or the body "
                              "simpler" },
    { "too complex", "the verifier follows every turn of a loop and gave up: make the loop shorter, or the body simpler" },
    { "infinite loop detected", "the verifier sees no progress in this loop: its condition must change with every turn" },
    { "back-edge", "kernels before 5.3 allow no loops" },
    { "_or_null'", "the value may be absent: test it before it is used" },
    { "invalid mem access 'scalar'", "a number is used as an address: cast it to a pointer and read it with a cast or "
                                     "str(), buf(), kptr(), uptr()" },
    { "invalid mem access 'inv'", "a number is used as an address: cast it to a pointer and read it with a cast or str(), "
                                  "buf(), kptr(), uptr()" },
    { "invalid access to map value", "an index may lie outside of the value: bound it before it is used" },
    { "min value is negative", "a length or index may be negative: bound it before it is used" },
    { "unbounded m", "a length or index has no upper bound: bound it before it is used" },
    { "GPL", "this needs a license compatible with the GPL: config = { license = \"GPL\" }" },
    { "not allowed in probe", "the kernel allows this function only at certain probes" },
    { "cannot use helper", "this kind of probe cannot use that function on this kernel" },
    { "unknown func", "this kernel, or this kind of probe, does not have that function" },
    { "invalid func", "this kernel does not have that function" },
    { "invalid bpf_context access", "this probe's context has no such field" },
    { "calling kernel function", "this kind of probe may not call that kernel function" },
};

static const char *hint_for(const struct complaint *c, struct arena *a) {
    const char *reason = arena_strndup(a, c->reason, c->reason_len);
    for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++)
        if (strstr(reason, explanations[i].needle))
            return explanations[i].hint;
    return NULL;
}

/* ---- the script's line --------------------------------------------------------------------- */

/* The source of that name that a probe stands in, or the file the first probe is in. */
static const struct source *find_source(const struct program *p, const struct complaint *c) {
    for (VEC_EACH(probe, &p->probes)) {
        const struct source *s = probe->span.src;
        if (s && strlen(s->name) == c->file_len && memcmp(s->name, c->file, c->file_len) == 0)
            return s;
    }
    return NULL;
}

/* The line without its indentation; the probe itself when the log names no place. */
static struct span place_of(const struct program *p, const struct prog *prog, const struct complaint *c) {
    const struct source *src = c->file ? find_source(p, c) : NULL;
    if (!src || c->line == 0 || c->line > src->nlines)
        return p->probes.v[prog->first_probe].span;
    uint32_t lo = src->line_starts[c->line - 1];
    uint32_t hi = c->line < src->nlines ? src->line_starts[c->line] : (uint32_t)src->len;
    while (hi > lo && isspace((unsigned char)src->text[hi - 1]))
        hi--;
    while (lo < hi && isspace((unsigned char)src->text[lo]))
        lo++;
    return (struct span){ .src = src, .lo = lo, .hi = hi };
}

void report_rejection(struct runtime *rt, uint32_t number, const char *log, int error) {
    const struct prog *prog = &rt->program->progs.v[number];
    struct complaint c = read_log(log);
    const char *reason = c.reason ? c.reason : "";
    struct diagnostic *g = diag_error(rt->diag, D_LOAD, place_of(rt->program, prog, &c),
                                      "Error loading BPF program for %s. Error code: %d (%s). %s", prog->function, error,
                                      strerror(-error), rt->opt->verbose ? "" : "Use -v for full kernel error log.");
    const char *hint = c.reason ? hint_for(&c, rt->arena) : NULL;
    diag_hint(rt->diag, g, "the kernel's verifier says: %.*s%s%s", (int)c.reason_len, reason, hint ? "; " : "",
              hint ? hint : "");
    if (rt->opt->verbose)
        fprintf(stderr, "Kernel error log: \n%s\n", log);
}
