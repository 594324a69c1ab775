#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Attacks with the tar container. The cases are in attacks_tar.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/attacks_tar.py"
