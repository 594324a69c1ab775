#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes each system call, or each allocation, of a command fail in turn, and looks at what is left.

usage: sweep.py calls|allocations [--devices] [--full]

Whatever fails: the exit status is 5 (3 or 4 where it was a key that could not be read) and one line says why, or the
command did its work all the same; the files are those from before or the new ones, whole, and nothing
lies beside them. Signals: 130 or 143, and the same of the files; after SIGKILL too. A device directory
is in its old state, in the one with the new root and floor, or in the new one, and a second run of the
command finishes the work.

With --devices it tries the commands that make devices, else the others. Without --full it tries a selection of each kind, spread evenly (of libcrypto's allocations always). Tells its cases as TAP does. SWT_TOOL,
SWT_BUILD, SWT_SOURCE and SWT_SANITIZE are those of scripts/run-tests.
"""

import errno
import gzip
import io
import hashlib
import json
import lzma
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
SELECTION = {"calls": 3, "allocations": 15}

LINE = re.compile(r"swupdate-tool: [a-z ]+: [^A-Z\n].*[^.\n]\n(hint: .+\n)?")
NOTICE = re.compile(r"^swupdate-tool: [a-z ]+: (warning|note): .*\n", re.MULTILINE)
# A key file that cannot be read is the key's fault: 4, or 3 where a public key is wanted.
KEY = re.compile(r"swupdate-tool: [a-z ]+: ((key|other): cannot |'pkcs11:)")
OUT_OF_MEMORY = re.compile(r"swupdate-tool: (?:[a-z ]+: )?.*out of memory\n")

TOKEN_KEY = f"pkcs11:object=key?module-path={BUILD}/tests/mock-pkcs11.so"

MANIFEST = """schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
include: [board.yaml]
targets:
  - {name: deep/data, file: data.bin}
meta: {board: {rev: b}}
"""

BOARD = """targets:
  - {name: app, file: app.bin}
meta: {board: {soc: x}}
"""

WHOLE = """schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1, notes: notes.md}
targets:
  - {files: "*.bin", compression: zstd}
sbom: {file: sbom.json}
"""

LARGE = """schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
targets:
  - {name: image, file: image.img}
  - {name: deep/data, file: data.bin}
"""

PACKED = """schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
targets:
  - {name: user_manifest, file: packed.json}
  - {name: app, file: app.gz}
  - {name: deep/data, file: data.xz}
  - {name: other, file: other.zst}
"""

FLEET = """states:
  - {root: root, floor: 50, count: 1200}
  - {name: fresh, root: rotated.root}
  - {root: root}
