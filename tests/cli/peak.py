#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command and writes its peak resident memory, in KiB, to a file.

usage: peak.py FILE COMMAND [ARG...]

The figure is never below that of this interpreter, which is what the command's process starts as.
"""

import os
import resource
import sys

child = os.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status = os.waitpid(child, 0)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open(sys.argv[1], "w", encoding="ascii") as file:
    file.write(f"{peak}\n")
sys.exit(os.waitstatus_to_exitcode(status))
