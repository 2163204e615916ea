/* Loops.
 *
 * `unroll` repeats its body in place. `while` and `for` are a call of the kernel's iterators (bpf_for_each_map_elem of 5.13,
 * bpf_loop of 5.17): the body becomes a callback, verified once however often it runs. A callback is a function of its
 * own; it reaches the variables outside through an array of pointers on its caller's stack, built here:
 *     word 0: the program's context   1: return flag   2: probe index   3…: homes of the variables in use
 *
 * Numbers move from the stack to scratch memory for the time of the loop: what is on the stack the verifier follows from
 * turn to turn, and a counter that it knows makes it walk through all of them. */
#include "codegen/cg.h"

#include <errno.h>
#include <linux/bpf.h>

enum { MAX_TURNS = 1 << 23 }; /* BPF_MAX_LOOPS: what one bpf_loop may do */
enum { LINK_CTX, LINK_RETURN, LINK_PROBE, LINK_VARS };

struct capture {
    struct arena *arena;
    VEC(struct variable *) vars;
};

/* Variables of the body that live outside: those that have a home already. */
static bool collect(struct node *n, void *ctx) {
    struct capture *c = ctx;
    if (n->kind == N_VAR && n->var.var && n->var.var->codegen) {
        for (VEC_EACH(v, &c->vars))
            if (*v == n->var.var)
                return true;
        VEC_PUSH(c->arena, &c->vars, n->var.var);
    }
    return true;
}

struct callback {
    struct frame frame;
    struct flow flow;
    struct capture captured;
    LLVMValueRef links;       /* caller's side: the array */
    LLVMValueRef return_flag; /* caller's side */
    LLVMBasicBlockRef resume;
    LLVMMetadataRef resume_at;
    LLVMValueRef *outer_homes;
    LLVMValueRef *loop_homes; /* where numbers are during the loop; NULL: where they were */
};

static void link_set(struct codegen *cg, LLVMValueRef links, unsigned i, LLVMValueRef v) {
    cg_store_int(cg, cg_ptr_add(cg, links, i * 8), v);
}

static LLVMValueRef link_get(struct codegen *cg, LLVMValueRef links, unsigned i) {
    return LLVMBuildLoad2(cg->b, cg->ptr, cg_ptr_add(cg, links, i * 8), "");
}

static void move_number(struct codegen *cg, const struct type *t, LLVMValueRef from, LLVMValueRef to) {
    cg_store_int(cg, to, cg_load_int(cg, from, t->size * 8));
}

/* Pointers that are followed directly stay on the stack, where the verifier knows what they point to. */
static bool is_number(const struct variable *v) {
    const struct type *t = v->type;
    bool is_direct = t->kind == TY_PTR && (t->as == AS_BPF || t->is_ctx || t->is_btf_trusted);
    return type_is_scalar(t) && !is_direct && !v->is_address_taken;
}

/* Loops that follow each other share one array. */
static LLVMValueRef links_room(struct codegen *cg, uint32_t words) {
    struct frame *f = cg->frame;
    if (f->links_words < words) {
        f->links_words = words < 8 ? 8 : words;
        f->links = cg_alloca(cg, LLVMArrayType2(cg->i64, f->links_words));
        f->stack_used += f->links_words * 8;
    }
    return f->links;
}

static LLVMValueRef return_flag(struct codegen *cg) {
    if (!cg->frame->return_flag) {
        cg->frame->return_flag = cg_alloca(cg, cg->i64);
        cg->frame->stack_used += 8;
    }
    cg_slot_set(cg, cg->frame->return_flag, cg_i64(cg, 0));
    return cg->frame->return_flag;
}

