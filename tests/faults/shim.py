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


def run(place, command, plan):
    return place.run(command, preload.environment("calls", plan))


def each(place, command, full, base):
    """The numbers of the calls that are tried."""
    return command.chosen(preload.count(place, command, "calls", {**base, "AT": 0}), full, SELECTION)


def attempt(case, place, command, plan, allowed):
    judge(case, place, command, preload.words(plan), allowed, lambda: run(place, command, plan))


def errors(place, command, full, named):
    case = Case(f"{command.name}: every call fails{', without O_TMPFILE' if named else ''}")
    for call, numbers in CALLS if command.device is None else DEVICE_CALLS:
        base = {"CALL": call, "NAMED": int(named)}
        for at in each(place, command, full, base):
            for error in numbers:
                # A file system that cannot report its name, or cannot be asked, may be used all
                # the same: then the work must be done.
                attempt(case, place, command, {**base, "AT": at, "ERRNO": error}, (3, 4, 5))
    return case


def short(place, command):
    case = Case(f"{command.name}: short and interrupted reads and writes")
    for call in "read", "write":
        case.runs += 1
        status, error = run(place, command, {"CALL": call, "AT": 1, "FROM": 1, "SHORT": 1})
        state = place.state(command)
        if (status, state) != (0, "after"):
            case.faults.append(f"{call}: exit {status}, {state}: {error.strip()}")
    return case


def signals(place, command, full, named):
    case = Case(f"{command.name}: signals{', without O_TMPFILE' if named else ''}")
    for call in "open", "read", "write", "sync", "rename", "link", "unlink":
        base = {"CALL": call, "NAMED": int(named)}
        for at in each(place, command, full, base):
            for number in signal.SIGINT, signal.SIGTERM:
                plan = {**base, "AT": at, "SIGNAL": int(number)}
                attempt(case, place, command, plan, (128 + number,))
    return case


def kills(place, command, full):
    # Where a file has no name until it is whole, not even this leaves one. Files for a folder of
    # others' have one each, and an old file is replaced in two steps. A device directory is whole
    # after each call, and so is a folder that appears as a whole.
    case = Case(f"{command.name}: SIGKILL")
    whole = command.device is not None or command.fresh
    for call in [call for call, _ in DEVICE_CALLS] if whole else ("read", "write", "sync"):
        for at in each(place, command, full, {"CALL": call}):
            plan = {"CALL": call, "AT": at, "SIGNAL": int(signal.SIGKILL)}
            attempt(case, place, command, plan, (-signal.SIGKILL,))
    return case


def has_tmpfile(folder):
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))
    except OSError:
        return False
    return True


def jobs(command, full, unnamed):
    """unnamed: whether the file system has O_TMPFILE."""
    yield errors, (command, full, False)
    # A device directory, or a folder of fixtures, is made of files with names.
    named = command.device is not None or command.fresh
    if unnamed and not named:
        yield errors, (command, full, True)
    yield signals, (command, full, False)
    if full:
        if unnamed and not named:
            yield signals, (command, full, True)
        yield short, (command,)
    if not command.name.startswith("extract") and not command.pair and (unnamed or named):
        yield kills, (command, full)
