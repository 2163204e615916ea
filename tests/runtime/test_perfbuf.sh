#!/bin/bash
# config = { output = perfbuf }: the same events through the kernel's perf buffers.
. "$(dirname "$0")/lib.sh"
export BPFTRACE_OUTPUT=perfbuf
run -q -d program -e 'begin { printf("%d\n", 1); exit(3); }'
expect_status 3
expect_line '"output":.*"perfbuf"'
expect_line '^1$'
# Strings, records larger than the stack, loops, maps, errors.
run -q -e 'begin { printf("%s|%s|%s\n", comm, str("abc"), str("defghi")); for $i : 0..3 { print(($i, "x")); }
    @m[1] = 2; print(@m); for $kv : @m { print($kv); } errorf("wrong"); time("now\n"); } end { print("end"); }'
expect_status 0
expect_out 'sonde|abc|defghi
(0, x)
(1, x)
(2, x)
@m[1]: 2
(1, 2)
now
end


@m[1]: 2'
expect_err 'ERROR: wrong'
run -q -c "$workload --comm pbcounted getppid 2000" -e '
tracepoint:syscalls:sys_enter_getppid /comm == "pbcounted"/ { @n++; printf("call %d %s\n", @n, comm); }'
expect_status 0
expect_eq "$(grep -c '^call [0-9]* pbcounted$' "$out")" 2000 "records of a raw tracepoint"
grep '^call' "$out" | sort -c -k2n || fail "records of one CPU out of order"
run -q -c "$workload --comm pbcounted getppid 10" -e '
tracepoint:syscalls:sys_exit_getppid /comm == "pbcounted"/ { @[kstack(2)] = count(); printf("%s\n", ustack(1)); }'
expect_status 0
expect_no_line 'unknown'
run -q -e 'profile:hz:99 { printf("%d\n", cpu); exit(); }'
expect_line '^[0-9]+$'
# What does not fit is pbcounted.
calls=200000
BPFTRACE_PERF_RB_PAGES=1 run -c "$workload --comm perfnoisy getppid $calls" -e 'tracepoint:syscalls:sys_enter_getppid /comm == "perfnoisy"/ { printf("%d %s\n", pid, comm); @n = count(); }'
expect_eq "$(map_value @n)" $calls "calls pbcounted in the kernel"
lost=$(sed -n 's/^WARNING: Total lost event count: //p' "$err")
expect_eq $(($(grep -c '^[0-9]* perfnoisy$' "$out") + ${lost:-0})) $calls "lines and lost events together"
BPFTRACE_MAX_STRLEN=60000 run -e 'begin { printf("%s %s\n", str(kptr(1)), str(kptr(2))); }'
expect_status 1
expect_err "more than a perf buffer's record can hold"
finish
