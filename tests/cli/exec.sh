#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# External signers, exec:PROGRAM: those that come with the program, and those that do not do what a
# signer is to do.
# shellcheck disable=SC2016 # the variables are those of the signers
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

SIGNERS=$T_SOURCE/examples/signers
unset SWUPDATE_TOOL_SIGNER_TIMEOUT

# signer NAME KEY: ./NAME, which signs with that key.
signer() {
    cat >"$1" <<SH
#!/bin/sh
SIGNER_KEY=$KEYS/$2.pem exec $SIGNERS/openssl-signer "\$@"
SH
    chmod +x "$1"
}

# faulty BODY: ./faulty tells the public key of targets1, and runs BODY in place of signing.
faulty() {
    signer good targets1
    cat >faulty <<SH
#!/bin/sh
[ \$1 = sign ] || exec ./good "\$@"
$1
SH
    chmod +x faulty
}

# b.swb, unsigned, whose root lists targets1.
sample_bundle() {
    sample_manifest
    sample_root root
    quiet build product.yaml -o b.swb --root root
    cp b.swb before.swb
}

# refused CODE TEXT [WORD...]: sign with ./faulty fails so, and the bundle stays what it was.
refused() {
    try sign b.swb --key exec:./faulty "${@:3}"
    t_err_contains "'exec:./faulty': "
    t_err_contains "$2"
    error_is sign 4 "$1"
    t_file_equal b.swb before.swb
    t_equal "$(find . -name '.*' -type f)" "" "temporary files"
}

# wait_for FILE: until it holds something.
wait_for() {
    local i
    for ((i = 0; i < 500; i++)); do
        [ ! -s "$1" ] || return 0
        sleep 0.01
    done
    t_fail "$1 does not appear"
}

# gone PID: within a second or so.
gone() {
    local i
    for ((i = 0; i < 100; i++)); do
        grep -q '^State:[[:space:]]*[A-Y]' "/proc/$1/status" 2>/dev/null || return 0
        sleep 0.01
    done
    t_fail "process $1 is still there"
}

# ---- signers that do what they should ----------------------------------------------------------

t_begin "openssl-signer: each kind of key shows itself, makes and rotates a root"
for pair in 'root1 ecdsa-p256' 'ed25519-1 ed25519' 'rsa3072 rsa-3072'; do
    read -r key type <<<"$pair"
    signer "s-$key" "$key"
    t_must key show "exec:./s-$key" --json
    t_json keys.0.uri "exec:./s-$key"
    t_json keys.0.type "$type"
    t_json keys.0.key_id "$(key_id "$KEYS/$key.pub")"
    t_must root create -o root --root-key "exec:./s-$key" --targets-key "$KEYS/targets1.pub" \
        --sign-with "exec:./s-$key"
    envelope_verifies root 0 "$KEYS/$key.pub"
    t_must root rotate root -o next --add-root-key "$KEYS/root2.pub" --sign-with "exec:./s-$key" \
        --sign-with "$KEYS/root2.pem"
    envelope_verifies next 0 "$KEYS/$key.pub"
    t_must verify --type root next --root root
done

t_begin "openssl-signer: each kind of key builds and signs a bundle"
sample_manifest
for key in targets1 ed25519-2 rsa2048; do
    signer "s-$key" "$key"
    quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/$key.pem" \
        --sign-with "$KEYS/root1.pem"
    t_must build product.yaml -o built.swb --root root --key "exec:$PWD/s-$key"
    t_must verify built.swb --root root
    quiet build product.yaml -o signed.swb --root root
    t_must sign signed.swb --key "exec:./s-$key"
    t_out_contains "signed with key $(key_id "$KEYS/$key.pem")"
    t_must verify signed.swb --root root
done

t_begin "openssl-signer: says what it lacks"
export SIGNER_KEY=
t_run key show "exec:$SIGNERS/openssl-signer"
t_exit 4
t_err_contains "exit status 2 from 'public-key': the variable SIGNER_KEY names no key file"
t_do env SIGNER_KEY="$PWD/missing" "$T_TOOL" key show "exec:$SIGNERS/openssl-signer"
t_exit 4
t_err_contains "No such file or directory"
unset SIGNER_KEY

t_begin "the message is what the signature covers, and comes on standard input"
sample_bundle
signer good targets1
printf '#!/bin/sh\n[ "$1" = sign ] || exec ./good "$@"\necho "$@" >arguments\ntee message | ./good "$@"\n' >s
chmod +x s
t_must sign b.swb --key exec:./s
t_equal "$(cat arguments)" "sign ecdsa-sha2-nistp256"
targets_envelope b.swb | wire get 1 >metadata
t_file_equal message metadata

