#!/usr/bin/env python3
"""One control and three edges, each on a host of its own, and what they owe their clients when something fails.

usage: edges.py [--full] [--records N] [unittest arguments]
  --full        more repetitions; the figures are for docs/PROGRESS.md
  --records N   in the zone, 100,000 by default
"""
import argparse
import json
import pathlib
import socket
import statistics
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from deployment import EDGES, FEED_PORT, Deployment, change  # noqa: E402
from namespaces import SUBNET, Network, NotPermitted  # noqa: E402
from tampering_relay import IMAGE_WANTED, REFUSAL, Relay, flip_a_bit, replace_by_noise  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--full", action="store_true")
parser.add_argument("--records", type=int, default=100_000)
OPTIONS, UNITTEST_WORDS = parser.parse_known_args()
FULL, RECORDS = OPTIONS.full, OPTIONS.records
ZONE = "drill.test"
CHANGES = 200 if FULL else 30
EDGE_LIVE_TIME = 10  # seconds; the product's default
STREAM_RATE = 500 if FULL else 200  # questions a second to each edge
SKIPPED = 77


def value_of(number: int) -> str:
    return socket.inet_ntoa((0x0A000000 + number).to_bytes(4, "big"))


def figure(what: str, value: str) -> None:
    print(f"  {what}: {value}", flush=True)


