# SPDX-License-Identifier: Apache-2.0
"""Bundles that leave out payloads too large for a test: the metadata alone says how large they are."""

from forge import *
from judging import *


def left_out(*lengths):
    """Metadata that lists app, and targets of these lengths that the bundle does not hold."""
    large = [target_file(b"large%d" % i, b"", length=length, digest=bytes([1]) * 32)
             for i, length in enumerate(lengths)]
    return targets_metadata((), files=[target_file(b"app", b"x"), *large])


def personal(metadata):
    return Bundle(targets=signed(metadata, TARGETS1), payloads=[(b"app", b"x")])


for name, length, status in (
    ("8 GiB less a byte", (8 << 30) - 1, 0),
    ("8 GiB", 8 << 30, 3),
    ("2^64 - 2 bytes", 2**64 - 2, 3),
):
    metadata = left_out(length)
    known = ["--device-manifest", "manifest"]
    with case(f"convert: a left-out target of {name}"):
        with files(x_pb=personal(metadata).pb(), manifest=device_manifest(metadata),
                   anchor=ANCHOR) as folder:
            judge(folder, "x.pb", "--root", "anchor", *known).exits(0)
            run = Run(["convert", "x.pb", "-o", "y.swb"], folder)
            if status != 0:
                run.is_one_error(status, "'large0'")
                run.check(run.files == ["anchor", "manifest", "x.pb"], f"wrote {run.files}")
                continue
            judge(folder, "y.swb", "--root", "anchor", *known).exits(0)
            Run(["convert", "y.swb", "-o", "z.pb"], folder).exits(0)
            with open(os.path.join(folder, "z.pb"), "rb") as file:
                check(file.read() == personal(metadata).pb(), "there and back is another bundle")

metadata = left_out(2**64 - 1)
with files(x_pb=personal(metadata).pb(), x_swb=personal(metadata).tar(),
           manifest=device_manifest(metadata), anchor=ANCHOR) as folder:
    before = tree(folder)
    for file in ("x.pb", "x.swb"):
        for command in (["convert", file, "-o", "out.pb"],
                        ["personalize", file, "--device-manifest", "manifest", "-o", "out.pb"]):
            with case(f"{command[0]}: lengths that add up to 2^64: {file}"):
                run = Run(command, folder).is_one_error(3, "add up to more than 2^64 bytes")
                run.check(run.files == before, f"wrote {run.files}")

finish()
