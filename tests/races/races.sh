#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What others do to files while the program works on them (races.py).
# SWT_RACES=--full: at every call, as `make races` does, instead of a selection.
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$T_SOURCE/tests/cli \
    python3 "$T_SOURCE/tests/races/races.py" ${SWT_RACES:+"$SWT_RACES"}
