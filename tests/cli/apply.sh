#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# apply: a device directory goes from one state to the next as a device does, and is never between two.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/devices.bash"

# A successor of ./root; the options are root rotate's.
rotate() { # FILE OPTION...
    quiet root rotate root -o "$1" --sign-with "$KEYS/root1.pem" "${@:2}"
}
# The targets key is replaced: too few old ones are left, and the floor is cleared.
rotate_keys() { # FILE
    rotate "$1" --targets-key "$KEYS/targets2.pub"
}

t_begin "the first bundle: its targets, its manifest, the floor"
sample_device dev
sample_release 42 b.swb --root root
t_run apply b.swb --device dev
t_exit 0
t_err_empty
t_out_contains "pass     anchor-given      the device dev"
t_out_contains "accept: b.swb"
t_out_contains "installed app (9.8 KiB)"
t_out_contains "floor 42"
t_out_lacks "root persisted"
t_file_equal dev/current/targets/app app.bin
t_file_equal dev/current/root_metadata root
floor_is dev 42
state_is_clean dev
targets_envelope b.swb >envelope
wire get 1 <envelope >metadata
wire get 1/2 <dev/current/manifest >recorded
t_file_equal recorded metadata
payload b.swb user_manifest >json
wire get 2 <dev/current/manifest >recorded
t_file_equal recorded json
t_file_equal dev/current/targets/user_manifest json

t_begin "the steps are those of verify, and JSON holds what the text tells"
sample_device dev
sample_release 42 b.swb
t_must verify b.swb --device dev
grep -E '^(pass|skipped|warn|  )' "$T_OUT" >judged
t_must apply b.swb --device dev
grep -E '^(pass|skipped|warn|  )' "$T_OUT" >applied
t_file_equal applied judged
t_run apply b.swb --device dev --json
t_exit 0
t_json verdict accept
t_json device dev
t_json floor 42
t_json authenticated true
t_json installed '[{"from": "bundle", "length": 172, "name": "user_manifest"}, {"from": "bundle", "length": 10000, "name": "app"}]'

t_begin "a bundle that is installed already is installed again"
sample_device dev
sample_release 42 b.swb
quiet apply b.swb --device dev
state_of dev >before
t_must apply b.swb --device dev
state_of dev >after
t_file_equal after before
state_is_clean dev

t_begin "an upgrade replaces the targets, and what it does not list is gone"
sample_device dev
sample_manifest
echo '  - {name: deep/old, file: app.bin}' >>product.yaml
sample_release 42 b.swb
quiet apply b.swb --device dev
t_file_equal dev/current/targets/deep/old app.bin
sed -i '/deep/d' product.yaml
echo new >app.bin
sample_release 43 c.pb --profile generic
t_must apply c.pb --device dev
t_file_equal dev/current/targets/app app.bin
t_file_absent dev/current/targets/deep
floor_is dev 43
state_is_clean dev

t_begin "a rollback is refused, and changes nothing"
sample_device dev
sample_release 42 b.swb
sample_release 41 old.swb
quiet apply b.swb --device dev
listing dev >before
t_run apply old.swb --device dev
t_exit 1
t_out_contains "fail     targets-version"
t_out_lacks installed
t_err_empty
listing dev >after
t_file_equal after before
t_run apply old.swb --device dev --json
t_exit 1
t_json failed_step targets-version
t_json floor 42

t_begin "a good root and bad targets: the root is persisted, nothing installed, the floor stays"
sample_device dev
sample_release 42 b.swb
quiet apply b.swb --device dev
rotate root.2 --add-targets-key "$KEYS/targets2.pub"
sample_release 43 bad.swb --root root.2 --key "$KEYS/targets1.pem"
# The bytes of a payload differ from the hash that is signed.
python3 - <<'PYTHON'
data = bytearray(open("bad.swb", "rb").read())
data[data.index(b"aaaaaaaa") + 5] ^= 1
open("bad.swb", "wb").write(data)
PYTHON
t_run apply bad.swb --device dev
t_exit 1
t_out_contains "fail     payloads"
t_out_contains "root persisted: version 2"
t_out_contains "floor 42"
t_out_lacks "installed app"
t_file_equal dev/current/root_metadata root.2
t_file_equal dev/current/targets/app app.bin
floor_is dev 42
state_is_clean dev
t_run apply bad.swb --device dev --json
t_exit 1
t_json floor 42
t_out_lacks root_persisted

