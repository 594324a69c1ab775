#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build: what a manifest may say, what goes into the bundle, who may sign it.
# shellcheck disable=SC2016 # the ${NAME} of a manifest is not the shell's
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

TARGETS1=$(key_id "$KEYS/targets1.pub")
TARGETS2=$(key_id "$KEYS/targets2.pub")

# The four required parts, five lines; further lines follow.
MANIFEST='schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
targets:
  - {name: app, file: app.bin}'

# Tells where bad.yaml is refused, in the message and in JSON, and that nothing is written.
refused() { # CODE LINE:COLUMN TEXT
    try build bad.yaml -o bad.swb
    t_err_contains "swupdate-tool: build: bad.yaml:$2: "
    t_err_contains "$3"
    error_is build "${REFUSED_EXIT:-3}" "$1"
    t_err_contains "\"file\":\"bad.yaml\",\"line\":${2%:*},\"column\":${2#*:}"
    t_file_absent bad.swb
}

# more CODE LINE:COLUMN TEXT LINE...: the manifest with these lines, from line 6 on, is refused.
more() {
    printf '%s\n' "$MANIFEST" "${@:4}" >bad.yaml
    refused "$1" "$2" "$3"
}

# other CODE LINE:COLUMN TEXT NUMBER LINE: the manifest with another line of that number is refused.
other() {
    LINE=$5 awk -v number="$4" 'NR == number { print ENVIRON["LINE"]; next } { print }' \
        <<<"$MANIFEST" >bad.yaml
    refused "$1" "$2" "$3"
}

# builds LINE...: the manifest with these lines is built as b.swb.
builds() {
    printf '%s\n' "$MANIFEST" "$@" >good.yaml
    t_must build good.yaml -o b.swb
}

# ---- the manifest ----------------------------------------------------------------------------------

t_begin "manifest: not YAML of the strict subset"
touch app.bin
more manifest-syntax 7:1 "" 'a: ['
more manifest-syntax 6:7 anchor 'meta: &name {a: b}'
more manifest-syntax 6:7 alias 'meta: *name'
more manifest-syntax 6:7 tag 'meta: !!map {a: b}'
more manifest-syntax 6:1 document '---' 'schema: 1'
more manifest-syntax 6:1 "" $'\ttab: 1'
more manifest-syntax 6:1 "merge key" '<<: {a: b}'
other manifest-syntax 1:9 UTF-8 1 $'schema: \xff'
: >bad.yaml
refused manifest-syntax 1:1 empty
printf 'schema: 1\nmeta: %s' "$(head -c 17 /dev/zero | tr '\0' '[')" >bad.yaml
refused manifest-syntax 2:22 "16 levels"

t_begin "manifest: a bomb costs no time"
T_SECONDS=5
head -c 100000 /dev/zero | tr '\0' '[' >bad.yaml
refused manifest-syntax 1:17 "16 levels"
head -c 1048577 /dev/zero | tr '\0' '#' >bad.yaml
refused manifest-syntax 1:1 "1 MiB"
T_SECONDS=60

t_begin "manifest: keys that are unknown, given twice, missing"
touch app.bin
more manifest-key 6:1 "unknown key 'nonsense'" 'nonsense: 1'
more manifest-key 6:1 "did you mean 'bundle'" 'bundel: {format: tar}'
more manifest-key 6:10 "unknown key 'fromat' in bundle" 'bundle: {fromat: tar}'
more manifest-key 6:1 "the first is at 1:1" 'schema: 1'
more manifest-key 6:6 file '  - {file: }'
more manifest-key 6:5 file '  - {}'
other manifest-key 2:10 "'name' in product" 2 'product: {}'
other manifest-key 3:10 "'metadata_version' in release" 3 'release: {version: "1"}'
other manifest-key 2:1 "'schema'" 1 '# no schema: 1'

