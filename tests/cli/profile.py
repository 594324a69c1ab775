# SPDX-License-Identifier: Apache-2.0
"""The traps of a stock Pigweed device: our verdict and its own on the same bundle, the note that tells
the difference, and where it stands."""

from forge import *
from judging import *

ROOT2, TARGETS2, TARGETS3 = key("root2"), key("targets2"), key("targets3")
ED1, ED2 = key("ed25519-1"), key("ed25519-2")
STOCK = "a stock Pigweed device "
PLAIN = targets_metadata(PAYLOADS)
DEVICE = device_manifest(PLAIN)


def asks(bundle, *options, ours=None, theirs=None, status="OK", persisted=False, again=False, last=False,
         says="", anchor=ANCHOR, device=None):
    """ours and theirs: the steps at which we and the device refuse; None: accepted. The document, the
    notes and the last line of the text say so, and nothing else changes."""
    with files(bundle=bundle, anchor=anchor, device=device) as folder:
        options = list(options) if "--self" in options else anchor_options(device, options)
        plain = judge(folder, "bundle", *options)
        run = judge(folder, "bundle", "--profile", "pigweed", *options)
        document = run.document
        for member in ("verdict", "failed_step", "warnings", "authenticated"):
            run.check(document.get(member) == plain.document.get(member), f"{member} differs")
        run.check(document.get("failed_step") == ours, f"we refuse at {document.get('failed_step')}")
        expected = {
            "name": "pigweed",
            "verdict": "accept" if theirs is None else "reject",
            "status": status,
            "root_persisted": persisted,
            "accepted_when_sent_again": again,
            "last_update": last,
        }
        if theirs is not None:
            expected["step"] = theirs
        profile = dict(document["profile"])
        reason = profile.pop("reason", "")
        run.check(profile == expected, f"profile is {profile}, expected {expected}")
        run.check((reason != "") == (theirs is not None), f"reason is '{reason}'")
        run.check(says in reason, f"the reason '{reason}' lacks '{says}'")

        notes = {s["step"]: s["note"] for s in document["steps"] if STOCK in s.get("note", "")}
        run.check(notes == expected_notes(document, ours, theirs, reason, again, notes), f"notes: {notes}")
        text = Run(["verify", "bundle", "--profile", "pigweed", *options], folder)
        text.has_nothing_to_hide()
        last_line = text.out.decode().splitlines()[-1]
        start = "accepts" if theirs is None else f"refuses at {theirs}: "
        text.check(last_line.startswith("stock Pigweed device: " + start), last_line)
        text.check(again == last_line.endswith("accepts the same bundle when it is sent again"), last_line)
        text.check(last == last_line.endswith("and no update after it"), last_line)


def expected_notes(document, ours, theirs, reason, again, notes):
    """The one note that there is to be, at its step, behind whatever the step says by itself."""
    taken = [step["step"] for step in document["steps"]]
    more = ", and accepts the same bundle when it is sent again" if again else ""
    if ours == theirs:
        return {}
    if theirs in taken:
        step, note = theirs, f"refuses here: {reason}{more}"
    elif theirs is None:
        step, note = ours, "passes this step and accepts the bundle"
    else:
        step, note = ours, f"passes this step and refuses the bundle at {theirs}: {reason}{more}"
    found = notes.get(step, "")
    return {step: found if found.endswith(STOCK + note) else STOCK + note}


def padded_root(size, **metadata):
    """Root metadata of that size, by an unknown field."""
    metadata.setdefault("version", 2)
    plain = root_metadata(**metadata)
    room = size - len(plain)
    body = next(n for n in range(room) if len(data(1000, bytes(n))) == room)
    return root_metadata(extra=data(1000, bytes(body)), **metadata)


# ---- alike -------------------------------------------------------------------------------------

both("a good bundle", Bundle(), asks)
both("a good bundle, --strict", Bundle(), asks, "--strict")
both("a good bundle on a device that has one", Bundle(version=2), asks, device=DEVICE)
both("the same root", Bundle(root=ANCHOR), asks, persisted=True)
OTHER_APP = (b"app", PAYLOADS[0][1][:-1] + b"x")
both("other content of a payload", Bundle().but(payloads=[OTHER_APP, PAYLOADS[1]]), asks, ours="payloads",
     theirs="payloads", status="UNAUTHENTICATED", says="'app'")
