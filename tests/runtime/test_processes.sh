#!/bin/bash
# Which processes are traced: --follow takes a process and its descendants, --cgroup those below a cgroup, -p one alone.
. "$(dirname "$0")/lib.sh"
family="$workload fork 3 fork 2 getppid 100 add 10" # 4 processes, each with two children then: 12

# ---- --follow with -c: all kinds of probes see the family and nobody else --------------------------------
("$workload" getppid 100000 >/dev/null) & # a stranger
run -q --follow -e "sc:getppid { @ = count(); @pids[pid] = count(); } uprobe:$workload:workload_add { @add = count(); }
    interval:ms:5 { @ticks = count(); }" -c "$family sleep 50"
wait
expect_status 0
expect_eq "$(map_value @)" 1200 "calls of the family"
expect_eq "$(map_value @add)" 120 "functions of the family"
expect_eq "$(grep -c '^@pids\[[0-9]*\]: 100$' "$out")" 12 "processes"
expect_line '^@ticks: [1-9]' # intervals are nobody's
run -q -e "uprobe:$workload:workload_add { @add = count(); }" -c "$family"
expect_eq "$(map_value @add)" 10 "without --follow"
SONDE_ROUND_TRIP=1 run -q --follow -e 'sc:getppid { @ = count(); }' -c "$family"
expect_eq "$(map_value @)" 1200 "behind JSON"
run --follow -e 'sc:getppid { @ = count(); }' -c "$family"
expect_err '^Attached 1 probe$'

# ---- with -p: children that are there already, and those they make ------------------------------------------
mkfifo "$dir/gate"
"$workload" fork 3 --wait fork 2 getppid 100 sleep 300 <"$dir/gate" >"$dir/pids" &
target=$!
exec 9>"$dir/gate"
for _ in $(seq 100); do [ "$(wc -l <"$dir/pids")" = 4 ] && break; sleep 0.05; done
start -q --follow -p $target -e 'sc:getppid { @ = count(); }' 9>&- # not to hold the gate open
exec 9>&-
wait $sonde_pid; status=$? # ends with the process
expect_status 0
expect_eq "$(map_value @)" 1200 "with -p"
wait

# ---- refusals ------------------------------------------------------------------------------------------------
run --follow -e 'begin { }'; expect_status 1; expect_err 'needs -p or -c'
run --cgroup /no/such/cgroup -e 'begin { }'; expect_status 1; expect_err 'No such file'
run --cgroup /tmp -e 'begin { }'; expect_status 1; expect_err 'cgroup2'

# ---- --cgroup ------------------------------------------------------------------------------------------------
for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    [ -e $root/cgroup.procs ] && [ "$(stat -f -c %T $root)" = cgroup2fs ] && break
    root=
done
group=$root/sonde_test_$$
if [ -z "$root" ] || ! mkdir "$group" 2>/dev/null || ! mkdir "$group/below"; then
    echo "no cgroup v2 hierarchy that can be written to: --cgroup is not tested"
    finish
fi
inside() { (echo $BASHPID >"$group/below/cgroup.procs"; exec "$@"); }
start -q --cgroup "$group" -e "sc:getppid { @ = count(); } uprobe:$workload:workload_add { @add = count(); }
    begin { @begin = 1; } interval:ms:20 { @ticks = count(); }"
inside $family
$family
sleep 0.1
stop
rmdir "$group/below" "$group"
expect_eq "$(map_value @)" 1200 "calls in the cgroup"
expect_eq "$(map_value @add)" 120 "functions in the cgroup"
expect_eq "$(map_value @begin)" 1 "begin"
expect_line '^@ticks: [1-9]'

# ---- -p alone leaves intervals alone ---------------------------------------------------------------------------
"$workload" sleep 300 &
run -q -p $! -e 'interval:ms:20 { @ticks = count(); }'
expect_line '^@ticks: [1-9]'
finish
