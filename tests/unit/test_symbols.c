/* Symbols: this process and its own binary, whose functions, data and USDT note are known, and small files made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/arena.h"
#include "symbols/insn.h"
#include "symbols/symbols.h"

/* ---- what is looked for ----------------------------------------------------------------------- */

int symbols_test_datum = 42;
int symbols_test_marker(int x);
int symbols_test_marker_alias(int x) __attribute__((alias("symbols_test_marker")));
unsigned short symbols_test_semaphore __attribute__((section(".probes"), used));

/* A note as <sys/sdt.h> makes it: provider "room", name "mark", one argument. */
__attribute__((noinline)) int symbols_test_marker(int x) {
    __asm__ volatile("990: nop\n"
                     ".pushsection .note.stapsdt,\"?\",\"note\"\n"
                     ".balign 4\n"
                     ".4byte 992f-991f, 994f-993f, 3\n"
                     "991: .asciz \"stapsdt\"\n"
                     "992: .balign 4\n"
                     "993: .8byte 990b\n"
                     ".8byte 0\n"
                     ".8byte symbols_test_semaphore\n"
                     ".asciz \"room\"\n"
                     ".asciz \"mark\"\n"
                     ".asciz \"-4@%%eax\"\n"
                     "994: .balign 4\n"
                     ".popsection\n" ::"a"(x));
    return x + 1 + symbols_test_semaphore;
}

static uint64_t address_of(int (*f)(int)) { return (uint64_t)(uintptr_t)f; }

/* ---- ELF files -------------------------------------------------------------------------------- */

static struct elf_file *own_file(struct arena *a) {
    const char *error = NULL;
    struct elf_file *f = elf_file_open(a, "/proc/self/exe", &error);
    assert_non_null(f);
    return f;
}

static void finds_functions(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct elf_file *f = own_file(a);
    struct elf_symbol s;
    assert_true(elf_find(f, "symbols_test_marker", &s));
    assert_true(s.is_function && s.size > 0 && s.offset > 0);
    uint64_t offset;
    assert_true(elf_offset(f, s.address, &offset));
    assert_int_equal(offset, s.offset);
    assert_false(elf_find(f, "symbols_test_no_such", &s));
    assert_false(elf_find(f, "symbols_test_datum", &s));
    assert_true(elf_find_object(f, "symbols_test_datum", &s));
    assert_int_equal(s.size, sizeof symbols_test_datum);
    elf_file_close(f);
    arena_free(a);
}

static void matches_wildcards(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct elf_file *f = own_file(a);
    const struct elf_symbol *list;
    assert_int_equal(elf_match(f, "symbols_test_mark*", &list), 2);
    assert_string_equal(list[0].name, "symbols_test_marker");
    assert_string_equal(list[1].name, "symbols_test_marker_alias");
    assert_int_equal(list[0].address, list[1].address);
    assert_int_equal(elf_match(f, "symbols_test_zz*", &list), 0);
    size_t n = elf_match(f, "*", &list);
    for (size_t i = 1; i < n; i++)
        assert_true(strcmp(list[i - 1].name, list[i].name) < 0);
    elf_file_close(f);
    arena_free(a);
}

static void finds_by_place(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct elf_file *f = own_file(a);
    struct elf_symbol s, at;
    assert_true(elf_find(f, "symbols_test_marker", &s));
    assert_true(elf_at(f, s.offset + 1, &at));
    assert_int_equal(at.address, s.address);
    assert_true(elf_at(f, s.offset + s.size - 1, &at));
    assert_int_equal(at.address, s.address);
    assert_false(elf_at(f, 1, &at)); /* the ELF header */
    elf_file_close(f);
    arena_free(a);
}

