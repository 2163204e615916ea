/* Format strings: how they are taken apart, and what printf makes of them. Expected texts are bpftrace 0.27.1's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "output/output.h"
#include "program/format.h"

/* ---- parsing ------------------------------------------------------------------------------ */

/* The format taken apart, as text: literals as they are, conversions as "<conv width bits flags>". */
static const char *taken_apart(struct arena *a, const char *text) {
    struct format f;
    struct strbuf out = { 0 };
    char unsupported;
    format_parse(&f, a, text, strlen(text), &unsupported);
    uint32_t nargs = 0;
    for (VEC_EACH(c, &f.convs)) {
        strbuf_add(&out, c->literal, c->literal_len);
        if (!c->conv)
            continue;
        nargs++;
        strbuf_printf(&out, "<%c %u %u %s%s%s%s%s>", c->conv, c->width, c->bits, c->left ? "-" : "", c->plus ? "+" : "",
                      c->space ? " " : "", c->alt ? "#" : "", c->zero ? "0" : "");
    }
    assert_int_equal(nargs, f.nargs);
    if (unsupported)
        strbuf_printf(&out, " unsupported %c", unsupported);
    return strbuf_finish(&out, a);
}

static void parses_conversions(void **state) {
    static const char *const cases[][2] = {
        { "", "" },
        { "plain", "plain" },
        { "a%db%sc", "a<d 0 32 >b<s 0 32 >c" },
        { "%-+ #012.5lx", "<x 12 64 -+ #0>" },
        { "%hhd%hd%ld%lld%jd%zd%td%Ld", "<d 0 8 ><d 0 16 ><d 0 64 ><d 0 64 ><d 0 64 ><d 0 64 ><d 0 64 ><d 0 32 >" },
        { "%hhhd%lhd%jhd", "<d 0 32 ><d 0 32 ><d 0 32 >" },
        { "%00007d", "<d 7 32 0>" },
        { "%r%rx%rh%grx%5gr", "<r 0 32 ><R 0 32 ><H 0 32 ><G 0 32 >x<G 5 32 >" },
        { "100%% %5%|%-5%|%l%|%.3%", "100% %|%|%|%" },
        { "%y %z %S %*d %1$d %'d %", "%y %z %S %*d %1$d %'d %" },
        { "%+-5d %0-5d %--d %5.d %.d", "%+-5d %0-5d %--d %5.d %.d" }, /* flags in another order; a dot alone */
        { "%5 %d", "%5 <d 0 32 >" },
        { "%f", "<f 0 32 > unsupported f" },
        { "%d %5.2le %n", "<d 0 32 > <f 5 64 > <f 0 32 > unsupported e" },
        { "%G %gx", "<f 0 32 > <f 0 32 >x unsupported G" },
        { "abc%", "abc%" },
        { "abc%-5", "abc%-5" },
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(taken_apart(a, cases[i][0]), cases[i][1]);
    arena_free(a);
}

static void keeps_nul_bytes(void **state) {
    struct arena *a = arena_new();
    struct format f;
    char unsupported;
    format_parse(&f, a, "a\0%d\0%", 6, &unsupported);
    assert_int_equal(f.convs.n, 2);
    assert_int_equal(f.nargs, 1);
    assert_memory_equal(f.convs.v[0].literal, "a\0", 2);
    assert_memory_equal(f.convs.v[1].literal, "\0%", 2);
    arena_free(a);
}

/* ---- running ------------------------------------------------------------------------------ */

static const struct resolver plain = { .trunc_trailer = "..", .max_strlen = 64 };

/* One argument of type t with the bytes at data. */
static const char *run(struct arena *a, const char *format, const struct type *t, const void *data) {
    const struct type *record = type_tuple(a, &t, 1);
    struct strbuf out = { 0 };
    format_run(&out, &plain, format_plan_new(a, format, strlen(format), record, 0), data);
    return strbuf_finish(&out, a);
}

struct int_case {
    const char *format;
    int64_t value;
    const char *text;
};

static void prints_integers(void **state) {
    static const struct int_case cases[] = {
        { "%d|", 1, "1|" },
        { "%5d|", 2, "    2|" },
        { "%-5d|", 3, "3    |" },
        { "%05d|", 4, "00004|" },
        { "%-05d|", -1, "-1000|" },
        { "%010d|", -5, "00000000-5|" },
        { "%+d|", 6, "+6|" },
        { "%+5d|", 7, "   +7|" },
        { "%+05d|", 8, "000+8|" },
        { "% d|", 9, "9|" },
        { "%+u|", 4, "4|" },
        { "%d|", 4294967295, "-1|" },
        { "%u|", -1, "4294967295|" },
        { "%lu|", -1, "18446744073709551615|" },
        { "%ld|", INT64_MIN, "-9223372036854775808|" },
        { "%hhd %|", 0x1122334455667788, "-120 %|" },
        { "%hd|", 0x1122334455667788, "30600|" },
        { "%x|", 0x1122334455667788, "55667788|" },
        { "%hhhd|", 0x1122334455667788, "1432778632|" },
        { "%lo|", -1, "1777777777777777777777|" },
        { "%X|", -255, "FFFFFF01|" },
        { "%#x|", 10, "0xa|" },
        { "%#5x|", 10, "  0xa|" },
        { "%#05x|", 10, "000xa|" },
        { "%-#5x|", 10, "0xa  |" },
        { "%#X|", 10, "0XA|" },
        { "%#o|", 8, "010|" },
        { "%#o|", 0, "0|" },
        { "%#x|", 0, "0|" },
        { "%p|", 0, "0|" },
        { "%hhp|", 0x1234, "0x1234|" },
        { "%020p|", 3, "000000000000000000x3|" },
        { "%05c|", 'D', "0000D|" },
        { "%-5c|", 'D', "D    |" },
        { "%s|", 65736, "65736|" },
        { "%+s|", 5, "+5|" },
        { "%+5.3s|", 5, "   +5|" },
        { "%20gr|", 0xdc0, "GFP_KERNEL|__GFP_ZERO|" },
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(run(a, cases[i].format, &type_int64, &cases[i].value), cases[i].text);
    assert_string_equal(run(a, "%u", &type_int8, &(int8_t){ -1 }), "4294967295");
    assert_string_equal(run(a, "%d", &type_uint8, &(uint8_t){ 200 }), "200");
    assert_string_equal(run(a, "%x %%", &type_int16, &(int16_t){ -1 }), "ffffffff %");
    assert_string_equal(run(a, "%06s|", &type_bool, &(bool){ true }), "00true|");
    assert_string_equal(run(a, "%5d|", &type_bool, &(bool){ true }), "    1|");
    const struct type *ptr = type_ptr(a, &type_int8, AS_KERNEL);
    assert_string_equal(run(a, "%s", ptr, &(uint64_t){ 0 }), "0x0");
    assert_string_equal(run(a, "%-10s|", ptr, &(uint64_t){ 0x1234 }), "0x1234    |");
    arena_free(a);
}

static void prints_nul_characters(void **state) {
    struct arena *a = arena_new();
    const struct type *t = &type_int64;
    struct strbuf out = { 0 };
    format_run(&out, &plain, format_plan_new(a, "%3c\0", 4, type_tuple(a, &t, 1), 0), &(int64_t){ 0x100 });
    assert_int_equal(out.len, 4);
    assert_memory_equal(out.s, "  \0\0", 4);
    strbuf_free(&out);
    arena_free(a);
}

static void prints_strings(void **state) {
    struct arena *a = arena_new();
    const struct type *t = type_string(a, 8), *longest = type_string(a, 64);
    assert_string_equal(run(a, "[%s]", t, "abc\0\0\0\0\0"), "[abc]");
    assert_string_equal(run(a, "[%5s]", t, "abc\0\0\0\0\0"), "[  abc]");
    assert_string_equal(run(a, "[%-05s]", t, "k\0\0\0\0\0\0\0"), "[k0000]");
    assert_string_equal(run(a, "[%.2s]", t, "efg\0\0\0\0\0"), "[efg]");
    assert_string_equal(run(a, "[%s]", t, "abcdefgh"), "[abcdefgh]"); /* filled, but no longest string */
    char full[65];
    memset(full, 'x', 64);
    full[64] = '\0';
    const char *text = run(a, "%s|", longest, full);
    assert_int_equal(strlen(text), 67);
    assert_string_equal(text + 62, "xx..|");
    full[63] = '\0';
    assert_string_equal(run(a, "%s|", longest, full) + 61, "xx|");
    arena_free(a);
}

static void prints_buffers(void **state) {
    struct arena *a = arena_new();
    const struct type *t = type_buffer(a, 8);
    struct {
        uint32_t len;
        char data[8];
    } b = { 4, "abc\x01" };
    assert_string_equal(run(a, "%r|", t, &b), "abc\\x01|");
    assert_string_equal(run(a, "%-12r|", t, &b), "abc\\x01     |");
    assert_string_equal(run(a, "%20rx|", t, &b), "    \\x61\\x62\\x63\\x01|");
    assert_string_equal(run(a, "%20rh|", t, &b), "         61 62 63 01|");
    assert_string_equal(run(a, "%s", t, &b), "abc\\x01");
    b.len = 1000; /* beyond the storage */
    memcpy(b.data, "\x1f\x20~\x7f\xff\"\\\0", 8);
    assert_string_equal(run(a, "%r", t, &b), "\\x1f ~\\x7f\\xff\"\\\\x00");
    arena_free(a);
}

/* The width goes to the opening bracket alone. */
static void pads_first_fragments(void **state) {
    struct arena *a = arena_new();
    const struct type *pair[] = { &type_int32, &type_int32 };
    const char *const names[] = { "a", "b" };
    int32_t data[2] = { -1, 2 };
    assert_string_equal(run(a, "%-10s|", type_tuple(a, pair, 2), data), "(         -1, 2)|");
    assert_string_equal(run(a, "%10s|", type_tuple(a, pair, 2), data), "         (-1, 2)|");
    assert_string_equal(run(a, "%+s|", type_tuple(a, pair, 2), ((int32_t[]){ 1, -2 })), "(+1, -2)|");
    assert_string_equal(run(a, "%+s|", &type_uint64, &(uint64_t){ 5 }), "5|");
    assert_string_equal(run(a, "%010s|", type_tuple(a, pair, 2), data), "000000000(-1, 2)|");
    const struct type *record = type_record(a, names, pair, 2);
    assert_string_equal(run(a, "%-10s|", record, data), "{         .a = -1, .b = 2 }|");
    assert_string_equal(run(a, "%10s|", record, data), "        { .a = -1, .b = 2 }|");
    const struct type *array = type_array(a, &type_int32, 2);
    assert_string_equal(run(a, "%-10s|", array, data), "[         -1,2]|");
    assert_string_equal(run(a, "%10s|", array, data), "         [-1,2]|");
    assert_string_equal(run(a, "%8s|", type_array(a, &type_char, 4), "abc"), "     abc|");
    assert_string_equal(run(a, "%45s|", type_agg(a, TY_STATS, true), &(struct avg_cell){ 8, 2 }),
                        "     { .count = 2, .average = 4, .total = 8 }|");
    arena_free(a);
}

static void reads_several_arguments(void **state) {
    struct arena *a = arena_new();
    const struct type *args[] = { &type_uint32, &type_uint8, type_string(a, 6), &type_int64 };
    struct {
        uint32_t unused;
        uint8_t b;
        char s[6];
        int64_t n;
    } data = { 77, 200, "hello", -3 };
    const struct type *record = type_tuple(a, args, 4);
    struct strbuf out = { 0 };
    format_run(&out, &plain, format_plan_new(a, "<%d> %s %ld\n", 12, record, 1), &data);
    assert_string_equal(strbuf_str(&out), "<200> hello -3\n");
    strbuf_reset(&out);
    format_run(&out, &plain, format_plan_new(a, "%d %d %d %d %d", 14, record, 3), &data); /* too few: no harm */
    assert_string_equal(strbuf_str(&out), "-3    ");
    strbuf_free(&out);
    arena_free(a);
}

static void names_allocation_flags(void **state) {
    static const struct {
        uint64_t flags;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 3, "GFP_DMA|__GFP_HIGHMEM" },
        { 0xdc0, "GFP_KERNEL|__GFP_ZERO" },
        { 0x100cca, "GFP_HIGHUSER|0x8" },
        { 0xc80, "GFP_NOIO|__GFP_FS" },
        { 0x100000000dc0, "GFP_KERNEL|__GFP_ZERO|0x100000000000" },
        { UINT64_MAX, "GFP_TRANSHUGE|GFP_ATOMIC|GFP_DMA|GFP_DMA32|__GFP_ZERO|__GFP_WRITE|__GFP_RETRY_MAYFAIL|"
                      "__GFP_NOFAIL|__GFP_NORETRY|__GFP_MEMALLOC|__GFP_THISNODE|__GFP_ACCOUNT|__GFP_ZEROTAGS|"
                      "__GFP_SKIP_ZERO|__GFP_NO_OBJ_EXT|0xfffffffff8000210" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct strbuf out = { 0 };
        show_gfp(&out, cases[i].flags);
        assert_string_equal(strbuf_str(&out), cases[i].text);
        strbuf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_conversions),     cmocka_unit_test(keeps_nul_bytes),
        cmocka_unit_test(prints_integers),        cmocka_unit_test(prints_nul_characters),
        cmocka_unit_test(prints_strings),         cmocka_unit_test(prints_buffers),
        cmocka_unit_test(pads_first_fragments),   cmocka_unit_test(reads_several_arguments),
        cmocka_unit_test(names_allocation_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
