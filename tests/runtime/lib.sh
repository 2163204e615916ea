# What runtime tests share: sourced by test_*.sh. Each test runs sonde on the live kernel against a workload that does a
# known number of things, and compares numbers. A failed expectation is reported and counted; `finish` decides.
set -u
sonde=${SONDE:?path of the sonde to test}
source_dir=${SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
workload=${WORKLOAD:-$(dirname "$sonde")/tests/workload}/workload
dir=$(mktemp -d)
# Only the test itself: a job that is interrupted before it has become another program runs this, too.
trap '[ "$BASHPID" = "$$" ] && { rm -rf "$dir"; kill $(jobs -p) 2>/dev/null; }' EXIT
failures=0
out=$dir/out err=$dir/err status=0

skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAIL: $*"; failures=$((failures + 1)); sed 's/^/    out: /' "$out" 2>/dev/null | head -20; sed 's/^/    err: /' "$err" 2>/dev/null | head -10; }
# Runs sonde with these arguments to its end; $out, $err and $status have the result.
run() { timeout 60 "$sonde" "$@" >"$out" 2>"$err" </dev/null; status=$?; }
# Starts it in the background and returns once it says that it is attached.
start() {
    : >"$out"; : >"$err"
    __BPFTRACE_NOTIFY_PROBES_ATTACHED=1 "$sonde" "$@" >"$out" 2>"$err" </dev/null &
    sonde_pid=$!
    for _ in $(seq 600); do
        grep -q __BPFTRACE_NOTIFY_PROBES_ATTACHED "$out" && return 0
        kill -0 $sonde_pid 2>/dev/null || break
        sleep 0.05
    done
    fail "not attached: $*"
    return 1
}
# Ends what start began, with SIGINT unless another signal is named.
stop() { kill -"${1:-INT}" $sonde_pid 2>/dev/null; wait $sonde_pid; status=$?; sed -i '/__BPFTRACE_NOTIFY_PROBES_ATTACHED/d' "$out"; }
expect_status() { [ "$status" -eq "$1" ] || fail "exit status $status, not $1"; }
# Whole standard output.
expect_out() { [ "$(cat "$out")" = "$1" ] || fail "output differs from: $1"; }
expect_line() { grep -qE -- "$1" "$out" || fail "no line like: $1"; }
expect_no_line() { ! grep -qE -- "$1" "$out" || fail "unexpected line like: $1"; }
expect_err() { grep -qE -- "$1" "$err" || fail "no message like: $1"; }
expect_eq() { [ "$1" = "$2" ] || fail "${3:-value} is '$1', not '$2'"; }
# Value of "@name: number" or "@name[key]: number".
map_value() { awk -v name="$1: " 'index($0, name) == 1 { print substr($0, length(name) + 1) }' "$out"; }
# Sum of all counts of a histogram's rows.
hist_total() { sed -n 's/^[[(].*[])] *\([0-9][0-9]*\) |.*/\1/p' "$out" | awk '{ n += $1 } END { print n + 0 }'; }
finish() { [ $failures -eq 0 ] || { echo "$failures expectation(s) failed"; exit 1; }; echo ok; exit 0; }
