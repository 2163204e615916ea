/* kstack, ustack: the value is the key of the frames in a stack map. Symbols come later. */
#include "builtins/common.h"

#include <string.h>

enum { DEFAULT_LIMIT = 127, MAX_LIMIT = 1024 };

static int mode_by_name(const char *name) {
    static const char *const names[] = {
        [STACK_BPFTRACE] = "bpftrace", [STACK_PERF] = "perf", [STACK_RAW] = "raw", [STACK_BUILD_ID] = "build_id"
    };
    for (int i = 0; i < 4; i++)
        if (!strcmp(name, names[i]))
            return i;
    return -1;
}

static bool stack_mode(struct sema *s, struct node *n, const struct node *a, enum stack_mode *mode) {
    int m = mode_by_name(a->ident.name);
    if (m < 0) {
        sema_error(
            s, a, D_BAD_ARGUMENT,
            "Error parsing stack mode: %s: Invalid value for stack_mode: valid values are bpftrace, raw, perf, and "
            "build_id.",
            n->call.name);
        return false;
    }
    *mode = (enum stack_mode)m;
    return true;
}

static bool stack_limit(struct sema *s, struct node *n, const struct node *a, uint32_t *limit) {
    int64_t v;
    if (a->kind == N_IDENT || !sema_const_int(a, &v) || v < 0) {
        sema_error(s, n, D_BAD_ARGUMENT, "%s: invalid limit value", n->call.name);
        return false;
    }
    if (v > MAX_LIMIT) {
        sema_error(s, n, D_BAD_ARGUMENT, "%s([int limit]): limit shouldn't exceed %d, %lld given", n->call.name,
                   MAX_LIMIT, (long long)v);
        return false;
    }
    *limit = (uint32_t)v;
    return true;
}

/* ([mode,] [limit]) */
static const struct type *check_stack(struct sema *s, struct node *n, enum type_kind kind) {
    enum stack_mode mode = s->program->config.stack_mode;
    uint32_t limit = DEFAULT_LIMIT;
    const struct node *a = arg(n, 0), *b = arg(n, 1);
    if (b && a->kind != N_IDENT)
        return sema_error(s, n, D_BAD_ARGUMENT, "Expected stack mode as first argument");
    if (a && a->kind == N_IDENT && !stack_mode(s, n, a, &mode))
        return &type_poison;
    const struct node *count = b ? b : a && a->kind != N_IDENT ? a : NULL;
    if (count && !stack_limit(s, n, count, &limit))
        return &type_poison;
    if (kind == TY_KSTACK && mode == STACK_BUILD_ID)
        return sema_error(s, n, D_BAD_ARGUMENT, "'build_id' stack mode can only be used for ustack");
    const struct type *t = type_stack(s->arena, kind, mode, limit);
    if (kind == TY_KSTACK)
        s->block->use.kstack = s->program->uses_ksym = true;
    else
        s->block->use.ustack = s->program->uses_usym = true;
    if (limit)
        sema_stack_map(s, t);
    return t;
}

static const struct type *check_kstack(struct sema *s, struct node *n) { return check_stack(s, n, TY_KSTACK); }
static const struct type *check_ustack(struct sema *s, struct node *n) { return check_stack(s, n, TY_USTACK); }

static const struct type *check_dw_ustack(struct sema *s, struct node *n) {
    return sema_error(s, n, D_UNSUPPORTED, "dw_ustack is not supported yet");
}

static void emit_stack_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *dest_type) {
    (void)dest_type;
    cg_stack_into(cg, n->type, dest);
}

const struct builtin builtins_stacks[] = {
    { "kstack", "?ident|any,?ident|any", BF_VALUE, NULL, check_kstack, NULL, emit_stack_into, NULL,
      "kernel stack: kstack([mode,] [frames])" },
    { "ustack", "?ident|any,?ident|any", BF_VALUE, NULL, check_ustack, NULL, emit_stack_into, NULL,
      "user stack: ustack([mode,] [frames])" },
    { "dw_ustack", "?ident|any,?ident|any", BF_VALUE, NULL, check_dw_ustack, NULL, emit_stack_into, NULL,
      "user stack unwound by .eh_frame" },
    { 0 },
};
