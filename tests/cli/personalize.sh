#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# personalize: what a device has is left out, what it needs and what is signed stays, and what no device
# of that manifest would take is refused.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

# Two releases of one product, as tar and as UpdateBundle: old.* and new.*, of which app differs and data
# (1 MiB and a bit) and empty do not; M is what a device recorded of the old one.
two_releases() {
    sample_manifest
    sample_root root
    head -c 1048700 /dev/zero | tr '\0' 'd' >data.bin
    : >empty.bin
    cat >>product.yaml <<'YAML'
  - {name: deep/data, file: data.bin}
  - {name: empty, file: empty.bin}
YAML
    both_containers old
    device_manifest old M
    tr a b <app.bin >new.bin
    mv new.bin app.bin
    sed -i 's/metadata_version: 42/metadata_version: 43/' product.yaml
    both_containers new
}

both_containers() { # NAME [OPTION...]
    quiet build product.yaml -o "$1.swb" --root root --key "$KEYS/targets1.pem" "${@:2}"
    quiet convert "$1.swb" -o "$1.pb"
}

# What a device records that accepted NAME.swb.
device_manifest() { # NAME FILE
    targets_envelope "$1.swb" | wire get 1 >metadata
    payload "$1.swb" user_manifest >copy
    printf '' | wire add . 1 s:targets | wire add . 2 @metadata >entry
    printf '' | wire add . 1 @entry | wire add . 2 @copy >"$2"
    rm metadata copy entry
}

refused() { # BUNDLE M CODE TEXT
    for out in out.swb out.pb; do
        try personalize "$1" --device-manifest "$2" -o $out
        t_err_contains "$4"
        error_is personalize 3 "$3"
        t_file_absent $out
    done
}

t_begin "a payload that is left out is told as that by extract"
two_releases
quiet provision --root root --bundle old.swb --format device-dir -o dev
t_must personalize new.swb --device-manifest M -o small.swb
try extract small.swb deep/data --device dev -C out
t_err_contains "small.swb: the payload 'deep/data' was left out of the bundle, for a device that has it"
error_is extract 5 not-found
try extract small.swb nothing --device dev -C out
t_err_contains "small.swb: the bundle holds no payload 'nothing'"
t_file_absent out
t_must extract small.swb app --device dev -C out

t_begin "a device directory in the place of its manifest: the hint names that"
two_releases
quiet provision --root root --bundle old.swb --format device-dir -o 'a dev'
for folder in 'a dev' 'a dev/'; do
    try personalize new.swb --device-manifest "$folder" -o out
    t_err_contains "hint: that of a device directory is 'a dev/current/manifest'"
    error_is personalize 5 io
done
t_must personalize new.swb --device-manifest 'a dev/current/manifest' -o out
try verify new.swb --root root --device-manifest 'a dev'
t_err_contains "hint: that of a device directory is 'a dev/current/manifest'"
mkdir other
try personalize new.swb --device-manifest other -o none
t_err_lacks hint
error_is personalize 5 io

t_begin "what the device has is left out, what it needs stays"
two_releases
for kind in swb pb; do
    t_must personalize new.$kind --device-manifest M -o small.$kind
    t_err_empty
    sed -i 's/([0-9.]* [KM]*i*B)/(…)/; s/, .*/, …/' "$T_OUT"
    t_out_is "left out  deep/data (…)
left out  empty (…)
kept      user_manifest (…)
kept      app (…)
small.$kind: $([ $kind = swb ] && echo tar || echo pigweed) bundle, …"
    t_must personalize new.$kind --device-manifest M -o again.$kind --json
    t_file_equal small.$kind again.$kind
    t_json file again.$kind
    t_json size "$(stat -c %s small.$kind)"
    t_json from_size "$(stat -c %s new.$kind)"
    t_json left_out '[{"length": 1048700, "name": "deep/data"}, {"length": 0, "name": "empty"}]'
    t_json kept.1 '{"length": 10000, "name": "app"}'
    t_json notices '[]'
done
t_equal "$(tar tf small.swb | tr '\n' ' ')" \
    "root_metadata targets_metadata targets/user_manifest targets/app "
for part in root_envelope targets_envelope; do
    $part new.swb >want
    $part small.swb >found
    t_file_equal found want
done
for field in 5 3; do
    wire get $field <new.pb >want
    wire get $field <small.pb >found
    t_file_equal found want
done
t_equal "$(wire count 4 <small.pb)" 2

