/* String builder on the heap. A zeroed struct is an empty builder. */
#ifndef SONDE_SUPPORT_STRBUF_H
#define SONDE_SUPPORT_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct strbuf {
    char *s; /* NUL-terminated once anything was added; NULL when fresh */
    size_t len, cap;
};

void strbuf_add(struct strbuf *b, const char *data, size_t len);
void strbuf_adds(struct strbuf *b, const char *s);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_fill(struct strbuf *b, char c, size_t n);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap);
/* Decimal text without going through printf: this is on the path of every event. */
void strbuf_addu(struct strbuf *b, unsigned long long v);
void strbuf_addi(struct strbuf *b, long long v);
void strbuf_reset(struct strbuf *b); /* empties, keeps the memory */
void strbuf_free(struct strbuf *b);
/* "" for an untouched builder, never NULL. */
const char *strbuf_str(const struct strbuf *b);
/* Copies into the arena and frees the builder. */
char *strbuf_finish(struct strbuf *b, struct arena *a);

#endif
