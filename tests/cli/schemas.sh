#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The JSON Schemas: each command that takes --json has one, each is sound and used, and none takes what is
# not printed. That all that these and the other tests print is of its schema, lib.sh sees to.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"
. "$(dirname "${BASH_SOURCE[0]}")/devices.bash"
. "$(dirname "${BASH_SOURCE[0]}")/tokens.bash"

SCHEMAS=$T_SOURCE/schemas
# What some case here printed or wrote; common is what they all rest on.
USED=(common)

# answers SCHEMA EXIT WORD...: a run whose answer is of that schema.
answers() {
    local schema=$1 exit=$2
    shift 2
    t_run "$@" --json
    t_exit "$exit"
    t_schemas files "$schema" "$T_OUT" >faults || t_fail "$* --json: $(cat faults)"
    USED+=("$schema")
}

# tells SCHEMA EXIT WORD...: a run that has a line of that schema on standard error.
tells() {
    local schema=$1 exit=$2
    shift 2
    t_run "$@" --json
    t_exit "$exit"
    grep '^{"'"$schema"'":' "$T_ERR" >line || t_fail "$*: no line of $schema"
    t_schemas files "$schema" line >faults || t_fail "$* --json: $(cat faults)"
    USED+=("$schema")
}

# holds SCHEMA FILE
holds() {
    t_schemas files "$1" "$2" >faults || t_fail "$(cat faults)"
    USED+=("$1")
}

t_begin "each command that takes --json has a schema"
"$T_BUILD/describe" names >commands
[ "$(wc -l <commands)" -ge 10 ] || t_fail "too few commands: $(cat commands)"
while read -r command; do
    "$T_BUILD/describe" rows "$command" | grep -q $'^json\t' || continue
    t_file_exists "$SCHEMAS/${command// /-}.schema.json"
done <commands

t_begin "the schemas are valid, closed, and refer to what there is"
t_schemas check >faults 2>&1 || t_fail "$(cat faults)"

t_begin "keys"
answers keygen 0 keygen -o key.pem
answers keygen 0 keygen --type rsa-3072 --passphrase-file "$T_TMP/passphrase" -o rsa.pem
answers key-show 0 key show key.pem rsa.pem.pub "$KEYS/ed25519-1.pub"
answers key-check 0 key check key.pem
token schemas
answers keygen 0 keygen -o "pkcs11:token=schemas;object=new?$SOFTHSM_MODULE" "${PIN[@]}"
answers key-list 0 key list "pkcs11:token=schemas?$SOFTHSM_MODULE" "${PIN[@]}"
answers key-list 0 key list "pkcs11:token=schemas?$SOFTHSM_MODULE"
mock ''
answers key-list 0 key list "$MOCK_TOKEN"

t_begin "roots"
answers root-create 0 root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
    --expires 1y
answers sign 0 sign root --key "$KEYS/root1.pem"
answers root-rotate 0 root rotate root -o root2 --root-key "$KEYS/root2.pub" --expires 1y
answers verify 1 verify --type root root2 --root root
answers dump 0 dump root2
answers check 1 check root root2
answers sign 0 sign root2 --export request --root root
holds signing-request request
answers dump 0 dump request
answers sign 0 sign --request request --root root --key "$KEYS/root1.pem" -o response --yes
holds signing-response response
answers dump 0 dump response
answers sign 0 sign root2 --attach response --root root

t_begin "from a manifest to a bundle"
sample_manifest
sed -i 's/^release: {/&channel: stable, vcs: abc, expires: 2099-01-01, /' product.yaml
echo 'meta: {com.acme.ticket: REL-9}' >>product.yaml
sample_root root
answers build 0 build product.yaml --dry-run
answers build 0 build product.yaml -o b.swb
answers build 0 build product.yaml -o b.swb --key "$KEYS/targets1.pem"
cp b.swb product.swb
answers build 0 build product.yaml -o b.swb --root root
answers sign 0 sign b.swb --key "$KEYS/targets1.pem" --audit-log log
cat >signer <<'SIGNER'
#!/bin/sh
[ "$1" = public-key ] && exec cat "$PUBLIC"
head -c 64 /dev/zero
SIGNER
chmod +x signer
export PUBLIC=$KEYS/targets1.pub
tells error 4 sign b.swb --key exec:./signer --replace --audit-log log
answers check 0 check log b.swb product.swb root
holds audit-line log
payload b.swb user_manifest >written
holds user-manifest written
answers dump 0 dump b.swb
answers convert 0 convert b.swb -o b.pb
answers dump 0 dump b.pb
answers convert 0 convert product.swb -o other.swb --root root

t_begin "judgements"
sample_manifest
sample_root root
sample_release 42 b.swb --root root
for options in "--root root" --self "--root root --profile pigweed"; do
    # shellcheck disable=SC2086 # words
    answers verify 0 verify b.swb $options
done
quiet convert b.swb -o b.pb
answers verify 0 verify b.pb --root root --profile pigweed
sample_root other --version 7
answers verify 1 verify b.swb --root other --profile pigweed
answers verify 1 verify product.yaml --root root
answers verify 0 verify --type root root --self
answers extract 0 extract b.swb -C out --root root
answers extract 0 extract b.swb -C all --no-verify
answers extract 1 extract b.swb -C none --root other
head -c 5000 b.swb >short
answers extract 1 extract short -C none --root root
answers check 1 check short

