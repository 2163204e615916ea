/* /tmp/perf-PID.map: "start size name" lines that JIT compilers write for profilers. */
#ifndef SONDE_SYMBOLS_PERF_MAP_H
#define SONDE_SYMBOLS_PERF_MAP_H

#include "symbols/symbols.h"

struct perf_map;

/* NULL when the process has none. Read in the process's own /tmp, under its own pid. */
struct perf_map *perf_map_load(pid_t pid);
void perf_map_free(struct perf_map *m);
/* Reads the file again when the address is unknown and the file has grown. */
bool perf_map_at(struct perf_map *m, struct arena *a, uint64_t addr, struct symbol *out);

#endif
