/* struct program to JSON text. Members that are zero are left out. Numbers beyond what a double holds are written as
 * decimal strings, enums by name, and format strings with NUL bytes as arrays of bytes. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "program/members.h"
#include "program/program.h"

static cJSON *number_to_json(uint64_t v) {
    if (v < UINT64_C(1) << 53)
        return cJSON_CreateNumber((double)v);
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
    return cJSON_CreateString(digits);
}

static cJSON *bytes_to_json(const char *s, size_t len) {
    if (!memchr(s, '\0', len))
        return cJSON_CreateString(s);
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < len; i++)
        cJSON_AddItemToArray(array, cJSON_CreateNumber((unsigned char)s[i]));
    return array;
}

/* NULL when the member is zero. */
static cJSON *member_to_json(const struct member *m, const char *base) {
    const void *at = base + m->offset;
    const char *s = NULL;
    const struct type *t = NULL;
    uint64_t u64 = 0;
    uint32_t u32 = 0;
    switch (m->kind) {
    case M_BOOL: return *(const bool *)at ? cJSON_CreateTrue() : NULL;
    case M_I32:
    case M_U32:
    case M_ENUM: memcpy(&u32, at, sizeof u32); break;
    case M_U64: memcpy(&u64, at, sizeof u64); break;
    case M_STR:
    case M_BYTES: memcpy(&s, at, sizeof s); break;
    case M_TYPE: memcpy(&t, at, sizeof t); break;
    }
    if (s)
        return m->kind == M_STR ? cJSON_CreateString(s)
                                : bytes_to_json(s, *(const size_t *)(const void *)(base + m->len_offset));
    if (t)
        return type_to_json(t);
    if (m->kind == M_ENUM)
        return u32 < m->nnames && u32 ? cJSON_CreateString(m->names[u32]) : NULL;
    if (m->kind == M_I32)
        return u32 ? cJSON_CreateNumber((int32_t)u32) : NULL;
    return u64 || u32 ? number_to_json(u64 | u32) : NULL;
}

static cJSON *struct_to_json(const struct members *members, const void *base) {
    cJSON *o = cJSON_CreateObject();
    for (size_t i = 0; i < members->n; i++) {
        cJSON *v = member_to_json(&members->v[i], base);
        if (v)
            cJSON_AddItemToObject(o, members->v[i].key, v);
    }
    return o;
}

static cJSON *to_json(const struct program *p) {
    cJSON *root = struct_to_json(&program_members, p);
    cJSON_AddItemToObject(root, "config", struct_to_json(&config_members, &p->config));
    cJSON *list = cJSON_AddArrayToObject(root, "progs");
    for (VEC_EACH(it, &p->progs))
        cJSON_AddItemToArray(list, struct_to_json(&prog_members, it));
    list = cJSON_AddArrayToObject(root, "probes");
    for (VEC_EACH(it, &p->probes))
        cJSON_AddItemToArray(list, struct_to_json(&probe_members, it));
    list = cJSON_AddArrayToObject(root, "maps");
    for (VEC_EACH(it, &p->maps))
        cJSON_AddItemToArray(list, struct_to_json(&map_members, *it));
    list = cJSON_AddArrayToObject(root, "stack_maps");
    for (VEC_EACH(it, &p->stack_maps))
        cJSON_AddItemToArray(list, struct_to_json(&stack_map_members, it));
    list = cJSON_AddArrayToObject(root, "events");
    for (VEC_EACH(it, &p->events))
        cJSON_AddItemToArray(list, struct_to_json(&event_members, *it));
    list = cJSON_AddArrayToObject(root, "losses");
    for (VEC_EACH(it, &p->losses))
        cJSON_AddItemToArray(list, struct_to_json(&loss_members, it));
    list = cJSON_AddArrayToObject(root, "strings");
    for (VEC_EACH(it, &p->strings))
        cJSON_AddItemToArray(list, cJSON_CreateString(*it));
    return root;
}

char *program_to_json(const struct program *p, struct arena *a) {
    cJSON *root = to_json(p);
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (!text)
        out_of_memory();
    char *copy = arena_strdup(a, text);
    cJSON_free(text);
    return copy;
}
