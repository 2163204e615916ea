/* Kernel functions: kprobe and kretprobe, as one kprobe.multi link where the kernel has it (5.18), else one by one. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "runtime/rt.h"

static struct bpf_program *program_of(const struct runtime *rt, const struct prog *prog) {
    return rt->progs[prog - rt->program->progs.v];
}

int attach_kprobe(struct runtime *rt, const struct prog *prog, const struct probe *p) {
    LIBBPF_OPTS(bpf_kprobe_opts, opts, .retprobe = prog->attach == ATTACH_KRETPROBE,
                .bpf_cookie = attach_cookie(prog, p), .offset = p->address ? p->address : p->offset);
    const char *name = p->address ? NULL : p->event; /* without a name the offset is an address to the kernel */
    return attach_keep_link(rt, bpf_program__attach_kprobe_opts(program_of(rt, prog), name, &opts), true);
}

int attach_kprobe_multi(struct runtime *rt, const struct prog *prog, uint32_t first, uint32_t n) {
    struct arena *a = arena_new();
    const char **names = ARENA_ARRAY(a, const char *, n);
    __u64 *cookies = ARENA_ARRAY(a, __u64, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct probe *p = &rt->program->probes.v[prog->first_probe + first + i];
        names[i] = p->event;
        cookies[i] = p->cookie;
    }
    LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .syms = names, .cookies = cookies, .cnt = n,
                .retprobe = prog->attach == ATTACH_KRETPROBE);
    int error = attach_keep_link(rt, bpf_program__attach_kprobe_multi_opts(program_of(rt, prog), NULL, &opts), true);
    arena_free(a);
    return error;
}
