#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Targets over 2 GiB and over 4 GiB. The bundles are sparse files, so that they cost time to hash and no
# space. The cases are in large.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/large.py"
