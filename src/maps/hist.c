/* hist(n[, k]): counts by powers of two, each cut into 2^k parts. types/type.h has the numbering of buckets. */
#include "maps/kinds.h"

enum { MAX_BITS = 5 };

static const struct type *check(struct sema *s, struct node *call) {
    int64_t bits = 0;
    if (!kind_int_argument(s, call, 0) || (call->call.args.n > 1 && !kind_literal(s, call, 1, &bits)))
        return &type_poison;
    if (bits < 0 || bits > MAX_BITS)
        return sema_error(s, call, D_BAD_ARGUMENT, "hist: bits %lld must be 0..%d", (long long)bits, MAX_BITS);
    return type_hist(s->arena, (uint32_t)bits);
}

static uint32_t cell_size(const struct type *t) { return type_hist_buckets(t) * 8; }

/* The formula of type.h with p = floor(log2(v | n)), which is at least k: for v < n it comes out n too large. Negative
 * numbers count as 0 on the way and end in bucket 0 through a mask. */
static LLVMValueRef bucket(struct codegen *cg, LLVMValueRef v, unsigned k) {
    uint64_t n = 1ull << k;
    LLVMValueRef negative = cg_arith(cg, A_ASHR, v, cg_i64(cg, 63));
    LLVMValueRef keep = cg_arith(cg, A_XOR, negative, cg_i64(cg, UINT64_MAX));
    v = cg_arith(cg, A_AND, v, keep);
    LLVMValueRef log = kind_log2(cg, cg_arith(cg, A_OR, v, cg_i64(cg, n)));
    LLVMValueRef group = cg_arith(cg, A_SUB, log, cg_i64(cg, k));
    LLVMValueRef part = cg_arith(cg, A_AND, cg_arith(cg, A_LSHR, v, group), cg_i64(cg, n - 1));
    LLVMValueRef index = cg_arith(cg, A_SHL, cg_arith(cg, A_ADD, group, cg_i64(cg, 1)), cg_i64(cg, k));
    index = cg_arith(cg, A_ADD, cg_arith(cg, A_ADD, index, part), cg_i64(cg, 1));
    LLVMValueRef small = cg_arith(cg, A_LSHR, cg_arith(cg, A_SUB, v, cg_i64(cg, n)), cg_i64(cg, 63));
    index = cg_arith(cg, A_SUB, index, cg_arith(cg, A_SHL, small, cg_i64(cg, k)));
    return cg_arith(cg, A_AND, index, keep);
}

static void update(struct codegen *cg, const struct node *call, const struct type *t, struct value cell) {
    kind_count_bucket(cg, cell, bucket(cg, kind_value(cg, call), t->bits), type_hist_buckets(t));
}

static void fold(const struct type *t, void *acc, const void *cell) {
    kind_fold_words(acc, cell, type_hist_buckets(t));
}

/* Maps are ordered by how much is in them. */
static int64_t number(const struct type *t, const void *acc) {
    const uint64_t *b = acc;
    uint64_t total = 0;
    for (uint32_t i = 0; i < type_hist_buckets(t); i++)
        total += b[i];
    return (int64_t)total;
}

static bool has_value(const struct type *t, const void *acc) { return kind_any_word(acc, type_hist_buckets(t)); }

const struct map_kind kind_hist = { "hist", TY_HIST, "int,?any", check, cell_size, update,
                                    fold,   number,  has_value,  NULL,  NULL };
