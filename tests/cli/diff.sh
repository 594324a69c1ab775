#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# diff as it is used: two releases of a product, in files and on terminals. What it finds in forged files
# is in diff_bundles.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# Two releases, as tar and as UpdateBundle: old.* and new.*; root.1 and root.2.
two_releases() {
    sample_manifest
    head -c 600000 /dev/zero | tr '\0' 'd' >data.bin
    echo notes >notes.txt
    cat >>product.yaml <<'YAML'
  - {name: boot/data, file: data.bin}
  - {name: notes, file: notes.txt}
  - {name: old-only, file: notes.txt, type: text}
YAML
    sample_root root.1
    both_containers old --root root.1 --key "$KEYS/targets1.pem"
    quiet root rotate root.1 -o root.2 --add-targets-key "$KEYS/targets2.pub" --targets-threshold 2 \
        --sign-with "$KEYS/root1.pem"
    printf X | dd of=app.bin bs=1 seek=5000 conv=notrunc status=none
    head -c 15360 /dev/zero >>app.bin
    sed -i -e 's/1\.4\.0/1.5.0/; s/metadata_version: 42/metadata_version: 43/' \
        -e 's/name: notes/name: read-me-first/; /old-only/d' product.yaml
    echo '  - {name: new-only, file: product.yaml, type: text}' >>product.yaml
    both_containers new --root root.2 --key "$KEYS/targets1.pem" --key "$KEYS/targets2.pem"
}

both_containers() { # NAME [OPTION...]
    quiet build product.yaml -o "$1.swb" "${@:2}"
    quiet convert "$1.swb" -o "$1.pb"
}

# ---- what it tells ---------------------------------------------------------------------------------

t_begin "two releases, each part of the answer"
two_releases
for pair in "old.swb new.swb" "old.swb new.pb" "old.pb new.swb" "old.pb new.pb"; do
    read -ra words <<<"$pair"
    t_run diff --json "${words[@]}"
    t_exit 1
    t_json same false
    t_json authenticated false
    t_json a.file "${words[0]}"
    t_json user_manifest.fields.1.path release.version
    t_json user_manifest.fields.1.a 1.4.0
    t_json user_manifest.fields.1.b 1.5.0
    t_json targets_metadata.fields '[{"a": 42, "b": 43, "path": "version"}]'
    t_json targets.changed.1.name app
    t_json targets.changed.1.a.length 10000
    t_json targets.changed.1.delta 15360
    t_json targets.changed.1.first_difference 5000
    t_json targets.renamed.0.a notes
    t_json targets.renamed.0.b read-me-first
    t_json targets.added.0.name new-only
    t_json targets.removed.0.name old-only
    t_json targets.removed.0.details '{"type": "text"}'
    t_json targets.unchanged.0.name boot/data
    t_json root.keys.0.change added
    t_json root.keys.0.key_id "$(key_id "$KEYS/targets2.pub")"
    t_json root.fields.1.path targets.threshold
    t_json signatures.2.key_id "$(key_id "$KEYS/targets2.pub")"
    t_json signatures.2.b good
    t_err_empty
done

t_begin "the text says it, too, in 80 columns without colour where it is no terminal"
two_releases
t_run diff old.swb new.pb
t_exit 1
for line in 'what the files say of themselves; nothing was authenticated' 'A  old.swb: tar bundle, ' \
    '  ~ release.version           1.4.0 -> 1.5.0' '  + new-only' '  - old-only' '  > read-me-first' \
    '      was notes' '    1 unchanged' 'note: A is a tar bundle, B an UpdateBundle' \
    "  + targets $(key_id "$KEYS/targets2.pub" | head -c 12)... ecdsa-p256: good"; do
    t_out_contains "$line"
done
t_out_contains '  ~ app            9.8 KiB  24.8 KiB  +15 KiB  ##########+++++++++++++++  0x1388'
t_out_lacks $'\033'
t_equal "$(awk 'length > 80' "$T_OUT")" "" "lines of more than 80 columns"
t_run diff -v old.swb new.pb
t_out_contains "$(sha256sum <data.bin | cut -d ' ' -f 1)"
t_out_contains "$(key_id "$KEYS/targets2.pub")"

t_begin "the same signed bytes in two containers do not differ"
two_releases
t_run diff new.swb new.pb
t_exit 0
t_out_contains 'they do not differ'
t_out_contains 'note: A is a tar bundle, B an UpdateBundle: the container changes nothing of'
t_run diff -q new.swb new.pb
t_exit 0
t_out_empty
t_run diff -q old.swb new.pb
t_exit 1
t_out_contains 'differences'
t_run diff new.swb new.swb
t_exit 0

t_begin "what sign, convert and personalize change"
sample_manifest
sample_root root
quiet build product.yaml -o unsigned.swb --root root
quiet sign unsigned.swb --key "$KEYS/targets1.pem" -o signed.swb
t_run diff --json unsigned.swb signed.swb
t_exit 1
t_json differences 1
t_json signatures.1.b good
quiet build product.yaml -o bare.swb
quiet convert bare.swb --root root -o rooted.swb
t_run diff --json bare.swb rooted.swb
t_exit 1
t_json root.a null
t_json root.b.version 1
quiet provision --root root --bundle signed.swb --format device-dir -o dev
quiet personalize signed.swb --device-manifest dev/current/manifest -o small.swb
t_run diff --json signed.swb small.swb
t_exit 1
t_json differences 1
t_json targets.left_out '[{"a": true, "b": false, "name": "app"}]'
t_run diff signed.swb small.swb
t_out_contains '  ! app: left out of B'

