/* Symbols and segments of one ELF file, through elfutils.
 *
 * Symbols come from .symtab and .dynsym. Only a file without .symtab is looked at with libdwfl, which finds
 * .gnu_debugdata (a compressed mini symbol table) and separate debug files by build id; it costs more. Names point into
 * the mapped file (or into libdwfl's memory) and live until elf_file_close().
 *
 * The order of `symbols` is that of the tables; what needs another order makes an index of its own on first use: an exact
 * name is found faster by a scan than by sorting 100,000 names. */
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/wildcard.h"
#include "symbols/elf_file.h"
#include "symbols/internal.h"

/* ---- opening --------------------------------------------------------------------------------- */

static void load_segments(struct elf_file *f) {
    size_t n = 0;
    if (elf_getphdrnum(f->elf, &n) != 0)
        return;
    f->segments = ARENA_ARRAY(f->arena, struct elf_segment, n);
    for (size_t i = 0; i < n; i++) {
        GElf_Phdr ph;
        if (!gelf_getphdr(f->elf, (int)i, &ph) || ph.p_type != PT_LOAD)
            continue;
        f->segments[f->nsegments++] = (struct elf_segment){
            .address = ph.p_vaddr,
            .offset = ph.p_offset,
            .file_size = ph.p_filesz,
            .is_code = ph.p_flags & PF_X,
        };
    }
}

static struct elf_file *elf_wrap(Elf *elf, int fd, const char *path) {
    struct arena *a = arena_new();
    struct elf_file *f = ARENA_NEW(a, struct elf_file);
    f->arena = a;
    f->fd = fd;
    f->elf = elf;
    f->path = path ? arena_strdup(a, path) : NULL;
    load_segments(f);
    return f;
}

struct elf_file *elf_file_open(struct arena *a, const char *path, const char **error) {
    const char *ignored;
    if (!error)
        error = &ignored;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *error = a ? arena_strdup(a, strerror(errno)) : "cannot be opened";
        return NULL;
    }
    struct stat st;
    elf_version(EV_CURRENT);
    Elf *elf = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? elf_begin(fd, ELF_C_READ_MMAP, NULL) : NULL;
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        *error = "not an ELF file";
        elf_end(elf);
        close(fd);
        return NULL;
    }
    return elf_wrap(elf, fd, path);
}

struct elf_file *elf_open_memory(void *image, size_t size) {
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory(image, size);
    if (elf && elf_kind(elf) == ELF_K_ELF)
        return elf_wrap(elf, -1, NULL);
    elf_end(elf);
    return NULL;
}

void elf_file_close(struct elf_file *f) {
    if (!f)
        return;
    if (f->dwfl)
        dwfl_end(f->dwfl);
    elf_end(f->elf);
    if (f->fd >= 0)
        close(f->fd);
    free(f->symbols);
    free(f->by_offset);
    arena_free(f->arena);
}

/* ---- addresses ------------------------------------------------------------------------------- */

bool elf_offset(struct elf_file *f, uint64_t address, uint64_t *offset) {
    for (size_t i = 0; i < f->nsegments; i++) {
        const struct elf_segment *s = &f->segments[i];
        if (address >= s->address && address - s->address < s->file_size) {
            *offset = address - s->address + s->offset;
            return true;
        }
    }
    return false;
}

bool elf_address(struct elf_file *f, uint64_t offset, uint64_t *address) {
    const struct elf_segment *found = NULL; /* segments may share a page of the file: code wins */
    for (size_t i = 0; i < f->nsegments; i++) {
        const struct elf_segment *s = &f->segments[i];
        if (offset >= s->offset && offset - s->offset < s->file_size && (!found || (s->is_code && !found->is_code)))
            found = s;
    }
    if (found)
        *address = offset - found->offset + found->address;
    return found != NULL;
}

bool elf_is_relocated(struct elf_file *f) {
    GElf_Ehdr eh;
    return !gelf_getehdr(f->elf, &eh) || eh.e_type == ET_DYN;
}

/* ---- symbol tables --------------------------------------------------------------------------- */

static void add_symbol(struct elf_file *f, const char *name, const GElf_Sym *sym) {
    unsigned type = GELF_ST_TYPE(sym->st_info);
    if (!name || !*name || sym->st_shndx == SHN_UNDEF || !sym->st_value)
        return;
    if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_OBJECT && type != STT_NOTYPE)
        return;
    if (f->nsymbols == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 1024;
        f->symbols = realloc(f->symbols, f->cap * sizeof *f->symbols);
        if (!f->symbols)
            out_of_memory();
    }
    struct elf_symbol *s = &f->symbols[f->nsymbols];
    *s = (struct elf_symbol){
        .name = name,
        .address = sym->st_value,
        .size = sym->st_size,
        .is_function = type == STT_FUNC || type == STT_GNU_IFUNC,
        .is_weak = GELF_ST_BIND(sym->st_info) == STB_WEAK,
    };
    /* .bss has no place in the file */
    if (elf_offset(f, s->address, &s->offset) || !s->is_function)
        f->nsymbols++;
}

