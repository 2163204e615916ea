/* What attach points are matched against: events of tracefs, functions of the kernel, ELF files. Each is read on first
 * use and kept for the run, since scripts name many probes of one kind. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/cache.h"

struct probe_cache *probe_cache(struct probe_env *env) {
    if (!env->cache) {
        env->cache = ARENA_NEW(env->arena, struct probe_cache);
        hmap_init(&env->cache->elfs, env->arena);
    }
    return env->cache;
}

void probe_env_done(struct probe_env *env) {
    struct probe_cache *c = env->cache;
    if (!c)
        return;
    for (size_t i = 0; i < c->elfs.n; i++)
        elf_file_close(c->elfs.entries[i].value);
    symbols_free(c->symbols);
    env->cache = NULL;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* ---- tracefs --------------------------------------------------------------------------------- */

static const char *tracefs_root(void) {
    return access("/sys/kernel/tracing/events", F_OK) == 0 ? "/sys/kernel/tracing" : "/sys/kernel/debug/tracing";
}

const char *system_tracefs(struct probe_env *env, const char *file) {
    return arena_printf(env->arena, "%s/%s", tracefs_root(), file);
}

bool system_has_event(const char *category, const char *event) {
    char path[512];
    if (!*category || !*event || strchr(category, '/') || strchr(event, '/') || *category == '.' || *event == '.')
        return false;
    int n = snprintf(path, sizeof path, "%s/events/%s/%s/format", tracefs_root(), category, event);
    return n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0;
}

const char *system_tracefs_refusal(struct probe_env *env) {
    const char *events = system_tracefs(env, "events");
    if (access(events, R_OK | X_OK) == 0)
        return NULL;
    bool is_closed = errno == EACCES;
    if (access("/sys/kernel/tracing/events", R_OK | X_OK) != 0 && errno == EACCES) {
        is_closed = true;
        events = "/sys/kernel/tracing/events";
    }
    if (is_closed)
        return arena_printf(
            env->arena,
            "This user may not read %s, where tracepoints are described: CAP_DAC_READ_SEARCH is missing (run "
            "as root, or grant it with sudo, setpriv or a service's AmbientCapabilities)",
            events);
    return arena_printf(env->arena, "There is no %s: mount it with `mount -t tracefs nodev /sys/kernel/tracing`",
                        events);
}

size_t system_events(struct probe_env *env, const char *const **events) {
    struct probe_cache *c = probe_cache(env);
    if (!c->has_events) {
        c->has_events = true;
        char *text = file_read(system_tracefs(env, "available_events"), NULL);
        char *kept = text ? arena_strdup(env->arena, text) : NULL;
        free(text);
        for (char *rest = kept, *line; rest && (line = strsep(&rest, "\n"));)
            if (*line)
                VEC_PUSH(env->arena, &c->events, line);
        if (c->events.n)
            qsort(c->events.v, c->events.n, sizeof *c->events.v, by_text);
    }
    *events = c->events.v;
    return c->events.n;
}

/* Lines like "p:group/event function": one letter, possibly a number, then the name. */
bool system_is_dynamic_event(struct probe_env *env, const char *category, const char *event) {
    struct probe_cache *c = probe_cache(env);
    if (!c->dynamic_events) {
        char *text = file_read(system_tracefs(env, "dynamic_events"), NULL);
        c->dynamic_events = arena_strdup(env->arena, text ? text : "");
        free(text);
    }
    const char *wanted = arena_printf(env->arena, ":%s/%s", category, event);
    for (const char *p = c->dynamic_events; (p = strstr(p, wanted)); p++)
        if (strchr(" \n", p[strlen(wanted)])) /* strchr finds the NUL as well */
            return true;
    return false;
}

/* ---- kernel functions -------------------------------------------------------------------------- */

static int by_function(const void *a, const void *b) {
    const struct kernel_function *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->module, y->module);
}

struct collection {
    struct probe_env *env;
    struct probe_cache *cache;
};

