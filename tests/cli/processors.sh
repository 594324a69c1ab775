#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same answers and the same bytes, on all processors and on one, where everything is done in order
# by one thread. The payloads are large enough for threads; `make tsan` runs this under ThreadSanitizer.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/samples.bash"

# One that this process may use.
ONE=$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')

# both NAME ARGS...: on all processors and on one; same status, report and messages. NAME.all and NAME.one
# are what is written where ARGS say NAME.out.
both() {
    local name=$1 all one
    shift
    rm -rf "$name.out"
    "$T_TOOL" "$@" >"$name.report" 2>"$name.messages"
    all=$?
    rm -rf "$name.all"
    [ ! -e "$name.out" ] || mv "$name.out" "$name.all"
    taskset -c "$ONE" "$T_TOOL" "$@" >"$name.report1" 2>"$name.messages1"
    one=$?
    rm -rf "$name.one"
    [ ! -e "$name.out" ] || mv "$name.out" "$name.one"
    t_equal "$all" "$one" "exit status of $*"
    t_file_equal "$name.report" "$name.report1"
    t_file_equal "$name.messages" "$name.messages1"
    STATUS=$all
}

same_files() { # NAME
    t_do diff -r "$1.all" "$1.one"
    t_exit 0
}

# Eight targets, of which the fifth is larger than all others together.
sample_release() {
    local i
    for i in 1 2 3 4 5 6 7 8; do
        openssl enc -aes-128-ctr -K "0$i" -iv 00 -in /dev/zero 2>/dev/null |
            head -c "$((i == 5 ? 20000003 : i * 700001))" >"t$i"
    done
    echo 'schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 3}
targets: [{files: "t?"}]' >product.yaml
    quiet root create -o root_metadata --root-key "$KEYS/root1.pub" \
        --targets-key "$KEYS/ed25519-1.pub" --sign-with "$KEYS/root1.pem"
    echo "states: [{name: new, root: root_metadata}]" >fleet.yaml
}

# spoil BUNDLE N: a byte in the middle of target N becomes another one.
spoil() {
    python3 - "$1" "t$2" <<'PYTHON'
import sys
with open(sys.argv[1], "r+b") as bundle, open(sys.argv[2], "rb") as target:
    payload = target.read()
    at = bundle.read().index(payload) + len(payload) // 2
    bundle.seek(at)
    bundle.write(bytes([payload[len(payload) // 2] ^ 1]))
PYTHON
}

for extension in swb pb; do
    format=$([ "$extension" = pb ] && echo pigweed || echo tar)
    t_begin "$extension: a good bundle on any number of processors"
    sample_release
    both build build product.yaml -o build.out --format "$format" --root root_metadata -q
    same_files build
    mv build.all "a.$extension"
    both sign sign "a.$extension" --key "$KEYS/ed25519-1.pem" -o sign.out
    same_files sign
    mv sign.all "b.$extension"
    both verify verify "b.$extension" --root root_metadata --time 2027-01-01
    t_equal "$STATUS" 0 "verify"
    both verify verify "b.$extension" --root root_metadata --time 2027-01-01 --against product.yaml --json
    t_equal "$STATUS" 0 "verify --against"
    both extract extract "b.$extension" -C extract.out --root root_metadata
    same_files extract
    t_file_equal extract.all/t5 t5
    both convert convert "b.$extension" -o convert.out --format "$format"
    same_files convert
    t_file_equal convert.all "b.$extension"
    both fleet fleet --bundle "b.$extension" --fleet fleet.yaml
    t_equal "$STATUS" 0 "fleet"

    t_begin "$extension: of several faults, the first is told"
    sample_release
    quiet build product.yaml -o "c.$extension" --root root_metadata --key "$KEYS/ed25519-1.pem"
    for bad in 8 5 3 1; do
        spoil "c.$extension" "$bad"
        both verify verify "c.$extension" --root root_metadata --time 2027-01-01
        t_equal "$STATUS" 1 "verify of a spoilt t$bad"
        grep -q "'t$bad'" verify.report || t_fail "t$bad is not named: $(cat verify.report)"
        both extract extract "c.$extension" -C extract.out --root root_metadata
        t_equal "$STATUS" 1 "extract"
        t_file_absent extract.all
        both sign sign "c.$extension" --key "$KEYS/ed25519-1.pem" --replace -o sign.out
        t_equal "$STATUS" 3 "sign"
        t_file_absent sign.all
        grep -q "'t$bad'" sign.messages || t_fail "t$bad is not named: $(cat sign.messages)"
        both convert convert "c.$extension" -o convert.out
        t_equal "$STATUS" 3 "convert"
        t_file_absent convert.all
        both fleet fleet --bundle "c.$extension" --fleet fleet.yaml
    done
    # A broken end comes after all of them.
    head -c -1 "c.$extension" >d && mv d "c.$extension"
    both verify verify "c.$extension" --root root_metadata --time 2027-01-01
    t_equal "$STATUS" 1 "verify of a shorter file"
done

t_begin "sources that cannot be read: the first is told, check tells all"
sample_release
rm -f t2 t7
mkdir t2 t7
both build build product.yaml -o build.out
t_equal "$STATUS" 5 "build"
t_file_absent build.all
grep -q "target 't2'" build.messages || t_fail "t2 is not named: $(cat build.messages)"
both check check product.yaml
t_equal "$STATUS" 1 "check"

t_end
