/* What the files of this folder share. Private to maps/. */
#ifndef SONDE_MAPS_KINDS_H
#define SONDE_MAPS_KINDS_H

#include "codegen/codegen.h"
#include "maps/map_kind.h"
#include "sema/sema.h"

extern const struct map_kind kind_count, kind_sum, kind_min, kind_max, kind_avg, kind_stats, kind_hist, kind_lhist,
    kind_tseries, kind_quantile, kind_distinct;

/* Whether argument i is an integer of any sort; else reports "NAME() only supports …". */
bool kind_int_argument(struct sema *s, const struct node *call, uint32_t i);
/* A literal argument, or 0 and an error. */
bool kind_literal(struct sema *s, const struct node *call, uint32_t i, int64_t *value);
/* Signedness that an aggregation of this argument has. */
bool kind_is_signed(const struct node *call);
/* The aggregated value, as 64 bits. */
LLVMValueRef kind_value(struct codegen *cg, const struct node *call);
/* Word i of a cell. */
LLVMValueRef kind_word(struct codegen *cg, struct value cell, uint32_t i);
void kind_set_word(struct codegen *cg, struct value cell, uint32_t i, LLVMValueRef v);
void kind_add_word(struct codegen *cg, struct value cell, uint32_t i, LLVMValueRef v);
/* floor(log2 v), v > 0 and unsigned, without a branch. */
LLVMValueRef kind_log2(struct codegen *cg, LLVMValueRef v);
/* Increments bucket `index` of a histogram of n; indexes out of range are dropped. */
void kind_count_bucket(struct codegen *cg, struct value cell, LLVMValueRef index, uint32_t n);
/* Adds up n words: fold of everything that is only summed. */
void kind_fold_words(void *acc, const void *cell, size_t n);
bool kind_any_word(const void *acc, size_t n);
/* The integer type that an aggregation reads as. */
const struct type *kind_result(const struct type *t);

#endif
