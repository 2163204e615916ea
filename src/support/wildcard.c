/* Wildcards: linear in practice, quadratic at worst; never exponential. */
#include <stddef.h>
#include <string.h>

#include "support/wildcard.h"

bool wildcard_match(const char *pattern, const char *s) {
    const char *star = NULL, *resume = NULL; /* behind the last star; where its run would end next */
    while (*s) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = s;
            if (!*star)
                return true;
        } else if (*pattern == *s) {
            pattern++;
            s++;
        } else if (star) {
            pattern = star;
            s = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool has_wildcard(const char *s) { return strchr(s, '*') != NULL; }
