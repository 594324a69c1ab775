# SPDX-License-Identifier: Apache-2.0
"""Mutated bundles: case N of a seed is always the same one.

A scenario is a good bundle with what the device has. Mutations change it at one of its stages: the
metadata before it is signed, the signatures, the container, or the bytes at last. Mutations of the
first stages are signed, so that they come through to the checks behind the signatures.
"""
import random

from making import (ED25519, HEADER, ORDER, P256, POOL, RSA, Member, Node, digest, fields, find,
                    key_mapping, make_envelope, make_signature)
from scenarios import NOW, WEIGHTS, Scenario, stage
from spoiling import NAMES, NUMBERS, mutate_bytes, mutate_tree, unknown

# ---- root metadata --------------------------------------------------------------------------------

@stage("root", 4)
def root_tree(rng, case):
    if case.root is not None:
        mutate_tree(rng, case.root)


@stage("root", 0.5)
def anchor_tree(rng, case):
    mutate_tree(rng, case.anchor)


def choose_requirement(rng, root):
    return find(root, rng.choice((4, 7)))


@stage("root", 4)
def root_rules(rng, case):
    root = case.root if case.root is not None and rng.random() < 0.9 else case.anchor
    kind = rng.choice("role version expires nanos threshold listed both double mapping id type value "
                      "unused moduli many spec requirement".split())
    mappings = [node for node in root if node.number == 3]
    mapping, role = rng.choice(mappings), choose_requirement(rng, root)
    key_ids = [node for node in role.value if node.number == 1]
    if kind == "role":
        find(root, 1, 4).value = rng.choice((b"", b"targets", b"Root", b"root ", b"root"))
    elif kind == "version":
        find(root, 1, 2).value = rng.choice(NUMBERS)
    elif kind in ("expires", "nanos"):
        set_expiry(rng, root)
    elif kind == "threshold":
        role.value = [node for node in role.value if node.number != 2] + fields(
            (2, rng.choice((0, 1, 2, 3, len(key_ids), len(key_ids) + 1, 2**32 - 1))))
    elif kind == "listed":
        role.value.insert(0, Node(1, rng.choice((rng.choice(POOL[:-1]).id, b"", bytes(32),
                                                rng.choice(key_ids).value))))
    elif kind == "both":
        role.value.insert(0, find(root, rng.choice((4, 7)), 1).copy())
    elif kind == "double":
        root.insert(rng.randrange(1, 3), mapping.copy())
    elif kind == "mapping":
        root.remove(mapping)
    elif kind == "id":
        find(mapping.value, 1).value = rng.choice((b"", bytes(32), find(mappings[0].value, 1).value))
    elif kind == "type":
        find(mapping.value, 2, rng.choice((1, 2))).value = rng.choice((0, 1, 2, 3, 4))
        rederive(rng, mapping, role)
    elif kind == "value":
        value = rng.choice(KEY_VALUES + [mutate_bytes(rng, find(mapping.value, 2, 3).value)])
        fits = ED25519 if len(value) == 32 else RSA if len(value) > 100 else P256
        for number in (1, 2):
            find(mapping.value, 2, number).value = fits
        find(mapping.value, 2, 3).value = value
        rederive(rng, mapping, role)
    elif kind == "unused":
        root.insert(2, key_mapping(rng.choice(POOL[:-1])))
    elif kind == "moduli":
        add_same_modulus(rng, root, role)
    elif kind == "many":
        root[2:2] = [key_mapping(key) for key in rng.sample(POOL[:16], 12)]
    elif kind == "spec":
        find(root, 1, 1).value = rng.choice((b"", b"0.0.2", b"1.0.0", b"x"))
    else:
        root.insert(-1, Node(rng.choice((5, 6)), [Node(1, b"x"), Node(2, 7)]))


def set_expiry(rng, root):
    find(root, 1, 3).value = fields(
        (1, rng.choice((NOW - 1, NOW, NOW, NOW + 1, 0, 2**64 - 1, 2**63 - 1, 253402300799,
                        253402300800, 2**64 - 62135596800, 2**64 - 62135596801))),
        (2, rng.choice((0, 0, 1, 999999999, 1000000000, 2**31 - 1, 2**31, 2**64 - 1))))


def rederive(rng, mapping, role):
    """The key id that fits the key, in the key's place and mostly in the role's, too."""
    if rng.random() < 0.15:
        return
    kind, scheme, value = (find(mapping.value, 2, i).value for i in (1, 2, 3))
    numbers = [number if isinstance(number, int) and number < 256 else 0 for number in (kind, scheme)]
    old = find(mapping.value, 1).value
    find(mapping.value, 1).value = digest(bytes(numbers), value)
    for node in role.value:
        if node.number == 1 and node.value == old:
            node.value = find(mapping.value, 1).value


