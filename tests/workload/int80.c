/* A 64-bit program that makes 100 system calls of the 32-bit kind: number 20, getpid there and writev here. */
int main(void) {
#if defined(__x86_64__)
    for (int i = 0; i < 100; i++) {
        long number = 20;
        __asm__ volatile("int $0x80" : "+a"(number)::"memory", "r8", "r9", "r10", "r11");
    }
#endif
    return 0;
}
