/* Event records in the BPF ring buffer or in perf buffers, the ledger of losses, run-time errors, reads of other memory. */
#include "codegen/cg.h"

#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "support/strbuf.h"

/* What a perf buffer's record can hold: its size is a 16-bit number, and the kernel adds to it. */
enum { MAX_PERF_RECORD = UINT16_MAX - 64 };

static bool is_perfbuf(const struct codegen *cg) { return cg->program->config.output == OUTPUT_PERFBUF; }

static LLVMValueRef ring(struct codegen *cg) {
    struct program *p = cg->program;
    p->ring_symbol = "ring";
    if (is_perfbuf(cg)) /* libbpf sets the number of entries: CPUs */
        return cg_bpf_map(cg, "ring", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0, 0);
    uint64_t pages = p->config.perf_rb_pages;
    if (!pages) { /* by memory: 1/4096 of it, within the reference's bounds */
        uint64_t total = (uint64_t)sysconf(_SC_PHYS_PAGES);
        for (pages = 64; pages < 4096 && pages < total / 4096; pages *= 2)
            ;
        while (pages < p->ncpus)
            pages *= 2;
    } else {
        uint64_t n = 1;
        while (n < pages)
            n *= 2;
        pages = n;
    }
    return cg_bpf_map(cg, "ring", BPF_MAP_TYPE_RINGBUF, 0, 0, (unsigned)(pages * 4096), 0);
}

static uint32_t record_size(const struct event_site *site) {
    return (uint32_t)sizeof(struct event_header) + site->record->size;
}

static void store_header(struct codegen *cg, const struct cg_event *e) {
    cg_store_int(cg, e->record, cg_i64(cg, e->site->id | (uint64_t)e->site->record->size << 32));
}

/* Perf buffers take a copy: the record is made in memory of ours, which must have been written as a whole when it is on
 * the stack. */
static struct cg_event perf_event_begin(struct codegen *cg, const struct event_site *site) {
    struct cg_event e = { .site = site };
    uint32_t size = record_size(site);
    if (size > MAX_PERF_RECORD)
        diag_error(cg->diag, D_LIMIT, cg->at ? cg->at->span : (struct span){ 0 },
                   "The arguments take %u bytes, more than a perf buffer's record can hold (%u)", size, MAX_PERF_RECORD);
    e.record = cg_scratch(cg, size);
    if (size <= cg->program->config.on_stack_limit)
        cg_memzero(cg, e.record, size);
    store_header(cg, &e);
    return e;
}

static void perf_event_end(struct codegen *cg, const struct cg_event *e) {
    LLVMValueRef size = cg_i64(cg, record_size(e->site)), cpu = cg_i64(cg, BPF_F_CURRENT_CPU);
    LLVMValueRef r = CG_HELPER(cg, BPF_FUNC_perf_event_output, cg_ctx(cg), ring(cg), cpu, e->record, size);
    struct cg_if lost = cg_if_unlikely(cg, cg_cmp(cg, C_NE, r, cg_i64(cg, 0)));
    cg_count_loss(cg, LOSS_RING_FULL, cg->prog_index);
    cg_end(cg, &lost);
}

struct cg_event cg_event_begin(struct codegen *cg, const struct event_site *site) {
    if (is_perfbuf(cg))
        return perf_event_begin(cg, site);
    struct cg_event e = { .site = site };
    uint32_t size = record_size(site);
    LLVMValueRef addr = CG_HELPER(cg, BPF_FUNC_ringbuf_reserve, ring(cg), cg_i64(cg, size), cg_i64(cg, 0));
    e.record = cg_i64_to_ptr(cg, addr);
    e.cond = cg_if_unlikely(cg, LLVMBuildIsNull(cg->b, e.record, ""));
    cg_count_loss(cg, LOSS_RING_FULL, cg->prog_index);
    cg_else(cg, &e.cond);
    store_header(cg, &e);
    return e;
}

LLVMValueRef cg_event_field(struct codegen *cg, const struct cg_event *e, uint32_t i) {
    return cg_ptr_add(cg, e->record, sizeof(struct event_header) + e->site->record->fields[i].offset);
}

