#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check --policy: each rule on each kind of file that it applies to, broken and kept; and policies that are
# no policies.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# The rules of policy.yaml, a line each, as "rule: expiry, min: 30d".
policy() {
    printf 'schema: 1\nrules:\n' >policy.yaml
    printf '  - {%s}\n' "$@" >>policy.yaml
}

# "LEVEL CODE", a line for each finding that is a rule's.
found() {
    python3 -c 'import json, sys
for f in json.load(open(sys.argv[1]))["files"][0]["findings"]:
    if f["code"].startswith("policy-"):
        print(f["level"], f["code"])' "$T_OUT"
}

holds() { # FILE...
    local file
    for file in "$@"; do
        t_run check "$file" --policy policy.yaml --json
        t_exit 0
        t_equal "$(found)" "" "$file"
    done
}

breaks() { # CODE COUNT FILE...
    local file
    for file in "${@:3}"; do
        t_run check "$file" --policy policy.yaml --json
        t_exit 1
        t_equal "$(found)" "$(yes "error $1" | head -n "$2")" "$file"
        t_json ok false
    done
}

in_days() { date -u -d "@$(($(date +%s) + $1 * 86400))" +%Y-%m-%dT%H:%M:%SZ; }

# What is judged: product.yaml, tar and pb built of it, root. Options are those of the root.
release() {
    sample_manifest
    sed -i "s/metadata_version: 42/&, expires: $(in_days 100)/" product.yaml
    sample_root root "$@"
    cp "$KEYS/targets1.pem" .
    printf 'signing: {root: root, keys: [targets1.pem]}\n' >>product.yaml
    bundles
}
bundles() {
    quiet build product.yaml -o b.swb
    quiet convert b.swb -o b.pb
}
RELEASE=(product.yaml b.swb b.pb)

t_begin "forbidden-keys"
release
cp "$KEYS"/{root1,root2,targets1,targets2}.pub .
policy "rule: forbidden-keys, keys: [root2.pub, $(key_id "$KEYS/targets2.pub")]"
holds "${RELEASE[@]}" root
# Listed, and has signed the root.
policy "rule: forbidden-keys, keys: [root1.pub]"
breaks policy-forbidden-keys 2 "${RELEASE[@]}" root
t_run check product.yaml --policy policy.yaml
t_out_contains "product.yaml:6:17: error: the root lists the key $(key_id root1.pub | cut -c 1-12)"
t_out_contains "signed the root (policy-forbidden-keys)"
# Listed, and signs the targets metadata; by file, by its id, by the start of it in upper case.
id=$(key_id targets1.pub)
for key in targets1.pub "$id" "'$(cut -c 1-8 <<<"$id" | tr a-f A-F)'"; do
    policy "rule: forbidden-keys, keys: [root2.pub, $key]"
    breaks policy-forbidden-keys 2 "${RELEASE[@]}"
    breaks policy-forbidden-keys 1 root
done
# Has signed, and is listed by no root; the bundle has none.
quiet build product.yaml -o b.swb --root root
sed -i '/^signing/d' product.yaml
quiet build product.yaml -o bare.swb --key targets1.pem
breaks policy-forbidden-keys 1 bare.swb
printf 'signing: {keys: [targets1.pem]}\n' >>product.yaml
breaks policy-forbidden-keys 1 product.yaml
# A key of which nothing is known is not let pass.
cp "$KEYS/root1-encrypted.pem" secret.pem
sed -i '/^signing/d' product.yaml
printf 'signing: {keys: [secret.pem]}\n' >>product.yaml
policy "rule: forbidden-keys, keys: [root2.pub]"
breaks policy-forbidden-keys 1 product.yaml
cp root1.pub secret.pem.pub
holds product.yaml

t_begin "min-threshold"
release
policy "rule: min-threshold, root: 1, targets: 1"
holds "${RELEASE[@]}" root
policy "rule: min-threshold, root: 2"
breaks policy-min-threshold 1 "${RELEASE[@]}" root
policy "rule: min-threshold, targets: 2"
breaks policy-min-threshold 1 "${RELEASE[@]}" root
policy "rule: min-threshold, root: 2, targets: 2"
breaks policy-min-threshold 2 "${RELEASE[@]}" root
quiet root create -o root --root-key "$KEYS/root1.pub" --root-key "$KEYS/root2.pub" \
    --root-threshold 2 --targets-key "$KEYS/targets1.pub" --targets-key "$KEYS/targets2.pub" \
    --targets-threshold 2 --sign-with "$KEYS/root1.pem" --sign-with "$KEYS/root2.pem"
cp "$KEYS/targets2.pem" .
sed -i 's/targets1.pem/&, targets2.pem/' product.yaml
bundles
holds "${RELEASE[@]}" root
# What has no root cannot be judged, and does not pass.
sed -i '/^signing/d' product.yaml
quiet build product.yaml -o b.swb --key targets1.pem
quiet convert b.swb -o b.pb
breaks policy-min-threshold 1 "${RELEASE[@]}"
t_out_contains "there is no root"