both("a stranger's signature", Bundle(targets=signed(PLAIN, TARGETS2)), asks, ours="targets-quorum",
     theirs="targets-quorum", status="UNAUTHENTICATED", says="0 of the 1")
both("an older release", Bundle(), asks, ours="targets-version", theirs="targets-version",
     status="UNAUTHENTICATED", says="from version 2 to 1",
     device=device_manifest(targets_metadata(PAYLOADS, version=2)))
both("an older root", Bundle(root=ANCHOR), asks, ours="root-version", theirs="root-version",
     status="UNAUTHENTICATED", says="from version 2 to 1", anchor=signed(root_metadata(version=2), ROOT1))

# ---- a root that grows -------------------------------------------------------------------------

# Tag and two bytes of length stand before the signed part, as in the signed root that the device holds.
FITS = len(ANCHOR) - 3
for extra in (0, 1, 300):
    grown = signed(padded_root(FITS + extra), ROOT1)
    answer = dict(persisted=True)
    if extra > 0:
        answer.update(theirs="root-version", status="NOT_FOUND", again=True, says=f"{len(ANCHOR)} bytes")
    both(f"a root whose signed part is {extra} bytes too long", Bundle(root=grown), asks, **answer)
    both(f"that bundle sent again, {extra}", Bundle(root=grown), asks, persisted=True, anchor=grown)
both("a root that is longer by signatures alone",
     Bundle(root=signed(root_metadata(root=(ROOT2,), version=2), ROOT1, ROOT2)), asks, persisted=True)
metadata = root_metadata(version=2)
turned = b"".join(data(2, signature(*item)) for item in sign(metadata, ROOT1)) + data(1, metadata)
with case("signatures in front of the signed part: pb"):
    asks(Bundle(root=turned).pb(), persisted=True)
turned = data(2, signature(bytes(32), bytes(64))) + turned
with case("one signature more in front of it moves the signed part past the end: pb"):
    asks(Bundle(root=turned).pb(), theirs="root-version", status="NOT_FOUND", persisted=True, again=True)
grown = signed(padded_root(FITS + 300, targets=(TARGETS2,)), ROOT1)
both("a root that grows, and targets that it does not accept", Bundle(root=grown), asks,
     ours="targets-quorum", theirs="root-version", status="NOT_FOUND", persisted=True)
ROTATED = signed(root_metadata(targets=(TARGETS2,), version=2), ROOT1)
both("targets signed by the new key in the bundle that rotates it",
     Bundle(root=ROTATED, targets=signed(PLAIN, TARGETS2)), asks, persisted=True)

# ---- versions ----------------------------------------------------------------------------------

both("targets version 0 on an empty device", Bundle(version=0), asks, last=True)
STUCK = device_manifest(targets_metadata(PAYLOADS, version=0))
for version in (0, 5):
    both(f"version {version} on a device of version 0", Bundle(version=version), asks, device=STUCK,
         theirs="targets-version", status="NOT_FOUND", says="no update any more")
ZERO = data(1, b"0.0.1") + num(2, 0)
WRITTEN = dict(head=ZERO + data(4, b"targets"))
both("version 0 that is written", Bundle(**WRITTEN), asks)
both("version 0 that is written, on such a device", Bundle(**WRITTEN), asks,
     device=device_manifest(targets_metadata(PAYLOADS, **WRITTEN)))
WIDE = Bundle(head=data(1, b"0.0.1") + num(2, 2**32 + 3) + data(4, b"targets"))
both("a targets version of 33 bits", WIDE, asks, ours="targets-content", last=True)
both("a targets version of 33 bits on a device that has one", WIDE, asks, ours="targets-content",
     theirs="targets-version", status="FAILED_PRECONDITION", device=DEVICE)
V0 = signed(root_metadata(version=0), ROOT1)
both("a new root, after one of version 0", Bundle(root=signed(root_metadata(version=1), ROOT1)), asks,
     theirs="root-version", status="NOT_FOUND", anchor=V0)
both("no new root, after one of version 0", Bundle(), asks, anchor=V0)
both("a root of version 0 anew", Bundle(root=V0), asks, anchor=V0, theirs="root-version",
     status="NOT_FOUND")
both("a root of version 0 after 1", Bundle(root=V0), asks, ours="root-version", theirs="root-content",
     status="NOT_FOUND", says="no version")
