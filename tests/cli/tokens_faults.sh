#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tokens and modules that fail: refuse, hang, crash, lie. Whatever they do, the answer is one line with its
# code, within the time limit, and no file is touched. On the module of tests/pkcs11.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/tokens.bash"

# Whole seconds, lowers the limit of 60.
export SWUPDATE_TOOL_SIGNER_TIMEOUT=20

# fails CODE WORD...: what key check says of the module that does WORD
fails() {
    local code=$1
    shift
    mock "$@"
    try key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
    mock "$@"
    error_is "key check" 4 "$code"
}

t_begin "the module works when it is not told otherwise"
mock
t_must key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
mock certificate
t_must key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
mock no-id
t_must key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
mock no-label
t_must key check "pkcs11:token=Mock%20token;id=%01?$MOCK_MODULE" "${MOCK_PIN_FILE[@]}"

# ---- what is not there --------------------------------------------------------------------------------

t_begin "no slot, no token, no token that was initialised"
for word in no-slot no-token not-initialised; do
    fails no-token $word
    mock $word
    t_run key list "$MOCK_TOKEN" --json
    t_exit 4
    t_json_err error.code no-token
done

t_begin "attack: two tokens or two keys of one label: both are named"
fails token-ambiguous twin-token
mock twin-token
t_run key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
t_err_contains "serial=0001"
t_err_contains "serial=0002"
fails token-ambiguous clone-token
fails key-ambiguous two-keys
mock two-keys
t_run key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
t_err_contains "id=%01"
t_err_contains "id=%02"
fails key-ambiguous twin-keys
fails key-not-found no-key

# ---- what it does not do ------------------------------------------------------------------------------

t_begin "a key that may not sign, a token that lacks the mechanism"
fails key-usage no-sign
fails key-usage C_SignInit=not-permitted
fails mechanism no-mechanism
fails mechanism C_SignInit=mechanism

t_begin "a token that refuses or fails"
for call in C_OpenSession C_Login C_FindObjectsInit C_GetAttributeValue C_SignInit C_Sign; do
    for answer in general removed device-error memory vendor; do
        fails token-failed "$call=$answer"
    done
done
mock C_Sign=vendor
t_run key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
t_err_contains 1234
mock C_Sign=removed
t_run key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
t_err_contains "removed"

t_begin "a PIN that has expired"
mock C_Login=expired
try key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
t_exit 4
t_err_contains "PIN"

# ---- lies ---------------------------------------------------------------------------------------------

t_begin "signatures that do not verify"
for word in flipped zero short long empty; do
    fails bad-signature "signature=$word"
done
fails bad-signature other-public
mock signature=huge
try key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
t_exit 4
mock C_Sign=nothing
try key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
t_exit 4

t_begin "garbage: key check and key list answer, whatever the module says"
for word in lengths=unavailable lengths=huge lengths=longer lengths=missing point=compressed point=hybrid \
    point=off-curve point=infinity point=short point=empty curve=p384 curve=garbage curve=empty label=long \
    slots=huge slots=more objects=endless objects=more mechanisms=huge mechanisms=more \
    C_GetInfo=nothing C_GetSlotList=nothing C_GetTokenInfo=nothing C_OpenSession=nothing \
    C_FindObjects=nothing C_GetAttributeValue=nothing C_SignInit=nothing; do
    for words in "key check $MOCK_KEY" "key list $MOCK_TOKEN"; do
        read -ra words <<<"$words"
        mock $word
        t_run "${words[@]}" "${MOCK_PIN_FILE[@]}"
        case $T_STATUS in
        0 | 3 | 4) ;;
        *) t_fail "$word: exit $T_STATUS: $T_RAN: $(t_excerpt_ "$T_ERR")" ;;
        esac
        [ "$T_STATUS" -eq 0 ] || grep -q '^swupdate-tool: key ' "$T_ERR" || t_fail "$word: no error"
    done
done

t_begin "garbage: a point that is none makes no key"
for word in compressed hybrid off-curve infinity short empty; do
    mock "point=$word"
    t_run key show "$MOCK_KEY"
    [ "$T_STATUS" -eq 3 ] || [ "$T_STATUS" -eq 4 ] || t_fail "$word: exit $T_STATUS"
    t_out_empty
done
mock point=raw
t_run key show "$MOCK_KEY" --json
[ "$T_STATUS" -ne 0 ] || t_json keys.0.key_id "$(key_id "$KEYS/root1.pub")"

t_begin "garbage: what a token calls itself is shown with its control characters escaped"
mock hostile-labels
t_must key list "pkcs11:?$MOCK_MODULE"
if LC_ALL=C grep -q "[$(printf '\001-\010\013-\037\177')]" "$T_OUT"; then
    t_fail "control characters: $(t_excerpt_ "$T_OUT")"
fi
iconv -f utf-8 -t utf-8 <"$T_OUT" >/dev/null 2>&1 || t_fail "no UTF-8"
t_must key list "pkcs11:?$MOCK_MODULE" --json
sed -n "s/^ *\('pkcs11.*\|pkcs11.*\)/\1/p" "$T_OUT" >uris
t_lacks_ uris "\$(id)" "a URI"

t_begin "what a module prints does not mix with the result"
for call in C_Initialize C_Login C_Sign; do
    mock $call=print
    t_must key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}" --json
    t_json type ecdsa-p256
    t_out_lacks noise
done

t_begin "keygen: a pair that cannot sign is taken away again"
for word in signature=flipped C_Sign=general other-public; do
    mock $word
    t_run keygen -o "pkcs11:token=Mock%20token;object=made?$MOCK_MODULE" "${MOCK_PIN_FILE[@]}"
    t_exit 4
    t_equal "$(calls C_GenerateKeyPair)" 1 "C_GenerateKeyPair"
    t_equal "$(calls C_DestroyObject)" 2 "C_DestroyObject"
