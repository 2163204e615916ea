/* What uprobe and uretprobe attach points mean: a place in a file.
 *
 *     PATH:FUNCTION[+OFFSET]   PATH:ADDRESS   PATH:LANGUAGE:FUNCTION   PATH@FILE:LINE[:COLUMN]
 *
 * PATH may stand for several files; FUNCTION may hold wildcards, and then each name that matches is a probe, aliases of
 * one function included. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/uprobe_target.h"

/* ---- the attach point's parts -------------------------------------------------------------------- */

/* "+4", "+0x10": cuts it off `function`. */
static bool split_offset(struct probe_env *env, const struct attach_point *ap, struct uprobe_spec *s) {
    const char *plus = strrchr(s->function, '+');
    if (!plus || plus == s->function || has_wildcard(plus))
        return true;
    if (!probe_integer(env, ap, plus + 1, "Invalid offset", &s->offset, NULL))
        return false;
    s->has_offset = true;
    s->function = arena_strndup(env->arena, s->function, (size_t)(plus - s->function));
    return true;
}

static bool is_number(const char *s) { return *s >= '0' && *s <= '9'; }

static bool parse_function(struct probe_env *env, const struct attach_point *ap, struct uprobe_spec *s) {
    if (is_number(s->function)) {
        if (!probe_integer(env, ap, s->function, "Invalid address", &s->address, NULL))
            return false;
        s->function = "";
    } else if (!split_offset(env, ap, s)) {
        return false;
    }
    if (s->is_return && s->has_offset)
        return probe_error(env, ap, "Offset not allowed");
    if (!*s->function && !s->address)
        return probe_error(env, ap,
                           "%s should be attached to a function, address, or source file and line (using DWARF)",
                           s->provider);
    return true;
}

/* "/opt/app/demo@main.c" : LINE [: COLUMN] */
static bool parse_source_line(struct probe_env *env, const struct attach_point *ap, struct uprobe_spec *s,
                              const char *at) {
    if (s->is_return)
        return probe_error(env, ap, "Source code location not allowed");
    s->path = arena_strndup(env->arena, s->path, (size_t)(at - s->path));
    s->source_file = at + 1;
    if (!*s->path || !*s->source_file)
        return probe_error(env, ap, "Invalid uprobe arguments, expected format: uprobe:TARGET@FILE:LINE[:COL]");
    if (!probe_integer(env, ap, ap_arg(ap, 1), "Invalid line number", &s->line, NULL))
        return false;
    if (ap_nargs(ap) == 3 && !probe_integer(env, ap, ap_arg(ap, 2), "Invalid column number", &s->column, NULL))
        return false;
    return true;
}

bool uprobe_parse(struct probe_env *env, const struct attach_point *ap, const char *provider, struct uprobe_spec *s) {
    *s = (struct uprobe_spec){ .provider = provider, .is_return = !strcmp(provider, "uretprobe"), .function = "" };
    size_t n = ap_nargs(ap);
    s->path = ap_arg(ap, 0);
    if (n == 1 && env->pid > 0 && !strchr(s->path, '/')) { /* "uprobe:malloc" with -p: the program itself */
        s->function = s->path;
        s->path = arena_printf(env->arena, "/proc/%d/exe", env->pid);
        return parse_function(env, ap, s);
    }
    if (!probe_count(env, ap, provider, 2, 3, "2 or 3")) {
        s->path = NULL;
        return false;
    }
    const char *at = strrchr(s->path, '@');
    if (at && access(s->path, F_OK) != 0) /* the character may be part of a file's name */
        return parse_source_line(env, ap, s, at);
    s->function = ap_arg(ap, n - 1);
    if (n == 3) {
        s->language = ap_arg(ap, 1);
        if (strcmp(s->language, "cpp") != 0)
            return probe_error(env, ap, "unsupported language type: %s", s->language);
    }
    bool ok = parse_function(env, ap, s);
    if (!*s->path)
        ok = probe_error(env, ap, "%s should have a target", provider);
    return ok;
}

