/* Tokens, literals, attach points, and the bounds that keep bad input harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lexer/lexer.h"
#include "lexer/scan.h"
#include "parser.tab.h"
#include "parser/parser.h"
#include "support/strbuf.h"

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int drop_arena(void **state) {
    arena_free(*state);
    return 0;
}

/* ---- tokens -------------------------------------------------------------------------------- */

static void expect_tokens(struct arena *a, const char *text, const int *expected, size_t n) {
    struct diag *d = diag_new(a);
    struct lexer *lx = lexer_new(a, source_new(a, "t", text, strlen(text)), d, NULL);
    union syntax_value value;
    struct span at = { 0 };
    for (size_t i = 0; i < n; i++)
        assert_int_equal(lexer_next(lx, &value, &at), expected[i]);
    assert_int_equal(lexer_next(lx, &value, &at), T_END);
    assert_int_equal(d->nerrors, 0);
    lexer_free(lx);
}

#define EXPECT(a, text, ...) \
    expect_tokens(a, text, (const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void attach_points_end_at_blanks_commas_and_braces(void **state) {
    EXPECT(*state, "kprobe:a{}", T_ATTACH, '{', '}');
    EXPECT(*state, "kprobe:a,k:b /1/ {}", T_ATTACH, ',', T_ATTACH, T_PRED_OPEN, T_INT, T_PRED_CLOSE, '{', '}');
    EXPECT(*state, "u:\"a b,{\":f {}", T_ATTACH, '{', '}');
    EXPECT(*state, "t:a:b/1/ {}", T_ATTACH, '{', '}');
    EXPECT(*state, "begin/1/{}", T_ATTACH, T_PRED_OPEN, T_INT, T_PRED_CLOSE, '{', '}');
}

static void only_the_slash_before_the_body_closes_a_predicate(void **state) {
    EXPECT(*state, "end /4/2/ // c\n {}", T_ATTACH, T_PRED_OPEN, T_INT, '/', T_INT, T_PRED_CLOSE, '{', '}');
    EXPECT(*state, "end /(1/{2})/{}", T_ATTACH, T_PRED_OPEN, '(', T_INT, '/', '{', T_INT, '}', ')', T_PRED_CLOSE, '{',
           '}');
    EXPECT(*state, "end {1/{2}}", T_ATTACH, '{', T_INT, '/', '{', T_INT, '}', '}');
}

static void keywords_are_names_after_sigils_dots_and_as_fields(void **state) {
    EXPECT(*state, "end {$if @let .while ->for if=1 if==1}", T_ATTACH, '{', T_VAR, T_MAP, '.', T_IDENT, T_ARROW,
           T_IDENT, T_IDENT, '=', T_INT, T_IF, T_EQUALITY, T_INT, '}');
}

static void casts_and_types_have_parentheses_of_their_own(void **state) {
    EXPECT(*state, "end {(a)b;(a);(pid)*b;(a*)b}", T_ATTACH, '{', T_CAST_OPEN, T_IDENT, ')', T_IDENT, ';', '(', T_IDENT,
           ')', ';', '(', T_IDENT, ')', '*', T_IDENT, ';', T_CAST_OPEN, T_IDENT, '*', ')', T_IDENT, '}');
    EXPECT(*state, "end {sizeof(a) sizeof(a+1)}", T_ATTACH, '{', T_SIZEOF, T_TYPE_OPEN, T_IDENT, ')', T_SIZEOF, '(',
           T_IDENT, '+', T_INT, ')', '}');
}

static void declarations_end_with_or_without_semicolon(void **state) {
    EXPECT(*state, "let @a = hash(1) let @b = hash(2); end{}", T_LET, T_MAP, '=', T_IDENT, '(', T_INT, ')', T_LET,
           T_MAP, '=', T_IDENT, '(', T_INT, ')', ';', T_ATTACH, '{', '}');
}

static void c_definitions_are_single_tokens(void **state) {
    EXPECT(*state, "#define A \\\n 1\nstruct a { struct { int x; } y; /* } */ };\nenum { B } end{}", T_CDEF, T_CDEF,
           T_CDEF, T_ATTACH, '{', '}');
}

static void digits_after_a_dot_are_decimal(void **state) {
    EXPECT(*state, "end {$t.0.1 0..4}", T_ATTACH, '{', T_VAR, '.', T_INT, '.', T_INT, T_INT, T_DOTDOT, T_INT, '}');
}

/* ---- integers ------------------------------------------------------------------------------ */

static void expect_integer(struct arena *a, const char *text, uint64_t expected) {
    uint64_t value;
    bool negative;
    const char *error;
    assert_true(parse_integer(text, strlen(text), true, &value, &negative, a, &error));
    assert_int_equal(value, expected);
    assert_int_equal(negative, *text == '-');
}

static void expect_bad_integer(struct arena *a, const char *text, const char *expected) {
    uint64_t value;
    bool negative;
    const char *error;
    assert_false(parse_integer(text, strlen(text), true, &value, &negative, a, &error));
    assert_string_equal(error, expected);
}

static void integers_in_every_form(void **state) {
    expect_integer(*state, "0", 0);
    expect_integer(*state, "120", 120);
    expect_integer(*state, "017", 15);
    expect_integer(*state, "0x1F", 31);
    expect_integer(*state, "0X_1f", 31);
    expect_integer(*state, "1__000", 1000);
    expect_integer(*state, "9e3", 9000);
    expect_integer(*state, "1E19", 10000000000000000000u);
    expect_integer(*state, "5ms", 5000000);
    expect_integer(*state, "1e3us", 1000000);
    expect_integer(*state, "2d", 172800000000000);
    expect_integer(*state, "7ull", 7);
    expect_integer(*state, "-5", (uint64_t)-5);
    expect_integer(*state, "-9223372036854775808", (uint64_t)1 << 63);
    expect_integer(*state, "18446744073709551615", UINT64_MAX);
}

static void integers_that_are_none(void **state) {
    expect_bad_integer(*state, "", "invalid integer: ");
    expect_bad_integer(*state, "abc", "invalid integer: abc");
    expect_bad_integer(*state, "08", "invalid trailing bytes: 08");
    expect_bad_integer(*state, "12x", "invalid trailing bytes: 12x");
    expect_bad_integer(*state, "1_", "trailing underscore in integer literal");
    expect_bad_integer(*state, "12e3", "coefficient part of scientific literal must be 1-9: 12e3");
    expect_bad_integer(*state, "1e0", "invalid trailing bytes: 1e0");
    expect_bad_integer(*state, "1e30", "overflow error, maximum value is 18446744073709551615: 1e30");
    expect_bad_integer(*state, "18446744073709551616",
                       "overflow error, maximum value is 18446744073709551615: 18446744073709551616");
    expect_bad_integer(*state, "1000000000000d",
                       "overflow error, maximum value is 18446744073709551615: 1000000000000d");
}

/* ---- attach points ------------------------------------------------------------------------- */

static struct attach_point *point(struct arena *a, const char *text, size_t *consumed) {
    static const char *const params[] = { "one", "t:two" };
    return parse_attach_point(a, source_new(a, "t", text, strlen(text)), 0, consumed, params, 2, diag_new(a));
}

static void attach_points_split_at_colons_outside_of_quotes(void **state) {
    size_t consumed;
    struct attach_point *ap = point(*state, "uprobe:\"/a b:c\"d:f\"\\\"\" {}", &consumed);
    assert_int_equal(consumed, 22);
    assert_int_equal(ap->nparts, 3);
    assert_string_equal(ap->parts[0], "uprobe");
    assert_string_equal(ap->parts[1], "/a b:cd");
    assert_string_equal(ap->parts[2], "f\"");
    assert_null(ap->user_name);
}

static void attach_points_take_names_and_parameters(void **state) {
    size_t consumed;
    struct attach_point *ap = point(*state, "name=$2:x$1$9", &consumed);
    assert_string_equal(ap->user_name, "name");
    assert_string_equal(ap->text, "t:two:xone");
    assert_int_equal(ap->nparts, 3);
    assert_string_equal(ap->parts[2], "xone");
}

/* ---- bad input ----------------------------------------------------------------------------- */

static unsigned errors_in(const char *text, size_t len) {
    struct arena *a = arena_new();
    struct diag *d = diag_new(a);
    struct strbuf out = { 0 };
    struct script *s = parse_script(a, source_new(a, "t", text, len), NULL, 0, d);
    unsigned n = d->nerrors;
    ast_dump_script(&out, s); /* whatever came out must be walkable */
    ast_format_script(&out, s);
    strbuf_free(&out);
    arena_free(a);
    return n;
}

static void deep_nesting_is_one_error(void **state) {
    (void)state;
    static const char *const units[] = { "(",    "{",         "[",      "1+",      "!",       "1?",
                                         "1?1:", "(int8)",    "if 1 {", "sizeof(", "typeof(", "$a.",
                                         "$a[",  "comptime ", "f(",     "*",       "1 ? {",   "if {" };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct strbuf text = { 0 };
        strbuf_adds(&text, "begin { $x = $a");
        strbuf_adds(&text, strchr("[", units[i][0]) ? "" : " + ");
        for (int k = 0; k < 50000; k++)
            strbuf_adds(&text, units[i]);
        assert_int_equal(errors_in(text.s, text.len), 1);
        strbuf_free(&text);
    }
}

static void noise_ends_quickly(void **state) {
    (void)state;
    static const char bytes[] = "(){}[]$@abc019.,;:/*+-\"\\\n #=!?<>&|~^%\xff";
    char *text = malloc(1 << 20);
    unsigned seed = 1;
    for (int round = 0; round < 20; round++) {
        size_t len = round < 3 ? 1 << 20 : 5000;
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1103515245 + 12345;
            text[i] = bytes[(seed >> 16) % (sizeof bytes - 1)];
        }
        assert_true(errors_in(text, len) > 0);
    }
    free(text);
}

