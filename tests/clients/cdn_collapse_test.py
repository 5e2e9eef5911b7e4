#!/usr/bin/env python3
"""Five hundred viewers of one object that nobody has asked for yet, and that its origin is slow to give: the origin is asked
once, and whoever waited hears the first byte when the first viewer does. Times are the kernel's, of the packets.

MERIDIAN_BEHIND_MS=5 MERIDIAN_SHOTS=14 cdn_collapse_test.py: fourteen times, of which the median has to be within 5 ms.
MERIDIAN_REALTIME=1: servers go before everything else on this machine, which is busy with other things."""
import json
import os
import pathlib
import socket
import statistics
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
BEHIND_MAX_MS = float(os.environ.get("MERIDIAN_BEHIND_MS", "500"))  # alone on a machine 5 will do
SHOTS = int(os.environ.get("MERIDIAN_SHOTS", "0"))  # 0: until one is quick enough, at most three
REALTIME = bool(os.environ.get("MERIDIAN_REALTIME"))
HEAD_AFTER, FIRST, PIECES, PIECE = 1.0, b"x" * 1_000, 5, b"x" * 20_000
BODY_BYTES = len(FIRST) + PIECES * len(PIECE)


class SlowOrigin(PlayedOrigin):
    """Answers each request after a second with the beginning of a body, whose rest comes in pieces over another."""

    def __init__(self):
        super().__init__()
        self.asked: list[bytes] = []

    def answer(self, connection: socket.socket):
        self.asked.append(read_head(connection))
        time.sleep(HEAD_AFTER)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % BODY_BYTES + FIRST)
        for _ in range(PIECES):
            time.sleep(1 / PIECES)
            connection.sendall(PIECE)


def go_first(pid: int):
    if REALTIME:
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(1))


def first_bytes(places: list[tuple[str, int]], host: str, path: str) -> dict:
    """How much later than the first viewer's the first bytes of the others came, who are spread over all places."""
    first = ["chrt", "--rr", "1"] if REALTIME else []
    done = subprocess.run([*first, FIRST_BYTES, "--server", ",".join("%s:%d" % place for place in places), "--host", host,
                           "--target", path, "--viewers", str(VIEWERS), "--body-bytes", str(BODY_BYTES)],
                          capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return json.loads(done.stdout)


def shoot(case: unittest.TestCase, who: str, origin: SlowOrigin, shot):
    """The first shot that does, as other programs may have the processors; or the median of as many as are wanted."""
    behind = []
    for number in range(SHOTS or 3):
        del origin.asked[:]
        seen = shot(f"/cold-{number}")
        case.assertEqual(len(origin.asked), 1)
        behind.append(seen["last_ms"])
        print(f"{who}, one request to the origin; first bytes behind the first viewer's: median {seen['median_ms']:.2f} ms, "
              f"last {seen['last_ms']:.2f} ms", file=sys.stderr)
        if not SHOTS and behind[-1] <= BEHIND_MAX_MS:
            return
    median = statistics.median(behind)
    print(f"last of {who}, {len(behind)} shots: median {median:.2f} ms, worst {max(behind):.2f} ms", file=sys.stderr)
    case.assertLessEqual(median if SHOTS else min(behind), BEHIND_MAX_MS)


class Collapse(AwsCliCase):
    def test_five_hundred_viewers_of_one_slow_object(self):
        self.command = aws_commands()[0]
        origin = SlowOrigin()
        origin.start()
        self.addCleanup(origin.listener.close)
        with Server("--cdn-listen", "127.0.0.1:0", "--cdn-workers", "2", "--cdn-pin-workers") as self.server:
            go_first(self.server.process.pid)
            host = self.distribution(origin.port)
            shoot(self, f"{VIEWERS} viewers", origin, lambda path: first_bytes([self.server.cdn], host, path))

    def distribution(self, port: int) -> str:
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "1", "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "slow", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "DefaultCacheBehavior": {"TargetOriginId": "slow", "ViewerProtocolPolicy": "allow-all",
                                     "CachePolicyId": CACHING_OPTIMIZED}}))["Distribution"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        return made["DomainName"]


if __name__ == "__main__":
    unittest.main()
