/* struct program: the border between compiler and runtime.
 *
 * It names everything the BPF object needs to be run: the BPF programs and the probes each of them serves, maps, event
 * records, strings, the ledger of losses. It holds no AST and no LLVM, can be written to JSON and read back, and is all
 * that the runtime ever sees of a script. Lives in the compilation's arena. */
#ifndef SONDE_PROGRAM_PROGRAM_H
#define SONDE_PROGRAM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/arena.h"
#include "support/diag.h"
#include "support/vec.h"
#include "types/type.h"

/* Effective values of the config block and the environment (reference §5; table in options.def). */
struct config {
    bool cpp_demangle, lazy_symbolication, print_maps_on_exit, use_blazesym, show_debug_info;
    uint64_t log_size, max_bpf_progs, max_cat_bytes, max_map_keys, max_probes, max_strlen, on_stack_limit, perf_rb_pages;
    const char *str_trunc_trailer, *license, *cache_user_symbols; /* PER_PID, PER_PROGRAM, NONE, or NULL = default */
    enum unstable { UNSTABLE_ERROR, UNSTABLE_WARN, UNSTABLE_ENABLE } unstable_import_statement, unstable_tseries,
        unstable_typeinfo, unstable_dw_ustack;
    enum missing_probes { MISSING_ERROR, MISSING_WARN, MISSING_IGNORE } missing_probes;
    enum stack_mode stack_mode;
    enum { OUTPUT_RINGBUF, OUTPUT_PERFBUF } output; /* sonde's own */
};

/* How a BPF program is hooked up; the runtime has one attach function for each (probes/ chooses, runtime/ does). */
enum attach_kind {
    ATTACH_BEGIN,       /* run once through BPF_PROG_TEST_RUN before the others are attached */
    ATTACH_END,         /* the same after they were detached */
    ATTACH_SIGNAL,      /* the same whenever sonde gets SIGUSR1 */
    ATTACH_TEST,        /* the same under --test, --bench */
    ATTACH_BENCH,
    ATTACH_RAW_TP,      /* probe.event = tracepoint name as the kernel's raw tracepoints know it */
    ATTACH_TP_BTF,      /* the same, BTF-typed */
    ATTACH_PERF_TP,     /* probe.target : probe.event under tracefs */
    ATTACH_PERF_EVENT,  /* perf_event_open: probe.perf */
    ATTACH_UPROBE,      /* probe.target = path, probe.offset = file offset */
    ATTACH_URETPROBE,
    ATTACH_USDT,
    ATTACH_KPROBE,      /* probe.event = function (+ probe.offset), or probe.address */
    ATTACH_KRETPROBE,
    ATTACH_FENTRY,
    ATTACH_FEXIT,
    ATTACH_ITER,
    ATTACH_WATCHPOINT,
    ATTACH_FOLLOW,      /* --follow: serves no probe; prog.attach_btf_name = raw tracepoint */
};

/* One attach point after expansion of wildcards. */
struct probe {
    const char *name;     /* what `probe` shows: "tracepoint:raw_syscalls:sys_enter" */
    const char *provider; /* row of the provider table: "tracepoint" */
    const char *target;   /* category, module, binary path, … or NULL */
    const char *event;    /* event, function, … or NULL */
    const char *ns;       /* usdt provider or NULL */
    uint64_t offset;      /* uprobe: file offset; kprobe: offset into the function */
    uint64_t func_offset; /* uprobe: symbol's file offset, for `func` */
    uint64_t address;     /* kprobe by address, watchpoint */
    uint64_t ref_ctr_offset; /* usdt semaphore, file offset; 0 none */
    uint64_t id;          /* syscall number; tracepoint id; whatever the provider notes for attach */
    struct {
        uint32_t type, size_unused; /* PERF_TYPE_… */
        uint64_t config;
        uint64_t period;  /* events, or ns of a timer when freq is false; Hz when freq is true */
        bool freq;
        bool all_cpus;    /* profile; else CPU 0 alone (interval) */
    } perf;
    uint32_t prog;   /* index into program->progs */
    uint32_t cookie; /* position among the probes of that prog: what the BPF side sees */
    struct span span; /* for attach errors; not in JSON */
    const char *usdt_args; /* usdt: text of the note's arguments, for the compiler; not in JSON */
};

/* One BPF program. */
struct prog {
    const char *function; /* ELF symbol; its section is s_ and this name */
    uint32_t type;        /* enum bpf_prog_type */
    uint32_t attach_type; /* enum bpf_attach_type, 0 default */
    enum attach_kind attach;
    bool sleepable;
    bool is_multi;        /* cookies tell the probes apart: multi link, or dispatch in the program */
    uint32_t first_probe, nprobes; /* its probes are consecutive in program->probes */
    const char *attach_btf_name;   /* fentry, tp_btf, iter: BTF function/typedef name */
};

enum map_storage {
    MAP_GLOBAL,        /* one value in the globals area */
    MAP_GLOBAL_PERCPU, /* program->ncpus slots in the globals area, `stride` bytes apart */
    MAP_HASH,
    MAP_LRU_HASH,
    MAP_PERCPU_HASH,
    MAP_PERCPU_LRU_HASH,
    MAP_ARRAY, /* let @x = array(n): keys are 0 … n-1 as uint32; all elements exist, zeros at first */
    MAP_PERCPU_ARRAY,
    MAP_QUEUE, /* no keys: push, pop, peek */
    MAP_LIFO, /* stack(n): mman.h has the other name */
};

