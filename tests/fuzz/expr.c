/* Random expressions. Types decide what may stand where; scopes and maps give the leaves. */
#include <string.h>

#include "fuzz.h"

struct expr *expr_new(struct fuzz *f, enum expr_kind kind, const struct ty *t) {
    struct expr *e = fuzz_alloc(f, sizeof *e);
    e->kind = kind;
    e->type = t;
    return e;
}

static struct expr *with(struct expr *e, struct expr *a, struct expr *b, struct expr *c) {
    e->k[0] = a;
    e->k[1] = b;
    e->k[2] = c;
    e->n = c ? 3 : b ? 2 : 1;
    return e;
}

struct expr *expr_var(struct fuzz *f, struct var *v) {
    struct expr *e = expr_new(f, E_VAR, v->type);
    e->var = v;
    return e;
}

static struct expr *literal(struct fuzz *f, uint64_t v, bool is_negative) {
    struct expr *e = expr_new(f, E_INT, ty_literal(v, is_negative));
    e->is_literal = true;
    e->i = v;
    if (!is_negative && fuzz_chance(f, 10))
        e->s = fuzz_format(f, "0x%llx", (unsigned long long)v);
    else if (v <= INT64_MAX || !is_negative)
        e->s = fuzz_format(f, "%llu", (unsigned long long)v);
    else
        e->s = fuzz_format(f, "-%llu", (unsigned long long)-v);
    return e;
}

static struct expr *any_literal(struct fuzz *f) {
    uint64_t v = fuzz_number(f);
    bool is_negative = fuzz_chance(f, 25) && v - 1 <= INT64_MAX;
    return literal(f, is_negative ? -v : v, is_negative);
}

struct expr *expr_cast(struct fuzz *f, const struct ty *t, struct expr *e) {
    return with(expr_new(f, E_CAST, t), e, NULL, NULL);
}

/* Constant folding traps: such operations are not made. */
struct expr *expr_binary(struct fuzz *f, enum op op, struct expr *a, struct expr *b) {
    if ((op == O_DIV || op == O_MOD) && b->is_literal && !b->i)
        b = literal(f, 3, false);
    struct expr *e = expr_new(f, E_BINARY, ty_result(op, a->type, b->type));
    e->op = op;
    if (a->is_literal && b->is_literal) {
        int64_t r;
        if ((!a->type->is_signed || !b->type->is_signed) || !fold(op, (int64_t)a->i, (int64_t)b->i, &r))
            return op >= O_EQ ? expr_plain(f, ty_bool()) : a;
        if (op < O_EQ) {
            e->is_literal = true;
            e->i = (uint64_t)r;
            e->type = ty_literal(e->i, r < 0);
        }
    }
    return with(e, a, b, NULL);
}

static struct var *find_var(struct fuzz *f, const struct ty *t) {
    unsigned start = f->nvars ? fuzz_below(f, f->nvars) : 0;
    for (unsigned i = 0; i < f->nvars; i++) {
        struct var *v = f->vars[(start + i) % f->nvars];
        if (ty_same(v->type, t))
            return v;
    }
    return NULL;
}

static struct map *find_map(struct fuzz *f, const struct ty *t) {
    unsigned n = f->script.nmaps, start = n ? fuzz_below(f, n) : 0;
    for (unsigned i = 0; i < n; i++) {
        struct map *m = f->script.maps[(start + i) % n];
        if (!m->is_hidden && m->agg == A_NONE && ty_same(m->value, t))
            return m;
    }
    return NULL;
}

static struct map *some_map(struct fuzz *f, bool keyed, bool agg) {
    unsigned n = f->script.nmaps, start = n ? fuzz_below(f, n) : 0;
    for (unsigned i = 0; i < n; i++) {
        struct map *m = f->script.maps[(start + i) % n];
        bool castable = m->agg != A_NONE && m->agg != A_STATS;
        if (!m->is_hidden && (!keyed || m->key) && (!agg || castable))
            return m;
    }
    return NULL;
}

static struct expr *map_at(struct fuzz *f, struct map *m, unsigned depth) {
    struct expr *e = expr_new(f, E_MAP, m->value);
    e->map = m;
    if (m->key)
        with(e, gen_fit(f, m->key, depth), NULL, NULL);
    return e;
}

