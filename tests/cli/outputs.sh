#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Output files: whole or not at all, in their place or to a pipe.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# As t_run, with standard output going to a file of the caller's.
run_to() { # FILE ARGUMENT...
    T_RAN="${*:2} >$1"
    : >"$T_OUT"
    timeout -k 5 "$T_SECONDS" "$T_TOOL" "${@:2}" </dev/null >"$1" 2>"$T_ERR"
    T_STATUS=$?
}

# ---- to a pipe -------------------------------------------------------------------------------------

t_begin "-o -: the bundle on stdout, the report on stderr"
sample_manifest
quiet build product.yaml -o b.swb
run_to piped build product.yaml -o -
t_exit 0
t_file_equal piped b.swb
t_err_contains "tar bundle, "
t_err_contains "unsigned: "
run_to piped.pb build product.yaml -o - --format pigweed
t_exit 0
quiet build product.yaml -o b.pb
t_file_equal piped.pb b.pb
"$T_TOOL" build product.yaml -o - 2>err | tar tf - >names || t_fail "$(cat err)"
t_file_contains names targets/app
t_file_absent ./-

t_begin "-o - and --json both want stdout: a usage error"
sample_manifest
quiet build product.yaml -o b.swb
sample_root root
for words in "build product.yaml" "convert b.swb" "sign b.swb --key $KEYS/targets1.pem" \
    "root create --root-key $KEYS/root1.pub --targets-key $KEYS/targets1.pub" "root rotate root"; do
    read -ra words <<<"$words"
    t_run "${words[@]}" -o - --json
    t_exit 2
    t_out_empty
    t_json_err error.code usage
done

t_begin "every command that writes a file writes to a pipe"
sample_manifest
quiet build product.yaml -o b.swb
sample_root root
run_to found convert b.swb -o - --format pigweed
t_exit 0
t_equal "$(wire count 4 <found)" 2
run_to found root rotate root -o -
t_exit 0
t_equal "$(wire get 1/1/2 <found)" 2
run_to found sign b.swb --key "$KEYS/targets1.pem" -o -
t_exit 0
t_equal "$(targets_envelope found | wire count 2)" 1
t_err_contains "signed with key"

t_begin "a reader that goes away is exit 5"
head -c 3000000 /dev/zero >app.bin
sample_manifest
head -c 3000000 /dev/zero >app.bin
{
    "$T_TOOL" build product.yaml -o - 2>err
    echo $? >status
} | head -c 1000 >/dev/null
t_equal "$(cat status)" 5
t_file_contains err "Broken pipe"

unread() { # ARGUMENT OF unread.py...
    t_do python3 "$T_SOURCE/tests/cli/unread.py" "$@"
}

t_begin "a report that nobody reads: a signal ends the program with its status, and what was made is whole"
sample_manifest
quiet build product.yaml -o expected
for signal in INT:130 TERM:143 HUP:143 QUIT:143; do
    unread "${signal%:*}" "$T_TOOL" build product.yaml -o b.swb
    t_out_contains "status=${signal#*:}"
    t_out_contains "swupdate-tool: build: standard output: "
    t_file_equal b.swb expected
    rm -f b.swb
    unread --no-block "${signal%:*}" "$T_TOOL" --version
    t_out_contains "status=${signal#*:}"
    unread --errors "${signal%:*}" "$T_TOOL" --version
    t_out_contains "status=${signal#*:}"
    unread --errors "${signal%:*}" "$T_TOOL" nonsense
    t_out_contains "status=2"
done
t_files "app.bin expected product.yaml"

t_begin "standard output that does not block: the report is whole"
"$T_TOOL" build --help >expected
{ echo status=0 && cat expected; } >whole
unread --no-block read "$T_TOOL" build --help
t_file_equal "$T_OUT" whole
unread --no-block --errors read "$T_TOOL" nonsense
t_out_contains "status=2"
t_out_contains "unknown command 'nonsense'"

