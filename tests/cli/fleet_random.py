# SPDX-License-Identifier: Apache-2.0
"""fleet against brute force. For random histories of rotations, floors and bundles, device directories
are made and brought into their states by apply; then each cell of the table is compared with what
apply does on copies of the directory: with the bundle at once, and after every sequence of bundles.
What apply makes of a directory is remembered by the bytes of all its files, so that sequences of any
length can be tried.

FLEET_HISTORIES (12) of them, from FLEET_SEED (0) on; the seed is part of each case's name."""

import functools
import hashlib
import itertools
import json
import os
import random
import shutil
import subprocess
import tempfile

import forge
from forge import key, root_metadata, targets_metadata
from judging import TOOL, Fault, case, check, finish

HISTORIES = int(os.environ.get("FLEET_HISTORIES", "12"))
SEED = int(os.environ.get("FLEET_SEED", "0"))
PAST, FUTURE = 1_000_000_000, 4_000_000_000
ROOT_KEYS = [key(name) for name in ("root1", "root2", "root3")]
TARGETS_KEYS = [key(name) for name in ("targets1", "targets2", "targets3")]
FILES = [(b"app", b"application"), (b"boot/loader", b"loader")]


@functools.lru_cache(maxsize=None)
def signature(message, signer):
    return forge.sign(message, signer)[0]


def signed(message, signers):
    return forge.envelope(message, [signature(message, signer) for signer in signers])


def some(rng, keys, least=1):
    return sorted(rng.sample(keys, rng.randint(least, len(keys))), key=keys.index)


class Root:
    """One version of the root: its keys, and its envelope."""

    def __init__(self, rng, version, before):
        same = before is not None and rng.random() < 0.4
        self.root = before.root if same else some(rng, ROOT_KEYS)
        self.root_threshold = rng.randint(1, len(self.root))
        self.targets = before.targets if before and rng.random() < 0.4 else some(rng, TARGETS_KEYS)
        self.targets_threshold = rng.randint(1, len(self.targets))
        # Sometimes two roots of one version.
        self.version = version - 1 if before and rng.random() < 0.1 else version
        self.bytes = root_metadata(
            self.root,
            self.targets,
            self.version,
            self.root_threshold,
            self.targets_threshold,
            expires=rng.choice([None, None, FUTURE, FUTURE, FUTURE, PAST]),
        )
        signers = set(self.root if rng.random() < 0.9 else some(rng, self.root))
        if before:
            signers |= set(before.root if rng.random() < 0.75 else some(rng, ROOT_KEYS, 0))
        self.envelope = signed(self.bytes, sorted(signers, key=ROOT_KEYS.index))


def make_bundle(rng, roots, number):
    """Bytes of a bundle: mostly sound, the later ones for the later roots."""
    root = roots[min(number + 1, len(roots) - 1)] if rng.random() < 0.7 else rng.choice(roots)
    files = list(FILES)
    if rng.random() < 0.6:
        files[0] = (b"app", b"application %d" % rng.randint(0, 2))
    metadata = targets_metadata(
        files, root.version + rng.randint(0, 3), expires=rng.choice([None, None, FUTURE, FUTURE, FUTURE, PAST])
    )
    signers = root.targets if rng.random() < 0.85 else some(rng, TARGETS_KEYS)
    shown = [file for file in files if rng.random() > 0.06]
    if rng.random() < 0.06:
        shown[-1:] = [(b"boot/loader", b"LOADER")]
    bundle = forge.Bundle(
        root=root.envelope if rng.random() < 0.75 else None,
        targets=signed(metadata, signers),
        payloads=shown,
    )
    data = bundle.tar() if rng.random() < 0.5 else bundle.pb()
    return data if rng.random() > 0.04 else data[: -rng.randint(1, 900)]


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def make_device(path, envelope, floor):
    os.makedirs(os.path.join(path, "first", "targets"))
    os.symlink("first", os.path.join(path, "current"))
    write(os.path.join(path, "first", "root_metadata"), envelope)
    write(os.path.join(path, "first", "floor"), b"%s\n" % floor)


def run_json(*words):
    done = subprocess.run([TOOL, *words, "--json"], capture_output=True, timeout=120, check=False)
    check(
        done.returncode in (0, 1) and done.stderr == b"",
        f"{' '.join(words)}: exit {done.returncode}: {done.stderr.decode()}",
    )
    return done.returncode, json.loads(done.stdout)


def floor_of(device):
    with open(os.path.join(device, "current", "floor"), encoding="ascii") as file:
        text = file.read().strip()
    return None if text == "none" else int(text)


def state_files(device):
    """Name and bytes of each file of the state."""
    top = os.path.join(device, "current")
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                yield os.path.relpath(path, top), file.read()


def state_of(device):
    digest = hashlib.sha256()
    for name, content in state_files(device):
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:24]


