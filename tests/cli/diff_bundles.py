# SPDX-License-Identifier: Apache-2.0
"""What diff tells of two forged files, in each pair of containers: as JSON, as text and as Markdown."""

import random
import re

from forge import *
from judging import *

ROOT2, TARGETS2, ED1 = key("root2"), key("targets2"), key("ed25519-1")
ROOT = signed(root_metadata(), ROOT1)
BASE = Bundle(root=ROOT)
FIELDS = ("user_manifest", "targets_metadata", "root")
LISTS = ("changed", "renamed", "added", "removed")
PAIRS = [(a, b) for a in KINDS for b in KINDS]


def hexed(key_of):
    return key_of.id.hex()


# ---- running -----------------------------------------------------------------------------------


def counted(document):
    """How many differences the document tells."""
    total = sum(len(document.get(section, {}).get("fields", [])) for section in FIELDS)
    targets = document.get("targets", {})
    total += sum(len(targets.get(name, [])) for name in LISTS)
    total += bool(targets.get("reordered"))
    total += sum(one.get("a", True) != one.get("b", True) for one in targets.get("left_out", []))
    total += len(document["root"]["keys"])
    return total + sum(one.get("a") != one.get("b") for one in document["signatures"])


def is_safe_markdown(run):
    """Outside of code there is nothing but the words, rules and numbers of the report itself."""
    text = run.out.decode()
    columns = 0
    for line in text.splitlines():
        bare = re.sub(r"<code>(?:[^\x00-\x7f]|[A-Za-z0-9 ]|&#\d+;)*</code>|`[^`|\\<>&]+`", "", line)
        run.check(re.fullmatch(r"[A-Za-z0-9 .,:;|*#()+_-]*", bare), f"markup in '{line}'")
        if not bare.startswith("|"):
            columns = 0
            continue
        run.check(columns in (0, bare.count("|")), f"the row has other columns: '{line}'")
        columns = bare.count("|")


def run_diff(folder, a="a", b="b", options=()):
    """The document; text, Markdown, -v and the way back agree with it."""
    before = tree(folder)
    run = Run(["diff", "--json", a, b, *options], folder)
    run.check(run.status in (0, 1) and run.err == b"", "expected an answer")
    document = json.loads(run.out)
    run.check(document["same"] == (run.status == 0), "same is not what the exit status says")
    run.check(document["differences"] == counted(document), "the differences are miscounted")
    run.check(document["same"] == (document["differences"] == 0), "the same, with differences")
    run.check(document["authenticated"] is False, "authenticated")

    total = f"\n{document['differences']} difference"
    end = "\nthey do not differ\n" if document["same"] else total
    for more in ((), ("-v",)):
        text = Run(["diff", a, b, *options, *more], folder).exits(run.status).has_nothing_to_hide()
        shown = text.out.decode()
        text.check(end in shown and "nothing was authenticated" in shown.splitlines()[0], "the frame")
        for line in shown.splitlines() if not more else ():
            text.check(len(line) <= 80, f"'{line}' is too wide")
    quiet = Run(["diff", "-q", a, b, *options], folder).exits(run.status)
    quiet.check((quiet.out == b"") == document["same"], "-q")
    page = Run(["diff", "--markdown", a, b, *options], folder).exits(run.status)
    is_safe_markdown(page.has_nothing_to_hide())

    back = json.loads(Run(["diff", "--json", b, a, *options], folder).exits(run.status).out)
    run.check(back["differences"] == document["differences"], "the way back is another")
    run.check(tree(folder) == before, "diff wrote something")
    return document


def changes(document):
    """What differs, in short: {section: …}, without what is the same."""
    out = {}
    for section in FIELDS:
        fields = document.get(section, {}).get("fields")
        if fields:
            out[section] = {one["path"]: (one.get("a"), one.get("b")) for one in fields}
    targets = document.get("targets", {})
    out.update({name: targets[name] for name in (*LISTS, "left_out") if targets.get(name)})
    if targets.get("reordered"):
        out["reordered"] = True
    if document["root"]["keys"]:
        out["keys"] = [(one["change"], one["role"], one["key_id"]) for one in document["root"]["keys"]]
    signatures = [one for one in document["signatures"] if one.get("a") != one.get("b")]
    if signatures:
        out["signatures"] = [(s["role"], s["key_id"], s.get("a"), s.get("b")) for s in signatures]
    return out