static void load_table(struct elf_file *f, Elf_Scn *scn, const GElf_Shdr *sh) {
    Elf_Data *data = elf_getdata(scn, NULL);
    Elf_Data *strings = elf_getdata(elf_getscn(f->elf, sh->sh_link), NULL);
    if (!data || !strings || !sh->sh_entsize || !strings->d_buf)
        return;
    size_t n = data->d_size / sh->sh_entsize;
    for (size_t i = 0; i < n; i++) {
        GElf_Sym sym;
        if (!gelf_getsym(data, (int)i, &sym) || sym.st_name >= strings->d_size)
            continue;
        add_symbol(f, (const char *)strings->d_buf + sym.st_name, &sym);
    }
}

static int find_local_debuginfo(Dwfl_Module *mod, void **userdata, const char *modname, Dwarf_Addr base,
                                const char *file_name, const char *debuglink_file, GElf_Word debuglink_crc,
                                char **debuginfo_file_name) {
    /* By build id alone: never through debuginfod, which would go out to the network. */
    return dwfl_build_id_find_debuginfo(mod, userdata, modname, base, file_name, debuglink_file, debuglink_crc,
                                        debuginfo_file_name);
}

static const Dwfl_Callbacks dwfl_callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = find_local_debuginfo,
    .section_address = dwfl_offline_section_address,
};

struct Dwfl_Module *elf_dwfl_module(struct elf_file *f) {
    if (f->dwfl || !f->path)
        return f->module;
    f->dwfl = dwfl_begin(&dwfl_callbacks);
    if (!f->dwfl)
        return NULL;
    dwfl_report_begin(f->dwfl);
    f->module = dwfl_report_offline(f->dwfl, "", f->path, -1);
    dwfl_report_end(f->dwfl, NULL, NULL);
    return f->module;
}

static void load_with_dwfl(struct elf_file *f) {
    Dwfl_Module *mod = elf_dwfl_module(f);
    int n = mod ? dwfl_module_getsymtab(mod) : 0;
    for (int i = 1; i < n; i++) {
        GElf_Sym sym;
        GElf_Addr addr;
        const char *name = dwfl_module_getsym_info(mod, i, &sym, &addr, NULL, NULL, NULL);
        if (name)
            add_symbol(f, name, &sym);
    }
}

static bool is_same(const struct elf_symbol *a, const struct elf_symbol *b) {
    return a->address == b->address && !strcmp(a->name, b->name);
}

static void load_own_symbols(struct elf_file *f) {
    if (f->has_own_symbols)
        return;
    f->has_own_symbols = true;
    Elf_Scn *dynsym = NULL;
    GElf_Shdr sh, dynsym_sh;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(f->elf, scn));) {
        if (!gelf_getshdr(scn, &sh))
            continue;
        if (sh.sh_type == SHT_SYMTAB) {
            load_table(f, scn, &sh);
            f->has_symtab = true;
        } else if (sh.sh_type == SHT_DYNSYM) {
            dynsym = scn;
            dynsym_sh = sh;
        }
    }
    if (dynsym)
        load_table(f, dynsym, &dynsym_sh);
}

static void load_symbols(struct elf_file *f) {
    load_own_symbols(f);
    if (!f->has_symtab && !f->has_debug_symbols)
        load_with_dwfl(f);
    f->has_debug_symbols = true;
}

/* ---- by name --------------------------------------------------------------------------------- */

static const struct elf_symbol *search(const struct elf_file *f, const char *name, bool is_function) {
    const struct elf_symbol *found = NULL; /* one with a size is better than one without */
    for (size_t i = 0; i < f->nsymbols && !(found && found->size); i++) {
        const struct elf_symbol *s = &f->symbols[i];
        if (s->is_function == is_function && s->name[0] == name[0] && !strcmp(s->name, name) && (!found || s->size))
            found = s;
    }
    return found;
}

/* Most names that are asked for are exported: the debug file is not opened for them. */
static bool find(struct elf_file *f, const char *name, bool is_function, struct elf_symbol *out) {
    load_own_symbols(f);
    const struct elf_symbol *found = search(f, name, is_function);
    if (!found && !f->has_symtab) {
        load_symbols(f);
        found = search(f, name, is_function);
    }
    if (found)
        *out = *found;
    return found != NULL;
}

bool elf_find(struct elf_file *f, const char *name, struct elf_symbol *out) { return find(f, name, true, out); }

bool elf_find_object(struct elf_file *f, const char *name, struct elf_symbol *out) { return find(f, name, false, out); }

static int by_name(const void *a, const void *b) {
    const struct elf_symbol *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order ? order : *x < *y ? -1 : *x > *y; /* among equals the first in the tables */
}

