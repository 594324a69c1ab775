# SPDX-License-Identifier: Apache-2.0
"""Targets over 2 GiB and over 4 GiB in a tar bundle: numbers of 31 and 32 bits end there."""

from forge import *
from judging import *

GIB = 1 << 30
# SHA-256 of so many zero bytes.
ZEROS = {
    2 * GIB + 1: "b8030a8ab89280935633d8d991da3d9907c0f12e8b6fc3bfc515f4d440872b6e",
    4 * GIB + 1: "fbb82f7b353676bb562eb82157fcf0ea42c36492ca13ee56dbf82c08b6802c5c",
}


def sparse_bundle(path, length, digest, there=None):
    """A tar bundle with one target of zeros; there: so many of them are in the file."""
    listed = target_file(b"image", b"", length=length, digest=digest)
    head = signed(targets_metadata((), files=[listed]), TARGETS1)
    start = member(b"targets_metadata", head) + header(b"targets/image", min(length, 8 * GIB - 1))
    there = length if there is None else there
    with open(path, "wb") as file:
        file.write(start)
        file.truncate(len(start) + there + -there % 512 + len(END))


for length, digest in ZEROS.items():
    text = f"{length >> 30} GiB and a byte"
    with files(anchor=ANCHOR) as folder:
        bundle = os.path.join(folder, "bundle")
        sparse_bundle(bundle, length, bytes.fromhex(digest))
        with case(f"targets over 2 GiB and over 4 GiB in tar: {text} is accepted"):
            run = judge(folder, "bundle", "--root", "anchor")
            run.check(run.status == 0, "not accepted")
        with case(f"targets over 2 GiB and over 4 GiB in tar: dump tells the length of {text}"):
            run = Run(["dump", "bundle", "--json"], folder).exits(0)
            found = json.loads(run.out)["targets"][0]["length"]
            run.check(found == length, f"told is {found}")
        with case(f"a target of {text} has no place in an UpdateBundle, which is said before it is written"):
            run = limited(["convert", "bundle", "-o", "out.pb"], folder, 2, 64).is_one_error(3, "tar")
            run.check(run.files == ["anchor", "bundle"], f"wrote {run.files}")
        if length < 4 * GIB:
            continue
        with case(f"a target of {text} is left out for a device that has it"):
            listed = target_file(b"image", b"", length=length, digest=bytes.fromhex(digest))
            with open(os.path.join(folder, "manifest"), "wb") as file:
                file.write(device_manifest(targets_metadata((), files=[listed])))
            known = ["--device-manifest", "manifest"]
            run = Run(["personalize", "bundle", *known, "-o", "small", "--json"], folder).exits(0)
            left_out = json.loads(run.out)["left_out"]
            run.check(left_out == [{"name": "image", "length": length}], f"left out is {left_out}")
            small = os.path.join(folder, "small")
            run.check(os.path.getsize(small) < 4096, "it is large still")
            judge(folder, "small", "--root", "anchor", *known).exits(0)
            judge(folder, "small", "--root", "anchor").exits(1)
with files(anchor=ANCHOR) as folder:
    bundle = os.path.join(folder, "bundle")
    for name, length, there in (
        ("8 GiB", 8 * GIB, None),
        ("4 GiB and a byte, of which one byte is there", 4 * GIB + 1, 1),
        ("2^63 bytes", 1 << 63, 1),
    ):
        with case(f"a target of {name} in tar is refused at once"):
            sparse_bundle(bundle, length, bytes(32), there)
            run = limited(["verify", "bundle", "--root", "anchor", "--json"], folder, 2, 64).exits(1)
            found = json.loads(run.out)["failed_step"]
            run.check(found == "payloads", f"rejected at {found}")

finish()
