/* Memory: str and buf; what pointers point to: kptr, uptr; bswap; write_user. */
#include "builtins/common.h"

#include <linux/bpf.h>
#include <string.h>

/* From check to emit. */
struct read_call {
    enum addr_space as;
    uint32_t limit; /* bytes to read at most; with a length of run time: its upper bound */
    bool has_runtime_length;
    bool is_cut_lost; /* hitting the limit loses text that was asked for */
};

static uint32_t max_strlen(const struct sema *s) { return (uint32_t)s->program->config.max_strlen; }

static struct read_call *read_call(struct sema *s, struct node *n) {
    if (!n->call.data)
        n->call.data = ARENA_NEW(s->arena, struct read_call);
    return n->call.data;
}

/* A length argument known now: false after an error. A length of run time leaves *length at `max`. */
static bool literal_length(struct sema *s, struct node *n, uint32_t max, uint32_t *length, bool *is_runtime) {
    int64_t v;
    *length = max;
    *is_runtime = !sema_const_int(arg(n, 1), &v);
    if (*is_runtime)
        return true;
    if (v < 0) {
        sema_error(s, n, D_BAD_ARGUMENT, "%scannot use negative length (%lld)", n->call.name, (long long)v);
        return false;
    }
    if (v > (int64_t)max) {
        if (s->is_final)
            diag_warn(s->diag, D_LIMIT, n->span,
                      "length param (%lld) is too long and will be shortened to %u bytes (see BPFTRACE_MAX_STRLEN)",
                      (long long)v, max);
        v = max;
    }
    *length = (uint32_t)v;
    return true;
}

/* ---- str ---------------------------------------------------------------------------------- */

/* str("literal"[, n]) and str(5): constants. */
static bool str_constant(struct sema *s, struct node *n) {
    struct node *a = arg(n, 0);
    const char *text;
    size_t len;
    int64_t limit = INT64_MAX;
    if (arg(n, 1) && (!sema_const_int(arg(n, 1), &limit) || limit < 0))
        return false;
    if (!sema_const_str(a, &text, &len)) {
        int64_t v;
        if (a->kind != N_INT || !sema_const_int(a, &v))
            return false;
        text = arena_printf(s->arena, a->type->is_signed ? "%lld" : "%llu", (long long)v);
        len = strlen(text);
    }
    if ((uint64_t)limit < len)
        len = (size_t)limit;
    sema_set_str(s, n, text, len);
    return true;
}

static const struct type *check_str(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    bool is_text = a->type->kind == TY_STRING || (a->type->kind == TY_ARRAY && a->type->elem->size == 1);
    if (!is_text && a->type->kind != TY_PTR && !type_is_intlike(a->type) && !type_ops[a->type->kind].is_castable)
        return sema_error(s, n, D_BAD_ARGUMENT,
                          "str() expects a string, integer or a pointer type as first argument (%s provided)",
                          type_str(s->arena, a->type));
    if (str_constant(s, n))
        return n->type;
    struct read_call *c = read_call(s, n);
    uint32_t max = max_strlen(s), length = max;
    if (arg(n, 1) && !literal_length(s, n, max, &length, &c->has_runtime_length))
        return &type_poison;
    c->as = arg_space(s, a);
    c->limit = length;
    c->is_cut_lost = nargs(n) == 1;
    if (a->type->kind == TY_STRING && nargs(n) == 1)
        return a->type;
    if (is_text) { /* what lies behind the storage is not ours */
        c->limit = length <= a->type->size ? length : a->type->size + 1;
        if (nargs(n) == 1)
            return type_string(s->arena, a->type->size + 1);
    }
    if (nargs(n) == 1 || c->has_runtime_length)
        return type_string(s->arena, max);
    return type_string(s->arena, length < max ? length + 1 : max);
}

/* Length in bytes with the NUL, at most what was promised to the verifier. */
static LLVMValueRef clamped(struct codegen *cg, const struct node *length, uint32_t max) {
    LLVMValueRef n = cg_expr_i64(cg, length);
    return cg_select(cg, cg_cmp(cg, C_UGT, n, cg_i64(cg, max)), cg_i64(cg, max), n);
}

