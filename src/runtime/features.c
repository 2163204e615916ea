/* What this kernel can do, tried out rather than told by version numbers: distributions backport, and policies forbid.
 *
 * Each probe is one small program load or link attempt that fails in a way that tells. The answers cannot change while
 * we run, so they are kept; the set as a whole takes well under a millisecond. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/rt.h"
#include "runtime/uapi.h"

/* return 0 */
static const struct bpf_insn empty[] = {
    { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
    { .code = BPF_JMP | BPF_EXIT },
};

static int load(enum bpf_prog_type type, enum bpf_attach_type attach, const struct bpf_insn *insns, size_t n) {
    LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
    return bpf_prog_load(type, "probe", "GPL", insns, n, &opts);
}

/* Links of this type to something that does not exist: kernels that know the type complain about the something. */
static bool has_multi(unsigned attach_type) {
    int prog = load(BPF_PROG_TYPE_KPROBE, (enum bpf_attach_type)attach_type, empty, 2);
    if (prog < 0)
        return false;
    const unsigned long offset = 0;
    const char *symbol = "sonde_no_such_function";
    LIBBPF_OPTS(bpf_link_create_opts, opts);
    if (attach_type == UAPI_TRACE_UPROBE_MULTI) {
        opts.uprobe_multi.path = "/";
        opts.uprobe_multi.offsets = &offset;
        opts.uprobe_multi.cnt = 1;
    } else {
        opts.kprobe_multi.syms = &symbol;
        opts.kprobe_multi.cnt = 1;
    }
    int link = bpf_link_create(prog, -1, (enum bpf_attach_type)attach_type, &opts);
    close(prog);
    if (link >= 0)
        close(link);
    /* a directory is no regular file: EBADF; no such function: ESRCH */
    return link >= 0 || link == (attach_type == UAPI_TRACE_UPROBE_MULTI ? -EBADF : -ESRCH);
}

/* The verifier of a kernel without a helper says "invalid func"; with it, that the arguments are wrong. */
static bool has_helper(enum bpf_prog_type type, int helper) {
    const struct bpf_insn insns[] = {
        { .code = BPF_JMP | BPF_CALL, .imm = helper },
        { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
        { .code = BPF_JMP | BPF_EXIT },
    };
    char log[4096] = "";
    LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = sizeof log, .log_level = 1);
    int prog = bpf_prog_load(type, "probe", "GPL", insns, 3, &opts);
    if (prog >= 0)
        close(prog);
    if (prog == -EPERM)
        return false;
    return prog >= 0 ||
           (!strstr(log, "invalid func") && !strstr(log, "unknown func") && !strstr(log, "cannot use helper"));
}

static bool has_map(enum bpf_map_type type, unsigned key, unsigned value, unsigned entries) {
    int map = bpf_map_create(type, "probe", key, value, entries, NULL);
    if (map >= 0)
        close(map);
    return map >= 0;
}

static bool has_lookup_batch(void) {
    int map = bpf_map_create(BPF_MAP_TYPE_HASH, "probe", 4, 4, 1, NULL);
    if (map < 0)
        return false;
    uint32_t token, key, value, n = 1;
    int error = bpf_map_lookup_batch(map, NULL, &token, &key, &value, &n, NULL);
    close(map);
    return !error || error == -ENOENT;
}

static bool has_event_source(const char *name) {
    char path[64] = "/sys/bus/event_source/devices/";
    strcat(path, name);
    return access(path, F_OK) == 0;
}

/* Any module at all with a description of its own. */
static bool has_module_btf(void) {
    DIR *dir = opendir("/sys/kernel/btf");
    struct dirent *e;
    bool found = false;
    while (dir && !found && (e = readdir(dir)))
        found = e->d_name[0] != '.' && strcmp(e->d_name, "vmlinux") != 0;
    if (dir)
        closedir(dir);
    return found;
}

static void probe_all(struct kernel_features *f) {
    f->btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
    f->kprobes = has_event_source("kprobe");
    f->uprobe_multi = has_multi(UAPI_TRACE_UPROBE_MULTI);
    f->kprobe_multi = f->kprobes && has_multi(BPF_TRACE_KPROBE_MULTI);
    f->kprobe_session = f->kprobe_multi && has_multi(UAPI_TRACE_KPROBE_SESSION);
    f->ringbuf = has_map(BPF_MAP_TYPE_RINGBUF, 0, 0, (unsigned)sysconf(_SC_PAGESIZE));
    f->iter = f->btf && has_helper(BPF_PROG_TYPE_TRACING, BPF_FUNC_seq_write);
    f->fentry = f->btf && access("/sys/kernel/tracing/available_filter_functions", F_OK) == 0;
    f->map_lookup_batch = has_lookup_batch();
    f->lookup_percpu_elem = has_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_map_lookup_percpu_elem);
    f->get_func_ip = has_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_func_ip);
    f->attach_cookie = has_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie);
    f->loop = has_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_loop);
    f->get_tai_ns = has_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_ktime_get_tai_ns);
    f->dpath = f->fentry && has_helper(BPF_PROG_TYPE_TRACING, BPF_FUNC_d_path);
    f->module_btf = f->btf && has_module_btf();
    f->open_coded_iterators = f->uprobe_multi; /* 6.4; nothing cheaper tells, and 6.6 is near enough */
}

bool kernel_has_ringbuf(void) {
    struct utsname u;
    unsigned major = 0, minor = 0;
    bool is_known = !uname(&u) && sscanf(u.release, "%u.%u", &major, &minor) == 2;
    return (is_known && (major > 5 || (major == 5 && minor >= 8))) || kernel_features()->ringbuf;
}

/* One answer for the whole process. */
static struct kernel_features features;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void probe_once(void) { probe_all(&features); }

const struct kernel_features *kernel_features(void) {
    pthread_once(&once, probe_once);
    return &features;
}
