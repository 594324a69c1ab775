#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Attacks with files around a bundle: anchors, device manifests, a stripped root, left-out payloads, names
# that lead to other files, and text that a terminal would obey. The cases are in attacks_files.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/attacks_files.py"
