/* The vocabulary's lower half: constants, arithmetic, memory, control flow, helper calls. */
#include "codegen/cg.h"

#include <linux/bpf.h>

struct value cg_void(void) { return (struct value){ .type = &type_none, .place = IN_REGISTER }; }

LLVMTypeRef cg_int_type(struct codegen *cg, unsigned bits) { return LLVMIntTypeInContext(cg->llvm, bits); }

struct value cg_reg(LLVMValueRef v, const struct type *t) {
    return (struct value){ .v = v, .type = t, .place = IN_REGISTER };
}

struct value cg_mem(LLVMValueRef ptr, const struct type *t) {
    return (struct value){ .v = ptr, .type = t, .place = IN_MEMORY };
}

struct value cg_remote(LLVMValueRef addr, const struct type *t, enum addr_space as) {
    return (struct value){ .v = addr, .type = t, .place = REMOTE, .as = as };
}

LLVMValueRef cg_i64(struct codegen *cg, uint64_t v) { return LLVMConstInt(cg->i64, v, false); }
LLVMValueRef cg_i32(struct codegen *cg, uint32_t v) { return LLVMConstInt(cg->i32, v, false); }
LLVMValueRef cg_null(struct codegen *cg) { return LLVMConstNull(cg->ptr); }

LLVMValueRef cg_arith(struct codegen *cg, enum arith op, LLVMValueRef a, LLVMValueRef b) {
    static const LLVMOpcode ops[] = {
        [A_ADD] = LLVMAdd,   [A_SUB] = LLVMSub,   [A_MUL] = LLVMMul,   [A_UDIV] = LLVMUDiv, [A_SDIV] = LLVMSDiv,
        [A_UREM] = LLVMURem, [A_SREM] = LLVMSRem, [A_AND] = LLVMAnd,   [A_OR] = LLVMOr,     [A_XOR] = LLVMXor,
        [A_SHL] = LLVMShl,   [A_LSHR] = LLVMLShr, [A_ASHR] = LLVMAShr,
    };
    return LLVMBuildBinOp(cg->b, ops[op], a, b, "");
}

LLVMValueRef cg_cmp(struct codegen *cg, enum cond c, LLVMValueRef a, LLVMValueRef b) {
    static const LLVMIntPredicate preds[] = {
        [C_EQ] = LLVMIntEQ,   [C_NE] = LLVMIntNE,   [C_ULT] = LLVMIntULT, [C_ULE] = LLVMIntULE, [C_UGT] = LLVMIntUGT,
        [C_UGE] = LLVMIntUGE, [C_SLT] = LLVMIntSLT, [C_SLE] = LLVMIntSLE, [C_SGT] = LLVMIntSGT, [C_SGE] = LLVMIntSGE,
    };
    if (LLVMTypeOf(a) == cg->ptr && LLVMTypeOf(b) != cg->ptr)
        a = cg_ptr_to_i64(cg, a);
    if (LLVMTypeOf(b) == cg->ptr && LLVMTypeOf(a) != cg->ptr)
        b = cg_ptr_to_i64(cg, b);
    return LLVMBuildICmp(cg->b, preds[c], a, b, "");
}

LLVMValueRef cg_select(struct codegen *cg, LLVMValueRef i1, LLVMValueRef yes, LLVMValueRef no) {
    return LLVMBuildSelect(cg->b, i1, yes, no, "");
}

static unsigned width(LLVMValueRef v) { return LLVMGetIntTypeWidth(LLVMTypeOf(v)); }

LLVMValueRef cg_trunc(struct codegen *cg, LLVMValueRef v, unsigned bits) {
    return width(v) > bits ? LLVMBuildTrunc(cg->b, v, cg_int_type(cg, bits), "") : v;
}

LLVMValueRef cg_zext(struct codegen *cg, LLVMValueRef v) {
    if (LLVMTypeOf(v) == cg->ptr)
        return cg_ptr_to_i64(cg, v);
    return width(v) < 64 ? LLVMBuildZExt(cg->b, v, cg->i64, "") : v;
}

LLVMValueRef cg_sext(struct codegen *cg, LLVMValueRef v) {
    return width(v) < 64 ? LLVMBuildSExt(cg->b, v, cg->i64, "") : v;
}

/* An empty piece of assembly. */
LLVMValueRef cg_opaque(struct codegen *cg, LLVMValueRef v) {
    LLVMTypeRef type = LLVMFunctionType(cg->i64, &cg->i64, 1, false);
    LLVMValueRef code = LLVMGetInlineAsm(type, "", 0, "=r,0", 4, false, false, LLVMInlineAsmDialectATT, false);
    v = cg_zext(cg, v);
    return LLVMBuildCall2(cg->b, type, code, &v, 1, "");
}

