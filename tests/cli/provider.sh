#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Keys that OpenSSL's providers serve: those of a TPM, which is a software TPM here, and its provider
# tpm2-openssl. The example of swupdate-tool(1) is run as it stands there.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

PAGE=$T_SOURCE/man/swupdate-tool.1
PIN='the TPM password'
URI=handle:0x81000001

mkdir "$T_TMP/tpm" "$T_TMP/bin"
cd "$T_TMP/tpm" || exit 99
printf '%s' "$PIN" >pin
echo 'another password' >wrong
ln -s "$T_TOOL" "$T_TMP/bin/swupdate-tool"

# ---- the TPM -------------------------------------------------------------------------------------

swtpm socket --tpm2 --tpmstate "dir=$PWD" --flags not-need-init,startup-clear \
    --server "type=unixio,path=$PWD/sock" --ctrl "type=unixio,path=$PWD/sock.ctrl" >log 2>&1 &
SWTPM=$!
trap 'status=$?; kill "$SWTPM"; wait "$SWTPM" 2>/dev/null; (exit "$status"); t_finish_' EXIT
# The libraries of the TPM print what failed, beside what we print.
export TSS2_LOG=all+none
export TPM2TOOLS_TCTI=swtpm:path=$PWD/sock TPM2OPENSSL_TCTI=swtpm:path=$PWD/sock
for ((i = 0; i < 500; i++)); do
    [ ! -S sock ] || [ ! -S sock.ctrl ] || break
    kill -0 "$SWTPM" 2>/dev/null || break
    sleep 0.01
done

# There is no resource manager that would free what the tools leave in the TPM.
flush() {
    tpm2_flushcontext -t || t_fail "the TPM cannot be emptied"
}

tpm() { # COMMAND...
    "$@" >"$T_TMP/quiet" 2>&1 || t_fail "failed: $*: $(t_excerpt_ "$T_TMP/quiet")"
    flush
}

# The literal block of the page that a comment gives to this script under that name.
block() { # NAME
    sed -n '/^\.\\" for tests\/cli\/provider.sh: '"$1"'$/,/^\.Ed$/p' "$PAGE" |
        sed -e '/^\./d' -e "s/\\\\(aq/'/g" -e 's/\\e$/\\/'
}

# The public part of the key, by the tools of the TPM.
public_of() { # HANDLE FILE
    tpm tpm2_readpublic -c "$1" -f pem -o "$2"
}

# ---- the example of the manual page --------------------------------------------------------------

t_begin "a key of a TPM, as the manual page says"
cd "$T_TMP/tpm" || exit 99
block 'file openssl.cnf' >openssl.cnf
export OPENSSL_CONF=$PWD/openssl.cnf
sample_manifest
quiet build product.yaml -o product.swb
t_equal "$(block commands | grep -c '^[a-z]')" 5 "commands of the page"
{
    echo 'set -e'
    block commands | sed 's/^tpm2_.*/&; tpm2_flushcontext -t/'
} >example
PATH=$T_TMP/bin:$PATH t_do bash example
t_exit 0
public_of 0x81000001 tpm.pub
t_out_contains "$(key_id tpm.pub)"
targets_envelope product.swb >envelope
envelope_verifies envelope 0 tpm.pub
TPM_PUB=$PWD/tpm.pub
TPM_ID=$(key_id tpm.pub)

# ---- what the commands do with it ----------------------------------------------------------------

PIN_FILE=$T_TMP/tpm/pin
WRONG_FILE=$T_TMP/tpm/wrong

t_begin "TPM: key show needs no password"
t_must key show $URI --json
t_json keys.0.uri $URI
t_json keys.0.type ecdsa-p256
t_json keys.0.key_id "$TPM_ID"

t_begin "TPM: root create, root rotate, build"
t_must root create -o root --root-key $URI --targets-key "$KEYS/targets1.pub" \
    --sign-with "$URI?pass" --pin-file "$PIN_FILE"
envelope_verifies root 0 "$TPM_PUB"
t_must root rotate root -o next --add-root-key "$KEYS/root2.pub" --sign-with "$URI?pass" \
    --pin-file "$PIN_FILE" --sign-with "$KEYS/root2.pem"
t_must verify --type root next --root root
sample_manifest
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key $URI \
    --sign-with "$KEYS/root1.pem"
PIN_OF_TPM=$PIN t_must build product.yaml -o b.swb --root root --key "$URI?pass" --pin-env PIN_OF_TPM
t_must verify b.swb --root root
flush

