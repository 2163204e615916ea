/* The type universe: layout, equality, notation, members, histogram numbering, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "support/arena.h"
#include "support/strbuf.h"
#include "types/type.h"

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int drop_arena(void **state) {
    arena_free(*state);
    return 0;
}

static const struct type *fresh(struct arena *a, struct type t) {
    struct type *p = ARENA_NEW(a, struct type);
    *p = t;
    return p;
}

/* struct inner { char comm[16]; };
 * union u { int32 i; uint8 b[4]; };
 * struct outer { int32 a; struct inner in; union { int64 x; struct { int32 lo, hi; }; }; uint32 flag:3;
 *                struct outer *next; }; */
struct samples {
    const struct type *inner, *u, *outer, *color;
};

static struct samples make_samples(struct arena *a) {
    static struct enumerator colors[] = { { "RED", 0 }, { "GREEN", 1 }, { "BELOW", (uint64_t)-1 } };
    struct samples s;
    struct field *in = ARENA_ARRAY(a, struct field, 1), *lohi = ARENA_ARRAY(a, struct field, 2),
                 *alt = ARENA_ARRAY(a, struct field, 2), *out = ARENA_ARRAY(a, struct field, 5),
                 *uf = ARENA_ARRAY(a, struct field, 2);
    in[0] = (struct field){ .name = "comm", .type = type_array(a, &type_char, 16) };
    s.inner = fresh(
        a, (struct type){ .kind = TY_STRUCT, .size = 16, .align = 1, .name = "inner", .fields = in, .nfields = 1 });
    uf[0] = (struct field){ .name = "i", .type = &type_int32 };
    uf[1] = (struct field){ .name = "b", .type = type_array(a, &type_uint8, 4) };
    s.u = fresh(
        a, (struct type){
               .kind = TY_STRUCT, .is_union = true, .size = 4, .align = 4, .name = "u", .fields = uf, .nfields = 2 });
    lohi[0] = (struct field){ .name = "lo", .type = &type_int32 };
    lohi[1] = (struct field){ .name = "hi", .type = &type_int32, .offset = 4 };
    alt[0] = (struct field){ .name = "x", .type = &type_int64 };
    alt[1] = (struct field){
        .name = "",
        .type = fresh(a, (struct type){ .kind = TY_STRUCT, .size = 8, .align = 4, .fields = lohi, .nfields = 2 })
    };
    const struct type *decl =
        fresh(a, (struct type){ .kind = TY_STRUCT, .is_incomplete = true, .name = "outer", .align = 1 });
    out[0] = (struct field){ .name = "a", .type = &type_int32 };
    out[1] = (struct field){ .name = "in", .type = s.inner, .offset = 4 };
    out[2] = (struct field){
        .name = "",
        .offset = 24,
        .type = fresh(
            a, (struct type){ .kind = TY_STRUCT, .is_union = true, .size = 8, .align = 8, .fields = alt, .nfields = 2 })
    };
    out[3] = (struct field){ .name = "flag", .type = &type_uint32, .offset = 32, .bit_offset = 5, .bit_size = 3 };
    out[4] = (struct field){ .name = "next", .type = type_ptr(a, decl, AS_KERNEL), .offset = 40 };
    s.outer = fresh(
        a, (struct type){ .kind = TY_STRUCT, .size = 48, .align = 8, .name = "outer", .fields = out, .nfields = 5 });
    s.color = fresh(
        a, (struct type){
               .kind = TY_ENUM, .size = 8, .align = 8, .name = "color", .enumerators = colors, .nenumerators = 3 });
    return s;
}

static void table_has_a_row_for_every_kind(void **state) {
    for (int k = 0; k < TY_NKINDS; k++) {
        assert_non_null(type_ops[k].name);
        assert_false(type_ops[k].is_castable && !type_ops[k].is_aggregation);
        assert_false(type_ops[k].is_storable && type_ops[k].is_aggregation);
        assert_false(type_ops[k].is_storable && !type_ops[k].is_printable);
    }
}

