/* Output for people (reference §17, §19): values and maps on one descriptor, notices on the other. */
#include <string.h>

#include "output/show.h"
#include "output/sink.h"

static void text_attached(struct sink *s, uint32_t nprobes) {
    struct strbuf line = { 0 };
    if (s->quiet)
        return;
    strbuf_printf(&line, "Attached %u probe%s\n", nprobes, nprobes == 1 ? "" : "s");
    sink_notice(s, line.s, line.len);
    strbuf_free(&line);
}

/* A newline follows what join() and system() ("syscall") give. */
static void text_text(struct sink *s, const char *type, const char *data, size_t len) {
    strbuf_add(&s->out, data, len);
    if (type[0] == 'j' || type[0] == 's')
        strbuf_addc(&s->out, '\n');
    sink_written(s);
}

static void text_value(struct sink *s, const struct type *t, const void *data) {
    show_value(&s->out, s->resolver, t, data);
    strbuf_addc(&s->out, '\n');
    sink_written(s);
}

static void text_map(struct sink *s, struct map_snapshot *m, uint64_t top, int64_t div) {
    if (map_is_sequence(m->map)) {
        if (m->n || !s->is_ended)
            map_sequence(&s->out, s->resolver, m, top, div, false);
        sink_written(s);
        return;
    }
    if (m->n == 0 && !m->map->key && !s->is_ended)
        map_zero(&s->out, s->resolver, m->map, false);
    for (size_t i = map_prepare(m, top); i < m->n; i += MAP_SLICE) {
        map_rows(&s->out, s->resolver, m, i, m->n - i < MAP_SLICE ? m->n : i + MAP_SLICE, div);
        sink_written(s);
    }
    sink_written(s);
}

/* "file:line:from-to: LEVEL: text", for messages without a place "LEVEL: text". */
static void add_header(struct strbuf *out, const struct event_site *site, const char *text, size_t len,
                       bool is_warning) {
    if (site->file && site->end_line > site->line)
        strbuf_printf(out, "%s:%u-%u: ", site->file, site->line, site->end_line);
    else if (site->file)
        strbuf_printf(out, "%s:%u:%u-%u: ", site->file, site->line, site->col, site->end_col);
    strbuf_adds(out, is_warning ? "WARNING: " : "ERROR: ");
    strbuf_add(out, text, len);
}

static void text_error(struct sink *s, const struct event_site *site, const char *text, size_t len, bool is_warning,
                       int retcode) {
    struct strbuf out = { 0 };
    if (is_warning && s->no_warnings)
        return;
    if (len && text[len - 1] == '\n')
        len--;
    if (s->color)
        strbuf_adds(&out, is_warning ? "\033[33m" : "\033[31m");
    add_header(&out, site, text, len, is_warning);
    if (site->helper)
        strbuf_printf(&out, "\nAdditional Info - helper: %s, retcode: %d", site->helper, retcode);
    strbuf_adds(&out, s->color ? "\033[0m\n" : "\n");
    if (site->excerpt)
        strbuf_adds(&out, site->excerpt);
    if (site->expansions)
        strbuf_adds(&out, site->expansions);
    sink_notice(s, out.s, out.len);
    strbuf_free(&out);
}

static void text_lost(struct sink *s, uint64_t events) {
    struct strbuf line = { 0 };
    s->nlost += events;
    strbuf_printf(&line, "Lost %llu events\n", (unsigned long long)events);
    sink_notice(s, line.s, line.len);
    strbuf_free(&line);
}

/* What made an answer wrong, and where. Shown with -q as well: nothing is lost in silence. */
static void text_ledger(struct sink *s, const char *const *causes, const char *const *subjects, const uint64_t *counts,
                        size_t n) {
    struct strbuf block = { 0 };
    for (size_t i = 0; i < n; i++) {
        if (!counts[i])
            continue;
        strbuf_printf(&block, "sonde: %s: %llu time%s", causes[i], (unsigned long long)counts[i],
                      counts[i] == 1 ? "" : "s");
        if (subjects[i])
            strbuf_printf(&block, " (%s)", subjects[i]);
        strbuf_addc(&block, '\n');
    }
    if (block.len && !s->no_warnings)
        sink_notice(s, block.s, block.len);
    strbuf_free(&block);
}

static void text_end(struct sink *s) {
    sink_total_lost(s);
    s->is_ended = true;
    strbuf_add(&s->out, "\n\n", 2);
    sink_written(s);
}

const struct sink_ops sink_text = {
    .name = "text",
    .attached = text_attached,
    .text = text_text,
    .value = text_value,
    .map = text_map,
    .error = text_error,
    .lost = text_lost,
    .ledger = text_ledger,
    .end = text_end,
};
