/* printf in two halves: a plan made once per call site, which has decided everything that does not depend on the data,
 * and the run that millions of events a second go through. */
#include <string.h>

#include "output/show.h"

enum step_op {
    OP_NONE, /* only the literal */
    OP_SIGNED,
    OP_UNSIGNED,
    OP_HEX,
    OP_HEX_UPPER,
    OP_OCTAL,
    OP_POINTER,
    OP_CHAR,
    OP_GFP,
    OP_STRING,
    OP_SHOW, /* whatever the type's text is */
    OP_BYTES,
    OP_BYTES_HEX,
    OP_BYTES_SPACED,
};

struct step {
    const char *literal; /* before the argument */
    uint32_t literal_len;
    uint32_t offset; /* of the argument in the record */
    const struct type *type;
    enum step_op op;
    uint32_t width;
    uint8_t fragment; /* the width counts for this many leading bytes alone: the bracket of a tuple; 0: for all */
    uint8_t bits;     /* kept of a number */
    uint8_t size;     /* of a number in the record; 0: an aggregation */
    bool is_signed, left, plus, alt;
    char fill;
};

struct format_plan {
    uint32_t nsteps;
    struct step steps[];
};

/* ---- planning ----------------------------------------------------------------------------- */

static enum step_op op_of(char conv, const struct type *t) {
    switch (conv) {
    case 'd':
    case 'i': return OP_SIGNED;
    case 'u': return OP_UNSIGNED;
    case 'x': return OP_HEX;
    case 'X': return OP_HEX_UPPER;
    case 'o': return OP_OCTAL;
    case 'p': return OP_POINTER;
    case 'c': return OP_CHAR;
    case 'G': return OP_GFP;
    case 's': return t->kind == TY_STRING ? OP_STRING : OP_SHOW;
    case 'r': return OP_BYTES;
    case 'R': return OP_BYTES_HEX;
    case 'H': return OP_BYTES_SPACED;
    }
    return OP_NONE;
}

static uint8_t first_fragment(const struct type *t) {
    if (t->kind == TY_STRUCT || t->kind == TY_RECORD)
        return 2;
    return t->kind == TY_TUPLE || (t->kind == TY_ARRAY && !is_char_array(t));
}

static struct step plan_step(const struct conversion *c, const struct field *arg) {
    struct step s = { .literal = c->literal, .literal_len = (uint32_t)c->literal_len };
    if (!c->conv || !arg)
        return s;
    s.op = op_of(c->conv, arg->type);
    s.type = arg->type;
    s.offset = arg->offset;
    s.width = s.op == OP_GFP ? 0 : c->width;
    s.fragment = s.op == OP_SHOW ? first_fragment(arg->type) : 0;
    s.bits = s.op == OP_POINTER || s.op == OP_GFP ? 64 : c->bits;
    s.size = type_is_agg(arg->type) ? 0 : (uint8_t)arg->type->size;
    s.is_signed = arg->type->kind == TY_INT && arg->type->is_signed;
    s.left = c->left;
    s.plus = c->plus && (s.op == OP_SIGNED || s.op == OP_SHOW);
    s.alt = c->alt || s.op == OP_POINTER;
    s.fill = c->zero ? '0' : ' ';
    return s;
}

struct format_plan *format_plan_new(struct arena *a, const char *format, size_t len, const struct type *record,
                                    uint32_t first) {
    struct format f;
    char unsupported;
    format_parse(&f, a, format, len, &unsupported);
    struct format_plan *p = arena_alloc(a, sizeof *p + f.convs.n * sizeof *p->steps);
    uint32_t arg = first;
    for (VEC_EACH(c, &f.convs)) {
        const struct field *field = c->conv && arg < record->nfields ? &record->fields[arg] : NULL;
        arg += c->conv != 0;
        p->steps[p->nsteps++] = plan_step(c, field);
    }
    return p;
}

/* ---- running ------------------------------------------------------------------------------ */

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                  "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                  "8081828384858687888990919293949596979899";

/* Writes digits ending before p; returns where they begin. */
static char *put_decimal(char *p, uint64_t v) {
    while (v >= 100) {
        memcpy(p -= 2, digit_pairs + v % 100 * 2, 2);
        v /= 100;
    }
    if (v >= 10)
        memcpy(p -= 2, digit_pairs + v * 2, 2);
    else
        *--p = (char)('0' + v);
    return p;
}

