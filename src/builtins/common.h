/* What the files of this folder share: access to a call's arguments, and the groups of rows. Private to builtins/. */
#ifndef SONDE_BUILTINS_COMMON_H
#define SONDE_BUILTINS_COMMON_H

#include "builtins/builtin.h"
#include "codegen/codegen.h"
#include "sema/sema.h"

static inline size_t nargs(const struct node *n) { return n->call.args.n; }
/* Argument i, NULL when there are fewer. */
static inline struct node *arg(const struct node *n, size_t i) { return i < n->call.args.n ? n->call.args.v[i] : NULL; }

/* Text of an argument that the prototype says is a string literal. */
static inline const char *literal(const struct node *a) { return a->const_str ? a->const_str : ""; }
static inline bool is_kind(const struct node *n, enum type_kind k) { return n && n->type && n->type->kind == k; }

/* The word that error texts have for a type: "int", "string", … */
const char *type_label(const struct type *t);

/* Address space that a read through this argument goes to: the pointer's own, or the one that integers stand for in this
 * kind of probe. Warns when nothing says which. */
enum addr_space arg_space(struct sema *s, const struct node *a);

/* An argument as the place of bytes: pointers and integers are addresses, arrays and strings stand for themselves. */
struct bytes {
    LLVMValueRef at; /* LLVM pointer (IN_MEMORY) or i64 address (REMOTE) */
    bool is_remote;
    enum addr_space as; /* REMOTE */
};
struct bytes arg_bytes(struct codegen *cg, const struct node *a, enum addr_space int_space);
/* `size` bytes of it in BPF memory; reads what is elsewhere. */
LLVMValueRef bytes_here(struct codegen *cg, const struct node *at, struct bytes b, uint32_t size);

/* Position (i64) of a string in another, -1 when absent. Storage of hcap and ncap bytes; a NUL ends them earlier. A
 * literal of 1 … SEARCH_LITERAL_MAX bytes costs one table lookup a byte. */
enum { SEARCH_LITERAL_MAX = 63, SEARCH_MAX = 4096 /* storage of both, for other needles */ };
LLVMValueRef search_literal(struct codegen *cg, LLVMValueRef h, uint32_t hcap, const char *needle, size_t len);
LLVMValueRef search(struct codegen *cg, LLVMValueRef h, uint32_t hcap, LLVMValueRef needle, uint32_t ncap);

/* Word of the saved registers: byte offset in pt_regs by name, or -1; by position of an argument; of the returned value;
 * of the instruction pointer. */
int reg_offset(const char *name);
int reg_of_argument(unsigned n);
int reg_of_result(void);
int reg_of_ip(void);
const char *reg_architecture(void);

/* The integer type that an element of an aggregation reads as. */
static inline const struct type *agg_result(const struct type *t) {
    return t->kind != TY_COUNT && t->is_signed ? &type_int64 : &type_uint64;
}

/* Address of the probed function (probes that have one). */
LLVMValueRef emit_func_ip(struct codegen *cg);
/* Writes struct usym_value for an address of the current process. */
void emit_usym(struct codegen *cg, LLVMValueRef dest, LLVMValueRef addr);
/* Constant table indexed by the running probe's position in its block; address of the row. */
LLVMValueRef probe_table(struct codegen *cg, const void *rows, size_t n, size_t row_size);
/* Thread group id << 32 | thread id, in sonde's own pid namespace or in the initial one. */
LLVMValueRef emit_pid_tgid(struct codegen *cg, bool initial);

extern const struct builtin builtins_context[], builtins_args[], builtins_memory[], builtins_strings[], builtins_net[],
    builtins_names[], builtins_symbols[], builtins_stacks[], builtins_print[], builtins_output[], builtins_control[],
    builtins_maps[], builtins_queues[], builtins_functions[], builtins_meta[], builtins_config[];

#endif
