/* USDT marks written out as <sys/sdt.h> would make them, for every place an argument can have. Each run of the program
 * goes through `registers` and `memory` three times and through the five copies of `copied` three times. */
/* cflags: -O2 */
#include <stdio.h>

#define MARK(semaphore, name, args, ...)                                                                              \
    __asm__ volatile("990: nop\n"                                                                                     \
                     ".pushsection .note.stapsdt,\"?\",\"note\"\n"                                                     \
                     ".balign 4\n"                                                                                    \
                     ".4byte 992f-991f, 994f-993f, 3\n"                                                               \
                     "991: .asciz \"stapsdt\"\n"                                                                      \
                     "992: .balign 4\n"                                                                               \
                     "993: .8byte 990b, 0, " semaphore "\n"                                                           \
                     ".asciz \"marks\"\n"                                                                             \
                     ".asciz \"" name "\"\n"                                                                          \
                     ".asciz \"" args "\"\n"                                                                          \
                     "994: .balign 4\n"                                                                               \
                     ".popsection\n" ::__VA_ARGS__                                                                    \
                     : "memory")

int counter = 77;
long longs[4] = { 10, 20, 30, 40 };
unsigned short marks_semaphore __attribute__((section(".probes"), used));

#if defined(__x86_64__)
static void registers(int a, long b, const char *s) {
    MARK("0", "registers", "-4@%%edi 8@%%rsi 8@%%rdx -1@%%al 1@$5 -8@$-3", "D"(a), "S"(b), "d"(s), "a"(-2));
}
static void memory(int a) {
    volatile int local = a * 2;
    MARK("marks_semaphore", "memory", "-4@%0 -4@counter(%%rip) 8@longs+16(%%rip) 8@(%%rax,%%rcx,8) 2@%%bx 1@%%bh",
         "m"(local), "a"(longs), "c"(1L), "b"(0x1234));
}
static inline __attribute__((always_inline)) void copied(int x) { MARK("0", "copied", "-4@%0 8@$9", "nor"(x)); }
#elif defined(__aarch64__)
static void registers(int a, long b, const char *s) {
    register long x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = (long)s, x3 __asm__("x3") = -2;
    MARK("0", "registers", "-4@x0 8@x1 8@x2 -1@x3 1@5 -8@-3", "r"(x0), "r"(x1), "r"(x2), "r"(x3));
}
static void memory(int a) {
    volatile int local = a * 2;
    register long x0 __asm__("x0") = (long)&local, x1 __asm__("x1") = (long)&counter, x2 __asm__("x2") = (long)longs;
    MARK("marks_semaphore", "memory", "-4@[x0] -4@[x1, 0] 8@[x2, 16] 8@[x2, 8] 2@4660 1@18", "r"(x0), "r"(x1), "r"(x2));
}
static inline __attribute__((always_inline)) void copied(int x) {
    MARK("0", "copied", "-4@%w0 8@9", "r"(x));
}
#endif

static __attribute__((noinline)) void copies(int a) {
    copied(a);
    copied(1234);
    volatile int changed = a + 100;
    copied(changed);
    for (int i = 0; i < 2; i++)
        copied(i + a);
}

int main(void) {
    int n = 0;
    char text[] = "text"; /* on the stack: in memory, not on a page of the file still to be read */
    for (int i = 1; i <= 3; i++) {
        registers(-i, 1000000000000L + i, text);
        memory(i);
        copies(i);
        n += marks_semaphore != 0;
    }
    printf("semaphore was on %d times\n", n);
    return 0;
}
