#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Signing by people who never meet: what is refused, and why.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/offline.bash"

# ---- requests that are refused -------------------------------------------------------------------

t_begin "request whose summary, role, user_manifest or bytes disagree: every member, in every way"
sample_bundles
quiet sign b.swb --key "$KEYS/targets1.pem"
quiet sign b.swb --export request
quiet root rotate root -o r2 --add-root-key "$KEYS/root2.pub" --expires 2040-01-01
quiet sign r2 --root root --key "$KEYS/root2.pem"
quiet sign r2 --root root --export root-request
T_SECONDS=300
for words in "request $KEYS/rsa2048.pem root" "request $KEYS/rsa2048.pem" \
    "root-request $KEYS/root1.pem root" "root-request $KEYS/root1.pem"; do
    # shellcheck disable=SC2086 # several words
    t_do python3 "$OFFLINE" walk $words
    t_exit 0
    t_out_contains ", 0 faults"
done
T_SECONDS=60

t_begin "request whose parts come from another request"
sample_bundles
quiet sign b.swb --export request
sed -i 's/metadata_version: 42/metadata_version: 43/; s/widget/gadget/' product.yaml
quiet build product.yaml -o other.swb --root root
quiet sign other.swb --export other
quiet root create -o r --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
quiet sign r --export of-root
for part in metadata user_manifest summary sha256; do
    edited request $part "$(python3 -c 'import json, sys; print(json.dumps(json.load(open("other"))[sys.argv[1]]))' $part)" mixed
    refused_request "$part" mixed targets1
done
jq 'del(.user_manifest, .summary.product, .summary.vendor, .summary.release)' request >hidden
refused_request "user_manifest: it is missing, the metadata lists it" hidden targets1
edited request summary.product '"gadget"' mixed
refused_request 'summary.product: the request says "gadget", what is signed says "widget"' mixed targets1
edited request metadata "\"$(member of-root metadata)\"" mixed
refused_request "it is root metadata, the role of the request is targets" mixed targets1
edited request role '"root"' mixed
refused_request "it is targets metadata, the role of the request is root" mixed targets1
# The JSON itself.
printf '{"role": "targets",' >twice
tail -c +2 request >>twice
refused_request "duplicate object key" twice targets1
head -c -3 request >short.json
refused_request "not JSON" short.json targets1
(cat request && echo '{}') >long.json
refused_request "not JSON" long.json targets1
: >empty
refused_request "not JSON" empty targets1
python3 -c 'print("[" * 100000)' >deep
refused_request "levels" deep targets1
head -c 17000000 /dev/zero | tr '\0' ' ' >huge
try sign --request huge --key "$KEYS/targets1.pem" -o response --yes
t_exit 3
sed 's|signing-request/1|signing-request/2|' request >later
refused_request "expected 'swupdate-tool/signing-request/1'" later targets1

t_begin "unknown members are shown, and are no fault; a summary has none"
sample_bundles
quiet sign b.swb --key "$KEYS/rsa2048.pem"
quiet sign b.swb --export request
edited request note '{"a": ["b"]}' noted
edited noted quorums.0.note '"by Eve"' noted2
edited noted2 signatures.0.note 7 noted
t_must sign --request noted --key "$KEYS/targets1.pem" -o response --yes
t_out_contains "member 'note', which nothing here stands for: {\"a\":[\"b\"]}"
t_out_contains "member 'quorums[0].note', which nothing here stands for: \"by Eve\""
t_out_contains "member 'signatures[0].note', which nothing here stands for: 7"
t_must dump noted --json
t_json unknown.2.member "signatures[0].note"
t_json unknown.2.value 7
rm response
edited request summary.note '"approved"' noted
refused_request "summary.note" noted targets1

t_begin "an anchor that does not agree with the request on who may sign"
sample_bundles
quiet sign b.swb --export request
quiet root create -o other --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
    --sign-with "$KEYS/root1.pem"
