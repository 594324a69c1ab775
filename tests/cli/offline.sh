#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Signing by people who never meet: sign --export, --request and --attach.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

OFFLINE=$T_SOURCE/tests/cli/offline.py
TERMINAL=$T_SOURCE/tests/cli/terminal.py
# What the program shows is looked for as text.
export NO_COLOR=1
ROOT1=$(key_id "$KEYS/root1.pub")
TARGETS1=$(key_id "$KEYS/targets1.pub")
ED25519=$(key_id "$KEYS/ed25519-1.pub")
RSA=$(key_id "$KEYS/rsa2048.pub")

# root: two of three targets keys, of the three types; b.swb and b.pb, unsigned.
sample_bundles() {
    sample_manifest
    quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
        --targets-key "$KEYS/ed25519-1.pub" --targets-key "$KEYS/rsa2048.pub" --targets-threshold 2 \
        --sign-with "$KEYS/root1.pem"
    quiet build product.yaml -o b.swb --root root
    quiet build product.yaml -o b.pb --root root
}

# respond REQUEST KEY RESPONSE [OPTION...]
respond() {
    quiet sign --request "$1" --key "$KEYS/$2.pem" -o "$3" --yes "${@:4}"
}

judged() { # EXIT BUNDLE
    t_run verify "$2" --root root
    t_exit "$1"
}

# refused_request TEXT REQUEST KEY [OPTION...]: with the reason, and no response.
refused_request() {
    try sign --request "$2" --key "$KEYS/$3.pem" -o response --yes "${@:4}"
    t_err_contains "$1"
    t_err_contains "$2"
    error_is sign 3 signing-request
    t_file_absent response
}

# refused_response TEXT FILE RESPONSE [OPTION...]: FILE stays as it is.
refused_response() {
    cp "$2" before
    try sign "$2" --attach "$3" "${@:4}"
    t_err_contains "$1"
    t_err_contains "$3"
    error_is sign 3 signing-response
    t_file_equal "$2" before
    t_run sign "$2" --attach "$3" "${@:4}" -o out
    t_exit 3
    t_file_absent out
}

edited() { # FILE PATH JSON OUT: a copy of FILE with another member
    python3 "$OFFLINE" set "$1" "$2" "$3" >"$4" || t_fail "offline.py set $*"
}

member() { # FILE PATH: its value
    t_json_value "$1" "$2"
}

# ---- ceremonies: folders that share nothing but requests and responses ---------------------------

# Ann and Bob have their key and the anchor; the request comes to them, a response goes back.
t_begin "two of three sign targets on machines of their own, in both containers"
for container in swb pb; do
    mkdir build-$container ann-$container bob-$container
    cd build-$container || exit
    sample_bundles
    for person in ann bob; do cp root ../$person-$container/anchor; done
    cp "$KEYS/targets1.pem" ../ann-$container/key
    cp "$KEYS/rsa2048.pem" ../bob-$container/key
    t_must sign b.$container --export request --json
    t_json role targets
    t_json quorums.0.missing 2
    t_json quorums.0.signed "[]"
    cp request ../ann-$container
    cp request ../bob-$container
    cd ../ann-$container || exit
    t_must sign --request request --root anchor --key key -o response --yes
    t_out_contains "product   widget (Acme)"
    t_out_contains "release   1.4.0"
    t_out_contains "version 42"
    t_out_contains "$(sha256sum ../build-$container/app.bin | cut -d ' ' -f 1)"
    t_out_contains "0 of 2 signed; 2 more needed"
    t_out_contains "response: signed with key $TARGETS1"
    t_out_contains "1 of 2 signed"
    t_out_lacks "is not checked"
    cp response ../build-$container/from-ann
    cd ../bob-$container || exit
    t_must sign --request request --root anchor --key key -o response --yes --json
    t_json added "[\"$RSA\"]"
    t_json role targets
    t_json summary.product widget
    t_json anchor true
    cp response ../build-$container/from-bob
    cd ../build-$container || exit
    cp b.$container unsigned
    judged 1 b.$container
    t_must sign b.$container --attach from-ann
    t_out_contains "added the signature of key $TARGETS1"
    judged 1 b.$container
    t_must sign b.$container --attach from-bob --json
    t_json added "[\"$RSA\"]"
    t_json already "[]"
    t_json written true
    t_json quorums.0.met true
    judged 0 b.$container
    # Both at once is the same file.
    t_must sign unsigned --attach from-ann --attach from-bob
    t_file_equal unsigned b.$container
    cd ..
