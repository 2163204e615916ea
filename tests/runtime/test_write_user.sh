#!/bin/bash
# write_user: the traced process goes on with what was written into its memory.
. "$(dirname "$0")/lib.sh"
run --unsafe -q -c "$workload name Ada-Lovelace" -e "
uprobe:$workload:workload_name { \$s = \"Eva\"; print(write_user(arg0, \$s, 3)); print(write_user(1, \$s, 3)); }
uretprobe:$workload:workload_name { printf(\"out %s\n\", str(retval)); }"
if [ $status -ne 0 ] && grep -qi 'lockdown\|not permitted\|unknown func\|cannot use helper' "$err"; then
    skip "this kernel does not let BPF programs write"
fi
expect_status 0
expect_out 'true
false
out Eva-Lovelace'
run -q -e "uprobe:$workload:workload_name { write_user(arg0, \"x\", 1); }"
expect_status 1
expect_err 'write_user\(\) is an unsafe function being used in safe mode'
run --unsafe -q -e "uprobe:$workload:workload_name { _ = write_user(arg0, \"x\", 5); }"
expect_status 1
expect_err 'write_user\(\) would read 5 bytes of string\[2\]'
finish
