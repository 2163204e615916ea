/* Questions about the script itself, answered while it is compiled. */
#include "builtins/common.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "parser/parser.h"
#include "program/format.h"
#include "support/strbuf.h"

static const struct type *answer(struct node *n, bool yes) {
    sema_set_int(n, &type_bool, yes);
    return &type_bool;
}

/* ---- types ---------------------------------------------------------------------------------- */

static const struct type *check_is_str(struct sema *s, struct node *n) {
    (void)s;
    return answer(n, arg(n, 0)->type->kind == TY_STRING);
}

static const struct type *check_is_ptr(struct sema *s, struct node *n) {
    (void)s;
    return answer(n, arg(n, 0)->type->kind == TY_PTR);
}

static const struct type *check_is_array(struct sema *s, struct node *n) {
    (void)s;
    return answer(n, arg(n, 0)->type->kind == TY_ARRAY);
}

static const struct type *check_is_integer(struct sema *s, struct node *n) {
    (void)s;
    return answer(n, arg(n, 0)->type->kind == TY_INT);
}

static const struct type *check_is_unsigned(struct sema *s, struct node *n) {
    (void)s;
    return answer(n, arg(n, 0)->type->kind == TY_INT && !arg(n, 0)->type->is_signed);
}

static const struct type *check_is_literal(struct sema *s, struct node *n) {
    (void)s;
    return answer(n, arg(n, 0)->is_const);
}

/* ---- kernel functions ----------------------------------------------------------------------- */

static const struct type *check_kfunc(struct sema *s, struct node *n) {
    const char *name;
    size_t len;
    const struct type *retval;
    if (!sema_const_str(arg(n, 0), &name, &len))
        return sema_error(s, n, D_BAD_ARGUMENT, "%s() accepts a string literal only", n->call.name);
    if (!strcmp(n->call.name, "kfunc_allowed"))
        return answer(n, false); /* the compiler has no calls of kernel functions yet */
    return answer(n, typedb_function(s->types, name, &retval) != NULL);
}

/* ---- fail, static_assert --------------------------------------------------------------------- */

/* One literal in the place of a conversion. False when it is none. */
static bool add_literal(struct strbuf *out, const struct node *a) {
    const char *text;
    size_t len;
    int64_t v;
    if (sema_const_str(a, &text, &len)) {
        strbuf_add(out, text, len);
    } else if (sema_const_int(a, &v)) {
        if (a->type->kind == TY_BOOL)
            strbuf_adds(out, v ? "true" : "false");
        else if (a->type->is_signed)
            strbuf_addi(out, v);
        else
            strbuf_addu(out, (uint64_t)v);
    } else {
        return false;
    }
    return true;
}

static const struct type *check_fail(struct sema *s, struct node *n) {
    struct format f = { 0 };
    struct strbuf out = { 0 };
    char unsupported = 0;
    size_t next = 1;
    format_parse(&f, s->arena, literal(arg(n, 0)), arg(n, 0)->const_len, &unsupported);
    for (VEC_EACH(c, &f.convs)) {
        strbuf_add(&out, c->literal, c->literal_len);
        if (!c->conv || !arg(n, next))
            continue;
        if (!add_literal(&out, arg(n, next++))) {
            strbuf_free(&out);
            return sema_error(s, n, D_BAD_ARGUMENT, "fail() arguments need to be literals");
        }
    }
    sema_error(s, n, D_GENERIC, "%s", strbuf_str(&out));
    strbuf_free(&out);
    return &type_none;
}

static struct value emit_nothing(struct codegen *cg, const struct node *n) {
    (void)cg, (void)n;
    return cg_void();
}

static const struct type *check_static_assert(struct sema *s, struct node *n) {
    const char *text = arg(n, 1) ? literal(arg(n, 1)) : "static assertion failed";
    int64_t holds;
    if (!sema_const_int(arg(n, 0), &holds))
        return sema_error(s, n, D_COMPTIME, "Unable to resolve comptime expression");
    return holds ? &type_none : sema_error(s, n, D_GENERIC, "%s", text);
}

/* ---- getopt --------------------------------------------------------------------------------- */

/* The word behind "--" that sets an option: its value, "" for a bare name, NULL when it was not given. The last wins. */
static const char *option_value(const struct sema *s, const char *name, bool *is_bare) {
    size_t len = strlen(name);
    const char *value = NULL;
    for (const char *const *w = s->opt->named; w && *w; w++) {
        const char *word = **w == '-' ? *w + strspn(*w, "-") : *w;
        if (strncmp(word, name, len) || (word[len] && word[len] != '='))
            continue;
        *is_bare = !word[len];
        value = *is_bare ? "" : word + len + 1;
    }
    return value;
}

static const struct type *option_bool(struct sema *s, struct node *n, const char *name, bool preset) {
    bool is_bare = false;
    const char *v = option_value(s, name, &is_bare);
    bool on = !strcasecmp(v ? v : "", "true") || !strcmp(v ? v : "", "1");
    if (!v)
        return answer(n, preset);
    if (is_bare || on)
        return answer(n, true);
    if (!strcasecmp(v, "false") || !strcmp(v, "0"))
        return answer(n, false);
    diag_error(s->diag, D_PARAMETER, (struct span){ 0 },
               "program command line option --%s expects a boolean (e.g. 'true') (value: %s)", name, v);
    return &type_poison;
}