refused_request "other lets sign 1 of $TARGETS1" request targets1 --root other
t_err_contains "lets sign 2 of $TARGETS1"
t_must sign --request request --root b.swb --key "$KEYS/targets1.pem" -o from-bundle --yes --json
t_json anchor true
t_json signatures_checked true
# Root metadata: the root that it replaces, or itself.
quiet root rotate root -o r2 --add-root-key "$KEYS/root2.pub"
quiet sign r2 --root root --export rotation
quiet sign r2 --export first
refused_request "the request replaces the root of version 1" rotation root1 --root other
refused_request "the request replaces the root of version 1" rotation root1 --root r2
refused_request "the request replaces no root and is version 2" first root2 --root root
respond rotation root1 ok --root root
respond first root2 ok --root r2
: >empty
try sign --request request --root empty --key "$KEYS/targets1.pem" -o response --yes
t_exit 3
t_file_absent response

t_begin "a signature in the request that the key never made"
sample_bundles
quiet sign b.swb --key "$KEYS/targets1.pem" --key "$KEYS/rsa2048.pem"
quiet sign b.swb --export request
other=$(member request signatures.1.signature)
edited request signatures.1.signature "\"$(tr 'A-Y' 'B-Z' <<<"${other:0:100}")${other:100}\"" bad
# Without an anchor it is what the request says, but of one's own key everybody knows.
t_must sign --request bad --key "$KEYS/ed25519-1.pem" -o ok --yes
t_out_contains "who has signed is as the request says"
refused_request "signatures[1]: it is said to be by $KEYS/rsa2048.pem, and is not" bad rsa2048
refused_request "the signature of key $RSA does not verify" bad ed25519-1 --root root
edited request signatures.1.scheme '"ed25519"' bad
refused_request "another scheme than the key" bad ed25519-1 --root root

t_begin "signing with a key that the role does not list: also offline"
sample_bundles
quiet sign b.swb --export request
for options in "" "--root root"; do
    # shellcheck disable=SC2086 # several words
    try sign --request request --key "$KEYS/root1.pem" -o response --yes $options
    t_err_contains "$ROOT1"
    t_err_contains "$TARGETS1, $ED25519, $RSA"
    error_is sign 4 key-not-listed
    t_file_absent response
done

t_begin "a rotation to a version that is not higher is told before the question"
sample_bundles
quiet root rotate root -o r2 --add-root-key "$KEYS/root2.pub"
t_must sign root --root r2 --export request
t_err_contains "devices take a higher one"
t_do python3 "$TERMINAL" "[y/N] " n -- "$T_TOOL" sign --request request --key "$KEYS/root2.pem" -o response
t_equal "$(grep -o 'take a higher one\|\[y/N\]' "$T_OUT" | tr '\n' ' ')" "take a higher one [y/N] "

# ---- exports that are refused --------------------------------------------------------------------

t_begin "signing a bundle whose payloads do not match: nor is it exported, or signatures attached"
sample_bundles
quiet sign b.pb --export request
respond request targets1 response
tr a b <app.bin >other.bin
wire set 4:1/2 @other.bin <b.pb >bad.pb
cp bad.pb before
try sign bad.pb --export out
error_is sign 3 payload
t_file_absent out
try sign bad.pb --attach response
error_is sign 3 payload
t_file_equal bad.pb before

t_begin "a bundle without a root: --root says who may sign, and is asked for"
sample_bundles
quiet build product.yaml -o bare.swb
try sign bare.swb --export request
t_err_contains "--root"
error_is sign 2 usage
t_file_absent request
t_must sign bare.swb --root root --export request
respond request targets1 response
try sign bare.swb --attach response
t_err_contains "--root"
error_is sign 2 usage
t_must sign bare.swb --root root --attach response --json
t_json added "[\"$TARGETS1\"]"
try sign bare.swb --role root --export request
error_is sign 3 file-kind
try sign root --role targets --export request
error_is sign 3 file-kind
quiet root create -o other --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
t_must sign b.swb --root other --export request
t_err_contains "the bundle's own root tells who may sign"
respond request rsa2048 response
t_must sign b.swb --root other --attach response
t_err_contains "the bundle's own root lists the key $RSA, the one of --root does not"

