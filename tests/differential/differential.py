# SPDX-License-Identifier: Apache-2.0
"""Holds the program's judgement against judge.py's: of the vectors, the fixtures and mutated bundles.

Equal must be: whether a bundle is accepted, whether with a warning, and else the step that failed.
The verdicts are taken in one process (verdicts.c); of a sample the program itself is asked as well.

    differential.py --cases N [--seed S] [--jobs N]
    differential.py --case N [--seed S]     one case: its bundle is written, and both verdicts
"""
import argparse
import collections
import datetime
import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile

import cases
import judge
from making import Node

SOURCE = os.environ.get("SWT_SOURCE", ".")
BUILD = os.environ.get("SWT_BUILD", os.path.join(SOURCE, "build"))
TOOL = os.environ.get("SWT_TOOL", os.path.join(BUILD, "swupdate-tool"))
VECTORS = os.path.join(SOURCE, "testdata", "vectors")
SAMPLE = 250  # every so many cases, the program itself is asked
SHOWN = 40  # disagreements


def read_file(*parts):
    if parts[-1] is None:
        return None
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


def seconds_of(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def text_of(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- what is stored -------------------------------------------------------------------------------

def load_vectors():
    index = json.loads(read_file(VECTORS, "vectors.json"))
    for row in index["cases"]:
        trusted = index["trusted"].get(row["trusted"], {"root": None, "manifest": None})
        bundle = read_file(VECTORS, row["file"])
        if "payload" in row:  # testdata/vectors/README.md
            name, length = row["payload"]["name"].encode(), row["payload"]["length"]
            content = bytearray(hashlib.shake_128(name).digest(length))
            if "flip" in row["payload"]:
                content[row["payload"]["flip"]] ^= 1
            bundle += Node(4, [Node(1, name), Node(2, bytes(content))]).encode()
        yield cases.Case(row["id"], bundle, read_file(VECTORS, trusted["root"]),
                         read_file(VECTORS, trusted["manifest"]), seconds_of("2026-11-23T00:00:00Z"))


def load_fixtures(folder):
    path = os.path.join(folder, "fixtures")
    subprocess.run([TOOL, "fixtures", "-o", path], check=True, stdout=subprocess.DEVNULL)
    for row in json.loads(read_file(path, "fixtures.json"))["fixtures"]:
        yield cases.Case(row["file"], read_file(path, row["file"]), read_file(path, row["anchor"]),
                         read_file(path, row["device_manifest"]), seconds_of(row["time"]))


# ---- the program ----------------------------------------------------------------------------------

class Program:
    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen([os.path.join(BUILD, "differential", "verdicts")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def write(self, name, data):
        """The path of a file with these bytes, or None for None."""
        if data is None:
            return None
        path = os.path.join(self.folder, f"{os.getpid()}.{name}")
        with open(path, "wb") as file:
            file.write(data)
        return path

    def send(self, case, number):
        """Asks; number tells those apart that are not answered yet."""
        anchor, manifest = (self.write(f"{number}.{name}", data) or "-"
                            for name, data in (("root", case.anchor), ("manifest", case.manifest)))
        line = "\t".join((anchor, manifest, text_of(case.now), str(len(case.bundle))))
        self.process.stdin.write(line.encode() + b"\n" + case.bundle)
        self.process.stdin.flush()

    def answer(self):
        """Of the next one: accept, error or a step, and whether there were warnings."""
        words = self.process.stdout.readline().decode().split()
        if not words:
            raise RuntimeError("verdicts has ended")
        return words[0], words[0] == "accept" and words[1] != "0"

    def ask(self, case):
        self.send(case, 0)
        return self.answer()

    def start(self, case):
        """The same, of the program as people start it."""
        anchor, manifest = self.write("root", case.anchor), self.write("manifest", case.manifest)
        command = [TOOL, "verify", self.write("bundle", case.bundle), "--json", "--time",
                   text_of(case.now)]
        command += ["--self"] if anchor is None else ["--root", anchor]
        command += [] if manifest is None else ["--device-manifest", manifest]
        run = subprocess.run(command, capture_output=True)
        if run.returncode > 1:
            return "error", False
        report = json.loads(run.stdout)
        accepted = report["verdict"] == "accept"
        if run.returncode != (0 if accepted else 1):
            raise RuntimeError(f"{case.name}: exit status {run.returncode}")
        return report.get("failed_step", "accept"), accepted and report["warnings"] > 0


# ---- comparing ------------------------------------------------------------------------------------

def second_judgement(case):
    try:
        verdict = judge.judge(case.bundle, case.anchor, case.manifest, case.now)
    except Exception as fault:  # a fault of the judge, told with its case
        verdict = judge.Verdict("fault", [], repr(fault))
    return (verdict.step or "accept", verdict.step is None and bool(verdict.warnings)), verdict


class Tally:
    def __init__(self):
        self.steps, self.disagreements = collections.Counter(), []

    def compare(self, judged, program):
        """Pairs of a name and a case: the program judges while the second judge does."""
        theirs = []
        for i, (_, case) in enumerate(judged):
            program.send(case, i)
            theirs.append(second_judgement(case))
        for (name, case), (their, verdict) in zip(judged, theirs):
            ours = program.answer()
            self.steps[ours[0]] += 1
            if ours != their:
                said = ours[0] + (", with warnings" if ours[1] else "")
                self.disagreements.append(f"{name}: the program says {said}; the second judge {verdict}")
            if name.startswith("sample"):
                started = program.start(case)
                if started != ours:
                    self.disagreements.append(f"{name}: verify says {started}, the process {ours}")

    def add(self, other):
        self.steps.update(other.steps)
        self.disagreements += other.disagreements


def start_worker(folder, seed, stored):
    global WORKER  # of each process of the pool, its own
    WORKER = Program(folder), seed, stored


def work(numbers):
    program, seed, stored = WORKER
    tally, judged = Tally(), []
    for number in numbers:
        try:
            case = cases.make_case(seed, number, stored)
        except Exception as fault:  # told, as nothing was compared; the others go on
            tally.disagreements.append(f"{number}: the case could not be made: {fault!r}")
            continue
        judged.append((f"{'sample ' if number % SAMPLE == 0 else ''}{number} ({case.name})", case))
    tally.compare(judged, program)
    return tally


def compare_mutated(options, folder, stored):
    tally = Tally()
    chunks = [range(i, min(i + 100, options.cases)) for i in range(0, options.cases, 100)]
    with multiprocessing.Pool(options.jobs, start_worker, (folder, options.seed, stored)) as pool:
        for found in pool.imap(work, chunks):
            tally.add(found)
    return tally


def show_case(options, program, stored):
    case = cases.make_case(options.seed, options.case, stored)
    for name, data in ("bundle", case.bundle), ("root", case.anchor), ("manifest", case.manifest):
        if data is not None:
            path = f"case-{options.case}.{name}"
            with open(path, "wb") as file:
                file.write(data)
            print(path)
    print(f"mutations:    {case.name}")
    print(f"time:         {text_of(case.now)}")
    print(f"program:      {program.ask(case)}, started {program.start(case)}")
    print(f"second judge: {second_judgement(case)[1]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--case", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="swupdate-differential.") as folder:
        vectors, fixtures = list(load_vectors()), list(load_fixtures(folder))
        # Fixtures have fresh keys each time, and so are no seeds of cases that must be the same.
        stored = [case for case in vectors if len(case.bundle) < 100000]
        program = Program(folder)
        if options.case is not None:
            show_case(options, program, stored)
            return 0
        tally = Tally()
        tally.compare([(case.name, case) for case in vectors + fixtures], program)
        mutated = compare_mutated(options, folder, stored)
    for step, count in mutated.steps.most_common():
        print(f"{count:8,} {step}")
    tally.add(mutated)
    for text in tally.disagreements[:SHOWN]:
        print(text)
    accepted = mutated.steps["accept"]
    refused = sum(mutated.steps.values()) - accepted
    print(f"differential (seed {options.seed}): {len(vectors)} vectors, {len(fixtures)} fixtures, "
          f"{options.cases:,} mutated bundles ({accepted:,} accepted by both, {refused:,} refused by "
          f"both): {len(tally.disagreements)} disagreements")
    return 1 if tally.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
