/* The preamble's way through libclang: pieces of the script to one C file, parsed until nothing is missing that BTF
 * has, its errors to the script's lines. */
#include "types/cimport.h"

#include <string.h>

#include "support/strbuf.h"
#include "types/cdefs.h"

#ifdef SONDE_LIBCLANG

enum { MAX_ROUNDS = 32 }; /* of parsing: each has supplied something new */

struct import {
    struct cdefs *c;
    const struct cimport_piece *pieces;
    size_t npieces;
    size_t *starts; /* of the pieces in the C file */
    const char *text;
    size_t len;
    struct diag *diag;
};

/* ---- the C file --------------------------------------------------------------------------- */

/* Every piece starts a line of its own; the first one is the second line. The language takes definitions without the
 * semicolon behind them. */
static void assemble(struct import *im) {
    struct strbuf text = { 0 };
    im->starts = ARENA_ARRAY(im->c->arena, size_t, im->npieces);
    strbuf_addc(&text, '\n');
    for (size_t i = 0; i < im->npieces; i++) {
        const struct cimport_piece *p = &im->pieces[i];
        im->starts[i] = text.len;
        strbuf_add(&text, p->text, p->len);
        if (p->len && p->text[0] != '#' && p->text[p->len - 1] != ';')
            strbuf_addc(&text, ';');
        strbuf_addc(&text, '\n');
    }
    im->len = text.len;
    im->text = strbuf_finish(&text, im->c->arena);
}

static bool is_include(const struct cimport_piece *p) {
    return p->len && p->text[0] == '#' && memmem(p->text, p->len, "include", strlen("include"));
}

static bool has_includes(const struct import *im, const struct cimport_options *opt) {
    for (size_t i = 0; i < im->npieces; i++)
        if (is_include(&im->pieces[i]))
            return true;
    return opt->nincludes > 0;
}

/* ---- parsing ------------------------------------------------------------------------------ */

bool cdefs_has_errors(const struct cdefs *c, CXTranslationUnit unit) {
    bool found = false;
    for (unsigned i = 0; !found && i < c->fn->getNumDiagnostics(unit); i++) {
        CXDiagnostic d = c->fn->getDiagnostic(unit, i);
        found = c->fn->getDiagnosticSeverity(d) >= CXDiagnostic_Error;
        c->fn->disposeDiagnostic(d);
    }
    return found;
}

static bool parse(struct cdefs *c, struct cdefs_args *args) {
    struct CXUnsavedFile *btf = &args->files.v[CDEFS_FILE_BTF], *files = args->files.v;
    unsigned nfiles = (unsigned)args->files.n;
    unsigned options = CXTranslationUnit_DetailedPreprocessingRecord | CXTranslationUnit_SkipFunctionBodies;
    if (c->fn->parseTranslationUnit2(c->index, CDEFS_MAIN, args->list.v, (int)args->list.n, files, nfiles, options,
                                     &c->unit) != CXError_Success)
        return false;
    for (int round = 0; round < MAX_ROUNDS && cdefs_has_errors(c, c->unit) && cdefs_supply(c); round++) {
        btf->Contents = c->btf_text;
        btf->Length = strlen(c->btf_text);
        if (c->fn->reparseTranslationUnit(c->unit, nfiles, files, 0) != 0)
            return false;
    }
    return true;
}

/* ---- errors ------------------------------------------------------------------------------- */

/* The word at this byte of a piece. A piece that the script does not have verbatim (`import "x.h"`) stays whole. */
static struct span within(const struct cimport_piece *p, size_t at) {
    struct span span = p->at;
    if (!span.src || span.hi - span.lo != p->len || memcmp(span.src->text + span.lo, p->text, p->len) != 0)
        return span;
    if (at > p->len)
        at = p->len;
    size_t len = cdefs_word(span.src->text + span.lo + at), left = p->len - at;
    if (len == 0)
        len = 1;
    span.lo += (uint32_t)at;
    span.hi = span.lo + (uint32_t)(len < left ? len : left);
    return span;
}

/* The place in the script of a place in the C file; no source when it is in a header. */
static struct span place(const struct import *im, CXDiagnostic d) {
    const struct clang *fn = im->c->fn;
    CXFile file;
    unsigned offset;
    fn->getExpansionLocation(fn->getDiagnosticLocation(d), &file, NULL, NULL, &offset);
    if (!file || file != fn->getFile(im->c->unit, CDEFS_MAIN) || !im->npieces || offset < im->starts[0])
        return (struct span){ 0 };
    size_t i = im->npieces - 1;
    while (im->starts[i] > offset)
        i--;
    return within(&im->pieces[i], offset - im->starts[i]);
}

