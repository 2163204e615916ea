#!/bin/bash
# Sums, averages, extremes and histograms of known sizes.
. "$(dirname "$0")/lib.sh"
sizes=1,2,3,4,100,1000,5000,5001,1048576
run -q -c "$workload --comm sized read $sizes" -e '
tracepoint:syscalls:sys_exit_read /comm == "sized" && args.ret > 0/ { @sum = sum(args.ret); @n = count(); @min = min(args.ret); @max = max(args.ret);
  @avg = avg(args.ret); @stats = stats(args.ret); @h = hist(args.ret); @k[comm] = hist(args.ret); @l = lhist(args.ret, 0, 5000, 1000); }'
expect_status 0
expect_eq "$(map_value @sum)" 1059687
expect_eq "$(map_value @n)" 9
expect_eq "$(map_value @min)" 1
expect_eq "$(map_value @max)" 1048576
expect_eq "$(map_value @avg)" 117743
expect_eq "$(map_value @stats)" "{ .count = 9, .average = 117743, .total = 1059687 }"
expect_eq "$(hist_total)" 27 "all three histograms"
expect_line '^\[1\] +1 \|'
expect_line '^\[2, 4\) +2 \|@+ *\|$'
expect_line '^\[4K, 8K\) +2 \|'
expect_line '^\[1M, 2M\) +1 \|'
expect_line '^\[0, 1000\) +5 \|'
expect_line '^\[5000, \.\.\.\) +3 \|'
finish
