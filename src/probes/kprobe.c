/* kprobe and kretprobe: any instruction, or the return, of a kernel function. */
#include <linux/bpf.h>
#include <string.h>

#include "probes/common.h"
#include "probes/kernel_function.h"
#include "runtime/runtime.h"

struct spec {
    struct probe_env *env;
    const struct attach_point *ap;
    struct block *b;
    const char *provider;
    const char *module; /* NULL: none named */
    const char *function;
    uint64_t offset;
};

static struct probe *add(struct spec *s, const char *module, const char *function) {
    struct arena *a = s->env->arena;
    const char *place = s->module ? arena_printf(a, "%s:%s", module, function) : function;
    if (s->offset)
        place = arena_printf(a, "%s+%llu", place, (unsigned long long)s->offset);
    struct probe *p = probe_add(s->env, s->b, s->ap, s->provider, arena_printf(a, "%s:%s", s->provider, place));
    /* Copies: the table of symbols goes before the probe. */
    p->target = s->module && strcmp(module, "vmlinux") != 0 ? arena_strdup(a, module) : NULL;
    p->event = arena_strdup(a, function);
    p->offset = s->offset;
    return p;
}

static void add_match(struct probe_env *env, const struct kernel_function *f, void *ctx) {
    (void)env;
    add(ctx, f->module, f->name);
}

static bool add_address(struct spec *s) {
    uint64_t address;
    if (!probe_integer(s->env, s->ap, s->function, "Invalid address", &address, NULL))
        return false;
    if (!s->env->is_unsafe)
        return probe_error(s->env, s->ap, "Probing by address requires --unsafe");
    const char *name = arena_printf(s->env->arena, "%s:%llu", s->provider, (unsigned long long)address);
    probe_add(s->env, s->b, s->ap, s->provider, name)->address = address;
    return true;
}

/* Says why there is no such function; with --unsafe the kernel gets the last word. */
static bool add_unknown(struct spec *s) {
    diag_warn(
        s->env->diag, D_PROBE, s->ap->span,
        "%s is not traceable (either non-existing, inlined, or marked as \"notrace\"); attaching to it will likely "
        "fail",
        s->function);
    if (s->env->is_unsafe)
        add(s, s->module ? s->module : "vmlinux", s->function);
    return true;
}

static bool split_offset(struct spec *s, bool allowed) {
    const char *plus = strrchr(s->function, '+');
    if (!plus || plus == s->function)
        return true;
    if (!probe_integer(s->env, s->ap, plus + 1, "Invalid offset", &s->offset, NULL))
        return false;
    if (!allowed)
        return probe_error(s->env, s->ap, "Offset not allowed");
    s->function = arena_strndup(s->env->arena, s->function, (size_t)(plus - s->function));
    return true;
}

static bool targets(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *provider) {
    if (!probe_count(env, ap, provider, 1, 2, "1 or 2"))
        return false;
    struct spec s = { .env = env, .ap = ap, .b = b, .provider = provider };
    s.module = ap_nargs(ap) == 2 ? ap_arg(ap, 0) : NULL;
    s.function = ap_arg(ap, ap_nargs(ap) - 1);
    if (!*s.function)
        return probe_error(env, ap, "%ss should be attached to a function or an address", provider);
    if (*s.function >= '0' && *s.function <= '9')
        return add_address(&s);
    if (!split_offset(&s, !strcmp(provider, "kprobe")))
        return false;
    if (s.module && !has_wildcard(s.module) && !system_has_module(env, s.module))
        return probe_error(env, ap, "specified module %s in probe %s:%s:%s is not loaded.", s.module, provider,
                           s.module, s.function);
    struct kernel_function f;
    if (has_wildcard(s.function) || (s.module && has_wildcard(s.module)))
        kernel_functions_matching(env, s.module, s.function, add_match, &s);
    else if (kernel_function_find(env, s.module, s.function, &f) ||
             kernel_function_alias(env, s.module, s.function, &f))
        add(&s, f.module, f.name);
    else
        return add_unknown(&s);
    return true;
}

static bool targets_kprobe(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets(env, ap, b, "kprobe");
}

static bool targets_kretprobe(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return targets(env, ap, b, "kretprobe");
}

static void plan(struct block *b, enum attach_kind attach) {
    b->attach = attach;
    b->prog_type = BPF_PROG_TYPE_KPROBE;
    bool needs_index = b->use.probe || b->use.func;
    b->is_multi = b->probes.n > 1 && (!needs_index || kernel_features()->attach_cookie);
}

static void plan_kprobe(struct probe_env *env, struct block *b) { (void)env, plan(b, ATTACH_KPROBE); }
static void plan_kretprobe(struct probe_env *env, struct block *b) { (void)env, plan(b, ATTACH_KRETPROBE); }

static void list_kprobe(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    kernel_functions_list(env, pattern, out, "kprobe", false, LIST_PARAMETERS | LIST_NUMBERED);
}

static void list_kretprobe(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    kernel_functions_list(env, pattern, out, "kretprobe", false, LIST_RETVAL);
}

const struct provider provider_kprobe = {
    .name = "kprobe",
    .short_name = "k",
    .probetype = "kprobe",
    .flags = PF_HAS_REGS | PF_HAS_ARGN | PF_HAS_FUNC_KSYM | PF_HAS_CTX | PF_KERNEL_SPACE,
    .targets = targets_kprobe,
    .ctx = ctx_pt_regs,
    .plan = plan_kprobe,
    .prologue = prologue_cookie,
    .tells_apart = tells_apart_by_cookie,
    .list = list_kprobe,
    .help = "functions of the kernel: kprobe:vfs_read, kprobe:vfs_read+4",
};

const struct provider provider_kretprobe = {
    .name = "kretprobe",
    .short_name = "kr",
    .probetype = "kretprobe",
    .flags = PF_HAS_REGS | PF_HAS_RETVAL | PF_HAS_FUNC_KSYM | PF_HAS_CTX | PF_KERNEL_SPACE | PF_NO_LIST,
    .targets = targets_kretprobe,
    .ctx = ctx_pt_regs,
    .plan = plan_kretprobe,
    .prologue = prologue_cookie,
    .tells_apart = tells_apart_by_cookie,
    .list = list_kretprobe,
    .help = "returns from functions of the kernel",
};
