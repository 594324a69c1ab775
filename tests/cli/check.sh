#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check: what it finds in an audit log, what it says of a bundle and a root, and which files it does not
# take. What it finds in bundles and roots is in check_bundles.sh.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

AUDIT=$T_SOURCE/tests/cli/audit.py

# A log of six lines.
three_signatures() {
    sample_manifest
    for key in targets1 ed25519-1 root1; do
        quiet build product.yaml -o b.swb --key "$KEYS/$key.pem" --audit-log log
    done
}

t_begin "a changed byte is a finding"
three_signatures
python3 "$AUDIT" bytes log "$T_TOOL" >out 2>&1 || t_fail "$(cat out)"

t_begin "lines that are deleted, doubled, moved, or of another log"
three_signatures
cp log other
for edit in 1d 2d 3d '1,2d' '2{p;p}' '1{h;d};2{p;x}' '3,4{p}' '5r other'; do
    sed "$edit" other >log
    t_run check log
    t_exit 1
    t_out_contains "log:"
    t_out_contains ": error: "
    t_out_contains "damaged: log: "
    t_err_empty
done
# Where the chain breaks first.
sed 2d other >log
t_run check log --json
t_exit 1
t_json ok false
t_json files.0.sound false
t_json files.0.findings.0.line 2
t_json files.0.findings.0.code chain
head -c -1 other >log
t_run check log
t_exit 1
t_out_contains "log:6: error: it is cut off"

t_begin "what it answers"
three_signatures
t_must check log --json
t_json ok true
t_json files.0.file log
t_json files.0.kind audit-log
t_json files.0.lines 6
t_json files.0.signatures 3
t_json files.0.failed 0
t_json files.0.findings '[]'
t_json files.0.head "$(tail -n 1 log | tr -d '\n' | sha256sum | cut -d ' ' -f 1)"
t_must check log
t_out_is "sound: log: 6 lines, 3 signatures, 0 failed, 0 unfinished
head: $(tail -n 1 log | tr -d '\n' | sha256sum | cut -d ' ' -f 1)"
t_must check -q log
t_out_empty
t_run_from log check -
t_exit 0
t_out_contains "sound: standard input: 6 lines"
head -n 4 log >shorter
sed 3d log >damaged
t_run check log shorter damaged
t_exit 1
t_equal "$(grep -c '^sound: ' "$T_OUT") $(grep -c '^damaged: ' "$T_OUT")" "2 1"
t_run check -q log damaged
t_exit 1
t_out_contains "damaged: damaged: "

t_begin "other files"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --key "$KEYS/targets1.pem" --audit-log log
: >empty
try check missing
error_is check 5 not-found
try check log missing
error_is check 5 not-found
try check .
error_is check 5 io
quiet sign b.swb --root root --export request
head -c 100 /dev/zero >binary
gzip -n <app.bin >app.bin.gz
for file in empty binary request app.bin.gz; do
    try check "$file"
    error_is check 3 file-kind
    t_err_contains "expected a product manifest, a bundle, root metadata or an audit log"
done
t_run check empty
t_err_contains "empty: expected a product manifest, a bundle, root metadata or an audit log, found an empty file"
t_run check request
t_err_contains "found a signing request"
# One file that is none of them, and nothing is said of the others.
try check log b.swb binary
error_is check 3 file-kind
t_out_empty
t_run check
t_exit 2

t_begin "a name in a hint is one word of the shell that it is pasted into"
mkdir bin
ln -s "$T_TOOL" bin/swupdate-tool
three_signatures
# shellcheck disable=SC2016 # a name, and no command
for name in 'r;touch PWNED;.log' 'two  words' "it's" '$(touch PWNED)' -dash; do
    cp log "./$name"
    t_run dump -- "$name"
    t_exit 3
    sed -n 's/^hint: //p' "$T_ERR" >hint
    t_do env PATH="$PWD/bin:$PATH" bash hint
    t_exit 0
    t_out_contains "6 lines, 3 signatures"
done
t_file_absent PWNED

t_begin "every other command says what an audit log is"
three_signatures
try dump log
t_err_contains "log: it is an audit log"
t_err_contains "hint: swupdate-tool check log"
error_is dump 3 file-kind
head -n 1 log >one
for file in log one; do
    try convert $file -o out
    t_err_contains "found an audit log"
    error_is convert 3 file-kind
    try sign $file --key "$KEYS/targets1.pem"
    t_err_contains "found an audit log"
    error_is sign 3 file-kind
    t_run verify $file --self
    t_exit 1
    t_out_contains "this is an audit log"
