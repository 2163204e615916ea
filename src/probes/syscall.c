/* syscall:NAME and syscall:NAME:return: system calls by the names that programs know them by.
 *
 * All probes of a block are served by one program on raw sys_enter or sys_exit (syscalls.c), so this provider needs
 * neither perf nor kprobes, and a wildcard costs what one call does. tracefs tells which calls this kernel has and what
 * their arguments are; without it the calls can be traced, but have no `args`. */
#include <stdlib.h>
#include <string.h>

#include "probes/common.h"
#include "probes/syscalls.h"

typedef VEC(struct syscall_name) call_vec;

static int by_call(const void *a, const void *b) {
    return strcmp(((const struct syscall_name *)a)->name, ((const struct syscall_name *)b)->name);
}

/* Without descriptions (no tracefs, CONFIG_FTRACE_SYSCALLS off) every call that has a number may be there. */
static bool is_here(const struct syscall_name *c, bool has_events) {
    char event[64] = "sys_enter_";
    if (c->number < 0)
        return false;
    strncat(event, c->event, sizeof event - strlen(event) - 1);
    return !has_events || system_has_event("syscalls", event);
}

/* The calls of this kernel whose name matches in either spelling, sorted. */
static call_vec calls(struct probe_env *env, const char *pattern) {
    bool has_events = system_has_event("syscalls", "sys_enter_read");
    call_vec list = { 0 };
    struct syscall_name c;
    for (size_t i = 0; syscall_nth(i, &c); i++)
        if ((wildcard_match(pattern, c.name) || !strcmp(pattern, c.event)) && is_here(&c, has_events))
            VEC_PUSH(env->arena, &list, c);
    if (list.n)
        qsort(list.v, list.n, sizeof *list.v, by_call);
    return list;
}

static bool targets(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    if (!probe_count(env, ap, "syscall", 1, 2, "1 or 2"))
        return false;
    bool is_return = ap_nargs(ap) == 2;
    if (!*ap_arg(ap, 0))
        return probe_error(env, ap, "syscall should be attached to a system call");
    if (is_return && strcmp(ap_arg(ap, 1), "return") != 0)
        return probe_error(env, ap, "syscall:%s can only be followed by :return", ap_arg(ap, 0));
    call_vec list = calls(env, ap_arg(ap, 0));
    for (VEC_EACH(c, &list)) {
        const char *name = arena_printf(env->arena, "syscall:%s%s", c->name, is_return ? ":return" : "");
        struct probe *p = probe_add(env, b, ap, "syscall", name);
        p->target = "syscalls";
        p->event = arena_printf(env->arena, "sys_%s_%s", is_return ? "exit" : "enter", c->event);
        p->id = (uint64_t)c->number;
    }
    return true;
}

/* ---- arguments ------------------------------------------------------------------------------------ */

/* Types narrower than a register. The event's record widens them all to unsigned words, which makes AT_FDCWD
 * 4294967196; the call itself sees what its declaration says. */
static const struct type *declared_type(const char *decl) {
    static const struct {
        const char *name;
        uint8_t size;
        bool is_signed;
    } narrow[] = {
        { "int", 4, true },     { "unsigned int", 4, false },   { "unsigned", 4, false },
        { "u32", 4, false },    { "__u32", 4, false },          { "__s32", 4, true },
        { "s32", 4, true },     { "umode_t", 2, false },        { "mode_t", 4, false },
        { "pid_t", 4, true },   { "uid_t", 4, false },          { "gid_t", 4, false },
        { "qid_t", 4, false },  { "key_t", 4, true },           { "mqd_t", 4, true },
        { "timer_t", 4, true }, { "key_serial_t", 4, true },    { "clockid_t", 4, true },
        { "rwf_t", 4, true },   { "const clockid_t", 4, true },
    };
    const char *end = strrchr(decl, ' ');
    if (!strncmp(decl, "const ", 6))
        decl += 6;
    size_t len = end ? (size_t)(end - decl) : 0;
    for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++)
        if (strlen(narrow[i].name) == len && !strncmp(narrow[i].name, decl, len))
            return type_int(narrow[i].size, narrow[i].is_signed);
    bool is_signed = (len == 4 && !strncmp(decl, "long", 4)) || (len == 6 && !strncmp(decl, "loff_t", 6)) ||
                     (len == 5 && !strncmp(decl, "off_t", 5));
    return is_signed ? &type_int64 : NULL;
}