t_begin "output is the input, a hard link of it, a symlink, a directory, /dev/full, a pipe: a pipe and /dev/stdout are written to, not replaced"
sample_manifest
quiet build product.yaml -o b.swb
mkfifo pipe
timeout 20 cat pipe >found &
t_must build product.yaml -o pipe --format tar
wait
t_file_equal found b.swb
[ -p pipe ] || t_fail "the pipe was replaced"
quiet build product.yaml -o /dev/null --format tar
[ -c /dev/null ] || t_fail "/dev/null was replaced"
"$T_TOOL" build product.yaml -o /dev/stdout --format tar -q 2>err | tar tf - >names || t_fail "$(cat err)"

t_begin "standard output by another name: the report goes to stderr, and nothing that is there is lost"
sample_manifest
sample_root root
quiet build product.yaml -o built --root root --format tar
quiet sign built -o signed --key "$KEYS/targets1.pem"
ln -s /dev/stdout link
# arrives EXPECTED NAME COMMAND...: on standard output, and nothing else does.
arrives() {
    "$T_TOOL" "${@:3}" -o "$2" >found 2>err || t_fail "$2: ${*:3}: $(cat err)"
    t_file_equal found "$1"
    t_file_contains err "$2: "
    echo before >log
    "$T_TOOL" "${@:3}" -o "$2" >>log 2>err || t_fail "$2: ${*:3}: $(cat err)"
    t_equal "$(head -n 1 log)" before
    tail -c +8 log >found
    t_file_equal found "$1"
    t_run "${@:3}" -o "$2" --json
    t_exit 2
    t_err_contains "standard output"
}
for name in /dev/stdout /dev/fd/1 /proc/self/fd/1 link; do
    arrives built "$name" build product.yaml --root root --format tar
    arrives signed "$name" convert signed --format tar
    arrives signed "$name" sign signed --key "$KEYS/targets1.pem"
    "$T_TOOL" build product.yaml -o "$name" --depfile d >found 2>err
    t_equal $? 2 "a depfile of $name"
done

t_begin "a file that is read is not written to through a descriptor: exit 2, nothing lost"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root
quiet build product.yaml -o same --root root
for command in "convert same" "sign same --key $KEYS/targets1.pem"; do
    for output in - /dev/stdout; do
        # shellcheck disable=SC2086
        "$T_TOOL" $command -o $output >>same 2>err
        t_equal $? 2 "$command -o $output"
        t_file_contains err "which cannot be read and written at once"
        t_file_equal same b.swb
    done
    # shellcheck disable=SC2086
    "$T_TOOL" $command -o /dev/fd/3 3<>same 2>err
    t_equal $? 2 "$command -o /dev/fd/3"
    t_file_equal same b.swb
done
# shellcheck disable=SC2094 # which is the fault that is looked for
"$T_TOOL" convert - -o - <same >>same 2>err
t_equal $? 2 "from and to one file"
t_file_equal same b.swb
cp product.yaml before
# shellcheck disable=SC2094
"$T_TOOL" build product.yaml -o - >>product.yaml 2>err
t_equal $? 2 "the manifest"
t_file_contains err "would replace the manifest"
t_file_equal product.yaml before

# ---- files in their place ----------------------------------------------------------------------------

t_begin "mode: 0666 less the umask, and that of the file that is replaced"
sample_manifest
for mask in 022 077 027 000; do
    (umask $mask && "$T_TOOL" build product.yaml -o "b$mask" --format tar >/dev/null) || t_fail "umask $mask"
    t_equal "$(printf %o $((0666 & ~8#$mask)))" "$(stat -c %a "b$mask")" "umask $mask"
done
for mode in 600 644 664 755; do
    chmod $mode b000
    (umask 077 && "$T_TOOL" build product.yaml -o b000 --format tar >/dev/null) || t_fail "mode $mode"
    t_mode b000 $mode
done

