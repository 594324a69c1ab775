#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# verify --against: the metadata built again from the sources, and what differs.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# A bundle of app and data, signed, with its root.
prepare() {
    sample_manifest
    echo data >data.bin
    echo '  - {name: data, file: data.bin, meta: {board: b}}' >>product.yaml
    # shellcheck disable=SC2016 # a variable of the manifest
    echo 'meta: {ticket: "${TICKET:-none}"}' >>product.yaml
    sample_root root
    quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
}

against() { # BUNDLE OPTION...
    t_run verify "$1" --root root --against product.yaml "${@:2}"
}

# The differences by their paths, each with what both sides have.
differences() {
    jq -r '.against.differences[] | [.path, (.a // "-" | tostring), (.b // "-" | tostring)] | join(" ")' "$T_OUT"
}

step() { # SLUG
    jq -r --arg step "$1" '.steps[] | select(.step == $step) | .verdict' "$T_OUT"
}

t_begin "a bundle that the sources make is the same byte for byte, in both containers"
prepare
quiet convert b.swb -o b.pb
for bundle in b.swb b.pb; do
    against "$bundle"
    t_exit 0
    t_out_contains "pass     against           the same, byte for byte: 3 targets"
    against "$bundle" --json
    t_exit 0
    t_equal "$(jq -c '[.verdict, .against.same, .against.manifest, .against.differences]' "$T_OUT")" \
        '["accept",true,"product.yaml",[]]' JSON
done
t_run_from b.swb verify - --root root --against product.yaml
t_exit 0

t_begin "without the option the step is not there"
prepare
t_run verify b.swb --root root --json
t_exit 0
t_equal "$(jq -c '[.against, ([.steps[].step] | index("against"))]' "$T_OUT")" '[null,null]' JSON

t_begin "a target with other bytes, of the same length and of another, is named"
prepare
printf 'Data\n' >data.bin
against b.swb --json
t_exit 1
t_equal "$(jq -r .failed_step "$T_OUT")" against step
t_equal "$(differences | cut -d' ' -f1)" targets.data.sha256 differences
t_out_lacks "compressor"
t_equal "$(differences)" "targets.data.sha256 $(printf 'data\n' | sha256sum | cut -c-64) $(sha256sum data.bin | cut -c-64)" values
printf 'longer data\n' >data.bin
against b.swb
t_exit 1
t_out_contains "2 differences: targets.data.length"
t_out_contains "  targets.data.length: 5 in the bundle, 12 from the sources"
t_out_contains "reject: b.swb fails at against"

t_begin "a target that one side lacks is named"
prepare
sed -i '/name: data/d' product.yaml
against b.swb
t_exit 1
t_out_contains "targets.data.length: 5 in the bundle only"
t_out_lacks "order of the targets"
t_out_contains "user_manifest.targets.data.meta.board: b in the bundle only"
quiet build product.yaml -o small.swb --root root --key "$KEYS/targets1.pem"
sed -i 's/^meta:/  - {name: extra, file: data.bin}\n&/' product.yaml
against small.swb
t_exit 1
t_out_contains "targets.extra.length: 5 from the sources only"
sed -i '/name: extra/d; s/^ *- {name: app/  - {name: extra, file: data.bin}\n&/' product.yaml
against small.swb
t_exit 1
t_out_contains "targets.extra.length: 5 from the sources only"
t_out_lacks "order of the targets"
prepare
sed -i '/name: app/{h;d};/name: data/{s/data/more/;G}' product.yaml
against b.swb
t_exit 1
t_out_contains "targets.more.length: 5 from the sources only"
t_out_lacks "order of the targets"

t_begin "each field of the release and the metadata that differs is named"
prepare
sed -i 's/version: "1.4.0", metadata_version: 42/version: "1.5.0", metadata_version: 43, expires: 2040-01-01/
        s/vendor: Acme/vendor: Bcme/' product.yaml
against b.swb --json -D TICKET=REL-9
t_exit 1
t_equal "$(differences | LC_ALL=C sort)" 'expires - 2040-01-01T23:59:59Z
user_manifest.meta.ticket none REL-9
user_manifest.product.vendor Acme Bcme
user_manifest.release.expires - 2040-01-01T23:59:59Z
user_manifest.release.metadata_version 42 43
user_manifest.release.version 1.4.0 1.5.0
version 42 43' differences

t_begin "-D gives what the build was given"
prepare
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem" -D TICKET=REL-9
against b.swb
t_exit 1
t_out_contains "user_manifest.meta.ticket: REL-9 in the bundle, none from the sources"
against b.swb -D TICKET=REL-9
t_exit 0

