/* The type database: a BTF file made up here for what must hold everywhere, event formats as text, and this kernel's
 * own BTF and tracefs where they can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "support/arena.h"
#include "types/btf.h"
#include "types/tracefs.h"
#include "types/typedb.h"

struct env {
    struct arena *arena;
    struct typedb *db;
};

/* ---- a BTF file --------------------------------------------------------------------------- */

static void add_structs(struct btf *b, int int_id, int u64_id, int char_id, int u8_id) {
    int name_id = btf__add_array(b, int_id, char_id, 16);
    btf__add_struct(b, NULL, 8); /* struct { int lo, hi; } */
    btf__add_field(b, "lo", int_id, 0, 0);
    btf__add_field(b, "hi", int_id, 32, 0);
    int pair_id = (int)btf__type_cnt(b) - 1;
    btf__add_union(b, NULL, 8);
    btf__add_field(b, "x", u64_id, 0, 0);
    btf__add_field(b, NULL, pair_id, 0, 0);
    int anon_id = (int)btf__type_cnt(b) - 1;

    int node_id = btf__add_struct(b, "node", 56);
    int next_id = node_id + 1, tag_id = node_id + 2, user_id = node_id + 3, fn_id = node_id + 4, color_id = node_id + 5;
    btf__add_field(b, "next", next_id, 0, 0);
    btf__add_field(b, NULL, anon_id, 64, 0);
    btf__add_field(b, "name", name_id, 128, 0);
    btf__add_field(b, "user", user_id, 256, 0);
    btf__add_field(b, "color", color_id, 320, 0);
    btf__add_field(b, "a", int_id, 352, 3);
    btf__add_field(b, "b", int_id, 355, 20);
    btf__add_field(b, "fn", fn_id + 5, 384, 0);
    btf__add_ptr(b, node_id);
    btf__add_type_tag(b, "user", char_id);
    btf__add_ptr(b, tag_id);
    btf__add_func_proto(b, 0); /* fn_id */
    btf__add_enum(b, "color", 4);
    btf__add_enum_value(b, "RED", 0);
    btf__add_enum_value(b, "GREEN", 1);
    btf__add_enum64(b, "wide", 8, true);
    btf__add_enum64_value(b, "WIDE_MINUS", (uint64_t)-2);
    btf__add_enum64_value(b, "WIDE_BIG", 1ull << 40);
    btf__add_typedef(b, "node_t", btf__add_const(b, node_id));
    btf__add_ptr(b, fn_id); /* fn_id + 5 */
    btf__add_struct(b, "packed", 3);
    btf__add_field(b, "x", u8_id, 0, 0);
    btf__add_field(b, "y", int_id, 8, 12);
}

/* As the kernel declares them: btf_trace_sample without names, __probestub_sample with. */
static void add_functions(struct btf *b, int int_id, int ptr_id) {
    int proto = btf__add_func_proto(b, int_id);
    btf__add_func_param(b, "node", ptr_id);
    btf__add_func_param(b, NULL, int_id);
    btf__add_func_param(b, NULL, 0); /* ... */
    btf__add_func(b, "do_it", BTF_FUNC_STATIC, proto);
    int bare = btf__add_func_proto(b, 0);
    btf__add_func_param(b, NULL, ptr_id);
    btf__add_func_param(b, NULL, int_id);
    int bare_ptr = btf__add_ptr(b, bare);
    btf__add_typedef(b, "btf_trace_sample", bare_ptr);
    btf__add_typedef(b, "btf_trace_unnamed", bare_ptr);
    int named = btf__add_func_proto(b, 0);
    btf__add_func_param(b, "__data", ptr_id);
    btf__add_func_param(b, "value", int_id);
    btf__add_func(b, "__probestub_sample", BTF_FUNC_STATIC, named);
}

