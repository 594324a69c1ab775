# SPDX-License-Identifier: Apache-2.0
"""The tar container. Two tar readers that disagree on one file are two bundles under one signature, so
nothing passes but the one canonical form."""

import bz2
import gzip
import lzma

from forge import *
from judging import *

SEALED = signed(root_metadata(version=2), ROOT1)
BUNDLE = Bundle(root=SEALED)
ROOT_MEMBER, TARGETS_MEMBER, APP, LOADER = [member(*m) for m in BUNDLE.members()]
(APP_PATH, APP_DATA), (LOADER_PATH, LOADER_DATA) = BUNDLE.members()[2:]
GOOD = BUNDLE.tar()
assert GOOD == ROOT_MEMBER + TARGETS_MEMBER + APP + LOADER + END


def bad(name, bundle, step, says=""):
    """Refused from a file, and from a pipe, which is read in another way."""
    with case(f"tar: {name}"):
        rejected(bundle, step, says=says)
        with files(anchor=ANCHOR) as folder:
            run = Run(["verify", "-", "--root", "anchor", "--json"], folder, stdin=bundle).exits(1)
            found = json.loads(run.out)["failed_step"]
            run.check(found == step, f"from a pipe rejected at {found}, expected {step}")


def members(*parts, end=END):
    return b"".join(parts) + end


with case("tar: the bundle that the others are made of"):
    accepted(GOOD)
    with files(bundle=GOOD) as folder:
        with open(os.path.join(folder, "list"), "wb") as out:
            subprocess.run(["tar", "tf", "bundle"], cwd=folder, stdout=out, check=True)
        with open(os.path.join(folder, "list"), "rb") as out:
            names = out.read().split()
        check(names == [m[0] for m in BUNDLE.members()], f"tar lists {names}")

# ---- members -----------------------------------------------------------------------------------

bad("duplicate tar member, root_metadata", members(ROOT_MEMBER, ROOT_MEMBER, TARGETS_MEMBER, APP, LOADER),
    "container", "root_metadata")
bad("duplicate tar member, targets_metadata",
    members(ROOT_MEMBER, TARGETS_MEMBER, TARGETS_MEMBER, APP, LOADER), "payloads", "targets_metadata")
bad("duplicate tar member, a payload", members(ROOT_MEMBER, TARGETS_MEMBER, APP, APP, LOADER), "payloads")
bad("duplicate tar member, a payload at the end",
    members(ROOT_MEMBER, TARGETS_MEMBER, APP, LOADER, APP), "payloads", "targets/app")
bad("duplicate tar member, another payload of that name",
    members(ROOT_MEMBER, TARGETS_MEMBER, member(APP_PATH, b"evil"), APP, LOADER), "payloads")
bad("duplicate tar member, root_metadata at the end",
    members(ROOT_MEMBER, TARGETS_MEMBER, APP, LOADER, ROOT_MEMBER), "payloads", "root_metadata")
bad("member out of order, targets before root",
    members(TARGETS_MEMBER, ROOT_MEMBER, APP, LOADER), "payloads", "root_metadata")
bad("member out of order, payloads exchanged",
    members(ROOT_MEMBER, TARGETS_MEMBER, LOADER, APP), "payloads")
bad("member out of order, a payload first",
    members(APP, ROOT_MEMBER, TARGETS_MEMBER, LOADER), "container", "targets/app")
bad("member out of order, a payload before the targets",
    members(ROOT_MEMBER, APP, TARGETS_MEMBER, LOADER), "container", "targets/app")
bad("unknown member first", members(member(b"README", b"hello"), ROOT_MEMBER, TARGETS_MEMBER, APP, LOADER),
    "container", "README")
bad("unknown member last", members(ROOT_MEMBER, TARGETS_MEMBER, APP, LOADER, member(b"README", b"")),
    "payloads", "README")
