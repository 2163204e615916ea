/* Keys of maps: delete, has_key, find, len. */
#include "builtins/common.h"

#include <linux/bpf.h>
#include <string.h>

static bool is_map(const struct node *a) { return a->kind == N_MAP; }
static bool is_whole_map(const struct node *a) { return is_map(a) && !a->map.key; }

static const struct type *keyed_only(struct sema *s, struct node *n, const char *what) {
    return sema_error(s, n, D_BAD_ARGUMENT, "call to %s expects a map with explicit keys (non-scalar map)", what);
}

/* (@m, key): false after an error. */
static bool check_access(struct sema *s, struct node *n, const char *what) {
    if (!is_whole_map(arg(n, 0))) {
        sema_error(s, arg(n, 0), D_BAD_ARGUMENT, "%s() expects a map argument", n->call.name);
        return false;
    }
    if (sema_map_is_scalar(arg(n, 0)->map.map)) {
        keyed_only(s, n, what);
        return false;
    }
    return sema_map_key(s, arg(n, 0), arg(n, 1));
}

static const struct map_info *map_of(const struct node *n) { return arg(n, 0)->map.map; }

/* The key behind the map, or inside of it: delete(@m[key]). */
static LLVMValueRef key_of(struct codegen *cg, const struct node *n) {
    const struct node *map = arg(n, 0);
    return cg_map_key(cg, map->map.map, map->map.key ? map->map.key : arg(n, 1));
}

static struct value as_bool(struct codegen *cg, LLVMValueRef i1) {
    return cg_reg(cg_trunc(cg, cg_zext(cg, i1), 8), &type_bool);
}

/* ---- delete --------------------------------------------------------------------------------- */

static const struct type *check_delete(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    if (nargs(n) == 2)
        return check_access(s, n, "delete() with two arguments") ? &type_bool : &type_poison;
    if (!is_map(a))
        return sema_error(s, a, D_BAD_ARGUMENT, "delete() expects a map argument");
    if (map_is_sequence(a->map.map))
        return sema_error(s, n, D_BAD_ARGUMENT, "delete() is not for a %s: pop(%s) takes out one value, clear(%s) all",
                          a->map.map->declared_kind, a->map.name, a->map.name);
    if (!a->map.key && a->map.map->key && !sema_map_is_scalar(a->map.map))
        return sema_error(s, n, D_BAD_ARGUMENT,
                          "call to delete() with a single argument expects a map without explicit keys (scalar map)");
    return &type_bool;
}

/* The words of a slot: all of them or-ed tell whether there was something; then they are zeroed. */
static LLVMValueRef wipe(struct codegen *cg, const struct map_info *m, LLVMValueRef slot) {
    LLVMValueRef flag = cg_ptr_add(cg, slot, m->set_offset);
    LLVMValueRef was = cg_load_int(cg, flag, 64);
    cg_store_int(cg, flag, cg_i64(cg, 0));
    cg_memzero(cg, slot, m->cell_size);
    return was;
}

static struct value delete_scalar(struct codegen *cg, const struct map_info *m) {
    if (m->storage == MAP_GLOBAL)
        return as_bool(cg, cg_cmp(cg, C_NE, wipe(cg, m, cg_global(cg, m->offset)), cg_i64(cg, 0)));
    LLVMValueRef was = cg_slot(cg, cg_i64(cg, 0));
    uint64_t ncpus = cg_checked(cg)->program->ncpus;
    struct cg_loop l = cg_loop(cg, ncpus);
    LLVMValueRef cpu = cg_arith(cg, A_AND, l.i, cg_i64(cg, ncpus - 1));
    LLVMValueRef slot = cg_ptr_add_v(cg, cg_global(cg, m->offset), cg_arith(cg, A_MUL, cpu, cg_i64(cg, m->stride)));
    cg_slot_set(cg, was, cg_arith(cg, A_OR, cg_slot_get(cg, was), wipe(cg, m, slot)));
    cg_loop_end(cg, &l);
    return as_bool(cg, cg_cmp(cg, C_NE, cg_slot_get(cg, was), cg_i64(cg, 0)));
}

/* Elements of an array cannot go: they become zero. */
static struct value delete_element(struct codegen *cg, const struct map_info *m, LLVMValueRef key) {
    LLVMValueRef was = cg_slot(cg, cg_i64(cg, 0)), p = cg_map_lookup(cg, m, key);
    struct cg_if there = cg_if(cg, cg_cmp(cg, C_NE, p, cg_null(cg)));
    cg_memzero(cg, p, m->cell_size);
    cg_slot_set(cg, was, cg_i64(cg, 1));
    cg_end(cg, &there);
    return as_bool(cg, cg_cmp(cg, C_NE, cg_slot_get(cg, was), cg_i64(cg, 0)));
}

