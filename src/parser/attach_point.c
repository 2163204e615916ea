/* Attach-point text (reference §12.1): positional parameters in it, and its parts. scan.c knows where it ends. */
#include <string.h>

#include "lexer/scan.h"
#include "parser/parser.h"
#include "support/strbuf.h"

static bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* $N becomes the N-th parameter. */
static const char *substitute(struct arena *a, const char *s, size_t len, const char *const *params, size_t nparams) {
    struct strbuf out = { 0 };
    for (size_t i = 0; i < len;) {
        if (s[i] != '$' || i + 1 >= len || !is_digit(s[i + 1])) {
            strbuf_addc(&out, s[i++]);
            continue;
        }
        size_t n = 0;
        for (i++; i < len && is_digit(s[i]); i++)
            n = n < nparams + 1 ? n * 10 + (size_t)(s[i] - '0') : n;
        if (n >= 1 && n <= nparams)
            strbuf_adds(&out, params[n - 1]);
    }
    return strbuf_finish(&out, a);
}

/* One part without its quotes; s is left at the colon or the end. */
static const char *next_part(struct arena *a, const char **s) {
    struct strbuf out = { 0 };
    const char *c = *s;
    while (*c && *c != ':') {
        if (*c != '"') {
            strbuf_addc(&out, *c++);
            continue;
        }
        for (c++; *c && *c != '"'; c++) {
            c += *c == '\\' && c[1] && strchr("\"\\", c[1]);
            strbuf_addc(&out, *c);
        }
        c += *c == '"';
    }
    *s = c;
    return strbuf_finish(&out, a);
}

static void split(struct arena *a, struct attach_point *ap) {
    size_t max = 1;
    for (const char *c = ap->text; *c; c++)
        max += *c == ':';
    ap->parts = ARENA_ARRAY(a, const char *, max);
    const char *s = ap->text;
    for (;;) {
        ap->parts[ap->nparts++] = next_part(a, &s);
        if (!*s)
            return;
        s++;
    }
}

/* Length of "name=" in front, or 0. */
static size_t user_name_len(const char *s) {
    size_t n = 0;
    while (is_alpha(s[n]) || (n && is_digit(s[n])))
        n++;
    return n && s[n] == '=' ? n + 1 : 0;
}

struct attach_point *parse_attach_point(struct arena *a, const struct source *src, uint32_t offset, size_t *consumed,
                                        const char *const *params, size_t nparams, struct diag *d) {
    const char *raw = src->text + offset;
    size_t len = scan_attach_point((struct scan){ src->text, offset, src->len });
    struct span at = { .src = src, .lo = offset, .hi = offset + (uint32_t)len };
    *consumed = len;
    if (!len) {
        diag_error(d, D_SYNTAX, at, "syntax: expected attach point");
        return NULL;
    }
    struct attach_point *ap = ARENA_NEW(a, struct attach_point);
    ap->span = at;
    const char *text = substitute(a, raw, len, params, nparams);
    size_t name = user_name_len(text);
    if (name)
        ap->user_name = arena_strndup(a, text, name - 1);
    ap->text = text + name;
    split(a, ap);
    return ap;
}
