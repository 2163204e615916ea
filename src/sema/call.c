/* Calls of builtins: name, safety, number and kinds of arguments; the rest is the builtin's own check. */
#include "sema/state.h"

#include <string.h>

/* ---- argument kinds (struct builtin.args) -------------------------------------------------- */

enum arg_kind {
    ARG_INT = 1 << 0,
    ARG_INTLIT = 1 << 1,
    ARG_STR = 1 << 2,
    ARG_STRLIT = 1 << 3,
    ARG_PTR = 1 << 4,
    ARG_BOOL = 1 << 5,
    ARG_MAP = 1 << 6,
    ARG_BUF = 1 << 7,
    ARG_STACK = 1 << 8,
    ARG_ANY = 1 << 9,
    ARG_VAR = 1 << 10,
    ARG_IDENT = 1 << 11,
};
static const char *const kind_names[] = { "int", "intlit", "str",   "strlit", "ptr", "bool",
                                          "map", "buf",    "stack", "any",    "var", "ident" };
static const char *const kind_words[] = { "int", NULL,     "string", NULL, "pointer",  "bool",
                                          "map", "buffer", "stack",  NULL, "variable", "identifier" };
enum { NKINDS = sizeof kind_names / sizeof *kind_names, MAX_ARGS = 16 };

struct prototype {
    unsigned kinds[MAX_ARGS];
    size_t min, max;
    bool is_variadic;
};

static unsigned kind_bit(const char *word, size_t len) {
    for (unsigned i = 0; i < NKINDS; i++)
        if (strlen(kind_names[i]) == len && !memcmp(kind_names[i], word, len))
            return 1u << i;
    return 0;
}

static struct prototype parse_prototype(const char *spec) {
    struct prototype p = { 0 };
    bool optional = false;
    while (*spec && p.max < MAX_ARGS) {
        if (*spec == '?') {
            optional = true;
            spec++;
        }
        if (!strncmp(spec, "...", 3)) {
            p.is_variadic = true;
            break;
        }
        size_t item = strcspn(spec, ",");
        const char *end = spec + item;
        while (spec < end) {
            size_t len = strcspn(spec, "|,");
            p.kinds[p.max] |= kind_bit(spec, len);
            spec += len + (spec + len < end);
        }
        p.max++;
        p.min += !optional;
        spec += *spec == ',';
    }
    return p;
}

static const char *count_word(struct sema *s, size_t n) {
    return n == 1 ? "one argument" : arena_printf(s->arena, "%zu arguments", n);
}

static bool check_count(struct sema *s, const struct node *n, const struct prototype *p) {
    size_t given = n->call.args.n;
    const char *name = n->call.name;
    if (given < p->min || (given > p->max && !p->is_variadic)) {
        if (p->max == 0)
            sema_error(s, n, D_BAD_COUNT, "%s() requires no arguments (%zu provided)", name, given);
        else if (p->min == p->max && !p->is_variadic)
            sema_error(s, n, D_BAD_COUNT, "%s() requires %s (%zu provided)", name, count_word(s, p->min), given);
        else if (given < p->min)
            sema_error(s, n, D_BAD_COUNT, "%s() requires at least %s (%zu provided)", name, count_word(s, p->min),
                       given);
        else
            sema_error(s, n, D_BAD_COUNT, "%s() takes up to %s (%zu provided)", name, count_word(s, p->max), given);
        return false;
    }
    return true;
}

static bool fits_kind(const struct node *a, unsigned kinds) {
    const struct type *t = a->type;
    if (is_poison(t) || kinds & ARG_ANY)
        return true;
    return (kinds & ARG_INT && reads_as_int(t)) || (kinds & ARG_INTLIT && a->is_const && !a->const_str) ||
           (kinds & ARG_STR && t->kind == TY_STRING) || (kinds & ARG_STRLIT && a->is_const && a->const_str) ||
           (kinds & ARG_PTR && t->kind == TY_PTR) || (kinds & ARG_BOOL && t->kind == TY_BOOL) ||
           (kinds & ARG_BUF && t->kind == TY_BUFFER) ||
           (kinds & ARG_STACK && (t->kind == TY_KSTACK || t->kind == TY_USTACK));
}

