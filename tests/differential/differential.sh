#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The program's verdicts are those of a second judgement, written from swupdate-bundle(5) alone
# (judge.py): on the vectors, the fixtures and some mutated bundles. `make differential` takes more.
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

t_begin "a second judge says the same of vectors, fixtures and mutated bundles"
# The system's python is the one whose packages are there.
t_do /usr/bin/python3 -B "$T_SOURCE/tests/differential/differential.py" --cases 500 --jobs 1
t_exit 0
t_out_contains ": 0 disagreements"
t_end