Z1 = signed(root_metadata(head=ZERO + data(4, b"root")), ROOT1)
both("a root of version 0 that is written", Bundle(root=Z1), asks, persisted=True, anchor=Z1)
both("a lower targets version with a rotated targets key",
     Bundle(root=ROTATED, targets=signed(PLAIN, TARGETS2)), asks, theirs="targets-version",
     status="UNAUTHENTICATED", persisted=True, device=device_manifest(targets_metadata(PAYLOADS, version=9)))

# ---- limits of targets -------------------------------------------------------------------------

for size in (32, 33):
    payloads = [(b"n" * size, b"content")]
    answer = dict(theirs="targets-entries", status="RESOURCE_EXHAUSTED", says="33 bytes")
    both(f"a name of {size} bytes", Bundle(payloads=payloads), asks, **(answer if size > 32 else {}))
EMPTY = [(b"empty", b"")]
both("a target of length 0", Bundle(payloads=EMPTY), asks, theirs="targets-entries", status="NOT_FOUND",
     says="'empty'")
written = data(1, b"empty") + num(2, 0) + data(3, hash_message(sha256(b"")))
both("a length of 0 that is written", Bundle(payloads=EMPTY, files=[written]), asks)
for size in (104857600, 104857601, 2**32):
    listed = targets_metadata([], files=[target_file(b"app", b"", length=size, digest=bytes(32))])
    answer = dict(theirs="targets-entries", status="OUT_OF_RANGE", says="104,857,600")
    both(f"a payload of {size} bytes that the device has",
         Bundle(targets=signed(listed, TARGETS1), payloads=[]), asks, device=device_manifest(listed),
         **(answer if size > 104857600 else {}))
# Target by target: its entry, then its payload.
LONG, SHORT = (b"a" * 33, b"x"), (b"b", b"y")
bad = Bundle(payloads=[LONG, SHORT]).but(payloads=[LONG, (b"b", b"z")])
both("a long name in front of a bad payload", bad, asks, ours="payloads", theirs="targets-entries",
     status="RESOURCE_EXHAUSTED")
bad = Bundle(payloads=[SHORT, LONG]).but(payloads=[(b"b", b"z"), LONG])
both("a bad payload in front of a long name", bad, asks, ours="payloads", theirs="payloads",
     status="UNAUTHENTICATED")

# ---- payloads that are left out ----------------------------------------------------------------

LEFT = Bundle().but(payloads=[PAYLOADS[1]])
both("a payload that the device has", LEFT, asks, device=DEVICE)
for name, device, says in (
    ("and no device manifest", None, "no manifest"),
    ("and the device does not have it", [PAYLOADS[1]], "lists no such"),
    ("and the device has it in another length", [(b"app", b"x"), PAYLOADS[1]], "another length"),
    ("and the device has other content", [OTHER_APP, PAYLOADS[1]], "other content"),
):
    held = device and device_manifest(targets_metadata(device))
    both(f"a payload is missing, {name}", LEFT, asks, ours="payloads", theirs="payloads",
         status="UNAUTHENTICATED", says=says, device=held)
both("an unlisted payload", Bundle().but(payloads=[*PAYLOADS, (b"zzz", b"unlisted")]), asks, ours="payloads")
with case("a last payload that is cut off, of which the device has the hash: pb"):
    asks(Bundle(version=2).pb()[:-1], ours="container", device=DEVICE)

# ---- signatures --------------------------------------------------------------------------------

good = sign(PLAIN, TARGETS1)
key_id, raw = good[0]
long = envelope(PLAIN, [(key_id, raw + b"\0")])
both("a signature of 65 bytes", Bundle(targets=long), asks, ours="targets-quorum")
both("a key id of 33 bytes", Bundle(targets=envelope(PLAIN, [(key_id + b"\0", raw)])), asks,
     ours="targets-quorum")
r, s = (int.from_bytes(part, "big") for part in (raw[:32], raw[32:]))
twin = (key_id, ecdsa_raw(r, P256_ORDER - s))
TWO = signed(root_metadata(targets=(TARGETS1, TARGETS2), targets_threshold=2), ROOT1)
both("one key that signs twice", Bundle(targets=envelope(PLAIN, good * 2)), asks, anchor=TWO,
     ours="targets-quorum")
both("both forms of one signature", Bundle(targets=envelope(PLAIN, [*good, twin])), asks, anchor=TWO,
     ours="targets-quorum")
