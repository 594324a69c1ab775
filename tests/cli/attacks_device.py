# SPDX-License-Identifier: Apache-2.0
"""What a device remembers must not be talked out of it. Each case writes a device directory, byte for
byte, lets verify --device judge, which changes nothing, and then apply, which must find the same and
leave the directory exactly in the state that the case names."""

from forge import *
from judging import *

ROOT2, ROOT3 = key("root2"), key("root3")
TARGETS2, TARGETS3 = key("targets2"), key("targets3")

# Fixed, so that what two commands find can be compared.
NOON = 1893499200  # 2030-01-01T12:00:00Z
AT_NOON = ("--time", "2030-01-01T12:00:00Z")

OLD = ((b"app", b"old application"), (b"data/table", b"a table that stays " * 300), (b"empty", b""))
NEW = ((b"app", b"new application"), *OLD[1:])


def record(payloads, version, user_manifest=None):
    """The Manifest of a device that accepted these."""
    return device_manifest(targets_metadata(payloads, version=version), user_manifest)


class Device:
    """The state of a device directory: floor None is a floor that was cleared or never set."""

    def __init__(self, root=ANCHOR, floor=5, manifest=None, payloads=OLD):
        self.root = root
        self.floor = floor
        self.manifest = record(OLD, 5) if manifest is None else manifest
        self.payloads = dict(payloads)

    def but(self, **changes):
        other = copy.copy(self)
        vars(other).update(changes)
        return other

    def files(self):
        files = {b"targets/" + name: content for name, content in self.payloads.items()}
        files[b"floor"] = b"none" if self.floor is None else b"%d" % self.floor
        files[b"root_metadata"] = self.root
        if self.manifest:
            files[b"manifest"] = self.manifest
        return files

    def write(self, folder):
        for name, content in self.files().items():
            path = os.path.join(os.fsencode(folder), b"device/state.1", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        os.symlink("state.1", os.path.join(folder, "device/current"))


PROVISIONED = Device(floor=None, manifest=b"", payloads=())


def contents(folder):
    """Every file of the current state; nothing lies beside it but the link."""
    device = os.path.join(folder, "device")
    link = os.readlink(os.path.join(device, "current"))
    beside = sorted(name for name in os.listdir(device) if name != "current")
    check(beside == [link], f"the directory holds {beside}, current is {link}")
    state = os.path.join(os.fsencode(device), os.fsencode(link))
    found = {}
    for at, _, names in os.walk(state):
        for name in names:
            path = os.path.join(at, name)
            check(not os.path.islink(path), f"{path} is a link")
            with open(path, "rb") as file:
                found[os.path.relpath(path, state)] = file.read()
    # A number and its newline are one number.
    found[b"floor"] = found[b"floor"].strip()
    return found


def is_state(folder, device):
    found, expected = contents(folder), device.files()
    for name in sorted(set(found) | set(expected)):
        have, want = found.get(name), expected.get(name)
        check(have == want, f"the state's {name.decode()} is {have!r:.200}, expected {want!r:.200}")


def outcome(document):
    return {
        name: document.get(name)
        for name in ("verdict", "failed_step", "steps", "root_version", "targets_version", "warnings")
    }


def run_json(folder, *arguments):
    run = Run([*arguments, "--json"], folder)
    run.check(run.status in (0, 1) and run.err == b"", "expected a verdict")
    run.document = json.loads(run.out)
    return run


def with_manifest(folder, device, options):
    """The same device for verify --root --device-manifest, where that can say it: with a floor that is its
    manifest's version."""
    if not device.manifest or device.floor is None:
        return None
    for name, content in (("root", device.root), ("manifest", device.manifest)):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    run = judge(folder, "bundle", "--root", "root", "--device-manifest", "manifest", *options)
    for name in "root", "manifest":
        os.remove(os.path.join(folder, name))
    return run


def applied(bundle, device, after, step, *options, warns=(), says="", remembers=True):
    """verify, extract and apply by the device: step is the one that fails, or None; after is the state that
    apply leaves. warns: the steps that warn. remembers: the manifest alone tells as much as the directory."""
    options = (*AT_NOON, *options)
    status = 1 if step else 0
    with files(bundle=bundle) as folder:
        device.write(folder)
        verdict = run_json(folder, "verify", "bundle", "--device", "device", *options)
        found = verdict.document.get("failed_step")
        verdict.check(found == step, f"verify rejects at {found}, expected {step}")
        verdict.exits(status)
        warned = [item["step"] for item in verdict.document["steps"] if item["verdict"] == "warn"]
        verdict.check(warned == list(warns), f"warnings at {warned}, expected {list(warns)}")
        last = verdict.document["steps"][-1]
        verdict.check(says in last["found"] + last.get("note", ""), f"the last step lacks '{says}'")
        extract = Run(["extract", "bundle", "-C", "out", "--device", "device", *options], folder)
        extract.exits(status)
        check(bool(step) != os.path.isdir(os.path.join(folder, "out")), "extract and verify differ")
        is_state(folder, device)

        if remembers:
            by_manifest = with_manifest(folder, device, options)
            if by_manifest:
                found = by_manifest.document.get("failed_step")
                by_manifest.check(found == step, f"by the manifest it fails at {found}, expected {step}")

        update = run_json(folder, "apply", "bundle", "--device", "device", *options).exits(status)
        check(outcome(update.document) == outcome(verdict.document), "apply and verify find different things")
        is_state(folder, after)
        floor = update.document["floor"]
        check(floor == after.floor, f"the floor is told as {floor}")
        check(("root_persisted" in update.document) == (after.root != device.root),
              "root_persisted is not what the directory says")
        return update.document


def refused(name, bundle, step, *options, device=Device(), after=None, **more):
    """In both containers; the device stays as it is unless after says otherwise."""
    for kind in KINDS:
        with case(f"{name}: {kind}"):
            applied(getattr(bundle, kind)(), device, after or device, step, *options, **more)


def installed(bundle, device, version, root=None, user_manifest=None):
    metadata = targets_metadata(bundle.payloads, version=version)
    return Device(root or device.root, version, device_manifest(metadata, user_manifest), bundle.payloads)


def taken(name, bundle, version, *options, device=Device(), root=None, **more):
    for kind in KINDS:
        with case(f"{name}: {kind}"):
            after = installed(bundle, device, version, root)
            applied(getattr(bundle, kind)(), device, after, None, *options, **more)


def at(version, root=None, signers=(TARGETS1,), payloads=NEW, **more):
    metadata = targets_metadata(payloads, version=version, **more)
    return Bundle(root, signed(metadata, *signers), payloads)


def rotated(*signers, version=2, **fields):
    return signed(root_metadata(version=version, **fields), *(signers or (ROOT1,)))


# ---- targets rollback --------------------------------------------------------------------------

for version in (0, 1, 4):
    refused(f"targets rollback to {version}", at(version), "targets-version", says="rollback")
taken("targets rollback, none: the device's version", at(5, payloads=OLD), 5)
taken("targets rollback, none: a higher version", at(6), 6)
taken("targets rollback, none: the first bundle", at(0), 0, device=PROVISIONED)
taken("targets rollback, none: other content of the same version", at(5), 5, warns=["targets-version"])
refused(
    "targets rollback, other content of the same version: --strict",
    at(5),
    "targets-version",
    "--strict",
    says="raise the version",
)
# What counts is what the device persisted as its floor, not what its manifest says.
HIGHER = Device(floor=9)
refused("targets rollback below a floor over the manifest's version", at(8), "targets-version",
        device=HIGHER, remembers=False)
taken("targets rollback, none: a cleared floor under a higher manifest", at(1), 1, device=Device(floor=None))

ADDED = rotated(targets=(TARGETS1, TARGETS2))
for signer in (TARGETS1, TARGETS2):
    refused(
        f"rollback after a key was merely added, signed by {os.path.basename(signer.pem)}",
        at(4, ADDED, (signer,)),
        "targets-version",
        after=Device(ADDED),
        says="rollback",
    )
SAME_KEYS = rotated()
refused("rollback after a new root with the same keys", at(4, SAME_KEYS), "targets-version",
        after=Device(SAME_KEYS))
with case("rollback after a key was added, and in a second rotation the old one removed"):
    # Step by step no rotation replaces the keys that could reach the threshold, until the second does.
    third = rotated(version=3, targets=(TARGETS2,))
    applied(at(6, ADDED, (TARGETS2,)).tar(), Device(), installed(at(6), Device(), 6, ADDED), None)
    applied(at(4, third, (TARGETS2,)).tar(), Device(ADDED), Device(third), "targets-version")
LESS = Device(rotated(version=1, targets=(TARGETS1, TARGETS2), targets_threshold=2))
LOWERED = rotated(targets=(TARGETS1, TARGETS2))
refused("rollback after the threshold was lowered", at(4, LOWERED), "targets-version", device=LESS,
        after=LESS.but(root=LOWERED))

GENUINE = rotated(targets=(TARGETS2,))
taken("lower version after a genuine rotation", at(1, GENUINE, (TARGETS2,)), 1, root=GENUINE)
RAISED = rotated(targets=(TARGETS1, TARGETS2, TARGETS3), targets_threshold=2)
taken(
    "lower version after a rotation to a threshold that the old keys do not reach",
    at(1, RAISED, (TARGETS2, TARGETS3)),
    1,
    root=RAISED,
)
refused(
    "lower version after a genuine rotation, still signed by the old key",
    at(1, GENUINE),
    "targets-quorum",
    after=Device(GENUINE, None),
)
TOP = 2**32 - 1
FORWARD = Device(floor=TOP, manifest=record(OLD, TOP))
refused("fast-forward: no lower version is taken", at(TOP - 1), "targets-version", device=FORWARD)
taken("fast-forward: a genuine rotation recovers", at(6, GENUINE, (TARGETS2,)), 6, device=FORWARD,
      root=GENUINE)
refused("fast-forward: an added key does not recover", at(6, ADDED, (TARGETS2,)), "targets-version",
        device=FORWARD, after=FORWARD.but(root=ADDED))

# ---- rotation ----------------------------------------------------------------------------------

FIFTH = Device(rotated(version=5))
for version in (0, 1, 4):
    refused(f"root rollback to {version}", at(6, rotated(version=version)), "root-version", device=FIFTH,
            says="rollback")
taken("root rollback, none: the same root", at(6, FIFTH.root), 6, device=FIFTH)
taken("root rollback, none: no root", at(6), 6, device=FIFTH)
TWIN = rotated(version=5, expires=2**33)
taken("same root version, other bytes", at(6, TWIN), 6, device=FIFTH, root=TWIN, warns=["root-version"])
refused("same root version, other bytes: --strict", at(6, TWIN), "root-version", "--strict", device=FIFTH,
        says="raise the version")

REPLACED = rotated(version=5, targets=(TARGETS2,))
taken("same root version, other bytes, that replace the targets keys", at(1, REPLACED, (TARGETS2,)), 1,
      device=FIFTH, root=REPLACED, warns=["root-version"])

SUCCESSOR = dict(root=(ROOT2,), targets=(TARGETS2,))
refused("rotation without the old, or the new, quorum: the old one",
        at(6, rotated(ROOT2, **SUCCESSOR), (TARGETS2,)),
        "root-old-quorum")
refused("rotation without the old, or the new, quorum: the new one",
        at(6, rotated(ROOT1, **SUCCESSOR), (TARGETS2,)),
        "root-new-quorum")
refused("rotation without the old, or the new, quorum: neither",
        at(6, rotated(ROOT3, **SUCCESSOR), (TARGETS2,)), "root-old-quorum")
refused("rotation without the old, or the new, quorum: signed by a targets key",
        at(6, rotated(TARGETS1, ROOT2, **SUCCESSOR), (TARGETS2,)), "root-old-quorum")
BOTH = rotated(ROOT1, ROOT2, **SUCCESSOR)
taken("rotation with both quorums", at(6, BOTH, (TARGETS2,)), 6, root=BOTH)
TWO = Device(rotated(ROOT1, ROOT2, version=1, root=(ROOT1, ROOT2), root_threshold=2))
once = sign(root_metadata(version=2), ROOT1)
refused("rotation without the old quorum, one key signed twice",
        at(6, envelope(root_metadata(version=2), once * 2)), "root-old-quorum", device=TWO, says="1 of 2")
refused("rotation to a root that breaks a rule", at(6, rotated(targets_threshold=2)), "root-content")
refused("rotation to a root whose keys are in both roles",
        at(6, rotated(targets=(TARGETS1, ROOT1), keys=(ROOT1, TARGETS1))), "root-content")

# The old root's keys, once they are gone, rotate nothing any more.
HELD = Device(BOTH)
refused("rotation without the old quorum, by a key that was retired",
        at(6, rotated(ROOT1, version=3), (TARGETS1,)), "root-old-quorum", device=HELD)
THIRD = rotated(ROOT2, ROOT3, version=3, root=(ROOT3,), targets=(TARGETS3,))
refused("rotation without the old quorum: a rotation was skipped", at(7, THIRD, (TARGETS3,)), "root-old-quorum")
taken("rotation without the old quorum, none: after the stepping stone", at(7, THIRD, (TARGETS3,)), 7,
      device=HELD, root=THIRD)
with case("rotation without the old quorum: refused, and taken after the stepping stone by the same device"):
    with files(bundle=at(7, THIRD, (TARGETS3,)).tar(), stone=at(6, BOTH, (TARGETS2,)).pb()) as folder:
        Device().write(folder)
        Run(["apply", "bundle", "--device", "device"], folder).exits(1)
        is_state(folder, Device())
        Run(["apply", "stone", "--device", "device"], folder).exits(0)
        Run(["apply", "bundle", "--device", "device"], folder).exits(0)
        is_state(folder, installed(at(7), Device(), 7, THIRD))

# ---- a good root and bad targets ---------------------------------------------------------------

BAD_TARGETS = (
    ("no quorum", dict(signers=(TARGETS3,)), {}, "targets-quorum"),
    ("the old quorum", dict(signers=(TARGETS1,)), {}, "targets-quorum"),
    ("unsigned", dict(signers=()), {}, "targets-quorum"),
    ("wrong role", dict(role=b"root"), {}, "targets-content"),
    ("expired", dict(expires=NOON), {}, "targets-expiry"),
    ("a name that leads out", dict(payloads=((b"../device/current", b"x"),)), {}, "targets-entries"),
    ("a payload that does not match", {}, dict(payloads=[(b"app", b"bad application"), *NEW[1:]]), "payloads"),
    ("a payload that is missing", {}, dict(payloads=NEW[1:]), "payloads"),
    ("a payload that is not listed", {}, dict(payloads=[*NEW, (b"more", b"x")]), "payloads"),
)
for name, metadata, changes, step in BAD_TARGETS:
    bundle = at(1, GENUINE, **{"signers": (TARGETS2,), **metadata}).but(**changes)
    cleared = Device(GENUINE, None)
    refused(f"floor cleared by a rotation whose targets then fail, {name}", bundle, step, after=cleared)
    # It stays cleared, also for a bundle that does not carry the root any more.
    with case(f"floor cleared by a rotation whose targets then fail, {name}: a lower version after it"):
        with files(bundle=bundle.tar(), next=at(2, None, (TARGETS2,)).tar()) as folder:
            Device().write(folder)
            Run(["apply", "bundle", "--device", "device", *AT_NOON], folder).exits(1)
            Run(["apply", "next", "--device", "device", *AT_NOON], folder).exits(0)
            is_state(folder, installed(at(2), Device(), 2, GENUINE))
    # Without a rotation the same targets change nothing at all.
    bad = at(6, **{**metadata, "signers": metadata.get("signers", (TARGETS1,))}).but(**changes)
    if metadata.get("signers") != (TARGETS1,):
        refused(f"nothing is installed of a bundle with {name}", bad, step)
        refused(f"nothing is installed on a new device of a bundle with {name}", bad, step,
                device=PROVISIONED, remembers=False)
refused("an added key keeps the floor, when the targets fail", at(6, ADDED, (TARGETS3,)), "targets-quorum",
        after=Device(ADDED))

# ---- expiry ------------------------------------------------------------------------------------

refused("expired root, expired targets (--time): targets",
        at(6, expires=NOON), "targets-expiry", says="12:00:00Z")
for kind in KINDS:
    with case(f"expired root, expired targets (--time): targets, a second before: {kind}"):
        metadata = targets_metadata(NEW, version=6, expires=NOON + 1)
        after = Device(ANCHOR, 6, device_manifest(metadata), NEW)
        applied(getattr(at(6, expires=NOON + 1), kind)(), Device(), after, None)
# The device's own root, and one in the bundle: which is no root to be persisted.
EXPIRED = Device(rotated(version=1, expires=NOON))
refused("expired root, expired targets (--time): root of the device",
        at(6), "root-expiry", device=EXPIRED)
refused("expired root, expired targets (--time): root in the bundle",
        at(6, rotated(expires=NOON)), "root-expiry")
refused("expired root, expired targets (--time): root, and a rotation that would clear the floor",
        at(1, rotated(targets=(TARGETS2,), expires=NOON), (TARGETS2,)), "root-expiry")
taken("expired root of the device, a new one that has not", at(6, SAME_KEYS), 6, device=EXPIRED,
      root=SAME_KEYS)

# ---- personalisation ---------------------------------------------------------------------------

STAYS = NEW[1:]


def small(*names, version=6):
    """A bundle that leaves out these payloads of NEW."""
    return at(version).but(payloads=[item for item in NEW if item[0] not in names])


for names in ((b"data/table",), (b"empty",), (b"data/table", b"empty")):
    bundle = small(*names)
    text = ", ".join(name.decode() for name in names)
    for kind in KINDS:
        with case(f"left-out payload that the device has: {text}: {kind}"):
            document = applied(getattr(bundle, kind)(), Device(), installed(at(6), Device(), 6), None)
            origin = {item["name"]: item["from"] for item in document["installed"]}
            for name, _ in NEW:
                expected = "device" if name in names else "bundle"
                check(origin[name.decode()] == expected, f"{name} comes from the {origin[name.decode()]}")

WITHOUT = small(b"data/table")
TABLE = dict(OLD)[b"data/table"]
for name, table in (
    ("gone", None),
    ("changed", TABLE[:-1] + b"!"),
    ("longer", TABLE + b"!"),
    ("shorter", TABLE[:-1]),
    ("empty", b""),
):
    payloads = {k: v for k, v in (*OLD, (b"data/table", table)) if v is not None}
    if table is None:
        del payloads[b"data/table"]
    # The manifest alone would have it accepted: a directory knows better.
    refused(f"left-out payload that the device no longer has as recorded: {name}", WITHOUT, "payloads",
            device=Device(payloads=payloads), says="the device does not have it", remembers=False)
for name, manifest in (
    ("another SHA-256", record((OLD[0], (b"data/table", TABLE[:-1] + b"!"), OLD[2]), 5)),
    ("another name", record((OLD[0], (b"data/chart", TABLE), OLD[2]), 5)),
    ("nothing of it", record((OLD[0],), 5)),
):
    refused(f"left-out payload that the device did not record: {name}", WITHOUT, "payloads",
            device=Device(manifest=manifest))
refused("left-out payload, on a new device", WITHOUT, "payloads", device=PROVISIONED, remembers=False)
refused("left-out payload that the device does not have, after a rotation",
        at(1, GENUINE, (TARGETS2,)).but(payloads=NEW[1:]), "payloads", after=Device(GENUINE, None))


def in_place_of_table(name, change):
    for kind in KINDS:
        with case(f"left-out payload that the device no longer has as recorded: {name}: {kind}"):
            with files(bundle=getattr(WITHOUT, kind)()) as folder:
                Device().write(folder)
                path = os.path.join(folder, "device/state.1/targets/data/table")
                os.rename(path, os.path.join(folder, "table"))
                change(path, folder)
                for command in "verify", "apply":
                    run = run_json(folder, command, "bundle", "--device", "device", *AT_NOON).exits(1)
                    found = run.document["failed_step"]
                    run.check(found == "payloads", f"rejected at {found}")


in_place_of_table("a folder in its place", lambda path, folder: os.mkdir(path))
in_place_of_table("a link to it", lambda path, folder: os.symlink(os.path.join(folder, "table"), path))
in_place_of_table("a link to nothing", lambda path, folder: os.symlink("nothing", path))
in_place_of_table("a pipe", lambda path, folder: os.mkfifo(path))


def personalized(bundle, device, **after):
    """personalize by the device's manifest, and what each command makes of the result."""
    for kind in KINDS:
        with case(f"personalized for the device, and applied: {kind}"):
            with files(bundle=getattr(bundle, kind)(), manifest=device.manifest, root=device.root) as folder:
                device.write(folder)
                words = ["personalize", "bundle", "--device-manifest", "manifest", "-o", "small"]
                Run(words, folder).exits(0)
                size = os.path.getsize(os.path.join(folder, "small"))
                check(size < os.path.getsize(os.path.join(folder, "bundle")), "it is no smaller")
                judge(folder, "small", "--root", "root", *AT_NOON).exits(1)
                judge(folder, "small", "--root", "root", "--device-manifest", "manifest", *AT_NOON).exits(0)
                judge(folder, "small", "--device", "device", *AT_NOON).exits(0)
                Run(["apply", "small", "--device", "device", *AT_NOON], folder).exits(0)
                is_state(folder, after["after"])


personalized(at(6), Device(), after=installed(at(6), Device(), 6))
personalized(at(1, GENUINE, (TARGETS2,)), Device(), after=installed(at(1), Device(), 1, GENUINE))

# ---- the root that the bundle was built with -----------------------------------------------------


def built_with(root, **more):
    """A bundle without a root, whose user_manifest records this one."""
    note = json.dumps({"root": {"sha256": sha256(root).hex(), "version": 2}, "schema": 1}).encode()
    return note, at(6, payloads=((b"user_manifest", note), *NEW), **more)


note, stripped = built_with(root_metadata(version=2))
refused("root stripped from a bundle that was built with one", stripped, "root-stripped", says="version 1")
for name, holder in (("that root", SAME_KEYS), ("a newer one", rotated(version=3))):
    for kind in KINDS:
        with case(f"root stripped from a bundle, on a device with {name}: {kind}"):
            after = installed(stripped, Device(), 6, holder, note)
            applied(getattr(stripped, kind)(), Device(holder), after, None)
refused("root stripped from a bundle, on a device with another root of that version", stripped, "root-stripped",
        device=Device(ADDED))

# ---- the device's state ------------------------------------------------------------------------


def broken(name, device, status, code, *options, change=None):
    """Neither command judges, and nothing changes."""
    with case(name):
        with files(bundle=at(6).tar()) as folder:
            device.write(folder)
            if change:
                change(os.path.join(folder, "device"))
            before = snapshot(folder)
            for command in ("verify", "bundle"), ("extract", "bundle", "-C", "out"), ("apply", "bundle"):
                run = Run([*command, "--device", "device", *options], folder).is_one_error(status)
                run = Run([*command, "--device", "device", "--json", *options], folder).exits(status)
                error = json.loads(run.err.splitlines()[-1])["error"]
                run.check(error["code"] == code, f"the code is {error['code']}, expected {code}")
            check(snapshot(folder) == before, "something changed")


def snapshot(folder):
    found = {}
    for name in tree(folder):
        path = os.path.join(folder, name)
        if os.path.islink(path):
            found[name] = os.readlink(path)
        elif os.path.isfile(path):
            with open(path, "rb") as file:
                found[name] = file.read()
    return found


def overwrite(name, content):
    def change(device):
        with open(os.path.join(device, "state.1", name), "wb") as file:
            file.write(content)

    return change


def remove(name):
    return lambda device: os.remove(os.path.join(device, "state.1", name))


MANIFEST = record(OLD, 5)
for name, content in (
    ("empty", b""),
    ("truncated", MANIFEST[:-1]),
    ("truncated to a byte", MANIFEST[:1]),
    ("truncated to its metadata", MANIFEST[: len(MANIFEST) // 2]),
    ("without targets", data(2, b"user manifest")),
    ("without targets, other metadata", data(1, entry(b"other", targets_metadata(OLD, version=5)))),
    ("with targets twice", MANIFEST * 2),
    ("with an unknown field", MANIFEST + data(9, b"x")),
    ("a bundle", at(6).pb()),
    ("text", b"none\n"),
):
    broken(f"device manifest empty, truncated, without targets: {name}: --device", Device(), 3, "device-manifest",
           change=overwrite("manifest", content))
    with case(f"device manifest empty, truncated, without targets: {name}: --device-manifest"):
        with files(bundle=at(6).tar(), root=ANCHOR, manifest=content) as folder:
            for command in (
                ("verify", "bundle", "--root", "root"),
                ("extract", "bundle", "-C", "out", "--root", "root"),
                ("personalize", "bundle", "-o", "small"),
            ):
                run = Run([*command, "--device-manifest", "manifest"], folder).is_one_error(3)
                run.check(run.files == ["bundle", "manifest", "root"], f"wrote {run.files}")
for name, content in (
    ("empty", b""),
    ("negative", b"-1"),
    ("a word", b"cleared"),
    ("over 32 bits", b"4294967296"),
    ("in hex", b"0x5"),
    ("with a zero in front", b"05"),
    ("two numbers", b"5\n6\n"),
    ("huge", b"5" * 100000),
):
    broken(f"floor {name} is never no floor", Device(), 3, "device-state", change=overwrite("floor", content))
broken("floor missing is never no floor", Device(), 3, "device-state", change=remove("floor"))
broken("floor missing on a new device is never no floor", PROVISIONED, 3, "device-state",
       change=remove("floor"))

# ---- the anchor that the device holds ------------------------------------------------------------

UNSIGNED = Device(envelope(root_metadata(), []))
taken("anchor unsigned: --device", at(6), 6, device=UNSIGNED, warns=["anchor"])
refused("anchor unsigned, --strict: --device", at(6), "anchor", "--strict", device=UNSIGNED)
refused("anchor that breaks its rules: --device", at(6), "anchor",
        device=Device(signed(root_metadata(targets_threshold=2), ROOT1)))
broken("anchor missing: --device", Device(), 3, "device-state", change=remove("root_metadata"))
for name, content in (
    ("text", b"no root\n"),
    ("cut", ANCHOR[:-1]),
    ("whose metadata is cut", signed(root_metadata()[:-1], ROOT1)),
):
    with case(f"anchor not parsable, {name}: --device"):
        with files(bundle=at(6).tar()) as folder:
            Device(content).write(folder)
            before = snapshot(folder)
            for command in "verify", "apply":
                Run([command, "bundle", "--device", "device"], folder).is_one_error(3)
            check(snapshot(folder) == before, "something changed")


def answers(name, status, *words, says=""):
    with case(name):
        with files(bundle=at(6).tar(), root=ANCHOR, manifest=MANIFEST, whole=at(6, ANCHOR).tar()) as folder:
            Device().write(folder)
            before = snapshot(folder)
            Run(list(words), folder).is_one_error(status, says)
            check(snapshot(folder) == before, "something changed")


answers("anchor option missing: apply", 2, "apply", "bundle", says="--device")
answers("anchor option missing: verify", 2, "verify", "bundle", says="--device")
answers("anchor given twice: --root and --device", 2, "verify", "bundle", "--root", "root",
        "--device", "device")
answers("anchor given twice: --self and --device", 2, "verify", "bundle", "--self", "--device", "device")
answers("anchor given twice: apply takes none besides", 2, "apply", "bundle", "--device", "device",
        "--root", "root")
answers("device manifest besides the device's own", 2, "verify", "bundle", "--device", "device",
        "--device-manifest", "manifest")
for command in "verify", "apply":
    answers(f"anchor file missing: {command}", 5, command, "bundle", "--device", "nothing")
    answers(f"anchor that is no directory: {command}", 3, command, "bundle", "--device", "root")
answers("--root that is the bundle itself: a bundle with the device's root", 2, "verify", "whole", "--root",
        "whole", says="--self")
with case("--root that is the bundle itself: a device's own root is no bundle"):
    with files(bundle=b"") as folder:
        Device().write(folder)
        for command in "verify", "apply":
            run = Run([command, "device/current/root_metadata", "--device", "device", "--json"], folder).exits(1)
            found = json.loads(run.out)["failed_step"]
            run.check(found == "container", f"rejected at {found}")
        is_state(folder, Device())

# ---- two processes -----------------------------------------------------------------------------


def at_once(folder, names):
    words = [[TOOL, "apply", name, "--device", "device", *AT_NOON] for name in names]
    runs = [
        subprocess.Popen(word, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for word in words
    ]
    return [(run.communicate(timeout=SECONDS), run.returncode) for run in runs]


VERSIONS = [at(version, payloads=((b"app", b"%d" % version * 40000), *STAYS)) for version in range(6, 12)]
for order in (range(6), reversed(range(6))):
    order = list(order)
    with case(f"two processes apply to one directory: six of them, {'up' if order[0] == 0 else 'down'}"):
        with files(**{f"b{i}": bundle.tar() for i, bundle in enumerate(VERSIONS)}) as folder:
            Device().write(folder)
            for (out, err), status in at_once(folder, [f"b{i}" for i in order]):
                # One that came too late is a rollback; nobody sees a state half made.
                text = out.decode()
                good = status == 0 or (status == 1 and " fails at targets-version\n" in text)
                check(good, f"exit {status}: {text[-500:]}{err.decode()}")
            is_state(folder, installed(VERSIONS[-1], Device(), 11))
with case("two processes apply to one directory: a rotation and what it locks out"):
    with files(rotation=at(1, GENUINE, (TARGETS2,)).tar(), old=at(9).tar()) as folder:
        for _ in range(4):
            shutil.rmtree(os.path.join(folder, "device"), ignore_errors=True)
            Device().write(folder)
            (_, first), (_, second) = at_once(folder, ["rotation", "old"])
            check(first == 0 and second in (0, 1), f"exits {first} and {second}")
            # Whoever came first, the device follows the rotation.
            is_state(folder, installed(at(1), Device(), 1, GENUINE))

finish()
