#!/usr/bin/env python3
"""Query logs as an operator reads them: questions of `dig` found again in the lines, in dnstap files and on a dnstap socket
(read by Debian's fstrm_capture, fstrm_dump and dnstap-ldns), rotation, a reader that stalls, and `kill -9`."""
import datetime
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from dns_client import DnsClient  # noqa: E402
from meridian_server import Server  # noqa: E402

ZONE = """$ORIGIN logged.test.
@ 900 SOA ns hostmaster 1 7200 900 1209600 300
@ 900 NS ns
ns 900 A 192.0.2.53
www 60 A 192.0.2.80
"""
FSTRM = shutil.which("fstrm_capture") and shutil.which("fstrm_dump") and shutil.which("dnstap-ldns")


def eventually(what, seconds: float = 10):
    """The value of `what()` once it is one."""
    end = time.monotonic() + seconds
    while not (value := what()):
        if time.monotonic() > end:
            raise AssertionError("it did not happen")
        time.sleep(0.01)
    return value


class QueryLogs(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-query-log-"))
        self.log = self.folder / "queries"
        self.tap = self.folder / "tap"
        (self.folder / "zone").write_text(ZONE)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def server(self, *options: str) -> Server:
        server = Server(*options)
        server.start()
        self.addCleanup(server.__exit__)
        done = server.meridian("zone", "import", self.folder / "zone", "--origin", "logged.test", "--create")
        self.assertIn("imported 2 records", done.stdout + done.stderr)
        eventually(lambda: "192.0.2.80" in server.dig("www.logged.test", "+short"))
        return server

    def client(self, server: Server) -> DnsClient:
        client = DnsClient(server.dns)
        self.addCleanup(client.close)
        return client

    def lines(self, wanted: int, *, after: int = 0) -> list[list[str]]:
        def found():
            lines = self.log.read_text().splitlines()[after:] if self.log.exists() else []
            return lines if len(lines) >= wanted else None
        lines = eventually(found)
        self.assertEqual(len(lines), wanted, lines)
        return [line.split(" ") for line in lines]

    def count(self) -> int:
        time.sleep(0.2)
        return len(self.log.read_text().splitlines())

    def metric(self, server: Server, name: str) -> int:
        text = urllib.request.urlopen("http://%s:%d/metrics" % server.admin, timeout=10).read().decode()
        found = re.search(re.escape(name) + r" (\d+)", text)
        return int(found.group(1)) if found else 0

    def test_lines_are_those_of_route_53(self):
        server = self.server("--query-log", str(self.log), "--edge-location", "FRA50-C1")
        before = self.count()
        server.dig("www.logged.test", "A")
        server.dig("www.logged.test", "AAAA", "+tcp")
        server.dig("absent.logged.test", "MX", "+subnet=198.51.100.0/24")
        server.dig("www.logged.test", "A", "+subnet=2001:db8:abcd::/48")
        server.dig("elsewhere.test", "A")  # in no hosted zone: refused, and no line
        server.dig("wWw.logged.test", "TYPE65280", "+noedns")
        found = self.lines(5, after=before)
        zone = found[0][2]
        self.assertRegex(zone, "^Z[A-Z0-9]+$")
        now = datetime.datetime.now(datetime.timezone.utc)
        for fields in found:
            self.assertEqual(fields[0], "1.0")
            self.assertRegex(fields[1], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertLess(abs((now - datetime.datetime.fromisoformat(fields[1].replace("Z", "+00:00"))).total_seconds()), 30)
        self.assertEqual([fields[2:] for fields in found], [
            [zone, "www.logged.test", "A", "NOERROR", "UDP", "FRA50-C1", "127.0.0.1", "-"],
            [zone, "www.logged.test", "AAAA", "NOERROR", "TCP", "FRA50-C1", "127.0.0.1", "-"],
            [zone, "absent.logged.test", "MX", "NXDOMAIN", "UDP", "FRA50-C1", "127.0.0.1", "198.51.100.0/24"],
            [zone, "www.logged.test", "A", "NOERROR", "UDP", "FRA50-C1", "127.0.0.1", "2001:db8:abcd::/48"],
            [zone, "wWw.logged.test", "TYPE65280", "NOERROR", "UDP", "FRA50-C1", "127.0.0.1", "-"]])
        self.assertEqual(self.metric(server, 'meridian_dns_query_log_records_total{sink="route53"}'), before + 5)

    def test_a_moved_file_is_begun_anew_at_sighup(self):
        server = self.server("--query-log", str(self.log))
        before = self.count()
        self.log.rename(self.folder / "moved")
        server.dig("www.logged.test")
        eventually(lambda: len((self.folder / "moved").read_text().splitlines()) == before + 1)
        server.process.send_signal(signal.SIGHUP)
        eventually(self.log.exists)
        server.dig("www.logged.test")
        self.lines(1)

    def test_full_files_are_numbered(self):
        server = self.server("--query-log", str(self.log), "--query-log-file-mb", "1", "--query-log-files", "2",
                             "--dns-workers", "1")
        client = self.client(server)
        for _ in range(50_000):  # 100 bytes each
            client.ask("www.logged.test")
        eventually(lambda: self.log.with_suffix(".2").exists())
        names = sorted(path.name for path in self.folder.iterdir() if path.name.startswith("queries"))
        self.assertEqual(names, ["queries", "queries.1", "queries.2"])
        for name in names:
            text = (self.folder / name).read_text()
            self.assertLessEqual(len(text), 1_000_000)
            self.assertTrue(text.endswith("\n"))
            for line in text.splitlines():
                self.assertEqual(len(line.split(" ")), 10)

    def test_the_end_loses_nothing_and_a_kill_what_was_in_memory(self):
        server = self.server("--query-log", str(self.log))
        before = self.count()
        client = self.client(server)
        for _ in range(500):
            client.ask("www.logged.test")
        self.assertEqual(server.stop(), 0)
        self.lines(before + 500)
        server.start()
        client = self.client(server)
        for _ in range(500):
            client.ask("www.logged.test")
        time.sleep(0.5)  # more than a record waits
        server.kill()
        self.lines(before + 1000)

    def test_zones_and_samples(self):
        server = self.server("--query-log", str(self.log), "--query-log-zone", "ZNOTHERE", "--dnstap", str(self.tap),
                             "--dnstap-sample", "10")
        client = self.client(server)
        for _ in range(5000):
            client.ask("www.logged.test")
        time.sleep(0.2)
        self.assertEqual(self.log.read_text(), "")
        sampled = self.metric(server, 'meridian_dns_query_log_records_total{sink="dnstap"}')
        self.assertGreater(sampled, 350)
        self.assertLess(sampled, 650)

    def test_a_reader_that_stalls_stalls_no_answer(self):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.tap))
            listener.listen(1)
            server = self.server("--dnstap", f"unix:{self.tap}")
            listener.settimeout(10)
            reader, _ = listener.accept()
            with reader:
                content = (1).to_bytes(4, "big") + (22).to_bytes(4, "big") + b"protobuf:dnstap.Dnstap"
                reader.sendall(bytes(4) + (4 + len(content)).to_bytes(4, "big") + (1).to_bytes(4, "big") + content)
                client = self.client(server)
                slowest, lost = 0.0, 'meridian_dns_query_log_dropped_total{reason="reader_slow",sink="dnstap"}'
                for asked in range(80_000):
                    started = time.monotonic()
                    self.assertEqual(client.ask("www.logged.test")[0], 0)
                    slowest = max(slowest, time.monotonic() - started)
                    if asked % 5000 == 0 and self.metric(server, lost) > 0:
                        break
                self.assertGreater(self.metric(server, lost), 0)
                self.assertLess(slowest, 0.9)  # the client's time limit is 1 s, and the machine may be busy
            started = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - started, 10)

    def test_dnstap_files_are_read_by_others(self):
        if not FSTRM:
            self.skipTest("apt-get install fstrm-bin dnstap-ldns")
        server = self.server("--dnstap", str(self.tap), "--nsid", "ns-7")
        server.dig("www.logged.test", "A", "+tcp", "+norecurse")
        self.assertEqual(server.stop(), 0)
        dumped = subprocess.run(["fstrm_dump", self.tap], capture_output=True, text=True)
        self.assertEqual(dumped.returncode, 0, dumped.stderr)
        self.assertIn("FSTRM_CONTROL_START", dumped.stdout + dumped.stderr)
        self.assertIn("FSTRM_CONTROL_STOP", dumped.stdout + dumped.stderr)
        full = self.read_tap(self.tap)
        self.assertIn("ns-7", full)
        self.assertRegex(full, r"meridian \d")
        self.assertIn("AUTH_QUERY", full)
        self.assertIn("AUTH_RESPONSE", full)
        self.assertRegex(full, r"socket_protocol: TCP")
        self.assertRegex(full, r"www\.logged\.test\.\s+60\s+IN\s+A\s+192\.0\.2\.80")

    def test_a_dnstap_reader_may_come_late_and_go(self):
        if not FSTRM:
            self.skipTest("apt-get install fstrm-bin dnstap-ldns")
        server = self.server("--dnstap", f"unix:{self.tap}")
        server.dig("www.logged.test", "TYPE65001")
        texts = []
        for number in range(2):
            captured = self.folder / f"captured-{number}"
            reader = subprocess.Popen(["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", self.tap, "-w", captured],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                eventually(self.tap.exists)
                server.dig("www.logged.test", f"TYPE6510{number}")
                written = 'meridian_dns_query_log_records_total{sink="dnstap"}'
                before = self.metric(server, written)
                # What follows a loss waits for a pause of at most ten seconds.
                eventually(lambda: server.dig("www.logged.test", "A") and self.metric(server, written) > before, 15)
            finally:
                reader.send_signal(signal.SIGTERM)
                reader.wait(timeout=10)
            texts.append(self.read_tap(captured))
            self.tap.unlink(missing_ok=True)
        self.assertIn("TYPE65001", texts[0])  # asked before there was a reader
        self.assertIn("TYPE65100", texts[0])
        self.assertIn("TYPE65101", texts[1])

    def read_tap(self, path: pathlib.Path) -> str:
        done = subprocess.run(["dnstap-ldns", "-y", "-r", path], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout


if __name__ == "__main__":
    unittest.main()
