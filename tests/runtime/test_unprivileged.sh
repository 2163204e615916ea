#!/bin/bash
# An ordinary user is told what is missing, by name, and nothing is left behind.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || skip "needs root to become somebody else"
command -v setpriv >/dev/null || skip "no setpriv here"
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$sonde" "$@" >"$out" 2>"$err" </dev/null; status=$?; }
setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$sonde" || skip "the build folder is not readable for others"
as_nobody -e 'begin { printf("x\n"); exit(); }'
expect_status 255
expect_err 'CAP_BPF'
as_nobody -e 'tracepoint:syscalls:sys_enter_openat { exit(); }'
expect_status 1
expect_err 'CAP_DAC_READ_SEARCH'
as_nobody -e 'uprobe:/bin/sh:main { exit(); }'
[ "$status" -ne 0 ] || fail "status 0 without privileges"
finish