t_begin "r and s as 64 bytes serve as DER does"
sample_bundle
faulty './good "$@" | python3 -c "
import sys
der = sys.stdin.buffer.read()
r = der[4:4 + der[3]]
s = der[6 + der[3]:]
for part in r, s:
    sys.stdout.buffer.write(part.lstrip(bytes(1)).rjust(32, bytes(1)))
"'
t_must sign b.swb --key exec:./faulty
t_must verify b.swb --root root

t_begin "with --public-key the signer is asked for signatures only"
sample_bundle
faulty 'exec ./good "$@"'
sed -i 's/^\[.*/[ $1 = sign ] || exit 9/' faulty
refused sign "exit status 9 from 'public-key'"
t_must sign b.swb --key exec:./faulty --public-key "$KEYS/targets1.pub"
t_must verify b.swb --root root

t_begin "a signer is asked for nothing before the rest was checked, and not for what is there"
sample_bundle
signer other targets2
for name in good other; do
    signer "$name-key" "$([ $name = good ] && echo targets1 || echo targets2)"
    printf '#!/bin/sh\necho "$@" >>calls\nexec ./%s-key "$@"\n' "$name" >"$name"
    chmod +x "$name"
done
try sign b.swb --key exec:./good --key exec:./other
error_is sign 4 key-not-listed
tr a b <app.bin >changed
quiet convert b.swb -o b.pb
wire set 4:1/2 @changed <b.pb >bad.pb
try sign bad.pb --key exec:./good
error_is sign 3 payload
t_equal "$(grep -c sign calls)" 0 "signatures that were asked for"
quiet sign b.swb --key exec:./good
quiet sign b.swb --key exec:./good
t_equal "$(grep -c sign calls)" 1 "signatures that were asked for"

# ---- signers that hang, flood, fail --------------------------------------------------------------

t_begin "exec signer that hangs"
sample_bundle
export SWUPDATE_TOOL_SIGNER_TIMEOUT=1
faulty 'echo waiting for approval >&2; sleep 300'
refused signer-timeout "no answer to 'sign ecdsa-sha2-nistp256' within 1 second: waiting for approval"
faulty 'exec >&- 2>&- <&-; sleep 300'
refused signer-timeout "within 1 second"
printf '#!/bin/sh\nsleep 300\n' >faulty
try key show exec:./faulty
t_err_contains "no answer to 'public-key' within 1 second"
error_is "key show" 4 signer-timeout
unset SWUPDATE_TOOL_SIGNER_TIMEOUT

t_begin "exec signer that floods"
sample_bundle
faulty 'exec yes'
refused sign "'sign ecdsa-sha2-nistp256' printed more than 64 KiB"
faulty 'yes | head -n 100000 >&2; exit 1'
refused sign "exit status 1 from 'sign ecdsa-sha2-nistp256': ... | y | y | y"
faulty 'yes | head -n 100000 >&2; echo "the reason" >&2; exit 1'
refused sign "y | the reason"
printf '#!/bin/sh\nexec yes\n' >faulty
try key show exec:./faulty
error_is "key show" 4 sign

t_begin "exec signer that leaves a process behind"
sample_bundle
faulty 'sleep 300 & echo $! >pid; exec ./good "$@"'
t_must sign b.swb --key exec:./faulty
gone "$(cat pid)"

t_begin "exec signer that returns a bad signature"
sample_bundle
signer other targets2
faulty 'exec ./other "$@"'
refused bad-signature "a signature that its public key does not verify"
faulty 'head -c 64 /dev/zero'
refused bad-signature "a signature that its public key does not verify"

t_begin "exec signer whose key is not that of --public-key"
sample_manifest
faulty 'exec ./good "$@"'
for key in targets2 ed25519-1; do
    quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/$key.pub"
    quiet build product.yaml -o b.swb --root root
    cp b.swb before.swb
    refused bad-signature "" --public-key "$KEYS/$key.pub"
done

t_begin "malformed DER from a signer"
sample_bundle
for body in './good "$@"; echo' './good "$@" | openssl base64' './good "$@" | head -c 60' : \
    'printf "\060\006\002\001\000\002\001\001"' 'printf "\060\200\002\001\001\002\001\001\000\000"'; do
    faulty "$body"
    refused bad-signature "expected a signature of 64, or strict DER"
    t_err_contains "no hexadecimal, no base64, no newline"
done