t_begin "another order of the targets is named"
prepare
sed -i '/name: app/{h;d};/name: data/{G}' product.yaml
against b.swb --json
t_exit 1
t_equal "$(differences)" "order of the targets - -" differences

t_begin "it runs, and the payloads too, when only the quorum of the targets keys is missing"
prepare
quiet build product.yaml -o unsigned.swb --root root
against unsigned.swb --json
t_exit 1
t_equal "$(jq -r .failed_step,.authenticated,.against.same "$T_OUT" | tr '\n' ' ')" "targets-quorum false true " verdict
t_equal "$(step payloads) $(step end) $(step against)" "pass pass pass" steps
against unsigned.swb
t_out_contains "reject: unsigned.swb fails at targets-quorum"
echo other >data.bin
against unsigned.swb --json
t_exit 1
t_equal "$(jq -r .failed_step "$T_OUT") $(step against)" "targets-quorum fail" verdict
python3 - unsigned.swb <<'PYTHON'
import sys
data = open(sys.argv[1], "rb").read()
open("spoilt.swb", "wb").write(data.replace(b"a" * 9999, b"a" * 9998 + b"b"))
PYTHON
against spoilt.swb --json
t_exit 1
t_equal "$(step payloads) $(step end)" "fail " "steps of a spoilt payload"

t_begin "whatever else fails ends it before the sources are looked at"
prepare
rm app.bin
against b.swb
t_exit 5
truncate -s -512 b.swb
against b.swb --json
t_exit 1
t_equal "$(jq -r .failed_step,.against "$T_OUT" | tr '\n' ' ')" "end null " verdict

t_begin "the root that build was given in the manifest's place is the bundle's own"
prepare
echo 'signing: {root: other}' >>product.yaml
quiet root create -o other --root-key "$KEYS/root2.pub" --targets-key "$KEYS/targets1.pub" \
    --sign-with "$KEYS/root2.pem"
against b.swb --json
t_exit 0
t_out_contains "built with root version 1, which is not the manifest's"
t_equal "$(step against)" warn "verdict of the step"
against b.swb --strict --json
t_exit 1
t_equal "$(jq -r .failed_step "$T_OUT")" against step
quiet build product.yaml -o b2.swb --key "$KEYS/targets1.pem"
t_run verify b2.swb --root other --against product.yaml --json
t_exit 0
t_out_lacks "which is not the manifest's"

t_begin "a root for which only the bundle vouches does not stand in for the manifest's"
prepare
t_run verify b.swb --self --against product.yaml --json
t_exit 0
t_out_contains "built with root version 1, which the manifest does not name"
echo 'signing: {root: root}' >>product.yaml
t_run verify b.swb --self --against product.yaml
t_exit 0
quiet root create -o other --root-key "$KEYS/root2.pub" --targets-key "$KEYS/targets2.pub" \
    --sign-with "$KEYS/root2.pem"
quiet build product.yaml -o b2.swb --root other --key "$KEYS/targets2.pem"
t_run verify b2.swb --self --against product.yaml --json
t_exit 1
t_equal "$(jq -r .failed_step "$T_OUT")" against step
t_equal "$(differences | cut -d' ' -f1)" user_manifest.root.sha256 differences

t_begin "the root that build was given is the trusted one, and the bundle has none"
prepare
quiet convert b.swb -o b.pb
wire drop 5 <b.pb >rootless.pb
against rootless.pb --json
t_exit 0
t_out_contains "built with root version 1, which the manifest does not name"

t_begin "a root that nothing here vouches for is a difference"
prepare
quiet build product.yaml -o rootless.swb --key "$KEYS/targets1.pem"
echo 'signing: {root: root}' >>product.yaml
against rootless.swb --json
t_exit 1
t_equal "$(differences | cut -d' ' -f1 | LC_ALL=C sort | tr '\n' ' ')" \
    "user_manifest.root.sha256 user_manifest.root.version " differences

t_begin "what cannot be built is an error, and no verdict"
prepare
echo 'unknown: key' >>product.yaml
against b.swb
t_exit 3
t_err_contains "product.yaml:8:1: unknown key 'unknown'"
t_out_lacks accept
prepare
rm data.bin
against b.swb
t_exit 5
t_err_contains "data.bin"
t_run verify b.swb --root root --against missing.yaml
t_exit 5

t_begin "faults of the command line"
prepare
t_run verify b.swb --root root -D A=1
t_exit 2
t_err_contains "-D goes with --against"
t_run verify --type root root --root root --against product.yaml
t_exit 2
t_run extract b.swb --root root -C x --against product.yaml
t_exit 2

