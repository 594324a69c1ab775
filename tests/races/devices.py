# SPDX-License-Identifier: Apache-2.0
"""Device directories that others switch, and several programs at the same time."""

from judging import finish
from samples import *

# ---- a device directory ------------------------------------------------------------------------------


def state(version, *payloads):
    metadata = targets_metadata(payloads, version=version)
    return {"floor": b"%d" % version, "root_metadata": ANCHOR, "manifest": device_manifest(metadata),
            **{"targets/" + name.decode(): content for name, content in payloads}}


OLD = state(3, (b"app", b"old"))
OTHER = state(4, (b"app", b"other"))
NEW = {**state(5, *A.payloads), "root_metadata": SEALED}
NEW_B = {**state(6, *B.payloads), "root_metadata": SEALED}


def device_files(**more):
    files = {f"device/state.1/{name}": content for name, content in OLD.items()}
    files.update({f"spare/state.7/{name}": content for name, content in OTHER.items()})
    return {**files, **ELSEWHERE, "device/current": ("link", "state.1"), "bundle": A.tar(), **more}


def device_is_whole(result):
    """current leads to one whole state: the old one, another's, one of these with the root, the new one."""
    nothing_elsewhere(result)
    folder = "device" if "device/current" in result.files else "was"
    link = result.files.get(f"{folder}/current")
    check(isinstance(link, tuple), "current is no link")
    if link[1] == "../elsewhere":
        check(result.status in (0, 1, 3, 5), f"exit {result.status}")
        return
    found = below(result.files, f"{folder}/{link[1]}")
    found = {name.decode(): content for name, content in found.items()}
    found["floor"] = found.get("floor", b"").strip()
    rotated = [{**item, "root_metadata": SEALED} for item in (OLD, OTHER)]
    check(found in (OLD, OTHER, NEW, NEW_B, *rotated), f"{link[1]} is no whole state")


SWITCHED = {
    "current goes to another state":
        "cp -R spare/state.7 device/state.7; ln -sfn state.7 device/current",
}
race("device swapped while apply runs", "apply bundle --device device", device_files(), ANY, {
    **SWITCHED,
    "current goes elsewhere": "ln -sfn ../elsewhere device/current",
    "the directory is moved": "mv device was; cp -R was device",
    "a link takes the next state's place":
        "mv device/state.2 hidden 2>&-; ln -s ../elsewhere device/state.2; :",
}, device_is_whole)
for kind in "tar", "pb":
    race(f"file swapped between verify and extract, apply: {kind}", "apply bundle --device device",
         device_files(**input_files(kind)), READS, SWAPS, device_is_whole)
# At its end the old state is removed: the one that counts by then is not.
race("device swapped while apply ends", "apply bundle --device device", device_files(), (("sync", None),),
     SWITCHED, device_is_whole, every=True)
# Who may write into the state has it as he likes; but nothing goes where his link leads.
race("device swapped while apply runs", "apply bundle --device device", device_files(), ANY, {
    "a link takes a folder's place in the next state":
        "for n in 2 3; do mv device/state.$n/targets hidden$n 2>&- && "
        "ln -s ../../elsewhere device/state.$n/targets; done; :",
}, nothing_elsewhere)

# ---- at the same time ------------------------------------------------------------------------------------


def together(files, *commands, times=10 if FULL else 3):
    """Runs all at once, again and again in one folder; yields what is there then, and the statuses."""
    folder = tempfile.mkdtemp(dir=".")
    try:
        write(folder, files)
        for _ in range(times):
            moved(len(commands))
            quiet = {name: subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}
            started = [subprocess.Popen([TOOL, *words.split()], cwd=folder, **quiet) for words in commands]
            statuses = [process.wait(timeout=SECONDS) for process in started]
            yield contents(folder), statuses
    finally:
        shutil.rmtree(folder)


FOUR = {**INPUTS, "a": A.tar(), "b": B.tar(), "a.pb": A.pb(), "b.pb": B.pb()}
with case("two processes write one output, four of them: one of the complete files"):
    for found, statuses in together(FOUR, "convert a --format tar -o out",
                                    "convert b.pb --format tar -o out",
                                    "sign b --key key.pem --replace -o out",
                                    "convert a.pb --format tar -o out"):
        check(statuses == [0] * 4, f"exits {statuses}")
        check(set(found) == {*FOUR, "out"}, f"left behind: {sorted(set(found) - {*FOUR, 'out'})}")
        check(found["out"] in (A.tar(), B.tar()) or is_like(found["out"], B.tar()), "out is none of them")
with case("two processes write one output, in place, which is the input of all: it is whole"):
    two = {**INPUTS, "key2.pem": private("ed25519-1.pem"), "root": signed(
        root_metadata(targets=(TARGETS1, key("ed25519-1"))), ROOT1),
        "bundle": A.but(root=None, targets=envelope(targets_metadata(A.payloads, version=5), [])).tar()}
    for found, statuses in together(two, "sign bundle --root root --replace --key key.pem",
                                    "sign bundle --root root --replace --key key2.pem",
                                    "convert bundle --format tar -o bundle"):
        check(statuses == [0] * 3, f"exits {statuses}")
        check(set(found) == set(two), f"left behind: {sorted(set(found) - set(two))}")
        payloads, _ = unsigned(found["bundle"])
        check(payloads == {"targets/" + name.decode(): content for name, content in A.payloads},
              "the bundle is not whole")
with case("two processes write one output, a device directory: one after the other"):
    for found, statuses in together(device_files(other_bundle=B.tar()), "apply bundle --device device",
                                    "apply other_bundle --device device", "verify bundle --device device"):
        # The lower version may come too late.
        check(set(statuses) <= {0, 1} and statuses[1] == 0, f"exits {statuses}")
        link = found["device/current"][1]
        state_ = {name.decode(): content for name, content in below(found, f"device/{link}").items()}
        check(state_["floor"].strip() == b"6" and state_["targets/app"] == dict(B.payloads)[b"app"],
              "the higher version is not there")
        beside = {name for name in found if name.startswith("device/") and name.count("/") == 1}
        check(beside == {"device/current", f"device/{link}"}, "a state was left behind")

print(figures("of devices"), flush=True)
finish()
