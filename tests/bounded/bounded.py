# SPDX-License-Identifier: Apache-2.0
"""Runs the worst inputs (worst_*.py) and judges what each takes: processor time, in user and system
mode, so that a busy machine judges alike, and the peak of memory.

usage: bounded.py check    the first input of some cases, told as TAP does: seconds, not minutes
       bounded.py table    prints what each case takes, the worst first, and the most of all
"""

import itertools
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

# For "check": what takes most of each reader, by the beginning of "reader: what".
BRIEF = (
    "any file: a sparse one",
    "tar: a member of 8 GiB",
    "UpdateBundle",
    "envelope",
    "targets metadata",
    "device manifest",
    "root: 4 MiB",
    "signatures: 1,024 bad Ed25519 ones over 4 MiB of root",
    "signatures: 1,024 bad RSA-8192 ones over 4 MiB of targets",
    "manifest: 1 MiB of other keys, in flow",
    "manifest: meta",
    "manifest includes: 4 MiB",
    "manifest variables: as many",
    "glob: 1 MiB of patterns",
    "policy: 1 MiB of one key",
    "fleet file: 4 MiB of minus signs",
    "signing request",
    "signing response",
    "audit log",
    "user_manifest",
    "SBOM",
)


def runs(make, most):
    """Each run of a case, or the first ones, in a folder of its own: (run, figures, fault)."""
    back = os.getcwd()
    folder = tempfile.mkdtemp(dir=".")
    os.chdir(folder)
    try:
        for run in itertools.islice(make(), most):
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
    brief = mode == "check"
    for reader, what, make in worst.CASES:
        if brief and not f"{reader}: {what}".startswith(BRIEF):
            continue
        faults, seconds, mebibytes = [], 0, 0
        for run, figures, fault in runs(make, 1 if brief else None):
            count += 1
            seconds, mebibytes = max(seconds, figures.seconds), max(mebibytes, figures.mebibytes)
            if fault is not None:
                faults.append(f"{fault}: {' '.join(run.arguments)[:200]}: {figures.err[:300]!r}")
        table.append((seconds, mebibytes, f"{reader}: {what}"))
        failed |= bool(faults)
        if brief:
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