size_t elf_match(struct elf_file *f, const char *pattern, const struct elf_symbol **out) {
    load_symbols(f);
    const struct elf_symbol **hits = malloc((f->nsymbols + 1) * sizeof *hits);
    if (!hits)
        out_of_memory();
    size_t n = 0, unique = 0;
    for (size_t i = 0; i < f->nsymbols; i++)
        if (f->symbols[i].is_function && wildcard_match(pattern, f->symbols[i].name))
            hits[n++] = &f->symbols[i];
    qsort(hits, n, sizeof *hits, by_name);
    struct elf_symbol *list = ARENA_ARRAY(f->arena, struct elf_symbol, n);
    for (size_t i = 0; i < n; i++)
        if (!unique || strcmp(list[unique - 1].name, hits[i]->name) != 0)
            list[unique++] = *hits[i];
    free(hits);
    *out = list;
    return unique;
}

/* ---- by place -------------------------------------------------------------------------------- */

/* Of names for one function the one that users know comes last, where a search finds it: "free" behind "cfree" and
 * "__libc_free". */
static int by_familiarity(const struct elf_symbol *x, const struct elf_symbol *y) {
    bool hidden_x = x->name[0] == '_', hidden_y = y->name[0] == '_';
    if (hidden_x != hidden_y)
        return hidden_x ? -1 : 1;
    if (x->is_weak != y->is_weak)
        return x->is_weak ? -1 : 1;
    size_t nx = strlen(x->name), ny = strlen(y->name);
    if (nx != ny)
        return nx > ny ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_offset(const void *a, const void *b) {
    const struct elf_symbol *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return by_familiarity(x, y);
}

static void sort_by_offset(struct elf_file *f) {
    if (f->by_offset)
        return;
    load_symbols(f);
    f->by_offset = malloc((f->nsymbols + 1) * sizeof *f->by_offset);
    if (!f->by_offset)
        out_of_memory();
    for (size_t i = 0; i < f->nsymbols; i++)
        if (f->symbols[i].is_function)
            f->by_offset[f->nby_offset++] = f->symbols[i];
    qsort(f->by_offset, f->nby_offset, sizeof *f->by_offset, by_offset);
    size_t unique = 0;
    for (size_t i = 0; i < f->nby_offset; i++)
        if (!unique || !is_same(&f->by_offset[unique - 1], &f->by_offset[i]))
            f->by_offset[unique++] = f->by_offset[i];
    f->nby_offset = unique;
}

bool elf_at(struct elf_file *f, uint64_t offset, struct elf_symbol *out) {
    sort_by_offset(f);
    size_t lo = 0, hi = f->nby_offset; /* the first symbol behind offset */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (f->by_offset[mid].offset <= offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    /* The nearest one that covers it; symbols nest rarely, and not deep. */
    for (size_t i = lo, steps = 0; i-- > 0 && steps < 64; steps++) {
        const struct elf_symbol *s = &f->by_offset[i];
        if (offset - s->offset < s->size || (offset == s->offset && !s->size)) {
            *out = *s;
            return true;
        }
    }
    /* Assembly without sizes reaches to the next symbol. */
    if (lo && !f->by_offset[lo - 1].size) {
        *out = f->by_offset[lo - 1];
        return true;
    }
    return false;
}

/* ---- C++ -------------------------------------------------------------------------------------- */

char *__cxa_demangle(const char *mangled, char *buffer, size_t *length, int *status);

/* Where the parameters of a demangled name start: the parenthesis that closes at the end (or before " const"), not one
 * of "(anonymous namespace)" or "operator()". */
static size_t length_without_parameters(const char *s) {
    const char *close = strrchr(s, ')');
    int depth = 0;
    for (const char *p = close; p && p > s; p--) {
        depth += (*p == ')') - (*p == '(');
        if (depth == 0)
            return (size_t)(p - s);
    }
    return strlen(s);
}

static bool matches_cpp(struct arena *a, const char *pattern, const char *symbol) {
    if (wildcard_match(pattern, symbol))
        return true;
    int status = -1;
    char *name = strncmp(symbol, "_Z", 2) ? NULL : __cxa_demangle(symbol, NULL, NULL, &status);
    if (!name)
        return false;
    bool ok = wildcard_match(pattern, name) ||
              wildcard_match(pattern, arena_strndup(a, name, length_without_parameters(name)));
    free(name);
    return ok;
}

size_t elf_match_cpp(struct elf_file *f, const char *pattern, const struct elf_symbol **out) {
    sort_by_offset(f);
    struct arena *scratch = arena_new();
    struct elf_symbol *list = ARENA_ARRAY(f->arena, struct elf_symbol, f->nby_offset);
    size_t n = 0;
    for (size_t i = 0; i < f->nby_offset; i++)
        if (matches_cpp(scratch, pattern, f->by_offset[i].name))
            list[n++] = f->by_offset[i];
    arena_free(scratch);
    *out = list;
    return n;
}
