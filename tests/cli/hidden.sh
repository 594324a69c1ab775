#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A process that holds a secret: nobody but the superuser looks into it, from before the secret's first
# byte is read, and it leaves no core; and what it writes comes into its place all the same.
# shellcheck disable=SC2016 # $PPID is of a command that runs elsewhere
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# The superuser may do everything: here a plain user runs the program, from where he can reach it.
USER_DIR=$T_TMP/user
mkdir "$USER_DIR"
cp "$T_TOOL" "$USER_DIR/swupdate-tool"
cp "$T_BUILD/faults/calls.so" "$USER_DIR/calls.so"
AS_USER=()
if [ "$(id -u)" -eq 0 ]; then
    AS_USER=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    chmod 711 "$T_TMP"
fi

# A folder with keys, a bundle and what they are made of, all of it the user's.
sample_user() {
    cp -R "$KEYS" keys
    cp "$T_TMP/passphrase" passphrase
    sample_manifest
    sample_root root
    quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
    quiet build product.yaml -o unsigned.swb --root root
    [ "${#AS_USER[@]}" -eq 0 ] || chown -R 65534:65534 .
}

as_user() { # WORD...
    t_do ${AS_USER[@]+"${AS_USER[@]}"} "$USER_DIR/swupdate-tool" "$@"
}

# Runs COMMAND as the program makes its first call of that class, of the file NAME where it is not "".
at_call() { # CLASS NAME COMMAND WORD...
    local of=()
    [ -z "$2" ] || of=("SWT_FAULT_PATH=$2")
    t_do ${AS_USER[@]+"${AS_USER[@]}"} env ASAN_OPTIONS=verify_asan_link_order=0 \
        LD_PRELOAD="$USER_DIR/calls.so" SWT_FAULT_CALL="$1" SWT_FAULT_AT=1 ${of[@]+"${of[@]}"} \
        SWT_FAULT_RUN="unset LD_PRELOAD; $3" "$USER_DIR/swupdate-tool" "${@:4}"
}

LOOK='cat "/proc/$PPID/environ" >/dev/null 2>&1 && echo seen >look || echo hidden >look'

# looks EXPECTED CLASS NAME WORD...: what another process of the same user finds at that call.
looks() {
    rm -f look
    at_call "$2" "$3" "$LOOK" "${@:4}"
    t_exit 0
    t_equal "$(cat look 2>&1)" "$1" "at $2 of ${3:-any file}: ${*:4}"
}

t_begin "who holds no secret can be looked into"
sample_user
looks seen open b.swb verify b.swb --root root
looks seen open app.bin build product.yaml --root root -o new.swb
looks seen open b.swb extract b.swb --root root -C folder

t_begin "a key file is opened out of sight"
sample_user
looks hidden open targets1.pem sign unsigned.swb --key keys/targets1.pem -o signed.swb
looks hidden open root1.pem root rotate root -o root2 --sign-with keys/root1.pem
looks hidden open targets1.pem key show keys/targets1.pem

t_begin "a passphrase is read out of sight, whatever it is for"
sample_user
looks hidden open passphrase key show keys/root1-encrypted.pem --passphrase-file passphrase
looks hidden open passphrase keygen -o new --passphrase-file passphrase
openssl pkcs8 -topk8 -in keys/targets1.pem -out encrypted.pem -passout file:passphrase
chmod 644 encrypted.pem
export WORDS=$KEY_PASSPHRASE
looks hidden open unsigned.swb sign unsigned.swb --key encrypted.pem --pin-env WORDS -o signed.swb
unset WORDS

t_begin "a new key is written out of sight"
sample_user
looks hidden write "" keygen -o key

t_begin "a secret of the past stays out of sight to the end"
sample_user
looks hidden link "" sign unsigned.swb --key keys/targets1.pem -o signed.swb


# dumped CLASS NAME WORD...: the program aborts at that call; whether the system dumped its core, which
# timeout tells.
dumped() {
    at_call "$1" "$2" 'kill -ABRT $PPID' "${@:3}" 2>/dev/null
    [ "$T_STATUS" -eq 134 ] || t_fail "exit $T_STATUS, expected 134: $(t_excerpt_ "$T_ERR")"
    grep -q 'dumped core' "$T_ERR"
}

t_begin "an abort leaves no core of who holds a secret"
sample_user
ulimit -S -c "$(ulimit -H -c)"
if ! dumped open b.swb verify b.swb --root root; then
    t_skip "nothing dumps a core here"
else
    rm -f core*
    ! dumped open targets1.pem sign unsigned.swb --key keys/targets1.pem -o signed.swb ||
        t_fail "a core of a run that reads a key file"
    ! dumped open passphrase key show keys/root1-encrypted.pem --passphrase-file passphrase ||
        t_fail "a core of a run that reads a passphrase"
    ! dumped link "" sign unsigned.swb --key keys/targets1.pem -o signed.swb ||
        t_fail "a core of a run that signed"
    t_equal "$(find . -name 'core*')" "" "cores"
fi
ulimit -S -c 0

t_begin "what it writes comes into its place, as a plain user, and no other file"
sample_user
rm -f passphrase
before=$(find . -type f)
as_user sign unsigned.swb --key keys/targets1.pem -o signed.swb
t_exit 0
as_user verify signed.swb --root root
t_exit 0
cp unsigned.swb again.swb
as_user sign unsigned.swb --key keys/targets1.pem
t_exit 0
as_user verify unsigned.swb --root root
t_exit 0
as_user keygen -o key
t_exit 0
t_mode key 600
as_user root rotate root -o root2 --sign-with keys/root1.pem
t_exit 0
after=$(find . -type f)
t_equal "$(sort <<<"$after")" "$(printf '%s\n' "$before" ./again.swb ./key ./key.pub ./root2 ./signed.swb | sort)"
