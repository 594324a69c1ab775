# SPDX-License-Identifier: Apache-2.0
"""A folder in which commands are run, one after the other, and what they leave there."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import time

from files import names, sizes, state_of, tree
from judge import log_fault

TOOL = os.environ["SWT_TOOL"]
SOURCE = os.environ["SWT_SOURCE"]
SECONDS = 60
# What a killed program's processes have to end in.
GRACE = 3
PR_SET_CHILD_SUBREAPER = 36
STAGED = re.compile(r"(|.+/)\.([^/]+)\.\w{6}(?:/.*)?$")


def start(words, folder, environment, pass_fds=()):
    """The program with these words, to its end."""
    return subprocess.run(
        words,
        cwd=folder,
        env={
            **os.environ,
            "LC_ALL": "C",
            "SWT_MODULE_KEYS": os.path.join(SOURCE, "testdata/keys"),
            # So that a temporary file that is left behind is seen.
            "TMPDIR": folder,
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=pass_fds,
        timeout=SECONDS,
        check=False,
    )


class Place:
    def __init__(self, samples, name):
        self.samples = samples
        self.folder = os.path.join(samples.work, name)
        self.device = os.path.join(self.folder, "dev")
        # Of its own: a link more that another place makes is a change of the file, which builds see.
        self.originals = self.folder + ".originals"
        shutil.copytree(samples.template, os.path.join(self.originals, "template"))
        shutil.copytree(samples.devices, os.path.join(self.originals, "devices"), symlinks=True)
        self.printed = b""
        # What a command leaves running becomes a child of this process.
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")

    def before(self, command):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)
        # Links are as good as copies: no command writes into a file that is there.
        template = os.path.join(self.originals, "template")
        for name in os.listdir(template):
            os.link(os.path.join(template, name), os.path.join(self.folder, name))
        for name, content in command.old.items():
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        if command.device:
            template = os.path.join(self.originals, "devices", command.device)
            shutil.copytree(template, self.device, symlinks=True, copy_function=os.link)

    def run(self, command, environment=None, prefix=(), pass_fds=(), again=False):
        """Exit status (negative: a signal) and standard error. Prefix: words before those of the command."""
        if not again:
            self.before(command)
        done = start([*prefix, TOOL, *command.words.split()], self.folder, environment, pass_fds)
        self.printed = done.stdout
        return done.returncode, done.stderr.decode("utf-8", "replace")

    def result(self, command):
        """What the command makes when nothing fails: remembered in it."""
        status, error = self.run(command)
        if status != 0:
            raise RuntimeError(f"{command.name} fails without a fault: {error}")
        command.after = tree(self.folder)
        command.after.pop(command.log, None)
        if command.device is not None:
            command.after = state_of(self.device)
        command.printed = self.printed

    @staticmethod
    def survivors():
        """How many processes are left when they had time to end; they are killed."""
        end = time.monotonic() + GRACE
        while True:
            try:
                found, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return 0
            if found == 0 and time.monotonic() > end:
                break
            if found == 0:
                time.sleep(0.002)
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            children = [int(word) for word in file.read().split()]
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return len(children)

    def device_state(self, command):
        """before, between, after, or what is wrong."""
        rest = {name for name in names(self.folder) if not re.match(r"\.?dev[./]", name)}
        if rest != set(self.samples.files):
            return "other files changed: " + ", ".join(sorted(rest ^ set(self.samples.files)))
        try:
            found = state_of(self.device)
        except (OSError, ValueError) as fault:
            return f"no state: {fault}"
        if found == self.samples.device_states.get(command.device):
            return "before"
        if command.rotates and found == self.samples.between:
            return "between"
        return "after" if found == command.after else f"no whole state: {sorted(found or ())}"

    def leftovers(self):
        """What nothing refers to, beside the device directory and in it."""
        left = [name for name in os.listdir(self.folder) if name.startswith(".dev.")]
        if os.path.exists(self.device):
            state = os.readlink(os.path.join(self.device, "current"))
            left += [name for name in os.listdir(self.device) if name not in ("current", state)]
        return left

    def finish_fault(self, command, state, clean):
        """What is wrong with what the run left: nothing but a state if clean, and a second run gets there."""
        if clean and self.leftovers():
            return f"left behind: {self.leftovers()}"
        if state == "after" and not command.device:
            return None
        status, error = self.run(command, again=True)
        if status != 0 or self.device_state(command) != "after":
            return f"a second run: exit {status}, {self.device_state(command)}: {error.strip()[-300:]}"
        if command.device and self.leftovers():
            return f"a second run leaves {self.leftovers()}"
        return None

    def state(self, command, library=False, killed=False):
        """before, between, after, or what else is there."""
        if command.device is not None:
            return self.device_state(command)
        found = tree(self.folder)
        found.pop(command.log, None)
        old = {**self.samples.files, **command.old}
        if killed:
            found = {name: content for name, content in found.items() if not self.is_staged(command, name, content)}
        if found == command.after:
            return "after"
        if found == old:
            return "before"
        if killed and command.parts and all(content in (old.get(n), command.after.get(n)) for n, content in found.items()):
            return "between"
        if command.first and found == {**old, command.first: command.after[command.first]}:
            return "between"
        if command.pair:
            new = {name: content for name, content in found.items() if content != old.get(name)}
            if set(new) <= {"new.key", "new.key.pub"} and all(
                content.endswith(b"KEY-----\n") for content in new.values()
            ):
                # The private key comes first.
                return "after" if len(new) == 2 else "between" if killed and "new.key" in new else "half a pair"
        elif command.varies and found == {**command.after, command.varies: found.get(command.varies)}:
            length = len(command.after[command.varies])
            # Of an ECDSA signature a byte more or less.
            return "after" if abs(len(found[command.varies]) - length) < 8 else "a root that is not whole"
        elif command.fresh and self.is_like(found, command):
            return "after"
        elif library and command.verdicts and self.is_whole_page(found, command):
            return "after"
        names = sorted(set(found) | set(old))
        return "changed: " + ", ".join(name for name in names if found.get(name, 1) != old.get(name, 1))

    def staged(self, command):
        """What is left under a name that was for a moment only; in a device directory it does no harm."""
        if command.device is not None:
            return []
        return [name for name, content in tree(self.folder).items() if self.is_staged(command, name, content)]

    @staticmethod
    def is_staged(command, name, content):
        """Whether it is what SIGKILL may leave: a name that an output has for a moment, or while it is made."""
        found = STAGED.match(name)
        if found is None:
            return False
        # A folder that appears as a whole, the files of a folder of others', and a pair, whose bytes are new.
        if command.fresh or command.parts or command.pair:
            return True
        # Without O_TMPFILE only is it there before it is whole.
        return content == command.after.get(found.group(1) + found.group(2))

    @staticmethod
    def is_like(found, command):
        """Keys and signatures are new, so only the sizes are the same, and of a header not even that."""
        now, then = sizes(found), sizes(command.after)
        if command.header in now:
            whole = found[command.header].endswith(b"#endif\n")
            now[command.header] = then[command.header] if whole else None
        return now == then

    def is_whole_page(self, found, command):
        page = found.pop(command.verdicts, b"")
        others = {name: content for name, content in command.after.items() if name != command.verdicts}
        return found == others and page.startswith(b"<!DOCTYPE html>") and page.endswith(b"</html>\n")

    def log_fault(self, command, status, state):
        path = os.path.join(self.folder, command.log or "")
        if not command.log or not os.path.exists(path):
            return "no log" if command.log and state == "after" and status == 0 else None
        with open(path, "rb") as file:
            return log_fault(file.read(), status == -signal.SIGKILL, state == "after" and (status == 0 or not command.prints))