static void values_have_the_sizes_of_their_structs(void **state) {
    struct arena *a = *state;
    assert_int_equal(type_inet.size, sizeof(struct inet_value));
    assert_int_equal(type_usym.size, sizeof(struct usym_value));
    assert_int_equal(type_stack(a, TY_KSTACK, STACK_PERF, 5)->size, 16);
    assert_int_equal(type_stack(a, TY_USTACK, STACK_PERF, 5)->size, sizeof(struct stack_value));
    assert_int_equal(type_buffer(a, 3)->size, 7);
    assert_int_equal(type_array(a, &type_int32, 5)->size, 20);
    assert_int_equal(type_array(a, &type_int64, 0x40000000)->size, UINT32_MAX);
    assert_int_equal(type_agg(a, TY_SUM, true)->size, 8);
    assert_int_equal(type_agg(a, TY_MIN, true)->size, 16);
    assert_int_equal(type_agg(a, TY_AVG, true)->size, 16);
    for (unsigned size = 1; size <= 8; size *= 2) {
        assert_int_equal(type_int(size, true)->size, size);
        assert_true(type_int(size, true)->is_signed);
        assert_false(type_int(size, false)->is_signed);
    }
}

static void tuples_are_laid_out_like_c(void **state) {
    struct arena *a = *state;
    const struct type *elems[] = { &type_int8, type_string(a, 2), &type_int64, &type_bool };
    const struct type *t = type_tuple(a, elems, 4);
    assert_int_equal(t->fields[1].offset, 1);
    assert_int_equal(t->fields[2].offset, 8);
    assert_int_equal(t->fields[3].offset, 16);
    assert_int_equal(t->size, 24);
    assert_int_equal(t->align, 8);
    assert_int_equal(type_tuple(a, elems, 3)->size, 16);
    assert_int_equal(type_tuple(a, elems, 1)->size, 1);
    assert_int_equal(type_tuple(a, elems, 0)->size, 0);
    const char *const names[] = { "a", "b" };
    t = type_record(a, names, elems + 1, 2);
    assert_string_equal(t->fields[1].name, "b");
    assert_int_equal(t->fields[1].offset, 8);
}

static void check_format(struct arena *a, const struct type *t, const char *expected) {
    assert_string_equal(type_str(a, t), expected);
}

static void notation_is_bpftraces(void **state) {
    struct arena *a = *state;
    struct samples s = make_samples(a);
    const struct type *pair[] = { &type_int8, type_string(a, 2) };
    const char *const names[] = { "a", "b" };
    check_format(a, &type_none, "none");
    check_format(a, &type_bool, "bool");
    check_format(a, &type_int8, "int8");
    check_format(a, &type_uint64, "uint64");
    check_format(a, s.color, "enum color");
    check_format(a, type_ptr(a, &type_none, AS_NONE), "void *");
    check_format(a, type_ptr(a, type_ptr(a, &type_uint8, AS_NONE), AS_NONE), "uint8 * *");
    check_format(a, type_ptr(a, s.outer, AS_KERNEL), "struct outer *");
    check_format(a, type_array(a, type_array(a, &type_int8, 3), 2), "int8[2][3]");
    check_format(a, type_array(a, s.inner, 4), "struct inner[4]");
    check_format(a, type_array(a, type_ptr(a, s.u, AS_NONE), 4), "union u *[4]");
    check_format(a, type_array(a, &type_char, 16), "string[16]");
    check_format(a, s.outer->fields[2].type, "union {int64,struct {int32,int32}}");
    check_format(a, type_string(a, 16), "string[16]");
    check_format(a, type_string(a, 0), "string");
    check_format(a, type_buffer(a, 3), "buffer[7]");
    check_format(a, type_tuple(a, pair, 2), "(int8,string[2])");
    check_format(a, type_tuple(a, pair, 1), "(int8)");
    check_format(a, type_record(a, names, pair, 2), "record { .a = int8, .b = string[2] }");
    check_format(a, type_stack(a, TY_KSTACK, STACK_BPFTRACE, 127), "kstack_bpftrace_127");
    check_format(a, type_stack(a, TY_USTACK, STACK_BUILD_ID, 3), "ustack_build_id_3");
    check_format(a, &type_ksym, "ksym_t");
    check_format(a, &type_usym, "usym_t");
    check_format(a, &type_username, "username_t");
    check_format(a, &type_inet, "inet[24]");
    check_format(a, &type_mac, "mac_address");
    check_format(a, &type_timestamp, "timestamp");
    check_format(a, &type_cgroup_path, "cgroup_path_t");
    check_format(a, &type_count, "count_t");
    check_format(a, type_agg(a, TY_MAX, true), "max_t");
    check_format(a, type_agg(a, TY_MAX, false), "umax_t");
    check_format(a, type_agg(a, TY_STATS, false), "ustats_t");
    check_format(a, type_hist(a, 2), "hist_t");
    check_format(a, type_lhist(a, 0, 10, 1), "lhist_t");
    check_format(a, type_tseries(a, 1000, 5, 0, false), "tseries_t");
}

