# Reading and running case files; sourced by run and against-peer. The format is described in run.
#
# read_cases FILE calls `each_case` for every case, with its parts in these variables:
#   name    the words after ==                  line    where it starts
#   script  the | lines                         out     the > lines        has_out  whether there are any
#   errors  array of the ! lines                status  exit status        has_status
#   opts    what stands before the script       args    and behind it (both still in shell quoting)
#   envs    NAME=VALUE words                    differs why the peer's answer is another one
#   files   array: name, text, name, text …     raw     the case as written, without its expectations
LC_ALL=C export LC_ALL

reset_case() {
    name= line=0 script= out= has_out= errors=() status=0 has_status= opts= args= envs= differs= files=() raw= nscript=0
}

# read_cases FILE
read_cases() {
    local text as_written number=0
    preface=
    reset_case
    while IFS= read -r text || [ "$text" ]; do
        number=$((number + 1)) as_written=$text
        case $text in
        '== '*)
            [ "$name" ] && each_case
            reset_case
            name=${text#== } line=$number
            ;;
        '| '* | '|') text=${text#|} script+=${script:+$'\n'}${text# } nscript=$((nscript + 1)) ;;
        '> '* | '>') text=${text#>} out+=${has_out:+$'\n'}${text# } has_out=1 ;;
        '! '*) errors+=("${text#! }") ;;
        '+ '* | '+') text=${text#+} files[-1]+=${text# }$'\n' ;;
        'file '*) files+=("${text#file }" '') ;;
        'opt '*) opts=${text#opt } ;;
        'arg '*) args=${text#arg } ;;
        'env '*) envs+=${envs:+ }${text#env } ;;
        'status '*) status=${text#status } has_status=1 ;;
        'differs '*) differs=${text#differs } ;;
        '' | '#'*) ;;
        *) echo "$1:$number: not understood: $text" >&2 && return 2 ;;
        esac
        case $as_written in
        '> '* | '>' | '! '* | 'status '*) ;;
        *) if [ "$name" ]; then raw+=$as_written$'\n'; else preface+=$as_written$'\n'; fi ;;
        esac
    done <"$1"
    [ "$name" ] && each_case
    reset_case
}

# prepare_case DIR: the files a case brings along, in DIR
prepare_case() {
    local i
    mkdir -p "$1"
    for ((i = 0; i < ${#files[@]}; i += 2)); do
        case ${files[i]} in */*) mkdir -p "$1/${files[i]%/*}" ;; esac
        printf '%s' "${files[i + 1]//WORKLOAD/$workload}" >"$1/${files[i]}"
    done
}

# The case's command line after the program, in array `words`. A script of no lines is run as the options say.
case_words() {
    local -a before=() after=()
    eval "before=(${opts//WORKLOAD/$workload})"
    eval "after=(${args//WORKLOAD/$workload})"
    words=("${before[@]}")
    [ $nscript -gt 0 ] && words+=(-e "${script//WORKLOAD/$workload}")
    words+=("${after[@]}")
}

# Newlines at the end do not count: every run ends with two.
trim() { trimmed=$1; while [[ $trimmed == *$'\n' ]]; do trimmed=${trimmed%$'\n'}; done; }

# The lines of standard error that a case may speak of: not the notices of the start, not echoed source.
diagnostics() { grep -aE '^([^ ]+:[0-9]+[:-][0-9:-]*:? )?(ERROR|WARNING|USAGE|HINT): |^HINT:|^USAGE:' "$1"; }
