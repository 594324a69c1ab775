# SPDX-License-Identifier: Apache-2.0
"""A good bundle with what the device has, and the stages at which mutations change it."""
import json

from making import (POOL, Member, Node, digest, encode, find, make_envelope, make_root, make_tar,
                    make_targets, make_update_bundle)
from spoiling import mutate_bytes, mutate_tree

NOW = 1795392000  # 2026-11-23

# Other user_manifests, of which some name no root.
def set_root(**members):
    return lambda document: {**document, "root": {**document["root"], **members}}


DOCUMENTS = [
    lambda document: {**document, "schema": 2}, lambda document: {**document, "schema": 1.0},
    lambda document: {**document, "schema": True}, lambda document: {**document, "schema": "1"},
    lambda document: {"schema": 1}, lambda document: [document], lambda document: b"",
    lambda document: b"{}", lambda document: b"null", lambda document: b"1",
    lambda document: json.dumps(document).encode() + b" x",
    lambda document: json.dumps(document).encode() + b"\n",
    lambda document: b"\xef\xbb\xbf" + json.dumps(document).encode(),
    lambda document: json.dumps(document).encode()[:-1],
    lambda document: json.dumps(document)[:-1].encode() + b',"x":NaN}',
    lambda document: json.dumps(document)[:-1].encode() + b',"x":"\xff"}',
    lambda document: json.dumps(document)[:-1].encode() + b',"x":"\\u0000"}',
    lambda document: json.dumps(document)[:-1].encode() + b',"x":"\\ud800"}',
    lambda document: json.dumps(document)[:-1].encode() + b',"x":"\t"}',
    lambda document: json.dumps(document)[:-1].encode() + b',"x":01}',
    lambda document: json.dumps(document)[:-1].encode() + b',"x":1e999}',
    lambda document: json.dumps(document)[:-1].encode() + b',"x":99999999999999999999}',
    lambda document: json.dumps(document)[:-1].encode() + b',"schema":1}',
    lambda document: json.dumps(document)[:-1].encode() + b',"root":{"version":1,"sha256":""}}',
    lambda document: json.dumps(document)[:-1].encode() + b',"x":' + b"[" * 2047 + b"]" * 2047 + b"}",
    lambda document: json.dumps(document)[:-1].encode() + b',"x":' + b"[" * 2048 + b"]" * 2048 + b"}",
    lambda document: {**document, "root": None}, lambda document: {**document, "root": []},
    lambda document: {**document, "root": {}}, lambda document: {**document, "root": "x"},
    set_root(version=0), set_root(version=1), set_root(version=2), set_root(version=2**32),
    set_root(version=-1), set_root(version="1"), set_root(version=1.0), set_root(version=None),
    set_root(sha256=""), set_root(sha256="0" * 64), set_root(sha256=None), set_root(sha256=1),
    lambda document: set_root(sha256=document["root"]["sha256"].upper())(document),
    lambda document: set_root(version=document["root"]["version"] + 1)(document),
    lambda document: set_root(version=document["root"]["version"] - 1, sha256="x")(document),
    lambda document: set_root(more=1)(document),
]

STAGES = {}


def stage(name, weight=1):
    def mark(function):
        STAGES[function] = name
        WEIGHTS.append((function, weight))
        return function
    return mark


WEIGHTS = [("bytes", 10), ("anchor", 0.3), ("manifest", 0.5)]


# ---- scenarios ------------------------------------------------------------------------------------

