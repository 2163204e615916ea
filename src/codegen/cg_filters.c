/* Which processes the programs run for: -p, --cgroup and --follow.
 *
 * For --follow the kernel keeps the set of processes itself: two programs that belong to no probe add a child when a
 * process of the set forks (before the child has run) and take a process out when the kernel frees it. User space puts
 * the first ones in (runtime/filters.c). */
#include <linux/bpf.h>
#include <string.h>

#include "codegen/cg.h"

enum { FOLLOWED = 16384 }; /* processes at a time */

static void return_unless(struct codegen *cg, LLVMValueRef i1) {
    struct cg_if yes = cg_if(cg, i1);
    cg_else(cg, &yes);
    cg_return(cg);
    cg_end(cg, &yes);
}

/* ---- --follow: the set ------------------------------------------------------------------------- */

static const struct map_info *followed_info(struct codegen *cg) {
    struct program *p = cg->program;
    for (VEC_EACH(m, &p->maps))
        if ((*m)->is_internal && !strcmp((*m)->name, "followed processes"))
            return *m;
    struct map_info *m = ARENA_NEW(p->arena, struct map_info);
    *m = (struct map_info){ .name = "followed processes",
                            .symbol = "followed",
                            .key = &type_uint32,
                            .value = &type_uint32,
                            .storage = MAP_HASH,
                            .max_entries = FOLLOWED,
                            .cell_size = 8,
                            .is_internal = true };
    VEC_PUSH(p->arena, &p->maps, m);
    p->followed_symbol = m->symbol;
    return m;
}

static LLVMValueRef followed(struct codegen *cg) {
    return cg_bpf_map(cg, followed_info(cg)->symbol, BPF_MAP_TYPE_HASH, 4, 4, FOLLOWED, 0);
}

static LLVMValueRef tgid(struct codegen *cg) {
    return cg_arith(cg, A_LSHR, CG_HELPER0(cg, BPF_FUNC_get_current_pid_tgid), cg_i64(cg, 32));
}

static LLVMValueRef key_of(struct codegen *cg, LLVMValueRef pid) {
    LLVMValueRef key = cg_alloca(cg, cg->i32);
    cg_store_int(cg, key, cg_trunc(cg, pid, 32));
    return key;
}

static void return_unless_followed(struct codegen *cg) {
    LLVMValueRef entry = CG_HELPER(cg, BPF_FUNC_map_lookup_elem, followed(cg), key_of(cg, tgid(cg)));
    return_unless(cg, cg_cmp(cg, C_NE, entry, cg_i64(cg, 0)));
}

/* ---- --follow: the programs --------------------------------------------------------------------- */

static bool task_offset(const struct type *task, const char *name, uint32_t *offset) {
    for (uint32_t i = 0; task && i < task->nfields; i++)
        if (task->fields[i].name && !strcmp(task->fields[i].name, name)) {
            *offset = task->fields[i].offset;
            return true;
        }
    return false;
}

static LLVMValueRef read_task(struct codegen *cg, LLVMValueRef task, uint32_t offset) {
    LLVMValueRef word = cg_alloca(cg, cg->i32);
    cg_store_int(cg, word, cg_i32(cg, 0));
    CG_HELPER(cg, BPF_FUNC_probe_read_kernel, word, cg_i64(cg, 4), cg_arith(cg, A_ADD, task, cg_i64(cg, offset)));
    return cg_load_int(cg, word, 32);
}

/* sched_process_fork(parent, child): threads come by here as well, with the process id of their parent. */
static void on_fork(struct codegen *cg, uint32_t pid_offset, uint32_t tgid_offset) {
    (void)pid_offset;
    return_unless_followed(cg);
    LLVMValueRef key = cg_alloca(cg, cg->i32), one = cg_alloca(cg, cg->i32);
    cg_store_int(cg, key, read_task(cg, cg_ctx_slot(cg, 1), tgid_offset));
    cg_store_int(cg, one, cg_i32(cg, 1));
    LLVMValueRef error = CG_HELPER(cg, BPF_FUNC_map_update_elem, followed(cg), key, one, cg_i64(cg, BPF_ANY));
    struct cg_if full = cg_if_unlikely(cg, cg_cmp(cg, C_NE, error, cg_i64(cg, 0)));
    uint32_t map = 0;
    while (cg->program->maps.v[map] != followed_info(cg))
        map++;
    cg_count_loss(cg, LOSS_MAP_FULL, map);
    cg_end(cg, &full);
}

