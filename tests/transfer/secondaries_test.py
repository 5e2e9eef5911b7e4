#!/usr/bin/env python3
"""Knot and NSD follow our zones: AXFR at first, NOTIFY and IXFR at each change, with and without TSIG, by catalog."""
import base64
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from meridian_server import Server  # noqa: E402
from route53_client import Route53  # noqa: E402
from secondaries import HOST, Knot, Nsd, take_records  # noqa: E402
from dns_servers import free_port  # noqa: E402 (its folder is known to secondaries)

SECRET = base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
KEY = ("transfer.key", SECRET)
CATALOG = "catalog.invalid"
ZONES = ["example.com", "example.net"]


class Secondaries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        keys = pathlib.Path(cls.folder.name) / "keys"
        keys.write_text(f"key:\n  - id: {KEY[0]}\n    algorithm: hmac-sha256\n    secret: {KEY[1]}\n")
        keys.chmod(0o600)
        cls.ports = {name: free_port() for name in ("knot", "nsd", "signed", "catalog")}
        cls.server = Server(
            "--dev", "--tsig-keys", str(keys), "--catalog-zone", CATALOG, "--transfer-to", f"{HOST}/32",
            "--transfer-to", f"key:{KEY[0]}", "--notify", f"{HOST}@{cls.ports['knot']}",
            "--notify", f"{HOST}@{cls.ports['nsd']}", "--notify", f"{HOST}@{cls.ports['signed']},key:{KEY[0]}",
            "--notify", f"{HOST}@{cls.ports['catalog']}")
        cls.server.start()
        cls.route53 = Route53(cls.server.api)
        cls.ids = {zone: cls.route53.create_zone(zone, zone) for zone in ZONES}
        for zone in ZONES:
            cls.change([("CREATE", f"h{i}.{zone}", 60, f"192.0.2.{i}") for i in range(1, 200)], zone)

    @classmethod
    def tearDownClass(cls):
        cls.route53.close()
        cls.server.__exit__()
        cls.folder.cleanup()

    @classmethod
    def change(cls, changes, zone="example.com") -> int:
        """Makes the changes; the serial that secondaries must come to."""
        change = cls.route53.change(cls.ids[zone], changes)
        while cls.route53.change_status(change) != "INSYNC":
            time.sleep(0.001)
        return int(cls.server.dig(zone, "SOA", "+short").split()[2])

    def follow(self, secondary):
        serial = self.change([("UPSERT", "h1.example.com", 60, "198.51.100.1")])
        secondary.wait_for_serial("example.com", serial)
        self.assertEqual(secondary.records("example.com"), take_records(self.server.dns, "example.com"))
        before = len(re.findall(r'"kind": ?"IXFR",', self.server.log_text()))
        own = f"{secondary.name}{secondary.port}"
        for batch in range(3):
            changes = [("UPSERT", "h1.example.com", 60, f"198.51.100.{batch + 2}"),
                       ("CREATE", f"{own}-{batch}.example.com", 60, "192.0.2.9")]
            if batch == 2:
                changes.append(("DELETE", f"{own}-0.example.com", 60, "192.0.2.9"))
            serial = self.change(changes)
            secondary.wait_for_serial("example.com", serial)
        self.assertEqual(secondary.records("example.com"), take_records(self.server.dns, "example.com"))
        self.assertGreaterEqual(len(re.findall(r'"kind": ?"IXFR",', self.server.log_text())) - before, 3)

    def test_knot(self):
        with Knot(self.server.dns, ZONES, port=self.ports["knot"]) as knot:
            self.follow(knot)

    def test_nsd(self):
        with Nsd(self.server.dns, ZONES, port=self.ports["nsd"]) as nsd:
            self.follow(nsd)

    def test_knot_with_tsig(self):
        with Knot(self.server.dns, ZONES, key=KEY, port=self.ports["signed"]) as knot:
            self.follow(knot)

    def test_knot_takes_its_zones_from_the_catalog(self):
        with Knot(self.server.dns, [], catalog=CATALOG, port=self.ports["catalog"]) as knot:
            for zone in ZONES:
                knot.wait_for_serial(zone, int(self.server.dig(zone, "SOA", "+short").split()[2]))
            made = self.route53.create_zone("later.example", "later")
            knot.wait_for_serial("later.example", self.wait_for_zone("later.example"))
            self.route53.call("DELETE", f"hostedzone/{made}")
            deadline = time.monotonic() + 10
            while knot.serial("later.example") is not None and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertIsNone(knot.serial("later.example"), knot.log_text()[-2000:])

    def wait_for_zone(self, zone: str) -> int:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            fields = self.server.dig(zone, "SOA", "+short").split()
            if fields:
                return int(fields[2])
        raise AssertionError(f"{zone} is not served")

    def test_the_catalog_is_hidden(self):
        ask = ["kdig", f"@{HOST}", "-p", str(self.server.dns[1]), "-b", "127.0.0.77", f"version.{CATALOG}", "TXT"]
        refused = subprocess.run(ask, capture_output=True, text=True, timeout=10).stdout
        self.assertIn("REFUSED", refused)
        seen = subprocess.run(ask[:4] + ask[6:], capture_output=True, text=True, timeout=10).stdout
        self.assertIn('"2"', seen)

    def test_a_restart_keeps_the_serials(self):
        before = {zone: self.server.dig(zone, "SOA", "+short") for zone in ZONES + [CATALOG]}
        with Server("--dev", "--transfer-to", f"{HOST}/32", "--catalog-zone", CATALOG) as other:
            route53 = Route53(other.api)
            route53.create_zone("example.com", "restart")
            serial = None
            while not serial:
                serial = other.dig("example.com", "SOA", "+short")
            route53.close()
            other.stop()
            other.start()
            self.assertEqual(other.dig("example.com", "SOA", "+short"), serial)
        self.assertTrue(all(before.values()))


