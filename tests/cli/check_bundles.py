# SPDX-License-Identifier: Apache-2.0
"""What check finds: errors and warnings by their codes, bundles in both containers."""

import time

from forge import *
from judging import *

ROOT2 = key("root2")
TARGETS2, ED1, ED2 = key("targets2"), key("ed25519-1"), key("ed25519-2")
DAY = 24 * 60 * 60
NOW = int(time.time())
PLAIN = targets_metadata(PAYLOADS)


def checked(errors=(), warnings=(), says="", **contents):
    """The one finding list of all files; (FILE, CODE) where there are several files."""
    with files(**contents) as folder:
        names = [name.replace("_", ".") for name in contents]
        before = tree(folder)
        run = Run(["check", "--json", *names], folder).exits(1 if errors else 0)
        run.check(run.err == b"", "expected nothing on stderr")
        run.check(run.files == before, f"check wrote {run.files}")
        document = json.loads(run.out)
        found = {"error": [], "warning": []}
        for file in document["files"]:
            for finding in file["findings"]:
                code = finding["code"] if len(names) == 1 else (file["file"], finding["code"])
                found[finding["level"]].append(code)
            sound = not any(finding["level"] == "error" for finding in file["findings"])
            run.check(file["sound"] == sound, "sound is not what the findings say")
        run.check(found["error"] == list(errors), f"errors {found['error']}, expected {errors}")
        run.check(found["warning"] == list(warnings), f"warnings {found['warning']}, expected {warnings}")
        run.check(document["ok"] == (not errors), "ok is not what the findings say")
        run.check(says in run.out.decode(), f"lacks '{says}'")

        text = Run(["check", *names], folder).exits(run.status).has_nothing_to_hide()
        shown = text.out.decode()
        for finding in (finding for file in document["files"] for finding in file["findings"]):
            text.check(f"({finding['code']})\n" in shown, f"the text lacks {finding['code']}")
        # Whatever a file holds, check is no judgement of who signed it.
        for word in "authentic", "accept:", "trusted":
            text.check(word not in shown + run.out.decode(), f"says '{word}'")
        return document


def root(name, metadata, *signers, errors=(), warnings=(), says=""):
    """Root metadata by itself; and in a sound bundle, where it is the same."""
    sealed = signed(metadata, *(signers or (ROOT1,)))
    with case(f"{name}: root"):
        checked(errors, warnings, says, file=sealed)
    for kind in KINDS:
        with case(f"{name}: in a bundle: {kind}"):
            checked(errors, warnings, says, file=getattr(Bundle(root=sealed), kind)())


def bundle(name, content, errors=(), warnings=(), says=""):
    both(name, content, lambda made: checked(errors, warnings, says, file=made))


# ---- root metadata -----------------------------------------------------------------------------

root("a good root", root_metadata())
root("threshold over the keys", root_metadata(root_threshold=2), errors=["root-content"])
root(
    "a key of both roles",
    root_metadata(root=(ROOT1, TARGETS1), keys=(ROOT1, TARGETS1)),
    errors=["root-content"],
)
root("wrong role", root_metadata(role=b"targets"), errors=["root-content"])
root("no signature of its own quorum", root_metadata(), ROOT2, errors=["root-new-quorum"])
root(
    "one of two signed",
    root_metadata(root=(ROOT1, ROOT2), root_threshold=2),
    errors=["root-new-quorum"],
    says="signed by 1",
)
root(
    "signed by the root before it, too",
    root_metadata(root=(ROOT2,), version=2),
    ROOT1,
    ROOT2,
)
root("expired", root_metadata(expires=NOW - 1), errors=["root-expiry"])
root("expires in ten days", root_metadata(expires=NOW + 10 * DAY), warnings=["root-expires-soon"])
root("expires in forty days", root_metadata(expires=NOW + 40 * DAY))
root("an unknown signed field", root_metadata(extra=data(100, b"x")), warnings=["unknown-field"])
root(
    "unsigned and expired",
    root_metadata(expires=NOW - 1),
    ROOT2,
    errors=["root-new-quorum", "root-expiry"],
)
root("root version 0", root_metadata(version=0), warnings=["stock-version-zero"], says="refuses every")
root(
    "some keys that stock devices cannot use",
    root_metadata(targets=(TARGETS1, ED1)),
    warnings=["stock-key"],
    says="knows ecdsa-p256 only",
)
good = sign(root_metadata(), ROOT1)
for name, signatures in (
    ("does not verify", good + [(ROOT1.id, bytes(64))]),
    ("twice", good * 2),
    ("cut", good + [(ROOT1.id, good[0][1][:63])]),
):
    with case(f"a signature of the root that {name}"):
        checked(warnings=["root-new-quorum"], file=envelope(root_metadata(), signatures))
ED_ROOT = dict(root=(ED1,), targets=(ED2,))
with case("root version 0 without a key for stock devices: root"):
    checked(file=signed(root_metadata(version=0, **ED_ROOT), ED1))
