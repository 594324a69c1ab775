#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Types the commands of a manual page and compares what they print with what the page shows.

usage: typed.py [--fill] PAGE

A literal block (.Bd to .Ed) is a session in a shell. A line that starts with "$ " is a command; it goes
on over as many lines as bash needs to see its end. The lines after it, up to the next command, are all
that it prints, where

    ...                any lines, or none; within a line, any text
    (exit status N)    at the end: the command exits with N; without it, with 0
    12 or more hex digits   a key id or a hash: another one, but everywhere the same one for it
    2027-11-23T...Z    any time

A hash that an earlier output has shown stands in a command for the one that was really printed. The
commands of a page are typed in their order into one bash, in an empty folder, at a terminal of 80
columns, whose colours do not matter. A block of another kind has a comment before it:

    .\\" typed: no, REASON     the block is not typed

The cases, one for each section, are told as TAP does. With --fill the page is printed instead, and what
differs in it is replaced by what the commands print; "..." has to be put in again by hand.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios

ESCAPES = {"e": "\\", "-": "-", "&": "", "(aq": "'", "(dq": '"', "(ga": "`", "(ti": "~", "(ha": "^"}
# Characters that roff shows as others, so that nobody could copy them.
UNSAFE = {"\\": "\\e", "'": "\\(aq", "`": "\\(ga", "~": "\\(ti", "^": "\\(ha"}
STATUS = re.compile(r"\(exit status (\d+)\)")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
VARIABLE = re.compile(rf"(?P<id>\b[0-9a-f]{{12,}})|(?P<time>{TIME})|(?P<any>\.\.\.)")
ID_DIGITS = 12
COLOUR = re.compile(r"\033\[[0-9;]*[mK]")
MARK = "\036"
SECONDS = 120


class Fault(Exception):
    """What is wrong with a page, in words."""


# ---- the page --------------------------------------------------------------------------------------


def plain(line):
    """A line of a literal block as the reader sees it."""
    def escape(found):
        name = found.group(1)
        if name.startswith("[u"):
            return chr(int(name[2:-1], 16))
        if name not in ESCAPES:
            raise Fault(f"escape '\\{name}' is not known")
        return ESCAPES[name]

    if line.startswith("."):
        raise Fault(f"write \\& before: {line}")
    unsafe = set(re.sub(r"\\(\[[^]]*\]|\(..|.)", "", line)) & set(UNSAFE)
    if unsafe:
        raise Fault(f"write {', '.join(UNSAFE[sign] for sign in sorted(unsafe))} in: {line}")
    return re.sub(r"\\(\[[^]]*\]|\(..|.)", escape, line)


def roff(line):
    """The reverse of plain()."""
    text = "".join(UNSAFE.get(sign, sign if ord(sign) < 128 else f"\\[u{ord(sign):04X}]") for sign in line)
    return "\\&" + text if text.startswith(".") else text


def complete(command):
    """Whether bash sees the end of it."""
    if command.endswith("\\"):
        return False
    run = subprocess.run(["bash", "-n"], input=command + "\n", capture_output=True, text=True, check=False)
    return run.returncode == 0 and run.stderr == ""


class Step:
    """One command: what is typed, what the page shows for it, and where in the source that stands."""

    def __init__(self, section, first):
        self.section = section
        self.command = ""
        self.shown = []
        self.first = self.end = first  # of the output: lines of the source

    def type_on(self, text):
        self.command += ("\n" if self.command else "") + text

    def status(self):
        found = STATUS.fullmatch(self.shown[-1]) if self.shown else None
        return int(found.group(1)) if found else 0

    def output(self):
        return self.shown[:-1] if self.shown and STATUS.fullmatch(self.shown[-1]) else self.shown


def read_block(lines, at, section):
    """The steps of the block whose first line is lines[at], and the number of its .Ed."""
    steps = []
    open_command = False
    while at < len(lines) and lines[at] != ".Ed":
        text = plain(lines[at])
        if open_command:
            steps[-1].type_on(text)
        elif text.startswith("$ "):
            steps.append(Step(section, at + 1))
            steps[-1].type_on(text[2:])
        elif steps:
            steps[-1].shown.append(text)
        else:
            raise Fault(f"line {at + 1}: a block that starts with no command: {text}")
        if open_command or text.startswith("$ "):
            open_command = not complete(steps[-1].command)
            steps[-1].first = at + 1
        steps[-1].end = at + 1
        at += 1
    if open_command or at == len(lines):
        raise Fault(f"line {at}: the block ends within a command: {steps[-1].command}")
    return steps, at


def read_page(lines):
    steps = []
    section = ""
    typed = True
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith((".Sh ", ".Ss ")):
            section = plain(line[4:]).strip('"')
        elif line.startswith('.\\" typed: no, '):
            typed = False
        elif line.startswith(".Bd ") and typed:
            block, at = read_block(lines, at + 1, section)
            steps += block
        elif line == ".Ed":
            typed = True
        elif line.startswith(".Dl "):
            raise Fault(f"line {at + 1}: a command in .Dl is not typed: use .Bd -literal")
        at += 1
    if not steps:
        raise Fault("no command was found")
    return steps


# ---- the shell -------------------------------------------------------------------------------------


