# SPDX-License-Identifier: Apache-2.0
"""Figures as text: the tables that are printed, the blocks of the manual page and of the README."""

import re
import statistics

from jobs import FLOOR, PARTS, text_size
from measuring import Fault
from peers import BUILD, VERIFY

# Of every job of ours, in MiB.
PEAK = 12
PAGE_BLOCK = ('.\\" bench: figures, written by make bench', '.\\" bench: end')
README_BLOCK = ("<!-- bench: claims, written by make bench -->", "<!-- bench: end -->")


# ---- what the runs say -----------------------------------------------------------------------------


def median(job, column=0):
    return statistics.median(run[column] for run in job["runs"])


def peak(job):
    """The highest, in MiB."""
    return max(run[2] for run in job["runs"]) / 1024


def job_of(group, name):
    return next((job for job in group["jobs"] if job["name"] == name), None)


def turns(group, job):
    """(wall, wall of what it is held against) of each turn: what slows a machine down for a while slows
    both, so they are compared turn by turn."""
    other = job_of(group, job["against"])
    return [(mine[0], its[0]) for mine, its in zip(job["runs"], other["runs"])]


def ratio(group, job):
    """To two digits: what is shown is what is judged."""
    return round(statistics.median(mine / its for mine, its in turns(group, job)), 2)


def more(group, job):
    return round(statistics.median(mine - its for mine, its in turns(group, job)), 1)


def holds(group, job):
    """True or False; None where there is no bound."""
    if job["ratio"]:
        return ratio(group, job) <= job["ratio"]
    if job["more"]:
        return more(group, job) <= job["more"]
    return None


def bounds(figures):
    """(place, name, text of what was found, whether it holds) of each bound."""
    for place in figures["places"]:
        ours = [(peak(job), f"{group['title']}: {job['name']}") for group in place["groups"]
                for job in group["jobs"] if job["ours"]]
        for group in place["groups"]:
            for job in group["jobs"]:
                verdict = holds(group, job)
                if verdict is not None:
                    yield place, f"{group['title']}: {job['name']}", found(group, job), verdict
        highest, name = max(ours)
        yield place, f"peak memory of {name}", f"{highest:.1f} MiB, at most {PEAK} MiB", highest <= PEAK


def found(group, job):
    if job["more"]:
        return f"{more(group, job):+.1f} ms, at most {job['more']:+g} ms"
    return f"{ratio(group, job):.2f} x {job['against']}, at most {job['ratio']:.2f}"


# ---- tables ----------------------------------------------------------------------------------------


def table(group):
    """Lines of at most 73 columns, since a manual page indents them by five."""
    unit, digits, scale = ("ms", 1, 1) if group["short"] else ("s", 3, 1000)
    compared = "more" if group["short"] else "ratio"
    lines = [f"{'':24}{unit:>7}{'min':>7}{'max':>7}{'CPU':>7}{'MiB':>6}{compared:>6}{'bound':>9}".rstrip()]
    for job in group["jobs"]:
        walls = [run[0] for run in job["runs"]]
        times = (median(job), min(walls), max(walls), median(job, 1))
        cells = "".join(f"{time / scale:7.{digits}f}" for time in times)
        lines.append(f"{job['name']:<24}{cells}{peak(job):6.1f}{judged(group, job)}")
    return lines


def judged(group, job):
    """The last cells of a line: ratio, bound, and whether it holds."""
    if job["more"]:
        text = f"{more(group, job):+6.1f}{job['more']:+5g}"
    elif job["ratio"]:
        text = f"{ratio(group, job):6.2f}{job['ratio']:5.2f}"
    else:
        return f"{ratio(group, job):6.2f}" if job["against"] else ""
    return text + (" yes" if holds(group, job) else "  no")


def verdicts(figures):
    """(a line for each bound that is missed, and one for those that hold; whether all do)."""
    all_bounds = list(bounds(figures))
    missed = [f"missed: {place['name']}: {name}: {text}"
              for place, name, text, verdict in all_bounds if not verdict]
    highest = max(peak(job) for place in figures["places"] for group in place["groups"]
                  for job in group["jobs"] if job["ours"])
    hold = (f"{len(all_bounds) - len(missed)} of {len(all_bounds)} bounds hold; the highest peak of "
            f"swupdate-tool is {highest:.1f} MiB")
    return [*missed, hold], not missed


