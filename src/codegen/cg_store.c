/* Getting values into memory: the one road for map keys and values, event records and large variables.
 *
 * Strings may have leftovers behind their NUL, which nobody sees, except in map keys, where every byte counts: keys are
 * zeroed first and filled with cg->clean_strings set. */
#include "codegen/cg.h"

#include <linux/bpf.h>
#include <string.h>

bool type_has_string(const struct type *t) {
    if (t->kind == TY_STRING)
        return true;
    if (t->kind == TY_TUPLE || t->kind == TY_RECORD)
        for (uint32_t i = 0; i < t->nfields; i++)
            if (type_has_string(t->fields[i].type))
                return true;
    return false;
}

LLVMValueRef cg_to_i64(struct codegen *cg, struct value v) {
    v = cg_load(cg, v);
    if (LLVMTypeOf(v.v) == cg->ptr)
        return cg_ptr_to_i64(cg, v.v);
    return v.type->kind == TY_INT && v.type->is_signed ? cg_sext(cg, v.v) : cg_zext(cg, v.v);
}

/* Scalars to a register, the rest to BPF memory. */
struct value cg_load(struct codegen *cg, struct value v) {
    if (v.place == IN_REGISTER)
        return v;
    if (type_is_scalar(v.type)) {
        unsigned bits = v.type->size * 8;
        if (v.place == REMOTE) {
            LLVMValueRef tmp = cg_alloca(cg, cg_int_type(cg, bits));
            cg_probe_read(cg, NULL, tmp, cg_i64(cg, v.type->size), v.v, v.as, false);
            return cg_reg(LLVMBuildLoad2(cg->b, cg_int_type(cg, bits), tmp, ""), v.type);
        }
        return cg_reg(cg_load_int(cg, v.v, bits), v.type);
    }
    if (v.place == IN_MEMORY)
        return v;
    LLVMValueRef mem = cg_scratch(cg, v.type->size);
    cg_store(cg, v, mem, v.type);
    return cg_mem(mem, v.type);
}

static void store_scalar(struct codegen *cg, struct value v, LLVMValueRef dest, const struct type *t) {
    LLVMValueRef x = cg_to_i64(cg, v);
    if (t->kind == TY_BOOL && v.type->kind != TY_BOOL)
        x = cg_zext(cg, cg_cmp(cg, C_NE, x, cg_i64(cg, 0)));
    cg_store_int(cg, dest, cg_trunc(cg, x, t->size * 8));
}

/* The bytes of a word in front of its first NUL; *ended: 0 where it has none. The lowest zero byte is the lowest one for
 * which borrowing reaches bit 7. */
static LLVMValueRef clean_word(struct codegen *cg, LLVMValueRef w, LLVMValueRef *ended) {
    LLVMValueRef less = cg_arith(cg, A_SUB, w, cg_i64(cg, 0x0101010101010101));
    LLVMValueRef turned = cg_arith(cg, A_XOR, w, cg_i64(cg, ~0ull));
    LLVMValueRef zeros = cg_arith(cg, A_AND, cg_arith(cg, A_AND, less, turned), cg_i64(cg, 0x8080808080808080));
    LLVMValueRef first = cg_arith(cg, A_AND, zeros, cg_arith(cg, A_SUB, cg_i64(cg, 0), zeros));
    *ended = zeros;
    return cg_arith(cg, A_AND, w, cg_arith(cg, A_SUB, cg_arith(cg, A_LSHR, first, cg_i64(cg, 7)), cg_i64(cg, 1)));
}

/* 16 bytes, as many as comm has, without a call. */
static void copy_clean_words(struct codegen *cg, LLVMValueRef dest, LLVMValueRef from) {
    LLVMValueRef ended, ended_too;
    LLVMValueRef a = clean_word(cg, cg_load_int(cg, from, 64), &ended);
    LLVMValueRef b = clean_word(cg, cg_load_int(cg, cg_ptr_add(cg, from, 8), 64), &ended_too);
    cg_store_int(cg, dest, a);
    cg_store_int(cg, cg_ptr_add(cg, dest, 8), cg_select(cg, cg_cmp(cg, C_EQ, ended, cg_i64(cg, 0)), b, cg_i64(cg, 0)));
}

