#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads and forges protobuf messages, for tests: what the program itself would never write.

usage: wire.py get PATH         the field's value: bytes as they are, a number in decimal
       wire.py count PATH       how many there are
       wire.py set PATH VALUE   replaces it
       wire.py drop PATH        leaves it out
       wire.py add PATH NUMBER VALUE   appends a field to the message at PATH ("." is the outermost)
       wire.py ecdsa-der        r and s of 32 bytes each as DER

A message comes on stdin, the answer goes to stdout. PATH is "1/3:2/2": field 1, in it the third
field 3, in that field 2. VALUE is a number, s:TEXT, x:HEX or @FILE. The lengths of the fields
around it follow.
"""

import sys


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def write_varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read(data):
    fields, at = [], 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind == 2:
            length, at = read_varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            sys.exit(f"wire type {kind} of field {number}")
        fields.append((number, value))
    return fields


def write(fields):
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += write_varint(number << 3) + write_varint(value)
        else:
            out += write_varint(number << 3 | 2) + write_varint(len(value)) + value
    return out


def parse_path(text):
    steps = []
    for step in text.split("/"):
        number, _, index = step.partition(":")
        steps.append((int(number), int(index or 0)))
    return steps


def parse_value(text):
    if text.startswith("s:"):
        return text[2:].encode()
    if text.startswith("x:"):
        return bytes.fromhex(text[2:])
    if text.startswith("@"):
        with open(text[1:], "rb") as file:
            return file.read()
    return int(text)


def find(fields, step):
    places = [i for i, field in enumerate(fields) if field[0] == step[0]]
    if step[1] >= len(places):
        sys.exit(f"no field {step[0]}:{step[1]}")
    return places[step[1]]


def get(data, path):
    for step in path:
        fields = read(data)
        data = fields[find(fields, step)][1]
    return data


def edit(data, path, change):
    """change gets the fields of the innermost message and the place of the last step in them."""
    fields = read(data)
    place = find(fields, path[0])
    if len(path) == 1:
        change(fields, place)
    else:
        number, value = fields[place]
        fields[place] = (number, edit(value, path[1:], change))
    return write(fields)


def add(data, path, field):
    if not path:
        return data + write([field])

    def append(fields, place):
        number, value = fields[place]
        fields[place] = (number, value + write([field]))

    return edit(data, path, append)


def ecdsa_der(raw):
    out = b""
    for part in (raw[:32], raw[32:]):
        part = part.lstrip(b"\0") or b"\0"
        if part[0] >= 0x80:
            part = b"\0" + part
        out += bytes([2, len(part)]) + part
    return bytes([0x30, len(out)]) + out


def main(arguments):
    data = sys.stdin.buffer.read()
    operation, *rest = arguments
    if operation == "ecdsa-der":
        answer = ecdsa_der(data)
    elif operation == "get":
        answer = get(data, parse_path(rest[0]))
        if isinstance(answer, int):
            answer = str(answer).encode()
    elif operation == "count":
        *outer, last = parse_path(rest[0])
        fields = read(get(data, outer))
        answer = str(sum(number == last[0] for number, _ in fields)).encode()
    elif operation == "set":
        value = parse_value(rest[1])

        def replace(fields, place):
            fields[place] = (fields[place][0], value)

        answer = edit(data, parse_path(rest[0]), replace)
    elif operation == "drop":
        answer = edit(data, parse_path(rest[0]), lambda fields, place: fields.pop(place))
    elif operation == "add":
        path = [] if rest[0] == "." else parse_path(rest[0])
        answer = add(data, path, (int(rest[1]), parse_value(rest[2])))
    else:
        sys.exit(__doc__)
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main(sys.argv[1:])