static void equality_is_layout_and_meaning(void **state) {
    struct arena *a = *state;
    struct samples s = make_samples(a), again = make_samples(a);
    struct type literal = type_int8;
    literal.is_literal = true;
    assert_true(type_equal(&type_int8, &literal));
    assert_false(type_equal(&type_int8, &type_uint8));
    assert_false(type_equal(&type_int8, &type_bool));
    assert_true(type_equal(s.outer, again.outer));
    assert_false(type_equal(s.outer, s.inner));
    assert_true(type_equal(s.outer->fields[2].type, again.outer->fields[2].type));
    assert_false(type_equal(s.outer->fields[2].type, s.u));
    assert_true(type_equal(type_ptr(a, s.outer, AS_USER), s.outer->fields[4].type));
    assert_false(type_equal(type_ptr(a, s.inner, AS_USER), s.outer->fields[4].type));
    assert_true(type_equal(s.color, again.color));
    assert_false(type_equal(type_string(a, 4), type_string(a, 5)));
    assert_false(type_equal(type_array(a, &type_char, 4), type_array(a, &type_uint8, 4)));
    assert_false(type_equal(type_array(a, &type_int32, 4), type_array(a, &type_int32, 5)));
    assert_false(type_equal(type_hist(a, 1), type_hist(a, 2)));
    assert_false(type_equal(type_lhist(a, 0, 10, 1), type_lhist(a, 0, 10, 2)));
    assert_false(type_equal(type_agg(a, TY_SUM, true), type_agg(a, TY_SUM, false)));
    assert_false(type_equal(type_stack(a, TY_KSTACK, STACK_RAW, 3), type_stack(a, TY_KSTACK, STACK_RAW, 4)));
    const struct type *one[] = { &type_int8, &type_int16 }, *other[] = { &type_int8, &type_int32 };
    assert_true(type_equal(type_tuple(a, one, 2), type_tuple(a, one, 2)));
    assert_false(type_equal(type_tuple(a, one, 2), type_tuple(a, other, 2)));
    assert_false(type_equal(type_tuple(a, one, 2), type_tuple(a, one, 1)));
    const char *const ab[] = { "a", "b" }, *const ac[] = { "a", "c" };
    assert_false(type_equal(type_record(a, ab, one, 2), type_record(a, ac, one, 2)));
}

static void fields_are_found_through_anonymous_members(void **state) {
    struct samples s = make_samples(*state);
    uint32_t offset;
    assert_ptr_equal(type_field(s.outer, "a", &offset)->type, &type_int32);
    assert_int_equal(offset, 0);
    assert_non_null(type_field(s.outer, "hi", &offset));
    assert_int_equal(offset, 28);
    assert_non_null(type_field(s.outer, "x", &offset));
    assert_int_equal(offset, 24);
    assert_int_equal(type_field(s.outer, "flag", &offset)->bit_size, 3);
    assert_null(type_field(s.outer, "comm", &offset));
    assert_null(type_field(s.outer, "", &offset));
    assert_null(type_field(&type_int8, "a", &offset));
}

static void enumerators_by_value(void **state) {
    struct samples s = make_samples(*state);
    assert_string_equal(type_enumerator(s.color, 1), "GREEN");
    assert_string_equal(type_enumerator(s.color, (uint64_t)-1), "BELOW");
    assert_null(type_enumerator(s.color, 7));
    assert_int_equal(type_enum_value(*state, s.color)->size, 8);
}

/* ---- histograms --------------------------------------------------------------------------- */

