/* -l: probes and types that match a pattern, or the probes of a program (reference §21). */
#ifndef SONDE_LIST_H
#define SONDE_LIST_H

#include "options.h"
#include "sema/sema.h"

/* Both return the exit status. */
int list_pattern(struct arena *a, struct typedb *types, const struct config *config, struct diag *d,
                 const struct options *opt);
int list_program(const struct checked *c, struct arena *a, struct diag *d, const struct options *opt);

#endif
