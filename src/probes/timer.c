/* interval and profile: a CPU clock counter of perf that overflows at a rate; interval on one CPU, profile on all. */
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <string.h>

#include "probes/common.h"

static const struct unit {
    const char *name;
    uint64_t ns; /* 0: a frequency */
} units[] = { { "hz", 0 }, { "ms", 1000000 }, { "s", 1000000000 }, { "us", 1000 } };

/* What fits the kernel's period: 2^63 - 1 ns are 292 years. */
static uint64_t saturating_mul(uint64_t a, uint64_t b) {
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) || product > INT64_MAX ? INT64_MAX : product;
}

/* "interval:10ms": nanoseconds, shown in microseconds. */
static bool bare_duration(struct probe_env *env, const struct attach_point *ap, struct probe *p, const char *what) {
    uint64_t ns;
    bool negative;
    if (!probe_integer(env, ap, ap_arg(ap, 0), arena_printf(env->arena, "Invalid rate of %s probe", p->provider), &ns,
                       &negative))
        return false;
    if (negative || ns < 1000)
        return probe_error(env, ap, "Invalid rate of %s probe. Minimum is 1000 or 1us. Found: %s%llu nanoseconds", what,
                           negative ? "-" : "", (unsigned long long)(negative ? -ns : ns));
    p->name = arena_printf(env->arena, "%s:us:%llu", p->provider, (unsigned long long)(ns / 1000));
    p->perf.period = saturating_mul(ns / 1000, 1000);
    return true;
}

static bool unit_and_count(struct probe_env *env, const struct attach_point *ap, struct probe *p) {
    const struct unit *unit = NULL;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(ap_arg(ap, 0), units[i].name))
            unit = &units[i];
    uint64_t n;
    bool negative;
    const char *what = arena_printf(env->arena, "Invalid rate of %s probe", p->provider);
    if (!probe_integer(env, ap, ap_arg(ap, 1), what, &n, &negative))
        return false;
    if (!unit)
        probe_error(env, ap, "%s is not an accepted unit of time", ap_arg(ap, 0));
    if (negative || n == 0 || n > INT64_MAX)
        return probe_error(env, ap, "%s frequency should be a positive integer", p->provider);
    if (!unit)
        return false;
    p->name = arena_printf(env->arena, "%s:%s:%llu", p->provider, unit->name, (unsigned long long)n);
    p->perf.freq = unit->ns == 0;
    p->perf.period = unit->ns ? saturating_mul(n, unit->ns) : n;
    return true;
}

static bool targets(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *provider) {
    if (!probe_count(env, ap, provider, 1, 2, "1 or 2"))
        return false;
    struct probe p = { .provider = provider };
    if (!(ap_nargs(ap) == 1 ? bare_duration(env, ap, &p, provider) : unit_and_count(env, ap, &p)))
        return false;
    struct probe *added = probe_add(env, b, ap, provider, p.name);
    added->perf = p.perf;
    added->perf.type = PERF_TYPE_SOFTWARE;
    added->perf.config = PERF_COUNT_SW_CPU_CLOCK;
    added->perf.all_cpus = !strcmp(provider, "profile");
    return true;
}

static bool targets_interval(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets(env, ap, b, "interval");
}

static bool targets_profile(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets(env, ap, b, "profile");
}

static void plan(struct probe_env *env, struct block *b) {
    (void)env;
    b->attach = ATTACH_PERF_EVENT;
    b->prog_type = BPF_PROG_TYPE_PERF_EVENT;
}

static void list(struct probe_env *env, const struct attach_point *pattern, struct listing *out, const char *provider) {
    for (size_t i = 0; pattern && i < sizeof units / sizeof *units; i++) {
        const char *line = arena_printf(env->arena, "%s:%s:", provider, units[i].name);
        if (wildcard_match(pattern_text(env, pattern), line + strlen(provider) + 1))
            list_line(out, line);
    }
}

static void list_interval(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    list(env, pattern, out, "interval");
}

static void list_profile(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    list(env, pattern, out, "profile");
}

const struct provider provider_interval = {
    .name = "interval",
    .short_name = "i",
    .probetype = "interval",
    .flags = PF_HAS_REGS | PF_HAS_CTX | PF_NO_LIST | PF_NO_WILDCARD | PF_NO_PROCESS,
    .targets = targets_interval,
    .ctx = ctx_perf_event,
    .plan = plan,
    .list = list_interval,
    .help = "at a rate, on one CPU: interval:s:1, interval:hz:10, interval:100ms",
};

const struct provider provider_profile = {
    .name = "profile",
    .short_name = "p",
    .probetype = "profile",
    .flags = PF_HAS_REGS | PF_HAS_CTX | PF_PID_BY_ATTACH | PF_NO_LIST | PF_NO_WILDCARD,
    .targets = targets_profile,
    .ctx = ctx_perf_event,
    .plan = plan,
    .list = list_profile,
    .help = "at a rate, on every CPU: profile:hz:99",
};