/* Something whose value LLVM cannot know, half of the time. */
static struct expr *hidden(struct fuzz *f, struct expr *e) {
    return f->nvars && fuzz_chance(f, 50) ? expr_binary(f, O_ADD, e, expr_var(f, f->vars[0])) : e;
}

struct expr *expr_plain(struct fuzz *f, const struct ty *t) {
    struct expr *e;
    switch (t->kind) {
    case T_INT: return expr_cast(f, t, hidden(f, any_literal(f)));
    case T_BOOL:
        if (f->nvars && fuzz_chance(f, 50))
            return expr_binary(f, fuzz_chance(f, 50) ? O_EQ : O_NE, expr_var(f, f->vars[0]), literal(f, 0, false));
        e = expr_new(f, E_BOOL, t);
        e->i = fuzz_below(f, 2);
        return e;
    case T_STR:
        e = expr_new(f, E_STR, t);
        e->s = fuzz_string(f);
        return e;
    case T_TUPLE:
    case T_RECORD: break;
    }
    e = expr_new(f, E_TUPLE, t);
    e->n = t->n;
    for (unsigned i = 0; i < t->n; i++)
        e->k[i] = expr_plain(f, t->part[i]);
    return e;
}

static struct expr *leaf(struct fuzz *f, const struct ty *t) {
    struct var *v = fuzz_chance(f, 70) ? find_var(f, t) : NULL;
    if (v)
        return expr_var(f, v);
    struct map *m = fuzz_chance(f, 50) ? find_map(f, t) : NULL;
    return m ? map_at(f, m, 0) : expr_plain(f, t);
}

/* Whether it may be folded: the type of what it chooses between would follow from that. */
static bool is_constant(const struct expr *e) {
    if (e->kind == E_VAR || e->kind == E_MAP || e->kind == E_LEN || e->kind == E_HAS_KEY || e->kind == E_BLOCK)
        return false;
    for (unsigned i = 0; i < e->n; i++)
        if (!is_constant(e->k[i]))
            return false;
    return true;
}

static struct expr *choice(struct fuzz *f, struct expr *e) {
    while (is_constant(e))
        e = expr_binary(f, O_NE, e, expr_var(f, f->vars[0]));
    return e;
}

static struct expr *condition(struct fuzz *f, unsigned depth) {
    return fuzz_chance(f, 80) ? gen_bool(f, depth) : gen_int(f, depth);
}

/* Part of a variable that is a tuple or record. */
static struct expr *part_of(struct fuzz *f, const struct ty *t) {
    for (unsigned tries = 0; tries < 6 && f->nvars; tries++) {
        struct var *v = f->vars[fuzz_below(f, f->nvars)];
        struct map *m = f->script.nmaps ? f->script.maps[fuzz_below(f, f->script.nmaps)] : NULL;
        bool of_map = m && !m->key && fuzz_chance(f, 30);
        const struct ty *base = of_map ? m->value : v->type;
        for (unsigned i = 0; i < base->n; i++)
            if (ty_same(base->part[i], t)) {
                struct expr *e = with(expr_new(f, E_PART, t), of_map ? map_at(f, m, 0) : expr_var(f, v), NULL, NULL);
                e->i = i;
                return e;
            }
    }
    return NULL;
}

static struct expr *choice_int(struct fuzz *f, const struct ty *t, unsigned depth) {
    struct expr *e = gen_of(f, t, depth);
    while (is_constant(e))
        e = expr_cast(f, t, expr_binary(f, O_ADD, e, expr_var(f, f->vars[0])));
    return e;
}

/* Forms that take any type. */
static struct expr *compound(struct fuzz *f, const struct ty *t, unsigned depth) {
    struct expr *e, *a, *b;
    switch (fuzz_below(f, 8)) {
    case 0:
    case 1:
        a = gen_of(f, t, depth - 1);
        b = gen_of(f, t, depth - 1);
        return with(expr_new(f, E_TERNARY, t), choice(f, condition(f, depth - 1)), a, b);
    case 2:
        e = expr_new(f, E_BLOCK, t);
        unsigned vars = f->nvars;
        e->body = gen_lets(f, fuzz_below(f, 3));
        with(e, gen_of(f, t, depth - 1), NULL, NULL);
        f->nvars = vars;
        return e;
    case 3:
        a = gen_of(f, t, depth - 1);
        b = gen_of(f, t, depth - 1);
        return with(expr_new(f, E_IF, t), choice(f, condition(f, depth - 1)), a, b);
    case 4:
        if (t->kind == T_INT) { /* a ?: b */
            e = expr_new(f, E_TERNARY, t);
            return with(e, choice_int(f, t, depth - 1), gen_of(f, t, depth - 1), NULL);
        }
        return leaf(f, t);
    case 5: {
        struct map *m = find_map(f, t);
        return m ? map_at(f, m, depth - 1) : leaf(f, t);
    }
    case 6: e = part_of(f, t); return e ? e : leaf(f, t);
    default: {
        const struct ty *parts[3] = { ty_random(f, 1), t, ty_random_int(f) };
        e = expr_new(f, E_PART, t);
        e->i = 1;
        return with(e, gen_of(f, ty_tuple(f, parts, 3, NULL), depth - 1), NULL, NULL);
    }
    }
}