static void reads_usdt_notes(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct elf_file *f = own_file(a);
    const struct elf_usdt *list, *u = NULL;
    size_t n = elf_usdts(f, &list);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i].provider, "room"))
            u = &list[i];
    assert_non_null(u);
    assert_string_equal(u->name, "mark");
    assert_string_equal(u->args, "-4@%eax");
    struct elf_symbol s;
    assert_true(elf_at(f, u->offset, &s));
    assert_true(!strncmp(s.name, "symbols_test_marker", 19));
    uint64_t offset;
    assert_true(elf_find_object(f, "symbols_test_semaphore", &s));
    assert_true(elf_offset(f, s.address, &offset));
    assert_int_equal(u->semaphore, offset);
    elf_file_close(f);
    arena_free(a);
}

static void refuses_what_is_no_elf(void **state) {
    (void)state;
    struct arena *a = arena_new();
    const char *error = NULL;
    assert_null(elf_file_open(a, "/no/such/file", &error));
    assert_non_null(error);
    error = NULL;
    assert_null(elf_file_open(a, "/proc/self/status", &error));
    assert_non_null(error);
    assert_null(elf_file_open(a, "/", NULL));
    /* cut off behind the magic number: no symbols, no crash */
    char path[] = "/tmp/sonde-test-elf-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "\177ELF\2\1\1\0", 8), 8);
    close(fd);
    struct elf_file *f = elf_file_open(a, path, &error);
    const struct elf_symbol *list;
    const struct elf_usdt *notes;
    if (f) {
        assert_int_equal(elf_match(f, "*", &list), 0);
        assert_int_equal(elf_usdts(f, &notes), 0);
    }
    elf_file_close(f);
    unlink(path);
    arena_free(a);
}

static void reads_dwarf(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct elf_file *f = own_file(a);
    uint64_t address;
    const char *const *lines;
    if (elf_has_dwarf(f) && elf_parameters(f, "symbols_test_marker", &lines) == 1) /* -g1 leaves parameters out */
        assert_string_equal(lines[0], "int x");
    enum elf_source r = elf_source_address(f, "no_such_file.c", 1, 0, &address);
    assert_true(r == SOURCE_NO_FILE || r == SOURCE_NO_DWARF);
    r = elf_source_address(f, "test_symbols.c", 1, 0, &address); /* a comment */
    assert_true(r == SOURCE_NO_LINE || r == SOURCE_NO_DWARF);
    elf_file_close(f);
    arena_free(a);
}

