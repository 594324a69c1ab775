# SPDX-License-Identifier: Apache-2.0
"""JSON: signing requests and responses, audit logs, user_manifest, SBOMs."""

import base64
import hashlib
import json

from forge import *
from worst import *
from worst_manifest import numbered, repeated

FILES = [(b"app", b"app")]
SIZE = 16 * MIB


def texts(size):
    yield "[", b"[" * size
    yield "{", repeated(b'{"a":', size)
    yield "numbers", b"[" + b"1," * (size // 2 - 2) + b"1]"
    yield "digits", b"[" + b"1" * (size - 2) + b"]"
    yield "members", b"{" + numbered(b'"k%d":1,', size - 20) + b'"z":1}'
    yield "one member again", b"{" + repeated(b'"a":1,', size - 20) + b'"a":1}'
    yield "a text of escapes", b'["' + repeated(b"\\u0041", size - 10) + b'"]'
    yield "a text of control characters", b'["' + repeated(b"\\u001b", size - 10) + b'"]'
    yield "white space", b" " * size
    yield "quotes", b'"' * size


@worst("signing request", "16 MiB of each")
def request():
    for name, text in texts(SIZE - 100):
        for schema in b"", b'{"schema": "swupdate-tool/signing-request/1", "a": ':
            write("request", schema + text)
            write("key.pem", open(TARGETS1.pem, "rb").read())
            os.chmod("key.pem", 0o600)
            yield answers("", "sign", "--request", "request", "--key", "key.pem", "-o", "response", "--yes", status=3)
            yield answers("", "dump", "request", status=3)


@worst("signing response", "16 MiB of each")
def response():
    write("bundle", Bundle(root=signed(root_metadata(), ROOT1), payloads=FILES).tar())
    for name, text in texts(SIZE - 100):
        write("response", b'{"schema": "swupdate-tool/signing-response/1", "a": ' + text)
        yield answers("", "sign", "bundle", "--attach", "response", "-o", "out", status=3)


@worst("audit log", "8 MiB of each")
def audit():
    for name, text in texts(SIZE // 2):
        write("log", text)
        yield Run(("check", "log"), None)
        line = b'{"schema":"swupdate-tool/audit/1","previous":"' + b"0" * 64 + b'"}\n'
        write("log", line + text)
        yield Run(("check", "log"), None)
    write("log", repeated(line, SIZE // 2))
    yield answers("", "check", "log", status=1)


@worst("user_manifest", "4 MiB of each")
def user_manifest():
    write("root", signed(root_metadata(), ROOT1))
    for name, text in texts(4 * MIB - 100):
        for content in text, b'{"schema": 1, "targets": ' + text + b"}":
            files = [(b"user_manifest", content[: 4 * MIB]), *FILES]
            write("bundle", Bundle(root=signed(root_metadata(), ROOT1), payloads=files).tar())
            yield answers("", "verify", "bundle", "--root", "root")
            yield answers("", "dump", "bundle")
            yield answers("", "check", "bundle")


@worst("SBOM", "16 MiB of each")
def sbom():
    write("app", b"app")
    write("product.yaml", b"schema: 1\nproduct: {name: worst}\nrelease: {version: 1, metadata_version: 1}\n"
          b"targets: [{file: app}]\nsbom: {file: sbom.json, format: cyclonedx}\n")
    for name, text in texts(SIZE - 100):
        write("sbom.json", b'{"bomFormat": "CycloneDX", "components": ' + text)
        yield Run(("build", "product.yaml", "-o", "out.swb"), None)
