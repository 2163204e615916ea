#!/bin/bash
# Two one-liners whose workload is not ours: block requests of dd, lines read by an interactive bash.
. "$(dirname "$0")/lib.sh"
work=/var/tmp/sonde-block.$$
run -q -c "/bin/dd if=/dev/zero of=$work bs=65536 count=16 oflag=direct conv=fsync status=none" -e '
tracepoint:block:block_rq_issue /comm == "dd"/ { @ = hist(args.bytes); @n = count(); @sum = sum(args.bytes); }'
expect_status 0
if [ -s "$work" ] && [ -n "$(map_value @n)" ]; then
    expect_eq "$(hist_total)" "$(map_value @n)" "requests in the histogram"
    [ "$(map_value @sum)" -ge 1048576 ] || fail "only $(map_value @sum) bytes of 1048576"
else
    echo "note: no block requests from $work (no disk behind it); that half was skipped"
fi
rm -f "$work"
if command -v script >/dev/null; then
    if start -q -e 'uretprobe:/bin/bash:readline { printf("line: %s\n", str(retval)); }'; then
        { sleep 0.5; echo 'echo typed by a test'; sleep 0.5; echo exit; sleep 0.2; } |
            script -qc '/bin/bash --norc -i' /dev/null >/dev/null 2>&1
        stop
        expect_line '^line: echo typed by a test$'
        expect_line '^line: exit$'
    fi
else
    echo "note: no script(1) here; the readline half was skipped"
fi
finish
