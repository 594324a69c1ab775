#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The examples of the manual pages, typed as they stand: every block of commands in a section EXAMPLES is
# run in its order in an empty folder, must exit as the page says, and must print what the page shows.
#
# In section 1 a block (.Bd to .Ed) holds commands that exit with 0, unless a comment before it says
# otherwise; in the other sections only what a comment says counts:
#
#   .\" example: exit N             the block holds commands; N is not 0: one, which exits so
#   .\" example: output             the block is what the commands before it print at the end; key ids,
#                                   times and random hashes may differ, a line ... stands for any lines
#   .\" example: file NAME          the block is the file NAME
#   .\" example: after PAGE         the examples of that page are run first
#   .\" example: given NAME...      files that the reader has from elsewhere, made by given() here
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PAGES=$T_SOURCE/man
P11_MODULES=$(pkg-config --variable=p11_module_configs p11-kit-1)
# People read the examples in such a locale.
export LC_ALL=C.UTF-8

mkdir "$T_TMP/bin"
ln -s "$T_TOOL" "$T_TMP/bin/swupdate-tool"
# The password manager of an example.
printf '#!/bin/sh\necho correct horse battery staple\n' >"$T_TMP/bin/pass"
chmod +x "$T_TMP/bin/pass"
export PATH=$T_TMP/bin:$PATH

# ---- what a page takes for granted -----------------------------------------------------------------

# The device manifest of a device that runs the release of product.yaml under metadata version $1.
device_manifest() { # VERSION FILE
    sed "s/metadata_version: .*/metadata_version: $1/" product.yaml >given.yaml
    "$T_TOOL" build given.yaml -o given.swb >/dev/null || return
    python3 - "$2" <<'PYTHON'
import sys, tarfile

def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])

def field(number, value):
    return varint(number << 3 | 2) + varint(len(value)) + value

with tarfile.open("given.swb") as bundle:
    envelope = bundle.extractfile("targets_metadata").read()
    user_manifest = bundle.extractfile("targets/user_manifest").read()
# Unsigned, so the envelope is the metadata behind one tag and one length.
metadata = next(envelope[i:] for i in range(2, 5)
                if envelope[:i] == b"\x0a" + varint(len(envelope) - i))
with open(sys.argv[1], "wb") as out:
    out.write(field(1, field(1, b"targets") + field(2, metadata)) + field(2, user_manifest))
PYTHON
    rm given.yaml given.swb
}

# A token of that label, whose PIN is 1234.
given_token() { # LABEL
    export SOFTHSM2_CONF=$PWD/softhsm2.conf
    mkdir -p softhsm
    printf 'directories.tokendir = %s\n' "$PWD/softhsm" >"$SOFTHSM2_CONF"
    softhsm2-util --init-token --free --label "$1" --pin 1234 --so-pin 5678 >"$T_TMP/quiet" 2>&1
}

# Three folders with a token's PIN in each, and the tokens, which any folder reaches.
given_signers() {
    local name
    for name in signer1 signer2 signer3; do
        mkdir "$name" && echo 1234 >"$name/pin" && given_token "$name" || return
    done
}

given() { # NAME...
    local name
    for name in "$@"; do
        case $name in
        pin) echo 1234 >pin ;;
        token:*) given_token "${name#token:}" ;;
        signers) given_signers ;;
        *.pem) "$T_TOOL" keygen -q -o "$name" >/dev/null ;;
        release-*.manifest)
            name=${name#release-}
            device_manifest "${name%.manifest}" "release-$name"
            ;;
        *) false ;;
        esac || t_fail "given $name: it could not be made"
    done
}

# For pages that say nothing in a comment.
given_by_page() { # PAGE
    case $1 in
    swupdate-tool-key-show.1) given root.pem targets.pem ;;
    esac
}

# ---- blocks ------------------------------------------------------------------------------------------

# What differs from run to run.
masked() {
    sed -E 's/[0-9a-f]{12,}(…|\.\.\.)?/ID/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/TIME/g; s/ +$//' "$1"
}

check_output() { # PAGE TEXT
    local pattern='*' line
    printf '%s\n' "$2" >"$T_TMP/shown"
    while IFS= read -r line; do
        if [ "$line" = ... ]; then
            pattern+='*'
        else
            pattern+=$line$'\n'
        fi
    done < <(masked "$T_TMP/shown" | sed 's/[][*?\\]/\\&/g')
    # shellcheck disable=SC2053 # a pattern it is
    [[ $(masked "$T_OUT")$'\n' == $pattern ]] ||
        t_fail "$1 shows '$(t_excerpt_ "$T_TMP/shown")', the commands print '$(t_excerpt_ "$T_OUT")'"
}

