/* Whole files in memory. */
#ifndef SONDE_SUPPORT_FILE_H
#define SONDE_SUPPORT_FILE_H

#include <stddef.h>

/* The whole of a file, NUL-terminated, in malloc'ed memory; NULL when it cannot be read. Works for files of /proc and
 * tracefs, whose size is not known beforehand and that give a page at a time. len may be NULL. */
char *file_read(const char *path, size_t *len);

#endif
