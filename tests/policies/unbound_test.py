#!/usr/bin/env python3
"""A caching resolver that tells client subnets (unbound) in front of the server: many clients in random order, and none is
served an answer that is another's."""
import contextlib
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from dns_client import DnsClient  # noqa: E402
from policy_server import FULL, ZONE, PolicyServer  # noqa: E402
from world import World, address, right_geolocation, right_geoproximity, right_ip_based, right_latency  # noqa: E402

QUESTIONS = 40_000 if FULL else 6_000


class Unbound:
    """Asks the server for its zone, with the subnet that its own client told it."""

    def __init__(self, dns: tuple[str, int]):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="meridian-unbound-"))
        self.dns = dns

    def __enter__(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.address = free.getsockname()
        (self.folder / "unbound.conf").write_text(f"""
server:
    interface: 127.0.0.1@{self.address[1]}
    directory: "{self.folder}"
    pidfile: "{self.folder}/pid"
    username: ""
    chroot: ""
    use-syslog: no
    logfile: "{self.folder}/log"
    do-daemonize: no
    do-ip6: no
    do-not-query-localhost: no
    access-control: 127.0.0.0/8 allow
    module-config: "subnetcache iterator"
    send-client-subnet: {self.dns[0]}
    client-subnet-always-forward: yes
    max-client-subnet-ipv4: 24
    max-ecs-tree-size-ipv4: 100000
    minimal-responses: no
    qname-minimisation: no
    local-zone: "test." nodefault
    prefetch: no
    extended-statistics: yes
stub-zone:
    name: "{ZONE}"
    stub-addr: {self.dns[0]}@{self.dns[1]}
    stub-prime: no
remote-control:
    control-enable: yes
    control-interface: {self.folder}/control
    control-use-cert: no
""")
        self.process = subprocess.Popen([shutil.which("unbound", path="/usr/sbin:/usr/bin"), "-c", self.folder / "unbound.conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        with contextlib.closing(DnsClient(self.address, timeout=0.2, recurse=True)) as client:
            while True:
                try:
                    client.query(ZONE, kind=6)
                    return self
                except OSError:
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        self.__exit__()
                        raise RuntimeError("unbound does not answer")
                    time.sleep(0.02)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def from_cache(self) -> int:
        """Answers to clients with a subnet that did not need the server."""
        told = subprocess.run(["/usr/sbin/unbound-control", "-c", self.folder / "unbound.conf", "stats_noreset"],
                              capture_output=True, text=True, check=True, timeout=20).stdout
        return int(next(line.split("=")[1] for line in told.splitlines() if line.startswith("num.query.subnet_cache=")))


class BehindACache(unittest.TestCase):
    def test_no_client_is_served_what_is_anothers(self):
        world, chance = World(), random.Random(5)
        rights = {"latency": right_latency, "near": right_geoproximity, "geo": right_geolocation}
        with PolicyServer(world) as server:
            server.client.make_zone()
            server.client.put_every_policy()
            with Unbound(server.dns) as unbound, contextlib.closing(DnsClient(unbound.address, timeout=10, recurse=True)) as client:
                for _ in range(QUESTIONS):
                    name = chance.choice([*rights, "ip"])
                    block, city = chance.choice(world.clients)
                    # Clients side by side in one network share what is cached for it.
                    other = world.some_client(world.network_of(block), chance)
                    right = right_ip_based(other) if name == "ip" else rights[name](city)
                    answer = client.query(f"{name}.{ZONE}", subnet=str(other))
                    self.assertEqual((answer.rcode, len(answer.addresses)), (0, 1), (name, other))
                    self.assertIn(answer.addresses[0], {address(n) for n in right}, (name, other, city))
                cached = unbound.from_cache()
                print(f"{QUESTIONS} questions, {cached} of them answered from unbound's cache of subnets")
                self.assertGreater(cached, QUESTIONS // 20, "scopes are so narrow that nothing can be cached")


if __name__ == "__main__":
    unittest.main()
