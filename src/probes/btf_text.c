/* Type names the way bpftrace's listing writes them: "const char * filename", "struct task_struct * prev". Names are
 * those of BTF, typedefs are kept. */
#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>

#include "probes/btf_text.h"
#include "probes/cache.h"

static const char *name_of(const struct btf *btf, const struct btf_type *t) {
    const char *s = btf__name_by_offset(btf, t->name_off);
    return s ? s : "";
}

static const char *type_text(struct arena *a, const struct btf *btf, uint32_t id, int depth);

static const char *proto_text(struct arena *a, const struct btf *btf, const struct btf_type *t, int depth) {
    const struct btf_param *p = btf_params(t);
    const char *list = "";
    for (int i = 0; i < btf_vlen(t); i++)
        list = arena_printf(a, "%s%s%s", list, i ? ", " : "", p[i].type ? type_text(a, btf, p[i].type, depth) : "...");
    return arena_printf(a, "%s (*)(%s)", type_text(a, btf, t->type, depth), btf_vlen(t) ? list : "void");
}

static const char *type_text(struct arena *a, const struct btf *btf, uint32_t id, int depth) {
    const struct btf_type *t = id ? btf__type_by_id(btf, id) : NULL;
    if (!t)
        return "void";
    const char *name = name_of(btf, t);
    if (depth > 16)
        return name;
    switch (btf_kind(t)) {
    case BTF_KIND_STRUCT: return arena_printf(a, "struct %s", name);
    case BTF_KIND_UNION: return arena_printf(a, "union %s", name);
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64: return arena_printf(a, "enum %s", name);
    case BTF_KIND_FWD: return arena_printf(a, "%s %s", btf_kflag(t) ? "union" : "struct", name);
    case BTF_KIND_PTR: {
        const struct btf_type *to = t->type ? btf__type_by_id(btf, t->type) : NULL;
        if (to && btf_is_func_proto(to))
            return proto_text(a, btf, to, depth + 1);
        return arena_printf(a, "%s *", type_text(a, btf, t->type, depth + 1));
    }
    case BTF_KIND_CONST: return arena_printf(a, "const %s", type_text(a, btf, t->type, depth + 1));
    case BTF_KIND_VOLATILE: return arena_printf(a, "volatile %s", type_text(a, btf, t->type, depth + 1));
    case BTF_KIND_RESTRICT: return arena_printf(a, "restrict %s", type_text(a, btf, t->type, depth + 1));
    case BTF_KIND_TYPE_TAG: return type_text(a, btf, t->type, depth + 1);
    case BTF_KIND_ARRAY:
        return arena_printf(a, "%s[%u]", type_text(a, btf, btf_array(t)->type, depth + 1), btf_array(t)->nelems);
    default: return name; /* integers, floats, typedefs */
    }
}

static void fill(struct arena *a, const struct btf *btf, const struct btf_type *proto, int skip, struct signature *out) {
    const struct btf_param *p = btf_params(proto);
    size_t n = btf_vlen(proto) > skip ? (size_t)(btf_vlen(proto) - skip) : 0;
    *out = (struct signature){ .types = ARENA_ARRAY(a, const char *, n), .names = ARENA_ARRAY(a, const char *, n) };
    for (size_t i = 0; i < n; i++) {
        const char *name = btf__name_by_offset(btf, p[i + (size_t)skip].name_off);
        if (!p[i + (size_t)skip].type)
            break; /* variable arguments */
        out->types[i] = type_text(a, btf, p[i + (size_t)skip].type, 0);
        out->names[i] = name && *name ? name : arena_printf(a, "arg%zu", i);
        out->n++;
    }
    out->retval = proto->type ? type_text(a, btf, proto->type, 0) : NULL;
}

/* ---- functions by name --------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    const struct btf_name *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

/* libbpf searches from type to type; listings ask for tens of thousands of names. */
static void index_functions(struct probe_env *env, struct probe_cache *c, const struct btf *btf) {
    uint32_t n = btf__type_cnt(btf);
    for (uint32_t id = 1; id < n; id++) {
        const struct btf_type *t = btf__type_by_id(btf, id);
        if (btf_is_func(t))
            VEC_PUSH(env->arena, &c->btf_functions, (struct btf_name){ name_of(btf, t), id });
    }
    if (c->btf_functions.n)
        qsort(c->btf_functions.v, c->btf_functions.n, sizeof *c->btf_functions.v, by_name);
}

static uint32_t function_id(struct probe_env *env, const struct btf *btf, const char *function) {
    struct probe_cache *c = probe_cache(env);
    if (c->nbtf_searches++ < 8) { /* a few names are found faster without an index */
        int32_t id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
        return id > 0 ? (uint32_t)id : 0;
    }
    if (!c->btf_functions.n)
        index_functions(env, c, btf);
    size_t lo = 0, hi = c->btf_functions.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(c->btf_functions.v[mid].name, function) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < c->btf_functions.n && !strcmp(c->btf_functions.v[lo].name, function) ? c->btf_functions.v[lo].id : 0;
}

bool signature_of_function(struct probe_env *env, const char *function, struct signature *out) {
    const struct btf *btf = env->types ? typedb_vmlinux(env->types) : NULL;
    uint32_t id = btf ? function_id(env, btf, function) : 0;
    const struct btf_type *proto = id ? btf__type_by_id(btf, btf__type_by_id(btf, id)->type) : NULL;
    if (!proto || !btf_is_func_proto(proto))
        return false;
    fill(env->arena, btf, proto, 0, out);
    return true;
}

bool signature_of_raw_tracepoint(struct probe_env *env, const char *event, struct signature *out) {
    const struct btf *btf = env->types ? typedb_vmlinux(env->types) : NULL;
    int32_t id = btf ? btf__find_by_name_kind(btf, arena_printf(env->arena, "btf_trace_%s", event), BTF_KIND_TYPEDEF) : 0;
    const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
    t = t ? btf__type_by_id(btf, t->type) : NULL; /* typedef → pointer → function */
    t = t && btf_is_ptr(t) ? btf__type_by_id(btf, t->type) : NULL;
    if (!t || !btf_is_func_proto(t))
        return false;
    fill(env->arena, btf, t, 1, out);
    return true;
}

const char **signature_lines(struct probe_env *env, const struct signature *s) {
    const char **lines = ARENA_ARRAY(env->arena, const char *, s->n + 1);
    for (size_t i = 0; i < s->n; i++)
        lines[i] = arena_printf(env->arena, "%s %s", s->types[i], s->names[i]);
    return lines;
}