/* ---- memory -------------------------------------------------------------------------------- */

LLVMValueRef cg_ptr_add(struct codegen *cg, LLVMValueRef p, uint64_t bytes) {
    return bytes ? cg_ptr_add_v(cg, p, cg_i64(cg, bytes)) : p;
}

LLVMValueRef cg_ptr_add_v(struct codegen *cg, LLVMValueRef p, LLVMValueRef bytes) {
    return LLVMBuildGEP2(cg->b, cg->i8, p, &bytes, 1, "");
}

LLVMValueRef cg_ptr_to_i64(struct codegen *cg, LLVMValueRef p) { return LLVMBuildPtrToInt(cg->b, p, cg->i64, ""); }
LLVMValueRef cg_i64_to_ptr(struct codegen *cg, LLVMValueRef v) { return LLVMBuildIntToPtr(cg->b, v, cg->ptr, ""); }

/* Low bits of a computed offset that are zero for sure, at most 3. */
static unsigned zero_bits(LLVMValueRef v, int depth) {
    if (LLVMIsAConstantInt(v)) {
        uint64_t c = LLVMConstIntGetZExtValue(v);
        return c & 7 ? (unsigned)__builtin_ctzll(c) : 3;
    }
    if (!LLVMIsABinaryOperator(v) || depth > 8)
        return 0;
    LLVMOpcode op = LLVMGetInstructionOpcode(v);
    LLVMValueRef rhs = LLVMGetOperand(v, 1);
    unsigned a = zero_bits(LLVMGetOperand(v, 0), depth + 1), b = zero_bits(rhs, depth + 1), n = 0;
    if (op == LLVMShl && LLVMIsAConstantInt(rhs))
        n = LLVMConstIntGetZExtValue(rhs) > 3 ? 3 : a + (unsigned)LLVMConstIntGetZExtValue(rhs);
    else if (op == LLVMMul)
        n = a + b;
    else if (op == LLVMAnd)
        n = a > b ? a : b;
    else if (op == LLVMAdd || op == LLVMSub || op == LLVMOr || op == LLVMXor)
        n = a < b ? a : b;
    return n > 3 ? 3 : n;
}

/* Every object of ours starts on a multiple of 8: stack slots, scratch, map keys and values, records, globals, contexts.
 * So the alignment of an address follows from the offsets added to it. Bytes accessed with less alignment than they have
 * are split into single bytes by the backend. */
unsigned cg_known_align(LLVMValueRef p) {
    uint64_t constant = 0;
    unsigned bits = 3;
    for (int depth = 0; depth < 16; depth++) {
        bool is_gep =
            LLVMIsAGetElementPtrInst(p) || (LLVMIsAConstantExpr(p) && LLVMGetConstOpcode(p) == LLVMGetElementPtr);
        if (!is_gep)
            break;
        LLVMValueRef index = LLVMGetOperand(p, 1);
        unsigned n = LLVMIsAConstantInt(index) ? 3 : zero_bits(index, 0);
        if (LLVMIsAConstantInt(index))
            constant += LLVMConstIntGetZExtValue(index);
        bits = n < bits ? n : bits;
        p = LLVMGetOperand(p, 0);
    }
    if (constant & ((1u << bits) - 1))
        bits = (unsigned)__builtin_ctzll(constant);
    return 1u << bits;
}

LLVMValueRef cg_load_int(struct codegen *cg, LLVMValueRef p, unsigned bits) {
    LLVMValueRef v = LLVMBuildLoad2(cg->b, cg_int_type(cg, bits), p, "");
    unsigned align = cg_known_align(p);
    LLVMSetAlignment(v, align < bits / 8 ? align : bits / 8);
    return v;
}

void cg_store_int(struct codegen *cg, LLVMValueRef p, LLVMValueRef v) {
    unsigned bytes = LLVMTypeOf(v) == cg->ptr ? 8 : width(v) / 8, align = cg_known_align(p);
    LLVMSetAlignment(LLVMBuildStore(cg->b, v, p), align < bytes ? align : bytes);
}

/* Beyond this many bytes straight-line code costs more than a call of the kernel's copy routine. */
enum { INLINE_BYTES = 512 };

static bool is_inline(uint64_t n, unsigned align) { return n / align <= 64 && n <= INLINE_BYTES; }

