#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build: the parts of a manifest that make targets of files by themselves (patterns, release notes, an
# SBOM), what user_manifest tells of them, and the depfile, as make and ninja read it.
# shellcheck disable=SC2016,SC1003 # the $ of make and ninja is not the shell's, nor is a backslash
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

HEAD='schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}'

# manifest LINE...: product.yaml with these lines, from line 4 on.
manifest() {
    printf '%s\n' "$HEAD" "$@" >product.yaml
}

# refused CODE LINE:COLUMN TEXT: so is product.yaml, and nothing is written.
refused() {
    try build product.yaml -o bad.swb
    t_err_contains "swupdate-tool: build: product.yaml:$2: "
    t_err_contains "$3"
    error_is build "${REFUSED_EXIT:-3}" "$1"
    t_err_contains "\"file\":\"product.yaml\",\"line\":${2%:*},\"column\":${2#*:}"
    t_file_absent bad.swb
}

# What a bundle's payloads are called, in its order; without user_manifest.
names() {
    tar --quoting-style=literal -tf "$1" | sed -n 's|^targets/||p' | grep -v '^user_manifest$' | tr '\n' ' ' | sed 's/ $//'
}

built() {
    t_must build product.yaml -o b.swb
    t_equal "$(names b.swb)" "$1" "targets"
}

sha256() { sha256sum "$1" | cut -c1-64; }
# user_manifest PATH VALUE: of b.swb.
user_manifest() {
    payload b.swb user_manifest >"$T_TMP/user_manifest"
    t_json_in "$T_TMP/user_manifest" "$1" "$2"
}

files() {
    local file
    mkdir -p out
    for file in "$@"; do
        echo "$file" >"out/$file"
    done
}

# ---- patterns --------------------------------------------------------------------------------------

t_begin "patterns: each match is a target of its base name, in the order of bytes"
files b.bin a.bin C.bin a.txt .hidden.bin ü.bin
manifest targets: '  - {files: "out/*.bin", type: raw, slot: s, version: v, compatible: [x], meta: {k: 1}}' \
    '  - {name: last, file: out/a.txt}'
built "C.bin a.bin b.bin ü.bin last"
for name in C.bin a.bin; do
    payload b.swb "$name" >content
    t_file_equal content "out/$name"
done
payload b.swb user_manifest >um
for name in C.bin a.bin b.bin ü.bin; do
    t_equal "$(jq -cS --arg n "$name" '.targets[$n]' um)" \
        '{"compatible":["x"],"meta":{"k":"1"},"slot":"s","type":"raw","version":"v"}' "$name"
done

t_begin "patterns: names by a template"
files a.tar.gz b.bin
mkdir out/sub
manifest targets: '  - {files: "out/[ab].*", name: "fw/{stem}-{name}"}'
built "fw/a.tar-a.tar.gz fw/b-b.bin"
manifest targets: '  - {files: "out/a.*", name: "{stem}"}'
built "a.tar"

t_begin "patterns: through folders and links"
mkdir -p out/one out/two
echo 1 >out/one/image
echo 2 >out/two/other
ln -s ../two/other out/one/link
manifest targets: '  - {files: "out/*/*"}'
built "image link other"
payload b.swb link >content
t_file_equal content out/two/other

t_begin "patterns: relative to the manifest that says so, whose folder is no pattern"
mkdir -p 'a[b]/out' ab/out
echo 1 >'a[b]/out/right.bin'
echo 2 >ab/out/wrong.bin
manifest targets: '  - {files: "out/*.bin"}'
mv product.yaml 'a[b]/product.yaml'
t_must build 'a[b]/product.yaml' -o b.swb
t_equal "$(names b.swb)" right.bin
mkdir part
manifest 'include: [part/more.yaml]' targets: '  - {files: "ab/out/*"}'
printf '%s\n' targets: '  - {files: "../a[[]b]/out/*"}' >part/more.yaml
t_must build product.yaml -o b.swb
t_equal "$(names b.swb | tr ' ' '\n' | sort | tr '\n' ' ')" "right.bin wrong.bin " "targets of both"

