/* The only wildcard of the language: `*` matches any run of characters. */
#ifndef SONDE_SUPPORT_WILDCARD_H
#define SONDE_SUPPORT_WILDCARD_H

#include <stdbool.h>

bool wildcard_match(const char *pattern, const char *s);
bool has_wildcard(const char *s);

#endif
