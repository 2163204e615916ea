/* Providers: what attach points mean, which messages wrong ones get, how blocks are planned. Needs no privileges; what
 * depends on this kernel is skipped where tracefs cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>

#include "probes/common.h"
#include "probes/syscalls.h"
#include "probes/usdt_args.h"
#include "support/wildcard.h"

struct fixture {
    struct arena *arena;
    struct diag *diag;
    struct typedb *types;
    struct probe_env env;
    struct block block;
};

static int setup(void **state) {
    struct arena *a = arena_new();
    struct fixture *f = ARENA_NEW(a, struct fixture);
    f->arena = a;
    f->diag = diag_new(a);
    f->types = typedb_new(a);
    f->env = (struct probe_env){ .arena = a, .diag = f->diag, .types = f->types };
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    probe_env_done(&f->env);
    typedb_free(f->types);
    arena_free(f->arena);
    return 0;
}

/* Splits at colons; runs the provider's targets. */
static bool target(struct fixture *f, const char *text) {
    struct source *src = source_new(f->arena, "test", text, strlen(text));
    struct attach_point ap = { .text = text, .span = { .src = src, .hi = (uint32_t)strlen(text) } };
    VEC(const char *) parts = { 0 };
    char *rest = arena_strdup(f->arena, text), *part;
    while ((part = strsep(&rest, ":")))
        VEC_PUSH(f->arena, &parts, part);
    ap.parts = parts.v;
    ap.nparts = parts.n;
    const struct provider *p = provider_find(ap.parts[0]);
    assert_non_null(p);
    f->block = (struct block){ .provider = p };
    f->diag->list.n = 0;
    f->diag->nerrors = 0;
    return p->targets(&f->env, &ap, &f->block);
}

static const struct probe *one(struct fixture *f, const char *text, const char *name) {
    assert_true(target(f, text));
    assert_int_equal(f->block.probes.n, 1);
    assert_string_equal(f->block.probes.v[0].name, name);
    return &f->block.probes.v[0];
}

static void refused(struct fixture *f, const char *text, const char *message) {
    assert_false(target(f, text));
    assert_true(f->diag->list.n >= 1);
    assert_string_equal(f->diag->list.v[0].message, message);
}

static void plan(struct fixture *f) { f->block.provider->plan(&f->env, &f->block); }

/* ---- names --------------------------------------------------------------------------------------- */

