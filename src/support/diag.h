/* Source text, places in it, and diagnostics about them.
 *
 * Diagnostics are collected, so that one run reports several errors, and rendered in
 * bpftrace's form (shared language reference, section 19):
 *
 *     stdin:1:9-14: ERROR: message
 *     begin { $x = foo(); }
 *             ~~~~~
 *     HINT: text
 */
#ifndef SONDE_SUPPORT_DIAG_H
#define SONDE_SUPPORT_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "support/arena.h"
#include "support/vec.h"

/* One file of script text. Owned by the program's arena. */
struct source {
    const char *name; /* "stdin", the path as given, or "stdlib/x.bt" */
    const char *text; /* NUL-terminated; may hold NUL bytes before text[len] */
    size_t len;
    uint32_t *line_starts; /* built by source_new */
    size_t nlines;
    bool is_stdlib; /* warnings inside are not shown */
};

struct source *source_new(struct arena *a, const char *name, const char *text, size_t len);

/* Byte range [lo, hi) of a source. `from` is the call site when the text was produced by
 * expanding a macro there; it chains outwards. src is NULL for things without a place. */
struct span {
    const struct source *src;
    const struct span *from;
    uint32_t lo, hi;
};

/* From the start of a to the end of b (same source). */
struct span span_join(struct span a, struct span b);

struct location {
    unsigned line, col; /* 1-based; columns count bytes */
};
struct location source_location(const struct source *src, uint32_t offset);

/* Tags are what golden tests check, so that wording can improve without breaking them. */
enum diag_tag {
#define DIAG(tag, text) D_##tag,
#include "support/diag_tags.def"
#undef DIAG
    D_COUNT
};
const char *diag_tag_name(enum diag_tag tag); /* "syntax", "unknown-function", … */

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE /* belongs to the one before it, shown at its level */ };

struct diagnostic {
    enum diag_level level;
    enum diag_tag tag;
    struct span span;
    const char *message;
    const char *hint; /* NULL or text without "HINT: " */
    bool is_verbatim; /* the message is the whole header line: the words of another compiler */
};

struct diag {
    struct arena *arena;
    VEC(struct diagnostic) list;
    unsigned nerrors;
    bool has_attach_error; /* one of them says that something cannot be attached: another exit status */
    bool no_warnings; /* --no-warnings: warnings are dropped on arrival */
    bool color;
    bool show_tags;          /* golden tests: append " [tag]" to the header line */
    unsigned muted;          /* >0: everything is dropped (inference passes) */
    unsigned nshown[2];      /* errors and warnings kept so far; see the limit in diag.c */
    bool is_last_dropped;    /* the notes of a dropped diagnostic are dropped as well */
    struct diagnostic dummy; /* what reports that are dropped return */
};

struct diag *diag_new(struct arena *a);

/* Report. A repeated (tag, span, message) is kept once. The returned pointer can take a hint
 * and is never NULL (a dummy when muted). */
struct diagnostic *diag_error(struct diag *d, enum diag_tag tag, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
struct diagnostic *diag_warn(struct diag *d, enum diag_tag tag, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
struct diagnostic *diag_note(struct diag *d, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void diag_hint(struct diag *d, struct diagnostic *g, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Writes what was collected and empties the list (nerrors stays). */
void diag_flush(struct diag *d, FILE *out);
/* Header line only, without newline, as errorf/warnf and run-time errors need it, into a caller's buffer. */
struct strbuf;
void diag_header(struct strbuf *out, struct span at, enum diag_level level, const char *message);
/* Source line and tilde line(s) for a span; nothing when it has no source. */
void diag_excerpt(struct strbuf *out, struct span at);
/* One "expanded from" block per macro expansion around the span. */
void diag_expansions(struct strbuf *out, struct span at, enum diag_level level, bool color);

/* The candidate nearest to `word` by edit distance, or NULL when none is near enough to be
 * worth suggesting ("did you mean"). */
const char *diag_nearest(const char *word, const char *const *candidates, size_t n);

#endif