static struct expr *shift(struct fuzz *f, struct expr *a, unsigned depth) {
    struct expr *by = literal(f, fuzz_below(f, 64), false);
    if (fuzz_chance(f, 60))
        by = expr_binary(f, O_AND, gen_of(f, ty_random_int(f), depth), literal(f, 63, false));
    return expr_binary(f, fuzz_chance(f, 50) ? O_SHL : O_SHR, a, by);
}

/* 64 bits of arithmetic; the sign comes as it comes. */
static struct expr *arithmetic(struct fuzz *f, unsigned depth) {
    struct expr *a = gen_int(f, depth - 1);
    if (fuzz_chance(f, 15))
        return shift(f, a, depth - 1);
    if (fuzz_chance(f, 10) && !a->is_literal) {
        struct expr *e = expr_new(f, E_UNARY, ty_int(64, true));
        e->op = O_NEG;
        return with(e, a, NULL, NULL);
    }
    if (fuzz_chance(f, 8)) {
        const struct ty *t = ty_random_int(f);
        struct expr *e = expr_new(f, E_UNARY, ty_int(64, t->bits == 64 && t->is_signed));
        e->op = O_BNOT;
        return with(e, expr_cast(f, t, a), NULL, NULL);
    }
    struct expr *b = fuzz_chance(f, 5) && !a->is_literal ? gen_bool(f, depth - 1) : gen_int(f, depth - 1);
    return expr_binary(f, (enum op)(O_ADD + fuzz_below(f, 8)), a, b);
}

struct expr *gen_int(struct fuzz *f, unsigned depth) {
    if (!depth)
        return fuzz_chance(f, 30) ? any_literal(f) : leaf(f, ty_random_int(f));
    switch (fuzz_below(f, 10)) {
    case 0: return any_literal(f);
    case 1:
    case 2: return gen_of(f, ty_random_int(f), depth);
    case 3: {
        struct expr *a = gen_int(f, depth - 1), *b = gen_int(f, depth - 1);
        return with(expr_new(f, E_TERNARY, ty_unify(a->type, b->type)), choice(f, condition(f, depth - 1)), a, b);
    }
    case 4:
        if (fuzz_chance(f, 40))
            return with(expr_new(f, E_STRLEN, ty_int(64, false)), gen_of(f, ty_str(), depth - 1), NULL, NULL);
        if (fuzz_chance(f, 50)) {
            struct map *m = some_map(f, true, false);
            struct expr *e = expr_new(f, E_LEN, ty_int(64, true));
            e->map = m;
            return m ? e : any_literal(f);
        }
        return arithmetic(f, depth);
    default: return arithmetic(f, depth);
    }
}

static struct expr *equality(struct fuzz *f, unsigned depth) {
    enum op op = fuzz_chance(f, 50) ? O_EQ : O_NE;
    const struct ty *t = ty_random(f, 2);
    for (unsigned i = 0; i < 5 && t->kind == T_INT; i++)
        t = ty_random(f, 2);
    struct expr *e = with(expr_new(f, E_BINARY, ty_bool()), gen_of(f, t, depth), gen_of(f, t, depth), NULL);
    e->op = op;
    return e;
}

