/* Sketches: what quantile() and distinct() keep of the values they are given. The geometry is shared by the code that
 * the compiler emits (src/maps) and by the reading side here. */
#ifndef SONDE_TYPES_SKETCH_H
#define SONDE_TYPES_SKETCH_H

#include <stdint.h>

#include "types/type.h"

/* TY_QUANTILE: a histogram. Values below 256 have a bucket each. Each power of two from there to 2^40 has 40 buckets of
 * nearly equal width in logarithm: with f = v / 2^p - 1, the position f (4 - f) / 3 stands in for log2(1 + f). So no
 * bucket is wider than 1.88 % of its values, and its middle is within 1 % of all of them. Beyond 2^40 there are 8
 * buckets for each power of two.
 *
 * One CPU's cell: 16-bit counters of the buckets; behind them full turns of counters, as 32-bit words tag << 21 | turns
 * in sets of 5 ways. A bucket's set is its number modulo 32, its tag is its number + 1; a word of 0 is free. */
enum {
    QUANTILE_EXACT = 256,
    QUANTILE_LOG = 8, /* log2 of it */
    QUANTILE_PARTS = 40,
    QUANTILE_WIDE_LOG = 40,
    QUANTILE_WIDE = QUANTILE_EXACT + (QUANTILE_WIDE_LOG - QUANTILE_LOG) * QUANTILE_PARTS, /* first of the wide ones */
    QUANTILE_BUCKETS = QUANTILE_WIDE + (64 - QUANTILE_WIDE_LOG) * 8,
    QUANTILE_SCALE = 873813,               /* 40/3 in units of 2^-16 */
    QUANTILE_TURNS = QUANTILE_BUCKETS * 2, /* offset of the words */
    QUANTILE_SETS = 32,
    QUANTILE_WAYS = 5,
    QUANTILE_TAG_SHIFT = 21,
    QUANTILE_CELL = (QUANTILE_TURNS + QUANTILE_SETS * QUANTILE_WAYS * 4 + 7) / 8 * 8,
    QUANTILE_MAX_NAMED = 8,
};
_Static_assert(QUANTILE_CELL <= 4096, "a cell is 4 KiB at most");

/* Folded: a 64-bit counter for each bucket. */
uint32_t quantile_bucket(uint64_t v);
void quantile_fold(uint64_t *counts, const void *cell);
uint64_t quantile_count(const uint64_t *counts);
/* The least value that `percent` of all are not above, within 1 % up to 2^40. */
uint64_t quantile_at(const uint64_t *counts, uint64_t percent);

/* TY_DISTINCT: 4096 registers of one byte, chosen by the low 12 bits of a hash. From the other 52 bits follows a level:
 * 1 for half of all values, 2 for a quarter, …. A register is max << 2 | bits, where max is the highest level seen, and
 * the bits tell whether max - 1 (2) and max - 2 (1) were seen. Folded: the same. */
#define DISTINCT_SEED UINT64_C(0xd74b7259bd9b7c1e) /* what integers in a row are counted well with */
enum { DISTINCT_LOG = 12, DISTINCT_REGISTERS = 1 << DISTINCT_LOG, DISTINCT_LEVELS = 64 - DISTINCT_LOG };
void distinct_fold(uint8_t *acc, const uint8_t *cell);
uint64_t distinct_estimate(const uint8_t *registers);

/* Bytes of a folded cell: larger than the cell of one CPU for TY_QUANTILE. */
static inline uint32_t sketch_folded_size(const struct type *t, uint32_t cell_size) {
    return t->kind == TY_QUANTILE ? QUANTILE_BUCKETS * 8 : cell_size;
}

#endif
