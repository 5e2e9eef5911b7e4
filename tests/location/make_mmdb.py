#!/usr/bin/env python3
"""Writes a small MaxMind DB from lines of CSV, so that tests need nobody's data.

Columns, named by the first line: cidr, country, continent, subdivision, latitude, longitude, radius, city, metro, postal,
time_zone, network; empty ones are left out of the record. Longer prefixes win inside shorter ones. --schema nested is MaxMind's own (country.iso_code, ...), where
subdivision is a code; flat is that of ip-location-db (country_code, state1, ...), where it is a name.

usage: make_mmdb.py [--schema nested|flat] [--record-size 24|28|32] [--ip-version 4|6] IN.csv OUT.mmdb
"""
import argparse
import csv
import ipaddress
import struct
import sys

POINTER, STRING, DOUBLE, UINT16, UINT32, MAP, UINT64, ARRAY, FLOAT = 1, 2, 3, 5, 6, 7, 9, 11, 15


def control(kind, size):
    first = (kind if kind <= 7 else 0) << 5
    extended = b"" if kind <= 7 else bytes([kind - 7])
    if size < 29:
        return bytes([first | size]) + extended
    if size < 29 + 256:
        return bytes([first | 29]) + extended + bytes([size - 29])
    return bytes([first | 30]) + extended + struct.pack(">H", size - 29 - 256)


def encode(value):
    if isinstance(value, str):
        raw = value.encode()
        return control(STRING, len(raw)) + raw
    if isinstance(value, tuple):  # ("uint32", 7): a number of a type of one's own choice
        kind, number = value
        if kind == "float":
            return control(FLOAT, 4) + struct.pack(">f", number)
        raw = number.to_bytes(8, "big").lstrip(b"\0")
        return control({"uint16": UINT16, "uint32": UINT32, "uint64": UINT64}[kind], len(raw)) + raw
    if isinstance(value, float):
        return control(DOUBLE, 8) + struct.pack(">d", value)
    if isinstance(value, list):
        return control(ARRAY, len(value)) + b"".join(map(encode, value))
    return control(MAP, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())


def record_of(row, schema):
    get = lambda name: (row.get(name) or "").strip()
    point = (float(get("latitude")), float(get("longitude"))) if get("latitude") else None
    if schema == "flat":
        flat = {"city": get("city"), "country_code": get("country"), "state1": get("subdivision"), "state2": ""}
        if point:
            flat |= {"latitude": ("float", point[0]), "longitude": ("float", point[1])}
        for column, name in (("postal", "postcode"), ("time_zone", "timezone")):
            if get(column):
                flat[name] = get(column)
        return flat
    nested = {}
    if get("continent"):
        nested["continent"] = {"code": get("continent")}
    if get("country"):
        nested["country"] = {"iso_code": get("country")}
    if get("subdivision"):
        nested["subdivisions"] = [{"iso_code": get("subdivision")}]
    if point:
        nested["location"] = {"latitude": point[0], "longitude": point[1]}
        if get("radius"):
            nested["location"]["accuracy_radius"] = ("uint16", int(get("radius")))
    if get("city"):
        nested["city"] = {"names": {"de": "x", "en": get("city")}}
    if get("postal"):
        nested["postal"] = {"code": get("postal")}
    if get("time_zone"):
        nested.setdefault("location", {})["time_zone"] = get("time_zone")
    if get("metro"):
        nested.setdefault("location", {})["metro_code"] = ("uint16", int(get("metro")))
    if get("network"):
        nested["autonomous_system_number"] = ("uint32", int(get("network")))
    return nested


class Tree:
    """A binary trie; what a node holds is another node, the place of a record, or None."""

    def __init__(self):
        self.nodes = [[None, None]]

    def insert(self, bits, length, record):
        node = 0
        for depth in range(length):
            side = bits >> (length - 1 - depth) & 1
            below = self.nodes[node][side]
            if depth + 1 == length:
                self.nodes[node][side] = ("data", record)
                return
            if below is None or below[0] == "data":
                self.nodes.append([below, below])
                self.nodes[node][side] = ("node", len(self.nodes) - 1)
            node = self.nodes[node][side][1]

    def packed(self, record_size):
        count = len(self.nodes)

        def number(entry):
            if entry is None:
                return count
            return entry[1] if entry[0] == "node" else count + 16 + entry[1]

        out = bytearray()
        for left, right in self.nodes:
            l, r = number(left), number(right)
            if record_size == 28:
                out += (l & 0xFFFFFF).to_bytes(3, "big") + bytes([l >> 24 << 4 | r >> 24])
                out += (r & 0xFFFFFF).to_bytes(3, "big")
            else:
                out += l.to_bytes(record_size // 8, "big") + r.to_bytes(record_size // 8, "big")
        return bytes(out)


def make(rows, schema="nested", record_size=28, ip_version=6, build_epoch=1_767_225_600):
    """The bytes of a database of `rows` (dicts with the columns named above)."""
    data, offsets, tree = bytearray(), {}, Tree()
    blocks = [(ipaddress.ip_network(row["cidr"]), row) for row in rows]
    for block, row in sorted(blocks, key=lambda pair: pair[0].prefixlen):
        encoded = encode(record_of(row, schema))
        if encoded not in offsets:
            offsets[encoded] = len(data)
            data += encoded
        bits = int(block.network_address) >> (block.max_prefixlen - block.prefixlen)
        length = block.prefixlen
        if block.version == 4 and ip_version == 6:  # IPv4 is ::/96 of a tree for both
            length += 96
        elif block.version != ip_version:
            sys.exit(f"{block}: not of IP version {ip_version}")
        if length == 0:
            sys.exit(f"{block}: a record for everything is not possible")
        tree.insert(bits, length, offsets[encoded])
    metadata = {
        "binary_format_major_version": ("uint16", 2), "binary_format_minor_version": ("uint16", 0),
        "build_epoch": ("uint64", build_epoch), "database_type": f"Test-City-{schema}", "description": {},
        "ip_version": ("uint16", ip_version), "languages": [], "node_count": ("uint32", len(tree.nodes)),
        "record_size": ("uint16", record_size),
    }
    return tree.packed(record_size) + bytes(16) + bytes(data) + b"\xab\xcd\xefMaxMind.com" + encode(metadata)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schema", choices=["nested", "flat"], default="nested")
    parser.add_argument("--record-size", type=int, choices=[24, 28, 32], default=28)
    parser.add_argument("--ip-version", type=int, choices=[4, 6], default=6)
    parser.add_argument("csv")
    parser.add_argument("mmdb")
    options = parser.parse_args()
    with open(options.csv, newline="") as lines:
        rows = list(csv.DictReader(lines))
    with open(options.mmdb, "wb") as out:
        out.write(make(rows, options.schema, options.record_size, options.ip_version))


if __name__ == "__main__":
    main()
