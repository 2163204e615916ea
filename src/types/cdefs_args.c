/* clang's command line: where headers are looked for, and the few headers that come with sonde. */
#ifdef SONDE_LIBCLANG
#    include <dirent.h>
#    include <dlfcn.h>
#    include <limits.h>
#    include <stdlib.h>
#    include <string.h>
#    include <sys/utsname.h>
#    include <unistd.h>

#    include "types/cdefs.h"

#    define BUNDLED "/sonde/include"

/* For machines without a compiler. They are looked for last. */
static const struct {
    const char *path, *text;
} bundled[] = {
    { BUNDLED "/stddef.h", "#ifndef _SONDE_STDDEF_H\n"
                           "#define _SONDE_STDDEF_H\n"
                           "typedef __SIZE_TYPE__ size_t;\n"
                           "typedef __PTRDIFF_TYPE__ ptrdiff_t;\n"
                           "typedef __WCHAR_TYPE__ wchar_t;\n"
                           "#define NULL ((void *)0)\n"
                           "#define offsetof(t, m) __builtin_offsetof(t, m)\n"
                           "#endif\n" },
    { BUNDLED "/stdbool.h", "#ifndef _SONDE_STDBOOL_H\n"
                            "#define _SONDE_STDBOOL_H\n"
                            "#define bool _Bool\n"
                            "#define true 1\n"
                            "#define false 0\n"
                            "#endif\n" },
    { BUNDLED "/stdarg.h", "#ifndef _SONDE_STDARG_H\n"
                           "#define _SONDE_STDARG_H\n"
                           "typedef __builtin_va_list va_list;\n"
                           "#endif\n" },
    { BUNDLED "/stdint.h", "#ifndef _SONDE_STDINT_H\n"
                           "#define _SONDE_STDINT_H\n"
                           "typedef __INT8_TYPE__ int8_t;\n"
                           "typedef __INT16_TYPE__ int16_t;\n"
                           "typedef __INT32_TYPE__ int32_t;\n"
                           "typedef __INT64_TYPE__ int64_t;\n"
                           "typedef __UINT8_TYPE__ uint8_t;\n"
                           "typedef __UINT16_TYPE__ uint16_t;\n"
                           "typedef __UINT32_TYPE__ uint32_t;\n"
                           "typedef __UINT64_TYPE__ uint64_t;\n"
                           "typedef __INTPTR_TYPE__ intptr_t;\n"
                           "typedef __UINTPTR_TYPE__ uintptr_t;\n"
                           "typedef __INTMAX_TYPE__ intmax_t;\n"
                           "typedef __UINTMAX_TYPE__ uintmax_t;\n"
                           "#define INT8_MAX 127\n"
                           "#define INT16_MAX 32767\n"
                           "#define INT32_MAX 2147483647\n"
                           "#define INT64_MAX 9223372036854775807\n"
                           "#define UINT8_MAX 255\n"
                           "#define UINT16_MAX 65535\n"
                           "#define UINT32_MAX 4294967295\n"
                           "#define UINT64_MAX 18446744073709551615\n"
                           "#endif\n" },
    { BUNDLED "/limits.h", "#ifndef _SONDE_LIMITS_H\n"
                           "#define _SONDE_LIMITS_H\n"
                           "#define CHAR_BIT 8\n"
                           "#define SCHAR_MAX 127\n"
                           "#define UCHAR_MAX 255\n"
                           "#define SHRT_MAX 32767\n"
                           "#define USHRT_MAX 65535\n"
                           "#define INT_MAX 2147483647\n"
                           "#define INT_MIN (-2147483647 - 1)\n"
                           "#define UINT_MAX 4294967295\n"
                           "#define LONG_MAX 9223372036854775807\n"
                           "#define LONG_MIN (-9223372036854775807 - 1)\n"
                           "#define ULONG_MAX 18446744073709551615\n"
                           "#endif\n" },
};

struct build {
    struct cdefs_args *out;
    struct arena *arena;
};

static void add(struct build *b, const char *arg) { VEC_PUSH(b->arena, &b->out->list, arg); }

static void add_two(struct build *b, const char *option, const char *value) {
    add(b, option);
    add(b, value);
}

static bool exists(const char *path) { return access(path, R_OK) == 0; }

/* ---- the kernel's own headers ------------------------------------------------------------- */

struct kernel {
    const char *source, *build;
};

static const char *env_or(struct arena *a, const char *name, const char *release, const char *what) {
    const char *path = getenv(name);
    if (path && path[0])
        return path;
    path = arena_printf(a, "/lib/modules/%s/%s", release, what);
    return exists(path) ? path : NULL;
}

