/* C text of types, and their names, for the listing (-l 'struct x*', -lv 'struct x'). */
#include <stdlib.h>
#include <string.h>

#include "support/strbuf.h"
#include "support/wildcard.h"
#include "types/btf.h"

static const struct {
    const char *keyword;
    unsigned kinds[2];
} keywords[] = {
    { "struct ", { BTF_KIND_STRUCT } },
    { "union ", { BTF_KIND_UNION } },
    { "enum ", { BTF_KIND_ENUM, BTF_KIND_ENUM64 } },
};
enum { NKEYWORDS = sizeof keywords / sizeof keywords[0] };

static int keyword_number(const char *s) {
    for (int i = 0; i < NKEYWORDS; i++)
        if (strncmp(s, keywords[i].keyword, strlen(keywords[i].keyword)) == 0)
            return i;
    return -1;
}

static void print_to_strbuf(void *ctx, const char *fmt, va_list ap) { strbuf_vprintf(ctx, fmt, ap); }

/* libbpf writes everything that a type depends on before it; its own definition is the last one that begins at the
 * left margin. */
static const char *last_definition(const char *text) {
    const char *last = NULL;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (keyword_number(line) >= 0)
            last = line;
    }
    return last;
}

static const char *dump(struct typedb *db, struct btf_ref r) {
    struct strbuf all = { 0 }, out = { 0 };
    struct btf_dump *d = btf_dump__new(r.source->btf, print_to_strbuf, &all, NULL);
    bool ok = d && btf_dump__dump_type(d, r.id) == 0;
    btf_dump__free(d);
    const char *own = ok ? last_definition(strbuf_str(&all)) : NULL;
    if (own) {
        size_t len = strlen(own);
        while (len && own[len - 1] == '\n')
            len--;
        strbuf_printf(&out, "%s: ", r.source->module ? r.source->module : "vmlinux");
        strbuf_add(&out, own, len);
        strbuf_addc(&out, '\n');
    }
    strbuf_free(&all);
    return own ? strbuf_finish(&out, db->arena) : NULL;
}

const char *typedb_definition(struct typedb *db, const char *keyword_and_name) {
    int k = keyword_number(keyword_and_name);
    if (k < 0)
        return NULL;
    const char *name = keyword_and_name + strlen(keywords[k].keyword);
    for (int i = 0; i < 2 && keywords[k].kinds[i]; i++) {
        struct btf_ref r = btf_find(db, name, keywords[k].kinds[i]);
        if (r.source)
            return dump(db, r);
    }
    return NULL;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t typedb_list(struct typedb *db, struct arena *a, const char *pattern, const char *const **names) {
    VEC(const char *) list = { 0 };
    int k = keyword_number(pattern);
    const char *keyword = k < 0 ? "" : keywords[k].keyword;
    const char *glob = pattern + strlen(keyword);
    btf_load_modules(db);
    for (size_t i = 0; k >= 0 && i < db->sources.n; i++) {
        struct btf_source *s = db->sources.v[i];
        for (uint32_t id = s->first ? s->first : 1; id < s->end; id++) {
            const struct btf_type *t = btf__type_by_id(s->btf, id);
            if (btf_kind(t) != keywords[k].kinds[0] && btf_kind(t) != keywords[k].kinds[1])
                continue;
            const char *name = btf_name((struct btf_ref){ s, id }, t->name_off);
            if (name[0] && wildcard_match(glob, name))
                VEC_PUSH(a, &list, arena_printf(a, "%s%s", keyword, name));
        }
    }
    if (list.n)
        qsort(list.v, list.n, sizeof *list.v, compare_names);
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++) /* modules repeat what they copied */
        if (!n || strcmp(list.v[n - 1], list.v[i]) != 0)
            list.v[n++] = list.v[i];
    *names = (const char *const *)list.v;
    return n;
}
