#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sign: adds signatures to bundles and to root metadata, and never signs what does not match.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

ROOT1=$(key_id "$KEYS/root1.pub")
TARGETS1=$(key_id "$KEYS/targets1.pub")
TARGETS2=$(key_id "$KEYS/targets2.pub")
TARGETS3=$(key_id "$KEYS/targets3.pub")

# root (two of three targets keys), and b.swb and b.pb, unsigned.
sample_bundles() {
    sample_manifest
    quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
        --targets-key "$KEYS/targets2.pub" --targets-key "$KEYS/targets3.pub" --targets-threshold 2 \
        --sign-with "$KEYS/root1.pem"
    quiet build product.yaml -o b.swb --root root
    quiet build product.yaml -o b.pb --root root
}

judged() { # EXIT BUNDLE
    t_run verify "$2" --root root
    t_exit "$1"
}

t_begin "two of three: one after the other, in both containers"
sample_bundles
for bundle in b.swb b.pb; do
    judged 1 $bundle
    t_must sign $bundle --key "$KEYS/targets3.pem" --json
    t_json role targets
    t_json added "[\"$TARGETS3\"]"
    t_json already "[]"
    t_json quorums.0.missing 1
    judged 1 $bundle
    t_must sign $bundle --key "$KEYS/targets1.pem"
    t_out_contains "$bundle: signed with key $TARGETS1"
    t_out_contains "targets quorum: 2 of 2 signed: ${TARGETS3:0:12}"
    judged 0 $bundle
done
targets_envelope b.swb >envelope
envelope_verifies envelope 0 "$KEYS/targets3.pub"
envelope_verifies envelope 1 "$KEYS/targets1.pub"
wire get 3/2 <b.pb >envelope
envelope_verifies envelope 0 "$KEYS/targets3.pub"
envelope_verifies envelope 1 "$KEYS/targets1.pub"

t_begin "two at once is the same as one after the other"
sample_bundles
t_must sign b.swb --key "$KEYS/targets1.pem" --key "$KEYS/targets2.pem" --json
t_json added "[\"$TARGETS1\", \"$TARGETS2\"]"
judged 0 b.swb

t_begin "signing changes the envelope and nothing else"
sample_bundles
quiet sign b.swb --key "$KEYS/targets1.pem" -o signed.swb
targets_envelope b.swb | wire get 1 >before
targets_envelope signed.swb | wire get 1 >after
t_file_equal before after
for member in root_metadata targets/user_manifest targets/app; do
    tar xOf b.swb $member >before
    tar xOf signed.swb $member >after
    t_file_equal before after
done
wire drop 3 <b.pb >before
quiet sign b.pb --key "$KEYS/targets1.pem"
wire drop 3 <b.pb >after
t_file_equal before after

t_begin "every type of key, as openssl verifies it"
sample_manifest
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/ed25519-1.pub" \
    --targets-key "$KEYS/rsa2048.pub" --targets-key "$KEYS/rsa3072.pub" --targets-key "$KEYS/targets1.pub" \
    --targets-threshold 4 --sign-with "$KEYS/root1.pem"
quiet build product.yaml -o b.swb --root root --key "$KEYS/ed25519-1.pem" --key "$KEYS/rsa2048.pem" \
    --key "$KEYS/rsa3072.pem" --key "$KEYS/targets1.pem"
targets_envelope b.swb >envelope
envelope_verifies envelope 0 "$KEYS/ed25519-1.pub"
envelope_verifies envelope 1 "$KEYS/rsa2048.pub"
envelope_verifies envelope 2 "$KEYS/rsa3072.pub"
envelope_verifies envelope 3 "$KEYS/targets1.pub"
t_equal "$(wire get 2:0/2 <envelope | wc -c) $(wire get 2:1/2 <envelope | wc -c)" "64 256"
t_equal "$(wire get 2:2/2 <envelope | wc -c) $(wire get 2:3/2 <envelope | wc -c)" "384 64"
judged 0 b.swb
# openssl says no to other bytes: the check above can fail.
wire get 1 <envelope >metadata
wire get 2:3/2 <envelope >signature
echo >>metadata
signature_verifies "$KEYS/targets1.pub" metadata signature >/dev/null 2>&1 && t_fail "openssl verifies anything"

t_begin "ECDSA signatures have a low s"
sample_bundles
for _ in 1 2 3 4 5 6 7 8; do
    quiet sign b.swb --key "$KEYS/targets1.pem" --replace
    # The order's half begins with 7fffffff80000000.
    s=$(targets_envelope b.swb | wire get 2/2 | tail -c 32 | head -c 8 | od -An -v -tx1 | tr -d ' \n')
    [[ $s < 7fffffff80000001 ]] || t_fail "s begins with $s"
done

