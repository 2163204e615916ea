/* From BTF to struct type. What is held by value is converted along with its holder; what is pointed to stays a
 * declaration, so that struct task_struct does not pull in half of the kernel. */
#include <string.h>

#include "types/btf.h"

enum { MAX_DEPTH = 64 }; /* of nesting; only broken BTF has more */

static const struct type *convert(struct typedb *db, struct btf_ref r, unsigned depth);

static struct btf_ref ref_to(struct btf_ref from, uint32_t id) { return (struct btf_ref){ from.source, id }; }

static bool is_modifier(const struct btf_type *t) { return btf_is_mod(t) || btf_is_typedef(t); }

struct btf_ref btf_strip(struct btf_ref r) {
    const struct btf_type *t = btf_type_of(r);
    for (unsigned n = 0; t && is_modifier(t) && n < MAX_DEPTH; n++) {
        r.id = t->type;
        t = btf_type_of(r);
    }
    return r;
}

/* Ids below the module's own are those of vmlinux, converted there. NULL for an id out of range. */
static struct btf_entry *entry_of(struct typedb *db, struct btf_ref *r) {
    if (r->id < r->source->first)
        r->source = db->sources.v[0];
    if (r->id >= r->source->end)
        return NULL;
    return &r->source->entries[r->id - r->source->first];
}

static struct type *new_type(struct typedb *db, struct btf_ref r, enum type_kind kind, uint32_t name_off) {
    const char *name = btf_name(r, name_off);
    struct type *t = ARENA_NEW(db->arena, struct type);
    t->kind = kind;
    t->name = name[0] ? arena_strdup(db->arena, name) : NULL;
    t->btf_id = r.id;
    t->module = r.source->module;
    t->align = 1;
    return t;
}

/* ---- simple kinds ------------------------------------------------------------------------- */

static const struct type *convert_int(struct typedb *db, struct btf_ref r, const struct btf_type *bt) {
    uint8_t encoding = btf_int_encoding(bt);
    if (encoding & BTF_INT_BOOL)
        return bt->size == 1 ? &type_bool : type_int(bt->size, false);
    if (bt->size > 8) /* __int128 */
        return type_array(db->arena, &type_uint64, bt->size / 8);
    bool is_signed = encoding & BTF_INT_SIGNED;
    if (bt->size != 1 || strcmp(btf_name(r, bt->name_off), "char") != 0)
        return type_int(bt->size, is_signed);
    struct type *t = ARENA_NEW(db->arena, struct type);
    *t = type_char;
    t->is_signed = is_signed;
    return t;
}

static const struct type *convert_float(struct typedb *db, struct btf_ref r, const struct btf_type *bt) {
    struct type *t = new_type(db, r, TY_FLOAT, bt->name_off);
    t->size = bt->size;
    t->align = bt->size < 16 ? bt->size : 16;
    return t;
}

static const struct type *convert_enum(struct typedb *db, struct btf_ref r, const struct btf_type *bt) {
    struct type *t = new_type(db, r, TY_ENUM, bt->name_off);
    t->size = t->align = bt->size;
    t->is_signed = btf_kflag(bt);
    t->nenumerators = btf_vlen(bt);
    t->enumerators = ARENA_ARRAY(db->arena, struct enumerator, t->nenumerators);
    for (uint32_t i = 0; i < t->nenumerators; i++) {
        struct enumerator *e = &t->enumerators[i];
        if (btf_is_enum64(bt)) {
            e->name = btf_name(r, btf_enum64(bt)[i].name_off);
            e->value = btf_enum64_value(&btf_enum64(bt)[i]);
        } else {
            int32_t value = btf_enum(bt)[i].val;
            e->name = btf_name(r, btf_enum(bt)[i].name_off);
            e->value = t->is_signed ? (uint64_t)(int64_t)value : (uint32_t)value;
        }
        e->name = arena_strdup(db->arena, e->name); /* types outlive the BTF */
    }
    return t;
}

/* ---- structs ------------------------------------------------------------------------------ */

/* A bitfield is read with one load of its type's size at its offset, which has to stay within the struct. C's storage
 * units, multiples of the declared type's size, do; where a packed struct leaves no room for one, the load is as narrow
 * as the bits allow and the type changes to that. */
void btf_place_bitfield(struct field *f, uint32_t bit, uint32_t struct_size) {
    uint32_t unit = f->type->size ? f->type->size : 1;
    f->offset = bit / (unit * 8) * unit;
    if (bit % (unit * 8) + f->bit_size > unit * 8 || f->offset + unit > struct_size) {
        unit = 1;
        f->offset = bit / 8;
        while (bit % 8 + f->bit_size > unit * 8 && unit < 8)
            unit *= 2;
        if (f->offset + unit > struct_size && unit <= struct_size)
            f->offset = struct_size - unit;
        f->type = type_int(unit, f->type->is_signed);
    }
    f->bit_offset = (uint8_t)(bit - f->offset * 8);
}

