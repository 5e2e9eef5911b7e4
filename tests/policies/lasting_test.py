#!/usr/bin/env python3
"""Every policy after `kill -9` and on an edge: the same answers to the same clients as before, and the same health."""
import contextlib
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "edges")]
from dns_client import DnsClient  # noqa: E402
from edges_test import Role, meridian  # noqa: E402
from meridian_server import BINARY, Server, set_health  # noqa: E402
from policy_server import ZONE, Client, PolicyServer, location_options  # noqa: E402
from world import World, address  # noqa: E402

NAMES = ["weighted", "failover", "latency", "geo", "near", "ip"]
CLIENTS = 60


def answers(dns: tuple[str, int], world: World) -> dict:
    """What does not depend on a draw: `weighted` has a weight of 0 and another; of `multi` the number of values."""
    with contextlib.closing(DnsClient(dns, timeout=3)) as client:
        found = {(name, str(block)): client.query(f"{name}.{ZONE}", subnet=str(block)).addresses
                 for name in NAMES for block, _ in world.clients[:CLIENTS]}
        return found | {"multi": len(client.query(f"multi.{ZONE}").addresses)}


class Lasting(unittest.TestCase):
    def test_a_killed_server_answers_the_same(self):
        world = World()
        with PolicyServer(world) as server:
            server.client.make_zone()
            server.client.put_every_policy()
            server.set_health(server.client.check, False)
            before = answers(server.dns, world)
            self.assertEqual(before["multi"], 8)
            self.assertEqual(before["failover", str(world.clients[0][0])], [address(1)])
            self.assertGreater(len({str(answer) for answer in before.values()}), 10)
            server.dns_client.close()
            server.kill()
            server.start()
            self.assertEqual(answers(server.dns, world), before)

    def test_edges_answer_the_same(self):
        world, root = World(), pathlib.Path(tempfile.mkdtemp(prefix="meridian-policies-"))
        self.addCleanup(shutil.rmtree, root, True)
        control = Role(root, "control", [BINARY, "control"])
        self.addCleanup(control.end)
        control.start("--api", "127.0.0.1:0", "--feed", "127.0.0.1:0", "--admin", "127.0.0.1:0")
        edges = []
        for name, program in (("one", [BINARY, "edge"]), ("two", [BINARY.with_name("meridian-edge")])):
            edge = Role(root, name, program)
            token = meridian("edges", "token", "--data-dir", control.directory, "--name", name, "--feed-address",
                             control.feed).stdout.strip()
            subprocess.run([*program, "join", token, "--data-dir", edge.directory], check=True, capture_output=True, timeout=30)
            self.addCleanup(edge.end)
            edge.location = location_options(world, edge.directory)
            edges.append(edge.start("--dns", "127.0.0.1:0", "--admin", "127.0.0.1:0", *edge.location))
        client = Client(control.api, control.directory / "credentials")
        client.make_zone()
        client.put_every_policy()
        one, two = (answers(edge.dns, world) for edge in edges)
        self.assertEqual(one, two)
        self.assertEqual(one["failover", str(world.clients[0][0])], [address(0)])
        set_health(Server.address(control.admin), client.check, False)
        for edge in edges:
            self.wait_for_failover(edge)
            self.wait_for("its health file", lambda: (edge.directory / "health").exists()
                          and client.check in (edge.directory / "health").read_text())
        # An edge that comes back without its control knows the policies and who is unhealthy.
        control.end(signal.SIGKILL)
        edges[0].end(signal.SIGKILL)
        edges[0].start("--dns", "127.0.0.1:0", "--admin", "127.0.0.1:0", *edges[0].location)
        self.wait_for_failover(edges[0])
        changed = {key for key, value in answers(edges[0].dns, world).items() if value != one[key]}
        self.assertEqual({key[0] for key in changed}, {"failover"})

    def wait_for_failover(self, edge: Role):
        with contextlib.closing(DnsClient(edge.dns, timeout=3)) as client:
            self.wait_for("failover", lambda: client.query(f"failover.{ZONE}").addresses == [address(1)])

    def wait_for(self, what: str, condition):
        deadline = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.005)


if __name__ == "__main__":
    unittest.main()
