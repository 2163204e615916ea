#!/bin/bash
# ctest: timeout 240
# Every script of examples/ runs here, with a workload that gives it something to show, and shows it, without warnings.
. "$(dirname "$0")/lib.sh"
examples=$source_dir/examples

# example NAME SECONDS WORKLOAD [WORD …]: interrupted after SECONDS, unless it ends before
example() {
    script=$examples/$1 seconds=$2 command=$3
    shift 3
    timeout --preserve-status -s INT "$seconds" "$sonde" ${command:+-c "$command"} "$script" "$@" \
        >"$out" 2>"$err" </dev/null
    status=$?
    [ $status -eq 0 ] || fail "${script##*/}: exit status $status"
    ! grep -qE 'WARNING|ERROR' "$err" || fail "${script##*/}: complaints"
}
# shows REGEX
shows() { grep -qE -- "$1" "$out" || fail "${script##*/}: no line like $1"; }

for script in "$examples"/*.bt; do
    name=${script##*/}
    case $name in
    opens.bt)
        example "$name" 20 "$workload --comm exopener open $dir open /does/not/exist"
        shows "^[0-9]+ +exopener +[0-9]+ $dir\$"
        shows '^[0-9]+ +exopener +-2 /does/not/exist$'
        ;;
    syscall-latency.bt)
        example "$name" 20 "$workload --comm asker getppid 1000" -- --comm=asker
        shows '^@ns\[asker\]:$'
        [ "$(hist_total)" -ge 1000 ] || fail "$name: fewer than 1000 calls"
        expect_no_line '^@ns\[(sonde|bash)\]'
        ;;
    run-queue.bt)
        example "$name" 20 "$workload --comm exsleeper sleep 20 sleep 20 sleep 20"
        shows '^@longest_ns\[.*\]: [0-9]+$'
        shows '^@wait_ns:$'
        ;;
    page-faults.bt)
        example "$name" 20 "$workload --comm toucher faults 2000"
        shows '^@faults\[toucher\]: [0-9]+$'
        shows '^@stacks\[toucher,'
        ;;
    malloc-sizes.bt)
        example "$name" 20 "$workload --comm allocator malloc 100"
        shows '^@bytes\[allocator\]:$'
        [ "$(map_value '@calls[allocator]')" -ge 100 ] || fail "$name: fewer than 100 calls"
        [ "$(map_value '@total[allocator]')" -ge 409600 ] || fail "$name: fewer than 100 * 4096 bytes"
        ;;
    processes.bt)
        example "$name" 20 "$workload sleep 20"
        shows '^[0-9:]+ start +[0-9]+ +.*/workload sleep 20$'
        shows '^[0-9:]+ exit +[0-9]+ +workload after [0-9]+ ms$'
        ;;
    cpu-profile.bt)
        example "$name" 20 "$workload --comm exspinner spin 500"
        shows '^@samples\[exspinner\]: [0-9]+$'
        shows 'workload_spin\+[0-9]+$'
        ;;
    top-syscalls.bt)
        example "$name" 20 "" -- --rounds=2
        shows '^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]$'
        shows '^@program\[.*\]: [0-9]+$'
        shows '^@call\[tracepoint:syscalls:sys_enter_[a-z0-9_]+\]: [0-9]+$'
        expect_eq "$(grep -c '^[0-9][0-9]:' "$out")" 2 "$name: rounds"
        ;;
    read-sizes.bt)
        example "$name" 20 "$workload --comm reader read 10,10,100"
        shows '^@by_program\[reader\]: \{ .count = 3, .average = 40, .total = 120 \}$'
        ;;
    block-io.bt)
        # There need not be a disk: that it attaches is enough.
        example "$name" 20 "$workload sleep 20"
        ;;
    *)
        fail "$name has no test here"
        continue
        ;;
    esac
    echo "$name"
done
finish
