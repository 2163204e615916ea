/* Text of values, and of map keys (reference §17.1). One function a shape; the style says whether blanks are wanted. */
#include <string.h>

#include "output/show.h"

struct shower {
    struct strbuf *out;
    const struct resolver *r;
    struct style style;
};

static void show(const struct shower *s, const struct type *t, const void *data);

static void separator(const struct shower *s, bool *is_first) {
    if (!*is_first)
        strbuf_add(s->out, ", ", s->style.compact ? 1 : 2);
    *is_first = false;
}

static void show_integer(const struct shower *s, const struct type *t, const void *data) {
    uint64_t v = divide(load_scalar(t, data), t->is_signed, s->style.div);
    if (s->style.plus && t->is_signed && (int64_t)v >= 0)
        strbuf_addc(s->out, '+');
    show_int(s->out, v, t->is_signed);
}

static void show_enum(const struct shower *s, const struct type *t, uint64_t v) {
    const char *name = type_enumerator(t, v);
    if (!name && t->size < 8) /* negative enumerators are kept as 64 bits */
        name = type_enumerator(t, load_extended(&v, t->size, true));
    if (name)
        strbuf_adds(s->out, name);
    else
        strbuf_addu(s->out, v);
}

static void show_chars(const struct shower *s, const struct type *t, const void *data) {
    size_t len;
    bool is_cut = string_extent(s->r, t, data, &len);
    strbuf_add(s->out, data, len);
    if (is_cut && s->r->trunc_trailer)
        strbuf_adds(s->out, s->r->trunc_trailer);
}

