# SPDX-License-Identifier: Apache-2.0
"""Encodings that one parser reads so and another otherwise: in envelopes, in signed roots (in a
bundle and as the anchor) and in signed targets metadata. Then what targets metadata lists."""

from forge import *
from judging import *

PLAIN = targets_metadata(PAYLOADS)
ROOT = root_metadata(version=2)
SIGNATURE = sign(PLAIN, TARGETS1)[0]


# ---- what no message may hold ------------------------------------------------------------------


def faults(bytes_field, number_field, message_field):
    """(name, bytes) to append to a message: faults of the framing, with fields that it knows."""
    yield "wrong wire type, a number for bytes", num(bytes_field, 1)
    if number_field:
        yield "wrong wire type, bytes for a number", data(number_field, b"\1")
        yield "wrong wire type, 64 bits for a number", tag(number_field, 1) + bytes(8)
        yield "wrong wire type, 32 bits for a number", tag(number_field, 5) + bytes(4)
    if message_field:
        yield "wrong wire type, a number for a message", num(message_field, 1)
    yield "group", tag(100, 3) + tag(100, 4)
    yield "group of a known field", tag(bytes_field, 3) + tag(bytes_field, 4)
    yield "end of a group", tag(100, 4)
    yield "wire type 6", tag(100, 6)
    yield "wire type 7", tag(100, 7)
    yield "field number 0", tag(0, 2) + b"\0"
    yield "field number over 2^29", tag(1 << 29, 0) + b"\0"
    yield "non-minimal varint in a tag", long_varint(100 << 3, 1) + b"\0"
    yield "non-minimal varint in a length", tag(100, 2) + long_varint(1, 1) + b"a"
    yield "non-minimal varint in a length, ten bytes", tag(100, 2) + long_varint(1, 9) + b"a"
    yield "non-minimal varint in a number", tag(100, 0) + long_varint(5, 2)
    yield "varint over 64 bits", tag(100, 0) + b"\xff" * 9 + b"\x02"
    yield "varint of eleven bytes", tag(100, 0) + b"\x80" * 10 + b"\x01"
    yield "varint cut", tag(100, 0) + b"\x80"
    yield "tag cut", b"\x80"
    yield "length past the end", tag(100, 2) + b"\x05abc"
    yield "length of 2^63", tag(100, 2) + write_varint(1 << 63) + b"a"
    yield "length of 2^64 - 1", tag(100, 2) + write_varint(2**64 - 1) + b"a"
    yield "64 bits cut", tag(100, 1) + bytes(7)
    yield "32 bits cut", tag(100, 5) + bytes(3)


def bad_envelope(name, sealed):
    """Around targets metadata that is good; and the same around a root."""
    both(f"envelope, {name}", Bundle(targets=sealed(PLAIN, TARGETS1)), rejected, "envelope")
    both(f"envelope of a root, {name}", Bundle(root=sealed(ROOT, ROOT1)), rejected, "envelope")


for fault, more in faults(1, None, 2):
    bad_envelope(
        fault,
        lambda metadata, signer, more=more: envelope(metadata, sign(metadata, signer), extra=more),
    )


def with_signature(change):
    """The envelope whose one signature is the message that change makes of key id and value."""
    return lambda metadata, signer: envelope(metadata, [change(*sign(metadata, signer)[0])])


bad_envelope(
    "duplicate singular field, the metadata",
    lambda metadata, signer: data(1, metadata) + envelope(metadata, sign(metadata, signer)),
)
bad_envelope(
    "duplicate singular field, the metadata, the first one other",
    lambda metadata, signer: data(1, b"") + envelope(metadata, sign(metadata, signer)),
)
bad_envelope(
    "duplicate singular field, a key id",
    with_signature(lambda key_id, value: data(1, bytes(32)) + signature(key_id, value)),
)
bad_envelope(
    "duplicate singular field, a signature",
    with_signature(lambda key_id, value: data(1, key_id) + data(2, value) * 2),
)
bad_envelope(
    "wrong wire type, a key id",
    with_signature(lambda key_id, value: num(1, 1) + data(2, value)),
)
bad_envelope(
    "non-minimal varint in a signature's length",
    with_signature(lambda key_id, value: data(1, key_id) + tag(2, 2) + long_varint(64, 1) + value),
)
both("envelope without metadata", Bundle(targets=data(2, signature(*SIGNATURE))), rejected,
     "targets-quorum")
both("an empty envelope", Bundle(targets=b""), rejected, "targets-quorum")

# ---- unknown fields ----------------------------------------------------------------------------

