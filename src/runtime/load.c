/* From the object in memory to programs and maps in the kernel, through libbpf.
 *
 * Sections are named after their functions, which tells libbpf nothing: program types and attach targets come from
 * struct program. A program that needs no BTF of the kernel (no fentry, iterator, typed raw tracepoint) is loaded
 * without reading it. The verifier's log is asked for only after a refusal. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runtime/rt.h"
#include "runtime/uapi.h"

static struct span nowhere(void) { return (struct span){ 0 }; }

static int print_all(enum libbpf_print_level level, const char *fmt, va_list ap) {
    (void)level;
    return vfprintf(stderr, fmt, ap);
}

static void raise_limit(int resource) {
    struct rlimit have, want = { RLIM_INFINITY, RLIM_INFINITY };
    if (getrlimit(resource, &have) || have.rlim_cur == RLIM_INFINITY)
        return;
    if (resource == RLIMIT_NOFILE)
        want = (struct rlimit){ 1 << 20, have.rlim_max > 1 << 20 ? have.rlim_max : 1 << 20 };
    if (setrlimit(resource, &want)) {
        want = (struct rlimit){ have.rlim_max, have.rlim_max };
        setrlimit(resource, &want);
    }
}

static bool needs_target(enum attach_kind kind) {
    return kind == ATTACH_TP_BTF || kind == ATTACH_FENTRY || kind == ATTACH_FEXIT || kind == ATTACH_ITER;
}

/* libbpf puts the prefix of the typedef or function in front by itself. */
static const char *target_name(const struct prog *p) {
    const char *prefix = p->attach == ATTACH_TP_BTF ? "btf_trace_" : p->attach == ATTACH_ITER ? "bpf_iter_" : "";
    size_t n = strlen(prefix);
    return strncmp(p->attach_btf_name, prefix, n) == 0 ? p->attach_btf_name + n : p->attach_btf_name;
}

/* The kernel must know at load whether a program goes behind a multi link. Kernel functions by address or with an
 * offset cannot. */
static enum bpf_attach_type multi_link_type(const struct runtime *rt, const struct prog *p) {
    bool is_kernel = p->attach == ATTACH_KPROBE || p->attach == ATTACH_KRETPROBE;
    bool is_user = p->attach == ATTACH_UPROBE || p->attach == ATTACH_URETPROBE || p->attach == ATTACH_USDT;
    if (p->attach_type || (!is_kernel && !is_user))
        return (enum bpf_attach_type)p->attach_type;
    if (is_user)
        return (enum bpf_attach_type)(kernel_features()->uprobe_multi ? UAPI_TRACE_UPROBE_MULTI : 0);
    for (uint32_t i = 0; i < p->nprobes; i++) {
        const struct probe *probe = &rt->program->probes.v[p->first_probe + i];
        if (probe->offset || probe->address)
            return 0;
    }
    return kernel_features()->kprobe_multi ? BPF_TRACE_KPROBE_MULTI : 0;
}

static bool set_up_program(struct runtime *rt, uint32_t i) {
    const struct prog *p = &rt->program->progs.v[i];
    struct bpf_program *prog = bpf_object__find_program_by_name(rt->object, p->function);
    if (!prog) {
        diag_error(rt->diag, D_INTERNAL, nowhere(), "the BPF object has no program %s", p->function);
        return false;
    }
    rt->progs[i] = prog;
    bpf_program__set_type(prog, (enum bpf_prog_type)p->type);
    enum bpf_attach_type attach_type = multi_link_type(rt, p);
    bpf_program__set_expected_attach_type(prog, attach_type);
    rt->has_multi_link[i] = (unsigned)attach_type == UAPI_TRACE_UPROBE_MULTI || attach_type == BPF_TRACE_KPROBE_MULTI;
    if (p->sleepable)
        bpf_program__set_flags(prog, BPF_F_SLEEPABLE);
    size_t log_size = rt->logs_size / rt->program->progs.n;
    bpf_program__set_log_buf(prog, rt->logs + i * log_size, log_size);
    if (rt->opt->debug_verifier)
        bpf_program__set_log_level(prog, 1);
    if (needs_target(p->attach) && bpf_program__set_attach_target(prog, 0, target_name(p))) {
        diag_error(rt->diag, D_LOAD, rt->program->probes.v[p->first_probe].span, "the kernel has no %s to attach to",
                   p->attach_btf_name);
        return false;
    }
    return true;
}

