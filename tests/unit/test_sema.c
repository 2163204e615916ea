/* The checker as a library: what codegen and the runtime rely on, beyond what goldens of diagnostics can show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expand/expand.h"
#include "parser/parser.h"
#include "sema/sema.h"
#include "support/strbuf.h"

struct fixture {
    struct arena *arena;
    struct diag *diag;
    struct typedb *types;
    struct sema_options opt;
    struct config config;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_new();
    f->diag = diag_new(f->arena);
    f->types = typedb_new(f->arena);
    f->opt = (struct sema_options){ .is_safe = true, .ncpus = 3 };
    config_defaults(&f->config);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    typedb_free(f->types);
    arena_free(f->arena);
    free(f);
    return 0;
}

static bool is_builtin(const char *name) { return builtin_find(name) != NULL; }

static struct checked *check(struct fixture *f, const char *text) {
    struct script *s = parse_script(f->arena, source_new(f->arena, "stdin", text, strlen(text)), NULL, 0, f->diag);
    assert_int_equal(f->diag->nerrors, 0);
    struct expand_options opt = { .is_builtin = is_builtin };
    expand_script(s, &opt, f->diag);
    assert_int_equal(f->diag->nerrors, 0);
    return sema_check(s, f->types, &f->config, &f->opt, f->diag);
}

static struct checked *check_ok(struct fixture *f, const char *text) {
    struct checked *c = check(f, text);
    if (!c)
        diag_flush(f->diag, stderr);
    assert_non_null(c);
    return c;
}

static const struct map_info *map(const struct checked *c, const char *name) {
    for (VEC_EACH(m, &c->program->maps))
        if (!strcmp((*m)->name, name))
            return *m;
    fail_msg("no map %s", name);
    return NULL;
}

static void assert_type(struct fixture *f, const struct type *t, const char *text) {
    assert_non_null(t);
    assert_string_equal(type_str(f->arena, t), text);
}

/* ---- storage ------------------------------------------------------------------------------- */

static void test_scalar_maps(void **state) {
    struct fixture *f = *state;
    struct checked *c = check_ok(f, "begin { @a = 1; @s = \"abcdefghi\"; @c = count(); @h = hist(1); }");
    const struct map_info *a = map(c, "@a"), *s = map(c, "@s"), *n = map(c, "@c"), *h = map(c, "@h");
    assert_int_equal(a->storage, MAP_GLOBAL);
    assert_int_equal(a->cell_size, 8);
    assert_int_equal(a->set_offset, 8);
    assert_null(a->symbol);
    assert_int_equal(s->cell_size, 16);
    assert_int_equal(n->storage, MAP_GLOBAL_PERCPU);
    assert_int_equal(n->stride, 64);
    assert_int_equal(n->offset % 64, 0);
    assert_int_equal(h->stride % 64, 0);
    assert_true(h->stride > h->cell_size);
    /* 3 CPUs count as 4, and nothing overlaps. */
    assert_int_equal(c->program->ncpus, 4);
    assert_true(h->offset >= n->offset + 4 * n->stride || n->offset >= h->offset + 4 * h->stride);
    assert_true(c->program->globals_size >= h->offset + 4 * h->stride);
    assert_true(a->offset != s->offset && a->offset >= 8);
    assert_true(c->program->start_ns_offset != c->program->cpid_offset);
}

static void test_keyed_maps(void **state) {
    struct fixture *f = *state;
    f->config.max_map_keys = 77;
    struct checked *c =
        check_ok(f, "let @l = lruhash(7); let @p = percpulruhash(8); let @d = hash(9);"
                    "begin { @k[1, \"a\"] = 1; @n[comm] = count(); @l[1] = 1; @p[1] = avg(1); @d[1] = 2; }");
    assert_int_equal(map(c, "@k")->storage, MAP_HASH);
    assert_int_equal(map(c, "@k")->max_entries, 77);
    assert_type(f, map(c, "@k")->key, "(int8,string[2])");
    assert_int_equal(map(c, "@n")->storage, MAP_PERCPU_HASH);
    assert_type(f, map(c, "@n")->key, "string[16]");
    assert_int_equal(map(c, "@l")->storage, MAP_LRU_HASH);
    assert_int_equal(map(c, "@l")->max_entries, 7);
    assert_int_equal(map(c, "@p")->storage, MAP_PERCPU_LRU_HASH);
    assert_int_equal(map(c, "@d")->storage, MAP_HASH);
    assert_string_not_equal(map(c, "@k")->symbol, map(c, "@n")->symbol);
}

