/* Maps: scalar or keyed, one key type and one value type each, settled over the rounds (reference §11).
 *
 * Maps get their place in program->maps when they are first met in a block. */
#include "sema/state.h"

#include <string.h>

static struct map_entry *entry_for(struct sema *s, const char *name) {
    struct map_entry *m = hmap_get(&s->state->maps, name);
    if (m)
        return m;
    m = ARENA_NEW(s->arena, struct map_entry);
    m->info.name = name;
    hmap_put(&s->state->maps, name, m);
    return m;
}

struct map_entry *map_of(struct sema *s, struct node *n) {
    struct map_entry *m = entry_for(s, n->map.name);
    if (!m->is_used) {
        m->is_used = true;
        VEC_PUSH(s->arena, &s->program->maps, &m->info);
    }
    n->map.map = &m->info;
    return m;
}

static struct span name_span(const struct node *n) {
    struct span at = n->span;
    at.hi = at.lo + (uint32_t)strlen(n->map.name);
    return at;
}

/* ---- keys ---------------------------------------------------------------------------------- */

static bool check_form(struct sema *s, struct map_entry *m, bool keyed, struct span at) {
    if (!m->is_settled) {
        m->is_settled = true;
        m->is_keyed = keyed;
    }
    if (m->is_keyed == keyed)
        return true;
    diag_error(s->diag, D_TYPE_MISMATCH, at,
               keyed
                   ? "%s used as a map with an explicit key (non-scalar map), previously used without an explicit key "
                     "(scalar map)"
                   : "%s used as a map without an explicit key (scalar map), previously used with an explicit key "
                     "(non-scalar map)",
               m->info.name);
    return false;
}

static bool take_key(struct sema *s, struct map_entry *m, const struct type *t, struct span at) {
    if (is_poison(t))
        return true;
    if (map_is_array(&m->info)) {
        if (reads_as_int(t))
            return true;
        diag_error(s->diag, D_TYPE_MISMATCH, at, "%s is an array: its index is an integer, not '%s'", m->info.name,
                   t->kind == TY_NONE ? "void" : say(s, t));
        return false;
    }
    if (!is_castable(t) && !type_ops[t->kind].is_storable) {
        diag_error(s->diag, D_TYPE_MISMATCH, at, "Value '%s' cannot be used as a map key.",
                   t->kind == TY_NONE ? "void" : say(s, t));
        return false;
    }
    t = type_of_copy(t);
    const struct type *both = sema_unify(s, m->info.key, t);
    if (!both) {
        diag_error(s->diag, D_TYPE_MISMATCH, at,
                   "Argument mismatch for %s: trying to access with arguments: '%s' when map expects arguments: '%s'",
                   m->info.name, say(s, t), say(s, m->info.key));
        return false;
    }
    if (!m->info.key || !type_equal(both, m->info.key) || both->is_literal != m->info.key->is_literal) {
        m->info.key = both;
        s->changed = true;
    }
    return true;
}

bool sema_map_key(struct sema *s, const struct node *map, struct node *key) {
    struct map_entry *m = (struct map_entry *)map->map.map;
    if (!m->is_settled)
        check_form(s, m, true, map->span);
    if (!m->is_keyed)
        return false;
    bool ok = take_key(s, m, key->type ? key->type : sema_expr(s, key), key->span);
    if (ok && m->info.key && !map_is_array(&m->info))
        warn_conversion(s, key, m->info.key);
    return ok;
}

bool sema_map_is_scalar(const struct map_info *map) {
    const struct map_entry *m = (const struct map_entry *)map;
    return m->is_settled && !m->is_keyed;
}

/* The key of @m[key], or its absence. */
static struct map_entry *access(struct sema *s, struct node *n, bool *ok) {
    struct map_entry *m = map_of(s, n);
    *ok = check_form(s, m, n->map.key != NULL, n->span);
    if (*ok && map_is_sequence(&m->info)) {
        diag_error(s->diag, D_BAD_OPERAND, n->span, "%s is a %s: use push(%s, value), pop(%s) or peek(%s)",
                   m->info.name, m->info.declared_kind, m->info.name, m->info.name, m->info.name);
        *ok = false;
    }
    if (n->map.key) {
        const struct type *t = sema_expr(s, n->map.key);
        if (*ok && (*ok = take_key(s, m, t, n->span)) && m->info.key && !map_is_array(&m->info))
            warn_conversion(s, n->map.key, m->info.key);
    }
    return m;
}

