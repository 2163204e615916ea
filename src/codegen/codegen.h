/* Typed blocks to a BPF object: LLVM IR through the C API, then ELF in memory.
 *
 * This header has two halves: the entry points, and the vocabulary in which builtins, map kinds and providers say their
 * code. The vocabulary hides LLVM: its types are opaque here. */
#ifndef SONDE_CODEGEN_CODEGEN_H
#define SONDE_CODEGEN_CODEGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ast/ast.h"
#include "builtins/builtin.h"
#include "probes/provider.h"
#include "program/program.h"
#include "sema/sema.h"

struct codegen;
typedef struct LLVMOpaqueValue *LLVMValueRef;
typedef struct LLVMOpaqueBasicBlock *LLVMBasicBlockRef;

struct codegen_options {
    bool dump_ir;     /* keep IR text before optimization */
    bool dump_ir_opt; /* … and after */
    bool dump_asm;
    bool verify; /* --verify-llvm-ir */
};

struct object {
    void *elf; /* malloc'ed */
    size_t size;
    char *ir, *ir_opt, *assembly; /* malloc'ed or NULL */
};

/* Compiles every block, completes checked->program (progs, probes, globals layout, ring). False after errors (in d). */
bool codegen_object(struct checked *c, const struct codegen_options *opt, struct object *out, struct diag *d);
void object_free(struct object *o);

/* ---- vocabulary ---------------------------------------------------------------------------- */

enum place {
    IN_REGISTER, /* v is the scalar itself: iN by the type's size (bool: i8 0/1; pointers: i64) */
    IN_MEMORY,   /* v is an LLVM pointer to BPF-accessible memory holding it: stack, scratch, map value, ring, ctx */
    REMOTE,      /* v is an i64 address in kernel or user memory (`as`); nothing has been read yet */
};

struct value {
    LLVMValueRef v;
    const struct type *type;
    enum place place;
    enum addr_space as; /* REMOTE */
};

/* Values of nodes. cg_expr leaves structs, arrays and strings behind pointers REMOTE until something needs bytes. */
struct value cg_expr(struct codegen *cg, const struct node *n);
/* Evaluated as a 64-bit integer, extended by its own sign (pointers, bools, castable aggregations too). */
LLVMValueRef cg_expr_i64(struct codegen *cg, const struct node *n);
/* Evaluated straight into memory at dest in the layout of `t`, converting (integer widths, longer strings are zero-filled
 * to t->size, tuples element-wise). The one way to fill keys, map values, event records and variables. */
void cg_expr_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t);
/* The same for a value already computed. */
void cg_store(struct codegen *cg, struct value v, LLVMValueRef dest, const struct type *t);
/* Brings a value into a register (scalars) or into BPF memory (the rest), reading remote memory. */
struct value cg_load(struct codegen *cg, struct value v);
LLVMValueRef cg_to_i64(struct codegen *cg, struct value v);

struct value cg_void(void);
struct value cg_reg(LLVMValueRef v, const struct type *t);    /* v any integer width: adjusted to the type's */
struct value cg_mem(LLVMValueRef ptr, const struct type *t);
struct value cg_remote(LLVMValueRef addr, const struct type *t, enum addr_space as);

/* Constants and 64-bit arithmetic. */
LLVMValueRef cg_i64(struct codegen *cg, uint64_t v);
LLVMValueRef cg_i32(struct codegen *cg, uint32_t v);
enum arith { A_ADD, A_SUB, A_MUL, A_UDIV, A_SDIV, A_UREM, A_SREM, A_AND, A_OR, A_XOR, A_SHL, A_LSHR, A_ASHR };
LLVMValueRef cg_arith(struct codegen *cg, enum arith op, LLVMValueRef a, LLVMValueRef b); /* same width */
enum cond { C_EQ, C_NE, C_ULT, C_ULE, C_UGT, C_UGE, C_SLT, C_SLE, C_SGT, C_SGE };
LLVMValueRef cg_cmp(struct codegen *cg, enum cond c, LLVMValueRef a, LLVMValueRef b); /* i1 */
LLVMValueRef cg_select(struct codegen *cg, LLVMValueRef i1, LLVMValueRef yes, LLVMValueRef no);
LLVMValueRef cg_trunc(struct codegen *cg, LLVMValueRef v, unsigned bits);
LLVMValueRef cg_zext(struct codegen *cg, LLVMValueRef v); /* to i64 */
LLVMValueRef cg_sext(struct codegen *cg, LLVMValueRef v);
/* The same value (i64), but LLVM does not know where it comes from: what follows is not merged with what was before. */
LLVMValueRef cg_opaque(struct codegen *cg, LLVMValueRef v);

