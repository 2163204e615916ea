/* From what a script says ("bash", "libc", "./demo", "/opt/x*") to paths of ELF files.
 *
 * A name without a slash is looked for along PATH, then among the mappings of the process (-p), then among the
 * libraries of the system. For a process in another mount namespace or root, everything happens below /proc/PID/root. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/arena.h"
#include "support/vec.h"
#include "support/wildcard.h"
#include "symbols/internal.h"
#include "symbols/resolve.h"

typedef VEC(const char *) path_vec;

bool elf_is_file(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    struct stat st;
    char magic[4];
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read(fd, magic, 4) == 4 && !memcmp(magic, "\177ELF", 4);
    close(fd);
    return ok;
}

static bool is_same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

const char *process_root(struct arena *a, pid_t pid) {
    if (pid <= 0)
        return "";
    const char *mnt = arena_printf(a, "/proc/%d/ns/mnt", (int)pid), *root = arena_printf(a, "/proc/%d/root", (int)pid);
    return is_same_file(mnt, "/proc/self/ns/mnt") && is_same_file(root, "/proc/self/root") ? "" : root;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Adds the entries of `dir` that match, each followed by `rest` (the pattern's next parts) in turn. */
static void expand_in(struct arena *a, const char *dir, const char *pattern, path_vec *out) {
    const char *slash = strchr(pattern, '/');
    char *part = slash ? arena_strndup(a, pattern, (size_t)(slash - pattern)) : arena_strdup(a, pattern);
    while (slash && *slash == '/')
        slash++;
    if (!has_wildcard(part)) {
        char *path = arena_printf(a, "%s%s%s", dir, part, slash ? "/" : "");
        if (slash && *slash)
            expand_in(a, path, slash, out);
        else if (elf_is_file(path))
            VEC_PUSH(a, out, path);
        return;
    }
    DIR *d = opendir(*dir ? dir : ".");
    if (!d)
        return;
    path_vec names = { 0 };
    for (struct dirent *e; (e = readdir(d));)
        if ((e->d_name[0] != '.' || part[0] == '.') && wildcard_match(part, e->d_name))
            VEC_PUSH(a, &names, arena_strdup(a, e->d_name));
    closedir(d);
    if (names.n)
        qsort(names.v, names.n, sizeof *names.v, by_text);
    for (VEC_EACH(name, &names)) {
        char *path = arena_printf(a, "%s%s%s", dir, *name, slash ? "/" : "");
        if (slash && *slash)
            expand_in(a, path, slash, out);
        else if (elf_is_file(path))
            VEC_PUSH(a, out, path);
    }
}

static void expand(struct arena *a, const char *root, const char *written, path_vec *out) {
    if (written[0] == '/')
        expand_in(a, arena_printf(a, "%s/", root), written + strspn(written, "/"), out);
    else
        expand_in(a, "", written, out);
}

static void search_path(struct arena *a, const char *root, const char *written, path_vec *out) {
    const char *path = getenv("PATH");
    if (!path || !*path)
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    path_vec seen = { 0 };
    for (char *rest = arena_strdup(a, path), *dir; (dir = strsep(&rest, ":"));) {
        bool known = !*dir;
        for (VEC_EACH(s, &seen))
            known = known || !strcmp(*s, dir);
        if (known)
            continue;
        VEC_PUSH(a, &seen, dir);
        expand_in(a, arena_printf(a, "%s%s/", root, dir), written, out);
    }
}

/* A library that the process has mapped: "libc" is the one called libc.so.6 or libc-2.31.so. */
static void search_mappings(struct arena *a, const char *root, pid_t pid, const char *written, path_vec *out) {
    char *text = file_read(arena_printf(a, "/proc/%d/maps", (int)pid), NULL);
    size_t n = strlen(written);
    for (char *rest = text, *line; rest && (line = strsep(&rest, "\n"));) {
        const char *path = strchr(line, '/'), *base = path ? strrchr(path, '/') + 1 : NULL;
        if (!base || strncmp(base, written, n) != 0)
            continue;
        if (base[n] == '\0' || (!strstr(written, ".so") && (!strncmp(base + n, ".so", 3) || base[n] == '-'))) {
            const char *full = arena_printf(a, "%s%s", root, path);
            if (elf_is_file(full)) {
                VEC_PUSH(a, out, full);
                break;
            }
        }
    }
    free(text);
}

size_t elf_resolve(struct arena *a, const char *written, pid_t pid, const char *const **paths) {
    path_vec found = { 0 };
    const char *root = process_root(a, pid);
    if (strchr(written, '/')) {
        expand(a, root, written, &found);
    } else if (*written) {
        search_path(a, root, written, &found);
        if (!found.n && pid > 0 && !has_wildcard(written))
            search_mappings(a, root, pid, written, &found);
        const char *library = found.n || has_wildcard(written) ? NULL : shared_library_find(a, root, written);
        if (library)
            VEC_PUSH(a, &found, library);
        if (!found.n) /* a file of the current directory comes last */
            expand(a, root, written, &found);
    }
    *paths = found.v;
    return found.n;
}