static void measures_instructions(void **state) {
    (void)state;
    static const struct {
        size_t length;
        uint8_t bytes[15];
    } rows[] = {
        { 1, { 0x55 } },                                            /* push %rbp */
        { 3, { 0x48, 0x89, 0xe5 } },                                /* mov %rsp,%rbp */
        { 4, { 0xf3, 0x0f, 0x1e, 0xfa } },                          /* endbr64 */
        { 7, { 0x48, 0x8d, 0x05, 1, 2, 3, 4 } },                    /* lea 0x…(%rip),%rax */
        { 10, { 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8 } },             /* movabs */
        { 5, { 0xb8, 1, 2, 3, 4 } },                                /* mov $,%eax */
        { 4, { 0x66, 0xb8, 1, 2 } },                                /* mov $,%ax */
        { 5, { 0xe8, 1, 2, 3, 4 } },                                /* call */
        { 6, { 0x0f, 0x84, 1, 2, 3, 4 } },                          /* je */
        { 3, { 0xf6, 0xc1, 0x01 } },                                /* test $1,%cl */
        { 2, { 0xf6, 0xd1 } },                                      /* not %cl */
        { 6, { 0xf7, 0xc1, 1, 2, 3, 4 } },                          /* test $,%ecx */
        { 9, { 0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 } },           /* nopw 0x0(%rax,%rax,1) */
        { 8, { 0xc7, 0x44, 0x24, 0x08, 1, 2, 3, 4 } },              /* movl $,8(%rsp) */
        { 12, { 0x48, 0xc7, 0x84, 0x24, 1, 2, 3, 4, 5, 6, 7, 8 } }, /* movq $,disp32(%rsp) */
        { 3, { 0xc5, 0xf8, 0x77 } },                                /* vzeroupper */
        { 5, { 0xc4, 0xe2, 0x79, 0x18, 0xc0 } },                    /* vbroadcastss */
        { 6, { 0x62, 0xf1, 0x7c, 0x48, 0x28, 0xc0 } },              /* vmovaps zmm */
        { 0, { 0x06 } },                                            /* not in 64-bit mode */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (x86_length(rows[i].bytes, 15) != rows[i].length)
            fail_msg("row %zu: %zu bytes, not %zu", i, x86_length(rows[i].bytes, 15), rows[i].length);
    static const uint8_t cut[] = { 0xe8, 1, 2 };
    assert_int_equal(x86_length(cut, sizeof cut), 0);
    assert_int_equal(x86_length(cut, 0), 0);
}

static void knows_boundaries(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct elf_file *f = own_file(a);
    struct elf_symbol s;
    assert_true(elf_find(f, "symbols_test_marker", &s));
    assert_int_equal(elf_boundary(f, s.offset, s.offset), BOUNDARY_YES);
    size_t starts = 0;
    for (uint64_t at = s.offset; at < s.offset + s.size; at++)
        starts += elf_boundary(f, s.offset, at) == BOUNDARY_YES;
    assert_true(starts > 1 && starts < s.size);
    assert_int_equal(elf_boundary(f, s.offset, s.offset + s.size), BOUNDARY_YES);
    elf_file_close(f);
    arena_free(a);
}

/* ---- paths ------------------------------------------------------------------------------------ */

static void resolves_names(void **state) {
    (void)state;
    struct arena *a = arena_new();
    const char *const *paths;
    assert_true(elf_resolve(a, "sh", 0, &paths) >= 1);
    assert_true(paths[0][0] == '/' && !strcmp(strrchr(paths[0], '/'), "/sh"));
    assert_int_equal(elf_resolve(a, "libc.so.6", 0, &paths), 1);
    assert_non_null(strstr(paths[0], "/libc.so.6"));
    assert_int_equal(elf_resolve(a, "libc", 0, &paths), 1);
    assert_non_null(strstr(paths[0], "/libc.so"));
    assert_int_equal(elf_resolve(a, "libc", getpid(), &paths), 1);
    assert_int_equal(elf_resolve(a, "no-such-program-at-all", 0, &paths), 0);
    assert_int_equal(elf_resolve(a, "", 0, &paths), 0);
    assert_int_equal(elf_resolve(a, "/etc/passwd", 0, &paths), 0);
    assert_int_equal(elf_resolve(a, "/bin", 0, &paths), 0);
    arena_free(a);
}

static void resolves_patterns(void **state) {
    (void)state;
    struct arena *a = arena_new();
    char dir[] = "/tmp/sonde-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    static const char *const names[] = { "b1", "a1", "c2" };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(symlink("/proc/self/exe", arena_printf(a, "%s/%s", dir, names[i])), 0);
    const char *const *paths;
    assert_int_equal(elf_resolve(a, arena_printf(a, "%s/*1", dir), 0, &paths), 2);
    assert_string_equal(paths[0], arena_printf(a, "%s/a1", dir));
    assert_string_equal(paths[1], arena_printf(a, "%s/b1", dir));
    assert_int_equal(elf_resolve(a, arena_printf(a, "%s*/c*", dir), 0, &paths), 1);
    assert_string_equal(paths[0], arena_printf(a, "%s/c2", dir));
    assert_int_equal(elf_resolve(a, arena_printf(a, "%s/x*", dir), 0, &paths), 0);
    for (size_t i = 0; i < 3; i++)
        unlink(arena_printf(a, "%s/%s", dir, names[i]));
    rmdir(dir);
    arena_free(a);
}

/* ---- addresses of processes ------------------------------------------------------------------- */

static void names_own_addresses(void **state) {
    (void)state;
    struct symbols *s = symbols_new(true);
    struct symbol sym = symbols_user(s, getpid(), NULL, address_of(symbols_test_marker) + 2);
    assert_non_null(sym.name);
    assert_true(!strncmp(sym.name, "symbols_test_marker", 19));
    assert_int_equal(sym.offset, 2);
    assert_non_null(sym.module);
    assert_null(symbols_user(s, getpid(), NULL, 16).name);
    assert_null(symbols_user(s, getpid(), NULL, UINT64_MAX).name);
    assert_null(symbols_user(s, getpid(), NULL, (uint64_t)(uintptr_t)&symbols_test_datum).name);
    if (getauxval(AT_SYSINFO_EHDR)) {
        sym = symbols_user(s, getpid(), NULL, getauxval(AT_SYSINFO_EHDR) + 1);
        assert_string_equal(sym.module, "[vdso]");
    }
    symbols_free(s);
}

/* A child of ours has our addresses. */
static void remembers_the_dead(void **state) {
    (void)state;
    struct symbols *s = symbols_new(true);
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    symbols_remember(s, pid);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    struct symbol sym = symbols_user(s, pid, NULL, address_of(symbols_test_marker));
    assert_non_null(sym.name);
    /* one that was never seen */
    assert_null(symbols_user(s, 0x3ffffff, NULL, address_of(symbols_test_marker)).name);
    symbols_free(s);
}

static void reads_jit_maps(void **state) {
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
    void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(code, MAP_FAILED);
    uint64_t at = (uint64_t)(uintptr_t)code;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "%lx 10 old\nnonsense\n%lx 10 new name\n", (unsigned long)at, (unsigned long)at);
    fclose(f);
    struct symbols *s = symbols_new(true);
    struct symbol sym = symbols_user(s, getpid(), NULL, at + 3);
    assert_non_null(sym.name);
    assert_string_equal(sym.name, "new name");
    assert_int_equal(sym.offset, 3);
    assert_null(symbols_user(s, getpid(), NULL, at + 16).name);
    f = fopen(path, "a");
    fprintf(f, "%lx 10 late\n", (unsigned long)at + 16);
    fclose(f);
    sym = symbols_user(s, getpid(), NULL, at + 16);
    assert_non_null(sym.name);
    assert_string_equal(sym.name, "late");
    symbols_free(s);
    munmap(code, 4096);
    unlink(path);
}

