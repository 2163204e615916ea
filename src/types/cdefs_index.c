/* Names of a parsed preamble. All are collected at first, none is converted. */
#include "types/cdefs.h"

#ifdef SONDE_LIBCLANG
#    include <string.h>

#    include "support/strbuf.h"

/* ---- collecting --------------------------------------------------------------------------- */

bool cdefs_is_from_btf(const struct cdefs *c, CXCursor cursor) {
    CXFile file;
    if (!c->btf_text)
        return false;
    c->fn->getExpansionLocation(c->fn->getCursorLocation(cursor), &file, NULL, NULL, NULL);
    return file && file == c->btf_file; /* not File_isEqual: it takes all files in memory for one */
}

static struct cname *new_name(struct cdefs *c, CXCursor cursor) {
    struct cname *n = ARENA_NEW(c->arena, struct cname);
    n->cursor = cursor;
    return n;
}

static void add_by_spelling(struct cdefs *c, struct hmap *map, CXCursor cursor, struct cname *n) {
    CXString s = c->fn->getCursorSpelling(cursor);
    const char *name = c->fn->getCString(s);
    if (name && name[0])
        hmap_put(map, name, n);
    c->fn->disposeString(s);
}

struct enum_index {
    struct cdefs *c;
    struct cname *name;
};

static enum CXChildVisitResult index_enumerator(CXCursor cursor, CXCursor parent, CXClientData data) {
    (void)parent;
    struct enum_index *x = data;
    if (x->c->fn->getCursorKind(cursor) == CXCursor_EnumConstantDecl)
        add_by_spelling(x->c, &x->c->enumerators, cursor, x->name);
    return CXChildVisit_Continue;
}

static void index_definition(struct cdefs *c, CXCursor cursor, enum CXCursorKind kind) {
    if (!c->fn->isCursorDefinition(cursor))
        return;
    const char *tag = cdefs_tag(c, c->fn->getCursorType(cursor));
    if (!tag && kind != CXCursor_EnumDecl)
        return;
    struct cname *n = new_name(c, cursor);
    if (tag)
        hmap_put(&c->names, tag, n);
    if (kind == CXCursor_EnumDecl) {
        struct enum_index x = { c, n };
        c->fn->visitChildren(cursor, index_enumerator, &x);
    }
}

static enum CXChildVisitResult index_cursor(CXCursor cursor, CXCursor parent, CXClientData data) {
    (void)parent;
    struct cdefs *c = data;
    enum CXCursorKind kind = c->fn->getCursorKind(cursor);
    bool is_struct = kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl;
    bool is_known = is_struct || kind == CXCursor_EnumDecl || kind == CXCursor_TypedefDecl;
    if (kind == CXCursor_MacroDefinition)
        add_by_spelling(c, &c->macros, cursor, new_name(c, cursor));
    if (!is_known || cdefs_is_from_btf(c, cursor))
        return CXChildVisit_Continue;
    if (kind == CXCursor_TypedefDecl)
        add_by_spelling(c, &c->names, cursor, new_name(c, cursor));
    else
        index_definition(c, cursor, kind);
    return is_struct ? CXChildVisit_Recurse : CXChildVisit_Continue; /* C's nested definitions have file scope */
}

void cdefs_index(struct cdefs *c) {
    c->btf_file = c->btf_text ? c->fn->getFile(c->unit, CDEFS_BTF) : NULL;
    c->fn->visitChildren(c->fn->getTranslationUnitCursor(c->unit), index_cursor, c);
}

/* ---- looking up --------------------------------------------------------------------------- */

static const struct type *type_of(struct cdefs *c, struct cname *n) {
    if (n && !n->type)
        n->type = cdefs_convert_definition(c, n->cursor);
    return n ? n->type : NULL;
}

const struct type *cdefs_type(struct typedb *db, const char *key, size_t len) {
    return db->cdefs ? type_of(db->cdefs, hmap_getn(&db->cdefs->names, key, len)) : NULL;
}

const struct type *cdefs_enumerator(struct typedb *db, const char *name) {
    return db->cdefs ? type_of(db->cdefs, hmap_get(&db->cdefs->enumerators, name)) : NULL;
}

/* ---- macros ------------------------------------------------------------------------------- */

