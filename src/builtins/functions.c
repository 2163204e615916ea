/* The row behind every call of a function of the script. `fn` is a keyword: nobody can call it by that name. */
#include "builtins/common.h"

static const struct type *check_call(struct sema *s, struct node *n) {
    (void)s;
    return ((const struct function *)n->call.data)->ret;
}

static struct value emit_call(struct codegen *cg, const struct node *n) { return cg_call_function(cg, n); }

const struct builtin builtins_functions[] = {
    { "fn", "...", BF_INTERNAL, NULL, check_call, emit_call, NULL, NULL, "a function of the script" },
    { 0 },
};
