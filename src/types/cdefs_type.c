/* From clang's types to struct type. As with BTF, what is held by value is converted along with its holder, and what
 * is pointed to stays a declaration. */
#ifdef SONDE_LIBCLANG
#    include <string.h>

#    include "types/cdefs.h"

static bool has_prefix(const char *s, const char *prefix) { return strncmp(s, prefix, strlen(prefix)) == 0; }

/* ---- names -------------------------------------------------------------------------------- */

const char *cdefs_tag(struct cdefs *c, CXType t) {
    const char *text = clang_string(c->fn, c->arena, c->fn->getTypeSpelling(t));
    static const char *const qualifiers[] = { "const ", "volatile ", "restrict ", "_Atomic " };
    for (size_t i = 0; i < sizeof qualifiers / sizeof qualifiers[0]; i++)
        if (has_prefix(text, qualifiers[i]))
            text += strlen(qualifiers[i]);
    bool has_keyword = has_prefix(text, "struct ") || has_prefix(text, "union ") || has_prefix(text, "enum ");
    return has_keyword && !strchr(text, '(') ? text : NULL; /* "struct (unnamed at …)" */
}

/* NULL without a tag. */
static const char *tag_name(struct cdefs *c, CXType t) {
    const char *tag = cdefs_tag(c, t);
    return tag ? cdefs_plain_name(strchr(tag, ' ') + 1) : NULL;
}

static uint32_t clamp(long long n) { return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n; }

static struct type *new_type(struct cdefs *c, CXType t, enum type_kind kind) {
    struct type *out = ARENA_NEW(c->arena, struct type);
    out->kind = kind;
    out->size = clamp(c->fn->Type_getSizeOf(t));
    long long align = c->fn->Type_getAlignOf(t);
    out->align = align > 0 ? clamp(align) : 1;
    return out;
}

/* ---- enums -------------------------------------------------------------------------------- */

struct enum_visit {
    struct cdefs *c;
    VEC(struct enumerator) list;
};

static enum CXChildVisitResult visit_enumerator(CXCursor cursor, CXCursor parent, CXClientData data) {
    (void)parent;
    struct enum_visit *v = data;
    const struct clang *fn = v->c->fn;
    if (fn->getCursorKind(cursor) == CXCursor_EnumConstantDecl) {
        const char *name = clang_string(fn, v->c->arena, fn->getCursorSpelling(cursor));
        uint64_t value = (uint64_t)fn->getEnumConstantDeclValue(cursor);
        VEC_PUSH(v->c->arena, &v->list, (struct enumerator){ cdefs_plain_name(name), value });
    }
    return CXChildVisit_Continue;
}

