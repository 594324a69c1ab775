#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tokens as a user meets them: key list, key check and keygen on tokens of SoftHSM, with labels that are
# hard to write, and the URIs of key list pasted back. PINs are in tokens_pins.sh, modules that fail in
# tokens_faults.sh.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/tokens.bash"

ALL="pkcs11:?$SOFTHSM_MODULE"
uri() { # PATH
    printf 'pkcs11:%s?%s' "$1" "$SOFTHSM_MODULE"
}

# ---- the tokens ---------------------------------------------------------------------------------------

LABELS=('release 2026' 'a;b%c?d&e' 'Schlüssel €')
KEY_LABELS=('targets key' 'x;y=z%00' "über '€'")
t_begin "the tokens of the tests are made"
for i in 0 1 2; do
    token "${LABELS[i]}"
    token_pair "${LABELS[i]}" "${KEY_LABELS[i]}" "a$i"
done
# Several keys of one label, several types, lone parts.
token keys
token_import keys root1 01 "$KEYS/root1.der"
token_pair keys twin 02
token_pair keys twin 03
token_pair keys ed 04 EC:edwards25519
token_pair keys rsa 05 rsa:2048
token_pair keys lone 06
on_token keys --read-object --type pubkey --label lone --output-file "$T_TMP/lone.der"
openssl pkey -pubin -inform DER -in "$T_TMP/lone.der" -out "$T_TMP/lone.pub"
on_token keys --delete-object --type pubkey --label lone
openssl x509 -in "$KEYS/root1-certificate.pem" -outform DER -out "$T_TMP/certificate.der"
on_token keys --write-object "$KEYS/root1.der" --type privkey --label certified --id 07 --usage-sign
on_token keys --write-object "$T_TMP/certificate.der" --type cert --label certified --id 07
token_pair keys p384 08 EC:secp384r1
for _ in 1 2; do token 'two of a name'; done

# ---- key list -----------------------------------------------------------------------------------------

t_begin "key list: labels as they are, in JSON"
t_must key list "$ALL" --json
python3 - "$T_OUT" "${LABELS[@]}" <<'PYTHON' || t_fail "labels: $(t_excerpt_ "$T_OUT")"
import json, sys
tokens = json.load(open(sys.argv[1], encoding="utf-8"))["tokens"]
assert sorted(t["label"] for t in tokens) == sorted(sys.argv[2:] + ["keys"] + ["two of a name"] * 2)
for token in tokens:
    assert set(token) == {"uri", "label", "manufacturer", "model", "serial", "module", "pin",
                          "pin_pad", "logged_in", "keys"}, token
    assert token["manufacturer"] == "SoftHSM project" and token["pin"] == "ready", token
    assert token["logged_in"] is False and token["pin_pad"] is False, token
assert len({t["uri"] for t in tokens}) == len(tokens)
PYTHON

t_begin "key list: without a PIN public keys only, and the text says so"
t_must key list "$(uri token=release%202026)"
t_out_contains "holds:   public key"
t_out_lacks "private key,"
t_out_contains "private keys are not shown"
t_out_contains "--pin-file FILE"
t_must key list "$(uri token=release%202026)" "${PIN[@]}"
t_out_contains "holds:   private key, public key"
t_out_lacks "not shown"
t_must key list "$(uri token=two%20of%20a%20name)"
t_out_contains "no key is shown without a login"
t_must key list "$(uri "token=keys;object=lone")" "${PIN[@]}" -q
t_out_contains "no public part"

t_begin "key list: each kind of key, by its parts"
t_must key list "$(uri token=keys)" "${PIN[@]}" --json
python3 - "$T_OUT" "$(key_id "$KEYS/root1.pub")" <<'PYTHON' || t_fail "keys: $(t_excerpt_ "$T_OUT")"
import json, sys
(token,) = json.load(open(sys.argv[1], encoding="utf-8"))["tokens"]
assert token["logged_in"] is True
keys = token["keys"]
def the(label):
    (key,) = [key for key in keys if key["label"] == label]
    return key