t_begin "a rotation of the targets keys clears the floor, also when the targets are bad"
sample_device dev
sample_release 42 b.swb
quiet apply b.swb --device dev
cp dev/current/manifest manifest
rotate_keys root.2
sample_release 7 signed.swb --root root.2 --key "$KEYS/targets2.pem"
quiet build release.yaml -o bad.swb --root root.2
t_run apply bad.swb --device dev --json
t_exit 1
t_json failed_step targets-quorum
t_json root_persisted 2
t_json floor null
floor_is dev none
t_file_equal dev/current/manifest manifest
t_file_equal dev/current/targets/app app.bin
t_run apply signed.swb --device dev
t_exit 0
floor_is dev 7
t_run apply b.swb --device dev
t_exit 1
t_out_contains "fail     targets-quorum"

t_begin "an added key does not clear the floor"
sample_device dev
sample_release 42 b.swb
quiet apply b.swb --device dev
rotate root.2 --add-targets-key "$KEYS/targets2.pub"
sample_release 41 c.swb --root root.2 --key "$KEYS/targets2.pem"
t_run apply c.swb --device dev
t_exit 1
t_out_contains "fail     targets-version"
t_out_contains "root persisted: version 2"
floor_is dev 42

t_begin "--strict: a warning before the root counts keeps it from being persisted"
sample_device dev
sample_release 42 b.swb
quiet apply b.swb --device dev
# Another root of the same version: a warning at root-version.
sample_root other --targets-key "$KEYS/targets2.pub"
sample_release 43 c.swb --root other --key "$KEYS/targets1.pem"
listing dev >before
t_run apply c.swb --device dev --strict
t_exit 1
t_out_contains "fail     root-version"
listing dev >after
t_file_equal after before
t_run apply c.swb --device dev
t_exit 0
t_out_contains "warn     root-version"
t_out_contains "root persisted: version 1"
t_file_equal dev/current/root_metadata other

t_begin "a bundle that skips a rotation, and the bundle of that rotation after it"
sample_device dev
rotate root.2 --root-key "$KEYS/root2.pub" --sign-with "$KEYS/root2.pem"
quiet root rotate root.2 -o root.3 --add-targets-key "$KEYS/targets2.pub" --sign-with "$KEYS/root2.pem"
sample_release 44 far.swb --root root.3
sample_release 43 step.swb --root root.2
t_run apply far.swb --device dev
t_exit 1
t_out_contains "fail     root-old-quorum"
root_version_is dev 1
t_must apply step.swb --device dev
t_must apply far.swb --device dev
root_version_is dev 3

