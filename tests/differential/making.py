# SPDX-License-Identifier: Apache-2.0
"""Makes bundles, and spoils them where asked: messages as trees, keys that sign, both containers.

Everything is the same for the same seed, signatures too: nonces and salts are made of the message.
"""
import functools
import hashlib
import os

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (Encoding, PublicFormat,
                                                          load_pem_private_key)

KEYS = os.path.join(os.path.dirname(__file__), "..", "..", "testdata", "keys")


# ---- messages -------------------------------------------------------------------------------------

def varint(value, padding=0):
    out = bytearray()
    while value > 0x7F or padding > 0:
        padding -= value <= 0x7F
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


class Node:
    """A field. value: a number, bytes or a list of nodes. Its tag and its varints can be spoilt."""

    def __init__(self, number, value, wire=None):
        self.number, self.value = number, value
        self.wire = (0 if isinstance(value, int) else 2) if wire is None else wire
        self.padding = 0  # of the number, or of the length
        self.tag_padding = 0
        self.longer = 0  # what the length says too much

    def copy(self):
        node = Node(self.number, self.value, self.wire)
        node.padding, node.tag_padding, node.longer = self.padding, self.tag_padding, self.longer
        if isinstance(self.value, list):
            node.value = [part.copy() for part in self.value]
        return node

    def encode(self):
        tag = varint(self.number << 3 | self.wire, self.tag_padding)
        if isinstance(self.value, int):
            return tag + varint(self.value % (1 << 70), self.padding)
        content = encode(self.value)
        if self.wire != 2:
            return tag + content
        return tag + varint(max(0, len(content) + self.longer), self.padding) + content


def encode(nodes):
    return nodes if isinstance(nodes, bytes) else b"".join(node.encode() for node in nodes)


def fields(*pairs):
    """Nodes of numbers and values, less those that canonical encoding leaves out."""
    return [Node(number, value) for number, value in pairs if value not in (None, 0, b"")]


def find(nodes, *numbers):
    """The first field at a path of numbers; it is made when it is not there."""
    for i, number in enumerate(numbers):
        node = next((node for node in nodes if node.number == number), None)
        if node is None:
            node = Node(number, [] if i + 1 < len(numbers) else b"")
            nodes.append(node)
            nodes.sort(key=lambda node: node.number)
        if i + 1 < len(numbers):
            if not isinstance(node.value, list):
                node.value = []
            nodes = node.value
    return node


# ---- keys -----------------------------------------------------------------------------------------

