#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# verify: what it accepts and how it says so. What it must refuse is in attacks_*.sh and vectors.sh.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

STEPS="anchor-given container envelope anchor root-old-quorum root-content root-new-quorum root-version \
root-expiry floor targets-quorum targets-content targets-expiry targets-entries targets-version payloads \
root-stripped end"

# The steps and their verdicts, of the text on stdout and of the JSON in a file.
text_steps() { sed -nE 's/^(pass|warn|fail|skipped) +([a-z-]+).*/\2 \1/p' "$T_OUT"; }
json_steps() {
    python3 -c 'import json, sys
for step in json.load(open(sys.argv[1]))["steps"]:
    print(step["step"], step["verdict"])' "$1"
}

# Each text of the JSON stands in the text report, whose lines are all from there.
same_report() {
    python3 - "$1" "$2" <<'PYTHON' || t_fail "text and JSON hold other things"
import json, sys
document = json.load(open(sys.argv[1], encoding="utf-8"))
text = open(sys.argv[2], encoding="utf-8").read()
for step in document["steps"]:
    failed, skipped = step["verdict"] == "fail", step["verdict"] == "skipped"
    for name in ("expected", "found", "note"):
        if name in step and (failed or name == "note" or (name == "found" and not skipped)):
            assert step[name] in text, step[name]
assert f"{document['verdict']}: {document['file']}" in text
PYTHON
}

# b.swb and b.pb of sample_manifest, signed, with root.
sample_bundles() {
    sample_manifest
    sample_root root
    quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
    quiet convert b.swb -o b.pb
}

t_begin "a good bundle is accepted, each step told in its order"
sample_bundles
for bundle in b.swb b.pb; do
    t_run verify "$bundle" --root root
    t_exit 0
    t_err_empty
    t_equal "$(text_steps | cut -d' ' -f1 | tr '\n' ' ')" "${STEPS} "
    t_equal "$(tail -n 1 "$T_OUT")" "accept: $bundle"
    cp "$T_OUT" text
    text_steps >steps
    t_run verify "$bundle" --root root --json
    t_exit 0
    t_err_empty
    cp "$T_OUT" json
    t_equal "$(json_steps json)" "$(cat steps)"
    same_report json text
    t_json verdict accept
    t_json authenticated true
    t_json file "$bundle"
    t_json steps.0.found root
    t_json root_version 1
    t_json targets_version 42
done
t_json container pigweed

t_begin "a rejection is a report, not an error"
sample_bundles
quiet root create -o other --root-key "$KEYS/root2.pub" --targets-key "$KEYS/targets2.pub" \
    --sign-with "$KEYS/root2.pem"
t_run verify b.swb --root other
t_exit 1
t_err_empty
t_equal "$(tail -n 1 "$T_OUT")" "reject: b.swb fails at root-old-quorum"
t_out_contains "expected: signatures of 1 of the anchor's 1 root keys"
t_out_contains "found:    0 of 1"
cp "$T_OUT" text
text_steps >steps
t_run verify b.swb --root other --json
t_exit 1
t_err_empty
cp "$T_OUT" json
t_equal "$(json_steps json)" "$(cat steps)"
same_report json text
t_json failed_step root-old-quorum
t_json authenticated false
t_file_absent "b.swb.tmp"

t_begin "nothing is written"
sample_bundles
t_run verify b.swb --root root
t_files "app.bin b.pb b.swb product.yaml root"

t_begin "a tar bundle from standard input, a file or a pipe"
sample_bundles
t_must verify b.swb --root root
cp "$T_OUT" named
t_run_from b.swb verify - --root root
t_exit 0
t_equal "$(tail -n 1 "$T_OUT")" "accept: -"
t_equal "$(head -n -1 "$T_OUT")" "$(head -n -1 named)"
# shellcheck disable=SC2002 # a pipe, not a file
cat b.swb | "$T_TOOL" verify - --root root >out 2>err
t_equal $? 0
t_equal "$(head -n -1 out)" "$(head -n -1 named)"

