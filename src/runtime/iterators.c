/* Iterators: programs that the kernel runs for its own objects, one after the other, while a file is read. They run once,
 * when everything is attached; pinned ones are left to those who read the file. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "output/sink.h"
#include "runtime/rt.h"
#include "support/strbuf.h"

static const char *pin_path(struct runtime *rt, const char *pin) {
    return *pin == '/' ? pin : arena_printf(rt->arena, "/sys/fs/bpf/%s", pin);
}

static int pin_link(struct runtime *rt, struct bpf_link *link, const char *path) {
    int error = bpf_link__pin(link, path);
    bpf_link__destroy(link);
    if (error)
        return error;
    struct strbuf line = { 0 };
    strbuf_printf(&line, "Program pinned to %s\n", path);
    sink_notice(&rt->sink, line.s, line.len);
    strbuf_free(&line);
    return 0;
}

int attach_iter(struct runtime *rt, const struct prog *prog, const struct probe *p) {
    struct bpf_link *link = bpf_program__attach_iter(rt->progs[prog - rt->program->progs.v], NULL);
    if (!link)
        return -errno;
    if (p->target)
        return pin_link(rt, link, pin_path(rt, p->target));
    int error = attach_keep_link(rt, link, false);
    if (!error)
        rt->attached.v[rt->attached.n - 1].is_iterator = true;
    return error;
}

static bool is_interrupted(const struct runtime *rt) {
    struct pollfd p = { .fd = rt->signal_fd, .events = POLLIN };
    return poll(&p, 1, 0) > 0;
}

/* Our programs write nothing to the file: reading it to its end is what runs them. After a million objects the kernel
 * wants to be asked again. */
static void run(struct runtime *rt, int link) {
    char block[4096];
    ssize_t n;
    int fd = bpf_iter_create(link);
    if (fd < 0)
        return;
    do {
        n = read(fd, block, sizeof block);
        int error = errno;
        poll_drain(rt);
        if (n < 0 && error != EAGAIN && error != EINTR)
            break;
    } while (n != 0 && !rt->is_exiting && !is_interrupted(rt));
    close(fd);
}

void run_iterators(struct runtime *rt) {
    for (VEC_EACH(a, &rt->attached))
        if (a->is_iterator && !rt->is_exiting)
            run(rt, a->link);
}
