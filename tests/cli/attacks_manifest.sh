#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Attacks with a manifest: YAML that two readers read otherwise, that costs time or memory, texts that a
# reader takes for numbers, and what would make a build run code or tell a secret.
# shellcheck disable=SC2016 # the ${NAME} of a manifest is not the shell's
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# refused CODE LINE:COLUMN TEXT [CHECK]: build refuses bad.yaml there, and check does (1, or CHECK: 3 where
# nothing in the file says that it is a manifest); nothing is written, what is there stays.
refused() {
    echo old >b.swb
    touch app.bin
    try build bad.yaml -o b.swb
    t_err_contains "swupdate-tool: build: bad.yaml:$2: "
    t_err_contains "$3"
    error_is build 3 "$1"
    t_json_err error.file bad.yaml
    t_json_err error.line "${2%:*}"
    t_json_err error.column "${2#*:}"
    t_run check bad.yaml
    t_exit "${4:-1}"
    [ "${4:-1}" -ne 1 ] || t_out_contains "bad.yaml:$2: "
    t_equal "$(cat b.swb)" old
    t_files "app.bin b.swb bad.yaml$([ ! -e signer ] || echo ' signer')"
}

# with LINE...: bad.yaml is a good manifest of five lines, and these.
with() {
    cat >bad.yaml <<'YAML'
schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
targets:
  - {name: app, file: app.bin}
YAML
    [ $# -eq 0 ] || printf '%s\n' "$@" >>bad.yaml
}

# ---- YAML ------------------------------------------------------------------------------------------

t_begin "YAML duplicate key"
with 'meta: {a: 1, a: 2}'
refused manifest-key 6:14 "the first is at 6:8"
with 'schema: 1'
refused manifest-key 6:1 "the first is at 1:1"
with '  - {name: other, file: app.bin, name: app}'
refused manifest-key 6:34 "the first is at 6:6"

t_begin "YAML alias"
with 'meta: {a: *name}'
refused manifest-syntax 6:11 alias

t_begin "YAML anchor"
with 'meta: &name {a: b}'
refused manifest-syntax 6:7 anchor

t_begin "YAML merge"
with 'meta: {<<: {a: b}}'
refused manifest-syntax 6:8 "merge key"

t_begin "YAML tag"
for tag in '!!str' '!!python/object/apply:os.system' '!local' '!<tag:yaml.org,2002:str>'; do
    with "meta: {a: $tag x}"
    refused manifest-syntax 6:11 tag
done

t_begin "YAML several documents"
with --- 'schema: 1'
refused manifest-syntax 6:1 document

t_begin "YAML UTF-16"
for encoding in UTF-16LE UTF-16BE; do
    with
    printf '\xef\xbb\xbf' | cat - bad.yaml | iconv -f UTF-8 -t $encoding >wide
    mv wide bad.yaml
    refused manifest-syntax 1:1 UTF-8 3
done

t_begin 'YAML \0'
with 'meta: {a: "x\0y"}'
refused manifest-syntax 6:11 U+0000
with
printf 'meta: {a: x\0y}\n' >>bad.yaml
refused manifest-syntax 6:12 U+0000 3

t_begin "YAML empty"
for content in '' '\n' '# a comment\n' '---\n' '--- ~\n'; do
    printf '%b' "$content" >bad.yaml
    refused manifest-syntax 1:1 empty "$([ -s bad.yaml ] && echo 1 || echo 3)"
done

t_begin "YAML 100,000 [: in bounded time and memory"
for opening in '[' '{a: ' '- '; do
    text=$(printf '%100000s' '')
    printf '%s' "${text// /"$opening"}" >bad.yaml
    echo old >b.swb
    (
        ulimit -t 2
        [ -n "${SWT_SANITIZE-}" ] || ulimit -v 65536
        "$T_TOOL" build bad.yaml -o b.swb
    ) >out 2>err
    t_equal $? 3 "$opening"
    t_file_contains err "16 levels"
    t_equal "$(wc -l <err)" 1 "lines of '$opening'"
    t_equal "$(cat b.swb)" old
done

# ---- texts -----------------------------------------------------------------------------------------

t_begin "1.10, 010, 0x10, NO, 12:30:45 in a text field: as they are written"
touch app.bin
for text in 1.10 010 0x10 NO 12:30:45 1_000 1e3 .inf 2026-01-01; do
    cat >good.yaml <<YAML
schema: 1
product: {name: $text, vendor: $text}
release: {version: $text, metadata_version: 1, channel: $text}
targets:
  - {name: $text, file: app.bin, version: $text}
meta: {a: $text}
YAML
    t_must build good.yaml -o b.swb
    payload b.swb user_manifest >good.json
    for member in product.name product.vendor release.version release.channel "meta.a"; do
        t_json_in good.json $member "$text"
    done
    t_contains_ good.json "\"$text\":{\"version\":\"$text\"}" "user_manifest"
    t_equal "$(tar tf b.swb --quoting-style=literal | sed -n 3p)" "targets/$text"
done

# ---- what a manifest must not bring about -------------------------------------------------------------

t_begin "exec:, module path, secret of the environment through a manifest: no program, no module"
for uri in 'exec:./signer' 'pkcs11:token=T?module-path=./signer' 'pkcs11:token=T?pin-value=1234' handle:0x81000001; do
    for line in "6:18 signing: {keys: [\"$uri\"]}" "6:17 signing: {root: \"$uri\"}" \
        "6:12   - {file: \"$uri\"}"; do
        printf '#!/bin/sh\ntouch ran\n' >signer
        chmod +x signer
        with "${line#* }"
        refused manifest-value "${line%% *}" ""
    done
done

t_begin "exec:, module path, secret of the environment through a manifest: no variable that nobody gave"
export SECRET=swordfish
for place in '- {name: b, file: app.bin, version: "${SECRET}"}' '- {name: b, file: "${SECRET}"}' \
    '- {name: "${SECRET}", file: app.bin}'; do
    with "  $place"
    column=$(awk -v text="  $place" 'BEGIN { print index(text, "\"${SECRET}") }')
    refused variable "6:$column" "variable SECRET is not defined"
    t_err_lacks swordfish
done
with 'meta: {a: "${SECRET:-none}"}'
t_must build bad.yaml -o b.swb
payload b.swb user_manifest >told
t_lacks_ told swordfish user_manifest
# Only whoever calls can let one in.
with 'meta: {a: "${SECRET}"}'
t_must build bad.yaml -o b.swb -D SECRET
payload b.swb user_manifest >told
t_file_contains told swordfish
