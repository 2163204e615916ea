/* Lengths of x86-64 instructions: enough of a decoder to tell whether a place in a function is the start of one. The
 * kernel takes an offset on trust, and a breakpoint inside of an instruction makes another one of it.
 *
 * An opcode is described by the bytes that follow it: whether a ModRM byte does, and which immediate. */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "symbols/elf_file.h"
#include "symbols/insn.h"

enum follows {
    BAD = 0,
    NONE = 1, /* nothing */
    M = 2,    /* ModRM */
    I8 = 4,   /* immediates: 1, 2, 4 bytes; */
    I16 = 8,
    I32 = 16,
    IZ = 32,      /* 4, or 2 with the operand-size prefix */
    IV = 64,      /* 8 with REX.W, else as IZ (mov) */
    ADDR = 128,   /* an address: 8 bytes, 4 with the address-size prefix */
    GROUP3 = 256, /* test of f6 and f7: an immediate only with ModRM.reg 0 and 1 */
    PREFIX = 512,
};

#define ALU    M, M, M, M, I8, IZ
#define X4(x)  x, x, x, x
#define X8(x)  X4(x), X4(x)
#define X16(x) X8(x), X8(x)

/* clang-format off */
static const uint16_t one_byte[256] = {
    /* 00 */ ALU, BAD, BAD, ALU, BAD, BAD,
    /* 10 */ ALU, BAD, BAD, ALU, BAD, BAD,
    /* 20 */ ALU, PREFIX, BAD, ALU, PREFIX, BAD,
    /* 30 */ ALU, PREFIX, BAD, ALU, PREFIX, BAD,
    /* 40 */ X16(PREFIX),
    /* 50 */ X16(NONE),
    /* 60 */ BAD, BAD, BAD, M, X4(PREFIX), IZ, M | IZ, I8, M | I8, X4(NONE),
    /* 70 */ X16(I8),
    /* 80 */ M | I8, M | IZ, BAD, M | I8, X4(M), X8(M),
    /* 90 */ X8(NONE), NONE, NONE, BAD, NONE, X4(NONE),
    /* a0 */ X4(ADDR), X4(NONE), I8, IZ, NONE, NONE, X4(NONE),
    /* b0 */ X8(I8), X8(IV),
    /* c0 */ M | I8, M | I8, I16, NONE, BAD, BAD, M | I8, M | IZ, I16 | I8, NONE, I16, NONE, NONE, I8, BAD, NONE,
    /* d0 */ X4(M), BAD, BAD, BAD, NONE, X8(M),
    /* e0 */ X8(I8), I32, I32, BAD, I8, X4(NONE),
    /* f0 */ PREFIX, NONE, PREFIX, PREFIX, NONE, NONE, M | GROUP3 | I8, M | GROUP3 | IZ, X4(NONE), NONE, NONE, M, M,
};

static const uint16_t two_byte[256] = {
    /* 00 */ X4(M), BAD, NONE, NONE, NONE, NONE, NONE, BAD, NONE, BAD, M, NONE, M | I8,
    /* 10 */ X16(M),
    /* 20 */ X4(M), BAD, BAD, BAD, BAD, X8(M),
    /* 30 */ X8(NONE), BAD, BAD, BAD, BAD, X4(BAD),
    /* 40 */ X16(M),
    /* 50 */ X16(M),
    /* 60 */ X16(M),
    /* 70 */ X4(M | I8), M, M, M, NONE, X8(M),
    /* 80 */ X16(I32),
    /* 90 */ X16(M),
    /* a0 */ NONE, NONE, NONE, M, M | I8, M, BAD, BAD, NONE, NONE, NONE, M, M | I8, M, M, M,
    /* b0 */ X8(M), M, M, M | I8, M, X4(M),
    /* c0 */ M, M, M | I8, M, M | I8, M | I8, M | I8, M, X8(NONE),
    /* d0 */ X16(M),
    /* e0 */ X16(M),
    /* f0 */ X16(M),
};
/* clang-format on */

/* Bytes being decoded: reading past the end gives zeros and is noticed by the length. */
struct bytes {
    const uint8_t *p;
    size_t n, at;
};

static uint8_t peek(const struct bytes *b) { return b->at < b->n ? b->p[b->at] : 0; }
static uint8_t take(struct bytes *b) {
    uint8_t v = peek(b);
    b->at++;
    return v;
}

