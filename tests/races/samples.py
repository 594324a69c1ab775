# SPDX-License-Identifier: Apache-2.0
"""What the races are run with, and what may never be there afterwards."""

import tarfile
import tempfile

from forge import *
from judging import ANCHOR
from racing import *

SEALED = signed(root_metadata(version=2), ROOT1)
LENGTH = 300000


def bundle(letter, version):
    """Payloads of this letter's, so that no two bundles have a byte of a payload in common."""
    payloads = [(b"app", letter * LENGTH), (b"boot/loader", letter.lower() * 1000)]
    return Bundle(root=SEALED, payloads=payloads, version=version)


A, B = bundle(b"A", 5), bundle(b"B", 6)
# Bytes of the same lengths that nobody signed.
EVIL = A.but(payloads=[(name, b"E" * len(content)) for name, content in A.payloads])


def payloads_of(*bundles):
    return [dict(item.payloads) for item in bundles]


def below(files, folder):
    """What is in that folder: files alone, by their names as bytes."""
    start = folder + "/"
    return {name[len(start) :].encode(): content for name, content in files.items()
            if name.startswith(start) and content is not None}


def private(name):
    with open(os.path.join(DATA, "keys", name), "rb") as file:
        return file.read()


INPUTS = {"anchor": ANCHOR, "key.pem": private("targets1.pem")}
RECORD = device_manifest(targets_metadata(A.payloads[1:], version=4))
MANIFEST = b"""schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 5}
targets:
  - {name: app, file: app.bin}
"""

# What becomes of the file "bundle", beside which lie "other", which is signed, and "evil", which is not.
SWAPS = {
    "another is renamed to its name": "mv -f other bundle",
    "it is removed": "rm -f bundle",
    "it is overwritten in place": "dd if=other of=bundle conv=notrunc status=none",
    "it is emptied and written anew": "cat other >bundle",
    "its payloads are overwritten in place": "dd if=evil of=bundle conv=notrunc status=none",
    "it is emptied": ": >bundle",
    "it is cut": "truncate -s 200000 bundle",
    "it grows": "cat other >>bundle",
    "a link takes its place": "rm -f bundle; ln -s evil bundle",
}
READS = (("read", "bundle"), ("open", "bundle"))


def input_files(kind):
    bundles = {"bundle": A, "other": B, "evil": EVIL}
    return {**INPUTS, **{name: getattr(item, kind)() for name, item in bundles.items()}}


# ---- what may be there -----------------------------------------------------------------------------

# Somebody else's, which nothing may touch: also under the names that files have until they are complete.
ELSEWHERE = {f"elsewhere/{name}": b"theirs"
             for name in ("app", "loader", "0", "1", "out", "new.pem", "precious")}
ANY = (("open", None), ("mkdir", None), ("rename", None), ("link", None), ("unlink", None), ("stat", None),
       ("write", None), ("sync", None))


def elsewhere(result):
    return {name: content for name, content in result.files.items() if name.startswith("elsewhere/")}


def nothing_elsewhere(result):
    result.says_why(1, 3, 5)
    check(elsewhere(result) == ELSEWHERE, "something was written elsewhere")
    return result


def nothing_left(result):
    hidden = ".swupdate-tool", ".out", ".new"
    left = [name for name in result.files if os.path.basename(name).startswith(hidden)]
    check(not left, f"left behind: {left}")


def unsigned(out):
    """A tar bundle without the envelope of its targets metadata: metadata and payloads are left."""
    with tempfile.NamedTemporaryFile(dir=".") as file:
        file.write(out)
        file.flush()
        with tarfile.open(file.name) as archive:
            found = {item.name: archive.extractfile(item).read() for item in archive}
    envelope = found.pop("targets_metadata")
    return found, envelope[: envelope.rindex(b"\x12", 0, len(envelope) - 64 - 34)]


def is_like(content, whole):
    """The same, but for ECDSA signatures."""
    return content == whole or (len(content) == len(whole) and content[-20000:] == whole[-20000:]
                                and content[:40] == whole[:40])
