/* Shell commands of system(). */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/rt.h"
#include "support/strbuf.h"

/* Our own mask blocks what the user types to end the command, and SIGPIPE is ignored here. */
static int spawn(struct runtime *rt, const char *command, int output, pid_t *pid) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigdefault(&attr, &set);
    if (!rt->is_masked)
        sigprocmask(SIG_SETMASK, NULL, &rt->old_mask);
    posix_spawnattr_setsigmask(&attr, &rt->old_mask);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    char *argv[] = { "sh", "-c", (char *)command, NULL };
    int error = posix_spawn(pid, "/bin/sh", &files, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

static void read_output(int fd, struct strbuf *out) {
    char block[4096];
    ssize_t n;
    while ((n = read(fd, block, sizeof block)) != 0) {
        if (n > 0)
            strbuf_add(out, block, (size_t)n);
        else if (errno != EINTR)
            return;
    }
}

int runtime_command(struct runtime *rt, const char *command, struct strbuf *out) {
    int ends[2], status;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC))
        return -1;
    int error = spawn(rt, command, ends[1], &pid);
    close(ends[1]);
    if (error) {
        close(ends[0]);
        errno = error;
        return -1;
    }
    read_output(ends[0], out);
    close(ends[0]);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}
