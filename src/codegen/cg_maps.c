/* Maps. Keyless ones are words in the globals area, which cost no helper call; keyed ones are hash tables of the kernel.
 * Aggregations update this CPU's cell in place. */
#include "codegen/cg.h"

#include <linux/bpf.h>
#include <string.h>

static const char map_full[] = "Map full; can't update element. Try increasing max_map_keys config or manually setting "
                               "the max entries in a map declaration e.g. `let %s = hash(5000)`";

static bool is_global(const struct map_info *m) { return m->storage == MAP_GLOBAL || m->storage == MAP_GLOBAL_PERCPU; }

static uint32_t map_index(struct codegen *cg, const struct map_info *m) {
    for (uint32_t i = 0; i < cg->program->maps.n; i++)
        if (cg->program->maps.v[i] == m)
            return i;
    return 0;
}

LLVMValueRef cg_map(struct codegen *cg, const struct map_info *m) {
    static const unsigned types[] = {
        [MAP_HASH] = BPF_MAP_TYPE_HASH,
        [MAP_LRU_HASH] = BPF_MAP_TYPE_LRU_HASH,
        [MAP_PERCPU_HASH] = BPF_MAP_TYPE_PERCPU_HASH,
        [MAP_PERCPU_LRU_HASH] = BPF_MAP_TYPE_LRU_PERCPU_HASH,
        [MAP_ARRAY] = BPF_MAP_TYPE_ARRAY,
        [MAP_PERCPU_ARRAY] = BPF_MAP_TYPE_PERCPU_ARRAY,
        [MAP_QUEUE] = BPF_MAP_TYPE_QUEUE,
        [MAP_LIFO] = BPF_MAP_TYPE_STACK,
    };
    unsigned key_size = m->key ? m->key->size : 0;
    return cg_bpf_map(cg, m->symbol, types[m->storage], key_size, m->cell_size, m->max_entries, 0);
}

/* ---- keys and lookups ---------------------------------------------------------------------- */

/* Indexes beyond 32 bits must not become small ones. */
static LLVMValueRef array_key(struct codegen *cg, const struct node *key) {
    LLVMValueRef most = cg_i64(cg, UINT32_MAX), i = cg_expr_i64(cg, key);
    LLVMValueRef mem = cg_alloca(cg, cg->i32);
    cg_store_int(cg, mem, cg_trunc(cg, cg_select(cg, cg_cmp(cg, C_ULT, i, most), i, most), 32));
    return mem;
}

LLVMValueRef cg_map_key(struct codegen *cg, const struct map_info *m, const struct node *key) {
    if (!key || !m->key)
        return NULL;
    if (map_is_array(m))
        return array_key(cg, key);
    LLVMValueRef mem = cg_scratch(cg, m->key->size);
    bool outer = cg->clean_strings;
    if (type_has_string(m->key))
        cg_memzero(cg, mem, m->key->size);
    cg->clean_strings = type_has_string(m->key);
    cg_expr_into(cg, key, mem, m->key);
    cg->clean_strings = outer;
    return mem;
}

/* A scalar map's slot: the value is at its start. */
LLVMValueRef cg_global_slot(struct codegen *cg, const struct map_info *m) {
    if (m->storage == MAP_GLOBAL)
        return cg_global(cg, m->offset);
    LLVMValueRef cpu = CG_HELPER0(cg, BPF_FUNC_get_smp_processor_id);
    cpu = cg_arith(cg, A_AND, cpu, cg_i64(cg, cg->program->ncpus - 1)); /* a power of two: bounds for the verifier */
    return cg_ptr_add_v(cg, cg_global(cg, m->offset), cg_arith(cg, A_MUL, cpu, cg_i64(cg, m->stride)));
}

LLVMValueRef cg_map_lookup(struct codegen *cg, const struct map_info *m, LLVMValueRef key) {
    if (is_global(m))
        return cg_global_slot(cg, m);
    return cg_i64_to_ptr(cg, CG_HELPER(cg, BPF_FUNC_map_lookup_elem, cg_map(cg, m), key));
}

