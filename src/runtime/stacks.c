/* Stacks: kept as they come (each distinct one once), and their text (reference §17.2). */
#include <linux/bpf.h>
#include <string.h>

#include "runtime/rt.h"

struct stack_key {
    uint64_t id;
    uint32_t kind, unused;
};

static size_t frame_size(bool is_build_id) {
    return is_build_id ? sizeof(struct bpf_stack_build_id) : sizeof(uint64_t);
}

void runtime_keep_stack(struct runtime *rt, uint32_t kind, uint64_t id, uint64_t nframes, const void *frames) {
    const struct stack_map *m = &rt->program->stack_maps.v[kind];
    struct stack_key key = { id, kind, 0 };
    if (!rt->stacks.arena)
        hmap_init(&rt->stacks, rt->arena);
    if (hmap_getn(&rt->stacks, (const char *)&key, sizeof key))
        return; /* the kernel had forgotten that it sent it */
    size_t size = (nframes < m->limit ? nframes : m->limit) * frame_size(m->is_build_id);
    void *copy = arena_alloc(rt->arena, size);
    memcpy(copy, frames, size);
    hmap_putn(&rt->stacks, (const char *)&key, sizeof key, copy);
}

/* NULL when it never came: the ring buffer was full. */
static const void *find_frames(const struct runtime *rt, const struct type *t, uint64_t id) {
    bool is_build_id = t->stack_mode == STACK_BUILD_ID;
    for (uint32_t i = 0; rt->stacks.arena && i < rt->program->stack_maps.n; i++) {
        const struct stack_map *m = &rt->program->stack_maps.v[i];
        struct stack_key key = { id, i, 0 };
        if (m->limit == t->limit && m->is_build_id == is_build_id)
            return hmap_getn(&rt->stacks, (const char *)&key, sizeof key);
    }
    return NULL;
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
    const void *frames = v->id ? find_frames(rt, t, (uint64_t)v->id) : NULL;
    uint64_t n = v->nframes < t->limit ? v->nframes : t->limit;
    struct frames f = { out, rt, t, v, indent };
    strbuf_addc(out, '\n');
    if (v->id && n && !frames) {
        strbuf_fill(out, ' ', indent);
        strbuf_adds(out, "[lost]\n");
    }
    for (uint64_t i = 0; frames && i < n; i++) {
        frame(&f, frames, i);
        strbuf_addc(out, '\n');
    }
}