t_begin "patterns: no match, or one that is no file"
files a.bin
mkdir out/sub.bin
manifest targets: '  - {files: "out/*.img"}'
refused glob 5:13 "no file matches 'out/*.img'"
manifest targets: '  - {files: "nowhere/*.img"}'
refused glob 5:13 "no file matches 'nowhere/*.img'"
manifest targets: '  - {files: "out/*.bin"}'
REFUSED_EXIT=5 refused io 5:13 "out/sub.bin: a payload must be a regular file"
rmdir out/sub.bin
ln -s nothing out/dangling.bin
REFUSED_EXIT=5 refused not-found 5:13 "out/dangling.bin"

t_begin "patterns: two matches of one name are told with both files"
mkdir -p out/one out/two
touch out/one/app out/two/app out/other
manifest targets: '  - {files: "out/*/app"}'
refused target-name 5:13 "target name 'app' is given twice: for out/one/app and for out/two/app"
manifest targets: '  - {name: other, file: out/one/app}' '  - {files: "out/oth*"}'
refused target-name 6:13 "for out/one/app and for out/other; the first is at product.yaml:5:5"

t_begin "patterns: limits are those of each file"
files a b
head -c 2000 /dev/zero >out/c
manifest targets: '  - {files: "out/*", max_size: 1KiB}'
refused target-too-large 5:32 "target 'c': max_size 1 KiB exceeded by 976 B (out/c is 2,000 bytes)"

t_begin "patterns: the order of bytes in any locale, whatever the order on the disk"
locales=(C C.UTF-8)
for locale in de_DE.UTF-8 tr_TR.UTF-8 en_US.UTF-8; do
    ! locale -a | grep -qix "${locale/UTF-8/utf8}" || locales+=("$locale")
done
files zebra Zebra äpfel I i ı
manifest targets: '  - {files: "out/[a-z]*"}'
t_must build product.yaml -o first.swb
t_equal "$(names first.swb)" "i zebra"
for locale in "${locales[@]}"; do
    rm -r out
    files i Zebra ı äpfel zebra I
    t_do env LC_ALL="$locale" "$T_TOOL" build product.yaml -o b.swb
    t_exit 0
    t_file_equal b.swb first.swb
done

# ---- compression -----------------------------------------------------------------------------------

t_begin "compression: lengths and hashes are those of the compressed bytes; user_manifest has the others"
files a.bin
seq 20000 >out/a.bin
length=$(stat -c %s out/a.bin)
for compression in gzip xz zstd; do
    manifest targets: "  - {name: app, file: out/a.bin, compression: $compression, max_size: $length, sha256: $(sha256 out/a.bin)}"
    t_must build product.yaml -o b.swb --json
    t_json targets.1.compression "$compression"
    t_json targets.1.original_length "$length"
    t_json targets.1.original_sha256 "$(sha256 out/a.bin)"
    payload b.swb app >packed
    t_json targets.1.length "$(stat -c %s packed)"
    t_json targets.1.sha256 "$(sha256 packed)"
    user_manifest targets.app.compression \
        "{\"length\": $length, \"sha256\": \"$(sha256 out/a.bin)\", \"type\": \"$compression\"}"
    cp b.swb again.swb
    t_must build product.yaml -o b.swb
    t_out_contains "compressed: 1 target, 106.3 KiB to "
    t_file_equal b.swb again.swb
    "$(command -v "$compression")" -dc <packed >content 2>/dev/null || t_fail "$compression does not read it"
    t_file_equal content out/a.bin
done
manifest targets: '  - {name: app, file: out/a.bin, compression: none}'
t_must build product.yaml -o b.swb
t_out_lacks compressed
user_manifest targets.app '{}'