static bool open_object(struct runtime *rt, const void *elf, size_t elf_size) {
    LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "sonde");
    rt->object = bpf_object__open_mem(elf, elf_size, &opts);
    if (!rt->object) {
        diag_error(rt->diag, D_INTERNAL, nowhere(), "libbpf cannot read the BPF object: %s", strerror(errno));
        return false;
    }
    uint32_t n = (uint32_t)rt->program->progs.n;
    rt->progs = ARENA_ARRAY(rt->arena, struct bpf_program *, n);
    rt->prog_fds = ARENA_ARRAY(rt->arena, int, n);
    rt->has_multi_link = ARENA_ARRAY(rt->arena, bool, n);
    /* Room of the full size for each, of which only the log of the one that fails is ever touched. */
    size_t log_size = rt->program->config.log_size < 4096 ? 4096 : rt->program->config.log_size;
    rt->logs_size = log_size * n;
    rt->logs = mmap(NULL, rt->logs_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (rt->logs == MAP_FAILED) {
        rt->logs = NULL;
        diag_error(rt->diag, D_LIMIT, nowhere(), "no memory for %u verifier logs of %zu bytes", n, log_size);
        return false;
    }
    for (uint32_t i = 0; i < n; i++)
        if (!set_up_program(rt, i))
            return false;
    return true;
}

/* ---- failure ------------------------------------------------------------------------------- */

/* Programs that hang on kernel functions by their BTF are what some kernels refuse without a word. */
static const struct prog *first_by_btf(const struct program *p) {
    for (VEC_EACH(prog, &p->progs))
        if (needs_target(prog->attach))
            return prog;
    return NULL;
}

/* Before 5.11 the kernel's maps take keys of up to the size of a program's stack. */
static bool report_wide_key(struct runtime *rt, int error) {
    enum { OLD_LIMIT = 512 };
    for (uint32_t i = 0; error == -E2BIG && i < rt->program->maps.n; i++) {
        const struct map_info *m = rt->program->maps.v[i];
        if (!m->key || m->key->size <= OLD_LIMIT)
            continue;
        struct diagnostic *g = diag_error(rt->diag, D_LIMIT, nowhere(),
                                          "%s: the key of this map has %u bytes, more "
                                          "than the %d that this kernel allows",
                                          m->name, m->key->size, OLD_LIMIT);
        diag_hint(rt->diag, g, "strings are shorter with config = { max_strlen = 256 } or str(..., 256)");
        return true;
    }
    return false;
}

static void report_failure(struct runtime *rt, int error) {
    if (report_wide_key(rt, error))
        return;
    const char *why = error == -EPERM || error == -EACCES ? missing_privilege(rt->arena) : NULL;
    if (why) {
        diag_error(rt->diag, D_LOAD, nowhere(), "%s", why);
        return;
    }
    const struct prog *prog = first_by_btf(rt->program);
    struct diagnostic *g;
    if (prog && (error == -EPERM || error == -EINVAL || error == -ENOTSUP)) {
        g = diag_error(rt->diag, D_LOAD, rt->program->probes.v[prog->first_probe].span,
                       "Error loading BPF program for %s. Error code: %d (%s).", prog->function, error,
                       strerror(-error));
        diag_hint(rt->diag, g, "this kernel, or a policy of this machine, does not allow programs of this kind");
        return;
    }
    g = diag_error(rt->diag, D_LOAD, nowhere(),
                   "Unknown BPF object load failure. Try using the \"-d libbpf\" option to see the full loading log.");
    diag_hint(rt->diag, g, "the kernel says: %s", strerror(-error));
}

