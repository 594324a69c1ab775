#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes each system call, or each allocation, of a command fail in turn, and looks at what is left.

usage: sweep.py calls|allocations [--devices] [--full] [--only=COMMAND]
       sweep.py figures

Whatever fails: the exit status is 5 (3 or 4 where it was a key that could not be read) and one line says why, or the
command did its work all the same; the files are those from before or the new ones, whole, and nothing
lies beside them, and no process is left. Signals: 130 or 143, and the same of the files; after SIGKILL
too, but that an output may have a hidden name beside its own. A device directory is in its old state, in
the one with the new root and floor, or in the new one, and a second run of the command finishes the work.

With --devices it tries the commands that make devices, else the others. Without --full it tries a
selection of each kind, spread evenly (of libcrypto's allocations always), and no call by strace. Tells its
cases as TAP does. "figures" sums up what the last runs with --full have tried. SWT_TOOL, SWT_BUILD and
SWT_SOURCE are those of scripts/run-tests.

commands.py has the commands, samples.py what they are given, place.py runs them, judge.py has the rules,
shim.py, inject.py and memory.py the kinds of fault.
"""

import multiprocessing
import os
import sys
import tempfile

import complete
import figures
import inject
import memory
import shim
from commands import COMMANDS, DEVICE_COMMANDS, PRINTING_COMMANDS
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


def list_jobs(kind, commands, full, work):
    unnamed = shim.has_tmpfile(work)
    for command in commands:
        if kind == "allocations":
            yield from memory.jobs(command, full)
            continue
        yield from shim.jobs(command, full, unnamed)
        if full:
            yield from inject.jobs(command)


class Jobs:
    """Functions of a place and more, each performed in a process that has a place of its own."""

    def __init__(self, samples, jobs):
        self.samples = samples
        self.jobs = jobs
        self.place = None

    def __call__(self, number):
        if self.place is None:
            self.place = Place(self.samples, f"case-{os.getpid()}")
        function, words = self.jobs[number]
        return function(self.place, *words)


performer = None


def perform(number):
    return performer(number)


def cases(samples, jobs, processes):
    global performer
    performer = Jobs(samples, jobs)
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap(perform, range(len(jobs)))


def main(arguments):
    kind = arguments[0]
    if kind == "figures":
        figures.show()
        return 0
    full = "--full" in arguments
    commands = [*COMMANDS, *(PRINTING_COMMANDS if kind == "calls" else [])]
    if "--devices" in arguments:
        commands = DEVICE_COMMANDS
    only = [word.partition("=")[2] for word in arguments if word.startswith("--only=")]
    commands = [command for command in commands if not only or command.name in only]
    good = kind != "calls" or complete.tell([*COMMANDS, *PRINTING_COMMANDS, *DEVICE_COMMANDS])
    told = []
    with tempfile.TemporaryDirectory(prefix="swupdate-faults.", dir=memory_folder()) as work:
        samples = Samples(work)
        place = Place(samples, "case")
        for command in commands:
            place.result(command)
        jobs = list(list_jobs(kind, commands, full, work))
        for case in cases(samples, jobs, len(os.sched_getaffinity(0)) if full else 1):
            good &= case.tell()
            told.append(case)
    if full and not only:
        figures.write("-".join(word.strip("-") for word in arguments), told)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