/* ---- places in a file ------------------------------------------------------------------------------ */

static struct probe *add(struct probe_env *env, const struct attach_point *ap, struct block *b,
                         const struct uprobe_spec *s, const char *path, const char *place) {
    const char *name = s->language ? arena_printf(env->arena, "%s:%s:%s:%s", s->provider, path, s->language, place)
                                   : arena_printf(env->arena, "%s:%s:%s", s->provider, path, place);
    struct probe *p = probe_add(env, b, ap, s->provider, name);
    p->target = path;
    return p;
}

/* Places that the kernel would take on trust. A refusal is a failed attachment: the run ends, or goes on without the
 * probe, as missing_probes says. */
static bool refuse(struct probe_env *env, const struct attach_point *ap, const struct probe *p, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static bool refuse(struct probe_env *env, const struct attach_point *ap, const struct probe *p, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    const char *why = arena_vprintf(env->arena, fmt, args);
    va_end(args);
    enum missing_probes mode = env->config ? env->config->missing_probes : MISSING_ERROR;
    if (mode == MISSING_WARN) {
        diag_warn(env->diag, D_ATTACH, ap->span, "%s", why);
        diag_warn(env->diag, D_ATTACH, ap->span, "Unable to attach probe: %s. Skipping.", p->name);
    } else if (mode == MISSING_ERROR) {
        diag_error(env->diag, D_ATTACH, ap->span, "%s", why);
        diag_error(env->diag, D_ATTACH, ap->span,
                   "Unable to attach probe: %s. If this is expected, set the 'missing_probes' config variable to "
                   "'warn'.",
                   p->name);
    }
    return false;
}

#define FORCE \
    "\nUse --unsafe to force attachment. WARNING: This option could lead to data corruption in the target process."

/* An offset into a function of known size, or a bare address (sym NULL: in no function). */
static bool check_place(struct probe_env *env, const struct attach_point *ap, const struct probe *p, struct elf_file *f,
                        const struct elf_symbol *sym, uint64_t offset) {
    if (sym && p->offset == sym->offset)
        return true;
    if (!sym)
        return env->is_unsafe ||
               refuse(env, ap, p, "Could not determine instruction boundary for %s (binary appears stripped)." FORCE,
                      p->name);
    const char *place = arena_printf(env->arena, "%s:%s+%llu", p->target, sym->name, (unsigned long long)offset);
    if (sym->size && offset >= sym->size)
        return refuse(env, ap, p, "Offset outside the function bounds ('%s' size is %llu)", sym->name,
                      (unsigned long long)sym->size);
    if (!sym->size)
        return env->is_unsafe ||
               refuse(env, ap, p, "Could not determine boundary for %s (symbol has size 0)." FORCE, sym->name);
    if (elf_boundary(f, sym->offset, p->offset) != BOUNDARY_NO)
        return true;
    if (env->is_unsafe)
        diag_warn(env->diag, D_PROBE, ap->span, "Unsafe uprobe in the middle of the instruction: %s", place);
    return env->is_unsafe || refuse(env, ap, p, "Could not add uprobe into middle of instruction: %s" FORCE, place);
}

/* Takes the last one back when it cannot be placed. */
static void keep_if(struct block *b, bool ok) { b->probes.n -= !ok; }

static void add_symbol(struct probe_env *env, const struct attach_point *ap, struct block *b,
                       const struct uprobe_spec *s, const char *path, struct elf_file *f,
                       const struct elf_symbol *sym) {
    const char *place =
        s->offset ? arena_printf(env->arena, "%s+%llu", sym->name, (unsigned long long)s->offset) : sym->name;
    struct probe *p = add(env, ap, b, s, path, place);
    p->event = arena_strdup(env->arena, sym->name); /* the file is closed before the probe is gone */
    p->func_offset = sym->offset;
    p->offset = sym->offset + s->offset;
    keep_if(b, check_place(env, ap, p, f, sym, s->offset));
}

static void add_address(struct probe_env *env, const struct attach_point *ap, struct block *b,
                        const struct uprobe_spec *s, const char *path, struct elf_file *f, uint64_t address) {
    struct probe *p = add(env, ap, b, s, path, arena_printf(env->arena, "%llu", (unsigned long long)address));
    uint64_t offset;
    if (!elf_offset(f, address, &offset)) {
        refuse(env, ap, p, "Could not resolve address: %s:0x%llx", path, (unsigned long long)address);
        keep_if(b, false);
        return;
    }
    struct elf_symbol sym;
    bool has_symbol = elf_at(f, offset, &sym);
    p->offset = p->func_offset = offset;
    if (has_symbol) {
        p->event = arena_strdup(env->arena, sym.name);
        p->func_offset = sym.offset;
    }
    keep_if(b, s->source_file || check_place(env, ap, p, f, has_symbol && sym.size ? &sym : NULL, offset - sym.offset));
}

static void add_functions(struct probe_env *env, const struct attach_point *ap, struct block *b,
                          const struct uprobe_spec *s, const char *path, struct elf_file *f) {
    struct elf_symbol one;
    const struct elf_symbol *list = &one;
    size_t n;
    if (s->language) {
        n = elf_match_cpp(f, s->function, &list);
    } else if (has_wildcard(s->function)) {
        n = elf_match(f, s->function, &list);
    } else {
        n = elf_find(f, s->function, &one);
        one.name = s->function;
    }
    for (size_t i = 0; i < n; i++)
        add_symbol(env, ap, b, s, path, f, &list[i]);
}

static bool add_source_line(struct probe_env *env, const struct attach_point *ap, struct block *b,
                            const struct uprobe_spec *s, const char *path, struct elf_file *f) {
    uint64_t address;
    switch (elf_source_address(f, s->source_file, (unsigned)s->line, (unsigned)s->column, &address)) {
    case SOURCE_FOUND: add_address(env, ap, b, s, path, f, address); return true;
    case SOURCE_NO_DWARF:
        return probe_error(env, ap, "No DWARF debug info found for '%s', cannot attach by source code location.", path);
    case SOURCE_NO_FILE: return probe_error(env, ap, "DWARF error: No compilation unit matches %s", s->source_file);
    case SOURCE_NO_LINE: break;
    }
    if (s->column)
        return probe_error(env, ap, "DWARF error: Unable to map '%s:%llu:%llu' to address", s->source_file,
                           (unsigned long long)s->line, (unsigned long long)s->column);
    return probe_error(env, ap, "DWARF error: Unable to map '%s:%llu' to address", s->source_file,
                       (unsigned long long)s->line);
}

static bool add_in_file(struct probe_env *env, const struct attach_point *ap, struct block *b,
                        const struct uprobe_spec *s, const char *path) {
    struct elf_file *f = system_elf(env, path);
    if (!f)
        return true;
    if (s->source_file)
        return add_source_line(env, ap, b, s, path, f);
    if (s->address)
        add_address(env, ap, b, s, path, f, s->address);
    else
        add_functions(env, ap, b, s, path, f);
    return true;
}

bool uprobe_targets(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *provider) {
    struct uprobe_spec s;
    bool ok = uprobe_parse(env, ap, provider, &s);
    if (!s.path)
        return false;
    const char *const *paths;
    bool is_mapped = env->pid > 0 && !strcmp(s.path, "*");
    size_t n =
        is_mapped ? system_mapped_files(env, env->pid, &paths) : elf_resolve(env->arena, s.path, env->pid, &paths);
    if (!n)
        return probe_error(env, ap, "%s target file '%s' does not exist or is not executable", provider, s.path);
    if (!ok)
        return false;
    if (n > 1 && !has_wildcard(s.path)) {
        diag_warn(env->diag, D_PROBE, ap->span, "attaching to %s target file '%s' but matched %zu binaries", provider,
                  paths[0], n);
        n = 1;
    }
    unsigned errors = env->diag->nerrors;
    for (size_t i = 0; i < n; i++)
        if (!add_in_file(env, ap, b, &s, paths[i]))
            return false;
    return env->diag->nerrors == errors;
}
