/* Time series: a chart with a row for each interval, and points of JSON (reference §17.5). Local time. */
#include <string.h>
#include <time.h>

#include "output/show.h"

enum { AXIS_WIDTH = 53 };

struct series {
    const struct type *type;
    const struct tseries_slot *slots;
    uint64_t first, last; /* numbers of intervals; first > last: nothing was recorded */
    uint64_t min, max;
    uint32_t npoints;
};

static bool is_below(const struct type *t, uint64_t a, uint64_t b) {
    return t->is_signed ? (int64_t)a < (int64_t)b : a < b;
}

static uint64_t interval_of(const struct series *s, const struct tseries_slot *slot) {
    return slot->time / (uint64_t)s->type->step;
}

/* The slot of an interval, NULL when nothing was recorded then. */
static const struct tseries_slot *slot_at(const struct series *s, uint64_t interval) {
    const struct tseries_slot *slot = &s->slots[interval % (uint64_t)s->type->max];
    return slot->n && interval_of(s, slot) == interval ? slot : NULL;
}

static uint64_t value_of(const struct series *s, const struct tseries_slot *slot) {
    if (s->type->bits != TSERIES_AVG)
        return slot->value;
    return s->type->is_signed ? (uint64_t)((int64_t)slot->value / (int64_t)slot->n) : slot->value / slot->n;
}

/* Which intervals are in the window that ends with the latest. */
static void find_window(struct series *s) {
    uint64_t n = (uint64_t)s->type->max;
    s->first = 1;
    for (uint64_t i = 0; i < n; i++)
        if (s->slots[i].n && interval_of(s, &s->slots[i]) > s->last)
            s->last = interval_of(s, &s->slots[i]);
    uint64_t lowest = s->last >= n ? s->last - n + 1 : 0;
    for (uint64_t i = s->last; s->last && i >= lowest && i; i--)
        if (slot_at(s, i))
            s->first = i;
}

static struct series measure(const struct type *t, const void *cell) {
    struct series s = { .type = t, .slots = cell };
    find_window(&s);
    for (uint64_t i = s.first; i <= s.last; i++) {
        const struct tseries_slot *slot = slot_at(&s, i);
        if (!slot)
            continue;
        uint64_t v = value_of(&s, slot);
        s.min = !s.npoints || is_below(t, v, s.min) ? v : s.min;
        s.max = !s.npoints || is_below(t, s.max, v) ? v : s.max;
        s.npoints++;
    }
    if (s.npoints && s.min == s.max) {
        s.min--;
        s.max++;
    }
    return s;
}

/* ---- text --------------------------------------------------------------------------------- */

struct time_form {
    const char *title;
    unsigned digits; /* of the fraction of a second */
    unsigned width;  /* of the title, in characters */
};

static struct time_form time_form(const struct series *s) {
    int64_t step = s->npoints == 1 ? 1 : s->type->step;
    if (step >= 1000000000)
        return (struct time_form){ "hh:mm:ss", 0, 8 };
    if (step >= 1000000)
        return (struct time_form){ "hh:mm:ss.ms", 3, 11 };
    if (step >= 1000)
        return (struct time_form){ "hh:mm:ss.μs", 6, 11 };
    return (struct time_form){ "hh:mm:ss.ns", 9, 11 };
}

static unsigned column_width(const struct time_form *f) { return f->digits ? 9 + f->digits : 8; }

/* Local time by a format of strftime, and `digits` of the fraction. */
static void add_time(struct strbuf *out, const char *format, uint64_t ns, unsigned digits) {
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm tm;
    char text[64];
    localtime_r(&seconds, &tm);
    strbuf_add(out, text, strftime(text, sizeof text, format, &tm));
    uint64_t fraction = ns % 1000000000;
    for (unsigned i = digits; i < 9; i++)
        fraction /= 10;
    if (digits)
        strbuf_printf(out, ".%0*llu", (int)digits, (unsigned long long)fraction);
}

/* Below or above the chart: both ends of the axis. */
static void add_ends(struct strbuf *out, const struct series *s, unsigned margin) {
    struct strbuf low = { 0 }, high = { 0 };
    show_int(&low, s->min, s->type->is_signed);
    show_int(&high, s->max, s->type->is_signed);
    strbuf_fill(out, ' ', margin);
    strbuf_add(out, strbuf_str(&low), low.len);
    if (low.len + high.len < AXIS_WIDTH)
        strbuf_fill(out, ' ', AXIS_WIDTH - low.len - high.len);
    strbuf_add(out, strbuf_str(&high), high.len);
    strbuf_addc(out, '\n');
    strbuf_free(&low);
    strbuf_free(&high);
}

static void add_border(struct strbuf *out, char end) {
    strbuf_addc(out, end);
    strbuf_fill(out, '_', AXIS_WIDTH - 2);
    strbuf_addc(out, end);
    strbuf_addc(out, '\n');
}

static size_t column_of(const struct series *s, uint64_t v) {
    return (size_t)((unsigned __int128)(v - s->min) * (AXIS_WIDTH - 1) / (s->max - s->min));
}

static void add_row(struct strbuf *out, const struct series *s, uint64_t interval, const struct time_form *form) {
    const struct tseries_slot *slot = slot_at(s, interval);
    char row[AXIS_WIDTH];
    memset(row, ' ', sizeof row);
    row[0] = row[AXIS_WIDTH - 1] = '|';
    if (s->type->is_signed && (int64_t)s->min < 0 && (int64_t)s->max > 0)
        row[column_of(s, 0)] = '.';
    if (slot)
        row[column_of(s, value_of(s, slot))] = '*';
    add_time(out, "%H:%M:%S", interval * (uint64_t)s->type->step, form->digits);
    strbuf_addc(out, ' ');
    strbuf_add(out, row, sizeof row);
    strbuf_addc(out, ' ');
    if (slot)
        show_int(out, value_of(s, slot), s->type->is_signed);
    else
        strbuf_addc(out, '-');
    strbuf_addc(out, '\n');
}

void show_tseries(struct strbuf *out, const struct type *t, const void *cell) {
    struct series s = measure(t, cell);
    if (!s.npoints) {
        strbuf_adds(out, "<no data>");
        return;
    }
    struct time_form form = time_form(&s);
    unsigned width = column_width(&form);
    add_ends(out, &s, width + 1);
    strbuf_adds(out, form.title);
    strbuf_fill(out, ' ', width - form.width + 1);
    add_border(out, '|');
    for (uint64_t i = s.first; i <= s.last; i++)
        add_row(out, &s, i, &form);
    strbuf_fill(out, ' ', width + 1);
    add_border(out, 'v');
    add_ends(out, &s, width + 1);
}

/* ---- JSON --------------------------------------------------------------------------------- */

void json_tseries(struct strbuf *out, const struct type *t, const void *cell) {
    struct series s = measure(t, cell);
    bool is_first = true;
    strbuf_addc(out, '[');
    for (uint64_t i = s.first; i <= s.last; i++) {
        const struct tseries_slot *slot = slot_at(&s, i);
        if (!slot)
            continue;
        strbuf_adds(out, is_first ? "{\"interval_start\":\"" : ",{\"interval_start\":\"");
        is_first = false;
        add_time(out, "%Y-%m-%d %H:%M:%S", i * (uint64_t)t->step, 9);
        strbuf_adds(out, "\",\"value\":");
        show_int(out, value_of(&s, slot), t->is_signed); /* never in quotes */
        strbuf_addc(out, '}');
    }
    strbuf_addc(out, ']');
}
