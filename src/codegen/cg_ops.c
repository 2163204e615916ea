/* Operators. Integer arithmetic is 64 bits wide; division, remainder and right shift are signed when an operand is. */
#include "codegen/cg.h"

#include <string.h>

#include "maps/map_kind.h"

/* A non-negative literal takes the side of its partner, and so does what has only been given such literals. */
static bool is_signed_operand(const struct type *t) {
    return (t->kind == TY_INT || type_ops[t->kind].is_castable) && t->is_signed && !t->is_literal;
}

static bool node_signed(const struct node *n) { return is_signed_operand(n->type); }

LLVMValueRef cg_expr_i64(struct codegen *cg, const struct node *n) {
    if (n->is_const && !n->const_str)
        return cg_i64(cg, n->const_value);
    return cg_to_i64(cg, cg_expr(cg, n));
}

LLVMValueRef cg_truth(struct codegen *cg, const struct node *n) {
    if (n->is_const)
        return LLVMConstInt(cg->i1, n->const_str ? n->const_len > 0 : n->const_value != 0, false);
    if (n->kind == N_UNARY && n->unary.op == OP_NOT)
        return LLVMBuildNot(cg->b, cg_truth(cg, n->unary.operand), "");
    return cg_cmp(cg, C_NE, cg_expr_i64(cg, n), cg_i64(cg, 0));
}

/* Division by zero: 1 stands in for the divisor's result (reference §8.3) and a run-time warning tells. */
static LLVMValueRef divide(struct codegen *cg, const struct node *at, enum arith op, LLVMValueRef a, LLVMValueRef b) {
    if (LLVMIsAConstantInt(b) && LLVMConstIntGetZExtValue(b) != 0 && (int64_t)LLVMConstIntGetZExtValue(b) != -1)
        return cg_arith(cg, op, a, b);
    LLVMValueRef slot = cg_slot(cg, cg_i64(cg, 1));
    struct cg_if zero = cg_if_unlikely(cg, cg_cmp(cg, C_EQ, b, cg_i64(cg, 0)));
    cg_runtime_error(
        cg, at, NULL,
        "Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.", NULL);
    cg_else(cg, &zero);
    cg_slot_set(cg, slot, cg_arith(cg, op, a, b));
    cg_end(cg, &zero);
    return cg_slot_get(cg, slot);
}

/* BPF before v4 divides unsigned only: take signs off and put them back. */
static LLVMValueRef signed_divide(struct codegen *cg, const struct node *at, bool is_mod, LLVMValueRef a,
                                  LLVMValueRef b) {
    LLVMValueRef zero = cg_i64(cg, 0);
    LLVMValueRef na = cg_cmp(cg, C_SLT, a, zero), nb = cg_cmp(cg, C_SLT, b, zero);
    LLVMValueRef ua = cg_select(cg, na, cg_arith(cg, A_SUB, zero, a), a);
    LLVMValueRef ub = cg_select(cg, nb, cg_arith(cg, A_SUB, zero, b), b);
    LLVMValueRef is_zero = cg_cmp(cg, C_EQ, b, zero);
    LLVMValueRef r = divide(cg, at, is_mod ? A_UREM : A_UDIV, ua, ub);
    LLVMValueRef negative = is_mod ? na : LLVMBuildXor(cg->b, na, nb, "");
    LLVMValueRef result = cg_select(cg, negative, cg_arith(cg, A_SUB, zero, r), r);
    return cg_select(cg, is_zero, cg_i64(cg, 1), result);
}

static uint64_t pointee_size(const struct type *t) { return t->elem && t->elem->size ? t->elem->size : 1; }