t_begin "left out payloads: kept when the device has them as recorded, refused else"
sample_device dev
sample_manifest
echo '  - {name: deep/data, file: data.bin}' >>product.yaml
head -c 300000 /dev/zero >data.bin
sample_release 42 b.swb
quiet apply b.swb --device dev
echo new >app.bin
sample_release 43 c.swb
python3 - <<'PYTHON'
# The canonical tar without the member targets/deep/data.
data = open("c.swb", "rb").read()
at = data.index(b"targets/deep/data\0")
size = int(data[at + 124 : at + 135], 8)
open("left.swb", "wb").write(data[:at] + data[at + 512 + (size + 511) // 512 * 512 :])
PYTHON
cp -a dev broken
cp -a dev missing
# Of the right length.
printf '\1' | dd of=broken/current/targets/deep/data conv=notrunc status=none
rm missing/current/targets/deep/data
t_must apply left.swb --device dev --json
t_json installed.2 '{"from": "device", "length": 300000, "name": "deep/data"}'
t_file_equal dev/current/targets/deep/data data.bin
t_file_equal dev/current/targets/app app.bin
for device in broken missing; do
    listing "$device" >before
    t_run apply left.swb --device "$device"
    t_exit 1
    t_out_contains "fail     payloads"
    t_out_contains "'deep/data': its payload is missing, and the device does not have it"
    listing "$device" >after
    t_file_equal after before
    t_run verify left.swb --device "$device"
    t_exit 1
    t_out_contains "fail     payloads"
done
cp -a dev twice
t_must apply left.swb --device twice
t_out_contains "kept deep/data (293.0 KiB)"

t_begin "a payload that the manifest records otherwise is refused, though the file is there"
sample_device dev
sample_release 42 b.swb
quiet apply b.swb --device dev
echo new >app.bin
sample_release 43 c.swb
cp app.bin dev/current/targets/app
python3 - <<'PYTHON'
data = open("c.swb", "rb").read()
at = data.index(b"targets/app\0")
open("left.swb", "wb").write(data[:at] + b"\0" * 1024)
PYTHON
t_run apply left.swb --device dev
t_exit 1
t_out_contains "the device does not have it"

t_begin "a user_manifest of the user's own is recorded, wherever it stands"
sample_device dev
sample_manifest
echo 'mine' >own
cat >>product.yaml <<'YAML'
  - {name: user_manifest, file: own}
YAML
sample_release 42 b.swb
t_must apply b.swb --device dev
wire get 2 <dev/current/manifest >recorded
t_file_equal recorded own
head -c 4194305 /dev/zero >own
sample_release 43 c.swb
t_must apply c.swb --device dev
t_equal "$(wire fields 2 <dev/current/manifest 2>/dev/null | wc -l)" 0 "a large one is not recorded"
t_file_equal dev/current/targets/user_manifest own

t_begin "an UpdateBundle with its fields in another order leaves the same state"
sample_device dev
sample_release 42 b.pb --root root --profile generic
rotate root.2 --add-targets-key "$KEYS/targets2.pub"
sample_release 43 c.pb --root root.2 --profile generic
python3 - <<'PYTHON'
# The envelope of the root (field 5, the first) with its signatures in front of the metadata.
def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at

data = open("c.pb", "rb").read()
assert data[0] == 5 << 3 | 2
size, start = varint(data, 1)
envelope = data[start : start + size]
length, inner = varint(envelope, 1)
metadata, signatures = envelope[: inner + length], envelope[inner + length :]
open("turned.pb", "wb").write(data[:start] + signatures + metadata + data[start + size :])
PYTHON
t_must apply turned.pb --device dev
t_file_equal dev/current/root_metadata root.2

t_begin "from standard input"
sample_device dev
sample_release 42 b.swb
t_run_from b.swb apply - --device dev
t_exit 0
t_run_from <(cat b.swb) apply - --device dev
t_exit 0
t_file_equal dev/current/targets/app app.bin

t_begin "what an update that was killed left is removed, other files are not"
sample_device dev
sample_release 42 b.swb
mkdir -p dev/state.7/targets/deep dev/state.7/.swupdate-tool.abcdef dev/state.07 dev/state.x dev/other
echo precious >precious
ln -s ../../precious dev/state.7/targets/link
ln -s "$PWD" dev/state.7/targets/deep/folder
echo half >dev/state.7/targets/deep/file
ln -s state.7 dev/.current.AbCd12
ln -s state.7 dev/.current.AbCd1
echo note >dev/.current.AbCd34
ln -s other dev/state.8
echo file >dev/state.9
t_must apply b.swb --device dev
t_equal "$(cd dev && echo * .c*)" "current other state.07 state.2 state.8 state.9 state.x .current.AbCd1 .current.AbCd34" \
    "what is left"
t_file_contains precious precious
t_file_exists product.yaml

t_begin "names that are taken are stepped over"
sample_device dev
sample_release 42 b.swb
echo file >dev/state.2
ln -s /nowhere dev/state.3
t_must apply b.swb --device dev
t_equal "$(readlink dev/current)" state.4
t_file_contains dev/state.2 file

t_begin "a state of another name is left where it is"
sample_device dev
sample_release 42 b.swb
mv dev/state.1 dev/slot-a
ln -sfn slot-a dev/current
t_must apply b.swb --device dev
t_equal "$(readlink dev/current)" state.1
t_file_exists dev/slot-a/floor

# ---- hostile directories -----------------------------------------------------------------------

device_fails() { # EXIT CODE TEXT
    local what
    listing dev >before
    for what in "apply b.swb --device dev" "verify b.swb --device dev" "dump dev"; do
        # shellcheck disable=SC2086 # words
        try $what
        t_err_contains "$3"
        error_is "${what%% *}" "$1" "$2"
    done
    listing dev >after
    t_file_equal after before
}

t_begin "a directory that is none, or lacks something"
sample_device whole
sample_release 42 b.swb
quiet apply b.swb --device whole
for what in "mv dev/current dev/old" "ln -sfn state.1 dev/current" "ln -sfn . dev/current" \
    "ln -sfn .. dev/current" "ln -sfn ../dev/state.2 dev/current" "ln -sfn /tmp dev/current" \
    "ln -sfn dev/state.2/ dev/current" "rm dev/current; mkdir dev/current" \
    "ln -sfn state.2/root_metadata dev/current" "ln -s state.2 dev/b; ln -sfn b dev/current"; do
    rm -rf dev && cp -a whole dev
    eval "$what"
    device_fails 3 device-state "dev/current: "
done

t_begin "a file of the state that is missing or broken is named"
sample_device whole
sample_release 42 b.swb
quiet apply b.swb --device whole
for file in root_metadata floor manifest; do
    for what in "rm dev/current/F" ": >dev/current/F" "echo x >dev/current/F" "truncate -s -1 dev/current/F" \
        "mv dev/current/F dev/F; ln -s ../F dev/current/F" "rm dev/current/F; mkdir dev/current/F" \
        "rm dev/current/F; mkfifo dev/current/F" "cp b.swb dev/current/F"; do
        code='device-state'
        case $file:$what in
        manifest:rm*dev/current/F | floor:truncate*) continue ;; # no manifest; a floor without a newline
        manifest:*mv*|manifest:*mkdir*|manifest:*mkfifo*) ;;
        manifest:*) code='device-manifest' ;;
        esac
        rm -rf dev && cp -a whole dev
        eval "${what//F/$file}"
        device_fails 3 $code "dev/current/$file: "
    done