class ThreeEdges(unittest.TestCase):
    deployment: Deployment
    changes = 0

    @classmethod
    def setUpClass(cls):
        cls.deployment = Deployment(NETWORK, EDGE_LIVE_TIME)
        cls.addClassCleanup(cls.deployment.close)
        cls.deployment.start_control()
        for edge in EDGES:
            cls.deployment.join(edge)
            cls.deployment.start_edge(edge)
        cls.deployment.wait(cls.all_follow, "the edges follow the control")
        cls.api = cls.deployment.client()
        cls.addClassCleanup(lambda: cls.api.close())
        cls.zone = cls.api.create_zone(ZONE, "scenarios")
        started = time.monotonic()
        for start in range(0, RECORDS, 1000):
            change(cls.api, cls.zone, [("CREATE", f"n{n}.{ZONE}", 60, value_of(n)) for n in range(start, min(start + 1000, RECORDS))])
        cls.in_sync(cls.make_change()[0], 60)
        figure(f"{RECORDS:,} records through the API to three edges", f"{time.monotonic() - started:.1f} s")

    @classmethod
    def make_change(cls) -> tuple[str, bytes]:
        """A value that no edge has answered before; the change's id, and what edges are to answer."""
        ThreeEdges.changes += 1
        address = f"192.0.{ThreeEdges.changes >> 8}.{ThreeEdges.changes & 255}"
        return change(cls.api, cls.zone, [("UPSERT", f"moving.{ZONE}", 60, address)]), socket.inet_aton(address)

    @classmethod
    def in_sync(cls, made: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while cls.api.change_status(made) != "INSYNC":
            if time.monotonic() > deadline:
                raise AssertionError(f"{made} is not INSYNC after {seconds} s")

    def moving(self, edge: str, timeout: float = 2) -> bytes | str:
        """What this edge answers now, or why it does not."""
        try:
            answers = self.deployment.answer(edge, f"moving.{ZONE}", timeout)
        except OSError as why:
            return f"no answer: {why}"
        return answers[0] if answers else "no such record"

    @classmethod
    def all_follow(cls) -> bool:
        return [edge["connected"] for edge in cls.deployment.edges().values()] == [True] * 3

    def test_a_change_is_in_sync_when_every_edge_answers_it(self):
        times = []
        for _ in range(CHANGES):
            started = time.monotonic()
            made, value = self.make_change()
            self.in_sync(made)
            times.append((time.monotonic() - started) * 1000)
            self.assertEqual([self.moving(edge) for edge in EDGES], [value] * 3)
        figure(f"call to INSYNC on three edges, {CHANGES} changes",
               f"median {statistics.median(times):.1f} ms, 99th {sorted(times)[int(len(times) * 0.99)]:.1f} ms")

    def test_an_edge_cut_off_is_waited_for_then_left_out_and_converges_when_it_returns(self):
        before = self.moving("edge3")
        NETWORK.set_link("edge3", "down")
        self.addCleanup(NETWORK.set_link, "edge3", "up")
        cut = time.monotonic()
        made, value = self.make_change()
        self.deployment.wait(lambda: self.moving("edge1") == self.moving("edge2") == value, "the others answer it")
        self.assertEqual(self.api.change_status(made), "PENDING", "nobody waits for the edge")
        NETWORK.enter("edge3")
        self.assertEqual(self.moving("edge3"), before, "what it answers while it is cut off")
        NETWORK.enter("client")
        self.in_sync(made, EDGE_LIVE_TIME + 20)
        waited = time.monotonic() - cut
        # Heard for the last time at most a second before the cut.
        self.assertGreater(waited, EDGE_LIVE_TIME - 1.5)
        figure(f"INSYNC without an edge that was cut off, --edge-live-time {EDGE_LIVE_TIME}", f"{waited:.1f} s after the cut")
        started = time.monotonic()
        NETWORK.set_link("edge3", "up")
        self.deployment.wait(lambda: self.moving("edge3") == value, "it converges")
        figure("an edge that was cut off answers what it missed", f"{time.monotonic() - started:.2f} s after its return")
        made, value = self.make_change()
        self.in_sync(made)
        self.assertEqual([self.moving(edge) for edge in EDGES], [value] * 3, "changes since its return wait for it")

    def test_with_the_control_dead_nobody_notices_and_an_edge_restarts_from_its_disk(self):
        made, value = self.make_change()
        self.in_sync(made)
        stream = subprocess.Popen(
            [sys.executable, str(pathlib.Path(__file__).with_name("query_stream.py")), ZONE, str(RECORDS), str(STREAM_RATE),
             *map(self.deployment.address, EDGES)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(stream.kill)
        self.assertEqual(stream.stdout.readline(), "asking\n")
        self.deployment.kill("control")
        time.sleep(10 if FULL else 3)
        self.deployment.kill("edge2")
        killed = time.monotonic()
        self.deployment.start_edge("edge2")
        self.deployment.wait(lambda: self.moving("edge2", 0.05) == value, "edge2 answers", 20,
                             "edge2")
        answered = time.monotonic()
        self.assertLess(answered - killed, 1.0 if FULL else 10.0)  # the short form runs on busy machines
        figure(f"edge killed and started again, {RECORDS:,} records, no control: first answer",
               f"{(answered - killed) * 1000:.0f} ms after the kill")
        time.sleep(10 if FULL else 3)
        self.deployment.start_control()
        self.api.close()
        type(self).api = self.deployment.client()
        started = time.monotonic()
        made, value = self.make_change()
        self.in_sync(made)
        self.deployment.wait(self.all_follow, "the edges follow the control again")
        self.assertEqual([self.moving(edge) for edge in EDGES], [value] * 3)
        figure("first change after the control's return: INSYNC on three edges", f"{time.monotonic() - started:.2f} s")
        out, _ = stream.communicate(timeout=30)
        self.check_stream(json.loads(out), killed, answered)

    def check_stream(self, seen: dict[str, dict], killed: float, answered: float) -> None:
        for edge in EDGES:
            result = seen[self.deployment.address(edge)]
            self.assertGreater(result["sent"], 3 * STREAM_RATE)
            self.assertEqual(result["wrong"], [], edge)
            # Nobody can ask a process that is not there, or was killed before it answered; but nothing besides is lost.
            outside = [at for at in result["failed"] if edge != "edge2" or not killed - 1 <= at <= answered]
            self.assertEqual(outside, [], f"{edge} did not answer")
        figure("questions while the control was dead", ", ".join(
            f"{edge} {seen[self.deployment.address(edge)]['sent']:,}" for edge in EDGES) + "; failed 0, wrong 0; "
            f"and {len(seen[self.deployment.address('edge2')]['failed'])} to edge2 while it was not running")

    def test_a_corrupt_delta_is_refused_whole_and_kept(self):
        control = self.deployment.address("control")
        real = f"{SUBNET}.101"  # an address of the control that only the relay uses
        NETWORK.add_address("control", real, "eth0")
        self.addCleanup(NETWORK.remove_address, "control", real, "eth0")
        NETWORK.add_address("edge2", control)  # from now on the control is the relay, for this edge
        listening = NETWORK.socket("edge2", socket.SOCK_STREAM)
        listening.bind((control, FEED_PORT))
        listening.listen()

        def connect():
            made = NETWORK.socket("edge2", socket.SOCK_STREAM)
            made.connect((real, FEED_PORT))
            return made
        relay = Relay(listening, connect, self.deployment.control_files(), self.deployment.edge_files("edge2"))
        try:
            for name, damage in (("a flipped bit", flip_a_bit), ("noise in a faultless package", replace_by_noise)):
                with self.subTest(name):
                    self.refuses(relay, damage)
        finally:
            NETWORK.remove_address("edge2", control)
            relay.close()
        made, value = self.make_change()
        self.in_sync(made)
        self.assertEqual([self.moving(edge) for edge in EDGES], [value] * 3)

    def refuses(self, relay: Relay, damage) -> None:
        made, before = self.make_change()
        self.in_sync(made)
        self.deployment.wait(lambda: ("edge", 8) in relay.seen, "the relay is in use")
        relay.damage_next(damage)
        made, value = self.make_change()
        relay.wait_for("edge", REFUSAL)
        self.deployment.wait(lambda: self.moving("edge1") == self.moving("edge3") == value, "the others answer it")
        self.assertEqual(self.moving("edge2"), before, "nothing of it is applied")
        self.assertEqual(self.api.change_status(made), "PENDING")
        self.assertEqual(self.deployment.refused("edge2")[-1], relay.damaged, "kept for inspection")
        self.assertEqual(self.deployment.edges()["edge2"]["state"], "refuses")
        relay.wait_for("edge", IMAGE_WANTED)
        relay.release()
        self.in_sync(made)
        self.assertEqual(self.moving("edge2"), value, "it has recovered")


if __name__ == "__main__":
    try:
        NETWORK = Network(["control", *EDGES, "client"])
    except NotPermitted as why:
        print(f"skipped: network namespaces are not permitted here ({why})")
        sys.exit(SKIPPED)
    unittest.main(argv=[sys.argv[0], *UNITTEST_WORDS], verbosity=2)
