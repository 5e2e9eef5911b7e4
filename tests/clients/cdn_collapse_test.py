#!/usr/bin/env python3
"""Five hundred viewers of one object that nobody has asked for yet, and that its origin is slow to give: the origin is asked
once, and whoever waited hears the first byte when the first viewer does. Times are the kernel's, of the packets."""
import json
import os
import pathlib
import selectors
import socket
import statistics
import struct
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aws_clients import AwsCliCase  # noqa: E402
from meridian_server import Server, aws_commands  # noqa: E402

VIEWERS = 500
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
SO_TIMESTAMPNS = 35
BEHIND_MAX = float(os.environ.get("MERIDIAN_BEHIND_MS", "100")) / 1e3  # alone on a machine 5 will do
HEAD_AFTER, PIECES, PIECE = 1.0, 5, b"x" * 20_000


class SlowOrigin(threading.Thread):
    """Answers each request after a second, and its body in pieces over another."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=VIEWERS)
        self.port = self.listener.getsockname()[1]
        self.asked: list[bytes] = []

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection: socket.socket):
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                data = connection.recv(65536)
                if not data:
                    return
                head += data
            self.asked.append(head)
            time.sleep(HEAD_AFTER)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (PIECES * len(PIECE)))
            for _ in range(PIECES):
                connection.sendall(PIECE)
                time.sleep(1 / PIECES)


class Viewer:
    def __init__(self, address: tuple[str, int], host: str, target: str):
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        self.socket.setblocking(False)
        self.first_byte: float | None = None
        self.heard = bytearray()

    def read(self) -> bool:
        """Whether it has the whole."""
        if self.first_byte is None:
            # One byte alone: of what is read the kernel tells the time of its last packet.
            data, more, _, _ = self.socket.recvmsg(1, socket.CMSG_SPACE(16))
            seconds, nanoseconds = next(struct.unpack("qq", value) for level, kind, value in more
                                        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS))
            self.first_byte = seconds + nanoseconds / 1e9
        else:
            data = self.socket.recv(1 << 20)
        if not data:
            raise AssertionError(f"cut off after {bytes(self.heard[:300])}")
        self.heard += data
        head, _, body = self.heard.partition(b"\r\n\r\n")
        return len(body) == PIECES * len(PIECE)


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
                      f"{statistics.median(behind) * 1e3:.2f} ms, last {max(behind) * 1e3:.2f} ms", file=sys.stderr)
                if max(behind) <= BEHIND_MAX:
                    break
            self.assertLessEqual(max(behind), BEHIND_MAX)

    def distribution(self, port: int) -> str:
        made = self.aws("cloudfront", "create-distribution", "--distribution-config", json.dumps({
            "CallerReference": "1", "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "slow", "DomainName": "localhost", "CustomOriginConfig": {
                "HTTPPort": port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
            "DefaultCacheBehavior": {"TargetOriginId": "slow", "ViewerProtocolPolicy": "allow-all",
                                     "CachePolicyId": CACHING_OPTIMIZED}}))["Distribution"]
        self.aws_text("cloudfront", "wait", "distribution-deployed", "--id", made["Id"])
        return made["DomainName"]

    def shot(self, host: str, target: str) -> list[float]:
        """Of each viewer but the first to hear: how much later its first byte came."""
        viewers = [Viewer(self.server.cdn, host, target) for _ in range(VIEWERS)]
        with selectors.DefaultSelector() as selector:
            for viewer in viewers:
                selector.register(viewer.socket, selectors.EVENT_READ, viewer)
            waiting, until = VIEWERS, time.monotonic() + 30
            while waiting and time.monotonic() < until:
                for key, _ in selector.select(1):
                    if key.data.read():
                        selector.unregister(key.data.socket)
                        waiting -= 1
        self.assertEqual(waiting, 0, sorted({len(viewer.heard) for viewer in viewers}))
        for viewer in viewers:
            self.assertTrue(viewer.heard.startswith(b"HTTP/1.1 200 "), bytes(viewer.heard[:300]))
            viewer.socket.close()
        first, *others = sorted(viewer.first_byte for viewer in viewers)
        return [each - first for each in others]


if __name__ == "__main__":
    unittest.main()
