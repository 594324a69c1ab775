# SPDX-License-Identifier: Apache-2.0
"""A preload shim, and what it is told to do: a plan, whose names are those of its header less SWT_FAULT_."""

import os

BUILD = os.environ["SWT_BUILD"]
COUNT_FD = 9


def environment(library, plan):
    """What a program is started with."""
    return {
        "LD_PRELOAD": f"{BUILD}/faults/{library}.so",
        "ASAN_OPTIONS": "verify_asan_link_order=0",
        **{f"SWT_FAULT_{name}": str(value) for name, value in plan.items()},
    }


def words(plan):
    return " ".join(f"{name}={value}" for name, value in plan.items())


def counted(place, command, library, plan):
    """What the shim says at the end of a run."""
    reader, writer = os.pipe()
    os.dup2(writer, COUNT_FD, inheritable=True)
    os.close(writer)
    place.run(command, environment(library, {**plan, "COUNT": COUNT_FD}), pass_fds=(COUNT_FD,))
    os.close(COUNT_FD)
    with os.fdopen(reader) as file:
        return file.read()


def count(place, command, library, plan):
    """How often what the plan is about happens in a run."""
    return int(counted(place, command, library, plan) or 0)