bad("no targets_metadata", members(ROOT_MEMBER), "container", "targets_metadata")
bad("no member", END, "container")
bad("a payload alone", members(APP), "container")
bad("payload without its folder", members(ROOT_MEMBER, TARGETS_MEMBER, member(b"app", APP_DATA), LOADER),
    "payloads")
for name, root in (
    ("timestamp_metadata", b"timestamp_metadata"),
    ("root_metadatb", b"root_metadatb"),
    ("root_metadata in capitals", b"ROOT_METADATA"),
):
    bad(f"root renamed to {name}", members(member(root, SEALED), TARGETS_MEMBER, APP, LOADER), "container")
with case("tar: one bit turns root_metadata into timestamp_metadata or an unknown field"):
    for at in range(len(b"root_metadata")):
        for bit in range(7):
            name = bytearray(b"root_metadata")
            name[at] ^= 1 << bit
            with files(bundle=members(member(bytes(name), SEALED), TARGETS_MEMBER, APP, LOADER),
                       anchor=ANCHOR) as folder:
                run = judge(folder, "bundle", "--root", "anchor")
                run.check(run.document.get("failed_step") == "container", f"{bytes(name)} passes")

# ---- paths -------------------------------------------------------------------------------------

for path in (b"../targets/app", b"targets/../app", b"targets/../../app", b"/targets/app", b"./targets/app",
             b"targets/./app", b"targets//app", b"targets/app/", b"targets/", b"targets", b"", b"targets\\app",
             b"targets/app\n", b"targets/\x1b[31mapp", b"targets/\xff"):
    name = path.decode("utf-8", "backslashreplace").replace("\x1b", "ESC").replace("\n", "LF")
    bad(f"../, /abs, ./, //: '{name}'",
        members(ROOT_MEMBER, TARGETS_MEMBER, member(path, APP_DATA), LOADER), "payloads")
for path in (b"../root_metadata", b"/root_metadata", b"./root_metadata", b"root_metadata/", b"a/root_metadata"):
    bad(f"../, /abs, ./, //: '{path.decode()}'",
        members(member(path, SEALED), TARGETS_MEMBER, APP, LOADER), "container")
bad("NUL in a name", members(ROOT_MEMBER, TARGETS_MEMBER, member(b"targets/app\0evil", APP_DATA), LOADER),
    "payloads", "NUL")
bad("NUL in the name of root_metadata",
    members(member(b"root_metadata\0x", SEALED), TARGETS_MEMBER, APP, LOADER), "container", "NUL")
bad("prefix for a short path",
    members(ROOT_MEMBER, TARGETS_MEMBER, member(b"app", APP_DATA, prefix=b"targets"), LOADER), "payloads")
bad("NUL in the prefix",
    members(ROOT_MEMBER, TARGETS_MEMBER, member(APP_PATH, APP_DATA, prefix=b"\0evil"), LOADER), "payloads")
bad("prefix that leads out",
    members(ROOT_MEMBER, TARGETS_MEMBER, member(APP_PATH, APP_DATA, prefix=b".."), LOADER), "payloads")
bad("bytes after the prefix",
    members(ROOT_MEMBER, TARGETS_MEMBER, member(APP_PATH, APP_DATA, rest=b"\0x"), LOADER), "payloads")

# ---- kinds of members --------------------------------------------------------------------------