t_begin "signatures that do not count do not travel"
sample_bundles
quiet sign b.pb --key "$KEYS/targets1.pem"
wire add 3/2 2 "x:0a20$(head -c 32 /dev/zero | od -An -v -tx1 | tr -d ' \n')1203616263" <b.pb >foreign.pb
wire add 3/2 2 "x:$(wire get 3/2/2 <b.pb | od -An -v -tx1 | tr -d ' \n')" <foreign.pb >twice.pb
t_must sign twice.pb --export request
t_err_contains "is by a key that the role does not list: left out"
t_err_contains "is there more than once: left out"
t_equal "$(member request signatures | grep -o key_id | wc -l)" 1

# ---- responses that are refused ------------------------------------------------------------------

t_begin "response for other bytes, and each other fault of one"
sample_bundles
quiet sign b.swb --export request
respond request ed25519-1 response
sed 's/metadata_version: 42/metadata_version: 43/' product.yaml >next.yaml
quiet build next.yaml -o next.swb --root root
refused_response "signed are other bytes: SHA-256 $(member request sha256)" next.swb response
# One that lies about the bytes: the signature does not verify.
quiet sign next.swb --export next-request
edited response sha256 "\"$(member next-request sha256)\"" lying
refused_response "the signature of key $ED25519 does not verify" next.swb lying
quiet sign root --export root-request
respond root-request root1 of-root
refused_response "it signs as root, the signatures of targets are added" b.swb of-root
edited response signatures.0.scheme '"ecdsa-sha2-nistp256"' bad
refused_response "is ecdsa-sha2-nistp256, the key signs with ed25519" b.swb bad
edited response signatures.0.key_id "\"$ROOT1\"" bad
refused_response "the key $ROOT1 may not sign; who may is targets: 2 of $TARGETS1, $ED25519, $RSA" b.swb bad
edited response signatures.0.signature '"AAAA"' bad
refused_response "has a wrong length" b.swb bad
edited response signatures '[]' bad
refused_response "there is none" b.swb bad
T_SECONDS=300 t_do python3 "$OFFLINE" walk-response b.swb response
t_exit 0
t_out_contains ", 0 faults"
try sign b.swb --attach missing
error_is sign 5 not-found
try sign b.swb --attach app.bin
error_is sign 3 file-kind

t_begin "all or nothing: one bad response, and nothing is written"
sample_bundles
quiet sign b.swb --export request
respond request ed25519-1 good
respond request rsa2048 other
edited other sha256 "\"$(printf %064d 0)\"" bad
cp b.swb before
for order in "good bad" "bad good"; do
    # shellcheck disable=SC2086 # two words
    set -- $order
    try sign b.swb --attach "$1" --attach "$2"
    t_err_contains "bad: "
    error_is sign 3 signing-response
    t_file_equal b.swb before
done

t_begin "duplicate signature: one key in two responses, or twice in one"
sample_bundles
quiet sign b.swb --export request
respond request targets1 one
respond request targets1 two
cp b.swb before
try sign b.swb --attach one --attach two
t_err_contains "the key $TARGETS1 signs here and in one"
error_is sign 3 signing-response
try sign b.swb --attach one --attach one
error_is sign 3 signing-response
t_file_equal b.swb before
python3 - <<'PYTHON'
import json
one, two = json.load(open("one")), json.load(open("two"))
one["signatures"] += two["signatures"]
json.dump(one, open("both", "w"))
PYTHON
refused_response "signatures[1]: the key $TARGETS1 signs twice" b.swb both
# Also where the key has signed already.
quiet sign b.swb --attach one
refused_response "signatures[1]: the key $TARGETS1 signs twice" b.swb both
quiet sign b.swb --export request
edited request signatures "[$(member request signatures.0), $(member two signatures.0)]" both
refused_request "signatures[1]: the key $TARGETS1 signs twice" both rsa2048

