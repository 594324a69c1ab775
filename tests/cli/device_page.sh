#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What swupdate-device(7) says of sizes, the floor, rotations over years and recovery, on a device
# directory that is written by hand as the page describes it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

quiet keygen -o "$KEYS/root4.pem"
quiet keygen -o "$KEYS/root5.pem"
quiet keygen -o "$KEYS/root6.pem"
quiet keygen -o "$KEYS/targets4.pem"
quiet keygen -o "$KEYS/targets5.pem"
PAGE=$T_SOURCE/man/swupdate-device.7

# root FILE VERSION ROOT-KEYS TARGETS-KEYS [OPTION...]: thresholds of 2 where there are several keys;
# ROOT-KEYS and TARGETS-KEYS as "1 2 3".
root() {
    local file=$1 version=$2 number keys=()
    for number in $3; do keys+=(--root-key "$KEYS/root$number.pem"); done
    for number in $4; do keys+=(--targets-key "$KEYS/targets$number.pem"); done
    case $3 in *' '*) keys+=(--root-threshold 2) ;; esac
    case $4 in *' '*) keys+=(--targets-threshold 2) ;; esac
    quiet root create -o "$file" --version "$version" "${keys[@]}" "${@:5}"
}

# root_signed FILE OLD ROOT-KEYS: signatures of keys that FILE or OLD lists.
root_signed() {
    local number
    for number in $3; do quiet sign "$1" --root "$2" --key "$KEYS/root$number.pem"; done
}

# device DIR ROOT FLOOR
device() {
    mkdir -p "$1/first"
    cp "$2" "$1/first/root_metadata"
    printf '%s\n' "$3" >"$1/first/floor"
    ln -s first "$1/current"
}

# release FILE VERSION ROOT TARGETS-KEYS
release() {
    local number keys=()
    for number in $4; do keys+=(--key "$KEYS/targets$number.pem"); done
    sed "s/metadata_version: 42/metadata_version: $2/" product.yaml >release.yaml
    quiet build release.yaml -o "$1" --root "$3" "${keys[@]}"
}

