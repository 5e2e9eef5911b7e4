"""A GeoIP database in MaxMind's format and City schema, made of a list of networks: what servers that read one are measured
with. Nothing in it is of a real network.
"""
import ipaddress
import pathlib
import struct

MARKER = b"\xab\xcd\xefMaxMind.com"
V4_BITS_BEFORE = 96  # IPv4 lies at ::/96 of the tree
MAP, STRING, DOUBLE, UINT16, UINT32, UINT64, ARRAY = 7, 2, 3, 5, 6, 9, 11


def head(kind: int, size: int) -> bytes:
    extended = bytes([kind - 7]) if kind > 7 else b""
    kind_bits = 0 if kind > 7 else kind << 5
    if size < 29:
        return bytes([kind_bits | size]) + extended
    if size < 285:
        return bytes([kind_bits | 29]) + extended + bytes([size - 29])
    return bytes([kind_bits | 30]) + extended + struct.pack(">H", size - 285)


def number(kind: int, value: int) -> bytes:
    digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return head(kind, len(digits)) + digits


def encode(value) -> bytes:
    if isinstance(value, str):
        return head(STRING, len(value.encode())) + value.encode()
    if isinstance(value, float):
        return head(DOUBLE, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        return number(UINT32, value)
    if isinstance(value, list):
        return head(ARRAY, len(value)) + b"".join(map(encode, value))
    return head(MAP, len(value)) + b"".join(encode(key) + encode(each) for key, each in value.items())


class Node:
    __slots__ = ("sides", "number")

    def __init__(self):
        self.sides = [None, None]  # each a Node, an offset into the data, or None
        self.number = 0


def write(path: pathlib.Path, networks: list[tuple[ipaddress.IPv4Network, dict]]) -> pathlib.Path:
    """No network may lie within another."""
    root, nodes, data, offsets = Node(), [], bytearray(), {}
    for network, record in networks:
        encoded = encode(record)
        if encoded not in offsets:
            offsets[encoded] = len(data)
            data += encoded
        bits, node = int(network.network_address), root
        length = V4_BITS_BEFORE + network.prefixlen
        for at in range(length):
            side = bits >> (127 - at) & 1
            if at == length - 1:
                node.sides[side] = offsets[encoded]
            else:
                node.sides[side] = node.sides[side] or Node()
                node = node.sides[side]
    waiting = [root]
    while waiting:
        node = waiting.pop()
        node.number = len(nodes)
        nodes.append(node)
        waiting += [side for side in node.sides if isinstance(side, Node)]

    def record_of(side) -> int:
        if side is None:
            return len(nodes)
        return side.number if isinstance(side, Node) else len(nodes) + 16 + side
    tree = b"".join(struct.pack(">II", *map(record_of, node.sides)) for node in nodes)
    metadata = {"node_count": len(nodes), "record_size": 32, "ip_version": 6, "database_type": "GeoLite2-City", "languages": ["en"],
                "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1, "description": {"en": "test"}}
    kinds = {"record_size": UINT16, "ip_version": UINT16, "binary_format_major_version": UINT16,
             "binary_format_minor_version": UINT16, "build_epoch": UINT64}
    text = head(MAP, len(metadata)) + b"".join(
        encode(key) + (number(kinds[key], value) if key in kinds else encode(value)) for key, value in metadata.items())
    path.write_bytes(tree + bytes(16) + bytes(data) + MARKER + text)
    return path
