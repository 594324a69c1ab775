# SPDX-License-Identifier: Apache-2.0
"""Progress, as it is seen on a terminal and read by a tool. All that takes seconds runs at once."""

import re
import shutil
import signal
import time

from forge import *
from judging import *
from screen import Terminal

PIECES = 25
PIECE = 128 << 10
IMAGE = bytes(PIECES * PIECE)
TOKEN_KEY = f"pkcs11:object=key?module-path={os.environ['T_BUILD']}/tests/mock-pkcs11.so"
TOKEN = {"SWT_MODULE": "always-authenticate", "SWT_MODULE_KEYS": os.path.join(DATA, "keys")}
TOKEN_PIN = b"mock-pin-271828\n"
# A sparse image that takes more than a second to hash, and its SHA-256.
LARGE = (2 << 30) + 1
LARGE_SHA256 = bytes.fromhex("b8030a8ab89280935633d8d991da3d9907c0f12e8b6fc3bfc515f4d440872b6e")
VERIFY = ("verify", "-", "--root", "anchor")
PERCENT = re.compile(r"(\d+)%")
MANIFEST = b"""\
schema: 1
product: {name: widget, vendor: Acme}
release: {version: "1.4.0", metadata_version: 42}
targets:
  - {name: image, file: image, type: raw, slot: app, version: "1.4.0"}
"""


def bundle_head(length, digest):
    listed = target_file(b"image", b"", length=length, digest=digest)
    return member(b"targets_metadata", signed(targets_metadata((), files=[listed]), TARGETS1)) + header(
        b"targets/image", length
    )


def whole(file):
    file.write(HEAD + IMAGE + END)


def slowly(file):
    """About two and a half seconds."""
    file.write(HEAD)
    for at in range(0, len(IMAGE), PIECE):
        file.write(IMAGE[at : at + PIECE])
        file.flush()
        time.sleep(2.4 / PIECES)
    file.write(END)


HEAD = bundle_head(len(IMAGE), sha256(IMAGE))


def run(*arguments, **options):
    return Terminal([TOOL, *arguments], folder=FOLDER, **options)


def settle(terminal, status=0):
    found = terminal.end()
    check(found == status, f"exit {found}, expected {status}: {terminal.raw()}")
    return terminal


def is_clean(terminal):
    """Nothing but the report is left on the terminal."""
    found, expected = terminal.screen().text(), REPORT[terminal.width]
    check(found == expected, f"left is\n{found}\nexpected\n{expected}")


def shows_a_line(terminal):
    lines = terminal.lines()
    check(len(lines) >= 3, f"{len(lines)} lines were shown")
    check(lines[0][0] >= 1, f"a line was shown after {lines[0][0]} seconds")
    span = lines[-1][0] - lines[0][0]
    check(len(lines) <= 11 * (span + 0.2), f"{len(lines)} lines in {span} seconds")
    percents = [int(PERCENT.search(text)[1]) for _, text in lines]
    check(percents == sorted(percents), f"it goes back: {percents}")
    check(terminal.screen().wraps == REPORT_WRAPS[terminal.width], "a line was wrapped")
    is_clean(terminal)
    return [text for _, text in lines]


def shows_nothing(terminal):
    check("\r\033[K" not in terminal.raw().decode() and "%" not in terminal.raw().decode(), "a line was shown")


def progress_of(text):
    """The lines of JSON, by stage; whatever else there is must be JSON, too."""
    stages = []
    for line in text.decode().splitlines():
        told = json.loads(line).get("progress")
        if told is None:
            continue
        check(list(told) == ["stage", "bytes", "total", "rate", "seconds_left"], f"its members: {line}")
        if told["bytes"] == 0:
            stages.append([])
        stages[-1].append(told)
    return stages


def is_told(stage, name, total):
    check({told["stage"] for told in stage} == {name}, f"stages are {stage}, expected {name}")
    moved = [told["bytes"] for told in stage]
    check(moved == sorted(moved) and moved[0] == 0, f"not one after the other: {moved}")
    check(stage[-1]["bytes"] == stage[-1]["total"] == total, f"the end is {stage[-1]}, expected {total}")
    check(stage[-1]["seconds_left"] == 0 and stage[0]["seconds_left"] is None, f"seconds left: {stage}")


