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


def note(case, good, report, status, words):
    """Adds to the case's faults what the run left behind."""
    if status is None:
        return
    if status < 0:
        case.crashes += 1  # whose status is a fault that was noted
        return
    fault = report.fault(good)
    if fault is not None:
        case.leaks += 1
        case.faults.append(f"{words}: {fault}")


def sweep(place, command, full, library):
    case = Case(
        f"{command.name}: an allocation{' of libcrypto' if library else ''} fails, or all from then on",
        command=command.name,
    )
    base = {"LIBRARY": 1} if library else {}
    good = Report()
    good.run(lambda environment, fd: place.run(command, environment, pass_fds=(fd,)), {"AT": 0, **base})
    selection = LIBRARY_SELECTION if library else SELECTION
    chosen = command.chosen(good.allocations, full, selection, LIBRARY_FULL if library else None)
    case.calls = len(chosen)
    for at in chosen:
        for every in 0, 1:
            plan = {"AT": at, "FROM": every, **base}
            report = Report()
            seen = []

            def run():
                result = report.run(lambda environment, fd: place.run(command, environment, pass_fds=(fd,)), plan)
                seen.append(result[0])
                return result

            judge(case, place, command, preload.words(plan), (5,), run)
            note(case, good, report, seen[0] if seen else None, preload.words(plan))
    return case


def jobs(command, full):
    yield sweep, (command, full, False)
    yield sweep, (command, full, True)
