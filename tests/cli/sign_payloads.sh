#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sign and sign --attach: no key is used, and nothing written, before every payload was seen to match,
# though a file is copied only once; and whatever comes between leaves the old one.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

CALLS=$T_BUILD/faults/calls.so

# b.swb and b.pb: their first payload is small, the second one so large that its copying and hashing
# are two threads' work. Ed25519 signs alike each time. ./signer has the same key and tells of its calls.
sample_bundles() {
    sample_manifest
    head -c 9000000 /dev/zero | tr '\0' 'L' >large.bin
    echo '  - {name: large, file: large.bin}' >>product.yaml
    quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/ed25519-1.pub" \
        --sign-with "$KEYS/root1.pem"
    quiet build product.yaml -o b.swb --root root
    quiet build product.yaml -o b.pb --root root
    cat >signer <<'SH'
#!/bin/sh
echo "$1" >>calls
[ "$1" = sign ] || exec cat signer.pub
[ ! -e fails ] || exit 1
cat >message
exec openssl pkeyutl -sign -inkey signer.pem -rawin -in message
SH
    cp "$KEYS/ed25519-1.pub" signer.pub
    cp "$KEYS/ed25519-1.pem" signer.pem
    chmod +x signer
}

# response, which signs both.
sample_response() {
    quiet sign b.swb --export request
    quiet sign --request request --key "$KEYS/ed25519-1.pem" -o response --yes
}

# bad.swb and bad.pb: one byte in the middle of the large payload is another.
sample_bad() {
    local at container
    for container in swb pb; do
        cp b.$container bad.$container
        at=$(grep -abo -m 1 LLLLLLLL b.$container | head -n 1 | cut -d : -f 1)
        printf x | dd of=bad.$container bs=1 seek=$((at + 4500000)) conv=notrunc 2>/dev/null
    done
}

# The last run was of a bundle whose payload 'large' is not that of the metadata.
refused() { # BUNDLE
    t_exit 3
    t_err_contains "$1: payload 'large' does not have the SHA-256"
    t_file_equal "$1" before
    t_file_absent copy
    t_equal "$(find . -name '.*' -type f)" "" "temporary files"
}

t_begin "signing a bundle whose payloads do not match, a large one: no signature is made, nothing is logged"
sample_bundles
sample_bad
for bundle in bad.swb bad.pb; do
    cp $bundle before
    for options in "" "-o copy" "--replace" "-o -" "-o /dev/null"; do
        rm -f calls
        # shellcheck disable=SC2086 # several words
        t_run sign $bundle --key exec:./signer --audit-log log $options
        refused $bundle
        t_out_empty
        t_equal "$(cat calls)" "public-key" "calls of the signer"
        t_file_absent log
    done
    t_run sign $bundle --role root --key "$KEYS/root1.pem" --replace --audit-log log
    refused $bundle
    t_file_absent log
done

t_begin "a key that has signed already: the payloads are compared all the same"
sample_bundles
quiet sign b.swb --key "$KEYS/ed25519-1.pem"
sample_bad
cp bad.swb before
for options in "" "-o copy"; do
    # shellcheck disable=SC2086 # several words
    t_run sign bad.swb --key exec:./signer --audit-log log $options
    refused bad.swb
    t_file_absent log
done

t_begin "what is wrong with a key or its output is told before the payloads are read"
sample_bundles
sample_bad
cp bad.swb before
try sign bad.swb --key "$KEYS/root1.pem"
error_is sign 4 key-not-listed
echo wrong >wrong
try sign bad.swb --key "$KEYS/root1-encrypted.pem" --passphrase-file wrong
error_is sign 4 passphrase
try sign bad.swb --key exec:./signer -o missing/copy --audit-log log
error_is sign 5 not-found
t_file_absent log
t_file_equal bad.swb before

t_begin "a stream gets what a file gets, and a file what it gets in place"
sample_bundles
mkfifo fifo
for container in swb pb; do
    quiet sign b.$container --key exec:./signer -o copy
    "$T_TOOL" sign b.$container --key exec:./signer -o - 2>report | cat >piped
    t_file_equal piped copy
    "$T_TOOL" sign b.$container --key exec:./signer -o - >redirected 2>report || t_fail "$(cat report)"
    t_file_equal redirected copy
    cat fifo >piped &
    quiet sign b.$container --key exec:./signer -o fifo
    wait
    t_file_equal piped copy
    cp b.$container here
    quiet sign here --key exec:./signer
    t_file_equal here copy
    # Whoever has signed adds nothing, and -o gets the same.
    for output in again -; do
        "$T_TOOL" sign here --key exec:./signer -o $output >again.out 2>report || t_fail "$(cat report)"
    done
    t_file_equal again copy
    t_file_equal again.out copy
    t_must verify copy --root root
