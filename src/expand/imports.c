/* Imports (reference §6): the files and directories named by a script, joined in front of it, each once. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "expand/expander.h"
#include "parser/parser.h"
#include "support/strbuf.h"

/* Scripts larger than this are not scripts. */
#define MAX_IMPORT (16u << 20)

struct importer {
    struct expander *x;
    struct hmap seen; /* by real path */
    node_vec items;
};

static void import_script(struct importer *im, const struct script *s);

static bool has_suffix(const char *s, const char *suffix) {
    size_t n = strlen(s), m = strlen(suffix);
    return n >= m && strcmp(s + n - m, suffix) == 0;
}

static const char *folder_of(struct arena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? arena_strndup(a, path, (size_t)(slash - path) + 1) : "";
}

/* Relative to the file with the import; text that has no file is taken to be in the current directory. */
static const char *resolve(struct arena *a, const struct source *src, const char *path) {
    return *path == '/' ? path : arena_printf(a, "%s%s", folder_of(a, src->name), path);
}

static bool is_world_writable(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && (st.st_mode & S_IWOTH);
}

/* Whoever may write a file, or put another one in its place, would decide what runs with our privileges. */
static bool is_unsafe(struct arena *a, const char *path) {
    const char *folder = folder_of(a, path);
    return is_world_writable(path) || is_world_writable(*folder ? folder : ".");
}

static const char *read_file(struct arena *a, const char *path, size_t *len) {
    struct strbuf text = { 0 };
    char buffer[65536];
    size_t n;
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    while (text.len <= MAX_IMPORT && (n = fread(buffer, 1, sizeof buffer, f)) > 0)
        strbuf_add(&text, buffer, n);
    bool ok = !ferror(f) && text.len <= MAX_IMPORT;
    fclose(f);
    *len = text.len;
    const char *copy = strbuf_finish(&text, a);
    return ok ? copy : NULL;
}

static void import_bt(struct importer *im, const char *path) {
    struct expander *x = im->x;
    size_t len;
    const char *text = read_file(x->arena, path, &len);
    if (!text) {
        diag_error(x->diag, D_IMPORT, (struct span){ 0 }, "failed to read '%s': %s", path, strerror(errno));
        return;
    }
    struct source *src = source_new(x->arena, path, text, len);
    import_script(im, parse_script(x->arena, src, x->opt->params, x->opt->nparams, x->diag));
}

/* C headers join the preamble. */
static void import_header(struct importer *im, const struct node *import, const char *real) {
    struct node *n = node_new(im->x->arena, N_CDEF, import->span);
    n->str.s = arena_printf(im->x->arena, "#include \"%s\"", real);
    n->str.len = strlen(n->str.s);
    n->str.text = n->str.s;
    VEC_PUSH(im->x->arena, &im->items, n);
}

static bool is_supported(const char *path) { return has_suffix(path, ".bt") || has_suffix(path, ".h"); }

static void import_file(struct importer *im, const struct node *import, const char *path) {
    char real[PATH_MAX];
    if (!realpath(path, real) || hmap_get(&im->seen, real))
        return;
    hmap_put(&im->seen, real, im);
    if (has_suffix(path, ".bt"))
        import_bt(im, path);
    else
        import_header(im, import, real);
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

/* Every supported file of a directory, in order of the names. */
static void import_directory(struct importer *im, const struct node *import, const char *path) {
    struct arena *a = im->x->arena;
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        const char *file = arena_printf(a, "%s%s%s", path, has_suffix(path, "/") ? "" : "/", entries[i]->d_name);
        if (is_supported(file) && !is_unsafe(a, file))
            import_file(im, import, file);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

static void not_found(struct importer *im, const struct node *import, const char *path) {
    struct diagnostic *g = diag_error(im->x->diag, D_IMPORT, import->span, "Unable to find suitable path for import");
    diag_hint(im->x->diag, g, "checked: %s", path);
}

static bool is_stdlib(const char *name) { return strcmp(name, "stdlib") == 0 || strncmp(name, "stdlib/", 7) == 0; }

static void import_path(struct importer *im, const struct node *import) {
    struct expander *x = im->x;
    const char *name = import->str.s, *path = resolve(x->arena, import->span.src, name);
    struct stat st;
    if (is_stdlib(name))
        return;
    if (!*name || stat(path, &st) != 0) {
        not_found(im, import, path);
    } else if (is_unsafe(x->arena, path)) {
        not_found(im, import, path);
        diag_warn(x->diag, D_IMPORT, import->span, "skipping due to global write permissions: \"%s\"", path);
    } else if (S_ISDIR(st.st_mode)) {
        import_directory(im, import, path);
    } else if (is_supported(name)) {
        import_file(im, import, path);
    } else if (has_suffix(name, ".bpf.c")) {
        diag_error(x->diag, D_UNSUPPORTED, import->span, "linking of C programs for BPF is not supported: \"%s\"",
                   name);
    } else {
        diag_error(x->diag, D_IMPORT, import->span, "unknown import type: \"%s\"", name);
    }
}

static void import_script(struct importer *im, const struct script *s) {
    for (size_t i = 0; i < s->items.n; i++) {
        struct node *n = s->items.v[i];
        if (n->kind == N_IMPORT)
            import_path(im, n);
        else if (n->kind == N_CONFIG)
            diag_error(im->x->diag, D_IMPORT, n->span, "invalid `config` within import");
        else
            VEC_PUSH(im->x->arena, &im->items, n);
    }
}

size_t import_all(struct expander *x) {
    struct importer im = { .x = x };
    hmap_init(&im.seen, x->arena);
    node_vec own = { 0 };
    for (size_t i = 0; i < x->script->items.n; i++) {
        struct node *n = x->script->items.v[i];
        if (n->kind == N_IMPORT)
            import_path(&im, n);
        else
            VEC_PUSH(x->arena, &own, n);
    }
    size_t nimported = im.items.n;
    for (size_t i = 0; i < own.n; i++)
        VEC_PUSH(x->arena, &im.items, own.v[i]);
    x->script->items = im.items;
    return nimported;
}
