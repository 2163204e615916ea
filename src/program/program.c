/* Small helpers of struct program. */
#include "program/program.h"

#include <string.h>

uint32_t program_string(struct program *p, const char *s) {
    if (p->strings.n == 0)
        VEC_PUSH(p->arena, &p->strings, "");
    for (size_t i = 0; i < p->strings.n; i++)
        if (strcmp(p->strings.v[i], s) == 0)
            return (uint32_t)i;
    VEC_PUSH(p->arena, &p->strings, arena_strdup(p->arena, s));
    return (uint32_t)(p->strings.n - 1);
}

const char *loss_cause_name(enum loss_cause c) {
    switch (c) {
    case LOSS_RING_FULL: return "ring buffer full";
    case LOSS_MAP_FULL: return "map full";
    case LOSS_READ_FAILED: return "memory read failed";
    case LOSS_TRUNCATED: return "string truncated";
    case LOSS_LOOP: return "loop cut short";
    case LOSS_INDEX: return "array index out of range";
    case LOSS_COUNTER: return "counter of quantile full";
    case LOSS_QUEUE_FULL: return "queue or stack full";
    }
    return "unknown cause";
}