class World:
    """A history on disk. States are folders named by what is in them."""

    def __init__(self, rng):
        self.options = ["--time", "2027-01-01"] + (["--strict"] if rng.random() < 0.15 else [])
        self.roots = []
        for version in range(1, rng.randint(2, 5) + 1):
            self.roots.append(Root(rng, version, self.roots[-1] if self.roots else None))
        self.versions = {root.envelope: root.version for root in self.roots}
        self.done = {}
        self.bundles = []
        for number in range(rng.randint(2, 4)):
            self.bundles.append(f"bundle-{number}")
            write(self.bundles[-1], make_bundle(rng, self.roots, number))
        self.devices = [self.make_state(rng, f"device-{number}") for number in range(3)]

    def make_state(self, rng, name):
        floor = rng.choice([b"none", b"1", b"2", b"3", b"5"])
        make_device(name, rng.choice(self.roots[:-1]).envelope, floor)
        # What it was given before, and what it lost since.
        for _ in range(rng.randint(0, 2)):
            write("old", make_bundle(rng, self.roots, 0))
            run_json("apply", "old", "--device", name, *self.options)
        lost = os.path.join(name, "current", "targets", "app")
        if rng.random() < 0.1 and os.path.exists(lost):
            os.unlink(lost)
        return self.keep(name)

    def keep(self, device):
        """The device's folder under the name of its state, unless there is one."""
        state = state_of(device)
        if os.path.exists(state):
            shutil.rmtree(device)
        else:
            os.rename(device, state)
        return state

    def apply(self, state, bundle):
        """Exit status, the last step, the state afterwards."""
        if (state, bundle) not in self.done:
            shutil.copytree(state, "copy", symlinks=True)
            status, document = run_json("apply", bundle, "--device", "copy", *self.options)
            self.done[state, bundle] = status, document["steps"][-1], self.keep("copy")
        return self.done[state, bundle]

    def shortest(self, state, target):
        """The fewest bundles after which target is accepted; None: never."""
        level, seen = {state}, {state}
        for length in itertools.count():
            if any(self.apply(at, target)[0] == 0 for at in level):
                return length
            level = {self.apply(at, bundle)[2] for at in level for bundle in self.bundles} - seen
            seen |= level
            if not level:
                return None

    def check_state(self, object_, state):
        files = dict(state_files(state))
        check(
            object_["root_version"] == self.versions[files["root_metadata"]]
            and object_["floor"] == floor_of(state),
            f"{state} is not {object_}",
        )


def compare_refusal(cell, step, device):
    names = ("failed_step", "step"), ("expected", "expected"), ("found", "found"), ("note", "note")
    for ours, theirs in names:
        check(cell.get(ours) == step.get(theirs), f"{device}: {ours}: {cell} but apply says {step}")


def compare_cell(world, device, cell, counts):
    bundle = world.bundles[cell["bundle"]]
    status, step, after = world.apply(device, bundle)
    verdict = cell["verdict"]
    counts[verdict] = counts.get(verdict, 0) + 1
    check((verdict == "accept") == (status == 0), f"{device}, {bundle}: {cell}, apply exits {status}")
    if verdict != "accept":
        compare_refusal(cell, step, device)
    length = world.shortest(device, bundle)
    if verdict == "refuse":
        check(length is None, f"{device}, {bundle}: refused, but accepted after {length} others")
    if verdict == "accept-after":
        # The sequence that the table gives, done; the last is accepted.
        check(len(cell["after"]) == length, f"{device}, {bundle}: {cell}, {length} would do")
        at = device
        for index in cell["after"]:
            at = world.apply(at, world.bundles[index])[2]
        status, _, after = world.apply(at, bundle)
        check(status == 0, f"{device}: refused at the end of {cell['after']} {cell['bundle']}")
    world.check_state(cell, after)


def try_history(seed, counts):
    world = World(random.Random(seed))
    words = [word for bundle in world.bundles for word in ("--bundle", bundle)]
    words += [word for device in world.devices for word in ("--device", device)]
    status, document = run_json("fleet", *words, *world.options)
    check(status == 0, "fleet answers with 0")
    served = 0
    for device, state in zip(world.devices, document["states"]):
        world.check_state(state, device)
        check(len(state["cells"]) == len(world.bundles), "a cell is missing")
        for cell in state["cells"]:
            compare_cell(world, device, cell, counts)
        some_serves = any(cell["verdict"] != "refuse" for cell in state["cells"])
        check(state["served"] == some_serves, f"{device}: served")
        served += some_serves
    check(document["totals"] == {"devices": 3, "served": served}, f"totals: {document['totals']}")
    advised = set(itertools.chain(*(item["states"] for item in document["advice"])))
    unserved = {i for i, state in enumerate(document["states"]) if not state["served"]}
    check(advised == unserved, f"advice for {advised}, not served are {unserved}")


def main():
    counts = {}
    top = os.getcwd()
    for seed in range(SEED, SEED + HISTORIES):
        folder = tempfile.mkdtemp(dir=top)
        os.chdir(folder)
        with case(f"fleet against apply, history {seed}"):
            try_history(seed, counts)
        os.chdir(top)
        shutil.rmtree(folder)
    with case(f"the histories had every verdict: {counts}"):
        if HISTORIES >= 12 and len(counts) < 3:
            raise Fault("a verdict never came")
    finish()


if __name__ == "__main__":
    main()
