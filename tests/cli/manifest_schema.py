# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of product manifests against the parser.

    manifest_schema.py SCHEMA TOOL TESTDATA     in an empty folder

What the parser accepts, the schema accepts, whichever YAML an editor speaks; what a schema can see
of what the parser refuses, it refuses."""

import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

SCHEMA = json.loads(pathlib.Path(sys.argv[1]).read_text())
TOOL = sys.argv[2]
MANIFESTS = pathlib.Path(sys.argv[3]) / "manifests"

# What the parser refuses that only a reader of the bytes, or of several keys at once, can see.
BEYOND = {"duplicate-key.yaml", "twin-targets.yaml", "undefined-variable.yaml",
          "include-self.yaml", "include-missing.yaml", "one-name-for-all.yaml"}


class Yaml11(yaml.SafeLoader):
    """YAML 1.1, where NO is false and 12:30:45 a number; a time is a string, as in JSON."""


Yaml11.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if not tag.endswith((":timestamp", ":merge"))]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()}


class Yaml12(yaml.SafeLoader):
    """The core schema of YAML 1.2."""


def construct_int(loader, node):
    return int(loader.construct_scalar(node), 0 if "x" in node.value or "o" in node.value else 10)


def construct_float(loader, node):
    return float(loader.construct_scalar(node).replace(".inf", "inf").replace(".nan", "nan"))


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ("null", r"(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ("bool", r"(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
        ("int", r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
        ("float", r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan)$",
         list("-+.0123456789"))):
    Yaml12.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)
Yaml12.add_constructor("tag:yaml.org,2002:int", construct_int)
Yaml12.add_constructor("tag:yaml.org,2002:float", construct_float)

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
failures = 0


def check(name, reasons):
    global failures
    failures += bool(reasons)
    print("not ok -" if reasons else "ok -", name)
    for reason in reasons:
        print("#", reason)


def faults_of(text):
    """For each YAML, the first fault that the schema finds, or None."""
    found = []
    for loader in (Yaml11, Yaml12):
        fault = next(VALIDATOR.iter_errors(yaml.load(text, loader)), None)
        found.append(fault and f"{loader.__name__}: {fault.json_path}: {fault.message[:200]}")
    return found


def parser_refuses(text):
    """Whether the program refuses this file for what stands in it."""
    pathlib.Path("p.yaml").write_text(text)
    run = subprocess.run([TOOL, "build", "--dry-run", "--json", "-o", "out.swb", "p.yaml"],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return False
    error = json.loads(run.stderr.splitlines()[-1])["error"]
    return error.get("file") == "p.yaml" and error["code"] in (
        "manifest-syntax", "manifest-key", "manifest-value", "variable")


# ---- the manifests of testdata --------------------------------------------------------------------

jsonschema.Draft202012Validator.check_schema(SCHEMA)
good = sorted(MANIFESTS.glob("good/**/*.yaml"))
check("the schema accepts every good manifest",
      [f"{path}: {fault}" for path in good for fault in faults_of(path.read_text()) if fault]
      + ([] if len(good) >= 6 else [f"found only {len(good)}"]))

reasons = []
seen = 0
for line in (MANIFESTS / "bad/INDEX").read_text().splitlines():
    name, code = line.split()[:2]
    if line.startswith("#") or code == "manifest-syntax" or name in BEYOND:
        continue
    seen += 1
    reasons += [f"{name} passed" for fault in faults_of((MANIFESTS / "bad" / name).read_text())
                if fault is None]
check("the schema refuses every bad manifest whose fault it can see",
      reasons + ([] if seen >= 6 else [f"found only {seen}"]))

# ---- each key of the table with each value ---------------------------------------------------------

HEX = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
VALUES = [
    "x", "'x y'", "''", "'1'", "1", "0", "-1", "010", "1.10", "1e3", "0x10", ".inf", "1_000",
    "4294967295", "4294967296", "9223372036854775808", "18446744073709551615",
    "yes", "NO", "true", "True", "'true'", "false", "~", "null", "'null'", "'~'", "",
    "2027-11-23", "2027-11-23T00:00:00Z", "'2027-11-23'", "2027-11-23T00:00:00+01:00", "12:30:45",
    "512KiB", "64 MiB", "'512 B'", "1KB", "'${V}'", "'${U:-1}'", "'a${V}'", "'$$'", "$$5",
    HEX, HEX.upper(), "1" * 64, "1" * 30 + "e" + "1" * 33, HEX[:-1],
    "[]", "[x]", "[1, yes, 2.50]", "['${V}']", "[~]", "[[x]]", "['exec:x']", "{}", "{a: b}",
    "{a: [1, {b: ~}]}", "{A: '', B: ~, C: 1, D: no}", "{1A: x}", "'exec:x'", "./exec:x", "a:b",
    "tar", "pigweed", "generic", "none", "gzip", "xz", "zstd", "cyclonedx", "spdx",
    "'{name}'", "'{stem}-x'", "\"a\\tb\"", "[{file: a}]", "[{files: a, name: '{stem}'}]", "[{file: a, name: b, type: no}]",
]


def render(value):
    """A map of maps and YAML snippets, as YAML of one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {render(item)}" for key, item in value.items()) + "}"
    return value


