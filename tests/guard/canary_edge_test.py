#!/usr/bin/env python3
"""A control and three edges that die of certain records (crash_hook.cc): what kills the canary edge reaches no other."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
BUILD = pathlib.Path(os.environ.get("BUILD", HERE.parent.parent / "build" / "release"))
CONTROL = BUILD / "meridian"
EDGE = next(BUILD.rglob("meridian-edge_with_crash_hook"))
from dns_client import DnsClient  # noqa: E402
from meridian_server import Server  # noqa: E402
from route53_client import Route53  # noqa: E402

GOOD = "192.0.2.1"
ADDRESS = socket.inet_aton(GOOD)
NXDOMAIN = 3


class Role:
    def __init__(self, root: pathlib.Path, name: str, *command):
        self.directory, self.log = root / name, root / f"{name}.log"
        self.directory.mkdir()
        self.command = [*command, "--data-dir", self.directory, "--admin", "127.0.0.1:0", "--log-format", "json"]
        self.starts = 0

    def start(self):
        endpoints = self.directory / "endpoints.json"
        endpoints.unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=log)
        self.starts += 1
        deadline = time.monotonic() + 20
        while not endpoints.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"it did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.005)
        self.found = json.loads(endpoints.read_text())
        return self

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)

    def ask(self, name: str) -> tuple[int, list[bytes]]:
        client = DnsClient(Server.address(self.found["dns"][0]), timeout=5)
        try:
            return client.ask(name)
        finally:
            client.close()

    def admin(self, path: str) -> str:
        return urllib.request.urlopen(f"http://{self.found['admin']}{path}", timeout=10).read().decode()


class CanaryEdge(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="meridian-canary-edge-"))
        self.addCleanup(shutil.rmtree, self.root, True)
        self.control = Role(self.root, "control", CONTROL, "control", "--dev", "--api", "127.0.0.1:0", "--feed",
                            "127.0.0.1:0", "--canary-edge", "canary", "--canary-soak", "2").start()
        self.addCleanup(self.control.end)
        self.calls = Route53(Server.address(self.control.found["api"][0]))
        self.addCleanup(self.calls.close)
        self.canary, self.one, self.two = (self.make_edge(name) for name in ("canary", "one", "two"))

    def make_edge(self, name: str) -> Role:
        token = subprocess.run([CONTROL, "edges", "token", "--data-dir", self.control.directory, "--name", name,
                                "--feed-address", self.control.found["feed"]], capture_output=True, text=True, check=True)
        edge = Role(self.root, name, EDGE, "--dns", "127.0.0.1:0")
        subprocess.run([EDGE, "join", token.stdout.strip(), "--data-dir", edge.directory], check=True, capture_output=True)
        edge.start()
        self.addCleanup(edge.end)
        return edge

    def wait_for(self, what: str, condition, seconds: float = 15):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: {self.control.admin('/edges')} {self.control.log.read_text()[-3000:]}")
            time.sleep(0.01)

    def put(self, zone: str, name: str, action: str = "UPSERT") -> str:
        return self.calls.change(zone, [(action, name, 60, GOOD)])

    def wait_in_sync(self, change: str):
        self.wait_for(f"{change} INSYNC", lambda: self.calls.change_status(change) == "INSYNC")

    def quarantined(self) -> list[dict]:
        return json.loads(self.control.admin("/status?output=json"))["dns"]["quarantined"]

    def revision(self, edge: str) -> int:
        edges = json.loads(self.control.admin("/edges?output=json"))["edges"]
        return next(e["revision"] for e in edges if e["name"] == edge)

    def assert_others_serve(self):
        for edge in (self.one, self.two):
            self.assertIsNone(edge.process.poll())
            for name in ("www.a.test", "www.b.test"):
                self.assertEqual(edge.ask(name), (0, [ADDRESS]))
            self.assertEqual(edge.ask("crash-wire-hook.a.test")[0], NXDOMAIN)

    def test_what_kills_the_canary_edge_reaches_no_other(self):
        a, b = (self.calls.create_zone(f"{name}.test", name) for name in "ab")
        self.put(a, "www.a.test")
        self.wait_in_sync(self.put(b, "www.b.test"))
        self.assert_others_serve()

        before = self.revision("canary")
        poison = self.put(a, "crash-wire-hook.a.test")
        self.wait_for("given to the canary", lambda: self.revision("canary") > before)
        with self.assertRaises(OSError):
            self.canary.ask("crash-wire-hook.a.test")
        self.assertEqual(self.canary.process.wait(20), -signal.SIGABRT)
        self.assert_others_serve()
        self.canary.start()
        self.wait_for("quarantine", self.quarantined)
        shown, = self.quarantined()
        self.assertEqual(shown["name"], "a.test.")
        self.assertRegex(shown["reason"], r"edge 'canary': .*SIGABRT while answering crash-wire-hook\.a\.test\. A")
        self.assertIn(shown["reason"], self.control.admin("/status"))

        self.wait_in_sync(self.put(b, "more.b.test"))
        self.assert_others_serve()
        for edge in (self.canary, self.one, self.two):
            self.assertEqual(edge.ask("more.b.test"), (0, [ADDRESS]))
        self.assertEqual(self.canary.ask("crash-wire-hook.a.test")[0], NXDOMAIN)
        self.assertEqual(self.calls.change_status(poison), "PENDING")
        metrics = self.control.admin("/metrics")
        self.assertRegex(metrics, r"(?m)^meridian_feed_edge_crashes_total 1$")
        self.assertRegex(metrics, r"(?m)^meridian_feed_canary_overdue_total 0$")

        self.wait_in_sync(self.put(a, "crash-wire-hook.a.test", "DELETE"))
        self.assertEqual(self.quarantined(), [])
        self.assertEqual(self.calls.change_status(poison), "PENDING", "a failed change stays so")
        self.assert_others_serve()
        self.assertEqual((self.one.starts, self.two.starts), (1, 1))


if __name__ == "__main__":
    unittest.main()
