# SPDX-License-Identifier: Apache-2.0
"""Who signed, what for, and when: each case in both containers, and a root in the place of the
anchor as well where the rule is one for roots."""

from forge import *
from judging import *

ROOT2, ROOT3 = key("root2"), key("root3")
TARGETS2, TARGETS3 = key("targets2"), key("targets3")
ED1, ED2 = key("ed25519-1"), key("ed25519-2")
RSA2048, RSA3072 = key("rsa2048"), key("rsa3072")
PLAIN = targets_metadata(PAYLOADS)
NEW_ROOT = dict(version=2)


def bad_root(name, metadata, says="", parses=True):
    """A root that breaks a rule: in a bundle, signed by the anchor's quorum; and as the anchor, which is
    bad input when not even its encoding is sound."""
    sealed = signed(metadata, ROOT1)
    both(name, Bundle(root=sealed), rejected, "root-content", says=says)
    with case(f"anchor: {'breaks its rules' if parses else 'not parsable'}, {name}"):
        if parses:
            rejected(Bundle().tar(), "anchor", anchor=sealed, says=says)
        else:
            with files(bundle=Bundle().tar(), anchor=sealed) as folder:
                Run(["verify", "bundle", "--root", "anchor"], folder).is_one_error(3, says)
    with case(f"{name}: verify --type root"):
        with files(bundle=sealed, anchor=ANCHOR) as folder:
            run = judge(folder, "bundle", "--type", "root", "--root", "anchor")
            run.check(run.status == 1, "expected a rejection")
            found = run.document["failed_step"]
            run.check(found == "root-content", f"rejected at {found}, expected root-content")


# ---- quorums -----------------------------------------------------------------------------------

TWO_TARGETS = signed(root_metadata(targets=(TARGETS1, TARGETS2), targets_threshold=2), ROOT1)
TWO_ROOTS = signed(root_metadata(root=(ROOT1, ROOT2), root_threshold=2), ROOT1, ROOT2)

once = sign(PLAIN, TARGETS1)
raw_signature.cache_clear()
other = sign(PLAIN, TARGETS1)
assert once != other
for name, signatures in (("the same bytes", once * 2), ("another signature", once + other)):
    both(
        f"duplicate signature, {name}",
        Bundle(targets=envelope(PLAIN, signatures)),
        rejected,
        "targets-quorum",
        anchor=TWO_TARGETS,
        says="1 of 2",
    )
both(
    "threshold of two, two keys signed",
    Bundle(targets=signed(PLAIN, TARGETS1, TARGETS2)),
    accepted,
    anchor=TWO_TARGETS,
)
rotation = root_metadata(root=(ROOT1, ROOT2), root_threshold=2, **NEW_ROOT)
both(
    "duplicate signature in a rotation, old quorum",
    Bundle(root=envelope(rotation, sign(rotation, ROOT1) * 2)),
    rejected,
    "root-old-quorum",
    anchor=TWO_ROOTS,
    says="1 of 2",
)
both(
    "duplicate signature in a rotation, new quorum",
    Bundle(root=envelope(rotation, sign(rotation, ROOT1) * 2)),
    rejected,
    "root-new-quorum",
    says="1 of 2",
)
both(
    "rotation without the old, or the new, quorum: the old one",
    Bundle(root=signed(root_metadata(root=(ROOT2,), **NEW_ROOT), ROOT2)),
    rejected,
    "root-old-quorum",
)
both(
    "rotation without the old, or the new, quorum: the new one",
    Bundle(root=signed(root_metadata(root=(ROOT2,), **NEW_ROOT), ROOT1)),
    rejected,
    "root-new-quorum",
)
both(
    "rotation with both quorums",
    Bundle(root=signed(root_metadata(root=(ROOT2,), **NEW_ROOT), ROOT1, ROOT2)),
    accepted,
    notes={"root-version": "a rotation"},
)
both("unsigned targets metadata", Bundle(targets=envelope(PLAIN, [])), rejected, "targets-quorum")
both(
    "targets metadata signed by a root key",
    Bundle(targets=signed(PLAIN, ROOT1)),
    rejected,
    "targets-quorum",
)
both(
    "targets metadata signed by a stranger",
    Bundle(targets=signed(PLAIN, TARGETS3)),
    rejected,
    "targets-quorum",
)
both(
    "targets metadata signed by a stranger under a listed key id",
    Bundle(targets=envelope(PLAIN, [(TARGETS1.id, sign(PLAIN, TARGETS3)[0][1])])),
    rejected,
    "targets-quorum",
)
both(
    "signature of other metadata",
    Bundle(targets=envelope(PLAIN, sign(targets_metadata(PAYLOADS, version=2), TARGETS1))),
    rejected,
    "targets-quorum",
)
both(
    "targets key of the old root after a rotation",
    Bundle(root=signed(root_metadata(targets=(TARGETS2,), **NEW_ROOT), ROOT1)),
    rejected,
    "targets-quorum",
)