def parts(key):
    return "".join(name[0] for name in ("private", "public", "certificate") if key[name])
assert len([key for key in keys if key["label"] == "twin"]) == 2, keys
assert parts(the("root1")) == "pp" and the("root1")["key_id"] == sys.argv[2]
assert parts(the("certified")) == "pc" and the("certified")["key_id"] == sys.argv[2]
assert parts(the("lone")) == "p" and "key_id" not in the("lone")
assert the("ed")["type"] == "ed25519" and the("rsa")["type"] == "rsa-2048"
assert "type" not in the("p384")
assert len({key["uri"] for key in keys}) == len(keys) == 8
PYTHON

t_begin "key list: a PIN belongs to the one argument, wherever it stands, and to none"
for words in "--pin-file $T_TMP/pin $(uri token=keys)" "$(uri token=keys) --passphrase-file $T_TMP/pin"; do
    read -ra words <<<"$words"
    t_must key list "${words[@]}" --json
    t_json tokens.0.logged_in true
done
P=1234 t_run key list "$(uri token=keys)" --pin-env P --json
t_exit 0
t_json tokens.0.logged_in true
t_must key list "pkcs11:token=keys?$SOFTHSM_MODULE&pin-source=$(percent "$T_TMP/pin")" --json
t_json tokens.0.logged_in true

t_begin "key list: a PIN is for one token"
try key list "$ALL" "${PIN[@]}"
t_err_contains "6 tokens"
error_is "key list" 4 token-ambiguous

t_begin "key list: without an argument the tokens that the system knows; a PIN goes there"
if [ ! -e "$(pkg-config --variable=p11_module_configs p11-kit-1)/softhsm2.module" ]; then
    t_skip "SoftHSM is no module of p11-kit here"
else
    t_must key list --json
    for label in 'release 2026' keys 'two of a name'; do
        t_out_contains "\"label\": \"$label\""
    done
    tokens_in "$PWD/one"
    token only
    t_must key list --pin-file "$T_TMP/pin" --json
    t_json tokens.0.label only
    t_json tokens.0.logged_in true
    tokens_in "$T_TMP/softhsm"
fi

t_begin "key list: what is no pkcs11: URI is refused"
for word in "$KEYS/root1.pem" exec:x pkcs12:x ''; do
    t_run key list "$word"
    t_exit 4
    t_err_contains "key list: "
done
try key list "$ALL" "$ALL"
error_is "key list" 2 usage

# ---- pasting ------------------------------------------------------------------------------------------

# The URIs of keys in a text list, as they stand there: shell words.
listed_keys() {
    sed -n "s/^  \(['p].*\)/\1/p" "$T_OUT" | grep pkcs11:
}

t_begin "key list: each URI can be pasted into a shell, and names the key there"
for i in 0 1 2; do
    t_must key list "$(uri "token=$(percent "${LABELS[i]}")")" "${PIN[@]}"
    word=$(listed_keys)
    t_equal "$(wc -l <<<"$word")" 1 "URIs of ${LABELS[i]}"
    id=$(sed -n 's/^  key id:  //p' "$T_OUT")
    eval "words=($word)"
    t_equal "${#words[@]}" 1 "$word"
    t_must key show "${words[@]}" "${PIN[@]}" --json
    t_json keys.0.key_id "$id"
    t_json keys.0.uri "${words[0]}"
    t_must key check "${words[@]}" "${PIN[@]}"
    t_out_contains "$id"
done
t_must key list "$(uri token=keys)" "${PIN[@]}"
listed_keys >words
while read -r word; do
    eval "words=($word)"
    try key check "${words[@]}" "${PIN[@]}"
    [ "$T_STATUS" -eq 0 ] || [ "$T_STATUS" -eq 4 ] || t_fail "$word: $(t_excerpt_ "$T_ERR")"
    t_err_lacks "several"
    t_err_lacks "no key"
done <words
t_equal "$(wc -l <words)" 8 "URIs"

