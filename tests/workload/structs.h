/* Included by structs.c and by the scripts that trace it. */
#ifndef STRUCTS_H
#define STRUCTS_H
#include <stdint.h>

#define NPARTS 3
#define NAME_LEN (2 * 8)

enum state { IDLE = 1, BUSY = 5, BROKEN = -2 };
typedef enum { COLD, WARM } heat_t;
typedef struct {
    int16_t x, y;
} point_t;

struct part {
    char tag;
    uint64_t serial;
    struct part *next;
};

struct machine {
    uint8_t version;
    enum state state, last[2];
    heat_t heat;
    char name[NAME_LEN];
    union {
        uint32_t word;
        struct {
            uint8_t low, high[3];
        };
    };
    unsigned flags : 3, mode : 7;
    int : 6;
    unsigned long long count : 40;
    point_t at, grid[2][3];
    struct part *first, parts[NPARTS];
    const char *owner;
    int (*run)(struct machine *);
    struct __attribute__((packed)) {
        char a;
        uint32_t b;
        uint64_t c : 33, d : 14;
    } tight;
    int16_t aligned __attribute__((aligned(32)));
    struct elsewhere *unknown;
    uint16_t ntail, tail[];
};
#endif