/* "1UL": the language ignores suffixes. Alone, the number stays a literal; within an expression the sign matters, as in
 * ULONG_MAX, (LONG_MAX * 2UL + 1UL). */
static void add_number(struct strbuf *out, const char *number, bool is_alone) {
    size_t len = strlen(number);
    bool is_unsigned = false, is_long = false;
    for (; len && strchr("uUlL", number[len - 1]); len--) {
        is_unsigned |= (number[len - 1] | 32) == 'u';
        is_long |= (number[len - 1] | 32) == 'l';
    }
    if (is_unsigned && !is_alone)
        strbuf_adds(out, is_long ? "(uint64)" : "(uint32)");
    strbuf_add(out, number, len);
}

/* A blank where two tokens would run together. */
static void add_token(struct strbuf *out, const char *token, bool is_alone) {
    const char *last = out->len ? out->s + out->len - 1 : " ";
    if (cdefs_word(token) ? cdefs_word(last) > 0 : last[0] == token[0] && strchr("+-&|<>=", token[0]))
        strbuf_addc(out, ' ');
    if (token[0] >= '0' && token[0] <= '9' && !strchr(token, '.'))
        add_number(out, token, is_alone);
    else
        strbuf_adds(out, token);
}

static bool is_function_like(struct cdefs *c, const char *name) {
    const struct cname *n = hmap_get(&c->macros, name);
    return n && c->fn->Cursor_isMacroFunctionLike(n->cursor);
}

/* The tokens behind the name. *needs_c: macros with arguments are among them. */
static const char *macro_text(struct cdefs *c, CXCursor macro, bool *needs_c) {
    CXToken *tokens;
    unsigned n;
    *needs_c = false;
    struct strbuf out = { 0 };
    c->fn->tokenize(c->unit, c->fn->getCursorExtent(macro), &tokens, &n);
    for (unsigned i = 1; i < n; i++) {
        if (c->fn->getTokenKind(tokens[i]) == CXToken_Comment)
            continue;
        CXString s = c->fn->getTokenSpelling(c->unit, tokens[i]);
        add_token(&out, c->fn->getCString(s), n == 2);
        *needs_c |= is_function_like(c, c->fn->getCString(s));
        c->fn->disposeString(s);
    }
    if (n)
        c->fn->disposeTokens(c->unit, tokens, n);
    return strbuf_finish(&out, c->arena);
}

/* Those that clang defines itself without underscores (linux, unix) are nobody's intention. */
static bool is_intended(struct cdefs *c, const char *name, CXCursor macro) {
    if (c->fn->Cursor_isMacroFunctionLike(macro) || c->fn->Cursor_isMacroBuiltin(macro))
        return false;
    CXFile file;
    c->fn->getExpansionLocation(c->fn->getCursorLocation(macro), &file, NULL, NULL, NULL);
    return file || name[0] == '_' || strcmp(name, "BPFTRACE_HAVE_BTF") == 0;
}

const char *cdefs_macro(struct typedb *db, const char *name) {
    struct cdefs *c = db->cdefs;
    struct cname *n = c ? hmap_get(&c->macros, name) : NULL;
    if (!n || !is_intended(c, name, n->cursor))
        return NULL;
    bool needs_c;
    const char *text = macro_text(c, n->cursor, &needs_c);
    const char *value = needs_c ? cdefs_macro_value(db, name) : NULL;
    if (value)
        return value;
    return text[0] && strcmp(text, name) != 0 ? text : NULL;
}

void cdefs_free(struct typedb *db) {
    struct cdefs *c = db->cdefs;
    if (c && c->unit)
        c->fn->disposeTranslationUnit(c->unit);
    if (c && c->index)
        c->fn->disposeIndex(c->index);
    db->cdefs = NULL;
}

#else /* without libclang there is never anything to find */

const struct type *cdefs_type(struct typedb *db, const char *key, size_t len) {
    (void)db, (void)key, (void)len;
    return NULL;
}

const struct type *cdefs_enumerator(struct typedb *db, const char *name) {
    (void)db, (void)name;
    return NULL;
}

const char *cdefs_macro(struct typedb *db, const char *name) {
    (void)db, (void)name;
    return NULL;
}

void cdefs_free(struct typedb *db) { (void)db; }
#endif
