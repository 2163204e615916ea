#!/bin/bash
# Iterators run once over all objects and end by themselves; exit() and the value of return do not upset them.
set -u
out=$(timeout -s KILL 20 "$SONDE" -e 'iter:task { if (ctx.task.pid == '$$') { print((ctx.task.pid, 1)); } return 1; }' 2>&1)
case $out in
*"not available"* | *"No matches"* | *"Unable to attach"*) exit 77 ;;
esac
[[ $out == *"($$, 1)"* ]] || { echo "the shell's own task is not among those shown: $out"; exit 1; }
[[ $out != *"read failed"* ]] || { echo "the call behind the last object was not skipped: $out"; exit 1; }
timeout -s KILL 20 "$SONDE" -e 'iter:task { exit(3); }' >/dev/null 2>&1
[ $? -eq 3 ] || { echo "exit status of exit(3) in an iterator is lost"; exit 1; }
