/* System-call events without perf: one raw tracepoint program that looks at the number. */
#ifndef SONDE_PROBES_SYSCALLS_H
#define SONDE_PROBES_SYSCALLS_H

#include "probes/provider.h"

enum syscall_side { SYSCALL_NONE, SYSCALL_ENTER, SYSCALL_EXIT };

/* Which raw tracepoint serves syscalls:EVENT, and for which number; SYSCALL_NONE when that is not known. */
enum syscall_side syscall_of_event(const char *event, uint64_t *number);
/* Number by the name of the trace event ("newfstat"); -1 when unknown. */
int syscall_number(const char *name);

/* The i-th system call of the table, false behind the last: its name in user space, the one that its events carry, and
 * its number here, -1 when this architecture has none. */
struct syscall_name {
    const char *name, *event;
    int number;
};
bool syscall_nth(size_t i, struct syscall_name *out);

/* Plans a block of probes on one side whose `id` is the number and whose args have their homes. */
void syscalls_plan_numbers(struct block *b, enum syscall_side side);
/* Plans a block of syscalls:* probes as raw tracepoints when all of them are mappable to the same side and the fields the
 * script uses follow from the raw arguments. */
bool syscalls_plan(struct probe_env *env, struct block *b);
/* Sets the homes of raw_syscalls fields; false when a used one cannot be had. */
bool raw_syscalls_plan(struct probe_env *env, struct block *b);
void syscalls_prologue(struct codegen *cg, const struct block *b);

#endif
