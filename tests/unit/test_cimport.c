/* C preambles: layouts as this test's own compiler has them, what is found under which name, what BTF adds, what is
 * said about errors. Skipped where there is no libclang. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/diag.h"
#include "types/cimport.h"

struct env {
    struct arena *arena;
    struct typedb *db;
    struct diag *diag;
};

static int setup(void **state) {
    struct env *e = calloc(1, sizeof *e);
    e->arena = arena_new();
    e->db = typedb_new(e->arena);
    e->diag = diag_new(e->arena);
    *state = e;
    return 0;
}

static int teardown(void **state) {
    struct env *e = *state;
    typedb_free(e->db);
    arena_free(e->arena);
    free(e);
    return 0;
}

/* The text as one piece. */
static bool import_with(struct env *e, const struct cimport_options *opt, const char *text) {
    struct source *src = source_new(e->arena, "stdin", text, strlen(text));
    struct cimport_piece piece = { src->text, src->len, { .src = src, .lo = 0, .hi = (uint32_t)src->len } };
    return cimport(e->db, opt, &piece, 1, e->diag);
}

static bool import(struct env *e, const char *text) { return import_with(e, &(struct cimport_options){ 0 }, text); }

static void import_ok(struct env *e, const char *text) {
    if (!import(e, text))
        fail_msg("%s", e->diag->list.n ? e->diag->list.v[0].message : "no message");
}

static const struct type *get(struct env *e, const char *name) {
    const struct type *t = typedb_struct(e->db, name, false);
    assert_non_null(t);
    return t;
}

static const struct field *field(const struct type *t, const char *name, uint32_t *offset) {
    const struct field *f = type_field(t, name, offset);
    if (!f)
        fail_msg("no field %s", name);
    return f;
}

/* ---- layouts ------------------------------------------------------------------------------ */

/* These are definitions of this test as well as the text that is imported. */
#define DEFINITIONS                                    \
    struct plain {                                     \
        char c;                                        \
        short s;                                       \
        int i;                                         \
        long l;                                        \
        unsigned char uc;                              \
        long long ll;                                  \
        _Bool b;                                       \
        float f;                                       \
        double d;                                      \
        long double ld;                                \
        void *p;                                       \
    };                                                 \
    struct __attribute__((packed)) packed {            \
        char c;                                        \
        long l;                                        \
        struct plain *next;                            \
        int i;                                         \
    };                                                 \
    struct aligned {                                   \
        char c;                                        \
        int i __attribute__((aligned(16)));            \
        char d[3];                                     \
    } __attribute__((aligned(64)));                    \
    struct nested {                                    \
        int before;                                    \
        struct {                                       \
            char x;                                    \
            union {                                    \
                int y;                                 \
                char z[5];                             \
            };                                         \
        };                                             \
        struct inner {                                 \
            short k;                                   \
            char grid[2][3];                           \
        } in[4];                                       \
        union {                                        \
            long w;                                    \
            struct packed pk;                          \
        } u;                                           \
        int matrix[2][3][4];                           \
        int (*fn)(int, struct nested *);               \
        void (*fns[2])(void);                          \
        struct nested *self, **more;                   \
        struct never_defined *unknown;                 \
        char tail[];                                   \
    };                                                 \
    union mixed {                                      \
        char bytes[9];                                 \
        long l;                                        \
        struct plain p;                                \
    };                                                 \
    enum color { RED, GREEN = 5, BLUE };               \
    enum below { MINUS = -3, NOTHING = 0, PLUS = 3 };  \
    enum wide { WIDE = 0x100000000 };                  \
    enum top { TOP = 0x80000000 };                     \
    enum __attribute__((packed)) tiny { TINY, SMALL }; \
    struct with_enums {                                \
        enum tiny t;                                   \
        enum color c;                                  \
        enum below b[2];                               \
        enum wide w;                                   \
    };

DEFINITIONS

#define TEXT(...)  TEXT2(__VA_ARGS__)
#define TEXT2(...) #__VA_ARGS__