done
targets_envelope build-swb/b.swb >envelope
envelope_verifies envelope 0 "$KEYS/targets1.pub"
envelope_verifies envelope 1 "$KEYS/rsa2048.pub"

t_begin "a ceremony for root metadata: create, two of three, and a surplus signature"
mkdir home ann bob eve
cd home || exit
quiet root create -o root --root-key "$KEYS/root1.pub" --root-key "$KEYS/ed25519-1.pub" \
    --root-key "$KEYS/rsa2048.pub" --root-threshold 2 --targets-key "$KEYS/targets1.pub" \
    --expires 2040-01-01
t_must sign root --export request
t_out_contains "signing request for root metadata"
for person in ann bob eve; do cp request ../$person; done
for pair in ann:root1 bob:ed25519-1 eve:rsa2048; do
    cd ../${pair%:*} || exit
    t_must sign --request request --key "$KEYS/${pair#*:}.pem" -o response --yes
    t_out_contains "root      version 1, expires 2040-01-01T23:59:59Z"
    t_out_contains "root: 2 of 3 keys"
    t_out_contains "$ROOT1 ecdsa-p256"
    t_out_contains "$RSA rsa-2048"
    t_out_contains "it replaces no root"
    cp response ../home/from-${pair%:*}
done
cd ../home || exit
t_must sign root --attach from-ann --attach from-bob --json
t_json quorums.0.of root
t_json quorums.0.met true
cp root anchor
t_run verify --type root root --root anchor
t_exit 0
t_must sign root --attach from-eve --json
t_json quorums.0.signed "[\"$ROOT1\", \"$ED25519\", \"$RSA\"]"
t_equal "$(wire count 2 <root)" 3 "signatures"
for i in 0:root1 1:ed25519-1 2:rsa2048; do envelope_verifies root ${i%:*} "$KEYS/${i#*:}.pub"; done

t_begin "a ceremony for a rotation: the key that retires signs too"
mkdir home leaver joiner
cd home || exit
sample_root old --root-key "$KEYS/root2.pub" --root-threshold 2
quiet sign old --key "$KEYS/root2.pem"
quiet root rotate old -o new --remove-root-key "$ROOT1" --add-root-key "$KEYS/root3.pub" \
    --add-targets-key "$KEYS/targets2.pub" --targets-threshold 2
t_must sign new --root old --export request --json
t_json quorums.0.of old
t_json quorums.1.of new
t_json summary.changes.version '{"new": 2, "old": 1}'
t_json summary.changes.expires '{"new": null, "old": null}'
t_json summary.changes.root.added.0.key_id "$(key_id "$KEYS/root3.pub")"
t_json summary.changes.root.removed "[{\"key_id\": \"$ROOT1\", \"type\": \"ecdsa-p256\"}]"
t_json summary.changes.root.kept.0.key_id "$(key_id "$KEYS/root2.pub")"
t_json summary.changes.targets.threshold '{"new": 2, "old": 1}'
for person in leaver:root1 joiner:root3; do
    cp request old ../${person%:*}
    cd ../${person%:*} || exit
    t_must sign --request request --root old --key "$KEYS/${person#*:}.pem" -o response --yes
    t_out_contains "changes   against the root that it replaces"
    t_out_contains "version 1 -> 2"
    t_out_contains "expires never, as before"
    t_out_contains "  added $(key_id "$KEYS/root3.pub") ecdsa-p256"
    t_out_contains "removed $ROOT1 ecdsa-p256"
    t_out_contains "   kept $(key_id "$KEYS/root2.pub") ecdsa-p256"
    t_out_contains "threshold 1 -> 2"
    t_out_contains "threshold 2, as before"
    cp response ../home/from-${person%:*}
    cd ../home || exit
