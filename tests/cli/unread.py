#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program whose output goes into a pipe that is full.

usage: unread.py [--errors] [--no-block] SIGNAL|read PROGRAM [ARGUMENT...]

When the program waits it gets SIGNAL, or the pipe is read to its end. Prints "status=N" (-N: died of
signal N; none: it did not end), then what it wrote into the pipe and to standard error. With --errors
that goes into the pipe, too; with --no-block writes to the pipe do not wait.
"""

import os
import signal
import subprocess
import sys
import time

SECONDS = 20
LOOKS = 10  # so often it has to be found asleep


def full_pipe(blocks):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    filled = 0
    try:
        while True:
            filled += os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, blocks)
    return reader, writer, filled


def waits(pid):
    """Whether it has set its signals up, and sleeps."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    caught = int(status.get("SigCgt", "0"), 16)
    return status["State"].startswith("S") and caught >> (signal.SIGTERM - 1) & 1 == 1


def wait_for(process):
    end = time.monotonic() + SECONDS
    looks = 0
    while looks < LOOKS and process.poll() is None and time.monotonic() < end:
        looks = looks + 1 if waits(process.pid) else 0
        time.sleep(0.03)


def main(arguments):
    options = set()
    while arguments[0].startswith("--"):
        options.add(arguments.pop(0))
    what, *program = arguments
    reader, writer, filled = full_pipe("--no-block" not in options)
    errors = writer if "--errors" in options else subprocess.PIPE
    process = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=writer, stderr=errors)
    os.close(writer)
    wait_for(process)
    written = b""
    if what == "read":
        with open(reader, "rb") as pipe:
            written = pipe.read()[filled:]
    else:
        process.send_signal(getattr(signal, f"SIG{what}"))
    try:
        status = process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        status = "none"
    print(f"status={status}")
    sys.stdout.flush()
    sys.stdout.buffer.write(written + (process.stderr.read() if process.stderr else b""))


if __name__ == "__main__":
    main(sys.argv[1:])