UNKNOWN = {
    "number": num(100, 7),
    "bytes": data(99, b"smuggled"),
    "64 bits": tag(98, 1) + bytes(8),
    "32 bits": tag(97, 5) + bytes(4),
}
for kind, unknown in UNKNOWN.items():
    for place, bundle in (
        ("an envelope", Bundle(targets=envelope(PLAIN, [SIGNATURE], unknown))),
        ("a signature", Bundle(targets=envelope(PLAIN, [signature(*SIGNATURE) + unknown]))),
        ("the envelope of a root", Bundle(root=envelope(ROOT, sign(ROOT, ROOT1), unknown))),
    ):
        name = f"unknown field in {place}, {kind}"
        both(name, bundle, rejected, "envelope", says="--allow-unknown")
        both(f"{name}, --allow-unknown", bundle, accepted, "--allow-unknown",
             warns={"envelope": "no signature covers"})
with case("unknown field in the envelope of the anchor: bad input, naming --allow-unknown"):
    anchor = envelope(root_metadata(), sign(root_metadata(), ROOT1), UNKNOWN["bytes"])
    with files(bundle=Bundle().tar(), anchor=anchor) as folder:
        run = Run(["verify", "bundle", "--root", "anchor"], folder)
        run.is_one_error(3, "--allow-unknown")
        run = Run(["verify", "bundle", "--root", "anchor", "--allow-unknown"], folder).exits(0)
many = envelope(PLAIN, [SIGNATURE], b"".join(num(100, i) for i in range(1024)))
both("1,024 unknown fields, --allow-unknown", Bundle(targets=many), accepted, "--allow-unknown",
     warns={"envelope": "1024"})
both("1,025 unknown fields, --allow-unknown", Bundle(targets=many + num(100, 0)), rejected,
     "envelope", "--allow-unknown")


def dump_tells(bundle, path, count):
    with files(bundle=bundle) as folder:
        run = Run(["dump", "bundle", "--json"], folder).exits(0)
        document = json.loads(run.out)
        run.check(document[path]["unknown_fields"] == count, f"expected {count} in {path}")
        text = Run(["dump", "bundle"], folder).exits(0)
        text.check(b"unknown" in text.out, "the text does not tell of unknown fields")


for place, unknown, extra in (
    ("targets metadata", b"".join(UNKNOWN.values()), {}),
    ("the common metadata", b"", {"head": common(b"targets", 1) + UNKNOWN["bytes"]}),
    (
        "a target",
        b"",
        {"files": [target_file(n, c, extra=UNKNOWN["number"]) for n, c in PAYLOADS[:1]]
         + [target_file(*PAYLOADS[1])]},
    ),
    (
        "a hash",
        b"",
        {"files": [target_file(*PAYLOADS[0], hashes=[
            hash_message(sha256(PAYLOADS[0][1])) + UNKNOWN["number"]]), target_file(*PAYLOADS[1])]},
    ),
):
    bundle = Bundle(targets=signed(targets_metadata(PAYLOADS, extra=unknown, **extra), TARGETS1))
    count = 4 if unknown else 1
    both(f"unknown field inside signed metadata, {place}", bundle, accepted,
         notes={"targets-content": f"{count} unknown signed field"})
    with case(f"unknown field inside signed metadata, {place}: told by dump"):
        dump_tells(bundle.tar(), "targets_metadata", count)
        dump_tells(bundle.pb(), "targets_metadata", count)
odd_root = Bundle(root=signed(root_metadata(version=2, extra=UNKNOWN["bytes"]), ROOT1))
both("unknown field inside a signed root", odd_root, accepted,
     notes={"root-content": "1 unknown signed field"})
with case("unknown field inside a signed root: told by dump"):
    dump_tells(odd_root.tar(), "root", 1)
both("1,025 unknown fields inside signed metadata",
     Bundle(targets=signed(PLAIN + num(100, 1) * 1025, TARGETS1)), rejected, "targets-content")

# ---- signed targets metadata -------------------------------------------------------------------


def bad_targets(name, metadata, says=""):
    both(f"targets metadata, {name}", Bundle(targets=signed(metadata, TARGETS1)), rejected,
         "targets-content", says=says)


HEAD = common(b"targets", 1)
FILES = [target_file(*payload) for payload in PAYLOADS]


def with_file(file):
    return targets_metadata(PAYLOADS, files=[file, FILES[1]])


def with_head(head):
    return targets_metadata(PAYLOADS, head=head)


APP, CONTENT = PAYLOADS[0]
DIGEST = sha256(CONTENT)
HASH = data(3, hash_message(DIGEST))

for fault, more in faults(2, None, 1):
    bad_targets(fault, PLAIN + more)