static bool wrong_kind(struct sema *s, const struct node *call, const struct node *a, unsigned kinds) {
    const char *name = call->call.name, *given = type_word(a->type);
    if (kinds & ARG_STRLIT && !(kinds & ~(unsigned)(ARG_STRLIT | ARG_STR))) {
        sema_error(s, call, D_BAD_ARGUMENT, "%s() expects a string literal (%s provided)", name, given);
    } else if (kinds == ARG_INTLIT) {
        sema_error(s, call, D_BAD_ARGUMENT, "%s() expects a int literal (%s provided)", name, given);
    } else if (kinds == ARG_MAP || kinds == ARG_VAR || kinds == ARG_IDENT) {
        sema_error(s, call, D_BAD_ARGUMENT, "%s() expects %s argument", name,
                   kinds == ARG_MAP   ? "a map"
                   : kinds == ARG_VAR ? "a variable"
                                      : "an identifier");
    } else {
        const char *list = "";
        for (unsigned i = 0; i < NKINDS; i++)
            if (kinds & 1u << i && kind_words[i])
                list = arena_printf(s->arena, "%s%s%s", list, *list ? " or " : "", kind_words[i]);
        sema_error(s, call, D_BAD_ARGUMENT, "%s() only supports %s arguments (%s provided)", name, list, given);
    }
    return false;
}

/* Maps as such, variables to be set and words are not evaluated. */
static bool type_argument(struct sema *s, struct node *call, struct node *a, unsigned kinds) {
    if (a->kind == N_MAP && !a->map.key && kinds & ARG_MAP) {
        map_whole(s, a);
        return true;
    }
    if (a->kind == N_IDENT && kinds & ARG_IDENT) {
        a->type = &type_none;
        return true;
    }
    if (a->kind == N_VAR && kinds & ARG_VAR) {
        struct local *v = scope_find(s, a->var.name);
        a->var.var = v ? &v->var : NULL;
        a->type = v && v->var.type ? v->var.type : &type_none; /* the check sets it: sema_assign_var */
        return true;
    }
    bool outer = s->state->is_format;
    s->state->is_format = kinds & ARG_STRLIT && call->call.args.v[0] == a;
    sema_expr(s, a);
    s->state->is_format = outer;
    if (a->kind == N_MAP && kinds & ARG_MAP)
        return true; /* @m[k], as delete() takes it */
    return fits_kind(a, kinds) || wrong_kind(s, call, a, kinds);
}

void check_arguments(struct sema *s, struct node *n, const char *spec, bool *ok) {
    struct prototype p = parse_prototype(spec ? spec : "");
    bool fine = check_count(s, n, &p);
    for (size_t i = 0; i < n->call.args.n; i++) {
        unsigned kinds = i < p.max ? p.kinds[i] : ARG_ANY;
        if (!fine) /* only looks for errors inside of the rest */
            kinds = ARG_ANY | ARG_MAP | ARG_VAR | ARG_IDENT;
        fine = type_argument(s, n, n->call.args.v[i], kinds) && fine;
    }
    *ok = fine;
}

/* ---- calls --------------------------------------------------------------------------------- */

static const struct type *unknown_function(struct sema *s, const struct node *n) {
    const char *name = n->call.name;
    if (map_kind_find(name))
        return sema_error(s, n, D_BAD_OPERAND, "%s() must be assigned directly to a map", name);
    struct diagnostic *g = diag_error(s->diag, D_UNKNOWN_FUNCTION, n->span, "Unknown function: '%s'", name);
    const char *const *builtins;
    size_t count = builtin_names(&builtins);
    VEC(const char *) names = { 0 };
    for (const struct map_kind *const *k = map_kinds; *k; k++)
        VEC_PUSH(s->arena, &names, (*k)->name);
    for (size_t i = 0; i < count; i++)
        VEC_PUSH(s->arena, &names, builtins[i]);
    const char *near = diag_nearest(name, names.v, names.n);
    if (near)
        diag_hint(s->diag, g, "did you mean %s()?", near);
    return &type_poison;
}

static bool check_safety(struct sema *s, const struct node *n, const struct builtin *b) {
    if (!(b->flags & BF_UNSAFE))
        return true;
    s->program->has_unsafe = true;
    if (!s->opt->is_safe)
        return true;
    bool is_signal = !strncmp(b->name, "signal", 6);
    sema_error(s, n, D_UNSAFE,
               is_signal ? "%s() is unsafe. To use you need the --unsafe flag"
                         : "%s() is an unsafe function being used in safe mode",
               b->name);
    return false;
}