class Scenario:
    def __init__(self, rng):
        self.rng, self.tar, self.now = rng, rng.random() < 0.5, NOW
        self.is_self = rng.random() < 0.06
        keys = POOL if rng.random() < 0.06 else POOL[:-1]  # RSA takes long
        chosen = rng.sample(keys, 8)
        self.roles = self.choose_roles(chosen[:4], chosen[4:])
        self.anchor = make_root(rng.randrange(1, 4), self.choose_time(), *self.roles)
        self.anchor_keys = self.roles
        self.root = self.choose_root(chosen)
        self.payloads = self.choose_payloads()
        self.version = rng.randrange(5, 9)
        self.targets = None  # after the root, which user_manifest names
        self.device = self.choose_device()

    def choose_roles(self, root, targets):
        rng = self.rng
        roles = []
        for keys in (root, targets):
            keys = keys[:rng.randrange(1, len(keys) + 1)]
            roles.append((keys, rng.randrange(1, len(keys) + 1)))
        return roles

    def choose_time(self):
        return self.rng.choice((None, None, NOW + 1, NOW + 10**6, 2**40))

    def choose_root(self, chosen):
        """None, the anchor, or a root that follows it."""
        rng = self.rng
        kind = rng.choice(("none", "same", "next", "next", "next"))
        if kind != "next":
            same = kind == "same" or self.is_self
            return [node.copy() for node in self.anchor] if same else None
        roles = [(list(keys), threshold) for keys, threshold in self.roles]
        if rng.random() < 0.8:
            spare = [key for key in POOL[:-1] if key not in chosen]
            for keys, _ in roles:
                for _ in range(rng.choice((0, 1, 1, 2))):
                    keys[rng.randrange(len(keys))] = spare.pop()
            roles = [(keys, rng.randrange(1, len(keys) + 1)) for keys, _ in roles]
        self.roles = roles
        version = find(self.anchor, 1, 2).value + rng.choice((0, 1, 1, 1, 5))
        return make_root(version, self.choose_time(), *roles)

    def choose_payloads(self):
        rng, names = self.rng, [b"app", b"boot/loader", b"boot/font", b"release_notes", b"z" * 96]
        return [(name, rng.randbytes(rng.choice((0, 1, 20, 511, 512, 513, 1500))))
                for name in rng.sample(names, rng.randrange(1, 4))]

    def choose_device(self):
        """Its version and the payloads that it has."""
        rng = self.rng
        if rng.random() < 0.4:
            return None
        payloads = [(name, content if rng.random() < 0.7 else content + b"old")
                    for name, content in self.payloads if rng.random() < 0.9]
        version = self.version + rng.choice((-3, -1, -1, 0, 0, 1, 7))
        return version, payloads or [(b"old", b"old")]

    # ---- from here on the mutations, by the stage at which they come ----

    def build(self, mutations):
        """anchor, device manifest (each bytes or None) and bundle."""
        self.mutations = mutations
        rng = self.rng
        self.apply("root")
        anchor = encode(make_envelope(encode(self.anchor), self.anchor_keys[0][0]))
        root_bytes = encode(self.anchor if self.root is None else self.root)
        self.add_user_manifest(root_bytes)
        self.targets = make_targets(self.version, self.choose_time(), self.payloads)
        self.apply("targets")
        targets_bytes = encode(self.targets)
        self.envelopes = {
            "root": None if self.root is None else make_envelope(root_bytes, self.root_signers()),
            "targets": make_envelope(targets_bytes, self.choose_signers(self.roles[1]))}
        self.apply("envelope")
        manifest = None if self.device is None else self.make_manifest()
        payloads = self.leave_out()
        bundle = self.pack(payloads)
        for mutation in mutations:
            if mutation == "bytes":
                bundle = mutate_bytes(rng, bundle)
            elif mutation == "anchor":
                anchor = mutate_bytes(rng, anchor)
            elif mutation == "manifest" and manifest is not None:
                manifest = mutate_bytes(rng, manifest)
        return None if self.is_self else anchor, manifest, bundle

    def apply(self, stage):
        for mutation in self.mutations:
            if not callable(mutation) or STAGES[mutation] != stage:
                continue
            try:
                mutation(self.rng, self)
            except (AttributeError, IndexError, TypeError, ValueError):
                # Another has spoilt what this one would change; alone, each must work.
                if len(self.mutations) == 1:
                    raise

    def root_signers(self):
        keys = self.choose_signers(self.anchor_keys[0])
        return keys + [key for key in self.choose_signers(self.roles[0]) if key not in keys]

    def choose_signers(self, role):
        """As many as it takes, or more."""
        keys, threshold = role
        threshold = min(threshold, len(keys))
        return self.rng.sample(keys, self.rng.randrange(threshold, len(keys) + 1))

    def add_user_manifest(self, root_bytes):
        rng = self.rng
        if rng.random() < 0.4:
            return
        root = self.anchor if self.root is None else self.root
        version = find(root, 1, 2).value
        document = {"schema": 1, "product": {"name": "\u00e9"}, "root": {
            "version": version if isinstance(version, int) else 1,
            "sha256": digest(root_bytes).hex()}}
        if rng.random() < 0.2:
            document = rng.choice(DOCUMENTS)(document)
        text = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.payloads.insert(0, (b"user_manifest", text))
        if self.device is not None and rng.random() < 0.5:
            self.device[1].append(self.payloads[0])

    def make_manifest(self):
        version, payloads = self.device
        targets = make_targets(version, None, payloads)
        nodes = [Node(1, [Node(1, b"targets"), Node(2, targets)])]
        nodes += [Node(2, content) for name, content in payloads if name == b"user_manifest"]
        if self.rng.random() < 0.03:
            mutate_tree(self.rng, nodes)
        return encode(nodes)

    def leave_out(self):
        held = [] if self.device is None or self.rng.random() < 0.5 else self.device[1]
        return [payload for payload in self.payloads
                if payload not in held or self.rng.random() < 0.5]

    def pack(self, payloads):
        if not self.tar:
            self.nodes = make_update_bundle(self.envelopes["root"], self.envelopes["targets"], payloads)
            self.apply("update bundle")
            return encode(self.nodes)
        self.members = [Member(role.encode() + b"_metadata", encode(envelope))
                        for role, envelope in self.envelopes.items() if envelope is not None]
        self.members += [Member(b"targets/" + name, content) for name, content in payloads]
        self.end = bytes(1024)
        self.apply("tar")
        return make_tar(self.members, self.end)
