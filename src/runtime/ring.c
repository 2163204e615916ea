/* Where records come from: the BPF ring buffer, or one perf buffer for each CPU (config output = perfbuf, and kernels
 * that have no other).
 *
 * The two differ: perf buffers keep the order of records only within a CPU, cost memory for each of them, and their
 * records are copied twice. What did not fit is counted by the programs in both cases. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/rt.h"

enum { PERF_PAGES = 64 }; /* for each CPU, where config does not say */

static size_t perf_pages(const struct runtime *rt) {
    uint64_t wanted = rt->program->config.perf_rb_pages, n = 1;
    while (n < (wanted ? wanted : PERF_PAGES) && n < 1 << 20)
        n *= 2;
    return n;
}

/* Records of perf buffers begin at odd words; whoever reads them expects 64-bit values to be aligned. */
static void on_sample(void *ctx, int cpu, void *data, uint32_t size) {
    struct runtime *rt = ctx;
    (void)cpu;
    rt->sample.len = 0;
    strbuf_add(&rt->sample, data, size);
    rt->on_record(rt, rt->sample.s, size);
}

bool ring_open(struct runtime *rt, ring_record_fn *fn) {
    if (!rt->program->ring_symbol)
        return true;
    struct bpf_map *m = bpf_object__find_map_by_name(rt->object, rt->program->ring_symbol);
    bool is_perf = m && bpf_map__type(m) == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
    rt->on_record = fn;
    if (is_perf)
        rt->perf_buffer = perf_buffer__new(bpf_map__fd(m), perf_pages(rt), on_sample, NULL, rt, NULL);
    else if (m)
        rt->ring = ring_buffer__new(bpf_map__fd(m), fn, rt, NULL);
    if (rt->ring || rt->perf_buffer)
        return true;
    diag_error(rt->diag, D_LOAD, (struct span){ 0 }, "cannot map the %s: %s",
               is_perf ? "perf buffers" : "BPF ring buffer", strerror(errno));
    return false;
}

void ring_close(struct runtime *rt) {
    ring_buffer__free(rt->ring);
    perf_buffer__free(rt->perf_buffer);
    strbuf_free(&rt->sample);
    rt->ring = NULL;
    rt->perf_buffer = NULL;
}

int ring_fd(const struct runtime *rt) {
    if (rt->perf_buffer)
        return perf_buffer__epoll_fd(rt->perf_buffer);
    return rt->ring ? ring_buffer__epoll_fd(rt->ring) : -1;
}

/* Of perf buffers all is taken that was there at the beginning. */
void ring_take(struct runtime *rt) {
    rt->batch_left = 0;
    if (rt->perf_buffer)
        perf_buffer__consume(rt->perf_buffer);
    if (!rt->ring)
        return;
    rt->batch_left = ring__avail_data_size(ring_buffer__ring(rt->ring, 0));
    if (rt->batch_left)
        ring_buffer__consume(rt->ring);
}