static LLVMValueRef update(struct codegen *cg, const struct map_info *m, LLVMValueRef key, LLVMValueRef value,
                           unsigned flags) {
    return CG_HELPER(cg, BPF_FUNC_map_update_elem, cg_map(cg, m), key, value, cg_i64(cg, flags));
}

static void lost_update(struct codegen *cg, const struct node *at, const struct map_info *m, LLVMValueRef result) {
    cg_count_loss(cg, LOSS_MAP_FULL, map_index(cg, m));
    cg_runtime_error(cg, at, "map_update_elem", arena_printf(cg->arena, map_full, m->name), result);
}

/* Counts when an array had no element for the key. */
static void check_index(struct codegen *cg, const struct map_info *m, LLVMValueRef element) {
    struct cg_if outside = cg_if_unlikely(cg, LLVMBuildIsNull(cg->b, element, ""));
    cg_count_loss(cg, LOSS_INDEX, map_index(cg, m));
    cg_end(cg, &outside);
}

static void mark_set(struct codegen *cg, const struct map_info *m, LLVMValueRef slot) {
    cg_store_int(cg, cg_ptr_add(cg, slot, m->set_offset), cg_i64(cg, 1));
}

LLVMValueRef cg_map_len(struct codegen *cg, const struct map_info *m) {
    LLVMTypeRef args[] = { cg->ptr, cg->ptr, cg->ptr, cg->ptr };
    LLVMTypeRef type = LLVMFunctionType(cg->i64, args, 4, false);
    LLVMValueRef fn = LLVMGetNamedFunction(cg->mod, "count_entries");
    if (!fn) {
        LLVMBasicBlockRef here = LLVMGetInsertBlock(cg->b);
        LLVMMetadataRef loc = LLVMGetCurrentDebugLocation2(cg->b);
        struct frame f;
        cg_frame_open(cg, &f, "count_entries", type, cg->block->node);
        LLVMSetLinkage(f.fn, LLVMInternalLinkage);
        LLVMBuildRet(cg->b, cg_i64(cg, 0));
        cg_frame_close(cg, &f);
        fn = f.fn;
        LLVMPositionBuilderAtEnd(cg->b, here);
        LLVMSetCurrentDebugLocation2(cg->b, loc);
    }
    LLVMValueRef none = cg_alloca(cg, cg->i64); /* a context is demanded */
    return CG_HELPER(cg, BPF_FUNC_for_each_map_elem, cg_map(cg, m), fn, none, cg_i64(cg, 0));
}

/* ---- reading ------------------------------------------------------------------------------- */

/* All CPUs' cells of a castable aggregation folded into an integer. */
struct value cg_agg_read(struct codegen *cg, const struct map_info *m, LLVMValueRef key) {
    const struct map_kind *kind = map_kind_of(m->value);
    LLVMValueRef mem = cg_alloca(cg, LLVMArrayType2(cg->i64, 2));
    cg_memzero(cg, mem, 16);
    struct value acc = cg_mem(mem, m->value);
    if (map_is_array(m))
        check_index(cg, m, cg_map_lookup(cg, m, key));
    struct cg_loop l = cg_loop(cg, cg->program->ncpus);
    if (m->storage == MAP_GLOBAL_PERCPU) {
        LLVMValueRef i = cg_arith(cg, A_AND, l.i, cg_i64(cg, cg->program->ncpus - 1));
        LLVMValueRef at = cg_ptr_add_v(cg, cg_global(cg, m->offset), cg_arith(cg, A_MUL, i, cg_i64(cg, m->stride)));
        kind->read_fold(cg, m->value, acc, cg_mem(at, m->value));
    } else {
        LLVMValueRef p = CG_HELPER(cg, BPF_FUNC_map_lookup_percpu_elem, cg_map(cg, m), key, l.i);
        p = cg_i64_to_ptr(cg, p);
        struct cg_if found = cg_if(cg, LLVMBuildIsNotNull(cg->b, p, ""));
        kind->read_fold(cg, m->value, acc, cg_mem(p, m->value));
        cg_end(cg, &found);
    }
    cg_loop_end(cg, &l);
    return kind->read_result(cg, m->value, acc);
}

