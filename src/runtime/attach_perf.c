/* Programs on perf events: timers, counters, breakpoints, and tracepoints whose records are needed.
 *
 * A tracepoint needs one event on one CPU: its programs hang on the tracepoint, not on the event, and run
 * everywhere. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/rt.h"

static int open_event(struct perf_event_attr *attr, int pid, int cpu) {
    int fd = (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static uint32_t program_id(int fd) {
    struct bpf_prog_info info = { 0 };
    uint32_t size = sizeof info;
    return bpf_prog_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

/* Links carry cookies, and come off before the event is closed (Linux 5.15); the ioctl is all that older kernels
 * have. */
static int add_program(struct runtime *rt, const struct prog *prog, const struct probe *p, int event, bool is_timer) {
    int fd = rt->prog_fds[prog - rt->program->progs.v];
    struct attachment a = { .link = -1, .event = event, .is_timer = is_timer, .is_slow = !is_timer };
    uint64_t cookie = attach_cookie(prog, p);
    if (cookie || !is_timer) {
        LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);
        a.link = bpf_link_create(fd, event, BPF_PERF_EVENT, &opts);
        a.prog = a.link >= 0 && !is_timer ? program_id(fd) : 0;
        if (a.link < 0 && cookie)
            return a.link;
    }
    if (a.link < 0 && ioctl(event, PERF_EVENT_IOC_SET_BPF, fd))
        return -errno;
    attach_keep(rt, a);
    return ioctl(event, PERF_EVENT_IOC_ENABLE, 0) ? -errno : 0;
}

/* ---- tracepoints --------------------------------------------------------------------------- */

static long read_number(const char *path) {
    char text[32];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return -EINVAL;
    text[n] = 0;
    return strtol(text, NULL, 10);
}

static long event_id(const struct probe *p) {
    static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
    long id = -ENOENT;
    for (size_t i = 0; i < sizeof roots / sizeof *roots && id == -ENOENT; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/events/%s/%s/id", roots[i], p->target, p->event);
        id = read_number(path);
    }
    return id;
}

void attach_perf_prepare(struct runtime *rt) {
    int fd = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, rt->online, sizeof rt->online - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        strcpy(rt->online, "0");
    for (VEC_EACH(prog, &rt->program->progs))
        if (prog->attach == ATTACH_PERF_TP)
            for (uint32_t i = 0; i < prog->nprobes; i++) {
                struct probe *p = &rt->program->probes.v[prog->first_probe + i];
                p->id = (uint64_t)event_id(p);
            }
}

int attach_perf_tracepoint(struct runtime *rt, const struct prog *prog, const struct probe *p) {
    int64_t id = (int64_t)p->id;
    if (id < 0)
        return (int)id;
    struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
                                    .size = sizeof attr,
                                    .config = (uint64_t)id,
                                    .sample_period = 1,
                                    .wakeup_events = 1 };
    int event = open_event(&attr, -1, 0);
    if (event < 0)
        return event;
    size_t before = rt->attached.n;
    int error = add_program(rt, prog, p, event, false);
    if (error && rt->attached.n == before)
        close(event);
    return error;
}

/* ---- timers and counters ------------------------------------------------------------------- */

static void fill_attr(struct perf_event_attr *attr, const struct probe *p, enum attach_kind kind) {
    *attr = (struct perf_event_attr){ .type = p->perf.type, .size = sizeof *attr, .config = p->perf.config };
    attr->disabled = 1;
    if (kind == ATTACH_WATCHPOINT) { /* config: length in the low byte, HW_BREAKPOINT_… bits above it */
        attr->type = PERF_TYPE_BREAKPOINT;
        attr->config = 0;
        attr->bp_addr = p->address;
        attr->bp_len = p->perf.config & 0xff;
        attr->bp_type = (uint32_t)(p->perf.config >> 8 & 0xff);
        attr->precise_ip = 2;
    }
    attr->freq = p->perf.freq;
    attr->sample_period = p->perf.period ? p->perf.period : 1;
}

/* Calls fn for each CPU of a list like "0-3,5"; stops at an error. */
static int each_cpu(const char *list, int (*fn)(void *ctx, int cpu), void *ctx) {
    int error = 0;
    while (*list && !error) {
        char *end;
        long lo = strtol(list, &end, 10), hi = lo;
        if (end == list)
            break;
        if (*end == '-')
            hi = strtol(end + 1, &end, 10);
        for (long cpu = lo; cpu <= hi && !error; cpu++)
            error = fn(ctx, (int)cpu);
        list = *end == ',' ? end + 1 : end;
    }
    return error;
}

struct per_cpu {
    struct runtime *rt;
    const struct prog *prog;
    const struct probe *probe;
    int pid;
    bool is_one; /* the first CPU alone */
    bool is_done;
};

static int attach_on_cpu(void *ctx, int cpu) {
    struct per_cpu *c = ctx;
    if (c->is_done)
        return 0;
    c->is_done = c->is_one;
    struct perf_event_attr attr;
    fill_attr(&attr, c->probe, c->prog->attach);
    int event = open_event(&attr, c->pid, cpu);
    if (event < 0)
        return event;
    size_t before = c->rt->attached.n;
    int error = add_program(c->rt, c->prog, c->probe, event, true);
    if (error && c->rt->attached.n == before)
        close(event);
    return error;
}

int attach_perf_event(struct runtime *rt, const struct prog *prog, const struct probe *p) {
    bool is_interval = strcmp(p->provider, "interval") == 0;
    struct per_cpu c = { .rt = rt, .prog = prog, .probe = p, .is_one = is_interval };
    c.pid = is_interval ? -1 : attach_pid(rt);
    return each_cpu(rt->online, attach_on_cpu, &c);
}