"""

# Has made its signature before; it must have been given the whole message all the same.
SIGNER = """#!/bin/sh
[ "$1" = sign ] || exec cat signer.pub
cmp -s - message || exit 1
exec cat signature
"""


class Command:
    """One command to be tried: its words, and the files that are there before it."""

    def __init__(
        self,
        name,
        words,
        old=None,
        pair=False,
        log=None,
        device=None,
        rotates=False,
        fresh=False,
        verdicts=None,
        first=None,
    ):
        self.name = name
        self.words = words
        self.old = old or {}
        self.pair = pair  # keygen: what it makes is new each time
        self.log = log  # an audit log, which grows also when the command fails
        self.device = device  # which device dev is; "": none yet
        self.rotates = rotates  # its root, before all else
        self.fresh = fresh  # a folder of many files, whose keys and signatures are new each time
        # A file of verdicts: where libcrypto has no memory, a key may count as one that cannot be read,
        # and refuse what is good. The file is whole all the same.
        self.verdicts = verdicts
        self.first = first  # of several new files, the one that is whole before the others
        self.after = None


COMMANDS = [
    Command("build", "build product.yaml -o new.swb --root root --key key"),
    Command("build over a file", "build product.yaml -o new.swb --key key", {"new.swb": b"old"}),
    Command("build .pb", "build product.yaml -o new.pb --profile generic --key key"),
    Command("build of all", "build whole.yaml -o new.swb --root root --key key --depfile new.d", first="new.d"),
    Command("build by threads", "build large.yaml -o new.swb --key key", {"new.swb": b"old"}),
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
    Command("extract --decompress", "extract packed.swb --no-verify --decompress -C out"),
    Command("keygen", "keygen -o new.key --type ed25519", pair=True),
    Command("external signer", "build product.yaml -o new.swb --root root --key exec:./signer"),
    Command("token", f"root create -o new.root --root-key {TOKEN_KEY} --targets-key other"),
    Command("root create", "root create -o new.root --root-key key --targets-key other --sign-with key"),
    Command("fixtures", "fixtures -o out --manifest product.yaml", fresh=True),
    Command("init", "init out", fresh=True),
    Command("sign with a log", "sign b.swb --key key --audit-log log", log="log"),
]

DEVICE_COMMANDS = [
    Command("apply", "apply b43.swb --device dev", device="device"),
    Command("apply on a fresh device", "apply b42.swb --device dev", device="fresh"),
    Command("apply with a rotation", "apply rotated.swb --device dev", device="device", rotates=True),
    Command("apply of what is left in", "apply left.swb --device dev", device="device"),
    Command("provision", "provision --root root --bundle b42.swb --format device-dir -o dev", device=""),
    Command("provision raw", "provision --root root --format raw -o anchor"),
    Command(
        "fleet --html",
        "fleet --bundle b42.swb --bundle left.swb --bundle rotated.swb --fleet fleet.yaml --time 2030-01-01 "
        "--html new.html",
        verdicts="new.html",
    ),
    Command("provision c-header", "provision --root root --bundle b42.swb --format c-header -o anchor.h"),
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
    ("thread", [errno.EAGAIN]),
]
# What else a device directory lives through. Other commands clean up by one call, after which they try
# no other.
DEVICE_CALLS = [*CALLS, ("unlink", [errno.EIO]), ("lock", [errno.ENOLCK])]


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
        if self.runs == 0:
            self.faults.append("nothing was tried")
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


def names(folder):
    """Every file below folder, hidden ones too, and every folder that is empty."""
    for path, folders, files in os.walk(folder):
        inside = os.path.relpath(path, folder)
        if inside != "." and not folders and not files:
            yield inside
        for name in files:
            yield os.path.normpath(os.path.join(inside, name))


def tree(folder):
    """The same with the bytes of each file; None for a folder."""
    found = {}
    for name in names(folder):
        path = os.path.join(folder, name)
        found[name] = None
        if not os.path.isdir(path):
            with open(path, "rb") as file:
                found[name] = file.read()
    return found


def sizes(files):
    return {name: content and len(content) for name, content in files.items()}


def state_of(device):
    """The state that counts; None: there is no directory, so there is no state."""
    if not os.path.exists(device):
        return None
    folder = os.readlink(os.path.join(device, "current"))
    if "/" in folder:
        raise ValueError(f"current leads to {folder}")
    state = tree(os.path.join(device, folder))
    # The staging folder, which does no harm when it cannot be removed.
    return {name: content for name, content in state.items() if content is not None}


class Sweep:
    def __init__(self, work, full, kind, commands):
        self.work = work
        self.full = full
        self.kind = kind
        self.commands = commands
        self.template = os.path.join(work, "template")
        self.folder = os.path.join(work, "case")
        self.devices = os.path.join(work, "devices")
        self.device = os.path.join(self.folder, "dev")
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
            ("whole.yaml", WHOLE.encode()),
            ("large.yaml", LARGE.encode()),
            ("notes.md", b"notes\n"),
            ("board.yaml", BOARD.encode()),
            ("fleet.yaml", FLEET.encode()),
            ("app.bin", bytes(range(256)) * 40),
            # Longer than what one write moves.
            ("data.bin", b"data\n" * 120000),
            # Large enough for threads: two payloads beside each other, then one beside its hash.
            ("image.img", b"%07d\n" * 330000 % tuple(range(330000))),
            *self.packed(),
        ):
            with open(os.path.join(self.template, name), "wb") as file:
                file.write(content)
        self.prepare_sbom()
        for words in (
            "root create -o root --root-key other --targets-key key --sign-with other",
            "build product.yaml -o b.swb --root root",
            "build product.yaml -o b.pb --root root",
            "build packed.yaml -o packed.swb",
            "sign b.pb --key key -o signed.pb",
            "sign b.swb --export request",
            "sign --request request --key key -o response --yes",
            "root rotate root -o next.root --expires 2040-01-01",
            "sign next.root --root root --export root.request",
        ):
            self.must(words)
        self.prepare_device_manifest()
        self.prepare_signer()
        self.prepare_devices()
        # As they are now, whatever a command writes into a link to one of them.
        self.template_files = tree(self.template)
        self.device_states = {name: state_of(os.path.join(self.devices, name)) for name in ("fresh", "device")}
        for command in self.commands:
            status, error = self.run(command, {})
            if status != 0:
                sys.exit(f"{command.name} fails without a fault: {error}")
            command.after = tree(self.folder)
            command.after.pop(command.log, None)
            if command.device is not None:
                command.after = state_of(self.device)

    def prepare_sbom(self):
        with open(os.path.join(self.template, "app.bin"), "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        component = {"name": "app.bin", "hashes": [{"alg": "SHA-256", "content": digest}]}
        with open(os.path.join(self.template, "sbom.json"), "w", encoding="ascii") as file:
            json.dump({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [component]}, file)

    @staticmethod
    def packed():
        """Files of a bundle whose targets are compressed, each in another way."""
        rows = (
            ("app", "gzip", "app.gz", lambda content: gzip.compress(content, mtime=0)),
            ("deep/data", "xz", "data.xz", lzma.compress),
            ("other", "zstd", "other.zst", lambda content: subprocess.check_output(["zstd", "-q"], input=content)),
        )
        targets = {}
        for name, kind, file, compress in rows:
            # Longer than what one write moves, and than the window of gzip.
            content = b"".join(b"%s %d\n" % (name.encode(), i) for i in range(30000))
            record = {"type": kind, "length": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            targets[name] = {"compression": record}
            yield file, compress(content)
        yield "packed.json", json.dumps({"schema": 1, "targets": targets}).encode()
        yield "packed.yaml", PACKED.encode()

    def must(self, words):
        subprocess.run([TOOL, *words.split()], cwd=self.template, check=True, capture_output=True)

    def prepare_devices(self):
        """Devices: fresh, and one with version 42; bundles for them, of which one replaces the targets keys."""
        shutil.copy(os.path.join(SOURCE, "testdata/keys/targets1.pem"), os.path.join(self.template, "new"))
        self.must("root rotate root -o rotated.root --targets-key new --sign-with other")
        for name, version, signers in (
            ("b42", 42, "--root root --key key"),
            ("b43", 43, "--root root --key key"),
            ("rotated", 7, "--root rotated.root --key new"),
        ):
            with open(os.path.join(self.template, "release.yaml"), "w", encoding="ascii") as file:
                file.write(MANIFEST.replace("metadata_version: 1", f"metadata_version: {version}"))
            self.must(f"build release.yaml -o {name}.swb {signers}")
        self.leave_out("b43.swb", "targets/deep/data", "left.swb")
        os.mkdir(self.devices)
        for name in "fresh", "device":
            self.must(f"provision --root root --format device-dir -o ../devices/{name}")
        self.must("apply b42.swb --device ../devices/device")
        between = state_of(os.path.join(self.devices, "device"))
        with open(os.path.join(self.template, "rotated.root"), "rb") as file:
            between.update(root_metadata=file.read(), floor=b"none\n")
        self.between = between

    def leave_out(self, bundle, name, copy):
        with tarfile.open(os.path.join(self.template, bundle)) as members:
            member = members.getmember(name)
        with open(os.path.join(self.template, bundle), "rb") as file:
            data = file.read()
        end = member.offset_data + -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        with open(os.path.join(self.template, copy), "wb") as file:
            file.write(data[: member.offset] + data[end:])

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
        if command.device:
            template = os.path.join(self.devices, command.device)
            shutil.copytree(template, self.device, symlinks=True, copy_function=os.link)

    def run(self, command, plan, count=None, again=False):
        """Exit status (negative: a signal) and standard error."""
        if not again:
            self.before(command)
        environment = dict(
            os.environ,
            LC_ALL="C",
            SWT_MODULE_KEYS=os.path.join(SOURCE, "testdata/keys"),
            # So that a temporary file that is left behind is seen.
            TMPDIR=self.folder,
        )
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

    def chosen(self, command, total, full_selection=None):
        most = full_selection if self.full else SELECTION[self.kind]
        if command.fresh:
            # Each run writes hundreds of files, which are all alike.
            most = 60 if self.full else max(2, SELECTION[self.kind] // 4)
        if most is None or total <= most:
            return range(1, total + 1)
        return sorted({1 + i * (total - 1) // (most - 1) for i in range(most)})

    def device_state(self, command):
        """before, between, after, or what is wrong."""
        rest = {name for name in names(self.folder) if not re.match(r"\.?dev[./]", name)}
        if rest != set(self.template_files):
            return "other files changed: " + ", ".join(sorted(rest ^ set(self.template_files)))
        try:
            found = state_of(self.device)
        except (OSError, ValueError) as fault:
            return f"no state: {fault}"
        if found == self.device_states.get(command.device):
            return "before"
        if command.rotates and found == self.between:
            return "between"
        return "after" if found == command.after else f"no whole state: {sorted(found or ())}"

    def leftovers(self):
        """What nothing refers to, beside the device directory and in it."""
        left = [name for name in os.listdir(self.folder) if name.startswith(".dev.")]
        if os.path.exists(self.device):
            state = os.readlink(os.path.join(self.device, "current"))
            left += [name for name in os.listdir(self.device) if name not in ("current", state)]
        return left

    def finish_fault(self, command, state, clean):
        """What is wrong with what the run left: nothing but a state if clean, and a second run gets there."""
        if clean and self.leftovers():
            return f"left behind: {self.leftovers()}"
        if state == "after" and not command.device:
            return None
        status, error = self.run(command, {}, again=True)
        if status != 0 or self.device_state(command) != "after":
            return f"a second run: exit {status}, {self.device_state(command)}: {error.strip()[-300:]}"
        if command.device and self.leftovers():
            return f"a second run leaves {self.leftovers()}"
        return None

    def state(self, command, library=False, killed=False):
        """before, after, or what else is there."""
        if command.device is not None:
            return self.device_state(command)
        found = tree(self.folder)
        if killed and command.fresh:
            # What a folder that is not yet whole is called.
            found = {name: content for name, content in found.items() if not name.startswith(".out.")}
        found.pop(command.log, None)
        old = {**self.template_files, **command.old}
        if found == old:
            return "before"
        if command.first and found == {**old, command.first: command.after[command.first]}:
            return "between"
        if command.pair:
            new = {name: content for name, content in found.items() if name not in old}
            if set(new) == {"new.key", "new.key.pub"} and all(
                content.endswith(b"KEY-----\n") for content in new.values()
            ):
                return "after"
        elif found == command.after:
            return "after"
        elif command.fresh and sizes(found) == sizes(command.after):
            return "after"
        elif library and command.verdicts and self.is_whole_page(found, command):
            return "after"
        names = sorted(set(found) | set(old))
        return "changed: " + ", ".join(name for name in names if found.get(name, 1) != old.get(name, 1))

    def is_whole_page(self, found, command):
        page = found.pop(command.verdicts, b"")
        others = {name: content for name, content in command.after.items() if name != command.verdicts}
        return found == others and page.startswith(b"<!DOCTYPE html>") and page.endswith(b"</html>\n")

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
        # libcrypto that dies leaves what SIGKILL leaves.
        killed = status == -signal.SIGKILL or (status < 0 and "LIBRARY" in plan)
        state = self.state(command, "LIBRARY" in plan, killed)
        if status not in (0, *allowed):
            case.faults.append(f"{what}: exit {status}: {error.strip()[-300:]}")
        elif state not in ("before", "between", "after") or (status == 0 and state != "after"):
            case.faults.append(f"{what}: exit {status}, {state}: {error.strip()[-300:]}")
        elif self.log_fault(command, status, state):
            case.faults.append(f"{what}: exit {status}, {state}: {self.log_fault(command, status, state)}")
        elif status in (3, 4) and not any_reason and not KEY.match(error):
            case.faults.append(f"{what}: exit {status} that is not about a key: {error.strip()}")
        elif status > 1 and not LINE.fullmatch(error) and not OUT_OF_MEMORY.fullmatch(error):
            case.faults.append(f"{what}: exit {status}, and says '{error.strip()}'")
        elif command.device is not None:
            # Where a call fails, so may the one that cleans up.
            fault = self.finish_fault(command, state, clean=status in (130, 143))
            if fault is not None:
                case.faults.append(f"{what}: exit {status}, {state}: {fault}")

    # ---- what is swept ---------------------------------------------------------------------------

    def errors(self, command, named):
        case = Case(f"{command.name}: every call fails{', without O_TMPFILE' if named else ''}")
        for call, errors in CALLS if command.device is None else DEVICE_CALLS:
            base = {"CALL": call, "NAMED": int(named)}
            total = self.count(command, {**base, "AT": 0})
            for at in self.chosen(command, total):
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
        for call in "open", "read", "write", "sync", "rename", "link", "unlink":
            base = {"CALL": call, "NAMED": int(named)}
            total = self.count(command, {**base, "AT": 0})
            for at in self.chosen(command, total):
                self.judge(case, command, {**base, "AT": at, "SIGNAL": int(signal.SIGINT)}, (130,))
                self.judge(case, command, {**base, "AT": at, "SIGNAL": int(signal.SIGTERM)}, (143,))
        return case.tell()

    def kills(self, command):
        # Where a file has no name until it is whole, not even this leaves one. Files for a folder of
        # others' have one each, and an old file is replaced in two steps. A device directory is whole
        # after each call, and so is a folder that appears as a whole.
        case = Case(f"{command.name}: SIGKILL")
        whole = command.device is not None or command.fresh
        for call in [call for call, _ in DEVICE_CALLS] if whole else ("read", "write", "sync"):
            total = self.count(command, {"CALL": call, "AT": 0})
            for at in self.chosen(command, total):
                plan = {"CALL": call, "AT": at, "SIGNAL": int(signal.SIGKILL)}
                self.judge(case, command, plan, (-signal.SIGKILL,))
        return case.tell()

    def allocations(self, command, every):
        case = Case(f"{command.name}: {'no memory from then on' if every else 'an allocation fails'}")
        total = self.count(command, {"AT": 0})
        for at in self.chosen(command, total):
            self.judge(case, command, {"AT": at, "FROM": int(every)}, (5,))
        return case.tell()

    def library_allocations(self, command):
        # libcrypto 3.0 dies of some of these in its own code (most of them while it sets itself up),
        # and takes others for a key that it cannot read, or a signature that does not verify, which
        # rejects. What is left behind is ours all the same.
        case = Case(f"{command.name}: an allocation of libcrypto fails")
        total = self.count(command, {"AT": 0, "LIBRARY": 1})
        # Thousands, of which most are alike.
        for at in self.chosen(command, total, 500):
            for every in 0, 1:
                plan = {"AT": at, "FROM": every, "LIBRARY": 1}
                rejected = (1,) if command in DEVICE_COMMANDS else ()
                self.judge(case, command, plan, (*rejected, 3, 4, 5, -signal.SIGSEGV), any_reason=True)
        return case.tell()


def has_tmpfile(folder):
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))
    except OSError:
        return False
    return True


def memory_folder():
    """Where nothing waits for a disk, if there is such a place: what fails here is made to fail."""
    if "TMPDIR" in os.environ or not os.path.isdir("/dev/shm"):
        return None
    found = os.statvfs("/dev/shm")
    # The external signer is run from there.
    fit = not found.f_flag & (os.ST_NOEXEC | os.ST_RDONLY) and found.f_bavail * found.f_frsize >= 256 << 20
    return "/dev/shm" if fit and os.access("/dev/shm", os.W_OK) else None


def main(arguments):
    kind = arguments[0]
    full = "--full" in arguments
    commands = DEVICE_COMMANDS if "--devices" in arguments else COMMANDS
    good = True
    with tempfile.TemporaryDirectory(prefix="swupdate-faults.", dir=memory_folder()) as work:
        sweep = Sweep(work, full, kind, commands)
        unnamed = has_tmpfile(work)
        for command in commands:
            if kind == "allocations":
                good &= sweep.allocations(command, False)
                good &= sweep.allocations(command, True)
                good &= sweep.library_allocations(command)
                continue
            good &= sweep.errors(command, False)
            # A device directory, or a folder of fixtures, is made of files with names.
            has_unnamed = unnamed and command.device is None and not command.fresh
            good &= sweep.errors(command, True) if has_unnamed else True
            good &= sweep.signals(command, False)
            if full:
                good &= sweep.signals(command, True) if has_unnamed else True
                good &= sweep.short(command)
            if not command.name.startswith("extract") and not command.pair:
                if unnamed or command.device is not None or command.fresh:
                    good &= sweep.kills(command)
                else:
                    print(f"ok - {command.name}: SIGKILL # SKIP no O_TMPFILE here")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