def differ(name, a, b, expected, notes=0):
    """In every pair of containers, the same differences."""
    for kind_a, kind_b in PAIRS:
        with case(f"{name}: {kind_a}, {kind_b}"):
            with files(a=getattr(a, kind_a)(), b=getattr(b, kind_b)()) as folder:
                document = run_diff(folder)
                found = changes(document)
                check(found == expected, f"found {found}\nexpected {expected}")
                count = len(document["notes"])
                check(count == notes + (kind_a != kind_b), f"notes: {document['notes']}")
                check(document["a"]["container"] == {"tar": "tar", "pb": "pigweed"}[kind_a], "container")


def payload(content):
    return {"length": len(content), "sha256": sha256(content).hex()}


def changed(name, a, b, first):
    return {
        "name": name,
        "a": payload(a),
        "b": payload(b),
        "delta": len(b) - len(a),
        "first_difference": first,
    }


def with_payloads(*payloads, **metadata):
    return Bundle(root=ROOT, payloads=payloads, **metadata)


# ---- the same ----------------------------------------------------------------------------------

differ("the same", BASE, BASE, {})
differ("no root, no signature", Bundle(targets=envelope(targets_metadata(PAYLOADS), [])),
       Bundle(targets=envelope(targets_metadata(PAYLOADS), [])), {})

# The signature of P-256 is random: the same statement, made twice.
raw_signature.cache_clear()
differ("signed anew by the same key", BASE, Bundle(root=ROOT), {}, notes=1)

# ---- payloads ----------------------------------------------------------------------------------

OLD = bytes(range(256)) * 2400  # beyond two chunks of reading


def altered(at):
    new = bytearray(OLD)
    new[at] ^= 1
    return bytes(new)