done
mock
t_must keygen -o "pkcs11:token=Mock%20token;object=made?$MOCK_MODULE" "${MOCK_PIN_FILE[@]}" --json
t_json key_id "$(key_id "$KEYS/root2.pub")"
t_equal "$(calls C_DestroyObject)" 0 "C_DestroyObject"

# ---- crashes ------------------------------------------------------------------------------------------

t_begin "a module that crashes"
for call in C_Initialize C_GetSlotList C_GetTokenInfo C_Login C_FindObjectsInit C_Sign; do
    for how in crash abort exit; do
        fails module-failed "$call=$how"
    done
done
fails module-failed C_Sign=close

export SWUPDATE_TOOL_SIGNER_TIMEOUT=1

t_begin "a crash or a hang at C_Sign leaves the output as it was"
for how in crash hang; do
    rm -f ./*
    sample_manifest
    quiet root create -o root --root-key "$KEYS/root2.pub" --targets-key "$KEYS/root1.pub"
    quiet build product.yaml -o b.swb
    cp b.swb before
    cp b.swb out.swb
    files="app.bin b.swb before out.swb product.yaml root"
    for words in "sign b.swb --key" "sign b.swb -o out.swb --key" "build product.yaml -o out.swb --key" \
        "build product.yaml -o none.swb --key"; do
        read -ra words <<<"$words"
        mock C_Sign=$how
        t_run "${words[@]}" "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
        t_exit 4
        t_file_equal b.swb before
        t_file_equal out.swb before
        t_files "$files"
    done
done

# ---- hangs --------------------------------------------------------------------------------------------

t_begin "a module that hangs is ended at the time limit, and its process with it"
for call in C_Initialize C_GetSlotList C_Login C_Sign; do
    mock $call=hang
    start=$EPOCHREALTIME
    t_run key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}" --json
    t_exit 4
    t_json_err error.code signer-timeout
    took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
    if [ "$took" -lt 900 ] || [ "$took" -gt 20000 ]; then
        t_fail "$call: $took ms"
    fi
    wait_for_hang
    t_gone "$MODULE_PID"
done
unset SWUPDATE_TOOL_SIGNER_TIMEOUT

t_begin "Ctrl-C while a module hangs answers at once"
for signal in INT:130 TERM:143 HUP:143 QUIT:143; do
    for call in C_Initialize C_Sign; do
        mock $call=hang
        hanging key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
        start=$EPOCHREALTIME
        kill "-${signal%:*}" "$TOOL_PID"
        wait "$TOOL_PID"
        t_equal "$?" "${signal#*:}" "$signal at $call"
        took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
        [ "$took" -lt 10000 ] || t_fail "$signal at $call: $took ms"
        t_gone "$MODULE_PID"
    done
done

t_begin "the program that is killed takes the module's process with it"
mock C_Sign=hang
hanging key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
kill -KILL "$TOOL_PID"
wait "$TOOL_PID" 2>/dev/null
t_gone "$MODULE_PID"

t_begin "a time limit that is none"
for value in 0 -1 x '' 61 99999999999 1.5; do
    mock
    SWUPDATE_TOOL_SIGNER_TIMEOUT=$value t_run key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
    [ "$T_STATUS" -eq 0 ] || [ "$T_STATUS" -eq 2 ] || t_fail "'$value': exit $T_STATUS"
done

# ---- the audit log ------------------------------------------------------------------------------------

t_begin "the log tells the outcome of a crash, a hang and a signal at C_Sign"
logged() { # TEXT: of the last line, of two, in a sound log without the PIN
    t_equal "$(jq -r '"\(.event) \(.role) \(.error.code)"' log | tr '\n' ',')" "begin trial null,end trial $1,"
    t_must check log
    ! grep -q "$MOCK_PIN" log || t_fail "the PIN is in the log"
    rm log
}
for how in crash abort; do
    mock C_Sign=$how
    t_run key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}" --audit-log log
    t_exit 4
    logged module-failed
done
mock C_Sign=hang
SWUPDATE_TOOL_SIGNER_TIMEOUT=1 t_run key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}" --audit-log log
t_exit 4
logged signer-timeout
for signal in INT:interrupted TERM:terminated; do
    mock C_Sign=hang
    hanging key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}" --audit-log log
    kill "-${signal%:*}" "$TOOL_PID"
    wait "$TOOL_PID"
    logged "${signal#*:}"
done

t_begin "without its log a token signs nothing"
for words in "key check" "sign b.swb -o out --key" "build product.yaml -o out --key"; do
    [ -e b.swb ] || { sample_manifest && quiet build product.yaml -o b.swb; }
    read -ra words <<<"$words"
    mock
    t_run "${words[@]}" "$MOCK_KEY" "${MOCK_PIN_FILE[@]}" --audit-log missing/log
    t_exit 5
    t_equal "$(calls C_Sign)" 0 "calls of C_Sign"
    t_file_absent out
done

# ---- descriptors --------------------------------------------------------------------------------------

t_begin "a module sees none of the program's files"
mock C_Sign=hang
exec 9<"$KEYS/root2.pem"
hanging key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
exec 9<&-
for fd in "/proc/$MODULE_PID/fd"/*; do
    case $(readlink "$fd") in
    /dev/null | socket:* | pipe:* | anon_inode:*) ;;
    *) [ "${fd##*/}" -le 2 ] || t_fail "descriptor ${fd##*/}: $(readlink "$fd")" ;;
    esac
done
kill -TERM "$TOOL_PID"
t_gone "$MODULE_PID"
wait
