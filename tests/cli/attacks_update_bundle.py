# SPDX-License-Identifier: Apache-2.0
"""The UpdateBundle container: stock parsers take the first, the last or a merge of what is there twice,
and skip what they do not know."""

import gzip

from forge import *
from judging import *

SEALED = signed(root_metadata(version=2), ROOT1)
BUNDLE = Bundle(root=SEALED)
ROOT, TARGETS, APP, LOADER = BUNDLE.fields()
GOOD = BUNDLE.pb()
(APP_NAME, APP_DATA), LOADER_ITEM = PAYLOADS


def bad(name, bundle, step="container", says="", **options):
    with case(f"UpdateBundle: {name}"):
        rejected(bundle, step, says=says, **options)


def good(name, bundle, *arguments, **options):
    with case(f"UpdateBundle: {name}"):
        accepted(bundle, *arguments, **options)


good("the bundle that the others are made of", GOOD)

# ---- twice -------------------------------------------------------------------------------------

bad("duplicate singular field, root_metadata", ROOT + GOOD, says="second root_metadata")
bad("duplicate singular field, an empty root_metadata first", data(5, b"") + GOOD)
bad("duplicate singular field, an empty root_metadata last", GOOD + data(5, b""))
bad("duplicate singular field, root_metadata merged of two halves",
    data(5, SEALED[: len(data(1, root_metadata(version=2)))])
    + data(5, SEALED[len(data(1, root_metadata(version=2))) :]) + TARGETS + APP + LOADER)
bad("duplicate map key, targets_metadata", GOOD + TARGETS, says="second targets_metadata")
bad("duplicate map key, another targets_metadata first",
    data(3, entry(b"targets", signed(targets_metadata([]), TARGETS1))) + GOOD)
bad("duplicate map key, a payload", GOOD + APP, says="twice")
bad("duplicate map key, another payload first", data(4, entry(APP_NAME, b"evil")) + GOOD, says="twice")
bad("duplicate map key, another payload last", GOOD + data(4, entry(APP_NAME, b"evil")), says="twice")
bad("delegated targets metadata", GOOD + data(3, entry(b"other", b"")), says="delegated")
bad("delegated targets metadata alone", data(3, entry(b"other", BUNDLE.targets)) + APP + LOADER)

# ---- taken for the other container -------------------------------------------------------------


def with_magic_inside(make):
    """The first file of make(PAYLOADS) in which the name of a target puts tar's magic at offset 257."""
    for size in range(60, 100):
        for shift in range(5):
            names = (b"x" * size, b"x" * shift + b"ustar" * 19, b"y" * 90)
            made = make([(name, b"") for name in names])
            if made[257:262] == b"ustar":
                return made
    raise Fault("no name puts it there")


MAGIC_INSIDE = with_magic_inside(lambda payloads: Bundle(payloads=payloads).pb())
good("'ustar' in a name, where tar has it", MAGIC_INSIDE)
bad("'ustar' in a name, where tar has it, cut short", MAGIC_INSIDE[:-1])
for command, end in ((["dump"], []), (["convert"], ["-o", "out.swb"]), (["check"], [])):
    with case(f"UpdateBundle: 'ustar' in a name, where tar has it: {command[0]}"):
        with files(bundle_pb=MAGIC_INSIDE) as folder:
            Run([*command, "bundle.pb", *end], folder).exits(0)
with case("a device manifest: 'ustar' in a name, where tar has it"):
    with files(m=with_magic_inside(lambda items: device_manifest(targets_metadata(items)))) as folder:
        run = Run(["dump", "m", "--json"], folder).exits(0)
        run.check(json.loads(run.out)["kind"] == "device-manifest", "not read as one")

# ---- map entries -------------------------------------------------------------------------------

for number, name, value in ((3, "targets_metadata", BUNDLE.targets), (4, "target_payloads", APP_DATA)):
    key_ = b"targets" if number == 3 else APP_NAME
    rest = ROOT + (APP if number == 3 else TARGETS) + LOADER

    for what, bad_entry in (
        ("no key", data(2, value)),
        ("no value", data(1, key_)),
        ("empty", b""),
        ("empty key", entry(b"", value)),
        ("two keys", data(1, b"other") + entry(key_, value)),
        ("two values", entry(key_, b"") + data(2, value)),
        ("key of the wrong wire type", num(1, 1) + data(2, value)),
        ("value of the wrong wire type", data(1, key_) + num(2, 1)),
        ("NUL in the key", entry(key_ + b"\0", value)),
        ("bad UTF-8 in the key", entry(key_ + b"\xff", value)),
        ("bad UTF-8 in the key, overlong", entry(key_ + b"\xc0\xaf", value)),
        ("key of 8 KiB", entry(b"n" * 8192, value)),
        ("value past the end of the entry", data(1, key_) + tag(2, 2) + write_varint(len(value) + 1) + value),
        ("non-minimal varint in the key's length", tag(1, 2) + long_varint(len(key_), 1) + key_ + data(2, value)),
        ("group", tag(1, 3) + tag(1, 4) + entry(key_, value)),
    ):
        bad(f"an entry of {name}, {what}", rest + data(number, bad_entry))
    good(f"an entry of {name}, the value first", rest + data(number, data(2, value) + data(1, key_)))
    unknown = rest + data(number, entry(key_, value) + data(3, b"smuggled"))
    bad(f"an entry of {name}, unknown field", unknown, says="--allow-unknown")
    good(f"an entry of {name}, unknown field, --allow-unknown", unknown, "--allow-unknown",
         warns={"container": "no signature covers"})
    bad(f"wrong wire type, a number for {name}", GOOD + num(number, 1))
    bad(f"group of {name}", GOOD + tag(number, 3) + tag(number, 4))
