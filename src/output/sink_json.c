/* Output for programs (reference §18): one JSON object a line, notices included. */
#include <string.h>

#include "output/show.h"
#include "output/sink.h"

static void open_line(struct sink *s, const char *type) {
    strbuf_adds(&s->out, "{\"type\": \"");
    strbuf_adds(&s->out, type);
    strbuf_addc(&s->out, '"');
}

static void add_string(struct sink *s, const char *name, const char *text, size_t len) {
    strbuf_adds(&s->out, ", \"");
    strbuf_adds(&s->out, name);
    strbuf_add(&s->out, "\": ", 3);
    json_string(&s->out, text, len);
}

static void add_number(struct sink *s, const char *name, int64_t v) {
    strbuf_adds(&s->out, ", \"");
    strbuf_adds(&s->out, name);
    strbuf_add(&s->out, "\": ", 3);
    json_int(&s->out, (uint64_t)v, true);
}

static void close_line(struct sink *s) {
    strbuf_add(&s->out, "}\n", 2);
    sink_written(s);
}

/* "count" is there twice: bpftrace once moved it into "data" and kept the old place. */
static void count_line(struct sink *s, const char *type, const char *name, uint64_t n) {
    open_line(s, type);
    add_number(s, "count", (int64_t)n);
    strbuf_adds(&s->out, ", \"data\": {\"");
    strbuf_adds(&s->out, name);
    strbuf_add(&s->out, "\": ", 3);
    json_int(&s->out, n, false);
    strbuf_addc(&s->out, '}');
    close_line(s);
}

static void json_attached(struct sink *s, uint32_t nprobes) {
    if (!s->quiet)
        count_line(s, "attached_probes", "probes", nprobes);
}

static void json_text(struct sink *s, const char *type, const char *data, size_t len) {
    open_line(s, type);
    add_string(s, "data", data, len);
    close_line(s);
}

static void json_value(struct sink *s, const struct type *t, const void *data) {
    open_line(s, "value");
    strbuf_adds(&s->out, ", \"data\": ");
    show_json(&s->out, s->resolver, t, data);
    close_line(s);
}

static bool is_average(const struct map_info *m) { return m->value->kind == TY_AVG || m->value->kind == TY_STATS; }

/* Averages are the only maps that show when empty; print() also gives the zero of a scalar one. */
static void empty_map(struct sink *s, const struct map_info *m) {
    if (!m->key && !s->is_ended) {
        map_zero(&s->out, s->resolver, m, true);
    } else if (is_average(m)) {
        map_json_open(&s->out, m);
        strbuf_adds(&s->out, m->key ? "" : "{}");
        map_json_close(&s->out, m);
    }
    sink_written(s);
}

static void json_map(struct sink *s, struct map_snapshot *m, uint64_t top, int64_t div) {
    if (map_is_sequence(m->map)) {
        if (m->n || !s->is_ended)
            map_sequence(&s->out, s->resolver, m, top, div, true);
        sink_written(s);
        return;
    }
    if (m->n == 0) {
        empty_map(s, m->map);
        return;
    }
    size_t from = map_prepare(m, top);
    map_json_open(&s->out, m->map);
    for (size_t i = from; i < m->n; i += MAP_SLICE) {
        map_json_rows(&s->out, s->resolver, m, i, m->n - i < MAP_SLICE ? m->n : i + MAP_SLICE, div, i == from);
        if (m->n - i > MAP_SLICE)
            sink_written(s);
    }
    map_json_close(&s->out, m->map);
    sink_written(s);
}

/* A helper's failure is told by its code; the site's own words are for people. */
static void json_error(struct sink *s, const struct event_site *site, const char *text, size_t len, bool is_warning,
                       int retcode) {
    if (is_warning && s->no_warnings)
        return;
    bool is_users = strcmp(site->call, "errorf") == 0 || strcmp(site->call, "warnf") == 0;
    open_line(s, site->helper ? "helper_error" : is_users ? site->call : "runtime_error");
    if (site->helper) {
        text = strerror(retcode < 0 ? -retcode : retcode);
        add_string(s, "msg", text, strlen(text));
        add_string(s, "helper", site->helper, strlen(site->helper));
        add_number(s, "retcode", retcode);
    } else {
        add_string(s, "msg", text, len);
    }
    if (site->file) {
        add_string(s, "filename", site->file, strlen(site->file));
        add_number(s, "line", site->line);
        add_number(s, "col", site->col);
    }
    close_line(s);
}

static void json_lost(struct sink *s, uint64_t events) {
    s->nlost += events;
    count_line(s, "lost_events", "events", events);
}

static void json_ledger(struct sink *s, const char *const *causes, const char *const *subjects, const uint64_t *counts,
                        size_t n) {
    bool is_open = false;
    for (size_t i = 0; i < n; i++) {
        if (!counts[i])
            continue;
        if (!is_open)
            open_line(s, "ledger");
        strbuf_adds(&s->out, is_open ? ",{\"cause\": " : ", \"data\": [{\"cause\": ");
        is_open = true;
        json_string(&s->out, causes[i], strlen(causes[i]));
        if (subjects[i])
            add_string(s, "subject", subjects[i], strlen(subjects[i]));
        add_number(s, "count", (int64_t)counts[i]);
        strbuf_addc(&s->out, '}');
    }
    if (is_open) {
        strbuf_addc(&s->out, ']');
        close_line(s);
    }
}

static void json_end(struct sink *s) {
    sink_total_lost(s);
    s->is_ended = true;
}

const struct sink_ops sink_json = {
    .name = "json",
    .attached = json_attached,
    .text = json_text,
    .value = json_value,
    .map = json_map,
    .error = json_error,
    .lost = json_lost,
    .ledger = json_ledger,
    .end = json_end,
};
