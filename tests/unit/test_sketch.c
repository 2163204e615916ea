/* Sketches: bounds of errors, merging. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "types/sketch.h"

static uint64_t counts[QUANTILE_BUCKETS];

/* Whatever value a bucket holds, and wherever in the bucket's order it stands, the answer is within 1 %. */
static void percentiles_are_close(void **state) {
    (void)state;
    for (uint64_t v = 1; v <= UINT64_C(1000000000000); v += v / 1000 + 1) {
        memset(counts, 0, sizeof counts);
        counts[quantile_bucket(v)] = 10;
        for (uint64_t p = 1; p < 100; p += 49) {
            uint64_t got = quantile_at(counts, p), off = got > v ? got - v : v - got;
            assert_true(off * 100 <= v);
        }
    }
}

static void buckets_grow_with_values(void **state) {
    (void)state;
    uint32_t last = 0;
    for (uint64_t v = 0; v < UINT64_MAX - (v / 300 + 1); v += v / 300 + 1) {
        uint32_t b = quantile_bucket(v);
        assert_true(b >= last && b < QUANTILE_BUCKETS);
        last = b;
    }
    assert_int_equal(quantile_bucket(UINT64_MAX), QUANTILE_BUCKETS - 1);
}

static void small_values_are_exact(void **state) {
    (void)state;
    memset(counts, 0, sizeof counts);
    assert_int_equal(quantile_at(counts, 50), 0);
    for (uint64_t v = 1; v <= 200; v++)
        counts[quantile_bucket(v)]++;
    assert_int_equal(quantile_count(counts), 200);
    assert_int_equal(quantile_at(counts, 0), 1);
    assert_int_equal(quantile_at(counts, 50), 100);
    assert_int_equal(quantile_at(counts, 99), 198);
    assert_int_equal(quantile_at(counts, 100), 200);
}

static void turns_of_counters_are_added(void **state) {
    (void)state;
    uint8_t cell[QUANTILE_CELL] = { 0 };
    uint16_t low = 5;
    uint32_t turns = 8 << QUANTILE_TAG_SHIFT | 3; /* bucket 7 */
    memset(counts, 0, sizeof counts);
    memcpy(cell + 7 * 2, &low, 2);
    memcpy(cell + QUANTILE_TURNS + (7 * QUANTILE_WAYS + 1) * 4, &turns, 4);
    quantile_fold(counts, cell);
    quantile_fold(counts, cell);
    assert_int_equal(counts[7], 2 * (3 * 65536 + 5));
    assert_int_equal(quantile_count(counts), counts[7]);
}

/* Meets a level; what raise_register() of maps/distinct.c does, by way of merging. */
static void meet(uint8_t *registers, uint64_t hash) {
    uint8_t one[DISTINCT_REGISTERS] = { 0 };
    uint64_t rest = hash >> DISTINCT_LOG | 1;
    one[hash % DISTINCT_REGISTERS] = (uint8_t)((DISTINCT_LEVELS - (63 - __builtin_clzll(rest))) << 2);
    distinct_fold(registers, one);
}

static uint64_t hash_of(uint64_t v) {
    v += DISTINCT_SEED;
    v = (v ^ v >> 33) * UINT64_C(0xff51afd7ed558ccd);
    v = (v ^ v >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return v ^ v >> 33;
}

static void distinct_values_are_counted(void **state) {
    (void)state;
    static uint8_t a[DISTINCT_REGISTERS], b[DISTINCT_REGISTERS];
    assert_int_equal(distinct_estimate(a), 0);
    for (uint64_t v = 0; v < 20000; v++)
        meet(v % 2 ? a : b, hash_of(v));
    for (uint64_t v = 0; v < 5000; v++)
        meet(a, hash_of(v));
    distinct_fold(a, b);
    double n = (double)distinct_estimate(a);
    assert_true(fabs(n - 20000) < 0.02 * 20000);
    memset(a, 0, sizeof a);
    meet(a, hash_of(1));
    assert_int_equal(distinct_estimate(a), 1);
    meet(a, hash_of(2));
    assert_int_equal(distinct_estimate(a), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_close),       cmocka_unit_test(buckets_grow_with_values),
        cmocka_unit_test(small_values_are_exact),      cmocka_unit_test(turns_of_counters_are_added),
        cmocka_unit_test(distinct_values_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
