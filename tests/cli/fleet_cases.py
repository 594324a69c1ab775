# SPDX-License-Identifier: Apache-2.0
"""The advice of fleet: each kind is provoked, what it says is done, and the state is served. And that
states join a line, that several acts are told together, and what cannot be known is not promised.
Then the traps of stock Pigweed devices."""

import json
import os
import shutil
import tempfile

from forge import *
from judging import *

ROOT2, ROOT3 = key("root2"), key("root3")
TARGETS2, TARGETS3 = key("targets2"), key("targets3")
PAST = 1_000_000_000
SMALL = [(b"app", b"application")]

R1 = signed(root_metadata(), ROOT1)
R2_BYTES = root_metadata(root=(ROOT2,), version=2)
R2 = signed(R2_BYTES, ROOT1, ROOT2)
R3_BYTES = root_metadata(root=(ROOT3,), targets=(TARGETS1, TARGETS2), version=3)
R3 = signed(R3_BYTES, ROOT2, ROOT3)
R4 = signed(root_metadata(root=(ROOT3,), targets=(TARGETS2,), version=4), ROOT3)


def bundle(root, version=9, signers=(TARGETS1,), payloads=SMALL, shown=None, **metadata):
    targets = signed(targets_metadata(payloads, version=version, **metadata), *signers)
    return Bundle(root, targets, payloads if shown is None else shown)


