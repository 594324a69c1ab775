#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Attacks with root and targets metadata and their signatures: who signed, what for, and when. The cases
# are in attacks_metadata.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/attacks_metadata.py"
