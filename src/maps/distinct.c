/* distinct(x): how many different values there were, within 2 %. Of any type that can be kept. types/sketch.h describes
 * the registers. */
#include "maps/kinds.h"
#include "types/sketch.h"

static const struct type *check(struct sema *s, struct node *call) {
    const struct type *t = call->call.args.v[0]->type;
    if (type_ops[t->kind].is_storable || type_ops[t->kind].is_castable)
        return &type_distinct;
    return sema_error(s, call, D_BAD_ARGUMENT, "distinct() cannot count values of type '%s'",
                      t->kind == TY_NONE ? "void" : type_str(s->arena, t));
}

static uint32_t cell_size(const struct type *t) {
    (void)t;
    return DISTINCT_REGISTERS;
}

/* New maximum: what was known moves down. A register of 0 knows nothing, not even its level 0. */
static void raise_register(struct codegen *cg, LLVMValueRef at, LLVMValueRef old, LLVMValueRef max,
                           LLVMValueRef level) {
    LLVMValueRef known = cg_arith(cg, A_AND, old, cg_i64(cg, 3));
    LLVMValueRef any = cg_arith(cg, A_LSHR, cg_arith(cg, A_SUB, cg_i64(cg, 0), old), cg_i64(cg, 63));
    known = cg_arith(cg, A_OR, known, cg_arith(cg, A_SHL, any, cg_i64(cg, 2)));
    known = cg_arith(cg, A_LSHR, known, cg_arith(cg, A_SUB, level, max));
    LLVMValueRef now =
        cg_arith(cg, A_OR, cg_arith(cg, A_SHL, level, cg_i64(cg, 2)), cg_arith(cg, A_AND, known, cg_i64(cg, 3)));
    cg_store_int(cg, at, cg_trunc(cg, now, 8));
}

static void update(struct codegen *cg, const struct node *call, const struct type *t, struct value cell) {
    (void)t;
    LLVMValueRef hash = cg_hash(cg, call->call.args.v[0], DISTINCT_SEED);
    LLVMValueRef i = cg_arith(cg, A_AND, hash, cg_i64(cg, DISTINCT_REGISTERS - 1));
    LLVMValueRef rest = cg_arith(cg, A_OR, cg_arith(cg, A_LSHR, hash, cg_i64(cg, DISTINCT_LOG)), cg_i64(cg, 1));
    LLVMValueRef level = cg_arith(cg, A_SUB, cg_i64(cg, DISTINCT_LEVELS), kind_log2(cg, rest));
    LLVMValueRef at = cg_ptr_add_v(cg, cell.v, i), old = cg_zext(cg, cg_load_int(cg, at, 8));
    LLVMValueRef max = cg_arith(cg, A_LSHR, old, cg_i64(cg, 2));
    struct cg_if higher = cg_if(cg, cg_cmp(cg, C_UGT, level, max));
    raise_register(cg, at, old, max, level);
    cg_else(cg, &higher);
    LLVMValueRef seen = cg_arith(cg, A_LSHR, cg_i64(cg, 4), cg_arith(cg, A_SUB, max, level));
    seen = cg_arith(cg, A_AND, seen, cg_i64(cg, 3));
    cg_store_int(cg, at, cg_trunc(cg, cg_arith(cg, A_OR, old, seen), 8));
    cg_end(cg, &higher);
}

static void fold(const struct type *t, void *acc, const void *cell) {
    (void)t;
    distinct_fold(acc, cell);
}

static int64_t number(const struct type *t, const void *acc) {
    (void)t;
    return (int64_t)distinct_estimate(acc);
}

static bool has_value(const struct type *t, const void *acc) {
    (void)t;
    return kind_any_word(acc, DISTINCT_REGISTERS / 8);
}

const struct map_kind kind_distinct = { "distinct", TY_DISTINCT, "any",     check, cell_size, update,
                                        fold,       number,      has_value, NULL,  NULL };
