/* Values, maps and sinks as text and as JSON. Expected texts are bpftrace 0.27.1's, but where it is known to err. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/output.h"

/* ---- a resolver --------------------------------------------------------------------------- */

static void fake_ksym(void *ctx, struct strbuf *out, uint64_t addr) { strbuf_printf(out, "k%llu", (long long)addr); }

static void fake_usym(void *ctx, struct strbuf *out, const struct usym_value *v) {
    strbuf_printf(out, "u%llu/%u", (long long)v->addr, v->pid);
}

static void fake_stack(void *ctx, struct strbuf *out, const struct type *t, const struct stack_value *v,
                       unsigned indent) {
    strbuf_addc(out, '\n');
    for (int i = 0; i < 2; i++) {
        strbuf_fill(out, ' ', indent);
        strbuf_printf(out, "frame %c%d+%d\n", t->kind == TY_USTACK ? 'u' : 'k', (int)v->id, i);
    }
}

static void fake_username(void *ctx, struct strbuf *out, uint64_t uid) { strbuf_adds(out, uid ? "some one" : "root"); }

static void fake_cgroup(void *ctx, struct strbuf *out, const struct cgroup_path_value *v) {
    strbuf_printf(out, "unified:/%llu", (long long)v->id);
}

static void fake_time(void *ctx, struct strbuf *out, const struct timestamp_value *v) {
    strbuf_printf(out, "t%llu", (long long)v->ns);
}

static const struct resolver fake = {
    .ksym = fake_ksym,
    .usym = fake_usym,
    .stack = fake_stack,
    .username = fake_username,
    .cgroup_path = fake_cgroup,
    .timestamp = fake_time,
    .trunc_trailer = "..",
    .max_strlen = 16,
};

struct env {
    struct arena *arena;
};

static int setup(void **state) {
    struct env *e = calloc(1, sizeof *e);
    e->arena = arena_new();
    *state = e;
    return 0;
}

static int teardown(void **state) {
    struct env *e = *state;
    arena_free(e->arena);
    free(e);
    return 0;
}

static const char *text_of(struct arena *a, const struct type *t, const void *data) {
    struct strbuf out = { 0 };
    show_value(&out, &fake, t, data);
    return strbuf_finish(&out, a);
}

static const char *json_of(struct arena *a, const struct type *t, const void *data) {
    struct strbuf out = { 0 };
    show_json(&out, &fake, t, data);
    return strbuf_finish(&out, a);
}

static const char *key_of(struct arena *a, const struct type *t, const void *data, bool json) {
    struct strbuf out = { 0 };
    show_key(&out, &fake, t, data, json);
    return strbuf_finish(&out, a);
}

/* Text, JSON, and the key in both, of one value. */
static void check(struct arena *a, const struct type *t, const void *data, const char *text, const char *json,
                  const char *key, const char *json_key) {
    assert_string_equal(text_of(a, t, data), text);
    assert_string_equal(json_of(a, t, data), json);
    assert_string_equal(key_of(a, t, data, false), key);
    assert_string_equal(key_of(a, t, data, true), json_key);
}

static void check_int(struct arena *a, uint64_t v, bool is_signed, const char *json) {
    assert_string_equal(json_of(a, type_int(8, is_signed), &v), json);
}

/* ---- values ------------------------------------------------------------------------------- */

static void shows_numbers(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    check(a, &type_int64, &(int64_t){ -300 }, "-300", "-300", "-300", "\"-300\"");
    check(a, &type_uint64, &(uint64_t){ UINT64_MAX }, "18446744073709551615", "\"18446744073709551615\"",
          "18446744073709551615", "\"18446744073709551615\"");
    check(a, &type_int8, &(int8_t){ -5 }, "-5", "-5", "-5", "\"-5\"");
    check(a, &type_uint8, &(uint8_t){ 200 }, "200", "200", "200", "\"200\"");
    check(a, &type_bool, &(bool){ true }, "true", "true", "true", "\"true\"");
    check(a, type_ptr(a, &type_int8, AS_USER), &(uint64_t){ 0x1f40 }, "0x1f40", "8000", "0x1f40", "\"0x1f40\"");
    check_int(a, 9007199254740993, false, "\"9007199254740993\"");
    check_int(a, 9007199254740994, false, "9007199254740994");
    check_int(a, (uint64_t)-9007199254740993, true, "\"-9007199254740993\"");
    check_int(a, UINT64_C(1) << 63, false, "9223372036854775808");
    check_int(a, UINT64_C(1) << 63, true, "-9223372036854775808");
    check_int(a, INT64_MAX, true, "\"9223372036854775807\"");
    check_int(a, 0, true, "0");
}

