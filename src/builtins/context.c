/* Values of the moment: who runs, where, when. One helper call each, or a constant. */
#include "builtins/common.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* ---- process and thread ------------------------------------------------------------------- */

/* The inode of the initial pid namespace is part of the kernel's interface. */
enum { PROC_PID_INIT_INO = 0xEFFFFFFCu };

/* False in the initial pid namespace, where pids are what the kernel says. */
static bool own_pid_namespace(struct stat *st) {
    return !stat("/proc/self/ns/pid", st) && st->st_ino != PROC_PID_INIT_INO;
}

LLVMValueRef emit_pid_tgid(struct codegen *cg, bool initial) {
    struct stat st;
    if (initial || !own_pid_namespace(&st))
        return CG_HELPER0(cg, BPF_FUNC_get_current_pid_tgid);
    /* struct bpf_pidns_info { u32 pid, tgid; }: all zero when the task is not in that namespace. */
    LLVMValueRef info = cg_scratch(cg, 8);
    cg_store_int(cg, info, cg_i64(cg, 0));
    CG_HELPER(cg, BPF_FUNC_get_ns_current_pid_tgid, cg_i64(cg, st.st_dev), cg_i64(cg, st.st_ino), info, cg_i64(cg, 8));
    return cg_load_int(cg, info, 64);
}

static const struct type *check_pid(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    if (a && a->kind != N_IDENT)
        return sema_error(s, n, D_BAD_ARGUMENT, "%s() only supports curr_ns and init as the argument", n->call.name);
    if (a && strcmp(a->ident.name, "curr_ns") && strcmp(a->ident.name, "init"))
        return sema_error(s, a, D_BAD_ARGUMENT, "Invalid PID namespace mode: %s (expects: curr_ns or init)",
                          a->ident.name);
    return &type_uint32;
}

static bool wants_initial(const struct node *n) { return arg(n, 0) && !strcmp(arg(n, 0)->ident.name, "init"); }

static struct value emit_pid(struct codegen *cg, const struct node *n) {
    LLVMValueRef both = emit_pid_tgid(cg, wants_initial(n));
    return cg_reg(cg_trunc(cg, cg_arith(cg, A_LSHR, both, cg_i64(cg, 32)), 32), &type_uint32);
}

static struct value emit_tid(struct codegen *cg, const struct node *n) {
    return cg_reg(cg_trunc(cg, emit_pid_tgid(cg, wants_initial(n)), 32), &type_uint32);
}

static LLVMValueRef uid(struct codegen *cg) {
    return cg_arith(cg, A_AND, CG_HELPER0(cg, BPF_FUNC_get_current_uid_gid), cg_i64(cg, UINT32_MAX));
}

static struct value emit_uid(struct codegen *cg, const struct node *n) { return cg_reg(uid(cg), n->type); }

static struct value emit_gid(struct codegen *cg, const struct node *n) {
    return cg_reg(cg_arith(cg, A_LSHR, CG_HELPER0(cg, BPF_FUNC_get_current_uid_gid), cg_i64(cg, 32)), n->type);
}

enum { COMM_SIZE = 16 };
static const struct type type_comm = { .kind = TY_STRING, .size = COMM_SIZE, .align = 1 };

/* The helper fills all of the 16 bytes. */
static void emit_comm_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    (void)n;
    CG_HELPER(cg, BPF_FUNC_get_current_comm, dest, cg_i64(cg, t->size < COMM_SIZE ? t->size : COMM_SIZE));
}

/* comm(PID) needs a kfunc; without one, only the argument-less form is there. */
static const struct type *check_comm(struct sema *s, struct node *n) {
    if (nargs(n))
        return sema_error(s, n, D_NOT_HERE, "Syntax comm(PID) is not supported in this probe type yet. Type: %s",
                          s->block ? s->block->provider->name : "none");
    return &type_comm;
}

/* Completed by name, from BTF or the script, when a field is asked for. */
static const struct type task_struct = { .kind = TY_STRUCT, .name = "task_struct", .is_incomplete = true };
static const struct type task_pointer = {
    .kind = TY_PTR, .size = 8, .align = 8, .elem = &task_struct, .as = AS_KERNEL
};

