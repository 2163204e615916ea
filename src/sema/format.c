/* Call sites of asynchronous functions, and the checks of format strings (reference §16). */
#include "sema/state.h"

#include <string.h>

#include "program/format.h"
#include "support/strbuf.h"

static void locate(struct sema *s, struct event_site *site, const struct node *n) {
    const struct source *src = n->span.src;
    site->file = src ? src->name : "";
    if (src) {
        struct location from = source_location(src, n->span.lo), to = source_location(src, n->span.hi);
        site->line = from.line;
        site->col = from.col;
        site->end_col = to.col;
    }
    struct strbuf text = { 0 };
    diag_excerpt(&text, n->span);
    site->excerpt = strbuf_finish(&text, s->arena);
    if (n->span.from) {
        struct strbuf outer = { 0 };
        diag_expansions(&outer, n->span, DIAG_ERROR, false);
        site->expansions = strbuf_finish(&outer, s->arena);
    }
}

struct event_site *sema_event(struct sema *s, struct node *call, const struct type *const *types, uint32_t n) {
    if (!s->is_final)
        return NULL;
    if (call->call.data)
        return call->call.data;
    struct event_site *site = ARENA_NEW(s->arena, struct event_site);
    site->id = (uint32_t)s->program->events.n;
    site->call = call->call.builtin ? call->call.builtin->name : call->call.name;
    site->record = type_tuple(s->arena, types, n);
    site->map = -1;
    locate(s, site, call);
    call->call.data = site;
    VEC_PUSH(s->arena, &s->program->events, site);
    return site;
}

static const char *written(char conv) {
    static const char one[][2] = { "d", "i", "u", "x", "X", "o", "c", "p", "s", "r" };
    if (conv == 'R')
        return "rx";
    if (conv == 'H')
        return "rh";
    if (conv == 'G')
        return "gr";
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        if (one[i][0] == conv)
            return one[i];
    return "?";
}

static bool takes(char conv, const struct type *t) {
    switch (conv) {
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o': return type_is_intlike(t) || t->kind == TY_PTR;
    case 'p': return t->kind == TY_INT || t->kind == TY_ENUM || t->kind == TY_PTR;
    case 'c':
    case 'G': return type_is_intlike(t);
    case 'r':
    case 'R':
    case 'H': return t->kind == TY_BUFFER;
    default: return type_ops[t->kind].is_printable && (t->kind != TY_STRUCT || !t->is_args || t->size);
    }
}

static bool check_conversions(struct sema *s, struct node *call, uint32_t first, const struct format *f) {
    size_t given = call->call.args.n - first - 1, i = first + 1;
    if (given != f->nargs) {
        sema_error(s, call, D_FORMAT, "%s arguments for format string (%zu supplied, %u expected)",
                   given < f->nargs ? "not enough" : "too many", given, f->nargs);
        return false;
    }
    bool fine = true;
    for (VEC_EACH(c, &f->convs)) {
        if (!c->conv)
            continue;
        const struct type *t = call->call.args.v[i++]->type;
        if (is_poison(t) || takes(c->conv, t))
            continue;
        sema_error(s, call, D_FORMAT, "unsupported format specifier for type '%s': %s", say(s, t), written(c->conv));
        fine = false;
    }
    return fine;
}

const struct type *sema_format_call(struct sema *s, struct node *call, uint32_t first) {
    const char *text;
    size_t len;
    const char *name = call->call.name;
    if (call->call.args.n <= first)
        return sema_error(s, call, D_BAD_COUNT, "%s() requires at least %s (%zu provided)", name,
                          first ? "two arguments" : "one argument", call->call.args.n);
    const struct node *fmt = call->call.args.v[first];
    if (is_poison(fmt->type))
        return &type_none;
    if (!sema_const_str(fmt, &text, &len))
        return sema_error(s, call, D_BAD_ARGUMENT, "%s() expects a string literal (%s provided)", name,
                          type_word(fmt->type));
    struct format f = { 0 };
    char unsupported = 0;
    format_parse(&f, s->arena, text, len, &unsupported);
    if (unsupported)
        return sema_error(s, call, D_FORMAT, "unsupported format specifier: %c", unsupported);
    if (!check_conversions(s, call, first, &f))
        return &type_poison;
    uint32_t n = (uint32_t)call->call.args.n - first - 1;
    const struct type **types = ARENA_ARRAY(s->arena, const struct type *, n);
    for (uint32_t i = 0; i < n; i++)
        types[i] = type_of_copy(call->call.args.v[first + 1 + i]->type);
    struct event_site *site = sema_event(s, call, types, n);
    if (site) {
        site->format = text;
        site->format_len = len;
    }
    return &type_none;
}
