#!/usr/bin/env python3
"""A large object at locations of several processes: viewers at random places in it, and the origin hears of each slice once."""
import asyncio
import http.server
import pathlib
import random
import re
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "clients")]
from cdn_tiers_test import LOCATIONS, OriginServer, ProcessesCase, metric  # noqa: E402
from edges_test import meridian  # noqa: E402
from meridian_server import Server  # noqa: E402

SLICE = 1024 * 1024


class LargeOrigin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body, tag = b"", '"1"'
    asked: list[tuple[int, int]] = []  # of each answer, first and last byte

    def do_GET(self):
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        size = len(LargeOrigin.body)
        first, last = (int(wanted[1]), min(size - 1, int(wanted[2] or size))) if wanted else (0, size - 1)
        part = wanted is not None and self.headers.get("If-Range", LargeOrigin.tag) == LargeOrigin.tag
        LargeOrigin.asked.append((first, last))
        self.send_response(206 if part else 200)
        self.send_header("Cache-Control", "max-age=3600")
        self.send_header("ETag", LargeOrigin.tag)
        self.send_header("Content-Length", str(last + 1 - first))
        if part:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        self.wfile.write(LargeOrigin.body[first:last + 1])

    def log_message(self, *_):
        pass


async def visit(address, host, first, last):
    """Status, Content-Range and body."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(f"GET /large HTTP/1.1\r\nHost: {host}\r\nRange: bytes={first}-{last}\r\nConnection: close\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        said = re.search(r"(?im)^content-range: (.*?)\r$", head)
        return int(head.split()[1]), said and said[1], await reader.read(-1)
    finally:
        writer.close()


class LargeObjects(ProcessesCase):
    VIEWERS, SIZE = 100, 30 * SLICE
    OPTIONS = ("--cdn-slices", "512MiB")

    def setUp(self):
        super().setUp()
        chance = random.Random(7)
        LargeOrigin.body, LargeOrigin.asked = chance.randbytes(self.SIZE), []
        self.origin = OriginServer(("127.0.0.1", 0), LargeOrigin)
        threading.Thread(target=self.origin.serve_forever, daemon=True).start()
        self.ranges = []
        for _ in range(self.VIEWERS):
            first = chance.randrange(self.SIZE)
            self.ranges.append((first, min(self.SIZE - 1, first + chance.randrange(2 * SLICE))))

    def stop_origin(self):
        self.origin.shutdown()
        self.origin.server_close()

    def read_all(self, host, shift=0):
        places = list(self.places.values())

        async def all_of_them():
            return await asyncio.wait_for(asyncio.gather(*(
                visit(places[(i + shift) % len(places)][1], host, *wanted) for i, wanted in enumerate(self.ranges))), 60)
        for (first, last), seen in zip(self.ranges, asyncio.run(all_of_them())):
            self.assertEqual((seen[0], seen[1], len(seen[2])), (206, f"bytes {first}-{last}/{self.SIZE}", last + 1 - first))
            self.assertTrue(seen[2] == LargeOrigin.body[first:last + 1], f"other bytes than {first} to {last}")

    def test_the_origin_is_asked_once_for_each_slice(self):
        host = self.create_for(self.origin.server_port, shield="us-east-1")["DomainName"]
        self.read_all(host)
        slices = [slice for first, last in LargeOrigin.asked for slice in range(first // SLICE, last // SLICE + 1)]
        again = sorted({slice for slice in slices if slices.count(slice) > 1})
        self.assertEqual(again, [], f"of {len(slices)} slices in {len(LargeOrigin.asked)} requests")
        asked = len(LargeOrigin.asked)
        total = lambda name: sum(metric(Server.address(edge.admin), name) for edge in self.edges)  # noqa: E731
        print(f"{self.VIEWERS} viewers of ranges at {len(self.places)} locations in {self.EDGES} processes: "
              f"{len(slices)} slices in {asked} origin requests, "
              f"{total('meridian_cdn_tier_ranges_total'):.0f} questions for parts between edges")
        self.assertGreater(total("meridian_cdn_tier_parts_total"), 0)
        self.stop_origin()
        self.read_all(host)
        self.read_all(host, 7)
        self.assertEqual(len(LargeOrigin.asked), asked)

    def test_explain_tells_what_is_missing_and_who_would_be_asked(self):
        host = self.create_for(self.origin.server_port, shield="us-east-1")["DomainName"]
        code = LOCATIONS["ap-southeast-2"][0]
        edge, address = self.places[code]

        def explain(first, last):
            return meridian("explain", "http", f"http://{host}/large", "-H", f"Range: bytes={first}-{last}",
                            "--admin", f"http://{edge.admin}", "--location", code).stdout
        cold = explain(5 * SLICE, 6 * SLICE)
        self.assertIn(f"Range: bytes={5 * SLICE}-{7 * SLICE - 1}", cold)
        asyncio.run(visit(address, host, SLICE, SLICE + 9))
        told = explain(SLICE + 5, 3 * SLICE)
        print(told)
        words = " ".join(told.split())
        self.assertIn(f"{self.SIZE} bytes in 30 slices, 1 of them in memory", words)
        self.assertIn(f"bytes {2 * SLICE} to {4 * SLICE - 1} of it are missing", words)
        self.assertIn('If-Range: "1"', words)
        self.assertEqual(len(LargeOrigin.asked), 1)
        self.stop_origin()


if __name__ == "__main__":
    unittest.main()