done
t_must sign new --root old --attach from-leaver --attach from-joiner --json
t_json quorums.0.missing 1
t_json quorums.1.missing 1
t_run verify --type root new --root old
t_exit 1
t_must sign new --root old --key "$KEYS/root2.pem"
t_run verify --type root new --root old
t_exit 0
# Without the old root nothing lists the key that retires.
quiet root rotate old -o again --remove-root-key "$ROOT1" --add-root-key "$KEYS/root3.pub" \
    --add-targets-key "$KEYS/targets2.pub" --targets-threshold 2
refused_response "the key $ROOT1 may not sign" again from-leaver
t_must sign again --export request --json
t_json quorums "$(t_json_value "$T_OUT" quorums)"
t_equal "$(member request quorums | grep -c '"of": "root"')" 1

t_begin "--role root: the root inside of a bundle travels alone"
sample_bundles
quiet root rotate root -o r2 --add-root-key "$KEYS/root2.pub" --root-threshold 2
for container in swb pb; do
    quiet build product.yaml -o c.$container --root r2 --key "$KEYS/targets1.pem" --key "$KEYS/rsa2048.pem"
    t_must sign c.$container --role root --root root --export request
    respond request root1 a --root root
    respond request root2 b --root root
    t_must sign c.$container --role root --root root --attach a --attach b --json
    t_json role root
    t_json quorums.0.met true
    t_json quorums.1.met true
    judged 0 c.$container
done

# ---- what the signer sees ------------------------------------------------------------------------

t_begin "the request is a few kilobytes whatever the payload"
sample_bundles
head -c 50000000 /dev/zero >app.bin
quiet build product.yaml -o big.swb --root root
quiet sign big.swb --export request
[ "$(stat -c %s request)" -lt 8192 ] || t_fail "$(stat -c %s request) bytes"

t_begin "a request is the same bytes each time, ASCII, with one newline at its end"
sample_bundles
quiet sign b.swb --export a
quiet sign b.pb --export b
t_file_equal a b
t_equal "$(LC_ALL=C tr -d '\n -~' <a | wc -c)" 0 "bytes that are not ASCII"
t_equal "$(tail -c 2 a | od -An -tx1 | tr -d ' ')" 7d0a "its end"
"$T_TOOL" sign b.swb --export - >c 2>report || t_fail "$(cat report)"
t_file_equal a c
t_file_contains report "0 of 2 signed"
respond a ed25519-1 r1
respond a ed25519-1 r2
t_file_equal r1 r2
"$T_TOOL" sign --request - --key "$KEYS/ed25519-1.pem" -o - --yes <a >r3 2>report || t_fail "$(cat report)"
t_file_equal r1 r3
t_file_contains report "product   widget"
try sign --request a --key "$KEYS/ed25519-1.pem" -o - --yes --json
t_exit 2

t_begin "--json: the result on standard output, the summary on standard error"
sample_bundles
quiet sign b.swb --export request
t_must sign --request request --key "$KEYS/ed25519-1.pem" -o response --yes --json
t_json file response
t_json request request
t_json anchor false
t_json signatures_checked false
t_err_contains "product   widget"
t_err_contains "who may sign comes from the request and is not checked"
t_must sign --request request --key "$KEYS/ed25519-1.pem" -o response --yes -q
t_out_empty
t_err_empty

t_begin "control characters of a release are shown as what they are"
sample_manifest
# build writes none, but a user_manifest may come from elsewhere.
cat >user_manifest <<'JSON'
{"schema": 1, "product": {"name": "wid\u001b[2Jget\u202e", "vendor": "Acme"}, "release": {"version": "1\r2"}}
JSON
sed -i '/^targets:/a\  - {file: user_manifest}' product.yaml
sample_root root
quiet build product.yaml -o b.swb --root root
quiet sign b.swb --export request
t_must sign --request request --key "$KEYS/targets1.pem" -o response --yes
t_out_contains 'product   wid\x1b[2Jget\u{202e} (Acme)'
t_out_contains 'release   1\x0d2'
t_must dump request
t_out_contains 'product   wid\x1b[2Jget\u{202e} (Acme)'
edited request $'evil\x1b[2J' '"\u001b[31mgo\u202e"' evil
t_must sign --request evil --key "$KEYS/targets1.pem" -o response --yes
t_out_contains "evil\\x1b[2J"
t_out_contains '\u001B[31mgo\u202E'
t_equal "$(LC_ALL=C tr -d '\n -~' <"$T_OUT" | LC_ALL=C tr -d '\200-\377' | wc -c)" 0 "control characters"
edited response $'evil\x1b[2J' 1 evil
t_must sign b.swb --attach evil
t_err_contains "evil\\x1b[2J"

