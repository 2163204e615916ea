/* Ending the run, messages about it, signals; and the compiler's own event for what goes wrong at run time. */
#include "builtins/common.h"

#include <linux/bpf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/runtime.h"

/* ---- exit ----------------------------------------------------------------------------------- */

static const struct type *check_exit(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    const struct type *record = &type_int64;
    if (s->is_final)
        sema_event(s, n, &record, a ? 1 : 0);
    return &type_none;
}

static struct value emit_exit(struct codegen *cg, const struct node *n) {
    LLVMValueRef code = arg(n, 0) ? cg_expr_i64(cg, arg(n, 0)) : cg_i64(cg, 0);
    LLVMValueRef stored = cg_arith(cg, A_ADD, cg_arith(cg, A_AND, code, cg_i64(cg, 0xff)), cg_i64(cg, 1));
    cg_store_int(cg, cg_global(cg, cg_checked(cg)->program->exit_offset), stored);
    struct cg_event e = cg_event_begin(cg, n->call.data);
    if (arg(n, 0))
        cg_store_int(cg, cg_event_field(cg, &e, 0), code);
    cg_event_end(cg, &e);
    cg_return(cg);
    return cg_void();
}

static void deliver_exit(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    int64_t code = 0;
    if (site->record->nfields && size >= sizeof code)
        memcpy(&code, data, sizeof code);
    runtime_exit(rt, (int)(code & 0xff));
}

/* ---- errorf, warnf, run-time errors ---------------------------------------------------------- */

static const struct type *check_format(struct sema *s, struct node *n) { return sema_format_call(s, n, 0); }
static struct value emit_format(struct codegen *cg, const struct node *n) { return cg_event_call(cg, n, 1); }

static void deliver_message(struct runtime *rt, const struct event_site *site, const void *data, bool is_warning) {
    struct strbuf *b = runtime_buffer(rt);
    struct sink *sink = runtime_sink(rt);
    struct event_site bare = *site; /* the script's own messages come without the line they are from */
    bare.excerpt = NULL;
    format_run(b, runtime_resolver(rt), runtime_plan(rt, site, 0), data);
    sink->ops->error(sink, &bare, strbuf_str(b), b->len, is_warning, 0);
}

static void deliver_errorf(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    (void)size;
    deliver_message(rt, site, data, false);
}

static void deliver_warnf(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    (void)size;
    deliver_message(rt, site, data, true);
}

/* Record: the helper's result. Sites without a text of their own say what the error number says. */
static void deliver_runtime_error(struct runtime *rt, const struct event_site *site, const void *data, size_t size) {
    int64_t code = 0;
    if (size >= sizeof code)
        memcpy(&code, data, sizeof code);
    const char *text = site->text ? site->text : strerror((int)(code < 0 ? -code : code));
    struct sink *sink = runtime_sink(rt);
    sink->ops->error(sink, site, text, strlen(text), true, (int)code);
}

/* ---- debugf --------------------------------------------------------------------------------- */

enum { TRACE_ARGUMENTS = 3 };

static const struct type *check_debugf(struct sema *s, struct node *n) {
    if (s->is_final)
        diag_warn(
            s->diag, D_GENERIC, n->span,
            "The debugf() builtin is not recommended for production use. For more information see bpf_trace_printk "
            "in bpf-helpers(7).");
    if (nargs(n) > 1 + TRACE_ARGUMENTS)
        return sema_error(s, n, D_BAD_COUNT, "debugf() can not have more than %d conversion specifiers",
                          TRACE_ARGUMENTS);
    return sema_format_call(s, n, 0);
}

static struct value emit_debugf(struct codegen *cg, const struct node *n) {
    const char *format = "";
    size_t len = 0;
    sema_const_str(arg(n, 0), &format, &len);
    char *text = arena_strndup(cg_checked(cg)->program->arena, format, len);
    LLVMValueRef args[2 + TRACE_ARGUMENTS] = { cg_rodata(cg, text, len + 1), cg_i64(cg, len + 1) };
    unsigned count = 2;
    for (size_t i = 1; i < nargs(n); i++) {
        const struct node *a = arg(n, i);
        if (type_is_scalar(a->type) || type_is_agg(a->type))
            args[count++] = cg_expr_i64(cg, a);
        else
            args[count++] = cg_ptr_to_i64(cg, cg_load(cg, cg_expr(cg, a)).v);
    }
    cg_helper(cg, BPF_FUNC_trace_printk, args, count);
    return cg_void();
}

/* ---- signal --------------------------------------------------------------------------------- */

static int signal_number(const char *name) {
    if (!strncmp(name, "SIG", 3))
        name += 3;
    for (int i = 1; i < SIGRTMIN; i++) {
        const char *abbreviation = sigabbrev_np(i);
        if (abbreviation && !strcmp(name, abbreviation))
            return i;
    }
    return -1;
}

static bool may_signal(const char *provider) {
    static const char *const names[] = { "kprobe",        "kretprobe", "uprobe", "uretprobe", "usdt",   "tracepoint",
                                         "rawtracepoint", "profile",   "fentry", "fexit",     "syscall" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(provider, names[i]))
            return true;
    return false;
}

