/* printf and print: the two calls that fast output depends on. Their records are filled in place and shown by plan. */
#include "builtins/common.h"

#include <string.h>

#include "runtime/runtime.h"

static const struct type *check_printf(struct sema *s, struct node *n) { return sema_format_call(s, n, 0); }
static struct value emit_format(struct codegen *cg, const struct node *n) { return cg_event_call(cg, n, 1); }

static void deliver_printf(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    (void)size;
    struct strbuf *b = runtime_buffer(rt);
    struct sink *sink = runtime_sink(rt);
    format_run(b, runtime_resolver(rt), runtime_plan(rt, site, 0), data);
    sink->ops->text(sink, "printf", strbuf_str(b), b->len);
}

/* ---- print(@map[, top[, div]]) -------------------------------------------------------------- */

static bool is_whole_map(const struct node *a) { return a->kind == N_MAP && !a->map.key; }

static int32_t map_number(const struct sema *s, const struct map_info *m) {
    for (size_t i = 0; i < s->program->maps.n; i++)
        if (s->program->maps.v[i] == m)
            return (int32_t)i;
    return -1;
}

static const struct type *check_print_map(struct sema *s, struct node *n) {
    const struct map_info *m = arg(n, 0)->map.map;
    int64_t limits[2] = { 0, 0 };
    for (uint32_t i = 1; i < nargs(n); i++)
        if (!sema_const_int(arg(n, i), &limits[i - 1]))
            return sema_error(s, n, D_BAD_ARGUMENT, "print() expects a int literal (%s provided)",
                              type_label(arg(n, i)->type));
    if (!m || !s->is_final)
        return &type_none;
    if (nargs(n) > 1 && m->value && m->value->kind == TY_STATS)
        diag_warn(s->diag, D_BAD_ARGUMENT, n->span,
                  "print()'s top and div arguments are ignored when used on stats() maps.");
    struct event_site *site = sema_event(s, n, NULL, 0);
    if (!site)
        return &type_none;
    site->map = map_number(s, m);
    site->number[0] = (uint64_t)limits[0];
    site->number[1] = (uint64_t)limits[1];
    return &type_none;
}

/* ---- print(value) --------------------------------------------------------------------------- */

/* Elements of aggregations show as what they read as. NULL when they can not be shown one by one. */
static const struct type *shown_type(const struct node *a) {
    const struct type *t = a->type;
    if (!type_is_agg(t) || t->kind == TY_STATS)
        return t;
    if (!type_ops[t->kind].is_castable)
        return NULL;
    return agg_result(t);
}

static bool is_printable(const struct sema *s, const struct type *t) {
    if (t->is_args)
        return strcmp(s->block->provider->name, "tracepoint") != 0;
    return type_ops[t->kind].is_printable && !t->is_ctx;
}

static const struct type *check_print(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    if (is_whole_map(a))
        return check_print_map(s, n);
    if (nargs(n) > 1)
        return sema_error(s, n, D_BAD_COUNT, "Non-map print() only takes 1 argument, %zu found", nargs(n));
    const struct type *t = shown_type(a);
    if (!t)
        return sema_error(s, n, D_BAD_ARGUMENT,
                          "Map type %s cannot print the value of individual keys. You must print the whole map.",
                          type_str(s->arena, a->type));
    if (!is_printable(s, t))
        return sema_error(s, n, D_BAD_ARGUMENT, "%s type passed to print() is not printable", type_str(s->arena, t));
    if (s->is_final)
        sema_event(s, n, &t, 1);
    return &type_none;
}

static struct value emit_print(struct codegen *cg, const struct node *n) {
    if (!is_whole_map(arg(n, 0)))
        return cg_event_call(cg, n, 0);
    struct cg_event e = cg_event_begin(cg, n->call.data);
    cg_event_end(cg, &e);
    return cg_void();
}

static void deliver_print(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    (void)size;
    struct sink *sink = runtime_sink(rt);
    if (site->map >= 0)
        runtime_print_map(rt, (uint32_t)site->map, site->number[0], (int64_t)site->number[1]);
    else
        sink->ops->value(sink, site->record->fields[0].type, data);
}

/* ---- clear, zero ---------------------------------------------------------------------------- */

static const struct type *check_whole_map(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    if (!is_whole_map(a))
        return sema_error(s, a, D_BAD_ARGUMENT, "%s() expects a map argument", n->call.name);
    if (!s->is_final || !a->map.map)
        return &type_none;
    struct event_site *site = sema_event(s, n, NULL, 0);
    if (site)
        site->map = map_number(s, a->map.map);
    return &type_none;
}

static void deliver_clear(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    (void)data, (void)size;
    runtime_clear_map(rt, (uint32_t)site->map);
}

static void deliver_zero(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    (void)data, (void)size;
    runtime_zero_map(rt, (uint32_t)site->map);
}

const struct builtin builtins_print[] = {
    { "printf", "strlit,...", BF_ASYNC, NULL, check_printf, emit_format, NULL, deliver_printf, "formatted output" },
    { "print", "map|any,?any,?any", BF_ASYNC, NULL, check_print, emit_print, NULL, deliver_print,
      "a value, or a map: print(@m[, top[, div]])" },
    { "clear", "map|any", BF_ASYNC, NULL, check_whole_map, emit_print, NULL, deliver_clear,
      "removes all keys of a map" },
    { "zero", "map|any", BF_ASYNC, NULL, check_whole_map, emit_print, NULL, deliver_zero,
      "sets all values of a map to zero" },
    { 0 },
};
