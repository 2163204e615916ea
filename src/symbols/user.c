/* Names of user addresses.
 *
 * An address is looked up in the process's mappings, which turn it into a place in a file (mapping start and file offset
 * make that independent of where the loader put the object); the file's symbol table does the rest. Files are kept open
 * by device and inode, so that a hundred processes of one binary read it once. Mappings are read again when an address is
 * in none of them or when they are older than MAPS_AGE_MS; those of a process that is gone stay as they last were. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "support/vec.h"
#include "symbols/internal.h"
#include "symbols/perf_map.h"

enum { MAPS_AGE_MS = 500, REMEMBER_AGE_MS = 10 };

struct object { /* one file with code */
    const char *path;
    struct elf_file *elf; /* NULL: cannot be read */
};

struct mapping {
    uint64_t start, end, offset;
    uint64_t dev, inode;
    const char *path;      /* as the process sees it; "" anonymous */
    struct object *object; /* NULL until first use */
};

struct process {
    pid_t pid;
    struct arena *arena;      /* of the mappings; replaced when they are read again */
    VEC(struct mapping) maps; /* executable ones, by address */
    uint64_t read_ms;
    bool is_gone;
    struct perf_map *jit; /* /tmp/perf-PID.map, NULL until looked for */
    bool has_jit;
};

struct processes {
    struct hmap by_pid;   /* decimal pid → struct process */
    struct hmap by_inode; /* "dev:inode" → struct object */
    struct object *vdso;
};

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- mappings -------------------------------------------------------------------------------- */

/* "start-end perms offset major:minor inode   path" */
static bool parse_mapping(struct arena *a, char *line, struct mapping *m) {
    unsigned long start, end, offset, inode;
    unsigned major, minor;
    char perms[5];
    int at = 0;
    if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &start, &end, perms, &offset, &major, &minor, &inode, &at) < 7)
        return false;
    *m = (struct mapping){ .start = start, .end = end, .offset = offset, .dev = makedev(major, minor), .inode = inode };
    char *path = line + at, *deleted = strstr(path, " (deleted)");
    if (deleted && !deleted[10])
        *deleted = '\0';
    m->path = arena_strdup(a, path);
    return perms[2] == 'x';
}

static bool read_mappings(struct process *p) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)p->pid);
    char *text = file_read(path, NULL);
    if (!text || !*text) { /* a zombie's file is empty */
        free(text);
        p->is_gone = true;
        return false;
    }
    arena_free(p->arena);
    p->arena = arena_new();
    p->maps.v = NULL;
    p->maps.n = p->maps.cap = 0;
    p->is_gone = false;
    p->read_ms = now_ms();
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        struct mapping m;
        if (*line && parse_mapping(p->arena, line, &m))
            VEC_PUSH(p->arena, &p->maps, m);
    }
    free(text);
    return true;
}