KINDS = (
    (b"1", "hardlink", {"linkname": b"root_metadata"}),
    (b"2", "symlink", {"linkname": b"/etc/passwd"}),
    (b"3", "character device", {"devmajor": b"000001 ", "devminor": b"000003 "}),
    (b"4", "block device", {}),
    (b"5", "directory", {}),
    (b"6", "fifo", {}),
    (b"7", "contiguous file", {}),
    (b"\0", "old regular file", {}),
    (b"S", "GNU sparse", {}),
    (b"M", "GNU continuation", {}),
    (b"V", "GNU volume label", {}),
    (b"D", "GNU directory", {}),
    (b"A", "Solaris ACL", {}),
    (b"Z", "unknown typeflag", {}),
    (b"\xff", "unknown typeflag 0xff", {}),
)
for flag, name, fields in KINDS:
    for what, content in (("with its bytes", APP_DATA), ("empty", b"")):
        bad(f"{name} in the place of a payload, {what}",
            members(ROOT_MEMBER, TARGETS_MEMBER, member(APP_PATH, content, typeflag=flag, **fields), LOADER),
            "payloads")
    bad(f"{name} in the place of root_metadata",
        members(member(b"root_metadata", SEALED, typeflag=flag, **fields), TARGETS_MEMBER, APP, LOADER),
        "container")
    bad(f"{name} as a member more",
        members(ROOT_MEMBER, TARGETS_MEMBER, APP, LOADER, member(b"x", b"", typeflag=flag, **fields)),
        "payloads")
bad("link name on a regular file",
    members(ROOT_MEMBER, TARGETS_MEMBER, member(APP_PATH, APP_DATA, linkname=b"x"), LOADER), "payloads")


def pax(**records):
    out = b""
    for name, value in records.items():
        record = f" {name}={value}\n".encode()
        size = len(record) + 1
        while len(str(size)) + len(record) != size:
            size += 1
        out += str(size).encode() + record
    return out


# What a reader that knows the extension takes for the next member, and one that does not, does not.
for name, more in (
    ("pax size or path override, size", member(b"PaxHeaders/app", pax(size=1), typeflag=b"x")),
    ("pax size or path override, path", member(b"PaxHeaders/app", pax(path="targets/app"), typeflag=b"x")),
    ("pax link override", member(b"PaxHeaders/app", pax(linkpath="/etc/passwd"), typeflag=b"x")),
    ("pax time", member(b"PaxHeaders/app", pax(mtime=0), typeflag=b"x")),
    ("pax sparse", member(b"PaxHeaders/app", pax(**{"GNU.sparse.major": 1}), typeflag=b"x")),
    ("pax empty", member(b"PaxHeaders/app", b"", typeflag=b"x")),
    ("pax global", member(b"PaxHeaders/app", pax(size=1), typeflag=b"g")),
    ("Solaris pax", member(b"PaxHeaders/app", pax(size=1), typeflag=b"X")),
    ("GNU long name", member(b"././@LongLink", b"targets/app\0", typeflag=b"L")),
    ("GNU long link", member(b"././@LongLink", b"targets/app\0", typeflag=b"K")),
):
    bad(f"{name} before a payload", members(ROOT_MEMBER, TARGETS_MEMBER, more, APP, LOADER), "payloads")
    bad(f"{name} first", members(more, ROOT_MEMBER, TARGETS_MEMBER, APP, LOADER), "container")
    bad(f"{name} before targets_metadata", members(ROOT_MEMBER, more, TARGETS_MEMBER, APP, LOADER),
        "container")
    bad(f"{name} last", members(ROOT_MEMBER, TARGETS_MEMBER, APP, LOADER, more), "payloads")

# ---- sizes -------------------------------------------------------------------------------------