static void write_btf(const char *path) {
    struct btf *b = btf__new_empty();
    int int_id = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
    int u64_id = btf__add_int(b, "long unsigned int", 8, 0);
    int char_id = btf__add_int(b, "char", 1, 0);
    int u8_id = btf__add_int(b, "unsigned char", 1, 0);
    btf__add_int(b, "__int128", 16, BTF_INT_SIGNED);
    btf__add_float(b, "double", 8);
    add_structs(b, int_id, u64_id, char_id, u8_id);
    int node_ptr = btf__add_ptr(b, btf__find_by_name_kind(b, "node", BTF_KIND_STRUCT));
    add_functions(b, int_id, node_ptr);
    btf__add_fwd(b, "elsewhere", BTF_FWD_STRUCT);
    btf__add_typedef(b, "elsewhere_p", btf__add_ptr(b, (int)btf__type_cnt(b) - 1));
    uint32_t size;
    const void *raw = btf__raw_data(b, &size);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(raw, 1, size, f), size);
    fclose(f);
    btf__free(b);
}

static char btf_file[] = "/tmp/sonde-test-btf-XXXXXX";

static int make_file(void **state) {
    int fd = mkstemp(btf_file);
    assert_true(fd >= 0);
    close(fd);
    write_btf(btf_file);
    return 0;
}

static int drop_file(void **state) { return unlink(btf_file); }

static int open_env(void **state) {
    struct env *e = calloc(1, sizeof *e);
    e->arena = arena_new();
    e->db = typedb_new(e->arena);
    *state = e;
    return 0;
}

static int open_made_up(void **state) {
    setenv("BPFTRACE_BTF", btf_file, 1);
    return open_env(state);
}

static int open_kernel(void **state) {
    unsetenv("BPFTRACE_BTF");
    return open_env(state);
}

static int open_nothing(void **state) {
    setenv("BPFTRACE_BTF", "/nonexistent/btf", 1);
    return open_env(state);
}

static int close_env(void **state) {
    struct env *e = *state;
    typedb_free(e->db);
    arena_free(e->arena);
    free(e);
    unsetenv("BPFTRACE_BTF");
    return 0;
}

/* ---- from the made-up file ---------------------------------------------------------------- */

static void structs_have_their_members(void **state) {
    struct env *e = *state;
    const struct type *t = typedb_struct(e->db, "node", false);
    uint32_t offset;
    assert_true(typedb_has_btf(e->db));
    assert_int_equal(t->size, 56);
    assert_int_equal(t->align, 8);
    assert_string_equal(t->name, "node");
    assert_true(t->btf_id > 0);
    assert_ptr_equal(t, typedb_struct(e->db, "node", false));
    assert_null(typedb_struct(e->db, "node", true));
    assert_string_equal(type_str(e->arena, type_field(t, "name", &offset)->type), "string[16]");
    assert_int_equal(offset, 16);
    assert_non_null(type_field(t, "hi", &offset));
    assert_int_equal(offset, 12);
    assert_string_equal(t->fields[1].name, "");
    assert_string_equal(type_str(e->arena, type_field(t, "fn", &offset)->type), "void *");
}

static void pointees_are_completed_on_demand(void **state) {
    struct env *e = *state;
    const struct type *t = typedb_struct(e->db, "node", false);
    uint32_t offset;
    const struct type *next = type_field(t, "next", &offset)->type;
    assert_int_equal(next->kind, TY_PTR);
    assert_int_equal(next->as, AS_KERNEL);
    assert_true(next->elem->is_incomplete);
    assert_ptr_equal(typedb_complete(e->db, next->elem), t);
    assert_ptr_equal(typedb_complete(e->db, t), t);
    assert_int_equal(type_field(t, "user", &offset)->type->as, AS_USER);
    const struct type *p = typedb_named(e->db, "elsewhere_p");
    assert_true(p->elem->is_incomplete);
    assert_null(typedb_complete(e->db, p->elem));
}

static void bitfields_are_within_their_load(void **state) {
    struct env *e = *state;
    uint32_t offset;
    const struct type *t = typedb_struct(e->db, "node", false);
    const struct field *f = type_field(t, "b", &offset);
    assert_int_equal(offset, 44);
    assert_int_equal(f->bit_offset, 3);
    assert_int_equal(f->bit_size, 20);
    t = typedb_struct(e->db, "packed", false);
    f = type_field(t, "y", &offset); /* a load of 4 bytes would leave the struct */
    assert_int_equal(t->align, 1);
    assert_int_equal(f->type->size, 2);
    assert_int_equal(offset * 8 + f->bit_offset, 8);
    assert_true(offset + f->type->size <= t->size);
}