static char *put_hex(char *p, uint64_t v, const char *digits) {
    do
        *--p = digits[v & 15];
    while (v >>= 4);
    return p;
}

static char *put_octal(char *p, uint64_t v) {
    do
        *--p = (char)('0' + (v & 7));
    while (v >>= 3);
    return p;
}

static uint64_t argument(const struct step *s, const void *data) {
    return s->size ? load_extended(data, s->size, s->is_signed) : aggregation_number(s->type, data).v;
}

/* strbuf_add for pieces of a few bytes, where the call would cost more than the copy. */
static inline void add(struct strbuf *out, const char *data, size_t n) {
    if (!out->s || out->cap - out->len <= n) {
        strbuf_add(out, data, n);
        return;
    }
    memcpy(out->s + out->len, data, n);
    out->len += n;
    out->s[out->len] = '\0';
}

static void run_number(struct strbuf *out, const struct step *s, const void *data) {
    char text[32], *end = text + sizeof text, *p = end;
    unsigned unused = 64 - s->bits;
    uint64_t v = argument(s, data) << unused >> unused;
    if (s->op == OP_SIGNED) {
        int64_t i = (int64_t)(v << unused) >> unused;
        p = put_decimal(p, i < 0 ? 0 - (uint64_t)i : (uint64_t)i);
        if (i < 0 || s->plus)
            *--p = i < 0 ? '-' : '+';
    } else if (s->op == OP_UNSIGNED) {
        p = put_decimal(p, v);
    } else if (s->op == OP_OCTAL) {
        p = put_octal(p, v);
        if (s->alt && v)
            *--p = '0';
    } else {
        p = put_hex(p, v, s->op == OP_HEX_UPPER ? "0123456789ABCDEF" : "0123456789abcdef");
        if (s->alt && v) { /* a zero has no prefix, not even as a pointer */
            *--p = s->op == OP_HEX_UPPER ? 'X' : 'x';
            *--p = '0';
        }
    }
    add(out, p, (size_t)(end - p));
}

static void run_string(struct strbuf *out, const struct resolver *r, const struct step *s, const char *data) {
    size_t len;
    bool is_cut = string_extent(r, s->type, data, &len);
    add(out, data, len);
    if (is_cut && r->trunc_trailer)
        strbuf_adds(out, r->trunc_trailer);
}

static void run_show(struct strbuf *out, const struct resolver *r, const struct step *s, const void *data) {
    show_styled(out, r, s->type, data, &(struct style){ .plus = s->plus, .div = 1 });
}

static void run_step(struct strbuf *out, const struct resolver *r, const struct step *s, const char *at) {
    switch (s->op) {
    case OP_NONE: break;
    case OP_SIGNED:
    case OP_UNSIGNED:
    case OP_HEX:
    case OP_HEX_UPPER:
    case OP_OCTAL:
    case OP_POINTER: run_number(out, s, at); break;
    case OP_CHAR: strbuf_addc(out, (char)argument(s, at)); break;
    case OP_GFP: show_gfp(out, argument(s, at)); break;
    case OP_STRING: run_string(out, r, s, at); break;
    case OP_SHOW: run_show(out, r, s, at); break;
    case OP_BYTES: show_bytes(out, buffer_bytes(s->type, at)); break;
    case OP_BYTES_HEX: show_bytes_hex(out, buffer_bytes(s->type, at)); break;
    case OP_BYTES_SPACED: show_bytes_spaced(out, buffer_bytes(s->type, at)); break;
    }
}

/* Fills up to the width what was written from `start` on: in front of it, or behind its first fragment. */
static void pad(struct strbuf *out, size_t start, const struct step *s) {
    size_t len = out->len - start, fragment = s->fragment && s->fragment < len ? s->fragment : len;
    if (fragment >= s->width)
        return;
    size_t n = s->width - fragment, at = start + (s->left ? fragment : 0), tail = out->len - at;
    strbuf_fill(out, s->fill, n);
    if (!tail)
        return;
    memmove(out->s + at + n, out->s + at, tail);
    memset(out->s + at, s->fill, n);
}

void format_run(struct strbuf *out, const struct resolver *r, const struct format_plan *p, const void *data) {
    for (const struct step *s = p->steps, *end = s + p->nsteps; s != end; s++) {
        if (s->literal_len)
            add(out, s->literal, s->literal_len);
        size_t start = out->len;
        run_step(out, r, s, (const char *)data + s->offset);
        if (s->width)
            pad(out, start, s);
    }
}
