#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The list of error codes, each provoked: exit status, the one line of text, and JSON. A code without a
# case here fails the test, so does a case without a code.
# shellcheck disable=SC2016,SC2317 # the $X of a manifest is not the shell's; cases are called by name
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/tokens.bash"

# The table of the program: code and exit status, a line each.
printf '.\\" @ERRORS@\n' >"$T_TMP/page"
"$T_BUILD/describe" page "$T_TMP/page" |
    sed -n 's/^\.It Li \([a-z0-9-]*\) Ta \([0-9]*\) Ta .*/\1 \2/p' >"$T_TMP/codes"

# The runs of a case are the words after fails; PRELOAD is what the program runs with.
PRELOAD=()
fails() { # COMMAND WORD...: COMMAND as the message names it
    local command=$1 lines first hint
    shift
    t_do env ASAN_OPTIONS=verify_asan_link_order=0 "${PRELOAD[@]}" "$T_TOOL" "$@"
    t_exit "$EXIT"
    grep -vE '^swupdate-tool: [a-z ]+: (warning|note): ' "$T_ERR" >lines
    mapfile -t lines <lines
    first=${lines[0]:-}
    hint=${lines[1]:-}
    case $first in
    "swupdate-tool: $command: "?*) ;;
    *) t_fail "not 'swupdate-tool: $command: …': '$first'" ;;
    esac
    case $first in
    *.) t_fail "a trailing dot: '$first'" ;;
    esac
    # After the command and the places, the text: a lower-case word, or a name in quotes.
    case ${first#"swupdate-tool: $command: "} in
    [A-Z]*) t_fail "starts with a capital: '$first'" ;;
    esac
    if [ "${#lines[@]}" -gt 2 ] || { [ -n "$hint" ] && [ "${hint#hint: }" = "$hint" ]; }; then
        t_fail "more than a line and a hint: $(t_excerpt_ "$T_ERR")"
    fi
    reset_case
    t_do env ASAN_OPTIONS=verify_asan_link_order=0 "${PRELOAD[@]}" "$T_TOOL" "$@" --json
    t_exit "$EXIT"
    python3 - "$T_ERR" "$CODE" "$EXIT" "${hint#hint: }" "$first" <<'PYTHON' || t_fail "JSON: $(t_excerpt_ "$T_ERR")"
import json, sys
path, code, status, hint, text = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    error = json.loads(file.read().splitlines()[-1])
assert list(error) == ["error"], error
error = error["error"]
known = {"code", "exit", "message", "file", "line", "column", "offset", "hint"}
assert set(error) <= known, set(error) - known
assert error["code"] == code and error["exit"] == int(status), error
assert error.get("hint", "") == hint, error
assert ("line" in error) == ("column" in error) and error.get("line", 1) >= 1, error
assert error["message"] and not error["message"].endswith("."), error
# The text is the same message, with the place in front of it.
message = error["message"]
if "file" in error and message.startswith(error["file"] + ": "):
    message = message[len(error["file"]) + 2 :]
assert text.endswith(message), (text, message)
if "line" in error:
    assert f"{error['file']}:{error['line']}:{error['column']}: " in text, (text, error)
elif "file" in error:
    assert f"{error['file']}: " in text, (text, error)
PYTHON
}

# Between the text run and the JSON run, for cases that change what they find.
reset_case() { :; }

bad_manifest() { # LINE
    sample_manifest
    echo "$1" >>product.yaml
    fails build build product.yaml -o b.swb
}

with_calls() { # NAME=VALUE...
    PRELOAD=(LD_PRELOAD="$T_BUILD/faults/calls.so" "$@")
}