# ---- signatures --------------------------------------------------------------------------------

SIGNATURE = once[0][1]
R, S = int.from_bytes(SIGNATURE[:32], "big"), int.from_bytes(SIGNATURE[32:], "big")


def der(r, s):
    out = b""
    for part in (r, s):
        part = part.to_bytes(33, "big").lstrip(b"\0")
        part = b"\0" + part if part[0] >= 128 else part
        out += bytes([2, len(part)]) + part
    return bytes([0x30, len(out)]) + out


for name, value in (
    ("not 64 bytes, 63", SIGNATURE[:-1]),
    ("not 64 bytes, 65", SIGNATURE + b"\0"),
    ("not 64 bytes, a zero in front", b"\0" + SIGNATURE),
    ("not 64 bytes, 32", SIGNATURE[:32]),
    ("not 64 bytes, none", b""),
    ("not 64 bytes, DER", der(R, S)),
    ("not 64 bytes, twice", SIGNATURE * 2),
    ("not 64 bytes, 1 MiB", SIGNATURE + bytes(1 << 20)),
    ("r is zero", ecdsa_raw(0, S)),
    ("s is zero", ecdsa_raw(R, 0)),
    ("both are zero", bytes(64)),
    ("r is the order", ecdsa_raw(P256_ORDER, S)),
    ("s is the order", ecdsa_raw(R, P256_ORDER)),
    ("all ones", b"\xff" * 64),
    ("one bit flipped", SIGNATURE[:40] + bytes([SIGNATURE[40] ^ 1]) + SIGNATURE[41:]),
    ("r and s exchanged", ecdsa_raw(S, R)),
):
    both(
        f"raw signature {name}",
        Bundle(targets=envelope(PLAIN, [(TARGETS1.id, value)])),
        rejected,
        "targets-quorum",
    )
both(
    "signature (r, n−s)",
    Bundle(targets=envelope(PLAIN, [(TARGETS1.id, ecdsa_raw(R, P256_ORDER - S))])),
    accepted,
)
for name, key_id in (
    ("empty", b""),
    ("cut", TARGETS1.id[:31]),
    ("longer", TARGETS1.id + b"\0"),
    ("1 MiB", bytes(1 << 20)),
):
    both(
        f"key id of a signature is {name}",
        Bundle(targets=envelope(PLAIN, [(key_id, SIGNATURE)])),
        rejected,
        "targets-quorum",
    )
for place in ("first", "last"):
    bad = [(TARGETS1.id, SIGNATURE[::-1])]
    both(
        f"threshold met and one bad signature besides, {place}",
        Bundle(targets=envelope(PLAIN, bad + once if place == "first" else once + bad)),
        accepted,
        warns={"targets-quorum": ""},
    )
both(
    "threshold met and a signature of an unknown key besides",
    Bundle(targets=signed(PLAIN, TARGETS1, TARGETS3)),
    accepted,
    warns={"targets-quorum": "unknown key"},
)
both(
    "threshold met and a signature of another role's key besides",
    Bundle(targets=signed(PLAIN, TARGETS1, ROOT1)),
    accepted,
    notes={"targets-quorum": "of another role or root, is not checked"},
)

