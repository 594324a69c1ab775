# SPDX-License-Identifier: Apache-2.0
"""System calls that fail, and signals at them, by strace: those of the libraries too.

A run without a fault tells which calls there are; each of them then fails once with each error that it
can have. Only the first thread is seen: threads and workers are left to the shim (shim.py), whose count
goes through all of them.
"""

import re
import signal

from judge import Case, judge

CALL = re.compile(r"^(\w+)\((.*)")
# The first call of main; what is before it is the dynamic linker's and the libraries' own.
FIRST = "fcntl(0, F_GETFD"
INJECTED = re.compile(r"\(INJECTED\)|^--- SIG(INT|TERM) |^\+\+\+ killed by ", re.MULTILINE)
# From here on the signal is the program's to handle.
HANDLED = re.compile(r"^rt_sigaction\((SIGINT|SIGTERM), \{")

OPENING = "EIO EMFILE ENOMEM EINTR"
# What each call may answer.
ERRORS = {
    "open": OPENING,
    "openat": OPENING,
    "read": "EIO EINTR",
    "pread64": "EIO EINTR",
    "write": "ENOSPC EIO EINTR",
    "pwrite64": "ENOSPC EIO EINTR",
    "fsync": "EIO ENOSPC EINTR",
    "fdatasync": "EIO ENOSPC EINTR",
    "fallocate": "ENOSPC EIO EINTR",
    "ftruncate": "EIO EINTR",
    "copy_file_range": "ENOSPC EIO EINTR",
    "linkat": "EIO ENOSPC",
    "symlinkat": "EIO ENOSPC",
    "mkdir": "EIO ENOSPC",
    "mkdirat": "EIO ENOSPC",
    "rename": "EIO ENOSPC",
    "renameat": "EIO ENOSPC",
    "renameat2": "EIO ENOSPC",
    "fchmod": "EIO EPERM",
    "newfstatat": "EIO ENOMEM",
    "statx": "EIO ENOMEM",
    "mmap": "ENOMEM",
    "mremap": "ENOMEM",
    "mprotect": "ENOMEM",
    "madvise": "EAGAIN",
    "getrandom": "EINTR ENOSYS",
    "clone": "EAGAIN ENOMEM",
    "clone3": "EAGAIN ENOMEM",
    "pipe2": "EMFILE",
    "socketpair": "EMFILE",
    "dup": "EMFILE",
    "dup2": "EMFILE",
    "dup3": "EMFILE",
    "poll": "EINTR ENOMEM",
    "ppoll": "EINTR ENOMEM",
    "wait4": "EINTR",
    "waitid": "EINTR",
    "flock": "EINTR ENOLCK",
    "sendto": "EIO EINTR ENOMEM",
    "sendmsg": "EIO EINTR ENOMEM",
    "recvfrom": "EIO EINTR ENOMEM",
    "recvmsg": "EIO EINTR ENOMEM",
    "rt_sigaction": "EINVAL",
    "rt_sigprocmask": "EINVAL",
    "sched_getaffinity": "EPERM",
    "fcntl": "EINVAL",
    "prctl": "EINVAL",
    "fadvise64": "EIO",
    "kill": "EPERM",
    "setpgid": "EPERM",
    "socket": "EMFILE",
}
# Not tried: strace leaves a call that fails undone, and one that closes or unmaps always does so (the
# shim has close); futex fails in no other way than by what the program did wrong, and glibc
# aborts then; the others cannot fail.
INFALLIBLE = {
    "close", "munmap", "futex", "exit", "exit_group", "rt_sigreturn", "restart_syscall", "getpid", "gettid", "getppid",
    "getuid", "geteuid", "getgid", "getegid", "umask", "set_robust_list", "set_tid_address", "rseq", "alarm",
    "sched_yield", "getpgrp",
}  # fmt: skip
# What was asked to be on the disk is not there unless these say so.
SYNC = {"fsync", "fdatasync"}
REMOVAL = {"unlink", "unlinkat", "rmdir"}


class Traced:
    """A call of a run: the number among those of its name, from 1, and what was asked."""

    def __init__(self, name, number, asked, handled):
        self.name = name
        self.number = number
        self.asked = asked
        self.handled = handled  # the signals that are the program's by then

    def __str__(self):
        return f"{self.name}#{self.number}({self.asked[:80]}"

    def writes_to(self, descriptor):
        return self.name in ("write", "writev") and self.asked.startswith(f"{descriptor},")


def strace(place, *words):
    return ["strace", "-qq", "-o", place.folder + ".strace", *words]


def record(place, command):
    """The calls of a run without a fault, from main on."""
    status, error = place.run(command, prefix=strace(place))
    if status != 0:
        raise RuntimeError(f"{command.name} fails below strace: {error}")
    numbers = {}
    handled = set()
    calls = None
    with open(place.folder + ".strace", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            found = CALL.match(line)
            if found is None:
                continue
            name = found.group(1)
            numbers[name] = numbers.get(name, 0) + 1
            if calls is None and line.startswith(FIRST):
                calls = []
            if HANDLED.match(line):
                handled.add(HANDLED.match(line).group(1))
            if calls is not None:
                calls.append(Traced(name, numbers[name], found.group(2), frozenset(handled)))
    if not calls:
        raise RuntimeError(f"{command.name}: no '{FIRST}' in what strace says")
    return calls


def attempt(case, place, command, call, fault, allowed, **rules):
    """Whether there was that call in this run, too, so that the fault came."""
    words = strace(place, "-e", f"trace={call.name}", "-e", f"inject={call.name}:{fault}:when={call.number}")
    judge(case, place, command, f"{call} {fault}", allowed, lambda: place.run(command, prefix=words), **rules)
    with open(place.folder + ".strace", encoding="utf-8", errors="replace") as lines:
        came = INJECTED.search(lines.read()) is not None
    if not came:
        case.runs -= 1
        case.missed += 1
    return came


def errors(place, command):
    case = Case(f"{command.name}: every call from main on fails, by strace", "calls", command.name)
    calls = [call for call in record(place, command) if call.name not in INFALLIBLE]
    for at in command.chosen(len(calls), True, None):
        call = calls[at - 1]
        told = call.name in SYNC or call.writes_to(1)
        # brk answers with the end that was, not with an error.
        faults = ["retval=0"] if call.name == "brk" else map("error={}".format, ERRORS.get(call.name, "EIO").split())
        came = []
        for fault in faults:
            rules = {"must_fail": told and fault != "error=EINTR", "mute": call.writes_to(2), "leaves": call.name in REMOVAL}
            came.append(attempt(case, place, command, call, fault, command.statuses(), **rules))
        case.calls += any(came)
    return case


def signals(place, command):
    case = Case(f"{command.name}: SIGINT, SIGTERM and SIGKILL at every call, by strace", "kills", command.name)
    calls = record(place, command)
    for at in command.chosen(len(calls), True, None):
        call = calls[at - 1]
        if call.name == "exit_group":
            continue
        came = []
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGKILL:
            allowed = (128 + number,) if number.name in call.handled else (-number,)
            came.append(attempt(case, place, command, call, f"signal={number.name}", allowed))
        case.calls += any(came)
    return case


def jobs(command):
    yield errors, (command,)
    if command.writes():
        yield signals, (command,)
