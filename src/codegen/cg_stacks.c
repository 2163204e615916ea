/* Stacks: taken into scratch memory, hashed there, and kept once per distinct stack in a hash map from hash to frames.
 *
 * Not BPF_MAP_TYPE_STACK_TRACE: its buckets are picked by hash and hold one stack each, so that a second stack of the
 * same bucket is lost or replaces the first; with 16,384 buckets that happens from about 150 distinct stacks on. A
 * 64-bit hash as key collides once in billions of stacks, and the frame count comes for free. */
#include "codegen/cg.h"

#include <linux/bpf.h>

enum { STACKS = 131072 }; /* distinct ones of a kind; memory is taken as they come */

static uint32_t frame_size(const struct type *stack) {
    return stack->stack_mode == STACK_BUILD_ID ? (uint32_t)sizeof(struct bpf_stack_build_id) : 8;
}

LLVMValueRef cg_stack_map(struct codegen *cg, const struct type *stack) {
    bool build_id = stack->stack_mode == STACK_BUILD_ID;
    for (VEC_EACH(s, &cg->program->stack_maps))
        if (s->limit == stack->limit && s->is_build_id == build_id)
            return cg_bpf_map(cg, s->symbol, BPF_MAP_TYPE_HASH, 8, frame_size(stack) * stack->limit, STACKS,
                              BPF_F_NO_PREALLOC);
    return cg_null(cg);
}

/* Hash of the first n 64-bit words at p; never 0. */
static LLVMValueRef hash_words(struct codegen *cg, LLVMValueRef p, LLVMValueRef n, uint64_t limit) {
    LLVMValueRef slot = cg_slot(cg, n);
    struct cg_loop l = cg_loop(cg, limit);
    LLVMBasicBlockRef more = cg_block_new(cg, "hash");
    cg_branch(cg, cg_cmp(cg, C_ULT, l.i, n), more, l.done, 0);
    cg_enter(cg, more);
    LLVMValueRef word = LLVMBuildLoad2(cg->b, cg->i64, cg_ptr_add_v(cg, p, cg_arith(cg, A_SHL, l.i, cg_i64(cg, 3))), "");
    LLVMValueRef h = cg_arith(cg, A_XOR, cg_slot_get(cg, slot), word);
    h = cg_arith(cg, A_MUL, h, cg_i64(cg, 0x9e3779b97f4a7c15ull)); /* 2^64 over the golden ratio */
    h = cg_arith(cg, A_XOR, h, cg_arith(cg, A_LSHR, h, cg_i64(cg, 29)));
    cg_slot_set(cg, slot, h);
    cg_loop_end(cg, &l);
    return cg_arith(cg, A_OR, cg_slot_get(cg, slot), cg_i64(cg, 1));
}

void cg_stack_into(struct codegen *cg, const struct type *t, LLVMValueRef dest) {
    bool user = t->kind == TY_USTACK;
    uint32_t frame = frame_size(t), size = frame * t->limit;
    uint64_t flags = user ? BPF_F_USER_STACK : 0;
    if (t->stack_mode == STACK_BUILD_ID)
        flags |= BPF_F_USER_BUILD_ID;
    LLVMValueRef map = cg_stack_map(cg, t), frames = cg_scratch(cg, size), id = cg_slot(cg, cg_i64(cg, 0));
    LLVMValueRef tgid = NULL;
    if (user)
        tgid = cg_arith(cg, A_LSHR, CG_HELPER0(cg, BPF_FUNC_get_current_pid_tgid), cg_i64(cg, 32));
    LLVMValueRef bytes = CG_HELPER(cg, BPF_FUNC_get_stack, cg_ctx(cg), frames, cg_i64(cg, size), cg_i64(cg, flags));
    struct cg_if some = cg_if(cg, cg_cmp(cg, C_SGT, bytes, cg_i64(cg, 0)));
    LLVMValueRef key = cg_alloca(cg, cg->i64);
    LLVMValueRef h = hash_words(cg, frames, cg_arith(cg, A_LSHR, bytes, cg_i64(cg, 3)), size / 8);
    LLVMBuildStore(cg->b, h, key);
    cg_slot_set(cg, id, h);
    struct cg_if is_new = cg_if_unlikely(cg, cg_cmp(cg, C_EQ, CG_HELPER(cg, BPF_FUNC_map_lookup_elem, map, key), cg_i64(cg, 0)));
    if (user)
        cg_see_process(cg, tgid);
    LLVMValueRef r = CG_HELPER(cg, BPF_FUNC_map_update_elem, map, key, frames, cg_i64(cg, BPF_ANY));
    struct cg_if full = cg_if_unlikely(cg, cg_cmp(cg, C_SLT, r, cg_i64(cg, 0)));
    cg_count_loss(cg, LOSS_STACK, cg->prog_index);
    cg_end(cg, &full);
    cg_end(cg, &is_new);
    cg_end(cg, &some);
    /* No frames: an empty stack, which is no loss (a kernel thread's user stack). */
    LLVMValueRef n = cg_select(cg, cg_cmp(cg, C_SGT, bytes, cg_i64(cg, 0)),
                               cg_arith(cg, A_UDIV, bytes, cg_i64(cg, frame)), cg_i64(cg, 0));
    cg_store_int(cg, dest, cg_slot_get(cg, id));
    cg_store_int(cg, cg_ptr_add(cg, dest, 8), n);
    if (user) {
        cg_store_int(cg, cg_ptr_add(cg, dest, 16), cg_trunc(cg, tgid, 32));
        cg_store_int(cg, cg_ptr_add(cg, dest, 20), cg_i32(cg, 0)); /* probes do not tell stacks apart */
    }
}
