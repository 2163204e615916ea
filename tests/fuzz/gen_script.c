/* A whole script: maps with their types, some begin probes and perhaps an end probe. */
#include "fuzz.h"

static void make_map(struct fuzz *f) {
    struct map *m = fuzz_alloc(f, sizeof *m);
    snprintf(m->name, sizeof m->name, "m%u", f->script.nmaps);
    m->key = fuzz_chance(f, 65) ? ty_random(f, 2) : NULL;
    m->value = ty_random(f, 2);
    if (fuzz_chance(f, 35)) {
        m->agg = (enum agg)(A_COUNT + fuzz_below(f, A_STATS));
        m->value = ty_int(64, m->agg != A_COUNT && fuzz_chance(f, 50));
    }
    f->script.maps[f->script.nmaps++] = m;
}

/* Its types follow from what is assigned here: values that have exactly these types. */
static struct stmt *first_use(struct fuzz *f, struct map *m) {
    struct stmt *s = stmt_new(f, m->agg != A_NONE ? S_AGG : S_MAP_SET);
    s->map = m;
    if (m->key)
        s->e[0] = expr_plain(f, m->key);
    s->e[1] = m->agg != A_NONE ? expr_plain(f, ty_int(64, m->value->is_signed)) : expr_plain(f, m->value);
    return s;
}

/* $v0 is 0, which LLVM does not know. */
static struct stmt *opening(struct fuzz *f) {
    struct stmt *s = stmt_new(f, S_LET);
    s->var = var_new(f, ty_int(8, false));
    s->var->is_fixed = true;
    struct expr *e = expr_new(f, E_BOOL, ty_bool());
    e->s = "nsecs == 0";
    s->e[0] = expr_cast(f, s->var->type, e);
    f->nvars = 0;
    f->vars[f->nvars++] = s->var;
    return s;
}

/* Division would end it. */
static struct expr *predicate(struct fuzz *f) {
    struct map *m = f->script.maps[fuzz_below(f, f->script.nmaps)];
    struct expr *e = expr_new(f, E_LEN, ty_int(64, true)), *n = expr_new(f, E_INT, ty_literal(1, false));
    if (!m->key)
        return NULL;
    e->map = m;
    n->i = 1;
    n->s = "1";
    return expr_binary(f, fuzz_chance(f, 70) ? O_GE : O_LT, e, n);
}

static void append(struct stmt *list, struct stmt *more) {
    while (list->next)
        list = list->next;
    list->next = more;
}

void gen_script(struct fuzz *f) {
    struct script *s = &f->script;
    unsigned nmaps = 2 + fuzz_below(f, 5);
    f->turns = 1;
    f->budget = 45;
    s->nprobes = 1 + fuzz_below(f, MAX_PROBES);
    for (unsigned i = 0; i < s->nprobes; i++) {
        s->is_end[i] = i && i == s->nprobes - 1 && fuzz_chance(f, 50);
        if (i && fuzz_chance(f, 30)) { /* without variables: there are none yet */
            f->nvars = 0;
            s->predicate[i] = predicate(f);
        }
        s->probe[i] = opening(f);
        for (unsigned j = 0; j < nmaps && !i; j++) {
            make_map(f);
            append(s->probe[0], first_use(f, s->maps[j]));
        }
        append(s->probe[i], gen_block(f, 8 + fuzz_below(f, 12)));
    }
}