t_begin "manifest: values that are not of their field's type or range"
touch app.bin
other manifest-value 1:9 "another version of the format" 1 'schema: 2'
other manifest-key 2:11 "'name' in product" 2 'product: {name: }'
other manifest-value 2:10 "a map" 2 'product: widget'
printf '%s\n' "${MANIFEST%%targets:*}" 'targets: []' >bad.yaml
refused manifest-value 5:10 "at least one"
for version in 0 -1 4294967296 1.0 0x10 07 '"1 "' one; do
    other manifest-value 3:43 metadata_version 3 "release: {version: \"1\", metadata_version: $version}"
done
for time in soon 2027-02-29 2027-11-23T00:00:00 2027-11-23T00:00:00+01:00 90d; do
    other manifest-value 3:55 release.expires 3 "release: {version: \"1\", metadata_version: 1, expires: $time}"
done
more manifest-value 6:18 "'zip'" 'bundle: {format: zip}'
more manifest-value 6:19 "'other'" 'bundle: {profile: other}'
more manifest-value 6:25 "true or false" 'bundle: {user_manifest: maybe}'
for size in 0 1KB 1.5MiB -1 1TiB 99999999999999999999; do
    more manifest-value 6:20 max_size "bundle: {max_size: $size}"
    more manifest-value 6:31 max_size "  - {file: app.bin, max_size: $size}"
done
more manifest-value 6:29 sha256 '  - {file: app.bin, sha256: abc}'
more manifest-value 6:12 targets.file '  - {file: ""}'
more manifest-value 6:12 folder '  - {file: out/}'
more manifest-value 6:12 "a text" '  - {name: [a], file: app.bin}'
more manifest-value 6:7 "a map" 'meta: [1]'
more manifest-value 6:17 "a list" 'signing: {keys: key.pem}'

t_begin "manifest: runs no code, and names no signer"
touch app.bin
for uri in exec:./signer 'pkcs11:token=T?module-path=/m.so' handle:0x81000001 ftp://host/key; do
    more manifest-value 6:18 "--key" "signing: {keys: [\"$uri\"]}"
    more manifest-value 6:17 "--root" "signing: {root: \"$uri\"}"
    more manifest-value 6:12 "a target is a file" "  - {file: \"$uri\"}"
done

t_begin "manifest: target names"
touch app.bin a:b
for name in ../b a/../b ./b /b b/ a//b . .. 'a\b' "$(head -c 101 /dev/zero | tr '\0' x)"; do
    more target-name 6:5 "target name" "  - {name: '$name', file: app.bin}"
done
more target-name 6:12 "the first is at 5:12" '  - {name: app, file: app.bin}'
more target-name 7:12 "base name" '  - {file: ./app.bin}' '  - {file: app.bin}'
more target-name 6:5 "folder" '  - {name: app/b, file: app.bin}'
more target-name 6:5 "differ only in case" '  - {name: APP, file: app.bin}'
more manifest-value 6:12 "U+0009" '  - {name: "a\tb", file: app.bin}'
more manifest-syntax 6:12 "U+202E" '  - {name: "a\u202eb", file: app.bin}'
builds "  - {name: $(head -c 100 /dev/zero | tr '\0' x), file: app.bin}" \
    '  - {name: "h\u00e9/w\u00f6rld", file: app.bin}' '  - {file: ./a:b}'
t_equal "$(tar tf b.swb --quoting-style=literal | sed -n 3p)" "targets/app"
payload b.swb user_manifest | grep -q 'h\\u00E9/w\\u00F6rld' || t_fail "user_manifest is not ASCII"

t_begin "manifest: scalars have the type of their field, and empty is not given"
touch app.bin
cat >good.yaml <<'YAML'
schema: 1
product: {name: 2026, vendor: null, compatible: [yes, 1.10]}
release:
  version: 1.10
  metadata_version: "7"
  channel:
  expires: ~
targets:
  - {name: 0x10, file: app.bin, version: 1e3, slot: null, max_size: }
