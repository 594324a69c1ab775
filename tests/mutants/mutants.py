#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Flips comparisons and drops checks of the judge and of signature counting, one at a time, and sees
whether a test fails each time.

usage: mutants.py --list | [--file NAME]... [--one NUMBER]... [--jobs N] BUILD

A mutant that no test kills must stand in equivalent.txt with the reason why nobody can see it. In BUILD a
tree for each job holds the sources and what is built from them. The last line has the figures; the exit
status is 1 when a mutant lives that has no reason, or when a reason names no mutant.
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
SECONDS = 300

# What judges a bundle, and what counts signatures.
SUBJECTS = (
    "src/signature/quorum.c",
    "src/signature/verify.c",
    "src/pipeline/verify.c",
    "src/pipeline/judge.c",
    "src/pipeline/judge_step.c",
    "src/pipeline/judge_root.c",
    "src/pipeline/judge_targets.c",
    "src/pipeline/judge_against.c",
    "src/pipeline/payload_walk.c",
    "src/pipeline/device_state.c",
)

# What may kill, the quickest first; what kills most in its time comes to the front.
UNIT = (
    "signature/test_quorum",
    "signature/test_verify",
    "pipeline/test_payload_walk",
    "pipeline/test_fixtures_mutation",
)
SCRIPTS = (
    "tests/cli/vectors.sh",
    "tests/cli/verify.sh",
    "tests/cli/verify_device.sh",
    "tests/cli/attacks_metadata.sh",
    "tests/cli/attacks_device.sh",
    "tests/cli/attacks_update_bundle.sh",
    "tests/cli/attacks_tar.sh",
    "tests/cli/against.sh",
    "tests/cli/root.sh",
    "tests/cli/apply.sh",
    "tests/cli/extract.sh",
    "tests/cli/payloads.sh",
    "tests/cli/profile.sh",
    "tests/cli/progress.sh",
    "tests/cli/fleet.sh",
    "tests/cli/errors.sh",
)