RSA_ROOT = root_metadata(targets=(RSA2048, ED1, TARGETS1))
RSA_ANCHOR = signed(RSA_ROOT, ROOT1)
for salt in (0, 20, 31, 33, 64):
    value = raw_signature(RSA2048.pem, RSA, PLAIN, salt)
    both(
        f"PSS salt not 32, {salt} bytes",
        Bundle(targets=envelope(PLAIN, [(RSA2048.id, value)])),
        rejected,
        "targets-quorum",
        anchor=RSA_ANCHOR,
    )
for signer in (RSA2048, ED1):
    both(
        f"a signature by {os.path.basename(signer.pem)}",
        Bundle(targets=signed(PLAIN, signer)),
        accepted,
        anchor=RSA_ANCHOR,
    )
    value = sign(PLAIN, signer)[0][1]
    for name, forged in (("cut", value[:-1]), ("longer", value + b"\0"), ("in front", b"\0" + value)):
        both(
            f"a signature by {os.path.basename(signer.pem)}, {name}",
            Bundle(targets=envelope(PLAIN, [(signer.id, forged)])),
            rejected,
            "targets-quorum",
            anchor=RSA_ANCHOR,
        )
# s + L verifies with readers that do not check its range (RFC 8032, 5.1.7).
value = sign(PLAIN, ED1)[0][1]
scalar = int.from_bytes(value[32:], "little") + 2**252 + 27742317777372353535851937790883648493
both(
    "an Ed25519 signature with s + L",
    Bundle(targets=envelope(PLAIN, [(ED1.id, value[:32] + scalar.to_bytes(32, "little"))])),
    rejected,
    "targets-quorum",
    anchor=RSA_ANCHOR,
)

# ---- floods ------------------------------------------------------------------------------------


def flood(name, targets, step):
    for kind in ("tar", "pb"):
        with case(f"{name}: {kind}: in bounded time and memory"):
            bundle = getattr(Bundle(targets=targets), kind)()
            with files(bundle=bundle, anchor=ANCHOR) as folder:
                arguments = ["verify", "bundle", "--root", "anchor", "--json"]
                run = limited(arguments, folder, 2, 64).exits(1 if step else 0)
                found = json.loads(run.out).get("failed_step")
                run.check(found == step, f"rejected at {found}, expected {step}")
                run.check(len(run.out) < 20000, f"{len(run.out)} bytes of report")


junk = [(sha256(b"%d" % i), SIGNATURE) for i in range(100000)]
empty = data(2, b"")
flood("100,000 junk signatures", envelope(PLAIN, once + junk), "container")
flood("60,000 junk signatures", envelope(PLAIN, once + junk[:60000]), "envelope")
flood("10 MB of empty ones", envelope(PLAIN, once) + empty * 5000000, "container")
flood("8 MB of empty ones", envelope(PLAIN, once) + empty * 4000000, "envelope")
flood("1,025 signatures", envelope(PLAIN, once + junk[:1024]), "envelope")
flood("1,024 signatures", envelope(PLAIN, once + junk[:1023]), None)
same = [(TARGETS1.id, bytes([i % 251] * 64)) for i in range(1023)]
flood("1,023 bad signatures of a listed key", envelope(PLAIN, same + once), None)
flood("metadata over 4 MiB", signed(PLAIN + data(100, bytes(1 << 22)), TARGETS1), "envelope")

# ---- roles and thresholds ----------------------------------------------------------------------

for value in (0, None, 2, 3, 64, 2**32 - 1):
    for role in ("root", "targets"):
        bad_root(
            f"threshold {'more than the keys' if value else 'zero or absent'}, {role}: {value}",
            root_metadata(version=2, **{f"{role}_threshold": value}),
            f"threshold of the {role} role",
        )
bad_root("no root role", root_metadata(version=2, root_requirement=b""))
bad_root("no targets role", root_metadata(version=2, targets_requirement=b""))
bad_root(
    "threshold 2 with one key listed twice",
    root_metadata(version=2, targets_requirement=requirement([TARGETS1.id] * 2, 2)),
    "twice",
)
bad_root(
    "key id of a role that is in no key",
    root_metadata(version=2, targets_requirement=requirement([TARGETS1.id, TARGETS2.id], 1)),
    "not in the keys",
)
bad_root(
    "key shared by the roles",
    root_metadata(version=2, targets=(TARGETS1, ROOT1), keys=(ROOT1, TARGETS1)),
    "root role and in the targets role",
)
bad_root("duplicate key ids", root_metadata(version=2, keys=(ROOT1, TARGETS1, TARGETS1)), "key 2")
bad_root(
    "duplicate key ids, other keys",
    root_metadata(version=2, keys=(ROOT1, TARGETS1, TARGETS2.but(key_id=TARGETS1.id))),
)

