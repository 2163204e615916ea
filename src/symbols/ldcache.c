/* Libraries by name: the loader's cache (/etc/ld.so.cache, glibc's format 1.1), then the usual directories (musl and
 * systems without a cache). "libc" means the first library whose name begins with "libc.so"; a name with ".so" in it
 * must match as a whole. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/arena.h"
#include "symbols/internal.h"
#include "symbols/resolve.h"

struct cache_header {
    char magic[17], version[3];
    uint32_t nlibs, strings_size;
    uint8_t flags, padding[3];
    uint32_t extensions, unused[3];
};
struct cache_entry {
    int32_t flags;
    uint32_t name, path; /* offsets from the header */
    uint32_t os_version;
    uint64_t hwcap;
};

static const char cache_magic[] = "glibc-ld.so.cache1.1";

#if defined(__x86_64__)
enum { NATIVE_LIBRARY = 0x0303 }; /* ELF libc 6, x86-64 */
#elif defined(__aarch64__)
enum { NATIVE_LIBRARY = 0x0a03 };
#else
enum { NATIVE_LIBRARY = -1 };
#endif

static bool name_matches(const char *written, const char *library) {
    if (!strcmp(written, library))
        return true;
    size_t n = strlen(written);
    return !strstr(written, ".so") && !strncmp(written, library, n) && !strncmp(library + n, ".so", 3);
}

/* NUL-terminated text at `offset`, or NULL. */
static const char *text_at(const char *base, size_t size, uint32_t offset) {
    return offset < size && memchr(base + offset, 0, size - offset) ? base + offset : NULL;
}

static const char *search_cache(struct arena *a, const char *cache_path, const char *written) {
    size_t size = 0;
    char *file = file_read(cache_path, &size);
    if (!file)
        return NULL;
    /* Older caches start with a table in another format; the new one follows. */
    char *base = memmem(file, size, cache_magic, sizeof cache_magic - 1);
    const char *found = NULL;
    if (base && size - (size_t)(base - file) >= sizeof(struct cache_header)) {
        struct cache_header h;
        memcpy(&h, base, sizeof h);
        size_t left = size - (size_t)(base - file);
        for (uint32_t i = 0; i < h.nlibs && !found; i++) {
            size_t at = sizeof h + (size_t)i * sizeof(struct cache_entry);
            struct cache_entry e;
            if (at + sizeof e > left)
                break;
            memcpy(&e, base + at, sizeof e);
            const char *name = text_at(base, left, e.name), *path = text_at(base, left, e.path);
            if (name && path && (NATIVE_LIBRARY < 0 || e.flags == NATIVE_LIBRARY) && name_matches(written, name))
                found = arena_strdup(a, path);
        }
    }
    free(file);
    return found;
}

static const char *search_directory(struct arena *a, const char *directory, const char *written) {
    char *exact = arena_printf(a, "%s/%s", directory, written);
    if (elf_is_file(exact))
        return exact;
    DIR *d = opendir(directory);
    if (!d)
        return NULL;
    const char *found = NULL;
    for (struct dirent *e; (e = readdir(d));) {
        if (!name_matches(written, e->d_name))
            continue;
        char *path = arena_printf(a, "%s/%s", directory, e->d_name);
        if (elf_is_file(path) && (!found || strcmp(path, found) < 0))
            found = path;
    }
    closedir(d);
    return found;
}

const char *shared_library_find(struct arena *a, const char *root, const char *written) {
    static const char *const directories[] = {
#if defined(__x86_64__)
        "/lib/x86_64-linux-gnu",
        "/usr/lib/x86_64-linux-gnu",
#elif defined(__aarch64__)
        "/lib/aarch64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
#endif
        "/lib64",
        "/usr/lib64",
        "/lib",
        "/usr/lib",
        "/usr/local/lib",
    };
    const char *path = search_cache(a, arena_printf(a, "%s/etc/ld.so.cache", root), written);
    if (path) {
        path = arena_printf(a, "%s%s", root, path);
        if (elf_is_file(path))
            return path;
    }
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        path = search_directory(a, arena_printf(a, "%s%s", root, directories[i]), written);
        if (path)
            return path;
    }
    return NULL;
}
