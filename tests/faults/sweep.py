#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes each system call, or each allocation, of a command fail in turn, and looks at what is left.

usage: sweep.py calls|allocations [--full]

Whatever fails: the exit status is 5 (3 or 4 where it was a key that could not be read) and one line says why, or the
command did its work all the same; the files are those from before or the new ones, whole, and nothing
lies beside them. Signals: 130 or 143, and the same of the files; after SIGKILL too.

Without --full it tries a selection of each kind, spread evenly (of libcrypto's allocations always). Tells its cases as TAP does. SWT_TOOL,
SWT_BUILD, SWT_SOURCE and SWT_SANITIZE are those of scripts/run-tests.
"""

import errno
import io
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile

TOOL = os.environ["SWT_TOOL"]
BUILD = os.environ["SWT_BUILD"]
SOURCE = os.environ["SWT_SOURCE"]
SANITIZED = bool(os.environ.get("SWT_SANITIZE"))
SECONDS = 60
COUNT_FD = 9
# Of one command and one kind of fault, without --full. Sanitized runs take ten times as long.
SELECTION = {"calls": 3 if SANITIZED else 6, "allocations": 25}

LINE = re.compile(r"swupdate-tool: [a-z ]+: [^A-Z\n].*[^.\n]\n(hint: .+\n)?")
NOTICE = re.compile(r"^swupdate-tool: [a-z ]+: (warning|note): .*\n", re.MULTILINE)
# A key file that cannot be read is the key's fault: 4, or 3 where a public key is wanted.
KEY = re.compile(r"swupdate-tool: [a-z ]+: ((key|other): cannot |'pkcs11:)")
OUT_OF_MEMORY = re.compile(r"swupdate-tool: (?:[a-z ]+: )?.*out of memory\n")

TOKEN_KEY = f"pkcs11:object=key?module-path={BUILD}/tests/mock-pkcs11.so"

MANIFEST = """schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
targets:
  - {name: app, file: app.bin}
  - {name: deep/data, file: data.bin}
"""

# Has made its signature before; it must have been given the whole message all the same.
SIGNER = """#!/bin/sh
[ "$1" = sign ] || exec cat signer.pub
cmp -s - message || exit 1
exec cat signature
"""


class Command:
    """One command to be tried: its words, and the files that are there before it."""

    def __init__(self, name, words, old=None, pair=False, log=None):
        self.name = name
        self.words = words
        self.old = old or {}
        self.pair = pair  # keygen: what it makes is new each time
        self.log = log  # an audit log, which grows also when the command fails
        self.after = None


COMMANDS = [
    Command("build", "build product.yaml -o new.swb --root root --key key"),
    Command("build over a file", "build product.yaml -o new.swb --key key", {"new.swb": b"old"}),
    Command("build .pb", "build product.yaml -o new.pb --profile generic --key key"),
    Command("sign in place", "sign b.swb --key key"),
    Command("sign a copy", "sign b.pb --key key -o copy.pb"),
    Command("sign --export", "sign b.swb --export new.request"),
    Command("sign --request", "sign --request request --key key -o new.response --yes --root root"),
    Command("sign --request of a root", "sign --request root.request --key other -o new.response --yes"),
    Command("sign --attach", "sign b.swb --attach response"),
    Command("sign --attach a copy", "sign b.swb --attach signed.pb -o copy.swb"),
    Command("convert", "convert b.swb -o new.pb"),
    Command("personalize", "personalize signed.pb --device-manifest manifest -o new.pb"),
    Command("personalize in place", "personalize b.swb --device-manifest manifest -o b.swb"),
    Command("extract", "extract b.swb --no-verify -C out"),
    Command(
        "extract over files",
        "extract b.swb --no-verify -C out --force",
        {"out/app": b"old", "out/deep/data": b"old", "out/other": b"stays"},
    ),
    Command("keygen", "keygen -o new.key --type ed25519", pair=True),
    Command("external signer", "build product.yaml -o new.swb --root root --key exec:./signer"),
    Command("token", f"root create -o new.root --root-key {TOKEN_KEY} --targets-key other"),
    Command("root create", "root create -o new.root --root-key key --targets-key other --sign-with key"),
    Command("sign with a log", "sign b.swb --key key --audit-log log", log="log"),
]

# The class of call, and the errors that the system may answer.
CALLS = [
    ("open", [errno.EIO, errno.EMFILE]),
    ("read", [errno.EIO]),
    ("write", [errno.ENOSPC, errno.EIO]),
    ("sync", [errno.EIO]),
    ("rename", [errno.EIO]),
    ("link", [errno.EIO]),
    ("close", [errno.EIO]),
    ("stat", [errno.EIO]),
    ("mkdir", [errno.ENOSPC]),
    ("chmod", [errno.EPERM]),
    ("seek", [errno.EIO]),
    ("process", [errno.EMFILE, errno.EAGAIN]),
]


def log_fault(log, killed, is_signed):
    """What is wrong with an audit log: chain, form, and that a signature that left is in it."""
    if killed:
        log = log[: log.rfind(b"\n") + 1]
    if log and not log.endswith(b"\n"):
        return "the log's last line is cut off"
    previous = "0" * 64
    outcome = None
    for text in log.split(b"\n")[:-1]:
        line = json.loads(text)
        if line["previous"] != previous:
            return "the log's chain is broken"
        previous = hashlib.sha256(text).hexdigest()
        outcome = line.get("outcome")
    if is_signed and outcome != "signed":
        return "a signature left that is not in the log"
    return None


class Case:
    """Collects the faults of one command; prints one line."""

    def __init__(self, name):
        self.name = name
        self.runs = 0
        self.faults = []

    def tell(self):
        print(f"{'not ok' if self.faults else 'ok'} - {self.name} ({self.runs} runs)")
        for fault in self.faults[:12]:
            print(f"# {fault}")
        sys.stdout.flush()
        return not self.faults


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def tree(folder):
    """Every file below folder, hidden ones too, with its bytes; folders that are empty, as None."""
    found = {}
    for path, folders, files in os.walk(folder):
        inside = os.path.relpath(path, folder)
        if inside != "." and not folders and not files:
            found[inside] = None
        for name in files:
            with open(os.path.join(path, name), "rb") as file:
                found[os.path.normpath(os.path.join(inside, name))] = file.read()
    return found


class Sweep:
    def __init__(self, work, full, kind):
        self.work = work
        self.full = full
        self.kind = kind
        self.template = os.path.join(work, "template")
        self.folder = os.path.join(work, "case")
        os.mkdir(self.template)
        self.prepare()

    def prepare(self):
        # Ed25519 signs the same bytes alike each time, so that results can be compared.
        for name, key in ("key", "ed25519-1.pem"), ("other", "ed25519-2.pem"):
            path = os.path.join(self.template, name)
            shutil.copy(os.path.join(SOURCE, "testdata/keys", key), path)
            os.chmod(path, 0o600)
        for name, content in (
            ("product.yaml", MANIFEST.encode()),
            ("app.bin", bytes(range(256)) * 40),
            # Longer than what one write moves.
            ("data.bin", b"data\n" * 120000),
        ):
            with open(os.path.join(self.template, name), "wb") as file:
                file.write(content)
        for words in (
            "root create -o root --root-key other --targets-key key --sign-with other",
            "build product.yaml -o b.swb --root root",
            "build product.yaml -o b.pb --root root",
            "sign b.pb --key key -o signed.pb",
            "sign b.swb --export request",
            "sign --request request --key key -o response --yes",
            "root rotate root -o next.root --expires 2040-01-01",
            "sign next.root --root root --export root.request",
        ):
            subprocess.run([TOOL, *words.split()], cwd=self.template, check=True, capture_output=True)
        self.prepare_device_manifest()
        self.prepare_signer()
        for command in COMMANDS:
            status, error = self.run(command, {})
            if status != 0:
                sys.exit(f"{command.name} fails without a fault: {error}")
            command.after = tree(self.folder)
            command.after.pop(command.log, None)

    def signed_targets(self):
        """The targets metadata, and its envelope with one signature."""
        words = [TOOL, "build", "product.yaml", "-o", "-", "--root", "root", "--key", "key"]
        bundle = subprocess.run(words, cwd=self.template, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(bundle)) as members:
            envelope = members.extractfile("targets_metadata").read()
        # Metadata of 128 to 16,383 bytes behind its tag and length.
        length = (envelope[1] & 127) | envelope[2] << 7
        return envelope[3 : 3 + length], envelope

    def prepare_device_manifest(self):
        """Of a device that has every payload but app."""
        metadata = self.signed_targets()[0].replace(b"\x0a\x03app", b"\x0a\x03old")
        entry = b"\x0a\x07targets" + b"\x12" + varint(len(metadata)) + metadata
        with open(os.path.join(self.template, "manifest"), "wb") as file:
            file.write(b"\x0a" + varint(len(entry)) + entry)

    def prepare_signer(self):
        metadata, envelope = self.signed_targets()
        for name, content in (
            ("signer", SIGNER.encode()),
            ("message", metadata),
            ("signature", envelope[-64:]),
        ):
            with open(os.path.join(self.template, name), "wb") as file:
                file.write(content)
        os.chmod(os.path.join(self.template, "signer"), 0o755)
        public = os.path.join(SOURCE, "testdata/keys/ed25519-1.pub")
        shutil.copy(public, os.path.join(self.template, "signer.pub"))

    def before(self, command):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)
        # Links are as good as copies: no command writes into a file that is there.
        for name in os.listdir(self.template):
            os.link(os.path.join(self.template, name), os.path.join(self.folder, name))
        for name, content in command.old.items():
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)

    def run(self, command, plan, count=None):
        """Exit status (negative: a signal) and standard error."""
        self.before(command)
        environment = dict(os.environ, LC_ALL="C", SWT_MODULE_KEYS=os.path.join(SOURCE, "testdata/keys"))
        environment.update({f"SWT_FAULT_{name}": str(value) for name, value in plan.items()})
        if plan:
            library = "calls" if self.kind == "calls" else "memory"
            environment["LD_PRELOAD"] = f"{BUILD}/faults/{library}.so"
            environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"
        descriptors = ()
        if count is not None:
            os.dup2(count, COUNT_FD, inheritable=True)
            environment["SWT_FAULT_COUNT"] = str(COUNT_FD)
            descriptors = (COUNT_FD,)
        done = subprocess.run(
            [TOOL, *command.words.split()],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=descriptors,
            timeout=SECONDS,
            check=False,
        )
        return done.returncode, done.stderr.decode("utf-8", "replace")

    def count(self, command, plan):
        reader, writer = os.pipe()
        self.run(command, plan, writer)
        os.close(writer)
        os.close(COUNT_FD)
        with os.fdopen(reader) as file:
            return int(file.read() or 0)

    def chosen(self, total, full_selection=None):
        most = full_selection if self.full else SELECTION[self.kind]
        if most is None or total <= most:
            return range(1, total + 1)
        return sorted({1 + i * (total - 1) // (most - 1) for i in range(most)})

    def state(self, command):
        """before, after, or what else is there."""
        found = tree(self.folder)
        found.pop(command.log, None)
        old = dict(tree(self.template))
        old.update(command.old)
        if found == old:
            return "before"
        if command.pair:
            new = {name: content for name, content in found.items() if name not in old}
            if set(new) == {"new.key", "new.key.pub"} and all(
                content.endswith(b"KEY-----\n") for content in new.values()
            ):
                return "after"
        elif found == command.after:
            return "after"
        names = sorted(set(found) | set(old))
        return "changed: " + ", ".join(name for name in names if found.get(name, 1) != old.get(name, 1))

    def log_fault(self, command, status, state):
        path = os.path.join(self.folder, command.log or "")
        if not command.log or not os.path.exists(path):
            return "no log" if command.log and state == "after" else None
        with open(path, "rb") as file:
            return log_fault(file.read(), status == -signal.SIGKILL, state == "after")

    def judge(self, case, command, plan, allowed, any_reason=False):
        """allowed: the exit statuses besides 0; 0 must have made the whole result."""
        case.runs += 1
        what = " ".join(f"{name}={value}" for name, value in plan.items())
        try:
            status, error = self.run(command, plan)
        except subprocess.TimeoutExpired:
            case.faults.append(f"{what}: ran longer than {SECONDS} s")
            return
        error = NOTICE.sub("", error)
        state = self.state(command)
        if status not in (0, *allowed):
            case.faults.append(f"{what}: exit {status}: {error.strip()[-300:]}")
        elif state not in ("before", "after") or (status == 0 and state != "after"):
            case.faults.append(f"{what}: exit {status}, {state}: {error.strip()[-300:]}")
        elif self.log_fault(command, status, state):
            case.faults.append(f"{what}: exit {status}, {state}: {self.log_fault(command, status, state)}")
        elif status in (3, 4) and not any_reason and not KEY.match(error):
            case.faults.append(f"{what}: exit {status} that is not about a key: {error.strip()}")
        elif status > 0 and not LINE.fullmatch(error) and not OUT_OF_MEMORY.fullmatch(error):
            case.faults.append(f"{what}: exit {status}, and says '{error.strip()}'")

    # ---- what is swept ---------------------------------------------------------------------------

    def errors(self, command, named):
        case = Case(f"{command.name}: every call fails{', without O_TMPFILE' if named else ''}")
        for call, errors in CALLS:
            base = {"CALL": call, "NAMED": int(named)}
            total = self.count(command, {**base, "AT": 0})
            for at in self.chosen(total):
                for error in errors:
                    # A file system that cannot report its name, or cannot be asked, may be used all
                    # the same: then the work must be done.
                    self.judge(case, command, {**base, "AT": at, "ERRNO": error}, (3, 4, 5))
        return case.tell()

    def short(self, command):
        case = Case(f"{command.name}: short and interrupted reads and writes")
        for call in "read", "write":
            case.runs += 1
            status, error = self.run(command, {"CALL": call, "AT": 1, "FROM": 1, "SHORT": 1})
            state = self.state(command)
            if (status, state) != (0, "after"):
                case.faults.append(f"{call}: exit {status}, {state}: {error.strip()}")
        return case.tell()

    def signals(self, command, named):
        case = Case(f"{command.name}: signals{', without O_TMPFILE' if named else ''}")
        for call in "open", "read", "write", "sync", "rename", "link":
            base = {"CALL": call, "NAMED": int(named)}
            total = self.count(command, {**base, "AT": 0})
            for at in self.chosen(total):
                self.judge(case, command, {**base, "AT": at, "SIGNAL": int(signal.SIGINT)}, (130,))
                self.judge(case, command, {**base, "AT": at, "SIGNAL": int(signal.SIGTERM)}, (143,))
        return case.tell()

    def kills(self, command):
        # Where a file has no name until it is whole, not even this leaves one. A folder of many
        # files has one, and an old file is replaced in two steps.
        case = Case(f"{command.name}: SIGKILL")
        for call in "read", "write", "sync":
            total = self.count(command, {"CALL": call, "AT": 0})
            for at in self.chosen(total):
                plan = {"CALL": call, "AT": at, "SIGNAL": int(signal.SIGKILL)}
                self.judge(case, command, plan, (-signal.SIGKILL,))
        return case.tell()

    def allocations(self, command, every):
        case = Case(f"{command.name}: {'no memory from then on' if every else 'an allocation fails'}")
        total = self.count(command, {"AT": 0})
        for at in self.chosen(total):
            self.judge(case, command, {"AT": at, "FROM": int(every)}, (5,))
        return case.tell()

    def library_allocations(self, command):
        # libcrypto 3.0 dies of some of these in its own code (most of them while it sets itself up),
        # and takes others for a key that it cannot read. What is left behind is ours all the same.
        case = Case(f"{command.name}: an allocation of libcrypto fails")
        total = self.count(command, {"AT": 0, "LIBRARY": 1})
        # Thousands, of which most are alike.
        for at in self.chosen(total, 500):
            for every in 0, 1:
                plan = {"AT": at, "FROM": every, "LIBRARY": 1}
                self.judge(case, command, plan, (3, 4, 5, -signal.SIGSEGV), any_reason=True)
        return case.tell()


def has_tmpfile(folder):
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))
    except OSError:
        return False
    return True


def main(arguments):
    kind = arguments[0]
    full = "--full" in arguments
    good = True
    with tempfile.TemporaryDirectory(prefix="swupdate-faults.") as work:
        sweep = Sweep(work, full, kind)
        unnamed = has_tmpfile(work)
        for command in COMMANDS:
            if kind == "allocations":
                good &= sweep.allocations(command, False)
                good &= sweep.allocations(command, True)
                good &= sweep.library_allocations(command)
                continue
            good &= sweep.errors(command, False)
            good &= sweep.errors(command, True) if unnamed else True
            good &= sweep.signals(command, False)
            if full:
                good &= sweep.signals(command, True) if unnamed else True
                good &= sweep.short(command)
            if not command.name.startswith("extract") and not command.pair:
                if unnamed:
                    good &= sweep.kills(command)
                else:
                    print(f"ok - {command.name}: SIGKILL # SKIP no O_TMPFILE here")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
