# SPDX-License-Identifier: Apache-2.0
"""Files that are not what they should be, or not what they were."""

import threading

from forge import *
from judging import *

ROOT_2 = root_metadata(version=2)
SEALED_2 = signed(ROOT_2, ROOT1)
PLAIN = targets_metadata(PAYLOADS)


# ---- another kind of file ----------------------------------------------------------------------

for name, content in (
    ("root metadata", SEALED_2),
    ("unsigned root metadata", envelope(ROOT_2, [])),
    ("the anchor's own bytes", ANCHOR),
    ("a device manifest", device_manifest(PLAIN)),
    ("signed targets metadata", signed(PLAIN, TARGETS1)),
    ("junk", os.urandom(4096)),
    ("a PEM", open(TARGETS1.pem, "rb").read()),
):
    with case(f"{name} where a bundle is expected"):
        rejected(content, "container")
for options in (["--root", "anchor"], ["--self"]):
    with case(f"root metadata where a bundle is expected, {options[0]}: --type root is named"):
        with files(bundle_swb=SEALED_2, anchor=ANCHOR) as folder:
            run = judge(folder, "bundle.swb", *options)
            run.check("--type root" in json.dumps(run.document), "--type root is not named")
            run.check(run.status == 1, "expected a rejection")
for kind in KINDS:
    with case(f"a bundle where root metadata is expected: {kind}"):
        with files(bundle=getattr(Bundle(root=SEALED_2), kind)(), anchor=ANCHOR) as folder:
            run = judge(folder, "bundle", "--type", "root", "--root", "anchor")
            run.check(run.status == 1, "expected a rejection")

# ---- the anchor --------------------------------------------------------------------------------


def answers(name, status, *arguments, says="", **contents):
    """verify and extract end with this error, and write nothing."""
    with case(name):
        with files(**{"bundle": Bundle(root=SEALED_2).tar(), "anchor": ANCHOR, **contents}) as folder:
            os.symlink("bundle", os.path.join(folder, "link"))
            os.link(os.path.join(folder, "bundle"), os.path.join(folder, "hard"))
            os.mkdir(os.path.join(folder, "folder"))
            before = tree(folder)
            for command in (["verify"], ["extract", "-C", "out"]):
                for more in ([], ["--json"]):
                    run = Run([*command, *arguments, *more], folder).exits(status)
                    run.check(run.out == b"", "expected nothing on stdout")
                    run.check(says in run.err.decode(), f"stderr lacks '{says}'")
                    run.check(run.files == before, f"wrote {run.files}")
                    if more:
                        error = json.loads(run.err)["error"]
                        run.check(error["exit"] == status, "another exit status in JSON")
                    else:
                        run.is_one_error(status)


answers("anchor: option missing", 2, "bundle", says="--root")
answers("two anchor options", 2, "bundle", "--root", "anchor", "--self")
answers("a device manifest without an anchor", 2, "bundle", "--device-manifest", "anchor")
answers("anchor: file missing", 5, "bundle", "--root", "nothing", says="nothing")
answers("anchor is a folder", 5, "bundle", "--root", "folder", says="folder")
answers("bundle missing", 5, "nothing", "--root", "anchor", says="nothing")
answers("bundle is a folder", 5, "folder", "--root", "anchor", says="folder")
answers("device manifest missing", 5, "bundle", "--root", "anchor", "--device-manifest", "nothing")
for text in ("yesterday", "2027-13-01", "90d", "", "2027-11-23T00:00:00", "-1"):
    answers(f"time '{text}' is none", 2, "bundle", "--root", "anchor", "--time", text)
for name, content in (
    ("empty", b""),
    ("junk", os.urandom(300)),
    ("text", b"root\n"),
    ("cut", ANCHOR[:-1]),
    ("cut in the metadata", ANCHOR[:100]),
    ("with a byte more", ANCHOR + b"\0"),
    ("a device manifest", device_manifest(PLAIN)),
    ("signed targets metadata", signed(PLAIN, TARGETS1)),
    ("a bundle without a root", Bundle().tar()),
    ("an UpdateBundle without a root", Bundle().pb()),
    ("over 16 MiB", bytes(17 << 20)),
):
    answers(f"anchor: not parsable, {name}", 3, "bundle", "--root", "anchor", anchor=content)
for path in ("bundle", "./bundle", "folder/../bundle", "link", "hard"):
    answers(f"--root that is the bundle itself, {path}", 2, "bundle", "--root", path, says="--self")
