#!/bin/bash
# Entry and return joined over a map: one duration for each call, the map empty afterwards.
. "$(dirname "$0")/lib.sh"
run -q -c "$workload --comm timed getppid 1000" -e '
tracepoint:raw_syscalls:sys_enter /comm == "timed" && args.id == 110/ { @start[tid] = nsecs; }
tracepoint:raw_syscalls:sys_exit /@start[tid]/ { @ns[comm] = hist(nsecs - @start[tid]); @n = count(); delete(@start, tid); }'
expect_status 0
expect_eq "$(map_value @n)" 1000
expect_eq "$(hist_total)" 1000
expect_no_line '^@start'
finish
