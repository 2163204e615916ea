/* uprobe and uretprobe: functions of user programs and libraries.
 *
 * All the probes of a block are served by one program and, where the kernel can (6.6), by one link; attach cookies tell
 * them apart. */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/codegen.h"
#include "probes/common.h"
#include "probes/uprobe_target.h"
#include "runtime/runtime.h"

static bool targets_uprobe(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return uprobe_targets(env, ap, b, "uprobe");
}

static bool targets_uretprobe(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    return uprobe_targets(env, ap, b, "uretprobe");
}

static void plan(struct block *b, enum attach_kind attach) {
    b->attach = attach;
    b->prog_type = BPF_PROG_TYPE_KPROBE;
    /* The runtime makes one link of many places where the kernel has uprobe.multi, or a perf event for each; cookies come
     * with both, since 5.15. */
    bool needs_index = b->use.probe || b->use.func;
    b->is_multi = b->probes.n > 1 && (!needs_index || kernel_features()->attach_cookie);
}

static void plan_uprobe(struct probe_env *env, struct block *b) { (void)env, plan(b, ATTACH_UPROBE); }
static void plan_uretprobe(struct probe_env *env, struct block *b) { (void)env, plan(b, ATTACH_URETPROBE); }

/* ---- listing -------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* With a pid, "*" is what the process has mapped. A name that PATH has several times counts once. */
static size_t list_paths(struct probe_env *env, const char *path, const char *const **paths) {
    if (env->pid > 0 && (!*path || !strcmp(path, "*")))
        return system_mapped_files(env, env->pid, paths);
    size_t n = elf_resolve(env->arena, path, env->pid, paths);
    if (!strchr(path, '/') && !has_wildcard(path) && n)
        n = 1;
    return n;
}

static void list_file(struct probe_env *env, struct listing *out, const char *provider, const char *path,
                      const char *function, bool is_cpp) {
    struct elf_file *f = elf_file_open(env->arena, path, NULL);
    if (!f)
        return;
    const struct elf_symbol *list;
    size_t n = is_cpp ? elf_match_cpp(f, function, &list) : elf_match(f, function, &list);
    bool shows_parameters = out->verbose && !strcmp(provider, "uprobe") && elf_has_dwarf(f);
    if (out->verbose && !strcmp(provider, "uprobe") && !shows_parameters && n)
        diag_warn(env->diag, D_PROBE, (struct span){ 0 }, "No DWARF found for \"%s\", cannot show parameter info",
                  path);
    for (size_t i = 0; i < n; i++) {
        const char *const *params = NULL;
        size_t nparams = shows_parameters ? elf_parameters(f, list[i].name, &params) : 0;
        const char *line = arena_printf(env->arena, "%s:%s:%s%s", provider, path, is_cpp ? "cpp:" : "", list[i].name);
        out->line(out, line, params, nparams);
    }
    elf_file_close(f);
}

static void list(struct probe_env *env, const struct attach_point *pattern, struct listing *out, const char *provider) {
    size_t n = pattern ? ap_nargs(pattern) : 0;
    if (env->pid <= 0 && (n == 0 || (n == 1 && !has_wildcard(pattern->parts[1]))))
        return; /* needs a path */
    const char *path = n <= 1 ? "*" : ap_arg(pattern, 0), *function = n ? ap_arg(pattern, n - 1) : "*";
    bool is_cpp = n == 3 && !strcmp(ap_arg(pattern, 1), "cpp");
    const char *const *paths;
    size_t npaths = list_paths(env, path, &paths);
    const char **sorted = ARENA_ARRAY(env->arena, const char *, npaths);
    for (size_t i = 0; i < npaths; i++)
        sorted[i] = arena_printf(env->arena, "%s:", paths[i]); /* lines sort with the colon in them */
    qsort(sorted, npaths, sizeof *sorted, by_text);
    for (size_t i = 0; i < npaths; i++)
        list_file(env, out, provider, arena_strndup(env->arena, sorted[i], strlen(sorted[i]) - 1), function, is_cpp);
}

static void list_uprobe(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    list(env, pattern, out, "uprobe");
}

static void list_uretprobe(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    list(env, pattern, out, "uretprobe");
}

const struct provider provider_uprobe = {
    .name = "uprobe",
    .short_name = "u",
    .probetype = "uprobe",
    .flags = PF_HAS_REGS | PF_HAS_ARGN | PF_HAS_ARGS | PF_HAS_FUNC_USYM | PF_HAS_CTX | PF_USER_SPACE | PF_PID_BY_ATTACH,
    .targets = targets_uprobe,
    .ctx = ctx_pt_regs,
    .plan = plan_uprobe,
    .prologue = prologue_cookie,
    .tells_apart = tells_apart_by_cookie,
    .list = list_uprobe,
    .help = "functions of user programs: uprobe:/bin/bash:readline, uprobe:libc:malloc",
};

const struct provider provider_uretprobe = {
    .name = "uretprobe",
    .short_name = "ur",
    .probetype = "uretprobe",
    .flags =
        PF_HAS_REGS | PF_HAS_RETVAL | PF_HAS_FUNC_USYM | PF_HAS_CTX | PF_USER_SPACE | PF_PID_BY_ATTACH | PF_NO_LIST,
    .targets = targets_uretprobe,
    .ctx = ctx_pt_regs,
    .plan = plan_uretprobe,
    .prologue = prologue_cookie,
    .tells_apart = tells_apart_by_cookie,
    .list = list_uretprobe,
    .help = "returns from functions of user programs",
};
