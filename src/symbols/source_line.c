/* From a source line to the address of its first statement, by the line tables of DWARF. */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

#include "symbols/elf_file.h"

/* "demo.c" and "src/demo.c" both mean "/build/src/demo.c". */
static bool is_path_suffix(const char *path, const char *suffix) {
    size_t n = strlen(path), m = strlen(suffix);
    return m && n >= m && !strcmp(path + n - m, suffix) && (n == m || path[n - m - 1] == '/' || *suffix == '/');
}

static bool mentions(Dwarf_Die *unit, const char *file) {
    Dwarf_Files *files;
    size_t n = 0;
    if (dwarf_getsrcfiles(unit, &files, &n) != 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *name = dwarf_filesrc(files, i, NULL, NULL);
        if (name && is_path_suffix(name, file))
            return true;
    }
    return false;
}

/* The lowest address of the line in one unit, when it is lower than *best. */
static bool search_unit(Dwarf_Die *unit, const char *file, unsigned line, unsigned column, Dwarf_Addr *best) {
    Dwarf_Lines *lines;
    size_t n = 0;
    bool found = false;
    if (dwarf_getsrclines(unit, &lines, &n) != 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        Dwarf_Line *l = dwarf_onesrcline(lines, i);
        int lineno, col;
        bool is_statement, is_end;
        Dwarf_Addr addr;
        if (dwarf_lineno(l, &lineno) != 0 || (unsigned)lineno != line)
            continue;
        if (column && (dwarf_linecol(l, &col) != 0 || (unsigned)col != column))
            continue;
        if (dwarf_linebeginstatement(l, &is_statement) != 0 || !is_statement || dwarf_lineaddr(l, &addr) != 0 ||
            dwarf_lineendsequence(l, &is_end) != 0 || is_end)
            continue;
        const char *name = dwarf_linesrc(l, NULL, NULL);
        if (name && is_path_suffix(name, file) && addr && addr < *best) {
            *best = addr;
            found = true;
        }
    }
    return found;
}

enum elf_source elf_source_address(struct elf_file *f, const char *file, unsigned line, unsigned column,
                                   uint64_t *address) {
    Dwfl_Module *mod = elf_dwfl_module(f);
    Dwarf_Addr bias, best = (Dwarf_Addr)-1;
    Dwarf *dwarf = mod ? dwfl_module_getdwarf(mod, &bias) : NULL;
    if (!dwarf)
        return SOURCE_NO_DWARF;
    bool has_file = false, found = false;
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit;
    uint8_t unit_type;
    while (dwarf_get_units(dwarf, cu, &cu, NULL, &unit_type, &unit, NULL) == 0) {
        if (unit_type != DW_UT_compile || !mentions(&unit, file))
            continue;
        has_file = true;
        found |= search_unit(&unit, file, line, column, &best);
    }
    if (found)
        *address = best;
    return found ? SOURCE_FOUND : has_file ? SOURCE_NO_LINE : SOURCE_NO_FILE;
}
