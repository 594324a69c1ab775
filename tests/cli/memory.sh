#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory does not grow with payloads: each command that reads or writes them, in both containers,
# stays within 32 MiB for a payload of SWT_LARGE bytes (96 MiB; 1 GiB with SWT_LARGE=1073741824), and
# within 128 MiB where it compresses them.
# Left out under a sanitizer, whose own memory would be measured.
. "$(dirname "$0")/lib.sh"

LARGE=${SWT_LARGE:-$((96 << 20))}
LIMIT=$((32 << 10)) # KiB
COMPRESSION_LIMIT=$((128 << 10))

# t_peak ARGS...: runs the program and checks its peak.
t_peak() {
    t_do python3 "$T_SOURCE/tests/cli/peak.py" peak "$T_TOOL" "$@"
    t_exit 0 || return
    [ "$(cat peak)" -le "$LIMIT" ] || t_fail "peak of $(cat peak) KiB: $*"
}

for extension in swb pb; do
    t_begin "$extension: build, sign, verify, extract, convert, dump, diff in 32 MiB"
    t_must keygen -o root.pem
    t_must keygen -o targets.pem
    t_must root create -o root_metadata --root-key root.pem --targets-key targets.pem \
        --sign-with root.pem
    truncate -s "$LARGE" large.bin
    cat >product.yaml <<'YAML'
schema: 1
product: {name: large}
release: {version: 1, metadata_version: 1}
targets:
  - file: large.bin
YAML
    other=$([ "$extension" = swb ] && echo pb || echo swb)
    t_peak build product.yaml -o "a.$extension" --root root_metadata
    t_peak sign "a.$extension" --key targets.pem
    t_peak verify "a.$extension" --root root_metadata
    t_peak dump "a.$extension"
    t_peak extract "a.$extension" -C out --root root_metadata
    rm -r out
    t_peak convert "a.$extension" -o "b.$other"
    t_peak diff "a.$extension" "b.$other"
    printf x | dd of=large.bin bs=1 seek=$((LARGE - 1)) conv=notrunc status=none
    t_must build product.yaml -o "c.$extension" --root root_metadata
    t_do python3 "$T_SOURCE/tests/cli/peak.py" peak "$T_TOOL" diff --json "a.$extension" \
        "c.$extension"
    t_exit 1
    t_json targets.changed.0.first_difference $((LARGE - 1))
    [ "$(cat peak)" -le "$LIMIT" ] || t_fail "peak of $(cat peak) KiB: diff of what differs"
done

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
t_peak extract packed.swb -C out --no-verify --decompress
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
t_do python3 "$T_SOURCE/tests/cli/peak.py" peak "$T_TOOL" check damaged
t_exit 1
[ "$(cat peak)" -le "$LIMIT" ] || t_fail "peak of $(cat peak) KiB for one long line"

t_begin "the peak is measured: a command over the limit is found"
python3 "$T_SOURCE/tests/cli/peak.py" peak python3 -c 'bytearray(48 << 20)'
[ "$(cat peak)" -gt "$LIMIT" ] || t_fail "48 MiB were measured as $(cat peak) KiB"
