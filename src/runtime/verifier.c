/* What the verifier has against a program, told at the script's own line.
 *
 * The log ends with the reason, a line of statistics behind it. The instruction it speaks of is the last one that was
 * followed; the line records of the object know where that comes from. Callbacks of loops are functions of their own,
 * whose instructions the kernel counts on behind the program's: for these there is the kernel's word ("; text @
 * file:line" in front of each new line, since 6.9). */
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/line_info.h"
#include "runtime/rt.h"

struct complaint {
    const char *reason; /* last line of the log that says something */
    size_t reason_len;
    long instruction; /* -1: none */
    const char *file; /* NULL: unknown */
    size_t file_len;
    unsigned line, col; /* col 0: unknown */
};

/* ---- reading the log ----------------------------------------------------------------------- */

static bool starts_with(const char *s, size_t len, const char *prefix) {
    size_t n = strlen(prefix);
    return len >= n && memcmp(s, prefix, n) == 0;
}

/* Lines that say how far the verifier came or what it did, not why it stopped. */
static bool is_remark(const char *s, size_t len) {
    static const char *const prefixes[] = {
        "processed ", "verification time ", "stack depth ", "insns_state ", "max_states ", "mark_precise: ",
        "parent ",    "last_idx ",          "regs=",        "func#",        "from ",       "; ",
        "arg#",       "Global function",    "Validating ",  "-- "
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (starts_with(s, len, prefixes[i]))
            return true;
    return len == 0;
}

/* "12: (bf) r6 = r1"; "12: R1=ctx()" is the state before it. */
static bool is_instruction(const char *s, size_t len) {
    return isdigit((unsigned char)s[0]) && memchr(s, ':', len > 8 ? 8 : len);
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
    struct complaint c = { .instruction = -1 };
    while (*log) {
        size_t len = strcspn(log, "\n");
        if (starts_with(log, len, "; "))
            read_place(&c, log, len);
        else if (is_instruction(log, len))
            c.instruction = strtol(log, NULL, 10);
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
    { "program is too large",
      "the verifier follows every turn of a loop and gave up: make the loop shorter, or the body "
      "simpler" },
    { "too complex",
      "the verifier follows every turn of a loop and gave up: make the loop shorter, or the body simpler" },
    { "infinite loop detected",
      "the verifier sees no progress in this loop: its condition must change with every turn" },
    { "back-edge", "kernels before 5.3 allow no loops" },
    { "_or_null'", "the value may be absent: test it before it is used" },
    { "invalid mem access 'scalar'", "a number is used as an address: cast it to a pointer and read it with a cast or "
                                     "str(), buf(), kptr(), uptr()" },
    { "invalid mem access 'inv'",
      "a number is used as an address: cast it to a pointer and read it with a cast or str(), "
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

/* The source of that name that a probe stands in. */
static const struct source *find_source(const struct program *p, const struct complaint *c) {
    for (VEC_EACH(probe, &p->probes)) {
        const struct source *s = probe->span.src;
        if (s && strlen(s->name) == c->file_len && memcmp(s->name, c->file, c->file_len) == 0)
            return s;
    }
    return NULL;
}

/* From there to the end of the statement or of the line. */
static struct span span_of(const struct source *src, unsigned line, unsigned col) {
    uint32_t lo = src->line_starts[line - 1];
    uint32_t end = line < src->nlines ? src->line_starts[line] : (uint32_t)src->len;
    if (col && col - 1 < end - lo)
        lo += col - 1;
    while (lo < end && isspace((unsigned char)src->text[lo]))
        lo++;
    uint32_t hi = lo;
    while (hi < end && !strchr(";{}\n", src->text[hi]))
        hi++;
    while (hi > lo + 1 && isspace((unsigned char)src->text[hi - 1]))
        hi--;
    return (struct span){ .src = src, .lo = lo, .hi = hi };
}

/* The probe itself when nothing better is known. */
static struct span place_of(struct runtime *rt, uint32_t number, struct complaint *c) {
    const struct prog *prog = &rt->program->progs.v[number];
    struct script_place place;
    if (c->instruction >= 0 && line_of_instruction(rt->elf, rt->elf_size, bpf_program__section_name(rt->progs[number]),
                                                   (uint32_t)c->instruction, &place)) {
        c->file = place.file;
        c->file_len = strlen(place.file);
        c->line = place.line;
        c->col = place.col;
    }
    const struct source *src = c->file ? find_source(rt->program, c) : NULL;
    if (!src || c->line == 0 || c->line > src->nlines)
        return rt->program->probes.v[prog->first_probe].span;
    return span_of(src, c->line, c->col);
}

/* A log that did not fit hides the error behind its own. */
static int real_error(const struct complaint *c, int error, struct arena *a) {
    const char *reason = c->reason ? arena_strndup(a, c->reason, c->reason_len) : "";
    bool is_too_big = strstr(reason, "too large") || strstr(reason, "too complex");
    return error != -ENOSPC ? error : is_too_big ? -E2BIG : -EACCES;
}

void report_rejection(struct runtime *rt, uint32_t number, const char *log, int error) {
    const struct prog *prog = &rt->program->progs.v[number];
    struct complaint c = read_log(log);
    error = real_error(&c, error, rt->arena);
    const char *advice = rt->opt->verbose ? "" : " Use -v for full kernel error log.";
    struct diagnostic *g = diag_error(rt->diag, D_LOAD, place_of(rt, number, &c),
                                      "Error loading BPF program for %s. Error code: %d (%s).%s", prog->function, error,
                                      strerror(-error), advice);
    const char *hint = c.reason ? hint_for(&c, rt->arena) : NULL;
    if (c.reason)
        diag_hint(rt->diag, g, "the kernel's verifier says: %.*s%s%s", (int)c.reason_len, c.reason,
                  hint ? "\nHINT: " : "", hint ? hint : "");
    if (rt->opt->verbose)
        fprintf(stderr, "Kernel error log: \n%s\n", log);
}
