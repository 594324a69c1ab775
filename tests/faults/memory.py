# SPDX-License-Identifier: Apache-2.0
"""Allocations that fail, by the preload shim (memory.c)."""

import signal

import preload
from judge import Case, judge

# Of one command and one kind of fault, without --full. Sanitized runs take ten times as long.
SELECTION = 15


def run(place, command, plan):
    return place.run(command, preload.environment("memory", plan))


def allocations(place, command, full, every):
    case = Case(f"{command.name}: {'no memory from then on' if every else 'an allocation fails'}")
    total = preload.count(place, command, "memory", {"AT": 0})
    for at in command.chosen(total, full, SELECTION):
        plan = {"AT": at, "FROM": int(every)}
        judge(case, place, command, preload.words(plan), (5,), lambda: run(place, command, plan))
    return case


def library_allocations(place, command, full):
    # libcrypto 3.0 dies of some of these in its own code (most of them while it sets itself up),
    # and takes others for a key that it cannot read, or a signature that does not verify, which
    # rejects. What is left behind is ours all the same.
    case = Case(f"{command.name}: an allocation of libcrypto fails")
    total = preload.count(place, command, "memory", {"AT": 0, "LIBRARY": 1})
    rejected = (1,) if command.judges else ()
    allowed = (*rejected, 3, 4, 5, -signal.SIGSEGV)
    # Thousands, of which most are alike.
    for at in command.chosen(total, full, SELECTION, 500):
        for every in 0, 1:
            plan = {"AT": at, "FROM": every, "LIBRARY": 1}
            judge(case, place, command, preload.words(plan), allowed, lambda: run(place, command, plan), library=True)
    return case


def jobs(command, full):
    yield allocations, (command, full, False)
    yield allocations, (command, full, True)
    yield library_allocations, (command, full)
