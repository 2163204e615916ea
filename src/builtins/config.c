/* config: the effective configuration as a record of constants. */
#include "builtins/common.h"

#include <string.h>

/* One field: where it is in struct config, and how it is shown. */
struct entry {
    const char *name;
    enum { E_BOOL, E_NUMBER, E_STRING, E_UNSTABLE, E_MISSING, E_STACK } kind;
    size_t at;
};

#define ENTRY(kind, field) { #field, kind, offsetof(struct config, field) }
static const struct entry entries[] = {
    ENTRY(E_BOOL, cpp_demangle),
    ENTRY(E_BOOL, lazy_symbolication),
    ENTRY(E_BOOL, print_maps_on_exit),
    ENTRY(E_BOOL, use_blazesym),
    ENTRY(E_BOOL, show_debug_info),
    ENTRY(E_NUMBER, log_size),
    ENTRY(E_NUMBER, max_bpf_progs),
    ENTRY(E_NUMBER, max_cat_bytes),
    ENTRY(E_NUMBER, max_map_keys),
    ENTRY(E_NUMBER, max_probes),
    ENTRY(E_NUMBER, max_strlen),
    ENTRY(E_NUMBER, on_stack_limit),
    ENTRY(E_NUMBER, perf_rb_pages),
    ENTRY(E_STRING, str_trunc_trailer),
    ENTRY(E_UNSTABLE, unstable_import_statement),
    ENTRY(E_UNSTABLE, unstable_tseries),
    ENTRY(E_UNSTABLE, unstable_typeinfo),
    ENTRY(E_UNSTABLE, unstable_dw_ustack),
    ENTRY(E_MISSING, missing_probes),
    ENTRY(E_STACK, stack_mode),
    ENTRY(E_STRING, license),
};
enum { NENTRIES = sizeof entries / sizeof *entries };

static const char *text_of(const struct config *c, const struct entry *e) {
    static const char *const unstable[] = { "error", "warn", "enable" };
    static const char *const missing[] = { "error", "warn", "ignore" };
    static const char *const stack[] = { "bpftrace", "perf", "raw", "build_id" };
    const void *at = (const char *)c + e->at;
    switch (e->kind) {
    case E_STRING: return *(const char *const *)at ? *(const char *const *)at : "";
    case E_UNSTABLE: return unstable[*(const enum unstable *)at];
    case E_MISSING: return missing[*(const enum missing_probes *)at];
    case E_STACK: return stack[*(const enum stack_mode *)at];
    case E_BOOL:
    case E_NUMBER: break;
    }
    return "";
}

static uint64_t number_of(const struct config *c, const struct entry *e) {
    const void *at = (const char *)c + e->at;
    return e->kind == E_BOOL ? *(const bool *)at : *(const uint64_t *)at;
}

static const struct type *check_config(struct sema *s, struct node *n) {
    (void)n;
    const struct config *c = &s->program->config;
    const char *names[NENTRIES];
    const struct type *types[NENTRIES];
    for (uint32_t i = 0; i < NENTRIES; i++) {
        names[i] = entries[i].name;
        if (entries[i].kind == E_BOOL)
            types[i] = &type_bool;
        else if (entries[i].kind == E_NUMBER)
            types[i] = sema_literal_type(number_of(c, &entries[i]), false);
        else
            types[i] = type_string(s->arena, (uint32_t)strlen(text_of(c, &entries[i])) + 1);
    }
    return type_record(s->arena, names, types, NENTRIES);
}

/* The whole record is a constant of the program. */
static struct value emit_config(struct codegen *cg, const struct node *n) {
    const struct program *p = cg_checked(cg)->program;
    char *bytes = arena_alloc(p->arena, n->type->size);
    for (uint32_t i = 0; i < NENTRIES; i++) {
        char *at = bytes + n->type->fields[i].offset;
        uint32_t size = n->type->fields[i].type->size;
        if (entries[i].kind == E_BOOL || entries[i].kind == E_NUMBER) {
            uint64_t v = number_of(&p->config, &entries[i]);
            memcpy(at, &v, size); /* little endian */
        } else {
            memcpy(at, text_of(&p->config, &entries[i]), size);
        }
    }
    return cg_mem(cg_rodata(cg, bytes, n->type->size), n->type);
}

const struct builtin builtins_config[] = {
    { "config", "", BF_VALUE, NULL, check_config, emit_config, NULL, NULL, "the configuration in effect" },
    { 0 },
};