t_begin "compression: what is too large for a container or a budget as it is may fit"
head -c 300000 /dev/zero >zeros
manifest 'bundle: {max_size: 64KiB}' targets: '  - {file: zeros, compression: xz}'
t_must build product.yaml -o b.swb
manifest 'bundle: {max_size: 64KiB}' targets: '  - {file: zeros}'
refused target-too-large 4:20 "bundle: max_size 64 KiB exceeded"
manifest targets: '  - {file: zeros, compression: xz, max_size: 64KiB}'
refused target-too-large 5:46 "target 'zeros': max_size 64 KiB exceeded by 229.0 KiB (zeros is 300,000 bytes)"
head -c 300000 /dev/urandom >noise
manifest 'bundle: {max_size: 64KiB}' targets: '  - {file: noise, compression: xz}'
refused target-too-large 4:20 "bundle: max_size 64 KiB exceeded"

t_begin "compression: where no libarchive fits, that fails and nothing else does"
files a.bin
mkdir lib
for content in broken lacking; do
    case $content in
    broken) echo broken >lib/libarchive.so.13 ;;
    lacking) cc -shared -o lib/libarchive.so.13 -x c - <<<'int archive_errno(void *a) { return a != 0; }' ;;
    esac
    manifest targets: '  - {file: out/a.bin, compression: zstd}'
    LD_LIBRARY_PATH=$PWD/lib refused compression 5:5 "target 'a.bin': cannot load libarchive, which compresses: "
    LD_LIBRARY_PATH=$PWD/lib t_run build product.yaml -o bad.swb
    t_err_contains "lib/libarchive.so.13: "
    t_err_contains "hint: install libarchive 3 "
    manifest targets: '  - {file: out/a.bin}'
    LD_LIBRARY_PATH=$PWD/lib t_must build product.yaml -o b.swb
done

t_begin "compression: a libarchive that cannot be read is the system's fault"
files a.bin
mkdir lib
# Where nothing is mapped, a read of it is an I/O error.
ln -s /proc/self/mem lib/libarchive.so.13
manifest targets: '  - {file: out/a.bin, compression: zstd}'
LD_LIBRARY_PATH=$PWD/lib t_run build product.yaml -o bad.swb
t_exit 5
t_err_contains "cannot load libarchive, which compresses: "
t_err_contains "lib/libarchive.so.13: "
t_err_contains ": Input/output error"
t_err_lacks "hint: "
t_file_absent bad.swb

# ---- release notes, requires -----------------------------------------------------------------------

t_begin "notes: a target of their own, behind the manifest's"
HEAD=${HEAD/metadata_version: 1/metadata_version: 1, notes: notes.md}
files a.bin
echo "# Notes" >notes.md
manifest 'requires: {min_version: "0.9"}' targets: '  - {files: "out/*"}'
built "a.bin release_notes"
payload b.swb release_notes >content
t_file_equal content notes.md
user_manifest requires.min_version 0.9
user_manifest targets.release_notes '{}'
manifest targets: '  - {name: release_notes, file: out/a.bin}'
refused target-name 3:53 "target name 'release_notes' is given twice: for out/a.bin and for notes.md; the first is at product.yaml:5:5"
rm notes.md
manifest targets: '  - {files: "out/*"}'
REFUSED_EXIT=5 refused not-found 3:53 "notes.md"
HEAD=${HEAD/, notes: notes.md/}

# ---- the SBOM --------------------------------------------------------------------------------------

cyclonedx() { # NAME SHA256
    printf '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": "file", "name": "%s",
        "hashes": [{"alg": "MD5", "content": "00"}, {"alg": "SHA-256", "content": "%s"}]}]}' "$1" "$2" >sbom.json
}
spdx() { # FILES-MEMBER NAME-MEMBER NAME SHA256
    printf '{"spdxVersion": "SPDX-2.3", "%s": [{"%s": "%s",
        "checksums": [{"algorithm": "SHA1", "checksumValue": "00"},
            {"algorithm": "SHA256", "checksumValue": "%s"}]}]}' "$@" >sbom.json
}
with_sbom() {
    manifest targets: '  - {name: fw/app, file: out/app.bin}' '  - {name: other, file: out/other.bin}' \
        "sbom: {file: sbom.json${1:-}}"
}

