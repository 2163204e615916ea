/* Inside of the type database: BTF files and how names and ids are found in them. Only for src/types.
 *
 * The kernel's own BTF has about 126000 types. Nothing is converted before it is asked for, and every type once. */
#ifndef SONDE_TYPES_BTF_H
#define SONDE_TYPES_BTF_H

#include <bpf/btf.h>

#include "support/hmap.h"
#include "support/vec.h"
#include "types/typedb.h"

/* A converted type: with members, and as it looks behind a pointer. */
struct btf_entry {
    const struct type *full, *decl;
    bool is_busy; /* being converted: broken BTF may hold a struct within itself */
};

/* Open addressing; 0 is a free slot. */
struct btf_slot {
    uint32_t id, n; /* n: which enumerator */
};
struct btf_index {
    struct btf_slot *slots;
    size_t size; /* power of two; 0 = not built */
};

/* vmlinux, or a module whose ids go on where those of vmlinux end. */
struct btf_source {
    struct btf *btf;
    const char *module; /* NULL: vmlinux */
    uint32_t first, end;
    struct btf_entry *entries; /* by id - first */
    unsigned nlookups;
    struct btf_index names, enumerators;
};

struct typedb {
    struct arena *arena;
    struct hmap defined;              /* the script's own: "struct x", "union x", "enum x" */
    struct hmap defined_enumerators;  /* name to its enum's struct type */
    VEC(struct btf_source *) sources; /* [0]: vmlinux */
    bool is_vmlinux_tried, are_modules_loaded;
    struct cdefs *cdefs; /* the parsed C preamble, or NULL */
};

/* A type in its file. */
struct btf_ref {
    struct btf_source *source; /* NULL: not found */
    uint32_t id;
};

/* btf.c */
struct btf_source *btf_vmlinux(struct typedb *db); /* NULL when there is none */
void btf_load_modules(struct typedb *db);
/* In vmlinux, then in the modules. */
struct btf_ref btf_find(struct typedb *db, const char *name, unsigned kind);
struct btf_ref btf_find_enumerator(struct typedb *db, const char *name, uint32_t *n);
const struct btf_type *btf_type_of(struct btf_ref r);
const char *btf_name(struct btf_ref r, uint32_t name_off); /* "" when anonymous */
void btf_close(struct typedb *db);

/* btf_types.c */
/* The type with its members. */
const struct type *btf_convert(struct typedb *db, struct btf_ref r);
struct btf_ref btf_strip(struct btf_ref r); /* without typedefs, const, volatile … */
/* Where to load a bitfield of f->bit_size bits that begins at this bit of the struct. */
void btf_place_bitfield(struct field *f, uint32_t bit, uint32_t struct_size);

/* typedb.c */
/* C names of integers in every spelling, bool and void: NULL when it is none of them. */
const struct type *c_base_type(const char *name);

#endif
