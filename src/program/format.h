/* Format strings of printf and its relatives (reference §16): parsed once per call site, by the checker for its errors
 * and by the output for its plan. */
#ifndef SONDE_PROGRAM_FORMAT_H
#define SONDE_PROGRAM_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/arena.h"
#include "support/vec.h"

struct conversion {
    const char *literal; /* text before the conversion, %% already single */
    size_t literal_len;
    char conv;           /* d i u x X o c p s r; 'R' = rx, 'H' = rh, 'G' = gr; 0: only the literal (end) */
    bool left, plus, space, alt, zero;
    uint32_t width;
    uint8_t bits; /* 8, 16, 32, 64: truncation before printing */
};

struct format {
    VEC(struct conversion) convs; /* the last one may have conv 0 */
    uint32_t nargs;
};

/* Never fails: what is no conversion is literal text. *unsupported gets the letter of the first f/e/g/a/n conversion,
 * else 0. */
void format_parse(struct format *f, struct arena *a, const char *text, size_t len, char *unsupported);

#endif
