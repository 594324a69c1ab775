#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `make bench` is: on a small payload, without judging any time. Each job runs, each output is checked,
# and the blocks of the manual page and of the README are those of the figures.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BENCH=$T_SOURCE/tests/bench
PAGE=$T_SOURCE/man/swupdate-performance.7
# For a machine that is busy.
T_SECONDS=240
export SWT_TOOL=$T_TOOL SWT_BUILD=$T_BUILD PYTHONDONTWRITEBYTECODE=1
unset BENCH_SIZE BENCH_RUNS BENCH_ONLY BENCH_MEMORY BENCH_STRICT

bench() { # [VARIABLE=VALUE...] [OPTION...]
    local settings=()
    while [[ ${1-} == *=* ]]; do
        settings+=("$1")
        shift
    done
    mkdir -p scratch
    t_do env BENCH_DIR="$PWD/scratch" "${settings[@]}" python3 "$BENCH/bench.py" "$@"
    t_equal "$(ls -A scratch)" '' "what is left in the scratch folder"
}

# A text without what stands between the marks.
outside() { # FILE
    sed '/bench: [fc].*, written by make bench/,/bench: end/d' "$1"
}

# stand_in FILE: a program in the place of ours, which runs ours as "$TOOL"; its body is standard input.
stand_in() {
    { printf '#!/usr/bin/env bash\nTOOL=%q\n' "$T_TOOL"; cat; } >"$1"
    chmod +x "$1"
}

t_begin "all jobs run in all places, and what they took is written down"
cp "$PAGE" page
cp "$T_SOURCE/README.md" readme
bench --short --figures figures --page page --readme readme
t_exit 0
t_err_empty
python3 - figures <<'PYTHON' >ran || t_fail "the figures are not whole"
import json, sys
figures = json.load(open(sys.argv[1], encoding="ascii"))
assert figures["size"] == 1 << 20 and figures["runs"] == 1 and figures["places"][0]["name"] == "disk"
for place in figures["places"]:
    assert " ".join(group["name"] for group in place["groups"]) == \
        "build verify sign convert install metadata peers many"
    for group in place["groups"]:
        for job in group["jobs"]:
            assert len(job["runs"]) == (3 if group["short"] else 1), job
            assert all(len(run) == 3 and min(run[0], run[2]) > 0 for run in job["runs"]), job
            print(job["name"])
PYTHON
for job in 'cp & openssl dgst, sync' 'openssl dgst' 'cp, sync' 'build .swb' 'build .pb, signed' \
    'build .swb to a pipe' 'verify .pb' 'sign .swb' 'sign --attach .pb' 'convert .swb to .pb' \
    'convert .pb to .swb' 'extract .swb' 'apply .pb' 'dump .swb, small' 'reject .pb, large' \
    'tar, openssl dgst -sign' 'openssl dgst -verify'; do
    grep -qxF -e "$job" ran || t_fail "no job '$job'"
    t_out_contains "  $job "
    t_file_contains page "$job "
done
for peer in rauc mender-artifact; do
    ! command -v "$peer" >/dev/null || grep -q "^$peer " ran || t_fail "$peer was not measured"
done
t_out_contains ' bounds hold'

t_begin "the blocks alone are rewritten, by the figures, within the width of a page"
cp "$T_TMP/1/"{figures,page,readme} .
t_file_differs page "$PAGE"
t_file_differs readme "$T_SOURCE/README.md"
t_equal "$(outside page)" "$(outside "$PAGE")" "the page around the block"
t_equal "$(outside readme)" "$(outside "$T_SOURCE/README.md")" "the README around the block"
tr '\n' ' ' <readme >joined
t_file_contains joined 'of 1 MiB is built in'
t_equal "$(sed -n '/^\.Bd -literal$/,/^\.Ed$/p' page | awk 'length > 73')" '' "lines that are too wide"
cp page page.2
cp readme readme.2
bench --render --figures figures --page page.2 --readme readme.2
t_exit 0
t_file_equal page page.2
t_file_equal readme readme.2
echo 'no mark' >unmarked
bench --render --figures figures --page unmarked
t_exit 1
t_err_contains 'unmarked: expected one line'

t_begin "the page and the README are those of the figures in the source folder"
cp "$PAGE" page
cp "$T_SOURCE/README.md" readme
bench --render --figures "$BENCH/figures.json" --page page --readme readme
t_exit 0
t_file_equal page "$PAGE"
t_file_equal readme "$T_SOURCE/README.md"

t_begin "a run that is less than a full one writes nothing"
cp "$PAGE" page
bench BENCH_SIZE=1M BENCH_RUNS=1 BENCH_ONLY=verify BENCH_MEMORY= --figures figures --page page
t_exit 0
t_out_contains 'nothing is written'
t_file_absent figures
t_file_equal page "$PAGE"

