/* Axis 1: functions and values of the language. One row a name; rows are grouped by subject in the files of this
 * folder, and builtins.c lists the groups. */
#ifndef SONDE_BUILTINS_BUILTIN_H
#define SONDE_BUILTINS_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

#include "ast/ast.h"
#include "program/program.h"

struct sema;
struct codegen;
struct runtime;
struct value;
typedef struct LLVMOpaqueValue *LLVMValueRef; /* as in codegen/codegen.h */

enum builtin_flags {
    BF_VALUE = 1 << 0,    /* usable without parentheses */
    BF_ASYNC = 1 << 1,    /* has an event site; deliver runs in user space */
    BF_UNSAFE = 1 << 2,   /* needs --unsafe */
    BF_COMPTIME = 1 << 3, /* check leaves a constant in the node: no emit */
    BF_EXITS = 1 << 4,    /* control does not come back (exit) */
    BF_INTERNAL = 1 << 6, /* not callable by name: events of the compiler's own (run-time errors) */
};

struct builtin {
    const char *name;
    /* Types and count of arguments, checked by the generic code before `check`. One item an argument, comma separated:
     *   int  intlit  str  strlit  ptr  bool  map  buf  stack  any  var  ident   (several joined by |)
     * '?' in front: this and the following ones are optional; "..." at the end: any number of any. "" takes none. */
    const char *args;
    unsigned flags;
    /* Static result type, or NULL when check gives it. */
    const struct type *result;
    /* Further checks; returns the result type. Called once per inference round, so it must be idempotent: what it keeps
     * goes into call.data. Arguments are already typed. NULL: `result` says all. `n` is N_CALL, or N_IDENT for a value
     * without parentheses (sema turns these into N_CALL without arguments beforehand, so it is always N_CALL). */
    const struct type *(*check)(struct sema *s, struct node *n);
    /* Code for the call; codegen/codegen.h has the vocabulary. */
    struct value (*emit)(struct codegen *cg, const struct node *n);
    /* For values that live in memory (strings, buffers, stacks): writes straight to dest, in the layout of t, a type of
     * the same kind that may be larger; saves the copy through scratch memory. Bytes behind a string's NUL are left as
     * they are. NULL: emit alone. */
    void (*emit_into)(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t);
    /* User side of an async call: `data` points at site->record's bytes. */
    void (*deliver)(struct runtime *rt, const struct event_site *site, const void *data, size_t size);
    const char *help; /* one line */
};

const struct builtin *builtin_find(const char *name);
/* Every callable name, for "did you mean" and --help. */
size_t builtin_names(const char *const **names);
extern const struct builtin *const builtin_groups[]; /* arrays ending with a NULL name; the list ends with NULL */

#endif
