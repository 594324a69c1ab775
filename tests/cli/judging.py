# SPDX-License-Identifier: Apache-2.0
"""Runs the program on forged files and tells the cases as TAP. A case is a block:

    with case("targets rollback: pb"):
        rejected(bundle.pb(), "targets-version", device=manifest)

A check that fails raises; the case is then "not ok", and the next one goes on.
"""

import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import traceback

import forge

TOOL = os.environ["T_TOOL"]
SANITIZED = bool(os.environ.get("SWT_SANITIZE"))
SECONDS = 60

# The anchor that a case means unless it says otherwise: version 1, root1 and targets1.
ANCHOR = forge.signed(forge.root_metadata(), forge.ROOT1)

failures = 0


class Fault(Exception):
    """What a check found."""


@contextlib.contextmanager
def case(name):
    global failures
    try:
        yield
    except Exception as fault:
        failures += 1
        print(f"not ok - {name}")
        text = str(fault) if isinstance(fault, Fault) else traceback.format_exc()
        print("\n".join("# " + line for line in text.splitlines()), flush=True)
    else:
        print(f"ok - {name}", flush=True)


def finish():
    sys.exit(1 if failures else 0)


def check(condition, text):
    if not condition:
        raise Fault(text)


# ---- running -----------------------------------------------------------------------------------


class Run:
    """One run of the program: status, out, err; and files, what the folder held afterwards."""

    def __init__(self, arguments, folder, stdin=None, before=None):
        self.arguments = arguments
        done = subprocess.run(
            [TOOL, *arguments],
            cwd=folder,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=SECONDS,
            preexec_fn=before,
            check=False,
        )
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.files = tree(folder)

    def fail(self, text):
        raise Fault(
            f"{text}: {' '.join(self.arguments)}\nexit {self.status}\n"
            f"stdout: {self.out[-1500:].decode('utf-8', 'backslashreplace')}\n"
            f"stderr: {self.err[-1500:].decode('utf-8', 'backslashreplace')}"
        )

    def check(self, condition, text):
        if not condition:
            self.fail(text)

    def exits(self, status):
        self.check(self.status == status, f"expected exit {status}")
        return self

    def is_one_error(self, status, text=""):
        """One line, and at most a hint; nothing on stdout."""
        self.exits(status)
        lines = self.err.decode().splitlines()
        self.check(self.out == b"", "expected nothing on stdout")
        self.check(
            1 <= len(lines) <= 2
            and lines[0].startswith("swupdate-tool: ")
            and all(line.startswith("hint: ") for line in lines[1:]),
            "expected one line of error",
        )
        self.check(text in self.err.decode(), f"stderr lacks '{text}'")
        return self

    def has_nothing_to_hide(self):
        """Whatever the file holds, no control character reaches the terminal."""
        for stream in (self.out, self.err):
            text = stream.decode("utf-8")
            for character in text:
                code = ord(character)
                self.check(
                    character == "\n" or not (code < 32 or 127 <= code < 160 or code in BIDI),
                    f"the character U+{code:04X} was printed",
                )
        return self


BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def tree(folder):
    return sorted(
        os.path.relpath(os.path.join(at, name), folder)
        for at, folders, files in os.walk(folder)
        for name in folders + files
    )


@contextlib.contextmanager
def files(**contents):
    """A folder with these files; NAME_EXT is the file NAME.EXT; None is left out."""
    folder = tempfile.mkdtemp(dir=".")
    try:
        for name, content in contents.items():
            if content is not None:
                with open(os.path.join(folder, name.replace("_", ".")), "wb") as file:
                    file.write(content)
        yield folder
    finally:
        shutil.rmtree(folder)


# ---- verdicts ----------------------------------------------------------------------------------


def judge(folder, name, *options):
    """verify --json: the Run, its document in it."""
    run = Run(["verify", name, "--json", *options], folder)
    run.check(run.status in (0, 1), "expected a verdict")
    run.check(run.err == b"", "expected nothing on stderr")
    run.document = json.loads(run.out)
    document = run.document
    steps = document["steps"]
    verdicts = [step["verdict"] for step in steps]
    if run.status == 0:
        run.check(document["verdict"] == "accept", "verdict and exit status differ")
        run.check("failed_step" not in document, "an accepted file has a failed step")
        run.check("fail" not in verdicts, "an accepted file has a failed step")
    else:
        run.check(document["verdict"] == "reject", "verdict and exit status differ")
        run.check(not document["authenticated"], "a rejected file is authenticated")
        run.check(verdicts.count("fail") == 1 and verdicts[-1] == "fail", "expected one failure, at the end")
        run.check(document["failed_step"] == steps[-1]["step"], "failed_step is not the step that failed")
        run.check(steps[-1].get("expected") and steps[-1].get("found"), "nothing expected or found")
    return run


