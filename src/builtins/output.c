/* What goes to the output beside printf: time, strftime, cat, join, system. */
#include "builtins/common.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/runtime.h"

static const struct type *check_format(struct sema *s, struct node *n) { return sema_format_call(s, n, 0); }
static struct value emit_format(struct codegen *cg, const struct node *n) { return cg_event_call(cg, n, 1); }

/* The formatted text, valid until the next use of the run's buffer. */
static const char *formatted(struct runtime *rt, const struct event_site *site, const void *data) {
    struct strbuf *b = runtime_buffer(rt);
    format_run(b, runtime_resolver(rt), runtime_plan(rt, site, 0), data);
    return strbuf_str(b);
}

static void complain(struct runtime *rt, const char *text) {
    struct sink *sink = runtime_sink(rt);
    sink_flush(sink, true); /* in order with what was printed before, when both go to a terminal */
    dprintf(sink->err_fd, "ERROR: %s\n", text);
}

/* ---- time, strftime ------------------------------------------------------------------------- */

static const struct type *check_time(struct sema *s, struct node *n) {
    struct event_site *site = s->is_final ? sema_event(s, n, NULL, 0) : NULL;
    if (site) {
        site->format = arg(n, 0) ? literal(arg(n, 0)) : "%H:%M:%S\n";
        site->format_len = strlen(site->format);
    }
    return &type_none;
}

static struct value emit_time(struct codegen *cg, const struct node *n) {
    struct cg_event e = cg_event_begin(cg, n->call.data);
    cg_event_end(cg, &e);
    return cg_void();
}

static void deliver_time(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    char text[1024];
    struct tm tm;
    time_t now = time(NULL);
    (void)data, (void)size;
    localtime_r(&now, &tm);
    size_t len = strftime(text, sizeof text, site->format, &tm);
    if (!len) {
        complain(rt, "strftime returned zero (Invalid argument)");
        return;
    }
    struct sink *sink = runtime_sink(rt);
    sink->ops->text(sink, "time", text, len);
}

static const struct type *check_strftime(struct sema *s, struct node *n) {
    int64_t now;
    const struct node *when = arg(n, 1);
    if (when->type->kind == TY_INT && when->type->bits == TS_MONOTONIC)
        return sema_error(s, n, D_BAD_ARGUMENT, "strftime() can not take a monotonic timestamp");
    if (sema_const_int(when, &now) && now < 0 && when->type->is_signed)
        return sema_error(s, n, D_BAD_ARGUMENT, "strftime() does not accept negative timestamps");
    return &type_timestamp;
}

static void emit_strftime_into(struct codegen *cg, const struct node *n, LLVMValueRef dest, const struct type *t) {
    const struct node *when = arg(n, 1);
    (void)t;
    uint32_t mode = when->type->kind == TY_INT ? when->type->bits : TS_BOOT;
    uint32_t number = program_string(cg_checked(cg)->program, literal(arg(n, 0)));
    cg_store_int(cg, cg_ptr_add(cg, dest, offsetof(struct timestamp_value, ns)), cg_expr_i64(cg, when));
    cg_store_int(cg, cg_ptr_add(cg, dest, offsetof(struct timestamp_value, mode)), cg_i32(cg, mode));
    cg_store_int(cg, cg_ptr_add(cg, dest, offsetof(struct timestamp_value, format)), cg_i32(cg, number));
}

/* ---- cat ------------------------------------------------------------------------------------ */

static void deliver_cat(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    (void)size;
    uint64_t room = runtime_program(rt)->config.max_cat_bytes;
    struct strbuf message = { 0 }, text = { 0 };
    const char *path = formatted(rt, site, data);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        strbuf_printf(&message, "failed to open file '%s' (%s)", path, strerror(errno));
        complain(rt, strbuf_str(&message));
        strbuf_free(&message);
        return;
    }
    char block[4096];
    ssize_t got = 0;
    while (room && (got = read(fd, block, room < sizeof block ? (size_t)room : sizeof block)) > 0) {
        strbuf_add(&text, block, (size_t)got);
        room -= (uint64_t)got;
    }
    close(fd);
    struct sink *sink = runtime_sink(rt);
    sink->ops->text(sink, "cat", strbuf_str(&text), text.len);
    strbuf_free(&text);
}

/* ---- system --------------------------------------------------------------------------------- */

static void report_status(struct runtime *rt, int status) {
    struct strbuf message = { 0 };
    if (WIFEXITED(status) && !WEXITSTATUS(status))
        return;
    if (WIFEXITED(status))
        strbuf_printf(&message, "command exited with code %d (Invalid argument)", WEXITSTATUS(status));
    else
        strbuf_adds(&message, "child process did not exit normally (Invalid argument)");
    complain(rt, strbuf_str(&message));
    strbuf_free(&message);
}

