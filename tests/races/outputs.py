# SPDX-License-Identifier: Apache-2.0
"""What is planted, moved or swapped where an output goes: it is whole, and nothing is written elsewhere."""

from judging import finish
from samples import *

# ---- what is planted where an output goes --------------------------------------------------------

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
    there = {"elsewhere/" + name.decode(): content for name, content in A.payloads}
    check(found in (ELSEWHERE, {**ELSEWHERE, **there}), "something was written elsewhere, and not all")


race("link planted for the output folder, extract", "extract bundle -C out --root anchor --force", OUT, ANY,
     {"a link takes its place": "mv out was; ln -s elsewhere out"}, link_to_folder)

# ---- one file -------------------------------------------------------------------------------------

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

    def whole_folder(result, expected=expected, fills=name == "init"):
        nothing_elsewhere(result)
        nothing_left(result)
        places = [place for place in ("dir/out", "was/out") if below(result.files, place)]
        for place in places:
            found = set(below(result.files, place))
            allowed = (expected, {b"theirs"}, expected | {b"theirs"})[: 3 if fills else 2]
            check(found in allowed, f"{place} is not whole: {sorted(found)}")
        made = [place for place in places if set(below(result.files, place)) >= expected]
        check(len(made) == (1 if result.status == 0 else 0), f"made are {made}")
        if "planted" in result.files:
            kept = any(b"theirs" in below(result.files, place) for place in places)
            check(kept, "a file of others is gone")

    moves = {
        "a folder takes its place":
            "[ -e dir/out ] || { mkdir dir/out; printf t >dir/out/theirs; : >planted; }",
        "an empty folder takes its place": "mkdir -p dir/out",
        "its folder is moved": "mv dir was; mkdir dir",
    }
    # init fills a folder that is there, and so a link to one.
    if name != "init":
        moves["a link takes its place"] = "[ -e dir/out ] || ln -s ../elsewhere dir/out"
    race(f"output swapped while it is written, {name}", words, start, ANY, moves, whole_folder)

print(figures("of outputs"), flush=True)
finish()
