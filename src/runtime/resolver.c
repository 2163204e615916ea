/* The resolver that output asks for the text of opaque values: symbols here, stacks and names in their own files. */
#include <time.h>

#include "runtime/rt.h"

static void add_symbol(struct strbuf *out, const struct symbol *s, uint64_t addr) {
    if (s->name)
        strbuf_adds(out, s->name);
    else if (addr)
        strbuf_printf(out, "0x%llx", (unsigned long long)addr);
    else
        strbuf_addc(out, '0');
}

static void resolve_ksym(void *ctx, struct strbuf *out, uint64_t addr) {
    struct runtime *rt = ctx;
    struct symbol s = symbols_kernel(rt->symbols, addr);
    add_symbol(out, &s, addr);
}

const char *probe_file(const struct runtime *rt, uint32_t probe) {
    if (!probe || probe > rt->program->probes.n)
        return NULL;
    const struct probe *p = &rt->program->probes.v[probe - 1];
    return p->target && p->target[0] == '/' ? p->target : NULL;
}

struct symbols *runtime_symbols(struct runtime *rt) { return rt->symbols; }

/* Without a process: the function that a uprobe sits in, wherever it fired. */
static void resolve_usym(void *ctx, struct strbuf *out, const struct usym_value *v) {
    struct runtime *rt = ctx;
    if (!v->pid && probe_file(rt, v->probe)) {
        struct symbol f = symbols_in_file(rt->symbols, probe_file(rt, v->probe), v->addr);
        add_symbol(out, &f, v->addr);
        return;
    }
    struct symbol s = symbols_user(rt->symbols, (pid_t)v->pid, probe_file(rt, v->probe), v->addr);
    add_symbol(out, &s, v->addr);
}

static int64_t clock_ns(clockid_t clock) {
    struct timespec t = { 0 };
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void resolver_open(struct runtime *rt) {
    rt->names = arena_new();
    rt->symbols = symbols_new(rt->program->config.cpp_demangle);
    int64_t now = clock_ns(CLOCK_REALTIME);
    rt->boot_offset_ns = now - clock_ns(CLOCK_BOOTTIME);
    rt->tai_offset_ns = clock_ns(CLOCK_TAI) - clock_ns(CLOCK_REALTIME);
    rt->tai_offset_ns = (rt->tai_offset_ns + 500000000) / 1000000000 * 1000000000; /* whole seconds by definition */
    rt->resolver = (struct resolver){ .ctx = rt,
                                      .ksym = resolve_ksym,
                                      .usym = resolve_usym,
                                      .stack = resolve_stack,
                                      .username = resolve_username,
                                      .cgroup_path = resolve_cgroup_path,
                                      .timestamp = resolve_timestamp,
                                      .trunc_trailer = rt->program->config.str_trunc_trailer,
                                      .max_strlen = rt->program->config.max_strlen };
}

void resolver_close(struct runtime *rt) {
    symbols_free(rt->symbols);
    arena_free(rt->names);
}
