#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# PINs: how often a token is asked, when it is not, who is told what, and where a PIN never appears. On the
# module of tests/pkcs11, whose log tells what was called.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/tokens.bash"

logins() { # COUNT [AGAIN]: user logins, and those for one signature each
    t_equal "$(calls C_Login)" "$1" "C_Login"
    t_equal "$(calls C_Login_again)" "${2-0}" "C_Login for a signature"
}

FIRST="pkcs11:token=Mock%20token;id=%01?$MOCK_MODULE"
SECOND="pkcs11:token=Mock%20token;id=%02?$MOCK_MODULE"

# ---- how often --------------------------------------------------------------------------------------

t_begin "one key: one login"
mock
t_must key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
logins 1
t_equal "$(calls C_Sign)" 1 "C_Sign"

t_begin "a public key is read without a login"
mock
t_must key show "$MOCK_KEY" --json
t_json keys.0.key_id "$(key_id "$KEYS/root1.pub")"
logins 0
t_must key list "$MOCK_TOKEN"
logins 0

t_begin "two keys of a token: one login, one PIN"
mock two-keys
quiet root create -o root --root-key "$KEYS/root1.pub" --root-key "$KEYS/root2.pub" \
    --targets-key "$KEYS/targets1.pub"
t_must sign root --key "$FIRST" "${MOCK_PIN_FILE[@]}" --key "$SECOND" "${MOCK_PIN_FILE[@]}" --json
t_json quorums.0.signed "$(python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' \
    "$(key_id "$KEYS/root1.pub")" "$(key_id "$KEYS/root2.pub")")"
logins 1
t_equal "$(calls C_Sign)" 2 "C_Sign"

t_begin "attack: wrong PIN: exactly one C_Login a token"
for words in "" other-token; do
    mock two-keys $words
    quiet root create -o root --root-key "$KEYS/root1.pub" --root-key "$KEYS/root2.pub" \
        --targets-key "$KEYS/targets1.pub"
    cp root before
    T_LAST=(sign root --key "$FIRST" --pin-file "$T_TMP/wrong-pin" --key "$SECOND" --pin-file "$T_TMP/wrong-pin")
    t_run "${T_LAST[@]}"
    logins 1
    error_is sign 4 pin-wrong
    t_file_equal root before
done

t_begin "attack: wrong PIN: the same in key list, key show, key check, keygen"
for words in "key check $MOCK_KEY" "key list $MOCK_TOKEN" \
    "keygen -o pkcs11:token=Mock%20token;object=made?$MOCK_MODULE"; do
    read -ra words <<<"$words"
    mock
    t_run "${words[@]}" --pin-file "$T_TMP/wrong-pin" --json
    t_exit 4
    t_json_err error.code pin-wrong
    logins 1
done

# ---- when not ---------------------------------------------------------------------------------------

t_begin "attack: a token at its final try is refused before login (--allow-final-try)"
mock final-try
try key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
t_err_contains "--allow-final-try"
error_is "key check" 4 pin-final-try
logins 0
t_must key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}" --allow-final-try
logins 1

t_begin "--allow-final-try goes with every command that uses a key"
sample_manifest
sample_root root
for words in "build product.yaml -o b.swb --key" "sign root --key" \
    "root create -o r --root-key $KEYS/root1.pub --targets-key $KEYS/targets1.pub --sign-with" \
    "root rotate root -o r2 --sign-with" "key check" "key list" "keygen -o"; do
    mock final-try
    read -ra words <<<"$words"
    uri=$MOCK_KEY
    [ "${words[0]}" != keygen ] || uri="pkcs11:token=Mock%20token;object=made?$MOCK_MODULE"
    t_run "${words[@]}" "$uri" "${MOCK_PIN_FILE[@]}" --json
    t_exit 4
    t_json_err error.code pin-final-try
    logins 0
    t_run "${words[@]}" "$uri" "${MOCK_PIN_FILE[@]}" --allow-final-try --json
    logins 1
done

t_begin "two wrong PINs bring a token to its final try, the third is not given to it"
mock
for _ in 1 2; do
    t_run key check "$MOCK_KEY" --pin-file "$T_TMP/wrong-pin" --json
    t_json_err error.code pin-wrong
done
t_run key check "$MOCK_KEY" --pin-file "$T_TMP/wrong-pin" --json
t_json_err error.code pin-final-try
logins 2
t_run key list "$MOCK_TOKEN" --json
t_json tokens.0.pin final-try
t_run key check "$MOCK_KEY" --pin-file "$T_TMP/wrong-pin" --allow-final-try --json
t_exit 4
t_json_err error.code pin-locked
logins 3
t_run key list "$MOCK_TOKEN" --json
t_json tokens.0.pin locked