done

t_begin "a floor is one number, or none"
sample_device dev
sample_release 42 b.swb
for floor in '' ' 1' '1 ' '-1' '+1' '01' '0x1' '4294967296' 'None' 'none ' $'1\n\n' '1\n2' 99999999999999999999999999999999999; do
    printf %s "$floor" >dev/current/floor
    device_fails 3 device-state "dev/current/floor: expected a number from 0 to 4294967295, or 'none'"
done
printf '1\0\n' >dev/current/floor
device_fails 3 device-state "dev/current/floor: expected a number"
for floor in 0 42 4294967295 none; do
    for end in '' '\n'; do
        # shellcheck disable=SC2059 # a newline or none
        printf "$floor$end" >dev/current/floor
        t_run verify b.swb --device dev
        case $floor in
        4294967295) t_exit 1 && t_out_contains "fail     targets-version" ;;
        none) t_exit 0 && t_out_contains "pass     floor             none: any targets version" ;;
        *) t_exit 0 && t_out_contains "pass     floor             targets version $floor" ;;
        esac
    done
done

t_begin "links among the targets are not followed"
sample_device dev
sample_release 42 b.swb --root root
quiet apply b.swb --device dev
cp app.bin elsewhere
ln -sf ../../../elsewhere dev/current/targets/app
python3 - <<'PYTHON'
data = open("b.swb", "rb").read()
at = data.index(b"targets/app\0")
open("left.swb", "wb").write(data[:at] + b"\0" * 1024)
PYTHON
t_run apply left.swb --device dev
t_exit 1
t_out_contains "'app': its payload is missing, and the device does not have it"
mkdir out && mv dev/current/targets/user_manifest out/ && rm -r dev/current/targets
ln -s ../../out dev/current/targets
rotate root.2 --add-targets-key "$KEYS/targets2.pub"
sample_release 43 c.swb --root root.2
t_must apply c.swb --device dev
t_files_of_out=$(ls out)
t_equal "$t_files_of_out" user_manifest
t_file_equal dev/current/targets/app app.bin