struct map_info {
    const char *name;       /* "@x" */
    const char *symbol;     /* ELF symbol of the BPF map; NULL for globals */
    const struct type *key; /* NULL: scalar map */
    const struct type *value; /* aggregation types for aggregations */
    enum map_storage storage;
    uint32_t max_entries;
    uint64_t offset;        /* globals: of the (first) slot in the globals area */
    uint64_t stride;        /* MAP_GLOBAL_PERCPU */
    uint64_t set_offset;    /* globals: within a slot, the uint64 that is non-zero once there is a value */
    uint32_t cell_size;     /* bytes of the value as it lies in the map (aggregations: one CPU's cell), multiple of 8 */
    bool is_declared;       /* let @x = kind(n) */
    const char *declared_kind;
    bool is_read, is_written; /* checker */
    bool is_internal;       /* scratch of the compiler's own: never printed */
};
static inline bool map_is_array(const struct map_info *m) {
    return m->storage == MAP_ARRAY || m->storage == MAP_PERCPU_ARRAY;
}
static inline bool map_is_sequence(const struct map_info *m) {
    return m->storage == MAP_QUEUE || m->storage == MAP_LIFO;
}

/* Stacks of one kind. Each distinct one comes once, in an event "stack" whose number[0] is the index here: id (as in struct
 * stack_value), pid, number of frames, then `limit` frames (64-bit addresses, or struct bpf_stack_build_id). The BPF map
 * holds the ids that were sent. */
struct stack_map {
    const char *symbol;
    uint32_t limit; /* frames */
    bool is_build_id;
};

/* One call whose effect happens in user space. The BPF side reserves `record.size` + 8 bytes in the ring buffer: the
 * header, then the arguments as a tuple of type `record`. */
struct event_header {
    uint32_t site; /* index into program->events */
    uint32_t size; /* bytes behind the header that are valid (strings at the end may be cut short) */
};
struct event_site {
    uint32_t id;
    const char *call;          /* row of the builtin table that delivers it: "printf" */
    const struct type *record; /* TY_TUPLE */
    const char *format;        /* printf family, time, cat, system: the format string (NUL bytes possible); or NULL */
    size_t format_len;
    const char *text;          /* whatever else deliver needs: message of an error, separator of join, … */
    const char *helper;        /* run-time errors: name of the failing helper */
    int32_t map;               /* print/clear/zero: index into program->maps; else -1 */
    uint64_t number[3];        /* print: top, div; anything else by agreement of check and deliver */
    const char *file;          /* place of the call: errorf, run-time errors */
    uint32_t line, col, end_col;
    uint32_t end_line;         /* 0, or the last line of a call over several: columns are not shown then */
    const char *excerpt;       /* source line and markers, ready to print, for run-time errors */
    const char *expansions;    /* "expanded from" blocks, ready to print; NULL without */
};

/* Counters of everything that could make an answer wrong: uint64s in the globals area. */
enum loss_cause {
    LOSS_RING_FULL,    /* per probe group (prog) */
    LOSS_MAP_FULL,     /* per map */
    LOSS_READ_FAILED,  /* per prog */
    LOSS_TRUNCATED,    /* strings cut, per prog */
    LOSS_LOOP,         /* loop cut short */
    LOSS_INDEX,        /* array index out of range, per map */
    LOSS_QUEUE_FULL,   /* per map: queues and stacks */
    LOSS_COUNTER,      /* a counter of quantile() is at its end, per prog */
};
static inline bool loss_is_of_map(enum loss_cause c) {
    return c == LOSS_MAP_FULL || c == LOSS_INDEX || c == LOSS_QUEUE_FULL;
}
struct loss {
    enum loss_cause cause;
    uint32_t subject;  /* prog or map index */
    uint64_t offset;   /* in the globals area */
};

struct program {
    struct arena *arena;
    struct config config;
    uint32_t ncpus; /* possible CPUs it was laid out for, rounded up to a power of two */
    VEC(struct prog) progs;
    VEC(struct probe) probes; /* in attach order within a prog */
    VEC(struct map_info *) maps;
    VEC(struct stack_map) stack_maps;
    VEC(struct event_site *) events;
    VEC(struct loss) losses;
    VEC(const char *) strings; /* strftime formats, globs: number 0 is "" */
    uint64_t globals_size;     /* bytes of the globals area (.bss) */
    uint64_t start_ns_offset;  /* globals: runtime stores CLOCK_BOOTTIME at start here (elapsed) */
    uint64_t cpid_offset;      /* globals: pid of -c child */
    uint64_t wall_offset;      /* globals: runtime stores the distance from CLOCK_BOOTTIME to wall-clock time (tseries) */
    uint64_t exit_offset;      /* globals: exit() stores its code + 1: its event may find the ring buffer full */
    const char *ring_symbol;   /* NULL when there are no events */
    const char *cgroup_symbol;   /* --cgroup: BPF map of the cgroup, or NULL */
    const char *followed_symbol; /* --follow: BPF map of the processes, or NULL */
    bool uses_usym, uses_ksym; /* symbols will be needed */
    bool has_unsafe;
    /* Counts for "Attached N probes": begin and end included. */
};

/* Everything as JSON text; NULL-safe for optional members. Round trip: program_from_json(program_to_json(p)) equals p
 * but for spans. */
char *program_to_json(const struct program *p, struct arena *a);
struct program *program_from_json(struct arena *a, const char *text, const char **error);

/* Number of a string in program->strings, added when new. */
uint32_t program_string(struct program *p, const char *s);
/* Name of a cause, for the ledger: "ring buffer full". */
const char *loss_cause_name(enum loss_cause c);

#endif
