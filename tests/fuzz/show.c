/* Values as text (reference §16, §17.1). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

bool val_equal(const struct ty *t, const struct val *a, const struct val *b) {
    if (t->kind == T_STR)
        return !strcmp(a->s, b->s);
    if (t->kind == T_INT || t->kind == T_BOOL)
        return a->i == b->i;
    for (unsigned i = 0; i < t->n; i++)
        if (!val_equal(t->part[i], &a->part[i], &b->part[i]))
            return false;
    return true;
}

static void parts(const struct ty *t, const struct val *v, FILE *out) {
    for (unsigned i = 0; i < t->n; i++) {
        if (i)
            fputs(", ", out);
        if (t->kind == T_RECORD)
            fprintf(out, ".%s = ", t->name[i]);
        val_show(t->part[i], &v->part[i], out);
    }
}

void val_show(const struct ty *t, const struct val *v, FILE *out) {
    switch (t->kind) {
    case T_INT: fprintf(out, t->is_signed ? "%" PRId64 : "%" PRIu64, v->i); break;
    case T_BOOL: fputs(v->i ? "true" : "false", out); break;
    case T_STR: fputs(v->s, out); break;
    case T_TUPLE:
        fputc('(', out);
        parts(t, v, out);
        fputc(')', out);
        break;
    case T_RECORD:
        fputs("{ ", out);
        parts(t, v, out);
        fputs(" }", out);
        break;
    }
}

void val_show_key(const struct ty *t, const struct val *v, FILE *out) {
    if (t->kind == T_TUPLE)
        parts(t, v, out);
    else
        val_show(t, v, out);
}

/* The number as the conversion sees it: cut to its length. */
static int64_t cut(const char *length, uint64_t v) {
    if (!strncmp(length, "hh", 2))
        return (int8_t)v;
    if (*length == 'h')
        return (int16_t)v;
    if (strchr("lzj", *length) && *length)
        return (int64_t)v;
    return (int32_t)v;
}

static uint64_t ucut(const char *length, uint64_t v) {
    if (!strncmp(length, "hh", 2))
        return (uint8_t)v;
    if (*length == 'h')
        return (uint16_t)v;
    if (strchr("lzj", *length) && *length)
        return v;
    return (uint32_t)v;
}

static void digits(char *buf, size_t size, char letter, const char *length, bool alt, bool plus, uint64_t v) {
    uint64_t u = ucut(length, v);
    switch (letter) {
    case 'd':
    case 'i': snprintf(buf, size, plus ? "%+" PRId64 : "%" PRId64, cut(length, v)); break;
    case 'u': snprintf(buf, size, "%" PRIu64, u); break;
    case 'x': snprintf(buf, size, "%s%" PRIx64, alt && u ? "0x" : "", u); break;
    case 'X': snprintf(buf, size, "%s%" PRIX64, alt && u ? "0X" : "", u); break;
    case 'o': snprintf(buf, size, "%s%" PRIo64, alt && u ? "0" : "", u); break;
    case 'p': snprintf(buf, size, v ? "0x%" PRIx64 : "%" PRIu64, v); break;
    default: snprintf(buf, size, "%c", (char)v); break;
    }
}

static void pad(const char *s, unsigned width, bool left, char fill, FILE *out) {
    size_t n = strlen(s);
    if (left)
        fputs(s, out);
    for (; n < width; n++)
        fputc(fill, out);
    if (!left)
        fputs(s, out);
}

void val_printf(const struct conv *c, const struct ty *t, const struct val *v, FILE *out) {
    char buf[600] = "";
    const char *p = c->spec + 1;
    bool left = false, zero = false, alt = false, plus = false;
    for (; *p && strchr("-0+#", *p); p++) {
        left |= *p == '-';
        zero |= *p == '0';
        plus |= *p == '+';
        alt |= *p == '#';
    }
    unsigned width = (unsigned)strtoul(p, (char **)&p, 10);
    char letter = p[strlen(p) - 1];
    if (letter == 's') {
        FILE *s = fmemopen(buf, sizeof buf, "w");
        val_show(t, v, s);
        fclose(s);
    } else {
        digits(buf, sizeof buf, letter, p, alt, plus, v->i);
    }
    pad(buf, width, left, zero ? '0' : ' ', out);
}