t_begin "output is the input, a hard link of it, a symlink, a directory, /dev/full, a pipe: a symlink's target is replaced, dangling or not"
sample_manifest
mkdir elsewhere
echo old >elsewhere/old
ln -s elsewhere/old link
ln -s elsewhere/new dangling
ln -s dangling twice
ln -s nowhere/new lost
ln -s loop loop
quiet build product.yaml -o b.swb
t_must build product.yaml -o link --format tar
t_must build product.yaml -o twice --format tar
t_equal "$(find . -maxdepth 1 -type l | sort | tr '\n' ' ')" "./dangling ./link ./loop ./lost ./twice "
t_file_equal elsewhere/old b.swb
t_file_equal elsewhere/new b.swb
try build product.yaml -o lost --format tar
error_is build 5 not-found
try build product.yaml -o loop --format tar
error_is build 5 io
t_equal "$(ls -A elsewhere)" "new
old"

t_begin "output is the input, a hard link of it, a symlink, a directory, /dev/full, a pipe: the input, by its name, a hard link or a symlink"
sample_manifest
quiet build product.yaml -o a.swb
ln a.swb hard
ln -s a.swb soft
cp a.swb before
quiet convert a.swb -o a.swb --format pigweed
t_file_equal hard before
quiet convert soft -o a.swb --format tar
t_file_equal a.swb before
quiet convert hard -o hard --format pigweed
t_file_equal a.swb before
t_equal "$(wire count 4 <hard)" 2

t_begin "output is the input, a hard link of it, a symlink, a directory, /dev/full, a pipe: another input, a key above all, is refused: exit 2, nothing lost"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb
cp "$KEYS/targets1.pem" key.pem
chmod 600 key.pem
ln key.pem hard
cp key.pem key.before
cp app.bin app.before
cp product.yaml product.before
cp root root.before
refused() { # ARGS...: usage, naming what would be lost
    t_run "$@"
    t_exit 2
    t_err_contains "would replace"
}
refused build product.yaml -o app.bin --format tar
refused build product.yaml -o product.yaml --format tar
refused build product.yaml --root root -o root --format tar
refused build product.yaml --key key.pem -o key.pem --format tar
refused build product.yaml --key file:key.pem -o hard --format tar
refused sign b.swb --key key.pem -o key.pem
refused sign b.swb --key key.pem --root root -o root
refused convert b.swb --root root -o root
refused root create -o key.pem --root-key key.pem --targets-key "$KEYS/targets2.pub"
refused root rotate root -o key.pem --sign-with key.pem
refused sign b.swb --key FILE:key.pem -o key.pem
cp "$KEYS/targets1.pub" key.pub
refused sign b.swb --key key.pem --public-key key.pub -o key.pub
echo pin >pin
cp pin pin.before
refused sign b.swb --key "pkcs11:token=t;object=o?pin-source=$PWD/pin" -o pin
refused sign b.swb --key "pkcs11:token=t;object=o?pin-source=file:$PWD/pin" -o pin
t_file_equal pin pin.before
t_file_equal key.pub "$KEYS/targets1.pub"
t_file_equal key.pem key.before
t_file_equal app.bin app.before
t_file_equal product.yaml product.before
t_file_equal root root.before