t_begin "sbom: a target, with its format in user_manifest"
files app.bin other.bin
cyclonedx app.bin "$(sha256 out/app.bin)"
with_sbom
built "fw/app other sbom.json"
t_err_empty
user_manifest sbom '{"format": "cyclonedx", "target": "sbom.json"}'
payload b.swb sbom.json >content
t_file_equal content sbom.json
with_sbom ', format: cyclonedx'
t_must build product.yaml -o b.swb
with_sbom ', format: spdx'
refused sbom 7:33 "sbom.json is cyclonedx, the manifest says spdx"
spdx files fileName ./out/app.bin "$(sha256 out/app.bin)"
t_must build product.yaml -o b.swb
user_manifest sbom.format spdx
t_err_empty

t_begin "sbom: what it says of a target must be true"
files app.bin other.bin
right=$(sha256 out/app.bin)
wrong=$(sha256 out/other.bin)
with_sbom
for name in fw/app app.bin ./build/app.bin; do
    cyclonedx "$name" "${right^^}"
    t_must build product.yaml -o b.swb
    t_err_empty
    cyclonedx "$name" "$wrong"
    refused sbom 7:14 "sbom.json: component '$name' has the SHA-256 $wrong there, but out/app.bin, the target 'fw/app', has $right"
    for members in 'files fileName' 'packages name' 'packages packageFileName'; do
        # shellcheck disable=SC2086 # two words
        spdx $members "$name" "$right"
        t_must build product.yaml -o b.swb
        # shellcheck disable=SC2086
        spdx $members "$name" "$wrong"
        refused sbom 7:14 "'$name' has the SHA-256 $wrong there"
    done
done
# Wherever it stands.
component='{"name": "app.bin", "hashes": [{"alg": "SHA-256", "content": "'$wrong'"}]}'
for inside in '"metadata": {"component": '"$component"'}' \
    '"components": [{"name": "x", "components": [{"name": "y", "components": ['"$component"']}]}]'; do
    echo '{"bomFormat": "CycloneDX", "specVersion": "1.4", '"$inside"'}' >sbom.json
    refused sbom 7:14 "component 'app.bin'"
done

t_begin "sbom: the original's hash will do, and the compressed bytes' too"
files app.bin
manifest targets: '  - {name: fw/app, file: out/app.bin, compression: gzip}' 'sbom: {file: sbom.json}'
cyclonedx app.bin "$(sha256 out/app.bin)"
t_must build product.yaml -o b.swb
payload b.swb fw/app >packed
cyclonedx app.bin "$(sha256 packed)"
t_must build product.yaml -o b.swb
t_err_empty
echo more >>out/app.bin
refused sbom 6:14 ", compressed "

t_begin "sbom: one that tells of no target is a note"
files app.bin other.bin
with_sbom
cyclonedx zlib "$(sha256 out/app.bin)"
t_must build product.yaml -o b.swb
t_err_is "swupdate-tool: build: note: sbom.json gives the SHA-256 of no target: nothing in it was compared"
echo '{"bomFormat": "CycloneDX", "specVersion": "1.4", "components": [{"name": "app.bin"}]}' >sbom.json
t_must build product.yaml -o b.swb
t_err_contains "note: sbom.json"

t_begin "sbom: one name of several files is right where one of them is meant"
mkdir -p one two
echo 1 >one/image
echo 2 >two/image
manifest targets: '  - {name: a, file: one/image}' '  - {name: b, file: two/image}' 'sbom: {file: sbom.json}'
cyclonedx image "$(sha256 two/image)"
t_must build product.yaml -o b.swb
t_err_empty
cyclonedx a "$(sha256 two/image)"
refused sbom 7:14 "component 'a'"