static void callback_open(struct codegen *cg, struct callback *c, struct node *body, unsigned nargs,
                          unsigned links_arg) {
    *c = (struct callback){ .captured.arena = cg->arena };
    node_walk(body, collect, &c->captured);
    size_t nvars = c->captured.vars.n;
    c->links = links_room(cg, LINK_VARS + (uint32_t)nvars);
    c->return_flag = return_flag(cg);
    link_set(cg, c->links, LINK_CTX, cg->frame->ctx);
    link_set(cg, c->links, LINK_RETURN, c->return_flag);
    link_set(cg, c->links, LINK_PROBE, cg->frame->probe_index ? cg->frame->probe_index : c->return_flag);
    c->outer_homes = ARENA_ARRAY(cg->arena, LLVMValueRef, nvars + 1);
    c->loop_homes = ARENA_ARRAY(cg->arena, LLVMValueRef, nvars + 1);
    for (size_t i = 0; i < nvars; i++) {
        struct variable *v = c->captured.vars.v[i];
        c->outer_homes[i] = v->codegen;
        if (is_number(v) && LLVMIsAAllocaInst(v->codegen)) {
            c->loop_homes[i] = cg_scratch_at(cg, cg->scratch_used);
            cg->scratch_used += 8;
            move_number(cg, v->type, v->codegen, c->loop_homes[i]);
        }
        link_set(cg, c->links, LINK_VARS + (unsigned)i, c->loop_homes[i] ? c->loop_homes[i] : v->codegen);
    }
    c->resume = LLVMGetInsertBlock(cg->b);
    c->resume_at = LLVMGetCurrentDebugLocation2(cg->b);
    bool has_index = cg->frame->probe_index != NULL;
    LLVMTypeRef args[4] = { cg->i64, cg->ptr };
    if (nargs == 4)
        args[0] = args[1] = args[2] = args[3] = cg->ptr;
    const char *name = arena_printf(cg->arena, "loop_%u", cg->ncallbacks++);
    cg_frame_open(cg, &c->frame, name, LLVMFunctionType(cg->i64, args, nargs, false), body);
    LLVMSetLinkage(c->frame.fn, LLVMInternalLinkage);
    LLVMValueRef links = LLVMGetParam(c->frame.fn, links_arg);
    c->frame.ctx = link_get(cg, links, LINK_CTX);
    c->frame.probe_index = has_index ? link_get(cg, links, LINK_PROBE) : NULL;
    c->flow = (struct flow){ .is_callback = true, .return_flag = link_get(cg, links, LINK_RETURN), .outer = cg->flow };
    cg->flow = &c->flow;
    for (size_t i = 0; i < nvars; i++) {
        struct variable *v = c->captured.vars.v[i];
        v->codegen = link_get(cg, links, LINK_VARS + (unsigned)i);
    }
}

/* Variables of the body have their homes in a function that is over; an unrolled loop may come here again. */
static bool leave_home(struct node *n, void *ctx) {
    struct capture *c = ctx;
    if (n->kind != N_VAR || !n->var.var)
        return true;
    for (VEC_EACH(v, &c->vars))
        if (*v == n->var.var)
            return true;
    n->var.var->codegen = NULL;
    return true;
}

static void callback_close(struct codegen *cg, struct callback *c, struct node *body) {
    if (!cg_terminated(cg))
        LLVMBuildRet(cg->b, cg_i64(cg, 0));
    node_walk(body, leave_home, &c->captured);
    cg_frame_close(cg, &c->frame);
    cg->flow = c->flow.outer;
    LLVMPositionBuilderAtEnd(cg->b, c->resume);
    LLVMSetCurrentDebugLocation2(cg->b, c->resume_at);
}

/* Behind the loop. */
static void numbers_back(struct codegen *cg, struct callback *c) {
    for (size_t i = 0; i < c->captured.vars.n; i++) {
        struct variable *v = c->captured.vars.v[i];
        v->codegen = c->outer_homes[i];
        if (c->loop_homes[i])
            move_number(cg, v->type, c->loop_homes[i], c->outer_homes[i]);
    }
}

/* A `return` inside the body ends the program as well. */
static void propagate_return(struct codegen *cg, struct callback *c) {
    numbers_back(cg, c);
    struct cg_if returned = cg_if_unlikely(cg, cg_cmp(cg, C_NE, cg_slot_get(cg, c->return_flag), cg_i64(cg, 0)));
    cg_return(cg);
    cg_end(cg, &returned);
}

static void set_loop_var(struct codegen *cg, const struct node *var, struct value v) {
    var->var.var->codegen = NULL;
    cg_store(cg, v, cg_var_home(cg, var), var->var.var->type);
}

static void report_cut(struct codegen *cg, const struct node *n, LLVMValueRef result) {
    cg_count_loss(cg, LOSS_LOOP, cg->prog_index);
    cg_runtime_error(cg, n, "loop", NULL, result);
}

/* The number of turns, by way of memory: where the verifier knows that there are none it drops the callback as dead code
 * and then misses it (Linux 6.18: "verifier bug: No program to jit"). */
static LLVMValueRef turns_unknown(struct codegen *cg, LLVMValueRef count) {
    LLVMValueRef at = cg_scratch_at(cg, cg->scratch_used);
    cg->scratch_used += 8;
    cg_store_volatile(cg, at, count);
    return cg_load_volatile(cg, at, 64);
}

