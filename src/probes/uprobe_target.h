/* Between the files of uprobe and uretprobe. */
#ifndef SONDE_PROBES_UPROBE_TARGET_H
#define SONDE_PROBES_UPROBE_TARGET_H

#include "probes/common.h"

/* An attach point taken apart. One of function, address, source_file says where. */
struct uprobe_spec {
    const char *provider;
    bool is_return;
    const char *path;     /* as written */
    const char *language; /* "cpp" or NULL */
    const char *function; /* "" when there is none */
    uint64_t offset;
    bool has_offset; /* even +0 */
    uint64_t address;
    const char *source_file;
    uint64_t line, column;
};

/* Reports wrong forms; s->path is good even then, unless the number of parts is wrong (NULL). */
bool uprobe_parse(struct probe_env *env, const struct attach_point *ap, const char *provider, struct uprobe_spec *s);
bool uprobe_targets(struct probe_env *env, const struct attach_point *ap, struct block *b, const char *provider);

#endif
