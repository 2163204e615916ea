/* Inside of struct probe_cache, for the files that fill it. */
#ifndef SONDE_PROBES_CACHE_H
#define SONDE_PROBES_CACHE_H

#include "probes/common.h"
#include "support/file.h"
#include "support/vec.h"

struct btf_name {
    const char *name;
    uint32_t id;
};

struct probe_cache {
    struct symbols *symbols; /* kernel symbols; NULL until needed */
    struct hmap elfs;        /* path → struct elf_file */

    bool has_events;
    VEC(const char *) events;

    char *dynamic_events; /* text of that file; NULL until read, "" mostly */

    bool has_functions, functions_exact;
    VEC(struct kernel_function) functions;

    unsigned nbtf_searches;
    VEC(struct btf_name) btf_functions; /* sorted; empty until many names were asked for */

    bool has_raw;
    VEC(struct raw_tracepoint) raw;
    bool has_iterators;
    VEC(const char *) iterators;
};

struct probe_cache *probe_cache(struct probe_env *env);

#endif