static const struct type *check_signal(struct sema *s, struct node *n) {
    const struct node *a = arg(n, 0);
    const struct provider *p = s->block->provider;
    const char *name;
    size_t len;
    int64_t number = 0;
    if (!may_signal(p->name))
        sema_error(s, n, D_NOT_HERE, "%s() can not be used for this probetype %s", n->call.name,
                   p->probetype ? p->probetype : p->name);
    if (sema_const_str(a, &name, &len)) {
        number = signal_number(name);
        if (number < 0)
            return sema_error(s, n, D_BAD_ARGUMENT, "Invalid string for signal: %s", name);
    } else if (!type_is_intlike(a->type)) {
        return sema_error(s, n, D_BAD_ARGUMENT,
                          "%s() accepts a string literal or an integer between 1 and 64 (inclusive)", n->call.name);
    } else if (sema_const_int(a, &number) && (number < 1 || number > 64)) {
        return sema_error(s, n, D_BAD_ARGUMENT,
                          "%s() accepts a string literal or an integer between 1 and 64 (inclusive)", n->call.name);
    }
    int64_t *kept = n->call.data ? n->call.data : ARENA_NEW(s->arena, int64_t);
    *kept = number; /* 0: known at run time */
    n->call.data = kept;
    return &type_none;
}

static struct value send_signal(struct codegen *cg, const struct node *n, unsigned helper) {
    int64_t number = *(const int64_t *)n->call.data;
    if (number) {
        cg_helper(cg, helper, (LLVMValueRef[]){ cg_i64(cg, (uint64_t)number) }, 1);
        return cg_void();
    }
    LLVMValueRef v = cg_expr_i64(cg, arg(n, 0));
    struct cg_if good = cg_if(cg, cg_cmp(cg, C_ULT, cg_arith(cg, A_SUB, v, cg_i64(cg, 1)), cg_i64(cg, 64)));
    cg_helper(cg, helper, (LLVMValueRef[]){ v }, 1);
    cg_else(cg, &good);
    cg_runtime_error(cg, n, NULL, "signal() expects an integer between 1 and 64 (inclusive).", v);
    cg_end(cg, &good);
    return cg_void();
}

static struct value emit_signal(struct codegen *cg, const struct node *n) {
    return send_signal(cg, n, BPF_FUNC_send_signal);
}

static struct value emit_signal_thread(struct codegen *cg, const struct node *n) {
    return send_signal(cg, n, BPF_FUNC_send_signal_thread);
}

/* ---- override ------------------------------------------------------------------------------- */

static const struct type *check_override(struct sema *s, struct node *n) {
    if (strcmp(s->block->provider->name, "kprobe"))
        return sema_error(s, n, D_NOT_HERE, "override can not be used with \"%s\" probes", s->block->provider->name);
    return &type_none;
}

static struct value emit_override(struct codegen *cg, const struct node *n) {
    CG_HELPER(cg, BPF_FUNC_override_return, cg_ctx(cg), cg_expr_i64(cg, arg(n, 0)));
    return cg_void();
}

/* Known names that wait for their time: refused at the place. */
static const struct type *check_later(struct sema *s, struct node *n) {
    return sema_error(s, n, D_UNSUPPORTED, "%s() is not supported yet", n->call.name);
}

#define LATER(name, help) { name, "any,...", 0, NULL, check_later, NULL, NULL, NULL, help }

const struct builtin builtins_control[] = {
    { "exit", "?int", BF_ASYNC | BF_EXITS, NULL, check_exit, emit_exit, NULL, deliver_exit,
      "ends tracing, with an exit status" },
    { "errorf", "strlit,...", BF_ASYNC, NULL, check_format, emit_format, NULL, deliver_errorf,
      "reports an error at this place of the script" },
    { "warnf", "strlit,...", BF_ASYNC, NULL, check_format, emit_format, NULL, deliver_warnf,
      "reports a warning at this place of the script" },
    { "runtime_error", "", BF_ASYNC | BF_INTERNAL, &type_none, NULL, NULL, NULL, deliver_runtime_error,
      "a failed helper or operation" },
    { "debugf", "strlit,...", 0, NULL, check_debugf, emit_debugf, NULL, NULL,
      "formatted output to the kernel's trace pipe" },
    { "signal", "any", BF_UNSAFE, NULL, check_signal, emit_signal, NULL, NULL,
      "sends a signal to the running process" },
    { "signal_thread", "any", BF_UNSAFE, NULL, check_signal, emit_signal_thread, NULL, NULL,
      "sends a signal to the running thread" },
    { "override", "int", BF_UNSAFE, NULL, check_override, emit_override, NULL, NULL,
      "makes the probed function return a value at once" },
    LATER("unwatch", "removes a watchpoint"),
    LATER("skboutput", "writes a packet to a pcap file"),
    LATER("socket_cookie", "identifies a socket"),
    LATER("percpu_kaddr", "address of a per-CPU kernel variable"),
    LATER("path", "the path behind a struct path"),
    { 0 },
};