struct value cg_arith_typed(struct codegen *cg, const struct node *at, enum op op, LLVMValueRef a, LLVMValueRef b,
                            const struct type *lt, const struct type *rt, const struct type *result) {
    if (lt->kind == TY_PTR && rt->kind != TY_PTR)
        b = cg_arith(cg, A_MUL, b, cg_i64(cg, pointee_size(lt)));
    else if (rt->kind == TY_PTR && lt->kind != TY_PTR)
        a = cg_arith(cg, A_MUL, a, cg_i64(cg, pointee_size(rt)));
    bool is_signed = is_signed_operand(lt) || is_signed_operand(rt);
    LLVMValueRef v = NULL;
    switch ((int)op) {
    case OP_ADD: v = cg_arith(cg, A_ADD, a, b); break;
    case OP_SUB: v = cg_arith(cg, A_SUB, a, b); break;
    case OP_MUL: v = cg_arith(cg, A_MUL, a, b); break;
    case OP_DIV: v = is_signed ? signed_divide(cg, at, false, a, b) : divide(cg, at, A_UDIV, a, b); break;
    case OP_MOD: v = is_signed ? signed_divide(cg, at, true, a, b) : divide(cg, at, A_UREM, a, b); break;
    case OP_AND: v = cg_arith(cg, A_AND, a, b); break;
    case OP_OR: v = cg_arith(cg, A_OR, a, b); break;
    case OP_XOR: v = cg_arith(cg, A_XOR, a, b); break;
    case OP_SHL: v = cg_arith(cg, A_SHL, a, cg_arith(cg, A_AND, b, cg_i64(cg, 63))); break;
    case OP_SHR:
        v = cg_arith(cg, is_signed_operand(lt) ? A_ASHR : A_LSHR, a, cg_arith(cg, A_AND, b, cg_i64(cg, 63)));
        break;
    default: v = a; break;
    }
    return cg_reg(cg_trunc(cg, v, result->size * 8), result);
}

/* ---- comparison ---------------------------------------------------------------------------- */

/* Byte by byte up to the first difference or common NUL; storage that ends without NUL counts as ended. */
static LLVMValueRef strings_equal(struct codegen *cg, LLVMValueRef a, uint32_t na, LLVMValueRef b, uint32_t nb) {
    uint32_t n = na < nb ? na : nb;
    LLVMValueRef equal = cg_slot(cg, cg_i64(cg, 1));
    LLVMBasicBlockRef done = cg_block_new(cg, "str_done"), differ = cg_block_new(cg, "str_differ");
    struct cg_loop l = cg_loop(cg, n);
    LLVMValueRef x = cg_load_int(cg, cg_ptr_add_v(cg, a, l.i), 8), y = cg_load_int(cg, cg_ptr_add_v(cg, b, l.i), 8);
    LLVMBasicBlockRef same = cg_block_new(cg, "str_same"), more = cg_block_new(cg, "str_more");
    cg_branch(cg, cg_cmp(cg, C_EQ, x, y), same, differ, 0);
    cg_enter(cg, same);
    cg_branch(cg, cg_cmp(cg, C_EQ, x, LLVMConstInt(cg->i8, 0, false)), done, more, 0);
    cg_enter(cg, more);
    cg_loop_end(cg, &l);
    if (na != nb) { /* the shorter one ended without NUL: equal only if the longer one ends here too */
        LLVMValueRef rest = cg_load_int(cg, cg_ptr_add(cg, na > nb ? a : b, n), 8);
        cg_branch(cg, cg_cmp(cg, C_EQ, rest, LLVMConstInt(cg->i8, 0, false)), done, differ, 0);
    } else {
        cg_goto(cg, done);
    }
    cg_enter(cg, differ);
    cg_slot_set(cg, equal, cg_i64(cg, 0));
    cg_goto(cg, done);
    cg_enter(cg, done);
    return cg_cmp(cg, C_NE, cg_slot_get(cg, equal), cg_i64(cg, 0));
}

/* Against a literal: its bytes and its NUL, in words as wide as alignment allows; no loop for the verifier to walk. */
static LLVMValueRef equals_literal(struct codegen *cg, LLVMValueRef p, uint32_t room, const char *s, size_t len) {
    char bytes[80] = { 0 };
    memcpy(bytes, s, len);
    uint32_t n = (uint32_t)len + 1;
    if (n > room) {
        if (len > room)
            return LLVMConstInt(cg->i1, 0, false);
        n = room;
    }
    LLVMValueRef diff = cg_i64(cg, 0);
    for (uint32_t at = 0; at < n;) {
        unsigned width = cg_known_align(cg_ptr_add(cg, p, at));
        while (width > n - at)
            width /= 2;
        uint64_t want = 0;
        memcpy(&want, bytes + at, width);
        LLVMValueRef have = cg_zext(cg, cg_load_int(cg, cg_ptr_add(cg, p, at), width * 8));
        diff = cg_arith(cg, A_OR, diff, cg_arith(cg, A_XOR, have, cg_i64(cg, want)));
        at += width;
    }
    return cg_cmp(cg, C_EQ, diff, cg_i64(cg, 0));
}

