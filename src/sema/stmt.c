/* Statements, blocks, and the probes made of them (reference §9). */
#include "sema/state.h"

#include <string.h>

/* With the semicolon: where the peer marks whole statements. */
static struct span with_semicolon(struct span at) {
    if (at.src && at.hi < at.src->len && at.src->text[at.hi] == ';')
        at.hi++;
    return at;
}

/* ---- values that go nowhere ---------------------------------------------------------------- */

/* Functions that the peer writes as blocks. */
static bool is_block_like(const struct node *n) {
    return n->kind == N_CALL && (!strcmp(n->call.name, "delete") || !strcmp(n->call.name, "has_key"));
}

/* is_last: of its block. */
static void warn_discarded(struct sema *s, const struct node *n, bool is_last) {
    if (!s->is_final)
        return;
    if (n->kind == N_TERNARY) {
        if (n->cond.yes)
            warn_discarded(s, n->cond.yes, true);
        warn_discarded(s, n->cond.no, true);
        return;
    }
    if (n->type->kind != TY_NONE && !is_poison(n->type) && n->kind != N_INCDEC)
        diag_warn(s->diag, D_DISCARDED, is_block_like(n) && !is_last ? with_semicolon(n->span) : n->span,
                  "Return value discarded.");
}

/* ---- assignment ---------------------------------------------------------------------------- */

/* From the operator to the end of the value, as the peer marks it. */
static struct span from_operator(const struct node *n) {
    struct span at = span_join(n->assign.lvalue->span, n->assign.value->span);
    uint32_t lo = n->assign.lvalue->span.hi;
    if (!at.src || lo >= at.hi)
        return n->span;
    while (lo < at.hi && strchr(" \t\n", at.src->text[lo]))
        lo++;
    at.lo = lo;
    return at;
}

void refuse_modification(struct sema *s, const struct node *n, const struct type *cur, const struct type *t) {
    const char *op = op_str(n->assign.op), *l = say(s, cur->kind == TY_INT ? &type_int64 : cur),
               *r = say_value(s, n->assign.value);
    if (cur->kind == TY_PTR || cur->kind == t->kind) {
        diag_error(s->diag, D_BAD_OPERAND, from_operator(n),
                   "The %s operator can not be used on expressions of types %s, %s", op, say(s, cur), r);
        return;
    }
    diag_error(s->diag, D_TYPE_MISMATCH, from_operator(n), "Type mismatch for '%s': comparing %s with %s", op, l, r);
    diag_note(s->diag, n->assign.lvalue->span, "left (%s)", l);
    diag_note(s->diag, n->assign.value->span, "right (%s)", r);
}

static void modify_variable(struct sema *s, struct node *n) {
    struct node *var = n->assign.lvalue, *value = n->assign.value;
    const struct type *cur = sema_expr(s, var), *t = sema_expr(s, value);
    if (is_poison(cur) || is_poison(t))
        return;
    const struct type *r = arithmetic_type(s, n->assign.op, cur, t);
    if (!r && (reads_as_int(cur) || cur->kind == TY_PTR)) {
        refuse_modification(s, n, cur, t);
        return;
    }
    if (!r) /* the result does not go back: that is what is reported */
        r = t->kind == TY_INT && t->is_signed ? &type_int64 : &type_uint64;
    assign_variable(s, var, r, n->span, NULL);
    const struct type *now = var->var.var->type;
    if (!s->is_final || !now)
        return;
    if (n->assign.op == OP_SUB || type_is_signed(type_of_copy(cur)))
        warn_int_cast(s, value_span(value), t, &type_int64);
    if (var->var.var->is_fixed)
        warn_int_cast(s, from_operator(n), r, now);
}

static void type_assign(struct sema *s, struct node *n) {
    struct node *l = n->assign.lvalue;
    if (l->kind == N_MAP) {
        assign_map(s, n);
    } else if (n->assign.op == OP_NONE) {
        const struct type *t = sema_expr(s, n->assign.value);
        assign_variable(s, l, t, n->span, n->assign.value);
    } else {
        modify_variable(s, n);
    }
}

