/* sizeof, offsetof, typeinfo: what the compiler knows about types (reference §14.3). */
#include "sema/state.h"

#include <string.h>

/* Smallest unsigned type that holds the number; a literal all the same. */
static const struct type *unsigned_type(uint64_t v) {
    return v <= UINT8_MAX    ? &type_uint8
           : v <= UINT16_MAX ? &type_uint16
           : v <= UINT32_MAX ? &type_uint32
                             : &type_uint64;
}

/* Stacks count with their frames, as the peer keeps them. */
static uint64_t size_of(struct sema *s, const struct type *t) {
    if (t->kind == TY_KSTACK || t->kind == TY_USTACK)
        return (t->kind == TY_USTACK ? 16 : 8) + 8ull * t->limit;
    if (t->kind == TY_STRUCT && t->is_incomplete) {
        const struct type *whole = typedb_complete(s->types, t);
        return whole ? whole->size : 0;
    }
    return t->size;
}

static const struct type *type_sizeof(struct sema *s, struct node *n) {
    const struct type *t = type_operand(s, n->intro.operand);
    if (is_poison(t))
        return t;
    uint64_t size = size_of(s, t);
    set_constant(n, unsigned_type(size), size);
    return n->type;
}

static const struct type *type_offsetof(struct sema *s, struct node *n) {
    const struct type *t = type_operand(s, n->intro.operand);
    if (is_poison(t))
        return t;
    if (t->kind != TY_STRUCT)
        return sema_error(s, n, D_BAD_ARGUMENT, "'%s' is not a C type.", say(s, t));
    uint64_t total = 0;
    for (size_t i = 0; i < n->intro.npath; i++) {
        uint32_t offset = 0;
        const struct type *whole = t->kind == TY_STRUCT && t->is_incomplete ? typedb_complete(s->types, t) : t;
        const struct field *f = whole && whole->kind == TY_STRUCT ? type_field(whole, n->intro.path[i], &offset) : NULL;
        if (!f)
            return sema_error(s, n, D_UNKNOWN_FIELD, "'%s' has no field named '%s'", say(s, t), n->intro.path[i]);
        total += offset;
        t = f->type;
    }
    set_constant(n, unsigned_type(total), total);
    return n->type;
}

static struct node *text_node(struct sema *s, const struct node *at, const char *text) {
    struct node *n = node_new(s->arena, N_STR, at->span);
    n->str.s = text;
    n->str.len = strlen(text);
    sema_set_str(s, n, n->str.s, n->str.len);
    return n;
}

/* Becomes the record it stands for; the operand's type is final by the last round, before that only the form counts. */
static const struct type *type_typeinfo(struct sema *s, struct node *n) {
    static const char *const names[] = { "btf_id", "base_type", "full_type" };
    const struct type *t = type_operand(s, n->intro.operand);
    sema_unstable(s, n, "typeinfo", s->program->config.unstable_typeinfo);
    if (is_poison(t))
        return t;
    struct node *id = node_new(s->arena, N_INT, n->span);
    id->num.value = t->btf_id;
    set_constant(id, sema_literal_type(t->btf_id, false), t->btf_id);
    struct node *items[] = { id, text_node(s, n, type_word(t)), text_node(s, n, say(s, t)) };
    const struct type *types[] = { items[0]->type, items[1]->type, items[2]->type };
    const struct type *r = type_record(s->arena, names, types, 3);
    if (s->is_final) {
        n->kind = N_RECORD;
        memset(&n->tuple, 0, sizeof n->tuple);
        for (int i = 0; i < 3; i++)
            VEC_PUSH(s->arena, &n->tuple.items, items[i]);
        n->tuple.names = ARENA_ARRAY(s->arena, const char *, 3);
        memcpy(n->tuple.names, names, sizeof names);
    }
    return r;
}

const struct type *type_intro(struct sema *s, struct node *n) {
    return n->kind == N_SIZEOF ? type_sizeof(s, n) : n->kind == N_OFFSETOF ? type_offsetof(s, n) : type_typeinfo(s, n);
}
