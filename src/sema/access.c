/* Parts of values: fields, elements, pointees; and the address space that goes with them (reference §7.5–7.8, §13). */
#include "sema/state.h"

#include <string.h>

enum addr_space sema_int_space(const struct sema *s) {
    unsigned flags = s->block ? s->block->provider->flags : 0;
    return flags & PF_USER_SPACE ? AS_USER : flags & PF_KERNEL_SPACE ? AS_KERNEL : AS_NONE;
}

static bool is_text(const struct type *t) {
    return t->kind == TY_ARRAY && t->count && t->elem->kind == TY_INT && t->elem->size == 1 &&
           (t->elem->is_char || t->elem->is_signed);
}

const struct type *type_of_read(struct sema *s, const struct type *t, enum addr_space as) {
    if (is_text(t))
        return with_space(s, type_string(s->arena, t->count), as);
    switch ((int)t->kind) {
    case TY_ENUM: return type_enum_value(s->arena, t);
    case TY_PTR: return t->as == AS_NONE ? with_space(s, t, as) : t;
    case TY_ARRAY: return with_space(s, t, as);
    case TY_STRUCT: {
        const struct type *whole = t->is_incomplete ? typedb_complete(s->types, t) : t;
        return with_space(s, whole ? whole : t, as);
    }
    default: return t;
    }
}

/* Through a pointer whose space is unknown the kernel is asked to guess. */
static enum addr_space space_behind(struct sema *s, const struct type *pointer) {
    if (pointer->is_ctx)
        return AS_KERNEL;
    if (s->is_final && !s->comptime && pointer->as == AS_NONE)
        diag_warn(s->diag, D_ADDRSPACE, (struct span){ 0 }, "Addrspace is not set");
    return pointer->as;
}

/* ---- fields -------------------------------------------------------------------------------- */

static const struct type *no_such_field(struct sema *s, const struct node *n, const struct type *t) {
    struct diagnostic *g =
        diag_error(s->diag, D_UNKNOWN_FIELD, n->span, "Struct/union of type '%s' does not contain a field named '%s'",
                   say(s, t), n->field.name);
    const char *const *names;
    size_t count = typedb_field_names(t, s->arena, &names);
    const char *near = diag_nearest(n->field.name, names, count);
    if (near)
        diag_hint(s->diag, g, "did you mean '%s'?", near);
    return &type_poison;
}

static const struct type *record_field(struct sema *s, struct node *n, const struct type *t) {
    uint32_t offset;
    const struct field *f = type_field(t, n->field.name, &offset);
    if (!f)
        return sema_error(s, n, D_UNKNOWN_FIELD, "Record does not contain a field named '%s'", n->field.name);
    n->field.field = f;
    n->field.offset = offset;
    const struct node *base = n->field.base;
    if (base->kind == N_RECORD && base->tuple.items.v[f - t->fields]->is_const)
        copy_constant(n, base->tuple.items.v[f - t->fields], f->type);
    return f->type;
}

static const struct type *args_field(struct sema *s, struct node *n, const struct type *t, const struct field *f) {
    if (f->is_common)
        return sema_error(s, n, D_UNKNOWN_FIELD, "BPF does not support accessing common tracepoint fields");
    if (!s->comptime && f - t->fields < 64)
        s->block->use.fields |= 1ull << (f - t->fields);
    if (f->home == FIELD_DATA_LOC && !type_is_scalar(f->type))
        return type_of_read(s, f->type, AS_KERNEL);
    return type_of_read(s, f->type, sema_int_space(s));
}

static const struct type *struct_field(struct sema *s, struct node *n, const struct type *t, enum addr_space as) {
    const struct type *whole = t->is_incomplete ? typedb_complete(s->types, t) : t;
    uint32_t offset;
    const struct field *f = whole ? type_field(whole, n->field.name, &offset) : NULL;
    if (!f)
        return no_such_field(s, n, whole ? whole : t);
    n->field.field = f;
    n->field.offset = offset;
    return whole->is_args ? args_field(s, n, whole, f) : type_of_read(s, f->type, as);
}

const struct type *type_field_access(struct sema *s, struct node *n) {
    s->state->field_base = n->field.base;
    const struct type *t = sema_expr(s, n->field.base);
    if (is_poison(t))
        return t;
    if (t->kind == TY_RECORD)
        return record_field(s, n, t);
    if (t->kind == TY_STRUCT)
        return struct_field(s, n, t, t->as);
    if (t->kind == TY_PTR && t->elem->kind == TY_STRUCT)
        return struct_field(s, n, t->elem, space_behind(s, t));
    return sema_error(s, n, D_UNKNOWN_FIELD, "Can not access field '%s' on expression of type '%s'", n->field.name,
                      say(s, t->kind == TY_PTR ? t->elem : t));
}

