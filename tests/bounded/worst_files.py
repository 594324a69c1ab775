# SPDX-License-Identifier: Apache-2.0
"""Files that are huge or never end, in the place of each file that is read."""

from forge import *
from worst import *

BUNDLE = Bundle(payloads=[(b"app", b"app")], root=signed(root_metadata(), ROOT1))
POLICY = b"schema: 1\nrules: [{rule: sbom-required}]\n"
PRODUCT = b"schema: 1\nproduct: {name: worst}\nrelease: {version: 1, metadata_version: 1}\ntargets: [{file: app}]\n"


def prepare():
    write("root", signed(root_metadata(), ROOT1))
    write("bundle", BUNDLE.tar())
    write("app", b"app")
    write("product.yaml", PRODUCT)
    write("states.yaml", b"states: [{root: root}]\n")
    write("key.pem", open(TARGETS1.pem, "rb").read())
    os.chmod("key.pem", 0o600)


def places(path):
    """A command for each place where path is read."""
    yield "verify", path, "--root", "root"
    yield "verify", "bundle", "--root", path
    yield "verify", "bundle", "--root", "root", "--device-manifest", path
    yield "verify", "bundle", "--root", "root", "--against", path
    yield "verify", path, "--type", "root", "--root", "root"
    yield "dump", path
    yield "check", path
    yield "check", "product.yaml", "--policy", path
    yield "diff", path, "bundle"
    yield "extract", path, "-C", "out", "--root", "root"
    yield "convert", path, "-o", "out.swb"
    yield "build", path, "-o", "out.swb"
    yield "build", "product.yaml", "-o", "out.swb", "--key", path
    yield "build", "product.yaml", "-o", "out.swb", "--root", path
    yield "sign", path, "--key", "key.pem", "-o", "signed"
    yield "sign", "bundle", "--key", path, "-o", "signed"
    yield "sign", "bundle", "--key", "key.pem", "--passphrase-file", path, "-o", "signed"
    yield "sign", "bundle", "--attach", path, "-o", "signed"
    yield "sign", "--request", path, "--key", "key.pem", "-o", "response", "--yes"
    yield "key", "show", path
    yield "fleet", "--bundle", path, "--fleet", "states.yaml"
    yield "fleet", "--bundle", "bundle", "--fleet", path
    yield "provision", "--root", path, "-o", "dev", "--format", "device-dir"
    yield "personalize", path, "--device-manifest", "root", "-o", "out.swb"
    yield "root", "rotate", path, "-o", "new", "--add-targets-key", "key.pem"


@worst("any file", "a sparse one of 1 TiB")
def terabyte():
    prepare()
    sparse("terabyte", 1 << 40)
    for words in places("terabyte"):
        yield Run(words, None)


@worst("any file", "a device that never ends")
def zero():
    prepare()
    for words in places("/dev/zero"):
        yield Run(words, None)


@worst("any file", "a pipe that never ends")
def endless():
    prepare()
    for words in places("/dev/stdin"):
        yield Run(words, None, stdin=["yes", "[{"])


@worst("tar", "a member of 8 GiB - 1, sparse, whose signature is bad")
def sparse_member():
    prepare()
    size = 8 * GIB - 1
    listed = targets_metadata((), files=[target_file(b"image", b"", length=size, digest=bytes(32))])
    for bad, step in ((b"other", "targets-quorum"), (listed, "payloads")):
        sealed = envelope(listed, sign(bad, TARGETS1))
        there = size if step == "targets-quorum" else 1
        sparse("bundle", 3000 + there, member(b"targets_metadata", sealed) + header(b"targets/image", size))
        yield rejected(step, "verify", "bundle", "--root", "root")
        yield rejected(step, "extract", "bundle", "-C", "out", "--root", "root")


@worst("tar", "a listed length of 2^63, and 1 TiB there")
def sparse_terabyte():
    prepare()
    for size in 1 << 40, 1 << 63, (1 << 64) - 1:
        listed = targets_metadata((), files=[target_file(b"image", b"", length=size, digest=bytes(32))])
        sparse("bundle", 1 << 40, member(b"targets_metadata", signed(listed, TARGETS1)) + header(b"targets/image", 8 * GIB - 1))
        yield rejected("payloads", "verify", "bundle", "--root", "root")


@worst("UpdateBundle", "a payload of nearly 2 GiB, sparse, whose signature is bad; a field of 1 TiB")
def sparse_update_bundle():
    prepare()
    size = 2 * GIB - 4096
    listed = targets_metadata((), files=[target_file(b"image", b"", length=size, digest=bytes(32))])
    head = data(3, entry(b"targets", envelope(listed, sign(b"other", TARGETS1))))
    inner = data(1, b"image") + tag(2, 2) + write_varint(size)
    field = tag(4, 2) + write_varint(len(inner) + size) + inner
    sparse("bundle", len(head + field) + size, head + field)
    yield rejected("targets-quorum", "verify", "bundle", "--root", "root")
    for number in 3, 4, 5:
        sparse("bundle", 1 << 40, tag(number, 2) + write_varint(1 << 40) + tag(2, 2) + write_varint(1 << 39))
        yield rejected("container", "verify", "bundle", "--root", "root")