static struct value emit_curtask(struct codegen *cg, const struct node *n) {
    return cg_reg(CG_HELPER0(cg, BPF_FUNC_get_current_task), n->type);
}

static struct value emit_cpid(struct codegen *cg, const struct node *n) {
    LLVMValueRef v = cg_load_int(cg, cg_global(cg, cg_checked(cg)->program->cpid_offset), 64);
    struct cg_if none = cg_if_unlikely(cg, cg_cmp(cg, C_EQ, v, cg_i64(cg, 0)));
    cg_runtime_error(cg, n, NULL, "No child command (`-c`); cpid is zero", NULL);
    cg_end(cg, &none);
    return cg_reg(v, n->type);
}

static const struct type *check_has_cpid(struct sema *s, struct node *n) {
    sema_set_int(n, &type_bool, s->opt->child_pid != 0);
    return &type_bool;
}

/* ---- time --------------------------------------------------------------------------------- */

/* Nanoseconds remember their clock, so that strftime can tell, also through a variable: type_equal ignores `bits`. */
static const struct type nsecs_types[] = {
    [TS_BOOT] = { .kind = TY_INT, .size = 8, .align = 8, .bits = TS_BOOT },
    [TS_MONOTONIC] = { .kind = TY_INT, .size = 8, .align = 8, .bits = TS_MONOTONIC },
    [TS_TAI] = { .kind = TY_INT, .size = 8, .align = 8, .bits = TS_TAI },
    [TS_SW_TAI] = { .kind = TY_INT, .size = 8, .align = 8, .bits = TS_SW_TAI },
};

static int ts_mode(const char *name) {
    static const char *const names[] = { "boot", "monotonic", "tai", "sw_tai" };
    for (int i = 0; i < 4; i++)
        if (!strcmp(name, names[i]))
            return i;
    return -1;
}

static const struct type *check_nsecs(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    if (!a)
        return &nsecs_types[TS_BOOT];
    if (a->kind != N_IDENT)
        return sema_error(s, n, D_BAD_ARGUMENT, "nsecs() only supports timestamp_mode arguments (%s provided)",
                          a->type ? type_label(a->type) : "none");
    int mode = ts_mode(a->ident.name);
    if (mode < 0)
        return sema_error(s, a, D_BAD_ARGUMENT, "Invalid timestamp mode: %s", a->ident.name);
    return &nsecs_types[mode];
}

/* Distance of two clocks of this moment. */
static uint64_t clock_distance(clockid_t from, clockid_t to) {
    struct timespec a, b;
    clock_gettime(from, &a);
    clock_gettime(to, &b);
    return (uint64_t)(b.tv_sec - a.tv_sec) * 1000000000u + (uint64_t)(b.tv_nsec - a.tv_nsec);
}

static struct value emit_nsecs(struct codegen *cg, const struct node *n) {
    LLVMValueRef v = NULL;
    switch ((enum ts_mode)n->type->bits) {
    case TS_BOOT: v = CG_HELPER0(cg, BPF_FUNC_ktime_get_boot_ns); break;
    case TS_MONOTONIC: v = CG_HELPER0(cg, BPF_FUNC_ktime_get_ns); break;
    case TS_TAI: v = CG_HELPER0(cg, BPF_FUNC_ktime_get_tai_ns); break;
    case TS_SW_TAI: /* for kernels without that helper: settled at compile time, so blind to later leap seconds */
        v = cg_arith(cg, A_ADD, CG_HELPER0(cg, BPF_FUNC_ktime_get_boot_ns),
                     cg_i64(cg, clock_distance(CLOCK_BOOTTIME, CLOCK_TAI)));
        break;
    }
    return cg_reg(v, n->type);
}

static struct value emit_elapsed(struct codegen *cg, const struct node *n) {
    LLVMValueRef start = cg_load_int(cg, cg_global(cg, cg_checked(cg)->program->start_ns_offset), 64);
    return cg_reg(cg_arith(cg, A_SUB, CG_HELPER0(cg, BPF_FUNC_ktime_get_boot_ns), start), n->type);
}