/* Memory. Pointers are LLVM pointers. */
LLVMValueRef cg_ptr_add(struct codegen *cg, LLVMValueRef p, uint64_t bytes);
LLVMValueRef cg_ptr_add_v(struct codegen *cg, LLVMValueRef p, LLVMValueRef i64_bytes);
LLVMValueRef cg_load_int(struct codegen *cg, LLVMValueRef p, unsigned bits);
void cg_store_int(struct codegen *cg, LLVMValueRef p, LLVMValueRef v); /* width of v */
/* The same, each time anew: for loop state that the verifier must not follow (kept in scratch memory off the stack). */
LLVMValueRef cg_load_volatile(struct codegen *cg, LLVMValueRef p, unsigned bits);
void cg_store_volatile(struct codegen *cg, LLVMValueRef p, LLVMValueRef v);
void cg_memcpy(struct codegen *cg, LLVMValueRef dst, LLVMValueRef src, uint64_t n);
void cg_memzero(struct codegen *cg, LLVMValueRef dst, uint64_t n);
void cg_atomic_add(struct codegen *cg, LLVMValueRef p, LLVMValueRef i64);
LLVMValueRef cg_ptr_to_i64(struct codegen *cg, LLVMValueRef p);
LLVMValueRef cg_i64_to_ptr(struct codegen *cg, LLVMValueRef v);
LLVMValueRef cg_null(struct codegen *cg);
/* Working memory of `size` bytes, valid until the program returns: the stack when small (on_stack_limit and what is left
 * of 512 bytes), else this CPU's slot of a scratch map. Contents undefined. */
LLVMValueRef cg_scratch(struct codegen *cg, uint32_t size);
/* Constant bytes in .rodata. */
LLVMValueRef cg_rodata(struct codegen *cg, const void *data, size_t size);
/* Address inside the globals area. */
LLVMValueRef cg_global(struct codegen *cg, uint64_t offset);

/* Control flow. cg_if opens a conditional region, optionally cg_else, then cg_end. cg_if_unlikely weighs the branch. */
struct cg_if { LLVMBasicBlockRef other, done; };
struct cg_if cg_if(struct codegen *cg, LLVMValueRef i1);
struct cg_if cg_if_unlikely(struct codegen *cg, LLVMValueRef i1);
void cg_else(struct codegen *cg, struct cg_if *c);
void cg_end(struct codegen *cg, struct cg_if *c);
/* Mutable 64-bit slot on the stack, for values that differ by path. */
LLVMValueRef cg_slot(struct codegen *cg, LLVMValueRef initial);
LLVMValueRef cg_slot_get(struct codegen *cg, LLVMValueRef slot);
void cg_slot_set(struct codegen *cg, LLVMValueRef slot, LLVMValueRef v);
/* for (i = 0; i < n; i++) with n a compile-time constant: a real loop (not unrolled). Returns i (i64). */
struct cg_loop { LLVMBasicBlockRef head, body, done; LLVMValueRef i; };
struct cg_loop cg_loop(struct codegen *cg, uint64_t n);
void cg_loop_end(struct codegen *cg, struct cg_loop *l);
/* Leaves the loop (inside a conditional region of its body). Values of the loop's turns must be taken out in slots. */
void cg_loop_break(struct codegen *cg, struct cg_loop *l);
/* Leaves the BPF program with 0 (1 for uprobe sessions…: the provider's neutral value). Code after it is unreachable. */
void cg_return(struct codegen *cg);

/* BPF helper by number (enum bpf_func_id of <linux/bpf.h>), arguments i64 or pointers; result i64. */
LLVMValueRef cg_helper(struct codegen *cg, unsigned func_id, LLVMValueRef *args, unsigned n);
#define CG_HELPER(cg, id, ...)                                                                                         \
    cg_helper((cg), (id), (LLVMValueRef[]){ __VA_ARGS__ }, sizeof((LLVMValueRef[]){ __VA_ARGS__ }) / sizeof(LLVMValueRef))
