# SPDX-License-Identifier: Apache-2.0
"""What is in a folder."""

import os


def names(folder):
    """Every file below folder, hidden ones too, and every folder that is empty."""
    for path, folders, files in os.walk(folder):
        inside = os.path.relpath(path, folder)
        if inside != "." and not folders and not files:
            yield inside
        for name in files:
            yield os.path.normpath(os.path.join(inside, name))


def tree(folder):
    """The same with the bytes of each file; None for a folder."""
    found = {}
    for name in names(folder):
        path = os.path.join(folder, name)
        found[name] = None
        if not os.path.isdir(path):
            with open(path, "rb") as file:
                found[name] = file.read()
    return found


def sizes(files):
    return {name: content and len(content) for name, content in files.items()}


def state_of(device):
    """The state that counts; None: there is no directory, so there is no state."""
    if not os.path.exists(device):
        return None
    folder = os.readlink(os.path.join(device, "current"))
    if "/" in folder:
        raise ValueError(f"current leads to {folder}")
    state = tree(os.path.join(device, folder))
    # The staging folder, which does no harm when it cannot be removed.
    return {name: content for name, content in state.items() if content is not None}