t_begin "a request without user_manifest says that the product is not known"
sample_manifest
echo 'bundle: {user_manifest: false}' >>product.yaml
sample_root root
quiet build product.yaml -o b.swb --root root
quiet sign b.swb --export request
t_must sign --request request --key "$KEYS/targets1.pem" -o response --yes
t_out_contains "product   not known: the request holds no user_manifest"
t_out_lacks widget

t_begin "dump shows requests and responses, and says that nothing was verified"
sample_bundles
quiet sign b.swb --key "$KEYS/targets1.pem"
quiet sign b.swb --export request
respond request rsa2048 response
t_must dump request
t_out_contains "request: signing request, "
t_out_contains "(nothing was verified)"
t_out_contains "product   widget (Acme)"
t_out_contains "1 of 2 signed"
t_must dump request --json
t_json kind signing-request
t_json verified false
t_json summary.version 42
t_json warnings "[]"
t_json quorums.0.signed "[\"$TARGETS1\"]"
(printf ' \n\t\r\n' && cat request) >spaced
t_must dump spaced --json
t_json kind signing-request
edited request summary.product '"gadget"' lying
t_must dump lying
t_out_contains "product   widget (Acme)"
t_out_contains 'the request contradicts itself: summary.product: the request says "gadget", what is signed says "widget"'
t_must dump response
t_out_contains "response: signing response, "
t_out_contains "signature of $RSA, rsassa-pss-sha256"
t_must dump response --json
t_json kind signing-response
t_json signatures.0.scheme rsassa-pss-sha256
head -c 300 request >cut
try dump cut
error_is dump 3 signing-request
t_json_err error.line "$(wc -l <cut | awk '{ print $1 + 1 }')"

t_begin "every other command says what a request is"
for file in request response; do
    [ -e request ] || { sample_bundles && quiet sign b.swb --export request && respond request rsa2048 response; }
    try convert $file -o out.pb
    t_err_contains "found a signing $file"
    error_is convert 3 file-kind
    try sign $file --key "$KEYS/targets1.pem"
    t_err_contains "found a signing $file"
    error_is sign 3 file-kind
    try sign b.swb --root $file --key "$KEYS/targets1.pem"
    t_err_contains "found a signing $file"
    error_is sign 3 file-kind
    t_run verify $file --root root
    t_exit 1
    t_out_contains "this is a signing $file"
done
try sign --request response --key "$KEYS/targets1.pem" -o out --yes
t_err_contains "found a signing response"
error_is sign 3 file-kind
try sign --request b.swb --key "$KEYS/targets1.pem" -o out --yes
t_err_contains "found a tar bundle"
error_is sign 3 file-kind
try sign b.swb --attach request
t_err_contains "found a signing request"
error_is sign 3 file-kind

# ---- asking --------------------------------------------------------------------------------------

asked() { # ANSWER [OPTION...]
    t_do python3 "$TERMINAL" "[y/N] " "$1" -- "$T_TOOL" sign --request request \
        --key "$KEYS/targets1.pem" -o response "${@:2}"
}

t_begin "the summary comes before the question, and only y or yes signs"
sample_bundles
quiet sign b.swb --export request
for answer in y yes Y YES ' y '; do
    asked "$answer"
    t_out_contains "status=0 echo=True"
    t_out_contains "sign this targets metadata with key ${TARGETS1:0:12}...? [y/N]"
    t_equal "$(grep -n 'product   widget\|\[y/N\]' "$T_OUT" | cut -d : -f 2 | cut -c 1-7 | tr '\n' ' ')" \
        "product sign th " "the order"
    t_file_exists response
    rm -f response
done
for answer in n N '' no yy yep 'y n' ^D 1; do
    asked "$answer"
    t_out_contains "status=4 echo=True"
    t_out_contains "not signed: the answer was not yes"
    t_file_absent response
done
asked ^C
t_out_contains "status=130 echo=True"
t_file_absent response
asked "$(head -c 3000 /dev/zero | tr '\0' y)"
t_out_contains "status=4 echo=True"
t_file_absent response

