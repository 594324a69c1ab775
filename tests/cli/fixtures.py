# SPDX-License-Identifier: Apache-2.0
"""A folder that `fixtures` made, looked at from outside.

usage: fixtures.py FOLDER          what fixtures.json says is there, whole, and what verify says of it
       fixtures.py page FOLDER PAGE    the manual page tells of each fixture and step
       fixtures.py compiled FOLDER LIST CONTAINERS    LIST, which a program that includes fixtures.h
                                       has printed, is what is there in these containers
"""

import hashlib
import json
import os
import re
import subprocess
import sys

from judging import TOOL, case, check, finish

MEMBERS = {
    "name", "file", "container", "anchor", "device_manifest", "time", "expected", "step", "why",
    "sha256", "size",
}
STEPS = {
    "container", "envelope", "anchor", "root-old-quorum", "root-content", "root-new-quorum",
    "root-version", "root-expiry", "targets-quorum", "targets-content", "targets-expiry",
    "targets-entries", "targets-version", "payloads", "root-stripped", "end",
}
EXTENSIONS = {"tar": "swb", "pigweed": "pb"}


def load(folder):
    with open(os.path.join(folder, "fixtures.json"), encoding="utf-8") as file:
        return json.load(file)


def content(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def verify(folder, fixture, *options):
    words = [TOOL, "verify", fixture["file"], "--root", fixture["anchor"], "--json", *options]
    if fixture["device_manifest"] is not None:
        words += ["--device-manifest", fixture["device_manifest"]]
    done = subprocess.run(words, cwd=folder, capture_output=True, check=False)
    check(done.returncode in (0, 1), f"exit {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout)


# ---- the files ---------------------------------------------------------------------------------


def listed_files(document):
    names = {"README", "fixtures.json"}
    for kind in ("anchors", "device_manifests", "fixtures", "keys"):
        names |= {item["file"] for item in document[kind] if item["file"] is not None}
    return names


def found_files(folder):
    return {
        os.path.relpath(os.path.join(at, name), folder)
        for at, _, files in os.walk(folder)
        for name in files
    }


def check_files(folder, document):
    with case("no file is missing, and none is unlisted"):
        found = found_files(folder) - {"fixtures.h"}
        check(found == listed_files(document), f"differ: {found ^ listed_files(document)}")
    with case("sizes and hashes are those of the files"):
        for kind in ("anchors", "device_manifests", "fixtures"):
            for item in document[kind]:
                data = content(folder, item["file"])
                check(len(data) == item["size"], f"{item['file']}: size")
                check(hashlib.sha256(data).hexdigest() == item["sha256"], f"{item['file']}: hash")
    with case("private keys are their owner's alone, and called test keys"):
        for key in document["keys"]:
            if key["file"] is None:
                continue
            mode = os.stat(os.path.join(folder, key["file"])).st_mode & 0o777
            check(mode == 0o600, f"{key['file']} has mode {mode:o}")
            check(os.path.basename(key["file"]).startswith("test-"), key["file"])
        check(b"TEST KEYS" in content(folder, "README"), "README does not say what keys they are")


# ---- what is said of each ----------------------------------------------------------------------


def check_members(document):
    with case("each fixture has its members"):
        anchors = {item["file"] for item in document["anchors"]}
        manifests = {item["file"] for item in document["device_manifests"]} | {None}
        for item in document["fixtures"]:
            more = set(item) - MEMBERS
            check(MEMBERS <= set(item) and more <= {"evidence", "stock"}, f"{item['file']}: {more}")
            good = item["expected"] == "accept"
            check(good or item["expected"] == "reject", f"{item['file']}: {item['expected']}")
            check((item["step"] is None) == good, f"{item['file']}: step {item['step']}")
            check(good or item["step"] in STEPS, f"{item['file']}: step {item['step']}")
            check(good == item["name"].startswith("good"), f"{item['file']}: its name")
            check(item["file"] == f"{item['name']}.{EXTENSIONS[item['container']]}", item["file"])
            check(item["anchor"] in anchors, f"{item['file']}: {item['anchor']}")
            check(item["device_manifest"] in manifests, f"{item['file']}: its device manifest")
            check(item["time"] == "2030-01-01T00:00:00Z", f"{item['file']}: {item['time']}")
            check(re.fullmatch(r"[A-Z(].+[^.]\.?", item["why"]), f"{item['file']}: {item['why']}")
            stock = item.get("stock")
            check(stock is None or stock != item["expected"], f"{item['file']}: stock agrees")
            check(stock is None or item["container"] == "pigweed", f"{item['file']}: stock of a tar")
    with case("good and bad ones, in both containers; all that is there is used"):
        names = [item["file"] for item in document["fixtures"]]
        check(len(names) == len(set(names)), "two of one name")
        contents = [item["sha256"] for item in document["fixtures"]]
        for container in EXTENSIONS:
            bad = [
                item for item in document["fixtures"]
                if item["expected"] == "reject" and item["container"] == container
            ]
            check(len({item["name"] for item in bad}) >= 60, f"{len(bad)} bad ones in {container}")
        steps = {item["step"] for item in document["fixtures"]} - {None}
        check(steps == STEPS, f"no fixture for {STEPS - steps}")
        for kind, member in (("anchors", "anchor"), ("device_manifests", "device_manifest")):
            used = {item[member] for item in document["fixtures"]}
            check({item["file"] for item in document[kind]} <= used, f"{kind} that nothing uses")
        check(len(set(contents)) > len(contents) * 3 // 4, "too many are the same file")


def check_verdicts(folder, document):
    for item in document["fixtures"]:
        with case(f"{item['file']}: {item['expected']}"):
            answer = verify(folder, item, "--time", item["time"], "--profile", "pigweed")
            found = answer.get("failed_step")
            check(
                (answer["verdict"], found) == (item["expected"], item["step"]),
                f"verify: {answer['verdict']} at {found}, declared: {item['step']}",
            )
            if item["container"] == "pigweed" and document["with_stock"]:
                stock = answer["profile"]["verdict"]
                want = item.get("stock", item["expected"])
                check(stock == want, f"a stock device: {stock}, declared: {want}")
    with case("good ones need no clock"):
        for item in document["fixtures"]:
            if item["expected"] == "accept":
                answer = verify(folder, item)
                check(answer["verdict"] == "accept", f"{item['file']}: {answer.get('failed_step')}")


def check_folder(folder):
    document = load(folder)
    # Of a product or keys that are none for a stock device, nothing is said.
    document["with_stock"] = any("stock" in item for item in document["fixtures"])
    check_files(folder, document)
    check_members(document)
    check_verdicts(folder, document)
    finish()


# ---- what else tells of them -------------------------------------------------------------------


def plain(text):
    """Without what roff needs, and in one line."""
    for escape, character in (("\\e", "\\"), ("\\-", "-"), ("\\&", "")):
        text = text.replace(escape, character)
    return " ".join(text.split())


def check_page(folder, page):
    with open(page, encoding="utf-8") as file:
        entries = file.read().split("\n.It ")
    document = load(folder)
    rows = {}
    for entry in entries:
        if match := re.match(r"Li (\S+) Pq (.+)\n([^.][^\0]*?)(\n\.E|$)", entry):
            rows[match[1]] = (match[2].split("; ")[0], plain(match[3]), match[2])
    with case("the page lists each fixture, why it is one and where it is refused"):
        check(set(rows) == {item["name"] for item in document["fixtures"]}, "other names")
        for item in document["fixtures"]:
            where, why, all_of_it = rows[item["name"]]
            container = {"tar": "tar", "pigweed": "UpdateBundle"}[item["container"]]
            steps = dict(part.split(": ") for part in where.split(", ")) if ":" in where else {}
            step = steps.get(container, where)
            check(step == (item["step"] or "accepted"), f"{item['file']}: {all_of_it}")
            check(why == item["why"], f"{item['file']}: {why}")
            if item["container"] == "pigweed":
                check(("stock device" in all_of_it) == ("stock" in item), f"{item['file']}: stock")
    finish()


def check_compiled(folder, listing, containers):
    want = []
    for item in load(folder)["fixtures"]:
        if item["container"] not in containers.split():
            continue
        files = [item["file"], item["anchor"], item["device_manifest"]]
        hashes = [
            "-" if name is None else hashlib.sha256(content(folder, name)).hexdigest()
            for name in files
        ]
        want.append([item["file"], item["container"], *hashes,
                     "1" if item["expected"] == "accept" else "0", item["step"] or "-",
                     item.get("stock", "-")])
    want.sort()
    with open(listing, encoding="utf-8") as file:
        found = sorted(line.split() for line in file)
    for row, wanted in zip(found, want):
        if row != wanted:
            sys.exit(f"found {row}, expected {wanted}")
    if len(found) != len(want):
        sys.exit(f"{len(found)} in fixtures.h, {len(want)} in fixtures.json")


if __name__ == "__main__":
    if sys.argv[1] == "compiled":
        check_compiled(*sys.argv[2:])
    elif sys.argv[1] == "page":
        check_page(*sys.argv[2:])
    else:
        check_folder(sys.argv[1])