t_begin "an UpdateBundle from a pipe is refused, and the tar format named"
sample_bundles
# shellcheck disable=SC2002
cat b.pb | "$T_TOOL" verify - --root root >out 2>err
t_equal $? 1
t_file_contains out "reject: - fails at container"

t_begin "the anchor may be another bundle"
sample_bundles
cp b.swb anchor.swb
cp b.pb anchor.pb
for anchor in anchor.swb anchor.pb b.pb; do
    t_run verify b.swb --root "$anchor"
    t_exit 0
done
t_run verify b.pb --root b.swb
t_exit 0

t_begin "whether the anchor is the bundle itself is found out by reading it"
sample_bundles
t_do env LD_PRELOAD="$T_BUILD/faults/calls.so" SWT_FAULT_CALL=read SWT_FAULT_PATH=b.swb SWT_FAULT_AT=1 \
    SWT_FAULT_ERRNO=5 ASAN_OPTIONS=verify_asan_link_order=0 "$T_TOOL" verify b.swb --root b.swb
t_exit 5
t_err_contains "b.swb: cannot read: Input/output error"
t_equal "$(cat "$T_OUT")" ""
t_run verify b.swb --root b.swb
t_exit 2

t_begin "a bundle without a root is judged by the anchor's"
sample_manifest
sample_root root
t_must build product.yaml -o b.swb --key "$KEYS/targets1.pem"
t_run verify b.swb --root root --json
t_exit 0
t_json steps.4.verdict skipped
t_json root_version 1
t_run verify b.swb --self
t_exit 1
t_out_contains "note:     --root ROOT gives the trust anchor"
t_out_contains "fails at anchor-given"

t_begin "an unsigned bundle is rejected, also with --self"
sample_manifest
sample_root root
quiet build product.yaml -o b.swb --root root
for options in "--root root" --self; do
    # shellcheck disable=SC2086 # several words
    t_run verify b.swb $options
    t_exit 1
    t_out_contains "not signed at all"
    t_out_contains "reject: b.swb fails at targets-quorum"
done

t_begin "--self says in its first line that it proves nothing"
sample_bundles
t_run verify b.swb --self
t_exit 0
t_equal "$(head -n 1 "$T_OUT")" \
    "the file is judged by its own root (--self): this proves nothing about the signer"
t_equal "$(tail -n 1 "$T_OUT")" "accept: b.swb (the signer was not authenticated)"
t_run verify b.swb --self --json
t_json authenticated false
t_json verdict accept

t_begin "--self: a root that its own quorum did not sign is warned of, and fails"
sample_manifest
quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub"
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
t_run verify b.swb --self
t_exit 1
t_out_contains "warning:  the anchor is not signed by its own quorum (0 of 1)"
t_out_contains "reject: b.swb fails at root-old-quorum"
t_run verify b.swb --self --strict
t_exit 1
t_out_contains "reject: b.swb fails at anchor"

t_begin "a public key in the place of the anchor"
sample_manifest
quiet build product.yaml -o b.swb
sed -n '/^-----BEGIN/,$p' "$KEYS/targets1.pub" >targets.pub
try verify b.swb --root targets.pub
t_err_contains "targets.pub: expected signed root metadata, or a bundle that holds it, found text"
error_is verify 3 file-kind

# ---- root metadata ---------------------------------------------------------------------------------

t_begin "--type root: a rotation that both quorums signed"
sample_root old
quiet root rotate old -o new --root-key "$KEYS/root2.pub" --sign-with "$KEYS/root1.pem" \
    --sign-with "$KEYS/root2.pem"
t_run verify --type root new --root old
t_exit 0
t_equal "$(tail -n 1 "$T_OUT")" "accept: new"
t_out_contains "a rotation"
t_run verify new --root old --type root --json
t_exit 0
t_json root_version 2
t_json authenticated true
for step in targets-quorum payloads root-stripped; do
    t_out_lacks "\"$step\""
