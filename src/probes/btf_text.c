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

/* A type is written around what is declared with it: `inner` is the part in the middle, made of stars and their
 * qualifiers ("* const *"); `quals` the qualifiers of what is at the bottom. */
struct declarator {
    struct arena *arena;
    const struct btf *btf;
    const char *inner, *quals;
};

static const char *declare(struct declarator d, uint32_t id);

static const char *plain(struct arena *a, const struct btf *btf, uint32_t id) {
    return declare((struct declarator){ a, btf, "", "" }, id);
}

/* `*`, `* const`: in front of what is there. */
static struct declarator with_star(struct declarator d, const char *star) {
    size_t n = strlen(star);
    d.inner = arena_printf(d.arena, "%s%s%s", star, *d.inner && star[n - 1] != '*' ? " " : "", d.inner);
    return d;
}

static const char *declare_function(struct declarator d, const struct btf_type *t) {
    const struct btf_param *p = btf_params(t);
    const char *list = btf_vlen(t) ? "" : "void";
    for (int i = 0; i < btf_vlen(t); i++)
        list =
            arena_printf(d.arena, "%s%s%s", list, i ? ", " : "", p[i].type ? plain(d.arena, d.btf, p[i].type) : "...");
    return arena_printf(d.arena, "%s (%s)(%s)", plain(d.arena, d.btf, t->type), d.inner, list);
}

static const char *declare_array(struct declarator d, const struct btf_type *t) {
    struct declarator elem = { d.arena, d.btf, "", d.quals };
    const char *inner = *d.inner ? arena_printf(d.arena, "(%s)", d.inner) : "";
    return arena_printf(d.arena, "%s%s[%u]", declare(elem, btf_array(t)->type), inner, btf_array(t)->nelems);
}

/* Qualifiers of a pointer stand behind its star. */
static const char *declare_qualified(struct declarator d, const struct btf_type *t, const char *word) {
    const struct btf_type *to = t->type ? btf__type_by_id(d.btf, t->type) : NULL;
    if (to && btf_is_ptr(to))
        return declare(with_star(d, arena_printf(d.arena, "* %s", word)), to->type);
    d.quals = arena_printf(d.arena, "%s %s", word, d.quals);
    return declare(d, t->type);
}

static const char *declare_base(struct declarator d, const char *keyword, const char *name) {
    return arena_printf(d.arena, "%s%s%s%s%s", d.quals, keyword, name, *d.inner ? " " : "", d.inner);
}

static const char *declare(struct declarator d, uint32_t id) {
    const struct btf_type *t = id ? btf__type_by_id(d.btf, id) : NULL;
    if (!t)
        return declare_base(d, "", "void");
    const char *name = name_of(d.btf, t);
    switch (btf_kind(t)) {
    case BTF_KIND_STRUCT: return declare_base(d, "struct ", name);
    case BTF_KIND_UNION: return declare_base(d, "union ", name);
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64: return declare_base(d, "enum ", name);
    case BTF_KIND_FWD: return declare_base(d, btf_kflag(t) ? "union " : "struct ", name);
    case BTF_KIND_PTR: return declare(with_star(d, "*"), t->type);
    case BTF_KIND_CONST: return declare_qualified(d, t, "const");
    case BTF_KIND_VOLATILE: return declare_qualified(d, t, "volatile");
    case BTF_KIND_RESTRICT: return declare_qualified(d, t, "restrict");
    case BTF_KIND_TYPE_TAG:
        if (btf_kflag(t))
            d.inner = arena_printf(d.arena, "__attribute__((%s)) %s", name, d.inner);
        return declare(d, t->type);
    case BTF_KIND_FUNC_PROTO: return declare_function(d, t);
    case BTF_KIND_ARRAY: return declare_array(d, t);
    default: return declare_base(d, "", name); /* integers, floats, typedefs */
    }
}

static void fill(struct arena *a, const struct btf *btf, const struct btf_type *proto, int skip,
                 struct signature *out) {
    const struct btf_param *p = btf_params(proto);
    size_t n = btf_vlen(proto) > skip ? (size_t)(btf_vlen(proto) - skip) : 0;
    *out = (struct signature){ .types = ARENA_ARRAY(a, const char *, n), .names = ARENA_ARRAY(a, const char *, n) };
    for (size_t i = 0; i < n; i++) {
        const char *name = btf__name_by_offset(btf, p[i + (size_t)skip].name_off);
        out->types[i] = plain(a, btf, p[i + (size_t)skip].type); /* "void", no name: variable arguments */
        out->names[i] = name ? name : "";
    }
    out->n = n;
    out->retval = proto->type ? plain(a, btf, proto->type) : NULL;
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

/* The typedef btf_trace_X says that the raw tracepoint exists, but has no names of parameters; the functions that the
 * kernel makes for each tracepoint do. */
bool signature_of_raw_tracepoint(struct probe_env *env, const char *event, struct signature *out) {
    static const char *const makers[] = { "__probestub_", "__traceiter_", "__bpf_trace_" };
    const struct btf *btf = env->types ? typedb_vmlinux(env->types) : NULL;
    uint32_t id = 0;
    for (size_t i = 0; btf && !id && i < sizeof makers / sizeof *makers; i++)
        id = function_id(env, btf, arena_printf(env->arena, "%s%s", makers[i], event));
    const struct btf_type *proto = id ? btf__type_by_id(btf, btf__type_by_id(btf, id)->type) : NULL;
    if (!proto || !btf_is_func_proto(proto))
        return false;
    fill(env->arena, btf, proto, 1, out);
    return true;
}

const char **signature_lines(struct probe_env *env, const struct signature *s) {
    const char **lines = ARENA_ARRAY(env->arena, const char *, s->n + 1);
    for (size_t i = 0; i < s->n; i++)
        lines[i] = arena_printf(env->arena, "%s %s", s->types[i], s->names[i]);
    return lines;
}