def anchor_options(device, options):
    out = ["--root", "anchor", *options]
    return out if device is None else [*out, "--device-manifest", "device"]


def rejected(bundle, step, *options, anchor=ANCHOR, device=None, says=""):
    """verify rejects at that step; extract does, and writes nothing; dump, convert and sign answer
    3, or go on, but what convert made is rejected as well."""
    with files(bundle=bundle, anchor=anchor, device=device) as folder:
        before = tree(folder)
        judgement = anchor_options(device, options)
        run = judge(folder, "bundle", *judgement)
        run.check(run.status == 1, "expected a rejection")
        found = run.document["failed_step"]
        run.check(found == step, f"rejected at {found}, expected {step}")
        last = run.document["steps"][-1]
        run.check(
            says in last["found"] + last.get("note", "") + last["expected"], f"the step lacks '{says}'"
        )
        run.check(run.files == before, f"verify wrote {run.files}")

        text = Run(["extract", "bundle", "-C", "out", *judgement], folder).exits(1)
        text.check(text.err == b"", "expected nothing on stderr")
        text.check(text.files == before, f"extract wrote {text.files}")
        lines = text.out.decode().splitlines()
        text.check(lines[-1] == f"reject: bundle fails at {step}", "no verdict in the last line")
        text.check(sum(line.startswith("fail ") for line in lines) == 1, "expected one failed step")
        text.has_nothing_to_hide()

        others_answer(folder, judgement)


def others_answer(folder, judgement):
    before = tree(folder)
    dump = Run(["dump", "bundle"], folder).has_nothing_to_hide()
    if dump.status != 0:
        dump.is_one_error(3)
    dump.check(dump.files == before, f"dump wrote {dump.files}")

    sign = Run(["sign", "bundle", "-o", "signed", "--key", private_key()], folder)
    sign.has_nothing_to_hide()
    if sign.status != 0:
        # A key that the bundle's own root does not list is no fault of its encoding: 4.
        sign.is_one_error(4 if sign.status == 4 else 3)
        sign.check(sign.files == before, f"sign wrote {sign.files}")

    before = tree(folder)
    convert = Run(["convert", "bundle", "-o", "converted"], folder).has_nothing_to_hide()
    if convert.status != 0:
        convert.is_one_error(3)
        convert.check(convert.files == before, f"convert wrote {convert.files}")
    else:
        run = judge(folder, "converted", *judgement)
        run.check(run.status == 1, "convert made a good bundle of a bad one")


def private_key():
    """targets1 in a file that only its owner can read, as the program wants keys to be."""
    path = os.path.abspath("private.pem")
    if not os.path.exists(path):
        shutil.copy(forge.TARGETS1.pem, path)
        os.chmod(path, 0o600)
    return path


def accepted(bundle, *options, anchor=ANCHOR, device=None, warns=None, notes=None):
    """verify accepts; warns and notes: STEP: TEXT that the step's note has, as a warning or not.
    Without warns there is no warning, and --strict accepts too; with it --strict rejects there."""
    with files(bundle=bundle, anchor=anchor, device=device) as folder:
        judgement = anchor_options(device, options)
        run = judge(folder, "bundle", *judgement)
        run.check(run.status == 0, "expected acceptance")
        run.check(run.document["authenticated"], "an accepted bundle is not authenticated")
        warned = [step["step"] for step in run.document["steps"] if step["verdict"] == "warn"]
        run.check(warned == list(warns or {}), f"warnings at {warned}")
        for name, text in {**(warns or {}), **(notes or {})}.items():
            note = next(s.get("note", "") for s in run.document["steps"] if s["step"] == name)
            run.check(text in note, f"the note of {name} lacks '{text}'")
        run.check(run.document["warnings"] == len(warned), "the count of warnings is wrong")

        strict = judge(folder, "bundle", "--strict", *judgement)
        if warns:
            strict.check(strict.status == 1, "--strict accepts a warning")
            strict.check(strict.document["failed_step"] == warned[0], "--strict fails elsewhere")
        else:
            strict.check(strict.status == 0, "--strict rejects without a warning")
        return run.document


KINDS = ("tar", "pb")


def both(name, bundle, verdict, *arguments, **options):
    """The case in both containers: verdict is accepted or rejected, with what they take."""
    for kind in KINDS:
        with case(f"{name}: {kind}"):
            verdict(getattr(bundle, kind)(), *arguments, **options)


def limited(arguments, folder, seconds, mebibytes):
    """A run that is killed beyond these seconds of processor time and gets no more memory than
    that. Sanitizers need more of both: of memory without a limit."""

    def limit():
        allowed = seconds * 10 if SANITIZED else seconds
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed))
        if not SANITIZED:
            resource.setrlimit(resource.RLIMIT_AS, (mebibytes << 20, mebibytes << 20))

    return Run(arguments, folder, before=limit)
