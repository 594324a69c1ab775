#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Keys on tokens where keys are used: build, sign, root create, root rotate, key show. On tokens of SoftHSM 2;
# what those cannot play is in tokens_pins.sh and tokens_faults.sh.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/tokens.bash"

uri() { # PATH-ATTRIBUTES
    echo "pkcs11:$1?$SOFTHSM_MODULE"
}

# The public PEM of a token's key, as pkcs11-tool and openssl tell it.
token_public() { # LABEL ID FILE
    on_token "$1" --read-object --type pubkey --id "$2" --output-file "$T_TMP/read.der"
    openssl pkey -pubin -inform DER -in "$T_TMP/read.der" -out "$3" || t_fail "openssl cannot read it"
}

t_begin "the tokens of the tests are made"
TOKEN='A; b%20/é?'
token "$TOKEN"
token_pair "$TOKEN" 'root key; 100%' 01
token_pair "$TOKEN" 'Schlüssel €' 02
token_pair "$TOKEN" ed25519 03 EC:edwards25519
token_pair "$TOKEN" rsa 04 rsa:3072
token_pair "$TOKEN" twin 05
token_pair "$TOKEN" twin 06
T=token=$(percent "$TOKEN")
ROOT=$(uri "$T;object=$(percent 'root key; 100%')")
TARGETS=$(uri "$T;object=$(percent 'Schlüssel €')")
# What tokens hold besides pairs: a key whose public object is gone, and one with a certificate instead.
for name in root2:07:lone targets2:08:certified; do
    IFS=: read -r file id label <<<"$name"
    openssl pkey -in "$KEYS/$file.pem" -outform DER -out "$T_TMP/$label.der"
    on_token "$TOKEN" --write-object "$T_TMP/$label.der" --type privkey --label "$label" --id "$id" --usage-sign
done
openssl req -x509 -new -key "$KEYS/targets2.pem" -subj /CN=test -days 10 -outform DER -out "$T_TMP/crt" 2>/dev/null
on_token "$TOKEN" --write-object "$T_TMP/crt" --type cert --label certified --id 08

# ---- signing ------------------------------------------------------------------------------------------

t_begin "root create, build and verify: both keys on a token of an awkward label"
sample_manifest
t_must root create -o root --root-key "$ROOT" --targets-key "$TARGETS" --sign-with "$ROOT" "${PIN[@]}"
t_must build product.yaml -o b.swb --root root --key "$TARGETS" "${PIN[@]}"
t_must verify b.swb --root root
t_out_contains "accept: b.swb"
token_public "$TOKEN" 01 root.pub
token_public "$TOKEN" 02 targets.pub
envelope_verifies root 0 root.pub
targets_envelope b.swb >envelope
envelope_verifies envelope 0 targets.pub

t_begin "each type of key signs, and openssl verifies it"
for key in 02:ecdsa-p256 03:ed25519 04:rsa-3072; do
    IFS=: read -r id type <<<"$key"
    t_must key show "$(uri "$T;id=%$id")" --json
    t_json keys.0.type "$type"
    t_json_value "$T_OUT" keys.0.pem >"$type.pub"
    t_must root create -o "root$id" --root-key "$(uri "$T;id=%$id")" --targets-key "$KEYS/targets1.pub" \
        --sign-with "$(uri "$T;id=%$id")" "${PIN[@]}"
    envelope_verifies "root$id" 0 "$type.pub"
