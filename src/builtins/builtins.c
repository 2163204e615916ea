/* The groups of rows and the search in them. A new function is one row in the file of its subject and one name here. */
#include "builtins/common.h"

#include <string.h>

const struct builtin *const builtin_groups[] = {
    builtins_context,
    builtins_args,
    builtins_memory,
    builtins_strings,
    builtins_net,
    builtins_names,
    builtins_symbols,
    builtins_stacks,
    builtins_print,
    builtins_output,
    builtins_control,
    builtins_maps,
    builtins_queues,
    builtins_functions,
    builtins_meta,
    builtins_config,
    NULL,
};

/* Names are looked up a few times for every identifier of a script, so in order of comparison cost, not of beauty. */
const struct builtin *builtin_find(const char *name) {
    for (const struct builtin *const *g = builtin_groups; *g; g++)
        for (const struct builtin *b = *g; b->name; b++)
            if (b->name[0] == name[0] && !strcmp(b->name, name))
                return b;
    return NULL;
}

/* What users can call, sorted. A unit test compares it with the groups. */
static const char *const names[] = {
    "arg0",          "arg1",
    "arg2",          "arg3",
    "arg4",          "arg5",
    "arg6",          "arg7",
    "arg8",          "arg9",
    "args",          "bswap",
    "buf",           "cat",
    "cgroup",        "cgroup_path",
    "cgroupid",      "clear",
    "comm",          "config",
    "cpid",          "cpu",
    "ctx",           "curtask",
    "debugf",        "default_str_length",
    "delete",        "dw_ustack",
    "elapsed",       "errorf",
    "exit",          "fail",
    "find",          "func",
    "getopt",        "gid",
    "has_cpid",      "has_key",
    "is_array",      "is_integer",
    "is_literal",    "is_ptr",
    "is_str",        "is_unsigned_integer",
    "jiffies",       "join",
    "kaddr",         "kfunc_allowed",
    "kfunc_exist",   "kptr",
    "kstack",        "ksym",
    "len",           "macaddr",
    "memcmp",        "ncpus",
    "nsecs",         "ntop",
    "numaid",        "override",
    "path",          "peek",
    "percpu_kaddr",  "pid",
    "pop",           "print",
    "printf",        "probe",
    "probetype",     "pton",
    "push",          "rand",
    "reg",           "retval",
    "signal",        "signal_name",
    "signal_thread", "skboutput",
    "socket_cookie", "static_assert",
    "str",           "str_concat",
    "strcap",        "strcontains",
    "strerror",      "strftime",
    "strlen",        "strncmp",
    "strstr",        "syscall_name",
    "system",        "tid",
    "time",          "uaddr",
    "uid",           "unwatch",
    "uptr",          "usermode",
    "username",      "ustack",
    "usym",          "warnf",
    "write_user",    "zero",
};

size_t builtin_names(const char *const **out) {
    *out = names;
    return sizeof names / sizeof *names;
}