/* ---- the kernel's ----------------------------------------------------------------------------- */

static bool count(void *ctx, const char *name, const char *module, char type) {
    size_t *n = ctx;
    assert_true(*name && (!module || *module) && type > ' ');
    return ++*n < 1000000;
}

static void names_kernel_addresses(void **state) {
    (void)state;
    struct symbols *s = symbols_new(false);
    size_t n = 0;
    symbols_each_kernel(s, count, &n);
    if (n < 1000)
        skip(); /* no /proc/kallsyms here */
    assert_int_equal(symbols_kernel_address(s, "no_such_kernel_function"), 0);
    uint64_t at = symbols_kernel_address(s, "vfs_read");
    if (!at) { /* addresses hidden */
        symbols_free(s);
        skip();
    }
    struct symbol sym = symbols_kernel(s, at + 5);
    assert_string_equal(sym.name, "vfs_read");
    assert_int_equal(sym.offset, 5);
    assert_null(symbols_kernel(s, 0x1000).name);
    symbols_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_instructions),  cmocka_unit_test(knows_boundaries),
        cmocka_unit_test(finds_functions),        cmocka_unit_test(matches_wildcards),
        cmocka_unit_test(finds_by_place),         cmocka_unit_test(reads_usdt_notes),
        cmocka_unit_test(refuses_what_is_no_elf), cmocka_unit_test(reads_dwarf),
        cmocka_unit_test(resolves_names),         cmocka_unit_test(resolves_patterns),
        cmocka_unit_test(names_own_addresses),    cmocka_unit_test(remembers_the_dead),
        cmocka_unit_test(reads_jit_maps),         cmocka_unit_test(names_kernel_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
