#!/bin/bash
# syscall:NAME and syscall:NAME:return: known numbers of calls, by the names that programs use, with arguments and results.
. "$(dirname "$0")/lib.sh"
comm='/comm == "sc_test"/'
calls="$workload --comm sc_test getppid 1000 read 4,16,64"
traced() { run -q -e "$1" -c "$calls"; expect_status 0; }

traced "syscall:getppid $comm { @[probe] = count(); } sc:getppid:return $comm { @[probe] = count(); @r[retval] = count(); }"
expect_eq "$(map_value '@[syscall:getppid]')" 1000 "entries"
expect_eq "$(map_value '@[syscall:getppid:return]')" 1000 "returns"
expect_eq "$(grep -c '^@r\[[0-9]*\]: 1000$' "$out")" 1 "one result, 1000 times"

# Types are those of the call: dfd is AT_FDCWD, not 4294967196.
traced "sc:openat $comm { printf(\"%d %s\n\", args.dfd, str(args.filename)); } sc:read $comm { @n = sum(args.count); }
        sc:read:return $comm { @r = sum(retval); }"
expect_line '^-100 /dev/zero$'
expect_eq "$(map_value @n)" 84 "bytes asked for"
expect_eq "$(map_value @r)" 84 "bytes read"

traced "sc:get*id,sc:get*id:return $comm { @[probe] = count(); } sc:* $comm { @all[probe] = count(); }
        syscall:getppid,syscall:getppid $comm { @twice = count(); }"
expect_eq "$(map_value '@[syscall:getppid]')" 1000 "wildcard, entries"
expect_eq "$(map_value '@[syscall:getppid:return]')" 1000 "wildcard, returns"
expect_eq "$(map_value '@all[syscall:getppid]')" 1000 "all calls"
expect_eq "$(map_value '@all[syscall:read]')" 3 "all calls, reads"
expect_eq "$(map_value @twice)" 2000 "one named twice"

# One program for all calls of a side.
run -d program --dry-run -e 'sc:* { @[probe] = count(); }'
expect_eq "$(grep -c '"function"' "$out")" 1 "programs"

# Names: of user space, with those of the events as aliases.
run --dry-run -e 'sc:newfstat,sc:umount,sc:newuname { print(probe); }'
expect_status 0
run -l 'sc:fstat'
[ -e /sys/kernel/tracing/events/syscalls ] && expect_out 'syscall:fstat'
run -lv 'syscall:openat'
[ -e /sys/kernel/tracing/events/syscalls ] && expect_out 'syscall:openat
    int dfd
    const char * filename
    int flags
    umode_t mode'
run -lv 'sc:getppid:return'
expect_out 'syscall:getppid:return
    long retval'

refused() { run -e "$1"; expect_status 1; expect_err "$2"; }
refused 'sc:read:return { print(args.fd); }' 'known where it begins'
refused 'sc:read { print(retval); }' 'use syscall:read:return'
refused 'sc:read:exit { }' 'can only be followed by :return'
refused 'sc:opennat { }' 'did you mean syscall:openat\?'
finish