static struct field convert_member(struct typedb *db, struct btf_ref r, const struct btf_type *bt, uint32_t i,
                                   unsigned depth) {
    const struct btf_member *m = &btf_members(bt)[i];
    struct field f = {
        .name = arena_strdup(db->arena, btf_name(r, m->name_off)),
        .type = convert(db, ref_to(r, m->type), depth),
    };
    uint32_t bit = btf_member_bit_offset(bt, i), nbits = btf_member_bitfield_size(bt, i);
    const struct btf_type *base = btf_type_of(btf_strip(ref_to(r, m->type)));
    if (!nbits && base && btf_is_int(base) && btf_int_bits(base) != base->size * 8) { /* BTF before 4.20 */
        nbits = btf_int_bits(base);
        bit += btf_int_offset(base);
    }
    f.offset = bit / 8;
    if (nbits) {
        f.bit_size = (uint8_t)nbits;
        btf_place_bitfield(&f, bit, bt->size);
    }
    return f;
}

/* BTF does not tell the alignment; that of the members is right unless the struct is packed, which shows. */
static uint32_t struct_align(const struct type *t) {
    uint32_t align = 1;
    for (uint32_t i = 0; i < t->nfields; i++) {
        const struct field *f = &t->fields[i];
        uint32_t a = f->type->align ? f->type->align : 1;
        if (f->offset % a != 0)
            return 1;
        align = a > align ? a : align;
    }
    return t->size % align ? 1 : align;
}

static const struct type *convert_struct(struct typedb *db, struct btf_ref r, const struct btf_type *bt,
                                         unsigned depth) {
    struct type *t = new_type(db, r, TY_STRUCT, bt->name_off);
    t->is_union = btf_is_union(bt);
    t->size = bt->size;
    t->nfields = btf_vlen(bt);
    t->fields = ARENA_ARRAY(db->arena, struct field, t->nfields);
    for (uint32_t i = 0; i < t->nfields; i++)
        t->fields[i] = convert_member(db, r, bt, i, depth);
    t->align = struct_align(t);
    return t;
}

static const struct type *declare_struct(struct typedb *db, struct btf_ref r, const struct btf_type *bt) {
    struct btf_entry *e = entry_of(db, &r);
    if (e->decl)
        return e->decl;
    struct type *t = new_type(db, r, TY_STRUCT, bt->name_off);
    t->is_union = btf_is_fwd(bt) ? btf_kflag(bt) : btf_is_union(bt);
    t->is_incomplete = true;
    if (btf_is_fwd(bt))
        t->btf_id = 0; /* its definition, if any, is elsewhere */
    return e->decl = t;
}

/* ---- pointers and the rest ---------------------------------------------------------------- */

/* The kernel marks user pointers with a type tag when its compiler knows how. */
static enum addr_space pointee_space(struct btf_ref r) {
    const struct btf_type *t = btf_type_of(r);
    for (unsigned n = 0; t && is_modifier(t) && n < MAX_DEPTH; n++) {
        if (btf_is_type_tag(t) && strcmp(btf_name(r, t->name_off), "user") == 0)
            return AS_USER;
        r.id = t->type;
        t = btf_type_of(r);
    }
    return AS_KERNEL;
}

static const struct type *convert_ptr(struct typedb *db, struct btf_ref r, const struct btf_type *bt, unsigned depth) {
    struct btf_ref target = btf_strip(ref_to(r, bt->type));
    const struct btf_type *tt = btf_type_of(target);
    /* A struct without a tag cannot be completed by name later, and cannot point to itself either. */
    bool is_declared = tt && (btf_is_fwd(tt) || (btf_is_composite(tt) && btf_name(target, tt->name_off)[0]));
    const struct type *elem = is_declared ? declare_struct(db, target, tt) : convert(db, target, depth);
    return type_ptr(db->arena, elem, pointee_space(ref_to(r, bt->type)));
}

static const struct type *convert_new(struct typedb *db, struct btf_ref r, const struct btf_type *bt, unsigned depth) {
    switch (btf_kind(bt)) {
    case BTF_KIND_INT: return convert_int(db, r, bt);
    case BTF_KIND_FLOAT: return convert_float(db, r, bt);
    case BTF_KIND_PTR: return convert_ptr(db, r, bt, depth);
    case BTF_KIND_ARRAY:
        return type_array(db->arena, convert(db, ref_to(r, btf_array(bt)->type), depth), btf_array(bt)->nelems);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION: return convert_struct(db, r, bt, depth);
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64: return convert_enum(db, r, bt);
    case BTF_KIND_FWD: return declare_struct(db, r, bt);
    case BTF_KIND_VAR: return convert(db, ref_to(r, bt->type), depth);
    default: /* void, functions, sections: nothing that has a value */ return &type_none;
    }
}

static const struct type *convert(struct typedb *db, struct btf_ref r, unsigned depth) {
    r = btf_strip(r);
    struct btf_entry *e = entry_of(db, &r);
    if (!e || depth > MAX_DEPTH)
        return &type_none;
    const struct btf_type *bt = btf_type_of(r);
    if (e->full || !bt)
        return e->full ? e->full : &type_none;
    if (e->is_busy)
        return btf_is_composite(bt) ? declare_struct(db, r, bt) : &type_none;
    e->is_busy = true;
    e->full = convert_new(db, r, bt, depth + 1);
    e->is_busy = false;
    return e->full;
}

const struct type *btf_convert(struct typedb *db, struct btf_ref r) { return convert(db, r, 0); }
