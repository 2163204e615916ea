/* Spelling of integer and string literals (reference §2.3, §2.4). */
#ifndef SONDE_LEXER_LITERALS_H
#define SONDE_LEXER_LITERALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/arena.h"

/* What is wrong with a literal, and where in it. message is NULL when nothing is. */
struct literal_error {
    const char *message;
    size_t lo, hi;
    bool is_suffix; /* what follows the digits is at fault */
};

/* The whole of text[0..len) must be one integer. */
struct literal_error literal_integer(struct arena *a, const char *text, size_t len, uint64_t *value);
/* text includes the quotes. The decoded string is NUL-terminated, *out_len excludes that NUL. */
struct literal_error literal_string(struct arena *a, const char *text, size_t len, const char **out, size_t *out_len);

#endif