for fault, more in faults(4, 2, 3):
    bad_targets(f"{fault} in the common metadata", with_head(HEAD + more))
for fault, more in faults(1, 2, 3):
    bad_targets(f"{fault} in a target", with_file(FILES[0] + more))
for name, metadata in (
    ("the common metadata", data(1, HEAD) + PLAIN),
    ("the version", with_head(HEAD + num(2, 1))),
    ("the version, the first one lower", with_head(num(2, 0) + HEAD)),
    ("the role", with_head(HEAD + data(4, b"targets"))),
    ("the spec_version", with_head(data(1, b"0.0.1") + HEAD)),
    ("the expiry", with_head(HEAD + data(3, timestamp(2**33)) * 2)),
    ("the seconds of an expiry", with_head(HEAD + data(3, timestamp(1) + timestamp(2**33)))),
    ("a name", with_file(data(1, b"other") + FILES[0])),
    ("a length", with_file(FILES[0] + num(2, len(CONTENT)))),
    ("a hash function", with_file(data(1, APP) + num(2, len(CONTENT))
                                  + data(3, num(1, 1) + hash_message(DIGEST)))),
    ("a hash value", with_file(data(1, APP) + num(2, len(CONTENT))
                               + data(3, hash_message(DIGEST) + data(2, DIGEST)))),
):
    bad_targets(f"duplicate singular field, {name}", metadata, "twice")
for name, value in (("0x100000005", 0x100000005), ("2^64 - 1", 2**64 - 1), ("2^32", 2**32)):
    bad_targets(f"version {name} in a uint32", with_head(common(b"targets", value)))
for name, value in (("0x100000005", 0x100000005), ("2^63", 2**63), ("2^31", 2**31)):
    bad_targets(f"nanoseconds {name} in an int32",
                with_head(common(b"targets", 1, expires=num(1, 2**33) + num(2, value))))
bad_targets("non-minimal version", with_head(data(1, b"0.0.1") + tag(2, 0) + long_varint(1, 1)
                                             + data(4, b"targets")))
bad_targets("non-minimal length", with_file(data(1, APP) + tag(2, 0)
                                            + long_varint(len(CONTENT), 1) + HASH))
bad_targets("hash function out of its range", with_file(
    FILES[0] + data(3, hash_message(DIGEST, 0x100000001))))
for name, text in (
    ("a NUL", b"app\0"),
    ("a NUL in the middle", b"a\0pp"),
    ("only a NUL", b"\0"),
    ("bad UTF-8, a lone byte", b"app\xff"),
    ("bad UTF-8, a lone continuation", b"\x80app"),
    ("bad UTF-8, cut", b"app\xe2\x82"),
    ("bad UTF-8, overlong slash", b"..\xc0\xafapp"),
    ("bad UTF-8, overlong NUL", b"app\xc0\x80"),
    ("bad UTF-8, a surrogate", b"app\xed\xa0\x80"),
    ("bad UTF-8, over U+10FFFF", b"app\xf4\x90\x80\x80"),
    ("bad UTF-8, five bytes", b"app\xf8\x88\x80\x80\x80"),
):
    bad_targets(f"NUL or bad UTF-8 in a name: {name}", with_file(target_file(text, CONTENT)))
    bad_targets(f"{name} in the role", with_head(common(b"targets" + text, 1)))
bad_targets("empty", b"")
bad_targets("junk", b"\xff" * 40)
bad_targets("five hashes", with_file(FILES[0] + data(3, hash_message(DIGEST, 9)) * 4))

# ---- a signed root -----------------------------------------------------------------------------


def bad_root(name, metadata, says=""):
    """In a bundle, signed by the anchor's quorum; and as the anchor: not parsable, bad input."""
    sealed = signed(metadata, ROOT1)
    both(f"root, {name}", Bundle(root=sealed), rejected, "root-content", says=says)
    with case(f"anchor: not parsable, {name}"):
        with files(bundle=Bundle().tar(), anchor=sealed) as folder:
            run = Run(["verify", "bundle", "--root", "anchor"], folder).is_one_error(3, says)
            run.has_nothing_to_hide()


ROOT_HEAD = common(b"root", 2)
ROLE = requirement([ROOT1.id], 1)
TROLE = requirement([TARGETS1.id], 1)


def with_key(mapping):
    return root_metadata(version=2, keys=(ROOT1, mapping))


for fault, more in faults(3, 2, 1):
    bad_root(fault, ROOT + more)
