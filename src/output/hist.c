/* Histograms: rows of text and buckets of JSON (reference §17.4). Rows run from the first to the last bucket that is not
 * empty. Bounds are 64 bits wide throughout. */
#include <string.h>

#include "output/show.h"

enum { LABEL_WIDTH = 16, COUNT_WIDTH = 8, BAR_WIDTH = 52 };

static uint32_t bucket_count(const struct type *t) {
    return t->kind == TY_HIST ? type_hist_buckets(t) : type_lhist_buckets(t);
}

struct range {
    uint32_t first, end; /* equal: nothing was counted */
};

static struct range used_buckets(const uint64_t *buckets, uint32_t n) {
    struct range r = { 0, n };
    while (r.end && !buckets[r.end - 1])
        r.end--;
    while (r.first < r.end && !buckets[r.first])
        r.first++;
    return r;
}

uint64_t hist_total(const struct type *t, const void *cell) {
    uint64_t total = 0;
    for (uint32_t i = 0, n = bucket_count(t); i < n; i++)
        total += load_unsigned((const char *)cell + (size_t)i * 8, 8);
    return total;
}

/* ---- bounds ------------------------------------------------------------------------------- */

/* Bucket i ≥ 1 of a hist holds [low, low + (1 << log2_width)). */
struct hist_bucket {
    uint64_t low;
    unsigned log2_width;
};

static struct hist_bucket hist_bucket(const struct type *t, uint32_t i) {
    uint32_t number = i - 1, per_power = UINT32_C(1) << t->bits;
    if (number < 2 * per_power)
        return (struct hist_bucket){ number, 0 };
    unsigned shift = (number >> t->bits) - 1; /* log2 of the value, less the bits that tell buckets apart */
    return (struct hist_bucket){ (uint64_t)(per_power + (number & (per_power - 1))) << shift, shift };
}

static uint64_t lhist_bound(const struct type *t, uint32_t i) {
    return (uint64_t)t->min + (uint64_t)(i - 1) * (uint64_t)t->step;
}

/* ---- text --------------------------------------------------------------------------------- */

/* In the largest unit that divides the bucket's width. */
static void hist_number(struct strbuf *out, const struct hist_bucket *b) {
    unsigned unit = b->log2_width / 10;
    strbuf_addu(out, b->low >> (10 * unit));
    if (unit)
        strbuf_addc(out, " KMGTPE"[unit]);
}

static void hist_label(struct strbuf *out, const struct type *t, uint32_t i) {
    if (i == 0) {
        strbuf_adds(out, "(..., 0)");
        return;
    }
    struct hist_bucket b = hist_bucket(t, i), next = hist_bucket(t, i + 1);
    strbuf_addc(out, '[');
    hist_number(out, &b);
    if (b.log2_width) {
        strbuf_adds(out, ", ");
        hist_number(out, &next);
    }
    strbuf_addc(out, b.log2_width ? ')' : ']');
}

/* K and M are used only where every bound is likely to be round. */
static void lhist_number(struct strbuf *out, const struct type *t, uint64_t v) {
    bool is_scaled = t->step % 1024 == 0 && v != 0;
    if (is_scaled && v % (1024 * 1024) == 0) {
        strbuf_addu(out, v / (1024 * 1024));
        strbuf_addc(out, 'M');
    } else if (is_scaled && v % 1024 == 0) {
        strbuf_addu(out, v / 1024);
        strbuf_addc(out, 'K');
    } else {
        strbuf_addi(out, (long long)v);
    }
}

static void lhist_label(struct strbuf *out, const struct type *t, uint32_t i) {
    bool is_last = i == bucket_count(t) - 1;
    if (i == 0) {
        strbuf_adds(out, "(..., ");
        lhist_number(out, t, (uint64_t)t->min);
        strbuf_addc(out, ')');
        return;
    }
    strbuf_addc(out, '[');
    lhist_number(out, t, lhist_bound(t, i));
    if (is_last)
        strbuf_adds(out, ", ...");
    if (!is_last && t->step > 1) {
        strbuf_adds(out, ", ");
        lhist_number(out, t, lhist_bound(t, i + 1));
    }
    strbuf_addc(out, t->step > 1 || is_last ? ')' : ']');
}

static void add_bar(struct strbuf *out, uint64_t count, uint64_t max) {
    size_t n = max ? (size_t)((unsigned __int128)count * BAR_WIDTH / max) : 0;
    strbuf_fill(out, '@', n);
    strbuf_fill(out, ' ', BAR_WIDTH - n);
}

static void add_count(struct strbuf *out, uint64_t count) {
    size_t digits = 1;
    for (uint64_t v = count; v >= 10; v /= 10)
        digits++;
    if (digits < COUNT_WIDTH)
        strbuf_fill(out, ' ', COUNT_WIDTH - digits);
    strbuf_addu(out, count);
}

static void show_rows(struct strbuf *out, const struct type *t, const uint64_t *buckets, int64_t div,
                      void (*label)(struct strbuf *, const struct type *, uint32_t)) {
    struct range r = used_buckets(buckets, bucket_count(t));
    uint64_t max = 0;
    for (uint32_t i = r.first; i < r.end; i++)
        if (divide(buckets[i], false, div) > max)
            max = divide(buckets[i], false, div);
    for (uint32_t i = r.first; i < r.end; i++) {
        uint64_t count = divide(buckets[i], false, div);
        size_t start = out->len;
        label(out, t, i);
        if (out->len - start < LABEL_WIDTH)
            strbuf_fill(out, ' ', LABEL_WIDTH - (out->len - start));
        add_count(out, count);
        strbuf_add(out, " |", 2);
        add_bar(out, count, max);
        strbuf_add(out, "|\n", 2);
    }
}

void show_hist(struct strbuf *out, const struct type *t, const uint64_t *buckets, int64_t div) {
    show_rows(out, t, buckets, div, hist_label);
}

void show_lhist(struct strbuf *out, const struct type *t, const uint64_t *buckets, int64_t div) {
    show_rows(out, t, buckets, div, lhist_label);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void json_bound(struct strbuf *out, const char *name, uint64_t v, bool is_signed) {
    strbuf_adds(out, name);
    json_int(out, v, is_signed);
    strbuf_adds(out, ", ");
}

/* Bounds are inclusive; the outermost buckets have one only. */
static void json_bounds(struct strbuf *out, const struct type *t, uint32_t i) {
    bool is_hist = t->kind == TY_HIST;
    if (i == 0) {
        json_bound(out, "\"max\": ", is_hist ? UINT64_MAX : (uint64_t)t->min - 1, true);
        return;
    }
    json_bound(out, "\"min\": ", is_hist ? hist_bucket(t, i).low : lhist_bound(t, i), !is_hist);
    if (is_hist || i != bucket_count(t) - 1)
        json_bound(out, "\"max\": ", (is_hist ? hist_bucket(t, i + 1).low : lhist_bound(t, i + 1)) - 1, !is_hist);
}

void json_hist(struct strbuf *out, const struct type *t, const uint64_t *buckets, int64_t div) {
    struct range r = used_buckets(buckets, bucket_count(t));
    strbuf_addc(out, '[');
    for (uint32_t i = r.first; i < r.end; i++) {
        if (i != r.first)
            strbuf_addc(out, ',');
        strbuf_addc(out, '{');
        json_bounds(out, t, i);
        strbuf_adds(out, "\"count\": ");
        json_int(out, divide(buckets[i], false, div), false);
        strbuf_addc(out, '}');
    }
    strbuf_addc(out, ']');
}
