/* Axis 3: what can be assigned to a map with a call of its own, and how that is kept, updated, folded and shown. */
#ifndef SONDE_MAPS_MAP_KIND_H
#define SONDE_MAPS_MAP_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ast/ast.h"
#include "program/program.h"
#include "types/type.h"

struct sema;
struct codegen;
struct value;

struct map_kind {
    const char *name; /* "count": the call on the right of "@m = " */
    enum type_kind type;
    const char *args; /* as in struct builtin */
    /* Value type of the map from the call's (typed) arguments. */
    const struct type *(*check)(struct sema *s, struct node *call);
    /* Bytes of one CPU's cell, multiple of 8. */
    uint32_t (*cell_size)(const struct type *t);
    /* Updates in place the cell at `cell` (this CPU's own; never NULL). */
    void (*update)(struct codegen *cg, const struct node *call, const struct type *t, struct value cell);
    /* Merges another CPU's cell into acc (user space). Both are cell_size bytes, but for what sketch_folded_size says; acc
     * starts as zeros. */
    void (*fold)(const struct type *t, void *acc, const void *cell);
    /* The number it reads as (castable ones) and the sort key of maps: from a folded cell. */
    int64_t (*number)(const struct type *t, const void *acc);
    /* Whether a folded cell holds a value. */
    bool (*has_value)(const struct type *t, const void *acc);
    /* Synchronous cross-CPU read in BPF (castable kinds): merges cell into the two accumulators acc[2] (i64 slots on the
     * BPF stack, zero at first), then `read_result` makes the integer. NULL when not castable. */
    void (*read_fold)(struct codegen *cg, const struct type *t, struct value acc, struct value cell);
    struct value (*read_result)(struct codegen *cg, const struct type *t, struct value acc);
};

extern const struct map_kind *const map_kinds[]; /* ends with NULL */
const struct map_kind *map_kind_find(const char *name);
const struct map_kind *map_kind_of(const struct type *t); /* NULL for plain values */

#endif
