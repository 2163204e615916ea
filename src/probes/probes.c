/* The table of providers, and what all of them have in common. */
#include <ctype.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codegen/codegen.h"
#include "parser/parser.h"
#include "probes/common.h"
#include "runtime/runtime.h"

/* In the order of their names, which is the order of listings. */
const struct provider *const providers[] = {
    &provider_begin,      &provider_bench,
    &provider_end,        &provider_fentry,
    &provider_fexit,      &provider_hardware,
    &provider_interval,   &provider_iter,
    &provider_kprobe,     &provider_kretprobe,
    &provider_profile,    &provider_rawtracepoint,
    &provider_self,       &provider_software,
    &provider_syscall,    &provider_test,
    &provider_tracepoint, &provider_uprobe,
    &provider_uretprobe,  &provider_usdt,
    &provider_watchpoint, NULL,
};

const struct provider *provider_find(const char *written) {
    for (const struct provider *const *p = providers; *p; p++) {
        if (!strcasecmp(written, (*p)->name) || ((*p)->alias && !strcasecmp(written, (*p)->alias)))
            return *p;
        if ((*p)->short_name && !strcmp(written, (*p)->short_name))
            return *p;
    }
    return NULL;
}

/* ---- making probes --------------------------------------------------------------------------- */

struct probe *probe_add(struct probe_env *env, struct block *b, const struct attach_point *ap, const char *provider,
                        const char *name) {
    VEC_PUSH(env->arena, &b->probes, (struct probe){ .name = name, .provider = provider, .span = ap->span });
    return &b->probes.v[b->probes.n - 1];
}

const char *ap_arg(const struct attach_point *ap, size_t i) { return i + 1 < ap->nparts ? ap->parts[i + 1] : ""; }

bool probe_error(struct probe_env *env, const struct attach_point *ap, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    const char *text = arena_vprintf(env->arena, fmt, args);
    va_end(args);
    diag_error(env->diag, D_PROBE, ap->span, "%s", text);
    return false;
}

bool probe_count(struct probe_env *env, const struct attach_point *ap, const char *provider, size_t lo, size_t hi,
                 const char *wanted) {
    size_t n = ap_nargs(ap);
    if (n >= lo && n <= hi)
        return true;
    return probe_error(env, ap, "%s probe type requires %s arguments, found %zu", provider, wanted, n);
}

bool probe_integer(struct probe_env *env, const struct attach_point *ap, const char *text, const char *what,
                   uint64_t *value, bool *is_negative) {
    const char *reason = NULL;
    bool negative = false;
    if (!*text) /* as the reference words it */
        reason = "invalid integer: ";
    else if (parse_integer(text, strlen(text), true, value, &negative, env->arena, &reason))
        reason = NULL;
    else if (!reason)
        reason = arena_printf(env->arena, "invalid integer: %s", text);
    if (reason)
        return probe_error(env, ap, "%s: %s", what, reason);
    if (is_negative)
        *is_negative = negative;
    return true;
}

/* ---- listing ---------------------------------------------------------------------------------- */

const char *pattern_text(struct probe_env *env, const struct attach_point *pattern) {
    if (!pattern || pattern->nparts < 2)
        return "*";
    const char *text = pattern->parts[1];
    for (size_t i = 2; i < pattern->nparts; i++)
        text = arena_printf(env->arena, "%s:%s", text, pattern->parts[i]);
    return text;
}

void list_line(struct listing *l, const char *probe) { l->line(l, probe, NULL, 0); }

/* ---- contexts and cookies ---------------------------------------------------------------------- */

const struct type *ctx_pointer(struct probe_env *env, const char *name) {
    const struct type *t = env->types ? typedb_struct(env->types, name, false) : NULL;
    if (!t)
        return NULL;
    struct type *p = ARENA_NEW(env->arena, struct type);
    *p = *type_ptr(env->arena, t, AS_BPF);
    p->is_ctx = true;
    return p;
}

const struct type *ctx_pt_regs(struct probe_env *env, const struct probe *p) {
    (void)p;
    return ctx_pointer(env, "pt_regs");
}

const struct type *ctx_perf_event(struct probe_env *env, const struct probe *p) {
    (void)p;
    return ctx_pointer(env, "bpf_perf_event_data");
}

void prologue_cookie(struct codegen *cg, const struct block *b) {
    if (b->is_multi && (b->use.probe || b->use.func))
        cg_set_probe_index(cg, CG_HELPER(cg, BPF_FUNC_get_attach_cookie, cg_ctx(cg)));
}

bool tells_apart_by_cookie(const struct probe *a, const struct probe *b) {
    (void)a, (void)b;
    return kernel_features()->attach_cookie;
}

bool never_share(const struct probe *a, const struct probe *b) { return (void)a, (void)b, false; }

/* ---- hints -------------------------------------------------------------------------------------- */

const char *provider_rest(struct probe_env *env, const struct attach_point *ap) {
    const struct provider *p = provider_find(ap->parts[0]);
    const char *text = pattern_text(env, ap);
    if (!p)
        return text;
    if (ap_nargs(ap) == 3 && (p == &provider_usdt || p == &provider_fentry || p == &provider_fexit))
        return arena_printf(env->arena, "%s:%s", ap_arg(ap, 0), ap_arg(ap, 2));
    bool has_offset =
        p == &provider_kprobe || p == &provider_kretprobe || p == &provider_uprobe || p == &provider_uretprobe;
    const char *plus = has_offset ? strrchr(text, '+') : NULL;
    return plus ? arena_strndup(env->arena, text, (size_t)(plus - text)) : text;
}