void cg_memcpy(struct codegen *cg, LLVMValueRef dst, LLVMValueRef src, uint64_t n) {
    unsigned da = cg_known_align(dst), sa = cg_known_align(src);
    if (!n)
        return;
    unsigned align = da < sa ? da : sa;
    /* Words put together from smaller parts: the backend loads them all before it stores, and spills what it loaded. */
    if (is_inline(n, align) && (align == 8 || n / align <= 16))
        LLVMBuildMemCpy(cg->b, dst, da, src, sa, cg_i64(cg, n));
    else
        CG_HELPER(cg, BPF_FUNC_probe_read_kernel, dst, cg_i64(cg, n), src);
}

void cg_memzero(struct codegen *cg, LLVMValueRef dst, uint64_t n) {
    unsigned align = cg_known_align(dst);
    if (!n)
        return;
    if (is_inline(n, align)) {
        LLVMBuildMemSet(cg->b, dst, LLVMConstInt(cg->i8, 0, false), cg_i64(cg, n), align);
        return;
    }
    /* A read from address 0 is refused before any fault, and zeroes its destination at full speed. */
    CG_HELPER(cg, BPF_FUNC_probe_read_kernel, dst, cg_i64(cg, n), cg_i64(cg, 0));
}

void cg_atomic_add(struct codegen *cg, LLVMValueRef p, LLVMValueRef v) {
    LLVMBuildAtomicRMW(cg->b, LLVMAtomicRMWBinOpAdd, p, v, LLVMAtomicOrderingMonotonic, false);
}

/* Allocas go to the entry block, or they would grow the stack at every pass through a loop. */
LLVMValueRef cg_alloca(struct codegen *cg, LLVMTypeRef t) {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(cg->b);
    LLVMMetadataRef loc = LLVMGetCurrentDebugLocation2(cg->b);
    LLVMPositionBuilderAtEnd(cg->b, cg->frame->entry);
    LLVMValueRef p = LLVMBuildAlloca(cg->b, t, "");
    LLVMSetAlignment(p, 8);
    LLVMPositionBuilderAtEnd(cg->b, here);
    LLVMSetCurrentDebugLocation2(cg->b, loc);
    return p;
}

LLVMValueRef cg_scratch_at(struct codegen *cg, uint32_t offset) {
    cg->frame->uses_scratch = true;
    LLVMValueRef base = LLVMBuildLoad2(cg->b, cg->ptr, cg->frame->scratch_slot, "");
    return cg_ptr_add(cg, base, offset);
}

/* Callbacks share the 512 bytes with their callers, spills need room too: keep objects within half of it, and within
 * less the deeper the loops are. */
static uint32_t stack_budget(const struct frame *f) { return !f->outer ? 224 : !f->outer->outer ? 96 : 32; }

/* Bytes behind a string's NUL are copied along. Where LLVM knows that nobody wrote them it takes them from any register,
 * and the verifier refuses what it finds there: a pointer, or nothing. Stores that are not needed go away again. */
static LLVMValueRef zeroed_alloca(struct codegen *cg, uint32_t size) {
    LLVMValueRef p = cg_alloca(cg, LLVMArrayType2(cg->i8, size));
    LLVMBasicBlockRef here = LLVMGetInsertBlock(cg->b);
    LLVMMetadataRef loc = LLVMGetCurrentDebugLocation2(cg->b);
    LLVMPositionBuilderAtEnd(cg->b, cg->frame->entry);
    LLVMBuildMemSet(cg->b, p, LLVMConstInt(cg->i8, 0, false), cg_i64(cg, size), 8);
    LLVMPositionBuilderAtEnd(cg->b, here);
    LLVMSetCurrentDebugLocation2(cg->b, loc);
    return p;
}

LLVMValueRef cg_scratch(struct codegen *cg, uint32_t size) {
    uint32_t rounded = (size + 7) & ~7u;
    if (rounded <= cg->program->config.on_stack_limit && cg->frame->stack_used + rounded <= stack_budget(cg->frame)) {
        cg->frame->stack_used += rounded;
        return zeroed_alloca(cg, rounded ? rounded : 8);
    }
    uint32_t at = cg->scratch_used;
    cg->scratch_used += rounded;
    return cg_scratch_at(cg, at);
}

/* The same for what outlives the place where it is first met: an unrolled loop comes back to the homes of its variables
 * by other ways, so the address is made at the function's start. */
