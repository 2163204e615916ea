/* What the files of this room share. Private to it. */
#ifndef SONDE_OUTPUT_SHOW_H
#define SONDE_OUTPUT_SHOW_H

#include "output/output.h"

/* How values are put down. div divides every integer of a value (print(@m, top, div)); never 0. */
struct style {
    bool compact; /* JSON keys: no blanks but those inside of strings */
    bool plus;    /* in front of signed integers */
    int64_t div;
};

void show_styled(struct strbuf *out, const struct resolver *r, const struct type *t, const void *data,
                 const struct style *style);
void show_json_styled(struct strbuf *out, const struct resolver *r, const struct type *t, const void *data,
                      const struct style *style);

/* Little-endian integer of 1, 2, 4 or 8 bytes (or any number up to 8), not necessarily aligned. */
uint64_t load_unsigned(const void *data, uint32_t size);
/* The same, extended by its sign when it has one. */
uint64_t load_extended(const void *data, uint32_t size, bool is_signed);
/* A scalar of any kind as 64 bits. */
uint64_t load_scalar(const struct type *t, const void *data);
uint64_t load_bitfield(const struct field *f, const void *base);

/* Truncating division; unsigned values take the divisor's bits as they are. */
uint64_t divide(uint64_t v, bool is_signed, int64_t div);

void show_int(struct strbuf *out, uint64_t v, bool is_signed);
void show_hex(struct strbuf *out, uint64_t v); /* with 0x */
/* A number when a double can hold it, else text in quotes. */
void json_int(struct strbuf *out, uint64_t v, bool is_signed);

/* The bytes of a string value that are text. True when it was cut: it fills the longest string there can be. */
bool string_extent(const struct resolver *r, const struct type *t, const void *data, size_t *len);
/* Whether an array's elements are C characters, so that it reads as text. */
bool is_char_array(const struct type *t);
/* Bytes as printf's %r, %rx and %rh put them down. */
struct bytes {
    const unsigned char *data;
    size_t n;
};
struct bytes buffer_bytes(const struct type *t, const void *data);
void show_bytes(struct strbuf *out, struct bytes b);
void show_bytes_hex(struct strbuf *out, struct bytes b);    /* \x61\x62 */
void show_bytes_spaced(struct strbuf *out, struct bytes b); /* 61 62 */

void show_inet(struct strbuf *out, const void *data);
void show_mac(struct strbuf *out, const void *data);

/* Reading of folded cells. */
struct number {
    uint64_t v;
    bool is_signed;
};
struct number aggregation_number(const struct type *t, const void *cell); /* average for avg and stats */
uint64_t hist_total(const struct type *t, const void *cell);
void json_hist(struct strbuf *out, const struct type *t, const uint64_t *buckets, int64_t div);
void show_tseries(struct strbuf *out, const struct type *t, const void *cell);
void json_tseries(struct strbuf *out, const struct type *t, const void *cell);

/* Entries [from, to) of a sorted map, so that a large one need not be text in memory all at once. */
void map_rows(struct strbuf *out, const struct resolver *r, const struct map_snapshot *m, size_t from, size_t to,
              int64_t div);
/* JSON: everything before the first entry, and behind the last one. */
void map_json_open(struct strbuf *out, const struct map_info *m);
void map_json_rows(struct strbuf *out, const struct resolver *r, const struct map_snapshot *m, size_t from, size_t to,
                   int64_t div, bool is_first);
void map_json_close(struct strbuf *out, const struct map_info *m);
/* What print() shows of a scalar map that holds nothing: the zero of its type. */
void map_zero(struct strbuf *out, const struct resolver *r, const struct map_info *m, bool json);
/* A queue or stack as a list, the next value first. */
void map_sequence(struct strbuf *out, const struct resolver *r, const struct map_snapshot *m, uint64_t top, int64_t div,
                  bool json);
/* Sorts unless that is done; the number of entries to leave out for `top`. */
size_t map_prepare(struct map_snapshot *m, uint64_t top);

#endif
