/* Values of macros that are C but nothing in the language: PAGE_SIZE is (_AC(1,UL) << PAGE_SHIFT). The C file is parsed
 * once more, with an enumerator of that value at its end; that costs as much as the first time (2 ms, with the kernel's
 * headers 100), so it is the last resort. */
#include "types/cdefs.h"

#ifdef SONDE_LIBCLANG
#    include <inttypes.h>
#    include <string.h>

#    include "support/strbuf.h"

struct value_visit {
    const struct cdefs *c;
    CXCursor last; /* enum at the top level */
    bool is_found, is_unsigned;
    int64_t value;
};

static enum CXChildVisitResult visit_enum(CXCursor cursor, CXCursor parent, CXClientData data) {
    (void)parent;
    struct value_visit *v = data;
    if (v->c->fn->getCursorKind(cursor) == CXCursor_EnumDecl)
        v->last = cursor;
    return CXChildVisit_Continue;
}

static enum CXChildVisitResult visit_constant(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct value_visit *v = data;
    if (v->c->fn->getCursorKind(cursor) == CXCursor_EnumConstantDecl) {
        enum CXTypeKind kind = v->c->fn->getCanonicalType(v->c->fn->getEnumDeclIntegerType(parent)).kind;
        v->is_found = true;
        v->is_unsigned = kind == CXType_UInt || kind == CXType_ULong || kind == CXType_ULongLong;
        v->value = v->c->fn->getEnumConstantDeclValue(cursor);
        if (kind == CXType_UInt)
            v->value = (uint32_t)v->value;
    }
    return CXChildVisit_Continue;
}

static bool parse(const struct cdefs *c, const char *text, CXTranslationUnit *unit) {
    struct cdefs_args args = *c->args;
    args.files.v = ARENA_ARRAY(c->arena, struct CXUnsavedFile, args.files.n);
    memcpy(args.files.v, c->args->files.v, args.files.n * sizeof *args.files.v);
    args.files.v[CDEFS_FILE_MAIN].Contents = text;
    args.files.v[CDEFS_FILE_MAIN].Length = strlen(text);
    c->fn->toggleCrashRecovery(1);
    enum CXErrorCode error =
        c->fn->parseTranslationUnit2(c->index, CDEFS_MAIN, args.list.v, (int)args.list.n, args.files.v,
                                     (unsigned)args.files.n, CXTranslationUnit_SkipFunctionBodies, unit);
    c->fn->toggleCrashRecovery(0);
    return error == CXError_Success;
}

static const char *evaluate(const struct cdefs *c, const char *name) {
    const struct CXUnsavedFile *main = &c->args->files.v[CDEFS_FILE_MAIN];
    const char *text =
        arena_printf(c->arena, "%.*senum { " CDEFS_PREFIX "value = (%s) };\n", (int)main->Length, main->Contents, name);
    CXTranslationUnit unit;
    if (!parse(c, text, &unit))
        return NULL;
    struct value_visit v = { .c = c };
    if (!cdefs_has_errors(c, unit)) { /* then the last enum is ours */
        c->fn->visitChildren(c->fn->getTranslationUnitCursor(unit), visit_enum, &v);
        c->fn->visitChildren(v.last, visit_constant, &v);
    }
    c->fn->disposeTranslationUnit(unit);
    if (!v.is_found)
        return NULL;
    return v.is_unsigned ? arena_printf(c->arena, "%" PRIu64, (uint64_t)v.value)
                         : arena_printf(c->arena, v.value < 0 ? "(%" PRId64 ")" : "%" PRId64, v.value);
}

const char *cdefs_macro_value(struct typedb *db, const char *name) {
    struct cdefs *c = db->cdefs;
    if (!c || !hmap_get(&c->macros, name))
        return NULL;
    const char *known = hmap_get(&c->values, name);
    if (!known) {
        known = evaluate(c, name);
        hmap_put(&c->values, name, (void *)(uintptr_t)(known ? known : ""));
    }
    return known && known[0] ? known : NULL;
}

#else

const char *cdefs_macro_value(struct typedb *db, const char *name) {
    (void)db, (void)name;
    return NULL;
}
#endif