bundle:
signing: {keys: }
meta: {a: 1, b: {c: [x, true]}}
YAML
t_must build good.yaml -o b.swb
payload b.swb user_manifest >found
printf '%s' '{"meta":{"a":"1","b":{"c":["x","true"]}},"product":{"compatible":["yes","1.10"],"name":"2026"},' \
    '"release":{"metadata_version":7,"version":"1.10"},"schema":1,"targets":{"0x10":{"version":"1e3"}}}' >expected
t_file_equal found expected

t_begin "manifest: paths are relative to the manifest, or absolute"
mkdir deep
echo a >deep/a.bin
echo b >b.bin
printf '%s\n' "${MANIFEST/app.bin/a.bin}" "  - {file: ../b.bin}" "  - {name: c, file: $PWD/b.bin}" >deep/p.yaml
t_must build deep/p.yaml -o b.swb
t_equal "$(payload b.swb app)$(payload b.swb b.bin)$(payload b.swb c)" abb
cd deep && t_must build p.yaml -o c.swb
t_file_equal c.swb ../b.swb

t_begin "manifest: a missing one, a directory, and one from a pipe"
try build missing.yaml -o b.swb
error_is build 5 not-found
try build . -o b.swb
error_is build 5 io
try build product.yaml
error_is build 2 usage
try build product.yaml other.yaml -o b.swb
error_is build 2 usage
t_files ""

# ---- variables -------------------------------------------------------------------------------------

VARIABLES='schema: 1
product: {name: "${NAME}"}
release: {version: "${VERSION:-none}", metadata_version: "${NUMBER}"}
vars: {NAME: from-vars, NUMBER: 5, UNUSED: x}
targets:
  - {name: app, file: app.bin, version: "${NAME}-$${x}-${NAME}"}'

# The product's name, release and number, of a build with these options.
built_with() { # EXPECTED OPTION...
    t_must build variables.yaml -o b.swb "${@:2}" --json
    t_equal "$(t_json_value "$T_OUT" product)|$(t_json_value "$T_OUT" release)|$(t_json_value "$T_OUT" version)" "$1"
}

t_begin "variables: -D wins over vars, and the environment counts only when asked"
touch app.bin
echo "$VARIABLES" >variables.yaml
printf 'first line\r\nsecond\n' >value
export NAME=from-environment VERSION=from-environment
built_with "from-vars|none|5"
payload b.swb user_manifest >found
t_file_contains found '"version":"from-vars-${x}-from-vars"'
built_with "x|none|5" -D NAME=x
built_with "from-environment|none|5" -D NAME
built_with "first line|none|5" -D NAME=@value
built_with "a=b|none|5" -D NAME=a=b
built_with '${NAME}|none|5' -D 'NAME=${NAME}' # replaced once
built_with "x|none|5" -D VERSION= -D NAME=x
built_with "x|2|7" -DNAME=x --define=VERSION=2 -D NUMBER=7
unset NAME VERSION

t_begin "variables: what is undefined or malformed"
touch app.bin
more variable 6:33 "variable X is not defined" '  - {name: b, version: a, slot: "${X}", file: app.bin}'
more variable 6:12 "say where" '  - {file: "${X:?say where}"}'
for text in '$X' '${X' '${}' '${X:+y}' '${1X}' 'a$'; do
    more variable 6:12 '$$' "  - {file: '$text'}"
done
echo "$MANIFEST" >good.yaml
try build good.yaml -o b.swb -D SWT_NO_SUCH_VARIABLE
error_is build 3 variable
try build good.yaml -o b.swb -D X=@missing
error_is build 5 not-found
printf 'a\x01b\n' >value
try build good.yaml -o b.swb -D X=@value
error_is build 3 variable
try build good.yaml -o b.swb -D X=$'\xff'
error_is build 3 variable
for define in 1X=a =a 'a b=c' ''; do
    try build good.yaml -o b.swb -D "$define"
    error_is build 2 usage
done
try build good.yaml -o b.swb -D X=1 -D X=2
t_exit 2
t_file_absent b.swb

