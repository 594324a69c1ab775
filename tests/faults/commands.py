# SPDX-License-Identifier: Apache-2.0
"""The commands that are swept."""

import os

TOKEN_KEY = f"pkcs11:object=key?module-path={os.environ['SWT_BUILD']}/tests/mock-pkcs11.so"


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
        self.after = None

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
    Command("build .pb", "build product.yaml -o new.pb --profile generic --key key"),
    Command("build of all", "build whole.yaml -o new.swb --root root --key key --depfile new.d", first="new.d"),
    Command("build by threads", "build large.yaml -o new.swb --key key", {"new.swb": b"old"}),
    Command("sign in place", "sign b.swb --key key"),
    Command("sign a copy", "sign b.pb --key key -o copy.pb"),
    Command("sign --export", "sign b.swb --export new.request"),
    Command("sign --request", "sign --request request --key key -o new.response --yes --root root"),
    Command("sign --request of a root", "sign --request root.request --key other -o new.response --yes"),
    Command("sign --attach", "sign b.swb --attach response"),
    Command("sign --attach a copy", "sign b.swb --attach signed.pb -o copy.swb"),
    Command("convert", "convert b.swb -o new.pb"),
    Command("personalize", "personalize signed.pb --device-manifest manifest -o new.pb"),
    Command("personalize in place", "personalize b.swb --device-manifest manifest -o b.swb"),
    Command("extract", "extract b.swb --no-verify -C out"),
    Command(
        "extract over files",
        "extract b.swb --no-verify -C out --force",
        {"out/app": b"old", "out/deep/data": b"old", "out/other": b"stays"},
    ),
    Command("extract --decompress", "extract packed.swb --no-verify --decompress -C out"),
    Command("keygen", "keygen -o new.key --type ed25519", pair=True),
    Command("external signer", "build product.yaml -o new.swb --root root --key exec:./signer"),
    Command("token", f"root create -o new.root --root-key {TOKEN_KEY} --targets-key other"),
    Command("root create", "root create -o new.root --root-key key --targets-key other --sign-with key"),
    Command("fixtures", "fixtures -o out --manifest product.yaml", fresh=True),
    Command("init", "init out", fresh=True),
    Command("sign with a log", "sign b.swb --key key --audit-log log", log="log"),
]

DEVICE_COMMANDS = [
    Command("apply", "apply b43.swb --device dev", device="device"),
    Command("apply on a fresh device", "apply b42.swb --device dev", device="fresh"),
    Command("apply with a rotation", "apply rotated.swb --device dev", device="device", rotates=True),
    Command("apply of what is left in", "apply left.swb --device dev", device="device"),
    Command("provision", "provision --root root --bundle b42.swb --format device-dir -o dev", device=""),
    Command("provision raw", "provision --root root --format raw -o anchor"),
    Command(
        "fleet --html",
        "fleet --bundle b42.swb --bundle left.swb --bundle rotated.swb --fleet fleet.yaml --time 2030-01-01 "
        "--html new.html",
        verdicts="new.html",
    ),
    Command("provision c-header", "provision --root root --bundle b42.swb --format c-header -o anchor.h"),
]
for device_command in DEVICE_COMMANDS:
    device_command.judges = True
