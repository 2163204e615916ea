/* Prototypes from BTF: functions (kprobe, fentry) and raw tracepoints, as the struct behind `args` and as text. */
#include <stdlib.h>
#include <string.h>

#include "support/strbuf.h"
#include "types/btf.h"

/* A function's prototype, and which of its parameters is the first that a script sees. */
struct proto {
    struct btf_ref ref;
    uint32_t skip;
};

static const struct btf_type *as_proto(struct btf_ref r) {
    const struct btf_type *t = r.source ? btf_type_of(r) : NULL;
    return t && btf_is_func_proto(t) ? t : NULL;
}

static struct btf_ref function_proto(struct typedb *db, const char *name) {
    struct btf_ref r = btf_find(db, name, BTF_KIND_FUNC);
    if (r.source)
        r.id = btf_type_of(r)->type;
    return as_proto(r) ? r : (struct btf_ref){ 0 };
}

/* The typedef btf_trace_EVENT is what the kernel itself goes by, but its parameters have no names in most kernels; the
 * function __probestub_EVENT (before 6.6 __traceiter_EVENT) has the same ones with names. */
static struct btf_ref raw_tracepoint_proto(struct typedb *db, const char *event) {
    struct btf_ref r = btf_find(db, arena_printf(db->arena, "btf_trace_%s", event), BTF_KIND_TYPEDEF);
    if (!r.source)
        return r;
    struct btf_ref named = function_proto(db, arena_printf(db->arena, "__probestub_%s", event));
    if (!named.source)
        named = function_proto(db, arena_printf(db->arena, "__traceiter_%s", event));
    if (named.source)
        return named;
    r = btf_strip((struct btf_ref){ r.source, btf_type_of(r)->type });
    const struct btf_type *ptr = btf_type_of(r);
    if (!ptr || !btf_is_ptr(ptr))
        return (struct btf_ref){ 0 };
    r.id = ptr->type;
    return as_proto(r) ? r : (struct btf_ref){ 0 };
}

static const char *param_name(struct typedb *db, struct proto p, uint32_t i) {
    const char *name = btf_name(p.ref, btf_params(btf_type_of(p.ref))[i].name_off);
    return name[0] ? arena_strdup(db->arena, name) : arena_printf(db->arena, "arg%u", i - p.skip);
}

/* The number of parameters; "..." at the end, of type void, is not one. */
static uint32_t count_params(struct proto p) {
    const struct btf_type *t = btf_type_of(p.ref);
    uint32_t n = btf_vlen(t);
    return n && !btf_params(t)[n - 1].type ? n - 1 : n;
}

static const struct type *args_struct(struct typedb *db, struct proto p, const char *provider, const char *name) {
    const struct btf_param *params = btf_params(btf_type_of(p.ref));
    uint32_t n = count_params(p);
    const char *module = p.ref.source->module ? p.ref.source->module : "vmlinux";
    struct type *t = ARENA_NEW(db->arena, struct type);
    *t = (struct type){ .kind = TY_STRUCT, .align = 8, .is_args = true };
    t->name = arena_printf(db->arena, "%s:%s:%s_args", provider, module, name);
    t->nfields = n > p.skip ? n - p.skip : 0;
    t->fields = ARENA_ARRAY(db->arena, struct field, t->nfields);
    for (uint32_t i = 0; i < t->nfields; i++) {
        struct field *f = &t->fields[i];
        f->name = param_name(db, p, i + p.skip);
        f->type = btf_convert(db, (struct btf_ref){ p.ref.source, params[i + p.skip].type });
        f->offset = t->size;
        f->home = FIELD_CTX_ARG;
        t->size += f->type->size > 8 ? (f->type->size + 7) / 8 * 8 : 8; /* structs by value take several slots */
    }
    return t;
}

const struct type *typedb_function(struct typedb *db, const char *name, const struct type **retval) {
    struct proto p = { .ref = function_proto(db, name) };
    if (!p.ref.source)
        return NULL;
    if (retval) {
        *retval = btf_convert(db, (struct btf_ref){ p.ref.source, btf_type_of(p.ref)->type });
        if ((*retval)->kind == TY_NONE)
            *retval = NULL;
    }
    return args_struct(db, p, "fentry", name);
}

const struct type *typedb_raw_tracepoint(struct typedb *db, const char *event) {
    struct proto p = { .ref = raw_tracepoint_proto(db, event), .skip = 1 };
    return p.ref.source ? args_struct(db, p, "rawtracepoint", event) : NULL;
}

/* ---- text for -lv ------------------------------------------------------------------------- */

static void print_to_strbuf(void *ctx, const char *fmt, va_list ap) { strbuf_vprintf(ctx, fmt, ap); }

static const char *declaration(struct typedb *db, struct btf_ref r, uint32_t id, const char *name) {
    struct strbuf text = { 0 };
    struct btf_dump *dump = btf_dump__new(r.source->btf, print_to_strbuf, &text, NULL);
    struct btf_dump_emit_type_decl_opts opts = { .sz = sizeof opts, .field_name = "" };
    if (!dump)
        return name;
    if (btf_dump__emit_type_decl(dump, id, &opts) == 0)
        strbuf_addc(&text, ' ');
    btf_dump__free(dump);
    strbuf_adds(&text, name);
    return strbuf_finish(&text, db->arena);
}

static size_t declarations(struct typedb *db, struct proto p, const char *const **lines) {
    VEC(const char *) list = { 0 };
    const struct btf_param *params = btf_params(btf_type_of(p.ref));
    for (uint32_t i = p.skip; i < count_params(p); i++)
        VEC_PUSH(db->arena, &list, declaration(db, p.ref, params[i].type, param_name(db, p, i)));
    *lines = (const char *const *)list.v;
    return list.n;
}

size_t typedb_function_params(struct typedb *db, const char *name, const char *const **lines, const char **retval) {
    struct proto p = { .ref = function_proto(db, name) };
    *lines = NULL;
    if (retval)
        *retval = NULL;
    if (!p.ref.source)
        return 0;
    uint32_t ret = btf_type_of(p.ref)->type;
    if (retval && ret)
        *retval = declaration(db, p.ref, ret, "retval");
    return declarations(db, p, lines);
}

size_t typedb_raw_tracepoint_params(struct typedb *db, const char *event, const char *const **lines) {
    struct proto p = { .ref = raw_tracepoint_proto(db, event), .skip = 1 };
    *lines = NULL;
    return p.ref.source ? declarations(db, p, lines) : 0;
}
