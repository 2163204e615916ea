/* Why the kernel refuses BPF, in words. Nothing is checked up front: whoever has the right to do what a script needs
 * may run it. After a refusal the missing capability is looked for, then the other things that are known to refuse. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/rt.h"

enum { CAP_BPF_NR = 39, CAP_PERFMON_NR = 38 };

static bool read_line(const char *path, char *line, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, line, size - 1);
    close(fd);
    line[n > 0 ? n : 0] = 0;
    line[strcspn(line, "\n")] = 0;
    return n > 0;
}

static bool has_cap(const struct __user_cap_data_struct *data, int cap) {
    return data[cap / 32].effective >> (cap % 32) & 1;
}

static const char *missing_capabilities(struct arena *a) {
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { 0 };
    if (syscall(SYS_capget, &header, data) || has_cap(data, CAP_SYS_ADMIN))
        return NULL;
    bool bpf = has_cap(data, CAP_BPF_NR), perfmon = has_cap(data, CAP_PERFMON_NR);
    if (bpf && perfmon)
        return NULL;
    return arena_printf(
        a,
        "the kernel refuses BPF to this user: %s missing (run as root, or grant %s with sudo, setpriv or a "
        "service's AmbientCapabilities)",
        bpf       ? "CAP_PERFMON is"
        : perfmon ? "CAP_BPF is"
                  : "CAP_BPF and CAP_PERFMON are",
        bpf || perfmon ? "it" : "them");
}

const char *missing_privilege(struct arena *a) {
    const char *caps = missing_capabilities(a);
    if (caps)
        return caps;
    char line[256];
    const char *mode = read_line("/sys/kernel/security/lockdown", line, sizeof line) ? strchr(line, '[') : NULL;
    if (mode && strncmp(mode, "[none]", 6) != 0)
        return arena_printf(a, "the kernel is locked down (%.*s): it refuses this even to root",
                            (int)strcspn(mode + 1, "]"), mode + 1);
    return NULL;
}