/* ---- reading ------------------------------------------------------------------------------- */

static const char *nearest_map(struct sema *s, const char *name) {
    VEC(const char *) names = { 0 };
    for (size_t i = 0; i < s->state->maps.n; i++) {
        const struct map_entry *m = s->state->maps.entries[i].value;
        if (m->is_target || m->info.is_declared)
            VEC_PUSH(s->arena, &names, m->info.name);
    }
    return diag_nearest(name, names.v, names.n);
}

static void check_defined(struct sema *s, const struct map_entry *m, struct span at) {
    if (!s->is_final || m->is_target)
        return;
    if (map_is_sequence(&m->info)) {
        diag_error(s->diag, D_UNDEFINED_MAP, at, "Nothing is pushed to %s", m->info.name);
        return;
    }
    struct diagnostic *g = diag_error(s->diag, D_UNDEFINED_MAP, at, "Undefined map: %s", m->info.name);
    const char *near = nearest_map(s, m->info.name);
    if (near)
        diag_hint(s->diag, g, "did you mean %s?", near);
}

struct map_entry *map_whole(struct sema *s, struct node *n) {
    struct map_entry *m = map_of(s, n);
    m->info.is_read = true;
    check_defined(s, m, n->span);
    /* What a queue holds follows from push(), which is such a use itself. */
    n->type = m->info.value ? m->info.value : map_is_sequence(&m->info) ? &type_none : &type_poison;
    return m;
}

const struct type *type_map(struct sema *s, struct node *n) {
    bool ok;
    struct map_entry *m = access(s, n, &ok);
    m->info.is_read = true;
    check_defined(s, m, n->span);
    return ok && m->info.value ? m->info.value : &type_poison;
}

/* ---- writing ------------------------------------------------------------------------------- */

static void mark_target(struct map_entry *m, const struct node *n) {
    if (!m->is_target)
        m->first_write = name_span(n);
    m->is_target = m->info.is_written = true;
}

static void different_shape(struct sema *s, const struct type *old, const struct type *t, struct span at) {
    if (old->kind == TY_HIST)
        diag_error(s->diag, D_TYPE_MISMATCH, at, "Different bits in a single hist unsupported");
    else if (old->kind == TY_LHIST)
        diag_error(s->diag, D_TYPE_MISMATCH, at, "Different lhist bounds in a single map unsupported");
    else if (old->kind == TY_TSERIES)
        diag_error(s->diag, D_TYPE_MISMATCH, at, "Different tseries bounds in a single map unsupported");
    else
        diag_error(s->diag, D_TYPE_MISMATCH, at, "Different %s parameters in a single map unsupported", say(s, t));
}

bool map_take_value(struct sema *s, struct map_entry *m, const struct type *t, struct span at) {
    if (is_poison(t))
        return false;
    /* The verifier forgets what a pointer points to once it is in a map: from there it is an address of the kernel's. */
    if (t->kind == TY_PTR && t->as == AS_BPF)
        t = with_space(s, t, AS_KERNEL);
    const struct type *old = m->info.value;
    /* An aggregation and a plain value do not mix, although the one reads as the other. */
    const struct type *both = old && type_is_agg(old) != type_is_agg(t) ? NULL : sema_unify(s, old, t);
    if (old && both && type_is_agg(old) && both->kind != t->kind)
        both = NULL;
    if (!both && old->kind == t->kind && type_is_agg(t)) {
        different_shape(s, old, t, at);
        return false;
    }
    if (!both || (old && type_is_agg(old) && old->kind != t->kind)) {
        diag_error(s->diag, D_TYPE_MISMATCH, at,
                   "Type mismatch for %s: trying to assign value of type '%s' when map already has a type '%s'",
                   m->info.name, say(s, t), say(s, old));
        return false;
    }
    both = last_pointee(s, both, t, &m->pointee_at);
    if (!old || !type_equal(both, old) || both->is_literal != old->is_literal || both->as != old->as) {
        m->info.value = both;
        s->changed = true;
    }
    return true;
}

static bool is_aggregation_call(const struct node *n) {
    return n->kind == N_CALL && map_kind_find(n->call.name) && !builtin_find(n->call.name);
}

