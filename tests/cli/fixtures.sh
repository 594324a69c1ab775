#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fixtures: what it writes is what fixtures.json says, and verify says the same of each bundle.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/tokens.bash"

export PYTHONDONTWRITEBYTECODE=1
# samples.bash has a python3 that finds no module beside the script.
judged() {
    command python3 "$T_SOURCE/tests/cli/fixtures.py" "$@"
}
CC=${CC:-cc}

# What fixtures.py finds wrong with a folder, in one case.
sound() { # FOLDER
    judged "$1" >"$T_TMP/sound" 2>&1 ||
        t_fail "$1: $(grep -A 3 '^not ok' "$T_TMP/sound" | head -n 20 | t_excerpt_ /dev/stdin)"
    grep -q '^ok - good.pb' "$T_TMP/sound" || t_fail "fixtures.py judged nothing"
}

# ---- each fixture, a case ------------------------------------------------------------------------

cd "$T_TMP" || exit 99
"$T_TOOL" fixtures -o made -q --format c-header 2>"$T_TMP/err" ||
    echo "not ok - fixtures: $(t_excerpt_ "$T_TMP/err")"
if ! judged made; then
    T_FAILED=$((T_FAILED + 1))
fi

t_begin "a good bundle is what build and convert make"
cp -R "$T_TMP/made" made
for name in good good-rotation good-name-of-100-bytes good-empty-target; do
    quiet convert "made/$name.swb" -o other.pb
    t_file_equal other.pb "made/$name.pb"
    quiet convert "made/$name.pb" -o other.swb
    t_file_equal other.swb "made/$name.swb"
    rm other.swb other.pb
done
t_run verify --type root made/anchor-2.root --root made/anchor.root
t_exit 0

t_begin "a signature that is short is no true one in front of a zero"
for name in good signature-a-byte-short; do
    targets_envelope "$T_TMP/made/$name.swb" | tail -c 63 >"$name"
done
t_file_equal signature-a-byte-short good

t_begin "fixtures.h compiles as C and as C++ without a warning, and holds the files"
compiled() { # CONTAINERS COMPILER OPTION...
    t_do "${@:2}" -Wall -Wextra -Wpedantic -Werror -I "$T_TMP/made" "$T_SOURCE/tests/cli/fixtures_list.c" \
        -o list -lcrypto
    t_exit 0
    t_do ./list
    t_exit 0
    cp "$T_OUT" printed
    t_do judged compiled "$T_TMP/made" printed "$1"
    t_exit 0
}
compiled 'tar pigweed' "$CC" -std=c11
compiled 'tar pigweed' "${CXX:-c++}" -x c++ -std=c++17
compiled pigweed "$CC" -std=c11 -DFIXTURES_NO_TAR
compiled tar "$CC" -std=c11 -DFIXTURES_NO_PIGWEED
[ "$(stat -c %s "$T_TMP/made/fixtures.h")" -lt 1572864 ] || t_fail "fixtures.h is over 1.5 MiB"

t_begin "the report: the counts, and the keys that were made; --json is fixtures.json and the folder"
t_must fixtures -o out
count() { jq "[.fixtures[] | select(.expected == \"$1\")] | length" out/fixtures.json; }
t_out_contains "out: $(count accept) good and $(count reject) bad bundles of fixture, version 5"
t_out_contains "keys/test-root.pem"
t_equal "$(find out -name '*.h')" ""
t_must fixtures -o json --json
python3 - <<'PYTHON' "$T_OUT" || t_fail "--json and fixtures.json differ"
import json, sys
said, written = json.load(open(sys.argv[1])), json.load(open("json/fixtures.json"))
assert said.pop("directory") == "json" and said.pop("notices") == []
assert said == written
PYTHON

t_begin "the same but for keys and signatures each time"
names() { (cd "$1" && find . -type f | sort); }
sizes() { (cd "$1" && find . -type f ! -path './keys/*' -printf '%p %s\n' | sort); }
t_must fixtures -o again
t_must fixtures -o out
t_equal "$(names again)" "$(names out)"
t_equal "$(sizes again)" "$(sizes out)"

