/* Hash map from strings (byte ranges) to pointers, in an arena. Keys are copied.
 * Iteration is in insertion order, so that nothing downstream depends on hashing. */
#ifndef SONDE_SUPPORT_HMAP_H
#define SONDE_SUPPORT_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/arena.h"

struct hmap_entry {
    const char *key; /* NUL-terminated copy */
    size_t len;
    uint64_t hash;
    void *value;
};

struct hmap {
    struct arena *arena;
    struct hmap_entry *entries; /* insertion order */
    size_t n, cap;
    uint32_t *index; /* open addressing: entry number + 1 */
    size_t nindex;
};

void hmap_init(struct hmap *m, struct arena *a);
/* NULL when absent. */
void *hmap_get(const struct hmap *m, const char *key);
void *hmap_getn(const struct hmap *m, const char *key, size_t len);
/* Adds or replaces; returns the value that was there before, or NULL. */
void *hmap_put(struct hmap *m, const char *key, void *value);
void *hmap_putn(struct hmap *m, const char *key, size_t len, void *value);
uint64_t hash_bytes(const void *data, size_t len);

#endif
