/* The order of passes: config → map declarations → blocks → inference rounds, muted, until no type changes → the round
 * that reports → options of the script → plans → storage. */
#include "sema/state.h"

enum { MAX_ROUNDS = 400 };

static void type_all(struct sema *s) {
    s->state->assignments = 0;
    for (VEC_EACH(f, &s->state->functions))
        type_function(s, *f);
    for (VEC_EACH(b, &s->state->blocks))
        type_probe(s, *b);
    s->block = NULL;
}

/* Types only grow, so this ends; the bound is for scripts whose types chase each other. */
static void infer(struct sema *s) {
    s->diag->muted++;
    for (int round = 0; round < MAX_ROUNDS; round++) {
        s->changed = false;
        type_all(s);
        if (!s->changed && !maps_default(s))
            break;
    }
    s->diag->muted--;
    s->is_final = true;
    s->changed = false;
    unsigned errors = s->diag->nerrors;
    type_all(s);
    maps_check_declared(s);
    if (s->diag->nerrors == errors && (s->changed || !maps_have_types(s)))
        diag_error(s->diag, D_LIMIT, (struct span){ 0 }, "The types of this script do not settle.");
}

static uint32_t power_of_two(uint32_t n) {
    uint32_t p = 1;
    while (p < n && p < 1u << 31)
        p *= 2;
    return p;
}

static struct program *new_program(struct sema *s, const struct config *config) {
    struct program *p = ARENA_NEW(s->arena, struct program);
    p->arena = s->arena;
    p->config = *config;
    p->ncpus = power_of_two(s->opt->ncpus);
    VEC_PUSH(s->arena, &p->strings, "");
    return p;
}

static struct sema_state *new_state(struct sema *s) {
    struct sema_state *st = ARENA_NEW(s->arena, struct sema_state);
    hmap_init(&st->maps, s->arena);
    st->env = (struct probe_env){ .arena = s->arena,
                                  .types = s->types,
                                  .diag = s->diag,
                                  .config = &s->program->config,
                                  .pid = s->opt->pid,
                                  .child_pid = s->opt->child_pid,
                                  .is_unsafe = !s->opt->is_safe,
                                  .probe_filter = s->opt->probe_filter,
                                  .traceable_functions = s->opt->traceable_functions };
    return st;
}

static struct checked *new_checked(struct sema *s) {
    struct checked *out = ARENA_NEW(s->arena, struct checked);
    out->program = s->program;
    out->types = s->types;
    out->pid = s->opt->pid;
    out->follows = s->opt->follows;
    out->in_cgroup = s->opt->in_cgroup;
    out->report_reads = s->opt->report_reads;
    return out;
}

/* The passes, in order; each is only entered when those before it found nothing wrong. */
static bool run_passes(struct sema *s, const struct script *script) {
    unsigned errors = s->diag->nerrors;
    config_block(s, script);
    map_declarations(s, script);
    declare_functions(s, script);
    if (s->diag->nerrors == errors)
        make_blocks(s, script);
    if (s->diag->nerrors == errors)
        infer(s);
    if (s->diag->nerrors == errors)
        script_options_check(s, script);
    if (s->diag->nerrors != errors)
        return false;
    plan_blocks(s);
    lay_out_maps(s);
    return s->diag->nerrors == errors;
}

struct checked *sema_check(struct script *script, struct typedb *types, const struct config *config,
                           const struct sema_options *opt, struct diag *d) {
    struct sema s = { .arena = script->arena, .diag = d, .types = types, .opt = opt };
    s.program = new_program(&s, config);
    s.state = new_state(&s);
    s.out = new_checked(&s);
    bool ok = run_passes(&s, script);
    probe_env_done(&s.state->env);
    return ok ? s.out : NULL;
}
