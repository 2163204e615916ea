/* Where named types come from: vmlinux and module BTF (read on first use: 10 ms), tracefs event
 * formats, the script's C preamble. One database per compiled program, in its arena. */
#ifndef SONDE_TYPES_TYPEDB_H
#define SONDE_TYPES_TYPEDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types/type.h"

struct typedb;
struct btf; /* libbpf's */

struct typedb *typedb_new(struct arena *a);
void typedb_free(struct typedb *db); /* BTF handles; the types stay in the arena */

/* Whether the kernel has BTF (or BPFTRACE_BTF names a file), without reading it. */
bool typedb_has_btf(struct typedb *db);
struct btf *typedb_vmlinux(struct typedb *db); /* NULL when absent; loads on first use */

/* By C tag. The script's own definitions win over BTF. NULL when unknown. Fields of struct types that are only
 * pointed to stay incomplete until typedb_complete. */
const struct type *typedb_struct(struct typedb *db, const char *name, bool is_union);
const struct type *typedb_enum(struct typedb *db, const char *name);         /* as a value: 8 bytes */
const struct type *typedb_enum_storage(struct typedb *db, const char *name); /* as pointees and members have it */
/* Builtin names (int8…uint64, bool, int, long, char, …) and typedefs, BTF or script: NULL when unknown. */
const struct type *typedb_named(struct typedb *db, const char *name);
/* A struct with its members: itself when already complete, NULL when nowhere defined. */
const struct type *typedb_complete(struct typedb *db, const struct type *t);
/* Enumerator by name, script first, then BTF: false when unknown. *type gets the enum. */
bool typedb_enumerator(struct typedb *db, const char *name, uint64_t *value, const struct type **type);
/* From BTF by id of vmlinux. */
const struct type *typedb_by_id(struct typedb *db, uint32_t btf_id);
/* Adds a script's own definition (C preamble): struct, union or enum (with C's size). */
void typedb_define(struct typedb *db, const struct type *t);
/* A typedef name of the script's includes. */
void typedb_define_name(struct typedb *db, const char *name, const struct type *t);

/* What an object-like macro of the C preamble stands for, as one line of C tokens; NULL when there is none of that name,
 * or when it is empty. */
const char *typedb_macro(struct typedb *db, const char *name);
/* Its value in C, in decimal, for those that the language cannot read. Slow. NULL when it is no integer constant. */
const char *typedb_macro_value(struct typedb *db, const char *name);

/* Function prototype from vmlinux BTF (kprobe/fentry args): a struct whose fields are the parameters in order,
 * homes FIELD_CTX_ARG, named "fentry:MODULE:NAME_args". *retval (retval may be NULL) gets NULL for a void function.
 * NULL when unknown. */
const struct type *typedb_function(struct typedb *db, const char *name, const struct type **retval);
/* Parameters of raw tracepoint EVENT (BTF typedef btf_trace_EVENT) without the data pointer, homes FIELD_CTX_ARG, named
 * "rawtracepoint:MODULE:EVENT_args". NULL when unknown. */
const struct type *typedb_raw_tracepoint(struct typedb *db, const char *event);

/* The same parameters as -lv shows them ("struct file * file", "ssize_t retval"); *retval NULL for void. */
size_t typedb_function_params(struct typedb *db, const char *name, const char *const **lines, const char **retval);
size_t typedb_raw_tracepoint_params(struct typedb *db, const char *event, const char *const **lines);

/* Fields of /sys/kernel/tracing/events/CATEGORY/EVENT/format as the struct behind `args`, named
 * "struct tracepoint:CATEGORY:EVENT_args"; field names as scripts write them, common_* flagged, __data_loc fields with
 * their home. Pointer arguments of syscalls carry the user address space. NULL when there is no such event.
 * *event_id gets the event's id when not NULL. */
const struct type *typedb_tracepoint(struct typedb *db, const char *category, const char *event, uint64_t *event_id);
/* The format's field declarations as listed by -lv, one per element ("const char * filename"). */
size_t typedb_tracepoint_fields(struct arena *a, const char *category, const char *event, const char *const **lines);

/* C text of the definition for -lv 'struct x' (reference §21): "vmlinux: struct x {\n…};\n", to be followed by an
 * empty line. NULL when unknown. */
const char *typedb_definition(struct typedb *db, const char *keyword_and_name);
/* Names for -l 'struct li*': every "struct NAME"/"union …"/"enum …" matching the pattern. */
size_t typedb_list(struct typedb *db, struct arena *a, const char *pattern, const char *const **names);
/* Names for "did you mean". */
size_t typedb_field_names(const struct type *t, struct arena *a, const char *const **names);

#endif
