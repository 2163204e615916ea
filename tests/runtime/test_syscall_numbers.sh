#!/bin/bash
# ctest: serial
# The table of system-call numbers against the kernel's own: every call is made once, in the order of the numbers, and
# the names that the dispatching program gives them must be those that ftrace writes for the same calls.
. "$(dirname "$0")/lib.sh"
tracefs=/sys/kernel/tracing
instance=$tracefs/instances/sonde_test_$$
program=${WORKLOAD:-$(dirname "$sonde")/tests/workload}/every_syscall
mkdir "$instance" 2>/dev/null || skip "no ftrace instance can be made"
trap '[ "$BASHPID" = "$$" ] && { echo 0 >"$instance/tracing_on"; rmdir "$instance"; rm -rf "$dir"; }' EXIT
[ -e "$instance/events/syscalls/enable" ] || skip "this kernel has no system-call events"

# Names after the first row of getppid, one a line.
between_marks() { awk '/getppid/ { if (++n >= 5) on = 1 } on && !/exit_group/ { print }'; }

# "… sys_openat(dfd: …", "… sys_openat -> 0x…"
truth() { # enter or exit
    echo 0 >"$instance/events/enable"
    ( # of this process alone, before anything is recorded
        echo $BASHPID >"$instance/set_event_pid"
        for event in "$instance"/events/syscalls/sys_"$1"_*; do echo 1 >"$event/enable"; done
        echo >"$instance/trace"
        exec "$program"
    )
    sed -nE "s/.*: sys_([a-z0-9_]+)(\(| -> ).*/\1/p" "$instance/trace" | between_marks
}
ours() {
    run -q -e "tracepoint:syscalls:sys_$1_* /comm == \"every_syscall\"/ { printf(\"%s\n\", probe); }" -c "$program"
    expect_status 0
    sed -n "s/^tracepoint:syscalls:sys_$1_//p" "$out" | between_marks
}
for side in enter exit; do
    truth $side >"$dir/truth"
    ours $side >"$dir/ours"
    [ "$(wc -l <"$dir/truth")" -gt 200 ] || fail "ftrace names only $(wc -l <"$dir/truth") calls"
    diff "$dir/truth" "$dir/ours" >"$dir/difference" || fail "names of sys_$side differ: $(head -20 "$dir/difference")"
    echo "sys_$side: $(wc -l <"$dir/ours") calls named"
done
finish
