/* Configuration keys: one table for the config block and the environment (reference §5). */
#include "sema/sema.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "parser/parser.h"

enum kind { KIND_BOOL, KIND_INT, KIND_TEXT, KIND_WORD };

struct words {
    const char *const *names; /* in the order of the enum's values */
    const char *error;        /* behind "<key>: " */
};

static const char *const unstable_names[] = { "error", "warn", "enable", NULL };
static const char *const missing_names[] = { "error", "warn", "ignore", NULL };
static const char *const stack_names[] = { "bpftrace", "perf", "raw", "build_id", NULL };
static const char *const output_names[] = { "ringbuf", "perfbuf", NULL };
static const struct words unstable_words = { unstable_names,
                                             "Invalid value for unstable config: valid values are enable, warn, and "
                                             "error." };
static const struct words missing_words = {
    missing_names, "Invalid value for missing_probes: valid values are ignore, warn, and error."
};
static const struct words stack_words = { stack_names, "Invalid value for stack_mode: valid values are bpftrace, raw, "
                                                       "perf, and build_id." };
static const struct words output_words = { output_names,
                                           "Invalid value for output: valid values are ringbuf and perfbuf." };

struct key {
    const char *name;
    enum kind kind;
    size_t offset;
    const struct words *words; /* KIND_WORD: an int-sized enum */
};
#define KEY(name, kind)    { #name, kind, offsetof(struct config, name), NULL }
#define WORDS(name, words) { #name, KIND_WORD, offsetof(struct config, name), &(words) }
static const struct key keys[] = {
    KEY(cpp_demangle, KIND_BOOL),
    KEY(lazy_symbolication, KIND_BOOL),
    KEY(print_maps_on_exit, KIND_BOOL),
    KEY(use_blazesym, KIND_BOOL),
    KEY(show_debug_info, KIND_BOOL),
    KEY(log_size, KIND_INT),
    KEY(max_bpf_progs, KIND_INT),
    KEY(max_cat_bytes, KIND_INT),
    KEY(max_map_keys, KIND_INT),
    KEY(max_probes, KIND_INT),
    KEY(max_strlen, KIND_INT),
    KEY(on_stack_limit, KIND_INT),
    KEY(perf_rb_pages, KIND_INT),
    KEY(str_trunc_trailer, KIND_TEXT),
    KEY(license, KIND_TEXT),
    KEY(cache_user_symbols, KIND_TEXT),
    WORDS(unstable_import_statement, unstable_words),
    WORDS(unstable_tseries, unstable_words),
    WORDS(unstable_typeinfo, unstable_words),
    WORDS(unstable_dw_ustack, unstable_words),
    WORDS(missing_probes, missing_words),
    WORDS(stack_mode, stack_words),
    WORDS(output, output_words),
};
enum { NKEYS = sizeof keys / sizeof *keys };

static const char *const retired[] = { "unstable_macro",
                                       "unstable_map_decl",
                                       "unstable_import",
                                       "unstable_addr",
                                       "symbol_source",
                                       "max_type_res_iterations",
                                       NULL };
static const char *const env_only[] = {
    "btf", "kernel_source", "kernel_build", "vmlinux", "color", "dummy_ts_map", NULL
};
static const char *const renamed[][2] = { { "strlen", "max_strlen" }, { "no_cpp_demangle", "cpp_demangle" } };
static const char *const licenses[] = {
    "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL", NULL
};
static const char *const symbol_caches[] = { "PER_PID", "PER_PROGRAM", "NONE", NULL };

void config_defaults(struct config *c) {
    *c = (struct config){
        .cpp_demangle = true,
        .lazy_symbolication = true,
        .print_maps_on_exit = true,
        .log_size = 1000000,
        .max_bpf_progs = 1024,
        .max_cat_bytes = 10240,
        .max_map_keys = 4096,
        .max_probes = 1024,
        .max_strlen = 1024,
        .on_stack_limit = 32,
        .str_trunc_trailer = "..",
        .license = "GPL",
        .unstable_import_statement = UNSTABLE_ERROR,
        .unstable_tseries = UNSTABLE_WARN,
        .unstable_typeinfo = UNSTABLE_ERROR,
        .unstable_dw_ustack = UNSTABLE_WARN,
        .missing_probes = MISSING_ERROR,
        .stack_mode = STACK_BPFTRACE,
    };
}

static bool listed(const char *const *list, const char *name) {
    for (; *list; list++)
        if (!strcasecmp(*list, name))
            return true;
    return false;
}

