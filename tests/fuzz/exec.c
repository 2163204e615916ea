/* Statements carried out: what the script must print goes to f->out. */
#include "fuzz.h"

enum jump { J_NONE, J_BREAK, J_CONTINUE, J_RETURN };

static enum jump run(struct fuzz *f, const struct stmt *s);

static enum jump block(struct fuzz *f, const struct stmt *s) {
    enum jump j = J_NONE;
    for (; s && j == J_NONE; s = s->next)
        if (!s->is_removed)
            j = run(f, s);
    return j;
}

static uint64_t operate(struct fuzz *f, const struct stmt *s, const struct ty *t, uint64_t was) {
    if (s->kind == S_INCDEC)
        return s->op == O_ADD ? was + 1 : was - 1;
    const struct expr *e = s->e[1];
    uint64_t v = eval(f, e).i;
    return eval_op(s->op, was, v, ty_is_signed(t) || ty_is_signed(e->type), ty_is_signed(t));
}

static void change_map(struct fuzz *f, const struct stmt *s) {
    struct map *m = s->map;
    struct val key = { 0 };
    if (s->e[0])
        key = convert(f, s->e[0]->type, m->key, eval(f, s->e[0]));
    if (s->kind == S_DELETE) {
        map_delete(m, &key);
    } else if (s->kind == S_AGG) {
        map_aggregate(f, m, &key, m->agg == A_COUNT ? 0 : eval(f, s->e[1]).i);
    } else if (s->kind == S_MAP_SET) {
        struct val v = convert(f, s->e[1]->type, m->value, eval(f, s->e[1]));
        map_get(f, m, &key)->value = v;
    } else {
        const struct entry *at = map_find(m, &key);
        uint64_t v = operate(f, s, m->value, at ? at->value.i : 0);
        map_get(f, m, &key)->value.i = v;
    }
}

static enum jump repeat(struct fuzz *f, const struct stmt *s) {
    int64_t from = 0, to = 0;
    enum jump j = J_NONE;
    if (s->kind == S_RANGE) {
        from = (int64_t)eval(f, s->e[0]).i;
        to = (int64_t)eval(f, s->e[1]).i;
    } else if (s->kind == S_UNROLL) {
        to = (int64_t)s->count;
    }
    for (int64_t i = from; s->kind == S_WHILE ? eval(f, s->e[0]).i != 0 : i < to; i++) {
        if (s->kind == S_RANGE)
            s->var->value.i = (uint64_t)i;
        j = block(f, s->body);
        if (j == J_BREAK || j == J_RETURN || f->steps > 2000000)
            break;
    }
    return j == J_RETURN ? j : J_NONE;
}

static enum jump each(struct fuzz *f, const struct stmt *s) {
    for (const struct entry *e = s->map->entries, *next; e; e = next) {
        next = e->next;
        struct val *pair = fuzz_alloc(f, 2 * sizeof *pair);
        pair[0] = e->key;
        pair[1] = e->value;
        if (s->map->agg != A_NONE)
            pair[1].i = map_number(s->map, e);
        s->var->value.part = pair;
        enum jump j = block(f, s->body);
        if (j == J_RETURN)
            return j;
    }
    return J_NONE;
}

static void text(const char *s, FILE *out) {
    for (; *s; s++) {
        if (*s == '\\' && s[1] == 't')
            fputc('\t', out), s++;
        else if (*s == '%' && s[1] == '%')
            fputc('%', out), s++;
        else
            fputc(*s, out);
    }
}

static void print(struct fuzz *f, const struct stmt *s) {
    if (s->kind == S_PRINT) {
        struct val v = eval(f, s->e[0]);
        val_show(s->e[0]->type, &v, f->out);
    }
    struct val v[8];
    for (unsigned i = 0; i < s->n; i++)
        v[i] = eval(f, s->e[i]);
    for (unsigned i = 0; i < s->n; i++) {
        text(s->conv[i].text, f->out);
        val_printf(&s->conv[i], s->e[i]->type, &v[i], f->out);
    }
    fputc('\n', f->out);
}

/* if find(@m, key, $v) { … } */
static enum jump find(struct fuzz *f, const struct stmt *s) {
    struct val key = convert(f, s->e[0]->type, s->map->key, eval(f, s->e[0]));
    const struct entry *at = map_find(s->map, &key);
    if (!at)
        return block(f, s->other);
    s->var->value = at->value;
    return block(f, s->body);
}

static enum jump run(struct fuzz *f, const struct stmt *s) {
    switch (s->kind) {
    case S_LET:
    case S_SET: s->var->value = convert(f, s->e[0]->type, s->var->type, eval(f, s->e[0])); break;
    case S_FIND: return find(f, s);
    case S_OP: s->var->value.i = operate(f, s, s->var->type, s->var->value.i); break;
    case S_INCDEC:
        if (s->map)
            change_map(f, s);
        else
            s->var->value.i = operate(f, s, s->var->type, s->var->value.i);
        break;
    case S_MAP_SET:
    case S_MAP_OP:
    case S_AGG:
    case S_DELETE: change_map(f, s); break;
    case S_IF: return block(f, eval(f, s->e[0]).i ? s->body : s->other);
    case S_RANGE:
    case S_WHILE:
    case S_UNROLL: return repeat(f, s);
    case S_EACH: return each(f, s);
    case S_BLOCK: return block(f, s->body);
    case S_PRINT:
    case S_PRINTF: print(f, s); break;
    case S_BREAK: return J_BREAK;
    case S_CONTINUE: return J_CONTINUE;
    case S_RETURN: return J_RETURN;
    case S_DISCARD: eval(f, s->e[0]); break;
    }
    return J_NONE;
}

bool exec_block(struct fuzz *f, const struct stmt *first) { return block(f, first) == J_NONE; }

/* False where it takes too long to be of use. */
bool script_run(struct fuzz *f, FILE *out) {
    f->out = out;
    f->steps = 0;
    for (unsigned i = 0; i < f->script.nmaps; i++)
        f->script.maps[i]->entries = NULL;
    for (unsigned i = 0; i < f->script.nprobes; i++)
        if (!f->script.predicate[i] || eval(f, f->script.predicate[i]).i)
            block(f, f->script.probe[i]);
    fputs("\n\n", out);
    maps_show(&f->script, out);
    return f->steps < 200000;
}