static struct value emit_delete(struct codegen *cg, const struct node *n) {
    const struct map_info *m = map_of(n);
    if (m->storage == MAP_GLOBAL || m->storage == MAP_GLOBAL_PERCPU)
        return delete_scalar(cg, m);
    if (map_is_array(m))
        return delete_element(cg, m, key_of(cg, n));
    LLVMValueRef r = CG_HELPER(cg, BPF_FUNC_map_delete_elem, cg_map(cg, m), key_of(cg, n));
    return as_bool(cg, cg_cmp(cg, C_EQ, r, cg_i64(cg, 0)));
}

/* ---- has_key, find -------------------------------------------------------------------------- */

static const struct type *check_has_key(struct sema *s, struct node *n) {
    return check_access(s, n, "has_key()") ? &type_bool : &type_poison;
}

static struct value emit_has_key(struct codegen *cg, const struct node *n) {
    LLVMValueRef p = cg_map_lookup(cg, map_of(n), key_of(cg, n));
    /* LLVM would or the address with other things compared to zero, which the verifier does not allow. */
    return as_bool(cg, cg_cmp(cg, C_NE, cg_opaque(cg, cg_cmp(cg, C_NE, p, cg_null(cg))), cg_i64(cg, 0)));
}

/* { $v = @m[key]; true }, made once and kept in call.data. */
static struct node *assignment(struct sema *s, struct node *n) {
    if (n->call.data)
        return n->call.data;
    struct node *assign = node_new(s->arena, N_ASSIGN, n->span), *yes = node_new(s->arena, N_BOOL, n->span);
    struct node *element = node_new(s->arena, N_MAP, n->span), *block = node_new(s->arena, N_BLOCK, n->span);
    element->map.name = arg(n, 0)->map.name;
    element->map.key = arg(n, 1);
    assign->assign.lvalue = arg(n, 2);
    assign->assign.value = element;
    yes->num.value = 1;
    VEC_PUSH(s->arena, &block->block.stmts, assign);
    block->block.value = yes;
    n->call.data = block;
    return block;
}

static const struct type *check_find(struct sema *s, struct node *n) {
    if (!check_access(s, n, "find()"))
        return &type_poison;
    if (arg(n, 0)->map.map->value) {
        const struct type *t = arg(n, 0)->map.map->value;
        sema_assign_var(s, arg(n, 2), type_ops[t->kind].is_castable ? agg_result(t) : t);
    }
    return sema_expr(s, assignment(s, n))->kind == TY_POISON ? &type_poison : &type_bool;
}

static struct value emit_find(struct codegen *cg, const struct node *n) {
    LLVMValueRef found = cg_slot(cg, cg_i64(cg, 0));
    LLVMValueRef p = cg_map_lookup(cg, map_of(n), key_of(cg, n));
    struct cg_if there = cg_if(cg, cg_cmp(cg, C_NE, p, cg_null(cg)));
    cg_expr(cg, n->call.data);
    cg_slot_set(cg, found, cg_i64(cg, 1));
    cg_end(cg, &there);
    return cg_reg(cg_trunc(cg, cg_slot_get(cg, found), 8), &type_bool);
}

/* ---- len ------------------------------------------------------------------------------------ */

static const struct type *check_len(struct sema *s, struct node *n) {
    struct node *a = arg(n, 0);
    if (is_whole_map(a)) {
        if (!sema_map_is_scalar(a->map.map))
            return &type_int64;
        if (!is_kind(a, TY_KSTACK) && !is_kind(a, TY_USTACK))
            return keyed_only(s, n, "len()");
        sema_expr(s, a); /* a stack kept in a scalar map */
    } else if (!is_kind(a, TY_KSTACK) && !is_kind(a, TY_USTACK)) {
        return sema_error(s, n, D_BAD_ARGUMENT, "call to len() expects a map, ustack, or kstack");
    }
    return &type_int64;
}

static struct value emit_len(struct codegen *cg, const struct node *n) {
    const struct node *a = arg(n, 0);
    if (is_whole_map(a) && a->map.map->key)
        return cg_reg(cg_map_len(cg, a->map.map), n->type);
    struct value v = cg_load(cg, cg_expr(cg, a));
    return cg_reg(cg_load_int(cg, cg_ptr_add(cg, v.v, offsetof(struct stack_value, nframes)), 64), n->type);
}

const struct builtin builtins_maps[] = {
    { "delete", "map|any,?any", 0, NULL, check_delete, emit_delete, NULL, NULL,
      "removes a key: delete(@m, key), or a map without keys; whether it was there" },
    { "has_key", "map,any", 0, NULL, check_has_key, emit_has_key, NULL, NULL, "whether a map has a key" },
    { "find", "map,any,var", 0, NULL, check_find, emit_find, NULL, NULL,
      "whether a map has a key; if so its value goes to the variable" },
    { "len", "map|any", 0, NULL, check_len, emit_len, NULL, NULL, "number of a map's keys or of a stack's frames" },
    { 0 },
};