static void type_let(struct sema *s, struct node *n) {
    struct node *var = n->let.var;
    const struct type *fixed = n->let.tspec ? resolve_type(s, n->let.tspec) : NULL;
    const struct type *t = n->let.value ? sema_expr(s, n->let.value) : NULL;
    struct span at = n->span;
    if (at.src == var->span.src)
        at.hi = var->span.hi;
    struct local *v = scope_declare(s, var, at);
    if (!v)
        return;
    v->is_let = true;
    bool is_open =
        fixed && ((fixed->kind == TY_STRING && !fixed->size) || (fixed->kind == TY_BUFFER && fixed->size <= 4));
    v->open = is_open ? fixed : NULL;
    if (fixed && !is_open && !is_poison(fixed) && check_size(s, fixed, n->let.tspec->span)) {
        if (!v->var.type || !v->var.is_fixed || !type_equal(v->var.type, fixed))
            v->var.type = fixed;
        v->var.is_fixed = true;
    }
    if (t)
        assign_variable(s, var, t, n->span, n->let.value);
    var->type = v->var.type ? v->var.type : &type_poison;
}

/* ---- control flow -------------------------------------------------------------------------- */

static void type_return(struct sema *s, struct node *n) {
    if (s->state->function) {
        type_function_return(s, n);
        return;
    }
    if (!n->inner.expr)
        return;
    const struct type *t = sema_expr(s, n->inner.expr);
    if (!is_poison(t) && t->kind != TY_INT && t->kind != TY_ENUM)
        sema_error(s, n, D_TYPE_MISMATCH, "Probe return values can only be integers. Found %s",
                   t->kind == TY_NONE ? "void" : say(s, t));
}

static void type_jump(struct sema *s, const struct node *n) {
    if (!s->state->loops)
        sema_error(s, n, D_CONTROL_FLOW, "'%s' statement is not allowed in a probe",
                   n->kind == N_BREAK ? "break" : "continue");
}

/* Whether control never gets behind the statement. */
bool stmt_leaves(const struct node *n) {
    switch ((int)n->kind) {
    case N_RETURN:
    case N_BREAK:
    case N_CONTINUE: return true;
    case N_EXPR_STMT: return stmt_leaves(n->inner.expr);
    case N_CALL: return n->call.builtin && n->call.builtin->flags & BF_EXITS;
    case N_BLOCK: return n->block.stmts.n && stmt_leaves(n->block.stmts.v[n->block.stmts.n - 1]);
    case N_IF: return n->cond.no && stmt_leaves(n->cond.yes) && stmt_leaves(n->cond.no);
    default: return false;
    }
}

void type_stmts(struct sema *s, struct node *block) {
    bool is_dead = false, is_told = false;
    for (VEC_EACH(n, &block->block.stmts)) {
        if (is_dead && !is_told && s->is_final) {
            diag_warn(s->diag, D_UNREACHABLE, with_semicolon((*n)->span), "Unreachable statement.");
            is_told = true;
        }
        s->state->last_stmt = block->block.stmts.v[block->block.stmts.n - 1];
        type_stmt(s, *n);
        is_dead = is_dead || stmt_leaves(*n);
    }
}

static void type_block_stmt(struct sema *s, struct node *n) {
    struct scope sc;
    scope_open(s, &sc);
    type_stmts(s, n);
    if (n->block.value) {
        sema_expr(s, n->block.value);
        warn_discarded(s, n->block.value, true);
    }
    scope_close(s);
    n->type = &type_none;
}

const struct type *type_block_expr(struct sema *s, struct node *n) {
    struct scope sc;
    scope_open(s, &sc);
    type_stmts(s, n);
    const struct type *t = n->block.value ? sema_expr(s, n->block.value) : &type_none;
    scope_close(s);
    return t;
}

/* The chosen arm of `if comptime` takes the node's place; the other one is never looked at. */
static bool take_comptime(struct sema *s, struct node *n) {
    const struct node *c = n->cond.cond;
    if (!c->is_const) {
        if (s->is_final && !is_poison(c->type))
            sema_error(s, c, D_COMPTIME, "Unable to resolve comptime expression");
        return false;
    }
    bool truth = c->const_str ? c->const_len > 0 : c->const_value != 0;
    struct node *taken = truth ? n->cond.yes : n->cond.no;
    if (!taken)
        taken = node_new(s->arena, N_BLOCK, n->span);
    if (s->is_final) {
        *n = *taken;
        return true;
    }
    n->type = sema_expr(s, taken);
    return true;
}