def interrupted(terminal, before):
    """^C was typed at the time before; nothing is left on the screen but what it says."""
    settle(terminal, 130)
    check(terminal.ended - before < 0.5, f"it took {terminal.ended - before} seconds to end")
    found = terminal.screen().text()
    check(re.fullmatch(r"(\^C)?swupdate-tool: \w+: .*interrupted", found), f"left is {found}")


def break_off(*arguments, after, feed=None):
    """^C comes after so many seconds."""
    terminal = run(*arguments, feed=feed)
    time.sleep(after)
    before = time.monotonic() - terminal.start
    terminal.type(b"\x03")
    return terminal, before


with files(anchor=ANCHOR, product_yaml=MANIFEST) as FOLDER:
    os.mkdir(os.path.join(FOLDER, "empty"))
    shutil.copy(os.path.join(DATA, "keys", "targets1.pem"), os.path.join(FOLDER, "empty", "key"))
    os.chmod(os.path.join(FOLDER, "empty", "key"), 0o600)
    with open(os.path.join(FOLDER, "image"), "wb") as image:
        image.truncate(LARGE)
    with open(os.path.join(FOLDER, "large"), "wb") as large:
        large.write(bundle_head(LARGE, LARGE_SHA256))
        large.truncate(large.tell() + LARGE + -LARGE % 512 + len(END))

    # What is left when all was quick.
    REPORT, REPORT_WRAPS = {}, {}
    for width in (40, 80, 200):
        quick = settle(run(*VERIFY, width=width, feed=whole))
        shows_nothing(quick)
        REPORT[width], REPORT_WRAPS[width] = quick.screen().text(), quick.screen().wraps

    pipe = open(os.path.join(FOLDER, "empty", "pipe"), "wb+")
    tool = open(os.path.join(FOLDER, "empty", "tool"), "wb+")
    slow = {
        "shown": run(*VERIFY, feed=slowly),
        "narrow": run(*VERIFY, width=40, feed=slowly),
        "wide": run(*VERIFY, width=200, feed=slowly),
        "ascii": run(*VERIFY, environment={"LC_ALL": "C"}, feed=slowly),
        "json": run(*VERIFY, "--json", feed=slowly),
        "pipe": run(*VERIFY, errors=pipe, feed=slowly),
        "tool": run(*VERIFY, "--progress=always", "--json", errors=tool, feed=slowly),
    }
    unseen = {
        "NO_COLOR": run(*VERIFY, environment={"NO_COLOR": "1"}, feed=slowly),
        "CI": run(*VERIFY, environment={"CI": "1"}, feed=slowly),
        "TERM=dumb": run(*VERIFY, environment={"TERM": "dumb"}, feed=slowly),
        "no TERM": run(*VERIFY, environment={"TERM": None}, feed=slowly),
        "-q": run(*VERIFY, "-q", feed=slowly),
        "--progress=never": run(*VERIFY, "--progress=never", feed=slowly),
    }
    stopped = {}
    shrunk = run(*VERIFY, feed=slowly)
    stopped["verify"] = run(*VERIFY, feed=slowly)
    time.sleep(1.6)
    shrunk.resize(40)
    typed = time.monotonic() - stopped["verify"].start
    stopped["verify"].type(b"\x03")

    with case("a line is shown after a second, and is gone at the end"):
        text = shows_a_line(settle(slow["shown"]))[-1]
        check(re.fullmatch(r"verify +\S+ \wiB of 3.1 MiB +\d+%  \[█*░*\] +\S+ \wiB/s(  \d+ s left)?", text), text)
    with case("a line fits 40 columns"):
        text = shows_a_line(settle(slow["narrow"]))[0]
        check(re.fullmatch(r"verify +\d+% +\S+ \wiB/s(  \d+ s left)?", text), text)
    with case("a line fits 200 columns"):
        shows_a_line(settle(slow["wide"]))
    with case("a line is ASCII where the locale is"):
        check(all(text.isascii() for text in shows_a_line(settle(slow["ascii"]))), "it is not")
    with case("a line is shown with --json, and is not in it"):
        check(settle(slow["json"]).lines(), "no line was shown")
        check(json.loads(slow["json"].screen().text())["verdict"] == "accept", "no JSON is left")
    with case("a line follows the width of the terminal"):
        last = settle(shrunk).lines()[-1][1]
        check(len(last) <= 40, f"it has {len(last)} columns: {last}")
    for name, terminal in unseen.items():
        with case(f"no line is shown with {name}"):
            shows_nothing(settle(terminal))
    with case("nothing is written where standard error is no terminal"):
        shows_nothing(settle(slow["pipe"]))
        pipe.seek(0)
        check(pipe.read() == b"", "it was")
    with case("--progress=always writes lines of JSON, ten in a second at most"):
        settle(slow["tool"])
        tool.seek(0)
        (stage,) = progress_of(tool.read())
        is_told(stage, "verify", len(IMAGE))
        check(5 <= len(stage) <= 2 + 10 * slow["tool"].ended, f"{len(stage)} lines")
        rates = [told["rate"] for told in stage[len(stage) // 2 :]]
        check(all(100 << 10 < rate < 10 << 20 for rate in rates), f"rates are {rates}")

    with case("every stage ends at its total"):
        small = Bundle(payloads=[(b"image", IMAGE[:100])]).tar()
        other = Bundle(payloads=[(b"image", IMAGE[:50] + b"other" + IMAGE[:100])]).tar()
        packed = MANIFEST + b"  - {name: packed, file: image, compression: gzip}\n"
        with files(a=small, b=other, image=IMAGE[:100], product_yaml=MANIFEST, packed_yaml=packed) as folder:
            for stages, *arguments in (
                (["write"], "build", "product.yaml", "-o", "out"),
                (["compress", "write"], "build", "packed.yaml", "-o", "out"),
                (["hash", "write"], "build", "product.yaml", "-o", "/dev/null"),
                (["hash", "write"], "build", "packed.yaml", "-o", "/dev/null"),
                (["hash"], "build", "packed.yaml", "--dry-run"),
                (["read", "read", "compare"], "diff", "a", "b"),
                (["verify"], "check", "a"),
            ):
                told = progress_of(Run([*arguments, "--progress=always"], folder).err)
                check([stage[0]["stage"] for stage in told] == stages, f"stages are {told}, expected {stages}")
                check(all(stage[-1]["bytes"] == stage[-1]["total"] for stage in told), f"{told}")

    with case("^C ends verify, and the line is gone"):
        check(stopped["verify"].lines(), "no line was shown")
        interrupted(stopped["verify"], typed)

    # One after the other: these are busy.
    there = tree(FOLDER)
    for name, arguments, feed in (
        ("extract", ("extract", "-", "--root", "anchor", "-C", "empty"), slowly),
        ("build", ("build", "product.yaml", "-o", "out"), None),
        ("sign", ("sign", "large", "--root", "anchor", "--key", "empty/key", "--replace"), None),
        # Each pair is another search; this is shorter than the shortest.
        ("keygen", ("keygen", "--type", "rsa-4096", "-o", "key"), None),
    ):
        with case(f"^C ends {name}, and leaves nothing behind"):
            terminal, typed = break_off(*arguments, after=0.3, feed=feed)
            interrupted(terminal, typed)
            check(tree(FOLDER) == there, f"left are {tree(FOLDER)}")
    with case("the line is gone before a PIN is asked for, and what is typed then ends it"):
        # The key wants it at each use: when the payloads were compared. To a device nothing is copied before.
        asked = run("sign", "large", "-o", "/dev/null", "--key", TOKEN_KEY, environment=TOKEN)
        check(asked.wait_for("PIN for"), "it did not ask")
        asked.type(TOKEN_PIN)
        time.sleep(0.4)
        asked.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        asked.process.send_signal(signal.SIGCONT)
        check(asked.wait_for("PIN for", times=2), "it did not ask at the use")
        check(asked.lines(), "no line was shown")
        check("%" not in asked.screen().text(), f"before it is {asked.screen().text()}")
        asked.type(b"\x03")
        settle(asked, 130)
        check(tree(FOLDER) == there, f"left are {tree(FOLDER)}")

finish()