def der(*parts):
    content = b"".join(parts[1:])
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return parts[0] + length + content


def number_der(number):
    return der(b"\x02", number.to_bytes(number.bit_length() // 8 + 1, "big"))


def spki(modulus, exponent, null=b"\x05\0"):
    key = der(b"\x30", number_der(modulus), number_der(exponent))
    return der(b"\x30", der(b"\x30", bytes.fromhex("06092a864886f70d010101"), null),
               der(b"\x03", b"\0", key))


MODULUS = POOL[-1].private.public_key().public_numbers().n
EDWARDS = 2**255 - 19
KEY_VALUES = [
    b"", bytes(32), bytes(65), b"\x04" + bytes(64), POOL[0].value[:33], b"\x02" + POOL[0].value[1:33],
    POOL[0].value + b"\0", b"\x06" + POOL[0].value[1:], POOL[0].value[:1] + b"\xff" * 64,
    POOL[12].value, POOL[0].value, POOL[16].value] + [
        number.to_bytes(32, "little") for number in (
            1, 2, 3, 4, EDWARDS - 1, EDWARDS, EDWARDS + 1, EDWARDS + 2, EDWARDS + 3, 2**255 - 1,
            2**256 - 1, 2**255, 2**255 + 1, 2**255 + EDWARDS - 1, 2**255 + EDWARDS + 1,
            0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7,
            0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826)] + [
        spki(MODULUS, exponent) for exponent in (3, 65535, 65536, 65537, 65539, 2**32 + 1, 2**64 + 13,
                                                 2**66 + 1, 2**255 + 95, 2**256 + 1)] + [
        spki(modulus, 65537) for modulus in (MODULUS + 1, MODULUS + 2, 2**2047 + 1, 2**2048 - 1,
                                             2**2047 - 1, 2**8191 + 1, 2**8192 - 1, 2**8192 + 1)] + [
        spki(MODULUS, 65537, b""), spki(MODULUS, 65537, b"\x05\0\x05\0"), POOL[16].value + b"\0"]


def add_same_modulus(rng, root, role):
    """One more key, which has the modulus or the y of another."""
    kind, value = rng.choice(((RSA, spki(MODULUS, 65537)), (RSA, spki(MODULUS, 65539)),
                              (P256, POOL[0].value)))
    key = fields((1, kind), (2, kind), (3, value))
    key_id = digest(bytes([kind, kind]), value)
    root.insert(2, Node(3, fields((1, key_id), (2, key))))
    if rng.random() < 0.5:
        role.value.insert(0, Node(1, key_id))


# ---- targets metadata -----------------------------------------------------------------------------

@stage("targets", 5)
def targets_tree(rng, case):
    mutate_tree(rng, case.targets)


@stage("targets", 5)
def targets_rules(rng, case):
    targets = [node for node in case.targets if node.number == 2]
    target = rng.choice(targets)
    kind = rng.choice("role version expires name name name length hash function hashes double spec "
                      "reorder drop long".split())
    if kind == "role":
        find(case.targets, 1, 4).value = rng.choice((b"", b"root", b"Targets", b"targets\0"))
    elif kind == "version":
        find(case.targets, 1, 2).value = rng.choice(NUMBERS + (4, 5, 6, 7, 8, 9))
    elif kind == "expires":
        set_expiry(rng, case.targets)
    elif kind == "name":
        rename(rng, case, target)
    elif kind == "length":
        find(target.value, 2).value = rng.choice(NUMBERS)
    elif kind == "hash":
        find(target.value, 3, 2).value = mutate_bytes(rng, find(target.value, 3, 2).value)
    elif kind == "function":
        find(target.value, 3, 1).value = rng.choice((0, 1, 2, 3, 2**31, 2**32, 2**64 - 1))
    elif kind == "hashes":
        more = [Node(3, fields((1, rng.choice((0, 1, 2, 3))), (2, rng.choice((b"", bytes(32))))))
                for _ in range(rng.choice((1, 1, 2, 3, 4)))]
        target.value = target.value + more if rng.random() < 0.5 else target.value[:2] + more + \
            target.value[2:]
    elif kind == "double":
        case.targets.append(target.copy())
    elif kind == "spec":
        find(case.targets, 1, 1).value = rng.choice((b"", b"0.0.2", b"1.0.0", b"\xff"))
    elif kind == "reorder":  # payloads too, or not
        rng.shuffle(targets)
        case.targets[1:] = targets
        if rng.random() < 0.7:
            names = [find(node.value, 1).value for node in targets]
            case.payloads.sort(key=lambda payload: names.index(payload[0])
                               if payload[0] in names else 0)
    elif kind == "drop":
        case.targets.remove(target)
    else:
        find(targets[0].value, 2).value = 2**64 - rng.choice((1, 2, 100, 2000))


def rename(rng, case, target):
    """In the metadata, and mostly where the payload is too."""
    old, new = find(target.value, 1).value, rng.choice(NAMES)
    find(target.value, 1).value = new
    if rng.random() < 0.9 and len(new) <= 100:
        case.payloads = [(new if name == old else name, content) for name, content in case.payloads]


# ---- signatures -----------------------------------------------------------------------------------

def choose_envelope(rng, case):
    return case.envelopes[rng.choice([name for name, nodes in case.envelopes.items()
                                      if nodes is not None])]


@stage("envelope", 4)
def envelope_tree(rng, case):
    envelope = choose_envelope(rng, case)
    if rng.random() < 0.8:  # not what is signed
        envelope = [node for node in envelope if node.number == 2] or envelope
        mutate_tree(rng, envelope)
    else:
        mutate_tree(rng, envelope)


@stage("envelope", 8)
def signatures(rng, case):
    envelope = choose_envelope(rng, case)
    data, found = find(envelope, 1).value, [node for node in envelope if node.number == 2]
    if not found:
        return
    signature = rng.choice(found)
    kind = rng.choice("drop double order surplus surplus malleable malleable longer shorter zero id "
                      "stranger junk other again".split())
    value = find(signature.value, 2).value
    if kind == "drop":
        envelope.remove(signature)
    elif kind in ("double", "again"):
        envelope.append(signature.copy())
        if kind == "again":  # in the place of another
            envelope.remove(found[0])
    elif kind == "order":
        envelope[1:] = rng.sample(envelope[1:], len(envelope) - 1)
    elif kind == "surplus":
        envelope.append(make_signature(rng.choice(POOL[:-1]), data))
    elif kind == "malleable" and len(value) == 64:
        s = int.from_bytes(value[32:], "big")
        other = rng.choice((ORDER - s, s + ORDER, 0, ORDER, 1)) % 2**256
        find(signature.value, 2).value = rng.choice((value[:32], bytes(32))) + other.to_bytes(32, "big")
    elif kind in ("longer", "shorter"):
        find(signature.value, 2).value = value + b"\0" if kind == "longer" else value[:-1]
    elif kind == "zero":
        find(signature.value, 2).value = bytes(len(value))
    elif kind == "id":
        find(signature.value, 1).value = rng.choice((b"", bytes(32), rng.choice(POOL).id))
    elif kind == "stranger":
        envelope.insert(1, make_signature(rng.choice(POOL[:-1]), data + b"x"))
    elif kind == "junk":
        count = rng.choice((1023, 1024, 1025)) if rng.random() < 0.05 else 2
        envelope.extend(Node(2, [Node(1, bytes(3))]) for _ in range(count))
    else:  # of something else
        find(signature.value, 2).value = rng.choice(POOL[:-1]).sign(data)


@stage("envelope", 1)
def wrong_metadata(rng, case):
    """Metadata that another role has signed, or one in the other's place."""
    role = rng.choice(("root", "targets"))
    other = case.envelopes["root" if role == "targets" else "targets"]
    if other is None or case.envelopes[role] is None:
        return
    data = find(other, 1).value
    keys = case.roles[0 if role == "root" else 1][0] if rng.random() < 0.7 else POOL[:2]
    case.envelopes[role] = make_envelope(data, keys)


# ---- containers -----------------------------------------------------------------------------------

@stage("tar", 7)
def tar_members(rng, case):
    members = case.members
    kind = rng.choice("swap shuffle drop double insert header header header raw padding padding path "
                      "end end content".split())
    member = rng.choice(members)
    if kind == "swap":
        i, j = rng.randrange(len(members)), rng.randrange(len(members))
        members[i], members[j] = members[j], members[i]
    elif kind == "shuffle":
        rng.shuffle(members)
    elif kind == "drop":
        members.remove(member)
    elif kind == "double":
        members.insert(rng.randrange(len(members) + 1), member)
    elif kind == "insert":
        path = rng.choice((b"targets/more", b"more", b"root_metadata", b"targets_metadata"))
        members.insert(rng.randrange(len(members) + 1), Member(path, rng.choice((b"", b"more"))))
    elif kind == "header":
        spoil_header(rng, member)
    elif kind == "raw":
        member.header["checksum"] = rng.choice((b"", b"0000000\0", b"00000000", b"777777\0 "))
    elif kind == "padding":
        member.padding = rng.choice((b"", member.padding + bytes(512), mutate_bytes(
            rng, member.padding or bytes(512))))
    elif kind == "path":
        member.path = rng.choice((b"./" + member.path, member.path + b"/", b"targets/", b"targets/app"))
    elif kind == "content":
        member.content = mutate_bytes(rng, member.content)
        member.padding = bytes(-len(member.content) % 512)
    else:
        case.end = rng.choice((b"", bytes(1), bytes(511), bytes(512), bytes(513), bytes(1023),
                               bytes(1025), bytes(1536), bytes(10240), bytes(1023) + b"x",
                               bytes(511) + b"x" + bytes(512), b"x" * 1024, b"x"))


def spoil_header(rng, member):
    field = rng.choice([name for name in HEADER if name != "checksum"])
    member.header[field] = rng.choice((b"", b"\0" * 12, b"000644\0", b"0000644", b"0000000\0", b"1", b"5",
                                       b"L", b"x", b"\0", b"ustar ", b" \0", b"root", b"00000000001 ",
                                       b"\x80" + bytes(10) + b"\5", b"targets", b"77777777777 ",
                                       b"%011o\0" % len(member.content), b"%o " % len(member.content)))


@stage("update bundle", 7)
def update_bundle_fields(rng, case):
    nodes = case.nodes
    kind = rng.choice("shuffle swap drop double insert key tree entry entry unknown content wire "
                      "magic".split())
    node = rng.choice(nodes)
    if kind == "shuffle":
        rng.shuffle(nodes)
    elif kind == "swap":
        i, j = rng.randrange(len(nodes)), rng.randrange(len(nodes))
        nodes[i], nodes[j] = nodes[j], nodes[i]
    elif kind == "drop":
        nodes.remove(node)
    elif kind == "double":
        nodes.insert(rng.randrange(len(nodes) + 1), node)
    elif kind == "insert":
        name = rng.choice(NAMES + [b"k" * 4096, b"k" * 4097])
        nodes.insert(rng.randrange(len(nodes) + 1), Node(4, [Node(1, name), Node(2, b"more")]))
    elif kind == "key" and node.number != 5:
        node.value[0].value = rng.choice(NAMES)
    elif kind == "entry" and node.number != 5:
        entry_fields(rng, node)
    elif kind == "unknown":
        nodes.insert(rng.randrange(len(nodes) + 1), unknown(rng))
    elif kind == "magic":  # tar's, at offset 257 of the file
        nodes.insert(0, Node(4, [Node(1, b"magic"), Node(2, bytes(244) + b"ustar")]))
    elif kind == "wire":
        nodes.append(Node(rng.choice((1, 2, 3, 4, 5)), rng.choice((0, b"")), rng.choice((0, 1, 2, 5))))
    elif kind == "content" and node.number == 4:
        node.value[1].value = mutate_bytes(rng, node.value[1].value)
    else:
        whole = [Node(0, nodes)]
        mutate_tree(rng, whole[0].value)


def entry_fields(rng, node):
    kind = rng.choice("swap drop double unknown empty padding".split())
    if kind == "swap":
        node.value.reverse()
    elif kind == "drop":
        del node.value[rng.randrange(2)]
    elif kind == "double":
        node.value.append(rng.choice(node.value))
    elif kind == "unknown":
        node.value.append(unknown(rng))
    elif kind == "empty":
        node.value = []
    else:
        rng.choice(node.value).padding = 1


# ---- cases ----------------------------------------------------------------------------------------

class Case:
    """What both judge, and how it came about."""

    def __init__(self, name, bundle, anchor, manifest, now):
        self.name, self.bundle, self.anchor = name, bundle, anchor
        self.manifest, self.now = manifest, now


def make_case(seed, number, stored):
    """stored: vectors and fixtures, for a share of the cases of which bytes are changed."""
    rng = random.Random(f"{seed}/{number}")
    if rng.random() < 0.2:
        found = rng.choice(stored)
        bundle = found.bundle
        for _ in range(rng.choice((1, 1, 2))):
            bundle = mutate_bytes(rng, bundle)
        return Case(f"{found.name}, bytes", bundle, found.anchor, found.manifest, found.now)
    functions, weights = zip(*WEIGHTS)
    scenario = Scenario(rng)
    mutations = rng.choices(functions, weights, k=rng.choice((1, 1, 1, 2)))
    anchor, manifest, bundle = scenario.build(mutations)
    name = ", ".join(mutation if isinstance(mutation, str) else mutation.__name__
                     for mutation in mutations)
    return Case(name, bundle, anchor, manifest, scenario.now)
