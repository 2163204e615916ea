#!/bin/bash
# Nothing is lost in silence: what did not arrive is counted, and the numbers add up.
. "$(dirname "$0")/lib.sh"
calls=300000
BPFTRACE_PERF_RB_PAGES=1 run -c "$workload --comm noisy getppid $calls" -e 'tracepoint:syscalls:sys_enter_getppid /comm == "noisy"/ { printf("%d %s\n", pid, comm); @n = count(); }'
expect_status 0
lines=$(grep -c '^[0-9]* noisy$' "$out")
lost=$(sed -n 's/^WARNING: Total lost event count: //p' "$err")
expect_eq "$(map_value @n)" $calls "calls counted in the kernel"
expect_eq $((lines + ${lost:-0})) $calls "lines and lost events together"
if [ "${lost:-0}" -gt 0 ]; then
    expect_err '^Lost [0-9]+ events$'
    expect_err "^sonde: .*: $lost "
fi
run -q -e 'config = { max_map_keys = 10 } begin { for ($i : 0..100) { @[$i] = 1; } exit(); }'
expect_status 0
expect_eq "$(grep -c '^@\[' "$out")" 10 "entries of a full map"
expect_eq "$(grep -c "WARNING: Map full; can't update element" "$err")" 90 "warnings"
expect_err '^sonde: .*90 .*@'
run -q -f json -e 'config = { max_map_keys = 10 } begin { for ($i : 0..100) { @[$i] = 1; } exit(); }'
expect_line '"type": "ledger"'
run -q -k -e 'begin { print(*(int32 *)kptr(8)); exit(); }'
expect_err 'WARNING: (Bad address|Numerical result out of range)'
expect_err 'helper: probe_read(_kernel)?, retcode: -'
run -q -e 'begin { print(*(int32 *)kptr(8)); exit(); }'
expect_err '^sonde: .*read'
finish