for name, role in (
    ("wrong", b"targets"),
    ("missing", None),
    ("empty", b""),
    ("in capitals", b"ROOT"),
    ("with more after it", b"root "),
):
    bad_root(f"role confusion, the role of a root is {name}", root_metadata(version=2, role=role), "role")
for name, role in (
    ("wrong", b"root"),
    ("missing", None),
    ("empty", b""),
    ("in capitals", b"Targets"),
    ("cut", b"target"),
):
    both(
        f"role confusion, the role of targets is {name}",
        Bundle(role=role),
        rejected,
        "targets-content",
        says="role",
    )
both(
    "role confusion, root bytes as targets",
    Bundle(targets=signed(root_metadata(), TARGETS1)),
    rejected,
    "targets-content",
)
both(
    "role confusion, targets bytes as root",
    Bundle(root=signed(PLAIN, ROOT1)),
    rejected,
    "root-content",
)

# ---- key ids and keys --------------------------------------------------------------------------


def bad_key(name, bad, says="", parses=True):
    """bad in the place of the targets key of a root."""
    bad_root(name, root_metadata(targets=(bad,), version=2), says, parses)


def beside(name, second, says=""):
    """Two keys that are one: with a threshold of two, one owner could meet it."""
    first = {P256: TARGETS1, ED25519: ED1, RSA: RSA2048}[second.kind]
    bad_root(
        f"one key, two ids, {name}",
        root_metadata(targets=(first, second), targets_threshold=2, version=2),
        says,
    )


bad_key("key id not derived from the key", TARGETS1.but(key_id=sha256(b"other")), "derived")
bad_key("key id of another key", TARGETS1.but(key_id=TARGETS2.id), "derived")
bad_key("key id cut", TARGETS1.but(key_id=TARGETS1.id[:31]))
bad_key("key id empty", TARGETS1.but(key_id=b""))

POINT = TARGETS1.value
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
X, Y = int.from_bytes(POINT[1:33], "big"), int.from_bytes(POINT[33:], "big")
compressed = bytes([2 + Y % 2]) + POINT[1:33]
hybrid = bytes([6 + Y % 2]) + POINT[1:]
for name, value in (
    ("at infinity, one byte", b"\0"),
    ("at infinity, 65 bytes", bytes(65)),
    ("0, 0", b"\4" + bytes(64)),
    ("hybrid", hybrid),
    ("hybrid of the wrong parity", bytes([hybrid[0] ^ 1]) + hybrid[1:]),
    ("compressed", compressed),
    ("compressed and filled up", compressed + bytes(32)),
    ("not on the curve", POINT[:-1] + bytes([POINT[-1] ^ 1])),
    ("x over the prime", b"\4" + (X + P if X + P < 2**256 else P).to_bytes(32, "big") + POINT[33:]),
    ("without its first byte", POINT[1:]),
    ("a byte more", POINT + b"\0"),
    ("empty", b""),
    ("as SubjectPublicKeyInfo", openssl("pkey", "-in", TARGETS1.pem, "-pubout", "-outform", "DER")),
):
    bad_key(f"point at infinity, hybrid or compressed point: {name}", TARGETS1.but(value=value))

