/* Positional parameters (reference §15.7): $N becomes a literal, of the kind its spelling has. */
#include "expand/expander.h"
#include "parser/parser.h"

static struct node *make_string(struct expander *x, const struct node *param, const char *text) {
    struct node *n = node_new(x->arena, N_STR, param->span);
    n->str.s = text;
    while (text[n->str.len])
        n->str.len++;
    return n;
}

static struct node *make_int(struct expander *x, const struct node *param, uint64_t value, const char *text) {
    struct node *n = node_new(x->arena, N_INT, param->span);
    n->num.value = value;
    n->num.is_unsigned_literal = value > INT64_MAX;
    n->num.text = text;
    return n;
}

/* A negative number is a negated literal, as it would be in the script. */
static struct node *make_negative(struct expander *x, const struct node *param, uint64_t value, const char *text) {
    struct node *n = node_new(x->arena, N_UNARY, param->span);
    n->unary.op = OP_NEG;
    n->unary.operand = make_int(x, param, -value, text + 1);
    node_measure(n);
    return n;
}

struct node *positional_value(struct expander *x, const struct node *param) {
    uint64_t index = param->param.index, value;
    if (index == 0)
        return make_int(x, param, x->opt->nparams, NULL);
    const char *text = index <= x->opt->nparams ? x->opt->params[index - 1] : "";
    if (!*text) {
        diag_warn(x->diag, D_PARAMETER, param->span, "Positional parameter $%llu is empty or not provided. ",
                  (unsigned long long)index);
        return x->in_str ? make_string(x, param, "") : make_int(x, param, 0, NULL);
    }
    size_t len = 0;
    while (text[len])
        len++;
    bool negative;
    const char *error;
    if (x->in_str || !parse_integer(text, len, true, &value, &negative, x->arena, &error))
        return make_string(x, param, text);
    return negative ? make_negative(x, param, value, text) : make_int(x, param, value, text + (*text == '+'));
}
