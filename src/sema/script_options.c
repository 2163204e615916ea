/* Options of the script's own: what follows "--" on the command line against what the calls of getopt ask for.
 *
 * Goes by the tree as it was written, so that options count that are asked for in places which are never typed. */
#include <string.h>

#include "sema/state.h"
#include "support/strbuf.h"

struct script_option {
    const char *name, *help;   /* help: NULL without */
    const struct node *preset; /* NULL: false */
};

struct collection {
    struct sema *s;
    VEC(struct script_option) options; /* in the order of the script */
};

static const struct node *argument(const struct node *call, uint32_t i) {
    return i < call->call.args.n ? call->call.args.v[i] : NULL;
}

static const struct node *without_sign(const struct node *n) {
    return n && n->kind == N_UNARY && n->unary.op == OP_NEG ? n->unary.operand : n;
}

/* Literals that mean the same; anything else is for the check of getopt to refuse. */
static bool same_preset(const struct node *a, const struct node *b) {
    if (!a || !b) {
        const struct node *other = a ? a : b;
        return !other || (other->kind == N_BOOL && !other->num.value);
    }
    bool is_negative = without_sign(a) != a;
    if (is_negative != (without_sign(b) != b) || without_sign(a)->kind != without_sign(b)->kind)
        return false;
    a = without_sign(a);
    b = without_sign(b);
    switch (a->kind == N_STR ? 1 : a->kind == N_INT || a->kind == N_BOOL ? 2 : 0) {
    case 1: return a->str.len == b->str.len && !memcmp(a->str.s, b->str.s, a->str.len);
    case 2: return a->num.value == b->num.value;
    }
    return true;
}

static const char *preset_text(struct sema *s, const struct node *preset) {
    const struct node *n = without_sign(preset);
    if (n && n->kind == N_STR)
        return n->str.s;
    if (n && n->kind == N_INT)
        return arena_printf(s->arena, "%s%llu", n == preset ? "" : "-", (unsigned long long)n->num.value);
    return n && n->kind == N_BOOL && n->num.value ? "true" : "false";
}

static struct script_option *find(struct collection *c, const char *name, size_t len) {
    for (VEC_EACH(o, &c->options))
        if (strlen(o->name) == len && !memcmp(o->name, name, len))
            return o;
    return NULL;
}

static void add(struct collection *c, const struct node *call) {
    const struct node *name = argument(call, 0), *preset = argument(call, 1), *help = argument(call, 2);
    const char *text = help && help->kind == N_STR ? help->str.s : NULL;
    struct script_option *o = find(c, name->str.s, name->str.len);
    if (!o) {
        VEC_PUSH(c->s->arena, &c->options, (struct script_option){ name->str.s, text, preset });
        return;
    }
    if (!same_preset(o->preset, preset))
        sema_error(c->s, call, D_PARAMETER,
                   "Command line option '%s' needs to have the same default value in all places it is used. Previous "
                   "default value: %s",
                   o->name, preset_text(c->s, o->preset));
    if (!o->help)
        o->help = text;
}

static bool collect(struct node *n, void *ctx) {
    if (n->kind == N_CALL && !strcmp(n->call.name, "getopt") && n->call.args.n && n->call.args.v[0]->kind == N_STR)
        add(ctx, n);
    return n->kind != N_MACRO;
}

/* "--name=value" → its name; `len` gets the length of that. */
static const char *word_name(const char *word, size_t *len) {
    word += strspn(word, "-");
    *len = strcspn(word, "=");
    return word;
}

static bool asks_for_help(struct sema *s) {
    for (const char *const *w = s->opt->named; w && *w; w++)
        if (!strcmp(*w, "--help"))
            return true;
    return false;
}

/* The words that nothing asks for, joined by commas; empty when there are none. */
static const char *unexpected(struct collection *c) {
    struct strbuf out = { 0 };
    size_t len;
    for (const char *const *w = c->s->opt->named; w && *w; w++) {
        const char *name = word_name(*w, &len);
        if (!find(c, name, len) && strcmp(*w, "--help") != 0)
            strbuf_printf(&out, "%s--%.*s", out.len ? ", " : "", (int)len, name);
    }
    return strbuf_finish(&out, c->s->arena);
}

/* One option a line, with its help. */
static const char *list(struct collection *c) {
    struct strbuf out = { 0 };
    if (!c->options.n)
        return "no custom program options defined.";
    strbuf_adds(&out, "expected program options:");
    for (VEC_EACH(o, &c->options))
        strbuf_printf(&out, o->help ? "\n--%s: %s" : "\n--%s", o->name, o->help);
    return strbuf_finish(&out, c->s->arena);
}

static const char *list_names(struct collection *c) {
    struct strbuf out = { 0 };
    if (!c->options.n)
        return list(c);
    strbuf_adds(&out, "expected program options: ");
    for (VEC_EACH(o, &c->options))
        strbuf_printf(&out, "%s--%s", o == c->options.v ? "" : ", ", o->name);
    return strbuf_finish(&out, c->s->arena);
}

void script_options_check(struct sema *s, const struct script *script) {
    struct collection c = { .s = s };
    for (VEC_EACH(item, &script->items))
        node_walk(*item, collect, &c);
    bool help = asks_for_help(s);
    const char *wrong = unexpected(&c);
    if (*wrong) {
        struct diagnostic *d =
            diag_error(s->diag, D_PARAMETER, (struct span){ 0 }, "unexpected program command line options: %s", wrong);
        diag_hint(s->diag, d, "%s", help ? list(&c) : list_names(&c));
    } else if (help) {
        diag_error(s->diag, D_PARAMETER, (struct span){ 0 }, "HINT: %s", list(&c))->is_verbatim = true;
    }
}