/* ---- elements ------------------------------------------------------------------------------ */

static const struct type *tuple_element(struct sema *s, struct node *n, const struct type *t, uint64_t index) {
    if (index >= t->nfields)
        return sema_error(s, n, D_BAD_INDEX, "Invalid tuple index: %llu. Found %u elements in tuple.",
                          (unsigned long long)index, t->nfields);
    return t->fields[index].type;
}

const struct type *type_tuple_at(struct sema *s, struct node *n) {
    const struct type *t = sema_expr(s, n->tuple_at.base);
    if (is_poison(t))
        return t;
    if (t->kind != TY_TUPLE)
        return sema_error(s, n, D_BAD_INDEX, "Can not access index '%llu' on expression of type '%s'",
                          (unsigned long long)n->tuple_at.index, say(s, t));
    return tuple_element(s, n, t, n->tuple_at.index);
}

static const struct type *element_type(struct sema *s, const struct type *t) {
    if (t->kind == TY_STRING)
        return &type_int8;
    if (t->kind == TY_PTR)
        return type_of_read(s, t->elem, space_behind(s, t));
    return type_of_read(s, t->elem, t->as);
}

static bool check_index(struct sema *s, const struct node *n, const struct type *t) {
    const struct node *index = n->index.index;
    int64_t i = 0;
    bool is_known = sema_const_int(index, &i);
    if (!is_poison(index->type) && (!reads_as_int(index->type) || (is_known && i < 0 && t->kind != TY_PTR))) {
        sema_error(s, n, D_BAD_INDEX, "The array index operator [] only accepts non-negative integer indices. Got: %s",
                   say(s, index->type));
        return false;
    }
    uint64_t count = t->kind == TY_ARRAY ? t->count : t->kind == TY_STRING ? t->size : 0;
    if (is_known && count && (uint64_t)i >= count) {
        sema_error(s, n, D_BAD_INDEX, "the index %llu is out of bounds for array of size %llu", (unsigned long long)i,
                   (unsigned long long)count);
        return false;
    }
    return true;
}

const struct type *type_index(struct sema *s, struct node *n) {
    const struct type *t = sema_expr(s, n->index.base);
    sema_expr(s, n->index.index);
    if (is_poison(t))
        return t;
    if (t->kind == TY_TUPLE) {
        int64_t i;
        if (!sema_const_int(n->index.index, &i))
            return sema_error(s, n, D_BAD_INDEX, "Array-style access for tuples only valid for integer literals");
        return tuple_element(s, n, t, (uint64_t)i);
    }
    if (t->kind != TY_ARRAY && t->kind != TY_PTR && t->kind != TY_STRING)
        return sema_error(s, n, D_BAD_INDEX,
                          "The array index operator [] can only be used on arrays, pointers, and tuples, found %s.",
                          say(s, t));
    if (!check_index(s, n, t))
        return &type_poison;
    if (t->kind == TY_PTR && t->elem->kind == TY_NONE)
        return &type_none;
    const struct node *base = n->index.base, *index = n->index.index;
    if (base->is_const && base->const_str && index->is_const) {
        set_constant(n, &type_int8, (uint64_t)(int64_t)(int8_t)base->const_str[index->const_value]);
        return &type_int8;
    }
    return element_type(s, t);
}

/* An integer is the address of a uint64: (uint64 *)n takes its place. */
static struct node *as_pointer(struct sema *s, struct node *operand) {
    struct type_spec *spec = ARENA_NEW(s->arena, struct type_spec);
    spec->base = TS_NAME;
    spec->name = "uint64";
    spec->suffixes = ARENA_NEW(s->arena, struct type_suffix);
    spec->suffixes[0].is_pointer = true;
    spec->nsuffixes = 1;
    struct node *target = node_new(s->arena, N_TYPE, operand->span);
    target->tspec.spec = spec;
    struct node *cast = node_new(s->arena, N_CAST, operand->span);
    cast->cast.target = target;
    cast->cast.operand = operand;
    return cast;
}

const struct type *type_deref(struct sema *s, struct node *n) {
    const struct type *t = n->unary.operand->type;
    if (type_is_int(t)) {
        n->unary.operand = as_pointer(s, n->unary.operand);
        t = sema_expr(s, n->unary.operand);
    }
    if (is_poison(t))
        return t;
    if (t->kind != TY_PTR)
        return sema_error(s, n, D_BAD_OPERAND, "The * operator can not be used on expressions of type '%s'",
                          t->kind == TY_NONE ? "void" : say(s, t));
    return t->elem->kind == TY_NONE ? &type_none : type_of_read(s, t->elem, space_behind(s, t));
}
