/* begin, end, self, test, bench: programs that sonde runs itself, through BPF_PROG_TEST_RUN, before, after or beside the
 * probes of the kernel. */
#include <linux/bpf.h>
#include <string.h>

#include "probes/common.h"

static bool targets_bare(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *name) {
    if (!probe_count(env, ap, name, 0, 0, "0"))
        return false;
    probe_add(env, b, ap, name, name);
    return true;
}

static bool targets_begin(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets_bare(env, ap, b, "begin");
}

static bool targets_end(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets_bare(env, ap, b, "end");
}

static bool targets_self(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    if (!probe_count(env, ap, "self", 2, 2, "2"))
        return false;
    if (strcmp(ap_arg(ap, 0), "signal") != 0)
        return probe_error(env, ap, "%s is not a supported trigger", ap_arg(ap, 0));
    if (strcmp(ap_arg(ap, 1), "SIGUSR1") != 0)
        return probe_error(env, ap, "%s is not a supported signal", ap_arg(ap, 1));
    struct probe *p = probe_add(env, b, ap, "self", "self:signal:SIGUSR1");
    p->target = "signal";
    p->event = "SIGUSR1";
    return true;
}

static bool targets_named(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *provider) {
    if (!probe_count(env, ap, provider, 1, 1, "1"))
        return false;
    const char *name = ap_arg(ap, 0);
    struct probe *p = probe_add(env, b, ap, provider, arena_printf(env->arena, "%s:%s", provider, name));
    p->event = name;
    return true;
}

static bool targets_test(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets_named(env, ap, b, "test");
}

static bool targets_bench(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets_named(env, ap, b, "bench");
}

static void plan_as(struct block *b, enum attach_kind attach) {
    b->attach = attach;
    b->prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
}

static void plan_begin(struct probe_env *env, struct block *b) { (void)env, plan_as(b, ATTACH_BEGIN); }
static void plan_end(struct probe_env *env, struct block *b) { (void)env, plan_as(b, ATTACH_END); }
static void plan_self(struct probe_env *env, struct block *b) { (void)env, plan_as(b, ATTACH_SIGNAL); }
static void plan_test(struct probe_env *env, struct block *b) { (void)env, plan_as(b, ATTACH_TEST); }
static void plan_bench(struct probe_env *env, struct block *b) { (void)env, plan_as(b, ATTACH_BENCH); }

static void list_one(struct probe_env *env, const struct attach_point *pattern, struct listing *out, const char *rest,
                     const char *line) {
    if (pattern && wildcard_match(pattern_text(env, pattern), rest))
        list_line(out, line);
}

static void list_self(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    list_one(env, pattern, out, "signal:SIGUSR1", "self:signal:SIGUSR1");
}

static void list_test(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    list_one(env, pattern, out, ":", "test::");
}

static void list_bench(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    list_one(env, pattern, out, ":", "benchmark::");
}

const struct provider provider_begin = {
    .name = "begin",
    .probetype = "special",
    .flags = PF_SPECIAL | PF_NO_LIST | PF_NO_WILDCARD,
    .targets = targets_begin,
    .plan = plan_begin,
    .help = "before everything else is attached",
};

const struct provider provider_end = {
    .name = "end",
    .probetype = "special",
    .flags = PF_SPECIAL | PF_NO_LIST | PF_NO_WILDCARD,
    .targets = targets_end,
    .plan = plan_end,
    .help = "after everything else is detached",
};

const struct provider provider_self = {
    .name = "self",
    .probetype = "special",
    .flags = PF_SPECIAL | PF_NO_LIST | PF_NO_WILDCARD,
    .targets = targets_self,
    .plan = plan_self,
    .list = list_self,
    .help = "signals to sonde itself: self:signal:SIGUSR1",
};

const struct provider provider_test = {
    .name = "test",
    .probetype = "test",
    .flags = PF_SPECIAL | PF_NO_LIST | PF_NO_WILDCARD,
    .targets = targets_test,
    .plan = plan_test,
    .list = list_test,
    .help = "run by --test: test:NAME",
};

const struct provider provider_bench = {
    .name = "bench",
    .probetype = "bench",
    .flags = PF_SPECIAL | PF_NO_LIST | PF_NO_WILDCARD,
    .targets = targets_bench,
    .plan = plan_bench,
    .list = list_bench,
    .help = "run many times by --bench: bench:NAME",
};
