# SPDX-License-Identifier: Apache-2.0
"""Inputs that are swapped or overwritten at each read: what is written is of one of them, or nothing is."""

from judging import finish
from samples import *

# ---- inputs that are swapped or overwritten ------------------------------------------------------


def extracted(result):
    result.says_why(1, 3, 5)
    found = below(result.files, "out")
    if result.status == 0:
        check(found in payloads_of(A, B), "what was extracted is in no signed bundle")
    else:
        check("out" not in result.files, "something was written")


def whole_bundle(*allowed):
    """out is one of these bundles, byte for byte but for ECDSA signatures that were added."""

    def judge(result):
        result.says_why(3, 5)
        out = result.files.get("out")
        if result.status != 0:
            check(out is None, "something was written")
            return
        check(any(is_bundle(out, item) for item in allowed), "what was written is no whole bundle")
        extra = {name for name in result.files if name.startswith(".")}
        check(not extra, f"left behind: {extra}")

    return judge


def is_bundle(out, item):
    """out holds the metadata and the payloads of item and nothing of another."""
    metadata = targets_metadata(item.payloads, version=5 if item is A else 6)
    others = [payload for other in (A, B) if other is not item for payload in other.payloads]
    return (metadata in out and all(content in out for _, content in item.payloads)
            and not any(content[:600] in out for _, content in others))


def only(whole):
    def judge(result):
        result.says_why(3, 5)
        found = result.files.get("out")
        check(found == (whole if result.status == 0 else None), "what was written is not whole")

    return judge


for kind in ("tar", "pb"):
    files = input_files(kind)
    race(f"file swapped between verify and extract, extract: {kind}",
         "extract bundle -C out --root anchor", files, READS, SWAPS, extracted)
    race(f"file swapped while it is converted: {kind}",
         f"convert bundle -o out --format {'pigweed' if kind == 'tar' else 'tar'}", files, READS, SWAPS,
         whole_bundle(A, B))
    race(f"file swapped while it is signed: {kind}", "sign bundle --key key.pem --replace -o out", files,
         READS, SWAPS, whole_bundle(A, B))
    # What the device has is of A, so that nothing comes of B.
    files = {**files, "record": RECORD}
    words = "personalize bundle --device-manifest record -o out"
    race(f"file swapped while it is personalized: {kind}", words, files, READS, SWAPS,
         only(run(words.split(), files, {}).files["out"]))

# ---- sources of a build --------------------------------------------------------------------------------

OTHER_MANIFEST = MANIFEST.replace(b"widget", b"gadget").replace(b"app.bin", b"other.bin")
ROOT_OF_BOTH = signed(root_metadata(targets=(TARGETS1, key("targets2"))), ROOT1)
BUILD_FILES = {"product.yaml": MANIFEST, "app.bin": b"a" * 1000, "other.bin": b"b" * 900,
               "root": ROOT_OF_BOTH,
               "key.pem": private("targets1.pem"), "new.yaml": OTHER_MANIFEST,
               "new.root": signed(root_metadata(version=2, targets=(TARGETS1,)), ROOT1),
               "new.pem": private("targets2.pem")}
BUILD = "build product.yaml --root root --key key.pem -o out"
for name, new in (("product.yaml", "new.yaml"), ("root", "new.root"), ("key.pem", "new.pem")):
    built = []
    for other in (name, new):
        made = run(BUILD.split(), {**BUILD_FILES, name: BUILD_FILES[other]}, {}).files["out"]
        built.append(made)

    def one_source(result, built=built):
        """A bundle of one source, as a whole: then it has what that one says, up to signatures."""
        result.says_why(3, 4, 5)
        out = result.files.get("out")
        check((out is not None) == (result.status == 0), "a bundle and the exit status do not fit")
        nothing_left(result)
        if out is not None:
            check(any(unsigned(out) == unsigned(item) for item in built), "a mixture of two sources")

    calls_of_it = ("read", name), ("open", name)
    race(f"source swapped while a build runs, {name}", BUILD, BUILD_FILES, calls_of_it, {
        "another is renamed to its name": f"cp -p {new} x; mv x {name}",
        "it is overwritten in place": f"dd if={new} of={name} conv=notrunc status=none",
        "it is emptied and written anew": f"cat {new} >{name}",
        "it is emptied": f": >{name}",
        "it is removed": f"rm {name}",
    }, one_source)

print(figures("of inputs"), flush=True)
finish()