void cg_event_end(struct codegen *cg, struct cg_event *e) {
    if (is_perfbuf(cg)) {
        perf_event_end(cg, e);
        return;
    }
    CG_HELPER(cg, BPF_FUNC_ringbuf_submit, e->record, cg_i64(cg, 0));
    cg_end(cg, &e->cond);
}

/* Values whose making sends an event of its own, which must come before the one that they are part of. */
static bool announces(const struct type *t) {
    if (t->kind == TY_KSTACK || t->kind == TY_USTACK || t->kind == TY_USYM)
        return true;
    if (t->kind == TY_TUPLE || t->kind == TY_RECORD)
        for (uint32_t i = 0; i < t->nfields; i++)
            if (announces(t->fields[i].type))
                return true;
    return false;
}

struct speech {
    bool tells_reads; /* -k: every read and lookup may send an event */
    bool found;
};

/* So do expressions that report errors or contain calls that send. */
static bool speaks_here(struct node *n, void *ctx) {
    struct speech *s = ctx;
    if (n->is_const || s->found)
        return false;
    if (n->kind == N_BINARY)
        s->found = (n->binary.op == OP_DIV || n->binary.op == OP_MOD) && !n->binary.right->is_const;
    else if (n->kind == N_INDEX)
        s->found = s->tells_reads || !n->index.index->is_const;
    else if (n->kind == N_CALL)
        s->found = s->tells_reads || !n->call.builtin || (n->call.builtin->flags & BF_ASYNC);
    else if (n->kind == N_MAP || n->kind == N_FIELD || n->kind == N_UNARY)
        s->found = s->tells_reads;
    else
        s->found = n->kind == N_ASSIGN;
    return !s->found;
}

static bool is_early(struct codegen *cg, struct node *arg, const struct type *t) {
    struct speech s = { .tells_reads = cg_reports_reads(cg) };
    node_walk(arg, speaks_here, &s);
    return s.found || announces(t);
}

struct value cg_event_call(struct codegen *cg, const struct node *call, uint32_t first) {
    const struct event_site *site = call->call.data;
    uint32_t n = site->record->nfields;
    struct value *early = ARENA_ARRAY(cg->arena, struct value, n);
    for (uint32_t i = 0; i < n; i++)
        if (is_early(cg, call->call.args.v[first + i], site->record->fields[i].type))
            early[i] = cg_load(cg, cg_expr(cg, call->call.args.v[first + i]));
    struct cg_event e = cg_event_begin(cg, site);
    for (uint32_t i = 0; i < n; i++) {
        if (early[i].v)
            cg_store(cg, early[i], cg_event_field(cg, &e, i), site->record->fields[i].type);
        else
            cg_expr_into(cg, call->call.args.v[first + i], cg_event_field(cg, &e, i), site->record->fields[i].type);
    }
    cg_event_end(cg, &e);
    return cg_void();
}

void cg_count_loss(struct codegen *cg, enum loss_cause cause, uint32_t subject) {
    struct program *p = cg->program;
    struct loss *found = NULL;
    for (VEC_EACH(l, &p->losses))
        if (l->cause == cause && l->subject == subject)
            found = l;
    if (!found) {
        VEC_PUSH(p->arena, &p->losses, (struct loss){ cause, subject, p->globals_size });
        p->globals_size += 8;
        found = &p->losses.v[p->losses.n - 1];
    }
    cg_atomic_add(cg, cg_global(cg, found->offset), cg_i64(cg, 1));
}

/* ---- processes whose symbols will be wanted ------------------------------------------------- */

static const struct event_site *process_site(struct codegen *cg) {
    struct program *p = cg->program;
    for (VEC_EACH(e, &p->events))
        if (!strcmp((*e)->call, "process"))
            return *e;
    struct event_site *s = ARENA_NEW(p->arena, struct event_site);
    *s = (struct event_site){ .id = (uint32_t)p->events.n, .call = "process", .map = -1 };
    const struct type *fields[] = { &type_uint64 };
    s->record = type_tuple(p->arena, fields, 1);
    VEC_PUSH(p->arena, &p->events, s);
    return s;
}

