#!/bin/bash
# quantile() and distinct(): errors within their bounds, from few to many values, over CPUs, as text and as JSON.
. "$(dirname "$0")/lib.sh"
# within NAME GOT EXACT PERCENT
within() { awk -v g="$2" -v e="$3" -v p="$4" 'BEGIN { d = g - e; if (d < 0) d = -d; exit !(g != "" && d * 100 <= e * p) }' || fail "$1 is '$2', not $3 within $4 %"; }
field() { sed -n "s/.*\.$1 = \([0-9]*\).*/\1/p" <<<"$2"; }

run -q -e 'begin {
  for ($i : 1..1000001) { @q = quantile($i * $i, 1, 50, 99); @d = distinct($i); @same = quantile(7000); }
  for ($i : 1..201) { @few = quantile($i); @few_d = distinct($i % 10); }
  @none = quantile(1); clear(@none); @neg = quantile(-5);
  for ($i : 1..1001) { @k[$i % 4] = quantile($i * ($i % 4), 99, 50); @dk[$i % 2 ? "odd" : "even"] = distinct(($i % 30, "x")); }
  print(@k, 2);
}'
expect_status 0
q=$(map_value @q)
expect_eq "$(field count "$q")" 1000000 count
within p1 "$(field p1 "$q")" 100000000 1
within p50 "$(field p50 "$q")" 250000000000 1
within p99 "$(field p99 "$q")" 980100000000 1
within distinct "$(map_value @d)" 1000000 2
same=$(map_value @same)
expect_eq "$(field count "$same")" 1000000 "count of one value"
within p99 "$(field p99 "$same")" 7000 1
expect_eq "$(map_value @few)" "{ .count = 200, .p50 = 100, .p90 = 180, .p99 = 198 }"
expect_eq "$(map_value @few_d)" 10
expect_eq "$(map_value @neg)" "{ .count = 1, .p50 = 0, .p90 = 0, .p99 = 0 }"
expect_eq "$(map_value '@dk[odd]')" 15
expect_eq "$(map_value '@dk[even]')" 15
expect_no_line '@none'
# print(@k, 2): the two largest by the percentile named first; the end of the run shows all.
expect_eq "$(grep -c '^@k\[[23]\]: { \.count = 250, \.p99 = [0-9]*, \.p50 = [0-9]* }$' "$out")" 4 "rows of the largest two"
expect_eq "$(grep '^@k' "$out" | tail -4 | cut -d: -f1 | tr '\n' ' ')" '@k[0] @k[1] @k[2] @k[3] ' order

run -q -f json -e 'begin { for ($i : 1..101) { @q = quantile($i); @d = distinct(comm); } }'
expect_line '^\{"type": "stats", "data": \{"@q": \{"count": 100, "p50": 50, "p90": 90, "p99": 99\}\}\}$'
expect_line '^\{"type": "map", "data": \{"@d": 1\}\}$'

# Values of several CPUs come together.
run -q -c "$workload --comm sksized read 1,2,3,4,100" -e 'tracepoint:syscalls:sys_exit_read /comm == "sksized" && args.ret > 0/ { @q = quantile(args.ret); @d[pid] = distinct(args.ret); }'
expect_eq "$(map_value @q)" "{ .count = 5, .p50 = 3, .p90 = 100, .p99 = 100 }"
expect_line '^@d\[[0-9]+\]: 5$'
finish
