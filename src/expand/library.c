/* The standard library's macros, embedded in the program.
 *
 * Start-up must not pay for what a script does not use: the files' text is only looked through for lines that start
 * with "macro", and only once a name turns up that is neither the user's nor a builtin. A file is parsed when one of
 * its macros is called. */
#include <string.h>

#include "expand/expander.h"
#include "parser/parser.h"
#include "stdlib_files.h"

static size_t name_len(const char *s) { return strcspn(s, "( \t\n"); }

static void index_file(struct expander *x, const struct stdlib_file *file) {
    static const char keyword[] = "macro ";
    for (const char *line = file->text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, keyword, sizeof keyword - 1) == 0) {
            const char *name = line + sizeof keyword - 1;
            hmap_putn(&x->library_files, name, name_len(name), (void *)file);
        }
    }
}

static void load(struct expander *x, const struct stdlib_file *file) {
    struct source *src = source_new(x->arena, arena_printf(x->arena, "stdlib/%s", file->name), file->text, file->len);
    src->is_stdlib = true;
    struct script *s = parse_script(x->arena, src, NULL, 0, x->diag);
    for (size_t i = 0; i < s->items.n; i++)
        if (s->items.v[i]->kind == N_MACRO)
            macro_define(x, s->items.v[i], true);
}

struct macro_def *library_find(struct expander *x, const char *name) {
    struct macro_def *def = hmap_get(&x->library, name);
    if (def)
        return def;
    if (!x->is_indexed)
        for (size_t i = 0; i < stdlib_nfiles; i++)
            index_file(x, &stdlib_files[i]);
    x->is_indexed = true;
    const struct stdlib_file *file = hmap_get(&x->library_files, name);
    if (!file)
        return NULL;
    load(x, file);
    return hmap_get(&x->library, name);
}