t_begin "who has the manifest accepts it, who has not refuses it"
two_releases
for kind in swb pb; do
    quiet personalize new.$kind --device-manifest M -o small.$kind
    t_must verify small.$kind --root root --device-manifest M --strict
    t_out_contains "2 match, 2 left out that the device has"
    t_must verify small.$kind --self --device-manifest M
    t_run verify small.$kind --root root --json
    t_exit 1
    t_json failed_step payloads
    t_must extract small.$kind --root root --device-manifest M -C out-$kind
    t_equal "$(cd out-$kind && find . -type f | sort | tr '\n' ' ')" "./app ./user_manifest "
    t_file_equal out-$kind/app app.bin
    t_run extract small.$kind --root root -C none
    t_exit 1
    t_file_absent none
done
# Another device: what is left out it has in another version.
tr d e <data.bin >other.bin
mv other.bin data.bin
both_containers other
device_manifest other M2
t_run verify small.swb --root root --device-manifest M2 --json
t_exit 1
t_json failed_step payloads

t_begin "only what agrees in name, length and SHA-256 is left out"
two_releases
for path in 1/2/2:2/1 1/2/2:2/2 1/2/2:2/3/2; do
    case $path in
    */1) value=s:deep/date ;;
    */3/2) value=x:$(printf %064d 7) ;;
    *) value=1048699 ;;
    esac
    wire set $path "$value" <M >M2
    t_must personalize new.swb --device-manifest M2 -o small.swb --json
    t_json left_out '[{"length": 0, "name": "empty"}]'
    t_run verify small.swb --root root --device-manifest M2
    t_exit 0
done

t_begin "user_manifest is never left out"
two_releases
quiet personalize old.swb --device-manifest M -o small.swb
t_equal "$(tar tf small.swb | tr '\n' ' ')" "root_metadata targets_metadata targets/user_manifest "
t_must verify small.swb --root root --device-manifest M --strict
# Nor is it enough that the device has this one.
sed -i '/^targets:/,$d' product.yaml
printf 'targets:\n  - {name: app, file: app.bin}\n' >>product.yaml
both_containers next
device_manifest next M2
wire set 1/2/2:1/1 s:other <M2 >M3
refused next.swb M3 device-mismatch "records none of the bundle's payloads"
# A target of the user's own of that name, wherever it stands.
printf 'mine' >mine.bin
printf '  - {name: user_manifest, file: mine.bin}\nbundle: {user_manifest: false}\n' >>product.yaml
both_containers mine
targets_envelope mine.swb | wire get 1 >metadata
printf '' | wire add . 1 s:targets | wire add . 2 @metadata >entry
printf '' | wire add . 1 @entry >M4
t_must personalize mine.swb --device-manifest M4 -o small.swb --json
t_json left_out.0.name app
t_json kept.0.name user_manifest

t_begin "personalized again"
two_releases
for kind in swb pb; do
    quiet personalize new.$kind --device-manifest M -o small.$kind
    t_must personalize small.$kind --device-manifest M -o same.$kind
    t_file_equal same.$kind small.$kind
    # A device that has more; what was left out it must have, too.
    device_manifest new M2
    quiet personalize small.$kind --device-manifest M2 -o smaller.$kind
    t_must verify smaller.$kind --root root --device-manifest M2
    t_out_contains "1 match, 3 left out"
    wire drop 1/2/2:2 <M >M3
    refused small.$kind M3 device-mismatch "leaves out 'deep/data' already"
done

t_begin "in place, and to and from a pipe"
two_releases
for kind in swb pb; do
    quiet personalize new.$kind --device-manifest M -o want.$kind
    cp new.$kind own.$kind
    t_must personalize own.$kind --device-manifest M -o own.$kind
    t_file_equal own.$kind want.$kind
    t_must personalize new.$kind --device-manifest M -o -
    t_file_equal "$T_OUT" want.$kind
    t_err_contains "left out  deep/data"
    t_run personalize new.$kind --device-manifest M -o - --json
    t_exit 2
done
# shellcheck disable=SC2002 # a pipe, not a file
cat new.swb | "$T_TOOL" personalize - --device-manifest M -o piped.swb --json >report
t_equal "$?" 0
t_file_equal piped.swb want.swb
t_json_in report from_size "$(stat -c %s new.swb)"
# shellcheck disable=SC2002
cat new.pb | "$T_TOOL" personalize - --device-manifest M -o piped.pb 2>err
t_equal "$?" 3
t_file_absent piped.pb
cp M before
for link in M hard; do
    [ "$link" = M ] || ln M hard
    try personalize new.swb --device-manifest M -o "$link"
    t_err_contains "the device manifest"
    error_is personalize 2 usage
    t_file_equal M before
done

# ---- what does not match -------------------------------------------------------------------------

t_begin "a device that has none of the payloads"
two_releases
wire drop 1/2/2:3 <M | wire drop 1/2/2:2 >M2
refused new.swb M2 device-mismatch "none can be left out"
t_run personalize new.swb --device-manifest M2 -o out.swb
t_err_contains "hint: send this device the whole bundle"

