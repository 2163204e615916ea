#!/bin/bash
# Every way to say where a uprobe goes, and what is refused.
. "$(dirname "$0")/lib.sh"
hits() { # probe text, expected hits of 25 calls
    run -q -e "uprobe:$1 { @ = count(); }" -c "$workload add 25"
    expect_status 0
    expect_eq "$(map_value @)" "$2" "hits of uprobe:$1"
}
symbol=$(nm "$workload" | awk '$3 == "workload_add" { print $1 }')
hits "$workload:workload_add" 25
hits "$workload:workload_add+0" 25
hits "$workload:work*_add" 25
hits "$workload:0x$symbol" 25
hits "$workload:$((16#$symbol))" 25
hits "$(dirname "$workload")/../workload/workload:workload_add" 25
hits "$(dirname "$workload")/work*d:workload_add" 25
cp "$workload" "$dir/work load"
run -q -e "uprobe:\"$dir/work load\":workload_add { @ = count(); }" -c "$workload add 25"
expect_eq "$(map_value @)" "" "hits of another file"
(cd "$(dirname "$workload")" && "$sonde" -q -e "uprobe:./workload:workload_add { @ = count(); }" -c "./workload add 7" >"$out" 2>"$err")
expect_eq "$(map_value @)" 7 "hits of a relative path"
PATH=$(dirname "$workload"):$PATH run -q -e 'uprobe:workload:workload_add { printf("%s\n", probe); exit(); }' -c "$workload add 1"
expect_line "^uprobe:$workload:workload_add\$"

# Several on one place run in the order of the script, twice when named twice.
run -q -e "uprobe:$workload:workload_add { printf(\"1\n\"); } uprobe:$workload:workload_add { printf(\"2\n\"); }" -c "$workload add 1"
expect_eq "$(tr -d '\n' <"$out")" 12 "order of two probes"
run -q -e "uprobe:$workload:workload_add,uprobe:$workload:workload_add { @ = count(); }" -c "$workload add 5"
expect_eq "$(map_value @)" 10 "hits of one probe named twice"

refused() { # probe text, status, message
    run -e "uprobe:$1 { exit(); }"
    expect_status "$2"
    expect_err "$3"
}
refused "$workload:workload_ad" 1 "No matches for uprobe $workload:workload_ad\."
expect_err "did you mean uprobe:$workload:workload_add\?"
refused "$workload:nothing*" 1 'Probe has no valid attach points'
refused "/no/such:f" 1 "uprobe target file '/no/such' does not exist or is not executable"
refused "/etc/passwd:f" 1 'does not exist or is not executable'
refused "$workload:workload_add+100000" 255 "Offset outside the function bounds \('workload_add' size is"
refused "$workload:0xfffffffffff" 255 "Could not resolve address: $workload:0xfffffffffff"
refused "$workload:workload_add+x" 1 'Invalid offset: invalid integer: x'
refused "$workload:rust:f" 1 'unsupported language type: rust'
refused "$workload@nothing.c:1" 1 'nothing.c|No DWARF'
run -e "uretprobe:$workload:workload_add+1 { exit(); }"
expect_err 'Offset not allowed'

run -l "uprobe:$workload:workload_a*"
expect_out "uprobe:$workload:workload_add"
finish
