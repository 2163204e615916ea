/* The value that an expression must have. */
#include <string.h>

#include "fuzz.h"

bool fold(enum op op, int64_t a, int64_t b, int64_t *r) {
    switch ((int)op) {
    case O_ADD: return !__builtin_add_overflow(a, b, r);
    case O_SUB: return !__builtin_sub_overflow(a, b, r);
    case O_MUL: return !__builtin_mul_overflow(a, b, r);
    case O_DIV:
    case O_MOD:
        if (!b || b == -1)
            return false;
        *r = op == O_DIV ? a / b : a % b;
        return true;
    case O_AND: *r = a & b; return true;
    case O_OR: *r = a | b; return true;
    case O_XOR: *r = a ^ b; return true;
    case O_SHL: *r = (int64_t)((uint64_t)a << (b & 63)); return b >= 0 && b < 63 && a >= 0 && *r >= 0 && *r >> b == a;
    case O_SHR: *r = a >> (b & 63); return b >= 0 && b < 64;
    default: *r = 0; return true;
    }
}

/* Division by zero gives 1; the smallest number by -1 itself. */
static uint64_t divide(bool is_mod, uint64_t a, uint64_t b, bool is_signed) {
    if (!b)
        return 1;
    if (!is_signed)
        return is_mod ? a % b : a / b;
    if (b == ~0ull)
        return is_mod ? 0 : -a;
    return (uint64_t)(is_mod ? (int64_t)a % (int64_t)b : (int64_t)a / (int64_t)b);
}

uint64_t eval_op(enum op op, uint64_t a, uint64_t b, bool is_signed, bool left_signed) {
    int64_t sa = (int64_t)a, sb = (int64_t)b;
    switch (op) {
    case O_ADD: return a + b;
    case O_SUB: return a - b;
    case O_MUL: return a * b;
    case O_DIV: return divide(false, a, b, is_signed);
    case O_MOD: return divide(true, a, b, is_signed);
    case O_AND: return a & b;
    case O_OR: return a | b;
    case O_XOR: return a ^ b;
    case O_SHL: return a << (b & 63);
    case O_SHR: return left_signed ? (uint64_t)(sa >> (b & 63)) : a >> (b & 63);
    case O_EQ: return a == b;
    case O_NE: return a != b;
    case O_LT: return is_signed ? sa < sb : a < b;
    case O_GT: return is_signed ? sa > sb : a > b;
    case O_LE: return is_signed ? sa <= sb : a <= b;
    case O_GE: return is_signed ? sa >= sb : a >= b;
    case O_LAND:
    case O_LOR:
    case O_NEG:
    case O_NOT:
    case O_BNOT:
    case O_NOPS: break;
    }
    return 0;
}

static struct val num(uint64_t i) { return (struct val){ .i = i }; }

static struct val binary(struct fuzz *f, const struct expr *e) {
    const struct ty *lt = e->k[0]->type, *rt = e->k[1]->type;
    if (e->is_literal)
        return num(e->i);
    if (e->op == O_LAND || e->op == O_LOR) {
        bool a = eval(f, e->k[0]).i != 0;
        return num(a == (e->op == O_LOR) ? a : eval(f, e->k[1]).i != 0);
    }
    struct val a = eval(f, e->k[0]), b = eval(f, e->k[1]);
    if (lt->kind == T_STR || lt->n)
        return num(val_equal(lt, &a, &b) == (e->op == O_EQ));
    bool is_signed = ty_is_signed(lt) || ty_is_signed(rt);
    return num(eval_op(e->op, a.i, b.i, is_signed, ty_is_signed(lt)));
}

static struct val unary(struct fuzz *f, const struct expr *e) {
    uint64_t v = eval(f, e->k[0]).i;
    if (e->op == O_NOT)
        return num(!v);
    if (e->op == O_NEG)
        return num(-v);
    unsigned bits = e->k[0]->type->bits; /* turned around as wide as the operand is */
    return num(bits == 64 ? ~v : ~v & ((1ull << bits) - 1));
}

