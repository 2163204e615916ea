/* Functions of the script: fn name($a: T, …): R { … }.
 *
 * Their bodies are typed like those of probes, in a block that has no context: what only means something where a probe
 * fired is refused. Parameters and results have the types that are written, so calls do not take part in inference but
 * for one thing: a pointer parameter points to where the pointers point that it is given. */
#include "sema/state.h"

#include <string.h>

enum { MAX_REGISTERS = 5 }; /* arguments of BPF functions */

static const struct provider no_probe = { .name = "fn", .probetype = "fn", .flags = PF_NO_LIST };

struct function *function_find(const struct sema *s, const char *name) {
    for (VEC_EACH(f, &s->state->functions))
        if (!strcmp((*f)->name, name))
            return *f;
    return NULL;
}

/* ---- declarations -------------------------------------------------------------------------- */

/* Strings without a size have room for the longest. */
static const struct type *written_type(struct sema *s, struct node *tspec, bool is_result) {
    const struct type *t = resolve_type(s, tspec);
    if (t->kind == TY_STRING && !t->size)
        t = type_string(s->arena, (uint32_t)s->program->config.max_strlen);
    if (is_poison(t) || (is_result && t->kind == TY_NONE))
        return t;
    if (!type_ops[t->kind].is_storable || !t->size || (t->kind == TY_BUFFER && t->size <= 4))
        return sema_error(s, tspec, D_BAD_ARGUMENT, "%s cannot be the type of a %s", say(s, t),
                          is_result ? "result" : "parameter");
    return t;
}

/* Strings of any size go where the longest have room; what is longer is cut. */
static bool takes(struct sema *s, const struct local *v, const struct type *t, const struct node *value) {
    const struct type *to = v->var.type;
    if (t->kind == TY_STRING && to->kind == TY_STRING && to->size == s->program->config.max_strlen)
        return true;
    return t->kind != TY_NONE && variable_fits(s, v, t, value);
}

/* An expression at the end is the value of the function, if that has one. */
static void take_last_value(struct node *body) {
    size_t n = body->block.stmts.n;
    struct node *last = n ? body->block.stmts.v[n - 1] : NULL;
    if (body->block.value || !last || last->kind != N_EXPR_STMT)
        return;
    struct node *e = last->inner.expr;
    if (e->kind == N_IF || e->kind == N_BLOCK)
        return;
    body->block.value = e;
    body->block.stmts.n--;
}

static bool check_name(struct sema *s, const struct node *n) {
    const char *name = n->subprog.name;
    const struct function *other = function_find(s, name);
    if (builtin_find(name) || map_kind_find(name)) {
        sema_error(s, n, D_SCOPE, "%s() is a function of the language", name);
        return false;
    }
    if (other) {
        sema_error(s, n, D_SCOPE, "%s() is defined twice", name);
        diag_note(s->diag, other->node->span, "This is the first definition.");
    }
    return !other;
}

static void declare(struct sema *s, struct node *n) {
    if (!check_name(s, n))
        return;
    struct function *f = ARENA_NEW(s->arena, struct function);
    f->name = n->subprog.name;
    f->node = n;
    f->block = (struct block){ .node = n, .provider = &no_probe };
    struct probe probe = { .name = arena_printf(s->arena, "fn:%s", f->name), .provider = "fn", .span = n->span };
    VEC_PUSH(s->arena, &f->block.probes, probe);
    s->block = &f->block;
    f->ret = written_type(s, n->subprog.ret, true);
    bool has_memory = f->ret->kind != TY_NONE && !type_is_scalar(f->ret);
    if (n->subprog.nparams + has_memory > MAX_REGISTERS)
        sema_error(s, n, D_LIMIT, "%s() has more than %d parameters%s", f->name, MAX_REGISTERS - has_memory,
                   has_memory ? "; a result that is not a number takes the place of one" : "");
    for (size_t i = 0; i < n->subprog.nparams; i++)
        n->subprog.params[i].tspec->type = written_type(s, n->subprog.params[i].tspec, false);
    if (f->ret->kind != TY_NONE)
        take_last_value(n->subprog.body);
    VEC_PUSH(s->arena, &s->state->functions, f);
    s->block = NULL;
}

void declare_functions(struct sema *s, const struct script *script) {
    for (VEC_EACH(n, &script->items))
        if ((*n)->kind == N_SUBPROG)
            declare(s, *n);
}

/* ---- bodies -------------------------------------------------------------------------------- */

static void declare_parameters(struct sema *s, const struct function *f) {
    for (size_t i = 0; i < f->node->subprog.nparams; i++) {
        struct node *var = f->node->subprog.params[i].var;
        struct local *v = scope_declare(s, var, var->span);
        if (!v)
            continue;
        if (!v->var.type && !is_poison(f->node->subprog.params[i].tspec->type))
            v->var.type = f->node->subprog.params[i].tspec->type;
        v->is_let = v->var.is_fixed = v->var.is_assigned = true;
        var->type = v->var.type ? v->var.type : &type_poison;
    }
}

