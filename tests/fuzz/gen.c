/* Random scripts for sonde.
 *
 *   fuzz print SEED              one script on standard output, what it must print on standard error
 *   fuzz run SONDE COUNT SEED    so many, from this seed on; those that fail are kept, cut down, in ./fuzz-failures
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

static void generate(struct fuzz *f, uint64_t seed) {
    memset(f, 0, sizeof *f);
    f->random = seed * 0x2545f4914f6cdd1dull;
    gen_script(f);
}

static int print_one(uint64_t seed) {
    struct fuzz f;
    generate(&f, seed);
    script_write(&f.script, stdout);
    script_run(&f, stderr);
    fuzz_release(&f);
    return 0;
}

/* Keeps what is needed to see it again. */
static void keep(const char *dir, uint64_t seed, const struct outcome *o) {
    char command[1500];
    mkdir("fuzz-failures", 0755);
    snprintf(command, sizeof command, "rm -rf fuzz-failures/%llu && cp -r '%s' fuzz-failures/%llu",
             (unsigned long long)seed, dir, (unsigned long long)seed);
    if (system(command))
        fprintf(stderr, "cannot keep seed %llu\n", (unsigned long long)seed);
    printf("seed %llu: %s: %s\n", (unsigned long long)seed, o->what, o->text);
    fflush(stdout);
}

static int run_many(const char *sonde, uint64_t count, uint64_t seed) {
    char dir[] = "/tmp/sonde-fuzz-XXXXXX";
    unsigned failures = 0;
    time_t start = time(NULL);
    if (geteuid()) {
        printf("skipped: not root\n");
        return 77;
    }
    if (!mkdtemp(dir))
        return 2;
    for (uint64_t i = seed; i < seed + count && failures < 20; i++) {
        struct fuzz f;
        generate(&f, i);
        struct outcome o = check_script(&f, sonde, dir);
        if (o.what[0]) {
            failures++;
            if (!getenv("FUZZ_WHOLE"))
                reduce_script(&f, sonde, dir, &o);
            keep(dir, i, &o);
        }
        fuzz_release(&f);
    }
    printf("%llu scripts from seed %llu in %ld s: %u failed\n", (unsigned long long)count, (unsigned long long)seed,
           (long)(time(NULL) - start), failures);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) || failures ? 1 : 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "print"))
        return print_one(strtoull(argv[2], NULL, 0));
    if (argc == 5 && !strcmp(argv[1], "run"))
        return run_many(argv[2], strtoull(argv[3], NULL, 0), strtoull(argv[4], NULL, 0));
    fprintf(stderr, "usage: fuzz print SEED | fuzz run SONDE COUNT SEED\n");
    return 2;
}