static void store_string(struct codegen *cg, struct value v, LLVMValueRef dest, const struct type *t) {
    uint32_t have = v.type->size, room = t->size, n = have < room ? have : room;
    if (v.place == REMOTE) { /* a char array in a struct: its bytes as they are, NUL or not */
        cg_probe_read(cg, NULL, dest, cg_i64(cg, n), v.v, v.as, false);
    } else if (cg->clean_strings && v.type->kind == TY_STRING && n == 16 && have == 16) {
        copy_clean_words(cg, dest, v.v);
        return;
    } else if (cg->clean_strings && v.type->kind == TY_STRING && n > 1) {
        CG_HELPER(cg, BPF_FUNC_probe_read_kernel_str, dest, cg_i64(cg, n), v.v);
        return;
    } else {
        cg_memcpy(cg, dest, v.v, n);
    }
    if (room > n && !cg->clean_strings)
        cg_store_int(cg, cg_ptr_add(cg, dest, n), LLVMConstInt(cg->i8, 0, false));
    else if (have > room)
        cg_store_int(cg, cg_ptr_add(cg, dest, room - 1), LLVMConstInt(cg->i8, 0, false));
}

/* Holes between tuple elements go into keys and to user space: they must not differ from run to run. */
void cg_zero_padding(struct codegen *cg, LLVMValueRef dest, const struct type *t) {
    uint32_t at = 0;
    for (uint32_t i = 0; i <= t->nfields; i++) {
        uint32_t next = i < t->nfields ? t->fields[i].offset : t->size;
        for (; at < next; at++)
            cg_store_int(cg, cg_ptr_add(cg, dest, at), LLVMConstInt(cg->i8, 0, false));
        if (i < t->nfields)
            at = t->fields[i].offset + t->fields[i].type->size;
    }
}

/* Element j of `from` that fills element i of `t`: by position, records by name. */
static uint32_t element_of(const struct type *from, const struct type *t, uint32_t i) {
    if (t->kind == TY_RECORD)
        for (uint32_t j = 0; j < from->nfields; j++)
            if (from->fields[j].name && t->fields[i].name && !strcmp(from->fields[j].name, t->fields[i].name))
                return j;
    return i;
}

static void store_tuple(struct codegen *cg, struct value v, LLVMValueRef dest, const struct type *t) {
    v = cg_load(cg, v);
    if (type_equal(v.type, t) && !(cg->clean_strings && type_has_string(t))) {
        cg_memcpy(cg, dest, v.v, t->size);
        return;
    }
    cg_zero_padding(cg, dest, t);
    for (uint32_t i = 0; i < t->nfields; i++) {
        const struct field *f = &v.type->fields[element_of(v.type, t, i)];
        cg_store(cg, cg_mem(cg_ptr_add(cg, v.v, f->offset), f->type), cg_ptr_add(cg, dest, t->fields[i].offset),
                 t->fields[i].type);
    }
}

void cg_store(struct codegen *cg, struct value v, LLVMValueRef dest, const struct type *t) {
    if (type_is_scalar(t)) {
        store_scalar(cg, v, dest, t);
    } else if (t->kind == TY_STRING) {
        store_string(cg, v, dest, t);
    } else if (t->kind == TY_TUPLE || t->kind == TY_RECORD) {
        store_tuple(cg, v, dest, t);
    } else {
        uint32_t n = v.type->size < t->size ? v.type->size : t->size;
        if (v.place == REMOTE)
            cg_probe_read(cg, NULL, dest, cg_i64(cg, n), v.v, v.as, false);
        else if (v.place == IN_REGISTER) /* an integer cast to an array */
            cg_store_int(cg, dest, cg_trunc(cg, v.v, n * 8));
        else
            cg_memcpy(cg, dest, v.v, n);
        if (t->size > n)
            cg_memzero(cg, cg_ptr_add(cg, dest, n), t->size - n);
    }
}

