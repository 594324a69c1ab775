#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Keys: keygen, key show, where a passphrase comes from, and which key an option belongs to.
# What any prompt does is in usage.sh.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

ROOT1_ID=$(key_id "$KEYS/root1.pub")

# Keys a and b, their passphrases in the files one and two. Made by openssl, which derives the key in
# few rounds: keygen takes its time.
protected_pair() {
    echo one >one
    echo two >two
    openssl pkcs8 -topk8 -in "$KEYS/root1.pem" -out a -passout file:one
    openssl pkcs8 -topk8 -in "$KEYS/root2.pem" -out b -passout file:two
    chmod 600 a b || t_fail "openssl failed"
}

# ---- keygen ----------------------------------------------------------------------------------------

t_begin "keygen: each type, as openssl reads it"
for type in ecdsa-p256 ed25519 rsa-3072 rsa-4096; do
    t_must keygen -o "$type" --type "$type" --json
    t_json type "$type"
    t_json public "$type.pub"
    t_mode "$type" 600
    t_equal "$(openssl pkey -in "$type" -pubout 2>&1)" "$(cat "$type.pub")" "$type"
    openssl pkey -in "$type" -check -noout >check 2>&1 || t_fail "openssl: $(cat check)"
    head -n 1 "$type" | grep -qx -- '-----BEGIN PRIVATE KEY-----' || t_fail "$type is no PKCS#8"
done
openssl pkey -in ecdsa-p256 -noout -text | grep -q 'NIST CURVE: P-256' || t_fail "no P-256"

