/* Arguments of USDT marks.
 *
 * A note names each argument as the assembler would: size and sign, then a constant, a register, or a place in memory
 * relative to one or two registers. Copies of one mark (inlining, unrolled loops) may keep the same argument in different
 * places; the program then looks at which of its probes fired. */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "builtins/common.h"
#include "codegen/codegen.h"
#include "probes/common.h"
#include "probes/usdt_args.h"

/* ---- registers ----------------------------------------------------------------------------------- */

#if defined(__aarch64__)

/* "x0", "w7", "sp" */
static int register_offset(const char *name, size_t len, unsigned *shift) {
    char text[8];
    *shift = 0;
    if (len < 2 || len >= sizeof text)
        return -1;
    memcpy(text, name, len);
    text[len] = '\0';
    if (text[0] == 'x' || text[0] == 'w')
        text[0] = 'r';
    return reg_offset(text);
}

#else

/* "%rax", "%eax", "%ax", "%al", "%ah", "%r8d", "%sil": the 64-bit register that holds it, under the name of reg(). */
static int register_offset(const char *name, size_t len, unsigned *shift) {
    char text[8];
    *shift = 0;
    if (len < 3 || len > 5 || name[0] != '%')
        return -1;
    memcpy(text, name + 1, --len);
    text[len] = '\0';
    if (text[0] == 'r' && text[1] >= '0' && text[1] <= '9') {
        if (strchr("dwb", text[len - 1]))
            text[len - 1] = '\0';
        return reg_offset(text);
    }
    if (len == 3 && (text[0] == 'r' || text[0] == 'e'))
        return reg_offset(text + 1);
    if (len == 3 && text[2] == 'l') /* sil, dil, bpl, spl */
        text[2] = '\0';
    else if (len == 2 && (text[1] == 'l' || text[1] == 'h') && text[0] >= 'a' && text[0] <= 'd') {
        *shift = text[1] == 'h' ? 8 : 0;
        text[1] = 'x';
    }
    return reg_offset(text);
}

#endif

/* ---- notation ------------------------------------------------------------------------------------ */

/* The n-th of the blanks-separated items, where blanks in brackets do not separate; NULL when there are fewer. */
static const char *nth_item(const char *args, unsigned n, size_t *len) {
    for (const char *p = args;; n--) {
        p += strspn(p, " ");
        if (!*p)
            return NULL;
        const char *start = p;
        for (int depth = 0; *p && (depth || *p != ' '); p++)
            depth += (*p == '[' || *p == '(') - (*p == ']' || *p == ')');
        if (n == 0) {
            *len = (size_t)(p - start);
            return start;
        }
    }
}

/* "%rax,%rbx,4" */
static bool parse_base(const char *text, size_t len, struct usdt_arg *out) {
    const char *end = text + len, *comma = memchr(text, ',', len);
    unsigned shift;
    size_t base = comma ? (size_t)(comma - text) : len;
    out->reg = base ? register_offset(text, base, &shift) : -1;
    if (base && out->reg < 0)
        return false;
    if (!comma)
        return base > 0;
    const char *index = comma + 1, *second = memchr(index, ',', (size_t)(end - index));
    out->index = register_offset(index, (size_t)((second ? second : end) - index), &shift);
    out->scale = second ? (unsigned)atoi(second + 1) : 1;
    return out->index >= 0;
}

#if defined(__aarch64__)

/* "x0", "[sp, 24]", "[x19]", "5" */
static bool parse_place(const char *text, size_t len, struct usdt_arg *out) {
    if (*text == '[' && text[len - 1] == ']') {
        const char *comma = memchr(text, ',', len);
        size_t base = comma ? (size_t)(comma - text - 1) : len - 2;
        out->place = USDT_MEMORY;
        out->value = comma ? strtoll(comma + 1, NULL, 0) : 0;
        return parse_base(text + 1, base, out);
    }
    out->reg = register_offset(text, len, &out->shift);
    out->place = out->reg >= 0 ? USDT_REGISTER : USDT_CONSTANT;
    if (out->reg >= 0)
        return true;
    char *end;
    out->value = strtoll(text, &end, 0);
    return end == text + len;
}

