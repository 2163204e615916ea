/* Between the files of this room. */
#ifndef SONDE_SYMBOLS_INTERNAL_H
#define SONDE_SYMBOLS_INTERNAL_H

#include "support/file.h"
#include "support/hmap.h"
#include "symbols/symbols.h"

struct kallsyms;  /* kallsyms.c: NULL in struct symbols until first use */
struct processes; /* user.c */

struct symbols {
    struct arena *arena; /* names made here: demangled ones, paths */
    bool demangle;
    struct hmap demangled; /* mangled name → what symbol_demangled() made of it */
    struct kallsyms *kallsyms;
    struct processes *processes;
};

void kallsyms_free(struct kallsyms *k);
void processes_free(struct processes *p);

/* A name as users know it: C++ names demangled (with parameters, as bpftrace shows them). */
const char *symbol_demangled(struct symbols *s, const char *name);

/* The same as elf_file_open() for an image in memory, which must outlive it: the vdso. */
struct elf_file *elf_open_memory(void *image, size_t size);

/* Opened once and kept until symbols_free(); NULL when it cannot be read. */
struct elf_file *elf_open_cached(struct symbols *s, const char *path);
/* Whether the loader chooses the file's addresses (PIE, shared object). */
bool elf_is_relocated(struct elf_file *f);

#endif