def processors(machine):
    return f"{machine['processors']} processor{'s' if machine['processors'] != 1 else ''}"


def machine_lines(figures):
    machine = figures["machine"]
    versions = ", ".join(f"{name} {value}" for name, value in machine["versions"].items()
                         if name != "compiler")
    sha = "with" if machine["sha_instructions"] else "without"
    return [
        f"{machine['processor']}, {sha} instructions for SHA-256, "
        f"{processors(machine)}{' of a virtual machine' if machine['virtual'] else ''}, "
        f"{text_size(machine['memory'])} of memory, {machine['kernel']}.",
        f"{versions}; built by {machine['versions'].get('compiler', 'cc')}.",
        f"One payload of {text_size(figures['size'])} and {PARTS} of "
        f"{text_size(figures['size'] // PARTS)}; {figures['runs']} runs of each job, {figures['date']}.",
    ]


# ---- the manual page -------------------------------------------------------------------------------


def roff(text):
    text = text.replace("\\", "\\e").replace("'", "\\(aq").replace("`", "\\(ga")
    text = text.replace("~", "\\(ti").replace("^", "\\(ha")
    return "\\&" + text if text[:1] in (".", "\\") else text


def page_block(figures):
    lines = []
    for line in machine_lines(figures):
        lines += [*(roff(part) for part in re.split(r"(?<=,) ", line))]
    for place in figures["places"]:
        lines.append(f".Ss {place['name'].capitalize()} ({place['file_system']})")
        for i, group in enumerate(place["groups"]):
            lines += [".Pp"] if i else []
            lines += [f"{group['title'][0].upper()}{group['title'][1:]}:", ".Bd -literal"]
            lines += [roff(line) for line in table(group)] + [".Ed"]
    lines.append(".Ss Bounds")
    for line in verdicts(figures)[0]:
        lines += [roff(line[0].upper() + line[1:]) + ".", ".br"]
    return lines[:-1]


# ---- the README ------------------------------------------------------------------------------------


def claims(figures):
    """A paragraph, of the first place's figures."""
    place, machine = figures["places"][0], figures["machine"]
    groups = {group["name"]: group for group in place["groups"]}
    build = job_of(groups["build"], BUILD)
    verify = job_of(groups["verify"], VERIFY)
    size, part = text_size(figures["size"]), text_size(figures["size"] // PARTS)
    text = (
        f"With {processors(machine)} ({machine['processor']}, {place['file_system']}), a signed tar bundle "
        f"of {size} is built in {ratio(groups['build'], build):.2f} times the time that `cp` and `openssl "
        f"dgst -sha256` take side by side, in {peak(build):.0f} MiB of memory. It is verified in "
        f"{ratio(groups['verify'], verify):.2f} times that of `openssl dgst -sha256`, and one of {PARTS} "
        f"targets of {part} in {ratio(groups['many'], job_of(groups['many'], VERIFY)):.2f} times."
    )
    others = []
    for name, label in (
        ("tar, openssl dgst -sign", "`tar` with `openssl dgst -sign`"),
        ("mender-artifact write", "`mender-artifact write`"),
        ("rauc bundle", "`rauc bundle`"),
    ):
        job = job_of(groups["peers"], name)
        if job:
            others.append(f"{label} {ratio(groups['peers'], job):.2f} times ({peak(job):.0f} MiB)")
    return (f"{text} For the same payload, uncompressed, other tools take, beside that build: "
            f"{', '.join(others)}.")


def wrapped(text, width=100):
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


# ---- blocks ----------------------------------------------------------------------------------------


def replace_block(path, marks, lines):
    """Writes lines between the two marks of a file, which it must have once each, in this order."""
    with open(path, encoding="utf-8") as file:
        text = file.read().split("\n")
    if [line for line in text if line in marks] != list(marks):
        raise Fault(f"{path}: expected one line '{marks[0]}' and behind it one '{marks[1]}'")
    start, end = (text.index(mark) for mark in marks)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(text[: start + 1] + lines + text[end:]))


def write_page(path, figures):
    replace_block(path, PAGE_BLOCK, page_block(figures))


def write_readme(path, figures):
    replace_block(path, README_BLOCK, wrapped(claims(figures)))
