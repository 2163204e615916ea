/* Attach points to blocks: one block is one compilation of a probe's body, for all attach points whose programs can be
 * the same. A body that does not say `args` has one meaning for every match of a provider; one that does is compiled
 * for each layout of its arguments. */
#include "sema/state.h"

#include <regex.h>
#include <string.h>

#include "support/wildcard.h"

struct need {
    bool args, retval, ctx, index; /* index: which of the probes fired */
};

static bool look(struct node *n, void *ctx) {
    struct need *need = ctx;
    const char *name = n->kind == N_IDENT ? n->ident.name : n->kind == N_CALL ? n->call.name : NULL;
    if (name) {
        need->args = need->args || !strcmp(name, "args");
        need->retval = need->retval || !strcmp(name, "retval");
        need->ctx = need->ctx || !strcmp(name, "ctx");
        need->index = need->index || !strcmp(name, "probe") || !strcmp(name, "func") || !strcmp(name, "uaddr");
    }
    return true;
}

/* ---- attach points to probes --------------------------------------------------------------- */

static void no_match(struct sema *s, const struct attach_point *ap, const struct provider *p) {
    struct probe_env *env = &s->state->env;
    enum missing_probes mode = s->program->config.missing_probes;
    const char *rest = provider_rest(env, ap), *near;
    if (mode == MISSING_IGNORE)
        return;
    struct diagnostic *g =
        mode == MISSING_WARN
            ? diag_warn(s->diag, D_NO_MATCH, ap->span, "No matches for %s %s. Skipping.", p->name, rest)
            : diag_error(s->diag, D_NO_MATCH, ap->span, "No matches for %s %s.", p->name, rest);
    if ((near = provider_nearest(env, ap)))
        diag_hint(s->diag, g, "did you mean %s?", near);
}

static const char *nearest_provider(struct sema *s, const char *written) {
    VEC(const char *) names = { 0 };
    for (const struct provider *const *p = providers; *p; p++)
        VEC_PUSH(s->arena, &names, (*p)->name);
    return diag_nearest(written, names.v, names.n);
}

static void invalid_provider(struct sema *s, const struct attach_point *ap) {
    const char *written = ap->nparts ? ap->parts[0] : "";
    struct diagnostic *g;
    if (strlen(written) == 1 && *written >= 'A' && *written <= 'Z')
        g = diag_error(s->diag, D_PROBE, ap->span, "Invalid provider: '%c'", *written - 'A' + 'a');
    else
        g = diag_error(s->diag, D_PROBE, ap->span, "Invalid probe type: %s", written);
    const char *near = nearest_provider(s, written);
    if (near)
        diag_hint(s->diag, g, "did you mean %s?", near);
}

static bool point_has_wildcard(const struct attach_point *ap) {
    for (size_t i = 0; i < ap->nparts; i++)
        if (has_wildcard(ap->parts[i]))
            return true;
    return false;
}

struct matches {
    struct sema *s;
    struct node *node;
    VEC(struct block *) blocks; /* of this probe */
    struct need need;
    bool is_later_point; /* one attach point matches nothing twice; two may match the same */
    bool failed;
};

/* Whether b can serve p as well. */
static bool same_args(const struct type *a, const struct type *b) {
    if (!a || !b || a == b)
        return a == b;
    if (a->kind != b->kind || a->nfields != b->nfields || a->size != b->size)
        return false;
    for (uint32_t i = 0; i < a->nfields; i++) {
        const struct field *f = &a->fields[i], *g = &b->fields[i];
        if (f->offset != g->offset || f->bit_offset != g->bit_offset || f->bit_size != g->bit_size ||
            f->home != g->home || strcmp(f->name ? f->name : "", g->name ? g->name : "") ||
            !type_equal(f->type, g->type) || f->type->as != g->type->as)
            return false;
    }
    return true;
}

static bool same_retval(const struct type *a, const struct type *b) {
    return a == b || (a && b && type_equal(a, b) && a->as == b->as);
}

/* A probe that is named twice fires twice: that takes two programs. */
static bool has_probe(const struct block *b, const struct probe *p) {
    for (VEC_EACH(q, &b->probes))
        if (q->offset == p->offset && !strcmp(q->name, p->name))
            return true;
    return false;
}

static bool can_share(const struct matches *m, const struct block *b, const struct probe *p) {
    const struct probe *a = &b->probes.v[0];
    if (b->provider->can_share && !b->provider->can_share(a, p))
        return false;
    if (m->need.index && !(b->provider->tells_apart && b->provider->tells_apart(a, p)))
        return false;
    return !m->is_later_point || !has_probe(b, p);
}

static void place(struct matches *m, const struct provider *p, const struct probe *probe) {
    struct sema *s = m->s;
    const struct type *args = NULL, *retval = NULL;
    if ((m->need.args || m->need.retval) && p->args)
        args = p->args(&s->state->env, probe, &retval);
    /* Even a body that only reads `retval` may have to know where the arguments end. */
    for (VEC_EACH(b, &m->blocks)) {
        struct block *x = *b;
        if (x->provider == p && (!m->need.ctx || p->flags & PF_HAS_REGS) && same_args(x->args, args) &&
            same_retval(x->retval, retval) && can_share(m, x, probe)) {
            VEC_PUSH(s->arena, &x->probes, *probe);
            return;
        }
    }
    struct block *b = ARENA_NEW(s->arena, struct block);
    b->node = m->blocks.n ? node_clone(s->arena, m->node, NULL) : m->node;
    b->provider = p;
    b->args = args;
    b->retval = retval;
    VEC_PUSH(s->arena, &b->probes, *probe);
    VEC_PUSH(s->arena, &m->blocks, b);
}

