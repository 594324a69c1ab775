# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of offline signing share. Sourced after lib.sh and samples.bash.
# shellcheck disable=SC2034 # used by who sources it

OFFLINE=$T_SOURCE/tests/cli/offline.py
TERMINAL=$T_SOURCE/tests/cli/terminal.py
# What the program shows is looked for as text.
export NO_COLOR=1
ROOT1=$(key_id "$KEYS/root1.pub")
TARGETS1=$(key_id "$KEYS/targets1.pub")
ED25519=$(key_id "$KEYS/ed25519-1.pub")
RSA=$(key_id "$KEYS/rsa2048.pub")

# root: two of three targets keys, of the three types; b.swb and b.pb, unsigned.
sample_bundles() {
    sample_manifest
    quiet root create -o root --root-key "$KEYS/root1.pub" --targets-key "$KEYS/targets1.pub" \
        --targets-key "$KEYS/ed25519-1.pub" --targets-key "$KEYS/rsa2048.pub" --targets-threshold 2 \
        --sign-with "$KEYS/root1.pem"
    quiet build product.yaml -o b.swb --root root
    quiet build product.yaml -o b.pb --root root
}

# respond REQUEST KEY RESPONSE [OPTION...]
respond() {
    quiet sign --request "$1" --key "$KEYS/$2.pem" -o "$3" --yes "${@:4}"
}

judged() { # EXIT BUNDLE
    t_run verify "$2" --root root
    t_exit "$1"
}

# refused_request TEXT REQUEST KEY [OPTION...]: with the reason, and no response.
refused_request() {
    try sign --request "$2" --key "$KEYS/$3.pem" -o response --yes "${@:4}"
    t_err_contains "$1"
    t_err_contains "$2"
    error_is sign 3 signing-request
    t_file_absent response
}

# refused_response TEXT FILE RESPONSE [OPTION...]: FILE stays as it is.
refused_response() {
    cp "$2" before
    try sign "$2" --attach "$3" "${@:4}"
    t_err_contains "$1"
    t_err_contains "$3"
    error_is sign 3 signing-response
    t_file_equal "$2" before
    t_run sign "$2" --attach "$3" "${@:4}" -o out
    t_exit 3
    t_file_absent out
}

edited() { # FILE PATH JSON OUT: a copy of FILE with another member
    python3 "$OFFLINE" set "$1" "$2" "$3" >"$4" || t_fail "offline.py set $*"
}

member() { # FILE PATH: its value
    t_json_value "$1" "$2"
}
