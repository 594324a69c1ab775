#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# verify and extract --device: judged as the device would, and the device stays as it is.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/devices.bash"

# A device that runs release 42, and bundles for it.
scene() {
    sample_device dev
    sample_release 42 b.swb --root root
    quiet apply b.swb --device dev
    listing dev >before
}

unchanged() {
    listing dev >after
    t_file_equal after before
}

t_begin "one anchor of three"
scene
for words in "--root root --device dev" "--device dev --self" "--root root --self" "--root root --device dev --self"; do
    # shellcheck disable=SC2086 # words
    try verify b.swb $words
    t_err_contains "are two trust anchors, give one"
    error_is verify 2 usage
done
try verify b.swb
for word in "--root ROOT" "--device DIR" "--self"; do
    t_err_contains "$word"
done
error_is verify 2 usage
try verify b.swb --device dev --device-manifest dev/current/manifest
t_err_contains "--device dev has a manifest of its own"
error_is verify 2 usage
try extract b.swb -C out --device dev --no-verify
t_err_contains "--device judges, --no-verify does not"
error_is extract 2 usage
unchanged

t_begin "the directory is read before the bundle"
scene
rm dev/current/floor
try verify none.swb --device dev
error_is verify 3 device-state
try verify none.swb --device nowhere
t_err_contains "nowhere: "
error_is verify 5 not-found

t_begin "a root of the device that has an unknown field, and one that is none"
scene
cp dev/current/root_metadata good
wire add . 15 s:x <good >dev/current/root_metadata
try verify b.swb --device dev
t_err_contains "hint: --allow-unknown"
error_is verify 3 unknown-field
echo none >dev/current/root_metadata
try verify b.swb --device dev
t_err_lacks "--allow-unknown"

t_begin "an upgrade is accepted, and the directory stays"
scene
sample_release 43 c.swb
t_run verify c.swb --device dev
t_exit 0
t_err_empty
t_out_contains "pass     anchor-given      the device dev"
t_out_contains "pass     floor             targets version 42"
t_out_contains "pass     targets-version   version 43"
unchanged
t_run verify c.swb --device dev --json
t_exit 0
t_json verdict accept
t_json authenticated true

t_begin "a rollback is refused"
scene
sample_release 41 c.swb
t_run verify c.swb --device dev
t_exit 1
t_out_contains "found:    version 41: a rollback"
unchanged

t_begin "other content of the version that is installed is a warning"
scene
echo more >>app.bin
sample_release 42 c.swb
t_run verify c.swb --device dev
t_exit 0
t_out_contains "warn     targets-version"
t_run verify c.swb --device dev --strict
t_exit 1
unchanged

t_begin "a rotation is judged and not persisted"
scene
quiet root rotate root -o root.2 --sign-with "$KEYS/root1.pem" --targets-key "$KEYS/targets2.pub"
sample_release 7 c.swb --root root.2 --key "$KEYS/targets2.pem"
t_run verify c.swb --device dev
t_exit 0
t_out_contains "pass     floor             cleared: "
unchanged
quiet build release.yaml -o unsigned.swb --root root.2
t_run verify unsigned.swb --device dev
t_exit 1
unchanged

t_begin "root metadata is judged by the device's root"
scene
quiet root rotate root -o root.2 --sign-with "$KEYS/root1.pem" --targets-key "$KEYS/targets2.pub"
quiet root create -o stranger --root-key "$KEYS/root2.pub" --targets-key "$KEYS/targets2.pub" \
    --sign-with "$KEYS/root2.pem"
t_run verify --type root root.2 --device dev
t_exit 0
t_run verify --type root stranger --device dev
t_exit 1
t_out_contains "fail     root-old-quorum"
unchanged

t_begin "without a floor any targets version is accepted, and nothing is left unjudged"
sample_device dev
sample_release 1 b.swb
t_run verify b.swb --device dev
t_exit 0
t_out_contains "pass     floor             none: any targets version"
t_out_contains "pass     targets-version   version 1"

t_begin "a payload that is left out: accepted where the device has it"
scene
python3 - <<'PYTHON'
data = open("b.swb", "rb").read()
at = data.index(b"targets/app\0")
open("left.swb", "wb").write(data[:at] + b"\0" * 1024)
PYTHON
t_run verify left.swb --device dev
t_exit 0
t_out_contains "1 match, 1 left out that the device has"
unchanged
# With the manifest alone it is believed.
cp dev/current/manifest manifest
rm dev/current/targets/app
t_run verify left.swb --root root --device-manifest manifest
t_exit 0
t_run verify left.swb --device dev
t_exit 1
t_out_contains "'app': its payload is missing, and the device does not have it"

t_begin "extract writes what the device would install"
scene
sample_release 43 c.swb
t_run extract c.swb -C out --device dev
t_exit 0
t_file_equal out/app app.bin
unchanged
sample_release 41 old.swb
t_run extract old.swb -C older --device dev
t_exit 1
t_file_absent older
unchanged

t_begin "a directory that nobody may write to can be judged by"
scene
find dev -type d -exec chmod a-w {} +
listing dev >before
t_run verify b.swb --device dev
t_exit 0
unchanged
find dev -type d -exec chmod u+w {} +