/* The numbering that type.h documents. */
static uint32_t hist_bucket(int64_t v, unsigned k) {
    uint64_t u = (uint64_t)v, n = 1ull << k;
    if (v < 0)
        return 0;
    if (u < 2 * n)
        return (uint32_t)(1 + u);
    unsigned p = 63 - (unsigned)__builtin_clzll(u);
    return (uint32_t)(1 + ((uint64_t)(p - k + 1) << k) + ((u >> (p - k)) & (n - 1)));
}

static void hist_numbering_has_no_gaps(void **state) {
    for (unsigned k = 0; k <= 5; k++) {
        const struct type *t = type_hist(*state, k);
        assert_int_equal(hist_bucket(-1, k), 0);
        assert_int_equal(hist_bucket(0, k), 1);
        assert_int_equal(hist_bucket(INT64_MAX, k), type_hist_buckets(t) - 1);
        assert_int_equal(t->size, 8 * type_hist_buckets(t));
        uint32_t last = 0;
        for (int64_t v = 0; v < 100000; v++) {
            uint32_t b = hist_bucket(v, k);
            assert_true(b == last || b == last + 1);
            last = b;
        }
        for (unsigned p = k + 1; p < 63; p++) { /* every bound of every group */
            for (uint64_t j = 0; j < 1u << k; j++) {
                int64_t low = (int64_t)((1ull << p) + (j << (p - k)));
                assert_int_equal(hist_bucket(low, k), hist_bucket(low - 1, k) + 1);
            }
        }
    }
}

static void lhist_counts_under_and_overflow(void **state) {
    struct arena *a = *state;
    assert_int_equal(type_lhist_buckets(type_lhist(a, 0, 10, 3)), 5);
    assert_int_equal(type_lhist_buckets(type_lhist(a, 0, 10, 1)), 12);
    assert_int_equal(type_lhist_buckets(type_lhist(a, 100, 5000000000, 1000000000)), 6);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void check_round_trip(struct arena *a, const struct type *t) {
    cJSON *j = type_to_json(t);
    char *text = cJSON_PrintUnformatted(j);
    cJSON *parsed = cJSON_Parse(text);
    const struct type *back = type_from_json(a, parsed);
    assert_non_null(back);
    assert_true(type_equal(t, back));
    assert_int_equal(back->size, t->size);
    assert_int_equal(back->align, t->align);
    assert_string_equal(type_str(a, t), type_str(a, back));
    cJSON *second = type_to_json(back);
    char *same = cJSON_PrintUnformatted(second);
    assert_string_equal(text, same);
    cJSON_free(text);
    cJSON_free(same);
    cJSON_Delete(j);
    cJSON_Delete(parsed);
    cJSON_Delete(second);
}

static void json_keeps_every_printable_type(void **state) {
    struct arena *a = *state;
    struct samples s = make_samples(a);
    const struct type *inner_pair[] = { s.color, s.outer };
    const char *const names[] = { "c", "o" };
    const struct type *nested[] = { type_record(a, names, inner_pair, 2), type_string(a, 5),
                                    type_stack(a, TY_USTACK, STACK_PERF, 9), type_array(a, s.u, 3) };
    const struct type *all[] = {
        &type_none,
        &type_bool,
        &type_int8,
        &type_int16,
        &type_int32,
        &type_int64,
        &type_uint8,
        &type_uint16,
        &type_uint32,
        &type_uint64,
        &type_char,
        &type_ksym,
        &type_usym,
        &type_username,
        &type_inet,
        &type_mac,
        &type_timestamp,
        &type_cgroup_path,
        &type_count,
        s.color,
        s.outer,
        s.inner,
        s.u,
        type_ptr(a, &type_none, AS_USER),
        type_ptr(a, s.outer, AS_KERNEL),
        type_ptr(a, type_ptr(a, s.u, AS_NONE), AS_NONE),
        type_array(a, &type_char, 16),
        type_array(a, type_array(a, &type_int16, 2), 3),
        type_string(a, 64),
        type_buffer(a, 10),
        type_tuple(a, nested, 4),
        type_stack(a, TY_KSTACK, STACK_RAW, 127),
        type_agg(a, TY_SUM, true),
        type_agg(a, TY_MIN, false),
        type_agg(a, TY_MAX, true),
        type_agg(a, TY_AVG, false),
        type_agg(a, TY_STATS, true),
        type_hist(a, 0),
        type_hist(a, 5),
        type_lhist(a, 0, INT64_MAX, INT64_MAX / 10),
        type_tseries(a, 1000000000, 60, 2, true),
        type_quantile(a, (const uint64_t[]){ 50, 99 }, 2),
        &type_distinct,
        nested[0],
        nested[2],
    };
    bool seen[TY_NKINDS] = { false };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        check_round_trip(a, all[i]);
        seen[all[i]->kind] = true;
    }
    for (int k = 0; k < TY_NKINDS; k++)
        assert_true(seen[k] || !type_ops[k].is_printable || k == TY_POISON);
}