/* Distributions split the tree in two, or have one tree that is both. */
static bool find_kernel(struct arena *a, const char *release, struct kernel *k) {
    k->source = env_or(a, "BPFTRACE_KERNEL_SOURCE", release, "source");
    k->build = env_or(a, "BPFTRACE_KERNEL_BUILD", release, "build");
    if (!k->source)
        k->source = k->build;
    if (!k->build)
        k->build = k->source;
    return k->source && exists(arena_printf(a, "%s/include/linux/kconfig.h", k->source));
}

static const char *kernel_arch(const char *machine) {
    static const char *const names[][2] = {
        { "x86_64", "x86" }, { "aarch64", "arm64" }, { "ppc64le", "powerpc" },
        { "s390x", "s390" }, { "riscv64", "riscv" }, { "loongarch64", "loongarch" },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(machine, names[i][0]) == 0)
            return names[i][1];
    return machine;
}

static void add_kernel(struct build *b) {
    struct utsname host;
    struct kernel k;
    if (uname(&host) != 0 || !find_kernel(b->arena, host.release, &k))
        return;
    const char *arch = kernel_arch(host.machine);
    const char *const dirs[] = {
        arena_printf(b->arena, "%s/arch/%s/include", k.source, arch),
        arena_printf(b->arena, "%s/arch/%s/include/generated", k.build, arch),
        arena_printf(b->arena, "%s/include", k.source),
        arena_printf(b->arena, "%s/include", k.build),
        arena_printf(b->arena, "%s/arch/%s/include/uapi", k.source, arch),
        arena_printf(b->arena, "%s/arch/%s/include/generated/uapi", k.build, arch),
        arena_printf(b->arena, "%s/include/uapi", k.source),
        arena_printf(b->arena, "%s/include/generated/uapi", k.build),
    };
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
        add_two(b, "-I", dirs[i]);
    add_two(b, "-include", arena_printf(b->arena, "%s/include/linux/kconfig.h", k.source));
    const char *compiler = arena_printf(b->arena, "%s/include/linux/compiler_types.h", k.source);
    if (exists(compiler)) /* what the kernel's makefiles include everywhere */
        add_two(b, "-include", compiler);
    add(b, "-D__KERNEL__");
    add(b, "-D__BPF_TRACING__");
    add(b, "-DKBUILD_MODNAME=\"sonde\"");
    add(b, "-DCC_USING_FENTRY");
    add(b, "-fshort-wchar");
}

/* ---- the rest ----------------------------------------------------------------------------- */

/* libclang finds its own headers only when it is opened by its full path: /usr/lib/llvm-19/lib/libclang.so.1 has them
 * in /usr/lib/llvm-19/lib/clang/19/include. */
static void add_resource_dir(struct build *b, const struct clang *fn) {
    Dl_info info;
    char path[PATH_MAX];
    void *address;
    memcpy(&address, &fn->createIndex, sizeof address);
    if (!dladdr(address, &info) || !realpath(info.dli_fname, path))
        return;
    *strrchr(path, '/') = '\0';
    const char *parent = arena_printf(b->arena, "%s/clang", path);
    DIR *dir = opendir(parent);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        const char *resources = arena_printf(b->arena, "%s/%s", parent, e->d_name);
        if (e->d_name[0] != '.' && exists(arena_printf(b->arena, "%s/include/stddef.h", resources))) {
            add_two(b, "-resource-dir", resources);
            break;
        }
    }
    if (dir)
        closedir(dir);
}

static void add_bundled(struct build *b) {
    add_two(b, "-idirafter", BUNDLED);
    for (size_t i = 0; i < sizeof bundled / sizeof bundled[0]; i++)
        VEC_PUSH(b->arena, &b->out->files,
                 (struct CXUnsavedFile){ bundled[i].path, bundled[i].text, strlen(bundled[i].text) });
}

void cdefs_args(struct cdefs_args *out, struct arena *a, const struct clang *fn, const struct cimport_options *opt,
                bool has_btf, bool has_includes) {
    struct build b = { out, a };
    static const char *const always[] = { "-x", "c", "-std=gnu17", "-w", "-ferror-limit=0", "-Ulinux", "-Uunix" };
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        add(&b, always[i]);
    if (has_btf)
        add(&b, "-DBPFTRACE_HAVE_BTF");
    add_two(&b, "-include", CDEFS_BTF);
    if (!has_includes)
        return;
    for (size_t i = 0; i < opt->ninclude_dirs; i++)
        add_two(&b, "-I", opt->include_dirs[i]);
    add_resource_dir(&b, fn);
    add_kernel(&b);
    add_bundled(&b);
    for (size_t i = 0; i < opt->nincludes; i++)
        add_two(&b, "-include", opt->includes[i]);
}
#endif
