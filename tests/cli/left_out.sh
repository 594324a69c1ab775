#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Payloads that are left out, by the lengths that the metadata gives them. The cases are in left_out.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/left_out.py"
