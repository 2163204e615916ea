/* struct program: JSON out and in, and what reading refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "program/program.h"

static void fill_maps(struct program *p, struct arena *a) {
    struct map_info *count = ARENA_NEW(a, struct map_info), *hist = ARENA_NEW(a, struct map_info);
    const struct type *parts[] = { &type_int64, type_string(a, 16) };
    *count = (struct map_info){ .name = "@",
                                .value = &type_count,
                                .storage = MAP_GLOBAL_PERCPU,
                                .offset = 64,
                                .stride = 64,
                                .set_offset = 8,
                                .cell_size = 8,
                                .is_written = true };
    *hist = (struct map_info){ .name = "@h",
                               .symbol = "AT_h",
                               .key = type_tuple(a, parts, 2),
                               .value = type_hist(a, 2),
                               .storage = MAP_PERCPU_HASH,
                               .max_entries = 4096,
                               .is_declared = true,
                               .declared_kind = "percpuhash" };
    hist->cell_size = hist->value->size;
    VEC_PUSH(a, &p->maps, count);
    VEC_PUSH(a, &p->maps, hist);
}

static void fill_events(struct program *p, struct arena *a) {
    const struct type *args[] = { &type_int32, type_string(a, 64), type_stack(a, TY_USTACK, STACK_PERF, 5) };
    struct event_site *print = ARENA_NEW(a, struct event_site), *map = ARENA_NEW(a, struct event_site);
    *print = (struct event_site){ .id = 0,
                                  .call = "printf",
                                  .record = type_tuple(a, args, 3),
                                  .format = "%d\0%s\n\xff",
                                  .format_len = 7,
                                  .map = -1,
                                  .file = "stdin",
                                  .line = 1,
                                  .col = 2,
                                  .end_col = 9,
                                  .excerpt = "a \"line\"\n",
                                  .number = { 1, (uint64_t)-2, UINT64_MAX } };
    *map = (struct event_site){ .id = 1, .call = "print", .record = type_tuple(a, NULL, 0), .map = 1, .text = "" };
    VEC_PUSH(a, &p->events, print);
    VEC_PUSH(a, &p->events, map);
}

static struct program *sample(struct arena *a) {
    struct program *p = ARENA_NEW(a, struct program);
    p->arena = a;
    p->config = (struct config){ .cpp_demangle = true,
                                 .max_strlen = 1024,
                                 .log_size = UINT64_MAX,
                                 .str_trunc_trailer = "..",
                                 .missing_probes = MISSING_WARN,
                                 .unstable_tseries = UNSTABLE_ENABLE,
                                 .stack_mode = STACK_RAW };
    p->ncpus = 4;
    p->globals_size = 4096;
    p->start_ns_offset = 8;
    p->ring_symbol = "ring";
    p->uses_usym = true;
    VEC_PUSH(a, &p->progs, (struct prog){ .function = "begin_1", .type = 17, .attach = ATTACH_BEGIN, .nprobes = 1 });
    VEC_PUSH(a, &p->progs,
             (struct prog){ .function = "profile_2",
                            .type = 7,
                            .attach = ATTACH_PERF_EVENT,
                            .first_probe = 1,
                            .nprobes = 2,
                            .sleepable = true,
                            .is_multi = true,
                            .attach_btf_name = "x" });
    VEC_PUSH(a, &p->probes, (struct probe){ .name = "begin", .provider = "begin" });
    struct probe profile = { .name = "profile:hz:99",
                             .provider = "profile",
                             .target = "hz",
                             .prog = 1,
                             .address = 0xffffffff81234567,
                             .perf = { .type = 1, .period = 99, .freq = true } };
    VEC_PUSH(a, &p->probes, profile);
    profile.cookie = 1;
    profile.perf.all_cpus = true;
    VEC_PUSH(a, &p->probes, profile);
    fill_maps(p, a);
    fill_events(p, a);
    VEC_PUSH(a, &p->stack_maps, (struct stack_map){ .symbol = "stack_5", .limit = 5, .is_build_id = true });
    VEC_PUSH(a, &p->losses, (struct loss){ .cause = LOSS_MAP_FULL, .subject = 1, .offset = 40 });
    VEC_PUSH(a, &p->losses, (struct loss){ .cause = LOSS_RING_FULL, .subject = 1, .offset = 4088 });
    assert_int_equal(program_string(p, "%H"), 1);
    return p;
}

static void numbers_strings(void **state) {
    struct arena *a = arena_new();
    struct program *p = ARENA_NEW(a, struct program);
    p->arena = a;
    assert_int_equal(program_string(p, ""), 0);
    assert_int_equal(program_string(p, "a"), 1);
    assert_int_equal(program_string(p, "b"), 2);
    assert_int_equal(program_string(p, "a"), 1);
    assert_int_equal(p->strings.n, 3);
    arena_free(a);
}

static void names_causes(void **state) {
    for (enum loss_cause c = LOSS_RING_FULL; c <= LOSS_LOOP; c++)
        assert_true(strlen(loss_cause_name(c)) > 5);
    assert_string_equal(loss_cause_name(LOSS_RING_FULL), "ring buffer full");
}

static void comes_back(void **state) {
    struct arena *a = arena_new();
    const char *error = NULL, *text = program_to_json(sample(a), a);
    struct program *p = program_from_json(a, text, &error);
    assert_null(error);
    assert_non_null(p);
    assert_string_equal(program_to_json(p, a), text);
    assert_int_equal(p->config.log_size, UINT64_MAX);
    assert_int_equal(p->config.stack_mode, STACK_RAW);
    assert_null(p->config.license);
    assert_int_equal(p->probes.v[1].address, 0xffffffff81234567);
    assert_int_equal(p->probes.v[2].cookie, 1);
    assert_true(p->progs.v[1].sleepable);
    assert_int_equal(p->progs.v[1].attach, ATTACH_PERF_EVENT);
    assert_int_equal(p->maps.n, 2);
    assert_true(type_equal(p->maps.v[1]->key, sample(a)->maps.v[1]->key));
    assert_int_equal(p->maps.v[1]->value->bits, 2);
    const struct event_site *e = p->events.v[0];
    assert_int_equal(e->format_len, 7);
    assert_memory_equal(e->format, "%d\0%s\n\xff", 8);
    assert_int_equal(e->map, -1);
    assert_int_equal(e->number[1], (uint64_t)-2);
    assert_int_equal(e->number[2], UINT64_MAX);
    assert_int_equal(e->record->nfields, 3);
    assert_string_equal(e->excerpt, "a \"line\"\n");
    assert_null(e->text);
    assert_string_equal(p->events.v[1]->text, "");
    assert_int_equal(p->losses.v[1].offset, 4088);
    assert_string_equal(p->strings.v[1], "%H");
    arena_free(a);
}

/* The text with the first `from` replaced by `to` must be refused. */
static void refuse(struct arena *a, const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from), *error = NULL;
    assert_non_null(at);
    char *changed = arena_printf(a, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    if (program_from_json(a, changed, &error) || !error)
        fail_msg("accepted: %s", to);
}

