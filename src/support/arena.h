/* Region allocator. Everything a compiled program owns lives in one arena and dies with it;
 * passes that need throw-away memory make a scratch arena of their own.
 * Allocation failure ends the process with a message: there is no sensible way on. */
#ifndef SONDE_SUPPORT_ARENA_H
#define SONDE_SUPPORT_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a); /* NULL is fine */

/* Zeroed memory, aligned for any object. size 0 gives a unique non-NULL pointer. */
void *arena_alloc(struct arena *a, size_t size);
/* The same for n elements; a product that overflows counts as out of memory. */
void *arena_alloc_array(struct arena *a, size_t elem_size, size_t n);
/* Copies with a terminating NUL added. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap);

/* Prints a message and aborts; for the other places that take memory from the heap. */
_Noreturn void out_of_memory(void);

#define ARENA_NEW(a, T)      ((T *)arena_alloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_alloc_array((a), sizeof(T), (n)))

#endif