# The points whose order divides 8, in each encoding that some reader takes (RFC 8032, 5.1.3).
FIELD = 2**255 - 19
ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
CURVE_D = -121665 * pow(121666, -1, FIELD)
assert (2 * ORDER_8**2 - 1 + CURVE_D * ORDER_8**4) % FIELD == 0  # twice the point has y = 0
for name, y in (
    ("order 1", 1),
    ("order 2", FIELD - 1),
    ("order 4", 0),
    ("order 4, other sign", 1 << 255),
    ("order 8", ORDER_8),
    ("order 8, other sign", ORDER_8 | 1 << 255),
    ("order 8, negative", FIELD - ORDER_8),
    ("order 8, negative, other sign", FIELD - ORDER_8 | 1 << 255),
    ("order 1, not canonical", FIELD + 1),
    ("order 4, not canonical", FIELD),
    ("order 1, with a sign", 1 | 1 << 255),
    ("order 2, with a sign", FIELD - 1 | 1 << 255),
):
    bad_key(f"Ed25519 of small order, {name}", ED1.but(value=y.to_bytes(32, "little")))
for name, value in (
    ("not on the curve", (2).to_bytes(32, "little")),
    ("31 bytes", ED1.value[:-1]),
    ("33 bytes", ED1.value + b"\0"),
    ("all ones", b"\xff" * 32),
):
    bad_key(f"Ed25519 key, {name}", ED1.but(value=value))


# RSA keys in DER, so that every byte is ours to choose.
def der_length(length):
    if length < 128:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def der_item(kind, content):
    return bytes([kind]) + der_length(len(content)) + content