static struct value emit_jiffies(struct codegen *cg, const struct node *n) {
    return cg_reg(CG_HELPER0(cg, BPF_FUNC_jiffies64), n->type);
}

/* ---- machine ------------------------------------------------------------------------------ */

static struct value emit_cpu(struct codegen *cg, const struct node *n) {
    return cg_reg(CG_HELPER0(cg, BPF_FUNC_get_smp_processor_id), n->type);
}

static struct value emit_numaid(struct codegen *cg, const struct node *n) {
    return cg_reg(CG_HELPER0(cg, BPF_FUNC_get_numa_node_id), n->type);
}

static const struct type *check_ncpus(struct sema *s, struct node *n) {
    sema_set_int(n, &type_uint64, s->opt->ncpus);
    return &type_uint64;
}

static struct value emit_cgroup(struct codegen *cg, const struct node *n) {
    return cg_reg(CG_HELPER0(cg, BPF_FUNC_get_current_cgroup_id), n->type);
}

static struct value emit_rand(struct codegen *cg, const struct node *n) {
    return cg_reg(CG_HELPER0(cg, BPF_FUNC_get_prandom_u32), n->type);
}

const struct builtin builtins_context[] = {
    { "pid", "?ident|any", BF_VALUE, NULL, check_pid, emit_pid, NULL, NULL,
      "process id, in sonde's pid namespace (curr_ns) or the initial one (init)" },
    { "tid", "?ident|any", BF_VALUE, NULL, check_pid, emit_tid, NULL, NULL,
      "thread id, in sonde's pid namespace (curr_ns) or the initial one (init)" },
    { "uid", "", BF_VALUE, &type_uint64, NULL, emit_uid, NULL, NULL, "user id of the running process" },
    { "gid", "", BF_VALUE, &type_uint64, NULL, emit_gid, NULL, NULL, "group id of the running process" },
    { "username", "", BF_VALUE, &type_username, NULL, emit_uid, NULL, NULL, "name of the user behind uid" },
    { "comm", "?int", BF_VALUE, NULL, check_comm, NULL, emit_comm_into, NULL, "name of the running thread" },
    { "curtask", "", BF_VALUE, &task_pointer, NULL, emit_curtask, NULL, NULL,
      "struct task_struct of the running thread" },
    { "cpid", "", BF_VALUE, &type_uint64, NULL, emit_cpid, NULL, NULL, "process id of the -c command" },
    { "has_cpid", "", BF_VALUE | BF_COMPTIME, &type_bool, check_has_cpid, NULL, NULL, NULL,
      "whether there is a -c command" },
    { "nsecs", "?ident|any", BF_VALUE, NULL, check_nsecs, emit_nsecs, NULL, NULL,
      "nanoseconds of a clock: boot (default), monotonic, tai, sw_tai" },
    { "elapsed", "", BF_VALUE, &type_uint64, NULL, emit_elapsed, NULL, NULL, "nanoseconds since tracing started" },
    { "jiffies", "", BF_VALUE, &type_uint64, NULL, emit_jiffies, NULL, NULL, "the kernel's tick counter" },
    { "cpu", "", BF_VALUE, &type_uint64, NULL, emit_cpu, NULL, NULL, "number of the running CPU" },
    { "ncpus", "", BF_VALUE | BF_COMPTIME, &type_uint64, check_ncpus, NULL, NULL, NULL, "number of CPUs" },
    { "numaid", "", BF_VALUE, &type_uint64, NULL, emit_numaid, NULL, NULL, "number of the running CPU's NUMA node" },
    { "cgroup", "", BF_VALUE, &type_uint64, NULL, emit_cgroup, NULL, NULL, "cgroup v2 id of the running process" },
    { "rand", "", BF_VALUE, &type_uint64, NULL, emit_rand, NULL, NULL, "a 32-bit random number" },
    { 0 },
};