static const char *name_of(const char *decl) {
    const char *blank = strrchr(decl, ' ');
    return blank ? blank + 1 : decl;
}

/* The event's fields that are arguments: not the number, and not the copies of strings that newer kernels append. */
static bool is_argument(const char *decl) {
    return strcmp(name_of(decl), "__syscall_nr") != 0 && strncmp(decl, "__data_loc", 10) != 0;
}

static size_t declarations(struct probe_env *env, const char *event, const char *const **out) {
    const char *const *all;
    size_t n = typedb_tracepoint_fields(env->arena, "syscalls", event, &all), kept = 0;
    const char **list = ARENA_ARRAY(env->arena, const char *, n);
    for (size_t i = 0; i < n; i++)
        if (is_argument(all[i]))
            list[kept++] = all[i];
    *out = list;
    return kept;
}

static const struct field *field_named(const struct type *t, const char *name) {
    for (uint32_t i = 0; i < t->nfields; i++)
        if (!t->fields[i].is_common && !strcmp(t->fields[i].name, name))
            return &t->fields[i];
    return NULL;
}

static const struct type *args(struct probe_env *env, const struct probe *p, const struct type **retval) {
    bool is_return = !strncmp(p->event, "sys_exit", 8);
    if (retval)
        *retval = is_return ? &type_int64 : NULL;
    const struct type *event = is_return ? NULL : typedb_tracepoint(env->types, "syscalls", p->event, NULL);
    if (!event)
        return NULL;
    const char *const *decls;
    size_t n = declarations(env, p->event, &decls);
    struct type *t = ARENA_NEW(env->arena, struct type);
    *t = *event;
    t->name = arena_printf(env->arena, "%s_args", p->name);
    t->nfields = 0;
    t->fields = ARENA_ARRAY(env->arena, struct field, n);
    for (size_t i = 0; i < n && i < 6; i++) {
        const struct field *f = field_named(event, name_of(decls[i]));
        if (!f)
            continue;
        const struct type *declared = f->type->kind == TY_PTR ? NULL : declared_type(decls[i]);
        t->fields[t->nfields] = *f;
        t->fields[t->nfields].type = declared ? declared : f->type;
        t->fields[t->nfields].home = FIELD_SYSCALL_ARG;
        t->fields[t->nfields++].offset = (uint32_t)i;
    }
    return t;
}

/* ---- plan ------------------------------------------------------------------------------------------ */

static bool same_side(const struct probe *a, const struct probe *b) { return !strncmp(a->event, b->event, 6); }

static void plan(struct probe_env *env, struct block *b) {
    (void)env;
    syscalls_plan_numbers(b, strncmp(b->probes.v[0].event, "sys_exit", 8) ? SYSCALL_ENTER : SYSCALL_EXIT);
}

/* ---- listing --------------------------------------------------------------------------------------- */

static void list_one(struct probe_env *env, struct listing *out, const struct syscall_name *c, bool is_return) {
    static const char *const result = "long retval";
    const char *const *decls = &result;
    size_t n = 1;
    if (!is_return)
        n = declarations(env, arena_printf(env->arena, "sys_enter_%s", c->event), &decls);
    out->line(out, arena_printf(env->arena, "syscall:%s%s", c->name, is_return ? ":return" : ""), decls, n);
}

static void list(struct probe_env *env, const struct attach_point *pattern, struct listing *out) {
    const char *text = pattern_text(env, pattern);
    call_vec all = calls(env, "*");
    for (VEC_EACH(c, &all)) {
        if (wildcard_match(text, c->name) || !strcmp(text, c->event))
            list_one(env, out, c, false);
        if (wildcard_match(text, arena_printf(env->arena, "%s:return", c->name)))
            list_one(env, out, c, true);
    }
}

const struct provider provider_syscall = {
    .name = "syscall",
    .short_name = "sc",
    .probetype = "syscall",
    .flags = PF_HAS_ARGS | PF_HAS_RETVAL | PF_KERNEL_SPACE | PF_NO_LIST, /* lists are the reference's otherwise */
    .targets = targets,
    .args = args,
    .plan = plan,
    .prologue = syscalls_prologue,
    .list = list,
    .help = "system calls by name: syscall:openat, syscall:openat:return",
    .can_share = same_side,
    .tells_apart = same_side,
};