static size_t match_provider(struct matches *m, const struct attach_point *ap, const struct provider *p) {
    struct block found = { .node = m->node, .provider = p };
    if (!p->targets(&m->s->state->env, ap, &found)) {
        m->failed = true;
        return 0;
    }
    for (VEC_EACH(probe, &found.probes)) {
        if (!probe->span.src)
            probe->span = ap->span;
        place(m, p, probe);
    }
    return found.probes.n;
}

/* A pattern for the provider asks all that fit; those that can not make sense of the rest do not count. */
static void match_providers(struct matches *m, const struct attach_point *ap) {
    struct diag *d = m->s->diag;
    bool failed = m->failed;
    d->muted++;
    for (const struct provider *const *p = providers; *p; p++)
        if (!((*p)->flags & PF_NO_LIST) && wildcard_match(ap->parts[0], (*p)->name))
            match_provider(m, ap, *p);
    d->muted--;
    m->failed = failed;
}

static void match_point(struct matches *m, const struct attach_point *ap) {
    const struct provider *p = ap->nparts ? provider_find(ap->parts[0]) : NULL;
    if (!p && ap->nparts > 1 && has_wildcard(ap->parts[0])) {
        match_providers(m, ap);
        return;
    }
    if (!p) {
        invalid_provider(m->s, ap);
        m->failed = true;
        return;
    }
    unsigned errors = m->s->diag->nerrors;
    if (!match_provider(m, ap, p) && !m->failed && !point_has_wildcard(ap) && m->s->diag->nerrors == errors) {
        no_match(m->s, ap, p);
        m->failed = m->failed || m->s->program->config.missing_probes == MISSING_ERROR;
    }
}

static void left_empty(struct sema *s, const struct node *n) {
    struct span at = n->probe.points.n ? n->probe.points.v[0]->span : n->span;
    enum missing_probes mode = s->program->config.missing_probes;
    if (mode == MISSING_ERROR)
        diag_error(s->diag, D_NO_MATCH, at,
                   "Probe has no valid attach points. If this is expected, set the 'missing_probes' config variable to "
                   "'warn'.");
    else if (mode == MISSING_WARN)
        diag_warn(
            s->diag, D_NO_MATCH, at,
            "Probe has no valid attach points. It is being removed which may cause issues with program behavior.");
}

/* ---- which of them run --------------------------------------------------------------------- */

static bool is_provider(const struct block *b, const char *name) { return !strcmp(b->provider->name, name); }

static bool is_active(const struct sema *s, const struct block *b) {
    bool is_test = is_provider(b, "test"), is_bench = is_provider(b, "bench");
    bool is_frame = is_provider(b, "begin") || is_provider(b, "end");
    if (s->opt->is_test_mode)
        return is_test || is_frame;
    if (s->opt->is_bench_mode)
        return is_bench || is_frame;
    return !is_test && !is_bench;
}

static void duplicate_names(struct sema *s, const struct block *b, const char *provider, const char *word) {
    if (!is_provider(b, provider))
        return;
    for (VEC_EACH(other, &s->state->blocks)) {
        if (!is_provider(*other, provider))
            continue;
        for (VEC_EACH(p, &b->probes)) {
            for (VEC_EACH(q, &(*other)->probes)) {
                if (strcmp(p->name, q->name))
                    continue;
                const char *name = strchr(p->name, ':');
                diag_error(s->diag, D_PROBE, p->span, "\"%s\" was used as the name for more than one %s probe",
                           name ? name + 1 : p->name, word);
                diag_note(s->diag, q->span, "this is the other instance");
            }
        }
    }
}

static bool compile_filter(struct sema *s, regex_t *re) {
    char text[256];
    const char *filter = s->opt->probe_filter;
    if (!filter)
        return false;
    int error = regcomp(re, filter, REG_EXTENDED | REG_NOSUB);
    if (!error)
        return true;
    regerror(error, re, text, sizeof text);
    diag_error(s->diag, D_PROBE, (struct span){ 0 }, "Invalid --probe-filter regex '%s': %s", filter, text);
    return false;
}

/* --probe-filter: keeps what matches, and begin and end. */
static void filter(struct block *b, const regex_t *re) {
    size_t kept = 0;
    if (is_provider(b, "begin") || is_provider(b, "end"))
        return;
    for (size_t i = 0; i < b->probes.n; i++)
        if (!regexec(re, b->probes.v[i].name, 0, NULL, 0))
            b->probes.v[kept++] = b->probes.v[i];
    b->probes.n = kept;
}

static void add_block(struct sema *s, struct block *b, const regex_t *re) {
    if (re)
        filter(b, re);
    if (!b->probes.n)
        return;
    duplicate_names(s, b, "test", "TEST");
    duplicate_names(s, b, "bench", "BENCH");
    VEC_PUSH(s->arena, &s->state->blocks, b);
    if (is_active(s, b))
        VEC_PUSH(s->arena, &s->out->blocks, b);
}

static void make_probe(struct sema *s, struct node *n, const regex_t *re) {
    struct matches m = { .s = s, .node = n };
    node_walk(n->probe.predicate, look, &m.need);
    node_walk(n->probe.body, look, &m.need);
    for (VEC_EACH(ap, &n->probe.points)) {
        m.is_later_point = ap != n->probe.points.v;
        match_point(&m, *ap);
    }
    if (!m.blocks.n && !m.failed)
        left_empty(s, n);
    for (VEC_EACH(b, &m.blocks))
        add_block(s, *b, re);
}

void make_blocks(struct sema *s, const struct script *script) {
    regex_t re;
    bool filtered = compile_filter(s, &re);
    for (VEC_EACH(n, &script->items))
        if ((*n)->kind == N_PROBE)
            make_probe(s, *n, filtered ? &re : NULL);
    if (filtered)
        regfree(&re);
}
