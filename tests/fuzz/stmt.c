/* Random statements, in scopes, with what loops may do bounded: by the verifier's patience and the ring buffer's size. */
#include "fuzz.h"

struct stmt *stmt_new(struct fuzz *f, enum stmt_kind kind) {
    struct stmt *s = fuzz_alloc(f, sizeof *s);
    s->kind = kind;
    return s;
}

struct var *var_new(struct fuzz *f, const struct ty *t) {
    struct var *v = fuzz_alloc(f, sizeof *v);
    snprintf(v->name, sizeof v->name, "v%u", f->names++);
    v->type = t;
    v->is_counter = t->kind == T_INT && t->bits == 64;
    return v;
}

static void declare(struct fuzz *f, struct var *v) {
    if (f->nvars < MAX_VARS)
        f->vars[f->nvars++] = v;
}

static struct stmt *let(struct fuzz *f, const struct ty *t, unsigned depth) {
    struct stmt *s = stmt_new(f, S_LET);
    s->e[0] = gen_of(f, t, depth);
    s->n = 1;
    s->var = var_new(f, t);
    s->is_typed = !t->n && fuzz_chance(f, 25);
    s->is_prefix = fuzz_chance(f, 40); /* the word let */
    declare(f, s->var);
    return s;
}

struct stmt *gen_lets(struct fuzz *f, unsigned n) {
    struct stmt *first = NULL, **end = &first;
    for (unsigned i = 0; i < n; i++) {
        *end = let(f, ty_random(f, 1), 1);
        end = &(*end)->next;
    }
    return first;
}

static struct var *assignable(struct fuzz *f, bool counter) {
    for (unsigned tries = 0; tries < 8 && f->nvars > f->writable_from; tries++) {
        struct var *v = f->vars[f->writable_from + fuzz_below(f, f->nvars - f->writable_from)];
        if (!v->is_fixed && (!counter || v->is_counter))
            return v;
    }
    return NULL;
}

/* Operations that leave a 64-bit variable's type alone. */
static struct stmt *operate(struct fuzz *f, struct stmt *s, const struct ty *t) {
    s->op = (enum op)fuzz_below(f, O_SHR + 1);
    if (!t->is_signed && s->op == O_SUB)
        s->op = O_ADD;
    if (s->op == O_SHL || s->op == O_SHR) {
        s->e[1] = expr_binary(f, O_AND, gen_of(f, ty_int(32, false), 1),
                              expr_cast(f, ty_int(8, false), expr_plain(f, ty_int(8, false))));
        s->e[1] =
            expr_cast(f, ty_int(8, false),
                      expr_binary(f, O_MOD, s->e[1], expr_cast(f, ty_int(8, false), expr_plain(f, ty_int(8, false)))));
    } else {
        s->e[1] = gen_fit(f, t, 2);
    }
    if ((s->op == O_DIV || s->op == O_MOD) && s->e[1]->is_literal && !s->e[1]->i)
        s->op = O_XOR;
    return s;
}

static struct stmt *assign(struct fuzz *f) {
    struct var *v = assignable(f, fuzz_chance(f, 40));
    if (!v)
        return let(f, ty_random(f, 2), 2);
    if (v->is_counter && fuzz_chance(f, 50)) {
        struct stmt *s = stmt_new(f, fuzz_chance(f, 60) ? S_OP : S_INCDEC);
        s->var = v;
        s->is_prefix = fuzz_chance(f, 50);
        s->op = v->type->is_signed && fuzz_chance(f, 50) ? O_SUB : O_ADD;
        return s->kind == S_OP ? operate(f, s, v->type) : s;
    }
    struct stmt *s = stmt_new(f, S_SET);
    s->var = v;
    s->e[0] = gen_fit(f, v->type, 3);
    return s;
}

/* $new = $counter++ and the like: alone, so that no order of operands matters. */
static struct stmt *increment(struct fuzz *f) {
    struct var *v = assignable(f, true);
    if (!v)
        return assign(f);
    struct stmt *s = stmt_new(f, S_LET);
    struct expr *e = s->e[0] = expr_new(f, E_INCDEC, v->type);
    e->var = v;
    e->op = v->type->is_signed && fuzz_chance(f, 50) ? O_SUB : O_ADD;
    e->is_prefix = fuzz_chance(f, 50);
    s->var = var_new(f, v->type);
    declare(f, s->var);
    return s;
}

static const struct ty *argument_type(const struct map *m) { return ty_int(64, m->value->is_signed); }

