/* Comparing and searching strings in BPF.
 *
 * Loops here have constant bounds and leave early; the verifier walks them to the end, so what it sees of a turn must not
 * depend on the turns before: states that differ by path are computed without branches or kept in memory it does not
 * track. */
#include "builtins/common.h"

#include <linux/bpf.h>
#include <string.h>

/* Most bytes that a string-like argument can have: storage of strings and arrays, max_strlen behind pointers. */
static uint32_t capacity_of(const struct program *p, const struct node *a) {
    uint32_t max = (uint32_t)p->config.max_strlen;
    if (a->is_const && a->const_str)
        return (uint32_t)a->const_len;
    return a->type->kind == TY_STRING || a->type->kind == TY_ARRAY ? a->type->size : max;
}

static bool is_string_like(const struct type *t) {
    return t->kind == TY_STRING || (t->kind == TY_ARRAY && t->elem->size == 1) ||
           (t->kind == TY_PTR && (t->elem->size == 1 || t->elem->kind == TY_NONE));
}

static bool strings_only(struct sema *s, const struct node *n, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (!is_string_like(arg(n, i)->type)) {
            sema_error(s, n, D_BAD_ARGUMENT, "string-like values must be either strings, arrays or pointers");
            return false;
        }
    }
    return true;
}

static struct value as_bool(struct codegen *cg, LLVMValueRef i1, const struct type *t) {
    return cg_reg(cg_trunc(cg, cg_zext(cg, i1), t->size * 8), t);
}

/* ---- strlen, strcap ------------------------------------------------------------------------ */

static const struct type *check_strlen(struct sema *s, struct node *n) {
    const char *text;
    size_t len;
    if (!strings_only(s, n, 1))
        return &type_poison;
    if (sema_const_str(arg(n, 0), &text, &len))
        sema_set_int(n, &type_uint64, strnlen(text, len));
    return &type_uint64;
}

/* The helper that copies strings counts them at the kernel's speed. */
static struct value emit_strlen(struct codegen *cg, const struct node *n) {
    const struct node *a = arg(n, 0);
    uint32_t capacity = capacity_of(cg_checked(cg)->program, a);
    struct bytes b = arg_bytes(cg, a, AS_NONE);
    LLVMValueRef copy = cg_scratch(cg, capacity + 1);
    LLVMValueRef got =
        cg_probe_read(cg, n, copy, cg_i64(cg, capacity + 1), b.is_remote ? b.at : cg_ptr_to_i64(cg, b.at),
                      b.is_remote ? b.as : AS_KERNEL, true);
    LLVMValueRef len = cg_arith(cg, A_SUB, got, cg_i64(cg, 1));
    return cg_reg(cg_select(cg, cg_cmp(cg, C_SLT, got, cg_i64(cg, 1)), cg_i64(cg, 0), len), n->type);
}

static const struct type *check_strcap(struct sema *s, struct node *n) {
    if (!strings_only(s, n, 1))
        return &type_poison;
    const struct type *t = arg(n, 0)->type;
    if (t->kind == TY_PTR)
        return &type_uint64;
    uint64_t capacity = t->kind == TY_ARRAY ? t->count : t->size;
    const struct type *r = type_int(capacity < 256 ? 1 : capacity < 65536 ? 2 : 4, false);
    sema_set_int(n, r, capacity);
    return r;
}

/* ---- str_concat ----------------------------------------------------------------------------- */

enum { CONCAT_SIZE = 1024 };

static const struct type *check_str_concat(struct sema *s, struct node *n) {
    if (!strings_only(s, n, 2))
        return &type_poison;
    uint32_t both = capacity_of(s->program, arg(n, 0)) + capacity_of(s->program, arg(n, 1)) + 2;
    return type_string(s->arena, both < CONCAT_SIZE ? CONCAT_SIZE : both);
}