t_begin "the directory itself may be named through a link"
sample_device dev
sample_release 42 b.swb
ln -s dev link
t_must apply b.swb --device link/
floor_is dev 42

t_begin "a directory that does not exist, a file, no anchor"
sample_root root
sample_release 42 b.swb
try apply b.swb --device none
error_is apply 5 not-found
try apply b.swb --device root
error_is apply 3 device-state
try apply b.swb
error_is apply 2 usage
sample_device dev
try apply none.swb --device dev
error_is apply 5 not-found
t_run apply root --device dev
t_exit 1
try apply b.swb --device dev --time tomorrow
error_is apply 2 usage

t_begin "unknown fields of the device's root: an error, and with --allow-unknown a warning"
sample_device dev
sample_release 42 b.swb
printf '\x78\x01' >>dev/current/root_metadata
try apply b.swb --device dev
t_err_contains "--allow-unknown"
error_is apply 3 unknown-field
t_run apply b.swb --device dev --allow-unknown
t_exit 0
t_out_contains "warn     anchor"

# ---- one at a time -----------------------------------------------------------------------------

t_begin "updates at the same time come one after the other"
sample_device dev
for version in 1 2 3 4 5 6; do
    sample_release "$version" "$version.swb"
done
for version in 1 2 3 4 5 6; do
    "$T_TOOL" apply "$version.swb" --device dev >"out.$version" 2>&1 &
done
wait
for version in 1 2 3 4 5 6; do
    grep -qE '^(accept|reject): ' "out.$version" || t_fail "$version: $(cat "out.$version")"
done
grep -q ^accept out.6 || t_fail "the highest version was refused"
floor_is dev 6
state_is_clean dev

t_begin "a directory that another process holds is told after a while, and readers share it"
sample_device dev
sample_release 42 b.swb
exec {lock}<dev
flock -s "$lock"
t_must verify b.swb --device dev
t_must dump dev
listing dev >before
t_run apply b.swb --device dev
t_exit 5
t_err_is "swupdate-tool: apply: dev: another process has kept it locked for 10 s"
listing dev >after
t_file_equal after before
exec {lock}<&-
t_must apply b.swb --device dev

t_begin "a directory that may not be written is an error, and its state stays"
sample_device dev
sample_release 42 b.swb
chmod a-w dev
listing dev >before
if [ "$(id -u)" -eq 0 ]; then
    t_skip "root may write anywhere"
else
    t_run apply b.swb --device dev
    t_exit 5
    t_must verify b.swb --device dev
fi
listing dev >after
t_file_equal after before
chmod u+w dev

t_begin "a full disk is an error, and the state stays"
mount=$T_TMP/small
mkdir -p "$mount"
if [ "$(id -u)" -ne 0 ] || ! mount -t tmpfs -o size=64k none "$mount" 2>/dev/null; then
    t_skip "no file system can be mounted here"
else
    sample_device "$mount/dev"
    head -c 100000 /dev/zero >app.big
    sample_manifest
    sed -i 's/app.bin/app.big/' product.yaml
    sample_release 42 b.swb
    listing "$mount/dev" >before
    try apply b.swb --device "$mount/dev"
    error_is apply 5 no-space
    listing "$mount/dev" >after
    t_file_equal after before
    umount "$mount"
fi