for name, metadata in (
    ("the common metadata", data(1, ROOT_HEAD) + ROOT),
    ("consistent_snapshot", num(2, 1) * 2 + ROOT),
    ("the root role", ROOT + data(4, ROLE)),
    ("the targets role", ROOT + data(7, TROLE)),
    ("the timestamp role", ROOT + data(5, ROLE) * 2),
    ("the snapshot role", ROOT + data(6, ROLE) * 2),
    ("a threshold", root_metadata(version=2, root_requirement=ROLE + num(2, 1))),
    ("a threshold, the first one zero", root_metadata(version=2, root_requirement=num(2, 0) + ROLE)),
    ("a key id", with_key(data(1, bytes(32)) + TARGETS1.mapping())),
    ("a key", with_key(TARGETS1.mapping() + data(2, TARGETS1.message()))),
    ("a key type", with_key(data(1, TARGETS1.id) + data(2, num(1, 3) + TARGETS1.message()))),
    ("a scheme", with_key(data(1, TARGETS1.id) + data(2, num(2, 3) + TARGETS1.message()))),
    ("a key value", with_key(data(1, TARGETS1.id) + data(2, TARGETS1.message() + data(3, b"")))),
):
    bad_root(f"duplicate singular field, {name}", metadata, "twice")
for name, metadata in (
    ("version 0x100000005", root_metadata(head=common(b"root", 0x100000005))),
    ("threshold 0x100000001", root_metadata(version=2, targets_threshold=0x100000001)),
    ("consistent_snapshot 2", num(2, 2) + ROOT),
    ("key type 0x100000003", with_key(data(1, TARGETS1.id) + data(2, num(1, 0x100000003)
                                       + num(2, 3) + data(3, TARGETS1.value)))),
    ("non-minimal threshold", root_metadata(version=2, targets_requirement=data(1, TARGETS1.id)
                                            + tag(2, 0) + long_varint(1, 1))),
    ("65 keys", root_metadata(version=2, keys=[ROOT1, TARGETS1] + [TARGETS1] * 63)),
    ("65 key ids in a role",
     root_metadata(version=2, targets_requirement=requirement([TARGETS1.id] * 65, 1))),
    ("NUL in the role", root_metadata(version=2, role=b"root\0")),
    ("bad UTF-8 in the role", root_metadata(version=2, role=b"root\xff")),
):
    bad_root(name, metadata)

# ---- what is listed, and what is there ---------------------------------------------------------


def bad_entries(name, files, says="", payloads=PAYLOADS):
    metadata = targets_metadata(payloads, files=files)
    both(f"target, {name}", Bundle(targets=signed(metadata, TARGETS1), payloads=payloads), rejected,
         "targets-entries", says=says)


for name, hashes in (
    ("hash missing", []),
    ("two hashes", [hash_message(DIGEST)] * 2),
    ("two hashes, one wrong", [hash_message(DIGEST), hash_message(bytes(32))]),
    ("hash of 31 bytes", [hash_message(DIGEST[:31])]),
    ("hash of 33 bytes", [hash_message(DIGEST + b"\0")]),
    ("hash empty", [num(1, 1)]),
    ("hash without a function", [data(2, DIGEST)]),
    ("hash of another function only", [hash_message(DIGEST, 2)]),
    ("hash in hex", [hash_message(DIGEST.hex().encode())]),
):
    bad_entries(name, [target_file(APP, CONTENT, hashes=hashes), FILES[1]], "SHA-256")
both("a hash of another function beside the SHA-256",
     Bundle(targets=signed(with_file(FILES[0] + data(3, hash_message(b"?", 7))), TARGETS1)),
     accepted, warns={"targets-entries": "not known"})

for name, text in (
    ("empty", b""),
    ("..", b".."),
    (".", b"."),
    ("../x", b"../x"),
    ("a/../../x", b"a/../../x"),
    ("a/..", b"a/.."),
    ("/abs", b"/abs"),
    ("./x", b"./x"),
    ("a/./x", b"a/./x"),
    ("a//x", b"a//x"),
    ("x/", b"x/"),
    ("//", b"//"),
    ("/", b"/"),
    ("a\\x", b"a\\x"),
    ("101 bytes", b"n" * 101),
    ("4096 bytes", b"n" * 4096),
    ("newline", b"a\nx"),
    ("DEL", b"a\x7fx"),
    ("escape sequence", b"\x1b]0;owned\x07\x1b[31mred"),
    ("bidirectional or C1 characters, U+009B", "a\u009b31mx".encode()),
    ("bidirectional or C1 characters, U+0085", "a\u0085x".encode()),
    ("bidirectional or C1 characters, U+202E", "exe\u202etxt".encode()),
    ("bidirectional or C1 characters, U+2066", "a\u2066x".encode()),
    ("bidirectional or C1 characters, U+200F", "a\u200fx".encode()),
    ("bidirectional or C1 characters, U+061C", "a\u061cx".encode()),
):
    listed = [(text, CONTENT), PAYLOADS[1]]
    files_ = [target_file(*payload) for payload in listed]
    metadata = signed(targets_metadata(listed, files=files_), TARGETS1)
    # No container holds some of these names, so the payload is another's.
    both(f"target name, {name}", Bundle(targets=metadata), rejected, "targets-entries")
