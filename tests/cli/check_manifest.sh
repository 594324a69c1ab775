#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check of product manifests: what build refuses is found, all of it and with its place; what is sound is
# built. And --expires-within, of every kind of file.
# shellcheck disable=SC2016 # the $X of a manifest is not the shell's
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# "LEVEL CODE LINE:COLUMN", a line for each finding of the last run's first file.
findings() {
    python3 -c 'import json, sys
for f in json.load(open(sys.argv[1]))["files"][0]["findings"]:
    print(f["level"], f["code"], "%s:%s" % (f.get("line", 0), f.get("column", 0)))' "$T_OUT"
}

# agree MANIFEST [OPTION...]: build refuses it if and only if check finds an error, and then one of the
# errors is build's own, at its place.
agree() {
    local build code place
    "$T_TOOL" build "$@" --dry-run --json >build.out 2>build.err
    build=$?
    t_run check "$@" --json
    case $build in
    0)
        t_exit 0
        return
        ;;
    3 | 5) t_exit 1 ;;
    *) t_fail "build of $1: exit $build" ;;
    esac
    tail -n 1 build.err >build.json
    code=$(t_json_value build.json error.code)
    place=$(t_json_value build.json error.line):$(t_json_value build.json error.column)
    [ "$place" != : ] || place=0:0
    findings | grep -qxF "error $code $place" ||
        t_fail "$1: build says $code at $place, check: $(findings | tr '\n' '|')"
}

