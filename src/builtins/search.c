/* Finding a string in another one, in time linear in their lengths.
 *
 * The verifier walks every turn of the loops and keeps in mind each branch it has yet to take: both are limited. So the
 * state of a turn is computed without branches, comparisons included, and only every few turns there is one to leave.
 *
 * Short literals: the shift-and algorithm. Bit k + 1 of the state says that the last k bytes are the first k of the
 * needle, bit 0 that the end has not been seen. A table holds the successors for each byte value.
 * Everything else: Knuth, Morris and Pratt. Position and state live in scratch memory, whose contents the verifier does
 * not follow: all turns look alike to it. At an end they stay as they are. */
#include "builtins/common.h"

/* Bytes between two looks for the end: short strings end soon, long ones must not have too many branches. */
enum { STEPS = 8, LONG_STEPS = 32, LONG = 2048 };

/* 1 when the byte (0 … 255 in 64 bits) is zero, else 0; in a form that does not become a branch. */
static LLVMValueRef is_zero(struct codegen *cg, LLVMValueRef byte) {
    LLVMValueRef less = cg_arith(cg, A_SUB, byte, cg_i64(cg, 1));
    return cg_arith(cg, A_AND, cg_arith(cg, A_LSHR, less, cg_i64(cg, 8)), cg_i64(cg, 1));
}

static LLVMValueRef byte_at(struct codegen *cg, LLVMValueRef p, LLVMValueRef i) {
    return cg_zext(cg, cg_load_int(cg, cg_ptr_add_v(cg, p, i), 8));
}

static void leave_if(struct codegen *cg, struct cg_loop *l, LLVMValueRef i1) {
    struct cg_if c = cg_if(cg, i1);
    cg_loop_break(cg, l);
    cg_end(cg, &c);
}

/* ---- shift-and ------------------------------------------------------------------------------ */

struct scan {
    LLVMValueRef text, table, state, at; /* state, at: slots */
    size_t len;
};

/* floor(log2 v) of 0 < v < 2^32. */
static LLVMValueRef top_bit(struct codegen *cg, LLVMValueRef v) {
    LLVMValueRef p = cg_i64(cg, 0);
    for (unsigned half = 16; half; half /= 2) {
        LLVMValueRef beyond =
            cg_arith(cg, A_LSHR, cg_arith(cg, A_SUB, cg_i64(cg, (1ull << half) - 1), v), cg_i64(cg, 63));
        LLVMValueRef shift = cg_arith(cg, A_MUL, beyond, cg_i64(cg, half));
        v = cg_arith(cg, A_LSHR, v, shift);
        p = cg_arith(cg, A_ADD, p, shift);
    }
    return p;
}

/* `turns` times `steps` bytes from `first` on. The first match of a turn is the highest bit of `hits`. */
static void scan_bytes(struct codegen *cg, const struct scan *s, uint32_t first, uint32_t turns, uint32_t steps) {
    struct cg_loop l = cg_loop(cg, turns);
    LLVMValueRef base = cg_arith(cg, A_ADD, cg_arith(cg, A_MUL, l.i, cg_i64(cg, steps)), cg_i64(cg, first));
    LLVMValueRef state = cg_slot_get(cg, s->state), hits = cg_i64(cg, 0), one = cg_i64(cg, 1);
    for (uint32_t j = 0; j < steps; j++) {
        LLVMValueRef c = byte_at(cg, s->text, cg_arith(cg, A_ADD, base, cg_i64(cg, j)));
        LLVMValueRef row = cg_ptr_add_v(cg, s->table, cg_arith(cg, A_SHL, c, cg_i64(cg, 3)));
        LLVMValueRef next = cg_arith(cg, A_OR, cg_arith(cg, A_SHL, state, one), cg_arith(cg, A_AND, state, one));
        state = cg_arith(cg, A_AND, next, cg_load_int(cg, row, 64));
        LLVMValueRef whole = cg_arith(cg, A_AND, cg_arith(cg, A_LSHR, state, cg_i64(cg, s->len)), one);
        hits = cg_arith(cg, A_OR, cg_arith(cg, A_SHL, hits, one), whole);
    }
    cg_slot_set(cg, s->state, state);
    struct cg_if found = cg_if(cg, cg_cmp(cg, C_NE, hits, cg_i64(cg, 0)));
    LLVMValueRef end = cg_arith(cg, A_SUB, cg_arith(cg, A_ADD, base, cg_i64(cg, steps)), top_bit(cg, hits));
    cg_slot_set(cg, s->at, cg_arith(cg, A_SUB, end, cg_i64(cg, s->len)));
    cg_loop_break(cg, &l);
    cg_end(cg, &found);
    leave_if(cg, &l, cg_cmp(cg, C_EQ, state, cg_i64(cg, 0)));
    cg_loop_end(cg, &l);
}

