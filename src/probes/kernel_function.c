/* Matching and listing of kernel functions. */
#include <string.h>

#include "probes/btf_text.h"
#include "probes/kernel_function.h"

static bool is_internal(const char *name) {
    static const char *const names[] = { "arch_cpu_idle", "default_idle", "bpf_dispatcher_xdp_func" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return true;
    return !strncmp(name, "rcu_", 4) || strstr(name, ".part.");
}

void kernel_functions_matching(struct probe_env *env, const char *module, const char *function, kernel_function_fn *fn,
                               void *ctx) {
    const struct kernel_function *list;
    size_t n = system_functions(env, &list, NULL);
    const char *last = "";
    for (size_t i = 0; i < n; i++) {
        if (is_internal(list[i].name) || !wildcard_match(function, list[i].name) ||
            (module && !wildcard_match(module, list[i].module)))
            continue;
        if (!module && !strcmp(last, list[i].name))
            continue;
        last = list[i].name;
        fn(env, &list[i], ctx);
    }
}

bool kernel_function_find(struct probe_env *env, const char *module, const char *function, struct kernel_function *f) {
    const struct kernel_function *list;
    size_t i, n = system_functions(env, &list, NULL);
    if (!system_function(env, function, &i))
        return false;
    for (; i < n && !strcmp(list[i].name, function); i++)
        if (!module || wildcard_match(module, list[i].module)) {
            *f = list[i];
            return true;
        }
    return false;
}

bool kernel_function_alias(struct probe_env *env, const char *module, const char *name, struct kernel_function *f) {
    struct symbols *symbols = system_symbols(env);
    uint64_t address = symbols_kernel_address(symbols, name);
    const char *other;
    for (size_t i = 0; address && (other = symbols_kernel_alias(symbols, address, i)); i++)
        if (strcmp(other, name) != 0 && kernel_function_find(env, module, other, f)) {
            f->name = name;
            return true;
        }
    return false;
}

/* ---- listing ------------------------------------------------------------------------------------- */

struct lister {
    struct listing *out;
    const char *provider;
    bool shows_module;
    unsigned what;
};

static size_t parameter_lines(struct probe_env *env, struct lister *l, const char *function, const char ***lines) {
    struct signature s;
    if (!l->what || !signature_of_function(env, function, &s))
        return 0;
    for (size_t i = 0; i < s.n && l->what & LIST_NUMBERED; i++)
        s.names[i] = arena_printf(env->arena, "arg%zu", i);
    if (!(l->what & LIST_PARAMETERS))
        s.n = 0;
    *lines = signature_lines(env, &s);
    if (l->what & LIST_RETVAL && s.retval)
        (*lines)[s.n++] = arena_printf(env->arena, "%s retval", s.retval);
    else if (l->what == LIST_RETVAL)
        (*lines)[s.n++] = "void";
    return s.n;
}

static void list_one(struct probe_env *env, const struct kernel_function *f, void *ctx) {
    struct lister *l = ctx;
    const char *line = l->shows_module ? arena_printf(env->arena, "%s:%s:%s", l->provider, f->module, f->name)
                                       : arena_printf(env->arena, "%s:%s", l->provider, f->name);
    const char **lines = NULL;
    size_t n = l->out->verbose ? parameter_lines(env, l, f->name, &lines) : 0;
    l->out->line(l->out, line, lines, n);
}

void kernel_functions_list(struct probe_env *env, const struct attach_point *pattern, struct listing *out,
                           const char *provider, bool with_module, unsigned what) {
    size_t n = pattern ? ap_nargs(pattern) : 0;
    const char *module = n >= 2 ? ap_arg(pattern, 0) : with_module ? "*" : NULL;
    const char *function = n ? ap_arg(pattern, n - 1) : "*";
    struct lister l = { out, provider, module != NULL, what };
    if (n <= 2)
        kernel_functions_matching(env, module, function, list_one, &l);
}