/* Compiler-made copies and markers that can be seen in kallsyms, but not be traced under that name. */
static bool is_function_name(const char *name) {
    return strncmp(name, "__pfx_", 6) != 0 && strncmp(name, "__cfi_", 6) != 0 && strncmp(name, "__SCT__", 7) != 0 &&
           strncmp(name, "__probestub_", 12) != 0 && !strstr(name, ".cold");
}

static bool add_symbol(void *ctx, const char *name, const char *module, char type) {
    struct collection *col = ctx;
    if (strchr("tTwW", type) && is_function_name(name) && (!module || strcmp(module, "bpf") != 0))
        VEC_PUSH(col->env->arena, &col->cache->functions,
                 (struct kernel_function){ name, module ? module : "vmlinux" });
    return true;
}

/* "vfs_read" or "kvm_exit [kvm]" a line. */
static bool read_filter_functions(struct probe_env *env, struct probe_cache *c) {
    const char *path = env->traceable_functions;
    char *text = file_read(path ? path : system_tracefs(env, "available_filter_functions"), NULL);
    if (!text || !*text) {
        free(text);
        return false;
    }
    char *kept = arena_strdup(env->arena, text);
    free(text);
    for (char *rest = kept, *line; rest && (line = strsep(&rest, "\n"));) {
        char *blank = strchr(line, ' ');
        const char *module = "vmlinux";
        if (blank) {
            *blank = '\0';
            char *open = strchr(blank + 1, '['), *close = open ? strchr(open, ']') : NULL;
            if (close) {
                *close = '\0';
                module = open + 1;
            }
        }
        if (*line && strncmp(line, "__ftrace_invalid_address__", 26) != 0)
            VEC_PUSH(env->arena, &c->functions, (struct kernel_function){ line, module });
    }
    return true;
}

size_t system_functions(struct probe_env *env, const struct kernel_function **functions, bool *is_exact) {
    struct probe_cache *c = probe_cache(env);
    if (!c->has_functions) {
        c->has_functions = true;
        c->functions_exact = read_filter_functions(env, c);
        if (!c->functions_exact) {
            struct collection col = { env, c };
            symbols_each_kernel(system_symbols(env), add_symbol, &col);
        }
        if (c->functions.n)
            qsort(c->functions.v, c->functions.n, sizeof *c->functions.v, by_function);
        size_t unique = 0;
        for (size_t i = 0; i < c->functions.n; i++)
            if (!unique || by_function(&c->functions.v[unique - 1], &c->functions.v[i]) != 0)
                c->functions.v[unique++] = c->functions.v[i];
        c->functions.n = unique;
    }
    *functions = c->functions.v;
    if (is_exact)
        *is_exact = c->functions_exact;
    return c->functions.n;
}

bool system_function(struct probe_env *env, const char *name, size_t *i) {
    const struct kernel_function *functions;
    size_t lo = 0, hi = system_functions(env, &functions, NULL), n = hi;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(functions[mid].name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *i = lo;
    return lo < n && !strcmp(functions[lo].name, name);
}

bool system_has_module(struct probe_env *env, const char *module) {
    if (!strcmp(module, "vmlinux"))
        return true;
    if (strchr(module, '/'))
        return false;
    return access(arena_printf(env->arena, "/sys/module/%s/initstate", module), F_OK) == 0;
}

/* ---- files and symbols --------------------------------------------------------------------------- */

struct elf_file *system_elf(struct probe_env *env, const char *path) {
    struct probe_cache *c = probe_cache(env);
    struct elf_file *f = hmap_get(&c->elfs, path);
    if (!f) {
        f = elf_file_open(env->arena, path, NULL);
        if (f)
            hmap_put(&c->elfs, path, f);
    }
    return f;
}

struct symbols *system_symbols(struct probe_env *env) {
    struct probe_cache *c = probe_cache(env);
    if (!c->symbols)
        c->symbols = symbols_new(false);
    return c->symbols;
}