both("a high s alone", Bundle(targets=envelope(PLAIN, [twin])), asks)
both("one signature of two", Bundle(), asks, ours="targets-quorum", theirs="targets-quorum",
     status="UNAUTHENTICATED", says="1 of the 2", anchor=TWO)
both("no signature", Bundle(targets=envelope(PLAIN, [])), asks, ours="targets-quorum", theirs="targets-quorum",
     status="UNAUTHENTICATED")
for name, strange in (("no key id", (b"", raw)), ("a short key id", (key_id[:31], raw))):
    both(f"a signature with {name} in front", Bundle(targets=envelope(PLAIN, [strange, *good])), asks,
         theirs="targets-quorum", status="UNAUTHENTICATED", says="key id of 32 bytes")
    both(f"a signature with {name} behind", Bundle(targets=envelope(PLAIN, [*good, strange])), asks)
# A step tells only so many bad signatures; the note is not among what it leaves out.
bad = [(key_id, bytes(63) + bytes([i])) for i in range(200)]
both("one key that signs twice, among 200 bad signatures", Bundle(targets=envelope(PLAIN, good * 2 + bad)),
     asks, anchor=TWO, ours="targets-quorum")
both("a signature with no key id behind 200 bad ones, in front of a good one",
     Bundle(targets=envelope(PLAIN, [*bad, (b"", raw), *good])), asks, theirs="targets-quorum",
     status="UNAUTHENTICATED", says="key id of 32 bytes")
both("an empty signature by a listed key in front", Bundle(targets=envelope(PLAIN, [(key_id, b""), *good])),
     asks, theirs="targets-quorum", status="UNAUTHENTICATED")
ED_ROOT = signed(root_metadata(root=(ED1,), targets=(ED2,)), ED1)
both("ed25519 keys", Bundle(targets=signed(PLAIN, ED2)), asks, anchor=ED_ROOT, theirs="targets-quorum",
     status="UNAUTHENTICATED")
POINT = TARGETS1.value
small = Key(P256, bytes([2 + POINT[-1] % 2]) + POINT[1:33], TARGETS1.pem)
packed = signed(root_metadata(targets=(small,), version=2), ROOT1)
both("a compressed point", Bundle(root=packed, targets=signed(PLAIN, small)), asks, ours="root-content",
     theirs="targets-quorum", status="UNAUTHENTICATED", persisted=True)
rsa = TARGETS1.but(kind=RSA)
odd = signed(root_metadata(targets=(rsa,), version=2), ROOT1)
signer = Key(P256, POINT, TARGETS1.pem, key_id=rsa.id)
both("a P-256 point that is called RSA", Bundle(root=odd, targets=signed(PLAIN, signer)), asks,
     ours="root-content", persisted=True)
alias = Key(P256, POINT, TARGETS1.pem, key_id=b"\x11" * 32)
shared = signed(root_metadata(targets=(TARGETS1, alias), targets_threshold=2, version=2), ROOT1)
both("one key under two ids", Bundle(root=shared, targets=signed(PLAIN, TARGETS1, alias)), asks,
     ours="root-content", theirs="root-version", status="NOT_FOUND", persisted=True, again=True)

# ---- what it does not look at ------------------------------------------------------------------

both("a root that has expired", Bundle(root=signed(root_metadata(version=2, expires=1), ROOT1)), asks,
     ours="root-expiry", persisted=True)
both("targets that have expired", Bundle(expires=1), asks, ours="targets-expiry")
both("targets in another role", Bundle(role=b"root"), asks, ours="targets-content")
both("a root in another role", Bundle(root=signed(root_metadata(version=2, role=b"targets"), ROOT1)), asks,
     ours="root-content", persisted=True)
good_hash, bad_hash = hash_message(sha256(b"x")), hash_message(bytes(32))
for name, hashes, answer in (
    ("good first", [good_hash, bad_hash], {}),
    ("bad first", [bad_hash, good_hash], dict(theirs="payloads", status="UNAUTHENTICATED")),
):
    listed = [target_file(b"x", b"x", hashes=hashes)]
    both(f"two SHA-256, {name}", Bundle(payloads=[(b"x", b"x")], files=listed), asks, ours="targets-entries",
         **answer)