static void emit_str_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    const struct read_call *c = n->call.data;
    if (nargs(n) == 1 && arg(n, 0)->type->kind == TY_STRING) {
        cg_expr_into(cg, arg(n, 0), dest, t);
        return;
    }
    struct bytes b = arg_bytes(cg, arg(n, 0), c->as);
    uint32_t limit = c->limit < t->size ? c->limit : t->size;
    LLVMValueRef room = cg_i64(cg, limit);
    if (c->has_runtime_length || !limit) {
        cg_store_int(cg, dest, cg_trunc(cg, cg_i64(cg, 0), 8));
        if (!limit)
            return;
        room = clamped(cg, arg(n, 1), limit);
    }
    LLVMValueRef got = cg_probe_read(cg, n, dest, room, b.is_remote ? b.at : cg_ptr_to_i64(cg, b.at),
                                     b.is_remote ? b.as : AS_KERNEL, true);
    if (!c->is_cut_lost || !b.is_remote)
        return;
    struct cg_if cut = cg_if_unlikely(cg, cg_cmp(cg, C_EQ, got, room));
    cg_count_loss(cg, LOSS_TRUNCATED, cg_block(cg)->prog);
    cg_end(cg, &cut);
}

/* str() of a string that is at hand already is that string. */
static struct value emit_str(struct codegen *cg, const struct node *n) {
    const struct node *a = arg(n, 0);
    if (nargs(n) == 1 && a->type->kind == TY_STRING)
        return cg_expr(cg, a);
    LLVMValueRef mem = cg_scratch(cg, n->type->size);
    emit_str_into(cg, n, mem, n->type);
    return cg_mem(mem, n->type);
}

/* ---- buf ---------------------------------------------------------------------------------- */

enum { BUFFER_HEADER = 4 };

static const struct type *check_buf(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    enum type_kind k = a->type->kind;
    if (k != TY_PTR && k != TY_ARRAY && k != TY_STRING && k != TY_BUFFER && !type_is_intlike(a->type))
        return sema_error(s, n, D_BAD_ARGUMENT,
                          "buf() expects an integer, pointer, array or string as first argument (%s provided)",
                          type_label(a->type));
    if (nargs(n) == 1 && k != TY_ARRAY)
        return sema_error(s, n, D_BAD_ARGUMENT, "buf() expects a length argument for non-array type %s",
                          type_label(a->type));
    struct read_call *c = read_call(s, n);
    uint32_t max = max_strlen(s) > BUFFER_HEADER ? max_strlen(s) - BUFFER_HEADER : 0, length = max;
    if (nargs(n) == 1)
        length = a->type->size < max ? a->type->size : max;
    else if (!literal_length(s, n, max, &length, &c->has_runtime_length))
        return &type_poison;
    c->as = arg_space(s, a);
    c->limit = length;
    if (k != TY_PTR && !type_is_intlike(a->type) && a->type->size < length)
        c->limit = a->type->size; /* what lies behind it is not ours to show */
    return type_buffer(s->arena, length);
}

static void emit_buf_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    const struct read_call *c = n->call.data;
    struct bytes b = arg_bytes(cg, arg(n, 0), c->as);
    uint32_t limit = c->limit < t->size - BUFFER_HEADER ? c->limit : t->size - BUFFER_HEADER;
    LLVMValueRef length = c->has_runtime_length ? clamped(cg, arg(n, 1), limit) : cg_i64(cg, limit);
    cg_store_int(cg, dest, cg_trunc(cg, length, 32));
    LLVMValueRef data = cg_ptr_add(cg, dest, BUFFER_HEADER);
    uint32_t have = arg(n, 0)->type->kind == TY_PTR ? 0 : arg(n, 0)->type->size;
    if (b.is_remote || c->has_runtime_length || have < limit)
        cg_probe_read(cg, n, data, length, b.is_remote ? b.at : cg_ptr_to_i64(cg, b.at), b.is_remote ? b.as : AS_KERNEL,
                      false);
    else
        cg_memcpy(cg, data, b.at, limit);
}

/* ---- pointers ----------------------------------------------------------------------------- */

static const struct type *in_space(struct sema *s, struct node *n, enum addr_space as) {
    const struct node *a = arg(n, 0);
    if (a->type->kind == TY_PTR || type_is_intlike(a->type))
        return type_with_as(s->arena, a->type, as);
    return sema_error(s, n, D_BAD_ARGUMENT, "%s() only supports integer or pointer arguments (%s provided)",
                      n->call.name, type_label(a->type));
}

static const struct type *check_kptr(struct sema *s, struct node *n) { return in_space(s, n, AS_KERNEL); }
static const struct type *check_uptr(struct sema *s, struct node *n) { return in_space(s, n, AS_USER); }

