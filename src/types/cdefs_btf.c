/* What a preamble uses without defining it, as C text from BTF.
 *
 * clang's errors say what is missing: unknown names, and structs that are needed with their members. libbpf writes these
 * out, together with everything that they hold by value. The script's own definitions come after that text; where one
 * of them has a name that the text uses, too, clang reports a redefinition, and the next text has the name changed. */
#ifdef SONDE_LIBCLANG
#    include <ctype.h>
#    include <stdlib.h>
#    include <string.h>

#    include "support/strbuf.h"
#    include "types/cdefs.h"

struct wanted {
    struct btf_ref ref;    /* source is NULL when BTF does not have it */
    const char *base_text; /* of a typedef that needs no BTF */
};

/* Typedefs that are wanted so often that reading BTF for them (10 ms) would be a pity. As in the kernel, which has long
 * long where user space has long. */
static const struct {
    const char *names, *type;
} base_typedefs[] = {
    { " u8 __u8 uint8_t u_int8_t uint8 u_char unchar ", "unsigned char" },
    { " u16 __u16 uint16_t u_int16_t uint16 u_short ushort umode_t ", "unsigned short" },
    { " u32 __u32 uint32_t u_int32_t uint32 u_int uint gfp_t dev_t ", "unsigned int" },
    { " u64 __u64 uint64_t u_int64_t uint64 sector_t ", "unsigned long long" },
    { " s8 __s8 int8_t int8 ", "signed char" },
    { " s16 __s16 int16_t int16 ", "short" },
    { " s32 __s32 int32_t int32 pid_t ", "int" },
    { " s64 __s64 int64_t int64 loff_t ", "long long" },
    { " size_t uintptr_t u_long ulong ino_t ", "unsigned long" },
    { " ssize_t intptr_t off_t ", "long" },
    { " bool ", "_Bool" },
};

static const char *base_text(struct arena *a, const char *name) {
    const char *word = arena_printf(a, " %s ", name);
    for (size_t i = 0; i < sizeof base_typedefs / sizeof base_typedefs[0]; i++)
        if (strstr(base_typedefs[i].names, word))
            return arena_printf(a, "typedef %s %s;\n", base_typedefs[i].type, name);
    return NULL;
}

const char *cdefs_plain_name(const char *name) {
    size_t len = strlen(CDEFS_PREFIX);
    return strncmp(name, CDEFS_PREFIX, len) == 0 ? name + len : name;
}

size_t cdefs_word(const char *s) {
    size_t len = 0;
    while (isalnum((unsigned char)s[len]) || s[len] == '_')
        len++;
    return len;
}

/* ---- what is missing ---------------------------------------------------------------------- */

static const char *word_at(struct cdefs *c, const char *s) {
    size_t len = cdefs_word(s);
    return len ? arena_strndup(c->arena, s, len) : NULL;
}

static bool want(struct cdefs *c, const char *key, struct wanted w) {
    if (!w.ref.source && !w.base_text)
        return false;
    struct wanted *p = ARENA_NEW(c->arena, struct wanted);
    *p = w;
    hmap_put(&c->wanted, key, p);
    return true;
}

/* A typedef, or else an enumerator. */
static bool want_name(struct cdefs *c, const char *name) {
    if (!name || hmap_get(&c->wanted, name))
        return false;
    struct wanted w = { .base_text = base_text(c->arena, name) };
    if (w.base_text)
        return want(c, name, w);
    uint32_t n;
    w.ref = btf_find(c->db, name, BTF_KIND_TYPEDEF);
    if (!w.ref.source)
        w.ref = btf_find_enumerator(c->db, name, &n);
    return want(c, name, w);
}

static bool want_tag(struct cdefs *c, const char *key, unsigned kind, unsigned other_kind) {
    if (hmap_get(&c->wanted, key))
        return false;
    const char *name = strchr(key, ' ') + 1;
    struct wanted w = { .ref = btf_find(c->db, name, kind) };
    if (!w.ref.source && other_kind)
        w.ref = btf_find(c->db, name, other_kind);
    return want(c, key, w);
}

/* Every "struct x" in a message about incomplete types: "array has incomplete element type 'struct x'". */
static bool want_tags(struct cdefs *c, const char *message) {
    static const struct {
        const char *keyword;
        unsigned kind, other_kind;
    } keywords[] = {
        { "struct ", BTF_KIND_STRUCT, 0 },
        { "union ", BTF_KIND_UNION, 0 },
        { "enum ", BTF_KIND_ENUM, BTF_KIND_ENUM64 },
    };
    bool found = false;
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        for (const char *s = message; (s = strstr(s, keywords[i].keyword));) {
            s += strlen(keywords[i].keyword);
            const char *name = word_at(c, s);
            if (name)
                found |= want_tag(c, arena_printf(c->arena, "%s%s", keywords[i].keyword, name), keywords[i].kind,
                                  keywords[i].other_kind);
        }
    }
    return found;
}

/* ---- what is there twice ------------------------------------------------------------------ */

