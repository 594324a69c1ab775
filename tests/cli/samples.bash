# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of making things start from: keys, a manifest, root metadata. Sourced after lib.sh.

# The system's own, without site packages: that of a version manager takes a tenth of a second to start,
# and these tests start it some hundred times.
if [ -x /usr/bin/python3 ]; then
    python3() { /usr/bin/python3 -I -S "$@"; }
fi

# The test keys, as private as keys are; KEYS/root1.pem and so on.
KEYS=$T_TMP/keys
cp -R "$T_DATA/keys" "$KEYS"
chmod -R go= "$KEYS"
KEY_PASSPHRASE='test passphrase'
printf '%s\n' "$KEY_PASSPHRASE" >"$T_TMP/passphrase"
WIRE=$T_SOURCE/tests/cli/wire.py

# The program, when it is expected to succeed and its report matters to nobody.
quiet() {
    "$T_TOOL" "$@" >"$T_TMP/quiet" 2>&1 ||
        t_fail "failed: $*: $(t_excerpt_ "$T_TMP/quiet")"
}

# wire get PATH <MESSAGE and the other operations of wire.py.
wire() {
    python3 "$WIRE" "$@" || t_fail "wire.py $* failed"
}

key_id() { # PUB
    "$T_TOOL" key show "$1" --json >"$T_TMP/key.json" && t_json_value "$T_TMP/key.json" keys.0.key_id
}

# app.bin (10,000 bytes) and product.yaml, to which a case may append.
sample_manifest() {
    head -c 10000 /dev/zero | tr '\0' 'a' >app.bin
    cat >product.yaml <<'YAML'
schema: 1
product: {name: widget, vendor: Acme}
release: {version: "1.4.0", metadata_version: 42}
targets:
  - {name: app, file: app.bin, type: raw, slot: app, version: "1.4.0"}
YAML
}

# sample_root FILE [OPTION...]: root metadata of root1 and targets1, signed.
sample_root() {
    quiet root create -o "$1" --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
        --sign-with "$KEYS/root1.pem" "${@:2}"
}

# The canonical tar bundle's envelopes.
targets_envelope() { tar xOf "$1" targets_metadata; }
root_envelope() { tar xOf "$1" root_metadata; }
payload() { tar xOf "$1" "targets/$2"; }

# signature_verifies PUB MESSAGE SIGNATURE: by openssl, with no code of ours; SIGNATURE is what the
# metadata carries.
signature_verifies() {
    case $(openssl pkey -pubin -in "$1" -noout -text | head -n 1) in
    *ED25519*)
        openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3"
        ;;
    *RSA* | *2048* | *3072* | *4096*)
        openssl pkeyutl -verify -pubin -inkey "$1" -rawin -digest sha256 -in "$2" -sigfile "$3" \
            -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32 -pkeyopt rsa_mgf1_md:sha256
        ;;
    *)
        wire ecdsa-der <"$3" >"$3.der" &&
            openssl pkeyutl -verify -pubin -inkey "$1" -rawin -digest sha256 -in "$2" \
                -sigfile "$3.der"
        ;;
    esac
}

# envelope_verifies ENVELOPE INDEX PUB: its signature of that index is PUB's over its metadata.
envelope_verifies() {
    wire get 1 <"$1" >"$T_TMP/signed"
    wire get "2:$2/2" <"$1" >"$T_TMP/signature"
    signature_verifies "$3" "$T_TMP/signed" "$T_TMP/signature" >"$T_TMP/openssl" 2>&1 ||
        t_fail "openssl does not verify signature $2 of $1: $(t_excerpt_ "$T_TMP/openssl")"
    t_equal "$(wire get "2:$2/1" <"$1" | od -An -v -tx1 | tr -d ' \n')" "$(key_id "$3")" "key id"
}

# error_is COMMAND EXIT CODE: one line "swupdate-tool: COMMAND: text" and at most a hint; then the
# same run again with --json tells CODE. Takes the run that was the last: call it after t_run.
error_is() {
    local command=$1 exit=$2 code=$3 line
    t_exit "$exit"
    line=$(grep -vE '^swupdate-tool: [a-z ]+: (warning|note): ' "$T_ERR" | head -n 1)
    case $line in
    "swupdate-tool: $command: "*) ;;
    *) t_fail "no error of $command: $(t_excerpt_ "$T_ERR")" ;;
    esac
    t_run "${T_LAST[@]}" --json
    t_exit "$exit"
    case $(tail -n 1 "$T_ERR") in
    '{"error":{"code":"'"$code"'","exit":'"$exit"',"message":'*'}}') ;;
    *) t_fail "no JSON error of code $code: $(t_excerpt_ "$T_ERR")" ;;
    esac
}

# t_run, remembered for error_is.
try() {
    T_LAST=("$@")
    t_run "$@"
}
