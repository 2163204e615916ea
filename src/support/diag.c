/* Collecting diagnostics: formatting the message, dropping what nobody should see, the order of output. */
#include "support/diag.h"

#include <string.h>

#include "support/strbuf.h"

/* Errors, and warnings, of one run; a generated script can be wrong in every line. */
enum { MAX_SHOWN = 100 };

const char *diag_tag_name(enum diag_tag tag) {
    static const char *const names[] = {
#define DIAG(tag, text) text,
#include "support/diag_tags.def"
#undef DIAG
    };
    return (unsigned)tag < D_COUNT ? names[tag] : "?";
}

struct diag *diag_new(struct arena *a) {
    struct diag *d = ARENA_NEW(a, struct diag);
    d->arena = a;
    return d;
}

static bool is_repeated(const struct diag *d, const struct diagnostic *g) {
    for (VEC_EACH(old, &d->list))
        if (old->level == g->level && old->tag == g->tag && old->span.src == g->span.src &&
            old->span.lo == g->span.lo && old->span.hi == g->span.hi && old->span.from == g->span.from &&
            strcmp(old->message, g->message) == 0)
            return true;
    return false;
}

/* Counts the error, and says whether it is to be kept. */
static bool is_wanted(struct diag *d, const struct diagnostic *g) {
    if (g->level == DIAG_WARNING && (d->no_warnings || (g->span.src && g->span.src->is_stdlib)))
        return false;
    if (is_repeated(d, g))
        return false;
    d->nerrors += g->level == DIAG_ERROR;
    d->has_attach_error |= g->level == DIAG_ERROR && g->tag == D_ATTACH;
    return d->nshown[g->level]++ < MAX_SHOWN;
}

static struct diagnostic *add(struct diag *d, struct diagnostic g, const char *fmt, va_list ap) {
    d->dummy = (struct diagnostic){ .message = "" };
    if (d->muted)
        return &d->dummy;
    g.message = arena_vprintf(d->arena, fmt, ap);
    if (g.level != DIAG_NOTE)
        d->is_last_dropped = !is_wanted(d, &g);
    if (d->is_last_dropped)
        return &d->dummy;
    VEC_PUSH(d->arena, &d->list, g);
    return &d->list.v[d->list.n - 1];
}

struct diagnostic *diag_error(struct diag *d, enum diag_tag tag, struct span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    struct diagnostic *g = add(d, (struct diagnostic){ .level = DIAG_ERROR, .tag = tag, .span = at }, fmt, ap);
    va_end(ap);
    return g;
}

struct diagnostic *diag_warn(struct diag *d, enum diag_tag tag, struct span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    struct diagnostic *g = add(d, (struct diagnostic){ .level = DIAG_WARNING, .tag = tag, .span = at }, fmt, ap);
    va_end(ap);
    return g;
}

struct diagnostic *diag_note(struct diag *d, struct span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    struct diagnostic *g = add(d, (struct diagnostic){ .level = DIAG_NOTE, .span = at }, fmt, ap);
    va_end(ap);
    return g;
}

void diag_hint(struct diag *d, struct diagnostic *g, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    const char *hint = arena_vprintf(d->arena, fmt, ap);
    va_end(ap);
    const char *message = g->message;
    g->hint = hint;
    /* The list may have moved since g was returned; the message's address still tells which one it was. */
    for (VEC_EACH(it, &d->list))
        if (it->message == message)
            it->hint = hint;
}

static void write_one(struct diag *d, struct strbuf *out, const struct diagnostic *g, enum diag_level level) {
    if (d->color)
        strbuf_adds(out, level == DIAG_ERROR ? "\033[31m" : "\033[33m");
    if (g->is_verbatim)
        strbuf_adds(out, g->message);
    else
        diag_header(out, g->span, level, g->message);
    if (d->show_tags && g->level != DIAG_NOTE)
        strbuf_printf(out, " [%s]", diag_tag_name(g->tag));
    strbuf_adds(out, d->color ? "\033[0m\n" : "\n");
    diag_excerpt(out, g->span);
    if (g->hint)
        strbuf_printf(out, "HINT: %s\n", g->hint);
    diag_expansions(out, g->span, level, d->color);
}

void diag_flush(struct diag *d, FILE *out) {
    struct strbuf text = { 0 };
    enum diag_level level = DIAG_ERROR;
    for (VEC_EACH(g, &d->list)) {
        if (g->level != DIAG_NOTE)
            level = g->level;
        write_one(d, &text, g, level);
    }
    if (d->nshown[DIAG_ERROR] > MAX_SHOWN)
        strbuf_printf(&text, "ERROR: Too many errors: %u more\n", d->nshown[DIAG_ERROR] - MAX_SHOWN);
    if (d->nshown[DIAG_WARNING] > MAX_SHOWN)
        strbuf_printf(&text, "WARNING: Too many warnings: %u more\n", d->nshown[DIAG_WARNING] - MAX_SHOWN);
    fwrite(strbuf_str(&text), 1, text.len, out);
    strbuf_free(&text);
    d->list.n = 0;
    memset(d->nshown, 0, sizeof d->nshown);
}
