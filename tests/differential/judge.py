# SPDX-License-Identifier: Apache-2.0
"""A second judgement of a bundle, by what swupdate-bundle(5) says.

It shares no code with the program: the two are held against each other (differential.py).
"""
import hashlib
import json
import math
import re
import sys
from dataclasses import dataclass, field

import keys
from messages import (MAX_ENVELOPE, MAX_KEY, Refused, is_canonical, read, read_entries,
                      require, split, walk)

BLOCK = 512
MAX_SIGNS, MAX_DEPTH = 262144, 2048  # of JSON
sys.setrecursionlimit(10000)


@dataclass
class Verdict:
    """step is None when the bundle is accepted, and "error" when nothing could be judged."""
    step: str = None
    warnings: list = field(default_factory=list)
    why: str = ""

    def __str__(self):
        if self.step:
            return f"{self.step}: {self.why}"
        return "accept" + "".join(f"; {warning}" for warning in self.warnings)


def check_nanos(common):
    require(0 <= common.expires.nanos < 10**9, "nanoseconds")


# ---- what the device has --------------------------------------------------------------------------

class Root:
    """Root metadata that is to be trusted."""

    def __init__(self, data):
        self.data, self.message = data, read("RootMetadata", data, True)

    def judge(self):
        message, identities = self.message, {}
        require(message.common_metadata.role == "root", "role")
        check_nanos(message.common_metadata)
        for mapping in message.keys:
            key = mapping.key
            require(key.key_type == key.scheme and key.key_type in (1, 2, 3), "type, scheme")
            require(mapping.key_id == keys.key_id(key.key_type, key.scheme, key.keyval), "key id")
            identity = keys.load(key.key_type, key.keyval)[1]
            require(mapping.key_id not in identities, "key id twice")
            require(identity not in identities.values(), "key twice")
            identities[mapping.key_id] = identity
        self.identities = identities
        self.keys = {mapping.key_id: mapping.key for mapping in message.keys}
        for role in (message.root_signature_requirement, message.targets_signature_requirement):
            require(all(key_id in identities for key_id in role.key_ids), "key of a role not there")
            require(len(set(role.key_ids)) == len(role.key_ids), "key twice in a role")
            require(1 <= role.threshold <= len(role.key_ids), "threshold")
        require(not set(message.root_signature_requirement.key_ids) &
                set(message.targets_signature_requirement.key_ids), "key in both roles")

    def targets_identities(self):
        ids = self.message.targets_signature_requirement.key_ids
        return {self.identities[key_id] for key_id in ids}


class DeviceManifest:
    def __init__(self, data):
        walk("Manifest", data, 0, len(data), False, [0])
        entries = read_entries("Manifest", data, 1)
        require(set(entries) == {"targets"}, "without targets")
        self.data = bytes(data[slice(*entries["targets"])])
        self.targets = read("TargetsMetadata", self.data, True)
        require(self.targets.common_metadata.role == "targets", "role")
        self.floor = self.targets.common_metadata.version
        self.user_manifest = None
        for number, _, value in split(data, 0, len(data)):
            if number == 2:
                self.user_manifest = bytes(data[slice(*value)])

    def has(self, target):
        return any(held.file_name == target.file_name and held.length == target.length and
                   sha256_of(held) == sha256_of(target) for held in self.targets.target_files)


def sha256_of(target):
    return [found.hash for found in target.hashes if found.function == 1]


def is_of(target, content):
    return [hashlib.sha256(content).digest()] == sha256_of(target)


# ---- containers -----------------------------------------------------------------------------------

def make_header(path, size):
    name, prefix = path, b""
    if len(path) > 100:
        prefix, name = path.split(b"/", 1)

    def fields(checksum):
        return b"".join((name.ljust(100, b"\0"), b"000644 \0", b"000000 \0", b"000000 \0",
                         b"%011o " % size, b"0" * 11 + b" ", checksum, b"0", bytes(100),
                         b"ustar\0" + b"00", bytes(64), b"000000 \0", b"000000 \0",
                         prefix.ljust(155, b"\0"), bytes(12)))
    return fields(b"%06o\0 " % sum(fields(b" " * 8)))