void cg_see_process(struct codegen *cg, LLVMValueRef pid) {
    struct cg_event e = cg_event_begin(cg, process_site(cg));
    cg_store_int(cg, cg_event_field(cg, &e, 0), cg_zext(cg, pid));
    cg_event_end(cg, &e);
}

void cg_see_process_once(struct codegen *cg, LLVMValueRef pid) {
    LLVMValueRef map = cg_bpf_map(cg, "processes", BPF_MAP_TYPE_LRU_HASH, 8, 8, 4096, 0);
    LLVMValueRef key = cg_slot(cg, cg_zext(cg, pid));
    LLVMValueRef known = CG_HELPER(cg, BPF_FUNC_map_lookup_elem, map, key);
    struct cg_if is_new = cg_if_unlikely(cg, cg_cmp(cg, C_EQ, known, cg_i64(cg, 0)));
    CG_HELPER(cg, BPF_FUNC_map_update_elem, map, key, key, cg_i64(cg, BPF_ANY));
    cg_see_process(cg, pid);
    cg_end(cg, &is_new);
}

/* A site of the compiler's own: its place is the node's. */
static const struct event_site *error_site(struct codegen *cg, const struct node *at, const char *helper,
                                           const char *text) {
    struct program *p = cg->program;
    struct event_site *s = ARENA_NEW(p->arena, struct event_site);
    struct span span = at->span;
    while (span.from)
        span = *span.from;
    *s = (struct event_site){ .id = (uint32_t)p->events.n, .call = "runtime_error", .helper = helper, .text = text, .map = -1 };
    const struct type *fields[] = { &type_int64 };
    s->record = type_tuple(p->arena, fields, 1);
    if (span.src) {
        struct location from = source_location(span.src, span.lo), to = source_location(span.src, span.hi);
        s->file = span.src->name;
        s->line = from.line;
        s->col = from.col;
        s->end_col = to.line == from.line ? to.col : from.col;
        struct strbuf b = { 0 };
        diag_excerpt(&b, span);
        s->excerpt = strbuf_finish(&b, p->arena);
    }
    VEC_PUSH(p->arena, &p->events, s);
    return s;
}

void cg_runtime_error(struct codegen *cg, const struct node *at, const char *helper, const char *text,
                      LLVMValueRef retcode) {
    struct cg_event e = cg_event_begin(cg, error_site(cg, at, helper, text));
    cg_store_int(cg, cg_event_field(cg, &e, 0), retcode ? cg_sext(cg, retcode) : cg_i64(cg, 0));
    cg_event_end(cg, &e);
}

struct reader {
    unsigned plain, str;
    const char *plain_name, *str_name;
};

static const struct reader *reader(enum addr_space as) {
    static const struct reader none = { BPF_FUNC_probe_read, BPF_FUNC_probe_read_str, "probe_read", "probe_read_str" };
    static const struct reader user = { BPF_FUNC_probe_read_user, BPF_FUNC_probe_read_user_str, "probe_read_user",
                                        "probe_read_user_str" };
    static const struct reader kernel = { BPF_FUNC_probe_read_kernel, BPF_FUNC_probe_read_kernel_str,
                                          "probe_read_kernel", "probe_read_kernel_str" };
    switch (as) {
    case AS_USER:
        return &user;
    case AS_NONE:
        return &none;
    case AS_KERNEL:
    case AS_BPF:
        return &kernel;
    }
    return &none;
}

/* Failed reads have zeroed their destination when they return. */
LLVMValueRef cg_probe_read(struct codegen *cg, const struct node *at, LLVMValueRef dst, LLVMValueRef n,
                           LLVMValueRef addr, enum addr_space as, bool str) {
    const struct reader *how = reader(as);
    LLVMValueRef r = CG_HELPER(cg, str ? how->str : how->plain, dst, n, addr);
    struct cg_if bad = cg_if_unlikely(cg, cg_cmp(cg, C_SLT, r, cg_i64(cg, 0)));
    cg_count_loss(cg, LOSS_READ_FAILED, cg->prog_index);
    if (cg_reports_reads(cg) && (at || cg->at))
        cg_runtime_error(cg, at ? at : cg->at, str ? how->str_name : how->plain_name, NULL, r);
    cg_end(cg, &bad);
    return r;
}
