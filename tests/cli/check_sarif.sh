#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check --format sarif: the structure that SARIF 2.1.0 asks for, and the findings of --json in it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# sarif FILE... [OPTION...]: compares what --format sarif says with what --json says.
sarif() {
    t_run check "$@" --json
    cp "$T_OUT" plain.json
    local status=$T_STATUS
    t_run check "$@" --format sarif
    t_exit "$status"
    t_err_empty
    python3 "$T_SOURCE/tests/cli/sarif.py" plain.json "$T_OUT" >sarif.out 2>&1 ||
        t_fail "$(t_excerpt_ sarif.out)"
}

t_begin "nothing found"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem" --audit-log log
sarif product.yaml b.swb root log
t_json runs.0.results '[]'
t_json runs.0.tool.driver.name swupdate-tool
t_json runs.0.columnKind unicodeCodePoints

t_begin "findings of every kind of file"
printf 'schema: 1\nrules:\n  - {rule: min-threshold, root: 2, reason: "two, \\"at least\\""}\n  - {rule: sbom-required, level: warning}\n' >policy.yaml
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem" --audit-log log
sed 1d log >damaged
head -c 3000 b.swb >cut.swb
printf '  - {name: gone, file: gone.bin}\n  - {nme: x}\n' >>product.yaml
sarif product.yaml cut.swb b.swb root damaged --policy policy.yaml
for code in not-found manifest-key payloads policy-min-threshold policy-sbom-required chain outcome; do
    t_out_contains "\"ruleId\": \"$code\""
done
# Quiet or not, and again the same.
cp "$T_OUT" first
t_run check -q product.yaml cut.swb b.swb root damaged --policy policy.yaml --format sarif
t_exit 1
t_file_equal "$T_OUT" first

t_begin "places are URIs, whatever files are called"
sample_root root --expires 2020-01-01
mkdir -p 'a folder/ü'
for name in 'a folder/ü/x y#?.root' 'C:root' './plain' '50%' "$PWD/absolute" "//$PWD/slashes"; do
    cp root "$name"
    sarif "$name"
done
t_run check 'C:root' --format sarif
t_json runs.0.results.0.locations.0.physicalLocation.artifactLocation.uri C%3Aroot
t_run check "$PWD/absolute" --format sarif
t_json runs.0.results.0.locations.0.physicalLocation.artifactLocation.uri "file://$PWD/absolute"
t_run check 'a folder/ü/x y#?.root' --format sarif
t_json runs.0.results.0.locations.0.physicalLocation.artifactLocation.uri 'a%20folder/%C3%BC/x%20y%23%3F.root'

t_begin "more findings than are told are counted"
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
    --sign-with "$KEYS/root1.pem" --audit-log log
yes '{}' | head -n 150 >>log
sarif log
t_json runs.0.properties.findings_omitted 50

t_begin "one form at a time, and errors are no findings"
sample_root root
try check root --format sarif
t_exit 0
error_is_usage() {
    t_run "$@"
    t_exit 2
    t_out_empty
}
error_is_usage check root --format sarif --json
t_err_contains '"hint":"swupdate-tool check --help"'
error_is_usage check root --format xml
t_must check root --format text
t_out_is "sound: root: root metadata, version 1"
t_must check root --format text --json
t_json ok true
t_run check nothing --format sarif
t_exit 5
t_out_empty
