/* The database's face: the script's own definitions first, then the names every C compiler knows, then BTF. */
#include "types/typedb.h"

#include <string.h>

#include "types/btf.h"
#include "types/cdefs.h"

enum { MAX_MACRO_DEPTH = 16 }; /* macros that stand for macros that stand for types */

struct typedb *typedb_new(struct arena *a) {
    struct typedb *db = ARENA_NEW(a, struct typedb);
    db->arena = a;
    hmap_init(&db->defined, a);
    hmap_init(&db->defined_enumerators, a);
    return db;
}

void typedb_free(struct typedb *db) {
    if (db) {
        cdefs_free(db);
        btf_close(db);
    }
}

/* ---- names of base types ------------------------------------------------------------------ */

/* What BTF would say, too, on the 64-bit kernels this runs on; knowing it here saves reading BTF. */
static const struct {
    const char *name;
    const struct type *type;
} known_names[] = {
    { "int8", &type_int8 },       { "int16", &type_int16 },     { "int32", &type_int32 },
    { "int64", &type_int64 },     { "uint8", &type_uint8 },     { "uint16", &type_uint16 },
    { "uint32", &type_uint32 },   { "uint64", &type_uint64 },   { "int8_t", &type_int8 },
    { "int16_t", &type_int16 },   { "int32_t", &type_int32 },   { "int64_t", &type_int64 },
    { "uint8_t", &type_uint8 },   { "uint16_t", &type_uint16 }, { "uint32_t", &type_uint32 },
    { "uint64_t", &type_uint64 }, { "s8", &type_int8 },         { "s16", &type_int16 },
    { "s32", &type_int32 },       { "s64", &type_int64 },       { "u8", &type_uint8 },
    { "u16", &type_uint16 },      { "u32", &type_uint32 },      { "u64", &type_uint64 },
    { "__s8", &type_int8 },       { "__s16", &type_int16 },     { "__s32", &type_int32 },
    { "__s64", &type_int64 },     { "__u8", &type_uint8 },      { "__u16", &type_uint16 },
    { "__u32", &type_uint32 },    { "__u64", &type_uint64 },    { "bool", &type_bool },
    { "_Bool", &type_bool },      { "void", &type_none },       { "uint", &type_uint32 },
    { "size_t", &type_uint64 },   { "ssize_t", &type_int64 },   { "uintptr_t", &type_uint64 },
    { "intptr_t", &type_int64 },  { "pid_t", &type_int32 },     { "loff_t", &type_int64 },
    { "off_t", &type_int64 },     { "gfp_t", &type_uint32 },    { "dev_t", &type_uint32 },
    { "ino_t", &type_uint64 },    { "sector_t", &type_uint64 }, { "umode_t", &type_uint16 },
};

/* "unsigned long", "long unsigned int", …: counts the words, in whatever order. */
static const struct type *c_integer(const char *name) {
    static const char *const words[] = { "unsigned", "signed", "char", "short", "long", "int" };
    enum { UNSIGNED, SIGNED, CHAR, SHORT, LONG, INT, NWORDS };
    unsigned count[NWORDS] = { 0 };
    while (*name) {
        size_t len = strcspn(name, " "), w = 0;
        while (w < NWORDS && (strlen(words[w]) != len || strncmp(words[w], name, len) != 0))
            w++;
        if (w == NWORDS)
            return NULL;
        count[w]++;
        name += len + strspn(name + len, " ");
    }
    if (count[UNSIGNED] + count[SIGNED] > 1 || count[CHAR] + count[SHORT] > 1 || count[LONG] > 2 || count[INT] > 1)
        return NULL;
    if ((count[CHAR] && (count[INT] || count[LONG])) || (count[SHORT] && count[LONG]))
        return NULL;
    if (count[CHAR] && !count[SIGNED] && !count[UNSIGNED])
        return &type_char;
    return type_int(count[CHAR] ? 1 : count[SHORT] ? 2 : count[LONG] ? 8 : 4, !count[UNSIGNED]);
}

const struct type *c_base_type(const char *name) {
    for (size_t i = 0; i < sizeof known_names / sizeof known_names[0]; i++)
        if (strcmp(known_names[i].name, name) == 0)
            return known_names[i].type;
    return name[0] ? c_integer(name) : NULL;
}

/* ---- the script's definitions ------------------------------------------------------------- */

static const struct type *defined(struct typedb *db, const char *keyword, const char *name) {
    char key[256];
    size_t nkeyword = strlen(keyword), nname = strlen(name);
    if (nkeyword + nname > sizeof key)
        return NULL;
    memcpy(key, keyword, nkeyword);
    memcpy(key + nkeyword, name, nname);
    const struct type *t = hmap_getn(&db->defined, key, nkeyword + nname);
    return t ? t : cdefs_type(db, key, nkeyword + nname);
}

static const char *keyword_of(const struct type *t) {
    return t->kind == TY_ENUM ? "enum " : t->is_union ? "union " : "struct ";
}

void typedb_define(struct typedb *db, const struct type *t) {
    if (t->name)
        hmap_put(&db->defined, arena_printf(db->arena, "%s%s", keyword_of(t), t->name), (void *)(uintptr_t)t);
    for (uint32_t i = 0; t->kind == TY_ENUM && i < t->nenumerators; i++)
        hmap_put(&db->defined_enumerators, t->enumerators[i].name, (void *)(uintptr_t)t);
}

void typedb_define_name(struct typedb *db, const char *name, const struct type *t) {
    hmap_put(&db->defined, name, (void *)(uintptr_t)t);
}