t_begin "a key of key list signs root metadata, and openssl verifies it"
t_must key list "$(uri "token=$(percent "${LABELS[1]}")")" "${PIN[@]}" --json
key=$(t_json_value "$T_OUT" tokens.0.keys.0.uri)
t_must key show "$key" --json
t_json_value "$T_OUT" keys.0.pem >key.pub
quiet root create -o root --root-key key.pub --targets-key "$KEYS/targets1.pub"
t_must sign root --key "$key" "${PIN[@]}"
envelope_verifies root 0 key.pub

# ---- key check ----------------------------------------------------------------------------------------

t_begin "key check: keys of every kind"
for key in root1 ed rsa certified; do
    t_must key check "$(uri "token=keys;object=$key")" "${PIN[@]}"
    t_out_contains "signed, and its public key verifies the signature"
done
t_must key check "$(uri "token=keys;object=lone")" "${PIN[@]}" --public-key "$T_TMP/lone.pub"
t_must key check "$(uri "token=keys;id=%02")" "${PIN[@]}"
t_must key check "$(uri "token=keys;object=twin;id=%03")" "${PIN[@]}"
t_must key check "$KEYS/root1.pem" --json
t_json type ecdsa-p256
t_json key_id "$(key_id "$KEYS/root1.pub")"
t_json uri "$KEYS/root1.pem"
t_run key check "$KEYS/root1-encrypted.pem" --passphrase-file "$T_TMP/passphrase" -q
t_exit 0
t_out_empty

# cause CODE WORDS-OF-THE-MESSAGE-OR-HINT WORD...: what key check says
cause() {
    local code=$1 says=$2
    shift 2
    try key check "$@"
    t_err_contains "$says"
    grep -q '^hint: ' "$T_ERR" || t_fail "$code without a hint: $(t_excerpt_ "$T_ERR")"
    error_is "key check" 4 "$code"
}

t_begin "key check: module not found"
cause module-not-found missing.so "pkcs11:token=keys;object=root1?module-path=/missing.so" "${PIN[@]}"
cause module-not-found no-such-module "pkcs11:token=keys;object=root1?module-name=no-such-module" "${PIN[@]}"
cp "$KEYS/root1.pem" no-module.so
cause module-not-found no-module.so "pkcs11:object=x?module-path=$PWD/no-module.so" "${PIN[@]}"

t_begin "key check: no token"
tokens_in "$PWD/none"
cause no-token "insert" "$(uri "token=keys;object=root1")" "${PIN[@]}"
tokens_in "$T_TMP/softhsm"

t_begin "key check: token not found, and those that there are"
cause token-not-found "release%202026" "$(uri "token=Keys;object=root1")" "${PIN[@]}"
for label in "${LABELS[@]}" keys; do
    t_err_contains "token=$(percent "$label")"
done

t_begin "attack: two tokens of one label: both are named"
cause token-ambiguous "serial=" "$(uri "token=two%20of%20a%20name;object=root1")" "${PIN[@]}"
t_equal "$(grep -o 'serial=[0-9a-f]*' "$T_ERR" | sort -u | wc -l)" 2 "serials"
serial=$(grep -o 'serial=[0-9a-f]*' "$T_ERR" | head -n 1)
cause key-not-found root1 "$(uri "token=two%20of%20a%20name;$serial;object=root1")" "${PIN[@]}"

t_begin "key check: key not found"
cause key-not-found Root1 "$(uri "token=keys;object=Root1")" "${PIN[@]}"
cause key-not-found "" "$(uri "token=keys;object=root1;id=%02")" "${PIN[@]}"

t_begin "attack: two keys of one label: both are named"
cause key-ambiguous "id=%02" "$(uri "token=keys;object=twin")" "${PIN[@]}"
t_err_contains "id=%03"
try key show "$(uri "token=keys;object=twin")"
error_is "key show" 4 key-ambiguous