def der_integer(value):
    return der_item(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


RSA_OID = bytes.fromhex("06092a864886f70d010101")


def spki(modulus, exponent, parameters=b"\x05\x00", unused=b"\0", more=b""):
    numbers = exponent if isinstance(exponent, bytes) else der_integer(exponent)
    bits = der_item(0x30, der_integer(modulus) + numbers)
    algorithm = der_item(0x30, RSA_OID + parameters)
    return der_item(0x30, algorithm + der_item(3, unused + bits) + more)


text = openssl("rsa", "-pubin", "-inform", "DER", "-noout", "-modulus", stdin=RSA2048.value)
MODULUS = int(text.decode().strip().split("=")[1], 16)
assert spki(MODULUS, 65537) == RSA2048.value

for exponent in (1, 2, 3, 17, 65535, 65536, 65538, 0):
    bad_key(f"RSA exponent 1, 3 or even: {exponent}", RSA2048.but(value=spki(MODULUS, exponent)))
bad_key("RSA exponent negative", RSA2048.but(value=spki(MODULUS, der_item(2, b"\xff\xff\xff"))))
bad_key("RSA under 2048", key("rsa1024"))
bad_key("RSA of 2047 bits", RSA2048.but(value=spki(MODULUS >> 1 | 1, 65537)))
bad_key("RSA over 8192", key("rsa8200"))
bad_key("RSA with an even modulus", RSA2048.but(value=spki(MODULUS - 1, 65537)))
for name, value in (
    ("without parameters", spki(MODULUS, 65537, parameters=b"")),
    ("length in a longer form", b"\x30\x83\0" + RSA2048.value[2:]),
    ("a byte after it", RSA2048.value + b"\0"),
    ("a field more", spki(MODULUS, 65537, more=b"\x05\x00")),
    ("unused bits", spki(MODULUS, 65537, unused=b"\1")),
    ("exponent with a zero in front", spki(MODULUS, der_item(2, b"\0" * 2 + b"\1\0\1"))),
    ("cut", RSA2048.value[:-1]),
    ("PKCS#1", RSA2048.value[24:]),
    ("PEM", openssl("pkey", "-in", RSA2048.pem, "-pubout")),
    ("a P-256 key", openssl("pkey", "-in", TARGETS1.pem, "-pubout", "-outform", "DER")),
):
    bad_key(f"non-canonical SPKI, {name}", RSA2048.but(value=value))

beside("RSA modulus under two exponents", RSA2048.but(value=spki(MODULUS, 65539)), "the same key")
beside("another form of the point", TARGETS1.but(value=compressed))
beside("another type", TARGETS1.but(kind=ED25519), "do not belong together")
beside("another type and its scheme", TARGETS1.but(kind=ED25519, scheme=ED25519))
beside("another scheme", TARGETS1.but(scheme=ED25519))
beside("the key id not derived", TARGETS1.but(key_id=sha256(b"second")))
for name, kind, scheme in (
    ("RSA with the scheme of P-256", RSA, P256),
    ("Ed25519 with the scheme of P-256", ED25519, P256),
    ("P-256 with no scheme", P256, 0),
    ("no type", 0, P256),
    ("type 4", 4, 4),
    ("scheme 4", P256, 4),
):
    known = kind < 4 and scheme < 4
    bad_key(f"type and scheme, {name}", TARGETS1.but(kind=kind, scheme=scheme), parses=known)

# ---- versions ----------------------------------------------------------------------------------

ANCHOR_5 = signed(root_metadata(version=5), ROOT1)
DEVICE_5 = device_manifest(targets_metadata(PAYLOADS, version=5))


def at(version, root=None, signer=TARGETS1):
    return Bundle(root=root, targets=signed(targets_metadata(PAYLOADS, version=version), signer))


for version in (0, 1, 4):
    both(
        f"root rollback to {version}",
        Bundle(root=signed(root_metadata(version=version), ROOT1)),
        rejected,
        "root-version",
        anchor=ANCHOR_5,
        says="rollback",
    )
both("the same root", Bundle(root=ANCHOR_5), accepted, anchor=ANCHOR_5, notes={"root-version": "same"})
both(
    "same root version, other bytes",
    Bundle(root=signed(root_metadata(version=5, expires=2**33), ROOT1)),
    accepted,
    anchor=ANCHOR_5,
    warns={"root-version": "raise the version"},
)
both(
    "a rotation that skips versions",
    Bundle(root=signed(root_metadata(version=2**32 - 1), ROOT1)),
    accepted,
    anchor=ANCHOR_5,
    notes={"root-version": "skips"},
)

for version in (0, 1, 4):
    both(
        f"targets rollback to {version}",
        at(version),
        rejected,
        "targets-version",
        device=DEVICE_5,
        says="rollback",
    )
added = signed(root_metadata(targets=(TARGETS1, TARGETS2), version=2), ROOT1)
for signer in (TARGETS1, TARGETS2):
    both(
        f"rollback after a key was merely added, signed by {os.path.basename(signer.pem)}",
        at(4, added, signer),
        rejected,
        "targets-version",
        device=DEVICE_5,
        says="rollback",
    )
raised = signed(
    root_metadata(targets=(TARGETS1, TARGETS2, TARGETS3), targets_threshold=2, version=2), ROOT1
)
both(
    "lower version after a rotation to a threshold that the old keys do not reach",
    Bundle(root=raised, targets=signed(targets_metadata(PAYLOADS), TARGETS2, TARGETS3)),
    accepted,
    device=DEVICE_5,
    notes={},
)
both(
    "lower version after a genuine rotation",
    at(1, signed(root_metadata(targets=(TARGETS2,), version=2), ROOT1), TARGETS2),
    accepted,
    device=DEVICE_5,
)
both(
    "a new root with the same targets keys clears no floor",
    at(4, signed(root_metadata(version=2), ROOT1)),
    rejected,
    "targets-version",
    device=DEVICE_5,
)
both("the version of the device", at(5), accepted, device=DEVICE_5)
both("a higher version", at(6), accepted, device=DEVICE_5)
both(
    "the version of the device, other content",
    Bundle(payloads=[(b"app", b"other")], version=5),
    accepted,
    device=DEVICE_5,
    warns={"targets-version": "raise"},
)
with case("without a device manifest rollback is not judged, and that is said"):
    document = accepted(at(1).tar())
    notes = {step["step"]: step for step in document["steps"]}
    for step in ("floor", "targets-version"):
        check(notes[step]["verdict"] == "skipped", f"{step} is {notes[step]['verdict']}")
        check("rollback not judged" in notes[step]["note"], notes[step]["note"])

# ---- expiry ------------------------------------------------------------------------------------

NOON = 1893499200  # 2030-01-01T12:00:00Z
AT_NOON = ("--time", "2030-01-01T12:00:00Z")
BEFORE = ("--time", "2030-01-01T11:59:59Z")
AFTER = ("--time", "2030-01-01T12:00:01Z")
expiring = Bundle(expires=NOON)
both("expired root, expired targets (--time): targets, a second before", expiring, accepted, *BEFORE)
both(
    "expired root, expired targets (--time): targets, exactly now",
    expiring,
    rejected,
    "targets-expiry",
    *AT_NOON,
    says="12:00:00Z",
)
both(
    "expired root, expired targets (--time): targets, a second after",
    expiring,
    rejected,
    "targets-expiry",
    *AFTER,
)
expiring_root = Bundle(root=signed(root_metadata(version=2, expires=NOON), ROOT1))
both("expired root, expired targets (--time): root, a second before", expiring_root, accepted, *BEFORE)
both(
    "expired root, expired targets (--time): root, exactly now",
    expiring_root,
    rejected,
    "root-expiry",
    *AT_NOON,
)
both(
    "expired root, expired targets (--time): root, a second after",
    expiring_root,
    rejected,
    "root-expiry",
    *AFTER,
)
old_anchor = signed(root_metadata(expires=NOON), ROOT1)
both("expired anchor", Bundle(), rejected, "root-expiry", *AT_NOON, anchor=old_anchor)
both(
    "expired anchor, a new root that has not",
    Bundle(root=signed(root_metadata(version=2), ROOT1)),
    accepted,
    *AT_NOON,
    anchor=old_anchor,
)
both(
    "expired both: the root is told first",
    Bundle(root=signed(root_metadata(version=2, expires=NOON), ROOT1), expires=NOON),
    rejected,
    "root-expiry",
    *AFTER,
)
for name, seconds in (("1970", 0), ("before 1970", -1), ("the lowest number", -(2**63))):
    both(
        f"expired root, expired targets (--time): targets, {name}",
        Bundle(expires=seconds),
        rejected,
        "targets-expiry",
        *BEFORE,
    )
both("expiry at the highest number", Bundle(expires=2**63 - 1), accepted, *AFTER)
both(
    "expiry within the second",
    Bundle(expires=timestamp(NOON, 1)),
    accepted,
    *AT_NOON,
)
both(
    "expiry within the second, the next one",
    Bundle(expires=timestamp(NOON, 999999999)),
    rejected,
    "targets-expiry",
    *AFTER,
)
for nanos in (-1, 1000000000):
    both(
        f"expiry with {nanos} nanoseconds",
        Bundle(expires=timestamp(NOON, nanos)),
        rejected,
        "targets-content",
        *BEFORE,
    )
both("an empty expiry is 1970", Bundle(expires=b""), rejected, "targets-expiry", *BEFORE)

# ---- the anchor --------------------------------------------------------------------------------

both(
    "anchor unsigned",
    Bundle(),
    accepted,
    anchor=envelope(root_metadata(), []),
    warns={"anchor": "not signed by its own quorum"},
)
both(
    "anchor signed by another",
    Bundle(),
    accepted,
    anchor=signed(root_metadata(), ROOT2),
    warns={"anchor": "not signed by its own quorum"},
)
ITSELF = root_metadata()
BAD = [(ROOT1.id, bytes(64))]
both(
    "the anchor's root with other signatures than the anchor",
    Bundle(root=signed(ITSELF, ROOT2)),
    rejected,
    "root-old-quorum",
    anchor=signed(ITSELF, ROOT1),
)
both(
    "the root of an unsigned anchor, signed",
    Bundle(root=signed(ITSELF, ROOT1)),
    accepted,
    anchor=envelope(ITSELF, []),
    warns={"anchor": "not signed by its own quorum (0 of 1)"},
)
both(
    "the root of a signed anchor, a signature more",
    Bundle(root=envelope(ITSELF, sign(ITSELF, ROOT1) + BAD)),
    accepted,
    anchor=signed(ITSELF, ROOT1),
    warns={"root-new-quorum": "does not verify"},
)
both(
    "the anchor itself, with a bad signature",
    Bundle(root=envelope(ITSELF, sign(ITSELF, ROOT1) + BAD)),
    accepted,
    anchor=envelope(ITSELF, sign(ITSELF, ROOT1) + BAD),
    warns={"root-new-quorum": "does not verify"},
)
both("an unknown spec_version", Bundle(head=common(b"targets", 1, spec=b"9.9")), accepted,
     warns={"targets-content": "spec_version"})

finish()
