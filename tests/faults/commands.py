# SPDX-License-Identifier: Apache-2.0
"""The commands that are swept."""

import os

MODULE = f"module-path={os.environ['SWT_BUILD']}/tests/mock-pkcs11.so"
TOKEN_KEY = f"pkcs11:object=key?{MODULE}"


class Command:
    """One command to be tried: its words, and the files that are there before it."""

    def __init__(
        self,
        name,
        words,
        old=None,
        pair=False,
        log=None,
        device=None,
        rotates=False,
        fresh=False,
        verdicts=None,
        first=None,
        judges=False,
        parts=False,
        prints=False,
        varies=None,
        splits=False,
        finds=False,
        told="",
        header=None,
    ):
        self.name = name
        self.words = words
        self.old = old or {}
        self.pair = pair  # keygen: what it makes is new each time
        self.log = log  # an audit log, which grows also when the command fails
        self.device = device  # which device dev is; "": none yet
        self.rotates = rotates  # its root, before all else
        self.fresh = fresh  # a folder of many files, whose keys and signatures are new each time
        # A file of verdicts: where libcrypto has no memory, a key may count as one that cannot be read,
        # and refuse what is good. The file is whole all the same.
        self.verdicts = verdicts
        self.first = first  # of several new files, the one that is whole before the others
        self.judges = judges  # bundles, and may reject them
        self.parts = parts  # several files, of which SIGKILL leaves some new and some old
        self.prints = prints  # what it prints is its work, and the same each time
        self.varies = varies  # a file whose signature is new each time
        self.splits = splits  # has threads or a worker, of which strace sees none
        self.finds = finds  # what is wrong with files, also that they cannot be read: exit status 1
        self.told = told  # what an error says when one file of two is new
        self.header = header  # a header of such a folder, whose length depends on the bytes of the keys
        self.after = None
        self.printed = None

    def statuses(self):
        """Of a run in which a call fails; besides 0."""
        return (1, 3, 4, 5) if self.finds else (3, 4, 5)

    def writes(self):
        """Whether it writes files."""
        return not self.prints or self.log is not None

    def chosen(self, total, full, selection, full_selection=None):
        """Of total faults of a kind, the numbers of those that are tried, from 1."""
        most = full_selection if full else selection
        if self.fresh:
            # Each run writes hundreds of files, which are all alike.
            most = 60 if full else max(2, selection // 4)
        if most is None or total <= most:
            return range(1, total + 1)
        return sorted({1 + i * (total - 1) // (most - 1) for i in range(most)})


COMMANDS = [
    Command("build", "build product.yaml -o new.swb --root root --key key"),
    Command("build over a file", "build product.yaml -o new.swb --key key", {"new.swb": b"old"}),
    Command("build .pb", "build product.yaml -o new.pb --format pigweed --profile generic --key key"),
    Command("build of all", "build whole.yaml -o new.swb --root root --key key --depfile new.d", first="new.d"),
    Command("build by threads", "build large.yaml -o new.swb --key key", {"new.swb": b"old"}, splits=True),
    Command("build with a log", "build product.yaml -o new.swb --format tar --key key --audit-log log", log="log"),
    Command("build to stdout", "build product.yaml -o - --root root --key key", prints=True),
    Command("build --dry-run", "build whole.yaml --dry-run", prints=True),
    Command("sign in place", "sign b.swb --key key"),
    Command("sign a copy", "sign b.pb --key key -o copy.pb"),
    Command("sign --replace", "sign signed.pb --key key --replace -o copy.pb"),
    Command("sign --role root", "sign b.swb --role root --key other --replace -o copy.swb"),
    Command("sign a root", "sign next.root --root root --key other"),
    Command("sign --export", "sign b.swb --export new.request"),
    Command("sign --request", "sign --request request --key key -o new.response --yes --root root"),
    Command(
        "sign --request with a log",
        "sign --request request --key key -o new.response --yes --audit-log log",
        log="log",
    ),
    Command("sign --request of a root", "sign --request root.request --key other -o new.response --yes"),
    Command("sign --attach", "sign b.swb --attach response"),
    Command("sign --attach a copy", "sign b.swb --attach signed.pb -o copy.swb"),
    Command("sign with a log", "sign b.swb --key key --audit-log log", log="log"),
    Command("convert", "convert b.swb -o new.pb"),
    Command("convert to tar", "convert signed.pb -o new.swb --format tar --root root"),
    Command("convert to stdout", "convert b.swb -o - --format pigweed", prints=True),
    Command("personalize", "personalize signed.pb --device-manifest manifest -o new.pb"),
    Command("personalize in place", "personalize b.swb --device-manifest manifest -o b.swb"),
    Command("personalize to stdout", "personalize b.swb --device-manifest manifest -o -", prints=True),
    Command("extract", "extract b.swb --no-verify -C out", parts=True),
    Command(
        "extract over files",
        "extract b.swb --no-verify -C out --force",
        {"out/app": b"old", "out/deep/data": b"old", "out/other": b"stays"},
        parts=True,
    ),
    Command("extract --root", "extract signed.swb app --root root -C out", parts=True),
    Command("extract --decompress", "extract packed.swb --no-verify --decompress -C out", parts=True),
    Command("keygen", "keygen -o new.key --type ed25519", pair=True),
    Command(
        "keygen --force",
        "keygen -o new.key --type ed25519 --passphrase-file passphrase --force",
        {"new.key": b"old", "new.key.pub": b"old"},
        pair=True,
        told="the private key was written, the public one was not",
    ),
    Command("keygen with a log", "keygen -o new.key --type ed25519 --audit-log log", pair=True),
    Command("keygen on a token", f"keygen -o pkcs11:object=new?{MODULE} --pin-file pin", splits=True),
    Command("external signer", "build product.yaml -o new.swb --root root --key exec:./signer", splits=True),
    Command("token", f"root create -o new.root --root-key {TOKEN_KEY} --targets-key other", splits=True),
    Command(
        "token that signs",
        f"root create -o new.root --root-key {TOKEN_KEY} --targets-key other --sign-with {TOKEN_KEY} --pin-file pin",
        varies="new.root",
        splits=True,
    ),
    Command("root create", "root create -o new.root --root-key key --targets-key other --sign-with key"),
    Command(
        "root create with a log",
        "root create -o new.root --root-key key --targets-key other --sign-with key --audit-log log",
        log="log",
    ),
    Command("root rotate", "root rotate root -o new.root --targets-key new --sign-with other"),
    Command(
        "root rotate with a log",
        "root rotate root -o next.root --targets-key new --sign-with other --audit-log log",
        log="log",
    ),
    Command("fixtures", "fixtures -o out --manifest product.yaml --format files", fresh=True),
    Command(
        "fixtures c-header",
        "fixtures -o out --format c-header --root-key other --targets-key key --audit-log log",
        fresh=True,
        log="log",
        header="out/fixtures.h",
    ),
    Command("init", "init out", fresh=True),
    Command("init with a log", "init out --audit-log log", fresh=True, log="log"),
]

# What they print is all that they make.
PRINTING_COMMANDS = [
    Command("key show", "key show key other", prints=True),
    Command("key show of a token", f"key show {TOKEN_KEY}", prints=True, splits=True),
    Command("key show with a log", "key show key --audit-log log", prints=True),
    Command("key list", f"key list pkcs11:?{MODULE}", prints=True, splits=True),
    Command("key check with a log", "key check key --audit-log log", prints=True, log="log"),
    Command("verify", "verify signed.swb --root root", prints=True),
    Command("verify --json", "verify signed.swb --root root --against product.yaml --time 2030-01-01 --json", prints=True),
    Command("dump", "dump signed.swb", prints=True),
    Command("diff", "diff b.swb b.pb --markdown", prints=True),
    Command("check", "check product.yaml signed.swb root --format text", prints=True, finds=True),
    Command("check --format sarif", "check product.yaml signed.swb root --format sarif", prints=True, finds=True),
    Command("fleet", "fleet --bundle b42.swb --fleet fleet.yaml --time 2030-01-01", prints=True),
]

DEVICE_COMMANDS = [
    Command("apply", "apply b43.swb --device dev", device="device"),
    Command("apply on a fresh device", "apply b42.swb --device dev", device="fresh"),
    Command("apply with a rotation", "apply rotated.swb --device dev", device="device", rotates=True),
    Command("apply of what is left in", "apply left.swb --device dev", device="device"),
    Command("provision", "provision --root root --bundle b42.swb --format device-dir -o dev", device=""),
    Command("provision without a bundle", "provision --root root --format device-dir -o dev", device=""),
    Command("provision raw", "provision --root root --format raw -o anchor"),
    Command("provision c-header", "provision --root root --bundle b42.swb --format c-header -o anchor.h"),
    Command(
        "fleet --html",
        "fleet --bundle b42.swb --bundle left.swb --bundle rotated.swb --fleet fleet.yaml --time 2030-01-01 "
        "--html new.html",
        verdicts="new.html",
    ),
]

for device_command in DEVICE_COMMANDS:
    device_command.judges = True
