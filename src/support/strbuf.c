/* String builder. */
#include "support/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/arena.h"

/* Makes room for n more bytes and the NUL. */
static void reserve(struct strbuf *b, size_t n) {
    if (b->cap - b->len > n && b->s)
        return;
    if (n > SIZE_MAX / 2 - b->len)
        out_of_memory();
    size_t cap = b->cap ? b->cap * 2 : 64;
    if (cap < b->len + n + 1)
        cap = b->len + n + 1;
    char *s = realloc(b->s, cap);
    if (!s)
        out_of_memory();
    b->s = s;
    b->cap = cap;
}

void strbuf_add(struct strbuf *b, const char *data, size_t len) {
    reserve(b, len);
    if (len)
        memcpy(b->s + b->len, data, len);
    b->len += len;
    b->s[b->len] = '\0';
}

void strbuf_adds(struct strbuf *b, const char *s) { strbuf_add(b, s, strlen(s)); }

void strbuf_addc(struct strbuf *b, char c) { strbuf_add(b, &c, 1); }

void strbuf_fill(struct strbuf *b, char c, size_t n) {
    reserve(b, n);
    memset(b->s + b->len, c, n);
    b->len += n;
    b->s[b->len] = '\0';
}

void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    reserve(b, 0);
    size_t room = b->cap - b->len;
    int n = vsnprintf(b->s + b->len, room, fmt, ap);
    if (n >= 0 && (size_t)n >= room) {
        reserve(b, (size_t)n);
        vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
    }
    if (n > 0)
        b->len += (size_t)n;
    b->s[b->len] = '\0';
    va_end(again);
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    strbuf_vprintf(b, fmt, ap);
    va_end(ap);
}

void strbuf_addu(struct strbuf *b, unsigned long long v) {
    char digits[20], *p = digits + sizeof digits;
    do
        *--p = (char)('0' + v % 10);
    while (v /= 10);
    strbuf_add(b, p, (size_t)(digits + sizeof digits - p));
}

void strbuf_addi(struct strbuf *b, long long v) {
    if (v < 0)
        strbuf_addc(b, '-');
    strbuf_addu(b, v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v);
}

void strbuf_reset(struct strbuf *b) {
    b->len = 0;
    if (b->s)
        b->s[0] = '\0';
}

void strbuf_free(struct strbuf *b) {
    free(b->s);
    *b = (struct strbuf){ 0 };
}

const char *strbuf_str(const struct strbuf *b) { return b->s ? b->s : ""; }

char *strbuf_finish(struct strbuf *b, struct arena *a) {
    char *s = arena_strndup(a, strbuf_str(b), b->len);
    strbuf_free(b);
    return s;
}
