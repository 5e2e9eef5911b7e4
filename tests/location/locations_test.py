#!/usr/bin/env python3
"""Files of where clients are, as an operator has them: the example world's, nested networks with measured latencies against
a longest-prefix match of this test's own, and changes while queries run."""
import ipaddress
import json
import math
import pathlib
import random
import signal
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
from dns_client import DnsClient  # noqa: E402
from make_mmdb import make  # noqa: E402
from meridian_server import Server  # noqa: E402

# The example world's record sets, see src/apps/example_world.cc.
LATENCY = {"192.0.2.101": ("eu-central-1", 50.11, 8.68), "192.0.2.102": ("us-west-1", 37.34, -121.89),
           "192.0.2.103": ("us-east-1", 39.04, -77.49), "192.0.2.104": ("ap-northeast-1", 35.68, 139.69)}
EVERYBODY, EUROPE, UNITED_STATES, CALIFORNIA = "192.0.2.110", "192.0.2.111", "192.0.2.112", "192.0.2.113"
ELSEWHERE, OFFICE, HOME = "192.0.2.150", "192.0.2.151", "192.0.2.152"


def metric(server: Server, name: str) -> float:
    with urllib.request.urlopen("http://%s:%d/metrics" % server.admin) as response:
        for line in response.read().decode().splitlines():
            if line.startswith(name + " ") or line.startswith(name + "{"):
                return float(line.rpartition(" ")[2])
    return math.nan  # not made yet


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.02)


class ExampleServer(Server):
    """With the example world, once it is answered."""

    def __init__(self, *options: str):
        super().__init__("--example", *options)

    def start(self):
        super().start()
        with DnsClient(self.dns, 10) as dns:
            until(lambda: dns.query("weighted.example.test").addresses)


def client_of(country: str, cidr: str = "10.0.0.0/8") -> str:
    return f'[[client]]\ncidr = "{cidr}"\ncountry = "{country}"\n'


class ExampleWorld(unittest.TestCase):
    """What `./run` shows with `dig -b` and `dig +subnet`."""

    @classmethod
    def setUpClass(cls):
        cls.server = ExampleServer("--topology", str(ROOT / "packaging/config/topology.toml"))
        cls.enterClassContext(cls.server)

    def ask(self, name: str, subnet: str | None = None, source: str | None = None):
        with DnsClient(self.server.dns, 10, source=source) as client:
            return client.query(f"{name}.example.test", subnet=subnet).addresses

    def test_by_the_address_that_a_query_comes_from(self):
        for source, geo, latency in (("127.0.1.1", EUROPE, "192.0.2.101"), ("127.0.2.1", CALIFORNIA, "192.0.2.102"),
                                     ("127.0.3.1", UNITED_STATES, "192.0.2.103"), ("127.0.4.1", EVERYBODY, "192.0.2.104"),
                                     ("127.0.5.1", EVERYBODY, "192.0.2.103")):
            self.assertEqual(self.ask("geo", source=source), [geo], source)
            self.assertEqual(self.ask("latency", source=source), [latency], source)
        self.assertEqual(self.ask("geo"), [EVERYBODY], "127.0.0.1 is of no place")

    def test_by_client_subnet(self):
        for subnet, geo, latency in (("10.1.0.0/16", EUROPE, "192.0.2.101"), ("10.2.7.0/24", CALIFORNIA, "192.0.2.102"),
                                     ("fd00:3::/48", UNITED_STATES, "192.0.2.103"), ("fd00:4::/32", EVERYBODY, "192.0.2.104"),
                                     ("192.168.1.0/24", EUROPE, "192.0.2.101"), ("fdff::/32", EUROPE, "192.0.2.101")):
            self.assertEqual(self.ask("geo", subnet), [geo], subnet)
            self.assertEqual(self.ask("latency", subnet), [latency], subnet)

    def test_near_with_a_bias(self):
        self.assertEqual(self.ask("near", "10.1.0.0/16"), ["192.0.2.121"])
        # 4,120 km to Virginia, of which the bias leaves half; nothing else is nearer to San Francisco.
        self.assertEqual(self.ask("near", "10.2.0.0/16"), ["192.0.2.122"])
        self.assertEqual(self.ask("near", "10.4.0.0/16"), ["192.0.2.123"])
        # Dublin: 1,087 km to Frankfurt; 5,440 to Virginia count as 2,720.
        self.assertEqual(self.ask("near", "192.168.0.0/16"), ["192.0.2.121"])

    def test_by_cidr_collection(self):
        self.assertEqual(self.ask("ip", "10.1.2.0/24"), [OFFICE])
        self.assertEqual(self.ask("ip", source="127.0.2.9"), [HOME])
        self.assertEqual(self.ask("ip", "10.2.0.0/16"), [ELSEWHERE])

    def test_weighted_and_multivalue(self):
        seen = {address for _ in range(200) for address in self.ask("weighted")}
        self.assertEqual(seen, {"192.0.2.80", "192.0.2.20"})
        many = self.ask("many")
        self.assertEqual(len(many), 8)
        self.assertEqual(len(set(many)), 8)


