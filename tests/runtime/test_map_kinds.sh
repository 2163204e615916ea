#!/bin/bash
# Arrays, queues and stacks: what goes in comes out, in order; what does not fit is counted.
. "$(dirname "$0")/lib.sh"
run -q -e '
let @q = queue(3);
let @s = stack(3);
begin {
  push(@q, 1); push(@q, 20000000000); push(@q, 3); push(@q, 4);
  push(@s, "ab"); push(@s, "cde");
  printf("%d %d %s %s\n", peek(@q), pop(@q), pop(@s), peek(@s));
  $v = (int64)7;
  if (pop(@q, $v)) { printf("first %lld\n", $v); }
  if (peek(@q, $v)) { printf("peek %lld\n", $v); }
  if (pop(@q, $v)) { printf("second %lld\n", $v); }
  if (!pop(@q, $v)) { printf("none, still %lld, %d\n", $v, pop(@q)); }
  push(@q, 9); push(@q, 8);
}'
expect_status 0
expect_out '1 1 cde ab
first 20000000000
peek 3
second 3
none, still 3, 0


@q: [9, 8]
@s: [ab]'
expect_err '^sonde: queue or stack full: 1 time \(@q\)$'

run -q -e '
let @a = array(4);
let @p = percpuarray(4);
begin {
  @a[0] = 5; @a[3] = 2; @a[2]++; @a[1] = 7; @a[1] = 0;
  @a[4] = 1; @a[-1]++; $big = (uint64)1 << 32; @a[$big] = 3; print(@a[9]); print((@a[0], @a[2]));
  @p[1] = count(); @p[1] = count(); @p[9] = count();
  print(delete(@a, 3)); print(has_key(@a, 3)); print(has_key(@a, 4)); print(len(@a)); print(@p[1]);
  for ($kv : @a) { @sum += $kv.1; }
}'
expect_status 0
expect_out '0
(5, 1)
true
true
false
4
2


@a[0]: 5
@a[2]: 1
@p[1]: 2
@sum: 6'
expect_err '^sonde: array index out of range: 4 times \(@a\)$'
expect_err '^sonde: array index out of range: 1 time \(@p\)$'

# print() in the middle of a run changes nothing; clear and zero.
run -q -e '
let @s = stack(4);
let @q = queue(4);
begin { push(@s, 1); push(@s, 2); push(@s, 3); push(@q, (1, "a")); push(@q, (2, "b")); }
interval:ms:50 {
  @n++;
  if (@n == 1) { print(@s); print(@s, 2); print(@q); }
  if (@n == 2) { push(@s, pop(@s) * 10); print(@s); zero(@s); print(@s); clear(@s); print(@s); clear(@n); exit(); }
}'
expect_out '@s: [3, 2, 1]
@s: [3, 2]
@q: [(1, a), (2, b)]
@s: [30, 2, 1]
@s: [0, 0, 0]
@s: []


@q: [(1, a), (2, b)]'

run -q -f json -e 'let @q = queue(4); let @a = array(9); begin { push(@q, "x"); push(@q, "yz"); @a[8] = 1; @a[9] = 1; }'
expect_line '^\{"type": "map", "data": \{"@q": \["x", "yz"\]\}\}$'
expect_line '^\{"type": "map", "data": \{"@a": \{"8": 1\}\}\}$'
expect_line '"cause": "array index out of range", "subject": "@a", "count": 1'
finish
