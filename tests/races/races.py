# SPDX-License-Identifier: Apache-2.0
"""What is judged is what is written, wherever a file goes meanwhile; and nothing is written elsewhere."""

import tarfile
import tempfile

from forge import *
from racing import *
from judging import ANCHOR, finish

SEALED = signed(root_metadata(version=2), ROOT1)
LENGTH = 300000


def bundle(letter, version):
    """Payloads of this letter's, so that no two bundles have a byte of a payload in common."""
    payloads = [(b"app", letter * LENGTH), (b"boot/loader", letter.lower() * 1000)]
    return Bundle(root=SEALED, payloads=payloads, version=version)


A, B = bundle(b"A", 5), bundle(b"B", 6)
# Bytes of the same lengths that nobody signed.
EVIL = A.but(payloads=[(name, b"E" * len(content)) for name, content in A.payloads])


def payloads_of(*bundles):
    return [dict(item.payloads) for item in bundles]


def below(files, folder):
    """What is in that folder: files alone, by their names as bytes."""
    start = folder + "/"
    return {name[len(start) :].encode(): content for name, content in files.items()
            if name.startswith(start) and content is not None}


def private(name):
    with open(os.path.join(DATA, "keys", name), "rb") as file:
        return file.read()


# ---- inputs that are swapped or overwritten ------------------------------------------------------

INPUTS = {"anchor": ANCHOR, "key.pem": private("targets1.pem")}
SWAPS = {
    "another is renamed to its name": "mv -f other bundle",
    "it is removed": "rm -f bundle",
    "it is overwritten in place": "dd if=other of=bundle conv=notrunc status=none",
    "it is emptied and written anew": "cat other >bundle",
    "its payloads are overwritten in place": "dd if=evil of=bundle conv=notrunc status=none",
    "it is emptied": ": >bundle",
    "it is cut": "truncate -s 200000 bundle",
    "it grows": "cat other >>bundle",
    "a link takes its place": "rm -f bundle; ln -s evil bundle",
}


def input_files(kind):
    return {**INPUTS, "bundle": getattr(A, kind)(), "other": getattr(B, kind)(), "evil": getattr(EVIL, kind)()}


def extracted(result):
    result.says_why(1, 3, 5)
    found = below(result.files, "out")
    if result.status == 0:
        check(found in payloads_of(A, B), "what was extracted is in no signed bundle")
    else:
        check("out" not in result.files, "something was written")


def whole_bundle(*allowed):
    """out is one of these bundles, byte for byte but for ECDSA signatures that were added."""

    def judge(result):
        result.says_why(3, 5)
        out = result.files.get("out")
        if result.status != 0:
            check(out is None, "something was written")
            return
        check(any(is_bundle(out, item) for item in allowed), "what was written is no whole bundle of one source")
        extra = {name for name in result.files if name.startswith(".")}
        check(not extra, f"left behind: {extra}")

    return judge


def is_bundle(out, item):
    """out holds the metadata and the payloads of item and nothing of another."""
    metadata = targets_metadata(item.payloads, version=5 if item is A else 6)
    others = [payload for other in (A, B) if other is not item for payload in other.payloads]
    return (metadata in out and all(content in out for _, content in item.payloads)
            and not any(content[:600] in out for _, content in others))


def only(whole):
    def judge(result):
        result.says_why(3, 5)
        found = result.files.get("out")
        check(found == (whole if result.status == 0 else None), "what was written is not whole")

    return judge


RECORD = device_manifest(targets_metadata(A.payloads[1:], version=4))
READS = (("read", "bundle"), ("open", "bundle"))
for kind in ("tar", "pb"):
    files = input_files(kind)
    race(f"file swapped between verify and extract, extract: {kind}",
         "extract bundle -C out --root anchor", files, READS, SWAPS, extracted)
    race(f"file swapped while it is converted: {kind}",
         f"convert bundle -o out --format {'pigweed' if kind == 'tar' else 'tar'}", files, READS, SWAPS,
         whole_bundle(A, B))
    race(f"file swapped while it is signed: {kind}", "sign bundle --key key.pem --replace -o out", files,
         READS, SWAPS, whole_bundle(A, B))
    # What the device has is of A, so that nothing comes of B.
    files = {**files, "record": RECORD}
    words = "personalize bundle --device-manifest record -o out"
    race(f"file swapped while it is personalized: {kind}", words, files, READS, SWAPS,
         only(run(words.split(), files, {}).files["out"]))
# ---- what is planted where an output goes --------------------------------------------------------

# Somebody else's, which nothing may touch: also under the names that files have until they are complete.
ELSEWHERE = {f"elsewhere/{name}": b"theirs" for name in ("app", "loader", "0", "1", "out", "new.pem", "precious")}
ANY = (("open", None), ("mkdir", None), ("rename", None), ("link", None), ("unlink", None), ("stat", None),
       ("write", None), ("sync", None))


