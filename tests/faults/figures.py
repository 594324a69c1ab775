# SPDX-License-Identifier: Apache-2.0
"""What the last full runs have tried, kept beside the shims."""

import json
import os

FOLDER = os.path.join(os.environ["SWT_BUILD"], "faults", "figures")


def write(name, told):
    os.makedirs(FOLDER, exist_ok=True)
    rows = [
        [case.kind, case.command, case.calls, case.runs, len(case.faults), case.crashes, case.leaks] for case in told
    ]
    with open(os.path.join(FOLDER, name + ".json"), "w", encoding="utf-8") as file:
        json.dump(rows, file)


def line(kind, rows):
    commands = len({row[1] for row in rows})
    calls, runs, broken, crashes, leaks = (sum(row[i] for row in rows) for i in range(2, 7))
    if kind == "allocations":
        return (
            f"faults: {calls:,} allocations of {commands} commands failed in turn ({runs:,} runs): "
            f"{crashes} crashes, {leaks} leaks, {broken - crashes - leaks} other answers"
        )
    what = {"calls": f"{calls:,} calls failed in turn, ", "kills": f"killed at {calls:,} calls, "}.get(kind, "")
    return f"faults: {kind}: {commands} commands, {what}{runs:,} runs, {broken} broke a rule"


def show():
    rows = []
    for name in sorted(os.listdir(FOLDER)):
        with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
            rows += json.load(file)
    for kind in sorted({row[0] for row in rows}):
        print(line(kind, [row for row in rows if row[0] == kind]))