t_begin "TPM: a password that is asked for on the terminal"
sample_manifest
python3 "$T_SOURCE/tests/cli/terminal.py" "passphrase for $URI" "$PIN" -- \
    "$T_TOOL" build product.yaml -o b.swb --key "$URI?pass" >seen
t_file_contains seen "status=0 echo=True"
t_lacks_ seen "$PIN" "the terminal"
targets_envelope b.swb >envelope
envelope_verifies envelope 0 "$TPM_PUB"

t_begin "TPM: a wrong password, or none"
sample_manifest
try build product.yaml -o b.swb --key "$URI?pass" --pin-file "$WRONG_FILE"
t_err_contains "'$URI': the key failed to sign: cannot sign: "
t_err_contains "the authorization HMAC check failed"
t_err_lacks "another password"
error_is build 4 sign
try build product.yaml -o b.swb --key $URI
t_err_contains "the authorization HMAC check failed"
error_is build 4 sign
try build product.yaml -o b.swb --key "$URI?pass"
error_is build 4 passphrase
# The TPM would count this one as a wrong password.
try build product.yaml -o b.swb --key $URI --pin-file "$PIN_FILE"
t_err_contains "the key's provider did not ask for it"
t_err_contains "hint: a key of a TPM that has a password is named handle:NUMBER?pass"
error_is build 4 key
t_file_absent b.swb
tpm tpm2_dictionarylockout --clear-lockout

t_begin "TPM: a locked one says so"
sample_manifest
tpm tpm2_dictionarylockout --setup-parameters --max-tries=1
try build product.yaml -o b.swb --key "$URI?pass" --pin-file "$WRONG_FILE"
error_is build 4 sign
try build product.yaml -o b.swb --key "$URI?pass" --pin-file "$PIN_FILE"
t_err_contains "DA lockout mode"
error_is build 4 sign
tpm tpm2_dictionarylockout --clear-lockout
tpm tpm2_dictionarylockout --setup-parameters --max-tries=100

t_begin "TPM: a handle where no key is"
try key show handle:0x81000077
t_err_contains "'handle:0x81000077': the provider of this scheme cannot load the key: cannot load key: "
error_is "key show" 3 public-key
try key show handle:nonsense
error_is "key show" 3 public-key

t_begin "TPM: --public-key names another key"
sample_manifest
try build product.yaml -o b.swb --key "$URI?pass" --pin-file "$PIN_FILE" --public-key "$KEYS/root1.pub"
t_err_contains "is not the public part of this key"
error_is build 4 key

t_begin "TPM: key files of the form TSS2 PRIVATE KEY, P-256 and RSA"
sample_manifest
tpm openssl genpkey -propquery '?provider=tpm2' -algorithm EC -pkeyopt group:P-256 \
    -pkeyopt "user-auth:$PIN" -out ec.pem
tpm openssl genpkey -propquery '?provider=tpm2' -algorithm RSA -pkeyopt bits:2048 -out rsa.pem
chmod 600 ec.pem rsa.pem
grep -q 'BEGIN TSS2 PRIVATE KEY' ec.pem || t_fail "not the form that is to be tested"
for key in 'ec ecdsa-p256' 'rsa rsa-2048'; do
    read -r name type <<<"$key"
    t_must key show "$name.pem" --pin-file "$PIN_FILE" --json
    t_json keys.0.type "$type"
    t_json_value "$T_OUT" keys.0.pem >"$name.pub"
    t_must build product.yaml -o "$name.swb" --key "$name.pem" --pin-file "$PIN_FILE"
    targets_envelope "$name.swb" >envelope
    envelope_verifies envelope 0 "$name.pub"
    flush
done
try build product.yaml -o b.swb --key ec.pem --pin-file "$WRONG_FILE"
t_err_contains "ec.pem: the key failed to sign: "
error_is build 4 sign
tpm tpm2_dictionarylockout --clear-lockout

t_begin "TPM: nothing is left in it"
t_do tpm2_getcap handles-transient
t_out_empty

t_begin "a file of the key's name stands in for nothing"
cp "$KEYS/root1.pem" $URI
try key show $URI
t_err_contains "a file of that very name exists"
error_is "key show" 3 public-key

t_begin "a provider that is not there, or reaches no TPM"
sample_manifest
for variable in OPENSSL_CONF=/dev/null TPM2OPENSSL_TCTI=swtpm:path=/nowhere; do
    t_do env $variable "$T_TOOL" build product.yaml -o b.swb --key $URI --json
    t_exit 4
    t_json_err error.code key-scheme
    t_err_contains "OpenSSL must load a provider that reaches its device"
done
