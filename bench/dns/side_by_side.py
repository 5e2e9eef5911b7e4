#!/usr/bin/env python3
"""Our DNS engine beside Knot and NSD over UDP: one worker each on one core, dnsperf on the other, rounds interleaved.

usage: side_by_side.py [--zone tld|hosts] [--records N] [--rounds N] [--seconds N] [--server-core N] [--client-core N]
                       [--outstanding N]

tld: almost all delegations, so most replies are referrals. hosts: a name and an address a record, so most are answers.
Questions are names of the zone at random, 10 % of them misspelt into NXDOMAIN.

Only ratios between columns of one run mean something. Where the generator is the limit, queries a second stop short of
what a server could do; queries a CPU-second of the server (user and system) do not. "user ns" is the part of a query
spent outside the kernel.
"""
import argparse
import contextlib
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests" / "differential"))
import make_zones  # noqa: E402
from dns_servers import HOST, DnsServer, Knot, Nsd, Ours, ROOT, family  # noqa: E402

QUESTIONS = 200000


class Echo(DnsServer):
    """Every query comes back at once: what the loopback and the generator allow."""
    name = "echo"

    def command(self):
        return [str(ROOT / "build" / "release" / "udp_echo"), f"{HOST}:{self.port}"]

    def serves(self, origin):
        return True


def make_hosts(zone: make_zones.Zone, records: int):
    zone.add("@", "SOA", "ns1 hostmaster 1 7200 900 1209600 900")
    for n in range(1, 5):
        zone.add("@", "NS", f"ns{n}")
        zone.address(f"ns{n}")
    while len(zone.lines) < records:
        zone.address(zone.new_name())


def make_zone(folder: pathlib.Path, kind: str, records: int) -> tuple[pathlib.Path, str]:
    zone = make_zones.Zone(1)
    if kind == "tld":
        zone.fill_tld(records)
    else:
        make_hosts(zone, records)
    return make_zones.write(folder, kind, zone), kind


def make_questions(zone: pathlib.Path, origin: str, path: pathlib.Path):
    chance = random.Random(2)
    records = [line.split("\t") for line in zone.read_text().splitlines()[1:]]
    with open(path, "w") as out:
        for _ in range(QUESTIONS):
            owner, _ttl, kind, *_ = chance.choice(records)
            name = origin if owner == "@" else f"{owner}.{origin}"
            if chance.random() < 0.1:
                name, kind = f"no{chance.randrange(10**9)}x.{origin}", "A"
            out.write(f"{name}. {kind if kind != 'NS' else 'A'}\n")


def cpu_seconds(pids: list[int]) -> tuple[float, float]:
    """User and system time."""
    user = system = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        user, system = user + int(fields[11]), system + int(fields[12])
    return user / os.sysconf("SC_CLK_TCK"), system / os.sysconf("SC_CLK_TCK")


def measure(server: DnsServer, questions: pathlib.Path, options) -> dict[str, float]:
    pids = family(server.process.pid)
    before = cpu_seconds(pids)
    done = subprocess.run(["taskset", "-c", str(options.client_core), "dnsperf", "-s", HOST, "-p", str(server.port), "-d",
                           str(questions), "-l", str(options.seconds), "-q", str(options.outstanding), "-c", "1", "-T", "1",
                           "-e", "-b", "4096"], capture_output=True, text=True, check=True).stdout
    user, system = (now - then for now, then in zip(cpu_seconds(pids), before))

    def number(what: str) -> float:
        found = re.search(what + r":?\s+(?:request \d+, response )?([\d.]+)", done)
        return float(found.group(1)) if found else 0.0
    completed = number("Queries completed")
    return {"rate": number("Queries per second"), "lost": number("Queries lost"), "size": number(r"Average packet size"),
            "per_cpu": completed / max(user + system, 0.01), "user_ns": user / completed * 1e9}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zone", choices=["tld", "hosts"], default="tld")
    parser.add_argument("--records", type=int, default=100000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--client-core", type=int, default=1)
    parser.add_argument("--outstanding", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as folder, contextlib.ExitStack() as stack:
        zone, origin = make_zone(pathlib.Path(folder), options.zone, options.records)
        questions = pathlib.Path(folder) / "questions"
        make_questions(zone, origin, questions)
        servers = [stack.enter_context(kind([zone], core=options.server_core)) for kind in (Echo, Ours, Knot, Nsd)]
        memory = {server.name: server.memory() for server in servers}
        rounds: dict[str, list[dict[str, float]]] = {server.name: [] for server in servers}
        for _ in range(options.rounds):
            for server in servers:
                rounds[server.name].append(measure(server, questions, options))

    def median(name: str, what: str) -> float:
        return statistics.median(each[what] for each in rounds[name])
    print(f"{options.zone} zone of {options.records} records, {options.rounds} rounds of {options.seconds} s, medians")
    print(f"{'':8}{'queries/s':>12}{'ours is':>10}{'queries/CPU-s':>16}{'ours is':>10}{'user ns':>9}{'lost':>8}{'reply B':>9}{'memory MB':>11}")
    for name in rounds:
        rate, per_cpu = median(name, "rate"), median(name, "per_cpu")
        print(f"{name:8}{rate:>12.0f}{median('ours', 'rate') / rate:>9.2f}x{per_cpu:>16.0f}"
              f"{median('ours', 'per_cpu') / per_cpu:>9.2f}x{median(name, 'user_ns'):>9.0f}{sum(each['lost'] for each in rounds[name]):>8.0f}"
              f"{median(name, 'size'):>9.0f}{memory[name] / 1e6:>11.1f}")
    print("command: bench/dns/side_by_side.py " + " ".join(sys.argv[1:]))


if __name__ == "__main__":
    main()