t_begin "hostile text of a bundle is escaped, and many differences are counted"
prepare
for i in $(seq 150); do echo "  m$i: \"$i\""; done >more.txt
sed -i '/^meta:/d' product.yaml
{ cat product.yaml; echo 'meta:'; cat more.txt; } >many.yaml
quiet build many.yaml -o many.swb --root root --key "$KEYS/targets1.pem"
against many.swb
t_exit 1
t_out_contains "150 differences: user_manifest.meta.m1, ..."
t_out_contains "  and 50 more"

t_begin "targets in another order, unknown fields, another encoding are differences that no field shows"
prepare
quiet convert b.swb -o b.pb
wire get 3/2/1 <b.pb >metadata
wire add . 100 s:x <metadata >longer
wire set 3/2/1 @longer <b.pb >unknown.pb
against unknown.pb --json
t_equal "$(differences | cut -d ' ' -f 1)" "unknown_fields.count
unknown_fields.sha256" "an unknown field"
wire get 2 <metadata >target
{ cat target && printf '\032\005\010\002\022\001\377'; } >hashed
wire set 2 @hashed <metadata >longer
wire set 3/2/1 @longer <b.pb >hashed.pb
against hashed.pb --json
t_equal "$(differences)" "other_hashes.user_manifest 1 -" "a hash that nobody compares"
head=$((2 + $(od -An -tu1 -j1 -N1 metadata)))
{ tail -c "+$((head + 1))" metadata && head -c "$head" metadata; } >turned
wire set 3/2/1 @turned <b.pb >turned.pb
against turned.pb --json
t_equal "$(differences)" "encoding of the metadata - -" "the first field last"
sed -i '/name: app/{h;d};/name: data/{G}' product.yaml
against b.swb
t_exit 1
t_out_contains "1 difference: order of the targets
"
sed -i 's/metadata_version: 42/metadata_version: 43/' product.yaml
against unknown.pb --json
t_equal "$(differences | cut -d ' ' -f 1 | LC_ALL=C sort)" "order
unknown_fields.count
unknown_fields.sha256
user_manifest.release.metadata_version
version" "what no field shows, beside what one shows"

t_begin "a user_manifest is compared by what it holds when it is ours, and by its hash in any case"
prepare
tar -xOf b.swb targets/user_manifest | jq . >ours
echo "not ours" >theirs
for content in ours theirs; do
    { sed '/^targets:/a\  - {name: user_manifest, file: '$content'}' product.yaml && echo 'bundle: {user_manifest: false}'; } >own.yaml
    quiet build own.yaml -o own.swb --root root --key "$KEYS/targets1.pem"
    against own.swb --json
    t_exit 1
    t_equal "$(differences | cut -d' ' -f1 | tr '\n' ' ')" \
        "targets.user_manifest.length targets.user_manifest.sha256 " "$content"
    t_run verify b.swb --root root --against own.yaml --json
    t_exit 1
    t_equal "$(differences | cut -d' ' -f1 | tr '\n' ' ')" \
        "targets.user_manifest.length targets.user_manifest.sha256 " "$content from the sources"
done
quiet convert b.swb -o b.pb
wire get 3/2/1 <b.pb >metadata
wire get 2 <metadata >first
wire drop 2 <metadata | wire add . 2 @first >turned
wire set 3/2/1 @turned <b.pb >turned.pb
sed -i s/Acme/Bcme/ product.yaml
against turned.pb --json
t_equal "$(differences | cut -d' ' -f1 | tr '\n' ' ')" \
    "targets.user_manifest.length targets.user_manifest.sha256 order " "one that is not the first target"

t_begin "a limit of the manifest is that of the container judged"
prepare
quiet convert b.swb -o b.pb
size=$(wc -c <b.pb)
echo "bundle: {max_size: $((size + 100))}" >>product.yaml
against b.pb
t_exit 0
against b.swb
t_exit 3
t_err_contains "bundle: max_size"

t_begin "a compressed target that differs: another compressor may have made it"
prepare
head -c 5000 "$T_TOOL" >data.bin
sed -i 's/name: data,/& compression: gzip,/' product.yaml
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
against b.swb
t_exit 0
t_out_lacks "another version of the compressor"
head -c 5001 "$T_TOOL" >data.bin
against b.swb
t_exit 1
t_out_contains "'data' is compressed (gzip): another version of the compressor makes other bytes"

t_begin "a compressed target that the bundle does not have"
prepare
head -c 5000 "$T_TOOL" >more.bin
sed -i 's/^meta:/  - {name: more, file: more.bin, compression: gzip}\n&/' product.yaml
against b.swb
t_exit 1
t_out_contains "targets.more.length"
t_out_lacks "compressor"
