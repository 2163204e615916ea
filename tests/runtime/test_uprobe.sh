#!/bin/bash
# User functions: arguments, return values, a library by its short name.
. "$(dirname "$0")/lib.sh"
run -q -c "$workload add 100 name Ada" -e "
uprobe:$workload:workload_add { @calls = count(); @sum = sum(arg0); @b[arg1] = count(); }
uretprobe:$workload:workload_add { @ret = sum(retval); }
uprobe:$workload:workload_name { printf(\"in %s %s\n\", func, str(arg0)); }
uretprobe:$workload:workload_name { printf(\"out %s\n\", str(retval)); }"
expect_status 0
expect_eq "$(map_value @calls)" 100
expect_eq "$(map_value @sum)" 4950
expect_eq "$(map_value '@b[1000]')" 100
expect_eq "$(map_value @ret)" 104950
expect_line '^in workload_name Ada$'
expect_line '^out Ada$'
run -q -c "$workload malloc 500" -e 'uprobe:libc:malloc /arg0 == 4096/ { @ = hist(arg0); @n = count(); }'
expect_eq "$(map_value @n)" 500 "uprobe:libc:malloc"
expect_line '^\[4K, 8K\) +500 \|@{52}\|$'
run -q -c "$workload add 10 name x" -e "uprobe:$workload:workload_* { @[func] = count(); @p[probe] = count(); }"
expect_eq "$(map_value '@[workload_add]')" 10 "wildcard, by function"
expect_eq "$(map_value "@p[uprobe:$workload:workload_add]")" 10 "wildcard, by probe"
finish
