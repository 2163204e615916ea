/* Inside of struct elf_file, for the files of this room. */
#ifndef SONDE_SYMBOLS_ELF_FILE_H
#define SONDE_SYMBOLS_ELF_FILE_H

#include <elfutils/libdwfl.h>
#include <libelf.h>

#include "support/hmap.h"
#include "symbols/symbols.h"

struct elf_segment {
    uint64_t address, offset, file_size;
    bool is_code;
};

struct elf_file {
    struct arena *arena; /* of its own: gone with elf_file_close() */
    const char *path;    /* NULL for an image in memory */
    int fd;
    Elf *elf;
    struct elf_segment *segments; /* PT_LOAD */
    size_t nsegments;

    bool has_own_symbols, has_debug_symbols; /* what is in `symbols` already */
    bool has_symtab;
    struct elf_symbol *symbols;
    size_t nsymbols, cap;
    struct elf_symbol *by_offset; /* functions; NULL until first use */
    size_t nby_offset;

    Dwfl *dwfl; /* NULL until needed */
    Dwfl_Module *module;

    struct hmap *functions; /* name → offset of its DWARF entry; NULL until needed */

    const struct elf_usdt *usdts;
    size_t nusdts;
    bool has_usdts; /* the two above are filled */
};

/* File offset to virtual address; false outside of loaded segments. */
bool elf_address(struct elf_file *f, uint64_t offset, uint64_t *address);
struct Dwfl_Module *elf_dwfl_module(struct elf_file *f); /* NULL when libdwfl cannot read it */

#endif
