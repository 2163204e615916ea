/* The command of -c: forked before the script is compiled, so that its pid is known, and held back until the probes are
 * attached.
 *
 * It waits on a pipe. If we die before the release, the pipe's end closes and the child leaves without having run
 * anything. That exec will work is checked beforehand, because afterwards nobody would see the message. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/rt.h"

struct child {
    pid_t pid;
    int pidfd;
    int gate; /* write end: one byte lets it go */
};

static char **split(struct arena *a, const char *command) {
    VEC(char *) words = { 0 };
    while (*(command += strspn(command, " \t\n"))) {
        size_t n = strcspn(command, " \t\n");
        VEC_PUSH(a, &words, arena_strndup(a, command, n));
        command += n;
    }
    VEC_PUSH(a, &words, NULL);
    return words.v;
}

/* An ELF file that may be executed: 0, or the errno that says why not. */
static int check_executable(const char *path) {
    struct stat st;
    char magic[4];
    if (stat(path, &st))
        return errno;
    if (!S_ISREG(st.st_mode))
        return EACCES;
    if (access(path, X_OK))
        return errno;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0; /* may be executed but not read: let exec decide */
    ssize_t n = read(fd, magic, sizeof magic);
    close(fd);
    return n == sizeof magic && memcmp(magic, "\177ELF", 4) == 0 ? 0 : ENOEXEC;
}

/* Full path of a command in $PATH; NULL with *error when nothing there can be run. */
static const char *search(struct arena *a, const char *name, int *error) {
    if (strchr(name, '/')) {
        *error = check_executable(name);
        return *error ? NULL : name;
    }
    const char *dir = getenv("PATH");
    *error = ENOENT;
    for (dir = dir ? dir : "/usr/local/bin:/usr/bin:/bin";; dir++) {
        size_t n = strcspn(dir, ":");
        const char *path = n ? arena_printf(a, "%.*s/%s", (int)n, dir, name) : name;
        int e = check_executable(path);
        if (!e)
            return path;
        if (e != ENOENT && e != ENOTDIR)
            *error = e;
        dir += n;
        if (!*dir)
            return NULL;
    }
}

/* In the child: nothing but system calls. What was checked beforehand can still fail (a foreign architecture). */
_Noreturn static void wait_and_exec(int gate, const char *path, char **argv) {
    char byte;
    ssize_t n;
    while ((n = read(gate, &byte, 1)) < 0 && errno == EINTR)
        ;
    if (n == 1) {
        execv(path, argv);
        dprintf(STDERR_FILENO, "ERROR: Failed to run '%s': %s\n", path, strerror(errno));
    }
    _exit(n == 1 ? 127 : 0);
}

static bool start(struct child *c, const char *path, char **argv) {
    int gate[2];
    if (pipe2(gate, O_CLOEXEC))
        return false;
    c->pid = fork();
    if (c->pid == 0) {
        close(gate[1]);
        wait_and_exec(gate[0], path, argv);
    }
    close(gate[0]);
    c->gate = gate[1];
    c->pidfd = c->pid > 0 ? (int)syscall(SYS_pidfd_open, c->pid, 0) : -1;
    if (c->pid < 0) {
        close(gate[1]);
        return false;
    }
    return true;
}

struct child *child_start(const char *command, struct diag *d) {
    struct arena *a = arena_new();
    char **argv = split(a, command);
    int error = ENOENT;
    const char *path = argv[0] ? search(a, argv[0], &error) : NULL;
    struct child *c = NULL;
    if (!path) {
        diag_error(d, D_GENERIC, (struct span){ 0 },
                   "Failed to fork child: Path '%s' does not exist or is not executable (%s)", argv[0] ? argv[0] : "",
                   strerror(error));
    } else if (!(c = calloc(1, sizeof *c))) {
        out_of_memory();
    } else if (!start(c, path, argv)) {
        diag_error(d, D_GENERIC, (struct span){ 0 }, "Failed to fork child: %s", strerror(errno));
        free(c);
        c = NULL;
    }
    arena_free(a);
    return c;
}

pid_t child_pid(const struct child *c) { return c->pid; }

int child_fd(const struct child *c) { return c->pidfd; }

void child_release(struct child *c) {
    if (c->gate < 0)
        return;
    if (write(c->gate, "", 1) != 1)
        kill(c->pid, SIGTERM);
    close(c->gate);
    c->gate = -1;
}

/* SIGTERM may be ignored by the command; then it is left to itself rather than waited for. */
void child_stop(struct child *c) {
    if (!c)
        return;
    int status;
    if (waitpid(c->pid, &status, WNOHANG) == 0) {
        kill(c->pid, SIGTERM);
        for (int i = 0; i < 50 && waitpid(c->pid, &status, WNOHANG) == 0; i++)
            usleep(2000);
    }
    if (c->gate >= 0)
        close(c->gate);
    if (c->pidfd >= 0)
        close(c->pidfd);
    free(c);
}
