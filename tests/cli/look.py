# SPDX-License-Identifier: Apache-2.0
"""Each report on terminals of three widths: no line is longer than the terminal is wide, unless it is a
word or a command that is there to be pasted; columns stand below each other.

usage: look.py KEYS FOLDER"""

import re
import sys

from judging import *
from screen import Screen, Terminal

KEYS, FOLDER = sys.argv[1:]
SIGN = ("--key", f"{KEYS}/targets1.pem")
BUNDLES = [word for number in range(1, 7) for word in ("--bundle", f"b{number}.swb")]
REPORTS = {
    "dump": ("dump", "b4.swb"),
    "dump -v": ("dump", "b4.swb", "-v"),
    "dump of root metadata": ("dump", "root2"),
    "verify": ("verify", "b4.swb", "--root", "root"),
    "verify -v": ("verify", "b4.swb", "--root", "root", "-v"),
    "verify with warnings": ("verify", "b4.swb", "--self"),
    "verify of what is rejected": ("verify", "b1.swb", "--root", "root2"),
    "verify --profile": ("verify", "b4.swb", "--root", "root", "--profile", "pigweed"),
    "fleet of two": ("fleet", "--fleet", "fleet.yaml", *BUNDLES[:4]),
    "fleet of six": ("fleet", "--fleet", "fleet.yaml", *BUNDLES),
    "fleet -v": ("fleet", "--fleet", "fleet.yaml", "-v", *BUNDLES[:4]),
    "check": ("check", "b4.swb", "root2"),
    "key show": ("key", "show", f"{KEYS}/root1.pub"),
    "build": ("build", "product.yaml", "--root", "root", *SIGN, "-o", "out.swb"),
    "sign": ("sign", "b4.swb", *SIGN, "-o", "signed.swb"),
    "sign --export": ("sign", "b4.swb", "--export", "request"),
    "dump of a request": ("dump", "request"),
    "apply": ("apply", "b4.swb", "--device", "device"),
    "root rotate": ("root", "rotate", "root2", "--root-key", f"{KEYS}/root3.pub", "--expires", "1y", "-o", "root3"),
    "help": ("verify", "--help"),
}
COLOUR = re.compile(r"\033\[[0-9;]*m")
# Normal weight and colour, or bold and faint in the colour of the terminal: to be read on any ground.
STYLES = {"0", "1", "2", "31", "32", "35"}
ASCII = {"LC_ALL": "C"}


def show(arguments, width, environment=None):
    terminal = Terminal([TOOL, *arguments], width=width, environment=environment, folder=FOLDER)
    status = terminal.end()
    check(status in (0, 1), f"exit {status}: {terminal.raw()}")
    return terminal


def lines_of(terminal):
    return COLOUR.sub("", terminal.raw().decode()).replace("\r\n", "\n").split("\n")


def columns_of(line):
    screen = Screen(1 << 20).feed(line)
    return screen.column


def pastable(line, width):
    """What is too long is one word or one command, with no more than a label before it."""
    if "swupdate-tool " in line:
        return True
    indent = len(line) - len(line.lstrip())
    return any(columns_of(word) + indent + 2 > width / 2 and columns_of(word) > 20 for word in line.split())


def fits(terminal, width, is_meant=lambda line: True):
    for line in filter(is_meant, lines_of(terminal)):
        check(columns_of(line) <= width or pastable(line, width), f"too long for {width} columns: {line}")


def is_aligned(lines, title):
    """All cells below the title begin, or end, where it does."""
    table = lines[lines.index(next(line for line in lines if title in line)) :]
    place = columns_of(table[0][: table[0].index(title)])
    for line in table[1:]:
        if not line.strip():
            break
        row = Screen(1 << 20).feed(line).rows[0]
        check(row.get(place, " ") != " " and row.get(place - 1) == " ", f"not below {title}: {line}")


for name, arguments in REPORTS.items():
    with case(f"{name} fits 40, 80 and 200 columns"):
        for width in (40, 80, 200):
            terminal = show(arguments, width)
            fits(terminal, width)
            check(terminal.screen().styles <= STYLES, f"styles are {terminal.screen().styles}")
        # Where the locale is not UTF-8, nobody knows how wide such a character is.
        fits(show(arguments, 80, ASCII), 80, str.isascii)

with case("where the locale is not UTF-8 the program's own texts are ASCII"):
    for name in ("verify", "verify of what is rejected", "check", "sign", "root rotate"):
        for report in (REPORTS[name], (*REPORTS[name][:2], "--json", *REPORTS[name][2:])):
            told = "\n".join(lines_of(show(report, 80, ASCII)))
            check(told.isascii(), f"{name}: {[line for line in told.split(chr(10)) if not line.isascii()]}")

with case("a hash is not cut at the end of a line"):
    for line in lines_of(show(("verify", "flipped.swb", "--root", "root"), 80)):
        check(columns_of(line) <= 80, f"too long: {line}")

with case("without colour nothing but the colour is gone"):
    for name in ("dump", "verify with warnings", "fleet of two"):
        plain = show(REPORTS[name], 80, {"NO_COLOR": "1"}).raw().decode()
        check("\033" not in plain, f"{name} has a sequence")
        check(plain == COLOUR.sub("", show(REPORTS[name], 80).raw().decode()), f"{name} differs")

with case("on 200 columns no name is cut, and columns stand below each other"):
    lines = lines_of(show(REPORTS["fleet of two"], 200))
    check(any("with the new bootloader" in line for line in lines), "a state is cut")
    is_aligned(lines, "1  ")
    lines = lines_of(show(REPORTS["dump"], 200))
    for title in ("SIZE", "TYPE", "SLOT", "VERSION", "SHA-256"):
        is_aligned(lines, title)

with case("what goes to a file has no breaks"):
    text = Run(REPORTS["fleet of six"], FOLDER).exits(0).out.decode()
    check(any(len(line) > 100 for line in text.split("\n")), "no line is long")

finish()
