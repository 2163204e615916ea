/* Decoding of integer and string literals; the messages are the reference's. */
#include "lexer/literals.h"

#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int hex_digit(char c) {
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

struct number {
    struct arena *arena;
    const char *text;
    size_t len, at; /* at: first byte not read yet */
    uint64_t value;
    bool overflow;
    struct literal_error error;
};

/* Messages quote this much of a literal at most. */
#define MAX_QUOTED 200

static bool fail(struct number *n, size_t lo, size_t hi, const char *what) {
    int quoted = n->len > MAX_QUOTED ? MAX_QUOTED : (int)n->len;
    n->error = (struct literal_error){ arena_printf(n->arena, "%s: %.*s", what, quoted, n->text), lo, hi, false };
    return false;
}

static void mul_add(struct number *n, uint64_t factor, uint64_t digit) {
    n->overflow |= __builtin_mul_overflow(n->value, factor, &n->value);
    n->overflow |= __builtin_add_overflow(n->value, digit, &n->value);
}

/* Digits with separators; returns how many digits there were. */
static size_t digits(struct number *n, unsigned base, bool *bad_digit) {
    size_t count = 0;
    for (; n->at < n->len; n->at++) {
        char c = n->text[n->at];
        if (c == '_' && n->at > 0)
            continue;
        int d = hex_digit(c);
        if (d < 0 || d >= (base == 16 ? 16 : 10))
            break;
        if ((unsigned)d >= base)
            *bad_digit = true;
        mul_add(n, base, (uint64_t)d);
        count++;
    }
    return count;
}

/* <d>e<n>, the digits before the e having been read. */
static bool exponent(struct number *n, size_t mantissa_digits) {
    n->at++;
    uint64_t mantissa = n->value, power = 0;
    n->value = 0;
    bool bad = false;
    size_t start = n->at, count = start < n->len && is_digit(n->text[start]) ? digits(n, 10, &bad) : 0;
    power = n->value;
    n->value = mantissa;
    if (mantissa_digits != 1 || mantissa == 0)
        return fail(n, 0, n->len, "coefficient part of scientific literal must be 1-9");
    if (count == 0 || power == 0)
        return fail(n, 0, n->len, "invalid trailing bytes");
    for (; power && !n->overflow; power--)
        mul_add(n, 10, 0);
    return true;
}

static bool is_c_suffix(const char *s, size_t len) {
    static const char *const suffixes[] = { "u", "l", "ul", "lu", "ll", "ull", "llu" };
    char lower[4];
    if (len == 0 || len > 3)
        return false;
    for (size_t i = 0; i < len; i++)
        lower[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (strlen(suffixes[i]) == len && memcmp(suffixes[i], lower, len) == 0)
            return true;
    return false;
}

static uint64_t duration_factor(const char *s, size_t len) {
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = { { "ns", 1 },          { "us", 1000 },         { "ms", 1000000 },      { "s", 1000000000 },
                  { "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 } };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == len && memcmp(units[i].name, s, len) == 0)
            return units[i].ns;
    return 0;
}

static bool suffix(struct number *n, bool is_hex) {
    const char *s = n->text + n->at;
    size_t len = n->len - n->at;
    if (len == 0 || is_c_suffix(s, len))
        return true;
    uint64_t factor = is_hex ? 0 : duration_factor(s, len);
    if (factor) {
        mul_add(n, factor, 0);
        return true;
    }
    const char *message =
        arena_printf(n->arena, "invalid integer suffix '%.*s'", len > MAX_QUOTED ? MAX_QUOTED : (int)len, s);
    n->error = (struct literal_error){ message, n->at, n->len, true };
    return false;
}

static bool number(struct number *n) {
    bool is_hex = n->len >= 2 && n->text[0] == '0' && (n->text[1] == 'x' || n->text[1] == 'X');
    bool bad_digit = false;
    n->at = is_hex ? 2 : 0;
    bool is_octal = !is_hex && n->len >= 2 && n->text[0] == '0' && (is_digit(n->text[1]) || n->text[1] == '_');
    size_t count = digits(n, is_hex ? 16 : is_octal ? 8 : 10, &bad_digit);
    if (count == 0) {
        n->error =
            (struct literal_error){ is_hex ? "invalid integer: "
                                           : arena_printf(n->arena, "invalid integer: %.*s", (int)n->len, n->text),
                                    0, n->len, false };
        return false;
    }
    if (n->text[n->at - 1] == '_') {
        n->error = (struct literal_error){ "trailing underscore in integer literal", n->at - 1, n->at, false };
        return false;
    }
    if (!is_hex && n->at < n->len && (n->text[n->at] == 'e' || n->text[n->at] == 'E')) {
        if (!exponent(n, count))
            return false;
    } else if (bad_digit) {
        return fail(n, 0, n->len, "invalid trailing bytes");
    }
    if (!suffix(n, is_hex))
        return false;
    return !n->overflow || fail(n, 0, n->len, "overflow error, maximum value is 18446744073709551615");
}

struct literal_error literal_integer(struct arena *a, const char *text, size_t len, uint64_t *value) {
    struct number n = { .arena = a, .text = text, .len = len };
    *value = number(&n) ? n.value : 0;
    return n.error;
}

struct string {
    struct arena *arena;
    const char *text;
    size_t len, at;
    struct literal_error error;
};

static char octal_escape(struct string *s) {
    size_t start = s->at - 1;
    unsigned value = 0;
    for (int i = 0; i < 3 && s->at < s->len && s->text[s->at] >= '0' && s->text[s->at] <= '7'; i++)
        value = value * 8 + (unsigned)(s->text[s->at++] - '0');
    if (value > 0377)
        s->error = (struct literal_error){ arena_printf(s->arena, "octal escape sequence out of range '%.*s'",
                                                        (int)(s->at - start), s->text + start),
                                           start, s->at, false };
    return (char)value;
}

static char hex_escape(struct string *s) {
    size_t start = ++s->at;
    unsigned value = 0;
    for (int i = 0; i < 2 && s->at < s->len && hex_digit(s->text[s->at]) >= 0; i++)
        value = value * 16 + (unsigned)hex_digit(s->text[s->at++]);
    if (s->at == start)
        s->error = (struct literal_error){ "invalid hex escape sequence", start, start + 1, false };
    return (char)value;
}

/* `at` is behind the backslash. */
static char escape(struct string *s) {
    static const char from[] = "ntr\\\"", to[] = "\n\t\r\\\"";
    char c = s->text[s->at];
    const char *simple = c ? strchr(from, c) : NULL;
    if (simple) {
        s->at++;
        return to[simple - from];
    }
    if (c >= '0' && c <= '7')
        return octal_escape(s);
    if (c == 'x')
        return hex_escape(s);
    s->error =
        (struct literal_error){ arena_printf(s->arena, "invalid escape character '\\%c'", c), s->at, s->at + 1, false };
    s->at++;
    return c;
}

struct literal_error literal_string(struct arena *a, const char *text, size_t len, const char **out, size_t *out_len) {
    struct string s = { a, text, len - 1, 1, { 0 } };
    char *decoded = arena_alloc(a, len);
    size_t n = 0;
    while (s.at < s.len) {
        char c = text[s.at++];
        decoded[n++] = c == '\\' && s.at < s.len ? escape(&s) : c;
        if (s.error.message)
            break;
    }
    decoded[n] = '\0';
    *out = decoded;
    *out_len = n;
    return s.error;
}
