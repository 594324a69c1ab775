#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The sources of a build, which are read once into a file and twice to a pipe: all processors pack the
# same bytes as one, and what moves under the program is never packed half.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

LARGE=$((9 << 20)) # hashed beside its copying

# One that this process may use.
ONE=$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')

# numbers SIZE SEED: bytes that are nowhere alike.
seq 2000000 >"$T_TMP/numbers"
numbers() { tail -c "+$((1 + $2 * 1000))" "$T_TMP/numbers" | head -c "$1"; }

# sample_large: as sample_manifest, with a payload that threads take part in.
sample_large() {
    sample_manifest
    numbers $LARGE 1 >app.bin
}

# ---- by all processors and by one ---------------------------------------------------------------------

t_begin "64 payloads: the same bundle by all processors, by one, and through a pipe"
for ((i = 0; i < 64; i++)); do numbers 1048576 "$i" >"app$i.bin"; done
cat >product.yaml <<'YAML'
schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
targets:
  - {files: "app*.bin"}
YAML
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/ed25519-1.pub" \
    --sign-with "$KEYS/root1.pem"
KEY=(--root root --key "$KEYS/ed25519-1.pem")
for extension in swb pb; do
    quiet build product.yaml -o "all.$extension" "${KEY[@]}"
    t_do taskset -c "$ONE" "$T_TOOL" build product.yaml -o "one.$extension" "${KEY[@]}"
    t_exit 0
    "$T_TOOL" build product.yaml -o - --format "$([ $extension = pb ] && echo pigweed || echo tar)" \
        "${KEY[@]}" -q 2>err | cat >"piped.$extension" || t_fail "$(cat err)"
    t_file_equal "all.$extension" "one.$extension"
    t_file_equal "all.$extension" "piped.$extension"
    t_must verify "all.$extension" --root root
done
mkdir out
tar xf all.swb -C out
for ((i = 0; i < 64; i++)); do t_file_equal "out/targets/app$i.bin" "app$i.bin"; done

t_begin "some are compressed, one is empty: the same bundle into a file and through a pipe"
sample_large
: >empty.bin
numbers 300000 5 >data.bin
cat >>product.yaml <<'YAML'
  - {name: packed, file: data.bin, compression: zstd}
  - {name: empty, file: empty.bin}
  - {name: data, file: data.bin}
  - {name: squeezed, file: data.bin, compression: gzip}
YAML
quiet build product.yaml -o b.swb
"$T_TOOL" build product.yaml -o - -q 2>err | cat >piped || t_fail "$(cat err)"
t_file_equal b.swb piped
quiet extract b.swb --no-verify --decompress -C out
t_file_equal out/app app.bin
t_file_equal out/packed data.bin
t_file_equal out/empty empty.bin
t_file_equal out/squeezed data.bin

t_begin "the first fault in the manifest's order is told, whichever is found first"
sample_large
numbers 1000 3 >small.bin
ZEROS=$(printf '%064d' 0)
for first in app.bin "small.bin, compression: zstd" small.bin; do
    for second in small.bin "small.bin, compression: gzip" app.bin; do
        head -n 4 product.yaml >pinned.yaml
        echo "  - {name: one, file: $first, sha256: $ZEROS}
  - {name: two, file: $second, sha256: $ZEROS}" >>pinned.yaml
        for output in b.swb - /dev/null; do
            t_run build pinned.yaml -o $output --format tar
            t_exit 3
            t_err_contains "pinned.yaml:5:"
            t_err_contains "target 'one': sha256 is pinned"
        done
    done
done
t_file_absent b.swb

# ---- what fails at the end ----------------------------------------------------------------------------

t_begin "a signature that cannot be made, after all was copied, leaves the old file and nothing else"
for size in 10000 $LARGE; do
    sample_manifest
    numbers "$size" 1 >app.bin
    cat >signer <<SH
#!/bin/sh
[ \$1 = sign ] || exec cat $KEYS/targets1.pub
exit 1
SH
    chmod +x signer
    echo old >b.swb
    try build product.yaml -o b.swb --key exec:./signer
    error_is build 4 sign
    t_equal "$(cat b.swb)" old
    t_files "app.bin b.swb product.yaml signer"
done

# ---- sources that move --------------------------------------------------------------------------------

# changing CALL N COMMAND OUTPUT: the source app.bin is changed by COMMAND at the program's Nth open, or
# read, of it.
changing() {
    t_do env LD_PRELOAD="$T_BUILD/faults/calls.so" SWT_FAULT_CALL="$1" SWT_FAULT_PATH=app.bin SWT_FAULT_AT="$2" \
        SWT_FAULT_RUN="$3" ASAN_OPTIONS=verify_asan_link_order=0 "$T_TOOL" build product.yaml -o "$4" "${@:5}"
}

