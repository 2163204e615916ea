/* The script's C preamble: definitions, #include and #define, through libclang. */
#ifndef SONDE_TYPES_CIMPORT_H
#define SONDE_TYPES_CIMPORT_H

#include "support/diag.h"
#include "types/typedb.h"

struct cimport_options {
    const char *const *include_dirs; /* -I */
    size_t ninclude_dirs;
    const char *const *includes; /* --include */
    size_t nincludes;
};

/* One definition or one preprocessor line, as written. */
struct cimport_piece {
    const char *text;
    size_t len;
    struct span at;
};

/* Parses the pieces as one C file and makes its types, enumerators and object-like macros known to db, where they win
 * over those of BTF. What C misses is supplied from BTF. Types are converted when they are first asked for, so that
 * including half of the kernel's headers costs little more than parsing them; what was parsed lives as long as db.
 * Once per database. False after errors, which are in d. Nothing to do (no pieces and no --include) is a success that
 * costs nothing. */
bool cimport(struct typedb *db, const struct cimport_options *opt, const struct cimport_piece *pieces, size_t npieces,
             struct diag *d);

#endif