/* What the command wrote is shown even when it failed. */
static void deliver_system(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    (void)size;
    struct strbuf text = { 0 };
    struct sink *sink = runtime_sink(rt);
    sink_flush(sink, true);
    int status = runtime_command(rt, formatted(rt, site, data), &text);
    if (status == -1) {
        complain(rt, strerror(errno));
        return;
    }
    if (text.len || (WIFEXITED(status) && !WEXITSTATUS(status)))
        sink->ops->text(sink, "syscall", strbuf_str(&text), text.len);
    strbuf_free(&text);
    report_status(rt, status);
}

/* ---- join ----------------------------------------------------------------------------------- */

/* The strings lie one after the other in a buffer, each with its NUL. */
enum { JOIN_STRINGS = 16, BUFFER_HEADER = 4 };

static const struct type *check_join(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    if (!type_is_intlike(a->type) && a->type->kind != TY_PTR)
        return sema_error(s, n, D_BAD_ARGUMENT, "() only supports int or pointer arguments (%s provided)",
                          type_label(a->type));
    enum addr_space as = arg_space(s, a);
    if (!s->is_final)
        return &type_none;
    uint32_t capacity = JOIN_STRINGS * (uint32_t)s->program->config.max_strlen;
    const struct type *t = type_buffer(s->arena, capacity);
    struct event_site *site = sema_event(s, n, &t, 1);
    if (site) {
        site->text = arg(n, 1) ? literal(arg(n, 1)) : " ";
        site->number[0] = as;
    }
    return &type_none;
}

static struct value emit_join(struct codegen *cg, const struct node *n) {
    const struct event_site *site = n->call.data;
    enum addr_space as = (enum addr_space)site->number[0];
    uint64_t max = cg_checked(cg)->program->config.max_strlen;
    LLVMValueRef list = cg_expr_i64(cg, arg(n, 0));
    LLVMValueRef word = cg_scratch(cg, 8);
    struct cg_event e = cg_event_begin(cg, site);
    LLVMValueRef field = cg_event_field(cg, &e, 0), data = cg_ptr_add(cg, field, BUFFER_HEADER);
    LLVMValueRef used = cg_slot(cg, cg_i64(cg, 0));
    struct cg_loop l = cg_loop(cg, JOIN_STRINGS);
    LLVMValueRef at = cg_arith(cg, A_ADD, list, cg_arith(cg, A_SHL, l.i, cg_i64(cg, 3)));
    cg_probe_read(cg, n, word, cg_i64(cg, 8), at, as, false);
    LLVMValueRef string = cg_load_int(cg, word, 64), offset = cg_slot_get(cg, used);
    struct cg_if last = cg_if(cg, cg_cmp(cg, C_EQ, string, cg_i64(cg, 0)));
    cg_loop_break(cg, &l);
    cg_end(cg, &last);
    struct cg_if full = cg_if(cg, cg_cmp(cg, C_UGT, offset, cg_i64(cg, (JOIN_STRINGS - 1) * max)));
    cg_loop_break(cg, &l);
    cg_end(cg, &full);
    LLVMValueRef got = cg_probe_read(cg, n, cg_ptr_add_v(cg, data, offset), cg_i64(cg, max), string, as, true);
    struct cg_if good = cg_if(cg, cg_cmp(cg, C_SGT, got, cg_i64(cg, 0)));
    cg_slot_set(cg, used, cg_arith(cg, A_ADD, offset, got));
    cg_end(cg, &good);
    cg_loop_end(cg, &l);
    cg_store_int(cg, field, cg_trunc(cg, cg_slot_get(cg, used), 32));
    cg_event_end(cg, &e);
    return cg_void();
}

static void deliver_join(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    uint32_t used;
    memcpy(&used, data, sizeof used);
    if (used > size - BUFFER_HEADER)
        used = (uint32_t)(size - BUFFER_HEADER);
    const char *s = (const char *)data + BUFFER_HEADER, *end = s + used;
    struct strbuf *b = runtime_buffer(rt);
    for (bool first = true; s < end; first = false) {
        size_t len = strnlen(s, (size_t)(end - s));
        if (!first)
            strbuf_adds(b, site->text);
        strbuf_add(b, s, len);
        s += len + 1;
    }
    struct sink *sink = runtime_sink(rt);
    sink->ops->text(sink, "join", strbuf_str(b), b->len);
}

const struct builtin builtins_output[] = {
    { "time", "?strlit", BF_ASYNC, NULL, check_time, emit_time, NULL, deliver_time, "prints the time of day" },
    { "strftime", "strlit,int", 0, NULL, check_strftime, NULL, emit_strftime_into, NULL,
      "nanoseconds as a date and time: strftime(\"%H:%M:%S\", nsecs)" },
    { "cat", "strlit,...", BF_ASYNC, NULL, check_format, emit_format, NULL, deliver_cat, "prints a file" },
    { "join", "any,?strlit", BF_ASYNC, NULL, check_join, emit_join, NULL, deliver_join,
      "prints an array of strings with a separator" },
    { "system", "strlit,...", BF_ASYNC | BF_UNSAFE, NULL, check_format, emit_format, NULL, deliver_system,
      "runs a shell command" },
    { 0 },
};
