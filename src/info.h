/* --info: what this build and this kernel can do, with the names that scripts around bpftrace look for. */
#ifndef SONDE_INFO_H
#define SONDE_INFO_H

#include <stdio.h>

void show_info(FILE *out);

#endif
