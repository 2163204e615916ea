/* Keys of maps: delete, has_key, find, len. */
#include "builtins/common.h"

#include <linux/bpf.h>
#include <string.h>

/* The access @m[key] that a call of a map and a key stands for: typed like one that is written out, so key types unify
 * and mismatches are reported. Kept in call.data. */
struct access {
    struct node *element;
    struct node *find; /* find(): the block that assigns */
};

static struct access *access_of(struct sema *s, struct node *n) {
    if (!n->call.data)
        n->call.data = ARENA_NEW(s->arena, struct access);
    return n->call.data;
}

static struct node *element(struct sema *s, struct node *n, struct node *key) {
    struct access *a = access_of(s, n);
    if (!a->element) {
        a->element = node_new(s->arena, N_MAP, n->span);
        a->element->map.name = arg(n, 0)->map.name;
        a->element->map.key = key;
    }
    return a->element;
}

static bool is_map(const struct node *a) { return a && a->kind == N_MAP; }

/* Scalar maps are known as such once they have a value type but no key type. */
static bool is_scalar_map(const struct map_info *m) { return m && m->value && !m->key; }
static bool is_keyed_map(const struct map_info *m) { return m && m->key; }

static const struct type *keyed_only(struct sema *s, struct node *n, const char *what) {
    return sema_error(s, n, D_BAD_ARGUMENT, "call to %s expects a map with explicit keys (non-scalar map)", what);
}

/* Types map and key: false after an error. */
static bool check_access(struct sema *s, struct node *n, const char *what) {
    if (!is_map(arg(n, 0)) || arg(n, 0)->map.key) {
        sema_error(s, arg(n, 0), D_BAD_ARGUMENT, "%s() expects a map argument", n->call.name);
        return false;
    }
    if (is_scalar_map(arg(n, 0)->map.map)) {
        keyed_only(s, n, what);
        return false;
    }
    return sema_expr(s, element(s, n, arg(n, 1)))->kind != TY_POISON;
}

static const struct map_info *map_of(const struct node *n) {
    const struct access *a = n->call.data;
    return a && a->element ? a->element->map.map : arg(n, 0)->map.map;
}

static LLVMValueRef key_of(struct codegen *cg, const struct node *n) {
    const struct access *a = n->call.data;
    const struct node *key = a && a->element ? a->element->map.key : arg(n, 0)->map.key;
    return cg_map_key(cg, map_of(n), key);
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
    if (!a->map.key && is_keyed_map(a->map.map))
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

static struct value emit_delete(struct codegen *cg, const struct node *n) {
    const struct map_info *m = map_of(n);
    if (m->storage == MAP_GLOBAL || m->storage == MAP_GLOBAL_PERCPU)
        return delete_scalar(cg, m);
    LLVMValueRef r = CG_HELPER(cg, BPF_FUNC_map_delete_elem, cg_map(cg, m), key_of(cg, n));
    return as_bool(cg, cg_cmp(cg, C_EQ, r, cg_i64(cg, 0)));
}

/* ---- has_key, find -------------------------------------------------------------------------- */

static const struct type *check_has_key(struct sema *s, struct node *n) {
    return check_access(s, n, "has_key()") ? &type_bool : &type_poison;
}

static struct value emit_has_key(struct codegen *cg, const struct node *n) {
    LLVMValueRef p = cg_map_lookup(cg, map_of(n), key_of(cg, n));
    return as_bool(cg, cg_cmp(cg, C_NE, cg_ptr_to_i64(cg, p), cg_i64(cg, 0)));
}

/* { $v = @m[key]; true } */
static struct node *assignment(struct sema *s, struct node *n) {
    struct access *a = access_of(s, n);
    if (a->find)
        return a->find;
    struct node *assign = node_new(s->arena, N_ASSIGN, n->span), *yes = node_new(s->arena, N_BOOL, n->span);
    assign->assign.lvalue = arg(n, 2);
    assign->assign.value = element(s, n, arg(n, 1));
    yes->num.value = 1;
    a->find = node_new(s->arena, N_BLOCK, n->span);
    VEC_PUSH(s->arena, &a->find->block.stmts, assign);
    a->find->block.value = yes;
    return a->find;
}

static const struct type *check_find(struct sema *s, struct node *n) {
    if (arg(n, 2)->kind != N_VAR)
        return sema_error(s, arg(n, 2), D_BAD_ARGUMENT, "find() expects a variable as its third argument");
    if (!check_access(s, n, "find()"))
        return &type_poison;
    return sema_expr(s, assignment(s, n))->kind == TY_POISON ? &type_poison : &type_bool;
}

static struct value emit_find(struct codegen *cg, const struct node *n) {
    const struct access *a = n->call.data;
    LLVMValueRef found = cg_slot(cg, cg_i64(cg, 0));
    LLVMValueRef p = cg_map_lookup(cg, map_of(n), key_of(cg, n));
    struct cg_if there = cg_if(cg, cg_cmp(cg, C_NE, cg_ptr_to_i64(cg, p), cg_i64(cg, 0)));
    cg_expr(cg, a->find);
    cg_slot_set(cg, found, cg_i64(cg, 1));
    cg_end(cg, &there);
    return cg_reg(cg_trunc(cg, cg_slot_get(cg, found), 8), &type_bool);
}

/* ---- len ------------------------------------------------------------------------------------ */

static const struct type *check_len(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    if (is_map(a) && !a->map.key) {
        const struct type *v = a->map.map ? a->map.map->value : NULL;
        if (is_scalar_map(a->map.map) && v->kind != TY_KSTACK && v->kind != TY_USTACK)
            return keyed_only(s, n, "len()");
        if (!is_scalar_map(a->map.map))
            return &type_int64;
        if (sema_expr(s, arg(n, 0))->kind == TY_POISON)
            return &type_poison;
    } else if (!is_kind(a, TY_KSTACK) && !is_kind(a, TY_USTACK)) {
        return sema_error(s, n, D_BAD_ARGUMENT, "call to len() expects a map, ustack, or kstack");
    }
    s->out->uses_stack_len = true;
    return &type_int64;
}

static struct value emit_len(struct codegen *cg, const struct node *n) {
    const struct node *a = arg(n, 0);
    if (is_map(a) && !a->map.key && is_keyed_map(a->map.map))
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