static void for_range(struct codegen *cg, const struct node *n) {
    LLVMValueRef from = cg_expr_i64(cg, n->forloop.from), to = cg_expr_i64(cg, n->forloop.to);
    LLVMValueRef some = cg_cmp(cg, C_SLT, from, to);
    LLVMValueRef count = cg_select(cg, some, cg_arith(cg, A_SUB, to, from), cg_i64(cg, 0));
    /* The first number travels as one more captured variable. */
    struct variable *start = ARENA_NEW(cg->arena, struct variable);
    start->type = &type_int64;
    start->codegen = cg_slot(cg, from);
    struct node start_node = { .kind = N_VAR, .span = n->span, .type = &type_int64, .var = { "start", start } };
    struct node *parts[] = { &start_node, n->forloop.body };
    struct node wrapper = { .kind = N_BLOCK,
                            .span = n->forloop.body->span,
                            .block = { .stmts = { .v = parts, .n = 2, .cap = 2 } } };
    struct callback c;
    callback_open(cg, &c, &wrapper, 2, 1);
    LLVMValueRef first = LLVMBuildLoad2(cg->b, cg->i64, start->codegen, "");
    LLVMValueRef i = LLVMGetParam(c.frame.fn, 0);
    set_loop_var(cg, n->forloop.var, cg_reg(cg_arith(cg, A_ADD, first, i), &type_int64));
    cg_stmt(cg, n->forloop.body);
    callback_close(cg, &c, &wrapper);
    LLVMValueRef r = CG_HELPER(cg, BPF_FUNC_loop, turns_unknown(cg, count), c.frame.fn, c.links, cg_i64(cg, 0));
    /* A loop that the kernel has inlined gives its error in 32 bits. */
    r = LLVMBuildSExt(cg->b, LLVMBuildTrunc(cg->b, r, cg->i32, ""), cg->i64, "");
    struct cg_if failed = cg_if_unlikely(cg, cg_cmp(cg, C_SLT, r, cg_i64(cg, 0)));
    wrapper.span = span_join(n->span, n->forloop.body->span);
    report_cut(cg, &wrapper, r);
    cg_end(cg, &failed);
    propagate_return(cg, &c);
}

static void for_map(struct codegen *cg, const struct node *n) {
    const struct map_info *m = n->forloop.map->map.map;
    struct callback c;
    callback_open(cg, &c, n->forloop.body, 4, 3);
    const struct type *t = n->forloop.var->var.var->type; /* (key, value) */
    n->forloop.var->var.var->codegen = NULL;
    LLVMValueRef home = cg_var_home(cg, n->forloop.var);
    LLVMValueRef key = LLVMGetParam(c.frame.fn, 1), value = LLVMGetParam(c.frame.fn, 2);
    cg_zero_padding(cg, home, t);
    cg_store(cg, cg_mem(key, m->key), cg_ptr_add(cg, home, t->fields[0].offset), t->fields[0].type);
    struct value v;
    if (type_is_agg(m->value)) {
        LLVMValueRef copy = cg_scratch(cg, m->key->size);
        cg_memcpy(cg, copy, key, m->key->size);
        v = cg_agg_read(cg, m, copy);
    } else {
        v = cg_mem(value, m->value);
    }
    cg_store(cg, v, cg_ptr_add(cg, home, t->fields[1].offset), t->fields[1].type);
    cg_stmt(cg, n->forloop.body);
    callback_close(cg, &c, n->forloop.body);
    CG_HELPER(cg, BPF_FUNC_for_each_map_elem, cg_map(cg, m), c.frame.fn, c.links, cg_i64(cg, 0));
    propagate_return(cg, &c);
}

/* A callback, too: a loop of the program's own costs the verifier every turn, and it gives up at a million
 * instructions. */
static void while_stmt(struct codegen *cg, const struct node *n) {
    struct node *parts[] = { n->loop.cond, n->loop.body };
    struct node wrapper = { .kind = N_BLOCK, .span = n->span, .block = { .stmts = { .v = parts, .n = 2, .cap = 2 } } };
    struct callback c;
    callback_open(cg, &c, &wrapper, 2, 1);
    struct cg_if over = cg_if(cg, LLVMBuildNot(cg->b, cg_truth(cg, n->loop.cond), ""));
    LLVMBuildRet(cg->b, cg_i64(cg, 1));
    cg_end(cg, &over);
    cg_stmt(cg, n->loop.body);
    callback_close(cg, &c, &wrapper);
    LLVMValueRef turns = CG_HELPER(cg, BPF_FUNC_loop, cg_i64(cg, MAX_TURNS), c.frame.fn, c.links, cg_i64(cg, 0));
    struct cg_if cut = cg_if_unlikely(cg, cg_cmp(cg, C_EQ, turns, cg_i64(cg, MAX_TURNS)));
    report_cut(cg, n, cg_i64(cg, (uint64_t)-E2BIG));
    cg_end(cg, &cut);
    propagate_return(cg, &c);
}

void cg_loop_stmt(struct codegen *cg, const struct node *n) {
    if (n->kind == N_FOR_RANGE)
        for_range(cg, n);
    else if (n->kind == N_FOR_MAP)
        for_map(cg, n);
    else if (n->kind == N_WHILE)
        while_stmt(cg, n);
    else
        for (uint64_t i = 0; i < n->loop.cond->const_value; i++)
            cg_stmt(cg, n->loop.body);
}
