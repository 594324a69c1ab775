#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Signing by people who never meet: ceremonies, and what the one who signs sees and is asked.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/offline.bash"
. "$(dirname "${BASH_SOURCE[0]}")/tokens.bash"

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
head -c 300 request >short.json
try dump short.json
error_is dump 3 signing-request
t_json_err error.line "$(wc -l <short.json | awk '{ print $1 + 1 }')"

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
    t_out_contains "sign this targets metadata with $KEYS/targets1.pem? [y/N]"
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

t_begin "a token sees nothing of what was declined, and the question shows no PIN"
sample_bundles
quiet sign b.swb --export request
mock ""
t_do python3 "$TERMINAL" "[y/N] " n -- "$T_TOOL" sign --request request -o response \
    --key "$MOCK_KEY&pin-source=$T_TMP/mock-pin"
t_out_contains "status=4 echo=True"
t_out_contains "sign this targets metadata with $MOCK_KEY? [y/N]"
t_equal "$(cat "$SWT_MODULE_LOG")" "" "calls of the module"

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

t_begin "the question comes before the passphrase"
sample_manifest
cp "$KEYS/root1-encrypted.pem" key
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
quiet sign root --export request
t_do python3 "$TERMINAL" "[y/N] " y "passphrase for key: " "$KEY_PASSPHRASE" -- \
    "$T_TOOL" sign --request request --key key -o response
t_out_contains "status=0 echo=True"
t_equal "$(grep -n 'version 1\|passphrase for\|\[y/N\]' "$T_OUT" | cut -d : -f 2 | cut -c 1-9 | tr '\n' ' ')" \
    "root      sign this passphras " "the order"

t_begin "two keys are asked for once; a key that signed already brings its signature again"
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
t_do python3 "$TERMINAL" "[y/N] " y -- "$T_TOOL" sign --request request --key "$KEYS/targets1.pem" -o again
t_out_contains "status=0"
t_must sign b.swb --attach again
t_out_contains "signed already"
