#!/usr/bin/env python3
"""Five hundred viewers of one object that nobody has asked for yet, and that its origin is slow to give: the origin is asked
once, and whoever waited hears the first byte when the first viewer does. Times are the kernel's, of the packets."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import AwsCliCase  # noqa: E402
from meridian_server import BINARY, Server, aws_commands  # noqa: E402
from played_origin import PlayedOrigin, read_head  # noqa: E402

VIEWERS = 500
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
FIRST_BYTES = BINARY.with_name("first_bytes")  # bench/cdn
BEHIND_MAX_MS = float(os.environ.get("MERIDIAN_BEHIND_MS", "100"))  # alone on a machine 5 will do
HEAD_AFTER, PIECES, PIECE = 1.0, 5, b"x" * 20_000


class SlowOrigin(PlayedOrigin):
    """Answers each request after a second, and its body in pieces over another."""

    def __init__(self):
        super().__init__()
        self.asked: list[bytes] = []

    def answer(self, connection: socket.socket):
        self.asked.append(read_head(connection))
        time.sleep(HEAD_AFTER)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (PIECES * len(PIECE)))
        for _ in range(PIECES):
            connection.sendall(PIECE)
            time.sleep(1 / PIECES)


class Collapse(AwsCliCase):
    def test_five_hundred_viewers_of_one_slow_object(self):
        self.command = aws_commands()[0]
        origin = SlowOrigin()
        origin.start()
        self.addCleanup(origin.listener.close)
        with Server("--cdn-listen", "127.0.0.1:0", "--cdn-workers", "2") as self.server:
            host = self.distribution(origin.port)
            for shot in range(3):  # the best of three: other programs may have the processors
                del origin.asked[:]
                behind = self.shot(host, f"/cold-{shot}")
                self.assertEqual(len(origin.asked), 1)
                print(f"{VIEWERS} viewers, one request to the origin; first bytes behind the first viewer's: median "
                      f"{behind['median_ms']:.2f} ms, last {behind['last_ms']:.2f} ms", file=sys.stderr)
                if behind["last_ms"] <= BEHIND_MAX_MS:
                    break
            self.assertLessEqual(behind["last_ms"], BEHIND_MAX_MS)

    def distribution(self, port: int) -> str:
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "1", "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "slow", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "DefaultCacheBehavior": {"TargetOriginId": "slow", "ViewerProtocolPolicy": "allow-all",
                                     "CachePolicyId": CACHING_OPTIMIZED}}))["Distribution"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        return made["DomainName"]

    def shot(self, host: str, target: str) -> dict:
        """How much later than the first viewer's the first bytes of the others came."""
        done = subprocess.run([FIRST_BYTES, "--server", "%s:%d" % self.server.cdn, "--host", host, "--target", target,
                               "--viewers", str(VIEWERS), "--body-bytes", str(PIECES * len(PIECE))],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)


if __name__ == "__main__":
    unittest.main()