static void explain_load_error(struct runtime *rt, int error) {
    size_t n = rt->program->progs.n, log_size = n ? rt->logs_size / n : 0;
    for (uint32_t i = 0; i < n; i++)
        if (rt->logs[i * log_size] && !rt->opt->debug_verifier) {
            report_rejection(rt, i, rt->logs + i * log_size, error);
            return;
        }
    /* With -d verifier every program that was looked at has a log: the last of them is the one. */
    for (uint32_t i = (uint32_t)n; i-- > 0;)
        if (rt->logs[i * log_size]) {
            report_rejection(rt, i, rt->logs + i * log_size, error);
            return;
        }
    report_failure(rt, error);
}

static void show_logs(struct runtime *rt) {
    size_t n = rt->program->progs.n, log_size = n ? rt->logs_size / n : 0;
    for (uint32_t i = 0; i < n; i++)
        if (rt->logs[i * log_size])
            fprintf(stderr, "BPF verifier log for %s:\n%s\n", rt->program->progs.v[i].function,
                    rt->logs + i * log_size);
}

/* ---- maps ---------------------------------------------------------------------------------- */

static int find_map(struct runtime *rt, const char *symbol) {
    struct bpf_map *m = symbol ? bpf_object__find_map_by_name(rt->object, symbol) : NULL;
    return m ? bpf_map__fd(m) : -1;
}

static struct bpf_map *find_globals(struct runtime *rt) {
    struct bpf_map *m;
    bpf_object__for_each_map(m, rt->object) {
        const char *name = bpf_map__name(m);
        size_t len = strlen(name);
        if (len >= 4 && strcmp(name + len - 4, ".bss") == 0)
            return m;
    }
    return NULL;
}

/* libbpf's own mapping of .bss is the initial image, not the map. */
static bool take_globals(struct runtime *rt) {
    struct bpf_map *m = find_globals(rt);
    size_t page = (size_t)sysconf(_SC_PAGESIZE), want = rt->program->globals_size;
    if (!m && !want)
        return true;
    rt->globals_size = m ? (bpf_map__value_size(m) + page - 1) / page * page : 0;
    void *at = m && want <= rt->globals_size
                   ? mmap(NULL, rt->globals_size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(m), 0)
                   : MAP_FAILED;
    if (at == MAP_FAILED) {
        diag_error(rt->diag, D_INTERNAL, nowhere(), "cannot map the globals area of %zu bytes", want);
        return false;
    }
    rt->globals = at;
    return true;
}

static bool take_fds(struct runtime *rt) {
    struct program *p = rt->program;
    for (size_t i = 0; i < p->progs.n; i++)
        rt->prog_fds[i] = bpf_program__fd(rt->progs[i]);
    rt->map_fds = ARENA_ARRAY(rt->arena, int, p->maps.n);
    for (size_t i = 0; i < p->maps.n; i++)
        rt->map_fds[i] = find_map(rt, p->maps.v[i]->symbol);
    return take_globals(rt);
}

bool load_object(struct runtime *rt, const void *elf, size_t elf_size) {
    rt->elf = elf;
    rt->elf_size = elf_size;
    libbpf_set_print(rt->opt->debug_libbpf ? print_all : NULL);
    raise_limit(RLIMIT_MEMLOCK); /* kernels before 5.11 charge maps to it */
    raise_limit(RLIMIT_NOFILE);
    if (!open_object(rt, elf, elf_size))
        return false;
    int error = bpf_object__load(rt->object);
    if (rt->opt->debug_verifier)
        show_logs(rt);
    if (error) {
        explain_load_error(rt, error);
        return false;
    }
    return take_fds(rt);
}

void unload_object(struct runtime *rt) {
    if (rt->object)
        bpf_object__close(rt->object);
    if (rt->logs)
        munmap(rt->logs, rt->logs_size);
    if (rt->globals)
        munmap(rt->globals, rt->globals_size);
    rt->object = NULL;
    rt->logs = NULL;
    rt->globals = NULL;
}
