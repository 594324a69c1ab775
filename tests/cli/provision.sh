#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# provision: what a device is given at the factory, in each form, and the roots that it must not be given.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/devices.bash"

# ---- a device directory ------------------------------------------------------------------------

t_begin "a device directory: the root, no floor, nothing installed"
sample_root root --expires 2040-01-01
t_run provision --root root --format device-dir -o dev
t_exit 0
t_err_empty
t_out_contains "dev: device directory"
t_out_contains "root      version 1, expires 2040-01-01T23:59:59Z"
t_out_contains "  + $(key_id "$KEYS/root1.pub")"
t_out_contains "floor none: any targets version"
t_file_equal dev/current/root_metadata root
t_equal "$(od -An -c dev/current/floor | tr -d ' ')" 'none\n'
state_is_clean dev
t_equal "$(ls -A dev/current)" $'floor\nroot_metadata'
t_equal "$(ls -A)" $'dev\nroot'
t_run provision --root root --format device-dir -o other/ --json
t_exit 0
t_json file other/
t_json format device-dir
t_json floor null
t_json root.version 1
t_json root.sha256 "$(wire get 1 <root | sha256sum | cut -d ' ' -f 1)"
t_json root.quorum.met true
t_file_equal other/current/root_metadata root

t_begin "with a factory image: the same state that apply leaves on a fresh device"
sample_root root
sample_release 42 b.swb --root root
sample_device dev
quiet apply b.swb --device dev
t_run provision --root root --bundle b.swb --format device-dir -o factory
t_exit 0
t_out_contains "pass     targets-quorum"
t_out_contains "accept: b.swb"
t_out_contains "installed app (9.8 KiB)"
t_out_contains "floor 42"
state_of dev >applied
state_of factory >provisioned
t_file_equal provisioned applied
state_is_clean factory
t_run provision --root root --bundle b.swb --format device-dir -o again --json
t_exit 0
t_json verdict accept
t_json bundle b.swb
t_json file again
t_json floor 42
t_json targets.1.name app
t_json targets.1.from bundle

t_begin "a factory image that rotates the root leaves its root"
sample_root root
quiet root rotate root -o root.2 --sign-with "$KEYS/root1.pem" --targets-key "$KEYS/targets2.pub"
sample_release 7 b.pb --root root.2 --key "$KEYS/targets2.pem" --profile generic
t_must provision --root root --bundle b.pb --format device-dir -o dev
t_out_contains "root      version 2"
t_file_equal dev/current/root_metadata root.2
floor_is dev 7

t_begin "a factory image that is rejected: a report, and nothing written"
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets2.pub" \
    --sign-with "$KEYS/root1.pem"
sample_release 42 b.swb
listing . >"$T_TMP/before"
for format in device-dir c-header; do
    t_run provision --root root --bundle b.swb --format $format -o out
    t_exit 1
    t_err_empty
    t_out_contains "fail     targets-quorum"
    t_out_contains "reject: b.swb fails at targets-quorum"
    t_out_lacks installed
    t_run provision --root root --bundle b.swb --format $format -o out --json
    t_exit 1
    t_json verdict reject
    t_json failed_step targets-quorum
    t_out_lacks '"file"'
done
listing . >"$T_TMP/after"
t_file_equal "$T_TMP/after" "$T_TMP/before"

t_begin "an empty folder is taken, anything else in the place is not replaced"
sample_root root
mkdir empty full link.to
echo x >full/file
echo x >file
ln -s link.to link
ln -s nowhere dangling
t_must provision --root root --format device-dir -o empty
t_file_equal empty/current/root_metadata root
for place in full file link dangling empty .; do
    listing . >"$T_TMP/before"
    try provision --root root --format device-dir -o $place
    case $place in
    .) t_exit 5 ;;
    *) error_is provision 5 exists ;;
    esac
    listing . >"$T_TMP/after"
    t_file_equal "$T_TMP/after" "$T_TMP/before"
done
t_file_contains full/file x
t_equal "$(readlink link)" link.to
t_equal "$(ls -A link.to)" ''
try provision --root root --format device-dir -o no/where
error_is provision 5 not-found

# ---- the bytes, and the header -----------------------------------------------------------------

t_begin "raw: the signed root metadata in its one encoding"
sample_root root
sample_release 42 b.swb --root root
t_must provision --root root --format raw -o raw
t_out_contains "raw: root metadata"
t_out_lacks floor
t_file_equal raw root
t_must provision --root b.swb --format raw -o raw
t_file_equal raw root
t_run provision --root root --format raw -o -
t_exit 0
t_file_equal "$T_OUT" root
t_err_contains "root metadata"
# Signatures in front of the metadata mean the same.
wire get 1 <root >metadata
python3 - <<'PYTHON'
data = open("root", "rb").read()
size = len(open("metadata", "rb").read())
head = data[: data.index(open("metadata", "rb").read()) + size]
open("turned", "wb").write(data[len(head) :] + head)
PYTHON
t_file_differs turned root
t_must provision --root turned --format raw -o raw
t_file_equal raw root

