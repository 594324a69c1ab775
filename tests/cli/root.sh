#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Root metadata: root create, root rotate, and signing it by the old and by the new keys.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

ROOT1=$(key_id "$KEYS/root1.pub")
ROOT2=$(key_id "$KEYS/root2.pub")
ROOT3=$(key_id "$KEYS/root3.pub")
TARGETS1=$(key_id "$KEYS/targets1.pub")
TARGETS2=$(key_id "$KEYS/targets2.pub")
ONE_KEY_EACH=(--root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub")
THREE_ROOT_KEYS=(--root-key "$KEYS/root1.pub" --root-key "$KEYS/root2.pub" --root-key "$KEYS/root3.pub")
THREE_TARGETS_KEYS=(--targets-key "$KEYS/targets1.pub" --targets-key "$KEYS/targets2.pub"
    --targets-key "$KEYS/targets3.pub")

# What the metadata of a root file holds at a path.
of_root() { # FILE PATH
    wire get "1/$2" <"$1"
}

# judged EXIT NEW [OLD]: by verify --type root, or by itself
judged() {
    local anchor=(--self)
    [ $# -lt 3 ] || anchor=(--root "$3")
    t_run verify --type root "$2" "${anchor[@]}"
    t_exit "$1"
}
accepted() { judged 0 "$@"; }
rejected() { judged 1 "$@"; }

# ---- root create -----------------------------------------------------------------------------------

t_begin "root create: version and thresholds are 1, nothing expires, nobody has signed"
t_must root create -o root "${ONE_KEY_EACH[@]}" --json
t_json version 1
t_json root.threshold 1
t_json root.keys "[\"$ROOT1\"]"
t_json targets.threshold 1
t_json targets.keys "[\"$TARGETS1\"]"
t_json quorums.0.of root
t_json quorums.0.missing 1
t_json quorums.0.met false
t_json file root
t_json_value "$T_OUT" expires >/dev/null 2>&1 && t_fail "expires"
t_equal "$(wire count 2 <root)" 0 signatures
t_equal "$(of_root root 1/1)" 0.0.1 spec_version
t_equal "$(of_root root 1/4)" root role
t_equal "$(wire count 1/1/3 <root)" 0 expires
rejected root
t_files root

t_begin "root create: what is signed is openssl's signature over the stored bytes"
sample_root root
t_equal "$(wire count 2 <root)" 1 signatures
envelope_verifies root 0 "$KEYS/root1.pub"
accepted root

t_begin "root create: keys of every type and in every form, private ones too"
quiet root create -o root --root-key "$KEYS/ed25519-1.pub" --root-key "$KEYS/rsa2048.pem" \
    --root-key "$KEYS/root1-public.der" --root-key "$KEYS/root2.pem" --root-threshold 3 \
    --targets-key "$KEYS/rsa3072.pub" --targets-key "$KEYS/ed25519-2.pem" \
    --sign-with "$KEYS/ed25519-1.pem" --sign-with "$KEYS/rsa2048.pem" --sign-with "$KEYS/root1.pem"
accepted root
envelope_verifies root 0 "$KEYS/ed25519-1.pub"
envelope_verifies root 1 "$KEYS/rsa2048.pub"
envelope_verifies root 2 "$KEYS/root1.pub"
t_equal "$(grep -c PRIVATE root)" 0 "a private key in the root metadata"
# key type and scheme: RSA 1/1, Ed25519 2/2, P-256 3/3
t_equal "$(of_root root 3:0/2/1)$(of_root root 3:0/2/2)" 22
t_equal "$(of_root root 3:1/2/1)$(of_root root 3:1/2/2)" 11
t_equal "$(of_root root 3:2/2/1)$(of_root root 3:2/2/2)" 33

t_begin "root create: an encrypted key names itself, with its passphrase"
t_must root create -o root --root-key "$KEYS/root1-encrypted.pem" --passphrase-file "$T_TMP/passphrase" \
    --targets-key "$KEYS/targets1.pub"
try root create -o other --root-key "$KEYS/root1-encrypted.pem" --targets-key "$KEYS/targets1.pub"
error_is "root create" 4 passphrase
t_files root

t_begin "root create: thresholds"
t_must root create -o root "${THREE_ROOT_KEYS[@]}" --root-threshold 3 "${THREE_TARGETS_KEYS[@]}" \
    --targets-threshold 2 --sign-with "$KEYS/root2.pem" --json
t_json root.threshold 3
t_json targets.threshold 2
t_json quorums.0.threshold 3
t_json quorums.0.missing 2
t_json quorums.0.signed "[\"$ROOT2\"]"
t_must root create -o root "${THREE_ROOT_KEYS[@]}" --root-threshold 3 "${THREE_TARGETS_KEYS[@]}" \
    --sign-with "$KEYS/root2.pem"
t_out_contains "root quorum: 1 of 3 signed: ${ROOT2:0:12}"
t_out_contains "2 more needed, of ${ROOT1:0:12}"
rm root
try root create -o root "${THREE_ROOT_KEYS[@]}" "${ONE_KEY_EACH[@]:2}" --root-threshold 4
error_is "root create" 3 root-rules
try root create -o root "${ONE_KEY_EACH[@]}" --targets-threshold 2
error_is "root create" 3 root-rules
for bad in 0 -1 1.5 two 01 4294967296 99999999999999999999; do
    try root create -o root "${ONE_KEY_EACH[@]}" --root-threshold "$bad"
    error_is "root create" 2 usage
done
t_files ""

t_begin "root create: versions"
for version in 1 42 4294967295; do
    t_must root create -o root "${ONE_KEY_EACH[@]}" --version $version --json
    t_json version $version
    t_equal "$(of_root root 1/2)" $version
done
rm root
for bad in 0 -1 4294967296 1x ""; do
    try root create -o root "${ONE_KEY_EACH[@]}" --version "$bad"
    error_is "root create" 2 usage
done
t_files ""

t_begin "root create: expiry as a time, a date and a span"
expires() { # T EXPECTED
    t_must root create -o root "${ONE_KEY_EACH[@]}" --expires "$1" --json
    t_json expires "$2"
    t_equal "$(of_root root 1/3/1)" "$(date -u -d "$2" +%s)" "seconds of $1"
}
export SOURCE_DATE_EPOCH=1800000000 # 2027-01-15T08:00:00Z
expires 2027-11-23T01:02:03Z 2027-11-23T01:02:03Z
expires 2027-11-23 2027-11-23T23:59:59Z
expires 2028-02-29 2028-02-29T23:59:59Z
expires 90d 2027-04-15T08:00:00Z
expires 2w 2027-01-29T08:00:00Z
expires 12h 2027-01-15T20:00:00Z
expires 1y 2028-01-15T08:00:00Z
TZ=America/New_York expires 2027-11-23 2027-11-23T23:59:59Z
unset SOURCE_DATE_EPOCH
now=$(date +%s)
t_must root create -o root "${ONE_KEY_EACH[@]}" --expires 1d
found=$(of_root root 1/3/1)
if [ "$found" -lt $((now + 86400)) ] || [ "$found" -gt $((now + 86460)) ]; then
    t_fail "1d from $now is $found"
fi
rm root
for bad in "" tomorrow 90 90x 1.5d -1d 2027-11-23T01:02:03 2027-11-23T01:02:03+01:00 2027-13-01 2027-02-29 \
    2027-11-23T24:00:00Z 2027-11-23t01:02:03z 20271123 2027-11-23T01:02:03.5Z 99999999999999d; do
    try root create -o root "${ONE_KEY_EACH[@]}" --expires "$bad"
    error_is "root create" 2 usage
done
SOURCE_DATE_EPOCH=nonsense t_run root create -o root "${ONE_KEY_EACH[@]}"
t_exit 2
t_err_contains SOURCE_DATE_EPOCH
t_files ""

t_begin "root create: a root that is born expired is warned of"
t_must root create -o root "${ONE_KEY_EACH[@]}" --expires 2020-01-01
t_err_contains "warning: the root is born expired"
SOURCE_DATE_EPOCH=1577800000 t_run root create -o root "${ONE_KEY_EACH[@]}" --expires 2020-01-01
t_exit 0
t_err_empty

t_begin "root create: the same inputs give the same bytes"
for i in 1 2; do
    quiet root create -o root$i "${THREE_ROOT_KEYS[@]}" --targets-key "$KEYS/ed25519-1.pub" --expires 2030-01-01
done
t_file_equal root1 root2

t_begin "root create: keys are refused for the reason that they have"
try root create -o root --root-key "$KEYS/root1.pub" --root-key "$KEYS/root1.pem" "${ONE_KEY_EACH[@]:2}"
error_is "root create" 3 root-rules
for key in p384.pub rsa1024.pem two-public-keys.pem root1-certificate.pem README.md; do
    try root create -o root --root-key "$KEYS/$key" "${ONE_KEY_EACH[@]:2}"
    error_is "root create" 3 public-key
done
try root create -o root --root-key missing "${ONE_KEY_EACH[@]:2}"
error_is "root create" 5 not-found
try root create -o root "${ONE_KEY_EACH[@]}" --sign-with "$KEYS/root2.pem"
error_is "root create" 4 key-not-listed
t_err_contains "$ROOT1"
t_err_contains "$ROOT2"
try root create -o root "${ONE_KEY_EACH[@]}" --sign-with "$KEYS/targets1.pem"
error_is "root create" 4 key-not-listed
try root create -o root --root-key "$KEYS/root1.pub"
error_is "root create" 2 usage
try root create -o root --targets-key "$KEYS/root1.pub"
error_is "root create" 2 usage
t_files ""

t_begin "root create: no key may serve both roles"
try root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/root1.pub"
error_is "root create" 3 root-rules
t_err_contains "$ROOT1"
t_files ""

t_begin "root create: a good root replaces a file, a bad one leaves it"
sample_root root
cp root before
try root create -o root "${ONE_KEY_EACH[@]}" --root-threshold 2
error_is "root create" 3 root-rules
t_file_equal root before
sample_root root --version 2
t_file_differs root before

# ---- root rotate -----------------------------------------------------------------------------------

t_begin "root rotate: version plus one, all else as it was"
quiet root create -o r1 "${THREE_ROOT_KEYS[@]}" --root-threshold 2 "${THREE_TARGETS_KEYS[@]}" \
    --targets-threshold 2 --version 7
t_must root rotate r1 -o r2 --json
t_json version 8
t_json root.threshold 2
t_json targets.threshold 2
t_json root.keys "[\"$ROOT1\", \"$ROOT2\", \"$ROOT3\"]"
t_json quorums.0.of old
t_json quorums.1.of new
wire set 1/1/2 8 <r1 >expected
t_file_equal r2 expected
t_must root rotate r1 -o r9 --version 9 --json
t_json version 9
for bad in 7 6 0; do
    try root rotate r1 -o r2 --version $bad
    error_is "root rotate" 2 usage
done
t_file_equal r2 expected
quiet root create -o last "${ONE_KEY_EACH[@]}" --version 4294967295
try root rotate last -o after
error_is "root rotate" 3 root-rules
t_file_absent after

t_begin "root create: an expiry that is none says why"
while read -r expires text; do
    t_run root create -o out --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" --expires "$expires"
    t_exit 2
    t_err_contains "--expires '$expires' $text"
    t_file_absent out
done <<'END'
1969-12-31 is no day or time from 1970 to 9999
2027-02-29 is no day or time from 1970 to 9999
2027-11-23T00:00:00 is no day or time from 1970 to 9999
99999999d is too long: it ends after the year 9999
tomorrow is neither a time nor a span
90 is neither a time nor a span
90m is neither a time nor a span
END

t_begin "root rotate: an expiry must be given where the old root has one"
sample_root r1 --expires 2030-01-01
try root rotate r1 -o r2
error_is "root rotate" 3 expiry
t_json_err error.hint "give --expires, as in --expires 1y"
t_file_absent r2
t_must root rotate r1 -o r2 --expires 2031-01-01 --json
t_json expires 2031-01-01T23:59:59Z
sample_root r1
t_must root rotate r1 -o r2 --json
t_json_value "$T_OUT" expires >/dev/null 2>&1 && t_fail "expires"
t_must root rotate r1 -o r2 --expires 2031-01-01

t_begin "root rotate: keys come, go and are replaced"
sample_root r1
t_must root rotate r1 -o r2 --add-root-key "$KEYS/root2.pub" --add-targets-key "$KEYS/targets2.pub" --json
t_json root.keys "[\"$ROOT1\", \"$ROOT2\"]"
t_json targets.keys "[\"$TARGETS1\", \"$TARGETS2\"]"
t_must root rotate r2 -o r3 --remove-root-key "$ROOT1" --remove-targets-key "${TARGETS1:0:8}" --json
t_json root.keys "[\"$ROOT2\"]"
t_json targets.keys "[\"$TARGETS2\"]"
# A retired targets key stays among the keys, so that its return can be told; a root key leaves.
t_equal "$(t_json_value "$T_OUT" keys | grep -o '[0-9a-f]\{64\}' | sort)" \
    "$(printf '%s\n' "$ROOT2" "$TARGETS1" "$TARGETS2" | sort)" keys
t_must root rotate r2 -o r3 --remove-root-key "${ROOT1^^}" --json
t_must root rotate r2 -o r3 --root-key "$KEYS/ed25519-1.pub" --targets-threshold 2 --json
t_json root.keys "[\"$(key_id "$KEYS/ed25519-1.pub")\"]"
t_json targets.keys "[\"$TARGETS1\", \"$TARGETS2\"]"
t_json targets.threshold 2

t_begin "root rotate: what does not fit is refused, and nothing is written"
sample_root r1
for words in "--remove-root-key $ROOT2" "--remove-root-key $TARGETS1" "--remove-root-key ${ROOT1:0:7}" \
    "--remove-root-key nonsense" "--remove-root-key" "--remove-root-key $ROOT1" \
    "--remove-targets-key $TARGETS1"; do
    read -ra words <<<"$words"
    try root rotate r1 -o r2 "${words[@]}"
    error_is "root rotate" 2 usage
done
try root rotate r1 -o r2 --remove-targets-key nonsense
t_err_contains "expected the key id of one targets key (8 digits at least), found 0; it lists $TARGETS1"
try root rotate r1 -o r2 --add-root-key "$KEYS/root1.pem"
error_is "root rotate" 3 root-rules
try root rotate r1 -o r2 --root-threshold 2
error_is "root rotate" 3 root-rules
try root rotate r1 -o r2 --sign-with "$KEYS/targets1.pem"
error_is "root rotate" 4 key-not-listed
try root rotate missing -o r2
error_is "root rotate" 5 not-found
for file in "$KEYS/root1.pub" /dev/null; do
    try root rotate "$file" -o r2
    t_exit 3
done
try root rotate . -o r2
error_is "root rotate" 5 io
t_files r1

t_begin "root rotate: an old root that breaks the rules is not continued"
sample_root r1
wire set 1/4/2 2 <r1 >bad
try root rotate bad -o r2
error_is "root rotate" 3 root-rules
t_json_err error.file bad
t_file_absent r2

t_begin "root rotate: the quorums of old and new are reported, by key"
quiet root create -o r1 "${THREE_ROOT_KEYS[@]}" --root-threshold 2 "${ONE_KEY_EACH[@]:2}"
t_must root rotate r1 -o r2 --root-key "$KEYS/root3.pub" --root-key "$KEYS/ed25519-1.pub" \
    --sign-with "$KEYS/root3.pem" --json
t_json quorums.0.signed "[\"$ROOT3\"]"
t_json quorums.0.missing 1
t_json quorums.1.signed "[\"$ROOT3\"]"
t_json quorums.1.missing 1
# The old root's keys sign through --root, the new one's own keys need none.
t_run sign r2 --key "$KEYS/root1.pem"
t_exit 4
t_must sign r2 --root r1 --key "$KEYS/root1.pem" --json
t_json quorums.0.of old
t_json quorums.0.met true
t_json quorums.1.of new
t_json quorums.1.missing 1
t_must sign r2 --key "$KEYS/ed25519-1.pem" --json
t_json quorums.0.met true

t_begin "root rotate: unknown signed fields stay, in every message"
quiet root create -o r1 "${ONE_KEY_EACH[@]}"
wire add 1 100 s:metadata <r1 | wire add 1/1 101 s:common | wire add 1/3:0 102 s:mapping |
    wire add 1/3:0/2 103 s:key | wire add 1/4 104 s:requirement >forged
# Devices of other roles read these two.
wire add 1 5 x:0a0401020304 <forged | wire add 1 2 1 >carried
t_must root rotate carried -o r2 --add-root-key "$KEYS/root2.pub" --json
t_json unknown_fields 5
t_equal "$(of_root r2 100)" metadata
t_equal "$(of_root r2 1/101)" common
t_equal "$(of_root r2 3:0/102)" mapping
t_equal "$(of_root r2 3:0/2/103)" key
t_equal "$(of_root r2 4/104)" requirement
t_equal "$(of_root r2 5/1 | od -An -tx1 | tr -d ' \n')" 01020304
t_equal "$(of_root r2 2)" 1 consistent_snapshot

t_begin "root rotate: a retired targets key that comes back is warned of"
quiet root create -o r1 "${ONE_KEY_EACH[@]}" --targets-key "$KEYS/targets2.pub"
quiet root rotate r1 -o r2 --remove-targets-key "$TARGETS2"
quiet root rotate r2 -o r3
t_must root rotate r3 -o r4 --add-targets-key "$KEYS/targets2.pub"
t_err_contains "warning: targets key $TARGETS2 was retired and comes back"
t_must root rotate r1 -o r2
t_err_lacks retired

t_begin "root rotate: what a stock device does with a longer root is told"
sample_root r1
t_must root rotate r1 -o r2 --add-targets-key "$KEYS/targets2.pub"
t_err_contains "warning: a stock Pigweed device that holds the old root"
t_err_contains "refuses the first bundle with this one"
t_must root rotate r1 -o r2
t_err_empty

t_begin "root rotate: in place of the old root"
sample_root r
t_must root rotate r -o r --json
t_json version 2

# ---- several keys, from end to end -------------------------------------------------------------------

t_begin "two of three in both roles: create, sign apart, rotate, verify"
quiet root create -o r1 "${THREE_ROOT_KEYS[@]}" --root-threshold 2 "${THREE_TARGETS_KEYS[@]}" \
    --targets-threshold 2
rejected r1
t_must sign r1 --key "$KEYS/root1.pem"
t_out_contains "root quorum: 1 of 2 signed"
rejected r1
t_must sign r1 --key "$KEYS/root1.pem"
rejected r1
t_must sign r1 --key "$KEYS/root3.pem"
t_out_contains "root quorum: 2 of 2 signed"
accepted r1
sample_manifest
quiet build product.yaml --root r1 --key "$KEYS/targets2.pem" -o b.swb
t_run verify b.swb --root r1
t_exit 1
quiet sign b.swb --key "$KEYS/targets3.pem"
t_run verify b.swb --root r1
t_exit 0
# root3 leaves, an Ed25519 key comes: both quorums must sign the new root.
quiet root rotate r1 -o r2 --remove-root-key "$ROOT3" --add-root-key "$KEYS/ed25519-1.pub" \
    --sign-with "$KEYS/ed25519-1.pem"
rejected r2 r1
t_must sign r2 --root r1 --key "$KEYS/root3.pem" --json
t_json quorums.0.missing 1
t_json quorums.1.missing 1
rejected r2 r1
t_must sign r2 --root r1 --key "$KEYS/root1.pem" --json
t_json quorums.0.met true
t_json quorums.1.met true
accepted r2 r1
quiet build product.yaml --root r2 --key "$KEYS/targets1.pem" --key "$KEYS/targets2.pem" -o c.swb
t_run verify c.swb --root r1
t_exit 0
t_run verify c.swb --root r2
t_exit 0
t_run verify b.swb --root r2
t_exit 1
