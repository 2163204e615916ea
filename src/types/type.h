/* The one type universe: what the checker infers, the compiler lays out and the runtime decodes.
 *
 * Types are immutable once built and live in an arena. Compare with type_equal, never by pointer.
 * Sizes and offsets are in bytes, as they lie in BPF memory (event records, map keys and values,
 * variables): little surprises here are bugs in both the compiler and the decoder. */
#ifndef SONDE_TYPES_TYPE_H
#define SONDE_TYPES_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/arena.h"

struct strbuf;

enum type_kind {
    TY_NONE,   /* void; also the pointee of void* */
    TY_POISON, /* result of an expression already reported; silences follow-up errors */
    TY_BOOL,   /* 1 byte */
    TY_INT,    /* size 1, 2, 4, 8; is_signed */
    TY_ENUM,   /* values: 8 bytes, unsigned, with a name table; members of C structs: C's size, is_signed as declared */
    TY_FLOAT,  /* only for layout of structs */
    TY_PTR,    /* 8 bytes; elem = pointee, as = address space */
    TY_ARRAY,  /* elem × count (count 0: flexible) */
    TY_STRUCT, /* struct or union, from BTF, C, DWARF, tracefs, or made up for `args` */
    TY_STRING, /* char[size], NUL-terminated within size unless it fills the storage */
    TY_BUFFER, /* uint32 length, then size-4 bytes */
    TY_TUPLE,  /* fields without names, C layout */
    TY_RECORD, /* fields with names, C layout */
    TY_KSTACK, /* struct stack_value: see below */
    TY_USTACK,
    TY_KSYM,        /* uint64 address */
    TY_USYM,        /* uint64 address, uint32 pid, uint32 probe id: struct usym_value */
    TY_USERNAME,    /* uint64 uid */
    TY_INET,        /* struct inet_value: uint64 family, 16 bytes address */
    TY_MAC,         /* 6 bytes */
    TY_TIMESTAMP,   /* struct timestamp_value */
    TY_CGROUP_PATH, /* struct cgroup_path_value */
    TY_TSMODE,      /* argument of nsecs(): compile time only */
    TY_COUNT,       /* aggregations: map values only; cells below */
    TY_SUM,
    TY_MIN,
    TY_MAX,
    TY_AVG,
    TY_STATS,
    TY_HIST,
    TY_LHIST,
    TY_TSERIES,
    TY_QUANTILE, /* its percentiles are enumerators: "p99", 99 */
    TY_DISTINCT,
    TY_NKINDS
};

enum addr_space { AS_NONE, AS_KERNEL, AS_USER, AS_BPF /* maps, variables, ctx: loads directly */ };

enum stack_mode { STACK_BPFTRACE, STACK_PERF, STACK_RAW, STACK_BUILD_ID };

/* struct args of a probe: how a field is fetched (probes/ fills it, codegen reads it). */
enum field_home {
    FIELD_MEMORY,      /* at `offset` behind the struct's address */
    FIELD_DATA_LOC,    /* tracepoint: 32-bit word at `offset`: low half = offset of data from ctx, high half = size */
    FIELD_CTX_ARG,     /* raw tracepoint, fentry: 64-bit slot number `offset` / 8 of the context */
    FIELD_REGISTER,    /* pt_regs slot at byte `offset` (uprobe args) */
    FIELD_SYSCALL_ARG, /* raw sys_enter: argument number `offset` out of the pt_regs in slot 0 */
};

struct field {
    const char *name; /* NULL in tuples; "" for anonymous members */
    const struct type *type;
    uint32_t offset;              /* bytes */
    uint8_t bit_offset, bit_size; /* bit_size 0: no bitfield; bit_offset counts from the byte `offset`, little endian;
                                     * a load of type->size bytes at `offset` contains it and stays within the struct */
    enum field_home home;
    bool is_common;   /* tracepoint common_* field: refused with a message of its own */
    bool is_relative; /* FIELD_DATA_LOC, __rel_loc: the data's offset counts from the end of the word itself */
};