/* Zero of any type. */
static struct val zero(struct fuzz *f, const struct ty *t) {
    struct val v = { .s = "" }, *parts = t->n ? fuzz_alloc(f, t->n * sizeof *parts) : NULL;
    for (unsigned i = 0; i < t->n; i++)
        parts[i] = zero(f, t->part[i]);
    v.part = parts;
    return v;
}

/* Fields of records go where their names are. */
struct val convert(struct fuzz *f, const struct ty *from, const struct ty *to, struct val v) {
    if (!to->n || from == to)
        return v;
    struct val *parts = fuzz_alloc(f, to->n * sizeof *parts);
    for (unsigned i = 0; i < to->n; i++) {
        unsigned j = i;
        for (unsigned k = 0; to->kind == T_RECORD && k < from->n; k++)
            if (!strcmp(from->name[k], to->name[i]))
                j = k;
        parts[i] = convert(f, from->part[j], to->part[i], v.part[j]);
    }
    return (struct val){ .part = parts };
}

static struct val map_value(struct fuzz *f, const struct expr *e) {
    struct val key = { 0 };
    if (e->n)
        key = convert(f, e->k[0]->type, e->map->key, eval(f, e->k[0]));
    const struct entry *at = map_find(e->map, &key);
    if (e->map->agg != A_NONE)
        return num(at ? map_number(e->map, at) : 0);
    return at ? at->value : zero(f, e->type);
}

static struct val tuple(struct fuzz *f, const struct expr *e) {
    struct val *parts = fuzz_alloc(f, e->n * sizeof *parts);
    for (unsigned i = 0; i < e->n; i++)
        parts[i] = eval(f, e->k[i]);
    return (struct val){ .part = parts };
}

static struct val incdec(const struct expr *e) {
    uint64_t was = e->var->value.i;
    e->var->value.i = e->op == O_ADD ? was + 1 : was - 1;
    return num(e->is_prefix ? e->var->value.i : was);
}

static struct val map_question(struct fuzz *f, const struct expr *e) {
    uint64_t n = 0;
    for (const struct entry *at = e->map->entries; at; at = at->next)
        n++;
    if (e->kind == E_LEN)
        return num(n);
    struct val key = convert(f, e->k[0]->type, e->map->key, eval(f, e->k[0]));
    return num(map_find(e->map, &key) != NULL);
}

struct val eval(struct fuzz *f, const struct expr *e) {
    struct val a;
    f->steps++;
    switch (e->kind) {
    case E_INT: return num(e->i);
    case E_BOOL: return num(e->i);
    case E_STR: return (struct val){ .s = e->s };
    case E_VAR: return e->var->value;
    case E_MAP: return map_value(f, e);
    case E_UNARY: return unary(f, e);
    case E_BINARY: return binary(f, e);
    case E_TERNARY:
        a = eval(f, e->k[0]);
        if (e->n == 2)
            return a.i ? a : eval(f, e->k[1]);
        return eval(f, a.i ? e->k[1] : e->k[2]);
    case E_IF: return eval(f, eval(f, e->k[0]).i ? e->k[1] : e->k[2]);
    case E_CAST: return num(ty_wrap(e->type, eval(f, e->k[0]).i));
    case E_TUPLE: return tuple(f, e);
    case E_PART: return eval(f, e->k[0]).part[e->i];
    case E_BLOCK: exec_block(f, e->body); return eval(f, e->k[0]);
    case E_INCDEC: return incdec(e);
    case E_CHAR: return num((uint64_t)(int8_t)eval(f, e->k[0]).s[e->i]);
    case E_STRLEN: return num(strlen(eval(f, e->k[0]).s));
    case E_STRNCMP: a = eval(f, e->k[0]); return num(!strncmp(a.s, eval(f, e->k[1]).s, e->i));
    case E_CONTAINS: a = eval(f, e->k[0]); return num(strstr(a.s, eval(f, e->k[1]).s) != NULL);
    case E_HAS_KEY:
    case E_LEN: return map_question(f, e);
    }
    return num(0);
}
