/* Reading maps: all entries in few system calls (BPF_MAP_LOOKUP_BATCH, Linux 5.6), folded over CPUs, ready to be shown.
 *
 * A snapshot's memory belongs to an arena of its own, gone when it has been printed: maps may have a million keys. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "maps/map_kind.h"
#include "runtime/rt.h"
#include "types/sketch.h"

static bool is_percpu(const struct map_info *m) {
    return m->storage == MAP_PERCPU_HASH || m->storage == MAP_PERCPU_LRU_HASH || m->storage == MAP_PERCPU_ARRAY;
}

struct drain {
    struct runtime *rt;
    const struct map_info *map;
    const struct map_kind *kind; /* NULL: plain values */
    struct arena *arena;
    int fd;
    size_t key_size, cell_size, value_size; /* value_size: of what the kernel gives, all CPUs */
    unsigned ncpus;
    VEC(struct map_entry) entries;
};

static size_t round8(size_t n) { return (n + 7) & ~(size_t)7; }

static bool drain_open(struct drain *d, struct runtime *rt, uint32_t map, struct arena *a) {
    const struct map_info *m = rt->program->maps.v[map];
    *d = (struct drain){ .rt = rt, .map = m, .arena = a, .fd = rt->map_fds[map], .kind = map_kind_of(m->value) };
    d->key_size = m->key ? m->key->size : 0;
    d->cell_size = m->cell_size;
    d->ncpus = is_percpu(m) ? (unsigned)libbpf_num_possible_cpus() : 1;
    d->value_size = is_percpu(m) ? round8(m->cell_size) * d->ncpus : m->cell_size;
    return d->fd >= 0 && (m->key || map_is_sequence(m));
}

/* Plain values of a per-CPU map: the CPUs' integers add up, of anything else the first that is not all zeros counts. */
static void fold_plain(struct drain *d, uint8_t *acc, const uint8_t *cell) {
    if (type_is_int(d->map->value) && d->map->value->size == 8) {
        uint64_t a, b;
        memcpy(&a, acc, 8);
        memcpy(&b, cell, 8);
        a += b;
        memcpy(acc, &a, 8);
        return;
    }
    for (size_t i = 0; i < d->cell_size; i++)
        if (acc[i])
            return;
    memcpy(acc, cell, d->cell_size);
}

/* Elements of arrays are always there; those that are zero count as absent. */
static bool is_unused(const struct drain *d, const uint8_t *value) {
    if (!map_is_array(d->map))
        return false;
    for (size_t i = 0; i < d->value_size; i++)
        if (value[i])
            return false;
    return true;
}

static void take(struct drain *d, const uint8_t *key, const uint8_t *value) {
    if (is_unused(d, value))
        return;
    size_t folded = sketch_folded_size(d->map->value, (uint32_t)d->cell_size);
    uint8_t *copy = arena_alloc(d->arena, round8(d->key_size) + folded), *acc = copy + round8(d->key_size);
    memcpy(copy, key, d->key_size);
    for (unsigned i = 0; i < d->ncpus; i++) {
        const uint8_t *cell = value + i * round8(d->cell_size);
        if (d->kind)
            d->kind->fold(d->map->value, acc, cell);
        else if (d->ncpus > 1)
            fold_plain(d, acc, cell);
        else
            memcpy(acc, cell, d->cell_size);
    }
    VEC_PUSH(d->arena, &d->entries, (struct map_entry){ copy, acc });
}

/* ---- batches ------------------------------------------------------------------------------- */

struct batch {
    uint32_t cap;
    uint8_t *keys, *values;
    uint64_t token[8]; /* the kernel's place between two calls: a bucket number, or a key for some maps */
};

static bool batch_alloc(struct batch *b, const struct drain *d, uint32_t cap) {
    free(b->keys);
    free(b->values);
    b->cap = cap;
    b->keys = calloc(cap, d->key_size);
    b->values = calloc(cap, d->value_size);
    if (!b->keys || !b->values)
        out_of_memory();
    return true;
}

/* Entries of about a megabyte at a time, at least 64. */
static uint32_t batch_size(const struct drain *d) {
    size_t n = (1 << 20) / (d->key_size + d->value_size);
    if (n > d->map->max_entries)
        n = d->map->max_entries;
    return n < 64 ? 64 : (uint32_t)n;
}

/* False when the kernel cannot do it for this map; then nothing has been taken. */
static bool drain_batches(struct drain *d) {
    struct batch b = { 0 };
    batch_alloc(&b, d, batch_size(d));
    LIBBPF_OPTS(bpf_map_batch_opts, opts);
    bool is_first = true, ok = true;
    for (;;) {
        uint32_t n = b.cap;
        int error = bpf_map_lookup_batch(d->fd, is_first ? NULL : b.token, b.token, b.keys, b.values, &n, &opts);
        if (error == -ENOSPC) { /* one bucket holds more than there is room for */
            batch_alloc(&b, d, b.cap * 2);
            continue;
        }
        if (error && error != -ENOENT) {
            ok = !is_first || error == -EFAULT;
            break;
        }
        for (uint32_t i = 0; i < n; i++)
            take(d, b.keys + i * d->key_size, b.values + i * d->value_size);
        if (error)
            break;
        is_first = false;
    }
    free(b.keys);
    free(b.values);
    return ok;
}