struct enumerator {
    const char *name;
    uint64_t value;
};

struct type {
    enum type_kind kind;
    uint32_t size; /* bytes; 0 for none and incomplete */
    uint32_t align;
    bool is_signed;          /* int, sum/min/max/avg/stats: signedness of the argument; array/enum: unused */
    bool is_union;           /* struct */
    bool is_args;            /* the made-up struct behind `args`: fields have homes */
    bool is_literal;         /* int type of a constant that may still adopt a partner's sign (checker only) */
    bool is_char;            /* C `char` (TY_INT size 1): char arrays read as strings */
    bool is_incomplete;      /* struct declared only; resolved by name on use */
    bool is_ctx;             /* pointer: the program's own context; loads are direct */
    bool is_btf_trusted;     /* pointer: verifier knows its BTF type; loads are direct */
    const char *name;        /* struct/union/enum tag or typedef; NULL when anonymous */
    const struct type *elem; /* pointer, array */
    uint32_t count;          /* array */
    enum addr_space as;      /* pointer: where the pointee lives; strings/arrays: where read from */
    struct field *fields;
    uint32_t nfields;
    struct enumerator *enumerators;
    uint32_t nenumerators;
    enum stack_mode stack_mode; /* stacks */
    uint32_t limit;             /* stacks: frames */
    uint32_t bits;              /* hist: k */
    int64_t min, max, step;     /* lhist; tseries: interval = step, buckets = max, enum tseries_agg = bits */
    uint32_t btf_id;            /* struct, union, enum from vmlinux BTF; 0 = none */
    const char *module;         /* BTF module; NULL = vmlinux */
};

/* ---- values as they lie in memory --------------------------------------------------------- */

/* Kernel stacks: the first 16 bytes; user stacks add pid and probe id. */
struct stack_value {
    int64_t id; /* hash of the frames: key of the stack map of this kind; 0: empty */
    uint64_t nframes;
    uint32_t pid, probe; /* user stacks */
};
struct usym_value {
    uint64_t addr;
    uint32_t pid, probe; /* probe: index into program->probes + 1, or 0 */
};
struct inet_value {
    uint64_t family; /* AF_INET 2, AF_INET6 10 */
    uint8_t addr[16];
};
struct timestamp_value {
    uint64_t ns;
    uint32_t mode;   /* enum ts_mode */
    uint32_t format; /* string number in program->strings */
};
struct cgroup_path_value {
    uint64_t id;
    uint64_t glob; /* string number in program->strings, or 0 */
};
enum ts_mode { TS_BOOT, TS_MONOTONIC, TS_TAI, TS_SW_TAI };

/* Aggregation cells, one per CPU (and key). All 64-bit words. A cell of zeros has no value. */
struct count_cell { /* TY_COUNT, TY_SUM */
    uint64_t n;     /* the running total */
};
struct minmax_cell { /* TY_MIN, TY_MAX */
    uint64_t value, is_set;
};
struct avg_cell { /* TY_AVG, TY_STATS */
    uint64_t total, n;
};
/* TY_TSERIES: one for each interval, at its number (time / interval) modulo their count. */
enum tseries_agg { TSERIES_LAST, TSERIES_AVG, TSERIES_MAX, TSERIES_MIN, TSERIES_SUM };
struct tseries_slot {
    uint64_t time; /* of the latest value: ns since 1970 */
    uint64_t value, n; /* avg: value is the total; n: of values, 0: none */
};
/* TY_HIST: uint64_t bucket[type_hist_buckets(t)]; TY_LHIST: uint64_t bucket[type_lhist_buckets(t)].
 * TY_QUANTILE, TY_DISTINCT: types/sketch.h.
 * hist bucket 0: negative values. Then with k bits, n = 1 << k:
 *   v < 2n: bucket 1 + v; else with p = floor(log2 v): 1 + ((p - k + 1) << k) + ((v >> (p - k)) & (n - 1)) - with
 *   that formula p = k also gives 1 + v, so the numbering is gapless.
 * lhist bucket 0: below min; 1 + (v - min) / step; last one: overflow. */
