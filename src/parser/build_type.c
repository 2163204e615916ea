/* Builders of written types. */
#include "parser/parse.h"

struct type_spec *build_spec(struct parse *p, int base, const char *name, struct node *operand) {
    struct type_spec *spec = ARENA_NEW(p->arena, struct type_spec);
    spec->base = (typeof(spec->base))base;
    spec->name = name;
    spec->operand = operand;
    return spec;
}

/* The list grows by doubling: its capacity is the next power of two. */
void build_suffix(struct parse *p, struct type_spec *spec, bool is_pointer, bool has_count, uint64_t count) {
    size_t n = spec->nsuffixes;
    if ((n & (n - 1)) == 0) {
        struct type_suffix *grown = ARENA_ARRAY(p->arena, struct type_suffix, n ? 2 * n : 1);
        for (size_t i = 0; i < n; i++)
            grown[i] = spec->suffixes[i];
        spec->suffixes = grown;
    }
    spec->suffixes[spec->nsuffixes++] = (struct type_suffix){ is_pointer, has_count, count };
}

struct node *build_type(struct parse *p, struct span at, struct type_spec *spec) {
    struct node *n = node_new(p->arena, N_TYPE, at);
    n->tspec.spec = spec;
    return build_done(p, n);
}
