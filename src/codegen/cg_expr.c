/* Expressions to values. The switch is the table: one line a form, the work is in the file of its subject. */
#include "codegen/cg.h"

#include <string.h>

static struct value constant(struct codegen *cg, const struct node *n) {
    if (!n->const_str)
        return cg_reg(LLVMConstInt(cg_int_type(cg, n->type->size * 8), n->const_value, false), n->type);
    size_t size = n->type->size > n->const_len + 1 ? n->type->size : n->const_len + 1;
    char *bytes = arena_alloc(cg->arena, size);
    memcpy(bytes, n->const_str, n->const_len);
    return cg_mem(cg_rodata(cg, bytes, size), n->type);
}

/* Values that need memory of their own: filled there. */
static struct value materialize(struct codegen *cg, const struct node *n) {
    LLVMValueRef mem = cg_scratch(cg, n->type->size);
    cg_expr_into(cg, n, mem, n->type);
    return cg_mem(mem, n->type);
}

static struct value conditional(struct codegen *cg, const struct node *n) {
    bool is_void = n->type->kind == TY_NONE;
    if (!is_void && !type_is_scalar(n->type))
        return materialize(cg, n);
    LLVMTypeRef t = is_void ? NULL : cg_int_type(cg, n->type->size * 8);
    LLVMValueRef slot = is_void ? NULL : cg_slot(cg, LLVMConstInt(t, 0, false));
    struct cg_if c;
    if (n->cond.yes) {
        c = cg_if(cg, cg_truth(cg, n->cond.cond));
        if (is_void)
            cg_expr(cg, n->cond.yes);
        else
            cg_expr_into(cg, n->cond.yes, slot, n->type);
    } else {
        struct value v = cg_load(cg, cg_expr(cg, n->cond.cond));
        c = cg_if(cg, cg_cmp(cg, C_NE, cg_to_i64(cg, v), cg_i64(cg, 0)));
        if (!is_void)
            cg_store(cg, v, slot, n->type);
    }
    cg_else(cg, &c);
    if (n->cond.no) {
        if (is_void)
            cg_expr(cg, n->cond.no);
        else
            cg_expr_into(cg, n->cond.no, slot, n->type);
    }
    cg_end(cg, &c);
    return is_void ? cg_void() : cg_reg(LLVMBuildLoad2(cg->b, t, slot, ""), n->type);
}

/* int ↔ array: the bytes in native order; string → int8[]; everything else by register. */
static struct value cast(struct codegen *cg, const struct node *n) {
    const struct node *e = n->cast.operand;
    const struct type *t = n->type, *from = e->type;
    if (type_is_scalar(t)) {
        if (from->kind == TY_ARRAY || from->kind == TY_STRING) {
            struct value v = cg_load(cg, cg_expr(cg, e));
            LLVMValueRef tmp = cg_alloca(cg, cg->i64);
            cg_memcpy(cg, tmp, v.v, t->size);
            return cg_reg(LLVMBuildLoad2(cg->b, cg_int_type(cg, t->size * 8), tmp, ""), t);
        }
        LLVMValueRef v = cg_expr_i64(cg, e);
        if (t->kind == TY_BOOL)
            return cg_reg(cg_trunc(cg, cg_zext(cg, cg_cmp(cg, C_NE, v, cg_i64(cg, 0))), 8), t);
        return cg_reg(cg_trunc(cg, v, t->size * 8), t);
    }
    if (type_is_scalar(from) && t->kind == TY_ARRAY) {
        LLVMValueRef tmp = cg_alloca(cg, cg->i64);
        LLVMBuildStore(cg->b, cg_expr_i64(cg, e), tmp);
        return cg_mem(tmp, t);
    }
    if (t->kind == TY_STRING) {
        LLVMValueRef mem = cg_scratch(cg, t->size);
        cg_expr_into(cg, e, mem, t);
        return cg_mem(mem, t);
    }
    struct value v = cg_expr(cg, e); /* array ↔ array, string → bytes: the same memory seen otherwise */
    v.type = t;
    return v;
}

