/* tracepoint:CATEGORY:EVENT.
 *
 * There are two ways to run a program on an event. Through perf (BPF_PROG_TYPE_TRACEPOINT) it gets the event's record and
 * so any field of it; as a raw tracepoint it gets the tracepoint's arguments, costs half as much, and detaches in 0.1 ms
 * instead of 50. The second way is taken whenever nobody can tell the difference: no field is used, or those used follow
 * from the raw arguments, and no kernel stack is taken (its innermost frames differ). */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "probes/common.h"
#include "probes/syscalls.h"

/* ---- targets ------------------------------------------------------------------------------------- */

static void add(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *category,
                const char *event) {
    struct probe *p =
        probe_add(env, b, ap, "tracepoint", arena_printf(env->arena, "tracepoint:%s:%s", category, event));
    p->target = category;
    p->event = event;
}

static void add_matching(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *category,
                         const char *event) {
    const char *const *events;
    size_t n = system_events(env, &events);
    for (size_t i = 0; i < n; i++) {
        const char *colon = strchr(events[i], ':');
        if (!colon || !wildcard_match(event, colon + 1))
            continue;
        const char *name = arena_strndup(env->arena, events[i], (size_t)(colon - events[i]));
        if (wildcard_match(category, name))
            add(env, ap, b, name, colon + 1);
    }
}

static bool targets(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    /* "tracepoint:sched_sw*" looks in every category */
    bool any_category = ap_nargs(ap) == 1 && has_wildcard(ap_arg(ap, 0));
    if (!any_category && !probe_count(env, ap, "tracepoint", 2, 2, "2"))
        return false;
    const char *category = any_category ? "*" : ap_arg(ap, 0), *event = ap_arg(ap, any_category ? 0 : 1);
    if (!*category || !*event)
        return probe_error(env, ap, "tracepoint probe must have a target");
    const char *refusal = system_tracefs_refusal(env);
    if (refusal)
        return probe_error(env, ap, "%s", refusal);
    if (has_wildcard(category) || has_wildcard(event))
        add_matching(env, ap, b, category, event);
    else if (system_has_event(category, event))
        add(env, ap, b, category, event);
    return true;
}

static const struct type *args(struct probe_env *env, const struct probe *p, const struct type **retval) {
    if (retval)
        *retval = NULL;
    return typedb_tracepoint(env->types, p->target, p->event, NULL);
}

/* ---- plan ---------------------------------------------------------------------------------------- */

/* Events that the kernel makes up at run time or out of something else: there is no tracepoint behind them. */
static bool has_raw_tracepoint(struct probe_env *env, const char *category, const char *event) {
    static const char *const without[] = { "syscalls",  "ftrace",  "kprobes",    "uprobes",
                                           "synthetic", "eprobes", "user_events" };
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (!strcmp(category, without[i]))
            return false;
    return !system_is_dynamic_event(env, category, event);
}

static bool all_in(const struct block *b, const char *category) {
    for (VEC_EACH(p, &b->probes))
        if (strcmp(p->target, category) != 0)
            return false;
    return true;
}

static bool plan_plain_raw(struct probe_env *env, struct block *b) {
    if (b->use.args || b->use.args_whole)
        return false;
    for (VEC_EACH(p, &b->probes))
        if (!has_raw_tracepoint(env, p->target, p->event))
            return false;
    b->attach = ATTACH_RAW_TP;
    b->prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
    return true;
}

static void plan(struct probe_env *env, struct block *b) {
    b->is_multi = false;
    if (!b->use.kstack) {
        if (all_in(b, "syscalls") ? syscalls_plan(env, b)
                                  : (all_in(b, "raw_syscalls") && raw_syscalls_plan(env, b)) || plan_plain_raw(env, b))
            return;
    }
    b->attach = ATTACH_PERF_TP;
    b->prog_type = BPF_PROG_TYPE_TRACEPOINT;
}

/* One raw tracepoint stands behind all entries of system calls, another one behind all exits; any other event is one of
 * its own. Events of different ways would force each other to the slower one. */
static bool can_share(const struct probe *a, const struct probe *b) {
    static const char *const sides[] = { "sys_enter", "sys_exit" };
    bool is_call = strstr(a->target, "syscalls") != NULL;
    if (strcmp(a->target, b->target) != 0)
        return !is_call && !strstr(b->target, "syscalls");
    for (size_t i = 0; is_call && i < sizeof sides / sizeof *sides; i++)
        if (!strncmp(a->event, sides[i], strlen(sides[i])))
            return !strncmp(b->event, sides[i], strlen(sides[i]));
    return true;
}

/* The number of the system call tells; other events have programs of their own. */
static bool tells_apart(const struct probe *a, const struct probe *b) {
    uint64_t number;
    return !strcmp(a->target, "syscalls") && can_share(a, b) && syscall_of_event(a->event, &number) != SYSCALL_NONE &&
           syscall_of_event(b->event, &number) != SYSCALL_NONE;
}

static void prologue(struct codegen *cg, const struct block *b) {
    if (b->attach == ATTACH_RAW_TP && !strcmp(b->probes.v[0].target, "syscalls"))
        syscalls_prologue(cg, b);
}

/* ---- listing -------------------------------------------------------------------------------------- */

static void list_event(struct probe_env *env, struct listing *out, const char *event) {
    const char *line = arena_printf(env->arena, "tracepoint:%s", event);
    if (!out->verbose) {
        list_line(out, line);
        return;
    }
    const char *colon = strchr(event, ':'), *const * fields;
    size_t n = typedb_tracepoint_fields(env->arena, arena_strndup(env->arena, event, (size_t)(colon - event)),
                                        colon + 1, &fields);
    out->line(out, line, fields, n);
}

static void list(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    const char *text = pattern_text(env, pattern), *const * events;
    if (!strchr(text, ':'))
        text = arena_printf(env->arena, "*:%s", text);
    size_t n = system_events(env, &events);
    for (size_t i = 0; i < n; i++)
        if (wildcard_match(text, events[i]))
            list_event(env, out, events[i]);
}

const struct provider provider_tracepoint = {
    .name = "tracepoint",
    .short_name = "t",
    .probetype = "tracepoint",
    .flags = PF_HAS_ARGS | PF_KERNEL_SPACE,
    .targets = targets,
    .args = args,
    .plan = plan,
    .prologue = prologue,
    .list = list,
    .help = "static events of the kernel: tracepoint:sched:sched_switch",
    .can_share = can_share,
    .tells_apart = tells_apart,
};
