/* Parses format strings into literal runs and conversions.
 *
 *     conversion = "%" ["-"] ["+"] [" "] ["#"] ["0"] [width] ["." digits] {length} letter
 *
 * The flags have this one order: what departs from it is literal text, as is everything else that does not fit. */
#include "program/format.h"

#include <string.h>

struct cursor {
    const char *p, *end;
};

static bool take(struct cursor *c, char want) {
    if (c->p == c->end || *c->p != want)
        return false;
    c->p++;
    return true;
}

static bool is_digit(const struct cursor *c) { return c->p != c->end && *c->p >= '0' && *c->p <= '9'; }

/* Widths beyond any use are clamped, so that a format cannot ask for gigabytes of blanks. */
static uint32_t take_width(struct cursor *c) {
    uint32_t width = 0;
    for (; is_digit(c); c->p++)
        if (width < 1000000)
            width = width * 10 + (uint32_t)(*c->p - '0');
    return width;
}

/* Precision is accepted for the sake of old scripts and has no effect. False: a lone dot. */
static bool skip_precision(struct cursor *c) {
    if (!take(c, '.'))
        return true;
    if (!is_digit(c))
        return false;
    while (is_digit(c))
        c->p++;
    return true;
}

/* Only the six well-known spellings widen or narrow; other runs of these letters are read over. */
static uint8_t take_length(struct cursor *c) {
    const char *start = c->p;
    while (c->p != c->end && memchr("hlLjzt", *c->p, 6))
        c->p++;
    size_t n = (size_t)(c->p - start);
    if (n == 1)
        return start[0] == 'h' ? 16 : start[0] == 'L' ? 32 : 64;
    if (n == 2 && start[0] == 'h' && start[1] == 'h')
        return 8;
    return n == 2 && start[0] == 'l' && start[1] == 'l' ? 64 : 32;
}

/* The letter, or two of them. 0: none that is known. *unsupported gets it when values of its kind do not exist. */
static char take_letter(struct cursor *c, char *unsupported) {
    if (c->p == c->end)
        return 0;
    char letter = *c->p++;
    if (letter == 'r')
        return take(c, 'x') ? 'R' : take(c, 'h') ? 'H' : 'r';
    if (letter == 'g' && take(c, 'r'))
        return 'G';
    if (strchr("aAeEfFgGn", letter) && letter) {
        if (!*unsupported)
            *unsupported = letter;
        return 'f'; /* whichever: it is never run */
    }
    return memchr("diuxXocps%", letter, 10) ? letter : 0;
}

/* c stands behind the percent sign; it stays there when this is no conversion. */
static bool take_conversion(struct cursor *c, struct conversion *out, char *unsupported) {
    struct cursor t = *c;
    out->left = take(&t, '-');
    out->plus = take(&t, '+');
    out->space = take(&t, ' ');
    out->alt = take(&t, '#');
    out->zero = take(&t, '0');
    out->width = take_width(&t);
    if (!skip_precision(&t))
        return false;
    out->bits = take_length(&t);
    out->conv = take_letter(&t, unsupported);
    if (!out->conv)
        return false;
    *c = t;
    return true;
}

void format_parse(struct format *f, struct arena *a, const char *text, size_t len, char *unsupported) {
    struct cursor c = { text, text + len };
    char *end = arena_alloc(a, len + 1); /* the literals lie in here, one behind the other */
    const char *literal = end;
    *f = (struct format){ 0 };
    *unsupported = 0;
    while (c.p != c.end) {
        struct conversion conv = { 0 };
        *end = *c.p++;
        bool is_conversion = *end == '%' && take_conversion(&c, &conv, unsupported);
        if (!is_conversion || conv.conv == '%') { /* "%5%" is a percent sign as well */
            end++;
            continue;
        }
        conv.literal = literal;
        conv.literal_len = (size_t)(end - literal);
        literal = end;
        VEC_PUSH(a, &f->convs, conv);
        f->nargs++;
    }
    if (end != literal)
        VEC_PUSH(a, &f->convs,
                 (struct conversion){ .literal = literal, .literal_len = (size_t)(end - literal), .bits = 32 });
}
