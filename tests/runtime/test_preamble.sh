#!/bin/bash
# C preambles: definitions, headers, macros. A traced program has the same header compiled in.
. "$(dirname "$0")/lib.sh"
"$sonde" --info | grep -q 'libclang.*: yes' || skip "built without libclang"
run -e 'struct probing_libclang { int x; } begin { exit(); }'
grep -q 'libclang, which cannot be opened' "$err" && skip "no libclang here"
structs=$(dirname "$workload")/structs

run -q -I "$source_dir/tests/workload" -c "$structs" -e '
#include <structs.h>
#define TAKE uprobe
#define SECOND $m->parts[1]
uprobe:'"$structs"':structs_take {
  $m = (struct machine *)arg0;
  printf("%d %s %s %d %d\n", $m->version, $m->state, $m->last[1], $m->last[1], $m->heat);
  printf("%s %d %d %d\n", $m->name, $m->word, $m->low, $m->high[2]);
  printf("%d %d %llx\n", $m->flags, $m->mode, $m->count);
  printf("%d %d %d\n", $m->at.x, $m->at.y, $m->grid[1][2].y);
  printf("%c %lld %c %lld\n", $m->first->tag, $m->first->serial, SECOND.tag, $m->first->next->next->serial);
  printf("%s %d\n", str($m->owner), $m->first->next->next->next == 0);
  printf("%x %llx %x\n", $m->tight.b, $m->tight.c, $m->tight.d);
  printf("%d %d %d\n", $m->aligned, $m->ntail, $m->tail[3]);
  printf("%d %d %s\n", NPARTS, NAME_LEN, BUSY);
  @parts[$m->state] = count();
}'
expect_status 0
expect_out "200 BUSY BROKEN -2 1
sixteen letters! 67305985 1 4
5 99 abcdef0123
-1 1000 -77
a 1000000000000 b 1000000000002
somebody 1
deadbeef 1fedcba98 1234
-5 4 4321
3 16 BUSY


@parts[BUSY]: 1"

# Layouts as the program's compiler has them.
cat >"$dir/sizes.c" <<'END'
#include <stddef.h>
#include <stdio.h>
#include "structs.h"
int main(void) {
    printf("%zu %zu %zu %zu %zu %zu\n", sizeof(struct machine), offsetof(struct machine, at), offsetof(struct machine, parts[1].next),
           offsetof(struct machine, tight.b), offsetof(struct machine, aligned), offsetof(struct machine, tail));
}
END
if cc -I "$source_dir/tests/workload" -o "$dir/sizes" "$dir/sizes.c" 2>/dev/null; then
    run -q --include "$source_dir/tests/workload/structs.h" -e 'begin { $p = (struct machine *)0;
      printf("%d %d %d %d %d %d\n", sizeof(struct machine), offsetof(struct machine, at),
        offsetof(struct machine, parts) + sizeof(struct part) + offsetof(struct part, next), offsetof(struct machine, tight.b),
        offsetof(struct machine, aligned), offsetof(struct machine, tail)); exit(); }'
    expect_out "$("$dir/sizes")"
fi

# The script's own.
run -q -e '
struct pair { int a; union { long b; char c; }; } __attribute__((packed)) /* no semicolon */
union word { unsigned long all; unsigned short parts[4]; };
enum color { RED = 3, GREEN }
#define N (1 << 4) // a comment
#define TWICE N * 2
#define S "text"
#define PAIR struct pair
#define MINUS_ONE -1
begin {
  $x = (uint64)0x0004000300020001; $w = (union word *)&$x;
  print((N, TWICE, S, MINUS_ONE, sizeof(PAIR), sizeof(struct pair), offsetof(struct pair, c), $w->parts[2], GREEN));
  print(sizeof(N));
  exit();
}'
expect_status 0
expect_line '^\(16, 32, text, -1, 12, 12, 4, 3, GREEN\)$'

# Headers of the system, those of the compiler or of sonde, conditions.
run -q -e '
#include <stddef.h>
#include <limits.h>
#include <linux/if_ether.h>
#if ETH_ALEN == 6 && defined(BPFTRACE_HAVE_BTF)
#define OK 1
#endif
begin { print((INT_MAX, ULONG_MAX, ETH_P_IP, sizeof(struct ethhdr), OK)); exit(); }'
[ -e /sys/kernel/btf/vmlinux ] && expect_out "(2147483647, 18446744073709551615, 2048, 14, 1)"

# Types from BTF, and definitions of the script's own in their place.
if [ -e /sys/kernel/btf/vmlinux ]; then
    run -q -e 'struct own { struct list_head l; u32 n; pid_t p[PIDTYPE_MAX]; struct task_struct *t; }
begin { $o = (struct own *)0; print((sizeof(struct own), offsetof(struct own, t))); print(sizeof(*$o->t) > 1000); exit(); }'
    expect_out "(48, 40)
true"
    run -q -e 'struct list_head { int mine; } struct own { struct list_head l; struct task_struct t; }
begin { print((sizeof(struct list_head), offsetof(struct own, t), sizeof(struct own) > 1000)); exit(); }'
    expect_line '^\(4, (8|16|32|64), true\)$'
fi

# Errors: clang's words at the script's lines, nothing attached.
run -e 'struct a { int x; }
struct b { nope y; struct undefined_thing z; }
begin { printf("attached\n"); exit(); }'
expect_status 2
expect_out ""
expect_err "^definitions\.h:3:12: error: unknown type name 'nope'$"
expect_err "^           ~~~~$"
expect_err "^definitions\.h:3:43: error: field has incomplete type 'struct undefined_thing'$"
run -e '#include <no/such.h>
begin { exit(); }'
expect_status 2
expect_err "^definitions\.h:2:10: fatal error: 'no/such\.h' file not found$"
run --include no/such.h -e 'begin { exit(); }'
expect_status 2
expect_err "fatal error: 'no/such\.h' file not found"
run -e '#define BAD return 5
#define LOOP LOOP + 1
begin { print(BAD); print(LOOP); }'
expect_status 1
expect_err 'ERROR: unable to expand macro as an expression: return 5$'
expect_err '^LOOP:1:1-5: ERROR: Macro recursion: LOOP$'
finish
