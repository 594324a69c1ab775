#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Attacks on a device that remembers: rollback, rotation, personalisation, and a state that is broken.
# The cases are in attacks_device.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/attacks_device.py"