# ---- keys and products that are given ------------------------------------------------------------

t_begin "with keys: they sign, a warning says what that means, and their files are not copied"
t_must fixtures -o out --root-key "$KEYS/root1.pem" --targets-key "$KEYS/targets1.pem"
t_err_contains "warning: $KEYS/root1.pem signs bundles that are broken on purpose"
t_err_contains "warning: $KEYS/targets1.pem signs bundles that are broken on purpose"
t_out_lacks test-root.pem
t_file_absent out/keys/test-root.pem
t_file_absent out/keys/test-targets.pem
t_file_exists out/keys/test-root-new.pem
t_json_in out/fixtures.json keys.0.key_id "$(key_id "$KEYS/root1.pub")"
t_json_in out/fixtures.json keys.0.file null
sound out
root_envelope out/good-rotation.swb >root
envelope_verifies root 0 "$KEYS/root1.pub"
targets_envelope out/good.swb >targets
envelope_verifies targets 0 "$KEYS/targets1.pub"

t_begin "with keys of other types: what a stock device answers is left out, and said to be"
for type in ed25519-1:ed25519-2 rsa2048:ed25519-1; do
    t_must fixtures -o "$type" --root-key "$KEYS/${type%:*}.pem" --targets-key "$KEYS/${type#*:}.pem"
    t_err_contains "note: $KEYS/${type%:*}.pem is no P-256 key: what a stock Pigweed device answers is left out"
    grep -q '"stock"' "$type/fixtures.json" && t_fail "$type: stock"
    sound "$type"
done

t_begin "a key on a token signs each content once"
export SWT_MODULE_KEYS=$T_DATA/keys
printf '%s\n' "$MOCK_PIN" >pin
t_must fixtures -o out --root-key "$KEYS/root2.pem" --targets-key "$MOCK_KEY" --pin-file pin \
    --audit-log log
sound out
t_must check log
signed=$(grep -c '"signed"' log)
[ "$signed" -lt 200 ] || t_fail "$signed signatures"
[ "$signed" -gt 60 ] || t_fail "only $signed signatures in the audit log"

t_begin "a product: its names, its version and the start of its payloads"
sample_manifest
sed -i '/slot: app/a\  - {name: "a/very/long/name/of/more/than/32/bytes", file: small.bin}' product.yaml
echo small >small.bin
t_must fixtures -o out --manifest product.yaml
t_err_contains "note: target 'app' is cut to its first 4000 bytes"
t_err_contains "note: target 'a/very/long/name/of/more/than/32/bytes': its name has 38 bytes"
t_json_in out/fixtures.json product widget
t_json_in out/fixtures.json version 42
payload out/good.swb app | cmp -s - <(head -c 4000 app.bin) || t_fail "app is another"
t_equal "$(payload out/good.swb a/very/long/name/of/more/than/32/bytes)" small
t_equal "$(payload out/good.swb user_manifest | jq -r .product.vendor)" Acme
sound out

t_begin "a product whose targets are alike: two others are exchanged"
sample_manifest
for i in {1..30}; do printf '  - {name: t%d, file: app.bin}\n' "$i"; done >>product.yaml
t_must fixtures -o out --manifest product.yaml
t_err_contains "note: target 't30' is cut to its first "
[ "$(stat -c %s out/good.pb)" -lt 32768 ] || t_fail "good.pb is large"
sound out

t_begin "a target that fills tar blocks is cut, so that there is padding"
sample_manifest
head -c 512 /dev/zero >app.bin
t_must fixtures -o out --manifest product.yaml
t_err_contains "note: target 'app' is cut to its first 511 bytes"
sound out

t_begin "a product of one target, and one with a user_manifest of its own"
sample_manifest
t_must fixtures -o one --manifest product.yaml
sound one
grep -q '"stock"' one/fixtures.json || t_fail "no stock answers"
printf 'bundle: {user_manifest: false}\n' >>product.yaml
sed -i '/slot: app/a\  - {name: user_manifest, file: app.bin}' product.yaml
t_must fixtures -o own --manifest product.yaml
t_equal "$(payload own/good.swb user_manifest | jq -r .schema)" 1
sound own