static void json_keeps_homes_and_enumerators(void **state) {
    struct arena *a = *state;
    struct samples s = make_samples(a);
    struct field *f = ARENA_ARRAY(a, struct field, 1);
    f[0] = (struct field){
        .name = "filename", .type = &type_int64, .offset = 8, .home = FIELD_DATA_LOC, .is_relative = true
    };
    const struct type *args = fresh(
        a,
        (struct type){
            .kind = TY_STRUCT, .size = 12, .align = 8, .is_args = true, .name = "x_args", .fields = f, .nfields = 1 });
    cJSON *j = type_to_json(args);
    const struct type *back = type_from_json(a, j);
    assert_true(back->is_args);
    assert_int_equal(back->fields[0].home, FIELD_DATA_LOC);
    assert_true(back->fields[0].is_relative);
    cJSON_Delete(j);
    j = type_to_json(s.color);
    assert_string_equal(type_enumerator(type_from_json(a, j), (uint64_t)-1), "BELOW");
    cJSON_Delete(j);
    j = type_to_json(type_ptr(a, s.outer, AS_KERNEL));
    assert_true(type_from_json(a, j)->elem->is_incomplete);
    cJSON_Delete(j);
}

static void json_that_would_mislead_the_decoder_is_refused(void **state) {
    static const char *const bad[] = {
        "null",
        "5",
        "\"nonsense\"",
        "{}",
        "[]",
        "{\"kind\":\"int\",\"size\":3}",
        "{\"kind\":\"what\"}",
        "{\"kind\":\"ptr\",\"size\":8}",
        "{\"kind\":\"array\",\"size\":8,\"count\":3,\"elem\":\"int32\"}",
        "{\"kind\":\"array\",\"size\":0,\"count\":1073741824,\"elem\":\"int32\"}",
        "{\"kind\":\"struct\",\"size\":4,\"fields\":[{\"name\":\"a\",\"type\":\"int64\"}]}",
        "{\"kind\":\"tuple\",\"size\":4,\"align\":4,\"fields\":[{\"type\":\"int32\",\"offset\":4}]}",
        "{\"kind\":\"record\",\"size\":4,\"align\":4,\"fields\":[{\"type\":\"int32\"}]}",
        "{\"kind\":\"tuple\",\"size\":4,\"align\":4,\"fields\":[{\"offset\":4}]}",
        "{\"kind\":\"hist\",\"size\":8,\"bits\":9}",
        "{\"kind\":\"lhist\",\"size\":16,\"max\":\"10\"}",
        "{\"kind\":\"buffer\",\"size\":2}",
        "{\"kind\":\"ustack\",\"size\":8}",
        "{\"kind\":\"min\",\"size\":8}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cJSON *j = cJSON_Parse(bad[i]);
        assert_non_null(j);
        assert_null(type_from_json(*state, j));
        cJSON_Delete(j);
    }
    assert_null(type_from_json(*state, NULL));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_arena, drop_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(table_has_a_row_for_every_kind),
        TEST(values_have_the_sizes_of_their_structs),
        TEST(tuples_are_laid_out_like_c),
        TEST(notation_is_bpftraces),
        TEST(equality_is_layout_and_meaning),
        TEST(fields_are_found_through_anonymous_members),
        TEST(enumerators_by_value),
        TEST(hist_numbering_has_no_gaps),
        TEST(lhist_counts_under_and_overflow),
        TEST(json_keeps_every_printable_type),
        TEST(json_keeps_homes_and_enumerators),
        TEST(json_that_would_mislead_the_decoder_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