#else

/* "%rax", "$5", "-8(%rbp)", "(%rax,%rbx,8)" */
static bool parse_place(const char *text, size_t len, struct usdt_arg *out) {
    char *end;
    if (*text == '$') {
        out->place = USDT_CONSTANT;
        out->value = strtoll(text + 1, &end, 0);
        return end == text + len;
    }
    if (*text == '%') {
        out->place = USDT_REGISTER;
        out->reg = register_offset(text, len, &out->shift);
        return out->reg >= 0;
    }
    out->place = USDT_MEMORY;
    out->value = strtoll(text, &end, 0);
    return *end == '(' && text[len - 1] == ')' && parse_base(end + 1, (size_t)(text + len - 1 - (end + 1)), out);
}

#endif

bool usdt_arg_parse(const char *args, unsigned n, struct usdt_arg *out) {
    *out = (struct usdt_arg){ .place = USDT_MISSING, .size = 8, .reg = -1, .index = -1 };
    size_t len;
    const char *item = nth_item(args ? args : "", n, &len);
    if (!item)
        return true;
    const char *at = memchr(item, '@', len);
    if (!at) { /* size left out: a word */
        out->is_signed = true;
        return parse_place(item, len, out);
    }
    char *end;
    long size = strtol(item, &end, 10);
    out->is_signed = size < 0;
    out->size = (unsigned)labs(size);
    if (out->size != 1 && out->size != 2 && out->size != 4 && out->size != 8)
        return false;
    if (*end == 'f') {
        out->place = USDT_FLOAT;
        return true;
    }
    return end == at && parse_place(at + 1, len - (size_t)(at + 1 - item), out);
}

/* "name+4": address of a variable or function. */
static bool symbol_address(struct arena *a, struct elf_file *f, const char *text, size_t len, uint64_t *address) {
    size_t name = strcspn(text, "+-(");
    struct elf_symbol s;
    if (!name || name > len)
        return false;
    const char *wanted = arena_strndup(a, text, name);
    if (!elf_find_object(f, wanted, &s) && !elf_find(f, wanted, &s))
        return false;
    *address = s.address + (name < len ? (uint64_t)strtoll(text + name, NULL, 0) : 0);
    return true;
}

const char *usdt_args_resolve(struct arena *a, struct elf_file *f, const struct elf_usdt *u) {
    static const char suffix[] = "(%rip)";
    const char *text = arena_strdup(a, u->args); /* the file is closed before the probe is gone */
    for (const char *p = text; (p = strstr(p, suffix)); p++) {
        const char *start = p;
        while (start > text && start[-1] != '@' && start[-1] != ' ')
            start--;
        uint64_t address;
        if (!symbol_address(a, f, start, (size_t)(p - start), &address))
            continue;
        long long distance = (long long)(address - u->address);
        const char *made = arena_printf(a, "%.*s%lld%s", (int)(start - text), text, distance, p);
        p = made + (p - text) + (ptrdiff_t)strlen(made) - (ptrdiff_t)strlen(text);
        text = made;
    }
    return text;
}

/* ---- in scripts ---------------------------------------------------------------------------------- */

static bool is_same(const struct usdt_arg *a, const struct usdt_arg *b) {
    return a->place == b->place && a->size == b->size && a->is_signed == b->is_signed && a->reg == b->reg &&
           a->index == b->index && a->scale == b->scale && a->shift == b->shift && a->value == b->value;
}

