#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes testdata/corpus/NAME of itself and of what fuzzing found (build/found/NAME): the smallest files
# that reach each edge of the code. Files with names that people gave stay, whatever they reach.
#   tests/fuzz/minimise.sh FOLDER NAME...
set -euo pipefail

# A corpus is replayed in every check, and lies in the repository.
MAX_FILES=150
MAX_BYTES=$((300 * 1024))
MAX_INPUT=8k

folder=$1
shift
for name in "$@"; do
    corpus=testdata/corpus/$name
    work=build/minimise/$name
    rm -rf "$work"
    mkdir -p "$work/from" "$work/to" "build/found/$name"
    # libFuzzer's names are SHA-1; the merge keeps what is in its first folder.
    find "$corpus" -type f -regextype posix-extended -not -regex '.*/[0-9a-f]{40}' -exec cp -t "$work/to" {} +
    for from in "$corpus" "build/found/$name"; do
        find "$from" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -size -"$MAX_INPUT" \
            -exec cp -t "$work/from" {} +
    done
    "$folder/libfuzzer/$name" -merge=1 -use_counters=0 -timeout=20 -rss_limit_mb=1024 "$work/to" "$work/from" \
        >"$work/log" 2>&1 || {
        tail -n 20 "$work/log"
        echo "fuzz-minimise: $name: the merge failed" >&2
        exit 1
    }
    rm -rf "$corpus"
    cp -R "$work/to" "$corpus"
    count=$(find "$corpus" -type f | wc -l)
    bytes=$(find "$corpus" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')
    echo "$name: $count files, $bytes bytes"
    if [ "$count" -gt "$MAX_FILES" ] || [ "$bytes" -gt "$MAX_BYTES" ]; then
        echo "fuzz-minimise: $name: over $MAX_FILES files or $MAX_BYTES bytes" >&2
        exit 1
    fi
done
