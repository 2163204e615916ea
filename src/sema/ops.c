/* Operators: which types they take and what they give (reference §7.2, §7.5, §8.2).
 *
 * Integer operators work on 64 bits; the result's sign follows from the operands, the sign of a division, remainder or
 * right shift as well: signed when an operand is (the peer divides unsigned always; a wrong number is no feature). */
#include "sema/state.h"

static bool is_comparison(enum op op) { return op >= OP_EQ && op <= OP_GE; }
static bool is_logic(enum op op) { return op == OP_LAND || op == OP_LOR; }

/* Conditions: int, bool, enum, pointer, castable aggregation; strings only as literals. */
static bool is_truth(const struct node *n) {
    const struct type *t = n->type;
    return is_poison(t) || reads_as_int(t) || t->kind == TY_PTR || (n->is_const && n->const_str);
}

bool check_condition(struct sema *s, const struct node *at, const struct node *cond) {
    if (is_truth(cond))
        return true;
    sema_error(s, at, D_BAD_OPERAND, "Invalid condition: %s", type_word(cond->type));
    return false;
}

static const struct type *not_applicable(struct sema *s, const struct node *n) {
    return sema_error(s, n, D_BAD_OPERAND, "The %s operator can not be used on expressions of types %s, %s",
                      op_str(n->binary.op), say_value(s, n->binary.left), say_value(s, n->binary.right));
}

static const struct type *mismatch(struct sema *s, const struct node *n) {
    const char *l = say_value(s, n->binary.left), *r = say_value(s, n->binary.right);
    sema_error(s, n, D_TYPE_MISMATCH, "Type mismatch for '%s': comparing %s with %s", op_str(n->binary.op), l, r);
    diag_note(s->diag, n->binary.left->span, "left (%s)", l);
    diag_note(s->diag, n->binary.right->span, "right (%s)", r);
    return &type_poison;
}

/* Integers of one sign and uint64 of the other meet as int64; so does what is subtracted. */
static void warn_mixed(struct sema *s, const struct node *n) {
    const struct node *l = n->binary.left, *r = n->binary.right;
    if (!s->is_final)
        return;
    const struct type *lt = type_of_copy(l->type), *rt = type_of_copy(r->type);
    bool subtracts = n->binary.op == OP_SUB;
    if ((subtracts || type_is_signed(rt)) && lt->size == 8 && !type_is_signed(lt))
        warn_int_cast(s, value_span(l), lt, &type_int64);
    if ((subtracts || type_is_signed(lt)) && rt->size == 8 && !type_is_signed(rt))
        warn_int_cast(s, value_span(r), rt, &type_int64);
}

static const struct type *int_result(enum op op, const struct type *lt, const struct type *rt) {
    if (lt->kind == TY_BOOL && rt->kind == TY_BOOL)
        return &type_bool;
    if (op == OP_SUB || type_is_signed(lt) || type_is_signed(rt))
        return &type_int64;
    bool literals = lt->is_literal && rt->is_literal;
    return literals && lt->is_signed && rt->is_signed ? &type_int64 : &type_uint64;
}

const struct type *arithmetic_type(struct sema *s, enum op op, const struct type *lt, const struct type *rt) {
    (void)s;
    if (is_poison(lt) || is_poison(rt)) {
        if (lt->kind == TY_PTR || rt->kind == TY_PTR)
            return lt->kind == TY_PTR ? lt : rt;
        return &type_poison;
    }
    if (reads_as_int(lt) && reads_as_int(rt))
        return int_result(op, type_of_copy(lt), type_of_copy(rt));
    if (lt->kind == TY_PTR && reads_as_int(rt) && (op == OP_ADD || op == OP_SUB))
        return lt;
    if (rt->kind == TY_PTR && reads_as_int(lt) && op == OP_ADD)
        return rt;
    return NULL;
}

static const struct type *compare_arrays(struct sema *s, const struct node *n) {
    const struct type *l = n->binary.left->type, *r = n->binary.right->type;
    if (n->binary.op != OP_EQ && n->binary.op != OP_NE)
        return sema_error(s, n, D_BAD_OPERAND, "The %s operator cannot be used on arrays.", op_str(n->binary.op));
    if (l->count != r->count)
        sema_error(s, n, D_TYPE_MISMATCH, "Only arrays of same size support comparison operators.");
    if (l->count != r->count || !type_is_intlike(l->elem) || !type_equal(l->elem, r->elem))
        return sema_error(s, n, D_TYPE_MISMATCH, "Only arrays of same sized integer support comparison operators.");
    return &type_bool;
}

/* The pointees are named as the peer does: without the star. */
static const struct type *compare_pointers(struct sema *s, const struct node *n) {
    const struct type *l = n->binary.left->type->elem, *r = n->binary.right->type->elem;
    if (s->is_final && !type_equal(l, r)) {
        diag_warn(s->diag, D_TYPE_MISMATCH, n->span, "comparison of distinct pointer types: %s, %s", say(s, l),
                  say(s, r));
        diag_note(s->diag, n->binary.left->span, "left (%s)", say(s, l));
        diag_note(s->diag, n->binary.right->span, "right (%s)", say(s, r));
    }
    return &type_bool;
}

static bool same_names(const struct type *a, const struct type *b) {
    uint32_t offset;
    bool same = a->nfields == b->nfields;
    for (uint32_t i = 0; same && i < a->nfields; i++)
        same = type_field(b, a->fields[i].name, &offset);
    return same;
}