t_begin "what user_manifest says of a target that only the other bundle has is told once"
sample_manifest
echo notes >notes.txt
echo '  - {name: notes, file: notes.txt, slot: docs}' >>product.yaml
quiet build product.yaml -o a.swb
payload a.swb user_manifest >own.json
sed -i 's/- {name: notes.*/- {name: user_manifest, file: own.json}/' product.yaml
quiet build product.yaml -o b.swb
t_run diff a.swb b.swb --json
t_exit 1
t_json user_manifest.fields '[{"b": "docs", "path": "targets.notes.slot"}]'
t_run diff b.swb a.swb --json
t_json user_manifest.fields '[{"a": "docs", "path": "targets.notes.slot"}]'

t_begin "root metadata"
two_releases
t_run diff root.1 root.2
t_exit 1
t_out_contains 'A  root.1: root metadata, '
t_out_contains '  ~ version            1 -> 2'
t_run diff root.1 root.1
t_exit 0

t_begin "Markdown"
two_releases
t_run diff --markdown old.swb new.pb
t_exit 1
for line in '### 15 differences' "- **A**: \`old.swb\` (tar bundle, " '| | Field | A | B |' \
    "| changed | \`release.version\` | \`1.4.0\` | \`1.5.0\` |" \
    "| changed | \`app\` | 9.8 KiB | 24.8 KiB | +15 KiB | from 0x1388 |" \
    "| renamed | \`read-me-first\` | 6 B | 6 B |  | was \`notes\` |" \
    "| added | targets | \`$(key_id "$KEYS/targets2.pub")\` | ecdsa-p256 |"; do
    t_out_contains "$line"
done

# ---- terminals -------------------------------------------------------------------------------------

# Shows the diff on a terminal of so many columns; no line may be wider. Characters count, so names are
# those that take one column each.
on_terminal() { # COLUMNS LOCALE [NAME=VALUE...]
    t_do env TERM=xterm-256color LC_ALL="$2" "${@:3}" python3 "$T_SOURCE/tests/cli/terminal.py" -- \
        bash -c "stty cols $1; exec $T_TOOL diff old.swb new.pb"
    tail -n +2 "$T_OUT" | tr -d '\r' >shown
    sed $'s/\033\\[[0-9;]*m//g' shown >plain
    python3 - "$1" <<'PYTHON' || t_fail "a line is wider than $1 columns: $(t_excerpt_ plain)"
import sys
lines = open("plain", encoding="utf-8").read().splitlines()
sys.exit(0 if len(lines) > 20 and max(map(len, lines)) <= int(sys.argv[1]) else 1)
PYTHON
}

t_begin "on terminals from 40 to 200 columns nothing wraps"
two_releases
long=a-name-of-a-target/that-goes-on-and-on/and-comes-to-an-end-only-in-the-third-part.bin
sed -i "s|name: new-only|name: $long|" product.yaml
both_containers new --root root.2 --key "$KEYS/targets1.pem" --key "$KEYS/targets2.pem"
for columns in 40 41 47 55 64 72 80 100 200; do
    on_terminal "$columns" C.UTF-8
    on_terminal "$columns" C
done
on_terminal 80 C.UTF-8
t_file_contains plain '  ~ release.version           1.4.0 → 1.5.0'
t_file_contains plain '  + a-name-of-a-…rd-part.bin'
t_file_contains plain '+15 KiB  ██████▒▒▒▒▒▒▒▒  0x1388'
t_file_contains shown $'\033[32m+\033[0m'
t_file_contains shown $'\033[31m-\033[0m'
on_terminal 40 C.UTF-8
t_file_contains plain '      +15 KiB, differs from 0x1388'
on_terminal 200 C.UTF-8
t_file_contains plain "  + $long"
on_terminal 80 C.UTF-8 NO_COLOR=1
t_file_equal shown plain

# ---- what it takes ---------------------------------------------------------------------------------

t_begin "standard input, where it is a file, is one of the two"
two_releases
t_run_from old.swb diff --json - new.swb
t_exit 1
t_json a.file -
t_json targets.changed.1.first_difference 5000
t_run_from new.pb diff new.swb -
t_exit 0
t_run_from old.swb diff - -
t_exit 2
t_err_contains "standard input can't be both files"
t_do bash -c "cat old.swb | $T_TOOL diff - new.swb"
t_exit 2
t_err_contains "standard input can't be read twice"

t_begin "a wrong command line"
two_releases
try diff --json --markdown old.swb new.swb
t_exit 2
t_err_contains '--json and --markdown exclude each other'
try diff old.swb
error_is diff 2 usage
try diff old.swb root.1
error_is diff 3 file-kind
t_err_contains 'expected a bundle to compare with old.swb, found root metadata'
try diff root.1 old.swb
error_is diff 3 file-kind
try diff old.swb product.yaml
error_is diff 3 file-kind
try diff old.swb absent
error_is diff 5 not-found
try diff . new.swb
error_is diff 5 io