static struct stmt *change_map(struct fuzz *f) {
    struct map *m = f->script.maps[fuzz_below(f, f->script.nmaps)];
    struct stmt *s = stmt_new(f, m->agg != A_NONE ? S_AGG : S_MAP_SET);
    if (f->quiet)
        return assign(f);
    s->map = m;
    if (m->key)
        s->e[0] = gen_fit(f, m->key, 2);
    if (fuzz_chance(f, 12) && m->agg == A_NONE) {
        s->kind = S_DELETE;
        return s;
    }
    if (m->agg != A_NONE) {
        s->e[1] = gen_of(f, argument_type(m), 2);
        return s;
    }
    if (m->value->kind == T_INT && m->value->bits == 64 && fuzz_chance(f, 60)) {
        s->kind = fuzz_chance(f, 50) ? S_MAP_OP : S_INCDEC;
        s->op = m->value->is_signed && fuzz_chance(f, 50) ? O_SUB : O_ADD;
        s->is_prefix = fuzz_chance(f, 50);
        return s->kind == S_MAP_OP ? operate(f, s, m->value) : s;
    }
    s->e[1] = gen_fit(f, m->value, 3);
    return s;
}

static struct stmt *branch(struct fuzz *f) {
    struct stmt *s = stmt_new(f, S_IF);
    s->e[0] = fuzz_chance(f, 80) ? gen_bool(f, 3) : gen_int(f, 2);
    s->body = gen_block(f, 1 + fuzz_below(f, 3));
    if (fuzz_chance(f, 50))
        s->other = gen_block(f, 1 + fuzz_below(f, 3));
    return s;
}

static struct stmt *find(struct fuzz *f) {
    struct map *m = f->script.maps[fuzz_below(f, f->script.nmaps)];
    if (!m->key || m->agg != A_NONE || m->is_hidden)
        return branch(f);
    struct stmt *s = stmt_new(f, S_FIND), *var = let(f, m->value, 1);
    s->map = m;
    s->var = var->var;
    s->e[0] = gen_fit(f, m->key, 2);
    s->body = gen_block(f, 1 + fuzz_below(f, 2));
    if (fuzz_chance(f, 50))
        s->other = gen_block(f, 1 + fuzz_below(f, 2));
    var->next = s;
    return var;
}

static void jump(struct fuzz *f, struct stmt *s) {
    struct stmt *b = stmt_new(f, S_IF), *j = stmt_new(f, fuzz_chance(f, 50) ? S_BREAK : S_CONTINUE);
    b->e[0] = gen_bool(f, 2);
    b->body = j;
    if (f->quiet || f->in_unroll) /* which turn comes last is open */
        j->kind = S_CONTINUE;
    if (f->in_unroll)
        return;
    if (fuzz_chance(f, 50) || !s->body) {
        b->next = s->body;
        s->body = b;
    } else {
        b->next = s->body->next;
        s->body->next = b;
    }
}

static struct stmt *range(struct fuzz *f) {
    struct stmt *s = stmt_new(f, S_RANGE);
    unsigned vars = f->nvars, turns = f->turns, n = 1 + fuzz_below(f, 5);
    int64_t from = (int64_t)fuzz_below(f, 9) - 4;
    s->e[0] = expr_new(f, E_INT, ty_literal((uint64_t)from, from < 0));
    s->e[0]->i = (uint64_t)from;
    s->e[0]->s = fuzz_format(f, from < 0 ? "(%d)" : "%d", (int)from);
    s->e[1] = expr_new(f, E_INT, ty_literal((uint64_t)(from + n), from + (int)n < 0));
    s->e[1]->i = (uint64_t)(from + n);
    s->e[1]->s = fuzz_format(f, from + (int)n < 0 ? "(%d)" : "%d", (int)from + (int)n);
    if (fuzz_chance(f, 50)) { /* an end that is not known: at most 8 turns */
        s->e[1] = expr_binary(f, O_AND, gen_of(f, ty_random_int(f), 2), expr_plain(f, ty_int(8, false)));
        s->e[1] = expr_binary(f, O_MOD, s->e[1], expr_cast(f, ty_int(8, false), expr_var(f, f->vars[0])));
        s->e[1]->k[1] = expr_binary(f, O_ADD, expr_var(f, f->vars[0]), expr_new(f, E_INT, ty_literal(5, false)));
        s->e[1]->k[1]->k[1]->i = 5;
        s->e[1]->k[1]->k[1]->s = "5";
        s->e[1]->type = ty_int(64, ty_is_signed(s->e[1]->k[0]->type));
        n = 10;
    }
    s->var = var_new(f, ty_unify(s->e[0]->type, s->e[1]->type));
    s->var->is_fixed = true;
    declare(f, s->var);
    f->turns *= n;
    f->in_loop++;
    s->body = gen_block(f, 1 + fuzz_below(f, 4));
    if (fuzz_chance(f, 30))
        jump(f, s);
    f->in_loop--;
    f->turns = turns;
    f->nvars = vars;
    return s;
}

