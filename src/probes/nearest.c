/* "Did you mean": the name nearest to an attach point that matched nothing. */
#include <string.h>

#include "probes/cache.h"
#include "probes/common.h"
#include "probes/syscalls.h"

typedef VEC(const char *) name_vec;

/* The word itself is no suggestion. */
static const char *nearest(const char *word, const name_vec *names) {
    const char *hit = names->n ? diag_nearest(word, names->v, names->n) : NULL;
    return hit && strcmp(hit, word) != 0 ? hit : NULL;
}

/* Name of the function that an attach point ends with, without an offset. */
static const char *function_of(struct probe_env *env, const struct attach_point *ap) {
    const char *text = ap_arg(ap, ap_nargs(ap) - 1), *plus = strrchr(text, '+');
    return plus && plus > text ? arena_strndup(env->arena, text, (size_t)(plus - text)) : text;
}

/* The event in its category; or the same event elsewhere; or the nearest category. */
static const char *nearest_tracepoint(struct probe_env *env, const struct attach_point *ap) {
    const char *category = ap_arg(ap, 0), *event = ap_arg(ap, 1);
    const char *const *events;
    size_t n = system_events(env, &events), len = strlen(category);
    name_vec same_category = { 0 }, categories = { 0 };
    for (size_t i = 0; i < n; i++) {
        const char *colon = strchr(events[i], ':');
        if (!colon)
            continue;
        if (!strcmp(colon + 1, event))
            return arena_printf(env->arena, "tracepoint:%s", events[i]);
        if (!strncmp(events[i], category, len) && events[i][len] == ':')
            VEC_PUSH(env->arena, &same_category, colon + 1);
        size_t clen = (size_t)(colon - events[i]);
        if (!categories.n || strncmp(categories.v[categories.n - 1], events[i], clen) != 0)
            VEC_PUSH(env->arena, &categories, arena_strndup(env->arena, events[i], clen));
    }
    const char *hit = nearest(event, &same_category);
    if (hit)
        return arena_printf(env->arena, "tracepoint:%s:%s", category, hit);
    hit = same_category.n ? NULL : nearest(category, &categories);
    return hit ? arena_printf(env->arena, "tracepoint:%s:%s", hit, event) : NULL;
}

static const char *nearest_raw(struct probe_env *env, const struct attach_point *ap) {
    const struct raw_tracepoint *list;
    size_t n = system_raw_tracepoints(env, &list);
    name_vec names = { 0 };
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(env->arena, &names, list[i].name);
    const char *hit = nearest(ap_arg(ap, ap_nargs(ap) - 1), &names);
    return hit ? arena_printf(env->arena, "rawtracepoint:%s", hit) : NULL;
}

static const char *nearest_syscall(struct probe_env *env, const struct attach_point *ap) {
    name_vec names = { 0 };
    struct syscall_name c;
    for (size_t i = 0; syscall_nth(i, &c); i++)
        if (c.number >= 0)
            VEC_PUSH(env->arena, &names, c.name);
    const char *hit = nearest(ap_arg(ap, 0), &names);
    return hit ? arena_printf(env->arena, "syscall:%s%s", hit, ap_nargs(ap) == 2 ? ":return" : "") : NULL;
}

static const char *nearest_function(struct probe_env *env, const struct attach_point *ap, const char *provider) {
    const struct kernel_function *list;
    size_t n = system_functions(env, &list, NULL);
    name_vec names = { 0 };
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(env->arena, &names, list[i].name);
    const char *hit = nearest(function_of(env, ap), &names);
    return hit ? arena_printf(env->arena, "%s:%s", provider, hit) : NULL;
}

static const char *nearest_symbol(struct probe_env *env, const struct attach_point *ap, const char *provider) {
    const char *const *paths;
    size_t npaths = elf_resolve(env->arena, ap_arg(ap, 0), env->pid, &paths);
    struct elf_file *f = npaths ? system_elf(env, paths[0]) : NULL;
    if (!f)
        return NULL;
    const struct elf_symbol *list;
    name_vec names = { 0 };
    size_t n = elf_match(f, "*", &list);
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(env->arena, &names, list[i].name);
    const char *hit = nearest(function_of(env, ap), &names);
    return hit ? arena_printf(env->arena, "%s:%s:%s", provider, ap_arg(ap, 0), hit) : NULL;
}

static const char *nearest_usdt(struct probe_env *env, const struct attach_point *ap) {
    const char *const *paths;
    size_t npaths = elf_resolve(env->arena, ap_arg(ap, 0), env->pid, &paths);
    struct elf_file *f = npaths ? system_elf(env, paths[0]) : NULL;
    const struct elf_usdt *list;
    name_vec names = { 0 };
    size_t n = f ? elf_usdts(f, &list) : 0;
    for (size_t i = 0; i < n; i++)
        VEC_PUSH(env->arena, &names, list[i].name);
    const char *hit = nearest(ap_arg(ap, ap_nargs(ap) - 1), &names);
    return hit ? arena_printf(env->arena, "usdt:%s:%s", ap_arg(ap, 0), hit) : NULL;
}

const char *provider_nearest(struct probe_env *env, const struct attach_point *ap) {
    const struct provider *p = ap->nparts ? provider_find(ap->parts[0]) : NULL;
    if (!p || ap_nargs(ap) == 0 || has_wildcard(ap->text ? ap->text : ""))
        return NULL;
    if (p == &provider_tracepoint)
        return ap_nargs(ap) == 2 ? nearest_tracepoint(env, ap) : NULL;
    if (p == &provider_syscall)
        return nearest_syscall(env, ap);
    if (p == &provider_rawtracepoint)
        return nearest_raw(env, ap);
    if (p == &provider_kprobe || p == &provider_kretprobe || p == &provider_fentry || p == &provider_fexit)
        return nearest_function(env, ap, p->name);
    if (p == &provider_uprobe || p == &provider_uretprobe)
        return nearest_symbol(env, ap, p->name);
    return p == &provider_usdt ? nearest_usdt(env, ap) : NULL;
}