t_begin "a rollback"
two_releases
device_manifest new M
for kind in swb pb; do
    t_must personalize old.$kind --device-manifest M -o small.$kind
    t_err_contains "warning: the bundle has targets version 42, the device 43"
done
# Without a root nothing could make the device take it.
quiet build product.yaml -o bare.swb --key "$KEYS/targets1.pem"
quiet convert bare.swb -o bare.pb
wire set 1/2/1/2 44 <M >M2
for kind in swb pb; do
    refused bare.$kind M2 device-mismatch "targets version 43, and the device has 44"
    t_must personalize bare.$kind --device-manifest M -o small.$kind
    t_err_empty
done

t_begin "another product"
two_releases
sed -i 's/name: widget/name: gadget/' product.yaml
both_containers gadget
for kind in swb pb; do
    refused gadget.$kind M device-mismatch "is for the product 'gadget', the device is 'widget'"
done
# Of a user_manifest that is not ours nothing is known.
wire set 2 s:text <M >M2
wire drop 2 <M >M3
for manifest in M2 M3; do
    t_must personalize gadget.swb --device-manifest $manifest -o small.swb
done

t_begin "a device manifest that is empty or broken is never taken for one that records nothing"
two_releases
: >empty
head -c -1 M >M.cut
head -c 40 M >shorter
printf '' | wire add . 2 s:text >untargeted
printf '' | wire add . 1 x:0a0774617267657473 >valueless
wire add . 7 1 <M >unknown
cat M M >twice
wire set 1/1 s:target <M >renamed
cp new.swb bundle
for manifest in empty M.cut shorter untargeted valueless unknown twice renamed bundle root product.yaml; do
    refused new.swb $manifest device-manifest ""
done
try personalize new.swb --device-manifest missing -o out.swb
error_is personalize 5 not-found
# Nothing is allocated for what a length only claims.
printf '\x0a\xff\xff\xff\xff\x07' >huge
refused new.swb huge device-manifest ""
# One that lists a name twice, or names that no bundle may have, leaves nothing out that it does not record.
wire set 1/2/2:3/1 s:deep/data <M >double
t_must personalize new.swb --device-manifest double -o small.swb --json
t_json left_out '[{"length": 1048700, "name": "deep/data"}]'
t_must verify small.swb --root root --device-manifest double

# ---- the bundle ----------------------------------------------------------------------------------

t_begin "a payload that does not match, kept or left out, is refused"
two_releases
tr d e <data.bin >bad.bin
tr b c <app.bin >bad2.bin
for field in 1 2; do
    [ $field = 1 ] && bad=bad2.bin || bad=bad.bin
    wire set 4:$field/2 @"$bad" <new.pb >bad.pb
    refused bad.pb M payload "does not have the SHA-256"
done
head -c -1024 new.swb >cut.swb
refused cut.swb M container ""
cat new.swb new.swb >long.swb
refused long.swb M container ""
printf '' | wire add . 1 s:x | wire add . 2 s:y >entry
wire add . 4 @entry <new.pb >unlisted.pb
refused unlisted.pb M container "'x'"
wire add . 9 1 <new.pb >unknown.pb
refused unknown.pb M unknown-field ""
for file in root M product.yaml; do
    refused $file M file-kind ""
done
printf 'stays' >out.swb
t_run personalize cut.swb --device-manifest M -o out.swb
t_exit 3
t_file_contains out.swb stays

t_begin "what else becomes of a bundle that leaves out payloads"
two_releases
for kind in swb pb; do
    quiet personalize new.$kind --device-manifest M -o small.$kind
    # The payloads of what is signed are compared first; all of them.
    cp small.$kind before
    try sign small.$kind --key "$KEYS/targets1.pem"
    t_err_contains "payload 'deep/data' is missing"
    error_is sign 3 payload
    t_file_equal small.$kind before
    t_must dump small.$kind
    t_equal "$(grep -c '  left out$' "$T_OUT")" 2
    t_must dump small.$kind --json
    t_json targets.2.present false
    t_json targets.1.present true
done
quiet convert small.swb -o there.pb
quiet convert small.pb -o there.swb
t_file_equal there.pb small.pb
t_file_equal there.swb small.swb
quiet build product.yaml -o unsigned.swb
t_must personalize unsigned.swb --device-manifest M -o small.swb
t_err_contains "warning: the targets metadata is not signed"

t_begin "the command line"
two_releases
for words in "new.swb" "--device-manifest M -o out.swb" "new.swb -o out.swb" "new.swb --device-manifest M" \
    "new.swb old.swb --device-manifest M -o out.swb"; do
    # shellcheck disable=SC2086 # several words
    t_run personalize $words
    t_exit 2
    t_file_absent out.swb
done
t_run personalize missing --device-manifest M -o out.swb
t_exit 5
t_run personalize new.swb --device-manifest M -o /dev/full
t_exit 5