class Fleet:
    """A folder with roots, bundles and the states of a fleet file."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(dir=".")
        self.states = []
        self.bundles = []

    def write(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(data)

    def state(self, name, root, count=1, floor="none"):
        self.write(name, root)
        self.states.append(f"  - {{root: {name}, count: {count}, floor: {floor}}}\n")
        return self

    def device(self, name, root, metadata, files):
        """A directory that installed metadata, but holds these files only."""
        top = os.path.join(self.folder, name)
        os.makedirs(os.path.join(top, "first/targets"))
        os.symlink("first", os.path.join(top, "current"))
        self.write(f"{name}/first/root_metadata", root)
        self.write(f"{name}/first/floor", b"1\n")
        self.write(f"{name}/first/manifest", device_manifest(metadata))
        for target, content in files:
            self.write(f"{name}/first/targets/{target.decode()}", content)
        self.states.append(f"  - {{device: {name}}}\n")
        return self

    def bundle(self, name, content):
        self.write(name, content)
        self.bundles.append(name)
        return self

    def run(self, *options):
        self.write("fleet.yaml", ("states:\n" + "".join(self.states)).encode())
        words = [word for name in self.bundles for word in ("--bundle", name)]
        run = Run(["fleet", *words, "--fleet", "fleet.yaml", "--json", *options], self.folder)
        run.exits(0).check(run.err == b"", "expected nothing on stderr")
        return json.loads(run.out)

    def tool(self, *words):
        Run(list(words), self.folder).exits(0)

    def sign(self, name, signer, *options):
        private = os.path.join(self.folder, "signer.pem")
        shutil.copy(signer.pem, private)
        os.chmod(private, 0o600)
        self.tool("sign", name, "--key", "signer.pem", *options)


def advice_of(document, act):
    found = [item for item in document["advice"] if item["acts"][0]["act"] == act]
    check(len(found) == 1, f"expected one advice of {act}: {document['advice']}")
    return found[0]


def only_advice(document, act):
    check(len(document["advice"]) == 1, f"expected one advice: {document['advice']}")
    return advice_of(document, act)


def says(item, text):
    check(text in item["text"], f"'{item['text']}' lacks '{text}'")


def served(document, state=0, verdict="accept"):
    check(document["states"][state]["served"], f"not served: {document['states'][state]}")
    verdicts = [cell["verdict"] for cell in document["states"][state]["cells"]]
    check(verdict in verdicts, f"{verdict} is not among {verdicts}")
    totals = document["totals"]
    check(totals["served"] == totals["devices"], f"totals: {totals}")
    check(document["advice"] == [], f"advice for who is served: {document['advice']}")


def short(signer):
    return signer.id.hex()[:12] + "..."


# ---- each kind -----------------------------------------------------------------------------------

for kind in KINDS:
    with case(f"the old root's key is missing: sign the new root also with it: {kind}"):
        fleet = Fleet().state("old", R1, 1200, 3).bundle("new", getattr(bundle(R3), kind)())
        item = only_advice(fleet.run(), "sign-root")
        check(item["acts"][0]["keys"] == [ROOT1.id.hex()], "the key")
        check((item["count"], item["states"], item["bundle"]) == (1200, [0], 0), f"{item}")
        says(
            item,
            f"new: sign the new root also with key {short(ROOT1)}: 1,200 devices on root 1 would follow",
        )
        fleet.sign("new", ROOT1, "--role", "root", "--root", "old")
        served(fleet.run())

with case("two of three keys of the old root are missing"):
    old = signed(root_metadata(root=(ROOT1, ROOT2, ROOT3), root_threshold=3), ROOT1, ROOT2, ROOT3)
    new = signed(root_metadata(root=(ROOT1,), version=2), ROOT1)
    fleet = Fleet().state("old", old).bundle("new", bundle(new).tar())
    item = only_advice(fleet.run(), "sign-root")
    says(item, f"also with keys {short(ROOT2)} and {short(ROOT3)}: 1 device on root 1 would follow")
    for signer in ROOT2, ROOT3:
        fleet.sign("new", signer, "--role", "root", "--root", "old")
    served(fleet.run())

with case("one of two keys of the old root is needed"):
    old = signed(root_metadata(root=(ROOT1, ROOT2)), ROOT1)
    fleet = Fleet().state("old", old).bundle("new", bundle(signed(R3_BYTES, ROOT3)).tar())
    item = only_advice(fleet.run(), "sign-root")
    says(item, f"also with 1 of the keys {short(ROOT1)} or {short(ROOT2)}: ")
    fleet.sign("new", ROOT2, "--role", "root", "--root", "old")
    served(fleet.run())

with case("the new root lacks its own quorum"):
    fleet = Fleet().state("old", R1).bundle("new", bundle(signed(R2_BYTES, ROOT1)).tar())
    item = only_advice(fleet.run(), "sign-new-root")
    says(item, f"sign the new root also with its own key {short(ROOT2)}: ")
    fleet.sign("new", ROOT2, "--role", "root", "--root", "old")
    served(fleet.run())

with case("a rotation is missing: a root that others hold would be a stepping stone"):
    fleet = Fleet().state("old", R1, 1200, 3).state("middle", R2, 300, 3)
    fleet.bundle("new", bundle(R3).tar())
    document = fleet.run()
    item = advice_of(document, "stepping-stone")
    says(
        item,
        "a bundle that carries root version 2 (held by middle) would be a stepping stone: "
        "1,200 devices on root 1 would follow",
    )
    check("bundle" not in item, "a stone is no bundle that is there")
    check({i["acts"][0]["act"] for i in document["advice"]} == {"stepping-stone", "sign-root"}, "both ways")
    fleet.bundle("stone", bundle(R2, version=5).pb())
    served(fleet.run(), verdict="accept-after")

with case("two stepping stones, one of them in a bundle that is broken"):
    fleet = Fleet().state("old", R1, 7, 3).state("middle", R2, 1, 3)
    fleet.bundle("broken", bundle(R3, version=1, shown=[(b"app", b"APPLICATION")]).tar())
    fleet.bundle("new", bundle(R4, version=9, signers=(TARGETS2,)).tar())
    document = fleet.run()
    item = advice_of(document, "stepping-stone")
    says(item, "a bundle that carries root version 2 (held by middle) would be a stepping stone")
    fleet.bundle("stone", bundle(R2, version=5).tar())
    after = fleet.run()
    check(after["states"][0]["served"], "not served")
    # The broken one is a stone: its root is persisted.
    check(after["states"][0]["cells"][1]["after"] == [2, 0], f"{after['states'][0]['cells'][1]}")

with case("two stepping stones that are both to be made"):
    fleet = Fleet().state("old", R1, 7, 3).state("middle", R2, 1, 3).state("late", R3, 1, 3)
    fleet.bundle("new", bundle(R4, version=9, signers=(TARGETS2,)).tar())
    stones = [item for item in fleet.run()["advice"] if item["acts"][0]["act"] == "stepping-stone"]
    item = next(item for item in stones if item["states"] == [0])
    says(item, "bundles that carry root version 2 (held by middle), then root version 3 (held by late)")
    fleet.bundle("a", bundle(R2, version=4).tar()).bundle("b", bundle(R3, version=5).tar())
    served(fleet.run(), verdict="accept-after")

with case("stepping stones that are tried do not end the search of the table"):
    # Of the same targets keys: the floors stay, and with them the states are different ones.
    again = signed(root_metadata(root=(ROOT2,), version=3), ROOT2)
    fleet = Fleet().state("held", R2).state("last", again)
    fleet.states += [f"  - {{root: old, floor: {floor}}}\n" for floor in range(1, 6001)]
    fleet.write("old", R1)
    fleet.bundle("new", bundle(R4, version=9, signers=(TARGETS3,)).tar())
    document = fleet.run()
    check(not any("the search ended" in text for text in document["warnings"]), f"{document['warnings']}")
    check(document["warnings"][-1].startswith("the search for stepping stones ended at 10000 "), "not told")

with case("the bundle's root is older: put the newer one in"):
    fleet = Fleet().state("held", R3, 5, 3).bundle("old.swb", bundle(R1).tar())
    item = only_advice(fleet.run(), "use-root")
    says(item, "old.swb: put root 3 in (swupdate-tool convert old.swb --root held -o OUT): 5 devices on root 3")
    fleet.tool("convert", "old.swb", "--root", "held", "-o", "new.swb")
    fleet.bundles.append("new.swb")
    served(fleet.run())

with case("the bundle's root is older, and its targets keys are none of the newer one's"):
    newer = signed(root_metadata(root=(ROOT2,), targets=(TARGETS3,), version=2), ROOT1, ROOT2)
    fleet = Fleet().state("held", newer).bundle("old.swb", bundle(R1).tar())
    item = only_advice(fleet.run(), "use-root")
    check([act["act"] for act in item["acts"]] == ["use-root", "sign-targets"], f"{item}")
    says(item, f"; then sign the targets also with targets key {short(TARGETS3)} of root 2: 1 device")
    fleet.tool("convert", "old.swb", "--root", "held", "-o", "new.swb")
    fleet.sign("new.swb", TARGETS3)
    fleet.bundles.append("new.swb")
    served(fleet.run())

with case("another root that is at hand has the targets keys"):
    fleet = Fleet().state("old", R1, 3, 3).state("late", R3, 1, 3)
    r3 = signed(R3_BYTES, ROOT1, ROOT2, ROOT3)
    fleet.write("late", r3)
    fleet.bundle("new.swb", bundle(None, signers=(TARGETS2,)).tar())
    item = advice_of(fleet.run(), "use-root")
    says(item, "put root 3 in (swupdate-tool convert new.swb --root late -o OUT): 3 devices on root 1")
    fleet.tool("convert", "new.swb", "--root", "late", "-o", "out.swb")
    fleet.bundles.append("out.swb")
    served(fleet.run())

with case("the targets quorum is missing"):
    two = signed(root_metadata(targets=(TARGETS1, TARGETS2, TARGETS3), targets_threshold=2), ROOT1)
    fleet = Fleet().state("held", two, 2).bundle("new", bundle(None).tar())
    item = only_advice(fleet.run(), "sign-targets")
    says(item, f"with 1 of the targets keys {short(TARGETS2)} or {short(TARGETS3)} of root 1: 2 devices")
    fleet.sign("new", TARGETS3, "--root", "held")
    served(fleet.run())

with case("the version is below the floors: raise it above the highest of them"):
    fleet = Fleet().state("a", R1, 1000, 41).state("b", R1, 234, 30).bundle("new", bundle(None).tar())
    item = only_advice(fleet.run(), "raise-version")
    says(item, "new: raise release.metadata_version above 41: 1,234 devices on root 1 would follow")
    check(item["states"] == [0, 1] and item["acts"][0]["above"] == 41, f"{item}")
    fleet.write("new", bundle(None, version=42).tar())
    served(fleet.run())

with case("no version is above the highest floor that there can be"):
    fleet = Fleet().state("a", R1, 3, 2**32 - 1).bundle("new", bundle(None, version=2**32 - 2).tar())
    item = only_advice(fleet.run(), "other")
    says(item, "new: targets-version: expected version 4294967295 or higher, found version 4294967294")

with case("the root in the bundle expired"):
    gone = root_metadata(root=(ROOT1,), version=2, expires=PAST)
    fleet = Fleet().state("held", R1).bundle("new", bundle(signed(gone, ROOT1)).tar())
    item = only_advice(fleet.run(), "renew-root")
    says(item, "renew root 2, which expired 2001-09-09T01:46:40Z, with a later expiry")
    fleet.write("gone", signed(gone, ROOT1))
    shutil.copy(ROOT1.pem, os.path.join(fleet.folder, "root.pem"))
    os.chmod(os.path.join(fleet.folder, "root.pem"), 0o600)
    fleet.tool("root", "rotate", "gone", "-o", "later", "--expires", "9y", "--sign-with", "root.pem")
    fleet.tool("convert", "new", "--root", "later", "-o", "out.swb")
    fleet.bundles.append("out.swb")
    served(fleet.run())

with case("the targets expired"):
    fleet = Fleet().state("held", R1).bundle("new", bundle(None, expires=PAST).pb())
    item = only_advice(fleet.run(), "renew-targets")
    says(item, "build it again with a later release.expires: it expired 2001-09-09T01:46:40Z")
    fleet.write("new", bundle(None).pb())
    served(fleet.run())

with case("a payload does not match: build it again"):
    broken = bundle(None, shown=[(b"app", b"APPLICATION")])
    fleet = Fleet().state("held", R1).bundle("new", broken.tar())
    document = fleet.run()
    item = only_advice(document, "rebuild")
    says(item, "new: build it again: payloads: expected 'app' with SHA-256 ")
    check("SHA-256" in document["bundles"][0]["fault"], f"{document['bundles']}")
    fleet.write("new", bundle(None).tar())
    served(fleet.run())

with case("the bundle's root is older, and a payload does not match: the newer one goes in at the build"):
    broken = bundle(R1, shown=[(b"app", b"APPLICATION")])
    fleet = Fleet().state("held", R3, 5, 3).bundle("old.swb", broken.tar())
    item = only_advice(fleet.run(), "use-root")
    says(item, "old.swb: build it again with --root held (root 3); then mend payloads: expected 'app' with SHA-256 ")
    check("convert" not in item["text"] and item["serves"], f"{item}")
    fleet.write("old.swb", bundle(R3).tar())
    served(fleet.run())

with case("the bundle's root is older, and its version is low: both are of one build"):
    fleet = Fleet().state("held", R3, 5, 12).bundle("old.swb", bundle(R1).tar())
    item = only_advice(fleet.run(), "use-root")
    says(item, "build it again with --root held (root 3); then raise release.metadata_version above 12: 5 devices")
    fleet.write("old.swb", bundle(R3, version=13).tar())
    served(fleet.run())

with case("the container is broken: what follows it is not promised"):
    fleet = Fleet().state("held", R1, 8).bundle("new", bundle(None).tar()[:700])
    document = fleet.run()
    item = only_advice(document, "rebuild")
    says(item, "new: build it again: container: ")
    check(item["text"].endswith(": 8 devices on root 1 refuse it") and not item["serves"], f"{item}")
    check("container" not in document["bundles"][0] and "fault" in document["bundles"][0], "the column")
    check(document["states"][0]["cells"][0]["failed_step"] == "container", "the cell")

with case("a payload that is left out, and that the device does not hold"):
    files = [(b"app", b"application"), (b"data", b"data")]
    partial = bundle(None, payloads=files, shown=files[1:])
    held = targets_metadata(files, version=1)
    fleet = Fleet().device("has", R1, held, files).device("lost", R1, held, files[1:])
    document = fleet.bundle("new", partial.tar()).run()
    check([state["served"] for state in document["states"]] == [True, False], f"{document['states']}")
    item = only_advice(document, "send-whole")
    says(item, "new: send it with all payloads: it was personalized for other devices: 1 device")
    fleet.bundle("whole", bundle(None, payloads=files).tar())
    served(fleet.run())

with case("a step that no act mends speaks for itself"):
    strange = bundle(None, signers=(TARGETS1, TARGETS3))
    fleet = Fleet().state("held", R1, 4).bundle("new", strange.tar())
    served(fleet.run())
    item = only_advice(fleet.run("--strict"), "other")
    says(item, "new: targets-quorum: expected signatures of 1 of the 1 targets keys, found 1 of 1 (")
    says(item, f"({short(TARGETS1)}) (signature of an unknown key {short(TARGETS3)} does not count; a warning")
    says(item, "4 devices on root 1 refuse it")

with case("an anchor that breaks the rules is served by nothing"):
    bad = signed(root_metadata(root_threshold=2), ROOT1)
    fleet = Fleet().state("bad", bad).bundle("new", bundle(None).tar())
    item = only_advice(fleet.run(), "other")
    says(item, "new: anchor: expected an anchor that keeps the rules")

# ---- lines that join, and which are left out -----------------------------------------------------

with case("states on several roots that one act serves"):
    old = root_metadata(root=(ROOT1,), version=1, extra=num(100, 1))
    fleet = Fleet().state("a", R1, 1000, 1).state("b", signed(old, ROOT1), 200, 2)
    older = signed(root_metadata(root=(ROOT1,), version=2), ROOT1)
    fleet.state("c", older, 34, 3).bundle("new", bundle(R3).tar())
    item = advice_of(fleet.run(), "sign-root")
    says(item, f"{short(ROOT1)}: 1,234 devices on roots 1 and 2 would follow")
    check(item["states"] == [0, 1, 2], f"{item}")

with case("an act that is enough leaves out those that need more"):
    fleet = Fleet().state("held", R1, 1, 20)
    fleet.bundle("a", bundle(None, version=5, signers=(TARGETS2,), expires=PAST).tar())
    fleet.bundle("b", bundle(None, version=21, signers=(TARGETS2,)).tar())
    item = only_advice(fleet.run(), "sign-targets")
    check(item["bundle"] == 1 and len(item["acts"]) == 1, f"{item}")
    fleet.bundles.pop()
    item = only_advice(fleet.run(), "sign-targets")
    acts = [act["act"] for act in item["acts"]]
    check(acts == ["sign-targets", "renew-targets", "raise-version"], f"{acts}")

with case("no version is above the last one, and no root comes after the last one"):
    last = 2**32 - 1
    fleet = Fleet().state("held", R1, 1, last).state("other", R1, 1, 9).bundle("new", bundle(None, version=5).tar())
    document = fleet.run()
    says(advice_of(document, "raise-version"), "above 9: 1 device on root 1 would follow")
    item = advice_of(document, "other")
    check(not item["serves"] and item["states"] == [0], f"{item}")
    root = signed(root_metadata(version=last, expires=PAST), ROOT1)
    item = only_advice(Fleet().state("held", root).bundle("new", bundle(None).tar()).run(), "other")
    check(not item["serves"], f"{item}")

with case("with --strict no further signature helps where a stranger signed"):
    fleet = Fleet().state("held", R1).bundle("new", bundle(None, signers=(TARGETS2,)).tar())
    check(only_advice(fleet.run(), "sign-targets")["serves"], "without --strict it helps")
    item = only_advice(fleet.run("--strict"), "other")
    check(not item["serves"], f"{item}")
    fleet.sign("new", TARGETS1, "--root", "held")
    served(fleet.run())
    check(not fleet.run("--strict")["states"][0]["served"], "--strict accepts a stranger")

with case("with --strict other content of one version asks for a version above that"):
    held = targets_metadata([(b"app", b"other")], version=9)
    fleet = Fleet().device("held", R1, held, [(b"app", b"other")]).bundle("new", bundle(None).tar())
    item = only_advice(fleet.run("--strict"), "raise-version")
    check(item["acts"][0]["above"] == 9, f"{item}")

with case("states that differ in their floors only: the version above the highest of them"):
    fleet = Fleet().state("a", R1, 1, 20).state("b", R1, 1, 30).state("c", R1, 1, 25)
    fleet.bundle("new", bundle(None, version=10, signers=(TARGETS2,)).tar())
    item = only_advice(fleet.run(), "sign-targets")
    check(item["acts"][1] == {"act": "raise-version", "above": 30} and item["states"] == [0, 1, 2], f"{item}")

with case("with --strict other content of one version, where a rotation clears the floors"):
    held = targets_metadata([(b"app", b"other")], version=9)
    other = signed(root_metadata(root=(ROOT2,), targets=(TARGETS2,), version=2), ROOT1, ROOT2)
    content = bundle(other, version=9, signers=(TARGETS2,))
    fleet = Fleet().bundle("new", content.tar())
    for name, floor in ("a", b"20\n"), ("b", b"30\n"), ("c", b"9\n"):
        fleet.device(name, R1, held, [(b"app", b"other")]).write(f"{name}/first/floor", floor)
    item = only_advice(fleet.run("--strict"), "raise-version")
    check(item["acts"] == [{"act": "raise-version", "above": 9}] and item["states"] == [0, 1, 2], f"{item}")

# ---- stock Pigweed devices -----------------------------------------------------------------------


def warnings_of(document, state=0, column=0):
    cell = document["states"][state]["cells"][column]
    check(cell["verdict"] != "refuse", f"refused: {cell}")
    return cell["warnings"]


def one_warning(document, text, state=0, column=0):
    found = warnings_of(document, state, column)
    check(len(found) == 1 and text in found[0], f"'{text}' is not the warning: {found}")
    check(any(text in line for line in document["warnings"]), f"{document['warnings']}")


GROWN = signed(root_metadata(targets=(TARGETS1, TARGETS2, TARGETS3), version=2), ROOT1)

for kind in KINDS:
    with case(f"a root that grows is a trap for stock devices: {kind}"):
        fleet = Fleet().state("held", R1, 1200).bundle("new", getattr(bundle(GROWN), kind)())
        document = fleet.run()
        one_warning(document, "a stock Pigweed device refuses it at ")
        one_warning(document, "; it is accepted when sent again")
        check(document["warnings"][0].startswith("new: "), f"{document['warnings']}")
        check(document["warnings"][0].endswith(" (1,200 devices)"), f"{document['warnings']}")

with case("a name of 33 bytes is one, too; one of 32 is not"):
    for length in 32, 33:
        content = bundle(None, payloads=[(b"n" * length, b"data")])
        document = Fleet().state("held", R1).bundle("new", content.tar()).run()
        if length == 33:
            one_warning(document, "a target's name has 33 bytes, it takes 32 at most")
        else:
            check(warnings_of(document) == [], f"{warnings_of(document)}")

with case("targets of version 0"):
    document = Fleet().state("held", R1).bundle("new", bundle(None, version=0).pb()).run()
    one_warning(document, "a stock Pigweed device ")

with case("no device with another kind of key is a stock one"):
    ed25519 = key("ed25519-1")
    grown = root_metadata(targets=(TARGETS1, TARGETS2, TARGETS3, ed25519), version=2)
    fleet = Fleet().state("held", R1).bundle("new", bundle(signed(grown, ROOT1)).tar())
    check(warnings_of(fleet.run()) == [], "a warning")

with case("a stone has its traps as well"):
    r3 = signed(root_metadata(targets=(TARGETS2,), root=(ROOT2,), version=3), ROOT2)
    r2 = signed(root_metadata(targets=(TARGETS1, TARGETS2, TARGETS3), root=(ROOT2,), version=2), ROOT1, ROOT2)
    fleet = Fleet().state("held", R1).bundle("stone", bundle(r2, version=2).tar())
    fleet.bundle("new", bundle(r3, signers=(TARGETS2,)).tar())
    document = fleet.run()
    check(document["states"][0]["cells"][1]["after"] == [0], f"{document['states'][0]['cells']}")
    one_warning(document, "stone before it: a stock Pigweed device refuses it at ", column=1)

with case("what the judge warns of is told, too"):
    held = targets_metadata([(b"app", b"other")], version=9)
    fleet = Fleet().device("held", R1, held, [(b"app", b"other")])
    document = fleet.bundle("new", bundle(None).tar()).run()
    one_warning(document, "targets-version: the device holds other content of the same version")

finish()