/* The value of a return, or the one at the body's end. */
static void check_result(struct sema *s, const struct function *f, const struct node *value) {
    const struct type *t = value->type;
    struct local result = { .var = { .name = f->name, .type = f->ret, .is_fixed = true } };
    if (is_poison(t) || is_poison(f->ret))
        return;
    if (f->ret->kind == TY_NONE)
        sema_error(s, value, D_TYPE_MISMATCH, "%s() is void: it returns nothing", f->name);
    else if (!takes(s, &result, type_of_copy(t), value))
        sema_error(s, value, D_TYPE_MISMATCH, "%s() returns %s, not %s", f->name, say(s, f->ret),
                   t->kind == TY_NONE ? "void" : say(s, t));
    else
        warn_conversion(s, value, f->ret);
}

void type_function_return(struct sema *s, struct node *n) {
    const struct function *f = s->state->function;
    if (!n->inner.expr) {
        if (f->ret->kind != TY_NONE && !is_poison(f->ret))
            sema_error(s, n, D_TYPE_MISMATCH, "%s() returns %s: a value is missing", f->name, say(s, f->ret));
        return;
    }
    sema_expr(s, n->inner.expr);
    check_result(s, f, n->inner.expr);
    if (s->state->callbacks)
        sema_error(s, n, D_CONTROL_FLOW, "A function cannot return a value from inside a for-loop");
}

void type_function(struct sema *s, struct function *f) {
    struct sema_state *st = s->state;
    struct node *body = f->node->subprog.body;
    struct scope sc;
    s->block = &f->block;
    f->block.use = (struct block_use){ 0 };
    st->scope = NULL;
    st->locals.n = 0;
    st->loops = st->for_loops = st->callbacks = 0;
    st->function = f;
    scope_open(s, &sc);
    declare_parameters(s, f);
    type_stmts(s, body);
    if (body->block.value) {
        sema_expr(s, body->block.value);
        if (f->ret->kind != TY_NONE)
            check_result(s, f, body->block.value);
    }
    scope_close(s);
    st->function = NULL;
    body->type = f->node->type = &type_none;
    if (f->ret->kind != TY_NONE && !is_poison(f->ret) && !body->block.value && !stmt_leaves(body))
        sema_error(s, f->node, D_CONTROL_FLOW, "%s() may end without returning a value", f->name);
}

const struct type *check_in_function(struct sema *s, const struct node *call, const struct type *t) {
    struct block_use *u = &s->block->use;
    bool needs_probe = u->args || u->args_whole || u->ctx || u->argn || u->retval || u->func || u->probe || u->reg ||
                       u->kstack || u->ustack || !strncmp(call->call.name, "probe", 5);
    if (is_poison(t))
        return t;
    if (call->call.builtin->flags & BF_EXITS)
        return sema_error(s, call, D_NOT_HERE, "%s() leaves a probe: it cannot be used in a function", call->call.name);
    if (!needs_probe)
        return t;
    *u = (struct block_use){ 0 };
    return sema_error(s, call, D_NOT_HERE, "%s belongs to a probe: it cannot be used in a function", call->call.name);
}

/* ---- calls --------------------------------------------------------------------------------- */

static bool reaches(const struct function *from, const struct function *to) {
    if (from == to)
        return true;
    for (VEC_EACH(f, &from->callees))
        if (reaches(*f, to))
            return true;
    return false;
}

/* Calls that would close a circle are refused and not noted, so that the graph stays without one. */
static bool note_call(struct sema *s, const struct node *n, struct function *f) {
    struct function *caller = s->state->function;
    if (!caller)
        return true;
    for (VEC_EACH(c, &caller->callees))
        if (*c == f)
            return true;
    if (reaches(f, caller)) {
        sema_error(s, n, D_NOT_HERE, "Recursive call of %s()", f->name);
        return false;
    }
    VEC_PUSH(s->arena, &caller->callees, f);
    return true;
}

static bool check_argument(struct sema *s, const struct function *f, size_t i, const struct node *a) {
    struct node *var = f->node->subprog.params[i].var;
    struct local *v = (struct local *)var->var.var;
    const struct type *t = type_of_copy(a->type);
    if (!v || !v->var.type || is_poison(t))
        return true;
    if (!takes(s, v, t, a)) {
        sema_error(s, a, D_BAD_ARGUMENT, "%s() expects %s for $%s, not %s", f->name, say(s, v->var.type), v->var.name,
                   t->kind == TY_NONE ? "void" : say(s, a->type));
        return false;
    }
    if (v->var.type->kind == TY_PTR && v->var.type->as == AS_NONE && t->as != AS_NONE) {
        v->var.type = with_space(s, v->var.type, t->as);
        s->changed = true;
    }
    warn_conversion(s, a, v->var.type);
    return true;
}

const struct type *type_function_call(struct sema *s, struct node *n, struct function *f) {
    size_t want = f->node->subprog.nparams, given = n->call.args.n;
    bool ok = note_call(s, n, f);
    n->call.builtin = builtin_find("fn");
    n->call.data = f;
    for (VEC_EACH(a, &n->call.args))
        sema_expr(s, *a);
    if (want != given)
        return sema_error(s, n, D_BAD_COUNT, "%s() requires %zu argument%s (%zu provided)", f->name, want,
                          want == 1 ? "" : "s", given);
    for (size_t i = 0; i < given; i++)
        ok = check_argument(s, f, i, n->call.args.v[i]) && ok;
    return ok ? f->ret : &type_poison;
}
