/* struct program from JSON text. The text may come from anywhere: what the runtime follows without looking, every index
 * and every place in the globals area, is checked here. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "program/members.h"
#include "program/program.h"

struct reader {
    struct arena *arena;
    const char *error; /* first one; NULL */
};

static void fail(struct reader *r, const char *what, const char *key) {
    if (!r->error)
        r->error = arena_printf(r->arena, "%s \"%s\"", what, key);
}

static uint64_t read_number(struct reader *r, const cJSON *v, const char *key, uint64_t max) {
    uint64_t n = 0;
    char *end = NULL;
    if (cJSON_IsString(v))
        n = strtoull(v->valuestring, &end, 10);
    else if (cJSON_IsNumber(v) && v->valuedouble >= 0 && v->valuedouble < 0x1p53)
        n = (uint64_t)v->valuedouble;
    else
        fail(r, "bad number", key);
    if (n > max || (end && *end))
        fail(r, "bad number", key);
    return n;
}

static uint32_t read_enum(struct reader *r, const cJSON *v, const struct member *m) {
    for (unsigned i = 0; cJSON_IsString(v) && i < m->nnames; i++)
        if (strcmp(v->valuestring, m->names[i]) == 0)
            return i;
    fail(r, "unknown word for", m->key);
    return 0;
}

static const char *read_string(struct reader *r, const cJSON *v, const char *key) {
    if (cJSON_IsString(v))
        return arena_strdup(r->arena, v->valuestring);
    fail(r, "no string in", key);
    return "";
}

static const char *read_bytes(struct reader *r, const cJSON *v, const char *key, size_t *len) {
    const char *text = NULL;
    if (!cJSON_IsArray(v)) {
        text = read_string(r, v, key);
        *len = strlen(text);
        return text;
    }
    *len = (size_t)cJSON_GetArraySize(v);
    char *s = arena_alloc(r->arena, *len + 1);
    size_t i = 0;
    const cJSON *byte;
    cJSON_ArrayForEach(byte, v) s[i++] = (char)read_number(r, byte, key, 255);
    return s;
}

static void read_member(struct reader *r, const cJSON *v, const struct member *m, char *base) {
    void *at = base + m->offset;
    const void *pointer = NULL;
    uint64_t u64 = 0;
    uint32_t u32 = 0;
    switch (m->kind) {
    case M_BOOL: *(bool *)at = cJSON_IsTrue(v); return;
    case M_I32: *(int32_t *)at = cJSON_IsNumber(v) ? v->valueint : 0; return;
    case M_U32: u32 = (uint32_t)read_number(r, v, m->key, UINT32_MAX); break;
    case M_ENUM: u32 = read_enum(r, v, m); break;
    case M_U64:
        u64 = read_number(r, v, m->key, UINT64_MAX);
        memcpy(at, &u64, sizeof u64);
        return;
    case M_STR: pointer = read_string(r, v, m->key); break;
    case M_BYTES: pointer = read_bytes(r, v, m->key, (size_t *)(void *)(base + m->len_offset)); break;
    case M_TYPE:
        pointer = type_from_json(r->arena, v);
        if (!pointer)
            fail(r, "bad type in", m->key);
        break;
    }
    if (pointer)
        memcpy(at, &pointer, sizeof pointer);
    else
        memcpy(at, &u32, sizeof u32);
}

static void read_struct(struct reader *r, const cJSON *o, const struct members *members, void *base) {
    for (size_t i = 0; i < members->n; i++) {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, members->v[i].key);
        if (v)
            read_member(r, v, &members->v[i], base);
    }
}

static const cJSON *list_of(const cJSON *root, const char *key) { return cJSON_GetObjectItemCaseSensitive(root, key); }

static void read_lists(struct reader *r, const cJSON *root, struct program *p) {
    const cJSON *o;
    cJSON_ArrayForEach(o, list_of(root, "progs")) {
        VEC_PUSH(r->arena, &p->progs, (struct prog){ 0 });
        read_struct(r, o, &prog_members, &p->progs.v[p->progs.n - 1]);
    }
    cJSON_ArrayForEach(o, list_of(root, "probes")) {
        VEC_PUSH(r->arena, &p->probes, (struct probe){ 0 });
        read_struct(r, o, &probe_members, &p->probes.v[p->probes.n - 1]);
    }
    cJSON_ArrayForEach(o, list_of(root, "maps")) {
        VEC_PUSH(r->arena, &p->maps, ARENA_NEW(r->arena, struct map_info));
        read_struct(r, o, &map_members, p->maps.v[p->maps.n - 1]);
    }
    cJSON_ArrayForEach(o, list_of(root, "stack_maps")) {
        VEC_PUSH(r->arena, &p->stack_maps, (struct stack_map){ 0 });
        read_struct(r, o, &stack_map_members, &p->stack_maps.v[p->stack_maps.n - 1]);
    }
    cJSON_ArrayForEach(o, list_of(root, "events")) {
        VEC_PUSH(r->arena, &p->events, ARENA_NEW(r->arena, struct event_site));
        read_struct(r, o, &event_members, p->events.v[p->events.n - 1]);
    }
    cJSON_ArrayForEach(o, list_of(root, "losses")) {
        VEC_PUSH(r->arena, &p->losses, (struct loss){ 0 });
        read_struct(r, o, &loss_members, &p->losses.v[p->losses.n - 1]);
    }
    cJSON_ArrayForEach(o, list_of(root, "strings")) VEC_PUSH(r->arena, &p->strings, read_string(r, o, "strings"));
}

