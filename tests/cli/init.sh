#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# init: a project that builds, verifies and keeps its private keys to itself.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

FILES='.gitignore README.md images/app.bin keys/dev-root.pem keys/dev-root.pem.pub keys/dev-targets.pem
keys/dev-targets.pem.pub keys/root_metadata policy.yaml product.yaml'

files_below() { # DIR
    (cd "$1" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort | tr '\n' ' ')
}

t_begin "the project builds, verifies, and is installed"
t_must init widget
t_out_contains "next: cd widget && swupdate-tool build product.yaml -o widget.swb"
t_equal "$(files_below widget)" "$(tr '\n' ' ' <<<"$FILES")" files
cd widget || exit 99
t_must build product.yaml -o widget.swb
t_out_contains "widget 0.1.0"
t_must verify widget.swb --root keys/root_metadata --strict
t_must dump widget.swb
t_must check product.yaml keys/root_metadata widget.swb
t_must provision --root keys/root_metadata --format device-dir -o device
t_must apply widget.swb --device device

t_begin "a folder whose name begins with - can be pasted, too"
t_must init -- -dash
t_out_contains "next: cd ./-dash && "

t_begin "what its README and its manifest say to type works"
t_must init widget
cd widget || exit 99
mkdir bin
ln -s "$T_TOOL" bin/swupdate-tool
# shellcheck disable=SC2016 # the marks of a code block
sed -n '/^```sh$/,/^```$/{/^```/d;p}' README.md >typed
sed -n 's/^#   \(swupdate-tool [^ ].*[^ ]\)   .*$/\1/p; s/^#   \(swupdate-tool [^ ].*[^ ]\)$/\1/p' product.yaml >>typed
t_equal "$(wc -l <typed)" 8 "number of commands"
t_do env PATH="$PWD/bin:$PATH" bash -e typed
t_exit 0
t_do git init -q .
t_equal "$(git ls-files --others --exclude-standard | grep -E '^device/|\.swb$')" '' "built, and not ignored"

t_begin "its policy refuses the keys for development, and nothing else once there are others"
t_must init widget
cd widget || exit 99
t_must build product.yaml -o widget.swb
t_run check --policy policy.yaml --json widget.swb
t_exit 1
t_equal "$(jq -c '[.files[0].findings[].code] | unique' "$T_OUT")" \
    '["policy-expiry","policy-forbidden-keys"]' findings
t_must keygen -q -o root.pem
t_must keygen -q -o targets.pem
t_must root create -o root --root-key root.pem --targets-key targets.pem --sign-with root.pem
sed -i 's/# expires: .*/expires: '"$(date -u -d '+100 days' +%F)"'/' product.yaml
t_must build product.yaml -o widget.swb --root root --key targets.pem
t_must check --policy policy.yaml widget.swb

t_begin "a repository of it holds no private key"
t_do git init -q repository
t_must init repository
cd repository || exit 99
t_do git add -A
t_do git ls-files
t_equal "$(git ls-files | grep -c 'pem$')" 0 "private keys"
t_equal "$(git ls-files | grep -c 'pub$')" 2 "public keys"
t_equal "$(stat -c %a keys/dev-root.pem keys/dev-targets.pem | sort -u)" 600 "mode of the private keys"

t_begin "the keys are fresh each time"
t_must init one
t_must init two
cmp -s one/keys/dev-root.pem two/keys/dev-root.pem && t_fail "two projects have one root key"
cmp -s one/keys/dev-root.pem one/keys/dev-targets.pem && t_fail "two roles have one key"
t_file_equal one/images/app.bin one/images/app.bin

t_begin "the product is named for its folder, where that is a plain name"
for name in board-2 './deep/..//Rev_B/' 'it is' "$(printf 'x%.0s' {1..80})" -- ; do
    case $name in
    *deep*) mkdir deep && want=Rev_B ;;
    board-2) want=$name ;;
    --) name=./-rf want=widget ;;
    *) want=widget ;;
    esac
    t_must init "$name"
    grep -qF "name: \"$want\"" "$name/product.yaml" || t_fail "'$name' is not called $want"
    rm -r "$name"
done
t_must init .
grep -qF 'name: "widget"' product.yaml || t_fail "a folder without a name is not called widget"

t_begin "what exists is never replaced, and then nothing is written"
for file in $FILES; do
    rm -rf widget
    mkdir -p "widget/$(dirname "$file")"
    echo mine >"widget/$file"
    t_run init widget
    t_exit 5
    t_err_contains "$file: exists already"
    t_equal "$(files_below widget)" "$file " "files"
done

t_begin "faults of the command line and the system"
t_run init
t_exit 2
t_run init -
t_exit 2
t_run init missing/widget
t_exit 5
t_err_contains "missing/widget"
touch file
t_run init file
t_exit 5

t_begin "a signal leaves nothing: no key in a hidden folder"
for signal in INT:130 TERM:143 HUP:143 QUIT:143; do
    t_do env ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$T_BUILD/faults/calls.so" SWT_FAULT_CALL=write \
        SWT_FAULT_AT=3 SWT_FAULT_SIGNAL="$(kill -l "${signal%:*}")" "$T_TOOL" init project
    t_exit "${signal#*:}"
    t_files ""
done

t_begin "--json names the files; an audit log tells of the root's signature"
t_must init widget --json --audit-log log
t_equal "$(jq -r .directory,.product "$T_OUT" | tr '\n' ' ')" 'widget widget ' members
t_equal "$(jq -r '.files[].path' "$T_OUT" | LC_ALL=C sort | tr '\n' ' ')" "$(tr '\n' ' ' <<<"$FILES")" files
t_must check log
t_out_contains "1 signature"
