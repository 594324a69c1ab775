# SPDX-License-Identifier: Apache-2.0
"""Changes of bytes and of message trees, and the values that lie at the edges of the rules."""
from making import Node, encode

NUMBERS = (0, 1, 2, 3, 4, 5, 64, 127, 128, 300, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**33 - 1, 2**33,
           2**63 - 1, 2**63, 2**64 - 1, 2**64 - 2**31, 2**64 - 2**31 - 1, 2**64)
NAMES = [b"", b"a", b"a/b", b"a/b/c", b"targets", b"targets/a", b"root_metadata", b"user_manifest",
         b"user_manifest/x", b"x" * 92, b"x" * 93, b"x" * 100, b"x" * 101, b"y/" * 49 + b"yy",
         "\u00e9".encode() * 50, "\u00e9".encode() * 51, b".", b"..", b"../a", b"a/../b", b"a/./b",
         b"/a", b"a/", b"a//b", b"a\\b", b"a\x1fb", b"a\x7fb", b"a b", b" ", b"...", b"a\0b", b"\xff",
         b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"] + [
             f"a{chr(c)}b".encode() for c in (0x80, 0x85, 0x9F, 0xA0, 0x61C, 0x61D, 0x200B, 0x200E,
                                              0x200F, 0x2028, 0x202A, 0x202E, 0x202F, 0x2065, 0x2066,
                                              0x2069, 0x206A, 0xFEFF, 0xFFFE, 0xFFFF, 0x10FFFF)]


def mutate_bytes(rng, data):
    data = bytearray(data)
    at = rng.randrange(len(data) + 1)
    kind = rng.choice("flip flip set insert delete cut append double zero".split())
    if kind == "flip" and at < len(data):
        data[at] ^= 1 << rng.randrange(8)
    elif kind == "set" and at < len(data):
        data[at] = rng.randrange(256)
    elif kind == "insert":
        data[at:at] = rng.randbytes(rng.choice((1, 1, 2, 8, 512)))
    elif kind == "delete":
        del data[at:at + rng.choice((1, 1, 2, 8, 512))]
    elif kind == "cut":
        del data[at:]
    elif kind == "append":
        data += rng.choice((bytes(1), bytes(512), bytes(1024), rng.randbytes(3)))
    elif kind == "double":
        data[at:at] = data[at:at + rng.choice((1, 16, 512))]
    else:
        data[at:at + 8] = bytes(len(data[at:at + 8]))
    return bytes(data)


# ---- trees ----------------------------------------------------------------------------------------

def all_nodes(nodes):
    """Each field with the list that it stands in."""
    for node in nodes:
        yield nodes, node
        if isinstance(node.value, list):
            yield from all_nodes(node.value)


def unknown(rng):
    number = rng.choice((8, 9, 15, 16, 100, 18999, 19000, 536870911, 536870912, 0))
    wire = rng.choice((0, 0, 1, 2, 2, 2, 5, 3, 4, 6, 7))
    node = Node(number, {0: rng.choice(NUMBERS), 1: bytes(8), 5: bytes(4)}.get(wire, b"unknown"), wire)
    return node


def mutate_tree(rng, nodes):
    """One field of a message, anywhere in it."""
    home, node = rng.choice(list(all_nodes(nodes)) or [(nodes, unknown(rng))])
    kind = rng.choice("drop double swap shuffle number wire padding tag length value value value "
                      "unknown unknown unknowns".split())
    place = next((i for i, other in enumerate(home) if other is node), 0)
    if kind == "drop" and home:
        del home[place]
    elif kind == "double":
        home.insert(rng.randrange(len(home) + 1), node.copy())
    elif kind == "swap" and len(home) > 1:
        other = rng.randrange(len(home))
        home[place], home[other] = home[other], home[place]
    elif kind == "shuffle":
        rng.shuffle(home)
    elif kind == "number":
        node.number = rng.randrange(1, 9)
    elif kind == "wire":
        node.wire = rng.randrange(8)
    elif kind == "padding":
        node.padding = rng.choice((1, 1, 2, 5, 9))
    elif kind == "tag":
        node.tag_padding = rng.choice((1, 3, 4))
    elif kind == "length":
        node.longer = rng.choice((-1, 1, 2, 1000, 2**31, 2**32 + 1, 2**64 - 1))
    elif kind == "value":
        mutate_value(rng, node)
    elif kind == "unknown":
        home.insert(rng.randrange(len(home) + 1), unknown(rng))
    else:
        count = rng.choice((2, 5, 1024, 1025)) if rng.random() < 0.1 else 3
        home.extend(Node(99, b"") for _ in range(count))


def mutate_value(rng, node):
    if isinstance(node.value, int):
        node.value = rng.choice(NUMBERS + (node.value + 1, max(node.value - 1, 0)))
    elif isinstance(node.value, bytes):
        node.value = rng.choice((b"", node.value[:-1], node.value + b"\0", b"\0" + node.value[1:],
                                 mutate_bytes(rng, node.value), rng.choice(NAMES)))
    else:
        node.value = rng.choice(([], encode(node.value)[:-1], node.value[:1]))