t_begin "sbom: what cannot be read"
files app.bin other.bin
with_sbom
unread() { # TEXT CONTENT
    printf '%s' "$2" >sbom.json
    refused sbom 7:14 "$1"
}
unread "it is XML: expected CycloneDX or SPDX 2, in JSON" '<?xml version="1.0"?><bom/>'
unread "it is SPDX in tag-value form" 'SPDXVersion: SPDX-2.3'
unread "sbom.json:1:2: not JSON" '{x}'
unread "not JSON" ''
unread "byte order mark" $'\xef\xbb\xbf{}'
unread "neither a bomFormat nor an spdxVersion" '{}'
unread "neither a bomFormat nor an spdxVersion" '[]'
unread "spdxVersion is 'SPDX-3.0'" '{"spdxVersion": "SPDX-3.0"}'
unread "JSON-LD, as SPDX 3 is" '{"@context": "x", "@graph": []}'
unread "specVersion: expected one of CycloneDX 1" '{"bomFormat": "CycloneDX", "specVersion": "2.0"}'
unread "components: expected a list" '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": {}}'
unread "name: expected a text" '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"name": 1}]}'
unread "component 'app.bin': its SHA-256 is not 64 hexadecimal digits" \
    '{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"name": "app.bin", "hashes": [{"alg": "SHA-256", "content": "00"}]}]}'
unread "levels" "$(head -c 200 /dev/zero | tr '\0' '[')"
head -c 16777217 /dev/zero | tr '\0' ' ' >sbom.json
refused sbom 7:14 "larger than 16 MiB"
rm sbom.json
REFUSED_EXIT=5 refused not-found 7:14 sbom.json
mkdir sbom.json
REFUSED_EXIT=5 refused io 7:14 "regular file"

# ---- user_manifest ---------------------------------------------------------------------------------

t_begin "user_manifest: a match of that name is the user's own"
files user_manifest a
manifest targets: '  - {files: "out/*"}'
t_must build product.yaml -o b.swb
t_equal "$(tar tf b.swb | tr '\n' ' ')" "targets_metadata targets/user_manifest targets/a " order
payload b.swb user_manifest >content
t_file_equal content out/user_manifest

t_begin "patterns: a name that is not UTF-8 is told as one, with its place"
mkdir out
touch out/$'\xff.bin'
manifest targets: '  - {files: "out/*.bin"}'
refused target-name 5:13 "target name '\xff.bin': "
t_run check product.yaml
t_exit 1
t_out_contains "product.yaml:5:13: error: target name '\xff.bin': "

# ---- fixtures --------------------------------------------------------------------------------------

t_begin "fixtures of a whole manifest"
HEAD=${HEAD/metadata_version: 1/metadata_version: 1, notes: notes.md}
files a.bin b.bin
echo notes >notes.md
cyclonedx a.bin "$(sha256 out/a.bin)"
manifest 'bundle: {user_manifest: false}' targets: '  - {files: "out/*", compression: xz}' 'sbom: {file: sbom.json}'
t_must fixtures -o fixtures --manifest product.yaml
t_equal "$(names fixtures/good.swb)" "a.bin b.bin release_notes sbom.json"
payload fixtures/good.swb a.bin >content
t_file_equal content out/a.bin
payload fixtures/good.swb user_manifest >um
t_equal "$(jq -c '.targets | keys' um)" '["a.bin","b.bin","release_notes","sbom.json"]'
t_equal "$(jq -c '.targets["a.bin"]' um)" '{}' "nothing is compressed"
HEAD=${HEAD/, notes: notes.md/}

