# SPDX-License-Identifier: Apache-2.0
"""Whether the sweep has every command, and every option of one by which it writes something."""

import os
import re
import subprocess

TOOL = os.environ["SWT_TOOL"]

# What the help says of an option that names an output.
WRITES = re.compile(r"(write|append) ")
OPTION = re.compile(r"  (?:-(\w), |    )--([a-z-]+)(?: (\S+))?(?:  +|\n +)(.*)")


def helped(*words):
    return subprocess.run([TOOL, *words, "--help"], check=True, capture_output=True, text=True).stdout


def commands():
    return re.findall(r"^  ([a-z]+(?: [a-z]+)?)  +\S", helped(), re.MULTILINE)


def missing(name, swept):
    lines = [words for words in swept if words.startswith(name + " ")]
    if not lines:
        yield name
    for short, option, argument, text in OPTION.findall(helped(*name.split())):
        forms = [f" --{option} ", *([f" -{short} "] if short else [])]
        if WRITES.match(text) and not any(form in words + " " for words in lines for form in forms):
            yield f"{name} --{option}"
        # Each format is made by code of its own.
        for value in argument.split("|") if option == "format" else ():
            if not any(f" --format {value} " in words + " " for words in lines):
                yield f"{name} --format {value}"


def tell(swept):
    """Tells the case; swept: what is tried."""
    names = commands()
    words = [command.words for command in swept]
    found = [what for name in names for what in missing(name, words)]
    good = len(names) > 15 and not found
    print(f"{'ok' if good else 'not ok'} - every command that writes, and every option, is swept")
    for what in found:
        print(f"# not swept: {what}")
    return good
