/* Maps of a script while it is carried out: lists of entries. */
#include "fuzz.h"

struct entry *map_find(const struct map *m, const struct val *key) {
    for (struct entry *e = m->entries; e; e = e->next)
        if (!m->key || val_equal(m->key, &e->key, key))
            return e;
    return NULL;
}

struct entry *map_get(struct fuzz *f, struct map *m, const struct val *key) {
    struct entry *e = map_find(m, key);
    if (e)
        return e;
    e = fuzz_alloc(f, sizeof *e);
    *e = (struct entry){ .key = *key, .next = m->entries };
    return m->entries = e;
}

void map_delete(struct map *m, const struct val *key) {
    for (struct entry **e = &m->entries; *e; e = &(*e)->next)
        if (!m->key || val_equal(m->key, &(*e)->key, key)) {
            *e = (*e)->next;
            return;
        }
}

void map_aggregate(struct fuzz *f, struct map *m, const struct val *key, uint64_t v) {
    struct entry *e = map_get(f, m, key);
    bool less = m->value->is_signed ? (int64_t)v < (int64_t)e->value.i : v < e->value.i;
    bool more = m->value->is_signed ? (int64_t)v > (int64_t)e->value.i : v > e->value.i;
    switch (m->agg) {
    case A_NONE:
    case A_COUNT: break;
    case A_SUM:
    case A_AVG:
    case A_STATS: e->value.i += v; break;
    case A_MIN:
        if (!e->n || less)
            e->value.i = v;
        break;
    case A_MAX:
        if (!e->n || more)
            e->value.i = v;
        break;
    }
    e->n++;
}

uint64_t map_number(const struct map *m, const struct entry *e) {
    if (m->agg == A_COUNT)
        return e->n;
    if ((m->agg == A_AVG || m->agg == A_STATS) && e->n)
        return m->value->is_signed ? (uint64_t)((int64_t)e->value.i / (int64_t)e->n) : e->value.i / e->n;
    return e->value.i;
}

static void show_entry(const struct map *m, const struct entry *e, FILE *out) {
    fprintf(out, "@%s", m->name);
    if (m->key) {
        fputc('[', out);
        val_show_key(m->key, &e->key, out);
        fputc(']', out);
    }
    fputs(": ", out);
    struct val v = e->value;
    if (m->agg != A_NONE)
        v.i = map_number(m, e);
    if (m->agg == A_STATS) {
        fprintf(out, "{ .count = %llu, .average = ", (unsigned long long)e->n);
        val_show(m->value, &v, out);
        fputs(", .total = ", out);
        val_show(m->value, &e->value, out);
        fputs(" }", out);
    } else {
        val_show(m->value, &v, out);
    }
    fputc('\n', out);
}

void maps_show(const struct script *s, FILE *out) {
    for (unsigned i = 0; i < s->nmaps; i++) {
        for (const struct entry *e = s->maps[i]->entries; e; e = e->next)
            show_entry(s->maps[i], e, out);
        if (s->maps[i]->entries && s->maps[i]->key)
            fputc('\n', out);
    }
}
