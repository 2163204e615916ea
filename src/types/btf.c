/* BTF files: loading on first use, finding by name. A search by name goes through all types at first (0.2 to 1 ms);
 * who asks more often gets an index, which takes 5 ms to build. */
#include "types/btf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOKUPS_WITHOUT_INDEX = 12 };

static const char sysfs_btf[] = "/sys/kernel/btf";

static const char *btf_path(void) {
    const char *path = getenv("BPFTRACE_BTF");
    return path && path[0] ? path : NULL;
}

bool typedb_has_btf(struct typedb *db) {
    if (db->is_vmlinux_tried)
        return db->sources.n > 0;
    const char *path = btf_path();
    return access(path ? path : "/sys/kernel/btf/vmlinux", R_OK) == 0;
}

static void *zeroed(size_t n, size_t size) {
    void *p = calloc(n ? n : 1, size);
    if (!p)
        out_of_memory();
    return p;
}

static struct btf_source *add_source(struct typedb *db, struct btf *btf, const char *module) {
    struct btf_source *s = ARENA_NEW(db->arena, struct btf_source);
    s->btf = btf;
    s->module = module;
    s->first = db->sources.n ? db->sources.v[0]->end : 0;
    s->end = btf__type_cnt(btf);
    s->entries = zeroed(s->end - s->first, sizeof *s->entries);
    VEC_PUSH(db->arena, &db->sources, s);
    return s;
}

struct btf_source *btf_vmlinux(struct typedb *db) {
    if (!db->is_vmlinux_tried && typedb_has_btf(db)) {
        const char *path = btf_path();
        struct btf *btf = path ? btf__parse(path, NULL) : btf__load_vmlinux_btf();
        if (btf)
            add_source(db, btf, NULL);
    }
    db->is_vmlinux_tried = true;
    return db->sources.n ? db->sources.v[0] : NULL;
}

struct btf *typedb_vmlinux(struct typedb *db) {
    struct btf_source *s = btf_vmlinux(db);
    return s ? s->btf : NULL;
}

void btf_load_modules(struct typedb *db) {
    struct btf_source *base = btf_vmlinux(db);
    if (!base || db->are_modules_loaded)
        return;
    db->are_modules_loaded = true;
    DIR *dir = btf_path() ? NULL : opendir(sysfs_btf); /* another kernel's BTF does not fit this one's modules */
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (e->d_name[0] == '.' || strcmp(e->d_name, "vmlinux") == 0)
            continue;
        struct btf *btf = btf__load_module_btf(e->d_name, base->btf);
        if (btf)
            add_source(db, btf, arena_strdup(db->arena, e->d_name));
    }
    if (dir)
        closedir(dir);
}

void btf_close(struct typedb *db) {
    for (size_t i = db->sources.n; i-- > 0;) { /* modules before the base they refer to */
        struct btf_source *s = db->sources.v[i];
        btf__free(s->btf);
        free(s->entries);
        free(s->names.slots);
        free(s->enumerators.slots);
    }
    db->sources.n = 0;
}

const struct btf_type *btf_type_of(struct btf_ref r) { return btf__type_by_id(r.source->btf, r.id); }

const char *btf_name(struct btf_ref r, uint32_t name_off) {
    const char *name = btf__name_by_offset(r.source->btf, name_off);
    return name ? name : "";
}

/* ---- indexes ------------------------------------------------------------------------------ */

static bool is_enum(const struct btf_type *t) { return btf_is_enum(t) || btf_is_enum64(t); }

static uint32_t enumerator_name(const struct btf_type *t, uint32_t n) {
    return btf_is_enum(t) ? btf_enum(t)[n].name_off : btf_enum64(t)[n].name_off;
}

static const char *slot_name(const struct btf_source *s, const struct btf_index *x, struct btf_slot slot) {
    const struct btf_type *t = btf__type_by_id(s->btf, slot.id);
    return btf__name_by_offset(s->btf, x == &s->enumerators ? enumerator_name(t, slot.n) : t->name_off);
}