# A program that writes what the header holds: sizes and version on standard output, arrays to files.
cat >"$T_TMP/read.c" <<'C'
#include HEADER
#include <stdio.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

int main(void) {
    FILE *file = fopen("read.anchor", "wb");
    if (file == NULL || fwrite(NAME, 1, sizeof NAME, file) != sizeof NAME || fclose(file) != 0)
        return 1;
    printf("%lu %lu %lu\n", (unsigned long)JOIN(NAME, _size), (unsigned long)sizeof NAME,
           (unsigned long)JOIN(NAME, _root_version));
#ifdef MANIFEST
    file = fopen("read.manifest", "wb");
    if (file == NULL || fwrite(JOIN(NAME, _device_manifest), 1, JOIN(NAME, _device_manifest_size), file) == 0 ||
        fclose(file) != 0)
        return 1;
#endif
    return 0;
}
C
# Includes both headers and uses nothing.
printf '#include "a.h"\n#include "b.h"\n#include "a.h"\nint main(void) { return 0; }\n' >"$T_TMP/unused.c"
WARNINGS="-Wall -Wextra -Wpedantic -Wunused -Wunused-const-variable -Wshadow -Wconversion -Werror"

compilers() {
    printf '%s\n' "gcc -std=c99" "gcc -std=c17" "g++ -x c++ -std=c++11" "g++ -x c++ -std=c++20" \
        "clang -std=c99" "clang++ -x c++ -std=c++11"
}

t_begin "c-header: compiles as C and as C++ without a warning, and reads back"
sample_root root --version 4000000000 --targets-key "$KEYS/ed25519-1.pub"
sample_release 42 b.swb --root root
t_must provision --root root --format c-header -o a.h --bundle b.swb
t_out_contains "a.h: C header"
t_out_contains "recorded app (9.8 KiB)"
t_must provision --root root --format c-header -o b.h --name boot_anchor2
sample_device dev
quiet apply b.swb --device dev
tried=0
while read -r compiler; do
    command -v "${compiler%% *}" >/dev/null || continue
    tried=$((tried + 1))
    # shellcheck disable=SC2086 # words
    t_do $compiler $WARNINGS -I. -DHEADER='"a.h"' -DNAME=trust_anchor -DMANIFEST "$T_TMP/read.c" -o read
    t_exit 0
    t_do ./read
    t_exit 0
    t_out_is "$(stat -c '%s %s' root) 4000000000"
    t_file_equal read.anchor root
    t_file_equal read.manifest dev/current/manifest
    # shellcheck disable=SC2086
    t_do $compiler $WARNINGS -I. "$T_TMP/unused.c" -o unused
    t_exit 0
    # shellcheck disable=SC2086
    t_do $compiler $WARNINGS -I. -DHEADER='"b.h"' -DNAME=boot_anchor2 "$T_TMP/read.c" -o read
    t_exit 0
    t_do ./read
    t_file_equal read.anchor root
done < <(compilers)
[ "$tried" -ge 2 ] || t_skip "no C and C++ compiler"

t_begin "c-header: what it says of the root, and the same each time"
sample_root root --expires 2040-01-01 --targets-key "$KEYS/ed25519-1.pub"
t_must provision --root root --format c-header -o a.h
for text in "version: 1" "expires: 2040-01-01T23:59:59Z" "root: 1 of 1 key" "targets: 1 of 2 keys" \
    "sha256:  $(wire get 1 <root | sha256sum | cut -d ' ' -f 1)" \
    "$(key_id "$KEYS/root1.pub") ecdsa-p256" "$(key_id "$KEYS/ed25519-1.pub") ed25519" \
    "made by" "static const uint8_t trust_anchor[] = {" "trust_anchor_size" "trust_anchor_root_version"; do
    t_file_contains a.h "$text"
done
t_run provision --root root --format c-header -o -
t_exit 0
t_file_equal "$T_OUT" a.h

t_begin "c-header: names that can't be declared are refused"
sample_root root
for name in '' 1a a-b 'a b' 'a;b' ünder _a __a a__b size_t int class and constexpr restrict co_await true \
    a_ NULL SIZE_MAX main linux \
    'x[1]' 'a/*' $'a\nb'; do
    try provision --root root --format c-header -o a.h --name "$name"
    t_err_contains "expected a C identifier"
    error_is provision 2 usage
done
t_file_absent a.h
for name in a A x1 Trust_Anchor class_1 MAX; do
    t_must provision --root root --format c-header -o a.h --name "$name"
    t_file_contains a.h " ${name}[] = {"
done

