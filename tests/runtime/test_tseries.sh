#!/bin/bash
# Time series by the clock: what two CPUs put into one interval comes together, and times are those of the wall clock.
. "$(dirname "$0")/lib.sh"
export BPFTRACE_UNSTABLE_TSERIES=enable TZ=UTC
before=$(date -u +%s)
for cpu in 0 $(($(nproc) - 1)); do
    run -q -f json -c "taskset -c $cpu $workload --comm tscounted getppid 1000" -e '
tracepoint:syscalls:sys_enter_getppid /comm == "tscounted"/ {
    @sum = tseries(2, 10d, 4, "sum"); @avg[comm] = tseries(-3, 10d, 4, "avg"); @last = tseries(7, 1s, 60);
}
end { @sum = tseries(1, 10d, 4, "sum"); @avg["tscounted"] = tseries(-3, 10d, 4, "avg"); }'
    expect_status 0
    expect_line '"@sum": \[\{"interval_start":"20[0-9-]* 00:00:00.000000000","value":2001\}\]'
    expect_line '"@avg": \{"tscounted": \[\{"interval_start":"20[0-9-]* 00:00:00.000000000","value":-3\}\]'
    shown=$(sed -n 's/.*"@last": \[{"interval_start":"\([^"]*\)\.000000000".*/\1/p' "$out")
    at=$(date -u -d "$shown" +%s)
    [ "$at" -ge $((before - 1)) ] && [ "$at" -le $((before + 30)) ] || fail "the time shown is $shown"
done
run -q -e 'begin { @a = tseries(5, 1s, 10); }'
expect_line '^@a:$'
expect_line '^hh:mm:ss.ns        \|_{51}\|$'
expect_line '^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.000000000 \| {25}\*'
expect_line '^ {19}4 {51}6$'
finish
