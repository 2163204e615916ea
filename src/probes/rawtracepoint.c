/* rawtracepoint:[MODULE:]EVENT: the arguments as the kernel's own code passes them to the tracepoint, typed by BTF. */
#include <linux/bpf.h>
#include <string.h>

#include "probes/btf_text.h"
#include "probes/common.h"

static void add(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *module,
                const char *event) {
    const char *name = arena_printf(env->arena, "rawtracepoint:%s:%s", module, event);
    struct probe *p = probe_add(env, b, ap, "rawtracepoint", name);
    p->target = module;
    p->event = event;
}

static bool targets(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    if (!probe_count(env, ap, "rawtracepoint", 1, 2, "2 or 1"))
        return false;
    const char *module = ap_nargs(ap) == 2 ? ap_arg(ap, 0) : "*", *event = ap_arg(ap, ap_nargs(ap) - 1);
    if (!*event)
        return probe_error(env, ap, "rawtracepoint should be attached to a tracepoint");
    if (!has_wildcard(event)) {
        const char *found = system_raw_tracepoint(env, event);
        if (found && wildcard_match(module, found))
            add(env, ap, b, found, event);
        return true;
    }
    const struct raw_tracepoint *list;
    size_t n = system_raw_tracepoints(env, &list);
    for (size_t i = 0; i < n; i++)
        if (wildcard_match(event, list[i].name) && wildcard_match(module, list[i].module))
            add(env, ap, b, list[i].module, list[i].name);
    return true;
}

static const struct type *args(struct probe_env *env, const struct probe *p, const struct type **retval) {
    if (retval)
        *retval = NULL;
    return typedb_raw_tracepoint(env->types, p->event);
}

static void plan(struct probe_env *env, struct block *b) {
    (void)env;
    b->attach = ATTACH_RAW_TP;
    b->prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
}

/* ---- listing ------------------------------------------------------------------------------------ */

static void list_one(struct probe_env *env, struct listing *out, const struct raw_tracepoint *r) {
    const char *line = arena_printf(env->arena, "rawtracepoint:%s:%s", r->module, r->name);
    struct signature s;
    if (out->verbose && signature_of_raw_tracepoint(env, r->name, &s))
        out->line(out, line, signature_lines(env, &s), s.n);
    else
        list_line(out, line);
}

static void list(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    const char *text = pattern_text(env, pattern);
    if (!strchr(text, ':'))
        text = arena_printf(env->arena, "*:%s", text);
    const struct raw_tracepoint *list;
    size_t n = system_raw_tracepoints(env, &list);
    for (size_t i = 0; i < n; i++)
        if (wildcard_match(text, arena_printf(env->arena, "%s:%s", list[i].module, list[i].name)))
            list_one(env, out, &list[i]);
}

const struct provider provider_rawtracepoint = {
    .name = "rawtracepoint",
    .short_name = "rt",
    .probetype = "rawtracepoint",
    .flags = PF_HAS_ARGS | PF_HAS_ARGN | PF_HAS_CTX | PF_KERNEL_SPACE,
    .targets = targets,
    .args = args,
    .plan = plan,
    .list = list,
    .help = "tracepoints with the kernel's own arguments: rawtracepoint:sched_switch",
};