uint32_t type_hist_buckets(const struct type *t);
uint32_t type_lhist_buckets(const struct type *t);

/* ---- constructors ------------------------------------------------------------------------- */

extern const struct type type_none, type_poison, type_bool, type_int8, type_int16, type_int32, type_int64, type_uint8,
    type_uint16, type_uint32, type_uint64, type_ksym, type_usym, type_username, type_mac, type_timestamp,
    type_cgroup_path, type_inet, type_count, type_distinct, type_tsmode, type_char /* C's; unsigned as in the kernel */;

const struct type *type_int(unsigned size, bool is_signed);
const struct type *type_ptr(struct arena *a, const struct type *elem, enum addr_space as);
const struct type *type_array(struct arena *a, const struct type *elem, uint32_t count);
const struct type *type_string(struct arena *a, uint32_t size);     /* size includes the NUL */
const struct type *type_buffer(struct arena *a, uint32_t capacity); /* size = capacity + 4 */
const struct type *type_tuple(struct arena *a, const struct type *const *elems, uint32_t n);
const struct type *type_record(struct arena *a, const char *const *names, const struct type *const *elems, uint32_t n);
const struct type *type_stack(struct arena *a, enum type_kind kind, enum stack_mode mode, uint32_t limit);
/* sum, min, max, avg, stats of values with this sign. */
const struct type *type_agg(struct arena *a, enum type_kind kind, bool is_signed);
const struct type *type_hist(struct arena *a, uint32_t bits);
const struct type *type_lhist(struct arena *a, int64_t min, int64_t max, int64_t step);
const struct type *type_quantile(struct arena *a, const uint64_t *percents, uint32_t n);
/* The cell's size is the map kind's business: 0 here. */
const struct type *type_tseries(struct arena *a, int64_t interval, uint32_t buckets, uint32_t agg, bool is_signed);
/* The type that reading an enum member gives: 8 bytes, sign-extended by the load when the member is_signed. */
const struct type *type_enum_value(struct arena *a, const struct type *t);
const struct type *type_with_as(struct arena *a, const struct type *t, enum addr_space as);

/* ---- properties --------------------------------------------------------------------------- */

/* One row per kind, indexed by it: the type-kind table of the design. */
struct type_ops {
    const char *name;    /* as typeinfo() says it: "int", "string", "kstack", … */
    bool is_scalar;      /* lives in a register: none of its uses needs memory */
    bool is_aggregation; /* count … tseries */
    bool is_castable;    /* aggregation that reads as an integer */
    bool is_storable;    /* variable, map value or key */
    bool is_printable;
};
extern const struct type_ops type_ops[TY_NKINDS];

static inline bool type_is_int(const struct type *t) { return t->kind == TY_INT; }
static inline bool type_is_intlike(const struct type *t) {
    return t->kind == TY_INT || t->kind == TY_BOOL || t->kind == TY_ENUM;
}
static inline bool type_is_scalar(const struct type *t) { return type_ops[t->kind].is_scalar; }
static inline bool type_is_agg(const struct type *t) { return type_ops[t->kind].is_aggregation; }

/* Same layout and meaning; is_literal, btf_id and address spaces do not count. */
bool type_equal(const struct type *a, const struct type *b);
/* Notation of diagnostics (reference §7.1): "int64", "string[16]", "struct task_struct *", "(int8,string[2])". */
void type_format(struct strbuf *out, const struct type *t);
const char *type_str(struct arena *a, const struct type *t);
/* Looks into anonymous members as well; *offset gets the total byte offset. NULL when absent. */
const struct field *type_field(const struct type *t, const char *name, uint32_t *offset);
/* NULL when no enumerator has that value. */
const char *type_enumerator(const struct type *t, uint64_t value);

struct cJSON;
/* For struct program's JSON. Pointees are reduced to their name. */
struct cJSON *type_to_json(const struct type *t);
const struct type *type_from_json(struct arena *a, const struct cJSON *j);

#endif
