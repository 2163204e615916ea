/* Names of kernel and user addresses, and places of user symbols in files (elfutils). */
#ifndef SONDE_SYMBOLS_SYMBOLS_H
#define SONDE_SYMBOLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "support/arena.h"

struct symbols;

struct symbols *symbols_new(bool demangle);
void symbols_free(struct symbols *s);

struct symbol {
    const char *name;   /* NULL when unknown; owned by the table, valid until symbols_free */
    uint64_t offset;    /* from the symbol's start */
    const char *module; /* object path of a user address, module of a kernel one; may be NULL */
    const char *file;   /* source, when DWARF was asked for */
    unsigned line;
};

/* Kernel address: from /proc/kallsyms, read on first use and kept sorted. */
struct symbol symbols_kernel(struct symbols *s, uint64_t addr);
/* 0 when unknown. */
uint64_t symbols_kernel_address(struct symbols *s, const char *name);
/* Number n, from 0, of the names of the code at exactly this address; NULL when there are fewer. */
const char *symbols_kernel_alias(struct symbols *s, uint64_t addr, size_t n);
/* Every kernel symbol in the file's order, until fn returns false; type is the letter of kallsyms ("tTwW": code). module
 * is NULL for the kernel's own. */
typedef bool kernel_symbol_fn(void *ctx, const char *name, const char *module, char type);
void symbols_each_kernel(struct symbols *s, kernel_symbol_fn *fn, void *ctx);
/* User address in process pid (its /proc/PID/maps; the path `exe` when the process is gone and it is known). Cached
 * per pid and per object file. */
struct symbol symbols_user(struct symbols *s, pid_t pid, const char *exe, uint64_t addr);
/* The function at an offset of a file. */
struct symbol symbols_in_file(struct symbols *s, const char *path, uint64_t offset);
/* Processes seen early (exec, mmap) keep their mappings after exit: takes a snapshot now. */
void symbols_remember(struct symbols *s, pid_t pid);
/* build_id frames: nothing to do, they print by themselves. */

/* ---- ELF files: what uprobes need ---------------------------------------------------------- */

struct elf_symbol {
    const char *name;
    uint64_t address; /* virtual */
    uint64_t offset;  /* in the file */
    uint64_t size;
    bool is_function, is_weak;
};
struct elf_file; /* opened and kept by path */

/* NULL with *error set (in arena) when it cannot be read or is not ELF. */
struct elf_file *elf_file_open(struct arena *a, const char *path, const char **error);
void elf_file_close(struct elf_file *f);
/* Function symbols (.symtab, .dynsym, .gnu_debugdata) by exact name: false when absent. */
bool elf_find(struct elf_file *f, const char *name, struct elf_symbol *out);
/* Every function whose name matches the wildcard, sorted by name, aliases included. */
size_t elf_match(struct elf_file *f, const char *pattern, const struct elf_symbol **out);
/* Data symbol for uaddr. */
bool elf_find_object(struct elf_file *f, const char *name, struct elf_symbol *out);
/* Virtual address to file offset; false outside of loaded segments. */
bool elf_offset(struct elf_file *f, uint64_t address, uint64_t *offset);
/* The function covering a file offset. */
bool elf_at(struct elf_file *f, uint64_t offset, struct elf_symbol *out);

/* C++: functions whose demangled name matches, with or without its parameters, or whose symbol does. The names given are
 * the symbols. In the order of their places. */
size_t elf_match_cpp(struct elf_file *f, const char *pattern, const struct elf_symbol **out);

/* Address of the first statement on a source line, by DWARF (here or in a debug file found by build id). column 0: any. */
enum elf_source { SOURCE_FOUND, SOURCE_NO_DWARF, SOURCE_NO_FILE, SOURCE_NO_LINE };
enum elf_source elf_source_address(struct elf_file *f, const char *file, unsigned line, unsigned column,
                                   uint64_t *address);

/* Whether there is DWARF to ask; the parameters of a function by its plain name, as text: "const char* s". */
bool elf_has_dwarf(struct elf_file *f);
size_t elf_parameters(struct elf_file *f, const char *function, const char *const **lines);

/* Whether an instruction starts at file offset `at` of the function that starts at `function`. */
enum elf_boundary { BOUNDARY_YES, BOUNDARY_NO, BOUNDARY_UNKNOWN };
enum elf_boundary elf_boundary(struct elf_file *f, uint64_t function, uint64_t at);

/* USDT notes. */
struct elf_usdt {
    const char *provider, *name, *args; /* args: the note's text "-4@%edi 8@%rsi" */
    uint64_t address;                   /* virtual address of the probe site */
    uint64_t offset;                    /* … and its file offset */
    uint64_t semaphore;                 /* file offset, 0 none */
};
size_t elf_usdts(struct elf_file *f, const struct elf_usdt **out);

/* "bash", "libc", "libc.so.6", a path, a path with `*`: full paths of the ELF files meant (reference §12.3 uprobe path).
 * With pid, relative to that process's root and maps. */
size_t elf_resolve(struct arena *a, const char *written, pid_t pid, const char *const **paths);

#endif
