/* From bytes to text: values, format strings, maps, histograms; as text or JSON, to one descriptor.
 *
 * Axis 4: a format is one struct sink_ops. */
#ifndef SONDE_OUTPUT_OUTPUT_H
#define SONDE_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/format.h"
#include "program/program.h"
#include "support/arena.h"
#include "support/strbuf.h"
#include "types/type.h"

/* How opaque values get their text; the runtime fills it (it has symbols, stack maps and /proc). All append to `out`.
 * The stack callback gives one whole stack in text form: newline, frames, newline (indent: blanks before each frame). */
struct resolver {
    void *ctx;
    void (*ksym)(void *ctx, struct strbuf *out, uint64_t addr);
    void (*usym)(void *ctx, struct strbuf *out, const struct usym_value *v);
    /* indent 8 normally; JSON keys 0 */
    void (*stack)(void *ctx, struct strbuf *out, const struct type *t, const struct stack_value *v, unsigned indent);
    void (*username)(void *ctx, struct strbuf *out, uint64_t uid);
    void (*cgroup_path)(void *ctx, struct strbuf *out, const struct cgroup_path_value *v);
    void (*timestamp)(void *ctx, struct strbuf *out, const struct timestamp_value *v);
    /* Appended to truncated strings: those that fill a storage of max_strlen bytes without a NUL. */
    const char *trunc_trailer;
    uint64_t max_strlen;
};

/* Text of one value (reference §17.1). */
void show_value(struct strbuf *out, const struct resolver *r, const struct type *t, const void *data);
/* JSON of one value; as_key: text form of map keys (reference §18). */
void show_json(struct strbuf *out, const struct resolver *r, const struct type *t, const void *data);
void show_key(struct strbuf *out, const struct resolver *r, const struct type *t, const void *data, bool json);
void json_string(struct strbuf *out, const char *s, size_t len); /* with quotes */

/* printf: a plan is made once per call site, then run per event. */
struct format_plan;
struct format_plan *format_plan_new(struct arena *a, const char *format, size_t len, const struct type *record,
                                    uint32_t first);
void format_run(struct strbuf *out, const struct resolver *r, const struct format_plan *p, const void *data);

/* GFP flag text of %gr. */
void show_gfp(struct strbuf *out, uint64_t flags);

/* A drained map: entries folded over CPUs. */
struct map_entry {
    const void *key;   /* key->size bytes, or NULL */
    const void *value; /* plain values: value->size bytes; aggregations: one folded cell */
};
struct map_snapshot {
    const struct map_info *map;
    struct map_entry *entries;
    size_t n;
    bool by_key;    /* sorted by keys whatever the values are */
    bool is_sorted; /* map_sort has been here; what shows a map sorts it otherwise */
};
/* Sorts by the reference's §17.3 order (stable). */
void map_sort(struct map_snapshot *m);
/* Text of print(@m, top, div); top 0 = all, div 0 = 1. */
void show_map(struct strbuf *out, const struct resolver *r, struct map_snapshot *m, uint64_t top, int64_t div);
void show_map_json(struct strbuf *out, const struct resolver *r, struct map_snapshot *m, uint64_t top, int64_t div);
/* Rows of one histogram cell (text), used by show_map. */
void show_hist(struct strbuf *out, const struct type *t, const uint64_t *buckets, int64_t div);
void show_lhist(struct strbuf *out, const struct type *t, const uint64_t *buckets, int64_t div);
/* Value of an aggregation's folded cell: number or stats braces. */
void show_aggregation(struct strbuf *out, const struct type *t, const void *cell, int64_t div, bool json);

/* ---- sinks ---------------------------------------------------------------------------------- */

struct sink;
struct sink_ops {
    const char *name; /* for -f */
    void (*attached)(struct sink *s, uint32_t nprobes);
    /* type: printf, time, cat, join, syscall. The data of join comes without its newline: only text output has one. */
    void (*text)(struct sink *s, const char *type, const char *data, size_t len);
    void (*value)(struct sink *s, const struct type *t, const void *data);       /* print(x) */
    /* print(@m), and after `end` every map in byte order of name: empty ones, too (formats differ in what they show). */
    void (*map)(struct sink *s, struct map_snapshot *m, uint64_t top, int64_t div);
    /* errorf, warnf, run-time errors: whole description in the site. text: the formatted message (errorf, warnf), else
     * the site's */
    void (*error)(struct sink *s, const struct event_site *site, const char *text, size_t len, bool is_warning, int retcode);
    void (*lost)(struct sink *s, uint64_t events);
    /* The last call of a run. n may be 0 */
    void (*ledger)(struct sink *s, const char *const *causes, const char *const *subjects, const uint64_t *counts, size_t n);
    /* Before the maps at exit: the sum of `lost`, and two newlines in text */
    void (*end)(struct sink *s);
};
extern const struct sink_ops sink_text, sink_json;
extern const struct sink_ops *const sinks[]; /* ends with NULL */

enum buffering { BUFFER_LINE, BUFFER_FULL, BUFFER_NONE };
struct sink {
    const struct sink_ops *ops;
    const struct resolver *resolver;
    struct strbuf out; /* not yet written */
    int fd;            /* script output */
    int err_fd;        /* notices and warnings */
    enum buffering buffering;
    bool quiet, no_warnings;
    bool color;        /* of notices on err_fd */
    bool write_failed; /* EPIPE: stop */
    bool is_ended;     /* `end` was called: maps are those of the exit */
    uint64_t nlost;    /* events, by `lost` so far */
};
/* Writes out what the buffering mode wants written now: called after each batch of events. Never per character. */
void sink_flush(struct sink *s, bool force);
/* NULL when there is no such format. */
const struct sink_ops *sink_find(const char *name);
void sink_free(struct sink *s); /* the buffer; descriptors stay open */

#endif
