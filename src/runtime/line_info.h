/* Line records of a BPF object. */
#ifndef SONDE_RUNTIME_LINE_INFO_H
#define SONDE_RUNTIME_LINE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct script_place {
    const char *file; /* in the object's memory */
    unsigned line, col;
};

/* Where instruction number `instruction` of a section comes from; false when that is not known. */
bool line_of_instruction(const void *elf, size_t elf_size, const char *section, uint32_t instruction,
                         struct script_place *out);

#endif