t_begin "keygen: the key id is the SHA-256 of type, scheme and key value"
t_must keygen -o key --type ed25519 --json
value=$(openssl pkey -in key -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n')
t_json key_id "$(printf '0202%s' "$value" | python3 -c 'import hashlib, sys
print(hashlib.sha256(bytes.fromhex(sys.stdin.read())).hexdigest())')"

t_begin "keygen: two keys are never the same"
quiet keygen -o a
quiet keygen -o b
t_file_differs a b

t_begin "private key readable by others: keygen makes 0600 whatever the umask, replaced files too"
for mask in 000 022 077 777; do
    (umask $mask && "$T_TOOL" keygen -o "key$mask" >out 2>&1) || t_fail "umask $mask: $(cat out)"
    t_mode "key$mask" 600
done
t_mode key077.pub 600
touch old
chmod 666 old
quiet keygen -o old --force
t_mode old 600

t_begin "keygen: one file in the way stops both"
touch key.pub
try keygen -o key
error_is keygen 5 exists
t_files key.pub
try keygen -o nowhere/key
error_is keygen 5 not-found
mkdir folder
try keygen -o folder --force
error_is keygen 5 io
t_file_absent folder.pub

t_begin "keygen: a link that leads nowhere is in the way too"
ln -s elsewhere key
try keygen -o key
error_is keygen 5 exists
t_file_absent elsewhere

t_begin "keygen: one file for both keys is refused, and the old key stays"
t_must keygen -o key
cp key before
for link in "ln -sf key key.pub" "ln -f key key.pub"; do
    $link
    try keygen -o key --force
    error_is keygen 2 usage
    t_err_contains "the public key key.pub would be the private key"
    t_file_equal key before
done
rm key.pub
touch other
ln -sf "$KEYS/targets1.pem" other.pub
try keygen -o other --force
error_is keygen 5 exists

t_begin "keygen: a pipe or device is given no key, nor is one half of a pair written beside it"
mkfifo pipe half.pub
ln -s /dev/null null
for key in pipe null half /dev/stdout; do
    # shellcheck disable=SC2016 # for the shell that opens the pipes
    # Held open for both, so that a writer would not wait.
    t_do bash -c 'exec 3<>pipe 4<>half.pub; "$T_TOOL" keygen -o "$0" --force; s=$?
        for fd in 3 4; do ! read -t 0 -u "$fd" || echo "written to a pipe"; done; exit $s' "$key"
    t_exit 2
    t_err_contains "is no file, and a key is written to a file only"
    t_out_empty
done
try keygen -o pipe
error_is keygen 2 usage
t_files "half.pub null pipe"

t_begin "keygen: no key replaces the file of its own passphrase"
echo one >pass
cp pass key.pub
ln pass hard
for key in pass hard key; do
    file=pass
    [ "$key" != key ] || file=key.pub
    try keygen -o "$key" --passphrase-file "$file" --force
    error_is keygen 2 usage
    t_err_contains "would replace a passphrase file, $file"
    t_equal "$(cat "$file")" one
done
t_files "hard key.pub pass"

t_begin "keygen: an unknown type is a usage error"
try keygen -o key --type rsa-1024
error_is keygen 2 usage
t_file_absent key

t_begin "keygen: a passphrase from a file, a descriptor, a variable"
quiet keygen -o from-file --passphrase-file "$T_TMP/passphrase"
printf 'one\ntwo\n' >lines
"$T_TOOL" keygen -o from-fd --passphrase-file fd:7 >out 2>&1 7<lines || t_fail "$(cat out)"
three=three "$T_TOOL" keygen -o from-variable --pin-env three >out 2>&1 || t_fail "$(cat out)"
for pair in "from-file:$KEY_PASSPHRASE" from-fd:one from-variable:three; do
    key=${pair%%:*}
    t_file_contains "$key" "BEGIN ENCRYPTED PRIVATE KEY"
    t_mode "$key" 600
    t_equal "$(openssl pkey -in "$key" -passin "pass:${pair#*:}" -pubout 2>&1)" "$(cat "$key.pub")" "$key"
    openssl pkey -in "$key" -passin pass:wrong >/dev/null 2>&1 && t_fail "$key opens with any passphrase"
done
openssl asn1parse -in from-file | grep -q aes-256-cbc || t_fail "no AES-256"

t_begin "keygen: a passphrase that cannot be had is exit 4, and no key appears"
: >empty
printf '\nsecond line\n' >empty-line
head -c 2000 /dev/zero | tr '\0' 'x' >long
printf 'a\0b\n' >nul
for file in empty empty-line long nul missing fd:93 fd:x .; do
    try keygen -o key --passphrase-file "$file"
    error_is keygen 4 passphrase
    t_file_absent key
done
try keygen -o key --pin-env SWT_NO_SUCH_VARIABLE
error_is keygen 4 passphrase
EMPTY='' t_run keygen -o key --pin-env EMPTY
t_exit 4
t_file_absent key

t_begin "keygen: a passphrase never comes from an argument"
for option in --passphrase --pin --password; do
    try keygen -o key "$option" secret
    error_is keygen 2 usage
done

# ---- key show --------------------------------------------------------------------------------------

t_begin "key show: every form of one key has one key id"
plain=(root1.pem root1.pub root1.der root1-public.der root1-no-passphrase.p12
    root1-and-certificate.pem root1-and-public.pem)
encrypted=(root1-encrypted.pem root1-encrypted.der root1-encrypted-sec1.pem root1.p12)
words=()
for file in "${plain[@]}"; do words+=("$KEYS/$file"); done
for file in "${encrypted[@]}"; do
    words+=("$KEYS/$file" --passphrase-file "$T_TMP/passphrase")
done
t_must key show "${words[@]}"
t_equal "$(grep -c "^key id: $ROOT1_ID\$" "$T_OUT")" $((${#plain[@]} + ${#encrypted[@]})) "key ids"
t_equal "$(grep -c -- "-----BEGIN PUBLIC KEY-----" "$T_OUT")" $((${#plain[@]} + ${#encrypted[@]})) "PEMs"
grep -q "PRIVATE" "$T_OUT" && t_fail "a private key is shown"

t_begin "key show: keys of the other types, private and public"
for key in ed25519-1:ed25519 rsa2048:rsa-2048 rsa3072:rsa-3072; do
    t_must key show "$KEYS/${key%:*}.pem" "$KEYS/${key%:*}.pub" --json
    t_json keys.0.type "${key#*:}"
    t_json keys.1.type "${key#*:}"
    t_equal "$(t_json_value "$T_OUT" keys.0.key_id)" "$(t_json_value "$T_OUT" keys.1.key_id)"
done
t_must key show "$KEYS/ed25519-1-encrypted.pem" --passphrase-file "$T_TMP/passphrase"
t_must key show "$KEYS/rsa2048-encrypted.pem" --passphrase-file "$T_TMP/passphrase"
t_must key show "$KEYS/ec-with-parameters.pem"

t_begin "key show: what is no key, or several, is refused by name"
refused=(two-keys.pem two-public-keys.pem root1-and-other-public.pem root1-certificate.pem
    p384.pem p384.pub secp256k1.pem x25519.pem ed448.pem dsa2048.pem rsa1024.pem rsa8200.pem
    rsa2048-exponent-3.pem rsa-pss.pem rsa-pss-sha512.pem openssh.pem broken.pem)
for file in "${refused[@]}"; do
    try key show "$KEYS/$file"
    error_is "key show" 3 public-key
    t_json_err error.file "$KEYS/$file"
    t_out_empty
done
try key show "$KEYS/certificate-only.p12" --passphrase-file "$T_TMP/passphrase"
error_is "key show" 3 public-key
: >empty
head -c 3000 /dev/urandom >noise
for file in empty noise /dev/null; do
    try key show "$file"
    error_is "key show" 3 public-key
done
try key show "$KEYS/root1.pem" "$KEYS/two-keys.pem"
error_is "key show" 3 public-key
t_out_empty

t_begin "key show: a directory is refused, a missing file is exit 5"
try key show "$KEYS"
error_is "key show" 3 public-key
t_err_contains directory
try key show "$KEYS/"
error_is "key show" 3 public-key
try key show no-such-key
error_is "key show" 5 not-found

t_begin "key show: a file without end, or too large for a key, is refused at once"
try key show /dev/zero
error_is "key show" 3 public-key

# patched IN OUT FROM TO: the bytes FROM of IN, in hex, are TO in OUT, wherever they stand.
patched() {
    python3 - "$@" <<'EOF_PATCH' || t_fail "cannot patch $1"
import base64, sys
name, out, old, new = sys.argv[1], sys.argv[2], *map(bytes.fromhex, sys.argv[3:])
data = open(name, "rb").read()
lines = data.splitlines()
pem = lines[0].startswith(b"-----")
der = base64.b64decode(b"".join(lines[1:-1])) if pem else data
assert old in der
der = der.replace(old, new)
open(out, "wb").write(b"\n".join([lines[0], base64.b64encode(der), lines[-1], b""]) if pem else der)
EOF_PATCH
}

# too_slow FILE: it is refused before anything is derived, with any passphrase and with none.
too_slow() {
    try key show "$1" --passphrase-file wrong
    error_is "key show" 3 public-key
    t_err_contains "2000000 times"
    t_json_err error.file "$1"
    t_err_contains "-iter 100000"
    try key show "$1"
    error_is "key show" 3 public-key
    t_must root create -o root --root-key "$KEYS/root2.pub" --targets-key "$KEYS/targets1.pub"
    try sign root --key "$1" --passphrase-file wrong -o signed
    error_is sign 4 key
    t_err_contains "2000000 times"
}

t_begin "key show: a key whose passphrase is hashed without end is refused before it is asked for"
T_SECONDS=10
echo wrong >wrong
count=020301ADB0      # 110,000, as openssl is told
many=02037FFFFF       # 8,388,607
pem=$KEYS/root1.pem
for form in PEM DER; do
    openssl pkcs8 -topk8 -in "$pem" -outform $form -out "pbkdf2.$form" -iter 110000 -passout pass:one
    openssl pkcs8 -topk8 -in "$pem" -outform $form -out "pbes1.$form" -iter 110000 -v1 PBE-SHA1-3DES \
        -passout pass:one
    openssl pkcs8 -topk8 -in "$pem" -outform $form -out "scrypt.$form" -scrypt -passout pass:one
    for kind in pbkdf2 pbes1; do
        patched $kind.$form slow $count $many
        too_slow slow
    done
    # N is 16,384, r is 8, p becomes 127.
    patched scrypt.$form slow 020240000201080201 020240000201080201
    t_must key show slow --passphrase-file <(echo one)
    patched scrypt.$form slow 02024000020108020101 0202400002010802017F
    too_slow slow
    t_must key show pbkdf2.$form --passphrase-file <(echo one)
    cat "$KEYS/root1-certificate.pem" slow >behind
    [ $form = PEM ] && too_slow behind
done

t_begin "key show: PKCS#12 with many iterations, in any part of it or in all together"
T_SECONDS=20
echo wrong >wrong
for cert in AES-256-CBC PBE-SHA1-3DES; do
    openssl pkcs12 -export -inkey "$KEYS/root1.pem" -in "$KEYS/root1-certificate.pem" -out whole.p12 \
        -iter 110000 -certpbe $cert -keypbe $cert -passout pass:one
    t_must key show whole.p12 --passphrase-file <(echo one)
    # The certificates' part, the key's bag and the MAC: one alone, then 3 of 700,000 each.
    patched whole.p12 slow $count 02030AAE60
    too_slow slow
    for part in 0 1 2; do
        python3 - whole.p12 slow $part <<'EOF_PART' || t_fail "the file has no part $part"
import sys
parts = open(sys.argv[1], "rb").read().split(bytes.fromhex("020301ADB0"))
assert len(parts) == 4
joints = [bytes.fromhex("020301ADB0")] * 3
joints[int(sys.argv[3])] = bytes.fromhex("02037FFFFF")
open(sys.argv[2], "wb").write(parts[0] + b"".join(j + p for j, p in zip(joints, parts[1:])))
EOF_PART
        too_slow slow
    done
done

t_begin "encrypted PEM with no terminal: an error at once"
T_SECONDS=10
key=$KEYS/root1-encrypted.pem
for file in root1-encrypted.pem root1-encrypted.der root1-encrypted-sec1.pem root1.p12 rsa2048-encrypted.pem; do
    try key show "$KEYS/$file"
    error_is "key show" 4 passphrase
    t_json_err error.hint "give --passphrase-file FILE or --pin-env NAME"
done
for how in closed empty other-session pipe; do
    case $how in
    closed) timeout 10 "$T_TOOL" key show "$key" <&- >out 2>err ;;
    empty) timeout 10 "$T_TOOL" key show "$key" </dev/null >out 2>err ;;
    other-session) timeout 10 setsid --wait "$T_TOOL" key show "$key" </dev/null >out 2>err ;;
    # A pipe that nobody writes to: what asks on it never ends.
    pipe)
        mkfifo silent
        exec 8<>silent
        timeout 10 "$T_TOOL" key show "$key" <&8 >out 2>err
        ;;
    esac
    t_equal $? 4 "$how"
    t_file_contains err "there is no terminal to ask on"
    t_equal "$(cat out)" '' "$how"
done
exec 8>&-
T_SECONDS=60

t_begin "wrong passphrase: exit 4, in every form"
echo wrong >wrong
for file in "${encrypted[@]}" ed25519-1-encrypted.pem rsa2048-encrypted.pem; do
    try key show "$KEYS/$file" --passphrase-file wrong
    error_is "key show" 4 passphrase
    grep -q wrong "$T_ERR" || t_fail "does not say what is wrong: $(cat "$T_ERR")"
done

t_begin "key show: the first line is the passphrase, with or without its end"
printf '%s' "$KEY_PASSPHRASE" >no-newline
printf '%s\r\n' "$KEY_PASSPHRASE" >crlf
printf '%s\nmore\n' "$KEY_PASSPHRASE" >two-lines
printf ' %s\n' "$KEY_PASSPHRASE" >space
for file in no-newline crlf two-lines; do
    t_must key show "$KEYS/root1-encrypted.pem" --passphrase-file "$file"
done
try key show "$KEYS/root1-encrypted.pem" --passphrase-file space
error_is "key show" 4 passphrase

# ---- names that look like schemes -------------------------------------------------------------------

t_begin "a name that looks like a scheme is written ./NAME or file:NAME"
cp "$KEYS/root1.pem" a:b
cp "$KEYS/root2.pem" file
cp "$KEYS/root2.pem" pkcs11:token=T
try key show a:b
error_is "key show" 4 key-scheme
t_err_contains "a path that contains a colon is written ./PATH or file:PATH"
try key show "pkcs11:token=T?module-path=/missing.so"
error_is "key show" 4 module-not-found
try key show exec:./program
error_is "key show" 4 sign
try key show file:
error_is "key show" 4 key
for uri in ./a:b file:a:b FILE:a:b "$PWD/a:b" "file:$PWD/a:b"; do
    t_must key show "$uri" --json
    t_json keys.0.key_id "$ROOT1_ID"
    t_json keys.0.uri "$uri"
done
t_must key show ./pkcs11:token=T file
mkdir deep
cp "$KEYS/root1.pem" deep/c:d
t_must key show deep/c:d

t_begin "a name is taken as it is: no percent signs, no options, no standard input"
cp "$KEYS/root1.pem" a%20b
cp "$KEYS/root1.pem" ./-key
cp "$KEYS/root1.pem" ./-
t_must key show a%20b
t_must key show -- -key
t_must key show file:-
try key show -
error_is "key show" 4 key

# ---- which key an option belongs to ------------------------------------------------------------------

t_begin "a passphrase belongs to the last key before it"
protected_pair
t_must key show a --passphrase-file one b --passphrase-file two
t_must key show a --passphrase-file=one "$KEYS/root1.pub" b --passphrase-file=two --json
t_json keys.2.uri b
try key show a --passphrase-file two b --passphrase-file one
error_is "key show" 4 passphrase
try key show a b --passphrase-file two
error_is "key show" 4 passphrase
t_err_contains "passphrase for a is needed"

t_begin "the one key's passphrase may stand anywhere, that of several may not"
t_must key show --passphrase-file "$T_TMP/passphrase" "$KEYS/root1-encrypted.pem"
try key show --passphrase-file "$T_TMP/passphrase" "$KEYS/root1-encrypted.pem" "$KEYS/root1.pub"
error_is "key show" 2 usage
t_must keygen --passphrase-file "$T_TMP/passphrase" -o key
t_file_contains key ENCRYPTED

t_begin "a passphrase is given once for a key"
for twice in "--passphrase-file a --passphrase-file b" "--pin-file a --pin-env B" \
    "--pin-env A --passphrase-file b"; do
    read -ra words <<<"$twice"
    try key show "$KEYS/root1-encrypted.pem" "${words[@]}"
    error_is "key show" 2 usage
done
try build product.yaml --dry-run --passphrase-file x --pin-env B
error_is build 2 usage
try root rotate root -o new --passphrase-file x
error_is "root rotate" 2 usage

t_begin "a descriptor's lines go to the keys in their order"
printf 'one\ntwo\n' >lines
protected_pair
"$T_TOOL" key show a --pin-file fd:5 b --pin-file fd:5 >out 2>&1 5<lines || t_fail "$(cat out)"

t_begin "--pin-env: the variable serves each key that names it"
cp "$KEYS/root1-encrypted.pem" a
cp a b
PIN=$KEY_PASSPHRASE t_run key show a --pin-env PIN
t_exit 0
PIN=$KEY_PASSPHRASE t_run key show a --pin-env PIN b --pin-env PIN
t_exit 0
PIN=$KEY_PASSPHRASE t_run key show a b --pin-env PIN
t_exit 4
t_run key show a --pin-env PIN
t_exit 4
t_err_contains "'PIN' is not set"

t_begin "--public-key: must be the key's own"
t_must key show "$KEYS/root1.pem" --public-key "$KEYS/root1.pub"
try key show "$KEYS/root1.pem" --public-key "$KEYS/root2.pub"
t_exit 3
try key show "$KEYS/root1.pem" --public-key "$KEYS/root1.pub" --public-key "$KEYS/root1.pub"
error_is "key show" 2 usage

# ---- keys that sign ---------------------------------------------------------------------------------

# Signs new root metadata with KEY.
sign_with() {
    try root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
        --sign-with "$@"
}

t_begin "private key readable by others: a warning"
cp "$KEYS/root1.pem" key
for mode in 640 604 644 666; do
    chmod $mode key
    sign_with key
    t_exit 0
    t_err_contains "warning: key: this private key can be read by others"
done
for mode in 600 400 700; do
    chmod $mode key
    sign_with key
    t_exit 0
    t_err_empty
done
shared=$(mktemp /dev/shm/swupdate-key.XXXXXX)
cp key "$shared"
chmod 644 "$shared"
sign_with "$shared"
t_exit 0
t_err_contains "warning: $shared: this private key can be read by others"
rm "$shared"
chmod 644 key
sign_with key
T_LAST+=(--json)
t_run "${T_LAST[@]}"
t_exit 0
t_json notices.0.level warning

for row in "two keys in a PEM: two-keys.pem root1-and-other-public.pem" \
    "certificate in place of a key: root1-certificate.pem"; do
    t_begin "${row%%:*}: no key to sign with, none to show"
    for file in ${row#*: }; do
        sign_with "$KEYS/$file"
        error_is "root create" 4 key
        t_json_err error.file "$KEYS/$file"
        try key show "$KEYS/$file"
        error_is "key show" 3 public-key
        t_out_empty
    done
    t_files ""
done

t_begin "what cannot sign is exit 4, and nothing is written"
for file in root1.pub root1-public.der broken.pem openssh.pem p384.pem rsa1024.pem; do
    sign_with "$KEYS/$file"
    error_is "root create" 4 key
done
sign_with .
error_is "root create" 4 key
sign_with missing.pem
error_is "root create" 5 not-found
sign_with "$KEYS/root1-encrypted.pem"
error_is "root create" 4 passphrase
sign_with "$KEYS/root1-encrypted.pem" --passphrase-file missing
error_is "root create" 4 passphrase
sign_with "pkcs11:token=T?module-path=/missing.so"
error_is "root create" 4 module-not-found
t_files ""

t_begin "every form of a private key signs"
for file in root1.pem root1.der root1-no-passphrase.p12 root1-and-certificate.pem root1-and-public.pem; do
    sign_with "$KEYS/$file"
    t_exit 0
    t_err_empty
done
for file in "${encrypted[@]}"; do
    sign_with "$KEYS/$file" --passphrase-file "$T_TMP/passphrase"
    t_exit 0
done

# ---- the terminal -------------------------------------------------------------------------------------

t_begin "two keys ask one after the other, on a terminal"
protected_pair
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "passphrase for a: " "one" \
    "passphrase for b: " "two" -- "$T_TOOL" key show a b
t_out_contains "status=0 echo=True"
t_out_contains "BEGIN PUBLIC KEY"
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "passphrase for a: " "one" \
    "passphrase for b: " "^C" -- "$T_TOOL" key show a b
t_out_contains "status=130 echo=True"
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "passphrase for a: " "^D" -- "$T_TOOL" key show a b
t_out_contains "status=4 echo=True"

t_begin "a prompt when signing, and a Ctrl-C there leaves nothing behind"
cp "$KEYS/root1-encrypted.pem" key
cp "$KEYS/root1.pub" key.pub
words=(root create -o root --root-key key.pub --targets-key "$KEYS/targets1.pub" --sign-with key)
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "passphrase for key: " "^C" -- "$T_TOOL" "${words[@]}"
t_out_contains "status=130 echo=True"
t_files "key key.pub"
t_do python3 "$T_SOURCE/tests/cli/terminal.py" "passphrase for key: " "$KEY_PASSPHRASE" -- \
    "$T_TOOL" "${words[@]}"
t_out_contains "status=0 echo=True"
t_files "key key.pub root"
