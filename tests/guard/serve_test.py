#!/usr/bin/env python3
"""`meridian serve` whose core dies of certain records (crash_hook.cc): who asks and who changes other zones sees nothing."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
BUILD = pathlib.Path(os.environ.get("BUILD", HERE.parent.parent / "build" / "release"))
PRODUCT = BUILD / "meridian"
os.environ["MERIDIAN_BINARY"] = str(BUILD / "meridian_with_crash_hook")
from dns_client import DnsClient  # noqa: E402
from meridian_server import Server  # noqa: E402
from route53_client import Route53  # noqa: E402

GOOD = "192.0.2.1"
ADDRESS = socket.inet_aton(GOOD)


class Guarded(Server):
    """A server in development mode with two zones."""

    def __init__(self, *options: str, directory: str | None = None):
        super().__init__("--dev", *options, directory=directory)

    def start(self):
        super().start()
        self.calls = Route53(self.api)
        self.questions = DnsClient(self.dns)

    def disconnect(self):
        self.calls.close()
        self.questions.close()

    def stop(self) -> int:
        if self.process:
            self.disconnect()
        return super().stop()

    def kill(self):
        self.disconnect()
        super().kill()

    def make_zones(self):
        self.a = self.calls.create_zone("a.test", "a")
        self.b = self.calls.create_zone("b.test", "b")
        self.wait_in_sync(self.put(self.a, "www.a.test"))

    def put(self, zone: str, name: str) -> str:
        return self.calls.change(zone, [("UPSERT", name, 60, GOOD)])

    def remove(self, zone: str, name: str) -> str:
        return self.calls.change(zone, [("DELETE", name, 60, GOOD)])

    def wait_in_sync(self, change: str, seconds: float = 20):
        self.wait_for(lambda: self.calls.change_status(change) == "INSYNC", seconds)

    def wait_for(self, what, seconds: float = 20):
        started = time.monotonic()
        while not what():
            if time.monotonic() - started > seconds:
                raise AssertionError(f"waited {seconds} s in vain; the log ends: {self.log_text()[-2000:]}")
            time.sleep(0.005)

    def status(self) -> dict:
        return json.loads(self.meridian("status", "--output", "json").stdout)

    def quarantined(self) -> list[dict]:
        return self.status()["dns"]["quarantined"]

    def metric(self, name: str) -> float:
        text = urllib.request.urlopen("http://%s:%d/metrics" % self.admin, timeout=10).read().decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M))

    def canaries(self) -> list[int]:
        """The keeper and the canary below the server."""
        listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout
        found = [line.split(None, 2) for line in listed.splitlines() if line.endswith("meridian canary")]
        keepers = [int(pid) for pid, parent, _ in found if int(parent) == self.process.pid]
        return keepers + [int(pid) for pid, parent, _ in found if int(parent) in keepers]


class Canary(unittest.TestCase):
    def test_a_poisoned_record_holds_back_its_zone_and_nobody_else(self):
        with Guarded() as server:
            server.make_zones()
            poison = server.put(server.a, "crash-test-hook.a.test")
            server.wait_for(lambda: server.quarantined())
            others = server.put(server.b, "www.b.test")
            server.wait_in_sync(others)
            self.assertEqual(server.questions.ask("www.b.test"), (0, [ADDRESS]))
            self.assertEqual(server.questions.ask("www.a.test"), (0, [ADDRESS]))
            self.assertEqual(server.questions.ask("crash-test-hook.a.test")[0], 3, "the zone is as it was before")
            self.assertEqual(server.calls.change_status(poison), "PENDING")

            shown, = server.quarantined()
            self.assertEqual(shown["name"], "a.test.")
            self.assertIn("signal 6", shown["reason"])
            self.assertIn("crash-test-hook.a.test. A", shown["reason"])
            self.assertIn(shown["reason"], server.meridian("status").stdout)
            self.assertEqual(server.metric("meridian_dns_quarantined_zones"), 1)
            self.assertIn('"level":"error"', next(line for line in server.log_text().splitlines() if shown["reason"] in line))

            waiting = server.put(server.a, "later.a.test")
            time.sleep(0.2)
            self.assertEqual(server.calls.change_status(waiting), "PENDING")

            server.wait_in_sync(server.remove(server.a, "crash-test-hook.a.test"))
            server.wait_in_sync(waiting)
            server.wait_in_sync(server.put(server.a, "after.a.test"))
            for name in ("later.a.test", "after.a.test"):
                self.assertEqual(server.questions.ask(name), (0, [ADDRESS]))
            self.assertEqual(server.quarantined(), [])
            self.assertEqual(server.calls.change_status(poison), "PENDING", "a failed change stays so")

    def test_a_hanging_core_is_a_failed_change(self):
        with Guarded() as server:
            server.make_zones()
            hang = server.put(server.a, "hang-test-hook.a.test")
            server.wait_for(lambda: server.quarantined(), seconds=50)
            self.assertIn("too much processor time", server.quarantined()[0]["reason"])
            server.wait_in_sync(server.put(server.b, "www.b.test"), seconds=50)
            self.assertEqual(server.calls.change_status(hang), "PENDING")

    def test_a_restart_keeps_the_zone_as_it_was_and_a_cured_version_serves_it(self):
        with Guarded() as server:
            server.make_zones()
            poison = server.put(server.a, "crash-test-hook.a.test")
            server.wait_for(lambda: server.quarantined())
            server.wait_in_sync(server.put(server.b, "www.b.test"))
            server.stop()
            server.start()
            self.assertEqual(server.questions.ask("www.a.test"), (0, [ADDRESS]))
            server.wait_for(lambda: server.quarantined())
            self.assertEqual(server.calls.change_status(poison), "PENDING")
            server.wait_in_sync(server.put(server.b, "again.b.test"))

            server.stop()
            without_hook = Guarded(directory=server.directory)
            import meridian_server
            hooked, meridian_server.BINARY = meridian_server.BINARY, PRODUCT
            try:
                with without_hook as cured:
                    cured.wait_for(lambda: not cured.quarantined())
                    self.assertEqual(cured.questions.ask("crash-test-hook.a.test"), (0, [ADDRESS]))
                    self.assertEqual(cured.questions.ask("www.b.test"), (0, [ADDRESS]))
            finally:
                meridian_server.BINARY = hooked

    def test_a_canary_that_somebody_kills_condemns_nobody(self):
        with Guarded() as server:
            server.make_zones()
            for _ in range(3):
                for pid in server.canaries():
                    os.kill(pid, signal.SIGKILL)
                server.wait_in_sync(server.put(server.a, "www.a.test"))
            self.assertEqual(server.quarantined(), [])

    def test_the_canary_goes_with_its_server(self):
        with Guarded() as server:
            server.make_zones()
            canaries = server.canaries()
            self.assertEqual(len(canaries), 2)
            server.kill()
            deadline = time.monotonic() + 10
            while any(os.path.exists(f"/proc/{pid}") for pid in canaries) and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertFalse([pid for pid in canaries if os.path.exists(f"/proc/{pid}")])

    def test_the_canary_holds_no_file_and_may_do_next_to_nothing(self):
        with Guarded() as server:
            server.make_zones()
            for pid in server.canaries():
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                self.assertIn("Seccomp:\t2", status)
                self.assertIn("NoNewPrivs:\t1", status)
                self.assertEqual(pathlib.Path(f"/proc/{pid}/environ").read_bytes(), b"")
                opened = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
                self.assertFalse([path for path in opened if str(server.directory) + "/" in path], opened)

    def test_without_a_canary_nothing_is_tried(self):
        with Guarded("--no-canary") as server:
            server.make_zones()
            self.assertEqual(server.canaries(), [])


class WatchWindow(unittest.TestCase):
    """`crash-wire-hook` passes the canary; who asks a server for it kills that server."""

    def die(self, server: Guarded):
        with self.assertRaises(OSError):
            server.questions.ask("crash-wire-hook.a.test")
        self.assertEqual(server.process.wait(30), -signal.SIGABRT)
        server.kill()

    def test_a_server_that_dies_of_a_change_comes_back_without_it(self):
        with Guarded() as server:
            server.make_zones()
            fatal = server.put(server.a, "crash-wire-hook.a.test")
            server.wait_in_sync(fatal)
            server.wait_in_sync(server.put(server.b, "www.b.test"))
            self.die(server)

            server.start()
            for _ in range(3):
                self.assertEqual(server.questions.ask("crash-wire-hook.a.test")[0], 3)
            self.assertEqual(server.questions.ask("www.a.test"), (0, [ADDRESS]))
            self.assertEqual(server.questions.ask("www.b.test"), (0, [ADDRESS]), "another zone's change is not taken back")
            shown, = server.quarantined()
            self.assertEqual(shown["name"], "a.test.")
            self.assertIn("SIGABRT while answering crash-wire-hook.a.test. A", shown["reason"])
            self.assertEqual(server.calls.change_status(fatal), "PENDING")
            server.wait_in_sync(server.put(server.b, "more.b.test"))

            server.stop()
            server.start()
            self.assertEqual(server.questions.ask("crash-wire-hook.a.test")[0], 3, "a restart tries it again")
            server.wait_in_sync(server.remove(server.a, "crash-wire-hook.a.test"))
            self.assertEqual(server.quarantined(), [])
            server.wait_in_sync(server.put(server.a, "after.a.test"))
            self.assertEqual(server.calls.change_status(fatal), "PENDING")

    def test_a_kill_from_outside_takes_nothing_back(self):
        with Guarded() as server:
            server.make_zones()
            server.wait_in_sync(server.put(server.a, "late.a.test"))
            server.kill()
            server.start()
            self.assertEqual(server.questions.ask("late.a.test"), (0, [ADDRESS]))
            self.assertEqual(server.quarantined(), [])


class Product(unittest.TestCase):
    def test_it_contains_nothing_of_the_hook(self):
        contents = PRODUCT.read_bytes()
        for word in (b"crash-test-hook", b"crash-wire-hook", b"hang-test-hook", b"__wrap_"):
            self.assertNotIn(word, contents)
        self.assertIn(b"crash-test-hook", pathlib.Path(os.environ["MERIDIAN_BINARY"]).read_bytes())


if __name__ == "__main__":
    unittest.main()
