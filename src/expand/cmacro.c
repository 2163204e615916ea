/* Object-like macros of the C preamble as values: `#define N (1 << 4)` makes N an identifier that stands for the parsed
 * expression. Names of builtins and of the language's own macros come first. */
#include "expand/expander.h"
#include "parser/parser.h"

#include <string.h>

static const char *text_of(struct expander *x, const char *name) {
    const struct expand_options *o = x->opt;
    bool is_hidden = (x->frame && x->frame->def->is_library) || (o->is_builtin && o->is_builtin(name));
    return o->c_macro && !is_hidden ? o->c_macro(o->ctx, name) : NULL;
}

static bool is_recursive(const struct expander *x, const char *name, unsigned *depth) {
    const struct c_frame *f = x->c_frame;
    *depth = 1;
    for (; f && strcmp(f->name, name) != 0; f = f->up)
        ++*depth;
    return f != NULL;
}

/* The tree of the text, or NULL when it is no expression. Errors within are only one error, at the use. */
static struct node *parse(struct expander *x, const char *name, const char *text) {
    struct source *src = source_new(x->arena, name, text, strlen(text));
    return parse_expression(x->arena, src, diag_new(x->arena));
}

/* The same for what only C understands: "((__force gfp_t)1)". */
static struct node *parse_value(struct expander *x, const char *name) {
    const char *text = x->opt->c_value ? x->opt->c_value(x->opt->ctx, name) : NULL;
    return text ? parse(x, name, text) : NULL;
}

void cmacro_expand(struct expander *x, struct node **place, node_fn *expand) {
    struct node *use = *place;
    const char *name = use->ident.name, *text = text_of(x, name);
    unsigned depth;
    if (!text)
        return;
    if (is_recursive(x, name, &depth) || depth > EXPAND_MAX_NESTING) {
        diag_error(x->diag, D_MACRO, use->span, "Macro recursion: %s", name);
        return;
    }
    struct node *value = parse(x, name, text);
    if (!value)
        value = parse_value(x, name);
    if (!value) {
        diag_error(x->diag, D_MACRO, use->span, "unable to expand macro as an expression: %s", text);
        return;
    }
    if (!expander_charge(x, use->span, value))
        return;
    struct span *from = ARENA_NEW(x->arena, struct span);
    *from = use->span;
    *place = node_clone(x->arena, value, from);
    struct c_frame frame = { name, x->c_frame };
    x->c_frame = &frame;
    expand(place, x);
    x->c_frame = frame.up;
}

/* sizeof(N) reads as the size of a type N. Where N is a macro that stands for a value, that is meant; one that stands
 * for a type parses as a name at most. */
void cmacro_operand(struct expander *x, struct node **place) {
    struct node *operand = *place;
    if (operand->kind != N_TYPE || operand->tspec.spec->base != TS_NAME || operand->tspec.spec->nsuffixes)
        return;
    const char *name = operand->tspec.spec->name, *text = text_of(x, name);
    struct node *value = text ? parse(x, name, text) : NULL;
    if (!value || value->kind == N_IDENT)
        return;
    *place = node_new(x->arena, N_IDENT, operand->span);
    (*place)->ident.name = name;
}
