/* Queues and stacks: push, pop, peek. What they hold follows from what is pushed. */
#include "builtins/common.h"

#include <string.h>

static bool check_sequence(struct sema *s, const struct node *n) {
    const struct node *map = arg(n, 0);
    if (map->kind == N_MAP && !map->map.key && map_is_sequence(map->map.map))
        return true;
    sema_error(s, map, D_BAD_ARGUMENT,
               "%s() expects a queue or stack, declared like `let @q = queue(100)` or `let @s = stack(100)`",
               n->call.name);
    return false;
}

static const struct type *check_push(struct sema *s, struct node *n) {
    return check_sequence(s, n) && sema_map_push(s, arg(n, 0), arg(n, 1)) ? &type_none : &type_poison;
}

static struct value emit_push(struct codegen *cg, const struct node *n) {
    cg_map_push(cg, arg(n, 0)->map.map, arg(n, 1));
    return cg_void();
}

static const struct type *check_next(struct sema *s, struct node *n) {
    if (!check_sequence(s, n))
        return &type_poison;
    const struct type *t = arg(n, 0)->map.map->value;
    if (!arg(n, 1))
        return t ? t : &type_poison;
    if (t)
        sema_assign_var(s, arg(n, 1), t);
    return &type_bool;
}

static struct value emit_next(struct codegen *cg, const struct node *n) {
    LLVMValueRef found;
    bool removes = !strcmp(n->call.name, "pop");
    struct value v = cg_load(cg, cg_map_next(cg, arg(n, 0)->map.map, removes, &found));
    if (!arg(n, 1))
        return v;
    struct cg_if some = cg_if(cg, found);
    cg_var_set(cg, arg(n, 1), v);
    cg_end(cg, &some);
    return cg_reg(cg_trunc(cg, cg_zext(cg, found), 8), &type_bool);
}

const struct builtin builtins_queues[] = {
    { "push", "map,any", 0, &type_none, check_push, emit_push, NULL, NULL,
      "puts a value into a queue or on a stack; when that is full the loss is counted" },
    { "pop", "map,?var", 0, NULL, check_next, emit_next, NULL, NULL,
      "takes the next value of a queue or stack, zero when empty; pop(@q, $v): whether there was one" },
    { "peek", "map,?var", 0, NULL, check_next, emit_next, NULL, NULL, "the same without taking it out" },
    { 0 },
};
