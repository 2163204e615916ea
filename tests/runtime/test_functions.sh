#!/bin/bash
# Functions of the script: numbers, strings, structs and pointers in and out, calls of calls, loops, imports.
. "$(dirname "$0")/lib.sh"
run -q -e '
struct pair { int a; char name[12]; }
fn add($a: int64, $b: int64): int64 { return $a + $b; }
fn twice_added($a: int64, $b: int64): int64 { $s = add($a, $b); return add($s, $s); }
fn narrow($n: int8): int8 { return (int8)($n - 1); }
fn even($n: int64): bool { $n % 2 == 0 }
fn greet($who: string, $times: uint8): string {
  if ($times > 200) { return "many"; }
  return str_concat("hello ", $who);
}
fn longer($s: string): uint64 { if ($s == "hello you") { return 100; } strlen($s) }
fn tgid($t: struct task_struct *): int32 { return $t->tgid; }
fn first($p: struct pair): int32 { return $p.a; }
fn sum_to($n: int64, $by: int64): int64 { let $s = (int64)0; for ($i : 0..$n) { $s += $by; } return $s; }
fn note($n: int64): void { if ($n == 3) { return; } @calls++; @seen[$n] = count(); @q = quantile($n); }
fn unused($x: int64): int64 { return $x; }
begin {
  printf("%d %d %d\n", add(1, add(2, 3)), twice_added(4, 5), add(-9, 4));
  printf("%d %d\n", narrow(-128), narrow(5));
  print((even(3), even(4)));
  $s = greet("you", 1);
  printf("%s|%s|%d %d\n", $s, greet(comm, 255), longer($s), longer("abc"));
  @m[greet("k", 3)] = greet("v", 4);
  print(tgid(curtask) == pid);
  $p = *(struct pair *)curtask;
  print(first($p) == $p.a);
  print(sum_to(7, 6));
  for ($i : 1..6) { note($i); }
}
end { print(add(40, 2)); }'
expect_status 0
expect_out '6 18 -5
127 4
(false, true)
hello you|many|100 3
true
true
42
42


@calls: 4
@m[hello k]: hello v
@q: { .count = 4, .p50 = 2, .p90 = 5, .p99 = 5 }
@seen[1]: 1
@seen[2]: 1
@seen[4]: 1
@seen[5]: 1'

# User pointers, from several programs at once, and through an import.
mkdir "$dir/lib"
echo 'fn name($p: int8 *): string { return str($p); } fn one(): int64 { 1 }' >"$dir/lib/names.bt"
cat >"$dir/main.bt" <<'S'
config = { unstable_import_statement = enable }
import "lib/names.bt";
tracepoint:syscalls:sys_enter_openat /comm == "fnopener"/ { @opens[name((int8 *)args.filename)] = sum(one()); }
tracepoint:syscalls:sys_enter_close /comm == "fnopener"/ { @closes = sum(one()); }
S
touch "$dir/file"
run -q -c "$workload --comm fnopener open $dir/file 3" "$dir/main.bt"
expect_line "^@opens\[$dir/file\]: [0-9]+\$"
finish
