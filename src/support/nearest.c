/* "Did you mean": the candidate with the smallest edit distance. */
#include <string.h>

#include "support/diag.h"

enum { MAX_WORD = 64 };

static unsigned min2(unsigned a, unsigned b) { return a < b ? a : b; }

/* Damerau-Levenshtein distance (insert, delete, replace, swap of neighbours), or more than `bound` when it exceeds it.
 * Both words are at most MAX_WORD long. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb, unsigned bound) {
    unsigned rows[3][MAX_WORD + 1]; /* of the matrix: the row in work and the two before it */
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= nb; j++)
        last[j] = before[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned best = row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned d = min2(last[j - 1] + (a[i - 1] != b[j - 1]), min2(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d = min2(d, before[j - 2] + 1);
            row[j] = d;
            best = min2(best, d);
        }
        if (best > bound)
            return bound + 1;
        unsigned *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[nb];
}

const char *diag_nearest(const char *word, const char *const *candidates, size_t n) {
    size_t len = strlen(word);
    if (len < 2 || len > MAX_WORD)
        return NULL;
    /* One slip in a short word, three in a long one; more would suggest a different word. */
    unsigned bound = len < 4 ? 1 : len < 8 ? 2 : 3;
    const char *nearest = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t clen = strlen(candidates[i]);
        if (clen > MAX_WORD || clen > len + bound || len > clen + bound)
            continue;
        unsigned d = distance(word, len, candidates[i], clen, bound);
        if (d > bound || d >= clen)
            continue;
        nearest = candidates[i];
        if (d == 0)
            break;
        bound = d - 1; /* only a better one replaces it: the first of equals wins */
    }
    return nearest;
}