static void wildcards(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        { "", "", true },           { "", "a", false },         { "*", "", true },           { "*", "abc", true },
        { "a*", "abc", true },      { "*c", "abc", true },      { "*b*", "abc", true },      { "a*c", "abc", true },
        { "a*d", "abc", false },    { "abc", "abc", true },     { "abc", "ab", false },      { "ab", "abc", false },
        { "*ab", "aab", true },     { "*aab", "aaaab", true },  { "a**b", "ab", true },      { "a?c", "abc", false },
        { "[a]", "a", false },      { "*a*a*", "aa", true },    { "*a*a*", "ba", false },    { "x*", "", false },
        { "*abc*", "ababc", true }, { "a*b*c", "aXbYc", true }, { "a*b*c", "aXcYb", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (wildcard_match(rows[i].pattern, rows[i].text) != rows[i].matches)
            fail_msg("wildcard_match(\"%s\", \"%s\")", rows[i].pattern, rows[i].text);
    char many[64], text[64];
    for (size_t i = 0; i < 62; i += 2)
        memcpy(many + i, "*a", 3);
    memset(text, 'a', 62);
    memcpy(text + 62, "b", 2);
    assert_false(wildcard_match(many, text)); /* and that at once */
}

static void provider_names(void **state) {
    (void)state;
    static const struct {
        const char *written, *name;
    } rows[] = {
        { "begin", "begin" },  { "BEGIN", "begin" },      { "Interval", "interval" }, { "i", "interval" },
        { "t", "tracepoint" }, { "rt", "rawtracepoint" }, { "kfunc", "fentry" },      { "kretfunc", "fexit" },
        { "sc", "syscall" },   { "U", "usdt" },           { "u", "uprobe" },          { "ur", "uretprobe" },
        { "it", "iter" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct provider *p = provider_find(rows[i].written);
        assert_non_null(p);
        assert_string_equal(p->name, rows[i].name);
    }
    assert_null(provider_find("I"));
    assert_null(provider_find("T"));
    assert_null(provider_find(""));
    assert_null(provider_find("asyncwatchpoint"));
}

static void names_are_unique(void **state) {
    (void)state;
    for (size_t i = 0; providers[i]; i++) {
        const struct provider *p = providers[i];
        assert_true(p->name && p->probetype && p->targets && p->plan && p->help);
        assert_ptr_equal(provider_find(p->name), p);
        if (p->short_name)
            assert_ptr_equal(provider_find(p->short_name), p);
        if (i)
            assert_true(strcmp(providers[i - 1]->name, p->name) < 0);
    }
}

/* ---- timers and counters ------------------------------------------------------------------------- */

static void timers(void **state) {
    struct fixture *f = *state;
    const struct probe *p = one(f, "interval:s:1", "interval:s:1");
    assert_true(p->perf.period == 1000000000 && !p->perf.freq && !p->perf.all_cpus);
    p = one(f, "profile:hz:99", "profile:hz:99");
    assert_true(p->perf.period == 99 && p->perf.freq && p->perf.all_cpus);
    assert_int_equal(p->perf.type, PERF_TYPE_SOFTWARE);
    p = one(f, "i:100us", "interval:us:100");
    assert_int_equal(p->perf.period, 100000);
    p = one(f, "interval:1500ns", "interval:us:1");
    assert_int_equal(p->perf.period, 1000);
    p = one(f, "interval:ms:1e1", "interval:ms:10");
    p = one(f, "interval:ms:0x10", "interval:ms:16");
    p = one(f, "interval:s:99999999999", "interval:s:99999999999");
    assert_int_equal(p->perf.period, INT64_MAX);
    plan(f);
    assert_int_equal(f->block.attach, ATTACH_PERF_EVENT);
    assert_int_equal(f->block.prog_type, BPF_PROG_TYPE_PERF_EVENT);
}

static void wrong_timers(void **state) {
    struct fixture *f = *state;
    refused(f, "interval", "interval probe type requires 1 or 2 arguments, found 0");
    refused(f, "interval:s:1:2", "interval probe type requires 1 or 2 arguments, found 3");
    refused(f, "interval:x", "Invalid rate of interval probe: invalid integer: x");
    refused(f, "interval:1", "Invalid rate of interval probe. Minimum is 1000 or 1us. Found: 1 nanoseconds");
    refused(f, "interval:999ns", "Invalid rate of interval probe. Minimum is 1000 or 1us. Found: 999 nanoseconds");
    refused(f, "profile:hz:0", "profile frequency should be a positive integer");
    refused(f, "interval:s:-1", "interval frequency should be a positive integer");
    refused(f, "interval:us:18446744073709551615", "interval frequency should be a positive integer");
    refused(f, "interval:foo:1", "foo is not an accepted unit of time");
    refused(f, "Interval:MS:10", "MS is not an accepted unit of time");
}

static void counters(void **state) {
    struct fixture *f = *state;
    const struct probe *p = one(f, "software:faults:1", "software:faults:1");
    assert_true(p->perf.config == PERF_COUNT_SW_PAGE_FAULTS && p->perf.period == 1 && p->perf.all_cpus);
    p = one(f, "s:page-faults:1e1", "software:page-faults:10");
    p = one(f, "hardware:cycles", "hardware:cycles");
    assert_true(p->perf.type == PERF_TYPE_HARDWARE && p->perf.period == 1000000);
    refused(f, "software:faults:", "Invalid count for software probe: invalid integer: ");
    refused(f, "software:nope:1", "nope is not a software probe");
    refused(f, "software:page-*:1", "wildcards are not allowed for software probe type");
    refused(f, "hardware:cycles:-1", "hardware count should be a positive integer");
}

static void specials(void **state) {
    struct fixture *f = *state;
    one(f, "BEGIN", "begin");
    plan(f);
    assert_int_equal(f->block.attach, ATTACH_BEGIN);
    one(f, "self:signal:SIGUSR1", "self:signal:SIGUSR1");
    one(f, "test:x", "test:x");
    refused(f, "begin:x", "begin probe type requires 0 arguments, found 1");
    refused(f, "end:", "end probe type requires 0 arguments, found 1");
    refused(f, "self:signal:SIGUSR2", "SIGUSR2 is not a supported signal");
    refused(f, "self:foo:SIGUSR1", "foo is not a supported trigger");
}

static void watchpoints(void **state) {
    struct fixture *f = *state;
    const struct probe *p = one(f, "watchpoint:0x10000000:8:wr", "watchpoint:0x10000000:8:wr");
    assert_int_equal(p->address, 0x10000000);
    assert_int_equal(p->perf.config, 8 | 3 << 8);
    refused(f, "w:0x10:3:w", "watchpoint length must be one of (1,2,4,8)");
    refused(f, "w:0x10:8:z", "watchpoint mode must be combination of (r,w,x)");
    refused(f, "w:0x10:8:ww", "watchpoint modes may not be duplicated");
    refused(f, "w:0x10:8:rwx", "invalid watchpoint mode: rwx");
    refused(f, "w:0:8:w", "watchpoint must be attached to a non-zero address");
    refused(f, "w:foo:8:w", "Invalid function/address argument: invalid integer: foo");
}

/* ---- system calls -------------------------------------------------------------------------------- */

static void syscall_numbers(void **state) {
    (void)state;
    uint64_t n;
#if defined(__x86_64__)
    assert_int_equal(syscall_number("read"), 0);
    assert_int_equal(syscall_number("newfstat"), 5);
    assert_int_equal(syscall_number("umount"), 166);
    assert_int_equal(syscall_number("file_setattr"), 469);
#elif defined(__aarch64__)
    assert_int_equal(syscall_number("read"), 63);
    assert_int_equal(syscall_number("newfstat"), 80);
    assert_int_equal(syscall_number("open"), -1);
#endif
    assert_int_equal(syscall_number("fstat"), -1); /* the event's name is newfstat */
    assert_int_equal(syscall_number(""), -1);
    assert_int_equal(syscall_of_event("sys_enter_openat", &n), SYSCALL_ENTER);
    assert_int_equal(n, syscall_number("openat"));
    assert_int_equal(syscall_of_event("sys_exit_openat", &n), SYSCALL_EXIT);
    assert_int_equal(syscall_of_event("sys_enter_nothing", &n), SYSCALL_NONE);
    assert_int_equal(syscall_of_event("openat", &n), SYSCALL_NONE);
}

static void syscalls_share_a_program(void **state) {
    struct fixture *f = *state;
    if (!system_has_event("syscalls", "sys_enter_openat"))
        skip();
    assert_true(target(f, "tracepoint:syscalls:sys_enter_open*"));
    assert_true(f->block.probes.n >= 3);
    f->block.use.probe = true;
    plan(f);
    assert_int_equal(f->block.attach, ATTACH_RAW_TP);
    assert_true(f->block.is_multi);
    for (VEC_EACH(p, &f->block.probes))
        assert_string_equal(p->event, "sys_enter");
    /* again: planning is idempotent */
    plan(f);
    assert_int_equal(f->block.attach, ATTACH_RAW_TP);
    f->block.use.kstack = true;
    for (VEC_EACH(p, &f->block.probes))
        p->event = strrchr(p->name, ':') + 1;
    plan(f);
    assert_int_equal(f->block.attach, ATTACH_PERF_TP);
    assert_int_equal(f->block.prog_type, BPF_PROG_TYPE_TRACEPOINT);
}

static uint64_t bit_of(const struct type *args, const char *name) {
    for (uint32_t i = 0; i < args->nfields; i++)
        if (!strcmp(args->fields[i].name, name))
            return 1ull << i;
    fail_msg("no field %s", name);
    return 0;
}

static const struct field *field_of(const struct type *args, const char *name) {
    uint32_t offset;
    return type_field(args, name, &offset);
}

static void syscall_arguments_come_from_registers(void **state) {
    struct fixture *f = *state;
    if (!system_has_event("syscalls", "sys_enter_openat"))
        skip();
    const struct probe *p = one(f, "tracepoint:syscalls:sys_enter_openat", "tracepoint:syscalls:sys_enter_openat");
    f->block.args = f->block.provider->args(&f->env, p, NULL);
    assert_non_null(f->block.args);
    f->block.use.args = true;
    f->block.use.fields = bit_of(f->block.args, "filename");
    const struct type *before = f->block.args;
    plan(f);
    assert_int_equal(f->block.attach, ATTACH_RAW_TP);
    assert_ptr_not_equal(f->block.args, before);
    assert_int_equal(field_of(before, "filename")->home, FIELD_MEMORY);
    const struct field *filename = field_of(f->block.args, "filename");
    assert_true(filename->home == FIELD_SYSCALL_ARG && filename->offset == 1);
    const struct field *nr = field_of(f->block.args, "__syscall_nr");
    assert_true(nr->home == FIELD_CTX_ARG && nr->offset == 8);
}

static void other_arguments_need_perf(void **state) {
    struct fixture *f = *state;
    if (!system_has_event("sched", "sched_switch"))
        skip();
    const struct probe *p = one(f, "t:sched:sched_switch", "tracepoint:sched:sched_switch");
    plan(f);
    assert_int_equal(f->block.attach, ATTACH_RAW_TP);
    f->block.args = f->block.provider->args(&f->env, p, NULL);
    f->block.use.args = true;
    f->block.use.fields = bit_of(f->block.args, "next_pid");
    plan(f);
    assert_int_equal(f->block.attach, ATTACH_PERF_TP);
    assert_true(target(f, "tracepoint:sched:sched_swich"));
    assert_int_equal(f->block.probes.n, 0);
    assert_true(target(f, "tracepoint:sched:sched_sw*"));
    assert_true(f->block.probes.n >= 2);
}

static void wrong_tracepoints(void **state) {
    struct fixture *f = *state;
    refused(f, "tracepoint", "tracepoint probe type requires 2 arguments, found 0");
    refused(f, "tracepoint:foo", "tracepoint probe type requires 2 arguments, found 1");
    refused(f, "tracepoint:a:b:c", "tracepoint probe type requires 2 arguments, found 3");
    refused(f, "tracepoint::x", "tracepoint probe must have a target");
    refused(f, "tracepoint:x:", "tracepoint probe must have a target");
    refused(f, "rawtracepoint:a:b:c", "rawtracepoint probe type requires 2 or 1 arguments, found 3");
    assert_true(target(f, "tracepoint:..:..")); /* no way out of the folder */
    assert_int_equal(f->block.probes.n, 0);
    assert_true(target(f, "tracepoint:sched:../sched/sched_switch"));
    assert_int_equal(f->block.probes.n, 0);
}

static void nearest_names(void **state) {
    struct fixture *f = *state;
    if (!system_has_event("sched", "sched_switch") || access("/sys/kernel/tracing/available_events", R_OK) != 0)
        skip();
    const char *parts[] = { "tracepoint", "sched", "sched_swich" };
    struct attach_point ap = { .text = "tracepoint:sched:sched_swich", .parts = parts, .nparts = 3 };
    assert_string_equal(provider_nearest(&f->env, &ap), "tracepoint:sched:sched_switch");
    parts[1] = "shed";
    parts[2] = "sched_switch";
    assert_string_equal(provider_nearest(&f->env, &ap), "tracepoint:sched:sched_switch");
    assert_string_equal(provider_rest(&f->env, &ap), "shed:sched_switch");
}

/* ---- user functions ------------------------------------------------------------------------------- */

int probes_test_marker(void);
__attribute__((noinline)) int probes_test_marker(void) {
    __asm__ volatile("nop\nnop");
    return 1;
}

static void user_functions(void **state) {
    struct fixture *f = *state;
    assert_int_equal(probes_test_marker(), 1);
    char path[256], text[512];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    assert_true(n > 0);
    path[n] = '\0';
    snprintf(text, sizeof text, "uprobe:%s:probes_test_marker", path);
    const struct probe *p = one(f, text, text);
    assert_string_equal(p->target, path);
    assert_true(p->offset && p->offset == p->func_offset);
    uint64_t at = p->offset;
    char plus[600];
    snprintf(plus, sizeof plus, "%s+0x1", text);
    p = one(f, plus, arena_printf(f->arena, "%s+1", text));
    assert_true(p->offset == at + 1 && p->func_offset == at);
    snprintf(plus, sizeof plus, "%s+0", text);
    one(f, plus, text);
    snprintf(plus, sizeof plus, "uprobe:%s:probes_test_m*r", path);
    one(f, plus, text);
    snprintf(plus, sizeof plus, "uprobe:%s:no_such_function", path);
    assert_true(target(f, plus));
    assert_int_equal(f->block.probes.n, 0);
}

static void wrong_user_functions(void **state) {
    struct fixture *f = *state;
    refused(f, "uprobe", "uprobe probe type requires 2 or 3 arguments, found 0");
    refused(f, "uprobe:/bin/sh:a:b:c", "uprobe probe type requires 2 or 3 arguments, found 4");
    refused(f, "uprobe:/no/such:f", "uprobe target file '/no/such' does not exist or is not executable");
    refused(f, "uprobe::f", "uprobe should have a target");
    refused(f, "uprobe:/bin/sh:f+x", "Invalid offset: invalid integer: x");
    refused(f, "uprobe:/bin/sh:rust:f", "unsupported language type: rust");
    refused(f, "uretprobe:/bin/sh:f+1", "Offset not allowed");
    refused(f, "uprobe:/bin/sh:",
            "uprobe should be attached to a function, address, or source file and line (using DWARF)");
    refused(f, "usdt::a:b",
            "usdt probe must specify at least path or pid to probe. To target all paths/pids set the path "
            "to '*'.");
    refused(f, "usdt:/no/such:a:b", "usdt target file '/no/such' does not exist or is not executable");
}

static void kernel_functions(void **state) {
    struct fixture *f = *state;
    refused(f, "kprobe", "kprobe probe type requires 1 or 2 arguments, found 0");
    refused(f, "kprobe:", "kprobes should be attached to a function or an address");
    refused(f, "kprobe:vfs_read+x", "Invalid offset: invalid integer: x");
    refused(f, "kprobe:0xffffffff81000000", "Probing by address requires --unsafe");
    refused(f, "kretprobe:vfs_read+1", "Offset not allowed");
    refused(f, "kprobe:no_such_mod:vfs_read",
            "specified module no_such_mod in probe kprobe:no_such_mod:vfs_read is not loaded.");
    refused(f, "fentry", "fentry probe type requires 1 or 3 arguments, found 0");
    f->env.is_unsafe = true;
    const struct probe *p = one(f, "kprobe:0xffffffff81000000", "kprobe:18446744071578845184");
    assert_int_equal(p->address, 0xffffffff81000000);
}

/* A list of our own stands for the kernel's. */
static void traceable_functions_file(void **state) {
    struct fixture *f = *state;
    char path[] = "/tmp/sonde-test-functions-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "b_fn\na_fn\na_fn\nkvm_x [kvm]\nrcu_thing\nx.part.0\n";
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    f->env.traceable_functions = path;
    one(f, "kprobe:a_fn", "kprobe:a_fn");
    one(f, "kprobe:a_*", "kprobe:a_fn");
    one(f, "kprobe:vmlinux:a_*", "kprobe:vmlinux:a_fn");
    one(f, "kprobe:k*:*", "kprobe:kvm:kvm_x");
    one(f, "fentry:kvm_x", "fentry:kvm:kvm_x");
    one(f, "kprobe:b_fn+4", "kprobe:b_fn+4");
    one(f, "kretprobe:rcu_thing", "kretprobe:rcu_thing");
    assert_true(target(f, "kprobe:*"));
    assert_int_equal(f->block.probes.n, 3); /* neither RCU nor split off parts */
    assert_true(target(f, "kprobe:nothing"));
    assert_int_equal(f->block.probes.n, 0);
    assert_int_equal(f->diag->list.n, 1); /* not traceable */
    assert_true(target(f, "fentry:nothing"));
    assert_int_equal(f->block.probes.n, 0);
    unlink(path);
}

static void usdt_arguments(void **state) {
    (void)state;
    struct usdt_arg a;
    assert_true(usdt_arg_parse("", 0, &a) && a.place == USDT_MISSING);
    assert_true(usdt_arg_parse("8@$1", 1, &a) && a.place == USDT_MISSING);
    assert_false(usdt_arg_parse("3@$1", 0, &a));
    assert_false(usdt_arg_parse("8@", 0, &a));
    assert_false(usdt_arg_parse("8@%nothing", 0, &a));
    assert_true(usdt_arg_parse("4f@%xmm0", 0, &a) && a.place == USDT_FLOAT);
#if defined(__x86_64__)
    static const char text[] = "-4@%edi 8@-16(%rbp)  1@%ah 2@$-7 8@8(%rax,%rcx,4) 8@(%r12) 4@%r9d 1@%sil 8@12(%rip)";
    assert_true(usdt_arg_parse(text, 0, &a));
    assert_true(a.place == USDT_REGISTER && a.size == 4 && a.is_signed && a.reg == 112);
    assert_true(usdt_arg_parse(text, 1, &a));
    assert_true(a.place == USDT_MEMORY && a.size == 8 && !a.is_signed && a.reg == 32 && a.value == -16 && a.index < 0);
    assert_true(usdt_arg_parse(text, 2, &a));
    assert_true(a.place == USDT_REGISTER && a.reg == 80 && a.shift == 8);
    assert_true(usdt_arg_parse(text, 3, &a));
    assert_true(a.place == USDT_CONSTANT && a.value == -7 && a.size == 2);
    assert_true(usdt_arg_parse(text, 4, &a));
    assert_true(a.place == USDT_MEMORY && a.reg == 80 && a.index == 88 && a.scale == 4 && a.value == 8);
    assert_true(usdt_arg_parse(text, 5, &a) && a.place == USDT_MEMORY && a.reg == 24 && a.value == 0);
    assert_true(usdt_arg_parse(text, 6, &a) && a.reg == 64);
    assert_true(usdt_arg_parse(text, 7, &a) && a.reg == 104 && a.shift == 0);
    assert_true(usdt_arg_parse(text, 8, &a) && a.reg == 128 && a.value == 12);
    assert_true(usdt_arg_parse(text, 9, &a) && a.place == USDT_MISSING);
    assert_false(usdt_arg_parse("8@symbol(%rip)", 0, &a)); /* was not resolved */
#elif defined(__aarch64__)
    static const char text[] = "-4@x0 8@[sp, 24] 4@5 2@[x19]";
    assert_true(usdt_arg_parse(text, 0, &a) && a.place == USDT_REGISTER && a.reg == 0 && a.is_signed);
    assert_true(usdt_arg_parse(text, 1, &a) && a.place == USDT_MEMORY && a.reg == 248 && a.value == 24);
    assert_true(usdt_arg_parse(text, 2, &a) && a.place == USDT_CONSTANT && a.value == 5);
    assert_true(usdt_arg_parse(text, 3, &a) && a.place == USDT_MEMORY && a.reg == 152 && a.value == 0);
#endif
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(wildcards),
        TEST(provider_names),
        TEST(names_are_unique),
        TEST(timers),
        TEST(wrong_timers),
        TEST(counters),
        TEST(specials),
        TEST(watchpoints),
        TEST(syscall_numbers),
        TEST(syscalls_share_a_program),
        TEST(syscall_arguments_come_from_registers),
        TEST(other_arguments_need_perf),
        TEST(wrong_tracepoints),
        TEST(nearest_names),
        TEST(user_functions),
        TEST(wrong_user_functions),
        TEST(usdt_arguments),
        TEST(kernel_functions),
        TEST(traceable_functions_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