CHUNK = 256 * 1024
for at in (0, 1, len(OLD) // 2, CHUNK - 1, CHUNK, 2 * CHUNK, len(OLD) - 1):
    differ(f"a byte at {at}", with_payloads((b"app", OLD)), with_payloads((b"app", altered(at))),
           {"changed": [changed("app", OLD, altered(at), at)]})
differ("longer", with_payloads((b"app", OLD)), with_payloads((b"app", OLD + b"x")),
       {"changed": [changed("app", OLD, OLD + b"x", len(OLD))]})
differ("shorter", with_payloads((b"app", OLD)), with_payloads((b"app", OLD[:CHUNK])),
       {"changed": [changed("app", OLD, OLD[:CHUNK], CHUNK)]})
differ("empty, then not", with_payloads((b"app", b"")), with_payloads((b"app", b"x")),
       {"changed": [changed("app", b"", b"x", 0)]})
differ("one changed among many", with_payloads((b"a", OLD), (b"b", b"12345"), (b"c", b"x")),
       with_payloads((b"a", OLD), (b"b", b"12x45"), (b"c", b"x")),
       {"changed": [changed("b", b"12345", b"12x45", 2)]})

# ---- names -------------------------------------------------------------------------------------


def one(name, content):
    return {"name": name, **payload(content)}


def renamed(a, b, content):
    return {"a": a, "b": b, **payload(content)}


differ("added", with_payloads((b"a", b"1")), with_payloads((b"a", b"1"), (b"b", b"2")),
       {"added": [one("b", b"2")]})
differ("removed", with_payloads((b"a", b"1"), (b"b", b"2")), with_payloads((b"b", b"2")),
       {"removed": [one("a", b"1")]})
differ("renamed", with_payloads((b"a", b"1"), (b"b", b"2")), with_payloads((b"z", b"1"), (b"b", b"2")),
       {"renamed": [renamed("a", "z", b"1")]})
differ("two of the same contents renamed",
       with_payloads((b"a", b"1"), (b"b", b"1")), with_payloads((b"y", b"1"), (b"x", b"1")),
       {"renamed": [renamed("a", "y", b"1"), renamed("b", "x", b"1")]})
differ("one of two with the same contents came",
       with_payloads((b"a", b"1"), (b"c", b"2")), with_payloads((b"y", b"1"), (b"x", b"1"), (b"c", b"2")),
       {"renamed": [renamed("a", "y", b"1")], "added": [one("x", b"1")]})
differ("contents that changed places are changes",
       with_payloads((b"a", b"1"), (b"b", b"2")), with_payloads((b"a", b"2"), (b"b", b"1")),
       {"changed": [changed("a", b"1", b"2", 0), changed("b", b"2", b"1", 0)]})
differ("the order", with_payloads((b"a", b"1"), (b"b", b"2")), with_payloads((b"b", b"2"), (b"a", b"1")),
       {"reordered": True})
differ("an addition in front is no other order",
       with_payloads((b"a", b"1"), (b"b", b"2")), with_payloads((b"c", b"3"), (b"a", b"1"), (b"b", b"2")),
       {"added": [one("c", b"3")]})


def expected_of(a, b):
    """By another way: partners by name, then by contents in their order."""
    old, new = dict(a), dict(b)
    partner = {name: name for name in new if name in old}
    for name, content in b:
        if name not in old:
            free = [n for n, c in a if n not in new and c == content and n not in partner.values()]
            if free:
                partner[name] = free[0]
    out = {name: [] for name in LISTS}
    for name, content in b:
        was = partner.get(name)
        if was is None:
            out["added"].append(one(name.decode(), content))
        elif old[was] != content:
            both = min(len(old[was]), len(content))
            first = next((i for i in range(both) if old[was][i] != content[i]), both)
            out["changed"].append(changed(name.decode(), old[was], content, first))
        elif was != name:
            out["renamed"].append(renamed(was.decode(), name.decode(), content))
    out["removed"] = [one(n.decode(), c) for n, c in a if n not in partner.values()]
    out = {name: found for name, found in out.items() if found}
    places = [[n for n, _ in a].index(partner[n]) for n, _ in b if n in partner]
    if places != sorted(places):
        out["reordered"] = True
    return out


def some_payloads(chance):
    names = chance.sample([b"a", b"b", b"c", b"d", b"e", b"f", b"g/h"], chance.randint(1, 6))
    return [(n, chance.choice([b"", b"1", b"12", b"2", b"122"]) * chance.choice([1, 1, 400])) for n in names]


for seed in range(25):
    chance = random.Random(seed)
    first, second = some_payloads(chance), some_payloads(chance)
    kind_a, kind_b = PAIRS[seed % 4]
    with case(f"random bundles {seed}: {kind_a}, {kind_b}"):
        a, b = (Bundle(targets=envelope(targets_metadata(p), []), payloads=p) for p in (first, second))
        with files(a=getattr(a, kind_a)(), b=getattr(b, kind_b)()) as folder:
            found, wanted = changes(run_diff(folder)), expected_of(first, second)
            check(found == wanted, f"{first}\n{second}\nfound {found}\nexpected {wanted}")

# ---- left out ----------------------------------------------------------------------------------

PARTIAL = BASE.but(payloads=PAYLOADS[1:])
differ("a payload is left out", BASE, PARTIAL, {"left_out": [{"name": "app", "a": True, "b": False}]})
with case("left out of both is no difference"):
    with files(a=PARTIAL.tar(), b=PARTIAL.pb()) as folder:
        document = run_diff(folder)
        check(document["same"], "they differ")
        check(document["targets"]["left_out"] == [{"name": "app", "a": False, "b": False}], "left_out")
OTHER = with_payloads((b"app", b"other"), PAYLOADS[1])
differ("a changed payload is left out", BASE, OTHER.but(payloads=PAYLOADS[1:]),
       {"changed": [changed("app", PAYLOADS[0][1], b"other", None)],
        "left_out": [{"name": "app", "a": True, "b": False}]})

# ---- the targets metadata ----------------------------------------------------------------------


def metadata(**said):
    return Bundle(root=ROOT, **said)


differ("version", metadata(version=1), metadata(version=7), {"targets_metadata": {"version": (1, 7)}})
differ("expires comes", metadata(), metadata(expires=1900000000),
       {"targets_metadata": {"expires": (None, "2030-03-17T17:46:40Z")}})
differ("expires in parts of a second", metadata(expires=timestamp(1900000000)),
       metadata(expires=timestamp(1900000000, 5)), {"targets_metadata": {"expires_nanos": (None, 5)}})
differ("spec version", metadata(), metadata(head=common(b"targets", 1, spec=b"0.0.2")),
       {"targets_metadata": {"spec_version": ("0.0.1", "0.0.2")}})


def unknown(count, fields):
    return {"count": count, "sha256": sha256(fields).hex()}


MESSAGE = b"TargetsMetadata\0"
differ("an unknown field comes", metadata(), metadata(extra=num(9, 1)),
       {"targets_metadata": {"unknown_fields.count": (None, 1),
                             "unknown_fields.sha256": (None, sha256(MESSAGE + num(9, 1)).hex())}})
differ("an unknown field has another value, and the version", metadata(extra=num(9, 1)),
       metadata(extra=num(9, 2), version=2),
       {"targets_metadata": {"version": (1, 2), "unknown_fields.sha256":
        (sha256(MESSAGE + num(9, 1)).hex(), sha256(MESSAGE + num(9, 2)).hex())}})
HASHES = [hash_message(sha256(b"1")), hash_message(b"other", function=0)]
differ("another hash", with_payloads((b"a", b"1")),
       with_payloads((b"a", b"1"), files=[target_file(b"a", b"1", hashes=HASHES)]),
       {"targets_metadata": {"other_hashes.a": (None, 1)}})
PLAIN = targets_metadata(PAYLOADS)
TURNED = b"".join(data(2, target_file(*p)) for p in PAYLOADS) + data(1, common(b"targets", 1))
differ("other bytes that say the same", Bundle(targets=envelope(PLAIN, [])),
       Bundle(targets=envelope(TURNED, [])),
       {"targets_metadata": {"sha256": (sha256(PLAIN).hex(), sha256(TURNED).hex())}})

# ---- user_manifest -----------------------------------------------------------------------------


def manifest(value, *payloads):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return with_payloads((b"user_manifest", content), *payloads)


def fields(name, a, b, expected, more=None, notes=0):
    """Two user_manifests, and nothing else that differs but their bytes."""
    first, second = manifest(a, (b"app", b"1")), manifest(b, (b"app", b"1"))
    for kind_a, kind_b in PAIRS:
        with case(f"user_manifest: {name}: {kind_a}, {kind_b}"):
            with files(a=getattr(first, kind_a)(), b=getattr(second, kind_b)()) as folder:
                document = run_diff(folder)
                found = changes(document)
                check(found.get("user_manifest", {}) == expected, f"found {found}\nexpected {expected}")
                check(len(document["notes"]) == notes + (kind_a != kind_b), f"{document['notes']}")
                check([c["name"] for c in found["changed"]] == ["user_manifest"], "changed")
                check(set(found) <= {"user_manifest", "changed"}, f"found {found}")


OURS = {"schema": 1, "product": {"name": "widget"}, "release": {"version": "1"}}
fields("a text", OURS, {**OURS, "release": {"version": "2"}}, {"release.version": ("1", "2")})
fields("comes and goes", OURS, {**OURS, "product": {"vendor": "Acme"}},
       {"product.name": ("widget", None), "product.vendor": (None, "Acme")})
fields("a whole map comes", OURS, {**OURS, "requires": {"min_version": "1", "x": {"y": 2}}},
       {"requires.min_version": (None, "1"), "requires.x.y": (None, 2)})
fields("a list", {**OURS, "meta": {"l": ["a"]}}, {**OURS, "meta": {"l": ["b", "a"]}},
       {"meta.l": (["a"], ["b", "a"])})
fields("a number that was a text", {**OURS, "meta": {"n": "1"}}, {**OURS, "meta": {"n": 1}},
       {"meta.n": ("1", 1)})
fields("null, empty and absent are three", {**OURS, "meta": {"n": None, "e": {}}},
       {**OURS, "meta": {"n": ""}}, {"meta.n": (None, ""), "meta.e": ({}, None)})
fields("names that need quotes", OURS, {**OURS, "meta": {"a.b": 1, 'q"\\': 2, "": 3}},
       {'meta["a.b"]': (None, 1), 'meta["q\\"\\\\"]': (None, 2), 'meta[""]': (None, 3)})
fields("of a target", {**OURS, "targets": {"app": {"slot": "a", "type": "raw"}}},
       {**OURS, "targets": {"app": {"slot": "b", "type": "raw", "meta": {"k": "v"}}}},
       {"targets.app.slot": ("a", "b"), "targets.app.meta.k": (None, "v")})
fields("of a target that the metadata does not list", OURS,
       {**OURS, "targets": {"ghost": {"slot": "b"}}}, {"targets.ghost.slot": (None, "b")})
fields("targets that are no map", OURS, {**OURS, "targets": [1]}, {"targets": (None, [1])})
fields("deep", {**OURS, "meta": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}},
       {**OURS, "meta": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 2}}}}}}}}},
       {"meta.a.b.c.d.e.f.g": ({"h": 1}, {"h": 2})})