#define SIZE_IS(t, tag)                                     \
    do {                                                    \
        assert_int_equal((t)->size, sizeof(struct tag));    \
        assert_int_equal((t)->align, _Alignof(struct tag)); \
    } while (0)
#define FIELD_IS(t, tag, name)                                              \
    do {                                                                    \
        uint32_t offset_;                                                   \
        const struct field *f_ = field(t, #name, &offset_);                 \
        assert_int_equal(offset_, offsetof(struct tag, name));              \
        assert_int_equal(f_->type->size, sizeof((struct tag *)NULL)->name); \
    } while (0)

static void test_layout(void **state) {
    struct env *e = *state;
    import_ok(e, TEXT(DEFINITIONS));
    const struct type *t = get(e, "plain");
    SIZE_IS(t, plain);
    FIELD_IS(t, plain, c);
    FIELD_IS(t, plain, s);
    FIELD_IS(t, plain, i);
    FIELD_IS(t, plain, l);
    FIELD_IS(t, plain, uc);
    FIELD_IS(t, plain, ll);
    FIELD_IS(t, plain, b);
    FIELD_IS(t, plain, f);
    FIELD_IS(t, plain, d);
    FIELD_IS(t, plain, ld);
    FIELD_IS(t, plain, p);
    t = get(e, "packed");
    SIZE_IS(t, packed);
    FIELD_IS(t, packed, l);
    FIELD_IS(t, packed, next);
    FIELD_IS(t, packed, i);
    t = get(e, "aligned");
    SIZE_IS(t, aligned);
    FIELD_IS(t, aligned, i);
    FIELD_IS(t, aligned, d);
    t = typedb_struct(e->db, "mixed", true);
    assert_true(t && t->is_union);
    assert_int_equal(t->size, sizeof(union mixed));
}

static void test_nested(void **state) {
    struct env *e = *state;
    import_ok(e, TEXT(DEFINITIONS));
    const struct type *t = get(e, "nested");
    SIZE_IS(t, nested);
    FIELD_IS(t, nested, before);
    FIELD_IS(t, nested, x); /* of anonymous members */
    FIELD_IS(t, nested, y);
    FIELD_IS(t, nested, z);
    FIELD_IS(t, nested, in);
    FIELD_IS(t, nested, u);
    FIELD_IS(t, nested, matrix);
    FIELD_IS(t, nested, fn);
    FIELD_IS(t, nested, fns);
    FIELD_IS(t, nested, self);
    FIELD_IS(t, nested, more);
    FIELD_IS(t, nested, unknown);
    uint32_t offset;
    assert_int_equal(field(t, "tail", &offset)->type->count, 0);
    assert_int_equal(offset, offsetof(struct nested, tail));
    assert_string_equal(type_str(e->arena, field(t, "matrix", &offset)->type), "int32[2][3][4]");
    assert_string_equal(type_str(e->arena, field(t, "fn", &offset)->type), "void *");
    assert_string_equal(type_str(e->arena, field(t, "more", &offset)->type), "struct nested * *");
    assert_string_equal(type_str(e->arena, field(t, "x", &offset)->type), "int8");
    assert_true(field(t, "x", &offset)->type->is_char);
    t = get(e, "inner"); /* C knows no nested scopes of tags */
    SIZE_IS(t, inner);
    FIELD_IS(t, inner, grid);
}

static void test_pointees(void **state) {
    struct env *e = *state;
    import_ok(e, TEXT(DEFINITIONS));
    uint32_t offset;
    const struct type *t = get(e, "nested");
    const struct type *self = field(t, "self", &offset)->type->elem;
    assert_true(self->is_incomplete);
    assert_ptr_equal(typedb_complete(e->db, self), t);
    assert_null(typedb_complete(e->db, field(t, "unknown", &offset)->type->elem));
    assert_int_equal(typedb_complete(e->db, field(get(e, "packed"), "next", &offset)->type->elem)->size,
                     sizeof(struct plain));
}

static void enumerator_is(struct env *e, const char *name, uint64_t value, const char *type) {
    uint64_t v;
    const struct type *t;
    assert_true(typedb_enumerator(e->db, name, &v, &t));
    assert_int_equal(v, value);
    assert_string_equal(type_str(e->arena, t), type);
    assert_int_equal(t->size, 8);
}

static void test_enums(void **state) {
    struct env *e = *state;
    import_ok(e, TEXT(DEFINITIONS) "enum { NAMELESS = 7 };");
    enumerator_is(e, "RED", 0, "enum color");
    enumerator_is(e, "BLUE", 6, "enum color");
    enumerator_is(e, "MINUS", (uint64_t)-3, "enum below");
    enumerator_is(e, "WIDE", 0x100000000, "enum wide");
    enumerator_is(e, "TOP", 0x80000000, "enum top");
    enumerator_is(e, "SMALL", 1, "enum tiny");
    enumerator_is(e, "NAMELESS", 7, "enum {}");
    const struct type *t = get(e, "with_enums");
    SIZE_IS(t, with_enums);
    FIELD_IS(t, with_enums, t);
    FIELD_IS(t, with_enums, c);
    FIELD_IS(t, with_enums, b);
    FIELD_IS(t, with_enums, w);
    assert_string_equal(type_enumerator(typedb_enum(e->db, "below"), (uint64_t)-3), "MINUS");
    assert_true(typedb_enum_storage(e->db, "below")->is_signed);
    assert_false(typedb_enum_storage(e->db, "color")->is_signed);
}

/* ---- bitfields ---------------------------------------------------------------------------- */

#define BITFIELDS                                \
    struct bits {                                \
        int a : 3;                               \
        unsigned b : 20;                         \
        int : 4;                                 \
        unsigned c : 7;                          \
        int : 0;                                 \
        unsigned long d : 40;                    \
        unsigned char e : 1, f : 7;              \
        unsigned short g : 9;                    \
        unsigned long h : 64;                    \
    };                                           \
    struct __attribute__((packed)) packed_bits { \
        char c;                                  \
        unsigned long a : 33;                    \
        unsigned b : 14;                         \
        unsigned d : 9;                          \
    };

BITFIELDS

static uint64_t load(const struct type *t, const char *name, const void *bytes) {
    uint32_t offset;
    const struct field *f = field(t, name, &offset);
    assert_true(offset + f->type->size <= t->size);
    assert_true(f->bit_offset + f->bit_size <= 8 * f->type->size);
    uint64_t v = 0;
    memcpy(&v, (const char *)bytes + offset, f->type->size);
    v >>= f->bit_offset;
    return f->bit_size < 64 ? v & ((1ull << f->bit_size) - 1) : v;
}

/* What the compiler stores is found through the fields. */
static void test_bitfields(void **state) {
    struct env *e = *state;
    import_ok(e, TEXT(BITFIELDS));
    const struct type *t = get(e, "bits");
    SIZE_IS(t, bits);
    struct bits x = { 0x5 - 8, 0xabcde, 0x55, 0x123456789a, 1, 0x2a, 0x1ab, 0x123456789abcdef0 };
    assert_int_equal(load(t, "a", &x), 5);
    assert_int_equal(load(t, "b", &x), 0xabcde);
    assert_int_equal(load(t, "c", &x), 0x55);
    assert_int_equal(load(t, "d", &x), 0x123456789a);
    assert_int_equal(load(t, "e", &x), 1);
    assert_int_equal(load(t, "f", &x), 0x2a);
    assert_int_equal(load(t, "g", &x), 0x1ab);
    assert_int_equal(t->nfields, 8);
    t = get(e, "packed_bits");
    SIZE_IS(t, packed_bits);
    struct packed_bits y = { 1, 0x1abcdef01, 0x2aaa, 0x155 };
    assert_int_equal(load(t, "a", &y), 0x1abcdef01);
    assert_int_equal(load(t, "b", &y), 0x2aaa);
    assert_int_equal(load(t, "d", &y), 0x155);
}

/* ---- pieces, typedefs, macros ------------------------------------------------------------- */

static void test_pieces(void **state) {
    struct env *e = *state;
    static const char *const texts[] = { "struct one { int x; }", "#define N 3", "struct two { struct one a[N]; };",
                                         "enum e { A, B } /* c */" };
    struct cimport_piece pieces[4];
    for (int i = 0; i < 4; i++)
        pieces[i] = (struct cimport_piece){ .text = texts[i], .len = strlen(texts[i]) };
    assert_true(cimport(e->db, &(struct cimport_options){ 0 }, pieces, 4, e->diag));
    assert_int_equal(get(e, "two")->size, 12);
    enumerator_is(e, "B", 1, "enum e");
    assert_null(typedb_struct(e->db, "no_such_struct_anywhere", false));
}

static void test_nothing(void **state) {
    struct env *e = *state;
    assert_true(cimport(e->db, &(struct cimport_options){ 0 }, NULL, 0, e->diag));
    assert_null(typedb_macro(e->db, "N"));
}

static void test_typedefs(void **state) {
    struct env *e = *state;
    import_ok(e, "typedef struct { int a, b; } pair_t; typedef pair_t *pairs; typedef enum { X1 = 4 } en_t;"
                 "struct s { pair_t p; pairs q; en_t e; };");
    assert_int_equal(typedb_named(e->db, "pair_t")->size, 8);
    assert_int_equal(typedb_named(e->db, "pairs")->elem->nfields, 2); /* what has no tag cannot be found by it later */
    enumerator_is(e, "X1", 4, "enum {}");
    assert_int_equal(get(e, "s")->size, 24);
}

static void macro_is(struct env *e, const char *name, const char *text) {
    const char *found = typedb_macro(e->db, name);
    if (!text)
        assert_null(found);
    else
        assert_string_equal(found ? found : "(none)", text);
}

static void test_macros(void **state) {
    struct env *e = *state;
    import_ok(e, "#define N (1 <<4) // comment\n"
                 "#define S \"a  b\"\n"
                 "#define LINES 1 + \\\n   2 /* here */ + 3\n"
                 "#define WORDS sizeof  ( struct   foo )\n"
                 "#define MINUS 1 - - 2\n"
                 "#define EMPTY\n"
                 "#define F(x) x\n"
                 "#define SELF SELF\n"
                 "#define LATER first\n"
                 "#undef LATER\n"
                 "#define LATER second\n"
                 "#define LONG 0x10UL\n"
                 "#define ALL (2U + 1ul)\n");
    macro_is(e, "N", "(1<<4)");
    macro_is(e, "S", "\"a  b\"");
    macro_is(e, "LINES", "1+2+3");
    macro_is(e, "WORDS", "sizeof(struct foo)");
    macro_is(e, "MINUS", "1- -2");
    macro_is(e, "EMPTY", NULL);
    macro_is(e, "F", NULL);
    macro_is(e, "SELF", NULL);
    macro_is(e, "LATER", "second");
    macro_is(e, "LONG", "0x10");
    macro_is(e, "ALL", "((uint32)2+(uint64)1)");
    macro_is(e, "linux", NULL); /* clang's own */
    macro_is(e, "__LINE__", NULL);
    macro_is(e, "__INT_MAX__", "2147483647");
}

static void test_macro_types(void **state) {
    struct env *e = *state;
    import_ok(e, "struct foo { int a; long b; };\n#define T struct foo *\n#define U T\n#define UL unsigned long\n"
                 "#define V uint8\n#define LOOP LOOP2\n#define LOOP2 LOOP\n#define EN enum en\nenum en { A };\n");
    assert_string_equal(type_str(e->arena, typedb_named(e->db, "U")), "struct foo *");
    assert_string_equal(type_str(e->arena, typedb_named(e->db, "UL")), "uint64");
    assert_string_equal(type_str(e->arena, typedb_named(e->db, "V")), "uint8");
    assert_string_equal(type_str(e->arena, typedb_named(e->db, "EN")), "enum en");
    assert_null(typedb_named(e->db, "LOOP"));
}

static void value_is(struct env *e, const char *name, const char *text) {
    const char *found = typedb_macro_value(e->db, name);
    if (!text)
        assert_null(found);
    else
        assert_string_equal(found ? found : "(none)", text);
}

static void test_macro_values(void **state) {
    struct env *e = *state;
    import_ok(e, "#define SHIFT(n) (1ul << (n))\n#define PAGE SHIFT(12)\n#define CAST ((__typeof__(1u))5)\n"
                 "#define CHAR 'A'\n#define BELOW ((signed char)-3)\n#define TOP 0xfffffffffffffff0ull\n"
                 "#define NOT_CONST (*(int *)0)\n#define NOISE )(\n#define S \"text\"\n");
    macro_is(e, "PAGE", "4096");
    value_is(e, "CAST", "5");
    value_is(e, "CHAR", "65");
    value_is(e, "BELOW", "(-3)");
    value_is(e, "TOP", "18446744073709551600");
    value_is(e, "NOT_CONST", NULL);
    value_is(e, "NOISE", NULL);
    value_is(e, "S", NULL);
    value_is(e, "NO_SUCH_MACRO", NULL);
    value_is(e, "PAGE", "4096"); /* still works behind the failures */
}

/* ---- headers ------------------------------------------------------------------------------ */

static void test_includes(void **state) {
    struct env *e = *state;
    char dir[] = "/tmp/sonde-cimport-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/own.h", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("#include <stdint.h>\nstruct own { uint64_t a; size_t n; };\n#define OWN INT_MAX\n", f);
    fclose(f);
    const char *includes[] = { "stddef.h", "limits.h" }, *dirs[] = { dir };
    struct cimport_options opt = { .include_dirs = dirs, .ninclude_dirs = 1, .includes = includes, .nincludes = 2 };
    bool ok = import_with(e, &opt, "#include <own.h>\nstruct mine { struct own o; uint8_t b; };");
    unlink(path);
    rmdir(dir);
    assert_true(ok);
    assert_int_equal(get(e, "mine")->size, 24);
    macro_is(e, "OWN", "INT_MAX");
    assert_non_null(typedb_macro(e->db, "INT_MAX"));
}

static void test_missing_header(void **state) {
    struct env *e = *state;
    assert_false(import(e, "#include <no/such/header.h>\nstruct s { int x; };"));
    assert_int_equal(e->diag->nerrors, 1);
    assert_string_equal(e->diag->list.v[0].message,
                        "definitions.h:2:10: fatal error: 'no/such/header.h' file not found");
    assert_true(e->diag->list.v[0].is_verbatim);
    assert_int_equal(e->diag->list.v[0].span.lo, 9);
}

/* ---- errors ------------------------------------------------------------------------------- */

static void test_errors(void **state) {
    struct env *e = *state;
    assert_false(import(e, "struct a { no_such_type x; };\nstruct b { struct no_such_struct n; };"));
    assert_int_equal(e->diag->nerrors, 2);
    const struct diagnostic *g = e->diag->list.v;
    assert_string_equal(g[0].message, "definitions.h:2:12: error: unknown type name 'no_such_type'");
    assert_int_equal(g[0].tag, D_CDEF);
    assert_int_equal(g[0].span.lo, 11);
    assert_int_equal(g[0].span.hi, 11 + strlen("no_such_type"));
    assert_string_equal(g[1].message, "definitions.h:3:34: error: field has incomplete type 'struct no_such_struct'");
    assert_string_equal(g[2].message, "definitions.h:3:19: note: forward declaration of 'struct no_such_struct'");
    assert_int_equal(g[2].level, DIAG_NOTE);
}

static void test_noise(void **state) {
    static const char *const texts[] = { "struct {",
                                         "struct x { int",
                                         "#if 1",
                                         "}}}}",
                                         "\"",
                                         "'",
                                         "/*",
                                         "#",
                                         "#define",
                                         "\\",
                                         "struct x { int a : 99; };",
                                         "enum e { A = 1/0 };",
                                         "int x[-1];" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct env *e;
        setup((void **)&e);
        bool ok = import(e, texts[i]);
        assert_int_equal(ok, e->diag->nerrors == 0);
        teardown((void **)&e);
    }
    (void)state;
}

static void test_deep(void **state) {
    struct env *e = *state;
    enum { N = 20000 };
    char *text = arena_alloc(e->arena, N * 8 + 1);
    for (int i = 0; i < N; i++)
        memcpy(text + i * 8, "struct {", 8);
    assert_false(import(e, text));
}

/* ---- BTF ---------------------------------------------------------------------------------- */

static void test_base_names(void **state) {
    struct env *e = *state;
    import_ok(e, "struct s { u8 a; u64 b; size_t c; pid_t d; bool e; uint16_t f; __u32 g; s64 h; };");
    assert_int_equal(get(e, "s")->size, 48);
}

static void needs_btf(struct env *e) {
    if (!typedb_has_btf(e->db) || !typedb_struct(e->db, "task_struct", false))
        skip();
}

static void test_btf_types(void **state) {
    struct env *e = *state;
    needs_btf(e);
    uint32_t task = typedb_struct(e->db, "task_struct", false)->size;
    import_ok(e, "struct s { struct task_struct t; struct list_head *l; enum pid_type y; int x[PIDTYPE_MAX];\n"
                 "atomic_t a; u64 z; char n[sizeof(struct list_head)]; };");
    const struct type *t = get(e, "s");
    uint32_t offset;
    assert_int_equal(field(t, "t", &offset)->type->size, task);
    assert_int_not_equal(field(t, "t", &offset)->type->btf_id, 0);
    assert_int_equal(field(t, "n", &offset)->type->count, 16);
    assert_int_equal(field(t, "a", &offset)->type->size, 4);
    assert_int_equal(typedb_complete(e->db, field(t, "l", &offset)->type->elem)->size, 16);
}

static void test_own_definition_wins(void **state) {
    struct env *e = *state;
    needs_btf(e);
    import_ok(e, "struct list_head { int mine; };\nenum pid_type { MINE = 9 };\n"
                 "struct s { struct task_struct t; struct list_head l; u8 end; };\nstruct file { int x; };");
    assert_int_equal(get(e, "list_head")->size, 4);
    assert_int_equal(get(e, "file")->size, 4);
    assert_int_equal(get(e, "s")->size % 8, 0);
    uint32_t offset;
    const struct type *s = get(e, "s");
    assert_int_equal(field(s, "l", &offset)->type->size, 4);
    assert_true(field(s, "t", &offset)->type->size > 1000);
    uint32_t tasks;
    assert_int_equal(field(field(s, "t", &offset)->type, "tasks", &tasks)->type->size, 16);
    enumerator_is(e, "MINE", 9, "enum pid_type");
}

static void test_have_btf(void **state) {
    struct env *e = *state;
    import_ok(e, "#ifdef BPFTRACE_HAVE_BTF\nenum { HAVE = 1 };\n#else\nenum { HAVE = 0 };\n#endif\n");
    uint64_t v;
    assert_true(typedb_enumerator(e->db, "HAVE", &v, NULL));
    assert_int_equal(v, typedb_has_btf(e->db));
}

static bool has_libclang(void) {
    void *e;
    setup(&e);
    bool ok = import(e, "struct s { int x; };");
    teardown(&e);
    return ok;
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_layout),
        TEST(test_nested),
        TEST(test_pointees),
        TEST(test_enums),
        TEST(test_bitfields),
        TEST(test_pieces),
        TEST(test_nothing),
        TEST(test_typedefs),
        TEST(test_macros),
        TEST(test_macro_types),
        TEST(test_macro_values),
        TEST(test_includes),
        TEST(test_missing_header),
        TEST(test_errors),
        TEST(test_noise),
        TEST(test_deep),
        TEST(test_base_names),
        TEST(test_btf_types),
        TEST(test_own_definition_wins),
        TEST(test_have_btf),
    };
    return has_libclang() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