static struct value incdec(struct codegen *cg, const struct node *n) {
    const struct node *l = n->incdec.lvalue;
    enum op op = n->incdec.op == OP_INC ? OP_ADD : OP_SUB;
    if (l->kind == N_MAP)
        return cg_map_modify(cg, n, l, op, NULL, !n->incdec.is_prefix);
    return cg_var_modify(cg, n, l, op, NULL, !n->incdec.is_prefix);
}

static struct value tuple_at(struct codegen *cg, const struct node *n) {
    struct value v = cg_load(cg, cg_expr(cg, n->tuple_at.base));
    const struct field *f = &v.type->fields[n->tuple_at.index];
    return cg_mem(cg_ptr_add(cg, v.v, f->offset), f->type);
}

static struct value field(struct codegen *cg, const struct node *n) {
    const struct type *t = n->field.base->type;
    if (t->kind == TY_RECORD) {
        struct value v = cg_load(cg, cg_expr(cg, n->field.base));
        for (uint32_t i = 0; i < v.type->nfields; i++)
            if (!strcmp(v.type->fields[i].name, n->field.name))
                return cg_mem(cg_ptr_add(cg, v.v, v.type->fields[i].offset), v.type->fields[i].type);
    }
    return cg_field_of(cg, n);
}

static struct value expression(struct codegen *cg, const struct node *n) {
    if (n->is_const)
        return constant(cg, n);
    switch (n->kind) {
    case N_VAR:
        return cg_mem(cg_var_home(cg, n), n->var.var->type);
    case N_MAP:
        return cg_map_read(cg, n);
    case N_CALL: {
        const struct builtin *b = n->call.builtin;
        if (!b->emit)
            return materialize(cg, n);
        return b->emit(cg, n);
    }
    case N_UNARY:
        return cg_unary(cg, n);
    case N_INCDEC:
        return incdec(cg, n);
    case N_BINARY:
        return cg_binary(cg, n);
    case N_TERNARY:
    case N_IF:
        return conditional(cg, n);
    case N_BLOCK:
        return cg_block_value(cg, n);
    case N_FIELD:
        return field(cg, n);
    case N_TUPLE_AT:
        return tuple_at(cg, n);
    case N_INDEX:
        if (n->index.base->type->kind == TY_TUPLE) {
            struct value v = cg_load(cg, cg_expr(cg, n->index.base));
            const struct field *f = &v.type->fields[n->index.index->const_value];
            return cg_mem(cg_ptr_add(cg, v.v, f->offset), f->type);
        }
        return cg_index_of(cg, n);
    case N_CAST:
        return cast(cg, n);
    case N_TUPLE:
    case N_RECORD:
        return materialize(cg, n);
    case N_COMPTIME:
        return cg_expr(cg, n->inner.expr);
    case N_BOOL:
    case N_INT:
    case N_STR:
    case N_IDENT:
    case N_PARAM:
    case N_TYPE:
    case N_SIZEOF:
    case N_OFFSETOF:
    case N_TYPEOF:
    case N_TYPEINFO:
    case N_ASSIGN:
    case N_LET:
    case N_DISCARD:
    case N_EXPR_STMT:
    case N_WHILE:
    case N_UNROLL:
    case N_FOR_MAP:
    case N_FOR_RANGE:
    case N_BREAK:
    case N_CONTINUE:
    case N_RETURN:
    case N_PROBE:
    case N_MACRO:
    case N_SUBPROG:
    case N_MAP_DECL:
    case N_CONFIG:
    case N_IMPORT:
    case N_CDEF:
    case N_NKINDS:
        break;
    }
    diag_error(cg->diag, D_INTERNAL, n->span, "no code for %s", node_kind_name(n->kind));
    return cg_reg(cg_i64(cg, 0), &type_int64);
}

struct value cg_expr(struct codegen *cg, const struct node *n) {
    cg_set_location(cg, n);
    struct value v = expression(cg, n);
    cg_set_location(cg, n); /* remote values are read later, on behalf of this node */
    return v;
}
