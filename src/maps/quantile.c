/* quantile(n[, p, …]): percentiles, within 1 % up to 10^12. types/sketch.h describes the cell. */
#include "maps/kinds.h"
#include "types/sketch.h"

static const struct type *check(struct sema *s, struct node *call) {
    static const uint64_t usual[] = { 50, 90, 99 };
    uint64_t percents[QUANTILE_MAX_NAMED];
    uint32_t n = (uint32_t)call->call.args.n - 1;
    if (!kind_int_argument(s, call, 0))
        return &type_poison;
    if (!n)
        return type_quantile(s->arena, usual, 3);
    if (n > QUANTILE_MAX_NAMED)
        return sema_error(s, call, D_BAD_COUNT, "quantile() takes up to %d percentiles (%u provided)",
                          QUANTILE_MAX_NAMED, n);
    for (uint32_t i = 0; i < n; i++) {
        int64_t p;
        if (!kind_literal(s, call, i + 1, &p))
            return &type_poison;
        if (p < 0 || p > 100)
            return sema_error(s, call->call.args.v[i + 1], D_BAD_ARGUMENT,
                              "quantile: a percentile is 0 to 100 (%lld provided)", (long long)p);
        percents[i] = (uint64_t)p;
    }
    return type_quantile(s->arena, percents, n);
}

static uint32_t cell_size(const struct type *t) {
    (void)t;
    return QUANTILE_CELL;
}

/* 1 when v is not 0, without a branch; v below 2^63. */
static LLVMValueRef is_some(struct codegen *cg, LLVMValueRef v) {
    return cg_arith(cg, A_LSHR, cg_arith(cg, A_SUB, cg_i64(cg, 0), v), cg_i64(cg, 63));
}

/* a when `which` is 0, b when it is 1 */
static LLVMValueRef either(struct codegen *cg, LLVMValueRef which, LLVMValueRef a, LLVMValueRef b) {
    return cg_arith(cg, A_ADD, a, cg_arith(cg, A_MUL, cg_arith(cg, A_SUB, b, a), which));
}

/* quantile_bucket() in BPF. What does not apply to v is computed as well, and dropped. */
static LLVMValueRef bucket_of(struct codegen *cg, LLVMValueRef v) {
    LLVMValueRef p = kind_log2(cg, cg_arith(cg, A_OR, v, cg_i64(cg, QUANTILE_EXACT)));
    LLVMValueRef m = cg_arith(cg, A_SHL, v, cg_arith(cg, A_SUB, cg_i64(cg, 63), p));
    LLVMValueRef f = cg_arith(cg, A_AND, cg_arith(cg, A_LSHR, m, cg_i64(cg, 47)), cg_i64(cg, 0xffff));
    LLVMValueRef part = cg_arith(cg, A_MUL, f, cg_arith(cg, A_SUB, cg_i64(cg, 4 << 16), f));
    part = cg_arith(cg, A_LSHR, cg_arith(cg, A_MUL, part, cg_i64(cg, QUANTILE_SCALE)), cg_i64(cg, 48));
    LLVMValueRef first = cg_arith(cg, A_MUL, p, cg_i64(cg, QUANTILE_PARTS));
    LLVMValueRef usual = cg_arith(cg, A_ADD, cg_arith(cg, A_ADD, first, part),
                                  cg_i64(cg, QUANTILE_EXACT - (uint64_t)QUANTILE_LOG * QUANTILE_PARTS));
    LLVMValueRef eighth = cg_arith(cg, A_AND, cg_arith(cg, A_LSHR, m, cg_i64(cg, 60)), cg_i64(cg, 7));
    LLVMValueRef wide = cg_arith(cg, A_ADD, cg_arith(cg, A_SHL, p, cg_i64(cg, 3)), eighth);
    wide = cg_arith(cg, A_ADD, wide, cg_i64(cg, QUANTILE_WIDE - (uint64_t)QUANTILE_WIDE_LOG * 8));
    LLVMValueRef is_wide = is_some(cg, cg_arith(cg, A_LSHR, v, cg_i64(cg, QUANTILE_WIDE_LOG)));
    LLVMValueRef is_large = is_some(cg, cg_arith(cg, A_LSHR, v, cg_i64(cg, QUANTILE_LOG)));
    return either(cg, is_large, v, either(cg, is_wide, usual, wide));
}