with case("no signature at all: root"):
    checked(["root-new-quorum"], file=envelope(root_metadata(), []))
with case("an unknown field that no signature covers: root"):
    checked(["envelope"], file=signed(root_metadata(), ROOT1) + data(9, b"x"), says="offset")
with case("metadata that cannot be read: root"):
    checked(["root-content"], file=envelope(root_metadata() + b"\x0a\x00", good), says="offset")
with case("metadata that is cut: root"):
    metadata = root_metadata()
    checked(["root-content"], file=signed(metadata[:-1] + b"\x7f", ROOT1))
with case("the rules of a root in a bundle are told with their place"):
    sealed = envelope(root_metadata() + b"\x0a\x00", good)
    document = checked(["root-content"], file=Bundle(root=sealed).tar())
    message = document["files"][0]["findings"][0]["message"]
    at = 512 + sealed.index(b"\x0a\x00", len(root_metadata()))
    check(message.startswith(f"at offset {at}: "), f"{message}, expected offset {at}")

# ---- bundles -----------------------------------------------------------------------------------

OWN = signed(root_metadata(), ROOT1)
bundle("a good bundle", Bundle(root=OWN))
bundle("a good bundle without a root", Bundle())
with case("without a root no signature was checked, and that is said"):
    for made, said in (Bundle(), False), (Bundle(root=OWN), True):
        for kind in KINDS:
            file = checked(file=getattr(made, kind)())["files"][0]
            check(file["signatures_checked"] is said, f"signatures_checked with {made.root is not None}")
for own in (OWN, None):
    where = "a root" if own else "no root"
    bundle(f"unsigned, with {where}", Bundle(own, envelope(PLAIN, [])), ["targets-quorum"], says="not signed")
    bundle(
        f"hash flipped, with {where}",
        Bundle(own, files=[target_file(n, c, digest=sha256(b"x")) for n, c in PAYLOADS]),
        ["payloads"],
    )
    bundle(f"payload missing, with {where}", Bundle(own, signed(PLAIN, TARGETS1), PAYLOADS[:1]), ["payloads"])
    bundle(
        f"payload not listed, with {where}",
        Bundle(own, signed(PLAIN, TARGETS1), PAYLOADS + ((b"more", b"x"),)),
        ["payloads"],
    )
    bundle(f"wrong role, with {where}", Bundle(own, role=b"root"), ["targets-content"])
    bundle(
        f"a name that leads out, with {where}", Bundle(own, payloads=((b"../x", b"x"),)), ["targets-entries"]
    )
    bundle(
        f"an unknown field in an envelope, with {where}",
        Bundle(own, signed(PLAIN, TARGETS1) + data(9, b"x")),
        ["envelope"],
    )
    bundle(
        f"names that differ in case, with {where}",
        Bundle(own, payloads=((b"app", b"x"), (b"APP", b"y"))),
        warnings=["targets-entries"],
        says="differ only in case",
    )
bundle("signed by a stranger", Bundle(OWN, signed(PLAIN, TARGETS2)), ["targets-quorum"])
bundle("signed by a stranger, nobody can tell", Bundle(targets=signed(PLAIN, TARGETS2)))
bundle("expired", Bundle(OWN, expires=NOW - 1), ["targets-expiry"])
bundle(
    "a signature more that does not count",
    Bundle(OWN, envelope(PLAIN, sign(PLAIN, TARGETS1) + [(TARGETS1.id, bytes(64))])),
    warnings=["targets-quorum"],
)
with case("trailing data: tar"):
    checked(["end"], file=Bundle(OWN).tar() + bytes(512))
with case("a member that is not canonical: tar"):
    made = bytearray(Bundle(OWN).tar())
    made[136] ^= 1
    checked(["container"], file=bytes(made))
with case("two roots: pb"):
    checked(["container"], file=Bundle(OWN).pb() + data(5, OWN))

broken = [target_file(n, c, digest=sha256(b"x")) for n, c in PAYLOADS]
bundle("one fault hides no other: unsigned", Bundle(OWN, signed(targets_metadata((), files=broken), TARGETS2)),
       ["targets-quorum", "payloads"])
bundle("one fault hides no other: expired", Bundle(OWN, expires=NOW - 1, files=broken),
       ["targets-expiry", "payloads"])
bundle("one fault hides no other: the root",
       Bundle(signed(root_metadata(expires=NOW - 1), ROOT2), files=broken),
       ["root-new-quorum", "root-expiry", "payloads"])
bundle("one fault hides no other: a root that cannot be read", Bundle(envelope(b"\x0a", good), files=broken),
       ["root-content", "payloads"])
bundle("one fault hides no other: no signature, a bad root",
       Bundle(signed(root_metadata(), ROOT2), envelope(PLAIN, [])), ["root-new-quorum", "targets-quorum"])


