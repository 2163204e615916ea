/* What the members of struct program's structs are, for both directions of its JSON. Private to this room. */
#ifndef SONDE_PROGRAM_MEMBERS_H
#define SONDE_PROGRAM_MEMBERS_H

#include <stddef.h>

enum member_kind {
    M_BOOL,
    M_I32,
    M_U32,
    M_U64,
    M_STR,
    M_BYTES, /* a char pointer, and its length elsewhere */
    M_ENUM,
    M_TYPE,
};

struct member {
    const char *key;
    enum member_kind kind;
    size_t offset;
    size_t len_offset;        /* M_BYTES: of a size_t */
    const char *const *names; /* M_ENUM: word of each value */
    unsigned nnames;
};

struct members {
    const struct member *v;
    size_t n;
};

extern const struct members config_members, prog_members, probe_members, map_members, stack_map_members, event_members,
    loss_members, program_members;

#endif
