/* Parts of the runtime that need no kernel: the child, the verifier's log, line records, names, keyless maps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/line_info.h"
#include "runtime/rt.h"

struct fixture {
    struct arena *arena;
    struct diag *diag;
    struct program program;
    struct runtime_options options;
    struct runtime rt;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_new();
    f->diag = diag_new(f->arena);
    f->program.arena = f->arena;
    f->program.ncpus = 2;
    f->rt = (struct runtime){ .program = &f->program, .opt = &f->options, .diag = f->diag, .arena = f->arena,
                              .names = f->arena };
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    arena_free(f->arena);
    free(f);
    return 0;
}

/* ---- child --------------------------------------------------------------------------------- */

static void child_refused(void **state) {
    struct fixture *f = *state;
    static const char *const commands[] = { "/no/such/program x", "no-such-program", "  ", "/etc", "/etc/passwd" };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        assert_null(child_start(commands[i], f->diag));
        assert_int_equal(f->diag->nerrors, i + 1);
    }
    assert_string_equal(f->diag->list.v[0].message, "Failed to fork child: Path '/no/such/program' does not exist or is "
                                                    "not executable (No such file or directory)");
}

/* It does nothing until it is released, and nothing at all when it never is. */
static void child_waits(void **state) {
    struct fixture *f = *state;
    char path[] = "/tmp/sonde-child-XXXXXX", command[64];
    assert_int_not_equal(mkstemp(path), -1);
    snprintf(command, sizeof command, "rm  %s", path);
    struct child *c = child_start(command, f->diag);
    assert_non_null(c);
    usleep(20000);
    child_stop(c);
    assert_int_equal(access(path, F_OK), 0);
    c = child_start(command, f->diag);
    assert_true(child_pid(c) > 0);
    child_release(c);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child_pid(c), &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(info.si_status, 0);
    assert_int_not_equal(access(path, F_OK), 0);
    child_stop(c);
}

/* ---- verifier ------------------------------------------------------------------------------ */

static const char script[] = "begin { exit(); }\n"
                             "tracepoint:a:b {\n"
                             "  @x[comm] = count();\n"
                             "}\n";

static void add_program(struct fixture *f) {
    struct source *src = source_new(f->arena, "dir/x.bt", script, sizeof script - 1);
    struct probe p = { .name = "tracepoint:a:b", .span = { .src = src, .lo = 18, .hi = 32 } };
    VEC_PUSH(f->arena, &f->program.probes, p);
    VEC_PUSH(f->arena, &f->program.progs, (struct prog){ .function = "tracepoint_a_b_1", .nprobes = 1 });
}

static const struct diagnostic *reject(struct fixture *f, const char *log, int error) {
    report_rejection(&f->rt, 0, log, error);
    return &f->diag->list.v[f->diag->list.n - 1];
}

static void verifier_line(void **state) {
    struct fixture *f = *state;
    add_program(f);
    const struct diagnostic *d = reject(f,
                                        "; exit(); @ dir/x.bt:1\n"
                                        ";  @ dir/x.bt:3\n"
                                        "R1 invalid mem access 'scalar'\n"
                                        "processed 12 insns (limit 1000000) max_states_per_insn 0\n",
                                        -13);
    assert_string_equal(d->message, "Error loading BPF program for tracepoint_a_b_1. Error code: -13 (Permission "
                                    "denied). Use -v for full kernel error log.");
    assert_int_equal(source_location(d->span.src, d->span.lo).line, 3);
    assert_int_equal(source_location(d->span.src, d->span.lo).col, 3);
    assert_int_equal(d->span.hi - d->span.lo, strlen("@x[comm] = count()"));
    assert_non_null(strstr(d->hint, "R1 invalid mem access 'scalar'\nHINT: a number is used as an address"));
}

/* Without a place it is the probe's; the log's own overflow is not the error. */
static void verifier_no_line(void **state) {
    struct fixture *f = *state;
    add_program(f);
    const struct diagnostic *d = reject(f, "BPF program is too large. Processed 1000001 insn\nprocessed 1\n\n", -28);
    assert_non_null(strstr(d->message, "Error code: -7 (Argument list too long)"));
    assert_int_equal(d->span.lo, 18);
    d = reject(f, "; x @ other.bt:99\nunknown func bpf_x#999\n", -22);
    assert_int_equal(d->span.lo, 18);
    assert_non_null(strstr(d->hint, "does not have that function"));
    assert_null(reject(f, "\n\n", -1)->hint);
}

/* Whatever the bytes are, it comes back. */
static void line_info_of_noise(void **state) {
    (void)state;
    struct script_place place;
    uint8_t noise[512] = "\177ELF";
    srand(1);
    for (int round = 0; round < 2000; round++) {
        for (size_t i = 4; i < sizeof noise; i++)
            noise[i] = rand() % 4 ? 0 : (uint8_t)rand();
        assert_false(line_of_instruction(noise, (size_t)rand() % sizeof noise, "s_x", (unsigned)rand() % 4, &place));
    }
}

