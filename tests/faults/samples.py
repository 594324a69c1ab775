# SPDX-License-Identifier: Apache-2.0
"""What the commands are given: manifests, keys, bundles, devices, all made before the sweep."""

import gzip
import hashlib
import io
import json
import lzma
import os
import shutil
import subprocess
import tarfile

from files import state_of, tree

TOOL = os.environ["SWT_TOOL"]
SOURCE = os.environ["SWT_SOURCE"]

MANIFEST = """schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
include: [board.yaml]
targets:
  - {name: deep/data, file: data.bin}
meta: {board: {rev: b}}
"""

BOARD = """targets:
  - {name: app, file: app.bin}
meta: {board: {soc: x}}
"""

WHOLE = """schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1, notes: notes.md}
targets:
  - {files: "*.bin", compression: zstd}
sbom: {file: sbom.json}
"""

LARGE = """schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
targets:
  - {name: image, file: image.img}
  - {name: deep/data, file: data.bin}
"""

PACKED = """schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
targets:
  - {name: user_manifest, file: packed.json}
  - {name: app, file: app.gz}
  - {name: deep/data, file: data.xz}
  - {name: other, file: other.zst}
"""

FLEET = """states:
  - {root: root, floor: 50, count: 1200}
  - {name: fresh, root: rotated.root}
  - {root: root}
"""

# Has made its signature before; it must have been given the whole message all the same.
SIGNER = """#!/bin/sh
[ "$1" = sign ] || exec cat signer.pub
cmp -s - message || exit 1
exec cat signature
"""


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


