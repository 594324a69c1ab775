# SPDX-License-Identifier: Apache-2.0
"""Other tools that make a signed file for updates of the same payload, those that are installed."""

import os
import shutil

from jobs import says
from measuring import Group, Job

BUILD = "build .swb, signed"
VERIFY = "verify .swb"


def make_keys(runner):
    """A key as mender-artifact reads it (SEC1), and a certificate for rauc."""
    runner.must("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "peer.key")
    runner.must("openssl", "ec", "-in", "peer.key", "-pubout", "-out", "peer.pub")
    runner.must("openssl", "req", "-x509", "-new", "-key", "peer.key", "-out", "peer.crt", "-days", "365",
                "-subj", "/CN=bench")


def ours(setup):
    out = "out.swb"
    return [
        Job(BUILD,
            [setup.tool, "build", "app.yaml", "-o", out, "--root", "root_metadata", "--key",
             "targets.pem"],
            check=setup.bundle(), remove=(out,), keep=True),
        Job(VERIFY, [setup.tool, "verify", out, "--root", "root_metadata"], check=says("accept"),
            clear=(out,)),
    ]


def pair(out, make, check, others=()):
    """A peer's file is made, and judged by the peer; only one such file is there at a time."""
    for job in (make, check):
        job.ours = False
    make.against, check.against = BUILD, VERIFY
    make.remove, make.keep = (out, *others), True
    check.clear = make.remove
    return [make, check]


def by_hand(_):
    out = "out.tar"
    return pair(
        out,
        Job("tar, openssl dgst -sign",
            f"tar cf {out} app.bin && openssl dgst -sha256 -sign peer.key -out out.sig {out}"),
        Job("openssl dgst -verify",
            ["openssl", "dgst", "-sha256", "-verify", "peer.pub", "-signature", "out.sig", out],
            check=says("Verified OK")),
        others=("out.sig",),
    )


def mender_artifact(_):
    out = "out.mender"
    return pair(
        out,
        Job("mender-artifact write",
            ["mender-artifact", "write", "rootfs-image", "--device-type", "bench", "--artifact-name",
             "bench", "--file", "app.bin", "--compression", "none", "--key", "peer.key",
             "--output-path", out]),
        Job("mender-artifact validate", ["mender-artifact", "validate", "--key", "peer.pub", out],
            check=says("validated successfully")),
    )


def rauc(setup):
    folder = setup.runner.path("content")
    os.mkdir(folder)
    os.link(setup.runner.path("app.bin"), os.path.join(folder, "app.img"))
    with open(os.path.join(folder, "manifest.raucm"), "w", encoding="ascii") as file:
        file.write("[update]\ncompatible=bench\nversion=1\n[image.rootfs]\nfilename=app.img\n")
    out = "out.raucb"
    # Without --keyring it does not verify what it has made, and is faster.
    return pair(
        out,
        Job("rauc bundle",
            ["rauc", "bundle", "--cert=peer.crt", "--key=peer.key",
             "--mksquashfs-args=-noI -noD -noF -noX", "content", out]),
        Job("rauc info", ["rauc", "info", "--keyring=peer.crt", out], check=says("Verified")),
    )


# Each with the programs that it needs.
PEERS = (
    (by_hand, ("tar",)),
    (mender_artifact, ("mender-artifact",)),
    (rauc, ("rauc", "mksquashfs")),
)


def peers_group(setup):
    make_keys(setup.runner)
    jobs = ours(setup)
    for peer, programs in PEERS:
        if all(shutil.which(program) for program in programs):
            jobs += peer(setup)
    return Group("peers", "the same payload in other tools", jobs)


def tidy(runner):
    """The hard link would keep the payload's room."""
    runner.remove(["content"])
