/* Tables of the members of struct program's structs. Spans are not among them: they point into a script that is gone when
 * the text is read. */
#include "program/members.h"

#include "program/program.h"

#define M(kind, T, f) \
    { #f, kind, offsetof(struct T, f), 0, NULL, 0 }
#define M_NAMED(T, f, array) \
    { #f, M_ENUM, offsetof(struct T, f), 0, array, sizeof(array) / sizeof *(array) }
#define M_TEXT(T, f, len) \
    { #f, M_BYTES, offsetof(struct T, f), offsetof(struct T, len), NULL, 0 }
#define MEMBERS(array) \
    { array, sizeof(array) / sizeof *(array) }

static const char *const unstable_names[] = { "error", "warn", "enable" };
static const char *const missing_names[] = { "error", "warn", "ignore" };
static const char *const stack_names[] = { "bpftrace", "perf", "raw", "build_id" };
static const char *const output_names[] = { "ringbuf", "perfbuf" };
static const char *const attach_names[] = { "begin",  "end",       "signal", "test",   "bench",     "raw_tp",
                                            "tp_btf", "perf_tp",   "perf",   "uprobe", "uretprobe", "usdt",
                                            "kprobe", "kretprobe", "fentry", "fexit",  "iter",      "watchpoint", "follow" };
static const char *const storage_names[] = { "global",   "global_percpu", "hash",
                                             "lru_hash", "percpu_hash",   "percpu_lru_hash",
                                             "array",    "percpu_array",  "queue",
                                             "stack" };
static const char *const cause_names[] = { "ring_full", "map_full", "read_failed", "truncated", "loop",
                                           "index",     "queue_full", "counter" };

static const struct member config_list[] = {
    M(M_BOOL, config, cpp_demangle),
    M(M_BOOL, config, lazy_symbolication),
    M(M_BOOL, config, print_maps_on_exit),
    M(M_BOOL, config, use_blazesym),
    M(M_BOOL, config, show_debug_info),
    M(M_U64, config, log_size),
    M(M_U64, config, max_bpf_progs),
    M(M_U64, config, max_cat_bytes),
    M(M_U64, config, max_map_keys),
    M(M_U64, config, max_probes),
    M(M_U64, config, max_strlen),
    M(M_U64, config, on_stack_limit),
    M(M_U64, config, perf_rb_pages),
    M(M_STR, config, str_trunc_trailer),
    M(M_STR, config, license),
    M(M_STR, config, cache_user_symbols),
    M_NAMED(config, unstable_import_statement, unstable_names),
    M_NAMED(config, unstable_tseries, unstable_names),
    M_NAMED(config, unstable_typeinfo, unstable_names),
    M_NAMED(config, unstable_dw_ustack, unstable_names),
    M_NAMED(config, missing_probes, missing_names),
    M_NAMED(config, stack_mode, stack_names),
    M_NAMED(config, output, output_names),
};

static const struct member prog_list[] = {
    M(M_STR, prog, function),        M(M_U32, prog, type),
    M(M_U32, prog, attach_type),     M_NAMED(prog, attach, attach_names),
    M(M_BOOL, prog, sleepable),      M(M_BOOL, prog, is_multi),
    M(M_U32, prog, first_probe),     M(M_U32, prog, nprobes),
    M(M_STR, prog, attach_btf_name),
};

static const struct member probe_list[] = {
    M(M_STR, probe, name),        M(M_STR, probe, provider),   M(M_STR, probe, target),
    M(M_STR, probe, event),       M(M_STR, probe, ns),         M(M_U64, probe, offset),
    M(M_U64, probe, func_offset), M(M_U64, probe, address),    M(M_U64, probe, ref_ctr_offset),
    M(M_U64, probe, id),          M(M_U32, probe, perf.type),  M(M_U64, probe, perf.config),
    M(M_U64, probe, perf.period), M(M_BOOL, probe, perf.freq), M(M_BOOL, probe, perf.all_cpus),
    M(M_U32, probe, prog),        M(M_U32, probe, cookie),
};

static const struct member map_list[] = {
    M(M_STR, map_info, name),
    M(M_STR, map_info, symbol),
    M(M_TYPE, map_info, key),
    M(M_TYPE, map_info, value),
    M_NAMED(map_info, storage, storage_names),
    M(M_U32, map_info, max_entries),
    M(M_U64, map_info, offset),
    M(M_U64, map_info, stride),
    M(M_U64, map_info, set_offset),
    M(M_U32, map_info, cell_size),
    M(M_BOOL, map_info, is_declared),
    M(M_STR, map_info, declared_kind),
    M(M_BOOL, map_info, is_read),
    M(M_BOOL, map_info, is_written),
    M(M_BOOL, map_info, is_internal),
};

static const struct member stack_map_list[] = {
    M(M_STR, stack_map, symbol),
    M(M_U32, stack_map, limit),
    M(M_BOOL, stack_map, is_build_id),
};

static const struct member event_list[] = {
    M(M_U32, event_site, id),         M(M_STR, event_site, call),
    M(M_TYPE, event_site, record),    M_TEXT(event_site, format, format_len),
    M(M_STR, event_site, text),       M(M_STR, event_site, helper),
    M(M_I32, event_site, map),        M(M_U64, event_site, number[0]),
    M(M_U64, event_site, number[1]),  M(M_U64, event_site, number[2]),
    M(M_STR, event_site, file),       M(M_U32, event_site, line),
    M(M_U32, event_site, col),        M(M_U32, event_site, end_col),
    M(M_U32, event_site, end_line),   M(M_STR, event_site, excerpt),
    M(M_STR, event_site, expansions),
};

static const struct member loss_list[] = {
    M_NAMED(loss, cause, cause_names),
    M(M_U32, loss, subject),
    M(M_U64, loss, offset),
};

static const struct member program_list[] = {
    M(M_U32, program, ncpus),       M(M_U64, program, globals_size), M(M_U64, program, start_ns_offset),
    M(M_U64, program, cpid_offset), M(M_U64, program, wall_offset), M(M_U64, program, exit_offset), M(M_STR, program, ring_symbol), M(M_STR, program, cgroup_symbol), M(M_STR, program, followed_symbol), M(M_BOOL, program, uses_usym),
    M(M_BOOL, program, uses_ksym),  M(M_BOOL, program, has_unsafe),
};

const struct members config_members = MEMBERS(config_list);
const struct members prog_members = MEMBERS(prog_list);
const struct members probe_members = MEMBERS(probe_list);
const struct members map_members = MEMBERS(map_list);
const struct members stack_map_members = MEMBERS(stack_map_list);
const struct members event_members = MEMBERS(event_list);
const struct members loss_members = MEMBERS(loss_list);
const struct members program_members = MEMBERS(program_list);
