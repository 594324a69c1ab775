# SPDX-License-Identifier: Apache-2.0
"""The messages of swupdate-bundle(5), and its rules of strict reading and canonical encoding.

Descriptors are made here, from the tables of the page. python3-protobuf unpacks what walk() has let
pass: by itself it merges and forgives what the page refuses.
"""
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

MAX_METADATA, MAX_ENVELOPE, MAX_UNKNOWN = 4194304, 8388608, 1024
# Of repeated fields.
MAX_COUNTS = {"keys": 64, "key_ids": 64, "signatures": 1024, "target_files": 10000, "hashes": 4,
              "target_payloads": 10000}
MAX_KEY = 4096  # of an entry of target_payloads

# Number, type, name; * is repeated. A map is what the page calls it: repeated entries.
TABLES = {
    "SignedRootMetadata": "1 bytes serialized_root_metadata, 2 Signature* signatures",
    "SignedTargetsMetadata": "1 bytes serialized_targets_metadata, 2 Signature* signatures",
    "Signature": "1 bytes key_id, 2 bytes sig",
    "RootMetadata": "1 CommonMetadata common_metadata, 2 bool consistent_snapshot,"
                    "3 KeyMapping* keys, 4 SignatureRequirement root_signature_requirement,"
                    "5 SignatureRequirement timestamp_signature_requirement,"
                    "6 SignatureRequirement snapshot_signature_requirement,"
                    "7 SignatureRequirement targets_signature_requirement",
    "KeyMapping": "1 bytes key_id, 2 Key key",
    "Key": "1 uint32 key_type, 2 uint32 scheme, 3 bytes keyval",
    "SignatureRequirement": "1 bytes* key_ids, 2 uint32 threshold",
    "TargetsMetadata": "1 CommonMetadata common_metadata, 2 TargetFile* target_files",
    "TargetFile": "1 string file_name, 2 uint64 length, 3 Hash* hashes",
    "Hash": "1 int32 function, 2 bytes hash",
    "CommonMetadata": "1 string spec_version, 2 uint32 version, 3 Timestamp expires, 4 string role",
    "Timestamp": "1 int64 seconds, 2 int32 nanos",
    "UpdateBundle": "3 MetadataEntry* targets_metadata, 4 PayloadEntry* target_payloads,"
                    "5 bytes root_metadata",
    "MetadataEntry": "1 string key, 2 bytes value",
    "PayloadEntry": "1 string key, 2 bytes value",
    "Manifest": "1 MetadataEntry* targets_metadata, 2 bytes user_manifest",
}
BITS = {"bool": 1, "uint32": 32, "int32": 32, "uint64": 64, "int64": 64}


class Refused(Exception):
    """What the page does not allow."""


def require(condition, why):
    if not condition:
        raise Refused(why)


def make_messages():
    file = descriptor_pb2.FileDescriptorProto(name="bundle.proto", package="b", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, rows in TABLES.items():
        message = file.message_type.add(name=name)
        for row in rows.split(","):
            number, kind, field = row.split()
            added = message.field.add(name=field, number=int(number), label=kinds.LABEL_OPTIONAL)
            if kind.endswith("*"):
                added.label = kinds.LABEL_REPEATED
            if kind.rstrip("*") in TABLES:
                added.type, added.type_name = kinds.TYPE_MESSAGE, ".b." + kind.rstrip("*")
            else:
                added.type = getattr(kinds, "TYPE_" + kind.rstrip("*").upper())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName("b." + name)) for name in TABLES}


MESSAGES = make_messages()


def read_fields(name):
    fields = {}
    for row in TABLES[name].split(","):
        number, kind, field = row.split()
        fields[int(number)] = (kind.rstrip("*"), kind.endswith("*"), field)
    return fields


FIELDS = {name: read_fields(name) for name in TABLES}


