/* The globals area: the mmap'ed .bss of the object, where keyless maps, counters of losses and a few words for the
 * programs lie. Reading it costs no system call. */
#include <string.h>
#include <time.h>

#include "maps/map_kind.h"
#include "runtime/rt.h"
#include "types/sketch.h"

bool map_in_globals(const struct map_info *m) { return m->storage == MAP_GLOBAL || m->storage == MAP_GLOBAL_PERCPU; }

static uint32_t nslots(const struct runtime *rt, const struct map_info *m) {
    return m->storage == MAP_GLOBAL_PERCPU ? rt->program->ncpus : 1;
}

static uint8_t *slot(const struct runtime *rt, const struct map_info *m, uint32_t i) {
    return rt->globals + m->offset + i * m->stride;
}

/* BPF programs write these words while they are read here. */
static uint64_t load_word(const void *p) { return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED); }
static void store_word(void *p, uint64_t v) { __atomic_store_n((uint64_t *)p, v, __ATOMIC_RELAXED); }

void globals_start(struct runtime *rt) {
    const struct program *p = rt->program;
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    if (p->start_ns_offset)
        store_word(rt->globals + p->start_ns_offset, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
    if (p->wall_offset)
        store_word(rt->globals + p->wall_offset, (uint64_t)rt->boot_offset_ns);
    if (p->cpid_offset && rt->opt->child)
        store_word(rt->globals + p->cpid_offset, (uint64_t)child_pid(rt->opt->child));
}

bool globals_read(const struct runtime *rt, const struct map_info *m, void *out) {
    const struct map_kind *kind = map_kind_of(m->value);
    bool any = false;
    memset(out, 0, sketch_folded_size(m->value, m->cell_size));
    for (uint32_t i = 0; i < nslots(rt, m); i++) {
        const uint8_t *from = slot(rt, m, i);
        if (!load_word(from + m->set_offset))
            continue;
        any = true;
        if (kind)
            kind->fold(m->value, out, from);
        else
            memcpy(out, from, m->cell_size);
    }
    return any;
}

void globals_clear(struct runtime *rt, const struct map_info *m, bool keep_set) {
    for (uint32_t i = 0; i < nslots(rt, m); i++) {
        uint8_t *at = slot(rt, m, i);
        if (!keep_set)
            store_word(at + m->set_offset, 0);
        for (uint32_t k = 0; k < m->cell_size; k += 8)
            store_word(at + k, 0);
    }
}

/* ---- losses -------------------------------------------------------------------------------- */

/* A loss on this side, where the programs have a counter for it. */
void globals_count_loss(struct runtime *rt, enum loss_cause cause, uint32_t subject_index) {
    for (VEC_EACH(l, &rt->program->losses))
        if (l->cause == cause && l->subject == subject_index)
            store_word(rt->globals + l->offset, load_word(rt->globals + l->offset) + 1);
}

uint64_t globals_exit(const struct runtime *rt) {
    return rt->program->exit_offset ? load_word(rt->globals + rt->program->exit_offset) : 0;
}

uint64_t losses_of(const struct runtime *rt, enum loss_cause cause) {
    uint64_t sum = 0;
    for (VEC_EACH(l, &rt->program->losses))
        if (l->cause == cause)
            sum += load_word(rt->globals + l->offset);
    return sum;
}

static const char *subject(const struct program *p, const struct loss *l) {
    if (loss_is_of_map(l->cause))
        return l->subject < p->maps.n ? p->maps.v[l->subject]->name : NULL;
    if (l->subject >= p->progs.n)
        return NULL;
    const struct prog *prog = &p->progs.v[l->subject];
    return prog->nprobes ? p->probes.v[prog->first_probe].name : prog->function;
}

void report_losses(struct runtime *rt) {
    const struct program *p = rt->program;
    size_t n = 0;
    const char **causes = ARENA_ARRAY(rt->arena, const char *, p->losses.n);
    const char **subjects = ARENA_ARRAY(rt->arena, const char *, p->losses.n);
    uint64_t *counts = ARENA_ARRAY(rt->arena, uint64_t, p->losses.n);
    for (VEC_EACH(l, &p->losses)) {
        uint64_t count = load_word(rt->globals + l->offset);
        if (!count)
            continue;
        causes[n] = loss_cause_name(l->cause);
        subjects[n] = subject(p, l);
        counts[n++] = count;
    }
    rt->sink.ops->ledger(&rt->sink, causes, subjects, counts, n);
}
