#!/bin/bash
# One meaning, whatever the attachment: events counted through raw tracepoints, through the one program that serves many
# system calls, and through perf, which a kernel stack forces.
. "$(dirname "$0")/lib.sh"
comm='/comm == "tp_test"/'
calls="$workload --comm tp_test getppid 1000"
counted() { # script, expected, name
    run -q -e "$1" -c "$calls"
    expect_status 0
    expect_eq "$(map_value @)" "$2" "$3"
}
getppid() { echo "tracepoint:syscalls:sys_$1_getppid $comm { @ = count(); ${2:-} }"; }
counted "$(getppid enter)" 1000 "raw, one system call"
counted "$(getppid exit)" 1000 "raw, one result"
counted "$(getppid enter '@k[kstack] = count();')" 1000 "perf, one system call"
counted "$(getppid exit '@k[kstack] = count();')" 1000 "perf, one result"
counted "$(getppid enter '@a = args.__syscall_nr;')" 1000 "raw, with a field"
counted "tracepoint:syscalls:sys_enter_getppid,tracepoint:syscalls:sys_exit_getppid $comm { @ = count(); }" 2000 "both sides"
counted "tracepoint:syscalls:sys_enter_getppid,tracepoint:syscalls:sys_enter_getppid $comm { @ = count(); }" 2000 "one named twice"
counted "tracepoint:syscalls:sys_*_getppid $comm { @ = count(); }" 2000 "wildcard over both sides"
number=$(awk -F'[ ,()]+' -v column="$([ "$(uname -m)" = x86_64 ] && echo 3 || echo 4)" \
    '/^SYSCALL\(getppid,/ { print $column }' "$source_dir/src/probes/syscall_table.h")
counted "tracepoint:raw_syscalls:sys_enter $comm { if (args.id == $number) { @ = count(); } }" 1000 "raw_syscalls, raw"
run -q -e "tracepoint:syscalls:* $comm { @[probe] = count(); }" -c "$calls"
expect_eq "$(map_value '@[tracepoint:syscalls:sys_enter_getppid]')" 1000 "all of them, entry"
expect_eq "$(map_value '@[tracepoint:syscalls:sys_exit_getppid]')" 1000 "all of them, exit"

# Programs of their own tell other events apart.
run -q -e 'tracepoint:sched:* { @[probe] = count(); } interval:ms:300 { exit(); }' -c "$workload sleep 100"
expect_status 0
expect_line '^@\[tracepoint:sched:sched_switch\]: [1-9]'
expect_line '^@\[tracepoint:sched:sched_process_(exec|exit)\]: [1-9]'

# Calls of the 32-bit kind are none of the events' business.
if [ "$(uname -m)" = x86_64 ] && "$(dirname "$workload")/int80"; then
    run -q -e 'tracepoint:syscalls:sys_enter_writev /comm == "int80"/ { @ = count(); }
               tracepoint:syscalls:sys_exit_writev /comm == "int80"/ { @e = count(); }
               tracepoint:raw_syscalls:sys_enter /comm == "int80" && args.id == 20/ { @raw = count(); }' -c "$(dirname "$workload")/int80"
    expect_eq "$(map_value @)" "" "32-bit calls taken for writev"
    expect_eq "$(map_value @e)" "" "32-bit results taken for writev's"
    expect_eq "$(map_value @raw)" 100 "32-bit calls, raw"
fi
finish
