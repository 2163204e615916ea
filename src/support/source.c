/* Script text by lines: from byte offsets to line and column. */
#include "support/diag.h"

#include <string.h>

struct source *source_new(struct arena *a, const char *name, const char *text, size_t len) {
    struct source *src = ARENA_NEW(a, struct source);
    src->name = arena_strdup(a, name);
    src->text = arena_strndup(a, text, len);
    src->len = len;
    src->nlines = 1;
    for (size_t i = 0; i < len; i++)
        src->nlines += text[i] == '\n';
    src->line_starts = ARENA_ARRAY(a, uint32_t, src->nlines);
    for (size_t i = 0, line = 1; i < len; i++)
        if (text[i] == '\n')
            src->line_starts[line++] = (uint32_t)i + 1;
    return src;
}

struct location source_location(const struct source *src, uint32_t offset) {
    if (offset > src->len)
        offset = (uint32_t)src->len;
    size_t lo = 0, hi = src->nlines; /* line_starts[lo] <= offset < line_starts[hi] */
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (src->line_starts[mid] <= offset)
            lo = mid;
        else
            hi = mid;
    }
    return (struct location){ .line = (unsigned)lo + 1, .col = offset - src->line_starts[lo] + 1 };
}

struct span span_join(struct span a, struct span b) {
    if (!a.src)
        return b;
    if (b.src == a.src && b.hi > a.hi)
        a.hi = b.hi;
    return a;
}
