/* Event format files of tracefs. Only for src/types and its tests. */
#ifndef SONDE_TYPES_TRACEFS_H
#define SONDE_TYPES_TRACEFS_H

#include "support/vec.h"
#include "types/typedb.h"

/* One line "field:DECLARATION; offset:O; size:S; signed:B;". */
struct format_field {
    const char *decl; /* as written */
    const char *type; /* without name, array brackets and location marker */
    const char *name;
    bool is_array, is_data_loc, is_rel_loc;
    uint32_t offset, size; /* of the whole array; of the 32-bit word for __data_loc */
    bool is_signed;
};
struct format {
    uint64_t id;
    VEC(struct format_field) fields;
};

/* False when the text is not a format file. */
bool tracefs_parse(struct arena *a, const char *text, struct format *out);
/* Reads events/CATEGORY/EVENT/format: false when there is no such event. */
bool format_read(struct arena *a, const char *category, const char *event, struct format *out);
/* The struct behind `args`. db gives the types that the declarations name. */
const struct type *format_to_type(struct typedb *db, const struct format *f, const char *category, const char *event);

#endif