/* An accumulator outside, and a body for which the order of the entries does not matter. */
static struct stmt *each(struct fuzz *f) {
    struct map *m = f->script.maps[fuzz_below(f, f->script.nmaps)];
    if (!m->key || m->agg == A_STATS || f->quiet)
        return range(f);
    struct stmt *acc = let(f, ty_int(64, fuzz_chance(f, 50)), 1), *s = stmt_new(f, S_EACH);
    unsigned vars = f->nvars, turns = f->turns, writable = f->writable_from;
    const struct ty *parts[2] = { m->key, m->value };
    f->nvars--; /* the accumulator is not read inside */
    acc->next = s;
    s->map = m;
    s->var = var_new(f, ty_tuple(f, parts, 2, NULL));
    s->var->is_fixed = true;
    f->writable_from = f->nvars;
    declare(f, s->var);
    f->turns *= 6;
    f->quiet++;
    f->in_loop++;
    s->body = gen_block(f, 1 + fuzz_below(f, 3));
    struct stmt *add = stmt_new(f, S_OP), **end = &s->body;
    static const enum op ops[] = { O_ADD, O_XOR, O_AND, O_OR };
    add->var = acc->var;
    add->op = ops[fuzz_below(f, 4)];
    add->e[1] = gen_of(f, acc->var->type, 3);
    while (*end)
        end = &(*end)->next;
    *end = add;
    if (fuzz_chance(f, 30))
        jump(f, s);
    f->in_loop--;
    f->quiet--;
    f->turns = turns;
    f->nvars = vars;
    f->vars[vars - 1] = acc->var;
    f->writable_from = writable;
    return acc;
}

/* let $i = 0; while ($i < n) { $i++; … } */
static struct stmt *bounded_while(struct fuzz *f) {
    struct stmt *s = stmt_new(f, S_WHILE), *first = stmt_new(f, S_LET), *step = stmt_new(f, S_INCDEC);
    unsigned n = 1 + fuzz_below(f, 5), vars, turns = f->turns;
    first->e[0] = expr_cast(f, ty_int(64, true), expr_new(f, E_INT, ty_literal(0, false)));
    first->e[0]->k[0]->s = "0";
    first->var = var_new(f, ty_int(64, true));
    first->var->is_fixed = true;
    declare(f, first->var);
    vars = f->nvars;
    first->next = s;
    s->e[0] = expr_binary(f, O_LT, expr_var(f, first->var),
                          expr_cast(f, ty_int(32, false), expr_new(f, E_INT, ty_literal(n, false))));
    s->e[0]->k[1]->k[0]->i = n;
    s->e[0]->k[1]->k[0]->s = fuzz_format(f, "%u", n);
    if (fuzz_chance(f, 20))
        s->e[0] = expr_binary(f, O_LAND, s->e[0], gen_bool(f, 2));
    f->turns *= n;
    f->in_loop++;
    s->body = gen_block(f, 1 + fuzz_below(f, 3));
    if (fuzz_chance(f, 30))
        jump(f, s);
    step->var = first->var;
    step->op = O_ADD;
    step->next = s->body;
    s->body = step;
    f->in_loop--;
    f->turns = turns;
    f->nvars = vars;
    return first;
}

static struct stmt *unroll(struct fuzz *f) {
    struct stmt *s = stmt_new(f, S_UNROLL);
    unsigned turns = f->turns;
    s->count = 1 + fuzz_below(f, 4);
    f->turns *= (unsigned)s->count;
    f->in_unroll++;
    s->body = gen_block(f, 1 + fuzz_below(f, 3));
    f->in_unroll--;
    f->turns = turns;
    return s;
}

static struct stmt *loop(struct fuzz *f) {
    if (f->turns > 12 || f->in_loop > 2)
        return assign(f);
    switch (fuzz_below(f, 6)) {
    case 0: return unroll(f);
    case 1: return bounded_while(f);
    case 2:
    case 3: return each(f);
    default: return range(f);
    }
}

static struct stmt *leave(struct fuzz *f) {
    struct stmt *s = stmt_new(f, S_IF);
    s->e[0] = gen_bool(f, 2);
    s->body = stmt_new(f, S_RETURN);
    return s;
}

static struct stmt *gen_stmt(struct fuzz *f) {
    unsigned r = fuzz_below(f, f->quiet ? 60 : 100);
    if (r < 22)
        return let(f, ty_random(f, 2), 3);
    if (r < 36)
        return assign(f);
    if (r < 40)
        return increment(f);
    if (r < 48)
        return r < 42 ? find(f) : r == 42 && !f->quiet && f->in_loop && fuzz_chance(f, 30) ? leave(f) : branch(f);
    if (r < 55)
        return loop(f);
    if (r < 58 || f->quiet) {
        struct stmt *s = stmt_new(f, fuzz_chance(f, 50) ? S_BLOCK : S_DISCARD);
        if (s->kind == S_BLOCK)
            s->body = gen_block(f, 1 + fuzz_below(f, 3));
        else
            s->e[0] = gen_of(f, ty_random(f, 2), 2);
        return s;
    }
    return r < 76 ? change_map(f) : gen_print(f);
}

struct stmt *gen_block(struct fuzz *f, unsigned n) {
    struct stmt *first = NULL, **end = &first;
    unsigned vars = f->nvars;
    for (unsigned i = 0; i < n && f->budget; i++) {
        f->budget--;
        *end = gen_stmt(f);
        while (*end)
            end = &(*end)->next;
    }
    f->nvars = vars;
    if (!first)
        first = let(f, ty_bool(), 0), f->nvars = vars;
    return first;
}
