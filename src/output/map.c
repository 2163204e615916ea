/* Maps as text and as JSON (reference §17.3, §18). */
#include <stdlib.h>
#include <string.h>

#include "output/show.h"
#include "types/sketch.h"

static bool is_hist(const struct type *t) { return t->kind == TY_HIST || t->kind == TY_LHIST; }

static bool is_average(const struct type *t) { return t->kind == TY_AVG || t->kind == TY_STATS; }

static bool is_stats(const struct type *t) { return is_average(t) || t->kind == TY_QUANTILE; }

size_t map_prepare(struct map_snapshot *m, uint64_t top) {
    if (!m->is_sorted) {
        m->by_key = map_is_array(m->map) && !top; /* the largest are asked for with `top` only */
        map_sort(m);
    }
    return top && top < m->n ? m->n - (size_t)top : 0;
}

/* ---- text --------------------------------------------------------------------------------- */

static void add_name(struct strbuf *out, const struct resolver *r, const struct map_info *m, const void *key) {
    strbuf_adds(out, m->name);
    if (m->key) {
        strbuf_addc(out, '[');
        show_key(out, r, m->key, key, false);
        strbuf_addc(out, ']');
    }
    strbuf_addc(out, ':');
}

static void add_histogram(struct strbuf *out, const struct type *t, const void *cell, int64_t div) {
    if (t->kind == TY_HIST)
        show_hist(out, t, cell, div);
    else
        show_lhist(out, t, cell, div);
}

void map_rows(struct strbuf *out, const struct resolver *r, const struct map_snapshot *m, size_t from, size_t to,
              int64_t div) {
    const struct type *t = m->map->value;
    struct style style = { .div = div ? div : 1 };
    for (size_t i = from; i < to; i++) {
        add_name(out, r, m->map, m->entries[i].key);
        if (is_hist(t)) {
            strbuf_addc(out, '\n');
            add_histogram(out, t, m->entries[i].value, style.div);
        } else if (t->kind == TY_TSERIES) {
            strbuf_addc(out, '\n');
            show_tseries(out, t, m->entries[i].value);
        } else {
            strbuf_addc(out, ' ');
            show_styled(out, r, t, m->entries[i].value, &style);
        }
        strbuf_addc(out, '\n');
    }
}

void map_sequence(struct strbuf *out, const struct resolver *r, const struct map_snapshot *m, uint64_t top, int64_t div,
                  bool json) {
    struct style style = { .div = div ? div : 1 };
    if (json) {
        map_json_open(out, m->map);
    } else {
        strbuf_adds(out, m->map->name);
        strbuf_add(out, ": ", 2);
    }
    strbuf_addc(out, '[');
    for (size_t i = 0; i < m->n && (!top || i < top); i++) {
        if (i)
            strbuf_add(out, ", ", 2);
        if (json)
            show_json_styled(out, r, m->map->value, m->entries[i].value, &style);
        else
            show_styled(out, r, m->map->value, m->entries[i].value, &style);
    }
    strbuf_addc(out, ']');
    if (json)
        map_json_close(out, m->map);
    else
        strbuf_addc(out, '\n');
}

/* A timestamp without a format has no text of its own. */
static void add_zero(struct strbuf *out, const struct resolver *r, const struct type *t, bool json) {
    if (t->kind == TY_TIMESTAMP) {
        strbuf_adds(out, json ? "\"(?)\"" : "(?)");
        return;
    }
    void *zeros = calloc(1, sketch_folded_size(t, t->size > 64 ? t->size : 64));
    if (!zeros)
        out_of_memory();
    if (json)
        show_json(out, r, t, zeros);
    else
        show_value(out, r, t, zeros);
    free(zeros);
}

void map_zero(struct strbuf *out, const struct resolver *r, const struct map_info *m, bool json) {
    if (is_hist(m->value) || m->value->kind == TY_TSERIES)
        return;
    if (json) {
        map_json_open(out, m);
        add_zero(out, r, m->value, true);
        map_json_close(out, m);
    } else {
        strbuf_adds(out, m->name);
        strbuf_add(out, ": ", 2);
        add_zero(out, r, m->value, false);
        strbuf_addc(out, '\n');
    }
}

void show_map(struct strbuf *out, const struct resolver *r, struct map_snapshot *m, uint64_t top, int64_t div) {
    if (map_is_sequence(m->map))
        map_sequence(out, r, m, top, div, false);
    else if (m->n == 0 && !m->map->key)
        map_zero(out, r, m->map, false);
    else
        map_rows(out, r, m, map_prepare(m, top), m->n, div);
}

/* ---- JSON --------------------------------------------------------------------------------- */

void map_json_open(struct strbuf *out, const struct map_info *m) {
    const struct type *t = m->value;
    const char *type = is_hist(t) ? "hist" : is_stats(t) ? "stats" : t->kind == TY_TSERIES ? "tseries" : "map";
    strbuf_adds(out, "{\"type\": \"");
    strbuf_adds(out, type);
    strbuf_adds(out, "\", \"data\": {");
    json_string(out, m->name, strlen(m->name));
    strbuf_adds(out, m->key ? ": {" : ": ");
}

void map_json_close(struct strbuf *out, const struct map_info *m) { strbuf_adds(out, m->key ? "}}}\n" : "}}\n"); }

void map_json_rows(struct strbuf *out, const struct resolver *r, const struct map_snapshot *m, size_t from, size_t to,
                   int64_t div, bool is_first) {
    const struct type *t = m->map->value;
    struct style style = { .div = div ? div : 1 };
    for (size_t i = from; i < to; i++) {
        if (!is_first)
            strbuf_add(out, ", ", 2);
        is_first = false;
        if (m->map->key) {
            show_key(out, r, m->map->key, m->entries[i].key, true);
            strbuf_add(out, ": ", 2);
        }
        if (is_hist(t))
            json_hist(out, t, m->entries[i].value, style.div);
        else if (t->kind == TY_TSERIES)
            json_tseries(out, t, m->entries[i].value);
        else
            show_json_styled(out, r, t, m->entries[i].value, &style);
    }
}

/* An empty map is no line, but for averages: those give an empty object when they have a key. */
void show_map_json(struct strbuf *out, const struct resolver *r, struct map_snapshot *m, uint64_t top, int64_t div) {
    if (map_is_sequence(m->map)) {
        map_sequence(out, r, m, top, div, true);
        return;
    }
    if (m->n == 0 && !m->map->key)
        map_zero(out, r, m->map, true);
    if (m->n == 0 && !(m->map->key && is_average(m->map->value)))
        return;
    size_t from = map_prepare(m, top);
    map_json_open(out, m->map);
    map_json_rows(out, r, m, from, m->n, div, true);
    map_json_close(out, m->map);
}
