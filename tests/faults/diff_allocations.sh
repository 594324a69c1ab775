#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whichever allocation fails, diff answers as it does with memory, or says that it has none: what it
# could not hold is never a difference less or more.
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../cli/samples.bash"

RUNS=40

# With the Nth allocation, and then all of them, failing.
fails_at() { # N WORD...
    local from
    for from in 0 1; do
        t_do env LD_PRELOAD="$T_BUILD/faults/memory.so" \
            SWT_FAULT_AT="$1" SWT_FAULT_FROM="$from" "$T_TOOL" "${@:2}"
        if [ "$T_STATUS" -eq 5 ]; then
            t_err_contains 'out of memory'
        elif [ "$T_STATUS" -ne 1 ] || ! cmp -s "$T_OUT" good; then
            t_fail "allocation $1 fails: exit $T_STATUS, and another answer: ${*:2}"
        fi
    done
}

t_begin "diff without memory"
sample_manifest
sample_root root
quiet build product.yaml -o old.swb --root root --key "$KEYS/targets1.pem"
printf x >>app.bin
sed -i 's/metadata_version: 42/metadata_version: 43/; s/vendor: Acme/vendor: "A | B"/' product.yaml
quiet root rotate root -o root.2 --add-targets-key "$KEYS/targets2.pub" --sign-with "$KEYS/root1.pem"
quiet build product.yaml -o new.pb --root root.2 --key "$KEYS/targets2.pem"
for option in --json --markdown -v; do
    t_run diff "$option" old.swb new.pb
    t_exit 1
    cp "$T_OUT" good
    env LD_PRELOAD="$T_BUILD/faults/memory.so" SWT_FAULT_AT=0 \
        SWT_FAULT_COUNT=9 "$T_TOOL" diff "$option" old.swb new.pb 9>count >quiet
    total=$(cat count)
    [ "$total" -gt 200 ] || t_fail "$total allocations were counted"
    for ((i = 0; i < RUNS; i++)); do
        fails_at $((1 + i * (total - 1) / (RUNS - 1))) diff "$option" old.swb new.pb
    done
done
