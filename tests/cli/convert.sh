#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# convert: another container, the same signed bytes, there and back.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# there_and_back FILE: to the other container and back, byte for byte.
there_and_back() {
    local file=$1 other=pb
    [ "${file##*.}" != pb ] || other=swb
    t_must convert "$file" -o "there.$other"
    t_must convert "there.$other" -o "back.${file##*.}"
    t_file_equal "$file" "back.${file##*.}"
}

t_begin "there and back, in both directions"
sample_manifest
sample_root root
head -c 512 /dev/zero >block.bin
printf 1 >one.bin
: >empty.bin
long=$(printf 'n%.0s' {1..100})
cat >>product.yaml <<YAML
  - {name: a/b/c, file: block.bin}
  - {name: $long, file: one.bin}
  - {name: grün/☃, file: one.bin}
  - {name: empty, file: empty.bin}
YAML
for options in "" "--root root" "--root root --key $KEYS/targets1.pem"; do
    for format in swb pb; do
        # shellcheck disable=SC2086 # several words
        quiet build product.yaml -o "b.$format" $options
        there_and_back "b.$format"
    done
done
t_run verify there.swb --root root
t_exit 0

t_begin "a built bundle and a converted one are the same file"
sample_manifest
sample_root root
sed -i 's/targets1/ed25519-1/' product.yaml
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/ed25519-1.pub" \
    --sign-with "$KEYS/root1.pem"
for format in swb pb; do
    quiet build product.yaml -o "built.$format" --root root --key "$KEYS/ed25519-1.pem"
done
quiet convert built.swb -o made.pb
quiet convert built.pb -o made.swb
t_file_equal built.pb made.pb
t_file_equal built.swb made.swb
t_equal "$(tar tf made.swb | tr '\n' ' ')" "root_metadata targets_metadata targets/user_manifest targets/app "

t_begin "all signatures come along, good ones and bad"
sample_manifest
quiet build product.yaml -o b.swb
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
    --targets-key "$KEYS/targets2.pub" --targets-threshold 2 --sign-with "$KEYS/root1.pem"
quiet sign b.swb --root root --key "$KEYS/targets1.pem" --key "$KEYS/targets2.pem"
there_and_back b.swb
t_run verify there.pb --root root
t_exit 0

t_begin "the container: --format, else the extension, else the other one"
sample_manifest
quiet build product.yaml -o b.swb
quiet convert b.swb -o b.pb
t_must convert b.swb -o out --json
t_json container pigweed
t_json from tar
t_file_equal out b.pb
t_must convert b.pb -o out
t_file_equal out b.swb
t_must convert b.swb -o out.tar
t_file_equal out.tar b.swb
t_must convert b.pb -o out.tar --format pigweed
t_file_equal out.tar b.pb
t_must convert b.pb -o out.swb --json
t_json container tar
t_json size "$(stat -c %s b.swb)"
t_run convert b.pb -o out2 --format zip
t_exit 2
t_file_absent out2

t_begin "from and to pipes"
sample_manifest
quiet build product.yaml -o b.swb
quiet convert b.swb -o b.pb
# shellcheck disable=SC2002 # a pipe, not a file
cat b.swb | "$T_TOOL" convert - -o - --format pigweed 2>err >out.pb
t_equal $? 0
t_file_equal out.pb b.pb
# shellcheck disable=SC2002
cat b.pb | "$T_TOOL" convert - -o out 2>err
t_equal $? 3
t_file_absent out

# ---- with a root -----------------------------------------------------------------------------------

t_begin "--root puts a root in; the container stays when the name says nothing"
sample_manifest
sample_root root
quiet build product.yaml -o bare.swb --key "$KEYS/targets1.pem"
quiet build product.yaml -o want.swb --root root --key "$KEYS/targets1.pem"
t_must convert bare.swb -o out --root root --json
t_json container tar
root_envelope out >found
t_file_equal found root
t_run verify out --root root
t_exit 0
t_must convert bare.swb -o out.pb --root root --json
t_json container pigweed
t_run verify out.pb --root root
t_exit 0