static void enums_are_values_of_eight_bytes(void **state) {
    struct env *e = *state;
    uint32_t offset;
    uint64_t value;
    const struct type *t;
    assert_int_equal(typedb_enum(e->db, "color")->size, 8);
    assert_int_equal(typedb_enum_storage(e->db, "color")->size, 4);
    assert_int_equal(type_field(typedb_struct(e->db, "node", false), "color", &offset)->type->size, 4);
    assert_true(typedb_enumerator(e->db, "GREEN", &value, &t));
    assert_int_equal(value, 1);
    assert_string_equal(type_str(e->arena, t), "enum color");
    assert_true(typedb_enumerator(e->db, "WIDE_MINUS", &value, &t));
    assert_int_equal(value, (uint64_t)-2);
    assert_true(typedb_enumerator(e->db, "WIDE_BIG", &value, NULL));
    assert_int_equal(value, 1ull << 40);
    assert_false(typedb_enumerator(e->db, "BLUE", &value, &t));
    assert_null(typedb_enum(e->db, "node"));
}

static void names_resolve_in_every_spelling(void **state) {
    struct env *e = *state;
    static const struct {
        const char *name, *type;
    } cases[] = {
        { "int", "int32" },
        { "unsigned int", "uint32" },
        { "unsigned", "uint32" },
        { "long unsigned int", "uint64" },
        { "unsigned long long", "uint64" },
        { "short", "int16" },
        { "short unsigned int", "uint16" },
        { "char", "uint8" },
        { "signed char", "int8" },
        { "bool", "bool" },
        { "_Bool", "bool" },
        { "size_t", "uint64" },
        { "pid_t", "int32" },
        { "u8", "uint8" },
        { "__s64", "int64" },
        { "int16", "int16" },
        { "node_t", "struct node" },
        { "void", "none" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(type_str(e->arena, typedb_named(e->db, cases[i].name)), cases[i].type);
    static const char *const unknown[] = { "",         "int int",       "long short",
                                           "nonsense", "unsigned node", "long long long",
                                           "node" };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_null(typedb_named(e->db, unknown[i]));
    assert_true(typedb_named(e->db, "char")->is_char);
    assert_false(typedb_named(e->db, "unsigned char")->is_char);
}

static void functions_have_parameters(void **state) {
    struct env *e = *state;
    const struct type *ret, *t = typedb_function(e->db, "do_it", &ret);
    const char *const *lines, *retval;
    assert_string_equal(type_str(e->arena, t), "struct fentry:vmlinux:do_it_args");
    assert_true(t->is_args);
    assert_int_equal(t->nfields, 2);
    assert_string_equal(t->fields[0].name, "node");
    assert_string_equal(t->fields[1].name, "arg1");
    assert_int_equal(t->fields[1].offset, 8);
    assert_int_equal(t->fields[1].home, FIELD_CTX_ARG);
    assert_string_equal(type_str(e->arena, ret), "int32");
    assert_int_equal(typedb_function_params(e->db, "do_it", &lines, &retval), 2);
    assert_string_equal(lines[0], "struct node * node");
    assert_string_equal(retval, "int retval");
    assert_null(typedb_function(e->db, "do_that", &ret));
    assert_int_equal(typedb_function_params(e->db, "do_that", &lines, &retval), 0);
    t = typedb_function(e->db, "__probestub_sample", &ret);
    assert_null(ret);
}

static void raw_tracepoints_lose_the_data_pointer(void **state) {
    struct env *e = *state;
    const char *const *lines;
    const struct type *t = typedb_raw_tracepoint(e->db, "sample");
    assert_string_equal(type_str(e->arena, t), "struct rawtracepoint:vmlinux:sample_args");
    assert_int_equal(t->nfields, 1);
    assert_string_equal(t->fields[0].name, "value");
    assert_int_equal(t->fields[0].offset, 0);
    assert_string_equal(typedb_raw_tracepoint(e->db, "unnamed")->fields[0].name, "arg0");
    assert_null(typedb_raw_tracepoint(e->db, "nothing"));
    assert_int_equal(typedb_raw_tracepoint_params(e->db, "sample", &lines), 1);
    assert_string_equal(lines[0], "int value");
}

static void definitions_are_c_text(void **state) {
    struct env *e = *state;
    assert_string_equal(typedb_definition(e->db, "enum color"),
                        "vmlinux: enum color {\n\tRED = 0,\n\tGREEN = 1,\n};\n");
    assert_string_equal(typedb_definition(e->db, "struct packed"),
                        "vmlinux: struct packed {\n\tunsigned char x;\n\tint y: 12;\n} __attribute__((packed));\n");
    assert_memory_equal(typedb_definition(e->db, "struct node"),
                        "vmlinux: struct node {\n\tstruct node *next;\n\tunion {\n", 52);
    assert_null(typedb_definition(e->db, "struct nothing"));
    assert_null(typedb_definition(e->db, "union node"));
    assert_null(typedb_definition(e->db, "node"));
}

static void lists_are_sorted(void **state) {
    struct env *e = *state;
    const char *const *names;
    assert_int_equal(typedb_list(e->db, e->arena, "struct *", &names), 2);
    assert_string_equal(names[0], "struct node");
    assert_string_equal(names[1], "struct packed");
    assert_int_equal(typedb_list(e->db, e->arena, "enum *", &names), 2);
    assert_int_equal(typedb_list(e->db, e->arena, "struct *e", &names), 1);
    assert_int_equal(typedb_list(e->db, e->arena, "union x*", &names), 0);
    assert_int_equal(typedb_list(e->db, e->arena, "node", &names), 0);
}

static void repeated_lookups_use_the_index(void **state) {
    struct env *e = *state;
    for (int i = 0; i < 50; i++) {
        assert_non_null(typedb_struct(e->db, "node", false));
        assert_null(typedb_struct(e->db, "color", false));
        assert_non_null(typedb_enum(e->db, "wide"));
    }
    assert_true(e->db->sources.v[0]->names.size > 0);
}

static void script_definitions_win(void **state) {
    struct env *e = *state;
    static struct field x = { .name = "x", .type = &type_int32 };
    static struct enumerator green = { "GREEN", 77 };
    static const struct type node = {
        .kind = TY_STRUCT, .size = 4, .align = 4, .name = "node", .fields = &x, .nfields = 1
    };
    static const struct type color = {
        .kind = TY_ENUM, .size = 4, .align = 4, .name = "color", .enumerators = &green, .nenumerators = 1
    };
    const struct type *btf_node = typedb_struct(e->db, "node", false), *t;
    uint64_t value;
    typedb_define(e->db, &node);
    typedb_define(e->db, &color);
    assert_ptr_equal(typedb_struct(e->db, "node", false), &node);
    assert_ptr_equal(typedb_complete(e->db, btf_node->fields[0].type->elem), &node);
    assert_true(typedb_enumerator(e->db, "GREEN", &value, &t));
    assert_int_equal(value, 77);
    assert_int_equal(t->size, 8);
    typedb_define_name(e->db, "my_t", &node);
    assert_ptr_equal(typedb_named(e->db, "my_t"), &node);
}

static void field_names_include_anonymous_members(void **state) {
    struct env *e = *state;
    const char *const *names;
    assert_int_equal(typedb_field_names(typedb_struct(e->db, "node", false), e->arena, &names), 10);
    assert_string_equal(names[1], "x");
    assert_string_equal(names[3], "hi");
}

static void nothing_is_found_without_btf(void **state) {
    struct env *e = *state;
    uint64_t value;
    const char *const *names;
    assert_false(typedb_has_btf(e->db));
    assert_null(typedb_vmlinux(e->db));
    assert_null(typedb_struct(e->db, "task_struct", false));
    assert_null(typedb_by_id(e->db, 1));
    assert_null(typedb_function(e->db, "vfs_read", NULL));
    assert_null(typedb_raw_tracepoint(e->db, "sched_switch"));
    assert_false(typedb_enumerator(e->db, "X", &value, NULL));
    assert_null(typedb_definition(e->db, "struct x"));
    assert_int_equal(typedb_list(e->db, e->arena, "struct *", &names), 0);
    assert_non_null(typedb_named(e->db, "int"));
}

/* ---- event formats ------------------------------------------------------------------------ */

static const char sample_format[] = "name: sample\nID: 365\nformat:\n"
                                    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
                                    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
                                    "\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;\n"
                                    "\tfield:__rel_loc u8[] rest;\toffset:12;\tsize:4;\tsigned:0;\n"
                                    "\tfield:char comm[TASK_COMM_LEN];\toffset:16;\tsize:16;\tsigned:0;\n"
                                    "\tfield:int dfd;\toffset:32;\tsize:8;\tsigned:0;\n"
                                    "\tfield:const char * path;\toffset:40;\tsize:8;\tsigned:0;\n"
                                    "\tfield:const char *const * argv;\toffset:48;\tsize:8;\tsigned:0;\n"
                                    "\tfield:struct node * node;\toffset:56;\tsize:8;\tsigned:0;\n"
                                    "\tfield:unsigned long args[6];\toffset:64;\tsize:48;\tsigned:0;\n"
                                    "\tfield:enum color color;\toffset:112;\tsize:1;\tsigned:0;\n"
                                    "\tfield:bool ok;\toffset:113;\tsize:1;\tsigned:0;\n"
                                    "\tfield:elsewhere_p hidden;\toffset:120;\tsize:8;\tsigned:0;\n"
                                    "\tfield:void __seg_gs * ptr;\toffset:128;\tsize:8;\tsigned:0;\n"
                                    "\tfield:u32 tail[];\toffset:136;\tsize:0;\tsigned:0;\n"
                                    "\tfield:unknown_t blob;\toffset:136;\tsize:12;\tsigned:0;\n"
                                    "\tfield:broken line\n"
                                    "\nprint fmt: \"field:int fake;\toffset:1;\tsize:1;\tsigned:1;\"\n";

static void check_field(struct env *e, const struct type *t, const char *name, const char *type, uint32_t at) {
    uint32_t offset = 0;
    const struct field *f = type_field(t, name, &offset);
    assert_non_null(f);
    assert_string_equal(type_str(e->arena, f->type), type);
    assert_int_equal(offset, at);
}

static void formats_become_structs(void **state) {
    struct env *e = *state;
    struct format format;
    uint32_t offset;
    assert_true(tracefs_parse(e->arena, sample_format, &format));
    assert_int_equal(format.id, 365);
    const struct type *t = format_to_type(e->db, &format, "syscalls", "sample");
    assert_string_equal(type_str(e->arena, t), "struct tracepoint:syscalls:sample_args");
    assert_int_equal(t->nfields, 16);
    check_field(e, t, "filename", "int64", 8);
    check_field(e, t, "rest", "int64", 12);
    check_field(e, t, "comm", "string[16]", 16);
    check_field(e, t, "dfd", "uint64", 32);
    check_field(e, t, "path", "uint8 *", 40);
    check_field(e, t, "argv", "uint8 * *", 48);
    check_field(e, t, "node", "struct node *", 56);
    check_field(e, t, "args", "uint64[6]", 64);
    check_field(e, t, "color", "enum color", 112);
    check_field(e, t, "ok", "bool", 113);
    check_field(e, t, "hidden", "struct elsewhere *", 120);
    check_field(e, t, "ptr", "void *", 128);
    check_field(e, t, "tail", "uint32[0]", 136);
    check_field(e, t, "blob", "uint8[12]", 136);
    assert_int_equal(t->size, 148);
    assert_true(type_field(t, "common_pid", &offset)->is_common);
    assert_false(type_field(t, "path", &offset)->is_common);
    assert_int_equal(type_field(t, "path", &offset)->type->as, AS_USER);
    assert_int_equal(type_field(t, "color", &offset)->type->size, 1);
    assert_int_equal(type_field(t, "filename", &offset)->home, FIELD_DATA_LOC);
    assert_false(type_field(t, "filename", &offset)->is_relative);
    assert_true(type_field(t, "rest", &offset)->is_relative);
    const struct type *node = type_field(t, "node", &offset)->type->elem;
    assert_int_equal(typedb_complete(e->db, node)->size, 56);
    t = format_to_type(e->db, &format, "sched", "sample");
    assert_int_equal(type_field(t, "path", &offset)->type->as, AS_KERNEL);
}

static void formats_do_without_btf(void **state) {
    struct env *e = *state;
    struct format format;
    assert_true(tracefs_parse(e->arena, sample_format, &format));
    const struct type *t = format_to_type(e->db, &format, "sched", "sample");
    check_field(e, t, "comm", "string[16]", 16);
    check_field(e, t, "color", "uint8", 112);
    check_field(e, t, "hidden", "uint64", 120);
    check_field(e, t, "node", "struct node *", 56);
}

static void other_files_are_no_formats(void **state) {
    struct env *e = *state;
    struct format format;
    const char *const *lines;
    assert_false(tracefs_parse(e->arena, "", &format));
    assert_false(tracefs_parse(e->arena, "field:int x;", &format));
    assert_false(format_read(e->arena, "..", "x", &format));
    assert_false(format_read(e->arena, "a/b", "x", &format));
    assert_false(format_read(e->arena, "sched", "no_such_event", &format));
    assert_null(typedb_tracepoint(e->db, "no_such", "event", NULL));
    assert_int_equal(typedb_tracepoint_fields(e->arena, "no_such", "event", &lines), 0);
}

/* ---- this kernel -------------------------------------------------------------------------- */

static void kernel_task_struct(void **state) {
    struct env *e = *state;
    if (!typedb_has_btf(e->db))
        skip();
    assert_false(e->db->is_vmlinux_tried); /* asking does not load */
    uint32_t offset;
    uint64_t value;
    const struct type *t = typedb_struct(e->db, "task_struct", false);
    assert_string_equal(type_str(e->arena, type_field(t, "comm", &offset)->type), "string[16]");
    const struct type *parent = type_field(t, "real_parent", &offset)->type;
    assert_string_equal(type_str(e->arena, parent), "struct task_struct *");
    assert_ptr_equal(typedb_complete(e->db, parent->elem), t);
    assert_true(typedb_enumerator(e->db, "PIDTYPE_TGID", &value, &t));
    assert_int_equal(value, 1);
    assert_string_equal(type_str(e->arena, t), "enum pid_type");
    assert_string_equal(typedb_definition(e->db, "struct list_head"),
                        "vmlinux: struct list_head {\n\tstruct list_head *next;\n\tstruct list_head *prev;\n};\n");
    t = typedb_raw_tracepoint(e->db, "sys_enter");
    assert_string_equal(t->fields[0].name, "regs");
    assert_string_equal(type_str(e->arena, t->fields[0].type), "struct pt_regs *");
}

static void kernel_tracepoints(void **state) {
    struct env *e = *state;
    uint64_t id = 0;
    uint32_t offset;
    const char *const *lines;
    const struct type *t = typedb_tracepoint(e->db, "sched", "sched_switch", &id);
    if (!t)
        skip();
    assert_true(id > 0);
    check_field(e, t, "prev_comm", "string[16]", 8);
    assert_true(typedb_tracepoint_fields(e->arena, "sched", "sched_switch", &lines) >= 7);
    assert_string_equal(lines[0], "char prev_comm[16]");
    t = typedb_tracepoint(e->db, "syscalls", "sys_enter_openat", NULL);
    if (t)
        assert_int_equal(type_field(t, "filename", &offset)->type->as, AS_USER);
    assert_false(e->db->is_vmlinux_tried); /* these need no BTF */
}

#define MADE_UP(f) cmocka_unit_test_setup_teardown(f, open_made_up, close_env)
#define NOTHING(f) cmocka_unit_test_setup_teardown(f, open_nothing, close_env)
#define KERNEL(f)  cmocka_unit_test_setup_teardown(f, open_kernel, close_env)

int main(void) {
    const struct CMUnitTest tests[] = {
        MADE_UP(structs_have_their_members),
        MADE_UP(pointees_are_completed_on_demand),
        MADE_UP(bitfields_are_within_their_load),
        MADE_UP(enums_are_values_of_eight_bytes),
        MADE_UP(names_resolve_in_every_spelling),
        MADE_UP(functions_have_parameters),
        MADE_UP(raw_tracepoints_lose_the_data_pointer),
        MADE_UP(definitions_are_c_text),
        MADE_UP(lists_are_sorted),
        MADE_UP(repeated_lookups_use_the_index),
        MADE_UP(script_definitions_win),
        MADE_UP(field_names_include_anonymous_members),
        NOTHING(nothing_is_found_without_btf),
        MADE_UP(formats_become_structs),
        NOTHING(formats_do_without_btf),
        NOTHING(other_files_are_no_formats),
        KERNEL(kernel_task_struct),
        KERNEL(kernel_tracepoints),
    };
    return cmocka_run_group_tests(tests, make_file, drop_file);
}