class Samples:
    def __init__(self, work):
        self.work = work
        self.template = os.path.join(work, "template")
        self.devices = os.path.join(work, "devices")
        os.mkdir(self.template)
        self.prepare()

    def prepare(self):
        # Ed25519 signs the same bytes alike each time, so that results can be compared.
        for name, key in ("key", "ed25519-1.pem"), ("other", "ed25519-2.pem"):
            path = os.path.join(self.template, name)
            shutil.copy(os.path.join(SOURCE, "testdata/keys", key), path)
            os.chmod(path, 0o600)
        for name, content in (
            ("product.yaml", MANIFEST.encode()),
            ("whole.yaml", WHOLE.encode()),
            ("large.yaml", LARGE.encode()),
            ("notes.md", b"notes\n"),
            ("pin", b"mock-pin-271828\n"),
            ("passphrase", b"of no key but the new one\n"),
            ("board.yaml", BOARD.encode()),
            ("fleet.yaml", FLEET.encode()),
            ("app.bin", bytes(range(256)) * 40),
            # Longer than what one write moves.
            ("data.bin", b"data\n" * 120000),
            # Large enough for threads: two payloads beside each other, then one beside its hash.
            ("image.img", b"%07d\n" * 330000 % tuple(range(330000))),
            *self.packed(),
        ):
            with open(os.path.join(self.template, name), "wb") as file:
                file.write(content)
        self.prepare_sbom()
        for words in (
            "root create -o root --root-key other --targets-key key --sign-with other",
            "build product.yaml -o b.swb --root root",
            "build product.yaml -o b.pb --root root",
            "build packed.yaml -o packed.swb",
            "sign b.pb --key key -o signed.pb",
            "sign b.swb --key key -o signed.swb",
            "sign b.swb --export request",
            "sign --request request --key key -o response --yes",
            "root rotate root -o next.root --expires 2040-01-01",
            "sign next.root --root root --export root.request",
        ):
            self.must(words)
        self.prepare_device_manifest()
        self.prepare_signer()
        self.prepare_devices()
        # As they are now, whatever a command writes into a link to one of them.
        self.files = tree(self.template)
        self.device_states = {name: state_of(os.path.join(self.devices, name)) for name in ("fresh", "device")}

    def prepare_sbom(self):
        with open(os.path.join(self.template, "app.bin"), "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        component = {"name": "app.bin", "hashes": [{"alg": "SHA-256", "content": digest}]}
        with open(os.path.join(self.template, "sbom.json"), "w", encoding="ascii") as file:
            json.dump({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [component]}, file)

    @staticmethod
    def packed():
        """Files of a bundle whose targets are compressed, each in another way."""
        rows = (
            ("app", "gzip", "app.gz", lambda content: gzip.compress(content, mtime=0)),
            ("deep/data", "xz", "data.xz", lzma.compress),
            ("other", "zstd", "other.zst", lambda content: subprocess.check_output(["zstd", "-q"], input=content)),
        )
        targets = {}
        for name, kind, file, compress in rows:
            # Longer than what one write moves, and than the window of gzip.
            content = b"".join(b"%s %d\n" % (name.encode(), i) for i in range(30000))
            record = {"type": kind, "length": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            targets[name] = {"compression": record}
            yield file, compress(content)
        yield "packed.json", json.dumps({"schema": 1, "targets": targets}).encode()
        yield "packed.yaml", PACKED.encode()

    def must(self, words):
        subprocess.run([TOOL, *words.split()], cwd=self.template, check=True, capture_output=True)

    def prepare_devices(self):
        """Devices: fresh, and one with version 42; bundles for them, of which one replaces the targets keys."""
        shutil.copy(os.path.join(SOURCE, "testdata/keys/targets1.pem"), os.path.join(self.template, "new"))
        self.must("root rotate root -o rotated.root --targets-key new --sign-with other")
        for name, version, signers in (
            ("b42", 42, "--root root --key key"),
            ("b43", 43, "--root root --key key"),
            ("rotated", 7, "--root rotated.root --key new"),
        ):
            with open(os.path.join(self.template, "release.yaml"), "w", encoding="ascii") as file:
                file.write(MANIFEST.replace("metadata_version: 1", f"metadata_version: {version}"))
            self.must(f"build release.yaml -o {name}.swb {signers}")
        self.leave_out("b43.swb", "targets/deep/data", "left.swb")
        os.mkdir(self.devices)
        for name in "fresh", "device":
            self.must(f"provision --root root --format device-dir -o ../devices/{name}")
        self.must("apply b42.swb --device ../devices/device")
        between = state_of(os.path.join(self.devices, "device"))
        with open(os.path.join(self.template, "rotated.root"), "rb") as file:
            between.update(root_metadata=file.read(), floor=b"none\n")
        self.between = between

    def leave_out(self, bundle, name, copy):
        with tarfile.open(os.path.join(self.template, bundle)) as members:
            member = members.getmember(name)
        with open(os.path.join(self.template, bundle), "rb") as file:
            data = file.read()
        end = member.offset_data + -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        with open(os.path.join(self.template, copy), "wb") as file:
            file.write(data[: member.offset] + data[end:])

    def signed_targets(self):
        """The targets metadata, and its envelope with one signature."""
        words = [TOOL, "build", "product.yaml", "-o", "-", "--root", "root", "--key", "key"]
        bundle = subprocess.run(words, cwd=self.template, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(bundle)) as members:
            envelope = members.extractfile("targets_metadata").read()
        # Metadata of 128 to 16,383 bytes behind its tag and length.
        length = (envelope[1] & 127) | envelope[2] << 7
        return envelope[3 : 3 + length], envelope

    def prepare_device_manifest(self):
        """Of a device that has every payload but app."""
        metadata = self.signed_targets()[0].replace(b"\x0a\x03app", b"\x0a\x03old")
        entry = b"\x0a\x07targets" + b"\x12" + varint(len(metadata)) + metadata
        with open(os.path.join(self.template, "manifest"), "wb") as file:
            file.write(b"\x0a" + varint(len(entry)) + entry)

    def prepare_signer(self):
        metadata, envelope = self.signed_targets()
        for name, content in (
            ("signer", SIGNER.encode()),
            ("message", metadata),
            ("signature", envelope[-64:]),
        ):
            with open(os.path.join(self.template, name), "wb") as file:
                file.write(content)
        os.chmod(os.path.join(self.template, "signer"), 0o755)
        public = os.path.join(SOURCE, "testdata/keys/ed25519-1.pub")
        shutil.copy(public, os.path.join(self.template, "signer.pub"))
