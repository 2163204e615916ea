/* Values that are runs of bytes: strings, buffers, addresses; and strings of JSON. */
#include <arpa/inet.h>
#include <string.h>

#include "output/show.h"

static const char hex_lower[] = "0123456789abcdef";

bool is_char_array(const struct type *t) { return t->kind == TY_ARRAY && t->elem->kind == TY_INT && t->elem->is_char; }

bool string_extent(const struct resolver *r, const struct type *t, const void *data, size_t *len) {
    *len = strnlen(data, t->size);
    return *len == t->size && t->kind == TY_STRING && t->size && t->size >= r->max_strlen;
}

/* The length comes from the kernel side: never trust it beyond the storage. */
struct bytes buffer_bytes(const struct type *t, const void *data) {
    if (t->kind != TY_BUFFER)
        return (struct bytes){ data, t->size };
    size_t n = load_unsigned(data, 4), capacity = t->size > 4 ? t->size - 4 : 0;
    return (struct bytes){ (const unsigned char *)data + 4, n < capacity ? n : capacity };
}

static void escape_byte(struct strbuf *out, unsigned char c) {
    char text[4] = { '\\', 'x', hex_lower[c >> 4], hex_lower[c & 15] };
    strbuf_add(out, text, sizeof text);
}

void show_bytes(struct strbuf *out, struct bytes b) {
    const unsigned char *run = b.data, *end = b.data + b.n;
    for (const unsigned char *p = b.data; p != end; p++) {
        if (*p >= 0x20 && *p < 0x7f)
            continue;
        strbuf_add(out, (const char *)run, (size_t)(p - run));
        escape_byte(out, *p);
        run = p + 1;
    }
    strbuf_add(out, (const char *)run, (size_t)(end - run));
}

void show_bytes_hex(struct strbuf *out, struct bytes b) {
    for (size_t i = 0; i < b.n; i++)
        escape_byte(out, b.data[i]);
}

void show_bytes_spaced(struct strbuf *out, struct bytes b) {
    for (size_t i = 0; i < b.n; i++) {
        char text[3] = { ' ', hex_lower[b.data[i] >> 4], hex_lower[b.data[i] & 15] };
        strbuf_add(out, text + !i, sizeof text - !i);
    }
}

/* An unknown family has no text. */
void show_inet(struct strbuf *out, const void *data) {
    struct inet_value v;
    char text[INET6_ADDRSTRLEN];
    memcpy(&v, data, sizeof v);
    if ((v.family == AF_INET || v.family == AF_INET6) && inet_ntop((int)v.family, v.addr, text, sizeof text))
        strbuf_adds(out, text);
}

void show_mac(struct strbuf *out, const void *data) {
    static const char hex_upper[] = "0123456789ABCDEF";
    const unsigned char *b = data;
    for (int i = 0; i < 6; i++) {
        char text[3] = { ':', hex_upper[b[i] >> 4], hex_upper[b[i] & 15] };
        strbuf_add(out, text + !i, sizeof text - !i);
    }
}

/* ---- strings of JSON ---------------------------------------------------------------------- */

/* Bytes of the UTF-8 sequence at p; 0 when there is none: overlong, a surrogate, too large or cut off. */
static size_t utf8_length(const unsigned char *p, const unsigned char *end) {
    size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
    if (*p < 0xc2 || *p > 0xf4 || (size_t)(end - p) < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
        (*p == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

static void json_escape(struct strbuf *out, unsigned char c) {
    char text[6] = { '\\', 'u', '0', '0', hex_lower[c >> 4], hex_lower[c & 15] };
    switch (c) {
    case '"': strbuf_add(out, "\\\"", 2); break;
    case '\\': strbuf_add(out, "\\\\", 2); break;
    case '\n': strbuf_add(out, "\\n", 2); break;
    case '\t': strbuf_add(out, "\\t", 2); break;
    case '\r': strbuf_add(out, "\\r", 2); break;
    default: strbuf_add(out, text, sizeof text); break;
    }
}

/* Behind the last of the bytes from p on that stand for themselves; eight at a time, as most strings are one run. */
static const unsigned char *skip_plain(const unsigned char *p, const unsigned char *end) {
    const uint64_t ones = UINT64_MAX / 255, highs = ones << 7;
    for (uint64_t v; end - p >= 8; p += 8) {
        memcpy(&v, p, 8);
        uint64_t quote = v ^ ones * '"', backslash = v ^ ones * '\\';
        uint64_t special = (v - ones * 0x20) | (quote - ones) | (backslash - ones) | v;
        if (special & highs)
            break;
    }
    while (p != end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* Traced programs hold any bytes; JSON is UTF-8. What is not becomes U+FFFD, byte by byte. */
void json_string(struct strbuf *out, const char *s, size_t len) {
    const unsigned char *p = (const unsigned char *)s, *end = p + len, *run = p;
    strbuf_addc(out, '"');
    while ((p = skip_plain(p, end)) != end) {
        size_t n = *p >= 0x80 ? utf8_length(p, end) : 0;
        if (n) {
            p += n;
            continue;
        }
        strbuf_add(out, (const char *)run, (size_t)(p - run));
        if (*p >= 0x80)
            strbuf_add(out, "\xef\xbf\xbd", 3);
        else
            json_escape(out, *p);
        run = ++p;
    }
    strbuf_add(out, (const char *)run, (size_t)(end - run));
    strbuf_addc(out, '"');
}
