/* Constants: literals and what follows from them are computed here, in 64-bit arithmetic that traps (reference §7.2).
 * const_value of a constant is its value extended to 64 bits by its own sign. */
#include "sema/state.h"

#include <string.h>

bool sema_const_int(const struct node *n, int64_t *value) {
    if (!n->is_const || n->const_str)
        return false;
    *value = (int64_t)n->const_value;
    return true;
}

bool sema_const_str(const struct node *n, const char **s, size_t *len) {
    if (!n->is_const || !n->const_str)
        return false;
    *s = n->const_str;
    *len = n->const_len;
    return true;
}

void set_constant(struct node *n, const struct type *t, uint64_t value) {
    n->is_const = true;
    n->const_str = NULL;
    n->const_value = value;
    n->type = t;
}

void sema_set_int(struct node *n, const struct type *t, uint64_t value) { set_constant(n, t, value); }

void sema_set_str(struct sema *s, struct node *n, const char *str, size_t len) {
    char *copy = arena_alloc(s->arena, len + 1);
    memcpy(copy, str, len);
    n->is_const = true;
    n->const_str = copy;
    n->const_len = len;
    n->type = type_string(s->arena, (uint32_t)len + 1);
}

void copy_constant(struct node *n, const struct node *from, const struct type *t) {
    n->is_const = from->is_const;
    n->const_value = from->const_value;
    n->const_str = from->const_str;
    n->const_len = from->const_len;
    n->type = t;
}

static bool is_negative(const struct node *n) { return n->type->is_signed && (int64_t)n->const_value < 0; }

static bool overflow(struct sema *s, struct node *n) {
    n->type = sema_error(s, n, D_OVERFLOW, "unable to fold literals due to overflow or underflow");
    n->is_const = false;
    return true;
}

static bool set_result(struct node *n, uint64_t value, bool negative) {
    set_constant(n, sema_literal_type(value, negative), value);
    return true;
}

/* Both operands within int64. False on overflow. */
static bool fold_signed(enum op op, int64_t a, int64_t b, int64_t *r) {
    switch ((int)op) {
    case OP_ADD: return !__builtin_add_overflow(a, b, r);
    case OP_SUB: return !__builtin_sub_overflow(a, b, r);
    case OP_MUL: return !__builtin_mul_overflow(a, b, r);
    case OP_DIV:
        if (b == 0 || (a == INT64_MIN && b == -1))
            return false;
        *r = a / b;
        return true;
    case OP_MOD:
        if (b == 0 || (a == INT64_MIN && b == -1))
            return false;
        *r = a % b;
        return true;
    case OP_AND: *r = a & b; return true;
    case OP_OR: *r = a | b; return true;
    case OP_XOR: *r = a ^ b; return true;
    case OP_SHL:
        if (b < 0 || b > 63)
            return false;
        *r = (int64_t)((uint64_t)a << b);
        return true;
    case OP_SHR:
        if (b < 0 || b > 63)
            return false;
        *r = a >> b;
        return true;
    default: return false;
    }
}

static bool fold_unsigned(enum op op, uint64_t a, uint64_t b, uint64_t *r) {
    switch ((int)op) {
    case OP_ADD: return !__builtin_add_overflow(a, b, r);
    case OP_SUB: return !__builtin_sub_overflow(a, b, r);
    case OP_MUL: return !__builtin_mul_overflow(a, b, r);
    case OP_DIV:
        if (b)
            *r = a / b;
        return b != 0;
    case OP_MOD:
        if (b)
            *r = a % b;
        return b != 0;
    case OP_AND: *r = a & b; return true;
    case OP_OR: *r = a | b; return true;
    case OP_XOR: *r = a ^ b; return true;
    case OP_SHL:
        if (b < 64)
            *r = a << b;
        return b < 64;
    case OP_SHR:
        if (b < 64)
            *r = a >> b;
        return b < 64;
    default: return false;
    }
}

static bool is_comparison(enum op op) { return op >= OP_EQ && op <= OP_GE; }

/* order: negative, 0 or positive as the left one is smaller, equal or larger. */
static bool compare(enum op op, int order) {
    switch ((int)op) {
    case OP_EQ: return order == 0;
    case OP_NE: return order != 0;
    case OP_LT: return order < 0;
    case OP_GT: return order > 0;
    case OP_LE: return order <= 0;
    default: return order >= 0;
    }
}

