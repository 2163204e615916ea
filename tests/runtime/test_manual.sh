#!/bin/bash
# ctest: timeout 240
# The manual: it renders without warnings, knows every option, function, provider, aggregation, configuration key and
# cause of loss, and its examples work. A display behind '.\" run' is a shell command, behind '.\" script' a script; how
# they are marked is told in the pages.
. "$(dirname "$0")/lib.sh"
man=$source_dir/man
: >"$out"; : >"$err"

# ---- form ------------------------------------------------------------------------------------

for page in "$man"/*.[1-9]; do
    name=${page##*/}
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W warning "$page" >"$out" 2>&1 || fail "mandoc has complaints about $name"
    fi
    if command -v groff >/dev/null && groff -mandoc -Tutf8 </dev/null >/dev/null 2>&1; then
        groff -mandoc -Tutf8 -ww "$page" 2>"$out" >/dev/null
        [ ! -s "$out" ] || fail "groff has complaints about $name"
    fi
done

# ---- completeness ----------------------------------------------------------------------------

"$source_dir/scripts/man-update" --check >"$out" 2>&1 || fail "the manual is out of date"
: >"$out"
# Text of a page without roff's escapes.
words() { sed 's/\\&//g; s/\\e/\\/g' "$@"; }
words "$man/sonde-lang.7" | grep '^\.It ' | tr -cs '[:alnum:]_.' '\n' | sort -u >"$dir/words"
# knows KIND SED-SCRIPT FILE…: the names that sed prints must be in sonde-lang(7)
knows() {
    kind=$1 n=0
    shift
    while read -r name; do
        n=$((n + 1))
        grep -qx -- "$name" "$dir/words" || fail "$kind '$name' is not in sonde-lang(7)"
    done < <(sed -n "$@")
    [ $n -gt 0 ] || fail "no $kind found in the sources"
}
src=$source_dir/src
knows provider 's/^ *\.name = "\([a-z]*\)",/\1/p' "$src"/probes/*.c
knows aggregation 's/^const struct map_kind kind_[a-z]* = { "\([a-z]*\)".*/\1/p' "$src"/maps/*.c
knows "configuration key" 's/^ *\(KEY\|WORDS\)(\([a-z_]*\),.*/\2/p' "$src/sema/config.c"
knows "library macro" 's/^macro \([a-z_]*\)(.*/\1/p' "$source_dir"/stdlib/*.bt
diff <(sed -n 's/^ *case LOSS_.*return "\(.*\)";/\1/p' "$src/program/program.c" | sort) \
    <(sed -n '/^\.Ss The ledger/,/^\.El/s/^\.It Li //p' "$man/sonde.8" | sort) >"$out" || fail "the ledger of sonde(8)"

# ---- examples --------------------------------------------------------------------------------

# Each marked display of a page becomes a file NN.run or NN.script, whose first line is the mark.
extract() {
    words "$1" | awk -v dir="$2" '
    /^\.\\" (run|script)( |$)/ { mark = $0; kind = $2; next }
    mark != "" && /^\.Bd/ {
        file = sprintf("%s/%02d.%s", dir, ++n, kind)
        sub(/^\.\\" (run|script) */, "", mark)
        print mark >file
        is_in = 1
        mark = ""
        next
    }
    is_in && /^\.Ed/ { is_in = 0; close(file); next }
    is_in { print >file }'
}
# example FILE: runs it as its mark says
example() {
    mark=$(head -1 "$1")
    seconds=$(sed -n 's/^\([0-9][0-9]*\).*/\1/p' <<<"$mark")
    pattern=$(sed -n 's/^[0-9 ]*\/\(.*\)\/$/\1/p' <<<"$mark")
    tail -n +2 "$1" >"$dir/example"
    case $1 in
    *.run) set -- bash "$dir/example" ;;
    *) set -- "$sonde" "$dir/example" ;;
    esac
    # The signal goes to the whole process group of timeout, so to sonde below the shell as well.
    if [ -n "$seconds" ]; then
        timeout --preserve-status -s INT "$seconds" "$@" >"$out" 2>"$err" </dev/null
    else
        timeout 60 "$@" >"$out" 2>"$err" </dev/null
    fi
    status=$?
    [ $status -eq 0 ] || fail "exit status $status: $(cat "$dir/example")"
    [ -z "$pattern" ] || grep -qE -- "$pattern" "$out" || fail "no line like $pattern: $(cat "$dir/example")"
    ! grep -E '(WARNING|ERROR): ' "$err" >/dev/null || fail "complaints: $(cat "$dir/example")"
    count=$((count + 1))
}

mkdir "$dir/bin" && ln -s "$sonde" "$dir/bin/sonde"
PATH=$dir/bin:$PATH
for page in sonde.8 sonde-lang.7; do
    mkdir "$dir/$page"
    extract "$man/$page" "$dir/$page"
    count=0
    for file in "$dir/$page"/*; do
        example "$file"
    done
    echo "$page: $count examples"
    [ $count -ge 5 ] || fail "$page has only $count examples"
done
finish