def great_circle_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    (p, l), (q, m) = (tuple(map(math.radians, point)) for point in (a, b))
    h = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin((m - l) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


class NestedNetworks(unittest.TestCase):
    """1,000 clients in networks inside networks of both families, some with measured latencies."""

    def setUp(self):
        chance = random.Random(4)
        self.places, self.measured = {}, {}
        for _ in range(600):
            block = self.block(chance)
            self.places[block] = (round(chance.uniform(-60, 70), 2), round(chance.uniform(-180, 180), 2))
        for _ in range(400):
            block = self.block(chance)
            regions = chance.sample([region for region, *_ in LATENCY.values()], chance.randint(1, 3))
            self.measured[block] = {region: round(chance.uniform(1, 300), 1) for region in regions}
        blocks = list(self.places) + list(self.measured)
        self.clients = [self.inside(chance, chance.choice(blocks)) for _ in range(1000)]

    @staticmethod
    def block(chance):
        if chance.random() < 0.7:
            return ipaddress.ip_network((10 << 24 | chance.getrandbits(5) << 19 | chance.getrandbits(19), chance.randint(8, 24)),
                                        strict=False)
        return ipaddress.ip_network((0xFD << 120 | chance.getrandbits(5) << 91 | chance.getrandbits(91), chance.randint(16, 56)),
                                    strict=False)

    @staticmethod
    def inside(chance, block):
        bits = block.max_prefixlen - block.prefixlen
        address = int(block.network_address) | chance.getrandbits(bits)
        return ipaddress.ip_network((address, 24 if block.version == 4 else 56), strict=False)

    def around(self, table, client):
        """The blocks of the table that hold the client's first address, innermost first."""
        return sorted((b for b in table if b.version == client.version and client.network_address in b),
                      key=lambda b: -b.prefixlen)

    def latency(self, client, region, point) -> float | None:
        for block in self.around(self.measured, client):
            if region in self.measured[block]:
                return self.measured[block][region]
        holders = self.around(self.places, client)
        return 2 + 0.013 * great_circle_km(self.places[holders[0]], point) if holders else None

    def test_the_least_latency_wins(self):
        with tempfile.TemporaryDirectory() as directory:
            files = pathlib.Path(directory)
            (files / "topology.toml").write_text("".join(
                f'[[client]]\ncidr = "{block}"\nlatitude = {latitude}\nlongitude = {longitude}\n'
                for block, (latitude, longitude) in self.places.items()))
            (files / "latencies.csv").write_text("cidr,region,milliseconds\n" + "".join(
                f"{block},{region},{ms}\n" for block, row in self.measured.items() for region, ms in row.items()))
            with ExampleServer("--topology", str(files / "topology.toml"), "--latency-table",
                        str(files / "latencies.csv")) as server, DnsClient(server.dns, 10) as dns:
                sure = 0
                for client in self.clients:
                    known = {address: self.latency(client, region, (latitude, longitude))
                             for address, (region, latitude, longitude) in LATENCY.items()}
                    ranked = sorted((ms, address) for address, ms in known.items() if ms is not None)
                    answer = dns.query("latency.example.test", subnet=str(client))
                    self.assertEqual(len(answer.addresses), 1, client)
                    # Nothing known of any Region, or two within half a millisecond: either is right.
                    right = {address for ms, address in ranked if ms <= ranked[0][0] + 0.5} or set(LATENCY)
                    self.assertIn(answer.addresses[0], right, (client, ranked))
                    sure += len(right) == 1
                    self.check_scope(client, answer.scope)
                self.assertGreater(sure, 900)

    def check_scope(self, client, scope):
        """Within the block that the answer is said to hold for, no network or row begins or ends."""
        told = ipaddress.ip_network((int(client.network_address), scope), strict=False)
        for table in (self.places, self.measured):
            for block in table:
                if block.version == client.version and block.overlaps(told):
                    self.assertTrue(block.supernet_of(told), (client, scope, block))


class Changes(unittest.TestCase):
    def setUp(self):
        self.files = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, name: str, content: str | bytes):
        fresh = self.files / "fresh"
        fresh.write_bytes(content if isinstance(content, bytes) else content.encode())
        fresh.rename(self.files / name)
        return str(self.files / name)

    def test_come_into_use_without_a_query_lost(self):
        topology = self.write("topology.toml", client_of("DE"))
        with ExampleServer("--topology", topology) as server, DnsClient(server.dns, 10) as dns:
            answers, ending = [], threading.Event()

            def ask():
                while not ending.is_set():
                    answers.append(dns.query("geo.example.test", subnet="10.0.0.0/8").addresses)

            asking = threading.Thread(target=ask)
            asking.start()
            try:
                until(lambda: answers)
                for country, right in (("US", UNITED_STATES), ("DE", EUROPE)) * 3:
                    self.write("topology.toml", client_of(country))
                    server.process.send_signal(signal.SIGHUP)
                    until(lambda: answers[-1] == [right])
                # Without being told, too.
                self.write("topology.toml", client_of("JP"))
                until(lambda: answers[-1] == [EVERYBODY])
            finally:
                ending.set()
                asking.join()
            self.assertTrue(all(answer in ([EUROPE], [UNITED_STATES], [EVERYBODY]) for answer in answers))
            self.assertGreaterEqual(metric(server, "meridian_location_reloads_total"), 7)

    def test_broken_files_leave_what_was(self):
        topology = self.write("topology.toml", client_of("DE"))
        rows = [{"cidr": "192.0.2.0/24", "country": "US", "subdivision": "California", "latitude": "37", "longitude": "-122"}]
        database = self.write("places.mmdb", make(rows, schema="flat"))
        with ExampleServer("--topology", topology, "--geo-database", database) as server, DnsClient(server.dns, 10) as dns:
            def ask(subnet):
                return dns.query("geo.example.test", subnet=subnet).addresses

            self.assertEqual(ask("10.0.0.0/8"), [EUROPE])
            self.assertEqual(ask("192.0.2.0/24"), [CALIFORNIA])
            self.write("topology.toml", "[[client]]\nnonsense")
            self.write("places.mmdb", make(rows, schema="flat")[:-40])
            server.process.send_signal(signal.SIGHUP)
            until(lambda: metric(server, "meridian_location_reload_failures_total") == 2)
            self.assertEqual(ask("10.0.0.0/8"), [EUROPE])
            self.assertEqual(ask("192.0.2.0/24"), [CALIFORNIA])
            # The lines follow what is counted.
            until(lambda: any("topology.toml: line" in json.loads(line)["why"] for line in server.log_text().splitlines()
                              if "a file cannot be used" in line))
            self.write("places.mmdb", make([{**rows[0], "country": "FR", "subdivision": ""}], schema="nested"))
            server.process.send_signal(signal.SIGHUP)
            until(lambda: ask("192.0.2.0/24") == [EUROPE])
            self.assertEqual(metric(server, "meridian_location_networks"), 1)

    def test_a_server_does_not_start_with_a_broken_file(self):
        topology = self.write("topology.toml", client_of("XX"))
        with self.assertRaisesRegex(RuntimeError, "topology.toml: line 1: 'country'"):
            with ExampleServer("--topology", topology):
                pass


if __name__ == "__main__":
    unittest.main()
