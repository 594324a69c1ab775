# SPDX-License-Identifier: Apache-2.0
"""Holds what the program prints as JSON against the schemas in schemas/.

    schemas.py runs FOLDER       runs that lib.sh kept: FOLDER/N/{command,out,err}
    schemas.py files NAME FILE   FILE is a document of schemas/NAME.schema.json, or a line each
    schemas.py check             the schemas themselves
    schemas.py spoil FOLDER      the same runs, with each document spoiled: every one must be refused

A fault is a line on standard output, and exit status 1.
"""

import copy
import json
import os
import pathlib
import sys
import warnings

# The resolver, which later versions have another one for, is what Debian 12 has.
warnings.simplefilter("ignore", DeprecationWarning)
import jsonschema  # noqa: E402

FOLDER = pathlib.Path(os.environ["T_SOURCE"]).resolve() / "schemas"
SUFFIX = ".schema.json"
GROUPS = ("key", "root")
# Members whose content the schemas leave to others.
OPEN = ("user_manifest", "meta", "value", "sbom")


class Schemas:
    """All of them, and a validator for each that is asked for."""

    def __init__(self):
        self.store = {
            path.as_uri(): json.loads(path.read_text("utf-8"))
            for path in FOLDER.glob("*" + SUFFIX)
        }
        self.validators = {}

    def validator(self, name):
        if name not in self.validators:
            uri = (FOLDER / (name + SUFFIX)).as_uri()
            if uri not in self.store:
                return None
            resolver = jsonschema.RefResolver(uri, self.store[uri], store=self.store)
            self.validators[name] = jsonschema.Draft202012Validator(
                self.store[uri], resolver=resolver
            )
        return self.validators[name]

    def faults(self, name, document):
        validator = self.validator(name)
        if validator is None:
            return [f"there is no schemas/{name}{SUFFIX}"]
        error = jsonschema.exceptions.best_match(validator.iter_errors(document))
        if error is None:
            return []
        place = "/".join(map(str, error.absolute_path))
        return [f"{name}{SUFFIX}: at '{place}': {error.message[:300]}"]


def schema_of(words):
    """The schema's name for a command line: its command is the first word or two."""
    return "-".join(words[:2]) if words[0] in GROUPS else words[0]


def parse_lines(path):
    """The lines of a file that are objects, each with the name of its schema: its one member."""
    for line in path.read_text("utf-8", "replace").splitlines():
        if line.startswith("{"):
            document = json.loads(line)
            yield next(iter(document)), document


def documents(folder):
    """(command line, schema, document) of all that was kept."""
    for run in sorted(pathlib.Path(folder).iterdir(), key=lambda path: int(path.name)):
        words = (run / "command").read_bytes().decode("utf-8", "replace").split("\0")[:-1]
        shown = " ".join(words)
        text = (run / "out").read_bytes()
        if text:
            yield shown, schema_of(words), json.loads(text)
        for name, document in parse_lines(run / "err"):
            yield shown, name, document


def check_runs(schemas, folder):
    for shown, name, document in documents(folder):
        for fault in schemas.faults(name, document):
            yield f"{shown}: {fault}"


def check_files(schemas, name, path):
    text = pathlib.Path(path).read_text("utf-8")
    try:
        found = [json.loads(text)]
    except ValueError:
        found = [json.loads(line) for line in text.splitlines()]
    for document in found:
        for fault in schemas.faults(name, document):
            yield f"{path}: {fault}"


# ---- the schemas themselves ----------------------------------------------------------------------


def walk(value, place=""):
    """All objects in a value, with the way to each."""
    if isinstance(value, dict):
        yield place, value
        for name, member in value.items():
            yield from walk(member, f"{place}/{name}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from walk(item, f"{place}/{i}")


def check_schema(uri, schema, store):
    jsonschema.Draft202012Validator.check_schema(schema)
    resolver = jsonschema.RefResolver(uri, schema, store=store)
    for place, part in walk(schema):
        if isinstance(part.get("$ref"), str):
            resolver.resolve(part["$ref"])
        if isinstance(part.get("properties"), dict) and part.get("type") == "object":
            if "additionalProperties" not in part:
                yield f"{place}: other members are not refused"
        required = part.get("required")
        if isinstance(required, list) and isinstance(part.get("properties"), dict):
            for name in set(required) - set(part["properties"]):
                yield f"{place}: it asks for '{name}', which it does not know"


def check_schemas(schemas):
    used = set()
    for uri, schema in schemas.store.items():
        name = uri.rsplit("/", 1)[1]
        for fault in check_schema(uri, schema, schemas.store):
            yield f"{name}: {fault}"
        for _, part in walk(schema):
            reference = part.get("$ref")
            if isinstance(reference, str):
                file, _, place = reference.partition("#")
                used.add((file or name) + "#" + place)
    for uri, schema in schemas.store.items():
        for definition in schema.get("$defs", {}):
            where = uri.rsplit("/", 1)[1] + "#/$defs/" + definition
            if where not in used:
                yield f"{where}: nothing uses it"


# ---- spoiled documents ---------------------------------------------------------------------------


def is_open(place):
    return any(name in place.split("/") for name in OPEN)


def spoiled(document):
    """Copies with one fault each: a member too many, a member of another type."""
    for place, _ in walk(document):
        if is_open(place):
            continue
        other = copy.deepcopy(document)
        part = dict(walk(other))[place]
        part["a member of no schema"] = 1
        yield f"{place or '/'} with a member too many", other
        del part["a member of no schema"]
        for name, value in part.items():
            if name in OPEN:
                continue
            part[name] = {"of another type": True}
            yield f"{place}/{name} as an object", copy.deepcopy(other)
            part[name] = value


def check_spoiled(schemas, folder):
    """Of each schema some documents, of each list two items: there are thousands alike."""
    seen = {}
    for shown, name, document in documents(folder):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 3:
            continue
        for place, part in list(walk(document)):
            for member, value in part.items():
                if isinstance(value, list):
                    part[member] = value[:2]
        for what, other in spoiled(document):
            if not schemas.faults(name, other):
                yield f"{shown}: {name}{SUFFIX} takes {what}"


def main(what, *arguments):
    checks = {
        "runs": check_runs,
        "files": check_files,
        "check": check_schemas,
        "spoil": check_spoiled,
    }
    faults = list(checks[what](Schemas(), *arguments))
    print("\n".join(faults[:20]), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