static void shows_enums(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    struct enumerator names[] = { { "GREEN", 1 }, { "BLUE", (uint64_t)-3 } };
    struct type t = {
        .kind = TY_ENUM, .size = 8, .align = 8, .name = "color", .enumerators = names, .nenumerators = 2
    };
    check(a, &t, &(uint64_t){ 1 }, "GREEN", "1", "GREEN", "\"GREEN\"");
    check(a, &t, &(uint64_t){ 78 }, "78", "78", "78", "\"78\"");
    t.size = 4; /* a member of a struct */
    assert_string_equal(text_of(a, &t, &(int32_t){ -3 }), "BLUE");
}

static void shows_strings(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    const struct type *t = type_string(a, 16), *small = type_string(a, 4);
    check(a, t, "a b\"\0\0\0\0\0\0\0\0\0\0\0", "a b\"", "\"a b\\\"\"", "a b\"", "\"a b\\\"\"");
    check(a, t, "1234567890123456", "1234567890123456..", "\"1234567890123456..\"", "1234567890123456..",
          "\"1234567890123456..\"");
    check(a, t, "123456789012345", "123456789012345", "\"123456789012345\"", "123456789012345", "\"123456789012345\"");
    check(a, small, "abcd", "abcd", "\"abcd\"", "abcd", "\"abcd\"");
    check(a, type_array(a, &type_char, 4), "abcd", "abcd", "\"abcd\"", "abcd", "\"abcd\"");
    check(a, type_array(a, type_array(a, &type_char, 3), 2), "ab\0cde", "[ab,cde]", "[\"ab\",\"cde\"]", "[ab,cde]",
          "\"[ab,cde]\"");
    check(a, type_array(a, &type_uint8, 3), "ABC", "[65,66,67]", "[65,66,67]", "[65,66,67]", "\"[65,66,67]\"");
    struct {
        uint32_t len;
        char data[4];
    } buffer = { 3, "a\xff\0" };
    check(a, type_buffer(a, 4), &buffer, "a\\xff\\x00", "[97,-1,0]", "a\\xff\\x00", "\"a\\\\xff\\\\x00\"");
}

static void escapes_json(void **state) {
    struct strbuf out = { 0 };
    json_string(&out, "\1\t\n\r\x1f\x7f\"\\/", 9);
    assert_string_equal(out.s, "\"\\u0001\\t\\n\\r\\u001f\x7f\\\"\\\\/\"");
    strbuf_reset(&out);
    json_string(&out, "w\xc3\xb6 \xe2\x82\xac \xf0\x9f\x98\x80", 12);
    assert_string_equal(out.s, "\"w\xc3\xb6 \xe2\x82\xac \xf0\x9f\x98\x80\"");
    strbuf_reset(&out); /* stray, overlong, surrogate, cut off */
    json_string(&out, "\xff \xc0\x80 \xed\xa0\x80 \xe2\x82", 11);
    const char *r = "\xef\xbf\xbd";
    char expected[64];
    snprintf(expected, sizeof expected, "\"%s %s%s %s%s%s %s%s\"", r, r, r, r, r, r, r, r);
    assert_string_equal(out.s, expected);
    strbuf_free(&out);
}

static void shows_tuples_and_records(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    const struct type *inner_types[] = { &type_int32, &type_int32 };
    const struct type *inner = type_tuple(a, inner_types, 2);
    const struct type *outer_types[] = { &type_int32, type_string(a, 4), inner, &type_bool };
    const struct type *outer = type_tuple(a, outer_types, 4);
    struct {
        int32_t n;
        char s[4];
        int32_t inner[2];
        bool b;
    } v = { 1, "two", { 3, -4 }, true };
    check(a, outer, &v, "(1, two, (3, -4), true)", "[1,\"two\",[3,-4],true]", "1, two, (3, -4), true",
          "\"1,two,(3,-4),true\"");
    const struct type *one[] = { &type_int32 };
    check(a, type_tuple(a, one, 1), &v, "(1)", "[1]", "1", "\"1\"");
    const char *const names[] = { "a", "b", "c", "d" };
    check(a, type_record(a, names, outer_types, 4), &v, "{ .a = 1, .b = two, .c = (3, -4), .d = true }",
          "{\"a\": 1, \"b\": \"two\", \"c\": [3,-4], \"d\": true}", "{ .a = 1, .b = two, .c = (3, -4), .d = true }",
          "\"{.a=1,.b=two,.c=(3,-4),.d=true}\"");
}

/* Blanks inside of strings stay in JSON keys: bpftrace drops them, and makes one key of two. */
static void keeps_blanks_of_keys(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    const struct type *types[] = { type_string(a, 4), &type_username };
    struct {
        char s[8];
        uint64_t uid;
    } v = { "a b", 1 };
    assert_string_equal(key_of(a, type_tuple(a, types, 2), &v, true), "\"a b,some one\"");
}