listed = [target_file(b"x", b"x", hashes=[data(2, bytes(32)), good_hash])]
both("a hash that does not say its function, in front of a good one",
     Bundle(payloads=[(b"x", b"x")], files=listed), asks, theirs="targets-entries", status="NOT_FOUND")

# ---- its reading of the wire -------------------------------------------------------------------

RESERVED = num(19000, 1)
both("a field 19000 in front of the targets", Bundle(targets=signed(RESERVED + PLAIN, TARGETS1)), asks,
     theirs="targets-entries", status="NOT_FOUND", says="no name")
both("a field 19000 behind them", Bundle(targets=signed(PLAIN + RESERVED, TARGETS1)), asks,
     theirs="targets-entries", status="NOT_FOUND")
both("a field 20000", Bundle(targets=signed(num(20000, 1) + PLAIN, TARGETS1)), asks)
blind = signed(RESERVED + root_metadata(version=2), ROOT1)
both("a field 19000 in front of the root's keys", Bundle(root=blind), asks, theirs="root-new-quorum",
     status="UNAUTHENTICATED", says="threshold")
evil = signed(targets_metadata([(b"app", b"evil")]), TARGETS2)
parts = Bundle().fields()
whole = b"".join(parts)
unseen = dict(ours="container")
wire = (
    ("a second release behind the first", whole + data(3, entry(b"targets", evil)), unseen),
    ("a second release in front of it", data(3, entry(b"targets", evil)) + whole,
     dict(ours="container", theirs="targets-quorum", status="UNAUTHENTICATED")),
    ("a second payload of a name behind", whole + data(4, entry(b"app", b"evil")), unseen),
    ("a second payload of a name in front", data(4, entry(b"app", b"evil")) + whole,
     dict(ours="container", theirs="payloads", status="UNAUTHENTICATED")),
    ("an entry without a name in front of the payloads", data(4, data(2, b"")) + whole,
     dict(ours="container", theirs="payloads", status="UNAUTHENTICATED")),
    ("bytes after the bundle", whole + bytes(100), unseen),
    ("a group in front", b"\x0b\x0c" + whole,
     dict(ours="container", theirs="container", status="NOT_FOUND")),
    ("a group behind", whole + b"\x0b\x0c", unseen),
    ("a length of 2^32 behind", whole + tag(9, 2) + write_varint(2**32), unseen),
    ("tag and length in more bytes than they need", long_varint(5 << 3 | 2, 3) + long_varint(0, 2) + whole,
     dict(ours="container", theirs="root-old-quorum", status="UNAUTHENTICATED")),
    ("no targets metadata", b"".join(parts[1:]),
     dict(ours="container", theirs="container", status="NOT_FOUND")),
    ("a root that is cut off", whole + data(5, ANCHOR)[:-1], unseen),
    ("an unknown field", whole + num(100, 1), unseen),
)
for name, content, answer in wire:
    with case(f"{name}: pb"):
        asks(content, **answer)

# ---- self-verification -------------------------------------------------------------------------

both("--self", Bundle(root=ANCHOR), asks, "--self")
both("--self, no root", Bundle(), asks, "--self", ours="anchor-given")
both("--self, no signature", Bundle(root=ANCHOR, targets=envelope(PLAIN, [])), asks, "--self",
     ours="targets-quorum")
both("--self, a stranger's signature", Bundle(root=ANCHOR, targets=signed(PLAIN, TARGETS2)), asks, "--self",
     ours="targets-quorum", theirs="targets-quorum", status="UNAUTHENTICATED")
both("--self, a root of version 0", Bundle(root=V0), asks, "--self", theirs="root-version", status="NOT_FOUND")


# ---- where it cannot be asked, and the option --------------------------------------------------


def unknown(run, says):
    run.check(run.status in (0, 1), "expected a verdict")
    document = json.loads(run.out)
    profile = document["profile"]
    run.check(set(profile) == {"name", "verdict", "reason"} and profile["verdict"] == "unknown", f"{profile}")
    run.check(says in profile["reason"], f"the reason is {profile['reason']}")
    run.check(STOCK not in run.out.decode(), "a note tells what is not known")


ASK = ("--root", "anchor", "--profile", "pigweed")
with case("a pipe"):
    with files(anchor=ANCHOR) as folder:
        unknown(Run(["verify", "-", "--json", *ASK], folder, stdin=Bundle().tar()), "read once")
        run = Run(["verify", "-", *ASK], folder, stdin=Bundle().tar()).exits(0)
        last_line = run.out.decode().splitlines()[-1]
        run.check(last_line.startswith("stock Pigweed device: unknown: "), last_line)
