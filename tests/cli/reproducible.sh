#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same inputs give the same bytes: in any folder, locale, time zone and umask, whatever the files'
# times, modes and order on the disk.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# The sources of a product, made in the order of the arguments.
sources() {
    local file
    for file in "$@"; do
        seq -f "$file %.0f" 3000 >"$file.bin"
    done
    {
        printf '%s\n' 'schema: 1' 'product: {name: widget, compatible: [b, a]}' \
            'release: {version: "1.0", metadata_version: 3, expires: 2040-01-01}' 'targets:'
        for file in kernel boot app data; do
            echo "  - {file: $file.bin, meta: {z: 1, a: 2}}"
        done
        echo 'meta: {zulu: "\u00e9", alpha: [2, 1]}'
    } >product.yaml
}

# Builds in the folder that it is called in; what the environment is, the caller says.
build_all() {
    local format
    for format in tar pigweed; do
        "$T_TOOL" build product.yaml -o unsigned.$format --format $format --root "$T_TMP/root" &&
            "$T_TOOL" build product.yaml -o signed.$format --format $format --root "$T_TMP/root" \
                --key "$KEYS/ed25519-1.pem" --key "$KEYS/ed25519-2.pem" &&
            cp unsigned.$format later.$format &&
            "$T_TOOL" sign later.$format --key "$KEYS/ed25519-1.pem" --key "$KEYS/ed25519-2.pem" || return 1
    done
} >build.log 2>&1

same_as_first() {
    local file
    for file in unsigned.tar signed.tar later.tar unsigned.pigweed signed.pigweed later.pigweed; do
        t_file_equal "$file" "$T_TMP/first/$file"
    done
}

quiet root create -o "$T_TMP/root" --root-key "$KEYS/root1.pub" --targets-key "$KEYS/ed25519-1.pub" \
    --targets-key "$KEYS/ed25519-2.pub" --targets-threshold 2 --sign-with "$KEYS/root1.pem"
mkdir "$T_TMP/first"
cd "$T_TMP/first" || exit 99

t_begin "the first build, which all others are compared with"
cd "$T_TMP/first" || exit 99
sources kernel boot app data
(build_all) || t_fail "$(cat build.log)"
t_run verify signed.tar --root "$T_TMP/root"
t_exit 0
t_run verify signed.pigweed --root "$T_TMP/root"
t_exit 0
t_file_equal signed.tar later.tar
t_file_equal signed.pigweed later.pigweed
t_file_differs signed.tar unsigned.tar

t_begin "again, in the same folder"
cp "$T_TMP"/first/*.bin "$T_TMP/first/product.yaml" .
for _ in 1 2 3; do
    (build_all) || t_fail "$(cat build.log)"
    same_as_first
done

t_begin "locale, TZ, umask, inode order, mtime: in another folder, with other times, modes and order on the disk"
mkdir -p "deep/a b/c"
cd "deep/a b/c" || exit 99
sources data app kernel boot
touch -d 2001-02-03 ./*.bin
touch -d 2035-02-03 app.bin product.yaml
chmod 600 boot.bin
chmod 755 data.bin
(build_all) || t_fail "$(cat build.log)"
same_as_first

t_begin "locale, TZ, umask, inode order, mtime: with another user's environment"
sources kernel boot app data
for language in C POSIX C.UTF-8 de_DE.UTF-8 tr_TR.UTF-8 nonsense; do
    (LC_ALL=$language LANG=$language LANGUAGE=$language TZ=Pacific/Kiritimati && export LC_ALL LANG LANGUAGE TZ &&
        umask 077 && build_all) 2>/dev/null || t_fail "$language: $(cat build.log)"
    same_as_first
done
(umask 000 && TZ=America/St_Johns HOME=/ USER=somebody build_all) || t_fail "$(cat build.log)"
same_as_first
(env -i PATH="$PATH" T_TOOL="$T_TOOL" "$T_TOOL" build product.yaml -o unsigned.tar --format tar --root "$T_TMP/root") >/dev/null || t_fail "env -i"
same_as_first

t_begin "at another time"
sources kernel boot app data
for time in 0 86400 4102444799; do
    (SOURCE_DATE_EPOCH=$time && export SOURCE_DATE_EPOCH && build_all) || t_fail "$time: $(cat build.log)"
    same_as_first
done

t_begin "from links, and with absolute paths"
sources kernel boot app data
mkdir real
mv ./*.bin real
for file in kernel boot app data; do
    ln -s "real/$file.bin" "$file.bin"
done
(build_all) || t_fail "$(cat build.log)"
same_as_first
rm ./*.bin
sed -i "s|file: \([a-z]*\).bin|name: \1.bin, file: $PWD/real/\1.bin|" product.yaml
(build_all) || t_fail "$(cat build.log)"
same_as_first

t_begin "to a pipe, over a file, through a link"
sources kernel boot app data
build_to() { # OUTPUT
    "$T_TOOL" build product.yaml --format tar --root "$T_TMP/root" -o "$1" 2>build.log
}
build_to - | cat >piped
t_file_equal piped "$T_TMP/first/unsigned.tar"
echo old >over
build_to over >/dev/null || t_fail "$(cat build.log)"
t_file_equal over "$T_TMP/first/unsigned.tar"
ln -s target link
build_to link >/dev/null || t_fail "$(cat build.log)"
t_file_equal target "$T_TMP/first/unsigned.tar"

t_begin "from one container to the other and back"
cd "$T_TMP/first" || exit 99
quiet convert signed.tar -o there.pb
quiet convert there.pb -o back.swb
t_file_equal there.pb signed.pigweed
t_file_equal back.swb signed.tar

t_begin "ECDSA: the signed bytes are the same, only signatures differ"
sample_manifest
for i in 1 2; do
    quiet build product.yaml -o b$i.swb --key "$KEYS/targets1.pem"
    targets_envelope b$i.swb | wire get 1 >metadata$i
done
t_file_equal metadata1 metadata2
t_equal "$(stat -c %s b1.swb)" "$(stat -c %s b2.swb)"