class Tar:
    def __init__(self, data):
        self.data, self.at = data, 0
        self.root = None
        if data.startswith(b"root_metadata\0"):
            self.root = self.read_metadata(b"root_metadata", "SignedRootMetadata")
        self.targets = self.read_metadata(b"targets_metadata", "SignedTargetsMetadata")

    def read_metadata(self, path, name):
        digits = self.data[self.at + 124:self.at + 135]
        require(len(digits) == 11 and all(48 <= digit < 56 for digit in digits), "size")
        size = int(digits, 8)
        require(size <= MAX_ENVELOPE, "too large")
        content = self.read_member(path, size)
        require(content is not None, "not " + path.decode())
        require(is_canonical(name, content), "not canonical")
        return content

    def read_member(self, path, size):
        """Its content; None, and nothing was read, when the next member is another."""
        begin = self.at + BLOCK
        if self.data[self.at:begin] != make_header(path, size):
            return None
        end = begin + size
        self.at = (end + BLOCK - 1) // BLOCK * BLOCK
        require(self.at <= len(self.data), "cut off")
        require(not any(self.data[end:self.at]), "padding")
        return self.data[begin:end]

    def payload(self, target):
        require(target.length < 1 << 33, "too large for tar")
        return self.read_member(b"targets/" + target.file_name.encode(), target.length)

    def end_of_payloads(self, _):
        require(self.data[self.at:self.at + BLOCK] == bytes(BLOCK), "another payload, or no end")

    def end(self):
        require(self.data[self.at:] == bytes(2 * BLOCK), "end")


class UpdateBundle:
    def __init__(self, data):
        self.data = data
        counts = walk("UpdateBundle", data, 0, len(data), False, [0])
        metadata = read_entries("targets_metadata", data, 3)
        require(set(metadata) == {"targets"}, "not one targets metadata")
        self.targets = data[slice(*metadata["targets"])]
        self.root = None
        if 5 in counts:
            self.root = next(data[slice(*value)] for n, _, value in split(data, 0, len(data))
                             if n == 5)
        self.payloads = read_entries("target_payloads", data, 4)
        require(all(len(key.encode()) <= MAX_KEY for key in self.payloads), "key too long")
        for envelope in (self.root, self.targets):
            require(len(envelope or b"") <= MAX_ENVELOPE, "envelope too large")

    def payload(self, target):
        where = self.payloads.get(target.file_name)
        if where is None:
            return None
        require(where[1] - where[0] == target.length, "length")
        return self.data[slice(*where)]

    def end_of_payloads(self, targets):
        names = {target.file_name for target in targets.target_files}
        require(set(self.payloads) <= names, "a payload that is not listed")

    def end(self):
        pass


# ---- user_manifest --------------------------------------------------------------------------------

def is_sha256(text):
    return isinstance(text, str) and re.fullmatch("[0-9a-fA-F]{64}", text) is not None


def refuse(text):
    raise ValueError(text)


def read_number(text, kind):
    number = kind(text)
    if not -2**63 <= number < 2**63 if kind is int else math.isinf(number):
        refuse(text)
    return number


def read_object(pairs):
    return dict(pairs) if len(dict(pairs)) == len(pairs) else refuse("key twice")


def check_json(value, depth=1):
    if isinstance(value, str) and ("\0" in value or value.encode() is None):
        refuse("NUL, or half a surrogate pair")
    if isinstance(value, (dict, list)) and depth > MAX_DEPTH:
        refuse("depth")
    for part in [*value, *value.values()] if isinstance(value, dict) else value if isinstance(
            value, list) else ():
        check_json(part, depth + 1)


def read_user_manifest(data):
    """An object of schema 1, else an empty one."""
    try:
        signs = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", data, flags=re.DOTALL)
        require(len(data) <= 4 << 20 and sum(map(signs.count, b",:[{")) <= MAX_SIGNS, "too large")
        document = json.loads(data.decode("utf-8"), parse_constant=refuse,
                              object_pairs_hook=read_object,
                              parse_int=lambda text: read_number(text, int),
                              parse_float=lambda text: read_number(text, float))
        check_json(document)
    except (ValueError, Refused):
        return {}
    ours = isinstance(document, dict) and type(document.get("schema")) is int and \
        document["schema"] == 1
    return document if ours else {}


