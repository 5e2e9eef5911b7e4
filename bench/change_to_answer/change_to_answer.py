#!/usr/bin/env python3
"""The time from Route 53's reply to the first correct DNS answer, and from the call to INSYNC, in a small zone and in one
of 100,000 records. Also start to ready with an empty data directory.

usage: change_to_answer.py [--records N] [--changes N] [--starts N]
"""
import argparse
import pathlib
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests"))
from dns_client import DnsClient  # noqa: E402
from meridian_server import Server  # noqa: E402
from route53_client import Route53  # noqa: E402


def report(what: str, seconds: list[float]):
    ordered = sorted(seconds)
    print(f"{what}: median {statistics.median(ordered) * 1e3:.2f} ms, p99 {ordered[len(ordered) * 99 // 100] * 1e3:.2f} ms,"
          f" max {ordered[-1] * 1e3:.2f} ms ({len(ordered)} runs)")


def measure(server: Server, records: int, changes: int):
    api, dns = Route53(server.api), DnsClient(server.dns)
    name = f"z{records}.test"
    zone = api.create_zone(name, name)
    for start in range(0, records, 1000):
        api.change(zone, [("CREATE", f"n{n}.{name}", 60, "192.0.2.1") for n in range(start, min(start + 1000, records))])
    answers, calls, insync = [], [], []
    for n in range(changes):
        value = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        started = time.perf_counter()
        change = api.change(zone, [("UPSERT", f"moving.{name}", 60, value)])
        calls.append(time.perf_counter() - started)
        answers.append(dns.wait_for(f"moving.{name}", socket.inet_aton(value)))
        while api.change_status(change) != "INSYNC":
            pass
        insync.append(time.perf_counter() - started)
    print(f"zone of {records} records")
    report("  the call itself", calls)
    report("  reply to first correct answer", answers)
    report("  call to INSYNC seen", insync)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--records", type=int, default=100000)
    options.add_argument("--changes", type=int, default=500)
    options.add_argument("--starts", type=int, default=20)
    options = options.parse_args()
    starts = []
    for _ in range(options.starts):
        with Server("--dev", "--log-level", "warn") as server:
            starts.append(server.seconds_to_ready)
    report("start to ready, empty data directory", starts)
    with Server("--dev", "--records-per-zone-max", "1000000", "--log-level", "warn") as server:
        measure(server, 10, options.changes)
        measure(server, options.records, options.changes)


if __name__ == "__main__":
    main()
