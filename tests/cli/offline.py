#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signing requests and responses that were tampered with.

usage: offline.py walk REQUEST KEY [ROOT]    each member of REQUEST changed in each way, given to
                                             `sign --request`: what is not refused is printed
       offline.py walk-response FILE RESPONSE    the same of a response and `sign FILE --attach`
       offline.py set FILE PATH JSON         prints FILE with the member at PATH ("a.0.b") replaced,
                                             or added
       offline.py drop FILE PATH             prints FILE without it

T_TOOL is the program (lib.sh).
"""

import copy
import json
import os
import subprocess
import sys
import tempfile

TOOL = os.environ["T_TOOL"]


def other_texts(text):
    """Texts that are not text, but look like it."""
    yield ""
    yield text + " "
    middle = len(text) // 2
    yield text[:middle] + ("0" if text[middle : middle + 1] != "0" else "1") + text[middle + 1 :]
    yield text[:-1]
    yield text.upper() if text.upper() != text else text.lower()
    yield text + "A==="
    yield text + text


def changes(value):
    """What else could stand there: (what was done, the value)."""
    yield "null", None
    yield "true", True
    if isinstance(value, str):
        for other in other_texts(value):
            if other != value:
                yield f"text {other[:40]!r}", other
        yield "a number", 1
        yield "a list of it", [value]
    elif isinstance(value, int):
        for other in value + 1, value - 1, -1, 0, 2**32 + value, 2**63 - 1:
            if other != value:
                yield f"{other}", other
        yield "a fraction", value + 0.5
        yield "a text", str(value)
    elif isinstance(value, list):
        yield "an object", {}
        yield "empty", []
        for i in range(len(value)):
            yield f"without {i}", value[:i] + value[i + 1 :]
            yield f"{i} twice", value + [value[i]]
        if len(value) > 1:
            yield "reversed", value[::-1]
        yield "one more", value + [{"a": 1}]
    elif isinstance(value, dict):
        yield "a list", [value]
        yield "empty", {}


def walk(value, path=()):
    """Every change of every member, as (path, what, changed whole)."""
    for what, changed in changes(value):
        yield path, what, changed
    if isinstance(value, dict):
        for name in value:
            rest = {key: other for key, other in value.items() if key != name}
            yield (*path, name), "dropped", rest
            for deeper, what, changed in walk(value[name], (*path, name)):
                yield deeper, what, {**value, name: changed}
        yield (*path, "extra"), "added", {**value, "extra": "x"}
    if isinstance(value, list):
        for i, item in enumerate(value):
            for deeper, what, changed in walk(item, (*path, i)):
                yield deeper, what, value[:i] + [changed] + value[i + 1 :]


def harmless(path, what, role):
    """Changes of a request that say something else without lying."""
    if path == ("signatures",) and (what.startswith("without") or what in ("empty", "reversed")):
        return True
    if path[-1] == "extra":  # unknown members are shown; a summary has none
        return path[0] != "summary"
    # The keys of a role have no order; of root metadata they are compared as they stand there.
    return path[0] == "quorums" and path[2:] == ("keys",) and what == "reversed" and role == "targets"


def attempt(words, folder, output):
    done = subprocess.run(
        [TOOL, *words, "--json"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode == 0:
        return 0, "", os.path.exists(os.path.join(folder, output))
    line = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1]
    try:
        code = json.loads(line)["error"]["code"]
    except (ValueError, KeyError, TypeError):
        code = line
    return done.returncode, code, os.path.exists(os.path.join(folder, output))


def walk_file(original, words, output, code, is_harmless, is_skipped=lambda path: False):
    with open(original, encoding="utf-8") as file:
        whole = json.load(file)
    runs = faults = 0
    with tempfile.TemporaryDirectory() as folder:
        tampered = os.path.join(folder, "tampered.json")
        result = os.path.join(folder, output)
        for path, what, changed in walk(copy.deepcopy(whole)):
            if not path or changed == whole or is_skipped(path):
                continue
            with open(tampered, "w", encoding="utf-8") as file:
                json.dump(changed, file)
            status, found, written = attempt(words(tampered), folder, output)
            runs += 1
            wanted = (0, "", True) if is_harmless(path, what) else (3, code, False)
            # With no schema to tell it, a file is of no kind.
            if path[0] == "schema" and status == 3 and found == "file-kind":
                wanted = (3, "file-kind", False)
            if (status, found, written) != wanted:
                faults += 1
                print(f"{'.'.join(map(str, path))} {what}: exit {status} {found}, written {written}")
            if written:
                os.unlink(result)
    print(f"{runs} runs, {faults} faults")
    return 1 if faults or runs < 30 else 0


def walk_request(request, key, root=None):
    with open(request, encoding="utf-8") as file:
        role = json.load(file)["role"]
    anchor = ["--root", os.path.abspath(root)] if root else []
    # Of root metadata everything follows from its bytes; who may sign targets, and who has, is the
    # request's word where no anchor is given.
    believed = ("quorums", "signatures") if role == "targets" and not root else ()
    return walk_file(
        request,
        lambda tampered: ["sign", "--request", tampered, "--key", key, "-o", "response", "--yes", *anchor],
        "response",
        "signing-request",
        lambda path, what: harmless(path, what, role),
        lambda path: path[0] in believed,
    )


def walk_response(bundle, response):
    bundle = os.path.abspath(bundle)
    return walk_file(
        response,
        lambda tampered: ["sign", bundle, "--attach", tampered, "-o", "out"],
        "out",
        "signing-response",
        lambda path, what: path[-1] == "extra",
    )


def place(whole, path):
    steps = path.split(".")
    for step in steps[:-1]:
        whole = whole[int(step)] if isinstance(whole, list) else whole[step]
    return whole, int(steps[-1]) if isinstance(whole, list) else steps[-1]


def edit(name, path, value=None):
    with open(name, encoding="utf-8") as file:
        whole = json.load(file)
    around, step = place(whole, path)
    if value is None:
        del around[step]
    else:
        around[step] = json.loads(value)
    print(json.dumps(whole, indent=2))
    return 0


def main(arguments):
    operation, *rest = arguments
    operations = {"walk": walk_request, "walk-response": walk_response, "set": edit, "drop": edit}
    sys.exit(operations[operation](*rest))


if __name__ == "__main__":
    main(sys.argv[1:])
