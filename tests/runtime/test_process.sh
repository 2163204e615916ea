#!/bin/bash
# -p narrows to one process and ends with it; Ctrl-C ends a run at any moment, runs end, prints the maps.
. "$(dirname "$0")/lib.sh"
mkfifo "$dir/go"
"$workload" --wait getppid 700 <"$dir/go" >"$dir/pid" &
exec 9>"$dir/go"
while ! [ -s "$dir/pid" ]; do sleep 0.05; done
pid=$(cat "$dir/pid")
start -q -p "$pid" -e 'tracepoint:syscalls:sys_enter_getppid { @ = count(); }'
"$workload" getppid 50
echo go >&9
for _ in $(seq 100); do kill -0 "$sonde_pid" 2>/dev/null || break; sleep 0.1; done
kill -0 "$sonde_pid" 2>/dev/null && fail "sonde did not end with process $pid"
stop
expect_eq "$(map_value @)" 700 "calls of the one process"
start -q -e 'tracepoint:raw_syscalls:sys_enter { @ = count(); } end { printf("the end\n"); }' && sleep 0.2
stop INT
expect_status 0
expect_line '^the end$'
expect_line '^@: [0-9]+$'
for delay in 0.001 0.002 0.005 0.01 0.015 0.02 0.03 0.05 0.1; do
    timeout --preserve-status -k 5 -s INT $delay "$sonde" -e 'tracepoint:raw_syscalls:sys_enter { @ = count(); }' >"$out" 2>"$err" </dev/null
    status=$?
    # Before main there is nobody to catch it: death by SIGINT is the right end then.
    [ $status -eq 0 ] || [ $status -eq 130 ] || fail "status $status after SIGINT at $delay s"
done
run -q -p 999999999 -e 'begin { exit(); }'
expect_status 1
finish
