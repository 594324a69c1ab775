# SPDX-License-Identifier: Apache-2.0
"""What a command may answer, and what it may leave, when something fails."""

import hashlib
import json
import re
import signal
import subprocess
import sys

LINE = re.compile(r"swupdate-tool: [a-z ]+: [^A-Z\n].*[^.\n]\n(hint: .+\n)?")
NOTICE = re.compile(r"^swupdate-tool: [a-z ]+: (warning|note): .*\n", re.MULTILINE)
# A key file that cannot be read is the key's fault: 4, or 3 where a public key is wanted.
KEY = re.compile(r"swupdate-tool: [a-z ]+: ((key|other|new): cannot |'pkcs11:|(passphrase|pin): the passphrase cannot )")
JSON_LINE = re.compile(r'\{"error":\{"code":.*"message":"[^A-Z"].*[^."]".*\}\}\n')
OUT_OF_MEMORY = re.compile(r"swupdate-tool: (?:[a-z ]+: )?.*out of memory\n")


def log_fault(log, killed, is_signed):
    """What is wrong with an audit log: chain, form, and that a signature that left is in it."""
    if killed:
        log = log[: log.rfind(b"\n") + 1]
    if log and not log.endswith(b"\n"):
        return "the log's last line is cut off"
    previous = "0" * 64
    outcome = None
    for text in log.split(b"\n")[:-1]:
        line = json.loads(text)
        if line["previous"] != previous:
            return "the log's chain is broken"
        previous = hashlib.sha256(text).hexdigest()
        outcome = line.get("outcome")
    if is_signed and outcome != "signed":
        return "a signature left that is not in the log"
    return None


class Case:
    """Collects the faults of one command; prints one line."""

    def __init__(self, name, kind="allocations", command=None):
        self.name = name
        self.kind = kind
        self.command = command
        self.calls = 0
        self.runs = 0
        self.missed = 0  # runs besides, in which the call that was to fail did not come
        self.crashes = 0  # of the faults
        self.leaks = 0  # of the faults
        self.faults = []

    def tell(self):
        if self.runs == 0:
            self.faults.append("nothing was tried")
        missed = f", {self.missed} without that call" if self.missed else ""
        print(f"{'not ok' if self.faults else 'ok'} - {self.name} ({self.runs} runs{missed})")
        for fault in self.faults[:12]:
            print(f"# {fault}")
        sys.stdout.flush()
        return not self.faults


def judge(case, place, command, what, allowed, run, library=False, must_fail=False, mute=False, leaves=False):
    """Runs the command by run(); allowed: the exit statuses besides 0; 0 must have made the whole result.

    library: a fault within libcrypto, which has reasons of its own, or dies.
    must_fail: 0 is no answer.
    mute: the fault is where it would have told it.
    leaves: it is the removal of what was staged that fails.
    """
    case.runs += 1
    try:
        status, error = run()
    except subprocess.TimeoutExpired as late:
        place.survivors()
        case.faults.append(f"{what}: ran longer than {late.timeout} s")
        return
    is_noticed = NOTICE.search(error) is not None
    error = NOTICE.sub("", error)
    fault = status_fault(status, error, allowed, library, must_fail, mute) or left_fault(
        place, command, status, error, library, leaves
    )
    if fault is None and leaves and status == 0 and not is_noticed and place.staged(command):
        fault = f"and tells nothing of {', '.join(place.staged(command))}"
    if fault is not None:
        case.faults.append(f"{what}: exit {status}, {fault}")


def status_fault(status, error, allowed, library, must_fail, mute):
    """What is wrong with the exit status and what is said."""
    says = error.strip()[-300:]
    if status not in allowed and (status != 0 or must_fail):
        return f"which is not of {allowed}: {says}"
    if mute:
        return None
    if status in (3, 4) and not library and not KEY.match(error):
        return f"that is not about a key: {says}"
    if status > 1 and not any(form.fullmatch(error) for form in (LINE, JSON_LINE, OUT_OF_MEMORY)):
        return f"and says '{error.strip()}'"
    return None


def left_fault(place, command, status, error, library, leaves):
    """What is wrong with what is left: files, processes, what was printed."""
    # libcrypto that dies leaves what SIGKILL leaves.
    killed = status == -signal.SIGKILL or (status < 0 and library)
    left = place.survivors()
    if left:
        return f"{left} processes are left"
    state = place.state(command, library, killed or leaves)
    says = error.strip()[-300:]
    # A signal comes before both or after both.
    if state == "half a pair" and command.told and command.told in error and status not in (130, 143):
        return None
    if state not in ("before", "between", "after") or (status == 0 and state != "after"):
        return f"{state}: {says}"
    if status == 0 and command.prints and place.printed != command.printed:
        return f"which has not printed all: {len(place.printed)} of {len(command.printed)} bytes"
    if place.log_fault(command, status, state):
        return f"{state}: {place.log_fault(command, status, state)}"
    if command.device is not None:
        # Where a call fails, so may the one that cleans up.
        fault = place.finish_fault(command, state, clean=status in (130, 143))
        return fault and f"{state}: {fault}"
    return None
