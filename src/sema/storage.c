/* Where maps live, and the layout of the globals area:
 *
 *     words of the runtime's | scalar values, each followed by its set flag | per-CPU slots, in cache lines
 *
 * Losses are added behind by codegen. A keyless map costs no lookup this way. */
#include "sema/state.h"

#include <string.h>

enum {
    CACHE_LINE = 64,
    MAX_PERCPU_VALUE = 32 << 10, /* of the kernel's per-CPU hash tables */
    MAX_GLOBALS = 1 << 28,
};

static uint64_t round_up(uint64_t n, uint64_t to) { return (n + to - 1) / to * to; }

static uint64_t reserve(struct program *p, uint64_t size, uint64_t align) {
    uint64_t at = round_up(p->globals_size, align);
    p->globals_size = at + size;
    return at;
}

static uint32_t cell_size(const struct type *t) {
    const struct map_kind *k = map_kind_of(t);
    return (uint32_t)round_up(k ? k->cell_size(t) : t->size, 8);
}

/* Time series and histograms of many parts can be larger than the kernel lets a value be. */
static void check_cell(struct sema *s, const struct map_info *m) {
    uint64_t size = m->key ? m->cell_size : (uint64_t)m->cell_size * s->program->ncpus;
    uint64_t most = m->key ? MAX_PERCPU_VALUE : MAX_GLOBALS;
    if (!type_is_agg(m->value) || size <= most)
        return;
    struct diagnostic *g =
        diag_error(s->diag, D_LIMIT, ((const struct map_entry *)m)->first_write,
                   "A value of %s takes %llu bytes, more than the %llu that the kernel allows", m->name,
                   (unsigned long long)size, (unsigned long long)most);
    if (m->value->kind == TY_TSERIES)
        diag_hint(s->diag, g, "at most %llu intervals fit",
                  (unsigned long long)(most / (m->cell_size / (uint64_t)m->value->max) / (size / m->cell_size)));
}

static void store_keyed(struct sema *s, struct map_info *m) {
    bool lru = m->declared_kind && strstr(m->declared_kind, "lru");
    if (map_is_array(m))
        return;
    if (type_is_agg(m->value))
        m->storage = lru ? MAP_PERCPU_LRU_HASH : MAP_PERCPU_HASH;
    else
        m->storage = lru ? MAP_LRU_HASH : MAP_HASH;
    if (!m->is_declared)
        m->max_entries =
            s->program->config.max_map_keys > UINT32_MAX ? UINT32_MAX : (uint32_t)s->program->config.max_map_keys;
}

static void store_scalar(struct program *p, struct map_info *m) {
    m->storage = type_is_agg(m->value) ? MAP_GLOBAL_PERCPU : MAP_GLOBAL;
    m->set_offset = m->cell_size;
    if (m->storage == MAP_GLOBAL) {
        m->offset = reserve(p, m->cell_size + 8ull, 8);
        return;
    }
    m->stride = round_up(m->cell_size + 8ull, CACHE_LINE);
    m->offset = reserve(p, m->stride * p->ncpus, CACHE_LINE);
}

void lay_out_maps(struct sema *s) {
    struct program *p = s->program;
    reserve(p, 8, 8); /* offset 0 stands for "none" */
    p->start_ns_offset = reserve(p, 8, 8);
    p->cpid_offset = reserve(p, 8, 8);
    p->wall_offset = reserve(p, 8, 8);
    p->exit_offset = reserve(p, 8, 8);
    unsigned n = 0;
    for (VEC_EACH(it, &p->maps)) {
        struct map_info *m = *it;
        m->cell_size = cell_size(m->value);
        check_cell(s, m);
        if (m->key || map_is_sequence(m)) {
            if (m->key)
                store_keyed(s, m);
            m->symbol = arena_printf(s->arena, "m_%u", n);
        } else {
            store_scalar(p, m);
        }
        n++;
    }
}
