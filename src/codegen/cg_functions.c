/* Functions of the script become BPF functions. Each BPF program has a copy of its own of those that it calls (the
 * kernel makes copies in any case): scratch memory and counters of losses are the program's. Numbers travel in
 * registers, all else as the address of a copy that the caller owns; so does a result, at the address given last. */
#include "codegen/cg.h"

#include <string.h>

enum { STACK_FOR_CALLERS = 192 }; /* the 512 bytes of stack are shared along a chain of calls */

static bool by_address(const struct type *t) { return t->kind != TY_NONE && !type_is_scalar(t); }

static bool forget_home(struct node *n, void *ctx) {
    (void)ctx;
    if (n->kind == N_VAR && n->var.var)
        n->var.var->codegen = NULL;
    return true;
}

/* Strings longer than their place are cut, which builtins that write straight to memory would not do. */
static void fill(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    if (t->kind == TY_STRING && n->type->size > t->size)
        cg_store(cg, cg_expr(cg, n), dest, t);
    else
        cg_expr_into(cg, n, dest, t);
}

static void take_parameters(struct codegen *cg, const struct function *f, LLVMValueRef fn) {
    for (size_t i = 0; i < f->node->subprog.nparams; i++) {
        const struct node *var = f->node->subprog.params[i].var;
        const struct type *t = var->var.var->type;
        LLVMValueRef p = LLVMGetParam(fn, (unsigned)i);
        if (by_address(t))
            var->var.var->codegen = p;
        else
            cg_store_int(cg, cg_var_home(cg, var), cg_trunc(cg, p, t->size * 8));
    }
}

/* Leaves the function; code after it is unreachable. */
void cg_return_value(struct codegen *cg, const struct node *expr) {
    const struct type *t = cg->flow->function->ret;
    if (by_address(t)) {
        fill(cg, expr, cg->flow->result, t);
        LLVMBuildRet(cg->b, cg_i64(cg, 0));
    } else {
        LLVMValueRef value = cg_alloca(cg, cg->i64);
        cg_expr_into(cg, expr, value, t);
        LLVMBuildRet(cg->b, cg_zext(cg, cg_load_int(cg, value, t->size * 8)));
    }
    cg_enter(cg, cg_block_new(cg, "unreachable"));
}

static void compile_body(struct codegen *cg, const struct function *f) {
    const struct node *body = f->node->subprog.body;
    for (VEC_EACH(n, &body->block.stmts))
        cg_stmt(cg, *n);
    if (body->block.value && f->ret->kind != TY_NONE && !cg_terminated(cg))
        cg_return_value(cg, body->block.value);
    else if (body->block.value)
        cg_stmt(cg, body->block.value);
    if (!cg_terminated(cg))
        LLVMBuildRet(cg->b, cg_i64(cg, 0));
}

static LLVMTypeRef function_type(struct codegen *cg, const struct function *f) {
    LLVMTypeRef args[6];
    unsigned n = 0;
    for (; n < f->node->subprog.nparams; n++)
        args[n] = by_address(f->node->subprog.params[n].var->var.var->type) ? cg->ptr : cg->i64;
    if (by_address(f->ret))
        args[n++] = cg->ptr;
    return LLVMFunctionType(cg->i64, args, n, false);
}

static void keep_out_of_line(struct codegen *cg, LLVMValueRef fn) {
    static const char name[] = "noinline";
    unsigned kind = LLVMGetEnumAttributeKindForName(name, sizeof name - 1);
    LLVMAddAttributeAtIndex(fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(cg->llvm, kind, 0));
}

/* This program's code for f, made when it is called first, in the middle of its caller's. */
static LLVMValueRef copy_of(struct codegen *cg, struct function *f) {
    if (f->copy && f->copy_prog == cg->prog_index)
        return f->copy;
    LLVMBasicBlockRef here = LLVMGetInsertBlock(cg->b);
    LLVMMetadataRef loc = LLVMGetCurrentDebugLocation2(cg->b);
    struct flow *outer_flow = cg->flow, flow = { .function = f };
    bool outer_clean = cg->clean_strings;
    struct frame frame;
    node_walk(f->node, forget_home, NULL);
    const char *name = arena_printf(cg->arena, "fn_%s_%u", f->name, cg->prog_index);
    cg_frame_open(cg, &frame, name, function_type(cg, f), f->node);
    LLVMSetLinkage(frame.fn, LLVMInternalLinkage);
    keep_out_of_line(cg, frame.fn);
    frame.ctx = cg_null(cg);
    frame.stack_used = STACK_FOR_CALLERS;
    if (by_address(f->ret))
        flow.result = LLVMGetParam(frame.fn, (unsigned)f->node->subprog.nparams);
    cg->flow = &flow;
    cg->clean_strings = false;
    take_parameters(cg, f, frame.fn);
    compile_body(cg, f);
    cg_frame_close(cg, &frame);
    cg->flow = outer_flow;
    cg->clean_strings = outer_clean;
    LLVMPositionBuilderAtEnd(cg->b, here);
    LLVMSetCurrentDebugLocation2(cg->b, loc);
    f->copy = frame.fn;
    f->copy_prog = cg->prog_index;
    return f->copy;
}

static LLVMValueRef argument(struct codegen *cg, const struct node *a, const struct type *t) {
    bool outer_clean = cg->clean_strings;
    LLVMValueRef mem = by_address(t) ? cg_scratch(cg, t->size) : cg_alloca(cg, cg->i64);
    cg->clean_strings = false;
    fill(cg, a, mem, t);
    cg->clean_strings = outer_clean;
    return by_address(t) ? mem : cg_zext(cg, cg_load_int(cg, mem, t->size * 8));
}

struct value cg_call_function(struct codegen *cg, const struct node *n) {
    struct function *f = n->call.data;
    LLVMValueRef args[6], fn, result = NULL;
    unsigned nargs = 0;
    for (; nargs < n->call.args.n; nargs++)
        args[nargs] = argument(cg, n->call.args.v[nargs], f->node->subprog.params[nargs].var->var.var->type);
    if (by_address(f->ret)) {
        result = args[nargs++] = cg_scratch(cg, f->ret->size);
        cg_memzero(cg, result, f->ret->size);
    }
    fn = copy_of(cg, f);
    cg_set_location(cg, n);
    LLVMValueRef r = LLVMBuildCall2(cg->b, function_type(cg, f), fn, args, nargs, "");
    if (f->ret->kind == TY_NONE)
        return cg_void();
    return result ? cg_mem(result, f->ret) : cg_reg(cg_trunc(cg, r, f->ret->size * 8), f->ret);
}
