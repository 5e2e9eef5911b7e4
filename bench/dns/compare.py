#!/usr/bin/env python3
"""DNS servers beside one another over UDP: the same zones, the same questions, the same cores, in turns.

usage: compare.py [--sets hosts,many,root] [--servers echo,ours,knot,nsd,pdns,bind,gdnsd] [--cores apart,both]
                  [--rounds N] [--seconds N] [--generator udp_load|dnsperf] [--outstanding N]
                  [--server-core N] [--generator-core N]

apart: one worker pinned to one core, the generator to the other. both: a worker a core, and the generator on the same two.
Needs `ninja -C build/release udp_load udp_echo dns_serve_zone` and `tools/install_dependencies --bench`.

Only ratios between rows of one table mean something. How to read the columns: README.md.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile

import zone_sets
from dns_servers import HOST, DnsServer, ROOT, family
from servers import ALL, cpu_seconds, names

TYPES = {"A": 1, "NS": 2, "MX": 15, "TXT": 16, "AAAA": 28}
SAMPLE = 2000  # questions whose whole reply is looked at, for each server
COLUMNS = ["q/s", "echo", "ours/", "q/CPU-s", "ours/", "user ns", "sys ns", "ours/", "lost", "wrong", "p50 us", "p99 us", "busy",
           "reply B", "MB", "MB after"]


def encode(question: zone_sets.Question, number: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in question.name.rstrip(".").split("."))
    return (struct.pack(">HHHHHH", number, 0, 1, 0, 0, 1) + labels + b"\0" + struct.pack(">HH", TYPES[question.kind], 1)
            + b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0))


def is_right(question: zone_sets.Question, query: bytes, reply: bytes) -> bool:
    number, flags, asked, answers, authority, _ = struct.unpack(">HHHHHH", reply[:12])
    end = len(query) - 11  # of the question, before the OPT record
    authoritative = bool(flags & 0x0400)
    return (flags & 0x8200 == 0x8000 and flags & 15 == question.rcode and asked == 1 and answers == question.answers
            and reply[12:end] == query[12:end] and authoritative == (question.servers == 0)
            and (question.servers == 0 or authority == question.servers))


def wrong_answers(server: DnsServer, questions: list[zone_sets.Question]) -> list[str]:
    """Of a sample asked one at a time: those whose reply is not what the zone says."""
    wrong = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(2)
        asker.connect((HOST, server.port))
        for number, question in enumerate(random.Random(7).sample(questions, SAMPLE)):
            query = encode(question, number)
            asker.send(query)
            try:
                reply = asker.recv(4096)
            except TimeoutError:
                reply = b"\0" * 12
            if reply[:2] != query[:2] or not is_right(question, query, reply):
                wrong.append(f"{question}: {reply.hex()}")
    return wrong


def run_udp_load(server: DnsServer, questions: pathlib.Path, pinned: list[str], options) -> dict[str, float]:
    done = subprocess.run(pinned + [str(ROOT / "build/release/udp_load"), "--server", f"{HOST}:{server.port}", "--questions",
                                    str(questions), "--seconds", str(options.seconds), "--outstanding", str(options.outstanding),
                                    "--sockets", "4" if pinned else "8", "--threads", str(server.workers)],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def run_dnsperf(server: DnsServer, questions: pathlib.Path, pinned: list[str], options) -> dict[str, float]:
    before = os.times()
    done = subprocess.run(pinned + ["dnsperf", "-s", HOST, "-p", str(server.port), "-d", str(questions), "-l", str(options.seconds),
                                    "-q", str(options.outstanding), "-c", str(server.workers), "-T", str(server.workers), "-e",
                                    "-b", "1232"], capture_output=True, text=True, check=True).stdout
    after = os.times()

    def number(what: str) -> float:
        found = re.search(what + r":?\s+(?:request \d+, response )?([\d.]+)", done)
        return float(found.group(1)) if found else 0.0
    return {"answered": number("Queries completed"), "rate": number("Queries per second"), "lost": number("Queries lost"), "wrong": 0,
            "reply_bytes": number("Average packet size"), "p50_us": number(r"Average Latency \(s\)") * 1e6, "p99_us": 0,
            "busy": (after.children_user + after.children_system - before.children_user - before.children_system)
            / number(r"Run time \(s\)")}


GENERATORS = {"udp_load": run_udp_load, "dnsperf": run_dnsperf}


def measure(server: DnsServer, questions: pathlib.Path, options) -> dict[str, float]:
    pinned = ["taskset", "-c", str(options.generator_core)] if server.core is not None else []
    pids = family(server.process.pid)
    before = cpu_seconds(pids)
    figures = GENERATORS[options.generator](server, questions, pinned, options)
    user, system = (now - then for now, then in zip(cpu_seconds(pids), before))
    answered = max(figures["answered"], 1)
    return figures | {"per_cpu": answered / max(user + system, 0.01), "user_ns": user / answered * 1e9,
                      "system_ns": system / answered * 1e9}


def compare(zone_set: zone_sets.ZoneSet, cores: str, folder: pathlib.Path, options) -> str:
    apart = cores == "apart"
    questions = zone_set.write_questions(folder / f"{zone_set.name}.questions", options.generator == "udp_load")
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in options.servers}
    notes, memory, memory_after, wrong = [], {}, {}, {}
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(ALL[name](zone_set.zones, core=options.server_core if apart else None,
                                                 workers=1 if apart else 2)) for name in options.servers]
        for server in servers:
            memory[server.name] = server.memory()
            wrong[server.name] = [] if server.name == "echo" else wrong_answers(server, zone_set.questions)
            notes += [f"wrong, {server.name}: {each}" for each in wrong[server.name][:3]]
        for number in range(options.rounds):
            # Each round begins with another server: whatever runs beside this on the machine does not always hit the same.
            for server in servers[number % len(servers):] + servers[:number % len(servers)]:
                rounds[server.name].append(measure(server, questions, options))
        for server in servers:
            memory_after[server.name] = server.memory()

    def median(name: str, what: str) -> float:
        return statistics.median(each[what] for each in rounds[name])

    def ratio(what: str, name: str, to: str) -> str:
        """Median of the ratios within each round: drift between rounds cancels out."""
        if name not in rounds or to not in rounds:
            return "-"
        pairs = [(a[what], b[what]) for a, b in zip(rounds[name], rounds[to])]
        return f"{statistics.median(a / b for a, b in pairs):.2f}" if all(b for _, b in pairs) else "-"

    layout = "server and generator on a core each" if apart else "two workers, generator on the same two cores"
    lines = [f"{zone_set.name}: {len(zone_set.zones)} zones, {zone_set.records} records; {layout}; {options.rounds} rounds of "
             f"{options.seconds:g} s, {options.generator}, {options.outstanding} outstanding; medians",
             f"{'':6}" + "".join(f"{column:>9}" for column in COLUMNS)]
    for name in rounds:
        answered_wrong = sum(each["wrong"] for each in rounds[name]) + len(wrong[name])
        cells = [f"{median(name, 'rate'):.0f}", ratio("rate", name, "echo"), ratio("rate", "ours", name),
                 f"{median(name, 'per_cpu'):.0f}", ratio("per_cpu", "ours", name),
                 f"{median(name, 'user_ns'):.0f}", f"{median(name, 'system_ns'):.0f}",
                 ratio("user_ns", "ours", name), f"{sum(each['lost'] for each in rounds[name]):.0f}",
                 "-" if name == "echo" else f"{answered_wrong:.0f}", f"{median(name, 'p50_us'):.0f}", f"{median(name, 'p99_us'):.0f}",
                 f"{median(name, 'busy'):.2f}", f"{median(name, 'reply_bytes'):.0f}", f"{memory[name] / 1e6:.1f}",
                 f"{memory_after[name] / 1e6:.1f}"]
        lines.append(f"{name:6}" + "".join(f"{cell:>9}" for cell in cells))
    return "\n".join(lines + notes) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=names(zone_sets.BUILDERS), default=list(zone_sets.BUILDERS))
    parser.add_argument("--servers", type=names(ALL), default=list(ALL))
    parser.add_argument("--cores", type=names(["apart", "both"]), default=["apart", "both"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--generator", choices=GENERATORS, default="udp_load")
    parser.add_argument("--outstanding", type=int, default=128)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--generator-core", type=int, default=1)
    options = parser.parse_args()
    print("command: bench/dns/compare.py " + " ".join(sys.argv[1:]), flush=True)
    for cores in options.cores:
        for name in options.sets:
            with tempfile.TemporaryDirectory(prefix="meridian-bench-") as folder:
                zone_set = zone_sets.BUILDERS[name](pathlib.Path(folder))
                print("\n" + compare(zone_set, cores, pathlib.Path(folder), options), end="", flush=True)


if __name__ == "__main__":
    main()