t_begin "a key that already signed: said, nothing changed"
sample_bundles
quiet sign b.swb --export request
respond request targets1 response
for bundle in b.swb b.pb; do
    quiet sign $bundle --attach response
    cp $bundle before
    touch -d 2020-01-01 $bundle
    t_must sign $bundle --attach response
    t_out_contains "$bundle: signed already by key $TARGETS1"
    t_file_equal $bundle before
    t_equal "$(stat -c %Y $bundle)" 1577836800 "the time of $bundle"
    t_must sign $bundle --attach response --json
    t_json written false
    t_must sign $bundle --attach response -o copy
    t_out_contains "copy: a copy, nothing added"
    t_file_equal copy before
done

t_begin "a bad signature of the key makes room for the one that is brought"
sample_bundles
quiet sign b.pb --export request
respond request targets1 response
quiet sign b.pb --key "$KEYS/targets1.pem"
wire set 3/2/2/2 "x:$(head -c 128 /dev/zero | tr '\0' 1)" <b.pb >broken.pb
t_must sign broken.pb --attach response --json
t_json added "[\"$TARGETS1\"]"
t_equal "$(wire count 3/2/2 <broken.pb)" 1

t_begin "no room for a signature more: the file is named"
quiet root create -o unsigned --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
quiet sign unsigned --export request
respond request root1 response
filler=$(printf '%64s' '')
for _ in {1..1024}; do
    printf '\x12\x64\x0a\x20%.32s\x12\x40%s' "$filler" "$filler"
done | cat unsigned - >full
try sign full --attach response
t_err_contains "full: there are 1024 signatures already"
error_is sign 3 metadata
try sign full --key "$KEYS/root1.pem"
t_err_contains "full: there are 1024 signatures already"
error_is sign 3 metadata

# ---- signed copies -------------------------------------------------------------------------------

t_begin "two signed copies are merged, whatever their container"
sample_bundles
quiet sign b.swb --key "$KEYS/targets1.pem" --key "$KEYS/ed25519-1.pem" -o ann.swb
quiet sign b.pb --key "$KEYS/rsa2048.pem" -o bob.pb
quiet convert ann.swb -o ann.pb
t_must sign ann.swb --attach bob.pb -o both.swb --json
t_json added "[\"$RSA\"]"
judged 0 both.swb
# What the copies share counts once.
t_must sign b.pb --attach ann.swb --attach ann.pb --attach bob.pb -o both.pb --json
t_json added "[\"$TARGETS1\", \"$ED25519\", \"$RSA\"]"
t_equal "$(wire count 3/2/2 <both.pb)" 3
judged 0 both.pb
# A response beside a copy that has the same signature.
quiet sign ann.swb --export request
respond request targets1 again
t_must sign b.pb --attach ann.swb --attach again -o more.pb
quiet sign b.pb --attach again --attach ann.swb -o more.pb
t_equal "$(wire count 3/2/2 <more.pb)" 2
# Through a pipe.
"$T_TOOL" sign b.pb --attach - -o piped.pb < <(cat again) >report 2>&1 || t_fail "$(cat report)"
t_equal "$(wire count 3/2/2 <piped.pb)" 1

t_begin "a copy of root metadata: alone, or inside of a bundle"
sample_bundles
quiet root rotate root -o r2 --add-root-key "$KEYS/root2.pub" --root-threshold 2
quiet sign r2 --key "$KEYS/root2.pem" -o joiner
quiet build product.yaml -o c.swb --root r2
quiet sign c.swb --role root --root root --key "$KEYS/root1.pem"
t_must sign r2 --root root --attach joiner --attach c.swb --json
t_json quorums.0.met true
t_json quorums.1.met true
t_run verify --type root r2 --root root
t_exit 0
t_must sign c.swb --role root --attach joiner --json
t_json quorums.0.met true
refused_response "it holds other root metadata than r2" r2 root
refused_response "it is root metadata, the signatures of targets are added" b.swb r2