/* The first of several of the same name is found first: they were added in the order of their ids. */
static void index_add(struct btf_source *s, struct btf_index *x, struct btf_slot slot) {
    const char *name = slot_name(s, x, slot);
    if (!name || !name[0])
        return;
    size_t i = hash_bytes(name, strlen(name));
    while (x->slots[i & (x->size - 1)].id)
        i++;
    x->slots[i & (x->size - 1)] = slot;
}

static void index_alloc(struct btf_index *x, size_t nentries) {
    for (x->size = 64; x->size < nentries * 2;)
        x->size *= 2;
    x->slots = zeroed(x->size, sizeof *x->slots);
}

static void build_names(struct btf_source *s) {
    index_alloc(&s->names, s->end - s->first);
    for (uint32_t id = s->first ? s->first : 1; id < s->end; id++)
        index_add(s, &s->names, (struct btf_slot){ .id = id });
}

static void build_enumerators(struct btf_source *s) {
    size_t n = 0;
    for (uint32_t id = s->first ? s->first : 1; id < s->end; id++) {
        const struct btf_type *t = btf__type_by_id(s->btf, id);
        n += is_enum(t) ? btf_vlen(t) : 0;
    }
    index_alloc(&s->enumerators, n);
    for (uint32_t id = s->first ? s->first : 1; id < s->end; id++) {
        const struct btf_type *t = btf__type_by_id(s->btf, id);
        for (uint32_t i = 0; is_enum(t) && i < btf_vlen(t); i++)
            index_add(s, &s->enumerators, (struct btf_slot){ .id = id, .n = i });
    }
}

/* kind 0: any. */
static struct btf_slot index_find(const struct btf_source *s, const struct btf_index *x, const char *name,
                                  unsigned kind) {
    for (size_t i = hash_bytes(name, strlen(name));; i++) {
        struct btf_slot slot = x->slots[i & (x->size - 1)];
        if (!slot.id)
            return slot;
        if (kind && btf_kind(btf__type_by_id(s->btf, slot.id)) != kind)
            continue;
        if (strcmp(slot_name(s, x, slot), name) == 0)
            return slot;
    }
}

static uint32_t scan(const struct btf_source *s, const char *name, unsigned kind) {
    for (uint32_t id = s->first ? s->first : 1; id < s->end; id++) {
        const struct btf_type *t = btf__type_by_id(s->btf, id);
        if (btf_kind(t) == kind && strcmp(btf__name_by_offset(s->btf, t->name_off), name) == 0)
            return id;
    }
    return 0;
}

static uint32_t find_in(struct btf_source *s, const char *name, unsigned kind) {
    if (!s->names.size && s->nlookups++ >= LOOKUPS_WITHOUT_INDEX)
        build_names(s);
    return s->names.size ? index_find(s, &s->names, name, kind).id : scan(s, name, kind);
}

struct btf_ref btf_find(struct typedb *db, const char *name, unsigned kind) {
    if (!name[0])
        return (struct btf_ref){ 0 };
    btf_vmlinux(db);
    for (size_t i = 0; i < db->sources.n; i++) {
        uint32_t id = find_in(db->sources.v[i], name, kind);
        if (id)
            return (struct btf_ref){ db->sources.v[i], id };
        if (i == 0)
            btf_load_modules(db);
    }
    return (struct btf_ref){ 0 };
}

struct btf_ref btf_find_enumerator(struct typedb *db, const char *name, uint32_t *n) {
    btf_vmlinux(db);
    for (size_t i = 0; i < db->sources.n; i++) { /* modules only when something else needed them */
        struct btf_source *s = db->sources.v[i];
        if (!s->enumerators.size)
            build_enumerators(s);
        struct btf_slot slot = index_find(s, &s->enumerators, name, 0);
        *n = slot.n;
        if (slot.id)
            return (struct btf_ref){ s, slot.id };
    }
    return (struct btf_ref){ 0 };
}
