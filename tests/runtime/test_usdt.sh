#!/bin/bash
# USDT marks: arguments in every place they can have, copies of one mark, semaphores, lists.
. "$(dirname "$0")/lib.sh"
marks=$(dirname "$workload")/marks
run -e "usdt:$marks:marks:registers { printf(\"%d %ld %s %d %d %d %d\n\", arg0, arg1, str(arg2), arg3, arg4, arg5, arg6); }" -c "$marks"
expect_status 0
expect_line '^-1 1000000000001 text -2 5 -3 0$'
expect_line '^-3 1000000000003 text -2 5 -3 0$'
expect_line '^semaphore was on 0 times$'
grep -q '^Attached 1 probe$' "$err" || fail "not one probe"

run -e "usdt:$marks:memory { printf(\"%d %d %d %d %d %d\n\", arg0, arg1, arg2, arg3, arg4, arg5); }" -c "$marks"
expect_status 0
expect_line '^2 77 30 20 4660 18$'
expect_line '^6 77 30 20 4660 18$'
expect_line '^semaphore was on 3 times$'

# Copies of one mark keep arg0 in different places, and count as one probe.
run -e "usdt:$marks::copied { @[probe] = count(); @sum = sum(arg0); @nine = sum(arg1); }" -c "$marks"
expect_status 0
grep -q '^Attached 1 probe$' "$err" || fail "copies are not one probe"
expect_eq "$(map_value "@[usdt:$marks:marks:copied]")" 15 "hits"
# a, 1234, a + 100, a, a + 1 for a = 1, 2, 3
expect_eq "$(map_value @sum)" $((4 * 6 + 3 * 1334 + 3)) "sum of arg0"
expect_eq "$(map_value @nine)" 135 "sum of arg1"

run -q -e "usdt:$marks:* { @[probe] = count(); }" -c "$marks"
expect_eq "$(map_value "@[usdt:$marks:marks:registers]")" 3 "hits through a wildcard"
expect_eq "$(map_value "@[usdt:$marks:marks:copied]")" 15 "hits through a wildcard"

run -l "usdt:$marks:*"
expect_out "usdt:$marks:marks:copied
usdt:$marks:marks:memory
usdt:$marks:marks:registers"
run -e "usdt:$marks:marks:registrs { exit(); }"
expect_status 1
expect_err "No matches for usdt $marks:registrs"
expect_err 'did you mean .*:registers'
finish