static LLVMValueRef bytes_equal(struct codegen *cg, LLVMValueRef a, LLVMValueRef b, uint64_t n) {
    LLVMValueRef diff = cg_i64(cg, 0);
    for (uint64_t at = 0; at < n;) {
        unsigned wa = cg_known_align(cg_ptr_add(cg, a, at)), wb = cg_known_align(cg_ptr_add(cg, b, at));
        unsigned width = wa < wb ? wa : wb;
        while (width > n - at)
            width /= 2;
        LLVMValueRef x = cg_zext(cg, cg_load_int(cg, cg_ptr_add(cg, a, at), width * 8));
        LLVMValueRef y = cg_zext(cg, cg_load_int(cg, cg_ptr_add(cg, b, at), width * 8));
        diff = cg_arith(cg, A_OR, diff, cg_arith(cg, A_XOR, x, y));
        at += width;
    }
    return cg_cmp(cg, C_EQ, diff, cg_i64(cg, 0));
}

static LLVMValueRef tuples_equal(struct codegen *cg, const struct node *at, struct value a, struct value b) {
    if (a.type->nfields != b.type->nfields)
        return LLVMConstInt(cg->i1, 0, false);
    LLVMValueRef all = LLVMConstInt(cg->i1, 1, false);
    for (uint32_t i = 0; i < a.type->nfields; i++) {
        const struct field *f = &a.type->fields[i], *g = &b.type->fields[i];
        if (a.type->kind == TY_RECORD)
            for (uint32_t j = 0; j < b.type->nfields; j++)
                if (b.type->fields[j].name && f->name && !strcmp(b.type->fields[j].name, f->name))
                    g = &b.type->fields[j];
        struct value x = cg_mem(cg_ptr_add(cg, a.v, f->offset), f->type);
        struct value y = cg_mem(cg_ptr_add(cg, b.v, g->offset), g->type);
        all = LLVMBuildAnd(cg->b, all, cg_equal(cg, at, x, y), "");
    }
    return all;
}

LLVMValueRef cg_equal(struct codegen *cg, const struct node *at, struct value a, struct value b) {
    a = cg_load(cg, a);
    b = cg_load(cg, b);
    if (a.place == IN_REGISTER || b.place == IN_REGISTER)
        return cg_cmp(cg, C_EQ, cg_to_i64(cg, a), cg_to_i64(cg, b));
    if (a.type->kind == TY_STRING && b.type->kind == TY_STRING)
        return strings_equal(cg, a.v, a.type->size, b.v, b.type->size);
    if (a.type->kind == TY_TUPLE || a.type->kind == TY_RECORD)
        return tuples_equal(cg, at, a, b);
    if (a.type->kind == TY_KSTACK || a.type->kind == TY_USTACK) /* by stack id */
        return cg_cmp(cg, C_EQ, cg_load_int(cg, a.v, 64), cg_load_int(cg, b.v, 64));
    uint64_t n = a.type->size < b.type->size ? a.type->size : b.type->size;
    return bytes_equal(cg, a.v, b.v, n);
}

static LLVMValueRef compare_strings(struct codegen *cg, const struct node *l, const struct node *r,
                                    const struct node *at) {
    const struct node *lit = r->is_const && r->const_str ? r : l->is_const && l->const_str ? l : NULL;
    if (lit && lit->const_len <= 64) {
        struct value v = cg_load(cg, cg_expr(cg, lit == r ? l : r));
        return equals_literal(cg, v.v, v.type->size, lit->const_str, lit->const_len);
    }
    return cg_equal(cg, at, cg_expr(cg, l), cg_expr(cg, r));
}