static void show_array(const struct shower *s, const struct type *t, const void *data) {
    if (is_char_array(t)) {
        show_chars(s, t, data);
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

static void show_bitfield(const struct shower *s, const struct field *f, const void *base) {
    uint64_t v = load_bitfield(f, base);
    if (f->type->kind == TY_ENUM)
        show_enum(s, f->type, v);
    else if (f->type->kind == TY_BOOL)
        strbuf_adds(s->out, v ? "true" : "false");
    else
        strbuf_addu(s->out, divide(v, false, s->style.div));
}

/* Members of anonymous structs and unions count as the outer one's own. */
static void show_members(const struct shower *s, const struct type *t, const void *data, bool *is_first) {
    for (const struct field *f = t->fields; f != t->fields + t->nfields; f++) {
        const char *at = (const char *)data + f->offset;
        bool is_anonymous = !f->name || !*f->name;
        if (is_anonymous && f->type->kind == TY_STRUCT)
            show_members(s, f->type, at, is_first);
        if (is_anonymous || f->is_common)
            continue;
        separator(s, is_first);
        strbuf_addc(s->out, '.');
        strbuf_adds(s->out, f->name);
        strbuf_adds(s->out, s->style.compact ? "=" : " = ");
        if (f->bit_size)
            show_bitfield(s, f, data);
        else
            show(s, f->type, at);
    }
}

static void show_struct(const struct shower *s, const struct type *t, const void *data) {
    bool is_first = true;
    strbuf_add(s->out, "{ ", s->style.compact ? 1 : 2);
    show_members(s, t, data, &is_first);
    strbuf_adds(s->out, s->style.compact ? "}" : is_first ? "}" : " }");
}

static void show_parts(const struct shower *s, const struct type *t, const void *data) {
    bool is_first = true;
    for (uint32_t i = 0; i < t->nfields; i++) {
        separator(s, &is_first);
        show(s, t->fields[i].type, (const char *)data + t->fields[i].offset);
    }
}

static void show_tuple(const struct shower *s, const struct type *t, const void *data) {
    strbuf_addc(s->out, '(');
    show_parts(s, t, data);
    strbuf_addc(s->out, ')');
}

static void drop_blanks(struct strbuf *out, size_t from) {
    size_t to = from;
    for (size_t i = from; i < out->len; i++)
        if (out->s[i] != ' ')
            out->s[to++] = out->s[i];
    out->len = to;
    if (out->s)
        out->s[to] = '\0';
}

/* User stacks are the larger ones: kernel stacks are only as long as the common part. */
static void show_stack(const struct shower *s, const struct type *t, const void *data) {
    struct stack_value v = { 0 };
    memcpy(&v, data, t->size < sizeof v ? t->size : sizeof v);
    size_t start = s->out->len;
    s->r->stack(s->r->ctx, s->out, t, &v, s->style.compact ? 0 : 8);
    if (s->style.compact)
        drop_blanks(s->out, start);
}

/* Values whose text only the runtime knows. */
static void show_opaque(const struct shower *s, const struct type *t, const void *data) {
    struct usym_value usym = { 0 };
    struct timestamp_value timestamp = { 0 };
    struct cgroup_path_value cgroup = { 0 };
    void *ctx = s->r->ctx;
    if (t->kind == TY_KSYM) {
        s->r->ksym(ctx, s->out, load_unsigned(data, 8));
    } else if (t->kind == TY_USERNAME) {
        s->r->username(ctx, s->out, load_unsigned(data, 8));
    } else if (t->kind == TY_USYM) {
        memcpy(&usym, data, sizeof usym);
        s->r->usym(ctx, s->out, &usym);
    } else if (t->kind == TY_TIMESTAMP) {
        memcpy(&timestamp, data, sizeof timestamp);
        s->r->timestamp(ctx, s->out, &timestamp);
    } else {
        memcpy(&cgroup, data, sizeof cgroup);
        s->r->cgroup_path(ctx, s->out, &cgroup);
    }
}

static void show(const struct shower *s, const struct type *t, const void *data) {
    switch (t->kind) {
    case TY_BOOL: strbuf_adds(s->out, load_unsigned(data, 1) ? "true" : "false"); break;
    case TY_INT: show_integer(s, t, data); break;
    case TY_ENUM: show_enum(s, t, load_scalar(t, data)); break;
    case TY_PTR: show_hex(s->out, load_scalar(t, data)); break;
    case TY_ARRAY: show_array(s, t, data); break;
    case TY_STRUCT:
    case TY_RECORD: show_struct(s, t, data); break;
    case TY_TUPLE: show_tuple(s, t, data); break;
    case TY_STRING: show_chars(s, t, data); break;
    case TY_BUFFER: show_bytes(s->out, buffer_bytes(t, data)); break;
    case TY_KSTACK:
    case TY_USTACK: show_stack(s, t, data); break;
    case TY_KSYM:
    case TY_USYM:
    case TY_USERNAME:
    case TY_TIMESTAMP:
    case TY_CGROUP_PATH: show_opaque(s, t, data); break;
    case TY_INET: show_inet(s->out, data); break;
    case TY_MAC: show_mac(s->out, data); break;
    case TY_COUNT:
    case TY_SUM:
    case TY_MIN:
    case TY_MAX:
    case TY_AVG:
    case TY_STATS:
    case TY_QUANTILE:
    case TY_DISTINCT: show_aggregation(s->out, t, data, s->style.div, false); break;
    case TY_FLOAT:
    case TY_NONE: strbuf_adds(s->out, "null"); break;
    case TY_POISON: /* these are no values */
    case TY_TSMODE:
    case TY_HIST:
    case TY_LHIST:
    case TY_TSERIES:
    case TY_NKINDS: break;
    }
}

void show_styled(struct strbuf *out, const struct resolver *r, const struct type *t, const void *data,
                 const struct style *style) {
    show(&(struct shower){ out, r, *style }, t, data);
}

void show_value(struct strbuf *out, const struct resolver *r, const struct type *t, const void *data) {
    show(&(struct shower){ out, r, { .div = 1 } }, t, data);
}

/* A key of several parts has lost its parentheses. */
void show_key(struct strbuf *out, const struct resolver *r, const struct type *t, const void *data, bool json) {
    struct strbuf text = { 0 };
    struct shower s = { json ? &text : out, r, { .compact = json, .div = 1 } };
    if (t->kind == TY_TUPLE)
        show_parts(&s, t, data);
    else
        show(&s, t, data);
    if (json)
        json_string(out, strbuf_str(&text), text.len);
    strbuf_free(&text);
}
