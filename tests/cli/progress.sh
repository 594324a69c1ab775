#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is told of work while it takes long. The cases are in progress.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/progress.py"