t_begin "expiry"
release --expires "$(in_days 400)"
policy "rule: expiry"
holds "${RELEASE[@]}" root
policy "rule: expiry, min: 90d, max: 2y"
holds "${RELEASE[@]}" root
policy "rule: expiry, role: targets, min: 99d, max: 101d"
holds "${RELEASE[@]}" root
policy "rule: expiry, role: targets, min: 101d"
breaks policy-expiry 1 "${RELEASE[@]}"
holds root
policy "rule: expiry, role: targets, max: 99d"
breaks policy-expiry 1 "${RELEASE[@]}"
t_run check product.yaml --policy policy.yaml
t_out_contains "product.yaml:3:60: error: the release expires"
policy "rule: expiry, role: root, max: 1y"
breaks policy-expiry 1 "${RELEASE[@]}" root
policy "rule: expiry, role: root, min: 2y"
breaks policy-expiry 1 "${RELEASE[@]}" root
policy "rule: expiry, min: 2y"
breaks policy-expiry 2 "${RELEASE[@]}"
# Not given.
release
policy "rule: expiry, role: root"
breaks policy-expiry 1 "${RELEASE[@]}" root
sed -i 's/, expires: [^}]*}/}/' product.yaml
bundles
policy "rule: expiry"
breaks policy-expiry 2 "${RELEASE[@]}"
policy "rule: expiry, role: targets"
breaks policy-expiry 1 "${RELEASE[@]}"
t_out_contains "the targets metadata has no expiry"
# Past.
sample_manifest
sed -i 's/metadata_version: 42/&, expires: 2020-01-01/' product.yaml
breaks policy-expiry 1 product.yaml
# No root.
policy "rule: expiry, role: root"
breaks policy-expiry 1 product.yaml

t_begin "sbom-required"
release
policy "rule: sbom-required"
breaks policy-sbom-required 1 "${RELEASE[@]}"
holds root
printf '{"bomFormat": "CycloneDX", "specVersion": "1.5"}' >sbom.json
printf 'sbom: {file: sbom.json}\n' >>product.yaml
bundles
holds "${RELEASE[@]}"
# Nothing says that it is one.
printf 'bundle: {user_manifest: false}\n' >>product.yaml
quiet build product.yaml -o b.swb
breaks policy-sbom-required 1 b.swb

t_begin "max-size"
release
size=$(stat -c %s b.swb)
for rule in "rule: max-size, size: 1MiB" "rule: max-size, size: $(stat -c %s b.pb b.swb | sort -n | tail -n 1)" \
    "rule: max-size, target: app, size: 10000" "rule: max-size, target: 'b*', size: 1" \
    "rule: max-size, target: '*', size: 10000"; do
    policy "$rule"
    holds "${RELEASE[@]}" root
done
policy "rule: max-size, size: $((size - 1))"
breaks policy-max-size 1 b.swb
policy "rule: max-size, size: 8KiB"
breaks policy-max-size 1 "${RELEASE[@]}"
for pattern in app 'a*' '???' '*'; do
    policy "rule: max-size, target: '$pattern', size: 9999"
    breaks policy-max-size 1 "${RELEASE[@]}"
done
t_out_contains "target 'app' has 10,000 bytes, expected 9.8 KiB at most"
# A budget is one of the original, however well it is compressed.
sed -i 's/file: app.bin/&, compression: gzip/' product.yaml
bundles
breaks policy-max-size 1 "${RELEASE[@]}"

t_begin "version-above"
release
cp b.swb last.swb
quiet convert last.swb -o last.pb
for last in last.swb last.pb; do
    policy "rule: version-above, bundle: $last"
    breaks policy-version-above 1 "${RELEASE[@]}"
    holds root
done
t_run check product.yaml --policy policy.yaml
t_out_contains "product.yaml:3:47: error: metadata version 42 is not above 42, that of last.pb"
for version in 41 43; do
    sed -i "s/metadata_version: [0-9]*/metadata_version: $version/" product.yaml
    bundles
    if [ $version = 41 ]; then
        breaks policy-version-above 1 "${RELEASE[@]}"
    else
        holds "${RELEASE[@]}"
    fi
done
policy "rule: version-above, bundle: last.swb" "rule: version-above, bundle: last.swb"
holds "${RELEASE[@]}"

t_begin "allowed-names"
release
printf 'notes\n' >notes.md
sed -i 's/version: "1.4.0", meta/notes: notes.md, &/' product.yaml
sed -i 's/^signing/  - {name: fw\/boot, file: app.bin}\n&/' product.yaml
bundles
for names in 'app, fw/boot' '"*"' '"a*", "fw/*"' '"???", "??/boot"'; do
    policy "rule: allowed-names, names: [$names]"
    holds "${RELEASE[@]}" root
