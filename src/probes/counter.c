/* software and hardware: counters of perf that run the program every COUNT events, on every CPU. */
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "probes/common.h"

struct event {
    const char *name, *alias;
    uint64_t config;
    uint64_t count; /* when none is given */
};

/* In the order of listings. */
static const struct event software_events[] = {
    { "alignment-faults", NULL, PERF_COUNT_SW_ALIGNMENT_FAULTS, 1 },
    { "bpf-output", NULL, PERF_COUNT_SW_BPF_OUTPUT, 1 },
    { "context-switches", "cs", PERF_COUNT_SW_CONTEXT_SWITCHES, 1000 },
    { "cpu-clock", "cpu", PERF_COUNT_SW_CPU_CLOCK, 1000000 },
    { "cpu-migrations", NULL, PERF_COUNT_SW_CPU_MIGRATIONS, 1 },
    { "dummy", NULL, PERF_COUNT_SW_DUMMY, 1 },
    { "emulation-faults", NULL, PERF_COUNT_SW_EMULATION_FAULTS, 1 },
    { "major-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1 },
    { "minor-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MIN, 100 },
    { "page-faults", "faults", PERF_COUNT_SW_PAGE_FAULTS, 100 },
    { "task-clock", NULL, PERF_COUNT_SW_TASK_CLOCK, 1000000 },
    { 0 },
};

static const struct event hardware_events[] = {
    { "backend-stalls", NULL, PERF_COUNT_HW_STALLED_CYCLES_BACKEND, 1000000 },
    { "branch-instructions", "branches", PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000 },
    { "branch-misses", NULL, PERF_COUNT_HW_BRANCH_MISSES, 100000 },
    { "bus-cycles", NULL, PERF_COUNT_HW_BUS_CYCLES, 100000 },
    { "cache-misses", NULL, PERF_COUNT_HW_CACHE_MISSES, 1000000 },
    { "cache-references", NULL, PERF_COUNT_HW_CACHE_REFERENCES, 1000000 },
    { "cpu-cycles", "cycles", PERF_COUNT_HW_CPU_CYCLES, 1000000 },
    { "frontend-stalls", NULL, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 1000000 },
    { "instructions", NULL, PERF_COUNT_HW_INSTRUCTIONS, 1000000 },
    { "ref-cycles", NULL, PERF_COUNT_HW_REF_CPU_CYCLES, 1000000 },
    { 0 },
};

static const struct event *find(const struct event *events, const char *name) {
    for (const struct event *e = events; e->name; e++)
        if (!strcmp(name, e->name) || (e->alias && !strcmp(name, e->alias)))
            return e;
    return NULL;
}

static bool targets(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *provider,
                    const struct event *events, uint32_t perf_type) {
    if (!probe_count(env, ap, provider, 1, 2, "1 or 2"))
        return false;
    const char *name = ap_arg(ap, 0);
    uint64_t count = 0;
    bool has_count = ap_nargs(ap) == 2, negative = false;
    const char *what = arena_printf(env->arena, "Invalid count for %s probe", provider);
    if (has_count && !probe_integer(env, ap, ap_arg(ap, 1), what, &count, &negative))
        return false;
    if (has_wildcard(name))
        return probe_error(env, ap, "wildcards are not allowed for %s probe type", provider);
    const struct event *e = find(events, name);
    if (!e)
        probe_error(env, ap, "%s is not a %s probe", name, provider);
    if (negative)
        probe_error(env, ap, "%s count should be a positive integer", provider);
    if (!e || negative)
        return false;
    const char *shown = count ? arena_printf(env->arena, "%s:%s:%llu", provider, name, (unsigned long long)count)
                              : arena_printf(env->arena, "%s:%s", provider, name);
    struct probe *p = probe_add(env, b, ap, provider, shown);
    p->event = name;
    p->perf.type = perf_type;
    p->perf.config = e->config;
    p->perf.period = count ? count : e->count;
    p->perf.all_cpus = true;
    return true;
}

static bool targets_software(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets(env, ap, b, "software", software_events, PERF_TYPE_SOFTWARE);
}

static bool targets_hardware(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets(env, ap, b, "hardware", hardware_events, PERF_TYPE_HARDWARE);
}

static void plan(struct probe_env *env, struct block *b) {
    (void)env;
    b->attach = ATTACH_PERF_EVENT;
    b->prog_type = BPF_PROG_TYPE_PERF_EVENT;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static void list(struct probe_env *env, const struct attach_point *pattern, struct listing *out, const char *provider,
                 const struct event *events) {
    const char *lines[32], *text = pattern_text(env, pattern);
    size_t n = 0;
    for (const struct event *e = events; e->name; e++)
        for (int i = 0; i < 2; i++) {
            const char *name = i ? e->alias : e->name;
            const char *rest = name ? arena_printf(env->arena, "%s:", name) : NULL;
            if (rest && wildcard_match(text, rest))
                lines[n++] = arena_printf(env->arena, "%s:%s", provider, rest);
        }
    qsort(lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++)
        list_line(out, lines[i]);
}

static void list_software(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    list(env, pattern, out, "software", software_events);
}

static void list_hardware(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    list(env, pattern, out, "hardware", hardware_events);
}

const struct provider provider_software = {
    .name = "software",
    .short_name = "s",
    .probetype = "software",
    .flags = PF_HAS_REGS | PF_HAS_CTX | PF_PID_BY_ATTACH | PF_NO_WILDCARD,
    .targets = targets_software,
    .ctx = ctx_perf_event,
    .plan = plan,
    .list = list_software,
    .help = "every COUNT software events: software:page-faults:100",
};

const struct provider provider_hardware = {
    .name = "hardware",
    .short_name = "h",
    .probetype = "hardware",
    .flags = PF_HAS_REGS | PF_HAS_CTX | PF_PID_BY_ATTACH | PF_NO_WILDCARD,
    .targets = targets_hardware,
    .ctx = ctx_perf_event,
    .plan = plan,
    .list = list_hardware,
    .help = "every COUNT events of the CPU's counters: hardware:cache-misses:1000000",
};
