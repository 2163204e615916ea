#!/bin/bash
# Wide kprobe patterns: what attaching and detaching cost, and that nothing is left behind.
. "$(dirname "$0")/../runtime/lib.sh"
seconds() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b - a }'; }
pattern='kprobe:tcp_*'
case $(uname -r) in
5.*) pattern='kprobe:tcp_c*' ;; # no cookies to tell them apart: each has a program of its own, which takes its time
esac
run -l "$pattern"
n=$(wc -l <"$out")
[ "$n" -gt 20 ] || fail "only $n functions match $pattern"
begin=$EPOCHREALTIME
run -q -e "$pattern { @[probe] = count(); } begin { exit(); }"
expect_status 0
echo "$pattern: $n functions, $(seconds "$begin" "$EPOCHREALTIME") s from start to end"
begin=$EPOCHREALTIME
run -q -e 'begin { exit(); }'
echo "nothing but begin: $(seconds "$begin" "$EPOCHREALTIME") s"
[ ! -s /sys/kernel/debug/kprobes/list ] || fail "kprobes are left: $(head -n 3 /sys/kernel/debug/kprobes/list)"
finish
