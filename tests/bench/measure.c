/* measure [-n RUNS] -- A… --- B…: runs the two commands in turns and prints median wall time and peak memory of each,
 * and their ratio. measure -1 -- A…: one command alone. Output of the commands is discarded. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct sample {
    double ms;
    long kib;
};

static struct sample run(char **argv) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        if (!getenv("MEASURE_STDERR"))
            dup2(null, 2);
        execvp(argv[0], argv);
        _exit(127);
    }
    struct rusage use = { 0 };
    int status = 0;
    wait4(pid, &status, 0, &use);
    clock_gettime(CLOCK_MONOTONIC, &b);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fprintf(stderr, "measure: %s ended with status 0x%x\n", argv[0], status);
    return (struct sample){ (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6, use.ru_maxrss };
}

static int by_ms(const void *a, const void *b) {
    double x = ((const struct sample *)a)->ms, y = ((const struct sample *)b)->ms;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    int runs = 11, i = 1;
    if (i + 1 < argc && !strcmp(argv[i], "-n")) {
        runs = atoi(argv[i + 1]);
        i += 2;
    }
    if (i < argc && !strcmp(argv[i], "--"))
        i++;
    char **first = argv + i, **second = NULL;
    for (; i < argc; i++)
        if (!strcmp(argv[i], "---")) {
            argv[i] = NULL;
            second = argv + i + 1;
        }
    struct sample *s[2] = { calloc((size_t)runs, sizeof **s), calloc((size_t)runs, sizeof **s) };
    for (int r = 0; r < runs; r++) {
        s[0][r] = run(first);
        if (second)
            s[1][r] = run(second);
    }
    for (int k = 0; k < (second ? 2 : 1); k++) {
        qsort(s[k], (size_t)runs, sizeof **s, by_ms);
        printf("  %-10s %9.1f ms (min %.1f, max %.1f)  %6.1f MiB\n", k ? "second" : "first", s[k][runs / 2].ms, s[k][0].ms,
               s[k][runs - 1].ms, (double)s[k][runs / 2].kib / 1024);
    }
    if (second)
        printf("  ratio      %9.1f ×\n", s[0][runs / 2].ms / s[1][runs / 2].ms);
    return 0;
}
