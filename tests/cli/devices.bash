# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Device directories, and releases for them. Sourced after samples.bash.

# sample_release VERSION FILE [OPTION...]: a bundle with the targets app, whose bytes are those of app.bin
# then, and user_manifest. The options are build's: a root, and who signs (targets1 unless one is given).
sample_release() {
    local version=$1 file=$2
    shift 2
    [ -e product.yaml ] || sample_manifest
    [[ " $* " == *" --key "* ]] || set -- "$@" --key "$KEYS/targets1.pem"
    sed "s/metadata_version: 42/metadata_version: $version/" product.yaml >release.yaml
    quiet build release.yaml -o "$file" "$@"
}

# sample_device DIR [OPTION...]: with the root that sample_root wrote to ./root.
sample_device() {
    [ -e root ] || sample_root root
    quiet provision --format device-dir --root root -o "$@"
}

# What a folder holds, name by name: kind, mode, where links lead, the hash of each file.
listing() { # DIR
    (
        cd "$1" || exit
        find . -printf '%P %y %m %l\n' | sort
        find . -type f -exec sha256sum {} + | sort -k 2
    )
}

# The same of the state alone, whatever its number is.
state_of() { # DIR
    listing "$1/current/"
}

# A device directory has one link and one state, and nothing beside them.
state_is_clean() { # DIR
    t_equal "$(find "$1" -mindepth 1 -maxdepth 1 -printf '%y ' | fold -w 2 | sort | tr -d '\n')" "d l " \
        "kinds of what is in $1"
}

floor_is() { # DIR FLOOR
    t_equal "$(cat "$1/current/floor")" "$2" "floor of $1"
}

root_version_is() { # DIR VERSION
    "$T_TOOL" dump "$1" --json >"$T_TMP/device.json" ||
        t_fail "dump $1: no device directory"
    t_json_in "$T_TMP/device.json" root.version "$2"
}
