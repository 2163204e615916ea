/* A process that does exactly what it is told, a known number of times, for the runtime tests.
 *
 *   workload [--comm NAME] [--wait] ACTION ARGS [ACTION ARGS …]
 *
 * "fork N" makes N children, which do what follows as well; each waits for its own before it ends.
 * --wait prints the pid and goes on when a line (or end of file) arrives on standard input. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

long workload_add(long a, long b);
const char *workload_name(const char *name);
long workload_spin(long ms);
void workload_outer(long ms);

/* Targets of uprobes: never inlined, never cloned. */
__attribute__((noinline, noclone)) long workload_add(long a, long b) {
    __asm__ volatile("" ::: "memory");
    return a + b;
}

__attribute__((noinline, noclone)) const char *workload_name(const char *name) {
    __asm__ volatile("" ::: "memory");
    return name;
}

__attribute__((noinline, noclone)) long workload_spin(long ms) {
    struct timespec t0, t;
    long n = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0); /* processor time: however busy the machine is */
    do {
        for (int i = 0; i < 1000; i++)
            __asm__ volatile("" : "+r"(n));
        n++;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    } while ((t.tv_sec - t0.tv_sec) * 1000 + (t.tv_nsec - t0.tv_nsec) / 1000000 < ms);
    return n;
}

__attribute__((noinline, noclone)) void workload_outer(long ms) {
    workload_spin(ms);
    __asm__ volatile("" ::: "memory");
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* Reads of exactly these sizes from a file of zeros. */
static void read_sizes(const char *list) {
    static char buf[1 << 20];
    int fd = open("/dev/zero", O_RDONLY);
    if (fd < 0)
        die("/dev/zero");
    for (char *end; *list; list = *end ? end + 1 : end) {
        size_t n = strtoul(list, &end, 10);
        if (syscall(SYS_read, fd, buf, n) != (long)n)
            die("read");
    }
    close(fd);
}

static void touch_pages(long n) {
    char *p = mmap(NULL, (size_t)n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        die("mmap");
    madvise(p, (size_t)n * 4096, MADV_NOHUGEPAGE);
    for (long i = 0; i < n; i++)
        p[i * 4096] = 1;
    munmap(p, (size_t)n * 4096);
}

static void fork_children(long n) {
    while (n-- > 0) {
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (!pid)
            return;
    }
}

static void act(const char *action, const char *arg) {
    long n = strtol(arg, NULL, 10);
    if (!strcmp(action, "getppid")) {
        for (long i = 0; i < n; i++)
            syscall(SYS_getppid);
    } else if (!strcmp(action, "getuid")) {
        for (long i = 0; i < n; i++)
            syscall(SYS_getuid);
    } else if (!strcmp(action, "read")) {
        read_sizes(arg);
    } else if (!strcmp(action, "open")) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, arg, O_RDONLY);
        if (fd >= 0)
            close(fd);
    } else if (!strcmp(action, "malloc")) {
        for (long i = 0; i < n; i++) {
            void *volatile p = malloc(4096);
            free(p);
        }
    } else if (!strcmp(action, "faults")) {
        touch_pages(n);
    } else if (!strcmp(action, "add")) {
        for (long i = 0; i < n; i++)
            workload_add(i, 1000);
    } else if (!strcmp(action, "name")) {
        workload_name(arg);
    } else if (!strcmp(action, "spin")) {
        workload_outer(n);
    } else if (!strcmp(action, "fork")) {
        fork_children(n);
    } else if (!strcmp(action, "sleep")) {
        usleep((useconds_t)n * 1000);
    } else if (!strcmp(action, "exit")) {
        exit((int)n);
    } else {
        fprintf(stderr, "workload: unknown action '%s'\n", action);
        exit(2);
    }
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--comm") && i + 1 < argc) {
            prctl(PR_SET_NAME, argv[++i]);
        } else if (!strcmp(argv[i], "--wait")) {
            char line[8];
            printf("%d\n", getpid());
            fflush(stdout);
            if (read(0, line, sizeof line) < 0)
                die("read");
        } else if (i + 1 < argc) {
            act(argv[i], argv[i + 1]);
            i++;
        } else {
            fprintf(stderr, "workload: '%s' needs an argument\n", argv[i]);
            return 2;
        }
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