t_begin "a key that already signed changes nothing, and is exit 0"
sample_bundles
for bundle in b.swb b.pb root; do
    key=targets1
    [ $bundle != root ] || key=root1
    quiet sign $bundle --key "$KEYS/$key.pem"
    cp $bundle before
    touch -d 2020-01-01 $bundle
    t_must sign $bundle --key "$KEYS/$key.pem"
    t_out_contains "signed already by key"
    t_file_equal $bundle before
    t_equal "$(stat -c %Y $bundle)" 1577836800 "the time of $bundle"
    t_must sign $bundle --key "$KEYS/$key.pem" --json
    t_json added "[]"
    t_json already "[\"$(key_id "$KEYS/$key.pub")\"]"
    t_must sign $bundle --key "$KEYS/$key.pem" -o copy
    t_file_equal copy before
done

t_begin "a copy in the container that it came in, whatever its name"
sample_bundles
quiet sign b.pb --key "$KEYS/targets1.pem" -o copy.swb
t_equal "$(wire count 4 <copy.swb)" 2 payloads
quiet sign b.pb --key "$KEYS/targets1.pem"
t_must sign b.pb --key "$KEYS/targets1.pem" -o copy.tar
t_file_equal copy.tar b.pb
quiet sign b.swb --key "$KEYS/targets1.pem" -o copy.pb
tar tf copy.pb >/dev/null 2>&1 || t_fail "copy.pb is no tar"

t_begin "-o leaves the file as it is, and its copy follows the umask"
sample_bundles
cp b.swb before
chmod 600 b.swb
quiet sign b.swb --key "$KEYS/targets1.pem" -o copy
t_file_equal b.swb before
t_mode copy 644
quiet sign b.swb --key "$KEYS/targets1.pem"
t_mode b.swb 600
"$T_TOOL" sign b.swb --key "$KEYS/targets2.pem" -o - >piped 2>report || t_fail "$(cat report)"
t_file_contains report "signed with key $TARGETS2"
t_equal "$(targets_envelope piped | wire count 2)" 2

t_begin "--replace signs anew, and leaves the others"
sample_bundles
quiet sign b.swb --key "$KEYS/targets1.pem" --key "$KEYS/targets2.pem"
targets_envelope b.swb >before
t_must sign b.swb --key "$KEYS/targets1.pem" --replace --json
t_json added "[\"$TARGETS1\"]"
targets_envelope b.swb >after
t_equal "$(wire count 2 <after)" 2
t_equal "$(wire get 2:0/1 <after | od -An -v -tx1 | tr -d ' \n')" "$TARGETS2"
envelope_verifies after 1 "$KEYS/targets1.pub"
wire get 2:0 <before >old
wire get 2:1 <after >new
t_file_differs old new
judged 0 b.swb

t_begin "a signature of the key that does not verify makes room for a good one"
sample_bundles
quiet sign b.pb --key "$KEYS/targets1.pem"
wire set 3/2/2/2 "x:$(head -c 128 /dev/zero | tr '\0' 1)" <b.pb >broken.pb
t_must sign broken.pb --key "$KEYS/targets1.pem" --json
t_json added "[\"$TARGETS1\"]"
t_equal "$(wire count 3/2/2 <broken.pb)" 1
quiet sign broken.pb --key "$KEYS/targets2.pem"
judged 0 broken.pb

t_begin "a foreign signature stays"
sample_bundles
wire add 3/2 2 "x:0a20$(head -c 32 /dev/zero | od -An -v -tx1 | tr -d ' \n')1203616263" <b.pb >foreign.pb
quiet sign foreign.pb --key "$KEYS/targets1.pem" --key "$KEYS/targets2.pem"
t_equal "$(wire get 3/2/2:0/2 <foreign.pb)" abc
judged 0 foreign.pb

t_begin "signing a bundle whose payloads do not match"
sample_bundles
at=$(grep -abo aaaa b.swb | head -n 1 | cut -d : -f 1)
cp b.swb bad.swb
printf b | dd of=bad.swb bs=1 seek="$at" conv=notrunc 2>/dev/null
tr a b <app.bin >other.bin
wire set 4:1/2 @other.bin <b.pb >bad.pb
wire drop 4:1 <b.pb >short.pb
for bundle in bad.swb bad.pb short.pb; do
    cp $bundle before
    for options in "" "-o copy" "--replace"; do
        # shellcheck disable=SC2086 # several words
        try sign $bundle --key "$KEYS/targets1.pem" $options
        error_is sign 3 payload
        t_json_err error.file $bundle
        t_file_equal $bundle before
        t_file_absent copy
    done
done

t_begin "a bundle that is cut, padded or no bundle is not signed"
sample_bundles
head -c -512 b.swb >cut.swb
(cat b.swb && head -c 512 /dev/zero) >long.swb
for bundle in cut.swb long.swb; do
    cp $bundle before
    try sign $bundle --key "$KEYS/targets1.pem"
    error_is sign 3 container
    t_file_equal $bundle before
done
: >empty
for file in app.bin product.yaml empty; do
    try sign $file --key "$KEYS/targets1.pem"
    t_exit 3
