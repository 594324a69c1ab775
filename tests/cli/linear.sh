#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a target costs does not depend on how many there are: the instructions of one more, between 1,000
# and 9,999 of them, are within 15% of those between 100 and 1,000. Counted by valgrind, which counts the
# same on a machine that is busy. Left out under a sanitizer, which valgrind cannot run.
. "$(dirname "$0")/lib.sh"

T_SECONDS=300
COUNTS=(100 1000 9999)

# instructions ARGS...: of the program, into $COUNTED.
instructions() {
    t_do valgrind --tool=callgrind --callgrind-out-file=/dev/null "$T_TOOL" "$@"
    t_exit 0
    COUNTED=$(sed -n 's/.*Collected : //p' "$T_ERR")
    [ -n "$COUNTED" ] || t_fail "valgrind tells no count: $*"
}

# linear COMMAND...: {} is the number of targets.
linear() {
    local count counted=()
    for count in "${COUNTS[@]}"; do
        instructions "${@//\{\}/$count}"
        counted+=("${COUNTED:-0}")
    done
    local few=$(((counted[1] - counted[0]) / (COUNTS[1] - COUNTS[0])))
    local many=$(((counted[2] - counted[1]) / (COUNTS[2] - COUNTS[1])))
    if [ "$few" -lt 1000 ] || [ $((many * 100)) -gt $((few * 115)) ] || [ $((many * 100)) -lt $((few * 85)) ]; then
        t_fail "one more target costs $few instructions up to ${COUNTS[1]}, $many beyond: $1"
    fi
}

t_begin "build, verify, diff, fleet: each target costs the same"
t_must keygen -o root.pem
t_must keygen -o targets.pem
t_must root create -o root_metadata --root-key root.pem --targets-key targets.pem --sign-with root.pem
mkdir many
seq 10000 | split -l 1 -a 4 -d - many/f
echo 'states: [{root: root_metadata}]' >fleet.yaml
for count in "${COUNTS[@]}"; do
    printf 'schema: 1
product: {name: many}
release: {version: 1, metadata_version: 1}
targets:
' >"$count.yaml"
    printf '  - {file: many/f%04d}\n' $(seq 0 $((count - 1))) >>"$count.yaml"
    t_must build "$count.yaml" -o "$count.swb" --root root_metadata --key targets.pem
    t_must convert "$count.swb" -o "$count.pb"
done
linear build {}.yaml -o built.swb --root root_metadata
linear verify {}.swb --root root_metadata
linear verify {}.pb --root root_metadata
linear diff {}.swb {}.pb
linear fleet --bundle {}.swb --fleet fleet.yaml