t_begin "--root takes the place of the root that is there"
sample_manifest
sample_root root
quiet root rotate root -o next --sign-with "$KEYS/root1.pem"
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
t_must convert b.swb -o out.swb --root next
root_envelope out.swb >found
t_file_equal found next
t_run verify out.swb --root root
t_exit 0
t_must convert out.swb -o again.swb --root next
t_file_equal out.swb again.swb

t_begin "--root that disagrees with the root that user_manifest records: 3, nothing written"
sample_manifest
sample_root root
quiet root rotate root -o next --sign-with "$KEYS/root1.pem"
sample_root twin --version 2 --expires 2099-01-01
quiet build product.yaml -o b.swb --root next --key "$KEYS/targets1.pem"
for wrong in root twin; do
    for out in out.swb out.pb; do
        try convert b.swb -o "$out" --root "$wrong"
        error_is convert 3 root-conflict
        t_file_absent "$out"
    done
done
t_must convert b.swb -o out.swb --root next
t_file_equal out.swb b.swb

t_begin "--root that is not signed yet is told"
sample_manifest
quiet build product.yaml -o bare.swb
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
t_run convert bare.swb -o out.swb --root root
t_exit 0
t_err_contains "warning: "
t_err_contains "not signed by its own quorum"
t_run convert bare.swb -o out.swb --root root --json
t_exit 0
t_out_contains "not signed by its own quorum"

t_begin "--root that is no root: 3, nothing written"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb
for wrong in product.yaml b.swb app.bin; do
    t_run convert b.swb -o out.swb --root "$wrong"
    t_exit 3
    t_file_absent out.swb
done
t_run convert b.swb -o out.swb --root nothing
t_exit 5
t_file_absent out.swb

t_begin "--root that breaks a rule, and a bundle from a pipe: refused, nothing written"
quiet fixtures -o made
t_run convert made/good.swb -o out.swb --root made/anchor-threshold-0.root
t_exit 3
t_err_contains "made/anchor-threshold-0.root"
t_do bash -c "cat made/good.swb | '$T_TOOL' convert - -o out.swb --root made/anchor.root"
t_exit 2
t_err_contains "it is read twice"
t_file_absent out.swb

# ---- what is refused -------------------------------------------------------------------------------

t_begin "a payload that does not match is not converted"
sample_manifest
quiet build product.yaml -o b.swb
quiet convert b.swb -o b.pb
for file in b.swb b.pb; do
    python3 - "$file" <<'PYTHON'
import sys
data = open(sys.argv[1], "rb").read()
at = data.rindex(b"aaaa")
open(sys.argv[1], "wb").write(data[:at] + b"b" + data[at + 1:])
PYTHON
    for out in out.swb out.pb; do
        try convert "$file" -o "$out"
        error_is convert 3 payload
        t_err_contains "app"
        t_file_absent "$out"
    done
done

t_begin "what is no bundle is exit 3, what is not there exit 5"
sample_manifest
sample_root root
: >empty
for file in root product.yaml empty app.bin; do
    t_run convert "$file" -o out.pb
    t_exit 3
    t_equal "$(grep -vc '^hint: ' "$T_ERR")" 1 "lines of error for $file"
    t_file_absent out.pb
done
t_run convert nothing -o out.pb
t_exit 5
t_run convert . -o out.pb
t_exit 5
t_run convert root
t_exit 2

t_begin "a bundle that is cut leaves the old output as it was"
sample_manifest
quiet build product.yaml -o b.swb
quiet convert b.swb -o b.pb
echo old >out.swb
for file in b.swb b.pb; do
    head -c 9000 "$file" >short
    t_run convert short -o out.swb
    t_exit 3
    t_file_contains out.swb old
done
t_files "app.bin b.pb b.swb out.swb product.yaml short"
