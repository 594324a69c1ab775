# SPDX-License-Identifier: Apache-2.0
"""Forges root and targets metadata, envelopes and both containers, byte by byte: what the program
itself would never write. Signs with the test keys, through openssl."""

import copy
import functools
import hashlib
import os
import subprocess
import tempfile

from wire import write_varint

DATA = os.environ["T_DATA"]
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# ---- fields ------------------------------------------------------------------------------------


def tag(number, kind):
    return write_varint(number << 3 | kind)


def num(number, value):
    return tag(number, 0) + write_varint(value)


def data(number, value):
    return tag(number, 2) + write_varint(len(value)) + value


def long_varint(value, extra):
    """The same number in extra bytes more than it needs."""
    short = write_varint(value)
    return short[:-1] + bytes([short[-1] | 0x80]) + b"\x80" * (extra - 1) + b"\x00"


# ---- keys --------------------------------------------------------------------------------------

RSA, ED25519, P256 = 1, 2, 3


def openssl(*arguments, stdin=None):
    done = subprocess.run(("openssl",) + arguments, input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr.decode()}")
    return done.stdout


def sha256(message):
    return hashlib.sha256(message).digest()


class Key:
    """A public key as metadata has it, and the private PEM, where there is one."""

    def __init__(self, kind, value, pem=None, scheme=None, key_id=None):
        self.kind = kind
        self.scheme = kind if scheme is None else scheme
        self.value = value
        self.pem = pem
        self.id = sha256(bytes([kind, self.scheme]) + value) if key_id is None else key_id

    def but(self, **changes):
        """The same key, declared otherwise; the key id follows unless it is given."""
        fields = {"kind": self.kind, "value": self.value, "pem": self.pem, "scheme": self.scheme}
        fields.update(changes)
        return Key(**fields)

    def message(self):
        return num(1, self.kind) + num(2, self.scheme) + data(3, self.value)

    def mapping(self):
        return data(1, self.id) + data(2, self.message())


@functools.lru_cache(maxsize=None)
def key(name):
    """testdata/keys/NAME.pem"""
    pem = os.path.join(DATA, "keys", name + ".pem")
    spki = openssl("pkey", "-in", pem, "-pubout", "-outform", "DER")
    if name.startswith("rsa"):
        return Key(RSA, spki, pem)
    if name.startswith("ed25519"):
        return Key(ED25519, spki[-32:], pem)
    return Key(P256, spki[-65:], pem)


def der_integers(der):
    at = 2
    for _ in range(2):
        length = der[at + 1]
        yield int.from_bytes(der[at + 2 : at + 2 + length], "big")
        at += 2 + length


@functools.lru_cache(maxsize=None)
def raw_signature(pem, kind, message, salt=32):
    with tempfile.NamedTemporaryFile(dir=".") as file:
        file.write(message)
        file.flush()
        sign = ("pkeyutl", "-sign", "-rawin", "-inkey", pem, "-in", file.name)
        if kind == ED25519:
            return openssl(*sign)
        sign += ("-digest", "sha256")
        if kind == RSA:
            pss = ("rsa_padding_mode:pss", f"rsa_pss_saltlen:{salt}", "rsa_mgf1_md:sha256")
            return openssl(*sign, *(part for option in pss for part in ("-pkeyopt", option)))
        r, s = der_integers(openssl(*sign))
    return ecdsa_raw(r, min(s, P256_ORDER - s))


def ecdsa_raw(r, s):
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def sign(message, *signers):
    """The (key id, signature) pairs of an envelope."""
    return [(signer.id, raw_signature(signer.pem, signer.kind, message)) for signer in signers]


# ---- metadata ----------------------------------------------------------------------------------

ROOT1, TARGETS1 = key("root1"), key("targets1")


def timestamp(seconds, nanos=None):
    return num(1, seconds % 2**64) + (b"" if nanos is None else num(2, nanos % 2**64))


def common(role, version, expires=None, spec=b"0.0.1"):
    out = data(1, spec) if spec else b""
    out += num(2, version) if version else b""
    if expires is not None:
        out += data(3, expires if isinstance(expires, bytes) else timestamp(expires))
    return out + (b"" if role is None else data(4, role))


def requirement(key_ids, threshold):
    out = b"".join(data(1, key_id) for key_id in key_ids)
    return out if threshold is None else out + num(2, threshold)


def root_metadata(
    root=(ROOT1,),
    targets=(TARGETS1,),
    version=1,
    root_threshold=1,
    targets_threshold=1,
    role=b"root",
    expires=None,
    keys=None,
    head=None,
    root_requirement=None,
    targets_requirement=None,
    extra=b"",
):
    """RootMetadata; keys, head (CommonMetadata) and the requirements stand in for what the other
    arguments say; extra comes after the last field."""
    if keys is None:
        keys = list(root) + list(targets)
    if head is None:
        head = common(role, version, expires)
    if root_requirement is None:
        root_requirement = requirement([k.id for k in root], root_threshold)
    if targets_requirement is None:
        targets_requirement = requirement([k.id for k in targets], targets_threshold)
    out = data(1, head)
    out += b"".join(data(3, k if isinstance(k, bytes) else k.mapping()) for k in keys)
    return out + data(4, root_requirement) + data(7, targets_requirement) + extra