# ---- sources ---------------------------------------------------------------------------------------

t_begin "sources: what is no readable file is exit 5, at its line"
REFUSED_EXIT=5
touch app.bin
mkdir folder
mkfifo pipe
ln -s nowhere dangling
more not-found 6:5 "missing.bin: cannot read" '  - {file: missing.bin}'
more not-found 6:5 "dangling: cannot read" '  - {file: dangling}'
more io 6:5 "folder: a payload must be a regular file" '  - {file: folder}'
more io 6:5 "pipe: a payload must be a regular file" '  - {file: pipe}'
more io 6:5 "/dev/zero: a payload must be a regular file" '  - {file: /dev/zero}'
if [ "$(id -u)" -ne 0 ]; then
    touch secret
    chmod 0 secret
    more io 6:5 "Permission denied" '  - {file: secret}'
fi
REFUSED_EXIT=3

t_begin "sources: an empty file, a link to one, and a name with a dash"
: >app.bin
ln -s app.bin link
echo dash >./-
builds '  - {file: link}' '  - {name: dash, file: "-"}'
t_equal "$(payload b.swb dash)" dash
t_equal "$(payload b.swb link | wc -c)" 0

# ---- limits ----------------------------------------------------------------------------------------

t_begin "max_size: the boundary, and the message of the documentation"
mkdir out
head -c 527360 /dev/zero >out/app.bin
cat >product.yaml <<'YAML'
schema: 1

product:
  name: widget
release:
  version: "1"
  metadata_version: 1

targets:
  - name: app
    file: out/app.bin

    max_size:
        512KiB
YAML
t_run build product.yaml -o b.swb
t_exit 3
t_err_is "swupdate-tool: build: product.yaml:14:9: target 'app': max_size 512 KiB exceeded by 3 KiB (out/app.bin is 527,360 bytes)"
t_run build product.yaml -o b.swb --json
t_exit 3
t_err_is '{"error":{"code":"target-too-large","exit":3,"message":"target '"'app'"': max_size 512 KiB exceeded by 3 KiB (out/app.bin is 527,360 bytes)","file":"product.yaml","line":14,"column":9}}'
t_files "out out/app.bin product.yaml"
head -c 524288 /dev/zero >out/app.bin
t_must build product.yaml -o b.swb
rm b.swb
head -c 524289 /dev/zero >out/app.bin
t_run build product.yaml -o b.swb
t_exit 3
t_err_contains "exceeded by 1 B (out/app.bin is 524,289 bytes)"
t_file_absent b.swb

t_begin "bundle.max_size: the boundary in both containers"
sample_manifest
for format in tar pigweed; do
    quiet build product.yaml -o b --format $format
    size=$(stat -c %s b)
    rm b
    (cat product.yaml && echo "bundle: {max_size: $size}") >fits.yaml
    t_must build fits.yaml -o b --format $format
    rm b
    (cat product.yaml && echo "bundle: {max_size: $((size - 1))}") >bad.yaml
    try build bad.yaml -o b --format $format
    t_err_contains "bad.yaml:6:20: bundle: max_size"
    error_is build 3 target-too-large
    t_file_absent b
done

t_begin "sha256: a pin is checked"
echo content >app.bin
pin=$(sha256sum <app.bin | cut -c 1-64)
builds "  - {name: b, file: app.bin, sha256: $pin}"
builds "  - {name: b, file: app.bin, sha256: ${pin^^}}"
more target-hash 6:38 "$pin" "  - {name: b, file: app.bin, sha256: ${pin%??}00}"

