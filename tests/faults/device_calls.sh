#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each system call of the commands that make devices fails in turn, and signals come at each,
# SIGKILL too (sweep.py).
# SWT_FAULTS=--full: all of them, as `make faults` does, instead of a selection.
exec python3 "$(dirname "${BASH_SOURCE[0]}")/sweep.py" calls --devices ${SWT_FAULTS:+"$SWT_FAULTS"}
