#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target for FUZZ_SECONDS, on all processors, round after round: each build folder in
# turn, FUZZ_ROUNDS times in all (0: until Ctrl-C). What is found stays in build/found/NAME;
# build/fuzz-ledger has a line for each run: target, executions, seconds, and 1 when it failed.
#   tests/fuzz/soak.sh FOLDER...
set -euo pipefail

FOUND=build/found
LEDGER=build/fuzz-ledger
INTERRUPTED=72 # libFuzzer's exit status after Ctrl-C

# One target for FUZZ_SECONDS.
run() { # FOLDER NAME
    local dict=tests/fuzz/$2.dict log=$FOUND/$2.log start=$SECONDS status=0 executions
    mkdir -p "$FOUND/$2"
    set -- "$1" "$2" -max_total_time="$FUZZ_SECONDS" -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$FOUND/$2-"
    [ ! -e "$dict" ] || set -- "$@" -dict="$dict"
    "$1/libfuzzer/$2" "${@:3}" "$FOUND/$2" "testdata/corpus/$2" >"$log" 2>&1 || status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    [ "$status" -ne "$INTERRUPTED" ] || status=0
    echo "$2 ${executions:-0} $((SECONDS - start)) $((status != 0))" >>"$LEDGER"
    [ "$status" -eq 0 ] || {
        grep -aEv '^#' "$log" | tail -n 40
        echo "fuzz: $2 failed; its input: $FOUND/$2-*"
    }
}

# Each target once, as many at a time as there are processors.
round() { # FOLDER
    local source name
    for source in tests/fuzz/fuzz_*.c; do
        name=${source##*/fuzz_}
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
            wait -n || true
        done
        run "$1" "${name%.c}" &
    done
    wait
}

# What all runs that the ledger knows came to.
tell() {
    awk '
    function grouped(number,    text, groups) {
        text = sprintf("%.0f", number)
        for (; length(text) > 3; text = substr(text, 1, length(text) - 3))
            groups = "," substr(text, length(text) - 2) groups
        return text groups
    }
    $1 == "verify" { verifications += $2 }
    $1 != "verify" { executions += $2; parsers += !seen[$1]++ }
    { crashes += $4 }
    END {
        printf "fuzz-soak: %s executions of %d parsers, %s of whole verifications, %d crashes\n",
            grouped(executions), parsers, grouped(verifications), crashes
        exit crashes > 0
    }' "$LEDGER"
}

# The targets have got the signal too, or end in their time.
# shellcheck disable=SC2317 # the trap calls it
stopped() {
    trap - INT TERM
    wait
    tell
    exit
}

mkdir -p "$FOUND"
touch "$LEDGER"
trap stopped INT TERM
result=0
for ((count = 0; FUZZ_ROUNDS == 0 || count < FUZZ_ROUNDS; count++)); do
    folders=("$@")
    round "${folders[count % $#]}"
    tell || result=1
done
exit "$result"
