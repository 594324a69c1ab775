#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What others do to files while the program works on them: inputs.py, outputs.py, devices.py.
# SWT_RACES=--full: at every call, as `make races` does, instead of a selection.
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"
cd "$T_TMP" || exit 99
status=0
for what in inputs outputs devices; do
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$T_SOURCE/tests/cli \
        python3 "$T_SOURCE/tests/races/$what.py" ${SWT_RACES:+"$SWT_RACES"} || status=1
done
exit $status