answers("--root that is the bundle itself, the bundle through a link", 2, "link", "--root", "bundle",
        says="--self")
answers("--root that is the bundle itself, UpdateBundle", 2, "bundle", "--root", "hard", says="--self",
        bundle=Bundle(root=SEALED_2).pb())
# As an envelope it is root metadata, as an UpdateBundle a bundle that this root would accept.
BOTH = data(1, root_metadata()) + data(2, signature(*sign(root_metadata(), ROOT1)[0])) + Bundle().pb()
answers("--root that is the bundle itself, which reads as root metadata, too", 2, "bundle", "--root", "hard",
        "--allow-unknown", says="--self", bundle=BOTH)
with case("--root that is the bundle itself, on standard input"):
    with files(bundle=Bundle(root=SEALED_2).tar()) as folder:
        with open(os.path.join(folder, "bundle"), "rb") as file:
            done = subprocess.run([TOOL, "verify", "-", "--root", "bundle"], cwd=folder, stdin=file,
                                  capture_output=True, check=False)
        check(done.returncode == 2 and b"--self" in done.stderr, f"{done}")
for kind in KINDS:
    with case(f"--root that is another bundle with a root is an anchor: {kind}"):
        accepted(Bundle().tar(), anchor=getattr(Bundle(root=ANCHOR), kind)())



def large_root(size):
    """The anchor with a signature that fills it up to so many bytes."""
    rest = size - len(ANCHOR) - len(data(2, data(2, bytes(8 << 20)))) + (8 << 20)
    return ANCHOR + data(2, data(2, bytes(rest)))


for size, good in ((8388608, True), (8388609, False)):
    large = large_root(size)
    check(len(large) == size, f"made {len(large)} bytes")
    for kind in (None, *KINDS):
        with case(f"anchor: an envelope of {size} bytes, {kind or 'in a file of its own'}"):
            anchor = large if kind is None else getattr(Bundle(root=large), kind)()
            with files(bundle=Bundle().tar(), anchor=anchor) as folder:
                run = Run(["verify", "bundle", "--root", "anchor"], folder)
                run.exits(0) if good else run.is_one_error(3, "8388608")
    for name, command in (
        ("provision", ["provision", "--root", "new", "-o", "out", "--format", "raw"]),
        ("rotate", ["root", "rotate", "new", "-o", "out"]),
        ("dump", ["dump", "new"]),
    ):
        with case(f"root metadata in an envelope of {size} bytes: {name}"):
            with files(new=large) as folder:
                run = Run(command, folder)
                run.exits(0) if good else run.is_one_error(3, "8388609 bytes")
    with case(f"root metadata in an envelope of {size} bytes: verify --type root"):
        with files(new=large, anchor=ANCHOR) as folder:
            Run(["verify", "--type", "root", "new", "--root", "anchor"], folder).exits(0 if good else 1)

# A bundle that is an anchor is read by the rules of bundles, and what it is follows from all its fields.
UNSIGNED_FIELD = num(100, 1)
INSIDE = Bundle(root=ANCHOR).pb()
DISORDERED = Bundle(root=data(2, signature(*sign(root_metadata(), ROOT1)[0])) + data(1, root_metadata()))
answers("anchor: a tar bundle whose root has its fields in another order", 3, "bundle", "--root", "anchor",
        says="root_metadata: its fields must ascend", anchor=DISORDERED.tar())
with case("anchor: an UpdateBundle whose root has its fields in another order"):
    accepted(Bundle().tar(), anchor=DISORDERED.pb())
for name, content in (
    ("an UpdateBundle with an unknown field last", INSIDE + UNSIGNED_FIELD),
    ("an UpdateBundle with an unknown field first", UNSIGNED_FIELD + INSIDE),
    ("root metadata with an unknown field first", UNSIGNED_FIELD + ANCHOR),
    ("root metadata with an unknown number 4 first", num(4, 1) + ANCHOR),
    ("root metadata with an unknown number 4 last", ANCHOR + num(4, 1)),
):
    answers(f"anchor: {name}", 3, "bundle", "--root", "anchor", says="--allow-unknown", anchor=content)
    with case(f"anchor: {name}, --allow-unknown"):
        accepted(Bundle().tar(), "--allow-unknown", anchor=content,
                 warns={"anchor": "1 unknown field in the anchor that no signature covers"})
with case("anchor: an UpdateBundle with unknown fields at its top and in the root's envelope: both count"):
    accepted(Bundle().tar(), "--allow-unknown",
             anchor=UNSIGNED_FIELD + Bundle(root=ANCHOR + UNSIGNED_FIELD).pb(),
             warns={"anchor": "2 unknown fields in the anchor"})