#define CG_HELPER0(cg, id) cg_helper((cg), (id), NULL, 0)
/* probe_read of `n` bytes (i64 or constant) from a remote address into dst; failed reads zero dst, are counted, and are
 * reported under -k. Returns the helper's result. `str`: the NUL-terminated form. */
LLVMValueRef cg_probe_read(struct codegen *cg, const struct node *at, LLVMValueRef dst, LLVMValueRef n, LLVMValueRef addr,
                           enum addr_space as, bool str);

/* 64 bits out of all bytes of a value: equal values give the same. */
LLVMValueRef cg_hash(struct codegen *cg, const struct node *n, uint64_t seed);

/* Maps. */
LLVMValueRef cg_map(struct codegen *cg, const struct map_info *m); /* address of the BPF map */
/* Takes the current stack into `dest` as a struct stack_value of type t (kernel or user, mode, limit). */
void cg_stack_into(struct codegen *cg, const struct type *t, LLVMValueRef dest);
/* Key of an access in memory (scalar maps: NULL). */
LLVMValueRef cg_map_key(struct codegen *cg, const struct map_info *m, const struct node *key);
/* Lookup: pointer, NULL when absent (globals: never NULL). */
LLVMValueRef cg_map_lookup(struct codegen *cg, const struct map_info *m, LLVMValueRef key);
/* Queues and stacks. The next value, zeros when there is none: *found (i1) tells. */
void cg_map_push(struct codegen *cg, const struct map_info *m, const struct node *value);
struct value cg_map_next(struct codegen *cg, const struct map_info *m, bool removes, LLVMValueRef *found);
/* $var = v */
void cg_var_set(struct codegen *cg, const struct node *var, struct value v);
/* Number of entries of a keyed map (walks it: Linux 5.13). */
LLVMValueRef cg_map_len(struct codegen *cg, const struct map_info *m);

/* Context. */
LLVMValueRef cg_ctx(struct codegen *cg);                         /* pointer */
LLVMValueRef cg_ctx_slot(struct codegen *cg, unsigned n);        /* n-th 64-bit word of ctx */
LLVMValueRef cg_regs_word(struct codegen *cg, unsigned offset);  /* 64-bit register of the pt_regs in ctx, at byte offset */
const struct block *cg_block(struct codegen *cg);
struct checked *cg_checked(struct codegen *cg);
/* Which of the block's probes fired; provider prologues set it, `probe`, `func`, usym read it. */
void cg_set_probe_index(struct codegen *cg, LLVMValueRef i64);
LLVMValueRef cg_probe_index(struct codegen *cg);

/* Call of a function of the script; the first one in a BPF program makes the program's copy of it. */
struct value cg_call_function(struct codegen *cg, const struct node *n);

/* Events: reserves room for the site's record; when there is none the loss is counted and the rest skipped.
 *     struct cg_event e = cg_event_begin(cg, site);
 *     ... fill at cg_event_field(cg, &e, i) / cg_expr_into(cg, arg, field, type) ...
 *     cg_event_end(cg, &e);
 */
struct cg_event { LLVMValueRef record; const struct event_site *site; struct cg_if cond; };
struct cg_event cg_event_begin(struct codegen *cg, const struct event_site *site);
LLVMValueRef cg_event_field(struct codegen *cg, const struct cg_event *e, uint32_t i);
void cg_event_end(struct codegen *cg, struct cg_event *e);
/* The whole of it for calls whose record is just their arguments from `first` on. */
struct value cg_event_call(struct codegen *cg, const struct node *call, uint32_t first);

/* Tells user space that an address of the current process (pid: i64) is on its way, while the process is there to be asked
 * for its mappings. cg_see_process_once does so the first time that the process is met. */
void cg_see_process(struct codegen *cg, LLVMValueRef pid);
void cg_see_process_once(struct codegen *cg, LLVMValueRef pid);

/* Counts a loss (per prog or map). */
void cg_count_loss(struct codegen *cg, enum loss_cause cause, uint32_t subject);
/* Run-time error event at a node (reference §19.4): retcode i64 (or NULL). */
void cg_runtime_error(struct codegen *cg, const struct node *at, const char *helper, const char *text, LLVMValueRef retcode);
/* Whether -k was given. */
bool cg_reports_reads(struct codegen *cg);

#endif