const struct type *usdt_arg_type(struct diag *d, const struct node *at, struct block *b, unsigned n) {
    bool is_signed = false;
    struct usdt_arg first = { 0 }, arg;
    for (VEC_EACH(p, &b->probes)) {
        if (!usdt_arg_parse(p->usdt_args, n, &arg)) {
            diag_error(d, D_UNSUPPORTED, at->span, "Cannot read arg%u of \"%s\" (%s)", n, p->name, p->usdt_args);
            return NULL;
        }
        if (arg.place == USDT_FLOAT) {
            diag_error(d, D_UNSUPPORTED, at->span, "arg%u of \"%s\" is a floating-point value", n, p->name);
            return NULL;
        }
        is_signed |= arg.is_signed;
        if (p == b->probes.v)
            first = arg;
        else if (!is_same(&first, &arg))
            b->use.probe = true;
    }
    return type_int(8, is_signed);
}

static LLVMValueRef emit_memory(struct codegen *cg, const struct node *at, const struct usdt_arg *a) {
    LLVMValueRef addr = cg_i64(cg, (uint64_t)a->value);
    if (a->reg >= 0)
        addr = cg_arith(cg, A_ADD, addr, cg_regs_word(cg, (unsigned)a->reg));
    if (a->index >= 0) {
        LLVMValueRef index = cg_arith(cg, A_MUL, cg_regs_word(cg, (unsigned)a->index), cg_i64(cg, a->scale));
        addr = cg_arith(cg, A_ADD, addr, index);
    }
    LLVMValueRef word = cg_scratch(cg, 8);
    cg_probe_read(cg, at, word, cg_i64(cg, a->size), addr, AS_USER, false);
    return cg_load_int(cg, word, a->size * 8);
}

static LLVMValueRef emit_one(struct codegen *cg, const struct node *at, const struct usdt_arg *a) {
    LLVMValueRef v = cg_i64(cg, (uint64_t)a->value);
    switch (a->place) {
    case USDT_MISSING:
    case USDT_FLOAT: return cg_i64(cg, 0);
    case USDT_CONSTANT: break;
    case USDT_REGISTER:
        v = cg_regs_word(cg, (unsigned)a->reg);
        if (a->shift)
            v = cg_arith(cg, A_LSHR, v, cg_i64(cg, a->shift));
        break;
    case USDT_MEMORY: v = emit_memory(cg, at, a); break;
    }
    if (a->size < 8 && a->place != USDT_MEMORY)
        v = cg_trunc(cg, v, a->size * 8);
    return a->is_signed ? cg_sext(cg, v) : cg_zext(cg, v);
}

/* Probes with the argument in the same place form a group; a table tells the group of the probe that fired. */
LLVMValueRef usdt_arg_emit(struct codegen *cg, const struct node *at, unsigned n) {
    const struct block *b = cg_block(cg);
    struct usdt_arg *places = calloc(b->probes.n, sizeof *places);
    uint64_t *group = calloc(b->probes.n, sizeof *group);
    if (!places || !group)
        out_of_memory();
    size_t nplaces = 0;
    for (size_t i = 0; i < b->probes.n; i++) {
        struct usdt_arg arg;
        size_t g = 0;
        usdt_arg_parse(b->probes.v[i].usdt_args, n, &arg);
        while (g < nplaces && !is_same(&places[g], &arg))
            g++;
        if (g == nplaces)
            places[nplaces++] = arg;
        group[i] = g;
    }
    LLVMValueRef result = NULL;
    if (nplaces == 1) {
        result = emit_one(cg, at, &places[0]);
    } else {
        LLVMValueRef slot = cg_slot(cg, cg_i64(cg, 0));
        LLVMValueRef mine = cg_load_int(cg, probe_table(cg, group, b->probes.n, sizeof *group), 64);
        for (size_t g = 0; g < nplaces; g++) {
            struct cg_if c = cg_if(cg, cg_cmp(cg, C_EQ, mine, cg_i64(cg, g)));
            cg_slot_set(cg, slot, emit_one(cg, at, &places[g]));
            cg_end(cg, &c);
        }
        result = cg_slot_get(cg, slot);
    }
    free(places);
    free(group);
    return result;
}