/* The name that a note within the text from BTF points at ("previous definition is here"), or NULL. */
static const char *name_at_note(struct cdefs *c, CXDiagnostic note) {
    CXFile file;
    unsigned offset;
    c->fn->getExpansionLocation(c->fn->getDiagnosticLocation(note), &file, NULL, NULL, &offset);
    if (!file || !c->btf_text || offset >= strlen(c->btf_text))
        return NULL;
    const char *path = clang_string(c->fn, c->arena, c->fn->getFileName(file));
    return strcmp(path, CDEFS_BTF) == 0 ? word_at(c, c->btf_text + offset) : NULL;
}

static bool rename_clashes(struct cdefs *c, CXDiagnostic error) {
    CXDiagnosticSet notes = c->fn->getChildDiagnostics(error); /* owned by the error */
    bool found = false;
    for (unsigned i = 0; i < c->fn->getNumDiagnosticsInSet(notes); i++) {
        CXDiagnostic note = c->fn->getDiagnosticInSet(notes, i);
        const char *name = name_at_note(c, note);
        if (name && !hmap_get(&c->renamed, name)) {
            hmap_put(&c->renamed, name, c);
            found = true;
        }
        c->fn->disposeDiagnostic(note);
    }
    return found;
}

/* ---- the text ----------------------------------------------------------------------------- */

static void print_to_strbuf(void *ctx, const char *fmt, va_list ap) { strbuf_vprintf(ctx, fmt, ap); }

static struct wanted *wanted_at(const struct cdefs *c, size_t i) { return c->wanted.entries[i].value; }

/* One file can be written out without repeating anything: a module's, which includes that of the kernel, if one is
 * wanted. */
static struct btf_source *source_of_all(struct cdefs *c) {
    struct btf_source *source = NULL;
    for (size_t i = 0; i < c->wanted.n; i++) {
        struct btf_source *s = wanted_at(c, i)->ref.source;
        if (s && (!source || s->module))
            source = s;
    }
    return source;
}

/* Once BTF is read anyway, its typedefs are taken: they fit to each other. */
static void resolve_base_names(struct cdefs *c) {
    for (size_t i = 0; i < c->wanted.n; i++) {
        struct wanted *w = wanted_at(c, i);
        if (!w->ref.source)
            w->ref = btf_find(c->db, c->wanted.entries[i].key, BTF_KIND_TYPEDEF);
    }
}

static void dump_wanted(struct cdefs *c, struct strbuf *out) {
    struct btf_source *source = source_of_all(c);
    if (source)
        resolve_base_names(c);
    struct btf_dump *dump = source ? btf_dump__new(source->btf, print_to_strbuf, out, NULL) : NULL;
    for (size_t i = 0; i < c->wanted.n; i++) {
        struct wanted *w = wanted_at(c, i);
        bool is_reachable = w->ref.source && (w->ref.source == source || !w->ref.source->module);
        if (dump && is_reachable)
            btf_dump__dump_type(dump, w->ref.id);
        else if (w->base_text)
            strbuf_adds(out, w->base_text);
    }
    btf_dump__free(dump);
}

static const char *make_text(struct cdefs *c) {
    struct strbuf out = { 0 };
    for (size_t i = 0; i < c->renamed.n; i++)
        strbuf_printf(&out, "#define %s " CDEFS_PREFIX "%s\n", c->renamed.entries[i].key, c->renamed.entries[i].key);
    dump_wanted(c, &out);
    for (size_t i = 0; i < c->renamed.n; i++)
        strbuf_printf(&out, "#undef %s\n", c->renamed.entries[i].key);
    return strbuf_finish(&out, c->arena);
}

/* The name in "unknown type name 'x'" and "use of undeclared identifier 'x'". */
static const char *unknown_name(struct cdefs *c, const char *message) {
    static const char *const beginnings[] = { "unknown type name '", "use of undeclared identifier '" };
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp(message, beginnings[i], strlen(beginnings[i])) == 0)
            return word_at(c, message + strlen(beginnings[i]));
    return NULL;
}

static bool supply_for(struct cdefs *c, CXDiagnostic error) {
    const char *message = clang_string(c->fn, c->arena, c->fn->getDiagnosticSpelling(error));
    const char *name = unknown_name(c, message);
    if (name)
        return want_name(c, name);
    return strstr(message, "incomplete") ? want_tags(c, message) : rename_clashes(c, error);
}

bool cdefs_supply(struct cdefs *c) {
    bool found = false;
    for (unsigned i = 0; i < c->fn->getNumDiagnostics(c->unit); i++) {
        CXDiagnostic error = c->fn->getDiagnostic(c->unit, i);
        enum CXDiagnosticSeverity severity = c->fn->getDiagnosticSeverity(error);
        if (severity == CXDiagnostic_Error)
            found |= supply_for(c, error);
        c->fn->disposeDiagnostic(error);
        if (severity == CXDiagnostic_Fatal) /* a missing header: nothing behind it is worth looking at */
            return false;
    }
    if (found)
        c->btf_text = make_text(c);
    return found;
}
#endif
