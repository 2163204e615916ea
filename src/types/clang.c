/* Opening libclang. */
#ifdef SONDE_LIBCLANG
#    include "types/clang.h"

#    include <dlfcn.h>
#    include <string.h>

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
#    define ROW(name) { "clang_" #name, offsetof(struct clang, name) },
    CLANG_FUNCTIONS(ROW)
#    undef ROW
};

/* The library is never closed: libLLVM.so does not take that well. */
const struct clang *clang_open(struct arena *a, const char **error) {
    void *library = dlopen(SONDE_LIBCLANG, RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        *error = arena_strdup(a, dlerror());
        return NULL;
    }
    struct clang *fn = ARENA_NEW(a, struct clang);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *address = dlsym(library, functions[i].name);
        if (!address) {
            *error = arena_strdup(a, dlerror());
            return NULL;
        }
        memcpy((char *)fn + functions[i].offset, &address, sizeof address);
    }
    return fn;
}

const char *clang_string(const struct clang *fn, struct arena *a, CXString s) {
    const char *text = fn->getCString(s);
    const char *copy = arena_strdup(a, text ? text : "");
    fn->disposeString(s);
    return copy;
}
#else
typedef int translation_unit_is_empty; /* ISO C wants something here */
#endif