done
for key in 02:ecdsa-p256 04:rsa-3072; do # pkcs11-tool writes an Ed25519 key that openssl cannot read
    token_public "$TOKEN" "${key%:*}" theirs.pub
    t_equal "$(key_id theirs.pub)" "$(key_id "${key#*:}.pub")" "${key#*:}"
done

t_begin "sign: a second signature beside a file's, on a bundle and on root metadata"
sample_manifest
quiet root create -o root --root-key "$KEYS/root1.pub" --root-key "$ROOT" --targets-key "$KEYS/targets1.pub" \
    --targets-key "$TARGETS" --root-threshold 2 --targets-threshold 2 --sign-with "$KEYS/root1.pem"
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
t_run verify b.swb --root root
t_exit 1
t_must sign root --key "$ROOT" "${PIN[@]}"
t_must sign b.swb --key "$TARGETS" "${PIN[@]}" -o c.swb
t_must sign c.swb --role root --key "$ROOT" "${PIN[@]}"
t_must verify c.swb --root root
cp c.swb before
t_must sign c.swb --key "$TARGETS" "${PIN[@]}"
t_file_equal c.swb before

t_begin "root rotate: the retiring and the new key on one token"
quiet root create -o old --root-key "$ROOT" --targets-key "$TARGETS" --sign-with "$ROOT" "${PIN[@]}"
t_must root rotate old -o new --root-key "$(uri "$T;object=ed25519")" --sign-with "$ROOT" "${PIN[@]}" \
    --sign-with "$(uri "$T;object=ed25519")" --json
t_json quorums.0.met true
t_json quorums.1.met true
t_must verify --type root new --root old

t_begin "signing with a key that the role does not list: the token's key id is named"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root
try sign b.swb --key "$TARGETS" "${PIN[@]}"
error_is sign 4 key-not-listed
t_err_contains "$(t_json_value <("$T_TOOL" key show "$TARGETS" --json) keys.0.key_id)"

# ---- which key ----------------------------------------------------------------------------------------

t_begin "key show: by label, by id, by both, by part of what names the token"
t_must key show "$ROOT" --json
id=$(t_json_value "$T_OUT" keys.0.key_id)
for attributes in "$T;id=%01" "$T;id=%01;object=$(percent 'root key; 100%')" "id=%01" \
    "$T;id=%01;type=public" "model=SoftHSM%20v2;$T;id=%01" "library-manufacturer=SoftHSM;id=%01"; do
    t_must key show "$(uri "$attributes")" --json
    t_json keys.0.key_id "$id"
done
t_must key show "$(uri "$T;id=%01;type=private")" "${PIN[@]}" --json
t_json keys.0.key_id "$id"

t_begin "key show: two public keys of one label"
try key show "$(uri "$T;object=twin")"
error_is "key show" 4 key-ambiguous
t_err_contains "id=%05;object=twin"
t_err_contains "id=%06;object=twin"
t_must key show "$(uri "$T;object=twin;id=%06")"
try root create -o root --root-key "$ROOT" --targets-key "$TARGETS" --sign-with "$(uri "$T;object=twin")" "${PIN[@]}"
error_is "root create" 4 key-ambiguous
t_err_contains "id=%05;object=twin"
t_files ""

t_begin "a URI that names a public key cannot sign"
for type in public cert; do
    try root create -o root --root-key "$ROOT" --targets-key "$TARGETS" \
        --sign-with "$(uri "$T;id=%01;type=$type")" "${PIN[@]}"
    error_is "root create" 4 key-uri
    t_err_contains "type="
done
t_must root create -o root --root-key "$ROOT" --targets-key "$TARGETS" --sign-with "$(uri "$T;id=%01;type=private")" "${PIN[@]}"

t_begin "a certificate in place of the public object"
t_must key show "$(uri "$T;object=certified")" --json
t_json keys.0.key_id "$(key_id "$KEYS/targets2.pub")"
t_must key show "$(uri "$T;object=certified;type=cert")"
try key show "$(uri "$T;object=certified;type=public")" "${PIN[@]}"
error_is "key show" 4 key-not-found
t_must root create -o root --root-key "$(uri "$T;object=certified")" --targets-key "$TARGETS" \
    --sign-with "$(uri "$T;object=certified")" "${PIN[@]}"
envelope_verifies root 0 "$KEYS/targets2.pub"

t_begin "a lone private key: --public-key, which a trial signature has to prove"
LONE=$(uri "$T;object=lone")
try key show "$LONE" "${PIN[@]}"
error_is "key show" 4 key
t_err_contains "--public-key PUB"
t_must key show "$LONE" "${PIN[@]}" --public-key "$KEYS/root2.pub" --json
t_json keys.0.key_id "$(key_id "$KEYS/root2.pub")"
try key show "$LONE" "${PIN[@]}" --public-key "$KEYS/root3.pub"
error_is "key show" 4 bad-signature
t_err_contains "is '$KEYS/root3.pub' the public part"
try key show "$LONE" "${PIN[@]}" --public-key "$KEYS/rsa2048.pub"
t_exit 4
t_must root create -o root --root-key "$LONE" "${PIN[@]}" --public-key "$KEYS/root2.pub" --targets-key "$TARGETS" \
    --sign-with "$LONE" "${PIN[@]}" --public-key "$KEYS/root2.pub"
envelope_verifies root 0 "$KEYS/root2.pub"
rm root
try root create -o root --root-key "$LONE" "${PIN[@]}" --public-key "$KEYS/root3.pub" --targets-key "$TARGETS"
error_is "root create" 4 bad-signature
t_files ""

t_begin "a lone private key: signing has it proven when the payloads were compared"
sample_manifest
quiet build product.yaml -o b.swb
cp b.swb before
sed 's/aaaa/aaab/' b.swb >bad.swb
t_run sign bad.swb --key "$LONE" "${PIN[@]}" --public-key "$KEYS/root2.pub" --audit-log log
t_exit 3
t_err_contains "payload 'app' does not have the SHA-256"
t_file_absent log
try sign b.swb --key "$LONE" "${PIN[@]}" --public-key "$KEYS/root3.pub"
error_is sign 4 bad-signature
t_err_contains "public part of this key"
t_file_equal b.swb before
t_must sign b.swb --key "$LONE" "${PIN[@]}" --public-key "$KEYS/root2.pub" --audit-log log
t_equal "$(grep -c '"role":"trial"' log) $(grep -c '"role":"targets"' log)" "2 2" "lines of the log"
targets_envelope b.swb >envelope
envelope_verifies envelope 0 "$KEYS/root2.pub"

t_begin "--public-key beside the token's own public part must be the same"
token_public "$TOKEN" 01 own.pub
t_must key show "$ROOT" --public-key own.pub
try key show "$ROOT" --public-key "$KEYS/root1.pub"
error_is "key show" 3 public-key
try root create -o root --root-key own.pub --targets-key "$TARGETS" --sign-with "$ROOT" "${PIN[@]}" --public-key "$KEYS/root1.pub"
error_is "root create" 4 key

# ---- which module and token ---------------------------------------------------------------------------

t_begin "two tokens of one label: the serial tells them apart"
token same
token same
token_pair same first 01 2>/dev/null
try key show "$(uri "token=same;object=first")"
error_is "key show" 4 token-ambiguous
t_equal "$(grep -o 'serial=[0-9a-f]*' "$T_ERR" | sort -u | wc -l)" 2 "serials"
serial=$(pkcs11-tool --module "$SOFTHSM" --list-slots | sed -n '/: same$/,/serial num/s/.*serial num *: //p' | head -n 1)
t_run key show "$(uri "serial=$serial;object=first")" "${PIN[@]}"
one=$T_STATUS
serial=$(pkcs11-tool --module "$SOFTHSM" --list-slots | sed -n '/: same$/,/serial num/s/.*serial num *: //p' | tail -n 1)
t_run key show "$(uri "serial=$serial;object=first")" "${PIN[@]}"
t_equal "$one $T_STATUS" "0 4" "the key is on the first"

t_begin "the modules that are configured on the system"
if t_run key show "pkcs11:$T;id=%01" && [ "$T_STATUS" -eq 0 ]; then
    t_out_contains "key id: $id"
    t_must key show "pkcs11:$T;id=%01?module-name=softhsm2"
    try key show "pkcs11:$T;id=%01?module-name=none"
    error_is "key show" 4 module-not-found
    t_err_contains softhsm2
else
    t_skip "p11-kit does not know SoftHSM here"
fi

t_begin "one module under two names is one module: one login"
mock two-keys
ln -s "$T_BUILD/tests/mock-pkcs11.so" link.so
for id in 01 02; do
    "$T_TOOL" key show "pkcs11:id=%$id?$MOCK_MODULE" --json >"$id.json" || t_fail "key show"
done
t_must root create -o root --root-key "$KEYS/root1.pub" --root-key "$KEYS/root2.pub" --targets-key "$KEYS/targets1.pub" \
    --sign-with "pkcs11:id=%01?$MOCK_MODULE" "${MOCK_PIN_FILE[@]}" \
    --sign-with "pkcs11:id=%02?module-path=$(percent "$PWD/link.so")"
t_equal "$(calls C_Login)" 1 "C_Login"
t_equal "$(calls C_Sign)" 2 "C_Sign"

# ---- PINs ---------------------------------------------------------------------------------------------

t_begin "pin-source: a path, or file:PATH; an option comes before it"
printf '1234\n' >'p in'
printf '9999\n' >wrong
for source in 'p%20in' 'file:p%20in' "$(percent "file:$PWD/p in")" "$(percent "file://$PWD/p in")"; do
    t_must root create -o root --root-key "$ROOT" --targets-key "$TARGETS" --sign-with "$ROOT&pin-source=$source"
done
t_must root create -o root --root-key "$ROOT" --targets-key "$TARGETS" --sign-with "$ROOT&pin-source=wrong" "${PIN[@]}"
try root create -o root2 --root-key "$ROOT" --targets-key "$TARGETS" --sign-with "$ROOT&pin-source=missing"
error_is "root create" 4 pin-needed
t_json_err error.hint "give --pin-file FILE or --pin-env NAME"
t_file_absent root2

t_begin "attack: PIN in argv, URI, log, core: a usage error does not repeat it either"
for option in --pin-file --public-key; do
    for attribute in "?pin-value=314159" ";pin-value=314159"; do
        try key show "pkcs11:token=T$attribute" $option a $option b
        error_is "key show" 2 usage
        t_err_contains "the key 'pkcs11:"
        t_err_lacks 314159
    done
done

t_begin "attack: PIN in argv, URI, log, core: no system call shows it"
if ! command -v strace >/dev/null || ! strace -qq true 2>/dev/null; then
    t_skip "strace cannot trace here"
elif [ -n "${SWT_SANITIZE-}" ]; then
    t_skip "a sanitizer is not traced"
else
    mock always-authenticate
    t_do strace -f -s 100000 -o trace "$T_TOOL" key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
    t_exit 0
    t_equal "$(calls C_Login)" 1 "C_Login"
    grep -q 'clone\|fork' trace || t_fail "nothing is traced"
    t_lacks_ trace "${MOCK_PIN#mock-pin-}" "the trace"
fi

t_begin "attack: PIN in argv, URI, log, core: a log of p11-kit's own stops the login"
# p11-kit reads nobody's configuration for root.
SOMEONE=()
[ "$(id -u)" -ne 0 ] || SOMEONE=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# A person who has configured the module of the tests for p11-kit, as "tests", in home.
configured() {
    mock
    chmod a+x "$T_TMP"
    mkdir -p home/.config/pkcs11/modules
    cp "$T_TOOL" tool
    cp "$T_BUILD/tests/mock-pkcs11.so" libacme.so.1
    echo "user-config: only" >home/.config/pkcs11/pkcs11.conf
    echo "module: $PWD/libacme.so.1" >home/.config/pkcs11/modules/tests.module
    cp -R "$KEYS" keys
    cp "$T_TMP/mock-pin" pin
    chmod -R a+rwX .
    export SWT_MODULE_LOG=$PWD/log SWT_MODULE_KEYS=$PWD/keys
    : >log
    chmod a+w log
}

someone_runs() { # WORD...: that person runs the program
    t_do env HOME="$PWD/home" XDG_CONFIG_HOME= ${SOMEONE[@]+"${SOMEONE[@]}"} ./tool "$@"
}

# as_someone QUERY: that person tries the key.
as_someone() {
    someone_runs key check "pkcs11:token=Mock%20token;object=key$1" --pin-file "$PWD/pin"
}

# Whether p11-kit reads a user's configuration here.
are_read() {
    as_someone ''
    [ "$T_STATUS" -eq 0 ] || ! grep -q 'module.*configured' "$T_ERR"
}

configured
if ! are_read; then
    t_skip "p11-kit reads no configuration of a user's here"
else
    t_exit 0
    t_equal "$(calls C_Login)" 1 "C_Login"
    : >log
    echo "log-calls: yes" >>home/.config/pkcs11/modules/tests.module
    as_someone ''
    t_exit 4
    t_err_contains "log-calls"
    t_err_lacks "$MOCK_PIN"
    t_equal "$(calls C_Login)" 0 "C_Login"
fi

# The configuration of all modules comes before that of one.
t_begin "attack: PIN in argv, URI, log, core: a log of all modules stops the login, whatever the module's own says"
configured
if ! are_read; then
    t_skip "p11-kit reads no configuration of a user's here"
else
    for own in "" "log-calls: no"; do
        echo "module: $PWD/libacme.so.1" >home/.config/pkcs11/modules/tests.module
        printf '%s\n' "user-config: only" "log-calls: yes" >home/.config/pkcs11/pkcs11.conf
        [ -z "$own" ] || echo "$own" >>home/.config/pkcs11/modules/tests.module
        : >log
        as_someone ''
        t_exit 4
        t_err_contains "log-calls"
        t_err_lacks "$MOCK_PIN"
        t_equal "$(calls C_Login)" 0 "C_Login"
    done
fi

# It holds for a module that a URI names, once the configured ones are loaded: here for a public key.
t_begin "attack: PIN in argv, URI, log, core: a log of all modules stops the login at one that a URI names"
configured
if ! are_read; then
    t_skip "p11-kit reads no configuration of a user's here"
else
    cp libacme.so.1 libother.so
    by_path() {
        : >log
        rm -f root
        someone_runs root create -o root --root-key "pkcs11:token=Mock%20token;object=key" \
            --targets-key "$PWD/keys/targets1.pub" \
            --sign-with "pkcs11:token=Mock%20token;object=key?module-path=$(percent "$PWD/libother.so")" \
            --pin-file "$PWD/pin"
    }
    by_path
    t_exit 0
    t_equal "$(calls C_Login)" 1 "C_Login"
    echo "log-calls: yes" >>home/.config/pkcs11/pkcs11.conf
    by_path
    t_exit 4
    t_err_contains "log-calls"
    t_err_contains "libother.so"
    t_err_lacks "$MOCK_PIN"
    t_equal "$(calls C_Login)" 0 "C_Login"
fi

t_begin "module-name: a module as p11-kit calls it, or as its file is called"
configured
if ! are_read; then
    t_skip "p11-kit reads no configuration of a user's here"
else
    for name in tests TESTS acme; do
        as_someone "?module-name=$name"
        t_exit 0
    done
    for name in test libacme acme.so acm; do
        as_someone "?module-name=$name"
        t_exit 4
        t_err_contains "no PKCS#11 module of the name '$name' is configured; there are: tests"
    done
    as_someone "?module-name=tests&module-path=$(percent "$PWD/libacme.so.1")"
    t_exit 4
    t_err_contains "module-path and module-name together"
fi

t_begin "a module that does not start keeps no other away, and is named where there is no other"
configured
if ! are_read; then
    t_skip "p11-kit reads no configuration of a user's here"
else
    mock C_Initialize=general
    export SWT_MODULE_LOG=$PWD/log
    as_someone ''
    t_exit 4
    t_err_contains "no PKCS#11 module can be used: tests: "
    mock
    export SWT_MODULE_LOG=$PWD/log
    rm home/.config/pkcs11/modules/tests.module
    as_someone ''
    t_exit 4
    t_err_contains "no PKCS#11 module is configured on this system"
fi
export SWT_MODULE_LOG=$T_TMP/module.log SWT_MODULE_KEYS=$KEYS

t_begin "the process of the module ends with the program, whatever comes"
for words in "key show $ROOT" "key show $(uri "$T;object=none") --pin-file $T_TMP/pin" \
    "key show $ROOT --pin-file $T_TMP/wrong-pin"; do
    read -ra words <<<"$words"
    t_run "${words[@]}"
    t_equal "$(pgrep -f -c "$T_TOOL key show $ROOT")" 0 "processes left"
done

t_begin "a URI that says too little, or too much, for what is to be done"
mock
for row in "keygen -o|pkcs11:token=Mock%20token?$MOCK_MODULE|the new key has no label" \
    "keygen -o|pkcs11:token=Mock%20token;object=a;type=private?$MOCK_MODULE|a new key pair has no 'type='" \
    "key show|pkcs11:token=Mock%20token?module-path=module.so|module-path 'module.so' is not absolute" \
    "key show|pkcs11:slot-id=99;object=key?$MOCK_MODULE|no token fits"; do
    IFS='|' read -r words uri told <<<"$row"
    read -ra words <<<"$words"
    t_run "${words[@]}" "$uri" "${MOCK_PIN_FILE[@]}"
    t_exit 4
    t_err_contains "$told"
done
t_must key show "pkcs11:slot-id=7;object=key?$MOCK_MODULE"
for row in "id=%01 1" "id=%05 0" "object=key 1" "object=other 0"; do
    t_must key list "pkcs11:token=Mock%20token;${row% *}?$MOCK_MODULE" --json
    t_equal "$(jq '[.tokens[].keys[]] | length' "$T_OUT")" "${row#* }" "keys of ${row% *}"
done
