#!/usr/bin/env python3
"""Kills a whole server with SIGKILL again and again while several clients change a zone, and checks after each restart:
no acknowledged change is lost, none is half-applied, the API and DNS agree, and how long until the first answer.

usage: server_kill.py [--kills N] [--records N] [--seed N]
"""
import argparse
import http.client
import pathlib
import random
import socket
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from dns_client import DnsClient  # noqa: E402
from meridian_server import Server  # noqa: E402
from route53_client import Refused, Route53  # noqa: E402

WRITERS = 4
ZONE = "kill.test"


def address_of(number: int) -> str:
    return socket.inet_ntoa((0x0A000000 + number % 0xFFFFFF).to_bytes(4, "big"))


class Writer(threading.Thread):
    """Changes a pair of records at once: both must always carry the same number."""

    def __init__(self, index: int, api: tuple[str, int], zone: str, first: int):
        super().__init__()
        self.index, self.zone, self.number = index, zone, first
        self.client = Route53(api, timeout=5)
        self.acknowledged = first - 1
        self.refused: str | None = None
        self.sent = 0

    def run(self):
        try:
            while True:
                value = address_of(self.number)
                self.client.change(self.zone, [("UPSERT", f"{side}{self.index}.{ZONE}", 60, value) for side in "ab"])
                self.acknowledged = self.number
                self.number += 1
                self.sent += 1
        except Refused as error:
            if "PriorRequestNotComplete" not in error.body:
                self.refused = error.body
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # the kill


def load(server: Server, records: int) -> str:
    client = Route53(server.api)
    zone = client.create_zone(ZONE, "kill")
    for start in range(0, records, 1000):
        client.change(zone, [("CREATE", f"n{n}.{ZONE}", 60, address_of(n))
                             for n in range(start, min(start + 1000, records))])
    client.close()
    return zone


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=300)
    options.add_argument("--records", type=int, default=100000)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    chance = random.Random(options.seed)
    first_answer, to_ready, changes = [], [], 0
    failures = []
    with Server("--dev", "--records-per-zone-max", "1000000", "--log-level", "warn") as server:
        zone = load(server, options.records)
        acknowledged = [0] * WRITERS
        for kill in range(options.kills):
            writers = [Writer(i, server.api, zone, acknowledged[i] + 1) for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.005, 0.25))
            server.kill()
            for writer in writers:
                writer.join()
                changes += writer.sent
                if writer.refused:
                    failures.append(f"kill {kill}: refused {writer.refused}")

            started = time.monotonic()
            server.start()
            to_ready.append(server.seconds_to_ready)
            dns = DnsClient(server.dns)
            dns.ask(f"n{chance.randrange(max(options.records, 1))}.{ZONE}")
            first_answer.append(time.monotonic() - started)
            for i, writer in enumerate(writers):
                pair = [dns.ask(f"{side}{i}.{ZONE}")[1] for side in "ab"]
                if pair[0] != pair[1]:
                    failures.append(f"kill {kill}: half-applied {pair}")
                seen = [number for number in (writer.acknowledged, writer.acknowledged + 1)
                        if pair[0] == ([socket.inet_aton(address_of(number))] if number else [])]
                if not seen:
                    failures.append(f"kill {kill}: acknowledged {writer.acknowledged} lost, found {pair}")
                acknowledged[i] = seen[0] if seen else writer.acknowledged
            dns.close()
            if failures:
                break
        api = Route53(server.api)
        names = api.record_names(zone)
        expected = options.records + 2 + sum(2 for number in acknowledged if number)
        if len(names) != expected or len(set(names)) + 1 != expected:  # the apex stands twice: NS and SOA
            failures.append(f"the API lists {len(names)} record sets, expected {expected}")
    for failure in failures[:10]:
        print(failure)
    print(f"kills {options.kills}, records {options.records}, changes acknowledged {changes}, failures {len(failures)}")
    if first_answer:
        print("start to first answer: median %.0f ms, max %.0f ms" % (
            statistics.median(first_answer) * 1e3, max(first_answer) * 1e3))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