static void shows_structs(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    struct field anon_fields[] = { { .name = "a2", .type = &type_int32 }, { .name = "a3", .type = &type_int32 } };
    struct type anon = { .kind = TY_STRUCT, .size = 4, .is_union = true, .fields = anon_fields, .nfields = 2 };
    struct type flt = { .kind = TY_FLOAT, .size = 4 };
    struct field nested_fields[] = { { .name = "d", .type = &type_int16 } };
    struct type nested = { .kind = TY_STRUCT, .size = 2, .fields = nested_fields, .nfields = 1 };
    struct field fields[] = {
        { .name = "x", .type = &type_int32 },
        { .name = "", .type = &anon, .offset = 4 },
        { .name = "f", .type = &flt, .offset = 8 },
        { .name = "b", .type = &type_int32, .offset = 12, .bit_offset = 0, .bit_size = 3 },
        { .name = "w", .type = &type_uint64, .offset = 12, .bit_offset = 3, .bit_size = 64 }, /* nine bytes */
        { .name = "n", .type = type_array(a, &nested, 2), .offset = 24 },
    };
    struct type t = { .kind = TY_STRUCT, .size = 28, .name = "s", .fields = fields, .nfields = 6 };
    unsigned char data[28] = { 0xff, 0xff, 0xff, 0xff, 2,    0,    0,    0, 1, 1, 1, 1, 0xfe, 0xff,
                               0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x06, 0, 0, 0, 3, 0, 0xfc, 0xff };
    check(a, &t, data,
          "{ .x = -1, .a2 = 2, .a3 = 2, .f = null, .b = 6, .w = 16140901064495857663, "
          ".n = [{ .d = 3 },{ .d = -4 }] }",
          "{\"x\": -1, \"a2\": 2, \"a3\": 2, \"f\": null, \"b\": 6, \"w\": \"16140901064495857663\", "
          "\"n\": [{\"d\": 3},{\"d\": -4}]}",
          "{ .x = -1, .a2 = 2, .a3 = 2, .f = null, .b = 6, .w = 16140901064495857663, "
          ".n = [{ .d = 3 },{ .d = -4 }] }",
          "\"{.x=-1,.a2=2,.a3=2,.f=null,.b=6,.w=16140901064495857663,.n=[{.d=3},{.d=-4}]}\"");
}

static void shows_opaque_values(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    check(a, &type_ksym, &(uint64_t){ 7 }, "k7", "\"k7\"", "k7", "\"k7\"");
    check(a, &type_usym, &(struct usym_value){ 8, 9, 0 }, "u8/9", "\"u8/9\"", "u8/9", "\"u8/9\"");
    check(a, &type_username, &(uint64_t){ 0 }, "root", "\"root\"", "root", "\"root\"");
    check(a, &type_timestamp, &(struct timestamp_value){ .ns = 5 }, "t5", "\"t5\"", "t5", "\"t5\"");
    check(a, &type_cgroup_path, &(struct cgroup_path_value){ .id = 3 }, "unified:/3", "\"unified:/3\"", "unified:/3",
          "\"unified:/3\"");
    check(a, &type_mac, "\xab\xcd\xef\x01\x02\x0f", "AB:CD:EF:01:02:0F", "\"AB:CD:EF:01:02:0F\"", "AB:CD:EF:01:02:0F",
          "\"AB:CD:EF:01:02:0F\"");
    struct inet_value v4 = { 2, { 127, 0, 0, 1 } }, v6 = { 10, { [0] = 0xfe, [1] = 0x80, [15] = 1 } }, none = { 0 };
    check(a, &type_inet, &v4, "127.0.0.1", "\"127.0.0.1\"", "127.0.0.1", "\"127.0.0.1\"");
    check(a, &type_inet, &v6, "fe80::1", "\"fe80::1\"", "fe80::1", "\"fe80::1\"");
    assert_string_equal(text_of(a, &type_inet, &none), "");
    const struct type *kstack = type_stack(a, TY_KSTACK, STACK_BPFTRACE, 127);
    const struct type *types[] = { &type_int64, kstack };
    struct {
        int64_t n;
        struct stack_value stack;
    } pair = { 1, { .id = 4 } };
    check(a, type_tuple(a, types, 2), &pair, "(1, \n        frame k4+0\n        frame k4+1\n)",
          "[1,\"\\n        frame k4+0\\n        frame k4+1\\n\"]", "1, \n        frame k4+0\n        frame k4+1\n",
          "\"1,\\nframek4+0\\nframek4+1\\n\"");
}

