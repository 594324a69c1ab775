#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# diff on forged bundles and root metadata: what is added to the good is told, no more and no less. The
# cases are in diff_bundles.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/diff_bundles.py"
