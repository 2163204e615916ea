/* Kernel symbols: /proc/kallsyms, read in one go on first use.
 *
 * The file's text is kept and cut up in place, so that a name costs no copy; an entry is 16 bytes. Entries are sorted by
 * address (the kernel's own part comes sorted, modules follow it). Where the kernel hides addresses (kptr_restrict) all
 * of them read as 0: names can be listed then, but no address has a name. */
#include <stdlib.h>
#include <string.h>

#include "symbols/internal.h"

struct entry {
    uint64_t addr;
    uint32_t name;   /* offset in text */
    uint16_t module; /* distance from the name to the module's name; 0: none */
    char type;
};

struct kallsyms {
    char *text;
    struct entry *entries;
    size_t n, cap;
    struct entry *code; /* text symbols with an address, sorted by it */
    size_t ncode;
};

static inline int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "ffffffff81000000 T _stext\t[module]\n": cuts the line at `p` up and returns the next one; NULL when it is the last
 * or not of this form. */
static char *parse_line(struct kallsyms *k, char *p, struct entry *e) {
    uint64_t addr = 0;
    for (int d; (d = hex_digit(*p)) >= 0; p++)
        addr = addr << 4 | (unsigned)d;
    if (p[0] != ' ' || !p[1] || p[2] != ' ')
        return NULL;
    *e = (struct entry){ .addr = addr, .type = p[1], .name = (uint32_t)(p + 3 - k->text) };
    char *name = p + 3, *end = strchrnul(name, '\n');
    char *tab = memchr(name, '\t', (size_t)(end - name));
    if (tab) {
        *tab = '\0';
        if (tab[1] == '[' && end > tab + 2) {
            end[-1] = '\0'; /* the bracket */
            e->module = (uint16_t)(tab + 2 - name);
        }
    }
    if (!*end)
        return end;
    *end = '\0';
    return end + 1;
}

static int by_address(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name; /* the file's order among aliases */
}

static void sort_code(struct kallsyms *k) {
    k->code = malloc(k->n * sizeof *k->code + 1);
    if (!k->code)
        out_of_memory();
    bool sorted = true;
    for (size_t i = 0; i < k->n; i++) {
        const struct entry *e = &k->entries[i];
        if (!e->addr || !strchr("tTwWiI", e->type))
            continue;
        if (k->ncode && k->code[k->ncode - 1].addr > e->addr)
            sorted = false;
        k->code[k->ncode++] = *e;
    }
    if (!sorted)
        qsort(k->code, k->ncode, sizeof *k->code, by_address);
}

static struct kallsyms *kallsyms_load(const char *path) {
    struct kallsyms *k = calloc(1, sizeof *k);
    if (!k)
        out_of_memory();
    size_t len = 0;
    k->text = file_read(path, &len);
    k->cap = len / 40 + 64;
    k->entries = malloc(k->cap * sizeof *k->entries);
    if (!k->entries)
        out_of_memory();
    for (char *p = k->text; p && *p;) {
        if (k->n == k->cap && !(k->entries = realloc(k->entries, (k->cap *= 2) * sizeof *k->entries)))
            out_of_memory();
        p = parse_line(k, p, &k->entries[k->n]);
        k->n += p != NULL;
    }
    sort_code(k);
    return k;
}

void kallsyms_free(struct kallsyms *k) {
    if (!k)
        return;
    free(k->text);
    free(k->entries);
    free(k->code);
    free(k);
}

static struct kallsyms *loaded(struct symbols *s) {
    if (!s->kallsyms)
        s->kallsyms = kallsyms_load("/proc/kallsyms");
    return s->kallsyms;
}

/* Index of the first entry of `code` above an address. */
static size_t above(const struct kallsyms *k, uint64_t addr) {
    size_t lo = 0, hi = k->ncode;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (k->code[mid].addr <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct symbol symbols_kernel(struct symbols *s, uint64_t addr) {
    const struct kallsyms *k = loaded(s);
    size_t i = above(k, addr);
    if (!i)
        return (struct symbol){ 0 };
    while (i > 1 && k->code[i - 2].addr == k->code[i - 1].addr)
        i--; /* of aliases the first, as the kernel's own messages */
    const struct entry *e = &k->code[i - 1];
    const char *name = k->text + e->name;
    return (struct symbol){ .name = name, .offset = addr - e->addr, .module = e->module ? name + e->module : NULL };
}

const char *symbols_kernel_alias(struct symbols *s, uint64_t addr, size_t n) {
    const struct kallsyms *k = loaded(s);
    size_t end = above(k, addr);
    return n < end && k->code[end - 1 - n].addr == addr ? k->text + k->code[end - 1 - n].name : NULL;
}

uint64_t symbols_kernel_address(struct symbols *s, const char *name) {
    const struct kallsyms *k = loaded(s);
    for (size_t i = 0; i < k->n; i++)
        if (!strcmp(k->text + k->entries[i].name, name))
            return k->entries[i].addr;
    return 0;
}

void symbols_each_kernel(struct symbols *s, kernel_symbol_fn *fn, void *ctx) {
    const struct kallsyms *k = loaded(s);
    for (size_t i = 0; i < k->n; i++) {
        const struct entry *e = &k->entries[i];
        const char *name = k->text + e->name;
        if (!fn(ctx, name, e->module ? name + e->module : NULL, e->type))
            return;
    }
}
