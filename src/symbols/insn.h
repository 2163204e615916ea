/* Lengths of machine instructions. */
#ifndef SONDE_SYMBOLS_INSN_H
#define SONDE_SYMBOLS_INSN_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the x86-64 instruction at p; 0 when it is none or longer than n. */
size_t x86_length(const uint8_t *p, size_t n);

#endif