def elsewhere(result):
    return {name: content for name, content in result.files.items() if name.startswith("elsewhere/")}


def nothing_elsewhere(result):
    result.says_why(1, 3, 5)
    check(elsewhere(result) == ELSEWHERE, "something was written elsewhere")
    return result


def nothing_left(result):
    left = [name for name in result.files if os.path.basename(name).startswith((".swupdate-tool", ".out", ".new"))]
    check(not left, f"left behind: {left}")


def planted_folder(result):
    """What is under names of the bundle is whole, wherever the folders went."""
    nothing_elsewhere(result)
    whole = set(dict(A.payloads).values())
    for name, content in result.files.items():
        if os.path.basename(name) in ("app", "loader") and not name.startswith("elsewhere/"):
            check(content in whole or content == b"theirs" or isinstance(content, tuple),
                  f"{name} is not whole")
    if "out/theirs" in result.files:
        check(result.files["out/theirs"] == b"theirs", "a file of others was changed")


OUT = {**INPUTS, **ELSEWHERE, "bundle": A.tar(), "out": None, "out/boot": None, "out/theirs": b"theirs"}
PLANTED = {
    "a link takes a folder's place": "mv out/boot boot; ln -s ../elsewhere out/boot",
    "a link takes the place of the folder without a name":
        "for f in out/.swupdate-tool.*; do [ ! -d $f ] || { mv $f hidden; ln -s ../elsewhere $f; }; done",
    "a link takes a file's place": "[ -e out/app ] || ln -s ../elsewhere/precious out/app",
    "a file takes a file's place": "[ -e out/app ] || printf theirs >out/app",
    "a file takes a folder's place": "rmdir out/boot 2>&- && printf theirs >out/boot; :",
    "the folder is moved": "mv out was; mkdir out",
}
for options in "", " --force":
    race(f"link planted in the output folder, extract{options}",
         f"extract bundle -C out --root anchor{options}", OUT, ANY, PLANTED, planted_folder)


def not_replaced(result):
    planted_folder(result)
    if "kept" in result.files:
        check(result.files.get("out/app") == b"theirs", "a file of others was replaced")


race("file planted in the output folder, extract", "extract bundle -C out --root anchor", OUT, ANY,
     {"it stays": "[ -e out/app ] || { printf theirs >out/app; : >kept; }"}, not_replaced)


def link_to_folder(result):
    """The folder was a link when it was opened: then all goes there, or nothing does."""
    result.says_why(1, 3, 5)
    found = {name: content for name, content in elsewhere(result).items() if content is not None}
    there = {"elsewhere/app": dict(A.payloads)[b"app"], "elsewhere/boot/loader": dict(A.payloads)[b"boot/loader"]}
    check(found in (ELSEWHERE, {**ELSEWHERE, **there}), "something was written elsewhere, and not all")


race("link planted for the output folder, extract", "extract bundle -C out --root anchor --force", OUT, ANY,
     {"a link takes its place": "mv out was; ln -s elsewhere out"}, link_to_folder)


def unsigned(out):
    """A tar bundle without the envelope of its targets metadata: metadata and payloads are left."""
    with tempfile.NamedTemporaryFile(dir=".") as file:
        file.write(out)
        file.flush()
        with tarfile.open(file.name) as archive:
            found = {item.name: archive.extractfile(item).read() for item in archive}
    envelope = found.pop("targets_metadata")
    return found, envelope[: envelope.rindex(b"\x12", 0, len(envelope) - 64 - 34)]


def is_like(content, whole):
    """The same, but for ECDSA signatures."""
    return content == whole or (len(content) == len(whole) and content[-20000:] == whole[-20000:]
                                and content[:40] == whole[:40])


# ---- one file -------------------------------------------------------------------------------------

MANIFEST = b"""schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 5}
targets:
  - {name: app, file: app.bin}
"""
SOURCES = {**INPUTS, **ELSEWHERE, "product.yaml": MANIFEST, "app.bin": b"a" * 1000, "dir": None,
           "bundle": A.tar(), "record": RECORD,
           "keys/root1.pem": private("root1.pem"), "root1.pub": private("root1.pub"),
           "targets1.pub": private("targets1.pub")}
