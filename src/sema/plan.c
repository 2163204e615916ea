/* How each block is attached, now that it is known what its body uses. A plan may give the arguments other homes; the
 * body's nodes are pointed at the new description then. */
#include "sema/state.h"

struct change {
    const struct type *from, *to;
};

static bool point_at(struct node *n, void *ctx) {
    const struct change *c = ctx;
    if (n->kind == N_CALL && n->type == c->from)
        n->type = c->to;
    if (n->kind == N_FIELD && n->field.field && n->field.field >= c->from->fields &&
        n->field.field < c->from->fields + c->from->nfields) {
        n->field.field = &c->to->fields[n->field.field - c->from->fields];
        n->field.offset = n->field.field->offset;
    }
    return true;
}

void plan_blocks(struct sema *s) {
    for (VEC_EACH(p, &s->out->blocks)) {
        struct block *b = *p;
        unsigned flags = b->provider->flags;
        b->use.process_filter = !(flags & (PF_SPECIAL | PF_NO_PROCESS));
        b->use.pid_filter = s->opt->pid && b->use.process_filter && !(flags & PF_PID_BY_ATTACH);
        struct change c = { .from = b->args };
        if (b->provider->plan)
            b->provider->plan(&s->state->env, b);
        c.to = b->args;
        if (c.from == c.to || !c.from || !c.to)
            continue;
        node_walk(b->node->probe.predicate, point_at, &c);
        node_walk(b->node->probe.body, point_at, &c);
    }
}
