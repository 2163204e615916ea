#!/bin/bash
# Software events, intervals, signals, time, and output to a file.
. "$(dirname "$0")/lib.sh"
run -q -c "$workload --comm faulty faults 1000" -e 'software:page-faults:1 /comm == "faulty"/ { @ = count(); }'
expect_status 0
n=$(map_value @)
[ "${n:-0}" -ge 1000 ] || fail "'$n' page faults of 1000"
run -q -e 'begin { @ = 5 } interval:ms:50 { time("%Y "); print(@); clear(@); @n++; if (@n == 2) { exit(); } }'
expect_eq "$(head -1 "$out")" "$(date +%Y) @: 5"
start -q -e 'self:signal:SIGUSR1 { printf("signal\n"); } interval:s:30 { exit(); }' && kill -USR1 "$sonde_pid" && sleep 0.5
stop
expect_status 0
expect_line '^signal$'
run -q -o "$dir/file" -e 'begin { printf("to the file\n"); exit(); }'
expect_eq "$(head -1 "$dir/file")" "to the file"
expect_eq "$(cat "$out")" "" "standard output with -o"
finish
