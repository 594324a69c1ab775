# SPDX-License-Identifier: Apache-2.0
"""The jobs of swupdate-tool, each with the yardstick that it is held against."""

import json
import mmap
import os
import random
import shutil

from measuring import Fault, Group, Job

PARTS = 64
FLOOR = "cp & openssl dgst, sync"
DIGEST = "openssl dgst"
COPY = "cp, sync"
FORMATS = {"swb": "tar", "pb": "pigweed"}
SMALL = 1 << 20
STEP = 1 << 20


# ---- files -----------------------------------------------------------------------------------------


def make_payload(path, size, seed):
    """Bytes that are the same each time, and that nothing compresses."""
    source = random.Random(seed)
    with open(path, "wb") as file:
        for offset in range(0, size, STEP):
            file.write(source.randbytes(min(STEP, size - offset)))


def same_bytes(path, expected):
    """A Fault unless the two files are equal."""
    with open(path, "rb") as left, open(expected, "rb") as right:
        while True:
            found = left.read(STEP)
            if found != right.read(STEP):
                raise Fault(f"{os.path.basename(path)} is not {os.path.basename(expected)}")
            if not found:
                return


def holds_payload(bundle, payload):
    """A Fault unless the payload stands in the bundle, in one piece; knows neither container."""
    with open(bundle, "rb") as file, open(payload, "rb") as other:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            at = data.find(other.read(64))
            other.seek(0)
            while at >= 0:
                wanted = other.read(STEP)
                if not wanted:
                    return
                if data[at : at + len(wanted)] != wanted:
                    break
                at += len(wanted)
    raise Fault(f"{os.path.basename(bundle)} does not hold {os.path.basename(payload)}")


def says(word):
    def check(said):
        if word not in said:
            raise Fault(f"said nothing of '{word}': {said.strip()}")

    return check


# ---- set-up ----------------------------------------------------------------------------------------


def make_manifest(path, payloads):
    with open(path, "w", encoding="ascii") as file:
        file.write("schema: 1\nproduct: {name: bench}\nrelease: {version: 1, metadata_version: 1}\n")
        file.write("targets:\n")
        for name in payloads:
            file.write(f"  - {{name: {name}, file: {name}.bin}}\n")