static void shows_aggregations(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    struct strbuf out = { 0 };
    const struct type *stats = type_agg(a, TY_STATS, true), *avg = type_agg(a, TY_AVG, true);
    struct avg_cell cell = { (uint64_t)-7, 2 };
    check(a, stats, &cell, "{ .count = 2, .average = -3, .total = -7 }",
          "{\"count\": 2, \"average\": -3, \"total\": -7}", "{ .count = 2, .average = -3, .total = -7 }",
          "\"{ .count = 2, .average = -3, .total = -7 }\"");
    check(a, avg, &cell, "-3", "-3", "-3", "\"-3\"");
    check(a, type_agg(a, TY_AVG, false), &(struct avg_cell){ UINT64_MAX, 1 }, "18446744073709551615",
          "\"18446744073709551615\"", "18446744073709551615", "\"18446744073709551615\"");
    assert_string_equal(text_of(a, avg, &(struct avg_cell){ 0, 0 }), "0");
    assert_string_equal(text_of(a, type_agg(a, TY_MIN, true), &(struct minmax_cell){ (uint64_t)-4, 1 }), "-4");
    assert_string_equal(text_of(a, type_agg(a, TY_MIN, true), &(struct minmax_cell){ 9, 0 }), "0");
    assert_string_equal(text_of(a, &type_count, &(struct count_cell){ 12 }), "12");
    show_aggregation(&out, stats, &(struct avg_cell){ 15, 2 }, 2, false); /* of stats only the average is divided */
    assert_string_equal(out.s, "{ .count = 2, .average = 3, .total = 15 }");
    strbuf_free(&out);
}

/* ---- maps --------------------------------------------------------------------------------- */

static struct map_snapshot snapshot(struct arena *a, const struct map_info *m, const void *keys, const void *values,
                                    size_t n) {
    struct map_snapshot s = { .map = m, .entries = ARENA_ARRAY(a, struct map_entry, n), .n = n };
    size_t cell = m->value->size;
    for (size_t i = 0; i < n; i++) {
        s.entries[i].key = m->key ? (const char *)keys + i * m->key->size : NULL;
        s.entries[i].value = (const char *)values + i * cell;
    }
    return s;
}

static const char *map_text(struct arena *a, const struct map_info *m, const void *keys, const void *values, size_t n,
                            uint64_t top, int64_t div) {
    struct map_snapshot s = snapshot(a, m, keys, values, n);
    struct strbuf out = { 0 };
    show_map(&out, &fake, &s, top, div);
    return strbuf_finish(&out, a);
}

static const char *map_json(struct arena *a, const struct map_info *m, const void *keys, const void *values, size_t n,
                            uint64_t top, int64_t div) {
    struct map_snapshot s = snapshot(a, m, keys, values, n);
    struct strbuf out = { 0 };
    show_map_json(&out, &fake, &s, top, div);
    return strbuf_finish(&out, a);
}

static void orders_maps(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    int64_t keys[] = { 9, -5, 2, 7 }, values[] = { 3, 1, -4, 3 };
    struct map_info m = { .name = "@m", .key = &type_int64, .value = &type_int64 };
    assert_string_equal(map_text(a, &m, keys, values, 4, 0, 0), "@m[2]: -4\n@m[-5]: 1\n@m[7]: 3\n@m[9]: 3\n");
    assert_string_equal(map_text(a, &m, keys, values, 4, 2, 2), "@m[7]: 1\n@m[9]: 1\n");
    assert_string_equal(map_text(a, &m, keys, values, 4, 9, -1), "@m[2]: 4\n@m[-5]: -1\n@m[7]: -3\n@m[9]: -3\n");
    assert_string_equal(map_json(a, &m, keys, values, 4, 2, 1),
                        "{\"type\": \"map\", \"data\": {\"@m\": {\"7\": 3, \"9\": 3}}}\n");
    m.value = &type_uint64; /* -4 is large now */
    assert_string_equal(map_text(a, &m, keys, values, 4, 1, 1), "@m[2]: 18446744073709551612\n");
    m.value = type_string(a, 8); /* by key */
    assert_string_equal(map_text(a, &m, keys, "d\0\0\0\0\0\0\0a\0\0\0\0\0\0\0c\0\0\0\0\0\0\0b\0\0\0\0\0\0", 4, 0, 1),
                        "@m[-5]: a\n@m[2]: c\n@m[7]: b\n@m[9]: d\n");
    m.value = type_agg(a, TY_MIN, true); /* as bpftrace: negative ones last */
    struct minmax_cell cells[] = { { (uint64_t)-2, 1 }, { 0, 1 }, { 1, 1 }, { (uint64_t)-1, 1 } };
    assert_string_equal(map_text(a, &m, keys, cells, 4, 0, 1), "@m[-5]: 0\n@m[2]: 1\n@m[9]: -2\n@m[7]: -1\n");
    m.value = type_agg(a, TY_STATS, true);
    struct avg_cell stats[] = { { 10, 1 }, { (uint64_t)-8, 2 }, { 9, 3 }, { 0, 1 } };
    assert_string_equal(map_text(a, &m, keys, stats, 4, 2, 1), "@m[2]: { .count = 3, .average = 3, .total = 9 }\n"
                                                               "@m[9]: { .count = 1, .average = 10, .total = 10 }\n");
    assert_string_equal(map_json(a, &m, keys, stats, 4, 1, 2),
                        "{\"type\": \"stats\", \"data\": {\"@m\": {\"9\": {\"count\": 1, \"average\": 5, "
                        "\"total\": 10}}}}\n");
}

