/* Waiting: for records in the ring, for signals, for the process that is traced.
 *
 * A record that finds the reader waiting wakes it, which costs the traced process a microsecond; records that find it
 * busy cost a few nanoseconds. So while many come, the reader takes what was there when it looked, and then lets a
 * millisecond of them gather.
 *
 * Signals come through a descriptor, so that they arrive between records and never inside of one. They are blocked from
 * the first program that runs until the end; before that, their default action (to end the process) is the right one.
 * After the first SIGINT or SIGTERM that default is back: the second one ends everything at once. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/rt.h"

enum {
    BATCH_RECORDS = 4096,   /* between two looks at the signals */
    BATCH_BYTES = 64 << 10, /* of output, between two writes */
    BUSY_RECORDS = 32,      /* in one batch: many are coming */
    GATHER_MS = 1,
};

/* Behind an exit() only a later exit code and what maps need to be shown matter. */
static bool is_wanted(const struct runtime *rt, const struct event_site *site) {
    return !rt->is_over || strcmp(site->call, "exit") == 0 || strcmp(site->call, "stack") == 0 ||
           strcmp(site->call, "process") == 0;
}

static void deliver(struct runtime *rt, const void *data, size_t size) {
    struct event_header header;
    memcpy(&header, data, sizeof header);
    if (size < sizeof header || header.site >= rt->program->events.n || header.size > size - sizeof header)
        return;
    if (rt->deliver[header.site] && is_wanted(rt, rt->program->events.v[header.site]))
        rt->deliver[header.site](rt, rt->program->events.v[header.site], (const char *)data + sizeof header,
                                 header.size);
}

/* Of exit() the fact is needed at once: no other begin probe runs. */
static void hold(struct runtime *rt, const void *data, size_t size) {
    uint32_t site;
    memcpy(&site, data, sizeof site);
    if (site < rt->program->events.n && strcmp(rt->program->events.v[site]->call, "exit") == 0)
        rt->is_exiting = true;
    strbuf_add(&rt->held, (const char *)&size, sizeof size);
    strbuf_add(&rt->held, data, size);
    strbuf_fill(&rt->held, 0, -size & 7); /* records stay aligned */
}

void poll_replay(struct runtime *rt) {
    rt->is_holding = false;
    for (size_t at = 0, size; at < rt->held.len; at += (size + 7) & ~(size_t)7) {
        memcpy(&size, rt->held.s + at, sizeof size);
        at += sizeof size;
        deliver(rt, rt->held.s + at, size);
    }
    strbuf_free(&rt->held);
    sink_flush(&rt->sink, false);
}

static int on_record(void *ctx, void *data, size_t size) {
    struct runtime *rt = ctx;
    if (rt->is_holding)
        hold(rt, data, size);
    else
        deliver(rt, data, size);
    size_t used = ((size + 7) & ~(size_t)7) + 8; /* with the kernel's own header */
    rt->batch_left -= used < rt->batch_left ? used : rt->batch_left;
    bool is_full = ++rt->in_batch >= BATCH_RECORDS || rt->sink.out.len >= BATCH_BYTES;
    if (is_full && rt->perf_buffer) /* which does not stop */
        sink_flush(&rt->sink, false);
    return !rt->batch_left || is_full || rt->sink.write_failed ? -EAGAIN : 0;
}

/* "Lost N events", whenever the counters of the programs have moved. */
static void note_losses(struct runtime *rt) {
    uint64_t lost = losses_of(rt, LOSS_RING_FULL);
    if (lost == rt->lost_seen)
        return;
    rt->sink.ops->lost(&rt->sink, lost - rt->lost_seen);
    rt->lost_seen = lost;
}

/* Delivers some of what is in the ring; the number of records. *more: there was more than one batch takes. */
static unsigned drain_batch(struct runtime *rt, bool *more) {
    *more = false;
    rt->in_batch = 0;
    ring_take(rt);
    *more = rt->batch_left && !rt->sink.write_failed && rt->in_batch;
    note_losses(rt);
    sink_flush(&rt->sink, false);
    return rt->in_batch;
}

void poll_drain(struct runtime *rt) {
    bool more;
    while (drain_batch(rt, &more) || more)
        if (rt->sink.write_failed)
            break;
}

/* ---- signals ------------------------------------------------------------------------------- */

static void wanted_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGUSR1);
}

/* The second one of these is not to wait for anything. */
static void unblock_end(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

bool poll_signals(struct runtime *rt) {
    struct signalfd_siginfo info;
    bool is_end = false;
    while (read(rt->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGUSR1)
            run_special(rt, ATTACH_SIGNAL, NULL);
        else
            is_end = true;
        if (is_end)
            break;
    }
    if (is_end) {
        unblock_end();
        rt->is_exiting = true;
    }
    return is_end;
}

/* ---- set-up -------------------------------------------------------------------------------- */

static int open_target(const struct runtime *rt) {
    if (rt->opt->child)
        return dup(child_fd(rt->opt->child));
    return rt->opt->pid ? (int)syscall(SYS_pidfd_open, rt->opt->pid, 0) : -1;
}

bool poll_open(struct runtime *rt) {
    if (!ring_open(rt, on_record))
        return false;
    sigset_t set;
    wanted_signals(&set);
    /* A shell's background job inherits SIGINT ignored; here it means the same as ever. */
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, &rt->old_mask);
    rt->is_masked = true;
    rt->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    rt->target_fd = open_target(rt);
    if (rt->opt->pid && rt->target_fd < 0 && errno == ESRCH) {
        diag_error(rt->diag, D_ATTACH, (struct span){ 0 }, "Failed to attach to pid: process %d is gone", rt->opt->pid);
        return false;
    }
    return true;
}

void poll_close(struct runtime *rt) {
    ring_close(rt);
    if (rt->signal_fd >= 0)
        close(rt->signal_fd);
    if (rt->target_fd >= 0)
        close(rt->target_fd);
    rt->signal_fd = rt->target_fd = -1;
    if (rt->is_masked)
        sigprocmask(SIG_SETMASK, &rt->old_mask, NULL);
    rt->is_masked = false;
}

/* ---- loop ---------------------------------------------------------------------------------- */

/* An exit() whose event found the ring full: it holds once all that came before it has been delivered. */
static void check_lost_exit(struct runtime *rt, bool more) {
    uint64_t stored = more || !losses_of(rt, LOSS_RING_FULL) ? 0 : globals_exit(rt);
    if (stored && !rt->is_exiting)
        runtime_exit(rt, (int)(stored - 1));
}

void poll_loop(struct runtime *rt) {
    enum { SIGNALS, TARGET, RING, NFDS };
    struct pollfd fds[] = {
        [SIGNALS] = { .fd = rt->signal_fd, .events = POLLIN },
        [TARGET] = { .fd = rt->target_fd, .events = POLLIN },
        [RING] = { .fd = ring_fd(rt), .events = POLLIN },
    };
    bool more = false, is_busy = false;
    while (!rt->is_exiting && !rt->sink.write_failed) {
        int n = poll(fds, is_busy ? RING : NFDS, more ? 0 : is_busy ? GATHER_MS : -1);
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0 && fds[SIGNALS].revents && poll_signals(rt))
            break;
        is_busy = drain_batch(rt, &more) >= BUSY_RECORDS;
        check_lost_exit(rt, more);
        if (n > 0 && fds[TARGET].revents)
            break;
    }
}
