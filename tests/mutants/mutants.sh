#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What equivalent.txt excuses is a mutant that there is; `make mutants` tests each of them.
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

t_begin "each mutant that is excused is there"
t_do python3 -B "$T_SOURCE/tests/mutants/mutants.py" --list
t_exit 0
t_out_contains "src/signature/quorum.c: count_all: "
t_end
