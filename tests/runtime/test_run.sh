#!/bin/bash
# Phases of a run: order of begin, notice, events, end; exits; what happens when something cannot be loaded or attached.
. "$(dirname "$0")/lib.sh"
# Output of begin probes comes behind the notice; no begin probe runs after an exit().
run -f json -e 'begin { printf("a"); } begin { print(2); exit(3); } begin { print(4); } interval:s:9 { print(5); }
    end { printf("e"); }'
expect_status 3
expect_out '{"type": "attached_probes", "count": 5, "data": {"probes": 5}}
{"type": "printf", "data": "a"}
{"type": "value", "data": 2}
{"type": "printf", "data": "e"}'
# The last exit wins.
run -q -e 'begin { exit(3); } end { exit(259); }'
expect_status 3
run -q -e 'end { printf("only end\n"); }'
expect_out 'only end'
run --dry-run -e 'begin { printf("no\n"); @ = 1; } interval:s:9 { } end { printf("no\n"); }'
expect_status 0
expect_out ''
run -v -e 'begin { printf("x\n"); } interval:ms:10 { exit(); } end { }'
expect_err "^Attaching 'begin' probe\$"
expect_err '^Trying to attach probe: interval:ms:10$'
expect_err "^Attaching 'end' probe\$"
start -e 'interval:s:9 { }' && stop TERM
expect_status 0
start -q -e 'self:signal:SIGUSR1 { printf("signal\n"); }'
kill -USR1 "$sonde_pid" && sleep 0.2
stop
expect_line '^signal$'
run -q -o "$dir/file" -e 'begin { printf("to a file\n"); @ = 1; }'
expect_out ''
expect_eq "$(cat "$dir/file")" "to a file


@: 1"

# A command: released after the attach, its end ends the run, its status is its own business.
run -q -c '/bin/sh -c exit' -e 'begin { printf("%d\n", cpid > 0); } end { printf("end\n"); }'
expect_status 0
expect_line '^end$'
begin=$(date +%s)
run -q -c '/bin/sleep 30' -e 'interval:ms:50 { exit(4); }'
expect_status 4
[ $(($(date +%s) - begin)) -lt 10 ] || fail "waited for the command"
# A reader that has gone
"$sonde" -q -e 'interval:ms:5 { printf("line\n"); }' 2>"$err" | head -2 >"$out"
expect_eq "$(cat "$out")" "line
line" "two lines and the end"

# Attach failures
run -e 'profile:hz:100000000 { @ = count(); } interval:ms:10 { exit(); }'
expect_status 255
expect_err "^stdin:1:1-[0-9]+: ERROR: Unable to attach probe: profile:hz:100000000[.] If this is expected, set the 'missing_probes' config variable to 'warn'[.]\$"
run -e 'config = { missing_probes = warn } profile:hz:100000000 { @ = count(); } interval:ms:10 { exit(); }'
expect_status 0
expect_err 'WARNING: Unable to attach probe: profile:hz:100000000[.] Skipping[.]'
expect_err '^Attached 1 probe$'
run -e 'config = { missing_probes = warn } profile:hz:100000000 { @ = count(); }'
expect_status 255
expect_err '^ERROR: Attachment failed for all probes[.]$'

# What the verifier refuses is shown where it stands.
run --no-warnings -e 'begin {
  @x = 1;
  print((&@x)[100000]);
}'
expect_status 255
expect_err '^stdin:3:[0-9]+-[0-9]+: ERROR: Error loading BPF program for begin_1[.] Error code: -13 \(Permission denied\)[.] Use -v'
expect_err "^HINT: the kernel's verifier says: "

# Nothing is lost in silence.
"$sonde" -c "$workload getppid 200000" -e 'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { printf("%d\n", tid); @ = count(); }' \
    2>"$err" </dev/null | { sleep 1; cat; } >"$out"
lost=$(sed -n 's/^WARNING: Total lost event count: //p' "$err")
expect_eq $(($(grep -c '^[0-9]' "$out") + ${lost:-0})) 200000 "lines and losses"

# An ordinary user is told what is missing.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$dir"
    cp "$sonde" "$dir/sonde" && chmod 755 "$dir/sonde"
    setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/sonde" -e 'begin { exit(); }' >"$out" 2>"$err"
    status=$?
    expect_status 255
    expect_err 'CAP_BPF and CAP_PERFMON are missing'
fi
finish
