/* Loads count.bpf.o, attaches it, says "attached" and waits for end of file on standard input. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct bpf_object *obj = argc > 1 ? bpf_object__open_file(argv[1], NULL) : NULL;
    if (!obj || bpf_object__load(obj))
        return 1;
    struct bpf_program *prog = bpf_object__find_program_by_name(obj, "count");
    struct bpf_link *link = prog ? bpf_program__attach(prog) : NULL;
    if (!link)
        return 1;
    puts("__BPFTRACE_NOTIFY_PROBES_ATTACHED");
    fflush(stdout);
    char c;
    while (read(0, &c, 1) > 0)
        ;
    bpf_link__destroy(link);
    bpf_object__close(obj);
    return 0;
}
