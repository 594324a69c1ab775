#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the program under valgrind: no error, no block that leaks, no descriptor left open.

usage: memcheck.py [--full]

Commands: those of the fault sweeps (tests/faults/commands.py, answers.py), which do their work, and with
--full tests/cli/errors.sh, which provokes every error; else a few of them. First it makes sure that faults
made on purpose are found. Tells its cases as TAP does; SWT_TOOL, SWT_BUILD and SWT_SOURCE are those of
scripts/run-tests.

Of a worker (a forked process that holds a token's module) blocks count that nothing leads to, and errors;
it ends without giving back what its parent had.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ["SWT_SOURCE"]
BUILD = os.environ["SWT_BUILD"]
TOOL = os.environ["SWT_TOOL"]
HERE = os.path.join(SOURCE, "tests/memcheck")
WRAPPER = os.path.join(BUILD, "memcheck/tool")
SECONDS = 600
# Of the good runs, without --full.
SAMPLE = 6

sys.path.insert(0, os.path.join(SOURCE, "tests/faults"))
import answers  # noqa: E402
import place as places  # noqa: E402
from commands import COMMANDS, DEVICE_COMMANDS  # noqa: E402
from samples import Samples  # noqa: E402

LOST = re.compile(r"(definitely|indirectly|possibly) lost: ([0-9,]+) bytes")
REACHABLE = re.compile(r"still reachable: ([0-9,]+) bytes")
ERRORS = re.compile(r"ERROR SUMMARY: ([0-9]+) errors")
PARENT = re.compile(r"Parent PID: ([0-9]+)")
COMMAND = re.compile(r"Command: (.*)")
OPEN_FILE = re.compile(r"==[0-9]+== Open [^\n]*\n(==[0-9]+== {4}[^\n]*\n)?")


class Logs:
    """The folder of the logs of valgrind, and what they say."""

    def __init__(self, folder):
        self.folder = folder
        self.runs = self.errors = self.leaks = self.descriptors = 0
        os.mkdir(folder)

    def environment(self, tool):
        return {
            "SWT_MEMCHECK_TOOL": tool,
            "SWT_MEMCHECK_LOGS": self.folder,
            "SWT_MEMCHECK_RULES": os.path.join(HERE, "rules.supp"),
        }

    def take(self):
        """Faults of the logs that have come since, as lines; the logs are removed."""
        logs = {}
        for name in os.listdir(self.folder):
            with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
                logs[name[: -len(".log")]] = file.read()
            os.remove(os.path.join(self.folder, name))
        return [fault for pid, log in sorted(logs.items()) for fault in self.faults(pid, log, logs)]

    def faults(self, pid, log, logs):
        parent = PARENT.search(log)
        is_worker = parent is not None and parent.group(1) in logs
        summary = ERRORS.search(log)
        if summary is None:
            # A child that became another program, or was killed as its parent wanted.
            return [] if is_worker else [f"{pid}: no summary: {log[-300:]}"]
        if is_worker and "Process terminating with default action" in log:
            return []
        self.runs += 0 if is_worker else 1
        command = COMMAND.search(log)
        what = command.group(1) if command else pid
        found = []
        lost = sum(int(size.replace(",", "")) for _, size in LOST.findall(log))
        reachable = REACHABLE.search(log)
        if not is_worker and reachable:
            lost += int(reachable.group(1).replace(",", ""))
        if lost > 0:
            self.leaks += 1
            found.append(f"{what}: {lost} bytes are not freed: {self.excerpt(log, 'loss record')}")
        elif summary.group(1) != "0":
            self.errors += 1
            found.append(f"{what}: {summary.group(1)} errors: {self.excerpt(log, 'Command:')}")
        open_files = [match.group(0) for match in OPEN_FILE.finditer(log)]
        open_files = [text for text in open_files if "<inherited from parent>" not in text]
        if not is_worker and open_files:
            self.descriptors += len(open_files)
            found.append(f"{what}: left open: {open_files}")
        return found

    @staticmethod
    def excerpt(log, word):
        lines = log[max(log.find(word), 0) :].splitlines()[:14]
        return " | ".join(re.sub(r"^==[0-9]+== *", "", line) for line in lines)

    def line(self):
        return (
            f"memcheck: {self.runs:,} runs, {self.errors} errors, {self.leaks} leaks, {self.descriptors} descriptors"
        )


def tell(name, faults):
    print(f"{'not ok' if faults else 'ok'} - {name}")
    for fault in faults[:12]:
        print(f"# {fault}")
    sys.stdout.flush()
    return not faults


def check_finding(logs):
    """Faults on purpose are found, and nothing where there is none."""
    wrong = []
    for fault in "nothing", "block", "file", "read":
        subprocess.run(
            [WRAPPER, fault],
            env={**os.environ, **logs.environment(os.path.join(BUILD, "memcheck/leak"))},
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if bool(logs.take()) != (fault != "nothing"):
            wrong.append(fault)
    logs.runs = logs.errors = logs.leaks = logs.descriptors = 0
    return tell("what leaks, stays open or is read beyond its end is found", wrong)


def some(commands, full):
    return commands if full else commands[:: max(1, len(commands) // (SAMPLE // 2))]


def check_work(logs, work, full):
    good = True
    samples = Samples(work)
    answers.prepare(samples)
    environment = logs.environment(TOOL)
    place = places.Place(samples, "case")
    places.TOOL = WRAPPER
    places.SECONDS = SECONDS
    for command in some([*COMMANDS, *DEVICE_COMMANDS], full):
        status, error = place.run(command, environment)
        faults = logs.take()
        good &= tell(command.name, faults + ([f"exit {status}: {error[-300:]}"] if status != 0 else []))
    for command in some(answers.COMMANDS, full):
        answers.start(samples, command, environment)
        good &= tell(command.name, logs.take())
    return good


def check_errors(logs):
    done = subprocess.run(
        ["bash", os.path.join(SOURCE, "tests/cli/errors.sh")],
        env={**os.environ, **logs.environment(TOOL), "SWT_TOOL": WRAPPER, "T_SECONDS": "300"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
        encoding="utf-8",
    )
    failed = [line for line in done.stdout.splitlines() if not line.startswith("ok")]
    good = tell("every error is told under valgrind as it is without", failed)
    return tell("after every error", logs.take()) and good


def main(arguments):
    full = "--full" in arguments
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is missing: scripts/bootstrap check installs it")
    with tempfile.TemporaryDirectory(prefix="swupdate-memcheck.") as folder:
        os.mkdir(os.path.join(folder, "work"))
        logs = Logs(os.path.join(folder, "logs"))
        good = check_finding(logs)
        good &= check_work(logs, os.path.join(folder, "work"), full)
        if full:
            good &= check_errors(logs)
        print(f"# {logs.line()}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
