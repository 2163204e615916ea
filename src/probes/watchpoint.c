/* watchpoint:ADDRESS:LENGTH:MODE: the CPU's debug registers, of one process with -p or -c, else of the kernel.
 *
 * In struct probe: address, and in perf.config the length (low byte) and the HW_BREAKPOINT_… bits above it. */
#include <linux/bpf.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <string.h>

#include "probes/common.h"

/* Modes in the order they are named, as the CPU can have them. */
#if defined(__aarch64__)
static const char *const modes[] = { "r", "w", "x", "rw" };
static const char modes_text[] = "r,w,x,rw";
#else
static const char *const modes[] = { "x", "w", "rw" };
static const char modes_text[] = "x,w,rw";
#endif

static bool parse_mode(struct probe_env *env, const struct attach_point *ap, const char *text, uint64_t *mode) {
    static const char letters[] = "rwx";
    static const unsigned bits[] = { HW_BREAKPOINT_R, HW_BREAKPOINT_W, HW_BREAKPOINT_X };
    bool ok = true;
    *mode = 0;
    if (!*text || strspn(text, letters) != strlen(text))
        ok = probe_error(env, ap, "watchpoint mode must be combination of (r,w,x)");
    bool twice = false;
    for (const char *p = text; *p; p++) {
        const char *l = strchr(letters, *p);
        twice = twice || strchr(p + 1, *p);
        *mode |= l ? bits[l - letters] : 0;
    }
    if (twice)
        ok = probe_error(env, ap, "watchpoint modes may not be duplicated");
    char sorted[16]; /* as the reference shows it: letters in order, what is wrong at the end */
    size_t n = 0;
    for (int c = 1; c < 127 && n < sizeof sorted - 1; c++)
        for (const char *p = text; *p && n < sizeof sorted - 1; p++)
            if (*p == c)
                sorted[n++] = *p;
    sorted[n] = '\0';
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(sorted, modes[i]))
            return ok;
    struct diagnostic *d = diag_error(env->diag, D_PROBE, ap->span, "invalid watchpoint mode: %s", sorted);
    diag_hint(env->diag, d, "supported modes: %s", modes_text);
    return false;
}

static bool targets(struct probe_env *env, const struct attach_point *ap, struct block *b) {
    if (!probe_count(env, ap, "watchpoint", 3, 3, "3"))
        return false;
    uint64_t address, length, mode;
    if (!probe_integer(env, ap, ap_arg(ap, 0), "Invalid function/address argument", &address, NULL) ||
        !probe_integer(env, ap, ap_arg(ap, 1), "Invalid length argument", &length, NULL))
        return false;
    bool ok = true;
    if (!address)
        ok = probe_error(env, ap, "watchpoint must be attached to a non-zero address");
    if (length != 1 && length != 2 && length != 4 && length != 8)
        ok = probe_error(env, ap, "watchpoint length must be one of (1,2,4,8)");
    if (!parse_mode(env, ap, ap_arg(ap, 2), &mode) || !ok)
        return false;
    const char *name = arena_printf(env->arena, "watchpoint:0x%llx:%llu:%s", (unsigned long long)address,
                                    (unsigned long long)length, ap_arg(ap, 2));
    struct probe *p = probe_add(env, b, ap, "watchpoint", name);
    p->address = address;
    p->perf.config = length | mode << 8;
    p->perf.type = PERF_TYPE_BREAKPOINT;
    p->perf.period = 1;
    p->perf.all_cpus = true;
    return true;
}

static void plan(struct probe_env *env, struct block *b) {
    (void)env;
    b->attach = ATTACH_WATCHPOINT;
    b->prog_type = BPF_PROG_TYPE_PERF_EVENT;
}

const struct provider provider_watchpoint = {
    .name = "watchpoint",
    .short_name = "w",
    .probetype = "watchpoint",
    .flags = PF_HAS_REGS | PF_HAS_CTX | PF_PID_BY_ATTACH | PF_NO_LIST | PF_NO_WILDCARD,
    .targets = targets,
    .ctx = ctx_perf_event,
    .plan = plan,
    .help = "reads, writes or execution of an address: watchpoint:0x10000000:8:rw",
};
