#!/bin/bash
# Bad input: one message, the right exit status, nothing left behind.
. "$(dirname "$0")/lib.sh"
bad() { # status, message pattern, arguments
    local want=$1 like=$2
    shift 2
    run "$@"
    expect_status "$want"
    expect_err "$like"
}
bad 1 'stdin:1:[0-9]+-[0-9]+: ERROR: .*syntax' -e 'begin { printf("x" }'
bad 1 'ERROR' -e 'nosuch:probe { exit(); }'
bad 1 'No matches for tracepoint syscalls:sys_enter_nope' -e 'tracepoint:syscalls:sys_enter_nope { exit(); }'
bad 1 "does not contain a field named 'nofield'" -e 'tracepoint:syscalls:sys_enter_openat { print(args.nofield); }'
bad 1 'Unknown function: .nosuch' -e 'begin { nosuch(1); }'
bad 1 'Cannot resolve unknown type|Unknown' -e 'begin { print(((struct nosuch_t *)0)->x); }'
bad 1 'ERROR' -e 'begin { printf("%d\n", "text"); }'
bad 1 'ERROR' -e 'begin { @x = 1; @x = "text"; }'
bad 1 'not enough arguments' -e 'begin { printf("%d %d\n", 1); }'
bad 1 "failed to open file '/no/such/file.bt'" /no/such/file.bt
bad 1 'USAGE' --nosuchoption
bad 1 'USAGE' -e ''
bad 1 'does not exist or is not executable' -e 'uprobe:/no/such/binary:f { exit(); }'
bad 1 'system\(\) is an unsafe function' -e 'begin { system("true"); }'
run -l 'nothing:*'
expect_eq "$(cat "$out")" "" "listing of nothing"
expect_err 'nothing'
head -c 1000000 /dev/urandom >"$dir/noise.bt"
bad 1 'ERROR' "$dir/noise.bt"
printf 'begin { printf("a\0b"); exit(); }' >"$dir/nul.bt"
run "$dir/nul.bt"
[ "$status" -lt 126 ] || fail "status $status for a NUL byte"
bad 1 'ERROR' -e 'begin { printf("never closed'
bad 1 'ERROR' -e 'begin { /* never closed'
for c in '(' '{' '[' '-' '!' '('; do
    { printf 'begin { $x = '; head -c 100000 /dev/zero | tr '\0' "$c"; } >"$dir/deep.bt"
    bad 1 'ERROR' "$dir/deep.bt"
done
{ printf 'begin { $x = 1'; for _ in $(seq 20000); do printf '+1'; done; printf '; }'; } >"$dir/long.bt"
run --dry-run "$dir/long.bt"
[ "$status" -lt 126 ] || fail "status $status for a long sum"
finish