static void orders_by_parts_of_keys(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    const struct type *parts[] = { &type_int32, type_string(a, 4) };
    struct map_info m = { .name = "@", .key = type_tuple(a, parts, 2), .value = type_string(a, 2) };
    struct {
        int32_t n;
        char s[4];
    } keys[] = { { 2, "b" }, { 1, "zz" }, { 2, "a" }, { -1, "ab" } };
    assert_string_equal(map_text(a, &m, keys, "w\0x\0y\0z", 4, 0, 1),
                        "@[-1, ab]: z\n@[1, zz]: x\n@[2, a]: y\n@[2, b]: w\n");
}

/* Unsigned keys, too: 255 is -1 and comes first. */
static void orders_keys_as_signed(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    struct map_info m = { .name = "@", .key = &type_uint8, .value = type_string(a, 2) };
    assert_string_equal(map_text(a, &m, (uint8_t[]){ 1, 255, 77 }, "x\0y\0z", 3, 0, 1),
                        "@[255]: y\n@[1]: x\n@[77]: z\n");
}

static void divides_inside_of_values(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    const struct type *parts[] = { &type_int32, type_array(a, &type_uint8, 4), &type_bool };
    struct map_info m = { .name = "@t", .value = type_tuple(a, parts, 3) };
    struct {
        int32_t n;
        uint8_t bytes[4];
        bool b;
    } v = { -7, { 1, 2, 3, 4 }, true };
    assert_string_equal(map_text(a, &m, NULL, &v, 1, 1, 2), "@t: (-3, [0,1,1,2], true)\n");
    assert_string_equal(map_json(a, &m, NULL, &v, 1, 0, 2),
                        "{\"type\": \"map\", \"data\": {\"@t\": [-3,[0,1,1,2],true]}}\n");
}

static void shows_empty_maps(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    const struct type *parts[] = { &type_int64, type_string(a, 4) };
    struct map_info m = { .name = "@e", .value = type_tuple(a, parts, 2) };
    assert_string_equal(map_text(a, &m, NULL, NULL, 0, 0, 1), "@e: (0, )\n");
    assert_string_equal(map_json(a, &m, NULL, NULL, 0, 0, 1), "{\"type\": \"map\", \"data\": {\"@e\": [0,\"\"]}}\n");
    m.value = &type_username;
    assert_string_equal(map_text(a, &m, NULL, NULL, 0, 0, 1), "@e: root\n");
    m.value = type_agg(a, TY_STATS, false);
    assert_string_equal(map_text(a, &m, NULL, NULL, 0, 0, 1), "@e: { .count = 0, .average = 0, .total = 0 }\n");
    m.value = type_hist(a, 0);
    assert_string_equal(map_text(a, &m, NULL, NULL, 0, 0, 1), "");
    assert_string_equal(map_json(a, &m, NULL, NULL, 0, 0, 1), "");
    m.key = &type_int64;
    m.value = &type_int64;
    assert_string_equal(map_text(a, &m, NULL, NULL, 0, 0, 1), "");
    assert_string_equal(map_json(a, &m, NULL, NULL, 0, 0, 1), "");
    m.value = type_agg(a, TY_AVG, false);
    assert_string_equal(map_json(a, &m, NULL, NULL, 0, 0, 1), "{\"type\": \"stats\", \"data\": {\"@e\": {}}}\n");
}

static const char full_bar[] = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@";

