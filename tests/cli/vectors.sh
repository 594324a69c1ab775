#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bundles of Pigweed's reference tool, good and bad ones: exit status and report give the verdict that the
# index says (testdata/vectors/README.md).
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$T_TMP" || exit 99
PYTHONDONTWRITEBYTECODE=1 python3 "$T_SOURCE/tests/cli/vectors.py"