bad("wrong wire type, a number for root_metadata", num(5, 1) + TARGETS + APP + LOADER)
bad("wrong wire type, 64 bits for root_metadata", tag(5, 1) + bytes(8) + TARGETS + APP + LOADER)

# ---- framing -----------------------------------------------------------------------------------

for name, more in (
    ("group", tag(100, 3) + tag(100, 4)),
    ("end of a group", tag(5, 4)),
    ("wire type 6", tag(100, 6)),
    ("wire type 7", tag(100, 7)),
    ("field number 0", b"\2\0"),
    ("field number over 2^29", tag(1 << 29, 0) + b"\0"),
    ("non-minimal varint in a tag", long_varint(100 << 3, 1) + b"\0"),
    ("non-minimal varint in a number", tag(100, 0) + long_varint(1, 1)),
    ("non-minimal varint in a length", tag(100, 2) + long_varint(0, 1)),
    ("tag over 32 bits", write_varint(1 << 35) + b"\0"),
    ("varint over 64 bits", tag(100, 0) + b"\xff" * 9 + b"\2"),
    ("varint of eleven bytes", tag(100, 0) + b"\x80" * 10 + b"\1"),
    ("length past the end", tag(100, 2) + b"\1"),
    ("length of 2^31", tag(100, 2) + write_varint(1 << 31)),
    ("length of 2^63", tag(100, 2) + write_varint(1 << 63)),
    ("length of 2^64 - 1", tag(100, 2) + write_varint(2**64 - 1)),
    ("length that wraps to the start", tag(100, 2) + write_varint(2**64 - len(GOOD) - 11)),
    ("varint cut", tag(100, 0) + b"\x80"),
    ("tag cut", b"\x80"),
    ("64 bits cut", tag(100, 1) + bytes(7)),
    ("32 bits cut", tag(100, 5) + bytes(3)),
):
    bad(f"{name}, last", GOOD + more)
    with case(f"UpdateBundle: {name}, last, --allow-unknown"):
        rejected(GOOD + more, "container", "--allow-unknown")
for name, number, whole, body in (
    ("root_metadata", 5, ROOT, SEALED),
    ("targets_metadata", 3, TARGETS, entry(b"targets", BUNDLE.targets)),
    ("target_payloads", 4, APP, entry(*PAYLOADS[0])),
):
    for extra in (1, 2, 8):
        longer = tag(number, 2) + long_varint(len(body), extra) + body
        bad(f"non-minimal varint, length of {name}, {extra} more", GOOD.replace(whole, longer))
    longer = long_varint(number << 3 | 2, 1) + whole[1:]
    bad(f"non-minimal varint, tag of {name}", GOOD.replace(whole, longer))
bad("a root_metadata over its cap", data(5, bytes(9 << 20)) + TARGETS + APP + LOADER)

# ---- unknown fields, and roles that nothing covers ---------------------------------------------

for name, unknown in (
    ("number", num(100, 7)),
    ("bytes", data(99, b"smuggled")),
    ("64 bits", tag(98, 1) + bytes(8)),
    ("32 bits", tag(97, 5) + bytes(4)),
    ("timestamp_metadata", data(1, SEALED)),
    ("snapshot_metadata", data(2, SEALED)),
    ("timestamp_metadata, empty", data(1, b"")),
):
    for place, bundle in (("first", unknown + GOOD), ("last", GOOD + unknown)):
        bad(f"unknown field {name} {place}", bundle, says="--allow-unknown")
        good(f"unknown field {name} {place}, --allow-unknown", bundle, "--allow-unknown",
             warns={"container": "no signature covers"})
good("1,024 unknown fields, --allow-unknown", GOOD + num(100, 1) * 1024, "--allow-unknown",
     warns={"container": "1024"})
with case("UpdateBundle: 1,025 unknown fields, --allow-unknown"):
    rejected(GOOD + num(100, 1) * 1025, "container", "--allow-unknown")

with case("UpdateBundle: one bit turns root_metadata into timestamp_metadata or an unknown field"):
    with files(anchor=ANCHOR) as folder:
        for bit in range(8):
            with open(os.path.join(folder, "bundle"), "wb") as file:
                file.write(bytes([GOOD[0] ^ 1 << bit]) + GOOD[1:])
            for options in ((), ("--allow-unknown", "--strict")):
                run = judge(folder, "bundle", "--root", "anchor", *options)
                run.check(run.status == 1, f"accepts bit {bit} changed {options}")
