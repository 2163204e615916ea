#!/bin/bash
# The command line: every flag of bpftrace 0.27 is taken; wrong ones get its messages and status 1.
. "$(dirname "$0")/lib.sh"
script='begin { exit(); }'
bad() { # message pattern, arguments
    local like=$1
    shift
    run "$@"
    expect_status 1
    expect_err "$like"
    expect_eq "$(cat "$out")" "" "standard output of $*"
}
name=$(printf %s "$sonde" | sed 's/[.]/[.]/g')
bad "^$name: unrecognized option '--foo'\$" --foo
bad "^$name: invalid option -- 'z'\$" -z
bad "^$name: option requires an argument -- 'e'\$" -e
bad "^$name: option '--pid' requires an argument\$" --pid
bad "^$name: option '--help' doesn't allow an argument\$" --help=3
bad "^$name: option '--ver' is ambiguous; possibilities: '--verbose' '--version' '--verify-llvm-ir'" --ver
bad '^USAGE:$'
bad "^ERROR: USAGE: filename or -e 'program' required[.]\$" -e ''
bad '^ERROR: Invalid output format "xml"$' -f xml -e "$script"
bad "^Valid formats: 'text', 'json'\$" -f xml -e "$script"
bad "^ERROR: USAGE: -B must be either 'line', 'full', or 'none'[.]\$" -B x -e "$script"
bad '^ERROR: Failed to parse pid: invalid integer: abc$' -p abc -e "$script"
bad '^ERROR: Failed to parse pid: invalid trailing bytes: 12x$' -p 12x -e "$script"
bad '^ERROR: Pid out of range: 99999999999$' -p 99999999999 -e "$script"
bad '^ERROR: Failed to attach to pid: Unable to open pidfd \(No such process\)$' -p 4194000 -e "$script"
bad '^ERROR: USAGE: Cannot use both -c and -p[.]$' -p 1 -c /bin/true -e "$script"
bad "^ERROR: Failed to fork child: Path 'nope' does not exist or is not executable \(No such file or directory\)\$" \
    -c nope -e "$script"
bad '^ERROR: USAGE: -kk has been deprecated[.]' -kk -e "$script"
bad "^ERROR: USAGE: --mode can only be 'codegen', 'compiler-bench', 'bench', 'test' or 'format'[.]\$" \
    --mode x -e "$script"
bad '^ERROR: USAGE: --no-feature can only have values' --no-feature x -e "$script"
bad '^ERROR: USAGE: invalid option for -d: x$' -d ast,x -e "$script"
bad "^ERROR: failed to open file '$dir/none[.]bt': No such file or directory\$" "$dir/none.bt"
bad '^ERROR: Failed to open output file: "/no/such": No such file or directory$' -o /no/such -e "$script"
bad '^USAGE:$' -l a b
# A script is no command for -c: its interpreter is what would be traced.
printf '#!/bin/sh\n' >"$dir/script"
chmod +x "$dir/script"
bad '^ERROR: Failed to fork child' -c "$dir/script" -e "$script"
BPFTRACE_MAX_PROBES=x run -e "$script"
expect_status 2

run --version
expect_status 0
expect_line '^sonde v[0-9]+[.][0-9]+[.][0-9]+$'
run -h
expect_status 0
for flag in -e -l -v -V -p -c -o -f -B -q -k -I -d --list --verbose --help --version --info --pid --cmd --dwarf-pid \
    --usdt-file-activation --output --quiet --warnings --no-warnings --include --debuginfo --traceable-functions \
    --unsafe --no-feature --mode --test --bench --probe-filter --fmt --dry-run --verify-llvm-ir --debug --emit-elf \
    --emit-llvm; do
    expect_line "^ +(-., )?$flag\b"
done
run --info
expect_status 0
for line in 'libdw \(DWARF support\): yes' 'btf: (yes|no)' 'uprobe_multi: (yes|no)' 'iter: (yes|no)' \
    'get_func_ip: (yes|no)' 'lookup_percpu_elem: (yes|no)' 'kprobe_multi: (yes|no)'; do
    expect_line "  $line"
done

# All of them at once, in every spelling
run --verify-llvm-ir --usdt-file-activation --no-feature kprobe_multi,uprobe_multi --dwarf-pid 1 -kqBnone -f text \
    --unsafe --no-warnings -I "$dir" --debuginfo=/x:/y --mode=codegen -e "$script"
expect_status 0
run --emit-llvm "$dir/x" --emit-elf "$dir/x.o" -e 'begin { printf("not run\n"); }'
expect_status 0
expect_out ''
[ -s "$dir/x.o" ] && [ -s "$dir/x.original.ll" ] && [ -s "$dir/x.optimized.ll" ] || fail "emitted files are missing"
for stage in ast types codegen codegen-opt ir asm dis program all; do
    run -q -d $stage -e 'begin { printf("%d\n", 1); }'
    expect_status 0
    [ -s "$out" ] || fail "-d $stage shows nothing"
done
run -q -d verifier -e "$script"
expect_err 'BPF verifier log for begin_1:'
run -q -d libbpf -e "$script"
expect_err 'libbpf: '

# Words: options may come behind the script; parameters before and behind "--"
run -e 'begin { printf("%s %d %d\n", str($1), $2, $#); exit(); }' one 2 -q -- three
expect_out 'one 2 3'
printf 'begin { printf("%%d\\n", $1); }' | timeout 60 "$sonde" -q - -- -5 >"$out" 2>"$err"
expect_line '^-5$'
finish
