#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What check finds in bundles and root metadata, and in several of them together. The cases are in
# check_bundles.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/check_bundles.py"
