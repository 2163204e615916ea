/* Names of just-in-time compiled code. Lines come in the order of compilation and code may be replaced, so that of
 * entries with one start the last counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/vec.h"
#include "symbols/internal.h"
#include "symbols/perf_map.h"

struct jit_entry {
    uint64_t start, size;
    uint32_t line; /* later lines win */
    const char *name;
};

struct perf_map {
    char path[96];
    char *text;
    size_t size; /* of the file when it was read */
    struct arena *arena;
    VEC(struct jit_entry) entries;
};

/* A process in a pid namespace calls its file by the pid it knows: the last one of NSpid. */
static pid_t inner_pid(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    char *text = file_read(path, NULL);
    const char *line = text ? strstr(text, "\nNSpid:") : NULL;
    if (line) {
        const char *end = strchrnul(line + 1, '\n'), *tab = end;
        while (tab > line && *tab != '\t')
            tab--;
        pid = atoi(tab);
    }
    free(text);
    return pid;
}

static int by_start(const void *a, const void *b) {
    const struct jit_entry *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static bool load(struct perf_map *m) {
    size_t len = 0;
    char *text = file_read(m->path, &len);
    if (!text)
        return false;
    free(m->text);
    arena_free(m->arena);
    m->text = text;
    m->size = len;
    m->arena = arena_new();
    m->entries.v = NULL;
    m->entries.n = m->entries.cap = 0;
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        char *end;
        struct jit_entry e = { .line = (uint32_t)m->entries.n };
        e.start = strtoull(line, &end, 16);
        if (*end != ' ')
            continue;
        e.size = strtoull(end, &end, 16);
        if (*end != ' ' || !end[1])
            continue;
        e.name = end + 1;
        VEC_PUSH(m->arena, &m->entries, e);
    }
    if (m->entries.n)
        qsort(m->entries.v, m->entries.n, sizeof *m->entries.v, by_start);
    return true;
}

struct perf_map *perf_map_load(pid_t pid) {
    struct perf_map *m = calloc(1, sizeof *m);
    if (!m)
        out_of_memory();
    snprintf(m->path, sizeof m->path, "/proc/%d/root/tmp/perf-%d.map", (int)pid, (int)inner_pid(pid));
    if (load(m))
        return m;
    perf_map_free(m);
    return NULL;
}

void perf_map_free(struct perf_map *m) {
    if (!m)
        return;
    free(m->text);
    arena_free(m->arena);
    free(m);
}

static const struct jit_entry *entry_at(const struct perf_map *m, uint64_t addr) {
    size_t lo = 0, hi = m->entries.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (m->entries.v[mid].start <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    const struct jit_entry *e = lo ? &m->entries.v[lo - 1] : NULL;
    return e && addr - e->start < e->size ? e : NULL;
}

bool perf_map_at(struct perf_map *m, struct arena *a, uint64_t addr, struct symbol *out) {
    const struct jit_entry *e = entry_at(m, addr);
    struct stat st;
    if (!e && stat(m->path, &st) == 0 && (size_t)st.st_size != m->size && load(m))
        e = entry_at(m, addr);
    if (!e)
        return false;
    out->name = arena_strdup(a, e->name); /* the text goes when the file is read again */
    out->offset = addr - e->start;
    return true;
}
