/* Symbols and addresses. Names of run-time addresses are found in user space, when they are shown. */
#include "builtins/common.h"
#include "runtime/runtime.h"

#include <linux/bpf.h>
#include <string.h>

#include "symbols/symbols.h"

static bool address_argument(struct sema *s, const struct node *n) {
    const struct node *a = arg(n, 0);
    if (type_is_intlike(a->type) || a->type->kind == TY_PTR || type_ops[a->type->kind].is_castable)
        return true;
    sema_error(s, n, D_BAD_ARGUMENT, "%s() expects an integer or pointer argument", n->call.name);
    return false;
}

static const struct type *check_ksym(struct sema *s, struct node *n) {
    if (!address_argument(s, n))
        return &type_poison;
    s->program->uses_ksym = true;
    return &type_ksym;
}

static struct value emit_ksym(struct codegen *cg, const struct node *n) {
    return cg_reg(cg_expr_i64(cg, arg(n, 0)), n->type);
}

static const struct type *check_usym(struct sema *s, struct node *n) {
    if (!address_argument(s, n))
        return &type_poison;
    s->program->uses_usym = true;
    return &type_usym;
}

static void emit_usym_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    (void)t;
    emit_usym(cg, dest, cg_expr_i64(cg, arg(n, 0)));
}

/* ---- kaddr --------------------------------------------------------------------------------- */

static const struct type *check_kaddr(struct sema *s, struct node *n) {
    const char *name = literal(arg(n, 0));
    uint64_t *found = n->call.data; /* the kernel's list is long: one look for all rounds of inference */
    if (!found) {
        struct symbols *syms = symbols_new(false);
        n->call.data = found = ARENA_NEW(s->arena, uint64_t);
        *found = symbols_kernel_address(syms, name);
        symbols_free(syms);
    }
    if (!*found)
        return sema_error(s, n, D_UNKNOWN_NAME, "Failed to resolve kernel symbol: %s", name);
    sema_set_int(n, &type_uint64, *found);
    return &type_uint64;
}

/* ---- uaddr --------------------------------------------------------------------------------- */

/* For each probe of the block: the distance from the probed instruction to the object, both as the file has them. The
 * loader moves all of a file by the same amount. */
struct uaddr_call {
    uint64_t *distance;
    size_t n;
};

static const struct type *object_type(struct sema *s, uint64_t size) {
    const struct type *elem = size == 1 ? &type_int8 : size == 2 ? &type_int16 : size == 4 ? &type_int32 : &type_int64;
    return type_ptr(s->arena, elem, AS_USER);
}

/* Virtual address of a probe's instruction in its file. */
static bool probe_address(struct elf_file *f, const struct probe *p, uint64_t *address) {
    struct elf_symbol at;
    uint64_t offset = p->func_offset ? p->func_offset : p->offset;
    if (!elf_at(f, offset, &at))
        return false;
    *address = at.address + (offset - at.offset);
    return true;
}

static bool object_distance(struct sema *s, struct node *n, const struct probe *p, const char *name, uint64_t *distance,
                            uint64_t *size) {
    const char *error = NULL;
    struct elf_symbol object;
    uint64_t from;
    struct elf_file *f = p->target ? elf_file_open(s->arena, p->target, &error) : NULL;
    bool ok = f && elf_find_object(f, name, &object) && probe_address(f, p, &from);
    if (ok) {
        *distance = object.address - from;
        *size = object.size;
    } else {
        sema_error(s, n, D_UNKNOWN_NAME, "Could not resolve symbol: %s:%s", p->target ? p->target : "", name);
    }
    if (f)
        elf_file_close(f);
    return ok;
}

static const struct type *check_uaddr(struct sema *s, struct node *n) {
    struct block *b = s->block;
    const char *name;
    size_t len;
    if (!(b->provider->flags & PF_HAS_FUNC_USYM) && strcmp(b->provider->name, "usdt"))
        return sema_error(s, n, D_NOT_HERE, "uaddr can not be used with \"%s\" probes", b->provider->name);
    if (!sema_const_str(arg(n, 0), &name, &len))
        return sema_error(s, n, D_BAD_ARGUMENT, "uaddr() expects a string literal as the first argument");
    struct uaddr_call *c = ARENA_NEW(s->arena, struct uaddr_call);
    c->n = b->probes.n;
    c->distance = ARENA_ARRAY(s->arena, uint64_t, c->n ? c->n : 1);
    uint64_t size = 8;
    for (size_t i = 0; i < c->n; i++)
        if (!object_distance(s, n, &b->probes.v[i], name, &c->distance[i], &size))
            return &type_poison;
    if (c->n > 1)
        b->use.probe = true;
    n->call.data = c;
    return object_type(s, size);
}

static struct value emit_uaddr(struct codegen *cg, const struct node *n) {
    const struct uaddr_call *c = n->call.data;
    LLVMValueRef distance = c->n == 1 ? cg_i64(cg, c->distance[0])
                                      : cg_load_int(cg, probe_table(cg, c->distance, c->n, sizeof *c->distance), 64);
    return cg_reg(cg_arith(cg, A_ADD, emit_func_ip(cg), distance), n->type);
}

/* ---- control groups ------------------------------------------------------------------------ */

static void emit_cgroup_path_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    uint32_t number = arg(n, 1) ? program_string(cg_checked(cg)->program, literal(arg(n, 1))) : 0;
    (void)t;
    cg_store_int(cg, cg_ptr_add(cg, dest, offsetof(struct cgroup_path_value, id)), cg_expr_i64(cg, arg(n, 0)));
    cg_store_int(cg, cg_ptr_add(cg, dest, offsetof(struct cgroup_path_value, glob)), cg_i64(cg, number));
}

/* Addresses of this process are on their way to be named: take note of its mappings while it lives. */
static void deliver_process(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    uint64_t pid = 0;
    (void)site;
    memcpy(&pid, data, size < sizeof pid ? size : sizeof pid);
    symbols_remember(runtime_symbols(rt), (pid_t)pid);
}

/* A stack that was met for the first time. */
static void deliver_stack(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    struct {
        uint64_t id, pid, nframes;
    } head;
    if (size < sizeof head)
        return;
    memcpy(&head, data, sizeof head);
    runtime_keep_stack(rt, (uint32_t)site->number[0], head.id, head.nframes, (const char *)data + sizeof head);
    if (head.pid)
        symbols_remember(runtime_symbols(rt), (pid_t)head.pid);
}

const struct builtin builtins_symbols[] = {
    { "stack", "", BF_ASYNC | BF_INTERNAL, &type_none, NULL, NULL, NULL, deliver_stack, "a stack was met" },
    { "process", "", BF_ASYNC | BF_INTERNAL, &type_none, NULL, NULL, NULL, deliver_process, "a process was met" },
    { "ksym", "any", 0, NULL, check_ksym, emit_ksym, NULL, NULL, "name of the kernel function at an address" },
    { "usym", "any", 0, NULL, check_usym, NULL, emit_usym_into, NULL,
      "name of the running process's function at an address" },
    { "kaddr", "strlit", BF_COMPTIME, NULL, check_kaddr, NULL, NULL, NULL, "address of a kernel symbol" },
    { "uaddr", "any", 0, NULL, check_uaddr, emit_uaddr, NULL, NULL, "address of a variable of the probed program" },
    { "cgroup_path", "int,?strlit", 0, &type_cgroup_path, NULL, NULL, emit_cgroup_path_into, NULL,
      "paths of the control groups with an id, of all hierarchies or those matching a pattern" },
    { 0 },
};
