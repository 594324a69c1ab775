# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are for the scripts that source this
# Tokens for tests: real ones of SoftHSM 2, and the module of tests/pkcs11 that plays what those cannot.
# Sourced after lib.sh and samples.bash. No token of the machine's own is touched.

percent() { # TEXT: as the value of a URI's attribute
    printf '%s' "$1" | jq -sRr @uri
}

# ---- SoftHSM -----------------------------------------------------------------------------------------

SOFTHSM=''
for path in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so \
    /usr/lib*/pkcs11/libsofthsm2.so /usr/local/lib/softhsm/libsofthsm2.so; do
    if [ -e "$path" ]; then
        SOFTHSM=$path
        break
    fi
done
SOFTHSM_MODULE=module-path=$(percent "$SOFTHSM")
# The tokens in a folder, which is made where it is missing, are those that there are from here on.
tokens_in() { # FOLDER
    export SOFTHSM2_CONF=$1/softhsm2.conf
    mkdir -p "$1/tokens"
    printf '%s = %s\n' directories.tokendir "$1/tokens" objectstore.backend file log.level ERROR \
        >"$SOFTHSM2_CONF"
}
tokens_in "$T_TMP/softhsm"
echo 1234 >"$T_TMP/pin"
echo 4321 >"$T_TMP/wrong-pin"
PIN=(--pin-file "$T_TMP/pin")

token() { # LABEL: a new one; PIN 1234
    softhsm2-util --module "$SOFTHSM" --init-token --free --label "$1" --pin 1234 --so-pin 5678 \
        >"$T_TMP/quiet" 2>&1 || t_fail "softhsm2-util: $(t_excerpt_ "$T_TMP/quiet")"
}

on_token() { # LABEL OPTION...: pkcs11-tool there, logged in
    pkcs11-tool --module "$SOFTHSM" --token-label "$1" --login --pin 1234 "${@:2}" \
        >"$T_TMP/quiet" 2>&1 || t_fail "pkcs11-tool: $(t_excerpt_ "$T_TMP/quiet")"
}

token_pair() { # LABEL KEY-LABEL ID [TYPE]
    on_token "$1" --keypairgen --key-type "${4-EC:prime256v1}" --label "$2" --id "$3"
}

# The key of a DER file, its private and its public part.
token_import() { # LABEL KEY-LABEL ID DER
    on_token "$1" --write-object "$4" --type privkey --label "$2" --id "$3" --usage-sign
    openssl pkey -in "$4" -inform DER -pubout -outform DER -out "$T_TMP/public.der"
    on_token "$1" --write-object "$T_TMP/public.der" --type pubkey --label "$2" --id "$3"
}

# ---- the module of the tests -------------------------------------------------------------------------

MOCK_MODULE=module-path=$(percent "$T_BUILD/tests/mock-pkcs11.so")
MOCK_TOKEN="pkcs11:token=Mock%20token?$MOCK_MODULE"
MOCK_KEY="pkcs11:token=Mock%20token;object=key?$MOCK_MODULE"
MOCK_PIN=mock-pin-271828
echo "$MOCK_PIN" >"$T_TMP/mock-pin"
MOCK_PIN_FILE=(--pin-file "$T_TMP/mock-pin")
export SWT_MODULE='' SWT_MODULE_LOG=$T_TMP/module.log SWT_MODULE_KEYS=$KEYS

mock() { # WORD...: what the module does from here on; it has forgotten what it logged
    export SWT_MODULE="$*"
    : >"$SWT_MODULE_LOG"
}

calls() { # LINE: how often the module logged it
    grep -cxF "$1" "$SWT_MODULE_LOG"
}

# Starts the program where it will hang in the module, and comes back when it does: its process in
# TOOL_PID, the module's in MODULE_PID. What it prints is in the files out and err.
hanging() { # WORD...
    # A shell starts what runs in the background deaf to these.
    env --default-signal=INT,QUIT "$T_TOOL" "$@" </dev/null >out 2>err &
    TOOL_PID=$!
    wait_for_hang
}

wait_for_hang() {
    MODULE_PID=''
    for _ in {1..400}; do
        MODULE_PID=$(sed -n 's/^hangs //p' "$SWT_MODULE_LOG" | tail -n 1)
        [ -z "$MODULE_PID" ] || return 0
        sleep 0.05
    done
    t_fail "the module does not come to hang: $(t_excerpt_ err)"
}

# The process ends within seconds.
t_gone() { # PID
    for _ in {1..200}; do
        [ -e "/proc/$1" ] || return 0
        sleep 0.05
    done
    t_fail "process $1 is still there"
    kill -KILL "$1" 2>/dev/null
}
