/* fentry and fexit: functions of the kernel and BPF programs, through trampolines; arguments typed by BTF. */
#include <linux/bpf.h>
#include <string.h>

#include "probes/common.h"
#include "probes/kernel_function.h"

/* enum bpf_attach_type */
enum { TRACE_FENTRY = 24, TRACE_FEXIT = 25 };

struct spec {
    const struct attach_point *ap;
    struct block *b;
    const char *provider;
};

static void add(struct probe_env *env, const struct kernel_function *f, void *ctx) {
    struct spec *s = ctx;
    const char *name = arena_printf(env->arena, "%s:%s:%s", s->provider, f->module, f->name);
    struct probe *p = probe_add(env, s->b, s->ap, s->provider, name);
    p->target = arena_strdup(env->arena, f->module); /* the table of symbols goes before the probe */
    p->event = arena_strdup(env->arena, f->name);
}

/* fentry:bpf[:ID]:PROG */
static bool targets_bpf(struct probe_env *env, const struct attach_point *ap, struct spec *s) {
    size_t n = ap_nargs(ap);
    uint64_t id = 0;
    const char *program = ap_arg(ap, n - 1);
    if (n == 3 && !has_wildcard(ap_arg(ap, 1)) &&
        !probe_integer(env, ap, ap_arg(ap, 1), "Invalid BPF program ID", &id, NULL))
        return false;
    struct bpf_program_info *list;
    size_t nlist = system_bpf_programs(env, id, program, &list);
    for (size_t i = 0; i < nlist; i++) {
        const char *name = arena_printf(env->arena, "%s:bpf:%u:%s", s->provider, list[i].id, list[i].name);
        struct probe *p = probe_add(env, s->b, ap, s->provider, name);
        p->target = "bpf";
        p->event = list[i].name;
        p->id = list[i].id;
    }
    return true;
}

static bool targets(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *provider) {
    struct spec s = { ap, b, provider };
    size_t n = ap_nargs(ap);
    if (!probe_count(env, ap, provider, 1, 3, "1 or 3"))
        return false;
    if (n > 1 && !strcmp(ap_arg(ap, 0), "bpf"))
        return targets_bpf(env, ap, &s);
    if (n == 3)
        return probe_error(env, ap, "%s probe type requires 1 or 2 arguments, found 3", provider);
    const char *module = n == 2 ? ap_arg(ap, 0) : NULL, *function = ap_arg(ap, n - 1);
    if (!*function)
        return probe_error(env, ap, "%s should specify a function", provider);
    struct kernel_function f;
    if (has_wildcard(function) || (module && has_wildcard(module)))
        kernel_functions_matching(env, module ? module : "*", function, add, &s);
    else if (kernel_function_find(env, module, function, &f))
        add(env, &f, &s);
    return true;
}

static bool targets_fentry(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets(env, ap, b, "fentry");
}

static bool targets_fexit(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets(env, ap, b, "fexit");
}

static const struct type *args_fentry(struct probe_env *env, const struct probe *p, const struct type **retval) {
    if (retval)
        *retval = NULL;
    return p->id ? NULL : typedb_function(env->types, p->event, NULL);
}

static const struct type *args_fexit(struct probe_env *env, const struct probe *p, const struct type **retval) {
    if (retval)
        *retval = NULL;
    return p->id ? NULL : typedb_function(env->types, p->event, retval);
}

/* The kernel wants one program per function: each is checked against its prototype. */
static void plan(struct block *b, enum attach_kind attach, uint32_t attach_type) {
    b->attach = attach;
    b->prog_type = BPF_PROG_TYPE_TRACING;
    b->attach_type = attach_type;
    b->attach_btf_name = b->probes.n ? b->probes.v[0].event : NULL;
    b->is_multi = false;
}

static void plan_fentry(struct probe_env *env, struct block *b) { (void)env, plan(b, ATTACH_FENTRY, TRACE_FENTRY); }
static void plan_fexit(struct probe_env *env, struct block *b) { (void)env, plan(b, ATTACH_FEXIT, TRACE_FEXIT); }

static void list_fentry(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    kernel_functions_list(env, pattern, out, "fentry", true, LIST_PARAMETERS);
}

static void list_fexit(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    kernel_functions_list(env, pattern, out, "fexit", true, LIST_PARAMETERS | LIST_RETVAL);
}

const struct provider provider_fentry = {
    .name = "fentry",
    .short_name = "f",
    .alias = "kfunc",
    .probetype = "fentry",
    .flags = PF_HAS_ARGS | PF_HAS_FUNC_KSYM | PF_KERNEL_SPACE,
    .targets = targets_fentry,
    .args = args_fentry,
    .plan = plan_fentry,
    .can_share = never_share,
    .list = list_fentry,
    .help = "functions of the kernel with typed arguments: fentry:vfs_read",
};

const struct provider provider_fexit = {
    .name = "fexit",
    .short_name = "fr",
    .alias = "kretfunc",
    .probetype = "fexit",
    .flags = PF_HAS_ARGS | PF_HAS_RETVAL | PF_HAS_FUNC_KSYM | PF_KERNEL_SPACE | PF_NO_LIST,
    .targets = targets_fexit,
    .args = args_fexit,
    .plan = plan_fexit,
    .can_share = never_share,
    .list = list_fexit,
    .help = "returns from functions of the kernel, with typed arguments and retval",
};