t_begin "manifests that build refuses unread"
for file in "$T_DATA"/manifests/bad/*.yaml; do
    # Nothing in an empty file tells what it is meant to be.
    [ -s "$file" ] || continue
    agree "$file"
done

t_begin "manifests that are sound, and what they need"
for file in "$T_DATA"/manifests/good/*.yaml; do
    agree "$file"
done
sample_manifest
sample_root root
cp "$KEYS/targets1.pem" .
cat >>product.yaml <<'YAML'
  - {file: "${OUT}/boot.bin", max_size: 6, sha256: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03}
vars: {OUT: out}
signing: {root: root, keys: [targets1.pem]}
YAML
mkdir out
printf 'hello\n' >out/boot.bin
agree product.yaml
t_json files.0.sound true
t_json files.0.kind manifest
t_json files.0.targets_version 42
t_json files.0.targets 3
t_must check product.yaml
t_out_is "sound: product.yaml: manifest, targets version 42, 3 targets, root version 1"
t_must check -q product.yaml
t_out_empty
t_err_empty

# The sample manifest, with a target more or what else comes behind.
with() {
    sample_manifest
    printf '%s\n' "$@" >>product.yaml
}

t_begin "what build refuses, is found"
head -c 3000 /dev/urandom >noise.bin
cat >sbom.json <<'JSON'
{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": "file", "name": "app",
 "hashes": [{"alg": "SHA-256", "content": "0000000000000000000000000000000000000000000000000000000000000000"}]}]}
JSON
printf '{}' >no-sbom.json
sample_root root
quiet root create -o ed-root --root-key "$KEYS/ed25519-1.pub" --targets-key "$KEYS/ed25519-2.pub"
cp "$T_DATA/manifests/good/scalars.yaml" scalars.yaml
printf 'include: [product.yaml]\n' >cycle.yaml
mkdir folder
while IFS= read -r line; do
    with "$line"
    agree product.yaml
    t_equal "$T_STATUS" 1 "$line"
done <<'CASES'
  - {file: nothing.bin}
  - {file: folder}
  - {name: small, file: noise.bin, max_size: 2KiB}
  - {name: pinned, file: noise.bin, sha256: 0000000000000000000000000000000000000000000000000000000000000000}
  - {name: app, file: noise.bin}
  - {name: App, file: noise.bin}
  - {name: app/part, file: noise.bin}
  - {name: ../escape, file: noise.bin}
  - {name: user_manifest/x, file: noise.bin}
  - {files: "nothing-*.bin", name: "{name}"}
  - {file: noise.bin, compression: lz4}
  - {file: noise.bin, file: noise.bin}
  - {file: "${UNKNOWN}"}
  - {file: "${UNKNOWN:?a name is needed}"}
  - {files: "*.bin", name: one}
bundle: {max_size: 8KiB}
sbom: {file: no-sbom.json}
sbom: {file: sbom.json}
sbom: {file: nothing.json}
include: [nothing.yaml]
include: [cycle.yaml]
signing: {root: nothing}
signing: {root: app.bin}
signing: {root: folder}
signing: {keys: ["exec:signer"]}
metta: {}
CASES
with 'bundle: {profile: pigweed}' 'signing: {root: ed-root}'
agree product.yaml
t_equal "$T_STATUS" 1 "Ed25519 keys of a root, with the profile of devices that know none"
with '  - {name: a-name-of-more-than-32-bytes-is-refused, file: noise.bin}' 'bundle: {profile: pigweed}'
agree product.yaml
t_equal "$T_STATUS" 1 "a long name"
# The same limits as advice.
with '  - {name: a-name-of-more-than-32-bytes-is-refused, file: noise.bin}' 'bundle: {format: pigweed}'
agree product.yaml
t_equal "$(findings)" "warning build-warning 0:0"

t_begin "what build accepts, is sound"
sample_root root
head -c 3000 /dev/urandom >noise.bin
while IFS= read -r line; do
    with "$line"
    agree product.yaml
    t_equal "$T_STATUS" 0 "$line"
done <<'CASES'
  - {name: small, file: noise.bin, max_size: 3KiB}
  - {file: noise.bin, compression: gzip}
  - {files: "n*.bin", name: "fw/{name}"}
signing: {root: root}
bundle: {user_manifest: false}
bundle: {max_size: 1MiB, format: pigweed, profile: pigweed}
CASES

t_begin "all faults in one run, each with its place"
cat >product.yaml <<'YAML'
schema: 1
product: {name: widget, vendr: Acme}
release: {version: "1.4.0", metadata_version: 0, expires: soon}
targets:
  - {name: app, file: app.bin, max_size: 1KiB}
  - {name: gone, file: gone.bin}
  - {name: app, file: other.bin}
  - {name: pinned, file: app.bin, sha256: 0000000000000000000000000000000000000000000000000000000000000000}
  - {name: lost, file: "${LOST}"}
signing: {root: no-root, keys: [no-key.pem]}
YAML
head -c 10000 /dev/zero >app.bin
printf other >other.bin
t_run check product.yaml --json
t_exit 1
t_equal "$(findings | sort)" "error manifest-key 2:25
error manifest-value 3:47
error manifest-value 3:59
error not-found 10:17
error not-found 10:33
error not-found 6:5
error target-hash 8:43
error target-name 7:12
error target-too-large 5:42
error variable 9:24"
t_json files.0.sound false
t_run check product.yaml
t_exit 1
t_err_empty
t_equal "$(grep -c '^product.yaml:[0-9]*:[0-9]*: error: .* ([a-z-]*)$' "$T_OUT")" 10
t_out_contains "product.yaml:2:25: error: unknown key 'vendr' in product; expected one of name, vendor, compatible (manifest-key)
  hint: did you mean 'vendor'?"
t_out_contains "unsound: product.yaml: manifest"

t_begin "no YAML is one finding"
printf 'schema: 1\nproduct: {name: [}\n' >product.yaml
agree product.yaml
t_equal "$(findings | wc -l)" 1
t_run check product.yaml
t_out_contains "unsound: product.yaml: manifest
"

t_begin "a fault of an included file is told with that file"
with 'include: [parts/common.yaml]'
mkdir parts
printf 'product: {nme: x}\n' >parts/common.yaml
t_run check product.yaml --json
t_exit 1
t_json files.0.findings.0.file parts/common.yaml
t_json files.0.findings.0.line 1
t_json files.0.findings.0.column 11
t_run check product.yaml
t_out_contains "parts/common.yaml:1:11: error: "
t_out_contains "unsound: product.yaml: "

t_begin "variables"
with '  - {name: more, file: "${MORE}"}'
t_run check product.yaml
t_exit 1
t_must check product.yaml -D MORE=app.bin
t_must check product.yaml --define MORE=app.bin
t_run check product.yaml -D MORE=gone.bin
t_exit 1
try check product.yaml -D =x
error_is check 2 usage

t_begin "the keys that the manifest names"
sample_root root
cp "$KEYS/targets1.pem" "$KEYS/targets2.pem" "$KEYS/root1-encrypted.pem" "$KEYS/ed25519-1.pem" .
keys() { # KEY...: with a root
    with 'signing:' '  root: root' "  keys: [$(printf '%s, ' "$@")]"
    t_run check product.yaml --json
}
keys targets1.pem
t_exit 0
t_json files.0.findings '[]'
keys targets1.pem targets2.pem no.pem "$T_DATA/keys/targets1.pub"
t_exit 1
t_equal "$(findings | cut -d ' ' -f 1,2)" "error key-not-listed
error not-found
error key"
t_equal "$(findings | grep -c ' 8:')" 3
# Build refuses them, too, once it signs.
for key in targets2.pem no.pem "$T_DATA/keys/targets1.pub"; do
    keys "$key"
    t_exit 1
    found=$(t_json_value "$T_OUT" files.0.findings.0.code)
    t_run build product.yaml -o b.swb --json
    t_json_err error.code "$found"
done
t_file_absent b.swb
# Nobody is asked for a passphrase: the public key beside tells who it is.
cp "$KEYS/root1-encrypted.pem" secret.pem
keys secret.pem
t_exit 0
t_equal "$(findings)" "warning build-warning 0:0"
t_out_contains "secret.pem is encrypted"
cp "$KEYS/root1.pub" secret.pem.pub
keys secret.pem
t_exit 1
t_equal "$(findings | cut -d ' ' -f 2)" key-not-listed
cp "$KEYS/targets1.pub" secret.pem.pub
keys secret.pem
t_exit 0
t_json files.0.findings '[]'
# Others can read it; and nothing tells whether it may sign.
with 'signing: {keys: [targets1.pem]}'
chmod 644 targets1.pem
t_must check product.yaml --json
t_equal "$(findings)" "warning build-warning 0:0
warning build-warning 0:0"
chmod 600 targets1.pem
# What a key would add counts: a bundle that fits unsigned only is one that build refuses.
with 'signing: {keys: [targets1.pem]}'
quiet build product.yaml -o signed.pb
size=$(stat -c %s signed.pb)
for max in $((size - 1)) "$size"; do
    with 'signing: {keys: [targets1.pem, targets1.pem]}' "bundle: {format: pigweed, max_size: $max}"
    t_run build product.yaml -o b.pb
    built=$T_STATUS
    t_run check product.yaml --json
    t_exit $((built == 0 ? 0 : 1))
    t_equal "$built $(findings | grep error)" \
        "$([ "$max" = "$size" ] && echo '0 ' || echo '3 error target-too-large 7:37')" "max_size $max"
done
# The profile's devices do not know the type.
with 'signing: {keys: [ed25519-1.pem]}' 'bundle: {profile: pigweed}'
t_run check product.yaml --json
t_exit 1
t_equal "$(findings | grep error)" "error profile 6:18"

t_begin "what is a manifest, by its contents"
sample_manifest
head -c 10000 /dev/zero | tr '\0' a >app.bin
cat >json <<'JSON'
{"schema": 1, "product": {"name": "widget"}, "release": {"version": "1", "metadata_version": 1},
 "targets": [{"file": "app.bin"}]}
JSON
# To protobuf these are tags and lengths: a payload map, field 1, and so on.
sed 's/^schema: 1/"schema": 1 # a comment that is long enough to fill what the length says, and more than it/' \
    product.yaml >quoted
{ echo && cat product.yaml; } >newline
{ printf '\357\273\277' && cat product.yaml; } >mark
sed 's/$/\r/' product.yaml >returns
{ printf -- '---\n' && cat product.yaml; } >dashes
cp product.yaml bundle.swb
for file in json quoted newline returns dashes bundle.swb; do
    agree "$file"
    t_json files.0.kind manifest
    t_json files.0.sound true
done
agree mark
t_json files.0.kind manifest
# "ustar" where a tar bundle has it.
{ printf '#%0256dustar\n' 0 && cat product.yaml; } >tar
t_equal "$(tail -c +258 tar | head -c 5)" ustar
t_must check tar --json
t_json files.0.kind manifest
printf 'a\0b' >nul
try check nul
error_is check 3 file-kind
try check product.yaml nul
error_is check 3 file-kind
t_out_empty
t_run_from product.yaml check -
t_exit 3
t_err_contains "hint: give the name of a manifest"
# More than a manifest may have is one, and too large.
head -c 1100000 /dev/zero | tr '\0' '#' >large
t_run check large --json
t_exit 1
t_json files.0.kind manifest
t_json files.0.findings.0.code manifest-syntax

t_begin "several files of several kinds"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem" --audit-log log
t_must check product.yaml b.swb root log
t_equal "$(grep -c '^sound: ' "$T_OUT")" 4
t_files "app.bin b.swb log product.yaml root"

# ---- --expires-within ------------------------------------------------------------------------------

in_days() { date -u -d "@$(($(date +%s) + $1 * 86400))" +%Y-%m-%dT%H:%M:%SZ; }

t_begin "--expires-within finds what soon expires, of every kind of file"
sample_manifest
sed -i "s/metadata_version: 42/&, expires: $(in_days 40)/" product.yaml
sample_root root --expires "$(in_days 50)"
printf 'signing: {root: root}\n' >>product.yaml
quiet build product.yaml -o b.swb --key "$KEYS/targets1.pem"
quiet convert b.swb -o b.pb
for file in product.yaml b.swb b.pb root; do
    t_must check "$file" --expires-within 30d
done
for file in product.yaml b.swb b.pb; do
    t_run check "$file" --expires-within 45d --json
    t_exit 1
    t_equal "$(findings | cut -d ' ' -f 1,2)" "error expires-within"
    t_run check "$file" --expires-within 60d --json
    t_exit 1
    t_equal "$(findings | cut -d ' ' -f 1,2)" "error expires-within
error expires-within"
done
t_run check product.yaml --expires-within 60d
t_out_contains "product.yaml:3:60: error: the release expires $(in_days 40 | cut -c 1-10)"
t_out_contains "product.yaml:6:17: error: the root expires $(in_days 50 | cut -c 1-10)"
t_run check root --expires-within 60d
t_exit 1
t_out_contains " days (expires-within)"
# It is an error, and takes nothing from what is found by the signatures.
t_run check b.swb --expires-within 60d --json
t_json files.0.signatures_checked true

t_begin "a span that no expiry lies within"
sample_root root
for span in 99999999d 9999999999999999h 3000000y; do
    try check root --expires-within $span
    t_err_contains "--expires-within '$span' is too long: nothing expires after the year 9999"
    error_is check 2 usage
done
for span in 0d 00y 30 d 5m; do
    t_run check root --expires-within $span
    t_exit 2
    t_err_contains "--expires-within '$span' is no span of at least an hour"
done

t_begin "what soon expires is told once"
sample_root root --expires "$(in_days 10)"
t_must check root
t_out_contains "(root-expires-soon)"
t_run check root --expires-within 30d --json
t_exit 1
t_equal "$(findings | cut -d ' ' -f 1,2)" "error expires-within"
t_must check root --expires-within 5d --json
t_equal "$(findings | cut -d ' ' -f 1,2)" "warning root-expires-soon"

t_begin "what has expired"
sample_manifest
sample_root past --expires 2020-01-01
t_run check past --expires-within 30d --json
t_exit 1
t_equal "$(findings | cut -d ' ' -f 1,2)" "error root-expiry"
# Without the option, build would do as it is told.
sed -i "s/metadata_version: 42/&, expires: 2020-01-01/" product.yaml
t_must check product.yaml --json
t_equal "$(findings | cut -d ' ' -f 1,2)" "warning build-warning"
t_run check product.yaml --expires-within 1d --json
t_exit 1
t_equal "$(findings | tail -n 1)" "error expires-within 3:60"
sample_root root
for arguments in "--root root --key $KEYS/targets1.pem" "--key $KEYS/targets1.pem"; do
    # shellcheck disable=SC2086
    quiet build product.yaml -o b.swb $arguments
    t_run check b.swb --expires-within 1d --json
    t_exit 1
    t_equal "$(findings | grep -cE 'error (expires-within|targets-expiry)')" 1 "$arguments"
done

t_begin "--expires-within takes spans"
sample_root root
for span in 30 0d soon 2027-01-01 -1d ''; do
    try check root "--expires-within=$span"
    error_is check 2 usage
done
for span in 1h 30d 6w 1y; do
    t_must check root --expires-within "$span"
done