fields("a long name", OURS, {**OURS, "meta": {"n" * 200: 1}}, {"meta": (None, {"n" * 200: 1})})
fields("blanks only", json.dumps(OURS).encode(), json.dumps(OURS, indent=1).encode(), {})
fields("foreign", OURS, b"version 2\n", {"product.name": ("widget", None), "release.version": ("1", None),
                                         "schema": (1, None)}, notes=1)
fields("both foreign", b"version 1\n", b"version 2\n", {}, notes=2)

with case("user_manifest: what is said of targets that come, go and get another name"):
    old = manifest({**OURS, "targets": {"a": {"slot": "s"}, "gone": {"type": "raw"}}},
                   (b"a", b"1"), (b"gone", b"2"))
    new = manifest({**OURS, "targets": {"b": {"slot": "t"}, "new": {"type": "elf"}}},
                   (b"b", b"1"), (b"new", b"3"))
    with files(a=old.tar(), b=new.pb()) as folder:
        found = changes(run_diff(folder))
        check(found["user_manifest"] == {"targets.b.slot": ("s", "t")}, f"{found['user_manifest']}")
        check(found["added"] == [{**one("new", b"3"), "details": {"type": "elf"}}], f"{found['added']}")
        check(found["removed"] == [{**one("gone", b"2"), "details": {"type": "raw"}}], f"{found}")

