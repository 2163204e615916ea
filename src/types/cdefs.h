/* A parsed C preamble, and what was found in it. Only for src/types.
 *
 * The C file is called definitions.h, as in the peer's messages: an empty first line, then the pieces of the script.
 * In front of it comes a header with the declarations from BTF that it needs. Which ones those are is clang's answer:
 * it parses, we look up in BTF what it did not know, and it parses again (1 ms for a preamble without #include). */
#ifndef SONDE_TYPES_CDEFS_H
#define SONDE_TYPES_CDEFS_H

#include "types/btf.h"
#include "types/cimport.h"

/* ---- for typedb.c ------------------------------------------------------------------------- */

/* `key`: "struct x", "union x", "enum x", or a typedef's name. NULL when the preamble has no such definition. */
const struct type *cdefs_type(struct typedb *db, const char *key, size_t len);
/* The enum that has this enumerator. */
const struct type *cdefs_enumerator(struct typedb *db, const char *name);
/* What an object-like macro stands for; NULL when there is none, when it is empty, or when it stands for itself. */
const char *cdefs_macro(struct typedb *db, const char *name);
/* The same as C computes it, an integer in decimal; NULL when C cannot either. */
const char *cdefs_macro_value(struct typedb *db, const char *name);
void cdefs_free(struct typedb *db);

#ifdef SONDE_LIBCLANG
#    include "types/clang.h"

/* ---- between the files that know libclang ------------------------------------------------- */

/* A definition: converted when it is first asked for. */
struct cname {
    CXCursor cursor;
    const struct type *type;
};

/* The command line, and the files that are in memory. */
struct cdefs_args {
    VEC(const char *) list;
    VEC(struct CXUnsavedFile) files; /* by enum cdefs_file, then those that come with sonde */
};
enum cdefs_file { CDEFS_FILE_BTF, CDEFS_FILE_MAIN };

struct cdefs {
    const struct clang *fn;
    struct typedb *db;
    struct arena *arena;
    CXIndex index;
    CXTranslationUnit unit;
    CXFile btf_file; /* the header made from BTF, once parsing is over */
    struct cdefs_args *args;
    struct hmap names, enumerators, macros; /* of struct cname */
    struct hmap values;                     /* macros that C has computed: text, "" for those it could not */
    /* What the header from BTF declares. */
    struct hmap wanted;  /* C text or BTF id by name, see cdefs_btf.c */
    struct hmap renamed; /* names that the script defines itself, although something in the header needs BTF's */
    const char *btf_text;
};

#    define CDEFS_MAIN   "definitions.h"
#    define CDEFS_BTF    "/sonde/btf.h"
#    define CDEFS_PREFIX "__btf_" /* of renamed names */

/* cimport.c */
bool cdefs_has_errors(const struct cdefs *c, CXTranslationUnit unit);

/* cdefs_args.c */
void cdefs_args(struct cdefs_args *out, struct arena *a, const struct clang *fn, const struct cimport_options *opt,
                bool has_btf, bool has_includes);

/* cdefs_btf.c: looks at the errors of a parse. False when nothing more can be done about them; else there is a new
 * btf_text to try with. */
bool cdefs_supply(struct cdefs *c);
/* The name without the prefix that a renamed one has. */
const char *cdefs_plain_name(const char *name);
/* Length of the identifier or number that s begins with. */
size_t cdefs_word(const char *s);

/* cdefs_index.c */
void cdefs_index(struct cdefs *c);
bool cdefs_is_from_btf(const struct cdefs *c, CXCursor cursor);

/* cdefs_type.c */
const struct type *cdefs_convert(struct cdefs *c, CXType t);
const struct type *cdefs_convert_definition(struct cdefs *c, CXCursor definition);
/* "struct x" of a type with a tag, NULL for other types and those without one. */
const char *cdefs_tag(struct cdefs *c, CXType t);
#endif

#endif