# spoiled GROUP PATH JOB: with bytes of PATH altered once the job has made it, the job fails.
spoiled() {
    stand_in tool <<BODY
"\$TOOL" "\$@" || exit
[ ! -e $2 ] || printf '\\1\\2\\3\\4' | dd of=$2 bs=1 seek=500000 conv=notrunc status=none
BODY
    bench SWT_TOOL="$PWD/tool" BENCH_ONLY="$1" BENCH_MEMORY= --short
    t_exit 1
    t_err_contains "bench: $3: "
}

t_begin "an output with wrong bytes is found, whichever job made it"
spoiled build out.swb 'build .swb'
spoiled build out.pb 'build .pb'
spoiled sign out.swb 'sign .swb'
spoiled convert out.pb 'convert .swb to .pb'
spoiled install out/app 'extract .swb'
spoiled install device/current/targets/app 'apply .swb'
spoiled many out.swb 'build .swb'
spoiled peers out.swb 'build .swb, signed'

t_begin "a job that fails, and one that does not do its work, are found"
stand_in tool <<'BODY'
case "$*" in
"verify a.pb"*) exit 5 ;;
*) exec "$TOOL" "$@" ;;
esac
BODY
bench SWT_TOOL="$PWD/tool" BENCH_ONLY=verify BENCH_MEMORY= --short
t_exit 1
t_err_contains 'bench: verify .pb: exit status 5, expected 0'
stand_in tool <<'BODY'
case "$*" in
"verify a.swb"* | *" -o - "*) echo 0 ;;
*) exec "$TOOL" "$@" ;;
esac
BODY
bench SWT_TOOL="$PWD/tool" BENCH_ONLY=verify BENCH_MEMORY= --short
t_exit 1
t_err_contains "bench: verify .swb: said nothing of 'accept'"
bench SWT_TOOL="$PWD/tool" BENCH_ONLY=build BENCH_MEMORY= --short
t_exit 1
t_err_contains 'bench: build .swb to a pipe: 2 bytes came through the pipe'
stand_in tool <<'BODY'
case "$*" in
"sign a.pb"*--attach*) cp a.pb out.pb ;;
*) exec "$TOOL" "$@" ;;
esac
BODY
bench SWT_TOOL="$PWD/tool" BENCH_ONLY=sign BENCH_MEMORY= --short
t_exit 1
t_err_contains "bench: sign --attach .pb: said nothing of '2 of 1 ('"

t_begin "a missed bound is told, and a failure where that is asked for"
stand_in tool <<'BODY'
case "$*" in
"dump a.swb"*) sleep 0.5 ;;
esac
exec "$TOOL" "$@"
BODY
bench SWT_TOOL="$PWD/tool" BENCH_ONLY=metadata BENCH_MEMORY= --short
t_exit 0
t_out_contains 'missed: disk: looking at metadata alone: dump .swb, large: '
bench SWT_TOOL="$PWD/tool" BENCH_ONLY=metadata BENCH_MEMORY= BENCH_STRICT=1 --short
t_exit 1
t_err_empty

t_begin "what is asked for must make sense, and there must be room"
for setting in BENCH_SIZE=much BENCH_SIZE=2G BENCH_SIZE=1K BENCH_RUNS=0 BENCH_RUNS=x BENCH_ONLY=nothing; do
    bench "$setting" BENCH_MEMORY= --short
    t_exit 2
    t_err_contains "bench: ${setting%=*} is '${setting#*=}': expected "
done
bench --short --page page
t_exit 2
t_do env PYTHONPATH="$BENCH" python3 -c \
    'import bench, machine; machine.memory = lambda: (1, 1 << 20); print(bench.lacks_room(".", 1 << 20))'
t_exit 0
t_out_contains '37.5 MiB of free memory, so that files stay in the cache are needed, 1 MiB are there'

t_begin "measure tells time, peak and status, and its caller's memory is not the command's"
MEASURE=$T_BUILD/tests/measure
measured() { # FIELD, of WALL USER SYSTEM PEAK STATUS
    cut -d ' ' -f "$1" m
}
t_do "$MEASURE" m sh -c 'sleep 0.2; exit 3'
t_exit 0
t_equal "$(measured 5)" 3 status
[ "$(measured 1)" -ge 200000000 ] || t_fail "sleeping for 0.2 s took $(measured 1) ns"
# shellcheck disable=SC2016 # for the shell that is killed
t_do "$MEASURE" m sh -c 'kill -9 $$'
t_equal "$(measured 5)" 137 "status of a signal"
t_do "$MEASURE" m python3 -c 'bytearray(48 << 20)'
[ "$(measured 4)" -ge $((48 << 10)) ] || t_fail "48 MiB were measured as $(measured 4) KiB"
[ "$(measured 2)" -gt 0 ] || t_fail "python took no time of a processor"
t_do python3 -c 'import subprocess, sys; large = bytearray(48 << 20)
subprocess.run(sys.argv[1:], check=True)' "$MEASURE" m true
[ "$(measured 4)" -lt 8192 ] || t_fail "true takes $(measured 4) KiB below a large caller"
