/* Names that come from the system's own tables: users, control groups, points in time. Looked up when shown, kept for
 * the next time. */
#include <dirent.h>
#include <mntent.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "probes/provider.h"
#include "runtime/rt.h"
#include "support/hmap.h"

struct user_names {
    struct hmap by_uid;
};

/* Key of a number in a hash map. */
static const char *known(struct hmap *m, uint64_t number) { return hmap_getn(m, (const char *)&number, sizeof number); }

static const char *keep(struct hmap *m, uint64_t number, const char *name) {
    char *copy = arena_strdup(m->arena, name);
    hmap_putn(m, (const char *)&number, sizeof number, copy);
    return copy;
}

void resolve_username(void *ctx, struct strbuf *out, uint64_t uid) {
    struct runtime *rt = ctx;
    if (!rt->users) {
        rt->users = ARENA_NEW(rt->names, struct user_names);
        hmap_init(&rt->users->by_uid, rt->names);
    }
    const char *name = known(&rt->users->by_uid, uid);
    if (!name) {
        const struct passwd *pw = getpwuid((uid_t)uid);
        name = keep(&rt->users->by_uid, uid, pw ? pw->pw_name : "");
    }
    strbuf_adds(out, name);
}

/* ---- control groups ------------------------------------------------------------------------ */

struct hierarchy {
    const char *name, *root; /* "unified", "/sys/fs/cgroup" */
    struct hmap paths;       /* by id (the directory's inode number) */
};
struct cgroups {
    VEC(struct hierarchy) all; /* the unified one first, the others by name */
};

static bool comes_before(const struct hierarchy *a, const struct hierarchy *b) {
    bool a_unified = !strcmp(a->name, "unified"), b_unified = !strcmp(b->name, "unified");
    return a_unified != b_unified ? a_unified : strcmp(a->name, b->name) < 0;
}

/* What is mounted twice counts once. */
static void add_hierarchy(struct cgroups *c, struct arena *a, struct hierarchy h) {
    for (VEC_EACH(other, &c->all))
        if (!strcmp(other->name, h.name))
            return;
    VEC_PUSH(a, &c->all, h);
    for (size_t i = c->all.n - 1; i > 0 && comes_before(&c->all.v[i], &c->all.v[i - 1]); i--) {
        struct hierarchy before = c->all.v[i - 1];
        c->all.v[i - 1] = c->all.v[i];
        c->all.v[i] = before;
    }
}

static void find_hierarchies(struct cgroups *c, struct arena *a) {
    FILE *f = setmntent("/proc/self/mounts", "r");
    struct mntent *m;
    while (f && (m = getmntent(f))) {
        bool is_v2 = !strcmp(m->mnt_type, "cgroup2");
        if (!is_v2 && strcmp(m->mnt_type, "cgroup") != 0)
            continue;
        const char *name = is_v2 ? "unified" : strrchr(m->mnt_dir, '/') + 1;
        struct hierarchy h = { arena_strdup(a, name), arena_strdup(a, m->mnt_dir), { 0 } };
        hmap_init(&h.paths, a);
        add_hierarchy(c, a, h);
    }
    if (f)
        endmntent(f);
}

/* Walks the directories below until the one with that inode number is found; notes all it sees. */
static void walk(struct hierarchy *h, const char *path) {
    DIR *dir = opendir(path);
    struct dirent *e;
    struct stat st;
    if (dir && !fstat(dirfd(dir), &st) && !known(&h->paths, st.st_ino))
        keep(&h->paths, st.st_ino, path[strlen(h->root)] ? path + strlen(h->root) : "/");
    while (dir && (e = readdir(dir)))
        if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            char below[4096];
            if (snprintf(below, sizeof below, "%s/%s", path, e->d_name) < (int)sizeof below)
                walk(h, below);
        }
    if (dir)
        closedir(dir);
}

void resolve_cgroup_path(void *ctx, struct strbuf *out, const struct cgroup_path_value *v) {
    struct runtime *rt = ctx;
    if (!rt->cgroups) {
        rt->cgroups = ARENA_NEW(rt->names, struct cgroups);
        find_hierarchies(rt->cgroups, rt->names);
    }
    const char *glob = v->glob < rt->program->strings.n ? rt->program->strings.v[v->glob] : "";
    size_t start = out->len;
    for (VEC_EACH(h, &rt->cgroups->all)) {
        if (*glob && !wildcard_match(glob, h->name))
            continue;
        if (!known(&h->paths, v->id))
            walk(h, h->root);
        const char *path = known(&h->paths, v->id);
        if (path)
            strbuf_printf(out, "%s%s:%s", out->len > start ? "," : "", h->name, path);
    }
}

/* ---- time ---------------------------------------------------------------------------------- */

/* strftime with %f, six digits of microseconds; "%%f" is not one. */
static void add_time(struct strbuf *out, const char *format, int64_t ns) {
    struct strbuf whole = { 0 };
    time_t seconds = (time_t)(ns / 1000000000);
    for (const char *p = format; *p; p++) {
        if (p[0] == '%' && p[1] == 'f')
            strbuf_printf(&whole, "%06lld", (long long)(ns % 1000000000 / 1000)), p++;
        else if (p[0] == '%' && p[1])
            strbuf_add(&whole, p, 2), p++;
        else
            strbuf_addc(&whole, *p);
    }
    struct tm tm;
    char text[1024];
    if (localtime_r(&seconds, &tm))
        strbuf_add(out, text, strftime(text, sizeof text, strbuf_str(&whole), &tm));
    strbuf_free(&whole);
}

void resolve_timestamp(void *ctx, struct strbuf *out, const struct timestamp_value *v) {
    struct runtime *rt = ctx;
    const char *format = v->format < rt->program->strings.n ? rt->program->strings.v[v->format] : "";
    int64_t ns = (int64_t)v->ns;
    switch ((enum ts_mode)v->mode) {
    case TS_TAI:
    case TS_SW_TAI: ns -= rt->tai_offset_ns; break;
    case TS_BOOT:
    case TS_MONOTONIC: ns += rt->boot_offset_ns; break;
    }
    add_time(out, format, ns);
}
