/* Arena, containers, string builder, diagnostics. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/arena.h"
#include "support/diag.h"
#include "support/hmap.h"
#include "support/strbuf.h"
#include "support/vec.h"
#include "support/wildcard.h"

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int drop_arena(void **state) {
    arena_free(*state);
    return 0;
}

/* ---- arena, vector, map, string builder --------------------------------------------------- */

static void arena_memory_is_zeroed_aligned_and_distinct(void **state) {
    struct arena *a = *state;
    char *last = NULL;
    for (size_t size = 0; size < 3000; size += 7) {
        char *p = arena_alloc(a, size);
        assert_non_null(p);
        assert_ptr_not_equal(p, last);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
        last = p;
    }
    char *big = arena_alloc(a, 5 << 20);
    assert_int_equal(big[(5 << 20) - 1], 0);
}

static void arena_copies_strings(void **state) {
    struct arena *a = *state;
    assert_string_equal(arena_strdup(a, "abc"), "abc");
    assert_string_equal(arena_strndup(a, "abcdef", 2), "ab");
    assert_string_equal(arena_strndup(a, NULL, 0), "");
    assert_string_equal(arena_printf(a, "%d-%s", 42, "x"), "42-x");
    arena_free(NULL);
}

static void vec_grows_and_keeps_its_elements(void **state) {
    struct arena *a = *state;
    VEC(int) v = { 0 };
    int sum = 0;
    for (VEC_EACH(it, &v))
        sum++;
    assert_int_equal(sum, 0);
    for (int i = 0; i < 1000; i++)
        VEC_PUSH(a, &v, i);
    for (VEC_EACH(it, &v))
        sum += *it;
    assert_int_equal(sum, 499500);
}

static void hmap_finds_what_was_put(void **state) {
    struct arena *a = *state;
    struct hmap m;
    int values[2000];
    hmap_init(&m, a);
    assert_null(hmap_get(&m, "x"));
    for (int i = 0; i < 2000; i++)
        assert_null(hmap_put(&m, arena_printf(a, "key%d", i), &values[i]));
    for (int i = 0; i < 2000; i++)
        assert_ptr_equal(hmap_get(&m, arena_printf(a, "key%d", i)), &values[i]);
    assert_null(hmap_get(&m, "key2000"));
    assert_ptr_equal(hmap_put(&m, "key7", &values[0]), &values[7]);
    assert_ptr_equal(hmap_get(&m, "key7"), &values[0]);
    assert_int_equal(m.n, 2000);
    for (int i = 0; i < 2000; i++) /* insertion order */
        assert_string_equal(m.entries[i].key, arena_printf(a, "key%d", i));
}

static void hmap_keys_are_bytes(void **state) {
    struct hmap m;
    int x, y, z;
    hmap_init(&m, *state);
    hmap_putn(&m, "a\0b", 3, &x);
    hmap_putn(&m, "a\0c", 3, &y);
    hmap_putn(&m, NULL, 0, &z);
    assert_ptr_equal(hmap_getn(&m, "a\0b", 3), &x);
    assert_ptr_equal(hmap_getn(&m, "a\0c", 3), &y);
    assert_ptr_equal(hmap_get(&m, ""), &z);
    assert_null(hmap_get(&m, "a"));
}

static void strbuf_builds_text(void **state) {
    struct strbuf b = { 0 };
    assert_string_equal(strbuf_str(&b), "");
    strbuf_adds(&b, "ab");
    strbuf_addc(&b, 'c');
    strbuf_fill(&b, '-', 3);
    strbuf_printf(&b, "%04d", 7);
    assert_string_equal(strbuf_str(&b), "abc---0007");
    strbuf_reset(&b);
    for (int i = 0; i < 500; i++)
        strbuf_printf(&b, "%s", "0123456789");
    assert_int_equal(b.len, 5000);
    assert_string_equal(strbuf_finish(&b, *state) + 4990, "0123456789");
    assert_null(b.s);
}

static void strbuf_writes_numbers(void **state) {
    static const long long values[] = { 0, 1, -1, 42, LLONG_MAX, LLONG_MIN };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct strbuf b = { 0 };
        char expected[64];
        strbuf_addi(&b, values[i]);
        strbuf_addc(&b, ' ');
        strbuf_addu(&b, (unsigned long long)values[i]);
        snprintf(expected, sizeof expected, "%lld %llu", values[i], (unsigned long long)values[i]);
        assert_string_equal(strbuf_str(&b), expected);
        strbuf_free(&b);
    }
}

/* ---- places ------------------------------------------------------------------------------- */