static unsigned reg_field(uint8_t modrm) { return modrm >> 3 & 7; }

/* Behind the ModRM byte: SIB and displacement. */
static void skip_operand(struct bytes *b, uint8_t modrm) {
    unsigned mod = modrm >> 6, rm = modrm & 7;
    if (mod == 3)
        return;
    unsigned base = rm == 4 ? take(b) & 7u : rm;
    if (mod == 1)
        b->at += 1;
    else if (mod == 2 || (mod == 0 && base == 5))
        b->at += 4;
}

/* VEX and EVEX: what follows depends on the map of opcodes alone. */
static bool skip_vector(struct bytes *b, uint8_t first) {
    unsigned map = 1;
    if (first == 0xc5) {
        b->at++;
    } else {
        map = take(b) & (first == 0x62 ? 7 : 31);
        b->at += first == 0x62 ? 2 : 1;
    }
    uint8_t opcode = take(b);
    if (map == 1 && opcode == 0x77) /* vzeroupper */
        return true;
    skip_operand(b, take(b));
    if (map == 3 || (map == 1 && two_byte[opcode] & I8))
        b->at++;
    return map >= 1 && map <= 7;
}

static void skip_immediate(struct bytes *b, uint16_t what, uint8_t modrm, bool is_word, bool has_w,
                           bool is_short_address) {
    if (what & GROUP3 && reg_field(modrm) > 1)
        return;
    size_t z = is_word && !has_w ? 2 : 4;
    b->at += (what & I8 ? 1 : 0) + (what & I16 ? 2 : 0) + (what & I32 ? 4 : 0) + (what & IZ ? z : 0);
    if (what & IV)
        b->at += has_w ? 8 : z;
    if (what & ADDR)
        b->at += is_short_address ? 4 : 8;
}

size_t x86_length(const uint8_t *p, size_t n) {
    struct bytes b = { p, n, 0 };
    bool is_word = false, has_w = false, is_short_address = false;
    while (b.at < n && one_byte[peek(&b)] & PREFIX) {
        uint8_t prefix = take(&b);
        is_word |= prefix == 0x66;
        is_short_address |= prefix == 0x67;
        has_w = prefix >= 0x48 && prefix <= 0x4f; /* counts only right before the opcode */
    }
    uint8_t opcode = take(&b), modrm = 0;
    uint16_t what = one_byte[opcode];
    if (opcode == 0xc4 || opcode == 0xc5 || opcode == 0x62)
        return skip_vector(&b, opcode) && b.at <= n ? b.at : 0;
    if (opcode == 0x0f) {
        opcode = take(&b);
        what = two_byte[opcode];
        if (opcode == 0x38 || opcode == 0x3a) {
            what = opcode == 0x38 ? M : M | I8;
            b.at++;
        }
    }
    if (what == BAD)
        return 0;
    if (what & M) {
        modrm = take(&b);
        skip_operand(&b, modrm);
    }
    skip_immediate(&b, what, modrm, is_word, has_w, is_short_address);
    return b.at <= n && b.at <= 15 ? b.at : 0;
}

#if defined(__x86_64__)

enum elf_boundary elf_boundary(struct elf_file *f, uint64_t function, uint64_t at) {
    uint8_t code[4096 + 16];
    size_t have = 0;
    uint64_t start = function;
    while (function < at) {
        size_t left = start + have - function;
        if (left < 16) { /* the next piece, beginning with this instruction */
            ssize_t got = f->fd >= 0 ? pread(f->fd, code, sizeof code, (off_t)function) : -1;
            if (got <= 0)
                return BOUNDARY_UNKNOWN;
            start = function;
            have = left = (size_t)got;
        }
        size_t length = x86_length(code + (function - start), left);
        if (!length)
            return BOUNDARY_UNKNOWN;
        function += length;
    }
    return function == at ? BOUNDARY_YES : BOUNDARY_NO;
}

#else

/* Instructions of fixed length. */
enum elf_boundary elf_boundary(struct elf_file *f, uint64_t function, uint64_t at) {
    (void)f;
    return (at - function) % 4 == 0 ? BOUNDARY_YES : BOUNDARY_NO;
}

#endif