t_begin "exec signer that fails says why, in one line"
sample_bundle
faulty 'echo "first" >&2; echo >&2; printf "no \033[31mluck\t\a\200\n" >&2; exit 3'
refused sign "exit status 3 from 'sign ecdsa-sha2-nistp256': first | no \\x1b[31mluck\\t\\x07\\x80"
faulty 'exit 3'
try sign b.swb --key exec:./faulty
t_err_is "swupdate-tool: sign: 'exec:./faulty': exit status 3 from 'sign ecdsa-sha2-nistp256'"
faulty 'kill -SEGV $$'
refused sign "died of signal 11 (Segmentation fault) in 'sign ecdsa-sha2-nistp256'"
faulty './good "$@"; exit 1'
refused sign "exit status 1"

t_begin "exec signer that cannot be executed"
sample_bundle
faulty true
try sign b.swb --key exec:./missing
t_err_contains "'exec:./missing': cannot be executed: No such file or directory"
error_is sign 4 sign
try sign b.swb --key 'exec:./faulty --fast'
t_err_contains "named by a path, without arguments"
error_is sign 4 sign
chmod -x faulty
refused sign "cannot be executed: Permission denied"
t_err_contains "chmod +x ./faulty"
chmod +x faulty
echo 'exit 0' >faulty
refused sign "a script starts with a line such as #!/bin/sh"
printf '#!/nowhere/sh\n' >faulty
refused sign "the interpreter that its first line names does not exist"