static LLVMValueRef compare(struct codegen *cg, const struct node *n) {
    const struct node *l = n->binary.left, *r = n->binary.right;
    static const enum cond conds[2][6] = { { C_EQ, C_NE, C_ULT, C_UGT, C_ULE, C_UGE },
                                           { C_EQ, C_NE, C_SLT, C_SGT, C_SLE, C_SGE } };
    bool scalars = (type_is_scalar(l->type) || type_ops[l->type->kind].is_castable) &&
                   (type_is_scalar(r->type) || type_ops[r->type->kind].is_castable);
    if (scalars) {
        bool is_signed = node_signed(l) || node_signed(r);
        LLVMValueRef a = cg_expr_i64(cg, l), b = cg_expr_i64(cg, r);
        return cg_cmp(cg, conds[is_signed][n->binary.op - OP_EQ], a, b);
    }
    LLVMValueRef equal =
        l->type->kind == TY_STRING ? compare_strings(cg, l, r, n) : cg_equal(cg, n, cg_expr(cg, l), cg_expr(cg, r));
    return n->binary.op == OP_NE ? LLVMBuildNot(cg->b, equal, "") : equal;
}

static LLVMValueRef short_circuit(struct codegen *cg, const struct node *n) {
    bool is_and = n->binary.op == OP_LAND;
    LLVMBasicBlockRef rest = cg_block_new(cg, is_and ? "and" : "or"), done = cg_block_new(cg, "logic_done");
    LLVMValueRef first = cg_truth(cg, n->binary.left);
    LLVMBasicBlockRef from[2] = { LLVMGetInsertBlock(cg->b) };
    cg_branch(cg, first, is_and ? rest : done, is_and ? done : rest, 0);
    cg_enter(cg, rest);
    LLVMValueRef second = cg_truth(cg, n->binary.right);
    from[1] = LLVMGetInsertBlock(cg->b);
    cg_goto(cg, done);
    cg_enter(cg, done);
    LLVMValueRef phi = LLVMBuildPhi(cg->b, cg->i1, "");
    LLVMValueRef values[2] = { LLVMConstInt(cg->i1, !is_and, false), second };
    LLVMAddIncoming(phi, values, from, 2);
    return phi;
}

struct value cg_binary(struct codegen *cg, const struct node *n) {
    enum op op = n->binary.op;
    LLVMValueRef bit;
    if (op == OP_LAND || op == OP_LOR)
        bit = short_circuit(cg, n);
    else if (op >= OP_EQ && op <= OP_GE)
        bit = compare(cg, n);
    else {
        LLVMValueRef a = cg_expr_i64(cg, n->binary.left), b = cg_expr_i64(cg, n->binary.right);
        const struct node *l = n->binary.left, *r = n->binary.right;
        /* The sign that counts is the node's, after constants took sides. */
        const struct type *lt = type_is_scalar(l->type) && l->type->kind == TY_PTR ? l->type
                                : node_signed(l)                                   ? &type_int64
                                                                                   : &type_uint64;
        const struct type *rt = type_is_scalar(r->type) && r->type->kind == TY_PTR ? r->type
                                : node_signed(r)                                   ? &type_int64
                                                                                   : &type_uint64;
        return cg_arith_typed(cg, n, op, a, b, lt, rt, n->type);
    }
    return cg_reg(LLVMBuildZExt(cg->b, bit, cg->i8, ""), &type_bool);
}

struct value cg_unary(struct codegen *cg, const struct node *n) {
    const struct node *e = n->unary.operand;
    switch ((int)n->unary.op) {
    case OP_NEG:
        return cg_reg(cg_trunc(cg, cg_arith(cg, A_SUB, cg_i64(cg, 0), cg_expr_i64(cg, e)), n->type->size * 8), n->type);
    case OP_BNOT: {
        LLVMValueRef v = cg_arith(cg, A_XOR, cg_expr_i64(cg, e), cg_i64(cg, ~0ull));
        if (!n->type->is_signed && e->type->size < 8) /* as wide as the operand, zero-extended (reference §7.2) */
            v = cg_arith(cg, A_AND, v, cg_i64(cg, (1ull << e->type->size * 8) - 1));
        return cg_reg(cg_trunc(cg, v, n->type->size * 8), n->type);
    }
    case OP_NOT: return cg_reg(LLVMBuildZExt(cg->b, LLVMBuildNot(cg->b, cg_truth(cg, e), ""), cg->i8, ""), &type_bool);
    case OP_DEREF: return cg_deref(cg, cg_expr(cg, e), n->type);
    case OP_ADDR:
        if (e->kind == N_VAR)
            return cg_reg(cg_ptr_to_i64(cg, cg_var_home(cg, e)), n->type);
        return cg_reg(cg_ptr_to_i64(cg, cg_global_slot(cg, e->map.map)), n->type);
    default: return cg_void();
    }
}
