/* Integers: out of memory and onto the page, without going through printf. */
#include <string.h>

#include "output/show.h"

uint64_t load_unsigned(const void *data, uint32_t size) {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64 = 0;
    switch (size) {
    case 1: memcpy(&u8, data, 1); return u8;
    case 2: memcpy(&u16, data, 2); return u16;
    case 4: memcpy(&u32, data, 4); return u32;
    default: memcpy(&u64, data, size < 8 ? size : 8); return u64;
    }
}

uint64_t load_extended(const void *data, uint32_t size, bool is_signed) {
    uint64_t v = load_unsigned(data, size);
    if (!is_signed || size == 0 || size >= 8)
        return v;
    unsigned shift = 64 - 8 * size;
    return (uint64_t)((int64_t)(v << shift) >> shift);
}

uint64_t load_scalar(const struct type *t, const void *data) {
    return load_extended(data, t->size, t->kind == TY_INT && t->is_signed);
}

/* A bitfield may begin in the middle of its first byte and end in a ninth one. Signed ones are not extended: bpftrace
 * does not, and scripts compare with what they have seen printed. */
uint64_t load_bitfield(const struct field *f, const void *base) {
    const unsigned char *at = (const unsigned char *)base + f->offset + f->bit_offset / 8;
    unsigned shift = f->bit_offset % 8, nbytes = (shift + f->bit_size + 7) / 8;
    uint64_t v = load_unsigned(at, nbytes < 8 ? nbytes : 8) >> shift;
    if (nbytes > 8)
        v |= (uint64_t)at[8] << (64 - shift);
    return f->bit_size < 64 ? v & ((UINT64_C(1) << f->bit_size) - 1) : v;
}

uint64_t divide(uint64_t v, bool is_signed, int64_t div) {
    if (div == 1 || div == 0)
        return v;
    if (!is_signed)
        return v / (uint64_t)div;
    return div == -1 ? 0 - v : (uint64_t)((int64_t)v / div); /* INT64_MIN / -1 traps */
}

void show_int(struct strbuf *out, uint64_t v, bool is_signed) {
    if (is_signed)
        strbuf_addi(out, (long long)v);
    else
        strbuf_addu(out, v);
}

void show_hex(struct strbuf *out, uint64_t v) {
    char text[18], *p = text + sizeof text;
    do
        *--p = "0123456789abcdef"[v & 15];
    while (v >>= 4);
    *--p = 'x';
    *--p = '0';
    strbuf_add(out, p, (size_t)(text + sizeof text - p));
}

void json_int(struct strbuf *out, uint64_t v, bool is_signed) {
    uint64_t magnitude = is_signed && (int64_t)v < 0 ? 0 - v : v;
    bool fits = magnitude == 0 || magnitude >> __builtin_ctzll(magnitude) < UINT64_C(1) << 53;
    if (!fits)
        strbuf_addc(out, '"');
    show_int(out, v, is_signed);
    if (!fits)
        strbuf_addc(out, '"');
}
