#!/usr/bin/env python3
"""Large objects, which are kept in slices: no slice is asked for twice however many viewers read wherever, what was fetched is
served after `kill -9`, no byte that changed on disk reaches a viewer, and memory stays what it was.

MERIDIAN_LARGE_MIB (300): the length of an object that goes through 32 MiB of memory."""
import concurrent.futures
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import AwsCliCase  # noqa: E402
from meridian_server import Server, admin_request, aws_commands  # noqa: E402

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
MIB = 1 << 20
SLICES_OF_VIEWERS, VIEWERS = 50, 500
LARGE = int(os.environ.get("MERIDIAN_LARGE_MIB", "300")) * MIB
PATTERN = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(251))  # a prime number of lines: no slice is like the next


def bytes_of(first: int, end: int) -> bytes:
    begin = first % len(PATTERN)
    return (PATTERN * ((begin + end - first) // len(PATTERN) + 1))[begin:begin + end - first]


class Origin(http.server.ThreadingHTTPServer):
    """Objects named by their length."""
    daemon_threads = True
    request_queue_size = 1024

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            size = int(self.path.rpartition("/")[2])
            asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
            first, end = (int(asked[1]), min(int(asked[2] or size) + 1, size)) if asked else (0, size)
            self.server.asked.append((self.path, first, end))
            self.send_response(206 if asked else 200)
            if asked:
                self.send_header("Content-Range", f"bytes {first}-{end - 1}/{size}")
            self.send_header("Content-Length", str(end - first))
            self.send_header("Cache-Control", "max-age=86400")
            self.send_header("ETag", '"one"')
            self.end_headers()
            with contextlib.suppress(OSError):
                for at in range(first, end, MIB):
                    self.wfile.write(bytes_of(at, min(at + MIB, end)))

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.asked: list[tuple[str, int, int]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class LargeObjects(AwsCliCase):
    def setUp(self):
        self.command = aws_commands()[0]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-large-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.origin = Origin()
        self.addCleanup(self.origin.server_close)
        self.addCleanup(self.origin.shutdown)

    def serve(self, *options: str):
        self.server = Server("--cdn-listen", "127.0.0.1:0", "--cdn-cache", "32MiB", *options, directory=str(self.folder / "data"))
        self.server.start()
        self.addCleanup(self.server.stop)
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "large", "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "origin", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": self.origin.server_port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "DefaultCacheBehavior": {"ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED,
                                     "TargetOriginId": "origin"}}))["Distribution"]
        self.id, self.host = made["Id"], made["DomainName"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", self.id)

    def get(self, path: str, first: int | None = None, end: int | None = None) -> str | None:
        """Its X-Cache; the body is the right one."""
        size = int(path.rpartition("/")[2])
        headers = {"Host": self.host} | ({} if first is None else {"Range": f"bytes={first}-{end - 1}"})
        first, end = (0, size) if first is None else (first, end)
        with contextlib.closing(http.client.HTTPConnection(*self.server.cdn, timeout=120)) as connection:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            self.assertEqual(response.status, 206 if "Range" in headers else 200, path)
            at = first
            while piece := response.read(MIB):
                self.assertEqual(piece, bytes_of(at, at + len(piece)), f"{path} at {at}")
                at += len(piece)
            self.assertEqual(at, end)
            return response.getheader("X-Cache")

    def metric(self, name: str) -> float:
        lines = admin_request(self.server.admin, "GET", "/metrics").splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def wait_for(self, name: str, value: float):
        deadline = time.monotonic() + 60
        while self.metric(name) < value and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertGreaterEqual(self.metric(name), value)

    def test_viewers_everywhere_and_no_slice_is_asked_for_twice(self):
        self.serve("--cdn-slices", f"{SLICES_OF_VIEWERS + 10}MiB", "--cdn-workers", "2")
        path = f"/a/{SLICES_OF_VIEWERS * MIB}"
        draw = random.Random(1)
        ranges = []
        for viewer in range(VIEWERS):
            begin = viewer % SLICES_OF_VIEWERS * MIB
            first = begin + draw.randrange(MIB - 1)
            ranges.append((first, draw.randrange(first, begin + MIB) + 1))
        draw.shuffle(ranges)
        with concurrent.futures.ThreadPoolExecutor(100) as pool:
            list(pool.map(lambda part: self.get(path, *part), ranges))
        asked = [(first, end) for _, first, end in self.origin.asked]
        self.assertEqual(sorted(asked), [(n * MIB, (n + 1) * MIB) for n in range(SLICES_OF_VIEWERS)])
        self.assertEqual(self.get(path), "Hit from cloudfront")
        self.assertEqual(len(self.origin.asked), SLICES_OF_VIEWERS)

    def test_after_a_kill_what_is_on_disk_is_served_and_what_is_not_is_asked_for(self):
        self.serve("--cdn-slices", "16MiB", "--cdn-disk", str(self.folder / "cache"), "--cdn-disk-bytes", "1GiB")
        whole, part = f"/whole/{40 * MIB + 17}", f"/part/{40 * MIB + 17}"
        self.assertEqual(self.get(whole), "Miss from cloudfront")
        self.assertEqual(self.get(part, 3 * MIB, 5 * MIB), "Miss from cloudfront")
        self.wait_for("meridian_cdn_disk_objects", 41 + 2 + 2)
        self.server.kill()
        self.server.start()
        self.origin.asked.clear()
        self.assertEqual(self.get(whole), "Hit from cloudfront")
        self.assertEqual(self.get(part, 3 * MIB + 5, 4 * MIB + 5), "Hit from cloudfront")
        self.assertEqual(self.origin.asked, [])
        self.assertEqual(self.get(part, 4 * MIB, 6 * MIB), "Hit from cloudfront")
        self.assertEqual(self.origin.asked, [(part, 5 * MIB, 6 * MIB)])

    def test_no_changed_byte_is_served(self):
        disk = self.folder / "cache"
        self.serve("--cdn-slices", "8MiB", "--cdn-disk", str(disk), "--cdn-disk-bytes", "1GiB")
        path = f"/whole/{60 * MIB}"
        self.get(path)
        self.wait_for("meridian_cdn_disk_objects", 61)
        self.server.kill()
        draw = random.Random(1)
        for segment in disk.glob("*/segment-*"):
            with open(segment, "r+b") as file:
                for _ in range(20):
                    at = draw.randrange(MIB, segment.stat().st_size)
                    file.seek(at)
                    byte = file.read(1)[0]
                    file.seek(at)
                    file.write(bytes([byte ^ 1 << draw.randrange(8)]))
        self.server.start()
        self.origin.asked.clear()
        self.get(path)
        self.assertGreater(len(self.origin.asked), 3)
        self.assertLess(sum(end - first for _, first, end in self.origin.asked), 40 * MIB)
        self.assertGreater(self.metric("meridian_cdn_disk_bad_records_total"), 3)

    def test_what_is_longer_than_memory_goes_through_it(self):
        self.serve("--cdn-slices", "32MiB")
        before = self.server.resident_bytes()
        path = f"/long/{LARGE}"
        done = threading.Event()
        most = [before]

        def watch():
            while not done.wait(0.05):
                most.append(self.server.resident_bytes())

        watcher = threading.Thread(target=watch)
        watcher.start()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: self.get(path), range(2)))
        done.set()
        watcher.join()
        self.assertLess(max(most) - before, (32 + 24) * MIB)
        print(f"{LARGE // MIB} MiB to two viewers: from {before / MIB:.0f} to {max(most) / MIB:.0f} MiB resident", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
