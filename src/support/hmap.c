/* Hash map with insertion order: entries in an array, an open-addressing index over them. */
#include "support/hmap.h"

#include <string.h>

static const uint64_t MIX1 = 0x9e3779b97f4a7c15, MIX2 = 0xbf58476d1ce4e5b9;

uint64_t hash_bytes(const void *data, size_t len) {
    const unsigned char *p = data;
    uint64_t h = len * MIX1, w;
    for (; len >= sizeof w; p += sizeof w, len -= sizeof w) {
        memcpy(&w, p, sizeof w);
        h = (h ^ w) * MIX2;
        h ^= h >> 29;
    }
    w = 0;
    if (len)
        memcpy(&w, p, len);
    h = (h ^ w) * MIX2;
    h ^= h >> 32;
    h *= MIX1;
    return h ^ (h >> 29);
}

void hmap_init(struct hmap *m, struct arena *a) { *m = (struct hmap){ .arena = a }; }

/* The index slot that holds the key, or the free one where it would go. */
static uint32_t *find_slot(const struct hmap *m, const char *key, size_t len, uint64_t hash) {
    for (size_t i = hash;; i++) {
        uint32_t *slot = &m->index[i & (m->nindex - 1)];
        if (!*slot)
            return slot;
        const struct hmap_entry *e = &m->entries[*slot - 1];
        if (e->hash == hash && e->len == len && (len == 0 || memcmp(e->key, key, len) == 0))
            return slot;
    }
}

static void grow(struct hmap *m) {
    size_t cap = m->cap ? m->cap * 2 : 8;
    struct hmap_entry *entries = ARENA_ARRAY(m->arena, struct hmap_entry, cap);
    if (m->n)
        memcpy(entries, m->entries, m->n * sizeof *entries);
    m->entries = entries;
    m->cap = cap;
    m->nindex = cap * 2; /* at most half full: probing stays short, and a free slot always exists */
    m->index = ARENA_ARRAY(m->arena, uint32_t, m->nindex);
    for (size_t n = 0; n < m->n; n++) {
        size_t i = entries[n].hash;
        while (m->index[i & (m->nindex - 1)])
            i++;
        m->index[i & (m->nindex - 1)] = (uint32_t)n + 1;
    }
}

void *hmap_getn(const struct hmap *m, const char *key, size_t len) {
    if (!m->n)
        return NULL;
    uint32_t *slot = find_slot(m, key, len, hash_bytes(key, len));
    return *slot ? m->entries[*slot - 1].value : NULL;
}

void *hmap_get(const struct hmap *m, const char *key) { return hmap_getn(m, key, strlen(key)); }

void *hmap_putn(struct hmap *m, const char *key, size_t len, void *value) {
    if (m->n == m->cap)
        grow(m);
    uint64_t hash = hash_bytes(key, len);
    uint32_t *slot = find_slot(m, key, len, hash);
    if (*slot) {
        void *old = m->entries[*slot - 1].value;
        m->entries[*slot - 1].value = value;
        return old;
    }
    m->entries[m->n++] =
        (struct hmap_entry){ .key = arena_strndup(m->arena, key, len), .len = len, .hash = hash, .value = value };
    *slot = (uint32_t)m->n;
    return NULL;
}

void *hmap_put(struct hmap *m, const char *key, void *value) { return hmap_putn(m, key, strlen(key), value); }
