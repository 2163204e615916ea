/* ELF files that processes have mapped: what "usdt:*" and a pid without a path mean. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "probes/cache.h"

struct files {
    struct arena *arena;
    struct hmap seen; /* "dev:inode" */
    VEC(const char *) paths;
};

/* One executable mapping of /proc/PID/maps. */
static void add_mapping(struct files *fs, const char *pid, const char *line) {
    const char *perms = strchr(line, ' '), *path = strchr(line, '/');
    if (!perms || !path || perms[3] != 'x')
        return;
    struct stat st;
    const char *outside = arena_printf(fs->arena, "/proc/%s/root%s", pid, path);
    if (stat(outside, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    char key[64];
    snprintf(key, sizeof key, "%lx:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
    if (hmap_put(&fs->seen, key, fs))
        return;
    struct stat ours;
    bool same = stat(path, &ours) == 0 && ours.st_dev == st.st_dev && ours.st_ino == st.st_ino;
    VEC_PUSH(fs->arena, &fs->paths, same ? arena_strdup(fs->arena, path) : outside);
}

static void add_process(struct files *fs, const char *pid) {
    char *text = file_read(arena_printf(fs->arena, "/proc/%s/maps", pid), NULL);
    for (char *rest = text, *line; rest && (line = strsep(&rest, "\n"));)
        add_mapping(fs, pid, line);
    free(text);
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

size_t system_mapped_files(struct probe_env *env, int pid, const char *const **paths) {
    struct files fs = { .arena = env->arena };
    hmap_init(&fs.seen, env->arena);
    if (pid > 0) {
        add_process(&fs, arena_printf(env->arena, "%d", pid));
    } else {
        DIR *d = opendir("/proc");
        for (struct dirent *e; d && (e = readdir(d));)
            if (isdigit((unsigned char)e->d_name[0]))
                add_process(&fs, e->d_name);
        if (d)
            closedir(d);
    }
    if (fs.paths.n)
        qsort(fs.paths.v, fs.paths.n, sizeof *fs.paths.v, by_text);
    *paths = fs.paths.v;
    return fs.paths.n;
}