/* ---- names --------------------------------------------------------------------------------- */

static const char *time_text(struct fixture *f, const char *format, struct timestamp_value v, struct strbuf *b) {
    f->program.strings.n = 0;
    VEC_PUSH(f->arena, &f->program.strings, "");
    VEC_PUSH(f->arena, &f->program.strings, format);
    v.format = 1;
    strbuf_reset(b);
    resolve_timestamp(&f->rt, b, &v);
    return strbuf_str(b);
}

static void timestamps(void **state) {
    struct fixture *f = *state;
    struct strbuf b = { 0 };
    setenv("TZ", "UTC", 1);
    tzset();
    f->rt.boot_offset_ns = 1000000000000000000;
    f->rt.tai_offset_ns = 37000000000;
    assert_string_equal(time_text(f, "%F %T.%f %%f", (struct timestamp_value){ .ns = 1234567 }, &b),
                        "2001-09-09 01:46:40.001234 %f");
    assert_string_equal(time_text(f, "%s", (struct timestamp_value){ .ns = 137000000000, .mode = TS_TAI }, &b), "100");
    assert_string_equal(time_text(f, "", (struct timestamp_value){ .ns = 1 }, &b), "");
    strbuf_free(&b);
}

static void usernames(void **state) {
    struct fixture *f = *state;
    struct strbuf b = { 0 };
    resolve_username(&f->rt, &b, 0);
    resolve_username(&f->rt, &b, 0);
    assert_string_equal(strbuf_str(&b), "rootroot");
    strbuf_reset(&b);
    resolve_username(&f->rt, &b, 4000000123);
    assert_string_equal(strbuf_str(&b), "");
    strbuf_free(&b);
}

static void cgroups(void **state) {
    struct fixture *f = *state;
    struct strbuf b = { 0 };
    VEC_PUSH(f->arena, &f->program.strings, "");
    resolve_cgroup_path(&f->rt, &b, &(struct cgroup_path_value){ .id = UINT64_MAX });
    assert_string_equal(strbuf_str(&b), "");
    strbuf_free(&b);
}

/* ---- keyless maps -------------------------------------------------------------------------- */

/* Two CPUs' slots of a count, 64 bytes apart: the cell, then the word that says whether there is a value. */
static void globals(void **state) {
    struct fixture *f = *state;
    uint64_t memory[32] = { 0 }, value;
    f->rt.globals = (uint8_t *)memory;
    struct map_info m = { .name = "@n", .value = &type_count, .storage = MAP_GLOBAL_PERCPU, .offset = 64, .stride = 64,
                          .set_offset = 8, .cell_size = 8 };
    assert_false(globals_read(&f->rt, &m, &value));
    memory[8] = 5, memory[9] = 1;
    memory[16] = 7; /* of a CPU that has never set it */
    assert_true(globals_read(&f->rt, &m, &value));
    assert_int_equal(value, 5);
    memory[17] = 1;
    assert_true(globals_read(&f->rt, &m, &value));
    assert_int_equal(value, 12);
    globals_clear(&f->rt, &m, true);
    assert_true(globals_read(&f->rt, &m, &value));
    assert_int_equal(value, 0);
    globals_clear(&f->rt, &m, false);
    assert_false(globals_read(&f->rt, &m, &value));
    assert_int_equal(memory[7], 0);
    assert_int_equal(memory[10], 0);
}

static void losses(void **state) {
    struct fixture *f = *state;
    uint64_t memory[4] = { 0, 3, 4, 9 };
    f->rt.globals = (uint8_t *)memory;
    VEC_PUSH(f->arena, &f->program.losses, (struct loss){ LOSS_RING_FULL, 0, 8 });
    VEC_PUSH(f->arena, &f->program.losses, (struct loss){ LOSS_RING_FULL, 1, 16 });
    VEC_PUSH(f->arena, &f->program.losses, (struct loss){ LOSS_MAP_FULL, 0, 24 });
    assert_int_equal(losses_of(&f->rt, LOSS_RING_FULL), 7);
    assert_int_equal(losses_of(&f->rt, LOSS_MAP_FULL), 9);
    assert_int_equal(losses_of(&f->rt, LOSS_READ_FAILED), 0);
}

/* ---- features ------------------------------------------------------------------------------ */

static void features(void **state) {
    (void)state;
    const struct kernel_features *f = kernel_features();
    assert_ptr_equal(f, kernel_features());
    assert_int_equal(f->btf, access("/sys/kernel/btf/vmlinux", R_OK) == 0);
    if (f->kprobe_session)
        assert_true(f->kprobe_multi);
    if (f->kprobe_multi)
        assert_true(f->kprobes);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(child_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(child_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verifier_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verifier_no_line, set_up, tear_down),
        cmocka_unit_test(line_info_of_noise),
        cmocka_unit_test_setup_teardown(timestamps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(usernames, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cgroups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(globals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(losses, set_up, tear_down),
        cmocka_unit_test(features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