t_begin "fixtures: variables of the manifest are those of -D"
files a.bin b.bin
manifest targets: '  - {files: "${OUT:?say where}/*.bin"}'
t_run fixtures -o fixtures --manifest product.yaml
t_exit 3
t_err_contains "product.yaml:5:13: variable OUT: say where"
t_must fixtures -o fixtures --manifest product.yaml -D OUT=out
t_equal "$(names fixtures/good.swb)" "a.bin b.bin"
t_run fixtures -o other -D OUT=out
t_exit 2
t_err_contains "-D goes with --manifest"

t_begin "fixtures: a file of the name '-' is no standard input"
echo file >./-
echo other >./-b
manifest targets: '  - {files: "[-]*"}'
t_must fixtures -o fixtures --manifest product.yaml
payload fixtures/good.swb - >content
t_file_equal content ./-

# ---- the depfile -----------------------------------------------------------------------------------

# rule: the inputs of the depfile's first rule.
rule() {
    sed -n '1,/[^\\]$/p' product.d | sed 's/^.*: \\$//; s/ \\$//; s/^  //' | grep . | tr '\n' ' ' | sed 's/ $//'
}

t_begin "depfile: all that was read"
files a.bin b.bin
echo notes >notes.md
cyclonedx a.bin "$(sha256 out/a.bin)"
sample_root root
cp "$KEYS/targets1.pem" key.pem
chmod 600 key.pem
echo 9 >version
printf '%s\n' 'meta: {a: b}' >common.yaml
printf '%s\n' 'schema: 1' 'include: [common.yaml]' 'product: {name: widget}' \
    'release: {version: "${V}", metadata_version: 1, notes: notes.md}' targets: '  - {files: "out/*"}' \
    'sbom: {file: sbom.json}' 'signing: {root: root, keys: [key.pem]}' >product.yaml
t_must build product.yaml -o b.swb -D V=@version --depfile product.d
t_equal "$(head -n 1 product.d)" 'b.swb: \'
t_equal "$(rule)" "common.yaml key.pem notes.md out/a.bin out/b.bin product.yaml root sbom.json version"
for input in $(rule); do
    grep -qx "$input:" product.d || t_fail "no rule for $input"
done
cp product.d first.d
t_must build product.yaml -o b.swb -D V=1 --depfile product.d --root root --key "file:$KEYS/targets1.pem" --json
t_json depfile product.d
t_equal "$(rule)" "$KEYS/targets1.pem common.yaml notes.md out/a.bin out/b.bin product.yaml root sbom.json"

t_begin "depfile: only with a bundle, never onto another file"
files a.bin
manifest targets: '  - {files: "out/*", max_size: 1}'
t_run build product.yaml -o b.swb --depfile b.d
t_exit 3
t_file_absent b.d
manifest targets: '  - {files: "out/*"}'
cp product.yaml before
for depfile in product.yaml out/a.bin b.swb ./b.swb -; do
    try build product.yaml -o b.swb --depfile "$depfile"
    error_is build 2 usage
done
t_file_equal product.yaml before
try build product.yaml -o - --depfile b.d
error_is build 2 usage
try build product.yaml --dry-run --depfile b.d
error_is build 2 usage
t_err_contains 'give -o FILE with it'
t_file_absent b.swb
t_must build product.yaml --dry-run -o b.swb --depfile b.d
t_file_absent b.d
mkdir d
try build product.yaml -o b.swb --depfile d
error_is build 5 io
t_file_absent b.swb
try build product.yaml -o b.swb --depfile nowhere/b.d
error_is build 5 not-found
t_file_absent b.swb