done
policy "rule: allowed-names, names: [app]"
breaks policy-allowed-names 1 "${RELEASE[@]}"
t_out_contains "'fw/boot'"
policy "rule: allowed-names, names: [fw]"
breaks policy-allowed-names 2 "${RELEASE[@]}"

t_begin "level and reason"
release
policy "rule: min-threshold, root: 2, level: warning, reason: one person is not enough"
for file in "${RELEASE[@]}" root; do
    t_must check "$file" --policy policy.yaml --json
    t_equal "$(found)" "warning policy-min-threshold"
done
t_must check root --policy policy.yaml
t_out_contains "root: warning: the root asks for 1 root key, expected 2 at least (policy-min-threshold)
  hint: policy.yaml:3: one person is not enough"
policy "rule: min-threshold, root: 2, level: error"
t_run check root --policy policy.yaml
t_exit 1
t_out_contains "  hint: the rule stands at policy.yaml:3"

t_begin "a policy takes nothing from what is found else"
release
policy "rule: min-threshold, root: 2"
t_run check b.swb --policy policy.yaml --json
t_json files.0.signatures_checked true
head -c 3000 b.swb >cut.swb
t_run check cut.swb --policy policy.yaml
t_exit 1
t_out_contains "cut.swb: error: "
t_out_contains "(policy-min-threshold)"
# What is broken is told as such, and not as missing.
policy "rule: sbom-required" "rule: expiry, role: targets" "rule: version-above, bundle: b.swb"
head -c 1500 b.swb >cut.swb
t_run check cut.swb --policy policy.yaml --json
t_exit 1
t_equal "$(found)" ""
sed 's/expires: [^}]*/expires: soon/; s/metadata_version: 42/metadata_version: x/' product.yaml >broken.yaml
t_run check broken.yaml --policy policy.yaml --json
t_exit 1
t_equal "$(found)" ""

t_begin "audit logs are not judged by it"
sample_manifest
quiet build product.yaml -o b.swb --key "$KEYS/targets1.pem" --audit-log log
policy "rule: min-threshold, root: 2" "rule: expiry" "rule: sbom-required"
t_must check log --policy policy.yaml --json
t_json files.0.findings '[]'

t_begin "paths are relative to the policy"
release
mkdir rules
cp "$KEYS/root2.pub" rules/dev.pub
cp b.swb rules/last.swb
policy "rule: forbidden-keys, keys: [dev.pub]" "rule: version-above, bundle: last.swb"
mv policy.yaml rules
t_run check b.swb --policy rules/policy.yaml
t_exit 1
t_out_contains "(policy-version-above)
  hint: the rule stands at rules/policy.yaml:4"

t_begin "what is no policy"
release
wrong() { # EXIT CODE LINE TEXT
    try check root b.swb --policy policy.yaml
    error_is check "$1" "$2"
    t_json_err error.line "$3"
    t_json_err error.file policy.yaml
    t_err_contains "$4"
    t_out_empty
}
printf 'schema: 1\nrules: [\n' >policy.yaml
wrong 3 manifest-syntax 3 ""
policy "rule: expired"
wrong 3 manifest-value 3 "expected forbidden-keys or"
policy "rule: expiry" "rul: expiry"
wrong 3 manifest-key 4 "unknown key 'rul'"
policy "rule: expiry, min: 2y, max: 1y"
wrong 3 policy 3 "no expiry can keep it"
policy "rule: max-size, size: 1KiB, names: [a]"
wrong 3 policy 3 "no use for the key 'names'"
# What it names.
policy "rule: forbidden-keys, keys: [nothing.pub]"
wrong 5 not-found 3 "key id of 8 to 64 hex digits"
policy "rule: forbidden-keys, keys: [app.bin]"
wrong 3 policy 3 "app.bin"
policy "rule: version-above, bundle: nothing.swb"
wrong 5 not-found 3 "nothing.swb"
for file in root app.bin; do
    policy "rule: version-above, bundle: $file"
    wrong 3 policy 3 "$file"
done
head -c 700 b.swb >cut.swb
policy "rule: version-above, bundle: cut.swb"
wrong 3 policy 3 "cut.swb"
try check root --policy nothing.yaml
error_is check 5 not-found
try check root --policy -
error_is check 2 usage

t_begin "what a policy finds is not hidden by warnings"
sample_manifest
sample_root root
mkdir many
for i in $(seq 120); do echo "$i" >"many/a-name-of-more-than-32-bytes-is-refused-$i"; done
echo '  - files: many/*' >>product.yaml
quiet build product.yaml -o many.swb --root root --key "$KEYS/targets1.pem"
policy "rule: sbom-required"
t_run check many.swb --policy policy.yaml --json
t_exit 1
t_equal "$(jq -c '.files[0] | [(.findings | length), .findings[99].code, .findings[0].code, .findings_omitted]' "$T_OUT")" \
    '[100,"policy-sbom-required","stock-target",21]' findings
