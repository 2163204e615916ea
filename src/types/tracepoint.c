/* From an event's format to the struct behind `args`. The format tells every field's size and sign, which is all that
 * integers need; BTF is asked for names that may stand for something else. */
#include <string.h>

#include "support/strbuf.h"
#include "types/btf.h"
#include "types/tracefs.h"

/* Words that say nothing about the layout. */
static bool is_noise(const char *word, size_t n) {
    static const char *const noise[] = { "const", "volatile", "__user", "__rcu", "__percpu", "__iomem", "__seg_gs" };
    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++)
        if (strlen(noise[i]) == n && strncmp(noise[i], word, n) == 0)
            return true;
    return false;
}

/* "const char *const *" gives "char" and 2. */
static const char *base_of(struct arena *a, const char *type, unsigned *nstars) {
    struct strbuf base = { 0 };
    *nstars = 0;
    while (*type) {
        size_t n = strcspn(type, " *");
        if (n && !is_noise(type, n)) {
            if (base.len)
                strbuf_addc(&base, ' ');
            strbuf_add(&base, type, n);
        }
        type += n;
        if (*type)
            *nstars += *type++ == '*';
    }
    return strbuf_finish(&base, a);
}

static const struct type *declared_struct(struct arena *a, const char *name, bool is_union) {
    struct type *t = ARENA_NEW(a, struct type);
    *t = (struct type){ .kind = TY_STRUCT, .align = 1, .is_union = is_union, .is_incomplete = true, .name = name };
    return t;
}

/* NULL when the name means nothing here. */
static const struct type *named_type(struct typedb *db, const char *base, bool is_pointee) {
    if (strncmp(base, "struct ", 7) == 0)
        return is_pointee ? declared_struct(db->arena, base + 7, false) : typedb_struct(db, base + 7, false);
    if (strncmp(base, "union ", 6) == 0)
        return is_pointee ? declared_struct(db->arena, base + 6, true) : typedb_struct(db, base + 6, true);
    if (strncmp(base, "enum ", 5) == 0)
        return typedb_enum_storage(db, base + 5);
    const struct type *t = c_base_type(base);
    return t ? t : typedb_named(db, base);
}

static const struct type *pointer_to(struct typedb *db, const char *base, unsigned nstars, enum addr_space as) {
    const struct type *t = named_type(db, base, true);
    if (!t)
        t = &type_none;
    while (nstars--)
        t = type_ptr(db->arena, t, as);
    return t;
}

/* Bytes that no type is known for. */
static const struct type *bytes(struct typedb *db, uint32_t size, bool is_signed) {
    if (size == 1 || size == 2 || size == 4 || size == 8)
        return type_int(size, is_signed);
    return type_array(db->arena, &type_uint8, size);
}

static const struct type *enum_of_size(struct typedb *db, const struct type *t, const struct format_field *f) {
    struct type *sized = ARENA_NEW(db->arena, struct type);
    *sized = *t;
    sized->size = sized->align = f->size; /* events store many of them in a byte */
    sized->is_signed = f->is_signed;
    return sized;
}

/* Syscall arguments are declared as the kernel's functions have them ("int dfd"), and stored as 64-bit words: for
 * numbers the size and the sign of the format count, not the name. */
static const struct type *value_type(struct typedb *db, const char *base, const struct format_field *f,
                                     enum addr_space as) {
    if (f->size != 1 && f->size != 2 && f->size != 4 && f->size != 8) {
        const struct type *t = named_type(db, base, false);
        return t && t->size == f->size ? t : bytes(db, f->size, f->is_signed);
    }
    bool is_enum = strncmp(base, "enum ", 5) == 0;
    const struct type *t = is_enum ? NULL : c_base_type(base);
    if (t && t->size == f->size && (t->kind == TY_BOOL || t->is_char))
        return t;
    if (is_enum)
        t = typedb_enum_storage(db, base + 5);
    else if (!t && f->size == 8 && !f->is_signed) /* fl_owner_t, initcall_t: pointers in disguise */
        t = named_type(db, base, false);
    if (t && t->kind == TY_ENUM)
        return enum_of_size(db, t, f);
    if (t && t->kind == TY_PTR)
        return type_with_as(db->arena, t, as);
    return type_int(f->size, f->is_signed);
}

static const struct type *array_type(struct typedb *db, const char *base, unsigned nstars, const struct format_field *f,
                                     enum addr_space as) {
    const struct type *elem = nstars ? pointer_to(db, base, nstars, as) : named_type(db, base, false);
    if (!elem || !elem->size || f->size % elem->size != 0)
        elem = &type_uint8;
    return type_array(db->arena, elem, f->size / elem->size);
}

static const struct type *field_type(struct typedb *db, const struct format_field *f, enum addr_space as) {
    unsigned nstars;
    if (f->is_data_loc || f->is_rel_loc)
        return &type_int64; /* the address of the data */
    const char *base = base_of(db->arena, f->type, &nstars);
    if (f->is_array)
        return array_type(db, base, nstars, f, as);
    if (nstars && f->size == 8)
        return pointer_to(db, base, nstars, as);
    return value_type(db, base, f, as);
}

const struct type *format_to_type(struct typedb *db, const struct format *format, const char *category,
                                  const char *event) {
    enum addr_space as = strcmp(category, "syscalls") == 0 ? AS_USER : AS_KERNEL;
    struct type *t = ARENA_NEW(db->arena, struct type);
    *t = (struct type){ .kind = TY_STRUCT, .align = 8, .is_args = true };
    t->name = arena_printf(db->arena, "tracepoint:%s:%s_args", category, event);
    t->nfields = (uint32_t)format->fields.n;
    t->fields = ARENA_ARRAY(db->arena, struct field, t->nfields);
    for (uint32_t i = 0; i < t->nfields; i++) {
        const struct format_field *f = &format->fields.v[i];
        t->fields[i] = (struct field){
            .name = f->name,
            .type = field_type(db, f, as),
            .offset = f->offset,
            .home = f->is_data_loc || f->is_rel_loc ? FIELD_DATA_LOC : FIELD_MEMORY,
            .is_common = strncmp(f->name, "common_", 7) == 0,
            .is_relative = f->is_rel_loc,
        };
        if (f->offset + f->size > t->size)
            t->size = f->offset + f->size;
    }
    return t;
}

const struct type *typedb_tracepoint(struct typedb *db, const char *category, const char *event, uint64_t *event_id) {
    struct format format;
    if (!format_read(db->arena, category, event, &format))
        return NULL;
    if (event_id)
        *event_id = format.id;
    return format_to_type(db, &format, category, event);
}