class Migration(unittest.TestCase):
    def test_a_zone_of_knot_is_imported(self):
        with tempfile.TemporaryDirectory() as folder, Server("--dev") as server:
            zone = pathlib.Path(folder) / "example.org.zone"
            zone.write_text("$ORIGIN example.org.\n$TTL 300\n@ SOA ns hostmaster 5 3600 600 86400 60\n@ NS ns\n"
                            "ns A 192.0.2.1\n@ MX 10 mail\nmail AAAA 2001:db8::1\n*.w TXT \"a b\" \"c\"\n"
                            "x 60 CNAME mail\nloc LOC 1 0 0 N 1 0 0 E 0m\n")
            knot_port = self.primary(folder, zone)
            words = ("zone", "import", "--axfr", f"{HOST}:{knot_port}", "example.org", "--create")
            refused = server.meridian(*words, check=False)
            self.assertIn("the server says NOTAUTH", refused.stderr)
            done = server.meridian(*words, "--tsig-key", f"hmac-sha256:{KEY[0]}:{KEY[1]}", check=False)
            self.assertIn("imported 5 records, left 2 SOA and NS of the apex as they are, refused 1", done.stdout)
            self.assertIn("Route 53 has no records of type LOC", done.stderr)
            exported = server.meridian("zone", "export", "--origin", "example.org").stdout
            for wanted in ("mail.example.org.\t300\tIN\tAAAA\t2001:db8::1", '*.w.example.org.\t300\tIN\tTXT\t"a b" "c"',
                           "x.example.org.\t60\tIN\tCNAME\tmail.example.org.", "example.org.\t300\tIN\tMX\t10 mail.example.org."):
                self.assertIn(wanted, exported)

    def primary(self, folder: str, zone: pathlib.Path) -> int:
        knot = PrimaryKnot((HOST, 0), [], key=KEY)
        knot.file = zone
        knot.__enter__()
        self.addCleanup(knot.__exit__)
        knot.wait_for_serial("example.org", 5)
        return knot.port


class PrimaryKnot(Knot):
    file: pathlib.Path

    def command(self):
        (self.folder / "knot.conf").write_text(f"""
server:
    rundir: "{self.folder}"
    user: "{self.user}"
    listen: {HOST}@{self.port}
    pidfile: "{self.folder}/knot.pid"
control:
    listen: "{self.folder}/knot.sock"
database:
    storage: "{self.folder}"
log:
  - target: stderr
    any: info
key:
  - id: {self.key[0]}
    algorithm: hmac-sha256
    secret: {self.key[1]}
acl:
  - id: transfer
    key: {self.key[0]}
    action: transfer
zone:
  - domain: example.org
    file: "{self.file}"
    acl: transfer
    zonefile-sync: -1
    journal-content: none
""")
        return ["/usr/sbin/knotd", "-c", str(self.folder / "knot.conf")]


if __name__ == "__main__":
    unittest.main()