t_begin "starting, comparing, and what the sources make"
answers init 0 init widget
(cd widget && "$T_TOOL" build product.yaml -o ../b.swb >../log 2>&1) || t_fail "$(t_excerpt_ log)"
answers check 1 check widget/product.yaml --policy widget/policy.yaml
answers verify 0 verify b.swb --self --against widget/product.yaml
echo more >>widget/images/app.bin
answers verify 1 verify b.swb --self --against widget/product.yaml
(cd widget && "$T_TOOL" build product.yaml -o ../c.swb >../log 2>&1) || t_fail "$(t_excerpt_ log)"
answers diff 1 diff b.swb c.swb
answers diff 0 diff b.swb b.swb
answers diff 0 diff widget/keys/root_metadata widget/keys/root_metadata

t_begin "devices"
sample_manifest
sample_root root
sample_release 42 b.swb --root root
answers provision 0 provision --root root --format device-dir -o device
answers provision 0 provision --root root --format device-dir --bundle b.swb -o installed
answers provision 0 provision --root root --format c-header --bundle b.swb -o anchor.h
answers provision 0 provision --root root --format raw -o anchor
sample_root other --version 7
answers provision 1 provision --root other --format device-dir --bundle b.swb -o none
answers dump 0 dump device
answers apply 0 apply b.swb --device device
answers dump 0 dump device
answers dump 0 dump device/current/manifest
quiet root rotate root -o root2 --root-key "$KEYS/root2.pub" \
    --sign-with "$KEYS/root1.pem" --sign-with "$KEYS/root2.pem"
answers personalize 0 personalize b.swb --device-manifest device/current/manifest -o small.swb
answers apply 0 apply small.swb --device device
answers dump 0 dump small.swb
sample_release 41 old.swb --root root
answers apply 1 apply old.swb --device device
sample_release 43 next.swb --root root2
answers apply 0 apply next.swb --device device
rm device/current/targets/app
answers dump 0 dump device

t_begin "a fleet, served and not, and advice"
sample_manifest
sample_root root
quiet root rotate root -o root2 --root-key "$KEYS/root2.pub" \
    --sign-with "$KEYS/root1.pem" --sign-with "$KEYS/root2.pem"
quiet root rotate root2 -o root3 --root-key "$KEYS/root3.pub" \
    --sign-with "$KEYS/root2.pem" --sign-with "$KEYS/root3.pem"
sample_root expired --expires 2001-01-01 --version 3
for number in 1 2 3; do
    sample_release "$((number * 2 + 3))" "b$number.swb" --root "root${number#1}"
done
quiet build release.yaml -o unsigned.swb --root root
cat >fleet.yaml <<'YAML'
states:
  - {name: shipped 2023, count: 1200, root: root, floor: 3}
  - {name: shipped 2024, count: 300, root: root2, floor: 7}
  - {root: root3, floor: 12}
  - {root: expired}
YAML
answers fleet 0 fleet --fleet fleet.yaml --bundle b1.swb --bundle b2.swb --bundle b3.swb
answers fleet 0 fleet --fleet fleet.yaml --bundle b3.swb --bundle root
answers fleet 0 fleet --fleet fleet.yaml --bundle unsigned.swb --time 2150-01-01 --strict

t_begin "what is broken is shown as the file states it"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$T_SOURCE/tests/cli command python3 - >broken <<'PYTHON'
import sys
import forge
mapping = forge.data(1, b"short") + forge.data(2, forge.num(1, 1) + forge.num(2, 1) + forge.data(3, b"no key"))
root = forge.root_metadata(keys=[mapping], root_requirement=forge.requirement([b"short"], 3))
sys.stdout.buffer.write(forge.envelope(root, [(b"x", b"not one")]))
PYTHON
answers dump 0 dump broken
t_json root.keys.0 "$(printf short | od -An -tx1 | tr -d ' \n')"
t_json keys.0.type rsa

t_begin "fixtures"
answers fixtures 0 fixtures -o made
holds fixtures made/fixtures.json

t_begin "errors, with their places, notices and progress"
sample_manifest
tells error 2 verify
tells error 5 dump nothing.swb
echo 'unknown: key' >>product.yaml
tells error 3 build product.yaml -o b.swb
head -c 5000 /dev/zero >zeros
tells error 3 dump zeros
sample_root unsigned --root-threshold 2 --root-key "$KEYS/root2.pub"
tells error 1 provision --root unsigned --format raw -o anchor
sample_manifest
tells notice 0 build product.yaml -o b.swb --key "$KEYS/targets1.pem"
tells progress 0 extract b.swb -C out --no-verify --progress=always

t_begin "each schema was used"
for schema in "$SCHEMAS"/*.schema.json; do
    name=${schema##*/}
    name=${name%.schema.json}
    [[ " ${USED[*]} " == *" $name "* ]] || t_fail "no case uses $name"
done

t_begin "a document with a member too many, or of another type, is refused"
t_schemas spoil "$T_TMP/json" >faults 2>&1 || t_fail "$(cat faults)"