t_begin "what does not go together"
sample_root root
sample_release 42 b.swb
ln -s root root.link
listing . >"$T_TMP/before"
for words in "--format raw --bundle b.swb -o out" "--format raw --name x -o out" "--format device-dir --name x -o out" \
    "--format device-dir -o -" "--format raw -o root.link" "--format c-header --bundle b.swb -o b.swb" \
    "--format tar -o out" "-o out" "--format raw"; do
    # shellcheck disable=SC2086 # words
    try provision --root root $words
    error_is provision 2 usage
done
try provision --format raw -o out
error_is provision 2 usage
t_run provision --root root --format c-header -o - --json
t_exit 2
listing . >"$T_TMP/after"
t_file_equal "$T_TMP/after" "$T_TMP/before"

t_begin "an output that exists is replaced, as with every command but for a directory"
sample_root root
echo old >raw
chmod 640 raw
t_must provision --root root --format raw -o raw
t_file_equal raw root
t_mode raw 640

# ---- the roots that no device should be given --------------------------------------------------

refused() { # ROOT TEXT
    local format
    for format in device-dir raw c-header; do
        try provision --root "$1" --format $format -o out
        t_err_contains "$2"
        error_is provision 1 anchor-refused
        t_file_absent out
    done
}

t_begin "a root that its own quorum did not sign"
sample_root root --root-key "$KEYS/root2.pub" --root-threshold 2
refused root "root: signed by 1 of its own root keys, expected 2"
quiet root create -o unsigned --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
refused unsigned "signed by 0 of its own root keys, expected 1"

t_begin "a root inside of a bundle that its own quorum did not sign: the hint names what signs it"
quiet root create -o unsigned --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
sample_release 42 b.swb --root unsigned
refused b.swb "signed by 0 of its own root keys, expected 1"
t_run provision --root b.swb --format raw -o out
hint=$(sed -n 's/^hint: swupdate-tool \(.*\) adds a signature$/\1/p' "$T_ERR")
t_equal "$hint" "sign b.swb --role root --key KEY"
read -ra words <<<"${hint/KEY/$KEYS\/root1.pem}"
t_must "${words[@]}"
t_must provision --root b.swb --format raw -o out

t_begin "a root that has expired"
SOURCE_DATE_EPOCH=1000000000 quiet root create -o root --expires 2001-10-01 --root-key "$KEYS/root1.pub" \
    --targets-key "$KEYS/targets1.pub" --sign-with "$KEYS/root1.pem"
refused root "root: expired 2001-10-01T23:59:59Z"
t_run provision --root root --format raw -o out
hint=$(sed -n 's/^hint: swupdate-tool \(.*\) makes its successor$/\1/p' "$T_ERR")
t_equal "$hint" "root rotate root --expires T -o NEW"
hint=${hint/ T / 1y }
read -ra words <<<"${hint/NEW/new}"
t_must "${words[@]}" --sign-with "$KEYS/root1.pem"
t_must provision --root new --format raw -o out
rm out
SOURCE_DATE_EPOCH=1000000000 "$T_TOOL" provision --root root --format raw -o out 2>/dev/null
t_equal $? 1 "the time is now, whatever SOURCE_DATE_EPOCH says"

t_begin "a root that breaks a rule"
sample_root root
# A threshold of two with one key: the requirement of the root role is field 4.
python3 - <<'PYTHON'
data = open("root", "rb").read()
at = data.index(b"\x10\x01\x3a")
open("broken", "wb").write(data[:at] + b"\x10\x02\x3a" + data[at + 3 :])
PYTHON
refused broken "broken: "

t_begin "a file that is no root metadata is bad input"
sample_root root
sample_release 42 b.swb
echo text >text
: >empty
head -c 100 root >half
for file in text empty half; do
    t_run provision --root $file --format raw -o out
    t_exit 3
done
try provision --root b.swb --format raw -o out
error_is provision 3 file-kind
try provision --root none --format raw -o out
error_is provision 5 not-found
printf '\x78\x01' >unknown
cat root >>unknown
try provision --root unknown --format raw -o out
t_exit 3
t_file_absent out

t_begin "a root with signed fields that are not known: a warning"
sample_root root
wire get 1 <root >metadata
printf '\xc8\x04\x01' >>metadata
python3 - <<'PYTHON'
metadata = open("metadata", "rb").read()
size = len(metadata)
open("unsigned", "wb").write(bytes([10, size & 127 | 128, size >> 7]) + metadata)
PYTHON
quiet sign unsigned --key "$KEYS/root1.pem" -o signed
t_run provision --root signed --format raw -o raw
t_exit 0
t_err_contains "warning: signed: 1 signed field is not known here"
t_file_equal raw signed

t_begin "a factory image as its own anchor: a warning"
sample_root root
sample_release 42 b.swb --root root
t_run provision --root b.swb --bundle b.swb --format device-dir -o dev
t_exit 0
t_err_contains "warning: the factory image is judged by its own root"
floor_is dev 42