/* Tuples and records whose parts do not go together are not equal, and that is known now. */
static bool never_equal(struct sema *s, struct node *n) {
    const struct type *l = n->binary.left->type, *r = n->binary.right->type;
    enum op op = n->binary.op;
    bool parts = l->kind == r->kind && (l->kind == TY_TUPLE || (l->kind == TY_RECORD && same_names(l, r)));
    if (!parts || (op != OP_EQ && op != OP_NE) || sema_unify(s, l, r))
        return false;
    set_constant(n, &type_bool, op == OP_NE);
    return true;
}

static const struct type *compare_parts(struct sema *s, struct node *n) {
    const struct type *l = n->binary.left->type, *r = n->binary.right->type;
    if (l->kind == TY_ARRAY && r->kind == TY_ARRAY)
        return compare_arrays(s, n);
    bool equality = n->binary.op == OP_EQ || n->binary.op == OP_NE;
    if (never_equal(s, n))
        return &type_bool;
    if (l->kind != r->kind || ((l->kind == TY_TUPLE || l->kind == TY_RECORD) && !sema_unify(s, l, r)))
        return mismatch(s, n);
    if (!equality || type_is_agg(l) || l->kind == TY_NONE)
        return not_applicable(s, n);
    return &type_bool;
}

static const struct type *type_comparison(struct sema *s, struct node *n) {
    const struct type *l = n->binary.left->type, *r = n->binary.right->type;
    if (is_poison(l) || is_poison(r))
        return &type_bool;
    if (reads_as_int(l) && reads_as_int(r)) {
        warn_mixed(s, n);
        return &type_bool;
    }
    if (l->kind == TY_PTR && r->kind == TY_PTR)
        return compare_pointers(s, n);
    if ((l->kind == TY_PTR && reads_as_int(r)) || (r->kind == TY_PTR && reads_as_int(l)))
        return &type_bool;
    if (l->kind == TY_PTR || r->kind == TY_PTR)
        return not_applicable(s, n);
    return compare_parts(s, n);
}

static const struct type *type_logic(struct sema *s, struct node *n) {
    const struct node *l = n->binary.left, *r = n->binary.right;
    if (is_poison(l->type) || is_poison(r->type))
        return &type_bool;
    if ((l->type->kind == TY_STRING) != (r->type->kind == TY_STRING))
        return mismatch(s, n);
    return is_truth(l) && is_truth(r) ? &type_bool : not_applicable(s, n);
}

static const struct type *type_arithmetic(struct sema *s, struct node *n) {
    const struct type *l = n->binary.left->type, *r = n->binary.right->type;
    const struct type *t = arithmetic_type(s, n->binary.op, l, r);
    if (t) {
        if (reads_as_int(l) && reads_as_int(r))
            warn_mixed(s, n);
        return t;
    }
    bool pointers = l->kind == TY_PTR || r->kind == TY_PTR;
    return pointers || l->kind == r->kind ? not_applicable(s, n) : mismatch(s, n);
}

const struct type *type_binary(struct sema *s, struct node *n) {
    sema_expr(s, n->binary.left);
    sema_expr(s, n->binary.right);
    if (fold_binary(s, n))
        return n->type;
    if (is_logic(n->binary.op))
        return type_logic(s, n);
    if (is_comparison(n->binary.op))
        return type_comparison(s, n);
    return type_arithmetic(s, n);
}

static const struct type *unary_not_applicable(struct sema *s, const struct node *n) {
    return sema_error(s, n, D_BAD_OPERAND, "The %s operator can not be used on expressions of type '%s'",
                      op_str(n->unary.op), say_value(s, n->unary.operand));
}

static const struct type *type_address(struct sema *s, struct node *n) {
    struct node *e = n->unary.operand;
    if (e->kind == N_MAP) {
        struct map_entry *m = map_whole(s, e);
        if (!m->info.value)
            return &type_poison;
        if (m->is_keyed || type_is_agg(m->info.value))
            return sema_error(s, n, D_BAD_OPERAND, "The & operator can not be used on %s", m->info.name);
        return type_ptr(s->arena, m->info.value, AS_BPF);
    }
    const struct type *t = sema_expr(s, e);
    if (e->kind != N_VAR || is_poison(t) || !e->var.var)
        return &type_poison;
    e->var.var->is_address_taken = true;
    return type_ptr(s->arena, t, AS_BPF);
}

const struct type *type_unary(struct sema *s, struct node *n) {
    if (n->unary.op == OP_ADDR)
        return type_address(s, n);
    const struct type *t = sema_expr(s, n->unary.operand);
    if (n->unary.op == OP_DEREF)
        return type_deref(s, n);
    if (is_poison(t))
        return n->unary.op == OP_NOT ? &type_bool : &type_poison;
    if (fold_unary(s, n))
        return n->type;
    if (n->unary.op == OP_NOT)
        return reads_as_int(t) ? &type_bool : unary_not_applicable(s, n);
    if (t->kind != TY_INT && t->kind != TY_ENUM)
        return unary_not_applicable(s, n);
    /* A negated value is signed, whatever it was; ~ turns around as many bits as its operand has. */
    if (n->unary.op == OP_NEG)
        return &type_int64;
    return t->size == 8 && t->is_signed ? &type_int64 : &type_uint64;
}

const struct type *type_incdec(struct sema *s, struct node *n) {
    struct node *l = n->incdec.lvalue;
    enum op op = n->incdec.op == OP_INC ? OP_ADD : OP_SUB;
    const struct type *one = sema_literal_type(1, false);
    if (l->kind == N_MAP)
        return modify_map(s, l, op, NULL, n);
    const struct type *t = sema_expr(s, l);
    if (is_poison(t))
        return t;
    const struct type *r = arithmetic_type(s, op, t, one);
    assign_variable(s, l, r ? r : &type_uint64, n->span, NULL);
    return l->type;
}