LLVMValueRef search_literal(struct codegen *cg, LLVMValueRef h, uint32_t hcap, const char *needle, size_t len) {
    uint64_t successors[256];
    for (size_t c = 0; c < 256; c++)
        successors[c] = c != 0;
    for (size_t i = 0; i < len; i++)
        successors[(unsigned char)needle[i]] |= 2ull << i;
    struct scan s = { .text = h, .len = len };
    s.table = cg_rodata(cg, successors, sizeof successors);
    s.state = cg_slot(cg, cg_i64(cg, 1));
    s.at = cg_slot(cg, cg_i64(cg, (uint64_t)-1));
    uint32_t steps = hcap < LONG ? STEPS : LONG_STEPS, rest = hcap % steps;
    scan_bytes(cg, &s, 0, hcap / steps, steps);
    if (rest) {
        struct cg_if more = cg_if(cg, cg_cmp(cg, C_SLT, cg_slot_get(cg, s.at), cg_i64(cg, 0)));
        scan_bytes(cg, &s, hcap - rest, 1, rest);
        cg_end(cg, &more);
    }
    return cg_slot_get(cg, s.at);
}

/* ---- Knuth, Morris, Pratt -------------------------------------------------------------------- */

/* back[k]: with k bytes matched and the next one different, as many still match. Texts lie in memory of a power of two
 * bytes, so that a mask bounds an index. */
struct machine {
    LLVMValueRef i, k, bit, back;
    LLVMValueRef text, needle;
    uint64_t text_mask, needle_mask;
};

/* More than any stack limit, so that it never lies on the stack, which the verifier does follow. */
enum { OFF_STACK = 520 };

static uint32_t power_of_two(uint32_t n) {
    uint32_t p = 8;
    while (p < n)
        p *= 2;
    return p;
}

static void copy(struct codegen *cg, LLVMValueRef to, LLVMValueRef from, uint32_t capacity) {
    cg_probe_read(cg, NULL, to, cg_i64(cg, capacity + 1), cg_ptr_to_i64(cg, from), AS_KERNEL, true);
}

static LLVMValueRef masked(struct codegen *cg, LLVMValueRef i, uint64_t mask) {
    return cg_arith(cg, A_AND, i, cg_i64(cg, mask));
}

static LLVMValueRef back_at(struct codegen *cg, const struct machine *m, LLVMValueRef k) {
    return cg_ptr_add_v(cg, m->back, cg_arith(cg, A_SHL, masked(cg, k, m->needle_mask), cg_i64(cg, 2)));
}

/* yes where bit is 1, no where it is 0. The bit goes through memory, or LLVM would make a branch of it. */
static LLVMValueRef pick(struct codegen *cg, const struct machine *m, LLVMValueRef bit, LLVMValueRef yes,
                         LLVMValueRef no) {
    cg_store_volatile(cg, m->bit, bit);
    bit = cg_load_volatile(cg, m->bit, 64);
    return cg_arith(cg, A_ADD, no, cg_arith(cg, A_MUL, bit, cg_arith(cg, A_SUB, yes, no)));
}

/* One comparison. On success both go on; else, with nothing matched so far, the position does; else less is matched. The
 * needle matched against itself (`learns`) is how `back` is found. Returns whether there is more to do. */