WRITERS = {
    "build": "build product.yaml -o dir/out",
    "sign": "sign bundle --key key.pem --replace -o dir/out",
    "sign --export": "sign bundle --export dir/out",
    "convert": "convert bundle --format tar -o dir/out",
    "root create": "root create --root-key root1.pub --targets-key targets1.pub -o dir/out",
    "personalize": "personalize bundle --device-manifest record -o dir/out",
}
OUTPUT_MOVES = {
    "its folder is moved": "mv dir was; mkdir dir",
    "a link takes its folder's place": "mv dir was; ln -s elsewhere dir",
    "a link takes its place": "rm -rf dir/out; ln -s ../elsewhere/precious dir/out",
    "a folder takes its place": "rm -f dir/out; mkdir -p dir/out",
    "a file takes its place": "printf theirs >theirs; mv theirs dir/out",
}
for name, words in WRITERS.items():
    whole = run(words.split(), SOURCES, {}).files["dir/out"]

    def one_file(result, whole=whole):
        """Whole, wherever its folder or its link led when it was looked up; what was there else."""
        result.says_why(3, 5)
        nothing_left(result)
        for path, content in result.files.items():
            old = SOURCES.get(path, b"theirs")
            if os.path.basename(path) in ("out", "precious", "theirs") and content is not None:
                complete = isinstance(content, tuple) or content == old or is_like(content, whole)
                check(complete, f"{path} is not whole")
            elif path in SOURCES:
                check(content == old or path == "dir", f"{path} was changed")
            else:
                check(content is None, f"{path} appeared")

    race(f"output swapped while it is written, {name}", words, SOURCES, ANY, OUTPUT_MOVES, one_file)

# ---- a key ------------------------------------------------------------------------------------------


def key_pair(result):
    """Nothing is replaced, and a private key that appeared has its public one beside it."""
    result.says_why(5)
    nothing_left(result)
    check(elsewhere(result) == ELSEWHERE, "something of others was replaced")
    folders = ["dir", "was"] if "was" in result.files else ["dir"]
    theirs = any(result.files.get(f"{folder}/new.pem") == b"theirs" for folder in folders)
    made = [folder for folder in folders if f"{folder}/new.pem.pub" in result.files]
    check(len(made) == (1 if result.status == 0 else 0), f"public keys in {made}")
    if "planted" in result.files:
        check(theirs, "a file of others was replaced")


race("output swapped while it is written, keygen", "keygen --type ed25519 -o dir/new.pem",
     {**ELSEWHERE, "dir": None}, ANY, {
         "a file takes its place": "[ -e dir/new.pem ] || { printf theirs >dir/new.pem; : >planted; }",
         "a link takes its place": "[ -e dir/new.pem ] || ln -s ../elsewhere/new.pem dir/new.pem",
         "its folder is moved": "mv dir was; mkdir dir",
     }, key_pair)

# ---- a folder that appears as a whole -----------------------------------------------------------------


FOLDERS = {
    "provision": "provision --root anchor --bundle bundle --format device-dir -o dir/out",
    "init": "init dir/out",
}
for name, words in FOLDERS.items():
    start = {**ELSEWHERE, "anchor": SEALED, "bundle": A.tar(), "dir": None}
    expected = set(below(run(words.split(), start, {}).files, "dir/out"))

    def whole_folder(result, expected=expected):
        nothing_elsewhere(result)
        nothing_left(result)
        places = [place for place in ("dir/out", "was/out") if below(result.files, place)]
        for place in places:
            found = below(result.files, place)
            check(set(found) in (expected, {b"theirs"}), f"{place} is not whole: {sorted(found)}")
        made = [place for place in places if set(below(result.files, place)) == expected]
        check(len(made) == (1 if result.status == 0 else 0), f"made are {made}")
        if "planted" in result.files:
            check(any(b"theirs" in below(result.files, place) for place in places), "a file of others is gone")

    moves = {
        "a folder takes its place": "[ -e dir/out ] || { mkdir dir/out; printf t >dir/out/theirs; : >planted; }",
        "an empty folder takes its place": "mkdir -p dir/out",
        "its folder is moved": "mv dir was; mkdir dir",
    }
    # init fills a folder that is there, and so a link to one.
    if name != "init":
        moves["a link takes its place"] = "[ -e dir/out ] || ln -s ../elsewhere dir/out"
    race(f"output swapped while it is written, {name}", words, start, ANY, moves, whole_folder)

# ---- a device directory ------------------------------------------------------------------------------


def state(version, *payloads):
    metadata = targets_metadata(payloads, version=version)
    return {"floor": b"%d" % version, "root_metadata": ANCHOR, "manifest": device_manifest(metadata),
            **{"targets/" + name.decode(): content for name, content in payloads}}


OLD = state(3, (b"app", b"old"))
OTHER = state(4, (b"app", b"other"))
NEW = {**state(5, *A.payloads), "root_metadata": SEALED}


def device_files(**more):
    files = {f"device/state.1/{name}": content for name, content in OLD.items()}
    files.update({f"other/state.7/{name}": content for name, content in OTHER.items()})
    return {**files, **ELSEWHERE, "device/current": ("link", "state.1"), "bundle": A.tar(), **more}


