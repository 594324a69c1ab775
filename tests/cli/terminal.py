#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program on a terminal of its own and answers its prompts.

usage: terminal.py PROMPT ANSWER [PROMPT ANSWER]... -- PROGRAM [ARGUMENT...]

Each PROMPT is waited for; then ANSWER and a newline are typed, or for ^C, ^D, ^Z and ^\\ that key. Prints
"status=N echo=True|False" (echo: of the terminal when the program has ended; status -N: died of
signal N), then what the terminal showed.
"""

import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time

SECONDS = 20
KEYS = {"^C": b"\x03", "^D": b"\x04", "^Z": b"\x1a", "^\\": b"\x1c"}


def start(program):
    keeper, terminal = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(keeper)
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        for fd in 0, 1, 2:
            os.dup2(terminal, fd)
        os.execvp(program[0], program)
    return pid, keeper, terminal


def main(arguments):
    split = arguments.index("--")
    dialogue = list(zip(arguments[0:split:2], arguments[1:split:2]))
    pid, keeper, terminal = start(arguments[split + 1 :])
    shown = b""
    seen = 0
    status = None
    end = time.monotonic() + SECONDS
    while status is None:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
        if select.select([keeper], [], [], 0.02)[0]:
            shown += os.read(keeper, 4096)
        place = shown.find(dialogue[0][0].encode(), seen) if dialogue else -1
        if place >= 0:
            prompt, answer = dialogue.pop(0)
            seen = place + len(prompt)
            os.write(keeper, KEYS.get(answer, answer.encode() + b"\n"))
        done, found = os.waitpid(pid, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(found)
    while select.select([keeper], [], [], 0)[0]:
        shown += os.read(keeper, 4096)
    echo = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
    print(f"status={status} echo={echo}")
    print(shown.decode("utf-8", "replace"))


if __name__ == "__main__":
    main(sys.argv[1:])