def base():
    return {"schema": "1", "product": {"name": "w"}, "vars": {"V": "'1'"},
            "release": {"version": "1", "metadata_version": "1"}, "targets": "[{file: a}]"}


def leaves(schema, path=()):
    for key, item in schema["properties"].items():
        value = item["anyOf"][1]
        if value.get("type") == "object" and "properties" in value:
            yield from leaves(value, path + (key,))
        elif value.get("type") == "array" and "properties" in value["items"]:
            yield path + (key,)
            for below in value["items"]["properties"]:
                yield path + (key, below)
        else:
            yield path + (key,)


def with_value(path, value):
    document = base()
    if path[0] == "targets" and len(path) == 2:
        target = {"file": "a"} if path[1] != "files" else {"name": "'{stem}'"}
        document["targets"] = "[" + render(target | {path[1]: value}) + "]"
        return render(document)
    if path[0] == "sbom":
        document["sbom"] = {"file": "a"}
    place = document
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = value
    return render(document)


def schema_at(path):
    schema = SCHEMA
    for key in path:
        schema = schema.get("items", schema)["properties"][key]["anyOf"][1]
    return json.dumps(schema)


pathlib.Path("a").write_text("x\n")
tried = set()
for path in leaves(SCHEMA):
    # What is described in the same way is tried with fewer values.
    values = VALUES[::5] if schema_at(path) in tried else VALUES
    tried.add(schema_at(path))
    reasons = []
    verdicts = {True: 0, False: 0}
    for value in values:
        text = with_value(path, value)
        if path == ("vars",):
            text = text.replace("${V}", "x")
        refused = parser_refuses(text)
        faults = faults_of(text)
        if not refused:
            reasons += [f"{value} is a false alarm: {fault}" for fault in faults if fault]
        else:
            verdicts[all(faults)] += 1
    if verdicts[True] == 0:
        reasons.append("the schema refuses nothing")
    check(f"{'.'.join(path)}: no false alarm; {verdicts[True]} of {sum(verdicts.values())} values "
          "that are wrong are seen", reasons)

# ---- keys together -----------------------------------------------------------------------------------

REFUSED = [
    ("targets", "[{}]"), ("targets", "[{name: x}]"), ("targets", "[{file: ~}]"),
    ("targets", "[{file: a, files: b}]"), ("targets", "[{files: a, sha256: " + HEX + "}]"),
    ("targets", "[]"), ("targets", "~"), ("targets", "[a]"), ("targets", "[{file: a, x: y}]"),
    ("product", "{}"), ("product", "{vendor: x}"), ("product", "{name: ~}"), ("product", "~"),
    ("release", "{version: 1}"), ("release", "{metadata_version: 1}"), ("sbom", "{}"),
    ("sbom", "{format: spdx}"), ("bundle", "{formt: tar}"), ("signing", "{key: a}"),
    ("requires", "{x: y}"), ("nothing", "x"), ("schema", "2"), ("include", "[" + "a," * 65 + "]"),
]
ACCEPTED = [
    ("targets", "[{file: a, files: ~}]"), ("targets", "[{file: ~, files: a, name: '{name}'}]"),
    ("targets", "[{files: a, name: '{name}.x', sha256: ~}]"), ("sbom", "~"), ("sbom", "{file: a, format: ~}"),
    ("bundle", "~"), ("signing", "{keys: ~, root: }"), ("include", "~"), ("include", "[a, b]"),
]
reasons = []
for key, value in REFUSED:
    text = render(base() | {key: value})
    refused = parser_refuses(text) or (key == "include")
    if not refused or not all(faults_of(text)):
        reasons.append(f"{key}: {value}: parser {refused}, schema {faults_of(text)}")
for key, value in ACCEPTED:
    text = render(base() | {key: value})
    if parser_refuses(text) or any(faults_of(text)):
        reasons.append(f"{key}: {value}: {faults_of(text)}")
for missing in ("product", "release", "targets"):
    text = render({key: value for key, value in base().items() if key != missing})
    if not parser_refuses(text) or not all(faults_of(text)):
        reasons.append(f"without {missing}: {faults_of(text)}")
check("keys that go together, and those that do not", reasons)

# ---- a file that is one of several --------------------------------------------------------------------

reasons = []
for text in ("targets: [{file: a}]\n", "{}\n", "product: {vendor: x}\nsbom: {format: spdx}\n",
             "schema: 1\ninclude: [b.yaml]\n", "schema: 1\ninclude: [b.yaml]\ntargets: []\n",
             "include: [b.yaml]\nproduct: ~\nrelease: {version: 1}\n"):
    reasons += [f"{text!r}: {fault}" for fault in faults_of(text) if fault]
check("what another file may hold is not missed", reasons)

sys.exit(failures > 0)
