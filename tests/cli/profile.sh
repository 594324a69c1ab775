#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# verify --profile pigweed: what a stock Pigweed device would answer, beside our verdict. The vectors
# (vectors.sh) hold what the device did answer; here is each of its traps, forged. The cases are in
# profile.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/profile.py"
