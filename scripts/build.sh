# Sourced by ./run and ./check, which set `top` (the project's folder) and `name` (for messages).
# Everything here talks to stderr only, reads no input, and leaves its logs in build/log.

log_dir=$top/build/log
jobs=$(nproc 2>/dev/null || echo 2)

say() { echo "$name: $*" >&2; }

# Runs "$3…" with its output in build/log/$1; on failure says that $2 failed, shows the end, exits.
logged() {
    log=$log_dir/$1 what=$2
    shift 2
    "$@" </dev/null >"$log" 2>&1 || {
        say "$what failed; the end of $log:"
        tail -n 40 "$log" >&2
        exit 1
    }
}

# One build at a time: a second ./run waits for the first and then finds everything done.
prepare() {
    if ! mkdir -p "$log_dir" 2>/dev/null || ! touch "$top/build/.lock" 2>/dev/null; then
        say "cannot write to $top/build"
        exit 1
    fi
    exec 9>"$top/build/.lock"
    if ! flock -n 9; then
        say "waiting for another build"
        flock 9
    fi
    "$top/scripts/install-deps" </dev/null || {
        say "the packages to build with are missing"
        exit 1
    }
}

# build DIR TARGET [-DOPTION…]: configures where needed and builds. The stamp gets the time of the
# start, a second earlier, so that a source changed meanwhile counts as newer.
build() {
    dir=$1 target=$2
    shift 2
    mkdir -p "$top/$dir" && touch -d '1 second ago' "$top/$dir/.stamp-new" || exit 1
    if [ ! -e "$top/$dir/build.ninja" ] || [ $# -gt 0 ]; then
        logged "$dir.configure" "configuring $dir" cmake -S "$top" -B "$top/$dir" -G Ninja "$@"
    fi
    logged "$dir.build" "building $dir" cmake --build "$top/$dir" --parallel "$jobs" --target "$target"
    mv "$top/$dir/.stamp-new" "$top/$dir/.stamp"
}