t_begin "profile pigweed: its limits are errors"
touch empty
echo x >app.bin
name=$(head -c 33 /dev/zero | tr '\0' n)
more profile 6:5 "33 bytes" "  - {name: $name, file: app.bin}" 'bundle: {profile: pigweed}'
more profile 6:5 empty '  - {file: empty}' 'bundle: {profile: pigweed}'
truncate -s 104857601 large
more profile 6:5 "100 MiB" '  - {file: large}' 'bundle: {profile: pigweed}'
builds "  - {name: ${name%?}, file: app.bin}" 'bundle: {profile: pigweed}'
printf '%s\n' "$MANIFEST" '  - {file: empty}' >good.yaml
try build good.yaml -o bad.swb --profile pigweed
error_is build 3 profile
t_must build good.yaml -o b.swb --profile generic
for key in ed25519-1.pem rsa2048.pem; do
    try build good.yaml -o bad.swb --profile pigweed --key "$KEYS/$key"
    error_is build 3 profile
done
quiet root create -o root --root-key "$KEYS/ed25519-1.pub" --targets-key "$KEYS/targets1.pub"
echo "$MANIFEST" >good.yaml
try build good.yaml -o bad.swb --profile pigweed --root root
error_is build 3 profile
t_file_absent bad.swb

t_begin "profile pigweed: what stock devices refuse is a warning for .pb without a profile"
touch empty app.bin
printf '%s\n' "$MANIFEST" '  - {file: empty}' >good.yaml
t_must build good.yaml -o b.pb
t_err_contains "warning: "
t_err_contains "target 'empty'"
t_must build good.yaml -o b.pb --key "$KEYS/ed25519-1.pem"
t_err_contains "ecdsa-p256 only"
t_must build good.yaml -o b.pb --json
t_json notices.0.level warning
t_must build good.yaml -o b.pb --profile generic
t_err_empty
t_must build good.yaml -o b.swb
t_err_empty
try build good.yaml -o bad.pb --profile pigweed
error_is build 3 profile
t_file_absent bad.pb
t_must build good.yaml -o b.pb -q
t_err_contains "warning: "

# ---- the bundle ------------------------------------------------------------------------------------

t_begin "container: option, then extension, then manifest, then tar"
sample_manifest
container() { # EXPECTED OUTPUT OPTION...
    t_must build "$MANIFEST_FILE" -o "${@:2}" --json
    t_json container "$1"
    case $1 in
    tar) tar tf "$2" >/dev/null 2>&1 || t_fail "$2 is no tar" ;;
    *) t_equal "$(wire count 3 <"$2")" 1 "targets_metadata of $2" ;;
    esac
}
MANIFEST_FILE=product.yaml
container tar b
container tar b.swb
container tar b.tar
container pigweed b.pb
container tar b.pb --format tar
container pigweed b.swb --format pigweed
(cat product.yaml && echo "bundle: {format: pigweed}") >pigweed.yaml
MANIFEST_FILE=pigweed.yaml
container pigweed b
container tar b.swb
container tar c --format tar

t_begin "tar: member names, order and headers, as tar reads them"
sample_manifest
echo '  - {name: z/deep, file: app.bin}' >>product.yaml
echo '  - {name: a, file: app.bin}' >>product.yaml
sample_root root
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
t_equal "$(tar tf b.swb | tr '\n' ' ')" \
    "root_metadata targets_metadata targets/user_manifest targets/app targets/z/deep targets/a "
t_equal "$(tar tvf b.swb --numeric-owner --full-time | awk '{ print $1, $2, $4, $5 }' | sort -u)" \
    "-rw-r--r-- 0/0 1970-01-01 00:00:00"
root_envelope b.swb >found
t_file_equal found root
payload b.swb app >found
t_file_equal found app.bin

