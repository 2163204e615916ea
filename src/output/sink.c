/* Where output goes: gathered in one buffer, written in large blocks.
 *
 * In line mode complete lines are written at the end of each batch of events, so that a reader never waits for a line
 * that is there; what follows the last newline stays. */
#include "output/sink.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 16, HIGH_WATER = 1 << 20 };

const struct sink_ops *const sinks[] = { &sink_text, &sink_json, NULL };

const struct sink_ops *sink_find(const char *name) {
    for (size_t i = 0; sinks[i]; i++)
        if (strcmp(sinks[i]->name, name) == 0)
            return sinks[i];
    return NULL;
}

static bool write_all(int fd, const char *data, size_t len) {
    while (len) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* What cannot be written is dropped: the run is to end, not to fill memory. */
static void write_out(struct sink *s, size_t len) {
    if (len == 0)
        return;
    if (!s->write_failed && !write_all(s->fd, s->out.s, len))
        s->write_failed = true;
    s->out.len -= len;
    memmove(s->out.s, s->out.s + len, s->out.len + 1);
}

void sink_flush(struct sink *s, bool force) {
    if (force || s->buffering == BUFFER_NONE) {
        write_out(s, s->out.len);
    } else if (s->buffering == BUFFER_FULL) {
        write_out(s, s->out.len - s->out.len % BLOCK);
    } else if (s->out.len) {
        const char *newline = memrchr(s->out.s, '\n', s->out.len);
        write_out(s, newline ? (size_t)(newline - s->out.s) + 1 : 0);
    }
}

void sink_written(struct sink *s) {
    if (s->buffering == BUFFER_NONE || s->out.len >= HIGH_WATER)
        sink_flush(s, true);
}

void sink_free(struct sink *s) { strbuf_free(&s->out); }

/* Whoever reads both descriptors as one sees the order of events. */
void sink_notice(struct sink *s, const char *text, size_t len) {
    sink_flush(s, false);
    write_all(s->err_fd, text, len);
}

void sink_warn(struct sink *s, const char *fmt, ...) {
    if (s->no_warnings)
        return;
    struct strbuf text = { 0 };
    strbuf_adds(&text, s->color ? "\033[33mWARNING: " : "WARNING: ");
    va_list ap;
    va_start(ap, fmt);
    strbuf_vprintf(&text, fmt, ap);
    va_end(ap);
    strbuf_adds(&text, s->color ? "\033[0m\n" : "\n");
    sink_notice(s, text.s, text.len);
    strbuf_free(&text);
}

void sink_total_lost(struct sink *s) {
    if (s->nlost)
        sink_warn(s, "Total lost event count: %llu", (unsigned long long)s->nlost);
}
