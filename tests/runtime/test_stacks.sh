#!/bin/bash
# Stacks with names: the workload's own functions, the kernel's scheduler.
. "$(dirname "$0")/lib.sh"
run -q -c "$workload --comm spinner spin 600" -e 'profile:hz:99 /comm == "spinner"/ { @[ustack] = count(); @n = count(); }'
expect_status 0
expect_line '^ {8}workload_spin\+[0-9]+$'
expect_line '^ {8}workload_outer\+[0-9]+$'
n=$(map_value @n)
[ "${n:-0}" -ge 20 ] || fail "only '$n' samples in 600 ms at 99 Hz"
run -q -c "$workload --comm sleeper sleep 10 sleep 10 sleep 10" -e 'tracepoint:sched:sched_switch /comm == "sleeper"/ { @[kstack] = count(); @n = count(); }'
expect_line '^ {8}(__)?schedule\+[0-9]+$'
n=$(map_value @n)
[ "${n:-0}" -ge 3 ] || fail "only '$n' switches in three sleeps"
run -q -e 'interval:ms:20 { print(kstack(3)); exit(); }'
expect_status 0
finish
