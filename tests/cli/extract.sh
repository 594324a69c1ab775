#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# extract: all that was accepted, or nothing; and nothing outside of the folder.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# b.swb and b.pb with the targets app, boot/loader and empty; root; and what they hold, in want/.
sample_bundles() {
    sample_manifest
    printf 'loader' >loader.bin
    : >empty.bin
    cat >>product.yaml <<'YAML'
  - {name: boot/loader, file: loader.bin}
  - {name: empty, file: empty.bin}
bundle: {user_manifest: false}
YAML
    mkdir -p want/boot
    cp app.bin want/app
    cp loader.bin want/boot/loader
    cp empty.bin want/empty
    sample_root root
    quiet build product.yaml -o b.swb --root root --key "$KEYS/targets1.pem"
    quiet convert b.swb -o b.pb
}

holds() { # FOLDER "NAMES": the files below it, hidden ones too
    t_equal "$(cd "$1" && find . -mindepth 1 | sed 's|^\./||' | sort | tr '\n' ' ' | sed 's/ $//')" "$2" "files in $1"
}

# A bundle that is rejected: a byte of the last payload that has any differs.
break_bundle() {
    python3 - "$1" <<'PYTHON'
import sys
data = open(sys.argv[1], "rb").read()
at = data.rindex(b"loader")
open(sys.argv[1], "wb").write(data[:at] + b"l0ader" + data[at + 6:])
PYTHON
}

t_begin "all targets, out of both containers"
sample_bundles
for bundle in b.swb b.pb; do
    t_run extract "$bundle" -C "out-$bundle" --root root
    t_exit 0
    t_err_empty
    diff -r want "out-$bundle" >differences || t_fail "$(cat differences)"
    holds "out-$bundle" "app boot boot/loader empty"
    t_out_contains "accept: $bundle"
    t_out_contains "extracted out-$bundle/boot/loader (6 B)"
done
t_mode out-b.swb/app 644
(umask 077 && "$T_TOOL" extract b.swb -C private --root root >out 2>&1) || t_fail "$(cat out)"
t_mode private/app 600

t_begin "JSON lists what was extracted"
sample_bundles
t_run extract b.swb -C out --root root --json
t_exit 0
t_json verdict accept
t_json authenticated true
t_json extracted.1.name boot/loader
t_json extracted.1.path out/boot/loader
t_json extracted.1.length 6
t_run extract b.swb -C out2 --root root --json empty
t_json extracted '[{"length": 0, "name": "empty", "path": "out2/empty"}]'

t_begin "only the named targets"
sample_bundles
t_run extract b.swb -C one boot/loader --root root
t_exit 0
holds one "boot boot/loader"
t_run extract b.pb empty app --root root -C two
t_exit 0
holds two "app empty"
t_run extract b.pb -C three --root root -- app app
t_exit 0
holds three "app"

t_begin "a name that is not there: nothing is extracted"
sample_bundles
for name in nothing boot ../app /app app/; do
    t_run extract b.swb -C out app "$name" --root root
    t_exit 5
    t_out_empty
    t_err_contains "the bundle holds no payload '$name'"
    t_file_absent out
done

t_begin "a rejected bundle: nothing appears, and what is there stays"
sample_bundles
break_bundle b.swb
break_bundle b.pb
mkdir there
echo old >there/app
for bundle in b.swb b.pb; do
    t_run extract "$bundle" -C out --root root
    t_exit 1
    t_err_empty
    t_out_contains "reject: $bundle fails at payloads"
    t_file_absent out
    t_run extract "$bundle" -C out --root root app --json
    t_exit 1
    t_json failed_step payloads
    t_out_lacks '"extracted"'
    t_file_absent out
    t_run extract "$bundle" -C there --root root --force
    t_exit 1
    holds there "app"
    t_file_contains there/app old
done

t_begin "existing files stay, and the others do not appear"
sample_bundles
mkdir -p out/boot
echo mine >out/boot/loader
t_run extract b.swb -C out --root root
t_exit 5
t_err_contains "out/boot/loader"
t_err_contains "--force"
holds out "boot boot/loader"
t_file_contains out/boot/loader mine

