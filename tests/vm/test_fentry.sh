#!/bin/bash
# fentry and fexit: arguments typed by BTF, return values, known numbers of calls.
. "$(dirname "$0")/../runtime/lib.sh"
[ -e /sys/kernel/btf/vmlinux ] || skip "this kernel has no BTF"
run -q -c "$workload --comm counted getppid 1000 getuid 250" -e '
fentry:__do_sys_getppid /comm == "counted"/ { @[probe] = count(); }
fexit:__do_sys_getuid /comm == "counted"/ { @ret[retval] = count(); }'
expect_status 0
expect_eq "$(map_value '@[fentry:vmlinux:__do_sys_getppid]')" 1000 "fentry"
expect_eq "$(map_value '@ret[0]')" 250 "retval of fexit"
run -q -c "$workload --comm counted read 1,10,100,1000,1000" -e 'config = { max_strlen = 256 }
fentry:vfs_read /comm == "counted"/ { @n[args.count] = count(); @f[str(args.file->f_path.dentry->d_name.name)] = count(); }
fexit:vfs_read /comm == "counted"/ { @r[args.count, retval] = count(); }'
expect_eq "$(map_value '@n[1000]')" 2 "args.count"
expect_eq "$(map_value '@f[zero]')" 5 "fields behind args.file"
expect_eq "$(map_value '@r[1000, 1000]')" 2 "args and retval of fexit"
run -q -c "$workload --comm counted getppid 300 getuid 200" -e '
fentry:vmlinux:__do_sys_getppid,fentry:vmlinux:__do_sys_getuid /comm == "counted"/ { @[func] = count(); }'
expect_eq "$(map_value '@[__do_sys_getppid]')" 300 "a list, by function"
expect_eq "$(map_value '@[__do_sys_getuid]')" 200 "a list, by function"
run -q -c "$workload --comm counted getppid 300 getuid 200" -e 'fentry:__do_sys_get*id /comm == "counted"/ { @[probe] = count(); }'
expect_eq "$(map_value '@[fentry:vmlinux:__do_sys_getuid]')" 200 "wildcard"
if [ -e /sys/kernel/btf/dummy ]; then
    run -q -c "ip link set dummy0 up" -e 'fentry:dummy:set_multicast_list { @[str(args.dev->name)] = count(); }'
    expect_line '^@\[dummy0\]: [1-9]'
    ip link set dummy0 down
fi
# Keys of 1024 bytes: old kernels take 512.
run -q -c "$workload getppid 10" -e 'fentry:__do_sys_getppid { @[str(curtask->comm), comm] = count(); }'
[ "$status" -eq 0 ] || expect_err '@: the key of this map has [0-9]+ bytes, more than the 512 that this kernel allows'
run -e 'fentry:no_such_function_at_all { }'
[ "$status" -ne 0 ] || fail "a function that does not exist"
run -lv 'fentry:vfs_read'
expect_line '^fentry:vmlinux:vfs_read$'
expect_line 'size_t count'
finish