# ---- roots -------------------------------------------------------------------------------------


def roots(name, a, b, expected, signers=((ROOT1,), (ROOT1,))):
    """Two roots in files of their own; and in bundles, which tell the same of them."""
    first, second = signed(a, *signers[0]), signed(b, *signers[1])
    with case(f"root: {name}"):
        with files(a=first, b=second) as folder:
            document = run_diff(folder)
            check(document["kind"] == "root" and "targets" not in document, "the kind")
            found = changes(document)
            check(found == expected, f"found {found}\nexpected {expected}")
    with case(f"root: {name}: in bundles"):
        with files(a=Bundle(root=first).tar(), b=Bundle(root=second).pb()) as folder:
            found = changes(run_diff(folder))
            of_root = [s for s in found.pop("signatures", []) if s[0] == "root"]
            check({**found, **({"signatures": of_root} if of_root else {})} == expected, f"found {found}")


R = root_metadata
roots("the same", R(), R(), {})
roots("version", R(), R(version=2), {"root": {"version": (1, 2)}})
roots("expires goes", R(expires=1900000000), R(), {"root": {"expires": ("2030-03-17T17:46:40Z", None)}})
roots("a targets key comes", R(), R(targets=(TARGETS1, TARGETS2)),
      {"keys": [("added", "targets", hexed(TARGETS2))]})
roots("the targets key changes", R(), R(targets=(TARGETS2,)),
      {"keys": [("removed", "targets", hexed(TARGETS1)), ("added", "targets", hexed(TARGETS2))]})
roots("a root key comes, with a threshold", R(), R(root=(ROOT1, ROOT2), root_threshold=2),
      {"root": {"root.threshold": (1, 2)}, "keys": [("added", "root", hexed(ROOT2))]})
roots("the targets threshold", R(targets=(TARGETS1, TARGETS2)),
      R(targets=(TARGETS1, TARGETS2), targets_threshold=2), {"root": {"targets.threshold": (1, 2)}})
roots("a key that no role lists", R(), R(keys=[ROOT1, TARGETS1, ED1]),
      {"keys": [("added", "none", hexed(ED1))]})
roots("a key changes its role", R(keys=[ROOT1, TARGETS1, ED1]), R(targets=(TARGETS1, ED1)),
      {"keys": [("added", "targets", hexed(ED1)), ("removed", "none", hexed(ED1))]})
roots("consistent snapshot", R(), R(extra=num(2, 1)), {"root": {"consistent_snapshot": (None, True)}})
roots("a role that is carried", R(), R(extra=data(5, requirement([ROOT1.id], 1))),
      {"root": {"timestamp_role": (None, True)}})
roots("a role that is carried says something else", R(extra=data(5, requirement([ROOT1.id], 1))),
      R(extra=data(5, requirement([ROOT1.id], 2))),
      {"root": {"sha256": tuple(sha256(R(extra=data(5, requirement([ROOT1.id], n)))).hex() for n in (1, 2))}})
