/* Runs a script under sonde and compares. A script that fails is cut down: statements are left out while it still
 * fails the same way. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

static char *read_all(const char *path) {
    FILE *in = fopen(path, "r");
    size_t size = 1 << 20;
    char *s = calloc(1, size + 1);
    if (in && s)
        s[fread(s, 1, size, in)] = 0;
    if (in)
        fclose(in);
    return s;
}

static int run(const char *sonde, const char *script, const char *out, const char *err) {
    pid_t pid = fork();
    if (!pid) {
        dup2(open("/dev/null", O_RDONLY), 0);
        dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0644), 1);
        dup2(open(err, O_WRONLY | O_CREAT | O_TRUNC, 0644), 2);
        alarm(120);
        execl(sonde, sonde, "-q", script, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return status;
}

static int by_line(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Maps have no order among equals: lines of the last part are compared sorted. */
static bool same_output(char *a, char *b) {
    char *texts[2] = { a, b }, *lines[2][4096];
    size_t n[2] = { 0, 0 };
    char *maps[2] = { strstr(a, "\n\n"), strstr(b, "\n\n") };
    if (!maps[0] || !maps[1] || maps[0] - a != maps[1] - b || memcmp(a, b, (size_t)(maps[0] - a)))
        return false;
    for (int i = 0; i < 2; i++) {
        char *save = NULL;
        for (char *l = strtok_r(maps[i], "\n", &save); l && n[i] < 4096; l = strtok_r(NULL, "\n", &save))
            lines[i][n[i]++] = l;
        qsort(lines[i], n[i], sizeof *lines[i], by_line);
    }
    (void)texts;
    if (n[0] != n[1])
        return false;
    for (size_t i = 0; i < n[0]; i++)
        if (strcmp(lines[0][i], lines[1][i]))
            return false;
    return true;
}

/* Warnings that a random script earns. */
static bool is_expected(const char *line) {
    static const char *const texts[] = { "Unnecessary cast",       "being cast to type",
                                         "undefined behavior",     "While loops are deprecated",
                                         "Divide or modulo by 0",  "Unreachable statement",
                                         "Return value discarded", "literal string will always be empty" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strstr(line, texts[i]))
            return true;
    return false;
}

/* First line of a complaint nobody expects, without its place. */
static const char *complaint(char *err) {
    char *save = NULL;
    for (char *l = strtok_r(err, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        char *at = strstr(l, "ERROR: ");
        if (!at)
            at = strstr(l, "WARNING: ");
        if (!at)
            at = strstr(l, "runtime error");
        if (!at)
            at = strstr(l, "Sanitizer");
        if (at && !is_expected(at))
            return at;
    }
    return NULL;
}

static struct outcome judge(int status, char *err, char *got, char *want) {
    struct outcome o = { "", "" };
    bool crashed = !WIFEXITED(status) || WEXITSTATUS(status) >= 99;
    const char *c = complaint(err);
    const char *kind = NULL;
    if (crashed && !(WIFEXITED(status) && WEXITSTATUS(status) == 255 && c))
        kind = "crash";
    else if (c && (strstr(c, "loading") || strstr(c, "erifier")))
        kind = "verifier";
    else if (c)
        kind = "diagnostic";
    else if (WEXITSTATUS(status))
        kind = "status";
    else if (!same_output(got, want))
        kind = "values";
    if (kind) {
        snprintf(o.what, sizeof o.what, "%s", kind);
        snprintf(o.text, sizeof o.text, "%.500s (status %#x)", c ? c : "", (unsigned)status);
    }
    return o;
}

struct outcome check_script(struct fuzz *f, const char *sonde, const char *dir) {
    char script[300], out[300], err[300], want[300];
    snprintf(script, sizeof script, "%s/script.bt", dir);
    snprintf(out, sizeof out, "%s/out", dir);
    snprintf(err, sizeof err, "%s/err", dir);
    snprintf(want, sizeof want, "%s/expected", dir);
    FILE *w = fopen(script, "w"), *x = fopen(want, "w");
    struct outcome none = { "", "" };
    if (!w || !x)
        abort();
    script_write(&f->script, w);
    bool usable = script_run(f, x);
    fclose(w);
    fclose(x);
    if (!usable)
        return none;
    int status = run(sonde, script, out, err);
    char *e = read_all(err), *o = read_all(out), *wanted = read_all(want);
    struct outcome result = judge(status, e, o, wanted);
    free(e);
    free(o);
    free(wanted);
    return result;
}

static bool still_fails(struct fuzz *f, const char *sonde, const char *dir, const struct outcome *was) {
    struct outcome now = check_script(f, sonde, dir);
    if (strcmp(now.what, was->what))
        return false;
    return strcmp(was->what, "diagnostic") || !strncmp(now.text, was->text, 24);
}

static void reduce_block(struct fuzz *f, struct stmt *first, const char *sonde, const char *dir,
                         const struct outcome *was) {
    for (struct stmt *s = first; s; s = s->next) {
        if (s->is_removed)
            continue;
        s->is_removed = true;
        if (still_fails(f, sonde, dir, was))
            continue;
        s->is_removed = false;
        reduce_block(f, s->body, sonde, dir, was);
        reduce_block(f, s->other, sonde, dir, was);
    }
}

/* Puts an operand in the place of an expression that has the same type. */
static void reduce_expr(struct fuzz *f, struct expr **at, const char *sonde, const char *dir,
                        const struct outcome *was) {
    struct expr *e = *at;
    if (!e)
        return;
    for (unsigned i = 0; i < e->n && i < MAX_PARTS; i++) {
        if (!ty_same(e->k[i]->type, e->type) || e->k[i]->is_literal != e->is_literal)
            continue;
        *at = e->k[i];
        if (still_fails(f, sonde, dir, was)) {
            reduce_expr(f, at, sonde, dir, was);
            return;
        }
        *at = e;
    }
    if (e->kind == E_BLOCK)
        reduce_block(f, e->body, sonde, dir, was);
    for (unsigned i = 0; i < e->n && i < MAX_PARTS; i++)
        reduce_expr(f, &e->k[i], sonde, dir, was);
}

static void reduce_exprs(struct fuzz *f, struct stmt *s, const char *sonde, const char *dir,
                         const struct outcome *was) {
    for (; s; s = s->next) {
        if (s->is_removed)
            continue;
        for (unsigned i = 0; i < 8; i++)
            reduce_expr(f, &s->e[i], sonde, dir, was);
        reduce_exprs(f, s->body, sonde, dir, was);
        reduce_exprs(f, s->other, sonde, dir, was);
    }
}

void reduce_script(struct fuzz *f, const char *sonde, const char *dir, const struct outcome *was) {
    for (unsigned i = f->script.nprobes; i--;)
        reduce_block(f, f->script.probe[i], sonde, dir, was);
    for (unsigned i = 0; i < f->script.nprobes; i++)
        reduce_exprs(f, f->script.probe[i], sonde, dir, was);
    for (unsigned i = f->script.nprobes; i--;)
        reduce_block(f, f->script.probe[i], sonde, dir, was);
    check_script(f, sonde, dir);
}