/* ---- inference ----------------------------------------------------------------------------- */

static void test_types_travel_between_probes(void **state) {
    struct fixture *f = *state;
    struct checked *c = check_ok(f, "begin { @d = @c; @c = @b; @b = @a; } end { @a = (nsecs, \"abc\"); @e[@a] = @d; }");
    assert_type(f, map(c, "@d")->value, "(uint64,string[4])");
    assert_type(f, map(c, "@e")->key, "(uint64,string[4])");
}

/* Each map learns its type from the one behind it: as many rounds as maps. */
static void test_long_chains_settle(void **state) {
    struct fixture *f = *state;
    struct strbuf text = { 0 };
    strbuf_adds(&text, "begin { ");
    for (int i = 0; i < 90; i++)
        strbuf_printf(&text, "@m%d = @m%d; ", i, i + 1);
    strbuf_adds(&text, "@m90 = \"end\"; }");
    struct checked *c = check_ok(f, strbuf_finish(&text, f->arena));
    assert_type(f, map(c, "@m0")->value, "string[4]");
}

static void test_counters_default_to_signed(void **state) {
    struct fixture *f = *state;
    struct checked *c = check_ok(f, "begin { @a++; @b = @b + 1; @c += pid; @d = @e; @e = @d; @f++; @f = nsecs; }");
    assert_type(f, map(c, "@a")->value, "int64");
    assert_type(f, map(c, "@b")->value, "int64");
    assert_type(f, map(c, "@c")->value, "int64");
    assert_type(f, map(c, "@d")->value, "int64");
    assert_type(f, map(c, "@f")->value, "uint64");
}

static const struct {
    const char *a, *b, *both;
} unions[] = {
    { "5", "300", "int16" },
    { "5", "(uint8)1", "uint8" },
    { "300", "(uint8)1", "uint16" },
    { "-1", "(uint8)1", "int16" },
    { "-1", "(uint32)1", "int64" },
    { "-1", "(uint64)1", "int64" },
    { "(int32)1", "(uint8)1", "int32" },
    { "5", "18446744073709551615", "uint64" },
    { "\"a\"", "\"abc\"", "string[4]" },
    { "(1, \"a\")", "(300, \"abc\")", "(int16,string[4])" },
    { "(a=1, b=2)", "(b=300, a=1)", "record { .a = int8, .b = int16 }" },
    { "PIDTYPE_PID", "PIDTYPE_TGID", "enum pid_type" },
    { "PIDTYPE_PID", "1", "uint64" },
    { "(int32 *)0", "(int8 *)0", "int8 *" }, /* the last one counts */
};

static void test_unification(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof unions / sizeof *unions; i++) {
        const char *text = arena_printf(f->arena, "begin { @m = %s; @m = %s; }", unions[i].a, unions[i].b);
        assert_type(f, map(check_ok(f, text), "@m")->value, unions[i].both);
    }
}

