/* User space's part in --cgroup and --follow: the cgroup that programs compare with, and the processes that are followed
 * from the start. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "runtime/rt.h"

static int fd_of_map(const struct runtime *rt, const char *symbol) {
    struct bpf_map *m = symbol ? bpf_object__find_map_by_name(rt->object, symbol) : NULL;
    return m ? bpf_map__fd(m) : -1;
}

/* ---- --cgroup ---------------------------------------------------------------------------------- */

const char *cgroup_open(const char *path, int *fd) {
    struct statfs fs;
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return strerror(errno);
    if (!fstatfs(*fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
        return NULL;
    close(*fd);
    *fd = -1;
    return "not a folder of a cgroup2 filesystem (often mounted at /sys/fs/cgroup or /sys/fs/cgroup/unified)";
}

static bool set_cgroup(struct runtime *rt) {
    int map = fd_of_map(rt, rt->program->cgroup_symbol), fd;
    uint32_t key = 0;
    if (map < 0)
        return true;
    const char *why = cgroup_open(rt->opt->cgroup, &fd);
    if (!why && bpf_map_update_elem(map, &key, &fd, BPF_ANY))
        why = strerror(errno);
    if (fd >= 0)
        close(fd); /* the map holds the cgroup */
    if (why)
        diag_error(rt->diag, D_ATTACH, (struct span){ 0 }, "Failed to use cgroup '%s': %s", rt->opt->cgroup, why);
    return !why;
}

/* ---- --follow ---------------------------------------------------------------------------------- */

static void add(int map, uint32_t pid) {
    uint32_t one = 1;
    bpf_map_update_elem(map, &pid, &one, BPF_ANY);
}

static bool has(int map, uint32_t pid) {
    uint32_t value;
    return !bpf_map_lookup_elem(map, &pid, &value);
}

/* "PID (comm) S PPID …": comm may hold anything, so the last parenthesis counts. */
static uint32_t parent_of(const char *pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return 0;
    text[n] = 0;
    const char *end = strrchr(text, ')');
    return end && strlen(end) > 4 ? (uint32_t)strtoul(end + 4, NULL, 10) : 0;
}

/* Adds the children of processes in the set; whether there were any. */
static bool add_children(int map) {
    DIR *dir = opendir("/proc");
    bool any = false;
    for (const struct dirent *e; dir && (e = readdir(dir));) {
        uint32_t parent = isdigit((unsigned char)*e->d_name) ? parent_of(e->d_name) : 0;
        uint32_t pid = parent ? (uint32_t)strtoul(e->d_name, NULL, 10) : 0;
        if (!parent || has(map, pid) || !has(map, parent))
            continue;
        add(map, pid);
        any = true;
    }
    if (dir)
        closedir(dir);
    return any;
}

/* First the programs, then the process, then those it has: none that is forked meanwhile slips through. */
static bool start_following(struct runtime *rt) {
    int map = fd_of_map(rt, rt->program->followed_symbol);
    if (map < 0)
        return true;
    for (size_t i = 0; i < rt->program->progs.n; i++) {
        const struct prog *p = &rt->program->progs.v[i];
        if (p->attach != ATTACH_FOLLOW)
            continue;
        int link = bpf_raw_tracepoint_open(p->attach_btf_name, rt->prog_fds[i]);
        if (link < 0) {
            diag_error(rt->diag, D_ATTACH, (struct span){ 0 }, "Failed to follow processes through %s: %s",
                       p->attach_btf_name, strerror(-link));
            return false;
        }
        attach_keep(rt, (struct attachment){ .link = link, .event = -1 });
    }
    add(map, rt->opt->child ? (uint32_t)child_pid(rt->opt->child) : (uint32_t)rt->opt->pid);
    while (add_children(map))
        ;
    return true;
}

bool filters_start(struct runtime *rt) { return set_cgroup(rt) && start_following(rt); }
