/* BPF programs in the kernel, as targets of fentry:bpf. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <string.h>
#include <unistd.h>

#include "probes/cache.h"

/* The whole name is in the program's BTF; the kernel's own field cuts it at 15 bytes. */
static const char *full_name(struct arena *a, const struct bpf_prog_info *info, const char *fallback, int fd) {
    struct bpf_func_info func = { 0 };
    struct bpf_prog_info with_func = { 0 };
    uint32_t len = sizeof with_func;
    with_func.nr_func_info = 1;
    with_func.func_info_rec_size = sizeof func;
    with_func.func_info = (uint64_t)(uintptr_t)&func;
    if (!info->btf_id || bpf_prog_get_info_by_fd(fd, &with_func, &len) != 0)
        return fallback;
    struct btf *btf = btf__load_from_kernel_by_id(info->btf_id);
    const struct btf_type *t = btf ? btf__type_by_id(btf, func.type_id) : NULL;
    const char *name = t ? btf__name_by_offset(btf, t->name_off) : NULL;
    name = name && *name ? arena_strdup(a, name) : fallback;
    btf__free(btf);
    return name;
}

size_t system_bpf_programs(struct probe_env *env, uint64_t id, const char *pattern, struct bpf_program_info **out) {
    VEC(struct bpf_program_info) list = { 0 };
    uint32_t next = 0;
    while (bpf_prog_get_next_id(next, &next) == 0) {
        if (id && next != id)
            continue;
        int fd = bpf_prog_get_fd_by_id(next);
        if (fd < 0)
            continue;
        struct bpf_prog_info info = { 0 };
        uint32_t len = sizeof info;
        if (bpf_prog_get_info_by_fd(fd, &info, &len) == 0 && info.btf_id) {
            const char *name = full_name(env->arena, &info, arena_strdup(env->arena, info.name), fd);
            if (wildcard_match(pattern, name))
                VEC_PUSH(env->arena, &list, (struct bpf_program_info){ next, name });
        }
        close(fd);
    }
    *out = list.v;
    return list.n;
}