static void test_literal_types(void **state) {
    struct fixture *f = *state;
    static const struct {
        uint64_t value;
        bool negative;
        const char *type;
    } cases[] = {
        { 0, false, "int8" },
        { 127, false, "int8" },
        { 128, false, "int16" },
        { 32767, false, "int16" },
        { 32768, false, "int32" },
        { 1ull << 31, false, "int64" },
        { INT64_MAX, false, "int64" },
        { 1ull << 63, false, "uint64" },
        { (uint64_t)-128, true, "int8" },
        { (uint64_t)-129, true, "int16" },
        { (uint64_t)INT64_MIN, true, "int64" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_type(f, sema_literal_type(cases[i].value, cases[i].negative), cases[i].type);
}

/* ---- annotations --------------------------------------------------------------------------- */

struct find {
    const char *name;
    struct variable *var;
};

static bool find_var(struct node *n, void *ctx) {
    struct find *f = ctx;
    if (n->kind == N_VAR && !strcmp(n->var.name, f->name))
        f->var = n->var.var;
    return true;
}

static const struct variable *variable(const struct checked *c, const char *name) {
    struct find f = { .name = name };
    node_walk(c->blocks.v[0]->node->probe.body, find_var, &f);
    assert_non_null(f.var);
    return f.var;
}

static void test_variables_in_memory(void **state) {
    struct fixture *f = *state;
    struct checked *c = check_ok(f, "begin { $a = 1; $b = 2; $c = 3; $p = &$b; for $i : 0..3 { $c += $i; $d = $i; }"
                                    " while $a < 5 { $a++; } print($p); }");
    assert_false(variable(c, "a")->is_captured);
    assert_false(variable(c, "a")->is_address_taken);
    assert_true(variable(c, "b")->is_address_taken);
    assert_true(variable(c, "c")->is_captured);
    assert_false(variable(c, "d")->is_captured);
    assert_false(variable(c, "i")->is_captured);
}

static void test_events(void **state) {
    struct fixture *f = *state;
    struct checked *c =
        check_ok(f, "begin { printf(\"%d %s\\n\", 5, \"abc\"); @c = count(); print(@c); printf(\"%s\", @c); }");
    assert_int_equal(c->program->events.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(c->program->events.v[i]->id, i);
    const struct event_site *first = c->program->events.v[0];
    assert_string_equal(first->call, "printf");
    assert_string_equal(first->format, "%d %s\n");
    assert_type(f, first->record, "(int8,string[4])");
    assert_int_equal(first->line, 1);
    assert_int_equal(first->col, 9);
    assert_int_equal(c->program->events.v[1]->map, 0);
    assert_type(f, c->program->events.v[2]->record, "(uint64)");
}

static void test_stack_maps_once(void **state) {
    struct fixture *f = *state;
    struct checked *c =
        check_ok(f, "begin { @[kstack] = 1; @b[kstack, kstack(5)] = 1; @u = ustack(5); } end { print(kstack); }");
    assert_int_equal(c->program->stack_maps.n, 2);
}

/* ---- blocks -------------------------------------------------------------------------------- */

static void test_one_block_for_many_matches(void **state) {
    struct fixture *f = *state;
    struct checked *c = check_ok(f, "tracepoint:syscalls:sys_enter_* { @ = count(); }");
    assert_int_equal(c->blocks.n, 1);
    assert_true(c->blocks.v[0]->probes.n > 100);
    assert_false(c->blocks.v[0]->use.args);
}

static void test_blocks_by_arguments(void **state) {
    struct fixture *f = *state;
    struct checked *c = check_ok(
        f, "tracepoint:syscalls:sys_exit_read,tracepoint:syscalls:sys_exit_write { @ = sum(args.ret); }"
           "tracepoint:syscalls:sys_enter_read,tracepoint:syscalls:sys_enter_openat { print(args.__syscall_nr); }");
    assert_int_equal(c->blocks.n, 3); /* one layout for all exits, one for each entry */
    assert_int_equal(c->blocks.v[0]->probes.n, 2);
    assert_ptr_not_equal(c->blocks.v[1]->node, c->blocks.v[2]->node);
    assert_true(c->blocks.v[0]->use.args);
    assert_false(c->blocks.v[0]->use.args_whole);
    assert_true(c->blocks.v[0]->use.fields != 0);
}

struct args_check {
    const struct type *args;
    unsigned seen;
};

static bool check_home(struct node *n, void *ctx) {
    struct args_check *c = ctx;
    if (n->kind == N_FIELD && n->field.base->type->is_args) {
        assert_ptr_equal(n->field.base->type, c->args);
        assert_true(n->field.field >= c->args->fields && n->field.field < c->args->fields + c->args->nfields);
        c->seen++;
    }
    return true;
}

/* A plan that moves the arguments takes the nodes with it. */
static void test_fields_follow_the_plan(void **state) {
    struct fixture *f = *state;
    struct checked *c =
        check_ok(f, "tracepoint:syscalls:sys_enter_openat /args.dfd == 5/ { print(args.flags); @[args.dfd] = 1; }");
    struct block *b = c->blocks.v[0];
    struct args_check a = { .args = b->args };
    node_walk(b->node->probe.predicate, check_home, &a);
    node_walk(b->node->probe.body, check_home, &a);
    assert_int_equal(a.seen, 3);
}

static void test_test_probes_wait_for_their_mode(void **state) {
    struct fixture *f = *state;
    static const char text[] = "test:a { } bench:b { } begin { } interval:s:1 { }";
    assert_int_equal(check_ok(f, text)->blocks.n, 2);
    f->opt.is_test_mode = true;
    struct checked *c = check_ok(f, text);
    assert_int_equal(c->blocks.n, 2);
    assert_string_equal(c->blocks.v[0]->provider->name, "test");
}

static void test_probe_filter(void **state) {
    struct fixture *f = *state;
    f->opt.probe_filter = "interval";
    assert_int_equal(check_ok(f, "begin { } interval:s:1 { } profile:s:1 { }")->blocks.n, 2);
    f->opt.probe_filter = "(";
    assert_null(check(f, "begin { }"));
}

static void test_pid_filter(void **state) {
    struct fixture *f = *state;
    f->opt.pid = 1;
    struct checked *c = check_ok(f, "begin { } tracepoint:sched:sched_switch { } software:faults:1 { }");
    assert_false(c->blocks.v[0]->use.pid_filter);
    assert_true(c->blocks.v[1]->use.pid_filter);
    assert_false(c->blocks.v[2]->use.pid_filter);
}

/* ---- config -------------------------------------------------------------------------------- */

static void test_config_keys(void **state) {
    struct fixture *f = *state;
    struct config *c = &f->config;
    const char *warning;
    assert_null(config_set(c, f->arena, "BPFTRACE_MAX_STRLEN", "0x40", false, &warning));
    assert_int_equal(c->max_strlen, 64);
    assert_null(config_set(c, f->arena, "Print_Maps_On_Exit", "no", false, &warning));
    assert_false(c->print_maps_on_exit);
    assert_null(config_set(c, f->arena, "strlen", "80", false, &warning));
    assert_non_null(warning);
    assert_int_equal(c->max_strlen, 80);
    assert_null(config_set(c, f->arena, "stack_mode", "build_id", false, &warning));
    assert_int_equal(c->stack_mode, STACK_BUILD_ID);
    assert_null(config_set(c, f->arena, "missing_probes", "IGNORE", false, &warning));
    assert_int_equal(c->missing_probes, MISSING_IGNORE);
    assert_null(config_set(c, f->arena, "BPFTRACE_SOMETHING", "1", true, &warning));
    assert_non_null(config_set(c, f->arena, "something", "1", false, &warning));
    assert_non_null(config_set(c, f->arena, "max_probes", "many", false, &warning));
}

static void test_environment_beats_block(void **state) {
    struct fixture *f = *state;
    setenv("BPFTRACE_MAX_PROBES", "55", 1);
    struct checked *c = check_ok(f, "config = { max_probes = 66; max_map_keys = 5 } begin { }");
    unsetenv("BPFTRACE_MAX_PROBES");
    assert_int_equal(c->program->config.max_probes, 55);
    assert_int_equal(c->program->config.max_map_keys, 5);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_scalar_maps),
        TEST(test_keyed_maps),
        TEST(test_types_travel_between_probes),
        TEST(test_long_chains_settle),
        TEST(test_counters_default_to_signed),
        TEST(test_unification),
        TEST(test_literal_types),
        TEST(test_variables_in_memory),
        TEST(test_events),
        TEST(test_stack_maps_once),
        TEST(test_one_block_for_many_matches),
        TEST(test_blocks_by_arguments),
        TEST(test_fields_follow_the_plan),
        TEST(test_test_probes_wait_for_their_mode),
        TEST(test_probe_filter),
        TEST(test_pid_filter),
        TEST(test_config_keys),
        TEST(test_environment_beats_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