static const struct type *type_aggregation(struct sema *s, struct node *call) {
    const struct map_kind *k = map_kind_find(call->call.name);
    bool ok = true;
    check_arguments(s, call, k->args, &ok);
    call->type = &type_none;
    call->call.builtin = NULL;
    if (!ok)
        return &type_poison;
    for (VEC_EACH(a, &call->call.args))
        if (is_poison((*a)->type))
            return &type_poison;
    return k->check(s, call);
}

static bool refuse_copy(struct sema *s, const struct node *map, const struct node *value, const struct type *t,
                        struct span at) {
    const char *example = t->kind == TY_COUNT     ? "count()"
                          : t->kind == TY_LHIST   ? "lhist(rand %10, 0, 10, 1)"
                          : t->kind == TY_TSERIES ? "tseries(rand %10, 10s, 1)"
                                                  : arena_printf(s->arena, "%s(retval)", map_kind_of(t)->name);
    struct diagnostic *g = diag_error(s->diag, D_TYPE_MISMATCH, at,
                                      "Map value '%s' cannot be assigned from one map to another. The function that "
                                      "returns this type must be called directly e.g. `%s = %s;`.",
                                      say(s, t), map->map.name, example);
    ((struct map_entry *)map->map.map)->is_refused = true;
    if (is_castable(t))
        diag_hint(s->diag, g, "Add a cast to integer if you want the value of the aggregate, e.g. `%s = (int64)%s;`.",
                  map->map.name, value->map.name);
    return false;
}

/* Where the map is known to hold integers already, the value of an aggregation becomes one without being asked. */
static bool check_storable(struct sema *s, const struct node *map, const struct node *value, const struct type *t,
                           struct span at) {
    const struct type *old = map->map.map->value;
    if (value->kind == N_MAP && type_is_agg(t) && !(is_castable(t) && old && old->kind == TY_INT))
        return refuse_copy(s, map, value, t, at);
    if (is_castable(t) || type_ops[t->kind].is_storable)
        return true;
    if (t->kind == TY_NONE && is_shapeless(value))
        diag_error(s->diag, D_TYPE_MISMATCH, at, "Invalid expression for assignment");
    else
        diag_error(s->diag, D_TYPE_MISMATCH, at, "Value '%s' cannot be assigned to a map.",
                   t->kind == TY_NONE ? "void" : say(s, t));
    return false;
}

static void assign_plain(struct sema *s, struct node *n) {
    struct node *map = n->assign.lvalue, *value = n->assign.value;
    const struct type *t = is_aggregation_call(value) ? type_aggregation(s, value) : sema_expr(s, value);
    bool ok;
    struct map_entry *m = access(s, map, &ok);
    mark_target(m, map);
    if (!ok || is_poison(t))
        return;
    if (is_aggregation_call(value)) {
        map_take_value(s, m, t, value->span);
        return;
    }
    if (!check_storable(s, map, value, t, n->span))
        return;
    if (map_take_value(s, m, type_of_copy(t), n->span))
        warn_conversion(s, value, m->info.value);
}

bool sema_map_push(struct sema *s, struct node *map, const struct node *value) {
    struct map_entry *m = (struct map_entry *)map->map.map;
    mark_target(m, map);
    if (!check_storable(s, map, value, value->type, value->span) ||
        !map_take_value(s, m, type_of_copy(value->type), value->span))
        return false;
    warn_conversion(s, value, m->info.value);
    return true;
}

void assign_map(struct sema *s, struct node *n) {
    struct node *map = n->assign.lvalue;
    if (n->assign.op == OP_NONE)
        assign_plain(s, n);
    else
        modify_map(s, map, n->assign.op, n->assign.value, n);
    map->type = map->map.map->value ? map->map.map->value : &type_poison;
}

/* @m op= value, @m++ (value NULL). Unset entries count as zero. */
const struct type *modify_map(struct sema *s, struct node *map, enum op op, struct node *value, const struct node *at) {
    const struct type *t = value ? sema_expr(s, value) : sema_literal_type(1, false);
    bool ok;
    struct map_entry *m = access(s, map, &ok);
    mark_target(m, map);
    m->info.is_read = true;
    map->type = m->info.value ? m->info.value : &type_poison;
    if (!ok || !m->info.value || is_poison(t))
        return &type_poison;
    const struct type *r = arithmetic_type(s, op, m->info.value, t);
    if (!r && value && (reads_as_int(m->info.value) || m->info.value->kind == TY_PTR)) {
        refuse_modification(s, at, m->info.value, t);
        return &type_poison;
    }
    if (!r)
        r = value && t->kind == TY_INT && t->is_signed ? &type_int64 : &type_uint64;
    if (!map_take_value(s, m, r, at->span))
        return &type_poison;
    if (s->is_final && value && (op == OP_SUB || type_is_signed(m->info.value)))
        warn_int_cast(s, value_span(value), t, m->info.value);
    map->type = m->info.value;
    return m->info.value;
}