/* Writes a string at dest; gives the number of bytes without the NUL. */
static LLVMValueRef put_string(struct codegen *cg, const struct node *a, LLVMValueRef dest) {
    struct bytes b = arg_bytes(cg, a, AS_NONE);
    LLVMValueRef room = cg_i64(cg, capacity_of(cg_checked(cg)->program, a) + 1);
    LLVMValueRef got = cg_probe_read(cg, a, dest, room, b.is_remote ? b.at : cg_ptr_to_i64(cg, b.at),
                                     b.is_remote ? b.as : AS_KERNEL, true);
    LLVMValueRef len = cg_arith(cg, A_SUB, got, cg_i64(cg, 1));
    return cg_select(cg, cg_cmp(cg, C_SLT, got, cg_i64(cg, 1)), cg_i64(cg, 0), len);
}

/* There is room for both at their longest; the comparison tells the verifier. */
static void emit_str_concat_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    (void)t;
    uint32_t most = capacity_of(cg_checked(cg)->program, arg(n, 0));
    LLVMValueRef len = put_string(cg, arg(n, 0), dest);
    struct cg_if fits = cg_if(cg, cg_cmp(cg, C_ULE, len, cg_i64(cg, most)));
    put_string(cg, arg(n, 1), cg_ptr_add_v(cg, dest, len));
    cg_end(cg, &fits);
}

/* ---- strncmp, memcmp ----------------------------------------------------------------------- */

/* What is compared: a run of bytes in both, then perhaps the end of the shorter one against a NUL. */
static const struct type *check_strncmp(struct sema *s, struct node *n) {
    int64_t limit;
    const char *a, *b;
    size_t alen, blen;
    for (uint32_t i = 0; i < 2; i++) {
        if (arg(n, i)->type->kind != TY_STRING && arg(n, i)->type->kind != TY_ARRAY)
            return sema_error(s, n, D_BAD_ARGUMENT, "strncmp() only supports string arguments (%s provided)",
                              type_label(arg(n, i)->type));
    }
    if (!sema_const_int(arg(n, 2), &limit) || limit < 0)
        return sema_error(s, n, D_BAD_ARGUMENT, "Builtin strncmp requires a non-negative literal");
    if (sema_const_str(arg(n, 0), &a, &alen) && sema_const_str(arg(n, 1), &b, &blen))
        sema_set_int(n, &type_uint64, strncmp(a, b, (size_t)limit) != 0);
    return &type_uint64;
}

/* Against a literal: whole words, all differences or-ed together, no branch. `len` bytes of text, none of them NUL but
 * the last one perhaps. */
static LLVMValueRef differs_from(struct codegen *cg, LLVMValueRef p, const char *text, size_t len) {
    LLVMValueRef diff = cg_i64(cg, 0);
    for (size_t i = 0; i < len;) {
        size_t step = len - i >= 8 ? 8 : len - i >= 4 ? 4 : len - i >= 2 ? 2 : 1;
        uint64_t word = 0;
        memcpy(&word, text + i, step);
        LLVMValueRef have = cg_zext(cg, cg_load_int(cg, cg_ptr_add(cg, p, i), (unsigned)step * 8));
        diff = cg_arith(cg, A_OR, diff, cg_arith(cg, A_XOR, have, cg_i64(cg, word)));
        i += step;
    }
    return cg_cmp(cg, C_NE, diff, cg_i64(cg, 0));
}

enum { UNROLLED_BYTES = 64 };

/* Beyond its storage a string is at its end. */
static struct value compare_literal(struct codegen *cg, const struct node *n, const struct node *text,
                                    const struct node *other, size_t limit) {
    size_t have = other->type->size, len = strnlen(text->const_str, text->const_len) + 1;
    LLVMValueRef p = bytes_here(cg, other, arg_bytes(cg, other, AS_NONE), (uint32_t)have);
    len = len < limit ? len : limit;
    if (len > have && text->const_str[have])
        return cg_reg(cg_i64(cg, 1), n->type);
    return as_bool(cg, differs_from(cg, p, text->const_str, len < have ? len : have), n->type);
}