# refused CALL N COMMAND: so that no bundle comes of it.
refused() {
    tr 0-9a b-l <app.bin >other.bin
    echo old >b.swb
    changing "$1" "$2" "$3" b.swb
    t_exit 5
    t_err_contains "product.yaml:5:5: target 'app': app.bin: the payload 'app' changed while it was read"
    t_equal "$(head -c 10 b.swb)" old
    rm -f other.bin
    t_files "app.bin b.swb product.yaml"
}

OVERWRITE="printf '!' | dd of=app.bin bs=1 seek=5000 conv=notrunc 2>/dev/null"
CHANGES=("echo x >>app.bin" "truncate -s 9999 app.bin" ": >app.bin" "$OVERWRITE" "cp other.bin app.bin")

t_begin "source grows, shrinks or changes while it is packed: to a file: while it is read, exit 5, nothing is written"
for change in "${CHANGES[@]}"; do
    # One chunk: before it, and after it; and some of 72.
    for at in 1 2; do
        sample_manifest
        refused read $at "$change"
    done
    for at in 1 40 72; do
        sample_large
        refused read $at "$change"
    done
done

t_begin "source grows, shrinks or changes while it is packed: to a file: another length than when the build was planned, exit 5"
for change in "${CHANGES[@]:0:3}" "tail -c 20 other.bin >app.bin" "head -c 20 other.bin >new; mv new app.bin"; do
    sample_manifest
    refused open 1 "$change"
done
sample_manifest
changing open 1 "echo x >>app.bin" b.swb --json
t_exit 5
t_json_err error.code file-changed
t_json_err error.file product.yaml
echo old >b.swb
changing open 1 "rm app.bin" b.swb --json
t_exit 5
t_json_err error.code not-found
t_equal "$(cat b.swb)" old

t_begin "to a file: what was written before it was opened is what is packed"
for change in "$OVERWRITE" "cp other.bin app.bin" "cp other.bin new; mv new app.bin"; do
    sample_large
    tr 0-9 b-k <app.bin >other.bin
    changing open 1 "$change" b.swb
    t_exit 0
    t_do cmp app.bin <(payload b.swb app)
    t_exit 0
done

t_begin "to a file: a FIFO that took the source's place is not waited for"
for sample in sample_manifest sample_large; do
    $sample
    echo old >b.swb
    changing open 1 "rm app.bin; mkfifo app.bin" b.swb
    t_exit 5
    t_err_contains "app.bin: is no regular file"
    t_equal "$(cat b.swb)" old
    rm app.bin
done

t_begin "to a file: a source whose name goes to another file is packed as it was"
for change in "mv other.bin app.bin" "rm app.bin"; do
    for at in 1 40 72; do
        sample_large
        cp app.bin before.bin
        echo other >other.bin
        changing read $at "$change" b.swb
        t_exit 0
        t_do cmp before.bin <(payload b.swb app)
        t_exit 0
    done
done

t_begin "source grows, shrinks or changes while it is packed: to a pipe: between its hash and its copy, exit 5"
for change in "${CHANGES[@]}" "mv other.bin app.bin"; do
    for sample in sample_manifest sample_large; do
        "$sample"
        tr 0-9a b-l <app.bin >other.bin
        changing open 2 "$change" -
        t_exit 5
        t_err_contains "app.bin: the payload 'app' changed while it was read"
    done
done
sample_manifest
changing open 2 "rm app.bin" -
t_exit 5
t_err_contains "app.bin: cannot open: No such file or directory"

t_begin "source grows, shrinks or changes while it is packed: to a pipe: while it is hashed, exit 5, nothing is written"
for change in "${CHANGES[@]}"; do
    sample_large
    tr 0-9a b-l <app.bin >other.bin
    changing read 40 "$change" -
    t_exit 5
    t_err_contains "app.bin: the payload 'app' changed while it was read"
    t_out_empty
done

t_begin "to a pipe: a source that is replaced by the same bytes is no change"
sample_manifest
cp app.bin same.bin
changing open 2 "mv same.bin app.bin" -
t_exit 0

t_begin "a source that grows without end does not hold the program"
export T_SECONDS=20
for output in b.swb /dev/null; do
    sample_manifest
    (while echo more >>app.bin; do :; done) 2>/dev/null &
    writer=$!
    t_run build product.yaml -o $output --format tar
    kill $writer
    wait $writer 2>/dev/null
    case $T_STATUS in
    0) ;; # it was read between two writes
    *)
        t_exit 5
        t_err_contains "changed while it was read"
        t_file_absent b.swb
        ;;
    esac
    rm -f b.swb
done
T_SECONDS=60
