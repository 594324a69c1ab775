#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which lines of each parser the inputs in testdata/corpus reach.

usage: coverage.py FOLDER [--lines]

FOLDER is a build with clang's coverage. parsers.txt says which files read what; uncovered.txt why a
line is reached by no input. Fails where a parser has less than 95 % of its lines covered, where a line
that is not has no reason, and where a reason is about a line that does not exist.
"""

import collections
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
REQUIRED = 95.0


def read_parsers():
    """[(name, targets, files)]"""
    parsers = []
    for line in (HERE / "parsers.txt").read_text().splitlines():
        if line.startswith("    "):
            parsers[-1][2].extend(line.split())
        elif line and not line.startswith("#"):
            name, targets = line.split("|")
            parsers.append((name.strip(), targets.split(), []))
    return parsers


def run_targets(folder, names):
    """Runs each target on its corpus; returns the merged profile of each."""
    profiles = {}
    for name in names:
        raw = folder / "profiles" / f"{name}.profraw"
        merged = raw.with_suffix(".profdata")
        raw.parent.mkdir(exist_ok=True)
        environment = dict(os.environ, LLVM_PROFILE_FILE=str(raw), SWT_SOURCE=str(SOURCE))
        result = subprocess.run([folder / "fuzz" / name], env=environment, capture_output=True)
        if result.returncode != 0:
            sys.exit(f"fuzz-coverage: {name} failed: {result.stdout[-500:].decode(errors='replace')}")
        subprocess.run(["llvm-profdata", "merge", "-sparse", raw, "-o", merged], check=True)
        raw.unlink()
        profiles[name] = merged
    return profiles


Function = collections.namedtuple("Function", "name first")


def read_lcov(folder, profile, target, files):
    """{file: ({line: count}, [Function])} of one target; a file that is not linked in is left out."""
    found = {}
    text = subprocess.run(
        ["llvm-cov", "export", "--format=lcov", f"--instr-profile={profile}", folder / "fuzz" / target,
         *files], check=True, capture_output=True, cwd=SOURCE, text=True).stdout
    counts = functions = None
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            counts, functions = {}, []
            found[os.path.relpath(os.path.join(SOURCE, value), SOURCE)] = counts, functions
        elif key == "FN":
            first, name = value.split(",", 1)
            functions.append(Function(name.rpartition(":")[2], int(first)))
        elif key == "DA":
            number, count = value.split(",")[:2]
            counts[int(number)] = int(count)
    return found


def cover(folder, profiles, targets, files):
    """The same of a parser: a line counts when any of its targets reaches it."""
    merged = {}
    for target in targets:
        for file, (counts, functions) in read_lcov(folder, profiles[target], target, files).items():
            sums, _ = merged.setdefault(file, (collections.Counter(), functions))
            for number, count in counts.items():
                sums[number] += count
    return merged


class Reasons:
    """uncovered.txt: FILE | FUNCTION | TEXT | REASON; '*' for any file or function.

    A TEXT of "-" leaves the whole function out of the count: it reads nothing of this input.
    Else a reason is about each range of lines without a gap, in that function, of which one holds TEXT; with
    "= TEXT" about ranges that are just that line.
    """

    @staticmethod
    def is_about(text, lines):
        if text.startswith("= "):
            return [line.strip() for line in lines] == [text[2:]]
        return any(text in line for line in lines)

    def __init__(self):
        self.rows = []
        for line in (HERE / "uncovered.txt").read_text().splitlines():
            if line and not line.startswith("#"):
                self.rows.append([part.strip() for part in line.split(" | ")])
                if len(self.rows[-1]) != 4:
                    sys.exit(f"uncovered.txt: not FILE | FUNCTION | TEXT | REASON: {line}")
        self.existing = set()

    def note_lines(self, file, function, texts):
        """What exists; what of it is covered need not have a reason."""
        for i, (wanted_file, wanted_function, text, _) in enumerate(self.rows):
            if wanted_file in ("*", file) and wanted_function in ("*", function):
                if text == "-" or any(self.is_about(text, [line]) for line in texts):
                    self.existing.add(i)

    def find(self, file, function, texts):
        for wanted_file, wanted_function, text, reason in self.rows:
            if wanted_file in ("*", file) and wanted_function in ("*", function):
                if self.is_about(text, texts):
                    return reason
        return None

    def leaves_out(self, file, function):
        return any(row[:3] == [file, function, "-"] for row in self.rows)

    @staticmethod
    def is_impossible(reason):
        return reason is not None and reason.startswith("no input")

    def stale(self):
        return [" | ".join(row) for i, row in enumerate(self.rows) if i not in self.existing]


def function_at(functions, number):
    name = ""
    for function in sorted(functions, key=lambda f: f.first):
        if function.first <= number:
            name = function.name
    return name


def ranges(counts, functions):
    """[(function, [line, …])] of what is not covered; lines that hold no code part nothing."""
    found = []
    before_covered = True
    for number in sorted(counts):
        if counts[number] > 0:
            before_covered = True
            continue
        function = function_at(functions, number)
        if before_covered or found[-1][0] != function:
            found.append((function, []))
        found[-1][1].append(number)
        before_covered = False
    return found


def judge_file(file, counts, functions, reasons, show):
    """Prints the ranges without a reason (all with show); returns how many these are, and how many lines
    no input can reach."""
    lines = [""] + (SOURCE / file).read_text().splitlines()
    starts = sorted({f.first for f in functions}) + [len(lines)]
    for first, end in zip(starts, starts[1:]):
        reasons.note_lines(file, function_at(functions, first), lines[first:end])
    missing = impossible = 0
    for function, numbers in ranges(counts, functions):
        reason = reasons.find(file, function, [lines[n] for n in numbers])
        if reason is None or show:
            print(f"{file}:{numbers[0]}-{numbers[-1]}: {function}: {lines[numbers[0]].strip()}"
                  f": {reason or 'no reason'}")
        missing += reason is None
        impossible += len(numbers) if reasons.is_impossible(reason) else 0
    return missing, impossible


def main():
    show = "--lines" in sys.argv
    folder = pathlib.Path(sys.argv[1]).resolve()
    parsers = read_parsers()
    profiles = run_targets(folder, sorted({t for _, targets, _ in parsers for t in targets}))
    reasons = Reasons()
    table, missing, low = [], 0, 0
    for name, targets, files in parsers:
        covered = lines = 0
        merged = cover(folder, profiles, targets, files)
        for file in files:
            if file not in merged:
                print(f"{file}: linked into no target of '{name}'")
                missing += 1
                continue
            counts, functions = merged[file]
            # Lines of no function are those of macros.
            counts = {number: count for number, count in counts.items()
                      if function_at(functions, number)
                      and not reasons.leaves_out(file, function_at(functions, number))}
            covered += sum(count > 0 for count in counts.values())
            without, impossible = judge_file(file, counts, functions, reasons, show)
            lines += len(counts) - impossible
            missing += without
        percent = 100 * covered / lines
        low += percent < REQUIRED
        table.append(f"{name:28}{covered:6} / {lines:<6}{percent:6.1f} %"
                     + (f"  under {REQUIRED:.0f} %" if percent < REQUIRED else ""))
    print(*table, sep="\n")
    stale = reasons.stale()
    for row in stale:
        print(f"uncovered.txt: no such line: {row}")
    print(f"fuzz-coverage: {len(parsers)} parsers, {low} under {REQUIRED:.0f} %, "
          f"{missing} ranges without a reason, {len(stale)} reasons without a line")
    sys.exit(1 if low or missing or stale else 0)


if __name__ == "__main__":
    main()
