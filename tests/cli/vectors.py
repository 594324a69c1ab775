# SPDX-License-Identifier: Apache-2.0
"""Walks testdata/vectors/vectors.json: one case, one test, of our verdict and of the stock device's."""

import hashlib
import json
import os

from forge import DATA, data, entry
from judging import case, check, finish, judge

VECTORS = os.path.join(DATA, "vectors")
TIME = "2026-11-23T00:00:00Z"


def bundle_of(vector):
    """The bundle's path; where only its head is stored, the rest is made."""
    path = os.path.join(VECTORS, vector["file"])
    payload = vector.get("payload")
    if payload is None:
        return path
    content = bytearray(hashlib.shake_128(payload["name"].encode()).digest(payload["length"]))
    if "flip" in payload:
        content[payload["flip"]] ^= 1
    with open(path, "rb") as head, open("whole.pb", "wb") as whole:
        whole.write(head.read() + data(4, entry(payload["name"].encode(), bytes(content))))
    return os.path.abspath("whole.pb")


def options_of(vector, trusted):
    if vector["trusted"] is None:
        return ["--self"]
    known = trusted[vector["trusted"]]
    options = ["--root", os.path.join(VECTORS, known["root"])]
    if known["manifest"] is not None:
        options += ["--device-manifest", os.path.join(VECTORS, known["manifest"])]
    return options


STOCK = "a stock Pigweed device"


def steps_without(run):
    """The report less what --profile adds to it: the steps, and where and what the notes were."""
    steps, notes = [], {}
    for step in run.document["steps"]:
        step = dict(step)
        parts = step.pop("note", "").split(STOCK)
        if len(parts) > 1:
            notes[step["step"]] = STOCK.join(parts[1:])
        if rest := parts[0].removesuffix("; "):
            step["note"] = rest
        steps.append(step)
    return steps, notes


def expected_note(run):
    """Where the two differ, and how the note there starts; None: they do not."""
    ours, theirs = run.document.get("failed_step"), run.document["profile"].get("step")
    if ours == theirs:
        return None
    taken = [step["step"] for step in run.document["steps"]]
    if theirs in taken:
        return theirs, " refuses here: "
    if theirs is None:
        return ours, " passes this step and accepts the bundle"
    return ours, f" passes this step and refuses the bundle at {theirs}: "


def walk_profile(vector, plain, path, options):
    run = judge(".", path, "--time", TIME, "--profile", "pigweed", *options)
    profile = run.document["profile"]
    answer = (profile["verdict"], profile["status"], profile["root_persisted"])
    recorded = (vector["device"], vector["device_status"], vector["device_root_persisted"])
    check(answer == recorded, f"the model answers {answer}, the device {recorded}")
    steps, notes = steps_without(run)
    note = expected_note(run)
    check(list(notes) == ([] if note is None else [note[0]]), f"notes at {list(notes)}, expected {note}")
    check(note is None or notes[note[0]].startswith(note[1]), f"the note is {notes}, expected {note}")
    check(steps == plain.document["steps"], "the steps differ with --profile")
    for member in ("verdict", "authenticated", "warnings", "failed_step"):
        check(run.document.get(member) == plain.document.get(member), f"{member} differs with --profile")


def walk(vector, trusted):
    options = options_of(vector, trusted)
    path = bundle_of(vector)
    run = judge(".", path, "--time", TIME, *options)
    document = run.document
    # judge() has checked that exit status and document agree.
    check(document["verdict"] == vector["contract"], f"{document['verdict']}: {document['steps'][-1]}")
    check(
        document.get("failed_step") == vector.get("step"),
        f"rejected at {document.get('failed_step')}, expected {vector.get('step')}",
    )
    expected = vector["contract"] == "accept" and vector["trusted"] is not None
    check(document["authenticated"] == expected, f"authenticated is {document['authenticated']}")
    walk_profile(vector, run, path, options)


with open(os.path.join(VECTORS, "vectors.json"), encoding="utf-8") as file:
    index = json.load(file)
for item in index["cases"]:
    with case(f"{item['id']}: {item['contract']}"):
        walk(item, index["trusted"])
with case("the index names every bundle"):
    named = {item["file"] for item in index["cases"]}
    stored = {f"bundles/{name}" for name in os.listdir(os.path.join(VECTORS, "bundles"))}
    check(named == stored, f"not in both: {sorted(named ^ stored)}")

finish()