t_begin "a private key that is not named otherwise is no output either: exit 5, nothing lost"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb
for key in "$KEYS/targets1.pem" "$KEYS"/*encrypted*.pem; do
    cp "$key" key.pem
    ln -sf key.pem link
    for output in key.pem link; do
        for command in "root create --root-key $KEYS/root1.pub --targets-key $KEYS/targets1.pub" "build product.yaml" \
            "convert b.swb" "sign b.swb --key $KEYS/targets1.pem"; do
            # shellcheck disable=SC2086 # words
            t_run $command -o "$output"
            t_exit 5
            t_err_contains "$output: is a private key, which nothing may take the place of"
            t_err_contains "hint: name another file, or remove this one first"
        done
    done
    t_run sign b.swb --root root --export key.pem
    t_exit 5
    t_file_equal key.pem "$key"
done
# What is no text, and what holds no key, is replaced as ever.
printf 'PRIVATE KEY-----\0' >words
t_must convert b.swb -o words
printf 'no key' >words
t_must convert b.swb -o words

t_begin "output is the input, a hard link of it, a symlink, a directory, /dev/full, a pipe: a directory, no folder, no name, a file as a folder: exit 5"
sample_manifest
mkdir folder
for output in folder folder/ . / ./folder/.; do
    try build product.yaml -o $output --format tar
    error_is build 5 io
done
try build product.yaml -o nowhere/b.swb
error_is build 5 not-found
try build product.yaml -o new/
t_exit 5
try build product.yaml -o app.bin/b.swb
error_is build 5 io
t_run build product.yaml -o ''
t_exit 2
t_err_contains "--output: the name is empty"
try build product.yaml -o "$(head -c 300 /dev/zero | tr '\0' x)"
error_is build 5 io
t_files "app.bin folder product.yaml"

t_begin "a folder that may not be written to keeps the old file"
sample_manifest
mkdir closed
echo old >closed/b.swb
chmod 555 closed
cp "$T_TOOL" tool
# Root may write everywhere, so root runs it as somebody who may read the folder only.
somebody=()
if [ "$(id -u)" -eq 0 ]; then
    chmod 755 "$T_TMP" .
    somebody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
t_do ${somebody[@]+"${somebody[@]}"} ./tool build product.yaml -o closed/b.swb
t_exit 5
t_err_contains "swupdate-tool: build: closed"
t_equal "$(cat closed/b.swb)" old

t_begin "a failure leaves the old file, and nothing beside it"
sample_manifest
echo old >b.swb
sed 's/app.bin/missing.bin/' product.yaml >bad.yaml
try build bad.yaml -o b.swb
error_is build 5 not-found
try build product.yaml -o b.swb --key "$KEYS/broken.pem"
error_is build 4 key
t_equal "$(cat b.swb)" old
t_files "app.bin b.swb bad.yaml product.yaml"

# ---- full disks --------------------------------------------------------------------------------------

t_begin "output is the input, a hard link of it, a symlink, a directory, /dev/full, a pipe: /dev/full: exit 5, whatever is written to it"
sample_manifest
quiet build product.yaml -o b.swb
sample_root root
try build product.yaml -o /dev/full --format tar
error_is build 5 no-space
try convert b.swb -o /dev/full --format tar
error_is convert 5 no-space
try sign b.swb --key "$KEYS/targets1.pem" -o /dev/full
error_is sign 5 no-space
try root rotate root -o /dev/full
error_is "root rotate" 5 no-space
run_to /dev/full build product.yaml -o -
t_exit 5
t_err_contains "standard output: cannot write: No space left on device"

t_begin "a report that does not arrive is exit 5, whatever it says"
sample_manifest
quiet build product.yaml -o b.swb
sample_root root
for words in --help --version "build --help" "dump b.swb" "dump root --json" "verify b.swb --self" \
    "verify b.swb --root root" "verify app.bin --root root" "key show $KEYS/root1.pub" \
    "build product.yaml -o c.swb" "build product.yaml --dry-run --json" "convert b.swb -o c.pb" \
    "sign b.swb --key $KEYS/targets1.pem -o c.swb" "root rotate root -o c" "extract b.swb --no-verify -C out"; do
    read -ra words <<<"$words"
    run_to /dev/full "${words[@]}"
    t_exit 5
    t_err_contains "standard output: cannot write: No space left on device"
done

t_begin "stdout, stderr or stdin that is closed never becomes a file of the program's"
sample_manifest
quiet build product.yaml -o expected
for how in in out err in-out out-err all; do
    case $how in
    in) "$T_TOOL" build product.yaml -o b --format tar <&- >/dev/null 2>&1 ;;
    out) "$T_TOOL" build product.yaml -o b --format tar </dev/null >&- 2>/dev/null ;;
    err) "$T_TOOL" build product.yaml -o b --format tar </dev/null >/dev/null 2>&- ;;
    in-out) "$T_TOOL" build product.yaml -o b --format tar <&- >&- 2>/dev/null ;;
    out-err) "$T_TOOL" build product.yaml -o b --format tar </dev/null >&- 2>&- ;;
    all) "$T_TOOL" build product.yaml -o b --format tar <&- >&- 2>&- ;;
    esac
    status=$?
    # Who closes stdout wants no report.
    t_equal $status 0 $how
    t_file_equal b expected
    rm -f b
done
"$T_TOOL" build product.yaml -o - >&- 2>err
t_equal $? 5 "-o - with stdout closed"
t_file_absent ./-
"$T_TOOL" dump - <&- >out 2>err
t_equal $? 3 "- with stdin closed"

t_begin "a file system that fills up: exit 5, the old file stays, nothing beside it"
# In a mount namespace of its own; a user namespace besides where that takes rights.
cat >fill.sh <<'SCRIPT'
mount -t tmpfs -o size=64k none small || exit 99
echo old >small/b.swb
head -c 100000 /dev/zero >app.bin
for words in "build product.yaml" "build image.yaml" "convert large.swb --format tar" "sign large.swb --key $KEYS/targets1.pem"; do
    "$T_TOOL" $words -o small/b.swb 2>err
    [ $? -eq 5 ] && grep -q "No space left on device" err || { echo "$words: $(cat err)"; exit 1; }
    [ "$(ls -A small)" = b.swb ] && [ "$(cat small/b.swb)" = old ] || { ls -lA small; exit 1; }
done
"$T_TOOL" extract large.swb --no-verify -C small/out 2>err
[ $? -eq 5 ] && [ "$(ls -A small)" = b.swb ] || { echo "extract: $(cat err)"; ls -lA small; exit 1; }
SCRIPT
sample_manifest
head -c 100000 /dev/zero >app.bin
quiet build product.yaml -o large.swb
truncate -s 12M image.bin
sed 's/app.bin/image.bin/' product.yaml >image.yaml
mkdir small
export KEYS
own=(unshare --mount)
[ "$(id -u)" -eq 0 ] || own=(unshare --user --map-root-user --mount)
"${own[@]}" bash fill.sh >out 2>&1
case $? in
0) ;;
99) t_skip "no tmpfs can be mounted here" ;;
*)
    if "${own[@]}" true 2>/dev/null; then
        t_fail "$(cat out)"
    else
        t_skip "no namespace can be made here"
    fi
    ;;
esac

t_begin "a limit on the size of files: exit 5, the old file stays"
sample_manifest
head -c 100000 /dev/zero >app.bin
echo old >b.swb
(ulimit -f 16 && "$T_TOOL" build product.yaml -o b.swb >out 2>err)
t_equal $? 5 "ulimit -f"
t_file_contains err "File too large"
t_equal "$(cat b.swb)" old
t_files "app.bin b.swb err out product.yaml"

# ---- two at once -------------------------------------------------------------------------------------

t_begin "two processes write one output: one of the two results, whole"
sample_manifest
sed 's/42/43/' product.yaml >other.yaml
quiet build product.yaml -o a.swb
quiet build other.yaml -o b.swb
for _ in $(seq 10); do
    "$T_TOOL" build product.yaml -o c.swb >out1 2>&1 &
    first=$!
    "$T_TOOL" build other.yaml -o c.swb >out2 2>&1 &
    second=$!
    wait $first || t_fail "first: $(cat out1)"
    wait $second || t_fail "second: $(cat out2)"
    cmp -s c.swb a.swb || cmp -s c.swb b.swb || t_fail "c.swb is neither of the two"
done
t_files "a.swb app.bin b.swb c.swb other.yaml out1 out2 product.yaml"

t_begin "two processes write one output, a key: one pair, that belongs together"
for _ in $(seq 10); do
    rm -f key key.pub
    "$T_TOOL" keygen -o key >out1 2>&1 &
    first=$!
    "$T_TOOL" keygen -o key >out2 2>&1 &
    second=$!
    wait $first
    one=$?
    wait $second
    two=$?
    case "$one $two" in
    "0 5" | "5 0") ;;
    *) t_fail "exits $one and $two" ;;
    esac
    t_equal "$(openssl pkey -in key -pubout)" "$(cat key.pub)" "the pair"
done
t_files "key key.pub out1 out2"
