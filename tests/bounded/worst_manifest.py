# SPDX-License-Identifier: Apache-2.0
"""YAML: product manifests, release policies, fleet files; globs."""

import os

from worst import *

PRODUCT = b"""schema: 1
product: {name: worst}
release: {version: 1, metadata_version: 1}
"""
TARGETS = b"targets:\n  - file: app\n"


def repeated(text, size=MIB):
    return text * (size // len(text))


def numbered(text, size=MIB, start=0):
    """Copies of text, each with another number in place of %d."""
    parts, total, i = [], 0, start
    while True:
        part = text % i
        total += len(part)
        if total > size:
            return b"".join(parts)
        parts.append(part)
        i += 1


TEXTS = {
    "[": repeated(b"["),
    "{": repeated(b"{"),
    "[]": b"[" + repeated(b"[],", MIB - 2) + b"]",
    "{a: [": repeated(b"{a: ["),
    "- ": repeated(b"- "),
    "? ": repeated(b"? "),
    "a: ": repeated(b"a: "),
    "a scalar": b"schema: " + b"a" * (MIB - 8),
    "a scalar of words": b"schema: " + repeated(b"a ", MIB - 8),
    "a quoted scalar of escapes": b'schema: "' + repeated(b"\\x41", MIB - 10) + b'"',
    "a quoted scalar that does not end": b'"' + b"a" * (MIB - 1),
    "a block scalar of empty lines": b"schema: |\n" + b"\n" * (MIB - 12),
    "a quoted scalar of empty lines": b'schema: "' + b"\n" * (MIB - 10),
    "a key": b"a" * (MIB - 2) + b": ",
    "other keys": numbered(b"k%d: 1\n"),
    "other keys, in flow": b"{" + numbered(b"k%d,", MIB - 2) + b"}",
    "one key again": repeated(b"a: 1\n"),
    "comments": repeated(b"#\n"),
    "one comment": b"#" + b"a" * (MIB - 1),
    "documents": repeated(b"---\n"),
    "ends of documents": repeated(b"...\n"),
    "directives": repeated(b"%a b\n"),
    "tags": repeated(b"!a "),
    "one tag": b"!" + b"a" * (MIB - 2) + b" b",
    "anchors": numbered(b"- &a%d b\n"),
    "aliases": b"- &a b\n" + repeated(b"- *a\n", MIB - 7),
    "an indent": b"a:\n" + b" " * (MIB - 10) + b"b: c",
    "growing indents": b"".join(b" " * i + b"a:\n" for i in range(1400)),
    "tabs": b"\t" * MIB,
    "zeros": bytes(MIB),
    "control characters": b"\x1b" * MIB,
    "bytes that are not UTF-8": b"\xff" * MIB,
    "4-byte characters": "\U0001f4a3".encode() * (MIB // 4),
    "empty lines": b"\n" * MIB,
    "colons": b":" * MIB,
    "commas in flow": b"[" + b"," * (MIB - 1),
    "minus signs": b"-" * MIB,
    "question marks in flow": b"[" + repeated(b"?,", MIB - 2),
}


def add_text(name, text):
    @worst("manifest", f"1 MiB of {name}")
    def manifest():
        write("product.yaml", text)
        yield refused(3, "product.yaml", "build", "product.yaml", "-o", "out.swb")

    @worst("policy", f"1 MiB of {name}")
    def policy():
        write("policy.yaml", text)
        write("product.yaml", PRODUCT, TARGETS)
        write("app", b"app")
        yield refused(3, "policy.yaml", "check", "product.yaml", "--policy", "policy.yaml")

    @worst("fleet file", f"4 MiB of {name}")
    def fleet():
        write("fleet.yaml", text * 4)
        write("bundle.swb", b"")
        yield refused(3, "fleet.yaml", "fleet", "--bundle", "bundle.swb", "--fleet", "fleet.yaml")


for name, text in TEXTS.items():
    add_text(name, text)


@worst("manifest", "a size over its cap: 1 TiB")
def manifest_sparse():
    sparse("product.yaml", 1 << 40)
    yield refused(3, "1 MiB", "build", "product.yaml", "-o", "out.swb")


@worst("manifest", "meta of many members")
def meta():
    write("app", b"app")
    write("product.yaml", PRODUCT, TARGETS, b"meta:\n", numbered(b"  k%d: a\n", MIB - 200))
    yield answers("", "build", "product.yaml", "-o", "out.swb", status=0)
    yield answers("", "check", "product.yaml", status=0)
    yield answers("", "dump", "out.swb", status=0)
    yield answers("", "diff", "out.swb", "out.swb", status=0)


@worst("manifest", "10,000 targets of folders and long names")
def many_targets():
    write("app", b"app")
    names = b"".join(b"  - {name: %s/%04d, file: app}\n" % (b"/".join([b"a"] * 20), i) for i in range(9999))
    write("product.yaml", PRODUCT, b"targets:\n", names)
    yield answers("", "build", "product.yaml", "-o", "out.swb", status=0)
    yield answers("", "check", "product.yaml", status=0)
    yield answers("", "dump", "out.swb", status=0)


@worst("manifest", "targets without anything")
def empty_targets():
    write("product.yaml", PRODUCT, b"targets:\n", repeated(b"- {}\n", MIB - 200))
    yield refused(3, "product.yaml", "build", "product.yaml", "-o", "out.swb")
    yield answers("", "check", "product.yaml", status=1)


@worst("manifest", "targets of one name")
def same_targets():
    write("app", b"app")
    write("product.yaml", PRODUCT, b"targets:\n", repeated(b"- {file: app}\n", MIB - 200))
    yield refused(3, "product.yaml", "build", "product.yaml", "-o", "out.swb")
    yield answers("", "check", "product.yaml", status=1)


@worst("manifest", "targets that do not exist")
def missing_targets():
    write("product.yaml", PRODUCT, b"targets:\n", numbered(b"- {file: f%d}\n", 9000 * 14))
    yield answers("", "build", "product.yaml", "-o", "out.swb", status=5)
    yield answers("", "check", "product.yaml", status=1)


VARIABLES = {
    "nested defaults": b"notes: " + repeated(b"${A:-", MIB - 400),
    "nested defaults, closed": b"notes: " + b"${A:-" * (MIB // 8) + b"}" * (MIB // 8),
    "undefined ones": b"notes: " + repeated(b"${A}", MIB - 400),
    "open ones": b"notes: " + repeated(b"${", MIB - 400),
    "a long name": b"notes: ${" + b"A" * (MIB - 400) + b"}",
    "many undefined": b"notes: " + numbered(b"${A%d:-}", MIB - 400),
}


def add_variables(name, text):
    @worst("manifest variables", f"1 MiB of {name}")
    def variables():
        write("app", b"app")
        write("product.yaml", b"schema: 1\nproduct: {name: worst}\nrelease:\n  version: 1\n  metadata_version: 1\n  ", text, b"\n", TARGETS)
        yield answers("", "build", "product.yaml", "-o", "out.swb", status=3)


for name, text in VARIABLES.items():
    add_variables(name, text)


@worst("manifest variables", "the largest value, asked for everywhere")
def amplified():
    write("app", b"app")
    write("product.yaml", PRODUCT, TARGETS, b"vars: {A: ", b"a" * (MIB // 2), b"}\nmeta: {",
          numbered(b"k%d: $${A}${A}${A}${A}${A}${A},", MIB // 3), b"}\n")
    yield refused(3, "product.yaml", "build", "product.yaml", "-o", "out.swb")


@worst("manifest variables", "as many as fit")
def many_variables():
    write("app", b"app")
    write("product.yaml", PRODUCT, TARGETS, b"vars: {", numbered(b"A%d: a,", MIB // 2), b"}\nmeta: {",
          b"x: \"", numbered(b"${A%d}", MIB // 3), b"\"}\n")
    yield answers("", "build", "product.yaml", "-o", "out.swb")


@worst("manifest variables", "-D of long and of many values")
def defines():
    write("app", b"app")
    write("product.yaml", PRODUCT, TARGETS)
    write("value", b"a" * MIB)
    yield refused(3, "", "build", "product.yaml", "-o", "out.swb", "-D", "A=@value")
    yield refused(3, "", "build", "product.yaml", "-o", "out.swb", "-D", "A=@/dev/zero")
    many = [word for i in range(20000) for word in ("-D", f"A{i}=a")]
    yield answers("", "build", "product.yaml", "-o", "out.swb", *many)


@worst("manifest includes", "64 files that each include all after them")
def diamond():
    write("app", b"app")
    for i in range(64):
        after = b",".join(b"%d.yaml" % j for j in range(i + 1, 64))
        write(f"{i}.yaml", b"include: [", after, b"]\n")
    write("product.yaml", PRODUCT, TARGETS, b"include: [0.yaml]\n")
    yield answers("", "build", "product.yaml", "-o", "out.swb", status=3)


@worst("manifest includes", "4 MiB of small keys in 15 files, one after another")
def chain():
    write("app", b"app")
    for i in range(14):
        next_one = b"include: [%d.yaml]\nmeta: {" % (i + 1)
        write(f"{i}.yaml", next_one, numbered(b"a%d: b,", 280 * KIB, i * 100000), b"}")
    write("14.yaml", b"meta: {a: b}\n")
    write("product.yaml", PRODUCT, TARGETS, b"include: [0.yaml]\n")
    yield refused(3, "keys and values", "build", "product.yaml", "-o", "out.swb")
    write("4.yaml", b"meta: {a: b}\n")
    yield answers("", "build", "product.yaml", "-o", "out.swb")


@worst("manifest includes", "a list of 200,000 files, and one of one file")
def many_includes():
    write("app", b"app")
    write("common.yaml", b"meta: {}")
    write("product.yaml", PRODUCT, TARGETS, b"include: [", numbered(b"%d,", MIB - 300), b"]\n")
    yield answers("", "build", "product.yaml", "-o", "out.swb", status=3)
    write("product.yaml", PRODUCT, TARGETS, b"include: [", repeated(b"common.yaml,", MIB - 300), b"]\n")
    yield answers("", "build", "product.yaml", "-o", "out.swb", status=3)
    write("product.yaml", PRODUCT, TARGETS, b"include: [product.yaml]\n")
    yield answers("", "build", "product.yaml", "-o", "out.swb", status=3)
    write("product.yaml", PRODUCT, TARGETS, b"include: [/dev/zero]\n")
    yield answers("", "build", "product.yaml", "-o", "out.swb", status=3)


def many_files(count, name):
    os.mkdir("many")
    for i in range(count):
        write(f"many/{name}{i:05}", b"")


@worst("glob", "stars over 9,998 names of 99 bytes")
def glob_stars():
    many_files(9998, "a" * 94)
    for pattern in ("many/" + "*a" * 46 + "*", "many/" + "*" * 250, "*a*a*a/*b", "many/" + "*a" * 46 + "b", "many/" + "?*" * 49, "many/" + "a*" * 40 + "b"):
        write("product.yaml", PRODUCT, b"targets:\n  - files: '", pattern.encode(), b"'\n")
        yield Run(("build", "product.yaml", "-o", "out.swb"), None)


@worst("glob", "a pattern of 1 MiB of stars")
def glob_long():
    many_files(10, "a" * 94)
    for pattern in (b"*" * (MIB - 400), repeated(b"*/", MIB - 400), repeated(b"*a", MIB - 400), repeated(b"**/", MIB - 400), b"many/" + repeated(b"*?", MIB - 400), repeated(b"many/../", MIB - 400) + b"many/*"):
        write("product.yaml", PRODUCT, b"targets:\n  - files: '", pattern, b"'\n")
        yield Run(("build", "product.yaml", "-o", "out.swb"), None)


@worst("glob", "1 MiB of patterns over a folder of 9,000 files")
def glob_many():
    many_files(9000, "a" * 94)
    write("many/b", b"")
    write("many/c", b"")
    os.mkdir("one")
    write("one/f", b"")
    for pattern, says in (
        (b"many/*b", "take too long"),
        (b"many/*[!a" + b"d" * 200 + b"]", "take too long"),
        (b"many/*", "over 18005 targets"),
        (b"one/" + b"../one/" * 30 + b"f", "take too long"),
        (b"*/f", "over 10002 targets"),
        (b"one/*", "over 10002 targets"),
    ):
        write("product.yaml", PRODUCT, b"targets:\n",
              numbered(b"- {name: 'n%d{name}', files: '" + pattern + b"'}\n", MIB - 200))
        yield refused(3, says, "build", "product.yaml", "-o", "out.swb")
        yield answers(says, "check", "product.yaml", status=1)


@worst("policy", "patterns without end for 6,800 targets")
def policy_rules():
    write("app", b"app")
    names = b"".join(b"  - {name: %s%04d, file: app}\n" % (b"a" * 96, i) for i in range(6800))
    write("product.yaml", PRODUCT, b"targets:\n", names)
    yield answers("", "build", "product.yaml", "-o", "out.swb")
    rules = b"schema: 1\nrules:\n"
    for pattern in b"*a" * 40 + b"*b", b"*" * 3000, b"a*" * 1000, b"?" * 90 + b"*" * 2000 + b"b":
        write("policy.yaml", rules, b"- {rule: max-size, target: '%s', size: 1}\n" % pattern * 250)
        yield Run(("check", "out.swb", "--policy", "policy.yaml"), None)
    write("policy.yaml", rules, b"- rule: allowed-names\n  names: [", numbered(b"'*b%d',", MIB - 300), b"]\n")
    yield refused(3, "take too long", "check", "out.swb", "--policy", "policy.yaml")
    for keys in numbered(b"a/%d,", MIB - 300), numbered(b"%08d,", MIB - 300, 10000000):
        write("policy.yaml", rules, b"- rule: forbidden-keys\n  keys: [", keys, b"]\n")
        yield Run(("check", "out.swb", "--policy", "policy.yaml"), None)
    write("policy.yaml", rules, b"- {rule: version-above, bundle: out.swb}\n" * 250)
    yield Run(("check", "out.swb", "--policy", "policy.yaml"), None)
