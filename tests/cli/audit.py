#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Audit logs, read and made with no code of the program.

usage: audit.py events LOG                 a line each: event, outcome, role, version; fails when the
                                           chain or the pairs are broken
       audit.py make LOG SIGNATURES        a sound log of that many
       audit.py bytes LOG TOOL             changes a byte at a handful of places in each line, and runs
                                           TOOL check on each; fails when one is not found
"""

import hashlib
import json
import pathlib
import subprocess
import sys

NO_LINE = "0" * 64


def digest(data):
    return hashlib.sha256(data).hexdigest()


def encode(line):
    return json.dumps(line, sort_keys=True, separators=(",", ":")).encode("ascii")


def events(path):
    data = pathlib.Path(path).read_bytes()
    assert data.endswith(b"\n")
    previous = NO_LINE
    begun = {}
    for text in data[:-1].split(b"\n"):
        line = json.loads(text)
        assert encode(line) == text, text
        assert line["previous"] == previous, text
        assert line["schema"] == "swupdate-tool/audit/1"
        previous = digest(text)
        if line["event"] == "begin":
            begun[previous] = line
        else:
            first = begun.pop(line["begin"])
            common = set(first) - {"event", "previous", "time"}
            assert {name: first[name] for name in common} == {name: line[name] for name in common}
        print(line["event"], line.get("outcome", "-"), line["role"], line.get("version", "-"))


def make(path, signatures):
    use = {
        "host": "vm",
        "key": "key",
        "key_id": NO_LINE,
        "metadata_sha256": NO_LINE,
        "pid": 1,
        "role": "root",
        "schema": "swupdate-tool/audit/1",
        "time": "2027-01-01T00:00:00Z",
        "uid": 0,
    }
    previous = NO_LINE
    with open(path, "wb") as log:
        for _ in range(signatures):
            text = encode({**use, "event": "begin", "previous": previous})
            log.write(text + b"\n")
            previous = digest(text)
            outcome = {"begin": previous, "outcome": "signed", "signature_sha256": NO_LINE}
            text = encode({**use, **outcome, "event": "end", "previous": previous})
            log.write(text + b"\n")
            previous = digest(text)


def check(tool, path):
    done = subprocess.run([tool, "check", "--json", path], capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout)["files"][0]


def change_bytes(path, tool):
    data = pathlib.Path(path).read_bytes()
    _, sound = check(tool, path)
    assert sound["sound"], sound
    start = 0
    lines = data.splitlines(keepends=True)
    for number, line in enumerate(lines):
        for part in range(7):
            place = start + part * (len(line) - 1) // 6
            changed = bytearray(data)
            changed[place] ^= 1
            pathlib.Path("changed").write_bytes(changed)
            status, found = check(tool, "changed")
            seen = status == 1 and found["findings"]
            # What follows nothing is held by the head alone.
            if not seen and not (number == len(lines) - 1 and found["head"] != sound["head"]):
                sys.exit(f"byte {place} of line {number + 1} is no finding: {found}")
        start += len(line)


def main(arguments):
    command, path = arguments[:2]
    if command == "events":
        events(path)
    elif command == "make":
        make(path, int(arguments[2]))
    else:
        change_bytes(path, arguments[2])


main(sys.argv[1:])
