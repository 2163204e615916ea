/* Aggregations in user space: how the cells of several CPUs become one, and what number that reads as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "maps/map_kind.h"

static const struct map_kind *kind(const char *name) {
    const struct map_kind *k = map_kind_find(name);
    assert_non_null(k);
    return k;
}

static void finds_kinds(void **state) {
    for (size_t i = 0; map_kinds[i]; i++) {
        assert_ptr_equal(map_kind_find(map_kinds[i]->name), map_kinds[i]);
        struct type t = { .kind = map_kinds[i]->type };
        assert_ptr_equal(map_kind_of(&t), map_kinds[i]);
    }
    assert_null(map_kind_find("counts"));
    assert_null(map_kind_of(&type_int64));
}

static void adds_counts(void **state) {
    struct count_cell acc = { 0 };
    const struct count_cell cells[] = { { 3 }, { 0 }, { 4 } };
    const struct map_kind *k = kind("count");
    assert_int_equal(k->cell_size(&type_count), 8);
    assert_false(k->has_value(&type_count, &acc));
    for (size_t i = 0; i < 3; i++)
        k->fold(&type_count, &acc, &cells[i]);
    assert_int_equal(k->number(&type_count, &acc), 7);
    assert_true(k->has_value(&type_count, &acc));
}

static void sums_wrap(void **state) {
    const struct type t = { .kind = TY_SUM, .size = 8, .is_signed = true };
    struct count_cell acc = { 0 };
    const struct count_cell cells[] = { { (uint64_t)-5 }, { 2 } };
    for (size_t i = 0; i < 2; i++)
        kind("sum")->fold(&t, &acc, &cells[i]);
    assert_int_equal(kind("sum")->number(&t, &acc), -3);
}

static int64_t extreme(const char *name, bool is_signed, const struct minmax_cell *cells, size_t n) {
    const struct map_kind *k = kind(name);
    const struct type t = { .kind = k->type, .size = 16, .is_signed = is_signed };
    struct minmax_cell acc = { 0 };
    for (size_t i = 0; i < n; i++)
        k->fold(&t, &acc, &cells[i]);
    assert_true(k->has_value(&t, &acc));
    return k->number(&t, &acc);
}

static void keeps_extremes(void **state) {
    /* The unset cell's zero must not win. */
    const struct minmax_cell cells[] = { { 5, 1 }, { 0, 0 }, { (uint64_t)-7, 1 } };
    assert_int_equal(extreme("min", true, cells, 3), -7);
    assert_int_equal(extreme("max", true, cells, 3), 5);
    assert_int_equal(extreme("min", false, cells, 3), 5);
    assert_int_equal(extreme("max", false, cells, 3), -7);
    const struct minmax_cell empty = { 0 };
    assert_false(kind("min")->has_value(&type_count, &empty));
}

static void divides_averages(void **state) {
    const struct avg_cell cells[] = { { (uint64_t)-10, 2 }, { 3, 1 } };
    struct type t = { .kind = TY_AVG, .size = 16, .is_signed = true };
    struct avg_cell acc = { 0 };
    assert_int_equal(kind("avg")->number(&t, &acc), 0);
    for (size_t i = 0; i < 2; i++)
        kind("avg")->fold(&t, &acc, &cells[i]);
    assert_int_equal(kind("avg")->number(&t, &acc), -2); /* -7 / 3, toward zero */
    acc = (struct avg_cell){ UINT64_MAX, 2 };
    t.is_signed = false;
    assert_int_equal(kind("avg")->number(&t, &acc), INT64_MAX);
    assert_true(kind("stats")->has_value(&t, &acc));
}

static void totals_histograms(void **state) {
    struct arena *a = arena_new();
    const struct type *hist = type_hist(a, 2), *lhist = type_lhist(a, 0, 100, 10);
    uint64_t acc[1024] = { 0 }, cell[1024] = { 0 };
    assert_true(kind("hist")->cell_size(hist) <= sizeof acc);
    assert_int_equal(kind("hist")->cell_size(hist), hist->size);
    assert_int_equal(kind("lhist")->cell_size(lhist), 12 * 8);
    cell[1] = 2;
    cell[type_hist_buckets(hist) - 1] = 3;
    assert_false(kind("hist")->has_value(hist, acc));
    kind("hist")->fold(hist, acc, cell);
    kind("hist")->fold(hist, acc, cell);
    assert_int_equal(acc[1], 4);
    assert_int_equal(kind("hist")->number(hist, acc), 10);
    memset(acc, 0, sizeof acc);
    kind("lhist")->fold(lhist, acc, cell);
    assert_int_equal(kind("lhist")->number(lhist, acc), 2);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_kinds),      cmocka_unit_test(adds_counts),      cmocka_unit_test(sums_wrap),
        cmocka_unit_test(keeps_extremes),   cmocka_unit_test(divides_averages), cmocka_unit_test(totals_histograms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