t_begin "targets metadata: what it lists"
sample_manifest
quiet build product.yaml -o b.swb
targets_envelope b.swb | wire get 1 >metadata
t_equal "$(wire get 1/1 <metadata) $(wire get 1/2 <metadata) $(wire get 1/4 <metadata)" "0.0.1 42 targets"
t_equal "$(wire count 2 <metadata)" 2 targets
t_equal "$(wire get 2:0/1 <metadata)" user_manifest
t_equal "$(wire get 2:1/1 <metadata) $(wire get 2:1/2 <metadata) $(wire get 2:1/3/1 <metadata)" "app 10000 1"
t_equal "$(wire get 2:1/3/2 <metadata | od -An -v -tx1 | tr -d ' \n')" "$(sha256sum <app.bin | cut -c 1-64)"
t_equal "$(wire count 1/3 <metadata)" 0 expires
sed -i 's/metadata_version: 42/metadata_version: 4294967295, expires: 2027-11-23/' product.yaml
quiet build product.yaml -o b.swb
targets_envelope b.swb | wire get 1 >metadata
t_equal "$(wire get 1/2 <metadata) $(wire get 1/3/1 <metadata)" "4294967295 $(date -u -d 2027-11-23T23:59:59Z +%s)"

t_begin "an expiry that is past is warned of"
sample_manifest
sed -i 's/metadata_version: 42/metadata_version: 42, expires: 2020-01-01/' product.yaml
t_must build product.yaml -o b.swb
t_err_contains "warning: release.expires 2020-01-01 is past"
SOURCE_DATE_EPOCH=1577800000 t_run build product.yaml -o b.swb
t_exit 0
t_err_empty
for epoch in 1 4102444800 never; do
    SOURCE_DATE_EPOCH=$epoch t_run check product.yaml
    t_exit 0
    t_out_contains "release.expires 2020-01-01 is past"
    SOURCE_DATE_EPOCH=$epoch t_run verify b.swb --self --against product.yaml
    t_exit 1
done

t_begin "UpdateBundle: holds the same signed bytes, metadata first"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root
quiet build product.yaml -o b.pb --root root
wire get 3/2 <b.pb >found
targets_envelope b.swb >expected
t_file_equal found expected
wire get 5 <b.pb >found
t_file_equal found root
t_equal "$(wire get 3/1 <b.pb)" targets
t_equal "$(wire get 4:0/1 <b.pb) $(wire get 4:1/1 <b.pb)" "user_manifest app"
wire get 4:1/2 <b.pb >found
t_file_equal found app.bin
t_equal "$(head -c 1 b.pb | od -An -tx1)" " 2a" # field 5, length-delimited

t_begin "user_manifest: sorted JSON in ASCII, and the root that the bundle was built with"
sample_manifest
sed -i 's/Acme/"Ac\\u00e9 \\"x\\""/' product.yaml
sample_root root --version 9
quiet build product.yaml -o b.swb --root root
payload b.swb user_manifest >found
hash=$(wire get 1 <root | sha256sum | cut -c 1-64)
printf '%s' '{"product":{"name":"widget","vendor":"Ac\u00E9 \"x\""},' \
    '"release":{"metadata_version":42,"version":"1.4.0"},' \
    "\"root\":{\"sha256\":\"$hash\",\"version\":9},\"schema\":1," \
    '"targets":{"app":{"slot":"app","type":"raw","version":"1.4.0"}}}' >expected
t_file_equal found expected
quiet build product.yaml -o b.swb
payload b.swb user_manifest | grep -q '"root"' && t_fail "records a root that is not there"

t_begin "user_manifest: what nobody would read is not built"
sample_manifest
mkdir out
touch out/{1..9}
(cat product.yaml && printf '  - {files: "out/*", meta: {long: "%s"}}\n' "$(head -c 600000 /dev/zero | tr '\0' x)") >long.yaml
t_run build long.yaml -o long.swb --json
t_exit 3
t_json_err error.code target-too-large
t_err_contains "expected at most 4 MiB"
t_file_absent long.swb

t_begin "user_manifest: left out, or the user's own"
sample_manifest
(cat product.yaml && echo "bundle: {user_manifest: false}") >none.yaml
quiet build none.yaml -o b.swb
t_equal "$(tar tf b.swb | tr '\n' ' ')" "targets_metadata targets/app "
echo mine >mine.bin
(cat product.yaml && echo "  - {name: user_manifest, file: mine.bin}") >own.yaml
quiet build own.yaml -o b.swb
t_equal "$(tar tf b.swb | tr '\n' ' ')" "targets_metadata targets/user_manifest targets/app "
t_equal "$(payload b.swb user_manifest)" mine