TOKEN = re.compile(
    r"""(?P<skip>/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|^[ ]*\#(?:\\\n|[^\n])*)
      |(?P<operator>->|<<=?|>>=?|[<>=!]=|&&|\|\||[-+*/%&|^]=|\+\+|--|[<>!])
      |(?P<word>\b(?:if|return\ true|return\ false|=\ true|=\ false)\b)
      |(?P<row>^\ \ \ \ \{"[a-z-]+",)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
FLIPS = {
    "==": ["!="],
    "!=": ["=="],
    "<": ["<=", ">="],
    "<=": ["<"],
    ">": [">=", "<="],
    ">=": [">"],
    "&&": ["||"],
    "||": ["&&"],
    "!": [""],
    "return true": ["return false"],
    "return false": ["return true"],
}


FUNCTION = re.compile(r"^\w[^;=]*?\b(\w+)\(", re.MULTILINE)


class Mutant:
    """One change of one file. Its name holds no line number, so that it outlives what changes elsewhere."""

    def __init__(self, number, path, text, change, names):
        start, end, replacement = change
        self.number = number
        self.path = path
        self.text = text[:start] + replacement + text[end:]
        self.line = text.count("\n", 0, start) + 1
        functions = FUNCTION.findall(text, 0, start)
        what = f"{path}: {functions[-1] if functions else '-'}: {shown(text, start, end)} => {replacement or 'nothing'}"
        names[what] = names.get(what, 0) + 1
        self.name = what if names[what] == 1 else f"{what} ({names[what]})"
        self.killer = None

    def __str__(self):
        return f"{self.number} (line {self.line}): {self.name}"


def shown(text, start, end):
    """The line of a change, the changed part in brackets; for people, and for equivalent.txt."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    line = f"{text[begin:start]}[{text[start:end]}]{text[end:stop]}"
    return " ".join(line.split())


def closing(text, start):
    """The place behind the bracket that closes the one at start."""
    depth = 0
    for match in re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[(){}]").finditer(text, start):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    raise ValueError("a bracket is not closed")


def changes(text):
    """Each change as (start, end, replacement)."""
    for match in TOKEN.finditer(text):
        start, end = match.span()
        if match.group("row"):
            stop = closing(text, text.index("{", start))
            yield start, stop + 1, ""
        elif match.group("word") == "if":
            start = text.index("(", end)
            yield start, closing(text, start), "(false)"
        elif not match.group("skip"):
            for replacement in FLIPS.get(match.group(), ()):
                yield start, end, replacement


def mutants():
    number = 0
    names = {}
    for path in SUBJECTS:
        with open(os.path.join(SOURCE, path), encoding="ascii") as file:
            text = file.read()
        for change in changes(text):
            number += 1
            yield Mutant(number, path, text, change, names)


class Killers:
    """The tests, ordered by kills for each second, shared by all jobs."""

    def __init__(self, names):
        self.lock = threading.Lock()
        self.figures = {name: [0, 0.0] for name in names}

    def ordered(self):
        with self.lock:
            rank = {name: -(kills + 1) / (seconds + 1) for name, (kills, seconds) in self.figures.items()}
            return sorted(self.figures, key=rank.get)

    def tell(self, name, killed, seconds):
        with self.lock:
            self.figures[name][0] += killed
            self.figures[name][1] += seconds


class Tree:
    """A copy of the sources that is built and tested, one mutant after the other."""

    def __init__(self, folder, killers):
        self.folder = folder
        self.killers = killers
        self.units = [f"build/unit/{name}" for name in UNIT]
        self.environment = dict(
            os.environ,
            SWT_TOOL=f"{folder}/build/swupdate-tool",
            SWT_BUILD=f"{folder}/build",
            SWT_SOURCE=folder,
            SWT_SANITIZE="",
            CMOCKA_MESSAGE_OUTPUT="TAP",
            T_SECONDS="20",
        )

    def prepare(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        files = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=SOURCE,
            check=True,
            capture_output=True,
        ).stdout
        for name in files.decode().split("\0")[:-1]:
            target = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(os.path.join(SOURCE, name), target, follow_symlinks=False)
        if not self.make("check-needs"):
            sys.exit(f"{self.folder}: the sources do not build")

    def make(self, *more):
        """Whether what is tested could be built."""
        command = ["make", "-s", "CFLAGS=-O1 -g", "build/swupdate-tool", *self.units, *more]
        return (
            subprocess.run(
                command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            ).returncode
            == 0
        )

    def fails(self, name):
        """Whether a test fails; it is ended at its first fault."""
        command = ["bash", name] if name.endswith(".sh") else [name]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            timer = threading.Timer(SECONDS, os.killpg, (process.pid, signal.SIGKILL))
            timer.start()
            try:
                fault = any(line.startswith(b"not ok") for line in process.stdout)
                if fault:
                    os.killpg(process.pid, signal.SIGTERM)
                return process.wait() != 0 or fault
            finally:
                timer.cancel()

    def killer(self):
        for name in self.killers.ordered():
            start = time.monotonic()
            killed = self.fails(name)
            self.killers.tell(name, killed, time.monotonic() - start)
            if killed:
                return name
        return None

    def judge(self, mutant):
        """Sets mutant.killer: a test, "the compiler" or None."""
        path = os.path.join(self.folder, mutant.path)
        with open(os.path.join(SOURCE, mutant.path), encoding="ascii") as file:
            original = file.read()
        with open(path, "w", encoding="ascii") as file:
            file.write(mutant.text)
        mutant.killer = self.killer() if self.make() else "the compiler"
        with open(path, "w", encoding="ascii") as file:
            file.write(original)


def equivalent():
    """The mutants of equivalent.txt. There, the reason stands in lines with # before the mutants it is of."""
    with open(os.path.join(HERE, "equivalent.txt"), encoding="ascii") as file:
        return {line.strip() for line in file if line.startswith("src/")}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--file", action="append")
    parser.add_argument("--one", action="append", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("build", nargs="?")
    options = parser.parse_args()
    if not options.list and options.build is None:
        parser.error("BUILD is missing")
    return options


def run(chosen, options):
    killers = Killers([*(f"build/unit/{name}" for name in UNIT), *SCRIPTS])
    trees = [Tree(os.path.abspath(f"{options.build}/{i}"), killers) for i in range(options.jobs)]
    free = list(trees)
    for tree in trees:
        tree.prepare()
    for name in killers.ordered():
        if trees[0].fails(name):
            sys.exit(f"{name} fails without a mutant")

    def one(mutant):
        tree = free.pop()
        try:
            tree.judge(mutant)
        finally:
            free.append(tree)
        return mutant

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutant in pool.map(one, chosen):
            print(f"{mutant}: {'killed by ' + mutant.killer if mutant.killer else 'LIVES'}", flush=True)


def main():
    options = arguments()
    every = list(mutants())
    if options.list:
        print(*every, sep="\n")
        return 0
    chosen = [
        mutant
        for mutant in every
        if (not options.file or mutant.path in options.file) and (not options.one or mutant.number in options.one)
    ]
    run(chosen, options)
    excused = equivalent()
    compiled = [mutant for mutant in chosen if mutant.killer != "the compiler"]
    lives = [mutant for mutant in compiled if mutant.killer is None]
    unexcused = [mutant for mutant in lives if mutant.name not in excused]
    known = {mutant.name: mutant for mutant in every}
    # A reason that names no mutant, or one that a test kills, is none.
    stale = [name for name in sorted(excused) if name not in known or known[name].killer not in (None, "the compiler")]
    for mutant in unexcused:
        print(f"lives: {mutant}")
    for name in stale:
        print(f"no living mutant: {name}")
    print(
        f"mutants: {len(compiled)} tried, {len(compiled) - len(lives)} killed, "
        f"{len(lives) - len(unexcused)} equivalent, {len(unexcused)} alive"
    )
    return 1 if unexcused or stale else 0


if __name__ == "__main__":
    sys.exit(main())
