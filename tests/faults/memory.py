# SPDX-License-Identifier: Apache-2.0
"""Allocations that fail, by the preload shim (memory.c), in commands that write."""

import os

import preload
from judge import Case, judge

# Of one command and one kind of fault, without --full. Sanitized runs take ten times as long.
SELECTION = 12
# Of libcrypto's, which are thousands, of which most are alike.
LIBRARY_SELECTION = 8
LIBRARY_FULL = 500


class Tally:
    """What all cases of a run come to."""

    def __init__(self):
        self.commands = 0
        self.allocations = 0
        self.runs = 0
        self.crashes = 0
        self.leaks = 0
        self.others = 0

    def line(self):
        return (
            f"faults: {self.allocations:,} allocations of {self.commands} commands failed in turn "
            f"({self.runs:,} runs): {self.crashes} crashes, {self.leaks} leaks, {self.others} other answers"
        )


class Report:
    """What the shim writes at the end of a run, through a pipe."""

    def __init__(self):
        self.allocations = self.blocks = self.descriptors = 0
        self.whole = False

    def run(self, start, plan):
        """The result of start(environment, descriptor)."""
        reader, writer = os.pipe()
        try:
            result = start(preload.environment("memory", {**plan, "COUNT": writer}), writer)
        finally:
            os.close(writer)
            with os.fdopen(reader) as file:
                numbers = [int(word) for word in file.read().split()]
        self.whole = len(numbers) == 3
        if self.whole:
            self.allocations, self.blocks, self.descriptors = numbers
        return result

    def fault(self, good):
        """What is left at the end that a good run does not leave."""
        if not self.whole:
            return "the end was not reached"
        if self.blocks > 0:
            return f"{self.blocks} blocks are not freed"
        if self.descriptors > good.descriptors:
            return f"{self.descriptors - good.descriptors} descriptors are open"
        return None


def note(case, tally, good, report, status, words):
    """Adds the run to the tally, and what it left behind to the case's faults."""
    tally.runs += 1
    if status is not None and status < 0:
        tally.crashes += 1
        return
    fault = report.fault(good)
    if fault is not None:
        tally.leaks += 1
        case.faults.append(f"{words}: {fault}")


def sweep(case, place, command, full, library, tally):
    base = {"LIBRARY": 1} if library else {}
    good = Report()
    good.run(lambda environment, fd: place.run(command, environment, pass_fds=(fd,)), {"AT": 0, **base})
    chosen = command.chosen(
        good.allocations, full, LIBRARY_SELECTION if library else SELECTION, LIBRARY_FULL if library else None
    )
    tally.allocations += len(chosen)
    for at in chosen:
        for every in 0, 1:
            plan = {"AT": at, "FROM": every, **base}
            report = Report()
            seen = []

            def run():
                result = report.run(lambda environment, fd: place.run(command, environment, pass_fds=(fd,)), plan)
                seen.append(result[0])
                return result

            before = len(case.faults)
            judge(case, place, command, preload.words(plan), (5,), run)
            tally.others += len(case.faults) - before
            note(case, tally, good, report, seen[0] if seen else None, preload.words(plan))
    return case


def allocations(place, command, full, tally):
    tally.commands += 1
    return sweep(Case(f"{command.name}: an allocation fails, or all from then on"), place, command, full, False, tally)


def library_allocations(place, command, full, tally):
    return sweep(Case(f"{command.name}: the same of libcrypto's"), place, command, full, True, tally)


def jobs(command, full, tally):
    yield allocations, (command, full, tally)
    yield library_allocations, (command, full, tally)