static void refuses_what_is_unsound(void **state) {
    struct arena *a = arena_new();
    const char *text = program_to_json(sample(a), a), *error = NULL;
    assert_null(program_from_json(a, "", &error));
    assert_string_equal(error, "not a JSON object");
    assert_null(program_from_json(a, "[1]", &error));
    refuse(a, text, "\"first_probe\":\t1", "\"first_probe\":\t2");
    refuse(a, text, "\"first_probe\":\t1", "\"first_probe\":\t-1");
    refuse(a, text, "\"first_probe\":\t1", "\"first_probe\":\t\"1x\"");
    refuse(a, text, "\"first_probe\":\t1", "\"first_probe\":\tnull");
    refuse(a, text, "\"prog\":\t1", "\"prog\":\t2");
    refuse(a, text, "\"map\":\t1", "\"map\":\t2");
    refuse(a, text, "\"map\":\t-1", "\"map\":\t-2");
    refuse(a, text, "\"subject\":\t1", "\"subject\":\t7");
    refuse(a, text, "\"offset\":\t4088", "\"offset\":\t4089");
    refuse(a, text, "\"globals_size\":\t4096", "\"globals_size\":\t200");
    refuse(a, text, "\"stride\":\t64", "\"stride\":\t\"18446744073709551608\"");
    refuse(a, text, "\"cell_size\":\t8", "\"cell_size\":\t0");
    refuse(a, text, "\"symbol\":\t\"AT_h\"", "\"x\":\t0");
    refuse(a, text, "\"percpu_hash\"", "\"cuckoo\"");
    refuse(a, text, "\"function\":", "\"funktion\":");
    refuse(a, text, "\"count\"", "\"pigeon\"");
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_strings),
        cmocka_unit_test(names_causes),
        cmocka_unit_test(comes_back),
        cmocka_unit_test(refuses_what_is_unsound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