static struct source *source_of(struct arena *a, const char *text) {
    return source_new(a, "stdin", text, strlen(text));
}

static void locations_count_lines_and_bytes_from_one(void **state) {
    struct source *s = source_of(*state, "ab\n\ncd\n");
    static const struct {
        uint32_t offset;
        unsigned line, col;
    } cases[] = { { 0, 1, 1 }, { 2, 1, 3 }, { 3, 2, 1 }, { 4, 3, 1 }, { 5, 3, 2 }, { 7, 4, 1 }, { 999, 4, 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct location l = source_location(s, cases[i].offset);
        assert_int_equal(l.line, cases[i].line);
        assert_int_equal(l.col, cases[i].col);
    }
    struct location empty = source_location(source_of(*state, ""), 0);
    assert_int_equal(empty.line, 1);
    assert_int_equal(empty.col, 1);
}

static void joined_spans_reach_from_first_to_last(void **state) {
    struct source *s = source_of(*state, "a + b");
    struct span j = span_join((struct span){ s, NULL, 0, 1 }, (struct span){ s, NULL, 4, 5 });
    assert_int_equal(j.lo, 0);
    assert_int_equal(j.hi, 5);
    j = span_join((struct span){ 0 }, (struct span){ s, NULL, 4, 5 });
    assert_int_equal(j.lo, 4);
}

/* ---- diagnostics -------------------------------------------------------------------------- */

/* What diag_flush writes. */
static const char *flushed(struct arena *a, struct diag *d) {
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    diag_flush(d, f);
    fclose(f);
    char *copy = arena_strndup(a, text, size);
    free(text);
    return copy;
}

static void error_shows_line_and_markers(void **state) {
    struct diag *d = diag_new(*state);
    struct source *s = source_of(*state, "begin { $x = 1; }\nend { foo(); }\n");
    struct diagnostic *g = diag_error(d, D_UNKNOWN_FUNCTION, (struct span){ s, NULL, 24, 29 }, "Unknown: '%s'", "foo");
    diag_hint(d, g, "try %s", "bar");
    assert_int_equal(d->nerrors, 1);
    assert_string_equal(flushed(*state, d), "stdin:2:7-12: ERROR: Unknown: 'foo'\n"
                                            "end { foo(); }\n"
                                            "      ~~~~~\n"
                                            "HINT: try bar\n");
    assert_string_equal(flushed(*state, d), "");
    assert_int_equal(d->nerrors, 1);
}

static void tabs_are_four_blanks(void **state) {
    struct diag *d = diag_new(*state);
    struct source *s = source_of(*state, "\t$x =\t1;");
    diag_error(d, D_GENERIC, (struct span){ s, NULL, 1, 7 }, "m");
    assert_string_equal(flushed(*state, d), "stdin:1:2-8: ERROR: m\n    $x =    1;\n    ~~~~~~~~~\n");
}

static void several_lines_have_no_markers(void **state) {
    struct diag *d = diag_new(*state);
    struct source *s = source_of(*state, "a (1,\r\n\t2)\nb");
    diag_warn(d, D_GENERIC, (struct span){ s, NULL, 2, 10 }, "m");
    assert_string_equal(flushed(*state, d), "stdin:1-2: WARNING: m\na (1,\n    2)\n");
    diag_error(d, D_GENERIC, (struct span){ s, NULL, 2, 7 }, "up to the newline");
    assert_string_equal(flushed(*state, d), "stdin:1:3-8: ERROR: up to the newline\na (1,\n  ~~~~~\n");
}

static void ends_and_missing_places(void **state) {
    struct diag *d = diag_new(*state);
    struct source *s = source_of(*state, "ab\n");
    diag_error(d, D_SYNTAX, (struct span){ s, NULL, 3, 3 }, "end");
    assert_string_equal(flushed(*state, d), "stdin:2:1-1: ERROR: end\n\n\n");
    diag_error(d, D_SYNTAX, (struct span){ s, NULL, 2, 2 }, "empty");
    assert_string_equal(flushed(*state, d), "stdin:1:3-3: ERROR: empty\nab\n  \n");
    diag_error(d, D_SYNTAX, (struct span){ s, NULL, 77, 99 }, "behind");
    assert_string_equal(flushed(*state, d), "stdin:2:1-1: ERROR: behind\n\n\n");
    diag_error(d, D_SYNTAX, (struct span){ s, NULL, 2, 1 }, "reversed");
    assert_string_equal(flushed(*state, d), "stdin:1:3-3: ERROR: reversed\nab\n  \n");
    diag_error(d, D_LOAD, (struct span){ 0 }, "nowhere");
    diag_warn(d, D_LOAD, (struct span){ 0 }, "nowhere");
    assert_string_equal(flushed(*state, d), "ERROR: nowhere\nWARNING: nowhere\n");
}

static void nul_bytes_do_not_end_the_line(void **state) {
    struct diag *d = diag_new(*state);
    struct source *s = source_new(*state, "f.bt", "a\0b\nc", 5);
    assert_int_equal(s->nlines, 2);
    diag_error(d, D_SYNTAX, (struct span){ s, NULL, 2, 3 }, "m");
    assert_string_equal(flushed(*state, d), "f.bt:1:3-4: ERROR: m\na?b\n  ~\n");
}

static void long_lines_are_cut_around_the_span(void **state) {
    enum { LEN = 1000000 };
    struct diag *d = diag_new(*state);
    char *text = arena_alloc(*state, LEN);
    memset(text, 'x', LEN);
    struct source *s = source_new(*state, "big", text, LEN);
    diag_error(d, D_SYNTAX, (struct span){ s, NULL, 500000, 500003 }, "m");
    const char *out = flushed(*state, d);
    assert_true(strlen(out) < 400);
    const char *line = strchr(out, '\n') + 1, *marks = strchr(line, '\n') + 1;
    assert_memory_equal(line, "...x", 4);
    assert_string_equal(marks + strspn(marks, " "), "~~~\n");
    assert_int_equal(strspn(marks, " "), 63);
    diag_error(d, D_SYNTAX, (struct span){ s, NULL, 0, LEN }, "all of it");
    assert_true(strlen(flushed(*state, d)) < 8000);
}

static void many_lines_are_cut(void **state) {
    struct diag *d = diag_new(*state);
    char *text = arena_alloc(*state, 10000);
    memset(text, '\n', 10000);
    struct source *s = source_new(*state, "big", text, 10000);
    diag_error(d, D_SYNTAX, (struct span){ s, NULL, 0, 9999 }, "m");
    assert_true(strlen(flushed(*state, d)) < 100);
}

static void expansions_follow_outwards(void **state) {
    struct diag *d = diag_new(*state);
    struct source *s = source_of(*state, "macro f(x) { x + foo }\nmacro g(y) { f(y) }\nbegin { g(1); }");
    struct span outer = { s, NULL, 51, 55 }, inner = { s, &outer, 36, 40 }, at = { s, &inner, 17, 20 };
    diag_error(d, D_UNKNOWN_NAME, at, "Unknown identifier: 'foo'");
    assert_string_equal(flushed(*state, d), "stdin:1:18-21: ERROR: Unknown identifier: 'foo'\n"
                                            "macro f(x) { x + foo }\n"
                                            "                 ~~~\n"
                                            "stdin:2:14-18: ERROR: expanded from\n"
                                            "macro g(y) { f(y) }\n"
                                            "             ~~~~\n"
                                            "stdin:3:9-13: ERROR: expanded from\n"
                                            "begin { g(1); }\n"
                                            "        ~~~~\n");
}

static void notes_share_level_and_fate(void **state) {
    struct diag *d = diag_new(*state);
    struct source *s = source_of(*state, "a == b");
    struct span left = { s, NULL, 0, 1 }, all = { s, NULL, 0, 6 };
    for (int i = 0; i < 2; i++) { /* the repetition is dropped, with its note */
        diag_warn(d, D_BAD_OPERAND, all, "distinct");
        diag_note(d, left, "left (int8)");
    }
    assert_string_equal(flushed(*state, d), "stdin:1:1-7: WARNING: distinct\na == b\n~~~~~~\n"
                                            "stdin:1:1-2: WARNING: left (int8)\na == b\n~\n");
    d->no_warnings = true;
    diag_hint(d, diag_warn(d, D_BAD_OPERAND, left, "dropped"), "dropped as well");
    diag_note(d, left, "and this");
    d->muted++;
    diag_error(d, D_BAD_OPERAND, left, "muted");
    d->muted--;
    assert_string_equal(flushed(*state, d), "");
    assert_int_equal(d->nerrors, 0);
}

static void warnings_of_the_library_are_not_shown(void **state) {
    struct diag *d = diag_new(*state);
    struct source *s = source_of(*state, "x"), *lib = source_of(*state, "y");
    lib->is_stdlib = true;
    struct span call = { s, NULL, 0, 1 }, in_lib = { lib, &call, 0, 1 };
    diag_warn(d, D_DISCARDED, in_lib, "Return value discarded.");
    assert_string_equal(flushed(*state, d), "");
    diag_error(d, D_BAD_ARGUMENT, in_lib, "shown");
    assert_int_equal(d->nerrors, 1);
}

static void color_and_tags(void **state) {
    struct diag *d = diag_new(*state);
    d->color = d->show_tags = true;
    diag_error(d, D_SYNTAX, (struct span){ 0 }, "m");
    diag_warn(d, D_SIGN, (struct span){ 0 }, "m");
    assert_string_equal(flushed(*state, d), "\033[31mERROR: m [syntax]\033[0m\n\033[33mWARNING: m [sign]\033[0m\n");
}

static void noise_is_bounded(void **state) {
    struct diag *d = diag_new(*state);
    for (int i = 0; i < 150; i++)
        diag_error(d, D_SYNTAX, (struct span){ 0 }, "error %d", i);
    assert_int_equal(d->nerrors, 150);
    assert_int_equal(d->list.n, 100);
    assert_non_null(strstr(flushed(*state, d), "ERROR: Too many errors: 50 more\n"));
}

static void hints_survive_the_growth_of_the_list(void **state) {
    struct diag *d = diag_new(*state);
    struct diagnostic *first = diag_error(d, D_SYNTAX, (struct span){ 0 }, "first");
    for (int i = 0; i < 50; i++)
        diag_error(d, D_SYNTAX, (struct span){ 0 }, "error %d", i);
    diag_hint(d, first, "late");
    assert_memory_equal(flushed(*state, d), "ERROR: first\nHINT: late\n", 24);
}

static void tags_have_distinct_names(void **state) {
    for (unsigned i = 0; i < D_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(diag_tag_name((enum diag_tag)i), diag_tag_name((enum diag_tag)j));
}

static void nearest_suggests_only_what_is_near(void **state) {
    static const char *const names[] = { "printf", "print", "strlen", "str", "kstack", "ustack", "strncmp", "pid" };
    static const struct {
        const char *word, *expected;
    } cases[] = {
        { "pritnf", "printf" }, { "strlne", "strlen" }, { "srtlen", "strlen" }, { "kstak", "kstack" },
        { "stack", "kstack" },  { "pdi", "pid" },       { "print", "print" },   { "strnncmp", "strncmp" },
        { "foo", NULL },        { "x", NULL },          { "", NULL },           { "completely_different", NULL },
        { "pi", "pid" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *found = diag_nearest(cases[i].word, names, sizeof names / sizeof names[0]);
        if (cases[i].expected)
            assert_string_equal(found, cases[i].expected);
        else
            assert_null(found);
    }
    char word[200];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    const char *const same[] = { word };
    assert_null(diag_nearest(word, same, 1));
    assert_null(diag_nearest("abc", NULL, 0));
}

static void wildcards_match_any_run(void **state) {
    assert_true(wildcard_match("a*c", "abc"));
    assert_true(wildcard_match("*", ""));
    assert_true(wildcard_match("a*b*c", "aXbYbZc"));
    assert_true(wildcard_match("**x", "x"));
    assert_false(wildcard_match("a*c", "abd"));
    assert_false(wildcard_match("", "a"));
    assert_false(wildcard_match("a", ""));
    assert_false(wildcard_match("a?", "ab"));
    assert_true(has_wildcard("a*"));
    assert_false(has_wildcard("a?"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_arena, drop_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(arena_memory_is_zeroed_aligned_and_distinct),
        TEST(arena_copies_strings),
        TEST(vec_grows_and_keeps_its_elements),
        TEST(hmap_finds_what_was_put),
        TEST(hmap_keys_are_bytes),
        TEST(strbuf_builds_text),
        TEST(strbuf_writes_numbers),
        TEST(locations_count_lines_and_bytes_from_one),
        TEST(joined_spans_reach_from_first_to_last),
        TEST(error_shows_line_and_markers),
        TEST(tabs_are_four_blanks),
        TEST(several_lines_have_no_markers),
        TEST(ends_and_missing_places),
        TEST(nul_bytes_do_not_end_the_line),
        TEST(long_lines_are_cut_around_the_span),
        TEST(many_lines_are_cut),
        TEST(expansions_follow_outwards),
        TEST(notes_share_level_and_fate),
        TEST(warnings_of_the_library_are_not_shown),
        TEST(color_and_tags),
        TEST(noise_is_bounded),
        TEST(hints_survive_the_growth_of_the_list),
        TEST(tags_have_distinct_names),
        TEST(nearest_suggests_only_what_is_near),
        TEST(wildcards_match_any_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
