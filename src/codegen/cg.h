/* State shared by the files of this room. Nothing outside of src/codegen includes it. */
#ifndef SONDE_CODEGEN_CG_H
#define SONDE_CODEGEN_CG_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

#include "codegen/codegen.h"
#include "support/hmap.h"

/* What return means at the current place. */
struct flow {
    bool is_callback;                        /* body of bpf_loop / bpf_for_each_map_elem: its own function */
    LLVMValueRef return_flag;                /* callback: slot that tells the caller to return as well */
    const struct function *function;         /* body of one of the script's */
    LLVMValueRef result;                     /* function: where a result that is no scalar goes */
    struct flow *outer;
};

/* One LLVM function under construction: a BPF program, or the callback of a loop inside it. */
struct frame {
    LLVMValueRef fn;
    LLVMBasicBlockRef entry;   /* holds allocas; the scratch lookup is added at the end */
    LLVMBasicBlockRef body;    /* first block after entry */
    LLVMValueRef ctx;          /* the program's context */
    LLVMValueRef scratch_slot; /* alloca of the pointer to this CPU's scratch memory */
    bool uses_scratch;
    LLVMValueRef probe_index;  /* slot, or NULL when there is one probe */
    LLVMMetadataRef scope;     /* DISubprogram */
    uint32_t stack_used;
    LLVMValueRef links;        /* what loops hand to their callbacks; used by one after the other */
    uint32_t links_words;
    LLVMValueRef return_flag;
    struct frame *outer;
};

struct codegen {
    struct arena *arena;
    struct diag *diag;
    struct checked *checked;
    struct program *program;
    const struct codegen_options *opt;

    LLVMContextRef llvm;
    LLVMModuleRef mod;
    LLVMBuilderRef b;
    LLVMTargetMachineRef machine;
    LLVMDIBuilderRef di;
    LLVMMetadataRef di_unit, di_file, di_int, di_u64, di_ptr;
    LLVMTypeRef i1, i8, i16, i32, i64, ptr, void_type;
    LLVMValueRef globals;      /* @sonde_globals; replaced by one of the final size at the end */
    LLVMValueRef scratch_map;
    struct hmap di_files;      /* source name → DIFile */
    struct hmap map_symbols;   /* symbol → LLVMValueRef */
    uint32_t nconstants;

    const struct block *block; /* being compiled */
    uint32_t prog_index;
    uint32_t scratch_used;     /* bytes of scratch memory taken by the current program */
    uint32_t scratch_max;
    struct frame *frame;
    struct flow *flow;
    const struct node *at;     /* what code is being generated for: place of run-time errors */
    bool clean_strings;        /* filling a map key: bytes behind a NUL must be zero */
    uint32_t ncallbacks;
};

/* cg_module.c */
LLVMValueRef cg_bpf_map(struct codegen *cg, const char *symbol, unsigned type, unsigned key_size, unsigned value_size,
                        unsigned max_entries, unsigned flags);
void cg_set_location(struct codegen *cg, const struct node *n);
LLVMMetadataRef cg_di_file(struct codegen *cg, const struct source *src);
void cg_frame_open(struct codegen *cg, struct frame *f, const char *name, LLVMTypeRef type, const struct node *at);
void cg_frame_close(struct codegen *cg, struct frame *f);

/* cg_filters.c: leaves the program for processes that -p, --cgroup and --follow leave out */
void cg_process_filters(struct codegen *cg, const struct block *b);
/* Programs of --follow, which belong to no probe. */
void cg_follow_programs(struct codegen *cg);

/* cg_memory.c */
LLVMValueRef cg_alloca(struct codegen *cg, LLVMTypeRef t);
unsigned cg_known_align(LLVMValueRef p);
LLVMValueRef cg_home(struct codegen *cg, uint32_t size);
/* Address of this program's scratch memory plus offset. */
LLVMValueRef cg_scratch_at(struct codegen *cg, uint32_t offset);
LLVMTypeRef cg_int_type(struct codegen *cg, unsigned bits);
bool cg_terminated(struct codegen *cg);
LLVMBasicBlockRef cg_block_new(struct codegen *cg, const char *name);
void cg_goto(struct codegen *cg, LLVMBasicBlockRef to);   /* unless the block has ended already */
void cg_enter(struct codegen *cg, LLVMBasicBlockRef at);
void cg_branch(struct codegen *cg, LLVMValueRef i1, LLVMBasicBlockRef yes, LLVMBasicBlockRef no, int weight_yes);

/* cg_store.c */
void cg_zero_padding(struct codegen *cg, LLVMValueRef dest, const struct type *t);
bool type_has_string(const struct type *t);
void cg_assign_into(struct codegen *cg, const struct node *value, LLVMValueRef dest, const struct type *t,
                    const struct node *target);

/* cg_access.c */
struct value cg_field_of(struct codegen *cg, const struct node *n);
struct value cg_index_of(struct codegen *cg, const struct node *n);
struct value cg_deref(struct codegen *cg, struct value pointer, const struct type *pointee);

/* cg_ops.c */
struct value cg_binary(struct codegen *cg, const struct node *n);
struct value cg_unary(struct codegen *cg, const struct node *n);
struct value cg_arith_typed(struct codegen *cg, const struct node *at, enum op op, LLVMValueRef a, LLVMValueRef b,
                            const struct type *lt, const struct type *rt, const struct type *result);
LLVMValueRef cg_truth(struct codegen *cg, const struct node *n); /* i1 */
LLVMValueRef cg_equal(struct codegen *cg, const struct node *at, struct value a, struct value b); /* i1 */

/* cg_maps.c */
struct value cg_map_read(struct codegen *cg, const struct node *n);
struct value cg_agg_read(struct codegen *cg, const struct map_info *m, LLVMValueRef key);
/* `at`: the whole statement, for errors. */
void cg_map_assign(struct codegen *cg, const struct node *at, const struct node *lvalue, const struct node *value);
struct value cg_map_modify(struct codegen *cg, const struct node *at, const struct node *lvalue, enum op op,
                           const struct node *rhs, bool want_old);
LLVMValueRef cg_global_slot(struct codegen *cg, const struct map_info *m); /* scalar map: its (this CPU's) slot */

/* cg_vars.c */
LLVMValueRef cg_var_home(struct codegen *cg, const struct node *var);
struct value cg_var_modify(struct codegen *cg, const struct node *at, const struct node *lvalue, enum op op,
                           const struct node *rhs, bool want_old);

/* cg_stmt.c */
void cg_stmt(struct codegen *cg, const struct node *n);
void cg_stmts(struct codegen *cg, const struct node *block);
struct value cg_block_value(struct codegen *cg, const struct node *block);
void cg_block_into(struct codegen *cg, const struct node *block, LLVMValueRef dest, const struct type *t);

/* cg_functions.c */
void cg_return_value(struct codegen *cg, const struct node *expr);

/* cg_loops.c */
void cg_loop_stmt(struct codegen *cg, const struct node *n);

#endif
