/* print and printf statements. */
#include "fuzz.h"

/* print(@m) of a map without keys shows it when the record is read: not what is wanted here. */
static struct expr *copied(struct fuzz *f, struct expr *e) {
    if (e->kind != E_MAP)
        return e;
    struct expr *t = expr_new(f, E_TUPLE, ty_tuple(f, &e->type, 1, NULL));
    t->n = 1;
    t->k[0] = e;
    return t;
}

static void conversion(struct fuzz *f, struct stmt *s) {
    struct conv *c = &s->conv[s->n];
    static const char *const flags[] = { "", "", "", "-", "0", "+", "#", "-0" };
    static const char *const lengths[] = { "", "h", "hh", "l", "ll", "z", "j" };
    static const char letters[] = "diuxXocp";
    char width[4] = "";
    const struct ty *t = ty_random(f, 2);
    bool is_number = (t->kind == T_INT || t->kind == T_BOOL) && fuzz_chance(f, 75);
    char letter = is_number ? letters[fuzz_below(f, t->kind == T_INT ? 8 : 6)] : 's';
    if (fuzz_chance(f, 40))
        snprintf(width, sizeof width, "%u", 1 + fuzz_below(f, 24));
    if (letter == 'c') { /* a NUL or a newline would hide in the output */
        struct expr *e =
            expr_binary(f, O_AND, gen_of(f, t, 2), expr_cast(f, ty_int(8, false), expr_plain(f, ty_int(8, false))));
        s->e[s->n] = expr_binary(f, O_ADD, expr_binary(f, O_MOD, e, expr_new(f, E_INT, ty_literal(20, false))),
                                 expr_new(f, E_INT, ty_literal(70, false)));
        s->e[s->n]->k[1]->i = 70, s->e[s->n]->k[1]->s = "70";
        s->e[s->n]->k[0]->k[1]->i = 20, s->e[s->n]->k[0]->k[1]->s = "20";
        snprintf(c->spec, sizeof c->spec, "%%c");
    } else {
        bool plain = t->n || letter == 'p' || letter == 's';
        snprintf(c->spec, sizeof c->spec, "%%%s%s%s%c",
                 plain ? (width[0] && fuzz_chance(f, 50) && !t->n ? "-" : "") : flags[fuzz_below(f, 8)],
                 t->n ? "" : width, plain ? "" : lengths[fuzz_below(f, 7)], letter);
        s->e[s->n] = gen_of(f, t, 3);
    }
    static const char *const texts[] = { "", " ", "x=", "%% ", "\\t", ", " };
    c->text = texts[fuzz_below(f, 6)];
    s->n++;
}

struct stmt *gen_print(struct fuzz *f) {
    struct stmt *s = stmt_new(f, fuzz_chance(f, 50) ? S_PRINT : S_PRINTF);
    if (s->kind == S_PRINT) {
        s->e[0] = copied(f, fuzz_chance(f, 40) ? gen_int(f, 4) : gen_of(f, ty_random(f, 2), 4));
        return s;
    }
    for (unsigned n = 1 + fuzz_below(f, 5); n; n--)
        conversion(f, s);
    return s;
}