t_begin "--force replaces them, and keeps their mode"
sample_bundles
mkdir -p out/boot
echo mine >out/boot/loader
echo other >out/other
chmod 640 out/boot/loader
t_run extract b.swb -C out --root root --force
t_exit 0
holds out "app boot boot/loader empty other"
t_file_equal out/boot/loader want/boot/loader
t_mode out/boot/loader 640

t_begin "a link in the place of a target is never followed"
sample_bundles
mkdir out
for target in ../victim nowhere; do
    echo safe >victim
    ln -sfn "$target" out/app
    t_run extract b.swb -C out --root root
    t_exit 5
    holds out "app"
    t_run extract b.swb -C out --root root --force
    t_exit 0
    t_file_contains victim safe
    t_file_absent nowhere
    t_file_absent out/nowhere
    [ ! -L out/app ] || t_fail "the link is still there"
    t_file_equal out/app want/app
    rm -r out && mkdir out
done
ln victim out/app
t_run extract b.swb -C out --root root --force
t_exit 0
t_file_contains victim safe

t_begin "a link in the place of a folder is never followed"
sample_bundles
mkdir out outside
ln -s ../outside out/boot
for force in "" --force; do
    # shellcheck disable=SC2086 # no word or one
    t_run extract b.swb -C out --root root $force
    t_exit 5
    t_err_contains "symbolic link"
    holds out "boot"
    holds outside ""
done

t_begin "a file in the place of a folder, a folder in the place of a file"
sample_bundles
mkdir -p out
echo mine >out/boot
t_run extract b.swb -C out --root root --force
t_exit 5
holds out "boot"
rm -r out
mkdir -p out/app/inside
t_run extract b.swb -C out --root root --force
t_exit 5
holds out "app app/inside"

t_begin "a folder that is a link is the caller's choice"
sample_bundles
mkdir real
ln -s real out
t_run extract b.swb -C out --root root
t_exit 0
holds real "app boot boot/loader empty"

t_begin "a folder that cannot be: exit 5"
sample_bundles
echo file >file
for folder in file file/out no/such/folder; do
    t_run extract b.swb -C "$folder" --root root
    t_exit 5
    t_out_empty
done
t_file_contains file file

t_begin "--no-verify: hashes and names are checked, signatures are not, and that is said first"
sample_bundles
quiet build product.yaml -o unsigned.swb --root root
t_run extract unsigned.swb -C out --no-verify
t_exit 0
t_equal "$(head -n 1 "$T_OUT")" "no signature is verified (--no-verify)"
t_out_contains "accept: unsigned.swb (the signer was not authenticated)"
diff -r want out >differences || t_fail "$(cat differences)"
t_run extract b.pb -C out2 --no-verify --json
t_exit 0
t_json authenticated false
break_bundle b.swb
t_run extract b.swb -C out3 --no-verify
t_exit 1
t_out_contains "fails at payloads"
t_file_absent out3
for options in "--root root" --self "--device-manifest root"; do
    # shellcheck disable=SC2086 # several words
    t_run extract b.pb -C out4 --no-verify $options
    t_exit 2
    t_file_absent out4
done

t_begin "neither an anchor nor --no-verify: usage, and no folder"
sample_bundles
t_run extract b.swb -C out
t_exit 2
t_err_contains "hint: --root"
t_run extract b.swb --root root
t_exit 2
t_err_contains "--directory"
t_run extract -C out --root root
t_exit 2
t_files "app.bin b.pb b.swb empty.bin loader.bin product.yaml root want want/app want/boot want/boot/loader want/empty"

t_begin "from standard input"
sample_bundles
# shellcheck disable=SC2002 # a pipe, not a file
cat b.swb | "$T_TOOL" extract - -C out --root root >report 2>&1
t_equal $? 0
diff -r want out >differences || t_fail "$(cat differences)"
head -c 14000 b.swb | "$T_TOOL" extract - -C cut --root root >report 2>&1
t_equal $? 1
t_file_absent cut

t_begin "a report that cannot be written is exit 5"
sample_bundles
"$T_TOOL" extract b.swb -C out --root root >/dev/full 2>err
t_equal $? 5
t_file_contains err "standard output"

t_begin "a folder that fills up: exit 5, nothing in it"
sample_bundles
(
    ulimit -f 8
    trap '' XFSZ
    exec "$T_TOOL" extract b.swb -C out --root root
) >report 2>err
t_equal $? 5
t_equal "$(wc -l <err)" 1
t_file_absent out