t_begin "declined with --json, and with an old response there"
sample_bundles
quiet sign b.swb --export request
echo old >response
asked n --json
t_out_contains '"code":"declined","exit":4'
t_equal "$(cat response)" old

t_begin "nobody to ask is a usage error that names --yes, and --yes asks nobody"
sample_bundles
quiet sign b.swb --export request
try sign --request request --key "$KEYS/targets1.pem" -o response
t_err_contains "--yes"
error_is sign 2 usage
t_file_absent response
t_do python3 "$TERMINAL" -- "$T_TOOL" sign --request request --key "$KEYS/targets1.pem" \
    -o response --yes
t_out_contains "status=0"
t_out_lacks "[y/N]"

t_begin "whoever is asked has seen the summary, wherever standard output goes"
sample_bundles
quiet sign b.swb --export request
t_do python3 "$TERMINAL" "[y/N] " y -- bash -c '"$@" >report' bash "$T_TOOL" sign --request request \
    --key "$KEYS/targets1.pem" -o response
t_out_contains "status=0"
t_out_contains "product   widget"
t_file_contains report "signed with key"
t_run sign --request request --key "$KEYS/targets1.pem" -o other --yes
bash -c '"$@" >/dev/full' bash "$T_TOOL" sign --request request --key "$KEYS/targets1.pem" \
    -o full --yes 2>/dev/null
t_equal $? 5
t_file_absent full

t_begin "the question comes after the passphrase, and a no leaves nothing"
sample_manifest
cp "$KEYS/root1-encrypted.pem" key
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
quiet sign root --export request
t_do python3 "$TERMINAL" "passphrase for key: " "$KEY_PASSPHRASE" "[y/N] " y -- \
    "$T_TOOL" sign --request request --key key -o response
t_out_contains "status=0 echo=True"
t_equal "$(grep -n 'version 1\|passphrase for\|\[y/N\]' "$T_OUT" | cut -d : -f 2 | cut -c 1-9 | tr '\n' ' ')" \
    "root      passphras sign this " "the order"

t_begin "two keys are asked for once; a key that signed already asks nothing"
sample_bundles
quiet sign b.swb --export request
t_do python3 "$TERMINAL" "[y/N] " y -- "$T_TOOL" sign --request request \
    --key "$KEYS/targets1.pem" --key "$KEYS/rsa2048.pem" --key "$KEYS/targets1.pem" -o response
t_out_contains "status=0"
t_equal "$(member response signatures | grep -o key_id | wc -l)" 2
quiet sign b.swb --attach response
quiet sign b.swb --export request
try sign --request request --key "$KEYS/targets1.pem" -o again --yes
t_exit 0
t_out_contains "signed already by key $TARGETS1"
t_equal "$(member again signatures.0.signature)" "$(member response signatures.0.signature)"
t_do python3 "$TERMINAL" -- "$T_TOOL" sign --request request --key "$KEYS/targets1.pem" -o again
t_out_contains "status=0"
t_must sign b.swb --attach again
t_out_contains "signed already"

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
head -c -3 request >cut
refused_request "not JSON" cut targets1
(cat request && echo '{}') >more
refused_request "not JSON" more targets1
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
t_do python3 "$TERMINAL" -- "$T_TOOL" sign --request request --key "$KEYS/root1.pem" -o response
t_out_contains "status=4"
t_out_lacks "[y/N]"

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
wire set 3/2/2/2 "x:$(head -c 128 /dev/zero | tr '\0' 1)" <signed.pb >broken.pb
wire add 3/2 2 "x:0a20$(head -c 32 /dev/zero | od -An -v -tx1 | tr -d ' \n')1203616263" <broken.pb >foreign.pb
cp b.pb before
t_must sign b.pb --attach foreign.pb --json
t_json added "[]"
t_err_contains "a signature of key $TARGETS1 does not verify: not taken"
t_err_contains "is by a key that the role does not list: not taken"
t_file_equal b.pb before

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
t_do bash -c '"$0" sign - --export - <b.swb >q' "$T_TOOL"
t_exit 0
t_file_equal q request
t_run_from b.swb sign - --attach response -o copy
t_exit 0