def read_varint(data, at, end):
    value = shift = 0
    while True:
        require(at < end, "cut varint")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            require(byte or not shift, "varint that is not minimal")
            require(value < 1 << 64, "varint over 64 bits")
            return value, at
        shift += 7
        require(shift < 70, "varint of over ten bytes")


def split(data, at, end):
    """Yields number, wire type, value: a number, or where it begins and ends."""
    while at < end:
        tag, at = read_varint(data, at, end)
        require(tag < 1 << 32 and tag >> 3, "bad tag")
        wire = tag & 7
        require(wire in (0, 1, 2, 5), "bad wire type")
        if wire == 0:
            value, at = read_varint(data, at, end)
        else:
            length = {1: 8, 5: 4}.get(wire)
            if length is None:
                length, at = read_varint(data, at, end)
            require(length <= end - at, "length past the end")
            value = (at, at + length)
            at += length
        yield tag >> 3, wire, value


def check_number(kind, value):
    if kind.startswith("int"):  # two's complement of 64 bits, whatever the type
        value = value if value < 1 << 63 else value - (1 << 64)
        require(-1 << BITS[kind] - 1 <= value < 1 << BITS[kind] - 1, "over its type")
    else:
        require(value < 1 << BITS[kind], "over its type")


def check_field(name, field, kind, value):
    check_number(kind, value)
    require(name != "Key" or value <= 3, f"unknown {field}")


def check_text(data):
    try:
        text = bytes(data).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Refused("not UTF-8") from fault
    require("\0" not in text, "NUL in a string")


def walk(name, data, at, end, signed, unknown):
    """Strict reading of a message, and all in it. unknown: a list of one, the count so far."""
    counts = {}
    for number, wire, value in split(data, at, end):
        if number not in FIELDS[name]:
            require(signed, "unknown field")
            unknown[0] += 1
            require(unknown[0] <= MAX_UNKNOWN, "too many unknown fields")
            continue
        kind, repeated, field = FIELDS[name][number]
        counts[number] = counts.get(number, 0) + 1
        require(counts[number] <= (MAX_COUNTS.get(field, 1 << 32) if repeated else 1), "too many")
        require(wire == (0 if kind in BITS else 2), "wire type")
        if kind in BITS:
            check_field(name, field, kind, value)
        elif kind == "string":
            check_text(data[value[0]:value[1]])
        elif kind in TABLES:
            walk(kind, data, *value, signed, unknown)
    return counts


def read(name, data, signed):
    """A message that was read strictly, unpacked. signed: metadata, which may have unknown fields."""
    require(len(data) <= (MAX_METADATA if signed else MAX_ENVELOPE), "too large")
    walk(name, data, 0, len(data), signed, [0])
    return MESSAGES[name].FromString(bytes(data))


def is_ordered(name, data, at, end):
    """Whether in an envelope, which was read strictly, fields ascend and none is empty."""
    last = 0
    for number, _, value in split(data, at, end):
        kind = FIELDS[name].get(number, ("",))[0]
        if number < last or kind == "bytes" and value[0] == value[1]:
            return False
        if kind in TABLES and not is_ordered(kind, data, *value):
            return False
        last = number
    return True


def is_canonical(name, data):
    """False only where a strict reader that passes by unknown fields has nothing to refuse."""
    try:
        walk(name, data, 0, len(data), True, [0])
    except Refused:
        return True
    return is_ordered(name, data, 0, len(data))


def read_entries(name, data, number):
    """The entries of a map at the top of a message of bytes that walk() let pass: key, value."""
    entries = {}
    for found, _, value in split(data, 0, len(data)):
        if found != number:
            continue
        parts = {n: v for n, _, v in split(data, *value)}
        require(set(parts) == {1, 2}, "entry without key or value")
        key = bytes(data[slice(*parts[1])]).decode()
        require(key and key not in entries, f"{name}: key that is empty or there twice")
        entries[key] = parts[2]
    return entries
