#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures swupdate-tool against what its jobs cannot do without, hashing and copying, and against peers.

usage: bench.py [--short] [--figures FILE [--page FILE] [--readme FILE]]
       bench.py --render --figures FILE [--page FILE] [--readme FILE]

Prints a table for each group of jobs. With --figures all runs are written to a file as JSON, and from it
the blocks of the manual page and of the README, all in place: the groups all have run, with a payload of
1 GiB at least and 7 runs at least. --short runs each job once on a small payload and writes whatever is
named, for tests; --render measures nothing. From the environment:

    SWT_TOOL        the program            SWT_BUILD      where build/tests/measure is
    BENCH_SIZE      of the payload (1G)    BENCH_RUNS     of each job (7)
    BENCH_DIR       a folder on a disk (SWT_BUILD/bench)
    BENCH_MEMORY    a folder on tmpfs (/dev/shm); empty: none
    BENCH_ONLY      one group of jobs (all)
    BENCH_STRICT=1  a bound that does not hold is exit status 1
    CC              the compiler that built it, to be named

A missed bound is told, and no failure: machines are noisy. Exit status 1: a job failed, or there is no
room; 2: usage.
"""

import argparse
import datetime
import json
import os
import re
import shlex
import signal
import sys
import tempfile

import jobs
import machine
import peers
import render
from measuring import Fault, Runner

FULL_SIZE = 1 << 30
FULL_RUNS = 7
SHORT_SIZE = 1 << 20
# What is there at once, in payloads, with some air: the payload, two bundles, an output, and what a peer
# makes on the way to it.
ROOM = 5.5
# A payload of an UpdateBundle is smaller.
MOST = (2 << 30) - (1 << 20)
SUFFIXES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


# The groups of jobs, each made when it is to run. The last one removes what the others go by.
GROUPS = {
    "build": lambda setup, size: jobs.build_group(setup),
    "verify": lambda setup, size: jobs.verify_group(setup),
    "sign": lambda setup, size: jobs.sign_group(setup),
    "convert": lambda setup, size: jobs.convert_group(setup),
    "install": lambda setup, size: jobs.install_group(setup),
    "metadata": lambda setup, size: jobs.metadata_group(setup),
    "peers": lambda setup, size: peers.peers_group(setup),
    "many": lambda setup, size: jobs.many_group(setup, setup.many(size)),
}


# ---- what is asked ---------------------------------------------------------------------------------


def usage(fault):
    print(f"bench: {fault}", file=sys.stderr)
    sys.exit(2)


def size_asked(short):
    text = os.environ.get("BENCH_SIZE") or ("1M" if short else "1G")
    found = re.fullmatch(r"(\d+)([KMG]?)(?:iB)?", text)
    size = int(found.group(1)) * SUFFIXES[found.group(2)] if found else 0
    if not jobs.PARTS << 10 <= size <= MOST:
        usage(f"BENCH_SIZE is '{text}': expected 64K to 2047M, as in 512M")
    return size


def runs_asked(short):
    text = os.environ.get("BENCH_RUNS") or ("1" if short else str(FULL_RUNS))
    if not re.fullmatch(r"[1-9]\d{0,2}", text):
        usage(f"BENCH_RUNS is '{text}': expected a number from 1 to 999")
    return int(text)


def groups_asked():
    only = os.environ.get("BENCH_ONLY", "")
    if only and only not in GROUPS:
        usage(f"BENCH_ONLY is '{only}': expected {', '.join(GROUPS)}")
    return [only] if only else list(GROUPS)


def arguments():
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--figures", default="")
    parser.add_argument("--page", default="")
    parser.add_argument("--readme", default="")
    asked = parser.parse_args()
    if (asked.page or asked.readme or asked.render) and not asked.figures:
        usage("--page, --readme and --render go with --figures")
    return asked


# ---- places ----------------------------------------------------------------------------------------


def places():
    """(name, folder) of each place that there is."""
    disk = os.path.abspath(os.environ.get("BENCH_DIR") or os.path.join(os.environ["SWT_BUILD"], "bench"))
    os.makedirs(disk, exist_ok=True)
    found = [("disk", disk)]
    memory = os.environ.get("BENCH_MEMORY", "/dev/shm")
    if memory and os.path.isdir(memory) and machine.file_system(memory) == "tmpfs":
        found.append(("memory", memory))
    return found


def lacks_room(folder, size):
    """Why a place will not do, or nothing."""
    needed = int(size * ROOM) + (32 << 20)
    status = os.statvfs(folder)
    for free, what in ((status.f_bavail * status.f_frsize, f"of free space in {folder}"),
                       (machine.memory()[1], "of free memory, so that files stay in the cache")):
        if free < needed:
            return (f"{jobs.text_size(needed)} {what} are needed, {jobs.text_size(free)} are there; "
                    "a smaller BENCH_SIZE needs less, BENCH_DIR names another folder")
    return ""


# ---- measuring -------------------------------------------------------------------------------------


def as_figures(group, taken):
    return {
        "name": group.name,
        "title": group.title,
        "short": group.short,
        "jobs": [
            {"name": job.name, "ours": job.ours, "against": job.against, "ratio": job.ratio,
             "more": job.more, "runs": taken[job.name]}
            for job in group.jobs
        ],
    }


def measure_place(name, folder, size, runs, names):
    place = {"name": name, "file_system": machine.file_system(folder), "groups": []}
    measure = os.path.join(os.environ["SWT_BUILD"], "tests", "measure")
    with tempfile.TemporaryDirectory(prefix="swupdate-bench.", dir=folder) as scratch:
        setup = jobs.Setup(Runner(measure, scratch), os.environ["SWT_TOOL"], size)
        for key in names:
            group = GROUPS[key](setup, size)
            figures = as_figures(group, setup.runner.group(group, runs))
            peers.tidy(setup.runner)
            place["groups"].append(figures)
            print(f"{name} ({place['file_system']}): {group.title}")
            print("\n".join(f"  {line}" for line in render.table(figures)) + "\n", flush=True)
    return place


def measure(asked):
    if not os.environ.get("SWT_TOOL") or not os.environ.get("SWT_BUILD"):
        usage("SWT_TOOL and SWT_BUILD are not set; `make bench` sets them")
    size, runs, names = size_asked(asked.short), runs_asked(asked.short), groups_asked()
    figures = {
        "$comment": "SPDX-License-Identifier: Apache-2.0",
        "date": datetime.date.today().isoformat(),
        "size": size,
        "runs": runs,
        "machine": machine.facts(os.environ["SWT_TOOL"], shlex.split(os.environ.get("CC") or "cc")),
        "places": [],
    }
    print("\n".join(render.machine_lines(figures)) + "\n", flush=True)
    for name, folder in places():
        lack = lacks_room(folder, size)
        if not lack:
            figures["places"].append(measure_place(name, folder, size, runs, names))
        elif name == "disk":
            raise Fault(lack)
        else:
            print(f"{name}: left out: {lack}\n", flush=True)
    return figures


# ---- files -----------------------------------------------------------------------------------------


def write_figures(path, figures):
    text = json.dumps(figures, indent=1)
    # A job is a line.
    text = re.sub(r"\{[^{}]*\"runs\"[^{}]*\}", lambda found: json.dumps(json.loads(found.group(0))), text)
    with open(path, "w", encoding="ascii") as file:
        file.write(text + "\n")


def is_full(figures):
    return not os.environ.get("BENCH_ONLY") and figures["size"] >= FULL_SIZE and figures["runs"] >= FULL_RUNS


def write(asked, figures):
    if not (asked.short or asked.render or is_full(figures)):
        print("nothing is written: that takes all groups, 1 GiB and 7 runs at least")
        return
    if not asked.render:
        write_figures(asked.figures, figures)
    if asked.page:
        render.write_page(asked.page, figures)
    if asked.readme:
        render.write_readme(asked.readme, figures)


def main():
    # So that the scratch folders go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    asked = arguments()
    try:
        if asked.render:
            with open(asked.figures, encoding="ascii") as file:
                figures = json.load(file)
        else:
            figures = measure(asked)
            lines, all_hold = render.verdicts(figures)
            print("\n".join(lines))
        if asked.figures:
            write(asked, figures)
    except Fault as fault:
        print(f"bench: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    strict = not asked.render and os.environ.get("BENCH_STRICT", "") not in ("", "0")
    return 1 if strict and not all_hold else 0


if __name__ == "__main__":
    sys.exit(main())