/* ---- checking what was read --------------------------------------------------------------- */

static void check_progs(struct reader *r, const struct program *p) {
    for (VEC_EACH(it, &p->progs)) {
        if (!it->function)
            fail(r, "missing", "function");
        if ((uint64_t)it->first_probe + it->nprobes > p->probes.n)
            fail(r, "index out of range:", "first_probe");
    }
    for (VEC_EACH(it, &p->probes)) {
        if (!it->name || !it->provider)
            fail(r, "missing", "name");
        if (it->prog >= p->progs.n)
            fail(r, "index out of range:", "prog");
    }
}

/* Globals must lie within their area: the runtime maps it and reads them there. */
static bool is_outside(const struct program *p, uint64_t offset, uint64_t size) {
    return offset > p->globals_size || size > p->globals_size - offset;
}

static void check_maps(struct reader *r, const struct program *p) {
    for (VEC_EACH(it, &p->maps)) {
        const struct map_info *m = *it;
        bool is_global = m->storage == MAP_GLOBAL || m->storage == MAP_GLOBAL_PERCPU;
        uint64_t slots = m->storage == MAP_GLOBAL_PERCPU ? p->ncpus : 1;
        if (!m->name || (!m->value && !m->is_internal))
            fail(r, "missing", "name");
        else if (m->value && m->value->size > m->cell_size)
            fail(r, "value larger than", "cell_size");
        else if (is_global || map_is_sequence(m) ? m->key != NULL || (!is_global && !m->symbol) : !m->symbol)
            fail(r, "key or symbol at odds with", "storage");
        if (is_global && (is_outside(p, m->offset, m->cell_size) || m->stride > p->globals_size ||
                          is_outside(p, m->offset + (slots - 1) * m->stride, m->cell_size) ||
                          is_outside(p, m->offset + (slots - 1) * m->stride + m->set_offset, 8)))
            fail(r, "outside of the globals:", "offset");
    }
}

static void check_events(struct reader *r, const struct program *p) {
    for (VEC_EACH(it, &p->events)) {
        const struct event_site *e = *it;
        if (!e->call || !e->record || e->record->kind != TY_TUPLE)
            fail(r, "missing", "record");
        if (e->map != -1 && (e->map < 0 || (size_t)e->map >= p->maps.n))
            fail(r, "index out of range:", "map");
    }
    for (VEC_EACH(it, &p->losses)) {
        size_t n = loss_is_of_map(it->cause) ? p->maps.n : p->progs.n;
        if (it->subject >= n)
            fail(r, "index out of range:", "subject");
        if (is_outside(p, it->offset, 8))
            fail(r, "outside of the globals:", "offset");
    }
}

static void check(struct reader *r, const struct program *p) {
    if (p->globals_size > UINT32_MAX)
        fail(r, "out of range:", "globals_size");
    check_progs(r, p);
    check_maps(r, p);
    check_events(r, p);
    if (p->start_ns_offset && is_outside(p, p->start_ns_offset, 8))
        fail(r, "outside of the globals:", "start_ns_offset");
    if (p->cpid_offset && is_outside(p, p->cpid_offset, 8))
        fail(r, "outside of the globals:", "cpid_offset");
    if (p->wall_offset && is_outside(p, p->wall_offset, 8))
        fail(r, "outside of the globals:", "wall_offset");
    if (p->exit_offset && is_outside(p, p->exit_offset, 8))
        fail(r, "outside of the globals:", "exit_offset");
}

struct program *program_from_json(struct arena *a, const char *text, const char **error) {
    struct reader r = { .arena = a };
    struct program *p = ARENA_NEW(a, struct program);
    cJSON *root = cJSON_Parse(text);
    if (cJSON_IsObject(root)) {
        p->arena = a;
        read_struct(&r, root, &program_members, p);
        read_struct(&r, list_of(root, "config"), &config_members, &p->config);
        read_lists(&r, root, p);
        check(&r, p);
    } else {
        r.error = "not a JSON object";
    }
    cJSON_Delete(root);
    *error = r.error;
    return r.error ? NULL : p;
}