/* Bytewise with the loop left at the first difference or common end. Leaves a - b in the slot. */
static LLVMValueRef compare_loop(struct codegen *cg, LLVMValueRef a, LLVMValueRef b, uint64_t n, bool stop_at_nul) {
    LLVMValueRef out = cg_slot(cg, cg_i64(cg, 0));
    struct cg_loop l = cg_loop(cg, n);
    LLVMValueRef x = cg_zext(cg, cg_load_int(cg, cg_ptr_add_v(cg, a, l.i), 8));
    LLVMValueRef y = cg_zext(cg, cg_load_int(cg, cg_ptr_add_v(cg, b, l.i), 8));
    LLVMValueRef diff = cg_arith(cg, A_SUB, x, y);
    struct cg_if differ = cg_if(cg, cg_cmp(cg, C_NE, diff, cg_i64(cg, 0)));
    cg_slot_set(cg, out, diff);
    cg_loop_break(cg, &l);
    cg_end(cg, &differ);
    if (stop_at_nul) {
        struct cg_if end = cg_if(cg, cg_cmp(cg, C_EQ, x, cg_i64(cg, 0)));
        cg_loop_break(cg, &l);
        cg_end(cg, &end);
    }
    cg_loop_end(cg, &l);
    return cg_slot_get(cg, out);
}

static struct value emit_strncmp(struct codegen *cg, const struct node *n) {
    struct node *a = arg(n, 0), *b = arg(n, 1);
    int64_t limit = 0;
    sema_const_int(arg(n, 2), &limit);
    if (!limit)
        return cg_reg(cg_i64(cg, 0), n->type);
    struct node *text = a->is_const && a->const_str ? a : b->is_const && b->const_str ? b : NULL;
    size_t len = text ? strnlen(text->const_str, text->const_len) + 1 : 0;
    if (text && (len <= UNROLLED_BYTES || limit <= UNROLLED_BYTES))
        return compare_literal(cg, n, text, text == a ? b : a, (size_t)limit);
    uint32_t sa = a->type->size, sb = b->type->size, both = sa < sb ? sa : sb;
    LLVMValueRef p = bytes_here(cg, a, arg_bytes(cg, a, AS_NONE), sa);
    LLVMValueRef q = bytes_here(cg, b, arg_bytes(cg, b, AS_NONE), sb);
    uint64_t turns = (uint64_t)limit < both ? (uint64_t)limit : both;
    return as_bool(cg, cg_cmp(cg, C_NE, compare_loop(cg, p, q, turns, true), cg_i64(cg, 0)), n->type);
}

static const struct type *check_memcmp(struct sema *s, struct node *n) {
    int64_t count;
    if (!sema_const_int(arg(n, 2), &count))
        return sema_error(s, n, D_UNSUPPORTED, "memcmp() needs a literal as number of bytes");
    if (count < 0 || count > 1 << 16)
        return sema_error(s, n, D_BAD_ARGUMENT, "memcmp() can compare 0 to 65536 bytes (%lld given)", (long long)count);
    for (uint32_t i = 0; i < 2; i++) {
        const struct type *t = arg(n, i)->type;
        if (t->kind != TY_PTR && !type_is_intlike(t) && t->size < count)
            return sema_error(s, n, D_BAD_ARGUMENT, "memcmp() would read %lld bytes of %s", (long long)count,
                              type_str(s->arena, t));
    }
    return &type_int32;
}

static struct value emit_memcmp(struct codegen *cg, const struct node *n) {
    int64_t count = 0;
    sema_const_int(arg(n, 2), &count);
    if (!count)
        return cg_reg(cg_trunc(cg, cg_i64(cg, 0), 32), n->type);
    LLVMValueRef p = bytes_here(cg, arg(n, 0), arg_bytes(cg, arg(n, 0), AS_NONE), (uint32_t)count);
    LLVMValueRef q = bytes_here(cg, arg(n, 1), arg_bytes(cg, arg(n, 1), AS_NONE), (uint32_t)count);
    return cg_reg(cg_trunc(cg, compare_loop(cg, p, q, (uint64_t)count, false), 32), n->type);
}

/* ---- strstr, strcontains ------------------------------------------------------------------- */

/* Searching among constants; false when one of them is not. */
static bool find_now(const struct node *n, int64_t *at) {
    const char *h, *needle;
    size_t hlen, nlen;
    if (!sema_const_str(arg(n, 1), &needle, &nlen))
        return false;
    *at = 0;
    if (!strnlen(needle, nlen))
        return true; /* the empty string is at the start of every other */
    if (!sema_const_str(arg(n, 0), &h, &hlen))
        return false;
    hlen = strnlen(h, hlen);
    const char *found = memmem(h, hlen, needle, strnlen(needle, nlen));
    *at = found ? found - h : -1;
    return true;
}