done
t_run verify new --root old
t_exit 1
t_out_contains "--type root"

t_begin "--type root: a quorum that is missing, a rollback, the same root, other bytes"
sample_root old
quiet root rotate old -o unsigned --root-key "$KEYS/root2.pub"
t_run verify --type root unsigned --root old
t_exit 1
t_out_contains "fails at root-old-quorum"
quiet sign unsigned --key "$KEYS/root1.pem" --root old -o half
t_run verify --type root half --root old
t_exit 1
t_out_contains "fails at root-new-quorum"
quiet sign half --key "$KEYS/root2.pem" --root old -o new
t_run verify --type root new --root old
t_exit 0
t_run verify --type root old --root new
t_exit 1
t_out_contains "fails at root-old-quorum"
quiet root rotate old -o next --sign-with "$KEYS/root1.pem"
t_run verify --type root old --root next
t_exit 1
t_out_contains "fails at root-version"
cp old copy
t_run verify --type root copy --root old --strict
t_exit 0
t_run verify --type root old --root old
t_exit 2
t_err_contains "--self"
t_run verify --type root old --self
t_exit 0

t_begin "--type root: what is no root is rejected"
sample_bundles
for file in b.swb b.pb product.yaml; do
    t_run verify --type root "$file" --root root --json
    t_exit 1
    t_err_empty
    t_json verdict reject
done
: >empty
t_run verify --type root empty --root root
t_exit 1
t_run verify --type root b.swb --root root --device-manifest root
t_exit 2
t_run verify --type targets b.swb --root root
t_exit 2

# ---- time ------------------------------------------------------------------------------------------

t_begin "--time: a date is its last second; now is never SOURCE_DATE_EPOCH"
sample_manifest
sample_root root --expires 2030-01-01
quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
t_run verify b.swb --root root --time 2030-01-01T23:59:58Z
t_exit 0
for time in 2030-01-01T23:59:59Z 2030-01-01 2031-06-01; do
    t_run verify b.swb --root root --time "$time"
    t_exit 1
    t_out_contains "fails at root-expiry"
done
t_run verify b.swb --root root --time 2029-12-31 --json
t_json time 2029-12-31T23:59:59Z
SOURCE_DATE_EPOCH=2000000000 t_run verify b.swb --root root
t_exit 0

# ---- the command line ------------------------------------------------------------------------------

t_begin "options stand anywhere; -- ends them"
sample_bundles
t_run verify --root root b.swb --json
t_exit 0
t_run verify --json --root root -- b.swb
t_exit 0
t_run verify -- b.swb --root root
t_exit 2

t_begin "usage: no bundle, two bundles, an option twice, an unknown one"
sample_bundles
for arguments in "--root root" "b.swb b.pb --root root" "b.swb --root root --root root" \
    "b.swb --root root --nope" "b.swb --root" "b.swb" "b.swb --self=yes"; do
    # shellcheck disable=SC2086 # several words
    t_run verify $arguments
    t_exit 2
    t_out_empty
    t_equal "$(grep -vc '^hint: ' "$T_ERR")" 1 "lines of error of $arguments"
done

t_begin "--quiet prints a rejection only, --verbose what each step expected"
sample_bundles
t_run verify b.swb --root root --quiet
t_exit 0
t_equal "$(cat "$T_OUT" "$T_ERR")" ''
t_run verify b.swb --root root --verbose
t_exit 0
t_out_contains "expected: one trust anchor"
sample_root other --version 9
t_run verify b.swb --root other --quiet
t_exit 1
t_out_contains "reject: b.swb"
t_run verify b.swb --root root --quiet --json
t_exit 0
t_out_contains '"verdict": "accept"'

t_begin "a report that cannot be written is exit 5, whatever the verdict"
sample_bundles
sample_root other --version 9
for anchor in root other; do
    "$T_TOOL" verify b.swb --root "$anchor" >/dev/full 2>err
    t_equal $? 5 "$anchor"
    t_file_contains err "standard output"
done
