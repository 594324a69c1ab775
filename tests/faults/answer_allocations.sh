#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each allocation of the commands that answer and write nothing fails in turn (answers.py).
# SWT_FAULTS=--full: all of them, as `make faults` does, instead of a selection.
exec python3 "$(dirname "${BASH_SOURCE[0]}")/answers.py" ${SWT_FAULTS:+"$SWT_FAULTS"}
