#!/bin/bash
# File names from user memory, printed and used as keys.
. "$(dirname "$0")/lib.sh"
run -q -c "$workload --comm opener open /no/such/first open /no/such/second open /no/such/second" -e '
tracepoint:syscalls:sys_enter_openat /comm == "opener"/ { printf("%s %s\n", comm, str(args.filename)); @[str(args.filename)] = count(); }'
expect_status 0
expect_eq "$(grep -c '^opener /no/such/second$' "$out")" 2
expect_line '^opener /no/such/first$'
expect_eq "$(map_value '@[/no/such/second]')" 2
expect_eq "$(map_value '@[/no/such/first]')" 1
finish
