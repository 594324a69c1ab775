# SPDX-License-Identifier: Apache-2.0
"""System calls that fail, are short or are interrupted, by the preload shim (calls.c); signals at them."""

import errno
import os
import signal

import preload
from judge import Case, judge

# Of one command and one kind of fault, without --full.
SELECTION = 3

# The class of call, and the errors that the system may answer.
CALLS = [
    ("open", [errno.EIO, errno.EMFILE]),
    ("read", [errno.EIO]),
    ("write", [errno.ENOSPC, errno.EIO]),
    ("sync", [errno.EIO]),
    ("rename", [errno.EIO]),
    ("link", [errno.EIO]),
    ("close", [errno.EIO]),
    ("stat", [errno.EIO]),
    ("mkdir", [errno.ENOSPC]),
    ("chmod", [errno.EPERM]),
    ("seek", [errno.EIO]),
    ("process", [errno.EMFILE, errno.EAGAIN]),
    ("thread", [errno.EAGAIN]),
]
# What else a device directory lives through. Other commands clean up by one call, after which they try
# no other.
DEVICE_CALLS = [*CALLS, ("unlink", [errno.EIO]), ("lock", [errno.ENOLCK])]
WITHOUT = ", without O_TMPFILE"


def run(place, command, plan):
    return place.run(command, preload.environment("calls", plan))


def each(place, command, full, calls, base):
    """The calls that are tried, of these classes: each as a plan."""
    text = preload.counted(place, command, "calls", {**base, "CALL": "none"})
    counts = {name: int(number) for name, number in (line.split() for line in text.splitlines())}
    for call in calls:
        for at in command.chosen(counts[call], full, SELECTION):
            yield {**base, "CALL": call, "AT": at}


def attempt(case, place, command, plan, allowed):
    judge(case, place, command, preload.words(plan), allowed, lambda: run(place, command, plan))


def closes(place, command):
    case = Case(f"{command.name}: every close fails", "calls", command.name)
    for plan in each(place, command, True, ["close"], {}):
        case.calls += 1
        attempt(case, place, command, {**plan, "ERRNO": errno.EIO}, command.statuses())
    return case


def errors(place, command, full, named):
    case = Case(f"{command.name}: every call fails{WITHOUT if named else ''}", "calls", command.name)
    classes = dict(CALLS if command.device is None else DEVICE_CALLS)
    for plan in each(place, command, full, classes, {"NAMED": int(named)}):
        case.calls += 1
        for error in classes[plan["CALL"]]:
            # A file system that cannot report its name, or cannot be asked, may be used all
            # the same: then the work must be done.
            attempt(case, place, command, {**plan, "ERRNO": error}, command.statuses())
    return case


def short(place, command):
    case = Case(f"{command.name}: short and interrupted reads and writes", "shorts", command.name)
    for call in "read", "write":
        case.runs += 1
        status, error = run(place, command, {"CALL": call, "AT": 1, "FROM": 1, "SHORT": 1})
        state = place.state(command)
        if (status, state) != (0, "after") or (command.prints and place.printed != command.printed):
            case.faults.append(f"{call}: exit {status}, {state}: {error.strip()}")
        if place.survivors():
            case.faults.append(f"{call}: processes are left")
    return case


def signals(place, command, full, named):
    case = Case(f"{command.name}: signals{WITHOUT if named else ''}", "kills", command.name)
    classes = ("open", "read", "write", "sync", "rename", "link", "unlink")
    for plan in each(place, command, full, classes, {"NAMED": int(named)}):
        case.calls += 1
        for number in signal.SIGINT, signal.SIGTERM:
            attempt(case, place, command, {**plan, "SIGNAL": int(number)}, (128 + number,))
    return case


def kills(place, command, full):
    case = Case(f"{command.name}: SIGKILL", "kills", command.name)
    for plan in each(place, command, full, [call for call, _ in DEVICE_CALLS], {}):
        case.calls += 1
        attempt(case, place, command, {**plan, "SIGNAL": int(signal.SIGKILL)}, (-signal.SIGKILL,))
    return case


def has_tmpfile(folder):
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))
    except OSError:
        return False
    return True


def jobs(command, full, unnamed):
    """unnamed: whether the file system has O_TMPFILE."""
    # With --full, strace has the same for what is in one thread (inject.py), but for close.
    if not full or command.splits:
        yield errors, (command, full, False)
        if command.writes():
            yield signals, (command, full, False)
            yield kills, (command, full)
    else:
        yield closes, (command,)
    # A device directory, or a folder of fixtures, is made of files with names.
    if unnamed and command.device is None and not command.fresh and not command.prints:
        yield errors, (command, full, True)
        if full:
            yield signals, (command, full, True)
    if full:
        yield short, (command,)