with case("--self proves nothing, and says so first"):
    rogue = key("ed25519-1"), key("ed25519-2")
    own = Bundle(
        root=signed(root_metadata(root=rogue[:1], targets=rogue[1:]), rogue[0]),
        targets=signed(PLAIN, rogue[1]),
    )
    for kind in KINDS:
        with files(bundle=getattr(own, kind)(), device=device_manifest(
                targets_metadata(PAYLOADS, version=9))) as folder:
            run = judge(folder, "bundle", "--self", "--device-manifest", "device")
            run.check(run.status == 0, "a consistent bundle is not accepted")
            run.check(not run.document["authenticated"], "--self authenticates")
            run = judge(folder, "bundle", "--self", "--strict")
            run.check(run.status == 0, "--strict takes --self for a warning")
            run = Run(["verify", "bundle", "--self"], folder).exits(0)
            first = run.out.decode().splitlines()[0]
            run.check("proves nothing" in first, f"the first line is '{first}'")
            run = Run(["extract", "bundle", "--self", "-C", "out"], folder).exits(0)
for name, bundle, step in (
    ("without a root", Bundle(), "anchor-given"),
    ("unsigned", Bundle(root=ANCHOR, targets=envelope(PLAIN, [])), "targets-quorum"),
    ("an unsigned root", Bundle(root=envelope(root_metadata(), [])), "root-old-quorum"),
    ("a root that breaks a rule", Bundle(root=signed(root_metadata(role=None), ROOT1)), "anchor"),
    ("a payload changed", Bundle(root=ANCHOR, targets=signed(PLAIN, TARGETS1),
                                 payloads=[(b"app", b"x" * 600), PAYLOADS[1]]), "payloads"),
):
    for kind in KINDS:
        with case(f"--self, {name}: {kind}"):
            with files(bundle=getattr(bundle, kind)()) as folder:
                run = judge(folder, "bundle", "--self")
                found = run.document.get("failed_step")
                run.check(found == step, f"failed at {found}, expected {step}")

# ---- the device manifest -----------------------------------------------------------------------

RECORD = device_manifest(PLAIN)
for name, content in (
    ("empty", b""),
    ("without targets", data(2, b"{}")),
    ("of another role", data(1, data(1, b"other") + data(2, PLAIN))),
    ("with an empty key", data(1, data(1, b"") + data(2, PLAIN))),
    ("without a key", data(1, data(2, PLAIN))),
    ("without a value", data(1, data(1, b"targets"))),
    ("with empty targets metadata", data(1, data(1, b"targets") + data(2, b""))),
    ("with targets twice", RECORD * 2),
    ("with user_manifest twice", RECORD + data(2, b"") * 2),
    ("with an unknown field", RECORD + num(100, 1)),
    ("with a wrong wire type", num(1, 1)),
    ("with a byte more", RECORD + b"\0"),
    ("with root metadata as targets", device_manifest(root_metadata())),
    ("of the wrong role", device_manifest(targets_metadata(PAYLOADS, role=b"root"))),
    ("zeros", bytes(100)),
    ("junk", os.urandom(100)),
    ("a bundle", Bundle().pb()),
    ("a tar bundle", Bundle().tar()),
    ("signed targets metadata", signed(PLAIN, TARGETS1)),
):
    answers(f"device manifest empty, truncated, without targets: {name}", 3, "bundle", "--root", "anchor", "--device-manifest", "device",
            device=content)
with case("device manifest empty, truncated, without targets: cut anywhere"):
    with files(bundle=Bundle().tar(), anchor=ANCHOR) as folder:
        for length in range(len(RECORD)):
            with open(os.path.join(folder, "device"), "wb") as file:
                file.write(RECORD[:length])
            run = Run(["verify", "bundle", "--root", "anchor", "--device-manifest", "device"], folder)
            run.is_one_error(3, "device")

# ---- payloads that a device has already --------------------------------------------------------