static void const_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    if (!n->const_str) {
        struct value v = cg_reg(cg_i64(cg, n->const_value), t->kind == TY_BOOL ? &type_uint64 : t);
        store_scalar(cg, v, dest, t);
        return;
    }
    size_t have = n->const_len + 1, len = have < t->size ? have : t->size;
    char *bytes = arena_alloc(cg->arena, len + 8);
    memcpy(bytes, n->const_str, len - 1);
    cg_memcpy(cg, dest, cg_rodata(cg, bytes, len), len);
    /* Keys were zeroed as a whole. */
}

static void tuple_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    if (!cg->clean_strings)
        cg_zero_padding(cg, dest, t);
    for (uint32_t i = 0; i < n->tuple.items.n; i++) { /* side effects in written order */
        uint32_t to = i;
        if (n->kind == N_RECORD)
            for (uint32_t j = 0; j < t->nfields; j++)
                if (t->fields[j].name && !strcmp(t->fields[j].name, n->tuple.names[i]))
                    to = j;
        cg_expr_into(cg, n->tuple.items.v[i], cg_ptr_add(cg, dest, t->fields[to].offset), t->fields[to].type);
    }
}

static void cond_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    if (!n->cond.yes) { /* a ?: b */
        struct value v = cg_expr(cg, n->cond.cond);
        struct cg_if c = cg_if(cg, cg_cmp(cg, C_NE, cg_to_i64(cg, v), cg_i64(cg, 0)));
        cg_store(cg, v, dest, t);
        cg_else(cg, &c);
        cg_expr_into(cg, n->cond.no, dest, t);
        cg_end(cg, &c);
        return;
    }
    struct cg_if c = cg_if(cg, cg_truth(cg, n->cond.cond));
    cg_expr_into(cg, n->cond.yes, dest, t);
    cg_else(cg, &c);
    cg_expr_into(cg, n->cond.no, dest, t);
    cg_end(cg, &c);
}

void cg_expr_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    cg_set_location(cg, n);
    if (n->is_const && (type_is_scalar(t) || (n->const_str && t->kind == TY_STRING)))
        const_into(cg, n, dest, t);
    else if ((n->kind == N_TUPLE || n->kind == N_RECORD) && (t->kind == TY_TUPLE || t->kind == TY_RECORD))
        tuple_into(cg, n, dest, t);
    else if ((n->kind == N_TERNARY || n->kind == N_IF) && !type_is_scalar(t))
        cond_into(cg, n, dest, t);
    else if (n->kind == N_BLOCK && !type_is_scalar(t))
        cg_block_into(cg, n, dest, t);
    else if (n->kind == N_CALL && n->call.builtin && n->call.builtin->emit_into && n->type->kind == t->kind)
        n->call.builtin->emit_into(cg, n, dest, t);
    else
        cg_store(cg, cg_expr(cg, n), dest, t);
}

struct reads {
    const struct node *what;
    bool found;
};

static bool reads_target(struct node *n, void *ctx) {
    struct reads *r = ctx;
    if (n->kind == r->what->kind)
        r->found |= n->kind == N_VAR ? n->var.var == r->what->var.var : n->map.map == r->what->map.map;
    return true;
}

/* A value made of parts of what it is assigned to, $t = ($t.1, $t.0), is complete before it goes there. */
void cg_assign_into(struct codegen *cg, const struct node *value, LLVMValueRef dest, const struct type *t,
                    const struct node *target) {
    struct reads reads = { target, false };
    if (!type_is_scalar(t))
        node_walk((struct node *)value, reads_target, &reads);
    if (!reads.found) {
        cg_expr_into(cg, value, dest, t);
        return;
    }
    LLVMValueRef whole = cg_scratch(cg, t->size);
    cg_expr_into(cg, value, whole, t);
    cg_store(cg, cg_mem(whole, t), dest, t);
}
