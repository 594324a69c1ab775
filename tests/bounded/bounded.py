# SPDX-License-Identifier: Apache-2.0
"""Runs the worst inputs (worst_*.py) and judges what each takes: processor time, in user and system
mode, so that a busy machine judges alike, and the peak of memory.

usage: bounded.py check    tells each case as TAP does
       bounded.py table    prints what each case takes, the worst first, and the most of all
"""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["T_SOURCE"], "tests", "cli"))

import worst
import worst_files
import worst_json
import worst_manifest
import worst_metadata

SECONDS = 1
MEBIBYTES = 64


def runs(make):
    """Each run of a case, made in a folder of its own: (run, figures, fault)."""
    back = os.getcwd()
    folder = tempfile.mkdtemp(dir=".")
    os.chdir(folder)
    try:
        for run in make():
            try:
                figures = worst.measure(run)
            except subprocess.TimeoutExpired:
                figures = worst.Figures(worst.SECONDS, 0, 124, b"", b"")
            fault = worst.judge(run, figures)
            if fault is None and (figures.seconds >= SECONDS or figures.mebibytes >= MEBIBYTES):
                fault = f"{figures.seconds:.2f} s and {figures.mebibytes:.0f} MiB"
            yield run, figures, fault
    finally:
        os.chdir(back)
        shutil.rmtree(folder)


def main(mode):
    table, failed, count = [], False, 0
    for reader, what, make in worst.CASES:
        faults, seconds, mebibytes = [], 0, 0
        for run, figures, fault in runs(make):
            count += 1
            seconds, mebibytes = max(seconds, figures.seconds), max(mebibytes, figures.mebibytes)
            if fault is not None:
                faults.append(f"{fault}: {' '.join(run.arguments)[:200]}: {figures.err[:300]!r}")
        table.append((seconds, mebibytes, f"{reader}: {what}"))
        failed |= bool(faults)
        if mode == "check":
            print(f"{'not ok' if faults else 'ok'} - {reader}: {what}", flush=True)
        for fault in faults:
            print(f"# {fault}", flush=True)
    if mode == "table":
        for seconds, mebibytes, name in sorted(table, reverse=True):
            print(f"{seconds:6.2f} s {mebibytes:6.1f} MiB  {name}")
        print(
            f"bounded: {count:,} inputs, at most {max(table)[0]:.2f} s and "
            f"{max(row[1] for row in table):.0f} MiB"
        )
    return 1 if failed else 0


sys.exit(main(sys.argv[1]))