const struct type *type_if(struct sema *s, struct node *n) {
    sema_expr(s, n->cond.cond);
    bool fine = check_condition(s, n, n->cond.cond);
    if (n->cond.is_comptime) {
        if (!fine || !take_comptime(s, n))
            return &type_poison;
        return s->is_final ? sema_expr(s, n) : n->type;
    }
    const struct type *yes = sema_expr(s, n->cond.yes);
    const struct type *no = n->cond.no ? sema_expr(s, n->cond.no) : &type_none;
    if (is_poison(yes) || is_poison(no))
        return is_poison(yes) ? no : yes;
    if (!n->cond.no || (yes->kind == TY_NONE && no->kind == TY_NONE))
        return &type_none;
    const struct type *t = sema_unify(s, type_of_copy(yes), type_of_copy(no));
    if (!t)
        return sema_error(s, n, D_TYPE_MISMATCH,
                          "Branches must return the same type or compatible types: have '%s' and '%s'", say(s, yes),
                          say(s, no));
    return t;
}

static void type_if_stmt(struct sema *s, struct node *n) {
    if (n->cond.is_comptime) {
        sema_expr(s, n->cond.cond);
        if (check_condition(s, n, n->cond.cond) && take_comptime(s, n) && s->is_final)
            type_stmt(s, n);
        return;
    }
    sema_expr(s, n->cond.cond);
    check_condition(s, n, n->cond.cond);
    type_stmt(s, n->cond.yes);
    if (n->cond.no)
        type_stmt(s, n->cond.no);
    n->type = &type_none;
}

static void type_expr_stmt(struct sema *s, struct node *n) {
    struct node *e = n->inner.expr;
    if (e->kind == N_BLOCK || e->kind == N_IF) {
        type_stmt(s, e);
        return;
    }
    sema_expr(s, e);
    warn_discarded(s, e, n == s->state->last_stmt);
}

void type_stmt(struct sema *s, struct node *n) {
    n->type = &type_none;
    switch ((int)n->kind) {
    case N_ASSIGN: type_assign(s, n); return;
    case N_LET: type_let(s, n); return;
    case N_DISCARD: sema_expr(s, n->inner.expr); return;
    case N_EXPR_STMT: type_expr_stmt(s, n); return;
    case N_IF: type_if_stmt(s, n); return;
    case N_BLOCK: type_block_stmt(s, n); return;
    case N_WHILE: type_while(s, n); return;
    case N_UNROLL: type_unroll(s, n); return;
    case N_FOR_MAP:
    case N_FOR_RANGE: type_for_loop(s, n); return;
    case N_BREAK:
    case N_CONTINUE: type_jump(s, n); return;
    case N_RETURN: type_return(s, n); return;
    case N_IMPORT:
        sema_error(s, n, D_IMPORT,
                   "Import statements that are not at the top level are primarily for the standard library.");
        return;
    default: sema_expr(s, n); return;
    }
}

/* ---- probes -------------------------------------------------------------------------------- */

static void warn_never_assigned(struct sema *s) {
    for (VEC_EACH(v, &s->state->locals))
        if ((*v)->is_let && !(*v)->var.is_assigned)
            diag_warn(s->diag, D_UNUSED, (*v)->declared, "Variable $%s was never assigned to.", (*v)->var.name);
}

/* Reported with the slashes around it. */
static void check_predicate(struct sema *s, const struct node *pred) {
    struct node whole = *pred;
    const struct source *src = pred->span.src;
    if (src && !pred->span.from) {
        while (whole.span.lo > 0 && src->text[whole.span.lo] != '/')
            whole.span.lo--;
        while (whole.span.hi < src->len && src->text[whole.span.hi - 1] != '/')
            whole.span.hi++;
    }
    check_condition(s, &whole, pred);
}

void type_probe(struct sema *s, struct block *b) {
    struct sema_state *st = s->state;
    s->block = b;
    b->use = (struct block_use){ 0 };
    st->scope = NULL;
    st->locals.n = 0;
    st->loops = st->for_loops = st->callbacks = 0;
    struct node *pred = b->node->probe.predicate;
    if (pred) {
        sema_expr(s, pred);
        check_predicate(s, pred);
    }
    type_block_stmt(s, b->node->probe.body);
    if (s->is_final)
        warn_never_assigned(s);
    b->node->type = &type_none;
}
