#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory does not grow with payloads: each command that reads or writes them, in both containers,
# stays within 12 MiB for a payload of SWT_LARGE bytes (96 MiB; 1 GiB with SWT_LARGE=1073741824), and
# for one of 7 GiB; within 16 MiB for 10,000 payloads; within 128 MiB where it compresses them.
# Left out under a sanitizer, whose own memory would be measured.
. "$(dirname "$0")/lib.sh"

T_SECONDS=300
LARGE=${SWT_LARGE:-$((96 << 20))}
LIMIT=$((12 << 10)) # KiB
MANY_LIMIT=$((16 << 10))
COMPARISON_LIMIT=$((28 << 10)) # of 10,000 targets with 10,000 others
DECOMPRESSION_LIMIT=$((32 << 10))
COMPRESSION_LIMIT=$((128 << 10))

# measured COMMAND [ARG...]: runs it, and leaves its peak in the file peak.
measured() {
    local peak status
    "$T_BUILD/tests/measure" took "$@" || return
    read -r _ _ _ peak status <took
    echo "$peak" >peak
    return "$status"
}

# t_peak ARGS...: runs the program and checks its peak.
t_peak() {
    t_do measured "$T_TOOL" "$@"
    t_exit 0 || return
    [ "$(cat peak)" -le "$LIMIT" ] || t_fail "peak of $(cat peak) KiB, at most $LIMIT: $*"
}

# In the folder of a case: keys, root metadata, and a manifest whose targets follow.
prepare() {
    t_must keygen -o root.pem
    t_must keygen -o targets.pem
    t_must root create -o root_metadata --root-key root.pem --targets-key targets.pem \
        --sign-with root.pem
    echo 'schema: 1
product: {name: large}
release: {version: 1, metadata_version: 1}
targets:' >product.yaml
}

# all_commands EXTENSION OTHER: each command on what product.yaml says.
all_commands() {
    local extension=$1 other=$2 root='--root root_metadata'
    # shellcheck disable=SC2086 # two words
    {
        t_peak build product.yaml -o "a.$extension" $root
        t_peak build product.yaml -o "signed.$extension" $root --key targets.pem
        t_peak sign "a.$extension" --key targets.pem -o "keyed.$extension"
        t_peak sign "a.$extension" --attach "signed.$extension"
        t_peak verify "a.$extension" $root
        t_peak dump "a.$extension"
        t_peak dump --json "a.$extension"
        t_peak check "a.$extension"
        t_peak extract "a.$extension" -C out $root
        rm -r out
        t_must provision -o dev --format device-dir $root
        t_peak apply "a.$extension" --device dev
        rm -r dev
        t_peak convert "a.$extension" -o "b.$other"
        t_peak convert "a.$extension" -o "b.$other" $root
        t_peak fleet --bundle "a.$extension" --fleet fleet.yaml
    }
}

for extension in swb pb; do
    t_begin "$extension: one large target in 12 MiB"
    prepare
    truncate -s "$LARGE" large.bin
    echo '  - file: large.bin' >>product.yaml
    echo 'states: [{root: root_metadata}]' >fleet.yaml
    other=$([ "$extension" = swb ] && echo pb || echo swb)
    all_commands "$extension" "$other"
    t_peak diff "a.$extension" "b.$other"
    printf x | dd of=large.bin bs=1 seek=$((LARGE - 1)) conv=notrunc status=none
    t_must build product.yaml -o "c.$extension" --root root_metadata
    t_do measured "$T_TOOL" diff --json "a.$extension" "c.$extension"
    t_exit 1
    t_json targets.changed.0.first_difference $((LARGE - 1))
    [ "$(cat peak)" -le "$LIMIT" ] || t_fail "peak of $(cat peak) KiB: diff of what differs"
done

for extension in swb pb; do
    t_begin "$extension: 10,000 targets in 16 MiB"
    prepare
    mkdir many
    # user_manifest is one, too.
    seq 9999 | split -l 1 -a 4 -d - many/f
    printf '  - {file: many/f%04d}\n' {0..9998} >>product.yaml
    echo 'states: [{root: root_metadata}]' >fleet.yaml
    other=$([ "$extension" = swb ] && echo pb || echo swb)
    LIMIT=$MANY_LIMIT all_commands "$extension" "$other"
    LIMIT=$COMPARISON_LIMIT t_peak diff "a.$extension" "b.$other"
done

t_begin "a bundle of 7 GiB, which is a sparse file, in 12 MiB"
size=$((7 << 30))
prepare
truncate -s $size large.bin
echo '  - file: large.bin' >>product.yaml
# Only the head is taken: what follows is zeros, the payload and the end of the archive.
measured "$T_TOOL" build product.yaml -o - --root root_metadata --key targets.pem 2>err |
    head -c 65536 >bundle
[ "$(cat peak)" -le "$LIMIT" ] || t_fail "peak of $(cat peak) KiB: build"
header=$(grep -abo targets/large.bin bundle | tail -n 1 | cut -d : -f 1)
truncate -s $((header + 512 + size + 1024)) bundle
t_peak verify bundle --root root_metadata
t_peak dump bundle

t_begin "extract --decompress: originals of any size"
truncate -s "$LARGE" original
hash=$(sha256sum <original | cut -d ' ' -f 1)
echo 'schema: 1
product: {name: large}
release: {version: 1, metadata_version: 1}
targets:
  - {name: user_manifest, file: user_manifest.json}' >product.yaml
: >records
for type in gzip xz zstd; do
    case $type in
    gzip) gzip -n <original >large.gzip ;;
    xz) xz -6 <original >large.xz ;;
    zstd) zstd -q -19 --zstd=wlog=23 -c - <original >large.zstd ;; # a window of 8 MiB, all of it in use
    esac
    echo "  - {name: $type, file: large.$type}" >>product.yaml
    echo "\"$type\": {\"compression\": {\"type\": \"$type\", \"length\": $LARGE, \"sha256\": \"$hash\"}}" >>records
done
printf '{"schema": 1, "targets": {%s}}' "$(paste -sd , records)" >user_manifest.json
t_must build product.yaml -o packed.swb
LIMIT=$DECOMPRESSION_LIMIT t_peak extract packed.swb -C out --no-verify --decompress
for type in gzip xz zstd; do
    t_file_equal "out/$type" original
done

t_begin "build: targets that are compressed, in 128 MiB"
truncate -s "$LARGE" original
for type in gzip xz zstd; do
    echo "schema: 1
product: {name: large}
release: {version: 1, metadata_version: 1}
targets:
  - {file: original, compression: $type}" >product.yaml
    LIMIT=$COMPRESSION_LIMIT t_peak build product.yaml -o "$type.swb"
done

t_begin "check: a long audit log, whole and with lines of no end"
python3 "$T_SOURCE/tests/cli/audit.py" make log 50000
t_peak check log
{ cat log; head -c "$LARGE" /dev/zero; } >damaged
t_do measured "$T_TOOL" check damaged
t_exit 1
[ "$(cat peak)" -le "$LIMIT" ] || t_fail "peak of $(cat peak) KiB for one long line"

t_begin "the peak is measured: a command over the limit is found"
measured python3 -c 'bytearray(48 << 20)'
[ "$(cat peak)" -gt $((48 << 10)) ] || t_fail "48 MiB were measured as $(cat peak) KiB"
measured true
[ "$(cat peak)" -lt $((4 << 10)) ] || t_fail "nothing was measured as $(cat peak) KiB"