# The rotation is lost, and with it the new targets key: an attacker who hides the root gains nothing.
hidden = data(1, signed(root_metadata(targets=(key("targets2"),), version=2), ROOT1)) + Bundle(
    targets=signed(targets_metadata(PAYLOADS), key("targets2"))).pb()
with case("UpdateBundle: one bit turns root_metadata into timestamp_metadata or an unknown field, "
          "a rotation, --allow-unknown"):
    rejected(hidden, "targets-quorum", "--allow-unknown")

# ---- order is free, and nothing else is --------------------------------------------------------

good("fields in reverse", LOADER + APP + TARGETS + ROOT)
good("payloads first", APP + LOADER + TARGETS + ROOT)
good("payloads around the metadata", LOADER + ROOT + TARGETS + APP)
with case("UpdateBundle: fields in any order convert to the same bundle, in both containers"):
    parts = BUNDLE.fields()
    swapped = data(4, data(2, APP_DATA) + data(1, APP_NAME))
    for order in ([3, 2, 1, 0], [2, 3, 1, 0], [1, 0, 3, 2], [2, 0, 3, 1]):
        shuffled = b"".join(parts[at] for at in order).replace(APP, swapped)
        with files(bundle=shuffled) as folder:
            for format_, want in (("tar", BUNDLE.tar()), ("pigweed", GOOD)):
                Run(["convert", "bundle", "-o", "out", "--format", format_], folder).exits(0)
                with open(os.path.join(folder, "out"), "rb") as file:
                    check(file.read() == want, f"order {order}: not the canonical {format_} bundle")
bad("no targets_metadata", ROOT + APP + LOADER, says="targets_metadata")
bad("only a root_metadata", ROOT)
bad("empty", b"", says="empty")

with case("UpdateBundle: cut at each field, and in between"):
    with files(anchor=ANCHOR) as folder:
        lengths = {0, len(GOOD) - 1, *range(0, len(GOOD), 11)}
        for part in BUNDLE.fields():
            at = GOOD.index(part)
            lengths |= {at, at + 1, at + 2, at + 3}
        for length in sorted(lengths):
            with open(os.path.join(folder, "bundle"), "wb") as file:
                file.write(GOOD[:length])
            run = judge(folder, "bundle", "--root", "anchor")
            run.check(run.status == 1, f"accepts the first {length} bytes")

with case("UpdateBundle: no byte is free: each 7th with one bit changed"):
    with files(anchor=ANCHOR) as folder:
        for at in range(0, len(GOOD), 7):
            changed = bytearray(GOOD)
            changed[at] ^= 1 << at % 8
            with open(os.path.join(folder, "bundle"), "wb") as file:
                file.write(changed)
            run = judge(folder, "bundle", "--root", "anchor")
            run.check(run.status == 1, f"accepts bit {at % 8} of byte {at} changed")

bad("gzip'd bundle", gzip.compress(GOOD), says="gzip")

with case("a .pb of 2 GiB is refused, and the tar format named"):
    with files(bundle=GOOD, anchor=ANCHOR) as folder:
        for size in (1 << 31, (1 << 31) + 1, 1 << 40):
            with open(os.path.join(folder, "bundle"), "r+b") as sparse:
                sparse.truncate(size)
            run = judge(folder, "bundle", "--root", "anchor")
            run.check(run.document.get("failed_step") == "container", "not refused")
            found = run.document["steps"][-1]["found"]
            run.check("2 GiB" in found and "tar" in found, f"told is: {found}")
            before = tree(folder)
            for command in (("dump", "bundle"), ("convert", "bundle", "-o", "out.swb")):
                run = Run(command, folder).is_one_error(3)
                run.check(run.files == before, f"wrote {run.files}")

with case("UpdateBundle: a length over 2 GiB is never believed"):
    with files(bundle=ROOT + TARGETS + tag(4, 2) + write_varint(3 << 30) + bytes(1000),
               anchor=ANCHOR) as folder:
        run = limited(["verify", "bundle", "--root", "anchor", "--json"], folder, 2, 64).exits(1)
        run.check(json.loads(run.out)["failed_step"] == "container", "failed elsewhere")

with case("UpdateBundle: from a pipe it cannot be read, and that is said"):
    with files(anchor=ANCHOR) as folder:
        run = Run(["verify", "-", "--root", "anchor", "--json"], folder, stdin=GOOD).exits(1)
        step = json.loads(run.out)["steps"][-1]
        run.check(step["step"] == "container", "failed elsewhere")

with case("UpdateBundle: 100,000 payloads, in bounded time and memory"):
    flood = b"".join(data(4, entry(b"t%d" % i, b"")) for i in range(100000))
    with files(bundle=GOOD + flood, anchor=ANCHOR) as folder:
        run = limited(["verify", "bundle", "--root", "anchor", "--json"], folder, 2, 64).exits(1)
        run.check(json.loads(run.out)["failed_step"] == "container", "failed elsewhere")

finish()
