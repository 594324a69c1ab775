#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# No secret is left in memory (secrets.py).
exec python3 "$(dirname "${BASH_SOURCE[0]}")/secrets.py"