case_usage() { fails build build; }
case_manifest_syntax() { bad_manifest 'meta: ['; }
case_manifest_key() { bad_manifest 'bundel: x'; }
case_manifest_value() { bad_manifest 'bundle: {format: zip}'; }
case_variable() { bad_manifest 'meta: {a: "$X"}'; }
case_include() { bad_manifest 'include: [product.yaml]'; }
case_target_name() { bad_manifest '  - {name: ../x, file: app.bin}'; }
case_target_too_large() { bad_manifest '  - {name: x, file: app.bin, max_size: 1}'; }
case_target_hash() { bad_manifest "  - {name: x, file: app.bin, sha256: $(printf %064d 0)}"; }
case_glob() { bad_manifest '  - {files: "out/*.bin"}'; }
case_sbom() {
    echo '<bom/>' >sbom.xml
    bad_manifest 'sbom: {file: sbom.xml}'
}
case_compression() {
    sample_manifest
    printf '{"schema": 1, "targets": {"app": {"compression": {"type": "gzip", "length": 3, "sha256": "%s"}}}}' \
        "$(printf %064d 0)" >user_manifest.json
    echo '  - {name: user_manifest, file: user_manifest.json}' >>product.yaml
    quiet build product.yaml -o b.swb
    fails extract extract b.swb -C out --no-verify --decompress
    t_file_absent out
}
case_policy() {
    sample_root root
    printf 'schema: 1\nrules: [{rule: expiry, min: 2y, max: 1y}]\n' >policy.yaml
    fails check check root --policy policy.yaml
}
case_profile() {
    : >empty
    bad_manifest $'  - {name: x, file: empty}\nbundle: {profile: pigweed}'
}
case_file_kind() {
    sample_manifest
    fails sign sign app.bin --key "$KEYS/targets1.pem"
}
case_container() {
    sample_manifest
    quiet build product.yaml -o b.swb
    head -c -512 b.swb >cut.swb
    fails convert convert cut.swb -o c.pb
}
case_metadata() {
    sample_root root
    wire add 1/1 2 7 <root >twice
    fails "root rotate" root rotate twice -o r2
}
case_unknown_field() {
    sample_root root
    wire add . 9 1 <root >unknown
    fails "root rotate" root rotate unknown -o r2
}
case_root_rules() {
    fails "root create" root create -o root --root-key "$KEYS/root1.pub" --root-threshold 2 \
        --targets-key "$KEYS/targets1.pub"
}
case_targets_rules() {
    sample_manifest
    quiet build product.yaml -o b.pb
    wire set 3/2/1/1/4 s:root <b.pb >bad.pb
    fails sign sign bad.pb --key "$KEYS/targets1.pem"
}
case_root_conflict() {
    sample_manifest
    sample_root root --version 5
    sample_root older --version 4
    quiet build product.yaml -o b.swb --root root
    fails convert convert b.swb --root older -o c.swb
}
case_payload() {
    sample_manifest
    quiet build product.yaml -o b.pb
    tr a b <app.bin >other.bin
    wire set 4:1/2 @other.bin <b.pb >bad.pb
    fails sign sign bad.pb --key "$KEYS/targets1.pem"
}
case_device_manifest() {
    sample_manifest
    sample_root root
    quiet build product.yaml -o b.swb --root root
    : >empty
    fails verify verify b.swb --root root --device-manifest empty
}
case_device_mismatch() {
    sample_manifest
    quiet build product.yaml -o b.pb
    wire get 3/2/1 <b.pb | wire set 2:1/1 s:other >metadata
    printf '' | wire add . 1 s:targets | wire add . 2 @metadata >entry
    printf '' | wire add . 1 @entry >manifest
    fails personalize personalize b.pb --device-manifest manifest -o small.pb
    t_file_absent small.pb
}
case_policy() {
    sample_root root
    printf 'schema: 1\nrules: [{rule: expiry, min: 2y, max: 1y}]\n' >policy.yaml
    fails check check root --policy policy.yaml
}
case_device_state() {
    sample_manifest
    sample_root root
    quiet build product.yaml -o b.swb --root root
    quiet provision --root root --format device-dir -o dev
    rm dev/current/floor
    fails verify verify b.swb --device dev
    fails apply apply b.swb --device dev
    fails dump dump dev
}
case_anchor_refused() {
    quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
    fails provision provision --root root --format device-dir -o dev
}
case_public_key() {
    fails "root create" root create -o root --root-key "$KEYS/p384.pub" --targets-key "$KEYS/targets1.pub"
}
case_audit_log() {
    sample_manifest
    echo 'some text' >log
    fails build build product.yaml -o b.swb --key "$KEYS/targets1.pem" --audit-log log
    t_equal "$(cat log)" 'some text'
}
case_signing_request() {
    sample_root root
    quiet sign root --export request
    sed -i 's/"version": 1/"version": 2/' request
    fails sign sign --request request --key "$KEYS/root1.pem" -o response --yes
    t_file_absent response
}
case_signing_response() {
    sample_root root
    sample_root other --expires 2040-01-01
    quiet sign root --export request
    quiet sign --request request --key "$KEYS/root1.pem" -o response --yes
    fails sign sign other --attach response
}
case_declined() {
    quiet root create -o unsigned --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
    quiet sign unsigned --export request
    # A person on a terminal who says no; of what is shown there, the error.
    cat >person <<'SH'
python3 "$T_SOURCE/tests/cli/terminal.py" "[y/N] " n -- "$@" >shown
tr -d '\r' <shown | grep -E '^(swupdate-tool: |hint: |\{"error)' >&2
exit "$(sed -n '1s/status=\([0-9]*\) .*/\1/p' shown)"
SH
    PRELOAD=(bash person)
    fails sign sign --request request --key "$KEYS/root1.pem" -o response
    t_file_absent response
}
case_expiry() {
    sample_root root --expires 2040-01-01
    fails "root rotate" root rotate root -o r2
}
case_key() {
    sample_manifest
    fails build build product.yaml -o b.swb --key "$KEYS/broken.pem"
}
case_key_scheme() { fails keygen keygen -o nonsense:key; }
case_key_not_listed() {
    sample_root root
    fails sign sign root --key "$KEYS/targets1.pem"
}
case_passphrase() { fails "key show" key show "$KEYS/root1-encrypted.pem"; }
case_key_uri() { fails "key check" key check "pkcs11:token=T?pin-value=1234"; }
case_module_not_found() { fails "key check" key check "pkcs11:token=T?module-path=/missing.so"; }
# What key check says of the module that is told to do WORD.
mock_fails() { # WORD [OPTION...]
    mock "$1"
    reset_case() { : >"$SWT_MODULE_LOG"; } # where the token counts wrong PINs
    fails "key check" key check "$MOCK_KEY" "${@:2}"
    reset_case() { :; }
}
case_module_failed() { mock_fails C_Sign=crash "${MOCK_PIN_FILE[@]}"; }
case_no_token() { mock_fails no-token; }
case_token_not_found() {
    mock
    fails "key list" key list "pkcs11:token=none?$MOCK_MODULE"
}
case_token_ambiguous() { mock_fails twin-token; }
case_token_failed() { mock_fails C_Sign=removed "${MOCK_PIN_FILE[@]}"; }
case_pin_needed() { mock_fails ""; }
case_pin_wrong() { mock_fails "" --pin-file "$T_TMP/wrong-pin"; }
case_pin_locked() { mock_fails locked "${MOCK_PIN_FILE[@]}"; }
case_pin_final_try() { mock_fails final-try "${MOCK_PIN_FILE[@]}"; }
case_key_not_found() { mock_fails no-key "${MOCK_PIN_FILE[@]}"; }
case_key_ambiguous() { mock_fails two-keys "${MOCK_PIN_FILE[@]}"; }
case_key_usage() { mock_fails no-sign "${MOCK_PIN_FILE[@]}"; }
case_mechanism() { mock_fails no-mechanism "${MOCK_PIN_FILE[@]}"; }
external_signer() { # BODY: ./signer, whose public key is that of targets1
    sample_manifest
    printf '#!/bin/sh\n[ "$1" = sign ] || exec cat %s\n%s\n' "$KEYS/targets1.pub" "$1" >signer
    chmod +x signer
}
case_sign() {
    external_signer 'echo "the token was removed." >&2; exit 3'
    fails build build product.yaml -o b.swb --key exec:./signer
    t_file_absent b.swb
}
case_signer_timeout() {
    PRELOAD=(SWUPDATE_TOOL_SIGNER_TIMEOUT=1)
    mock_fails C_Sign=hang "${MOCK_PIN_FILE[@]}"
    external_signer 'sleep 300'
    fails build build product.yaml -o b.swb --key exec:./signer
    t_file_absent b.swb
}
case_bad_signature() {
    mock_fails signature=flipped "${MOCK_PIN_FILE[@]}"
    sample_manifest
    PRELOAD=(LD_PRELOAD="$T_BUILD/faults/signer.so")
    for key in targets1 ed25519-1 rsa2048; do
        fails build build product.yaml -o b.swb --key "$KEYS/$key.pem"
        t_err_contains "$key.pem"
        t_file_absent b.swb
    done
}
case_not_found() { fails dump dump missing; }
case_exists() {
    touch key
    fails keygen keygen -o key
}
case_file_changed() {
    sample_manifest
    reset_case() { sample_manifest; }
    with_calls SWT_FAULT_CALL=read SWT_FAULT_PATH=app.bin SWT_FAULT_AT=2 SWT_FAULT_RUN='echo x >>app.bin'
    fails build build product.yaml -o b.swb
    reset_case() { :; }
}
case_no_space() {
    sample_manifest
    fails build build product.yaml -o /dev/full
}
case_pipe() {
    sample_manifest
    mkfifo pipe
    # For each run a reader, which goes away at once.
    reset_case() { timeout "$T_SECONDS" head -c 1 pipe >/dev/null & }
    reset_case
    with_calls SWT_FAULT_CALL=write SWT_FAULT_AT=1 SWT_FAULT_RUN='sleep 0.2'
    head -c 300000 /dev/zero >app.bin
    fails build build product.yaml -o pipe --format tar
    reset_case() { :; }
    kill $! 2>/dev/null
    wait
}
case_memory() {
    sample_manifest
    # Allocations that fail are the matter of tests/faults; this is the system's own ENOMEM.
    with_calls SWT_FAULT_CALL=open SWT_FAULT_PATH=product.yaml SWT_FAULT_AT=1 SWT_FAULT_ERRNO=12
    fails build build product.yaml -o b.swb
}
case_io() {
    sample_manifest
    with_calls SWT_FAULT_CALL=sync SWT_FAULT_AT=1 SWT_FAULT_ERRNO=5
    fails build build product.yaml -o b.swb
    t_file_absent b.swb
}
case_interrupted() { signalled 2; }
case_terminated() {
    signalled 15
    signalled 1
}
signalled() { # NUMBER
    sample_manifest
    with_calls SWT_FAULT_CALL=write SWT_FAULT_AT=1 SWT_FAULT_SIGNAL="$1"
    fails build build product.yaml -o b.swb
    t_files "app.bin lines product.yaml"
}

t_begin "the list of codes can be read"
[ "$(wc -l <"$T_TMP/codes")" -ge 30 ] || t_fail "found $(cat "$T_TMP/codes")"
t_equal "$(cut -d ' ' -f 1 "$T_TMP/codes" | sort | uniq -d)" "" "codes that occur twice"

while read -r CODE EXIT; do
    t_begin "error $CODE, exit $EXIT"
    PRELOAD=()
    name=case_${CODE//-/_}
    if [ "$(type -t "$name")" = function ]; then
        "$name"
    else
        t_fail "no case provokes this code"
    fi
done <"$T_TMP/codes"

t_begin "no case is without a code"
declare -F | awk '{ print $3 }' | sed -n 's/^case_//p' | tr _ - | sort >cases
cut -d ' ' -f 1 "$T_TMP/codes" | sort | comm -13 - cases >unknown
t_equal "$(cat unknown)" ""

t_begin "statuses are those of the documentation"
t_equal "$(cut -d ' ' -f 2 "$T_TMP/codes" | sort -n | uniq | tr '\n' ' ')" "1 2 3 4 5 130 143 "
