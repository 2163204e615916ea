/* Addresses of networks: opaque values that are shown in user space. */
#include "builtins/common.h"

#include <arpa/inet.h>
#include <string.h>

enum { MAC_SIZE = 6, IPV4_SIZE = 4, IPV6_SIZE = 16 };

/* Space that an address is read from; kept for emit. */
static void keep_space(struct sema *s, struct node *n, const struct node *a) {
    enum addr_space *as = n->call.data ? n->call.data : ARENA_NEW(s->arena, enum addr_space);
    *as = arg_space(s, a);
    n->call.data = as;
}

static enum addr_space kept_space(const struct node *n) {
    return n->call.data ? *(const enum addr_space *)n->call.data : AS_NONE;
}

/* ---- macaddr -------------------------------------------------------------------------------- */

static const struct type *check_macaddr(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    const char *text;
    size_t len;
    if (sema_const_str(a, &text, &len))
        return sema_error(s, n, D_BAD_ARGUMENT, "macaddr() does not support literal string arguments");
    bool is_bytes = a->type->kind == TY_ARRAY || a->type->kind == TY_STRING || a->type->kind == TY_BUFFER;
    if (is_bytes && a->type->size < MAC_SIZE)
        return sema_error(s, n, D_BAD_ARGUMENT, "macaddr() argument must be at least 6 bytes in size");
    if (!is_bytes && a->type->kind != TY_PTR && !type_is_intlike(a->type))
        return sema_error(s, n, D_BAD_ARGUMENT, "macaddr() only supports array or pointer arguments (%s provided)",
                          type_label(a->type));
    keep_space(s, n, a);
    return &type_mac;
}

/* Copies a few bytes of an argument to dest. */
static void copy_bytes(struct codegen *cg, const struct node *n, const struct node *a, LLVMValueRef dest,
                       uint32_t size) {
    struct bytes b = arg_bytes(cg, a, kept_space(n));
    if (b.is_remote)
        cg_probe_read(cg, n, dest, cg_i64(cg, size), b.at, b.as, false);
    else
        cg_memcpy(cg, dest, b.at, size);
}

static void emit_macaddr_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    (void)t;
    copy_bytes(cg, n, arg(n, 0), dest, MAC_SIZE);
}

/* ---- ntop ----------------------------------------------------------------------------------- */

static const struct type *check_ntop(struct sema *s, struct node *n) {
    const struct node *a = arg(n, nargs(n) - 1);
    if (nargs(n) == 2 && !type_is_intlike(arg(n, 0)->type))
        return sema_error(s, n, D_BAD_ARGUMENT, "ntop() only supports int arguments (%s provided)",
                          type_label(arg(n, 0)->type));
    bool is_bytes = a->type->kind == TY_ARRAY || a->type->kind == TY_STRING;
    if (is_bytes && a->type->size != IPV4_SIZE && a->type->size != IPV6_SIZE)
        return sema_error(s, n, D_BAD_ARGUMENT, "ntop() argument must be 4 or 16 bytes in size");
    if (!is_bytes && a->type->kind != TY_PTR && !type_is_intlike(a->type))
        return sema_error(s, n, D_BAD_ARGUMENT, "ntop() expects an integer or array argument, got %s",
                          type_label(a->type));
    if (a->type->kind == TY_PTR)
        keep_space(s, n, a);
    return &type_inet;
}

/* Integers are the address itself; pointers are followed for as many bytes as the family says, four when it is known at
 * run time only. */
static void emit_ntop_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    const struct node *a = arg(n, nargs(n) - 1), *family = nargs(n) == 2 ? arg(n, 0) : NULL;
    LLVMValueRef addr = cg_ptr_add(cg, dest, offsetof(struct inet_value, addr));
    int64_t af = a->type->size == IPV6_SIZE && a->type->kind != TY_PTR ? AF_INET6 : AF_INET;
    (void)t;
    cg_store_int(cg, dest, family ? cg_expr_i64(cg, family) : cg_i64(cg, (uint64_t)af));
    cg_memzero(cg, addr, IPV6_SIZE);
    if (type_is_intlike(a->type)) {
        cg_store_int(cg, addr, cg_expr_i64(cg, a));
        return;
    }
    if (family && a->type->kind == TY_PTR)
        sema_const_int(family, &af);
    copy_bytes(cg, n, a, addr, af == AF_INET6 ? IPV6_SIZE : IPV4_SIZE);
}

/* ---- pton ----------------------------------------------------------------------------------- */

static const struct type *check_pton(struct sema *s, struct node *n) {
    const char *text;
    size_t len;
    unsigned char *bytes = ARENA_ARRAY(s->arena, unsigned char, IPV6_SIZE);
    if (!sema_const_str(arg(n, 0), &text, &len))
        return sema_error(s, n, D_BAD_ARGUMENT, "pton() expects an string literal at the first argument");
    bool is_v6 = strchr(text, ':') != NULL;
    if (!is_v6 && !strchr(text, '.'))
        return sema_error(s, n, D_BAD_ARGUMENT, "pton() expects an string argument of an IPv4/IPv6 address, got %s",
                          text);
    if (inet_pton(is_v6 ? AF_INET6 : AF_INET, text, bytes) != 1)
        return sema_error(s, n, D_BAD_ARGUMENT, "pton() expects a valid IPv4/IPv6 address, got %s", text);
    n->call.data = bytes;
    return type_array(s->arena, &type_uint8, is_v6 ? IPV6_SIZE : IPV4_SIZE);
}

static struct value emit_pton(struct codegen *cg, const struct node *n) {
    return cg_mem(cg_rodata(cg, n->call.data, n->type->size), n->type);
}

const struct builtin builtins_net[] = {
    { "macaddr", "any", 0, NULL, check_macaddr, NULL, emit_macaddr_into, NULL, "six bytes as a hardware address" },
    { "ntop", "any,?any", 0, NULL, check_ntop, NULL, emit_ntop_into, NULL,
      "4 or 16 bytes as an IP address: ntop([family,] bytes)" },
    { "pton", "any", 0, NULL, check_pton, emit_pton, NULL, NULL, "bytes of an IP address that is written out" },
    { 0 },
};