t_begin "a public object and a certificate of one id that disagree"
token disputed
token_pair disputed pair 01
on_token disputed --write-object "$T_TMP/certificate.der" --type cert --label pair --id 01
try key show "$(uri "token=disputed;object=pair")"
t_err_contains type=cert
error_is "key show" 4 key-ambiguous
t_must key show "$(uri "token=disputed;object=pair;type=cert")"
t_must key show "$(uri "token=disputed;object=pair;type=public")"
t_must key check "$(uri "token=disputed;object=pair")" "${PIN[@]}"
try key check "$(uri "token=disputed;object=pair")" "${PIN[@]}" --public-key "$KEYS/root1.pub"
t_err_contains "holds another public part"
error_is "key check" 4 key

t_begin "key check: wrong PIN"
cause pin-wrong PIN "$(uri "token=keys;object=root1")" --pin-file "$T_TMP/wrong-pin"

t_begin "key check: a PIN is needed and there is no terminal"
cause pin-needed "--pin-file FILE" "$(uri "token=keys;object=root1")"
t_json_err error.hint "give --pin-file FILE or --pin-env NAME"

t_begin "key check: a lone private key needs --public-key, and the right one"
cause key "--public-key" "$(uri "token=keys;object=lone")" "${PIN[@]}"
cause bad-signature lone "$(uri "token=keys;object=lone")" "${PIN[@]}" --public-key "$KEYS/root2.pub"

t_begin "key check: a key of another curve"
try key check "$(uri "token=keys;object=p384")" "${PIN[@]}"
t_exit 4
t_err_contains p384

# ---- URIs ---------------------------------------------------------------------------------------------

t_begin "attack: PIN in argv, URI, log, core; pin-source with a command: refused, and not repeated"
for attribute in pin-value=1234567 "pin-source=%7Cecho%201234567" "pin-source=|echo%201234567"; do
    for command in "key check" "key show" "key list" keygen; do
        read -ra words <<<"$command"
        [ "$command" != keygen ] || words+=(-o)
        try "${words[@]}" "$(uri "token=keys;object=root1")&$attribute"
        t_err_lacks 1234567
        error_is "$command" 4 key-uri
        t_err_lacks 1234567
    done
done

t_begin "attack: PIN in argv, URI, log, core: where a PIN comes from is nobody's to read"
URI="$(uri "token=keys;object=root1")&pin-source=$(percent "$T_TMP/pin")"
sample_root root
for words in "key check" "key show"; do
    read -ra words <<<"$words"
    t_must "${words[@]}" "$URI" --json
    t_out_contains object=root1
    t_out_lacks pin
    t_must "${words[@]}" "$URI"
    t_out_lacks "$T_TMP"
done
try sign root --key "$URI" --role targets
t_err_lacks "$T_TMP"
try root create -o new --root-key "$URI" --root-key "$URI" --targets-key "$KEYS/targets1.pub"
t_err_contains "lists this key already"
t_err_lacks "$T_TMP"
sample_manifest
try build product.yaml -o b.swb --root root --key "$URI"
t_err_contains "does not list its key id"
t_err_lacks "$T_TMP"

t_begin "attack: PIN in argv, URI, log, core: misuse of the command line does not repeat it"
SECRET="$(uri "token=keys;object=root1")&pin-value=1234567"
t_do "$T_TOOL" "$SECRET"
t_exit 2
t_err_lacks 1234567
for words in "key @" "keygen @" "keygen -o @ -o @" "key check @ @" "key list @ @" "sign --key x @ @" \
    "key check @ --pin-file a --pin-file b" "key show @ --public-key a --public-key b"; do
    read -ra words <<<"$words"
    t_do "$T_TOOL" "${words[@]/@/$SECRET}"
    t_exit 2
    t_err_contains object=root1
    t_err_lacks 1234567
done
for uri in 'foo://user:1234567@host' 'foo:name?pin=1234567'; do
    for command in "key list" "keygen -o"; do
        read -ra words <<<"$command"
        t_do "$T_TOOL" "${words[@]}" "$uri"
        t_exit 4
        t_err_contains foo:
        t_err_lacks 1234567
    done
done