def hash_message(digest, function=1):
    return num(1, function) + data(2, digest)


def target_file(name, content, length=None, digest=None, hashes=None, extra=b""):
    out = data(1, name)
    length = len(content) if length is None else length
    out += num(2, length) if length else b""
    if hashes is None:
        hashes = [hash_message(sha256(content) if digest is None else digest)]
    return out + b"".join(data(3, item) for item in hashes) + extra


def targets_metadata(
    payloads, version=1, role=b"targets", expires=None, head=None, files=None, extra=b""
):
    """TargetsMetadata that lists payloads; files (TargetFile messages) stands in for them."""
    if head is None:
        head = common(role, version, expires)
    if files is None:
        files = [target_file(name, content) for name, content in payloads]
    return data(1, head) + b"".join(data(2, file) for file in files) + extra


def signature(key_id, value):
    """What is empty is left out, as the canonical form has it."""
    return (data(1, key_id) if key_id else b"") + (data(2, value) if value else b"")


def envelope(metadata, signatures, extra=b""):
    return (
        (data(1, metadata) if metadata else b"")
        + b"".join(data(2, item if isinstance(item, bytes) else signature(*item)) for item in signatures)
        + extra
    )


def signed(metadata, *signers):
    return envelope(metadata, sign(metadata, *signers))


def device_manifest(metadata, user_manifest=None):
    out = data(1, data(1, b"targets") + data(2, metadata))
    return out if user_manifest is None else out + data(2, user_manifest)


# ---- bundles -----------------------------------------------------------------------------------

PAYLOADS = ((b"app", b"application " * 50), (b"boot/loader", b"\x7fELF loader"))


class Bundle:
    """Envelopes and payloads; tar() and pb() put them into a container."""

    def __init__(self, root=None, targets=None, payloads=PAYLOADS, **metadata):
        self.root = root
        self.payloads = list(payloads)
        if targets is None:
            targets = signed(targets_metadata(self.payloads, **metadata), TARGETS1)
        self.targets = targets

    def but(self, **changes):
        other = copy.copy(self)
        vars(other).update(changes)
        return other

    # -- tar

    def members(self):
        out = [] if self.root is None else [(b"root_metadata", self.root)]
        out.append((b"targets_metadata", self.targets))
        return out + [(b"targets/" + name, content) for name, content in self.payloads]

    def tar(self):
        return tar(self.members())

    # -- UpdateBundle

    def fields(self):
        out = [] if self.root is None else [data(5, self.root)]
        out.append(data(3, entry(b"targets", self.targets)))
        return out + [data(4, entry(name, content)) for name, content in self.payloads]

    def pb(self):
        return b"".join(self.fields())


def entry(name, value):
    return data(1, name) + data(2, value)


# ---- tar ---------------------------------------------------------------------------------------

# Where the fields of a header are: offset and size.
HEADER = {
    "name": (0, 100),
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "size": (124, 12),
    "mtime": (136, 12),
    "checksum": (148, 8),
    "typeflag": (156, 1),
    "linkname": (157, 100),
    "magic": (257, 6),
    "version": (263, 2),
    "uname": (265, 32),
    "gname": (297, 32),
    "devmajor": (329, 8),
    "devminor": (337, 8),
    "prefix": (345, 155),
    "rest": (500, 12),
}


def header(path, length, checksum=None, **fields):
    """The canonical header with other bytes in the named fields. checksum: bytes, or a function
    that makes them of the sum; the right one follows otherwise."""
    prefix = b""
    if len(path) > 100:
        prefix, path = b"targets", path[len(b"targets/") :]
    values = {
        "name": path,
        "mode": b"000644 ",
        "uid": b"000000 ",
        "gid": b"000000 ",
        "size": b"%011o " % length,
        "mtime": b"00000000000 ",
        "typeflag": b"0",
        "magic": b"ustar",
        "version": b"00",
        "devmajor": b"000000 ",
        "devminor": b"000000 ",
        "prefix": prefix,
    }
    values.update(fields)
    block = bytearray(512)
    for name, value in values.items():
        offset, room = HEADER[name]
        assert len(value) <= room, name
        block[offset : offset + len(value)] = value
    block[148:156] = b" " * 8
    total = sum(block)
    if checksum is None:
        checksum = b"%06o\0 " % total
    elif callable(checksum):
        checksum = checksum(total)
    block[148:156] = checksum.ljust(8, b"\0")
    return bytes(block)


def padded(content, padding=b"\0"):
    return content + padding * (-len(content) % 512)


END = bytes(1024)


def member(path, content, padding=b"\0", **fields):
    return header(path, len(content), **fields) + padded(content, padding)


def tar(members, end=END):
    """members: (path, content) pairs, or bytes as they are."""
    return b"".join(m if isinstance(m, bytes) else member(*m) for m in members) + end