t_begin "depfile: names that make or ninja would read as others"
manifest targets: '  - {name: app, file: "$$IN"}'
for name in 'a=b' 'a;b' 'a|b' 'a(b)' "a'b" 'a"b' 'a*b' 'a[b]' 'a?b' 'a&b' 'a<b' 'a`b' 'a^b' 'a\' 'a\#b' 'a\:b' \
    'a\$b' 'a ' '%.o' 'a:' 'a: b' '~root' './~x'; do
    touch "$name"
    yaml=${name//\\/\\\\}
    yaml=${yaml//\"/\\\"}
    manifest targets: "  - {name: app, file: \"./${yaml//\$/\$\$}\"}"
    try build product.yaml -o b.swb --depfile b.d
    t_err_contains "make or ninja would misread"
    error_is build 2 usage
    t_file_absent b.d
done
touch in.bin
manifest targets: '  - {name: app, file: in.bin}'
for name in 'o%b' 'o=b' 'o b ' $'o\tb' $'o\nb' '~b'; do
    try build product.yaml -o "./$name" --depfile b.d
    error_is build 2 usage
    t_file_absent "$name"
done

# The names that both programs must take, as a file to read and as the bundle.
NAMES=('plain' 'a b' 'a#b' 'a$b' 'a:b' 'a\b' 'a\ b' 'a\\ b' '-x' '\a' 'ü' 'a,b' 'a+b' '{a}' 'a@b' 'a!b' 'a~' '  a'
    '#' '$')

# Whether a build runs the tool.
ran() { # built|kept WHEN COMMAND...
    rm -f ran
    t_do "${@:3}"
    t_exit 0
    t_equal "$([ -e ran ] && echo built || echo kept)" "$1" "$2"
}

# follows INPUT COMMAND...: a build, none, one after the input changed, one after it is gone from the
# manifest and from the disk, none.
follows() {
    ran built "first: $1" "${@:2}"
    ran kept "again: $1" "${@:2}"
    touch -d '+1 hour' "./$1"
    ran built "changed: $1" "${@:2}"
    cp other.yaml product.yaml
    rm "./$1"
    ran built "gone: $1" "${@:2}"
}

# The tool, as a recipe calls it; what it is called with stands in args, so that no shell sees it.
cat >"$T_TMP/bundle.sh" <<'SH'
touch ran
exec "$T_TOOL" build product.yaml -o "./$(cat output)" --depfile product.d
SH

start() { # INPUT OUTPUT
    local yaml=${1//\\/\\\\}
    rm -rf ./* && printf '%s' "$2" >output
    echo content >"./$1"
    echo other >safe.bin
    manifest targets: '  - {name: app, file: safe.bin}'
    mv product.yaml other.yaml
    manifest targets: "  - {name: app, file: \"./${yaml//\$/\$\$}\"}"
}

t_begin "depfile: make reads it"
for name in "${NAMES[@]}"; do
    start "$name" b.swb
    printf 'b.swb: output\n\tsh %s\n-include product.d\n' "$T_TMP/bundle.sh" >Makefile
    follows "$name" make -s
done
for name in "${NAMES[@]}"; do
    start in.bin "$name.swb"
    t_do sh "$T_TMP/bundle.sh"
    t_exit 0
    # The first goal is the depfile's; what it is made by stands apart from its name.
    printf 'include product.d\n%%.swb:\n\tsh %s\n' "$T_TMP/bundle.sh" >Makefile
    ran kept "output $name" make -s
    touch -d '+1 hour' in.bin
    ran built "output $name" make -s
done

t_begin "depfile: ninja reads it"
for name in "${NAMES[@]}"; do
    start "$name" b.swb
    printf 'rule r\n  command = sh %s\n  depfile = product.d\nbuild b.swb: r\n' "$T_TMP/bundle.sh" >build.ninja
    follows "$name" ninja
done
for name in "${NAMES[@]}"; do
    start in.bin "$name.swb"
    escaped=${name//\$/\$\$}
    escaped=${escaped//:/\$:}
    printf 'rule r\n  command = sh %s\n  depfile = product.d\nbuild %s.swb: r\n' "$T_TMP/bundle.sh" \
        "${escaped// /\$ }" >build.ninja
    follows in.bin ninja
done