/* The counter of this bucket has come round to 0: one more turn in the first way that is its own or free. */
static void count_turn(struct codegen *cg, struct value cell, LLVMValueRef bucket, LLVMValueRef counter) {
    LLVMValueRef set = cg_arith(cg, A_AND, bucket, cg_i64(cg, QUANTILE_SETS - 1));
    LLVMValueRef ways = cg_ptr_add(cg, cell.v, QUANTILE_TURNS);
    ways = cg_ptr_add_v(cg, ways, cg_arith(cg, A_MUL, set, cg_i64(cg, QUANTILE_WAYS * 4)));
    LLVMValueRef tag = cg_arith(cg, A_ADD, bucket, cg_i64(cg, 1));
    tag = cg_arith(cg, A_SHL, tag, cg_i64(cg, QUANTILE_TAG_SHIFT));
    LLVMValueRef todo = cg_slot(cg, cg_i64(cg, 1));
    for (unsigned i = 0; i < QUANTILE_WAYS; i++) {
        LLVMValueRef at = cg_ptr_add(cg, ways, i * 4), word = cg_zext(cg, cg_load_int(cg, at, 32));
        struct cg_if open = cg_if(cg, cg_cmp(cg, C_NE, cg_slot_get(cg, todo), cg_i64(cg, 0)));
        word = either(cg, is_some(cg, word), tag, word);
        LLVMValueRef turns = cg_arith(cg, A_XOR, word, tag); /* beyond all turns: the word of another bucket */
        struct cg_if fits = cg_if(cg, cg_cmp(cg, C_ULT, turns, cg_i64(cg, (1u << QUANTILE_TAG_SHIFT) - 1)));
        cg_store_int(cg, at, cg_trunc(cg, cg_arith(cg, A_ADD, word, cg_i64(cg, 1)), 32));
        cg_slot_set(cg, todo, cg_i64(cg, 0));
        cg_end(cg, &fits);
        cg_end(cg, &open);
    }
    struct cg_if full = cg_if_unlikely(cg, cg_cmp(cg, C_NE, cg_slot_get(cg, todo), cg_i64(cg, 0)));
    cg_store_int(cg, counter, cg_trunc(cg, cg_i64(cg, UINT16_MAX), 16));
    cg_count_loss(cg, LOSS_COUNTER, cg_block(cg)->prog);
    cg_end(cg, &full);
}

/* Negative numbers count as 0. */
static void update(struct codegen *cg, const struct node *call, const struct type *t, struct value cell) {
    LLVMValueRef v = kind_value(cg, call);
    (void)t;
    if (kind_is_signed(call)) {
        LLVMValueRef negative = cg_arith(cg, A_ASHR, v, cg_i64(cg, 63));
        v = cg_arith(cg, A_AND, v, cg_arith(cg, A_XOR, negative, cg_i64(cg, UINT64_MAX)));
    }
    LLVMValueRef bucket = bucket_of(cg, v);
    struct cg_if in =
        cg_if(cg, cg_cmp(cg, C_ULT, bucket, cg_i64(cg, QUANTILE_BUCKETS))); /* always, but for the verifier */
    LLVMValueRef counter = cg_ptr_add_v(cg, cell.v, cg_arith(cg, A_SHL, bucket, cg_i64(cg, 1)));
    LLVMValueRef n = cg_arith(cg, A_ADD, cg_zext(cg, cg_load_int(cg, counter, 16)), cg_i64(cg, 1));
    cg_store_int(cg, counter, cg_trunc(cg, n, 16));
    struct cg_if turned = cg_if_unlikely(cg, cg_cmp(cg, C_UGT, n, cg_i64(cg, UINT16_MAX)));
    count_turn(cg, cell, bucket, counter);
    cg_end(cg, &turned);
    cg_end(cg, &in);
}

static void fold(const struct type *t, void *acc, const void *cell) {
    (void)t;
    quantile_fold(acc, cell);
}

/* Maps are ordered by the percentile that is named first. */
static int64_t number(const struct type *t, const void *acc) {
    return (int64_t)quantile_at(acc, t->enumerators[0].value);
}

static bool has_value(const struct type *t, const void *acc) {
    (void)t;
    return quantile_count(acc) != 0;
}

const struct map_kind kind_quantile = { "quantile", TY_QUANTILE, "any,...", check, cell_size, update,
                                        fold,       number,      has_value, NULL,  NULL };
