/* Reading of sketches: percentiles out of bucket counts, cardinalities out of registers. */
#include "types/sketch.h"

#include <math.h>
#include <string.h>

/* ---- quantiles ------------------------------------------------------------------------------ */

uint32_t quantile_bucket(uint64_t v) {
    if (v < QUANTILE_EXACT)
        return (uint32_t)v;
    uint32_t p = 63 - (uint32_t)__builtin_clzll(v);
    uint64_t m = v << (63 - p), f = m >> 47 & 0xffff;
    if (p >= QUANTILE_WIDE_LOG)
        return QUANTILE_WIDE + (p - QUANTILE_WIDE_LOG) * 8 + (uint32_t)(m >> 60 & 7);
    uint64_t part = f * ((4 << 16) - f) * QUANTILE_SCALE >> 48;
    return QUANTILE_EXACT + (p - QUANTILE_LOG) * QUANTILE_PARTS + (uint32_t)part;
}

/* The formula is not inverted but searched: buckets grow with the values. */
static uint64_t lowest(uint32_t bucket) {
    uint64_t lo = 0, hi = UINT64_MAX;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        if (quantile_bucket(mid) >= bucket)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

void quantile_fold(uint64_t *counts, const void *cell) {
    const uint8_t *from = cell;
    for (uint32_t i = 0; i < QUANTILE_BUCKETS; i++) {
        uint16_t n;
        memcpy(&n, from + i * 2, 2);
        counts[i] += n;
    }
    for (uint32_t i = 0; i < QUANTILE_SETS * QUANTILE_WAYS; i++) {
        uint32_t word;
        memcpy(&word, from + QUANTILE_TURNS + i * 4, 4);
        uint32_t tag = word >> QUANTILE_TAG_SHIFT;
        if (tag && tag <= QUANTILE_BUCKETS)
            counts[tag - 1] += (uint64_t)(word & ((1u << QUANTILE_TAG_SHIFT) - 1)) << 16;
    }
}

uint64_t quantile_count(const uint64_t *counts) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < QUANTILE_BUCKETS; i++)
        n += counts[i];
    return n;
}

/* The k-th (from 1) of n values in a bucket, as if they were spread evenly, as far as that is within 1 % of whatever
 * they are. */
static uint64_t within(uint32_t bucket, uint64_t k, uint64_t n) {
    uint64_t lo = lowest(bucket), hi = bucket + 1 < QUANTILE_BUCKETS ? lowest(bucket + 1) - 1 : UINT64_MAX;
    double x = (double)lo + floor(((double)k - 0.5) / (double)n * ((double)(hi - lo) + 1));
    double least = ceil((double)hi * 0.99), most = floor((double)lo * 1.01);
    if (least > most)
        least = most = floor(2 * (double)lo / ((double)lo + (double)hi) * (double)hi); /* equal error at both ends */
    x = x < least ? least : x > most ? most : x;
    return x <= (double)lo ? lo : x >= (double)hi ? hi : (uint64_t)x;
}

uint64_t quantile_at(const uint64_t *counts, uint64_t percent) {
    uint64_t total = quantile_count(counts), below = 0;
    if (!total)
        return 0;
    uint64_t rank = total / 100 * percent + (total % 100 * percent + 99) / 100; /* rounded up */
    rank = rank ? rank : 1;
    for (uint32_t i = 0; i < QUANTILE_BUCKETS; below += counts[i++])
        if (below + counts[i] >= rank)
            return within(i, rank - below, counts[i]);
    return 0;
}

/* ---- distinct values ------------------------------------------------------------------------ */

/* The levels that a register remembers, as bits: max, max - 1, max - 2 are bits 2, 1, 0. */
static uint8_t merge(uint8_t a, uint8_t b) {
    if (!a || !b)
        return a | b;
    if (a >> 2 < b >> 2) {
        uint8_t t = a;
        a = b;
        b = t;
    }
    unsigned behind = (a >> 2) - (b >> 2);
    return a | ((4 | (b & 3)) >> behind & 3);
}

void distinct_fold(uint8_t *acc, const uint8_t *cell) {
    for (uint32_t i = 0; i < DISTINCT_REGISTERS; i++)
        acc[i] = merge(acc[i], cell[i]);
}

/* What is known of all registers: of how many it is known that they met level k, and the share of the hash values, in
 * registers, that is known not to have come up. */
struct evidence {
    double unseen;
    double seen[DISTINCT_LEVELS + 2];
};

static void gather(struct evidence *e, const uint8_t *registers) {
    *e = (struct evidence){ 0 };
    for (uint32_t i = 0; i < DISTINCT_REGISTERS; i++) {
        int max = registers[i] >> 2;
        if (max > DISTINCT_LEVELS)
            continue;
        e->unseen += ldexp(1, -max); /* the levels above */
        if (max)
            e->seen[max]++;
        for (int behind = 1; behind <= 2 && max - behind >= 1; behind++) {
            if (registers[i] & 4 >> behind)
                e->seen[max - behind]++;
            else
                e->unseen += ldexp(1, behind - max);
        }
    }
}

/* Derivative of the likelihood that registers met x values each on average; falls with x, crosses 0 at the best x. */
static double slope(const struct evidence *e, double x) {
    double sum = -e->unseen;
    for (int k = 1; k <= DISTINCT_LEVELS; k++)
        if (e->seen[k] > 0)
            sum += e->seen[k] * ldexp(1, -k) / expm1(ldexp(x, -k));
    return sum;
}

uint64_t distinct_estimate(const uint8_t *registers) {
    struct evidence e;
    double lo = 0, hi = 1;
    gather(&e, registers);
    if (e.unseen >= DISTINCT_REGISTERS)
        return 0;
    while (slope(&e, hi) > 0 && hi < 0x1p52)
        hi *= 2;
    for (int i = 0; i < 60; i++) {
        double mid = (lo + hi) / 2;
        *(slope(&e, mid) > 0 ? &lo : &hi) = mid;
    }
    return (uint64_t)llround(lo * DISTINCT_REGISTERS);
}
