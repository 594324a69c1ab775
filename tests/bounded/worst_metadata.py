# SPDX-License-Identifier: Apache-2.0
"""Envelopes, root and targets metadata, signatures, device manifests."""

import random

from forge import *
from worst import *

RANDOM = random.Random(6)
METADATA = 4 * MIB
EMPTY = sha256(b"")


def junk(count):
    return RANDOM.randbytes(count)


def ed25519_keys(count):
    """Valid points of which nobody has the private key: encodings of x = 0.. that decode."""
    out = []
    while len(out) < count:
        value = junk(31) + bytes([RANDOM.randrange(128)])
        if on_ed25519(value):
            out.append(Key(ED25519, value))
    return out


P25519 = 2**255 - 19
D25519 = -121665 * pow(121666, P25519 - 2, P25519) % P25519


def on_ed25519(value):
    y = int.from_bytes(value, "little") & (2**255 - 1)
    if y >= P25519:
        return False
    x2 = (y * y - 1) * pow(D25519 * y * y + 1, P25519 - 2, P25519) % P25519
    return pow(x2, (P25519 - 1) // 2, P25519) == 1


P256_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def p256_keys(count):
    out = []
    while len(out) < count:
        x = RANDOM.randrange(P256_P)
        square = (x**3 - 3 * x + P256_B) % P256_P
        y = pow(square, (P256_P + 1) // 4, P256_P)
        if y * y % P256_P == square:
            out.append(Key(P256, b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")))
    return out


def der(tag_byte, content):
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag_byte]) + length + content


def der_number(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def rsa_keys(count, bits=8192, exponent=2**64 - 59):
    """Odd moduli that nobody factored."""
    out = []
    for _ in range(count):
        modulus = RANDOM.getrandbits(bits) | 1 | 1 << (bits - 1)
        numbers = der(0x30, der_number(modulus) + der_number(exponent))
        algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
        out.append(Key(RSA, der(0x30, algorithm + der(3, b"\0" + numbers))))
    return out


def signature_size(key):
    return 64 if key.kind != RSA else 1024


def bad_signature(key):
    if key.kind == ED25519:  # R of the key itself, S below the order
        return key.id, key.value + junk(31) + b"\0"
    if key.kind == P256:
        return key.id, b"\1" + junk(31) + b"\1" + junk(31)
    return key.id, b"\0" + junk(1023)


def bad_signatures(keys, count=1024):
    return [bad_signature(keys[i % len(keys)]) for i in range(count)]


def large(metadata, size=METADATA):
    """Up to size by an unknown signed field."""
    rest = size - len(metadata) - 6
    return metadata + data(100, bytes(rest))


KINDS = {"Ed25519": ed25519_keys, "P-256": p256_keys, "RSA-8192": rsa_keys}
# One target, so that all is well but for the signatures.
FILES = [(b"app", b"app")]


def add_signatures(kind, make):
    @worst("signatures", f"1,024 bad {kind} ones over 4 MiB of targets metadata, by one key and 62")
    def targets():
        for count in 1, 62:
            keys = make(count)
            root = root_metadata(targets=keys)
            write("root", signed(root, ROOT1))
            metadata = large(targets_metadata(FILES))
            for name, signatures in (("bad", bad_signatures(keys)),):
                bundle = Bundle(targets=envelope(metadata, signatures), payloads=FILES)
                write("bundle", bundle.tar())
                yield rejected("targets-quorum", "verify", "bundle", "--root", "root")
                yield rejected("targets-quorum", "verify", "bundle", "--root", "root", "--profile", "pigweed")
                if count == 1:
                    continue
                whole = bundle.but(root=signed(root_metadata(targets=keys), ROOT1))
                write("bundle", whole.pb())
                yield answers("", "dump", "bundle")
                yield answers("", "check", "bundle", status=1)
                yield answers("", "diff", "bundle", "bundle")
                yield answers("", "convert", "bundle", "-o", "out.swb", status=0)
                yield answers("", "sign", "bundle", "--export", "request", status=0)
                yield answers("holds no signature", "sign", "bundle", "--attach", "bundle", status=3)

    @worst("signatures", f"1,024 bad {kind} ones over 4 MiB of root metadata, by 8 keys of the old root and 62 of the new")
    def roots():
        old = make(8)
        new = make(62)
        write("root", signed(root_metadata(root=[ROOT1, *old], targets=[TARGETS1]), ROOT1))
        metadata = large(root_metadata(root=[ROOT1, *new], version=2))
        good = sign(metadata, ROOT1)
        bundle = Bundle(root=envelope(metadata, good + bad_signatures(old + new, 1023)), payloads=FILES)
        write("bundle", bundle.tar())
        yield answers("", "verify", "bundle", "--root", "root", status=0)
        yield answers("", "verify", "bundle", "--root", "root", "--profile", "pigweed", status=0)
        yield answers("", "dump", "bundle", status=0)
        write("new", bundle.root)
        yield answers("", "verify", "new", "--type", "root", "--root", "root", status=0)
        yield answers("", "check", "new", status=0)
        yield answers("", "sign", "new", "--export", "request", "--root", "root", status=0)
        yield answers("", "sign", "new", "--attach", "new", "--root", "root", status=0)

    @worst("root", f"64 keys of {kind}")
    def keys():
        keys = make(64)
        root = signed(root_metadata(root=[ROOT1, *keys[:62]]), ROOT1)
        write("root", root)
        write("bundle", Bundle(root=root).tar())
        yield answers("", "verify", "bundle", "--root", "root", status=0)
        yield answers("", "dump", "root", status=0)
        yield answers("", "check", "root", status=0)
        yield answers("", "provision", "--root", "root", "-o", "dev", "--format", "device-dir", status=0)


def private(key):
    import shutil
    shutil.copy(key.pem, "private.pem")
    os.chmod("private.pem", 0o600)
    return "private.pem"


for kind, make in KINDS.items():
    add_signatures(kind, make)


def junk_envelopes():
    metadata = targets_metadata(FILES)
    yield "100,000 signatures", envelope(metadata, [(bytes(32), bytes(64))] * 100000)[: 8 * MIB - 100]
    yield "empty signatures, 8 MiB", envelope(metadata, [b""] * (4 * MIB - 200))
    yield "unknown fields, 8 MiB", envelope(metadata, [], num(100, 1) * (8 * MIB // 3 - 200))
    yield "metadata of 8 MiB", envelope(bytes(8 * MIB - 100), [])
    yield "signature of 8 MiB", envelope(metadata, [(bytes(32), bytes(8 * MIB - 300))])
    yield "signature of fields, 8 MiB", envelope(metadata, [num(100, 1) * (8 * MIB // 3 - 200)])
    yield "over 8 MiB", envelope(bytes(9 * MIB), [])
    yield "empty fields, 4 MiB", envelope((data(2, b"") * (2 * MIB))[: METADATA], [])


@worst("envelope", "each cap, and beyond")
def envelopes():
    write("root", signed(root_metadata(), ROOT1))
    for what, sealed in junk_envelopes():
        for kind in "tar", "pb":
            write("bundle", getattr(Bundle(targets=sealed, payloads=FILES), kind)())
            yield answers("", "verify", "bundle", "--root", "root", status=1)
            yield answers("", "verify", "bundle", "--root", "root", "--allow-unknown", status=1)
            yield answers("", "verify", "bundle", "--root", "root", "--profile", "pigweed", status=1)
            yield Run(("dump", "bundle"), None)
        write("anchor", sealed)
        yield answers("", "verify", "bundle", "--root", "anchor", status=3)
        yield Run(("dump", "anchor"), None)


def metadata_kinds():
    def files(names):
        return targets_metadata((), files=[target_file(n, b"", digest=EMPTY) for n in names])

    yield "10,000 targets of equal prefixes", files([b"a" * 95 + b"%05d" % i for i in range(10000)])
    yield "10,000 folders", files([b"/".join([b"a"] * 47) + b"/%05d" % i for i in range(10000)])
    yield "10,000 that differ in case", files([bytes(c ^ (0x20 if i >> (j % 14) & 1 else 0) for j, c in enumerate(b"abcdefghijklmn" * 7)) for i in range(10000)])
    yield "10,000 of one name", files([b"a" * 100] * 10000)
    yield "2 of one name, at the end", files([b"a" * 95 + b"%05d" % i for i in range(9999)] + [b"a" * 95 + b"00000"])
    yield "a folder of another, at the end", files([b"a/%05d" % i for i in range(9999)] + [b"a"])
    yield "10,001 targets", files([b"%05d" % i for i in range(10001)])
    yield "4 MiB of empty targets", targets_metadata((), files=[b""] * (2 * MIB - 100))
    yield "4 MiB of hashes", targets_metadata((), files=[target_file(b"a", b"", hashes=[b""] * (2 * MIB - 100))])
    yield "4 hashes each", targets_metadata((), files=[target_file(b"%05d" % i, b"", hashes=[hash_message(EMPTY), hash_message(bytes(64), 2), hash_message(bytes(64), 3), hash_message(bytes(100),2)]) for i in range(10000)])[:METADATA]
    yield "1,024 unknown fields", large(targets_metadata(FILES, extra=num(100, 1) * 1023))
    yield "4 MiB of unknown fields", targets_metadata(FILES, extra=num(100, 1) * (METADATA // 3 - 100))
    yield "names that are not UTF-8", files([b"\xff" * 100] * 10000)
    yield "names of control characters", files([b"\x1b" * 95 + b"%05d" % i for i in range(10000)])
    yield "a name of 4 MiB", files([b"a" * (METADATA - 200)])
    yield "a name of 4 MiB, control characters", files([b"\x1b" * (METADATA - 200)])
    yield "a spec_version of 4 MiB, control characters", targets_metadata(FILES, head=data(1, b"\x1b" * (METADATA-400)) + num(2, 1) + data(4, b"targets"))
    yield "a role of 4 MiB, control characters", targets_metadata(FILES, role= b"\x1b" * (METADATA-400))


@worst("targets metadata", "each cap, and beyond")
def targets():
    write("root", signed(root_metadata(), ROOT1))
    for _, metadata in metadata_kinds():
        sealed = signed(metadata, TARGETS1)
        write("manifest", device_manifest(metadata))
        for payloads in [], [(b"a" * 95 + b"%05d" % i, b"") for i in range(10000)]:
            for kind in "tar", "pb":
                write(kind, getattr(Bundle(targets=sealed, payloads=payloads), kind)())
                for words in targets_commands(kind):
                    yield Run(words, None)
        yield Run(("diff", "tar", "pb"), None)
        yield Run(("dump", "manifest"), None)


def targets_commands(bundle):
    yield "verify", bundle, "--root", "root"
    yield "verify", bundle, "--root", "root", "--json"
    yield "verify", bundle, "--root", "root", "--profile", "pigweed"
    yield "verify", bundle, "--root", "root", "--device-manifest", "manifest"
    yield "dump", bundle
    yield "dump", bundle, "--json"
    yield "check", bundle
    yield "personalize", bundle, "-o", "personal", "--device-manifest", "manifest"
    yield "sign", bundle, "--export", "request", "--root", "root"


@worst("device manifest", "beyond its caps")
def device_manifests():
    write("root", signed(root_metadata(), ROOT1))
    write("bundle", Bundle().tar())
    for content in (data(1, b"") * (4 * MIB), data(1, entry(b"targets", bytes(METADATA))), data(2, bytes(9 * MIB)), b"\xff" * (8 * MIB), b"\n" * (8*MIB)):
        write("manifest", content)
        yield answers("", "verify", "bundle", "--root", "root", "--device-manifest", "manifest", status=3)
        yield answers("", "dump", "manifest", status=3)


@worst("root", "4 MiB of keys and of roles")
def root_beyond():
    key = ROOT1.mapping()
    for metadata in (
        root_metadata(keys=[ROOT1] * 60000)[:METADATA],
        root_metadata(keys=[b""] * (2 * MIB - 200)),
        root_metadata(root_requirement=data(1, b"") * (2 * MIB - 200)),
        root_metadata(root_requirement=requirement([ROOT1.id] * 100000, 1)),
        root_metadata(root_requirement=requirement([junk(32) for _ in range(64)], 1)),
        root_metadata(keys=[Key(RSA, der(0x30, bytes(60000))) for _ in range(64)]),
        root_metadata(keys=[Key(P256, bytes(METADATA - 400))]),
        root_metadata(extra=data(100, bytes(METADATA - 400))),
    ):
        sealed = signed(metadata, ROOT1)
        write("root", sealed)
        write("bundle", Bundle(root=sealed).tar())
        yield Run(("verify", "bundle", "--root", "root"), None)
        yield Run(("verify", "bundle", "--self", "--profile", "pigweed"), None)
        yield Run(("dump", "root"), None)
        yield Run(("check", "root"), None)
        yield Run(("sign", "root", "--key", private(ROOT1), "-o", "x"), None)
