#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lines and branches of src/ that a run of the tests reached, and the reason for each line that it did not.

usage: report.py BUILD

BUILD holds the program, unit tests and fuzz targets with clang's coverage, and their profiles. reasons.txt
says why lines are not reached. Fails when less than LINES of all lines or BRANCHES of a group's branches are
covered, and when a line has no reason; a reason that has no line is told.
"""

import fnmatch
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
LINES = 95.0
BRANCHES = 90.0
GROUPS = {
    "signature": ["src/signature/*.c"],
    "verification": [
        "src/pipeline/judge*.c",
        "src/pipeline/verify.c",
        "src/pipeline/payload_walk.c",
        "src/pipeline/device_state.c",
    ],
}


class File:
    """What was reached of one file: {line: runs}, and how many of its branches."""

    def __init__(self, name):
        self.name = name
        self.lines = {}
        self.branches = 0
        self.branches_reached = 0

    def missed(self):
        """Runs of lines that follow each other, none of which was reached."""
        block = []
        for line in sorted(self.lines):
            if self.lines[line] > 0:
                if block:
                    yield block
                block = []
            else:
                block.append(line)
        if block:
            yield block


def export(build):
    """What llvm-cov says, as lcov does."""
    data = os.path.join(build, "all.profdata")
    profiles = glob.glob(os.path.join(build, "profile", "*.profraw"))
    if not profiles:
        sys.exit(f"{build}/profile: no profiles: no test has run")
    subprocess.run(["llvm-profdata", "merge", "-sparse", *profiles, "-o", data], check=True)
    programs = glob.glob(os.path.join(build, "unit/*/*")) + glob.glob(os.path.join(build, "fuzz/*"))
    objects = [word for name in programs if os.access(name, os.X_OK) for word in ("-object", name)]
    command = ["llvm-cov", "export", "-format=lcov", f"-instr-profile={data}"]
    command += [os.path.join(build, "swupdate-tool"), *objects, os.path.join(SOURCE, "src")]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(lcov):
    files = []
    for row in lcov.splitlines():
        kind, _, value = row.partition(":")
        fields = value.split(",")
        if kind == "SF":
            files.append(File(os.path.relpath(value, SOURCE)))
        elif kind == "DA":
            files[-1].lines[int(fields[0])] = int(fields[1])
        elif kind == "BRDA":
            files[-1].branches += 1
            files[-1].branches_reached += fields[3] not in ("-", "0")
    return [file for file in files if file.name.startswith("src/") and file.name.endswith(".c")]


class Reason:
    """A reason, and the lines that it is of."""

    def __init__(self, text):
        self.text = text
        self.rules = []
        self.count = 0


def reasons():
    """reasons.txt: a reason in lines with #, then its rules: FILE-PATTERN FUNCTION-PATTERN REGEX."""
    found = []
    with open(os.path.join(HERE, "reasons.txt"), encoding="ascii") as file:
        text = []
        for line in file.read().splitlines():
            if line.startswith("#"):
                text.append(line[1:].strip())
            elif line.strip():
                if text:
                    found.append(Reason(" ".join(text)))
                    text = []
                path, function, regex = line.split(None, 2)
                found[-1].rules.append([path, function, re.compile(regex), 0, line])
            else:
                text = []
    return found


FUNCTION = re.compile(r"^\w[^;=]*?\b(\w+)\($|^\w[^;=]*?\b(\w+)\(")


def function_of(source, line):
    """The function that a line is in: the last one that begins at the left margin."""
    for number in range(line, 0, -1):
        match = FUNCTION.match(source[number - 1])
        if match:
            return match.group(1) or match.group(2)
    return "-"


def explain(name, source, block, known):
    """The first reason whose rule fits a line of the block, or the line before it."""
    function = function_of(source, block[0])
    for reason in known:
        for rule in reason.rules:
            path, wanted, regex = rule[:3]
            if not fnmatch.fnmatch(name, path) or not fnmatch.fnmatch(function, wanted):
                continue
            if any(regex.search(source[line - 1]) for line in [max(block[0] - 1, 1), *block]):
                rule[3] += len(block)
                reason.count += len(block)
                return reason
    return None


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def tell_missed(files, known):
    """Prints each line without a reason; how many."""
    count = 0
    for file in files:
        with open(os.path.join(SOURCE, file.name), encoding="utf-8") as handle:
            source = handle.read().splitlines()
        for block in file.missed():
            if explain(file.name, source, block, known) is None:
                count += len(block)
                print(f"no test, no reason: {file.name}:{block[0]}: {function_of(source, block[0])}")
                for line in [max(block[0] - 1, 1), *block]:
                    print(f"    {source[line - 1]}")
    for reason in known:
        for rule in reason.rules:
            # What a signal, a race or a deadline reaches is not the same in each run.
            if rule[3] == 0:
                print(f"no line is left for this reason: {rule[4]}")
    return count


def main(build):
    files = read(export(build))
    known = reasons()
    failed = tell_missed(files, known) > 0
    total = sum(len(file.lines) for file in files)
    reached = sum(1 for file in files for runs in file.lines.values() if runs > 0)
    for reason in known:
        print(f"{reason.count:5} lines: {reason.text}")
    words = [f"{percent(reached, total):.1f} % of {total:,} lines"]
    failed |= percent(reached, total) < LINES
    for group, patterns in GROUPS.items():
        chosen = [file for file in files if any(fnmatch.fnmatch(file.name, pattern) for pattern in patterns)]
        branches = sum(file.branches for file in chosen)
        share = percent(sum(file.branches_reached for file in chosen), branches)
        failed |= share < BRANCHES
        words.append(f"{share:.1f} % of {branches:,} branches of {group}")
    print(f"coverage: {', '.join(words)}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(os.path.abspath(sys.argv[1])))
