/* Stacks as text (reference §17.2): frames are looked up in the stack map when they are shown. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "runtime/rt.h"

/* The map that holds stacks of this type, or -1. */
static int find_map(const struct runtime *rt, const struct type *t) {
    bool is_build_id = t->stack_mode == STACK_BUILD_ID;
    for (size_t i = 0; i < rt->program->stack_maps.n; i++) {
        const struct stack_map *m = &rt->program->stack_maps.v[i];
        if (m->limit == t->limit && m->is_build_id == is_build_id)
            return rt->stack_fds[i];
    }
    return -1;
}

struct frames {
    struct strbuf *out;
    struct runtime *rt;
    const struct type *type;
    const struct stack_value *value;
    unsigned indent;
};

static struct symbol symbol_of(const struct frames *f, uint64_t ip) {
    if (f->type->kind == TY_KSTACK)
        return symbols_kernel(f->rt->symbols, ip);
    return symbols_user(f->rt->symbols, (pid_t)f->value->pid, probe_file(f->rt, f->value->probe), ip);
}

static void add_name(struct strbuf *out, const struct symbol *s, uint64_t ip) {
    if (s->name)
        strbuf_printf(out, "%s+%llu", s->name, (unsigned long long)s->offset);
    else if (ip)
        strbuf_printf(out, "0x%llx", (unsigned long long)ip);
    else
        strbuf_addc(out, '0');
}

static void add_place(struct strbuf *out, const struct symbol *s) {
    if (s->file)
        strbuf_printf(out, "@%s:%u", s->file, s->line);
}

static void perf_frame(const struct frames *f, uint64_t ip) {
    struct symbol s = symbol_of(f, ip);
    strbuf_printf(f->out, "\t%llx ", (unsigned long long)ip);
    add_name(f->out, &s, ip);
    add_place(f->out, &s);
    if (f->type->kind == TY_USTACK)
        strbuf_printf(f->out, " (%s)", s.name && s.module ? s.module : "[unknown]");
    else if (!s.name)
        strbuf_adds(f->out, " ([unknown])");
}

static void bpftrace_frame(const struct frames *f, uint64_t ip) {
    struct symbol s = symbol_of(f, ip);
    strbuf_fill(f->out, ' ', f->indent);
    add_name(f->out, &s, ip);
    add_place(f->out, &s);
}

static void build_id_frame(const struct frames *f, const struct bpf_stack_build_id *frame) {
    if (frame->status != BPF_STACK_BUILD_ID_VALID) {
        strbuf_printf(f->out, "%llx", (unsigned long long)frame->ip);
        return;
    }
    for (size_t i = 0; i < sizeof frame->build_id; i++)
        strbuf_printf(f->out, "%02x", frame->build_id[i]);
    strbuf_printf(f->out, " 0x%llx", (unsigned long long)frame->offset);
}

static void frame(const struct frames *f, const void *frames, uint64_t i) {
    if (f->type->stack_mode == STACK_BUILD_ID) {
        build_id_frame(f, (const struct bpf_stack_build_id *)frames + i);
        return;
    }
    uint64_t ip = ((const uint64_t *)frames)[i];
    switch (f->type->stack_mode) {
    case STACK_PERF: perf_frame(f, ip); break;
    case STACK_RAW: strbuf_printf(f->out, "%llx", (unsigned long long)ip); break;
    case STACK_BPFTRACE:
    case STACK_BUILD_ID: bpftrace_frame(f, ip); break;
    }
}

void resolve_stack(void *ctx, struct strbuf *out, const struct type *t, const struct stack_value *v, unsigned indent) {
    struct runtime *rt = ctx;
    struct arena *a = arena_new();
    size_t size = t->stack_mode == STACK_BUILD_ID ? sizeof(struct bpf_stack_build_id) : sizeof(uint64_t);
    void *frames = arena_alloc_array(a, size, t->limit);
    uint64_t n = v->nframes < t->limit ? v->nframes : t->limit;
    int fd = find_map(rt, t);
    strbuf_addc(out, '\n');
    if (v->id && n && fd >= 0 && bpf_map_lookup_elem(fd, &v->id, frames)) {
        /* Its entry was lost: the map of stacks was full. */
        strbuf_fill(out, ' ', indent);
        strbuf_adds(out, "[lost]\n");
        n = 0;
    }
    struct frames f = { out, rt, t, v, indent };
    for (uint64_t i = 0; v->id && i < n; i++) {
        frame(&f, frames, i);
        strbuf_addc(out, '\n');
    }
    arena_free(a);
}
