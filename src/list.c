/* Listing. Providers print their own lines; here patterns are split and handed to those they name. */
#include "list.h"

#include <stdio.h>
#include <string.h>

#include "probes/provider.h"
#include "support/vec.h"

struct printer {
    struct listing listing;
    struct probe_env env;
    size_t nlines;
};

static void print_line(struct listing *l, const char *probe, const char *const *params, size_t nparams) {
    struct printer *p = l->ctx;
    p->nlines++;
    puts(probe);
    for (size_t i = 0; i < nparams && l->verbose; i++)
        printf("    %s\n", params[i]);
}

static void printer_open(struct printer *p, struct arena *a, struct typedb *types, const struct config *config,
                         struct diag *d, const struct options *opt) {
    *p = (struct printer){
        .listing = { .line = print_line, .verbose = opt->verbose > 0, .ctx = p },
        .env = { .arena = a,
                 .types = types,
                 .diag = d,
                 .config = config,
                 .pid = opt->pid,
                 .is_unsafe = opt->is_unsafe,
                 .traceable_functions = opt->traceable },
    };
}

static int printer_close(struct printer *p) {
    probe_env_done(&p->env);
    diag_flush(p->env.diag, stderr);
    return p->env.diag->nerrors ? 1 : 0;
}

/* ---- probes -------------------------------------------------------------------------------- */

/* At colons outside of quotes, which are taken away. */
static struct attach_point *split(struct arena *a, const char *text, size_t len) {
    struct attach_point *ap = ARENA_NEW(a, struct attach_point);
    VEC(const char *) parts = { 0 };
    struct strbuf part = { 0 };
    bool is_quoted = false;
    ap->text = arena_strndup(a, text, len);
    for (size_t i = 0; i <= len; i++) {
        if (i == len || (text[i] == ':' && !is_quoted))
            VEC_PUSH(a, &parts, strbuf_finish(&part, a));
        else if (text[i] == '"')
            is_quoted = !is_quoted;
        else
            strbuf_addc(&part, text[i]);
    }
    ap->parts = parts.v;
    ap->nparts = parts.n;
    return ap;
}

static void ask(struct printer *p, const struct provider *provider, const struct attach_point *pattern) {
    if (!provider->list)
        return;
    struct attach_point named = { 0 };
    if (pattern) {
        named = *pattern;
        named.parts = ARENA_ARRAY(p->env.arena, const char *, pattern->nparts);
        memcpy(named.parts, pattern->parts, pattern->nparts * sizeof *named.parts);
        named.parts[0] = provider->name;
    }
    provider->list(&p->env, pattern ? &named : NULL, &p->listing);
}

/* A provider by name, by a pattern of names, or, for a word alone, the events of all of them. */
static void list_probes(struct printer *p, const char *text, size_t len) {
    struct attach_point *ap = split(p->env.arena, text, len);
    if (ap->nparts == 1) {
        const char **parts = ARENA_ARRAY(p->env.arena, const char *, 2);
        parts[0] = "*";
        parts[1] = ap->parts[0];
        ap->parts = parts;
        ap->nparts = 2;
    }
    const struct provider *named = provider_find(ap->parts[0]);
    if (named) {
        ask(p, named, ap);
        return;
    }
    bool names_file = p->env.pid > 0 || memchr(text, '/', len); /* else: not into every program of the system */
    for (size_t i = 0; providers[i]; i++)
        if (!(providers[i]->flags & PF_NO_LIST) && wildcard_match(ap->parts[0], providers[i]->name) &&
            (names_file || !(providers[i]->flags & PF_USER_SPACE)))
            ask(p, providers[i], ap);
}

static void list_everything(struct printer *p) {
    for (size_t i = 0; providers[i]; i++)
        if (!(providers[i]->flags & PF_NO_LIST))
            ask(p, providers[i], NULL);
}

/* ---- types --------------------------------------------------------------------------------- */

static bool is_type_pattern(const char *text) {
    return !strncmp(text, "struct ", 7) || !strncmp(text, "union ", 6) || !strncmp(text, "enum ", 5);
}

static void list_types(struct printer *p, const char *pattern) {
    const char *const *names;
    size_t n = typedb_list(p->env.types, p->env.arena, pattern, &names);
    for (size_t i = 0; i < n; i++) {
        const char *text = p->listing.verbose ? typedb_definition(p->env.types, names[i]) : NULL;
        puts(text ? text : names[i]);
        p->nlines++;
    }
}

/* ---- entry points -------------------------------------------------------------------------- */

int list_pattern(struct arena *a, struct typedb *types, const struct config *config, struct diag *d,
                 const struct options *opt) {
    struct printer p;
    printer_open(&p, a, types, config, d, opt);
    const char *pattern = opt->pattern;
    if (!pattern)
        list_everything(&p);
    else if (is_type_pattern(pattern))
        list_types(&p, pattern);
    else
        for (const char *s = pattern;; s++) {
            size_t len = strcspn(s, ",");
            if (len)
                list_probes(&p, s, len);
            s += len;
            if (!*s)
                break;
        }
    if (!p.nlines && pattern && !d->nerrors)
        fprintf(stderr, "nothing matches '%s'\n", pattern);
    return printer_close(&p);
}

/* With -v through the provider, which knows the arguments. */
static void list_probe(struct printer *p, const struct block *b, const struct probe *probe) {
    size_t before = p->nlines;
    if (p->listing.verbose)
        ask(p, b->provider, split(p->env.arena, probe->name, strlen(probe->name)));
    if (p->nlines == before)
        print_line(&p->listing, probe->name, NULL, 0);
}

int list_program(const struct checked *c, struct arena *a, struct diag *d, const struct options *opt) {
    struct printer p;
    printer_open(&p, a, c->types, &c->program->config, d, opt);
    for (VEC_EACH(b, &c->blocks))
        for (VEC_EACH(probe, &(*b)->probes))
            if (!((*b)->provider->flags & PF_SPECIAL))
                list_probe(&p, *b, probe);
    return printer_close(&p);
}
