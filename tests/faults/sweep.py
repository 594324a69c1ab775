#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes each system call, or each allocation, of a command fail in turn, and looks at what is left.

usage: sweep.py calls|allocations [--devices] [--full]

Whatever fails: the exit status is 5 (3 or 4 where it was a key that could not be read) and one line says why, or the
command did its work all the same; the files are those from before or the new ones, whole, and nothing
lies beside them. Signals: 130 or 143, and the same of the files; after SIGKILL too. A device directory
is in its old state, in the one with the new root and floor, or in the new one, and a second run of the
command finishes the work.

With --devices it tries the commands that make devices, else the others. Without --full it tries a
selection of each kind, spread evenly (of libcrypto's allocations always). Tells its cases as TAP does.
SWT_TOOL, SWT_BUILD and SWT_SOURCE are those of scripts/run-tests.

commands.py has the commands, samples.py what they are given, place.py runs them, judge.py has the rules,
shim.py and memory.py the kinds of fault.
"""

import os
import sys
import tempfile

import memory
import shim
from commands import COMMANDS, DEVICE_COMMANDS
from place import Place
from samples import Samples


def memory_folder():
    """Where nothing waits for a disk, if there is such a place: what fails here is made to fail."""
    if "TMPDIR" in os.environ or not os.path.isdir("/dev/shm"):
        return None
    found = os.statvfs("/dev/shm")
    # The external signer is run from there.
    fit = not found.f_flag & (os.ST_NOEXEC | os.ST_RDONLY) and found.f_bavail * found.f_frsize >= 256 << 20
    return "/dev/shm" if fit and os.access("/dev/shm", os.W_OK) else None


def jobs(kind, commands, full, work, tally):
    unnamed = shim.has_tmpfile(work)
    for command in commands:
        yield from memory.jobs(command, full, tally) if kind == "allocations" else shim.jobs(command, full, unnamed)


def main(arguments):
    kind = arguments[0]
    full = "--full" in arguments
    commands = DEVICE_COMMANDS if "--devices" in arguments else COMMANDS
    good = True
    tally = memory.Tally()
    with tempfile.TemporaryDirectory(prefix="swupdate-faults.", dir=memory_folder()) as work:
        samples = Samples(work)
        place = Place(samples, "case")
        for command in commands:
            place.result(command)
        for function, words in jobs(kind, commands, full, work, tally):
            good &= function(place, *words).tell()
    if tally.runs > 0:
        print(f"# {tally.line()}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
