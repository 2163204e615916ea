/* Memory that goes with its script, and chance that follows from the seed. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

struct chunk {
    struct chunk *next;
    size_t used;
    char data[65536 - 16];
};

void *fuzz_alloc(struct fuzz *f, size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (!f->memory || f->memory->used + size > sizeof f->memory->data) {
        struct chunk *c = calloc(1, sizeof *c);
        if (!c || size > sizeof c->data)
            abort();
        c->next = f->memory;
        f->memory = c;
    }
    void *p = f->memory->data + f->memory->used;
    f->memory->used += size;
    return p;
}

void fuzz_release(struct fuzz *f) {
    while (f->memory) {
        struct chunk *c = f->memory;
        f->memory = c->next;
        free(c);
    }
}

char *fuzz_format(struct fuzz *f, const char *fmt, ...) {
    char buf[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(buf, sizeof buf, fmt, ap);
    va_end(ap);
    return memcpy(fuzz_alloc(f, (size_t)n + 1), buf, (size_t)n + 1);
}

/* splitmix64 */
static uint64_t next_random(struct fuzz *f) {
    uint64_t z = f->random += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

unsigned fuzz_below(struct fuzz *f, unsigned n) { return (unsigned)(next_random(f) % n); }

bool fuzz_chance(struct fuzz *f, unsigned percent) { return fuzz_below(f, 100) < percent; }

/* Small numbers, the borders of the types, and anything. */
uint64_t fuzz_number(struct fuzz *f) {
    unsigned bits = 8u << fuzz_below(f, 4);
    switch (fuzz_below(f, 6)) {
    case 0:
    case 1: return fuzz_below(f, 10);
    case 2: return fuzz_below(f, 300);
    case 3: return (1ull << (bits - 1)) - 2 + fuzz_below(f, 4);
    case 4: return (bits == 64 ? 0 : 1ull << bits) - 2 + fuzz_below(f, 4);
    default: return next_random(f) >> fuzz_below(f, 64);
    }
}

const char *fuzz_string(struct fuzz *f) {
    static const char *const words[] = { "", "a", "ab", "abc", "abcd", "hello", "sonde", "x y", "seven77", "eight888" };
    if (fuzz_chance(f, 70))
        return words[fuzz_below(f, sizeof words / sizeof *words)];
    unsigned n = fuzz_chance(f, 20) ? fuzz_below(f, 90) : fuzz_below(f, 20);
    char *s = fuzz_alloc(f, n + 1);
    for (unsigned i = 0; i < n; i++)
        s[i] = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 .,:;-_+*/()[]{}<>!?#&=|'^~"[fuzz_below(f, 68)];
    return s;
}
