/* Scratch variables: on the BPF stack when small (LLVM keeps most of them in registers), else in scratch memory. */
#include "codegen/cg.h"

LLVMValueRef cg_var_home(struct codegen *cg, const struct node *n) {
    struct variable *var = n->var.var;
    if (var->codegen)
        return var->codegen;
    uint32_t size = var->type->size;
    if (type_is_scalar(var->type)) {
        LLVMValueRef p = cg_alloca(cg, cg_int_type(cg, size * 8));
        cg->frame->stack_used += var->is_captured || var->is_address_taken ? 8 : 0;
        /* Zero at the start of the function: reads before the first assignment see it. */
        LLVMBasicBlockRef here = LLVMGetInsertBlock(cg->b);
        LLVMMetadataRef loc = LLVMGetCurrentDebugLocation2(cg->b);
        LLVMPositionBuilderAtEnd(cg->b, cg->frame->entry);
        LLVMBuildStore(cg->b, LLVMConstInt(cg_int_type(cg, size * 8), 0, false), p);
        LLVMPositionBuilderAtEnd(cg->b, here);
        LLVMSetCurrentDebugLocation2(cg->b, loc);
        var->codegen = p;
    } else {
        var->codegen = cg_home(cg, size);
    }
    return var->codegen;
}

void cg_var_set(struct codegen *cg, const struct node *var, struct value v) {
    cg_store(cg, v, cg_var_home(cg, var), var->var.var->type);
}

/* $x op= rhs, $x++: returns the old or new value. */
struct value cg_var_modify(struct codegen *cg, const struct node *at, const struct node *lvalue, enum op op,
                           const struct node *rhs, bool want_old) {
    const struct type *t = lvalue->var.var->type;
    LLVMValueRef home = cg_var_home(cg, lvalue);
    LLVMValueRef b = rhs ? cg_expr_i64(cg, rhs) : cg_i64(cg, 1);
    struct value old = cg_load(cg, cg_mem(home, t));
    struct value now = cg_arith_typed(cg, at, op, cg_to_i64(cg, old), b, t, rhs ? rhs->type : &type_uint64, t);
    cg_store(cg, now, home, t);
    return want_old ? old : now;
}