LLVMValueRef cg_home(struct codegen *cg, uint32_t size) {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(cg->b);
    LLVMMetadataRef loc = LLVMGetCurrentDebugLocation2(cg->b);
    LLVMValueRef first = LLVMGetFirstInstruction(cg->frame->body);
    if (first)
        LLVMPositionBuilderBefore(cg->b, first);
    else
        LLVMPositionBuilderAtEnd(cg->b, cg->frame->body);
    LLVMValueRef p = cg_scratch(cg, size);
    LLVMPositionBuilderAtEnd(cg->b, here);
    LLVMSetCurrentDebugLocation2(cg->b, loc);
    return p;
}

LLVMValueRef cg_rodata(struct codegen *cg, const void *data, size_t size) {
    LLVMValueRef init = LLVMConstStringInContext2(cg->llvm, data, size, true);
    LLVMValueRef var = LLVMAddGlobal(cg->mod, LLVMTypeOf(init), arena_printf(cg->arena, "const_%u", cg->nconstants++));
    LLVMSetInitializer(var, init);
    LLVMSetGlobalConstant(var, true);
    LLVMSetSection(var, ".rodata");
    LLVMSetAlignment(var, 8);
    return var;
}

LLVMValueRef cg_global(struct codegen *cg, uint64_t offset) { return cg_ptr_add(cg, cg->globals, offset); }

/* ---- control flow -------------------------------------------------------------------------- */

bool cg_terminated(struct codegen *cg) { return LLVMGetBasicBlockTerminator(LLVMGetInsertBlock(cg->b)) != NULL; }

LLVMBasicBlockRef cg_block_new(struct codegen *cg, const char *name) {
    return LLVMAppendBasicBlockInContext(cg->llvm, cg->frame->fn, name);
}

void cg_goto(struct codegen *cg, LLVMBasicBlockRef to) {
    if (!cg_terminated(cg))
        LLVMBuildBr(cg->b, to);
}

void cg_enter(struct codegen *cg, LLVMBasicBlockRef at) {
    LLVMMoveBasicBlockAfter(at, LLVMGetInsertBlock(cg->b));
    LLVMPositionBuilderAtEnd(cg->b, at);
}

void cg_branch(struct codegen *cg, LLVMValueRef i1, LLVMBasicBlockRef yes, LLVMBasicBlockRef no, int weight_yes) {
    LLVMValueRef br = LLVMBuildCondBr(cg->b, i1, yes, no);
    if (!weight_yes)
        return;
    LLVMMetadataRef weights[] = { LLVMMDStringInContext2(cg->llvm, "branch_weights", 14),
                                  LLVMValueAsMetadata(cg_i32(cg, (uint32_t)weight_yes)),
                                  LLVMValueAsMetadata(cg_i32(cg, 1000)) };
    LLVMSetMetadata(br, LLVMGetMDKindIDInContext(cg->llvm, "prof", 4),
                    LLVMMetadataAsValue(cg->llvm, LLVMMDNodeInContext2(cg->llvm, weights, 3)));
}

static struct cg_if open_if(struct codegen *cg, LLVMValueRef i1, int weight) {
    struct cg_if c = { .other = cg_block_new(cg, "else"), .done = NULL };
    LLVMBasicBlockRef yes = cg_block_new(cg, "then");
    cg_branch(cg, i1, yes, c.other, weight);
    cg_enter(cg, yes);
    return c;
}

struct cg_if cg_if(struct codegen *cg, LLVMValueRef i1) { return open_if(cg, i1, 0); }
struct cg_if cg_if_unlikely(struct codegen *cg, LLVMValueRef i1) { return open_if(cg, i1, 1); }

void cg_else(struct codegen *cg, struct cg_if *c) {
    c->done = cg_block_new(cg, "endif");
    cg_goto(cg, c->done);
    cg_enter(cg, c->other);
}

void cg_end(struct codegen *cg, struct cg_if *c) {
    LLVMBasicBlockRef to = c->done ? c->done : c->other;
    cg_goto(cg, to);
    cg_enter(cg, to);
}

LLVMValueRef cg_slot(struct codegen *cg, LLVMValueRef initial) {
    LLVMValueRef p = cg_alloca(cg, LLVMTypeOf(initial));
    LLVMBuildStore(cg->b, initial, p);
    return p;
}

LLVMValueRef cg_slot_get(struct codegen *cg, LLVMValueRef slot) {
    return LLVMBuildLoad2(cg->b, LLVMGetAllocatedType(slot), slot, "");
}

void cg_slot_set(struct codegen *cg, LLVMValueRef slot, LLVMValueRef v) { LLVMBuildStore(cg->b, v, slot); }

