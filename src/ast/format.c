/* The formatter's top level: items, lines, and comments, which are put back by their place in the source.
 *
 * A comment is written before the first thing behind it. It stays at the end of its line when it was at the end of a
 * line, and gets a line of its own otherwise, so none is ever lost, even from inside an expression. */
#include "ast/format.h"

#include <string.h>

size_t format_column(const struct format *f) {
    size_t n = f->out->len;
    while (n && f->out->s[n - 1] != '\n')
        n--;
    return f->out->len - n;
}

void format_newline(struct format *f) {
    strbuf_addc(f->out, '\n');
    strbuf_fill(f->out, ' ', f->indent);
}

static size_t count_newlines(const struct format *f, uint32_t lo, uint32_t hi) {
    size_t n = 0;
    const struct source *src = f->script->source;
    for (uint32_t i = lo; i < hi && i < src->len; i++)
        n += src->text[i] == '\n';
    return n;
}

static void trim_line(struct strbuf *out) {
    while (out->len && (out->s[out->len - 1] == ' ' || out->s[out->len - 1] == '\t'))
        out->len--;
    if (out->s)
        out->s[out->len] = '\0';
}

/* Ends the current line, keeps the blank lines that the source has between lo and hi. */
static void fresh_line(struct format *f, uint32_t lo, uint32_t hi) {
    if (!f->out->len)
        return;
    size_t newlines = count_newlines(f, lo, hi);
    for (size_t i = 1; i < newlines; i++)
        strbuf_addc(f->out, '\n');
    format_newline(f);
}

/* Block comments become line comments, without the stars in front of their lines. */
static void block_comment(struct format *f, const char *text) {
    bool first = true;
    while (*text) {
        size_t len = strcspn(text, "\n");
        const char *line = text, *end = text + len;
        text = *end ? end + 1 : end;
        bool has_star = false;
        while (line < end && (*line == ' ' || *line == '\t'))
            line++;
        while (line < end && *line == '*') {
            has_star = true;
            line++;
        }
        while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
            end--;
        if (line == end && (first || !*text))
            continue;
        if (!first)
            format_newline(f);
        first = false;
        strbuf_adds(f->out, has_star || line == end ? "//" : "// ");
        strbuf_add(f->out, line, (size_t)(end - line));
    }
    if (first)
        strbuf_adds(f->out, "//");
}

static void write_comment(struct format *f, const struct comment *c) {
    if (c->is_block) {
        block_comment(f, c->text);
        return;
    }
    strbuf_adds(f->out, "//");
    strbuf_adds(f->out, c->text);
    trim_line(f->out);
}

void format_lead(struct format *f, uint32_t lo) {
    if (!f->script) {
        if (f->out->len)
            format_newline(f);
        return;
    }
    bool ends_comment = false;
    while (f->next_comment < f->script->comments.n) {
        const struct comment *c = &f->script->comments.v[f->next_comment];
        if (c->span.lo >= lo)
            break;
        f->next_comment++;
        bool same_line = c->span.lo < f->last_end || !count_newlines(f, f->last_end, c->span.lo);
        if (same_line && f->out->len && !ends_comment)
            strbuf_addc(f->out, ' ');
        else
            fresh_line(f, f->last_end, c->span.lo);
        write_comment(f, c);
        ends_comment = true;
        if (c->span.hi > f->last_end)
            f->last_end = c->span.hi;
    }
    fresh_line(f, f->last_end, lo);
}

/* ---- top-level items ----------------------------------------------------------------------- */

static void item_body(struct format *f, const struct node *body) {
    format_lead(f, body->span.lo);
    format_block(f, body);
}

/* As written, positional parameters included. */
static void add_point(struct format *f, const struct attach_point *ap) {
    if (ap->span.src) {
        strbuf_add(f->out, ap->span.src->text + ap->span.lo, ap->span.hi - ap->span.lo);
        return;
    }
    strbuf_printf(f->out, "%s%s%s", ap->user_name ? ap->user_name : "", ap->user_name ? "=" : "", ap->text);
}

/* Attach points, predicate and body each start a line; blank lines between them go. */
static void next_part(struct format *f, uint32_t lo) {
    if (f->script && (f->next_comment >= f->script->comments.n || f->script->comments.v[f->next_comment].span.lo >= lo))
        f->last_end = lo;
    format_lead(f, lo);
}

static void probe(struct format *f, const struct node *n) {
    for (size_t i = 0; i < n->probe.points.n; i++) {
        const struct attach_point *ap = n->probe.points.v[i];
        if (i) {
            strbuf_addc(f->out, ',');
            next_part(f, ap->span.lo);
        }
        add_point(f, ap);
        f->last_end = ap->span.hi;
    }
    if (n->probe.predicate) {
        next_part(f, n->probe.predicate->span.lo);
        strbuf_addc(f->out, '/');
        format_expr(f, n->probe.predicate);
        strbuf_addc(f->out, '/');
        f->last_end = n->probe.predicate->span.hi;
    }
    next_part(f, n->probe.body->span.lo);
    format_block(f, n->probe.body);
}

