/* The report of --info: sections of "  name: yes" entries, two to a line where there are many. */
#include "info.h"

#include <string.h>
#include <sys/utsname.h>

#include "runtime/runtime.h"

struct entry {
    const char *name;
    bool value;
};

static void section(FILE *out, const char *title, const struct entry *entries, size_t n) {
    fprintf(out, "%s\n", title);
    for (size_t i = 0; i < n; i++) {
        char text[80];
        int len = snprintf(text, sizeof text, "%s: %s", entries[i].name, entries[i].value ? "yes" : "no");
        bool is_last = i % 2 || i + 1 == n;
        fprintf(out, "%s%s%*s", i % 2 ? "" : "  ", text, is_last || len > 33 ? 0 : 33 - len, "");
        if (is_last)
            fputc('\n', out);
    }
    fputc('\n', out);
}

void show_info(FILE *out) {
    struct utsname u;
    uname(&u);
    const struct kernel_features *f = kernel_features();
    fprintf(out, "System\n  OS: %s %s %s\n  Arch: %s\n\n", u.sysname, u.release, u.version, u.machine);
    fprintf(out, "Build\n  version: v" SONDE_VERSION "\n"
                 "  libdw (DWARF support): yes\n"
#ifdef SONDE_LIBCLANG
                 "  libclang (C preambles): yes\n"
#else
                 "  libclang (C preambles): no\n"
#endif
                 "  blazesym (advanced symbolization): no\n\n");
    const struct entry helpers[] = {
        { "dpath", f->dpath },
        { "get_tai_ns", f->get_tai_ns },
        { "get_func_ip", f->get_func_ip },
        { "lookup_percpu_elem", f->lookup_percpu_elem },
        { "loop", f->loop },
        { "get_attach_cookie", f->attach_cookie },
    };
    section(out, "Kernel helpers", helpers, sizeof helpers / sizeof *helpers);
    const struct entry features[] = {
        { "btf", f->btf },
        { "module btf", f->module_btf },
        { "ringbuf", f->ringbuf },
        { "map_lookup_batch", f->map_lookup_batch },
        { "open_coded_iterators", f->open_coded_iterators },
    };
    section(out, "Kernel features", features, sizeof features / sizeof *features);
    const struct entry probes[] = {
        { "kprobe", f->kprobes },
        { "kprobe_multi", f->kprobe_multi },
        { "kprobe_session", f->kprobe_session },
        { "uprobe_multi", f->uprobe_multi },
        { "fentry", f->fentry },
        { "iter", f->iter },
    };
    section(out, "Probe types", probes, sizeof probes / sizeof *probes);
}