# ---- keys and root ---------------------------------------------------------------------------------

t_begin "without a key, or short of the threshold, the report says so and the exit is 0"
sample_manifest
t_must build product.yaml -o b.swb
t_out_contains 'unsigned: `swupdate-tool sign` adds signatures'
t_err_empty
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
    --targets-key "$KEYS/targets2.pub" --targets-threshold 2 --sign-with "$KEYS/root1.pem"
t_must build product.yaml -o b.swb --root root --key "$KEYS/targets2.pem"
t_out_contains "targets quorum: 1 of 2 signed: ${TARGETS2:0:12}"
t_out_contains "1 more needed, of ${TARGETS1:0:12}"
t_must build product.yaml -o b.swb --root root --key "$KEYS/targets2.pem" --json
t_json signed "[\"$TARGETS2\"]"
t_json quorums.0.missing 1
t_json quorums.0.met false
t_run verify b.swb --root root
t_exit 1
t_must build product.yaml -o b.swb --root root --key "$KEYS/targets2.pem" --key "$KEYS/targets1.pem" --json
t_json quorums.0.met true
t_run verify b.swb --root root
t_exit 0
targets_envelope b.swb >envelope
envelope_verifies envelope 0 "$KEYS/targets2.pub"
envelope_verifies envelope 1 "$KEYS/targets1.pub"

t_begin "a key and no root: a warning that nothing tells whether the key may sign"
sample_manifest
t_must build product.yaml -o b.swb --key "$KEYS/targets1.pem"
t_err_contains "warning: there is no root: nothing tells whether the key may sign"
targets_envelope b.swb >envelope
envelope_verifies envelope 0 "$KEYS/targets1.pub"

t_begin "signing with a key that the role does not list: build, exit 4, with the key ids"
sample_manifest
sample_root root
for key in targets2 root1; do
    try build product.yaml -o b.swb --root root --key "$KEYS/$key.pem"
    t_err_contains "$(key_id "$KEYS/$key.pub")"
    t_err_contains "$TARGETS1"
    error_is build 4 key-not-listed
    try build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem" --key "$KEYS/$key.pem"
    error_is build 4 key-not-listed
done
t_file_absent b.swb

t_begin "one key named twice signs once"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem" --key "$KEYS/targets1.pem"
t_equal "$(targets_envelope b.swb | wire count 2)" 1

t_begin "signing in the manifest: relative to it; options replace it"
mkdir deep
cd deep || exit 99
sample_manifest
sample_root root
cp "$KEYS/targets1.pem" key.pem
echo "signing: {root: root, keys: [key.pem]}" >>product.yaml
cd ..
t_must build deep/product.yaml -o b.swb --json
t_json signed "[\"$TARGETS1\"]"
t_json root_version 1
t_run verify b.swb --root deep/root
t_exit 0
quiet root create -o other --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets2.pub" --version 5
t_must build deep/product.yaml -o b.swb --root other --key "$KEYS/targets2.pem" --json
t_json signed "[\"$TARGETS2\"]"
t_json root_version 5
try build deep/product.yaml -o c.swb --key "$KEYS/targets2.pem"
error_is build 4 key-not-listed
rm deep/key.pem
try build deep/product.yaml -o c.swb
error_is build 5 not-found
t_json_err error.file deep/product.yaml
t_err_contains "deep/key.pem"

t_begin "a root that is not signed yet, or is expired, is warned of"
sample_manifest
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
t_must build product.yaml -o b.swb --root root
t_err_contains "warning: root is not signed by its own quorum yet (0 of 1)"
sample_root root --expires 2020-01-01
t_must build product.yaml -o b.swb --root root
t_err_contains "warning: root expired 2020-01-01T23:59:59Z"

