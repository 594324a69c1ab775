#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Payloads with faults, large enough to be read by several threads. The cases are in payloads.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/payloads.py"