# The first C_GetTokenInfo is for the choice, the second comes before the question, the third after it.
t_begin "attack: the token is exchanged while its PIN is asked for: it does not get the PIN"
for word in new-serial new-label; do
    for number in 2 3; do
        mock $word=$number
        try key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
        t_equal "$(calls C_GetTokenInfo)" "$number" "C_GetTokenInfo"
        logins 0
        t_err_contains "another token is in the slot"
        t_err_contains "$([ $word = new-serial ] && echo "'Mock token' (0003)" || echo "'New token' (0001)")"
        error_is "key check" 4 token-failed
    done
    mock $word=4
    t_must key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
    mock always-authenticate $word=4
    try key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
    logins 1 0
    error_is "key check" 4 token-failed
    mock always-authenticate $word=5
    try key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
    logins 1 0
    error_is "key check" 4 token-failed
done

t_begin "one wrong PIN is said, and the right one is taken"
mock count-low
t_must key list "$MOCK_TOKEN" --json
t_json tokens.0.pin count-low
t_must key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
logins 1

t_begin "a locked PIN is no wrong one"
mock locked
try key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
grep -q '^hint: ' "$T_ERR" || t_fail "no hint: $(t_excerpt_ "$T_ERR")"
error_is "key check" 4 pin-locked

t_begin "a token whose PIN was never set"
mock pin-unset
try key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
t_exit 4
t_err_contains PIN

t_begin "a PIN that cannot be had is not given: no login"
mock
for source in "--pin-file missing" "--pin-file fd:93" "--pin-env SWT_NO_SUCH_VARIABLE" "-q"; do
    read -ra words <<<"$source"
    try key check "$MOCK_KEY" "${words[@]}"
    error_is "key check" 4 pin-needed
    logins 0
done

t_begin "a token that asks for no login gets none"
mock no-login
t_must key check "$MOCK_KEY"
logins 0

# ---- keys that authenticate at each use ---------------------------------------------------------------

t_begin "attack: key that always authenticates (CKU_CONTEXT_SPECIFIC): the PIN comes from a file"
mock always-authenticate
t_must key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
logins 1 1

t_begin "attack: key that always authenticates (CKU_CONTEXT_SPECIFIC): and from a terminal, asked once for each"
mock always-authenticate
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "Mock token" "$MOCK_PIN" "Mock token" "$MOCK_PIN" -- \
    "$T_TOOL" key check "$MOCK_KEY"
t_out_contains "status=0 echo=True"
t_out_lacks "$MOCK_PIN"
logins 1 1

t_begin "attack: key that always authenticates (CKU_CONTEXT_SPECIFIC): a wrong PIN ends it"
mock always-authenticate
try key check "$MOCK_KEY" --pin-file "$T_TMP/wrong-pin"
logins 1 0
error_is "key check" 4 pin-wrong

# ---- PIN pads -----------------------------------------------------------------------------------------

t_begin "a PIN pad: no question, and the person is told where to enter it"
mock pin-pad
t_must key check "$MOCK_KEY"
t_err_contains "Mock token"
logins 1
t_equal "$(calls "PIN entered on the reader")" 1 "PINs"
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "nothing asks" x -- "$T_TOOL" key check "$MOCK_KEY"
t_out_contains "status=0 echo=True"
t_out_contains "Mock token"

t_begin "a PIN pad: key list asks nobody and logs in nowhere"
mock pin-pad
t_must key list "$MOCK_TOKEN"
t_out_contains "the PIN is entered on the reader"
t_err_empty
logins 0

t_begin "a PIN pad, and a key that always authenticates"
mock pin-pad always-authenticate
t_must key check "$MOCK_KEY"
logins 1 1
t_equal "$(calls "PIN entered on the reader")" 2 "PINs"

# ---- the terminal -------------------------------------------------------------------------------------

t_begin "a prompt names the token, does not echo, and asks once for two keys"
mock two-keys
quiet root create -o root --root-key "$KEYS/root1.pub" --root-key "$KEYS/root2.pub" \
    --targets-key "$KEYS/targets1.pub"
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "PIN for the token 'Mock token': " "$MOCK_PIN" -- \
    "$T_TOOL" sign root --key "$FIRST" --key "$SECOND"
t_out_contains "status=0 echo=True"
t_out_lacks "$MOCK_PIN"
logins 1

t_begin "a wrong PIN at the prompt is not asked for again"
mock
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "Mock token" "0000" "PIN for" "0000" -- \
    "$T_TOOL" key check "$MOCK_KEY"
t_out_contains "status=4 echo=True"
logins 1

t_begin "Ctrl-C, Ctrl-D and an empty line at the prompt: no login"
for key in ^C:130 ^D:4 :4; do
    mock
    t_do python3 "$T_SOURCE/tests/cli/terminal.py" "Mock token" "${key%:*}" -- "$T_TOOL" key check "$MOCK_KEY"
    t_out_contains "status=${key#*:} echo=True"
    logins 0
done

t_begin "nobody is asked where stdin or stderr is no terminal"
mock
t_do timeout 5 "$T_TOOL" key check "$MOCK_KEY"
t_exit 4
t_err_contains "--pin-file FILE or --pin-env NAME"
logins 0

