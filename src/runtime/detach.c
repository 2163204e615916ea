/* The way back from attach.c.
 *
 * Most hooks close in microseconds. A tracepoint by way of perf makes the kernel wait for every CPU, twice (50 to 150
 * ms, measured on 6.18); what keeps the user waiting can be kept small by two facts. The waits of many overlap when
 * many threads close. And the program is off its tracepoint before the first wait begins, which the event can be
 * asked: from then on nothing moves any more, and the end probes run while the threads wait. */
#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "runtime/rt.h"

enum { MAX_THREADS = 256, STACK_SIZE = 64 << 10 };

struct closer {
    VEC(const struct attachment *) slow;
    size_t next; /* index of the first one that nobody has taken; atomic */
    pthread_t threads[MAX_THREADS];
    size_t nthreads;
};

static void close_one(const struct attachment *a) {
    if (a->link >= 0)
        close(a->link);
    if (a->event >= 0)
        close(a->event);
}

static void *close_some(void *ctx) {
    struct closer *c = ctx;
    size_t i;
    while ((i = __atomic_fetch_add(&c->next, 1, __ATOMIC_RELAXED)) < c->slow.n)
        close_one(c->slow.v[i]);
    return NULL;
}

static void start_threads(struct closer *c) {
    size_t want = c->slow.n < MAX_THREADS ? c->slow.n : MAX_THREADS;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    while (c->nthreads < want && !pthread_create(&c->threads[c->nthreads], &attr, close_some, c))
        c->nthreads++;
    pthread_attr_destroy(&attr);
    if (!c->nthreads)
        close_some(c);
}

/* Whether the program is still called by the tracepoint behind the event. */
static bool is_called(const struct attachment *a) {
    enum { MAX = 64 }; /* the kernel allows that many on one tracepoint */
    struct perf_event_query_bpf *q = calloc(1, sizeof *q + MAX * sizeof q->ids[0]);
    if (!q)
        out_of_memory();
    q->ids_len = MAX;
    bool found = false;
    if (ioctl(a->event, PERF_EVENT_IOC_QUERY_BPF, q))
        found = errno == ENOSPC; /* none: ENOENT; closed: EBADF */
    else
        for (__u32 i = 0; i < q->prog_cnt && i < MAX; i++)
            found |= q->ids[i] == a->prog;
    free(q);
    return found;
}

/* Microseconds as a rule; the bound is for surprises. */
static void wait_until_off(const struct closer *c) {
    struct timespec pause = { .tv_nsec = 50000 };
    unsigned left = 20000;
    for (size_t i = 0; i < c->slow.n; i++)
        while (left && is_called(c->slow.v[i])) {
            nanosleep(&pause, NULL);
            left--;
        }
}

static bool can_be_asked(const struct attachment *a) { return a->link >= 0 && a->event >= 0 && a->prog; }

void detach_all(struct runtime *rt) {
    if (rt->is_detached)
        return;
    rt->is_detached = true;
    struct closer *c = rt->closer = ARENA_NEW(rt->arena, struct closer);
    bool may_ask = true;
    for (VEC_EACH(a, &rt->attached))
        if (a->is_timer)
            ioctl(a->event, PERF_EVENT_IOC_DISABLE, 0);
    for (size_t i = rt->attached.n; i-- > 0;) {
        const struct attachment *a = &rt->attached.v[i];
        if (!a->is_slow) {
            close_one(a);
            continue;
        }
        may_ask &= can_be_asked(a);
        VEC_PUSH(rt->arena, &c->slow, a);
    }
    start_threads(c);
    if (may_ask)
        wait_until_off(c);
    else
        detach_finish(rt);
}

void detach_finish(struct runtime *rt) {
    struct closer *c = rt->closer;
    for (size_t i = 0; c && i < c->nthreads; i++)
        pthread_join(c->threads[i], NULL);
    rt->closer = NULL;
}
