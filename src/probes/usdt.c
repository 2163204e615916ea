/* usdt:PATH:[PROVIDER]:NAME: marks that a program's authors left in it.
 *
 * One mark may have several places (inlined copies, loops unrolled by the compiler): each is a probe of its own here with
 * the same name, so that all of them are attached. Semaphores are file offsets that the kernel counts up and down while
 * something is attached. */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "probes/cache.h"
#include "probes/common.h"
#include "probes/usdt_args.h"
#include "runtime/runtime.h"

struct spec {
    const struct attach_point *ap;
    struct block *b;
    const char *ns, *name; /* patterns */
};

static void add_from_file(struct probe_env *env, struct spec *s, const char *path) {
    struct elf_file *f = system_elf(env, path);
    const struct elf_usdt *list;
    size_t n = f ? elf_usdts(f, &list) : 0;
    for (size_t i = 0; i < n; i++) {
        const struct elf_usdt *u = &list[i];
        if (!wildcard_match(s->ns, u->provider) || !wildcard_match(s->name, u->name))
            continue;
        const char *name = arena_printf(env->arena, "usdt:%s:%s:%s", path, u->provider, u->name);
        struct probe *p = probe_add(env, s->b, s->ap, "usdt", name);
        p->target = path;
        p->ns = arena_strdup(env->arena, u->provider); /* the file is closed before the probe is gone */
        p->event = arena_strdup(env->arena, u->name);
        p->offset = p->func_offset = u->offset;
        p->ref_ctr_offset = u->semaphore;
        p->usdt_args = usdt_args_resolve(env->arena, f, u);
    }
}

static bool targets(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    if (!probe_count(env, ap, "usdt", 2, 3, "2 or 3"))
        return false;
    size_t n = ap_nargs(ap);
    const char *path = ap_arg(ap, 0);
    struct spec s = { ap, b, n == 3 && *ap_arg(ap, 1) ? ap_arg(ap, 1) : "*", ap_arg(ap, n - 1) };
    bool any_path = !strcmp(path, "*") || (!*path && env->pid > 0);
    if (!*path && !any_path)
        return probe_error(
            env, ap,
            "usdt probe must specify at least path or pid to probe. To target all paths/pids set the path "
            "to '*'.");
    if (!*s.name)
        return probe_error(env, ap, "usdt probe must have a target function or wildcard");
    const char *const *paths;
    size_t npaths =
        any_path ? system_mapped_files(env, env->pid, &paths) : elf_resolve(env->arena, path, env->pid, &paths);
    if (!npaths && !any_path)
        return probe_error(env, ap, "usdt target file '%s' does not exist or is not executable", path);
    if (npaths > 1 && !any_path && !has_wildcard(path)) {
        diag_warn(env->diag, D_PROBE, ap->span, "attaching to usdt target file '%s' but matched %zu binaries", paths[0],
                  npaths);
        npaths = 1;
    }
    for (size_t i = 0; i < npaths; i++)
        add_from_file(env, &s, paths[i]);
    return true;
}

/* Copies with the arguments in the same places need no telling apart. */
static bool can_share(const struct probe *a, const struct probe *b) {
    return !strcmp(a->usdt_args, b->usdt_args) || kernel_features()->attach_cookie;
}

static void plan(struct probe_env *env, struct block *b) {
    (void)env;
    b->attach = ATTACH_USDT;
    b->prog_type = BPF_PROG_TYPE_KPROBE;
    b->is_multi = b->probes.n > 1 && (!b->use.probe || kernel_features()->attach_cookie);
}

/* ---- listing -------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static void collect(struct probe_env *env, const char *path, const char *pattern, const char ***lines, size_t *n,
                    size_t *cap) {
    struct elf_file *f = elf_file_open(env->arena, path, NULL);
    const struct elf_usdt *list;
    size_t count = f ? elf_usdts(f, &list) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *rest = arena_printf(env->arena, "%s:%s", list[i].provider, list[i].name);
        if (!wildcard_match(pattern, rest))
            continue;
        if (*n == *cap)
            *lines = vec_grow(env->arena, *lines, *n, cap, sizeof **lines);
        (*lines)[(*n)++] = arena_printf(env->arena, "usdt:%s:%s", path, rest);
    }
    elf_file_close(f);
}

static void list(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    size_t n = pattern ? ap_nargs(pattern) : 0;
    if ((n == 0 || (n == 1 && !has_wildcard(pattern->parts[1]))) && env->pid <= 0)
        return;
    const char *path = n >= 2 ? ap_arg(pattern, 0) : "*";
    const char *ns = n == 3 ? ap_arg(pattern, 1) : "*", *name = n ? ap_arg(pattern, n - 1) : "*";
    const char *const *paths;
    bool mapped = env->pid > 0 && (!*path || !strcmp(path, "*"));
    size_t npaths =
        mapped ? system_mapped_files(env, env->pid, &paths) : elf_resolve(env->arena, path, env->pid, &paths);
    const char **lines = NULL;
    size_t nlines = 0, cap = 0;
    for (size_t i = 0; i < npaths; i++)
        collect(env, paths[i], arena_printf(env->arena, "%s:%s", *ns ? ns : "*", name), &lines, &nlines, &cap);
    if (nlines)
        qsort(lines, nlines, sizeof *lines, by_text);
    for (size_t i = 0; i < nlines; i++)
        if (!i || strcmp(lines[i - 1], lines[i]) != 0)
            list_line(out, lines[i]);
}

const struct provider provider_usdt = {
    .name = "usdt",
    .short_name = "U",
    .probetype = "usdt",
    .flags = PF_HAS_REGS | PF_HAS_ARGN | PF_HAS_CTX | PF_USER_SPACE | PF_PID_BY_ATTACH,
    .targets = targets,
    .ctx = ctx_pt_regs,
    .plan = plan,
    .prologue = prologue_cookie,
    .can_share = can_share,
    .tells_apart = tells_apart_by_cookie,
    .list = list,
    .help = "marks in user programs: usdt:/usr/bin/node:gc__start",
};
