#!/usr/bin/env python3
"""Policies that look at where the client is, for 1,000 clients of known places, against what world.py computes; and that
each answer's scope is no wider than what it holds for."""
import ipaddress
import random
import unittest

from policy_server import ZONE, PolicyServer
from world import World, address, right_geolocation, right_geoproximity, right_ip_based, right_latency


class Places(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.server = PolicyServer(cls.world)
        cls.enterClassContext(cls.server)
        cls.server.client.make_zone()
        cls.server.client.put_every_policy()

    def right(self, name: str, block: ipaddress.IPv4Network) -> set[str] | None:
        """Addresses; None: this test does not know."""
        if name == "ip":
            return {address(n) for n in right_ip_based(block)}
        network = self.world.network_of(block)
        if network is None:
            return None
        by_city = {"latency": right_latency, "near": right_geoproximity, "geo": right_geolocation}[name]
        return {address(n) for n in by_city(self.world.by_block[network])}

    def check(self, name: str):
        chance, close, scopes = random.Random(name), 0, []
        for client, city in self.world.clients:
            answer = self.server.dns_client.query(f"{name}.{ZONE}", subnet=str(client))
            right = self.right(name, client)
            self.assertEqual(len(answer.addresses), 1, (client, city))
            self.assertIn(answer.addresses[0], right, (client, city))
            close += len(right) > 1
            # What was told of a wider block must hold for every client in it.
            scopes.append(answer.scope)
            block = ipaddress.ip_network((int(client.network_address), answer.scope), strict=False)
            for _ in range(5 if answer.scope < 24 else 0):
                other = ipaddress.ip_network((int(block.network_address) + chance.randrange(block.num_addresses), 24), strict=False)
                if (also := self.right(name, other)) is not None:
                    self.assertIn(answer.addresses[0], also, (client, city, answer.scope, other))
        self.assertLess(close, 100, "most places must have one right answer, or this tests nothing")
        self.assertGreater(len(set(scopes)), 1)
        print(f"{name}: {len(self.world.clients)} clients, {close} of them near two endpoints, "
              f"scopes {sorted(set(scopes))}")

    def test_latency(self):
        self.check("latency")

    def test_geoproximity(self):
        self.check("near")

    def test_geolocation(self):
        self.check("geo")

    def test_ip_based(self):
        self.check("ip")

    def test_a_prefix_shorter_than_every_block_falls_to_the_default(self):
        answer = self.server.dns_client.query(f"ip.{ZONE}", subnet="20.0.0.0/8")
        self.assertEqual(answer.addresses, [address(3)])

    def test_policies_that_look_at_no_client_hold_for_everybody(self):
        for name in ("weighted", "failover", "multi"):
            self.assertEqual(self.server.dns_client.query(f"{name}.{ZONE}", subnet="20.1.2.0/24").scope, 0, name)


if __name__ == "__main__":
    unittest.main()
