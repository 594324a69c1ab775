# SPDX-License-Identifier: Apache-2.0
"""Jobs, groups of jobs that are measured against each other, and how that is done."""

import dataclasses
import os
import shutil
import signal
import subprocess
import typing

# One job; nothing here takes that long unless it hangs.
SECONDS = 900


class Fault(Exception):
    """What went wrong, in words."""


@dataclasses.dataclass
class Job:
    """A command, and how its time is judged.

    command is a list, or a text for sh. against names a job of the group that this one is compared with,
    and the bound is for the ratio of their times (ratio) or for the milliseconds that this one takes more
    (more). before runs ahead of the clock, check behind it, with what the command printed: it raises a
    Fault unless the command did its work. remove lists what is removed before each run, and after it
    unless the next job goes on from it (keep), which then clears it.
    """

    name: str
    command: typing.Union[list, str]
    ours: bool = True
    against: str = ""
    ratio: float = 0
    more: float = 0
    status: int = 0
    before: typing.Callable = lambda: None
    check: typing.Callable = lambda said: None
    remove: tuple = ()
    keep: bool = False
    clear: tuple = ()


@dataclasses.dataclass
class Group:
    """Jobs that take turns. Short ones (milliseconds) have more turns, and are told in milliseconds."""

    name: str
    title: str
    jobs: list
    short: bool = False


class Runner:
    """Runs jobs in a folder."""

    def __init__(self, measure, folder):
        self.measure = measure
        self.folder = folder
        self.environment = {
            **{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "ASAN_OPTIONS")},
            "LC_ALL": "C",
            "TZ": "UTC",
            "TMPDIR": folder,
        }

    def path(self, name):
        return os.path.join(self.folder, name)

    def must(self, *command):
        """A command of the set-up, which has to succeed; returns what it printed."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
        )
        said = done.stdout.decode("utf-8", "backslashreplace")
        if done.returncode != 0:
            raise Fault(f"{' '.join(command)}: exit status {done.returncode}: {said.strip()}")
        return said

    def remove(self, names):
        for name in names:
            path = self.path(name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                os.remove(path)

    def once(self, job, checked):
        """One run: [wall, CPU, peak], in milliseconds and KiB."""
        self.remove(job.remove)
        job.before()
        command = ["sh", "-c", job.command] if isinstance(job.command, str) else job.command
        with open(self.path("said"), "w+b") as file:
            # A session of its own, so that what a job started ends with it.
            with subprocess.Popen(
                [self.measure, "measured", *command], cwd=self.folder, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            ) as process:
                try:
                    process.wait(SECONDS)
                except BaseException:
                    os.killpg(process.pid, signal.SIGKILL)
                    raise
            file.seek(0)
            said = file.read().decode("utf-8", "backslashreplace")
        if process.returncode != 0:
            raise Fault(f"{job.name}: {said.strip()}")
        with open(self.path("measured"), encoding="ascii") as file:
            wall, user, system, peak, status = map(int, file.read().split())
        if status != job.status:
            raise Fault(f"{job.name}: exit status {status}, expected {job.status}: {said.strip()}")
        if checked:
            try:
                job.check(said)
            except Fault as fault:
                raise Fault(f"{job.name}: {fault}") from fault
        self.remove(job.clear if job.keep else job.remove + job.clear)
        return [round(wall / 1e6, 2), round((user + system) / 1e6, 2), peak]

    def group(self, group, runs):
        """All jobs of a group in turns: A B C, A B C. The first turn warms the caches and does not
        count; it is the one whose outputs are checked, since a check between turns would cost as much as
        the jobs."""
        taken = {job.name: [] for job in group.jobs}
        for turn in range(1 + runs * (3 if group.short else 1)):
            for job in group.jobs:
                figures = self.once(job, checked=turn == 0)
                if turn > 0:
                    taken[job.name].append(figures)
        return taken