# applied EXIT FILE DIR FLOOR ROOT-VERSION [STEP]: what the device answers, and what it holds after it.
applied() {
    t_run apply "$2" --device "$3" --json
    t_exit "$1"
    [ $# -lt 6 ] || t_json failed_step "$6"
    t_equal "$(cat "$3/current/floor")" "$4" "floor of $3"
    t_run dump "$3/current/root_metadata" --json
    t_json version "$5"
}

size() { stat -c %s "$1"; }

# ---- sizes -------------------------------------------------------------------------------------------

t_begin "sizes: what the page says of roots"
root one 1 1 1
root two 1 1 "1 2"
root expires 1 1 1 --expires 2040-01-01
t_equal "$(size one)" $((28 + 2 * 143)) "root of two keys"
t_equal "$(size two)" $((28 + 3 * 143)) "root of three keys"
t_equal "$(size expires)" $((28 + 2 * 143 + 8)) "with an expiry"
cp one signed
root_signed signed one 1
t_equal "$(size signed)" $((28 + 2 * 143 + 102)) "with a signature"
root three 1 "1 2 3" "1 2 3" --expires 2040-01-01
root_signed three three "1 2 3"
t_equal "$(size three)" 1200 "3 keys in each role, 3 signatures, an expiry"
for type in ed25519:110:102 rsa-3072:503:424; do
    IFS=: read -r type key signature <<<"$type"
    quiet keygen --type "$type" -o "$type.pem"
    quiet root create -o more --root-key "$KEYS/root1.pem" --root-key "$type.pem" \
        --targets-key "$KEYS/targets1.pem"
    t_equal "$(size more)" $((28 + 2 * 143 + key)) "a key of $type"
    quiet sign more --key "$type.pem"
    t_equal "$(size more)" $((28 + 2 * 143 + key + signature)) "a signature of $type"
done
t_file_contains "$PAGE" "143 (Ed25519: 110, RSA-3072: 503)"
t_file_contains "$PAGE" "102 (RSA-3072: 424)"

t_begin "sizes: root rotate keeps a targets key that retired, root create does not"
root old 1 1 1 --sign-with "$KEYS/root1.pem"
quiet root rotate old -o kept --remove-targets-key "$(key_id "$KEYS/targets1.pub")" \
    --add-targets-key "$KEYS/targets2.pem" --sign-with "$KEYS/root1.pem"
root made 2 1 2 --sign-with "$KEYS/root1.pem"
t_equal $(($(size kept) - $(size made))) 109 "bytes of the retired key"
t_must verify --type root made --root old

t_begin "the room of a stock device: a replaced targets key needs two signatures on the older root, a root key one"
t_file_contains "$PAGE" "it fits where the older root has two signatures"
for signers in 1 "1 2"; do
    rm -f old kept other
    root old 1 "1 2" 1
    root_signed old old "$signers"
    t_must root rotate old -o kept --targets-key "$KEYS/targets2.pem" --sign-with "$KEYS/root1.pem"
    if [ "$signers" = 1 ]; then
        t_err_contains "warning: a stock Pigweed device"
    else
        t_err_lacks Pigweed
    fi
    t_must root rotate old -o other --remove-root-key "$(key_id "$KEYS/root2.pub")" \
        --add-root-key "$KEYS/root3.pub" --sign-with "$KEYS/root1.pem"
    t_err_lacks Pigweed
done

t_begin "the two hashes of an anchor: a signature changes that of the file alone"
root anchor 1 "1 2" 1
t_must dump anchor --json
before=$(t_json_value "$T_OUT" sha256)
file=$(sha256sum <anchor)
root_signed anchor anchor "1 2"
t_must dump anchor --json
t_json sha256 "$before"
t_equal "$(wire get 1 <anchor | sha256sum)" "$before  -"
[ "$file" != "$(sha256sum <anchor)" ] || t_fail "the file is the same"

# ---- the floor ---------------------------------------------------------------------------------------

floor_roots() {
    sample_manifest
    root root.1 1 1 "1 2 3" --sign-with "$KEYS/root1.pem"
    root root.2 2 1 "2 3 4" --sign-with "$KEYS/root1.pem"
    root root.3 3 1 "3 4 5" --sign-with "$KEYS/root1.pem"
}

t_begin "the floor: cleared, when 1 of the keys is shared and 2 must sign"
floor_roots
device device root.1 50
release release.12 12 root.3 "4 5"
applied 0 release.12 device 12 3

t_begin "the floor: not cleared, when 2 are shared and 2 must sign"
floor_roots
device device root.1 50
for keys in "2 3" "2 4"; do
    release release.49 49 root.2 "$keys"
    applied 1 release.49 device 50 2 targets-version
done
release release.50 50 root.2 "2 4"
applied 0 release.50 device 50 2

t_begin "the floor: two steps that clear nothing, and the jump over them that does"
floor_roots
device steps root.1 50
device jump root.1 50
release release.50 50 root.2 "2 3"
release release.12 12 root.3 "4 5"
applied 0 release.50 steps 50 2
applied 1 release.12 steps 50 3 targets-version
applied 0 release.12 jump 12 3

t_begin "the floor: cleared before the targets are judged, and cleared it stays"
floor_roots
device device root.1 50
release release.12 12 root.3 "4 5"
release release.11 11 root.3 "4 5"
printf X | dd of=release.12 bs=1 seek=$(($(size release.12) - 2000)) conv=notrunc status=none
applied 1 release.12 device none 3 payloads
[ ! -e device/current/manifest ] || t_fail "something is installed"
applied 0 release.11 device 11 3

# ---- rotation over the years -----------------------------------------------------------------------

# The plan of the page: one of three root keys is replaced every third year.
plan() {
    sample_manifest
    root root.1 1 "1 2 3" 1
    root root.2 2 "2 3 4" 1
    root root.3 3 "3 4 5" 1
    root root.4 4 "4 5 6" 1
    root_signed root.1 root.1 "1 2 3"
    root_signed root.2 root.1 "2 3 4"
    root_signed root.3 root.2 "2 3 4 5"
    root_signed root.4 root.3 "3 4 5 6"
}

t_begin "ten years: keys that retired sign too, so every device follows in one step"
plan
root_signed root.4 root.1 "2"
release release 42 root.4 1
for version in 1 2 3; do
    device "device.$version" "root.$version" 1
    applied 0 release "device.$version" 42 4
done

t_begin "ten years: without them only the device of the last root follows at once"
plan
quiet root create -o root.4 --version 4 --root-key "$KEYS/root4.pem" --root-key "$KEYS/root5.pem" \
    --root-key "$KEYS/root6.pem" --root-threshold 2 --targets-key "$KEYS/targets1.pem"
root_signed root.4 root.3 "4 5 6"
release release 42 root.4 1
release stone.3 41 root.3 1
for version in 1 2 3; do
    device "device.$version" "root.$version" 1
done
applied 1 release device.1 1 1 root-old-quorum
applied 1 release device.2 1 2 root-old-quorum
applied 0 release device.3 42 4
applied 0 stone.3 device.1 41 3
applied 0 release device.1 42 4

t_begin "ten years: a retired key is a stranger to devices that know it from neither root"
plan
root_signed root.4 root.1 "2"
t_must verify --type root root.4 --root root.3 --json
t_json warnings 1
t_run verify --type root root.4 --root root.3 --strict
t_exit 1

t_begin "a stone: its root is taken although its targets are below the floor"
plan
release stone 5 root.2 1
device device root.1 50
applied 1 stone device 50 2 targets-version
[ ! -e device/current/manifest ] || t_fail "something is installed"

t_begin "a stone: one whose root has expired is of no use to a device with a clock"
plan
root root.2 2 "2 3 4" 1 --expires 2025-01-01
root_signed root.2 root.1 "2 3 4"
release stone 51 root.2 1
device device root.1 50
applied 1 stone device 50 1 root-expiry
t_run apply stone --device device --time 1970-01-01
t_exit 0

t_begin "an anchor that has expired takes its successor, and nothing else"
sample_manifest
root root.1 1 1 1 --expires 2025-01-01 --sign-with "$KEYS/root1.pem"
root root.2 2 1 1 --sign-with "$KEYS/root1.pem"
release same 51 root.1 1
release next 52 root.2 1
device device root.1 50
applied 1 same device 50 1 root-expiry
applied 0 next device 52 2

# ---- recovery ----------------------------------------------------------------------------------------

t_begin "development keys in production: a copy of the production root that they have signed"
sample_manifest
root dev_root 1 1 1 --sign-with "$KEYS/root1.pem"
root root.2 2 "2 3" "2 3"
root_signed root.2 root.2 "2 3"
release release.swb 7 root.2 "2 3"
device dev dev_root 50
device production root.2 1
applied 1 release.swb dev 50 1 root-old-quorum
t_must sign root.2 --root dev_root --key "$KEYS/root1.pem" -o root.2.rescue
t_must convert release.swb -o rescue.swb --root root.2.rescue
t_must verify rescue.swb --root dev_root
applied 0 rescue.swb dev 7 2
applied 0 rescue.swb production 7 2

t_begin "a device manifest that is lost: the floor stays, the whole bundle is taken, a smaller one is not"
sample_manifest
root root.1 1 1 1 --sign-with "$KEYS/root1.pem"
release release.42 42 root.1 1
release release.43 43 root.1 1
device device root.1 1
applied 0 release.42 device 42 1
t_must personalize release.43 --device-manifest device/current/manifest -o small.43
rm device/current/manifest
applied 1 small.43 device 42 1 payloads
release release.41 41 root.1 1
applied 1 release.41 device 42 1 targets-version
applied 0 release.43 device 43 1

# ---- stock devices -----------------------------------------------------------------------------------

t_begin "stock devices: the room for a longer root is the signatures on the one before"
for signers in "1" "1 2"; do
    quiet root create -o old --root-key "$KEYS/root1.pem" --root-key "$KEYS/root2.pem" \
        --targets-key "$KEYS/targets1.pem"
    root_signed old old "$signers"
    t_must root rotate old -o new --add-targets-key "$KEYS/targets2.pem" --sign-with "$KEYS/root1.pem"
    case $signers in
    1) t_err_contains "stock Pigweed device" ;;
    *) t_err_empty ;;
    esac
done
t_must root rotate old -o new --targets-key "$KEYS/targets2.pem" --sign-with "$KEYS/root1.pem"
t_err_empty