static struct mapping *mapping_at(struct process *p, uint64_t addr) {
    size_t lo = 0, hi = p->maps.n; /* the first one that ends behind addr */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (p->maps.v[mid].end <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < p->maps.n && p->maps.v[lo].start <= addr ? &p->maps.v[lo] : NULL;
}

/* ---- files ----------------------------------------------------------------------------------- */

static struct elf_file *open_same(const char *path, const struct mapping *m) {
    struct stat st;
    if (stat(path, &st) != 0 || st.st_ino != m->inode)
        return NULL;
    return elf_file_open(NULL, path, NULL);
}

/* The mapped file itself: below the process's root, by our own path (the process may be gone), or, when it was deleted or
 * replaced, through the mapping. */
static struct elf_file *open_mapped(struct arena *a, const struct process *p, const struct mapping *m) {
    struct elf_file *f = open_same(arena_printf(a, "/proc/%d/root%s", (int)p->pid, m->path), m);
    if (!f)
        f = open_same(m->path, m);
    if (!f)
        f = elf_file_open(
            NULL,
            arena_printf(a, "/proc/%d/map_files/%lx-%lx", (int)p->pid, (unsigned long)m->start, (unsigned long)m->end),
            NULL);
    return f;
}

/* The vdso is the same in every process of our kind: read from our own memory. */
static struct object *vdso_object(struct symbols *s) {
    struct processes *ps = s->processes;
    if (ps->vdso)
        return ps->vdso;
    ps->vdso = ARENA_NEW(s->arena, struct object);
    ps->vdso->path = "[vdso]";
    struct process self = { .pid = getpid() };
    uint64_t base = getauxval(AT_SYSINFO_EHDR);
    if (!base || !read_mappings(&self))
        return ps->vdso;
    const struct mapping *m = mapping_at(&self, base);
    if (m) {
        size_t size = m->end - m->start;
        void *copy = arena_alloc(s->arena, size);
        memcpy(copy, (const void *)(uintptr_t)base, size);
        ps->vdso->elf = elf_open_memory(copy, size);
    }
    arena_free(self.arena);
    return ps->vdso;
}

static struct object *object_of(struct symbols *s, const struct process *p, struct mapping *m) {
    if (m->object)
        return m->object;
    if (!strcmp(m->path, "[vdso]"))
        return m->object = vdso_object(s);
    if (m->path[0] != '/' || !m->inode)
        return NULL;
    char key[64];
    snprintf(key, sizeof key, "%lx:%lu", (unsigned long)m->dev, (unsigned long)m->inode);
    m->object = hmap_get(&s->processes->by_inode, key);
    if (!m->object) {
        m->object = ARENA_NEW(s->arena, struct object);
        m->object->path = arena_strdup(s->arena, m->path);
        m->object->elf = open_mapped(s->arena, p, m);
        hmap_put(&s->processes->by_inode, key, m->object);
    }
    return m->object;
}

/* ---- processes ------------------------------------------------------------------------------- */

static void processes_open(struct symbols *s) {
    if (s->processes)
        return;
    s->processes = ARENA_NEW(s->arena, struct processes);
    hmap_init(&s->processes->by_pid, s->arena);
    hmap_init(&s->processes->by_inode, s->arena);
}

static struct process *process_get(struct symbols *s, pid_t pid) {
    processes_open(s);
    char key[16];
    snprintf(key, sizeof key, "%d", (int)pid);
    struct process *p = hmap_get(&s->processes->by_pid, key);
    if (!p) {
        p = ARENA_NEW(s->arena, struct process);
        p->pid = pid;
        hmap_put(&s->processes->by_pid, key, p);
        read_mappings(p);
    } else if (!p->is_gone && now_ms() - p->read_ms > MAPS_AGE_MS) {
        read_mappings(p);
    }
    return p;
}

/* Called when new code of the process was seen at work: what was read a moment ago may miss a library. */
void symbols_remember(struct symbols *s, pid_t pid) {
    struct process *p = process_get(s, pid);
    if (!p->is_gone && now_ms() - p->read_ms > REMEMBER_AGE_MS)
        read_mappings(p);
    for (VEC_EACH(m, &p->maps))
        object_of(s, p, m);
}

void processes_free(struct processes *ps) {
    if (!ps)
        return;
    for (size_t i = 0; i < ps->by_pid.n; i++) {
        struct process *p = ps->by_pid.entries[i].value;
        arena_free(p->arena);
        perf_map_free(p->jit);
    }
    for (size_t i = 0; i < ps->by_inode.n; i++)
        elf_file_close(((struct object *)ps->by_inode.entries[i].value)->elf);
    if (ps->vdso)
        elf_file_close(ps->vdso->elf);
}

/* ---- lookup ---------------------------------------------------------------------------------- */

static bool name_in_file(struct symbols *s, struct elf_file *f, uint64_t offset, struct symbol *out) {
    struct elf_symbol sym;
    if (!f || !elf_at(f, offset, &sym))
        return false;
    out->name = symbol_demangled(s, sym.name);
    out->offset = offset - sym.offset;
    return true;
}

/* Code without a file: what a JIT compiler says about itself in /tmp/perf-PID.map. */
static bool name_of_jit(struct symbols *s, struct process *p, uint64_t addr, struct symbol *out) {
    if (!p->has_jit && !p->is_gone) {
        p->has_jit = true;
        p->jit = perf_map_load(p->pid);
    }
    return p->jit && perf_map_at(p->jit, s->arena, addr, out);
}

/* A process that is gone and that we never saw: only a file that is not relocated tells anything by its addresses. */
static struct symbol name_by_exe(struct symbols *s, const char *exe, uint64_t addr) {
    struct symbol out = { 0 };
    struct elf_file *f = exe ? elf_open_cached(s, exe) : NULL;
    uint64_t offset;
    if (f && !elf_is_relocated(f) && elf_offset(f, addr, &offset) && name_in_file(s, f, offset, &out))
        out.module = exe;
    return out;
}

struct symbol symbols_user(struct symbols *s, pid_t pid, const char *exe, uint64_t addr) {
    struct process *p = process_get(s, pid);
    struct mapping *m = mapping_at(p, addr);
    if (!m && !p->is_gone && read_mappings(p))
        m = mapping_at(p, addr);
    if (!m)
        return p->is_gone && !p->maps.n ? name_by_exe(s, exe, addr) : (struct symbol){ 0 };
    struct symbol out = { 0 };
    struct object *o = object_of(s, p, m);
    if (o) {
        out.module = o->path;
        uint64_t offset = addr - m->start + m->offset;
        if (o == s->processes->vdso)
            offset = addr - m->start;
        name_in_file(s, o->elf, offset, &out);
    } else if (name_of_jit(s, p, addr, &out)) {
        out.module = m->path;
    }
    return out;
}

struct symbol symbols_in_file(struct symbols *s, const char *path, uint64_t offset) {
    struct symbol out = { 0 };
    processes_open(s);
    if (name_in_file(s, elf_open_cached(s, path), offset, &out))
        out.module = path;
    return out;
}

struct elf_file *elf_open_cached(struct symbols *s, const char *path) {
    struct stat st;
    if (stat(path, &st) != 0)
        return NULL;
    char key[64];
    snprintf(key, sizeof key, "%lx:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
    struct object *o = hmap_get(&s->processes->by_inode, key);
    if (!o) {
        o = ARENA_NEW(s->arena, struct object);
        o->path = arena_strdup(s->arena, path);
        o->elf = elf_file_open(NULL, path, NULL);
        hmap_put(&s->processes->by_inode, key, o);
    }
    return o->elf;
}
