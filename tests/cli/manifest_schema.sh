#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The JSON Schema of product manifests: it says what the parser does.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The Python whose modules are packages of the system.
folder=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
mkdir "$T_TMP/schema" && cd "$T_TMP/schema" &&
    /usr/bin/python3 "$folder/manifest_schema.py" "$T_BUILD/schemas/product-manifest.schema.json" \
        "$T_TOOL" "$T_DATA"