/* Keyed read. The value is copied out at once: another CPU may change or delete the entry at any time. */
struct value cg_map_read(struct codegen *cg, const struct node *n) {
    const struct map_info *m = n->map.map;
    const struct type *t = m->value;
    if (type_is_agg(t))
        return cg_agg_read(cg, m, cg_map_key(cg, m, n->map.key));
    if (m->storage == MAP_GLOBAL)
        return cg_mem(cg_global(cg, m->offset), t);
    LLVMValueRef p = cg_map_lookup(cg, m, cg_map_key(cg, m, n->map.key));
    bool scalar = type_is_scalar(t);
    LLVMTypeRef it = scalar ? cg_int_type(cg, t->size * 8) : NULL;
    LLVMValueRef out = scalar ? cg_slot(cg, LLVMConstInt(it, 0, false)) : cg_scratch(cg, t->size);
    struct cg_if found = cg_if(cg, LLVMBuildIsNotNull(cg->b, p, ""));
    cg_store(cg, cg_mem(p, t), out, t);
    cg_else(cg, &found);
    if (!scalar)
        cg_memzero(cg, out, t->size);
    if (map_is_array(m))
        cg_count_loss(cg, LOSS_INDEX, map_index(cg, m));
    else if (cg_reports_reads(cg))
        cg_runtime_error(cg, n, "map_lookup_elem", "Can't lookup map element because it does not exist.", NULL);
    cg_end(cg, &found);
    return scalar ? cg_reg(LLVMBuildLoad2(cg->b, it, out, ""), t) : cg_mem(out, t);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* The cell of a key that has none yet: inserted as zeros, then looked up. NOEXIST, so that a program that interrupts
 * this one and inserts the same key first loses nothing. The result is NULL when the map is full. */
static LLVMValueRef insert_cell(struct codegen *cg, const struct node *at, const struct map_info *m, LLVMValueRef key,
                                LLVMValueRef slot) {
    char *zeros = arena_alloc(cg->arena, m->cell_size);
    LLVMValueRef r = update(cg, m, key, cg_rodata(cg, zeros, m->cell_size), BPF_NOEXIST);
    LLVMValueRef p = cg_map_lookup(cg, m, key);
    LLVMBuildStore(cg->b, p, slot);
    struct cg_if full = cg_if_unlikely(cg, LLVMBuildIsNull(cg->b, p, ""));
    lost_update(cg, at, m, r);
    cg_end(cg, &full);
    return p;
}

/* Address of the cell or value to be changed in place, made when absent; the caller goes on inside `present`. */
static LLVMValueRef cell_for_update(struct codegen *cg, const struct node *at, const struct map_info *m,
                                    LLVMValueRef key, struct cg_if *present) {
    LLVMValueRef slot = cg_alloca(cg, cg->ptr);
    LLVMValueRef p = cg_map_lookup(cg, m, key);
    if (map_is_array(m)) {
        check_index(cg, m, p);
        *present = cg_if(cg, LLVMBuildIsNotNull(cg->b, p, ""));
        return p;
    }
    LLVMBuildStore(cg->b, p, slot);
    struct cg_if missing = cg_if(cg, LLVMBuildIsNull(cg->b, p, ""));
    insert_cell(cg, at, m, key, slot);
    cg_end(cg, &missing);
    LLVMValueRef cell = LLVMBuildLoad2(cg->b, cg->ptr, slot, "");
    *present = cg_if(cg, LLVMBuildIsNotNull(cg->b, cell, ""));
    return cell;
}

static bool reads_map(struct node *n, void *found) {
    *(bool *)found |= n->kind == N_MAP;
    return true;
}

/* An argument that reads maps is computed before the cell is made: the map may be the same one. */
static const struct node *argument_first(struct codegen *cg, const struct node *call) {
    bool reads = false;
    if (!call->call.args.n || !type_is_scalar(call->call.args.v[0]->type))
        return call;
    node_walk(call->call.args.v[0], reads_map, &reads);
    if (!reads)
        return call;
    struct variable *v = ARENA_NEW(cg->arena, struct variable);
    struct node *copy = ARENA_NEW(cg->arena, struct node), *arg = ARENA_NEW(cg->arena, struct node);
    *arg = (struct node){
        .kind = N_VAR, .span = call->span, .type = call->call.args.v[0]->type, .var = { "argument", v }
    };
    v->type = arg->type;
    v->codegen = cg_slot(cg, cg_load(cg, cg_expr(cg, call->call.args.v[0])).v);
    *copy = *call;
    copy->call.args.v = ARENA_ARRAY(cg->arena, struct node *, call->call.args.n);
    memcpy(copy->call.args.v, call->call.args.v, call->call.args.n * sizeof(struct node *));
    copy->call.args.v[0] = arg;
    return copy;
}

static void aggregate(struct codegen *cg, const struct node *lvalue, const struct node *call) {
    const struct map_info *m = lvalue->map.map;
    const struct map_kind *kind = map_kind_of(m->value);
    if (is_global(m)) {
        LLVMValueRef slot = cg_global_slot(cg, m);
        kind->update(cg, call, m->value, cg_mem(slot, m->value));
        mark_set(cg, m, slot);
        return;
    }
    call = argument_first(cg, call);
    LLVMValueRef key = cg_map_key(cg, m, lvalue->map.key);
    struct cg_if present;
    LLVMValueRef cell = cell_for_update(cg, call, m, key, &present);
    kind->update(cg, call, m->value, cg_mem(cell, m->value));
    cg_end(cg, &present);
}

void cg_map_assign(struct codegen *cg, const struct node *at, const struct node *lvalue, const struct node *value) {
    const struct map_info *m = lvalue->map.map;
    if (type_is_agg(m->value)) {
        aggregate(cg, lvalue, value);
        return;
    }
    if (m->storage == MAP_GLOBAL) {
        LLVMValueRef slot = cg_global(cg, m->offset);
        cg_assign_into(cg, value, slot, m->value, lvalue);
        mark_set(cg, m, slot);
        return;
    }
    /* The value first: it may read the same key. */
    LLVMValueRef mem = cg_scratch(cg, m->cell_size);
    if (m->value->size < m->cell_size)
        cg_memzero(cg, mem, m->cell_size);
    cg_expr_into(cg, value, mem, m->value);
    LLVMValueRef key = cg_map_key(cg, m, lvalue->map.key);
    if (map_is_array(m)) { /* the kernel's lookup becomes a few instructions, its update is a call */
        struct cg_if present;
        LLVMValueRef cell = cell_for_update(cg, lvalue, m, key, &present);
        cg_memcpy(cg, cell, mem, m->cell_size);
        cg_end(cg, &present);
        return;
    }
    LLVMValueRef r = update(cg, m, key, mem, BPF_ANY);
    struct cg_if failed = cg_if_unlikely(cg, cg_cmp(cg, C_SLT, r, cg_i64(cg, 0)));
    lost_update(cg, at, m, r);
    cg_end(cg, &failed);
}

/* ---- queues and stacks --------------------------------------------------------------------- */

void cg_map_push(struct codegen *cg, const struct map_info *m, const struct node *value) {
    LLVMValueRef mem = cg_scratch(cg, m->cell_size);
    if (m->value->size < m->cell_size)
        cg_memzero(cg, mem, m->cell_size);
    cg_expr_into(cg, value, mem, m->value);
    LLVMValueRef r = CG_HELPER(cg, BPF_FUNC_map_push_elem, cg_map(cg, m), mem, cg_i64(cg, BPF_ANY));
    struct cg_if failed = cg_if_unlikely(cg, cg_cmp(cg, C_SLT, r, cg_i64(cg, 0)));
    cg_count_loss(cg, LOSS_QUEUE_FULL, map_index(cg, m));
    cg_end(cg, &failed);
}

struct value cg_map_next(struct codegen *cg, const struct map_info *m, bool removes, LLVMValueRef *found) {
    LLVMValueRef mem = cg_scratch(cg, m->cell_size);
    LLVMValueRef r = CG_HELPER(cg, removes ? BPF_FUNC_map_pop_elem : BPF_FUNC_map_peek_elem, cg_map(cg, m), mem);
    *found = cg_cmp(cg, C_SGE, r, cg_i64(cg, 0));
    struct cg_if empty = cg_if_unlikely(cg, LLVMBuildNot(cg->b, *found, ""));
    cg_memzero(cg, mem, m->cell_size);
    cg_end(cg, &empty);
    return cg_mem(mem, m->value);
}

/* In place, atomically where BPF can (adding to 64-bit integers); gives the old or new value. */
static LLVMValueRef modify_cell(struct codegen *cg, const struct node *at, const struct map_info *m, LLVMValueRef cell,
                                enum op op, LLVMValueRef rhs, const struct type *rhs_type, bool want_old) {
    const struct type *t = m->value;
    bool adds = (op == OP_ADD || op == OP_SUB) && t->size == 8 && type_is_scalar(t);
    if (adds) {
        if (t->kind == TY_PTR)
            rhs = cg_arith(cg, A_MUL, rhs, cg_i64(cg, t->elem && t->elem->size ? t->elem->size : 1));
        if (op == OP_SUB)
            rhs = cg_arith(cg, A_SUB, cg_i64(cg, 0), rhs);
        LLVMValueRef old =
            LLVMBuildAtomicRMW(cg->b, LLVMAtomicRMWBinOpAdd, cell, rhs, LLVMAtomicOrderingMonotonic, false);
        return want_old ? old : LLVMBuildAdd(cg->b, old, rhs, "");
    }
    struct value old = cg_load(cg, cg_mem(cell, t));
    struct value now = cg_arith_typed(cg, at, op, cg_to_i64(cg, old), rhs, t, rhs_type, t);
    cg_store(cg, now, cell, t);
    return cg_to_i64(cg, want_old ? old : now);
}

struct value cg_map_modify(struct codegen *cg, const struct node *at, const struct node *lvalue, enum op op,
                           const struct node *rhs, bool want_old) {
    const struct map_info *m = lvalue->map.map;
    const struct type *t = m->value;
    LLVMValueRef b = rhs ? cg_expr_i64(cg, rhs) : cg_i64(cg, 1);
    const struct type *bt = rhs ? rhs->type : &type_uint64;
    LLVMValueRef result;
    if (m->storage == MAP_GLOBAL) {
        LLVMValueRef slot = cg_global(cg, m->offset);
        result = modify_cell(cg, at, m, slot, op, b, bt, want_old);
        mark_set(cg, m, slot);
    } else {
        LLVMValueRef key = cg_map_key(cg, m, lvalue->map.key);
        LLVMValueRef out = cg_slot(cg, cg_i64(cg, 0));
        struct cg_if present;
        LLVMValueRef cell = cell_for_update(cg, at, m, key, &present);
        cg_slot_set(cg, out, modify_cell(cg, at, m, cell, op, b, bt, want_old));
        cg_end(cg, &present);
        result = cg_slot_get(cg, out);
    }
    return cg_reg(cg_trunc(cg, result, t->size * 8), t);
}
