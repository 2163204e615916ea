/* Stacks: taken into scratch memory, hashed there, and sent to user space once, when a hash is met for the first time.
 *
 * Not BPF_MAP_TYPE_STACK_TRACE: its buckets are picked by hash and hold one stack each, so that a second stack of the
 * same bucket is lost or replaces the first; with 16,384 buckets that happens from about 150 distinct stacks on. Here the
 * kernel only remembers which hashes were sent (LRU: a forgotten one is sent again), any number of stacks fit, the frame
 * count comes for free, and user space can ask a process for its mappings while it lives. */
#include "codegen/cg.h"

#include <linux/bpf.h>

#include <string.h>

enum { SENT = 65536 }; /* hashes remembered */

static uint32_t frame_size(const struct type *stack) {
    return stack->stack_mode == STACK_BUILD_ID ? (uint32_t)sizeof(struct bpf_stack_build_id) : 8;
}

static uint32_t stack_map_index(struct codegen *cg, const struct type *stack) {
    bool build_id = stack->stack_mode == STACK_BUILD_ID;
    for (uint32_t i = 0; i < cg->program->stack_maps.n; i++) {
        const struct stack_map *m = &cg->program->stack_maps.v[i];
        if (m->limit == stack->limit && m->is_build_id == build_id)
            return i;
    }
    return 0;
}

/* Record: id, pid (0: kernel stack), number of frames, frames. */
static const struct event_site *stack_site(struct codegen *cg, const struct type *stack) {
    struct program *p = cg->program;
    uint32_t index = stack_map_index(cg, stack);
    for (VEC_EACH(e, &p->events))
        if (!strcmp((*e)->call, "stack") && (*e)->number[0] == index)
            return *e;
    struct event_site *s = ARENA_NEW(p->arena, struct event_site);
    *s = (struct event_site){ .id = (uint32_t)p->events.n, .call = "stack", .map = -1, .number = { index } };
    const struct type *words = type_array(p->arena, &type_uint64, frame_size(stack) / 8 * stack->limit);
    const struct type *fields[] = { &type_uint64, &type_uint64, &type_uint64, words };
    s->record = type_tuple(p->arena, fields, 4);
    VEC_PUSH(p->arena, &p->events, s);
    return s;
}

static void send_stack(struct codegen *cg, const struct type *t, LLVMValueRef sent, LLVMValueRef key, LLVMValueRef id,
                       LLVMValueRef pid, LLVMValueRef nframes, LLVMValueRef frames) {
    struct cg_event e = cg_event_begin(cg, stack_site(cg, t));
    cg_store_int(cg, cg_event_field(cg, &e, 0), id);
    cg_store_int(cg, cg_event_field(cg, &e, 1), pid);
    cg_store_int(cg, cg_event_field(cg, &e, 2), nframes);
    cg_memcpy(cg, cg_event_field(cg, &e, 3), frames, (uint64_t)frame_size(t) * t->limit);
    CG_HELPER(cg, BPF_FUNC_map_update_elem, sent, key, key, cg_i64(cg, BPF_ANY));
    cg_event_end(cg, &e);
}

/* Hash of the first n 64-bit words at p; never 0. */
static LLVMValueRef hash_words(struct codegen *cg, LLVMValueRef p, LLVMValueRef n, uint64_t limit) {
    LLVMValueRef slot = cg_slot(cg, n);
    struct cg_loop l = cg_loop(cg, limit);
    LLVMBasicBlockRef more = cg_block_new(cg, "hash");
    cg_branch(cg, cg_cmp(cg, C_ULT, l.i, n), more, l.done, 0);
    cg_enter(cg, more);
    LLVMValueRef word =
        LLVMBuildLoad2(cg->b, cg->i64, cg_ptr_add_v(cg, p, cg_arith(cg, A_SHL, l.i, cg_i64(cg, 3))), "");
    LLVMValueRef h = cg_arith(cg, A_XOR, cg_slot_get(cg, slot), word);
    h = cg_arith(cg, A_MUL, h, cg_i64(cg, 0x9e3779b97f4a7c15ull)); /* 2^64 over the golden ratio */
    h = cg_arith(cg, A_XOR, h, cg_arith(cg, A_LSHR, h, cg_i64(cg, 29)));
    cg_slot_set(cg, slot, h);
    cg_loop_end(cg, &l);
    return cg_arith(cg, A_OR, cg_slot_get(cg, slot), cg_i64(cg, 1));
}

void cg_stack_into(struct codegen *cg, const struct type *t, LLVMValueRef dest) {
    bool user = t->kind == TY_USTACK;
    if (!t->limit) { /* asked for no frames */
        cg_memzero(cg, dest, t->size);
        return;
    }
    uint32_t frame = frame_size(t), size = frame * t->limit;
    uint64_t flags = user ? BPF_F_USER_STACK : 0;
    if (t->stack_mode == STACK_BUILD_ID)
        flags |= BPF_F_USER_BUILD_ID;
    const char *symbol = cg->program->stack_maps.v[stack_map_index(cg, t)].symbol;
    LLVMValueRef sent = cg_bpf_map(cg, symbol, BPF_MAP_TYPE_LRU_HASH, 8, 8, SENT, 0);
    LLVMValueRef frames = cg_scratch(cg, size), id = cg_slot(cg, cg_i64(cg, 0)), pid = cg_i64(cg, 0);
    if (user)
        pid = cg_arith(cg, A_LSHR, CG_HELPER0(cg, BPF_FUNC_get_current_pid_tgid), cg_i64(cg, 32));
    LLVMValueRef bytes = CG_HELPER(cg, BPF_FUNC_get_stack, cg_ctx(cg), frames, cg_i64(cg, size), cg_i64(cg, flags));
    /* No frames: an empty stack, which is no loss (a kernel thread's user stack). */
    LLVMValueRef has_any = cg_cmp(cg, C_SGT, bytes, cg_i64(cg, 0));
    LLVMValueRef n = cg_select(cg, has_any, cg_arith(cg, A_UDIV, bytes, cg_i64(cg, frame)), cg_i64(cg, 0));
    struct cg_if some = cg_if(cg, has_any);
    LLVMValueRef key = cg_alloca(cg, cg->i64);
    LLVMValueRef h = hash_words(cg, frames, cg_arith(cg, A_LSHR, bytes, cg_i64(cg, 3)), size / 8);
    LLVMBuildStore(cg->b, h, key);
    cg_slot_set(cg, id, h);
    LLVMValueRef known = CG_HELPER(cg, BPF_FUNC_map_lookup_elem, sent, key);
    struct cg_if is_new = cg_if_unlikely(cg, cg_cmp(cg, C_EQ, known, cg_i64(cg, 0)));
    send_stack(cg, t, sent, key, h, pid, n, frames);
    cg_end(cg, &is_new);
    cg_end(cg, &some);
    cg_store_int(cg, dest, cg_slot_get(cg, id));
    cg_store_int(cg, cg_ptr_add(cg, dest, 8), n);
    if (user) {
        cg_store_int(cg, cg_ptr_add(cg, dest, 16), cg_trunc(cg, pid, 32));
        cg_store_int(cg, cg_ptr_add(cg, dest, 20), cg_i32(cg, 0)); /* probes do not tell stacks apart */
    }
}