/* The verifier follows each byte: there is a limit to what it has patience for. */
static bool is_searchable(struct sema *s, const struct node *n) {
    const struct node *needle = arg(n, 1);
    if (needle->is_const && needle->const_str && needle->const_len <= SEARCH_LITERAL_MAX)
        return true;
    for (uint32_t i = 0; i < 2; i++)
        if (capacity_of(s->program, arg(n, i)) > SEARCH_MAX) {
            sema_error(s, n, D_LIMIT,
                       "%s() can search strings of up to %d bytes for what is no literal (%u given: max_strlen?)",
                       n->call.name, SEARCH_MAX, capacity_of(s->program, arg(n, i)));
            return false;
        }
    return true;
}

static const struct type *check_strstr(struct sema *s, struct node *n) {
    int64_t at;
    if (!strings_only(s, n, 2) || !is_searchable(s, n))
        return &type_poison;
    if (find_now(n, &at))
        sema_set_int(n, &type_int32, (uint64_t)at);
    return &type_int32;
}

static const struct type *check_strcontains(struct sema *s, struct node *n) {
    int64_t at;
    if (!strings_only(s, n, 2) || !is_searchable(s, n))
        return &type_poison;
    if (find_now(n, &at))
        sema_set_int(n, &type_bool, at >= 0);
    return &type_bool;
}

/* A string in BPF memory: up to `capacity` bytes, ended by a NUL when there are fewer. */
static LLVMValueRef text_here(struct codegen *cg, const struct node *a, uint32_t capacity) {
    struct bytes b = arg_bytes(cg, a, AS_NONE);
    if (!b.is_remote)
        return b.at;
    LLVMValueRef mem = cg_scratch(cg, capacity + 1);
    cg_probe_read(cg, a, mem, cg_i64(cg, capacity + 1), b.at, b.as, true);
    return mem;
}

/* Position as i64, -1 when absent. */
static LLVMValueRef position(struct codegen *cg, const struct node *n) {
    const struct node *h = arg(n, 0), *needle = arg(n, 1);
    uint32_t hcap = capacity_of(cg_checked(cg)->program, h), ncap = capacity_of(cg_checked(cg)->program, needle);
    LLVMValueRef text = text_here(cg, h, hcap);
    if (needle->is_const && needle->const_str) {
        size_t len = strnlen(needle->const_str, needle->const_len);
        if (len <= SEARCH_LITERAL_MAX)
            return search_literal(cg, text, hcap, needle->const_str, len);
    }
    return search(cg, text, hcap, text_here(cg, needle, ncap), ncap);
}

static struct value emit_strstr(struct codegen *cg, const struct node *n) {
    return cg_reg(cg_trunc(cg, position(cg, n), 32), n->type);
}

static struct value emit_strcontains(struct codegen *cg, const struct node *n) {
    return as_bool(cg, cg_cmp(cg, C_SGE, position(cg, n), cg_i64(cg, 0)), n->type);
}

const struct builtin builtins_strings[] = {
    { "strlen", "any", 0, NULL, check_strlen, emit_strlen, NULL, NULL, "number of bytes before a string's end" },
    { "strcap", "any", 0, NULL, check_strcap, emit_strlen, NULL, NULL, "number of bytes a string has room for" },
    { "str_concat", "any,any", 0, NULL, check_str_concat, NULL, emit_str_concat_into, NULL,
      "two strings, one behind the other" },
    { "strncmp", "any,any,any", 0, NULL, check_strncmp, emit_strncmp, NULL, NULL,
      "0 when the first n bytes of two strings are the same, else 1" },
    { "memcmp", "any,any,any", 0, NULL, check_memcmp, emit_memcmp, NULL, NULL,
      "compares n bytes: less than, equal to or greater than 0" },
    { "strstr", "any,any", 0, NULL, check_strstr, emit_strstr, NULL, NULL,
      "where a string is inside another one; less than 0 when it is not" },
    { "strcontains", "any,any", 0, NULL, check_strcontains, emit_strcontains, NULL, NULL,
      "whether a string is inside another one" },
    { 0 },
};
