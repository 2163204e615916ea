#!/bin/bash
# --test and --bench.
. "$(dirname "$0")/lib.sh"
cat >"$dir/x.bt" <<'EOF'
begin { printf("begin\n"); @a = 1; }
test:one { printf("one\n"); }
test:two { printf("two\n"); return 1; }
test:three { errorf("bad %d", 3); }
test:four { exit(4); }
test:five { @a++; }
bench:count { @n = count(); printf("xx\n"); }
interval:ms:1 { printf("never\n"); }
end { printf("end\n"); }
EOF
run --test "$dir/x.bt"
expect_status 1
sed -i 's/\x1b\[[0-9]*m//g; s/([0-9]* [^)]*)/(time)/; s/^.*: ERROR: /ERROR: /' "$out"
expect_out 'begin
[==========] Running 5 tests.
[ RUN      ] one
[       OK ] one (time)
[ RUN      ] two
two
[  FAILED  ] two (time)
[ RUN      ] three
ERROR: bad 3
[  FAILED  ] three (time)
[ RUN      ] four
[  FAILED  ] four (time)
[ RUN      ] five
[       OK ] five (time)
[==========] 5 tests ran.
[  PASSED  ] 2 tests.
[  FAILED  ] 3 tests, listed below:
[  FAILED  ] two
[  FAILED  ] three
[  FAILED  ] four
end'
run --test -f json -e 'test:a { printf("x\n"); return 2; } test:b { }'
expect_status 1
expect_line '^\{"type": "test_result", "data": \{"a": \{"duration": [0-9]+, "passed": false, "output": "x\\n"\}\}\}$'
expect_line '^\{"type": "test_result", "data": \{"b": \{"duration": [0-9]+, "passed": true, "output": ""\}\}\}$'
run --test -e 'test:a { assert(1 == 1, "never"); }'
expect_status 0
run --bench "$dir/x.bt"
expect_status 0
expect_line '^Benchmark {32}Time\(ns\) {7}Iterations$'
expect_line '^count {36}[0-9]+ +[0-9]+$'
expect_no_line 'xx|never'
expect_no_line '@'
run --bench -f json -e 'bench:b { @n = count(); }'
expect_line '^\{"type": "benchmark_result", "data": \{"b": \{"average": [0-9]+, "iters": [0-9]+\}\}\}$'
run -e 'test:a { }'
expect_status 255
finish