run_commands() { # TEXT STATUS
    if [ "$2" -ne 0 ] && [ "$(sed -E ':a; /[\\|]$/ { N; s/[\\|]\n//; ba }' <<<"$1" | wc -l)" -ne 1 ]; then
        t_fail "more than one command that is to exit with $2: $1"
        return
    fi
    COMMAND_BLOCKS=$((COMMAND_BLOCKS + 1))
    t_do bash -c "exec 2>&1; set -e -o pipefail; $1"
    T_RAN=$1
    cp "$T_OUT" "$T_ERR"
    t_exit "$2"
}

run_block() { # PAGE KIND ARGUMENT TEXT
    case $2 in
    file) printf '%s\n' "$4" >"$3" ;;
    output) check_output "$1" "$4" ;;
    exit) run_commands "$4" "$3" ;;
    '') case $1 in *.1) run_commands "$4" 0 ;; esac ;;
    *) t_fail "$1: '.\\\" example: $2' is not known" ;;
    esac
}

# roff to text, as far as literal blocks need it.
plain() {
    sed -E 's/^\\&//; s/\\\[u2026\]/…/g; s/\\\(dq/"/g; s/\\\(aq/'\''/g; s/\\-/-/g; s/\\&//g; s/\\e/\\/g' <<<"$1"
}

# The page is read from a descriptor of its own: pages are nested, and t_fail in a pipeline would be lost.
replay() { # PAGE
    local line kind='' argument='' block='' inside='' examples='' page=$1 descriptor
    exec {descriptor}<"$PAGES/$page"
    while IFS= read -r line <&"$descriptor"; do
        case $line in
        '.Sh EXAMPLES') examples=1 ;;
        '.Sh '*) examples='' ;;
        esac
        [ -n "$examples" ] || continue
        case $line in
        '.\" example: after '*) replay "${line##* }" ;;
        '.\" example: given '*)
            read -ra names <<<"${line#*: given }"
            given "${names[@]}"
            ;;
        '.\" example: '*) read -r kind argument <<<"${line#*: }" ;;
        '.Bd '*) inside=1 block='' ;;
        .Ed)
            run_block "$page" "$kind" "$argument" "$(plain "${block%$'\n'}")"
            inside='' kind='' argument=''
            ;;
        *) [ -z "$inside" ] || block+=$line$'\n' ;;
        esac
    done
    exec {descriptor}<&-
}

# ---- the pages -----------------------------------------------------------------------------------------

for path in "$PAGES"/*.[1-9]; do
    page=${path##*/}
    grep -q '^\.Sh EXAMPLES' "$path" || continue
    t_begin "$page: the examples do what the page says"
    if grep -q '| *jq\|^ *jq ' "$path" && ! command -v jq >/dev/null; then
        t_skip "jq is not installed"
        continue
    fi
    if grep -qE 'example: given (token:|signers)' "$path" && [ ! -e "$P11_MODULES/softhsm2.module" ]; then
        t_skip "SoftHSM is no module of p11-kit here"
        continue
    fi
    COMMAND_BLOCKS=0
    given_by_page "$page"
    replay "$page"
    case $page in
    *.1) [ "$COMMAND_BLOCKS" -gt 0 ] || t_fail "no command was found" ;;
    esac
done

t_begin "every page of a command has examples"
for path in "$PAGES"/*.1; do
    grep -q '^\.Sh EXAMPLES' "$path" || t_fail "${path##*/} has none"
done

# ---- the comparison itself: it must see a difference -------------------------------------------------

t_begin "output that differs is seen, and what may differ is not"
printf 'anchor: version 1, expires 2031-01-01T00:00:00Z\nsigned: aaaabbbbccccdddd\n' >"$T_OUT"
check_output page 'signed: 1234567890ab…'
check_output page $'anchor: version 1, expires 2027-11-23T13:42:47Z\nsigned: 1234567890ab'
check_output page $'anchor: version 1, expires 2027-11-23T13:42:47Z\n...'
[ "${#T_REASONS[@]}" -eq 0 ] || t_fail "equal output is taken for different"
before=("${T_REASONS[@]}")
for text in 'signed: none' 'anchor: version 1, expires 2027-11-23T13:42:47Z' $'version [12]\n...'; do
    T_REASONS=()
    check_output page "$text"
    [ "${#T_REASONS[@]}" -gt 0 ] || before+=("'$text' passes for the output")
done
T_REASONS=("${before[@]}")

t_begin "a command that exits otherwise is seen"
run_commands 'swupdate-tool --version >/dev/null' 0
[ "${#T_REASONS[@]}" -eq 0 ] || t_fail "exit 0 is not seen"
before=("${T_REASONS[@]}")
T_REASONS=()
run_commands 'swupdate-tool no-such-command' 0
run_commands 'swupdate-tool no-such-command' 1
run_commands $'true\nswupdate-tool no-such-command' 2
[ "${#T_REASONS[@]}" -eq 3 ] || before+=("${#T_REASONS[@]} of 3 faults are seen")
T_REASONS=("${before[@]}")
