/* iter:TYPE[:PIN]: a program that the kernel runs over its own objects (tasks, maps, sockets, …), when it is read. */
#include <linux/bpf.h>
#include <string.h>

#include "codegen/codegen.h"
#include "probes/common.h"

enum { TRACE_ITER = 28 }; /* enum bpf_attach_type */

/* Marks of the verifier, not iterators. */
static bool is_iterator(const char *name) { return !strstr(name, "__safe_"); }

static bool is_available(struct probe_env *env, const char *type) {
    const char *const *names;
    size_t n = system_iterators(env, &names);
    for (size_t i = 0; i < n; i++)
        if (is_iterator(names[i]) && !strcmp(names[i], type))
            return true;
    return false;
}

static bool targets(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    size_t n = ap_nargs(ap);
    if (n < 1 || n > 2)
        return probe_error(env, ap, "iter probe type takes 2 arguments (1 optional)");
    const char *type = ap_arg(ap, 0), *pin = n == 2 ? ap_arg(ap, 1) : NULL;
    if (has_wildcard(type))
        return probe_error(env, ap, "iter probe type does not support wildcards");
    if (!is_available(env, type))
        return probe_error(env, ap, "iter %s not available for your kernel version.", type);
    struct probe *p = probe_add(env, b, ap, "iter", arena_printf(env->arena, "iter:%s", type));
    p->event = type;
    p->target = pin; /* where to pin the link; NULL: run once */
    return true;
}

/* The members are pointers that may be null, of which the verifier lets no other be made before a check. Read as kernel
 * memory, the context gives plain addresses. */
static const struct type *ctx(struct probe_env *env, const struct probe *p) {
    const struct type *t = ctx_pointer(env, arena_printf(env->arena, "bpf_iter__%s", p->event));
    return t ? type_ptr(env->arena, t->elem, AS_KERNEL) : NULL;
}

/* After the last object the kernel calls once more, with none: the word behind `meta` is null then. */
static void prologue(struct codegen *cg, const struct block *b) {
    (void)b;
    LLVMValueRef object = cg_load_int(cg, cg_ptr_add(cg, cg_ctx(cg), 8), 64);
    struct cg_if over = cg_if(cg, cg_cmp(cg, C_EQ, object, cg_i64(cg, 0)));
    cg_return(cg);
    cg_end(cg, &over);
}

static void plan(struct probe_env *env, struct block *b) {
    b->attach = ATTACH_ITER;
    b->prog_type = BPF_PROG_TYPE_TRACING;
    b->attach_type = TRACE_ITER;
    b->attach_btf_name = b->probes.n ? arena_printf(env->arena, "bpf_iter_%s", b->probes.v[0].event) : NULL;
}

static void list(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    const char *text = pattern_text(env, pattern), *const * names;
    size_t n = system_iterators(env, &names);
    for (size_t i = 0; i < n; i++)
        if (is_iterator(names[i]) && wildcard_match(text, names[i]))
            list_line(out, arena_printf(env->arena, "iter:%s", names[i]));
}

const struct provider provider_iter = {
    .name = "iter",
    .short_name = "it",
    .probetype = "iter",
    .flags = PF_HAS_CTX | PF_KERNEL_SPACE | PF_NO_WILDCARD | PF_NO_PROCESS,
    .targets = targets,
    .ctx = ctx,
    .plan = plan,
    .prologue = prologue,
    .list = list,
    .can_share = never_share,
    .help = "objects of the kernel, one by one: iter:task",
};
