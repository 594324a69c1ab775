# SPDX-License-Identifier: Apache-2.0
"""Programs on terminals of their own, and what a person sees there: as much of a terminal as the
program asks of one."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
import unicodedata

SECONDS = 60
SEQUENCE = re.compile(r"\033\[([0-9;]*)([A-Za-z])")


def columns(character):
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """Rows without an end. wraps: how often a line was longer than the terminal is wide."""

    def __init__(self, width):
        self.width = width
        self.rows = [{}]
        self.row = self.column = self.wraps = 0
        self.styles = set()

    def put(self, character):
        wide = columns(character)
        if wide == 0:
            return
        if self.column + wide > self.width:
            self.wraps += 1
            self.next_row()
            self.column = 0
        self.rows[self.row].update({self.column: character, **({self.column + 1: ""} if wide == 2 else {})})
        self.column += wide

    def next_row(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append({})

    def sequence(self, parameters, kind):
        if kind == "K" and parameters == "":
            row = self.rows[self.row]
            self.rows[self.row] = {place: row[place] for place in row if place < self.column}
        elif kind == "m":
            self.styles.add(parameters)
        else:
            raise ValueError(f"a sequence that not every terminal knows: ESC [ {parameters}{kind}")

    def feed(self, text):
        place = 0
        while place < len(text):
            found = SEQUENCE.match(text, place)
            if found:
                self.sequence(*found.groups())
                place = found.end()
                continue
            if text[place] == "\r":
                self.column = 0
            elif text[place] == "\n":
                self.next_row()
            elif unicodedata.category(text[place]) == "Cc":
                raise ValueError(f"a control character: {text[place]!r}")
            else:
                self.put(text[place])
            place += 1
        return self

    def text(self):
        lines = ("".join(row[at] if at in row else " " for at in range(max(row, default=-1) + 1)) for row in self.rows)
        return "\n".join(line.rstrip() for line in lines).rstrip("\n")


class Terminal:
    """A program on a terminal that is so wide. environment changes that of the test; feed, where it is
    given, is called with a file that is the program's standard input; errors: a file that takes
    standard error in place of the terminal. shown: (seconds since the start, bytes); ended: the second
    in which the terminal was left."""

    def __init__(self, program, width=80, environment=None, feed=None, errors=None, folder=None):
        self.width = width
        self.keeper, terminal = pty.openpty()
        self.resize(width)
        wanted = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(environment or {})}
        self.start = time.monotonic()
        self.process = subprocess.Popen(
            program,
            stdin=subprocess.PIPE if feed else terminal,
            stdout=terminal,
            stderr=errors or terminal,
            env={name: value for name, value in wanted.items() if value is not None},
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0),
        )
        os.close(terminal)
        self.shown = []
        self.ended = None
        if feed:
            threading.Thread(target=self.pour, args=(feed,), daemon=True).start()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def pour(self, feed):
        try:
            with self.process.stdin as file:
                feed(file)
        except OSError:
            pass  # it has ended

    def read(self):
        while True:
            try:
                piece = os.read(self.keeper, 65536)
            except OSError:  # nobody holds the other end any more
                piece = b""
            if not piece:
                self.ended = time.monotonic() - self.start
                return
            self.shown.append((time.monotonic() - self.start, piece))

    def resize(self, width):
        fcntl.ioctl(self.keeper, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    def type(self, keys):
        os.write(self.keeper, keys)

    def raw(self):
        return b"".join(piece for _, piece in self.shown)

    def wait_for(self, text, times=1):
        end = time.monotonic() + SECONDS
        while self.raw().count(text.encode()) < times and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        return self.raw().count(text.encode()) >= times

    def end(self):
        """Waits for it; the exit status, or minus the signal that ended it."""
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.reader.join(SECONDS)
        os.close(self.keeper)
        return self.process.returncode

    def screen(self):
        return Screen(self.width).feed(self.raw().decode())

    def lines(self):
        """What was written over: each state of the row that is rewritten, as (time, text)."""
        found = []
        for at, piece in self.shown:
            parts = piece.decode(errors="replace").split("\r\033[K")[1:]
            found += [(at, part) for part in parts if part and "\n" not in part]
        return found
