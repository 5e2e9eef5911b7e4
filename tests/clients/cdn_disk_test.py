#!/usr/bin/env python3
"""A cache on disk: what was fetched is served after `kill -9` without its origin, what was invalidated is not, and no byte that
changed on disk reaches a viewer."""
import contextlib
import hashlib
import http.client
import http.server
import json
import pathlib
import random
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
OBJECTS = 60


def body_of(path: str) -> bytes:
    seed = hashlib.sha256(path.encode()).digest()
    return (seed * 4000)[:1000 + seed[0] * 400]


class Origin(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.server.asked.append(self.path)
            body = body_of(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "max-age=86400")
            self.send_header("Content-Type", "application/octet-stream")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class CacheOnDisk(AwsCliCase):
    def setUp(self):
        self.command = aws_commands()[0]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-disk-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.disk = self.folder / "cache"
        self.origin = Origin()
        self.addCleanup(self.origin.server_close)
        self.addCleanup(self.origin.shutdown)
        self.server = Server("--cdn-listen", "127.0.0.1:0", "--cdn-disk", str(self.disk), "--cdn-disk-bytes", "64MiB",
                             directory=str(self.folder / "data"))
        self.server.start()
        self.addCleanup(self.server.stop)
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "disk", "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "origin", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": self.origin.server_port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "DefaultCacheBehavior": {"ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHING_OPTIMIZED,
                                     "TargetOriginId": "origin"}}))["Distribution"]
        self.id, self.host = made["Id"], made["DomainName"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", self.id)

    def get(self, path: str) -> str:
        """Its X-Cache; the body is the right one."""
        with contextlib.closing(http.client.HTTPConnection(*self.server.cdn, timeout=30)) as connection:
            connection.request("GET", path, headers={"Host": self.host})
            response = connection.getresponse()
            self.assertEqual(response.status, 200, path)
            self.assertEqual(response.read(), body_of(path), path)
            return response.getheader("X-Cache")

    def metric(self, name: str) -> float:
        lines = admin_request(self.server.admin, "GET", "/metrics").splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def fill(self) -> list[str]:
        paths = [f"/object-{n}" for n in range(OBJECTS)]
        for path in paths:
            self.assertEqual(self.get(path), "Miss from cloudfront")
        deadline = time.monotonic() + 30
        while self.metric("meridian_cdn_disk_objects") < OBJECTS and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.metric("meridian_cdn_disk_objects"), OBJECTS)
        return paths

    def restart(self):
        self.server.kill()
        self.server.start()

    def test_what_was_fetched_is_served_after_a_kill_without_its_origin(self):
        paths = self.fill()
        self.restart()
        self.origin.asked.clear()
        for path in paths:
            self.assertEqual(self.get(path), "Hit from cloudfront", path)
        self.assertEqual(self.origin.asked, [])
        self.assertEqual(self.metric("meridian_cdn_disk_hits_total"), OBJECTS)

    def test_what_was_invalidated_stays_so_over_a_kill(self):
        paths = self.fill()
        made = self.aws("cloudfront", "create-invalidation", "--distribution-id", self.id, "--paths", "/object-1*")["Invalidation"]
        self.aws_text("cloudfront", "wait", "invalidation-completed", "--distribution-id", self.id, "--id", made["Id"])
        self.restart()
        self.origin.asked.clear()
        for path in paths:
            hit = not path.startswith("/object-1")
            self.assertEqual(self.get(path), "Hit from cloudfront" if hit else "Miss from cloudfront", path)
        self.assertEqual(len(self.origin.asked), sum(path.startswith("/object-1") for path in paths))

    def test_no_changed_byte_is_served(self):
        paths = self.fill()
        self.server.kill()
        draw = random.Random(1)
        flips = 0
        for segment in self.disk.glob("*/segment-*"):
            data = bytearray(segment.read_bytes())
            for _ in range(len(data) // 50_000):
                data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
                flips += 1
            segment.write_bytes(data)
        self.assertGreater(flips, 10)
        self.server.start()
        found = [self.get(path) for path in paths]
        self.assertIn("Hit from cloudfront", found)
        self.assertIn("Miss from cloudfront", found)

    def test_too_little_room_is_refused(self):
        other = Server("--cdn-listen", "127.0.0.1:0", "--cdn-disk", str(self.folder / "other"), "--cdn-disk-bytes", "900TiB",
                       directory=str(self.folder / "other-data"))
        with self.assertRaisesRegex(RuntimeError, "has room for"):
            other.start()


if __name__ == "__main__":
    unittest.main()