/* The scanner's complaint about an integer, in the words for options. */
static const char *integer_fault(const char *text, const char *error) {
    if (!strncmp(error, "overflow", strlen("overflow")))
        return "value is out of range";
    return *text >= '0' && *text <= '9' ? "invalid trailing bytes" : "invalid integer";
}

static const struct type *option_int(struct sema *s, struct node *n, const char *name, int64_t preset,
                                     const struct type *t) {
    bool is_bare = false;
    const char *v = option_value(s, name, &is_bare);
    uint64_t value = (uint64_t)preset;
    const char *error = NULL;
    bool negative;
    if (is_bare)
        error = "expects an integer";
    else if (v && !parse_integer(v, strlen(v), true, &value, &negative, s->arena, &error))
        error = integer_fault(v, error);
    if (error) {
        diag_error(s->diag, D_PARAMETER, (struct span){ 0 }, "program command line option --%s %s (value: %s)", name,
                   error, is_bare ? "true" : v);
        return &type_poison;
    }
    sema_set_int(n, t, value);
    return t;
}

static const struct type *option_str(struct sema *s, struct node *n, const char *name, const char *preset) {
    bool is_bare = false;
    const char *v = option_value(s, name, &is_bare);
    v = v ? v : preset;
    sema_set_str(s, n, v, strlen(v));
    return n->type;
}

static const struct type *check_getopt(struct sema *s, struct node *n) {
    const char *name, *text;
    size_t len;
    int64_t number;
    const struct node *a = arg(n, 0), *preset = arg(n, 1);
    if (!sema_const_str(a, &name, &len))
        return sema_error(s, a, D_BAD_ARGUMENT, "First argument to 'getopt' must be a string literal.");
    if (!preset)
        return option_bool(s, n, name, false);
    if (sema_const_str(preset, &text, &len))
        return option_str(s, n, name, text);
    if (!sema_const_int(preset, &number))
        return sema_error(
            s, preset, D_BAD_ARGUMENT,
            "Second argument to 'getopt' must be a string literal, integer literal, or a boolean literal.");
    if (preset->type->kind == TY_BOOL)
        return option_bool(s, n, name, number != 0);
    return option_int(s, n, name, number, number < 0 && preset->type->is_signed ? &type_int64 : &type_uint64);
}

/* ---- the rest ------------------------------------------------------------------------------- */

static const struct type *check_default_str_length(struct sema *s, struct node *n) {
    uint64_t max = s->program->config.max_strlen;
    const struct type *t = sema_literal_type(max, false);
    sema_set_int(n, t, max);
    return t;
}

/* On a 64-bit machine a control group's id is the inode of its directory. */
static const struct type *check_cgroupid(struct sema *s, struct node *n) {
    const char *path = literal(arg(n, 0));
    struct stat st;
    if (stat(path, &st))
        return sema_error(s, n, D_BAD_ARGUMENT, "Failed to get `cgroupid` for path: \"%s\": %s", path, strerror(errno));
    sema_set_int(n, &type_uint64, st.st_ino);
    return &type_uint64;
}

const struct builtin builtins_meta[] = {
    { "is_str", "any", BF_COMPTIME, NULL, check_is_str, NULL, NULL, NULL, "whether it is a string" },
    { "is_ptr", "any", BF_COMPTIME, NULL, check_is_ptr, NULL, NULL, NULL, "whether it is a pointer" },
    { "is_array", "any", BF_COMPTIME, NULL, check_is_array, NULL, NULL, NULL, "whether it is an array" },
    { "is_integer", "any", BF_COMPTIME, NULL, check_is_integer, NULL, NULL, NULL, "whether it is an integer" },
    { "is_unsigned_integer", "any", BF_COMPTIME, NULL, check_is_unsigned, NULL, NULL, NULL,
      "whether it is an unsigned integer" },
    { "is_literal", "any", BF_COMPTIME, NULL, check_is_literal, NULL, NULL, NULL, "whether its value is known now" },
    { "kfunc_exist", "any", BF_COMPTIME, NULL, check_kfunc, NULL, NULL, NULL, "whether the kernel has a function" },
    { "kfunc_allowed", "any", BF_COMPTIME, NULL, check_kfunc, NULL, NULL, NULL,
      "whether this probe may call a kernel function" },
    { "fail", "strlit,...", BF_COMPTIME, NULL, check_fail, emit_nothing, NULL, NULL,
      "stops compilation with a message" },
    { "static_assert", "any,?strlit", BF_COMPTIME, NULL, check_static_assert, emit_nothing, NULL, NULL,
      "stops compilation with a message unless a condition holds" },
    { "getopt", "any,?any,?any", BF_COMPTIME, NULL, check_getopt, NULL, NULL, NULL,
      "the script's own option: getopt(name[, default[, help]])" },
    { "default_str_length", "", BF_COMPTIME, NULL, check_default_str_length, NULL, NULL, NULL,
      "the configured max_strlen" },
    { "cgroupid", "strlit", BF_COMPTIME, NULL, check_cgroupid, NULL, NULL, NULL, "cgroup v2 id of a path" },
    { 0 },
};
