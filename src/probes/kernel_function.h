/* Kernel functions as targets: what kprobe, kretprobe, fentry and fexit share. */
#ifndef SONDE_PROBES_KERNEL_FUNCTION_H
#define SONDE_PROBES_KERNEL_FUNCTION_H

#include "probes/common.h"

/* Calls fn for each function that can be traced and matches; module NULL: any. In the order of names; without a module
 * a name comes once. Left out are functions that BPF itself runs through (RCU, idle loops) and parts that the compiler
 * split off; by their exact names they can be had. */
typedef void kernel_function_fn(struct probe_env *env, const struct kernel_function *f, void *ctx);
void kernel_functions_matching(struct probe_env *env, const char *module, const char *function, kernel_function_fn *fn,
                               void *ctx);
/* Whether a function of that exact name can be traced; *f gets it. */
bool kernel_function_find(struct probe_env *env, const char *module, const char *function, struct kernel_function *f);
/* Whether it is a second name of a function that can be traced, as __x64_sys_getppid is of __do_sys_getppid: the kernel
 * lists one name, but finds all. *f gets the name given. */
bool kernel_function_alias(struct probe_env *env, const char *module, const char *name, struct kernel_function *f);

enum { LIST_PARAMETERS = 1, LIST_RETVAL = 2, LIST_NUMBERED = 4 /* arg0 … instead of names */ };
/* -l of one of these providers. with_module: always show it. */
void kernel_functions_list(struct probe_env *env, const struct attach_point *pattern, struct listing *out,
                           const char *provider, bool with_module, unsigned what);

#endif