# ---- the steps ------------------------------------------------------------------------------------

FORMATTING = {0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def fold(name):
    """Simple case folding: Python's own makes several characters of some, which then have another."""
    return "".join(next((text for text in (character.casefold(), character.lower()) if len(text) == 1),
                        character) for character in name)


def check_names(names):
    for name in names:
        require(1 <= len(name.encode()) <= 100, "length of a name")
        require(not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or ord(c) in FORMATTING or c == "\\"
                        for c in name), "character of a name")
        parts = name.split("/")
        require(not any(part in ("", ".", "..") for part in parts), "component of a name")
    require(len(set(names)) == len(names), "name twice")
    folders = {"/".join(name.split("/")[:i]) for name in names for i in range(1, name.count("/") + 1)}
    require(not folders & set(names), "name of a folder")


class Judge:
    def __init__(self, bundle, anchor, manifest, now):
        """anchor None is --self; now: seconds since 1970."""
        self.bundle, self.anchor_file, self.now = bundle, anchor, now
        self.device = None if manifest is None else DeviceManifest(manifest)
        self.verdict = Verdict()
        self.ignored = []  # signatures that did not count: key id, and whether it is in the role
        if anchor is not None:
            self.anchor_envelope = read("SignedRootMetadata", anchor, False)
            self.anchor = Root(self.anchor_envelope.serialized_root_metadata)

    def warn(self, text):
        self.verdict.warnings.append(text)

    def run(self):
        for step in (self.container, self.anchor_given, self.envelope, self.anchor_step,
                     self.root_old_quorum, self.root_content, self.root_new_quorum,
                     self.root_version, self.root_expiry, self.floor, self.targets_quorum,
                     self.targets_content, self.targets_expiry, self.targets_entries,
                     self.targets_version, self.payloads, self.root_stripped, self.end):
            try:
                step()
            except Refused as fault:
                slug = step.__name__.replace("_step", "").replace("_", "-")
                return Verdict(slug, [], str(fault))
        return self.verdict

    def container(self):
        is_tar = self.bundle[257:262] == b"ustar" and self.bundle[0] not in b"\x0a\x12\x1a\x22\x2a"
        self.source = Tar(self.bundle) if is_tar else UpdateBundle(self.bundle)

    def anchor_given(self):
        require(self.anchor_file is not None or self.source.root is not None, "no root")

    def envelope(self):
        self.root_envelope = None
        if self.source.root is not None:
            self.root_envelope = read("SignedRootMetadata", self.source.root, False)
            self.root_data = self.root_envelope.serialized_root_metadata
        self.targets_envelope = read("SignedTargetsMetadata", self.source.targets, False)
        self.targets_data = self.targets_envelope.serialized_targets_metadata

    def anchor_step(self):
        if self.anchor_file is None:
            self.anchor_envelope, self.anchor = self.root_envelope, Root(self.root_data)
        self.anchor.judge()
        role = self.anchor.message.root_signature_requirement
        if self.count(self.anchor, role, self.anchor.data, self.anchor_envelope, []) < role.threshold:
            self.warn("the anchor's own quorum did not sign it")

    def count(self, root, role, data, envelope, ignored):
        """How many keys of a role have signed; ignored collects what did not count."""
        counted = set()
        for signature in envelope.signatures:
            key_id, key = signature.key_id, root.keys.get(signature.key_id)
            if key_id in role.key_ids and key_id not in counted and keys.verifies(
                    key.key_type, key.keyval, signature.sig, data):
                counted.add(key_id)
            else:
                ignored.append(key_id)
        return len(counted)

    def quorum(self, root, role, data, envelope):
        ignored = []
        counted = self.count(root, role, data, envelope, ignored)
        require(counted >= role.threshold, f"{counted} of {role.threshold}")
        self.ignored += [(key_id, key_id in role.key_ids) for key_id in ignored]

    def root_old_quorum(self):
        if self.root_envelope is not None:
            role = self.anchor.message.root_signature_requirement
            self.quorum(self.anchor, role, self.root_data, self.root_envelope)

    def root_content(self):
        self.trusted = self.anchor
        if self.root_envelope is not None:
            self.trusted = Root(self.root_data)
            self.trusted.judge()

    def root_new_quorum(self):
        if self.root_envelope is not None:
            role = self.trusted.message.root_signature_requirement
            self.quorum(self.trusted, role, self.root_data, self.root_envelope)

    def root_version(self):
        old, new = (root.message.common_metadata.version for root in (self.anchor, self.trusted))
        require(new >= old, "rollback")
        if new == old and self.anchor.data != self.trusted.data:
            self.warn("another root of this version")

    def check_expiry(self, common):
        if common.HasField("expires"):
            expires = common.expires
            require((self.now, 0) < (expires.seconds, expires.nanos), "expired")

    def root_expiry(self):
        self.check_expiry(self.trusted.message.common_metadata)

    def floor(self):
        self.lowest = None
        self.has_floor = self.device is not None and self.anchor_file is not None
        if self.has_floor:
            shared = self.anchor.targets_identities() & self.trusted.targets_identities()
            if len(shared) >= self.trusted.message.targets_signature_requirement.threshold:
                self.lowest = self.device.floor

    def targets_quorum(self):
        role = self.trusted.message.targets_signature_requirement
        self.quorum(self.trusted, role, self.targets_data, self.targets_envelope)

    def targets_content(self):
        self.targets = read("TargetsMetadata", self.targets_data, True)
        require(self.targets.common_metadata.role == "targets", "role")
        check_nanos(self.targets.common_metadata)
        if self.targets.common_metadata.spec_version != "0.0.1":
            self.warn("specification version")

    def targets_expiry(self):
        self.check_expiry(self.targets.common_metadata)

    def targets_entries(self):
        if not self.targets.target_files:
            self.warn("no target is listed")
        for target in self.targets.target_files:
            found = sha256_of(target)
            require(len(found) == 1 and len(found[0]) == 32, "SHA-256")
            if len(target.hashes) > 1:
                self.warn("other hash functions")
        require(sum(target.length for target in self.targets.target_files) < 1 << 64, "lengths")
        names = [target.file_name for target in self.targets.target_files]
        check_names(names)
        if len({fold(name) for name in names}) < len(names):
            self.warn("names that differ in case only")

    def targets_version(self):
        version = self.targets.common_metadata.version
        require(self.lowest is None or version >= self.lowest, "rollback")
        if self.has_floor and version == self.device.floor and self.targets_data != self.device.data:
            self.warn("other content of the same version")

    def payloads(self):
        self.user_manifest = None
        for target in self.targets.target_files:
            content = self.source.payload(target)
            if content is None:
                require(self.device is not None and self.device.has(target), "left out")
                if target.file_name == "user_manifest":
                    self.warn("user_manifest is left out")
                    held = self.device.user_manifest or b""
                    self.user_manifest = held if is_of(target, held) else None
                continue
            require(is_of(target, content), "hash")
            if target.file_name == "user_manifest":
                self.user_manifest = content
        self.source.end_of_payloads(self.targets)

    def root_stripped(self):
        if [target.file_name for target in self.targets.target_files][:1] != ["user_manifest"]:
            return
        named = read_user_manifest(self.user_manifest or b"").get("root")
        version, sha256 = (named.get(key) if isinstance(named, dict) else None
                           for key in ("version", "sha256"))
        if type(version) is int and 0 <= version < 1 << 32 and is_sha256(sha256):
            require(self.trusted.message.common_metadata.version > version or
                    hashlib.sha256(self.trusted.data).hexdigest() == sha256.lower(), "stripped")

    def end(self):
        self.source.end()
        for key_id, in_role in self.ignored:
            if in_role or key_id not in self.anchor.keys and key_id not in self.trusted.keys:
                self.warn("a signature that does not count")


def judge(bundle, anchor, manifest, now):
    """Verdict on a bundle: anchor and manifest are bytes or None, now is in seconds since 1970."""
    try:
        judged = Judge(bundle, anchor, manifest, now)
    except Refused as fault:
        return Verdict("error", [], str(fault))
    return judged.run()
