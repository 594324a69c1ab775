# SPDX-License-Identifier: Apache-2.0
"""Writes what build/differential/verdicts is asked, and what the second judge (judge.py) answers.

usage: verdicts.py FOLDER

FOLDER/asked: vectors, fixtures and mutated bundles as verdicts.c reads them. FOLDER/answers: a line for
each, of the verdict and 1 where something is accepted with a warning, else 0; it is written last.
"""
import hashlib
import os
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "differential"))

import cases
import differential

MUTATED = 100


def keep(folder, data):
    """The path of a file with these bytes, or "-" for None."""
    if data is None:
        return "-"
    path = os.path.join(folder, hashlib.sha256(data).hexdigest()[:32])
    with open(path, "wb") as file:
        file.write(data)
    return path


def every_case():
    vectors = list(differential.load_vectors())
    yield from vectors
    with tempfile.TemporaryDirectory() as folder:
        yield from differential.load_fixtures(folder)
    stored = [case for case in vectors if len(case.bundle) < 100000]
    for number in range(MUTATED):
        yield cases.make_case("1", number, stored)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    answers = []
    with open(os.path.join(folder, "asked"), "wb") as asked:
        for case in every_case():
            (step, warned), _ = differential.second_judgement(case)
            line = "\t".join((keep(folder, case.anchor), keep(folder, case.manifest),
                              differential.text_of(case.now), str(len(case.bundle))))
            asked.write(line.encode() + b"\n" + case.bundle)
            answers.append(f"{step} {int(warned)}\n")
    with open(os.path.join(folder, "answers"), "w", encoding="ascii") as file:
        file.writelines(answers)


if __name__ == "__main__":
    main()
