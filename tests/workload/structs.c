/* Calls structs_take once with a struct that has some of everything. */
#include <stdlib.h>
#include <string.h>

#include "structs.h"

int structs_take(struct machine *m);
__attribute__((noinline, noclone)) int structs_take(struct machine *m) {
    __asm__ volatile("" : : "r"(m) : "memory");
    return m->version;
}

int main(void) {
    struct machine *m = calloc(1, sizeof *m + 4 * sizeof m->tail[0]);
    m->version = 200;
    m->state = BUSY;
    m->last[1] = BROKEN;
    m->heat = WARM;
    memcpy(m->name, "sixteen letters!", NAME_LEN);
    m->word = 0x04030201;
    m->flags = 5;
    m->mode = 99;
    m->count = 0xabcdef0123;
    m->at = (point_t){-1, 1000};
    m->grid[1][2].y = -77;
    for (int i = 0; i < NPARTS; i++) {
        m->parts[i].tag = (char)('a' + i);
        m->parts[i].serial = 1000000000000 + (uint64_t)i;
        m->parts[i].next = i + 1 < NPARTS ? &m->parts[i + 1] : NULL;
    }
    m->first = m->parts;
    m->owner = strdup("somebody"); /* not in a page that nobody has touched */
    m->run = structs_take;
    m->tight.b = 0xdeadbeef;
    m->tight.c = 0x1fedcba98;
    m->tight.d = 0x1234;
    m->aligned = -5;
    m->ntail = 4;
    m->tail[3] = 4321;
    return m->run(m) != 200;
}