t_begin "a copy with other signed bytes is refused; what does not count in one is told and not taken"
sample_bundles
sed 's/metadata_version: 42/metadata_version: 43/' product.yaml >next.yaml
quiet build next.yaml -o next.swb --root root --key "$KEYS/targets1.pem"
refused_response "it holds other targets metadata than b.swb" b.swb next.swb
quiet sign b.pb --key "$KEYS/targets1.pem" -o signed.pb
cp b.pb before
refused_response "it holds no signature that counts here" b.pb before
wire set 3/2/2/2 "x:$(head -c 128 /dev/zero | tr '\0' 1)" <signed.pb >broken.pb
wire add 3/2 2 "x:0a20$(head -c 32 /dev/zero | od -An -v -tx1 | tr -d ' \n')1203616263" <broken.pb >foreign.pb
refused_response "it holds no signature that counts here" b.pb foreign.pb
t_err_contains "a signature of key $TARGETS1 does not verify: not taken"
t_file_equal b.pb before
quiet sign foreign.pb --key "$KEYS/rsa2048.pem"
t_must sign b.pb --attach foreign.pb --json
t_json added "[\"$RSA\"]"
t_err_contains "is by a key that the role does not list: not taken"

# ---- the command line ----------------------------------------------------------------------------

t_begin "forms do not mix, and the reason is told"
sample_bundles
quiet sign b.swb --export request
respond request targets1 response
usage() { # TEXT WORD...
    try "${@:2}"
    t_err_contains "$1"
    error_is sign 2 usage
}
usage "--key does not go with --export, which writes a request and uses no key" \
    sign b.swb --export q --key "$KEYS/targets1.pem"
usage "--output does not go with --export" sign b.swb --export q -o out
usage "--replace does not go with --export" sign b.swb --export q --replace
usage "--attach does not go with --export" sign b.swb --export q --attach response
usage "--request does not go with --export" sign b.swb --export q --request request
usage "--key does not go with --attach" sign b.swb --attach response --key "$KEYS/targets1.pem"
usage "--replace does not go with --attach" sign b.swb --attach response --replace
usage "--yes does not go with --attach" sign b.swb --attach response --yes
usage "--replace does not go with --request" \
    sign --request request --key "$KEYS/targets1.pem" -o out --yes --replace
usage "--role does not go with --request" \
    sign --request request --key "$KEYS/targets1.pem" -o out --yes --role root
usage "--yes does not go without --request" sign b.swb --key "$KEYS/targets1.pem" --yes
usage "unexpected argument 'b.swb': --request signs a request" \
    sign b.swb --request request --key "$KEYS/targets1.pem" -o out --yes
usage "--output OUT is missing" sign --request request --key "$KEYS/targets1.pem" --yes
usage "--key URI is missing" sign --request request -o out --yes
usage "expected FILE" sign --attach response
usage "expected FILE" sign --export out
usage "--key URI is missing" sign b.swb
t_files "app.bin b.pb b.swb product.yaml request response root"

t_begin "an output replaces no other file of the command"
sample_bundles
quiet sign b.swb --export request
respond request targets1 response
cp "$KEYS/targets1.pem" key
cp -R . "$T_TMP/before"
usage "would replace the file to sign" sign b.swb --export b.swb
usage "would replace the root of --root" sign b.swb --root root --export root
usage "would replace the request" sign --request request --key key -o request --yes
usage "would replace a key" sign --request request --key key -o key --yes
usage "would replace the root of --root" sign --request request --key key --root root -o root --yes
usage "would replace what is attached" sign b.swb --attach response -o response
usage "can't be signed in place" sign - --attach response
diff -r . "$T_TMP/before" >/dev/null || t_fail "$(diff -rq . "$T_TMP/before")"
# shellcheck disable=SC2016 # expanded by the inner shell
t_do bash -c '"$0" sign - --export - <b.swb >q' "$T_TOOL"
t_exit 0
t_file_equal q request
t_run_from b.swb sign - --attach response -o copy
t_exit 0
