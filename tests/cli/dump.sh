#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dump: what is in a file, as text and as JSON, without a key and without a verdict.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/devices.bash"

sample_bundle() {
    sample_manifest
    sample_root root
    quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
}

# device_manifest BUNDLE: the Manifest of a device that accepted the tar bundle.
device_manifest() {
    targets_envelope "$1" | wire get 1 >metadata
    payload "$1" user_manifest >record
    wire add . 1 s:targets </dev/null | wire add . 2 @metadata >entry
    wire add . 1 @entry </dev/null | wire add . 2 @record
}

# dump_both FILE: as text into text (with whole hashes), as JSON into json; each name, number and id of the
# one is in the other.
dump_both() {
    t_run dump "$1" -v
    t_exit 0
    t_err_empty
    cp "$T_OUT" text
    t_out_contains "(nothing was verified)"
    t_run dump "$1" --json
    t_exit 0
    t_err_empty
    t_json verified false
    cp "$T_OUT" json
    python3 - text json <<'PYTHON' >differences || t_fail "text and JSON hold other things: $(cat differences)"
import json, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
document = json.load(open(sys.argv[2], encoding="utf-8"))
words = set(re.findall(r"[^\s,:()]+", text))

def values(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from values(item)
    elif isinstance(value, list):
        for item in value:
            yield from values(item)
    else:
        yield str(value)

known = set()
for value in values(document):
    known.update(re.findall(r"[^\s,:()]+", value))
# Ids and hashes of the text are all in the JSON, and those of targets and keys the other way round.
for word in words:
    if re.fullmatch("[0-9a-f]{64}", word) and word not in known:
        sys.exit(print("only in the text:", word) or 1)
roots = [document if document["kind"] == "root" else document.get("root", {})]
wanted = [key["key_id"] for root in roots for key in root.get("keys", [])]
wanted += [root["expires"] for root in roots if "expires" in root]
for target in document["targets"] if document["kind"] != "root" else []:
    wanted += [target["name"], target["sha256"]] + [target[k] for k in ("type", "slot", "version") if k in target]
manifest = document.get("user_manifest", {})
for part in ("product", "release"):
    for name, value in manifest.get(part, {}).items():
        if name in ("name", "vendor", "version", "channel", "vcs"):
            wanted.append(value)
for warning in document.get("warnings", []):
    if warning not in text:
        sys.exit(print("only in the JSON:", warning) or 1)
for item in wanted:
    if item not in text:
        sys.exit(print("only in the JSON:", item) or 1)
metadata = document.get("targets_metadata", {})
for version in [root["version"] for root in roots if "version" in root] + [metadata.get("version")]:
    if version is not None and f"version {version}" not in text:
        sys.exit(print("only in the JSON: version", version) or 1)
PYTHON
}

t_begin "a bundle: text and JSON hold the same, in both containers"
sample_bundle
quiet convert b.swb -o b.pb
for file in b.swb b.pb; do
    dump_both "$file"
    t_json kind bundle
    t_json size "$(stat -c %s "$file")"
    t_json targets.1.name app
    t_json targets.1.length 10000
    t_json targets.1.sha256 "$(sha256sum <app.bin | cut -d' ' -f1)"
    t_json targets.1.present true
    t_json targets_metadata.version 42
    t_json root.version 1
    t_json root.quorum.met true
    t_json user_manifest.product.vendor Acme
    t_json warnings '[]'
done
t_json container pigweed
python3 -c 'import json, sys
a, b = (json.load(open(f)) for f in sys.argv[1:])
for d in a, b:
    for name in "file", "container", "size":
        del d[name]
assert a == b' <("$T_TOOL" dump b.swb --json) <("$T_TOOL" dump b.pb --json) || t_fail "the containers differ"

t_begin "root metadata: text and JSON hold the same"
sample_root root --expires 2099-01-01 --root-key "$KEYS/ed25519-1.pub" --targets-key "$KEYS/rsa2048.pub"
dump_both root
t_json kind root
t_json expires 2099-01-01T23:59:59Z
t_json root.keys.0 "$(key_id "$KEYS/root1.pub")"
t_json sha256 "$(wire get 1 <root | sha256sum | cut -d' ' -f1)"
t_file_contains text ed25519
t_file_contains text rsa-2048

t_begin "a device manifest: text and JSON hold the same"
sample_bundle
device_manifest b.swb >device
dump_both device
t_json kind device-manifest
t_json targets_metadata.version 42
t_json targets.1.name app
t_json user_manifest.product.name widget

t_begin "content tells what a file is, never its name"
sample_bundle
device_manifest b.swb >device
quiet convert b.swb -o b.pb
for pair in b.swb:bundle b.pb:bundle root:root device:device-manifest; do
    for name in x.swb x.pb x.json x; do
        cp "${pair%%:*}" "$name"
        t_run dump "$name" --json
        t_exit 0
        t_json kind "${pair#*:}"
    done
done

t_begin "what is unsigned, short of its quorum, left out or expired is told; the exit status is 0"
sample_manifest
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
    --targets-key "$KEYS/targets2.pub" --targets-threshold 2 --expires 2020-01-01
quiet build product.yaml -o b.swb --root root
t_run dump b.swb
t_exit 0
t_out_contains "warning: the root is unsigned"
t_out_contains "warning: the targets metadata is unsigned"
t_out_contains "warning: the root expired 2020-01-01T23:59:59Z"
quiet sign b.swb --key "$KEYS/targets1.pem"
t_run dump b.swb
t_exit 0
t_out_contains "warning: the targets metadata needs 1 more signature"
quiet convert b.swb -o b.pb
wire drop 4:1 <b.pb >left.pb
dump_both left.pb
t_json targets.1.present false
t_file_contains text "left out"
t_file_contains text "1 listed payload is missing"

t_begin "a signature that is false is told, and no error"
sample_bundle
quiet convert b.swb -o b.pb
wire set 3/2/2/2 "x:$(printf '11%.0s' {1..64})" <b.pb >forged.pb
t_run dump forged.pb
t_exit 0
t_out_contains "warning: the targets metadata needs 1 more signature"

t_begin "a name of 100,000 characters that control a terminal is shown, as text"
sample_bundle
quiet convert b.swb -o b.pb
head -c 100000 /dev/zero | tr '\0' '\33' >name
wire set 3/2/1/2/1 @name <b.pb >long.pb
t_run dump long.pb
t_exit 0
t_equal "$(grep '^  .x1b' "$T_OUT" | grep -o '\\x1b' | wc -l)" 100000 escapes
t_out_lacks "$(printf '\33')"
t_run dump long.pb --json
t_equal "$(jq '.targets[0].name | length' "$T_OUT")" 100000 name

t_begin "a rule that is broken is told, and the file is shown"
sample_root root
wire set 1/4/2 9 <root >broken
dump_both broken
t_out_contains "threshold of the root role is 9"

t_begin "from standard input"
sample_bundle
t_must dump b.swb --json
cp "$T_OUT" named
t_run_from b.swb dump - --json
t_exit 0
t_json targets.1.name app
# shellcheck disable=SC2002 # a pipe, not a file
cat b.swb | "$T_TOOL" dump - >out 2>err
t_equal $? 0
t_file_contains out "(nothing was verified)"

t_begin "what is of no kind that is known: the error lists what the command takes"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root
while read -r expected command; do
    read -ra words <<<"$command"
    t_run "${words[@]}"
    t_exit 3
    t_err_contains "product.yaml: the file is of no kind that is known here: expected ${expected//_/ }"
    t_err_lacks "device manifest"
done <<'END'
a_bundle_or_root_metadata sign product.yaml --key k
a_bundle_or_root_metadata diff b.swb product.yaml
a_bundle convert product.yaml -o out
a_signing_response_or_a_signed_copy sign b.swb --attach product.yaml
END
t_run dump product.yaml
t_err_contains "expected a bundle, root metadata or a device manifest"

t_begin "what is of no kind that is known: exit 3, one line"
sample_manifest
: >empty
head -c 1000 /dev/urandom >random
for file in empty product.yaml app.bin "$KEYS/root1.pem" random; do
    t_run dump "$file"
    t_exit 3
    t_out_empty
    t_equal "$(grep -vc '^hint: ' "$T_ERR")" 1 "lines of error for $file"
done
t_run dump nothing
t_exit 5
t_run dump .
t_exit 3
t_run dump
t_exit 2

t_begin "a device directory: root, floor, manifest, and which targets are there"
sample_device dev
t_run dump dev
t_exit 0
t_err_empty
t_out_contains "dev: device directory (nothing was verified)"
t_out_contains "root      version 1, never expires"
t_out_contains "  + $(key_id "$KEYS/root1.pub") ecdsa-p256"
t_out_contains "floor     none: any targets version"
t_out_lacks "targets   version"
t_run dump dev --json
t_exit 0
t_json kind device
t_json verified false
t_json floor null
t_json root.quorum.met true
t_out_lacks '"targets_metadata"'
sample_release 42 b.swb --root root
quiet apply b.swb --device dev
listing dev >before
t_run dump dev/ --json
t_exit 0
t_json floor 42
t_json targets_metadata.version 42
t_json user_manifest.product.name widget
t_json targets.1.state present
t_json warnings '[]'
rm dev/current/targets/user_manifest
echo more >>dev/current/targets/app
t_run dump dev --json
t_json targets.0.state missing
t_json targets.1.state other-length
t_run dump dev
t_exit 0
t_out_contains "product   widget (Acme)"
t_out_contains "floor     42"
t_out_contains "targets   version 42, never expires"
t_out_contains "other-length"
t_out_contains "warning: the file of 1 target is missing"
t_out_contains "warning: the file of 1 target has another length than the manifest lists"
echo 41 >dev/current/floor
t_run dump dev
t_out_contains "warning: the floor is 41, the manifest has targets version 42"

t_begin "a device directory is dumped without a write or a hash, its payloads as they are"
sample_device dev
sample_release 42 b.swb
quiet apply b.swb --device dev
head -c 10000 /dev/zero >dev/current/targets/app
listing dev >before
t_must dump dev --json
t_json targets.1.state present
listing dev >after
t_file_equal after before

t_begin "nothing is written, and no key is needed"
sample_bundle
rm -r "$KEYS"
t_run dump b.swb
t_exit 0
t_files "app.bin b.swb product.yaml root"