/* sched_process_free(task): the last that is heard of a thread; of a process when it is the leader. */
static void on_free(struct codegen *cg, uint32_t pid_offset, uint32_t tgid_offset) {
    LLVMValueRef task = cg_ctx_slot(cg, 0), pid = read_task(cg, task, pid_offset);
    return_unless(cg, cg_cmp(cg, C_EQ, pid, read_task(cg, task, tgid_offset)));
    LLVMValueRef key = cg_alloca(cg, cg->i32);
    cg_store_int(cg, key, pid);
    CG_HELPER(cg, BPF_FUNC_map_delete_elem, followed(cg), key);
}

static void follow_program(struct codegen *cg, const char *name, const char *event,
                           void (*body)(struct codegen *cg, uint32_t pid_offset, uint32_t tgid_offset),
                           uint32_t pid_offset, uint32_t tgid_offset) {
    struct program *p = cg->program;
    struct frame f;
    struct flow flow = { 0 };
    cg->block = cg->checked->blocks.v[0];
    cg->prog_index = (uint32_t)p->progs.n;
    VEC_PUSH(p->arena, &p->progs,
             (struct prog){ .function = name,
                            .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
                            .attach = ATTACH_FOLLOW,
                            .attach_btf_name = event });
    cg_frame_open(cg, &f, name, LLVMFunctionType(cg->i64, &cg->ptr, 1, false), cg->block->node);
    LLVMSetSection(f.fn, arena_printf(cg->arena, "s_%s", name));
    f.ctx = LLVMGetParam(f.fn, 0);
    cg->flow = &flow;
    body(cg, pid_offset, tgid_offset);
    LLVMBuildRet(cg->b, cg_i64(cg, 0));
    cg_frame_close(cg, &f);
    cg->flow = NULL;
}

static bool any_filtered(const struct codegen *cg) {
    for (VEC_EACH(b, &cg->checked->blocks))
        if ((*b)->use.process_filter)
            return true;
    return false;
}

void cg_follow_programs(struct codegen *cg) {
    if (!cg->checked->follows || !any_filtered(cg))
        return;
    const struct type *task = typedb_struct(cg->checked->types, "task_struct", false);
    uint32_t pid_offset = 0, tgid_offset = 0;
    if (!task_offset(task, "pid", &pid_offset) || !task_offset(task, "tgid", &tgid_offset)) {
        diag_error(cg->diag, D_LIMIT, (struct span){ 0 },
                   "--follow needs the kernel's type information, /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)");
        return;
    }
    follow_program(cg, "sonde_fork", "sched_process_fork", on_fork, pid_offset, tgid_offset);
    follow_program(cg, "sonde_free", "sched_process_free", on_free, pid_offset, tgid_offset);
}

/* ---- at the start of probes ---------------------------------------------------------------------- */

static void return_unless_in_cgroup(struct codegen *cg) {
    cg->program->cgroup_symbol = "cgroup";
    LLVMValueRef map = cg_bpf_map(cg, "cgroup", BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 1, 0);
    LLVMValueRef is_under = CG_HELPER(cg, BPF_FUNC_current_task_under_cgroup, map, cg_i64(cg, 0));
    return_unless(cg, cg_cmp(cg, C_EQ, is_under, cg_i64(cg, 1)));
}

void cg_process_filters(struct codegen *cg, const struct block *b) {
    const struct checked *c = cg->checked;
    if (b->use.pid_filter && c->pid && !c->follows)
        return_unless(cg, cg_cmp(cg, C_EQ, tgid(cg), cg_i64(cg, (uint64_t)c->pid)));
    if (b->use.process_filter && c->follows)
        return_unless_followed(cg);
    if (b->use.process_filter && c->in_cgroup)
        return_unless_in_cgroup(cg);
}
