#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the table of attacks against the test cases that were run.

usage: tests/attacks/rows.py [--quiet] CASES  each row of attacks.md must have its cases in CASES, which
                                              scripts/run-tests --cases wrote: passed, not skipped
       tests/attacks/rows.py --tests          the scripts that the table names

The exit status is 1 when a row lacks a case, a script that it names has none for it, or a case failed.
"""

import os
import sys

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attacks.md")
COLUMNS = ["subject", "input", "answer", "evidence", "cases", "tests"]


def parts(text, separator):
    return [part.strip() for part in text.replace("`", "").split(separator) if part.strip()]


def rows():
    """(subject, names of cases, scripts) of each row."""
    with open(TABLE, encoding="utf-8") as file:
        cells = [line.strip()[1:-1].split("|") for line in file if line.startswith("|")]
    cells = [[cell.strip() for cell in row] for row in cells]
    if not cells or cells[0] != COLUMNS:
        sys.exit(f"{TABLE}: expected the columns {', '.join(COLUMNS)}")
    for row in cells[2:]:
        if len(row) != len(COLUMNS):
            sys.exit(f"{TABLE}: '{row[0]}': expected {len(COLUMNS)} columns, found {len(row)}")
        row = dict(zip(COLUMNS, row))
        tests = [f"tests/{name}.sh" for name in parts(row["tests"], ",")]
        yield row["subject"], parts(row["cases"] or row["subject"], ";"), tests


def run_cases(path):
    """(script, outcome, name) of each case."""
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t", 2) for line in file]


def faults(subject, names, tests, cases):
    """What a row lacks, and how many cases it has."""
    own = [(script, outcome, name) for script, outcome, name in cases if script in tests]
    found = [case for case in own if any(name in case[2] for name in names)]
    lacking = [f"'{name}' failed" for _, outcome, name in found if outcome == "failed"]
    passed = [case for case in found if case[1] == "passed"]
    for name in names:
        if not any(name in case[2] for case in passed):
            lacking.append(f"no case '{name}' passed in {', '.join(tests) or 'no script'}")
    for script in tests:
        if not any(case[0] == script for case in passed):
            lacking.append(f"{script} has no case of it")
    return lacking, len(passed)


def main(arguments):
    if arguments == ["--tests"]:
        print("\n".join(sorted({test for _, _, tests in rows() for test in tests})))
        return 0
    quiet = arguments[:1] == ["--quiet"]
    if len(arguments) != 1 + quiet:
        sys.exit("usage: tests/attacks/rows.py [--quiet] CASES | --tests")
    cases = run_cases(arguments[-1])
    count = total = without = 0
    for subject, names, tests in rows():
        lacking, passed = faults(subject, names, tests, cases)
        count += 1
        total += passed
        without += bool(lacking)
        for fault in lacking:
            print(f"attacks.md: '{subject}': {fault}")
    if not quiet or without:
        print(f"attacks: {count:,} rows, {total:,} cases, {without} rows without one")
    return 1 if without or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
