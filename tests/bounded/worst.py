# SPDX-License-Identifier: Apache-2.0
"""The worst inputs of each reader: how a case says what it is, and how it is measured.

    @worst("manifest", "1 MiB of [")
    def brackets():
        write("product.yaml", b"[" * MIB)
        yield refused(3, "levels", "build", "product.yaml", "-o", "out.swb")

A case runs in a folder of its own. It yields a Run, or several: each is measured.
"""

import dataclasses
import os
import resource
import subprocess

TOOL = os.environ["T_TOOL"]
MEASURE = os.path.join(os.environ["T_BUILD"], "tests", "measure")
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
# A run that hangs ends after so many seconds of the processor, or of the clock.
SECONDS, CLOCK = 10, 120

CASES = []


def worst(reader, what):
    def keep(make):
        CASES.append((reader, what, make))
        return make

    return keep


@dataclasses.dataclass
class Run:
    """arguments of the program, and what it answers: the exit status, a text, and where it stands."""

    arguments: tuple
    status: int = 0  # None: any but that of a signal
    says: str = ""
    stdin: object = None  # a path, or a command whose output it is
    error: bool = False  # one line on standard error and nothing else


def refused(status, says, *arguments, stdin=None):
    return Run(arguments, status, says, stdin, error=True)


def rejected(step, *arguments, stdin=None):
    return Run(arguments, 1, f"fails at {step}", stdin)


def answers(says, *arguments, status=0, stdin=None):
    return Run(arguments, status, says, stdin)


def write(path, *parts):
    with open(path, "wb") as file:
        for part in parts:
            file.write(part)


def sparse(path, size, head=b""):
    write(path, head)
    os.truncate(path, size)


@dataclasses.dataclass
class Figures:
    seconds: float  # of the processor, in user and system mode
    mebibytes: float
    status: int
    out: bytes
    err: bytes


def measure(run):
    feeder = None
    if isinstance(run.stdin, list):
        feeder = subprocess.Popen(run.stdin, stdout=subprocess.PIPE)
        stdin = feeder.stdout
    else:
        stdin = open(run.stdin or os.devnull, "rb")
    with open("stdout", "wb") as out, open("stderr", "wb") as err, stdin:
        subprocess.run(
            [MEASURE, "took", TOOL, *run.arguments],
            stdin=stdin, stdout=out, stderr=err, timeout=CLOCK, check=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)),
        )
    if feeder is not None:
        feeder.kill()
        feeder.wait()
    with open("took", encoding="ascii") as file:
        _, user, system, peak, status = map(int, file.read().split())
    with open("stdout", "rb") as out, open("stderr", "rb") as err:
        return Figures((user + system) / 1e9, peak / 1024, status, out.read(), err.read())


def judge(run, figures):
    """What is wrong with the answer, or None."""
    lines = figures.err.splitlines()
    text = (figures.out + figures.err).decode("utf-8", "replace")
    if figures.status >= 124 or run.status not in (None, figures.status):
        return f"exit {figures.status}, expected {run.status}"
    if run.says not in text:
        return f"the answer lacks '{run.says}'"
    if run.error and (figures.out or not 1 <= len(lines) <= 2 or len(figures.err) > 2000):
        return f"expected one line of error, found {len(lines)} of {len(figures.err)} bytes"
    return None