/* ---- look-up ------------------------------------------------------------------------------ */

static const struct type *convert_found(struct typedb *db, struct btf_ref r) {
    return r.source ? btf_convert(db, r) : NULL;
}

const struct type *typedb_struct(struct typedb *db, const char *name, bool is_union) {
    const struct type *own = defined(db, is_union ? "union " : "struct ", name);
    if (own)
        return own;
    return convert_found(db, btf_find(db, name, is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT));
}

const struct type *typedb_enum_storage(struct typedb *db, const char *name) {
    const struct type *own = defined(db, "enum ", name);
    if (own)
        return own;
    struct btf_ref r = btf_find(db, name, BTF_KIND_ENUM);
    if (!r.source)
        r = btf_find(db, name, BTF_KIND_ENUM64);
    return convert_found(db, r);
}

const struct type *typedb_enum(struct typedb *db, const char *name) {
    const struct type *t = typedb_enum_storage(db, name);
    return t ? type_enum_value(db->arena, t) : NULL;
}

static const struct type *named(struct typedb *db, const char *name, unsigned depth);

static const struct type *tagged(struct typedb *db, const char *text) {
    const char *name = strchr(text, ' ') + 1;
    return text[0] == 'e' ? typedb_enum_storage(db, name) : typedb_struct(db, name, text[0] == 'u');
}

/* A macro of the C preamble that stands for a type: "struct x*", "unsigned long", the name of another one. */
static const struct type *macro_type(struct typedb *db, const char *name, unsigned depth) {
    const char *text = typedb_macro(db, name);
    if (!text || depth > MAX_MACRO_DEPTH)
        return NULL;
    size_t len = strlen(text), nstars = 0;
    for (; len && (text[len - 1] == '*' || text[len - 1] == ' '); len--)
        nstars += text[len - 1] == '*';
    text = arena_strndup(db->arena, text, len);
    bool has_tag =
        strncmp(text, "struct ", 7) == 0 || strncmp(text, "union ", 6) == 0 || strncmp(text, "enum ", 5) == 0;
    const struct type *t = has_tag ? tagged(db, text) : named(db, text, depth + 1);
    for (; t && nstars; nstars--)
        t = type_ptr(db->arena, t, AS_NONE);
    return t;
}

static const struct type *named(struct typedb *db, const char *name, unsigned depth) {
    const struct type *t = defined(db, "", name);
    if (!t)
        t = c_base_type(name);
    if (!t)
        t = macro_type(db, name, depth);
    if (!t)
        t = convert_found(db, btf_find(db, name, BTF_KIND_TYPEDEF));
    return t;
}

const struct type *typedb_named(struct typedb *db, const char *name) { return named(db, name, 0); }

const struct type *typedb_by_id(struct typedb *db, uint32_t btf_id) {
    struct btf_source *s = btf_vmlinux(db);
    return s && btf_id < s->end ? btf_convert(db, (struct btf_ref){ s, btf_id }) : NULL;
}

/* The file that an imported type came from, still open. */
static struct btf_source *source_of(const struct typedb *db, const struct type *t) {
    for (VEC_EACH(s, &db->sources))
        if (t->module ? (*s)->module && strcmp((*s)->module, t->module) == 0 : !(*s)->module)
            return *s;
    return NULL;
}

const struct type *typedb_complete(struct typedb *db, const struct type *t) {
    if (!t->is_incomplete)
        return t;
    const struct type *own = t->name ? defined(db, keyword_of(t), t->name) : NULL;
    if (own)
        return own;
    struct btf_source *s = t->btf_id ? source_of(db, t) : NULL;
    if (s)
        return btf_convert(db, (struct btf_ref){ s, t->btf_id });
    return t->name ? typedb_struct(db, t->name, t->is_union) : NULL;
}

static bool find_value(const struct type *t, const char *name, uint64_t *value) {
    for (uint32_t i = 0; i < t->nenumerators; i++) {
        if (strcmp(t->enumerators[i].name, name) == 0) {
            *value = t->enumerators[i].value;
            return true;
        }
    }
    return false;
}

bool typedb_enumerator(struct typedb *db, const char *name, uint64_t *value, const struct type **type) {
    const struct type *t = hmap_get(&db->defined_enumerators, name);
    if (!t)
        t = cdefs_enumerator(db, name);
    if (!t) {
        uint32_t n;
        t = convert_found(db, btf_find_enumerator(db, name, &n));
    }
    if (!t || !find_value(t, name, value))
        return false;
    if (type)
        *type = type_enum_value(db->arena, t);
    return true;
}

const char *typedb_macro(struct typedb *db, const char *name) { return cdefs_macro(db, name); }

const char *typedb_macro_value(struct typedb *db, const char *name) { return cdefs_macro_value(db, name); }

size_t typedb_field_names(const struct type *t, struct arena *a, const char *const **names) {
    VEC(const char *) list = { 0 };
    for (uint32_t i = 0; i < t->nfields; i++) {
        const struct field *f = &t->fields[i];
        if (f->name && f->name[0]) {
            VEC_PUSH(a, &list, f->name);
            continue;
        }
        const char *const *inner;
        size_t n = f->type->kind == TY_STRUCT ? typedb_field_names(f->type, a, &inner) : 0;
        for (size_t j = 0; j < n; j++)
            VEC_PUSH(a, &list, inner[j]);
    }
    *names = (const char *const *)list.v;
    return list.n;
}