done
try sign . --key "$KEYS/targets1.pem"
error_is sign 5 io
try sign missing --key "$KEYS/targets1.pem"
error_is sign 5 not-found
try sign b.swb
error_is sign 2 usage
"$T_TOOL" sign - --key "$KEYS/targets1.pem" -o copy < <(cat b.swb) >out 2>err
t_equal $? 2 "a pipe is read once, and signing reads twice"
t_file_absent copy

t_begin "signing with a key that the role does not list: exit 4, and nothing is written"
sample_bundles
cp b.swb before
for key in ed25519-1 root1; do
    try sign b.swb --key "$KEYS/$key.pem"
    t_err_contains "$(key_id "$KEYS/$key.pub")"
    t_err_contains "$TARGETS3"
    error_is sign 4 key-not-listed
    try sign b.swb --key "$KEYS/targets1.pem" --key "$KEYS/$key.pem"
    error_is sign 4 key-not-listed
done
try sign b.swb --role root --key "$KEYS/targets1.pem"
t_err_contains "$ROOT1"
error_is sign 4 key-not-listed
try sign root --key "$KEYS/targets1.pem"
error_is sign 4 key-not-listed
t_file_equal b.swb before

t_begin "a bundle without a root: --root says who may sign, nothing says it otherwise"
sample_bundles
quiet build product.yaml -o bare.swb
try sign bare.swb --root root --key "$KEYS/root1.pem"
error_is sign 4 key-not-listed
t_must sign bare.swb --root root --key "$KEYS/targets1.pem" --json
t_json quorums.0.missing 1
t_must sign bare.swb --key "$KEYS/root1.pem"
t_err_contains "nothing tells whether the key may sign"
t_equal "$(targets_envelope bare.swb | wire count 2)" 2
try sign bare.swb --role root --key "$KEYS/root1.pem"
error_is sign 3 file-kind

t_begin "a bundle's own root decides, not --root"
sample_bundles
quiet root create -o other --root-key "$KEYS/root1.pub" --targets-key "$KEYS/ed25519-1.pub" \
    --sign-with "$KEYS/root1.pem"
try sign b.swb --root other --key "$KEYS/ed25519-1.pem"
error_is sign 4 key-not-listed
t_must sign b.swb --root other --key "$KEYS/targets1.pem"

t_begin "--role root signs the root inside of a bundle, with the old root's keys too"
sample_bundles
quiet root rotate root -o r2 --remove-root-key "$ROOT1" --add-root-key "$KEYS/root2.pub"
for container in swb pb; do
    quiet build product.yaml -o c.$container --root r2 --key "$KEYS/targets1.pem" --key "$KEYS/targets2.pem"
    judged 1 c.$container
    t_must sign c.$container --role root --key "$KEYS/root2.pem" --json
    t_json role root
    judged 1 c.$container
    try sign c.$container --role root --key "$KEYS/root1.pem"
    error_is sign 4 key-not-listed
    t_must sign c.$container --role root --root root --key "$KEYS/root1.pem" --json
    t_json quorums.0.of old
    t_json quorums.0.met true
    t_json quorums.1.of new
    t_json quorums.1.met true
    judged 0 c.$container
done
root_envelope c.swb >envelope
envelope_verifies envelope 0 "$KEYS/root2.pub"
envelope_verifies envelope 1 "$KEYS/root1.pub"
try sign r2 --role targets --key "$KEYS/root2.pem"
error_is sign 3 file-kind
try sign b.swb --role snapshot --key "$KEYS/targets1.pem"
error_is sign 2 usage

t_begin "root metadata: signed in place, and the bytes signed stay the same"
sample_bundles
quiet root create -o r --root-key "$KEYS/root1.pub" --root-key "$KEYS/rsa2048.pub" --root-threshold 2 \
    --targets-key "$KEYS/targets1.pub"
wire get 1 <r >before
t_must sign r --key "$KEYS/root1.pem" --key "$KEYS/rsa2048.pem" --json
t_json role root
t_json quorums.0.met true
wire get 1 <r >after
t_file_equal before after
envelope_verifies r 0 "$KEYS/root1.pub"
envelope_verifies r 1 "$KEYS/rsa2048.pub"

t_begin "a device manifest is not signed"
sample_bundles
wire get 3/2/1 <b.pb >metadata
printf '' | wire add . 1 x: | wire add 1 1 s:targets | wire add 1 2 @metadata >device
try sign device --key "$KEYS/targets1.pem"
error_is sign 3 file-kind

t_begin "names that are one file: the output is the input"
sample_bundles
ln b.swb hard
ln -s b.swb soft
quiet sign soft --key "$KEYS/targets1.pem" -o b.swb
t_equal "$(targets_envelope b.swb | wire count 2)" 1
t_equal "$(targets_envelope hard | wire count 2)" 0 "the other name keeps the old file"
quiet sign hard --key "$KEYS/targets1.pem" -o hard
quiet sign soft --key "$KEYS/targets2.pem"
[ -L soft ] || t_fail "the link was replaced"
judged 0 b.swb