static void drain_one_by_one(struct drain *d) {
    uint8_t *keys = calloc(2, d->key_size), *value = calloc(1, d->value_size);
    if (!keys || !value)
        out_of_memory();
    uint8_t *next = keys, *last = NULL;
    /* A key that goes away meanwhile starts the kernel's walk again: the bound keeps this from going on for ever. */
    for (uint64_t i = 0; i < 4ull * d->map->max_entries + 16 && !bpf_map_get_next_key(d->fd, last, next); i++) {
        if (!bpf_map_lookup_elem(d->fd, next, value))
            take(d, next, value);
        last = next;
        next = next == keys ? keys + d->key_size : keys;
    }
    free(keys);
    free(value);
}

/* ---- queues and stacks --------------------------------------------------------------------- */

/* The kernel shows only the next value of these. So all are taken out, in the order that pop() gives them. */
static void drain_sequence(struct drain *d) {
    for (uint32_t i = 0; i < d->map->max_entries; i++) {
        uint8_t *value = arena_alloc(d->arena, d->cell_size);
        if (bpf_map_lookup_and_delete_elem(d->fd, NULL, value))
            break;
        VEC_PUSH(d->arena, &d->entries, (struct map_entry){ NULL, value });
    }
}

/* … and put back. What probes push or pop in between changes places with the rest; what no longer fits is counted. */
static void refill_sequence(struct runtime *rt, uint32_t map, const struct drain *d, const void *instead) {
    size_t n = d->entries.n;
    for (size_t i = 0; i < n; i++) {
        const struct map_entry *e = &d->entries.v[d->map->storage == MAP_LIFO ? n - 1 - i : i];
        if (bpf_map_update_elem(d->fd, NULL, instead ? instead : e->value, BPF_ANY))
            globals_count_loss(rt, LOSS_QUEUE_FULL, map);
    }
}

void map_drain(struct runtime *rt, uint32_t map, struct arena *a, struct map_snapshot *out) {
    const struct map_info *m = rt->program->maps.v[map];
    *out = (struct map_snapshot){ .map = m };
    if (map_in_globals(m)) {
        uint8_t *value = arena_alloc(a, sketch_folded_size(m->value, m->cell_size));
        out->entries = ARENA_NEW(a, struct map_entry);
        out->entries[0] = (struct map_entry){ NULL, value };
        out->n = globals_read(rt, m, value);
        return;
    }
    struct drain d;
    if (!drain_open(&d, rt, map, a))
        return;
    if (map_is_sequence(m)) {
        drain_sequence(&d);
        refill_sequence(rt, map, &d, NULL);
    } else if (!drain_batches(&d)) {
        drain_one_by_one(&d);
    }
    out->entries = d.entries.v;
    out->n = d.entries.n;
}

/* ---- clear, zero, print -------------------------------------------------------------------- */

/* Entries that come or go meanwhile are the script's own race. */
static void each_key(struct runtime *rt, uint32_t map, bool is_zero) {
    struct arena *a = arena_new();
    struct drain d;
    if (drain_open(&d, rt, map, a) && map_is_sequence(d.map)) {
        drain_sequence(&d);
        if (is_zero)
            refill_sequence(rt, map, &d, arena_alloc(a, d.cell_size));
    } else if (d.fd >= 0 && d.map->key) {
        if (!drain_batches(&d))
            drain_one_by_one(&d);
        void *zeros = arena_alloc(a, d.value_size);
        for (VEC_EACH(e, &d.entries)) {
            if (is_zero || map_is_array(d.map))
                bpf_map_update_elem(d.fd, e->key, zeros, BPF_EXIST);
            else
                bpf_map_delete_elem(d.fd, e->key);
        }
    }
    arena_free(a);
}

void runtime_clear_map(struct runtime *rt, uint32_t map) {
    if (map_in_globals(rt->program->maps.v[map]))
        globals_clear(rt, rt->program->maps.v[map], false);
    else
        each_key(rt, map, false);
}

void runtime_zero_map(struct runtime *rt, uint32_t map) {
    if (map_in_globals(rt->program->maps.v[map]))
        globals_clear(rt, rt->program->maps.v[map], true);
    else
        each_key(rt, map, true);
}

void runtime_print_map(struct runtime *rt, uint32_t map, uint64_t top, int64_t div) {
    struct arena *a = arena_new();
    struct map_snapshot m;
    map_drain(rt, map, a, &m);
    rt->sink.ops->map(&rt->sink, &m, top, div);
    arena_free(a);
}

static int by_name(const void *a, const void *b) {
    const struct map_snapshot *x = a, *y = b;
    return strcmp(x->map->name, y->map->name);
}

void print_all_maps(struct runtime *rt) {
    size_t n = rt->program->maps.n;
    struct arena *a = arena_new();
    struct map_snapshot *all = ARENA_ARRAY(a, struct map_snapshot, n);
    size_t used = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!rt->program->maps.v[i]->is_internal)
            map_drain(rt, i, a, &all[used++]);
    qsort(all, used, sizeof *all, by_name);
    for (size_t i = 0; i < used; i++)
        rt->sink.ops->map(&rt->sink, &all[i], 0, 0);
    arena_free(a);
}
