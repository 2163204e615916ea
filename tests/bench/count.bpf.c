/* What an engineer would write by hand for raw_syscalls:sys_enter { @[comm] = count(); }: the yardstick. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct key {
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, 4096);
    __type(key, struct key);
    __type(value, __u64);
} counts SEC(".maps");

SEC("raw_tp/sys_enter")
int count(void *ctx) {
    struct key key = {};
    bpf_get_current_comm(key.comm, sizeof key.comm);
    __u64 *n = bpf_map_lookup_elem(&counts, &key);
    if (n) {
        *n += 1;
    } else {
        __u64 one = 1;
        bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
    }
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
