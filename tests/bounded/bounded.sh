#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The worst input of each reader, at its caps and beyond, costs less than 1 s of processor time and 64 MiB, and
# gets its answer. The cases are in worst_*.py. Left out under a sanitizer, which takes more of both.
# All of them take minutes (make bounded, SWT_BOUNDED=table): here is one of each kind of reader.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/bounded/bounded.py" "${SWT_BOUNDED:-check}"