SIGNED = signed(PLAIN, TARGETS1)
for name, left in (("the first", PAYLOADS[1:]), ("the last", PAYLOADS[:1]), ("all", ())):
    bundle = Bundle(targets=SIGNED, payloads=left)
    both(f"left-out payload, {name}, recorded", bundle, accepted, device=RECORD)
    both(f"left-out payload, {name}, no device manifest", bundle, rejected, "payloads", says="missing")
    for what, record in (
        ("another hash", [target_file(n, c, digest=bytes(32)) for n, c in PAYLOADS]),
        ("another length", [target_file(n, c, length=len(c) + 1) for n, c in PAYLOADS]),
        ("another name", [target_file(n + b"2", c) for n, c in PAYLOADS]),
        ("nothing", []),
    ):
        both(f"left-out payload, {name}, recorded is {what}", bundle, rejected, "payloads",
             device=device_manifest(targets_metadata(PAYLOADS, files=record)))
both("all payloads there, and recorded", Bundle(), accepted, device=RECORD)
with case("left-out payload: extract takes what is there"):
    with files(bundle=Bundle(targets=SIGNED, payloads=PAYLOADS[1:]).tar(), anchor=ANCHOR,
               device=RECORD) as folder:
        options = ["--root", "anchor", "--device-manifest", "device"]
        Run(["extract", "bundle", "-C", "out", *options], folder).exits(0)
        check(tree(os.path.join(folder, "out")) == ["boot", "boot/loader"], "another payload is there")
        run = Run(["extract", "bundle", "-C", "one", "app", *options], folder).is_one_error(5, "app")
        run.check("one" not in run.files, "the folder appeared")

# ---- root stripped -----------------------------------------------------------------------------


def user_manifest(version=2, digest=None, **more):
    record = {"version": version, "sha256": (digest or sha256(ROOT_2)).hex()}
    return json.dumps({"schema": 1, "root": record, **more}, sort_keys=True).encode()


def built_with(document, root=None, signer=TARGETS1):
    payloads = [(b"user_manifest", document), *PAYLOADS]
    return Bundle(root=root, payloads=payloads, targets=signed(targets_metadata(payloads), signer))


OURS = user_manifest()
both("root stripped from a bundle that was built with one", built_with(OURS), rejected, "root-stripped", says="stripped")
both("root stripped, and an older one put in", built_with(OURS, ANCHOR), rejected, "root-stripped")
both("root as the bundle was built with", built_with(OURS, SEALED_2), accepted)
both("root newer than the bundle was built with", built_with(OURS, signed(root_metadata(version=3), ROOT1)),
     accepted)
both("root not there, but the device has it", built_with(OURS), accepted, anchor=SEALED_2)
both("root not there, but the device has a newer one", built_with(OURS), accepted,
     anchor=signed(root_metadata(version=3), ROOT1))
both("root of the version that it was built with, other bytes",
     built_with(OURS, signed(root_metadata(version=2, expires=2**33), ROOT1)), rejected, "root-stripped",
     says="another root of version 2")
for name, document in (
    ("another schema", OURS.replace(b'"schema": 1', b'"schema": 2')),
    ("no JSON", OURS[:-1]),
    ("no root", b'{"schema": 1}'),
    ("over 4 MiB", user_manifest(pad="x" * (4 << 20))),
    ("empty", b""),
):
    both(f"user_manifest is not ours, {name}", built_with(document), accepted)

left_out = built_with(OURS).but(payloads=PAYLOADS)
record = targets_metadata([(b"user_manifest", OURS), *PAYLOADS])
both("root stripped, and user_manifest left out that the device recorded", left_out, rejected,
     "root-stripped", device=device_manifest(record, OURS))
both("user_manifest left out", left_out.but(root=SEALED_2), accepted,
     device=device_manifest(record, OURS), warns={"payloads": "user_manifest is left out"})
both("user_manifest left out, not recorded", left_out, rejected, "payloads",
     device=device_manifest(targets_metadata(PAYLOADS)))

# ---- files that change -------------------------------------------------------------------------

GOOD = Bundle(root=SEALED_2).tar()
EVIL_PAYLOADS = [(name, b"E" * len(content)) for name, content in PAYLOADS]