static void shows_histograms(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    uint64_t buckets[2][2000] = { 0 };
    struct map_info m = { .name = "@h", .key = &type_int64, .value = type_hist(a, 0) };
    size_t cell = type_hist_buckets(m.value);
    uint64_t *big = buckets[0], *small = buckets[0] + cell;
    big[0] = 4;
    big[1] = 2;
    big[3] = 1;
    small[11] = 3;
    char expected[2000];
    snprintf(expected, sizeof expected,
             "@h[2]:\n[512, 1K)              3 |%s|\n\n"
             "@h[1]:\n(..., 0)               4 |%s|\n[0]                    2 |%-52.26s|\n"
             "[1]                    0 |%52s|\n[2, 4)                 1 |%-52.13s|\n\n",
             full_bar, full_bar, full_bar, "", full_bar);
    assert_string_equal(map_text(a, &m, (int64_t[]){ 1, 2 }, buckets, 2, 0, 1), expected);
    assert_string_equal(
        map_json(a, &m, (int64_t[]){ 1, 2 }, buckets, 2, 0, 2),
        "{\"type\": \"hist\", \"data\": {\"@h\": {\"2\": [{\"min\": 512, \"max\": 1023, \"count\": 1}], "
        "\"1\": [{\"max\": -1, \"count\": 2},{\"min\": 0, \"max\": 0, \"count\": 1},"
        "{\"min\": 1, \"max\": 1, \"count\": 0},{\"min\": 2, \"max\": 3, \"count\": 0}]}}}\n");
    small[11] = 0; /* zeroed */
    assert_string_equal(map_text(a, &m, (int64_t[]){ 2 }, small, 1, 0, 1), "@h[2]:\n\n");
    assert_string_equal(map_json(a, &m, (int64_t[]){ 2 }, small, 1, 0, 1),
                        "{\"type\": \"hist\", \"data\": {\"@h\": {\"2\": []}}}\n");
}

/* The label of one bucket, by the value that falls into it. */
static const char *hist_label(struct arena *a, unsigned bits, uint64_t v) {
    static uint64_t buckets[4096];
    unsigned p = v ? 63 - (unsigned)__builtin_clzll(v) : 0;
    size_t i = v < 2u << bits ? 1 + v : 1 + ((size_t)(p - bits + 1) << bits) + ((v >> (p - bits)) & ((1u << bits) - 1));
    struct strbuf out = { 0 };
    buckets[i] = 1;
    show_hist(&out, type_hist(a, bits), buckets, 1);
    buckets[i] = 0;
    size_t end = strcspn(out.s, "])") + 1;
    char *label = arena_strndup(a, out.s, end);
    strbuf_free(&out);
    return label;
}

static void labels_buckets(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    assert_string_equal(hist_label(a, 0, UINT64_C(1) << 29), "[512M, 1G)");
    assert_string_equal(hist_label(a, 0, INT64_MAX), "[4E, 8E)");
    assert_string_equal(hist_label(a, 2, 1100), "[1024, 1280)");
    assert_string_equal(hist_label(a, 2, 4095), "[3584, 4K)");
    assert_string_equal(hist_label(a, 2, 4096), "[4K, 5K)");
    assert_string_equal(hist_label(a, 1, UINT64_C(1) << 40), "[1024G, 1536G)");
    assert_string_equal(hist_label(a, 1, UINT64_C(3) << 39), "[1536G, 2T)");
    assert_string_equal(hist_label(a, 5, 1 << 20), "[1024K, 1056K)");
    assert_string_equal(hist_label(a, 5, 63), "[63]");
    assert_string_equal(hist_label(a, 5, 64), "[64, 66)");
}

static const char *lhist_labels(struct arena *a, int64_t min, int64_t max, int64_t step) {
    const struct type *t = type_lhist(a, min, max, step);
    uint64_t buckets[32];
    for (size_t i = 0; i < 32; i++)
        buckets[i] = 1;
    struct strbuf out = { 0 }, labels = { 0 };
    show_lhist(&out, t, buckets, 1);
    for (char *line = strtok(out.s, "\n"); line; line = strtok(NULL, "\n")) {
        strbuf_add(&labels, line, strcspn(line, "])") + 1);
        strbuf_addc(&labels, ' ');
    }
    strbuf_free(&out);
    return strbuf_finish(&labels, a);
}

static void labels_linear_buckets(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    assert_string_equal(lhist_labels(a, 0, 10, 3), "(..., 0) [0, 3) [3, 6) [6, 9) [9, ...) ");
    assert_string_equal(lhist_labels(a, 0, 2, 1), "(..., 0) [0] [1] [2, ...) ");
    assert_string_equal(lhist_labels(a, 512, 1536, 512), "(..., 512) [512, 1024) [1024, 1536) [1536, ...) ");
    assert_string_equal(lhist_labels(a, 1048576, 3145728, 1048576), "(..., 1M) [1M, 2M) [2M, 3M) [3M, ...) ");
    assert_string_equal(lhist_labels(a, 0, 1 << 12, 1 << 11), "(..., 0) [0, 2K) [2K, 4K) [4K, ...) ");
    assert_string_equal(lhist_labels(a, 0, INT64_C(1) << 33, INT64_C(1) << 32),
                        "(..., 0) [0, 4096M) [4096M, 8192M) [8192M, ...) ");
}

/* ---- sinks -------------------------------------------------------------------------------- */

struct capture {
    struct sink sink;
    FILE *out, *err;
};

static void capture_open(struct capture *c, const struct sink_ops *ops) {
    c->out = tmpfile();
    c->err = tmpfile();
    c->sink = (struct sink){ .ops = ops, .resolver = &fake, .fd = fileno(c->out), .err_fd = fileno(c->err) };
}