static struct value emit_same(struct codegen *cg, const struct node *n) {
    LLVMValueRef v = cg_expr_i64(cg, arg(n, 0));
    return cg_reg(cg_trunc(cg, v, n->type->size * 8), n->type);
}

/* ---- bswap -------------------------------------------------------------------------------- */

static const struct type *check_bswap(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    if (!type_is_int(a->type))
        return sema_error(s, n, D_BAD_ARGUMENT, "bswap() only supports integer arguments (%s provided)",
                          type_label(a->type));
    return type_int(a->type->size, false);
}

/* Spelled out in shifts; LLVM knows the idiom and makes one instruction of it. */
static struct value emit_bswap(struct codegen *cg, const struct node *n) {
    unsigned bytes = n->type->size;
    LLVMValueRef v = cg_expr_i64(cg, arg(n, 0)), out = cg_i64(cg, 0);
    for (unsigned i = 0; i < bytes; i++) {
        LLVMValueRef byte = cg_arith(cg, A_AND, cg_arith(cg, A_LSHR, v, cg_i64(cg, i * 8)), cg_i64(cg, 0xff));
        out = cg_arith(cg, A_OR, out, cg_arith(cg, A_SHL, byte, cg_i64(cg, (bytes - 1 - i) * 8)));
    }
    return cg_reg(cg_trunc(cg, out, bytes * 8), n->type);
}

/* ---- write_user ---------------------------------------------------------------------------- */

enum { MAX_WRITE = 4096 };

static const struct type *check_write_user(struct sema *s, struct node *n) {
    int64_t count;
    const struct type *from = arg(n, 1)->type;
    if (!sema_const_int(arg(n, 2), &count))
        return sema_error(s, n, D_UNSUPPORTED, "write_user() needs a literal as number of bytes");
    if (count < 1 || count > MAX_WRITE)
        return sema_error(s, n, D_BAD_ARGUMENT, "write_user() can write 1 to %d bytes (%lld given)", MAX_WRITE,
                          (long long)count);
    bool is_object = from->kind == TY_STRING || from->kind == TY_ARRAY;
    if (!is_object && from->kind != TY_PTR)
        return sema_error(s, n, D_BAD_ARGUMENT,
                          "write_user() writes strings, arrays and what pointers point to (%s provided)",
                          type_label(from));
    if (is_object && from->size < count)
        return sema_error(s, n, D_BAD_ARGUMENT, "write_user() would read %lld bytes of %s", (long long)count,
                          type_str(s->arena, from));
    return &type_bool;
}

static struct value emit_write_user(struct codegen *cg, const struct node *n) {
    int64_t count = 0;
    sema_const_int(arg(n, 2), &count);
    LLVMValueRef to = cg_expr_i64(cg, arg(n, 0));
    LLVMValueRef from = bytes_here(cg, arg(n, 1), arg_bytes(cg, arg(n, 1), AS_NONE), (uint32_t)count);
    LLVMValueRef r = CG_HELPER(cg, BPF_FUNC_probe_write_user, to, from, cg_i64(cg, (uint64_t)count));
    LLVMValueRef ok = cg_select(cg, cg_cmp(cg, C_EQ, r, cg_i64(cg, 0)), cg_i64(cg, 1), cg_i64(cg, 0));
    return cg_reg(cg_trunc(cg, ok, 8), n->type);
}

const struct builtin builtins_memory[] = {
    { "str", "any,?int", 0, NULL, check_str, emit_str, emit_str_into, NULL,
      "the string at an address, of at most n - 1 characters" },
    { "buf", "any,?int", 0, NULL, check_buf, NULL, emit_buf_into, NULL, "n bytes at an address, or an array's" },
    { "kptr", "any", 0, NULL, check_kptr, emit_same, NULL, NULL, "the same pointer, into kernel memory" },
    { "uptr", "any", 0, NULL, check_uptr, emit_same, NULL, NULL, "the same pointer, into user memory" },
    { "bswap", "any", 0, NULL, check_bswap, emit_bswap, NULL, NULL, "the integer with its bytes in reverse order" },
    { "write_user", "int|ptr,any,any", BF_UNSAFE, NULL, check_write_user, emit_write_user, NULL, NULL,
      "writes n bytes into the memory of the running process: write_user(to, from, n)" },
    { 0 },
};
