#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# extract --decompress: originals, exactly those that user_manifest records, or nothing.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# Files that gzip, xz and zstd compressed, in what/; their originals in want/; what user_manifest says of
# them in records.
sample_files() {
    mkdir -p want/deep what/deep
    seq 1 200000 >want/app
    head -c 300000 /dev/urandom >want/deep/data
    printf 'hello' >want/small
    : >want/empty
    echo plain >want/plain
    gzip -9n <want/app >what/app
    xz -6 <want/deep/data >what/deep/data
    zstd -q -19 <want/small >what/small
    gzip -n <want/empty >what/empty
    cp want/plain what/plain
    : >records
    record app gzip
    record deep/data xz
    record small zstd
    record empty gzip
}

record() { # NAME TYPE [LENGTH [SHA256]]
    printf '"%s": {"compression": {"type": "%s", "length": %s, "sha256": "%s"}}\n' "$1" "$2" \
        "${3:-$(stat -c %s "want/$1")}" "${4:-$(sha256sum <"want/$1" | cut -d ' ' -f 1)}" >>records
}

# b.swb and b.pb of what/, signed, with a user_manifest that holds the records.
bundle_them() {
    printf '{"schema": 1, "targets": {%s}}' "$(paste -sd , records)" >user_manifest.json
    cp user_manifest.json want/user_manifest
    cat >product.yaml <<'YAML'
schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 42}
targets:
  - {name: user_manifest, file: user_manifest.json}
YAML
    local file
    while read -r file; do
        echo "  - {name: $file, file: what/$file}"
    done < <(cd what && find . -type f | sed 's|^\./||' | sort) >>product.yaml
    [ -e root ] || sample_root root
    quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
    quiet convert b.swb -o b.pb
}

holds_want() { # FOLDER
    diff -r want "$1" >differences || t_fail "$(cat differences)"
    t_equal "$(find "$1" -name '.*' -mindepth 1)" "" "hidden files in $1"
}

# Both bundles: exit 3, code compression, nothing appears.
refused() { # TEXT
    local bundle
    for bundle in b.swb b.pb; do
        try extract "$bundle" -C out --root root --decompress
        t_err_contains "$1"
        t_err_contains "hint: without --decompress"
        t_file_absent out
        error_is extract 3 compression
        t_file_absent out
    done
}

t_begin "the originals, out of both containers"
sample_files
bundle_them
for bundle in b.swb b.pb; do
    t_run extract "$bundle" -C "out-$bundle" --root root --decompress
    t_exit 0
    t_err_empty
    holds_want "out-$bundle"
    t_out_contains "accept: $bundle"
    t_out_contains "extracted out-$bundle/app (1.2 MiB, was gzip)"
    t_out_contains "extracted out-$bundle/small (5 B, was zstd)"
    t_out_contains "extracted out-$bundle/plain (6 B)"
done
# shellcheck disable=SC2002 # a pipe, not a file
cat b.swb | "$T_TOOL" extract - -C piped --root root --decompress >report 2>&1
t_equal $? 0
holds_want piped
t_run extract b.pb -C unverified --no-verify --decompress
t_exit 0
holds_want unverified

t_begin "JSON tells what was decompressed, and the length of what was written"
sample_files
bundle_them
t_run extract b.swb -C out --root root --decompress --json deep/data plain empty
t_exit 0
t_json extracted '[{"compression": "xz", "length": 300000, "name": "deep/data", "path": "out/deep/data"}, {"compression": "gzip", "length": 0, "name": "empty", "path": "out/empty"}, {"length": 6, "name": "plain", "path": "out/plain"}]'
t_equal "$(find out -type f | sort | tr '\n' ' ')" "out/deep/data out/empty out/plain "
cmp out/deep/data want/deep/data || t_fail "deep/data differs"

t_begin "without --decompress the targets are as they are signed"
sample_files
bundle_them
t_must extract b.swb -C out --root root
cp user_manifest.json what/user_manifest
diff -r what out >differences || t_fail "$(cat differences)"