SIZE = len(APP_DATA)
for name, field in (
    ("negative size", b"-0000000001 "),
    ("negative size in base 256", b"\xff" * 11 + b"\xff"),
    ("size in base 256", b"\x80" + SIZE.to_bytes(11, "big")),
    ("size with spaces in front", b"%11o " % SIZE),
    ("size terminated by a NUL", b"%011o\0" % SIZE),
    ("size of twelve digits", b"%012o" % SIZE),
    ("size of fewer digits", b"%06o \0\0\0\0\0" % SIZE),
    ("size with a digit that is not octal", b"0000000%03o8 " % (SIZE // 8)),
    ("size in hexadecimal", b"0x%09x " % SIZE),
    ("size empty", b""),
    ("size with a sign", b"+%010o " % SIZE),
    ("size of 8 GiB less one", b"77777777777 "),
    ("size one more", b"%011o " % (SIZE + 1)),
    ("size one less", b"%011o " % (SIZE - 1)),
    ("size a block more", b"%011o " % (SIZE + 512)),
):
    bad(name,
        members(ROOT_MEMBER, TARGETS_MEMBER, member(APP_PATH, APP_DATA, size=field), LOADER), "payloads")
    root_field = field.replace(b"%011o" % SIZE, b"%011o" % len(SEALED))
    if root_field == field:
        bad(f"{name}, of root_metadata",
            members(member(b"root_metadata", SEALED, size=field), TARGETS_MEMBER, APP, LOADER), "container")
bad("root_metadata over its cap",
    members(member(b"root_metadata", bytes(9 << 20)), TARGETS_MEMBER, APP, LOADER), "container")
with case("tar: root_metadata of 8 GiB less one is not read into memory"):
    with files(bundle=header(b"root_metadata", (1 << 33) - 1) + bytes(4096), anchor=ANCHOR) as folder:
        with open(os.path.join(folder, "bundle"), "r+b") as sparse:
            sparse.truncate(1 << 33)
        run = limited(["verify", "bundle", "--root", "anchor", "--json"], folder, 2, 64).exits(1)
        run.check(json.loads(run.out)["failed_step"] == "container", "failed elsewhere")

# ---- the other fields of a header --------------------------------------------------------------

for name, fields in (
    ("mode 0755", {"mode": b"000755 "}),
    ("mode setuid", {"mode": b"004644 "}),
    ("mode terminated by a NUL", {"mode": b"0000644"}),
    ("uid 1", {"uid": b"000001 "}),
    ("uid negative", {"uid": b"-00001 "}),
    ("gid 1", {"gid": b"000001 "}),
    ("mtime 1", {"mtime": b"00000000001 "}),
    ("mtime in base 256", {"mtime": b"\x80" + bytes(11)}),
    ("owner name", {"uname": b"root"}),
    ("group name", {"gname": b"root"}),
    ("NUL and more in the owner name", {"uname": b"\0root"}),
    ("devmajor", {"devmajor": b"000001 "}),
    ("devmajor empty", {"devmajor": b""}),
    ("devminor", {"devminor": b"000001 "}),
    ("GNU magic", {"magic": b"ustar ", "version": b" \0"}),
    ("old magic", {"magic": b"", "version": b""}),
    ("version empty", {"version": b""}),
    ("checksum of signed bytes", {"checksum": lambda total: b"%06o\0 " % (total - 256)}),
    ("checksum wrong", {"checksum": lambda total: b"%06o\0 " % (total + 1)}),
    ("checksum in other words", {"checksum": lambda total: b"%07o\0" % total}),
    ("checksum with spaces", {"checksum": lambda total: b"%6o\0 " % total}),
    ("checksum empty", {"checksum": b""}),
):
    bad(f"header, {name}",
        members(ROOT_MEMBER, TARGETS_MEMBER, member(APP_PATH, APP_DATA, **fields), LOADER), "payloads")
    bad(f"header of root_metadata, {name}",
        members(member(b"root_metadata", SEALED, **fields), TARGETS_MEMBER, APP, LOADER), "container")

# ---- padding and the end -----------------------------------------------------------------------

for name, fill in (("one bit", bytes([1])), ("all ones", b"\xff")):
    for what, parts, step in (
        ("root_metadata", (member(b"root_metadata", SEALED, fill), TARGETS_MEMBER, APP, LOADER), "container"),
        ("a payload", (ROOT_MEMBER, TARGETS_MEMBER, member(APP_PATH, APP_DATA, fill), LOADER), "payloads"),
        ("the last payload", (ROOT_MEMBER, TARGETS_MEMBER, APP, member(LOADER_PATH, LOADER_DATA, fill)),
         "payloads"),
    ):
        bad(f"dirty padding of {what}, {name}", members(*parts), step, "padding")
for name, end, step in (
    ("trailing data, one zero", END + b"\0", "end"),
    ("trailing data, one byte", END + b"x", "end"),
    ("trailing data, a zero block", END + bytes(512), "end"),
    ("trailing data, up to 10 KiB as tar pads", END + bytes(10240 - len(GOOD) % 10240), "end"),
    ("trailing data, a second bundle", END + GOOD, "end"),
    ("trailing data, a member", END + APP, "end"),
    ("lone zero block", bytes(512), "end"),
    ("lone zero block, then a member", bytes(512) + APP + END, "end"),
    ("zero blocks before it", bytes(512) + b"\0" * 511 + b"\1" + END, "end"),
    ("missing end", b"", "payloads"),
    ("end cut by a byte", END[:-1], "end"),
    ("end of one block and a half", bytes(768), "end"),
    ("end of half a block", bytes(256), "payloads"),
    ("end that is not zero", b"\0" * 1023 + b"\1", "end"),
):
    bad(name, members(ROOT_MEMBER, TARGETS_MEMBER, APP, LOADER, end=end), step)
bad("lone zero block between members", members(ROOT_MEMBER, TARGETS_MEMBER, APP, bytes(512), LOADER),
    "payloads")
bad("zero blocks first", END + GOOD, "container")

with case("tar: cut at each block, and beside it"):
    with files(anchor=ANCHOR) as folder:
        for length in range(0, len(GOOD), 512):
            for cut in {max(length - 1, 0), length, length + 1}:
                with open(os.path.join(folder, "bundle"), "wb") as file:
                    file.write(GOOD[:cut])
                run = judge(folder, "bundle", "--root", "anchor")
                run.check(run.status == 1, f"accepts the first {cut} bytes")

with case("tar: no byte is free: each 37th with one bit changed"):
    with files(anchor=ANCHOR) as folder:
        for at in range(0, len(GOOD), 37):
            changed = bytearray(GOOD)
            changed[at] ^= 1 << at % 8
            with open(os.path.join(folder, "bundle"), "wb") as file:
                file.write(changed)
            run = judge(folder, "bundle", "--root", "anchor")
            run.check(run.status == 1, f"accepts bit {at % 8} of byte {at} changed")

# ---- envelopes in a tar bundle are canonical ---------------------------------------------------

PLAIN = targets_metadata(PAYLOADS)
[SIGNATURE] = sign(PLAIN, TARGETS1)
for name, sealed in (
    ("signatures before the metadata", data(2, signature(*SIGNATURE)) + data(1, PLAIN)),
    ("signature before its key id", data(1, PLAIN) + data(2, data(2, SIGNATURE[1]) + data(1, SIGNATURE[0]))),
):
    with case(f"tar: envelope, {name}"):
        rejected(Bundle(targets=sealed).tar(), "container")
    with case(f"UpdateBundle: envelope, {name}, is accepted and becomes canonical in tar"):
        bundle = Bundle(targets=sealed).pb()
        accepted(bundle)
        with files(bundle=bundle) as folder:
            Run(["convert", "bundle", "-o", "tar", "--format", "tar"], folder).exits(0)
            with open(os.path.join(folder, "tar"), "rb") as file:
                check(file.read() == Bundle(targets=envelope(PLAIN, [SIGNATURE])).tar(), "not canonical")

# ---- what is no tar at all ---------------------------------------------------------------------

bad("gzip'd bundle", gzip.compress(GOOD), "container", "gzip")
bad("xz'd bundle", lzma.compress(GOOD), "container", "xz")
bad("bzip2'd bundle", bz2.compress(GOOD), "container", "bzip2")
bad("empty file", b"", "container", "empty")
bad("a byte", b"r", "container")
bad("text", b"schema: 1\n" * 100, "container")
bad("zeros", bytes(4096), "container")
bad("a ZIP", b"PK\3\4" + bytes(1000), "container")

finish()
