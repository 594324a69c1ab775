# SPDX-License-Identifier: Apache-2.0
"""Walks testdata/vectors/vectors.json: one case, one test."""

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


def walk(vector, trusted):
    options = options_of(vector, trusted)
    run = judge(".", bundle_of(vector), "--time", TIME, *options)
    document = run.document
    # judge() has checked that exit status and document agree.
    check(document["verdict"] == vector["contract"], f"{document['verdict']}: {document['steps'][-1]}")
    check(
        document.get("failed_step") == vector.get("step"),
        f"rejected at {document.get('failed_step')}, expected {vector.get('step')}",
    )
    expected = vector["contract"] == "accept" and vector["trusted"] is not None
    check(document["authenticated"] == expected, f"authenticated is {document['authenticated']}")


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