static const char *written(struct arena *a, FILE *f) {
    char *text = arena_alloc(a, 4096);
    ssize_t n = pread(fileno(f), text, 4095, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void capture_close(struct capture *c) {
    sink_free(&c->sink);
    fclose(c->out);
    fclose(c->err);
}

static void play(struct sink *s) {
    const struct event_site site = {
        .call = "errorf", .file = "stdin", .line = 1, .col = 9, .end_col = 20, .expansions = "expanded\n"
    };
    const struct event_site read = { .call = "x",
                                     .file = "a.bt",
                                     .line = 2,
                                     .col = 3,
                                     .end_col = 4,
                                     .helper = "probe_read",
                                     .excerpt = "line\n  ~~\n" };
    const struct event_site div = { .call = "x", .file = "a.bt", .line = 2, .col = 3, .end_col = 4 };
    struct map_info m = { .name = "@", .value = &type_int64 };
    int64_t five = 5;
    struct map_snapshot full = { .map = &m, .entries = &(struct map_entry){ .value = &five }, .n = 1 };
    struct map_snapshot empty = { .map = &m };
    s->ops->attached(s, 1);
    s->ops->text(s, "printf", "a\n", 2);
    s->ops->text(s, "join", "b c", 3);
    s->ops->value(s, &type_int64, &five);
    s->ops->error(s, &site, "boo\n", 4, false, 0);
    s->ops->error(s, &read, "Bad address", 11, true, -14);
    s->ops->error(s, &div, "Divide", 6, true, 0);
    s->ops->lost(s, 3);
    s->ops->map(s, &empty, 0, 1);
    s->ops->lost(s, 4);
    s->ops->end(s);
    s->ops->map(s, &full, 0, 1);
    s->ops->map(s, &empty, 0, 1);
    s->ops->ledger(s, (const char *const[]){ "map full", "x", "y" }, (const char *const[]){ "@", NULL, NULL },
                   (uint64_t[]){ 2, 0, 1 }, 3);
    sink_flush(s, true);
}

static void writes_text(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    struct capture c;
    capture_open(&c, &sink_text);
    play(&c.sink);
    assert_string_equal(written(a, c.out), "a\nb c\n5\n@: 0\n\n\n@: 5\n");
    assert_string_equal(written(a, c.err), "Attached 1 probe\nstdin:1:9-20: ERROR: boo\nexpanded\n"
                                           "a.bt:2:3-4: WARNING: Bad address\n"
                                           "Additional Info - helper: probe_read, retcode: -14\nline\n  ~~\n"
                                           "a.bt:2:3-4: WARNING: Divide\nLost 3 events\nLost 4 events\n"
                                           "WARNING: Total lost event count: 7\n"
                                           "sonde: map full: 2 times (@)\nsonde: y: 1 time\n");
    capture_close(&c);
    capture_open(&c, &sink_text);
    c.sink.no_warnings = c.sink.quiet = true;
    play(&c.sink);
    assert_string_equal(written(a, c.err), "stdin:1:9-20: ERROR: boo\nexpanded\nLost 3 events\nLost 4 events\n");
    capture_close(&c);
    capture_open(&c, &sink_text);
    c.sink.color = true;
    const struct event_site site = { .call = "warnf" };
    c.sink.ops->error(&c.sink, &site, "w", 1, true, 0);
    c.sink.color = false;
    const struct event_site lines = { .call = "errorf", .file = "stdin", .line = 2, .end_line = 3 };
    c.sink.ops->error(&c.sink, &lines, "x", 1, false, 0);
    assert_string_equal(written(a, c.err), "\033[33mWARNING: w\033[0m\nstdin:2-3: ERROR: x\n");
    capture_close(&c);
}

static void writes_json(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    struct capture c;
    capture_open(&c, &sink_json);
    play(&c.sink);
    assert_string_equal(
        written(a, c.out),
        "{\"type\": \"attached_probes\", \"count\": 1, \"data\": {\"probes\": 1}}\n"
        "{\"type\": \"printf\", \"data\": \"a\\n\"}\n"
        "{\"type\": \"join\", \"data\": \"b c\"}\n"
        "{\"type\": \"value\", \"data\": 5}\n"
        "{\"type\": \"errorf\", \"msg\": \"boo\\n\", \"filename\": \"stdin\", \"line\": 1, \"col\": 9}\n"
        "{\"type\": \"helper_error\", \"msg\": \"Bad address\", \"helper\": \"probe_read\", \"retcode\": -14, "
        "\"filename\": \"a.bt\", \"line\": 2, \"col\": 3}\n"
        "{\"type\": \"runtime_error\", \"msg\": \"Divide\", \"filename\": \"a.bt\", \"line\": 2, \"col\": 3}\n"
        "{\"type\": \"lost_events\", \"count\": 3, \"data\": {\"events\": 3}}\n"
        "{\"type\": \"map\", \"data\": {\"@\": 0}}\n"
        "{\"type\": \"lost_events\", \"count\": 4, \"data\": {\"events\": 4}}\n"
        "{\"type\": \"map\", \"data\": {\"@\": 5}}\n"
        "{\"type\": \"ledger\", \"data\": [{\"cause\": \"map full\", \"subject\": \"@\", \"count\": 2},"
        "{\"cause\": \"y\", \"count\": 1}]}\n");
    assert_string_equal(written(a, c.err), "WARNING: Total lost event count: 7\n");
    capture_close(&c);
    capture_open(&c, &sink_json);
    struct map_info m = { .name = "@a", .value = type_agg(a, TY_AVG, true) };
    struct map_snapshot empty = { .map = &m };
    c.sink.ops->end(&c.sink);
    c.sink.ops->map(&c.sink, &empty, 0, 1);
    sink_flush(&c.sink, true);
    assert_string_equal(written(a, c.out), "{\"type\": \"stats\", \"data\": {\"@a\": {}}}\n");
    capture_close(&c);
}

static void buffers_as_told(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    struct capture c;
    capture_open(&c, &sink_text);
    c.sink.ops->text(&c.sink, "printf", "a\nb\npart", 8);
    assert_string_equal(written(a, c.out), ""); /* only at the end of a batch */
    sink_flush(&c.sink, false);
    assert_string_equal(written(a, c.out), "a\nb\n");
    sink_flush(&c.sink, true);
    assert_string_equal(written(a, c.out), "a\nb\npart");
    c.sink.buffering = BUFFER_FULL;
    c.sink.ops->text(&c.sink, "printf", "x\n", 2);
    sink_flush(&c.sink, false);
    assert_string_equal(written(a, c.out), "a\nb\npart");
    c.sink.buffering = BUFFER_NONE;
    c.sink.ops->text(&c.sink, "printf", "y", 1);
    assert_string_equal(written(a, c.out), "a\nb\npartx\ny");
    capture_close(&c);
}

static void notices_closed_pipes(void **state) {
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    struct sink s = { .ops = &sink_text, .resolver = &fake, .fd = fds[1], .err_fd = fds[1] };
    s.ops->text(&s, "printf", "x\n", 2);
    sink_flush(&s, false);
    assert_true(s.write_failed);
    assert_int_equal(s.out.len, 0);
    close(fds[1]);
    sink_free(&s);
}

static void splits_large_maps(void **state) {
    struct arena *a = ((struct env *)*state)->arena;
    enum { N = 10000 };
    struct map_info m = { .name = "@", .key = &type_int64, .value = &type_int64 };
    int64_t *keys = ARENA_ARRAY(a, int64_t, N), *values = ARENA_ARRAY(a, int64_t, N);
    for (int i = 0; i < N; i++) {
        keys[i] = i;
        values[i] = N - i;
    }
    struct map_snapshot s = snapshot(a, &m, keys, values, N);
    struct strbuf text = { 0 }, json = { 0 };
    show_map(&text, &fake, &s, 9000, 1);
    show_map_json(&json, &fake, &s, 9000, 1);
    const struct sink_ops *const ops[] = { &sink_text, &sink_json };
    for (int i = 0; i < 2; i++) {
        struct sink sink = { .ops = ops[i], .resolver = &fake, .fd = -1, .err_fd = -1 };
        sink.ops->map(&sink, &s, 9000, 1);
        assert_string_equal(sink.out.s, i ? json.s : text.s);
        sink_free(&sink);
    }
    strbuf_free(&text);
    strbuf_free(&json);
}

static void finds_formats(void **state) {
    assert_ptr_equal(sink_find("text"), &sink_text);
    assert_ptr_equal(sink_find("json"), &sink_json);
    assert_null(sink_find("xml"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(shows_numbers),
        TEST(shows_enums),
        TEST(shows_strings),
        TEST(escapes_json),
        TEST(shows_tuples_and_records),
        TEST(keeps_blanks_of_keys),
        TEST(shows_structs),
        TEST(shows_opaque_values),
        TEST(shows_aggregations),
        TEST(orders_maps),
        TEST(orders_by_parts_of_keys),
        TEST(orders_keys_as_signed),
        TEST(divides_inside_of_values),
        TEST(shows_empty_maps),
        TEST(shows_histograms),
        TEST(labels_buckets),
        TEST(labels_linear_buckets),
        TEST(writes_text),
        TEST(writes_json),
        TEST(buffers_as_told),
        TEST(notices_closed_pipes),
        TEST(splits_large_maps),
        TEST(finds_formats),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