static bool fold_ints(struct sema *s, struct node *n, const struct node *l, const struct node *r) {
    enum op op = n->binary.op;
    uint64_t a = l->const_value, b = r->const_value;
    if (op == OP_LAND || op == OP_LOR) {
        set_constant(n, &type_bool, op == OP_LAND ? a && b : a || b);
        return true;
    }
    bool literals = is_literal_node(l) && is_literal_node(r);
    bool negative = is_negative(l) || is_negative(r);
    /* Next to a negative number the other one must fit int64 as well. */
    if (negative && ((!is_negative(l) && a > INT64_MAX) || (!is_negative(r) && b > INT64_MAX)))
        return literals && overflow(s, n);
    if (is_comparison(op)) {
        bool by_sign = negative || (!literals && (type_is_signed(l->type) || type_is_signed(r->type)));
        int order = by_sign ? ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b) : (a > b) - (a < b);
        set_constant(n, &type_bool, compare(op, order));
        return true;
    }
    if (!literals || l->type->kind == TY_BOOL || r->type->kind == TY_BOOL)
        return false; /* has the type it would have at run time: LLVM folds it */
    int64_t x;
    if (negative || (op == OP_SUB && a < b)) {
        if (!fold_signed(op, (int64_t)a, (int64_t)b, &x) || (!negative && x >= 0))
            return overflow(s, n);
        return set_result(n, (uint64_t)x, x < 0);
    }
    uint64_t y = 0;
    return fold_unsigned(op, a, b, &y) ? set_result(n, y, false) : overflow(s, n);
}

static bool fold_strings(struct sema *s, struct node *n, const struct node *l, const struct node *r) {
    enum op op = n->binary.op;
    size_t la = l->const_len, lb = r->const_len;
    if (is_comparison(op)) {
        int order = memcmp(l->const_str, r->const_str, la < lb ? la : lb);
        set_constant(n, &type_bool, compare(op, order ? order : (la > lb) - (la < lb)));
        return true;
    }
    if (op == OP_LAND || op == OP_LOR) {
        set_constant(n, &type_bool, op == OP_LAND ? la && lb : la || lb);
        return true;
    }
    if (op != OP_ADD)
        return false;
    char *both = arena_alloc(s->arena, la + lb + 1);
    memcpy(both, l->const_str, la);
    memcpy(both + la, r->const_str, lb);
    sema_set_str(s, n, both, la + lb);
    return true;
}

/* "abc" + 1 and 1 + "abc": the string from that character on. */
static bool fold_offset(struct sema *s, struct node *n, const struct node *str, const struct node *offset) {
    if (n->binary.op != OP_ADD || is_negative(offset))
        return false;
    uint64_t skip = offset->const_value;
    if (skip >= str->const_len) {
        diag_warn(s->diag, D_GENERIC, n->span, "literal string will always be empty");
        skip = str->const_len;
    }
    sema_set_str(s, n, str->const_str + skip, str->const_len - skip);
    return true;
}

bool fold_binary(struct sema *s, struct node *n) {
    const struct node *l = n->binary.left, *r = n->binary.right;
    if (!l->is_const || !r->is_const)
        return false;
    if (l->const_str && r->const_str)
        return fold_strings(s, n, l, r);
    if (l->const_str && type_is_intlike(r->type))
        return fold_offset(s, n, l, r);
    if (r->const_str && type_is_intlike(l->type))
        return fold_offset(s, n, r, l);
    if (!l->const_str && !r->const_str && type_is_intlike(l->type) && type_is_intlike(r->type))
        return fold_ints(s, n, l, r);
    return false;
}

bool fold_unary(struct sema *s, struct node *n) {
    const struct node *e = n->unary.operand;
    if (!e->is_const || e->const_str || !type_is_intlike(e->type))
        return false;
    uint64_t v = e->const_value;
    if (n->unary.op == OP_NOT) {
        set_constant(n, &type_bool, !v);
        return true;
    }
    if (e->type->kind != TY_INT || !is_literal_node(e))
        return false;
    if (n->unary.op == OP_BNOT)
        return set_result(n, ~v, false); /* of a non-negative number: all 64 bits, unsigned */
    if (n->unary.op != OP_NEG)
        return false;
    if (is_negative(e))
        return v == (uint64_t)INT64_MIN ? set_result(n, v, false) : set_result(n, -v, false);
    if (v > (uint64_t)INT64_MAX + 1) {
        n->type = sema_error(s, n, D_OVERFLOW, "negative value will underflow");
        return true;
    }
    return set_result(n, -v, v != 0);
}

/* An integer constant seen as another type: truncated, then extended by its new sign. */
void fold_cast(struct node *n) {
    const struct node *e = n->cast.operand;
    const struct type *t = n->type;
    if (!e->is_const || e->const_str || !type_is_intlike(e->type))
        return;
    uint64_t v = e->const_value;
    if (t->kind == TY_BOOL) {
        set_constant(n, t, v != 0);
    } else if (t->kind == TY_ENUM) {
        set_constant(n, t, v);
    } else if (t->kind == TY_INT) {
        unsigned shift = 64 - 8 * t->size;
        v <<= shift;
        set_constant(n, t, t->is_signed ? (uint64_t)((int64_t)v >> shift) : v >> shift);
    }
}