static LLVMValueRef step(struct codegen *cg, const struct machine *m, bool learns) {
    LLVMValueRef one = cg_i64(cg, 1);
    LLVMValueRef i = cg_load_volatile(cg, m->i, 64), k = cg_load_volatile(cg, m->k, 64);
    LLVMValueRef want = byte_at(cg, m->needle, masked(cg, k, m->needle_mask));
    LLVMValueRef have = learns ? byte_at(cg, m->needle, masked(cg, i, m->needle_mask))
                               : byte_at(cg, m->text, masked(cg, i, m->text_mask));
    LLVMValueRef ended = is_zero(cg, have);
    if (!learns)
        ended = cg_arith(cg, A_OR, ended, is_zero(cg, want));
    LLVMValueRef live = cg_arith(cg, A_XOR, ended, one);
    LLVMValueRef same = is_zero(cg, cg_arith(cg, A_XOR, have, want));
    LLVMValueRef at_start = cg_arith(cg, A_LSHR, cg_arith(cg, A_SUB, k, one), cg_i64(cg, 63));
    LLVMValueRef advance = cg_arith(cg, A_AND, cg_arith(cg, A_OR, same, at_start), live);
    LLVMValueRef less = cg_zext(cg, cg_load_int(cg, back_at(cg, m, k), 32));
    LLVMValueRef next = pick(cg, m, same, cg_arith(cg, A_ADD, k, one), less);
    next = pick(cg, m, live, next, k);
    cg_store_volatile(cg, m->i, cg_arith(cg, A_ADD, i, advance));
    cg_store_volatile(cg, m->k, next);
    if (learns) /* provisional until the position advances */
        cg_store_int(cg, cg_ptr_add(cg, back_at(cg, m, i), 4), cg_trunc(cg, next, 32));
    return live;
}

static void run(struct codegen *cg, const struct machine *m, uint64_t start, uint64_t most, bool learns) {
    cg_store_volatile(cg, m->i, cg_i64(cg, start));
    cg_store_volatile(cg, m->k, cg_i64(cg, 0));
    uint64_t steps = most < LONG ? STEPS : LONG_STEPS;
    struct cg_loop l = cg_loop(cg, (most + steps - 1) / steps);
    LLVMValueRef live = NULL;
    for (uint32_t j = 0; j < steps; j++)
        live = step(cg, m, learns);
    leave_if(cg, &l, cg_cmp(cg, C_EQ, live, cg_i64(cg, 0)));
    cg_loop_end(cg, &l);
}

LLVMValueRef search(struct codegen *cg, LLVMValueRef h, uint32_t hcap, LLVMValueRef needle, uint32_t ncap) {
    uint32_t troom = power_of_two(hcap + 1), nroom = power_of_two(ncap + 1); /* multiples of 8 */
    uint32_t size = 24 + troom + nroom + (nroom + 1) * 4;
    LLVMValueRef mem = cg_scratch(cg, size < OFF_STACK ? OFF_STACK : size);
    struct machine m = { .i = mem, .k = cg_ptr_add(cg, mem, 8), .text_mask = troom - 1, .needle_mask = nroom - 1 };
    m.bit = cg_ptr_add(cg, mem, 16);
    m.text = cg_ptr_add(cg, mem, 24);
    m.needle = cg_ptr_add(cg, m.text, troom);
    m.back = cg_ptr_add(cg, m.needle, nroom);
    copy(cg, m.text, h, hcap);
    copy(cg, m.needle, needle, ncap);
    cg_store_int(cg, m.back, cg_i64(cg, 0)); /* back[0] and back[1] */
    run(cg, &m, 1, 2ull * ncap, true);
    run(cg, &m, 0, 2ull * hcap + 1, false);
    LLVMValueRef i = cg_load_volatile(cg, m.i, 64), k = cg_load_volatile(cg, m.k, 64);
    LLVMValueRef rest = byte_at(cg, m.needle, masked(cg, k, m.needle_mask));
    return cg_select(cg, cg_cmp(cg, C_EQ, rest, cg_i64(cg, 0)), cg_arith(cg, A_SUB, i, k), cg_i64(cg, (uint64_t)-1));
}