t_begin "a root that is none, or breaks the rules, is exit 3"
sample_manifest
sample_root root
wire set 1/4/2 5 <root >rules
wire set 1/1/4 s:targets <root >role
head -c 100 root >short
for file in rules role; do
    try build product.yaml -o b.swb --root $file
    error_is build 3 root-rules
done
wire add . 2 s:twice <root | wire set 2:1 3 >envelope
try build product.yaml -o b.swb --root envelope
error_is build 3 metadata
try build product.yaml -o b.swb --root short
error_is build 3 metadata
try build product.yaml -o b.swb --root product.yaml
t_exit 3
try build product.yaml -o b.swb --root missing
error_is build 5 not-found
t_file_absent b.swb

t_begin "passphrases of several keys"
sample_manifest
cp "$KEYS/root1-encrypted.pem" a
quiet root create -o root --root-key "$KEYS/root2.pub" --targets-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
quiet build product.yaml --key a --pin-file "$T_TMP/passphrase" -o b.swb --key "$KEYS/targets1.pem" --root root
try build product.yaml --key a --key "$KEYS/targets1.pem" --pin-file "$T_TMP/passphrase" -o c.swb
error_is build 4 passphrase
t_file_absent c.swb

t_begin "a passphrase without --key is for the one key that the manifest names"
sample_manifest
sample_root root
cp "$KEYS/targets1.pem" plain.pem
openssl pkcs8 -topk8 -in "$KEYS/targets1.pem" -out e.pem -passout "pass:$KEY_PASSPHRASE"
openssl pkcs8 -topk8 -in "$KEYS/targets2.pem" -out e2.pem -passout "pass:$KEY_PASSPHRASE"
chmod 600 ./*.pem
cp "$T_TMP/passphrase" pass
cp product.yaml none.yaml
sed '$asigning: {root: root, keys: [e.pem]}' none.yaml >product.yaml
sed '$asigning: {root: root, keys: [e.pem, e2.pem]}' none.yaml >two.yaml
try build product.yaml -o b.swb
t_err_contains "hint: give --passphrase-file FILE or --pin-env NAME"
error_is build 4 passphrase
t_must build product.yaml -o b.swb --passphrase-file pass
t_must verify b.swb --root root
PIN=$KEY_PASSPHRASE t_must build --pin-env PIN product.yaml -o other.swb
t_must verify other.swb --root root
PIN=wrong t_run build --pin-env PIN product.yaml -o c.swb
t_exit 4
# What the command line names comes in the place of the manifest's, with what is said of it.
t_must build product.yaml -o b.swb --key e.pem --passphrase-file pass
try build product.yaml -o pass --passphrase-file pass
t_err_contains "would replace a passphrase file, pass"
error_is build 2 usage
try build none.yaml -o c.swb --passphrase-file pass
t_err_contains "a passphrase or PIN is given, but no key"
error_is build 2 usage
try build two.yaml -o c.swb --passphrase-file pass
t_err_contains "a passphrase or PIN is given, and the manifest names 2 keys"
error_is build 2 usage
try build two.yaml --dry-run --public-key plain.pem
t_err_contains "a public key is given, and the manifest names 2 keys"
error_is build 2 usage
t_file_absent c.swb

# ---- a dry run -------------------------------------------------------------------------------------

t_begin "--dry-run: all checks, no key, no file"
sample_manifest
echo "signing: {keys: [missing.pem]}" >>product.yaml
t_must build product.yaml --dry-run --json
t_json dry_run true
t_json targets.1.length 10000
size=$(t_json_value "$T_OUT" size)
t_must build product.yaml --dry-run -o b.swb --key no-such-key
t_out_contains "nothing was written (--dry-run)"
t_files "app.bin product.yaml"
sed -i /signing/d product.yaml
quiet build product.yaml -o b.swb
t_equal "$(stat -c %s b.swb)" "$size" "the size that was told"
sed -i 's/file: app.bin/file: missing.bin/' product.yaml
try build product.yaml --dry-run
error_is build 5 not-found
