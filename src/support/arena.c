/* Region allocator: memory is cut from chunks and goes away with the whole arena.
 * Under the address sanitizer every allocation is a chunk of its own, so that overruns are seen. */
#include "support/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#    define SEPARATE_ALLOCATIONS true
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define SEPARATE_ALLOCATIONS true
#    endif
#endif
#ifndef SEPARATE_ALLOCATIONS
#    define SEPARATE_ALLOCATIONS false
#endif

enum { ALIGN = alignof(max_align_t), FIRST_CHUNK = 16 << 10, LARGEST_CHUNK = 1 << 20 };

struct chunk {
    alignas(max_align_t) struct chunk *next;
};

struct arena {
    struct chunk *chunks;
    char *free; /* within the chunk that is being cut up */
    size_t nfree;
    size_t chunk_size; /* of the next chunk; doubles */
};

void out_of_memory(void) {
    fputs("sonde: out of memory\n", stderr);
    abort();
}

struct arena *arena_new(void) {
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        out_of_memory();
    a->chunk_size = FIRST_CHUNK;
    return a;
}

void arena_free(struct arena *a) {
    if (!a)
        return;
    for (struct chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(a);
}

/* A fresh chunk with room for `size` bytes, in the arena's list. calloc gives the zeros. */
static char *chunk_new(struct arena *a, size_t size) {
    struct chunk *c = size > SIZE_MAX - sizeof *c ? NULL : calloc(1, sizeof *c + size);
    if (!c)
        out_of_memory();
    c->next = a->chunks;
    a->chunks = c;
    return (char *)(c + 1);
}

void *arena_alloc(struct arena *a, size_t size) {
    if (SEPARATE_ALLOCATIONS)
        return chunk_new(a, size ? size : 1);
    size = size ? size : 1;
    if (size <= SIZE_MAX - ALIGN)
        size = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (size > a->nfree) {
        if (size > a->chunk_size / 4) /* would waste the rest of the current chunk */
            return chunk_new(a, size);
        a->free = chunk_new(a, a->chunk_size);
        a->nfree = a->chunk_size;
        if (a->chunk_size < LARGEST_CHUNK)
            a->chunk_size *= 2;
    }
    void *p = a->free;
    a->free += size;
    a->nfree -= size;
    return p;
}

void *arena_alloc_array(struct arena *a, size_t elem_size, size_t n) {
    size_t size;
    if (__builtin_mul_overflow(elem_size, n, &size))
        out_of_memory();
    return arena_alloc(a, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n) {
    char *copy = arena_alloc(a, n + 1);
    if (n)
        memcpy(copy, s, n);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s) { return arena_strndup(a, s, strlen(s)); }

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *s = arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
    if (n > 0)
        vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    char *s = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return s;
}
