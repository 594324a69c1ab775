#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Instruction counts: when `make icount` fails, when it does not, and that it counts at all.
# Left out under a sanitizer, whose code valgrind does not run.
. "$(dirname "$0")/lib.sh"

ICOUNT=$T_SOURCE/scripts/icount

# record FILE JOB ALL MAIN [COMPILER]
record() {
    cat >"$1" <<RECORD
# a comment
compiler: ${5:-cc 12.2.0, -O2 -g}
libraries: glibc 2.36, libcrypto 3.0.19

# job   all   from main()
$2   $3   $4
RECORD
}

compare() { # ALL MAIN [COMPILER]: with a record of 1,000,000 and 400,000
    record recorded.txt build-tar 1,000,000 400,000
    record measured.txt build-tar "$1" "$2" "${3:-}"
    t_do "$ICOUNT" compare recorded.txt measured.txt
}

t_begin "a count that has grown by 6 % fails, and the hint names its profile"
compare 1,060,000 400,000
t_exit 1
t_out_contains 'more than 5 % above recorded.txt: build-tar'
t_out_contains 'callgrind_annotate measured/build-tar.out'
t_out_contains '+6.0%'

t_begin "one that has grown by 6 % from main() on fails, whatever the loader does"
compare 1,024,000 424,000
t_exit 1
t_out_contains 'more than 5 % above recorded.txt: build-tar'

t_begin "one that has grown by 4 % passes"
compare 1,040,000 416,000
t_exit 0
t_out_contains '1 jobs within 5 % of recorded.txt'

t_begin "one that has shrunk by 6 % passes, and should be recorded"
compare 1,000,000 376,000
t_exit 0
t_out_contains 'more than 5 % below recorded.txt: build-tar; '

t_begin "counts of another compiler are shown and not judged"
compare 2,000,000 900,000 'clang 14.0.6, -O2 -g'
t_exit 0
t_out_contains 'another compiler: clang 14.0.6, -O2 -g; recorded.txt has cc 12.2.0, -O2 -g'
t_out_contains '+100.0%'
t_out_contains 'nothing was compared'

t_begin "a job without a record fails, and so does a record without its job"
record recorded.txt build-tar 1,000,000 400,000
record measured.txt verify-tar 1,000,000 400,000
t_do "$ICOUNT" compare recorded.txt measured.txt
t_exit 1
t_out_contains 'not in both: build-tar verify-tar'

t_begin "what is no record is refused, not passed"
record recorded.txt build-tar 1,000,000 400,000
echo 'build-tar many many' >measured.txt
t_do "$ICOUNT" compare recorded.txt measured.txt
t_exit 1
t_err_contains 'measured.txt:1: neither a count'
: >measured.txt
t_do "$ICOUNT" compare recorded.txt measured.txt
t_exit 1
t_err_contains 'measured.txt: no counts in it'

t_begin "a job is counted, twice the same within a percent"
for i in 1 2; do
    t_do "$ICOUNT" measure "$T_TOOL" "folder$i" build-tar
    t_exit 0
    cp "$T_OUT" "$i.txt"
    t_file_exists "folder$i/build-tar.out"
done
counts() { sed -n 's/^build-tar  *//p' "$1" | tr -d ,; }
read -r all main < <(counts 1.txt)
read -r all_again main_again < <(counts 2.txt)
[ "$main" -gt 1000000 ] || t_fail "counted $main from main()"
[ "$all" -gt "$main" ] || t_fail "counted $all, but $main from main()"
t_equal $((100 * (all - all_again) / all)) 0 "percent between $all and $all_again"
t_equal $((100 * (main - main_again) / main)) 0 "percent between $main and $main_again"

t_begin "the record that stands here is one, and of all jobs"
t_do "$ICOUNT" compare "$T_SOURCE/tests/bench/icount.txt" "$T_SOURCE/tests/bench/icount.txt"
t_exit 0
t_out_lacks 'another'
jobs=$(PYTHONDONTWRITEBYTECODE=1 python3 - "$ICOUNT" <<'PYTHON'
import runpy, sys
print(len(runpy.run_path(sys.argv[1])["JOBS"]))
PYTHON
)
t_out_contains "$jobs jobs within"
