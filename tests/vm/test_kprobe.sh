#!/bin/bash
# Kernel functions through kprobes: known numbers of calls, arguments, return values, offsets, wildcards, modules.
# __x64_sys_getppid is a second name of __do_sys_getppid, the one that the kernel lists as traceable.
. "$(dirname "$0")/../runtime/lib.sh"
run -q -c "$workload --comm counted getppid 1000 getuid 250" -e '
kprobe:__x64_sys_getppid /comm == "counted"/ { @[func] = count(); @p[probe] = count(); }
kretprobe:__x64_sys_getuid /comm == "counted"/ { @ret[retval] = count(); @rp[probe] = count(); }'
expect_status 0
expect_line '^@\[__(x64|do)_sys_getppid\]: 1000$' # func: one of the names of that address
expect_eq "$(map_value '@p[kprobe:__x64_sys_getppid]')" 1000 "probe of a kprobe"
expect_eq "$(map_value '@ret[0]')" 250 "retval of a kretprobe"
expect_eq "$(map_value '@rp[kretprobe:__x64_sys_getuid]')" 250 "probe of a kretprobe"

run -q -c "$workload --comm counted read 1,10,100,1000,1000" -e '
kprobe:vfs_read /comm == "counted" && arg2 <= 1000 && arg2 != 832 / { @n[arg2] = count(); @s = sum(arg2); }
kretprobe:vfs_read /comm == "counted"/ { @r[retval] = count(); }'
expect_eq "$(map_value '@n[1000]')" 2 "arg2"
expect_eq "$(map_value '@n[10]')" 1 "arg2"
expect_eq "$(map_value '@r[100]')" 1 "retval"

# Many functions, one program: each is told apart.
run -q -c "$workload --comm counted getppid 300 getuid 200" -e '
kprobe:__do_sys_get*id /comm == "counted"/ { @[probe] = count(); @f[func] = count(); }'
expect_eq "$(map_value '@[kprobe:__do_sys_getppid]')" 300 "wildcard, by probe"
expect_eq "$(map_value '@f[__do_sys_getuid]')" 200 "wildcard, by function"
run -q -c "$workload --comm counted getppid 300 getuid 200" -e '
kretprobe:__do_sys_get*id /comm == "counted"/ { @[probe] = count(); }
kprobe:__x64_sys_getppid,kprobe:__x64_sys_getuid /comm == "counted"/ { @all = count(); }'
expect_eq "$(map_value '@[kretprobe:__do_sys_getppid]')" 300 "kretprobe wildcard"
expect_eq "$(map_value '@all')" 500 "a list"

# The first instruction is a place, too; so is the function by the module named, and by its address.
run -q -c "$workload --comm counted getppid 100" -e 'kprobe:__x64_sys_getppid+0 /comm == "counted"/ { @ = count(); }'
expect_eq "$(map_value '@')" 100 "+0"
run -q -c "$workload --comm counted getppid 100" -e 'kprobe:vmlinux:__x64_sys_getppid /comm == "counted"/ { @ = count(); }'
expect_eq "$(map_value '@')" 100 "kprobe:vmlinux:…"
address=0x$(awk '$3 == "__x64_sys_getppid" { print $1 }' /proc/kallsyms)
run -q --unsafe -c "$workload --comm counted getppid 100" -e "kprobe:$address /comm == \"counted\"/ { @ = count(); }"
expect_eq "$(map_value '@')" 100 "kprobe:ADDRESS"
if grep -q '^dummy ' /proc/modules; then
    run -q -c "ip link set dummy0 up" -e 'kprobe:dummy:set_multicast_list { @[probe] = count(); }'
    expect_line '^@\[kprobe:dummy:set_multicast_list\]: [1-9]'
    ip link set dummy0 down
fi

# Times between entry and return.
run -q -c "$workload --comm counted sleep 50" -e '
kprobe:hrtimer_nanosleep /comm == "counted"/ { @t[tid] = nsecs; }
kretprobe:hrtimer_nanosleep /@t[tid]/ { @us = (nsecs - @t[tid]) / 1000; delete(@t, tid); }'
us=$(map_value @us)
[ "${us:-0}" -ge 50000 ] && [ "$us" -lt 5000000 ] || fail "a sleep of 50 ms took '$us' us"

run -q -c "$workload --comm counted open /etc/passwd" -e '
kprobe:do_sys_openat2 /comm == "counted"/ { printf("open %s\n", str(uptr(arg1))); @[kstack(3)] = count(); }'
expect_line '^open /etc/passwd$'
expect_line 'do_sys_openat2'

# What cannot be.
run -e 'kprobe:no_such_function_at_all { }'
[ "$status" -ne 0 ] || fail "a function that does not exist"
expect_err 'no_such_function_at_all'
run -e 'kprobe:__x64_sys_getppid+1 { }'
[ "$status" -ne 0 ] || fail "an offset inside of an instruction"
run -l 'kprobe:__do_sys_getpp*'
expect_out "kprobe:__do_sys_getppid"
finish