static bool starts_with(const struct clang *fn, CXDiagnostic d, const char *prefix) {
    CXString text = fn->getDiagnosticSpelling(d);
    bool found = strncmp(fn->getCString(text), prefix, strlen(prefix)) == 0;
    fn->disposeString(text);
    return found;
}

static void report(struct import *im, CXDiagnostic d, bool is_note) {
    const struct clang *fn = im->c->fn;
    struct span at = place(im, d);
    const char *text = clang_string(
        fn, im->c->arena, fn->formatDiagnostic(d, CXDiagnostic_DisplaySourceLocation | CXDiagnostic_DisplayColumn));
    struct diagnostic *g = is_note ? diag_note(im->diag, at, "%s", text) : diag_error(im->diag, D_CDEF, at, "%s", text);
    g->is_verbatim = true;
    CXDiagnosticSet notes = fn->getChildDiagnostics(d);
    for (unsigned i = 0; !is_note && i < fn->getNumDiagnosticsInSet(notes); i++) {
        CXDiagnostic note = fn->getDiagnosticInSet(notes, i);
        if (!starts_with(fn, note, "in file included from"))
            report(im, note, true);
        fn->disposeDiagnostic(note);
    }
}

static bool report_errors(struct import *im) {
    const struct cdefs *c = im->c;
    bool ok = true;
    for (unsigned i = 0; i < c->fn->getNumDiagnostics(c->unit); i++) {
        CXDiagnostic d = c->fn->getDiagnostic(c->unit, i);
        if (c->fn->getDiagnosticSeverity(d) >= CXDiagnostic_Error) {
            report(im, d, false);
            ok = false;
        }
        c->fn->disposeDiagnostic(d);
    }
    return ok;
}

/* ---- all together ------------------------------------------------------------------------- */

static struct cdefs *cdefs_new(struct typedb *db, const struct clang *fn) {
    struct cdefs *c = ARENA_NEW(db->arena, struct cdefs);
    *c = (struct cdefs){ .fn = fn, .db = db, .arena = db->arena };
    hmap_init(&c->names, c->arena);
    hmap_init(&c->enumerators, c->arena);
    hmap_init(&c->macros, c->arena);
    hmap_init(&c->values, c->arena);
    hmap_init(&c->wanted, c->arena);
    hmap_init(&c->renamed, c->arena);
    c->index = fn->createIndex(1, 0); /* switches crash recovery on, too */
    return c;
}

static struct span first_place(const struct cimport_piece *pieces, size_t npieces) {
    return npieces ? pieces[0].at : (struct span){ 0 };
}

static bool import(struct typedb *db, const struct cimport_options *opt, const struct cimport_piece *pieces,
                   size_t npieces, struct diag *d) {
    const char *error;
    const struct clang *fn = clang_open(db->arena, &error);
    if (!fn) {
        struct diagnostic *g = diag_error(d, D_CDEF, first_place(pieces, npieces),
                                          "C definitions need libclang, which cannot be opened: %s", error);
        diag_hint(d, g, "Install the package that has %s; Debian calls it libclang1-VERSION.", SONDE_LIBCLANG);
        return false;
    }
    struct cdefs *c = db->cdefs = cdefs_new(db, fn);
    struct import im = { .c = c, .pieces = pieces, .npieces = npieces, .diag = d };
    assemble(&im);
    c->args = ARENA_NEW(c->arena, struct cdefs_args);
    VEC_PUSH(c->arena, &c->args->files, (struct CXUnsavedFile){ CDEFS_BTF, "", 0 });
    VEC_PUSH(c->arena, &c->args->files, (struct CXUnsavedFile){ CDEFS_MAIN, im.text, im.len });
    cdefs_args(c->args, c->arena, fn, opt, typedb_has_btf(db), has_includes(&im, opt));
    bool is_parsed = parse(c, c->args);
    fn->toggleCrashRecovery(0); /* or its signal handlers would stay */
    if (!is_parsed) {
        diag_error(d, D_CDEF, first_place(pieces, npieces), "libclang fails to parse the C definitions");
        return false;
    }
    if (!report_errors(&im))
        return false;
    cdefs_index(c);
    return true;
}

#else

static bool import(struct typedb *db, const struct cimport_options *opt, const struct cimport_piece *pieces,
                   size_t npieces, struct diag *d) {
    (void)db, (void)opt;
    diag_error(d, D_CDEF, npieces ? pieces[0].at : (struct span){ 0 },
               "C definitions need libclang: this sonde was built without it");
    return false;
}
#endif

bool cimport(struct typedb *db, const struct cimport_options *opt, const struct cimport_piece *pieces, size_t npieces,
             struct diag *d) {
    return (npieces == 0 && opt->nincludes == 0) || import(db, opt, pieces, npieces, d);
}