def built_with(version, own=None):
    record = b'{"root":{"sha256":"%s","version":%d},"schema":1}' % (b"00" * 32, version)
    return Bundle(own, payloads=((b"user_manifest", record), *PAYLOADS))


bundle("the root that it was built with is gone", built_with(2), warnings=["root-stripped"], says="version 2")
bundle("an older root than it was built with", built_with(2, OWN), ["root-stripped"])
bundle("a newer root than it was built with", built_with(0, OWN))

# ---- what stock Pigweed devices make of it -------------------------------------------------------

LONG = b"n" * 33
for own in (OWN, None):
    where = "a root" if own else "no root"
    bundle(f"targets version 0, with {where}", Bundle(own, version=0), warnings=["stock-version-zero"])
    bundle(
        f"names and lengths, with {where}",
        Bundle(own, payloads=((LONG, b"x"), (b"n" * 32, b"x"), (b"empty", b""))),
        warnings=["stock-target", "stock-target"],
    )
    for length, count in ((104857601, 1), (104857600, 0), (2**32, 1), (2**63, 1)):
        with case(f"a payload of {length} bytes, with {where}"):
            content = Bundle(own, files=[target_file(b"app", b"x", length=length)]).pb()
            checked(["payloads"], ["stock-target"] * count, file=content)
ED_SEALED = signed(root_metadata(**ED_ROOT), ED1)
ED_BUNDLE = Bundle(
    ED_SEALED, signed(targets_metadata(((LONG, b"x"),), version=0), ED2), ((LONG, b"x"),)
)
with case("a bundle that is for no stock device: tar"):
    checked(file=ED_BUNDLE.tar())
with case("a bundle that is for no stock device, in their container: pb"):
    checked(warnings=["stock-key", "stock-key", "stock-version-zero", "stock-target"], file=ED_BUNDLE.pb())
with case("more findings than are told"):
    many = tuple((b"%033d" % i, b"x") for i in range(150))
    document = checked(warnings=["stock-target"] * 100, file=Bundle(OWN, payloads=many).tar())
    check(document["files"][0]["findings_omitted"] == 50, "findings_omitted is not 50")

# ---- rotations -----------------------------------------------------------------------------------


def version(number, *more, signers=(ROOT1,), **fields):
    return signed(root_metadata(version=number, targets=(TARGETS1, *more), **fields), *signers)


GROWN = version(2, TARGETS2)
with case("a root that grows: two roots"):
    checked(warnings=[("new", "root-grows")], says="refuse the first bundle", old=OWN, new=GROWN)
with case("a root that grows: in any order"):
    checked(warnings=[("new", "root-grows")], says="root create --version N", new=GROWN, old=OWN)
for kind in KINDS:
    with case(f"a root that grows: in a bundle: {kind}"):
        made = getattr(Bundle(root=GROWN), kind)()
        checked(warnings=[("new", "root-grows")], old=OWN, new=made)
        checked(warnings=[("new", "root-grows")], old=getattr(Bundle(root=OWN), kind)(), new=made)
    with case(f"a root that grows: told once of each file: {kind}"):
        made = getattr(Bundle(root=GROWN), kind)()
        checked(
            warnings=[("new", "root-grows"), ("b", "root-grows")],
            old=OWN,
            same=getattr(Bundle(root=OWN), kind)(),
            new=GROWN,
            b=made,
        )
with case("a root that does not grow"):
    checked(old=OWN, new=version(2))
    checked(old=version(1, TARGETS2), new=version(2))
with case("a root that grows, but that its devices refuse anyway"):
    checked(old=signed(root_metadata(root=(ROOT2,)), ROOT2), new=GROWN)
with case("a root that grows, but that no stock device can use"):
    checked(
        old=signed(root_metadata(root=(ED1,)), ED1),
        new=signed(root_metadata(root=(ED1,), targets=(TARGETS1, TARGETS2), version=2), ED1),
        warnings=[("old", "stock-key"), ("new", "stock-key")],
    )
with case("a root that grows: each step of several"):
    third = version(3, TARGETS2, key("targets3"))
    checked(warnings=[("b", "root-grows"), ("c", "root-grows")], a=OWN, b=GROWN, c=third)
    # Where the one between is not at hand, from the one before it.
    checked(warnings=[("c", "root-grows")], a=OWN, c=third)
with case("a root that grows: two roots of one version before it"):
    twin = signed(root_metadata(expires=NOW + 400 * DAY), ROOT1)
    checked(warnings=[("c", "root-grows")] * 2, a=OWN, b=twin, c=GROWN)
with case("a root of the same version is no rotation"):
    checked(a=OWN, b=version(1, TARGETS2))
with case("an unsound root counts for no rotation"):
    checked([("old", "root-content")], old=signed(root_metadata(root_threshold=2), ROOT1), new=GROWN)

finish()
