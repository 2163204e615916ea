/* Statements. */
#include "codegen/cg.h"

static void assign(struct codegen *cg, const struct node *n) {
    const struct node *l = n->assign.lvalue, *v = n->assign.value;
    if (l->kind == N_MAP) {
        if (n->assign.op == OP_NONE)
            cg_map_assign(cg, n, l, v);
        else
            cg_map_modify(cg, n, l, n->assign.op, v, false);
        return;
    }
    if (n->assign.op == OP_NONE)
        cg_assign_into(cg, v, cg_var_home(cg, l), l->var.var->type, l);
    else
        cg_var_modify(cg, n, l, n->assign.op, v, false);
}

static void let(struct codegen *cg, const struct node *n) {
    const struct type *t = n->let.var->var.var->type;
    if (!t)
        return; /* never assigned: nothing to keep */
    LLVMValueRef home = cg_var_home(cg, n->let.var);
    if (n->let.value)
        cg_expr_into(cg, n->let.value, home, t);
    else
        cg_memzero(cg, home, t->size);
}

static void if_stmt(struct codegen *cg, const struct node *n) {
    if (n->cond.cond->is_const) {
        bool yes = n->cond.cond->const_str ? n->cond.cond->const_len > 0 : n->cond.cond->const_value != 0;
        const struct node *taken = yes ? n->cond.yes : n->cond.no;
        if (taken)
            cg_stmt(cg, taken);
        return;
    }
    struct cg_if c = cg_if(cg, cg_truth(cg, n->cond.cond));
    if (n->cond.yes)
        cg_stmt(cg, n->cond.yes);
    if (n->cond.no) {
        cg_else(cg, &c);
        cg_stmt(cg, n->cond.no);
    }
    cg_end(cg, &c);
}

/* The value of return matters to test probes only. */
/* The value counts for tests and benchmarks alone: elsewhere the kernel would give it a meaning of its own (an iterator
 * that returns 1 is shown the same object again). */
static void return_stmt(struct codegen *cg, const struct node *n) {
    LLVMValueRef value = n->inner.expr ? cg_expr_i64(cg, n->inner.expr) : NULL;
    bool counts = cg->block->attach == ATTACH_TEST || cg->block->attach == ATTACH_BENCH;
    if (value && counts && !cg->flow->is_callback) {
        LLVMBuildRet(cg->b, value);
        cg_enter(cg, cg_block_new(cg, "unreachable"));
    } else {
        cg_return(cg);
    }
}

static void jump(struct codegen *cg, bool is_break) {
    if (!cg_terminated(cg))
        LLVMBuildRet(cg->b, cg_i64(cg, is_break)); /* of the loop's callback: 1 ends it */
    cg_enter(cg, cg_block_new(cg, "unreachable"));
}

void cg_stmts(struct codegen *cg, const struct node *block) {
    for (VEC_EACH(s, &block->block.stmts))
        cg_stmt(cg, *s);
    if (block->block.value)
        cg_expr(cg, block->block.value);
}

struct value cg_block_value(struct codegen *cg, const struct node *block) {
    for (VEC_EACH(s, &block->block.stmts))
        cg_stmt(cg, *s);
    return block->block.value ? cg_expr(cg, block->block.value) : cg_void();
}

void cg_block_into(struct codegen *cg, const struct node *block, LLVMValueRef dest, const struct type *t) {
    for (VEC_EACH(s, &block->block.stmts))
        cg_stmt(cg, *s);
    if (block->block.value)
        cg_expr_into(cg, block->block.value, dest, t);
}

void cg_stmt(struct codegen *cg, const struct node *n) {
    cg_set_location(cg, n);
    switch (n->kind) {
    case N_ASSIGN:
        assign(cg, n);
        return;
    case N_LET:
        let(cg, n);
        return;
    case N_IF:
        if_stmt(cg, n);
        return;
    case N_BLOCK:
        cg_stmts(cg, n);
        return;
    case N_WHILE:
    case N_UNROLL:
    case N_FOR_MAP:
    case N_FOR_RANGE:
        cg_loop_stmt(cg, n);
        return;
    case N_BREAK:
    case N_CONTINUE:
        jump(cg, n->kind == N_BREAK);
        return;
    case N_RETURN:
        if (cg->flow->function && n->inner.expr)
            cg_return_value(cg, n->inner.expr);
        else
            return_stmt(cg, n);
        return;
    case N_DISCARD:
    case N_EXPR_STMT:
        cg_stmt(cg, n->inner.expr);
        return;
    case N_INT:
    case N_STR:
    case N_BOOL:
    case N_IDENT:
    case N_VAR:
    case N_MAP:
    case N_PARAM:
    case N_CALL:
    case N_UNARY:
    case N_INCDEC:
    case N_BINARY:
    case N_TERNARY:
    case N_FIELD:
    case N_TUPLE_AT:
    case N_INDEX:
    case N_CAST:
    case N_TUPLE:
    case N_RECORD:
    case N_TYPE:
    case N_SIZEOF:
    case N_OFFSETOF:
    case N_TYPEOF:
    case N_TYPEINFO:
    case N_COMPTIME:
        cg_expr(cg, n);
        return;
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
}
