#!/bin/bash
# -p: who is counted, by each kind of probe; and interval, which fires whoever runs.
. "$(dirname "$0")/lib.sh"
mkfifo "$dir/go"
"$workload" --wait add 300 getppid 300 spin 200 <"$dir/go" >"$dir/pid" &
exec 9>"$dir/go"
while ! [ -s "$dir/pid" ]; do sleep 0.05; done
pid=$(cat "$dir/pid")
# The process sleeps: only interval has anything to do.
run -q -p "$pid" -e 'interval:ms:50 { @n++; if (@n == 3) { exit(); } } tracepoint:raw_syscalls:sys_enter { @other = count(); }'
expect_status 0
expect_eq "$(map_value @n)" 3 "intervals with -p"
start -q -p "$pid" -e "
uprobe:$workload:workload_add { @u = count(); }
tracepoint:syscalls:sys_enter_getppid { @t = count(); }
rawtracepoint:sys_enter /args.id == $(awk -F'[ ,()]+' -v column="$([ "$(uname -m)" = x86_64 ] && echo 3 || echo 4)" \
    '/^SYSCALL\(getppid,/ { print $column }' "$source_dir/src/probes/syscall_table.h")/ { @r = count(); }
profile:hz:99 { @p[pid] = count(); }"
"$workload" add 1000 getppid 1000 # somebody else
echo go >&9
for _ in $(seq 100); do kill -0 "$sonde_pid" 2>/dev/null || break; sleep 0.1; done
kill -0 "$sonde_pid" 2>/dev/null && fail "sonde did not end with process $pid"
stop
expect_status 0
expect_eq "$(map_value @u)" 300 "uprobes"
expect_eq "$(map_value @t)" 300 "tracepoints"
expect_eq "$(map_value @r)" 300 "raw tracepoints"
expect_line "^@p\[$pid\]: [1-9]"
expect_eq "$(grep -c '^@p' "$out")" 1 "processes in the profile"
finish
