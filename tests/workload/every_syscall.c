/* Makes every system call by its number once, with arguments that make it fail, between two rows of getppid calls.
 * Left out are calls that would end, stop or signal the process or change the machine whatever their arguments. */
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LAST = 480, MARKS = 5 };

static const int left_out[] = {
#ifdef SYS_fork
    SYS_fork, SYS_vfork, SYS_pause, SYS_alarm,
#endif
#ifdef SYS_arch_prctl
    335, 336, /* uretprobe, uprobe: for the kernel's own trampolines */
#endif
    SYS_clone, SYS_clone3, SYS_exit, SYS_exit_group, SYS_rt_sigreturn, SYS_kill, SYS_tkill, SYS_tgkill,
    SYS_pidfd_send_signal, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_reboot, SYS_vhangup, SYS_sync,
    SYS_kexec_load, SYS_kexec_file_load, SYS_ptrace, SYS_setsid, SYS_brk,
};

static int is_left_out(int nr) {
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (nr == left_out[i])
            return 1;
    return 0;
}

int main(void) {
    for (int i = 0; i < MARKS; i++)
        syscall(SYS_getppid);
    for (int nr = 0; nr <= LAST; nr++)
        if (!is_left_out(nr))
            syscall(nr, -1L, -1L, -1L, -1L, -1L, -1L);
    for (int i = 0; i < MARKS; i++)
        syscall(SYS_getppid);
    _exit(0);
}