/* Maps that are only ever counted up from themselves hold signed numbers. */
bool maps_default(struct sema *s) {
    for (size_t i = 0; i < s->state->maps.n; i++) {
        struct map_entry *m = s->state->maps.entries[i].value;
        if (m->is_target && !m->is_refused && !m->info.value) {
            m->info.value = &type_int64;
            return true;
        }
    }
    return false;
}

bool maps_have_types(const struct sema *s) {
    for (VEC_EACH(m, &s->program->maps))
        if (!(*m)->value || (!(*m)->key && ((const struct map_entry *)*m)->is_keyed))
            return false;
    return true;
}

/* ---- declarations -------------------------------------------------------------------------- */

/* Storage of hashes follows from what is kept in them, too: storage.c. */
static const struct {
    const char *name;
    enum map_storage storage;
} declared_kinds[] = {
    { "percpulruhash", MAP_PERCPU_LRU_HASH },
    { "percpuhash", MAP_PERCPU_HASH },
    { "lruhash", MAP_LRU_HASH },
    { "hash", MAP_HASH },
    { "array", MAP_ARRAY },
    { "percpuarray", MAP_PERCPU_ARRAY },
    { "queue", MAP_QUEUE },
    { "stack", MAP_LIFO },
};

/* The forms that some kinds can only have. */
static void settle_declared(struct map_entry *m) {
    m->is_settled = map_is_array(&m->info) || map_is_sequence(&m->info);
    m->is_keyed = map_is_array(&m->info);
    if (m->is_keyed)
        m->info.key = &type_uint32;
}

static void declare(struct sema *s, const struct node *n) {
    struct map_entry *m = entry_for(s, n->mapdecl.name);
    size_t kind = 0, nkinds = sizeof declared_kinds / sizeof *declared_kinds;
    while (kind < nkinds && strcmp(n->mapdecl.kind, declared_kinds[kind].name))
        kind++;
    if (kind == nkinds) {
        struct diagnostic *g =
            diag_error(s->diag, D_UNKNOWN_NAME, n->span, "Invalid bpf map type: %s", n->mapdecl.kind);
        diag_hint(s->diag, g,
                  "Valid map types: percpulruhash, percpuhash, lruhash, hash, array, percpuarray, queue, stack");
    }
    if (m->info.is_declared)
        return;
    m->info.is_declared = true;
    if (kind < nkinds) {
        m->info.storage = declared_kinds[kind].storage;
        settle_declared(m);
    }
    m->info.declared_kind = n->mapdecl.kind;
    m->info.max_entries = n->mapdecl.max_entries > UINT32_MAX ? UINT32_MAX : (uint32_t)n->mapdecl.max_entries;
    m->declared = n->span;
}

void map_declarations(struct sema *s, const struct script *script) {
    for (VEC_EACH(n, &script->items))
        if ((*n)->kind == N_MAP_DECL)
            declare(s, *n);
}

void maps_check_declared(struct sema *s) {
    for (size_t i = 0; i < s->state->maps.n; i++) {
        const struct map_entry *m = s->state->maps.entries[i].value;
        if (!m->info.is_declared)
            continue;
        if (!m->is_used) {
            diag_warn(s->diag, D_UNUSED, m->declared, "Unused map: %s", m->info.name);
            continue;
        }
        if (!m->info.value || map_is_sequence(&m->info))
            continue;
        const char *shape = map_is_array(&m->info) ? "array" : "hash";
        bool percpu = strncmp(m->info.declared_kind, "percpu", 6) == 0;
        if (percpu != type_is_agg(m->info.value))
            diag_error(s->diag, D_TYPE_MISMATCH, m->first_write,
                       "Incompatible map types. Type from declaration: %s. Type from value/key type: %s",
                       m->info.declared_kind,
                       arena_printf(s->arena, "%s%s", type_is_agg(m->info.value) ? "percpu" : "", shape));
    }
}
