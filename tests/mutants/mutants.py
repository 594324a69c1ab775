#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Flips comparisons and drops checks of the judge and of signature counting, one at a time, and sees
whether a test fails each time.

usage: mutants.py --list | [--file NAME]... [--one NUMBER]... [--passes N] [--jobs N] BUILD

A mutant that no test kills must stand in equivalent.txt with the reason why nobody can see it. BUILD is a
build folder of its own; --passes 1 leaves out the tests that take long, which those with a reason are
spared in any case. The last line has the figures;
the exit status is 1 when a mutant lives that has no reason, or when a reason names no mutant.
"""

import argparse
import concurrent.futures
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
# Of a test without a mutant; with one it may take some times as long, and then it hangs.
SECONDS = 300
LAYERS = ("base", "io", "manifest", "targets", "metadata", "signature", "container", "pipeline", "cli")
LIBRARY = "libswt-mutant.so"
WHOLE = "libswt-whole.so"
PYTHON = "/usr/bin/python3"  # the one whose packages are there

# What judges a bundle, and what counts signatures.
SUBJECTS = (
    "src/signature/quorum.c",
    "src/signature/verify.c",
    "src/pipeline/verify.c",
    "src/pipeline/judge.c",
    "src/pipeline/judge_step.c",
    "src/pipeline/judge_root.c",
    "src/pipeline/judge_targets.c",
    "src/pipeline/judge_against.c",
    "src/pipeline/payload_walk.c",
    "src/pipeline/device_state.c",
)

# What may kill, in passes: what one leaves alive is for the next. Scripts are of the source folder, programs
# of the build folder. Those of a pass stand in an order to begin with; what kills most in its time comes to
# the front.
VERDICTS = "differential/verdicts"
PASSES = (
    (
        "unit/pipeline/test_judge_report",
        "unit/pipeline/test_judge_targets",
        "unit/pipeline/test_judge_options",
        "unit/signature/test_quorum",
        "unit/signature/test_verify",
        "unit/pipeline/test_payload_walk",
        VERDICTS,
        "fuzz/verify",
        "tests/cli/against.sh",
    ),
    (
        "unit/signature/test_memory",
        "unit/pipeline/test_judge_memory",
        "unit/pipeline/test_fixtures_mutation",
    ),
    (
        "tests/cli/vectors.sh",
        "tests/cli/verify.sh",
        "tests/cli/verify_device.sh",
        "tests/cli/attacks_metadata.sh",
        "tests/cli/attacks_device.sh",
        "tests/cli/attacks_update_bundle.sh",
        "tests/cli/attacks_tar.sh",
        "tests/cli/root.sh",
        "tests/cli/apply.sh",
        "tests/cli/extract.sh",
        "tests/cli/payloads.sh",
        "tests/cli/profile.sh",
        "tests/cli/progress.sh",
        "tests/cli/fleet.sh",
        "tests/cli/errors.sh",
    ),
)

# What few tests run, or what others see no more of than these.
AGAINST = ("tests/cli/against.sh", "unit/pipeline/test_judge_memory")
SIGNATURES = (*PASSES[0][:-1], "unit/signature/test_memory")
ONLY = {
    "src/pipeline/judge_against.c": AGAINST,
    "src/signature/quorum.c": (*SIGNATURES, "unit/pipeline/test_judge_memory"),  # which sees what is kept
    "src/signature/verify.c": SIGNATURES,
}

TOKEN = re.compile(
    r"""(?P<skip>/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|^[ ]*\#(?:\\\n|[^\n])*)
      |(?P<operator>->|<<=?|>>=?|[<>=!]=|&&|\|\||[-+*/%&|^]=|\+\+|--|[<>!])
      |(?P<word>\b(?:if|return\ true|return\ false|=\ true|=\ false)\b)
      |(?P<row>^\ \ \ \ \{"[a-z-]+",)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
FLIPS = {
    "==": ["!="],
    "!=": ["=="],
    "<": ["<=", ">="],
    "<=": ["<"],
    ">": [">=", "<="],
    ">=": [">"],
    "&&": ["||"],
    "||": ["&&"],
    "!": [""],
    "return true": ["return false"],
    "return false": ["return true"],
}


FUNCTION = re.compile(r"^\w[^;=]*?\b(\w+)\(", re.MULTILINE)


class Mutant:
    """One change of one file. Its name holds no line number, so that it outlives what changes elsewhere."""

    def __init__(self, number, path, text, change, names):
        start, end, replacement = change
        self.number = number
        self.path = path
        self.text = text[:start] + replacement + text[end:]
        self.line = text.count("\n", 0, start) + 1
        functions = FUNCTION.findall(text, 0, start)
        what = f"{path}: {functions[-1] if functions else '-'}: {shown(text, start, end)} => {replacement or 'nothing'}"
        names[what] = names.get(what, 0) + 1
        self.name = what if names[what] == 1 else f"{what} ({names[what]})"
        self.killer = None

    def __str__(self):
        return f"{self.number} (line {self.line}): {self.name}"


def shown(text, start, end):
    """The line of a change, the changed part in brackets; for people, and for equivalent.txt."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    line = f"{text[begin:start]}[{text[start:end]}]{text[end:stop]}"
    return " ".join(line.split())


def closing(text, start):
    """The place behind the bracket that closes the one at start."""
    depth = 0
    for match in re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[(){}]").finditer(text, start):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    raise ValueError("a bracket is not closed")


def changes(text):
    """Each change as (start, end, replacement)."""
    for match in TOKEN.finditer(text):
        start, end = match.span()
        if match.group("row"):
            stop = closing(text, text.index("{", start))
            yield start, stop + 1, ""
        elif match.group("word") == "if":
            start = text.index("(", end)
            yield start, closing(text, start), "(false)"
        elif not match.group("skip"):
            for replacement in FLIPS.get(match.group(), ()):
                yield start, end, replacement


def mutants():
    number = 0
    names = {}
    for path in SUBJECTS:
        with open(os.path.join(SOURCE, path), encoding="ascii") as file:
            text = file.read()
        for change in changes(text):
            number += 1
            yield Mutant(number, path, text, change, names)


def reaches(name, path):
    """Whether a test may see a change of a file: the unit tests of a layer know none above it."""
    if path in ONLY:
        return name in ONLY[path]
    return not name.startswith("unit/signature/")


class Killers:
    """The tests of one pass, ordered by kills for each second, those of each file by themselves."""

    def __init__(self, names):
        self.names = names
        self.lock = threading.Lock()
        self.figures = {}

    def ordered(self, path):
        with self.lock:
            names = [name for name in self.names if reaches(name, path)]
            return sorted(names, key=lambda name: self.rank(path, name))

    def rank(self, path, name):
        """From 0; where nothing is known the order is that of the list above."""
        kills, seconds = self.figures.get((path, name), (0, 0.0))
        return -(kills + 1) / (seconds + 1 + self.names.index(name))

    def tell(self, path, name, killed, seconds):
        with self.lock:
            kills, sum_of_seconds = self.figures.get((path, name), (0, 0.0))
            self.figures[path, name] = kills + killed, sum_of_seconds + seconds


class Build:
    """
    The program and its tests, which ask for all that is tested in LIBRARY. Of a mutant that holds one file
    alone, and finds the others in WHOLE: so a mutant costs the compilation of one file.
    """

    def __init__(self, folder, passes):
        self.folder = folder
        self.shared = os.path.join(folder, "shared")
        self.cases = os.path.join(folder, "cases")
        self.limits = {}  # in seconds, of each test
        self.make(*(f"{folder}/lib/lib{layer}.a" for layer in LAYERS))
        self.commands = {path: self.command(path) for path in SUBJECTS}
        self.link_whole()
        # Who asks for a layer's library is given the shared one.
        for layer in LAYERS:
            with open(os.path.join(folder, "lib", f"lib{layer}.a"), "w", encoding="ascii") as file:
                file.write(f"INPUT({self.shared}/{LIBRARY} {self.shared}/{WHOLE})\n")
        programs = [f"{folder}/{name}" for names in passes for name in names if not name.endswith(".sh")]
        self.make(f"{folder}/swupdate-tool", *programs, *(["check-needs"] if len(passes) == len(PASSES) else []))
        if not os.path.exists(f"{self.cases}/answers"):
            command = [PYTHON, "-B", os.path.join(HERE, "verdicts.py"), self.cases]
            subprocess.run(command, check=True, env=self.environment(self.shared))

    def make(self, *goals, flags=("-s",)):
        # What asks for nothing of the one file that LIBRARY holds at first must ask for LIBRARY, too.
        variables = [f"B={self.folder}", "CFLAGS=-O0 -g -fPIC", "LDFLAGS=-Wl,--no-as-needed"]
        command = ["make", *flags, f"-j{os.cpu_count()}", *variables, *goals]
        environment = self.environment(self.shared)
        return subprocess.run(
            command, cwd=SOURCE, env=environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def command(self, path):
        """The compiler's command line, but for the names of its two files."""
        said = self.make(f"{self.folder}/obj/{path[len('src/') : -len('.c')]}.o", flags=("-n", "-W", path, "V=1"))
        words = shlex.split(next(line for line in said.splitlines() if line.endswith(path)))
        # Nothing is said of what a mutant does not use, nor is it debugged.
        dropped = ("-MMD", "-MP", "-Werror", "-g")
        return [word for word in words[: words.index("-o")] if word not in (*dropped, "-c")] + [
            *("-w", "-iquote", os.path.dirname(path))
        ]

    def link_whole(self):
        objects = [
            os.path.join(parent, name)
            for parent, _, names in os.walk(os.path.join(self.folder, "obj"))
            for name in names
            if name.endswith(".o") and name != "main.o" and os.path.basename(parent) != "scripts"
        ]
        packages = ["pkg-config", "--libs", "libcrypto", "yaml-0.1", "libprotobuf-c", "jansson", "p11-kit-1"]
        libraries = subprocess.run(packages, check=True, capture_output=True, text=True).stdout.split()
        os.makedirs(self.shared, exist_ok=True)
        whole = os.path.join(self.shared, WHOLE)
        if not (
            quiet(["cc", "-shared", f"-Wl,-soname,{WHOLE}", "-o", whole, *objects, *libraries, "-ldl"])
            and self.compile(SUBJECTS[0], SUBJECTS[0], self.shared)
        ):
            sys.exit("the sources do not build")

    def compile(self, path, source, folder):
        """Makes the library that holds source in the place of path."""
        return quiet(
            [
                *(*self.commands[path], "-shared", f"-Wl,-soname,{LIBRARY},--no-as-needed"),
                *("-o", os.path.join(folder, LIBRARY), source, os.path.join(self.shared, WHOLE)),
            ]
        )

    def environment(self, libraries):
        return dict(
            os.environ,
            LD_LIBRARY_PATH=f"{libraries}:{self.shared}",
            SWT_TOOL=f"{self.folder}/swupdate-tool",
            SWT_BUILD=self.folder,
            SWT_SOURCE=SOURCE,
            SWT_SANITIZE="",
            CMOCKA_MESSAGE_OUTPUT="TAP",
            MALLOC_PERTURB_="165",  # what was not set, or was freed, is no zero
            T_SECONDS="20",
        )


def quiet(command):
    """Whether it ends well."""
    done = subprocess.run(command, cwd=SOURCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


class Bench:
    """Where one job makes and tests its mutants, one after the other."""

    def __init__(self, build, number):
        self.build = build
        self.folder = os.path.join(build.folder, "mutants", str(number))
        os.makedirs(self.folder, exist_ok=True)
        self.environment = build.environment(self.folder)

    def put(self, mutant):
        """Whether the library with the mutant in it could be made."""
        source = os.path.join(self.folder, os.path.basename(mutant.path))
        with open(source, "w", encoding="ascii") as file:
            file.write(mutant.text)
        return self.build.compile(mutant.path, source, self.folder)

    def fails(self, name):
        """Whether a test fails; it is ended at its first fault."""
        if name == VERDICTS:
            return self.verdicts_differ()
        command = ["bash", name] if name.endswith(".sh") else [os.path.join(self.build.folder, name)]
        with self.start(command, subprocess.DEVNULL) as process:
            timer = threading.Timer(self.build.limits.get(name, SECONDS), end, (process,))
            timer.start()
            try:
                fault = any(line.startswith(b"not ok") for line in process.stdout)
                if fault:
                    end(process)
                return process.wait() != 0 or fault
            finally:
                timer.cancel()

    def start(self, command, given):
        return subprocess.Popen(
            command,
            cwd=SOURCE,
            env=self.environment,
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def verdicts_differ(self):
        """Whether the program says of a bundle anything but the second judge does (verdicts.py)."""
        command = [os.path.join(self.build.folder, VERDICTS)]
        with open(f"{self.build.cases}/asked", "rb") as asked, open(f"{self.build.cases}/answers", "rb") as answers:
            with self.start(command, asked) as process:
                timer = threading.Timer(self.build.limits.get(VERDICTS, SECONDS), end, (process,))
                timer.start()
                try:
                    for answer in answers:
                        said = process.stdout.readline().split()
                        warned = said[:1] == [b"accept"] and said[1] != b"0"
                        if answer.split() != [*said[:1], b"1" if warned else b"0"]:
                            end(process)
                            return True
                    return process.wait() != 0
                finally:
                    timer.cancel()

    def judge(self, mutant, killers):
        """Sets mutant.killer: a test, "the compiler" or None."""
        if not self.put(mutant):
            mutant.killer = "the compiler"
            return
        for name in killers.ordered(mutant.path):
            start = time.monotonic()
            killed = self.fails(name)
            killers.tell(mutant.path, name, killed, time.monotonic() - start)
            if killed:
                mutant.killer = name
                return


def end(process):
    """With all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def equivalent():
    """The mutants of equivalent.txt. There, the reason stands in lines with # before the mutants it is of."""
    with open(os.path.join(HERE, "equivalent.txt"), encoding="ascii") as file:
        return {line.strip() for line in file if line.startswith("src/")}


def tell_stale(names):
    """1 when there are any."""
    for name in names:
        print(f"equivalent.txt: no living mutant: {name}")
    return 1 if names else 0


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--file", action="append")
    parser.add_argument("--one", action="append", type=int)
    parser.add_argument("--passes", type=int, default=len(PASSES))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("build", nargs="?")
    options = parser.parse_args()
    if not options.list and options.build is None:
        parser.error("BUILD is missing")
    return options


def run(chosen, options):
    build = Build(os.path.abspath(options.build), PASSES[: options.passes])
    benches = [Bench(build, i) for i in range(options.jobs)]
    passes = [Killers(names) for names in PASSES[: options.passes]]
    whole = Bench(build, "whole")
    if not build.compile(SUBJECTS[0], SUBJECTS[0], whole.folder):
        sys.exit("the sources do not build")
    for killers in passes:
        for name in killers.names:
            start = time.monotonic()
            if whole.fails(name):
                sys.exit(f"{name} fails without a mutant")
            seconds = time.monotonic() - start
            build.limits[name] = 20 + 5 * seconds
            print(f"{name}: {seconds:.1f} s", flush=True)
    excused = equivalent()
    for killers in passes:
        run_pass([mutant for mutant in chosen if mutant.killer is None], killers, benches)
        # The quick tests make sure of the reasons; the others cost minutes for each.
        chosen = [mutant for mutant in chosen if mutant.name not in excused]


def run_pass(chosen, killers, benches):
    free = list(benches)

    def one(mutant):
        bench = free.pop()
        try:
            bench.judge(mutant, killers)
        finally:
            free.append(bench)
        return mutant

    with concurrent.futures.ThreadPoolExecutor(len(benches)) as pool:
        for done in concurrent.futures.as_completed([pool.submit(one, mutant) for mutant in chosen]):
            mutant = done.result()
            print(f"{mutant}: {'killed by ' + mutant.killer if mutant.killer else 'LIVES'}", flush=True)


def main():
    # In the background of a script it is ignored, and would be by the programs that are tested.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: None)
    options = arguments()
    every = list(mutants())
    excused = equivalent()
    if options.list:
        print(*every, sep="\n")
        return tell_stale(sorted(excused - {mutant.name for mutant in every}))
    chosen = [
        mutant
        for mutant in every
        if (not options.file or mutant.path in options.file) and (not options.one or mutant.number in options.one)
    ]
    run(chosen, options)
    compiled = [mutant for mutant in chosen if mutant.killer != "the compiler"]
    lives = [mutant for mutant in compiled if mutant.killer is None]
    unexcused = [mutant for mutant in lives if mutant.name not in excused]
    known = {mutant.name: mutant for mutant in every}
    # A reason that names no mutant, or one that a test kills, is none.
    stale = [name for name in sorted(excused) if name not in known or known[name].killer not in (None, "the compiler")]
    for mutant in unexcused:
        print(f"lives: {mutant}")
    tell_stale(stale)
    print(
        f"mutants: {len(compiled)} tried, {len(compiled) - len(lives)} killed, "
        f"{len(lives) - len(unexcused)} equivalent, {len(unexcused)} alive"
    )
    return 1 if unexcused or stale else 0


if __name__ == "__main__":
    sys.exit(main())
