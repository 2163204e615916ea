/* Parameters of kernel functions as -lv shows them, from BTF. */
#ifndef SONDE_PROBES_BTF_TEXT_H
#define SONDE_PROBES_BTF_TEXT_H

#include "probes/common.h"

struct signature {
    const char **types, **names; /* of the parameters */
    size_t n;
    const char *retval; /* NULL: void */
};

/* False when BTF does not know the function. */
bool signature_of_function(struct probe_env *env, const char *function, struct signature *out);
/* Parameters of a raw tracepoint without the leading data pointer. */
bool signature_of_raw_tracepoint(struct probe_env *env, const char *event, struct signature *out);
/* "TYPE NAME", one each, in env->arena. */
const char **signature_lines(struct probe_env *env, const struct signature *s);

#endif