static bool is_unsigned(enum CXTypeKind kind) {
    static const enum CXTypeKind kinds[] = { CXType_UChar,   CXType_Char_U, CXType_Char16, CXType_Char32,
                                             CXType_UShort,  CXType_UInt,   CXType_ULong,  CXType_ULongLong,
                                             CXType_UInt128, CXType_Bool };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

static const struct type *convert_enum(struct cdefs *c, CXType t, CXCursor definition) {
    struct type *out = new_type(c, t, TY_ENUM);
    out->name = tag_name(c, t);
    out->is_signed = !is_unsigned(c->fn->getCanonicalType(c->fn->getEnumDeclIntegerType(definition)).kind);
    struct enum_visit v = { .c = c };
    c->fn->visitChildren(definition, visit_enumerator, &v);
    out->enumerators = v.list.v;
    out->nenumerators = (uint32_t)v.list.n;
    for (uint32_t i = 0; !out->is_signed && out->size == 4 && i < out->nenumerators; i++)
        out->enumerators[i].value = (uint32_t)out->enumerators[i].value;
    return out;
}

/* ---- structs ------------------------------------------------------------------------------ */

struct field_visit {
    struct cdefs *c;
    uint32_t struct_size;
    VEC(struct field) list;
};

static enum CXVisitorResult visit_field(CXCursor cursor, CXClientData data) {
    struct field_visit *v = data;
    const struct clang *fn = v->c->fn;
    const char *name = clang_string(fn, v->c->arena, fn->getCursorSpelling(cursor));
    bool is_bitfield = fn->Cursor_isBitField(cursor);
    if (strchr(name, '(')) /* "(anonymous at …)" */
        name = "";
    if (is_bitfield && !name[0]) /* padding */
        return CXVisit_Continue;
    struct field f = { .name = cdefs_plain_name(name), .type = cdefs_convert(v->c, fn->getCursorType(cursor)) };
    uint32_t bit = clamp(fn->Cursor_getOffsetOfField(cursor)); /* a struct of 512 MiB is far beyond every limit */
    f.offset = bit / 8;
    if (is_bitfield) {
        f.bit_size = (uint8_t)fn->getFieldDeclBitWidth(cursor);
        btf_place_bitfield(&f, bit, v->struct_size);
    }
    VEC_PUSH(v->c->arena, &v->list, f);
    return CXVisit_Continue;
}

static const struct type *convert_struct(struct cdefs *c, CXType t, CXCursor definition) {
    struct type *out = new_type(c, t, TY_STRUCT);
    out->name = tag_name(c, t);
    out->is_union = c->fn->getCursorKind(definition) == CXCursor_UnionDecl;
    struct field_visit v = { .c = c, .struct_size = out->size };
    c->fn->Type_visitFields(t, visit_field, &v);
    out->fields = v.list.v;
    out->nfields = (uint32_t)v.list.n;
    return out;
}

static const struct type *declare_struct(struct cdefs *c, const char *tag) {
    struct type *out = ARENA_NEW(c->arena, struct type);
    *out = (struct type){ .kind = TY_STRUCT, .align = 1, .is_incomplete = true, .is_union = tag[0] == 'u' };
    out->name = cdefs_plain_name(strchr(tag, ' ') + 1);
    return out;
}

/* The original of what was declared from BTF. */
static const struct type *btf_original(struct cdefs *c, const char *tag) {
    unsigned kinds[] = { tag[0] == 's'   ? BTF_KIND_STRUCT
                         : tag[0] == 'u' ? BTF_KIND_UNION
                                         : BTF_KIND_ENUM,
                         BTF_KIND_ENUM64 };
    for (int i = 0; i < (tag[0] == 'e' ? 2 : 1); i++) {
        struct btf_ref r = btf_find(c->db, cdefs_plain_name(strchr(tag, ' ') + 1), kinds[i]);
        if (r.source)
            return btf_convert(c->db, r);
    }
    return NULL;
}

const struct type *cdefs_convert_definition(struct cdefs *c, CXCursor definition) {
    enum CXCursorKind kind = c->fn->getCursorKind(definition);
    if (kind == CXCursor_TypedefDecl)
        return cdefs_convert(c, c->fn->getTypedefDeclUnderlyingType(definition));
    CXType t = c->fn->getCursorType(definition);
    return kind == CXCursor_EnumDecl ? convert_enum(c, t, definition) : convert_struct(c, t, definition);
}

/* A struct, union or enum by value. */
static const struct type *convert_tagged(struct cdefs *c, CXType t) {
    CXCursor declaration = c->fn->getTypeDeclaration(t);
    const char *tag = cdefs_tag(c, t);
    const struct type *known = tag ? cdefs_type(c->db, tag, strlen(tag)) : NULL;
    if (!known && tag && cdefs_is_from_btf(c, declaration))
        known = btf_original(c, tag);
    if (known)
        return known;
    if (tag && !c->fn->isCursorDefinition(declaration) && tag[0] != 'e')
        return declare_struct(c, tag);
    return cdefs_convert_definition(c, declaration);
}

/* ---- the rest ----------------------------------------------------------------------------- */

static const struct type *convert_pointer(struct cdefs *c, CXType t) {
    CXType target = c->fn->getCanonicalType(c->fn->getPointeeType(t));
    const char *tag = target.kind == CXType_Record ? cdefs_tag(c, target) : NULL;
    return type_ptr(c->arena, tag ? declare_struct(c, tag) : cdefs_convert(c, target), AS_NONE);
}

static const struct type *convert_scalar(struct cdefs *c, CXType t) {
    long long size = c->fn->Type_getSizeOf(t);
    if (t.kind == CXType_Char_S || t.kind == CXType_Char_U) {
        struct type *out = new_type(c, t, TY_INT);
        out->is_char = true;
        out->is_signed = t.kind == CXType_Char_S;
        return out;
    }
    if (t.kind == CXType_Bool) /* a number, unlike that of BTF: as bpftrace has it */
        return &type_uint8;
    if (t.kind == CXType_Int128 || t.kind == CXType_UInt128) {
        struct type *out = new_type(c, t, TY_ARRAY);
        out->elem = &type_uint64;
        out->count = 2;
        return out;
    }
    static const enum CXTypeKind integers[] = { CXType_SChar,    CXType_Short, CXType_Int,    CXType_Long,
                                                CXType_LongLong, CXType_WChar, CXType_Char16, CXType_Char32 };
    bool is_signed = false;
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
        is_signed |= integers[i] == t.kind;
    if (is_signed || is_unsigned(t.kind))
        return type_int((unsigned)size, !is_unsigned(t.kind));
    return size > 0 ? new_type(c, t, TY_FLOAT) : &type_none; /* void, functions: nothing that has a value */
}

const struct type *cdefs_convert(struct cdefs *c, CXType t) {
    const struct clang *fn = c->fn;
    t = fn->getCanonicalType(t);
    if (t.kind == CXType_Atomic)
        t = fn->getCanonicalType(fn->Type_getValueType(t));
    if (t.kind == CXType_Record || t.kind == CXType_Enum)
        return convert_tagged(c, t);
    if (t.kind == CXType_Pointer || t.kind == CXType_BlockPointer)
        return convert_pointer(c, t);
    if (t.kind == CXType_ConstantArray || t.kind == CXType_IncompleteArray || t.kind == CXType_VariableArray)
        return type_array(c->arena, cdefs_convert(c, fn->getArrayElementType(t)),
                          t.kind == CXType_ConstantArray ? clamp(fn->getNumElements(t)) : 0);
    if (t.kind == CXType_Vector || t.kind == CXType_ExtVector) {
        struct type *out = new_type(c, t, TY_ARRAY);
        out->elem = cdefs_convert(c, fn->getElementType(t));
        out->count = clamp(fn->getNumElements(t));
        return out;
    }
    bool is_function = t.kind == CXType_FunctionProto || t.kind == CXType_FunctionNoProto;
    return is_function || t.kind == CXType_Void ? &type_none : convert_scalar(c, t);
}
#endif