struct cg_loop cg_loop(struct codegen *cg, uint64_t n) {
    struct cg_loop l = { .head = cg_block_new(cg, "loop"),
                         .body = cg_block_new(cg, "loop_body"),
                         .done = cg_block_new(cg, "loop_end") };
    LLVMBasicBlockRef from = LLVMGetInsertBlock(cg->b);
    cg_goto(cg, l.head);
    cg_enter(cg, l.head);
    l.i = LLVMBuildPhi(cg->b, cg->i64, "i");
    LLVMValueRef zero = cg_i64(cg, 0);
    LLVMAddIncoming(l.i, &zero, &from, 1);
    cg_branch(cg, cg_cmp(cg, C_ULT, l.i, cg_i64(cg, n)), l.body, l.done, 0);
    cg_enter(cg, l.body);
    return l;
}

void cg_loop_end(struct codegen *cg, struct cg_loop *l) {
    LLVMBasicBlockRef from = LLVMGetInsertBlock(cg->b);
    if (!cg_terminated(cg)) {
        LLVMValueRef next = LLVMBuildAdd(cg->b, l->i, cg_i64(cg, 1), "");
        LLVMAddIncoming(l->i, &next, &from, 1);
        LLVMBuildBr(cg->b, l->head);
    }
    cg_enter(cg, l->done);
}

/* Code after a return is still generated, into a block that nothing reaches. */
void cg_return(struct codegen *cg) {
    if (cg_terminated(cg))
        return;
    if (cg->flow && cg->flow->is_callback) {
        LLVMBuildStore(cg->b, cg_i64(cg, 1), cg->flow->return_flag);
        LLVMBuildRet(cg->b, cg_i64(cg, 1)); /* ends the loop */
    } else {
        LLVMBuildRet(cg->b, cg_i64(cg, 0));
    }
    cg_enter(cg, cg_block_new(cg, "unreachable"));
}

/* Results that are pointers are ones for LLVM, too: it must not merge tests for zero by or-ing them with numbers. */
static bool gives_pointer(unsigned func_id) {
    return func_id == BPF_FUNC_map_lookup_elem || func_id == BPF_FUNC_map_lookup_percpu_elem ||
           func_id == BPF_FUNC_ringbuf_reserve;
}

LLVMValueRef cg_helper(struct codegen *cg, unsigned func_id, LLVMValueRef *args, unsigned n) {
    LLVMTypeRef types[5];
    for (unsigned i = 0; i < n; i++) {
        if (LLVMTypeOf(args[i]) != cg->ptr)
            args[i] = cg_zext(cg, args[i]);
        types[i] = LLVMTypeOf(args[i]);
    }
    LLVMTypeRef fn = LLVMFunctionType(gives_pointer(func_id) ? cg->ptr : cg->i64, types, n, false);
    LLVMValueRef callee = LLVMConstIntToPtr(cg_i64(cg, func_id), cg->ptr);
    LLVMValueRef result = LLVMBuildCall2(cg->b, fn, callee, args, n, "");
    return gives_pointer(func_id) ? cg_ptr_to_i64(cg, result) : result;
}

LLVMValueRef cg_ctx(struct codegen *cg) { return cg->frame->ctx; }

/* Context words are volatile: the verifier rewrites these loads by their offset, so LLVM must neither merge two of them
 * nor move the address computation away. */
LLVMValueRef cg_ctx_slot(struct codegen *cg, unsigned n) { return cg_regs_word(cg, n * 8); }

LLVMValueRef cg_regs_word(struct codegen *cg, unsigned offset) {
    LLVMValueRef v = LLVMBuildLoad2(cg->b, cg->i64, cg_ptr_add(cg, cg->frame->ctx, offset), "");
    LLVMSetVolatile(v, true);
    return v;
}

const struct block *cg_block(struct codegen *cg) { return cg->block; }
struct checked *cg_checked(struct codegen *cg) { return cg->checked; }
bool cg_reports_reads(struct codegen *cg) { return cg->checked->report_reads; }

void cg_set_probe_index(struct codegen *cg, LLVMValueRef v) {
    if (!cg->frame->probe_index)
        cg->frame->probe_index = cg_alloca(cg, cg->i64);
    LLVMBuildStore(cg->b, v, cg->frame->probe_index);
}

LLVMValueRef cg_probe_index(struct codegen *cg) {
    return cg->frame->probe_index ? LLVMBuildLoad2(cg->b, cg->i64, cg->frame->probe_index, "") : cg_i64(cg, 0);
}
