#!/bin/bash
# Functions and values of the language whose results are known beforehand, as bpftrace 0.27.1 gives them.
. "$(dirname "$0")/lib.sh"
# What a begin probe prints.
gives() { # expected output, statements
    local want=$1
    run -e "begin { $2 exit(); }"
    expect_status 0
    [ "$(cat "$out")" = "$want" ] || fail "$2: not $want"
}
refuses() { # message, statements
    run -e "begin { $2 }"
    expect_status 1
    expect_err "$1"
}

# strings
gives '(0, 1)' 'print((strncmp("abc","abd",2), strncmp("ab","abd",5)));'
gives '(0, 1, 1, 0, 1)' '$a = "abc"; $b = "abcd"; print((strncmp($a, $b, 3), strncmp($a, $b, 4), strncmp($b, $a, 10), strncmp($a, "abc", 100), strncmp($a, "abd", 3)));'
gives '(true, false, true, false)' '$x = "hello world"; print((strcontains($x, "wor"), strcontains($x, "worx"), strcontains($x, ""), strcontains($x, "hello world!")));'
gives '(3, 6, 6, 2, -1)' '$s = "aabaabaaab"; $t = "aabaaa"; $u = "aaab"; print((strstr($s, $t), strstr($s, $u), strstr($s, "aaab"), strstr($s, "baab"), strstr($t, $s)));'
gives '(true, true, true)' '$a = "abc"; $b = "abd"; print((memcmp($a, $b, 2) == 0, memcmp($a, $b, 3) < 0, memcmp($b, $a, 3) > 0));'
gives '(3, 4, 5)' '$x = "abc"; print((strlen($x), strcap($x), strlen("hello")));'
gives 'hello world' '$x = "hello "; print(str_concat($x, "world"));'
gives '(hel, 5, 12, ab)' '$x = "abcdef"; print((str("hello", 3), str(5), str(123, 2), str($x, 3)));'
gives 'ab' '$x = "abcdef"; $n = 3; print(str($x, $n));'
gives '(ab\x01, 61 62)' 'printf("(%r, %rh)\n", buf("ab\x01c", 3), buf("ab", 2));'
gives '3412' 'printf("%x\n", bswap((uint16)0x1234));'
gives '(No such file or directory, Killed, read, Unknown error)' 'print((strerror(-2), signal_name(9), syscall_name(0), strerror(9999)));'

# addresses
gives '(05:00:00:00:00:00, 127.0.0.1, fe80::1)' 'print((macaddr((int8[8])5), ntop(0x0100007f), ntop(pton("fe80::1"))));'
gives '[10,0,0,1]' 'print(pton("10.0.0.1"));'
gives '(0, 0)' 'print((ksym(0), usym(0)));'
gives 'vfs_read' 'printf("%s\n", ksym(kaddr("vfs_read")));'

# values
gives '(true, true, true, true)' 'print((pid == pid(curr_ns), tid > 0, cpu < ncpus, elapsed < 60000000000));'
gives '(begin, special, 1)' 'print((probe, probetype, usermode));'
gives '(true, true)' '$m = nsecs(monotonic); $b = nsecs; print(($b >= $m, nsecs(tai) > $b));'
gives "$(date +%Y) 1970" 'printf("%s %s\n", strftime("%Y", nsecs), "1970");'
gives 'true' 'print(comm == "sonde" || comm != "");'
gives "$(id -un)" 'print(username);'
gives 'true' 'print(curtask.pid == tid || curtask != 0);'

# maps
gives '(false, true, true, false, false)' '$before = has_key(@a, 1); @a[1] = 2; $with = has_key(@a, 1); $gone = delete(@a, 1); print(($before, $with, $gone, delete(@a, 1), has_key(@a, 1)));'
gives '(true, 2, false, 2)' '@a[1, "x"] = 2; let $v; $f = find(@a, (1, "x"), $v); $w = $v; $g = find(@a, (1, "y"), $v); print(($f, $w, $g, $v)); clear(@a);'
gives '(2, 1)' '@a[1] = 2; @a[2] = 3; $n = len(@a); $d = delete(@a, 1); print(($n, len(@a))); clear(@a);'
gives '(true, false, 0)' '@a = 2; $d = delete(@a); print(($d, delete(@a), @a));'
gives '(1, -5, -1, -3, -2)' '@c = count(); @s = sum(-5); @m = min(3); @m = min(-1); @x = max(-3); @v = avg(-10); @v = avg(5); print((@c, @s, @m, @x, @v)); clear(@c); clear(@s); clear(@m); clear(@x); clear(@v);'
gives '{ .count = 2, .average = 6, .total = 12 }' '@s[1] = stats(5); @s[1] = stats(7); print(@s[1]); clear(@s);'
gives '@c: 0' '@c = count(); zero(@c); print(@c); clear(@c);'

# every bucket of hist() holds what belongs there
for bits in 0 2 5; do
    run -e "begin { for (\$i : 0..300) { @[\$i] = hist(\$i * \$i, $bits); } exit(); }"
    awk -v bits=$bits '
        function value(s) { m = 1; if (s ~ /K$/) m = 1024; if (s ~ /M$/) m = 1048576; sub(/[KM]$/, "", s); return s * m }
        /^@\[/ { gsub(/[^0-9]/, ""); v = $0 * $0; n++ }
        /^\[/ { row = $0; sub(/[])].*/, "", row); sub(/^\[/, "", row); k = split(row, b, ", ")
                if (k == 1 ? value(b[1]) != v : v < value(b[1]) || v >= value(b[2])) { print v " in " $0; bad++ } }
        END { exit bad || n != 300 }' "$out" || fail "buckets of hist(n, $bits)"
done

# arguments that are refused
refuses 'Invalid timestamp mode: foo' 'nsecs(foo);'
refuses 'Invalid PID namespace mode: foo' 'pid(foo);'
refuses "kstack\\(\\[int limit\\]\\): limit shouldn't exceed 1024, 2000 given" 'kstack(2000);'
refuses 'buf\(\) expects a length argument for non-array type' 'buf(1);'
refuses 'strcannot use negative length' 'str(1, -1);'
refuses 'requires a non-negative literal' 'strncmp("a", "b", -1);'
refuses "The func builtin can not be used with 'begin' probes" 'func;'
refuses 'reg can not be used with "begin" probes' 'reg("ip");'
refuses 'Failed to resolve kernel symbol: nonsense' 'kaddr("nonsense");'
refuses 'strftime\(\) can not take a monotonic timestamp' 'print(strftime("%H", nsecs(monotonic)));'
refuses 'pton\(\) expects a valid IPv4/IPv6 address' 'pton("1.2");'
refuses 'hist: bits 6 must be 0..5' '@ = hist(1, 6);'
refuses 'lhist\(\) step must be >= 1' '@ = lhist(1, 0, 10, 0);'
refuses 'Map type hist_t cannot print the value of individual keys' '@h[1] = hist(1); print(@h[1]);'
refuses 'call to delete\(\) with a single argument expects a map without explicit keys' '@a[1] = 1; delete(@a);'
refuses 'call to has_key\(\) expects a map with explicit keys' '@a = 1; has_key(@a, 1);'
refuses 'ERROR: a 1' 'fail("a %d", 1);'
finish
