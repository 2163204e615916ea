/* JSON of values (reference §18). What has no form of its own in JSON is its text as a string. */
#include <string.h>

#include "output/show.h"

struct shower {
    struct strbuf *out;
    const struct resolver *r;
    const struct style *style;
};

static void show(const struct shower *s, const struct type *t, const void *data);

static void show_text(const struct shower *s, const struct type *t, const void *data) {
    struct strbuf text = { 0 };
    show_styled(&text, s->r, t, data, s->style);
    json_string(s->out, strbuf_str(&text), text.len);
    strbuf_free(&text);
}

static void show_array(const struct shower *s, const struct type *t, const void *data) {
    if (is_char_array(t)) {
        show_text(s, t, data);
        return;
    }
    strbuf_addc(s->out, '[');
    for (uint32_t i = 0; i < t->count; i++) {
        if (i)
            strbuf_addc(s->out, ',');
        show(s, t->elem, (const char *)data + (size_t)i * t->elem->size);
    }
    strbuf_addc(s->out, ']');
}

/* Bytes are signed here: that is what bpftrace's consumers have learnt to expect. */
static void show_buffer(const struct shower *s, const struct type *t, const void *data) {
    struct bytes b = buffer_bytes(t, data);
    strbuf_addc(s->out, '[');
    for (size_t i = 0; i < b.n; i++) {
        if (i)
            strbuf_addc(s->out, ',');
        strbuf_addi(s->out, (signed char)b.data[i]);
    }
    strbuf_addc(s->out, ']');
}

static void show_members(const struct shower *s, const struct type *t, const void *data, bool *is_first) {
    for (const struct field *f = t->fields; f != t->fields + t->nfields; f++) {
        const char *at = (const char *)data + f->offset;
        bool is_anonymous = !f->name || !*f->name;
        if (is_anonymous && f->type->kind == TY_STRUCT)
            show_members(s, f->type, at, is_first);
        if (is_anonymous || f->is_common)
            continue;
        if (!*is_first)
            strbuf_add(s->out, ", ", 2);
        *is_first = false;
        json_string(s->out, f->name, strlen(f->name));
        strbuf_add(s->out, ": ", 2);
        if (f->bit_size)
            json_int(s->out, divide(load_bitfield(f, data), false, s->style->div), false);
        else
            show(s, f->type, at);
    }
}

static void show_struct(const struct shower *s, const struct type *t, const void *data) {
    bool is_first = true;
    strbuf_addc(s->out, '{');
    show_members(s, t, data, &is_first);
    strbuf_addc(s->out, '}');
}

static void show_tuple(const struct shower *s, const struct type *t, const void *data) {
    strbuf_addc(s->out, '[');
    for (uint32_t i = 0; i < t->nfields; i++) {
        if (i)
            strbuf_addc(s->out, ',');
        show(s, t->fields[i].type, (const char *)data + t->fields[i].offset);
    }
    strbuf_addc(s->out, ']');
}

static void show(const struct shower *s, const struct type *t, const void *data) {
    switch (t->kind) {
    case TY_BOOL: strbuf_adds(s->out, load_unsigned(data, 1) ? "true" : "false"); break;
    case TY_INT: json_int(s->out, divide(load_scalar(t, data), t->is_signed, s->style->div), t->is_signed); break;
    case TY_ENUM:
    case TY_PTR: json_int(s->out, load_scalar(t, data), false); break;
    case TY_ARRAY: show_array(s, t, data); break;
    case TY_STRUCT:
    case TY_RECORD: show_struct(s, t, data); break;
    case TY_TUPLE: show_tuple(s, t, data); break;
    case TY_BUFFER: show_buffer(s, t, data); break;
    case TY_STRING:
    case TY_KSTACK:
    case TY_USTACK:
    case TY_KSYM:
    case TY_USYM:
    case TY_USERNAME:
    case TY_TIMESTAMP:
    case TY_CGROUP_PATH:
    case TY_INET:
    case TY_MAC: show_text(s, t, data); break;
    case TY_COUNT:
    case TY_SUM:
    case TY_MIN:
    case TY_MAX:
    case TY_AVG:
    case TY_STATS:
    case TY_QUANTILE:
    case TY_DISTINCT: show_aggregation(s->out, t, data, s->style->div, true); break;
    case TY_FLOAT:
    case TY_NONE:
    case TY_POISON: /* from here on: no values */
    case TY_TSMODE:
    case TY_HIST:
    case TY_LHIST:
    case TY_TSERIES:
    case TY_NKINDS: strbuf_adds(s->out, "null"); break;
    }
}

void show_json_styled(struct strbuf *out, const struct resolver *r, const struct type *t, const void *data,
                      const struct style *style) {
    show(&(struct shower){ out, r, style }, t, data);
}

void show_json(struct strbuf *out, const struct resolver *r, const struct type *t, const void *data) {
    show(&(struct shower){ out, r, &(struct style){ .div = 1 } }, t, data);
}