roots("an unknown field", R(), R(extra=num(9, 1)),
      {"root": {"unknown_fields.count": (None, 1),
                "unknown_fields.sha256": (None, sha256(b"RootMetadata\0" + num(9, 1)).hex())}})
roots("signed by another one", R(root=(ROOT1, ROOT2)), R(root=(ROOT1, ROOT2)),
      {"signatures": [("root", hexed(ROOT2), None, "good")]}, signers=((ROOT1,), (ROOT1, ROOT2)))
roots("by a key that the root does not list", R(), R(),
      {"signatures": [("root", hexed(ED1), "unknown-key", None)]}, signers=((ROOT1, ED1), (ROOT1,)))

KEYS_OF_ROOT = [("added", "root", hexed(ROOT1)), ("added", "targets", hexed(TARGETS1))]
differ("the root comes", Bundle(), BASE,
       {"root": {"version": (None, 1), "spec_version": (None, "0.0.1"), "root.threshold": (None, 1),
                 "targets.threshold": (None, 1)},
        "keys": KEYS_OF_ROOT,
        "signatures": [("root", hexed(ROOT1), None, "good"),
                       ("targets", hexed(TARGETS1), "unchecked", "good")]})

# ---- who signed --------------------------------------------------------------------------------

TWO = signed(root_metadata(targets=(TARGETS1, TARGETS2)), ROOT1)


def signed_by(*signers, extra=()):
    return Bundle(root=TWO, targets=envelope(PLAIN, sign(PLAIN, *signers) + list(extra)))


differ("a signature comes", signed_by(TARGETS1), signed_by(TARGETS1, TARGETS2),
       {"signatures": [("targets", hexed(TARGETS2), None, "good")]})
differ("unsigned, then signed", signed_by(), signed_by(TARGETS1),
       {"signatures": [("targets", hexed(TARGETS1), None, "good")]})
differ("a good signature becomes a bad one", signed_by(TARGETS1),
       signed_by(extra=[(TARGETS1.id, bytes(64))]),
       {"signatures": [("targets", hexed(TARGETS1), "good", "bad")]})
differ("a bad one beside the good one", signed_by(TARGETS1),
       signed_by(TARGETS1, extra=[(TARGETS1.id, bytes(64))]), {}, notes=1)
differ("a key that is no key id", signed_by(TARGETS1), signed_by(TARGETS1, extra=[(b"\x1b[2J", b"")]),
       {"signatures": [("targets", b"\x1b[2J".hex(), None, "unknown-key")]})
differ("another order of the signatures", signed_by(TARGETS1, TARGETS2), signed_by(TARGETS2, TARGETS1), {})

# ---- what is refused ---------------------------------------------------------------------------

BROKEN = BASE.but(payloads=[(b"app", b"x" * len(PAYLOADS[0][1])), PAYLOADS[1]])
for kind in KINDS:
    with case(f"a payload that does not match: {kind}"):
        with files(a=BASE.tar(), b=getattr(BROKEN, kind)()) as folder:
            for order in (["a", "b"], ["b", "a"]):
                run = Run(["diff", "--json", *order], folder).exits(3)
                error = json.loads(run.err)["error"]
                run.check((error["code"], error["file"]) == ("payload", "b"), f"{error}")
                run.check("'app'" in error["message"], "the payload is not named")

for name, content, code in (
    ("a root that breaks a rule", signed(root_metadata(targets_threshold=2), ROOT1), "root-rules"),
    ("a device manifest", device_manifest(PLAIN), "file-kind"),
    ("an empty file", b"", "file-kind"),
    ("a bundle that ends early", BASE.tar()[:-1024], "container"),
    ("targets of one name twice", with_payloads((b"a", b"1"), (b"a", b"1")).tar(), "target-name"),
    ("an unknown field beside", BASE.but(targets=BASE.targets + num(9, 1)).tar(), "unknown-field"),
    ("root metadata beside a bundle", ROOT, "file-kind"),
):
    with case(f"refused: {name}"):
        with files(a=BASE.tar(), b=content) as folder:
            run = Run(["diff", "--json", "a", "b"], folder).exits(3)
            error = json.loads(run.err)["error"]
            run.check((error["code"], error["file"]) == (code, "b"), f"{error}")
            Run(["diff", "a", "b"], folder).is_one_error(3, "diff: b: ")

