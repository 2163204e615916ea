/* Types as written: names, C tags, typeof, with pointers and dimensions behind them. */
#include "sema/state.h"

#include <string.h>

enum { MAX_SIZE = 1 << 20 };

bool check_size(struct sema *s, const struct type *t, struct span at) {
    uint64_t max = s->program->config.max_strlen;
    if (t->kind == TY_STRING && t->size > max) {
        struct diagnostic *g = diag_error(s->diag, D_LIMIT, at, "String type is too long (over %llu bytes): %s",
                                          (unsigned long long)max, say(s, t));
        diag_hint(s->diag, g, "Increase BPFTRACE_MAX_STRLEN.");
        return false;
    }
    if (t->size > MAX_SIZE) {
        diag_error(s->diag, D_LIMIT, at, "A value of type %s is too large: %u bytes (at most %d)",
                   t->kind == TY_TUPLE || t->kind == TY_RECORD ? type_word(t) : say(s, t), t->size, MAX_SIZE);
        return false;
    }
    return true;
}

static const struct type *unknown(struct sema *s, const struct node *n, const char *keyword) {
    const char *name = n->tspec.spec->name;
    for (int k = 0; k < TY_NKINDS; k++)
        if (type_ops[k].is_aggregation && !strcmp(type_ops[k].name, name))
            return sema_error(s, n, D_UNKNOWN_TYPE, "Invalid variable declaration type: %s", name);
    return sema_error(s, n, D_UNKNOWN_TYPE, "Cannot resolve unknown type \"%s%s\"", keyword, name);
}

struct special {
    const char *name;
    const struct type *type;
};
static const struct special specials[] = {
    { "none", &type_none },   { "username_t", &type_username },       { "ksym_t", &type_ksym },
    { "usym_t", &type_usym }, { "mac_address", &type_mac },           { "timestamp", &type_timestamp },
    { "inet", &type_inet },   { "cgroup_path_t", &type_cgroup_path },
};

/* string[n], buffer[n]: the first dimension is part of the name. *used tells. */
static const struct type *sized(struct sema *s, const struct type_spec *spec, size_t *used) {
    bool has_size = spec->nsuffixes && !spec->suffixes[0].is_pointer && spec->suffixes[0].has_count;
    uint64_t size = has_size ? spec->suffixes[0].count : 0;
    if (size > UINT32_MAX / 2)
        size = UINT32_MAX / 2;
    if (!strcmp(spec->name, "string")) {
        *used = has_size;
        return type_string(s->arena, (uint32_t)size);
    }
    if (!strcmp(spec->name, "buffer")) {
        *used = has_size;
        return type_buffer(s->arena, (uint32_t)(size > 4 ? size - 4 : 0));
    }
    if (!strcmp(spec->name, "inet"))
        *used = has_size;
    return NULL;
}

static const struct type *named(struct sema *s, const struct node *n, size_t *used) {
    const struct type_spec *spec = n->tspec.spec;
    const struct type *t = sized(s, spec, used);
    for (size_t i = 0; !t && i < sizeof specials / sizeof *specials; i++)
        if (!strcmp(spec->name, specials[i].name))
            t = specials[i].type;
    if (!t)
        t = typedb_named(s->types, spec->name);
    if (!t && !(t = typedb_struct(s->types, spec->name, false))) /* the tag alone will do */
        t = typedb_struct(s->types, spec->name, true);
    if (!t && (t = typedb_enum(s->types, spec->name)))
        t = type_enum_value(s->arena, t);
    return t ? t : unknown(s, n, "");
}

static const struct type *base_type(struct sema *s, const struct node *n, size_t *used) {
    const struct type_spec *spec = n->tspec.spec;
    const struct type *t;
    switch (spec->base) {
    case TS_NAME: return named(s, n, used);
    case TS_STRUCT:
    case TS_UNION:
        t = typedb_struct(s->types, spec->name, spec->base == TS_UNION);
        return t ? t : unknown(s, n, spec->base == TS_UNION ? "union " : "struct ");
    case TS_ENUM:
        t = typedb_enum(s->types, spec->name);
        return t ? type_enum_value(s->arena, t) : unknown(s, n, "enum ");
    case TS_TYPEOF: return type_operand(s, spec->operand);
    }
    return &type_poison;
}

const struct type *resolve_type(struct sema *s, struct node *n) {
    const struct type_spec *spec = n->tspec.spec;
    size_t used = 0;
    const struct type *t = base_type(s, n, &used);
    for (size_t i = used; i < spec->nsuffixes && !is_poison(t); i++) {
        const struct type_suffix *x = &spec->suffixes[i];
        if (x->is_pointer)
            t = type_ptr(s->arena, t, AS_NONE);
        else
            t = type_array(s->arena, t, x->count > UINT32_MAX ? UINT32_MAX : (uint32_t)x->count);
    }
    n->type = t;
    return t;
}

/* A bare word may name a value as well. These values come before types of the same name (struct pid), all others
 * behind them (struct cpu). */
static bool is_value_first(const char *name) {
    static const char *const names[] = { "pid", "tid", "nsecs", "kstack", "ustack", "args", "retval", "ctx" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return true;
    return !strncmp(name, "arg", 3) && name[3] >= '0' && name[3] <= '9' && !name[4];
}

static void word_to_value(struct sema *s, struct node *n) {
    const struct type_spec *spec = n->tspec.spec;
    if (spec->base != TS_NAME || spec->nsuffixes)
        return;
    if (!is_value_first(spec->name)) {
        s->diag->muted++;
        bool is_type = !is_poison(resolve_type(s, n));
        s->diag->muted--;
        if (is_type)
            return;
    }
    const char *name = spec->name;
    n->kind = N_IDENT;
    n->ident.name = name;
    n->ident.builtin = NULL;
}

const struct type *type_operand(struct sema *s, struct node *n) {
    const struct type *t;
    s->comptime++;
    if (n->kind == N_TYPE)
        word_to_value(s, n);
    if (n->kind == N_TYPE) {
        t = resolve_type(s, n);
    } else {
        t = sema_expr(s, n);
        if (t->kind == TY_INT && t->is_literal) /* fixed from here on */
            t = type_int(t->size, t->is_signed);
    }
    s->comptime--;
    return t;
}