def fed_by_pipe(folder, swap, arguments):
    """Runs the program on a named pipe, with swap() called when it has read half of the bundle."""
    path = os.path.join(folder, "bundle")
    os.mkfifo(path)

    def feed():
        with open(path, "wb", buffering=0) as pipe:
            pipe.write(GOOD[: len(GOOD) // 2])
            swap(path)
            try:
                pipe.write(GOOD[len(GOOD) // 2 :])
            except BrokenPipeError:
                pass

    feeder = threading.Thread(target=feed)
    feeder.start()
    run = Run(arguments, folder)
    feeder.join()
    return run


def replace_by(content):
    def swap(path):
        with open(path + ".new", "wb") as file:
            file.write(content)
        os.rename(path + ".new", path)

    return swap


for name, swap in (
    ("another signed bundle", replace_by(Bundle(payloads=EVIL_PAYLOADS).tar())),
    ("a broken one", replace_by(Bundle(targets=SIGNED, payloads=EVIL_PAYLOADS).tar())),
    ("nothing", os.unlink),
):
    with case(f"file swapped while it is extracted, {name}: what was judged is extracted"):
        with files(anchor=ANCHOR) as folder:
            fed_by_pipe(folder, swap, ["extract", "bundle", "-C", "out", "--root", "anchor"]).exits(0)
            for path, content in PAYLOADS:
                with open(os.path.join(folder, "out", path.decode()), "rb") as file:
                    check(file.read() == content, f"{path} is not what was judged")
with case("file swapped between verify and extract: extract judges anew"):
    with files(bundle=GOOD, anchor=ANCHOR) as folder:
        Run(["verify", "bundle", "--root", "anchor"], folder).exits(0)
        replace_by(Bundle(targets=SIGNED, payloads=EVIL_PAYLOADS).tar())(os.path.join(folder, "bundle"))
        run = Run(["extract", "bundle", "-C", "out", "--root", "anchor"], folder).exits(1)
        run.check("out" not in run.files, "something was written")

# ---- text that a terminal would obey -----------------------------------------------------------

EVIL = "\x1b]0;owned\x07\x1b[2J\u009b31m\u202e\r\b".encode()


def shows_escaped(name, arguments, status, **contents):
    with case(f"terminal escapes, {name}"):
        with files(**{"anchor": ANCHOR, **contents}) as folder:
            run = Run(arguments, folder).exits(status).has_nothing_to_hide()
            run.check(rb"\x1b" in run.out + run.err, "the text is not shown escaped")
            run = Run([*arguments, "--json"], folder).exits(status).has_nothing_to_hide()
            json.loads(run.out or run.err)


VERIFY = ["verify", "bundle", "--root", "anchor"]
shows_escaped("a target name in verify", VERIFY, 1, bundle=Bundle(payloads=[(b"a" + EVIL, b"1")]).pb())
shows_escaped("a target name in dump", ["dump", "bundle"], 0,
              bundle=Bundle(payloads=[(b"a" + EVIL, b"1")]).pb())
shows_escaped("a payload key in verify", VERIFY, 1,
              bundle=Bundle(targets=SIGNED, payloads=[*PAYLOADS, (EVIL, b"1")]).pb())
shows_escaped("a member's name in verify", VERIFY, 1,
              bundle=Bundle(targets=SIGNED, payloads=[*PAYLOADS, (b"\x1b[2J", b"1")]).tar())
shows_escaped("a member's owner in verify", VERIFY, 1,
              bundle=tar([member(b"root_metadata", SEALED_2, uname=b"\x1b[2J"), *Bundle().members()]))
shows_escaped("the map key of targets metadata", VERIFY, 1, bundle=data(3, entry(EVIL, SIGNED)))
shows_escaped("the role of targets metadata", VERIFY, 1, bundle=Bundle(role=EVIL).pb())
shows_escaped("the role of a root", VERIFY, 1,
              bundle=Bundle(root=signed(root_metadata(version=2, role=EVIL), ROOT1)).pb())
shows_escaped("spec_version in verify", VERIFY, 0,
              bundle=Bundle(head=common(b"targets", 1, spec=EVIL)).pb())
product = {"product": {"name": EVIL.decode(), "vendor": EVIL.decode()},
           "release": {"version": EVIL.decode(), "channel": EVIL.decode(), "vcs": EVIL.decode()},
           "targets": {"app": {"type": EVIL.decode(), "slot": EVIL.decode(), "version": EVIL.decode()}}}
shows_escaped("user_manifest in dump", ["dump", "bundle"], 0,
              bundle=built_with(user_manifest(**product)).tar())
shows_escaped("user_manifest of a device in dump", ["dump", "device"], 0,
              device=device_manifest(targets_metadata([(b"user_manifest", user_manifest(**product))]),
                                     user_manifest(**product)))
shows_escaped("the name of a bundle in verify", ["verify", "\x1b[2J", "--root", "anchor"], 5)
shows_escaped("the name of an anchor", ["verify", "bundle", "--root", "\x1b[2J"], 5, bundle=GOOD)
shows_escaped("the key of a device manifest", [*VERIFY, "--device-manifest", "device"], 3, bundle=GOOD,
              device=data(1, data(1, EVIL) + data(2, PLAIN)))

finish()
