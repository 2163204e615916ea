/* Growable arrays that live in an arena: VEC(T) declares one, VEC_PUSH appends.
 * Growth leaves the old copy in the arena, so element pointers stay readable but go stale. */
#ifndef SONDE_SUPPORT_VEC_H
#define SONDE_SUPPORT_VEC_H

#include <stddef.h>

#include "support/arena.h"

#define VEC(T)         \
    struct {           \
        T *v;          \
        size_t n, cap; \
    }

#define VEC_PUSH(a, vec, ...)                                                            \
    do {                                                                                 \
        if ((vec)->n == (vec)->cap)                                                      \
            (vec)->v = vec_grow((a), (vec)->v, (vec)->n, &(vec)->cap, sizeof *(vec)->v); \
        (vec)->v[(vec)->n++] = (__VA_ARGS__);                                            \
    } while (0)

/* for (VEC_EACH(it, &vec)) : `it` points at each element in turn. */
#define VEC_EACH(it, vec)               \
    typeof((vec)->v + 0) it = (vec)->v; \
    it &&it != (vec)->v + (vec)->n;     \
    it++

void *vec_grow(struct arena *a, const void *old, size_t n, size_t *cap, size_t elem_size);

#endif