for names in ((b"a", b"a/b"), (b"a/b", b"a"), (b"a", b"a-b", b"a/b"), (b"a/b", b"a/b/c/d")):
    bad_entries(
        f"names {' and '.join(name.decode() for name in names)}",
        [target_file(name, CONTENT) for name in names],
        "folder",
        [(name, CONTENT) for name in names],
    )
bad_entries("listed twice", [FILES[0], FILES[0], FILES[1]], "twice")
bad_entries("listed twice, other content", [FILES[0], target_file(APP, b"other"), FILES[1]], "twice")
both("names that differ only in case", Bundle(payloads=[(b"App", b"1"), (b"app", b"2")]), accepted,
     warns={"targets-entries": "case"})
both("no target", Bundle(payloads=[]), accepted, warns={"targets-entries": "no target"})
long_name = b"a/" * 30 + b"n" * 40
both("a name of 100 bytes", Bundle(payloads=[(long_name, b"1"), (b"n" * 100, b"2")]), accepted)
both("a name that is not ASCII", Bundle(payloads=[("für-α-☃".encode(), b"1")]), accepted)

listed = signed(PLAIN, TARGETS1)


def bad_payloads(name, payloads, says="", step="payloads", **files):
    metadata = signed(targets_metadata(PAYLOADS, **files), TARGETS1)
    both(f"payload {name}", Bundle(targets=metadata, payloads=payloads), rejected, step, says=says)


bad_payloads("not listed", [*PAYLOADS, (b"more", b"?")], "more")
bad_payloads("not listed, empty", [*PAYLOADS, (b"more", b"")], "more")
bad_payloads("not listed, and listed ones absent", [(b"more", b"?")])
bad_payloads("listed but absent, also with length 0: the last", PAYLOADS[:1], "boot/loader")
bad_payloads("listed but absent, also with length 0: the first", PAYLOADS[1:], "app")
bad_payloads("listed but absent, also with length 0: all", [], "app")
empty = [(b"app", b""), PAYLOADS[1]]
bad_payloads("listed but absent, also with length 0: one of length 0", empty[1:], "app",
             files=[target_file(*payload) for payload in empty])
both("a payload of length 0", Bundle(payloads=empty), accepted)
for name, content in (
    ("a byte more", CONTENT + b" "),
    ("a byte less", CONTENT[:-1]),
    ("empty in place of it", b""),
):
    bad_payloads(f"length one more or less: {name}", [(APP, content), PAYLOADS[1]], "size")
for name, content in (
    ("first bit flipped", bytes([CONTENT[0] ^ 128]) + CONTENT[1:]),
    ("last bit flipped", CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])),
    ("all zero", bytes(len(CONTENT))),
):
    bad_payloads(name, [(APP, content), PAYLOADS[1]], DIGEST.hex())
bad_payloads("hash flipped", PAYLOADS, "SHA-256", files=[
    target_file(APP, CONTENT, digest=DIGEST[:-1] + bytes([DIGEST[-1] ^ 1])), FILES[1]])
for name, length in (
    ("length one more or less: listed with a byte more", len(CONTENT) + 1),
    ("length one more or less: listed with a byte less", len(CONTENT) - 1),
    ("listed with length 0", 0),
    ("listed with 2^64 - 1", 2**64 - 1),
    ("listed with 8 GiB", 1 << 33),
):
    step = "targets-entries" if length == 2**64 - 1 else "payloads"
    bad_payloads(name, PAYLOADS, step=step,
                 files=[target_file(APP, CONTENT, length=length), FILES[1]])
bad_payloads("exchanged names", [(PAYLOADS[0][0], PAYLOADS[1][1]), (PAYLOADS[1][0], PAYLOADS[0][1])])

crowd = [(b"t%05d" % i, b"") for i in range(10001)]
both("10,000 targets", Bundle(payloads=crowd[:10000]), accepted)
both("10,001 targets", Bundle(payloads=crowd[:10], targets=signed(targets_metadata(crowd), TARGETS1)),
     rejected, "targets-content")

finish()
