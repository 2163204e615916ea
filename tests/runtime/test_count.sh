#!/bin/bash
# Known numbers of system calls are counted as just that, through every kind of map and attach.
. "$(dirname "$0")/lib.sh"
run -q -c "$workload --comm counted getppid 1000" -e '
tracepoint:syscalls:sys_enter_getppid /comm == "counted"/ { @a = count(); @b[comm] = count(); @c++; @d[tid]++; @s[comm] = sum(2); }'
expect_status 0
expect_eq "$(map_value @a)" 1000 @a
expect_eq "$(map_value '@b[counted]')" 1000 @b
expect_eq "$(map_value @c)" 1000 @c
expect_line '^@d\[[0-9]+\]: 1000$'
expect_eq "$(map_value '@s[counted]')" 2000 @s
nr=$(awk '/__NR_getppid/ { print $3 }' /usr/include/x86_64-linux-gnu/asm/unistd_64.h 2>/dev/null || echo 110)
run -q -c "$workload --comm counted getppid 500 getuid 250" -e '
tracepoint:raw_syscalls:sys_enter /comm == "counted"/ { @[args.id] = count(); }
rawtracepoint:sys_enter /comm == "counted"/ { @raw[args.id] = count(); }
tracepoint:syscalls:sys_exit_getuid /comm == "counted"/ { @ret[args.ret] = count(); }'
expect_eq "$(map_value "@[$nr]")" 500 "raw_syscalls"
expect_eq "$(map_value "@raw[$nr]")" 500 "rawtracepoint"
expect_eq "$(map_value "@ret[$(id -u)]")" 250 "sys_exit"
run -q -c "$workload --comm counted getppid 300 getuid 200" -e '
tracepoint:syscalls:sys_enter_get*id /comm == "counted"/ { @[probe] = count(); }'
expect_eq "$(map_value '@[tracepoint:syscalls:sys_enter_getppid]')" 300 "one program for many system calls"
expect_eq "$(map_value '@[tracepoint:syscalls:sys_enter_getuid]')" 200 "one program for many system calls"
finish
