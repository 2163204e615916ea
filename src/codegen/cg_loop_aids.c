/* What loops of builtins need besides cg_loop: leaving early, and state the optimizer keeps in memory. */
#include "codegen/cg.h"

/* Code that follows up to the end of the conditional region is unreachable. */
void cg_loop_break(struct codegen *cg, struct cg_loop *l) {
    cg_goto(cg, l->done);
    cg_enter(cg, cg_block_new(cg, "unreachable"));
}

LLVMValueRef cg_load_volatile(struct codegen *cg, LLVMValueRef p, unsigned bits) {
    LLVMValueRef v = cg_load_int(cg, p, bits);
    LLVMSetVolatile(v, true);
    return v;
}

void cg_store_volatile(struct codegen *cg, LLVMValueRef p, LLVMValueRef v) {
    cg_store_int(cg, p, v);
    LLVMSetVolatile(LLVMGetLastInstruction(LLVMGetInsertBlock(cg->b)), true);
}
