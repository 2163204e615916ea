/* Reading whole files. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/arena.h"
#include "support/file.h"

char *file_read(const char *path, size_t *len) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    size_t n = 0, cap = 1 << 16;
    char *text = malloc(cap + 1);
    ssize_t got = 0;
    while (text && (got = read(fd, text + n, cap - n)) > 0) {
        n += (size_t)got;
        if (n == cap)
            text = realloc(text, (cap *= 2) + 1);
    }
    close(fd);
    if (!text)
        out_of_memory();
    if (got < 0) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    if (len)
        *len = n;
    return text;
}
