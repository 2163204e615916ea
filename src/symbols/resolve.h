/* Between the files that turn what users write into paths of ELF files. */
#ifndef SONDE_SYMBOLS_RESOLVE_H
#define SONDE_SYMBOLS_RESOLVE_H

#include <stdbool.h>
#include <sys/types.h>

struct arena;

/* A regular file that starts as ELF files do. */
bool elf_is_file(const char *path);
/* "" when paths mean the same to the process and to us, else "/proc/PID/root". */
const char *process_root(struct arena *a, pid_t pid);
/* A library of the system below root ("" for our own) by soname or short name; NULL when there is none. */
const char *shared_library_find(struct arena *a, const char *root, const char *written);

#endif
