/* Parameters of a program's functions as DWARF declares them, for listings: "const char* s", "long int d". */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <string.h>

#include "support/hmap.h"
#include "support/vec.h"
#include "symbols/elf_file.h"

enum { MAX_DEPTH = 32 };

/* ---- types ------------------------------------------------------------------------------------- */

static const char *type_text(struct arena *a, Dwarf_Die *type, int depth);

static Dwarf_Die *type_of(Dwarf_Die *die, Dwarf_Die *mem) {
    Dwarf_Attribute attr;
    return dwarf_attr_integrate(die, DW_AT_type, &attr) ? dwarf_formref_die(&attr, mem) : NULL;
}

static const char *target_text(struct arena *a, Dwarf_Die *type, int depth) {
    Dwarf_Die mem, *to = type_of(type, &mem);
    return to ? type_text(a, to, depth + 1) : "void";
}

static const char *function_text(struct arena *a, Dwarf_Die *function, int depth) {
    const char *list = "";
    Dwarf_Die child;
    if (dwarf_child(function, &child) == 0)
        do {
            bool rest = dwarf_tag(&child) == DW_TAG_unspecified_parameters;
            if (!rest && dwarf_tag(&child) != DW_TAG_formal_parameter)
                continue;
            list = arena_printf(a, "%s%s%s", list, *list ? ", " : "", rest ? "..." : target_text(a, &child, depth));
        } while (dwarf_siblingof(&child, &child) == 0);
    return arena_printf(a, "%s (*)(%s)", target_text(a, function, depth), list);
}

static const char *array_text(struct arena *a, Dwarf_Die *array, int depth) {
    const char *text = target_text(a, array, depth);
    Dwarf_Die child;
    if (dwarf_child(array, &child) == 0)
        do {
            Dwarf_Attribute attr;
            Dwarf_Word n;
            if (dwarf_tag(&child) != DW_TAG_subrange_type)
                continue;
            if (dwarf_attr(&child, DW_AT_count, &attr) && dwarf_formudata(&attr, &n) == 0)
                text = arena_printf(a, "%s[%llu]", text, (unsigned long long)n);
            else if (dwarf_attr(&child, DW_AT_upper_bound, &attr) && dwarf_formudata(&attr, &n) == 0)
                text = arena_printf(a, "%s[%llu]", text, (unsigned long long)n + 1);
            else
                text = arena_printf(a, "%s[]", text);
        } while (dwarf_siblingof(&child, &child) == 0);
    return text;
}

static const char *pointer_text(struct arena *a, Dwarf_Die *type, int depth) {
    Dwarf_Die mem, *to = type_of(type, &mem);
    if (to && dwarf_tag(to) == DW_TAG_subroutine_type)
        return function_text(a, to, depth + 1);
    return arena_printf(a, "%s*", to ? type_text(a, to, depth + 1) : "void");
}

/* Qualifiers of a pointer stand behind its star. */
static const char *qualified_text(struct arena *a, Dwarf_Die *type, const char *word, int depth) {
    Dwarf_Die mem, *to = type_of(type, &mem);
    const char *text = to ? type_text(a, to, depth + 1) : "void";
    return to && dwarf_tag(to) == DW_TAG_pointer_type ? arena_printf(a, "%s %s", text, word)
                                                      : arena_printf(a, "%s %s", word, text);
}

static const char *type_text(struct arena *a, Dwarf_Die *type, int depth) {
    const char *name = dwarf_diename(type);
    name = name ? name : "";
    if (depth > MAX_DEPTH)
        return name;
    switch (dwarf_tag(type)) {
    case DW_TAG_pointer_type: return pointer_text(a, type, depth);
    case DW_TAG_reference_type: return arena_printf(a, "%s&", target_text(a, type, depth));
    case DW_TAG_rvalue_reference_type: return arena_printf(a, "%s&&", target_text(a, type, depth));
    case DW_TAG_const_type: return qualified_text(a, type, "const", depth);
    case DW_TAG_volatile_type: return qualified_text(a, type, "volatile", depth);
    case DW_TAG_restrict_type: return target_text(a, type, depth);
    case DW_TAG_structure_type:
    case DW_TAG_class_type: return arena_printf(a, "struct %s", name);
    case DW_TAG_union_type: return arena_printf(a, "union %s", name);
    case DW_TAG_enumeration_type: return arena_printf(a, "enum %s", name);
    case DW_TAG_array_type: return array_text(a, type, depth);
    case DW_TAG_subroutine_type: return function_text(a, type, depth);
    default: return name;
    }
}

/* ---- functions --------------------------------------------------------------------------------- */

/* Names of the functions that have code, with the offsets of their entries. */
static void index_unit(struct elf_file *f, Dwarf_Die *unit) {
    Dwarf_Die child;
    if (dwarf_child(unit, &child) != 0)
        return;
    do {
        if (dwarf_tag(&child) != DW_TAG_subprogram || dwarf_hasattr(&child, DW_AT_declaration))
            continue;
        const char *name = dwarf_diename(&child);
        if (name && !hmap_get(f->functions, name))
            hmap_put(f->functions, name, (void *)(uintptr_t)dwarf_dieoffset(&child));
    } while (dwarf_siblingof(&child, &child) == 0);
}

static Dwarf *load_functions(struct elf_file *f) {
    Dwfl_Module *mod = elf_dwfl_module(f);
    Dwarf_Addr bias;
    Dwarf *dwarf = mod ? dwfl_module_getdwarf(mod, &bias) : NULL;
    if (!dwarf || f->functions)
        return dwarf;
    f->functions = ARENA_NEW(f->arena, struct hmap);
    hmap_init(f->functions, f->arena);
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit;
    while (dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &unit, NULL) == 0)
        if (dwarf_tag(&unit) == DW_TAG_compile_unit)
            index_unit(f, &unit);
    return dwarf;
}

bool elf_has_dwarf(struct elf_file *f) { return load_functions(f) != NULL; }

size_t elf_parameters(struct elf_file *f, const char *function, const char *const **lines) {
    Dwarf *dwarf = load_functions(f);
    VEC(const char *) list = { 0 };
    Dwarf_Die die, child;
    uintptr_t offset = dwarf ? (uintptr_t)hmap_get(f->functions, function) : 0;
    if (offset && dwarf_offdie(dwarf, offset, &die) && dwarf_child(&die, &child) == 0)
        do {
            if (dwarf_tag(&child) != DW_TAG_formal_parameter)
                continue;
            Dwarf_Attribute attr;
            const char *name = dwarf_attr_integrate(&child, DW_AT_name, &attr) ? dwarf_formstring(&attr) : NULL;
            const char *type = target_text(f->arena, &child, 0);
            VEC_PUSH(f->arena, &list, arena_printf(f->arena, "%s %s", type, name ? name : ""));
        } while (dwarf_siblingof(&child, &child) == 0);
    *lines = list.v;
    return list.n;
}
