/* Growth of the arrays declared with VEC. */
#include "support/vec.h"

#include <string.h>

void *vec_grow(struct arena *a, const void *old, size_t n, size_t *cap, size_t elem_size) {
    *cap = *cap ? *cap * 2 : 8;
    void *v = arena_alloc_array(a, elem_size, *cap);
    if (n)
        memcpy(v, old, n * elem_size);
    return v;
}
