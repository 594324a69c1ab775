#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No secret is left in memory: nothing of it is where a core would hold it.

usage: secrets.py

Runs commands that read a passphrase, a PIN or a private key, with a preload shim (dump.c) that writes the
memory of the process at its end, and as a file comes into its place; then looks there for the passphrase,
the PIN, the key's secret numbers, as bytes and as the library's own words of them, and the base64 of its
PEM, in pieces of 16 bytes. The process that a token's module is in is looked into as well. A command that still holds its key in the meantime shows that the looking
finds what is there. Tells its cases as TAP does; SWT_TOOL, SWT_BUILD and SWT_SOURCE are those of
scripts/run-tests.
"""

import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOOL = os.environ["SWT_TOOL"]
BUILD = os.environ["SWT_BUILD"]
SOURCE = os.environ["SWT_SOURCE"]
PASSPHRASE = "test passphrase"
PIN = "mock-pin-271828"
TOKEN = f"pkcs11:token=Mock%20token;object=key?module-path={BUILD}/tests/mock-pkcs11.so"
PIECE = 16

MANIFEST = """schema: 1
product: {name: widget}
release: {version: "1", metadata_version: 1}
targets:
  - {name: app, file: app.bin}
"""

# Keys by the names that the commands below call them.
KEYS = ("root1", "ed25519-1", "rsa2048", "targets1")


def key_path(name):
    return os.path.join(SOURCE, "testdata/keys", name)


def openssl(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout


def numbers_of(path):
    """The secret numbers of a private key, as openssl tells them."""
    text = openssl("pkey", "-in", path, "-noout", "-text").decode()
    for name in "priv", "privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient":
        found = re.search(rf"^{name}:\n((?: +[0-9a-f:]+\n)+)", text, re.MULTILINE)
        if found:
            yield name, bytes.fromhex(re.sub(r"[^0-9a-f]", "", found.group(1))).lstrip(b"\0")


def pieces(secret):
    return {secret[at : at + PIECE] for at in range(0, len(secret) - PIECE + 1, 8)} or {secret}


def pem_of(path):
    """The parts of the lines of a PEM that stand for its secret numbers."""
    with open(path, "rb") as file:
        lines = re.search(b"-----BEGIN [A-Z ]*PRIVATE KEY-----\n(.*?)-----END", file.read(), re.DOTALL).group(1).split()
    der = base64.b64decode(b"".join(lines))
    for _, number in numbers_of(path):
        begin = -(-der.index(number) // 3) * 4
        end = (der.index(number) + len(number)) // 3 * 4
        for place, line in enumerate(lines):
            part = line[max(begin - place * 64, 0) : max(end - place * 64, 0)]
            if len(part) >= PIECE:
                yield part


def needles(keys):
    """What is looked for: {bytes: name}."""
    found = {PASSPHRASE.encode(): "the passphrase", PIN.encode(): "the PIN"}
    for key in keys:
        for name, number in numbers_of(key_path(f"{key}.pem")):
            for order in number, number[::-1]:
                found.update({piece: f"{name} of {key}" for piece in pieces(order)})
        for text in pem_of(key_path(f"{key}.pem")):
            found.update({piece: f"the PEM of {key}" for piece in pieces(text)})
    return found


class Work:
    def __init__(self, folder):
        self.folder = folder
        self.dumps = os.path.join(folder, "dumps")
        self.good = True
        self.needles = needles(KEYS)
        self.pattern = re.compile(b"|".join(re.escape(needle) for needle in self.needles))
        self.write("product.yaml", MANIFEST.encode())
        self.write("app.bin", bytes(range(256)) * 40)
        self.write("passphrase", PASSPHRASE.encode() + b"\n")
        self.write("pin", PIN.encode() + b"\n")
        for key in KEYS:
            shutil.copy(key_path(f"{key}.pem"), self.path(key))
        for name in "root1-encrypted.pem", "root1-encrypted-sec1.pem", "root1-encrypted.der", "root1.der":
            shutil.copy(key_path(name), self.path(name))
        openssl(*f"pkcs12 -export -nocerts -inkey {self.path('root1')} -out {self.path('root1.p12')}".split(),
                "-passout", f"pass:{PASSPHRASE}")
        os.system(f"chmod -R go= {folder}")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)

    def run(self, words, status=0, variables=None):
        """Moments at which something was found: {moment: {name}}; {} means that all were looked at."""
        shutil.rmtree(self.dumps, ignore_errors=True)
        os.mkdir(self.dumps)
        environment = dict(
            os.environ,
            LC_ALL="C",
            LD_PRELOAD=f"{BUILD}/secrets/dump.so",
            SWT_DUMP=self.dumps,
            SWT_MODULE_KEYS=os.path.join(SOURCE, "testdata/keys"),
            **(variables or {}),
        )
        done = subprocess.run(
            [TOOL, *words.split()], cwd=self.folder, env=environment, capture_output=True, stdin=subprocess.DEVNULL
        )
        if done.returncode != status:
            return {"exit": {f"{done.returncode}: {done.stderr.decode().strip()[-300:]}"}}
        found = {}
        for name in os.listdir(self.dumps):
            with open(os.path.join(self.dumps, name), "rb") as file:
                names = {self.needles[match] for match in self.pattern.findall(file.read())}
            if name.startswith("child-"):
                # The token's key, which is root1, is its module's matter; those of files are not.
                names = {name for name in names if not name.endswith(" of root1")}
            if names:
                found[name.split("-")[0]] = names
        if not any(name.startswith("end-") for name in os.listdir(self.dumps)):
            found["end"] = {"no memory was written"}
        return found

    def tell(self, name, found):
        self.good &= not found
        print(f"{'not ok' if found else 'ok'} - {name}")
        for moment, names in found.items():
            print(f"# {moment}: {', '.join(sorted(names))}")
        sys.stdout.flush()

    def case(self, words, **options):
        self.tell(f"nothing is left of: {words}", self.run(words, **options))


def main():
    with tempfile.TemporaryDirectory(prefix="swupdate-secrets.") as folder:
        work = Work(folder)
        for key in "root1", "ed25519-1", "rsa2048":
            work.case(f"root create -o {key}.root --root-key {key} --targets-key targets1 --sign-with {key}")
            work.case(f"key check {key}")
            work.case(f"key show {key} --json")
        work.case("build product.yaml -o b.swb --root root1.root --key targets1")
        work.case("build product.yaml -o plain.swb --root root1.root")
        work.case("sign plain.swb --key targets1 -o signed.pb")
        work.case("sign plain.swb --key targets1 --audit-log log")
        work.case("sign root1.root --export request")
        work.case("sign --request request --key root1 --yes -o response --json")
        work.case("root rotate root1.root -o next.root --root-key root1 --add-root-key rsa2048 --sign-with root1")
        for name in "root1-encrypted.pem", "root1-encrypted-sec1.pem", "root1-encrypted.der", "root1.p12":
            work.case(f"key check {name} --passphrase-file passphrase")
        work.case("key check root1-encrypted.pem --pin-env WORDS", variables={"WORDS": PASSPHRASE})
        work.case("key check root1.der")
        work.case("keygen -o new --passphrase-file passphrase")
        work.case(f"key check {TOKEN} --pin-file pin")
        work.case(f"key check {TOKEN} --pin-env WORDS", variables={"WORDS": PIN})
        work.case(f"key list pkcs11:?{TOKEN.split('?')[1]} --pin-file pin")
        # Keys of files that are in use before the token's is: its module sees none of them.
        work.case(
            "root create -o both.root --root-key ed25519-1 --root-key root1 --targets-key targets1"
            f" --sign-with ed25519-1 --sign-with {TOKEN} --pin-file pin"
        )
        work.case(f"sign both.root --key ed25519-1 --key {TOKEN} --pin-file pin --replace")
        work.case(f"key check targets1 --public-key {TOKEN}", status=4)
        # Refused, or failed: no less.
        work.case("sign b.swb --key root1", status=4)
        work.case("build missing.yaml -o x.swb --key targets1", status=5)
        work.case("key check root1-encrypted.pem --pin-file pin", status=4)
        # Whatever is in memory is found there: a word of the command line, for one.
        found = work.run(f"key check root1 --public-key {PIN}", status=5)
        work.tell("what is in memory is found", {} if "the PIN" in found.get("end", ()) else {"end": {f"{found}"}})
    sys.exit(0 if work.good else 1)


if __name__ == "__main__":
    main()
