#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each allocation fails of the commands that answer and write nothing.

usage: answers.py [--full]

Whichever it is: the command answers as it does with memory, byte for byte and by the same exit status, or
says that it has none (exit status 5). It leaves no block and no descriptor behind, and no file. What one
could not hold is never a verdict, a difference less or a finding more. Without --full a selection is tried.
Tells its cases as TAP does; SWT_TOOL, SWT_BUILD and SWT_SOURCE are those of scripts/run-tests.
"""

import multiprocessing
import os
import sys
import tempfile

import figures
import memory
import place
import preload
from commands import TOKEN_KEY, Command
from files import tree
from judge import OUT_OF_MEMORY, Case
from place import SOURCE
from samples import Samples

SELECTION = 6
JUDGED = "--root root --time 2030-01-01"

COMMANDS = [
    Command("help", "--help"),
    Command("help of a command", "build --help"),
    Command("version", "--version"),
    Command("an unknown command", "bild"),
    Command("verify", f"verify b42.swb {JUDGED} --json"),
    Command("verify of an UpdateBundle", f"verify signed.pb {JUDGED}"),
    Command("verify of what is not signed", f"verify b.swb {JUDGED} --json"),
    Command("verify of a bundle without its root", "verify rootless.swb --root older.root --time 2030-01-01"),
    Command("verify of a payload that differs", f"verify changed.swb {JUDGED} --json"),
    Command("verify for a device", "verify b43.swb --device ../devices/device --time 2030-01-01"),
    Command("verify by itself", "verify b42.swb --self --time 2030-01-01 --json"),
    Command("verify against sources", f"verify b42.swb {JUDGED} --against release42.yaml --json"),
    Command("verify as a stock device", "verify p256.pb --root p256.root --profile pigweed --time 2030-01-01 --json"),
    Command("verify with RSA", "verify rsa.swb --root rsa.root --time 2030-01-01 --json"),
    Command("dump of a bundle", "dump b42.swb --json"),
    Command("dump of root metadata", "dump root"),
    Command("dump of a request", "dump request --json"),
    Command("dump of a device", "dump ../devices/device"),
    Command("check", "check product.yaml b42.swb signed.pb root next.root --json"),
    Command("check of a policy", "check b42.swb root --policy policy.yaml --format sarif"),
    Command("check of a log", "check log"),
    Command("diff", "diff b42.swb rotated.swb --json"),
    Command("diff -v", "diff b42.swb rotated.swb -v"),
    Command("diff --markdown", "diff b42.swb rotated.swb --markdown"),
    Command("diff of root metadata", "diff root next.root --json"),
    Command("build --dry-run", "build product.yaml --dry-run --json"),
    Command("fleet", "fleet --bundle b42.swb --bundle left.swb --device ../devices/device --time 2030-01-01 --json"),
    Command("key show", "key show key other new --json"),
    Command("key show of a token", f"key show {TOKEN_KEY} --pin-file pin"),
    Command("key list", f"key list {TOKEN_KEY.replace('object=key', '')} --pin-file pin --json"),
    Command("key check", "key check key"),
    Command("key check with a passphrase", "key check locked.pem --passphrase-file passphrase --json"),
    Command("key check of a token", f"key check {TOKEN_KEY} --pin-file pin"),
    Command("key check of no key", "key check notes.md"),
]


def prepare(samples):
    """What these commands look at besides."""
    folder = samples.template

    def write(name, text):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(os.path.join(folder, name), 0o600)

    def key(name, source):
        with open(os.path.join(SOURCE, "testdata/keys", source), encoding="ascii") as file:
            write(name, file.read())

    write("pin", "mock-pin-271828\n")
    write("passphrase", "test passphrase\n")
    write("policy.yaml", "schema: 1\nrules: [{rule: expiry, min: 30d, max: 2y}]\n")
    key("locked.pem", "root1-encrypted.pem")
    key("p256", "root1.pem")
    key("rsa", "rsa2048.pem")
    with open(os.path.join(folder, "release.yaml"), encoding="ascii") as file:
        write("release42.yaml", file.read().replace("metadata_version: 7", "metadata_version: 42"))
    for words in (
        "root create -o older.root --root-key other --targets-key key --sign-with other",
        "root rotate older.root -o newer.root --add-targets-key p256 --sign-with other",
        "build product.yaml -o rooted.swb --root newer.root --key key",
        "root create -o p256.root --root-key new --targets-key p256 --sign-with new --expires 2040-01-01",
        "build product.yaml -o p256.pb --root p256.root --key p256",
        "root create -o rsa.root --root-key other --targets-key rsa --sign-with other --expires 2040-01-01",
        "build product.yaml -o rsa.swb --root rsa.root --key rsa",
        "sign b.swb --key key -o logged.swb --audit-log log",
    ):
        samples.must(words)
    # Step 16 of the judgement: signed well, but the root that it was built with is cut out.
    samples.leave_out("rooted.swb", "root_metadata", "rootless.swb")
    with open(os.path.join(folder, "b42.swb"), "rb") as file:
        bundle = bytearray(file.read())
    bundle[bundle.rindex(b"data\n")] ^= 1
    with open(os.path.join(folder, "changed.swb"), "wb") as file:
        file.write(bundle)


def start(samples, command, environment=None, pass_fds=()):
    # A random number, as key check signs it, is in no answer.
    done = place.start([place.TOOL, *command.words.split()], samples.template, environment, pass_fds)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def fault_of(answer, expected):
    """None: as expected, or no memory."""
    status, output, error = answer
    if status == 5:
        last = [line for line in error.splitlines(keepends=True) if line.startswith(("swupdate-tool:", "{"))][-1:]
        told = last and (OUT_OF_MEMORY.fullmatch(last[0]) or '"code":"memory"' in last[0])
        return None if told else f"exit 5, and says '{error.strip()}'"
    if status != expected[0]:
        return f"exit {status}, which is {expected[0]} with memory: {error.strip()[-300:]}"
    return None if output == expected[1] else "another answer on standard output"


def sweep(samples, command, full, library):
    case = Case(
        f"{command.name}: an allocation{' of libcrypto' if library else ''} fails, or all from then on",
        command=command.name,
    )
    base = {"LIBRARY": 1} if library else {}
    expected = start(samples, command)
    good = memory.Report()
    good.run(lambda environment, fd: start(samples, command, environment, (fd,)), {"AT": 0, **base})
    limit = memory.LIBRARY_FULL if library else None
    chosen = command.chosen(good.allocations, full, SELECTION // (2 if library else 1), limit)
    case.calls = len(chosen)
    for at in chosen:
        for every in 0, 1:
            plan = {"AT": at, "FROM": every, **base}
            report = memory.Report()
            answer = report.run(lambda environment, fd: start(samples, command, environment, (fd,)), plan)
            case.runs += 1
            fault = fault_of(answer, expected)
            if fault is not None:
                case.faults.append(f"{preload.words(plan)}: {fault}")
            memory.note(case, good, report, answer[0], preload.words(plan))
    return case


class Jobs:
    """Cases by their numbers, each of which may be tried in another process."""

    def __init__(self, samples, full):
        self.samples = samples
        self.full = full
        self.rows = [(command, library) for command in COMMANDS for library in (False, True)]

    def __call__(self, number):
        command, library = self.rows[number]
        return sweep(self.samples, command, self.full, library)


jobs = None


def perform(number):
    return jobs(number)


def main(arguments):
    global jobs
    full = "--full" in arguments
    told = []
    with tempfile.TemporaryDirectory(prefix="swupdate-answers.") as work:
        samples = Samples(work)
        prepare(samples)
        before = tree(work)
        jobs = Jobs(samples, full)
        with multiprocessing.get_context("fork").Pool(len(os.sched_getaffinity(0)) if full else 1) as pool:
            for case in pool.imap(perform, range(len(jobs.rows))):
                case.tell()
                told.append(case)
        written = Case("nothing was written")
        written.runs = 1
        written.faults += sorted(name for name, content in tree(work).items() if before.get(name, 1) != content)
        written.tell()
    if full:
        figures.write("allocations-answers", told)
    return 1 if any(case.faults for case in [*told, written]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