static const char *without_prefix(const char *key) {
    static const char prefix[] = "BPFTRACE_";
    return strncasecmp(key, prefix, sizeof prefix - 1) ? key : key + sizeof prefix - 1;
}

static bool parse_number(struct arena *a, const char *text, uint64_t *v) {
    const char *error;
    bool negative;
    if (!strcasecmp(text, "true") || !strcasecmp(text, "false")) {
        *v = !strcasecmp(text, "true");
        return true;
    }
    return parse_integer(text, strlen(text), false, v, &negative, a, &error) && !negative;
}

static bool parse_bool(struct arena *a, const char *text, bool *v) {
    uint64_t n;
    if (!strcasecmp(text, "no") || !strcasecmp(text, "false"))
        *v = false;
    else if (!strcasecmp(text, "yes") || !strcasecmp(text, "true"))
        *v = true;
    else if (parse_number(a, text, &n))
        *v = n != 0;
    else
        return false;
    return true;
}

static const char *set_text(struct config *c, struct arena *a, const struct key *k, const char *text) {
    if (!strcmp(k->name, "license") && !listed(licenses, text))
        return arena_printf(
            a,
            "Invalid value for license. Found: %s. Valid values: Dual MIT/GPL, Dual BSD/GPL, Dual MPL/GPL, "
            "GPL and additional rights, GPL v2, GPL. Read more about BPF programs and licensing: "
            "https://docs.kernel.org/bpf/bpf_licensing.html#using-bpf-programs-in-the-linux-kernel",
            text);
    if (!strcmp(k->name, "cache_user_symbols")) {
        if (!strcmp(text, "0") || !strcasecmp(text, "false"))
            text = "NONE";
        else if (!strcmp(text, "1") || !strcasecmp(text, "true"))
            text = "PER_PID";
        else if (!listed(symbol_caches, text))
            return arena_printf(a, "%s: Invalid value for %s: valid values are PER_PID, PER_PROGRAM, and NONE.",
                                k->name, k->name);
    }
    *(const char **)((char *)c + k->offset) = arena_strdup(a, text);
    return NULL;
}

static const char *set_word(struct config *c, struct arena *a, const struct key *k, const char *text) {
    for (int i = 0; k->words->names[i]; i++) {
        if (!strcasecmp(k->words->names[i], text)) {
            memcpy((char *)c + k->offset, &i, sizeof i);
            return NULL;
        }
    }
    return arena_printf(a, "%s: %s", k->name, k->words->error);
}

static const char *set_key(struct config *c, struct arena *a, const struct key *k, const char *text) {
    void *at = (char *)c + k->offset;
    switch (k->kind) {
    case KIND_BOOL:
        return parse_bool(a, text, at)
                   ? NULL
                   : arena_printf(a, "%s: Invalid bool value: valid values are true, false, 1 or 0.", k->name);
    case KIND_INT:
        return parse_number(a, text, at) ? NULL : arena_printf(a, "%s: expecting a number, got %s", k->name, text);
    case KIND_TEXT: return set_text(c, a, k, text);
    case KIND_WORD: return set_word(c, a, k, text);
    }
    return NULL;
}

const char *config_set(struct config *c, struct arena *a, const char *key, const char *text, bool from_env,
                       const char **warning) {
    const char *name = without_prefix(key);
    *warning = NULL;
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
        if (!strcasecmp(name, renamed[i][0])) {
            *warning = arena_printf(a, "%s has been renamed, please use %s", renamed[i][0], renamed[i][1]);
            name = renamed[i][1];
        }
    }
    for (size_t i = 0; i < NKEYS; i++)
        if (!strcasecmp(name, keys[i].name))
            return set_key(c, a, &keys[i], text);
    if (listed(retired, name))
        *warning = arena_printf(a, "%s is deprecated and has no effect", key);
    else if (from_env)
        return NULL; /* unknown names in the environment are somebody else's */
    else if (listed(env_only, name))
        return arena_printf(a, "%s: can only be set as an environment variable", key);
    else
        return arena_printf(a, "%s: not a known configuration option", key);
    return NULL;
}

const char *config_from_env(struct config *c, struct arena *a) {
    static const char prefix[] = "BPFTRACE_";
    for (char **e = environ; e && *e; e++) {
        const char *equals = strchr(*e, '='), *warning;
        if (!equals || strncmp(*e, prefix, sizeof prefix - 1))
            continue;
        const char *error = config_set(c, a, arena_strndup(a, *e, (size_t)(equals - *e)), equals + 1, true, &warning);
        if (error)
            return error;
    }
    return NULL;
}
