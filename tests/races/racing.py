# SPDX-License-Identifier: Apache-2.0
"""Races that are none: whatever another process might do meanwhile is done at the Nth call of a kind, for
every N (tests/faults/calls.c). A Race is a command in a folder of its own; each of its moves is a shell
command, and what may be there afterwards is judged by a function."""

import os
import shutil
import subprocess
import sys
import tempfile
import zlib

import judging
from judging import SECONDS, TOOL, Fault, case, check

LIBRARY = os.path.join(os.environ["T_BUILD"], "faults/calls.so")
FULL = "--full" in sys.argv[1:]
# So many calls for each move, unless all are tried.
SAMPLE = 2
COUNT_FD = 77

runs = 0


def contents(folder):
    """Each file, link and folder below: bytes, ("link", target) or None."""
    found = {}
    for at, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(at, name)
            relative = os.path.relpath(path, folder)
            if os.path.islink(path):
                found[relative] = ("link", os.readlink(path))
            elif os.path.isdir(path):
                found[relative] = None
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    found[relative] = file.read()
            else:
                found[relative] = ("special", None)
    return found


def write(folder, files):
    """What contents() returns, into a folder."""
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if content is None:
            os.makedirs(path, exist_ok=True)
        elif isinstance(content, tuple):
            os.symlink(content[1], path)
        else:
            with open(path, "wb") as file:
                file.write(content)
            os.chmod(path, 0o600)


class Result:
    """What a run left: status, err, and files as contents() has them."""

    def __init__(self, status, err, files):
        self.status, self.err, self.files = status, err, files

    def says_why(self, *statuses):
        check(self.status in (0, *statuses), f"exit {self.status}")
        check(self.status == 1 or (self.status == 0) == (b"swupdate-tool: " not in self.without_notes()),
              "the error and the exit status do not fit")
        return self

    def without_notes(self):
        lines = self.err.splitlines()
        return b"\n".join(line for line in lines if b": warning: " not in line and b": note: " not in line)


def moved(times):
    global runs
    runs += times


def figures(what):
    return f"races {what}: {runs:,} runs, {judging.failures} cases in which something was lost or let in"


def run(words, files, plan, count=None):
    """Runs the program on these files; plan: what the library is told, by the ends of its variables."""
    moved(1)
    folder = tempfile.mkdtemp(dir=".")
    try:
        write(folder, files)
        environment = dict(os.environ, LD_PRELOAD=LIBRARY, TMPDIR=os.path.abspath(folder),
                           ASAN_OPTIONS="verify_asan_link_order=0")
        environment.update({f"SWT_FAULT_{name}": str(value) for name, value in plan.items()})
        descriptors = ()
        if count is not None:
            os.dup2(count, COUNT_FD, inheritable=True)
            environment["SWT_FAULT_COUNT"] = str(COUNT_FD)
            descriptors = (COUNT_FD,)
        done = subprocess.run([TOOL, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=SECONDS, pass_fds=descriptors, check=False)
        return Result(done.returncode, done.stderr, contents(folder))
    finally:
        shutil.rmtree(folder)


def calls(words, files, plan):
    """How many calls of plan's kind there are in a run that nobody disturbs, which succeeds."""
    reader, writer = os.pipe()
    result = run(words, files, {**plan, "AT": 0}, writer)
    check(result.status == 0, f"{words}: exit {result.status}: {result.err}")
    os.close(writer)
    os.close(COUNT_FD)
    with os.fdopen(reader) as file:
        counts = dict(line.split() for line in file)
    return int(counts[plan["CALL"]])


def chosen(plans, move, every):
    """All, or some that lie apart, which are others for another move."""
    if FULL or every or len(plans) <= SAMPLE:
        return plans
    first = zlib.crc32(move.encode())
    return [plans[(first + i * len(plans) // SAMPLE) % len(plans)] for i in range(SAMPLE)]


def race(name, words, files, kinds, moves, judge, every=False):
    """A case for each of moves (name: shell command), which is made at each call of kinds: (call, base
    name of a file or None). judge takes a Result and raises when it may not be. every: not only some."""
    words = words.split()
    plans = []
    for call, path in kinds:
        plan = {"CALL": call, **({"PATH": path} if path else {})}
        plans += [{**plan, "AT": at} for at in range(1, calls(words, files, plan) + 1)]
    for move, command in moves.items():
        with case(f"{name}: {move}"):
            check(plans, "no call was counted")
            for plan in chosen(plans, name + move, every):
                result = run(words, files, {**plan, "RUN": command})
                try:
                    judge(result)
                except Fault as fault:
                    told = " ".join(f"{key}={value}" for key, value in plan.items())
                    listed = ", ".join(sorted(result.files))
                    raise Fault(f"{told}: {fault}\nexit {result.status}, {listed}\n"
                                f"{result.err.decode('utf-8', 'replace')}") from fault