/* Every prefix of a script that uses everything is parsed without harm. */
static void truncated_scripts_do_no_harm(void **state) {
    (void)state;
    static const char text[] =
        "#!/x\n#define A 1\nstruct a { int x; };\nconfig = { a = 1; b = \"x\" }\nimport \"stdlib\";\n"
        "let @m = hash(5);\nmacro m(a, $b, @c) { a + $b }\nfn f($a : int8) : int8 { return 1; }\n"
        "n=kprobe:\"a b\", begin /pid == 4/2/ { // c\n /* d */ $x = (int8)-$y.a->b[1].0; @m[1, 2]++; "
        "let $z : struct s*[4] = sizeof(a[1]) ? offsetof(struct a, b.c) : (a=1, b=(2,)); "
        "for ($i : 0..$#) { if $1 { break } else if comptime 1 == 2 { 5ms } else { \"\\x41\" } } "
        "unroll 3 { _ = f(); } while 0x1F { continue; } $q = { let $w; $w } ?: 1e3; return }";
    for (size_t len = 0; len < sizeof text; len++)
        errors_in(text, len);
    assert_int_equal(errors_in(text, sizeof text - 1), 0);
}

static void a_nul_byte_is_an_error(void **state) {
    (void)state;
    assert_int_equal(errors_in("begin { \0 }", 11), 1);
    assert_int_equal(errors_in("begin { // \0\n }", 15), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_arena, drop_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(attach_points_end_at_blanks_commas_and_braces),
        TEST(only_the_slash_before_the_body_closes_a_predicate),
        TEST(keywords_are_names_after_sigils_dots_and_as_fields),
        TEST(casts_and_types_have_parentheses_of_their_own),
        TEST(declarations_end_with_or_without_semicolon),
        TEST(c_definitions_are_single_tokens),
        TEST(digits_after_a_dot_are_decimal),
        TEST(integers_in_every_form),
        TEST(integers_that_are_none),
        TEST(attach_points_split_at_colons_outside_of_quotes),
        TEST(attach_points_take_names_and_parameters),
        TEST(deep_nesting_is_one_error),
        TEST(noise_ends_quickly),
        TEST(truncated_scripts_do_no_harm),
        TEST(a_nul_byte_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