RSA, ED25519, P256 = 1, 2, 3
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Key:
    def __init__(self, kind, name):
        self.kind, seed = kind, digest(name.encode())
        if kind == P256:
            self.secret = int.from_bytes(seed, "big") % (ORDER - 1) + 1
            self.private = ec.derive_private_key(self.secret, ec.SECP256R1())
            self.value = self.private.public_key().public_bytes(
                Encoding.X962, PublicFormat.UncompressedPoint)
        elif kind == ED25519:
            self.private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
            self.value = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        else:
            with open(os.path.join(KEYS, name), "rb") as file:
                self.private = load_pem_private_key(file.read(), None)
            self.value = self.private.public_key().public_bytes(
                Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.id = digest(bytes([kind, kind]), self.value)

    @functools.lru_cache(maxsize=4096)
    def sign(self, data):
        if self.kind == ED25519:
            return self.private.sign(data)
        return self.sign_p256(data) if self.kind == P256 else self.sign_pss(data)

    def sign_p256(self, data):
        nonce = int.from_bytes(digest(b"nonce", self.value, data), "big") % (ORDER - 1) + 1
        point = ec.derive_private_key(nonce, ec.SECP256R1()).public_key().public_numbers()
        r = point.x % ORDER
        s = pow(nonce, -1, ORDER) * (int.from_bytes(digest(data), "big") + r * self.secret) % ORDER
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def sign_pss(self, data):
        """RFC 8017, 9.1.1, with a salt made of the message."""
        numbers = self.private.private_numbers()
        size, salt = self.private.key_size // 8, digest(b"salt", data)
        hashed = digest(bytes(8), digest(data), salt)
        block = bytes(size - 32 - 34) + b"\x01" + salt
        mask = b"".join(digest(hashed, i.to_bytes(4, "big")) for i in range(size // 32 + 1))
        masked = bytearray(a ^ b for a, b in zip(block, mask))
        masked[0] &= 0x7F
        number = int.from_bytes(masked + hashed + b"\xbc", "big")
        p, q = numbers.p, numbers.q  # by the Chinese remainder theorem: four times as fast
        low = pow(number, numbers.dmq1, q)
        high = (pow(number, numbers.dmp1, p) - low) * numbers.iqmp % p
        return (low + high * q).to_bytes(size, "big")


POOL = ([Key(P256, f"p256 {i}") for i in range(10)] +
        [Key(ED25519, f"ed25519 {i}") for i in range(6)] + [Key(RSA, "rsa3072.pem")])


# ---- metadata -------------------------------------------------------------------------------------

def common(role, version, expires):
    time = None if expires is None else fields((1, expires))
    return fields((1, b"0.0.1"), (2, version), (3, time), (4, role))


def key_mapping(key):
    return Node(3, fields((1, key.id), (2, fields((1, key.kind), (2, key.kind), (3, key.value)))))


def requirement(number, keys, threshold):
    return Node(number, [Node(1, key.id) for key in keys] + fields((2, threshold)))


def make_root(version, expires, root, targets):
    """root and targets: keys and threshold."""
    return ([Node(1, common(b"root", version, expires))] +
            [key_mapping(key) for key in root[0] + targets[0]] +
            [requirement(4, *root), requirement(7, *targets)])


def make_targets(version, expires, payloads):
    return [Node(1, common(b"targets", version, expires))] + [
        Node(2, fields((1, name), (2, len(content)), (3, fields((1, 1), (2, digest(content))))))
        for name, content in payloads]


def make_signature(key, data):
    return Node(2, fields((1, key.id), (2, key.sign(data))))


def make_envelope(data, keys):
    return fields((1, data)) + [make_signature(key, data) for key in keys]


# ---- containers -----------------------------------------------------------------------------------

HEADER = {"name": (0, 100), "mode": (100, 8), "uid": (108, 8), "gid": (116, 8), "size": (124, 12),
          "mtime": (136, 12), "checksum": (148, 8), "typeflag": (156, 1), "linkname": (157, 100),
          "magic": (257, 6), "version": (263, 2), "uname": (265, 32), "gname": (297, 32),
          "devmajor": (329, 8), "devminor": (337, 8), "prefix": (345, 155), "rest": (500, 12)}


class Member:
    def __init__(self, path, content):
        self.path, self.content = path, content
        self.header = {}  # fields that are others, less the checksum, which fits
        self.padding = bytes(-len(content) % 512)

    def encode(self):
        prefix, name = b"", self.path
        if len(name) > 100:
            prefix, _, name = name.partition(b"/")
        block = bytearray(512)
        for field, value in {"name": name, "mode": b"000644 ", "uid": b"000000 ",
                             "gid": b"000000 ", "size": b"%011o " % len(self.content),
                             "mtime": b"0" * 11 + b" ", "checksum": b" " * 8, "typeflag": b"0",
                             "magic": b"ustar", "version": b"00", "devmajor": b"000000 ",
                             "devminor": b"000000 ", "prefix": prefix, **self.header}.items():
            at, size = HEADER[field]
            block[at:at + size] = value[:size].ljust(size, b"\0")
        if "checksum" not in self.header:
            block[148:156] = b"%06o\0 " % sum(block)
        return bytes(block) + self.content + self.padding


def make_tar(members, end):
    return b"".join(member.encode() for member in members) + end


def make_update_bundle(root, targets, payloads):
    """root and targets: envelopes as trees; payloads: names and contents."""
    nodes = [] if root is None else [Node(5, root)]
    nodes.append(Node(3, [Node(1, b"targets"), Node(2, targets)]))
    return nodes + [Node(4, [Node(1, name), Node(2, content)]) for name, content in payloads]
