/* Life and death of the symbol tables, and names in the form users know. */
#include <stdlib.h>
#include <string.h>

#include "symbols/internal.h"

/* Of the C++ runtime library, which is linked for LLVM's sake. */
char *__cxa_demangle(const char *mangled, char *buffer, size_t *length, int *status);

struct symbols *symbols_new(bool demangle) {
    struct arena *a = arena_new();
    struct symbols *s = ARENA_NEW(a, struct symbols);
    s->arena = a;
    s->demangle = demangle;
    hmap_init(&s->demangled, a);
    return s;
}

void symbols_free(struct symbols *s) {
    if (!s)
        return;
    kallsyms_free(s->kallsyms);
    processes_free(s->processes);
    arena_free(s->arena);
}

const char *symbol_demangled(struct symbols *s, const char *name) {
    if (!s->demangle || strncmp(name, "_Z", 2) != 0)
        return name;
    const char *known = hmap_get(&s->demangled, name);
    if (known)
        return known;
    int status = 0;
    char *text = __cxa_demangle(name, NULL, NULL, &status);
    const char *result = text && status == 0 ? arena_strdup(s->arena, text) : name;
    free(text);
    hmap_put(&s->demangled, name, (void *)(uintptr_t)result);
    return result;
}
