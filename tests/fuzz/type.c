/* Types and the rules for them (reference §7.2, §7.3). */
#include <string.h>

#include "fuzz.h"

static const struct ty ints[2][4] = {
    { { T_INT, 8, false, false, 0, { 0 }, { 0 } },
      { T_INT, 16, false, false, 0, { 0 }, { 0 } },
      { T_INT, 32, false, false, 0, { 0 }, { 0 } },
      { T_INT, 64, false, false, 0, { 0 }, { 0 } } },
    { { T_INT, 8, true, false, 0, { 0 }, { 0 } },
      { T_INT, 16, true, false, 0, { 0 }, { 0 } },
      { T_INT, 32, true, false, 0, { 0 }, { 0 } },
      { T_INT, 64, true, false, 0, { 0 }, { 0 } } },
};
static const struct ty flexible[4] = {
    { T_INT, 8, true, true, 0, { 0 }, { 0 } },
    { T_INT, 16, true, true, 0, { 0 }, { 0 } },
    { T_INT, 32, true, true, 0, { 0 }, { 0 } },
    { T_INT, 64, true, true, 0, { 0 }, { 0 } },
};

static unsigned index_of(unsigned bits) { return bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : 3; }

const struct ty *ty_int(unsigned bits, bool is_signed) { return &ints[is_signed][index_of(bits)]; }

const struct ty *ty_literal(uint64_t value, bool is_negative) {
    if (is_negative) {
        int64_t v = (int64_t)value;
        return ty_int(v >= INT8_MIN ? 8 : v >= INT16_MIN ? 16 : v >= INT32_MIN ? 32 : 64, true);
    }
    if (value > INT64_MAX)
        return ty_int(64, false);
    return &flexible[value <= INT8_MAX ? 0 : value <= INT16_MAX ? 1 : value <= INT32_MAX ? 2 : 3];
}

const struct ty *ty_bool(void) {
    static const struct ty t = { .kind = T_BOOL };
    return &t;
}

const struct ty *ty_str(void) {
    static const struct ty t = { .kind = T_STR };
    return &t;
}

const struct ty *ty_tuple(struct fuzz *f, const struct ty *const *parts, unsigned n, const char *const *names) {
    struct ty *t = fuzz_alloc(f, sizeof *t);
    t->kind = names ? T_RECORD : T_TUPLE;
    t->n = n;
    for (unsigned i = 0; i < n; i++) {
        t->part[i] = parts[i];
        t->name[i] = names ? names[i] : NULL;
    }
    return t;
}

bool ty_is_signed(const struct ty *t) { return t->kind == T_INT && t->is_signed && !t->is_flex; }

bool ty_same(const struct ty *a, const struct ty *b) {
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == T_INT)
        return a->bits == b->bits && a->is_signed == b->is_signed && a->is_flex == b->is_flex;
    for (unsigned i = 0; i < a->n; i++)
        if (!ty_same(a->part[i], b->part[i]) || (a->name[i] && strcmp(a->name[i], b->name[i])))
            return false;
    return true;
}

/* Of two integers: the smallest that holds both. */
const struct ty *ty_unify(const struct ty *a, const struct ty *b) {
    unsigned bits = a->bits > b->bits ? a->bits : b->bits;
    if (a->kind != T_INT)
        return a;
    if (a->is_flex && b->is_flex)
        return &flexible[index_of(bits)];
    if (a->is_flex || b->is_flex)
        return ty_int(bits, a->is_flex ? b->is_signed : a->is_signed);
    if (a->is_signed == b->is_signed)
        return ty_int(bits, a->is_signed);
    unsigned of_unsigned = a->is_signed ? b->bits : a->bits, of_signed = a->is_signed ? a->bits : b->bits;
    return ty_int(of_unsigned < of_signed ? of_signed : of_unsigned >= 32 ? 64 : of_unsigned * 2, true);
}

const struct ty *ty_result(enum op op, const struct ty *a, const struct ty *b) {
    if (op >= O_EQ && op <= O_LOR)
        return ty_bool();
    if (op == O_SUB || ty_is_signed(a) || ty_is_signed(b))
        return ty_int(64, true);
    return ty_int(64, a->is_flex && b->is_flex);
}

const struct ty *ty_random_int(struct fuzz *f) { return ty_int(8u << fuzz_below(f, 4), fuzz_chance(f, 50)); }

const struct ty *ty_random(struct fuzz *f, unsigned depth) {
    unsigned r = fuzz_below(f, depth ? 14 : 10);
    if (r < 7)
        return ty_random_int(f);
    if (r < 8)
        return ty_bool();
    if (r < 10)
        return ty_str();
    static const char *const names[] = { "a", "b", "len", "key", "if" };
    const struct ty *parts[MAX_PARTS];
    unsigned n = 1 + fuzz_below(f, 4);
    for (unsigned i = 0; i < n; i++)
        parts[i] = ty_random(f, depth - 1);
    return ty_tuple(f, parts, n, r == 13 ? names : NULL);
}

uint64_t ty_wrap(const struct ty *t, uint64_t v) {
    if (t->kind == T_BOOL)
        return v != 0;
    if (t->kind != T_INT || t->bits == 64)
        return v;
    unsigned shift = 64 - t->bits;
    return t->is_signed ? (uint64_t)((int64_t)(v << shift) >> shift) : v << shift >> shift;
}

const char *ty_text(const struct ty *t) {
    static const char *const names[2][4] = { { "uint8", "uint16", "uint32", "uint64" },
                                             { "int8", "int16", "int32", "int64" } };
    switch (t->kind) {
    case T_INT: return names[t->is_signed][index_of(t->bits)];
    case T_BOOL: return "bool";
    case T_STR: return "string";
    case T_TUPLE:
    case T_RECORD: break;
    }
    return "";
}
