# SPDX-License-Identifier: Apache-2.0
"""What is judged is what is written, wherever a file goes meanwhile; and nothing is written elsewhere."""

import hashlib

from forge import *
from racing import *
from judging import ANCHOR, finish

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


# ---- inputs that are swapped or overwritten ------------------------------------------------------

INPUTS = {"anchor": ANCHOR, "key.pem": private("targets1.pem")}
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


def input_files(kind):
    return {**INPUTS, "bundle": getattr(A, kind)(), "other": getattr(B, kind)(), "evil": getattr(EVIL, kind)()}


def extracted(result):
    result.says_why(1, 3, 5)
    found = below(result.files, "out")
    if result.status == 0:
        check(found in payloads_of(A, B), "what was extracted is in no signed bundle")
    else:
        check("out" not in result.files, "something was written")


def whole_bundle(*allowed):
    """out is one of these bundles, byte for byte but for ECDSA signatures that were added."""

    def judge(result):
        result.says_why(3, 5)
        out = result.files.get("out")
        if result.status != 0:
            check(out is None, "something was written")
            return
        check(any(is_bundle(out, item) for item in allowed), "what was written is no whole bundle of one source")
        extra = {name for name in result.files if name.startswith(".")}
        check(not extra, f"left behind: {extra}")

    return judge


def is_bundle(out, item):
    """out holds the metadata and the payloads of item and nothing of another."""
    metadata = targets_metadata(item.payloads, version=5 if item is A else 6)
    others = [payload for other in (A, B) if other is not item for payload in other.payloads]
    return (metadata in out and all(content in out for _, content in item.payloads)
            and not any(content[:600] in out for _, content in others))


READS = (("read", "bundle"), ("open", "bundle"))
for kind in ("tar", "pb"):
    files = input_files(kind)
    race(f"file swapped between verify and extract, extract: {kind}",
         "extract bundle -C out --root anchor", files, READS, SWAPS, extracted)
    race(f"file swapped while it is converted: {kind}",
         f"convert bundle -o out --format {'pigweed' if kind == 'tar' else 'tar'}", files, READS, SWAPS,
         whole_bundle(A, B))
    race(f"file swapped while it is signed: {kind}", "sign bundle --key key.pem --replace -o out", files,
         READS, SWAPS, whole_bundle(A, B))
    race(f"file swapped while it is personalized: {kind}",
         "personalize bundle --device-manifest record -o out",
         {**files, "record": device_manifest(targets_metadata((), version=1))}, READS, SWAPS,
         whole_bundle(A, B))