done
sample_root root
try sign b.swb --root root --attach log
t_err_contains "found an audit log"
error_is sign 3 file-kind
sed 's/":/": /g' log >spaced
try check spaced
t_err_contains "expected an audit log, found no line of one"
error_is check 3 file-kind

t_begin "findings without end are counted"
yes '{}' | head -n 500 >bad
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
    --sign-with "$KEYS/root1.pem" --audit-log log
cat log bad >damaged
t_run check damaged --json
t_exit 1
t_equal "$(t_json_value "$T_OUT" files.0.findings | python3 -c 'import json, sys
print(len(json.load(sys.stdin)))')" 100
t_json files.0.findings_omitted 400
t_run check damaged
t_out_contains "and 400 more"

t_begin "bundles and root metadata, by their contents"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem" --audit-log log
quiet convert b.swb -o b.pb
quiet build product.yaml -o bare.swb --key "$KEYS/targets1.pem"
cp b.swb audit.log
for file in b.swb b.pb root bare.swb audit.log; do
    t_must check "$file"
    t_err_empty
    t_must check "$file" --json
    t_json files.0.findings '[]'
    t_json files.0.sound true
    t_run_from "$file" check - --json
    t_exit 0
    t_json files.0.sound true
done
t_must check root b.swb bare.swb b.pb
t_out_is "sound: root: root metadata, version 1
sound: b.swb: tar bundle, targets version 42, 2 targets, root version 1; checked by its own root, which proves nothing about the signer
sound: bare.swb: tar bundle, targets version 42, 2 targets; signatures were not checked
sound: b.pb: pigweed bundle, targets version 42, 2 targets, root version 1; checked by its own root, which proves nothing about the signer"
t_must check b.pb --json
t_json files.0.kind bundle
t_json files.0.container pigweed
t_json files.0.signatures_checked true
t_json files.0.targets_version 42
t_json files.0.targets 2
t_json files.0.root_version 1
t_json files.0.findings_omitted 0
t_must check -q root b.swb log
t_out_empty
# Warnings are told, and are no violation; with -q they are not.
sample_manifest
echo '  - {name: a-name-of-more-than-32-bytes-is-refused, file: app.bin}' >>product.yaml
quiet build product.yaml -o long.swb --root root --key "$KEYS/targets1.pem"
t_must check long.swb
t_equal "$(head -n 1 "$T_OUT")" "long.swb: warning: target 'a-name-of-more-than-32-bytes-is-refused': its name has 39 bytes, a device of profile pigweed takes 32 at most (stock-target)"
# So are they, and what the bundle holds, of one that nobody has signed yet.
quiet build product.yaml -o unsigned.swb --root root
t_run check unsigned.swb --json
t_exit 1
t_json files.0.findings.0.code targets-quorum
t_json files.0.findings.1.code stock-target
t_json files.0.targets_version 42
t_json files.0.targets 3
sample_manifest
echo '  - {name: large, file: large}' >>product.yaml
truncate -s 104857601 large
quiet build product.yaml -o large.swb --root root --key "$KEYS/targets1.pem"
t_must check large.swb
t_equal "$(head -n 1 "$T_OUT")" "large.swb: warning: target 'large': it is 104,857,601 bytes, a device of profile pigweed takes 100 MiB at most (stock-target)"
rm large large.swb
# A stream is read once, as a log.
# shellcheck disable=SC2002 # a pipe, not a file
cat log | "$T_TOOL" check - >out 2>&1
t_equal "$?" 0
# shellcheck disable=SC2002
cat b.swb | "$T_TOOL" check - >out 2>&1
t_equal "$?" 3
t_equal "$(head -n 1 out)" "swupdate-tool: check: standard input: expected an audit log, the one kind that a stream can be"

t_begin "a broken bundle is a finding, wherever it is broken"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
quiet convert b.swb -o b.pb
for size in 600 1500 3000 9000; do
    head -c $size b.swb >cut.swb
    t_run check cut.swb
    t_exit 1
    t_out_contains "cut.swb: error: "
    t_out_contains "unsound: cut.swb: "
done
head -c 9000 b.pb >cut.pb
t_run check cut.pb b.pb --json
t_exit 1
t_json ok false
t_json files.0.findings.0.code container
t_json files.0.signatures_checked false
t_json files.1.sound true
t_run check -q cut.pb
t_exit 1
t_out_contains "unsound: cut.pb: "
head -c 1024 /dev/zero >>b.swb
t_run check b.swb
t_exit 1
t_out_contains "(end)"