static void macro(struct format *f, const struct node *n) {
    strbuf_printf(f->out, "macro %s(", n->macro.name);
    for (size_t i = 0; i < n->macro.nparams; i++)
        strbuf_printf(f->out, "%s%s%s", i ? ", " : "", n->macro.params[i].kind == MP_VAR ? "$" : "",
                      n->macro.params[i].name);
    strbuf_addc(f->out, ')');
    f->last_end = n->macro.body->span.lo;
    item_body(f, n->macro.body);
}

static void subprog(struct format *f, const struct node *n) {
    strbuf_printf(f->out, "fn %s(", n->subprog.name);
    for (size_t i = 0; i < n->subprog.nparams; i++) {
        strbuf_printf(f->out, "%s$%s : ", i ? ", " : "", n->subprog.params[i].var->var.name);
        format_expr(f, n->subprog.params[i].tspec);
    }
    strbuf_adds(f->out, ") : ");
    format_expr(f, n->subprog.ret);
    f->last_end = n->subprog.body->span.lo;
    item_body(f, n->subprog.body);
}

static void config(struct format *f, const struct node *n) {
    strbuf_adds(f->out, "config = {");
    f->indent += 2;
    for (size_t i = 0; i < n->config.n; i++) {
        const struct config_entry *e = &n->config.entries[i];
        if (!i && f->script)
            f->last_end = n->span.lo + (uint32_t)strcspn(f->script->source->text + n->span.lo, "{") + 1;
        format_lead(f, e->span.lo);
        strbuf_printf(f->out, "%s = ", e->key);
        format_expr(f, e->value);
        strbuf_addc(f->out, ';');
        f->last_end = e->span.hi;
    }
    f->indent -= 2;
    if (n->config.n && f->script)
        f->last_end = n->span.hi - 1;
    format_lead(f, n->span.hi - 1);
    strbuf_addc(f->out, '}');
}

static void cdef(struct format *f, const struct node *n) {
    size_t len = n->str.len;
    while (len && strchr(" \t\r\n", n->str.s[len - 1]))
        len--;
    strbuf_add(f->out, n->str.s, len);
    if (len && n->str.s[0] != '#' && n->str.s[len - 1] != ';')
        strbuf_addc(f->out, ';');
    /* comments inside are part of the text */
    while (f->script && f->next_comment < f->script->comments.n &&
           f->script->comments.v[f->next_comment].span.lo < n->span.hi)
        f->next_comment++;
}

static void item(struct format *f, const struct node *n) {
    if (n->kind == N_PROBE)
        probe(f, n);
    else if (n->kind == N_MACRO)
        macro(f, n);
    else if (n->kind == N_SUBPROG)
        subprog(f, n);
    else if (n->kind == N_CONFIG)
        config(f, n);
    else if (n->kind == N_CDEF)
        cdef(f, n);
    else if (n->kind == N_MAP_DECL)
        strbuf_printf(f->out, "let %s = %s(%llu);", n->mapdecl.name, n->mapdecl.kind,
                      (unsigned long long)n->mapdecl.max_entries);
    else
        format_stmt(f, n);
}

static uint32_t item_end(const struct node *n) { return n->kind == N_MACRO ? n->macro.body->span.hi : n->span.hi; }

void ast_format_script(struct strbuf *out, const struct script *s) {
    struct format f = { .out = out, .script = s };
    size_t start = out->len;
    if (s->shebang) {
        strbuf_adds(out, s->shebang);
        const char *eol = memchr(s->source->text, '!', s->source->len);
        f.last_end = eol ? (uint32_t)(eol - s->source->text + strcspn(eol, "\n")) : 0;
    }
    for (size_t i = 0; i < s->items.n; i++) {
        const struct node *n = s->items.v[i];
        format_lead(&f, n->span.lo);
        item(&f, n);
        f.last_end = item_end(n);
    }
    uint32_t end = (uint32_t)s->source->len;
    if (f.next_comment < s->comments.n)
        format_lead(&f, end + 1);
    while (out->len > start && strchr(" \n", out->s[out->len - 1]))
        out->s[--out->len] = '\0';
    if (out->len > start)
        strbuf_addc(out, '\n');
}

void ast_format(struct strbuf *out, const struct node *n) {
    struct format f = { .out = out, .is_flat = true };
    if (n->kind <= N_COMPTIME || (n->kind >= N_ASSIGN && n->kind <= N_RETURN))
        format_expr(&f, n);
    else
        item(&f, n);
}