t_begin "a rejected bundle, and one with a name that it lacks: nothing"
sample_files
bundle_them
python3 - b.swb <<'PYTHON'
import sys
data = open(sys.argv[1], "rb").read()
at = data.index(b"\x1f\x8b\x08") + 3000
open("bad.swb", "wb").write(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
PYTHON
t_run extract bad.swb -C out --root root --decompress
t_exit 1
t_out_contains "reject: bad.swb fails at payloads"
t_file_absent out
t_run extract b.swb -C out --root root --decompress app nothing
t_exit 5
t_file_absent out

t_begin "existing files: as without --decompress"
sample_files
bundle_them
mkdir out
echo mine >out/app
t_run extract b.swb -C out --root root --decompress
t_exit 5
t_err_contains "out/app"
t_equal "$(ls -A out)" app
t_file_contains out/app mine
t_run extract b.swb -C out --root root --decompress --force
t_exit 0
holds_want out

t_begin "nothing says what is compressed: an error, and no compressed bytes in the place of originals"
sample_files
bundle_them
cp product.yaml with.yaml
sed -i '/name: user_manifest/d' product.yaml
echo 'bundle: {user_manifest: false}' >>product.yaml
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
quiet convert b.swb -o b.pb
refused "no user_manifest of a build"
for content in '{"schema": 2}' 'no JSON' ''; do
    printf '%s' "$content" >user_manifest.json
    quiet build with.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
    quiet convert b.swb -o b.pb
    refused "no user_manifest of a build"
done
t_must extract b.swb -C out --root root

t_begin "a bundle of a build that compresses nothing: as it is"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
t_run extract b.swb -C out --root root --decompress
t_exit 0
t_file_equal out/app app.bin
t_file_exists out/user_manifest

t_begin "a record that is none"
NONE=$(printf %064d 0)
for broken in '"type": "lz4", "length": 5, "sha256": "'"$NONE"'"' \
    '"type": "none", "length": 5, "sha256": "'"$NONE"'"'; do
    mkdir -p want what && echo x >what/app
    echo "\"app\": {\"compression\": {$broken}}" >records
    bundle_them
    refused "target 'app': its compression is '"
done
for broken in '{}' '"gzip"' '[]' 'null' 7 '{"type": "gzip", "length": -1, "sha256": "'"$NONE"'"}' \
    '{"type": "gzip", "length": "5", "sha256": "'"$NONE"'"}' \
    '{"type": "gzip", "length": 1.5, "sha256": "'"$NONE"'"}' \
    '{"type": "gzip", "length": 5, "sha256": "00"}' '{"type": "gzip", "length": 5}' \
    '{"type": 1, "length": 5, "sha256": "'"$NONE"'"}'; do
    echo "\"app\": {\"compression\": $broken}" >records
    bundle_them
    refused "target 'app': what user_manifest says of its compression"
done
# Of a target that is not wanted it does not matter.
t_must extract b.swb -C out --root root --decompress user_manifest

t_begin "another length, another hash, another type than the record's"
sample_files
for row in "app gzip 1288894|the gzip data makes more than the 1288894 bytes" \
    "app gzip 1288896|the gzip data makes 1288895 bytes, recorded are 1288896" \
    "app gzip 1288895 $(printf %064d 0)|with SHA-256" \
    "app xz|target 'app': no header at byte 0 of the xz data" \
    "plain zstd|target 'plain': no header at byte 0 of the zstd data" \
    "small zstd 0|more than the 0 bytes"; do
    : >records
    read -ra words <<<"${row%|*}"
    record "${words[@]}"
    bundle_them
    refused "${row#*|}"
done

t_begin "what is cut off, followed by something, or compressed in two parts"
sample_files
cp -R what good
for name in app deep/data small; do
    type=$(sed -n "s|^\"$name\".*\"type\": \"\([a-z]*\)\".*|\1|p" records)
    head -c -1 "good/$name" >"what/$name"
    bundle_them
    refused "target '$name': "
    { cat "good/$name" && echo; } >"what/$name"
    bundle_them
    refused "something follows"
    half=$(($(stat -c %s "want/$name") / 2))
    { head -c "$half" "want/$name" | "$type" -c; tail -c "+$((half + 1))" "want/$name" | "$type" -c; } >"what/$name"
    bundle_them
    refused "target '$name': "
    cp "good/$name" "what/$name"
done

t_begin "a bomb of 64 MiB writes no more than is recorded"
mkdir -p want what
for type in gzip xz zstd; do
    option=$([ "$type" = gzip ] && echo -n)
    # shellcheck disable=SC2086 # a word or none
    head -c $((64 << 20)) /dev/zero | "$type" -1 $option -c >what/app
    : >records
    record app "$type" 100000 "$(printf %064d 0)"
    bundle_them
    (
        ulimit -f 16384
        exec "$T_TOOL" extract b.swb -C out --root root --decompress
    ) >report 2>err
    t_equal $? 3
    t_file_contains err "more than the 100000 bytes"
    t_file_absent out
done

t_begin "a header that asks for a gigabyte of memory"
mkdir -p want what
head -c 100000 /dev/urandom >want/app
xz --lzma2=preset=6,dict=1GiB <want/app >what/app
: >records
record app xz
bundle_them
refused "asks for 1 GiB of memory to be decompressed, the limit is 8 MiB"
zstd -q --ultra -22 --long=30 -c - <want/app >what/app
: >records
record app zstd
bundle_them
refused "asks for 1 GiB of memory to be decompressed, the limit is 8 MiB"

t_begin "temporary files: in TMPDIR, and errors name it"
sample_files
bundle_them
mkdir tmp
TMPDIR=$PWD/tmp t_run extract b.swb -C out --root root --decompress
t_exit 0
t_equal "$(ls -A tmp)" ""
TMPDIR=/nowhere t_run extract b.swb -C out2 --root root --decompress
t_exit 5
t_err_contains "/nowhere: cannot open"
t_err_contains "hint: the variable TMPDIR"
t_file_absent out2
# Where nothing is compressed, none is needed.
TMPDIR=/nowhere t_run extract b.swb -C out3 --root root --decompress plain
t_exit 0

t_begin "a full disk: of the spool, of the folder"
sample_files
bundle_them
(
    ulimit -f 300 # KiB: the compressed files together are more, each original is
    trap '' XFSZ
    exec "$T_TOOL" extract b.swb -C out --root root --decompress
) >report 2>err
t_equal $? 5
t_file_absent out
t_file_contains err "hint: the variable TMPDIR"
(
    ulimit -f 1100 # less than app
    trap '' XFSZ
    exec "$T_TOOL" extract b.swb -C out --root root --decompress
) >report 2>err
t_equal $? 5
t_file_absent out
t_file_contains err "out/app"
mkdir tmp
TMPDIR=$PWD/tmp t_do env ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$T_BUILD/faults/calls.so" \
    SWT_FAULT_CALL=write SWT_FAULT_AT=1 SWT_FAULT_ERRNO=28 \
    "$T_TOOL" extract b.swb -C out --root root --decompress app --json
t_exit 5
t_json_err error.code no-space
t_json_err error.file "$PWD/tmp"
t_file_absent out
