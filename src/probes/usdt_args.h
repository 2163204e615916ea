/* Where the arguments of a USDT mark are while it fires. */
#ifndef SONDE_PROBES_USDT_ARGS_H
#define SONDE_PROBES_USDT_ARGS_H

#include "probes/provider.h"
#include "symbols/symbols.h"

typedef struct LLVMOpaqueValue *LLVMValueRef; /* as in codegen/codegen.h */

struct usdt_arg {
    enum usdt_place { USDT_MISSING, USDT_CONSTANT, USDT_REGISTER, USDT_MEMORY, USDT_FLOAT } place;
    unsigned size; /* bytes: 1, 2, 4, 8 */
    bool is_signed;
    int reg, index; /* byte offsets in pt_regs; index -1: none */
    unsigned scale; /* of index */
    unsigned shift; /* bits: 8 for %ah and its like */
    int64_t value;  /* constant; what is added to reg */
};

/* The n-th argument (from 0) of a note's text, such as "-4@%edi 8@16(%rsp) 4@$7" or "8@[sp, 24]". False when it cannot
 * be understood; a number too high is USDT_MISSING. */
bool usdt_arg_parse(const char *args, unsigned n, struct usdt_arg *out);

/* The text with symbols made distances from the probe: "8@counter(%rip)" becomes "8@4660(%rip)". */
const char *usdt_args_resolve(struct arena *a, struct elf_file *f, const struct elf_usdt *u);

/* For argN in a block of usdt probes: the type, or NULL after reporting; then the value. */
const struct type *usdt_arg_type(struct diag *d, const struct node *at, struct block *b, unsigned n);
LLVMValueRef usdt_arg_emit(struct codegen *cg, const struct node *at, unsigned n);

#endif
