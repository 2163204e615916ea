/* Finding a string in another one, in time linear in their lengths, in code the verifier walks once per byte.
 *
 * Short literals: the shift-and algorithm. Bit k of the state says that the last k + 1 bytes are the first k + 1 of the
 * needle; a table holds for each byte value the positions where the needle has it.
 * Everything else: Knuth, Morris and Pratt. Position and state live in scratch memory, whose contents the verifier does
 * not follow: all paths through a turn look alike to it. */
#include "builtins/common.h"

LLVMValueRef search_literal(struct codegen *cg, LLVMValueRef h, uint32_t hcap, const char *needle, size_t len) {
    uint64_t masks[256] = { 0 };
    for (size_t i = 0; i < len; i++)
        masks[(unsigned char)needle[i]] |= 1ull << i;
    LLVMValueRef table = cg_rodata(cg, masks, sizeof masks);
    LLVMValueRef state = cg_slot(cg, cg_i64(cg, 0)), at = cg_slot(cg, cg_i64(cg, (uint64_t)-1));
    struct cg_loop l = cg_loop(cg, hcap);
    LLVMValueRef c = cg_zext(cg, cg_load_int(cg, cg_ptr_add_v(cg, h, l.i), 8));
    struct cg_if end = cg_if(cg, cg_cmp(cg, C_EQ, c, cg_i64(cg, 0)));
    cg_loop_break(cg, &l);
    cg_end(cg, &end);
    LLVMValueRef next = cg_arith(cg, A_OR, cg_arith(cg, A_SHL, cg_slot_get(cg, state), cg_i64(cg, 1)), cg_i64(cg, 1));
    LLVMValueRef row = cg_ptr_add_v(cg, table, cg_arith(cg, A_SHL, c, cg_i64(cg, 3)));
    next = cg_arith(cg, A_AND, next, cg_load_int(cg, row, 64));
    cg_slot_set(cg, state, next);
    LLVMValueRef full = cg_arith(cg, A_AND, next, cg_i64(cg, 1ull << (len - 1)));
    struct cg_if found = cg_if(cg, cg_cmp(cg, C_NE, full, cg_i64(cg, 0)));
    cg_slot_set(cg, at, cg_arith(cg, A_SUB, l.i, cg_i64(cg, len - 1)));
    cg_loop_break(cg, &l);
    cg_end(cg, &found);
    cg_loop_end(cg, &l);
    return cg_slot_get(cg, at);
}

/* The words in scratch memory. back[k]: with k bytes matched and the next one different, as many still match. */
struct machine {
    LLVMValueRef i, k, back;
    LLVMValueRef needle;
    uint32_t ncap;
};

/* More than any stack limit, so that it never lies on the stack, which the verifier does follow. */
enum { OFF_STACK = 520 };

static struct machine machine(struct codegen *cg, LLVMValueRef needle, uint32_t ncap) {
    uint32_t size = 16 + (ncap + 1) * 4;
    LLVMValueRef mem = cg_scratch(cg, size < OFF_STACK ? OFF_STACK : size);
    return (struct machine){ mem, cg_ptr_add(cg, mem, 8), cg_ptr_add(cg, mem, 16), needle, ncap };
}

static LLVMValueRef back_of(struct codegen *cg, const struct machine *m, LLVMValueRef k) {
    return cg_ptr_add_v(cg, m->back, cg_arith(cg, A_SHL, k, cg_i64(cg, 2)));
}

static void increment(struct codegen *cg, LLVMValueRef word, LLVMValueRef old) {
    cg_store_volatile(cg, word, cg_arith(cg, A_ADD, old, cg_i64(cg, 1)));
}

static LLVMValueRef byte_at(struct codegen *cg, LLVMValueRef p, LLVMValueRef i) {
    return cg_load_int(cg, cg_ptr_add_v(cg, p, i), 8);
}

static void leave_if(struct codegen *cg, struct cg_loop *l, LLVMValueRef i1) {
    struct cg_if c = cg_if(cg, i1);
    cg_loop_break(cg, l);
    cg_end(cg, &c);
}

