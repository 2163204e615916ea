/* The text of a diagnostic: its header line, the source lines it is about, and the macro calls around it. */
#include <string.h>

#include "support/diag.h"
#include "support/strbuf.h"

enum {
    TAB_WIDTH = 4,
    MAX_LINE = 4096, /* longer lines are shown in part, this much around the span: */
    CONTEXT = 60,
    MAX_LINES = 40, /* of a span over several lines */
};

/* Lines and columns of a span, and the bytes of its lines. The end is taken from the last byte in the span, so that a
 * span that ends with a line's newline does not reach into the next line. */
struct place {
    struct location first, last; /* last.col is one behind */
    uint32_t lo, hi;
};

static struct place place_of(struct span at) {
    struct place p = { .lo = at.lo, .hi = at.hi };
    if (p.lo > at.src->len)
        p.lo = (uint32_t)at.src->len;
    if (p.hi > at.src->len)
        p.hi = (uint32_t)at.src->len;
    if (p.hi < p.lo)
        p.hi = p.lo;
    p.first = p.last = source_location(at.src, p.lo);
    if (p.hi > p.lo) {
        p.last = source_location(at.src, p.hi - 1);
        p.last.col++;
    }
    return p;
}

/* [*lo, *hi) of a line's text without its newline. */
static void line_bounds(const struct source *src, unsigned line, uint32_t *lo, uint32_t *hi) {
    *lo = src->line_starts[line - 1];
    *hi = line < src->nlines ? src->line_starts[line] - 1 : (uint32_t)src->len;
    if (*hi > *lo && src->text[*hi - 1] == '\r')
        --*hi;
}

void diag_header(struct strbuf *out, struct span at, enum diag_level level, const char *message) {
    if (at.src) {
        struct place p = place_of(at);
        strbuf_adds(out, at.src->name);
        if (p.first.line == p.last.line)
            strbuf_printf(out, ":%u:%u-%u: ", p.first.line, p.first.col, p.last.col);
        else
            strbuf_printf(out, ":%u-%u: ", p.first.line, p.last.line);
    }
    strbuf_adds(out, level == DIAG_WARNING ? "WARNING: " : "ERROR: ");
    strbuf_adds(out, message);
}

static void echo(struct strbuf *out, const struct source *src, uint32_t lo, uint32_t hi) {
    for (uint32_t i = lo; i < hi; i++) {
        char c = src->text[i];
        if (c == '\t')
            strbuf_fill(out, ' ', TAB_WIDTH);
        else
            strbuf_addc(out, c ? c : '?');
    }
}

/* As many of `mark` as the text [lo, hi) is wide when echoed. */
static void mark(struct strbuf *out, const struct source *src, uint32_t lo, uint32_t hi, char c) {
    for (uint32_t i = lo; i < hi; i++)
        strbuf_fill(out, c, i < src->len && src->text[i] == '\t' ? TAB_WIDTH : 1);
}

static void excerpt_of_line(struct strbuf *out, const struct source *src, const struct place *p) {
    static const char dots[] = "...";
    uint32_t lo, hi, to = p->hi;
    line_bounds(src, p->first.line, &lo, &hi);
    uint32_t begin = lo, end = hi;
    if (hi - lo > MAX_LINE) {
        if (to - p->lo > MAX_LINE / 2)
            to = p->lo + MAX_LINE / 2;
        begin = p->lo - lo > CONTEXT ? p->lo - CONTEXT : lo;
        end = to < hi && hi - to > CONTEXT ? to + CONTEXT : hi;
    }
    if (begin > lo)
        strbuf_adds(out, dots);
    echo(out, src, begin, end);
    if (end < hi)
        strbuf_adds(out, dots);
    strbuf_addc(out, '\n');
    if (begin > lo)
        strbuf_fill(out, ' ', sizeof dots - 1);
    mark(out, src, begin, p->lo, ' ');
    mark(out, src, p->lo, to, '~');
    strbuf_addc(out, '\n');
}

static void excerpt_of_lines(struct strbuf *out, const struct source *src, const struct place *p) {
    for (unsigned line = p->first.line; line <= p->last.line; line++) {
        if (line == p->first.line + MAX_LINES - 2 && line < p->last.line - 1) {
            strbuf_adds(out, "...\n");
            line = p->last.line;
        }
        uint32_t lo, hi;
        line_bounds(src, line, &lo, &hi);
        bool is_cut = hi - lo > MAX_LINE;
        echo(out, src, lo, is_cut ? lo + CONTEXT : hi);
        strbuf_adds(out, is_cut ? "...\n" : "\n");
    }
}

void diag_excerpt(struct strbuf *out, struct span at) {
    if (!at.src)
        return;
    struct place p = place_of(at);
    if (p.first.line == p.last.line)
        excerpt_of_line(out, at.src, &p);
    else
        excerpt_of_lines(out, at.src, &p);
}

void diag_expansions(struct strbuf *out, struct span at, enum diag_level level, bool color) {
    for (const struct span *call = at.from; call; call = call->from) {
        if (color)
            strbuf_adds(out, level == DIAG_WARNING ? "\033[33m" : "\033[31m");
        diag_header(out, *call, level, "expanded from");
        strbuf_adds(out, color ? "\033[0m\n" : "\n");
        diag_excerpt(out, *call);
    }
}