t_begin "a URI that is malformed"
for path in "token=a%2" "token=a%zz" "token" "token=a;token=b" "object=%ff%ffx"; do
    try key check "pkcs11:$path?$SOFTHSM_MODULE" "${PIN[@]}"
    t_exit 4
done

# ---- keygen -------------------------------------------------------------------------------------------

t_begin "keygen: each type on a token, which signs"
token made
for type in ecdsa-p256 ed25519 rsa-3072; do
    t_must keygen -o "$(uri "token=made;object=key%20$type")" --type "$type" "${PIN[@]}" --json
    t_json type "$type"
    made=$(t_json_value "$T_OUT" uri)
    id=$(t_json_value "$T_OUT" key_id)
    t_json_value "$T_OUT" pem >"$type.pub"
    t_equal "$(key_id "$type.pub")" "$id" "$type"
    t_must key check "$made" "${PIN[@]}" --json
    t_json key_id "$id"
    t_must key show "$made" --json
    t_json keys.0.key_id "$id"
done
t_must keygen -o "$(uri "token=made;object=text")" "${PIN[@]}"
t_out_contains "key:    'pkcs11:"
t_out_contains "-----BEGIN PUBLIC KEY-----"
t_files "$(printf '%s\n' ecdsa-p256.pub ed25519.pub rsa-3072.pub | tr '\n' ' ' | sed 's/ $//')"

t_begin "keygen: the private key is private, sensitive and stays on the token"
t_do pkcs11-tool --module "$SOFTHSM" --token-label made --login --pin 1234 -O --type privkey
t_exit 0
t_equal "$(grep -c 'Private Key Object' "$T_OUT")" 4 "private keys"
t_equal "$(grep -c 'Access: *sensitive, always sensitive, never extractable, local' "$T_OUT")" 4 "access"
t_do pkcs11-tool --module "$SOFTHSM" --token-label made -O
t_out_lacks "Private Key Object"

t_begin "keygen: the id is the URI's where it has one"
t_must keygen -o "$(uri "token=made;object=with-id;id=%ab%cd")" "${PIN[@]}" --json
made=$(t_json_value "$T_OUT" uri)
[[ ${made,,} == *id=%ab%cd* ]] || t_fail "no such id: $made"

t_begin "keygen: a label or an id that is taken"
try keygen -o "$(uri "token=made;object=text")" "${PIN[@]}"
error_is keygen 5 exists
try keygen -o "$(uri "token=made;object=other;id=%ab%cd")" "${PIN[@]}"
error_is keygen 5 exists
t_must key check "$(uri "token=made;object=text")" "${PIN[@]}"

t_begin "keygen: --force is for files"
try keygen -o "$(uri "token=made;object=text")" --force "${PIN[@]}"
error_is keygen 2 usage
t_err_contains "never replaced"

t_begin "keygen: the PIN by every way"
t_must keygen -o "$(uri "token=made;object=p1")" --passphrase-file "$T_TMP/pin"
P=1234 t_run keygen -o "$(uri "token=made;object=p2")" --pin-env P
t_exit 0
t_must keygen -o "pkcs11:token=made;object=p3?$SOFTHSM_MODULE&pin-source=$(percent "$T_TMP/pin")"
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "made" 1234 -- \
    "$T_TOOL" keygen -o "$(uri "token=made;object=p4")"
t_out_contains "status=0 echo=True"
try keygen -o "$(uri "token=made;object=p5")"
error_is keygen 4 pin-needed
try keygen -o "$(uri "token=made;object=p6")" --pin-file "$T_TMP/wrong-pin"
error_is keygen 4 pin-wrong
try keygen -o "$(uri "token=none;object=p7")" "${PIN[@]}"
error_is keygen 4 token-not-found

t_begin "keygen: other schemes are refused"
for uri in exec:./signer handle:0x81000001 ftp://host/key; do
    try keygen -o "$uri"
    error_is keygen 4 key-scheme
done
t_must keygen -o ./pkcs11:token=made
t_files "pkcs11:token=made pkcs11:token=made.pub"