for name, content in (
    ("a tar bundle that is cut off", Bundle().tar()[:-1024]),
    ("a tar bundle with a bad header", Bundle().tar().replace(b"targets/app", b"targets/apq")),
):
    with case(name):
        with files(bundle=content, anchor=ANCHOR) as folder:
            unknown(Run(["verify", "bundle", "--json", *ASK], folder).exits(1), "knows no tar")
with case("standard input that is a file"):
    with files(bundle=Bundle().pb(), anchor=ANCHOR) as folder:
        with open(os.path.join(folder, "bundle"), "rb") as file:
            done = subprocess.run([TOOL, "verify", "-", "--json", *ASK], cwd=folder, stdin=file,
                                  capture_output=True, timeout=SECONDS, check=False)
        check(done.returncode == 0, f"{done}")
        check(json.loads(done.stdout)["profile"]["verdict"] == "accept", f"{done}")
with case("--profile generic adds nothing"):
    with files(bundle=Bundle(payloads=EMPTY).pb(), anchor=ANCHOR) as folder:
        plain = Run(["verify", "bundle", "--root", "anchor", "--time", "2026-11-23", "--json"], folder)
        run = Run([*plain.arguments, "--profile", "generic"], folder)
        run.check(run.out == plain.out, "the report differs")
for name, options, says in (
    ("another profile", ["--profile", "other"], "generic|pigweed"),
    ("--type root", ["--type", "root", "--profile", "pigweed"], "--profile goes with a bundle"),
):
    with case(f"usage: {name}"):
        with files(bundle=ANCHOR, anchor=ANCHOR) as folder:
            Run(["verify", "bundle", "--root", "anchor", *options], folder).is_one_error(2, says)

# ---- a root that it stops at -------------------------------------------------------------------

# What verify tells of the bundle, build and check tell of the root before there is one.
RELEASE = b"""schema: 1
product: {name: w}
release: {version: '1', metadata_version: 5}
targets: [{name: app, file: app.bin}]
signing: {root: new}
bundle: {format: pigweed}
"""
ASKED = RELEASE.replace(b"format", b"profile: pigweed, format")


def builds(name, new, theirs=None, says=""):
    """theirs: the step at which the device refuses a bundle with that root; None: it takes it."""
    refused = theirs is not None
    with files(new=new, app_bin=b"app", plain_yaml=RELEASE, asked_yaml=ASKED, anchor=ANCHOR) as folder:
        output = ["-o", "out.pb", "--key", TARGETS1.pem]
        with case(f"{name}: build for the profile"):
            run = Run(["build", "asked.yaml", *output], folder)
            if refused:
                run.is_one_error(3, says)
                run.check("out.pb" not in run.files, "it wrote")
                Run(["build", "plain.yaml", *output, "--profile", "pigweed"], folder).is_one_error(3, says)
            else:
                run.exits(0)
        with case(f"{name}: check for the profile"):
            run = Run(["check", "asked.yaml", "--json"], folder).exits(1 if refused else 0)
            found = [(f["code"], says in f["message"]) for f in json.loads(run.out)["files"][0]["findings"]]
            run.check(found == [("profile", True)] * refused, f"found {found}")
        with case(f"{name}: an UpdateBundle without a profile"):
            run = Run(["build", "plain.yaml", *output], folder).exits(0)
            warned = b"profile pigweed" in run.err and says in run.err.decode()
            run.check(warned == refused, "another warning")
        with case(f"{name}: the bundle"):
            run = judge(folder, "out.pb", *ASK).exits(0)
            run.check(run.document["profile"].get("step") == theirs, f"{run.document['profile']}")
        for file in ("new", "out.pb"):
            with case(f"{name}: check of {file}"):
                run = Run(["check", file, "--json"], folder).exits(0)
                found = [says in f["message"] for f in json.loads(run.out)["files"][0]["findings"]
                         if f["code"] == "stock-root"]
                run.check(found == [True] * refused, f"found {found}")


SMALL = root_metadata()
GOOD = sign(SMALL, ROOT1)
STOP = num(19001, 1)
ROLES = data(4, requirement([ROOT1.id], 1)) + data(7, requirement([TARGETS1.id], 1))
builds("a root as it is", ANCHOR)
builds("a short key id before the threshold is met", envelope(SMALL, [(b"ab", bytes(64)), *GOOD]),
       "root-old-quorum", "its root role cannot be counted: a signature has no key id of 32 bytes")
