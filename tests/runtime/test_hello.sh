#!/bin/bash
# The ways to hand over a script, and exit codes.
. "$(dirname "$0")/lib.sh"
script='begin { printf("hello %s %d\n", "world", 42); exit(); }'
run -e "$script"
expect_status 0
expect_eq "$(head -1 "$out")" "hello world 42"
expect_err '^Attached 1 probe$'
echo "$script" >"$dir/hello.bt"
run "$dir/hello.bt"
expect_eq "$(head -1 "$out")" "hello world 42"
timeout 60 "$sonde" - <"$dir/hello.bt" >"$out" 2>"$err"
expect_eq "$(head -1 "$out")" "hello world 42" "from standard input"
printf '#!%s\n%s\n' "$sonde" "$script" >"$dir/bang.bt"
chmod +x "$dir/bang.bt"
"$dir/bang.bt" >"$out" 2>"$err"
expect_eq "$(head -1 "$out")" "hello world 42" "with a shebang line"
run -q -e 'begin { exit(7); }'
expect_status 7
expect_eq "$(cat "$err")" "" "standard error under -q"
run -q -e 'begin { @a = 1; @b["x"] = 2; exit(); } end { printf("end\n"); }'
expect_out "end


@a: 1
@b[x]: 2"
finish