/* Fills back[1 …] by matching the needle against itself. */
static void prepare(struct codegen *cg, const struct machine *m) {
    cg_store_volatile(cg, m->i, cg_i64(cg, 1));
    cg_store_volatile(cg, m->k, cg_i64(cg, 0));
    cg_store_int(cg, cg_ptr_add(cg, m->back, 4), cg_i32(cg, 0));
    struct cg_loop l = cg_loop(cg, 2ull * m->ncap);
    LLVMValueRef i = cg_load_volatile(cg, m->i, 64), k = cg_load_volatile(cg, m->k, 64);
    leave_if(cg, &l, cg_cmp(cg, C_UGE, i, cg_i64(cg, m->ncap)));
    leave_if(cg, &l, cg_cmp(cg, C_UGE, k, cg_i64(cg, m->ncap)));
    LLVMValueRef c = byte_at(cg, m->needle, i);
    leave_if(cg, &l, cg_cmp(cg, C_EQ, cg_zext(cg, c), cg_i64(cg, 0)));
    struct cg_if same = cg_if(cg, cg_cmp(cg, C_EQ, c, byte_at(cg, m->needle, k)));
    increment(cg, m->i, i);
    increment(cg, m->k, k);
    LLVMValueRef longer = cg_arith(cg, A_ADD, k, cg_i64(cg, 1));
    cg_store_int(cg, cg_ptr_add(cg, back_of(cg, m, i), 4), cg_trunc(cg, longer, 32));
    cg_else(cg, &same);
    struct cg_if partial = cg_if(cg, cg_cmp(cg, C_NE, k, cg_i64(cg, 0)));
    cg_store_volatile(cg, m->k, cg_zext(cg, cg_load_int(cg, back_of(cg, m, k), 32)));
    cg_else(cg, &partial);
    increment(cg, m->i, i);
    cg_store_int(cg, cg_ptr_add(cg, back_of(cg, m, i), 4), cg_i32(cg, 0));
    cg_end(cg, &partial);
    cg_end(cg, &same);
    cg_loop_end(cg, &l);
}

LLVMValueRef search(struct codegen *cg, LLVMValueRef h, uint32_t hcap, LLVMValueRef needle, uint32_t ncap) {
    struct machine m = machine(cg, needle, ncap);
    LLVMValueRef at = cg_slot(cg, cg_i64(cg, (uint64_t)-1));
    prepare(cg, &m);
    cg_store_volatile(cg, m.i, cg_i64(cg, 0));
    cg_store_volatile(cg, m.k, cg_i64(cg, 0));
    struct cg_loop l = cg_loop(cg, 2ull * hcap + 1);
    LLVMValueRef i = cg_load_volatile(cg, m.i, 64), k = cg_load_volatile(cg, m.k, 64);
    LLVMValueRef start = cg_arith(cg, A_SUB, i, k);
    struct cg_if whole = cg_if(cg, cg_cmp(cg, C_UGE, k, cg_i64(cg, ncap))); /* a needle that fills its storage */
    cg_slot_set(cg, at, start);
    cg_loop_break(cg, &l);
    cg_end(cg, &whole);
    LLVMValueRef want = byte_at(cg, m.needle, k);
    struct cg_if found = cg_if(cg, cg_cmp(cg, C_EQ, cg_zext(cg, want), cg_i64(cg, 0)));
    cg_slot_set(cg, at, start);
    cg_loop_break(cg, &l);
    cg_end(cg, &found);
    leave_if(cg, &l, cg_cmp(cg, C_UGE, i, cg_i64(cg, hcap)));
    LLVMValueRef c = byte_at(cg, h, i);
    leave_if(cg, &l, cg_cmp(cg, C_EQ, cg_zext(cg, c), cg_i64(cg, 0)));
    struct cg_if same = cg_if(cg, cg_cmp(cg, C_EQ, c, want));
    increment(cg, m.i, i);
    increment(cg, m.k, k);
    cg_else(cg, &same);
    struct cg_if partial = cg_if(cg, cg_cmp(cg, C_NE, k, cg_i64(cg, 0)));
    cg_store_volatile(cg, m.k, cg_zext(cg, cg_load_int(cg, back_of(cg, &m, k), 32)));
    cg_else(cg, &partial);
    increment(cg, m.i, i);
    cg_end(cg, &partial);
    cg_end(cg, &same);
    cg_loop_end(cg, &l);
    return cg_slot_get(cg, at);
}
