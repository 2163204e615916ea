#!/bin/bash
# What the generated code must and must not do, by its IR before optimization. Whole texts would differ from one LLVM to
# the next; these properties are decisions of the design.
. "$(dirname "$0")/lib.sh"
ir() { run --dry-run --stop-after codegen -d codegen -e "$1"; expect_status 0; }
helper() { grep -cE "inttoptr \(i64 $1 to ptr\)" "$out"; }

# A keyless count is words in memory: no map, no lookup, no update.
ir 'tracepoint:raw_syscalls:sys_enter { @ = count(); }'
expect_eq "$(helper 1)" 0 "lookups of a keyless count"
expect_eq "$(helper 2)" 0 "updates of a keyless count"
expect_no_line 'section "[.]maps"'
# A keyed one is looked up once and changed in place; the update is for new keys.
ir 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'
expect_eq "$(helper 1)" 2 "lookups of a keyed count: one more behind the insertion"
expect_eq "$(helper 2)" 1 "updates of a keyed count"
expect_eq "$(helper 16)" 1 "comm goes straight into the key"
# ++ is atomic.
ir 'begin { @x++; @y[1] += 2; }'
expect_eq "$(grep -c 'atomicrmw add' "$out")" 4 "atomic additions (two, and two counters of losses)"
# A string is read from user memory into its event record, without a copy.
ir 'tracepoint:syscalls:sys_enter_openat { printf("%s\n", str(args.filename)); }'
expect_eq "$(helper 131)" 1 "reservations"
expect_eq "$(helper 132)" 1 "submissions"
expect_eq "$(helper 114)" 1 "reads of a user string"
expect_no_line 'scratch_key'
expect_no_line 'llvm.memcpy'
# Fields that nobody asked for are not read.
ir 'tracepoint:syscalls:sys_enter_openat { @ = count(); }'
[ "$(helper 113)" -le 1 ] || fail "more is read than the mode of the call (32 bits or 64)"
# One program for many system calls, one for many events of one mechanism.
ir 'tracepoint:syscalls:sys_enter_* { @[probe] = count(); }'
expect_eq "$(grep -c '^define' "$out")" 1 "functions for all system calls"
# Constants are folded.
ir 'begin { @ = 2 * 21; }'
expect_line 'store i(8|16|32|64) 42'
# Every call has a place in the script.
expect_eq "$(grep -E '^ +(%[^=]*= )?call ' "$out" | grep -vc '!dbg')" 0 "calls without a place"
finish