# ---- where a PIN never is -----------------------------------------------------------------------------

# Prints where the text stands in the writable memory that a core dump of the process would hold.
in_memory() { # PID TEXT
    python3 - "$1" "$2" <<'PYTHON'
import re, sys
pid, text = sys.argv[1], sys.argv[2].encode()
maps = []
for line in open(f"/proc/{pid}/smaps"):
    head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", line)
    if head:
        maps.append([int(head[1], 16), int(head[2], 16), head[3], head[4], ""])
    elif line.startswith("VmFlags:"):
        maps[-1][4] = line.split()[1:]
searched = 0
with open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for start, end, mode, name, flags in maps:
        if "w" not in mode or "dd" in flags:
            continue
        memory.seek(start)
        try:
            data = memory.read(end - start)
        except OSError:
            continue
        searched += len(data)
        for found in re.finditer(re.escape(text), data):
            print(f"{name or 'anonymous'} at {found.start():#x}")
if searched < 100000:
    print(f"only {searched} bytes were searched")
PYTHON
}

# While the module hangs, the PIN is in neither command line nor environment, nor in the program's memory.
pin_is_nowhere() {
    local pid
    TOOL_PID=$(sed -n 's/^PPid:\t//p' "/proc/$MODULE_PID/status")
    t_equal "$(readlink "/proc/$TOOL_PID/exe")" "$(readlink -f "$T_TOOL")" "the module's parent"
    for pid in "$TOOL_PID" "$MODULE_PID"; do
        for file in cmdline environ; do
            tr '\0' '\n' <"/proc/$pid/$file" >seen
            t_lacks_ seen "$MOCK_PIN" "$file of $pid"
        done
    done
    t_equal "$(in_memory "$TOOL_PID" "$MOCK_PIN")" "" "the PIN in memory"
    # The search finds what is there.
    [ -n "$(in_memory "$TOOL_PID" "$T_BUILD")" ] || t_fail "the search finds nothing at all"
    t_equal "$(sed -n 's/^Max core file size *\([0-9a-z]*\) *\([0-9a-z]*\).*/\1 \2/p' "/proc/$MODULE_PID/limits")" \
        "0 0" "core limit of the module's process"
}

if [ -n "${SWT_SANITIZE-}" ]; then
    t_begin "attack: PIN in argv, URI, log, core: and environment"
    t_skip "a sanitizer keeps what was freed"
else
    t_begin "attack: PIN in argv, URI, log, core: or environment, from a file"
    mock C_Sign=hang
    hanging key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
    pin_is_nowhere
    kill -TERM "$TOOL_PID"
    t_gone "$MODULE_PID"
    wait

    t_begin "attack: PIN in argv, URI, log, core: or environment, from a variable"
    mock C_Sign=hang
    export P=$MOCK_PIN
    hanging key check "$MOCK_KEY" --pin-env P
    unset P
    pin_is_nowhere
    kill -TERM "$TOOL_PID"
    t_gone "$MODULE_PID"
    wait

    t_begin "attack: PIN in argv, URI, log, core: or environment, from a terminal"
    mock C_Sign=hang
    python3 "$T_SOURCE/tests/cli/terminal.py" "Mock token" "$MOCK_PIN" -- \
        "$T_TOOL" key check "$MOCK_KEY" >out 2>err &
    wait_for_hang
    pin_is_nowhere
    kill -TERM "$TOOL_PID"
    t_gone "$MODULE_PID"
    wait
fi

t_begin "attack: PIN in a system call: read from its file, and written nowhere"
mock
t_do strace -f -qq -s 4096 -x -e trace=execve,write,writev,sendto,sendmsg,pwrite64,prctl -o trace \
    "$T_TOOL" key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}"
if [ -n "${SWT_SANITIZE-}" ] || ! grep -q execve trace; then
    t_skip "strace cannot trace here"
else
    t_exit 0
    t_file_contains trace C_Sign
    t_lacks_ trace "$MOCK_PIN" trace
fi

t_begin "attack: PIN in argv, URI, log, core: it is in no message, right or wrong"
for words in "" C_Login=general C_Sign=vendor C_Login=crash C_Login=expired always-authenticate signature=flipped; do
    for json in "" --json; do
        mock $words
        t_run key check "$MOCK_KEY" "${MOCK_PIN_FILE[@]}" -v ${json:+"$json"}
        t_out_lacks "$MOCK_PIN"
        t_err_lacks "$MOCK_PIN"
    done
done
echo swordfish >wrong
mock
for json in "" --json; do
    t_run key check "$MOCK_KEY" --pin-file wrong ${json:+"$json"}
    t_err_lacks swordfish
done

t_begin "attack: PIN in argv, URI, log, core: no option takes one"
for option in --pin --pin-value --password --passphrase; do
    try key check "$MOCK_KEY" "$option" "$MOCK_PIN"
    error_is "key check" 2 usage
done
