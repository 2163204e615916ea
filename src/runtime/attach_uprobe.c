/* User-space probes: uprobe, uretprobe, usdt.
 *
 * Where the kernel has uprobe.multi links (6.6), one link serves every probe of a program in one file: it attaches and
 * detaches at once, whatever their number. Else each probe is a perf event of its own. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runtime/rt.h"

static struct bpf_program *program_of(const struct runtime *rt, const struct prog *prog) {
    return rt->progs[prog - rt->program->progs.v];
}

int attach_uprobe(struct runtime *rt, const struct prog *prog, const struct probe *p) {
    LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = prog->attach == ATTACH_URETPROBE,
                .bpf_cookie = attach_cookie(prog, p), .ref_ctr_offset = p->ref_ctr_offset);
    return attach_keep_link(
        rt, bpf_program__attach_uprobe_opts(program_of(rt, prog), attach_pid(rt), p->target, p->offset, &opts), true);
}

struct group {
    const char *path;
    unsigned long *offsets, *semaphores;
    __u64 *cookies;
    size_t n;
    bool has_semaphores;
};

/* Those of n probes that are in the same file as the last one not yet done; false when all are. From the last to the
 * first, see attach.c. */
static bool collect(const struct probe *probes, uint32_t n, bool *done, struct group *g) {
    g->n = 0;
    g->has_semaphores = false;
    for (uint32_t i = n; i-- > 0;) {
        if (done[i] || (g->n && strcmp(probes[i].target, g->path) != 0))
            continue;
        done[i] = true;
        g->path = probes[i].target;
        g->offsets[g->n] = probes[i].offset;
        g->semaphores[g->n] = probes[i].ref_ctr_offset;
        g->has_semaphores |= probes[i].ref_ctr_offset != 0;
        g->cookies[g->n++] = probes[i].cookie;
    }
    return g->n;
}

static int attach_file(struct runtime *rt, const struct prog *prog, const struct group *g) {
    LIBBPF_OPTS(bpf_uprobe_multi_opts, opts, .offsets = g->offsets, .cookies = g->cookies, .cnt = g->n,
                .ref_ctr_offsets = g->has_semaphores ? g->semaphores : NULL,
                .retprobe = prog->attach == ATTACH_URETPROBE);
    return attach_keep_link(
        rt, bpf_program__attach_uprobe_multi(program_of(rt, prog), attach_pid(rt), g->path, NULL, &opts), true);
}

int attach_uprobe_multi(struct runtime *rt, const struct prog *prog, uint32_t first, uint32_t n) {
    struct arena *a = arena_new();
    struct group g = { .offsets = ARENA_ARRAY(a, unsigned long, n),
                       .semaphores = ARENA_ARRAY(a, unsigned long, n),
                       .cookies = ARENA_ARRAY(a, __u64, n) };
    bool *done = ARENA_ARRAY(a, bool, n);
    int error = 0;
    while (!error && collect(&rt->program->probes.v[prog->first_probe + first], n, done, &g))
        error = attach_file(rt, prog, &g);
    arena_free(a);
    return error;
}
