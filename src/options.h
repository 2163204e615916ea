/* The command line: what options.def lists, checked and in one struct. */
#ifndef SONDE_OPTIONS_H
#define SONDE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "output/output.h"
#include "support/arena.h"

/* Stages that -d shows; bits. */
enum stage {
    SHOW_AST = 1 << 0,
    SHOW_TYPES = 1 << 1,
    SHOW_IR = 1 << 2,
    SHOW_IR_OPT = 1 << 3,
    SHOW_ASM = 1 << 4,
    SHOW_PROGRAM = 1 << 5,
    SHOW_LIBBPF = 1 << 6,
    SHOW_VERIFIER = 1 << 7,
    SHOW_PARSE = 1 << 8,
};

/* Where --stop-after ends the run; in order. */
enum stop { STOP_PARSE, STOP_EXPAND, STOP_SEMA, STOP_CODEGEN, STOP_NEVER };

enum mode { MODE_RUN, MODE_CODEGEN, MODE_COMPILER_BENCH, MODE_BENCH, MODE_TEST, MODE_FORMAT };

enum request { REQUEST_RUN, REQUEST_HELP, REQUEST_VERSION, REQUEST_INFO };

struct options {
    enum request request;
    enum mode mode;
    const char *program;       /* -e, or NULL */
    const char *file;          /* path or "-", or NULL */
    const char *pattern;       /* -l without -e: the pattern or file, or NULL */
    const char *const *params; /* $1 … */
    size_t nparams;
    const char *const *named; /* --words behind "--"; ends with NULL */
    int pid;                  /* -p, 0 none */
    const char *command;      /* -c */
    const char *cgroup;       /* --cgroup */
    bool follows;             /* --follow */
    const char *output_file;
    const struct sink_ops *format;
    enum buffering buffering;
    bool list, quiet, report_reads, no_warnings, is_unsafe, is_dry_run, verify_ir;
    int verbose;
    unsigned show; /* enum stage */
    enum stop stop;
    const char *probe_filter, *emit_elf, *emit_llvm, *traceable, *debuginfo;
    VEC(const char *) include_dirs, includes;
    VEC(int) dwarf_pids;
    bool no_kprobe_multi, no_kprobe_session, no_uprobe_multi;
};

/* Reads argv. False after an error, which has been written to stderr. */
bool options_parse(struct options *o, struct arena *a, int argc, char **argv);
void options_usage(FILE *out);

#endif