builds("a short key id behind it", envelope(SMALL, [*GOOD, (b"ab", bytes(64))]))
builds("an empty signature before the threshold is met", envelope(SMALL, [(ROOT1.id, b""), *GOOD]),
       "root-old-quorum", "its root role cannot be counted: a signature has no value")
builds("field 19001 first", signed(STOP + SMALL, ROOT1), "root-new-quorum",
       "its root role cannot be counted: the role has no threshold")
builds("field 19001 last", signed(SMALL + STOP, ROOT1))
builds("field 19001 before the targets role",
       signed(SMALL.replace(ROLES, ROLES[: -len(data(7, requirement([TARGETS1.id], 1)))] + STOP
                            + data(7, requirement([TARGETS1.id], 1))), ROOT1),
       "targets-quorum", "its targets role cannot be counted: the role has no threshold")
builds("field 19001 before the targets key",
       signed(data(1, common(b"root", 1)) + data(3, ROOT1.mapping()) + ROLES + STOP
              + data(3, TARGETS1.mapping()), ROOT1),
       "targets-quorum", "its targets role cannot be counted: a key that is listed for the role is not found")
builds("field 19001 before the version", signed(root_metadata(head=STOP + common(b"root", 1)), ROOT1),
       "root-content", "its version cannot be read")
# Signatures may come later, and more keys than it needs.
with case("a root that nobody signed yet is no matter of the profile"):
    with files(new=envelope(SMALL, []), app_bin=b"app", asked_yaml=ASKED) as folder:
        run = Run(["build", "asked.yaml", "-o", "out.pb"], folder).exits(0)
        run.check("not signed by its own quorum yet" in run.err.decode(), "not warned of")

# ---- what a hostile file costs -----------------------------------------------------------------


def bounded(name, content, holds, device=None):
    with case(f"bounded: {name}"):
        with files(bundle=content, anchor=ANCHOR, device=device) as folder:
            arguments = ["verify", "bundle", "--profile", "pigweed", "--json", *anchor_options(device, [])]
            run = limited(arguments, folder, 10, 512)
            run.check(run.status in (0, 1), "expected a verdict")
            profile = json.loads(run.out)["profile"]
            run.check(holds(profile), f"profile: {profile}")


def accepts(profile):
    return profile["verdict"] == "accept"


def gives_up(profile):
    # It is not said to be refused: a device with more patience may accept it.
    return set(profile) == {"name", "verdict", "reason"} and profile["verdict"] == "unknown" and (
        "are looked at" in profile["reason"]
    )


many = [(b"t%d" % i, b"%d" % i) for i in range(10000)]
bundle = Bundle(payloads=many)
for kind in KINDS:
    bounded(f"10,000 targets: {kind}", getattr(bundle, kind)(), accepts)
bounded("10,000 targets that the device has", bundle.but(payloads=[]).pb(), accepts,
        device=device_manifest(targets_metadata(many)))
big = b"\xa5" * (8 << 20)
listed = targets_metadata([], files=[target_file(b"app", big)] * 10000)
bounded("10,000 targets of one payload",
        Bundle(targets=signed(listed, TARGETS1), payloads=[(b"app", big)]).pb(), accepts)
listed = targets_metadata([], files=[target_file(b"%d" % i, b"") for i in range(10001)])
bounded("10,001 targets", Bundle(targets=signed(listed, TARGETS1), payloads=[]).pb(),
        gives_up)
bounded("millions of fields", num(100, 1) * 3000000 + Bundle().pb(), gives_up)
bounded("millions of fields behind the root and the targets", Bundle().pb() + num(100, 1) * 3000000,
        gives_up)
bounded("a root of 9 MiB", data(5, bytes(9 << 20)) + Bundle().pb(), gives_up)
bounded("70,000 signatures",
        Bundle(targets=envelope(PLAIN, [(key_id, bytes(32) + raw[:32])] * 70000)).pb(),
        gives_up)
heavy = root_metadata(version=2, root_requirement=requirement([b"%032d" % i for i in range(200000)], 1))
bounded("200,000 keys of a role", Bundle(root=signed(heavy, ROOT1)).pb(), gives_up)

finish()
