#!/usr/bin/env python3
"""An edge gives zones to secondaries with the serials and the catalog that its control makes."""
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import BINARY, Server  # noqa: E402
from route53_client import Route53  # noqa: E402
from secondaries import HOST, take_records  # noqa: E402


class Process:
    """A role in a directory of its own."""

    def __init__(self, folder: pathlib.Path, *words: str):
        self.folder = folder
        (folder / "endpoints.json").unlink(missing_ok=True)
        self.log = folder.with_suffix(".log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([BINARY, *words, "--data-dir", folder, "--admin", f"{HOST}:0"],
                                            stdout=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + 20
        while not (folder / "endpoints.json").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{words} did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.01)
        self.found = json.loads((folder / "endpoints.json").read_text())

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


class Edge(unittest.TestCase):
    def serial(self) -> int | None:
        done = subprocess.run(["dig", f"@{HOST}", "-p", str(self.dns[1]), "+short", "+tries=1", "+time=1", "example.com",
                               "SOA"], capture_output=True, text=True, timeout=10)
        fields = done.stdout.split()
        return int(fields[2]) if len(fields) == 7 else None

    def wait_for(self, condition, seconds: float = 15):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"serial {self.serial()}\n{self.edge.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def test_serials_come_from_the_control(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        for name in ("control", "edge"):
            (root / name).mkdir()
        control = Process(root / "control", "control", "--dev", "--api", f"{HOST}:0", "--feed", f"{HOST}:0",
                          "--catalog-zone", "catalog.invalid")
        self.addCleanup(control.end)
        api, feed = control.found["api"][0], control.found["feed"]
        token = subprocess.run([BINARY, "edges", "token", "--data-dir", root / "control", "--name", "one",
                                "--feed-address", feed], capture_output=True, text=True, check=True).stdout.strip()
        subprocess.run([BINARY, "edge", "join", token, "--data-dir", root / "edge"], check=True, capture_output=True)
        self.edge = Process(root / "edge", "edge", "--dns", f"{HOST}:0", "--transfer-to", f"{HOST}/32",
                            "--catalog-zone", "catalog.invalid")
        self.addCleanup(self.edge.end)
        self.dns = Server.address(self.edge.found["dns"][0])

        route53 = Route53(Server.address(api))
        zone = route53.create_zone("example.com", "edge")
        self.wait_for(lambda: self.serial() is not None)
        before = self.serial()
        self.assertGreater(before, 1)
        route53.change(zone, [("CREATE", "a.example.com", 60, "192.0.2.1")])
        route53.close()
        self.wait_for(lambda: self.serial() > before)
        whole = take_records(self.dns, "example.com")
        self.assertTrue(any(line.startswith("a.example.com. 60 IN A 192.0.2.1") for line in whole), whole)
        self.assertIn(f" {self.serial()} 7200 ", next(line for line in whole if " SOA " in line))
        catalog = take_records(self.dns, "catalog.invalid")
        self.assertTrue(any(line.endswith("IN PTR example.com.") for line in catalog), catalog)
        step = subprocess.run(["kdig", f"@{HOST}", "-p", str(self.dns[1]), "+retry=0", "example.com", f"IXFR={before}"],
                              capture_output=True, text=True, timeout=10).stdout
        self.assertEqual(len([line for line in step.splitlines() if line and line[0] != ";"]), 5, step)

        # Turned off, the serial is the user's again, also at an edge that has everything.
        control.end()
        again = Process(root / "control", "control", "--dev", "--api", api, "--feed", feed)
        self.addCleanup(again.end)
        self.wait_for(lambda: self.serial() == 1)


if __name__ == "__main__":
    unittest.main()