static struct expr *of_map_or_string(struct fuzz *f, unsigned depth) {
    struct map *m = some_map(f, true, false);
    if (m && fuzz_chance(f, 50)) {
        struct expr *e = expr_new(f, E_HAS_KEY, ty_bool());
        e->map = m;
        return with(e, gen_fit(f, m->key, depth), NULL, NULL);
    }
    struct expr *e = expr_new(f, fuzz_chance(f, 50) ? E_STRNCMP : E_CONTAINS, ty_bool());
    e->i = fuzz_below(f, 6);
    return with(e, gen_of(f, ty_str(), depth), gen_of(f, ty_str(), depth), NULL);
}

struct expr *gen_bool(struct fuzz *f, unsigned depth) {
    if (!depth)
        return leaf(f, ty_bool());
    struct expr *e, *a;
    switch (fuzz_below(f, 9)) {
    case 0: return leaf(f, ty_bool());
    case 1:
        a = condition(f, depth - 1);
        return expr_binary(f, fuzz_chance(f, 50) ? O_LAND : O_LOR, a, condition(f, depth - 1));
    case 2:
        e = expr_new(f, E_UNARY, ty_bool());
        e->op = O_NOT;
        return with(e, condition(f, depth - 1), NULL, NULL);
    case 3: return equality(f, depth - 1);
    case 4: return of_map_or_string(f, depth - 1);
    case 5: return compound(f, ty_bool(), depth);
    case 6: return expr_cast(f, ty_bool(), gen_int(f, depth - 1));
    default:
        a = gen_int(f, depth - 1);
        return expr_binary(f, (enum op)(O_EQ + fuzz_below(f, 6)), a, gen_int(f, depth - 1));
    }
}

static struct expr *exact_int(struct fuzz *f, const struct ty *t, unsigned depth) {
    struct map *m = fuzz_chance(f, 10) ? some_map(f, false, true) : NULL;
    if (m)
        return expr_cast(f, t, map_at(f, m, depth - 1));
    if (t->bits == 64)
        for (unsigned tries = 0; tries < 3; tries++) {
            struct expr *e = arithmetic(f, depth);
            if (!e->is_literal && ty_same(e->type, t))
                return e;
        }
    return expr_cast(f, t, gen_int(f, depth - 1));
}

struct expr *gen_of(struct fuzz *f, const struct ty *t, unsigned depth) {
    if (!depth || fuzz_chance(f, 20))
        return leaf(f, t);
    if (fuzz_chance(f, 30))
        return compound(f, t, depth);
    if (t->kind == T_INT)
        return exact_int(f, t, depth);
    if (t->kind == T_BOOL)
        return gen_bool(f, depth);
    if (t->kind == T_STR)
        return fuzz_chance(f, 50) ? compound(f, t, depth) : leaf(f, t);
    struct expr *e = expr_new(f, E_TUPLE, t);
    e->n = t->n;
    for (unsigned i = 0; i < t->n; i++)
        e->k[i] = gen_of(f, t->part[i], depth - 1);
    return e;
}

static struct expr *fitting_int(struct fuzz *f, const struct ty *t, unsigned depth) {
    unsigned bits = 8u << fuzz_below(f, 4);
    if (fuzz_chance(f, 40)) { /* the type of a literal fits, too */
        uint64_t v = fuzz_number(f) & ((1ull << (t->bits - 1)) - 1);
        bool is_negative = t->is_signed && v && fuzz_chance(f, 40);
        return literal(f, is_negative ? -v : v, is_negative);
    }
    if (bits >= t->bits)
        return gen_of(f, t, depth);
    return gen_of(f, ty_int(bits, t->is_signed && fuzz_chance(f, 50)), depth);
}

struct expr *gen_fit(struct fuzz *f, const struct ty *t, unsigned depth) {
    if (t->kind == T_INT)
        return fitting_int(f, t, depth);
    if (!t->n || fuzz_chance(f, 50))
        return gen_of(f, t, depth);
    const struct ty *parts[MAX_PARTS];
    struct expr *e = expr_new(f, E_TUPLE, NULL);
    e->n = t->n;
    const char *names[MAX_PARTS];
    unsigned turn = t->kind == T_RECORD ? fuzz_below(f, t->n) : 0; /* fields in another order */
    for (unsigned i = 0; i < t->n; i++) {
        unsigned from = (i + turn) % t->n;
        e->k[i] = gen_fit(f, t->part[from], depth ? depth - 1 : 0);
        parts[i] = e->k[i]->type;
        names[i] = t->name[from];
    }
    e->type = ty_tuple(f, parts, t->n, t->kind == T_RECORD ? names : NULL);
    return e;
}
