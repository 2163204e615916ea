/* Names out of the string section of kernel BTF: raw tracepoints (typedefs btf_trace_X) and iterators (structs
 * bpf_iter__X). Searching the strings takes 1 ms where parsing the types would take 10, and a script that uses no types
 * needs no more. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "probes/cache.h"

struct btf_head { /* as struct btf_header of <linux/btf.h> */
    uint16_t magic;
    uint8_t version, flags;
    uint32_t hdr_len, type_off, type_len, str_off, str_len;
};

typedef bool name_fn(void *ctx, const char *name); /* false: enough */

/* Every string of the BTF file that starts with prefix, without it. */
static void each_name(const char *path, const char *prefix, name_fn *fn, void *ctx) {
    size_t len = 0, plen = strlen(prefix);
    char *data = file_read(path, &len);
    struct btf_head h;
    if (data && len > sizeof h) {
        memcpy(&h, data, sizeof h);
        uint64_t start = (uint64_t)h.hdr_len + h.str_off;
        uint64_t end = start + h.str_len;
        if (h.magic == 0xeb9f && end <= len && h.str_len) {
            const char *p = data + start, *stop = data + end;
            while ((p = memmem(p, (size_t)(stop - p), prefix, plen))) {
                if (p > data + start && p[-1] == '\0' && !fn(ctx, p + plen))
                    break;
                p += plen;
            }
        }
    }
    free(data);
}

/* ---- raw tracepoints ---------------------------------------------------------------------------- */

struct raw_search {
    struct probe_env *env;
    struct probe_cache *cache;
    const char *module;
    const char *wanted; /* or NULL: all */
    bool found;
};

static bool add_raw(void *ctx, const char *name) {
    struct raw_search *s = ctx;
    struct raw_tracepoint r = { arena_strdup(s->env->arena, name), s->module };
    VEC_PUSH(s->env->arena, &s->cache->raw, r);
    return true;
}

static bool find_raw(void *ctx, const char *name) {
    struct raw_search *s = ctx;
    s->found = !strcmp(name, s->wanted);
    return !s->found;
}

static const char *vmlinux_btf(void) {
    const char *path = getenv("BPFTRACE_BTF");
    return path && *path ? path : "/sys/kernel/btf/vmlinux";
}

/* Modules with BTF of their own. */
static void each_module(struct raw_search *s, name_fn *fn, const char *prefix) {
    DIR *d = opendir("/sys/kernel/btf");
    for (struct dirent *e; d && !s->found && (e = readdir(d));) {
        if (e->d_name[0] == '.' || !strcmp(e->d_name, "vmlinux"))
            continue;
        s->module = arena_strdup(s->env->arena, e->d_name);
        each_name(arena_printf(s->env->arena, "/sys/kernel/btf/%s", e->d_name), prefix, fn, s);
    }
    if (d)
        closedir(d);
}

static int by_name(const void *a, const void *b) {
    const struct raw_tracepoint *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->module, y->module);
}

/* Without BTF the events of tracefs tell the names. The few tracepoints that are no events are not found then. */
static void raw_from_events(struct raw_search *s) {
    const char *const *events;
    size_t n = system_events(s->env, &events);
    for (size_t i = 0; i < n; i++) {
        const char *colon = strchr(events[i], ':');
        if (colon && strncmp(events[i], "syscalls:", 9) != 0)
            VEC_PUSH(s->env->arena, &s->cache->raw, (struct raw_tracepoint){ colon + 1, "vmlinux" });
    }
}

size_t system_raw_tracepoints(struct probe_env *env, const struct raw_tracepoint **list) {
    struct probe_cache *c = probe_cache(env);
    if (!c->has_raw) {
        c->has_raw = true;
        struct raw_search s = { .env = env, .cache = c, .module = "vmlinux" };
        each_name(vmlinux_btf(), "btf_trace_", add_raw, &s);
        if (c->raw.n)
            each_module(&s, add_raw, "btf_trace_");
        else
            raw_from_events(&s);
        if (c->raw.n)
            qsort(c->raw.v, c->raw.n, sizeof *c->raw.v, by_name);
    }
    *list = c->raw.v;
    return c->raw.n;
}

const char *system_raw_tracepoint(struct probe_env *env, const char *name) {
    struct probe_cache *c = probe_cache(env);
    struct raw_search s = { .env = env, .cache = c, .module = "vmlinux", .wanted = name };
    if (!c->has_raw) {
        each_name(vmlinux_btf(), "btf_trace_", find_raw, &s);
        if (!s.found)
            each_module(&s, find_raw, "btf_trace_");
        if (s.found)
            return s.module;
    }
    const struct raw_tracepoint *list;
    size_t n = system_raw_tracepoints(env, &list);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i].name, name))
            return list[i].module;
    return NULL;
}

/* ---- iterators ------------------------------------------------------------------------------------ */

static bool add_iterator(void *ctx, const char *name) {
    struct raw_search *s = ctx;
    VEC_PUSH(s->env->arena, &s->cache->iterators, arena_strdup(s->env->arena, name));
    return true;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

size_t system_iterators(struct probe_env *env, const char *const **names) {
    struct probe_cache *c = probe_cache(env);
    if (!c->has_iterators) {
        c->has_iterators = true;
        struct raw_search s = { .env = env, .cache = c };
        each_name(vmlinux_btf(), "bpf_iter__", add_iterator, &s);
        each_module(&s, add_iterator, "bpf_iter__");
        if (c->iterators.n)
            qsort(c->iterators.v, c->iterators.n, sizeof *c->iterators.v, by_text);
    }
    *names = c->iterators.v;
    return c->iterators.n;
}