class Setup:
    """What the jobs start from, in the runner's folder: app.bin, a.swb and a.pb of it, small ones, keys."""

    def __init__(self, runner, tool, size):
        self.runner = runner
        self.tool = tool
        make_payload(runner.path("app.bin"), size, 1)
        make_payload(runner.path("small.bin"), SMALL, 2)
        make_manifest(runner.path("app.yaml"), ["app"])
        make_manifest(runner.path("small.yaml"), ["small"])
        for key in ("root", "targets", "second", "stranger", "stranger-targets"):
            self.must("keygen", "-o", f"{key}.pem")
        self.must("root", "create", "-o", "root_metadata", "--root-key", "root.pem", "--targets-key",
                  "targets.pem", "--targets-key", "second.pem", "--sign-with", "root.pem")
        self.must("root", "create", "-o", "stranger_metadata", "--root-key", "stranger.pem",
                  "--targets-key", "stranger-targets.pem", "--sign-with", "stranger.pem")
        self.must("provision", "--root", "root_metadata", "--format", "device-dir", "-o", "factory")
        for extension in FORMATS:
            self.build("app", f"a.{extension}")
            self.build("small", f"small.{extension}")
        self.must("sign", "a.swb", "--export", "request")
        self.must("sign", "--request", "request", "--root", "root_metadata", "--key", "second.pem",
                  "-o", "response", "--yes")

    def must(self, *arguments):
        return self.runner.must(self.tool, *arguments)

    def build(self, payload, bundle):
        self.must("build", f"{payload}.yaml", "-o", bundle, "--root", "root_metadata", "--key",
                  "targets.pem")

    def many(self, size):
        """Trades app.bin and its bundles for many targets of the same size together."""
        names = [f"part{i:02}" for i in range(PARTS)]
        self.runner.remove(["app.bin", *(f"a.{extension}" for extension in FORMATS)])
        for seed, name in enumerate(names, 3):
            make_payload(self.runner.path(f"{name}.bin"), size // PARTS, seed)
        make_manifest(self.runner.path("many.yaml"), names)
        for extension in FORMATS:
            self.build("many", f"many.{extension}")
        return names

    # ---- what outputs must be

    def bundle(self, signatures=1, payloads=("app",)):
        """out.* holds the payloads and, where it is signed, a device would accept it for that many."""

        def check(_):
            out = next(name for name in os.listdir(self.runner.folder) if name.startswith("out."))
            for name in payloads:
                holds_payload(self.runner.path(out), self.runner.path(f"{name}.bin"))
            if signatures:
                says(f"{signatures} of 1 (")(self.must("verify", out, "--root", "root_metadata"))
            else:
                self.must("extract", out, "--no-verify", "-C", "checked")
                same_bytes(self.runner.path(f"checked/{payloads[0]}"),
                           self.runner.path(f"{payloads[0]}.bin"))
                self.runner.remove(["checked"])

        return check

    def original(self, path):
        return lambda _: same_bytes(self.runner.path(path), self.runner.path("app.bin"))

    def dumped(self, bundle):
        def check(said):
            if json.loads(said)["size"] != os.path.getsize(self.runner.path(bundle)):
                raise Fault("the bundle has another size")

        return check

    def new_device(self):
        shutil.copytree(self.runner.path("factory"), self.runner.path("device"), symlinks=True)


# ---- yardsticks ------------------------------------------------------------------------------------


def floor(setup):
    return Job(FLOOR, "cp app.bin copy & openssl dgst -sha256 app.bin; wait; sync copy", ours=False,
               check=setup.original("copy"), remove=("copy",))


def digest(files):
    return Job(DIGEST, ["openssl", "dgst", "-sha256", *files], ours=False, check=says("256("))


# ---- groups ----------------------------------------------------------------------------------------


def build_group(setup):
    jobs = [floor(setup)]
    for extension, form in FORMATS.items():
        out = f"out.{extension}"
        command = [setup.tool, "build", "app.yaml", "--root", "root_metadata"]
        signed = [*command, "--key", "targets.pem"]
        common = {"against": FLOOR, "remove": (out,)}
        jobs += [
            Job(f"build .{extension}", [*command, "-o", out], ratio=1.15,
                check=setup.bundle(signatures=0), **common),
            Job(f"build .{extension}, signed", [*signed, "-o", out], ratio=1.15,
                check=setup.bundle(), **common),
            Job(f"build .{extension} to a pipe",
                ["bash", "-o", "pipefail", "-c", '"$@" | wc -c', "bash", *signed, "-o", "-", "--format",
                 form],
                check=counts(setup, f"a.{extension}"), against=FLOOR),
        ]
    return Group("build", "building a bundle of one target", jobs)


def counts(setup, bundle):
    """As many bytes as the bundle of the same targets has; signatures differ by a few."""

    def check(said):
        size = os.path.getsize(setup.runner.path(bundle))
        counted = int(said.split()[-1])
        if abs(counted - size) > 16:
            raise Fault(f"{counted} bytes came through the pipe, expected about {size}")

    return check


def verify_group(setup):
    jobs = [digest(["app.bin"])]
    jobs += [
        Job(f"verify .{extension}",
            [setup.tool, "verify", f"a.{extension}", "--root", "root_metadata"],
            against=DIGEST, ratio=1.05, check=says("accept"))
        for extension in FORMATS
    ]
    return Group("verify", "verifying it", jobs)


def sign_group(setup):
    jobs = [floor(setup)]
    for extension in FORMATS:
        out = f"out.{extension}"
        common = {"against": FLOOR, "ratio": 1.15, "check": setup.bundle(signatures=2), "remove": (out,)}
        command = [setup.tool, "sign", f"a.{extension}", "-o", out]
        jobs += [
            Job(f"sign .{extension}", [*command, "--key", "second.pem"], **common),
            Job(f"sign --attach .{extension}", [*command, "--attach", "response"], **common),
        ]
    return Group("sign", "adding a second signature", jobs)


def convert_group(setup):
    jobs = [Job(COPY, "cp app.bin copy && sync copy", ours=False, check=setup.original("copy"),
                remove=("copy",))]
    for source, other in (("swb", "pb"), ("pb", "swb")):
        out = f"out.{other}"
        jobs.append(
            Job(f"convert .{source} to .{other}", [setup.tool, "convert", f"a.{source}", "-o", out],
                against=COPY, ratio=1.25, check=setup.bundle(), remove=(out,)))
    return Group("convert", "converting it", jobs)


def install_group(setup):
    jobs = [floor(setup)]
    for extension in FORMATS:
        bundle = f"a.{extension}"
        common = {"against": FLOOR, "ratio": 1.15}
        jobs += [
            Job(f"extract .{extension}",
                [setup.tool, "extract", bundle, "-C", "out", "--root", "root_metadata"],
                check=setup.original("out/app"), remove=("out",), **common),
            Job(f"apply .{extension}", [setup.tool, "apply", bundle, "--device", "device"],
                before=setup.new_device, check=setup.original("device/current/targets/app"),
                remove=("device",), **common),
        ]
    return Group("install", "extracting and installing it", jobs)


def metadata_group(setup):
    jobs = []
    for extension in FORMATS:
        for verb in ("dump", "reject"):
            for bundle, label in ((f"small.{extension}", "small"), (f"a.{extension}", "large")):
                name = f"{verb} .{extension}, {label}"
                if verb == "dump":
                    job = Job(name, [setup.tool, "dump", bundle, "--json"],
                              check=setup.dumped(bundle))
                else:
                    job = Job(name, [setup.tool, "verify", bundle, "--root", "stranger_metadata"],
                              status=1, check=says("reject"))
                if bundle.startswith("a."):
                    job.against, job.more = jobs[-1].name, 5
                jobs.append(job)
    return Group("metadata", "looking at metadata alone", jobs, short=True)


def many_group(setup, names):
    jobs = [digest([f"{name}.bin" for name in names])]
    for extension in FORMATS:
        out = f"out.{extension}"
        jobs += [
            Job(f"build .{extension}",
                [setup.tool, "build", "many.yaml", "-o", out, "--root", "root_metadata", "--key",
                 "targets.pem"],
                against=DIGEST, ratio=0.80, check=setup.bundle(payloads=names), remove=(out,)),
            Job(f"verify .{extension}",
                [setup.tool, "verify", f"many.{extension}", "--root", "root_metadata"],
                against=DIGEST, ratio=0.60, check=says("accept")),
        ]
    return Group("many", f"{PARTS} targets of that size together", jobs)


def text_size(size):
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} B"