# ---- what is refused -----------------------------------------------------------------------------

t_begin "DIR may be an empty folder, and nothing else"
mkdir empty full
echo mine >full/file
t_must fixtures -o empty
try fixtures -o full
error_is fixtures 5 exists
t_err_contains full
t_equal "$(ls -A full)" file
try fixtures -o empty
error_is fixtures 5 exists
try fixtures -o full/file
t_exit 5
t_equal "$(cat full/file)" mine
try fixtures -o no/such/folder
error_is fixtures 5 not-found
try fixtures -o -
error_is fixtures 2 usage
t_file_absent ./-

t_begin "an empty folder keeps its mode; what is replaced is neither a link nor the working folder"
mkdir -m 700 mine
t_must fixtures -o mine/
t_equal "$(stat -c %a mine)" 700
mkdir empty
ln -s empty link
try fixtures -o link
error_is fixtures 5 exists
try fixtures -o .
error_is fixtures 5 io
t_equal "$(find . -name '.*.*')" ""

t_begin "both keys or none, and two keys"
try fixtures -o out --root-key "$KEYS/root1.pem"
error_is fixtures 2 usage
try fixtures -o out --targets-key "$KEYS/root1.pem"
error_is fixtures 2 usage
try fixtures -o out --root-key "$KEYS/root1.pem" --targets-key "$KEYS/root1.pem"
error_is fixtures 4 key
try fixtures -o out --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pem"
error_is fixtures 4 key
try fixtures -o out --root-key nothing.pem --targets-key "$KEYS/targets1.pem"
error_is fixtures 5 not-found
try fixtures -o out --format zip
error_is fixtures 2 usage
try fixtures
error_is fixtures 2 usage
t_file_absent out

t_begin "a product that no fixtures can be made of"
sample_manifest
sed -i 's/metadata_version: 42/metadata_version: 4294967295/' product.yaml
try fixtures -o out --manifest product.yaml
error_is fixtures 3 manifest-value
t_err_contains "product.yaml"
sample_manifest
printf 1 >app.bin
try fixtures -o out --manifest product.yaml
error_is fixtures 3 payload
sample_manifest
rm app.bin
try fixtures -o out --manifest product.yaml
error_is fixtures 5 not-found
mkfifo app.bin
try fixtures -o out --manifest product.yaml
error_is fixtures 5 io
rm app.bin
sample_manifest
sed -i 's/name: app/name: ..\/app/' product.yaml
try fixtures -o out --manifest product.yaml
error_is fixtures 3 target-name
sample_manifest
for i in {1..32}; do printf '  - {name: t%d, file: app.bin}\n' "$i"; done >>product.yaml
try fixtures -o out --manifest product.yaml
error_is fixtures 3 targets-rules
sample_manifest
printf 'meta: {large: "%s"}\n' "$(head -c 20000 /dev/zero | tr '\0' x)" >>product.yaml
try fixtures -o out --manifest product.yaml
error_is fixtures 3 target-too-large
sample_manifest
sed -i 's/name: app/name: fixture-unlisted/' product.yaml
try fixtures -o out --manifest product.yaml
error_is fixtures 3 targets-rules
t_err_contains "target 'fixture-unlisted': names that start so"
t_file_absent out

t_begin "the audit log is none of the inputs"
sample_manifest
for file in product.yaml app.bin "$KEYS/root1.pem"; do
    cp "$file" before
    try fixtures -o out --manifest product.yaml --root-key "$KEYS/root1.pem" \
        --targets-key "$KEYS/targets1.pem" --audit-log "$file"
    t_exit 2
    t_file_equal "$file" before
done
t_file_absent out

# ---- the page ------------------------------------------------------------------------------------

t_begin "the manual page lists the fixtures"
t_do judged page "$T_TMP/made" "$T_BUILD/man/swupdate-tool-fixtures.1"
t_exit 0
