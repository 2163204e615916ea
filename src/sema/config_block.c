/* The script's config block over the values given, the environment over both. */
#include "sema/state.h"

static const char *text_of(struct sema *s, const struct node *value) {
    switch ((int)value->kind) {
    case N_INT: return arena_printf(s->arena, "%llu", (unsigned long long)value->num.value);
    case N_BOOL: return value->num.value ? "true" : "false";
    case N_STR: return value->str.s;
    default: return value->ident.name;
    }
}

static void apply(struct sema *s, const struct config_entry *e) {
    struct config *c = &s->program->config;
    const char *warning;
    const char *error = config_set(c, s->arena, e->key, text_of(s, e->value), false, &warning);
    if (error)
        diag_error(s->diag, D_CONFIG, e->span, "%s", error);
    if (warning)
        diag_warn(s->diag, D_CONFIG, e->span, "%s", warning);
}

void config_block(struct sema *s, const struct script *script) {
    for (VEC_EACH(n, &script->items)) {
        if ((*n)->kind != N_CONFIG)
            continue;
        for (size_t i = 0; i < (*n)->config.n; i++)
            apply(s, &(*n)->config.entries[i]);
    }
    const char *error = config_from_env(&s->program->config, s->arena);
    if (error)
        diag_error(s->diag, D_CONFIG, (struct span){ 0 }, "%s", error);
}