with case("unknown fields that no signature covers are a note with --allow-unknown"):
    with files(a=BASE.tar(), b=BASE.but(targets=BASE.targets + num(9, 1)).tar()) as folder:
        document = run_diff(folder, options=["--allow-unknown"])
        check(document["same"] and len(document["notes"]) == 1, f"{document}")
        check(document["notes"][0].startswith("B has 1 unknown field "), f"{document['notes']}")

# ---- hostile texts -----------------------------------------------------------------------------

HOSTILE = "\x1b[31m|`` ` @admin <script>&lt; http://x #1\n| a | b |\n\u202e\u200f [a](b) \\| \\` *x* ![i](j) \x9b1m"
with case("hostile texts of user_manifest reach neither the terminal nor the Markdown"):
    old = manifest({**OURS, "product": {"name": HOSTILE, HOSTILE: HOSTILE}, "meta": {"a": [HOSTILE]},
                    "targets": {"app": {"slot": HOSTILE}, "gone": {HOSTILE: HOSTILE}}},
                   (b"app", b"1"), (b"gone", b"2"))
    new = manifest({**OURS, "meta": {"a": [HOSTILE + "2"]}}, (b"app", b"1"))
    with files(a=old.tar(), b=new.pb()) as folder:
        document = run_diff(folder)
        found = changes(document)["user_manifest"]
        check(found["product.name"] == (HOSTILE, "widget"), "JSON is not what was written")
        check(document["targets"]["removed"][0]["details"] == {HOSTILE: HOSTILE}, "the details")

NAMES = (b"a|b", b"`", b"``x`", b"<b>", b"&amp;", b"@admin", b"[a](b)", "\u00e4\u4e16\u754ce\u0301".encode(), b"#1")
with case("hostile names of targets"):
    old = with_payloads(*((name, b"1%d" % i) for i, name in enumerate(NAMES)))
    new = with_payloads(*((name, b"2%d" % i) for i, name in enumerate(NAMES)), (b"x" * 92, b""))
    with files(a=old.tar(), b=new.pb()) as folder:
        document = run_diff(folder)
        check([c["name"].encode() for c in document["targets"]["changed"]] == list(NAMES), "the names")

with case("hostile names of files"):
    with files(a=BASE.tar(), b=BASE.tar()) as folder:
        names = ["\x1b]0;t\x07|`a`", "<b>\u202e\\"]
        for name, path in zip(names, ("a", "b")):
            os.rename(os.path.join(folder, path), os.path.join(folder, name))
        document = run_diff(folder, *names)
        check([document[side]["file"] for side in "ab"] == names, "the names")

with case("a user_manifest of nests and long names is told in bounded time and space"):
    nest = 1
    for depth in range(600):
        nest = {"n" * 120: nest}
    leaves = {"l%d" % i: i for i in range(20000)}
    deep = {**OURS, "meta": {"n" * 120: {"m" * 120: {"o" * 120: {"p" * 120: leaves}}}, "x": nest}}
    with files(a=manifest(OURS).tar(), b=manifest(deep).tar()) as folder:
        run = limited(["diff", "--json", "a", "b"], folder, 10, 256).exits(1)
        run.check(json.loads(run.out)["differences"] == 20002, "the differences")

# ---- many --------------------------------------------------------------------------------------

with case("10,000 targets in good time"):
    old = [(b"d%d/t%d" % (i % 7, i), b"%d" % i) for i in range(10000)]
    new = [(b"e%d/t%d" % (i % 7, i), b"%d" % i) for i in range(5000)]
    new += [(name, content + b"x") for name, content in old[5000:9000]] + old[9000:]
    sides = [Bundle(targets=envelope(targets_metadata(p), []), payloads=p) for p in (old, new)]
    with files(a=sides[0].tar(), b=sides[1].pb()) as folder:
        run = limited(["diff", "--json", "a", "b"], folder, 10, 512).exits(1)
        targets = json.loads(run.out)["targets"]
        counts = [len(targets[name]) for name in ("changed", "renamed", "added", "removed", "unchanged")]
        run.check(counts == [4000, 5000, 0, 0, 1000], f"{counts}")
        for options in (["-v"], ["--markdown"]):
            limited(["diff", *options, "a", "b"], folder, 10, 512).exits(1)

finish()