static bool has_poison(const struct node *n) {
    for (VEC_EACH(a, &n->call.args))
        if (is_poison((*a)->type))
            return true;
    return false;
}

const struct type *type_call(struct sema *s, struct node *n) {
    bool is_field_base = s->state->field_base == n;
    struct function *f = function_find(s, n->call.name);
    if (f)
        return type_function_call(s, n, f);
    const struct builtin *b = builtin_find(n->call.name);
    if (!b || b->flags & BF_INTERNAL)
        return unknown_function(s, n);
    n->call.builtin = b;
    bool ok = check_safety(s, n, b), args_ok;
    check_arguments(s, n, b->args, &args_ok);
    if (!ok || !args_ok)
        return &type_poison;
    if (b->flags & BF_EXITS && s->state->for_loops)
        return sema_error(s, n, D_CONTROL_FLOW, "'return' statement is not allowed in a for-loop");
    if (b->check && has_poison(n))
        return b->result ? b->result : &type_poison;
    const struct type *t = b->check ? b->check(s, n) : b->result;
    if (!t)
        t = b->result ? b->result : &type_none;
    if (t->kind == TY_STRUCT && t->is_args && !is_field_base && !s->comptime)
        s->block->use.args_whole = true;
    return s->state->function ? check_in_function(s, n, t) : t;
}

static const char *nearest_value(struct sema *s, const char *name) {
    const char *const *names;
    size_t count = builtin_names(&names);
    VEC(const char *) values = { 0 };
    for (size_t i = 0; i < count; i++) {
        const struct builtin *b = builtin_find(names[i]);
        if (b && b->flags & BF_VALUE)
            VEC_PUSH(s->arena, &values, names[i]);
    }
    return diag_nearest(name, values.v, values.n);
}

/* Values without parentheses become calls without arguments; else an enumerator. */
const struct type *type_ident(struct sema *s, struct node *n) {
    const char *name = n->ident.name;
    const struct builtin *b = builtin_find(name);
    if (b && b->flags & BF_VALUE && !(b->flags & BF_INTERNAL)) {
        n->kind = N_CALL;
        memset(&n->call, 0, sizeof n->call);
        n->call.name = name;
        return type_call(s, n);
    }
    uint64_t value;
    const struct type *t;
    if (typedb_enumerator(s->types, name, &value, &t)) {
        set_constant(n, type_enum_value(s->arena, t), value);
        return n->type;
    }
    struct diagnostic *g = diag_error(s->diag, D_UNKNOWN_NAME, n->span, "Unknown identifier: '%s'", name);
    const char *near = nearest_value(s, name);
    if (b && !(b->flags & BF_INTERNAL))
        diag_hint(s->diag, g, "%s is a function: %s()", name, name);
    else if (near)
        diag_hint(s->diag, g, "did you mean '%s'?", near);
    return &type_poison;
}

bool sema_require(struct sema *s, const struct node *n, unsigned flags, const char *what) {
    const struct provider *p = s->block->provider;
    if (p->flags & flags)
        return true;
    sema_error(s, n, D_NOT_HERE, "%s can not be used with \"%s\" probes", what, p->name);
    return false;
}

void sema_unstable(struct sema *s, const struct node *n, const char *feature, enum unstable level) {
    if (level == UNSTABLE_ERROR)
        sema_error(
            s, n, D_UNSTABLE,
            "%s feature is not enabled by default. To enable this unstable feature, set the config flag to enable. "
            "unstable_%s=enable",
            feature, feature);
    else if (level == UNSTABLE_WARN && s->is_final)
        diag_warn(
            s->diag, D_UNSTABLE, (struct span){ 0 },
            "Script is using an unstable feature: %s. To prevent this warning you must explicitly enable it in the "
            "config e.g. unstable_%s=enable",
            feature, feature);
}

void sema_stack_map(struct sema *s, const struct type *stack) {
    bool is_build_id = stack->stack_mode == STACK_BUILD_ID;
    if (!s->is_final || s->comptime)
        return;
    for (VEC_EACH(m, &s->program->stack_maps))
        if (m->limit == stack->limit && m->is_build_id == is_build_id)
            return;
    const char *symbol = arena_printf(s->arena, "stacks_%zu", s->program->stack_maps.n);
    struct stack_map m = { .symbol = symbol, .limit = stack->limit, .is_build_id = is_build_id };
    VEC_PUSH(s->arena, &s->program->stack_maps, m);
}