def device_is_whole(result):
    """current leads to one whole state: the old one, another's, the new one, or the old one with the root."""
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
    check(found in (OLD, OTHER, NEW, *rotated), f"{link[1]} is no whole state")


SWITCHED = {"current goes to another state": "cp -R other/state.7 device/state.7; ln -sfn state.7 device/current"}
race("device swapped while apply runs", "apply bundle --device device", device_files(), ANY, {
    **SWITCHED,
    "current goes elsewhere": "ln -sfn ../elsewhere device/current",
    "the directory is moved": "mv device was; cp -R was device",
    "a link takes the next state's place":
        "mv device/state.2 hidden 2>&-; ln -s ../elsewhere device/state.2; :",
}, device_is_whole)
# At its end the old state is removed: the one that counts by then is not.
race("device swapped while apply ends", "apply bundle --device device", device_files(), (("sync", None),),
     SWITCHED, device_is_whole, every=True)
# Who may write into the state has it as he likes; but nothing goes where his link leads.
race("device swapped while apply runs", "apply bundle --device device", device_files(), ANY, {
    "a link takes a folder's place in the next state":
        "for n in 2 3; do mv device/state.$n/targets hidden$n 2>&- && "
        "ln -s ../../elsewhere device/state.$n/targets; done; :",
}, nothing_elsewhere)

# ---- sources of a build --------------------------------------------------------------------------------

OTHER_MANIFEST = MANIFEST.replace(b"widget", b"gadget").replace(b"app.bin", b"other.bin")
ROOT_OF_BOTH = signed(root_metadata(targets=(TARGETS1, key("targets2"))), ROOT1)
BUILD_FILES = {"product.yaml": MANIFEST, "app.bin": b"a" * 1000, "other.bin": b"b" * 900, "root": ROOT_OF_BOTH,
               "key.pem": private("targets1.pem"), "new.yaml": OTHER_MANIFEST,
               "new.root": signed(root_metadata(version=2, targets=(TARGETS1,)), ROOT1),
               "new.pem": private("targets2.pem")}
BUILD = "build product.yaml --root root --key key.pem -o out"
for name, new in (("product.yaml", "new.yaml"), ("root", "new.root"), ("key.pem", "new.pem")):
    built = []
    for other in (name, new):
        made = run(BUILD.split(), {**BUILD_FILES, name: BUILD_FILES[other]}, {}).files["out"]
        built.append(made)

    def one_source(result, built=built):
        """A bundle of one source, as a whole: then it has what that one says, up to signatures."""
        result.says_why(3, 4, 5)
        out = result.files.get("out")
        check((out is not None) == (result.status == 0), "a bundle and the exit status do not fit")
        nothing_left(result)
        if out is not None:
            check(any(unsigned(out) == unsigned(item) for item in built), "a mixture of two sources")

    race(f"source swapped while a build runs, {name}", BUILD, BUILD_FILES, (("read", name), ("open", name)), {
        "another is renamed to its name": f"cp -p {new} x; mv x {name}",
        "it is overwritten in place": f"dd if={new} of={name} conv=notrunc status=none",
        "it is emptied and written anew": f"cat {new} >{name}",
        "it is emptied": f": >{name}",
        "it is removed": f"rm {name}",
    }, one_source)

# ---- at the same time ------------------------------------------------------------------------------------


def together(files, *commands, times=10 if FULL else 3):
    """Runs all at once, again and again in one folder; yields what is there each time, with the statuses."""
    folder = tempfile.mkdtemp(dir=".")
    try:
        write(folder, files)
        for _ in range(times):
            moved(len(commands))
            started = [subprocess.Popen([TOOL, *words.split()], cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for words in commands]
            told = [(process.communicate(timeout=SECONDS)[1], process.returncode) for process in started]
            yield contents(folder), [status for _, status in told]
    finally:
        shutil.rmtree(folder)


FOUR = {**INPUTS, "a": A.tar(), "b": B.tar(), "a.pb": A.pb(), "b.pb": B.pb()}
with case("two processes write one output, four of them: one of the complete files"):
    for found, statuses in together(FOUR, "convert a --format tar -o out", "convert b.pb --format tar -o out",
                                    "sign b --key key.pem --replace -o out", "convert a.pb --format tar -o out"):
        check(statuses == [0] * 4, f"exits {statuses}")
        check(set(found) == {*FOUR, "out"}, f"left behind: {sorted(set(found) - {*FOUR, 'out'})}")
        check(found["out"] in (A.tar(), B.tar()) or is_like(found["out"], B.tar()), "out is none of them")
with case("two processes write one output, in place, which is the input of both: whole, and of one or both"):
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
        check([name for name in found if name.startswith("device/") and name.count("/") == 1]
              == sorted({"device/current", f"device/{link}"}, key=list(found).index), "a state was left behind")

print(figures(), flush=True)
finish()