done

t_begin "a signer that fails when all was copied leaves the old file, and the log says so"
sample_bundles
touch fails
for container in swb pb; do
    cp b.$container before
    for options in "" "-o copy" "-o -"; do
        rm -f calls log
        # shellcheck disable=SC2086 # several words
        t_run sign b.$container --key exec:./signer --audit-log log $options
        t_exit 4
        t_out_empty
        t_file_equal b.$container before
        t_file_absent copy
        t_equal "$(find . -name '.*' -type f)" "" "temporary files"
        t_equal "$(tr '\n' ' ' <calls)" "public-key sign " "calls of the signer"
        t_equal "$(grep -c '"outcome":"failed"' log) $(grep -c '"outcome":"signed"' log)" "1 0"
    done
done

t_begin "the audit log and its product when all was copied"
sample_bundles
quiet sign b.swb --key exec:./signer --audit-log log
t_equal "$(wc -l <log)" 2 "lines of the log"
head -n 1 log >first
t_json_in first product widget
t_json_in first role targets

t_begin "a signal in the middle of the copy leaves the old file"
sample_bundles
sample_response
for number in 2 15; do
    for words in "--key exec:./signer --audit-log log" "--attach response"; do
        for options in "" "-o copy"; do
            cp b.swb before
            rm -f calls
            # shellcheck disable=SC2086 # several words
            t_do env ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$CALLS" SWT_FAULT_CALL=write \
                SWT_FAULT_AT=30 SWT_FAULT_SIGNAL=$number "$T_TOOL" sign b.swb $words $options
            t_exit $((128 + number))
            t_file_equal b.swb before
            t_file_absent copy
            t_equal "$(find . -name '.*' -type f)" "" "temporary files"
            [ ! -e calls ] || t_equal "$(cat calls)" "public-key" "calls of the signer"
        done
    done
done
t_file_absent log

# ---- attach ------------------------------------------------------------------------------------------

t_begin "attach: a large payload that does not match is exit 3, and nothing is written"
sample_bundles
sample_response
sample_bad
for bundle in bad.swb bad.pb; do
    cp $bundle before
    for options in "" "-o copy" "-o -" "-o /dev/null"; do
        # shellcheck disable=SC2086 # several words
        t_run sign $bundle --attach response $options
        refused $bundle
        t_out_empty
    done
done
quiet sign b.swb --attach response
sample_bad
cp bad.swb before
t_run sign bad.swb --attach response
refused bad.swb

t_begin "attach: a response that is not for this file is told before the payloads are read"
sample_bundles
sample_response
sed -i 's/^schema: 1/&\nmeta: {board: {rev: b}}/' product.yaml
quiet build product.yaml -o b.swb --root root
sample_bad
try sign bad.swb --attach response
error_is sign 3 signing-response

t_begin "attach: a stream gets what a file gets, and both what the key itself makes"
sample_bundles
sample_response
for container in swb pb; do
    quiet sign b.$container --key exec:./signer -o signed
    quiet sign b.$container --attach response -o copy
    "$T_TOOL" sign b.$container --attach response -o - 2>report | cat >piped
    t_file_equal copy signed
    t_file_equal piped signed
    quiet sign b.$container --attach response
    t_file_equal b.$container signed
done

t_begin "output is the input, a hard link of it, a symlink, a directory, /dev/full, a pipe: the input behind /dev/stdin, which opening for writing would empty"
sample_bundles
sample_response
cp b.swb old.swb
for what in "--key $KEYS/ed25519-1.pem" "--attach response"; do
    # shellcheck disable=SC2086
    t_run_from b.swb sign /dev/stdin $what
    t_exit 2
    t_err_contains "/dev/stdin: it is no regular file, so it can't be signed in place: give -o"
    t_file_equal b.swb old.swb
    # shellcheck disable=SC2086
    t_run_from b.swb sign /dev/stdin $what -o new.swb
    t_exit 0
    t_must verify new.swb --root root
done