t_begin "exec signer that is searched in PATH"
sample_bundle
faulty 'exec ./good "$@"'
export PATH=$PWD:$PATH
try sign b.swb --key exec:faulty
t_err_contains "hint: write exec:./NAME or exec:/FOLDER/NAME"
error_is sign 4 key
try sign b.swb --key exec:
error_is sign 4 key
PATH=${PATH#*:}

t_begin "a public key that is none"
sample_bundle
for body in 'echo no key' "cat $KEYS/targets1.pem" "cat $KEYS/targets1.pub $KEYS/targets2.pub" \
    "cat $KEYS/p384.pub"; do
    printf '#!/bin/sh\n%s\n' "$body" >faulty
    chmod +x faulty
    refused key "" # as a private key it is of no use
    try key show exec:./faulty
    error_is "key show" 3 public-key
done

# ---- what a signer must not get --------------------------------------------------------------------

t_begin "exec signer that inherits a descriptor or the PIN"
sample_bundle
quiet root create -o root --root-key "$KEYS/root1-encrypted.pem" \
    --passphrase-file "$T_TMP/passphrase" --targets-key "$KEYS/targets1.pub" \
    --targets-key "$KEYS/targets2.pub"
faulty 'env >environment; cat /proc/$PPID/environ >parent; ls /proc/self/fd >descriptors; exec ./good "$@"'
openssl pkcs8 -topk8 -in "$KEYS/targets2.pem" -out encrypted.pem -passout "file:$T_TMP/passphrase"
export PIN_OF_KEY=$KEY_PASSPHRASE
quiet build product.yaml -o b.swb --root root
t_must sign b.swb --key encrypted.pem --pin-env PIN_OF_KEY --key exec:./faulty
unset PIN_OF_KEY
t_file_contains environment PATH=
t_lacks_ environment "$KEY_PASSPHRASE" environment
t_lacks_ environment PIN_OF_KEY environment
t_lacks_ parent "$KEY_PASSPHRASE" "the environment of swupdate-tool"
exec 7<"$T_TMP/passphrase" 8<"$KEYS/root1.pem"
quiet build product.yaml -o b.swb --root root
t_must sign b.swb --key encrypted.pem --passphrase-file fd:7 --key exec:./faulty
exec 7<&- 8<&-
# 3 is the one by which the list is made.
t_equal "$(tr '\n' ' ' <descriptors)" "0 1 2 3 "

t_begin "exec signer that is to be given a PIN"
sample_bundle
faulty 'exec ./good "$@"'
refused key "a signer is given no PIN and no passphrase" --pin-file "$T_TMP/passphrase"
PIN=1 refused key "a signer is given no PIN and no passphrase" --pin-env PIN
try key show exec:./faulty --pin-file "$T_TMP/passphrase"
error_is "key show" 4 key

t_begin "exec signer that asks on the terminal"
sample_bundle
faulty 'echo "PIN:" >/dev/tty && read -r pin </dev/tty; exec ./good "$@"'
sed -i 's/&& read/\&\& touch asked \&\& read/' faulty
python3 "$T_SOURCE/tests/cli/terminal.py" -- "$T_TOOL" sign b.swb --key exec:./faulty >seen
t_file_contains seen "status=0"
t_lacks_ seen "PIN:" "the terminal"
t_file_absent asked

# ---- signals -----------------------------------------------------------------------------------------

# A background job of a script ignores SIGINT, which TERM stands for.
for number in TERM KILL; do
    t_begin "SIG$number ends the signer too"
    sample_bundle
    faulty 'trap "" TERM INT; echo $$ >pid; sleep 300; :'
    "$T_TOOL" sign b.swb --key exec:./faulty 2>error &
    tool=$!
    wait_for pid
    kill -$number $tool
    wait $tool 2>/dev/null
    t_equal $? "$([ $number = TERM ] && echo 143 || echo 137)" "exit status"
    gone "$(cat pid)"
    t_file_equal b.swb before.swb
    [ $number = KILL ] || t_file_contains error "terminated"
done

# ---- the example for a cloud service -----------------------------------------------------------------

# A service with one P-256 and one RSA key, which takes a command only if it is the expected one, word
# for word.
fake_aws() {
    mkdir bin
    cat >bin/aws <<SH
#!/bin/sh
set -eu
[ -z "\$AWS_PAGER" ]
query=\$(printf '%s ' "\$@" | sed 's|fileb://[^ ]*/digest|fileb://FOLDER/digest|')
for key in targets1 rsa3072; do
    algorithm=ECDSA_SHA_256 options=
    [ \$key = targets1 ] || algorithm=RSASSA_PSS_SHA_256 options="-pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32"
    case \$query in
    "kms get-public-key --key-id alias/\$key --query PublicKey --output text ")
        exec openssl pkey -pubin -in "$KEYS/\$key.pub" -outform DER | openssl base64 -A
        echo
        exit
        ;;
    "kms sign --key-id alias/\$key --message fileb://FOLDER/digest --message-type DIGEST --signing-algorithm \$algorithm --query Signature --output text ")
        [ "\$(wc -c <"\${6#fileb://}")" -eq 32 ]
        openssl pkeyutl -sign -inkey "$KEYS/\$key.pem" -in "\${6#fileb://}" \
            \$options -pkeyopt digest:sha256 | openssl base64 -A
        echo
        exit
        ;;
    esac
done
echo >&2
echo "An error occurred (NotFoundException) when calling the operation: Alias is not found." >&2
exit 254
SH
    chmod +x bin/aws
}

fake_kms() { # KEY: ./kms, the example with that key
    printf '#!/bin/sh\nSIGNER_KMS_KEY=alias/%s PATH=%s/bin:$PATH exec %s/aws-kms-signer "$@"\n' \
        "$1" "$PWD" "$SIGNERS" >kms
    chmod +x kms
}

t_begin "aws-kms-signer: a P-256 key and an RSA key build, sign and make a root"
fake_aws
sample_manifest
for key in targets1 rsa3072; do
    fake_kms $key
    t_must key show exec:./kms --json
    t_json keys.0.key_id "$(key_id "$KEYS/$key.pub")"
    t_must root create -o root --root-key exec:./kms --targets-key "$KEYS/targets2.pub" \
        --sign-with exec:./kms
    envelope_verifies root 0 "$KEYS/$key.pub"
    quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key exec:./kms \
        --sign-with "$KEYS/root1.pem"
    t_must build product.yaml -o b.swb --root root --key exec:./kms
    t_must verify b.swb --root root
done

t_begin "aws-kms-signer: metadata of more than 4 KiB"
fake_aws
fake_kms targets1
sample_manifest
for i in {1..100}; do
    echo "  - {name: a-longer-name-of-a-target-$i, file: app.bin}" >>product.yaml
done
t_must build product.yaml -o b.swb --key exec:./kms
targets_envelope b.swb >envelope
[ "$(wire get 1 <envelope | wc -c)" -gt 4096 ] || t_fail "the metadata is small"
envelope_verifies envelope 0 "$KEYS/targets1.pub"

t_begin "aws-kms-signer: what the service refuses is told, and what it cannot do"
fake_aws
sample_manifest
fake_kms nobody
t_run build product.yaml -o b.swb --key exec:./kms
t_exit 4
t_err_is "swupdate-tool: build: 'exec:./kms': exit status 254 from 'public-key': An error occurred \
(NotFoundException) when calling the operation: Alias is not found"
t_run build product.yaml -o b.swb --key exec:./kms --public-key "$KEYS/targets1.pub"
t_exit 4
t_err_contains "exit status 254 from 'sign ecdsa-sha2-nistp256': An error occurred"
t_run build product.yaml -o b.swb --key exec:./kms --public-key "$KEYS/ed25519-1.pub"
t_exit 4
t_err_contains "not with ed25519"
t_file_absent b.swb