class Shell:
    """A bash in a folder, at a terminal; its commands read nothing from it."""

    SCRIPT = r"""while read -r -u FD file; do
        . "$file" </dev/null FD<&-
        printf '\036%d\036\n' $?
    done"""

    def __init__(self, folder, scratch):
        self.scratch = scratch
        self.terminal, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST  # a newline stays one
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        commands, self.commands = os.pipe()
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm", "LC_ALL": "C.UTF-8",
                       "TZ": "UTC"}
        self.process = subprocess.Popen(
            ["timeout", "-k", "5", "--foreground", str(SECONDS), "bash", "-c",
             self.SCRIPT.replace("FD", str(commands))], cwd=folder, env=environment,
            stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, pass_fds=[commands])
        os.close(slave)
        os.close(commands)

    def type(self, command):
        """What it prints, and its exit status."""
        path = os.path.join(self.scratch, "command")
        with open(path, "w", encoding="utf-8") as file:
            file.write(command + "\n")
        os.write(self.commands, (path + "\n").encode())
        printed = b""
        while not (end := re.search(rf"{MARK}(\d+){MARK}\n$".encode(), printed)):
            try:
                printed += os.read(self.terminal, 65536)
            except OSError as fault:
                raise Fault(f"the shell ended, or took {SECONDS} s, at: {command}") from fault
        text = printed[:end.start()].decode("utf-8", "replace")
        return COLOUR.sub("", text), int(end.group(1))

    def close(self):
        os.close(self.commands)
        self.process.wait()
        os.close(self.terminal)


# ---- the comparison --------------------------------------------------------------------------------


class Names:
    """Which hash of the page stands for which real one. Hashes are cut in places: the first digits name
    one, and the longest form that was seen is kept."""

    def __init__(self):
        self.real = {}
        self.shown = {}

    def pair(self, shown, real):
        self.learn(self.real, shown, real, "stands for")
        self.learn(self.shown, real, shown, "is shown as")

    @staticmethod
    def learn(names, word, other, relation):
        known = names.setdefault(word[:ID_DIGITS], other)
        if not (known.startswith(other) or other.startswith(known)):
            raise Fault(f"{word} {relation} {known} and {other}")
        if len(other) > len(known):
            names[word[:ID_DIGITS]] = other

    @staticmethod
    def replace(text, names):
        def one(found):
            word = found.group()
            known = names.get(word[:ID_DIGITS], "") if found.group("id") else ""
            return known[:len(word)] + word[len(known):]

        return VARIABLE.sub(one, text)

    def typed(self, command):
        return self.replace(command, self.real)

    def as_shown(self, output):
        return self.replace(output, self.shown)


def pattern_of(line):
    """A regular expression for a line, and the hashes in it."""
    pattern, ids, at = "", [], 0
    for found in VARIABLE.finditer(line):
        pattern += re.escape(line[at:found.start()])
        if found.group("id"):
            ids.append(found.group())
            pattern += f"([0-9a-f]{{{len(found.group())}}})"
        else:
            pattern += TIME if found.group("time") else ".*"
        at = found.end()
    return pattern + re.escape(line[at:]) + r" *\n", ids


def compare(step, printed, status, names):
    pattern, ids = "", []
    for line in step.output():
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            more, found = pattern_of(line)
            pattern += more
            ids += found
    if printed and not printed.endswith("\n"):
        printed += "\n"
    match = re.fullmatch(pattern, printed)
    if not match:
        raise Fault(f"'{step.command}' prints '{printed}', the page shows '{chr(10).join(step.output())}'")
    for shown, real in zip(ids, match.groups()):
        names.pair(shown, real)
    if status != step.status():
        raise Fault(f"'{step.command}' exits with {status}, the page says {step.status()}")


# ---- what is done with a page ----------------------------------------------------------------------


def replay(steps, on_fault):
    """Types all; on_fault(step, fault, printed, status) for each that differs."""
    names = Names()
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as folder:
        shell = Shell(folder, scratch)
        try:
            for step in steps:
                printed, status = shell.type(names.typed(step.command))
                try:
                    compare(step, printed, status, names)
                except Fault as fault:
                    on_fault(step, fault, names.as_shown(printed), status)
        finally:
            shell.close()


def report(page, steps):
    faults = {}
    replay(steps, lambda step, fault, *_: faults.setdefault(step.section, []).append(str(fault)))
    for section in dict.fromkeys(step.section for step in steps):
        count = sum(step.section == section for step in steps)
        verdict = "not ok" if section in faults else "ok"
        print(f"{verdict} - {page}: {section}: {count} commands do what the page says")
        for fault in faults.get(section, []):
            print("# " + fault.replace("\n", "\n# "))
    return 1 if faults else 0


def fill(lines, steps):
    changes = []

    def changed(step, _, printed, status):
        output = printed.splitlines() + ([f"(exit status {status})"] if status else [])
        changes.append((step, [roff(line.rstrip()) for line in output]))

    replay(steps, changed)
    for step, output in reversed(changes):
        lines[step.first:step.end] = output
    print("\n".join(lines))
    return 0


def main(arguments):
    path = arguments[-1]
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    page = os.path.basename(path)
    try:
        steps = read_page(lines)
        return fill(lines, steps) if arguments[0] == "--fill" else report(page, steps)
    except Fault as fault:
        print(f"not ok - {page}: {fault}")
        return 1


sys.exit(main(sys.argv[1:]))
