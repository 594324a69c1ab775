# SPDX-License-Identifier: Apache-2.0
"""Payloads with faults, large enough to be read by several threads: told is what comes first in the
order of the metadata, as one thread tells it that reads in order. And large bundles that change or are
given up while they are read."""

import signal
import time

from forge import *
from judging import *

GOOD = [(b"t%d" % i, bytes([i]) * (262145 + 100 * i)) for i in range(8)]
ENVELOPE = signed(targets_metadata(GOOD), TARGETS1)


def spoilt_hash(name, content):
    return name, content[:-1] + b"!"


def longer(name, content):
    return name, content + b"!"


def spoilt_header(name, content):
    return member(b"targets/" + name, content, mode=b"000755 ")


def spoilt_padding(name, content):
    return member(b"targets/" + name, content, padding=b"!")


# In an UpdateBundle no header stands between payloads that could be spoilt.
FAULTS = {"tar": (spoilt_hash, longer, None, spoilt_header, spoilt_padding), "pb": (spoilt_hash, longer, None)}
PLACES = ((0, 1), (0, 7), (3, 4), (6, 7), (5, 5))


def spoil(kind, first, last, fault, other):
    """The bundle with two payloads spoilt; None: it is missing."""
    payloads = list(GOOD)
    for place, how in ((first, fault), (last, other)):
        payloads[place] = how and how(*GOOD[place])
    bundle = Bundle(targets=ENVELOPE, payloads=[payload for payload in payloads if isinstance(payload, tuple)])
    if kind == "pb":
        return bundle.pb()
    members = bundle.but(payloads=[]).members()
    for payload in payloads:
        if payload is not None:
            members.append((b"targets/" + payload[0], payload[1]) if isinstance(payload, tuple) else payload)
    return tar(members)


def on_one_processor():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def last_step(run):
    run.exits(1)
    return json.loads(run.out)["steps"][-1]


def first_told(places, fault, other):
    """In tar a payload is missing when another canonical header stands in its place."""
    masked = fault is None and other is spoilt_header and places[1] == places[0] + 1
    return places[1] if masked else places[0]


def check_faults(kind, places, fault, other):
    with files(anchor=ANCHOR, fleet=b"states: [{name: a, root: anchor}]\n") as folder:
        content = spoil(kind, *places, fault, other)
        with open(os.path.join(folder, "bundle"), "wb") as file:
            file.write(content)
        verify = ["verify", "bundle", "--root", "anchor", "--time", "2027-01-01", "--json"]
        run = Run(verify, folder).exits(1)
        step = last_step(run)
        run.check(step["step"] == "payloads", "rejected at another step")
        told = first_told(places, fault, other)
        run.check(f"t{told}'" in step["found"] + step["expected"], "another fault is told")
        again = Run(verify, folder, before=on_one_processor)
        again.check((again.status, again.out) == (run.status, run.out), f"expected {run.out.decode()}")
        if kind == "tar":
            pipe = Run(["verify", "-", *verify[2:]], folder, stdin=content)
            pipe.check(last_step(pipe) == step, f"from a pipe, expected {step}")
        extract = Run(["extract", "bundle", "-C", "out", *verify[2:]], folder)
        extract.check(last_step(extract) == step, f"expected {step}")
        Run(["provision", "--root", "anchor", "--format", "device-dir", "-o", "device"], folder).exits(0)
        apply = Run(["apply", "bundle", "--device", "device", *verify[4:]], folder)
        apply.check(last_step(apply) == step, f"expected {step}")
        # Payloads may be left out of what these take.
        for command in (["convert", "bundle", "-o", "out"], ["fleet", "--bundle", "bundle", "--fleet", "fleet"]):
            run = Run(command, folder)
            again = Run(command, folder, before=on_one_processor)
            again.check(
                (again.status, again.out, again.err) == (run.status, run.out, run.err), f"expected {run.out + run.err}"
            )


for kind, faults in FAULTS.items():
    for fault in faults:
        name = "missing" if fault is None else fault.__name__.replace("_", " ")
        with case(f"{kind}: {name}, and another fault after it"):
            for places in PLACES:
                for other in faults if places[0] != places[1] else (fault,):
                    check_faults(kind, places, fault, other)

# ---- what takes long ---------------------------------------------------------------------------

GIB = 1 << 30


@contextlib.contextmanager
def long_verify():
    """A verify that is under way, of a tar bundle with three targets of some seconds each. Also how
    long the bundle's head is."""
    listed = [target_file(b"t%d" % i, b"", length=2 * GIB, digest=bytes(32)) for i in range(3)]
    head = member(b"targets_metadata", signed(targets_metadata((), files=listed), TARGETS1))
    with files(anchor=ANCHOR) as folder:
        path = os.path.join(folder, "bundle")
        with open(path, "wb") as file:
            file.write(head)
            for i in range(3):
                file.write(header(b"targets/t%d" % i, 2 * GIB))
                file.seek(2 * GIB, os.SEEK_CUR)
            file.write(END)
        with subprocess.Popen(
            [TOOL, "verify", "bundle", "--root", "anchor", "--json"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A shell may have started us with it ignored, which the program would respect.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:
            try:
                while process.poll() is None:
                    # Some megabytes were read.
                    with open(f"/proc/{process.pid}/io", encoding="ascii") as file:
                        if int(file.readline().split()[1]) > 8 << 20:
                            break
                    time.sleep(0.01)
                yield process, path, len(head)
            finally:
                process.kill()


with case("a bundle that gets shorter while it is read is rejected at its first payload"):
    with long_verify() as (process, path, head):
        os.truncate(path, head + 512 + 1000)
        out, err = process.communicate(timeout=SECONDS)
        check(process.returncode == 1, f"exit {process.returncode}: {out} {err}")
        found = json.loads(out)["steps"][-1]["found"]
        check("before the end of member 'targets/t0'" in found, f"found: {found}")
for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
    with case(f"verify ends at once at {number.name}: exit {status}"):
        with long_verify() as (process, path, head):
            start = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=SECONDS)
            took = time.monotonic() - start
            check(process.returncode == status, f"exit {process.returncode}: {out} {err}")
            check(out == b"", f"stdout: {out}")
            check(SANITIZED or took < 1, f"it took {took:.1f} seconds")

finish()
