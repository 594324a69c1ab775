# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured with: processor, system, versions; nothing that names a machine."""

import os
import re
import subprocess


def first_line(*command):
    """The first line that a program prints, or nothing where there is no such program."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              stdin=subprocess.DEVNULL, timeout=60)
    except FileNotFoundError:
        return ""
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return lines[0].strip() if lines else ""


def version(*command):
    found = re.search(r"\d+(?:\.\d+)+[a-z]?", first_line(*command))
    return found.group(0) if found else ""


def processor():
    """(name, whether it has instructions for SHA-256, whether it is a virtual machine's)."""
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        lines = [line.split(":", 1) for line in file if ":" in line]
    values = {key.strip(): value.strip() for key, value in lines}
    flags = values.get("flags", values.get("Features", "")).split()
    name = values.get("model name") or os.uname().machine
    return name, "sha_ni" in flags or "sha2" in flags, "hypervisor" in flags


def memory():
    """(all, available), in bytes."""
    with open("/proc/meminfo", encoding="ascii") as file:
        values = dict(line.split(":", 1) for line in file)
    return tuple(int(values[key].split()[0]) << 10 for key in ("MemTotal", "MemAvailable"))


def file_system(folder):
    lines = subprocess.run(["df", "--output=fstype", folder], stdout=subprocess.PIPE, check=True,
                           text=True).stdout.split()
    return lines[-1]


def facts(tool, compiler):
    name, sha, virtual = processor()
    versions = {
        "swupdate-tool": version(tool, "--version"),
        "compiler": first_line(*compiler, "--version"),
        "OpenSSL": version("openssl", "version"),
        "coreutils": version("cp", "--version"),
        "tar": version("tar", "--version"),
        "mender-artifact": version("mender-artifact", "--version"),
        "rauc": version("rauc", "--version"),
        "mksquashfs": version("mksquashfs", "-version"),
    }
    return {
        "processor": name,
        "sha_instructions": sha,
        "virtual": virtual,
        "processors": len(os.sched_getaffinity(0)),
        "memory": memory()[0],
        # The release as its authors number it, without what a distributor or a site adds.
        "kernel": "Linux " + re.match(r"[\d.]*", os.uname().release).group(0).rstrip("."),
        "versions": {key: value for key, value in versions.items() if value},
    }
